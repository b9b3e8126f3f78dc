/* experiments/verify_ntm.c -- `engram verify ntm`: the experiments of Graves, Wayne & Danihelka
 * 2014, each with a feed-forward and an LSTM controller, and the LSTM alone beside them.
 *
 * Every preset is trained with all seeds; the LSTM alone with the first of them.  Run files are
 * kept, and those of an earlier call that are done count. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/seeds.h"
#include "experiments/statistics.h"
#include "experiments/verify.h"

enum { SEEDS_MAX = 64, SIZES_SHOWN = 5 };

/* What must hold of a preset; 0: nothing is required. */
struct bands {
    const char *preset;
    int solved;          /* at least 8 of 10 seeds end below train.solved: 1                    */
    double most;         /* at least 8 of 10 seeds end at this cost or below [bit/sequence]      */
    double over_optimum; /* at least 8 of 10 seeds end within this of the optimum [bit/sequence] */
    size_t length;       /* at this length ...                                                   */
    double at_length;    /* ... the median seed costs less [bit/sequence]                        */
    double by;           /* the median seed is solved within so many sequences                   */
    double seconds;      /* training of the median seed takes less: others may have had to share
                            the machine                                                      */
};

/* One task. */
struct experiment {
    struct bands ntm[2];
    const char *baseline;
};

/* The longest training comes last. */
static const struct experiment experiments[] = {
    {{{.preset = "ntm-ff/repeat-copy", .solved = 1, .seconds = 600},
      {.preset = "ntm/repeat-copy", .solved = 1, .seconds = 600}},
     "lstm/repeat-copy"},
    {{{.preset = "ntm-ff/associative-recall",
       .solved = 1,
       .length = 15,
       .at_length = 1,
       .by = 40000,
       .seconds = 600},
      {.preset = "ntm/associative-recall", .solved = 1, .seconds = 600}},
     "lstm/associative-recall"},
    {{{.preset = "ntm-ff/priority-sort", .most = 20, .seconds = 600},
      {.preset = "ntm/priority-sort", .most = 18, .seconds = 600}},
     "lstm/priority-sort"},
    {{{.preset = "ntm/ngram", .over_optimum = 1, .seconds = 600},
      {.preset = "ntm-ff/ngram", .over_optimum = 1, .seconds = 600}},
     "lstm/ngram"},
};

struct measured {
    size_t n;
    double threshold;
    double cost[SEEDS_MAX], optimum[SEEDS_MAX], at_length[SEEDS_MAX], by[SEEDS_MAX];
    double seconds[SEEDS_MAX];
};

static void say(const char *preset, const struct eg_seed_run *run, double threshold)
{
    const struct eg_outcome *o = &run->outcome;
    printf("  %-26s seed %-3ld %10.6f bit/sequence", preset, run->seed, o->cost);
    for (size_t i = 1; i < o->lengths && i <= SIZES_SHOWN; i++) {
        const struct eg_evaluation *v = &o->by_length[i];
        printf("%s %zu", i > 1 ? "," : "; at", v->length);
        if (v->repeats)
            printf(" x %zu", v->repeats);
        printf(": %.4g", v->mean);
    }
    if (o->solved)
        printf("; under %g from %llu sequences on", threshold, (unsigned long long) o->solved);
    printf("; %.1f s\n", o->seconds);
    fflush(stdout);
}

static int measure(const struct eg_command *c, const char *preset, long first, long last,
                   size_t length, struct measured *m)
{
    struct eg_seeds seeds;
    memset(m, 0, sizeof *m);
    const int exit = eg_verify_train(&seeds, c, preset, first, last);
    m->threshold = seeds.threshold;
    for (size_t i = 0; i < seeds.n && !exit && m->n < SEEDS_MAX; i++) {
        const struct eg_outcome *o = &seeds.runs[i].outcome;
        const size_t k = m->n++;
        m->cost[k] = o->cost;
        m->optimum[k] = o->lengths ? o->by_length[0].optimum : NAN;
        m->at_length[k] = NAN;
        for (size_t j = 1; j < o->lengths; j++)
            if (o->by_length[j].length == length)
                m->at_length[k] = o->by_length[j].mean;
        m->by[k] = o->solved ? (double) o->solved : INFINITY;
        m->seconds[k] = o->seconds;
        if (!c->quiet)
            say(preset, &seeds.runs[i], m->threshold);
    }
    eg_seeds_free(&seeds);
    return exit;
}

