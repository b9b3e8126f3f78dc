/* What engram bench --slots keeps: rows that are added and replaced, files that are refused, and
 * that nothing of what was there is lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiments/bench_file.h"
#include "record/check.h"
#include "record/run.h"

#include "tests/check.h"

const struct eg_verb *const eg_verbs[] = {NULL};

struct place {
    char directory[64], path[96];
    struct eg_command command;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    strcpy(p->directory, "/tmp/test_bench_file.XXXXXX");
    assert_non_null(mkdtemp(p->directory));
    snprintf(p->path, sizeof p->path, "%s/scaling.h5", p->directory);
    p->command.output = p->path;
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", p->directory);
    free(p);
    return system(command);
}

static struct eg_bench_row row_of(const char *preset, long slots, double seconds)
{
    return (struct eg_bench_row){.preset = preset,
                                 .config = "memory:\n  type: sam\n",
                                 .slots = slots,
                                 .batch = 2,
                                 .steps = 100,
                                 .seconds = seconds,
                                 .tape_bytes = 4096,
                                 .threads = 1,
                                 .runs = 7};
}

/* One call: rows, and how it ended. */
static void measure(struct place *p, const struct eg_bench_row *rows, size_t n, const char *status)
{
    struct eg_bench_file *file;
    struct eg_message message = {{0}};
    if (eg_bench_open(&file, &p->command, &message))
        fail_msg("%s", message.text);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(eg_bench_put(file, &rows[i], eg_kernels_find("auto"), 1, NULL), EG_OK);
    assert_int_equal(eg_bench_end(file, status, "", NULL), EG_OK);
    eg_bench_close(&file);
    assert_null(file);
    eg_bench_close(&file);
}

static void column_is(const struct place *p, const char *name, const double *want, size_t n)
{
    struct eg_run *run;
    double *x;
    size_t rows;
    char path[64];
    snprintf(path, sizeof path, "/bench/%s", name);
    assert_int_equal(eg_run_open(&run, p->path, EG_RUN_READ, NULL), EG_OK);
    assert_int_equal(eg_run_get_column(run, path, &x, &rows, NULL), EG_OK);
    assert_int_equal(rows, n);
    for (size_t i = 0; i < n; i++)
        check_close(x[i], want[i], 1e-15, 0);
    free(x);
    eg_run_close(&run);
}

static void text_is(const struct place *p, const char *path, const char *want)
{
    struct eg_run *run;
    char *text;
    assert_int_equal(eg_run_open(&run, p->path, EG_RUN_READ, NULL), EG_OK);
    assert_int_equal(eg_run_get_text(run, path, &text, NULL), EG_OK);
    assert_string_equal(text, want);
    free(text);
    eg_run_close(&run);
}

static void say(void *context, const char *sentence)
{
    (void) context;
    print_error("%s\n", sentence);
}

static void is_whole(const struct place *p)
{
    size_t problems;
    assert_int_equal(eg_run_check(p->path, say, NULL, &problems, NULL), EG_OK);
    assert_int_equal(problems, 0);
}

static void rows_are_kept_by_preset_and_size(void **state)
{
    struct place *p = *state;
    const struct eg_bench_row rows[] = {row_of("sam/scaling", 256, 0.25),
                                        row_of("ntm/scaling", 64, 3),
                                        row_of("sam/scaling", 64, 0.5)};
    measure(p, rows, 3, "done");
    is_whole(p);
    column_is(p, "preset", (const double[]){0, 0, 1}, 3);
    column_is(p, "slots", (const double[]){64, 256, 64}, 3);
    column_is(p, "seconds", (const double[]){0.5, 0.25, 3}, 3);
    column_is(p, "step_seconds", (const double[]){0.005, 0.0025, 0.03}, 3);
    column_is(p, "batch", (const double[]){2, 2, 2}, 3);
    column_is(p, "steps", (const double[]){100, 100, 100}, 3);
    column_is(p, "tape_bytes", (const double[]){4096, 4096, 4096}, 3);
    column_is(p, "runs", (const double[]){7, 7, 7}, 3);
    text_is(p, "/bench/preset_name", "sam/scaling\nntm/scaling");
    text_is(p, "/config",
            "--- # sam/scaling, 64 slots\nmemory:\n  type: sam\n"
            "--- # sam/scaling, 256 slots\nmemory:\n  type: sam\n"
            "--- # ntm/scaling, 64 slots\nmemory:\n  type: sam\n");
}

