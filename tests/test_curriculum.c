/* Which size comes next. */
#include "tasks/curriculum.h"

#include "tests/task_sample.h"

static const struct eg_task_shape one = {.length_min = 3, .length_max = 13};
static const struct eg_task_shape two = {
    .length_min = 1, .length_max = 5, .repeats_min = 2, .repeats_max = 4};

static struct eg_extent draw(const struct eg_curriculum *c, const struct eg_task_shape *shape,
                             uint64_t seen, uint64_t item)
{
    struct eg_stream stream;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, item);
    return eg_curriculum_draw(c, &eg_task_copy, NULL, shape, seen, &stream);
}

/* What is seen of each length and repeats in n draws. */
static void count(size_t seen[32][32], const struct eg_curriculum *c,
                  const struct eg_task_shape *shape, uint64_t before, size_t n)
{
    memset(seen, 0, 32 * 32 * sizeof seen[0][0]);
    for (uint64_t i = 0; i < n; i++) {
        const struct eg_extent e = draw(c, shape, before, i);
        assert_true(e.length >= shape->length_min && e.length <= shape->length_max);
        assert_true(e.repeats >= shape->repeats_min && e.repeats <= shape->repeats_max);
        seen[e.length][e.repeats]++;
    }
}

static void even(size_t seen, double n, double sizes)
{
    check_close(seen, n / sizes, 0, 4.5 * sqrt(n / sizes));
}

/* The numbers of a stream that a training with uniform lengths has always taken: one for the
 * length, and the contents after it. */
static void uniform_takes_one_number_for_each_measure(void **state)
{
    (void) state;
    static const struct eg_curriculum uniform = {.type = EG_CURRICULUM_UNIFORM, .sequences = 1};
    for (uint64_t item = 0; item < 100; item++) {
        struct eg_stream a, b;
        eg_stream_open(&a, 1, EG_FOR_TESTS, 0, item);
        eg_stream_open(&b, 1, EG_FOR_TESTS, 0, item);
        const struct eg_extent e =
            eg_curriculum_draw(&uniform, &eg_task_copy, NULL, &one, item, &a);
        assert_int_equal(e.length, eg_stream_between(&b, 3, 13));
        assert_int_equal(e.repeats, 0);
        assert_int_equal(eg_stream_bits(&a), eg_stream_bits(&b));
    }
}

static void uniform_draws_every_pair_as_often(void **state)
{
    (void) state;
    static const struct eg_curriculum uniform = {.type = EG_CURRICULUM_UNIFORM, .sequences = 1};
    size_t seen[32][32];
    count(seen, &uniform, &two, 0, 15000);
    for (size_t l = 1; l <= 5; l++)
        for (size_t r = 2; r <= 4; r++)
            even(seen[l][r], 15000, 15);
}

/* From 3 to 13 over 100 sequences: after 0, 9, 10, 55, 99, 100 the longest is 3, 3, 4, 8, 12, 13.
 */
static void growing_ends_where_the_sequences_seen_say(void **state)
{
    (void) state;
    static const struct eg_curriculum growing = {.type = EG_CURRICULUM_GROWING, .sequences = 100};
    static const struct {
        uint64_t seen;
        size_t end;
    } all[] = {{0, 3}, {9, 3}, {10, 4}, {55, 8}, {99, 12}, {100, 13}, {1000, 13}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        size_t seen[32][32];
        count(seen, &growing, &one, all[i].seen, 4000);
        for (size_t l = 3; l <= 13; l++)
            if (l <= all[i].end)
                even(seen[l][0], 4000, (double) all[i].end - 2);
            else
                assert_int_equal(seen[l][0], 0);
    }
}

/* Half way the ends are 3 of 1..5 and 3 of 2..4: pairs of 3 lengths and 2 repeats. */
static void both_measures_grow_together(void **state)
{
    (void) state;
    static const struct eg_curriculum growing = {.type = EG_CURRICULUM_GROWING, .sequences = 100};
    size_t seen[32][32];
    count(seen, &growing, &two, 50, 6000);
    for (size_t l = 1; l <= 5; l++)
        for (size_t r = 2; r <= 4; r++)
            if (l <= 3 && r <= 3)
                even(seen[l][r], 6000, 6);
            else
                assert_int_equal(seen[l][r], 0);
}

