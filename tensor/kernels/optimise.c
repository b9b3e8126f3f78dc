/* tensor/kernels/optimise.c -- one pass over the parameter vector per update. */
#include <math.h>

#include "tensor/kernels/isa.h"

#ifdef EG_DOUBLE
#define root(x) sqrt(x)
#else
#define root(x) sqrtf(x)
#endif

void EG_K(rmsprop_graves)(real *restrict x, real *restrict n, real *restrict mean,
                          real *restrict delta, const real *restrict g, real rate, real decay,
                          real momentum, real eps, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        n[i] = decay * n[i] + (1 - decay) * g[i] * g[i];
        mean[i] = decay * mean[i] + (1 - decay) * g[i];
        /* n - mean^2 is a variance; rounding may leave it a little below zero. */
        const real variance = n[i] - mean[i] * mean[i];
        const real scale = root((variance > 0 ? variance : 0) + eps);
        delta[i] = momentum * delta[i] - rate * g[i] / scale;
        x[i] += delta[i];
    }
}

void EG_K(rmsprop)(real *restrict x, real *restrict n, real *restrict delta, const real *restrict g,
                   real rate, real decay, real momentum, real eps, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        n[i] = decay * n[i] + (1 - decay) * g[i] * g[i];
        delta[i] = momentum * delta[i] - rate * g[i] / (root(n[i]) + eps);
        x[i] += delta[i];
    }
}

void EG_K(adam)(real *restrict x, real *restrict m, real *restrict v, const real *restrict g,
                const struct eg_adam *adam, size_t count)
{
    const real rate = adam->rate, beta1 = adam->beta1, beta2 = adam->beta2, eps = adam->eps;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        x[i] -= rate * m[i] / (root(v[i]) + eps);
    }
}

void EG_K(sgd)(real *restrict x, real *restrict delta, const real *restrict g, real rate,
               real momentum, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        delta[i] = momentum * delta[i] - rate * g[i];
        x[i] += delta[i];
    }
}

double EG_K(sum_of_squares)(const real *x, size_t n)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double) x[i] * (double) x[i];
    return sum;
}

size_t EG_K(clip)(real *x, real limit, size_t n)
{
    size_t clipped = 0;
#pragma omp simd reduction(+ : clipped)
    for (size_t i = 0; i < n; i++) {
        const real v = x[i];
        const real low = v < -limit ? -limit : v;
        const real high = low > limit ? limit : low;
        clipped += high != v && v == v;
        x[i] = high;
    }
    return clipped;
}
