#include "memory/attractor.h"

#include <math.h>
#include <string.h>

const char *const eg_attractor_names[] = {"target",    "inverse",  "stored", "mixture_3",
                                          "mixture_5", "spurious", "cycle",  NULL};

static int is_sparse(const struct eg_patterns *p)
{
    return p->activity < 0.5 || p->activity > 0.5;
}

/* From the numbers of sites where pattern and state are both 1, of 1s in the state and in the
 * pattern. */
static double sparse_overlap(const struct eg_patterns *p, double both, double ones, double active)
{
    const double f = p->activity;
    return active > 0 ? (both - f * ones) / (active * (1 - f)) : 0;
}

void eg_overlaps(const struct eg_patterns *p, const struct eg_kernels *kernels, const int8_t *spins,
                 int32_t *count, double *m)
{
    const double n = (double) p->sites;
    memset(count, 0, 64 * p->bits.words * sizeof *count);
    kernels->bits_count(count, p->bits.at, spins, p->sites, p->bits.words);
    for (size_t k = 0; k < p->count; k++)
        m[k] = (2.0 * count[k] - n) / n;
    if (!is_sparse(p))
        return;
    double ones = 0;
    memset(count, 0, 64 * p->bits.words * sizeof *count);
    for (size_t i = 0; i < p->sites; i++)
        if (spins[i] > 0) {
            ones++;
            kernels->bits_add(count, eg_bits_row(&p->bits, i), p->bits.words, 1, 0);
        }
    for (size_t k = 0; k < p->count; k++) {
        /* Equal sites are those where both are 1, or neither. */
        const double equal = (1 + m[k]) * n / 2;
        m[k] = sparse_overlap(p, count[k], ones, 2.0 * count[k] + n - ones - round(equal));
    }
}

double eg_overlap(const struct eg_patterns *p, const int8_t *spins, size_t pattern)
{
    size_t equal = 0, both = 0, ones = 0, active = 0;
    for (size_t i = 0; i < p->sites; i++) {
        const int bit = eg_bits_get(&p->bits, i, pattern), one = spins[i] > 0;
        equal += bit == one;
        both += (size_t) (bit & one);
        ones += (size_t) one;
        active += (size_t) bit;
    }
    return is_sparse(p) ? sparse_overlap(p, (double) both, (double) ones, (double) active)
                        : (2.0 * (double) equal - (double) p->sites) / (double) p->sites;
}

static double value_of(const struct eg_patterns *p, size_t pattern, size_t site)
{
    return p->values ? p->values[pattern * p->sites + site]
                     : 2.0 * eg_bits_get(&p->bits, site, pattern) - 1;
}

double eg_overlap_real(const struct eg_patterns *p, const double *outputs, size_t pattern)
{
    double product = 0, a = 0, b = 0;
    for (size_t i = 0; i < p->sites; i++) {
        const double x = value_of(p, pattern, i);
        product += x * outputs[i];
        a += x * x;
        b += outputs[i] * outputs[i];
    }
    return a > 0 && b > 0 ? product / sqrt(a) / sqrt(b) : 0;
}

void eg_pattern_spins(const struct eg_patterns *p, size_t pattern, int8_t *spins)
{
    for (size_t i = 0; i < p->sites; i++)
        spins[i] = (int8_t) (eg_bits_get(&p->bits, i, pattern) ? 1 : -1);
}

void eg_pattern_values(const struct eg_patterns *p, size_t pattern, double *values)
{
    for (size_t i = 0; i < p->sites; i++)
        values[i] = value_of(p, pattern, i);
}

/* The patterns with the largest |m|, largest first; `n` is at most 5. */
static void largest(const double *m, size_t count, size_t *at, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            int taken = 0;
            for (size_t j = 0; j < k; j++)
                taken = taken || at[j] == i;
            if (!taken && (best == count || fabs(m[i]) > fabs(m[best])))
                best = i;
        }
        at[k] = best;
    }
}

/* Overlap of the spins with the majority of n patterns, each with the sign of its overlap. */
static double mixture(const struct eg_patterns *p, const double *m, const int8_t *spins,
                      const size_t *at, size_t n, int8_t *room)
{
    memset(room, 0, p->sites);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < p->sites; i++) {
            const int plus = eg_bits_get(&p->bits, i, at[k]) == (m[at[k]] > 0);
            room[i] = (int8_t) (room[i] + (plus ? 1 : -1));
        }
    size_t equal = 0;
    for (size_t i = 0; i < p->sites; i++)
        equal += (room[i] > 0) == (spins[i] > 0);
    return (2.0 * (double) equal - (double) p->sites) / (double) p->sites;
}

enum eg_attractor eg_attractor_class(const struct eg_patterns *p, const double *m,
                                     const int8_t *spins, size_t target, enum eg_rest rest,
                                     double near, int8_t *room)
{
    if (rest == EG_REST_CYCLE)
        return EG_ATTRACTOR_CYCLE;
    if (m[target] >= near)
        return EG_ATTRACTOR_TARGET;
    if (m[target] <= -near)
        return EG_ATTRACTOR_INVERSE;
    for (size_t k = 0; k < p->count; k++)
        if (k != target && fabs(m[k]) >= near)
            return EG_ATTRACTOR_STORED;
    if (!spins || is_sparse(p))
        return EG_ATTRACTOR_SPURIOUS;
    size_t at[5];
    if (p->count >= 3) {
        largest(m, p->count, at, p->count >= 5 ? 5 : 3);
        if (mixture(p, m, spins, at, 3, room) >= near)
            return EG_ATTRACTOR_MIXTURE_3;
    }
    if (p->count >= 5 && mixture(p, m, spins, at, 5, room) >= near)
        return EG_ATTRACTOR_MIXTURE_5;
    return EG_ATTRACTOR_SPURIOUS;
}