static void look_back_draws_the_end_and_now_and_then_less(void **state)
{
    (void) state;
    static const struct eg_curriculum back = {
        .type = EG_CURRICULUM_LOOK_BACK, .sequences = 100, .fraction = 0.4};
    size_t seen[32][32];
    count(seen, &back, &one, 55, 10000);
    check_close(seen[8][0], 6000, 0, 4.5 * sqrt(2400));
    for (size_t l = 3; l < 8; l++)
        even(seen[l][0], 4000, 5);
    for (size_t l = 9; l <= 13; l++)
        assert_int_equal(seen[l][0], 0);
    count(seen, &back, &one, 0, 100); /* nothing is smaller */
    assert_int_equal(seen[3][0], 100);
    count(seen, &back, &two, 50, 10000);
    check_close(seen[3][3], 6000, 0, 4.5 * sqrt(2400));
    for (size_t l = 1; l <= 3; l++)
        for (size_t r = 2; r <= 3; r++)
            if (l != 3 || r != 3)
                even(seen[l][r], 4000, 5);
}

static void after_all_sequences_every_size_is_drawn_whatever_the_type(void **state)
{
    (void) state;
    for (int type = EG_CURRICULUM_UNIFORM; type <= EG_CURRICULUM_LOOK_BACK; type++) {
        const struct eg_curriculum c = {.type = type, .sequences = 100, .fraction = 0.2};
        for (uint64_t i = 0; i < 50; i++) {
            const struct eg_curriculum uniform = {.type = EG_CURRICULUM_UNIFORM};
            assert_int_equal(draw(&c, &one, EG_SEEN_ALL, i).length,
                             draw(&uniform, &one, 7, i).length);
        }
    }
}

static void fixed_makes_the_largest_size_the_only_one(void **state)
{
    (void) state;
    static const struct eg_curriculum fixed = {.type = EG_CURRICULUM_FIXED, .sequences = 1};
    struct sample f;
    assert_int_equal(open_sample(&f, &eg_task_repeat_copy, ""), EG_OK);
    assert_int_equal(eg_curriculum_settle(&fixed, f.task, f.state, &f.shape, &f.message), EG_OK);
    check_close(f.shape.chance, 800, 0, 0);
    for (uint64_t i = 0; i < 20; i++) {
        const struct eg_extent e = draw(&fixed, &f.shape, i, i);
        assert_true(e.length == 10 && e.repeats == 10);
    }
    close_sample(&f);
}

static size_t third(const void *state, struct eg_stream *stream)
{
    (void) state;
    (void) stream;
    return 3;
}

static void data_with_an_order_of_their_own_decide_themselves(void **state)
{
    (void) state;
    const struct eg_task_type task = {.name = "mine", .draw_length = third};
    const struct eg_curriculum growing = {.type = EG_CURRICULUM_GROWING, .sequences = 10};
    const struct eg_curriculum uniform = {.type = EG_CURRICULUM_UNIFORM, .sequences = 10};
    struct eg_task_shape shape = {.length_min = 1, .length_max = 9, .items = 9};
    struct eg_message message = {""};
    assert_int_equal(eg_curriculum_draw(&uniform, &task, NULL, &shape, 0, NULL).length, 3);
    assert_int_equal(eg_curriculum_settle(&uniform, &task, NULL, &shape, &message), EG_OK);
    assert_int_equal(eg_curriculum_settle(&growing, &task, NULL, &shape, &message), EG_ERR_CONFIG);
    assert_non_null(strstr(message.text, "curriculum.type = growing"));
    assert_non_null(strstr(message.text, "mine"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_takes_one_number_for_each_measure),
        cmocka_unit_test(uniform_draws_every_pair_as_often),
        cmocka_unit_test(growing_ends_where_the_sequences_seen_say),
        cmocka_unit_test(both_measures_grow_together),
        cmocka_unit_test(look_back_draws_the_end_and_now_and_then_less),
        cmocka_unit_test(after_all_sequences_every_size_is_drawn_whatever_the_type),
        cmocka_unit_test(fixed_makes_the_largest_size_the_only_one),
        cmocka_unit_test(data_with_an_order_of_their_own_decide_themselves),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
