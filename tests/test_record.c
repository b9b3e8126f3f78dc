#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "record/run.h"

#include "run_sample.h"

#include <errno.h>

static void a_file_comes_back_as_it_was_written(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_run_shape shape;
    char text[64], *config;
    double memory[18], seed;
    int64_t number, shifts[3], times[2];
    write_sample(p->file, 0);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    assert_string_equal(eg_run_path(run), p->file);
    assert_int_equal(eg_run_get_attr_text(run, "/", "created", text, sizeof text, NULL), EG_OK);
    assert_string_equal(text, sample_created);
    assert_int_equal(eg_run_get_attr_text(run, "/", "status", text, sizeof text, NULL), EG_OK);
    assert_string_equal(text, "running");
    assert_int_equal(eg_run_get_attr_int(run, "/", "seed", &number, NULL), EG_OK);
    assert_int_equal(number, 7);
    assert_int_equal(eg_run_get_text(run, "/config", &config, NULL), EG_OK);
    assert_string_equal(config, "train:\n  batch: 16\n");
    free(config);
    assert_int_equal(eg_run_get_int(run, "/config_values/train/batch", &number, NULL), EG_OK);
    assert_int_equal(number, 16);
    assert_int_equal(eg_run_shape(run, "/probe/copy-2/memory", &shape, NULL), EG_OK);
    assert_int_equal(shape.type, EG_RUN_FLOAT32);
    assert_int_equal(shape.rank, 3);
    assert_int_equal(shape.dims[0], 2);
    assert_int_equal(shape.count, 18);
    assert_int_equal(eg_run_get(run, "/probe/copy-2/memory", EG_RUN_FLOAT64, memory, 18, NULL),
                     EG_OK);
    for (int i = 0; i < 18; i++)
        check_close(memory[i], (float) i / 7, 0, 0);
    assert_int_equal(eg_run_get(run, "/probe/copy-2/shift", EG_RUN_INT64, shifts, 3, NULL), EG_OK);
    assert_true(shifts[0] == -1 && shifts[1] == 0 && shifts[2] == 1);
    assert_int_equal(eg_run_get(run, "/probe/copy-2/time", EG_RUN_INT64, times, 2, NULL), EG_OK);
    assert_true(times[0] == 0 && times[1] == 1);
    assert_int_equal(
        eg_run_get_attr_text(run, "/probe/copy-2/memory", "equation", text, sizeof text, NULL),
        EG_OK);
    assert_string_equal(text, "eq. 4");
    assert_int_equal(eg_run_get_attr_real(run, "/", "seed", &seed, NULL), EG_OK);
    check_close(seed, 7, 0, 0);
    double *cost;
    size_t rows;
    assert_int_equal(eg_run_get_column(run, "/train/cost", &cost, &rows, NULL), EG_OK);
    assert_int_equal(rows, 5);
    check_close(cost[3], 2.0, 0, 0);
    free(cost);
    eg_run_close(&run);
}

