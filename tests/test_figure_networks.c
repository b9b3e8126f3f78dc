/* Figures of trained networks side by side, of predictions and of a priority sort: what is drawn
 * stands in the tables, and there it is looked at. */
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

struct sample {
    const char *preset, *status;
    int64_t seed;
    double every;             /* sequences from report to report */
    const double *costs;      /* ended by 0                      */
    const double (*sizes)[4]; /* length, repeats, cost, optimum; ended by length 0; NULL: none */
};

static void evaluate(struct eg_run *run, const double (*sizes)[4])
{
    static const struct eg_run_column columns[] = {
        {"step", NULL, NULL, EG_RUN_INT64},
        {"length", "step", NULL, EG_RUN_INT64},
        {"repeats", "1", NULL, EG_RUN_INT64},
        {"mean", "bit/sequence", NULL, EG_RUN_FLOAT64},
        {"standard_error", NULL, NULL, EG_RUN_FLOAT64},
        {"n", NULL, NULL, EG_RUN_INT64},
        {"exact_fraction", NULL, NULL, EG_RUN_FLOAT64},
        {"optimum", NULL, NULL, EG_RUN_FLOAT64},
    };
    struct eg_run_table *table;
    assert_int_equal(eg_run_table(run, &table, "/evaluate", columns, 8, "step", NULL, NULL), EG_OK);
    const double mixed[] = {10, 0, 0, 1, 0.5, 100, 0.5, 0.25};
    assert_int_equal(eg_run_append(table, mixed, NULL), EG_OK);
    for (; (*sizes)[0] > 0; sizes++) {
        const double row[] = {10,  (*sizes)[0], (*sizes)[1], (*sizes)[2],
                              0.5, 100,         0.5,         (*sizes)[3]};
        assert_int_equal(eg_run_append(table, row, NULL), EG_OK);
    }
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    static const char *const keys[] = {"length_min", "length_max", "repeats_min", "repeats_max"};
    static const int64_t ends[] = {1, 10, 1, 10};
    for (int k = 0; k < 4; k++) {
        char path[64];
        snprintf(path, sizeof path, "/config_values/task/%s", keys[k]);
        assert_int_equal(eg_run_put_int(run, path, "1", NULL, ends[k], NULL), EG_OK);
    }
    assert_int_equal(eg_run_put_attr_text(run, "/evaluate/length", "counts", "vectors", NULL),
                     EG_OK);
}

