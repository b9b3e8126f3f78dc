/* tensor/linear.h -- the affine map, with its weight gradient taken for all steps at once.
 *
 *     y = [x_1, x_2, ...] W + b   or   y = [x_1, x_2, ...] W + add
 *
 * Source  y = x W + b is the definition; its gradients are dx = dy W^T, dW = x^T dy and
 *         db = sum of the rows of dy (docs/equations.md, "Affine map", eq. A1-A3).
 * Shapes  x_j: (B, k_j); W: (sum of k_j, n); b: (1, n); add, y: (B, n).
 * Saved   the inputs side by side and dy, one row a step, in a panel that belongs to W.
 *         When the tape has been walked, dW = X^T dY is one product over all rows that any
 *         step has put there, instead of one small product a step.
 * Alias   with `add`, y takes the place of `add`, numbers and gradient: nothing else may use
 *         `add` on the same tape.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_TENSOR_LINEAR_H
#define EG_TENSOR_LINEAR_H

#include "tensor/tape.h"

/* `b` may be NULL (no bias), `add` may be NULL; not both given.  n_in <= EG_NODE_IN. */
struct eg_var *eg_linear(struct eg_tape *tape, const struct eg_param *w, const struct eg_param *b,
                         struct eg_var *add, size_t n_in, struct eg_var *const in[]);

/* Called by eg_tape_walk(). */
void eg_linear_settle(struct eg_tape *tape);

#endif
