#include "tests/gradcheck.h"

#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "tensor/linear.h"

#ifndef EG_DOUBLE
#error "gradients are checked in double"
#endif

enum { X_ITEM = 1, PARAM_ITEM, PROJECTION_ITEM, START_ITEM };

/* One case at one seed. */
struct run {
    const struct grad_case *c;
    const struct eg_kernels *kernels;
    struct eg_arena *arena;
    size_t nx, np; /* numbers in x, length of the parameter vector        */
    real *x, *dx;  /* the input and its gradient                          */
    real *p, *dp;  /* the parameters and their gradient                   */
    real *y, *r;   /* the outputs, and what they are projected with       */
    size_t ny;
};

static real *numbers(size_t n)
{
    real *x = calloc(n ? n : 1, sizeof *x);
    assert_non_null(x);
    return x;
}

static void normals(real *x, size_t n, uint64_t seed, uint64_t item, double scale)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 0, item);
    for (size_t i = 0; i < n; i++)
        x[i] = scale * eg_stream_normal(&stream);
}

/* Every tensor of the parameter vector in turn; the gaps stay zero. */
static void draw_params(const struct run *run, uint64_t seed)
{
    for (size_t i = 0; i < run->c->params->count; i++) {
        const struct eg_param_row *row = &run->c->params->rows[i];
        normals(run->p + row->offset, row->rows * row->cols, seed, PARAM_ITEM + 100 * (i + 1),
                run->c->spread);
    }
}

static void run_begin(struct run *run, const struct grad_case *c, uint64_t seed)
{
    *run = (struct run){.c = c};
    size_t tables = 0;
    while (eg_kernels_all()[tables])
        tables++;
    run->kernels = eg_kernels_all()[seed % tables];
    assert_int_equal(eg_arena_init(&run->arena, 0), EG_OK);
    run->nx = c->rows * c->cols;
    run->np = c->params ? c->params->size : 0;
    run->x = numbers(run->nx);
    run->dx = numbers(run->nx);
    run->p = numbers(run->np);
    run->dp = numbers(run->np);
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 0, X_ITEM);
    for (size_t i = 0; i < run->nx; i++)
        run->x[i] = c->lo + (c->hi - c->lo) * eg_stream_uniform(&stream);
    if (c->params)
        draw_params(run, seed);
}

static void run_end(struct run *run)
{
    free(run->x);
    free(run->dx);
    free(run->p);
    free(run->dp);
    free(run->y);
    free(run->r);
    eg_arena_free(&run->arena);
}

/* Builds the case on `tape`; *x becomes its input, or NULL. */
static struct eg_var *build(struct run *run, struct eg_tape *tape, int records, struct eg_var **x)
{
    *x = NULL;
    eg_tape_begin(tape, run->arena, run->kernels, run->p, records ? run->dp : NULL);
    if (run->nx) {
        *x = eg_tape_var(tape, run->c->rows, run->c->cols, 1);
        assert_non_null(*x);
        memcpy((*x)->x, run->x, run->nx * sizeof *run->x);
    }
    struct eg_var *y = run->c->build(tape, *x, run->c->context);
    assert_non_null(y);
    return y;
}

/* L of x and p as they are now, on a tape that does not record. */
static double projected(struct run *run)
{
    const struct eg_arena_mark mark = eg_arena_mark(run->arena);
    struct eg_tape tape;
    struct eg_var *x;
    const struct eg_var *y = build(run, &tape, 0, &x);
    double sum = 0;
    for (size_t r = 0, i = 0; r < y->rows; r++)
        for (size_t c = 0; c < y->cols; c++, i++)
            sum += run->r[i] * eg_row(y, r)[c];
    eg_arena_rewind(run->arena, mark);
    return sum;
}

static double difference(struct run *run, real *x)
{
    const double was = *x, size = fabs(was) > 1 ? fabs(was) : 1;
    volatile double moved = was + 0x1p-12 * size; /* h is what the sum has of it */
    const double h = moved - was;
    const double at[] = {-2, -1, 1, 2};
    double f[4];
    for (size_t i = 0; i < 4; i++) {
        *x = was + at[i] * h;
        f[i] = projected(run);
    }
    *x = was;
    return (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
}

/* Where gradients lie: a copy of all of them is what a backward may have changed. */
struct place {
    real *at;
    size_t rows, cols, stride;
};

struct places {
    struct place *list;
    size_t n, room, total;
};

static void add_place(struct places *p, real *at, size_t rows, size_t cols, size_t stride)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->list[i].at == at && p->list[i].rows >= rows && p->list[i].cols >= cols
            && p->list[i].stride == stride)
            return;
    if (p->n == p->room) {
        p->room = p->room ? 2 * p->room : 64;
        p->list = realloc(p->list, p->room * sizeof *p->list);
        assert_non_null(p->list);
    }
    p->list[p->n++] = (struct place){.at = at, .rows = rows, .cols = cols, .stride = stride};
    p->total += rows * cols;
}

