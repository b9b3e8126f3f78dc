/* Figures of recalls: whether they are there, whole, labelled, true to their numbers, and what
 * becomes of files that lack something or contradict themselves. */
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

static void a_recall_is_drawn_as_energy_and_states(void **state)
{
    struct fixture *f = *state;
    const struct recall_sample r = RECALL_SAMPLE;
    make_recall(f->run, &r, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 4);
    has(f, "energy");
    has(f, "states");
    SAYS(f, "net-energy.svg", "18 target", "2 spurious", "energy", "overlap with the target",
         "sweeps", "n = 20 trials", "1 s.e.", "mean", "</svg>");
    SAYS(f, "net-states.svg", "cue", "stored", "trial 0", "trial 1", "wrongly on", "wrongly off",
         ">1.00<", ">-15.0<", "asynchronous, random order, ties keep", "</svg>");
    letters_are_seven_points_or_more(f);
    assert_int_equal(count_files(f, "tmp"), 0);
}

/* Trial 0: a cue and five sweeps, and the pattern: seven pictures.  Trial 1: a cue, two sweeps
 * (rest_after), and the pattern: four.  The image of the sixth sweep of trial 1 would only repeat
 * the third. */
static void states_after_rest_are_not_drawn_again(void **state)
{
    struct fixture *f = *state;
    const struct recall_sample r = RECALL_SAMPLE;
    make_recall(f->run, &r, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(times(f, "net-states.svg", "<image"), 7 + 4);
    assert_int_equal(times(f, "net-states.svg", ">stored<"), 2);
}

static void of_many_sweeps_some_are_shown_the_first_and_the_last_among_them(void **state)
{
    struct fixture *f = *state;
    struct recall_sample r = RECALL_SAMPLE;
    r.sweeps = 41;
    r.kept = 1;
    make_recall(f->run, &r, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(times(f, "net-states.svg", "<image"), 8);
    SAYS(f, "net-states.svg", ">cue<", ">40<", ">stored<");
    SAYS(f, "net-states.csv", "\n0,0,", "\n0,40,", "\n0,stored,,,1,1,1,1,1,1,0,0,0,1,");
}

static void tables_of_a_recall_hold_every_trial_and_the_mean(void **state)
{
    struct fixture *f = *state;
    struct recall_sample r = RECALL_SAMPLE;
    r.trials = 2;
    r.sweeps = 3;
    make_recall(f->run, &r, NULL);
    must_plot(f, EG_PLOT_SVG);
    /* 30 sites at an overlap of 1: -15.  Trial 1 takes 2 sweeps, as trial 0 does. */
    SAYS(f, "net-energy.csv", "trial,end,sweep,energy,overlap,", "\n0,target,2,-15,1,,,,\n",
         "\n1,target,2,-15,1,,,,\n", "\nmean,,2,-15,1,-15,-15,1,1\n");
    SAYS(f, "net-states.csv", "trial,sweep,energy,overlap,site_0,", ",site_29\n", "\n1,2,-15,1,0,");
}

/* Trial 0 rests after two sweeps and trial 1 after one, at -15; energies that are put here: the
 * mean of -3 and -15 with the last value kept, and an error of 6. */
static void two_trials(struct eg_run *run)
{
    const double energy[] = {-1, -2, -3, -5, -15, NAN}, overlap[] = {0, 0.5, 1, 0, 1, NAN};
    put(run, "/hopfield/energy", EG_RUN_FLOAT64, 2, (const size_t[]){2, 3}, energy);
    put(run, "/hopfield/overlap", EG_RUN_FLOAT64, 2, (const size_t[]){2, 3}, overlap);
}

static void a_trial_at_rest_keeps_its_energy_in_the_mean(void **state)
{
    struct fixture *f = *state;
    struct recall_sample r = RECALL_SAMPLE;
    r.trials = 2;
    r.sweeps = 3;
    make_recall(f->run, &r, two_trials);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-energy.csv", "\nmean,,2,-9,1,-15,-3,1,1\n", "\nmean,,0,-3,0,-5,-1,0,0\n");
    assert_int_equal(times(f, "net-energy.csv", "\n1,"), 2); /* sweep 2 of trial 1 is not there */
}

static void real_states_and_weights_are_drawn(void **state)
{
    struct fixture *f = *state;
    struct recall_sample r = RECALL_SAMPLE;
    r.real = r.weights = 1;
    make_recall(f->run, &r, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 6);
    has(f, "weights");
    SAYS(f, "net-states.svg", "orange: positive", "stored");
    SAYS(f, "net-weights.svg", "target 0", "pattern 1", "pattern 2", "entropy [bit]", "sweeps",
         "weight on the pattern", "2 trials");
    SAYS(f, "net-weights.csv", "trial,sweep,entropy [bit],weight_0,");
    assert_int_equal(times(f, "net-states.svg", "wrongly"), 0);
    letters_are_seven_points_or_more(f);
}

static void bits_stored(struct eg_run *run)
{
    uint8_t bits[3 * 30];
    for (int i = 0; i < 90; i++)
        bits[i] = i % 30 == 0;
    assert_int_equal(eg_run_delete(run, "/hopfield/pattern_values", NULL), EG_OK);
    put(run, "/hopfield/patterns", EG_RUN_UINT8, 2, (const size_t[]){3, 30}, bits);
}

static void bits_that_real_states_are_compared_with_are_signs(void **state)
{
    struct fixture *f = *state;
    struct recall_sample r = RECALL_SAMPLE;
    r.real = 1;
    make_recall(f->run, &r, bits_stored);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-states.csv", "\n0,stored,,,1,-1,-1,");
}

static void even_weights(struct eg_run *run)
{
    double w[2 * 6 * 3];
    for (int i = 0; i < 36; i++)
        w[i] = 0;
    for (int i = 0; i < 12; i++)
        w[3 * i] = w[3 * i + 2] = 0.5;
    put(run, "/hopfield/weights", EG_RUN_FLOAT64, 3, (const size_t[]){2, 6, 3}, w);
}

static void two_patterns_in_equal_parts_have_one_bit_of_entropy(void **state)
{
    struct fixture *f = *state;
    const struct recall_sample r = RECALL_SAMPLE;
    make_recall(f->run, &r, even_weights);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-weights.csv", "trial,sweep,entropy [bit],weight_0,weight_2\n0,0,1,0.5,0.5\n");
}

static void a_second_layer_is_a_strip_under_the_first(void **state)
{
    struct fixture *f = *state;
    struct recall_sample r = RECALL_SAMPLE;
    r.second = 12;
    r.kept = 1;
    make_recall(f->run, &r, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(times(f, "net-states.svg", "<image"), 14);
    SAYS(f, "net-states.csv", ",site_41\n");
}

static void any_number_of_trials_sweeps_and_sites_is_drawn(void **state)
{
    struct fixture *f = *state;
    const struct recall_sample some[] = {
        {.trials = 1, .sweeps = 1, .kept = 1, .patterns = 1, .height = 1, .width = 1},
        {.trials = 1000, .sweeps = 9, .kept = 40, .patterns = 5, .height = 3, .width = 3},
        {.trials = 3,
         .sweeps = 2,
         .kept = 2,
         .patterns = 2,
         .height = 1,
         .width = 97,
         .no_picture = 1,
         .weights = 1},
        {.trials = 3, .sweeps = 2, .kept = 2, .patterns = 2, .height = 1, .width = 300},
        {.trials = 3, .sweeps = 2, .kept = 2, .patterns = 2, .height = 300, .width = 1},
    };
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        make_recall(f->run, &some[k], NULL);
        must_plot(f, EG_PLOT_SVG);
        assert_int_equal(f->n_written, some[k].weights ? 6 : 4);
    }
    make_recall(f->run, &some[1], NULL);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-energy.svg", "1000 trials, 200 of them drawn");
    SAYS(f, "net-states.svg", "6 of 40 kept trials");
    assert_true(times(f, "net-energy.csv", "\n999,") > 0);
}

static void without_kept_trials_there_are_no_states(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct recall_sample r = RECALL_SAMPLE;
    r.kept = 0;
    make_recall(f->run, &r, NULL);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 2);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_STATES, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "no states were kept"));
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_WEIGHTS, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "no weights"));
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_CAPACITY, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "no capacity"));
}

