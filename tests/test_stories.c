/* The reader of stories: what it makes of a text, and what it says of one that is none. */
#include "tests/story_sample.h"

#include <sys/stat.h>
#include <unistd.h>

/* Two texts, for training and test; NULL: none. */
static int parse(struct eg_stories *s, const char *train, const char *test, struct eg_arena *arena,
                 struct eg_message *m)
{
    const struct eg_stories_text texts[] = {
        {"train.txt", train, strlen(train), 0, false},
        {"test.txt", test, test ? strlen(test) : 0, 0, true},
    };
    return eg_stories_parse(s, texts, test ? 2 : 1, arena, m);
}

static void accepts(struct eg_stories *s, const char *train, const char *test,
                    struct eg_arena *arena)
{
    struct eg_message m = {""};
    if (parse(s, train, test, arena, &m))
        fail_msg("%s", m.text);
}

static void check_words(const struct eg_stories_words *words, const char *const *want)
{
    size_t n = 0;
    for (; want[n]; n++) {
        assert_true(n < words->n);
        assert_string_equal(words->word[n], want[n]);
        assert_int_equal(eg_stories_find(words, want[n], strlen(want[n])), n);
    }
    assert_int_equal(words->n, n);
}

#define CHECK_WORDS(words, ...) \
    check_words((words), (const char *const[]){EG_STORIES_UNKNOWN, __VA_ARGS__, NULL})

static const char plain[] = "1 Ada walks.\n"
                            "2 Ben sits down.\n"
                            "3 Who walks? \tAda\t1\n"
                            "4 Ada sits.\n"
                            "5 Who sits?\tBen,Ada\t2 4\n"
                            "1 Ben walks.\n"
                            "2 Who walks?\tBen\t1\n";

static void a_text_becomes_words_statements_and_questions(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    accepts(&s, plain, NULL, arena);
    CHECK_WORDS(&s.words, "ada", "walks", "ben", "sits", "down", "who");
    CHECK_WORDS(&s.answers, "ada", "ben,ada", "ben");
    assert_int_equal(s.statements, 4);
    const uint32_t from[] = {0, 2, 5, 7, 9}, symbols[] = {1, 2, 3, 4, 5, 1, 4, 3, 2};
    assert_memory_equal(s.statement, from, sizeof from);
    assert_memory_equal(s.symbol, symbols, sizeof symbols);
    const uint32_t asked[] = {6, 2, 6, 4, 6, 2};
    assert_memory_equal(s.question_symbol, asked, sizeof asked);
    /* first, statements; from, words; fact, facts; answer, group.  Line 3 is no statement: the
     * fact 4 is the third. */
    const struct eg_stories_question want[] = {
        {0, 2, 0, 2, 0, 1, 1, 0}, {0, 3, 2, 2, 1, 2, 2, 0}, {3, 1, 4, 2, 3, 1, 3, 0}};
    const uint32_t facts[] = {0, 1, 2, 0};
    assert_int_equal(s.questions, 3);
    assert_memory_equal(s.question, want, sizeof want);
    assert_memory_equal(s.fact, facts, sizeof facts);
    assert_true(s.sentences_max == 3 && s.words_max == 3 && s.tests == 0);
    eg_arena_free(&arena);
}

