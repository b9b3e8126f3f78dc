/* Where a head looks by place: shifts by a real number, windows around a place. */
#include <math.h>

#include "attention/address.h"
#include "attention/window.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

enum { N_MAX = 16 };

static void moved(real *y, const real *w, real t, size_t n, size_t range)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const struct eg_var *v =
        eg_shift_real(&tape, eg_tape_data(&tape, w, 1, n), eg_tape_data(&tape, &t, 1, 1), range);
    memcpy(y, v->x, n * sizeof *y);
    eg_arena_free(&arena);
}

static void seen(real *y, const real *w, real p, size_t n, size_t reach, int gaussian)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const struct eg_var *v = eg_window(&tape, eg_tape_data(&tape, w, 1, n),
                                       eg_tape_data(&tape, &p, 1, 1), reach, gaussian);
    memcpy(y, v->x, n * sizeof *y);
    eg_arena_free(&arena);
}

/* The paper's example: 6.7 is 0.3 of a shift by 6 and 0.7 of one by 7. */
static void a_shift_by_six_and_seven_tenths_is_the_papers(void **state)
{
    (void) state;
    const real w[10] = {1};
    const double want[10] = {0, 0, 0, 0, 0, 0, 0.3, 0.7, 0, 0};
    real y[10];
    moved(y, w, (real) 0.67, 10, 10);
    check_all_close(y, want, 10, 0, 32 * EG_EPS);
}

/* -1.25 slots of four: 0.25 of a shift by -2, 0.75 of one by -1. */
static void a_shift_to_the_left_goes_round(void **state)
{
    (void) state;
    const real w[4] = {0.5, 0.25, 0, 0.25};
    const double want[4] = {0.75 * 0.25 + 0.25 * 0, 0.75 * 0 + 0.25 * 0.25,
                            0.75 * 0.25 + 0.25 * 0.5, 0.75 * 0.5 + 0.25 * 0.25};
    real y[4];
    moved(y, w, (real) -0.625, 4, 2);
    check_all_close(y, want, 4, 4 * EG_EPS, 0);
}

/* Both ways to shift agree where the distance is a whole number: a permutation. */
static void a_whole_shift_is_a_permutation(void **state)
{
    (void) state;
    for (long n = 1; n <= 6; n++)
        for (long offset = -4; offset <= 4; offset++) {
            real w[6], one_hot[9] = {0}, y[6], way[6];
            draw_uniform(w, (size_t) n, 0, 1, (uint64_t) (n + 10 * offset + 100));
            one_hot[offset + 4] = 1;
            moved(y, w, (real) offset / 4, (size_t) n, 4);
            struct eg_arena *arena = new_arena();
            struct eg_tape tape;
            eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
            const struct eg_var *v = eg_shift(&tape, eg_tape_data(&tape, w, 1, (size_t) n),
                                              eg_tape_data(&tape, one_hot, 1, 9), 4);
            memcpy(way, v->x, (size_t) n * sizeof *way);
            eg_arena_free(&arena);
            for (long i = 0; i < n; i++) {
                assert_true(y[i] == w[((i - offset) % n + n) % n]);
                assert_true(way[i] == y[i]);
            }
        }
}

static void a_range_of_zero_leaves_the_weighting(void **state)
{
    (void) state;
    const real w[3] = {0.5, 0.25, 0.25};
    real y[3];
    moved(y, w, 1, 3, 0);
    assert_memory_equal(y, w, sizeof w);
}

static void what_is_no_number_stays_none(void **state)
{
    (void) state;
    const real w[3] = {0.5, 0.25, 0.25};
    real y[3];
    moved(y, w, (real) NAN, 3, 1);
    assert_true(y[0] != y[0] && y[1] != y[1] && y[2] != y[2]);
    seen(y, w, (real) NAN, 3, 1, 1);
    assert_true(y[0] != y[0] && y[1] != y[1] && y[2] != y[2]);
}

/* Seven slots, p = 2.5, D = 2: slots 1 to 4, sigma = 1. */
static void a_window_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real w[7] = {0.25, 0.125, 0.25, 0.0625, 0.0625, 0.125, 0.125};
    double flat[7] = {0, 0.25, 0.5, 0.125, 0.125, 0, 0}, want[7];
    real y[7];
    seen(y, w, (real) 2.5, 7, 2, 0);
    check_all_close(y, flat, 7, 4 * EG_EPS, 0);
    for (int i = 0; i < 7; i++)
        want[i] = flat[i] * exp(-(i - 2.5) * (i - 2.5) / 2);
    seen(y, w, (real) 2.5, 7, 2, 1);
    check_all_close(y, want, 7, 8 * EG_EPS, 0);
}

static void a_window_at_the_border_is_cut(void **state)
{
    (void) state;
    const real w[4] = {0.25, 0.25, 0.25, 0.25};
    const double first[4] = {0.5, 0.5, 0, 0}, last[4] = {0, 0, 0.5, 0.5};
    real y[4];
    seen(y, w, 0, 4, 1, 0);
    check_all_close(y, first, 4, 4 * EG_EPS, 0);
    seen(y, w, 3, 4, 1, 0);
    check_all_close(y, last, 4, 4 * EG_EPS, 0);
}

/* Softmax over the window alone, eq. 7 of Luong et al., is what comes out. */
static void a_window_is_a_softmax_of_its_own(void **state)
{
    (void) state;
    const double score[5] = {3, -1, 0.5, 2, 1};
    real w[5], y[5];
    double all = 0, inside = 0, want[5] = {0};
    for (int i = 0; i < 5; i++)
        all += exp(score[i]);
    for (int i = 1; i < 4; i++)
        inside += exp(score[i]);
    for (int i = 0; i < 5; i++) {
        w[i] = (real) (exp(score[i]) / all);
        want[i] = i > 0 && i < 4 ? exp(score[i]) / inside : 0;
    }
    seen(y, w, 2, 5, 1, 0);
    check_all_close(y, want, 5, 16 * EG_EPS, 0);
}

