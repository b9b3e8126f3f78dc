/* tensor/kernels/links.c -- the temporal links of a memory: who was written after whom.
 *
 * L is (N, N), row i the slot written later; w the write weighting, p the precedence before it.
 * Graves et al. 2016 (Nature 538), Methods, "Temporal memory linkage". */
#include "tensor/kernels/isa.h"

#ifdef EG_DOUBLE
typedef int64_t lane_index;
#else
typedef int32_t lane_index;
#endif

EG_INLINE eg_mask lanes(void)
{
    eg_mask lane = {0};
    for (size_t l = 0; l < EG_LANES; l++)
        lane[l] = (lane_index) l;
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
    const eg_mask lane = lanes();
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
        eg_vec sum = {0};
        EG_EACH_VEC
        {
            const size_t at = j + v * EG_LANES, there = left - v * EG_LANES;
            eg_vec x;
            if (update) {
                x = (keep - wv[v]) * eg_get(in + i * n + at, there) + late * pv[v];
                /* also what rounding left below zero where w_i + w_j is 1 */
                const eg_mask diagonal = (eg_mask) (lane == (lane_index) (i - at));
                x = eg_select((eg_mask) (x < EG_LINK_FLOOR) | diagonal, eg_all(0), x);
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

/* The chain rule for head h.  With L the links after the step, K those before it, D = dL:
 *     D_ij      += dahead_i read_j + read_i dback_j
 *     dread_j   += sum_i L_ij dahead_i     dread_i += sum_j L_ij dback_j
 * and, when D has come together from all heads,
 *     dw_i      += sum_j D_ij (p_j - K_ij)     dw_j -= sum_i D_ij K_ij     dp_j += sum_i D_ij w_i
 *     dK_ij      = D_ij (1 - w_i - w_j), which below the floor counts as 0
 * L is computed again from K.  The diagonal is a constant: what comes to it goes nowhere. */
EG_INLINE void links_back_block(const size_t vecs, size_t left, size_t j, const int last,
                                real *dlinks, real *dw, real *dp, real *dread, const real *dback,
                                const real *dahead, const real *before, const real *w,
                                const real *p, const real *read, size_t n)
{
    const eg_mask lane = lanes();
    eg_vec wv[4], pv[4], rv[4], bv[4], drv[4] = {{0}}, dwv[4] = {{0}}, dpv[4] = {{0}};
    EG_EACH_VEC
    {
        const size_t at = j + v * EG_LANES, there = left - v * EG_LANES;
        wv[v] = eg_get(w + at, there);
        pv[v] = eg_get(p + at, there);
        rv[v] = eg_get(read + at, there);
        bv[v] = eg_get(dback + at, there);
    }
    for (size_t i = 0; i < n; i++) {
        const real keep = 1 - w[i], late = w[i], ahead = dahead[i], r = read[i];
        eg_vec to_read = {0}, to_w = {0};
        EG_EACH_VEC
        {
            const size_t at = j + v * EG_LANES, there = left - v * EG_LANES;
            const eg_mask diagonal = (eg_mask) (lane == (lane_index) (i - at));
            const eg_vec k = eg_get(before + i * n + at, there), stay = keep - wv[v];
            eg_vec x = stay * k + late * pv[v];
            x = eg_select((eg_mask) (x < EG_LINK_FLOOR) | diagonal, eg_all(0), x);
            eg_vec d = eg_get(dlinks + i * n + at, there) + ahead * rv[v] + r * bv[v];
            drv[v] += ahead * x;
            to_read += x * bv[v];
            if (last) {
                d = eg_select(diagonal, eg_all(0), d);
                const eg_vec along = d * k;
                to_w += d * pv[v] - along;
                dwv[v] -= along;
                dpv[v] += late * d;
                d *= stay;
                d = eg_select((eg_mask) (d < EG_LINK_FLOOR) & (eg_mask) (d > -EG_LINK_FLOOR),
                              eg_all(0), d);
            }
            eg_put(dlinks + i * n + at, d, there);
        }
        dread[i] += eg_hsum(to_read);
        if (last)
            dw[i] += eg_hsum(to_w);
    }
    EG_EACH_VEC
    {
        const size_t at = j + v * EG_LANES, there = left - v * EG_LANES;
        eg_put(dread + at, eg_get(dread + at, there) + drv[v], there);
        if (last) {
            eg_put(dw + at, eg_get(dw + at, there) + dwv[v], there);
            eg_put(dp + at, eg_get(dp + at, there) + dpv[v], there);
        }
    }
}

/* As EG_OVER_BLOCKS, four vectors at a time: more would not find room in registers. */
#define OVER_BLOCKS(n, block, ...)                           \
    do {                                                     \
        size_t i_ = 0;                                       \
        for (; i_ + 4 * EG_LANES <= (n); i_ += 4 * EG_LANES) \
            block(4, 4 * EG_LANES, i_, __VA_ARGS__);         \
        for (; i_ < (n); i_ += EG_LANES)                     \
            block(1, (n) -i_, i_, __VA_ARGS__);              \
    } while (0)

void EG_K(links_back)(real *restrict dlinks, real *restrict dw, real *restrict dp,
                      real *restrict dread, const real *restrict dreadings,
                      const real *restrict before, const real *restrict w, const real *restrict p,
                      const real *restrict read, size_t slots, size_t heads)
{
    const size_t n = slots;
    for (size_t h = 1; h < heads; h++)
        OVER_BLOCKS(n, links_back_block, 0, dlinks, NULL, NULL, dread + h * n,
                    dreadings + 2 * h * n, dreadings + (2 * h + 1) * n, before, w, p, read + h * n,
                    n);
    OVER_BLOCKS(n, links_back_block, 1, dlinks, dw, dp, dread, dreadings, dreadings + n, before, w,
                p, read, n);
}