static void what_is_measured_again_replaces_its_row_alone(void **state)
{
    struct place *p = *state;
    const struct eg_bench_row rows[] = {row_of("sam/scaling", 64, 1), row_of("sam/scaling", 256, 2),
                                        row_of("ntm/scaling", 64, 3)};
    struct eg_bench_row again[] = {row_of("ntm/scaling", 64, 30), row_of("ntm/scaling", 16, 10),
                                   row_of("lstm.yaml", 64, 5)};
    measure(p, rows, 3, "done");
    again[0].steps = 4;
    again[0].config = "task:\n  length_max: 1\n";
    measure(p, again, 3, "interrupted");
    is_whole(p);
    column_is(p, "preset", (const double[]){0, 0, 1, 1, 2}, 5);
    column_is(p, "slots", (const double[]){64, 256, 16, 64, 64}, 5);
    column_is(p, "seconds", (const double[]){1, 2, 10, 30, 5}, 5);
    column_is(p, "steps", (const double[]){100, 100, 100, 4, 100}, 5);
    column_is(p, "step_seconds", (const double[]){0.01, 0.02, 0.1, 7.5, 0.05}, 5);
    text_is(p, "/config",
            "--- # sam/scaling, 64 slots\nmemory:\n  type: sam\n"
            "--- # sam/scaling, 256 slots\nmemory:\n  type: sam\n"
            "--- # ntm/scaling, 16 slots\nmemory:\n  type: sam\n"
            "--- # ntm/scaling, 64 slots\ntask:\n  length_max: 1\n"
            "--- # lstm.yaml, 64 slots\nmemory:\n  type: sam\n");
}

static void a_file_is_on_disk_with_every_row_and_not_before(void **state)
{
    struct place *p = *state;
    struct eg_bench_file *file;
    const struct eg_bench_row rows[] = {row_of("sam/scaling", 64, 1),
                                        row_of("sam/scaling", 128, 2)};
    assert_int_equal(eg_bench_open(&file, &p->command, NULL), EG_OK);
    assert_int_not_equal(access(p->path, F_OK), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(eg_bench_put(file, &rows[i], eg_kernels_find("auto"), 1, NULL), EG_OK);
        assert_int_equal(eg_bench_rows(file), i + 1);
        column_is(p, "seconds", (const double[]){1, 2}, i + 1);
    }
    eg_bench_close(&file); /* as if it were killed */
    is_whole(p);
    measure(p, NULL, 0, "done"); /* a call that measures nothing changes nothing */
    column_is(p, "seconds", (const double[]){1, 2}, 2);
}

/* --- what is refused --- */

struct fault {
    const char *words[3];
    int status;
    void (*make)(struct eg_run *run);
};

static void put_double(struct eg_run *run, const char *path, double a, double b)
{
    const double x[2] = {a, b};
    const struct eg_run_array array = {.type = EG_RUN_FLOAT64, .rank = 1, .dims = {2}, .data = x};
    assert_int_equal(eg_run_delete(run, path, NULL), EG_OK);
    assert_int_equal(eg_run_put(run, path, &array, NULL), EG_OK);
}

static void another_kind(struct eg_run *run)
{
    assert_int_equal(eg_run_put_attr_text(run, "/", "kind", "compare", NULL), EG_OK);
}
static void another_processor(struct eg_run *run)
{
    assert_int_equal(eg_run_put_text(run, "/provenance/cpu", NULL, "Z80", NULL), EG_OK);
}
static void a_time_below_zero(struct eg_run *run)
{
    put_double(run, "/bench/seconds", 1, -2);
}
static void no_column(struct eg_run *run)
{
    assert_int_equal(eg_run_delete(run, "/bench/steps", NULL), EG_OK);
}
static void a_text_for_a_column(struct eg_run *run)
{
    assert_int_equal(eg_run_delete(run, "/bench/runs", NULL), EG_OK);
    assert_int_equal(eg_run_put_text(run, "/bench/runs", NULL, "seven", NULL), EG_OK);
}
static void fewer_names(struct eg_run *run)
{
    assert_int_equal(eg_run_put_text(run, "/bench/preset_name", NULL, "sam/scaling", NULL), EG_OK);
}
static void fewer_configurations(struct eg_run *run)
{
    assert_int_equal(eg_run_put_text(run, "/config", NULL, "--- # sam/scaling\na: 1\n", NULL),
                     EG_OK);
}