static void make(const char *path, const struct sample *s)
{
    static const struct eg_run_column columns[] = {
        {"sequences", "sequence", NULL, EG_RUN_INT64},
        {"cost", "bit/sequence", NULL, EG_RUN_FLOAT64},
    };
    struct eg_run *run;
    struct eg_run_table *table;
    struct eg_message message = {.text = ""};
    if (eg_run_create(&run, path, NULL, EG_RUN_FORCE, &message) != EG_OK)
        fail_msg("%s", message.text);
    assert_int_equal(eg_run_put_attr_text(run, "/", "name", s->preset, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_int(run, "/", "seed", s->seed, NULL), EG_OK);
    assert_int_equal(eg_run_table(run, &table, "/train", columns, 2, "sequences", "cost", NULL),
                     EG_OK);
    for (int i = 0; s->costs[i] > 0; i++) {
        const double row[] = {s->every * (i + 1), s->costs[i]};
        assert_int_equal(eg_run_append(table, row, NULL), EG_OK);
    }
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_real(run, "/train/cost", "chance", 16, NULL), EG_OK);
    if (s->sizes)
        evaluate(run, s->sizes);
    assert_int_equal(eg_run_put_attr_text(run, "/", "status", s->status ? s->status : "done", NULL),
                     EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

enum { RUNS = 4, PATH = 128 };

/* Draws n runs into DIRECTORY/all-... */
static int compare(struct fixture *f, const struct sample *samples, size_t n,
                   struct eg_message *message)
{
    char paths[RUNS][PATH], output[PATH];
    const char *runs[RUNS];
    assert_true(n <= RUNS);
    for (size_t i = 0; i < n; i++) {
        snprintf(paths[i], PATH, "%s/%zu.h5", f->directory, i);
        make(paths[i], &samples[i]);
        runs[i] = paths[i];
    }
    snprintf(output, PATH, "%s/all", f->directory);
    const struct eg_plot_options options = {
        .runs = runs, .n_runs = n, .output = output, .force = 1, .written = note, .context = f};
    f->n_written = 0;
    message->text[0] = '\0';
    return eg_plot_run(&options, message);
}

static void must_compare(struct fixture *f, const struct sample *samples, size_t n)
{
    struct eg_message message;
    if (compare(f, samples, n, &message) != EG_OK)
        fail_msg("%s", message.text);
}

/* --- learning curves --- */

static void curves_are_the_median_and_quartiles_of_each_preset(void **state)
{
    struct fixture *f = *state;
    /* Quartiles of three numbers lie half way to the middle one. */
    const struct sample samples[] = {
        {"ntm/x", NULL, 1, 100, (const double[]){8, 4, 0}, NULL},
        {"lstm/x", NULL, 1, 100, (const double[]){10, 9, 0}, NULL},
        {"ntm/x", NULL, 2, 100, (const double[]){6, 2, 0}, NULL},
        {"ntm/x", NULL, 3, 100, (const double[]){4, 1, 0}, NULL},
    };
    must_compare(f, samples, 4);
    assert_int_equal(f->n_written, 2); /* nothing was evaluated */
    SAYS(f, "all-compare.csv",
         "preset,seeds,sequences,median cost [bit/sequence],lower quartile [bit/sequence],upper "
         "quartile [bit/sequence]\n\"ntm/x\",3,100,6,5,7\n\"ntm/x\",3,200,2,1.5,3\n"
         "\"lstm/x\",1,100,10,10,10\n\"lstm/x\",1,200,9,9,9\n");
    SAYS(f, "all-compare.svg", "ntm/x (3 seeds)", "lstm/x (1 seed)", "median over seeds",
         "training sequences [thousand]", "cost [bit/sequence]", "chance: 16");
    letters_are_seven_points_or_more(f);
}

static void reports_at_other_places_are_joined_by_the_sequences_they_stand_for(void **state)
{
    struct fixture *f = *state;
    /* The second run says of its first 300 sequences that they cost 4 in the mean, of the next
     * 300 that they cost 2; the first has three reports of 200.  The grid has two intervals of 300:
     * of the first run they cost (200 x 9 + 100 x 6) / 300 = 8 and (100 x 6 + 200 x 3) / 300 = 4.
     */
    const struct sample samples[] = {
        {"a", NULL, 1, 200, (const double[]){9, 6, 3, 0}, NULL},
        {"a", NULL, 2, 300, (const double[]){4, 2, 0}, NULL},
    };
    must_compare(f, samples, 2);
    SAYS(f, "all-compare.csv", "\"a\",2,300,6,5,7\n\"a\",2,600,3,2.5,3.5\n");
}

static void a_run_that_diverged_is_worse_than_any_cost(void **state)
{
    struct fixture *f = *state;
    const struct sample samples[] = {
        {"a", NULL, 1, 100, (const double[]){5, 3, 0}, NULL},
        {"a", "diverged", 2, 100, (const double[]){7, 0}, NULL},
        {"a", NULL, 3, 100, (const double[]){6, 4, 0}, NULL},
    };
    must_compare(f, samples, 3);
    SAYS(f, "all-compare.csv", "\"a\",3,100,6,5.5,6.5\n\"a\",3,200,4,3.5,\n");
}

static void one_report_is_a_point(void **state)
{
    struct fixture *f = *state;
    const struct sample samples[] = {
        {"a", NULL, 1, 100, (const double[]){5, 0}, NULL},
        {"a", NULL, 2, 100, (const double[]){7, 0}, NULL},
    };
    must_compare(f, samples, 2);
    SAYS(f, "all-compare.csv", "\"a\",2,100,6,5.5,6.5\n");
    SAYS(f, "all-compare.svg", "<use xlink:href='#gpPt6' transform");
}

static void a_curve_goes_as_far_as_all_of_its_runs_do(void **state)
{
    struct fixture *f = *state;
    const struct sample samples[] = {
        {"a", NULL, 1, 100, (const double[]){5, 3, 1, 0}, NULL},
        {"a", "interrupted", 2, 100, (const double[]){7, 0}, NULL},
    };
    must_compare(f, samples, 2);
    SAYS(f, "all-compare.csv", "\"a\",2,100,6,");
    assert_int_equal(times(f, "all-compare.csv", "\"a\""), 1);
}

static void a_seed_counts_once(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    const struct sample samples[] = {
        {"a", NULL, 1, 100, (const double[]){5, 3, 0}, NULL},
        {"a", NULL, 1, 100, (const double[]){7, 2, 0}, NULL},
    };
    assert_int_equal(compare(f, samples, 2, &message), EG_ERR_RANGE);
    assert_non_null(strstr(message.text, "both seed 1 of a"));
    assert_int_equal(f->n_written, 0);
}

static void several_runs_need_a_name_for_their_figures(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    const char *runs[] = {"a.h5", "b.h5"};
    struct eg_plot_options options = {.runs = runs, .n_runs = 2};
    assert_int_equal(eg_plot_run(&options, &message), EG_ERR_RANGE);
    assert_non_null(strstr(message.text, "-o"));
    options.output = f->directory;
    assert_int_equal(eg_plot_run(&options, &message), EG_ERR_RANGE);
    options.output = "x";
    options.figures = EG_PLOT_HEADS;
    assert_int_equal(eg_plot_run(&options, &message), EG_ERR_MISSING);
    options.n_runs = 0;
    assert_int_equal(eg_plot_run(&options, &message), EG_ERR_RANGE);
}

/* --- generalisation --- */

static const double repeats[][4] = {
    {10, 10, 1, NAN}, {20, 10, 3, NAN}, {10, 20, 5, NAN}, {20, 20, 9, NAN}, {0, 0, 0, 0}};

static void generalisation_has_panels_against_repeats_too(void **state)
{
    struct fixture *f = *state;
    const struct sample sample = {"a", NULL, 1, 100, (const double[]){5, 3, 0}, repeats};
    make(f->run, &sample);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-generalisation.svg", "length [vectors]", ">repeats<", "training lengths",
         "training repeats", "10 repeats", "20 repeats", "10 vectors", "20 vectors");
    SAYS(f, "net-generalisation.csv", "\n10,10,10,100,1,0.5,", "\n10,10,20,100,5,0.5,",
         "\n10,20,10,100,3,0.5,", "\n10,20,20,100,9,0.5,");
}

static void a_task_without_repeats_has_none(void **state)
{
    struct fixture *f = *state;
    static const double sizes[][4] = {{10, 0, 5, 2}, {20, 0, 9, 3}, {0, 0, 0, 0}};
    const struct sample sample = {"a", NULL, 1, 100, (const double[]){5, 3, 0}, sizes};
    make(f->run, &sample);
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "net-generalisation.svg", "length [vectors]", "least cost there can be");
    assert_int_equal(times(f, "net-generalisation.svg", ">repeats<"), 0);
    /* The optimum of the mixture is that of the training. */
    SAYS(f, "net-learning.svg", "optimum: 0.25");
}

