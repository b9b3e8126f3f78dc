/* The Hopfield network with graded response: its flow, its energy, what it recalls. */
#include <gsl/gsl_errno.h>

#include "tests/flow.h"

static const struct eg_associative_type *const graded = &eg_associative_graded;
static const char *const solvers[] = {"rkf45", "rkck", "rk8pd", "rk4"};
enum { SOLVERS = 4, N_MAX = 24 };

/* What a network should be: couplings one by one. */
struct twin {
    size_t sites;
    double w[N_MAX][N_MAX], gain, bias;
};

static void couple(struct twin *t, const double *x, size_t patterns, size_t sites, int self)
{
    t->sites = sites;
    for (size_t i = 0; i < sites; i++)
        for (size_t j = 0; j < sites; j++) {
            t->w[i][j] = 0;
            for (size_t k = 0; k < patterns && (self || i != j); k++)
                t->w[i][j] += x[k * sites + i] * x[k * sites + j] / (double) sites;
        }
}

static void slopes(const struct twin *t, const double *u, double *du)
{
    for (size_t i = 0; i < t->sites; i++) {
        du[i] = -u[i] + t->bias;
        for (size_t j = 0; j < t->sites; j++)
            du[i] += t->w[i][j] * tanh(t->gain * u[j]);
    }
}

