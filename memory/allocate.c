#include "memory/allocate.h"

#include <assert.h>

struct decayed {
    real gamma;
    size_t n;
    struct eg_var *weights[];
};

static void decayed_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct decayed *saved = node->saved;
    const struct eg_var *out = node->out;
    for (size_t i = 0; i < out->cols; i++)
        eg_row(out, r)[i] = saved->gamma * eg_row(node->in[0], r)[i];
    for (size_t k = 0; k < saved->n; k++)
        tape->kernels->add(eg_row(out, r), eg_row(saved->weights[k], r), out->cols);
}

static const struct eg_row_op decayed_op = {decayed_row, NULL};

struct eg_var *eg_usage_decayed(struct eg_tape *tape, struct eg_var *u, double gamma, size_t n,
                                struct eg_var *const weights[])
{
    if (!u)
        return NULL;
    struct eg_var *out = eg_tape_var(tape, u->rows, u->cols, 0);
    struct decayed *saved =
        eg_arena_take(tape->arena, sizeof *saved + n * sizeof saved->weights[0]);
    if (!out || !saved)
        return NULL;
    *saved = (struct decayed){.gamma = (real) gamma, .n = n};
    for (size_t k = 0; k < n; k++) {
        if (!weights[k])
            return NULL;
        assert(weights[k]->rows == u->rows && weights[k]->cols == u->cols);
        saved->weights[k] = weights[k];
    }
    return eg_tape_push_rows(tape, &decayed_op, out, 1, &u, saved);
}

/* Whether slot i comes before slot j. */
static int before(const real *u, size_t i, size_t j)
{
    if (u[i] != u[i] || u[j] != u[j])
        return u[i] == u[i] || (u[j] != u[j] && i < j);
    return u[i] < u[j] || (u[i] == u[j] && i < j);
}

static size_t nth_least(const real *u, size_t nth, size_t n)
{
    size_t found = 0;
    for (size_t k = 0, last = n; k <= nth; k++, last = found) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if ((last == n || before(u, last, i)) && (best == n || before(u, i, best)))
                best = i;
        found = best;
    }
    return found;
}

static void least_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const size_t *nth = node->saved;
    const struct eg_var *out = node->out;
    for (size_t i = 0; i < out->cols; i++)
        eg_row(out, r)[i] = 0;
    eg_row(out, r)[nth_least(eg_row(node->in[0], r), *nth, out->cols)] = 1;
}

static const struct eg_row_op least_op = {least_row, NULL};

struct eg_var *eg_least_used(struct eg_tape *tape, struct eg_var *u, size_t nth)
{
    if (!u)
        return NULL;
    assert(nth < u->cols);
    /* eg_write() wants all it is given to have a gradient. */
    struct eg_var *out = eg_tape_var(tape, u->rows, u->cols, 1);
    size_t *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (!out || !saved)
        return NULL;
    *saved = nth;
    return eg_tape_push_rows(tape, &least_op, out, 1, &u, saved);
}
