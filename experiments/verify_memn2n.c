/* experiments/verify_memn2n.c -- `engram verify memn2n`: Sukhbaatar et al. 2015 on the bAbI tasks.
 *
 * Of the restarts of a configuration the one with the least training cost counts, as in the paper.
 * The error of several tasks is the mean of their errors.  Run files are kept, and those of an
 * earlier call that are done count. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/seeds.h"
#include "experiments/verify.h"

enum { TASKS = 20, SEEDS_MAX = 64, SETTINGS = 12 };

/* Test errors in percent of table 1 (1,000 questions a task) and of the joint network with 10,000
 * as the DNC paper gives them: Sukhbaatar et al. 2015 (arXiv:1503.08895), Graves et al. 2016. */
static const double published_10k[TASKS] = {0, 1.0, 6.8, 0, 6.1, 0.1, 6.6,  2.7, 0,    0.5,
                                            0, 0.1, 0,   0, 0.2, 0.2, 41.8, 8.0, 75.7, 0};

struct paths {
    char small[512], large[512]; /* folders of 1,000 and of 10,000 questions a task */
};

struct measured {
    size_t n, best; /* restarts; which has the least training cost */
    double training[SEEDS_MAX], error[SEEDS_MAX], seconds[SEEDS_MAX]; /* error [%] */
};

/* Mean over the groups of the test [%]; of data without groups, the test. */
static double test_error(const struct eg_outcome *o)
{
    double sum = 0, all = NAN;
    size_t n = 0;
    for (size_t i = 0; i < o->lengths; i++) {
        const struct eg_evaluation *v = &o->by_length[i];
        if (v->split != EG_SPLIT_TEST)
            continue;
        if (v->group == 0)
            all = 100 * (1 - v->exact);
        else {
            sum += 100 * (1 - v->exact);
            n++;
        }
    }
    return n ? sum / (double) n : all;
}

static double slowest(const struct measured *m)
{
    double most = 0;
    for (size_t i = 0; i < m->n; i++)
        most = fmax(most, m->seconds[i]);
    return most;
}

/* `settings` NULL-ended; `mark` names the run files. */
static int measure(const struct eg_command *c, const char *preset, const char *mark, long seeds,
                   const char *const *settings, struct measured *m)
{
    struct eg_command here = *c;
    struct eg_seeds runs;
    char output[128];
    snprintf(output, sizeof output, "verify-memn2n-%s.h5", mark);
    memset(m, 0, sizeof *m);
    here.output = output;
    here.n_settings = 0;
    for (size_t i = 0; settings[i]; i++)
        here.settings[here.n_settings++] = (struct eg_setting){settings[i], "-s", NULL};
    const long first = c->has_seeds ? c->seed_first : 1;
    const int exit = eg_verify_train(&runs, &here, preset, first, first + seeds - 1);
    for (size_t i = 0; i < runs.n && !exit && m->n < SEEDS_MAX; i++) {
        const struct eg_outcome *o = &runs.runs[i].outcome;
        m->training[m->n] = o->cost;
        m->error[m->n] = test_error(o);
        m->seconds[m->n] = o->seconds;
        if (o->cost < m->training[m->best])
            m->best = m->n;
        m->n++;
    }
    if (!exit && !c->quiet) {
        printf("  %-28s", mark);
        for (size_t i = 0; i < m->n; i++)
            printf(" %s%.1f%s", i == m->best ? "[" : "", m->error[i], i == m->best ? "]" : "");
        printf(" %% wrong; %.1f s a run at most\n", slowest(m));
        fflush(stdout);
    }
    eg_seeds_free(&runs);
    return exit;
}

/* Each of the 20 tasks by itself; `best[t]` receives the error of the restart that counts. */
static int by_task(const struct eg_command *c, const char *mark, long seeds, const char *path,
                   const char *const *settings, double best[TASKS], double *mean)
{
    *mean = 0;
    for (int t = 1; t <= TASKS; t++) {
        char name[64], number[32];
        const char *all[SETTINGS] = {path, number};
        struct measured m;
        size_t n = 2;
        snprintf(number, sizeof number, "task.number=%d", t);
        snprintf(name, sizeof name, "%s-%d", mark, t);
        for (size_t i = 0; settings[i] && n + 1 < SETTINGS; i++)
            all[n++] = settings[i];
        const int exit = measure(c, "memn2n/babi", name, seeds, all, &m);
        if (exit)
            return exit;
        best[t - 1] = m.error[m.best];
        *mean += m.error[m.best] / TASKS;
    }
    return EG_EXIT_DONE;
}

static int joint(const struct eg_command *c, const char *path, long seeds, int *failed)
{
    static const char *const hops[] = {"model.hops=3", "model.hops=2", "model.hops=1"};
    double error[3];
    for (size_t k = 0; k < 3; k++) {
        char mark[32];
        struct measured m;
        const char *settings[] = {path, hops[k], NULL};
        snprintf(mark, sizeof mark, "joint-%zu", 3 - k);
        const int exit = measure(c, "memn2n/babi-joint", mark, seeds, settings, &m);
        if (exit)
            return exit;
        error[k] = m.error[m.best];
        if (k == 0) {
            *failed += eg_claim(error[0] <= 12.4,
                                "1k, joint, 3 hops: %.1f %% wrong, mean of 20 tasks, the best of "
                                "%zu restarts by training cost (required: at most 12.4)",
                                error[0], m.n);
            *failed += eg_claim(slowest(&m) < 300,
                                "1k, joint, 3 hops: %.0f s of training (required: under 300)",
                                slowest(&m));
        }
    }
    *failed += eg_claim(error[2] > error[1] && error[1] > error[0],
                        "1k, joint, 1, 2 and 3 hops: %.1f, %.1f, %.1f %% wrong (required: less "
                        "with each; the paper: 25.8, 15.6, 13.3)",
                        error[2], error[1], error[0]);
    return EG_EXIT_DONE;
}

