/* Properties of the build: arithmetic is IEEE's, and GSL does not abort. */
#include <math.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_log.h>

#include "core/real.h"

#include "tests/check.h"

static void nan_and_infinity_are_there(void **state)
{
    (void) state;
    volatile real source = 4; /* volatile: the compiler must not see through */
    const real four = source, zero = source - 4;
    assert_true(isnan(zero / zero)); /* lost with -ffinite-math-only */
    assert_true(isinf(four / zero));
    const real nan = zero / zero;
    const int equal = nan == nan;
    assert_false(equal);
    const int ordered = nan > 0 || nan <= 0;
    assert_false(ordered);
}

static void sums_are_not_reordered(void **state)
{
    (void) state;
    volatile double source = 0x1p53;
    const double big = source;
    assert_true((big + 1.0) - big == 0.0); /* lost with -fassociative-math */
    volatile real source2 = sizeof(real) == 4 ? (real) 0x1p24 : (real) 0x1p53;
    const real big2 = source2;
    assert_true((big2 + 1) - big2 == 0);
}

static void zero_has_a_sign_and_division_is_division(void **state)
{
    (void) state;
    volatile real source = 0, three = 3, ten = 10;
    const real zero = source, minus = -zero;
    assert_true(signbit(minus) && !signbit(zero)); /* lost with -fno-signed-zeros */
    assert_true(signbit(minus + minus) && !signbit(minus + zero));
    const real q = ten / three; /* correctly rounded: lost with -freciprocal-math */
    assert_true(q == (sizeof(real) == 4 ? (real) 0x1.aaaaaap1 : (real) 0x1.aaaaaaaaaaaabp1));
}

static void the_smallest_numbers_are_not_flushed(void **state)
{
    (void) state;
    volatile real source = sizeof(real) == 4 ? (real) FLT_MIN : (real) DBL_MIN;
    const real smallest = source;
    assert_true(smallest / 4 > 0); /* lost where -ffast-math was linked in */
    assert_true(smallest / 4 * 4 == smallest);
}

static void a_failing_call_of_gsl_comes_back_as_a_code(void **state)
{
    (void) state;
    gsl_sf_result result;
    assert_int_equal(gsl_sf_log_e(-1, &result), GSL_EDOM);
}

int main(int argc, char **argv)
{
    gsl_set_error_handler_off(); /* as the program does; GSL's own aborts */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nan_and_infinity_are_there),
        cmocka_unit_test(sums_are_not_reordered),
        cmocka_unit_test(zero_has_a_sign_and_division_is_division),
        cmocka_unit_test(the_smallest_numbers_are_not_flushed),
        cmocka_unit_test(a_failing_call_of_gsl_comes_back_as_a_code),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
