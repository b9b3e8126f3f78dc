/* experiments/compare.c -- the verb compare. */
#include "experiments/compare.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/progress.h"
#include "experiments/train.h"

/* What goes on while the cells run. */
struct watch {
    struct eg_compare_plan *plan;
    size_t todo, over;
    double begun, saved; /* by eg_clock() */
    int worst;           /* exit status   */
    int quiet;
};

enum { SAVE_EVERY = 20 }; /* seconds */

static int list(const struct eg_command *c)
{
    for (const struct eg_preset *p = eg_comparisons; p->name; p++) {
        char summary[256];
        eg_preset_summary(p, summary, sizeof summary);
        if (c->json) {
            printf("{\"report\": \"comparison\", \"name\": ");
            eg_json_text(p->name);
            printf(", \"summary\": ");
            eg_json_text(summary);
            printf("}\n");
        } else {
            printf("  %-12s %s\n", p->name, summary);
        }
    }
    return EG_EXIT_DONE;
}

static void count(const struct eg_compare_plan *p, size_t n[EG_CELL_STATES])
{
    memset(n, 0, EG_CELL_STATES * sizeof *n);
    for (size_t i = 0; i < p->cells; i++)
        n[p->results[i].state]++;
}

/* "2 h 10 min", "40 s" */
static void duration(char *text, size_t size, double seconds)
{
    const double minutes = seconds / 60;
    if (seconds < 100)
        snprintf(text, size, "%.0f s", seconds);
    else if (minutes < 100)
        snprintf(text, size, "%.0f min", minutes);
    else
        snprintf(text, size, "%.0f h %.0f min", floor(minutes / 60), fmod(minutes, 60));
}

/* --- what it would take --- */

/* Seconds of one cell, and its memory in bytes, from a few timed updates. */
static int time_pair(const struct eg_compare_plan *p, struct eg_experiment *e, size_t scheme,
                     size_t task, int threads, double *seconds, double *bytes,
                     struct eg_message *message)
{
    const struct eg_compare_pair *pair = eg_compare_pair(p, scheme, task);
    int understood;
    int ret = eg_compare_experiment(e, p, scheme, task, pair->matched ? pair->size : 0, 1,
                                    &understood, message);
    if (!ret)
        ret = eg_experiment_trainer(e, threads, message);
    uint64_t u = 0;
    double taken = 0;
    const uint64_t all = ret ? 0 : eg_experiment_updates(e);
    while (!ret && u < all && (u < 3 || (u < 200 && taken < 0.25))) {
        struct eg_update_report report;
        const double start = eg_clock();
        ret = eg_trainer_update(&e->trainer, u++, 0, &report);
        taken += eg_clock() - start;
        if (ret)
            EG_FAIL(ret, message, "update %llu: %s", (unsigned long long) u, eg_status_text(ret));
    }
    if (!ret) {
        *seconds = u ? taken / (double) u * (double) all : 0;
        *bytes = (double) (eg_arena_held(e->arena) + eg_trainer_held(&e->trainer));
    }
    eg_experiment_free(e);
    return ret;
}

static int dry_run(const struct eg_compare_plan *p, size_t jobs, int threads)
{
    const struct eg_comparison *c = p->comparison;
    struct eg_message message = {""};
    struct eg_experiment *e = calloc(1, sizeof *e);
    size_t n[EG_CELL_STATES];
    double all = 0, most = 0;
    int ret = e ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    count(p, n);
    printf("schemes     %zu\ntasks       %zu\nseeds       %ld to %ld\n", c->n_schemes, c->n_tasks,
           c->seed_first, c->seed_last);
    printf("cells       %zu: %zu done, %zu begun, %zu not begun", p->cells,
           n[EG_CELL_DONE] + n[EG_CELL_DIVERGED], n[EG_CELL_BEGUN], n[EG_CELL_NEW]);
    if (n[EG_CELL_IMPOSSIBLE])
        printf(", %zu not possible", n[EG_CELL_IMPOSSIBLE]);
    printf("\n");
    if (p->remade)
        printf("broken      %zu run files are not whole, and would be made anew\n", p->remade);
    printf("\n%-24s %-20s %10s %10s %8s %12s\n", "scheme", "task", "parameters", "ctrl.size",
           "seeds", "s a seed");
    for (size_t s = 0; s < c->n_schemes && !ret; s++)
        for (size_t t = 0; t < c->n_tasks && !ret; t++) {
            const struct eg_compare_pair *pair = eg_compare_pair(p, s, t);
            size_t todo = 0;
            double seconds = 0, bytes = 0;
            for (size_t k = 0; k < eg_compare_seeds(c); k++)
                todo += p->runs[eg_compare_run(c, s, t, k)].state != EG_SEED_KEPT;
            if (!pair->possible) {
                printf("%-24s %-20s not possible: %s\n", c->schemes[s].label, c->tasks[t].label,
                       pair->why.text);
                continue;
            }
            if (todo)
                ret = time_pair(p, e, s, t, threads, &seconds, &bytes, &message);
            if (ret == EG_ERR_DIVERGED) /* it would be found out */
                ret = EG_OK;
            all += seconds * (double) todo;
            most = bytes > most ? bytes : most;
            printf("%-24s %-20s %10zu %10ld %8zu", c->schemes[s].label, c->tasks[t].label,
                   pair->parameters, pair->size, todo);
            if (todo)
                printf(" %12.1f", seconds);
            printf("%s%s\n", pair->why.text[0] ? "  " : "", pair->why.text);
            fflush(stdout);
        }
    if (!ret) {
        char text[32];
        duration(text, sizeof text, all / (double) jobs);
        printf("\n%zu at a time: about %s in all, evaluation left out; %.0f MB of memory\n", jobs,
               text, most / 1e6 * (double) jobs);
    }
    free(e);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}

