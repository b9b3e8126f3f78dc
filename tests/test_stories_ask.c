/* What a user wrote, as a sequence. */
#include "tests/story_sample.h"

struct fixture {
    struct sample f;
    struct eg_stories_asked asked;
    struct eg_message message;
};

static int setup(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    assert_non_null(x);
    assert_int_equal(
        OPEN(&x->f, &eg_task_stories, "train=" STORIES "/small_train.txt", "validation=0"), EG_OK);
    *state = x;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *x = *state;
    close_stories(&x->f);
    free(x);
    return 0;
}

static int ask(struct fixture *x, const char *text)
{
    x->message.text[0] = '\0';
    return eg_stories_ask(&x->asked, text, &x->f.shape, x->f.arena, &x->message);
}

/* The sequence is that of item 1, the answer aside: it is not known. */
static void is_item(struct fixture *x, size_t number, const char *text)
{
    if (ask(x, text))
        fail_msg("%s: %s", text, x->message.text);
    const struct eg_sequence *const want = draw_item(&x->f, number), *got = &x->asked.sequence;
    if (got->steps != want->steps)
        fail_msg("%s: %zu steps", text, got->steps);
    assert_memory_equal(got->input, want->input, want->steps * EG_COLUMNS * sizeof(real));
    assert_memory_equal(got->mask, want->mask, want->steps * sizeof(real));
    assert_memory_equal(got->phase, want->phase, want->steps);
    for (size_t t = 0; t < got->steps; t++)
        check_close(got->target[t], 0, 0, 0);
    assert_int_equal(x->asked.unknown, 0);
}

static void sentences_and_numbered_lines_are_understood(void **state)
{
    struct fixture *x = *state;
    is_item(x, 4, "Ben put the cork in the drawer. Where is the cork?");
    is_item(x, 4, "ben put the cork in the drawer\nwhere is the cork?\n");
    is_item(x, 4, "\n  Ben put the cork in the drawer !\r\n\r\n Where is the cork ?");
    is_item(x, 4, "1 Ben put the cork in the drawer.\n2 Where is the cork?");
    is_item(x, 4, "1 Ben put the cork in the drawer.\r\n2 Where is the cork?\tdrawer\t1\r\n");
    is_item(x, 4, "Ben put the cork in the drawer.\nWhere is the cork\tdrawer\t1");
    is_item(x, 1,
            "Ada put the spoon in the drawer. Ben put the cork in the jug. "
            "Where is the spoon?");
    /* Only the last story and the last question count. */
    is_item(x, 4,
            "1 Ada put the spoon in the jug.\n2 Where is the spoon?\tjug\t1\n"
            "1 Ben put the cork in the drawer.\n2 Where is the cork?\n");
    is_item(x, 3,
            "1 Ada put the spoon in the drawer.\n2 Ben put the cork in the jug.\n"
            "3 Where is the spoon?\tdrawer\t1\n4 Ada put the spoon in the jug.\n"
            "5 Where is the spoon?\tjug\n");
    is_item(x, 4,
            "\xef\xbb\xbf"
            "Ben put the cork in the drawer. Where is Ben? Where is the cork?");
}

static void the_texts_are_kept_as_they_were_written(void **state)
{
    struct fixture *x = *state;
    assert_int_equal(ask(x, "  Ada put the spoon in the drawer.  Ben put the cork, in the jug\n"
                            "Where is the SPOON?  "),
                     EG_OK);
    assert_int_equal(x->asked.statements, 2);
    assert_string_equal(x->asked.statement[0], "Ada put the spoon in the drawer.");
    assert_string_equal(x->asked.statement[1], "Ben put the cork, in the jug");
    assert_string_equal(x->asked.question, "Where is the SPOON?");
    assert_int_equal(ask(x, "1 Ada put it.  \n2  Who put it? \tx\n"), EG_OK);
    assert_string_equal(x->asked.statement[0], "Ada put it.");
    assert_string_equal(x->asked.question, "Who put it?");
}

