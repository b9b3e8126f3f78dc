#include "tensor/bag.h"

#include <assert.h>
#include <string.h>

#include "tensor/blas.h"

struct saved {
    struct eg_bags bags;
    real *ramp; /* r */
};

static int has_extra(const struct eg_bags *bags, size_t i)
{
    return bags->extra && bags->extra[i] != EG_NO_ROW;
}

static void bags_back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct saved *saved = node->saved;
    const struct eg_bags *b = &saved->bags;
    const struct eg_var *y = node->out, *table = node->in[0], *extra = node->in[1];
    for (size_t i = 0; i < y->rows; i++) {
        const real *dy = eg_drow(y, i);
        const size_t at = b->from[i];
        if (table->dx)
            tape->kernels->bag_back(
                table->dx, dy, table->stride, b->symbol + at, b->level ? b->level + at : NULL,
                b->level ? b->slope + at : NULL, saved->ramp, b->from[i + 1] - at, y->cols);
        if (has_extra(b, i) && extra->dx)
            tape->kernels->bag_back(extra->dx, dy, extra->stride, &b->extra[i], &b->extra_level,
                                    &b->extra_slope, saved->ramp, 1, y->cols);
    }
}

static void add_up(const struct saved *saved, const struct eg_kernels *kernels,
                   const struct eg_var *y, const struct eg_var *table, const struct eg_var *extra)
{
    const struct eg_bags *b = &saved->bags;
    memset(y->x, 0, b->n * y->cols * sizeof *y->x);
    for (size_t i = 0; i < b->n; i++) {
        const size_t at = b->from[i];
        kernels->bag(eg_row(y, i), table->x, table->stride, b->symbol + at,
                     b->level ? b->level + at : NULL, b->level ? b->slope + at : NULL, saved->ramp,
                     b->from[i + 1] - at, y->cols);
        if (has_extra(b, i))
            kernels->bag(eg_row(y, i), extra->x, extra->stride, &b->extra[i], &b->extra_level,
                         &b->extra_slope, saved->ramp, 1, y->cols);
    }
}

struct eg_var *eg_bags(struct eg_tape *tape, struct eg_var *table, struct eg_var *extra,
                       const struct eg_bags *bags)
{
    if (!table || !bags || (bags->extra && !extra))
        return NULL;
    assert(!bags->extra || extra->cols == table->cols);
    const size_t d = table->cols;
    struct eg_var *y = eg_tape_var(tape, bags->n, d, table->dx || (extra && extra->dx));
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved);
    real *ramp = eg_arena_take(tape->arena, d * sizeof *ramp);
    if (!y || !saved || !ramp)
        return NULL;
    for (size_t k = 0; k < d; k++)
        ramp[k] = (real) (k + 1) / (real) d;
    *saved = (struct saved){.bags = *bags, .ramp = ramp};
    add_up(saved, tape->kernels, y, table, extra);
    if (!y->dx)
        return y;
    struct eg_var *in[2] = {table, extra};
    struct eg_node *node = eg_tape_push(tape, bags_back, y, 2, in);
    if (!node)
        return NULL;
    node->saved = saved;
    return y;
}

struct matched {
    struct eg_match match;
    struct eg_var rows; /* E[s_c]: the table itself, or a copy of its rows */
};

/* One past the last of the rows from `q` on that lie side by side in z: they are one product. */
static size_t run_end(const struct eg_match *match, size_t q, size_t n)
{
    size_t end = q + 1;
    while (end < n && match->place[end] == match->place[end - 1] + 1)
        end++;
    return end;
}

/* dx += dz E', dE' += dz^T x */
static void match_back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct matched *saved = node->saved;
    const struct eg_match *match = &saved->match;
    const struct eg_var *z = node->out, *x = node->in[0], *table = node->in[1];
    const struct eg_var *rows = &saved->rows;
    const size_t classes = z->cols, d = x->cols;
    if (match->symbol && rows->dx)
        memset(rows->dx, 0, classes * d * sizeof *rows->dx);
    for (size_t q = 0, end; q < x->rows; q = end) {
        end = run_end(match, q, x->rows);
        const real *dz = eg_drow(z, match->place[q]);
        if (x->dx)
            eg_gemm(0, 0, end - q, d, classes, dz, z->stride, rows->x, rows->stride, eg_drow(x, q),
                    x->stride);
        if (rows->dx)
            eg_gemm(1, 0, classes, d, end - q, dz, z->stride, eg_row(x, q), x->stride, rows->dx,
                    rows->stride);
    }
    for (size_t c = 0; c < classes && match->symbol && rows->dx; c++)
        tape->kernels->add(eg_drow(table, match->symbol[c]), eg_drow(rows, c), d);
}

/* The rows of the classes, one below the other. */
static int gather(struct eg_tape *tape, struct eg_var *rows, struct eg_var *table,
                  const struct eg_match *match)
{
    *rows = *table;
    rows->rows = match->classes;
    if (!match->symbol)
        return 1;
    const size_t d = table->cols;
    rows->stride = d;
    rows->x = eg_arena_take(tape->arena, match->classes * d * sizeof *rows->x);
    if (!rows->x)
        return 0;
    for (size_t c = 0; c < match->classes; c++)
        memcpy(eg_row(rows, c), eg_row(table, match->symbol[c]), d * sizeof *rows->x);
    if (table->dx && !(rows->dx = eg_arena_take(tape->arena, match->classes * d * sizeof(real))))
        return 0;
    return 1;
}

struct eg_var *eg_match(struct eg_tape *tape, struct eg_var *x, struct eg_var *table,
                        const struct eg_match *match)
{
    if (!x || !table || !match)
        return NULL;
    assert(x->cols == table->cols && (match->symbol || match->classes <= table->rows));
    struct eg_var *z = eg_tape_var(tape, match->rows, match->classes, x->dx || table->dx);
    struct matched *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (!z || !saved || !gather(tape, &saved->rows, table, match))
        return NULL;
    saved->match = *match;
    memset(z->x, 0, z->rows * z->cols * sizeof *z->x);
    for (size_t q = 0, end; q < x->rows; q = end) {
        end = run_end(match, q, x->rows);
        eg_gemm(0, 1, end - q, z->cols, x->cols, eg_row(x, q), x->stride, saved->rows.x,
                saved->rows.stride, eg_row(z, match->place[q]), z->stride);
    }
    if (!z->dx)
        return z;
    struct eg_var *in[2] = {x, table};
    struct eg_node *node = eg_tape_push(tape, match_back, z, 2, in);
    if (!node)
        return NULL;
    node->saved = saved;
    return z;
}
