/* Capacities against tables, against the equations they solve, and against sums done here. */
#include "memory/theory.h"

#include <float.h>
#include <limits.h>

#include <gsl/gsl_errno.h>

#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define PI 3.14159265358979323846

/* The mean-field equations as they stand, m, C and r, iterated from the stored pattern; m where
 * they settle. */
static double iterated_overlap(double alpha, double *ratio)
{
    double m = 1, r = 1;
    for (long i = 0; i < 1000000; i++) {
        const double y = m / sqrt(2 * alpha * r), before = m;
        const double c = sqrt(2 / (PI * alpha * r)) * exp(-y * y);
        m = erf(y);
        r = 1 / ((1 - c) * (1 - c));
        if (fabs(m - before) < 1e-15 || m < 0.5)
            break;
    }
    if (ratio)
        *ratio = r;
    return m;
}

static void the_critical_point_has_its_known_digits(void **state)
{
    (void) state;
    double m = 0;
    check_close(eg_theory_critical(&m), 0.13790557, 0, 5e-9);
    check_close(m, 0.967417, 0, 5e-7);
    check_close((1 - m) / 2 * 100, 1.6291, 0, 5e-5);
    check_close(eg_theory_critical(NULL), 0.13790557, 0, 5e-9);
}

/* y from m by Newton's method; sqrt(2 alpha) = erf(y) / y - 2 / sqrt(pi) exp(-y^2) holds there, and
 * is flat: the difference quotient of its right side is 0, and the right side is lower beside. */
static double right_side(double y)
{
    return erf(y) / y - 2 / sqrt(PI) * exp(-y * y);
}

static void the_critical_point_is_the_highest_point_of_the_equation(void **state)
{
    (void) state;
    double m, y = 1.5;
    const double alpha = eg_theory_critical(&m);
    for (int i = 0; i < 20; i++)
        y -= (erf(y) - m) / (2 / sqrt(PI) * exp(-y * y));
    check_close(y, 1.511219, 0, 5e-7);
    check_close(right_side(y), sqrt(2 * alpha), 1e-14, 0);
    check_close((right_side(y + 1e-4) - right_side(y - 1e-4)) / 2e-4, 0, 0, 1e-8);
    for (double step = 1e-3; step < 1; step *= 2) {
        assert_true(right_side(y + step) < right_side(y));
        assert_true(right_side(y - step) < right_side(y));
    }
}

static void iteration_from_a_pattern_stays_below_the_critical_load_and_falls_above(void **state)
{
    (void) state;
    double m;
    const double alpha = eg_theory_critical(&m);
    assert_true(iterated_overlap(alpha * (1 - 1e-6), NULL) > m);
    assert_true(iterated_overlap(alpha * (1 + 1e-6), NULL) < 0.5);
}

static void overlaps_agree_with_the_table(void **state)
{
    (void) state;
    static const double table[][3] = {
        {0.05, 0.999992, 0.0004}, {0.06, 0.999955, 0.0023},  {0.07, 0.999837, 0.0082},
        {0.08, 0.999557, 0.0221}, {0.09, 0.999002, 0.0499},  {0.10, 0.997999, 0.1000},
        {0.11, 0.996264, 0.1868}, {0.12, 0.993223, 0.3389},  {0.125, 0.990805, 0.4597},
        {0.13, 0.987212, 0.6394}, {0.135, 0.980791, 0.9604}, {0.137, 0.975444, 1.2278},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        const double m = eg_theory_overlap(table[i][0]);
        check_close(m, table[i][1], 0, 5.1e-7);
        check_close((1 - m) * 50, table[i][2], 0, 5.1e-5);
    }
}

static void overlaps_solve_the_mean_field_equations(void **state)
{
    (void) state;
    static const double loads[] = {1e-3, 0.014, 0.03, 0.05, 0.08, 0.1, 0.12, 0.13, 0.137, 0.1379};
    for (size_t i = 0; i < COUNT(loads); i++)
        check_close(eg_theory_overlap(loads[i]), iterated_overlap(loads[i], NULL), 0, 1e-11);
}

static void overlap_falls_to_the_critical_one_and_is_zero_above(void **state)
{
    (void) state;
    double m;
    const double alpha = eg_theory_critical(&m);
    assert_true(eg_theory_overlap(alpha) == m);
    check_close(eg_theory_overlap(alpha * (1 - 1e-12)), m, 0, 1e-5);
    assert_true(eg_theory_overlap(alpha * (1 + 1e-12)) == 0);
    assert_true(eg_theory_overlap(INFINITY) == 0);
    assert_true(eg_theory_overlap(1e-300) == 1);
    double before = 1;
    for (double load = 0.01; load < alpha; load += 1e-3) {
        const double now = eg_theory_overlap(load);
        assert_true(now <= before && now >= m);
        before = now;
    }
}