static void words_that_nobody_knows_are_named_once(void **state)
{
    struct fixture *x = *state;
    assert_int_equal(ask(x, "Ada put the Fork in the box. Ada put the fork in the jug. Who, pray?"),
                     EG_OK);
    assert_int_equal(x->asked.unknown, 4);
    static const char *const want[] = {"fork", "box", "who", "pray"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(x->asked.unknown_word[i], want[i]);
    const struct eg_sequence *const s = &x->asked.sequence;
    assert_true(s->steps == 16 && column(s, 3, EG_COLUMN_SYMBOL) == 0);
    assert_true(column(s, 2, EG_COLUMN_SYMBOL) > 0 && column(s, 15, EG_COLUMN_SYMBOL) == 0);
    /* The slot of the task counts them as well. */
    struct eg_sequence sequence;
    size_t unknown = 0;
    assert_int_equal(x->f.task->read_text(&x->f.stories, "Ada put it. Who?", x->f.arena, &sequence,
                                          &unknown, &x->message),
                     EG_OK);
    assert_true(unknown == 2 && sequence.steps == 4);
}

static void a_vocabulary_without_a_word_for_them_refuses(void **state)
{
    struct fixture *x = *state;
    static const char *const words[] = {"ada", "runs", "who"};
    static const char *const twice[] = {"ada", "runs", "ada"};
    struct eg_task_shape shape = {
        .symbols = 3, .symbol_words = words, .sentences_max = 9, .words_max = 9};
    struct eg_stories_asked *const a = &x->asked;
    assert_int_equal(eg_stories_ask(a, "Ada runs. Who runs?", &shape, x->f.arena, NULL), EG_OK);
    assert_int_equal(a->sequence.steps, 4);
    assert_int_equal(eg_stories_ask(a, "Ada runs.\nWho sits?", &shape, x->f.arena, &x->message),
                     EG_ERR_DATA);
    check_says(&x->message, "line 2 has the word \"sits\", which the vocabulary does not have");
    shape.symbol_words = twice;
    assert_int_equal(eg_stories_ask(a, "Ada runs. Who?", &shape, x->f.arena, &x->message),
                     EG_ERR_DATA);
    check_says(&x->message, "the word \"ada\" twice");
    shape.symbol_words = NULL;
    assert_int_equal(eg_stories_ask(a, "Ada runs. Who?", &shape, x->f.arena, &x->message),
                     EG_ERR_MISSING);
}

static void of_too_many_statements_the_last_are_taken(void **state)
{
    struct fixture *x = *state;
    is_item(x, 2,
            "Ben put Ada in the jug. Ben put Ada in the jug. Ada put the spoon in the drawer. "
            "Ben put the cork in the jug. Ada put the spoon in the jug. What is in the jug?");
    assert_true(x->asked.passed == 2 && x->asked.statements == 3);
    assert_string_equal(x->asked.statement[0], "Ada put the spoon in the drawer.");
}

static void what_is_no_question_is_refused(void **state)
{
    struct fixture *x = *state;
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"", "there is no question; the last sentence must end in '?'"},
        {"Ada put it.", "there is no question"},
        {"1 Ada put it.\n2 Where is it\n", "there is no question"},
        {"? ...", "there is no question"},
        {"1 Where?\n1 Ada put it.\n", "there is no question"},
        {"Where is it?", "there is no statement before the question; one or more are needed"},
        {"Ada put it.\nWhere is it?\nBen.\nAda.", "line 3 has a statement after the question; the "
                                                  "question comes last"},
        {"1 A\n2 B?\n3 C.\n", "line 3 has a statement after the question"},
        {"1 A\n2B?\n", "line 2 does not begin with an ID and a blank, as line 1 does"},
        {"1 A\nB?\n", "line 2 does not begin with an ID"},
        {"1 A\n2 ?\tx\n", "line 2 has no words"},
        {"Ada \x02.\nWhere?", "line 1 has a control character"},
        {"Ada.\n\xff?", "line 2 has bytes that are not UTF-8"},
        {"Ada.\na b c d e f g h?", "line 2 has a sentence of 8 words; the longest that was trained "
                                   "on has 7"},
        {"a a a a a a a a.\nWhere?", "line 1 has a sentence of 8 words"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaa. B?",
         "line 1 has a word of 107 bytes; allowed are 100"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ask(x, bad[i].text) != EG_ERR_DATA)
            fail_msg("%s is not refused", bad[i].text);
        check_says(&x->message, bad[i].want);
    }
}

static void every_allocation_may_fail(void **state)
{
    struct fixture *x = *state;
    int status = EG_ERR_NOMEM;
    size_t n = 0;
    for (; status; n++) {
        struct eg_arena *arena = new_arena();
        eg_arena_fail_after(arena, n);
        status =
            eg_stories_ask(&x->asked, "Ada put a fork. Who put a fork?", &x->f.shape, arena, NULL);
        assert_true(status == EG_OK || status == EG_ERR_NOMEM);
        eg_arena_free(&arena);
    }
    assert_true(n > 10);
}

#define WITH_STORIES(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_STORIES(sentences_and_numbered_lines_are_understood),
        WITH_STORIES(the_texts_are_kept_as_they_were_written),
        WITH_STORIES(words_that_nobody_knows_are_named_once),
        WITH_STORIES(a_vocabulary_without_a_word_for_them_refuses),
        WITH_STORIES(of_too_many_statements_the_last_are_taken),
        WITH_STORIES(what_is_no_question_is_refused),
        WITH_STORIES(every_allocation_may_fail),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
