/* tensor/loss.h -- losses, computed from logits.
 *
 *     eg_sigmoid_loss   L = scale sum over r, c of m_r [ ln(1 + e^z) - t z ]
 *     eg_softmax_loss   L = scale sum over r of m_r [ ln sum_c e^z_c - z_class ]
 *
 * Source  cross-entropy of independent bits: Graves, Wayne & Danihelka 2014
 *         (arXiv:1410.5401), sec. 4; docs/equations.md, eq. L1-L2.  In nats.
 * Shapes  z: (B, n) logits; t: (B, n) in [0, 1]; classes: B indices below n; mask: B numbers,
 *         0 for a row that does not count; L: (1, 1).
 * Domain  all finite z: ln(1 + e^z) is computed as max(z, 0) + ln(1 + e^-|z|), and the largest
 *         logit of a softmax is taken out first.
 * Saved   of a softmax its values; t, classes and mask must outlive the tape.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_TENSOR_LOSS_H
#define EG_TENSOR_LOSS_H

#include "tensor/tape.h"

struct eg_var *eg_sigmoid_loss(struct eg_tape *tape, struct eg_var *z, const real *t,
                               const real *mask, real scale);
struct eg_var *eg_softmax_loss(struct eg_tape *tape, struct eg_var *z, const int *classes,
                               const real *mask, real scale);

/* Sum of ln(1 + e^z) - t z over n logits: the loss of one row, in nats. */
double eg_sigmoid_cost(const real *z, const real *t, size_t n);
/* ln sum e^z - z_class. */
double eg_softmax_cost(const real *z, int class, size_t n);

#endif
