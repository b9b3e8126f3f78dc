/* tensor/kernels/memory.c -- one head and one sequence of a Neural Turing Machine.
 *
 * The memory lies as (M, N): row m holds component m of all slots, so that every loop over
 * slots runs over contiguous numbers.  Letters as in Graves, Wayne & Danihelka 2014
 * (arXiv:1410.5401), eq. 2-9; N slots, M wide. */
#include <math.h>

#include "tensor/kernels/isa.h"
#include "tensor/kernels/vmath.h"

#ifdef EG_DOUBLE
#define root(x) sqrt(x)
#else
#define root(x) sqrtf(x)
#endif

void EG_K(norms)(real *restrict norms, const real *restrict memory, size_t slots, size_t width)
{
    for (size_t i = 0; i < slots; i++)
        norms[i] = 0;
    for (size_t m = 0; m < width; m++) {
        const real *row = memory + m * slots;
#pragma omp simd
        for (size_t i = 0; i < slots; i++)
            norms[i] += row[i] * row[i];
    }
}

/* w~_i = sum_s w_g((i - s) mod N) s(s), eq. 8.  Offsets -range .. range are stored at
 * 0 .. 2 range; an offset of +1 moves the weighting to the next slot. */
EG_INLINE void shift(real *restrict out, const real *restrict w, const real *s, size_t n,
                     size_t range)
{
    for (size_t i = 0; i < n; i++)
        out[i] = 0;
    for (size_t o = 0; o <= 2 * range; o++) {
        /* out[i] += w[i - (o - range)]; `move` is the offset made non-negative. */
        const size_t move = (o + n - range % n) % n;
        const real weight = s[o];
#pragma omp simd
        for (size_t i = 0; i < n - move; i++)
            out[i + move] += weight * w[i];
#pragma omp simd
        for (size_t i = n - move; i < n; i++)
            out[i + move - n] += weight * w[i];
    }
}

/* y = softmax of beta x, the largest exponent taken out first. */
EG_INLINE void softmax(real *restrict y, const real *restrict x, real beta, size_t n)
{
    real top = x[0];
#pragma omp simd reduction(max : top)
    for (size_t i = 0; i < n; i++)
        top = x[i] > top ? x[i] : top;
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        y[i] = eg_vexp(beta * (x[i] - top));
        sum += y[i];
    }
    const real scale = 1 / sum;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] *= scale;
}

void EG_K(address)(real *restrict w, struct eg_address_saved *saved, const struct eg_head_row *head,
                   const real *restrict memory, const real *restrict w_prev, size_t slots,
                   size_t width, size_t range)
{
    const real *restrict inv = saved->inv;
    real *restrict cosine = saved->cosine, *restrict w_g = saved->w_g;
    const real *restrict w_c = saved->w_c, *restrict w_s = saved->w_s;

    /* K_i = k . M_i / (|k| |M_i|), eq. 6, guarded */
    real norm = EG_COSINE_EPS;
    for (size_t m = 0; m < width; m++)
        norm += head->key[m] * head->key[m];
    saved->inv_key = 1 / root(norm);
    for (size_t i = 0; i < slots; i++)
        cosine[i] = 0;
    for (size_t m = 0; m < width; m++) {
        const real *row = memory + m * slots;
        const real k = head->key[m] * saved->inv_key;
#pragma omp simd
        for (size_t i = 0; i < slots; i++)
            cosine[i] += k * row[i];
    }
#pragma omp simd
    for (size_t i = 0; i < slots; i++)
        cosine[i] *= inv[i];

    /* w_c = softmax(beta K), eq. 5;  w_g = g w_c + (1 - g) w_prev, eq. 7 */
    softmax(saved->w_c, cosine, head->beta, slots);
    const real gate = head->gate;
#pragma omp simd
    for (size_t i = 0; i < slots; i++)
        w_g[i] = gate * w_c[i] + (1 - gate) * w_prev[i];

    /* w~, eq. 8 */
    shift(saved->w_s, w_g, head->shift, slots, range);

    /* w = w~^gamma / sum, eq. 9, as softmax(gamma log w~): w~^gamma itself underflows */
#pragma omp simd
    for (size_t i = 0; i < slots; i++)
        w[i] = eg_vlog(w_s[i] > EG_SHARPEN_FLOOR ? w_s[i] : EG_SHARPEN_FLOOR);
    real top = w[0];
#pragma omp simd reduction(max : top)
    for (size_t i = 0; i < slots; i++)
        top = w[i] > top ? w[i] : top;
    const real gamma = head->gamma;
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < slots; i++) {
        w[i] = eg_vexp(gamma * (w[i] - top));
        sum += w[i];
    }
    const real scale = 1 / sum;
