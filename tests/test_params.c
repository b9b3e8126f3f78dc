/* All learnable numbers of a model as one vector and a table of rows. */
#include <stdlib.h>
#include <string.h>

#include "tensor/params.h"

#include "tests/check.h"
#include "tests/fixture.h"

static struct eg_param_row row_of(const char *name, size_t rows, size_t cols, eg_init_rule *init,
                                  double scale)
{
    return (struct eg_param_row){
        .name = name, .rows = rows, .cols = cols, .init = init, .scale = scale};
}

static void tensors_start_at_multiples_of_sixteen(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    eg_params_init(&params, arena);
    struct eg_param a, b, c;
    const struct eg_param_row first = row_of("a", 3, 7, eg_init_constant, 2);
    const struct eg_param_row second = row_of("b", 1, 16, eg_init_constant, 3);
    const struct eg_param_row third = row_of("c", 1, 1, eg_init_constant, 4);
    assert_int_equal(eg_params_add(&params, "layer", &first, &a), EG_OK);
    assert_int_equal(eg_params_add(&params, NULL, &second, &b), EG_OK);
    assert_int_equal(eg_params_add(&params, "x/y", &third, &c), EG_OK);
    assert_true(a.offset == 0 && a.rows == 3 && a.cols == 7);
    assert_true(b.offset == 32 && c.offset == 48);
    assert_int_equal(params.count, 3);
    assert_int_equal(params.size, 64);
    assert_int_equal(params.total, 21 + 16 + 1);
    assert_ptr_equal(eg_params_find(&params, "layer/a"), &params.rows[0]);
    assert_ptr_equal(eg_params_find(&params, "b"), &params.rows[1]);
    assert_ptr_equal(eg_params_find(&params, "x/y/c"), &params.rows[2]);
    assert_null(eg_params_find(&params, "a"));

    real x[64];
    memset(x, 0x7f, sizeof x);
    eg_params_fill(&params, x, 1);
    for (size_t i = 0; i < 64; i++)
        assert_true(x[i] == (i < 21 ? 2 : i < 32 ? 0 : i < 48 ? 3 : i < 49 ? 4 : 0));
    eg_arena_free(&arena);
}

/* Values of one tensor of 40 x 50 by a rule. */
static void filled(real *x, eg_init_rule *init, double scale, uint64_t seed)
{
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    eg_params_init(&params, arena);
    const struct eg_param_row row = row_of("w", 40, 50, init, scale);
    assert_int_equal(eg_params_add(&params, NULL, &row, NULL), EG_OK);
    assert_int_equal(params.size, 2000);
    eg_params_fill(&params, x, seed);
    eg_arena_free(&arena);
}

/* Mean 0 within five standard errors, and nothing beyond the bound. */
static void check_spread(eg_init_rule *init, double scale, double deviation, double bound)
{
    real x[2000];
    double sum = 0, squares = 0;
    filled(x, init, scale, 3);
    for (size_t i = 0; i < 2000; i++) {
        assert_true((double) x[i] >= -bound && (double) x[i] <= bound);
        sum += (double) x[i];
        squares += (double) x[i] * (double) x[i];
    }
    check_close(sum / 2000, 0, 0, 5 * deviation / sqrt(2000));
    check_close(sqrt(squares / 2000), deviation, 0.08, 0);
}

static void rules_spread_as_they_say(void **state)
{
    (void) state;
    const double uniform = 1 / sqrt(3); /* the deviation of [-1, 1) */
    check_spread(eg_init_uniform, 0.3, 0.3 * uniform, 0.3);
    check_spread(eg_init_normal, 0.3, 0.3, 2);
    check_spread(eg_init_glorot, 2, 2 * sqrt(6.0 / 90) * uniform, 2 * sqrt(6.0 / 90));
    check_spread(eg_init_fan_in, 3, 3 / sqrt(40) * uniform, 3 / sqrt(40));
    real x[2000];
    filled(x, eg_init_zero, 1, 3);
    for (size_t i = 0; i < 2000; i++)
        assert_true(x[i] == 0);
}

/* The same tensors behind another one of another size: place decides, not the offset. */
static void numbers_depend_on_the_seed_and_the_place_in_the_table(void **state)
{
    (void) state;
    real a[2000], b[2000];
    filled(a, eg_init_normal, 1, 3);
    filled(b, eg_init_normal, 1, 3);
    assert_memory_equal(a, b, sizeof a);
    filled(b, eg_init_normal, 1, 4);
    assert_memory_not_equal(a, b, sizeof a);

    struct eg_arena *arena = new_arena();
    real x[2][48];
    for (size_t i = 0; i < 2; i++) {
        struct eg_params params;
        eg_params_init(&params, arena);
        const struct eg_param_row first = row_of("a", 1, i ? 17 : 1, eg_init_normal, 1);
        const struct eg_param_row second = row_of("b", 1, 16, eg_init_normal, 1);
        assert_int_equal(eg_params_add(&params, NULL, &first, NULL), EG_OK);
        assert_int_equal(eg_params_add(&params, NULL, &second, NULL), EG_OK);
        eg_params_fill(&params, x[i], 3);
    }
    assert_memory_equal(x[0] + 16, x[1] + 32, 16 * sizeof(real));
    assert_true(x[0][0] == x[1][0] && x[0][0] != x[0][16]);
    eg_arena_free(&arena);
}

static void impossible_shapes_are_an_error(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    eg_params_init(&params, arena);
    const struct eg_param_row rows[] = {row_of("a", 0, 3, eg_init_zero, 0),
                                        row_of("a", 3, 0, eg_init_zero, 0),
                                        row_of("a", SIZE_MAX / 2, 3, eg_init_zero, 0)};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(eg_params_add(&params, NULL, &rows[i], NULL), EG_ERR_SHAPE);
    assert_true(params.count == 0 && params.size == 0 && params.total == 0);
    eg_arena_free(&arena);
}

static void a_full_table_and_a_full_arena_are_out_of_memory(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    eg_params_init(&params, arena);
    const struct eg_param_row row = row_of("a", 1, 1, eg_init_zero, 0);
    for (size_t i = 0; i < EG_PARAMS_MAX; i++)
        assert_int_equal(eg_params_add(&params, NULL, &row, NULL), EG_OK);
    assert_int_equal(eg_params_add(&params, NULL, &row, NULL), EG_ERR_NOMEM);
    assert_int_equal(params.count, EG_PARAMS_MAX);
    eg_params_init(&params, arena);
    eg_arena_fail_after(arena, 0);
    assert_int_equal(eg_params_add(&params, "p", &row, NULL), EG_ERR_NOMEM);
    assert_int_equal(params.count, 0);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_start_at_multiples_of_sixteen),
        cmocka_unit_test(rules_spread_as_they_say),
        cmocka_unit_test(numbers_depend_on_the_seed_and_the_place_in_the_table),
        cmocka_unit_test(impossible_shapes_are_an_error),
        cmocka_unit_test(a_full_table_and_a_full_arena_are_out_of_memory),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
