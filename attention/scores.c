/* attention/scores.c -- the scores without parameters; bilinear and location are a linear map
 * before a dot product, or nothing but one. */
#include "attention/scores.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <tgmath.h>

#include "attention/address.h"
#include "attention/scores_private.h"
#include "tensor/linear.h"

const char *const eg_score_names[] = {"cosine", "dot",      "scaled-dot", "bilinear", "additive",
                                      "concat", "location", "euclidean",  "k-body",   NULL};

enum { QUERY, MEMORY };
enum { DEGREE_MAX = 64 };

struct saved {
    size_t slots, stride, width; /* slots that are compared, of `stride`                        */
    unsigned degree;  /* 1: y is the base itself                                         */
    real scale, most; /* of the dot product; the base goes no further                    */
    real *base;       /* (rows, N) of k-body: scale q . m_i                              */
    real *inv;        /* (rows, N) of cosine: 1 / |m_i|                                  */
    real *inv_query;  /* (rows)                                                          */
    real *work;       /* 2 N, for one row at a time                                      */
};

/* y_i = scale q . m_i */
static void dots(real *y, const real *q, const real *memory, real scale, size_t slots,
                 size_t stride, size_t width, const struct eg_kernels *kernels)
{
    memset(y, 0, slots * sizeof *y);
    for (size_t m = 0; m < width; m++)
        kernels->axpy(y, scale * q[m], memory + m * stride, slots);
}

/* From d_i = dL/d(q . m_i): dq += sum_i d_i m_i, dm_i += d_i q. */
static void dots_back(real *dq, real *dmemory, const real *d, const real *q, const real *memory,
                      size_t slots, size_t stride, size_t width, const struct eg_kernels *kernels)
{
    for (size_t m = 0; m < width; m++) {
        if (dq)
            dq[m] += kernels->dot(d, memory + m * stride, slots);
        if (dmemory)
            kernels->axpy(dmemory + m * stride, q[m], d, slots);
    }
}

static void power(real *y, const real *x, unsigned k, real most, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > most ? most : x[i] < -most ? -most : x[i];
    for (unsigned times = 1; times < k; times++)
        for (size_t i = 0; i < n; i++)
            y[i] *= x[i] > most ? most : x[i] < -most ? -most : x[i];
}

/* d_i = dy_i k x_i^(k - 1) scale */
static void power_back(real *d, const real *dy, const real *x, unsigned k, real scale, real most,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        d[i] = fabs(x[i]) > most ? 0 : dy[i] * (real) k * scale;
    for (unsigned times = 1; times < k; times++)
        for (size_t i = 0; i < n; i++)
            d[i] = d[i] == 0 ? 0 : d[i] * x[i];
}

static void dot_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    real *y = eg_row(node->out, r);
    real *base = s->degree > 1 ? s->base + r * s->slots : y;
    dots(base, eg_row(node->in[QUERY], r), eg_row(node->in[MEMORY], r), s->scale, s->slots,
         s->stride, s->width, tape->kernels);
    if (s->degree > 1)
        power(y, base, s->degree, s->most, s->slots);
}

static void dot_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    const real *dy = eg_drow(node->out, r);
    if (s->degree > 1)
        power_back(s->work, dy, s->base + r * s->slots, s->degree, s->scale, s->most, s->slots);
    else
        for (size_t i = 0; i < s->slots; i++)
            s->work[i] = s->scale * dy[i];
    dots_back(eg_drow(node->in[QUERY], r), eg_drow(node->in[MEMORY], r), s->work,
              eg_row(node->in[QUERY], r), eg_row(node->in[MEMORY], r), s->slots, s->stride,
              s->width, tape->kernels);
}

static const struct eg_row_op dot_op = {dot_forward, dot_back};

static void cosine(real *y, real *inv_query, const real *q, const real *memory, const real *inv,
                   size_t slots, size_t width, const struct eg_kernels *kernels)
{
    *inv_query = 1 / sqrt(kernels->dot(q, q, width) + EG_COSINE_EPS);
    dots(y, q, memory, *inv_query, slots, slots, width, kernels);
    for (size_t i = 0; i < slots; i++)
        y[i] *= inv[i];
}

