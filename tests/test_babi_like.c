/* Made-up stories: every answer follows from the statements, and from the supporting facts. */
#include "tests/story_solver.h"

#define LIKE(f, ...)                                    \
    do {                                                \
        if (OPEN((f), &eg_task_babi_like, __VA_ARGS__)) \
            fail_msg("%s", (f)->message.text);          \
    } while (0)

static const char *const kinds[] = {"one-fact",  "two-facts", "three-facts", "yes-no",
                                    "counting",  "lists",     "positions",   "paths",
                                    "deduction", "induction"};
enum { KINDS = 10 };

static size_t all_items(const struct sample *f)
{
    return f->shape.items + f->shape.items_valid + f->shape.items_test;
}

static const char *answer_of(const struct sample *f)
{
    return f->shape.class_words[(size_t) f->s.target[f->s.steps - 1]];
}

static void check_answer(struct told *t, const char *want, const char *what, size_t number)
{
    char text[256];
    const char *const got = solve(t, text);
    if (!same(got, want))
        fail_msg("item %zu, %s: %s, and the task says %s", number, what, got ? got : "unknown",
                 want);
}

static void check_other_answer(struct told *t, const char * not, const char *what, size_t number)
{
    char text[256];
    const char *const got = solve(t, text);
    if (same(got, not ))
        fail_msg("item %zu: %s it is still %s", number, what, got);
}

/* Whether taking one fact out of the whole story has to change the answer: nothing else may say
 * the same. */
static bool one_says_it(const char *kind)
{
    static const char *const those[] = {"one-fact",  "counting", "lists",
                                        "positions", "paths",    "deduction"};
    for (size_t i = 0; i < 6; i++)
        if (same(kind, those[i]))
            return true;
    return false;
}

static void check_item(struct sample *f, size_t number)
{
    static struct told t;
    const struct eg_extent e = {number, 0};
    const char *const kind = f->shape.group_words[f->task->group(&f->stories, e)];
    const struct eg_story_item *const item = f->task->story(&f->stories, e);
    const bool counts = same(kind, "counting") || same(kind, "lists");
    size_t facts = 0;
    tell(&t, f, draw_item(f, number));
    const char *const answer = answer_of(f);
    assert_int_equal(item->statements, t.statements);
    if (same(answer, EG_STORIES_UNKNOWN)) /* a list that training does not have */
        return;
    check_answer(&t, answer, kind, number);
    for (size_t i = 0; i < t.statements; i++) {
        t.left_out[i] = !item->supporting[i];
        facts += item->supporting[i];
    }
    assert_true(facts > 0);
    check_answer(&t, answer, "supporting facts only", number);
    for (size_t i = 0; i < t.statements && !counts; i++)
        if (item->supporting[i]) {
            t.left_out[i] = 1;
            check_other_answer(&t, answer, "without a supporting fact", number);
            t.left_out[i] = 0;
        }
    memset(t.left_out, 0, sizeof t.left_out);
    for (size_t i = 0; i < t.statements && one_says_it(kind); i++)
        if (item->supporting[i]) {
            t.left_out[i] = 1;
            check_other_answer(&t, answer, "when the story lacks a supporting fact", number);
            t.left_out[i] = 0;
        }
    static const size_t exactly[KINDS] = {1, 2, 3, 1, 0, 0, 2, 2, 2, 3};
    for (size_t k = 0; k < KINDS; k++)
        if (same(kinds[k], kind) && exactly[k])
            assert_int_equal(facts, exactly[k]);
}