static int single(const struct eg_command *c, const char *path, long seeds, int *failed)
{
    /* The columns without linear start and noise follow the paper, not the code: its encoding, its
     * rate, halved from the start on. */
    static const char *const plain[SETTINGS] = {
        "model.linear_start=0",     "model.noise=none",      "model.temporal=table",
        "train.learning_rate=0.01", "train.schedule_from=0", "train.sequences=90000",
        "model.encoding=position"};
    static const char *const none[] = {NULL};
    const char *bag[SETTINGS] = {
        plain[0], plain[1], plain[2], plain[3], plain[4], plain[5], "model.encoding=bag"};
    double error[TASKS], started[TASKS], mean;
    int exit;
    if ((exit = by_task(c, "bag", seeds, path, bag, error, &mean)))
        return exit;
    *failed +=
        eg_claim(fabs(mean - 25.1) <= 2,
                 "1k, each task, bag of words: %.1f %% wrong (required: 25.1 within 2)", mean);
    if ((exit = by_task(c, "position", seeds, path, plain, error, &mean)))
        return exit;
    *failed += eg_claim(fabs(mean - 20.3) <= 2,
                        "1k, each task, position encoding: %.1f %% wrong (required: 20.3 within "
                        "2)",
                        mean);
    if ((exit = by_task(c, "all", seeds, path, none, started, &mean)))
        return exit;
    *failed += eg_claim(mean <= 13.8 + 1,
                        "1k, each task, position encoding, linear start, noise: %.1f %% wrong "
                        "(required: at most 14.8; the authors' code has 13.8)",
                        mean);
    *failed += eg_claim(started[15] < 5 && error[15] > 40,
                        "1k, task 16: %.1f %% wrong without a linear start, %.1f %% with it "
                        "(required: over 40, under 5)",
                        error[15], started[15]);
    return EG_EXIT_DONE;
}

/* Task 3 is left out: its published training file is not everywhere complete. */
static int large(const struct eg_command *c, const char *path, long seeds, int *failed)
{
    const char *settings[] = {path, "task.number=1,2,4-20", NULL};
    struct measured m;
    double sum = 0;
    for (size_t t = 0; t < TASKS; t++)
        sum += t == 2 ? 0 : published_10k[t];
    const int exit = measure(c, "memn2n/babi-10k", "10k", seeds, settings, &m);
    if (!exit)
        *failed += eg_claim(m.error[m.best] <= sum / (TASKS - 1),
                            "10k, joint, the 19 tasks but 3: %.1f %% wrong (required: at most "
                            "%.1f, the published mean on these)",
                            m.error[m.best], sum / (TASKS - 1));
    return exit;
}

static int speed(const struct eg_command *c, const char *path, int *failed)
{
    const char *settings[] = {path, "task.number=1", "train.batch=32", NULL};
    struct eg_command one = *c;
    struct measured m;
    one.threads = 1;
    const int exit = measure(&one, "memn2n/babi", "speed", 1, settings, &m);
    if (exit)
        return exit;
    struct eg_experiment *e = calloc(1, sizeof *e);
    struct eg_message message = {{0}};
    const struct eg_setting given[] = {{path, "-s", NULL}};
    int ret = e ? eg_experiment_init(e, "memn2n/babi", NULL, given, 1, 1, &message)
                : EG_RAISE(EG_ERR_NOMEM);
    const double questions = ret ? NAN : (double) e->train.sequences;
    if (e)
        eg_experiment_free(e);
    free(e);
    if (ret)
        return eg_command_fail(ret, &message);
    *failed += eg_claim(questions / m.seconds[0] >= 20000,
                        "task 1, one thread: %.0f questions a second in training (required: "
                        "20000)",
                        questions / m.seconds[0]);
    return EG_EXIT_DONE;
}

static int memn2n(const struct eg_command *c)
{
    struct paths p;
    const char *babi = strchr(c->settings[0].text, '=') + 1;
    const long seeds = c->has_seeds ? c->seed_last - c->seed_first + 1 : 10;
    int failed = 0, exit;
    if (seeds > SEEDS_MAX) {
        fprintf(stderr, "engram: --seeds: at most %d are verified at once\n", SEEDS_MAX);
        return EG_EXIT_USAGE;
    }
    if (strlen(babi) + sizeof "task.path=/en-10k" > sizeof p.large) {
        fprintf(stderr, "engram: babi.path: at most %zu characters, not %zu\n",
                sizeof p.large - sizeof "task.path=/en-10k", strlen(babi));
        return EG_EXIT_USAGE;
    }
    snprintf(p.small, sizeof p.small, "task.path=%s/en", babi);
    snprintf(p.large, sizeof p.large, "task.path=%s/en-10k", babi);
    exit = speed(c, p.small, &failed);
    if (!exit)
        exit = joint(c, p.small, seeds, &failed);
    if (!exit)
        exit = single(c, p.small, seeds, &failed);
    if (!exit)
        exit = large(c, p.large, seeds, &failed);
    return exit ? exit : failed ? EG_EXIT_REQUIRE : EG_EXIT_DONE;
}

const struct eg_claims eg_claims_memn2n = {
    "memn2n",
    "Sukhbaatar et al. 2015 on the bAbI tasks: joint and each task, hops, encodings, linear start; "
    "needs -s babi.path=DIR",
    "babi.path", memn2n};
