/* Sums and products element by element, and rows put together. */
#include "tensor/pointwise.h"

#include <math.h>

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

static const real a6[6] = {1, 2, 3, 4, 5, 6}, b6[6] = {10, -20, 30, -40, 50, -60};

static void values_match_a_hand_calculation(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *a = eg_tape_data(&tape, a6, 2, 3), *b = eg_tape_data(&tape, b6, 2, 3);
    const double sum[6] = {11, -18, 33, -36, 55, -54};
    const double product[6] = {10, -40, 90, -160, 250, -360};
    check_all_close(eg_add(&tape, a, b)->x, sum, 6, 0, 0);
    check_all_close(eg_multiply(&tape, a, b)->x, product, 6, 0, 0);

    /* One gate a row, 1 and 1/2; and one an element. */
    const real row_gates[2] = {1, 0.5}, gates[6] = {0, 1, 0.5, 0.25, 0, 1};
    const double by_row[6] = {1, 2, 3, -18, 27.5, -27};
    const double by_element[6] = {10, 2, 16.5, -29, 50, 6};
    check_all_close(eg_blend(&tape, eg_tape_data(&tape, row_gates, 2, 1), a, b)->x, by_row, 6, 0,
                    0);
    check_all_close(eg_blend(&tape, eg_tape_data(&tape, gates, 2, 3), a, b)->x, by_element, 6, 0,
                    0);

    const double joined[12] = {1, 2, 3, 10, -20, 30, 4, 5, 6, -40, 50, -60};
    const double stacked[9] = {4, 5, 6, 10, -20, 30, -40, 50, -60};
    const double repeated[6] = {4, 5, 6, 4, 5, 6};
    struct eg_var *last = eg_tape_rows(&tape, a, 1, 1);
    struct eg_var *in[] = {last, b};
    check_all_close(eg_join(&tape, a, b)->x, joined, 12, 0, 0);
    check_all_close(eg_stack(&tape, 2, in)->x, stacked, 9, 0, 0);
    check_all_close(eg_repeat(&tape, last, 2)->x, repeated, 6, 0, 0);
    eg_arena_free(&arena);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *v = eg_tape_data(&tape, a6, 2, 3), *in[] = {v, NULL};
    assert_null(eg_add(&tape, v, NULL));
    assert_null(eg_add(&tape, NULL, v));
    assert_null(eg_multiply(&tape, v, NULL));
    assert_null(eg_multiply(&tape, NULL, v));
    assert_null(eg_blend(&tape, NULL, v, v));
    assert_null(eg_blend(&tape, v, NULL, v));
    assert_null(eg_blend(&tape, v, v, NULL));
    assert_null(eg_join(&tape, v, NULL));
    assert_null(eg_join(&tape, NULL, v));
    assert_null(eg_stack(&tape, 2, in));
    assert_null(eg_repeat(&tape, NULL, 3));
    assert_null(eg_limited(&tape, NULL, 1));
    eg_arena_free(&arena);
}

/* y = x o b with dL/dy = 3: what made x sees 3 b, cut to 100. */
static void a_limit_cuts_what_comes_back(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *source = eg_tape_var(&tape, 2, 3, 1), *ones = eg_filled(&tape, 2, 3, 1);
    memcpy(source->x, a6, sizeof a6);
    struct eg_var *x = eg_multiply(&tape, source, ones);
    assert_ptr_equal(eg_limited(&tape, x, 100), x);
    const double cut[6] = {30, -60, 90, -100, 100, -100};
    struct eg_var *y = eg_multiply(&tape, x, eg_tape_data(&tape, b6, 2, 3));
    for (size_t i = 0; i < 6; i++)
        y->dx[i] = 3;
    eg_tape_walk(&tape);
    check_all_close(source->dx, cut, 6, 0, 0);

    struct eg_var *data = eg_tape_data(&tape, b6, 2, 3);
    assert_ptr_equal(eg_limited(&tape, data, 1), data);
    eg_arena_free(&arena);
}

