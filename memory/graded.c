/* memory/graded.c -- the Hopfield network with graded response, in continuous time.
 *
 * Hopfield 1984 (doi:10.1073/pnas.81.10.3088), with time in units of the units' time constant:
 *     du_i/dt = -u_i + sum_j w_ij V_j + I,   V_i = tanh(gain u_i)
 *     w_ij = (1/N) sum_mu x_mu,i x_mu,j,     w_ii = 0 unless `self_coupling`
 *     E = -1/2 sum_ij w_ij V_i V_j - I sum_i V_i + sum_i int_0^V_i artanh(V) / gain dV
 * Along the flow dE/dt = -sum_i (du_i/dt)^2 dV_i/du_i <= 0, since w is symmetric.
 *
 * w is never built: with the overlaps m = X V / N, (w V)_i = sum_mu m_mu x_mu,i - w_ii V_i, and
 * sum_ij w_ij V_i V_j = N m.m - sum_i w_ii V_i^2, where w_ii means the coupling that is left out.
 * Patterns are the values where there are some, else -1 and +1 as the bits say.
 *
 * The integral, with z = gain u, is (z tanh z - ln cosh z) / gain; in t = exp(-2 |z|)
 *     z tanh z - ln cosh z = ln 2 - ln(1 + t) - 2 |z| t / (1 + t),
 * which is good to the last digits however close |V| is to 1.
 *
 * One step is the flow over a time of `step_time`, by one of GSL's solvers with its error estimate
 * kept below error_absolute + error_relative |u_i|.  GSL's objects live within one step, so that a
 * recall has nothing to free; only the length of the solver's own step is carried on.
 *
 * A start of |V| above 1 - 1e-6 is taken as 1 - 1e-6.  With I = 0 a start of zeros is a fixed
 * point. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>

#include "memory/associative.h"
#include "memory/associative_private.h"
#include "memory/attractor.h"

struct options {
    double gain, bias, step_time, error_absolute, error_relative;
    int self_coupling, solver;
};

/* Those of GSL that need no Jacobian, which would be N x N, and no history, which would end with
 * each step. */
static const char *const solvers[] = {"rkf45", "rkck", "rk8pd", "rk4", NULL};

