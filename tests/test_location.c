/* The circular shift and the sharpening, eq. 8-9. */
#include "attention/address.h"
#include "tensor/activate.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

static void shifted(real *y, const real *w, const real *s, size_t n, size_t range)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const struct eg_var *v = eg_shift(&tape, eg_tape_data(&tape, w, 1, n),
                                      eg_tape_data(&tape, s, 1, 2 * range + 1), range);
    memcpy(y, v->x, n * sizeof *y);
    eg_arena_free(&arena);
}

static void sharpened(real *y, const real *w, real gamma, size_t n)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const struct eg_var *v =
        eg_sharpen(&tape, eg_tape_data(&tape, w, 1, n), eg_tape_data(&tape, &gamma, 1, 1));
    memcpy(y, v->x, n * sizeof *y);
    eg_arena_free(&arena);
}

/* Every slot, every offset, ranges wider than the memory: across both borders. */
static void a_shift_moves_a_slot_round_the_memory(void **state)
{
    (void) state;
    for (long n = 1; n <= 6; n++)
        for (long range = 0; range <= 4; range++)
            for (long offset = -range; offset <= range; offset++)
                for (long from = 0; from < n; from++) {
                    real w[6] = {0}, s[9] = {0}, y[6];
                    double want[6] = {0};
                    w[from] = 1;
                    s[offset + range] = 1;
                    want[((from + offset) % n + n) % n] = 1;
                    shifted(y, w, s, (size_t) n, (size_t) range);
                    check_all_close(y, want, (size_t) n, 0, 0);
                }
}

/* Half stays, a quarter goes each way. */
static void a_blurred_shift_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real w[4] = {0.5, 0.25, 0, 0.25}, s[3] = {0.25, 0.5, 0.25};
    const double want[4] = {0.5 * 0.5 + 0.25 * (0.25 + 0.25), 0.5 * 0.25 + 0.25 * 0.5,
                            0.25 * (0.25 + 0.25), 0.5 * 0.25 + 0.25 * 0.5};
    real y[4];
    shifted(y, w, s, 4, 1);
    check_all_close(y, want, 4, 2 * EG_EPS, 0);
}

static void sharpening_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real w[3] = {0.5, 0.25, 0.25};
    const double want[3] = {4.0 / 6, 1.0 / 6, 1.0 / 6}; /* squares 4:1:1 */
    const double same[3] = {0.5, 0.25, 0.25};
    real y[3];
    sharpened(y, w, 2, 3);
    check_all_close(y, want, 3, 8 * EG_EPS, 0);
    sharpened(y, w, 1, 3);
    check_all_close(y, same, 3, 8 * EG_EPS, 0);
}

static void tiny_weights_and_huge_powers_stay_weightings(void **state)
{
    (void) state;
    const real rows[][3] = {{(real) 1e-30, (real) 1e-30, (real) 1e-30},
                            {0, 0, 0},
                            {0, 1, 0},
                            {(real) 1e-20, (real) 1e-25, 0},
                            {(real) 0.5, (real) 0.5, 0},
                            {1, 1, 1}};
    const real gammas[] = {1, 3, 1000, (real) 1e30};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t g = 0; g < 4; g++) {
            real y[3];
            sharpened(y, rows[i], gammas[g], 3);
            check_close((double) y[0] + (double) y[1] + (double) y[2], 1, 4 * EG_EPS, 0);
            for (size_t k = 0; k < 3; k++)
                assert_true(y[k] >= 0 && y[k] <= 1);
        }
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real x[1] = {1};
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *v = eg_tape_data(&tape, x, 1, 1);
    assert_null(eg_shift(&tape, NULL, v, 0));
    assert_null(eg_shift(&tape, v, NULL, 0));
    assert_null(eg_sharpen(&tape, NULL, v));
    assert_null(eg_sharpen(&tape, v, NULL));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

static struct eg_var *shift(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const size_t range = *(const size_t *) context, s = 2 * range + 1;
    return eg_shift(tape, eg_tape_cols(tape, x, s, x->cols - s), eg_tape_cols(tape, x, 0, s),
                    range);
}

static struct eg_var *sharpen(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    struct eg_var *gamma = eg_activate_all(tape, eg_tape_cols(tape, x, 0, 1), EG_ONEPLUS);
    return eg_sharpen(tape, eg_tape_cols(tape, x, 1, x->cols - 1), gamma);
}

static void backward_of_shift_is_the_derivative(void **state)
{
    (void) state;
    for (size_t range = 0; range <= 3; range++)
        for (size_t n = 1; n <= 9; n += 2) {
            const struct grad_case c = {.name = "eg_shift",
                                        .rows = 2,
                                        .cols = n + 2 * range + 1,
                                        .lo = -1,
                                        .hi = 1,
                                        .build = shift,
                                        .context = &range};
            check_grad_seeds(&c, GRAD_SEEDS);
        }
}

static void backward_of_sharpen_is_the_derivative(void **state)
{
    (void) state;
    for (size_t n = 1; n <= 9; n += 2) {
        const struct grad_case c = {
            .name = "eg_sharpen", .rows = 2, .cols = n + 1, .lo = 0.05, .hi = 1, .build = sharpen};
        check_grad_seeds(&c, GRAD_SEEDS);
    }
}

/* A weight at or below the floor has slope 0, and takes part in the slope of gamma. */
static void a_zero_weight_has_no_slope(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *w = eg_tape_var(&tape, 1, 3, 1), *gamma = eg_tape_var(&tape, 1, 1, 1);
    w->x[0] = 0;
    w->x[1] = 0.25;
    w->x[2] = 0.75;
    gamma->x[0] = 2;
    struct eg_var *y = eg_sharpen(&tape, w, gamma);
    y->dx[0] = 1;
    y->dx[1] = 1;
    eg_tape_walk(&tape);
    assert_true(w->dx[0] == 0);
    /* y = (0, 1/10, 9/10); dy - s = (.9, .9, -.1) */
    const double want[3] = {0, 2 * 0.1 * 0.9 / 0.25, -2 * 0.9 * 0.1 / 0.75};
    check_all_close(w->dx, want, 3, 8 * EG_EPS, 0);
    check_close(gamma->dx[0], 0.1 * 0.9 * log(0.25) - 0.9 * 0.1 * log(0.75), 8 * EG_EPS, 0);
    eg_arena_free(&arena);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blurred_shift_matches_a_hand_calculation),
        cmocka_unit_test(a_shift_moves_a_slot_round_the_memory),
        cmocka_unit_test(sharpening_matches_a_hand_calculation),
        cmocka_unit_test(tiny_weights_and_huge_powers_stay_weightings),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_of_shift_is_the_derivative),
        cmocka_unit_test(backward_of_sharpen_is_the_derivative),
        cmocka_unit_test(a_zero_weight_has_no_slope),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
