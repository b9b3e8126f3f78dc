/* memory/hebbian.h -- Hebbian networks that never build their N x N couplings.
 *
 *     w_ij = c sum_mu (eta_i^mu - f) (eta_j^mu - f),   eta = 1 where the pattern is +1, else 0
 *
 * with c = 4/N and f = 1/2 (Hopfield 1982: w_ij = 1/N sum xi_i xi_j, xi = 2 eta - 1), or
 * c = 1 / (N f (1 - f)) for sparse patterns of activity f (Tsodyks & Feigel'man 1988).  w_ii = 0
 * unless self-coupling is asked for.  Units are sigma_i = s_i (spins), or V_i = (1 + s_i) / 2.
 *
 * Kept are A_mu = sum_j eta_j^mu sigma_j, whole numbers, and
 *     h_i = c sum_mu (eta_i - f) (A_mu - f S) - w_ii sigma_i - theta,   S = sum_j sigma_j:
 * a field costs the sum of A over the set bits of row i, a flip an addition to them.  Energies
 * follow from whole numbers and do not drift; for f = 1/2 all sums are exact, so ties are.
 *
 * Energy  E = -1/2 sum_ij w_ij sigma_i sigma_j + theta sum_i sigma_i, times `scale`, plus `offset`.
 * Memory  the patterns, 4 P bytes for A, 5 N bytes. */
#ifndef EG_MEMORY_HEBBIAN_H
#define EG_MEMORY_HEBBIAN_H

#include "memory/associative.h"

struct eg_hebbian {
    const struct eg_patterns *patterns;
    double f, c;
    double theta; /* the same for all sites                                                 */
    int units;    /* 0: sigma = s, 1: sigma = V                                             */
    int self_coupling;
    double scale;   /* of energies and, with them, fields as the outside sees them   */
    double offset;  /* added to the scaled energy                                             */
    uint32_t *ones; /* (N): set bits of each row                                              */
};

struct eg_hebbian_recall {
    const struct eg_hebbian *network;
    const struct eg_kernels *kernels;
    int8_t *spins;
    int32_t *a; /* (64 * words): A_mu                                                     */
    int64_t sum_a, sum_aa, sum_sigma;
    double sum_self; /* spins: sum_i w_ii / c                                                  */
    size_t asked;    /* site whose bits_sum() is `raw`; N: none                                */
    int64_t raw;
};

/* EG_ERR_NOMEM; EG_ERR_RANGE where N is above 2^21. */
EG_MUST_CHECK int eg_hebbian_learn(struct eg_hebbian *h, const struct eg_patterns *patterns,
                                   struct eg_arena *arena, struct eg_message *message);

/* As struct eg_spin_ops. */
EG_MUST_CHECK int eg_hebbian_init(struct eg_hebbian_recall *r, const struct eg_hebbian *h,
                                  const struct eg_kernels *kernels, struct eg_arena *arena);
void eg_hebbian_start(struct eg_hebbian_recall *r, const int8_t *spins);
double eg_hebbian_field(struct eg_hebbian_recall *r, size_t site);
void eg_hebbian_flip(struct eg_hebbian_recall *r, size_t site);
void eg_hebbian_fields(struct eg_hebbian_recall *r, double *h);
double eg_hebbian_energy(const struct eg_hebbian_recall *r);
double eg_hebbian_energy_anew(struct eg_hebbian_recall *r);
void eg_hebbian_ahead(const struct eg_hebbian_recall *r, size_t site);

#endif
