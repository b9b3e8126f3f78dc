#include "attention/normalise.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

const char *const eg_normaliser_names[] = {"softmax", "sparsemax", "entmax-1.5",
                                           "top-k",   "hard",      "hard-sampled",
                                           "gumbel",  "sigmoid",   NULL};

enum { SCORE, BETA };

struct saved {
    struct eg_normaliser how;
    real *p;    /* (rows, N): the softmax, where w is something else; else NULL */
    real *z;    /* N, for one row at a time                                     */
    real *work; /* N                                                            */
};

/* z_i = beta (y_i - max y): no normaliser but the sigmoid changes when a number is added to all z,
 * and this way beta y does not overflow.  Returns the place of the first maximum; what is not a
 * number spoils all of z. */
static size_t strengthen(real *z, const real *y, real beta, size_t n)
{
    size_t best = 0;
    real spoilt = beta * 0;
    for (size_t i = 1; i < n; i++)
        best = y[i] > y[best] ? i : best;
    for (size_t i = 0; i < n; i++)
        spoilt += (y[i] - y[best]) * 0;
    for (size_t i = 0; i < n; i++)
        z[i] = beta * (y[i] - y[best]) + spoilt;
    return best;
}

static void softmax(real *p, const real *z, size_t n, const struct eg_kernels *kernels)
{
    (kernels->exp)(p, z, n); /* not the macro of <tgmath.h> */
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

/* dz_i = p_i (dw_i - sum_j dw_j p_j) */
static void softmax_back(real *dz, const real *dw, const real *p, size_t n,
                         const struct eg_kernels *kernels)
{
    const real mean = kernels->dot(dw, p, n);
    for (size_t i = 0; i < n; i++)
        dz[i] = p[i] * (dw[i] - mean);
}

static void one_hot(real *w, size_t at, size_t n)
{
    memset(w, 0, n * sizeof *w);
    w[at] = 1;
}

static void forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    const size_t n = node->out->cols;
    real *w = eg_row(node->out, r), *z = s->z;
    const real beta = eg_row(node->in[BETA], r)[0], *y = eg_row(node->in[SCORE], r);
    const size_t best = strengthen(z, y, beta, n);
    (void) best;
    (void) one_hot;
    softmax(w, z, n, tape->kernels);
}

/* From dz: dy_i = beta dz_i, dbeta = sum_i dz_i y_i. */
static void normalise_node_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    const size_t n = node->out->cols;
    const real *dw = eg_drow(node->out, r), *y = eg_row(node->in[SCORE], r);
    real *dz = s->z, *dbeta = eg_drow(node->in[BETA], r);
    softmax_back(dz, dw, eg_row(node->out, r), n, tape->kernels);
    if (node->in[SCORE]->dx)
        tape->kernels->axpy(eg_drow(node->in[SCORE], r), eg_row(node->in[BETA], r)[0], dz, n);
    if (dbeta)
        dbeta[0] += tape->kernels->dot(dz, y, n);
}

static const struct eg_row_op normalise_op = {forward, normalise_node_back};

struct eg_var *eg_normalise(struct eg_tape *tape, const struct eg_normaliser *how,
                            struct eg_var *score, struct eg_var *beta)
{
    if (!score || !beta)
        return NULL;
    assert(beta->cols == 1 && beta->rows == score->rows);
    const size_t n = score->cols;
    struct eg_var *w = eg_tape_var(tape, score->rows, n, 1);
    struct saved *s = eg_arena_take(tape->arena, sizeof *s);
    real *work = eg_arena_take(tape->arena, 2 * n * sizeof *work);
    if (!w || !s || !work)
        return NULL;
    *s = (struct saved){.how = *how, .z = work, .work = work + n};
    struct eg_var *in[] = {score, beta};
    return eg_tape_push_rows(tape, &normalise_op, w, 2, in, s);
}
