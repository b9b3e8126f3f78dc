/* What of a block of words is in memory, with which weights and ages. */
#include "memory/sentences.h"

#include "tests/check.h"
#include "tests/fixture.h"
#include "tests/story_block.h"

static const struct eg_sentence_rules plain = {.slots = 3, .dimension = 4, .words_max = 5};

static struct eg_words words_of(const struct story_block *s, int noisy)
{
    return (struct eg_words){.count = s->block.count,
                             .steps = s->block.steps,
                             .rows = s->rows,
                             .from = s->from,
                             .input = s->input,
                             .mask = s->mask,
                             .asked = s->asked,
                             .keys = noisy ? s->keys : NULL};
}

static void make(struct eg_sentences *out, struct eg_arena *arena,
                 const struct eg_sentence_rules *rules, struct story_block *s,
                 const char *const *texts, size_t count, int noisy)
{
    make_stories(s, texts, count, 2);
    const struct eg_words words = words_of(s, noisy);
    assert_int_equal(eg_sentences_make(out, arena, rules, &words), EG_OK);
}

static void check_words(const struct eg_bags *bags, size_t bag, size_t n, const uint32_t *symbols)
{
    assert_int_equal(bags->from[bag + 1] - bags->from[bag], n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bags->symbol[bags->from[bag] + i], symbols[i]);
}

static void the_last_statements_before_a_question_are_in_memory(void **state)
{
    (void) state;
    const char *const texts[] = {"1. 2 3. 4. 5 6 7. 8 9?", "3 2. 1?"};
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences q;
    struct eg_sentence_rules rules = plain;
    rules.temporal = EG_TEMPORAL_TABLE;
    make(&q, arena, &rules, s, texts, 2, 0);
    /* The second question ends first, so it comes first. */
    assert_int_equal(q.plan.questions, 2);
    assert_int_equal(q.plan.slots[0], 1);
    assert_int_equal(q.plan.slots[1], 3);
    check_words(&q.questions, 0, 1, (const uint32_t[]){1});
    check_words(&q.questions, 1, 2, (const uint32_t[]){8, 9});
    check_words(&q.statements, 0, 2, (const uint32_t[]){3, 2});
    check_words(&q.statements, 1, 2, (const uint32_t[]){2, 3});
    check_words(&q.statements, 2, 1, (const uint32_t[]){4});
    check_words(&q.statements, 3, 3, (const uint32_t[]){5, 6, 7});
    const uint32_t ages[] = {0, 2, 1, 0};
    assert_memory_equal(q.statements.extra, ages, sizeof ages);
    assert_int_equal(q.first[0], 0);
    assert_int_equal(q.first[1], 1);
    /* Step 2 has two rows, the second asked; step 8 has one. */
    assert_int_equal(q.places, 3);
    assert_int_equal(q.place[0], 1);
    assert_int_equal(q.place[1], 2);
    assert_null(q.order);
    assert_false(q.shared);
    free(s);
    eg_arena_free(&arena);
}

static void words_that_are_all_asked_share_their_memory(void **state)
{
    (void) state;
    const char *const texts[] = {"5! 6! 7! 8!", "1! 2!"};
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences q;
    struct eg_sentence_rules rules = plain;
    rules.temporal = EG_TEMPORAL_TABLE;
    make(&q, arena, &rules, s, texts, 2, 0);
    assert_true(q.shared);
    assert_int_equal(q.statements.n, 6);
    assert_null(q.statements.extra);
    assert_int_equal(q.ages.n, 3);
    const size_t first[] = {0, 0, 0, 1, 4, 4}, slots[] = {1, 2, 3, 3, 1, 2};
    assert_memory_equal(q.plan.first, first, sizeof first);
    assert_memory_equal(q.plan.slots, slots, sizeof slots);
    assert_int_equal(q.plan.groups, 2);
    const size_t group[] = {0, 4, 6}, places[] = {0, 1, 2, 3, 4, 5};
    assert_memory_equal(q.plan.group, group, sizeof group);
    assert_memory_equal(q.place, places, sizeof places);
    const uint32_t order[] = {0, 4, 1, 5, 2, 3};
    assert_memory_equal(q.order, order, sizeof order);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(q.questions.from[i + 1], 0);
    free(s);
    eg_arena_free(&arena);
}

static void a_statement_that_is_not_complete_is_not_remembered(void **state)
{
    (void) state;
    const char *const texts[] = {"1 2 3!"};
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences q;
    make_stories(s, texts, 1, 2);
    s->mask[1] = 1; /* in the middle of the statement */
    s->asked[1] = 1;
    const struct eg_words words = words_of(s, 0);
    assert_int_equal(eg_sentences_make(&q, arena, &plain, &words), EG_OK);
    assert_int_equal(q.plan.slots[0], 0);
    assert_int_equal(q.plan.slots[1], 1);
    memset(s->mask, 0, sizeof s->mask);
    assert_int_equal(eg_sentences_make(&q, arena, &plain, &words), EG_ERR_DATA);
    free(s);
    eg_arena_free(&arena);
}

