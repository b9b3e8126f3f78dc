#include "experiments/scaling.h"

#include <math.h>

#include <gsl/gsl_fit.h>
#include <gsl/gsl_multifit_nlinear.h>

static const struct eg_transition no_transition = {.half = NAN,
                                                   .half_error = NAN,
                                                   .width = NAN,
                                                   .width_error = NAN,
                                                   .covariance = NAN,
                                                   .chi2 = NAN};
static const struct eg_limit no_limit = {.load = NAN,
                                         .load_error = NAN,
                                         .slope = NAN,
                                         .slope_error = NAN,
                                         .exponent = NAN,
                                         .exponent_error = NAN,
                                         .chi2 = NAN};

/* ln Phi(z) and phi(z) / Phi(z); far below 0 from Phi(z) = phi(z) / |z| (1 - z^-2 + 3 z^-4 ...). */
static double log_normal(double z)
{
    if (z > -30)
        return log(erfc(-z / sqrt(2)) / 2);
    return -z * z / 2 - log(-z * sqrt(2 * M_PI)) + log1p(-1 / (z * z) + 3 / (z * z * z * z));
}

static double hazard(double z)
{
    return exp(-z * z / 2 - log(2 * M_PI) / 2 - log_normal(z));
}

/* The data of one size, with loads that are centred and scaled to numbers of order 1. */
struct binomial {
    const double *load, *retrieved, *n;
    size_t loads;
    double centre, scale;
};

static double scaled(const struct binomial *d, size_t j)
{
    return (d->load[j] - d->centre) / d->scale;
}

/* Loads out of order, fractions that are none, numbers that are not finite: EG_ERR_RANGE. */
static int check(const struct binomial *d)
{
    for (size_t j = 0; j < d->loads; j++) {
        const double n = d->n[j], r = d->retrieved[j];
        if (!isfinite(d->load[j]) || (j > 0 && !(d->load[j] > d->load[j - 1])))
            return EG_RAISE(EG_ERR_RANGE);
        if (!(n >= 0 && isfinite(n)) || (n > 0 && !(r >= 0 && r <= n)))
            return EG_RAISE(EG_ERR_RANGE);
    }
    return EG_OK;
}

/* The likelihood has a finite maximum only where no load separates what retrieves from what fails:
 * the intervals of loads with the one and with the other overlap.  Sets centre and scale. */
static int determined(struct binomial *d)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (size_t j = 0; j < d->loads; j++)
        for (int fails = 0; fails < 2; fails++) {
            const double r = d->retrieved[j];
            if (d->n[j] > 0 && (fails ? d->n[j] - r : r) > 0) {
                low[fails] = fmin(low[fails], d->load[j]);
                high[fails] = fmax(high[fails], d->load[j]);
            }
        }
    d->centre = (low[1] + high[0]) / 2;
    d->scale = high[0] - low[1];
    return high[0] > low[1] && high[1] > low[0];
}

/* F = Phi(z), z = a - b x.  Log-likelihood, its gradient, and the Fisher information: for each load
 * n phi^2 / (F (1 - F)), times 1, -x, x^2. */
struct likelihood {
    double value, gradient[2], aa, ab, bb;
};

static struct likelihood likelihood(const struct binomial *d, double a, double b)
{
    struct likelihood l = {0};
    for (size_t j = 0; j < d->loads; j++) {
        if (!(d->n[j] > 0))
            continue;
        const double x = scaled(d, j), z = a - b * x, r = d->retrieved[j], fails = d->n[j] - r;
        const double up = hazard(z), down = hazard(-z), weight = d->n[j] * up * down;
        const double pull = r * up - fails * down;
        l.value += (r > 0 ? r * log_normal(z) : 0) + (fails > 0 ? fails * log_normal(-z) : 0);
        l.gradient[0] += pull;
        l.gradient[1] -= x * pull;
        l.aa += weight;
        l.ab -= weight * x;
        l.bb += weight * x * x;
    }
    return l;
}

/* Twice the log-likelihood that a curve through every point would have more. */
static double deviance(const struct binomial *d, double value, long *points)
{
    *points = 0;
    for (size_t j = 0; j < d->loads; j++) {
        const double n = d->n[j], r = d->retrieved[j];
        if (!(n > 0))
            continue;
        ++*points;
        value -= (r > 0 ? r * log(r / n) : 0) + (n - r > 0 ? (n - r) * log((n - r) / n) : 0);
    }
    return -2 * value;
}