/* Each of these is the plain text. */
static void case_blanks_and_line_ends_make_no_difference(void **state)
{
    (void) state;
    static const char *const same[] = {
        "1 ADA walks\r\n2 ben sits, down!\r\n3 who WALKS\tada\t1\r\n4 Ada  sits .\r\n"
        "5 \"Who\" sits? \t ben,ada \t 2  4 \r\n1 Ben (walks)\r\n2 Who walks ?\tBEN\t1\r\n",
        "\xef\xbb\xbf"
        "1 Ada walks.\n\n2 Ben sits down.\n   \n3 Who walks?\tAda\t1\n4 Ada sits.\n"
        "5 Who sits? \tBen,Ada\t2 4\n\n1 Ben walks.\n2 Who walks?\tBen\t1",
        "1 Ada walks.\n2 Ben sits down.\n3 Who walks? \tAda\t1\n4 Ada sits.\n5 Who sits?\t"
        "Ben,Ada\t2 4\n1 Ben walks.\n2 Who walks?\tBen\t1\n3 Nobody asks any more",
    };
    struct eg_arena *arena = new_arena();
    struct eg_stories s, t;
    accepts(&s, plain, NULL, arena);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        accepts(&t, same[i], NULL, arena);
        assert_int_equal(t.questions, s.questions);
        assert_memory_equal(t.question, s.question, s.questions * sizeof *s.question);
        assert_memory_equal(t.statement, s.statement, (s.statements + 1) * sizeof *s.statement);
        assert_memory_equal(t.symbol, s.symbol, 9 * sizeof *s.symbol);
        assert_memory_equal(t.question_symbol, s.question_symbol, 6 * sizeof *s.symbol);
        assert_memory_equal(t.fact, s.fact, 4 * sizeof *s.fact);
        for (size_t k = 0; k < s.words.n; k++)
            assert_string_equal(t.words.word[k], s.words.word[k]);
    }
    eg_arena_free(&arena);
}

static void words_keep_what_is_inside_of_them(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    accepts(&s, "1 Don't pay 3.50 for half-price M\xc3\xa4rchen... - ' ok\n2 (Why)?\tyes\t\n", NULL,
            arena);
    CHECK_WORDS(&s.words, "don't", "pay", "3.50", "for", "half-price", "m\xc3\xa4rchen", "-", "ok",
                "why");
    assert_int_equal(s.question[0].facts, 0);
    eg_arena_free(&arena);
}

static void facts_may_be_missing(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    accepts(&s, "1 Ada walks.\n2 Who walks?\tAda\n", NULL, arena);
    assert_true(s.questions == 1 && s.question[0].facts == 0);
    eg_arena_free(&arena);
}

static void what_only_a_test_has_is_unknown_and_counted(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    accepts(&s, plain, "1 Ada and Carl run.\n2 Who walks?\tCarl\t1\n3 Who sits?\tBen\t1\n", arena);
    assert_true(s.words.n == 7 && s.answers.n == 4);
    assert_true(s.unknown_words == 3 && s.unknown_answers == 1);
    assert_true(s.questions == 5 && s.tests == 2);
    assert_int_equal(s.question[3].answer, 0);
    assert_int_equal(s.question[4].answer, 3);
    const uint32_t symbols[] = {1, 0, 0, 0};
    assert_memory_equal(s.symbol + 9, symbols, sizeof symbols);
    eg_arena_free(&arena);
}

/* Or a network would be another one beside another test: its weights of words and its slots follow
 * from these two. */
static void a_test_does_not_change_what_is_said_of_training(void **state)
{
    (void) state;
    static const char longer[] = "1 Ada walks to and fro.\n2 Ben sits.\n3 Ben walks.\n4 Ada sits.\n"
                                 "5 Who sits there all day?\tAda\t4\n";
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    struct eg_task_shape shape;
    accepts(&s, plain, longer, arena);
    assert_int_equal(eg_stories_settle(&s, 0, 0, arena, &shape), EG_OK);
    assert_true(shape.sentences_max == 3 && shape.words_max == 3 && shape.items_test == 1);
    eg_arena_free(&arena);
}

static void a_story_may_have_hundreds_of_statements(void **state)
{
    (void) state;
    enum { N = 3000 };
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    char *const text = malloc(N * 40 + 100);
    size_t n = 0;
    assert_non_null(text);
    for (size_t i = 1; i <= N; i++)
        n += (size_t) sprintf(text + n, "%zu word%zu is new.\n", i, i);
    sprintf(text + n, "%d What is new?\tword%d\t%d\n", N + 1, N, N);
    accepts(&s, text, NULL, arena);
    assert_true(s.sentences_max == N && s.words.n == 1 + N + 2 + 1);
    assert_int_equal(s.fact[0], N - 1);
    for (size_t i = 1; i <= N; i += 7) {
        char word[20];
        const int size = snprintf(word, sizeof word, "word%zu", i);
        assert_string_equal(s.words.word[eg_stories_find(&s.words, word, (size_t) size)], word);
    }
    assert_true(eg_stories_find(&s.words, "word", 4) == EG_STORIES_NONE);
    free(text);
    eg_arena_free(&arena);
}

