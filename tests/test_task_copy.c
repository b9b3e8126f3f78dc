/* The copy task: its layout, its chance level, its bits. */
#include <stdlib.h>
#include <string.h>

#include "tasks/curriculum.h"

#include "tests/check.h"
#include "tests/fixture.h"

struct fixture {
    void *options, *task;
    struct eg_task_shape shape;
};

static int open_task(struct fixture *f, const char *settings, struct eg_message *m)
{
    f->options = new_options(eg_task_copy.options, eg_task_copy.options_size, settings);
    f->task = calloc(1, eg_task_copy.state_size);
    assert_non_null(f->task);
    return eg_task_copy.init(f->task, f->options, NULL, &f->shape, m);
}

static void close_task(struct fixture *f)
{
    free(f->options);
    free(f->task);
}

/* Two vectors of three bits:  in 1, in 2, delimiter, out 1, out 2. */
static void a_sequence_is_laid_out_as_by_hand(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_message m;
    assert_int_equal(open_task(&f, "bits=3 length_max=2", &m), EG_OK);
    assert_true(f.shape.inputs == 4 && f.shape.outputs == 3 && f.shape.steps_max == 5);
    assert_int_equal(eg_task_copy.steps(f.task, (struct eg_extent){.length = 2}), 5);

    struct eg_stream stream, again;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, 0);
    eg_stream_open(&again, 1, EG_FOR_TESTS, 0, 0);
    double bit[6]; /* the top bits of one random number a vector */
    for (size_t v = 0; v < 2; v++) {
        const uint64_t bits = eg_stream_bits(&again);
        for (size_t b = 0; b < 3; b++)
            bit[3 * v + b] = (double) (bits >> (63 - b) & 1);
    }
    real input[20], target[15], mask[5];
    uint8_t phase[5];
    memset(input, 0x7f, sizeof input);
    memset(target, 0x7f, sizeof target);
    struct eg_sequence s = {
        .extent.length = 2, .input = input, .target = target, .mask = mask, .phase = phase};
    eg_task_copy.draw(f.task, &stream, &s);
    assert_int_equal(s.steps, 5);
    const double want_input[20] = {bit[0], bit[1], bit[2], 0, bit[3], bit[4],
                                   bit[5], 0,      0,      0, 0,      1};
    const double want_target[15] = {0, 0,      0,      0,      0,      0,      0,     0,
                                    0, bit[0], bit[1], bit[2], bit[3], bit[4], bit[5]};
    const double want_mask[5] = {0, 0, 0, 1, 1};
    const uint8_t want_phase[5] = {EG_PHASE_INPUT, EG_PHASE_INPUT, EG_PHASE_DELIMITER,
                                   EG_PHASE_OUTPUT, EG_PHASE_OUTPUT};
    check_all_close(input, want_input, 20, 0, 0);
    check_all_close(target, want_target, 15, 0, 0);
    check_all_close(mask, want_mask, 5, 0, 0);
    assert_memory_equal(phase, want_phase, 5);
    close_task(&f);
}

/* Two vectors of one bit:  start, in 1, in 2, end, out 1, out 2; the second output is 0. */
static void both_delimiters_are_laid_out_as_by_hand(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_message m;
    assert_int_equal(open_task(&f, "bits=1 length_max=2 delimiters=both", &m), EG_OK);
    assert_true(f.shape.inputs == 3 && f.shape.outputs == 2 && f.shape.steps_max == 6);
    check_close(f.shape.chance, 1.5, 0, 0);
    assert_int_equal(eg_task_copy.steps(f.task, (struct eg_extent){.length = 2}), 6);
    struct eg_stream stream, again;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, 0);
    eg_stream_open(&again, 1, EG_FOR_TESTS, 0, 0);
    /* The first sequence of the stream that tells the two vectors apart. */
    double bit[2] = {0, 0};
    real input[18], target[12], mask[6];
    uint8_t phase[6];
    do {
        for (size_t v = 0; v < 2; v++)
            bit[v] = (double) (eg_stream_bits(&again) >> 63);
        memset(input, 0x7f, sizeof input);
        memset(target, 0x7f, sizeof target);
        struct eg_sequence s = {
            .extent.length = 2, .input = input, .target = target, .mask = mask, .phase = phase};
        eg_task_copy.draw(f.task, &stream, &s);
        assert_int_equal(s.steps, 6);
    } while (bit[0] == bit[1]);
    const double want_input[18] = {0, 0, 1, bit[0], 0, 0, bit[1], 0, 0, 0, 1, 0};
    const double want_target[12] = {0, 0, 0, 0, 0, 0, 0, 0, bit[0], 0, bit[1], 0};
    const double want_mask[6] = {0, 0, 0, 0, 1, 1};
    const uint8_t want_phase[6] = {EG_PHASE_DELIMITER, EG_PHASE_INPUT,  EG_PHASE_INPUT,
                                   EG_PHASE_DELIMITER, EG_PHASE_OUTPUT, EG_PHASE_OUTPUT};
    check_all_close(input, want_input, 18, 0, 0);
    check_all_close(target, want_target, 12, 0, 0);
    check_all_close(mask, want_mask, 6, 0, 0);
    assert_memory_equal(phase, want_phase, 6);
    close_task(&f);
}

