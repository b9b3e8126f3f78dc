/* Figures of stories: attention over statements, mean attention by position, wrong answers by kind
 * and by split.  What is drawn stands in the tables, and there it is looked at. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure.h"
#include "tests/check.h"
#include "tests/figure_fixture.h"

static int setup(void **state)
{
    *state = fixture_open("net");
    return 0;
}

static int teardown(void **state)
{
    return fixture_close(*state);
}

/* --- run files --- */

static struct eg_run *create(const struct fixture *f)
{
    struct eg_run *run;
    struct eg_message message = {.text = ""};
    if (eg_run_create(&run, f->run, NULL, EG_RUN_FORCE, &message) != EG_OK)
        fail_msg("%s", message.text);
    return run;
}

static void finish(struct eg_run *run)
{
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

static void put(struct eg_run *run, const char *name, int rank, size_t d0, size_t d1, size_t d2,
                const double *x)
{
    char path[96];
    struct eg_message message = {.text = ""};
    snprintf(path, sizeof path, "/probe/s-1/%s", name);
    const struct eg_run_array array = {
        .long_name = name, .type = EG_RUN_FLOAT64, .rank = rank, .dims = {d0, d1, d2}, .data = x};
    if (eg_run_put(run, path, &array, &message) != EG_OK)
        fail_msg("%s: %s", path, message.text);
}

static void put_text(struct eg_run *run, const char *path, const char *text)
{
    assert_int_equal(eg_run_put_text(run, path, "a text", text, NULL), EG_OK);
}

/* Two hops over the last two of three statements, of four slots; `answers` times. */
static void put_attention(struct eg_run *run, size_t answers, const double *p, const double *held)
{
    const double first[] = {1, 1, 1};
    assert_int_equal(eg_run_put_group(run, "/probe", NULL), EG_OK);
    assert_int_equal(eg_run_put_group(run, "/probe/s-1", NULL), EG_OK);
    put(run, "attention", 3, answers, 2, 4, p);
    put(run, "statements", 1, answers, 0, 0, held);
    put(run, "first_statement", 1, answers, 0, 0, first);
}

static const double weights[] = {0.25, 0.5, 0, 0, 0.125, 0.75, 0, 0};
static const double two[] = {2};

/* The last of five steps asks; two answers there can be. */
static void put_story(struct eg_run *run, const char *text)
{
    const double empty[] = {0.25, 0.125}, supporting[] = {0, 0, 1}, class[] = {0, 0, 0, 0, 1};
    const double probability[] = {0.75, 0.25}, answer[] = {4};
    double input[5 * 4] = {0};
    for (int t = 3; t < 5; t++)
        input[4 * t + 3] = 1;
    put_attention(run, 1, weights, two);
    put(run, "attention_empty", 2, 1, 2, 0, empty);
    put(run, "supporting", 1, 3, 0, 0, supporting);
    put(run, "class", 1, 5, 0, 0, class);
    put(run, "probability", 2, 1, 2, 0, probability);
    put(run, "answer", 1, 1, 0, 0, answer);
    put(run, "input", 2, 5, 4, 0, input);
    put_text(run, "/probe/s-1/text", text);
    assert_int_equal(eg_run_put_group(run, "/words", NULL), EG_OK);
    put_text(run, "/words/classes", "kitchen\ncellar");
}

static void must_draw(struct fixture *f, unsigned figure)
{
    struct eg_message message;
    if (plot(f, EG_PLOT_SVG, figure, 1, &message) != EG_OK)
        fail_msg("%s", message.text);
    assert_int_equal(f->n_written, 2);
    letters_are_seven_points_or_more(f);
}

/* --- attention --- */

static void a_row_is_a_statement_and_a_column_a_hop(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_story(run, "ann went in\nben sat\nann ate\nwhere is ann");
    finish(run);
    must_draw(f, EG_PLOT_ATTENTION);
    SAYS(f, "net-s-1-attention.csv",
         "statement,text,supporting,hop 1,hop 2\n"
         "2,\"ben sat\",0,0.25,0.125\n"
         "3,\"ann ate\",1,0.5,0.75\n"
         ",\"(slots without a statement)\",,0.25,0.125\n");
    SAYS(f, "net-s-1-attention.svg", "where is ann?", "kitchen (0.75)", "right: cellar",
         "2 ben sat", "3 ann ate", "slots without a statement", "supporting facts",
         "The first 1 are not in memory", "0.50", "hop");
    assert_int_equal(times(f, "net-s-1-attention.svg", "ann went in"), 0);
}

static void words_are_no_commands(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_story(run, "a\n`touch /tmp/engram` $d0 \" \\ 'x'\n{/=99 big} a@b\nwhere is `ann`");
    finish(run);
    must_draw(f, EG_PLOT_ATTENTION);
    SAYS(f, "net-s-1-attention.svg", "where is ann?", "2 touch /tmp/engram d0", "3 /=99 big ab");
    SAYS(f, "net-s-1-attention.csv", "2,\"`touch /tmp/engram` $d0 \"\" \\ 'x'\",0,");
}

static void letters_of_all_scripts_are_drawn(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_story(run, "a\nzo\xc3\xab don't see \xe6\x9d\xb1\xe4\xba\xac\nbad \xc3(\nwo ist "
                   "bj\xc3\xb6rn");
    finish(run);
    must_draw(f, EG_PLOT_ATTENTION);
    SAYS(f, "net-s-1-attention.svg", "wo ist bj\xc3\xb6rn?",
         "2 zo\xc3\xab don\xe2\x80\x99t see \xe6\x9d\xb1\xe4\xba\xac", "3 bad (");
}

static void a_long_statement_is_cut(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_story(run, "a\nthe quick brown fox jumps over the lazy dog and over the hedge and is "
                   "away\nc\nwhere");
    finish(run);
    must_draw(f, EG_PLOT_ATTENTION);
    SAYS(f, "net-s-1-attention.svg", "2 the quick brown fox", "..");
    assert_int_equal(times(f, "net-s-1-attention.svg", "hedge"), 0);
}

/* Between two letters, never within one; all of it in the table. */
static void a_long_statement_is_cut_between_letters(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    char text[512] = "a\n";
    for (int i = 0; i < 150; i++)
        strcat(text, "\xc3\xb6");
    strcat(text, "\nc\nwhere");
    put_story(run, text);
    finish(run);
    must_draw(f, EG_PLOT_ATTENTION);
    SAYS(f, "net-s-1-attention.svg", "2 \xc3\xb6\xc3\xb6", "\xb6..");
    assert_int_equal(times(f, "net-s-1-attention.csv", "\xc3\xb6"), 150);
}

static void a_probe_without_attention_has_no_such_figure(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct eg_run *run = create(f);
    assert_int_equal(eg_run_put_group(run, "/probe", NULL), EG_OK);
    assert_int_equal(eg_run_put_group(run, "/probe/s-1", NULL), EG_OK);
    put(run, "statements", 1, 1, 0, 0, two);
    finish(run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ATTENTION, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "no attention over statements"));
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_POSITIONS, 1, &message), EG_ERR_MISSING);
    nothing_was_left(f);
}

