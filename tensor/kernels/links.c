/* tensor/kernels/links.c -- the temporal links of a memory: who was written after whom.
 *
 * L is (N, N), row i the slot written later; w the write weighting, p the precedence before it.
 * Graves et al. 2016 (Nature 538), Methods, "Temporal memory linkage". */
#include "tensor/kernels/isa.h"

/* Lane l of the vector of columns from `at` on is the diagonal of row i. */
EG_INLINE eg_mask diagonal(size_t i, size_t at)
{
    eg_mask lane = {0};
    for (size_t l = 0; l < EG_LANES; l++)
        lane[l] = at + l == i ? -1 : 0;
    return lane;
}

/* `vecs` vectors of columns from j on, all rows:
 *     out_ij  = (1 - w_i - w_j) in_ij + w_i p_j, 0 on the diagonal
 *     back_j  = sum_i read_i out_ij        ahead_i += sum_j out_ij read_j
 * Without `update` only the two sums, of what is in `out`; without `read` only the update. */
EG_INLINE void links_block(const size_t vecs, size_t left, size_t j, const int update, real *out,
                           real *back, real *ahead, const real *in, const real *w, const real *p,
                           const real *read, size_t n)
{
    eg_vec wv[8], pv[8], rv[8], bv[8] = {{0}};
    EG_EACH_VEC
    {
        const size_t at = j + v * EG_LANES, there = left - v * EG_LANES;
        wv[v] = update ? eg_get(w + at, there) : eg_all(0);
        pv[v] = update ? eg_get(p + at, there) : eg_all(0);
        rv[v] = read ? eg_get(read + at, there) : eg_all(0);
    }
    for (size_t i = 0; i < n; i++) {
        const real keep = update ? 1 - w[i] : 0, late = update ? w[i] : 0;
        const real r = read ? read[i] : 0;
        const int crossed = i - j < vecs * EG_LANES;
        eg_vec sum = {0};
        EG_EACH_VEC
        {
            const size_t at = j + v * EG_LANES, there = left - v * EG_LANES;
            eg_vec x;
            if (update) {
                x = (keep - wv[v]) * eg_get(in + i * n + at, there) + late * pv[v];
                /* also what rounding left below zero where w_i + w_j is 1 */
                x = eg_select((eg_mask) (x < EG_LINK_FLOOR), eg_all(0), x);
                if (crossed)
                    x = eg_select(diagonal(i, at), eg_all(0), x);
                eg_put(out + i * n + at, x, there);
            } else {
                x = eg_get(out + i * n + at, there);
            }
            bv[v] += r * x;
            sum += x * rv[v];
        }
        if (read)
            ahead[i] += eg_hsum(sum);
    }
    if (read)
        EG_EACH_VEC
    eg_put(back + j + v * EG_LANES, bv[v], left - v * EG_LANES);
}

void EG_K(links)(real *out, real *restrict readings, const real *in, const real *restrict w,
                 const real *restrict p, const real *restrict read, size_t slots, size_t heads)
{
    const size_t n = slots;
    if (!readings) {
        EG_OVER_BLOCKS(n, links_block, 1, out, NULL, NULL, in, w, p, NULL, n);
        return;
    }
    for (size_t h = 0; h < heads; h++) {
        real *back = readings + 2 * h * n, *ahead = back + n;
        memset(ahead, 0, n * sizeof *ahead);
        if (h == 0)
            EG_OVER_BLOCKS(n, links_block, 1, out, back, ahead, in, w, p, read, n);
        else
            EG_OVER_BLOCKS(n, links_block, 0, out, back, ahead, NULL, NULL, NULL, read + h * n, n);
    }
}

/* One row of the chain rule.  With L the links after the step, K those before it, D = dL:
 *     D_ij    += sum_h (dahead_h,i read_h,j + read_h,i dback_h,j)
 *     dread_h,j += sum_i L_ij dahead_h,i     dread_h,i += sum_j L_ij dback_h,j
 *     dw_i    += sum_j D_ij (p_j - K_ij)     dw_j -= sum_i D_ij K_ij     dp_j += sum_i D_ij w_i
 *     dK_ij    = D_ij (1 - w_i - w_j)
 * The diagonal is a constant: what comes to it goes nowhere.  A row fits the nearest cache. */
void EG_K(links_back)(real *restrict dlinks, real *restrict dw, real *restrict dp,
                      real *restrict dread, const real *restrict dreadings,
                      const real *restrict before, const real *restrict w, const real *restrict p,
                      const real *restrict read, real *restrict work, size_t slots, size_t heads)
{
    const size_t n = slots;
    real *restrict now = work;
    for (size_t i = 0; i < n; i++) {
        const real *restrict k = before + i * n;
        real *restrict d = dlinks + i * n;
        const real keep = 1 - w[i], late = w[i];
#pragma omp simd
        for (size_t j = 0; j < n; j++) {
            const real x = (keep - w[j]) * k[j] + late * p[j];
            now[j] = x < EG_LINK_FLOOR ? 0 : x;
        }
        now[i] = 0;
        for (size_t h = 0; h < heads; h++) {
            const real *restrict r = read + h * n, *restrict dback = dreadings + 2 * h * n;
            real *restrict dr = dread + h * n;
            const real da = dback[n + i], here = r[i];
            eg_vec sum = {0};
            for (size_t j = 0; j < n; j += EG_LANES) {
                const eg_vec x = eg_get(now + j, n - j), db = eg_get(dback + j, n - j);
                eg_put(d + j, eg_get(d + j, n - j) + da * eg_get(r + j, n - j) + here * db, n - j);
                eg_put(dr + j, eg_get(dr + j, n - j) + da * x, n - j);
                sum += x * db;
            }
            dr[i] += eg_hsum(sum);
        }
        d[i] = 0;
        eg_vec sum = {0};
        for (size_t j = 0; j < n; j += EG_LANES) {
            const eg_vec x = eg_get(d + j, n - j), was = eg_get(k + j, n - j);
            const eg_vec at = x * was;
            sum += x * eg_get(p + j, n - j) - at;
            eg_put(dp + j, eg_get(dp + j, n - j) + late * x, n - j);
            const eg_vec wj = eg_get(w + j, n - j);
            eg_put(dw + j, eg_get(dw + j, n - j) - at, n - j);
            eg_put(d + j, x * (keep - wj), n - j);
        }
        dw[i] += eg_hsum(sum);
    }
}
