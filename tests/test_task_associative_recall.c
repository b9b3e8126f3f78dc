/* Associative recall: its layout, and that the answer follows the query. */
#include "tests/task_sample.h"

static const struct eg_task_type *const task = &eg_task_associative_recall;

/* Two items of two vectors of three bits.  Only the first can be asked for:
 *   d 1 1 d 2 2 q 1 1 q 2 2 */
static void a_sequence_is_laid_out_as_by_hand(void **state)
{
    (void) state;
    enum { BITS = 3, INPUTS = 5, STEPS = 12 };
    struct sample f;
    assert_int_equal(open_sample(&f, task, "bits=3 vectors=2 length_max=2"), EG_OK);
    assert_true(f.shape.inputs == INPUTS && f.shape.outputs == BITS && f.shape.steps_max == STEPS);
    draw_sample(&f, 2, 0, 0);
    struct eg_stream again;
    eg_stream_open(&again, 1, EG_FOR_TESTS, 0, 0);
    double want_input[STEPS * INPUTS] = {0}, want_target[STEPS * BITS] = {0};
    static const size_t at[4] = {1, 2, 4, 5}, query[2] = {7, 8}, answer[2] = {10, 11};
    for (size_t v = 0; v < 4; v++) {
        const uint64_t bits = eg_stream_bits(&again);
        for (size_t b = 0; b < BITS; b++) {
            const double bit = (double) (bits >> (63 - b) & 1);
            want_input[at[v] * INPUTS + b] = bit;
            if (v < 2)
                want_input[query[v] * INPUTS + b] = bit;
            else
                want_target[answer[v - 2] * BITS + b] = bit;
        }
    }
    want_input[0 * INPUTS + BITS] = want_input[3 * INPUTS + BITS] = 1;
    want_input[6 * INPUTS + BITS + 1] = want_input[9 * INPUTS + BITS + 1] = 1;
    const double want_mask[STEPS] = {[10] = 1, [11] = 1};
    const uint8_t want_phase[STEPS] = {1, 0, 0, 1, 0, 0, 1, 3, 3, 1, 2, 2};
    check_all_close(f.s.input, want_input, STEPS * INPUTS, 0, 0);
    check_all_close(f.s.target, want_target, STEPS * BITS, 0, 0);
    check_all_close(f.s.mask, want_mask, STEPS, 0, 0);
    assert_memory_equal(f.s.phase, want_phase, STEPS);
    close_sample(&f);
}

/* With 64 bits no two items are equal, so that the query is found again. */
static void the_answer_follows_the_query_which_is_never_the_last_item(void **state)
{
    (void) state;
    enum { N = 4000, ITEMS = 5, STRIDE = 4 };
    struct sample f;
    size_t asked[ITEMS] = {0};
    assert_int_equal(open_sample(&f, task, "bits=64"), EG_OK);
    for (uint64_t i = 0; i < N; i++) {
        draw_sample(&f, ITEMS, 0, i);
        const size_t query = ITEMS * STRIDE;
        size_t found = ITEMS;
        for (size_t k = 0; k < ITEMS; k++)
            if (same_input(&f, query + 1, k * STRIDE + 1, 64))
                found = k;
        assert_true(found < ITEMS - 1);
        asked[found]++;
        for (size_t v = 1; v < STRIDE; v++) {
            assert_true(same_input(&f, query + v, found * STRIDE + v, 64));
            assert_true(target_is_input(&f, query + STRIDE + v, (found + 1) * STRIDE + v, 64));
        }
    }
    for (size_t k = 0; k + 1 < ITEMS; k++)
        check_close(asked[k], N / 4.0, 0, 4 * sqrt(N * 0.25 * 0.75));
    close_sample(&f);
}

/* Three vectors of six bits, whatever the number of items. */
static void the_chance_level_is_eighteen_bits(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    check_close(f.shape.chance, 18, 0, 0);
    check_close(f.shape.optimum, 0, 0, 0);
    assert_true(f.shape.length_min == 2 && f.shape.length_max == 6 && f.shape.length_least == 2);
    assert_true(f.shape.inputs == 8 && f.shape.outputs == 6);
    check_chance(&f, 2, 0, 4000, 1e-3);
    check_chance(&f, 4, 0, 4000, 1e-3);
    check_streams(&f, 4, 0);
    close_sample(&f);
    assert_int_equal(open_sample(&f, task, "bits=2"), EG_OK); /* two items are equal now and then */
    assert_true(isnan(f.shape.optimum));
    close_sample(&f);
}

static void a_range_that_ends_before_it_begins_is_an_error(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, "length_min=8 length_max=7"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.length_min = 8"));
    close_sample(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_is_laid_out_as_by_hand),
        cmocka_unit_test(the_answer_follows_the_query_which_is_never_the_last_item),
        cmocka_unit_test(the_chance_level_is_eighteen_bits),
        cmocka_unit_test(a_range_that_ends_before_it_begins_is_an_error),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
