/* Means, medians and Wilson's interval: by hand, and against published intervals. */
#include "experiments/statistics.h"

#include "tests/check.h"

/* 1, 2, 3, 4: variance (9 + 1 + 1 + 9) / 4 / 3 = 5/3, of the mean 5/12. */
static void mean_and_standard_error_are_those_worked_out_by_hand(void **state)
{
    (void) state;
    double mean, error;
    assert_int_equal(eg_mean_error((const double[]){1, 2, 3, 4}, 4, &mean, &error), 4);
    check_close(mean, 2.5, 0, 0);
    check_close(error, sqrt(5.0 / 12), 1e-15, 0);
    assert_int_equal(eg_mean_error((const double[]){-3, 5}, 2, &mean, &error), 2);
    check_close(mean, 1, 0, 0);
    check_close(error, 4, 0, 0); /* sd = sqrt(32), over sqrt(2) */
}

static void what_is_not_finite_is_left_out(void **state)
{
    (void) state;
    const double x[] = {NAN, 1, INFINITY, 2, -INFINITY, 3, NAN, 4};
    double mean, error;
    assert_int_equal(eg_mean_error(x, 8, &mean, &error), 4);
    check_close(mean, 2.5, 0, 0);
    check_close(error, sqrt(5.0 / 12), 1e-15, 0);
}

static void one_number_has_no_error_and_none_has_no_mean(void **state)
{
    (void) state;
    double mean = 0, error = 0;
    assert_int_equal(eg_mean_error((const double[]){7}, 1, &mean, &error), 1);
    check_close(mean, 7, 0, 0);
    assert_true(isnan(error));
    mean = error = 0;
    assert_int_equal(eg_mean_error((const double[]){NAN, NAN}, 2, &mean, &error), 0);
    assert_true(isnan(mean) && isnan(error));
    mean = error = 0;
    assert_int_equal(eg_mean_error(&mean, 0, &mean, &error), 0);
    assert_true(isnan(mean) && isnan(error));
}

static void equal_numbers_have_an_error_of_zero(void **state)
{
    (void) state;
    const double x[] = {0.1, 0.1, 0.1, 0.1, 0.1};
    double mean, error;
    assert_int_equal(eg_mean_error(x, 5, &mean, &error), 5);
    check_close(mean, 0.1, 0, 0);
    check_close(error, 0, 0, 0);
}

/* Squares of 1e9 are 1e18, where the spacing of doubles is 128. */
static void a_small_spread_about_a_large_mean_is_not_lost(void **state)
{
    (void) state;
    double mean, error;
    const double x[] = {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4};
    assert_int_equal(eg_mean_error(x, 4, &mean, &error), 4);
    check_close(mean, 1e9 + 2.5, 0, 0);
    check_close(error, sqrt(5.0 / 12), 1e-12, 0);
}

static void a_median_halves_its_numbers(void **state)
{
    (void) state;
    double odd[] = {5, -1, 3}, even[] = {4, 1, 3, 2}, one[] = {9}, twice[] = {2, 2, 7, 2};
    check_close(eg_median(odd, 3), 3, 0, 0);
    check_close(eg_median(even, 4), 2.5, 0, 0);
    check_close(eg_median(one, 1), 9, 0, 0);
    check_close(eg_median(twice, 4), 2, 0, 0);
    assert_true(isnan(eg_median(one, 0)));
    for (int i = 1; i < 4; i++)
        assert_true(even[i - 1] < even[i]); /* sorted, as promised */
}

static void quantiles_lie_where_the_numbers_are_counted(void **state)
{
    (void) state;
    double five[] = {50, 10, 40, 20, 30}, four[] = {4, 1, 3, 2}, one[] = {9};
    check_close(eg_quantile(five, 5, 0.25), 20, 0, 0);
    check_close(eg_quantile(five, 5, 0.5), 30, 0, 0);
    check_close(eg_quantile(five, 5, 1), 50, 0, 0);
    check_close(eg_quantile(four, 4, 0.25), 1.75, 0, 0);
    check_close(eg_quantile(four, 4, 0.5), eg_median(four, 4), 0, 0);
    check_close(eg_quantile(four, 4, 0.75), 3.25, 0, 0);
    check_close(eg_quantile(four, 4, 0), 1, 0, 0);
    check_close(eg_quantile(one, 1, 0.75), 9, 0, 0);
    assert_true(isnan(eg_quantile(one, 0, 0.5)));
}

