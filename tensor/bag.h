/* tensor/bag.h -- sums of rows of a table, and products with rows of a table.
 *
 *     eg_bags   y_i = sum_j (a_j + b_j r) o E[s_j]  +  e o T[t_i]      r_k = k / d, k = 1 .. d
 *     eg_match  z_qc = x_q . E[s_c]
 *
 * Source  Sukhbaatar, Szlam, Weston & Fergus 2015 (arXiv:1503.08895), sec. 2.1 and 4.1: the
 *         embedding of a sentence, where every weight of a word is linear in k, and the answer by
 *         rows of an embedding; docs/equations.md, eq. S2-S7, S12.
 * Shapes  E: (R, d); T: (Q, d) or NULL; y: (n, d); x: (B, d); z: (rows, classes).
 * Domain  all finite numbers; indices below R and Q, EG_NO_ROW as t_i: nothing is added.  A bag
 *         without words is 0 + e o T[t_i].
 * Saved   nothing of its own; the lists must outlive the tape.
 * Fails   NULL when an argument that must be there is NULL or the tape is out of memory. */
#ifndef EG_TENSOR_BAG_H
#define EG_TENSOR_BAG_H

#include <stdint.h>

#include "tensor/tape.h"

#define EG_NO_ROW UINT32_MAX

struct eg_bags {
    size_t n;
    const size_t *from;            /* (n + 1): first word of each bag                        */
    const uint32_t *symbol;        /* (from[n]): s_j                                         */
    const real *level, *slope;     /* (from[n]): a_j and b_j; both NULL: 1 and 0             */
    const uint32_t *extra;         /* (n): t_i; NULL: none                                   */
    real extra_level, extra_slope; /* e = extra_level + extra_slope r                    */
};

/* T is NULL where `bags` has no extra rows. */
struct eg_var *eg_bags(struct eg_tape *tape, struct eg_var *table, struct eg_var *extra,
                       const struct eg_bags *bags);

struct eg_match {
    size_t rows;            /* of z                                                         */
    size_t classes;         /* columns of z                                                 */
    const size_t *place;    /* (B): the row of z that is of x_q, ascending; others are 0    */
    const uint32_t *symbol; /* (classes): s_c; NULL: s_c = c                              */
};

struct eg_var *eg_match(struct eg_tape *tape, struct eg_var *x, struct eg_var *table,
                        const struct eg_match *match);

#endif
