/* Logarithms, error functions and Brent's method, with every argument looked at before: GSL's error
 * handler, whatever it does, is never called. */
#include "memory/theory.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_roots.h>

#define TWO_BY_SQRT_PI 1.12837916709551257390
#define PI 3.14159265358979323846

/* Root of `f` between `low` and `high`, to the last digits; an end where f is 0 counts.  NAN where
 * f has the same sign at both ends.  The solver lies here, not on the heap. */
static double root(double (*f)(double, void *), void *parameters, double low, double high)
{
    gsl_function function = {.function = f, .params = parameters};
    const double at_low = f(low, parameters), at_high = f(high, parameters);
    if (at_low == 0)
        return low;
    if (at_high == 0)
        return high;
    if (!isfinite(at_low) || !isfinite(at_high) || !(low < high) || (at_low < 0) == (at_high < 0))
        return NAN;
    union {
        double number;
        char room[256];
    } state;
    gsl_root_fsolver solver = {.type = gsl_root_fsolver_brent, .state = &state};
    if (solver.type->size > sizeof state)
        return NAN;
    memset(&state, 0, sizeof state);
    if (gsl_root_fsolver_set(&solver, &function, low, high))
        return NAN;
    double x = NAN, before = NAN;
    for (int i = 0; i < 200; i++) {
        if (gsl_root_fsolver_iterate(&solver))
            return NAN;
        before = x;
        x = gsl_root_fsolver_root(&solver);
        if (x == before || f(x, parameters) == 0)
            break;
    }
    return x;
}

/* sqrt(2 alpha) as a function of y; its maximum is the critical load. */
static double load_root(double y)
{
    return erf(y) / y - TWO_BY_SQRT_PI * exp(-y * y);
}

/* y^2 times the derivative of load_root(), negative: it rises for y > 1, and has one root there. */
static double slope(double y, void *unused)
{
    (void) unused;
    return erf(y) - TWO_BY_SQRT_PI * y * (1 + 2 * y * y) * exp(-y * y);
}

static double critical_y(void)
{
    return root(slope, NULL, 1, 2);
}

double eg_theory_critical(double *overlap)
{
    const double y = critical_y(), x = load_root(y);
    if (overlap)
        *overlap = erf(y);
    return x * x / 2;
}

static double load_excess(double y, void *parameters)
{
    const double *target = parameters;
    return load_root(y) - *target;
}

/* y on the retrieval branch.  load_root(y) < 1 / y, so the root is below 1 / sqrt(2 alpha); above 6
 * the two are the same number.  NAN above the critical load. */
static double retrieval_y(double alpha)
{
    double target = sqrt(2 * alpha);
    const double high = 1 / target, low = critical_y();
    if (high >= 6)
        return high;
    return load_root(low) < target ? (alpha <= eg_theory_critical(NULL) ? low : (double) NAN)
                                   : root(load_excess, &target, low, high);
}

double eg_theory_overlap(double alpha)
{
    if (!(alpha > 0))
        return NAN;
    const double y = retrieval_y(alpha);
    return isnan(y) ? 0 : erf(y);
}

/* Energy of the retrieval states less that of the spin glass.  From the free energy of the same
 * paper at T -> 0, both branches: E = (alpha - m^2 - alpha r) / 2 with sqrt(r) = 1 / (1 - C); the
 * spin glass, m = 0, has C = sqrt(2 / (pi alpha r)) and E = -1 / pi - sqrt(2 alpha / pi). */
static double energy_excess(double alpha, void *unused)
{
    (void) unused;
    const double y = retrieval_y(alpha), m = erf(y);
    const double r = m * m / (2 * alpha * y * y);
    return (alpha - m * m - alpha * r) / 2 + 1 / PI + sqrt(2 * alpha / PI);
}

double eg_theory_first_order(void)
{
    return root(energy_excess, NULL, 0.02, 0.13);
}

double eg_theory_one_step(double alpha)
{
    return alpha > 0 ? erfc(1 / sqrt(2 * alpha)) / 2 : (double) NAN;
}

double eg_theory_one_step_from(double alpha, double rho)
{
    return alpha > 0 && rho >= 0 && rho <= 1 ? erfc((1 - 2 * rho) / sqrt(2 * alpha)) / 2
                                             : (double) NAN;
}

