#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "record/run.h"

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char created[] = "2026-01-02T03:04:05+00:00";

struct place {
    char folder[64], file[96], other[96];
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    strcpy(p->folder, "/tmp/engram-record-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->file, sizeof p->file, "%s/run.h5", p->folder);
    snprintf(p->other, sizeof p->other, "%s/other.h5", p->folder);
    *state = p;
    return 0;
}

/* How many entries the folder has; `remove` takes them away. */
static int entries(const char *folder, bool and_remove)
{
    int n = 0;
    DIR *const d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));) {
        char path[400];
        if (e->d_name[0] == '.')
            continue;
        n++;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (and_remove)
            unlink(path);
    }
    if (d)
        closedir(d);
    return n;
}

static int tear_down(void **state)
{
    struct place *const p = *state;
    /* Whatever a test did: HDF5 holds nothing open after it. */
    const ssize_t open_things = H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL);
    entries(p->folder, true);
    rmdir(p->folder);
    free(p);
    return open_things == 0 ? 0 : -1;
}

static unsigned char *bytes_of(const char *path, size_t *n)
{
    struct stat info;
    FILE *const f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &info), 0);
    *n = (size_t) info.st_size;
    unsigned char *const data = malloc(*n + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *n, f), *n);
    fclose(f);
    return data;
}

