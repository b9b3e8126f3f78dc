/* One hop: weights over sentences and what they add up to. */
#include "memory/hop.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

enum { D = 3, QUESTIONS = 4, ROWS = 6, AGES = 4, X = QUESTIONS + 2 * ROWS + 2 * AGES };

/* Questions 0 and 1 share rows 0..3, question 2 has rows 3..4 to itself, question 3 none. */
static const size_t first[QUESTIONS] = {0, 1, 3, 5}, slots[QUESTIONS] = {3, 3, 2, 0};
static const size_t none[QUESTIONS] = {0}, some[QUESTIONS] = {0, 2, 3, 1};
static const size_t together[] = {0, 2, 3, 4}, all[] = {0, 4}, apart[] = {0, 1, 2, 3, 4};
static const size_t place[QUESTIONS + 1] = {0, 3, 6, 8, 8};

#define PLAN(empty_, group_, linear_)                                                     \
    {                                                                                     \
        .questions = QUESTIONS, .first = first, .slots = slots, .empty = (empty_),        \
        .group = (group_), .groups = sizeof(group_) / sizeof(size_t) - 1, .place = place, \
        .linear = (linear_)                                                               \
    }

static const struct eg_hop_plan plans[] = {
    PLAN(none, apart, 0),    PLAN(some, apart, 0),    PLAN(none, apart, 1), PLAN(none, together, 0),
    PLAN(some, together, 0), PLAN(some, together, 1), PLAN(some, all, 0),   PLAN(none, all, 1),
};
enum { PLANS = sizeof plans / sizeof plans[0] };

struct hop {
    const struct eg_hop_plan *plan;
    int ages;
};

/* The rows of x: u, m, c, T_A, T_C. */
static struct eg_var *build_p(struct eg_tape *tape, struct eg_var *x, const struct hop *h,
                              const real **p)
{
    struct eg_var *u = eg_tape_rows(tape, x, 0, QUESTIONS);
    struct eg_var *m = eg_tape_rows(tape, x, QUESTIONS, ROWS);
    struct eg_var *c = eg_tape_rows(tape, x, QUESTIONS + ROWS, ROWS);
    struct eg_var *t_a = eg_tape_rows(tape, x, QUESTIONS + 2 * ROWS, AGES);
    struct eg_var *t_c = eg_tape_rows(tape, x, QUESTIONS + 2 * ROWS + AGES, AGES);
    return eg_hop(tape, u, m, h->ages ? t_a : NULL, c, h->ages ? t_c : NULL, h->plan, p);
}

/* The definition, in double. */
static void by_definition(const real *x, const struct hop *h, double p[8], double o[QUESTIONS * D])
{
    const real *m = x + QUESTIONS * D, *c = m + ROWS * D, *t_a = c + ROWS * D,
               *t_c = t_a + AGES * D;
    for (size_t q = 0; q < QUESTIONS; q++) {
        double *w = p + place[q], sum = 0;
        for (size_t i = 0; i < slots[q]; i++) {
            w[i] = 0;
            for (size_t k = 0; k < D; k++) {
                const size_t age = slots[q] - 1 - i;
                w[i] += (double) x[q * D + k]
                        * ((double) m[(first[q] + i) * D + k]
                           + (h->ages ? (double) t_a[age * D + k] : 0));
            }
            sum += exp(w[i]);
        }
        sum += (double) h->plan->empty[q];
        for (size_t i = 0; i < slots[q]; i++)
            w[i] = h->plan->linear ? w[i] : exp(w[i]) / sum;
        for (size_t k = 0; k < D; k++) {
            o[q * D + k] = 0;
            for (size_t i = 0; i < slots[q]; i++)
                o[q * D + k] += w[i]
                                * ((double) c[(first[q] + i) * D + k]
                                   + (h->ages ? (double) t_c[(slots[q] - 1 - i) * D + k] : 0));
        }
    }
}

static void every_plan_gives_what_the_definition_says(void **state)
{
    (void) state;
    real x[X * D];
    draw_uniform(x, X * D, -2, 2, 5);
    for (size_t i = 0; i < 2 * PLANS; i++) {
        const struct hop h = {.plan = &plans[i / 2], .ages = i % 2};
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        const real *p;
        double want_p[8], want_o[QUESTIONS * D];
        eg_tape_begin(&tape, arena, eg_kernels_all()[0], NULL, NULL);
        struct eg_var *o = build_p(&tape, eg_tape_data(&tape, x, X, D), &h, &p);
        assert_non_null(o);
        by_definition(x, &h, want_p, want_o);
        const double rtol = sizeof(real) == 8 ? 1e-12 : 1e-4;
        check_all_close(p, want_p, 8, rtol, rtol / 10);
        check_all_close(o->x, want_o, QUESTIONS * D, rtol, rtol / 10);
        eg_arena_free(&arena);
    }
}

