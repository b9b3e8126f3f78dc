/* Figures of capacity sweeps and of basins: whether they are there, whole, labelled, true to their
 * numbers, and what becomes of files that lack something or contradict themselves. */
#include "tests/associative_sample.h"
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

/* --- capacity --- */

static void a_capacity_sweep_is_drawn_in_five_ways(void **state)
{
    struct fixture *f = *state;
    const struct grid_sample g = GRID_SAMPLE;
    make_capacity(f->run, &g, NULL);
    must_plot(f, EG_PLOT_SVG);
    static const char *const names[] = {"capacity", "retrieved", "scaling", "census", "error"};
    assert_int_equal(f->n_written, 10);
    for (int k = 0; k < 5; k++)
        has(f, names[k]);
    static const char *const files[] = {"net-capacity.svg", "net-retrieved.svg", "net-error.svg",
                                        "net-scaling.svg", "net-census.svg"};
    for (int k = 0; k < 5; k++)
        SAYS(f, files[k], "N = 1000", "N = 4000", "Criterion: overlap with the stored pattern",
             "n = 40 networks a point", "</svg>");
    for (int k = 0; k < 3; k++)
        SAYS(f, files[k], "load P / N");
    SAYS(f, "net-capacity.svg", "overlap with the pattern", "mean field", "N / (4 ln N)",
         "bars: 1 s.e.", "open, dashed:");
    SAYS(f, "net-retrieved.svg", "Wilson", "normal law", "0.1383", "0.0012");
    SAYS(f, "net-scaling.svg", "load at which half is retrieved", "limit", "mean field",
         "1 degree of freedom", "crossing");
    SAYS(f, "net-census.svg", "target", "stored", "mixture 3", "mixture 5", "spurious", "share");
    SAYS(f, "net-error.svg", "wrong bits [fraction]", "theory");
    letters_are_seven_points_or_more(f);
}

static void lines_outside_the_loads_are_not_drawn(void **state)
{
    struct fixture *f = *state;
    const struct grid_sample g = GRID_SAMPLE; /* 0.08 to 0.2 */
    make_capacity(f->run, &g, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(times(f, "net-capacity.svg", "(2 ln N)"), 1); /* of the root: at 0.17 */
    assert_int_equal(times(f, "net-capacity.svg", "projection"), 0);
    assert_int_equal(times(f, "net-census.svg", "inverse"), 0); /* no such end */
}

static void tables_of_a_sweep_hold_the_numbers(void **state)
{
    struct fixture *f = *state;
    const struct grid_sample g = GRID_SAMPLE;
    make_capacity(f->run, &g, NULL);
    must_plot(f, EG_PLOT_SVG);
    char row[128];
    snprintf(row, sizeof row, "\n2000,0.14,40,%.9g,", sample_retrieved(1, sample_load(&g, 3)));
    SAYS(f, "net-retrieved.csv", "size,load,networks,retrieved fraction,Wilson low,Wilson high\n",
         row);
    SAYS(f, "net-census.csv", "size,load,networks,target,inverse,stored,mixture 3,mixture 5,", row);
    snprintf(row, sizeof row, "\nhalf,4000,%.9g,%.9g,0.0008\n", 1 / sqrt(4000), sample_half(2));
    SAYS(f, "net-scaling.csv", "what,size,N^-0.5,load,standard error\n", row,
         "\nlimit,,0,0.1383,0.0012\n", "\nmean field,,0,0.13790557,\n",
         "\ncrossing,,,0.1405,0.001\n");
    assert_int_equal(times(f, "net-capacity.csv", "\n"), 1 + 21);
}

static void any_number_of_sizes_and_loads_is_drawn(void **state)
{
    struct fixture *f = *state;
    const struct grid_sample some[] = {
        {.sizes = 1, .loads = 1, .load_low = 0.1, .no_scaling = 1},
        {.sizes = 1, .loads = 1, .load_low = 0.1, .no_theory = 1},
        {.sizes = 20, .loads = 3, .load_low = 0.1, .load_high = 0.16},
        {.sizes = 2, .loads = 90, .load_low = 0.001, .load_high = 100, .log = 1},
    };
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        make_capacity(f->run, &some[k], NULL);
        must_plot(f, EG_PLOT_SVG);
        assert_int_equal(f->n_written, some[k].no_scaling || some[k].sizes == 1 ? 8 : 10);
    }
}

