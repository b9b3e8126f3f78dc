/* Cosine similarity and the softmax with a strength, eq. 5-6. */
#include "attention/address.h"
#include "tensor/activate.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

static void begin(struct eg_tape *tape, struct eg_arena *arena)
{
    eg_tape_begin(tape, arena, eg_kernels_best(), NULL, NULL);
}

static void cosines(real *y, const real *key, const real *memory, size_t slots, size_t width)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    begin(&tape, arena);
    const struct eg_var *v = eg_cosine(&tape, eg_tape_data(&tape, key, 1, width),
                                       eg_tape_data(&tape, memory, 1, slots * width), slots, width);
    memcpy(y, v->x, slots * sizeof *y);
    eg_arena_free(&arena);
}

static void softmaxes(real *y, const real *x, real beta, size_t n)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    begin(&tape, arena);
    const struct eg_var *v =
        eg_softmax_scaled(&tape, eg_tape_data(&tape, x, 1, n), eg_tape_data(&tape, &beta, 1, 1));
    memcpy(y, v->x, n * sizeof *y);
    eg_arena_free(&arena);
}

/* Key (3, 4) of length 5 against (3, 4), (-6, -8), (4, -3), (5, 0). */
static void cosine_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real key[2] = {3, 4}, memory[8] = {3, -6, 4, 5, 4, -8, -3, 0};
    const double want[4] = {1, -1, 0, 0.6};
    real y[4];
    cosines(y, key, memory, 4, 2);
    check_all_close(y, want, 4, 4 * EG_EPS + 1e-9, 4 * EG_EPS);
}

/* At 1e-4 the guard of 1e-8 halves the square of the length. */
static void the_guard_enters_under_both_roots(void **state)
{
    (void) state;
    const real key[1] = {(real) 1e-4}, memory[1] = {1};
    real y[1];
    cosines(y, key, memory, 1, 1);
    check_close(y[0], sqrt(0.5), 8 * EG_EPS + 1e-8, 0);
    cosines(y, memory, key, 1, 1);
    check_close(y[0], sqrt(0.5), 8 * EG_EPS + 1e-8, 0);
}

static void zero_key_and_zero_memory_have_no_similarity(void **state)
{
    (void) state;
    const real zero[4] = {0}, one[4] = {1, 1, 1, 1};
    real y[2];
    cosines(y, zero, one, 2, 2);
    assert_true(y[0] == 0 && y[1] == 0);
    cosines(y, one, zero, 2, 2);
    assert_true(y[0] == 0 && y[1] == 0);
    cosines(y, zero, zero, 2, 2);
    assert_true(y[0] == 0 && y[1] == 0);
}

/* Strength ln 2: doubling for each unit of score. */
static void softmax_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real x[3] = {0, 1, 3};
    const double want[3] = {1.0 / 11, 2.0 / 11, 8.0 / 11};
    real y[3];
    softmaxes(y, x, (real) 0.69314718055994531, 3);
    check_all_close(y, want, 3, 8 * EG_EPS, 0);
}

static void a_strength_of_zero_is_uniform_and_a_huge_one_takes_the_best(void **state)
{
    (void) state;
    const real x[4] = {-1, 0.5, (real) 0.9, 0.25};
    const double quarter[4] = {0.25, 0.25, 0.25, 0.25}, best[4] = {0, 0, 1, 0};
    real y[4];
    softmaxes(y, x, 0, 4);
    check_all_close(y, quarter, 4, 4 * EG_EPS, 0);
    softmaxes(y, x, (real) 1e30, 4);
    check_all_close(y, best, 4, 0, 1e-30);
    softmaxes(y, x, 7, 1);
    check_close(y[0], 1, 0, 0);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real x[1] = {1};
    begin(&tape, arena);
    struct eg_var *v = eg_tape_data(&tape, x, 1, 1);
    assert_null(eg_cosine(&tape, NULL, v, 1, 1));
    assert_null(eg_cosine(&tape, v, NULL, 1, 1));
    assert_null(eg_softmax_scaled(&tape, v, NULL));
    assert_null(eg_softmax_scaled(&tape, NULL, v));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

struct sizes {
    size_t slots, width;
};

static struct eg_var *cosine(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    return eg_cosine(tape, eg_tape_cols(tape, x, 0, s->width),
                     eg_tape_cols(tape, x, s->width, s->slots * s->width), s->slots, s->width);
}

static struct eg_var *softmax(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_softmax_scaled(tape, eg_tape_cols(tape, x, 1, x->cols - 1),
                             eg_tape_cols(tape, x, 0, 1));
}

static void backward_of_cosine_is_the_derivative(void **state)
{
    (void) state;
    static const struct sizes sizes[] = {{1, 2}, {1, 4}, {3, 2}, {4, 3}, {9, 5}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct grad_case c = {.name = "eg_cosine",
                                    .rows = 2,
                                    .cols = sizes[i].width * (1 + sizes[i].slots),
                                    .lo = 0.1,
                                    .hi = 2,
                                    .build = cosine,
                                    .context = &sizes[i]};
        check_grad_seeds(&c, GRAD_SEEDS);
    }
}

static void backward_of_softmax_is_the_derivative(void **state)
{
    (void) state;
    for (size_t cols = 2; cols < 12; cols += 3) {
        const struct grad_case c = {.name = "eg_softmax_scaled",
                                    .rows = 2,
                                    .cols = cols,
                                    .lo = -2,
                                    .hi = 2,
                                    .build = softmax};
        check_grad_seeds(&c, GRAD_SEEDS);
    }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosine_matches_a_hand_calculation),
        cmocka_unit_test(the_guard_enters_under_both_roots),
        cmocka_unit_test(softmax_matches_a_hand_calculation),
        cmocka_unit_test(a_strength_of_zero_is_uniform_and_a_huge_one_takes_the_best),
        cmocka_unit_test(zero_key_and_zero_memory_have_no_similarity),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_of_cosine_is_the_derivative),
        cmocka_unit_test(backward_of_softmax_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
