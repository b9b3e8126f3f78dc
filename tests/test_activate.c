/* Activation functions, each on a segment of the columns. */
#include "tensor/activate.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

static void activated(real *y, const real *x, size_t n, enum eg_activation kind)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const struct eg_var *v = eg_activate_all(&tape, eg_tape_data(&tape, x, 1, n), kind);
    memcpy(y, v->x, n * sizeof *y);
    eg_arena_free(&arena);
}

/* At ln 2 and -ln 2, where the exponentials are 2 and 1/2. */
static void values_match_a_hand_calculation(void **state)
{
    (void) state;
    const double ln2 = 0.69314718055994531;
    const real x[3] = {(real) ln2, (real) -ln2, 0};
    const struct {
        enum eg_activation kind;
        double want[3];
    } rows[] = {
        {EG_IDENTITY, {ln2, -ln2, 0}},
        {EG_TANH, {0.6, -0.6, 0}},
        {EG_SIGMOID, {2.0 / 3, 1.0 / 3, 0.5}},
        {EG_RELU, {ln2, 0, 0}},
        {EG_SOFTPLUS, {log(3), log(1.5), ln2}},
        {EG_ONEPLUS, {1 + log(3), 1 + log(1.5), 1 + ln2}},
        {EG_SOFTMAX, {4.0 / 7, 1.0 / 7, 2.0 / 7}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        real y[3];
        activated(y, x, 3, rows[i].kind);
        check_all_close(y, rows[i].want, 3, 8 * EG_EPS, 0);
    }
}

static void segments_take_their_own_columns(void **state)
{
    (void) state;
    static const struct eg_segment segments[] = {
        {0, 1, EG_RELU}, {1, 2, EG_SOFTMAX}, {3, 1, EG_IDENTITY}, {4, 2, EG_SOFTMAX}};
    const real x[12] = {-1, 5, 5, -1, 0, 0, 2, -3, -3, 7, 1, 1};
    const double want[12] = {0, 0.5, 0.5, -1, 0.5, 0.5, 2, 0.5, 0.5, 7, 0.5, 0.5};
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const struct eg_var *y = eg_activate(&tape, eg_tape_data(&tape, x, 2, 6), segments, 4);
    check_all_close(y->x, want, 12, 0, 0);
    eg_arena_free(&arena);
}

static void far_out_values_stay_finite(void **state)
{
    (void) state;
    const real x[6] = {-1000, 1000, (real) -1e30, (real) 1e30, -88, 88};
    for (enum eg_activation kind = EG_IDENTITY; kind <= EG_SOFTMAX; kind++) {
        real y[6];
        activated(y, x, 6, kind);
        for (size_t i = 0; i < 6; i++)
            assert_true(isfinite(y[i]));
    }
    real y[6];
    activated(y, x, 6, EG_SOFTPLUS);
    assert_true(y[1] == 1000 && y[0] >= 0 && y[0] < (real) 1e-30);
    activated(y, x, 6, EG_SIGMOID);
    assert_true(y[1] == 1 && y[0] >= 0 && y[0] < (real) 1e-30);
}

static void a_nan_stays_one(void **state)
{
    (void) state;
    const real x[2] = {NAN, NAN};
    for (enum eg_activation kind = EG_IDENTITY; kind <= EG_SOFTMAX; kind++) {
        real y[2];
        activated(y, x, 2, kind);
        assert_true(isnan(y[0]) && isnan(y[1]));
    }
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    assert_null(eg_activate_all(&tape, NULL, EG_TANH));
    assert_null(eg_activate(&tape, NULL, NULL, 0));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

static struct eg_var *all(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    return eg_activate_all(tape, x, *(const enum eg_activation *) context);
}

static struct eg_var *mixed(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    static const struct eg_segment segments[] = {
        {0, 2, EG_TANH},     {2, 3, EG_SOFTMAX}, {5, 1, EG_ONEPLUS}, {6, 1, EG_SOFTPLUS},
        {7, 2, EG_IDENTITY}, {9, 2, EG_SIGMOID}, {11, 2, EG_SOFTMAX}};
    return eg_activate(tape, x, segments, 7);
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    static const char *const names[] = {"identity", "tanh",    "sigmoid", "relu",
                                        "softplus", "oneplus", "softmax"};
    for (enum eg_activation kind = EG_IDENTITY; kind <= EG_SOFTMAX; kind++) {
        struct grad_case c = {.name = names[kind],
                              .rows = 3,
                              .cols = 5,
                              .lo = -3,
                              .hi = 3,
                              .build = all,
                              .context = &kind};
        check_grad_seeds(&c, GRAD_SEEDS);
    }
    const struct grad_case c = {
        .name = "segments", .rows = 2, .cols = 13, .lo = -3, .hi = 3, .build = mixed};
    check_grad_seeds(&c, GRAD_SEEDS);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_match_a_hand_calculation),
        cmocka_unit_test(segments_take_their_own_columns),
        cmocka_unit_test(far_out_values_stay_finite),
        cmocka_unit_test(a_nan_stays_one),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