static void most_is_missing(struct eg_run *run)
{
    static const char *const gone[] = {"overlap_error",
                                       "overlap_retrieved",
                                       "retrieved_low",
                                       "retrieved_high",
                                       "error_error",
                                       "census",
                                       "n",
                                       "theory",
                                       "scaling"};
    char path[64];
    for (size_t k = 0; k < sizeof gone / sizeof *gone; k++) {
        snprintf(path, sizeof path, "/capacity/%s", gone[k]);
        assert_int_equal(eg_run_delete(run, path, NULL), EG_OK);
    }
}

static void what_a_sweep_does_not_have_is_left_out(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    const struct grid_sample g = GRID_SAMPLE;
    make_capacity(f->run, &g, most_is_missing);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 6);
    assert_int_equal(times(f, "net-capacity.svg", "mean field"), 0);
    assert_int_equal(times(f, "net-capacity.svg", "networks a point"), 0);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_SCALING, 1, &message), EG_ERR_MISSING);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_CENSUS, 1, &message), EG_ERR_MISSING);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_BASIN, 1, &message), EG_ERR_MISSING);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ENERGY, 1, &message), EG_ERR_MISSING);
}

static void no_fit(struct eg_run *run)
{
    const double x[3] = {NAN, NAN, NAN};
    put(run, "/capacity/scaling/half", EG_RUN_FLOAT64, 1, (const size_t[]){3}, x);
}

static void without_a_fit_no_curve_is_spoken_of(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    const struct grid_sample g = GRID_SAMPLE;
    make_capacity(f->run, &g, no_fit);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(times(f, "net-retrieved.svg", "normal law"), 0);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_SCALING, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "no size has a load at which half is retrieved"));
}

/* As a sweep that was broken off leaves it: the last size was not begun. */
static void half_done(struct eg_run *run)
{
    static const char *const names[] = {"overlap",       "overlap_error",  "retrieved",
                                        "retrieved_low", "retrieved_high", "error",
                                        "error_error"};
    double x[3 * 7], census[3 * 7 * CLASSES];
    for (int i = 0; i < 21; i++)
        x[i] = i < 14 ? 0 : NAN;
    for (int i = 0; i < 21 * CLASSES; i++)
        census[i] = i < 14 * CLASSES ? i % CLASSES == 6 : NAN;
    char path[64];
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        snprintf(path, sizeof path, "/capacity/%s", names[k]);
        put(run, path, EG_RUN_FLOAT64, 2, (const size_t[]){3, 7}, x);
    }
    put(run, "/capacity/census", EG_RUN_FLOAT64, 3, (const size_t[]){3, 7, CLASSES}, census);
    const double half[3] = {0.14, NAN, NAN};
    put(run, "/capacity/scaling/half", EG_RUN_FLOAT64, 1, (const size_t[]){3}, half);
    assert_int_equal(
        eg_run_put_real(run, "/capacity/scaling/critical_load", NULL, "fit", NAN, NULL), EG_OK);
}

static void a_sweep_that_is_half_done_is_drawn_as_far_as_it_is(void **state)
{
    struct fixture *f = *state;
    const struct grid_sample g = GRID_SAMPLE;
    make_capacity(f->run, &g, half_done);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 8); /* a fit takes two sizes */
    SAYS(f, "net-error.svg", "none wrong");
    SAYS(f, "net-census.svg", "cycle");
    SAYS(f, "net-capacity.csv", "\n4000,0.08,40,,,");
}

static void wrong_loads(struct eg_run *run)
{
    const double x[3 * 6] = {0};
    put(run, "/capacity/overlap", EG_RUN_FLOAT64, 2, (const size_t[]){3, 6}, x);
    put(run, "/capacity/retrieved_low", EG_RUN_FLOAT64, 2, (const size_t[]){3, 6}, x);
    put(run, "/capacity/error_error", EG_RUN_FLOAT64, 2, (const size_t[]){3, 6}, x);
}

