/* experiments/verify.c -- the verb verify: claims about presets, with the bands they must meet. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/seeds.h"
#include "experiments/statistics.h"
#include "experiments/train.h"
#include "experiments/verify.h"

enum { SEEDS_MAX = 64 };

struct measured {
    size_t n, solved, exact_20, exact_30;
    double threshold;
    double cost[SEEDS_MAX], wrong_120[SEEDS_MAX], seconds[SEEDS_MAX];
};

static const struct eg_evaluation *at_length(const struct eg_outcome *o, size_t length)
{
    for (size_t i = 0; i < o->lengths; i++)
        if (o->by_length[i].length == length)
            return &o->by_length[i];
    return NULL;
}

int eg_verify_train(struct eg_seeds *seeds, const struct eg_command *command, const char *preset,
                    long first, long last)
{
    struct eg_command quiet = *command;
    quiet.quiet = 1;
    quiet.json = 0;
    const int exit = eg_seeds_train(seeds, &quiet, preset, first, last);
    for (size_t i = 0; i < seeds->n; i++)
        if (seeds->runs[i].outcome.exit == EG_EXIT_DIVERGED)
            seeds->runs[i].outcome.cost = INFINITY;
    return exit == EG_EXIT_DIVERGED ? EG_EXIT_DONE : exit;
}

static int measure(const struct eg_command *c, const char *preset, long first, long last,
                   struct measured *m)
{
    memset(m, 0, sizeof *m);
    struct eg_seeds seeds;
    const int exit = eg_verify_train(&seeds, c, preset, first, last);
    m->threshold = seeds.threshold;
    for (size_t i = 0; i < seeds.n && !exit && m->n < SEEDS_MAX; i++) {
        const struct eg_outcome *o = &seeds.runs[i].outcome;
        const struct eg_evaluation *l20 = at_length(o, 20), *l30 = at_length(o, 30);
        const struct eg_evaluation *l120 = at_length(o, 120);
        m->cost[m->n] = o->cost;
        m->seconds[m->n] = o->seconds;
        m->wrong_120[m->n] = l120 ? l120->wrong : NAN;
        m->solved += o->cost < seeds.threshold;
        m->exact_20 += l20 && l20->wrong == 0;
        m->exact_30 += l30 && l30->wrong == 0;
        m->n++;
        if (!c->quiet)
            printf("  %-12s seed %-3ld %10.6f bit/sequence; wrong bits at 20: %.4g, 30: %.4g, "
                   "120: %.4g; under %g from %llu sequences on; %.1f s\n",
                   preset, seeds.runs[i].seed, o->cost, l20 ? l20->wrong : NAN,
                   l30 ? l30->wrong : NAN, l120 ? l120->wrong : NAN, seeds.threshold,
                   (unsigned long long) o->solved, o->seconds);
        fflush(stdout);
    }
    eg_seeds_free(&seeds);
    return exit;
}

int eg_claim(int holds, const char *format, ...)
{
    va_list args;
    printf("%s  ", holds ? "PASS" : "FAIL");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    return !holds;
}

static int ntm_copy(const struct eg_command *c)
{
    const long first = c->has_seeds ? c->seed_first : 1, last = c->has_seeds ? c->seed_last : 10;
    static const char *const presets[] = {"ntm/copy", "ntm-ff/copy"};
    struct measured m, lstm;
    if (last - first >= SEEDS_MAX) {
        fprintf(stderr, "engram: --seeds: at most %d are verified at once\n", SEEDS_MAX);
        return EG_EXIT_USAGE;
    }
    int failed = 0, exit;
    for (size_t i = 0; i < 2; i++) {
        if ((exit = measure(c, presets[i], first, last, &m)))
            return exit;
        const size_t nine = (9 * m.n + 9) / 10;
        double slowest = 0;
        for (size_t k = 0; k < m.n; k++)
            slowest = fmax(slowest, m.seconds[k]);
        failed +=
            eg_claim(m.solved == m.n, "%s: %zu of %zu seeds under %g bit/sequence (required: all)",
                     presets[i], m.solved, m.n, m.threshold);
        failed +=
            eg_claim(m.exact_20 >= nine && m.exact_30 >= nine,
                     "%s: no bit wrong at length 20 for %zu, at length 30 for %zu of %zu seeds "
                     "(required: %zu)",
                     presets[i], m.exact_20, m.exact_30, m.n, nine);
        failed +=
            eg_claim(eg_median(m.wrong_120, m.n) <= 1,
                     "%s: %.3g wrong bits a sequence at length 120, median seed (required: at "
                     "most 1)",
                     presets[i], eg_median(m.wrong_120, m.n));
        failed += eg_claim(slowest < 60, "%s: %.1f s of training at most (required: under 60)",
                           presets[i], slowest);
    }
    if ((exit = measure(c, "lstm/copy", first, first, &lstm)))
        return exit;
    failed += eg_claim(lstm.cost[0] > 1,
                       "lstm/copy: %.3g bit/sequence after as many sequences (required: above 1)",
                       lstm.cost[0]);
    return failed ? EG_EXIT_REQUIRE : EG_EXIT_DONE;
}

const struct eg_claims eg_claims_ntm_copy = {
    "ntm/copy",
    "copy of Graves, Wayne & Danihelka 2014, sec. 4.1: ten seeds of ntm/copy and ntm-ff/copy, "
    "generalisation to length 120, the LSTM beside them",
    NULL, ntm_copy};

static const struct eg_claims *const claims[] = {&eg_claims_hopfield, &eg_claims_memn2n,
                                                 &eg_claims_ntm, &eg_claims_ntm_copy};

/* The setting it needs, and no other. */
static int check_settings(const struct eg_claims *claim, const struct eg_command *c,
                          struct eg_message *message)
{
    for (size_t i = 0; i < c->n_settings; i++) {
        const char *text = c->settings[i].text;
        const size_t n = claim->setting ? strlen(claim->setting) : 0;
        if (!claim->setting)
            return EG_FAIL(EG_ERR_CONFIG, message,
                           "verify %s takes no -s, since its bands hold "
                           "for the presets as they are",
                           claim->name);
        if (strncmp(text, claim->setting, n) != 0 || text[n] != '=')
            return EG_FAIL(EG_ERR_CONFIG, message, "verify %s takes -s %s=..., not '%s'",
                           claim->name, claim->setting, text);
    }
    if (claim->setting && c->n_settings != 1)
        return EG_FAIL(EG_ERR_CONFIG, message, "verify %s needs -s %s=..., once: %s", claim->name,
                       claim->setting, claim->summary);
    return EG_OK;
}

int eg_verb_verify(const struct eg_command *c)
{
    eg_catch_signals();
    struct eg_message message = {{0}};
    const char *names[sizeof claims / sizeof claims[0]];
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        names[i] = claims[i]->name;
        if (!c->targets)
            printf("  %-12s %s\n", claims[i]->name, claims[i]->summary);
        else if (!strcmp(c->target[0], claims[i]->name)) {
            const int ret = check_settings(claims[i], c, &message);
            return ret ? eg_command_fail(ret, &message) : claims[i]->run(c);
        }
    }
    if (!c->targets)
        return EG_EXIT_DONE;
    const char *near = eg_nearest(c->target[0], names, sizeof names / sizeof names[0]);
    const int ret =
        EG_FAIL(EG_ERR_CONFIG, &message, "there is nothing to verify called '%s'%s%s%s",
                c->target[0], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return eg_command_fail(ret, &message);
}
