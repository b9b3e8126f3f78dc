#include "tensor/tape.h"

#include <assert.h>
#include <string.h>

#include "tensor/linear.h"

void eg_tape_begin(struct eg_tape *tape, struct eg_arena *arena, const struct eg_kernels *kernels,
                   const real *values, real *grads)
{
    *tape = (struct eg_tape){.arena = arena, .kernels = kernels, .values = values, .grads = grads};
}

static struct eg_var *blank(struct eg_tape *tape)
{
    struct eg_var *v = eg_arena_take(tape->arena, sizeof *v);
    if (v)
        memset(v, 0, sizeof *v);
    return v;
}

struct eg_var *eg_tape_var(struct eg_tape *tape, size_t rows, size_t cols, int wants_gradient)
{
    struct eg_var *v = blank(tape);
    if (!v)
        return NULL;
    v->rows = rows;
    v->cols = cols;
    v->stride = cols;
    v->x = eg_arena_take(tape->arena, rows * cols * sizeof *v->x);
    if (!v->x)
        return NULL;
    if (wants_gradient && eg_tape_records(tape)) {
        v->dx = eg_arena_zeros(tape->arena, rows * cols, sizeof *v->dx);
        if (!v->dx)
            return NULL;
    }
    return v;
}

/* Data are read only; that eg_var has no const form is the price of one type for all. */
static real *unconst(const real *x)
{
    union {
        const real *in;
        real *out;
    } both = {.in = x};
    return both.out;
}

struct eg_var *eg_tape_data(struct eg_tape *tape, const real *x, size_t rows, size_t cols)
{
    struct eg_var *v = blank(tape);
    if (!v)
        return NULL;
    v->x = unconst(x);
    v->rows = rows;
    v->cols = cols;
    v->stride = cols;
    return v;
}

struct eg_var *eg_tape_param(struct eg_tape *tape, const struct eg_param *param)
{
    struct eg_var *v = eg_tape_data(tape, tape->values + param->offset, param->rows, param->cols);
    if (v && eg_tape_records(tape))
        v->dx = tape->grads + param->offset;
    return v;
}

struct eg_var *eg_tape_rows(struct eg_tape *tape, struct eg_var *v, size_t from, size_t n)
{
    if (!v)
        return NULL;
    assert(from + n <= v->rows);
    if (from == 0 && n == v->rows)
        return v;
    struct eg_var *view = blank(tape);
    if (!view)
        return NULL;
    *view = *v;
    view->x = eg_row(v, from);
    view->dx = eg_drow(v, from);
    view->rows = n;
    view->cache = NULL;
    return view;
}

struct eg_var *eg_tape_cols(struct eg_tape *tape, struct eg_var *v, size_t from, size_t n)
{
    if (!v)
        return NULL;
    assert(from + n <= v->cols);
    struct eg_var *view = blank(tape);
    if (!view)
        return NULL;
    *view = *v;
    view->x = v->x + from;
    view->dx = v->dx ? v->dx + from : NULL;
    view->cols = n;
    view->cache = NULL;
    return view;
}

struct eg_node *eg_tape_push(struct eg_tape *tape,
                             void (*back)(const struct eg_node *, struct eg_tape *),
                             struct eg_var *out, size_t n, struct eg_var *const in[])
{
    assert(n <= EG_NODE_IN);
    if (!eg_tape_records(tape))
        return NULL;
    struct eg_node *node = eg_arena_take(tape->arena, sizeof *node);
    if (!node)
        return NULL;
    *node = (struct eg_node){.before = tape->last, .back = back, .out = out};
    for (size_t i = 0; i < n; i++)
        node->in[i] = in[i];
    tape->last = node;
    return node;
}

void eg_tape_walk(struct eg_tape *tape)
{
    for (const struct eg_node *node = tape->last; node; node = node->before)
        node->back(node, tape);
    eg_linear_settle(tape);
}

void eg_tape_backward(struct eg_tape *tape, struct eg_var *loss)
{
    for (size_t r = 0; r < loss->rows; r++)
        for (size_t c = 0; c < loss->cols; c++)
            eg_drow(loss, r)[c] = 1;
    eg_tape_walk(tape);
}