static void wrong_theory(struct eg_run *run)
{
    const double x[5] = {0};
    put(run, "/capacity/theory/overlap", EG_RUN_FLOAT64, 1, (const size_t[]){5}, x);
    put(run, "/capacity/scaling/width", EG_RUN_FLOAT64, 1, (const size_t[]){5}, x);
    put(run, "/capacity/scaling/half_error", EG_RUN_FLOAT64, 1, (const size_t[]){5}, x);
}

static void wrong_half(struct eg_run *run)
{
    const double x[2] = {0.1, 0.1};
    put(run, "/capacity/scaling/half", EG_RUN_FLOAT64, 1, (const size_t[]){2}, x);
    put(run, "/capacity/scaling/width", EG_RUN_FLOAT64, 1, (const size_t[]){2}, x);
}

static void wrong_census(struct eg_run *run)
{
    const double x[3 * 7 * 9] = {0};
    put(run, "/capacity/census", EG_RUN_FLOAT64, 3, (const size_t[]){3, 7, 9}, x);
}

static void shapes_of_a_sweep_that_contradict_each_other_are_an_error(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    const struct grid_sample g = GRID_SAMPLE;
    static const struct contradiction all[] = {
        {wrong_loads, EG_PLOT_CAPACITY, "/capacity/overlap is for 3 sizes and 6 loads"},
        {wrong_loads, EG_PLOT_RETRIEVED, "/capacity/retrieved_low"},
        {wrong_loads, EG_PLOT_ERROR, "/capacity/error_error"},
        {wrong_theory, EG_PLOT_CAPACITY, "/capacity/theory differ in length"},
        {wrong_theory, EG_PLOT_RETRIEVED, "/capacity/scaling differ in length"},
        {wrong_theory, EG_PLOT_SCALING, "/capacity/scaling differ in length"},
        {wrong_half, EG_PLOT_RETRIEVED, "/capacity/scaling is for 2 sizes"},
        {wrong_half, EG_PLOT_SCALING, "/capacity/scaling differ in length"},
        {wrong_census, EG_PLOT_CENSUS, "9 classes"},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        make_capacity(f->run, &g, all[k].spoil);
        assert_int_equal(plot(f, EG_PLOT_SVG, all[k].figure, 1, &message), EG_ERR_FORMAT);
        if (!strstr(message.text, all[k].words))
            fail_msg("%zu: %s", k, message.text);
    }
    nothing_was_left(f);
}

static void evil(struct eg_run *run)
{
    static const char text[] = "`touch evil`\"';system('touch evil')\n{/=99 x}^{y}_\\@~&$";
    static const char *const names[] = {"network", "rule", "criterion", "load_meaning"};
    for (size_t k = 0; k < 4; k++)
        put_words(run, "/capacity", names[k], text);
    put_words(run, "/capacity/census", "class_names", text);
    assert_int_equal(eg_run_put_text(run, "/capacity/theory/line_name", "names", text, NULL),
                     EG_OK);
}

static void words_of_a_sweep_are_never_obeyed(void **state)
{
    struct fixture *f = *state;
    char before[1024];
    const struct grid_sample g = GRID_SAMPLE;
    assert_non_null(getcwd(before, sizeof before));
    make_capacity(f->run, &g, evil);
    assert_int_equal(chdir(f->directory), 0);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(chdir(before), 0);
    assert_false(file_exists(f, "evil"));
    /* The apostrophes are those of print, which end no text of gnuplot's. */
    SAYS(f, "net-retrieved.svg",
         "touch evil\xe2\x80\x99;system(\xe2\x80\x99touch evil\xe2\x80\x99)");
}

static void formulas(struct eg_run *run)
{
    put_words(run, "/capacity", "load_meaning", "P / N^(n-1)");
    put_words(run, "/capacity", "criterion", "m_end >= 0.5 with alpha, not alphabet");
}

static void formulas_have_raised_letters_and_greek_ones(void **state)
{
    struct fixture *f = *state;
    const struct grid_sample g = GRID_SAMPLE;
    make_capacity(f->run, &g, formulas);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-retrieved.svg", "load P / N<", ">n-1<", "\xe2\x89\xa5 0.5 with \xce\xb1,",
         "not alphabet");
}

/* --- basin --- */

