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
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = eg_vexp(x[i]);
}

void EG_K(log)(real *restrict y, const real *restrict x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = eg_vlog(x[i]);
}

void EG_K(sigmoid)(real *restrict y, const real *restrict x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = eg_vsigmoid(x[i]);
}

void EG_K(tanh)(real *restrict y, const real *restrict x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = eg_vtanh(x[i]);
}

void EG_K(lstm)(real *restrict h, real *restrict c, real *restrict act, const real *restrict z,
                const real *restrict c_prev, size_t cells)
{
    real *restrict in = act, *restrict forget = act + cells, *restrict out = act + 2 * cells;
    real *restrict cand = act + 3 * cells, *restrict tanh_c = act + 4 * cells;
#pragma omp simd
    for (size_t i = 0; i < cells; i++) {
        in[i] = eg_vsigmoid(z[i]);
        forget[i] = eg_vsigmoid(z[cells + i]);
        out[i] = eg_vsigmoid(z[2 * cells + i]);
        cand[i] = eg_vtanh(z[3 * cells + i]);
        c[i] = forget[i] * c_prev[i] + in[i] * cand[i];
        tanh_c[i] = eg_vtanh(c[i]);
        h[i] = out[i] * tanh_c[i];
    }
}

/* With dC = dc + dh o (1 - tanh(c)^2):
 *     dz_in = dC cand in (1 - in)      dz_forget = dC c_prev forget (1 - forget)
 *     dz_out = dh tanh(c) out (1 - out)  dz_cand = dC in (1 - cand^2)   dc_prev = dC forget */
void EG_K(lstm_back)(real *restrict dz, real *restrict dc_prev, const real *restrict dh,
                     const real *restrict dc, const real *restrict act, const real *restrict c_prev,
                     size_t cells)
{
    const real *in = act, *forget = act + cells, *out = act + 2 * cells;
    const real *cand = act + 3 * cells, *tanh_c = act + 4 * cells;
#pragma omp simd
    for (size_t i = 0; i < cells; i++) {
        const real d = dc[i] + dh[i] * out[i] * (1 - tanh_c[i] * tanh_c[i]);
        dz[i] += d * cand[i] * in[i] * (1 - in[i]);
        dz[cells + i] += d * c_prev[i] * forget[i] * (1 - forget[i]);
        dz[2 * cells + i] += dh[i] * tanh_c[i] * out[i] * (1 - out[i]);
        dz[3 * cells + i] += d * in[i] * (1 - cand[i] * cand[i]);
    }
    if (dc_prev) {
#pragma omp simd
        for (size_t i = 0; i < cells; i++)
            dc_prev[i] += (dc[i] + dh[i] * out[i] * (1 - tanh_c[i] * tanh_c[i])) * forget[i];
    }
}
