/* Precedence, temporal links and what is read along them. */
#include <stdlib.h>
#include <string.h>

#include "attention/links.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

#define EACH_TABLE for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++)

/* Two writes of three slots: first (1/2, 1/4, 0) with precedence (0, 1/2, 1/2), then (0, 1/2, 1/4).
 * After the first: L_01 = L_02 = 1/4, L_12 = 1/8, all else 0; p = (1/2, 3/8, 1/8).  After the
 * second, e.g. L_12 = (1 - 1/2 - 1/4) / 8 + 1/2 * 1/8 = 3/32.  Read with (1, 0, 1/2). */
static void links_match_a_hand_calculation(void **state)
{
    (void) state;
    const real w[2][3] = {{0.5, 0.25, 0}, {0, 0.5, 0.25}}, p[3] = {0, 0.5, 0.5};
    const real read[3] = {1, 0, 0.5};
    const double precedence[3] = {0.5, 0.375, 0.125};
    const double links[9] = {0, 0.125, 0.1875, 0.25, 0, 3.0 / 32, 0.125, 3.0 / 32, 0};
    const double readings[6] = {0.0625, 0.125 + 3.0 / 64, 0.1875, 3.0 / 32, 0.25 + 3.0 / 64, 0.125};
    EACH_TABLE
    for (int records = 0; records < 2; records++) {
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        real grads[1];
        eg_tape_begin(&tape, arena, *k, grads, records ? grads : NULL);
        struct eg_links *l = eg_links_begin(&tape, 1, 3);
        struct eg_var *r = eg_tape_var(&tape, 1, 3, 1), *before = eg_tape_var(&tape, 1, 3, 1);
        struct eg_var *readings_now = NULL;
        memcpy(r->x, read, sizeof read);
        memcpy(before->x, p, sizeof p);
        for (size_t t = 0; t < 2; t++) {
            struct eg_var *v = eg_tape_var(&tape, 1, 3, 1);
            memcpy(v->x, w[t], sizeof w[t]);
            readings_now = eg_links_step(&tape, l, v, before, r, 1);
            before = eg_precedence(&tape, before, v);
            if (t == 0)
                check_all_close(before->x, precedence, 3, 0, 0);
        }
        check_all_close(eg_links_row(l, 0), links, 9, 4 * EG_EPS, 0);
        check_all_close(readings_now->x, readings, 6, 4 * EG_EPS, 0);
        eg_arena_free(&arena);
    }
}

/* (1/4, 1/2, 1/4 of nothing): squares of 1/2 and 1/4, over their sum; the guard of 1e-6 is all that
 * the third slot has. */
static void sharpening_matches_a_hand_calculation(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const real d[6] = {0.25, 0.5, 0, 0, 0, 0}, s[2] = {2, 3};
    const struct eg_var *y =
        eg_sharpen_readings(&tape, eg_tape_data(&tape, d, 1, 6), eg_tape_data(&tape, s, 1, 2));
    const double want[6] = {0.2, 0.8, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3};
    check_all_close(y->x, want, 6, 64 * EG_EPS, 1e-5);
    eg_arena_free(&arena);
}

/* A weighting whose sum is at most 1: often spread out, often all on one slot. */
static void draw_weighting(real *w, size_t n, uint64_t seed)
{
    real gate;
    draw_uniform(w, n, 0, 1, seed);
    draw_uniform(&gate, 1, -0.3, 1.3, seed + 1000000);
    gate = gate < 0 ? 0 : gate > 1 ? 1 : gate;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        w[i] = seed % 3 == 0 ? (real) (i == seed % n) : w[i] * w[i] * w[i];
        sum += (double) w[i];
    }
    for (size_t i = 0; i < n; i++)
        w[i] *= gate / (real) sum;
}

/* Over long runs, on tapes that record and on others: entries in [0, 1], rows and columns with sums
 * of 1 at most, nothing on the diagonal, readings of a weighting that are weightings. */
