/* experiments/verify_hopfield.c -- `engram verify hopfield`: capacity against theory, with bands.
 *
 * Each claim runs a preset, with changes that are given here, into a run file of its own that is
 * kept in the current directory, and reads its numbers from there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/capacity.h"
#include "experiments/recall.h"
#include "experiments/train.h"
#include "experiments/verify.h"
#include "memory/theory.h"

enum { CELLS = 128, SETTINGS = 8 };

struct measured {
    int exit;
    double seconds;
    size_t n; /* cells: size by size, load by load */
    double overlap[CELLS], overlap_error[CELLS], error[CELLS], error_error[CELLS];
    double retrieved[CELLS];
    int64_t networks[CELLS];
};

static int read_column(struct eg_run *run, const char *name, double *x, size_t n,
                       struct eg_message *message)
{
    char path[64];
    snprintf(path, sizeof path, "/capacity/%s", name);
    return eg_run_get(run, path, EG_RUN_FLOAT64, x, n, message);
}

static int read_cells(const char *path, struct measured *m, struct eg_message *message)
{
    struct eg_run *run = NULL;
    struct eg_run_shape shape;
    int ret = eg_run_open(&run, path, EG_RUN_READ, message);
    if (!ret)
        ret = eg_run_shape(run, "/capacity/overlap", &shape, message);
    if (!ret && (m->n = shape.count) > CELLS)
        ret = EG_RAISE(EG_ERR_SHAPE);
    if (!ret)
        ret = read_column(run, "overlap", m->overlap, m->n, message);
    if (!ret)
        ret = read_column(run, "overlap_error", m->overlap_error, m->n, message);
    if (!ret)
        ret = read_column(run, "error", m->error, m->n, message);
    if (!ret)
        ret = read_column(run, "error_error", m->error_error, m->n, message);
    if (!ret)
        ret = read_column(run, "retrieved", m->retrieved, m->n, message);
    if (!ret)
        ret = eg_run_get(run, "/capacity/n", EG_RUN_INT64, m->networks, m->n, message);
    eg_run_close(&run);
    return ret;
}

/* The command of a claim: that of the user, quiet, with settings (NULL-ended). */
static struct eg_command command_for(const struct eg_command *c, const char *const *settings)
{
    struct eg_command quiet = *c;
    quiet.quiet = 1;
    quiet.json = 0;
    quiet.n_settings = 0;
    for (size_t i = 0; settings[i]; i++)
        quiet.settings[quiet.n_settings++] = (struct eg_setting){settings[i], "-s", NULL};
    return quiet;
}

static void file_for(const char *mark, char *path, size_t size)
{
    snprintf(path, size, "verify-hopfield-%s.h5", mark);
}

static void measure(const struct eg_command *c, const char *preset, const char *mark,
                    const char *const *settings, struct measured *m)
{
    char path[128];
    struct eg_message message = {{0}};
    const struct eg_command quiet = command_for(c, settings);
    memset(m, 0, sizeof *m);
    file_for(mark, path, sizeof path);
    const double start = eg_clock();
    m->exit = eg_capacity(&quiet, EG_KIND_CAPACITY, preset, NULL, path,
                          c->has_seeds ? c->seed_first : 1, 0);
    m->seconds = eg_clock() - start;
    if (m->exit)
        return;
    const int ret = read_cells(path, m, &message);
    if (ret)
        m->exit = eg_command_fail(ret, &message);
}

/* --- the claims; each answers how many do not hold, or minus an exit status --- */

static int mean_field_solved(void)
{
    double m;
    const double load = eg_theory_critical(&m);
    return eg_claim(fabs(load - 0.13790557) <= 1e-7,
                    "mean field: critical load %.9f (required: 0.13790557 within 1e-7)", load)
           /* The number has six digits. */
           + eg_claim(fabs(m - 0.967417) <= 5e-7,
                      "mean field: overlap there %.9f (required: 0.967417, half of its last digit)",
                      m);
}

static int mean_field_measured(const struct eg_command *c)
{
    static const double loads[] = {0.05, 0.08, 0.10, 0.12};
    static const double want[] = {0.999992, 0.999557, 0.997999, 0.993223};
    struct measured m;
    int failed = 0;
    measure(c, "hopfield/capacity", "mean-field",
            (const char *[]){"capacity.sizes=8000", "capacity.loads=0.05,0.08,0.1,0.12",
                             "capacity.networks=400", NULL},
            &m);
    if (m.exit)
        return -m.exit;
    for (size_t i = 0; i < 4; i++) {
        const double off = fabs(m.overlap[i] - want[i]);
        failed += eg_claim(off <= 0.001 && off <= 3 * m.overlap_error[i],
                           "N = 8000, load %.2f: overlap %.6f +- %.6f, %lld networks (required: "
                           "%.6f within 0.001 and three standard errors)",
                           loads[i], m.overlap[i], m.overlap_error[i], (long long) m.networks[i],
                           want[i]);
    }
    return failed;
}