#pragma omp simd
    for (size_t i = 0; i < slots; i++)
        w[i] *= scale;
}

void EG_K(address_back)(struct eg_head_row *dhead, real *restrict dmemory, real *restrict dw_prev,
                        const real *restrict dw, const real *restrict w,
                        const struct eg_address_saved *saved, const struct eg_head_row *head,
                        const real *restrict memory, const real *restrict w_prev,
                        real *restrict work, size_t slots, size_t width, size_t range)
{
    const size_t n = slots;
    const real gate = head->gate, beta = head->beta, gamma = head->gamma;
    const real *restrict w_s = saved->w_s, *restrict w_g = saved->w_g;
    const real *restrict w_c = saved->w_c, *restrict cosine = saved->cosine;
    const real *restrict inv = saved->inv;
    real *restrict a = work, *restrict b = work + n, *restrict logs = work + 2 * n;

    /* Sharpening.  With l_i = ln w~_i and D_i = w_i (dw_i - sum_j dw_j w_j):
     *     dw~_i = gamma D_i / w~_i      dgamma = sum_i D_i l_i
     * Below the floor l_i is constant and dw~_i is zero. */
    real mean = 0;
#pragma omp simd reduction(+ : mean)
    for (size_t i = 0; i < n; i++)
        mean += dw[i] * w[i];
    real dgamma = 0;
#pragma omp simd reduction(+ : dgamma)
    for (size_t i = 0; i < n; i++) {
        const real floored = w_s[i] > EG_SHARPEN_FLOOR ? w_s[i] : EG_SHARPEN_FLOOR;
        const real d = w[i] * (dw[i] - mean);
        logs[i] = eg_vlog(floored);
        dgamma += d * logs[i];
        a[i] = w_s[i] > EG_SHARPEN_FLOOR ? gamma * d / floored : 0;
    }
    dhead->gamma += dgamma;

    /* Shift: dw_g = dw~ shifted back (into b); ds_o = sum_i dw~(i + o) w_g(i). */
    for (size_t i = 0; i < n; i++)
        b[i] = 0;
    for (size_t o = 0; o <= 2 * range; o++) {
        const size_t move = (o + n - range % n) % n;
        const real weight = head->shift[o];
        real ds = 0;
#pragma omp simd reduction(+ : ds)
        for (size_t i = 0; i < n - move; i++) {
            b[i] += weight * a[i + move];
            ds += a[i + move] * w_g[i];
        }
#pragma omp simd reduction(+ : ds)
        for (size_t i = n - move; i < n; i++) {
            b[i] += weight * a[i + move - n];
            ds += a[i + move - n] * w_g[i];
        }
        dhead->shift[o] += ds;
    }

    /* Gate: dg = sum_i dw_g_i (w_c_i - w_prev_i).  Softmax: with s = sum_j g dw_g_j w_c_j,
     * dlogit_i = w_c_i (g dw_g_i - s); dbeta = sum_i dlogit_i K_i; dK_i = beta dlogit_i. */
    real dgate = 0, s = 0;
#pragma omp simd reduction(+ : dgate, s)
    for (size_t i = 0; i < n; i++) {
        dgate += b[i] * (w_c[i] - w_prev[i]);
        s += b[i] * w_c[i];
    }
    dhead->gate += dgate;
    if (dw_prev) {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            dw_prev[i] += (1 - gate) * b[i];
    }
    real dbeta = 0, along = 0;
#pragma omp simd reduction(+ : dbeta, along)
    for (size_t i = 0; i < n; i++) {
        const real dlogit = gate * w_c[i] * (b[i] - s);
        const real dk = beta * dlogit;
        dbeta += dlogit * cosine[i];
        along += dk * cosine[i];
        a[i] = dk * inv[i];                      /* to the key and the memory, over |M_i| */
        b[i] = dk * cosine[i] * inv[i] * inv[i]; /* the memory along itself               */
    }
    dhead->beta += dbeta;

    /* Cosine: dk_m = sum_i a_i M_mi / |k| - k_m along / |k|^2
     *         dM_mi = a_i k_m / |k| - b_i M_mi */
    const real inv_key = saved->inv_key;
    for (size_t m = 0; m < width; m++) {
        const real *restrict row = memory + m * n;
        const real k = head->key[m] * inv_key;
        real dk = 0;
        if (dmemory) {
            real *restrict drow = dmemory + m * n;
#pragma omp simd reduction(+ : dk)
            for (size_t i = 0; i < n; i++) {
                dk += a[i] * row[i];
                drow[i] += a[i] * k - b[i] * row[i];
            }
        } else {
#pragma omp simd reduction(+ : dk)
            for (size_t i = 0; i < n; i++)
                dk += a[i] * row[i];
        }
        dhead->key[m] += inv_key * (dk - k * along);
    }
}