static void weights_of_a_hop_sum_to_one_unless_slots_are_empty(void **state)
{
    (void) state;
    real x[X * D];
    draw_uniform(x, X * D, -40, 40, 6);
    for (size_t i = 0; i < 2; i++) {
        const struct hop h = {.plan = &plans[i ? 4 : 3], .ages = 1};
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        const real *p;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
        assert_non_null(build_p(&tape, eg_tape_data(&tape, x, X, D), &h, &p));
        for (size_t q = 0; q < 3; q++) {
            double sum = 0;
            for (size_t s = place[q]; s < place[q + 1]; s++) {
                assert_true(p[s] >= 0);
                sum += (double) p[s];
            }
            if (i == 0 || q == 0)
                check_close(sum, 1, 1e-6, 0);
            else
                assert_true(sum <= 1 + 1e-6);
        }
        eg_arena_free(&arena);
    }
}

static void without_memory_left_the_answer_is_null(void **state)
{
    (void) state;
    size_t worked = 0;
    real x[X * D];
    draw_uniform(x, X * D, -1, 1, 7);
    for (size_t n = 0; n < 16; n++) {
        const struct hop h = {.plan = &plans[3], .ages = 0};
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        real grads[1] = {0};
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
        struct eg_var *v = eg_tape_var(&tape, X, D, 1), *u = eg_tape_rows(&tape, v, 0, QUESTIONS);
        struct eg_var *m = eg_tape_rows(&tape, v, QUESTIONS, ROWS);
        memcpy(v->x, x, sizeof x);
        eg_arena_fail_after(arena, n);
        const int here = eg_hop(&tape, u, m, NULL, m, NULL, h.plan, NULL) != NULL;
        assert_true(here || worked == 0);
        worked += (size_t) here;
        eg_arena_fail_after(arena, (size_t) -1);
        assert_null(eg_hop(&tape, NULL, m, NULL, m, NULL, h.plan, NULL));
        assert_null(eg_hop(&tape, u, NULL, NULL, m, NULL, h.plan, NULL));
        assert_null(eg_hop(&tape, u, m, NULL, NULL, NULL, h.plan, NULL));
        assert_null(eg_hop(&tape, u, m, NULL, m, NULL, NULL, NULL));
        eg_arena_free(&arena);
    }
    assert_true(worked > 0 && worked < 16);
}

#ifdef EG_DOUBLE

static struct eg_var *build(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    return build_p(tape, x, context, NULL);
}

static void gradients_are_derivatives(void **state)
{
    (void) state;
    for (size_t i = 0; i < 2 * PLANS; i++) {
        const struct hop h = {.plan = &plans[i / 2], .ages = i % 2};
        const struct grad_case hop = {
            .name = "hop", .rows = X, .cols = D, .lo = -1, .hi = 1, .build = build, .context = &h};
        check_grad_seeds(&hop, GRAD_SEEDS / 4);
    }
}

static struct eg_var *with_data(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    struct eg_var *data = eg_tape_data(tape, context, X, D);
    const size_t which = x->rows == QUESTIONS ? 0 : x->rows == ROWS ? 1 : 2;
    struct eg_var *in[5];
    const size_t rows[5] = {QUESTIONS, ROWS, ROWS, AGES, AGES};
    for (size_t i = 0, at = 0; i < 5; at += rows[i++])
        in[i] = eg_tape_rows(tape, data, at, rows[i]);
    in[which == 2 ? 3 : which] = x;
    return eg_hop(tape, in[0], in[1], in[3], in[2], in[4], &plans[4], NULL);
}

static void what_needs_no_gradient_gets_none(void **state)
{
    (void) state;
    real data[X * D];
    draw_uniform(data, X * D, -1, 1, 8);
    const size_t rows[3] = {QUESTIONS, ROWS, AGES};
    for (size_t i = 0; i < 3; i++) {
        const struct grad_case hop = {.name = "hop with data",
                                      .rows = rows[i],
                                      .cols = D,
                                      .lo = -1,
                                      .hi = 1,
                                      .build = with_data,
                                      .context = data};
        check_grad_seeds(&hop, 2);
    }
}

#endif

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_gives_what_the_definition_says),
        cmocka_unit_test(weights_of_a_hop_sum_to_one_unless_slots_are_empty),
        cmocka_unit_test(without_memory_left_the_answer_is_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(gradients_are_derivatives),
        cmocka_unit_test(what_needs_no_gradient_gets_none),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