static int one_step(const struct eg_command *c)
{
    static const double loads[] = {0.105, 0.138, 0.185, 0.37, 0.61};
    static const double want[] = {0.001014, 0.003552, 0.010037, 0.050089, 0.100208};
    struct measured m;
    int failed = 0;
    measure(c, "hopfield/one-step", "one-step", (const char *[]){NULL}, &m);
    if (m.exit)
        return -m.exit;
    for (size_t i = 0; i < 5; i++)
        failed += eg_claim(fabs(m.error[i] - want[i]) <= 3 * m.error_error[i],
                           "N = 20000, load %.3f: %.6f of the bits wrong after one step, +- %.6f "
                           "(required: %.6f within three standard errors)",
                           loads[i], m.error[i], m.error_error[i], want[i]);
    return failed;
}

static int read_limit(const char *path, double limit[4], struct eg_message *message)
{
    static const char *const names[] = {"critical_load", "critical_load_error",
                                        "free_critical_load", "free_critical_load_error"};
    struct eg_run *run = NULL;
    int ret = eg_run_open(&run, path, EG_RUN_READ, message);
    for (size_t i = 0; i < 4 && !ret; i++) {
        char dataset[64];
        snprintf(dataset, sizeof dataset, "/capacity/scaling/%s", names[i]);
        ret = eg_run_get_real(run, dataset, &limit[i], message);
    }
    eg_run_close(&run);
    return ret;
}

static int critical_load(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    struct measured *m = malloc(sizeof *m);
    double limit[4] = {0};
    char path[128];
    if (!m)
        return -eg_command_fail(EG_ERR_NOMEM, NULL);
    measure(c, "hopfield/critical", "critical", (const char *[]){NULL}, m);
    const int exit = m->exit;
    free(m);
    if (exit)
        return -exit;
    file_for("critical", path, sizeof path);
    const int ret = read_limit(path, limit, &message);
    if (ret)
        return -eg_command_fail(ret, &message);
    int failed = 0;
    for (size_t i = 0; i < 4; i += 2) {
        const double low = limit[i] - limit[i + 1], high = limit[i] + limit[i + 1];
        failed += eg_claim(low >= 0.136 && high <= 0.146,
                           "critical load from N = 1,000 to 32,000, exponent %s: %.5f +- %.5f "
                           "(required: with its error between 0.136 and 0.146)",
                           i ? "fitted" : "1/2", limit[i], limit[i + 1]);
    }
    return failed;
}

static int all_stored(const struct eg_command *c, const char *preset, const char *mark,
                      const char *what, const char *const *settings)
{
    struct measured m;
    measure(c, preset, mark, settings, &m);
    if (m.exit)
        return -m.exit;
    return eg_claim(!(m.retrieved[0] < 1),
                    "%s: %.4f of the patterns stay as they are, %lld networks, %.1f s "
                    "(required: all)",
                    what, m.retrieved[0], (long long) m.networks[0], m.seconds);
}

/* One-step stability at the load of the formula, computed independently: 40 to 200 networks, 20
 * patterns asked for in each. */
static const struct {
    const char *mark, *what, *settings[SETTINGS];
    double error, perfect;
} dense_rows[] = {
#define DENSE(power, n, load, error, perfect)                                                 \
    {                                                                                         \
        "dense-" power "-" n, "x^" power ", N = " n,                                          \
            {"memory.power=" power, "capacity.sizes=" n, "capacity.loads=" load, DENSE_CELLS, \
             NULL},                                                                           \
            error, perfect                                                                    \
    }
#define DENSE_CELLS "capacity.networks=200", "capacity.starts=10"
    DENSE("2", "100", "0.11", 8.0e-4, .940),   DENSE("2", "400", "0.0825", 2.2e-4, .925),
    DENSE("2", "1000", "0.072", 8.5e-5, .923), DENSE("3", "50", "0.0428", 3.3e-3, .867),
    DENSE("3", "100", "0.0362", 1.5e-3, .868), DENSE("3", "200", "0.03145", 5.7e-4, .894),
    DENSE("4", "50", "0.00852", 3.0e-3, .860), DENSE("4", "100", "0.007238", 1.5e-3, .860),
#undef DENSE
#define EXPONENTIAL(n, error, perfect)                                                           \
    {                                                                                            \
        "exponential-" n, "exp, N = " n,                                                         \
            {"memory.function=exponential", "capacity.sizes=" n, "capacity.loads=0.34657359028", \
             DENSE_CELLS, NULL},                                                                 \
            error, perfect                                                                       \
    }
    EXPONENTIAL("16", 2.3e-3, .963),           EXPONENTIAL("20", 5.6e-4, .989),
    EXPONENTIAL("24", 2.6e-4, .994),           EXPONENTIAL("28", 4.5e-5, .999),
#undef EXPONENTIAL
};