/* Eight of ten, of as many as there are. */
static size_t enough(size_t n)
{
    return (8 * n + 9) / 10;
}

static size_t at_most(const double *x, size_t n, double bound)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] <= bound;
    return count;
}

static int judge(const struct bands *b, struct measured *m)
{
    const size_t n = m->n, need = enough(n);
    int failed = 0;
    if (b->solved > 0) {
        const size_t count = at_most(m->cost, n, nextafter(m->threshold, 0));
        failed +=
            eg_claim(count >= need, "%s: %zu of %zu seeds under %g bit/sequence (required: %zu)",
                     b->preset, count, n, m->threshold, need);
    }
    if (b->most > 0) {
        const size_t count = at_most(m->cost, n, b->most);
        failed += eg_claim(count >= need,
                           "%s: %zu of %zu seeds at %g bit/sequence or less (required: %zu)",
                           b->preset, count, n, b->most, need);
    }
    if (b->over_optimum > 0) {
        double over[SEEDS_MAX];
        for (size_t i = 0; i < n; i++)
            over[i] = m->cost[i] - m->optimum[i];
        const size_t count = at_most(over, n, b->over_optimum);
        failed +=
            eg_claim(count >= need,
                     "%s: %zu of %zu seeds within %g bit/sequence of the optimal estimator, "
                     "%.3f on the same sequences; median %.3f more (required: %zu)",
                     b->preset, count, n, b->over_optimum, m->optimum[0], eg_median(over, n), need);
    }
    if (b->length) {
        const double median = eg_median(m->at_length, n);
        failed += eg_claim(median < b->at_length,
                           "%s: %.3g bit/sequence at length %zu, median seed (required: under %g)",
                           b->preset, median, b->length, b->at_length);
    }
    if (b->by > 0) {
        const double median = eg_median(m->by, n);
        failed += eg_claim(median <= b->by,
                           "%s: under %g bit/sequence from %.0f sequences on, median seed "
                           "(required: by %.0f)",
                           b->preset, m->threshold, median, b->by);
    }
    const double seconds = eg_median(m->seconds, n);
    return failed
           + eg_claim(seconds < b->seconds,
                      "%s: %.1f s of training, median seed (required: under %g)", b->preset,
                      seconds, b->seconds);
}

static int one(const struct eg_command *c, const struct experiment *x, int *failed)
{
    const long first = c->has_seeds ? c->seed_first : 1, last = c->has_seeds ? c->seed_last : 10;
    struct measured m[2], baseline;
    int exit;
    for (size_t i = 0; i < 2; i++) {
        if ((exit = measure(c, x->ntm[i].preset, first, last, x->ntm[i].length, &m[i])))
            return exit;
        *failed += judge(&x->ntm[i], &m[i]);
    }
    if ((exit = measure(c, x->baseline, first, first, 0, &baseline)))
        return exit;
    const double worse = baseline.n ? baseline.cost[0] : INFINITY; /* or it has diverged */
    for (size_t i = 0; i < 2; i++) {
        const double median = eg_median(m[i].cost, m[i].n);
        *failed += eg_claim(isfinite(worse) && worse > median,
                            "%s: %.4g bit/sequence, seed %ld (required: more than %s, %.4g)",
                            x->baseline, worse, first, x->ntm[i].preset, median);
    }
    return EG_EXIT_DONE;
}

static int ntm(const struct eg_command *c)
{
    int failed = 0, exit;
    if (c->has_seeds && c->seed_last - c->seed_first >= SEEDS_MAX) {
        fprintf(stderr, "engram: --seeds: at most %d are verified at once\n", SEEDS_MAX);
        return EG_EXIT_USAGE;
    }
    if ((exit = eg_claims_ntm_copy.run(c)) && exit != EG_EXIT_REQUIRE)
        return exit;
    failed += exit == EG_EXIT_REQUIRE;
    for (size_t i = 0; i < sizeof experiments / sizeof experiments[0]; i++)
        if ((exit = one(c, &experiments[i], &failed)))
            return exit;
    return failed ? EG_EXIT_REQUIRE : EG_EXIT_DONE;
}

const struct eg_claims eg_claims_ntm = {
    "ntm",
    "all experiments of Graves, Wayne & Danihelka 2014: copy, repeat copy, associative recall, "
    "dynamic n-grams, priority sort; ten seeds of each network, one of the LSTM beside them",
    NULL, ntm};