/* The classical Runge-Kutta method of fourth order with steps of h. */
static void integrate(const struct twin *t, double *u, double time, double h)
{
    double k[4][N_MAX], at[N_MAX];
    const long steps = lround(time / h);
    for (long s = 0; s < steps; s++) {
        slopes(t, u, k[0]);
        for (int stage = 1; stage < 4; stage++) {
            for (size_t i = 0; i < t->sites; i++)
                at[i] = u[i] + (stage == 3 ? h : h / 2) * k[stage - 1][i];
            slopes(t, at, k[stage]);
        }
        for (size_t i = 0; i < t->sites; i++)
            u[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
}

/* Simpson's rule in V = tanh z, where the integrand artanh(V) dV is z / cosh^2 z dz. */
static double integral(double v)
{
    enum { STRIPS = 2000 };
    const double z = atanh(v), h = z / STRIPS;
    double sum = 0;
    for (int i = 0; i <= STRIPS; i++) {
        const double at = i * h;
        sum += (i == 0 || i == STRIPS ? 1 : 2 + 2 * (i % 2)) * at / (cosh(at) * cosh(at));
    }
    return sum * h / 3;
}

static double energy_by_definition(const struct twin *t, const double *v)
{
    double e = 0;
    for (size_t i = 0; i < t->sites; i++) {
        for (size_t j = 0; j < t->sites; j++)
            e -= t->w[i][j] * v[i] * v[j] / 2;
        e += integral(v[i]) / t->gain - t->bias * v[i];
    }
    return e;
}

/* Two units, one pattern (1, -1), so w_12 = -1/2, and an input. */
static void two_units_follow_an_integration_in_tiny_steps(void **state)
{
    (void) state;
    const double x[2] = {1, -1}, start[2] = {0.3, 0.45};
    const struct eg_patterns patterns = real_patterns(x, 1, 2);
    for (size_t s = 0; s < SOLVERS; s++) {
        char settings[128];
        struct twin twin = {.sites = 2, .gain = 3, .bias = 0.1};
        twin.w[0][1] = twin.w[1][0] = -0.5;
        double u[2] = {atanh(0.3) / 3, atanh(0.45) / 3};
        snprintf(settings, sizeof settings, "gain=3 bias=0.1 solver=%s", solvers[s]);
        struct flow f;
        flow_make(&f, graded, settings, &patterns);
        flow_start(&f, start);
        for (int step = 0; step < 12; step++) {
            const double before[2] = {tanh(3 * u[0]), tanh(3 * u[1])};
            const double change = flow_step(&f);
            integrate(&twin, u, 0.5, 1e-4);
            check_close(flow_outputs(&f)[0], tanh(3 * u[0]), 0, 3e-7);
            check_close(flow_outputs(&f)[1], tanh(3 * u[1]), 0, 3e-7);
            const double want =
                fmax(fabs(tanh(3 * u[0]) - before[0]), fabs(tanh(3 * u[1]) - before[1]));
            check_close(change, want, 0, 6e-7);
        }
        flow_free(&f);
    }
}

static void networks_follow_their_couplings_one_by_one(void **state)
{
    (void) state;
    enum { N = N_MAX, P = 3 };
    double x[P * N], start[N], u[N];
    for (uint64_t seed = 0; seed < 8; seed++) {
        const int self = seed % 2 == 1, normal = seed % 4 >= 2;
        struct twin twin = {.gain = 2.5, .bias = 0.05};
        struct eg_arena *arena = new_arena();
        if (normal)
            draw_reals(x, P * N, seed);
        else
            draw_signs(x, P * N, seed);
        draw_reals(start, N, 20 + seed);
        couple(&twin, x, P, N, self);
        const struct eg_patterns patterns =
            normal ? real_patterns(x, P, N) : sign_patterns(x, P, N, arena);
        struct flow f;
        flow_make(&f, graded, self ? "gain=2.5 bias=0.05 self_coupling=yes" : "gain=2.5 bias=0.05",
                  &patterns);
        for (size_t i = 0; i < N; i++) {
            start[i] = tanh(start[i]);
            u[i] = atanh(start[i]) / 2.5;
        }
        flow_start(&f, start);
        for (int step = 0; step < 6; step++) {
            check_close(flow_energy(&f), energy_by_definition(&twin, flow_outputs(&f)), 1e-9, 1e-9);
            flow_step(&f);
            integrate(&twin, u, 0.5, 2e-3);
            for (size_t i = 0; i < N; i++)
                check_close(flow_outputs(&f)[i], tanh(2.5 * u[i]), 0, 3e-7);
        }
        flow_free(&f);
        eg_arena_free(&arena);
    }
}

/* One unit has no partner: u = u_0 exp(-t), whatever the solver; with an input, u - I decays. */
static void a_unit_alone_decays_with_its_time_constant(void **state)
{
    (void) state;
    const double x = 1, start = 0.9;
    const struct eg_patterns patterns = real_patterns(&x, 1, 1);
    for (size_t s = 0; s < SOLVERS; s++)
        for (int input = 0; input < 2; input++) {
            char settings[128];
            const double bias = input ? -0.25 : 0, u = atanh(0.9) / 2;
            snprintf(settings, sizeof settings, "gain=2 step_time=0.25 bias=%g solver=%s", bias,
                     solvers[s]);
            struct flow f;
            flow_make(&f, graded, settings, &patterns);
            flow_start(&f, &start);
            check_close(flow_outputs(&f)[0], 0.9, 1e-15, 0);
            for (int step = 1; step <= 40; step++) {
                flow_step(&f);
                const double want = tanh(2 * (bias + (u - bias) * exp(-0.25 * step)));
                check_close(flow_outputs(&f)[0], want, 0, 2e-7);
            }
            flow_free(&f);
        }
}

static void two_steps_are_one_of_twice_the_time(void **state)
{
    (void) state;
    enum { N = 20, P = 2 };
    double x[P * N], start[N];
    draw_signs(x, P * N, 5);
    draw_reals(start, N, 6);
    const struct eg_patterns patterns = real_patterns(x, P, N);
    struct flow once, twice;
    flow_make(&once, graded, "step_time=1.4", &patterns);
    flow_make(&twice, graded, "step_time=0.7", &patterns);
    for (size_t i = 0; i < N; i++)
        start[i] = tanh(start[i] / 4);
    flow_start(&once, start);
    flow_start(&twice, start);
    flow_step(&once);
    flow_step(&twice);
    flow_step(&twice);
    for (size_t i = 0; i < N; i++)
        check_close(flow_outputs(&once)[i], flow_outputs(&twice)[i], 0, 1e-6);
    flow_free(&once);
    flow_free(&twice);
}

/* A rise that the solver's errors of 1e-8 in u explain, N units, slopes of order 1. */
static void the_energy_never_rises_along_the_flow(void **state)
{
    (void) state;
    enum { N = 40, P = 8 };
    double x[P * N], start[N], fell = 0;
    const char *const settings[] = {"gain=0.7",
                                    "gain=2 bias=0.2",
                                    "",
                                    "gain=5 self_coupling=yes",
                                    "gain=50",
                                    "gain=5 solver=rk4",
                                    "gain=5 solver=rk8pd step_time=0.05"};
    for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++)
        for (uint64_t seed = 0; seed < 10; seed++) {
            draw_signs(x, P * N, seed);
            draw_reals(start, N, 30 + seed);
            const struct eg_patterns patterns = real_patterns(x, P, N);
            struct flow f;
            flow_make(&f, graded, settings[s], &patterns);
            for (size_t i = 0; i < N; i++)
                start[i] = tanh(start[i]);
            flow_start(&f, start);
            const double first = flow_energy(&f);
            double energy = first;
            for (int step = 0; step < 60; step++) {
                flow_step(&f);
                assert_true(flow_energy(&f) <= energy + N * 1e-8);
                energy = flow_energy(&f);
            }
            fell += first - energy;
            flow_free(&f);
        }
    assert_true(fell > 100);
}

/* dE/dt = -sum_i (du_i/dt)^2 dV_i/du_i, against a difference over a short time. */
static void the_energy_falls_as_fast_as_the_flow_says(void **state)
{
    (void) state;
    enum { N = N_MAX, P = 4 };
    double x[P * N], start[N], u[N], du[N];
    const double time = 1e-4, gain = 2;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct twin twin = {.gain = gain};
        double want = 0;
        draw_signs(x, P * N, seed);
        draw_reals(start, N, 40 + seed);
        couple(&twin, x, P, N, 0);
        const struct eg_patterns patterns = real_patterns(x, P, N);
        struct flow f;
        flow_make(&f, graded, "gain=2 step_time=1e-4 error_absolute=1e-13 error_relative=1e-13",
                  &patterns);
        for (size_t i = 0; i < N; i++) {
            start[i] = tanh(start[i]);
            u[i] = atanh(start[i]) / gain;
        }
        flow_start(&f, start);
        const double first = flow_energy(&f);
        flow_step(&f);
        const double middle = flow_energy(&f);
        integrate(&twin, u, time, time / 2);
        slopes(&twin, u, du);
        for (size_t i = 0; i < N; i++)
            want -= du[i] * du[i] * gain / pow(cosh(gain * u[i]), 2);
        flow_step(&f);
        assert_true(middle < first && flow_energy(&f) < middle && want < -0.01);
        check_close((flow_energy(&f) - first) / (2 * time), want, 1e-6, 0);
        flow_free(&f);
    }
}

