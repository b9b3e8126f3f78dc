/* What all tasks that draw their sequences promise, and the tasks beside those of the paper. */
#include "tests/task_sample.h"

/* --- all of them --- */

static int draws(const struct eg_task_type *task)
{
    return !task->draw_length;
}

static void every_task_explains_itself(void **state)
{
    (void) state;
    size_t n = 0;
    for (size_t i = 0; eg_task_types[i]; i++) {
        const struct eg_task_type *task = eg_task_types[i];
        assert_true(*task->name && *task->summary && *task->source);
        for (const struct eg_option *o = task->options; o->key; o++)
            assert_true(*o->help && o->unit);
        n++;
    }
    assert_int_equal(n, 17);
}

/* With its presets: shape and functions agree, steps grow with either measure. */
static void shapes_agree_with_what_is_drawn(void **state)
{
    (void) state;
    for (size_t i = 0; eg_task_types[i]; i++) {
        const struct eg_task_type *task = eg_task_types[i];
        if (!draws(task))
            continue;
        struct sample f;
        assert_int_equal(open_sample(&f, task, ""), EG_OK);
        const struct eg_task_shape *s = &f.shape;
        const struct eg_extent most = {s->length_max, s->repeats_max};
        assert_true(s->inputs > 0 && s->outputs > 0 && s->items == 0);
        assert_true(s->length_min >= 1 && s->length_min <= s->length_max && s->length_words);
        assert_true(s->repeats_min <= s->repeats_max);
        assert_int_equal(s->repeats_max > 0, s->repeats_words != NULL);
        assert_int_equal(s->steps_max, task->steps(f.state, most));
        double chance = 0, n = 0;
        for (size_t l = s->length_min; l <= s->length_max; l++)
            for (size_t r = s->repeats_min; r <= s->repeats_max; r++) {
                const struct eg_extent e = {l, r}, longer = {l + 1, r}, more = {l, r + 1};
                assert_true(task->steps(f.state, e) <= s->steps_max);
                assert_true(task->steps(f.state, longer) > task->steps(f.state, e));
                assert_true(!r || task->steps(f.state, more) > task->steps(f.state, e));
                chance += task->chance(f.state, e);
                n++;
            }
        check_close(s->chance, chance / n, 1e-12, 0);
        if (task->optimum)
            check_close(s->optimum, 0, 0, 0);
        check_streams(&f, s->length_max, s->repeats_max);
        check_streams(&f, s->length_max + 3, s->repeats_max ? s->repeats_max + 2 : 0);
        draw_sample(&f, s->length_min, s->repeats_min, 1);
        close_sample(&f);
    }
}

