/* Which slots were least recently used. */
#include <math.h>

#include "memory/allocate.h"

#include "tests/check.h"
#include "tests/fixture.h"

/* u = (1, 2, 3), gamma 1/2, two weightings on top. */
static void usage_decays_and_gathers(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const real u[3] = {1, 2, 3}, a[3] = {0.5, 0.5, 0}, b[3] = {0.25, 0, 0.75};
    struct eg_var *weights[2] = {eg_tape_data(&tape, a, 1, 3), eg_tape_data(&tape, b, 1, 3)};
    const struct eg_var *v = eg_usage_decayed(&tape, eg_tape_data(&tape, u, 1, 3), 0.5, 2, weights);
    const double want[3] = {1.25, 1.5, 2.25};
    check_all_close(v->x, want, 3, 4 * EG_EPS, 0);
    eg_arena_free(&arena);
}

static size_t nth(const real *u, size_t n, size_t which)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const struct eg_var *v = eg_least_used(&tape, eg_tape_data(&tape, u, 1, n), which);
    size_t found = n;
    for (size_t i = 0; i < n; i++) {
        assert_true(v->x[i] == 0 || (v->x[i] == 1 && found == n));
        if (v->x[i] == 1)
            found = i;
    }
    eg_arena_free(&arena);
    return found;
}

static void slots_come_in_the_order_of_their_usage(void **state)
{
    (void) state;
    const real u[5] = {3, 1, 2, 0, 2};
    const size_t want[5] = {3, 1, 2, 4, 0};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(nth(u, 5, i), want[i]);
}

static void of_slots_used_alike_the_first_is_first(void **state)
{
    (void) state;
    const real u[3] = {0, 0, 0};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(nth(u, 3, i), i);
}

static void what_is_no_number_comes_last(void **state)
{
    (void) state;
    const real u[4] = {(real) NAN, 5, (real) NAN, 7};
    const size_t want[4] = {1, 3, 0, 2};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(nth(u, 4, i), want[i]);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    const real u[2] = {0, 1};
    struct eg_var *v = eg_tape_data(&tape, u, 1, 2), *weights[2] = {v, NULL};
    assert_null(eg_usage_decayed(&tape, NULL, 1, 1, weights));
    assert_null(eg_usage_decayed(&tape, v, 1, 2, weights));
    assert_null(eg_least_used(&tape, NULL, 0));
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_decays_and_gathers),
        cmocka_unit_test(slots_come_in_the_order_of_their_usage),
        cmocka_unit_test(of_slots_used_alike_the_first_is_first),
        cmocka_unit_test(what_is_no_number_comes_last),
        cmocka_unit_test(null_arguments_give_null),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
