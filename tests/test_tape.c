/* Variables, views and the walk back. */
#include <string.h>

#include "tensor/pointwise.h"
#include "tensor/tape.h"

#include "tests/check.h"
#include "tests/fixture.h"

static void a_variable_has_room_and_a_zero_gradient(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    real grads[1];
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    assert_true(eg_tape_records(&tape));
    const struct eg_var *v = eg_tape_var(&tape, 3, 5, 1);
    assert_true(v->rows == 3 && v->cols == 5 && v->stride == 5 && !v->cache);
    for (size_t i = 0; i < 15; i++)
        assert_true(v->dx[i] == 0);
    assert_null(eg_tape_var(&tape, 3, 5, 0)->dx);
    assert_ptr_equal(eg_row(v, 2), v->x + 10);
    assert_ptr_equal(eg_drow(v, 2), v->dx + 10);
    eg_arena_free(&arena);
}

static void a_tape_without_gradients_records_nothing(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    assert_false(eg_tape_records(&tape));
    struct eg_var *v = eg_tape_var(&tape, 2, 2, 1);
    assert_null(v->dx);
    assert_null(eg_drow(v, 1));
    memset(v->x, 0, 4 * sizeof(real));
    assert_non_null(eg_add(&tape, v, v));
    assert_null(tape.last);
    assert_null(eg_tape_push(&tape, NULL, v, 0, NULL));
    eg_arena_free(&arena);
}

/* Views of views: rows 1 and 2, columns 2 to 4 of a 4 x 6 matrix. */
static void views_share_numbers_and_gradients(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    real grads[1];
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *v = eg_tape_var(&tape, 4, 6, 1);
    for (size_t i = 0; i < 24; i++)
        v->x[i] = (real) i;
    v->cache = arena;
    const struct eg_var *view = eg_tape_cols(&tape, eg_tape_rows(&tape, v, 1, 2), 2, 3);
    assert_true(view->rows == 2 && view->cols == 3 && view->stride == 6);
    assert_true(eg_row(view, 0)[0] == 8 && eg_row(view, 1)[2] == 16);
    assert_null(view->cache); /* it was for all of x */
    eg_drow(view, 1)[2] += 5;
    assert_true(v->dx[16] == 5);
    assert_ptr_equal(eg_tape_rows(&tape, v, 0, 4), v);
    assert_null(eg_tape_rows(&tape, NULL, 0, 1));
    assert_null(eg_tape_cols(&tape, NULL, 0, 1));
    eg_arena_free(&arena);
}

static void data_have_no_gradient_and_parameters_have_their_place(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    real values[8] = {0, 1, 2, 3, 4, 5, 6, 7}, grads[8] = {0};
    const real x[2] = {1, 2};
    const struct eg_param param = {.offset = 4, .rows = 2, .cols = 2};
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), values, grads);
    const struct eg_var *data = eg_tape_data(&tape, x, 1, 2), *p = eg_tape_param(&tape, &param);
    assert_true(data->x == x && !data->dx);
    assert_true(p->x == values + 4 && p->dx == grads + 4 && p->rows == 2 && p->cols == 2);
    const struct eg_var *rows = eg_tape_rows(&tape, eg_tape_data(&tape, x, 2, 1), 1, 1);
    assert_true(rows->x[0] == 2 && !rows->dx);
    eg_tape_begin(&tape, arena, eg_kernels_best(), values, NULL);
    assert_null(eg_tape_param(&tape, &param)->dx);
    eg_arena_free(&arena);
}

/* L = (a + a) a = 2 a^2, dL/da = 4 a. */
static void backward_walks_from_the_last_node_to_the_first(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    real grads[1];
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
    struct eg_var *a = eg_tape_var(&tape, 1, 2, 1);
    a->x[0] = 3;
    a->x[1] = -5;
    struct eg_var *sum = eg_add(&tape, a, a), *loss = eg_multiply(&tape, sum, a);
    assert_ptr_equal(tape.last->out, loss);
    assert_ptr_equal(tape.last->before->out, sum);
    assert_null(tape.last->before->before);
    eg_tape_backward(&tape, loss);
    assert_true(loss->dx[0] == 1 && loss->dx[1] == 1);
    assert_true(a->dx[0] == 12 && a->dx[1] == -20);
    eg_arena_free(&arena);
}

static void out_of_memory_is_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    real values[4] = {0}, grads[4];
    const struct eg_param param = {.offset = 0, .rows = 2, .cols = 2};
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), values, grads);
    struct eg_var *v = eg_tape_var(&tape, 2, 2, 1);
    for (size_t n = 0; n < 3; n++) { /* the variable, x, dx */
        eg_arena_fail_after(arena, n);
        assert_null(eg_tape_var(&tape, 2, 2, 1));
    }
    eg_arena_fail_after(arena, 0);
    assert_null(eg_tape_data(&tape, values, 2, 2));
    assert_null(eg_tape_param(&tape, &param));
    assert_null(eg_tape_rows(&tape, v, 1, 1));
    assert_null(eg_tape_cols(&tape, v, 1, 1));
    assert_null(eg_tape_push(&tape, NULL, v, 0, NULL));
    assert_null(tape.last);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_has_room_and_a_zero_gradient),
        cmocka_unit_test(a_tape_without_gradients_records_nothing),
        cmocka_unit_test(views_share_numbers_and_gradients),
        cmocka_unit_test(data_have_no_gradient_and_parameters_have_their_place),
        cmocka_unit_test(backward_walks_from_the_last_node_to_the_first),
        cmocka_unit_test(out_of_memory_is_null),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