/* With y_i = q . m_i / (|q| |m_i|): dq += dy_i (m_i / (|q| |m_i|) - y_i q / |q|^2), and the same
 * with q and m_i exchanged. */
static void cosine_back(real *dq, real *dmemory, const real *dy, const real *y, const real *q,
                        const real *memory, const real *inv, real inv_query, real *work,
                        size_t slots, size_t width, const struct eg_kernels *kernels)
{
    real *d = work, *own = work + slots;
    const real turned = kernels->dot(dy, y, slots) * inv_query * inv_query;
    for (size_t i = 0; i < slots; i++) {
        d[i] = dy[i] * inv_query * inv[i];
        own[i] = dy[i] * y[i] * inv[i] * inv[i];
    }
    dots_back(dq, dmemory, d, q, memory, slots, slots, width, kernels);
    for (size_t m = 0; m < width; m++) {
        if (dq)
            dq[m] -= turned * q[m];
        for (size_t i = 0; i < slots && dmemory; i++)
            dmemory[m * slots + i] -= own[i] * memory[m * slots + i];
    }
}

static void cosine_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    cosine(eg_row(node->out, r), s->inv_query + r, eg_row(node->in[QUERY], r),
           eg_row(node->in[MEMORY], r), s->inv + r * s->slots, s->slots, s->width, tape->kernels);
}

static void cosine_node_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    cosine_back(eg_drow(node->in[QUERY], r), eg_drow(node->in[MEMORY], r), eg_drow(node->out, r),
                eg_row(node->out, r), eg_row(node->in[QUERY], r), eg_row(node->in[MEMORY], r),
                s->inv + r * s->slots, s->inv_query[r], s->work, s->slots, s->width, tape->kernels);
}

static const struct eg_row_op cosine_op = {cosine_forward, cosine_node_back};

/* Not as q . m_i - |q|^2 / 2 - |m_i|^2 / 2, which loses the digits of what is near. */
static void euclidean(real *y, const real *q, const real *memory, size_t slots, size_t width)
{
    memset(y, 0, slots * sizeof *y);
    for (size_t m = 0; m < width; m++)
        for (size_t i = 0; i < slots; i++) {
            const real apart = q[m] - memory[m * slots + i];
            y[i] -= apart * apart / 2;
        }
}

static void euclidean_back(real *dq, real *dmemory, const real *dy, const real *q,
                           const real *memory, size_t slots, size_t width)
{
    for (size_t m = 0; m < width; m++) {
        const real *row = memory + m * slots, at = q[m];
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < slots; i++)
            sum += dy[i] * (at - row[i]);
        if (dq)
            dq[m] -= sum;
        for (size_t i = 0; i < slots && dmemory; i++)
            dmemory[m * slots + i] += dy[i] * (at - row[i]);
    }
}

static void euclidean_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *s = node->saved;
    euclidean(eg_row(node->out, r), eg_row(node->in[QUERY], r), eg_row(node->in[MEMORY], r),
              s->slots, s->width);
}

static void euclidean_node_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *s = node->saved;
    euclidean_back(eg_drow(node->in[QUERY], r), eg_drow(node->in[MEMORY], r), eg_drow(node->out, r),
                   eg_row(node->in[QUERY], r), eg_row(node->in[MEMORY], r), s->slots, s->width);
}

static const struct eg_row_op euclidean_op = {euclidean_forward, euclidean_node_back};

static int declare(struct eg_params *params, const char *module, const char *prefix,
                   const char *letter, size_t rows, size_t cols, const char *shape,
                   const char *equation, struct eg_param *out)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s%s", prefix ? prefix : "", prefix ? "_" : "", letter);
    const struct eg_param_row row = {
        .name = name,
        .symbol = *letter == 'w'   ? "W"
                  : *letter == 'u' ? "U"
                                   : "v",
        .shape = shape,
        .unit = "1",
        .equation = equation,
        .rows = rows,
        .cols = cols,
        .init = *letter == 'v' ? eg_init_fan_in : eg_init_glorot,
        .scale = 1,
    };
    return eg_params_add(params, module, &row, out);
}

