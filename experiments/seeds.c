#include "experiments/seeds.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "experiments/statistics.h"

int eg_seeds_worse(int a, int b)
{
    static const int rising[] = {EG_EXIT_DONE, EG_EXIT_REQUIRE, EG_EXIT_DIVERGED,
                                 EG_EXIT_IO,   EG_EXIT_USAGE,   EG_EXIT_INTERRUPTED};
    for (size_t i = sizeof rising / sizeof rising[0]; i-- > 0;)
        if (a == rising[i] || b == rising[i])
            return rising[i];
    return a ? a : b;
}

/* Paths and states; `wanted` is the experiment of one seed after the other, so that what is wrong
 * with the configuration is said once. */
static int plan(struct eg_seeds *s, long first, struct eg_message *message)
{
    const struct eg_command *c = s->command;
    struct eg_experiment *wanted = calloc(1, sizeof *wanted);
    int ret = wanted ? EG_OK : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; i < s->n && !ret; i++) {
        struct eg_seed_run *r = &s->runs[i];
        char mark[32], plain[512];
        r->seed = first + (long) i;
        snprintf(mark, sizeof mark, "%ld", r->seed);
        eg_setup_file(plain, sizeof plain, s->name, -1);
        r->path = eg_setup_beside(c->output ? c->output : plain, mark);
        if (!r->path) {
            ret = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
            break;
        }
        if (i > 0 && (c->force || access(r->path, F_OK) != 0))
            continue;
        ret =
            eg_experiment_init(wanted, s->name, NULL, c->settings, c->n_settings, r->seed, message);
        if (!ret)
            ret = eg_experiment_trainable(wanted, message);
        s->threshold = wanted->train.solved;
        if (!ret && !c->force)
            ret = eg_seeds_look(r, wanted, message);
        eg_experiment_free(wanted);
    }
    free(wanted);
    return ret;
}

static void announce(const struct eg_seeds *s, long first, long last)
{
    size_t kept = 0, going_on = 0;
    for (size_t i = 0; i < s->n; i++) {
        kept += s->runs[i].state == EG_SEED_KEPT;
        going_on += s->runs[i].state == EG_SEED_GO_ON;
    }
    fprintf(stderr, "%s: seeds %ld to %ld", s->name, first, last);
    if (kept)
        fprintf(stderr, ", %zu ended already", kept);
    if (going_on)
        fprintf(stderr, ", %zu begun", going_on);
    const int share = eg_seeds_share(s->jobs, s->threads, s->jobs - 1);
    if (kept < s->n)
        fprintf(stderr, "; %zu at a time with %d thread%s each", s->jobs, share,
                share == 1 ? "" : "s");
    fputc('\n', stderr);
}

int eg_seeds_train(struct eg_seeds *s, const struct eg_command *command, const char *name,
                   long first, long last)
{
    struct eg_message message = {{0}};
    const size_t n = (size_t) (last - first + 1);
    *s = (struct eg_seeds){
        .command = command,
        .name = name,
        .runs = calloc(n, sizeof *s->runs),
        .threads = command->threads > 0 ? (int) command->threads : omp_get_num_procs(),
    };
    if (!s->runs)
        return eg_command_fail(EG_ERR_NOMEM, NULL);
    s->n = n;
    int ret = plan(s, first, &message);
    if (ret)
        return eg_command_fail(ret, &message);
    size_t todo = 0;
    for (size_t i = 0; i < n; i++)
        todo += s->runs[i].state != EG_SEED_KEPT;
    s->jobs = eg_seeds_jobs(todo, s->threads, command->jobs);
    if (!command->quiet)
        announce(s, first, last);
    eg_seeds_run(s);
    int worst = EG_EXIT_DONE;
    for (size_t i = 0; i < n; i++) {
        struct eg_seed_run *r = &s->runs[i];
        const int exit = r->outcome.exit;
        if (r->state != EG_SEED_KEPT && (exit == EG_EXIT_DONE || exit == EG_EXIT_DIVERGED)) {
            ret = eg_seeds_read(r, s->threshold, &message);
            if (ret)
                r->outcome.exit = eg_command_fail(ret, &message);
        }
        worst = eg_seeds_worse(worst, r->outcome.exit);
    }
    return worst;
}

void eg_seeds_free(struct eg_seeds *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->runs[i].path);
    free(s->runs);
    *s = (struct eg_seeds){0};
}

struct summary {
    size_t ended, diverged, solved;
    double low, high;               /* of the fraction that is solved */
    double *at, quarts[3];          /* sequences until solved, of the solved; quartiles */
    double *cost, costs[3];         /* at the end, of those that ended; quartiles */
    const struct eg_seed_run *best; /* least cost at the end on what was trained on */
};

/* The test of a run whose data have one; NULL. */
static const struct eg_evaluation *test_of(const struct eg_outcome *o)
{
    for (size_t i = 0; i < o->lengths; i++)
        if (o->by_length[i].split == EG_SPLIT_TEST && o->by_length[i].group == 0)
            return &o->by_length[i];
    return NULL;
}