static void generalisation_of_several_runs_is_the_middle_of_each_preset(void **state)
{
    struct fixture *f = *state;
    static const double other[][4] = {
        {10, 10, 2, NAN}, {20, 10, 7, NAN}, {10, 20, 5, NAN}, {20, 20, 9, NAN}, {0, 0, 0, 0}};
    const struct sample samples[] = {
        {"a", NULL, 1, 100, (const double[]){5, 3, 0}, repeats},
        {"a", NULL, 2, 100, (const double[]){5, 3, 0}, other},
        {"b", NULL, 1, 100, (const double[]){5, 3, 0}, other},
        {"b", "interrupted", 2, 100, (const double[]){5, 3, 0}, NULL},
    };
    must_compare(f, samples, 4);
    assert_int_equal(f->n_written, 4);
    SAYS(f, "all-generalisation.csv", "\"a\",10,10,2,1.5,1.25,1.75,", "\"a\",20,10,2,5,4,6,",
         "\"b\",20,10,1,7,7,7,");
    SAYS(f, "all-generalisation.svg", "a (2 seeds)", "b (1 seed)", "10 repeats", "10 vectors",
         "median over seeds, bars: quartiles");
    letters_are_seven_points_or_more(f);
}

/* --- probes --- */

static void put(struct eg_run *run, const char *path, int rank, size_t a, size_t b, size_t c,
                const void *data)
{
    const struct eg_run_array array = {
        .type = EG_RUN_FLOAT32, .rank = rank, .dims = {a, b, c}, .data = data};
    assert_int_equal(eg_run_put(run, path, &array, NULL), EG_OK);
}

