#include "tensor/linear.h"

#include <assert.h>
#include <string.h>

#include "tensor/blas.h"

/* Rows of one W: what went in and what came back. */
struct eg_panel {
    struct eg_panel *next;
    struct eg_param w;
    const struct eg_param *b; /* NULL: no bias                                   */
    real *x, *dy;             /* (room, k) and (room, n)                         */
    size_t used, room;
};

enum { ROOM = 512 };

struct saved {
    const struct eg_panel *panel;
    size_t n_in;
    int adds; /* in[0] is `add` */
};

static void back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct saved *saved = node->saved;
    const struct eg_param *w = &saved->panel->w;
    const struct eg_var *y = node->out;
    const size_t first = saved->adds ? 1 : 0;

    if (saved->adds && node->in[0]->dx)
        for (size_t r = 0; r < y->rows; r++)
            tape->kernels->add(eg_drow(node->in[0], r), eg_drow(y, r), y->cols);
    /* dx_j = dy W_j^T */
    const real *weights = tape->values + w->offset;
    for (size_t j = 0; j < saved->n_in; j++) {
        const struct eg_var *x = node->in[first + j];
        if (x->dx)
            eg_gemm(0, 1, y->rows, x->cols, w->cols, y->dx, y->stride, weights, w->cols, x->dx,
                    x->stride);
        weights += x->cols * w->cols;
    }
}

/* dW = X^T dY, db = the sum of the rows of dY. */
void eg_linear_settle(struct eg_tape *tape)
{
    for (const struct eg_panel *p = tape->panels; p; p = p->next) {
        eg_gemm(1, 0, p->w.rows, p->w.cols, p->used, p->x, p->w.rows, p->dy, p->w.cols,
                tape->grads + p->w.offset, p->w.cols);
        if (p->b)
            for (size_t r = 0; r < p->used; r++)
                tape->kernels->add(tape->grads + p->b->offset, p->dy + r * p->w.cols, p->w.cols);
    }
}

/* A panel of W with room for `rows` more. */
static struct eg_panel *panel(struct eg_tape *tape, const struct eg_param *w,
                              const struct eg_param *b, size_t rows)
{
    for (struct eg_panel *p = tape->panels; p; p = p->next)
        if (p->w.offset == w->offset && p->b == b && p->room - p->used >= rows)
            return p;
    struct eg_panel *p = eg_arena_take(tape->arena, sizeof *p);
    if (!p)
        return NULL;
    const size_t room = rows > ROOM ? rows : ROOM;
    *p = (struct eg_panel){.next = tape->panels, .w = *w, .b = b, .room = room};
    p->x = eg_arena_take(tape->arena, room * w->rows * sizeof *p->x);
    p->dy = eg_arena_take(tape->arena, room * w->cols * sizeof *p->dy);
    if (!p->x || !p->dy)
        return NULL;
    tape->panels = p;
    return p;
}

/* y starts as the bias or as `add`. */
static void start(struct eg_tape *tape, struct eg_var *y, const struct eg_param *b,
                  const struct eg_var *add)
{
    for (size_t r = 0; r < y->rows; r++) {
        const real *from = add ? eg_row(add, r) : b ? tape->values + b->offset : NULL;
        if (from)
            memcpy(eg_row(y, r), from, y->cols * sizeof *from);
        else
            memset(eg_row(y, r), 0, y->cols * sizeof *y->x);
    }
}

struct eg_var *eg_linear(struct eg_tape *tape, const struct eg_param *w, const struct eg_param *b,
                         struct eg_var *add, size_t n_in, struct eg_var *const in[])
{
    size_t k = 0;
    struct eg_var *all[EG_NODE_IN];
    const size_t first = add ? 1 : 0;
    assert(n_in > 0 && n_in + first <= EG_NODE_IN);
    if (add)
        all[0] = add;
    for (size_t j = 0; j < n_in; j++) {
        if (!in[j])
            return NULL;
        assert(in[j]->rows == in[0]->rows);
        k += in[j]->cols;
        all[first + j] = in[j];
    }
    assert(k == w->rows && !(b && add) && (!add || add->cols == w->cols));
    const size_t rows = in[0]->rows;
    const real *weights = tape->values + w->offset;

    if (!eg_tape_records(tape)) {
        struct eg_var *y = eg_tape_var(tape, rows, w->cols, 0);
        if (!y)
            return NULL;
        start(tape, y, b, add);
        for (size_t j = 0; j < n_in; j++) {
            eg_gemm(0, 0, rows, w->cols, in[j]->cols, in[j]->x, in[j]->stride, weights, w->cols,
                    y->x, y->stride);
            weights += in[j]->cols * w->cols;
        }
        return y;
    }

    struct eg_panel *p = panel(tape, w, b, rows);
    struct eg_var *y = eg_tape_data(tape, NULL, rows, w->cols);
    struct eg_node *node = y ? eg_tape_push(tape, back, y, first + n_in, all) : NULL;
    struct saved *saved = node ? eg_arena_take(tape->arena, sizeof *saved) : NULL;
    if (!p || !saved)
        return NULL;
    y->x = eg_arena_take(tape->arena, rows * w->cols * sizeof *y->x);
    if (!y->x)
        return NULL;
    /* The gradient of y grows in the panel itself. */
    y->dx = p->dy + p->used * w->cols;
    memset(y->dx, 0, rows * w->cols * sizeof *y->dx);
    real *x = p->x + p->used * w->rows;
    for (size_t r = 0; r < rows; r++) {
        real *to = x + r * w->rows;
        for (size_t j = 0; j < n_in; j++) {
            memcpy(to, eg_row(in[j], r), in[j]->cols * sizeof *to);
            to += in[j]->cols;
        }
    }
    p->used += rows;
    *saved = (struct saved){.panel = p, .n_in = n_in, .adds = add != NULL};
    node->saved = saved;
    start(tape, y, b, add);
    eg_gemm(0, 0, rows, w->cols, k, x, k, weights, w->cols, y->x, y->stride);
    return y;
}
