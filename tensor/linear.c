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
    int lent; /* dy is the gradient of `add`, and goes on as long as that does */
};

enum { ROOM = 512 };

struct saved {
    struct eg_param w;
    size_t n_in;
};

static void back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct saved *saved = node->saved;
    const struct eg_param *w = &saved->w;
    const struct eg_var *y = node->out;
    /* dx_j = dy W_j^T */
    const real *weights = tape->values + w->offset;
    for (size_t j = 0; j < saved->n_in; j++) {
        const struct eg_var *x = node->in[j];
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

/* A panel of W with room for `rows` more; `dy`, unless NULL, is where their gradients are. */
static struct eg_panel *panel(struct eg_tape *tape, const struct eg_param *w,
                              const struct eg_param *b, real *dy, size_t rows)
{
    for (struct eg_panel *p = tape->panels; p; p = p->next)
        if (p->w.offset == w->offset && p->b == b && p->room - p->used >= rows
            && (dy ? p->lent && p->dy + p->used * w->cols == dy : !p->lent))
            return p;
    struct eg_panel *p = eg_arena_take(tape->arena, sizeof *p);
    if (!p)
        return NULL;
    const size_t room = rows > ROOM ? rows : ROOM;
    *p = (struct eg_panel){.next = tape->panels, .w = *w, .b = b, .room = room, .lent = dy != NULL};
    p->x = eg_arena_take(tape->arena, room * w->rows * sizeof *p->x);
    p->dy = dy ? dy : eg_arena_take(tape->arena, room * w->cols * sizeof *p->dy);
    if (!p->x || !p->dy)
        return NULL;
    tape->panels = p;
    return p;
}

/* y before anything is added: `add` itself, or rows of the bias.  dx is NULL where it has no
 * place yet. */
static struct eg_var *start(struct eg_tape *tape, size_t rows, size_t cols,
                            const struct eg_param *b, struct eg_var *add)
{
    struct eg_var *y = eg_tape_data(tape, NULL, rows, cols);
    if (!y)
        return NULL;
    if (add) {
        assert(add->rows == rows && add->cols == cols && add->stride == cols);
        y->x = add->x;
        y->dx = add->dx;
        return y;
    }
    y->x = eg_arena_take(tape->arena, rows * cols * sizeof *y->x);
    if (!y->x)
        return NULL;
    for (size_t r = 0; r < rows; r++)
        if (b)
            memcpy(eg_row(y, r), tape->values + b->offset, cols * sizeof *y->x);
        else
            memset(eg_row(y, r), 0, cols * sizeof *y->x);
    return y;
}

struct eg_var *eg_linear(struct eg_tape *tape, const struct eg_param *w, const struct eg_param *b,
                         struct eg_var *add, size_t n_in, struct eg_var *const in[])
{
    size_t k = 0;
    assert(n_in > 0 && n_in <= EG_NODE_IN && !(b && add));
    for (size_t j = 0; j < n_in; j++) {
        if (!in[j])
            return NULL;
        assert(in[j]->rows == in[0]->rows);
        k += in[j]->cols;
    }
    assert(k == w->rows);
    const size_t rows = in[0]->rows;
    const real *weights = tape->values + w->offset;
    struct eg_var *y = start(tape, rows, w->cols, b, add);
    if (!y)
        return NULL;

    if (!eg_tape_records(tape)) {
        for (size_t j = 0; j < n_in; j++) {
            eg_gemm(0, 0, rows, w->cols, in[j]->cols, in[j]->x, in[j]->stride, weights, w->cols,
                    y->x, y->stride);
            weights += in[j]->cols * w->cols;
        }
        return y;
    }

    struct eg_panel *p = panel(tape, w, b, y->dx, rows);
    struct eg_node *node = eg_tape_push(tape, back, y, n_in, in);
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (!p || !node || !saved)
        return NULL;
    if (!y->dx) {
        /* The gradient of y grows in the panel itself. */
        y->dx = p->dy + p->used * w->cols;
        memset(y->dx, 0, rows * w->cols * sizeof *y->dx);
    }
    real *x = p->x + p->used * w->rows;
    for (size_t r = 0; r < rows; r++) {
        real *to = x + r * w->rows;
        for (size_t j = 0; j < n_in; j++) {
            memcpy(to, eg_row(in[j], r), in[j]->cols * sizeof *to);
            to += in[j]->cols;
        }
    }
    p->used += rows;
    *saved = (struct saved){.w = *w, .n_in = n_in};
    node->saved = saved;
    eg_gemm(0, 0, rows, w->cols, k, x, k, weights, w->cols, y->x, y->stride);
    return y;
}