static const gsl_odeiv2_step_type *stepper(int solver)
{
    const gsl_odeiv2_step_type *const types[] = {gsl_odeiv2_step_rkf45, gsl_odeiv2_step_rkck,
                                                 gsl_odeiv2_step_rk8pd, gsl_odeiv2_step_rk4};
    return types[solver];
}

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    /* key             unit help                                           field              type */
    {"gain",           "1", "slope of V = tanh(gain u) at u = 0",          AT(gain),          EG_OPT_REAL,   5,    1e-3, 1e4, NULL, NULL},
    {"bias",           "1", "input I that every unit has",                 AT(bias),          EG_OPT_REAL,   0,    -1e6, 1e6, NULL, NULL},
    {"self_coupling",  "",  "keep the couplings of units to themselves",   AT(self_coupling), EG_OPT_BOOL,   0,    0, 0,      NULL, NULL},
    {"step_time",      "1", "time of a step, in time constants of a unit", AT(step_time),     EG_OPT_REAL,   0.5,  1e-6, 1e3, NULL, NULL},
    {"solver",         "",  "which of GSL's solvers",                      AT(solver),        EG_OPT_CHOICE, 0,    0, 0,      solvers, NULL},
    {"error_absolute", "1", "error of u allowed in a step of the solver",  AT(error_absolute), EG_OPT_REAL,  1e-8, 1e-14, 1,  NULL, NULL},
    {"error_relative", "1", "the same as a part of u, added",              AT(error_relative), EG_OPT_REAL,  1e-8, 0, 1,      NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static const double V_MAX = 1 - 1e-6;
static const double LN_2 = 0.69314718055994531;
/* Steps of the solver within one of ours; more means that the errors allowed cannot be met. */
enum { STEPS_MAX = 100000 };

struct network {
    const struct options *options;
    size_t sites, patterns;
    const double *x;    /* (P, N)                                          */
    const double *left; /* (N): w_ii where it is left out; NULL: it is not */
};

struct recall {
    const struct network *network;
    double *u, *v;  /* (N)                                             */
    double *m;      /* (P): overlaps at v                              */
    double *room;   /* (N)                                             */
    double *room_m; /* (P)                                             */
    double solver_step;
};

static double bytes(const void *options, size_t sites, size_t patterns)
{
    (void) options;
    /* 20 N: a solver's own vectors, rk8pd with the most of them. */
    const double n = (double) sites, p = (double) patterns;
    return (n * p + 24 * n + 2 * p) * sizeof(double);
}

static int learn(void *network, const void *options, const struct eg_patterns *patterns,
                 struct eg_learning *learning, struct eg_message *message)
{
    struct network *net = network;
    const size_t n = patterns->sites, p = patterns->count;
    learning->note.text[0] = '\0';
    if (n < 1 || n > INT_MAX)
        return EG_FAIL(EG_ERR_SHAPE, message, "%zu sites: must be between 1 and %d", n, INT_MAX);
    if (p < 1 || p > INT_MAX)
        return EG_FAIL(EG_ERR_SHAPE, message, "%zu patterns: must be between 1 and %d", p, INT_MAX);
    *net = (struct network){.options = options, .sites = n, .patterns = p, .x = patterns->values};
    if (!net->x) {
        double *x = eg_arena_zeros(learning->arena, p, n * sizeof *x);
        if (!x)
            return EG_RAISE(EG_ERR_NOMEM);
        for (size_t k = 0; k < p; k++)
            eg_pattern_values(patterns, k, x + k * n);
        net->x = x;
    }
    double *left = eg_arena_zeros(learning->arena, n, sizeof *left);
    if (!left)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < p; k++)
        for (size_t i = 0; i < n; i++) {
            const double x = net->x[k * n + i];
            if (!(fabs(x) <= 1e100))
                return EG_FAIL(EG_ERR_DATA, message,
                               "pattern %zu, site %zu: %g; must be between -1e100 and 1e100", k, i,
                               x);
            left[i] += x * x / (double) n;
        }
    net->left = net->options->self_coupling ? NULL : left;
    return EG_OK;
}

static int descends(const void *options)
{
    (void) options;
    return 1;
}

/* m = X v / N. */
static void overlaps(const struct network *net, const double *v, double *m)
{
    const blasint n = (blasint) net->sites;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (blasint) net->patterns, n, 1 / (double) net->sites,
                net->x, n, v, 1, 0, m, 1);
}

/* The flow, as GSL wants it. */
static int slope(double t, const double u[], double du[], void *context)
{
    (void) t;
    struct recall *r = context;
    const struct network *net = r->network;
    const blasint n = (blasint) net->sites;
    double *v = r->room;
    for (size_t i = 0; i < net->sites; i++)
        v[i] = tanh(net->options->gain * u[i]);
    overlaps(net, v, r->room_m);
    for (size_t i = 0; i < net->sites; i++)
        du[i] = net->options->bias - u[i] - (net->left ? net->left[i] * v[i] : 0);
    cblas_dgemv(CblasRowMajor, CblasTrans, (blasint) net->patterns, n, 1, net->x, n, r->room_m, 1,
                1, du, 1);
    return GSL_SUCCESS;
}

