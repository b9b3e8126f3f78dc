/* Plain text as a task: what a text becomes, its parts, its sequences, what is said of one that is
 * none, and the perplexity of networks that know nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/evaluator.h"
#include "tasks/text.h"

#include "tests/check.h"
#include "tests/fixture.h"

#define SMALL EG_TEST_DATA "/data/text/small.txt"

struct sample {
    struct eg_config *config;
    struct eg_arena *arena;
    struct eg_text text;
    struct eg_task_shape shape;
    struct eg_message message;
    char file[3][32]; /* that were written */
    size_t files;
};

/* Settings are assignments without the "task.", the last one NULL.  One that begins with "path:"
 * and the like has the content of a file behind the colon. */
static int open_text(struct sample *f, const char *const *settings)
{
    *f = (struct sample){.arena = new_arena()};
    assert_int_equal(eg_config_init(&f->config), EG_OK);
    for (; *settings; settings++) {
        char assignment[256];
        const char *const colon = strchr(*settings, ':'), *const equals = strchr(*settings, '=');
        if (colon && (!equals || colon < equals)) {
            char *const name = f->file[f->files++];
            strcpy(name, "/tmp/test_text_XXXXXX");
            const int fd = mkstemp(name);
            assert_true(fd >= 0);
            assert_int_equal(write(fd, colon + 1, strlen(colon + 1)), strlen(colon + 1));
            close(fd);
            snprintf(assignment, sizeof assignment, "task.%.*s=%s", (int) (colon - *settings),
                     *settings, name);
        } else {
            snprintf(assignment, sizeof assignment, "task.%s", *settings);
        }
        assert_int_equal(eg_config_assign(f->config, assignment, "test", &f->message), EG_OK);
    }
    void *const options = calloc(1, eg_task_text.options_size);
    assert_non_null(options);
    if (eg_config_bind(f->config, "task", eg_task_text.options, options, &f->message)
        || eg_config_finish(f->config, &f->message))
        fail_msg("%s", f->message.text);
    assert_int_equal(eg_task_text.state_size, sizeof f->text);
    const int status = eg_task_text.init(&f->text, options, f->arena, &f->shape, &f->message);
    free(options);
    return status;
}

#define OPEN(f, ...) open_text((f), (const char *const[]){__VA_ARGS__, NULL})
#define OPENS(f, ...)                          \
    do {                                       \
        if (OPEN(f, __VA_ARGS__))              \
            fail_msg("%s", (f)->message.text); \
    } while (0)

static void close_text(struct sample *f)
{
    for (size_t i = 0; i < f->files; i++)
        unlink(f->file[i]);
    eg_config_free(&f->config);
    eg_arena_free(&f->arena);
}

/* Units of a part, separated by '/'. */
static const char *units(const struct sample *f, size_t part, char text[4096])
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = f->text.begin[part]; i < f->text.begin[part + 1]; i++)
        n += (size_t) snprintf(text + n, 4096 - n, "%s%s", i > f->text.begin[part] ? "/" : "",
                               f->text.words.word[f->text.unit[i]]);
    return text;
}

static void check_units(const struct sample *f, size_t part, const char *want)
{
    char text[4096];
    assert_string_equal(units(f, part, text), want);
}

static void check_vocabulary(const struct sample *f, const char *const *want)
{
    size_t n = 0;
    for (; want[n]; n++) {
        assert_true(n < f->shape.symbols);
        assert_string_equal(f->shape.symbol_words[n], want[n]);
    }
    assert_int_equal(f->shape.symbols, n);
    assert_int_equal(f->shape.outputs, n);
}

#define VOCABULARY(f, ...) \
    check_vocabulary((f), (const char *const[]){"<unk>", "<eos>", __VA_ARGS__, NULL})

/* --- reading --- */

