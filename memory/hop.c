#include "memory/hop.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

#include "tensor/blas.h"

enum { U, M, C, T_A, T_C };

struct saved {
    const struct eg_hop_plan *plan;
    real *p;           /* weights of all questions, one after the other          */
    real *work;        /* one number for each slot of a question                 */
    real *band, *ages; /* of a group: (EG_HOP_GROUP, rows) and (EG_HOP_GROUP, ages) */
};

/* s -> p in place; `work`: n numbers. */
static void weigh(real *p, real *work, size_t n, size_t empty, int linear,
                  const struct eg_kernels *kernels)
{
    if (linear || n == 0)
        return;
    real top = empty ? 0 : p[0];
    for (size_t i = 0; i < n; i++)
        top = p[i] > top ? p[i] : top;
    for (size_t i = 0; i < n; i++)
        work[i] = p[i] - top;
    (kernels->exp)(p, work, n); /* not the macro of <tgmath.h> */
    real sum = (real) empty * (empty ? exp(-top) : 0);
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

/* dp -> ds in place: ds_i = p_i (dp_i - sum_j p_j dp_j); an empty slot has dp = 0. */
static void weigh_back(real *ds, const real *p, size_t n, int linear)
{
    if (linear)
        return;
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i] * ds[i];
    for (size_t i = 0; i < n; i++)
        ds[i] = p[i] * (ds[i] - sum);
}

static void one(const struct saved *s, const struct eg_kernels *kernels, size_t q,
                struct eg_var *const in[], const struct eg_var *o)
{
    const struct eg_hop_plan *plan = s->plan;
    const size_t first = plan->first[q], n = plan->slots[q], d = o->cols;
    real *p = s->p + plan->place[q];
    for (size_t i = 0; i < n; i++)
        p[i] = kernels->dot(eg_row(in[U], q), eg_row(in[M], first + i), d);
    weigh(p, s->work, n, plan->empty[q], plan->linear, kernels);
    for (size_t i = 0; i < n; i++)
        kernels->axpy(eg_row(o, q), p[i], eg_row(in[C], first + i), d);
}

static void one_back(const struct saved *s, const struct eg_kernels *kernels, size_t q,
                     struct eg_var *const in[], const struct eg_var *o)
{
    const struct eg_hop_plan *plan = s->plan;
    const size_t first = plan->first[q], n = plan->slots[q], d = o->cols;
    const real *p = s->p + plan->place[q], *dy = eg_drow(o, q);
    real *ds = s->work;
    for (size_t i = 0; i < n; i++) {
        ds[i] = kernels->dot(dy, eg_row(in[C], first + i), d);
        if (in[C]->dx)
            kernels->axpy(eg_drow(in[C], first + i), p[i], dy, d);
    }
    weigh_back(ds, p, n, plan->linear);
    for (size_t i = 0; i < n; i++) {
        if (in[U]->dx)
            kernels->axpy(eg_drow(in[U], q), ds[i], eg_row(in[M], first + i), d);
        if (in[M]->dx)
            kernels->axpy(eg_drow(in[M], first + i), ds[i], eg_row(in[U], q), d);
    }
}

/* Questions [from, to) and the rows they look at. */
struct group {
    size_t from, n, lo, width, ages;
};

static struct group group_at(const struct eg_hop_plan *plan, size_t g, const struct eg_var *t)
{
    const size_t from = plan->group[g], to = plan->group[g + 1];
    struct group group = {.from = from, .n = to - from, .lo = plan->first[from]};
    for (size_t q = from; q < to; q++) {
        const size_t width = plan->first[q] + plan->slots[q] - group.lo;
        group.width = width > group.width ? width : group.width;
        group.ages = plan->slots[q] > group.ages ? plan->slots[q] : group.ages;
    }
    assert(!t || group.ages <= t->rows);
    if (!t)
        group.ages = 0;
    return group;
}

/* band = x rows^T, ages = x t^T of a group. */
static void scores(const struct saved *s, const struct group *g, const real *x, size_t stride,
                   const struct eg_var *rows, const struct eg_var *t)
{
    memset(s->band, 0, g->n * g->width * sizeof(real));
    eg_gemm(0, 1, g->n, g->width, rows->cols, x, stride, eg_row(rows, g->lo), rows->stride, s->band,
            g->width);
    if (!g->ages)
        return;
    memset(s->ages, 0, g->n * g->ages * sizeof(real));
    eg_gemm(0, 1, g->n, g->ages, t->cols, x, stride, t->x, t->stride, s->ages, g->ages);
}

/* The scores of question q out of band and ages. */
static void take(const struct saved *s, const struct group *g, size_t q, real *p)
{
    const size_t n = s->plan->slots[q];
    const real *band = s->band + (q - g->from) * g->width + (s->plan->first[q] - g->lo);
    const real *ages = s->ages + (q - g->from) * g->ages;
    for (size_t i = 0; i < n; i++)
        p[i] = band[i] + (g->ages ? ages[n - 1 - i] : 0);
}

/* The weights of question q into band and ages, zeros beside them. */
static void put(const struct saved *s, const struct group *g, size_t q, const real *p)
{
    const size_t n = s->plan->slots[q];
    real *band = s->band + (q - g->from) * g->width, *ages = s->ages + (q - g->from) * g->ages;
    memset(band, 0, g->width * sizeof *band);
    memcpy(band + (s->plan->first[q] - g->lo), p, n * sizeof *p);
    if (!g->ages)
        return;
    memset(ages, 0, g->ages * sizeof *ages);
    for (size_t i = 0; i < n; i++)
        ages[n - 1 - i] = p[i];
}