static void other_files_are_refused_with_a_reason(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    put_bytes(p->file, "step,cost\n1,2\n", 14);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, &message), EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "is not an HDF5 file"));
    assert_int_equal(eg_run_open(&run, p->other, EG_RUN_UPDATE, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, strerror(ENOENT)));
    assert_int_equal(eg_run_open(&run, p->folder, EG_RUN_READ, &message), EG_ERR_IO);

    const hid_t plain = H5Fcreate(p->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(plain >= 0);
    H5Fclose(plain);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, &message), EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "not a run file"));
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ_ANY, NULL), EG_OK);
    eg_run_close(&run);

    write_sample(p->other, 0);
    assert_int_equal(eg_run_open(&run, p->other, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_int(run, "/", "format_version", 2, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(eg_run_open(&run, p->other, EG_RUN_READ, &message), EG_ERR_FORMAT);
    assert_non_null(
        strstr(message.text, "was written by a newer engram (format 2; this one reads up to 1)"));
}

static void a_table_goes_on_and_can_be_cut_back(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_run_table *train;
    struct eg_run_column other[3];
    struct eg_message message;
    double *step;
    size_t rows;
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_int_equal(
        eg_run_table(run, &train, "/train", sample_columns, 3, "sequences", NULL, NULL), EG_OK);
    for (int i = 0; i < 2500; i++)
        assert_int_equal(eg_run_append(train, (const double[3]){i, i, i}, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);

    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    memcpy(other, sample_columns, sizeof other);
    other[1].type = EG_RUN_FLOAT64;
    assert_int_equal(eg_run_table(run, &train, "/train", other, 3, "sequences", NULL, &message),
                     EG_ERR_FORMAT);
    other[1] = (struct eg_run_column){"new", NULL, NULL, EG_RUN_INT64};
    assert_int_equal(eg_run_table(run, &train, "/train", other, 3, "sequences", NULL, &message),
                     EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "has no column new"));
    assert_int_equal(
        eg_run_table(run, &train, "/train", sample_columns, 3, "sequences", NULL, NULL), EG_OK);
    assert_int_equal(eg_run_rows(train), 2500);
    assert_int_equal(eg_run_cut(train, 2501, NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_cut(train, 1300, NULL), EG_OK);
    for (int i = 1300; i < 1310; i++)
        assert_int_equal(eg_run_append(train, (const double[3]){i, i, -i}, NULL), EG_OK);
    assert_int_equal(eg_run_cut(train, 1305, NULL), EG_OK);
    assert_int_equal(eg_run_append(train, (const double[3]){1305, 1305, 0.5}, NULL), EG_OK);
    assert_int_equal(eg_run_append(train, (const double[3]){1.5, 0, 0}, NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_append(train, (const double[3]){NAN, 0, 0}, NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_append(train, (const double[3]){1306, 0, NAN}, NULL), EG_OK);
    assert_int_equal(eg_run_get_column(run, "/train/step", &step, &rows, NULL), EG_OK);
    assert_int_equal(rows, 1307);
    for (size_t i = 0; i < 1306; i++)
        check_close(step[i], i, 0, 0);
    free(step);
    eg_run_close(&run);
}

static void an_array_is_overwritten_in_place_or_replaced(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    float w[12] = {0};
    double back[12];
    struct eg_run_array array = {
        .type = EG_RUN_FLOAT32, .rank = 2, .dims = {3, 4}, .data = w, .equation = "eq. 1"};
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_int_equal(eg_run_put(run, "/parameters/a/w", &array, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    const size_t size = eg_run_saved_bytes(run);
    for (int k = 0; k < 50; k++) {
        w[11] = (float) k;
        assert_int_equal(eg_run_put(run, "/parameters/a/w", &array, NULL), EG_OK);
        assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    }
    assert_int_equal(eg_run_saved_bytes(run), size);
    assert_int_equal(eg_run_get(run, "/parameters/a/w", EG_RUN_FLOAT64, back, 12, NULL), EG_OK);
    check_close(back[11], 49, 0, 0);
    assert_int_equal(eg_run_get(run, "/parameters/a/w", EG_RUN_FLOAT64, back, 11, NULL),
                     EG_ERR_SHAPE);

    array.dims[0] = 2;
    array.equation = NULL;
    assert_int_equal(eg_run_put(run, "/parameters/a/w", &array, NULL), EG_OK);
    assert_int_equal(eg_run_get(run, "/parameters/a/w", EG_RUN_FLOAT64, back, 8, NULL), EG_OK);
    struct eg_run_shape shape;
    assert_int_equal(eg_run_shape(run, "/parameters/a/w_axis_0", &shape, NULL), EG_OK);
    assert_int_equal(shape.count, 2);
    /* The axes without values go with what they belong to. */
    assert_int_equal(eg_run_delete(run, "/parameters/a/w", NULL), EG_OK);
    assert_false(eg_run_exists(run, "/parameters/a/w"));
    assert_false(eg_run_exists(run, "/parameters/a/w_axis_0"));
    assert_int_equal(eg_run_delete(run, "/parameters", NULL), EG_OK);
    assert_int_equal(eg_run_delete(run, "/parameters", NULL), EG_OK);
    assert_false(eg_run_exists(run, "/parameters/a"));
    eg_run_close(&run);
}

static void axes_of_equal_length_stay_apart(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    const double square[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const double load[3] = {0.1, 0.138, 0.2};
    struct eg_run_array array = {.type = EG_RUN_FLOAT64,
                                 .rank = 2,
                                 .dims = {3, 3},
                                 .axes = {{.name = "load"}, {.name = "trial"}},
                                 .data = square};
    const struct eg_run_array axis = {.units = "1",
                                      .type = EG_RUN_FLOAT64,
                                      .rank = 1,
                                      .dims = {3},
                                      .axes = {{.name = "load"}},
                                      .data = load};
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_int_equal(eg_run_put(run, "/capacity/load", &axis, NULL), EG_OK);
    assert_int_equal(eg_run_put(run, "/capacity/overlap", &array, NULL), EG_OK);
    double back[3];
    assert_int_equal(eg_run_get(run, "/capacity/load", EG_RUN_FLOAT64, back, 3, NULL), EG_OK);
    check_close(back[1], 0.138, 0, 0);
    assert_int_equal(eg_run_delete(run, "/capacity/load", &message), EG_ERR_SHAPE);
    array.dims[0] = 2;
    assert_int_equal(eg_run_put(run, "/capacity/part", &array, &message), EG_ERR_SHAPE);
    assert_non_null(strstr(message.text, "axis load of /capacity/part has 2 places"));
    array.axes[0].name = "trial";
    assert_int_equal(eg_run_put(run, "/capacity/part", &array, &message), EG_ERR_RANGE);
    eg_run_close(&run);
}

static int join(void *context, const struct eg_run_entry *entry)
{
    char *const text = context;
    strcat(text, entry->name);
    strcat(text, entry->is_group ? "/ " : entry->is_axis ? "# " : " ");
    return 0;
}

static int stop(void *context, const struct eg_run_entry *entry)
{
    (void) context;
    (void) entry;
    return 42;
}

static void a_group_is_listed_by_name(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    char text[200] = "";
    write_sample(p->file, 0);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    assert_int_equal(eg_run_list(run, "/", join, text, NULL), EG_OK);
    assert_string_equal(text, "config config_values/ probe/ train/ ");
    text[0] = '\0';
    assert_int_equal(eg_run_list(run, "/probe/copy-2", join, text, NULL), EG_OK);
    assert_string_equal(text, "memory phase shift# slot# time# ");
    assert_int_equal(eg_run_list(run, "/", stop, NULL, NULL), 42);
    assert_int_equal(eg_run_list(run, "/config", join, text, NULL), EG_ERR_MISSING);
    assert_int_equal(eg_run_list(run, "/nothing/there", join, text, NULL), EG_ERR_MISSING);
    assert_false(eg_run_exists(run, "/config/below"));
    assert_true(eg_run_exists(run, "/"));
    eg_run_close(&run);
}

static void wrong_questions_are_answered_with_a_code(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_run_table *table;
    char text[4], *config;
    int64_t number;
    double x;
    write_sample(p->file, 0);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/x", NULL, NULL, 1, NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_get(run, "/config", EG_RUN_FLOAT64, &x, 1, NULL), EG_ERR_FORMAT);
    assert_int_equal(eg_run_get_text(run, "/train/cost", &config, NULL), EG_ERR_FORMAT);
    assert_int_equal(eg_run_get_text(run, "/train", &config, NULL), EG_ERR_MISSING);
    assert_int_equal(eg_run_get_attr_text(run, "/", "format", text, sizeof text, NULL),
                     EG_ERR_FORMAT);
    assert_int_equal(eg_run_get_attr_int(run, "/", "format", &number, NULL), EG_ERR_FORMAT);
    assert_int_equal(eg_run_get_attr_int(run, "/", "nothing", &number, NULL), EG_ERR_MISSING);
    assert_int_equal(eg_run_get_attr_int(run, "/nothing", "seed", &number, NULL), EG_ERR_MISSING);
    eg_run_close(&run);

    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "x", NULL, NULL, 1, NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_put_int(run, "/x/", NULL, NULL, 1, NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_put_int(run, "/config/x", NULL, NULL, 1, NULL), EG_ERR_IO);
    assert_int_equal(eg_run_delete(run, "/", NULL), EG_ERR_RANGE);
    assert_int_equal(eg_run_table(run, &table, "/t", sample_columns, 3, "nothing", NULL, NULL),
                     EG_ERR_RANGE);
    assert_int_equal(eg_run_put_text(run, "/config", NULL, "", NULL), EG_OK);
    assert_int_equal(eg_run_get_text(run, "/config", &config, NULL), EG_OK);
    assert_string_equal(config, "");
    free(config);
    eg_run_close(&run);
    eg_run_close(&run);
    eg_run_close(NULL);
}

static herr_t count_prints(hid_t stack, void *data)
{
    (void) stack;
    ++*(int *) data;
    return 0;
}

static void the_error_printing_of_the_host_is_left_alone(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    int prints = 0;
    H5E_auto2_t function;
    void *data;
    H5Eset_auto2(H5E_DEFAULT, count_prints, &prints);
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_false(eg_run_exists(run, "/a/b/c"));
    assert_int_equal(eg_run_put_int(run, "/a", NULL, NULL, 1, NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/a/b", NULL, NULL, 1, NULL), EG_ERR_IO);
    eg_run_close(&run);
    assert_int_equal(prints, 0);
    H5Eget_auto2(H5E_DEFAULT, &function, &data);
    assert_true(function == count_prints && data == &prints);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_comes_back_as_it_was_written),
        TEST(other_files_are_refused_with_a_reason),
        TEST(a_table_goes_on_and_can_be_cut_back),
        TEST(an_array_is_overwritten_in_place_or_replaced),
        TEST(axes_of_equal_length_stay_apart),
        TEST(a_group_is_listed_by_name),
        TEST(wrong_questions_are_answered_with_a_code),
        TEST(the_error_printing_of_the_host_is_left_alone),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
