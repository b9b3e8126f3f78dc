/* attention/allocation.h -- which slots are in use, and which one is free to be written.
 *
 *     eg_retention  psi_i = prod_h (1 - f_h r_h,i)                       what read heads let go of
 *     eg_usage      u'_i  = (u_i + w_i - u_i w_i) psi_i,  w_i = 1 - prod_h (1 - w_h,i)
 *     eg_allocate   a_phi(j) = (1 - u_phi(j)) prod_{k<j} u_phi(k)
 *     eg_reserve    u'_i  = u_i + (1 - u_i) g_a g_w a_i
 *
 * phi sorts the slots by usage, the least used first, and of slots used equally the one with the
 * lower index: so the first write goes to slot 0.  A product below 1e-30 counts as 0.
 *
 * Source  Graves et al. 2016 (Nature 538, 471), Methods, "Dynamic memory allocation".  Several
 *         write heads, which the paper does not have: each one sees as used what those before it
 *         are about to allocate (eg_reserve), as in the code its authors published.
 * Shapes  f: (B, R); read: (B, R N); write: (B, W N); u, psi, a: (B, N); g_a, g_w: (B, 1).
 * Domain  all numbers in [0, 1].  While the tape records all inputs have a gradient.
 * Saved   the order phi as far as it is needed.  The order is a constant of the gradient: a is
 *         differentiable where no two usages are equal.
 * Fails   NULL when an argument is NULL or the tape is out of memory.
 *
 * With `detached` no gradient goes from the usage to the write weightings, as in the published
 * code; the gradient is then not the derivative. */
#ifndef EG_ATTENTION_ALLOCATION_H
#define EG_ATTENTION_ALLOCATION_H

#include "tensor/tape.h"

struct eg_var *eg_retention(struct eg_tape *tape, struct eg_var *f, struct eg_var *read);
struct eg_var *eg_usage(struct eg_tape *tape, struct eg_var *u, struct eg_var *write,
                        struct eg_var *psi, int detached);
struct eg_var *eg_allocate(struct eg_tape *tape, struct eg_var *u);
struct eg_var *eg_reserve(struct eg_tape *tape, struct eg_var *u, struct eg_var *g_a,
                          struct eg_var *g_w, struct eg_var *a);

#endif
