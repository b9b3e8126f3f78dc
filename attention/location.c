/* attention/location.c -- the circular shift and the sharpening, eq. 8-9. */
#include <assert.h>
#include <tgmath.h>

#include "attention/address.h"

/* Where slot i moves to by offset o - range. */
static size_t moved(size_t i, size_t o, size_t range, size_t n)
{
    return (i + o + n - range % n) % n;
}

static void shift(real *y, const real *w, const real *s, size_t n, size_t range)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    for (size_t o = 0; o <= 2 * range; o++)
        for (size_t i = 0; i < n; i++)
            y[moved(i, o, range, n)] += w[i] * s[o];
}

static void shift_back(real *dw, real *ds, const real *dy, const real *w, const real *s, size_t n,
                       size_t range)
{
    for (size_t o = 0; o <= 2 * range; o++)
        for (size_t i = 0; i < n; i++) {
            const real d = dy[moved(i, o, range, n)];
            if (dw)
                dw[i] += d * s[o];
            if (ds)
                ds[o] += d * w[i];
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
    (void) tape;
    const struct eg_var *y = node->out, *w = node->in[0], *s = node->in[1];
    shift_back(eg_drow(w, r), eg_drow(s, r), eg_drow(y, r), eg_row(w, r), eg_row(s, r), y->cols,
               (s->cols - 1) / 2);
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
 * sum to a division by zero. */
static void sharpen(real *y, const real *w, real gamma, size_t n)
{
    real top = log(floored(w[0])), sum = 0;
    for (size_t i = 0; i < n; i++) {
        y[i] = log(floored(w[i]));
        top = y[i] > top ? y[i] : top;
    }
    for (size_t i = 0; i < n; i++)
        sum += y[i] = exp(gamma * (y[i] - top));
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

/* With s = sum_j dy_j y_j:  dw_i = gamma (y_i / w_i) (dy_i - s)
 *                           dgamma = sum_i y_i (dy_i - s) ln w_i */
static void sharpen_back(real *dw, real *dgamma, const real *dy, const real *y, const real *w,
                         real gamma, size_t n)
{
    real s = 0;
    for (size_t i = 0; i < n; i++)
        s += dy[i] * y[i];
    for (size_t i = 0; i < n; i++) {
        const real d = y[i] * (dy[i] - s);
        if (dw && w[i] > EG_SHARPEN_FLOOR)
            dw[i] += gamma * d / w[i];
        if (dgamma)
            dgamma[0] += d * log(floored(w[i]));
    }
}

static void sharpen_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *y = node->out, *w = node->in[0], *gamma = node->in[1];
    sharpen(eg_row(y, r), eg_row(w, r), eg_row(gamma, r)[0], y->cols);
}

static void sharpen_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *y = node->out, *w = node->in[0], *gamma = node->in[1];
    sharpen_back(eg_drow(w, r), eg_drow(gamma, r), eg_drow(y, r), eg_row(y, r), eg_row(w, r),
                 eg_row(gamma, r)[0], y->cols);
}

static const struct eg_row_op sharpen_op = {sharpen_row, sharpen_row_back};

struct eg_var *eg_sharpen(struct eg_tape *tape, struct eg_var *w, struct eg_var *gamma)
{
    if (!w || !gamma)
        return NULL;
    assert(gamma->cols == 1 && gamma->rows == w->rows);
    struct eg_var *y = eg_tape_var(tape, w->rows, w->cols, 1);
    if (!y)
        return NULL;
    return eg_tape_push_rows(tape, &sharpen_op, y, 2, (struct eg_var *const[]){w, gamma}, NULL);
}
