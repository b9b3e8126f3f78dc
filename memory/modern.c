/* memory/modern.c -- the Hopfield network with continuous states whose update is attention.
 *
 * Ramsauer et al. 2020 (arXiv:2008.02217), sec. 2.  Patterns x_mu, the columns of X (N, P), and a
 * state xi of N real numbers:
 *     xi'  = X p,  p = softmax(beta X^T xi)                                    one step
 *     E    = -lse + 1/2 xi.xi + (1/beta) ln P + 1/2 M^2
 *     lse  = (1/beta) ln sum_mu exp(beta x_mu.xi),   M = the largest |x_mu|
 * E never rises (concave-convex procedure), 0 <= E, and E <= 2 M^2 where |xi| <= M, which holds
 * after any step.  The paper's N is our P, its d our N.  Rows of states as queries, X^T as keys and
 * as values, and beta = 1/sqrt(N) make the step softmax(Q K^T / sqrt(N)) V, a transformer's
 * attention (`scale: attention` with beta 1).
 *
 * Patterns are the values where there are some, else -1 and +1 as the bits say.  With `normalise:
 * unit` patterns and starts are divided by their lengths first.
 *
 * E is computed as a sum of parts none of which is negative: with x the pattern of the largest
 * product with xi,
 *     E = 1/2 |xi - x|^2 + 1/2 (M^2 - |x|^2) - (1/beta) ln mean_mu exp(beta (x_mu - x).xi),
 * which neither overflows nor loses digits where E is near 0. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include <cblas.h>

#include "memory/associative.h"
#include "memory/attractor.h"
#include "memory/theory.h"

enum { SCALE_GIVEN, SCALE_ATTENTION };
enum { NORMALISE_NONE, NORMALISE_UNIT };

struct options {
    double beta;
    int scale, normalise;
};

static const char *const scales[] = {"given", "attention", NULL};
static const char *const normalisations[] = {"none", "unit", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    /* key         unit  help                                            field          type */
    {"beta",       "1",  "inverse temperature of the softmax",           AT(beta),      EG_OPT_REAL,   1, 1e-9, 1e9, NULL, NULL},
    {"scale",      "",   "what beta is times: given, 1; attention, 1/sqrt(N)",
                                                                         AT(scale),     EG_OPT_CHOICE, SCALE_GIVEN,    0, 0, scales, NULL},
    {"normalise",  "",   "unit divides patterns and starts by their length",
                                                                         AT(normalise), EG_OPT_CHOICE, NORMALISE_NONE, 0, 0, normalisations, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* Squared lengths stay below it, so that products of any two vectors, and twice them, are finite.
 */
#define SQUARE_MAX 1e300

struct network {
    size_t sites, patterns;
    int unit;
    double beta;
    double longest;       /* M^2                              */
    const double *x;      /* (P, N): X^T                      */
    const double *square; /* (P): |x_mu|^2                    */
};

struct recall {
    const struct network *network;
    double *xi, *before; /* (N)                              */
    double *p;           /* (P): softmax at xi               */
    double energy;       /* at xi                            */
};

static int count(const void *options, size_t sites, size_t first, double load, size_t *patterns,
                 struct eg_message *message)
{
    (void) options;
    (void) first;
    const double log_count = load * (double) sites;
    if (!(load >= 0 && log_count <= 40 * log(2)))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "load %g of %zu sites: P = exp(load * N) patterns, which must be between 1 "
                       "and 2^40 (load 0 to %g)",
                       load, sites, 40 * log(2) / (double) sites);
    *patterns = (size_t) llround(exp(log_count));
    return EG_OK;
}

static const char *load_words(const void *options)
{
    (void) options;
    return "ln P / N";
}