/* Energies per site at T = 0, E = (alpha - m^2 - alpha r) / 2, on both branches.  The second has
 * m = 0 and C = sqrt(2 / (pi alpha r)). */
static void energies_of_retrieval_and_spin_glass_meet_at_the_first_order_point(void **state)
{
    (void) state;
    const double alpha = eg_theory_first_order();
    check_close(alpha, 0.0519, 0, 5e-5);
    double r;
    const double m = iterated_overlap(alpha, &r);
    const double glass = 1 + sqrt(2 / (PI * alpha)); /* sqrt(r): from C = 1 - 1 / sqrt(r) */
    check_close(alpha - m * m - alpha * r, alpha - alpha * glass * glass, 1e-12, 0);
    /* Retrieval states that are patterns would have E = -1/2. */
    check_close(alpha, PI / 2 * (0.5 - 1 / PI) * (0.5 - 1 / PI), 0, 1e-4);
}

static void one_step_errors_agree_with_the_table(void **state)
{
    (void) state;
    static const double table[][2] = {{0.105, 0.001014},
                                      {0.138, 0.003552},
                                      {0.185, 0.010037},
                                      {0.37, 0.050089},
                                      {0.61, 0.100208}};
    for (size_t i = 0; i < COUNT(table); i++) {
        check_close(eg_theory_one_step(table[i][0]), table[i][1], 0, 5.1e-7);
        /* The first layer of a BAM, n units and P patterns, is a network at load P / n. */
        check_close(eg_theory_bam_one_step(200, 200 * table[i][0]), table[i][1], 0, 5.1e-7);
        check_close(eg_theory_dense_one_step(1000, 2, 1000 * table[i][0]), table[i][1], 0, 5.1e-7);
    }
    check_close(eg_theory_one_step(INFINITY), 0.5, 0, 0);
    assert_true(eg_theory_one_step(1e-6) == 0);
}

static void capacities_in_patterns_agree_with_the_table(void **state)
{
    (void) state;
    check_close(eg_theory_mceliece_most(1e3), 72.4, 0, 0.05);
    check_close(eg_theory_mceliece_all(1e3), 36.2, 0, 0.05);
    check_close(eg_theory_mceliece_most(1e4), 542.9, 0, 0.05);
    check_close(eg_theory_mceliece_all(1e4), 271.4, 0, 0.1);
    check_close(eg_theory_mceliece_most(1e5), 4343, 0, 0.5);
    check_close(eg_theory_mceliece_all(1e5), 2171, 0, 0.5);
    check_close(eg_theory_storkey(1e3), 269, 0, 0.5);
    check_close(eg_theory_storkey(1e4), 2330, 0, 0.5);
}

/* Simpson's rule for the integral of (t + kappa)^2 Dt from -kappa. */
static double gardner_by_hand(double kappa)
{
    const long steps = 20000;
    const double low = -kappa, width = (12 + kappa) / (double) steps;
    double sum = 0;
    for (long i = 0; i <= steps; i++) {
        const double t = low + (double) i * width;
        sum += (i == 0 || i == steps ? 1
                : i % 2              ? 4
                                     : 2)
               * (t + kappa) * (t + kappa) * exp(-t * t / 2);
    }
    return 1 / (sum * width / 3 / sqrt(2 * PI));
}

static void gardner_is_two_without_stability_and_agrees_with_quadrature(void **state)
{
    (void) state;
    check_close(eg_theory_gardner(0), 2, 1e-15, 0);
    for (double kappa = 0; kappa <= 4; kappa += 0.25)
        check_close(eg_theory_gardner(kappa), gardner_by_hand(kappa), 1e-10, 0);
    /* (1 + 1) Phi(1) + phi(1) = 1.682689492 + 0.241970725. */
    check_close(eg_theory_gardner(1), 1 / 1.924660217, 1e-9, 0);
}

static void the_stability_is_the_inverse_of_gardners_load(void **state)
{
    (void) state;
    assert_true(eg_theory_gardner_stability(2) == 0);
    for (double alpha = 1e-6; alpha < 2; alpha *= 1.3)
        check_close(eg_theory_gardner(eg_theory_gardner_stability(alpha)), alpha, 1e-12, 0);
    for (double kappa = 0.1; kappa < 100; kappa *= 1.7)
        check_close(eg_theory_gardner_stability(eg_theory_gardner(kappa)), kappa, 1e-12, 0);
}

static void sparse_patterns_fill_more_the_sparser_they_are(void **state)
{
    (void) state;
    check_close(eg_theory_sparse(exp(-1)), exp(1) / 2, 1e-14, 0);
    check_close(eg_theory_sparse(0.01), 50 / log(100), 1e-14, 0);
}