static void basins_are_drawn_for_each_size_and_load(void **state)
{
    struct fixture *f = *state;
    struct grid_sample g = GRID_SAMPLE;
    make_basin(f->run, &g, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 2);
    has(f, "basin");
    SAYS(f, "net-basin.svg", "initial overlap", "final overlap", "retrieved [fraction]", "N = 1000",
         "N = 4000", "0.08", "Wilson", "n = 40 networks a point", "Criterion: overlap");
    SAYS(f, "net-basin.csv", "size,load,networks,initial overlap,final overlap,standard error,",
         "\n4000,0.2,40,1,");
    assert_int_equal(times(f, "net-basin.csv", "\n"), 1 + 3 * 7 * 6);
    letters_are_seven_points_or_more(f);

    const struct grid_sample some[] = {{.sizes = 1, .loads = 1, .starts = 1, .load_low = 0.1},
                                       {.sizes = 5, .loads = 30, .starts = 2, .load_high = 0.2}};
    for (size_t k = 0; k < 2; k++) {
        make_basin(f->run, &some[k], NULL);
        must_plot(f, EG_PLOT_SVG);
    }
    SAYS(f, "net-basin.svg", "7 of 30 loads are drawn");
}

static void n_of_starts(struct eg_run *run)
{
    int64_t n[3 * 7 * 6];
    for (int i = 0; i < 126; i++)
        n[i] = 30 + i % 6;
    put(run, "/basin/n", EG_RUN_INT64, 3, (const size_t[]){3, 7, 6}, n);
}

static void networks_may_be_counted_for_each_start(void **state)
{
    struct fixture *f = *state;
    const struct grid_sample g = GRID_SAMPLE;
    make_basin(f->run, &g, n_of_starts);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-basin.svg", "n = 30 to 35 networks a point");
    SAYS(f, "net-basin.csv", "\n4000,0.2,35,1,", "\n1000,0.08,31,0.333");
}

static void wrong_starts(struct eg_run *run)
{
    const double x[3 * 7 * 5] = {0};
    put(run, "/basin/final", EG_RUN_FLOAT64, 3, (const size_t[]){3, 7, 5}, x);
}

static void no_starts(struct eg_run *run)
{
    assert_int_equal(eg_run_delete(run, "/basin/start", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/basin/final", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/basin/retrieved", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/basin/final_error", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/basin/retrieved_low", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/basin/retrieved_high", NULL), EG_OK);
}

static void basins_that_contradict_themselves_are_an_error(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    const struct grid_sample g = GRID_SAMPLE;
    make_basin(f->run, &g, wrong_starts);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_BASIN, 1, &message), EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "/basin/final is for 5 starts; there are 6"));
    make_basin(f->run, &g, no_starts);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_BASIN, 1, &message), EG_ERR_MISSING);
    nothing_was_left(f);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest drawing[] = {
        ROW(a_capacity_sweep_is_drawn_in_five_ways),
        ROW(lines_outside_the_loads_are_not_drawn),
        ROW(tables_of_a_sweep_hold_the_numbers),
        ROW(any_number_of_sizes_and_loads_is_drawn),
        ROW(what_a_sweep_does_not_have_is_left_out),
        ROW(without_a_fit_no_curve_is_spoken_of),
        ROW(a_sweep_that_is_half_done_is_drawn_as_far_as_it_is),
        ROW(words_of_a_sweep_are_never_obeyed),
        ROW(formulas_have_raised_letters_and_greek_ones),
        ROW(basins_are_drawn_for_each_size_and_load),
        ROW(networks_may_be_counted_for_each_start),
    };
    const struct CMUnitTest without[] = {
        ROW(shapes_of_a_sweep_that_contradict_each_other_are_an_error),
        ROW(basins_that_contradict_themselves_are_an_error),
    };
    int failed =
        cmocka_run_group_tests_name("figures of capacity, no gnuplot needed", without, NULL, NULL);
    if (system("gnuplot --version >/dev/null 2>&1") == 0)
        failed += cmocka_run_group_tests_name("figures of capacity", drawing, NULL, NULL);
    else
        print_message("[  SKIPPED ] gnuplot is not installed: figures are not drawn\n");
    return failed != 0;
}
