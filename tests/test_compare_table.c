/* What a comparison comes to: numbers by hand, the table, the comparison file and its figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/compare.h"
#include "experiments/figure.h"
#include "record/check.h"

#include "tests/check.h"

const struct eg_verb *const eg_verbs[] = {NULL};

enum { SCHEMES = 3, TASKS = 2, SEEDS = 5 };

/* Solved at, cost, longer; the second scheme has a seed that diverged, and one that is not done. */
static struct eg_compare_result cell(double at, double cost, double longer)
{
    return (struct eg_compare_result){.state = isinf(cost) ? EG_CELL_DIVERGED : EG_CELL_DONE,
                                      .solved_at = at,
                                      .cost = cost,
                                      .longer = longer,
                                      .longer_exact = isinf(cost) ? NAN : 0.5,
                                      .longer_wrong = 1,
                                      .seconds = 10};
}

static void fill(struct eg_compare_result *r)
{
    const struct eg_compare_result none = {EG_CELL_NEW, NAN, NAN, NAN, NAN, NAN, NAN};
    for (int i = 0; i < SCHEMES * TASKS * SEEDS; i++)
        r[i] = none;
    const struct eg_compare_result first[] = {cell(100, 1, 4), cell(300, 2, 5), cell(200, 3, 6),
                                              cell(INFINITY, 40, 70), cell(400, 5, 8)};
    const struct eg_compare_result second[] = {cell(150, 1.5, 3), cell(200, 1, 4),
                                               cell(INFINITY, INFINITY, INFINITY),
                                               cell(INFINITY, 50, 70), none};
    memcpy(r, first, sizeof first);
    memcpy(r + TASKS * SEEDS, second, sizeof second);
    for (int k = 0; k < SEEDS; k++)
        r[2 * TASKS * SEEDS + k].state = EG_CELL_IMPOSSIBLE;
}

static void what_is_not_solved_counts_as_later_than_all(void **state)
{
    (void) state;
    struct eg_compare_result r[SCHEMES * TASKS * SEEDS];
    struct eg_compare_summary y;
    fill(r);
    eg_compare_summarise(r, TASKS, SEEDS, 0, 0, &y);
    assert_int_equal(y.n, 5);
    assert_int_equal(y.solved, 4);
    check_close(y.fraction, 0.8, 1e-15, 0);
    check_close(y.low, 0.3755, 0, 1e-4); /* Wilson, 4 of 5 */
    check_close(y.high, 0.9638, 0, 1e-4);
    check_close(y.solved_at.median, 300, 0, 0);
    check_close(y.solved_at.low, 200, 0, 0);
    check_close(y.solved_at.high, 400, 0, 0);
    check_close(y.cost.median, 3, 0, 0);
    check_close(y.seconds.median, 10, 0, 0);
    check_close(y.longer_exact, 0.5, 0, 0);
    assert_int_equal(y.diverged, 0);

    eg_compare_summarise(r, TASKS, SEEDS, 1, 0, &y);
    assert_int_equal(y.n, 4);
    assert_int_equal(y.solved, 2);
    assert_int_equal(y.diverged, 1);
    assert_true(isinf(y.solved_at.median)); /* between 200 and never */
    check_close(y.solved_at.low, 187.5, 1e-15, 0);
    check_close(y.cost.median, 25.75, 1e-15, 0); /* of 1, 1.5, 50 and diverged */
    assert_true(isinf(y.cost.high));
}

static void pairs_are_of_equal_seeds_that_both_have_ended(void **state)
{
    (void) state;
    struct eg_compare_result r[SCHEMES * TASKS * SEEDS];
    struct eg_compare_summary y;
    fill(r);
    eg_compare_summarise(r, TASKS, SEEDS, 1, 0, &y);
    /* Solved at: +50, -100, never against 200, neither. */
    const struct eg_compare_difference *d = &y.solved_at_difference;
    assert_int_equal(d->n, 4);
    assert_int_equal(d->better, 1);
    assert_int_equal(d->equal, 1);
    assert_int_equal(d->worse, 2);
    check_close(d->median, 25, 0, 0); /* of -100, 0, 50, never */
    check_close(d->low, -100, 0, 0);
    assert_true(isinf(d->high) && d->high > 0);
    /* Cost: +0.5, -1, diverged, +10. */
    d = &y.cost_difference;
    assert_int_equal(d->better, 1);
    assert_int_equal(d->worse, 3);
    check_close(d->median, 5.25, 1e-15, 0);
    /* Beyond training: -1, -1, diverged, 0. */
    d = &y.longer_difference;
    assert_int_equal(d->better, 2);
    assert_int_equal(d->equal, 1);
    check_close(d->median, -0.5, 0, 0);

    eg_compare_summarise(r, TASKS, SEEDS, 0, 0, &y);
    assert_int_equal(y.solved_at_difference.equal, 5);
    check_close(y.cost_difference.median, 0, 0, 0);
}

