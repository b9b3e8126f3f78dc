/* tests/gradcheck.h -- is a gradient the derivative?
 *
 * The outputs y of what a case builds are projected with a seeded Gaussian r, L = sum_i r_i y_i,
 * and every component of dL/dx and dL/dparameters is compared with central differences of
 * fourth order, (8 (L(+h) - L(-h)) - (L(+2h) - L(-2h))) / 12h with h = 2^-12 max(1, |x|).
 *
 * The error of a component is |got - want| / max(|got|, |want|, 1e-4 g), where g is the largest
 * component of the same input (of x, or of the parameter tensor at hand), and may be 1e-6 at
 * most: what is far smaller than its neighbours drowns in the rounding of L, which over h is
 * some 2e-11 in all.
 *
 * Gradients start from random numbers instead of zero, and each node's backward is called
 * twice: it must add the same amount twice, and touch nothing else.  eg_linear() adds its weight
 * gradient when the tape is settled, once for all; and a node whose output gradient takes the
 * place of its input's (eg_write_last) is called once.
 *
 * Seeds go round the kernel tables of this machine.  Built with real = double only. */
#ifndef EG_TESTS_GRADCHECK_H
#define EG_TESTS_GRADCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/tape.h"

#include "tests/check.h"

enum { GRAD_SEEDS = 20 };

struct grad_case {
    const char *name;
    size_t rows, cols; /* of x, all differentiable inputs side by side; 0: there is none   */
    double lo, hi;     /* x is drawn from [lo, hi)                                         */
    struct eg_var *(*build)(struct eg_tape *tape, struct eg_var *x, const void *context);
    const void *context;            /* what `build` is given                               */
    const struct eg_params *params; /* checked too; NULL: there are none                   */
    double spread;     /* parameters are Gaussian with this standard deviation             */
    const char *fixed; /* the parameter that is not learned: its gradient is 0; or NULL    */
};

/* Fails the running test unless every component agrees. */
void check_grad(const struct grad_case *c, uint64_t seed);

/* The same for seeds 1 .. n. */
void check_grad_seeds(const struct grad_case *c, uint64_t n);

/* Two ways to compute the same thing: values and gradients agree to `rtol`, relative to the
 * largest of each.  The cases have the same x and the same params. */
void check_same(const struct grad_case *composed, const struct grad_case *fused, double rtol,
                uint64_t seed);

#endif