static void dense_memories_agree_with_the_table(void **state)
{
    (void) state;
    check_close(eg_theory_dense(30, 2), 4.41, 0, 0.005);
    check_close(eg_theory_dense(60, 2), 7.33, 0, 0.005);
    check_close(eg_theory_dense(100, 2), 10.86, 0, 0.005);
    check_close(eg_theory_dense(30, 10), 8.4e4, 0, 0.05e4);
    check_close(eg_theory_dense(60, 10), 3.57e7, 0, 0.005e7);
    check_close(eg_theory_dense(100, 10), 3.15e9, 0, 0.005e9);
    /* 5!! = 15. */
    check_close(eg_theory_dense(50, 4), 125000 / (30 * log(50)), 1e-14, 0);
}

static void a_dense_memory_of_power_two_is_the_classical_one(void **state)
{
    (void) state;
    for (double n = 2; n < 1e6; n *= 1.7)
        check_close(eg_theory_dense(n, 2), eg_theory_mceliece_most(n), 1e-15, 0);
}

/* At its capacity the error is erfc(sqrt(ln N)) / 2, whatever the power. */
static void one_wrong_bit_is_as_likely_at_the_capacity_of_every_power(void **state)
{
    (void) state;
    for (int power = 2; power < 12; power++)
        check_close(eg_theory_dense_one_step(100, power, eg_theory_dense(100, power)),
                    erfc(sqrt(log(100))) / 2, 1e-12, 0);
    assert_true(isinf(eg_theory_dense(1e6, 90)));
    assert_true(eg_theory_dense_one_step(1e6, 90, 1e9) == 0);
}

/* I(1/2) = (1.5 ln 1.5 + 0.5 ln 0.5) / 2 = 0.130812036. */
static void the_exponential_memory_holds_half_of_ln_two(void **state)
{
    (void) state;
    check_close(eg_theory_exponential(0), 0.34657359028, 0, 1e-11);
    check_close(eg_theory_exponential(1e-12), 0.34657359028, 0, 1e-10);
    check_close(eg_theory_exponential(0.25), 0.130812036 / 2, 0, 1e-9);
    check_close(eg_theory_exponential(0.5), 0, 0, 1e-16);
    for (double rho = 0.01; rho < 0.5; rho += 0.01)
        assert_true(eg_theory_exponential(rho) < eg_theory_exponential(rho - 0.01));
}

/* The paper cuts its digits: 1.37188. */
static void the_sphere_agrees_with_the_papers_examples(void **state)
{
    (void) state;
    double c;
    check_close(eg_theory_sphere(1, 3, 20, 0.001, &c), 7.4, 0, 0.05);
    check_close(c, 3.1546, 0, 1e-4);
    check_close(eg_theory_sphere(1, 1, 75, 0.001, &c), 11.0, 0, 0.05);
    check_close(c, 1.3718, 0, 1e-4);
}

/* c = b / W, W exp(W) = exp(a + ln b): W + ln W = a + ln b, also where exp() is out of range. */
static void the_sphere_solves_its_equation_for_small_and_large_strengths(void **state)
{
    (void) state;
    for (double beta = 1e-30; beta < 1e9; beta *= 30) {
        const double k = 1.5, d = 12, p = 0.01;
        const double a = 2 / (d - 1) * (1 + log(2 * beta * k * k * p * (d - 1)));
        const double b = 2 * k * k * beta / 5;
        double c;
        const double n = eg_theory_sphere(beta, k, d, p, &c), w = b / c;
        check_close(w + log(w), a + log(b), 1e-13, 1e-13);
        check_close(n, sqrt(p) * pow(c, (d - 1) / 4), 1e-14, 0);
        check_close(eg_theory_sphere(beta, k, d, p, NULL), n, 0, 0);
    }
}