static void words_have_no_case_and_lines_have_an_end(void **state)
{
    (void) state;
    struct sample f;
    OPENS(&f, "path=" SMALL, "validation=0", "test=0", "length=5");
    check_units(&f, 0,
                "the/mill/turns/when/the/wind/turns/<eos>/the/wind/turns/the/mill/and/the/mill/"
                "turns/the/stone/<eos>/a/stone/said/the/miller/is/a/stone/<eos>/when/the/wind/"
                "rests/the/mill/rests/when/the/mill/rests/the/miller/rests/<eos>");
    /* Nine times the, four each of mill, turns, rests; of equals the first comes first. */
    VOCABULARY(&f, "the", "mill", "turns", "rests", "when", "wind", "stone", "a", "miller", "and",
               "said", "is");
    assert_true(f.shape.inputs == EG_COLUMNS && f.shape.loss == EG_LOSS_CLASSES);
    assert_true(f.shape.words_max == 1 && f.shape.sentences_max == 5 && f.shape.groups == 0);
    assert_true(f.shape.class_words == f.shape.symbol_words);
    close_text(&f);
}

static void characters_are_those_of_utf_8(void **state)
{
    (void) state;
    struct sample f;
    OPENS(&f, "path:Ab b\n\n\xc3\xa9\tb", "unit=characters", "validation=0", "test=0", "length=2");
    check_units(&f, 0, "A/b/ /b/<eos>/<eos>/\xc3\xa9/\t/b/<eos>");
    VOCABULARY(&f, "b", "A", " ", "\xc3\xa9", "\t");
    close_text(&f);
}

static void odd_line_ends_make_no_difference(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "path:a b\nc <unk>\n",
        "path:a b\r\nc <unk>\r\n",
        "path:\xef\xbb\xbf"
        "a b\nc <unk>",
        "path:\n\na, \"b\"\n\nC <unk>!\n\n",
        "path:\ta  b \n . \n c\t<unk> \n",
    };
    for (size_t i = 0; i < 5; i++) {
        struct sample f;
        OPENS(&f, texts[i], "validation=0", "test=0", "length=2");
        check_units(&f, 0, "a/b/<eos>/c/<unk>/<eos>");
        VOCABULARY(&f, "a", "b", "c"); /* what is unknown in the text is no word of its own */
        assert_int_equal(f.text.unknown[0], 1);
        close_text(&f);
    }
}

static void rare_words_are_unknown(void **state)
{
    (void) state;
    struct sample f;
    OPENS(&f, "path:b b b a a c c d", "vocabulary=4", "validation=0", "test=0", "length=2");
    check_units(&f, 0, "b/b/b/a/a/<unk>/<unk>/<unk>/<eos>");
    VOCABULARY(&f, "b", "a");
    assert_int_equal(f.text.unknown[0], 3);
    close_text(&f);
    OPENS(&f, "path:b b b a a c c d", "count_min=2", "validation=0", "test=0", "length=2");
    VOCABULARY(&f, "b", "a", "c");
    assert_int_equal(f.text.unknown[0], 1);
    close_text(&f);
    OPENS(&f, "path:b b b a a c c d", "count_min=3", "vocabulary=3", "validation=0", "test=0",
          "length=2");
    VOCABULARY(&f, "b");
    close_text(&f);
}

/* --- parts --- */

static void the_end_of_a_text_validates_and_tests(void **state)
{
    (void) state;
    struct sample f;
    OPENS(&f, "path:a a b a b a b c d e a f", "length=2", "validation=0.25", "test=0.2");
    check_units(&f, 0, "a/a/b/a/b/a/b/c");
    check_units(&f, 1, "<unk>/<unk>/a"); /* 3.25 of 13 */
    check_units(&f, 2, "<unk>/<eos>");   /* 2.6        */
    VOCABULARY(&f, "a", "b", "c");
    assert_true(f.text.unknown[0] == 0 && f.text.unknown[1] == 2 && f.text.unknown[2] == 1);
    close_text(&f);
}

