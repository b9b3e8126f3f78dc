#include "tensor/pointwise.h"

#include <assert.h>
#include <string.h>

static struct eg_var *finish(struct eg_tape *tape,
                             void (*back)(const struct eg_node *, struct eg_tape *),
                             struct eg_var *y, size_t n, struct eg_var *const in[])
{
    if (!eg_tape_records(tape))
        return y;
    return eg_tape_push(tape, back, y, n, in) ? y : NULL;
}

static void add_back(const struct eg_node *node, struct eg_tape *tape)
{
    for (size_t i = 0; i < 2; i++)
        if (node->in[i]->dx)
            for (size_t r = 0; r < node->out->rows; r++)
                tape->kernels->add(eg_drow(node->in[i], r), eg_drow(node->out, r), node->out->cols);
}

struct eg_var *eg_add(struct eg_tape *tape, struct eg_var *a, struct eg_var *b)
{
    if (!a || !b)
        return NULL;
    assert(a->rows == b->rows && a->cols == b->cols);
    struct eg_var *y = eg_tape_var(tape, a->rows, a->cols, 1);
    if (!y)
        return NULL;
    for (size_t r = 0; r < y->rows; r++)
        for (size_t c = 0; c < y->cols; c++)
            eg_row(y, r)[c] = eg_row(a, r)[c] + eg_row(b, r)[c];
    return finish(tape, add_back, y, 2, (struct eg_var *const[]){a, b});
}

static void multiply_back(const struct eg_node *node, struct eg_tape *tape)
{
    (void) tape;
    for (size_t i = 0; i < 2; i++) {
        const struct eg_var *in = node->in[i], *other = node->in[1 - i];
        if (!in->dx)
            continue;
        for (size_t r = 0; r < in->rows; r++) {
            real *dx = eg_drow(in, r);
            const real *dy = eg_drow(node->out, r), *x = eg_row(other, r);
            for (size_t c = 0; c < in->cols; c++)
                dx[c] += dy[c] * x[c];
        }
    }
}

struct eg_var *eg_multiply(struct eg_tape *tape, struct eg_var *a, struct eg_var *b)
{
    if (!a || !b)
        return NULL;
    assert(a->rows == b->rows && a->cols == b->cols);
    struct eg_var *y = eg_tape_var(tape, a->rows, a->cols, 1);
    if (!y)
        return NULL;
    for (size_t r = 0; r < y->rows; r++)
        for (size_t c = 0; c < y->cols; c++)
            eg_row(y, r)[c] = eg_row(a, r)[c] * eg_row(b, r)[c];
    return finish(tape, multiply_back, y, 2, (struct eg_var *const[]){a, b});
}

static void blend_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *g = node->in[0];
    const size_t step = g->cols == 1 ? 0 : 1;
    const real *a = eg_row(node->in[1], r), *b = eg_row(node->in[2], r);
    for (size_t c = 0; c < node->out->cols; c++) {
        const real gate = eg_row(g, r)[c * step];
        eg_row(node->out, r)[c] = gate * a[c] + (1 - gate) * b[c];
    }
}

/* dg = dy (a - b), summed over the row where one gate serves it; da = dy g; db = dy (1 - g). */
static void blend_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *g = node->in[0], *a = node->in[1], *b = node->in[2];
    const size_t step = g->cols == 1 ? 0 : 1;
    const real *dy = eg_drow(node->out, r), *gate = eg_row(g, r);
    const real *xa = eg_row(a, r), *xb = eg_row(b, r);
    real *dg = eg_drow(g, r), *da = eg_drow(a, r), *db = eg_drow(b, r);
    for (size_t c = 0; c < a->cols; c++) {
        if (dg)
            dg[c * step] += dy[c] * (xa[c] - xb[c]);
        if (da)
            da[c] += dy[c] * gate[c * step];
        if (db)
            db[c] += dy[c] * (1 - gate[c * step]);
    }
}

static const struct eg_row_op blend_op = {blend_row, blend_row_back};

struct eg_var *eg_blend(struct eg_tape *tape, struct eg_var *g, struct eg_var *a, struct eg_var *b)
{
    if (!g || !a || !b)
        return NULL;
    assert(a->rows == b->rows && a->cols == b->cols && g->rows == a->rows);
    assert(g->cols == 1 || g->cols == a->cols);
    struct eg_var *y = eg_tape_var(tape, a->rows, a->cols, 1);
    if (!y)
        return NULL;
    return eg_tape_push_rows(tape, &blend_op, y, 3, (struct eg_var *const[]){g, a, b}, NULL);
}

