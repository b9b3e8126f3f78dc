/* attention/additive.c -- the scores that have a layer of their own, E5-E6.
 *
 * [q, m] W is q W_q + m W_m, W_q the upper and W_m the lower half of W: concat is additive with
 * both matrices in one.  The query's part is one linear map for all rows; the memory's part is a
 * product for each row, since each sequence has a memory of its own. */
#include <assert.h>
#include <tgmath.h>

#include "attention/scores_private.h"
#include "tensor/blas.h"
#include "tensor/linear.h"

enum { FROM_QUERY, MEMORY, U, V };

struct saved {
    size_t slots, width, hidden;
    real *bent; /* (rows, H, N): the tanh          */
    real *work; /* (H, N), for one row at a time   */
};

/* bent_ji = tanh(a_j + sum_m U_mj M_mi), y_i = sum_j v_j bent_ji */
static void additive(real *y, real *bent, real *work, const real *a, const real *memory,
                     const real *u, const real *v, const struct saved *s,
                     const struct eg_kernels *kernels)
{
    const size_t n = s->slots, h = s->hidden;
    for (size_t j = 0; j < h; j++)
        for (size_t i = 0; i < n; i++)
            work[j * n + i] = a[j];
    eg_gemm(1, 0, h, n, s->width, u, h, memory, n, work, n);
    (kernels->tanh)(bent, work, h * n); /* not the macro of <tgmath.h> */
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    for (size_t j = 0; j < h; j++)
        kernels->axpy(y, v[j], bent + j * n, n);
}

struct gradients {
    real *a, *memory, *u, *v;
};

/* With d_ji = dy_i v_j (1 - bent_ji^2): da_j += sum_i d_ji, dU += M d^T, dM += U d,
 * dv_j += sum_i dy_i bent_ji. */
static void additive_back(const struct gradients *d, const real *dy, const real *bent, real *work,
                          const real *memory, const real *u, const real *v, const struct saved *s,
                          const struct eg_kernels *kernels)
{
    const size_t n = s->slots, h = s->hidden;
    for (size_t j = 0; j < h; j++) {
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < n; i++) {
            work[j * n + i] = dy[i] * v[j] * (1 - bent[j * n + i] * bent[j * n + i]);
            sum += work[j * n + i];
        }
        if (d->a)
            d->a[j] += sum;
        if (d->v)
            d->v[j] += kernels->dot(dy, bent + j * n, n);
    }
    if (d->u)
        eg_gemm(0, 1, s->width, h, n, memory, n, work, n, d->u, h);
    if (d->memory)
        eg_gemm(0, 0, s->width, n, h, u, h, work, n, d->memory, n);
}

static void forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    additive(eg_row(node->out, r), s->bent + r * s->hidden * s->slots, s->work,
             eg_row(node->in[FROM_QUERY], r), eg_row(node->in[MEMORY], r), node->in[U]->x,
             node->in[V]->x, s, tape->kernels);
}

static void additive_node_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    const struct gradients d = {eg_drow(node->in[FROM_QUERY], r), eg_drow(node->in[MEMORY], r),
                                node->in[U]->dx, node->in[V]->dx};
    additive_back(&d, eg_drow(node->out, r), s->bent + r * s->hidden * s->slots, s->work,
                  eg_row(node->in[MEMORY], r), node->in[U]->x, node->in[V]->x, s, tape->kernels);
}

static const struct eg_row_op additive_op = {forward, additive_node_back};

struct eg_var *eg_score_additive(struct eg_tape *tape, const struct eg_score *score,
                                 struct eg_var *query, struct eg_var *memory)
{
    const size_t rows = memory->rows, n = score->slots, h = score->hidden;
    struct eg_param of_query = score->w, of_memory = score->u;
    if (score->kind == EG_SCORE_CONCAT) {
        of_query.rows = score->width;
        of_memory = of_query;
        of_memory.offset += score->width * h;
    }
    struct eg_var *in[] = {eg_linear(tape, &of_query, NULL, NULL, 1, &query), memory,
                           eg_tape_param(tape, &of_memory), eg_tape_param(tape, &score->v)};
    struct eg_var *y = eg_tape_var(tape, rows, n, 1);
    struct saved *s = eg_arena_take(tape->arena, sizeof *s);
    if (!in[FROM_QUERY] || !in[U] || !in[V] || !y || !s)
        return NULL;
    *s = (struct saved){.slots = n, .width = score->width, .hidden = h};
    s->bent = eg_arena_take(tape->arena, rows * h * n * sizeof *s->bent);
    s->work = eg_arena_take(tape->arena, h * n * sizeof *s->work);
    if (!s->bent || !s->work)
        return NULL;
    return eg_tape_push_rows(tape, &additive_op, y, 4, in, s);
}