static size_t read_all(const char *path, char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, size, file);
    fclose(file);
    assert_true(n < size);
    return n;
}

static void what_is_no_such_file_is_refused_and_stays_as_it_is(void **state)
{
    struct place *p = *state;
    static const struct fault faults[] = {
        {{"scaling.h5 exists already", "no file of engram bench", "--force"},
         EG_ERR_EXISTS,
         another_kind},
        {{"scaling.h5", "another processor, Z80", "--force"}, EG_ERR_EXISTS, another_processor},
        {{"scaling.h5", "/bench/seconds is -2", "row 1"}, EG_ERR_FORMAT, a_time_below_zero},
        {{"scaling.h5", "no column", "steps"}, EG_ERR_FORMAT, no_column},
        {{"scaling.h5", "/bench/runs", "type"}, EG_ERR_FORMAT, a_text_for_a_column},
        {{"scaling.h5", "/bench/preset is 1", "has 1 lines"}, EG_ERR_FORMAT, fewer_names},
        {{"scaling.h5", "/config has 1 documents", "2 rows"}, EG_ERR_FORMAT, fewer_configurations},
    };
    const struct eg_bench_row rows[] = {row_of("sam/scaling", 64, 1), row_of("ntm/scaling", 64, 2)};
    char *before = calloc(2, 1 << 20), *after = before + (1 << 20);
    assert_non_null(before);
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        struct eg_run *run;
        struct eg_bench_file *file;
        struct eg_message message = {{0}};
        unlink(p->path);
        measure(p, rows, 2, "done");
        assert_int_equal(eg_run_open(&run, p->path, EG_RUN_UPDATE, NULL), EG_OK);
        faults[k].make(run);
        assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
        eg_run_close(&run);
        const size_t n = read_all(p->path, before, 1 << 20);
        assert_int_equal(eg_bench_open(&file, &p->command, &message), faults[k].status);
        assert_null(file);
        for (int i = 0; i < 3; i++)
            if (!strstr(message.text, faults[k].words[i]))
                fail_msg("'%s' does not say '%s'", message.text, faults[k].words[i]);
        assert_int_equal(read_all(p->path, after, 1 << 20), n);
        assert_memory_equal(before, after, n);
    }
    free(before);
}

static void what_is_not_hdf5_is_refused_unless_it_is_forced(void **state)
{
    struct place *p = *state;
    struct eg_bench_file *file;
    struct eg_message message = {{0}};
    const struct eg_bench_row row = row_of("sam/scaling", 64, 1);
    FILE *text = fopen(p->path, "w");
    assert_non_null(text);
    fputs("my only copy", text);
    fclose(text);
    assert_int_equal(eg_bench_open(&file, &p->command, &message), EG_ERR_EXISTS);
    assert_non_null(strstr(message.text, "scaling.h5"));
    assert_non_null(strstr(message.text, "--force replaces it"));
    char kept[64] = "";
    read_all(p->path, kept, sizeof kept);
    assert_string_equal(kept, "my only copy");
    p->command.force = 1;
    measure(p, &row, 1, "done");
    is_whole(p);
    measure(p, &row, 1, "done"); /* begins anew */
    column_is(p, "slots", (const double[]){64}, 1);
}

static void a_place_that_cannot_be_written_is_an_error_at_once(void **state)
{
    struct place *p = *state;
    struct eg_bench_file *file;
    struct eg_message message = {{0}};
    p->command.output = "/nowhere/at/all/scaling.h5";
    assert_int_equal(eg_bench_open(&file, &p->command, &message), EG_ERR_IO);
    assert_null(file);
    assert_non_null(strstr(message.text, "/nowhere/at/all"));
    p->command.output = p->directory;
    assert_int_not_equal(eg_bench_open(&file, &p->command, &message), EG_OK);
    assert_null(file);
    assert_non_null(strstr(message.text, p->directory));
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(rows_are_kept_by_preset_and_size),
        TEST(what_is_measured_again_replaces_its_row_alone),
        TEST(a_file_is_on_disk_with_every_row_and_not_before),
        TEST(what_is_no_such_file_is_refused_and_stays_as_it_is),
        TEST(what_is_not_hdf5_is_refused_unless_it_is_forced),
        TEST(a_place_that_cannot_be_written_is_an_error_at_once),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
