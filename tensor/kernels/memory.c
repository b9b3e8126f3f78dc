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

/* sum_m row_m(i)^2, then 1 / sqrt(. + eps). */
EG_INLINE void norms_block(const size_t vecs, size_t left, size_t i, real *inv, const real *memory,
                           size_t slots, size_t width)
{
    eg_vec acc[8] = {{0}};
    for (size_t m = 0; m < width; m++)
        EG_EACH_VEC
        {
            const eg_vec x = eg_get(memory + m * slots + i + v * EG_LANES, left - v * EG_LANES);
            acc[v] += x * x;
        }
    EG_EACH_VEC
    eg_put(inv + i + v * EG_LANES, acc[v], left - v * EG_LANES);
}

void EG_K(inverse_norms)(real *restrict inv, const real *restrict memory, size_t slots,
                         size_t width)
{
    EG_OVER_BLOCKS(slots, norms_block, inv, memory, slots, width);
#pragma omp simd
    for (size_t i = 0; i < slots; i++)
        inv[i] = 1 / root(inv[i] + EG_COSINE_EPS);
}

/* scale scales_i sum_m x_m row_m(i) */
EG_INLINE void combine_block(const size_t vecs, size_t left, size_t i, real *out, const real *x,
                             real scale, const real *scales, const real *memory, size_t slots,
                             size_t width)
{
    eg_vec acc[8] = {{0}};
    for (size_t m = 0; m < width; m++)
        EG_EACH_VEC
    acc[v] += x[m] * eg_get(memory + m * slots + i + v * EG_LANES, left - v * EG_LANES);
    EG_EACH_VEC
    {
        const size_t at = i + v * EG_LANES, there = left - v * EG_LANES;
        eg_put(out + at, acc[v] * (scale * eg_get(scales + at, there)), there);
    }
}

/* A weighting as a ring: before slot 0 come `range` numbers of the other end, and behind the
 * last slot as many of the front, so that nothing wraps in a loop.  ring + range holds the
 * weighting already. */
EG_INLINE void close_ring(real *ring, size_t n, size_t range)
{
    for (size_t i = 0; i < range; i++) {
        ring[i] = ring[range + (n - range % n + i) % n];
        ring[range + n + i] = ring[range + i % n];
    }
}

/* y = exp(beta (x - max x)) / sum */
EG_INLINE void softmax(real *restrict y, const real *restrict x, real beta, size_t n)
{
    const real top = eg_top(x, n);
    eg_vec sum = {0};
    for (size_t i = 0; i < n; i += EG_LANES) {
        eg_put(y + i, eg_vexp(beta * (eg_get(x + i, n - i) - top)), n - i);
        sum += eg_get(y + i, n - i);
    }
    const real scale = 1 / eg_hsum(sum);
    for (size_t i = 0; i < n; i += EG_LANES)
        eg_put(y + i, scale * eg_get(y + i, n - i), n - i);
}

