/* tensor/kernels/vmath.h -- exp, log, tanh and sigmoid that a compiler can vectorise.
 *
 * In float: range reduction and a polynomial, without branches; tests/test_kernels.c holds
 * them to a few ulp of the C library over the whole range.  A NaN stays a NaN.  In double:
 * the C library's functions, since the double build is for checking and not for speed.
 *
 * Minimax coefficients: S. L. Moshier, Cephes mathematical library (expf, logf, tanhf). */
#ifndef EG_TENSOR_KERNELS_VMATH_H
#define EG_TENSOR_KERNELS_VMATH_H

#include <math.h>
#include <stdint.h>

#include "tensor/kernels/isa.h"

#ifdef EG_DOUBLE

EG_INLINE real eg_vexp(real x)
{
    return exp(x);
}

EG_INLINE real eg_vlog(real x)
{
    return log(x);
}

EG_INLINE real eg_vtanh(real x)
{
    return tanh(x);
}

EG_INLINE real eg_vsigmoid(real x)
{
    return 1 / (1 + exp(-x));
}

#else

union eg_bits {
    float f;
    int32_t i;
};

/* Below -87.3 the answer is the smallest normal number instead of a subnormal one or zero;
 * above 88.3 it is the largest power that is finite. */
EG_INLINE real eg_vexp(real x)
{
    const float round = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = x > 88.02f ? 88.02f : x;
    x = x < -87.33f ? -87.33f : x;
    union eg_bits shifted = {.f = x * 1.44269504088896341f + round};
    const float n = shifted.f - round;
    float r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    union eg_bits scale = {.i = (int32_t) ((uint32_t) (shifted.i + 127) << 23)};
    return p * scale.f;
}

/* x > 0 and normal. */
EG_INLINE real eg_vlog(real x)
{
    union eg_bits b = {.f = x};
    /* Mantissa in [sqrt(1/2), sqrt(2)): the offset carries into the exponent where needed. */
    const int32_t offset = b.i - 0x3f3504f3;
    const float e = (float) (offset >> 23);
    union eg_bits mantissa = {.i = (offset & 0x007fffff) + 0x3f3504f3};
    const float r = mantissa.f - 1.0f;
    const float z = r * r;
    float p = 7.0376836292e-2f;
    p = p * r - 1.1514610310e-1f;
    p = p * r + 1.1676998740e-1f;
    p = p * r - 1.2420140846e-1f;
    p = p * r + 1.4249322787e-1f;
    p = p * r - 1.6668057665e-1f;
    p = p * r + 2.0000714765e-1f;
    p = p * r - 2.4999993993e-1f;
    p = p * r + 3.3333331174e-1f;
    p = p * r * z;
    p += e * -2.12194440e-4f;
    p -= 0.5f * z;
    return x != x ? x : r + p + e * 0.693359375f;
}

EG_INLINE real eg_vtanh(real x)
{
    const float a = x < 0 ? -x : x;
    const float u = eg_vexp(-2 * a);
    const float big = (1 - u) / (1 + u);
    const float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    p = p * z * x + x;
    const float signed_big = x < 0 ? -big : big;
    return a < 0.625f ? p : signed_big;
}

EG_INLINE real eg_vsigmoid(real x)
{
    return 1 / (1 + eg_vexp(-x));
}

#endif

#endif