/* --- what is refused --- */

#define WORD20 "abcdefghijklmnopqrst"
#define WORD100 WORD20 WORD20 WORD20 WORD20 WORD20

static void every_line_that_is_none_is_named(void **state)
{
    (void) state;
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"Ada walks.\n", "train.txt: line 1 does not begin with an ID; needed are a number"},
        {"1 A.\n-1 B.\n", "line 2 does not begin with an ID"},
        {"1 A.\n 2 B.\n", "line 2 does not begin with an ID"},
        {"1 A.\n2B.\n", "line 2 does not begin with an ID"},
        {"1 A.\n99999999999999999999999 B.\n", "line 2 does not begin with an ID; needed are a "
                                               "number up to 10000000"},
        {"2 A.\n", "line 1 has the ID 2; a story begins with the ID 1"},
        {"0 A.\n", "line 1 has the ID 0; a story begins with the ID 1"},
        {"1 A.\n2 B.\n4 C.\n", "line 3 has the ID 4 after 2; allowed are 3, and 1 for the next"},
        {"1 A.\n2 B.\n2 C.\n", "line 3 has the ID 2 after 2"},
        {"1 A.\n2 Q?\ta\t1\n2 B.\n", "line 3 has the ID 2 after 2"}, /* a question counts */
        {"1 A.\n2 Where is it?\n", "line 2 is a question without a tab"},
        {"1 A.\n2 Where is it? yes 1\n3 Q?\t\t1\n", "line 3 has an empty answer"},
        {"1 A.\n2 Q?\t \t1\n", "line 2 has an empty answer; one or more words are needed"},
        {"1 A.\n2 Q?\t\n", "line 2 has an empty answer"},
        {"1 A.\n2 Q?\t<unknown>\t1\n", "line 2 has the answer <unknown>"},
        {"1 A.\n2 ?\ta\t1\n", "line 2 has a question without words; one or more are needed"},
        {"1 A.\n2 \ta\t1\n", "line 2 has a question without words"},
        {"1 ...\n", "line 1 has a statement without words; one or more are needed"},
        {"1\n", "line 1 has a statement without words"},
        {"1 A.\n2 Q?\ta\t1\tb\n", "line 2 has more than two tabs; allowed are: question, tab"},
        {"1 A.\n2 Q?\ta\t2\n", "the supporting fact 2, which is the question itself; allowed are "
                               "IDs of earlier statements"},
        {"1 A.\n2 Q?\ta\t0\n", "the supporting fact 0, which is no line"},
        {"1 A.\n2 Q?\ta\t3\n3 B.\n", "the supporting fact 3, which is no earlier line"},
        {"1 A.\n2 Q?\ta\t1\n3 R?\tb\t1 2\n",
         "line 3 has the supporting fact 2, which is a question"},
        {"1 A.\n2 B.\n1 C.\n2 Q?\ta\t2\n", "line 4 has the supporting fact 2, which is the quest"},
        {"1 A.\n2 Q?\ta\tone\n", "the supporting fact \"one\"; allowed are IDs of earlier"},
        {"1 A.\n2 Q?\ta\t1,1\n", "the supporting fact \"1,1\"; allowed are IDs"},
        {"1 A.\n2 Q?\ta\t1 -1\n", "the supporting fact \"-1\""},
        {"1 A.\n2 Q?\ta\t99999999999999999999\n", "the supporting fact \"99999999999999999999\""},
        {"1 Q?\ta\t\n", "line 1 is a question before the first statement of its story"},
        {"1 A.\n2 Q?\ta\t1\n1 Q?\ta\n", "line 3 is a question before the first statement"},
        {"1 A.\n2 B.\n", "train.txt has no question; one or more are needed"},
        {"\n\n", "train.txt has no question"},
        {"1 A\x01.\n", "line 1 has a control character; allowed is text in UTF-8"},
        {"1 A.\r2 B.\r", "line 1 has a control character"},
        {"1 A\x7f.\n", "line 1 has a control character"},
        {"1 A.\n2 \xc3.\n", "line 2 has bytes that are not UTF-8; allowed is text in UTF-8"},
        {"1 \xff\xfe.\n", "line 1 has bytes that are not UTF-8"},
        {"1 \xc0\xaf.\n", "line 1 has bytes that are not UTF-8"},         /* too long a form */
        {"1 \xe0\x80\xaf.\n", "line 1 has bytes that are not UTF-8"},     /* as well         */
        {"1 \xf0\x80\x80\xaf.\n", "line 1 has bytes that are not UTF-8"}, /* as well         */
        {"1 \xed\xa0\x80.\n", "line 1 has bytes that are not UTF-8"},     /* a surrogate     */
        {"1 \xf4\x90\x80\x80.\n", "line 1 has bytes that are not UTF-8"}, /* beyond 10FFFF   */
        {"1 \xe2\x82", "line 1 has bytes that are not UTF-8"},            /* cut off         */
        {"1 " WORD100 "u.\n", "line 1 has a word of 101 bytes; allowed are 100"},
        {"1 A.\n2 Q?\t" WORD100 "," WORD100 "," WORD20 WORD20 WORD20 "\t1\n",
         "line 2 has an answer of 262 bytes; allowed are 255"},
    };
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct eg_message m = {""};
        if (parse(&s, bad[i].text, NULL, arena, &m) != EG_ERR_DATA)
            fail_msg("%s: not refused (%s)", bad[i].want, m.text);
        check_says(&m, bad[i].want);
        assert_int_equal(parse(&s, bad[i].text, NULL, arena, NULL), EG_ERR_DATA);
        /* The message says which text it is. */
        if (parse(&s, plain, bad[i].text, arena, &m) == EG_ERR_DATA)
            check_says(&m, "test.txt");
    }
    assert_int_equal(parse(&s, "1 " WORD100 " " WORD100 "?.\n2 Q?\ta\t1\n", NULL, arena, NULL),
                     EG_OK);
    eg_arena_free(&arena);
}

