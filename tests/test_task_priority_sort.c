/* Priority sort: its layout, its order, its priorities. */
#include "tests/task_sample.h"

static const struct eg_task_type *const task = &eg_task_priority_sort;

/* Three vectors of two bits, of which the best two are asked for. */
static void a_sequence_is_laid_out_as_by_hand(void **state)
{
    (void) state;
    enum { BITS = 2, INPUTS = 4, STEPS = 6 };
    struct sample f;
    assert_int_equal(open_sample(&f, task, "bits=2 best=2 length_min=3 length_max=3"), EG_OK);
    assert_true(f.shape.inputs == INPUTS && f.shape.outputs == BITS && f.shape.steps_max == STEPS);
    for (uint64_t item = 0; item < 20; item++) {
        draw_sample(&f, 3, 0, item);
        struct eg_stream again;
        eg_stream_open(&again, 1, EG_FOR_TESTS, 0, item);
        double want_input[STEPS * INPUTS] = {0}, want_target[STEPS * BITS] = {0}, p[3];
        for (size_t v = 0; v < 3; v++) {
            const uint64_t bits = eg_stream_bits(&again);
            want_input[v * INPUTS] = (double) (bits >> 63);
            want_input[v * INPUTS + 1] = (double) (bits >> 62 & 1);
            want_input[v * INPUTS + 2] = p[v] = (float) (2 * eg_stream_uniform(&again) - 1);
        }
        want_input[3 * INPUTS + 3] = 1;
        const size_t top = p[0] > p[1] ? (p[0] > p[2] ? 0 : 2) : p[1] > p[2] ? 1 : 2;
        const size_t a = (top + 1) % 3, b = (top + 2) % 3, second = p[a] > p[b] ? a : b;
        for (size_t c = 0; c < BITS; c++) {
            want_target[4 * BITS + c] = want_input[top * INPUTS + c];
            want_target[5 * BITS + c] = want_input[second * INPUTS + c];
        }
        const double want_mask[STEPS] = {[4] = 1, [5] = 1};
        const uint8_t want_phase[STEPS] = {0, 0, 0, 1, 2, 2};
        check_all_close(f.s.input, want_input, STEPS * INPUTS, 0, 0);
        check_all_close(f.s.target, want_target, STEPS * BITS, 0, 0);
        check_all_close(f.s.mask, want_mask, STEPS, 0, 0);
        assert_memory_equal(f.s.phase, want_phase, STEPS);
    }
    close_sample(&f);
}

/* With 64 bits each answer is found again among the vectors. */
static void the_sixteen_highest_come_in_order(void **state)
{
    (void) state;
    enum { N = 500, BITS = 64 };
    struct sample f;
    double sum = 0, squares = 0;
    assert_int_equal(open_sample(&f, task, "bits=64"), EG_OK);
    for (uint64_t item = 0; item < N; item++) {
        draw_sample(&f, 20, 0, item);
        assert_int_equal(f.s.steps, 37);
        for (size_t i = 0; i < 20; i++) {
            const double p = input_at(&f, i, BITS);
            assert_true(p >= -1 && p < 1);
            for (size_t k = 0; k < i; k++)
                assert_true(p != input_at(&f, k, BITS));
            sum += p;
            squares += p * p;
        }
        double last = 2;
        int given[20] = {0};
        for (size_t t = 21; t < 37; t++) {
            size_t i = 0;
            while (i < 20 && !target_is_input(&f, t, i, BITS))
                i++;
            assert_true(i < 20 && !given[i]);
            given[i] = 1;
            assert_true(input_at(&f, i, BITS) < last);
            last = input_at(&f, i, BITS);
        }
        for (size_t i = 0; i < 20; i++)
            assert_true(given[i] || input_at(&f, i, BITS) < last);
    }
    check_close(sum / (20 * N), 0, 0, 4 * sqrt(1.0 / 3 / (20 * N)));
    check_close(squares / (20 * N), 1.0 / 3, 0, 4 * 0.3 / sqrt(20 * N));
    close_sample(&f);
}

static void of_few_vectors_all_are_asked_for(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    draw_sample(&f, 5, 0, 0);
    assert_int_equal(f.s.steps, 11);
    check_close(task->chance(f.state, (struct eg_extent){5, 0}), 40, 0, 0);
    close_sample(&f);
}

/* 16 vectors of 8 bits. */
static void the_chance_level_is_128_bits(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    check_close(f.shape.chance, 128, 0, 0);
    check_close(f.shape.optimum, 0, 0, 0);
    assert_true(f.shape.length_min == 20 && f.shape.length_max == 20);
    check_chance(&f, 20, 0, 2000, 2e-3);
    check_streams(&f, 20, 0);
    close_sample(&f);
}

static void a_range_that_ends_before_it_begins_is_an_error(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, "length_max=7"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.length_min = 20"));
    close_sample(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_is_laid_out_as_by_hand),
        cmocka_unit_test(the_sixteen_highest_come_in_order),
        cmocka_unit_test(of_few_vectors_all_are_asked_for),
        cmocka_unit_test(the_chance_level_is_128_bits),
        cmocka_unit_test(a_range_that_ends_before_it_begins_is_an_error),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