static void put_flags(struct eg_run *run, const char *path, size_t n, const uint8_t *flags)
{
    const struct eg_run_array array = {.type = EG_RUN_UINT8, .rank = 1, .dims = {n}, .data = flags};
    assert_int_equal(eg_run_put(run, path, &array, NULL), EG_OK);
}

static struct eg_run *begin(const struct fixture *f)
{
    struct eg_run *run;
    assert_int_equal(eg_run_create(&run, f->run, NULL, EG_RUN_FORCE, NULL), EG_OK);
    return run;
}

static void end(struct eg_run *run)
{
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

static void predictions_stand_beside_the_best_there_can_be(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct eg_run *run = begin(f);
    static const float input[3] = {0}, target[] = {1, 0, 1}, output[] = {0.5F, 0.5F, 0.25F},
                       optimal[] = {0.5F, 0.25F, 0.5F};
    put(run, "/probe/ngram-3/input", 2, 3, 1, 0, input);
    put(run, "/probe/ngram-3/target", 2, 3, 1, 0, target);
    put(run, "/probe/ngram-3/output", 2, 3, 1, 0, output);
    put(run, "/probe/ngram-3/optimal", 2, 3, 1, 0, optimal);
    put_flags(run, "/probe/ngram-3/mask", 3, (const uint8_t[]){1, 0, 1});
    end(run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_PREDICTION, 0, &message), EG_OK);
    /* Bits of cost: -log2 of a half and a quarter against -log2 of two halves. */
    SAYS(f, "net-ngram-3-prediction.csv", "\n0,1,0.5,0.5,1,1\n1,,,,1,1\n2,1,0.25,0.5,3,2\n");
    SAYS(f, "net-ngram-3-prediction.svg", "network", "best there can be", "probability of a one",
         "in all 3 bits, the best 2", "paid more", "time [step]");
    letters_are_seven_points_or_more(f);
    run = begin(f);
    put(run, "/probe/ngram-3/input", 2, 3, 1, 0, input);
    end(run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_PREDICTION, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "does not say what the best answer"));
}

enum { VECTORS = 4, ASKED = 3, STEPS = VECTORS + 1 + ASKED, SLOTS = 16 };

/* Priorities -0.75, 0.25, -0.25, 0.75 are written `every` slots a unit around slot 1, so that half
 * of them lie beyond the end of the ring; the best three are read in order.  A second write head
 * stands elsewhere and adds nothing. */