static void links_stay_links(void **state)
{
    (void) state;
    enum { N = 19, STEPS = 400 };
    EACH_TABLE
    for (int records = 0; records < 2; records++) {
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        real grads[1];
        eg_tape_begin(&tape, arena, *k, grads, records ? grads : NULL);
        struct eg_links *l = eg_links_begin(&tape, 1, N);
        struct eg_var *p = eg_tape_var(&tape, 1, N, 1);
        memset(p->x, 0, N * sizeof(real));
        for (uint64_t t = 0; t < STEPS; t++) {
            struct eg_var *w = eg_tape_var(&tape, 1, N, 1), *r = eg_tape_var(&tape, 1, 2 * N, 1);
            draw_weighting(w->x, N, 3 * t);
            draw_weighting(r->x, N, 3 * t + 1);
            draw_weighting(r->x + N, N, 3 * t + 2);
            const struct eg_var *readings = eg_links_step(&tape, l, w, p, r, 2);
            p = eg_precedence(&tape, p, w);
            const real *x = eg_links_row(l, 0);
            double precedence = 0;
            for (size_t i = 0; i < N; i++) {
                double row = 0, col = 0;
                for (size_t j = 0; j < N; j++) {
                    assert_true(x[i * N + j] >= 0 && x[i * N + j] <= 1);
                    row += (double) x[i * N + j];
                    col += (double) x[j * N + i];
                }
                assert_true(x[i * N + i] == 0);
                assert_true(row <= 1 + 64 * EG_EPS && col <= 1 + 64 * EG_EPS);
                assert_true(p->x[i] >= 0);
                precedence += (double) p->x[i];
            }
            assert_true(precedence <= 1 + 64 * EG_EPS);
            for (size_t h = 0; h < 4; h++) {
                double sum = 0;
                for (size_t i = 0; i < N; i++) {
                    assert_true(readings->x[h * N + i] >= 0);
                    sum += (double) readings->x[h * N + i];
                }
                assert_true(sum <= 1 + 64 * EG_EPS);
            }
        }
        eg_arena_free(&arena);
    }
}

/* A hundred steps need no hundred links. */
static void not_every_step_keeps_its_links(void **state)
{
    (void) state;
    enum { N = 128, STEPS = 100 };
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), grads, grads);
    struct eg_links *l = eg_links_begin(&tape, 1, N);
    struct eg_var *p = eg_tape_var(&tape, 1, N, 1);
    memset(p->x, 0, N * sizeof(real));
    for (uint64_t t = 0; t < STEPS; t++) {
        struct eg_var *w = eg_tape_var(&tape, 1, N, 1);
        draw_weighting(w->x, N, t);
        assert_non_null(eg_links_step(&tape, l, w, p, w, 1));
        p = eg_precedence(&tape, p, w);
    }
    /* nine pieces of 8 to 16 steps, 15 links within the longest, one gradient; and the rest */
    assert_true(eg_arena_peak(arena) < (9 + 15 + 1 + 10) * N * N * sizeof(real));
    eg_arena_free(&arena);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real x[2] = {1, 1};
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *v = eg_tape_data(&tape, x, 1, 1), *two = eg_tape_data(&tape, x, 1, 2);
    struct eg_links *l = eg_links_begin(&tape, 1, 1);
    assert_null(eg_links_step(&tape, NULL, v, v, v, 1));
    assert_null(eg_links_step(&tape, l, NULL, v, v, 1));
    assert_null(eg_links_step(&tape, l, v, NULL, v, 1));
    assert_null(eg_links_step(&tape, l, v, v, NULL, 1));
    assert_non_null(eg_links_step(&tape, l, v, v, v, 1));
    assert_null(eg_precedence(&tape, NULL, v));
    assert_null(eg_precedence(&tape, v, NULL));
    assert_null(eg_sharpen_readings(&tape, NULL, two));
    assert_null(eg_sharpen_readings(&tape, two, NULL));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

struct sizes {
    size_t slots, heads, steps, short_steps; /* the second row ends after short_steps */
};

static size_t columns(const struct sizes *s)
{
    return s->slots * (1 + s->steps * (1 + s->heads));
}

/* x: the first precedence, then weighting and read weightings of each step; all readings. */
static struct eg_var *follow(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    const size_t n = s->slots;
    struct eg_links *links = eg_links_begin(tape, x->rows, n);
    struct eg_var *p = eg_tape_cols(tape, x, 0, n), *readings[64];
    for (size_t t = 0; t < s->steps; t++) {
        const size_t rows = t < s->short_steps ? x->rows : 1, at = n * (1 + t * (1 + s->heads));
        struct eg_var *now = eg_tape_rows(tape, x, 0, rows), *w = eg_tape_cols(tape, now, at, n);
        p = eg_tape_rows(tape, p, 0, rows);
        readings[t] = eg_links_step(tape, links, w, p,
                                    eg_tape_cols(tape, now, at + n, s->heads * n), s->heads);
        p = eg_precedence(tape, p, w);
    }
    return eg_stack(tape, s->steps, readings);
}

/* One number of a row as a column of its own, and 1 - a. */
static struct eg_var *one(struct eg_tape *tape, struct eg_var *v, size_t i)
{
    return eg_tape_cols(tape, v, i, 1);
}

static struct eg_var *constant(struct eg_tape *tape, size_t rows, real value)
{
    struct eg_var *v = eg_tape_var(tape, rows, 1, 1);
    for (size_t r = 0; r < rows; r++)
        v->x[r] = value;
    return v;
}

static struct eg_var *less(struct eg_tape *tape, struct eg_var *a, struct eg_var *b)
{
    return eg_add(tape, a, eg_multiply(tape, constant(tape, b->rows, -1), b));
}