void EG_K(read)(real *restrict r, const real *restrict w, const real *restrict memory, size_t slots,
                size_t width)
{
    for (size_t m = 0; m < width; m++) {
        const real *row = memory + m * slots;
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < slots; i++)
            sum += w[i] * row[i];
        r[m] = sum;
    }
}

void EG_K(read_back)(real *restrict dw, real *restrict dmemory, const real *restrict dr,
                     const real *restrict w, const real *restrict memory, size_t slots,
                     size_t width)
{
    for (size_t m = 0; m < width; m++) {
        const real d = dr[m];
        const real *restrict row = memory + m * slots;
        if (dw) {
#pragma omp simd
            for (size_t i = 0; i < slots; i++)
                dw[i] += d * row[i];
        }
        if (dmemory) {
            real *restrict drow = dmemory + m * slots;
#pragma omp simd
            for (size_t i = 0; i < slots; i++)
                drow[i] += d * w[i];
        }
    }
}

/* out is in where a memory is written in place; loops touch one element at a time, so the
 * vector form is right in both cases. */
void EG_K(write)(real *out, const real *in, const real *restrict w, const real *restrict erase,
                 const real *restrict add, size_t slots, size_t width)
{
    for (size_t m = 0; m < width; m++) {
        const real e = erase[m], a = add[m];
        const real *row = in + m * slots;
        real *row_out = out + m * slots;
#pragma omp simd
        for (size_t i = 0; i < slots; i++)
            row_out[i] = row[i] * (1 - w[i] * e) + w[i] * a;
    }
}

void EG_K(write_back)(real *din, real *restrict dw, real *restrict derase, real *restrict dadd,
                      const real *dout, const real *restrict in, const real *restrict w,
                      const real *restrict erase, const real *restrict add, size_t slots,
                      size_t width, int accumulate)
{
    for (size_t m = 0; m < width; m++) {
        const real e = erase[m], a = add[m];
        const real *row = in + m * slots;
        const real *drow = dout + m * slots;
        real *drow_in = din + m * slots;
        real de = 0, da = 0;
        /* dw_i += dM (a - e M_in), de -= dM M_in w_i, da += dM w_i, dM_in = dM (1 - w_i e) */
        if (accumulate) {
#pragma omp simd reduction(+ : de, da)
            for (size_t i = 0; i < slots; i++) {
                const real d = drow[i], dwi = d * w[i];
                dw[i] += d * (a - e * row[i]);
                de -= dwi * row[i];
                da += dwi;
                drow_in[i] += d - dwi * e;
            }
        } else {
#pragma omp simd reduction(+ : de, da)
            for (size_t i = 0; i < slots; i++) {
                const real d = drow[i], dwi = d * w[i];
                dw[i] += d * (a - e * row[i]);
                de -= dwi * row[i];
                da += dwi;
                drow_in[i] = d - dwi * e;
            }
        }
        derase[m] += de;
        dadd[m] += da;
    }
}