/* Fisher scoring; a step that does not gain is halved, but not where what it promises is lost in
 * the rounding of the likelihood, so near the maximum that the whole step is right.  The likelihood
 * is concave, so where it ends is the maximum.  0 where the information is singular or 100 steps
 * were not enough. */
static int climb(const struct binomial *d, double *a, double *b, struct likelihood *l)
{
    *a = *b = 0;
    *l = likelihood(d, *a, *b);
    for (int step = 0; step < 100; step++) {
        const double det = l->aa * l->bb - l->ab * l->ab;
        if (!(det > 0))
            return 0;
        double da = (l->bb * l->gradient[0] - l->ab * l->gradient[1]) / det;
        double db = (l->aa * l->gradient[1] - l->ab * l->gradient[0]) / det;
        if (fabs(da) <= 1e-12 * (1 + fabs(*a)) && fabs(db) <= 1e-12 * (1 + fabs(*b)))
            return 1;
        const int near = da * l->gradient[0] + db * l->gradient[1] < 1e-6;
        struct likelihood next = likelihood(d, *a + da, *b + db);
        for (int halvings = 0; !near && !(next.value > l->value) && halvings < 60; halvings++) {
            da /= 2;
            db /= 2;
            next = likelihood(d, *a + da, *b + db);
        }
        *a += da;
        *b += db;
        *l = next;
    }
    return 0;
}

int eg_transition_fit(struct eg_transition *t, const double *load, const double *retrieved,
                      const double *n, size_t loads)
{
    struct binomial d = {load, retrieved, n, loads, 0, 1};
    *t = no_transition;
    const int ret = check(&d);
    if (ret)
        return ret;
    double a, b;
    struct likelihood l;
    if (!determined(&d) || !climb(&d, &a, &b, &l) || !(b > 0))
        return EG_OK;
    const double half = d.centre + d.scale * a / b;
    double first = INFINITY, last = -INFINITY;
    for (size_t j = 0; j < loads; j++)
        if (n[j] > 0) {
            first = fmin(first, load[j]);
            last = fmax(last, load[j]);
        }
    if (!(half >= first && half <= last))
        return EG_OK;
    /* half = a / b and width = 1 / b: their gradients times the inverse of the information. */
    const double det = l.aa * l.bb - l.ab * l.ab;
    const double va = l.bb / det, vb = l.aa / det, vab = -l.ab / det;
    const double half_a = d.scale / b, half_b = -d.scale * a / (b * b);
    const double width_b = -d.scale / (b * b);
    t->half = half;
    t->width = d.scale / b;
    t->half_error = sqrt(half_a * half_a * va + 2 * half_a * half_b * vab + half_b * half_b * vb);
    t->width_error = sqrt(width_b * width_b * vb);
    t->covariance = width_b * (half_a * vab + half_b * vb);
    t->chi2 = fmax(deviance(&d, l.value, &t->degrees), 0);
    t->degrees -= 2;
    return EG_OK;
}

/* (h1 - x) / w1 = (h2 - x) / w2, and the derivatives of x by the four. */
struct eg_crossing eg_transition_crossing(const struct eg_transition *smaller,
                                          const struct eg_transition *larger)
{
    const double h1 = smaller->half, w1 = smaller->width, h2 = larger->half, w2 = larger->width;
    const double narrower = w1 - w2;
    if (!(narrower > 0 && narrower >= 2 * hypot(smaller->width_error, larger->width_error)))
        return (struct eg_crossing){NAN, NAN, NAN};
    const double x = (h2 * w1 - h1 * w2) / narrower;
    const double by_h1 = -w2 / narrower, by_w1 = (h2 - x) / narrower;
    const double by_h2 = w1 / narrower, by_w2 = (x - h1) / narrower;
    const double v1 = pow(by_h1 * smaller->half_error, 2) + pow(by_w1 * smaller->width_error, 2)
                      + 2 * by_h1 * by_w1 * smaller->covariance;
    const double v2 = pow(by_h2 * larger->half_error, 2) + pow(by_w2 * larger->width_error, 2)
                      + 2 * by_h2 * by_w2 * larger->covariance;
    return (struct eg_crossing){x, sqrt(v1 + v2), erfc((x - h1) / (w1 * sqrt(2))) / 2};
}