static void shapes_that_differ_are_refused(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct eg_run *run = create(f);
    const double empty[] = {0.25, 0.125, 0};
    put_attention(run, 1, weights, two);
    put(run, "attention_empty", 2, 1, 3, 0, empty);
    finish(run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ATTENTION, 1, &message), EG_ERR_FORMAT);
    nothing_was_left(f);
}

/* --- positions --- */

static void positions_are_counted_from_the_last_statement(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    /* One statement for the first answer, two for the second, three for the third. */
    const double p[] = {1,     9,    9, 9, 0.5, 9,    9,    9, /* 9: no statement */
                        0.25,  0.5,  9, 9, 0.5, 0.25, 9,    9, /**/
                        0.125, 0.25, 0, 9, 0,   0.75, 0.25, 9};
    const double held[] = {1, 2, 3};
    put_attention(run, 3, p, held);
    finish(run);
    must_draw(f, EG_PLOT_POSITIONS);
    SAYS(f, "net-s-1-positions.csv",
         "statements back,answers,hop 1,hop 2\n"
         "1,3,0.5,0.333333333\n"
         "2,2,0.25,0.625\n"
         "3,1,0.125,0\n");
    SAYS(f, "net-s-1-positions.svg", "statements back", "Mean over 3 answers");
}

