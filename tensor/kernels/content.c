/* tensor/kernels/content.c -- a key against every slot: masked cosine, softmax with a strength.
 *
 * The memory lies as (M, N), as in memory.c.  With s_m = mask_m^2, or 1 without a mask:
 *     K_i = sum_m k_m s_m M_mi / (sqrt(sum_m s_m k_m^2 + eps) sqrt(sum_m s_m M_mi^2 + eps))
 *     w   = softmax(beta K)                                                                   */
#include <math.h>

#include "tensor/kernels/isa.h"
#include "tensor/kernels/vmath.h"

#ifdef EG_DOUBLE
#define root(x) sqrt(x)
#else
#define root(x) sqrtf(x)
#endif

/* cosine_i <- sum_m x_m row_m(i);  inv_i <- sum_m s_m row_m(i)^2 */
EG_INLINE void products_block(const size_t vecs, size_t left, size_t i, real *cosine, real *inv,
                              const real *x, const real *s, const real *memory, size_t slots,
                              size_t width)
{
    eg_vec along[8] = {{0}}, square[8] = {{0}};
    for (size_t m = 0; m < width; m++)
        EG_EACH_VEC
        {
            const eg_vec at = eg_get(memory + m * slots + i + v * EG_LANES, left - v * EG_LANES);
            along[v] += x[m] * at;
            square[v] += s[m] * at * at;
        }
    EG_EACH_VEC
    {
        eg_put(cosine + i + v * EG_LANES, along[v], left - v * EG_LANES);
        eg_put(inv + i + v * EG_LANES, square[v], left - v * EG_LANES);
    }
}

real EG_K(content)(real *restrict w, real *restrict cosine, real *restrict inv,
                   const real *restrict key, const real *restrict mask, real beta,
                   const real *restrict memory, real *restrict work, size_t slots, size_t width)
{
    const size_t n = slots;
    real *restrict s = work, *restrict x = work + width;
    real square = EG_COSINE_EPS;
    for (size_t m = 0; m < width; m++) {
        s[m] = mask ? mask[m] * mask[m] : 1;
        x[m] = key[m] * s[m];
        square += key[m] * x[m];
    }
    const real inv_key = 1 / root(square);
    EG_OVER_BLOCKS(n, products_block, cosine, inv, x, s, memory, n, width);
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        inv[i] = 1 / root(inv[i] + EG_COSINE_EPS);
        cosine[i] *= inv_key * inv[i];
    }
    const real top = eg_top(cosine, n);
    eg_vec sum = {0};
    for (size_t i = 0; i < n; i += EG_LANES) {
        eg_put(w + i, eg_vexp(beta * (eg_get(cosine + i, n - i) - top)), n - i);
        sum += eg_get(w + i, n - i);
    }
    const real scale = 1 / eg_hsum(sum);
    for (size_t i = 0; i < n; i += EG_LANES)
        eg_put(w + i, scale * eg_get(w + i, n - i), n - i);
    return inv_key;
}

/* dx_m <- sum_i a_i M_mi;  ds_m <- sum_i b_i M_mi^2;  dM_mi += a_i x_m - b_i s_m M_mi */
EG_INLINE void content_back_block(const size_t vecs, size_t left, size_t i, real *dx, real *ds,
                                  real *dmemory, const real *a, const real *b, const real *x,
                                  const real *s, const real *memory, size_t slots, size_t width)
{
    eg_vec av[8], bv[8];
    EG_EACH_VEC
    {
        av[v] = eg_get(a + i + v * EG_LANES, left - v * EG_LANES);
        bv[v] = eg_get(b + i + v * EG_LANES, left - v * EG_LANES);
    }
    for (size_t m = 0; m < width; m++) {
        const real *row = memory + m * slots + i;
        real *drow = dmemory ? dmemory + m * slots + i : NULL;
        eg_vec along = {0}, square = {0};
        EG_EACH_VEC
        {
            const size_t there = left - v * EG_LANES;
            const eg_vec at = eg_get(row + v * EG_LANES, there), scaled = bv[v] * at;
            along += av[v] * at;
            square += scaled * at;
            if (drow)
                eg_put(drow + v * EG_LANES,
                       eg_get(drow + v * EG_LANES, there) + av[v] * x[m] - scaled * s[m], there);
        }
        dx[m] += eg_hsum(along);
        ds[m] += eg_hsum(square);
    }
}

/* Softmax: with t = sum_j dw_j w_j, dlogit_i = w_i (dw_i - t), dbeta = sum_i dlogit_i K_i and
 * dK_i = beta dlogit_i.  Cosine: with a_i = dK_i / |M_i|, b_i = dK_i K_i / |M_i|^2,
 * c = sum_i dK_i K_i and 1/|k| drawn into a and x:
 *     dM_mi = a_i k_m s_m - b_i s_m M_mi
 *     dk_m  = s_m (sum_i a_i M_mi - c k_m / |k|^2)
 *     ds_m  = k_m sum_i a_i M_mi - sum_i b_i M_mi^2 / 2 - c k_m^2 / (2 |k|^2)                  */
void EG_K(content_back)(real *restrict dkey, real *restrict dmask, real *dbeta,
                        real *restrict dmemory, const real *restrict dw, const real *restrict w,
                        const real *restrict cosine, const real *restrict inv, real inv_key,
                        const real *restrict key, const real *restrict mask, real beta,
                        const real *restrict memory, real *restrict work, size_t slots,
                        size_t width)
{
    const size_t n = slots;
    real *restrict s = work, *restrict x = s + width, *restrict dx = x + width;
    real *restrict ds = dx + width, *restrict a = ds + width, *restrict b = a + n;
    const real mean = eg_inner(dw, w, n);
    eg_vec sum = {0};
    for (size_t i = 0; i < n; i += EG_LANES) {
        const eg_vec dlogit = eg_get(w + i, n - i) * (eg_get(dw + i, n - i) - mean);
        const eg_vec to_beta = dlogit * eg_get(cosine + i, n - i);
        const eg_vec over = beta * eg_get(inv + i, n - i);
        sum += to_beta;
        eg_put(a + i, inv_key * dlogit * over, n - i);
        eg_put(b + i, to_beta * over * eg_get(inv + i, n - i), n - i);
    }
    const real along = eg_hsum(sum), c = beta * along * inv_key * inv_key;
    *dbeta += along;
    for (size_t m = 0; m < width; m++) {
        s[m] = mask ? mask[m] * mask[m] : 1;
        x[m] = key[m] * s[m];
        dx[m] = ds[m] = 0;
    }
    EG_OVER_BLOCKS(n, content_back_block, dx, ds, dmemory, a, b, x, s, memory, n, width);
    for (size_t m = 0; m < width; m++) {
        dkey[m] += s[m] * (dx[m] - c * key[m]);
        if (dmask)
            dmask[m] += mask[m] * (2 * key[m] * dx[m] - ds[m] - c * key[m] * key[m]);
    }
}