static void sort(struct eg_run *run, float every)
{
    static const float priorities[VECTORS] = {-0.75F, 0.25F, -0.25F, 0.75F};
    static const int order[ASKED] = {3, 1, 2};
    float input[STEPS][3] = {{0}}, write[STEPS][2][SLOTS] = {{{0}}},
          read[STEPS][1][SLOTS] = {{{0}}};
    float add[STEPS][2][2] = {{{0}}};
    uint8_t mask[STEPS] = {0}, phase[STEPS] = {0};
    int slots[VECTORS];
    for (int t = 0; t < VECTORS; t++) {
        slots[t] = (int) lroundf(1 + every * priorities[t] + SLOTS) % SLOTS;
        input[t][1] = priorities[t];
        write[t][0][slots[t]] = 1;
        write[t][1][9] = 1;
        add[t][0][1] = -3;
    }
    phase[VECTORS] = 1;
    for (int k = 0; k < ASKED; k++) {
        mask[VECTORS + 1 + k] = 1;
        phase[VECTORS + 1 + k] = 2;
        read[VECTORS + 1 + k][0][slots[order[k]]] = 1;
    }
    put(run, "/probe/priority-sort-4/input", 2, STEPS, 3, 0, input);
    put(run, "/probe/priority-sort-4/write_weights", 3, STEPS, 2, SLOTS, write);
    put(run, "/probe/priority-sort-4/read_weights", 3, STEPS, 1, SLOTS, read);
    put(run, "/probe/priority-sort-4/add", 3, STEPS, 2, 2, add);
    put_flags(run, "/probe/priority-sort-4/mask", STEPS, mask);
    put_flags(run, "/probe/priority-sort-4/phase", STEPS, phase);
}

/* Column k of the line that begins with `start`; NAN where it is empty. */
static double field(const char *csv, const char *start, int k)
{
    const char *at = strstr(csv, start);
    assert_non_null(at);
    at++;
    for (; k > 0; k--) {
        at = strchr(at, ',');
        assert_non_null(at);
        at++;
    }
    char *after;
    const double x = strtod(at, &after);
    return after == at ? NAN : x;
}

static void a_sort_shows_where_it_writes_and_reads(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct eg_run *run = begin(f);
    sort(run, 4);
    end(run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_PRIORITY, 0, &message), EG_OK);
    SAYS(f, "net-priority-sort-4-priority.svg", "write location [slot]", "read location [slot]",
         "priority", "time [step]", "of 4 of 4: slope 4");
    size_t n;
    char *csv = contents(f, "net-priority-sort-4-priority.csv", &n);
    /* Slots 14, 2, 0 and 4: the ring is cut between 4 and 14, and 14 becomes -2. */
    static const char *const lines[] = {"\n0,", "\n1,", "\n2,", "\n3,", "\n5,", "\n6,", "\n7,"};
    static const double at[] = {-2, 2, 0, 4, 4, 2, 0};
    for (int i = 0; i < 7; i++)
        check_close(field(csv, lines[i], i < VECTORS ? 2 : 3), at[i], 0, 1e-5);
    for (int i = 0; i < VECTORS; i++)
        check_close(field(csv, lines[i], 6), at[i], 0, 1e-5);
    for (int i = VECTORS; i < 7; i++)
        check_close(field(csv, lines[i], 5), at[i], 0, 1e-5);
    free(csv);
    letters_are_seven_points_or_more(f);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest drawing[] = {
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        ROW(curves_are_the_median_and_quartiles_of_each_preset),
        ROW(reports_at_other_places_are_joined_by_the_sequences_they_stand_for),
        ROW(a_run_that_diverged_is_worse_than_any_cost),
        ROW(one_report_is_a_point),
        ROW(a_curve_goes_as_far_as_all_of_its_runs_do),
        ROW(generalisation_has_panels_against_repeats_too),
        ROW(a_task_without_repeats_has_none),
        ROW(generalisation_of_several_runs_is_the_middle_of_each_preset),
        ROW(predictions_stand_beside_the_best_there_can_be),
        ROW(a_sort_shows_where_it_writes_and_reads),
    };
    const struct CMUnitTest without[] = {
        ROW(a_seed_counts_once),
        ROW(several_runs_need_a_name_for_their_figures),
    };
    int failed =
        cmocka_run_group_tests_name("figure networks, no gnuplot needed", without, NULL, NULL);
    if (system("gnuplot --version >/dev/null 2>&1") == 0)
        failed += cmocka_run_group_tests_name("figure networks", drawing, NULL, NULL);
    else
        print_message("[  SKIPPED ] gnuplot is not installed: figures are not drawn\n");
    return failed != 0;
}
