/* memory/sparse.h -- a memory of which a step touches a few slots, and the step itself.
 *
 *     M_t(i) = (1 - [i in U_1 .. U_H]) M_{t-1}(i) + sum_h w^W_h(i) a_h             eq. V5-V6
 *     w^W_h  = alpha_h (gamma_h w^R_{h,t-1} + (1 - gamma_h) 1^{U_h})
 *     r_h    = sum_i w^R_h(i) M_t(i),  w^R_h = softmax over the K slots of largest cosine
 *
 * U_1 .. U_H are the H slots whose last access is the longest ago (memory/ring.h).  A slot is
 * accessed in a step when its weights, of reading and writing and of all heads, sum to more than
 * delta.
 *
 * Slots are used in the order of their numbers: a slot that nobody has used has its start value
 * yet, like all others of its kind, so that of equally near ones the first is read, and of those
 * never accessed the first is overwritten.  What is stored is the slots in use, 0 .. count - 1:
 * neither the start nor a step depends on N in time or room.
 *
 * The memory is one for a sequence and is changed in place.  A step that is recorded keeps the rows
 * it overwrites; its backward puts them back, to the bit, and so finds the memory that was read.
 *
 * Source  Rae et al. 2016 (arXiv:1610.09027), sec. 3; docs/equations.md, part V.
 * Shapes  control: (B, H (2 M + 3)), activated, of each head key (M), strength, write gate alpha,
 *         interpolation gamma, word a (M); read: (B, H M).
 * Domain  strength >= 0; 0 <= alpha, gamma <= 1; H, K <= N.
 * Saved   of each sequence: H K slots with weight and cosine, and up to H (K + 1) rows.
 * Alias   gradients of slots lie in the memory and go over from step to step: the backward of a
 * step can be called once, and only after those of all later steps. Fails   EG_ERR_NOMEM; NULL when
 * an argument is NULL or the tape is out of memory. Owner   the arena the tape had in
 * eg_sparse_begin(), which the tape's may change after. */
#ifndef EG_MEMORY_SPARSE_H
#define EG_MEMORY_SPARSE_H

#include "memory/neighbours.h"
#include "memory/ring.h"
#include "tensor/tape.h"

struct eg_sparse_plan {
    size_t slots, width, heads, reads; /* N, M, H, K */
    real start, delta;                 /* every number of a slot that was never written; delta */
    struct eg_neighbours_plan index;
};

/* A step, for all its sequences; b is the sequence. */
struct eg_sparse_step {
    const struct eg_sparse_step *before; /* the step before, NULL at the first                  */
    struct eg_sparse *memory;            /* (B)                                                 */
    uint32_t *oldest;                    /* (B, H): U_h                                         */
    uint32_t *slot;                      /* (B, H, K): what was read, the nearest first         */
    real *weight, *cosine;               /* (B, H, K): w^R, and how like the key                */
    real *dweight;                       /* (B, H, K): what the next step owes w^R              */
    real *inv_key;                       /* (B, H): 1 / sqrt(|k|^2 + eps)                       */
    size_t *changed;                     /* (B): rows that were overwritten ...                 */
    real *was, *inv_was;                 /* (B, H (K + 1), M) and (B, H (K + 1)): ... they were */
    uint32_t *row;                       /* (B, H (K + 1)): ... and their slots                 */
};

/* The memory of one sequence. */
struct eg_sparse {
    const struct eg_sparse_plan *plan;
    struct eg_arena *arena;
    size_t room;        /* slots there is room for                                          */
    real *x, *dx, *inv; /* (room, M), gradient or NULL; (room): 1 / sqrt(|M_i|^2 + eps)     */
    real *sum;          /* (room): weights of slots touched in this step                    */
    uint32_t *touched_at, step; /* (room): the last step that touched it; number of steps */
    const real *blank; /* (M): a slot that was never written                               */
    real inv_blank;
    uint32_t *touched; /* (H (2 K + 1)): slots of this step, those overwritten first       */
    size_t touched_count;
    real *score; /* (K + 1), work                                                    */
    struct eg_ring ring;
    struct eg_neighbours index;
};

/* Memories of `rows` sequences at their start, *memory (rows).  `plan` must outlive the tape. */
EG_MUST_CHECK int eg_sparse_begin(struct eg_sparse **memory, struct eg_tape *tape,
                                  const struct eg_sparse_plan *plan, size_t rows);

/* One step.  *step is the step before, NULL before the first, and becomes this one. */
struct eg_var *eg_sparse_step(struct eg_tape *tape, const struct eg_sparse_plan *plan,
                              struct eg_sparse *memory, struct eg_sparse_step **step,
                              struct eg_var *control);

/* Slot `slot`, also of those not in use: (M). */
const real *eg_sparse_slot(const struct eg_sparse *memory, size_t slot);

/* ---- what a step is made of ---- */

/* Where a head's part begins in its columns. */
struct eg_sparse_columns {
    size_t key, strength, gate, interpolation, add, all;
};
struct eg_sparse_columns eg_sparse_columns(const struct eg_sparse_plan *plan);

/* Room for what one step can begin to use. */
EG_MUST_CHECK int eg_sparse_reserve(struct eg_sparse *memory, const struct eg_kernels *kernels);

/* Uses slots up to `slot`; marks it as touched in this step, and answers whether it is the first
 * time. */
int eg_sparse_touch(struct eg_sparse *memory, size_t slot);

/* The K slots nearest to `key`, whose 1 / sqrt(|k|^2 + eps) is inv_key: slot (K), cosine (K), the
 * nearest first, of equals the first.  `written`: those in use when the step begins to read. */
void eg_sparse_nearest(struct eg_sparse *memory, const struct eg_kernels *kernels, const real *key,
                       real inv_key, size_t written, uint32_t *slot, real *cosine);

#endif