static double bytes(const void *options, size_t sites, size_t patterns)
{
    (void) options;
    const double n = (double) sites, p = (double) patterns;
    return (n * p + 2 * n + 2 * p) * sizeof(double);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The patterns as real numbers, of unit length where asked for.  Real patterns that are taken as
 * they are stay where they are. */
static int rows(struct network *net, const struct eg_patterns *patterns, struct eg_arena *arena,
                struct eg_message *message)
{
    const size_t n = net->sites;
    net->x = patterns->values;
    double *x = NULL;
    if (!net->x || net->unit) {
        x = eg_arena_zeros(arena, net->patterns, n * sizeof *x);
        if (!x)
            return EG_RAISE(EG_ERR_NOMEM);
        net->x = x;
    }
    double *square = eg_arena_zeros(arena, net->patterns, sizeof *square);
    if (!square)
        return EG_RAISE(EG_ERR_NOMEM);
    net->square = square;
    for (size_t k = 0; k < net->patterns; k++) {
        if (x)
            eg_pattern_values(patterns, k, x + k * n);
        const double *row = net->x + k * n;
        square[k] = dot(row, row, n);
        if (!(square[k] <= SQUARE_MAX))
            return EG_FAIL(EG_ERR_DATA, message,
                           "pattern %zu: its squared length is %g; it must be at most %g", k,
                           square[k], SQUARE_MAX);
        if (net->unit) {
            if (!(square[k] > DBL_MIN))
                return EG_FAIL(EG_ERR_DATA, message,
                               "pattern %zu is zero: memory.normalise=unit cannot give it a length",
                               k);
            cblas_dscal((blasint) n, 1 / sqrt(square[k]), x + k * n, 1);
            square[k] = dot(row, row, n);
        }
        net->longest = fmax(net->longest, square[k]);
    }
    return EG_OK;
}

static int learn(void *network, const void *options, const struct eg_patterns *patterns,
                 struct eg_learning *learning, struct eg_message *message)
{
    struct network *net = network;
    const struct options *o = options;
    learning->note.text[0] = '\0';
    if (patterns->sites < 1 || patterns->sites > INT_MAX)
        return EG_FAIL(EG_ERR_SHAPE, message, "%zu sites: must be between 1 and %d",
                       patterns->sites, INT_MAX);
    if (patterns->count < 1 || patterns->count > INT_MAX)
        return EG_FAIL(EG_ERR_SHAPE, message, "%zu patterns: must be between 1 and %d",
                       patterns->count, INT_MAX);
    *net = (struct network){.sites = patterns->sites,
                            .patterns = patterns->count,
                            .unit = o->normalise == NORMALISE_UNIT,
                            .beta = o->beta};
    if (o->scale == SCALE_ATTENTION)
        net->beta /= sqrt((double) net->sites);
    return rows(net, patterns, learning->arena, message);
}

static int descends(const void *options)
{
    (void) options;
    return 1;
}

/* p and the energy at xi. */
static void look(struct recall *r)
{
    const struct network *net = r->network;
    const blasint n = (blasint) net->sites, many = (blasint) net->patterns;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, many, n, 1, net->x, n, r->xi, 1, 0, r->p, 1);
    size_t best = 0;
    double low = r->p[0];
    for (size_t k = 1; k < net->patterns; k++) {
        if (r->p[k] > r->p[best])
            best = k;
        low = fmin(low, r->p[k]);
    }
    const double top = r->p[best];
    /* Where all exponents are small the mean of their exp is near 1; its logarithm, and that over a
     * small beta, need the difference from 1. */
    const int near = net->beta * (top - low) < 1;
    double sum = 0, less = 0;
    for (size_t k = 0; k < net->patterns; k++) {
        const double exponent = net->beta * (r->p[k] - top);
        if (near)
            less += expm1(exponent);
        sum += r->p[k] = exp(exponent);
    }
    for (size_t k = 0; k < net->patterns; k++)
        r->p[k] /= sum;
    const double p = (double) net->patterns;
    const double log_mean = near ? log1p(less / p) : log(sum / p);
    const double *x = net->x + best * net->sites;
    double far = 0;
    for (size_t i = 0; i < net->sites; i++)
        far += (r->xi[i] - x[i]) * (r->xi[i] - x[i]);
    r->energy = far / 2 + (net->longest - net->square[best]) / 2 - log_mean / net->beta;
}