/* Nothing in the window: its slots count as equal. */
static void an_empty_window_is_even(void **state)
{
    (void) state;
    const real w[5] = {1, 0, 0, 0, 0};
    const double want[5] = {0, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3};
    real y[5];
    seen(y, w, 3, 5, 1, 0);
    check_all_close(y, want, 5, 4 * EG_EPS, 0);
}

/* u . v = 0.5 - 0.25 = 0.25, and far out on both sides. */
static void a_place_matches_a_hand_calculation(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const real u[6] = {0.5, 0.25, 1, 1, -1, -1}, v[2] = {1, -1}, far[2] = {1e4, 1e4};
    struct eg_var *places = eg_tape_data(&tape, u, 3, 2);
    const struct eg_var *p = eg_place(&tape, places, eg_tape_data(&tape, v, 1, 2), 9);
    check_close(p->x[0], 8 / (1 + exp(-0.25)), 4 * EG_EPS, 0);
    p = eg_place(&tape, places, eg_tape_data(&tape, far, 1, 2), 9);
    assert_true(p->x[1] == 8 && p->x[2] == 0);
    p = eg_place(&tape, places, eg_tape_data(&tape, v, 1, 2), 1);
    assert_true(p->x[0] == 0);
    eg_arena_free(&arena);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const real one = 1;
    struct eg_var *v = eg_tape_data(&tape, &one, 1, 1);
    assert_null(eg_shift_real(&tape, NULL, v, 1));
    assert_null(eg_shift_real(&tape, v, NULL, 1));
    assert_null(eg_place(&tape, NULL, v, 1));
    assert_null(eg_place(&tape, v, NULL, 1));
    assert_null(eg_window(&tape, NULL, v, 1, 0));
    assert_null(eg_window(&tape, v, NULL, 1, 0));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

/* Slots, and range or reach; what is kept away from is a kink, which difference quotients cannot
 * follow: a displacement or a place that is a whole number. */
static const size_t shapes[][2] = {{1, 1}, {2, 1}, {3, 1}, {4, 2}, {7, 3}, {9, 5}, {16, 7}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };
#define AWAY 0.02

/* x: the displacement, then the weighting. */
static struct eg_var *real_shift(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const size_t *shape = context;
    return eg_shift_real(tape, eg_tape_cols(tape, x, 1, shape[0]), eg_tape_cols(tape, x, 0, 1),
                         shape[1]);
}

static void a_real_shift_has_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++)
        for (double k = -(double) shapes[i][1]; k < (double) shapes[i][1]; k++) {
            const struct grad_case c = {.name = "eg_shift_real",
                                        .rows = 3,
                                        .cols = 1 + shapes[i][0],
                                        .lo = (k + AWAY) / (double) shapes[i][1],
                                        .hi = (k + 1 - AWAY) / (double) shapes[i][1],
                                        .build = real_shift,
                                        .context = shapes[i]};
            check_grad_seeds(&c, 4);
        }
}

/* x: the place, then the weighting. */
static struct eg_var *window(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const size_t *shape = context;
    struct eg_var *p = eg_tape_cols(tape, x, 0, 1), *w = eg_tape_cols(tape, x, 1, shape[0]);
    return eg_join(tape, eg_window(tape, w, p, shape[1], 0), eg_window(tape, w, p, shape[1], 1));
}

static void a_window_has_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++)
        for (double k = 0; k + 1 < (double) shapes[i][0]; k++) {
            const struct grad_case c = {.name = "eg_window",
                                        .rows = 3,
                                        .cols = 1 + shapes[i][0],
                                        .lo = k + AWAY,
                                        .hi = k + 1 - AWAY,
                                        .build = window,
                                        .context = shapes[i]};
            check_grad_seeds(&c, 4);
        }
}

/* x: u, then v, which is that of the first row. */
static struct eg_var *place(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const size_t *shape = context;
    struct eg_var *v = eg_tape_rows(tape, eg_tape_cols(tape, x, 2, 2), 0, 1);
    return eg_place(tape, eg_tape_cols(tape, x, 0, 2), v, shape[0]);
}

static void a_place_has_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct grad_case c = {.name = "eg_place",
                                    .rows = 3,
                                    .cols = 4,
                                    .lo = -2,
                                    .hi = 2,
                                    .build = place,
                                    .context = shapes[i]};
        check_grad_seeds(&c, GRAD_SEEDS);
    }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shift_by_six_and_seven_tenths_is_the_papers),
        cmocka_unit_test(a_shift_to_the_left_goes_round),
        cmocka_unit_test(a_whole_shift_is_a_permutation),
        cmocka_unit_test(a_range_of_zero_leaves_the_weighting),
        cmocka_unit_test(what_is_no_number_stays_none),
        cmocka_unit_test(a_window_matches_a_hand_calculation),
        cmocka_unit_test(a_window_at_the_border_is_cut),
        cmocka_unit_test(a_window_is_a_softmax_of_its_own),
        cmocka_unit_test(an_empty_window_is_even),
        cmocka_unit_test(a_place_matches_a_hand_calculation),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(a_real_shift_has_the_derivative),
        cmocka_unit_test(a_window_has_the_derivative),
        cmocka_unit_test(a_place_has_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