static void every_answer_follows_from_the_statements(void **state)
{
    (void) state;
    static const char *const settings[][7] = {
        {"train=300", "test=100"},
        {"train=60", "test=20", "length_min=1", "length_max=1", "questions=1"},
        {"train=60", "test=20", "length_min=20", "length_max=40", "questions=10"},
        {"train=60", "test=20", "length_min=100", "length_max=100", "questions=3", "people=8"},
        {"train=60", "test=20", "people=1", "places=2", "objects=1"},
        {"train=60", "test=20", "people=8", "places=8", "objects=8", "length_max=30"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct sample f;
        const char *const *const s = settings[i];
        LIKE(&f, s[0], s[1], s[2], s[3], s[4], s[5], s[6]);
        assert_int_equal(f.shape.groups, KINDS);
        const size_t n = all_items(&f);
        assert_int_equal(n, KINDS * (i == 0 ? 400 : 80));
        for (size_t k = 1; k <= n; k++)
            check_item(&f, k);
        assert_true(f.stories.unknown_answers < n / 50);
        close_stories(&f);
    }
}

static void each_kind_has_as_many_questions_as_asked_for(void **state)
{
    (void) state;
    struct sample f;
    LIKE(&f, "train=97", "test=41", "questions=7", "validation=0");
    size_t seen[2][KINDS] = {{0}};
    assert_true(f.shape.items == 97 * KINDS && f.shape.items_test == 41 * KINDS);
    for (size_t i = 1; i <= all_items(&f); i++)
        seen[i > f.shape.items][f.task->group(&f.stories, (struct eg_extent){i, 0})]++;
    for (size_t k = 0; k < KINDS; k++) {
        assert_true(seen[0][k] == 97 && seen[1][k] == 41);
        assert_string_equal(f.shape.group_words[k], kinds[k]);
    }
    assert_true(f.stories.unknown_answers <= 30 && f.stories.unknown_words == 0);
    close_stories(&f);
    LIKE(&f, "train=10", "test=0");
    assert_true(f.shape.items + f.shape.items_valid == 100 && f.shape.items_test == 0);
    close_stories(&f);
}

static void kinds_are_chosen_by_name(void **state)
{
    (void) state;
    struct sample f;
    LIKE(&f, "kinds=paths , one-fact", "train=20", "test=20");
    assert_int_equal(f.shape.groups, 2);
    assert_string_equal(f.shape.group_words[0], "one-fact");
    assert_string_equal(f.shape.group_words[1], "paths");
    close_stories(&f);
    static const char *const bad[][2] = {
        {"kinds=facts",
         "\"facts\" is no kind of question; allowed are all, and a list of one-fact"},
        {"kinds=one-fact,", "\"\" is no kind"},
        {"kinds=", "\"\" is no kind"},
        {"kinds=one-fact,all", "\"all\" is no kind"},
        {"kinds=one-fact paths", "\"one-fact paths\" is no kind"},
        {"kinds=paths,lists,paths", "\"paths\" is there twice"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(OPEN(&f, &eg_task_babi_like, bad[i][0]), EG_ERR_RANGE);
        check_says(&f.message, bad[i][1]);
        close_stories(&f);
    }
    assert_int_equal(OPEN(&f, &eg_task_babi_like, "length_min=8", "length_max=7"), EG_ERR_RANGE);
    check_says(&f.message, "task.length_min = 8");
    close_stories(&f);
}

static void stories_have_the_length_they_should(void **state)
{
    (void) state;
    struct sample f;
    LIKE(&f, "kinds=one-fact,positions", "train=400", "test=0", "length_min=3", "length_max=6",
         "questions=1", "validation=0");
    size_t seen[2][8] = {{0}};
    for (size_t i = 1; i <= 800; i++) {
        const struct eg_extent e = {i, 0};
        const size_t n = f.task->story(&f.stories, e)->statements;
        assert_in_range(n, 3, 6);
        seen[f.task->group(&f.stories, e)][n]++;
    }
    for (size_t n = 3; n <= 6; n++) {
        check_close(seen[0][n], 100, 0, 45);
        check_close(seen[1][n], 100, 0, 45);
    }
    close_stories(&f);
    /* What a kind cannot have is the next that it can. */
    LIKE(&f, "train=10", "test=0", "length_min=1", "length_max=1", "questions=1", "validation=0");
    static const size_t least[KINDS] = {1, 2, 3, 1, 2, 2, 2, 2, 4, 3};
    for (size_t i = 1; i <= 100; i++) {
        const struct eg_extent e = {i, 0};
        assert_int_equal(f.task->story(&f.stories, e)->statements,
                         least[f.task->group(&f.stories, e)]);
    }
    close_stories(&f);
    LIKE(&f, "train=10", "test=0", "length_min=100", "questions=1", "validation=0",
         "length_max=100");
    static const size_t most[KINDS] = {100, 100, 100, 100, 100, 100, 15, 7, 16, 15};
    for (size_t i = 1; i <= 100; i++) {
        const struct eg_extent e = {i, 0};
        assert_int_equal(f.task->story(&f.stories, e)->statements,
                         most[f.task->group(&f.stories, e)]);
    }
    close_stories(&f);
}

/* Not always the same, and yes as often as no. */
static void answers_are_spread(void **state)
{
    (void) state;
    static const double bits[KINDS] = {2.5, 2.4, 2.4, 0.99, 1.4, 3.2, 0.99, 3.5, 2.9, 1.95};
    struct sample f;
    LIKE(&f, "train=2000", "test=0", "validation=0");
    for (size_t k = 0; k < KINDS; k++)
        if (!(f.stories.chance[k] > bits[k]) || !(f.stories.wrong[k] > 0.4))
            fail_msg("%s: %g bit, %g", kinds[k], f.stories.chance[k], f.stories.wrong[k]);
    check_close(f.shape.optimum, 0, 0, 0);
    close_stories(&f);
}

static bool same_items(struct sample *a, struct sample *b, size_t from, size_t n)
{
    bool equal = true;
    for (size_t i = from; i < from + n; i++) {
        char one[4096], two[4096];
        equal &= same(words_of(a, draw_item(a, i), one), words_of(b, draw_item(b, i), two));
    }
    return equal;
}

static void the_seed_says_which_stories_there_are(void **state)
{
    (void) state;
    struct sample a, b, c, fewer;
    LIKE(&a, "train=50", "test=50", "validation=0");
    LIKE(&b, "train=50", "test=50", "validation=0");
    LIKE(&c, "train=50", "test=50", "validation=0", "seed=2");
    LIKE(&fewer, "train=50", "test=30", "validation=0", "kinds=one-fact");
    assert_int_equal(all_items(&a), 1000);
    assert_true(same_items(&a, &b, 1, 1000));
    assert_false(same_items(&a, &c, 1, 20));
    assert_false(same_items(&a, &c, 501, 20));
    /* A kind is the same whatever the others; the test is not the training. */
    assert_true(same_items(&a, &fewer, 1, 50));
    char one[4096], two[4096];
    size_t equal = 0;
    for (size_t i = 1; i <= 50; i++)
        equal += (size_t) same(words_of(&a, draw_item(&a, i), one),
                               words_of(&a, draw_item(&a, 500 + i), two));
    assert_true(equal < 5);
    close_stories(&a);
    close_stories(&b);
    close_stories(&c);
    close_stories(&fewer);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_follows_from_the_statements),
        cmocka_unit_test(each_kind_has_as_many_questions_as_asked_for),
        cmocka_unit_test(kinds_are_chosen_by_name),
        cmocka_unit_test(stories_have_the_length_they_should),
        cmocka_unit_test(answers_are_spread),
        cmocka_unit_test(the_seed_says_which_stories_there_are),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
