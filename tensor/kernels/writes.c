/* tensor/kernels/writes.c -- what all write heads do to the memory of one sequence in a step.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), eq. 3-4: all erases, then all adds, so that
 * the order of the heads does not matter.  One pass over the memory, whatever the heads: what it
 * is between them is computed again on the way back, which is faster than to keep it. */
#include "tensor/kernels/isa.h"

EG_INLINE eg_vec weight(const struct eg_write_row *head, size_t i, size_t left)
{
    return eg_get(head->w + i, left);
}

EG_INLINE void writes_block(const size_t vecs, size_t left, size_t i, real *out, const real *in,
                            const struct eg_write_row *head, size_t heads, size_t slots,
                            size_t width)
{
    for (size_t m = 0; m < width; m++) {
        eg_vec kept[8], sum[8];
        EG_EACH_VEC
        {
            kept[v] = eg_get(in + m * slots + i + v * EG_LANES, left - v * EG_LANES);
            sum[v] = (eg_vec){0};
        }
        for (size_t h = 0; h < heads; h++) {
            const real e = head[h].erase[m], a = head[h].add[m];
            EG_EACH_VEC
            {
                const eg_vec w = weight(&head[h], i + v * EG_LANES, left - v * EG_LANES);
                kept[v] -= kept[v] * (e * w);
                sum[v] += a * w;
            }
        }
        EG_EACH_VEC
        eg_put(out + m * slots + i + v * EG_LANES, kept[v] + sum[v], left - v * EG_LANES);
    }
}

void EG_K(writes)(real *out, const real *in, const struct eg_write_row *head, size_t heads,
                  size_t slots, size_t width)
{
    EG_OVER_BLOCKS(slots, writes_block, out, in, head, heads, slots, width);
}

/* With f_h = 1 - w_h e_h and g_h = d M prod_{k != h} f_k: dw_h = d a_h - e_h g_h, de_h = - w_h g_h,
 * da_h = d w_h, dM = d prod_k f_k. */
EG_INLINE void writes_back_block(const size_t vecs, size_t left, size_t i, real *dmemory,
                                 const real *in, const struct eg_write_row *head,
                                 const struct eg_write_drow *dhead, size_t heads, size_t slots,
                                 size_t width)
{
    eg_vec before[EG_WRITES_MAX][8]; /* M prod_{k < h} f_k */
    for (size_t m = 0; m < width; m++) {
        eg_vec d[8], after[8]; /* after: d prod_{k > h} f_k */
        EG_EACH_VEC
        {
            const size_t at = m * slots + i + v * EG_LANES, there = left - v * EG_LANES;
            after[v] = d[v] = eg_get(dmemory + at, there);
            before[0][v] = eg_get(in + at, there);
        }
        for (size_t h = 0; h + 1 < heads; h++) {
            const real e = head[h].erase[m];
            EG_EACH_VEC
            before[h + 1][v] =
                before[h][v]
                - before[h][v] * (e * weight(&head[h], i + v * EG_LANES, left - v * EG_LANES));
        }
        for (size_t h = heads; h-- > 0;) {
            const real e = head[h].erase[m], a = head[h].add[m];
            eg_vec de = {0}, da = {0};
            EG_EACH_VEC
            {
                const size_t at = i + v * EG_LANES, there = left - v * EG_LANES;
                const eg_vec w = weight(&head[h], at, there), g = before[h][v] * after[v];
                eg_put(dhead[h].w + at, eg_get(dhead[h].w + at, there) + (a * d[v] - e * g), there);
                de += w * g;
                da += w * d[v];
                after[v] -= after[v] * (e * w);
            }
            dhead[h].erase[m] -= eg_hsum(de);
            dhead[h].add[m] += eg_hsum(da);
        }
        EG_EACH_VEC
        eg_put(dmemory + m * slots + i + v * EG_LANES, after[v], left - v * EG_LANES);
    }
}

void EG_K(writes_back)(real *restrict dmemory, const real *restrict in,
                       const struct eg_write_row *head, const struct eg_write_drow *dhead,
                       size_t heads, size_t slots, size_t width)
{
    EG_OVER_BLOCKS(slots, writes_back_block, dmemory, in, head, dhead, heads, slots, width);
}
