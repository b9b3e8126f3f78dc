#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "record/check.h"

#include "check.h"

#include "record/checkpoint.h"
#include "record/diff.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    char folder[64], a[96], b[96];
    char text[4000]; /* what was reported, a line each */
    size_t n;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    strcpy(p->folder, "/tmp/engram-check-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->a, sizeof p->a, "%s/a.h5", p->folder);
    snprintf(p->b, sizeof p->b, "%s/b.h5", p->folder);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *const p = *state;
    const ssize_t open_things = H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL);
    unlink(p->a);
    unlink(p->b);
    rmdir(p->folder);
    free(p);
    return open_things == 0 ? 0 : -1;
}

static void note(void *context, const char *sentence)
{
    struct place *const p = context;
    const size_t n = strlen(p->text);
    snprintf(p->text + n, sizeof p->text - n, "%s\n", sentence);
}

static const char *checked(struct place *p, const char *path)
{
    p->text[0] = '\0';
    assert_int_equal(eg_run_check(path, note, p, &p->n, NULL), EG_OK);
    assert_true((p->n == 0) == (p->text[0] == '\0'));
    return p->text;
}

static const char *compared(struct place *p)
{
    p->text[0] = '\0';
    assert_int_equal(eg_run_diff(p->a, p->b, note, p, &p->n, NULL), EG_OK);
    assert_true((p->n == 0) == (p->text[0] == '\0'));
    return p->text;
}

enum { ROWS = 4, CHECKPOINTS = 2 };