static void without_a_cell_there_is_no_number(void **state)
{
    (void) state;
    struct eg_compare_result r[SCHEMES * TASKS * SEEDS];
    struct eg_compare_summary y;
    fill(r);
    for (size_t s = 0; s < SCHEMES; s++) {
        eg_compare_summarise(r, TASKS, SEEDS, s, 1, &y);
        assert_int_equal(y.n, 0);
        assert_int_equal(y.solved_at_difference.n, 0);
        assert_true(isnan(y.fraction) && isnan(y.solved_at.median) && isnan(y.cost.low));
        assert_true(isnan(y.cost_difference.median) && isnan(y.cost_difference.low));
    }
}

/* --- table, file, figures --- */

struct fixture {
    char folder[64], output[96];
    struct eg_comparison c;
    struct eg_command command;
    struct eg_compare_plan p;
    struct eg_message message;
};

static int setup(void **state)
{
    static const char text[] =
        "seeds: 1..5\npreset: ntm-ff/copy\n"
        "tasks: {one: [evaluate.lengths=25], two_of: [task.bits=3]}\n"
        "schemes: {plain: [], other: [memory.order=read-write], wide: [memory.slots=2, "
        "memory.shift_range=4]}\n";
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_compare.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->output, sizeof f->output, "%s/out.h5", f->folder);
    f->command.output = f->output;
    if (eg_compare_read(&f->c, "test.yaml", text, &f->message)
        || eg_compare_plan(&f->p, &f->c, &f->command, &f->message))
        fail_msg("%s", f->message.text);
    fill(f->p.results);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    eg_compare_plan_free(&f->p);
    eg_compare_free(&f->c);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    free(f);
    return system(command);
}