/* 10 inputs and 9 outputs, those of the paper's LSTM. */
static void both_delimiters_have_the_widths_of_the_paper(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_message m;
    assert_int_equal(open_task(&f, "delimiters=both", &m), EG_OK);
    assert_true(f.shape.inputs == 10 && f.shape.outputs == 9 && f.shape.steps_max == 42);
    check_close(f.shape.chance, 84, 0, 0);
    close_task(&f);
}

/* 8 bits, 1 to 20 vectors: 8 x 10.5. */
static void the_chance_level_is_one_bit_a_bit(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_message m;
    assert_int_equal(open_task(&f, "", &m), EG_OK);
    check_close(f.shape.chance, 84, 0, 0);
    check_close(f.shape.optimum, 0, 0, 0);
    assert_true(f.shape.inputs == 9 && f.shape.outputs == 8 && f.shape.steps_max == 41);
    assert_true(f.shape.length_min == 1 && f.shape.length_max == 20 && f.shape.items == 0);
    assert_int_equal(f.shape.loss, EG_LOSS_BITS);
    close_task(&f);
}

/* Each of 64 channels is set half the time, and goes its own way. */
static void bits_are_balanced_and_independent(void **state)
{
    (void) state;
    enum { LENGTH = 4000, BITS = 64 };
    struct fixture f;
    struct eg_message m;
    assert_int_equal(open_task(&f, "bits=64 length_max=10000", &m), EG_OK);
    struct eg_sequence s = {.extent.length = LENGTH};
    const size_t steps = eg_task_copy.steps(f.task, s.extent);
    s.input = malloc(steps * (BITS + 1) * sizeof *s.input);
    s.target = malloc(steps * BITS * sizeof *s.target);
    s.mask = malloc(steps * sizeof *s.mask);
    s.phase = malloc(steps);
    struct eg_stream stream;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, 1);
    eg_task_copy.draw(f.task, &stream, &s);
    for (size_t b = 0; b < BITS; b++) {
        double set = 0, both = 0;
        for (size_t t = 0; t < LENGTH; t++) {
            const real *row = s.input + t * (BITS + 1);
            set += (double) row[b];
            both += (double) (row[b] * row[(b + 1) % BITS]);
        }
        check_close(set / LENGTH, 0.5, 0, 4 * 0.5 / sqrt(LENGTH));
        check_close(both / LENGTH, 0.25, 0, 4 * 0.44 / sqrt(LENGTH));
    }
    free(s.input);
    free(s.target);
    free(s.mask);
    free(s.phase);
    close_task(&f);
}

static void lengths_reach_both_ends_evenly(void **state)
{
    (void) state;
    static const struct eg_curriculum uniform = {.type = EG_CURRICULUM_UNIFORM};
    struct fixture f;
    struct eg_message m;
    assert_int_equal(open_task(&f, "length_min=3 length_max=7", &m), EG_OK);
    check_close(f.shape.chance, 40, 0, 0);
    size_t seen[11] = {0};
    for (uint64_t i = 0; i < 5000; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, 1, EG_FOR_TRAINING, 0, i);
        const struct eg_extent extent =
            eg_curriculum_draw(&uniform, &eg_task_copy, f.task, &f.shape, i, &stream);
        const size_t length = extent.length;
        assert_int_equal(extent.repeats, 0);
        assert_true(length >= 3 && length <= 7);
        seen[length]++;
    }
    for (size_t i = 3; i <= 7; i++)
        check_close(seen[i], 1000, 0, 4 * sqrt(1000));
    close_task(&f);
}

static void a_longest_below_the_shortest_is_an_error(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_message m = {""};
    assert_int_equal(open_task(&f, "length_min=8 length_max=7", &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "task.length_min = 8"));
    assert_non_null(strstr(m.text, "task.length_max = 7"));
    close_task(&f);
}

static void tasks_are_found_by_name(void **state)
{
    (void) state;
    for (size_t i = 0; eg_task_types[i]; i++) {
        assert_ptr_equal(eg_task_find(eg_task_types[i]->name), eg_task_types[i]);
        assert_true(strlen(eg_task_types[i]->summary) > 0 && strlen(eg_task_types[i]->source) > 0);
    }
    assert_ptr_equal(eg_task_find("copy"), &eg_task_copy);
    assert_null(eg_task_find("no such task"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_is_laid_out_as_by_hand),
        cmocka_unit_test(both_delimiters_are_laid_out_as_by_hand),
        cmocka_unit_test(both_delimiters_have_the_widths_of_the_paper),
        cmocka_unit_test(the_chance_level_is_one_bit_a_bit),
        cmocka_unit_test(bits_are_balanced_and_independent),
        cmocka_unit_test(lengths_reach_both_ends_evenly),
        cmocka_unit_test(a_longest_below_the_shortest_is_an_error),
        cmocka_unit_test(tasks_are_found_by_name),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