static int init(void *recall, const void *network, struct eg_arena *arena)
{
    struct recall *r = recall;
    const struct network *net = network;
    *r = (struct recall){.network = net};
    r->xi = eg_arena_zeros(arena, net->sites, sizeof *r->xi);
    r->before = eg_arena_zeros(arena, net->sites, sizeof *r->before);
    r->p = eg_arena_zeros(arena, net->patterns, sizeof *r->p);
    return r->xi && r->before && r->p ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static int start(void *recall, const double *outputs, struct eg_message *message)
{
    struct recall *r = recall;
    const size_t n = r->network->sites;
    const double square = dot(outputs, outputs, n);
    if (!(square <= SQUARE_MAX))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "the squared length of the start is %g; it must be at most %g", square,
                       SQUARE_MAX);
    memcpy(r->xi, outputs, n * sizeof *r->xi);
    if (r->network->unit && square > DBL_MIN)
        cblas_dscal((blasint) n, 1 / sqrt(square), r->xi, 1);
    look(r);
    return EG_OK;
}

static const double *outputs(const void *recall)
{
    return ((const struct recall *) recall)->xi;
}

static int step(void *recall, double *change, struct eg_message *message)
{
    struct recall *r = recall;
    const struct network *net = r->network;
    const blasint n = (blasint) net->sites, many = (blasint) net->patterns;
    double *before = r->xi;
    r->xi = r->before;
    r->before = before;
    cblas_dgemv(CblasRowMajor, CblasTrans, many, n, 1, net->x, n, r->p, 1, 0, r->xi, 1);
    look(r);
    *change = 0;
    for (size_t i = 0; i < net->sites; i++)
        *change = fmax(*change, fabs(r->xi[i] - before[i]));
    if (!isfinite(r->energy))
        return EG_FAIL(EG_ERR_DIVERGED, message, "the energy is %g", r->energy);
    return EG_OK;
}

static double energy(const void *recall)
{
    return ((const struct recall *) recall)->energy;
}

static void weights(void *recall, double *p)
{
    const struct recall *r = recall;
    memcpy(p, r->p, r->network->patterns * sizeof *p);
}

static const struct eg_flow_ops flow = {
    .init = init,
    .start = start,
    .outputs = outputs,
    .step = step,
    .energy = energy,
    .weights = weights,
};

static void theory(const void *values, const struct eg_theory_case *at, struct eg_theory *t)
{
    const struct options *o = values;
    const double n = (double) at->sites;
    const double beta = o->scale == SCALE_ATTENTION ? o->beta / sqrt(n) : o->beta;
    /* Radius sqrt(N) = K sqrt(N - 1); probability 0.999. */
    const double stored = n > 1 && at->values == 2 && !o->normalise
                              ? eg_theory_sphere(beta, sqrt(n / (n - 1)), n, 1e-3, NULL)
                              : NAN;
    t->equation = "T8";
    if (stored > 1) {
        t->line[t->lines].name = "at least (p = 0.001)";
        t->line[t->lines++].load = log(stored) / n;
    }
}

const struct eg_associative_type eg_associative_modern = {
    .name = "modern",
    .summary = "modern Hopfield network: real states, an update is softmax attention",
    .source = "Ramsauer et al. 2020 (arXiv:2008.02217), sec. 2",
    .energy = "E = -(1/beta) ln sum_mu exp(beta x_mu.xi) + 1/2 xi.xi + (1/beta) ln P + 1/2 M^2, "
              "M = max |x_mu|",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .network_size = sizeof(struct network),
    .recall_size = sizeof(struct recall),
    .count = count,
    .load_words = load_words,
    .bytes = bytes,
    .learn = learn,
    .descends = descends,
    .theory = theory,
    .flow = &flow,
};