/* In the limit of a large gain the stable states are the corners of Hopfield's network of 1982:
 * with one pattern, itself; u = (N - 1) / N at rest. */
static void at_high_gain_the_signs_at_rest_are_the_pattern(void **state)
{
    (void) state;
    enum { N = 50, P = 2 };
    double x[P * N], cue[N];
    const char *const settings[] = {"gain=100", "gain=1000", "gain=1000 solver=rk8pd"};
    draw_signs(x, P * N, 11);
    const struct eg_patterns patterns = real_patterns(x, P, N), single = real_patterns(x, 1, N);
    for (size_t s = 0; s < 3; s++) {
        struct flow f;
        flow_make(&f, graded, settings[s], &patterns);
        for (size_t i = 0; i < N; i++)
            cue[i] = i % 8 == 0 ? -x[i] : x[i];
        flow_start(&f, cue);
        for (int step = 0; step < 40; step++)
            flow_step(&f);
        for (size_t i = 0; i < N; i++)
            check_close(flow_outputs(&f)[i], x[i], 0, 1e-6);
        assert_true(flow_step(&f) < 1e-9);
        flow_free(&f);
    }
    struct flow f;
    flow_make(&f, graded, "gain=1000", &single);
    flow_start(&f, x);
    for (int step = 0; step < 10; step++)
        flow_step(&f);
    /* -1/2 sum w V V = -(N - 1) / 2; the integrals are ln 2 / gain each. */
    check_close(flow_energy(&f), -(N - 1) / 2.0 + N * log(2) / 1000, 1e-9, 0);
    flow_free(&f);
}

