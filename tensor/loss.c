#include "tensor/loss.h"

#include <assert.h>
#include <math.h>

struct saved {
    const real *t, *mask;
    const int *classes;
    real scale;
    real *p; /* softmax of each row that counts */
};

double eg_sigmoid_cost(const real *z, const real *t, size_t n)
{
    double sum = 0;
    for (size_t c = 0; c < n; c++) {
        const double x = (double) z[c];
        sum += (x < 0 ? 0 : x) + log1p(exp(-fabs(x))) - (double) t[c] * x;
    }
    return sum;
}

double eg_softmax_cost(const real *z, int class, size_t n)
{
    double top = (double) z[0], sum = 0;
    for (size_t c = 1; c < n; c++)
        top = (double) z[c] > top ? (double) z[c] : top;
    for (size_t c = 0; c < n; c++)
        sum += exp((double) z[c] - top);
    return log(sum) + top - (double) z[class];
}

/* dz = scale m (sigmoid(z) - t) */
static void sigmoid_back(const struct eg_node *node, struct eg_tape *tape)
{
    (void) tape;
    const struct saved *saved = node->saved;
    const struct eg_var *z = node->in[0];
    if (!z->dx)
        return;
    const real dy = node->out->dx[0] * saved->scale;
    for (size_t r = 0; r < z->rows; r++) {
        if (saved->mask[r] == 0)
            continue;
        const real *x = eg_row(z, r), *t = saved->t + r * z->cols;
        real *dx = eg_drow(z, r);
        for (size_t c = 0; c < z->cols; c++) {
            const double p = 1 / (1 + exp(-(double) x[c]));
            dx[c] += dy * saved->mask[r] * (real) (p - (double) t[c]);
        }
    }
}

/* dz_c = scale m (softmax(z)_c - [c = class]) */
static void softmax_back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct saved *saved = node->saved;
    const struct eg_var *z = node->in[0];
    if (!z->dx)
        return;
    const real dy = node->out->dx[0] * saved->scale;
    for (size_t r = 0; r < z->rows; r++) {
        if (saved->mask[r] == 0)
            continue;
        real *dx = eg_drow(z, r);
        tape->kernels->axpy(dx, dy * saved->mask[r], saved->p + r * z->cols, z->cols);
        dx[saved->classes[r]] -= dy * saved->mask[r];
    }
}

/* Cost of a row; p receives softmax(z).  `work`: n numbers. */
static double softmax(real *p, real *work, const real *z, int class, size_t n,
                      const struct eg_kernels *kernels)
{
    real top = z[0];
    for (size_t c = 1; c < n; c++)
        top = z[c] > top ? z[c] : top;
    for (size_t c = 0; c < n; c++)
        work[c] = z[c] - top;
    kernels->exp(p, work, n);
    double sum = 0;
    for (size_t c = 0; c < n; c++)
        sum += (double) p[c];
    const real part = (real) (1 / sum);
    for (size_t c = 0; c < n; c++)
        p[c] *= part;
    return log(sum) + (double) top - (double) z[class];
}

static struct eg_var *finish(struct eg_tape *tape,
                             void (*back)(const struct eg_node *, struct eg_tape *),
                             struct eg_var *z, double sum, const struct saved *values)
{
    struct eg_var *loss = eg_tape_var(tape, 1, 1, 1);
    if (!loss)
        return NULL;
    loss->x[0] = (real) (sum * (double) values->scale);
    if (!eg_tape_records(tape))
        return loss;
    struct eg_node *node = eg_tape_push(tape, back, loss, 1, &z);
    struct saved *saved = node ? eg_arena_take(tape->arena, sizeof *saved) : NULL;
    if (!saved)
        return NULL;
    *saved = *values;
    node->saved = saved;
    return loss;
}

struct eg_var *eg_sigmoid_loss(struct eg_tape *tape, struct eg_var *z, const real *t,
                               const real *mask, real scale)
{
    if (!z || !t || !mask)
        return NULL;
    double sum = 0;
    for (size_t r = 0; r < z->rows; r++)
        if (mask[r] != 0)
            sum += (double) mask[r] * eg_sigmoid_cost(eg_row(z, r), t + r * z->cols, z->cols);
    const struct saved saved = {.t = t, .mask = mask, .scale = scale};
    return finish(tape, sigmoid_back, z, sum, &saved);
}

struct eg_var *eg_softmax_loss(struct eg_tape *tape, struct eg_var *z, const int *classes,
                               const real *mask, real scale)
{
    if (!z || !classes || !mask)
        return NULL;
    const int records = eg_tape_records(tape);
    const size_t n = z->cols;
    real *work = eg_arena_take(tape->arena, n * sizeof *work);
    real *p = eg_arena_take(tape->arena, (records ? z->rows : 1) * n * sizeof *p);
    if (!work || !p)
        return NULL;
    double sum = 0;
    for (size_t r = 0; r < z->rows; r++)
        if (mask[r] != 0) {
            assert(classes[r] >= 0 && (size_t) classes[r] < n);
            sum += (double) mask[r]
                   * softmax(records ? p + r * n : p, work, eg_row(z, r), classes[r], n,
                             tape->kernels);
        }
    const struct saved saved = {.classes = classes, .mask = mask, .scale = scale, .p = p};
    return finish(tape, softmax_back, z, sum, &saved);
}