static void add_var(struct places *p, const struct eg_var *v)
{
    if (v && v->dx)
        add_place(p, v->dx, v->rows, v->cols, v->stride);
}

static void save(const struct places *p, real *to)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t r = 0; r < p->list[i].rows; r++, to += p->list[i].cols)
            memcpy(to, p->list[i].at + r * p->list[i].stride, p->list[i].cols * sizeof *to);
}

static void restore(const struct places *p, const real *from)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t r = 0; r < p->list[i].rows; r++, from += p->list[i].cols)
            memcpy(p->list[i].at + r * p->list[i].stride, from, p->list[i].cols * sizeof *from);
}

/* Is `at` one of the numbers of dx of `v`? */
static int within(const struct eg_var *v, const real *at)
{
    if (!v->dx || at < v->dx || at >= v->dx + (v->rows - 1) * v->stride + v->cols)
        return 0;
    return (size_t) (at - v->dx) % v->stride < v->cols;
}

static double largest(const real *x, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++)
        top = !(fabs(x[i]) <= top) ? fabs(x[i]) : top;
    return top;
}

static void check_twice(const struct run *run, const struct places *p, const struct eg_node *node,
                        const real *zero, const real *one, const real *two, size_t nth)
{
    const double size = largest(zero, p->total) + largest(one, p->total);
    for (size_t i = 0, k = 0; i < p->n; i++)
        for (size_t r = 0; r < p->list[i].rows; r++)
            for (size_t c = 0; c < p->list[i].cols; c++, k++) {
                const double first = one[k] - zero[k], second = two[k] - one[k];
                if (!(fabs(second - first) <= 64 * EG_EPS * size)) {
                    print_error("%s: node %zu from the end adds %.17g, called again %.17g\n",
                                run->c->name, nth, first, second);
                    fail();
                }
                if (first != 0 && within(node->out, p->list[i].at + r * p->list[i].stride + c)) {
                    print_error("%s: node %zu from the end changes the gradient it is given\n",
                                run->c->name, nth);
                    fail();
                }
            }
}

/* What a walk back needs to look at all gradients before and after a node. */
struct walk {
    const struct run *run;
    struct places places;
    real *zero, *one, *two;
    size_t nth;
};

/* The node, or row `r` of it, twice; the second addition is taken back. */
static void twice(struct walk *walk, struct eg_tape *tape, const struct eg_node *node, size_t r)
{
    const int in_place = node->in[0] && node->in[0]->dx == node->out->dx;
    for (int call = 0; call < (in_place ? 1 : 2); call++) {
        save(&walk->places, call ? walk->one : walk->zero);
        if (node->by_row)
            node->by_row->back(node, tape, r);
        else
            node->back(node, tape);
    }
    if (in_place)
        return;
    save(&walk->places, walk->two);
    check_twice(walk->run, &walk->places, node, walk->zero, walk->one, walk->two, walk->nth);
    restore(&walk->places, walk->one);
}

/* The group of rows whose last node is `last`, as eg_tape_walk() goes through it; returns the
 * node before it. */
static const struct eg_node *rows_twice(struct walk *walk, struct eg_tape *tape,
                                        const struct eg_node *last)
{
    const struct eg_node *end = last;
    while (end && end->by_row && end->group == last->group)
        end = end->before;
    for (size_t r = 0; r < last->out->rows; r++)
        for (const struct eg_node *node = last; node != end; node = node->before)
            if (node->by_row->back)
                twice(walk, tape, node, r);
    return end;
}

/* Walks back like eg_tape_walk(), but each node twice. */
static void walk_twice(const struct run *run, struct eg_tape *tape, const struct eg_var *x)
{
    struct walk walk = {.run = run, .nth = 1};
    struct places *p = &walk.places;
    if (x)
        add_var(p, x);
    if (run->np)
        add_place(p, run->dp, 1, run->np, run->np);
    for (const struct eg_node *node = tape->last; node; node = node->before) {
        add_var(p, node->out);
        for (size_t i = 0; i < EG_NODE_IN; i++)
            add_var(p, node->in[i]);
    }
    walk.zero = numbers(p->total);
    walk.one = numbers(p->total);
    walk.two = numbers(p->total);
    for (const struct eg_node *node = tape->last; node; walk.nth++)
        if (node->by_row) {
            node = rows_twice(&walk, tape, node);
        } else {
            twice(&walk, tape, node, 0);
            node = node->before;
        }
    eg_linear_settle(tape);
    free(walk.zero);
    free(walk.one);
    free(walk.two);
    free(p->list);
}