/* Below gain 1 / lambda_max = N / (N - 1) of one pattern, everything decays to 0. */
static void at_low_gain_nothing_is_remembered(void **state)
{
    (void) state;
    enum { N = 10 };
    double x[N];
    draw_signs(x, N, 12);
    const struct eg_patterns patterns = real_patterns(x, 1, N);
    struct flow f;
    flow_make(&f, graded, "gain=0.9 step_time=100", &patterns);
    flow_start(&f, x);
    flow_step(&f);
    for (size_t i = 0; i < N; i++)
        check_close(flow_outputs(&f)[i], 0, 0, 1e-6);
    flow_free(&f);
    flow_make(&f, graded, "gain=1.3 step_time=100", &patterns); /* above N / (N - 1) = 1.11 */
    flow_start(&f, x);
    flow_step(&f);
    for (size_t i = 0; i < N; i++)
        assert_true(flow_outputs(&f)[i] * x[i] > 0.3);
    flow_free(&f);
}

static void ten_patterns_of_256_sites_are_recalled_from_a_fifth_flipped(void **state)
{
    (void) state;
    enum { N = 256, P = 10, FLIPPED = 51 };
    static double x[P * N], cue[N];
    struct eg_arena *arena = new_arena();
    draw_signs(x, P * N, 8);
    const struct eg_patterns patterns = sign_patterns(x, P, N, arena);
    struct flow f;
    flow_make(&f, graded, "", &patterns);
    for (size_t target = 0; target < P; target++) {
        for (size_t i = 0; i < N; i++)
            cue[i] = (i * 37 + target) % N < FLIPPED ? -x[target * N + i] : x[target * N + i];
        flow_start(&f, cue);
        int steps = 0;
        while (flow_step(&f) > 1e-6 && steps < 100)
            steps++;
        assert_true(steps > 4 && steps < 60);
        for (size_t i = 0; i < N; i++)
            assert_true(flow_outputs(&f)[i] * x[target * N + i] > 0.5);
    }
    flow_free(&f);
    eg_arena_free(&arena);
}

static void starts_at_and_beyond_one_are_taken_as_just_below(void **state)
{
    (void) state;
    const double x[3] = {1, 1, -1}, start[3] = {1, -1e300, 0};
    const struct eg_patterns patterns = real_patterns(x, 1, 3);
    struct flow f;
    flow_make(&f, graded, "", &patterns);
    flow_start(&f, start);
    assert_true(flow_outputs(&f)[0] == 1 - 1e-6 && flow_outputs(&f)[1] == -(1 - 1e-6));
    assert_true(flow_outputs(&f)[2] == 0);
    /* w_12 = 1/3; artanh(V) V + ln(1 - V^2) / 2 of each of the two */
    const double v = 1 - 1e-6;
    const double each = atanh(v) * v + log(1e-6 * (2 - 1e-6)) / 2;
    check_close(flow_energy(&f), v * v / 3 + 2 * each / 5, 1e-9, 0);
    flow_free(&f);
}