static void every_chance_level_is_met_by_an_answer_that_knows_nothing(void **state)
{
    (void) state;
    static const struct {
        const struct eg_task_type *task;
        const char *settings;
        size_t length, repeats;
    } all[] = {
        {&eg_task_reverse, "bits=3", 4, 0},
        {&eg_task_copy_delayed, "bits=3", 4, 3},
        {&eg_task_selective_copy, "bits=3 spread=3", 3, 0},
        {&eg_task_recall_multi, "bits=6", 4, 3},
        {&eg_task_parity, "", 6, 0},
        {&eg_task_parity, "answers=running", 6, 0},
        {&eg_task_addition, "", 1, 0},
        {&eg_task_addition, "", 4, 0},
        {&eg_task_dyck, "", 12, 0},
        {&eg_task_dyck, "types=3 depth_max=2", 9, 0},
        {&eg_task_dyck, "types=1 depth_max=1", 5, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct sample f;
        assert_int_equal(open_sample(&f, all[i].task, all[i].settings), EG_OK);
        check_chance(&f, all[i].length, all[i].repeats, 8000, 4e-3);
        close_sample(&f);
    }
}

static void a_range_that_ends_before_it_begins_is_an_error(void **state)
{
    (void) state;
    for (size_t i = 0; eg_task_types[i]; i++) {
        struct sample f;
        if (!draws(eg_task_types[i]))
            continue;
        assert_int_equal(open_sample(&f, eg_task_types[i], "length_min=800 length_max=799"),
                         EG_ERR_RANGE);
        assert_non_null(strstr(f.message.text, "task.length_min = 800"));
        close_sample(&f);
    }
    struct sample f;
    assert_int_equal(open_sample(&f, &eg_task_copy_delayed, "pause_min=30"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.pause_max = 20"));
    close_sample(&f);
    assert_int_equal(open_sample(&f, &eg_task_recall_multi, "queries_min=30"), EG_ERR_RANGE);
    assert_non_null(strstr(f.message.text, "task.queries_max = 4"));
    close_sample(&f);
}

/* --- each --- */

static void reverse_gives_the_last_first(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, &eg_task_reverse, "bits=64"), EG_OK);
    draw_sample(&f, 7, 0, 0);
    assert_int_equal(f.s.steps, 15);
    check_close(input_at(&f, 7, 64), 1, 0, 0);
    for (size_t t = 0; t < 7; t++) {
        assert_true(target_is_input(&f, 14 - t, t, 64));
        check_close(input_at(&f, t, 64), 0, 0, 0);
        assert_true(f.s.mask[t] == 0 && f.s.mask[8 + t] == 1);
    }
    assert_int_equal(f.s.phase[7], EG_PHASE_DELIMITER);
    close_sample(&f);
}

static void copy_delayed_waits(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(open_sample(&f, &eg_task_copy_delayed, "bits=64"), EG_OK);
    draw_sample(&f, 3, 5, 0);
    assert_int_equal(f.s.steps, 3 + 5 + 1 + 3);
    for (size_t t = 0; t < 3; t++)
        assert_true(target_is_input(&f, 9 + t, t, 64) && f.s.mask[9 + t] == 1);
    for (size_t t = 3; t < 8; t++) {
        assert_int_equal(f.s.phase[t], EG_PHASE_WAIT);
        for (size_t c = 0; c < f.shape.inputs; c++)
            check_close(input_at(&f, t, c), 0, 0, 0);
    }
    check_close(input_at(&f, 8, 64), 1, 0, 0);
    assert_int_equal(f.s.phase[8], EG_PHASE_DELIMITER);
    check_close(f.shape.chance, 64 * 5.5, 1e-12, 0);
    close_sample(&f);
}

/* Each of the 6 places of 2 among 4 is as likely as any other. */
static void selective_copy_gives_the_marked_ones(void **state)
{
    (void) state;
    enum { N = 6000 };
    struct sample f;
    size_t seen[16] = {0}, places = 0;
    assert_int_equal(open_sample(&f, &eg_task_selective_copy, "bits=64"), EG_OK);
    for (uint64_t item = 0; item < N; item++) {
        draw_sample(&f, 2, 0, item);
        size_t marked = 0, where = 0;
        for (size_t t = 0; t < 4; t++)
            if (input_at(&f, t, 64) > 0) {
                assert_true(target_is_input(&f, 5 + marked++, t, 64));
                where |= (size_t) 1 << t;
            }
        assert_int_equal(marked, 2);
        seen[where]++;
    }
    for (size_t where = 0; where < 16; where++)
        if (seen[where]) {
            check_close(seen[where], N / 6.0, 0, 4 * sqrt(N / 6.0));
            places++;
        }
    assert_int_equal(places, 6);
    check_close(input_at(&f, 4, 65), 1, 0, 0);
    close_sample(&f);
}

/* With 2 bits keys come twice all the time: the later pair counts. */
static void recall_multi_gives_the_last_value_of_the_key(void **state)
{
    (void) state;
    enum { BITS = 2, PAIRS = 6, QUERIES = 3 };
    struct sample f;
    int repeated = 0;
    size_t asked[1 << BITS] = {0};
    assert_int_equal(open_sample(&f, &eg_task_recall_multi, "bits=2"), EG_OK);
    for (uint64_t item = 0; item < 500; item++) {
        draw_sample(&f, PAIRS, QUERIES, item);
        assert_int_equal(f.s.steps, 2 * PAIRS + 1 + QUERIES);
        for (size_t q = 2 * PAIRS + 1; q < f.s.steps; q++) {
            size_t last = PAIRS, found = 0;
            for (size_t k = 0; k < PAIRS; k++)
                if (same_input(&f, q, 2 * k, BITS)) {
                    last = k;
                    found++;
                }
            assert_true(last < PAIRS && target_is_input(&f, q, 2 * last + 1, BITS));
            repeated |= found > 1;
            asked[(size_t) (2 * input_at(&f, q, 0) + input_at(&f, q, 1))]++;
            check_close(input_at(&f, q, BITS + 2), 1, 0, 0);
        }
        for (size_t t = 0; t < f.s.steps; t++) {
            check_close(input_at(&f, t, BITS), t < 2 * PAIRS && t % 2 == 0, 0, 0);
            check_close(input_at(&f, t, BITS + 1), t == 2 * PAIRS, 0, 0);
        }
    }
    assert_true(repeated && asked[0] && asked[1] && asked[2] && asked[3]);
    close_sample(&f);
}

static void parity_is_that_of_the_bits(void **state)
{
    (void) state;
    struct sample end, running;
    int odd[2] = {0};
    assert_int_equal(open_sample(&end, &eg_task_parity, ""), EG_OK);
    assert_int_equal(open_sample(&running, &eg_task_parity, "answers=running"), EG_OK);
    check_close(end.shape.chance, 1, 0, 0);
    check_close(running.shape.chance, 10.5, 1e-15, 0);
    for (uint64_t item = 0; item < 50; item++) {
        draw_sample(&end, 9, 0, item);
        draw_sample(&running, 9, 0, item);
        assert_true(end.s.steps == 11 && running.s.steps == 9);
        int sum = 0;
        for (size_t t = 0; t < 9; t++) {
            sum += input_at(&end, t, 0) > 0;
            check_close(input_at(&running, t, 0), input_at(&end, t, 0), 0, 0);
            check_close(target_at(&running, t, 0), sum % 2, 0, 0);
        }
        check_close(target_at(&end, 10, 0), sum % 2, 0, 0);
        check_close(input_at(&end, 9, 1), 1, 0, 0);
        assert_true(end.s.mask[9] == 0 && end.s.mask[10] == 1);
        odd[sum % 2]++;
    }
    assert_true(odd[0] > 10 && odd[1] > 10);
    close_sample(&end);
    close_sample(&running);
}

static void addition_adds(void **state)
{
    (void) state;
    enum { BITS = 20 };
    struct sample f;
    int carried = 0;
    assert_int_equal(open_sample(&f, &eg_task_addition, ""), EG_OK);
    for (uint64_t item = 0; item < 50; item++) {
        draw_sample(&f, BITS, 0, item);
        assert_int_equal(f.s.steps, 3 * BITS + 3);
        uint64_t a = 0, b = 0, sum = 0;
        for (size_t t = 0; t < BITS; t++) {
            a |= (uint64_t) input_at(&f, t, 0) << t;
            b |= (uint64_t) input_at(&f, BITS + 1 + t, 0) << t;
        }
        for (size_t t = 0; t <= BITS; t++) {
            sum |= (uint64_t) target_at(&f, 2 * BITS + 2 + t, 0) << t;
            assert_true(f.s.mask[2 * BITS + 2 + t] == 1);
        }
        assert_int_equal(a + b, sum);
        carried |= (int) (sum >> BITS & 1);
        check_close(input_at(&f, BITS, 1), 1, 0, 0);
        check_close(input_at(&f, 2 * BITS + 1, 2), 1, 0, 0);
    }
    assert_true(carried);
    /* Of one bit the carry is one in 1 of 4. */
    check_close(eg_task_addition.chance(f.state, (struct eg_extent){1, 0}), 1 + 2 - 0.75 * log2(3),
                1e-12, 0);
    close_sample(&f);
}

/* A stack of its own follows the brackets. */
static void dyck_asks_for_the_innermost_bracket(void **state)
{
    (void) state;
    enum { TYPES = 3, LENGTH = 60, DEPTH = 4 };
    struct sample f;
    size_t deepest = 0, empty = 0;
    assert_int_equal(open_sample(&f, &eg_task_dyck, "types=3 depth_max=4"), EG_OK);
    for (uint64_t item = 0; item < 100; item++) {
        size_t stack[LENGTH], depth = 0;
        draw_sample(&f, LENGTH, 0, item);
        for (size_t t = 0; t < LENGTH; t++) {
            size_t type = TYPES, set = 0;
            for (size_t c = 0; c < TYPES; c++)
                if (input_at(&f, t, c) > 0) {
                    type = c;
                    set++;
                }
            assert_int_equal(set, 1);
            if (input_at(&f, t, TYPES) > 0)
                assert_true(depth > 0 && stack[--depth] == type);
            else
                stack[depth++] = type;
            assert_true(depth <= DEPTH);
            deepest = depth > deepest ? depth : deepest;
            empty += depth == 0;
            for (size_t c = 0; c < TYPES; c++)
                check_close(target_at(&f, t, c), depth > 0 && stack[depth - 1] == c, 0, 0);
        }
    }
    assert_true(deepest == DEPTH && empty > 100);
    /* With one bracket at most and one type it is open at every other step: nothing to guess. */
    close_sample(&f);
    assert_int_equal(open_sample(&f, &eg_task_dyck, "types=1 depth_max=1"), EG_OK);
    check_close(f.shape.chance, 0, 0, 0);
    close_sample(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_explains_itself),
        cmocka_unit_test(shapes_agree_with_what_is_drawn),
        cmocka_unit_test(every_chance_level_is_met_by_an_answer_that_knows_nothing),
        cmocka_unit_test(a_range_that_ends_before_it_begins_is_an_error),
        cmocka_unit_test(reverse_gives_the_last_first),
        cmocka_unit_test(copy_delayed_waits),
        cmocka_unit_test(selective_copy_gives_the_marked_ones),
        cmocka_unit_test(recall_multi_gives_the_last_value_of_the_key),
        cmocka_unit_test(parity_is_that_of_the_bits),
        cmocka_unit_test(addition_adds),
        cmocka_unit_test(dyck_asks_for_the_innermost_bracket),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