static void the_table_has_a_row_for_each_scheme_and_a_column_for_each_task(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    assert_int_equal(eg_compare_print(to, &f->p, &f->message), EG_OK);
    fclose(to);
    static const char *const says[] = {
        "test.yaml: seeds 1 to 5",
        "one: 100000 sequences, solved under 0.01 bit/sequence",
        "plain     4/5 (38-96 %)      not done\n",
        "other   2/4 (15-85 %) !      not done\n",
        "wide       not possible  not possible\n",
        "plain       300 (200, 400)      not done\n",
        "other   never (188, never)", /* 187.5 */
        "+25 (1 1 2)",                /* the first has no difference to itself */
        "one, 25",
        "other, one: 1 of 4 diverged\n",
        "wide, one: not possible: memory.shift_range = 4 is wider than the memory",
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if (!strstr(text, says[i]))
            fail_msg("'%s' is not said in\n%s", says[i], text);
    free(text);
}

static void complain(void *context, const char *sentence)
{
    (void) context;
    print_error("%s\n", sentence);
}

static void the_file_holds_what_the_table_says(void **state)
{
    struct fixture *f = *state;
    size_t problems = 1;
    if (eg_compare_record(&f->p, "interrupted", &f->message))
        fail_msg("%s", f->message.text);
    assert_int_equal(eg_run_check(f->output, complain, NULL, &problems, &f->message), EG_OK);
    assert_int_equal(problems, 0);
    struct eg_run *run;
    assert_int_equal(eg_run_open(&run, f->output, EG_RUN_READ, &f->message), EG_OK);
    double x[SCHEMES * TASKS * SEEDS];
    char *names;
    assert_int_equal(eg_run_get_text(run, "/compare/scheme_name", &names, &f->message), EG_OK);
    assert_string_equal(names, "plain\nother\nwide");
    free(names);
    assert_int_equal(eg_run_get_text(run, "/compare/run_file", &names, &f->message), EG_OK);
    assert_memory_equal(names, "out/one/plain-1.h5\nout/one/plain-2.h5\n", 38);
    free(names);
    assert_int_equal(eg_run_get(run, "/compare/sequences", EG_RUN_FLOAT64, x,
                                SCHEMES * TASKS * SEEDS, &f->message),
                     EG_OK);
    for (int i = 0; i < SCHEMES * TASKS * SEEDS; i++)
        if (isnan(x[i]) ? !isnan(f->p.results[i].solved_at) : x[i] != f->p.results[i].solved_at)
            fail_msg("cell %d: %g", i, x[i]);
    assert_int_equal(
        eg_run_get(run, "/compare/state", EG_RUN_FLOAT64, x, SCHEMES * TASKS * SEEDS, &f->message),
        EG_OK);
    check_close(x[TASKS * SEEDS + 2], EG_CELL_DIVERGED, 0, 0);
    check_close(x[2 * TASKS * SEEDS], EG_CELL_IMPOSSIBLE, 0, 0);
    assert_int_equal(eg_run_get(run, "/compare/sequences_difference", EG_RUN_FLOAT64, x,
                                SCHEMES * TASKS, &f->message),
                     EG_OK);
    check_close(x[TASKS], 25, 0, 0);
    assert_int_equal(
        eg_run_get(run, "/compare/solved", EG_RUN_FLOAT64, x, SCHEMES * TASKS, &f->message), EG_OK);
    check_close(x[0], 4, 0, 0);
    check_close(x[TASKS], 2, 0, 0);
    assert_int_equal(
        eg_run_get(run, "/compare/parameters", EG_RUN_FLOAT64, x, SCHEMES * TASKS, &f->message),
        EG_OK);
    check_close(x[0], f->p.pairs[0].parameters, 0, 0);
    assert_true(x[0] > 100);
    check_close(x[2 * TASKS], 0, 0, 0);
    eg_run_close(&run);
    /* Ours is replaced, another file is not. */
    assert_int_equal(eg_compare_record(&f->p, "done", &f->message), EG_OK);
    FILE *other = fopen(f->output, "w");
    assert_non_null(other);
    fputs("precious\n", other);
    fclose(other);
    assert_int_equal(eg_compare_record(&f->p, "done", &f->message), EG_ERR_EXISTS);
}

static char *contents(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    if (!file)
        fail_msg("%s is not there", path);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static void its_figure_has_a_dot_for_every_seed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(eg_compare_record(&f->p, "done", &f->message), EG_OK);
    const struct eg_plot_options o = {.run = f->output, .figures = EG_PLOT_SCHEMES};
    const int ret = eg_plot_run(&o, &f->message);
    if (ret == EG_ERR_MISSING && strstr(f->message.text, "gnuplot"))
        skip();
    if (ret)
        fail_msg("%s", f->message.text);
    char path[160];
    snprintf(path, sizeof path, "%s/out-schemes.csv", f->folder);
    char *table = contents(path);
    assert_non_null(strstr(table, "\"one\",\"plain\",3,200,done\n"));
    assert_non_null(strstr(table, "\"one\",\"plain\",4,,done\n"));
    assert_non_null(strstr(table, "\"one\",\"other\",3,,diverged\n"));
    assert_non_null(strstr(table, "\"two of\",\"wide\",1,,not begun\n")); /* '_' would lower */
    free(table);
    snprintf(path, sizeof path, "%s/out-schemes.svg", f->folder);
    char *svg = contents(path);
    assert_non_null(strstr(svg, "width=\"174mm\""));
    assert_non_null(strstr(svg, "4/5"));
    assert_non_null(strstr(svg, "not possible"));
    free(svg);
}

static void without_run_files_there_are_no_traces(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(eg_compare_record(&f->p, "done", &f->message), EG_OK);
    const struct eg_plot_options o = {.run = f->output, .figures = EG_PLOT_TRACES};
    assert_int_equal(eg_plot_run(&o, &f->message), EG_ERR_MISSING);
    assert_non_null(strstr(f->message.text, "not where they were"));
}

int main(int argc, char **argv)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_solved_counts_as_later_than_all),
        cmocka_unit_test(pairs_are_of_equal_seeds_that_both_have_ended),
        cmocka_unit_test(without_a_cell_there_is_no_number),
        ROW(the_table_has_a_row_for_each_scheme_and_a_column_for_each_task),
        ROW(the_file_holds_what_the_table_says),
        ROW(its_figure_has_a_dot_for_every_seed),
        ROW(without_run_files_there_are_no_traces),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests_name("compare_table", tests, NULL, NULL);
}