/* --- the runs --- */

static void progress(const struct watch *w, const struct eg_seed_run *r,
                     const struct eg_compare_result *x)
{
    char left[32], done[64] = "";
    if (w->over < w->todo && !eg_interrupted()) {
        duration(left, sizeof left,
                 (eg_clock() - w->begun) / (double) w->over * (double) (w->todo - w->over));
        snprintf(done, sizeof done, ", about %s left", left);
    }
    fprintf(stderr, "%s: ", r->label);
    if (x->state == EG_CELL_DIVERGED)
        fprintf(stderr, "diverged");
    else if (x->state == EG_CELL_FAILED)
        fprintf(stderr, "failed");
    else if (x->state != EG_CELL_DONE)
        fprintf(stderr, "stopped");
    else if (isfinite(x->solved_at))
        fprintf(stderr, "solved after %.0f sequences", x->solved_at);
    else
        fprintf(stderr, "not solved, %.4g bit/sequence", x->cost);
    if (x->state == EG_CELL_DONE)
        fprintf(stderr, ", %.1f s", x->seconds);
    fprintf(stderr, " (%zu of %zu%s)\n", w->over, w->todo, done);
}

static void over(void *context, struct eg_seed_run *r)
{
    struct watch *w = context;
    struct eg_compare_plan *p = w->plan;
    struct eg_message message = {""};
    const struct eg_comparison *c = p->comparison;
    const size_t i = (size_t) (r - p->runs);
    /* eg_compare_run() the other way round */
    const size_t s = i % c->n_schemes, t = i / c->n_schemes % c->n_tasks;
    const size_t k = i / c->n_schemes / c->n_tasks;
    const int exit = r->outcome.exit;
    if (exit == EG_EXIT_DONE || exit == EG_EXIT_DIVERGED) {
        const int ret = eg_seeds_read(r, eg_compare_pair(p, s, t)->threshold, &message);
        if (ret)
            r->outcome.exit = eg_command_fail(ret, &message);
    } else if (exit == EG_EXIT_INTERRUPTED) {
        r->state = EG_SEED_GO_ON;
    }
    /* That it diverged is said in the table. */
    if (r->outcome.exit != EG_EXIT_DIVERGED)
        w->worst = eg_seeds_worse(w->worst, r->outcome.exit);
    eg_compare_settle(p, i);
    w->over++;
    if (!w->quiet)
        progress(w, r, &p->results[eg_compare_at(c, s, t, k)]);
    /* What cannot be written now is said at the end. */
    if (eg_clock() - w->saved > SAVE_EVERY && eg_compare_record(p, "running", &message) == EG_OK)
        w->saved = eg_clock();
}

