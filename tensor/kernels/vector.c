/* tensor/kernels/vector.c -- elementwise loops. */
#include "tensor/kernels/isa.h"
#include "tensor/kernels/vmath.h"

void EG_K(add)(real *restrict y, const real *restrict x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

void EG_K(axpy)(real *restrict y, real a, const real *restrict x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

real EG_K(dot)(const real *x, const real *y, size_t n)
{
    return eg_inner(x, y, n);
}

void EG_K(exp)(real *restrict y, const real *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i += EG_LANES)
        eg_put(y + i, eg_vexp(eg_get(x + i, n - i)), n - i);
}

void EG_K(log)(real *restrict y, const real *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i += EG_LANES)
        eg_put(y + i, eg_vlog(eg_get(x + i, n - i)), n - i);
}

void EG_K(sigmoid)(real *restrict y, const real *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i += EG_LANES)
        eg_put(y + i, eg_vsigmoid(eg_get(x + i, n - i)), n - i);
}

void EG_K(tanh)(real *restrict y, const real *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i += EG_LANES)
        eg_put(y + i, eg_vtanh(eg_get(x + i, n - i)), n - i);
}

void EG_K(lstm)(real *restrict h, real *restrict c, real *restrict act, const real *restrict z,
                const real *restrict c_prev, size_t cells)
{
    for (size_t i = 0; i < cells; i += EG_LANES) {
        const size_t left = cells - i;
        const eg_vec in = eg_vsigmoid(eg_get(z + i, left));
        const eg_vec forget = eg_vsigmoid(eg_get(z + cells + i, left));
        const eg_vec out = eg_vsigmoid(eg_get(z + 2 * cells + i, left));
        const eg_vec cand = eg_vtanh(eg_get(z + 3 * cells + i, left));
        const eg_vec cell = forget * eg_get(c_prev + i, left) + in * cand;
        const eg_vec tanh_c = eg_vtanh(cell);
        eg_put(act + i, in, left);
        eg_put(act + cells + i, forget, left);
        eg_put(act + 2 * cells + i, out, left);
        eg_put(act + 3 * cells + i, cand, left);
        eg_put(act + 4 * cells + i, tanh_c, left);
        eg_put(c + i, cell, left);
        eg_put(h + i, out * tanh_c, left);
    }
}

EG_INLINE void add_to(real *y, eg_vec x, size_t left)
{
    eg_put(y, eg_get(y, left) + x, left);
}

/* With dC = dc + dh o (1 - tanh(c)^2):
 *     dz_in = dC cand in (1 - in)      dz_forget = dC c_prev forget (1 - forget)
 *     dz_out = dh tanh(c) out (1 - out)  dz_cand = dC in (1 - cand^2)   dc_prev = dC forget */
void EG_K(lstm_back)(real *restrict dz, real *restrict dc_prev, const real *restrict dh,
                     const real *restrict dc, const real *restrict act, const real *restrict c_prev,
                     size_t cells)
{
    for (size_t i = 0; i < cells; i += EG_LANES) {
        const size_t left = cells - i;
        const eg_vec in = eg_get(act + i, left), forget = eg_get(act + cells + i, left);
        const eg_vec out = eg_get(act + 2 * cells + i, left);
        const eg_vec cand = eg_get(act + 3 * cells + i, left);
        const eg_vec tanh_c = eg_get(act + 4 * cells + i, left), d_h = eg_get(dh + i, left);
        const eg_vec d = eg_get(dc + i, left) + d_h * out * (1 - tanh_c * tanh_c);
        add_to(dz + i, d * cand * in * (1 - in), left);
        add_to(dz + cells + i, d * eg_get(c_prev + i, left) * forget * (1 - forget), left);
        add_to(dz + 2 * cells + i, d_h * tanh_c * out * (1 - out), left);
        add_to(dz + 3 * cells + i, d * in * (1 - cand * cand), left);
        if (dc_prev)
            add_to(dc_prev + i, d * forget, left);
    }
}
