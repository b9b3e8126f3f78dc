/* Rows of a table, picked by numbers. */
#include "tensor/embed.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

static const real table6[6] = {1, 2, 3, 4, 5, 6};
static const real symbols8[8] = {2, 9, 0, 9, 2, 9, 1, 9}; /* every second number counts */

static void rows_are_those_of_the_table(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *table = eg_tape_data(&tape, table6, 3, 2);
    const double want[8] = {5, 6, 1, 2, 5, 6, 3, 4};
    struct eg_var *y = eg_embed(&tape, table, symbols8, 2, 4);
    assert_int_equal(y->rows, 4);
    assert_int_equal(y->cols, 2);
    check_all_close(y->x, want, 8, 0, 0);
    assert_null(eg_embed(&tape, NULL, symbols8, 2, 4));
    assert_null(eg_embed(&tape, table, NULL, 2, 4));
    eg_arena_free(&arena);
}

static void a_symbol_that_comes_twice_is_owed_both_gradients(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *table = eg_tape_var(&tape, 3, 2, 1);
    memcpy(table->x, table6, sizeof table6);
    for (size_t i = 0; i < 6; i++)
        table->dx[i] = 100;
    struct eg_var *y = eg_embed(&tape, table, symbols8, 2, 4);
    for (size_t i = 0; i < 8; i++)
        y->dx[i] = (real) (1 << i);
    eg_tape_walk(&tape);
    const double want[6] = {104, 108, 164, 228, 117, 134};
    check_all_close(table->dx, want, 6, 0, 0);
    eg_arena_free(&arena);
}

static void nothing_is_half_done_when_memory_runs_out(void **state)
{
    (void) state;
    for (size_t n = 0;; n++) {
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        real grads[1];
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
        struct eg_var *table = eg_tape_var(&tape, 3, 2, 1);
        memcpy(table->x, table6, sizeof table6);
        eg_arena_fail_after(arena, n);
        struct eg_var *y = eg_embed(&tape, table, symbols8, 2, 4);
        eg_arena_free(&arena);
        assert_true(n < 10);
        if (y)
            break;
        assert_true(n < 9);
    }
}

#ifdef EG_DOUBLE

static struct eg_var *picked(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_embed(tape, x, symbols8, 2, 4);
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    const struct grad_case c = {
        .name = "embed", .rows = 3, .cols = 2, .lo = -2, .hi = 2, .build = picked};
    check_grad_seeds(&c, GRAD_SEEDS);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_the_table),
        cmocka_unit_test(a_symbol_that_comes_twice_is_owed_both_gradients),
        cmocka_unit_test(nothing_is_half_done_when_memory_runs_out),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