static int run(struct eg_compare_plan *p, size_t jobs, int threads, size_t todo)
{
    const struct eg_command *c = p->command;
    struct eg_message message = {""};
    struct eg_command *each = malloc(sizeof *each);
    struct watch w = {.plan = p, .todo = todo, .begun = eg_clock(), .quiet = c->quiet};
    int ret = each ? eg_compare_record(p, "running", &message)
                   : EG_FAIL(EG_ERR_NOMEM, &message, "out of memory");
    if (!ret)
        ret = eg_compare_prepare(p, &message);
    w.saved = eg_clock();
    if (!ret) {
        /* Of its own each cell says what went wrong, and nothing else. */
        *each = *c;
        each->quiet = 1;
        each->json = each->force = 0;
        each->n_settings = 0;
        struct eg_seeds seeds = {.command = each,
                                 .name = p->comparison->name,
                                 .runs = p->runs,
                                 .n = p->cells,
                                 .jobs = jobs,
                                 .threads = threads,
                                 .over = over,
                                 .context = &w};
        eg_seeds_run(&seeds);
        for (size_t i = 0; i < p->cells; i++)
            if (p->runs[i].state == EG_SEED_NEW && !p->runs[i].ended
                && p->runs[i].outcome.exit == EG_EXIT_INTERRUPTED)
                w.worst = eg_seeds_worse(w.worst, EG_EXIT_INTERRUPTED);
        ret =
            eg_compare_record(p, w.worst == EG_EXIT_INTERRUPTED ? "interrupted" : "done", &message);
    }
    if (!ret)
        ret = c->json ? eg_compare_print_json(p, &message) : eg_compare_print(stdout, p, &message);
    free(each);
    return ret ? eg_seeds_worse(w.worst, eg_command_fail(ret, &message)) : w.worst;
}

static void announce(const struct eg_compare_plan *p, size_t jobs, int threads, size_t todo)
{
    const struct eg_comparison *c = p->comparison;
    size_t n[EG_CELL_STATES];
    count(p, n);
    fprintf(stderr, "%s: %zu scheme%s, %zu task%s, seeds %ld to %ld: %zu cells", c->name,
            c->n_schemes, c->n_schemes == 1 ? "" : "s", c->n_tasks, c->n_tasks == 1 ? "" : "s",
            c->seed_first, c->seed_last, p->cells);
    if (n[EG_CELL_DONE] + n[EG_CELL_DIVERGED])
        fprintf(stderr, ", %zu done already", n[EG_CELL_DONE] + n[EG_CELL_DIVERGED]);
    if (n[EG_CELL_BEGUN])
        fprintf(stderr, ", %zu begun", n[EG_CELL_BEGUN]);
    if (n[EG_CELL_IMPOSSIBLE])
        fprintf(stderr, ", %zu not possible", n[EG_CELL_IMPOSSIBLE]);
    if (p->remade)
        fprintf(stderr, ", %zu not whole and made anew", p->remade);
    if (todo) {
        const int share = eg_seeds_share(jobs, threads, jobs - 1);
        fprintf(stderr, "; %zu at a time with %d thread%s each", jobs, share,
                share == 1 ? "" : "s");
    }
    fputc('\n', stderr);
}

static int print_config(const struct eg_comparison *c)
{
    for (const struct eg_preset *p = eg_comparisons; p->name; p++)
        if (!strcmp(p->name, c->name)) {
            fputs(p->yaml, stdout);
            return EG_EXIT_DONE;
        }
    char *yaml = eg_compare_yaml(c);
    if (!yaml)
        return eg_command_fail(EG_ERR_NOMEM, NULL);
    fputs(yaml, stdout);
    free(yaml);
    return EG_EXIT_DONE;
}

int eg_verb_compare(const struct eg_command *command)
{
    eg_catch_signals();
    if (!command->targets)
        return list(command);
    struct eg_message message = {""};
    struct eg_comparison c;
    struct eg_compare_plan p = {.output = NULL};
    int exit = EG_EXIT_DONE, ret = eg_compare_open(&c, command, &message);
    if (!ret && command->print_config) {
        exit = print_config(&c);
        eg_compare_free(&c);
        return exit;
    }
    if (!ret)
        ret = eg_compare_plan(&p, &c, command, &message);
    if (ret) {
        exit = eg_command_fail(ret, &message);
    } else {
        const int threads = command->threads > 0 ? (int) command->threads : omp_get_num_procs();
        size_t todo = 0;
        for (size_t i = 0; i < p.cells; i++)
            todo += p.runs[i].state != EG_SEED_KEPT;
        const size_t jobs = eg_seeds_jobs(todo, threads, command->jobs);
        if (!command->quiet && !command->dry_run)
            announce(&p, jobs, threads, todo);
        exit = command->dry_run ? dry_run(&p, jobs, eg_seeds_share(jobs, threads, jobs - 1))
                                : run(&p, jobs, threads, todo);
        if (exit == EG_EXIT_INTERRUPTED && !command->quiet)
            fprintf(stderr, "interrupted; the same command%s goes on\n",
                    command->force ? " without --force" : "");
    }
    eg_compare_plan_free(&p);
    eg_compare_free(&c);
    return exit;
}
