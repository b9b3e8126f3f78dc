/* Cost of training sequences by size. */
#include "experiments/sizes.h"

#include "tests/check.h"
#include "tests/fixture.h"

static void costs_are_added_up_size_by_size(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_task_shape shape = {
        .length_min = 2, .length_max = 4, .repeats_min = 5, .repeats_max = 6};
    struct eg_sizes s;
    assert_int_equal(eg_sizes_init(&s, arena, &shape), EG_OK);
    assert_int_equal(s.n, 6);
    const struct eg_draw draws[4] = {
        {.extent = {2, 6}}, {.extent = {4, 5}}, {.extent = {2, 6}}, {.extent = {4, 6}}};
    const double costs[4] = {1, 2, 4, 8};
    eg_sizes_add(&s, draws, costs, 4);
    eg_sizes_add(&s, draws, costs, 1);
    static const double want[6] = {0, 6, 0, 0, 2, 8}, number[6] = {0, 3, 0, 0, 1, 1};
    for (size_t k = 0; k < 6; k++) {
        const struct eg_extent e = eg_sizes_extent(&s, k);
        assert_true(e.length == 2 + k / 2 && e.repeats == 5 + k % 2);
        check_close(s.sums[k], want[k], 0, 0);
        check_close(s.sums[6 + k], number[k], 0, 0);
    }
    eg_sizes_clear(&s);
    for (size_t k = 0; k < 12; k++)
        check_close(s.sums[k], 0, 0, 0);
    eg_arena_free(&arena);
}

static void without_repeats_there_is_one_size_a_length(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_task_shape shape = {.length_min = 3, .length_max = 12};
    struct eg_sizes s;
    assert_int_equal(eg_sizes_init(&s, arena, &shape), EG_OK);
    assert_int_equal(s.n, 10);
    assert_true(eg_sizes_extent(&s, 9).length == 12 && eg_sizes_extent(&s, 9).repeats == 0);
    eg_arena_free(&arena);
}

static void nothing_is_kept_of_data_and_of_too_many_sizes(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_task_shape none[2] = {
        {.length_min = 1, .length_max = 12, .items = 12},
        {.length_min = 1, .length_max = 1000, .repeats_min = 1, .repeats_max = 1000},
    };
    const struct eg_draw draw = {.extent = {7, 0}};
    const double cost = 1;
    for (size_t i = 0; i < 2; i++) {
        struct eg_sizes s;
        assert_int_equal(eg_sizes_init(&s, arena, &none[i]), EG_OK);
        assert_int_equal(s.n, 0);
        eg_sizes_add(&s, &draw, &cost, 1);
        eg_sizes_clear(&s);
    }
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_added_up_size_by_size),
        cmocka_unit_test(without_repeats_there_is_one_size_a_length),
        cmocka_unit_test(nothing_is_kept_of_data_and_of_too_many_sizes),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