/* The sizes that have a value, as N / unit with unit their geometric mean, so that parameters are
 * of order 1 and nearly independent. */
struct series {
    size_t n;
    double unit;
    double *ratio, *half, *weight; /* (n) */
};

static int series_of(struct series *s, struct eg_arena *arena, const long *size,
                     const struct eg_transition *t, size_t sizes)
{
    *s = (struct series){.ratio = eg_arena_take(arena, sizes * sizeof(double)),
                         .half = eg_arena_take(arena, sizes * sizeof(double)),
                         .weight = eg_arena_take(arena, sizes * sizeof(double))};
    if (!s->ratio || !s->half || !s->weight)
        return EG_RAISE(EG_ERR_NOMEM);
    double logarithms = 0;
    for (size_t k = 0; k < sizes; k++) {
        const double weight = pow(t[k].half_error, -2);
        if (!isfinite(t[k].half) || !(weight > 0 && isfinite(weight)))
            continue;
        s->ratio[s->n] = (double) size[k];
        s->half[s->n] = t[k].half;
        s->weight[s->n++] = weight;
        logarithms += log((double) size[k]);
    }
    s->unit = exp(logarithms / (double) s->n);
    for (size_t i = 0; i < s->n; i++)
        s->ratio[i] /= s->unit;
    return EG_OK;
}

/* From slopes in (N / unit)^-exponent to those in N^-exponent; `v` their variances and covariance,
 * of slope and exponent. */
static void unscale(struct eg_limit *limit, double unit, double v_slope, double v_both,
                    double v_exponent)
{
    const double factor = pow(unit, limit->exponent), by_exponent = limit->slope * log(unit);
    limit->slope *= factor;
    limit->slope_error =
        factor
        * sqrt(
            fmax(v_slope + 2 * by_exponent * v_both + by_exponent * by_exponent * v_exponent, 0));
}

/* A straight line in N^-exponent. */
static int fit_line(struct eg_limit *limit, struct eg_arena *arena, const struct series *s,
                    double exponent)
{
    double *x = eg_arena_take(arena, s->n * sizeof *x), v0, v01, v1;
    if (!x)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < s->n; i++)
        x[i] = pow(s->ratio[i], -exponent);
    if (gsl_fit_wlinear(x, 1, s->weight, 1, s->half, 1, s->n, &limit->load, &limit->slope, &v0,
                        &v01, &v1, &limit->chi2)) {
        *limit = no_limit;
        return EG_OK;
    }
    limit->load_error = sqrt(v0);
    limit->exponent = exponent;
    limit->exponent_error = 0;
    limit->degrees = (long) s->n - 2;
    unscale(limit, s->unit, v1, 0, 0);
    return EG_OK;
}

/* load + slope ratio^-exponent less what was measured, and its derivatives. */
static int residual(const gsl_vector *p, void *series, gsl_vector *f)
{
    const struct series *s = series;
    const double load = gsl_vector_get(p, 0), slope = gsl_vector_get(p, 1);
    for (size_t i = 0; i < s->n; i++)
        gsl_vector_set(f, i, load + slope * pow(s->ratio[i], -gsl_vector_get(p, 2)) - s->half[i]);
    return GSL_SUCCESS;
}

static int derivative(const gsl_vector *p, void *series, gsl_matrix *j)
{
    const struct series *s = series;
    for (size_t i = 0; i < s->n; i++) {
        const double power = pow(s->ratio[i], -gsl_vector_get(p, 2));
        gsl_matrix_set(j, i, 0, 1);
        gsl_matrix_set(j, i, 1, power);
        gsl_matrix_set(j, i, 2, -gsl_vector_get(p, 1) * log(s->ratio[i]) * power);
    }
    return GSL_SUCCESS;
}

