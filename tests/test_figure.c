/* Figures: a small run file is drawn, and what comes out is looked into.  Whether a figure is
 * good can only be seen; whether it is there, whole, labelled and true to its numbers is here. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiments/figure.h"
#include "tests/check.h"
#include "tests/figure_fixture.h"
#include "tests/figure_sample.h"

static int setup(void **state)
{
    struct fixture *f = fixture_open("ntm-copy");
    make_run(f->run, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    return fixture_close(*state);
}

/* A program of the name gnuplot, and nothing else, on the path. */
static void fake_gnuplot(const struct fixture *f, const char *script)
{
    char name[256];
    snprintf(name, sizeof name, "%s/bin", f->directory);
    assert_int_equal(mkdir(name, 0777), 0);
    setenv("PATH", name, 1);
    if (!script)
        return;
    snprintf(name, sizeof name, "%s/bin/gnuplot", f->directory);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(script, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(name, 0755), 0);
}

/* --- the tests --- */

static void every_figure_of_the_run_is_drawn_with_its_table(void **state)
{
    struct fixture *f = *state;
    must_plot(f, EG_PLOT_SVG);
    static const char *const names[] = {
        "ntm-copy-learning.svg",       "ntm-copy-learning.csv",      "ntm-copy-copy-4.svg",
        "ntm-copy-copy-4.csv",         "ntm-copy-copy-4-heads.svg",  "ntm-copy-copy-4-heads.csv",
        "ntm-copy-generalisation.svg", "ntm-copy-generalisation.csv"};
    assert_int_equal(f->n_written, 8);
    for (int i = 0; i < 8; i++) {
        assert_string_equal(f->written[i] + strlen(f->directory) + 1, names[i]);
        assert_true(file_exists(f, names[i]));
    }
    assert_int_equal(count_files(f, "tmp"), 0);
}

static void figures_say_what_their_axes_are(void **state)
{
    struct fixture *f = *state;
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "ntm-copy-learning.svg", "width=\"85mm\"", "cost [bit/sequence]", "sequences",
         "solved: 0.01", "chance: 31.5", "</svg>");
    SAYS(f, "ntm-copy-copy-4.svg", "time [step]", "input", "delimiter", "output", "target", "error",
         "channel", "1 of 12", "bits wrong", "<image", "</svg>");
    SAYS(f, "ntm-copy-copy-4-heads.svg", "time [step]", "write head", "read head 0", "read head 1",
         "location", "weighting", "gate", "strength", "shift", "sharp-", "delimiter", "</svg>");
    SAYS(f, "ntm-copy-generalisation.svg", "length [step]", "cost", "[bit/sequence]", "wrong bits",
         "all bits right", "training lengths", "= 100", "</svg>");
}

static void text_is_at_least_seven_points(void **state)
{
    struct fixture *f = *state;
    must_plot(f, EG_PLOT_SVG);
    for (int i = 0; i < f->n_written; i += 2) {
        size_t n, found = 0;
        char *text = contents(f, f->written[i] + strlen(f->directory) + 1, &n);
        for (char *at = text; (at = strstr(at, "font-size=\"")); found++) {
            at += strlen("font-size=\"");
            assert_true(strtod(at, NULL) >= 7);
        }
        assert_true(found > 0);
        free(text);
    }
}

static void tables_hold_the_numbers_that_were_drawn(void **state)
{
    struct fixture *f = *state;
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "ntm-copy-learning.csv",
         "sequences,cost [bit/sequence],running median [bit/sequence]\n100,30,", "\n200,24,");
    SAYS(f, "ntm-copy-copy-4.csv", "time [step],phase,mask,input_0,", ",error_2\n0,input,0,1,0,",
         "\n4,delimiter,0,0,0,0,1,0,0,0,", "\n8,output,1,0,0,0,0,1,0,0,0.75,0.25,1,-0.25,0.25,1\n");
    SAYS(f, "ntm-copy-copy-4-heads.csv", "write_0_shift_-1,", "read_1_weight_15\n", ",read_1_gate,",
         "\n8,output,");
    /* Wilson's interval of 75 in 100 at one standard error; the earlier evaluation is left out. */
    SAYS(f, "ntm-copy-generalisation.csv", "\n20,5,0,100,0.002,0.001,0,,1,",
         "\n20,40,0,100,2.5,0.5,0.5,,0.75,0.70");
    size_t n;
    char *text = contents(f, "ntm-copy-generalisation.csv", &n);
    assert_null(strstr(text, "\n20,10,"));
    free(text);
}

