/* tests/kernel_arrays.h -- arrays that end where a guard begins: a kernel may not write past them.
 */
#ifndef EG_TESTS_KERNEL_ARRAYS_H
#define EG_TESTS_KERNEL_ARRAYS_H

#include <stdlib.h>
#include <string.h>

#include "tensor/kernels.h"

#include "tests/check.h"
#include "tests/fixture.h"

static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 64, 65, 127, 128, 129, 1000};
enum { SIZES = sizeof sizes / sizeof sizes[0], GUARD = 64 };

#define EACH_TABLE for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++)
#define EACH_SIZE for (size_t s = 0, n = sizes[0]; s < SIZES; s++, n = sizes[s < SIZES ? s : 0])

/* n random numbers, then the guard. */
static inline real *fresh(size_t n, double lo, double hi, uint64_t seed)
{
    real *x = malloc((n + GUARD) * sizeof *x);
    assert_non_null(x);
    draw_uniform(x, n, lo, hi, seed);
    for (size_t i = 0; i < GUARD; i++)
        x[n + i] = (real) 777;
    return x;
}

static inline real *copy_of(const real *x, size_t n)
{
    real *y = malloc((n + GUARD) * sizeof *y);
    assert_non_null(y);
    memcpy(y, x, (n + GUARD) * sizeof *y);
    return y;
}

static inline double *doubles(size_t n)
{
    double *x = calloc(n, sizeof *x);
    assert_non_null(x);
    return x;
}

static inline void done(real *x, size_t n)
{
    for (size_t i = 0; i < GUARD; i++)
        assert_true(x[n + i] == (real) 777);
    free(x);
}

#endif
