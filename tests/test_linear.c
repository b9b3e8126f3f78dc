/* The affine map, and its weight gradient taken for all steps at once. */
#include <stdlib.h>

#include "tensor/linear.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

/* A parameter vector: W of 5 x 3 at 0, then b at 16. */
static const struct eg_param w = {.offset = 0, .rows = 5, .cols = 3};
static const struct eg_param b = {.offset = 16, .rows = 1, .cols = 3};
enum { PARAMS = 32 };

/* y = [x1, x2] W + b with x1 = (1, 2), x2 = (3, 4, 5), W counting from 1 by rows, b = (.1, .2, .3):
 * column c of W is c + 1, c + 4, ... and so y_c = sum_k k (c + 1 + 3 (k - 1)) + b_c. */
static void values_match_a_hand_calculation(void **state)
{
    (void) state;
    real values[PARAMS] = {0}, grads[PARAMS] = {0};
    const real x1[2] = {1, 2}, x2[3] = {3, 4, 5};
    double want[3];
    for (size_t i = 0; i < 15; i++)
        values[i] = (real) (i + 1);
    for (size_t c = 0; c < 3; c++) {
        values[b.offset + c] = (real) (0.1 * (double) (c + 1));
        want[c] = 0;
        for (size_t k = 1; k <= 5; k++)
            want[c] += (double) (k * (c + 1 + 3 * (k - 1)));
    }
    struct eg_arena *arena = new_arena();
    for (int records = 0; records < 2; records++) {
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, eg_kernels_best(), values, records ? grads : NULL);
        struct eg_var *in[] = {eg_tape_data(&tape, x1, 1, 2), eg_tape_data(&tape, x2, 1, 3)};
        const struct eg_var *bare = eg_linear(&tape, &w, NULL, NULL, 2, in);
        const struct eg_var *biased = eg_linear(&tape, &w, &b, NULL, 2, in);
        struct eg_var *add = eg_tape_var(&tape, 1, 3, 1);
        for (size_t c = 0; c < 3; c++)
            add->x[c] = (real) (100 * (c + 1));
        const struct eg_var *added = eg_linear(&tape, &w, NULL, add, 2, in);
        for (size_t c = 0; c < 3; c++) {
            check_close(bare->x[c], want[c], 4 * EG_EPS, 0);
            check_close(biased->x[c], want[c] + 0.1 * (double) (c + 1), 4 * EG_EPS, 0);
            check_close(added->x[c], want[c] + 100 * (double) (c + 1), 4 * EG_EPS, 0);
        }
    }
    eg_arena_free(&arena);
}

/* More rows than a panel holds, in steps that do not divide it: dW = sum of x dy, db = sum of dy,
 * for dy = 1 and x = the number of the row. */
static void the_weight_gradient_of_many_steps_is_their_sum(void **state)
{
    (void) state;
    enum { STEPS = 200 };
    real values[PARAMS] = {0}, grads[PARAMS] = {0};
    static real x[STEPS][7 * 5];
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), values, grads);
    double sum = 0;
    for (size_t t = 0; t < STEPS; t++) {
        for (size_t r = 0; r < 7; r++)
            for (size_t i = 0; i < 5; i++)
                x[t][r * 5 + i] = (real) (t * 7 + r) / 1024;
        for (size_t r = 0; r < 7; r++)
            sum += (double) (t * 7 + r) / 1024;
        struct eg_var *v = eg_tape_data(&tape, x[t], 7, 5);
        struct eg_var *y = eg_linear(&tape, &w, &b, NULL, 1, &v);
        assert_non_null(y);
        for (size_t i = 0; i < 21; i++)
            y->dx[i] = 1;
    }
    eg_tape_walk(&tape);
    for (size_t i = 0; i < 15; i++)
        check_close(grads[i], sum, 64 * EG_EPS, 0);
    for (size_t i = 0; i < 3; i++)
        check_close(grads[b.offset + i], 7 * STEPS, 64 * EG_EPS, 0);
    eg_arena_free(&arena);
}

/* One product of more rows than a panel has by itself. */
static void a_large_product_has_a_panel_of_its_own(void **state)
{
    (void) state;
    enum { ROWS = 1500 };
    real values[PARAMS] = {0}, grads[PARAMS] = {0};
    real *x = malloc(ROWS * 5 * sizeof *x);
    for (size_t i = 0; i < ROWS * 5; i++)
        x[i] = 1;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), values, grads);
    struct eg_var *v = eg_tape_data(&tape, x, ROWS, 5);
    struct eg_var *y = eg_linear(&tape, &w, NULL, NULL, 1, &v);
    for (size_t i = 0; i < ROWS * 3; i++)
        y->dx[i] = 1;
    eg_tape_walk(&tape);
    for (size_t i = 0; i < 15; i++)
        check_close(grads[i], ROWS, 8 * EG_EPS, 0);
    eg_arena_free(&arena);
    free(x);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    real values[PARAMS] = {0};
    const real x[2] = {0};
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), values, NULL);
    struct eg_var *in[] = {eg_tape_data(&tape, x, 1, 2), NULL};
    assert_null(eg_linear(&tape, &w, &b, NULL, 2, in));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

/* A second W, after the others. */
static const struct eg_param square = {.offset = 32, .rows = 3, .cols = 3};

/* Two inputs and a bias; a step on top of it, as a recurrent layer takes it, whose y goes on in
 * the place of what it adds to; and the square map once more, so that one W is used in two steps.
 */
static struct eg_var *chain(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    struct eg_var *in[] = {eg_tape_cols(tape, x, 0, 2), eg_tape_cols(tape, x, 2, 3)};
    struct eg_var *all = eg_linear(tape, &w, &b, NULL, 2, in); /* of all steps at once */
    struct eg_var *h = eg_tape_rows(tape, eg_tape_cols(tape, x, 2, 3), 0, 2), *out[2];
    for (size_t t = 0; t < 2; t++) {
        struct eg_var *z = eg_linear(tape, &square, NULL, eg_tape_rows(tape, all, 2 * t, 2), 1, &h);
        out[t] = h = eg_multiply(tape, z, z);
    }
    /* What is added to may come from another op. */
    struct eg_var *sum = eg_add(tape, out[0], out[1]);
    struct eg_var *last = eg_linear(tape, &square, NULL, sum, 1, &h);
    return eg_join(tape, last, eg_linear(tape, &square, NULL, NULL, 1, &out[0]));
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    eg_params_init(&params, arena);
    const struct eg_param *const rows[] = {&w, &b, &square};
    static const char *const names[] = {"w", "b", "square"};
    for (size_t i = 0; i < 3; i++) {
        const struct eg_param_row row = {
            .name = names[i], .rows = rows[i]->rows, .cols = rows[i]->cols, .init = eg_init_zero};
        struct eg_param at;
        assert_int_equal(eg_params_add(&params, NULL, &row, &at), EG_OK);
        assert_int_equal(at.offset, rows[i]->offset);
    }
    const struct grad_case c = {.name = "eg_linear",
                                .rows = 4,
                                .cols = 5,
                                .lo = -1,
                                .hi = 1,
                                .build = chain,
                                .params = &params,
                                .spread = 1};
    check_grad_seeds(&c, GRAD_SEEDS);
    eg_arena_free(&arena);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_match_a_hand_calculation),
        cmocka_unit_test(the_weight_gradient_of_many_steps_is_their_sum),
        cmocka_unit_test(a_large_product_has_a_panel_of_its_own),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