static void other_formats_are_whole_files(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    int rc = plot(f, EG_PLOT_PNG, EG_PLOT_ALL, 0, &message);
    if (rc == EG_ERR_MISSING) {
        print_message("[  SKIPPED ] this gnuplot was built without cairo: no png, no pdf\n");
        skip();
    }
    if (rc != EG_OK)
        fail_msg("%s", message.text);
    size_t n;
    char *bytes = contents(f, "ntm-copy-copy-4-heads.png", &n);
    assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
    const unsigned char *size = (const unsigned char *) bytes + 16;
    assert_int_equal(size[2] << 8 | size[3], 1004); /* 85 mm at 300 to the inch */
    assert_memory_equal(bytes + 33 + 4, "pHYs", 4);
    assert_memory_equal(bytes + n - 8, "IEND", 4);
    free(bytes);

    if ((rc = plot(f, EG_PLOT_PDF, EG_PLOT_LEARNING, 1, &message)) != EG_OK)
        fail_msg("%s", message.text);
    bytes = contents(f, "ntm-copy-learning.pdf", &n);
    assert_memory_equal(bytes, "%PDF", 4);
    free(bytes);
}

static void one_figure_alone_can_be_asked_for(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_HEADS, 0, &message), EG_OK);
    assert_int_equal(f->n_written, 2);
    assert_false(file_exists(f, "ntm-copy-learning.svg"));
}

static void output_may_be_a_directory_or_a_beginning(void **state)
{
    struct fixture *f = *state;
    char output[128];
    struct eg_plot_options options = {.run = f->run, .output = output, .figures = EG_PLOT_LEARNING};
    snprintf(output, sizeof output, "%s/sub", f->directory);
    assert_int_equal(mkdir(output, 0777), 0);
    assert_int_equal(eg_plot_run(&options, NULL), EG_OK);
    assert_true(file_exists(f, "sub/ntm-copy-learning.svg"));
    snprintf(output, sizeof output, "%s/a b'c", f->directory);
    assert_int_equal(eg_plot_run(&options, NULL), EG_OK);
    assert_true(file_exists(f, "a b'c-learning.svg"));
}

static void a_file_that_exists_is_kept_without_force(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    char path[256];
    snprintf(path, sizeof path, "%s/ntm-copy-generalisation.csv", f->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("mine\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ALL, 0, &message), EG_ERR_EXISTS);
    assert_non_null(strstr(message.text, path));
    assert_int_equal(f->n_written, 0); /* not even those before it */
    SAYS(f, "ntm-copy-generalisation.csv", "mine\n");
    must_plot(f, EG_PLOT_SVG);
    SAYS(f, "ntm-copy-generalisation.csv", "length [step]");
}

static void the_locale_does_not_matter(void **state)
{
    struct fixture *f = *state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    const char *got = NULL;
    for (int i = 0; i < 3 && !got; i++)
        got = setlocale(LC_ALL, locales[i]);
    must_plot(f, EG_PLOT_SVG);
    setlocale(LC_ALL, "C");
    SAYS(f, "ntm-copy-generalisation.csv", ",0.002,0.001,");
}

static void nothing_recorded(struct eg_run *run)
{
    assert_int_equal(eg_run_delete(run, "/probe", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/train/cost", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/evaluate/mean", NULL), EG_OK);
}

static void a_run_with_nothing_in_it_is_said_to_be_so(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    make_run(f->run, nothing_recorded);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ALL, 0, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, f->run));
    nothing_was_left(f);
}

