/* tensor/kernels/isa.h -- what differs between the compilations of one kernel.
 *
 * meson compiles the folder once per table with -DEG_ISA=base|avx2|avx512.  Elementwise loops
 * are left to the compiler (`#pragma omp simd`).  Loops that keep sums in registers are written
 * with the compiler's portable vector type, eg_vec: the order of every sum is that of the text
 * below, the same at every run.  A last vector that is not full is filled with zeros. */
#ifndef EG_TENSOR_KERNELS_ISA_H
#define EG_TENSOR_KERNELS_ISA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/real.h"
#include "tensor/kernels.h"

#define EG_CAT2(a, b) a##_##b
#define EG_CAT(a, b) EG_CAT2(a, b)
#define EG_K(name) EG_CAT(eg_k_##name, EG_ISA)

#define EG_INLINE static inline __attribute__((always_inline))

/* One vector register. */
#if defined(__AVX512F__)
#define EG_VBYTES 64
#elif defined(__AVX2__)
#define EG_VBYTES 32
#else
#define EG_VBYTES 16
#endif
#define EG_LANES (EG_VBYTES / sizeof(real))

typedef real eg_vec __attribute__((vector_size(EG_VBYTES)));
#ifdef EG_DOUBLE
typedef int64_t eg_mask __attribute__((vector_size(EG_VBYTES)));
#else
typedef int32_t eg_mask __attribute__((vector_size(EG_VBYTES)));
#endif

/* `left` numbers are there: a full vector, or what there is and zeros. */
EG_INLINE eg_vec eg_get(const real *p, size_t left)
{
    eg_vec v = {0};
    memcpy(&v, p, left >= EG_LANES ? sizeof v : left * sizeof *p);
    return v;
}

EG_INLINE void eg_put(real *p, eg_vec v, size_t left)
{
    memcpy(p, &v, left >= EG_LANES ? sizeof v : left * sizeof *p);
}

typedef real eg_v2 __attribute__((vector_size(2 * sizeof(real))));
typedef real eg_v4 __attribute__((vector_size(4 * sizeof(real))));
typedef real eg_v8 __attribute__((vector_size(8 * sizeof(real))));

/* The sum of the lanes, by halves. */
EG_INLINE real eg_hsum(eg_vec v)
{
#if EG_VBYTES == 64 && !defined(EG_DOUBLE)
    const eg_v8 v8 = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)
                     + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#elif EG_VBYTES == 64 || (EG_VBYTES == 32 && !defined(EG_DOUBLE))
    const eg_v8 v8 = v;
#endif
#if EG_VBYTES == 64 || (EG_VBYTES == 32 && !defined(EG_DOUBLE))
    const eg_v4 v4 =
        __builtin_shufflevector(v8, v8, 0, 1, 2, 3) + __builtin_shufflevector(v8, v8, 4, 5, 6, 7);
#elif EG_VBYTES == 32 || !defined(EG_DOUBLE)
    const eg_v4 v4 = v;
#endif
#if EG_VBYTES == 16 && defined(EG_DOUBLE)
    const eg_v2 v2 = v;
#else
    const eg_v2 v2 = __builtin_shufflevector(v4, v4, 0, 1) + __builtin_shufflevector(v4, v4, 2, 3);
#endif
    return v2[0] + v2[1];
}

EG_INLINE real eg_sum(const real *x, size_t n)
{
    eg_vec sum = {0};
    for (size_t i = 0; i < n; i += EG_LANES)
        sum += eg_get(x + i, n - i);
    return eg_hsum(sum);
}

EG_INLINE real eg_inner(const real *x, const real *y, size_t n)
{
    eg_vec sum = {0};
    for (size_t i = 0; i < n; i += EG_LANES)
        sum += eg_get(x + i, n - i) * eg_get(y + i, n - i);
    return eg_hsum(sum);
}

/* The largest of n > 0 numbers; a NaN among them may or may not be passed over. */
EG_INLINE real eg_top(const real *x, size_t n)
{
    real top = x[0];
    if (n >= EG_LANES) {
        eg_vec best = eg_get(x, n);
        size_t i = EG_LANES;
        for (; i + EG_LANES <= n; i += EG_LANES) {
            const eg_vec v = eg_get(x + i, EG_LANES);
            const eg_mask larger = (eg_mask) (v > best);
            best = (eg_vec) ((larger & (eg_mask) v) | (~larger & (eg_mask) best));
        }
        for (size_t lane = 0; lane < EG_LANES; lane++)
            top = best[lane] > top ? best[lane] : top;
        x += i;
        n -= i;
    }
    for (size_t i = 0; i < n; i++)
        top = x[i] > top ? x[i] : top;
    return top;
}

/* Runs `block(vecs, left, i, ...)` over n numbers: eight vectors at a time, then one by one. */
#define EG_OVER_BLOCKS(n, block, ...)                        \
    do {                                                     \
        size_t i_ = 0;                                       \
        for (; i_ + 8 * EG_LANES <= (n); i_ += 8 * EG_LANES) \
            block(8, 8 * EG_LANES, i_, __VA_ARGS__);         \
        for (; i_ < (n); i_ += EG_LANES)                     \
            block(1, (n) -i_, i_, __VA_ARGS__);              \
    } while (0)

/* For loops over the vectors of a block, whose number is a constant. */
#define EG_EACH_VEC _Pragma("GCC unroll 8") for (size_t v = 0; v < vecs; v++)

/* Every kernel is declared here once, so that table.c can name it. */
#include "tensor/kernels/declare.h"

#endif
