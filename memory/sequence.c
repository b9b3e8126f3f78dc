/* memory/sequence.c -- sequences of patterns: each calls for the one after it.
 *
 * Asymmetric couplings xi^{mu+1} (xi^mu)^T lead from a pattern to the next: Hopfield 1982
 * (doi:10.1073/pnas.79.8.2554).  Acting with a delay, beside symmetric couplings that hold the
 * present pattern, they let a sequence step on by itself: Sompolinsky & Kanter 1986
 * (doi:10.1103/PhysRevLett.57.2861), Kleinfeld 1986 (doi:10.1073/pnas.83.24.9469):
 *     N h_i = symmetric * sum_mu xi_i^mu M_mu + strength * sum_mu xi_i^mu M'_{mu-1},
 * M_mu = sum_i xi_i^mu s_i, and M' the same of the state s' that there was at the end of the sweep
 * `delay` sweeps before the last: delay 0, the present state; before the start there was nothing
 * but the start.  In a cyclic set of patterns the first follows the last; else nothing leads to it.
 * With self_coupling off the terms with s_i and s'_i are left out of h_i.
 *
 * Without symmetric couplings and delay, synchronous updates go from pattern to pattern, one a
 * sweep.  With symmetric = 1, strength above 1 and a delay, the state stays near a pattern until
 * the delayed overlaps have followed, delay + 1 sweeps, then moves on.
 *
 * No energy descends.  What is called so is -1/2 sum_i s_i h_i, of all terms that h_i has. */
#include <math.h>
#include <string.h>

#include "memory/associative.h"
#include "memory/associative_private.h"
#include "memory/theory.h"

enum { MOST_SITES = 1 << 21 }; /* what kernels->bits_sum takes */

struct options {
    double strength, symmetric;
    long delay;
    int self_coupling;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"strength",      "1",     "of the couplings that lead from a pattern to the next", AT(strength),      EG_OPT_REAL, 1, 0, 1e6,   NULL, NULL},
    {"symmetric",     "1",     "strength of those that hold a pattern",                 AT(symmetric),     EG_OPT_REAL, 0, 0, 1e6,   NULL, NULL},
    {"delay",         "sweep", "age of the state that calls for the next pattern",      AT(delay),         EG_OPT_INT,  0, 0, 10000, NULL, NULL},
    {"self_coupling", "",      "whether a site acts on itself",                         AT(self_coupling), EG_OPT_BOOL, 0, 0, 0,     NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

struct network {
    const struct eg_patterns *patterns;
    const struct options *options;
    int32_t *own; /* (N): sum_mu xi_i^mu xi_i^{mu-1}; NULL with self-coupling */
};

/* Overlaps with all patterns, and their sum. */
struct overlaps {
    int32_t *at; /* (64 * words); what stands past the last pattern meets bits that are 0 */
    int64_t total;
};

struct recall {
    const struct network *network;
    const struct eg_kernels *kernels;
    struct overlaps now;    /* M_mu                                          */
    struct overlaps called; /* M'_{mu-1} at mu                               */
    int8_t *spins;          /* (N)                                           */
    int8_t *old;            /* (N): s'; `spins` without a delay              */
    int8_t *past;           /* (delay, N): ends of sweeps, the oldest at `oldest` */
    int32_t *past_overlap;  /* (delay, P)                                    */
    int32_t *anew[2];       /* (64 * words), room: M and M' called           */
    size_t oldest;
    long still; /* sweeps that ended as the one before, at most delay + 1    */
};

static double bytes(const void *values, size_t sites, size_t patterns)
{
    const struct options *o = values;
    const double n = (double) sites, p = (double) patterns, delay = (double) o->delay;
    return (double) eg_bits_bytes(sites, patterns) + (4 + delay) * sizeof(int32_t) * p
           + (6 + delay) * n;
}

/* sum_mu xi^mu xi^{mu-1} of a row: patterns less twice the places where the bit differs from the
 * one before it. */
static int32_t own_of(const struct eg_patterns *patterns, size_t site)
{
    const uint64_t *row = eg_bits_row(&patterns->bits, site);
    const size_t p = patterns->count;
    int64_t differ = 0;
    uint64_t before = row[0] & 1; /* so that the first does not differ */
    for (size_t k = 0; k < p; k += 64) {
        const uint64_t there = p - k < 64 ? (UINT64_C(1) << (p - k)) - 1 : UINT64_MAX;
        differ += __builtin_popcountll((row[k / 64] ^ (row[k / 64] << 1 | before)) & there);
        before = row[k / 64] >> 63;
    }
    int64_t own = (int64_t) p - 1 - 2 * differ;
    if (patterns->cyclic)
        own += eg_bits_get(&patterns->bits, site, 0) == eg_bits_get(&patterns->bits, site, p - 1)
                   ? 1
                   : -1;
    return (int32_t) own;
}

static int learn(void *at, const void *values, const struct eg_patterns *patterns,
                 struct eg_learning *learning, struct eg_message *message)
{
    struct network *w = at;
    learning->note.text[0] = '\0';
    *w = (struct network){.patterns = patterns, .options = values};
    const int ret = eg_associative_packed(patterns, "sequence", MOST_SITES, message);
    if (ret)
        return ret;
    if (patterns->count > INT32_MAX)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.type = sequence takes 1 to %ld patterns, not %zu", (long) INT32_MAX,
                       patterns->count);
    if (w->options->self_coupling)
        return EG_OK;
    w->own = eg_arena_zeros(learning->arena, patterns->sites, sizeof *w->own);
    if (!w->own)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < patterns->sites; i++)
        w->own[i] = own_of(patterns, i);
    return EG_OK;
}