static void a_limit_cuts_infinities_and_hands_on_what_is_no_number(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *source = eg_tape_var(&tape, 1, 3, 1), *ones = eg_filled(&tape, 1, 3, 1);
    struct eg_var *x = eg_limited(&tape, eg_multiply(&tape, source, ones), 2);
    x->dx[0] = (real) NAN;
    x->dx[1] = (real) INFINITY;
    x->dx[2] = -(real) INFINITY;
    eg_tape_walk(&tape);
    assert_true(isnan(source->dx[0]));
    assert_true(source->dx[1] == 2 && source->dx[2] == -2);
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

/* What needs no gradient gets none, and its neighbour does. */
static void data_beside_a_variable_are_left_alone(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *data = eg_tape_data(&tape, b6, 2, 3), *x = eg_tape_var(&tape, 2, 3, 1);
    memcpy(x->x, a6, sizeof a6);
    struct eg_var *y[] = {eg_add(&tape, data, x),         eg_add(&tape, x, data),
                          eg_multiply(&tape, data, x),    eg_multiply(&tape, x, data),
                          eg_blend(&tape, data, x, data), eg_blend(&tape, x, data, data),
                          eg_blend(&tape, data, data, x)};
    struct eg_var *joined = eg_join(&tape, data, x), *rows[] = {data, x};
    struct eg_var *stacked = eg_stack(&tape, 2, rows);
    for (size_t i = 0; i < sizeof y / sizeof y[0]; i++)
        for (size_t k = 0; k < 6; k++)
            y[i]->dx[k] = 1;
    for (size_t k = 0; k < 12; k++)
        joined->dx[k] = stacked->dx[k] = 1;
    eg_tape_walk(&tape);
    /* 1 + 1 + b + b + b + 0 + (1 - b) + 1 + 1 */
    for (size_t k = 0; k < 6; k++)
        check_close(x->dx[k], 5 + 2 * (double) b6[k], 0, 0);
    eg_arena_free(&arena);
}

/* The columns of x are a, b and gates; each op once. */
static struct eg_var *add(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_add(tape, eg_tape_cols(tape, x, 0, 3), eg_tape_cols(tape, x, 3, 3));
}

static struct eg_var *multiply(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_multiply(tape, eg_tape_cols(tape, x, 0, 3), eg_tape_cols(tape, x, 3, 3));
}

static struct eg_var *blend(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_blend(tape, eg_tape_cols(tape, x, 6, 3), eg_tape_cols(tape, x, 0, 3),
                    eg_tape_cols(tape, x, 3, 3));
}

static struct eg_var *blend_by_row(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_blend(tape, eg_tape_cols(tape, x, 8, 1), eg_tape_cols(tape, x, 0, 3),
                    eg_tape_cols(tape, x, 3, 3));
}

static struct eg_var *join(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_join(tape, eg_tape_cols(tape, x, 2, 5), eg_tape_cols(tape, x, 0, 4));
}

static struct eg_var *stack(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    struct eg_var *in[] = {eg_tape_rows(tape, x, 1, 2), x, eg_tape_rows(tape, x, 0, 1)};
    return eg_stack(tape, 3, in);
}

static struct eg_var *repeat(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_repeat(tape, eg_tape_rows(tape, x, 1, 1), 5);
}

/* A variable with itself: both additions go to the same place. */
static struct eg_var *with_itself(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_join(tape, eg_add(tape, x, x), eg_blend(tape, x, eg_multiply(tape, x, x), x));
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    const struct {
        const char *name;
        struct eg_var *(*build)(struct eg_tape *, struct eg_var *, const void *);
    } ops[] = {{"eg_add", add},       {"eg_multiply", multiply},
               {"eg_blend", blend},   {"eg_blend by row", blend_by_row},
               {"eg_join", join},     {"eg_stack", stack},
               {"eg_repeat", repeat}, {"with itself", with_itself}};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        const struct grad_case c = {
            .name = ops[i].name, .rows = 3, .cols = 9, .lo = -2, .hi = 2, .build = ops[i].build};
        check_grad_seeds(&c, GRAD_SEEDS);
    }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_match_a_hand_calculation),
        cmocka_unit_test(null_arguments_give_null),
        cmocka_unit_test(a_limit_cuts_what_comes_back),
        cmocka_unit_test(a_limit_cuts_infinities_and_hands_on_what_is_no_number),
#ifdef EG_DOUBLE
        cmocka_unit_test(data_beside_a_variable_are_left_alone),
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
