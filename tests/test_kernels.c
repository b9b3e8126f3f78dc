/* Every entry of every kernel table of this machine against plain arithmetic, written out here
 * in double; those of a memory and of an LSTM are in tests/test_kernels_memory.c. */
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels.h"

#include "tests/check.h"
#include "tests/kernel_arrays.h"

static void sums_are_sums(void **state)
{
    (void) state;
    EACH_TABLE
    EACH_SIZE
    {
        real *x = fresh(n, -1, 1, n), *y = fresh(n, -1, 1, n + 1), *z = copy_of(y, n);
        double dot = 0, squares = 0;
        (*k)->add(y, x, n);
        (*k)->axpy(z, (real) -2.5, x, n);
        real *again = fresh(n, -1, 1, n + 1);
        for (size_t i = 0; i < n; i++) {
            check_close(y[i], (double) again[i] + (double) x[i], EG_EPS, EG_EPS);
            check_close(z[i], (double) again[i] - 2.5 * (double) x[i], EG_EPS, 2 * EG_EPS);
            dot += (double) again[i] * (double) x[i];
            squares += (double) x[i] * (double) x[i];
        }
        check_close((*k)->dot(again, x, n), dot, 0, (double) n * EG_EPS);
        check_close((*k)->sum_of_squares(x, n), squares, 1e-13, 0);
        done(x, n);
        done(y, n);
        done(z, n);
        done(again, n);
    }
}

/* Five words, one of them twice, of a table of four rows that lie two numbers further apart. */
static void bags_are_sums_of_weighted_rows(void **state)
{
    (void) state;
    static const uint32_t symbol[5] = {3, 0, 3, 1, 0};
    static const real level[5] = {1, 0, -2, 0.5, 3}, slope[5] = {0, 1, 4, -1, 2};
    EACH_TABLE
    EACH_SIZE
    for (int weighted = 0; weighted < 2; weighted++) {
        const size_t stride = n + 2;
        real *table = fresh(4 * stride, -1, 1, n), *ramp = fresh(n, 0, 1, n + 1);
        real *y = fresh(n, -1, 1, n + 2), *was = copy_of(y, n),
             *dtable = copy_of(table, 4 * stride);
        const real *a = weighted ? level : NULL, *b = weighted ? slope : NULL;
        (*k)->bag(y, table, stride, symbol, a, b, ramp, 5, n);
        (*k)->bag_back(dtable, was, stride, symbol, a, b, ramp, 5, n);
        for (size_t i = 0; i < n; i++) {
            double sum = (double) was[i], w[4] = {0};
            for (size_t j = 0; j < 5; j++) {
                const double here =
                    weighted ? (double) level[j] + (double) slope[j] * (double) ramp[i] : 1;
                sum += here * (double) table[symbol[j] * stride + i];
                w[symbol[j]] += here;
            }
            check_close(y[i], sum, 0, 32 * EG_EPS);
            for (size_t r = 0; r < 4; r++)
                check_close(dtable[r * stride + i],
                            (double) table[r * stride + i] + w[r] * (double) was[i], 0,
                            32 * EG_EPS);
        }
        for (size_t r = 0; r < 4; r++)
            for (size_t i = n; i < stride; i++)
                assert_true(dtable[r * stride + i] == table[r * stride + i]);
        done(table, 4 * stride);
        done(ramp, n);
        done(y, n);
        done(was, n);
        done(dtable, 4 * stride);
    }
}

typedef void map_fn(real *y, const real *x, size_t n);