static void zero_bytes_and_endless_sentences_are_refused(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    struct eg_message m;
    const struct eg_stories_text nul = {"nul.txt", "1 A\0B.\n2 Q?\ta\t1\n", 17, 0, false};
    assert_int_equal(eg_stories_parse(&s, &nul, 1, arena, &m), EG_ERR_DATA);
    check_says(&m, "nul.txt: line 1 has a NUL byte");
    char *const text = malloc(4 * EG_STORIES_WORDS_MAX);
    assert_non_null(text);
    strcpy(text, "1");
    for (size_t i = 0; i < EG_STORIES_WORDS_MAX; i++)
        strcpy(text + 1 + 2 * i, " w");
    char *const end = text + strlen(text);
    strcpy(end, "\n2 Q?\ta\t1\n");
    accepts(&s, text, NULL, arena);
    assert_int_equal(s.words_max, EG_STORIES_WORDS_MAX);
    strcpy(end, " w\n2 Q?\ta\t1\n");
    assert_int_equal(parse(&s, text, NULL, arena, &m), EG_ERR_DATA);
    check_says(&m, "line 1 has a statement of more than 1000 words; allowed are 1000");
    free(text);
    eg_arena_free(&arena);
}

/* Cut off anywhere it is either a shorter text or an error that says where. */
static void a_text_that_is_cut_off_is_shorter_or_refused(void **state)
{
    (void) state;
    const size_t size = strlen(plain);
    size_t read = 0, refused = 0;
    for (size_t n = 0; n <= size; n++) {
        struct eg_arena *arena = new_arena();
        struct eg_stories s;
        struct eg_message m = {""};
        char *const copy = malloc(n + 1); /* so that a sanitizer sees what is read beyond */
        assert_non_null(copy);
        memcpy(copy, plain, n);
        const struct eg_stories_text text = {"cut.txt", copy, n, 0, false};
        const int status = eg_stories_parse(&s, &text, 1, arena, &m);
        assert_true(status == EG_OK || status == EG_ERR_DATA);
        read += status == EG_OK;
        refused += status != EG_OK;
        if (status)
            check_says(&m, "cut.txt");
        else
            assert_true(s.questions >= 1 && s.questions <= 3);
        free(copy);
        eg_arena_free(&arena);
    }
    assert_true(read > 20 && refused > 20);
}