static void one_answer_is_no_mean(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct eg_run *run = create(f);
    put_attention(run, 1, weights, two);
    finish(run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_POSITIONS, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "several answers"));
}

/* --- evaluations --- */

/* step, split, group, exact fraction, n; ended by n 0 */
static void put_table(struct eg_run *run, const double (*rows)[5], const char *value)
{
    const struct eg_run_column columns[] = {
        {"step", NULL, NULL, EG_RUN_INT64},  {"split", NULL, NULL, EG_RUN_INT64},
        {"group", NULL, NULL, EG_RUN_INT64}, {value, NULL, NULL, EG_RUN_FLOAT64},
        {"n", NULL, NULL, EG_RUN_INT64},
    };
    struct eg_run_table *table;
    assert_int_equal(eg_run_table(run, &table, "/evaluate", columns, 5, "step", NULL, NULL), EG_OK);
    for (; (*rows)[4] > 0; rows++)
        assert_int_equal(eg_run_append(table, *rows, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/config_values/train/batch", "1", NULL, 8, NULL), EG_OK);
}

static void put_evaluations(struct eg_run *run, const double (*rows)[5])
{
    put_table(run, rows, "exact_fraction");
}

static const double evaluations[][5] = {
    {10, 0, 0, 0.5, 100}, {10, 1, 0, 0.25, 100}, {10, 2, 0, 0.25, 100}, {10, 2, 1, 0.1, 100},
    {10, 2, 2, 0.1, 100}, {20, 0, 0, 1, 100},    {20, 1, 0, 0.75, 100}, {20, 2, 0, 0.5, 100},
    {20, 2, 1, 1, 100},   {20, 2, 2, 0.5, 100},  {0, 0, 0, 0, 0}};

static void tasks_of_the_last_evaluation_stand_beside_the_published(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_evaluations(run, evaluations);
    assert_int_equal(eg_run_put_group(run, "/words", NULL), EG_OK);
    put_text(run, "/words/groups", "4 two-arg-relations\n19 path-finding");
    put_text(run, "/config_values/task/type", "babi");
    put_text(run, "/config_values/task/path", "babi-10k/en");
    finish(run);
    must_draw(f, EG_PLOT_TASKS);
    /* Wilson: 0 of 100 is up to 3.7 %, 50 of 100 from 40.4 to 59.6 %. */
    SAYS(f, "net-tasks.csv",
         "kind,wrong [%],low [%],high [%],\"PE, 3 hops (published) [%]\",\"PE LS RN, joint, 3 hops "
         "(published) [%]\"\n\"4 two-arg-relations\",0,0,3.69",
         ",3.8,13.4\n\"19 path-finding\",50,40.38", ",59.61", ",87.4,88\n");
    SAYS(f, "net-tasks.svg", "19 path-finding", "this run 25.0 %", "45.6 %", "50.7 %");
}

static void ten_thousand_questions_have_a_column_of_their_own(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_evaluations(run, evaluations);
    assert_int_equal(eg_run_put_group(run, "/words", NULL), EG_OK);
    put_text(run, "/words/groups", "4 two-arg-relations\n19 path-finding");
    put_text(run, "/config_values/task/type", "babi");
    put_text(run, "/config_values/task/path", "babi/en-10k/");
    finish(run);
    must_draw(f, EG_PLOT_TASKS);
    SAYS(f, "net-tasks.csv", "joint, 10k (published)", ",75.7\n");
}

static void other_kinds_of_questions_have_nothing_beside_them(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_evaluations(run, evaluations);
    put_text(run, "/config_values/task/type", "babi-like");
    finish(run);
    must_draw(f, EG_PLOT_TASKS);
    SAYS(f, "net-tasks.csv", "kind,wrong [%],low [%],high [%]\n\"kind 1\",0,", "\"kind 2\",50,");
    assert_int_equal(times(f, "net-tasks.svg", "published"), 0);
}

static void splits_are_curves_over_the_sequences_seen(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_evaluations(run, evaluations);
    finish(run);
    must_draw(f, EG_PLOT_SPLITS);
    SAYS(f, "net-splits.csv",
         "split,sequences,wrong [%]\ntraining,80,50\ntraining,160,0\nvalidation,80,75\n"
         "validation,160,25\ntest,80,75\ntest,160,50\n");
    SAYS(f, "net-splits.svg", "validation: 25.0 %", "wrong answers [%]");
}

/* Of a text hardly any sequence is without a wrong word. */
static void splits_of_a_text_are_curves_of_its_perplexity(void **state)
{
    struct fixture *f = *state;
    struct eg_run *run = create(f);
    put_table(run,
              (const double[][5]){{10, 0, 0, 900, 100},
                                  {10, 2, 0, 950, 100},
                                  {20, 0, 0, 300, 100},
                                  {20, 2, 0, 350.5, 100},
                                  {0, 0, 0, 0, 0}},
              "perplexity");
    finish(run);
    must_draw(f, EG_PLOT_SPLITS);
    SAYS(f, "net-splits.csv",
         "split,sequences,perplexity\ntraining,80,900\ntraining,160,300\ntest,80,950\n"
         "test,160,350.5\n");
    SAYS(f, "net-splits.svg", "test: 350.5", "perplexity");
}

static void one_evaluation_is_no_curve(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct eg_run *run = create(f);
    put_evaluations(run, (const double[][5]){{10, 0, 0, 0.5, 100}, {0, 0, 0, 0, 0}});
    finish(run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_SPLITS, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "train.evaluate_every"));
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_TASKS, 1, &message), EG_ERR_MISSING);
}