static int descends(const void *values)
{
    (void) values;
    return 0;
}

/* --- a recall --- */

static int init(void *at, const void *network, const struct eg_kernels *kernels,
                struct eg_arena *arena)
{
    struct recall *r = at;
    const struct network *w = network;
    const struct eg_patterns *patterns = w->patterns;
    const size_t n = patterns->sites, room = 64 * patterns->bits.words;
    const size_t delay = (size_t) w->options->delay;
    *r = (struct recall){.network = w, .kernels = kernels};
    r->spins = eg_arena_zeros(arena, n, 1);
    r->old = delay ? eg_arena_zeros(arena, n, 1) : r->spins;
    r->past = eg_arena_zeros(arena, delay * n, 1);
    r->past_overlap = eg_arena_zeros(arena, delay * patterns->count, sizeof *r->past_overlap);
    r->now.at = eg_arena_zeros(arena, room, sizeof *r->now.at);
    r->called.at = eg_arena_zeros(arena, room, sizeof *r->called.at);
    r->anew[0] = eg_arena_zeros(arena, room, sizeof *r->anew[0]);
    r->anew[1] = eg_arena_zeros(arena, room, sizeof *r->anew[1]);
    return r->spins && r->old && r->past && r->past_overlap && r->now.at && r->called.at
                   && r->anew[0] && r->anew[1]
               ? EG_OK
               : EG_RAISE(EG_ERR_NOMEM);
}

static void count_overlaps(const struct recall *r, const int8_t *spins, int32_t *overlap)
{
    const struct eg_patterns *patterns = r->network->patterns;
    memset(overlap, 0, 64 * patterns->bits.words * sizeof *overlap);
    r->kernels->bits_count(overlap, patterns->bits.at, spins, patterns->sites,
                           patterns->bits.words);
    for (size_t k = 0; k < patterns->count; k++)
        overlap[k] = 2 * overlap[k] - (int32_t) patterns->sites;
}

static int64_t total_of(const int32_t *x, size_t n)
{
    int64_t total = 0;
    for (size_t k = 0; k < n; k++)
        total += x[k];
    return total;
}

/* Each pattern is called for by the overlap of the one before it. */
static void call_next(const struct recall *r, int32_t *called, const int32_t *overlap)
{
    const struct eg_patterns *patterns = r->network->patterns;
    memcpy(called + 1, overlap, (patterns->count - 1) * sizeof *called);
    called[0] = patterns->cyclic ? overlap[patterns->count - 1] : 0;
}

static void follow(struct recall *r, const int32_t *overlap)
{
    call_next(r, r->called.at, overlap);
    r->called.total = total_of(r->called.at, r->network->patterns->count);
}

/* The state ends a sweep: it takes the place of the oldest. */
static void keep(struct recall *r, size_t slot)
{
    const size_t n = r->network->patterns->sites, p = r->network->patterns->count;
    memcpy(r->past + slot * n, r->spins, n);
    memcpy(r->past_overlap + slot * p, r->now.at, p * sizeof *r->past_overlap);
}

static void start(void *at, const int8_t *spins)
{
    struct recall *r = at;
    const size_t n = r->network->patterns->sites;
    const long delay = r->network->options->delay;
    memcpy(r->spins, spins, n);
    count_overlaps(r, r->spins, r->now.at);
    r->now.total = total_of(r->now.at, r->network->patterns->count);
    follow(r, r->now.at);
    for (size_t slot = 0; slot < (size_t) delay; slot++)
        keep(r, slot);
    if (delay)
        memcpy(r->old, spins, n);
    r->oldest = 0;
    r->still = delay + 1;
}

/* Called at the end of a sweep: s' moves on by one. */
static int swept(void *at)
{
    struct recall *r = at;
    const size_t n = r->network->patterns->sites, p = r->network->patterns->count;
    const size_t delay = (size_t) r->network->options->delay;
    if (!delay)
        return 0;
    const size_t newest = (r->oldest + delay - 1) % delay;
    const int same = !memcmp(r->past + newest * n, r->spins, n);
    r->still = !same ? 0 : r->still <= (long) delay ? r->still + 1 : r->still;
    memcpy(r->old, r->past + r->oldest * n, n);
    follow(r, r->past_overlap + r->oldest * p);
    keep(r, r->oldest);
    r->oldest = (r->oldest + 1) % delay;
    /* All that is kept, and what was called for in this sweep, is the present state. */
    return r->still <= (long) delay;
}