/* The gradient by the tape, into run->dx and run->dp; with `checked`, each node's backward is
 * called twice.  The outputs go to run->y. */
static void gradient(struct run *run, uint64_t seed, int checked)
{
    const struct eg_arena_mark mark = eg_arena_mark(run->arena);
    struct eg_tape tape;
    struct eg_var *x;
    real *start = numbers(run->nx + run->np);
    normals(start, run->nx + run->np, seed, START_ITEM, 1);
    memcpy(run->dp, start + run->nx, run->np * sizeof *start);
    struct eg_var *y = build(run, &tape, 1, &x);
    if (x)
        memcpy(x->dx, start, run->nx * sizeof *start);
    run->ny = y->rows * y->cols;
    free(run->y);
    free(run->r);
    run->y = numbers(run->ny);
    run->r = numbers(run->ny);
    normals(run->r, run->ny, seed, PROJECTION_ITEM, 1);
    for (size_t r = 0, i = 0; r < y->rows; r++)
        for (size_t c = 0; c < y->cols; c++, i++) {
            run->y[i] = eg_row(y, r)[c];
            eg_drow(y, r)[c] += run->r[i]; /* y may be x itself */
        }
    if (checked)
        walk_twice(run, &tape, x);
    else
        eg_tape_walk(&tape);
    for (size_t i = 0; i < run->nx; i++)
        run->dx[i] = x->dx[i] - start[i];
    for (size_t i = 0; i < run->np; i++)
        run->dp[i] -= start[run->nx + i]; /* exactly 0 where nothing was added */
    free(start);
    eg_arena_rewind(run->arena, mark);
}

static void compare(struct run *run, const char *what, real *x, const real *dx, size_t n,
                    uint64_t seed)
{
    const double top = largest(dx, n);
    for (size_t i = 0; i < n; i++) {
        const double want = difference(run, &x[i]), got = dx[i];
        double scale = fabs(got) > fabs(want) ? fabs(got) : fabs(want);
        scale = scale > 1e-4 * top ? scale : 1e-4 * top;
        if (!(fabs(got - want) <= 1e-6 * scale + 2e-11)) {
            print_error("%s, seed %llu, %s kernels: gradient of %s[%zu] is %.17g, the difference "
                        "quotient %.17g\n",
                        run->c->name, (unsigned long long) seed, run->kernels->name, what, i, got,
                        want);
            fail();
        }
    }
}

void check_grad(const struct grad_case *c, uint64_t seed)
{
    struct run run;
    run_begin(&run, c, seed);
    gradient(&run, seed, 1);
    compare(&run, "x", run.x, run.dx, run.nx, seed);
    for (size_t i = 0; c->params && i < c->params->count; i++) {
        const struct eg_param_row *row = &c->params->rows[i];
        if (c->fixed && !strcmp(c->fixed, row->name))
            assert_true(largest(run.dp + row->offset, row->rows * row->cols) == 0);
        else
            compare(&run, row->name, run.p + row->offset, run.dp + row->offset,
                    row->rows * row->cols, seed);
    }
    run_end(&run);
}

void check_grad_seeds(const struct grad_case *c, uint64_t n)
{
    for (uint64_t seed = 1; seed <= n; seed++)
        check_grad(c, seed);
}

static void same(const struct grad_case *c, const char *what, const real *got, const real *want,
                 size_t n, double rtol, uint64_t seed)
{
    const double top = largest(want, n);
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= rtol * top)) {
            print_error("%s, seed %llu: %s[%zu] is %.17g, composed of ops %.17g\n", c->name,
                        (unsigned long long) seed, what, i, got[i], want[i]);
            fail();
        }
}

void check_same(const struct grad_case *composed, const struct grad_case *fused, double rtol,
                uint64_t seed)
{
    struct run a, b;
    run_begin(&a, composed, seed);
    run_begin(&b, fused, seed);
    gradient(&a, seed, 0);
    gradient(&b, seed, 0);
    assert_int_equal(a.ny, b.ny);
    same(fused, "y", b.y, a.y, a.ny, rtol, seed);
    same(fused, "dx", b.dx, a.dx, a.nx, rtol, seed);
    same(fused, "dparameters", b.dp, a.dp, a.np, rtol, seed);
    run_end(&a);
    run_end(&b);
}