static int init(void *recall, const void *network, struct eg_arena *arena)
{
    struct recall *r = recall;
    const struct network *net = network;
    *r = (struct recall){.network = net};
    r->u = eg_arena_zeros(arena, net->sites, sizeof *r->u);
    r->v = eg_arena_zeros(arena, net->sites, sizeof *r->v);
    r->m = eg_arena_zeros(arena, net->patterns, sizeof *r->m);
    r->room = eg_arena_zeros(arena, net->sites, sizeof *r->room);
    r->room_m = eg_arena_zeros(arena, net->patterns, sizeof *r->room_m);
    return r->u && r->v && r->m && r->room && r->room_m ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static int start(void *recall, const double *outputs, struct eg_message *message)
{
    struct recall *r = recall;
    const struct network *net = r->network;
    for (size_t i = 0; i < net->sites; i++) {
        if (!isfinite(outputs[i]))
            return EG_FAIL(EG_ERR_RANGE, message, "site %zu of the start is %g", i, outputs[i]);
        r->v[i] = fmax(-V_MAX, fmin(V_MAX, outputs[i]));
        r->u[i] = atanh(r->v[i]) / net->options->gain;
    }
    overlaps(net, r->v, r->m);
    r->solver_step = fmin(net->options->step_time, 1e-2);
    return EG_OK;
}

static const double *outputs(const void *recall)
{
    return ((const struct recall *) recall)->v;
}

static int step(void *recall, double *change, struct eg_message *message)
{
    struct recall *r = recall;
    const struct network *net = r->network;
    const struct options *o = net->options;
    gsl_odeiv2_system system = {.function = slope, .dimension = net->sites, .params = r};
    gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(
        &system, stepper(o->solver), r->solver_step, o->error_absolute, o->error_relative);
    if (!driver)
        return EG_RAISE(EG_ERR_NOMEM);
    gsl_odeiv2_driver_set_nmax(driver, STEPS_MAX);
    double t = 0;
    const int status = gsl_odeiv2_driver_apply(driver, &t, o->step_time, r->u);
    if (driver->h > 0 && isfinite(driver->h))
        r->solver_step = driver->h;
    gsl_odeiv2_driver_free(driver);
    if (status == GSL_ENOMEM)
        return EG_RAISE(EG_ERR_NOMEM);
    if (status)
        return EG_FAIL(
            EG_ERR_DIVERGED, message, "memory.solver=%s stopped at time %g of a step of %g: %s",
            solvers[o->solver], t, o->step_time,
            status == GSL_EMAXITER ? "too many steps; allow larger errors" : gsl_strerror(status));
    *change = 0;
    for (size_t i = 0; i < net->sites; i++) {
        const double v = tanh(o->gain * r->u[i]);
        *change = fmax(*change, fabs(v - r->v[i]));
        r->v[i] = v;
        if (!isfinite(v))
            return EG_FAIL(EG_ERR_DIVERGED, message, "site %zu is %g", i, v);
    }
    overlaps(net, r->v, r->m);
    return EG_OK;
}

static double energy(const void *recall)
{
    const struct recall *r = recall;
    const struct network *net = r->network;
    double couplings = 0, inputs = 0, integrals = 0;
    for (size_t k = 0; k < net->patterns; k++)
        couplings += r->m[k] * r->m[k];
    couplings *= (double) net->sites;
    for (size_t i = 0; i < net->sites; i++) {
        const double z = fabs(net->options->gain * r->u[i]), t = exp(-2 * z);
        if (net->left)
            couplings -= net->left[i] * r->v[i] * r->v[i];
        inputs += r->v[i];
        integrals += LN_2 - log1p(t) - 2 * z * t / (1 + t);
    }
    return -couplings / 2 - net->options->bias * inputs + integrals / net->options->gain;
}

static const struct eg_flow_ops flow = {
    .init = init,
    .start = start,
    .outputs = outputs,
    .step = step,
    .energy = energy,
};

const struct eg_associative_type eg_associative_graded = {
    .name = "graded",
    .summary = "Hopfield network with graded response, in continuous time",
    .source = "Hopfield 1984 (doi:10.1073/pnas.81.10.3088)",
    .energy = "E = -1/2 sum_ij w_ij V_i V_j - I sum_i V_i + sum_i int_0^V_i artanh(V) / gain dV",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .network_size = sizeof(struct network),
    .recall_size = sizeof(struct recall),
    .count = eg_associative_per_site,
    .load_words = eg_associative_per_site_words,
    .bytes = bytes,
    .learn = learn,
    .descends = descends,
    .flow = &flow,
};
