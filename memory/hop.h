/* memory/hop.h -- one hop: what a memory of sentences answers to a state.
 *
 *     p_i = softmax_i(u . (m_i + T_A[t_i]))   or, linear, u . (m_i + T_A[t_i])
 *     o   = sum_i p_i (c_i + T_C[t_i])
 *
 * Source  Sukhbaatar, Szlam, Weston & Fergus 2015 (arXiv:1503.08895), eq. 1-3 and sec. 4.1;
 *         docs/equations.md, eq. S8-S9.
 * Shapes  u, o: (Q, d), a row for each question asked; m, c: (rows, d); T_A, T_C: (ages, d) or
 *         both NULL.  Question q looks at the rows of `first[q]` .. + `slots[q]` of m and c; the
 * age t_i of the last of these is 0, of the one before 1.  Empty slots beside them (`empty[q]`)
 *         have the score 0 and answer 0: they take a part of the softmax.
 * Domain  all finite numbers; a question without any slot is answered by 0.
 * Saved   p.  `plan` must outlive the tape.
 * Fails   NULL when an argument that must be there is NULL or the tape is out of memory.
 *
 * Questions that share sentences are answered by matrix products over up to EG_HOP_GROUP of them;
 * one alone by loops. */
#ifndef EG_MEMORY_HOP_H
#define EG_MEMORY_HOP_H

#include "tensor/tape.h"

enum { EG_HOP_GROUP = 64 };

struct eg_hop_plan {
    size_t questions;
    const size_t *first, *slots, *empty; /* (questions); first and first + slots do not fall
                                          * within a group                              */
    const size_t *group;                 /* (groups + 1): first question of each        */
    size_t groups;
    const size_t *place; /* (questions + 1): where the p of a question begin in all p   */
    int linear;          /* no softmax                                                  */
};

/* `p` (place[questions]) receives where the weights lie, oldest sentence first; may be NULL. */
struct eg_var *eg_hop(struct eg_tape *tape, struct eg_var *u, struct eg_var *m, struct eg_var *t_a,
                      struct eg_var *c, struct eg_var *t_c, const struct eg_hop_plan *plan,
                      const real **p);

#endif