struct stack {
    size_t n;
    struct eg_var *in[];
};

static void stack_back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct stack *stack = node->saved;
    size_t row = 0;
    for (size_t i = 0; i < stack->n; i++)
        for (size_t r = 0; r < stack->in[i]->rows; r++, row++)
            if (stack->in[i]->dx)
                tape->kernels->add(eg_drow(stack->in[i], r), eg_drow(node->out, row),
                                   node->out->cols);
}

struct eg_var *eg_stack(struct eg_tape *tape, size_t n, struct eg_var *const in[])
{
    size_t rows = 0;
    for (size_t i = 0; i < n; i++) {
        if (!in[i])
            return NULL;
        assert(in[i]->cols == in[0]->cols);
        rows += in[i]->rows;
    }
    assert(n > 0);
    struct eg_var *y = eg_tape_var(tape, rows, in[0]->cols, 1);
    if (!y)
        return NULL;
    size_t row = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < in[i]->rows; r++, row++)
            memcpy(eg_row(y, row), eg_row(in[i], r), y->cols * sizeof *y->x);
    if (!eg_tape_records(tape))
        return y;
    struct eg_node *node = eg_tape_push(tape, stack_back, y, 0, NULL);
    struct stack *stack =
        node ? eg_arena_take(tape->arena, sizeof *stack + n * sizeof stack->in[0]) : NULL;
    if (!stack)
        return NULL;
    stack->n = n;
    memcpy(stack->in, in, n * sizeof stack->in[0]);
    node->saved = stack;
    return y;
}

static void join_back(const struct eg_node *node, struct eg_tape *tape)
{
    size_t from = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct eg_var *in = node->in[i];
        if (in->dx)
            for (size_t r = 0; r < in->rows; r++)
                tape->kernels->add(eg_drow(in, r), eg_drow(node->out, r) + from, in->cols);
        from += in->cols;
    }
}

struct eg_var *eg_join(struct eg_tape *tape, struct eg_var *a, struct eg_var *b)
{
    if (!a || !b)
        return NULL;
    assert(a->rows == b->rows);
    struct eg_var *y = eg_tape_var(tape, a->rows, a->cols + b->cols, 1);
    if (!y)
        return NULL;
    for (size_t r = 0; r < y->rows; r++) {
        memcpy(eg_row(y, r), eg_row(a, r), a->cols * sizeof *y->x);
        memcpy(eg_row(y, r) + a->cols, eg_row(b, r), b->cols * sizeof *y->x);
    }
    return finish(tape, join_back, y, 2, (struct eg_var *const[]){a, b});
}

static void repeat_back(const struct eg_node *node, struct eg_tape *tape)
{
    if (node->in[0]->dx)
        for (size_t r = 0; r < node->out->rows; r++)
            tape->kernels->add(node->in[0]->dx, eg_drow(node->out, r), node->out->cols);
}

struct eg_var *eg_repeat(struct eg_tape *tape, struct eg_var *a, size_t rows)
{
    if (!a)
        return NULL;
    assert(a->rows == 1);
    struct eg_var *y = eg_tape_var(tape, rows, a->cols, 1);
    if (!y)
        return NULL;
    for (size_t r = 0; r < rows; r++)
        memcpy(eg_row(y, r), a->x, a->cols * sizeof *y->x);
    return finish(tape, repeat_back, y, 1, &a);
}

struct eg_var *eg_filled(struct eg_tape *tape, size_t rows, size_t cols, real value)
{
    struct eg_var *y = eg_tape_var(tape, rows, cols, 1);
    for (size_t i = 0; y && i < rows * cols; i++)
        y->x[i] = value;
    return y;
}

static void limited_back(const struct eg_node *node, struct eg_tape *tape)
{
    (void) tape;
    const real limit = *(const real *) node->saved;
    for (size_t r = 0; r < node->out->rows; r++) {
        real *dx = eg_drow(node->out, r);
        for (size_t c = 0; c < node->out->cols; c++)
            dx[c] = dx[c] > limit ? limit : dx[c] < -limit ? -limit : dx[c];
    }
}

struct eg_var *eg_limited(struct eg_tape *tape, struct eg_var *a, real limit)
{
    if (!a)
        return NULL;
    assert(limit > 0 && !tape->holding);
    if (!eg_tape_records(tape) || !a->dx)
        return a;
    real *saved = eg_arena_take(tape->arena, sizeof *saved);
    struct eg_node *node = saved ? eg_tape_push(tape, limited_back, a, 1, &a) : NULL;
    if (!node)
        return NULL;
    *saved = limit;
    node->saved = saved;
    return a;
}