/* A small finished training; what differs between runs of equal configuration differs. */
static void write_run(const char *path, const char *created, int checkpoints)
{
    static const struct eg_run_column columns[] = {{"sequences", "sequence", NULL, EG_RUN_INT64},
                                                   {"step", "step", NULL, EG_RUN_INT64},
                                                   {"cost", "bit", NULL, EG_RUN_FLOAT64},
                                                   {"seconds", "s", NULL, EG_RUN_FLOAT64}};
    struct eg_run *run;
    struct eg_run_table *train;
    float w[6] = {1, 2, 3, 4, 5, NAN};
    const struct eg_run_array array = {
        .type = EG_RUN_FLOAT32, .rank = 2, .dims = {2, 3}, .data = w};
    assert_int_equal(eg_run_create(&run, path, created, EG_RUN_FORCE, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_int(run, "/", "seed", 1, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_text(run, "/", "default", "train", NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_text(run, "/", "status", "done", NULL), EG_OK);
    assert_int_equal(eg_run_put_text(run, "/config", NULL, "a: 1\nb: 2\n", NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/config_values/task/bits", "bit", NULL, 8, NULL), EG_OK);
    assert_int_equal(eg_run_put_flag(run, "/config_values/train/quick", NULL, true, NULL), EG_OK);
    assert_int_equal(eg_run_put_text(run, "/provenance/started", NULL, created, NULL), EG_OK);
    assert_int_equal(eg_run_table(run, &train, "/train", columns, 4, "sequences", "cost", NULL),
                     EG_OK);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(eg_run_append(train,
                                       (const double[4]){16.0 * i, 10.0 * i,
                                                         i == 2 ? (double) NAN : i, created[0]},
                                       NULL),
                         EG_OK);
    assert_int_equal(eg_run_put(run, "/parameters/head/w", &array, NULL), EG_OK);
    for (int i = 0; i < checkpoints; i++) {
        const struct eg_counter step = {"step", "step", NULL, i == checkpoints - 1 ? 30 : i};
        const struct eg_vector vector = {"parameters", NULL, NULL, EG_RUN_FLOAT32, 6, w};
        assert_int_equal(eg_checkpoint_put(run, &step, 1, &vector, 1, NULL), EG_OK);
    }
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

static void a_whole_file_has_no_problems(void **state)
{
    struct place *const p = *state;
    write_run(p->a, "2026-01-01T00:00:00+00:00", CHECKPOINTS);
    assert_string_equal(checked(p, p->a), "");
}

static void a_file_that_cannot_be_opened_is_one_problem(void **state)
{
    struct place *const p = *state;
    assert_non_null(strstr(checked(p, p->a), "cannot read"));
    assert_int_equal(p->n, 1);
    FILE *const f = fopen(p->a, "wb");
    assert_non_null(f);
    fputs("nothing", f);
    fclose(f);
    assert_non_null(strstr(checked(p, p->a), "is not an HDF5 file"));
    assert_int_equal(p->n, 1);
}

/* Opens the file with HDF5 itself, as another program would, to spoil it. */
static hid_t spoil(const char *path)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static void set_extent(hid_t file, const char *path, hsize_t n)
{
    const hid_t d = H5Dopen2(file, path, H5P_DEFAULT);
    assert_true(H5Dset_extent(d, &n) >= 0);
    H5Dclose(d);
}

static void write_all(hid_t file, const char *path, hid_t type, const void *data)
{
    const hid_t d = H5Dopen2(file, path, H5P_DEFAULT);
    assert_true(H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(d);
}

static void each_fault_is_found(void **state)
{
    struct place *const p = *state;
    const char *const created = "2026-01-01T00:00:00+00:00";
    const int64_t wrong[ROWS] = {0, 16, 16, 48}, step = 31;
    hid_t file;

    write_run(p->a, created, CHECKPOINTS);
    file = spoil(p->a);
    set_extent(file, "/train/cost", ROWS - 1);
    H5Fclose(file);
    assert_non_null(strstr(checked(p, p->a), "/train/sequences has 4 rows, but /train/cost has 3"));
    assert_non_null(strstr(p->text, "axis 0 has 3 places, its scale has 4"));

    write_run(p->a, created, CHECKPOINTS);
    file = spoil(p->a);
    write_all(file, "/train/sequences", H5T_NATIVE_INT64, wrong);
    H5Fclose(file);
    assert_non_null(strstr(checked(p, p->a), "/train/sequences does not increase at row 2"));
    assert_int_equal(p->n, 1);

    write_run(p->a, created, CHECKPOINTS);
    file = spoil(p->a);
    write_all(file, "/checkpoint/b/step", H5T_NATIVE_INT64, &step);
    H5Fclose(file);
    assert_non_null(strstr(checked(p, p->a), "/checkpoint/b is not whole: its CRC-32 is"));
    assert_int_equal(p->n, 1);

    write_run(p->a, created, CHECKPOINTS);
    file = spoil(p->a);
    assert_true(H5Adelete_by_name(file, "/config", "units", H5P_DEFAULT) >= 0);
    assert_true(H5Adelete_by_name(file, "/train/step", "long_name", H5P_DEFAULT) >= 0);
    assert_true(H5Adelete_by_name(file, "/train/step", "DIMENSION_LIST", H5P_DEFAULT) >= 0);
    assert_true(H5Adelete_by_name(file, "/config_values/train/quick", "flag_values", H5P_DEFAULT)
                >= 0);
    assert_true(H5Ldelete(file, "/provenance", H5P_DEFAULT) >= 0);
    assert_true(H5Ldelete(file, "/parameters", H5P_DEFAULT) >= 0);
    assert_true(H5Adelete_by_name(file, "/", "seed", H5P_DEFAULT) >= 0);
    H5Fclose(file);
    checked(p, p->a);
    assert_non_null(strstr(p->text, "/config has no units"));
    assert_non_null(strstr(p->text, "/train/step has no long_name"));
    assert_non_null(strstr(p->text, "/train/step has no dimension scale on axis 0"));
    assert_non_null(strstr(p->text, "has 0 flag_values but 2 flag_meanings"));
    assert_non_null(strstr(p->text, "/provenance is missing"));
    assert_non_null(strstr(p->text, "/parameters is missing, though the run is done"));
    assert_non_null(strstr(p->text, "has no attribute seed"));
    assert_int_equal(p->n, 7);
}

static void equal_runs_do_not_differ(void **state)
{
    struct place *const p = *state;
    write_run(p->a, "2026-01-01T00:00:00+00:00", 2);
    write_run(p->b, "3026-02-02T00:00:00+00:00", 3); /* other times, other slot */
    assert_string_equal(compared(p), "");
}

static void the_first_difference_is_named(void **state)
{
    struct place *const p = *state;
    const char *const created = "2026-01-01T00:00:00+00:00";
    struct eg_run *run;
    const double cost[ROWS] = {0, 1, NAN, 3.5};
    const float w[6] = {1, 2, 3, 4, 6, NAN};
    hid_t file;
    write_run(p->a, created, CHECKPOINTS);

    write_run(p->b, created, CHECKPOINTS);
    file = spoil(p->b);
    write_all(file, "/train/cost", H5T_NATIVE_DOUBLE, cost);
    H5Fclose(file);
    assert_string_equal(compared(p), "/train/cost at step 30 (row 3): 3 and 3.5\n");

    write_run(p->b, created, CHECKPOINTS);
    file = spoil(p->b);
    write_all(file, "/parameters/head/w", H5T_NATIVE_FLOAT, w);
    H5Fclose(file);
    assert_string_equal(compared(p), "/parameters/head/w[1, 1]: 5 and 6\n");

    write_run(p->b, created, CHECKPOINTS);
    assert_int_equal(eg_run_open(&run, p->b, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/config_values/task/bits", "bit", NULL, 9, NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/config_values/task/more", NULL, NULL, 9, NULL), EG_OK);
    assert_int_equal(eg_run_put_text(run, "/config", NULL, "a: 1\nb: 3\n", NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_text(run, "/", "status", "error", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/parameters", NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    compared(p);
    assert_non_null(strstr(p->text, "/config_values/task/bits: 8 and 9\n"));
    assert_non_null(strstr(p->text, "/config_values/task/more is only in "));
    assert_null(strstr(p->text, "/config line"));
    assert_non_null(strstr(p->text, "/parameters is only in "));
    assert_non_null(strstr(p->text, "status: \"done\" and \"error\"\n"));
    assert_int_equal(p->n, 4);

    write_run(p->b, created, 0);
    assert_non_null(strstr(compared(p), "/b.h5 has no checkpoint"));
    assert_int_equal(p->n, 1);

    write_run(p->b, created, CHECKPOINTS);
    assert_int_equal(eg_run_open(&run, p->b, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put_text(run, "/config", NULL, "a: 1\nb: 3\n", NULL), EG_OK);
    const struct eg_counter step = {"step", "step", NULL, 31};
    assert_int_equal(eg_checkpoint_put(run, &step, 1, NULL, 0, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    compared(p);
    assert_non_null(strstr(p->text, "/config line 2: \"b: 2\" and \"b: 3\"\n"));
    assert_non_null(strstr(p->text, "the newest checkpoint: step: 30 and 31\n"));
    assert_non_null(strstr(p->text, "the newest checkpoint: parameters is only in "));
    assert_int_equal(p->n, 3);
}

static void a_shorter_log_is_a_difference(void **state)
{
    struct place *const p = *state;
    static const char *const columns[] = {"sequences", "step", "cost", "seconds"};
    write_run(p->a, "2026-01-01T00:00:00+00:00", CHECKPOINTS);
    write_run(p->b, "2026-01-01T00:00:00+00:00", CHECKPOINTS);
    const hid_t file = spoil(p->b);
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "/train/%s", columns[i]);
        set_extent(file, path, ROWS - 1);
    }
    H5Fclose(file);
    assert_string_equal(compared(p), "/train has 4 and 3 rows\n");
}

static void files_that_cannot_be_read_are_an_error(void **state)
{
    struct place *const p = *state;
    struct eg_message message;
    size_t n;
    write_run(p->a, "2026-01-01T00:00:00+00:00", CHECKPOINTS);
    assert_int_equal(eg_run_diff(p->a, p->b, note, p, &n, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "b.h5"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_file_has_no_problems),
        TEST(a_file_that_cannot_be_opened_is_one_problem),
        TEST(each_fault_is_found),
        TEST(equal_runs_do_not_differ),
        TEST(the_first_difference_is_named),
        TEST(a_shorter_log_is_a_difference),
        TEST(files_that_cannot_be_read_are_an_error),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
