/* Losses, computed from logits. */
#include "tensor/loss.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

static const double ln2 = 0.69314718055994531;

static double sigmoid_loss(const real *z, const real *t, const real *mask, size_t rows, size_t n)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const double loss =
        (double) eg_sigmoid_loss(&tape, eg_tape_data(&tape, z, rows, n), t, mask, (real) 0.5)->x[0];
    eg_arena_free(&arena);
    return loss;
}

static double softmax_loss(const real *z, const int *classes, const real *mask, size_t rows,
                           size_t n)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *v = eg_tape_data(&tape, z, rows, n);
    const double loss = (double) eg_softmax_loss(&tape, v, classes, mask, (real) 0.5)->x[0];
    eg_arena_free(&arena);
    return loss;
}

/* A logit of 0 costs ln 2; of ln 2 and a target of 1, ln 3 - ln 2; of 0, ln 3. */
static void sigmoid_loss_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real z[4] = {0, (real) ln2, (real) ln2, 77}, t[4] = {1, 1, 0, 0};
    const real mask[2] = {1, 0}, half[2] = {0.5, 1};
    check_close(eg_sigmoid_cost(z, t, 3), ln2 + (log(3) - ln2) + log(3), 4 * EG_EPS, 0);
    check_close(sigmoid_loss(z, t, mask, 2, 2), (ln2 + log(1.5)) / 2, 4 * EG_EPS, 0);
    check_close(sigmoid_loss(z, t, half, 2, 2), ((ln2 + log(1.5)) / 2 + log(3) + 77) / 2,
                4 * EG_EPS, 0);
}

/* Probabilities 1/7, 2/7, 4/7. */
static void softmax_loss_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real z[6] = {0, (real) ln2, (real) (2 * ln2), 5, 5, 5}, mask[2] = {1, 2};
    const int classes[2] = {2, 0};
    check_close(eg_softmax_cost(z, 0, 3), log(7), 4 * EG_EPS, 0);
    check_close(eg_softmax_cost(z, 2, 3), log(7.0 / 4), 8 * EG_EPS, 0);
    check_close(softmax_loss(z, classes, mask, 2, 3), (log(7.0 / 4) + 2 * log(3)) / 2, 4 * EG_EPS,
                0);
}

/* A target between 0 and 1 costs at least its entropy. */
static void a_target_between_costs_its_entropy(void **state)
{
    (void) state;
    const real z[1] = {(real) -1.0986122886681098}, t[1] = {0.25}; /* sigmoid 1/4 */
    check_close(eg_sigmoid_cost(z, t, 1), -0.25 * log(0.25) - 0.75 * log(0.75), 8 * EG_EPS, 0);
}

static void huge_logits_cost_what_they_are(void **state)
{
    (void) state;
    const real z[2] = {10000, -10000}, right[2] = {1, 0}, wrong[2] = {0, 1};
    assert_true(eg_sigmoid_cost(z, right, 2) == 0);
    assert_true(eg_sigmoid_cost(z, wrong, 2) == 20000);
    assert_true(eg_softmax_cost(z, 0, 2) == 0);
    assert_true(eg_softmax_cost(z, 1, 2) == 20000);
}

static void a_nan_is_not_lost(void **state)
{
    (void) state;
    const real z[2] = {NAN, 1}, t[2] = {0, 0};
    assert_true(isnan(eg_sigmoid_cost(z, t, 2)));
    assert_true(isnan(eg_softmax_cost(z, 1, 2)));
}

/* What is masked may be anything. */
static void masked_rows_do_not_count_whatever_they_hold(void **state)
{
    (void) state;
    const real z[4] = {0, 0, NAN, INFINITY}, t[4] = {0, 0, NAN, NAN}, mask[2] = {1, 0};
    const int classes[2] = {1, -7};
    check_close(sigmoid_loss(z, t, mask, 2, 2), ln2, 4 * EG_EPS, 0);
    check_close(softmax_loss(z, classes, mask, 2, 2), ln2 / 2, 4 * EG_EPS, 0);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real x[1] = {0};
    const int class[1] = {0};
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *z = eg_tape_data(&tape, x, 1, 1);
    assert_null(eg_sigmoid_loss(&tape, NULL, x, x, 1));
    assert_null(eg_sigmoid_loss(&tape, z, NULL, x, 1));
    assert_null(eg_sigmoid_loss(&tape, z, x, NULL, 1));
    assert_null(eg_softmax_loss(&tape, NULL, class, x, 1));
    assert_null(eg_softmax_loss(&tape, z, NULL, x, 1));
    assert_null(eg_softmax_loss(&tape, z, class, NULL, 1));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

static struct eg_var *bits(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    static const real t[12] = {0, 1, 1, 0, 0.3, 0.7, 1, 1, 0, 0, 1, 0}, mask[4] = {1, 0, 0.5, 2};
    return eg_sigmoid_loss(tape, x, t, mask, 0.3);
}

static struct eg_var *one_of(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    static const int classes[4] = {0, 1, 2, 1};
    static const real mask[4] = {1, 0, 0.5, 2};
    return eg_softmax_loss(tape, x, classes, mask, 0.3);
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    const struct grad_case sigmoid = {
        .name = "eg_sigmoid_loss", .rows = 4, .cols = 3, .lo = -3, .hi = 3, .build = bits};
    const struct grad_case softmax = {
        .name = "eg_softmax_loss", .rows = 4, .cols = 3, .lo = -3, .hi = 3, .build = one_of};
    check_grad_seeds(&sigmoid, GRAD_SEEDS);
    check_grad_seeds(&softmax, GRAD_SEEDS);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigmoid_loss_matches_a_hand_calculation),
        cmocka_unit_test(softmax_loss_matches_a_hand_calculation),
        cmocka_unit_test(a_target_between_costs_its_entropy),
        cmocka_unit_test(huge_logits_cost_what_they_are),
        cmocka_unit_test(a_nan_is_not_lost),
        cmocka_unit_test(masked_rows_do_not_count_whatever_they_hold),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
