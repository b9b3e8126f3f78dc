/* tensor/kernels/bag.c -- sums of weighted rows of a table. */
#include "tensor/kernels/isa.h"

/* Column by column, so that the sum stays in a register. */
void EG_K(bag)(real *restrict y, const real *restrict table, size_t stride,
               const uint32_t *restrict symbol, const real *restrict level,
               const real *restrict slope, const real *restrict ramp, size_t n, size_t d)
{
    for (size_t i = 0; i < d; i += EG_LANES) {
        const size_t left = d - i;
        eg_vec sum = eg_get(y + i, left);
        if (level) {
            const eg_vec r = eg_get(ramp + i, left);
            for (size_t j = 0; j < n; j++)
                sum += (level[j] + slope[j] * r) * eg_get(table + symbol[j] * stride + i, left);
        } else {
            for (size_t j = 0; j < n; j++)
                sum += eg_get(table + symbol[j] * stride + i, left);
        }
        eg_put(y + i, sum, left);
    }
}

/* A word may be in the bag twice: one after the other. */
void EG_K(bag_back)(real *restrict dtable, const real *restrict dy, size_t stride,
                    const uint32_t *restrict symbol, const real *restrict level,
                    const real *restrict slope, const real *restrict ramp, size_t n, size_t d)
{
    for (size_t i = 0; i < d; i += EG_LANES) {
        const size_t left = d - i;
        const eg_vec g = eg_get(dy + i, left);
        const eg_vec bent = level ? g * eg_get(ramp + i, left) : g;
        for (size_t j = 0; j < n; j++) {
            real *x = dtable + symbol[j] * stride + i;
            eg_put(x, eg_get(x, left) + (level ? level[j] * g + slope[j] * bent : g), left);
        }
    }
}