/* A text: nothing counts as solved, and the axis goes no further than the costs do. */
static void where_nothing_counts_as_solved_no_such_line_is_drawn(void **state)
{
    struct fixture *f = *state;
    static const struct eg_run_column columns[] = {{"sequences", "sequence", NULL, EG_RUN_INT64},
                                                   {"cost", NULL, NULL, EG_RUN_FLOAT64}};
    struct eg_run *run = create(f);
    struct eg_run_table *table;
    assert_int_equal(eg_run_table(run, &table, "/train", columns, 2, "sequences", "cost", NULL),
                     EG_OK);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(eg_run_append(table, (const double[]){100 * i, 800 - 60 * i}, NULL),
                         EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_real(run, "/train/cost", "chance", 640, NULL), EG_OK);
    assert_int_equal(
        eg_run_put_real(run, "/config_values/train/solved", "bit/sequence", NULL, 0, NULL), EG_OK);
    finish(run);
    must_draw(f, EG_PLOT_LEARNING);
    SAYS(f, "net-learning.svg", "chance: 640", "700");
    assert_int_equal(times(f, "net-learning.svg", "solved"), 0);
}

int main(void)
{
    if (system("gnuplot --version >/dev/null 2>&1") != 0) {
        print_message("[  SKIPPED ] gnuplot is not installed: figures are not drawn\n");
        return 0;
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_row_is_a_statement_and_a_column_a_hop),
        TEST(words_are_no_commands),
        TEST(letters_of_all_scripts_are_drawn),
        TEST(a_long_statement_is_cut),
        TEST(a_long_statement_is_cut_between_letters),
        TEST(a_probe_without_attention_has_no_such_figure),
        TEST(shapes_that_differ_are_refused),
        TEST(positions_are_counted_from_the_last_statement),
        TEST(one_answer_is_no_mean),
        TEST(tasks_of_the_last_evaluation_stand_beside_the_published),
        TEST(ten_thousand_questions_have_a_column_of_their_own),
        TEST(other_kinds_of_questions_have_nothing_beside_them),
        TEST(splits_are_curves_over_the_sequences_seen),
        TEST(splits_of_a_text_are_curves_of_its_perplexity),
        TEST(one_evaluation_is_no_curve),
        TEST(where_nothing_counts_as_solved_no_such_line_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