/* All outputs 0 without input; where V rounds to 1 the energy is still finite. */
static void the_ends_of_the_range_are_finite(void **state)
{
    (void) state;
    const double x[2] = {1, 1}, zero[2] = {0, 0};
    const struct eg_patterns patterns = real_patterns(x, 1, 2);
    struct flow f;
    flow_make(&f, graded, "", &patterns);
    flow_start(&f, zero);
    assert_true(flow_energy(&f) == 0 && flow_step(&f) == 0);
    flow_free(&f);
    flow_make(&f, graded, "gain=100 bias=1e6 step_time=1", &patterns);
    flow_start(&f, zero);
    flow_step(&f);
    assert_true(flow_outputs(&f)[0] == 1);
    check_close(flow_energy(&f), -0.5 - 2e6 + 2 * log(2) / 100, 1e-15, 0);
    assert_true(flow_step(&f) == 0);
    flow_free(&f);
}

static void equal_starts_give_equal_bits(void **state)
{
    (void) state;
    enum { N = 60, P = 5 };
    double x[P * N], start[N], first[N];
    draw_signs(x, P * N, 1);
    draw_reals(start, N, 2);
    const struct eg_patterns patterns = real_patterns(x, P, N);
    struct flow f;
    flow_make(&f, graded, "", &patterns);
    void *other = calloc(1, graded->recall_size);
    assert_non_null(other);
    assert_int_equal(graded->flow->init(other, f.network, f.arena), EG_OK);
    for (int round = 0; round < 2; round++) {
        double change;
        flow_start(&f, start);
        assert_int_equal(graded->flow->start(other, x, NULL), EG_OK);
        for (int step = 0; step < 9; step++) {
            flow_step(&f);
            assert_int_equal(graded->flow->step(other, &change, NULL), EG_OK);
        }
        if (round == 0)
            memcpy(first, flow_outputs(&f), sizeof first);
    }
    assert_memory_equal(first, flow_outputs(&f), sizeof first);
    free(other);
    flow_free(&f);
}

static void load_is_patterns_over_sites(void **state)
{
    (void) state;
    size_t p = 0;
    struct eg_message m = {""};
    assert_string_equal(graded->load_words(NULL), "P / N");
    assert_int_equal(graded->count(NULL, 1000, 1000, 0.138, &p, &m), EG_OK);
    assert_int_equal(p, 138);
    assert_int_equal(graded->count(NULL, 10, 10, 0.05, &p, &m), EG_OK);
    assert_int_equal(p, 1);
    assert_int_equal(graded->count(NULL, 10, 10, 0.26, &p, &m), EG_OK);
    assert_int_equal(p, 3);
    assert_int_equal(graded->count(NULL, 1024, 1024, 1073741824, &p, &m), EG_OK);
    assert_true(p == (size_t) 1 << 40);
    assert_int_equal(graded->count(NULL, 1024, 1024, 1073741825, &p, &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "load"));
    assert_int_equal(graded->count(NULL, 10, 10, -1, &p, &m), EG_ERR_RANGE);
    assert_int_equal(graded->count(NULL, 10, 10, NAN, &p, &m), EG_ERR_RANGE);
    assert_true(graded->descends(NULL) && !graded->spins && !graded->flow->weights);
    assert_true(graded->bytes(NULL, 100, 1000) >= 8 * 100000);
}

