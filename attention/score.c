/* attention/score.c -- cosine similarity and the softmax with a strength, eq. 5-6. */
#include <assert.h>
#include <tgmath.h>

#include "attention/address.h"

static real norm(const real *x, size_t n, size_t step)
{
    real sum = EG_COSINE_EPS;
    for (size_t i = 0; i < n; i++)
        sum += x[i * step] * x[i * step];
    return sqrt(sum);
}

static void cosine(real *y, const real *key, const real *memory, size_t slots, size_t width)
{
    const real key_norm = norm(key, width, 1);
    for (size_t i = 0; i < slots; i++) {
        real dot = 0;
        for (size_t m = 0; m < width; m++)
            dot += key[m] * memory[m * slots + i];
        y[i] = dot / (key_norm * norm(memory + i, width, slots));
    }
}

/* With y = k.M / (|k| |M|): dk = dy (M / (|k| |M|) - y k / |k|^2), and the same with k and M
 * exchanged. */
static void cosine_back(real *dkey, real *dmemory, const real *dy, const real *y, const real *key,
                        const real *memory, size_t slots, size_t width)
{
    const real nk = norm(key, width, 1);
    for (size_t i = 0; i < slots; i++) {
        const real nm = norm(memory + i, width, slots);
        for (size_t m = 0; m < width; m++) {
            const real k = key[m], x = memory[m * slots + i];
            if (dkey)
                dkey[m] += dy[i] * (x / (nk * nm) - y[i] * k / (nk * nk));
            if (dmemory)
                dmemory[m * slots + i] += dy[i] * (k / (nk * nm) - y[i] * x / (nm * nm));
        }
    }
}

static void cosine_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *y = node->out, *key = node->in[0], *memory = node->in[1];
    cosine(eg_row(y, r), eg_row(key, r), eg_row(memory, r), y->cols, key->cols);
}

static void cosine_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *y = node->out, *key = node->in[0], *memory = node->in[1];
    cosine_back(eg_drow(key, r), eg_drow(memory, r), eg_drow(y, r), eg_row(y, r), eg_row(key, r),
                eg_row(memory, r), y->cols, key->cols);
}

static const struct eg_row_op cosine_op = {cosine_row, cosine_row_back};

struct eg_var *eg_cosine(struct eg_tape *tape, struct eg_var *key, struct eg_var *memory,
                         size_t slots, size_t width)
{
    if (!key || !memory)
        return NULL;
    assert(key->cols == width && memory->cols == slots * width && key->rows == memory->rows);
    struct eg_var *y = eg_tape_var(tape, key->rows, slots, 1);
    if (!y)
        return NULL;
    return eg_tape_push_rows(tape, &cosine_op, y, 2, (struct eg_var *const[]){key, memory}, NULL);
}

static void softmax(real *y, const real *x, real beta, size_t n)
{
    real top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++)
        sum += y[i] = exp(beta * (x[i] - top));
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

/* With d_i = y_i (dy_i - sum_j dy_j y_j), the gradient of the exponents beta x_i:
 * dx_i = beta d_i, dbeta = sum_i d_i x_i. */
static void softmax_back(real *dx, real *dbeta, const real *dy, const real *y, const real *x,
                         real beta, size_t n)
{
    real mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += dy[i] * y[i];
    for (size_t i = 0; i < n; i++) {
        const real d = y[i] * (dy[i] - mean);
        if (dx)
            dx[i] += beta * d;
        if (dbeta)
            dbeta[0] += d * x[i];
    }
}

static void softmax_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *y = node->out, *x = node->in[0], *beta = node->in[1];
    softmax(eg_row(y, r), eg_row(x, r), eg_row(beta, r)[0], y->cols);
}

static void softmax_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *y = node->out, *x = node->in[0], *beta = node->in[1];
    softmax_back(eg_drow(x, r), eg_drow(beta, r), eg_drow(y, r), eg_row(y, r), eg_row(x, r),
                 eg_row(beta, r)[0], y->cols);
}

static const struct eg_row_op softmax_op = {softmax_row, softmax_row_back};

struct eg_var *eg_softmax_scaled(struct eg_tape *tape, struct eg_var *score, struct eg_var *beta)
{
    if (!score || !beta)
        return NULL;
    assert(beta->cols == 1 && beta->rows == score->rows);
    struct eg_var *y = eg_tape_var(tape, score->rows, score->cols, 1);
    if (!y)
        return NULL;
    return eg_tape_push_rows(tape, &softmax_op, y, 2, (struct eg_var *const[]){score, beta}, NULL);
}