static int summarise(const struct eg_seeds *s, struct summary *y)
{
    *y = (struct summary){.at = calloc(s->n, sizeof *y->at), .cost = calloc(s->n, sizeof *y->cost)};
    if (!y->at || !y->cost)
        return EG_RAISE(EG_ERR_NOMEM);
    size_t costs = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct eg_outcome *o = &s->runs[i].outcome;
        y->ended += (size_t) s->runs[i].ended;
        y->diverged += o->exit == EG_EXIT_DIVERGED;
        if (s->runs[i].ended && !isnan(o->cost)) {
            y->cost[costs++] = o->cost;
            if (!y->best || o->cost < y->best->outcome.cost)
                y->best = &s->runs[i];
        }
        if (s->runs[i].ended && o->cost < s->threshold)
            y->at[y->solved++] = (double) o->solved;
    }
    eg_wilson((double) y->solved, (double) y->ended, &y->low, &y->high);
    for (size_t q = 0; q < 3; q++) {
        y->quarts[q] = eg_quantile(y->at, y->solved, 0.25 * (double) (q + 1));
        y->costs[q] = eg_quantile(y->cost, costs, 0.25 * (double) (q + 1));
    }
    return EG_OK;
}

static void print_json(const struct eg_seeds *s, const struct summary *y)
{
    printf("{\"report\": \"seeds\", \"preset\": ");
    eg_json_text(s->name);
    printf(", \"seeds\": %zu, \"solved\": %zu, \"diverged\": %zu, \"threshold\": %g, ", y->ended,
           y->solved, y->diverged, s->threshold);
    if (y->best) {
        const struct eg_evaluation *test = test_of(&y->best->outcome);
        printf("\"median_cost\": %.9g, \"lower_quartile_cost\": %.9g, "
               "\"upper_quartile_cost\": %.9g, \"best_seed\": %ld, \"best_cost\": %.9g, ",
               y->costs[1], y->costs[0], y->costs[2], y->best->seed, y->best->outcome.cost);
        if (y->best->outcome.lengths && !isnan(y->best->outcome.by_length[0].optimum))
            printf("\"optimum\": %.9g, ", y->best->outcome.by_length[0].optimum);
        if (test)
            printf("\"best_test_error\": %.9g, ", 1 - test->exact);
    }
    printf("\"low\": %.9g, \"high\": %.9g, ", y->low, y->high);
    if (y->solved)
        printf("\"median_sequences\": %.9g, \"lower_quartile_sequences\": %.9g, "
               "\"upper_quartile_sequences\": %.9g}\n",
               y->quarts[1], y->quarts[0], y->quarts[2]);
    else
        printf("\"median_sequences\": null, \"lower_quartile_sequences\": null, "
               "\"upper_quartile_sequences\": null}\n");
}

static void print_text(const struct eg_seeds *s, const struct summary *y)
{
    printf("%s: %zu of %zu seeds under %g bit/sequence (%.0f %% to %.0f %%, 95 %% interval)",
           s->name, y->solved, y->ended, s->threshold, 100 * y->low, 100 * y->high);
    if (y->diverged)
        printf("; %zu diverged", y->diverged);
    if (y->solved)
        printf("; sequences until a report was: median %.0f, quartiles %.0f and %.0f", y->quarts[1],
               y->quarts[0], y->quarts[2]);
    printf("\n");
    if (!y->best)
        return;
    const struct eg_evaluation *test = test_of(&y->best->outcome);
    printf("%s: cost at the end: median %.4g, quartiles %.4g and %.4g bit/sequence", s->name,
           y->costs[1], y->costs[0], y->costs[2]);
    if (y->best->outcome.lengths && !isnan(y->best->outcome.by_length[0].optimum))
        printf(" (optimum %.4g)", y->best->outcome.by_length[0].optimum);
    printf("; least: seed %ld, %.4g", y->best->seed, y->best->outcome.cost);
    if (test)
        printf(", with %.2f %% of the test wrong", 100 * (1 - test->exact));
    printf("\n");
}

static int require(const struct eg_command *c, const struct eg_seed_run *r)
{
    if (!r->ended || r->outcome.exit || c->require < 0 || r->outcome.cost <= c->require)
        return EG_EXIT_DONE;
    fprintf(stderr, "engram: seed %ld: the cost is %.6g bit/sequence, required is at most %.6g\n",
            r->seed, r->outcome.cost, c->require);
    return EG_EXIT_REQUIRE;
}

int eg_seeds_verb(const struct eg_command *c, const char *name)
{
    struct eg_seeds seeds;
    struct summary summary = {0};
    int worst = eg_seeds_train(&seeds, c, name, c->seed_first, c->seed_last);
    if (summarise(&seeds, &summary))
        worst = eg_seeds_worse(worst, eg_command_fail(EG_ERR_NOMEM, NULL));
    for (size_t i = 0; i < seeds.n; i++)
        worst = eg_seeds_worse(worst, require(c, &seeds.runs[i]));
    if (summary.ended > 0)
        (c->json ? print_json : print_text)(&seeds, &summary);
    if (worst == EG_EXIT_INTERRUPTED && !c->quiet)
        fprintf(stderr, "interrupted with %zu of %zu seeds ended; the same command%s goes on\n",
                summary.ended, seeds.n, c->force ? " without --force" : "");
    free(summary.at);
    free(summary.cost);
    eg_seeds_free(&seeds);
    return worst;
}
