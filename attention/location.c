/* attention/location.c -- the circular shift and the sharpening, eq. 8-9. */
#include <assert.h>
#include <tgmath.h>

#include "attention/address.h"

/* How far right offset o - range moves a slot. */
static size_t moved(size_t o, size_t range, size_t n)
{
    return (o + n - range % n) % n;
}

/* y_(i + by mod n) += a w_i: in two pieces, so that no index wraps in a loop. */
static void add_moved(real *y, const real *w, real a, size_t by, size_t n)
{
    for (size_t i = 0; i < n - by; i++)
        y[i + by] += a * w[i];
    for (size_t i = n - by; i < n; i++)
        y[i + by - n] += a * w[i];
}

static void shift(real *y, const real *w, const real *s, size_t n, size_t range)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    for (size_t o = 0; o <= 2 * range; o++)
        add_moved(y, w, s[o], moved(o, range, n), n);
}

static void shift_back(real *dw, real *ds, const real *dy, const real *w, const real *s, size_t n,
                       size_t range, const struct eg_kernels *kernels)
{
    for (size_t o = 0; o <= 2 * range; o++) {
        const size_t by = moved(o, range, n);
        if (dw)
            add_moved(dw, dy, s[o], (n - by) % n, n);
        if (ds)
            ds[o] += kernels->dot(dy + by, w, n - by) + kernels->dot(dy, w + (n - by), by);
    }
}

static void shift_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *y = node->out, *w = node->in[0], *s = node->in[1];
    shift(eg_row(y, r), eg_row(w, r), eg_row(s, r), y->cols, (s->cols - 1) / 2);
}

static void shift_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct eg_var *y = node->out, *w = node->in[0], *s = node->in[1];
    shift_back(eg_drow(w, r), eg_drow(s, r), eg_drow(y, r), eg_row(w, r), eg_row(s, r), y->cols,
               (s->cols - 1) / 2, tape->kernels);
}

static const struct eg_row_op shift_op = {shift_row, shift_row_back};

struct eg_var *eg_shift(struct eg_tape *tape, struct eg_var *w, struct eg_var *s, size_t range)
{
    if (!w || !s)
        return NULL;
    assert(s->cols == 2 * range + 1 && s->rows == w->rows);
    struct eg_var *y = eg_tape_var(tape, w->rows, w->cols, 1);
    if (!y)
        return NULL;
    return eg_tape_push_rows(tape, &shift_op, y, 2, (struct eg_var *const[]){w, s}, NULL);
}

static real floored(real w)
{
    return w > EG_SHARPEN_FLOOR || w != w ? w : EG_SHARPEN_FLOOR;
}

/* As a softmax of gamma ln w: w^gamma of a tiny w would underflow to an all-zero row and the
 * sum to a division by zero.  `logs` keeps ln w. */
static void sharpen(real *y, real *logs, const real *w, real gamma, size_t n,
                    const struct eg_kernels *kernels)
{
    for (size_t i = 0; i < n; i++)
        y[i] = floored(w[i]);
    (kernels->log)(logs, y, n); /* the brackets keep <tgmath.h> away */
    real top = logs[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        top = logs[i] > top ? logs[i] : top;
    for (size_t i = 0; i < n; i++)
        y[i] = gamma * (logs[i] - top);
    (kernels->exp)(y, y, n);
    for (size_t i = 0; i < n; i++)
        sum += y[i];
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

/* With s = sum_j dy_j y_j:  dw_i = gamma (y_i / w_i) (dy_i - s)
 *                           dgamma = sum_i y_i (dy_i - s) ln w_i */
static void sharpen_back(real *dw, real *dgamma, const real *dy, const real *y, const real *w,
                         const real *logs, real gamma, size_t n, const struct eg_kernels *kernels)
{
    const real s = kernels->dot(dy, y, n);
    for (size_t i = 0; i < n && dw; i++)
        dw[i] += w[i] > EG_SHARPEN_FLOOR ? gamma * (y[i] * (dy[i] - s)) / w[i] : 0;
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += y[i] * (dy[i] - s) * logs[i];
    if (dgamma)
        dgamma[0] += sum;
}

static void sharpen_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct eg_var *y = node->out, *w = node->in[0], *gamma = node->in[1];
    real *logs = (real *) node->saved + r * y->cols;
    sharpen(eg_row(y, r), logs, eg_row(w, r), eg_row(gamma, r)[0], y->cols, tape->kernels);
}

static void sharpen_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct eg_var *y = node->out, *w = node->in[0], *gamma = node->in[1];
    const real *logs = (const real *) node->saved + r * y->cols;
    sharpen_back(eg_drow(w, r), eg_drow(gamma, r), eg_drow(y, r), eg_row(y, r), eg_row(w, r), logs,
                 eg_row(gamma, r)[0], y->cols, tape->kernels);
}

static const struct eg_row_op sharpen_op = {sharpen_row, sharpen_row_back};

struct eg_var *eg_sharpen(struct eg_tape *tape, struct eg_var *w, struct eg_var *gamma)
{
    if (!w || !gamma)
        return NULL;
    assert(gamma->cols == 1 && gamma->rows == w->rows);
    struct eg_var *y = eg_tape_var(tape, w->rows, w->cols, 1);
    real *logs = eg_arena_take(tape->arena, w->rows * w->cols * sizeof *logs);
    if (!y || !logs)
        return NULL;
    return eg_tape_push_rows(tape, &sharpen_op, y, 2, (struct eg_var *const[]){w, gamma}, logs);
}