static void damaged_texts_do_no_harm(void **state)
{
    (void) state;
    static const char bytes[] = "1234567890\t\n\r ?.,aZ\xff\xc3\xa4";
    struct eg_stream stream;
    size_t read = 0;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, 0);
    for (size_t round = 0; round < 3000; round++) {
        struct eg_arena *arena = new_arena();
        struct eg_stories s;
        char copy[sizeof plain];
        strcpy(copy, plain);
        const long changes = eg_stream_between(&stream, 1, 4);
        for (long i = 0; i < changes; i++)
            copy[eg_stream_between(&stream, 0, sizeof plain - 2)] =
                bytes[eg_stream_between(&stream, 0, sizeof bytes - 1)];
        const struct eg_stories_text text[] = {{"a", copy, sizeof plain - 1, 0, false},
                                               {"b", copy, sizeof plain - 1, 0, true}};
        read += eg_stories_parse(&s, text, 2, arena, NULL) == EG_OK;
        eg_arena_free(&arena);
    }
    assert_true(read > 100 && read < 2900);
}

static void every_allocation_may_fail(void **state)
{
    (void) state;
    int status = EG_ERR_NOMEM;
    size_t n = 0;
    for (; status; n++) {
        struct eg_arena *arena = new_arena();
        struct eg_stories s;
        struct eg_task_shape shape;
        eg_arena_fail_after(arena, n);
        status = parse(&s, plain, plain, arena, NULL);
        if (!status)
            status = eg_stories_settle(&s, 0.3, 1, arena, &shape);
        assert_true(status == EG_OK || status == EG_ERR_NOMEM);
        eg_arena_free(&arena);
    }
    assert_true(n > 10);
}

/* --- files --- */

static void files_are_read(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    struct eg_message m = {""};
    const struct eg_stories_text files[] = {{.name = STORIES "/small_train.txt"},
                                            {.name = STORIES "/small_test.txt", .test = true}};
    if (eg_stories_read(&s, files, 2, arena, &m))
        fail_msg("%s", m.text);
    assert_true(s.questions == 6 && s.tests == 2 && s.statements == 7);
    CHECK_WORDS(&s.answers, "drawer", "cork,spoon", "jug");
    assert_true(s.unknown_words == 1 && s.unknown_answers == 1); /* bucket */
    eg_arena_free(&arena);
}

static void what_is_no_file_is_an_error(void **state)
{
    (void) state;
    char folder[] = "/tmp/engram-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/empty.txt", folder);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    const struct {
        const char *path, *want;
        int status;
    } bad[] = {
        {STORIES "/nowhere.txt", "cannot open " STORIES "/nowhere.txt: No such file", EG_ERR_IO},
        {STORIES, STORIES " is a directory, not a file", EG_ERR_IO},
        {"/dev/null", "/dev/null is a device or a pipe, not a file", EG_ERR_IO},
        {path, "empty.txt is empty", EG_ERR_FORMAT},
    };
    struct eg_arena *arena = new_arena();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct eg_stories s;
        struct eg_message m = {""};
        const struct eg_stories_text files[] = {{.name = STORIES "/small_train.txt"},
                                                {.name = bad[i].path, .test = true}};
        assert_int_equal(eg_stories_read(&s, files, 2, arena, &m), bad[i].status);
        check_says(&m, bad[i].want);
    }
    eg_arena_free(&arena);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_becomes_words_statements_and_questions),
        cmocka_unit_test(case_blanks_and_line_ends_make_no_difference),
        cmocka_unit_test(words_keep_what_is_inside_of_them),
        cmocka_unit_test(facts_may_be_missing),
        cmocka_unit_test(what_only_a_test_has_is_unknown_and_counted),
        cmocka_unit_test(a_test_does_not_change_what_is_said_of_training),
        cmocka_unit_test(a_story_may_have_hundreds_of_statements),
        cmocka_unit_test(every_line_that_is_none_is_named),
        cmocka_unit_test(zero_bytes_and_endless_sentences_are_refused),
        cmocka_unit_test(a_text_that_is_cut_off_is_shorter_or_refused),
        cmocka_unit_test(damaged_texts_do_no_harm),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(what_is_no_file_is_an_error),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