void EG_K(address)(real *restrict w, struct eg_address_saved *saved, const struct eg_head_row *head,
                   const real *restrict memory, const real *restrict w_prev, real *restrict work,
                   size_t slots, size_t width, size_t range)
{
    const size_t n = slots;
    const real *restrict shift = head->shift, *restrict w_c = saved->w_c;
    real *restrict w_g = saved->w_g, *restrict w_s = saved->w_s, *restrict logs = saved->logs;
    real *restrict ring = work;

    /* K_i = k . M_i / (|k| |M_i|), eq. 6, guarded */
    saved->inv_key = 1 / root(eg_inner(head->key, head->key, width) + EG_COSINE_EPS);
    EG_OVER_BLOCKS(n, combine_block, saved->cosine, head->key, saved->inv_key, saved->inv, memory,
                   n, width);

    /* w_c = softmax(beta K), eq. 5;  w_g = g w_c + (1 - g) w_prev, eq. 7 */
    softmax(saved->w_c, saved->cosine, head->beta, n);
    const real gate = head->gate, keep = 1 - head->gate;
    for (size_t i = 0; i < n; i += EG_LANES) {
        const eg_vec blend = gate * eg_get(w_c + i, n - i) + keep * eg_get(w_prev + i, n - i);
        eg_put(w_g + i, blend, n - i);
        eg_put(ring + range + i, blend, n - i);
    }
    close_ring(ring, n, range);

    /* w~_i = sum_o w_g((i - o) mod N) s(o), eq. 8.  Offsets -range .. range are stored at
     * 0 .. 2 range; an offset of +1 moves the weighting to the next slot. */
    for (size_t i = 0; i < n; i += EG_LANES) {
        eg_vec moved = {0};
        for (size_t o = 0; o <= 2 * range; o++)
            moved += shift[o] * eg_get(ring + i + 2 * range - o, n - i);
        eg_put(w_s + i, moved, n - i);
        const eg_vec floored =
            eg_select((eg_mask) (moved < EG_SHARPEN_FLOOR), eg_all(EG_SHARPEN_FLOOR), moved);
        eg_put(logs + i, eg_vlog(floored), n - i);
    }

    /* w = w~^gamma / sum, eq. 9, as softmax(gamma log w~): w~^gamma itself underflows */
    softmax(w, logs, head->gamma, n);
}

/* dk_m += sum_i a_i M_mi;  dM_mi += a_i k_m / |k| - b_i M_mi; k is given over |k| */
EG_INLINE void cosine_back_block(const size_t vecs, size_t left, size_t i, real *dkey,
                                 real *dmemory, const real *a, const real *b, const real *key,
                                 const real *memory, size_t slots, size_t width)
{
    eg_vec av[8], bv[8];
    EG_EACH_VEC
    {
        av[v] = eg_get(a + i + v * EG_LANES, left - v * EG_LANES);
        bv[v] = eg_get(b + i + v * EG_LANES, left - v * EG_LANES);
    }
    for (size_t m = 0; m < width; m++) {
        const real *row = memory + m * slots + i;
        eg_vec dk = {0};
        if (dmemory) {
            real *drow = dmemory + m * slots + i;
            const real k = key[m];
            EG_EACH_VEC
            {
                const size_t there = left - v * EG_LANES;
                const eg_vec x = eg_get(row + v * EG_LANES, there);
                const eg_vec d = eg_get(drow + v * EG_LANES, there);
                dk += av[v] * x;
                eg_put(drow + v * EG_LANES, d + av[v] * k - bv[v] * x, there);
            }
        } else {
            EG_EACH_VEC
            dk += av[v] * eg_get(row + v * EG_LANES, left - v * EG_LANES);
        }
        dkey[m] += eg_hsum(dk);
    }
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
    const real *restrict inv = saved->inv, *restrict logs = saved->logs;
    real *restrict a = work, *restrict b = a + n;
    real *restrict ring = b + n, *restrict key = ring + n + 2 * range;
    real *restrict dkey = key + width;

    /* Sharpening.  With l_i = ln w~_i and D_i = w_i (dw_i - sum_j dw_j w_j):
     *     dw~_i = gamma D_i / w~_i      dgamma = sum_i D_i l_i
     * Below the floor l_i is constant and dw~_i is zero. */
    const real mean = eg_inner(dw, w, n);
    eg_vec dgamma = {0};
    for (size_t i = 0; i < n; i += EG_LANES) {
        const eg_vec d = eg_get(w + i, n - i) * (eg_get(dw + i, n - i) - mean);
        const eg_vec moved = eg_get(w_s + i, n - i);
        const eg_vec slope = gamma * d / moved;
        eg_put(ring + range + i, eg_select((eg_mask) (moved > EG_SHARPEN_FLOOR), slope, eg_all(0)),
               n - i);
        dgamma += d * eg_get(logs + i, n - i);
    }
    dhead->gamma += eg_hsum(dgamma);
    close_ring(ring, n, range);

    /* Shift: dw_g (in b) is dw~ shifted the other way; ds_o = sum_i dw~(i + o) w_g(i).
     * Gate: dg = sum_i dw_g_i (w_c_i - w_prev_i). */
    for (size_t o = 0; o <= 2 * range; o++)
        dhead->shift[o] += eg_inner(ring + o, w_g, n);
    const real *restrict shift = head->shift;
    eg_vec with_c = {0}, with_prev = {0};
    for (size_t i = 0; i < n; i += EG_LANES) {
        eg_vec dw_g = {0};
        for (size_t o = 0; o <= 2 * range; o++)
            dw_g += shift[o] * eg_get(ring + i + o, n - i);
        eg_put(b + i, dw_g, n - i);
        with_c += dw_g * eg_get(w_c + i, n - i);
        with_prev += dw_g * eg_get(w_prev + i, n - i);
        if (dw_prev)
            eg_put(dw_prev + i, eg_get(dw_prev + i, n - i) + (1 - gate) * dw_g, n - i);
    }
    const real s = eg_hsum(with_c);
    dhead->gate += s - eg_hsum(with_prev);

    /* Softmax: with s = sum_j dw_g_j w_c_j, dlogit_i = g w_c_i (dw_g_i - s);
     * dbeta = sum_i dlogit_i K_i; dK_i = beta dlogit_i. */
    eg_vec dbeta = {0};
    for (size_t i = 0; i < n; i += EG_LANES) {
        const eg_vec dlogit = gate * eg_get(w_c + i, n - i) * (eg_get(b + i, n - i) - s);
        const eg_vec to_beta = dlogit * eg_get(cosine + i, n - i);
        const eg_vec over = beta * eg_get(inv + i, n - i);
        dbeta += to_beta;
        eg_put(a + i, dlogit * over, n - i); /* to the key and the memory, over |M_i| */
        eg_put(b + i, to_beta * over * eg_get(inv + i, n - i), n - i); /* the memory along itself */
    }
    const real along = eg_hsum(dbeta);
    dhead->beta += along;

    /* Cosine: dk_m = (sum_i a_i M_mi - (k_m / |k|) sum_i dK_i K_i) / |k|
     *         dM_mi = a_i k_m / |k| - b_i M_mi */
    for (size_t m = 0; m < width; m++) {
        key[m] = head->key[m] * saved->inv_key;
        dkey[m] = 0;
    }
    EG_OVER_BLOCKS(n, cosine_back_block, dkey, dmemory, a, b, key, memory, slots, width);
    for (size_t m = 0; m < width; m++)
        dhead->key[m] += saved->inv_key * (dkey[m] - key[m] * beta * along);
}

