/* N-gram sources: what they look like, and what the best prediction costs. */
#include "tasks/ngram.h"

#include "tests/task_sample.h"

static const struct eg_task_type *const task = &eg_task_ngram;

/* The input is the target one step late; everything is asked. */
static void the_input_is_the_bit_before(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    assert_true(f.shape.inputs == 1 && f.shape.outputs == 1 && f.shape.steps_max == 200);
    draw_sample(&f, 200, 0, 0);
    size_t ones = 0;
    for (size_t t = 0; t < 200; t++) {
        check_close(f.s.input[t], t ? f.s.target[t - 1] : 0, 0, 0);
        check_close(f.s.mask[t], 1, 0, 0);
        assert_int_equal(f.s.phase[t], EG_PHASE_OUTPUT);
        ones += f.s.target[t] > 0;
    }
    assert_true(ones > 20 && ones < 180);
    check_streams(&f, 200, 0);
    close_sample(&f);
    assert_int_equal(open_sample(&f, task, "count_first=false"), EG_OK);
    draw_sample(&f, 200, 0, 0);
    for (size_t t = 0; t < 200; t++)
        check_close(f.s.mask[t], t >= 5, 0, 0);
    check_close(f.shape.chance, 195, 0, 0);
    close_sample(&f);
}

/* Bits 1 1 0 1 1 1 of an order of 2: one bit of context.  The first bit has none. */
static void the_estimator_gives_the_values_by_hand(void **state)
{
    (void) state;
    const real bits[6] = {1, 1, 0, 1, 1, 1};
    /* contexts:  none, 1: 0 of 0, 1: 1 of 1, 0: 0 of 0, 1: 1 of 2, 1: 2 of 3 */
    const double p[6] = {0.5, 0.5, 1.5 / 2, 0.5, 1.5 / 3, 2.5 / 4};
    double answers[6], cost = 0;
    const double got = eg_ngram_optimum(bits, NULL, 6, 2, answers);
    for (size_t t = 0; t < 6; t++) {
        check_close(answers[t], p[t], 1e-15, 0);
        cost -= log2(bits[t] > 0 ? p[t] : 1 - p[t]);
    }
    check_close(got, cost, 1e-15, 0);
    const real mask[6] = {0, 1, 1, 1, 1, 1};
    check_close(eg_ngram_optimum(bits, mask, 6, 2, NULL), cost - 1, 1e-15, 0);
    /* No context at all: (k + 1/2) / (t + 1). */
    const double q[6] = {0.5, 1.5 / 2, 2.5 / 3, 2.5 / 4, 3.5 / 5, 4.5 / 6};
    eg_ngram_optimum(bits, NULL, 6, 1, answers);
    for (size_t t = 0; t < 6; t++)
        check_close(answers[t], q[t], 1e-15, 0);
}

/* Two contexts and 8 bits: the probability that the estimator gives a sequence is the integral over
 * the tables, which for each context is Beta(N1 + 1/2, N0 + 1/2) / Beta(1/2, 1/2). */
static void the_estimator_is_the_integral_over_all_tables(void **state)
{
    (void) state;
    for (unsigned x = 0; x < 256; x++) {
        real bits[8];
        double n[2][2] = {{0}};
        for (size_t t = 0; t < 8; t++) {
            bits[t] = (real) (x >> t & 1);
            if (t > 0)
                n[x >> (t - 1) & 1][x >> t & 1] += 1;
        }
        double want = 1;
        for (size_t c = 0; c < 2; c++) {
            const double zeros = n[c][0] + 0.5, ones = n[c][1] + 0.5;
            want -= (lgamma(ones) + lgamma(zeros) - lgamma(ones + zeros) - log(acos(-1))) / log(2);
        }
        check_close(eg_ngram_optimum(bits, NULL, 8, 2, NULL), want, 1e-12, 0);
    }
}

/* 133.23 over 400,000 sequences, with a standard deviation of 35.9 each: +-0.16 at 50,000. */
static void the_optimum_is_133_bits_a_sequence(void **state)
{
    (void) state;
    enum { N = 50000 };
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    const struct eg_extent extent = {200, 0};
    real input[200], target[200], mask[200];
    uint8_t phase[200];
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < N; i++) {
        struct eg_stream stream;
        struct eg_sequence s = {
            .extent = extent, .input = input, .target = target, .mask = mask, .phase = phase};
        eg_stream_open(&stream, 2, EG_FOR_TESTS, 0, i);
        task->draw(f.state, &stream, &s);
        const double cost = task->best(f.state, &s, NULL);
        sum += cost;
        squares += cost * cost;
    }
    check_close(sum / N, 133.23, 0, 0.5);
    check_close(sum / N, 133.2, 0, 0.2);
    check_close(sqrt(squares / N - sum / N * (sum / N)), 35.9, 0.02, 0);
    close_sample(&f);
}

/* Each context of a very long sequence has a probability of its own, which is Beta(1/2, 1/2):
 * a third of them lie between 1/4 and 3/4. */
static void tables_are_drawn_from_the_arcsine_law(void **state)
{
    (void) state;
    enum { N = 300, LENGTH = 4000 };
    struct sample f;
    assert_int_equal(open_sample(&f, task, "order=2 length_min=4000 length_max=4000"), EG_OK);
    double thirds[3] = {0}, contexts = 0;
    for (uint64_t i = 0; i < N; i++) {
        draw_sample(&f, LENGTH, 0, i);
        double seen[2][2] = {{0}};
        for (size_t t = 1; t < LENGTH; t++)
            seen[f.s.target[t - 1] > 0][f.s.target[t] > 0] += 1;
        for (size_t c = 0; c < 2; c++) {
            const double n = seen[c][0] + seen[c][1], p = seen[c][1] / n;
            if (n < 400) /* seldom seen: its share would be too rough */
                continue;
            thirds[p < 0.25 ? 0 : p < 0.75 ? 1 : 2]++;
            contexts++;
        }
    }
    assert_true(contexts > N);
    check_close(thirds[1] / contexts, 1.0 / 3, 0, 0.1);
    assert_true(thirds[0] > 0 && thirds[2] > 0);
    close_sample(&f);
}

static void the_chance_level_is_one_bit_a_bit(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, ""), EG_OK);
    check_close(f.shape.chance, 200, 0, 0);
    assert_true(isnan(f.shape.optimum));
    check_chance(&f, 200, 0, 2000, 2e-3);
    close_sample(&f);
}

static void a_range_that_ends_before_it_begins_is_an_error(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, task, "length_max=7"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.length_min = 200"));
    close_sample(&f);
    assert_int_equal(open_sample(&f, task, "length_min=5 count_first=false"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.order = 6"));
    close_sample(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_input_is_the_bit_before),
        cmocka_unit_test(the_estimator_gives_the_values_by_hand),
        cmocka_unit_test(the_estimator_is_the_integral_over_all_tables),
        cmocka_unit_test(the_optimum_is_133_bits_a_sequence),
        cmocka_unit_test(tables_are_drawn_from_the_arcsine_law),
        cmocka_unit_test(the_chance_level_is_one_bit_a_bit),
        cmocka_unit_test(a_range_that_ends_before_it_begins_is_an_error),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
