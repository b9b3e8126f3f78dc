/* Repeat copy: its layout, its count, its chance level. */
#include "tests/task_sample.h"

static const struct eg_task_type *const task = &eg_task_repeat_copy;

/* Two vectors of three bits, three times: in, in, count, 6 x out, end. */
static void a_sequence_is_laid_out_as_by_hand(void **state)
{
    (void) state;
    enum { BITS = 3, INPUTS = 5, OUTPUTS = 4 };
    struct sample f;
    assert_int_equal(open_sample(&f, task, "bits=3 length_max=2 repeats_max=3 count=raw"), EG_OK);
    assert_true(f.shape.inputs == INPUTS && f.shape.outputs == OUTPUTS);
    assert_int_equal(f.shape.steps_max, 2 + 1 + 6 + 1);
    draw_sample(&f, 2, 3, 0);
    assert_int_equal(f.s.steps, 10);
    struct eg_stream again;
    eg_stream_open(&again, 1, EG_FOR_TESTS, 0, 0);
    double want_input[10 * INPUTS] = {0}, want_target[10 * OUTPUTS] = {0};
    for (size_t v = 0; v < 2; v++) {
        const uint64_t bits = eg_stream_bits(&again);
        for (size_t b = 0; b < BITS; b++) {
            const double bit = (double) (bits >> (63 - b) & 1);
            want_input[v * INPUTS + b] = bit;
            for (size_t r = 0; r < 3; r++)
                want_target[(3 + 2 * r + v) * OUTPUTS + b] = bit;
        }
    }
    want_input[2 * INPUTS + BITS] = 1;
    want_input[2 * INPUTS + BITS + 1] = 3;
    want_target[9 * OUTPUTS + BITS] = 1;
    const double want_mask[10] = {0, 0, 0, 1, 1, 1, 1, 1, 1, 1};
    const uint8_t want_phase[10] = {0, 0, 1, 2, 2, 2, 2, 2, 2, 2};
    check_all_close(f.s.input, want_input, 10 * INPUTS, 0, 0);
    check_all_close(f.s.target, want_target, 10 * OUTPUTS, 0, 0);
    check_all_close(f.s.mask, want_mask, 10, 0, 0);
    assert_memory_equal(f.s.phase, want_phase, 10);
    close_sample(&f);
}

static void the_count_has_mean_zero_and_variance_one(void **state)
{
    (void) state;
    static const struct {
        const char *settings;
        size_t low, high, channel;
    } all[] = {{"", 1, 10, 9}, {"repeats_min=3 repeats_max=5 bits=2", 3, 5, 3}};
    for (size_t k = 0; k < 2; k++) {
        struct sample f;
        double sum = 0, squares = 0;
        assert_int_equal(open_sample(&f, task, all[k].settings), EG_OK);
        for (size_t r = all[k].low; r <= all[k].high; r++) {
            draw_sample(&f, 4, r, r);
            const double x = input_at(&f, 4, all[k].channel);
            sum += x;
            squares += x * x;
            for (size_t t = 0; t < f.s.steps; t++)
                assert_true(t == 4 || input_at(&f, t, all[k].channel) == 0);
        }
        const double n = (double) (all[k].high - all[k].low + 1);
        check_close(sum / n, 0, 0, 1e-6);
        check_close(squares / n, 1, 1e-6, 0);
        close_sample(&f);
    }
}

/* Beyond the range the same line goes on: one repeat is 1 / sqrt(99 / 12). */
static void the_count_goes_on_beyond_the_training_range(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    draw_sample(&f, 2, 20, 0);
    check_close(input_at(&f, 2, 9), (20 - 5.5) / sqrt(99.0 / 12), 1e-6, 0);
    close_sample(&f);
    assert_int_equal(open_sample(&f, task, "repeats_min=4 repeats_max=4"), EG_OK);
    draw_sample(&f, 2, 4, 0);
    check_close(input_at(&f, 2, 9), 0, 0, 0);
    close_sample(&f);
}

/* 8 bits, 5.5 vectors and 5.5 repeats in the mean, each by itself. */
static void the_chance_level_is_one_bit_a_bit_of_the_copies(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    check_close(f.shape.chance, 8 * 5.5 * 5.5, 1e-15, 0);
    check_close(f.shape.optimum, 0, 0, 0);
    assert_true(f.shape.repeats_min == 1 && f.shape.repeats_max == 10);
    check_chance(&f, 3, 2, 4000, 1e-3);
    check_streams(&f, 3, 2);
    close_sample(&f);
}

static void ranges_that_end_before_they_begin_are_errors(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, "length_min=8 length_max=7"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.length_min = 8"));
    close_sample(&f);
    assert_int_equal(open_sample(&f, task, "repeats_min=8 repeats_max=7"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.repeats_max = 7"));
    close_sample(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_is_laid_out_as_by_hand),
        cmocka_unit_test(the_count_has_mean_zero_and_variance_one),
        cmocka_unit_test(the_count_goes_on_beyond_the_training_range),
        cmocka_unit_test(the_chance_level_is_one_bit_a_bit_of_the_copies),
        cmocka_unit_test(ranges_that_end_before_they_begin_are_errors),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
