#include "tests/data_plan.h"

static void write_bytes(const struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void what_is_no_hdf5_file_is_refused(void **state)
{
    struct fixture *f = *state;
    refuses_file(f, EG_ERR_IO, "No such file");
    write_bytes(f, "");
    refuses_file(f, EG_ERR_FORMAT, "is empty, not an HDF5 file");
    write_bytes(f, "input,target\n1,2\n");
    refuses_file(f, EG_ERR_FORMAT, "is not an HDF5 file");
    assert_int_equal(load(f, f->folder), EG_ERR_IO);
    assert_non_null(strstr(f->message.text, "is a directory"));
    assert_int_equal(load(f, "/dev/null"), EG_ERR_IO);
    if (geteuid() != 0) {
        assert_int_equal(chmod(f->path, 0), 0);
        refuses_file(f, EG_ERR_IO, "Permission denied");
    }
}

/* Cut anywhere; HDF5 may never take down the program, and what is read must be checked. */
static void a_truncated_file_is_refused(void **state)
{
    struct fixture *f = *state;
    write_plan(f);
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    for (off_t size = info.st_size - 1; size > 8; size -= 97) {
        assert_int_equal(truncate(f->path, size), 0);
        refuses_file(f, EG_ERR_FORMAT, "cannot open it as HDF5: ");
    }
}

static void the_format_is_checked_where_it_is_there(void **state)
{
    struct fixture *f = *state;
    f->plan.format = "engram-data";
    f->plan.version = 1;
    accepts(f);
    f->plan.variable_text = true;
    accepts(f);
    f->plan.version = 2;
    refuses(f, EG_ERR_FORMAT, "format_version is 2, and this program reads up to 1");
    f->plan.version = 1;
    f->plan.format = "engram-run";
    refuses(f, EG_ERR_FORMAT, "attribute format is \"engram-run\"");
    f->plan.variable_text = false;
    refuses(f, EG_ERR_FORMAT, "has \"engram-data\"");
}

static void attributes_of_the_wrong_kind_are_refused(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = {"format", "format_version"};
    const char *const want[] = {"attribute format is not a text",
                                "attribute format_version is not a number"};
    for (int i = 0; i < 2; i++) {
        write_plan(f);
        const hid_t file = H5Fopen(f->path, H5F_ACC_RDWR, H5P_DEFAULT);
        const hid_t space = H5Screate(H5S_SCALAR);
        const hid_t type = i ? H5T_C_S1 : H5T_NATIVE_INT;
        const hid_t attr = H5Acreate2(file, names[i], type, space, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(attr, type, &(int){1}) >= 0);
        H5Aclose(attr);
        H5Sclose(space);
        H5Fclose(file);
        refuses_file(f, EG_ERR_FORMAT, want[i]);
    }
    f->plan.version = 0.5;
    f->plan.version_type = H5T_NATIVE_DOUBLE;
    refuses(f, EG_ERR_FORMAT, "format_version is 0.5; it should be 1");
}

static herr_t count_prints(hid_t stack, void *count)
{
    (void) stack;
    ++*(int *) count;
    return 0;
}

static void hdf5_prints_nothing_and_its_settings_stay(void **state)
{
    struct fixture *f = *state;
    H5E_auto2_t old, now;
    void *old_data, *now_data;
    int prints = 0;
    assert_true(H5Eget_auto2(H5E_DEFAULT, &old, &old_data) >= 0);
    assert_true(H5Eset_auto2(H5E_DEFAULT, count_prints, &prints) >= 0);
    write_plan(f);
    assert_int_equal(truncate(f->path, 700), 0);
    refuses_file(f, EG_ERR_FORMAT, "cannot open it as HDF5: truncated file");
    assert_true(H5Eget_auto2(H5E_DEFAULT, &now, &now_data) >= 0);
    H5Eset_auto2(H5E_DEFAULT, old, old_data);
    assert_int_equal(prints, 0);
    assert_true(now == count_prints && now_data == &prints);
}

static void a_missing_dataset_is_named(void **state)
{
    struct fixture *f = *state;
    const struct plan whole = f->plan;
    const char *const want[] = {"no dataset input", "no dataset target", "no dataset length"};
    for (int i = INPUT; i <= LENGTH; i++) {
        f->plan = whole;
        f->plan.without[i] = true;
        refuses(f, EG_ERR_DATA, want[i]);
    }
}

static void axes_must_be_as_many_as_described(void **state)
{
    struct fixture *f = *state;
    const struct plan whole = f->plan;
    for (int i = 0; i < SETS; i++)
        for (int rank = 0; rank <= 4; rank++) {
            f->plan = whole;
            if (rank == whole.rank[i])
                continue;
            f->plan.rank[i] = rank;
            for (int axis = 0; axis < rank; axis++)
                f->plan.dims[i][axis] = 1;
            char want[64];
            snprintf(want, sizeof want, "dataset %s has %d axes; it must have %d", set_names[i],
                     rank, whole.rank[i]);
            refuses(f, EG_ERR_DATA, want);
        }
}

static void sizes_must_fit_together(void **state)
{
    struct fixture *f = *state;
    const struct plan whole = f->plan;
    for (int i = TARGET; i < SETS; i++)
        for (int axis = 0; axis < 2 && axis < whole.rank[i]; axis++) {
            f->plan = whole;
            f->plan.dims[i][axis]--;
            char want[96];
            snprintf(want, sizeof want, "dataset %s has %d %s and input %d", set_names[i],
                     axis ? T - 1 : S - 1, axis ? "steps" : "sequences", axis ? T : S);
            refuses(f, EG_ERR_DATA, want);
        }
}

static void nothing_may_be_of_size_zero(void **state)
{
    struct fixture *f = *state;
    const struct plan whole = f->plan;
    const char *const want[] = {"no sequences", "no steps", "dataset input has no channels"};
    for (int axis = 0; axis < 3; axis++) {
        f->plan = whole;
        f->plan.dims[INPUT][axis] = 0;
        refuses(f, EG_ERR_DATA, want[axis]);
    }
    f->plan = whole;
    f->plan.dims[TARGET][2] = 0;
    refuses(f, EG_ERR_DATA, "dataset target has no channels");
}

static void datasets_must_hold_numbers(void **state)
{
    struct fixture *f = *state;
    const struct plan whole = f->plan;
    for (int i = 0; i < SETS; i++) {
        f->plan = whole;
        f->plan.type[i] = H5T_C_S1;
        char want[64];
        snprintf(want, sizeof want, "dataset %s does not hold numbers", set_names[i]);
        refuses(f, EG_ERR_DATA, want);
    }
}

static void a_group_in_the_place_of_a_dataset_is_refused(void **state)
{
    struct fixture *f = *state;
    f->plan.without[TARGET] = true;
    write_plan(f);
    const hid_t file = H5Fopen(f->path, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t group = H5Gcreate2(file, "target", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(group >= 0);
    H5Gclose(group);
    H5Fclose(file);
    refuses_file(f, EG_ERR_DATA, "cannot open dataset target");
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        WITH_FILE(what_is_no_hdf5_file_is_refused),
        WITH_FILE(a_truncated_file_is_refused),
        WITH_FILE(the_format_is_checked_where_it_is_there),
        WITH_FILE(attributes_of_the_wrong_kind_are_refused),
        WITH_FILE(hdf5_prints_nothing_and_its_settings_stay),
        WITH_FILE(a_missing_dataset_is_named),
        WITH_FILE(axes_must_be_as_many_as_described),
        WITH_FILE(sizes_must_fit_together),
        WITH_FILE(nothing_may_be_of_size_zero),
        WITH_FILE(datasets_must_hold_numbers),
        WITH_FILE(a_group_in_the_place_of_a_dataset_is_refused),
    };
    return cmocka_run_group_tests_name("data_file", tests, NULL, NULL);
}