static const int8_t *spins_of(const void *at)
{
    const struct recall *r = at;
    return r->spins;
}

static double field(void *at, size_t site)
{
    const struct recall *r = at;
    const struct network *w = r->network;
    const struct eg_bits *bits = &w->patterns->bits;
    const uint64_t *row = eg_bits_row(bits, site);
    double h = 0;
    if (w->options->symmetric > 0) {
        int64_t sum = 2 * r->kernels->bits_sum(row, r->now.at, bits->words) - r->now.total;
        if (w->own)
            sum -= (int64_t) w->patterns->count * r->spins[site];
        h += w->options->symmetric * (double) sum;
    }
    if (w->options->strength > 0) {
        int64_t sum = 2 * r->kernels->bits_sum(row, r->called.at, bits->words) - r->called.total;
        if (w->own)
            sum -= (int64_t) w->own[site] * r->old[site];
        h += w->options->strength * (double) sum;
    }
    return h / (double) w->patterns->sites;
}

static void flip(void *at, size_t site)
{
    struct recall *r = at;
    const struct eg_patterns *patterns = r->network->patterns;
    const struct eg_bits *bits = &patterns->bits;
    const int32_t s = r->spins[site];
    r->kernels->bits_add(r->now.at, eg_bits_row(bits, site), bits->words, -2 * s, 2 * s);
    r->now.total -= 2 * s * (2 * (int64_t) eg_bits_count(bits, site) - (int64_t) patterns->count);
    r->spins[site] = (int8_t) -s;
    if (!r->network->options->delay)
        follow(r, r->now.at);
}

static void fields(void *at, double *h)
{
    const struct recall *r = at;
    for (size_t i = 0; i < r->network->patterns->sites; i++)
        h[i] = field(at, i);
}

/* -1/2 sum_i s_i h_i at overlaps M and those that call. */
static double energy_of(const struct recall *r, const int32_t *now, const int32_t *called)
{
    const struct network *w = r->network;
    const size_t n = w->patterns->sites, p = w->patterns->count;
    int64_t hold = 0, lead = 0;
    for (size_t k = 0; k < p; k++) {
        hold += (int64_t) now[k] * now[k];
        lead += (int64_t) now[k] * called[k];
    }
    if (w->own) {
        hold -= (int64_t) (n * p);
        for (size_t i = 0; i < n; i++)
            lead -= (int64_t) w->own[i] * r->spins[i] * r->old[i];
    }
    return -0.5 * (w->options->symmetric * (double) hold + w->options->strength * (double) lead)
           / (double) n;
}

static double energy(const void *at)
{
    const struct recall *r = at;
    return energy_of(r, r->now.at, r->called.at);
}

static double energy_anew(void *at)
{
    struct recall *r = at;
    count_overlaps(r, r->old, r->anew[0]);
    call_next(r, r->anew[1], r->anew[0]);
    count_overlaps(r, r->spins, r->anew[0]);
    return energy_of(r, r->anew[0], r->anew[1]);
}

static const struct eg_spin_ops spin_ops = {
    .init = init,
    .start = start,
    .spins = spins_of,
    .field = field,
    .flip = flip,
    .fields = fields,
    .energy = energy,
    .energy_anew = energy_anew,
    .swept = swept,
};

static size_t after(const struct eg_patterns *patterns, size_t from)
{
    if (from + 1 < patterns->count)
        return from + 1;
    return patterns->cyclic ? 0 : from;
}

/* One step of all sites at once, of couplings that lead on and nothing else: the noise is that of
 * the Hebbian network. */
static void theory(const void *options, const struct eg_theory_case *at, struct eg_theory *t)
{
    const struct options *o = options;
    if (at->one_step && !(o->symmetric > 0) && !o->delay) {
        t->error = eg_theory_one_step_from(at->load, at->noise);
        t->overlap = 1 - 2 * t->error;
        t->equation = "T2";
    }
}

const struct eg_associative_type eg_associative_sequence = {
    .name = "sequence",
    .summary = "a sequence of patterns, by couplings from each to the next, with or without delay",
    .source = "Hopfield 1982, Kleinfeld 1986, Sompolinsky & Kanter 1986",
    .energy = "-1/2 sum_i s_i h_i, which need not fall; N h_i = symmetric * sum_mu xi_i^mu M_mu + "
              "strength * sum_mu xi_i^mu M'_{mu-1}",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .network_size = sizeof(struct network),
    .recall_size = sizeof(struct recall),
    .count = eg_associative_per_site,
    .load_words = eg_associative_per_site_words,
    .bytes = bytes,
    .learn = learn,
    .descends = descends,
    .after = after,
    .theory = theory,
    .spins = &spin_ops,
};