static int dense(const struct eg_command *c)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof dense_rows / sizeof dense_rows[0]; i++) {
        struct measured m;
        measure(c, "dense/capacity", dense_rows[i].mark, dense_rows[i].settings, &m);
        if (m.exit)
            return -m.exit;
        /* The row's own error: perfect patterns of at least 40 networks of 20, which hang together
         * within a network (twice the variance of independent ones). */
        const double p = dense_rows[i].perfect, own = sqrt(2 * p * (1 - p) / 800);
        const double n = (double) m.networks[0] * 10, here = sqrt(2 * p * (1 - p) / n);
        const double band = 3 * sqrt(own * own + here * here);
        /* Bit errors: the row's own error is taken from ours, as many times larger as it has fewer
         * patterns; half of its last digit is added. */
        const double error = dense_rows[i].error;
        const double bits = 3 * m.error_error[0] * sqrt(1 + n / 800) + error * 0.05;
        failed += eg_claim(fabs(m.retrieved[0] - p) <= band && fabs(m.error[0] - error) <= bits,
                           "%s at the load of the formula: %.4f of the patterns stable (required: "
                           "%.3f within %.3f), bit error %.3g +- %.1g (required: %.2g within %.1g)",
                           dense_rows[i].what, m.retrieved[0], p, band, m.error[0],
                           m.error_error[0], error, bits);
    }
    return failed;
}

static int large(const struct eg_command *c)
{
    struct eg_command one = *c;
    struct measured m;
    one.threads = 1;
    measure(&one, "hopfield/capacity", "large",
            (const char *[]){"capacity.sizes=100000", "capacity.loads=0.138", "capacity.networks=1",
                             NULL},
            &m);
    if (m.exit)
        return -m.exit;
    return eg_claim(m.seconds <= 15,
                    "N = 100,000, load 0.138, one thread: %.1f s from patterns to rest, overlap "
                    "%.4f (required: at most 15 s)",
                    m.seconds, m.overlap[0]);
}

static int descent(const struct eg_command *c)
{
    enum { TRIALS = 500 };
    struct eg_message message = {{0}};
    struct eg_run *run = NULL;
    double rise[TRIALS], sweeps[TRIALS], largest = 0, visits = 0;
    char path[128];
    const struct eg_command quiet = command_for(
        c, (const char *[]){"recall.trials=500", "patterns.count=138", "cue.amount=0.3", NULL});
    file_for("descent", path, sizeof path);
    const int exit =
        eg_recall(&quiet, "hopfield/random", NULL, path, c->has_seeds ? c->seed_first : 1);
    if (exit)
        return -exit;
    int ret = eg_run_open(&run, path, EG_RUN_READ, &message);
    if (!ret)
        ret = eg_run_get(run, "/hopfield/energy_rise", EG_RUN_FLOAT64, rise, TRIALS, &message);
    if (!ret)
        ret = eg_run_get(run, "/hopfield/sweeps", EG_RUN_FLOAT64, sweeps, TRIALS, &message);
    eg_run_close(&run);
    if (ret)
        return -eg_command_fail(ret, &message);
    for (size_t i = 0; i < TRIALS; i++) {
        largest = fmax(largest, rise[i]);
        visits += 1000 * (sweeps[i] + 1);
    }
    return eg_claim(visits >= 1e6 && largest <= 1e-9,
                    "largest rise of the energy in %.3g updates of single sites: %.2g (required: "
                    "at least 1e6 of them, at most 1e-9)",
                    visits, largest);
}

static int projection(const struct eg_command *c)
{
    return all_stored(c, "projection/capacity", "projection", "projection, N = 1000, 999 patterns",
                      (const char *[]){"capacity.sizes=1000", "capacity.loads=0.999",
                                       "capacity.networks=4", "capacity.starts=999", NULL});
}

static int perceptron(const struct eg_command *c)
{
    return all_stored(c, "perceptron/capacity", "perceptron", "perceptron, N = 500, 750 patterns",
                      (const char *[]){"capacity.sizes=500", "capacity.loads=1.5",
                                       "capacity.networks=4", "capacity.starts=750", NULL});
}

static int hopfield(const struct eg_command *c)
{
    static int (*const claims[])(const struct eg_command *) = {
        mean_field_measured, one_step, projection, perceptron, dense, descent, large,
        critical_load};
    int failed = mean_field_solved();
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        fflush(stdout);
        const int answer = claims[i](c);
        if (answer < 0)
            return -answer;
        failed += answer;
    }
    return failed ? EG_EXIT_REQUIRE : EG_EXIT_DONE;
}

const struct eg_claims eg_claims_hopfield = {
    "hopfield",
    "capacity of associative memories: overlaps, one-step errors and the critical load against "
    "mean-field theory; projection, perceptron, dense memories; descent; a large network",
    NULL, hopfield};