static void each_part_may_have_a_file_of_its_own(void **state)
{
    (void) state;
    struct sample f;
    OPENS(&f, "path:a b c d e f g h i", "validation_path:a b", "test_path:c z", "length=2");
    check_units(&f, 0, "a/b/c/d/e/f/g/h/i/<eos>");
    check_units(&f, 1, "a/b/<eos>");
    check_units(&f, 2, "c/<unk>/<eos>");
    close_text(&f);
    OPENS(&f, "path:a b c d e f g h i", "validation_path:a b", "test=0.3", "length=2");
    check_units(&f, 0, "a/b/c/d/e/f/g");
    check_units(&f, 1, "a/b/<eos>");
    check_units(&f, 2, "<unk>/<unk>/<eos>");
    close_text(&f);
    OPENS(&f, "path:a b c d e f g h i", "test_path:a b", "validation=0.3", "length=2");
    check_units(&f, 0, "a/b/c/d/e/f/g");
    check_units(&f, 1, "<unk>/<unk>/<eos>");
    check_units(&f, 2, "a/b/<eos>");
    close_text(&f);
}

/* --- sequences --- */

static const struct eg_sequence *draw_item(struct sample *f, size_t number, struct eg_sequence *s)
{
    const size_t n = eg_task_text.steps(&f->text, (struct eg_extent){number, 0});
    *s = (struct eg_sequence){.extent = {number, 0},
                              .input = eg_arena_take(f->arena, (n + 1) * EG_COLUMNS * sizeof(real)),
                              .target = eg_arena_take(f->arena, (n + 1) * sizeof(real)),
                              .mask = eg_arena_take(f->arena, (n + 1) * sizeof(real)),
                              .phase = eg_arena_take(f->arena, n + 1)};
    assert_true(s->input && s->target && s->mask && s->phase);
    memset(s->input, 0x7f, n * EG_COLUMNS * sizeof(real));
    eg_task_text.draw(&f->text, NULL, s);
    assert_int_equal(s->steps, n);
    return s;
}

static void a_step_is_given_a_word_and_asked_for_the_next(void **state)
{
    (void) state;
    struct sample f;
    struct eg_sequence s;
    OPENS(&f, "path:a b c d e", "validation=0", "test=0", "length=4", "unasked=1");
    /* 6 units; asked are the third to the last, three and then one. */
    assert_int_equal(f.shape.items, 2);
    draw_item(&f, 1, &s);
    assert_int_equal(s.steps, 4);
    for (size_t t = 0; t < 4; t++) {
        const real *const x = s.input + t * EG_COLUMNS;
        check_close(x[EG_COLUMN_SYMBOL], f.text.unit[t], 0, 0);
        check_close(x[EG_COLUMN_SENTENCE], t, 0, 0);
        assert_true(x[EG_COLUMN_PLACE] == 0 && x[EG_COLUMN_QUESTION] == 0);
        check_close(s.mask[t], t > 0, 0, 0);
        check_close(s.target[t], t > 0 ? f.text.unit[t + 1] : 0, 0, 0);
        assert_int_equal(s.phase[t], t > 0 ? EG_PHASE_OUTPUT : EG_PHASE_INPUT);
    }
    draw_item(&f, 2, &s);
    assert_int_equal(s.steps, 2);
    check_close(s.input[0], f.text.unit[3], 0, 0);
    check_close(s.target[1], f.text.unit[5], 0, 0);
    const size_t none[] = {0, 3, SIZE_MAX};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(draw_item(&f, none[i], &s)->steps, 0);
    close_text(&f);
}

/* Every unit of each part, but for the first ones, whatever the length; chance is what they cost on
 * average. */
