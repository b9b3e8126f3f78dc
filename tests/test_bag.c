/* Sums of rows of a table, and products with rows of a table. */
#include "tensor/bag.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

/* A table of 4 rows, d = 2, so that r = (1/2, 1); bags of 2, 0 and 3 words. */
static const real rows[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const size_t from[4] = {0, 2, 2, 5};
static const uint32_t symbol[5] = {0, 3, 2, 2, 1}, extra[3] = {1, EG_NO_ROW, 0};
static const real level[5] = {1, 0, 2, 1, 0.5}, slope[5] = {0, 1, 2, -1, 0};

static const struct eg_bags plain = {.n = 3, .from = from, .symbol = symbol};
static const struct eg_bags weighted = {.n = 3,
                                        .from = from,
                                        .symbol = symbol,
                                        .level = level,
                                        .slope = slope,
                                        .extra = extra,
                                        .extra_level = 1,
                                        .extra_slope = 2};
static const size_t place[2] = {1, 2}, apart[2] = {0, 3};
static const uint32_t classes[3] = {2, 0, 2};
static const struct eg_match first_rows = {.rows = 3, .classes = 2, .place = place};
static const struct eg_match some_rows = {
    .rows = 4, .classes = 3, .place = apart, .symbol = classes};

static void a_bag_of_words_is_the_sum_of_their_rows(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *table = eg_tape_data(&tape, rows, 4, 2);
    const double want[6] = {1 + 7, 2 + 8, 0, 0, 5 + 5 + 3, 6 + 6 + 4};
    check_all_close(eg_bags(&tape, table, NULL, &plain)->x, want, 6, 0, 0);
    eg_arena_free(&arena);
}

static void words_are_weighted_along_the_columns(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real ages[4] = {10, 20, 30, 40};
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *table = eg_tape_data(&tape, rows, 4, 2), *t = eg_tape_data(&tape, ages, 2, 2);
    /* e = (1 + 2/2, 1 + 2) = (2, 3) */
    const double want[6] = {1 + 7 * 0.5 + 2 * 30,
                            2 + 8 * 1 + 3 * 40,
                            0,
                            0,
                            5 * 3 + 5 * 0.5 + 3 * 0.5 + 2 * 10,
                            6 * 4 + 6 * 0 + 4 * 0.5 + 3 * 20};
    check_all_close(eg_bags(&tape, table, t, &weighted)->x, want, 6, 1e-6, 0);
    eg_arena_free(&arena);
}

static void a_match_is_the_product_with_the_rows_of_the_classes(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real states[4] = {1, -1, 2, 0};
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *table = eg_tape_data(&tape, rows, 4, 2), *x = eg_tape_data(&tape, states, 2, 2);
    const double side_by_side[6] = {0, 0, -1, -1, 2, 6};
    const double far_apart[12] = {-1, -1, -1, 0, 0, 0, 0, 0, 0, 10, 2, 10};
    check_all_close(eg_match(&tape, x, table, &first_rows)->x, side_by_side, 6, 0, 0);
    check_all_close(eg_match(&tape, x, table, &some_rows)->x, far_apart, 12, 0, 0);
    eg_arena_free(&arena);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *table = eg_tape_data(&tape, rows, 4, 2);
    assert_null(eg_bags(&tape, NULL, NULL, &plain));
    assert_null(eg_bags(&tape, table, NULL, NULL));
    assert_null(eg_match(&tape, NULL, table, &first_rows));
    assert_null(eg_match(&tape, table, NULL, &first_rows));
    assert_null(eg_match(&tape, table, table, NULL));
    eg_arena_free(&arena);
}

static void without_memory_left_the_answer_is_null(void **state)
{
    (void) state;
    for (size_t n = 0; n < 8; n++) {
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        real grads[1] = {0};
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
        struct eg_var *table = eg_tape_var(&tape, 4, 2, 1), *x = eg_tape_var(&tape, 2, 2, 1);
        memcpy(table->x, rows, sizeof rows);
        memcpy(x->x, rows, 4 * sizeof *rows);
        eg_arena_fail_after(arena, n);
        const int bags = eg_bags(&tape, table, table, &weighted) != NULL;
        eg_arena_fail_after(arena, n);
        const int match = eg_match(&tape, x, table, &some_rows) != NULL;
        assert_int_equal(bags, n >= 6);
        assert_int_equal(match, n >= 7);
        eg_arena_free(&arena);
    }
}

#ifdef EG_DOUBLE

/* Without a gradient of its own a table is left alone; here both are data. */
static void a_sum_of_data_wants_no_gradient(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *data = eg_tape_data(&tape, rows, 4, 2), *x = eg_tape_var(&tape, 4, 2, 1);
    memcpy(x->x, rows, sizeof rows);
    assert_null(eg_bags(&tape, data, NULL, &plain)->dx);
    struct eg_var *mixed = eg_bags(&tape, data, x, &weighted);
    struct eg_var *z = eg_match(&tape, eg_tape_rows(&tape, x, 0, 2), data, &first_rows);
    struct eg_var *y = eg_match(&tape, eg_tape_rows(&tape, data, 0, 2), x, &some_rows);
    for (size_t i = 0; i < 6; i++)
        mixed->dx[i] = z->dx[i] = 1;
    memset(y->dx, 0, 12 * sizeof *y->dx);
    y->dx[1] = 1; /* row 0, class of table row 0 */
    eg_tape_walk(&tape);
    /* By the bags: rows 1 and 0 of x get e = (2, 3).  By z: no row of x, for row 0 of z is nobody's
     * but rows 0 and 1 of x are its rows 1 and 2: the sum of data rows 0 and 1.  By y: data row 0.
     */
    const double want[8] = {2 + 4 + 1, 3 + 6 + 2, 2 + 4, 3 + 6, 0, 0, 0, 0};
    check_all_close(x->dx, want, 8, 0, 0);
    eg_arena_free(&arena);
}

static struct eg_var *bags_plain(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_bags(tape, eg_tape_rows(tape, x, 0, 4), NULL, &plain);
}

static struct eg_var *bags_weighted(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) context;
    return eg_bags(tape, eg_tape_rows(tape, x, 0, 4), eg_tape_rows(tape, x, 4, 2), &weighted);
}

static struct eg_var *match_rows(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    return eg_match(tape, eg_tape_rows(tape, x, 4, 2), eg_tape_rows(tape, x, 0, 4), context);
}

static void gradients_are_derivatives(void **state)
{
    (void) state;
    const struct grad_case cases[] = {
        {.name = "plain bags", .rows = 4, .cols = 3, .lo = -1, .hi = 1, .build = bags_plain},
        {.name = "weighted bags", .rows = 6, .cols = 3, .lo = -1, .hi = 1, .build = bags_weighted},
        {.name = "match of the first rows",
         .rows = 6,
         .cols = 3,
         .lo = -1,
         .hi = 1,
         .build = match_rows,
         .context = &first_rows},
        {.name = "match of some rows",
         .rows = 6,
         .cols = 3,
         .lo = -1,
         .hi = 1,
         .build = match_rows,
         .context = &some_rows},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_grad_seeds(&cases[i], GRAD_SEEDS);
}

#endif

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bag_of_words_is_the_sum_of_their_rows),
        cmocka_unit_test(words_are_weighted_along_the_columns),
        cmocka_unit_test(a_match_is_the_product_with_the_rows_of_the_classes),
        cmocka_unit_test(null_arguments_give_null),
        cmocka_unit_test(without_memory_left_the_answer_is_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(a_sum_of_data_wants_no_gradient),
        cmocka_unit_test(gradients_are_derivatives),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