EG_INLINE void read_block(const size_t vecs, size_t left, size_t i, real *r, const real *w,
                          const real *memory, size_t slots, size_t width)
{
    eg_vec wv[8];
    EG_EACH_VEC
    wv[v] = eg_get(w + i + v * EG_LANES, left - v * EG_LANES);
    for (size_t m = 0; m < width; m++) {
        eg_vec sum = {0};
        EG_EACH_VEC
        sum += wv[v] * eg_get(memory + m * slots + i + v * EG_LANES, left - v * EG_LANES);
        r[m] += eg_hsum(sum);
    }
}

void EG_K(read)(real *restrict r, const real *restrict w, const real *restrict memory, size_t slots,
                size_t width)
{
    memset(r, 0, width * sizeof *r);
    EG_OVER_BLOCKS(slots, read_block, r, w, memory, slots, width);
}

EG_INLINE void read_back_block(const size_t vecs, size_t left, size_t i, real *dw, real *dmemory,
                               const real *dr, const real *w, const real *memory, size_t slots,
                               size_t width)
{
    eg_vec wv[8], dwv[8];
    EG_EACH_VEC
    {
        wv[v] = eg_get(w + i + v * EG_LANES, left - v * EG_LANES);
        dwv[v] = eg_get(dw + i + v * EG_LANES, left - v * EG_LANES);
    }
    for (size_t m = 0; m < width; m++) {
        const real d = dr[m];
        const real *row = memory + m * slots + i;
        real *drow = dmemory + m * slots + i;
        EG_EACH_VEC
        {
            const size_t there = left - v * EG_LANES;
            dwv[v] += d * eg_get(row + v * EG_LANES, there);
            eg_put(drow + v * EG_LANES, eg_get(drow + v * EG_LANES, there) + d * wv[v], there);
        }
    }
    EG_EACH_VEC
    eg_put(dw + i + v * EG_LANES, dwv[v], left - v * EG_LANES);
}