static void only_energy(struct eg_run *run)
{
    static const char *const gone[] = {"overlap", "target", "sweeps", "end", "patterns"};
    char path[64];
    for (size_t k = 0; k < sizeof gone / sizeof *gone; k++) {
        snprintf(path, sizeof path, "/hopfield/%s", gone[k]);
        assert_int_equal(eg_run_delete(run, path, NULL), EG_OK);
    }
}

static void what_a_recall_does_not_have_is_left_out(void **state)
{
    struct fixture *f = *state;
    const struct recall_sample r = RECALL_SAMPLE;
    make_recall(f->run, &r, only_energy);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 4);
    assert_int_equal(times(f, "net-states.svg", ">stored<"), 0);
    assert_int_equal(times(f, "net-states.svg", "wrongly"), 0);
    assert_int_equal(times(f, "net-energy.svg", "overlap with the target"), 0);
    assert_int_equal(times(f, "net-energy.svg", " target<"), 0);
}

static void nothing_finite(struct eg_run *run)
{
    double x[20 * 6];
    assert_int_equal(eg_run_delete(run, "/hopfield/patterns", NULL), EG_OK);
    for (int i = 0; i < 120; i++)
        x[i] = i % 3 ? NAN : INFINITY;
    put(run, "/hopfield/energy", EG_RUN_FLOAT64, 2, (const size_t[]){20, 6}, x);
    put(run, "/hopfield/overlap", EG_RUN_FLOAT64, 2, (const size_t[]){20, 6}, x);
    put(run, "/hopfield/weights", EG_RUN_FLOAT64, 3, (const size_t[]){2, 6, 10}, x);
    const double states[1 * 6 * 4] = {NAN, INFINITY, 1e300, -1e300};
    put(run, "/hopfield/states", EG_RUN_FLOAT64, 3, (const size_t[]){1, 6, 4}, states);
    assert_int_equal(eg_run_put_attr_int(run, "/hopfield", "height", 2, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_int(run, "/hopfield", "width", 2, NULL), EG_OK);
}

static void a_recall_that_is_not_finite_is_drawn_empty(void **state)
{
    struct fixture *f = *state;
    const struct recall_sample r = RECALL_SAMPLE;
    make_recall(f->run, &r, nothing_finite);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 6);
}

