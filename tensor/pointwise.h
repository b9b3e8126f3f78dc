/* tensor/pointwise.h -- sums and products element by element, and rows put together.
 *
 *     eg_add       y = a + b
 *     eg_multiply  y = a o b
 *     eg_blend     y = g o a + (1 - g) o b
 *     eg_stack     y = the rows of all inputs, one below the other
 *     eg_join      y = the columns of a, then those of b
 *     eg_repeat    y = the one row of a, `rows` times
 *     eg_filled    y = the same number everywhere
 *     eg_limited   y = a, and dL/da = dL/dy cut to [-limit, limit], number by number
 *
 * Source  Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), eq. 7 is a blend; the GRU's update
 *         (Cho et al. 2014, arXiv:1406.1078, eq. 7) is another.  A limit on the derivative at every
 *         step: Graves 2013 (arXiv:1308.0850, sec. 2.1).
 * Shapes  a, b, y: (B, n); g: (B, n), or (B, 1) for one gate a row; eg_repeat: a (1, n).
 * Saved   the limit, of eg_limited(); else nothing.
 * Groups  eg_blend() works row by row and may be used in an open one.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_TENSOR_POINTWISE_H
#define EG_TENSOR_POINTWISE_H

#include "tensor/tape.h"

struct eg_var *eg_add(struct eg_tape *tape, struct eg_var *a, struct eg_var *b);
struct eg_var *eg_multiply(struct eg_tape *tape, struct eg_var *a, struct eg_var *b);
struct eg_var *eg_blend(struct eg_tape *tape, struct eg_var *g, struct eg_var *a, struct eg_var *b);

/* `in` are n variables with equal columns; the list is copied. */
struct eg_var *eg_stack(struct eg_tape *tape, size_t n, struct eg_var *const in[]);

struct eg_var *eg_join(struct eg_tape *tape, struct eg_var *a, struct eg_var *b);
struct eg_var *eg_repeat(struct eg_tape *tape, struct eg_var *a, size_t rows);

/* A constant, which has room for a gradient that goes nowhere. */
struct eg_var *eg_filled(struct eg_tape *tape, size_t rows, size_t cols, real value);

/* Returns `a` itself, not a copy: what uses it is to use it after this call.  In backward it does
 * not add: it cuts what the users of `a` have put into its dx.  So `a` is to be the output of an
 * op, not a parameter and not a view.  A NaN stays one, an infinity is cut like any large number.
 * limit > 0.  Not in an open group. */
struct eg_var *eg_limited(struct eg_tape *tape, struct eg_var *a, real limit);

#endif