static void slots_that_nothing_is_in_are_counted_where_they_are_filled(void **state)
{
    (void) state;
    const char *const texts[] = {"1. 2. 3. 4. 5?", "1. 2?"};
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences q;
    struct eg_sentence_rules rules = plain;
    make(&q, arena, &rules, s, texts, 2, 0);
    assert_int_equal(q.plan.empty[0], 0);
    rules.fill = 1;
    make(&q, arena, &rules, s, texts, 2, 0);
    assert_int_equal(q.plan.empty[0], 2);
    assert_int_equal(q.plan.empty[1], 0);
    free(s);
    eg_arena_free(&arena);
}

/* l of the paper and of the code, from the formulas as they are printed. */
static void weights_of_words_are_those_of_the_formulas(void **state)
{
    (void) state;
    struct eg_sentence_rules rules = plain;
    const double d = 4, tolerance = sizeof(real) == 8 ? 1e-14 : 1e-6;
    for (int word = 0; word < 2; word++)
        for (size_t J = 1; J <= 5; J++)
            for (size_t j = 1; j <= J; j++)
                for (size_t k = 1; k <= 4; k++) {
                    real level, slope;
                    rules.temporal = word ? EG_TEMPORAL_WORD : EG_TEMPORAL_TABLE;
                    const double x = (double) j, y = (double) k, longest = 5 + word;
                    rules.encoding = EG_ENCODING_POSITION;
                    eg_sentence_weight(&rules, j, J, &level, &slope);
                    check_close((double) level + (double) slope * y / d,
                                (1 - x / (double) J) - (y / d) * (1 - 2 * x / (double) J), 0,
                                tolerance);
                    rules.encoding = EG_ENCODING_POSITION_CODE;
                    eg_sentence_weight(&rules, j, J, &level, &slope);
                    check_close((double) level + (double) slope * y / d,
                                1 + 4 * (y - (d + 1) / 2) * (x - (longest + 1) / 2) / (d * longest),
                                0, tolerance);
                    rules.encoding = EG_ENCODING_BAG;
                    eg_sentence_weight(&rules, j, J, &level, &slope);
                    check_close((double) level + (double) slope * y / d, 1, 0, 0);
                }
}

static void a_time_word_is_the_last_of_its_sentence(void **state)
{
    (void) state;
    const char *const texts[] = {"1 2. 3?"};
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences q;
    struct eg_sentence_rules rules = plain;
    rules.encoding = EG_ENCODING_POSITION;
    rules.temporal = EG_TEMPORAL_WORD;
    make(&q, arena, &rules, s, texts, 1, 0);
    /* J = 3 with the time word: level 1 - j/3, slope 2j/3 - 1; the question has J = 1. */
    check_close(q.statements.level[0], 2.0 / 3, 1e-6, 0);
    check_close(q.statements.slope[0], -1.0 / 3, 1e-6, 0);
    check_close(q.statements.level[1], 1.0 / 3, 1e-6, 0);
    check_close(q.statements.extra_level, 0, 0, 0);
    check_close(q.statements.extra_slope, 1, 0, 0);
    check_close(q.questions.level[0], 0, 0, 0);
    check_close(q.questions.slope[0], 1, 0, 0);
    rules.encoding = EG_ENCODING_POSITION_CODE;
    make(&q, arena, &rules, s, texts, 1, 0);
    /* J = j = 6: part = (6 - 7/2) / 6 */
    const double part = 2.5 / 6;
    check_close(q.statements.extra_slope, 4 * part, 1e-6, 0);
    check_close(q.statements.extra_level, 1 - 2 * part * 5 / 4, 1e-6, 1e-6);
    free(s);
    eg_arena_free(&arena);
}

enum { DRAWS = 4000, LONG = 20 };

/* A story of LONG statements, asked DRAWS times under other keys. */
static void draw_noise(struct eg_sentences *q, struct eg_arena *arena, struct story_block *s,
                       const struct eg_sentence_rules *rules, uint64_t item)
{
    char text[8 * LONG] = "";
    for (size_t i = 0; i < LONG; i++)
        strcat(text, "1. ");
    strcat(text, "2?");
    const char *const texts[] = {text};
    make_stories(s, texts, 1, 2);
    s->keys[0].item = item;
    const struct eg_words words = words_of(s, 1);
    assert_int_equal(eg_sentences_make(q, arena, rules, &words), EG_OK);
}

