/* The figure of time and memory against slots: whether it is there, labelled and true to its
 * numbers, and what becomes of files that contradict themselves. */
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

enum { COLUMNS = 7 };

/* preset, slots, batch, steps, seconds of a step, bytes of the tape, threads */
static const double sample[][COLUMNS] = {
    {0, 64, 1, 100, 20e-6, 4000000, 1},     {0, 1024, 1, 100, 25e-6, 4400000, 1},
    {0, 65536, 1, 100, 28e-6, 4400000, 1},  {1, 64, 1, 100, 50e-6, 8800000, 1},
    {1, 1024, 1, 100, 200e-6, 52000000, 1}, {1, 16384, 1, 100, 3e-3, 750000000, 1},
    {1, 65536, 1, 4, 35e-3, 134000000, 1},
};
enum { ROWS = sizeof sample / sizeof *sample };

static void make_rows(const char *path, const double (*rows)[COLUMNS], size_t n, const char *names,
                      void (*spoil)(struct eg_run *run))
{
    static const struct eg_run_column columns[COLUMNS] = {
        {"preset", NULL, NULL, EG_RUN_INT64},        {"slots", "slot", NULL, EG_RUN_INT64},
        {"batch", NULL, NULL, EG_RUN_INT64},         {"steps", "step", NULL, EG_RUN_INT64},
        {"step_seconds", "s", NULL, EG_RUN_FLOAT64}, {"tape_bytes", "byte", NULL, EG_RUN_INT64},
        {"threads", NULL, NULL, EG_RUN_INT64},
    };
    struct eg_run *run;
    struct eg_run_table *table;
    assert_int_equal(eg_run_create(&run, path, NULL, EG_RUN_FORCE, NULL), EG_OK);
    assert_int_equal(eg_run_table(run, &table, "/bench", columns, COLUMNS, "slots", NULL, NULL),
                     EG_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(eg_run_append(table, rows[i], NULL), EG_OK);
    assert_int_equal(eg_run_put_text(run, "/bench/preset_name", NULL, names, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    if (spoil)
        spoil(run);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

static void make(const struct fixture *f, void (*spoil)(struct eg_run *run))
{
    make_rows(f->run, sample, ROWS, "sam/scaling\nntm/scaling", spoil);
}

/* The words of a drawing without marks and line ends: a caption is broken where it must be. */
static void caption_says(const struct fixture *f, const char *words)
{
    size_t n, m = 0;
    char *text = contents(f, "net-cost.svg", &n);
    for (size_t i = 0, mark = 0; i < n; i++) {
        mark = text[i] == '<' ? 1 : mark;
        if (!mark && text[i] != '\n' && text[i] != '\t' && text[i] != ' ')
            text[m++] = text[i];
        mark = text[i] == '>' ? 0 : mark;
    }
    text[m] = '\0';
    char plain[256];
    size_t k = 0;
    for (; *words; words++)
        if (*words != ' ')
            plain[k++] = *words;
    plain[k] = '\0';
    if (!strstr(text, plain))
        fail_msg("the caption does not say '%s'", plain);
    free(text);
}

static void both_panels_are_drawn_and_labelled(void **state)
{
    struct fixture *f = *state;
    make(f, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 2);
    has(f, "cost");
    SAYS(f, "net-cost.svg", "width=\"85mm\"", "time of a step [s]", "tape of a step [byte]",
         "slots", "sam/scaling", "ntm/scaling", "</svg>");
    letters_are_seven_points_or_more(f);
}

/* 35e-3 / 28e-6 = 1250; 28 / 20 = 1.4; 3e-3 / 50e-6 = 60. */
static void the_caption_says_how_it_was_measured_and_what_came_of_it(void **state)
{
    struct fixture *f = *state;
    make(f, NULL);
    must_plot(f, EG_PLOT_SVG);
    caption_says(f, "batch 1, 1 thread, sequences of 100 steps.");
    caption_says(f, "Open, dashed: 4 steps.");
    caption_says(f, "At 65536 slots ntm/scaling (4 steps) takes 1250 times the time of "
                    "sam/scaling (100 steps).");
    caption_says(f, "sam/scaling 1.4 times from 64 to 65536 slots, ntm/scaling 60 times from 64 to "
                    "16384 slots.");
}

/* 3e-3 / 30e-6 = 100; bytes 7.5e6 / 44e3 = 170.45. */
static void memory_is_compared_where_both_have_the_same_steps(void **state)
{
    struct fixture *f = *state;
    static const double rows[][COLUMNS] = {
        {0, 16384, 1, 100, 30e-6, 4400000, 1},
        {1, 16384, 1, 100, 3e-3, 750000000, 1},
    };
    make_rows(f->run, rows, 2, "sam/scaling\nntm/scaling", NULL);
    must_plot(f, EG_PLOT_SVG);
    caption_says(f, "At 16384 slots ntm/scaling takes 100 times the time and 170 times the memory "
                    "of sam/scaling.");
    assert_int_equal(times(f, "net-cost.svg", "Open"), 0);
    assert_int_equal(times(f, "net-cost.svg", "Growth"), 0);
}

static void the_table_holds_the_quotients(void **state)
{
    struct fixture *f = *state;
    make(f, NULL);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-cost.csv",
         "preset,slots,batch,steps,threads,time of a step [s],tape of a step [byte]\n"
         "\"sam/scaling\",64,1,100,1,2e-05,40000\n",
         "\n\"ntm/scaling\",65536,1,4,1,0.035,33500000\n");
    assert_int_equal(times(f, "net-cost.csv", "\n"), 1 + ROWS);
}

static void one_row_and_many_presets_are_drawn_in_all_formats(void **state)
{
    struct fixture *f = *state;
    double rows[7][COLUMNS];
    for (int i = 0; i < 7; i++) {
        memcpy(rows[i], sample[0], sizeof rows[i]);
        rows[i][0] = i;
        rows[i][2] = i + 1;
    }
    make_rows(f->run, (const double(*)[COLUMNS]) rows, 7, "a/a\nb_b/b^2\nc\nd\ne\nf\ng", NULL);
    must_plot(f, EG_PLOT_SVG);
    caption_says(f, "batch 1 to 7");
    must_plot(f, EG_PLOT_PNG);
    make_rows(f->run, sample, 1, "sam/scaling", NULL);
    must_plot(f, EG_PLOT_SVG);
    must_plot(f, EG_PLOT_PDF);
}

static void put_rows(struct eg_run *run, const char *path, const double *x, size_t n)
{
    const struct eg_run_array array = {.type = EG_RUN_FLOAT64, .rank = 1, .dims = {n}, .data = x};
    assert_int_equal(eg_run_delete(run, path, NULL), EG_OK);
    assert_int_equal(eg_run_put(run, path, &array, NULL), EG_OK);
}

static void short_column(struct eg_run *run)
{
    put_rows(run, "/bench/steps", (const double[]){100, 100}, 2);
}
static void no_time(struct eg_run *run)
{
    put_rows(run, "/bench/step_seconds", (const double[]){1, 1, 1, 0, 1, 1, 1}, ROWS);
}
static void no_such_preset(struct eg_run *run)
{
    put_rows(run, "/bench/preset", (const double[]){0, 0, 2, 0, 0, 0, 0}, ROWS);
}
static void no_column(struct eg_run *run)
{
    assert_int_equal(eg_run_delete(run, "/bench/tape_bytes", NULL), EG_OK);
}
static void eight_presets(struct eg_run *run)
{
    assert_int_equal(
        eg_run_put_text(run, "/bench/preset_name", NULL, "a\nb\nc\nd\ne\nf\ng\nh", NULL), EG_OK);
}

static void files_that_contradict_themselves_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        void (*spoil)(struct eg_run *run);
        const char *words;
        int status;
    } cases[] = {
        {short_column, "/bench/steps has 2 rows, /bench/preset has 7", EG_ERR_FORMAT},
        {no_time, "/bench/step_seconds is 0 in row 3", EG_ERR_FORMAT},
        {no_such_preset, "/bench/preset is 2 in row 2", EG_ERR_FORMAT},
        {no_column, "/bench/tape_bytes", EG_ERR_FORMAT},
        {eight_presets, "at most 7 presets", EG_ERR_RANGE},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct eg_message message;
        make(f, cases[k].spoil);
        assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_COST, 0, &message), cases[k].status);
        if (!strstr(message.text, cases[k].words) || !strstr(message.text, f->run))
            fail_msg("'%s' does not say '%s'", message.text, cases[k].words);
        nothing_was_left(f);
    }
}

static void a_file_without_rows_has_nothing_to_draw(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    make_rows(f->run, sample, 0, "sam/scaling", NULL);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_COST, 0, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "no rows yet"));
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest drawing[] = {
        ROW(both_panels_are_drawn_and_labelled),
        ROW(the_caption_says_how_it_was_measured_and_what_came_of_it),
        ROW(memory_is_compared_where_both_have_the_same_steps),
        ROW(the_table_holds_the_quotients),
        ROW(one_row_and_many_presets_are_drawn_in_all_formats),
    };
    const struct CMUnitTest without[] = {
        ROW(files_that_contradict_themselves_are_refused),
        ROW(a_file_without_rows_has_nothing_to_draw),
    };
    int failed =
        cmocka_run_group_tests_name("figure of costs, no gnuplot needed", without, NULL, NULL);
    if (system("gnuplot --version >/dev/null 2>&1") == 0)
        failed += cmocka_run_group_tests_name("figure of costs", drawing, NULL, NULL);
    else
        print_message("[  SKIPPED ] gnuplot is not installed: figures are not drawn\n");
    return failed != 0;
}