static void no_memory(struct eg_run *run)
{
    assert_int_equal(eg_run_delete(run, "/probe/copy-4/read_weights", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/probe/copy-4/write_weights", NULL), EG_OK);
}

static void a_model_without_memory_has_no_figure_of_heads(void **state)
{
    struct fixture *f = *state;
    make_run(f->run, no_memory);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 6);
    struct eg_message message;
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_HEADS, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "has no heads"));
}

static void too_short(struct eg_run *run)
{
    const float x[2 * BITS] = {0};
    put(run, "/probe/copy-4/output", EG_RUN_FLOAT32, 2, (const size_t[]){2, BITS}, x);
}

static void shapes_that_contradict_each_other_are_an_error(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    make_run(f->run, too_short);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_SEQUENCE, 0, &message), EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "/probe/copy-4/output"));
    nothing_was_left(f);
}

static void evil_words(struct eg_run *run)
{
    assert_int_equal(eg_run_put_attr_text(run, "/train/cost", "units",
                                          "`touch evil`\"';system('touch evil')\n{/=99 x}", NULL),
                     EG_OK);
    assert_int_equal(eg_run_put_attr_text(run, "/probe/copy-4/phase", "flag_meanings",
                                          "`touch_evil` ' \\", NULL),
                     EG_OK);
}

static void words_of_the_run_file_are_never_obeyed(void **state)
{
    struct fixture *f = *state;
    char before[1024];
    assert_non_null(getcwd(before, sizeof before));
    make_run(f->run, evil_words);
    assert_int_equal(chdir(f->directory), 0);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(chdir(before), 0);
    assert_false(file_exists(f, "evil"));
    SAYS(f, "ntm-copy-learning.svg", "cost [touch evilsystem(touch evil)/99 x]");
}

static void not_finite(struct eg_run *run)
{
    float x[STEPS * BITS];
    for (int i = 0; i < STEPS * BITS; i++)
        x[i] = i % 2 ? NAN : INFINITY;
    put(run, "/probe/copy-4/output", EG_RUN_FLOAT32, 2, (const size_t[]){STEPS, BITS}, x);
    float scalar[STEPS];
    for (int i = 0; i < STEPS; i++)
        scalar[i] = NAN;
    put(run, "/probe/copy-4/write_strength", EG_RUN_FLOAT32, 2, (const size_t[]){STEPS, 1}, scalar);
    double cost[REPORTS], mean[3];
    for (int i = 0; i < REPORTS; i++)
        cost[i] = NAN;
    for (int i = 0; i < 3; i++)
        mean[i] = i == 2 ? INFINITY : 0;
    assert_int_equal(eg_run_delete(run, "/train/cost", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/evaluate/mean", NULL), EG_OK);
    put(run, "/train/cost", EG_RUN_FLOAT64, 1, (const size_t[]){REPORTS}, cost);
    put(run, "/evaluate/mean", EG_RUN_FLOAT64, 1, (const size_t[]){3}, mean);
}

static void numbers_that_are_not_finite_are_left_out(void **state)
{
    struct fixture *f = *state;
    make_run(f->run, not_finite);
    must_plot(f, EG_PLOT_SVG);
    assert_int_equal(f->n_written, 8);
    SAYS(f, "ntm-copy-learning.csv", "\n100,,\n");
}

static void a_directory_that_does_not_exist_is_named(void **state)
{
    struct fixture *f = *state;
    struct eg_message message = {.text = ""};
    char output[128];
    snprintf(output, sizeof output, "%s/nowhere/x", f->directory);
    const struct eg_plot_options options = {.run = f->run, .output = output};
    assert_int_equal(eg_plot_run(&options, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "/nowhere/x-learning.svg"));
    assert_non_null(strstr(message.text, strerror(ENOENT)));
}

/* A limit on the size of files fails as a full disk does: in the middle of a write. */
static void a_full_disk_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 2000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int rc = plot(f, EG_PLOT_SVG, EG_PLOT_ALL, 0, &message);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(rc, EG_ERR_IO);
    assert_non_null(strstr(message.text, "ntm-copy-learning.svg"));
    assert_int_equal(f->n_written, 0);
    nothing_was_left(f);
}

static void a_missing_gnuplot_is_told_with_how_to_get_it(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    fake_gnuplot(f, NULL);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ALL, 0, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "gnuplot is not installed"));
    assert_non_null(strstr(message.text, "apt install gnuplot-nox"));
    nothing_was_left(f);
}

