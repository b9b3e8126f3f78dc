/* memory/attractor.h -- what a recall has come to.
 *
 * Overlap of a state with pattern mu.  m = 1/N sum_i xi_i s_i for spins; for sparse patterns with
 * activity f, m = sum_i (eta_i - f) V_i / sum_i (eta_i - f) eta_i, V_i = (1 + s_i) / 2; for real
 * states the cosine of the angle between them.
 *
 * Classes, in this order, with `near` the overlap from which a state counts as being somewhere:
 *     cycle      the dynamics goes on between two states
 *     target     m(target) >= near
 *     inverse    m(target) <= -near
 *     stored     |m| of another pattern >= near
 *     mixture 3  overlap with sgn(+-xi_a +- xi_b +- xi_c) of the three patterns with the largest
 *                |m|, each with the sign of its own overlap, >= near; spins only, activity 0.5
 *     mixture 5  the same of five
 *     spurious   anything else */
#ifndef EG_MEMORY_ATTRACTOR_H
#define EG_MEMORY_ATTRACTOR_H

#include "memory/dynamics.h"

enum eg_attractor {
    EG_ATTRACTOR_TARGET,
    EG_ATTRACTOR_INVERSE,
    EG_ATTRACTOR_STORED,
    EG_ATTRACTOR_MIXTURE_3,
    EG_ATTRACTOR_MIXTURE_5,
    EG_ATTRACTOR_SPURIOUS,
    EG_ATTRACTOR_CYCLE,
    EG_ATTRACTORS
};
/* "target", "inverse", "stored", "mixture_3", "mixture_5", "spurious", "cycle". */
extern const char *const eg_attractor_names[];

/* Overlaps of spins (N) with all patterns, m (P).  `count`: room for 64 * patterns->bits.words. */
void eg_overlaps(const struct eg_patterns *patterns, const struct eg_kernels *kernels,
                 const int8_t *spins, int32_t *count, double *m);
/* The same with one pattern. */
double eg_overlap(const struct eg_patterns *patterns, const int8_t *spins, size_t pattern);
/* Cosine with one pattern, of real states; 0 where one of the two is zero. */
double eg_overlap_real(const struct eg_patterns *patterns, const double *outputs, size_t pattern);

/* Pattern as spins (N), or as real numbers (its values where it has them). */
void eg_pattern_spins(const struct eg_patterns *patterns, size_t pattern, int8_t *spins);
void eg_pattern_values(const struct eg_patterns *patterns, size_t pattern, double *values);

/* `m` are the overlaps with all patterns; `spins` NULL for real states.  `room`: N bytes. */
enum eg_attractor eg_attractor_class(const struct eg_patterns *patterns, const double *m,
                                     const int8_t *spins, size_t target, enum eg_rest rest,
                                     double near, int8_t *room);

#endif