int eg_score_declare(struct eg_score *s, struct eg_params *params, const char *module,
                     const char *prefix)
{
    const size_t d = s->width, h = s->hidden;
    int ret = EG_OK;
    switch (s->kind) {
    case EG_SCORE_BILINEAR:
        return declare(params, module, prefix, "w", d, d, "width x width", "E4", &s->w);
    case EG_SCORE_LOCATION:
        return declare(params, module, prefix, "w", d, s->slots, "width x slots", "E7", &s->w);
    case EG_SCORE_ADDITIVE:
        if ((ret = declare(params, module, prefix, "w", d, h, "width x hidden", "E5", &s->w))
            || (ret = declare(params, module, prefix, "u", d, h, "width x hidden", "E5", &s->u)))
            return ret;
        return declare(params, module, prefix, "v", h, 1, "hidden", "E5", &s->v);
    case EG_SCORE_CONCAT:
        ret = declare(params, module, prefix, "w", 2 * d, h, "2 width x hidden", "E6", &s->w);
        return ret ? ret : declare(params, module, prefix, "v", h, 1, "hidden", "E6", &s->v);
    case EG_SCORE_K_BODY:
        if (!(s->degree >= 1 && s->degree <= DEGREE_MAX && s->degree == floor(s->degree)))
            return EG_RAISE(EG_ERR_RANGE);
        return EG_OK;
    default:
        return EG_OK;
    }
}

/* What is kept for the rows of a score without parameters. */
static struct saved *keep(struct eg_tape *tape, const struct eg_score *score, size_t rows)
{
    const size_t n = score->in_use ? score->in_use : score->slots;
    const int powers = score->kind == EG_SCORE_K_BODY && score->degree > 1;
    struct saved *s = eg_arena_take(tape->arena, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct saved){
        .slots = n, .stride = score->slots, .width = score->width, .degree = 1, .scale = 1};
    s->work = eg_arena_take(tape->arena, 2 * n * sizeof *s->work);
    if (!s->work)
        return NULL;
    if (score->kind == EG_SCORE_SCALED_DOT || score->kind == EG_SCORE_K_BODY)
        s->scale = (real) (1 / sqrt((double) score->width));
    if (powers) {
        s->degree = (unsigned) score->degree;
        s->most = (real) pow(EG_K_BODY_MAX, 1 / score->degree);
        s->base = eg_arena_take(tape->arena, rows * n * sizeof *s->base);
    }
    if (score->kind == EG_SCORE_COSINE)
        s->inv_query = eg_arena_take(tape->arena, rows * sizeof *s->inv_query);
    return (!powers || s->base) && (score->kind != EG_SCORE_COSINE || s->inv_query) ? s : NULL;
}

struct eg_var *eg_score_apply(struct eg_tape *tape, const struct eg_score *score,
                              struct eg_var *query, struct eg_var *memory)
{
    if (!query || !memory)
        return NULL;
    assert(query->cols == score->width && memory->cols == score->slots * score->width);
    assert(query->rows == memory->rows);
    assert(score->in_use <= score->slots
           && (!score->in_use || score->kind == EG_SCORE_DOT || score->kind == EG_SCORE_SCALED_DOT
               || score->kind == EG_SCORE_K_BODY));
    if (score->kind == EG_SCORE_LOCATION)
        return eg_linear(tape, &score->w, NULL, NULL, 1, &query);
    if (score->kind == EG_SCORE_ADDITIVE || score->kind == EG_SCORE_CONCAT)
        return eg_score_additive(tape, score, query, memory);
    if (score->kind == EG_SCORE_BILINEAR)
        query = eg_linear(tape, &score->w, NULL, NULL, 1, &query);
    struct eg_var *y =
        eg_tape_var(tape, memory->rows, score->in_use ? score->in_use : score->slots, 1);
    struct saved *saved = keep(tape, score, memory->rows);
    if (!query || !y || !saved)
        return NULL;
    struct eg_var *in[] = {query, memory};
    const struct eg_row_op *op = score->kind == EG_SCORE_COSINE      ? &cosine_op
                                 : score->kind == EG_SCORE_EUCLIDEAN ? &euclidean_op
                                                                     : &dot_op;
    if (op == &cosine_op
        && !(saved->inv = eg_inverse_norms(tape, memory, score->slots, score->width)))
        return NULL;
    return eg_tape_push_rows(tape, op, y, 2, in, saved);
}