static void put_bytes(const char *path, const void *data, size_t n)
{
    FILE *const f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void same_bytes(const char *a, const char *b)
{
    size_t n_a, n_b;
    unsigned char *const x = bytes_of(a, &n_a), *const y = bytes_of(b, &n_b);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(x, y, n_a);
    free(x);
    free(y);
}

static const struct eg_run_column columns[] = {
    {"sequences", "sequence", "sequences seen", EG_RUN_INT64},
    {"step", NULL, NULL, EG_RUN_INT64},
    {"cost", "bit/sequence", "cost of a sequence", EG_RUN_FLOAT64},
};

/* A run with something of everything. */
static void write_sample(const char *path, unsigned flags)
{
    struct eg_run *run;
    struct eg_run_table *train;
    float memory[2 * 3 * 3];
    const uint8_t phase[2] = {0, 2}, phases[3] = {0, 1, 2};
    const int64_t shifts[3] = {-1, 0, 1};
    for (int i = 0; i < 18; i++)
        memory[i] = (float) i / 7;
    assert_int_equal(eg_run_create(&run, path, created, flags, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_int(run, "/", "seed", 7, NULL), EG_OK);
    assert_int_equal(
        eg_run_put_text(run, "/config", "configuration", "train:\n  batch: 16\n", NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/config_values/train/batch", "1", NULL, 16, NULL), EG_OK);
    assert_int_equal(eg_run_table(run, &train, "/train", columns, 3, "sequences", "cost", NULL),
                     EG_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(eg_run_append(train, (const double[3]){16.0 * i, i, 8.0 / (i + 1)}, NULL),
                         EG_OK);
    const struct eg_run_array array = {.units = "1",
                                       .long_name = "memory after the step",
                                       .type = EG_RUN_FLOAT32,
                                       .rank = 3,
                                       .dims = {2, 3, 3},
                                       .axes = {{.name = "time", .units = "step"},
                                                {.name = "slot"},
                                                {.name = "shift", .values = shifts}},
                                       .data = memory,
                                       .compress = true,
                                       .equation = "eq. 4"};
    assert_int_equal(eg_run_put(run, "/probe/copy-2/memory", &array, NULL), EG_OK);
    const struct eg_run_array flags_array = {.type = EG_RUN_UINT8,
                                             .rank = 1,
                                             .dims = {2},
                                             .axes = {{.name = "time"}},
                                             .data = phase,
                                             .flag_values = phases,
                                             .n_flags = 3,
                                             .flag_meanings = "input delimiter output"};
    assert_int_equal(eg_run_put(run, "/probe/copy-2/phase", &flags_array, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    assert_null(run);
}

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
    assert_string_equal(text, created);
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

static void equal_content_gives_equal_bytes(void **state)
{
    const struct place *const p = *state;
    write_sample(p->file, 0);
    /* Another history of the heap must not show in the padding of anything. */
    void *junk[200];
    for (size_t i = 0; i < 200; i++) {
        junk[i] = malloc(64 + 97 * i);
        assert_non_null(junk[i]);
        memset(junk[i], 0xA5, 64 + 97 * i);
    }
    for (size_t i = 0; i < 200; i++)
        free(junk[i]);
    write_sample(p->other, 0);
    same_bytes(p->file, p->other);
}

static void nothing_is_overwritten_without_force(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    put_bytes(p->file, "precious", 8);
    assert_int_equal(eg_run_create(&run, p->file, created, 0, &message), EG_ERR_EXISTS);
    assert_null(run);
    assert_non_null(strstr(message.text, "exists already"));
    size_t n;
    unsigned char *const data = bytes_of(p->file, &n);
    assert_int_equal(n, 8);
    free(data);
    assert_int_equal(entries(p->folder, false), 1);
    write_sample(p->file, EG_RUN_FORCE);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    eg_run_close(&run);
}

static void a_bad_place_is_an_error_at_creation(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    char path[160];
    snprintf(path, sizeof path, "%s/missing/run.h5", p->folder);
    assert_int_equal(eg_run_create(&run, path, NULL, 0, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "the directory"));
    assert_non_null(strstr(message.text, strerror(ENOENT)));
    assert_int_equal(eg_run_create(&run, p->folder, NULL, EG_RUN_FORCE, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "a directory"));
    /* Else a superuser's --force would replace the device. */
    assert_int_equal(eg_run_create(&run, "/dev/null", NULL, EG_RUN_FORCE, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "a device"));
    if (geteuid() != 0) {
        assert_int_equal(chmod(p->folder, 0500), 0);
        assert_int_equal(eg_run_create(&run, p->file, NULL, 0, &message), EG_ERR_IO);
        assert_int_equal(chmod(p->folder, 0700), 0);
    }
    assert_int_equal(entries(p->folder, false), 0);
}

static void what_is_on_disk_is_whole_between_saves(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run, *reader;
    struct eg_run_table *train;
    double *cost;
    size_t rows;
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_int_equal(eg_run_table(run, &train, "/train", columns, 3, "sequences", NULL, NULL),
                     EG_OK);
    assert_int_equal(eg_run_save(run, EG_RUN_SYNC, NULL), EG_OK);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(eg_run_append(train, (const double[3]){i, i, i}, NULL), EG_OK);
        if (i % 1000 != 500)
            continue;
        /* A reader sees the last save, and keeps seeing it after the next one. */
        assert_int_equal(eg_run_open(&reader, p->file, EG_RUN_READ, NULL), EG_OK);
        assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
        assert_int_equal(eg_run_get_column(reader, "/train/cost", &cost, &rows, NULL), EG_OK);
        assert_int_equal(rows, i < 1000 ? 0 : i - 999);
        free(cost);
        eg_run_close(&reader);
    }
    assert_int_equal(eg_run_rows(train), 3000);
    assert_int_equal(eg_run_get_column(run, "/train/cost", &cost, &rows, NULL), EG_OK);
    assert_int_equal(rows, 3000);
    for (size_t i = 0; i < rows; i++)
        check_close(cost[i], i, 0, 0);
    free(cost);
    eg_run_close(&run);
    assert_int_equal(entries(p->folder, false), 1);
}

static void a_full_disk_leaves_the_last_good_file(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    struct rlimit old, small;
    static const float zeros[65536];
    const struct eg_run_array array = {
        .type = EG_RUN_FLOAT32, .rank = 1, .dims = {65536}, .data = zeros};
    write_sample(p->other, 0);
    write_sample(p->file, 0);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put(run, "/parameters/w", &array, NULL), EG_OK);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int status = eg_run_save(run, 0, &message);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, EG_ERR_IO);
    assert_non_null(strstr(message.text, p->file));
    assert_non_null(strstr(message.text, strerror(EFBIG)));
    same_bytes(p->file, p->other);
    assert_int_equal(entries(p->folder, false), 2);
    /* There is room again: the run goes on as if nothing had been. */
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    assert_true(eg_run_exists(run, "/parameters/w"));
    eg_run_close(&run);
}

static void each_truncation_is_an_error_with_a_reason(void **state)
{
    const struct place *const p = *state;
    size_t n;
    write_sample(p->file, 0);
    unsigned char *const data = bytes_of(p->file, &n);
    for (size_t part = 0; part <= 40; part++) {
        const size_t left = part < 20 ? n * part / 20 : part == 20 ? n - 1 : part - 20;
        struct eg_message message;
        put_bytes(p->other, data, left);
        for (int mode = EG_RUN_READ; mode <= EG_RUN_READ_ANY; mode++) {
            struct eg_run *run;
            message.text[0] = '\0';
            assert_int_equal(eg_run_open(&run, p->other, (enum eg_run_mode) mode, &message),
                             EG_ERR_FORMAT);
            assert_null(run);
            assert_non_null(strstr(message.text, left ? "is truncated" : "is empty"));
        }
    }
    free(data);
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
    assert_int_equal(eg_run_table(run, &train, "/train", columns, 3, "sequences", NULL, NULL),
                     EG_OK);
    for (int i = 0; i < 2500; i++)
        assert_int_equal(eg_run_append(train, (const double[3]){i, i, i}, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);

    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    memcpy(other, columns, sizeof other);
    other[1].type = EG_RUN_FLOAT64;
    assert_int_equal(eg_run_table(run, &train, "/train", other, 3, "sequences", NULL, &message),
                     EG_ERR_FORMAT);
    other[1] = (struct eg_run_column){"new", NULL, NULL, EG_RUN_INT64};
    assert_int_equal(eg_run_table(run, &train, "/train", other, 3, "sequences", NULL, &message),
                     EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "has no column new"));
    assert_int_equal(eg_run_table(run, &train, "/train", columns, 3, "sequences", NULL, NULL),
                     EG_OK);
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
    assert_int_equal(eg_run_table(run, &table, "/t", columns, 3, "nothing", NULL, NULL),
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

static void a_process_killed_while_saving_leaves_a_whole_file(void **state)
{
    const struct place *const p = *state;
    static float w[200000];
    const struct eg_run_array array = {
        .type = EG_RUN_FLOAT32, .rank = 1, .dims = {200000}, .data = w};
    write_sample(p->file, 0);
    for (unsigned i = 0; i < 10; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct eg_run *run;
            if (eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL))
                _exit(1);
            for (;;)
                if (eg_run_put(run, "/parameters/w", &array, NULL) || eg_run_save(run, 0, NULL))
                    _exit(1);
        }
        const struct timespec pause = {0, 9000000 + 1700000 * (long) i};
        nanosleep(&pause, NULL);
        int how;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how)); /* it had not failed by itself */
        struct eg_run *run;
        assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
        eg_run_close(&run);
    }
    /* Who goes on with the run sweeps up what the dead left. */
    struct eg_run *run;
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(entries(p->folder, false), 1);
}

static void a_link_is_followed_and_stays(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct stat info;
    write_sample(p->file, 0);
    assert_int_equal(chmod(p->file, 0640), 0);
    assert_int_equal(symlink(p->file, p->other), 0);
    assert_int_equal(eg_run_open(&run, p->other, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_text(run, "/", "status", "done", NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(lstat(p->other, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(p->file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    char text[16];
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    assert_int_equal(eg_run_get_attr_text(run, "/", "status", text, sizeof text, NULL), EG_OK);
    assert_string_equal(text, "done");
    eg_run_close(&run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_comes_back_as_it_was_written),
        TEST(equal_content_gives_equal_bytes),
        TEST(nothing_is_overwritten_without_force),
        TEST(a_bad_place_is_an_error_at_creation),
        TEST(what_is_on_disk_is_whole_between_saves),
        TEST(a_full_disk_leaves_the_last_good_file),
        TEST(each_truncation_is_an_error_with_a_reason),
        TEST(other_files_are_refused_with_a_reason),
        TEST(a_table_goes_on_and_can_be_cut_back),
        TEST(an_array_is_overwritten_in_place_or_replaced),
        TEST(axes_of_equal_length_stay_apart),
        TEST(a_group_is_listed_by_name),
        TEST(wrong_questions_are_answered_with_a_code),
        TEST(the_error_printing_of_the_host_is_left_alone),
        TEST(a_process_killed_while_saving_leaves_a_whole_file),
        TEST(a_link_is_followed_and_stays),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