/* Levenberg and Marquardt's way from the fit at exponent 1/2. */
static int fit_power(struct eg_limit *limit, struct eg_arena *arena, struct series *s)
{
    struct eg_limit line = no_limit;
    int ret = fit_line(&line, arena, s, EG_SCALING_EXPONENT);
    if (ret || !isfinite(line.load))
        return ret;
    const gsl_multifit_nlinear_parameters settings = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *w =
        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &settings, s->n, 3);
    gsl_matrix *v = gsl_matrix_alloc(3, 3);
    if (!w || !v) {
        ret = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    double start[3] = {line.load, line.slope * pow(s->unit, -EG_SCALING_EXPONENT),
                       EG_SCALING_EXPONENT};
    gsl_multifit_nlinear_fdf model = {
        .f = residual, .df = derivative, .n = s->n, .p = 3, .params = s};
    const gsl_vector_const_view p = gsl_vector_const_view_array(start, 3);
    const gsl_vector_const_view weights = gsl_vector_const_view_array(s->weight, s->n);
    int why = 0;
    if (gsl_multifit_nlinear_winit(&p.vector, &weights.vector, &model, w)
        || gsl_multifit_nlinear_driver(200, 1e-10, 1e-12, 0, NULL, NULL, &why, w)
        || gsl_multifit_nlinear_covar(gsl_multifit_nlinear_jac(w), 0, v))
        goto out;
    const gsl_vector *found = gsl_multifit_nlinear_position(w);
    const double exponent = gsl_vector_get(found, 2);
    if (!(exponent >= 0.1 && exponent <= 3))
        goto out;
    const gsl_vector *f = gsl_multifit_nlinear_residual(w);
    limit->chi2 = 0;
    for (size_t i = 0; i < s->n; i++)
        limit->chi2 += pow(gsl_vector_get(f, i), 2);
    limit->degrees = (long) s->n - 3;
    limit->load = gsl_vector_get(found, 0);
    limit->load_error = sqrt(gsl_matrix_get(v, 0, 0));
    limit->slope = gsl_vector_get(found, 1);
    limit->exponent = exponent;
    limit->exponent_error = sqrt(gsl_matrix_get(v, 2, 2));
    unscale(limit, s->unit, gsl_matrix_get(v, 1, 1), gsl_matrix_get(v, 1, 2),
            gsl_matrix_get(v, 2, 2));
out:
    gsl_matrix_free(v);
    gsl_multifit_nlinear_free(w);
    return ret;
}

int eg_limit_fit(struct eg_limit *limit, struct eg_arena *arena, const long *size,
                 const struct eg_transition *t, size_t sizes, double exponent)
{
    *limit = no_limit;
    if (!(exponent >= 0 && isfinite(exponent)))
        return EG_RAISE(EG_ERR_RANGE);
    for (size_t k = 0; k < sizes; k++)
        if (size[k] < 1 || (k > 0 && size[k] <= size[k - 1]))
            return EG_RAISE(EG_ERR_RANGE);
    const struct eg_arena_mark mark = eg_arena_mark(arena);
    struct series s;
    int ret = series_of(&s, arena, size, t, sizes);
    if (!ret && exponent > 0 && s.n >= 2)
        ret = fit_line(limit, arena, &s, exponent);
    if (!ret && exponent == 0 && s.n >= 4)
        ret = fit_power(limit, arena, &s);
    eg_arena_rewind(arena, mark);
    if (limit->degrees > 0 && limit->chi2 > (double) limit->degrees) {
        const double factor = sqrt(limit->chi2 / (double) limit->degrees);
        limit->load_error *= factor;
        limit->slope_error *= factor;
        limit->exponent_error *= factor;
    }
    return ret;
}

int eg_scaling_fit(struct eg_scaling *s, struct eg_arena *arena, const long *size, size_t sizes,
                   const double *load, const double *retrieved, const double *n, size_t loads,
                   double exponent)
{
    *s = (struct eg_scaling){.sizes = sizes, .limit = no_limit, .limit_exponent = no_limit};
    if (sizes == 0 || !(exponent > 0))
        return EG_RAISE(EG_ERR_RANGE);
    s->at = eg_arena_zeros(arena, sizes, sizeof *s->at);
    s->crossings = eg_arena_zeros(arena, sizes, sizeof *s->crossings);
    if (!s->at || !s->crossings)
        return EG_RAISE(EG_ERR_NOMEM);
    int ret = EG_OK;
    for (size_t k = 0; !ret && k < sizes; k++)
        ret = eg_transition_fit(&s->at[k], load + k * loads, retrieved + k * loads, n + k * loads,
                                loads);
    for (size_t k = 0; !ret && k + 1 < sizes; k++)
        s->crossings[k] = eg_transition_crossing(&s->at[k], &s->at[k + 1]);
    if (!ret)
        ret = eg_limit_fit(&s->limit, arena, size, s->at, sizes, exponent);
    if (!ret)
        ret = eg_limit_fit(&s->limit_exponent, arena, size, s->at, sizes, 0);
    return ret;
}