static void a_failing_gnuplot_is_quoted(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    fake_gnuplot(f, "#!/bin/sh\necho 'line 3: no such luck' >&2\nexit 1\n");
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ALL, 0, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "line 3: no such luck"));
    nothing_was_left(f);
}

static void half_a_drawing_is_no_drawing(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    fake_gnuplot(f, "#!/bin/sh\necho '<svg>'\nexit 0\n");
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_ALL, 0, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "it says nothing"));
    nothing_was_left(f);
}

static void a_gnuplot_without_the_format_is_told(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    fake_gnuplot(f, "#!/bin/sh\necho 'line 0: unknown or ambiguous terminal type' >&2\nexit 1\n");
    assert_int_equal(plot(f, EG_PLOT_PDF, EG_PLOT_ALL, 0, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "cannot draw pdf"));
    nothing_was_left(f);
}

static void bad_options_are_refused(void **state)
{
    struct fixture *f = *state;
    struct eg_plot_options options = {.run = f->run, .figures = EG_PLOT_ALL + 1};
    assert_int_equal(eg_plot_run(&options, NULL), EG_ERR_RANGE);
    options = (struct eg_plot_options){.run = NULL};
    assert_int_equal(eg_plot_run(&options, NULL), EG_ERR_RANGE);
    options = (struct eg_plot_options){.run = f->run, .format = (enum eg_plot_format) 3};
    assert_int_equal(eg_plot_run(&options, NULL), EG_ERR_RANGE);
    options = (struct eg_plot_options){.run = "/nowhere/x.h5"};
    assert_int_equal(eg_plot_run(&options, NULL), EG_ERR_IO);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest drawing[] = {
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        ROW(every_figure_of_the_run_is_drawn_with_its_table),
        ROW(figures_say_what_their_axes_are),
        ROW(text_is_at_least_seven_points),
        ROW(tables_hold_the_numbers_that_were_drawn),
        ROW(other_formats_are_whole_files),
        ROW(one_figure_alone_can_be_asked_for),
        ROW(output_may_be_a_directory_or_a_beginning),
        ROW(a_file_that_exists_is_kept_without_force),
        ROW(the_locale_does_not_matter),
        ROW(a_model_without_memory_has_no_figure_of_heads),
        ROW(words_of_the_run_file_are_never_obeyed),
        ROW(numbers_that_are_not_finite_are_left_out),
        ROW(a_directory_that_does_not_exist_is_named),
        ROW(a_full_disk_leaves_nothing),
    };
    const struct CMUnitTest without[] = {
        ROW(a_run_with_nothing_in_it_is_said_to_be_so),
        ROW(shapes_that_contradict_each_other_are_an_error),
        ROW(a_missing_gnuplot_is_told_with_how_to_get_it),
        ROW(a_failing_gnuplot_is_quoted),
        ROW(half_a_drawing_is_no_drawing),
        ROW(a_gnuplot_without_the_format_is_told),
        ROW(bad_options_are_refused),
    };
    int failed = cmocka_run_group_tests_name("figure, no gnuplot needed", without, NULL, NULL);
    if (system("gnuplot --version >/dev/null 2>&1") == 0)
        failed += cmocka_run_group_tests_name("figure", drawing, NULL, NULL);
    else
        print_message("[  SKIPPED ] gnuplot is not installed: figures are not drawn\n");
    return failed != 0;
}
