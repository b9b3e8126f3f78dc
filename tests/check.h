/* tests/check.h -- comparisons that a NaN cannot pass.
 *
 * cmocka's own macros for float and double accept NaN and compare in float; the tests use
 * these instead.  |got - want| <= atol + rtol |want|, both tolerances stated at the call. */
#ifndef EG_TESTS_CHECK_H
#define EG_TESTS_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"

static inline void check_close_at(double got, double want, double rtol, double atol,
                                  const char *what, const char *file, int line)
{
    if (!(fabs(got - want) <= atol + rtol * fabs(want))) {
        print_error("%s = %.17g, expected %.17g (difference %.3g)\n", what, got, want, got - want);
        _fail(file, line);
    }
}

static inline void check_all_close_at(const real *got, const double *want, size_t n, double rtol,
                                      double atol, const char *what, const char *file, int line)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double) got[i] - want[i]) <= atol + rtol * fabs(want[i]))) {
            print_error("%s[%zu] = %.17g, expected %.17g (difference %.3g)\n", what, i,
                        (double) got[i], want[i], (double) got[i] - want[i]);
            _fail(file, line);
        }
}

#define check_close(got, want, rtol, atol) \
    check_close_at((double) (got), (double) (want), (rtol), (atol), #got, __FILE__, __LINE__)

#define check_all_close(got, want, n, rtol, atol) \
    check_all_close_at((got), (want), (n), (rtol), (atol), #got, __FILE__, __LINE__)

/* One test by name: `test_x PATTERN`. */
#define CHECK_FILTER(argc, argv) cmocka_set_test_filter((argc) > 1 ? (argv)[1] : NULL)

#endif
