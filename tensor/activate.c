#include "tensor/activate.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

const char *const eg_activation_names[] = {
    [EG_IDENTITY] = "identity", [EG_TANH] = "tanh",         [EG_SIGMOID] = "sigmoid",
    [EG_RELU] = "relu",         [EG_SOFTPLUS] = "softplus", [EG_ONEPLUS] = "1 + softplus",
    [EG_SOFTMAX] = "softmax",
};

struct saved {
    const struct eg_segment *segments;
    size_t count;
};

static void activate(const struct eg_kernels *k, enum eg_activation kind, real *y, const real *x,
                     size_t n)
{
    switch (kind) {
    case EG_IDENTITY:
        memcpy(y, x, n * sizeof *y);
        return;
    case EG_TANH:
        (k->tanh)(y, x, n); /* the brackets keep <tgmath.h> away */
        return;
    case EG_SIGMOID:
        k->sigmoid(y, x, n);
        return;
    case EG_RELU:
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] > 0 || x[i] != x[i] ? x[i] : 0;
        return;
    case EG_SOFTPLUS:
    case EG_ONEPLUS:
        for (size_t i = 0; i < n; i++) {
            const real positive = x[i] < 0 ? 0 : x[i];
            y[i] = positive + log1p(exp(-fabs(x[i]))) + (kind == EG_ONEPLUS ? 1 : 0);
        }
        return;
    case EG_SOFTMAX: {
        real top = x[0], sum = 0;
        for (size_t i = 1; i < n; i++)
            top = x[i] > top ? x[i] : top;
        for (size_t i = 0; i < n; i++)
            sum += y[i] = exp(x[i] - top);
        for (size_t i = 0; i < n; i++)
            y[i] /= sum;
        return;
    }
    }
}

static void activate_back(enum eg_activation kind, real *dx, const real *dy, const real *y,
                          const real *x, size_t n)
{
    switch (kind) {
    case EG_IDENTITY:
        for (size_t i = 0; i < n; i++)
            dx[i] += dy[i];
        return;
    case EG_TANH:
        for (size_t i = 0; i < n; i++)
            dx[i] += dy[i] * (1 - y[i] * y[i]);
        return;
    case EG_SIGMOID:
        for (size_t i = 0; i < n; i++)
            dx[i] += dy[i] * y[i] * (1 - y[i]);
        return;
    case EG_RELU:
        for (size_t i = 0; i < n; i++)
            dx[i] += x[i] > 0 ? dy[i] : 0;
        return;
    case EG_SOFTPLUS:
    case EG_ONEPLUS: /* the derivative is the sigmoid */
        for (size_t i = 0; i < n; i++)
            dx[i] += dy[i] / (1 + exp(-x[i]));
        return;
    case EG_SOFTMAX: { /* dx_i = y_i (dy_i - sum_j dy_j y_j) */
        real mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += dy[i] * y[i];
        for (size_t i = 0; i < n; i++)
            dx[i] += y[i] * (dy[i] - mean);
        return;
    }
    }
}

static void forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *saved = node->saved;
    for (size_t s = 0; s < saved->count; s++) {
        const struct eg_segment *segment = &saved->segments[s];
        activate(tape->kernels, segment->kind, eg_row(node->out, r) + segment->from,
                 eg_row(node->in[0], r) + segment->from, segment->n);
    }
}

static void back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *saved = node->saved;
    const struct eg_var *y = node->out, *x = node->in[0];
    if (!x->dx)
        return;
    for (size_t s = 0; s < saved->count; s++) {
        const size_t from = saved->segments[s].from;
        activate_back(saved->segments[s].kind, eg_drow(x, r) + from, eg_drow(y, r) + from,
                      eg_row(y, r) + from, eg_row(x, r) + from, saved->segments[s].n);
    }
}

static const struct eg_row_op activate_op = {forward, back};

struct eg_var *eg_activate(struct eg_tape *tape, struct eg_var *x,
                           const struct eg_segment *segments, size_t count)
{
    if (!x)
        return NULL;
    struct eg_var *y = eg_tape_var(tape, x->rows, x->cols, 1);
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (!y || !saved)
        return NULL;
    for (size_t s = 0; s < count; s++)
        assert(segments[s].from + segments[s].n <= x->cols);
    *saved = (struct saved){.segments = segments, .count = count};
    return eg_tape_push_rows(tape, &activate_op, y, 1, &x, saved);
}

struct eg_var *eg_activate_all(struct eg_tape *tape, struct eg_var *x, enum eg_activation kind)
{
    if (!x)
        return NULL;
    struct eg_segment *segment = eg_arena_take(tape->arena, sizeof *segment);
    if (!segment)
        return NULL;
    *segment = (struct eg_segment){.n = x->cols, .kind = kind};
    return eg_activate(tape, x, segment, 1);
}
