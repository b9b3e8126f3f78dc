#include "tensor/tape.h"

#include <assert.h>
#include <string.h>

#include "tensor/linear.h"

void eg_tape_begin(struct eg_tape *tape, struct eg_arena *arena, const struct eg_kernels *kernels,
                   const real *values, real *grads)
{
    *tape = (struct eg_tape){.arena = arena, .kernels = kernels, .values = values, .grads = grads};
}

int eg_tape_noise(struct eg_tape *tape, const struct eg_draw_key *keys, size_t rows)
{
    tape->noise = eg_arena_take(tape->arena, rows * sizeof *tape->noise);
    if (!tape->noise)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t r = 0; r < rows; r++)
        eg_stream_open(&tape->noise[r], keys[r].seed, EG_FOR_CHOICES, keys[r].step, keys[r].item);
    return EG_OK;
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

static struct eg_node *append(struct eg_tape *tape, struct eg_var *out, size_t n,
                              struct eg_var *const in[])
{
    assert(n <= EG_NODE_IN);
    struct eg_node *node = eg_arena_take(tape->arena, sizeof *node);
    if (!node)
        return NULL;
    node->before = tape->last;
    node->back = NULL;
    node->by_row = NULL;
    node->after = NULL;
    node->out = out;
    for (size_t i = 0; i < EG_NODE_IN; i++)
        node->in[i] = i < n ? in[i] : NULL;
    if (eg_tape_records(tape))
        tape->last = node;
    return node;
}

struct eg_node *eg_tape_push(struct eg_tape *tape,
                             void (*back)(const struct eg_node *, struct eg_tape *),
                             struct eg_var *out, size_t n, struct eg_var *const in[])
{
    struct eg_node *node = eg_tape_records(tape) ? append(tape, out, n, in) : NULL;
    if (node)
        node->back = back;
    return node;
}

void eg_tape_rows_open(struct eg_tape *tape)
{
    assert(!tape->holding);
    tape->holding = 1;
    tape->held = NULL;
    tape->group++;
}

void eg_tape_rows_close(struct eg_tape *tape)
{
    tape->holding = 0;
    const size_t rows = tape->held ? tape->held->out->rows : 0;
    for (size_t r = 0; r < rows; r++)
        for (const struct eg_node *node = tape->held; node; node = node->after)
            node->by_row->forward(node, tape, r);
}

struct eg_var *eg_tape_push_rows(struct eg_tape *tape, const struct eg_row_op *op,
                                 struct eg_var *out, size_t n, struct eg_var *const in[],
                                 void *saved)
{
    struct eg_node *node = append(tape, out, n, in);
    if (!node)
        return NULL;
    node->by_row = op;
    node->saved = saved;
    if (!tape->holding) {
        node->group = ++tape->group;
        for (size_t r = 0; r < out->rows; r++)
            op->forward(node, tape, r);
        return out;
    }
    node->group = tape->group;
    if (tape->held)
        tape->newest->after = node;
    else
        tape->held = node;
    tape->newest = node;
    assert(out->rows == tape->held->out->rows);
    return out;
}

/* The group whose last node is `node`; returns the node before it. */
static const struct eg_node *walk_rows(const struct eg_node *node, struct eg_tape *tape)
{
    const struct eg_node *end = node;
    while (end && end->by_row && end->group == node->group)
        end = end->before;
    for (size_t r = 0; r < node->out->rows; r++)
        for (const struct eg_node *n = node; n != end; n = n->before)
            if (n->by_row->back)
                n->by_row->back(n, tape, r);
    return end;
}

void eg_tape_walk(struct eg_tape *tape)
{
    const struct eg_node *node = tape->last;
    while (node) {
        if (node->by_row) {
            node = walk_rows(node, tape);
        } else {
            node->back(node, tape);
            node = node->before;
        }
    }
    eg_linear_settle(tape);
}

void eg_tape_backward(struct eg_tape *tape, struct eg_var *loss)
{
    for (size_t r = 0; r < loss->rows; r++)
        for (size_t c = 0; c < loss->cols; c++)
            eg_drow(loss, r)[c] = 1;
    eg_tape_walk(tape);
}