/* y += band rows + ages t; drows += band^T x, dt += ages^T x. */
static void mix(const struct saved *s, const struct group *g, real *y, size_t stride,
                const struct eg_var *rows, const struct eg_var *t)
{
    eg_gemm(0, 0, g->n, rows->cols, g->width, s->band, g->width, eg_row(rows, g->lo), rows->stride,
            y, stride);
    if (g->ages)
        eg_gemm(0, 0, g->n, t->cols, g->ages, s->ages, g->ages, t->x, t->stride, y, stride);
}

static void spread(const struct saved *s, const struct group *g, const real *x, size_t stride,
                   const struct eg_var *rows, const struct eg_var *t)
{
    if (rows->dx)
        eg_gemm(1, 0, g->width, rows->cols, g->n, s->band, g->width, x, stride,
                eg_drow(rows, g->lo), rows->stride);
    if (g->ages && t->dx)
        eg_gemm(1, 0, g->ages, t->cols, g->n, s->ages, g->ages, x, stride, t->dx, t->stride);
}

static void together(const struct saved *s, const struct eg_kernels *kernels, size_t nth,
                     struct eg_var *const in[], const struct eg_var *o)
{
    const struct group g = group_at(s->plan, nth, in[T_A]);
    scores(s, &g, eg_row(in[U], g.from), in[U]->stride, in[M], in[T_A]);
    for (size_t q = g.from; q < g.from + g.n; q++) {
        real *p = s->p + s->plan->place[q];
        take(s, &g, q, p);
        weigh(p, s->work, s->plan->slots[q], s->plan->empty[q], s->plan->linear, kernels);
        put(s, &g, q, p);
    }
    mix(s, &g, eg_row(o, g.from), o->stride, in[C], in[T_C]);
}

static void together_back(const struct saved *s, size_t nth, struct eg_var *const in[],
                          const struct eg_var *o)
{
    real *ds = s->work;
    const struct group g = group_at(s->plan, nth, in[T_A]);
    const real *dy = eg_drow(o, g.from);
    for (size_t q = g.from; q < g.from + g.n; q++)
        put(s, &g, q, s->p + s->plan->place[q]);
    spread(s, &g, dy, o->stride, in[C], in[T_C]);
    scores(s, &g, dy, o->stride, in[C], in[T_C]);
    for (size_t q = g.from; q < g.from + g.n; q++) {
        take(s, &g, q, ds);
        weigh_back(ds, s->p + s->plan->place[q], s->plan->slots[q], s->plan->linear);
        put(s, &g, q, ds);
    }
    if (in[U]->dx)
        mix(s, &g, eg_drow(in[U], g.from), in[U]->stride, in[M], in[T_A]);
    spread(s, &g, eg_row(in[U], g.from), in[U]->stride, in[M], in[T_A]);
}

/* A question alone, and no table of ages: loops are faster than products. */
static int alone(const struct eg_hop_plan *plan, size_t g, const struct eg_var *t)
{
    return !t && plan->group[g + 1] - plan->group[g] == 1;
}

static void hop_back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct saved *s = node->saved;
    for (size_t g = 0; g < s->plan->groups; g++)
        if (alone(s->plan, g, node->in[T_A]))
            one_back(s, tape->kernels, s->plan->group[g], node->in, node->out);
        else
            together_back(s, g, node->in, node->out);
}

/* Room for the weights, and for the largest group. */
static int room(struct saved *s, struct eg_arena *arena, const struct eg_var *t)
{
    const struct eg_hop_plan *plan = s->plan;
    size_t band = 0, ages = 0, most = 0;
    for (size_t i = 0; i < plan->groups; i++) {
        const struct group g = group_at(plan, i, t);
        band = g.n * g.width > band ? g.n * g.width : band;
        ages = g.n * g.ages > ages ? g.n * g.ages : ages;
    }
    for (size_t q = 0; q < plan->questions; q++)
        most = plan->slots[q] > most ? plan->slots[q] : most;
    s->p = eg_arena_take(arena, plan->place[plan->questions] * sizeof *s->p);
    s->work = eg_arena_take(arena, most * sizeof *s->work);
    s->band = eg_arena_take(arena, band * sizeof *s->band);
    s->ages = eg_arena_take(arena, ages * sizeof *s->ages);
    return s->p && s->work && s->band && s->ages;
}

struct eg_var *eg_hop(struct eg_tape *tape, struct eg_var *u, struct eg_var *m, struct eg_var *t_a,
                      struct eg_var *c, struct eg_var *t_c, const struct eg_hop_plan *plan,
                      const real **p)
{
    if (!u || !m || !c || !plan)
        return NULL;
    assert(!t_a == !t_c && u->rows == plan->questions && m->cols == u->cols && c->cols == u->cols);
    struct eg_var *in[5] = {[U] = u, [M] = m, [C] = c, [T_A] = t_a, [T_C] = t_c};
    struct saved *s = eg_arena_take(tape->arena, sizeof *s);
    struct eg_var *o = eg_tape_var(tape, plan->questions, u->cols, 1);
    if (!s || !o)
        return NULL;
    s->plan = plan;
    if (!room(s, tape->arena, t_a))
        return NULL;
    memset(o->x, 0, o->rows * o->cols * sizeof *o->x);
    for (size_t g = 0; g < plan->groups; g++)
        if (alone(plan, g, t_a))
            one(s, tape->kernels, plan->group[g], in, o);
        else
            together(s, tape->kernels, g, in, o);
    if (p)
        *p = s->p;
    if (!o->dx)
        return o;
    struct eg_node *node = eg_tape_push(tape, hop_back, o, 5, in);
    if (!node)
        return NULL;
    node->saved = s;
    return o;
}