double eg_theory_bam_one_step(double n, double patterns)
{
    return n > 0 && patterns > 0 ? erfc(sqrt(n / (2 * patterns))) / 2 : (double) NAN;
}

double eg_theory_mceliece_most(double n)
{
    return n > 1 && isfinite(n) ? n / (2 * log(n)) : (double) NAN;
}

double eg_theory_mceliece_all(double n)
{
    return eg_theory_mceliece_most(n) / 2;
}

double eg_theory_storkey(double n)
{
    return n > 1 && isfinite(n) ? n / sqrt(2 * log(n)) : (double) NAN;
}

/* The integral of (t + kappa)^2 Dt from -kappa, by parts: (1 + kappa^2) Phi(kappa) + kappa
 * phi(kappa). */
static double gardner_integral(double kappa)
{
    const double below = erfc(-kappa / sqrt(2)) / 2;
    const double density = exp(-kappa * kappa / 2) / sqrt(2 * PI);
    return (1 + kappa * kappa) * below + kappa * density;
}

double eg_theory_gardner(double kappa)
{
    return kappa >= 0 && isfinite(kappa) ? 1 / gardner_integral(kappa) : (double) NAN;
}

static double gardner_excess(double kappa, void *parameters)
{
    const double *alpha = parameters;
    return *alpha * gardner_integral(kappa) - 1;
}

/* The integral is above kappa^2 (Jensen), so the root is below 1 / sqrt(alpha). */
double eg_theory_gardner_stability(double alpha)
{
    if (!(alpha > 0 && alpha <= 2))
        return NAN;
    return root(gardner_excess, &alpha, 0, 1 / sqrt(alpha));
}

double eg_theory_sparse(double f)
{
    return f > 0 && f < 1 ? -1 / (2 * f * log(f)) : (double) NAN;
}

/* N^(n-1) / (2n-3)!!, factor by factor. */
static double dense_ratio(double units, int power)
{
    double ratio = 1;
    for (int k = 1; k < power && ratio > 0 && isfinite(ratio); k++)
        ratio *= units / (2.0 * k - 1);
    return ratio;
}

double eg_theory_dense(double units, int power)
{
    if (!(units > 1 && isfinite(units) && power >= 2))
        return NAN;
    return dense_ratio(units, power) / (2 * log(units));
}

double eg_theory_dense_one_step(double units, int power, double patterns)
{
    if (!(units > 0 && isfinite(units) && power >= 2 && patterns > 0))
        return NAN;
    return erfc(sqrt(dense_ratio(units, power) / (2 * patterns))) / 2;
}

/* I(1 - 2 rho) = ln 2 + rho ln rho + (1 - rho) ln(1 - rho). */
double eg_theory_exponential(double rho)
{
    if (!(rho >= 0 && rho <= 0.5))
        return NAN;
    if (rho == 0)
        return log(2) / 2;
    return (log(2) + rho * log(rho) + (1 - rho) * log1p(-rho)) / 2;
}

/* W(exp(x)), Lambert's function, w + ln w = x: Newton's steps on the logarithm, which stay above 0
 * and are far from overflow for any x. */
static double lambert_of_exp(double x)
{
    double w = x > 1 ? x : exp(x < 0 ? x : 0);
    for (int i = 0; i < 50; i++) {
        const double next = w * (1 + x - log(w)) / (1 + w);
        if (!(next > 0) || fabs(next - w) <= 1e-16 * w)
            break;
        w = next;
    }
    return w;
}

double eg_theory_sphere(double beta, double k, double d, double p, double *c)
{
    if (c)
        *c = NAN;
    if (!(beta > 0 && k > 0 && d > 1 && p > 0 && p <= 1 && isfinite(beta * k * k * d)))
        return NAN;
    const double a = 2 / (d - 1) * (1 + log(2 * beta * k * k * p * (d - 1)));
    const double b = 2 * k * k * beta / 5;
    const double x = a + log(b);
    /* W(exp(x)) = exp(x) to the last digit where exp(x) is small, and b / exp(x) = exp(-a). */
    const double base = x < -40 ? exp(-a) : b / lambert_of_exp(x);
    if (!isfinite(base))
        return NAN;
    if (c)
        *c = base;
    return sqrt(p) * pow(base, (d - 1) / 4);
}