static void check_map(map_fn *f, double (*want)(double), double lo, double hi, size_t n,
                      double ulps)
{
    real *x = fresh(n, lo, hi, n), *y = fresh(n, 0, 1, 1);
    f(y, x, n);
    for (size_t i = 0; i < n; i++)
        check_close(y[i], want((double) x[i]), ulps * EG_EPS, ulps * EG_EPS);
    done(x, n);
    done(y, n);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static void functions_of_arrays_of_any_length(void **state)
{
    (void) state;
    EACH_TABLE
    EACH_SIZE
    {
        check_map((*k)->exp, exp, -10, 3, n, 4);
        check_map((*k)->log, log, 0.01, 10, n, 4);
        check_map((*k)->sigmoid, sigmoid, -20, 20, n, 4);
        check_map((*k)->tanh, tanh, -5, 5, n, 4);
    }
}

/* ---- the whole range ---- */

/* Error in units of the last place of `want`, which is at least the smallest normal number. */
static double ulps_off(double got, double want, double smallest)
{
    const double size = fabs(want) > smallest ? fabs(want) : smallest;
    int exponent;
    frexp(size, &exponent);
    return fabs(got - want) / ldexp(EG_EPS / 2, exponent);
}

/* f at 200,001 places from lo to hi, all within `ulps`. */
static void check_range(const char *what, map_fn *f, double (*want)(double), double lo, double hi,
                        double ulps)
{
    enum { BLOCK = 1000, BLOCKS = 200 };
    const double smallest = sizeof(real) == 4 ? (double) FLT_MIN : DBL_MIN;
    double worst = 0, at = 0;
    for (size_t b = 0; b < BLOCKS; b++) {
        real x[BLOCK], y[BLOCK];
        for (size_t i = 0; i < BLOCK; i++)
            x[i] = (real) (lo + (hi - lo) * (double) (b * BLOCK + i) / (BLOCK * BLOCKS - 1));
        f(y, x, BLOCK);
        for (size_t i = 0; i < BLOCK; i++) {
            const double off = ulps_off((double) y[i], want((double) x[i]), smallest);
            if (!(off <= worst)) {
                worst = off;
                at = (double) x[i];
            }
        }
    }
    if (!(worst <= ulps)) {
        print_error("%s is off by %.3g ulp at %.9g\n", what, worst, at);
        fail();
    }
}

/* x = 10^d for d from lo to hi, and its logarithm. */
static void check_logs(map_fn *f, double ulps)
{
    const double lo = sizeof(real) == 4 ? -37.9 : -307, hi = sizeof(real) == 4 ? 38.5 : 308;
    for (size_t i = 0; i < 100000; i++) {
        const real x = (real) pow(10, lo + (hi - lo) * (double) i / 99999);
        real y;
        f(&y, &x, 1);
        if (!(ulps_off((double) y, log((double) x), 1e-3) <= ulps)) {
            print_error("log(%.9g) = %.9g\n", (double) x, (double) y);
            fail();
        }
    }
}

static void functions_are_within_a_few_ulp_over_the_whole_range(void **state)
{
    (void) state;
    const int single = sizeof(real) == 4;
    EACH_TABLE
    {
        /* In double these are the C library's. */
        check_range("exp", (*k)->exp, exp, single ? -87.3 : -700, single ? 88 : 700, 3);
        check_range("exp near 0", (*k)->exp, exp, -0.01, 0.01, 3);
        check_range("sigmoid", (*k)->sigmoid, sigmoid, single ? -87 : -700, 100, 4);
        check_range("tanh", (*k)->tanh, tanh, -20, 20, 4);
        check_range("tanh near 0", (*k)->tanh, tanh, -0.01, 0.01, 4);
        check_range("tanh where it changes", (*k)->tanh, tanh, 0.62, 0.63, 4);
        check_range("log near 1", (*k)->log, log, 0.99, 1.01, 4);
        check_logs((*k)->log, 4);
    }
}

static real at(map_fn *f, double x)
{
    const real in = (real) x;
    real out;
    f(&out, &in, 1);
    return out;
}

/* Beyond the range of float exp gives the smallest normal number and the largest power: no zero
 * to divide by, no infinity. */
static void ends_of_the_range_are_finite_and_nan_stays_nan(void **state)
{
    (void) state;
    EACH_TABLE
    {
        map_fn *const all[] = {(*k)->exp, (*k)->log, (*k)->sigmoid, (*k)->tanh};
        for (size_t i = 0; i < 4; i++)
            assert_true(isnan(at(all[i], NAN)));
        assert_true(at((*k)->exp, 0) == 1);
        assert_true(at((*k)->exp, -INFINITY) >= 0 && at((*k)->exp, -INFINITY) < (real) 1e-37);
        assert_true(at((*k)->exp, -1e4) >= 0 && at((*k)->exp, -1e4) < (real) 1e-37);
        assert_true(at((*k)->exp, INFINITY) > (real) 1e38);
        assert_true(at((*k)->log, 1) == 0);
        assert_true(at((*k)->sigmoid, INFINITY) == 1 && at((*k)->sigmoid, 1e30) == 1);
        assert_true(at((*k)->sigmoid, -INFINITY) >= 0);
        assert_true(at((*k)->sigmoid, -INFINITY) < (real) 1e-37);
        assert_true(at((*k)->sigmoid, 0) == (real) 0.5);
        assert_true(at((*k)->tanh, INFINITY) == 1 && at((*k)->tanh, -INFINITY) == -1);
        assert_true(at((*k)->tanh, 1e30) == 1 && at((*k)->tanh, -1e30) == -1);
        assert_true(at((*k)->tanh, 0) == 0);
        if (sizeof(real) == 4)
            assert_true(isfinite(at((*k)->exp, INFINITY)) && at((*k)->exp, -INFINITY) > 0);
    }
}

/* ---- optimisers ---- */

static void optimisers_are_their_equations(void **state)
{
    (void) state;
    const real rate = (real) 0.01, decay = (real) 0.9, momentum = (real) 0.8, eps = (real) 1e-4;
    const double lr = (double) rate, d = (double) decay, p = (double) momentum, e = (double) eps;
    EACH_TABLE
    EACH_SIZE
    for (int kind = 0; kind < 4; kind++) {
        real *x = fresh(n, -1, 1, 1), *g = fresh(n, -1, 1, 2), *a = fresh(n, 0, 1, 3);
        real *b = fresh(n, -0.1, 0.1, 4), *c = fresh(n, -1, 1, 5);
        real *x0 = copy_of(x, n), *a0 = copy_of(a, n), *b0 = copy_of(b, n), *c0 = copy_of(c, n);
        const struct eg_adam adam = {.rate = rate, .beta1 = decay, .beta2 = momentum, .eps = eps};
        if (kind == 0)
            (*k)->rmsprop_graves(x, a, b, c, g, rate, decay, momentum, eps, n);
        else if (kind == 1)
            (*k)->rmsprop(x, a, c, g, rate, decay, momentum, eps, n);
        else if (kind == 2)
            (*k)->adam(x, b, a, g, &adam, n);
        else
            (*k)->sgd(x, c, g, rate, momentum, n);
        for (size_t i = 0; i < n; i++) {
            double A = (double) a0[i], M = (double) b0[i], V = (double) c0[i], X = (double) x0[i];
            const double G = (double) g[i];
            if (kind == 0) {
                A = d * A + (1 - d) * G * G;
                M = d * M + (1 - d) * G;
                V = p * V - lr * G / sqrt((A > M * M ? A - M * M : 0) + e);
                X += V;
            } else if (kind == 1) {
                A = d * A + (1 - d) * G * G;
                V = p * V - lr * G / (sqrt(A) + e);
                X += V;
            } else if (kind == 2) {
                M = d * M + (1 - d) * G;
                A = p * A + (1 - p) * G * G;
                X -= lr * M / (sqrt(A) + e);
            } else {
                V = p * V - lr * G;
                X += V;
            }
            check_close(a[i], A, 0, 8 * EG_EPS);
            check_close(b[i], M, 0, 8 * EG_EPS);
            check_close(c[i], V, 0, 64 * EG_EPS);
            check_close(x[i], X, 0, 64 * EG_EPS);
        }
        real *const all[] = {x, g, a, b, c, x0, a0, b0, c0};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            done(all[i], n);
    }
}

/* The mean of equal gradients is the gradient; what rounding leaves of the variance may be below
 * zero, and no square root of it is taken. */
static void a_variance_below_zero_counts_as_zero(void **state)
{
    (void) state;
    EACH_TABLE
    {
        real x = 0, n = (real) 0.25, mean = (real) 0.75, delta = 0;
        const real g = 0;
        (*k)->rmsprop_graves(&x, &n, &mean, &delta, &g, 1, 1, 0, (real) 1e-4, 1);
        assert_true(isfinite(x));
        const real g1 = 1; /* -1 / sqrt(1e-4) */
        (*k)->rmsprop_graves(&x, &n, &mean, &delta, &g1, 1, 1, 0, (real) 1e-4, 1);
        check_close(x, -100, 8 * EG_EPS, 0);
    }
}

static void clipping_counts_what_it_clips_and_keeps_nan(void **state)
{
    (void) state;
    EACH_TABLE
    EACH_SIZE
    {
        real *x = fresh(n, -3, 3, n), *was = copy_of(x, n);
        size_t clipped = 0;
        if (n > 2)
            x[1] = was[1] = 2; /* at the limit is not beyond it */
        if (n > 3)
            x[2] = was[2] = NAN;
        for (size_t i = 0; i < n; i++)
            clipped += was[i] > 2 || was[i] < -2;
        assert_int_equal((*k)->clip(x, 2, n), clipped);
        for (size_t i = 0; i < n; i++)
            assert_true(was[i] > 2    ? x[i] == 2
                        : was[i] < -2 ? x[i] == -2
                                      : x[i] == was[i] || (isnan(x[i]) && isnan(was[i])));
        done(x, n);
        done(was, n);
    }
}

static void nan_and_infinity_are_seen_in_the_sum_of_squares(void **state)
{
    (void) state;
    EACH_TABLE
    EACH_SIZE
    {
        real *x = fresh(n, -1, 1, n);
        x[n / 2] = NAN;
        assert_true(isnan((*k)->sum_of_squares(x, n)));
        x[n / 2] = -INFINITY;
        assert_true(isinf((*k)->sum_of_squares(x, n)));
        done(x, n);
    }
}

/* ---- the tables ---- */

static void every_entry_of_every_table_is_filled(void **state)
{
    (void) state;
    EACH_TABLE
    {
        typedef void (*entry)(void);
        entry entries[(sizeof **k - sizeof(char *)) / sizeof(entry)];
        memcpy(entries, (const char *) *k + sizeof(char *), sizeof entries);
        for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
            assert_true(entries[i] != NULL);
    }
}

static void tables_are_found_by_name(void **state)
{
    (void) state;
    EACH_TABLE
    assert_ptr_equal(eg_kernels_find((*k)->name), *k);
    assert_ptr_equal(eg_kernels_find("base"), eg_kernels_ref());
    assert_ptr_equal(eg_kernels_find("auto"), eg_kernels_best());
    assert_ptr_equal(eg_kernels_all()[0], eg_kernels_ref());
    assert_null(eg_kernels_find("avx1024"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_of_every_table_is_filled),
        cmocka_unit_test(tables_are_found_by_name),
        cmocka_unit_test(sums_are_sums),
        cmocka_unit_test(bags_are_sums_of_weighted_rows),
        cmocka_unit_test(functions_of_arrays_of_any_length),
        cmocka_unit_test(functions_are_within_a_few_ulp_over_the_whole_range),
        cmocka_unit_test(ends_of_the_range_are_finite_and_nan_stays_nan),
        cmocka_unit_test(optimisers_are_their_equations),
        cmocka_unit_test(a_variance_below_zero_counts_as_zero),
        cmocka_unit_test(clipping_counts_what_it_clips_and_keeps_nan),
        cmocka_unit_test(nan_and_infinity_are_seen_in_the_sum_of_squares),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