static void bad_options_patterns_and_starts_are_refused(void **state)
{
    (void) state;
    check_refused(graded, "gain", "0");
    check_refused(graded, "gain", "-2");
    check_refused(graded, "step_time", "0");
    check_refused(graded, "solver", "msadams");
    check_refused(graded, "error_absolute", "0");
    check_refused(graded, "error_relative", "-1e-3");
    check_refused(graded, "self_coupling", "2");
    check_refused(graded, "bias", "1e9");
    const struct {
        double x[4];
        size_t sites, patterns;
        int want;
        const char *says;
    } rows[] = {
        {{1, 2, 3, NAN}, 2, 2, EG_ERR_DATA, "pattern 1, site 1"},
        {{1, 1e101, 3, 4}, 2, 2, EG_ERR_DATA, "pattern 0, site 1"},
        {{1, 2, 3, 4}, 0, 2, EG_ERR_SHAPE, "0 sites"},
        {{1, 2, 3, 4}, 2, 0, EG_ERR_SHAPE, "0 patterns"},
        {{1, 2, 3, 4}, (size_t) 1 << 33, 1, EG_ERR_SHAPE, "sites"},
        {{1, 2, 3, 4}, 1, (size_t) 1 << 33, EG_ERR_SHAPE, "patterns"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct eg_patterns patterns =
            real_patterns(rows[i].x, rows[i].patterns, rows[i].sites);
        struct eg_message m = {""};
        struct flow f;
        assert_int_equal(flow_try(&f, graded, "", &patterns, &m), rows[i].want);
        assert_non_null(strstr(m.text, rows[i].says));
        flow_free(&f);
    }
    const double x[2] = {1, 2}, nan[2] = {0, NAN}, far[2] = {INFINITY, 0};
    const struct eg_patterns patterns = real_patterns(x, 1, 2);
    struct eg_message m = {""};
    struct flow f;
    flow_make(&f, graded, "", &patterns);
    assert_int_equal(graded->flow->start(f.recall, nan, &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "site 1"));
    assert_int_equal(graded->flow->start(f.recall, far, &m), EG_ERR_RANGE);
    flow_free(&f);
}

/* Couplings of 1e200 leave the solver no step that meets its errors. */
static void a_flow_that_cannot_be_followed_is_answered(void **state)
{
    (void) state;
    const double x[2] = {1e100, 1e100}, start[2] = {0.5, 0.1};
    const struct eg_patterns patterns = real_patterns(x, 1, 2);
    for (size_t s = 0; s < SOLVERS; s++) {
        char settings[128];
        struct eg_message m = {""};
        double change;
        struct flow f;
        snprintf(settings, sizeof settings, "solver=%s error_relative=0 error_absolute=1e-14",
                 solvers[s]);
        flow_make(&f, graded, settings, &patterns);
        flow_start(&f, start);
        assert_int_equal(graded->flow->step(f.recall, &change, &m), EG_ERR_DIVERGED);
        assert_non_null(strstr(m.text, "memory.solver"));
        flow_free(&f);
    }
}

static void running_out_of_memory_is_answered(void **state)
{
    (void) state;
    const double x[6] = {1, -1, 1, 1, -1, -1};
    struct eg_arena *arena = new_arena();
    const struct eg_patterns patterns = sign_patterns(x, 2, 3, arena);
    check_memory_ends(graded, &patterns);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_units_follow_an_integration_in_tiny_steps),
        cmocka_unit_test(networks_follow_their_couplings_one_by_one),
        cmocka_unit_test(a_unit_alone_decays_with_its_time_constant),
        cmocka_unit_test(two_steps_are_one_of_twice_the_time),
        cmocka_unit_test(the_energy_never_rises_along_the_flow),
        cmocka_unit_test(the_energy_falls_as_fast_as_the_flow_says),
        cmocka_unit_test(at_high_gain_the_signs_at_rest_are_the_pattern),
        cmocka_unit_test(at_low_gain_nothing_is_remembered),
        cmocka_unit_test(ten_patterns_of_256_sites_are_recalled_from_a_fifth_flipped),
        cmocka_unit_test(starts_at_and_beyond_one_are_taken_as_just_below),
        cmocka_unit_test(the_ends_of_the_range_are_finite),
        cmocka_unit_test(equal_starts_give_equal_bits),
        cmocka_unit_test(load_is_patterns_over_sites),
        cmocka_unit_test(bad_options_patterns_and_starts_are_refused),
        cmocka_unit_test(a_flow_that_cannot_be_followed_is_answered),
        cmocka_unit_test(running_out_of_memory_is_answered),
    };
    gsl_set_error_handler_off(); /* as the program does; GSL's own aborts */
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
