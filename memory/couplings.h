/* memory/couplings.h -- a network of spins with an explicit matrix of couplings, and its recall.
 *
 *     h_i = u sum_j w_ij s_j + b_i                                          the field of site i
 *     E   = -u/2 sum_ij w_ij s_i s_j - sum_i b_i s_i + offset               symmetric w
 *
 * The coupling from site j to site i is u w_ij: with the unit u taken out, the matrix of the
 * Hebbian rule (u = 1/N) holds whole numbers.  Their sums are then exact, a tie is a tie, and
 * storing a pattern and forgetting it gives back the same bits.
 *
 * Self-coupling.  w_ii = 0 unless `self_coupling` says otherwise.  Where it is kept, the rule
 * s_i = sgn(sum_j w_ij s_j) sees w_ii s_i, and so does h_i here: a site resists being turned over
 * (hysteresis).  A flip then changes the energy by 2 s_i (h_i - u w_ii s_i), and not by 2 s_i h_i;
 * the term -u w_ii / 2 of E is constant.  Sites that follow their fields still never raise the
 * energy where w_ii >= 0, for then a flip against h_i is one against h_i - u w_ii s_i, too.  At
 * T > 0 the dynamics has the stationary distribution exp(-E/T) without self-coupling only.
 *
 * Asymmetric couplings have no energy that falls.  E is still the expression above, tracked and
 * computed alike.
 *
 * Recall.  All sums sum_j w_ij s_j are kept: a field costs nothing, a flip N additions along the
 * column of its site.  After every 4 N flips sums and energy are computed anew, so that the
 * rounding of a long recall stays that of 4 N additions.
 *
 * Memory  8 N^2 bytes; twice as many where w is not symmetric.  A recall: 25 N.
 * Shapes  w: (N, N), row-major; bias: (N).
 * Fails   EG_ERR_NOMEM.
 * Owner   the arena. */
#ifndef EG_MEMORY_COUPLINGS_H
#define EG_MEMORY_COUPLINGS_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/status.h"
#include "tensor/kernels.h"

struct eg_couplings {
    size_t sites;
    double unit;       /* u                                                                      */
    double *w;         /* w[i * N + j]: from j to i                                              */
    double *columns;   /* columns[j * N + i] = w[i * N + j]; `w` itself where that is symmetric  */
    double *bias;      /* b                                                                      */
    double offset;     /* constant of the energy                                                 */
    int symmetric;     /* w_ij = w_ji, to the bit                                                */
    int self_coupling; /* w_ii is kept; else it is 0                                             */
    double *basis;     /* (N, N): `rank` orthonormal rows.  Projection rule, incremental; or NULL */
    size_t rank;
};

/* All zero, u = 1/N.  EG_ERR_NOMEM also where N^2 numbers do not fit into a size_t. */
EG_MUST_CHECK int eg_couplings_alloc(struct eg_couplings *c, size_t sites, int symmetric,
                                     int self_coupling, struct eg_arena *arena);

static inline double eg_coupling(const struct eg_couplings *c, size_t i, size_t j)
{
    return c->unit * c->w[i * c->sites + j];
}

/* The upper triangle becomes what the lower one is. */
void eg_couplings_mirror(struct eg_couplings *c);
/* The columns become those of w; to be called after w was written. */
void eg_couplings_transpose(struct eg_couplings *c);
/* w_ij += a s_i s_j; i = j where self-coupling is kept. */
void eg_couplings_add(struct eg_couplings *c, double a, const int8_t *spins);

/* Units of 0 and 1, V_i = (1 + s_i) / 2, with thresholds theta:
 *     h_i = sum_j u w_ij V_j + b_i - theta_i
 *     E   = -1/2 sum_ij u w_ij V_i V_j - sum_i (b_i - theta_i) V_i
 * expressed in s:
 *     u' = u / 4,   b'_i = 1/4 sum_j u w_ij + (b_i - theta_i) / 2,
 *     offset' = offset - 1/8 sum_ij u w_ij - 1/2 sum_i (b_i - theta_i).
 * The energies are equal (symmetric w); the field is h_i / 2, half of the energy difference of the
 * two values of V_i, as for spins.  Matched thresholds make all b' = 0 where b = 0: the states go
 * the same way as those of spins with the same w.  To be called once, after all learning. */
enum eg_threshold {
    EG_THRESHOLD_ZERO,    /* theta_i = 0                     */
    EG_THRESHOLD_MATCHED, /* theta_i = 1/2 sum_j u w_ij      */
    EG_THRESHOLD_GIVEN,   /* theta (N) as given              */
};
void eg_couplings_binary(struct eg_couplings *c, enum eg_threshold kind, const double *theta);

/* What moves.  The functions below are those of struct eg_spin_ops; `recall` points to this. */
struct eg_couplings_recall {
    const struct eg_couplings *c;
    int8_t *spins; /* (N)                                        */
    double *signs; /* (N): the same as numbers                   */
    double *sums;  /* (N): sum_j w_ij s_j, without u and bias    */
    double *room;  /* (N)                                        */
    double energy;
    size_t flips; /* since the sums were computed anew           */
};

/* `couplings` is a struct eg_couplings that lives as long; `kernels` is not used. */
EG_MUST_CHECK int eg_couplings_init(void *recall, const void *couplings,
                                    const struct eg_kernels *kernels, struct eg_arena *arena);
void eg_couplings_start(void *recall, const int8_t *spins);
const int8_t *eg_couplings_spins(const void *recall);
double eg_couplings_field(void *recall, size_t site);
void eg_couplings_flip(void *recall, size_t site);
void eg_couplings_fields(void *recall, double *h);
double eg_couplings_energy(const void *recall);
double eg_couplings_energy_anew(void *recall);

#endif
