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
#ifdef __AVX512F__
#include <immintrin.h>
#endif

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

/* `left` numbers are there: a full vector, or what there is and zeros.  AVX-512 reads and
 * writes part of a vector in one instruction; elsewhere the compiler makes a copy of it. */
#if defined(__AVX512F__) && !defined(EG_DOUBLE)
EG_INLINE eg_vec eg_get(const real *p, size_t left)
{
    if (left >= EG_LANES)
        return (eg_vec) _mm512_loadu_ps(p);
    return (eg_vec) _mm512_maskz_loadu_ps((__mmask16) ((1u << left) - 1), p);
}

EG_INLINE void eg_put(real *p, eg_vec v, size_t left)
{
    if (left >= EG_LANES)
        _mm512_storeu_ps(p, (__m512) v);
    else
        _mm512_mask_storeu_ps(p, (__mmask16) ((1u << left) - 1), (__m512) v);
}
#else
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
#endif

/* Lane by lane; compilers make one instruction of each. */
EG_INLINE eg_vec eg_all(real x)
{
    return x - (eg_vec){0};
}

EG_INLINE eg_vec eg_select(eg_mask where, eg_vec yes, eg_vec no)
{
    return (eg_vec) ((where & (eg_mask) yes) | (~where & (eg_mask) no));
}

/* Of two numbers the smaller or the larger; `b` where one of them is NaN.  gcc does not see
 * that the comparison and choice are one instruction. */
#if defined(__AVX512F__) && !defined(EG_DOUBLE)
EG_INLINE eg_vec eg_least(eg_vec a, eg_vec b)
{
    return (eg_vec) _mm512_min_ps((__m512) a, (__m512) b);
}

EG_INLINE eg_vec eg_most(eg_vec a, eg_vec b)
{
    return (eg_vec) _mm512_max_ps((__m512) a, (__m512) b);
}
#else
EG_INLINE eg_vec eg_least(eg_vec a, eg_vec b)
{
    return eg_select((eg_mask) (a < b), a, b);
}

EG_INLINE eg_vec eg_most(eg_vec a, eg_vec b)
{
    return eg_select((eg_mask) (a > b), a, b);
}
#endif

/* The vector in halves and quarters. */
typedef real eg_vec_half __attribute__((vector_size(EG_VBYTES / 2)));
union eg_halves {
    eg_vec whole;
    eg_vec_half half[2];
};
#if EG_VBYTES == 64
typedef real eg_vec_quarter __attribute__((vector_size(EG_VBYTES / 4)));
union eg_quarters {
    eg_vec_half whole;
    eg_vec_quarter half[2];
};
#endif

/* The sum of the lanes, by halves. */
EG_INLINE real eg_hsum(eg_vec v)
{
#if EG_VBYTES == 16
    const eg_vec last = v;
    const size_t lanes = EG_LANES;
#else
    const union eg_halves halves = {.whole = v};
#if EG_VBYTES == 32
    const eg_vec_half last = halves.half[0] + halves.half[1];
    const size_t lanes = EG_LANES / 2;
#else
    const union eg_quarters quarters = {.whole = halves.half[0] + halves.half[1]};
    const eg_vec_quarter last = quarters.half[0] + quarters.half[1];
    const size_t lanes = EG_LANES / 4;
#endif
#endif
    /* 16 bytes are left: four floats or two doubles. */
    return lanes == 4 ? (last[0] + last[2 % lanes]) + (last[1] + last[3 % lanes])
                      : last[0] + last[1];
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

/* The largest lane. */
EG_INLINE real eg_htop(eg_vec v)
{
#if defined(__AVX512F__) && !defined(EG_DOUBLE)
    return _mm512_reduce_max_ps((__m512) v);
#else
    real top = v[0];
    for (size_t l = 1; l < EG_LANES; l++)
        top = v[l] > top ? v[l] : top;
    return top;
#endif
}

/* The largest of n > 0 numbers; a NaN among them may or may not be passed over. */
EG_INLINE real eg_top(const real *x, size_t n)
{
    eg_vec best = eg_all(x[0]);
    size_t i = 0;
    for (; i + EG_LANES <= n; i += EG_LANES)
        best = eg_most(eg_get(x + i, EG_LANES), best);
    real top = eg_htop(best);
    for (; i < n; i++)
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