static void nonsense_is_not_a_number(void **state)
{
    (void) state;
    static const double bad[] = {-INFINITY, -1, -1e-300, 0, NAN};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_true(isnan(eg_theory_overlap(bad[i])));
        assert_true(isnan(eg_theory_one_step(bad[i])));
        assert_true(isnan(eg_theory_bam_one_step(bad[i], 5)));
        assert_true(isnan(eg_theory_bam_one_step(5, bad[i])));
        assert_true(isnan(eg_theory_mceliece_most(bad[i])));
        assert_true(isnan(eg_theory_mceliece_all(bad[i])));
        assert_true(isnan(eg_theory_storkey(bad[i])));
        assert_true(isnan(eg_theory_gardner_stability(bad[i])));
        assert_true(isnan(eg_theory_sparse(bad[i])));
        assert_true(isnan(eg_theory_dense(bad[i], 3)));
        assert_true(isnan(eg_theory_dense_one_step(bad[i], 3, 5)));
        assert_true(isnan(eg_theory_dense_one_step(5, 3, bad[i])));
        double c = 1;
        assert_true(isnan(eg_theory_sphere(bad[i], 1, 20, 0.1, &c)) && isnan(c));
        assert_true(isnan(eg_theory_sphere(1, bad[i], 20, 0.1, NULL)));
        assert_true(isnan(eg_theory_sphere(1, 1, bad[i], 0.1, NULL)));
        assert_true(isnan(eg_theory_sphere(1, 1, 20, bad[i], NULL)));
        if (bad[i] != 0) {
            assert_true(isnan(eg_theory_exponential(bad[i])));
            assert_true(isnan(eg_theory_gardner(bad[i])));
        }
    }
    assert_true(isnan(eg_theory_mceliece_most(1)) && isnan(eg_theory_storkey(1)));
    assert_true(isnan(eg_theory_gardner(INFINITY)) && isnan(eg_theory_gardner_stability(2.0001)));
    assert_true(isnan(eg_theory_sparse(1)) && isnan(eg_theory_exponential(0.51)));
    assert_true(isnan(eg_theory_dense(100, 1)) && isnan(eg_theory_dense(100, -3)));
    assert_true(isnan(eg_theory_dense_one_step(100, 1, 10)));
    assert_true(isnan(eg_theory_sphere(1, 1, 1, 0.1, NULL)));
    assert_true(isnan(eg_theory_sphere(1, 1, 20, 1.5, NULL)));
}

static int handled;

static void handler(const char *reason, const char *file, int line, int code)
{
    (void) code;
    print_error("%s:%d: %s\n", file, line, reason);
    handled++;
}

static void no_argument_reaches_the_error_handler_of_gsl(void **state)
{
    (void) state;
    gsl_error_handler_t *before = gsl_set_error_handler(handler);
    static const double x[] = {-INFINITY, -1e300, -1,    -5e-324,   0,        5e-324,
                               1e-300,    1e-9,   0.05,  0.1379056, 0.5,      1,
                               2,         1e300,  1e308, DBL_MAX,   INFINITY, NAN};
    double c;
    handled = 0;
    (void) eg_theory_first_order();
    for (size_t i = 0; i < COUNT(x); i++) {
        (void) eg_theory_overlap(x[i]);
        (void) eg_theory_one_step(x[i]);
        (void) eg_theory_gardner(x[i]);
        (void) eg_theory_gardner_stability(x[i]);
        (void) eg_theory_exponential(x[i]);
        (void) eg_theory_dense(x[i], INT_MAX);
        for (size_t j = 0; j < COUNT(x); j++) {
            (void) eg_theory_sphere(x[i], x[j], 20, 0.1, &c);
            (void) eg_theory_sphere(1, x[i], x[j], 0.1, &c);
        }
    }
    gsl_set_error_handler(before);
    assert_int_equal(handled, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_critical_point_has_its_known_digits),
        cmocka_unit_test(the_critical_point_is_the_highest_point_of_the_equation),
        cmocka_unit_test(iteration_from_a_pattern_stays_below_the_critical_load_and_falls_above),
        cmocka_unit_test(overlaps_agree_with_the_table),
        cmocka_unit_test(overlaps_solve_the_mean_field_equations),
        cmocka_unit_test(overlap_falls_to_the_critical_one_and_is_zero_above),
        cmocka_unit_test(energies_of_retrieval_and_spin_glass_meet_at_the_first_order_point),
        cmocka_unit_test(one_step_errors_agree_with_the_table),
        cmocka_unit_test(capacities_in_patterns_agree_with_the_table),
        cmocka_unit_test(gardner_is_two_without_stability_and_agrees_with_quadrature),
        cmocka_unit_test(the_stability_is_the_inverse_of_gardners_load),
        cmocka_unit_test(sparse_patterns_fill_more_the_sparser_they_are),
        cmocka_unit_test(dense_memories_agree_with_the_table),
        cmocka_unit_test(a_dense_memory_of_power_two_is_the_classical_one),
        cmocka_unit_test(one_wrong_bit_is_as_likely_at_the_capacity_of_every_power),
        cmocka_unit_test(the_exponential_memory_holds_half_of_ln_two),
        cmocka_unit_test(the_sphere_agrees_with_the_papers_examples),
        cmocka_unit_test(the_sphere_solves_its_equation_for_small_and_large_strengths),
        cmocka_unit_test(nonsense_is_not_a_number),
        cmocka_unit_test(no_argument_reaches_the_error_handler_of_gsl),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