static void ages_skip_up_to_a_tenth_of_the_statements(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences q;
    struct eg_sentence_rules rules = {.slots = 30,
                                      .dimension = 4,
                                      .words_max = 5,
                                      .temporal = EG_TEMPORAL_TABLE,
                                      .noise = EG_NOISE_AGE,
                                      .amount = 0.1};
    double skipped = 0, oldest = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        draw_noise(&q, arena, s, &rules, i);
        assert_int_equal(q.plan.slots[0], LONG);
        for (size_t k = 0; k + 1 < LONG; k++)
            assert_true(q.statements.extra[k] > q.statements.extra[k + 1]);
        assert_true(q.statements.extra[0] <= LONG + 1);
        oldest = fmax(oldest, (double) q.statements.extra[0]);
        skipped += (double) q.statements.extra[0] - (LONG - 1);
        eg_arena_rewind(arena, mark);
    }
    assert_int_equal((int) oldest, LONG + 1);
    /* b of n + b numbers are left out, b = 0, 1, 2 alike.  The highest of n out of n + b is below
     * the top by b / (n + 1) in the mean: skipped are b - b / (n + 1), 20/21 in the mean. */
    check_close(skipped / DRAWS, 20.0 / 21, 0.05, 0);
    rules.slots = LONG;
    for (uint64_t i = 0; i < 100; i++) {
        draw_noise(&q, arena, s, &rules, i);
        assert_true(q.statements.extra[0] == LONG - 1);
    }
    free(s);
    eg_arena_free(&arena);
}

static void empty_memories_come_between_the_statements(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences q;
    struct eg_sentence_rules rules = {.slots = 40,
                                      .dimension = 4,
                                      .words_max = 5,
                                      .temporal = EG_TEMPORAL_TABLE,
                                      .noise = EG_NOISE_EMPTY,
                                      .amount = 0.1};
    double empty = 0, squares = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        draw_noise(&q, arena, s, &rules, i);
        const size_t n = q.plan.slots[0];
        size_t here = 0;
        for (size_t k = 0; k < n; k++) {
            here += q.statements.from[k] == q.statements.from[k + 1];
            assert_int_equal(q.statements.extra[k], n - 1 - k);
        }
        assert_int_equal(n, LONG + here);
        empty += (double) here;
        squares += (double) (here * here);
        eg_arena_rewind(arena, mark);
    }
    /* Binomial: mean 2, variance 1.8. */
    check_close(empty / DRAWS, 2, 0.05, 0);
    check_close(squares / DRAWS - 4, 1.8, 0.1, 0);
    rules.slots = LONG;
    draw_noise(&q, arena, s, &rules, 3);
    assert_int_equal(q.plan.slots[0], LONG);
    free(s);
    eg_arena_free(&arena);
}

static void equal_keys_give_equal_noise_and_no_keys_none(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct story_block *s = malloc(sizeof *s);
    struct eg_sentences a, b, none;
    struct eg_sentence_rules rules = {.slots = 30,
                                      .dimension = 4,
                                      .words_max = 5,
                                      .temporal = EG_TEMPORAL_TABLE,
                                      .noise = EG_NOISE_EMPTY,
                                      .amount = 0.5};
    draw_noise(&a, arena, s, &rules, 8);
    draw_noise(&b, arena, s, &rules, 8);
    assert_int_equal(a.plan.slots[0], b.plan.slots[0]);
    assert_memory_equal(a.statements.from, b.statements.from,
                        a.statements.n * sizeof *a.statements.from);
    draw_noise(&b, arena, s, &rules, 9);
    assert_true(a.plan.slots[0] != b.plan.slots[0]
                || memcmp(a.statements.from, b.statements.from,
                          a.statements.n * sizeof *a.statements.from));
    const struct eg_words quiet = words_of(s, 0);
    assert_int_equal(eg_sentences_make(&none, arena, &rules, &quiet), EG_OK);
    assert_int_equal(none.plan.slots[0], LONG);
    free(s);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_statements_before_a_question_are_in_memory),
        cmocka_unit_test(words_that_are_all_asked_share_their_memory),
        cmocka_unit_test(a_statement_that_is_not_complete_is_not_remembered),
        cmocka_unit_test(slots_that_nothing_is_in_are_counted_where_they_are_filled),
        cmocka_unit_test(weights_of_words_are_those_of_the_formulas),
        cmocka_unit_test(a_time_word_is_the_last_of_its_sentence),
        cmocka_unit_test(ages_skip_up_to_a_tenth_of_the_statements),
        cmocka_unit_test(empty_memories_come_between_the_statements),
        cmocka_unit_test(equal_keys_give_equal_noise_and_no_keys_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