static void every_word_is_asked_once(void **state)
{
    (void) state;
    static const struct {
        const char *length, *unasked, *asked;
        size_t first;
    } cases[] = {
        {"length=1", "unasked=0", "asked=all", 0},  {"length=4", "unasked=0", "asked=all", 0},
        {"length=4", "unasked=3", "asked=all", 3},  {"length=5", "unasked=2", "asked=all", 2},
        {"length=3", "unasked=0", "asked=last", 2}, {"length=90", "unasked=3", "asked=all", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sample f;
        struct eg_sequence s;
        OPENS(&f, "path=" SMALL, "validation=0.2", "test=0.2", cases[i].length, cases[i].unasked,
              cases[i].asked);
        size_t number = 1;
        double chance = 0;
        const size_t items[] = {f.shape.items, f.shape.items_valid, f.shape.items_test};
        for (size_t part = 0; part < 3; part++) {
            size_t next = f.text.begin[part] + cases[i].first + 1;
            for (size_t k = 0; k < items[part]; k++, number++) {
                draw_item(&f, number, &s);
                assert_true(s.steps > 0 && s.steps <= f.shape.steps_max);
                size_t asked = 0;
                for (size_t t = 0; t < s.steps; t++)
                    if (s.mask[t] > 0) {
                        asked++;
                        check_close(s.target[t], f.text.unit[next++], 0, 0);
                    }
                assert_true(asked > 0);
                const double here = eg_task_text.chance(&f.text, s.extent);
                check_close(here, (double) asked * f.text.entropy, 1e-12, 0);
                chance += part == 0 ? here / (double) items[0] : 0;
            }
            assert_int_equal(next, f.text.begin[part + 1]);
        }
        check_close(f.shape.chance, chance, 1e-12, 0);
        assert_int_equal(draw_item(&f, number, &s)->steps, 0);
        close_text(&f);
    }
}

/* a 4, b 2, <eos> 1, <unk> 1 of 8: 1/2 + 2/4 + 3/8 + 3/8 bits. */
static void chance_is_the_entropy_of_a_word(void **state)
{
    (void) state;
    struct sample f;
    OPENS(&f, "path:a b a a b a c", "count_min=2", "validation=0", "test=0", "length=7");
    check_close(f.text.entropy, 1.75, 1e-15, 0);
    check_close(f.shape.chance, 7 * 1.75, 1e-15, 0);
    assert_true(isnan(f.shape.optimum));
    close_text(&f);
}

/* --- what is no text --- */

static void refuses(int want, const char *words, const char *const *settings)
{
    struct sample f;
    assert_int_equal(open_text(&f, settings), want);
    if (!strstr(f.message.text, words))
        fail_msg("\"%s\" does not say \"%s\"", f.message.text, words);
    close_text(&f);
}

#define REFUSES(want, words, ...) refuses((want), (words), (const char *const[]){__VA_ARGS__, NULL})

static void what_is_no_text_is_an_error(void **state)
{
    (void) state;
    char word[128] = "path:a b c d e f\n";
    memset(word + strlen(word), 'x', 101);
    REFUSES(EG_ERR_RANGE, "task.path is needed", "length=5");
    REFUSES(EG_ERR_IO, "/nowhere/at-all.txt", "path=/nowhere/at-all.txt");
    REFUSES(EG_ERR_IO, "a directory", "path=/tmp");
    REFUSES(EG_ERR_FORMAT, "is empty", "path:");
    REFUSES(EG_ERR_DATA, "line 2 has a control character", "path:a b\nc\x01 d\n");
    REFUSES(EG_ERR_DATA, "line 1 has bytes that are not UTF-8", "path:a \xff\n");
    REFUSES(EG_ERR_DATA, "line 2 has a word of 101 bytes; allowed are at most 100", word);
    REFUSES(EG_ERR_DATA, "has 0 words to train on", "path:...\n");
    REFUSES(EG_ERR_DATA, "has 0 words to train on", "path:...\n", "validation_path:a b c");
    REFUSES(EG_ERR_DATA, "has 4 words to train on; at least 6 are needed", "path:a b c", "test=0",
            "validation=0", "length=5", "asked=last");
    REFUSES(EG_ERR_DATA, "(task.test_path) has 2 words", "path:a b c d e f", "test_path:<eos>\n",
            "length=2", "unasked=1", "unit=words");
    REFUSES(EG_ERR_RANGE, "task.unasked = 5; allowed is less than task.length = 5", "path=" SMALL,
            "length=5", "unasked=5");
    REFUSES(EG_ERR_RANGE, "task.vocabulary = 2", "path=" SMALL, "vocabulary=2");
}

/* --- perplexity --- */

struct seen {
    struct eg_evaluation rows[8];
    size_t n;
};

static int note(void *context, const struct eg_evaluation *v)
{
    struct seen *const seen = context;
    assert_true(seen->n < 8);
    seen->rows[seen->n++] = *v;
    return EG_OK;
}

/* A network whose numbers are all 0 finds every word as likely as any other. */
static void a_network_that_knows_nothing_is_as_perplexed_as_there_are_words(void **state)
{
    (void) state;
    static const char *const presets[] = {"memn2n/text", "lstm/text"};
    for (size_t i = 0; i < 2; i++) {
        const struct eg_setting settings[] = {{.text = "task.path=" SMALL, .origin = "-s"},
                                              {.text = "task.length=7", .origin = "-s"},
                                              {.text = "task.unasked=2", .origin = "-s"},
                                              {.text = "task.validation=0.3", .origin = "-s"},
                                              {.text = "train.batch=2", .origin = "-s"}};
        struct eg_experiment *const e = calloc(1, sizeof *e);
        struct eg_message message = {""};
        struct seen seen = {.n = 0};
        assert_non_null(e);
        if (eg_experiment_init(e, presets[i], NULL, settings, 5, 1, &message)
            || eg_experiment_trainer(e, 1, &message))
            fail_msg("%s", message.text);
        memset(e->trainer.values, 0, e->model.params.size * sizeof(real));
        if (eg_evaluate_all(e, note, &seen, &message))
            fail_msg("%s", message.text);
        assert_int_equal(seen.n, 2); /* the test part is too short for a sequence */
        for (size_t k = 0; k < seen.n; k++) {
            check_close(seen.rows[k].perplexity, (double) e->source.shape.outputs, 1e-5, 0);
            assert_true(seen.rows[k].mean > 1);
        }
        eg_experiment_free(e);
        free(e);
    }
}

static void there_is_no_perplexity_without_a_text(void **state)
{
    (void) state;
    const struct eg_setting settings[] = {{.text = "task.train=20", .origin = "-s"},
                                          {.text = "task.test=20", .origin = "-s"}};
    struct eg_experiment *const e = calloc(1, sizeof *e);
    struct eg_message message = {""};
    struct seen seen = {.n = 0};
    assert_non_null(e);
    if (eg_experiment_init(e, "memn2n/babi-like", NULL, settings, 2, 1, &message)
        || eg_experiment_trainer(e, 1, &message) || eg_evaluate_all(e, note, &seen, &message))
        fail_msg("%s", message.text);
    assert_true(seen.n >= 2);
    for (size_t k = 0; k < seen.n; k++)
        assert_true(isnan(seen.rows[k].perplexity));
    eg_experiment_free(e);
    free(e);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_no_case_and_lines_have_an_end),
        cmocka_unit_test(characters_are_those_of_utf_8),
        cmocka_unit_test(odd_line_ends_make_no_difference),
        cmocka_unit_test(rare_words_are_unknown),
        cmocka_unit_test(the_end_of_a_text_validates_and_tests),
        cmocka_unit_test(each_part_may_have_a_file_of_its_own),
        cmocka_unit_test(a_step_is_given_a_word_and_asked_for_the_next),
        cmocka_unit_test(every_word_is_asked_once),
        cmocka_unit_test(chance_is_the_entropy_of_a_word),
        cmocka_unit_test(what_is_no_text_is_an_error),
        cmocka_unit_test(a_network_that_knows_nothing_is_as_perplexed_as_there_are_words),
        cmocka_unit_test(there_is_no_perplexity_without_a_text),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
