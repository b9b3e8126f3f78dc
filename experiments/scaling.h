/* experiments/scaling.h -- finite-size scaling of retrieved fractions.
 *
 * At every size N the fraction of networks that retrieve falls with the load as
 *     F(load) = Phi((half - load) / width),
 * Phi the normal distribution (probit): half of the networks retrieve at `half`.  Both are fitted
 * by maximum likelihood to counts that are binomial; errors are standard errors, from the Fisher
 * information.
 *
 * Critical load.  What one network can hold varies from network to network by a load of order
 * N^(-1/2), so half - alpha_c and width both shrink with this power, and
 *     half(N) = alpha_c + slope N^(-exponent),    exponent 1/2,
 * is fitted by least squares with weights half_error^-2.  If both powers are equal the curves of
 * all sizes cross in alpha_c, so the crossings of neighbouring sizes are a second way to the same
 * number.  With four sizes and more the exponent can be fitted too.  The error of the first fit is
 * that of the counts; where the two fits differ by more, their difference is what the law is
 * uncertain by.
 *
 * Where chi2 per degree of freedom is above 1 the errors of a fit over sizes are multiplied by its
 * root: what the law leaves out is then in the error.
 *
 * What data do not determine is NAN, with NAN as its error; that is not a failure. */
#ifndef EG_EXPERIMENTS_SCALING_H
#define EG_EXPERIMENTS_SCALING_H

#include <stddef.h>

#include "core/arena.h"
#include "core/status.h"

#define EG_SCALING_EXPONENT 0.5

/* One size.  All NAN unless the data bracket the fall: some network fails at a lower load than
 * another one retrieves, the fraction falls, and `half` lies within the loads. */
struct eg_transition {
    double half, half_error;
    double width, width_error;
    double covariance; /* of half and width                                                  */
    double chi2;       /* deviance of the fit                                                */
    long degrees;      /* loads with networks, less 2                                        */
};

/* load (loads) ascending; retrieved (loads), 0 to n: a network of several starts may count by its
 * fraction; n (loads), independent networks, 0 where there are none.  EG_ERR_RANGE: anything else.
 */
EG_MUST_CHECK int eg_transition_fit(struct eg_transition *t, const double *load,
                                    const double *retrieved, const double *n, size_t loads);

/* The load where the curves of two sizes meet, and the fraction there.  NAN unless the curve of the
 * larger size is steeper by at least two standard errors of the difference in width. */
struct eg_crossing {
    double load, load_error, fraction;
};
struct eg_crossing eg_transition_crossing(const struct eg_transition *smaller,
                                          const struct eg_transition *larger);

/* The fit over sizes.  All NAN with fewer than two sizes that have a value (four where the exponent
 * is fitted), or where the fit of the exponent leaves 0.1 to 3. */
struct eg_limit {
    double load, load_error; /* alpha_c                               */
    double slope, slope_error;
    double exponent, exponent_error; /* error 0: given, not fitted    */
    double chi2;
    long degrees;
};

/* size (sizes) ascending, t (sizes).  exponent 0: fitted too.  EG_ERR_RANGE: sizes below 1 or not
 * ascending, a negative or infinite exponent; EG_ERR_NOMEM.  The arena is left as it was. */
EG_MUST_CHECK int eg_limit_fit(struct eg_limit *limit, struct eg_arena *arena, const long *size,
                               const struct eg_transition *t, size_t sizes, double exponent);

struct eg_scaling {
    size_t sizes;
    struct eg_transition *at;       /* (sizes)                                      */
    struct eg_crossing *crossings;  /* (sizes - 1): of each size with the next one  */
    struct eg_limit limit;          /* with the exponent that was given             */
    struct eg_limit limit_exponent; /* with the exponent fitted                     */
};

/* All of it.  load, retrieved, n (sizes, loads): P / N as it was, for every size has a rounding of
 * its own.  Fails as the parts do.  Owner: the arena. */
EG_MUST_CHECK int eg_scaling_fit(struct eg_scaling *s, struct eg_arena *arena, const long *size,
                                 size_t sizes, const double *load, const double *retrieved,
                                 const double *n, size_t loads, double exponent);

#endif