enum { FEW = 3 };

/* The same out of sums and products of single numbers. */
static struct eg_var *follow_composed(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    const size_t n = s->slots, rows = x->rows;
    struct eg_var *links[FEW][FEW], *p[FEW], *readings[64];
    for (size_t i = 0; i < n; i++) {
        p[i] = one(tape, x, i);
        for (size_t j = 0; j < n; j++)
            links[i][j] = constant(tape, rows, 0);
    }
    for (size_t t = 0; t < s->steps; t++) {
        const size_t at = n * (1 + t * (1 + s->heads));
        struct eg_var *w = eg_tape_cols(tape, x, at, n), *left = constant(tape, rows, 1);
        for (size_t i = 0; i < n; i++) {
            left = less(tape, left, one(tape, w, i));
            for (size_t j = 0; j < n; j++) {
                struct eg_var *keep = less(
                    tape, less(tape, constant(tape, rows, 1), one(tape, w, i)), one(tape, w, j));
                if (i != j)
                    links[i][j] = eg_add(tape, eg_multiply(tape, keep, links[i][j]),
                                         eg_multiply(tape, one(tape, w, i), p[j]));
            }
        }
        for (size_t i = 0; i < n; i++)
            p[i] = eg_add(tape, eg_multiply(tape, left, p[i]), one(tape, w, i));
        readings[t] = NULL;
        for (size_t h = 0; h < s->heads; h++)
            for (int ahead = 0; ahead < 2; ahead++)
                for (size_t i = 0; i < n; i++) {
                    struct eg_var *sum = constant(tape, rows, 0);
                    for (size_t j = 0; j < n; j++)
                        sum = eg_add(tape, sum,
                                     eg_multiply(tape, ahead ? links[i][j] : links[j][i],
                                                 one(tape, x, at + n * (1 + h) + j)));
                    readings[t] = readings[t] ? eg_join(tape, readings[t], sum) : sum;
                }
    }
    return eg_stack(tape, s->steps, readings);
}

static struct grad_case following(const struct sizes *s, int composed)
{
    return (struct grad_case){.name = composed ? "composed links" : "eg_links_step",
                              .rows = 2,
                              .cols = columns(s),
                              .lo = 0.02,
                              .hi = 0.9 / (double) s->slots,
                              .build = composed ? follow_composed : follow,
                              .context = s};
}

/* 20 steps are two pieces and a part of the third; the second row ends within the second. */
static void backward_of_links_is_the_derivative(void **state)
{
    (void) state;
    static const struct sizes sizes[] = {
        {1, 1, 3, 3}, {2, 1, 20, 13}, {3, 2, 4, 3}, {9, 1, 4, 4}, {3, 1, 28, 8}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct grad_case c = following(&sizes[i], 0);
        check_grad_seeds(&c, 6);
    }
}

static void links_are_their_sums_and_products(void **state)
{
    (void) state;
    static const struct sizes sizes[] = {{3, 1, 5, 5}, {3, 2, 30, 30}, {2, 3, 11, 11}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (uint64_t seed = 1; seed <= 6; seed++) {
            const struct grad_case composed = following(&sizes[i], 1);
            const struct grad_case fused = following(&sizes[i], 0);
            check_same(&composed, &fused, 1e-12, seed);
        }
}

static struct eg_var *preceding(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    const size_t n = x->cols / 2;
    return eg_precedence(tape, eg_tape_cols(tape, x, 0, n), eg_tape_cols(tape, x, n, n));
}

/* x: two sharpnesses, then the readings of one head. */
static struct eg_var *sharpened(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_sharpen_readings(tape, eg_tape_cols(tape, x, 2, x->cols - 2),
                               eg_tape_cols(tape, x, 0, 2));
}

static void backward_of_the_others_is_the_derivative(void **state)
{
    (void) state;
    for (size_t n = 1; n < 8; n += 3) {
        const struct grad_case precedence = {.name = "eg_precedence",
                                             .rows = 2,
                                             .cols = 2 * n,
                                             .lo = 0.01,
                                             .hi = 0.9 / (double) n,
                                             .build = preceding};
        const struct grad_case sharp = {.name = "eg_sharpen_readings",
                                        .rows = 2,
                                        .cols = 2 + 2 * n,
                                        .lo = 0.1,
                                        .hi = 2,
                                        .build = sharpened};
        check_grad_seeds(&precedence, GRAD_SEEDS);
        check_grad_seeds(&sharp, GRAD_SEEDS);
    }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_match_a_hand_calculation),
        cmocka_unit_test(sharpening_matches_a_hand_calculation),
        cmocka_unit_test(links_stay_links),
        cmocka_unit_test(not_every_step_keeps_its_links),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_of_links_is_the_derivative),
        cmocka_unit_test(links_are_their_sums_and_products),
        cmocka_unit_test(backward_of_the_others_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