/* Newcombe 1998 (Statistics in Medicine 17, 857), table I, method 3: the score interval. */
static void wilsons_interval_is_the_published_one(void **state)
{
    (void) state;
    /* clang-format off */
    const struct { double k, n, low, high; } table[] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double low, high;
        eg_wilson(table[i].k, table[i].n, &low, &high);
        check_close(low, table[i].low, 0, 0.5e-4);
        check_close(high, table[i].high, 0, 0.5e-4);
    }
}

/* The ends are where |k/n - p| = z sqrt(p (1 - p) / n): the equation the interval comes from. */
static void the_ends_solve_the_score_equation(void **state)
{
    (void) state;
    const double z = 1.959963984540054;
    for (int n = 1; n <= 200; n += 7)
        for (int k = 0; k <= n; k++) {
            double ends[2];
            eg_wilson(k, n, &ends[0], &ends[1]);
            assert_true(ends[0] >= 0 && ends[1] <= 1);
            assert_true((k > 0) == (ends[0] > 0) && (k < n) == (ends[1] < 1));
            const double p = (double) k / n;
            for (int e = 0; e < 2; e++)
                check_close((p - ends[e]) * (p - ends[e]), z * z * ends[e] * (1 - ends[e]) / n,
                            1e-11, 1e-15);
            assert_true(ends[0] <= p + 1e-15 && ends[1] >= p - 1e-15 && ends[0] < ends[1]);
        }
}

static void failures_have_the_mirrored_interval_of_successes(void **state)
{
    (void) state;
    for (int k = 0; k <= 40; k++) {
        double low, high, other_low, other_high;
        eg_wilson(k, 40, &low, &high);
        eg_wilson(40 - k, 40, &other_low, &other_high);
        check_close(low, 1 - other_high, 0, 1e-15);
        check_close(high, 1 - other_low, 0, 1e-15);
    }
}

static void nothing_tried_says_nothing(void **state)
{
    (void) state;
    double low = 0.5, high = 0.5;
    eg_wilson(0, 0, &low, &high);
    check_close(low, 0, 0, 0);
    check_close(high, 1, 0, 0);
}

/* With replacement, 4 of 7 draws are the least of 7 numbers, or the least two, with probability
 * 0.010 and 0.109 (binomial): the 2.5 % lie at the second.  Of 5 numbers it is 0.058 for the least.
 */
static void an_interval_of_the_median_ends_where_its_distribution_does(void **state)
{
    (void) state;
    const double seven[] = {7, 1, 5, 3, 2, 6, 4}, five[] = {10, 50, 40, 20, 30};
    double low, high;
    eg_bootstrap_median(seven, 7, &low, &high);
    check_close(low, 2, 0, 0);
    check_close(high, 6, 0, 0);
    eg_bootstrap_median(five, 5, &low, &high);
    check_close(low, 10, 0, 0);
    check_close(high, 50, 0, 0);
    eg_bootstrap_median(five, 1, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static void equal_numbers_leave_no_doubt_of_their_median(void **state)
{
    (void) state;
    const double x[] = {3, 3, 3, 3};
    double low, high;
    eg_bootstrap_median(x, 4, &low, &high);
    check_close(low, 3, 0, 0);
    check_close(high, 3, 0, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_standard_error_are_those_worked_out_by_hand),
        cmocka_unit_test(what_is_not_finite_is_left_out),
        cmocka_unit_test(one_number_has_no_error_and_none_has_no_mean),
        cmocka_unit_test(equal_numbers_have_an_error_of_zero),
        cmocka_unit_test(a_small_spread_about_a_large_mean_is_not_lost),
        cmocka_unit_test(a_median_halves_its_numbers),
        cmocka_unit_test(quantiles_lie_where_the_numbers_are_counted),
        cmocka_unit_test(wilsons_interval_is_the_published_one),
        cmocka_unit_test(the_ends_solve_the_score_equation),
        cmocka_unit_test(failures_have_the_mirrored_interval_of_successes),
        cmocka_unit_test(nothing_tried_says_nothing),
        cmocka_unit_test(an_interval_of_the_median_ends_where_its_distribution_does),
        cmocka_unit_test(equal_numbers_leave_no_doubt_of_their_median),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