static void wrong_picture(struct eg_run *run)
{
    assert_int_equal(eg_run_put_attr_int(run, "/hopfield", "width", 7, NULL), EG_OK);
}

static void wrong_overlap(struct eg_run *run)
{
    const double x[20 * 5] = {0};
    put(run, "/hopfield/overlap", EG_RUN_FLOAT64, 2, (const size_t[]){20, 5}, x);
}

static void wrong_end(struct eg_run *run)
{
    const uint8_t x[19] = {0};
    put(run, "/hopfield/end", EG_RUN_UINT8, 1, (const size_t[]){19}, x);
}

static void wrong_target(struct eg_run *run)
{
    const int64_t x[1] = {0};
    put(run, "/hopfield/target", EG_RUN_INT64, 1, (const size_t[]){1}, x);
}

static void wrong_patterns(struct eg_run *run)
{
    const uint8_t x[2 * 29] = {0};
    put(run, "/hopfield/patterns", EG_RUN_UINT8, 2, (const size_t[]){2, 29}, x);
}

static void wrong_rank(struct eg_run *run)
{
    const uint8_t x[2 * 30] = {0};
    put(run, "/hopfield/states", EG_RUN_UINT8, 2, (const size_t[]){2, 30}, x);
}

static void shapes_of_a_recall_that_contradict_each_other_are_an_error(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    const struct recall_sample r = RECALL_SAMPLE;
    static const struct contradiction all[] = {
        {wrong_picture, EG_PLOT_STATES, "6 x 7"},
        {wrong_overlap, EG_PLOT_STATES, "/hopfield/overlap"},
        {wrong_overlap, EG_PLOT_ENERGY, "/hopfield/overlap"},
        {wrong_end, EG_PLOT_ENERGY, "/hopfield/end"},
        {wrong_target, EG_PLOT_STATES, "/hopfield/target"},
        {wrong_patterns, EG_PLOT_STATES, "/hopfield/patterns"},
        {wrong_rank, EG_PLOT_STATES, "3 axes"},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        make_recall(f->run, &r, all[k].spoil);
        assert_int_equal(plot(f, EG_PLOT_SVG, all[k].figure, 1, &message), EG_ERR_FORMAT);
        if (!strstr(message.text, all[k].words) || !strstr(message.text, f->run))
            fail_msg("%zu: %s", k, message.text);
    }
    nothing_was_left(f);
}