void EG_K(read_back)(real *restrict dw, real *restrict dmemory, const real *restrict dr,
                     const real *restrict w, const real *restrict memory, size_t slots,
                     size_t width)
{
    EG_OVER_BLOCKS(slots, read_back_block, dw, dmemory, dr, w, memory, slots, width);
}

EG_INLINE void write_block(const size_t vecs, size_t left, size_t i, real *out, const real *in,
                           const real *w, const real *erase, const real *add, size_t slots,
                           size_t width)
{
    eg_vec wv[8];
    EG_EACH_VEC
    wv[v] = eg_get(w + i + v * EG_LANES, left - v * EG_LANES);
    for (size_t m = 0; m < width; m++) {
        const real e = erase[m], a = add[m];
        EG_EACH_VEC
        {
            const size_t at = m * slots + i + v * EG_LANES, there = left - v * EG_LANES;
            const eg_vec x = eg_get(in + at, there);
            eg_put(out + at, x + wv[v] * (a - e * x), there);
        }
    }
}

void EG_K(write)(real *out, const real *in, const real *restrict w, const real *restrict erase,
                 const real *restrict add, size_t slots, size_t width)
{
    EG_OVER_BLOCKS(slots, write_block, out, in, w, erase, add, slots, width);
}

/* dw_i += dM (a - e M_in), de -= dM M_in w_i, da += dM w_i, dM_in = dM (1 - w_i e) */
EG_INLINE void write_back_block(const size_t vecs, size_t left, size_t i, real *din, real *dw,
                                real *derase, real *dadd, const real *dout, const real *in,
                                const real *w, const real *erase, const real *add, size_t slots,
                                size_t width, int accumulate)
{
    eg_vec wv[8], dwv[8];
    EG_EACH_VEC
    {
        wv[v] = eg_get(w + i + v * EG_LANES, left - v * EG_LANES);
        dwv[v] = eg_get(dw + i + v * EG_LANES, left - v * EG_LANES);
    }
    for (size_t m = 0; m < width; m++) {
        const real e = erase[m], a = add[m];
        eg_vec de = {0}, da = {0};
        EG_EACH_VEC
        {
            const size_t at = m * slots + i + v * EG_LANES, there = left - v * EG_LANES;
            const eg_vec d = eg_get(dout + at, there), x = eg_get(in + at, there);
            const eg_vec dwi = d * wv[v];
            eg_vec d_in = d - dwi * e;
            dwv[v] += d * (a - e * x);
            de += dwi * x;
            da += dwi;
            if (accumulate)
                d_in += eg_get(din + at, there);
            eg_put(din + at, d_in, there);
        }
        derase[m] -= eg_hsum(de);
        dadd[m] += eg_hsum(da);
    }
    EG_EACH_VEC
    eg_put(dw + i + v * EG_LANES, dwv[v], left - v * EG_LANES);
}

void EG_K(write_back)(real *din, real *restrict dw, real *restrict derase, real *restrict dadd,
                      const real *dout, const real *restrict in, const real *restrict w,
                      const real *restrict erase, const real *restrict add, size_t slots,
                      size_t width, int accumulate)
{
    if (accumulate)
        EG_OVER_BLOCKS(slots, write_back_block, din, dw, derase, dadd, dout, in, w, erase, add,
                       slots, width, 1);
    else
        EG_OVER_BLOCKS(slots, write_back_block, din, dw, derase, dadd, dout, in, w, erase, add,
                       slots, width, 0);
}
