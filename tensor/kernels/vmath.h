/* tensor/kernels/vmath.h -- exp, log, tanh and sigmoid of a vector.
 *
 * In float: range reduction and a polynomial, without branches; tests/test_kernels.c holds
 * them to a few ulp of the C library over the whole range.  A NaN stays a NaN.  In double:
 * the C library's functions, since the double build is for checking and not for speed.
 *
 * Minimax coefficients: S. L. Moshier, Cephes mathematical library (expf, logf, tanhf). */
#ifndef EG_TENSOR_KERNELS_VMATH_H
#define EG_TENSOR_KERNELS_VMATH_H

#include <math.h>

#include "tensor/kernels/isa.h"

#ifdef EG_DOUBLE

#define EG_LANE_BY_LANE(name, value)            \
    EG_INLINE eg_vec name(eg_vec v)             \
    {                                           \
        for (size_t l = 0; l < EG_LANES; l++) { \
            const real x = v[l];                \
            v[l] = value;                       \
        }                                       \
        return v;                               \
    }

EG_LANE_BY_LANE(eg_vexp, exp(x))
EG_LANE_BY_LANE(eg_vlog, log(x))
EG_LANE_BY_LANE(eg_vtanh, tanh(x))
EG_LANE_BY_LANE(eg_vsigmoid, 1 / (1 + exp(-x)))

#else

/* Below -87.3 the answer is the smallest normal number instead of a subnormal one or zero;
 * above 88.3 it is the largest power that is finite. */
EG_INLINE eg_vec eg_vexp(eg_vec x)
{
    const float round = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = eg_most(eg_all(-87.33f), eg_least(eg_all(88.02f), x));
    const eg_vec shifted = x * 1.44269504088896341f + round;
    const eg_vec n = shifted - round;
    eg_vec r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    eg_vec p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    /* 2^n: n is in the low bits of `shifted`, and goes into the exponent. */
    return p * (eg_vec) (((eg_mask) shifted + 127) << 23);
}

/* x > 0 and normal. */
EG_INLINE eg_vec eg_vlog(eg_vec x)
{
    /* Mantissa in [sqrt(1/2), sqrt(2)): the offset carries into the exponent where needed. */
    const eg_mask offset = (eg_mask) x - 0x3f3504f3;
    const eg_vec e = __builtin_convertvector(offset >> 23, eg_vec);
    const eg_vec r = (eg_vec) ((offset & 0x007fffff) + 0x3f3504f3) - 1.0f;
    const eg_vec z = r * r;
    eg_vec p = 7.0376836292e-2f * r - 1.1514610310e-1f;
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
    return eg_select((eg_mask) (x != x), x, r + p + e * 0.693359375f);
}

EG_INLINE eg_vec eg_vtanh(eg_vec x)
{
    const eg_vec a = eg_select((eg_mask) (x < 0.0f), -x, x);
    const eg_vec u = eg_vexp(-2.0f * a);
    const eg_vec big = (1.0f - u) / (1.0f + u);
    const eg_vec z = x * x;
    eg_vec p = -5.70498872745e-3f * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314442036e-1f;
    p = p * z - 3.33332819422e-1f;
    p = p * z * x + x;
    const eg_vec signed_big = eg_select((eg_mask) (x < 0.0f), -big, big);
    return eg_select((eg_mask) (a < 0.625f), p, signed_big);
}

EG_INLINE eg_vec eg_vsigmoid(eg_vec x)
{
    return 1.0f / (1.0f + eg_vexp(-x));
}

#endif

#endif