static void every_figure_has_a_name(void **state)
{
    (void) state;
    static const struct {
        unsigned figure;
        const char *name;
    } all[] = {{EG_PLOT_LEARNING, "learning"},
               {EG_PLOT_COMPARE, "compare"},
               {EG_PLOT_GENERALISATION, "generalisation"},
               {EG_PLOT_SEQUENCE, "sequence"},
               {EG_PLOT_HEADS, "heads"},
               {EG_PLOT_PREDICTION, "prediction"},
               {EG_PLOT_PRIORITY, "priority"},
               {EG_PLOT_ENERGY, "energy"},
               {EG_PLOT_STATES, "states"},
               {EG_PLOT_WEIGHTS, "weights"},
               {EG_PLOT_CAPACITY, "capacity"},
               {EG_PLOT_RETRIEVED, "retrieved"},
               {EG_PLOT_SCALING, "scaling"},
               {EG_PLOT_CENSUS, "census"},
               {EG_PLOT_ERROR, "error"},
               {EG_PLOT_BASIN, "basin"},
               {EG_PLOT_ATTENTION, "attention"},
               {EG_PLOT_POSITIONS, "positions"},
               {EG_PLOT_TASKS, "tasks"},
               {EG_PLOT_SPLITS, "splits"},
               {EG_PLOT_SCHEMES, "schemes"},
               {EG_PLOT_TRACES, "traces"},
               {EG_PLOT_HEALTH, "health"},
               {EG_PLOT_COST, "cost"}};
    enum { N = sizeof all / sizeof *all };
    for (int k = 0; k < N; k++) {
        assert_int_equal(all[k].figure, 1 << k);
        assert_string_equal(eg_plot_names[k], all[k].name);
    }
    assert_null(eg_plot_names[N]);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest drawing[] = {
        ROW(a_recall_is_drawn_as_energy_and_states),
        ROW(states_after_rest_are_not_drawn_again),
        ROW(of_many_sweeps_some_are_shown_the_first_and_the_last_among_them),
        ROW(tables_of_a_recall_hold_every_trial_and_the_mean),
        ROW(a_trial_at_rest_keeps_its_energy_in_the_mean),
        ROW(real_states_and_weights_are_drawn),
        ROW(bits_that_real_states_are_compared_with_are_signs),
        ROW(two_patterns_in_equal_parts_have_one_bit_of_entropy),
        ROW(a_second_layer_is_a_strip_under_the_first),
        ROW(any_number_of_trials_sweeps_and_sites_is_drawn),
        ROW(without_kept_trials_there_are_no_states),
        ROW(what_a_recall_does_not_have_is_left_out),
        ROW(a_recall_that_is_not_finite_is_drawn_empty),
    };
    const struct CMUnitTest without[] = {
        ROW(shapes_of_a_recall_that_contradict_each_other_are_an_error),
        ROW(every_figure_has_a_name),
    };
    int failed =
        cmocka_run_group_tests_name("figures of recalls, no gnuplot needed", without, NULL, NULL);
    if (system("gnuplot --version >/dev/null 2>&1") == 0)
        failed += cmocka_run_group_tests_name("figures of recalls", drawing, NULL, NULL);
    else
        print_message("[  SKIPPED ] gnuplot is not installed: figures are not drawn\n");
    return failed != 0;
}
