/* tests/run_sample.h -- a place for run files, and a run file with something of everything. */
#ifndef EG_TESTS_RUN_SAMPLE_H
#define EG_TESTS_RUN_SAMPLE_H

#include "check.h"

#include "record/run.h"

#include <dirent.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char sample_created[] = "2026-01-02T03:04:05+00:00";

struct place {
    char folder[64], file[96], other[96];
};

static inline int set_up(void **state)
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

/* How many entries the folder has; `and_remove` takes them away too. */
static inline int entries(const char *folder, bool and_remove)
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

static inline void put_bytes(const char *path, const void *data, size_t n)
{
    FILE *const f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline int tear_down(void **state)
{
    struct place *const p = *state;
    /* Whatever a test did: HDF5 holds nothing open after it. */
    const ssize_t open_things = H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL);
    entries(p->folder, true);
    rmdir(p->folder);
    free(p);
    return open_things == 0 ? 0 : -1;
}

static const struct eg_run_column sample_columns[] = {
    {"sequences", "sequence", "sequences seen", EG_RUN_INT64},
    {"step", NULL, NULL, EG_RUN_INT64},
    {"cost", "bit/sequence", "cost of a sequence", EG_RUN_FLOAT64},
};

/* A run with something of everything. */
static inline void write_sample(const char *path, unsigned flags)
{
    struct eg_run *run;
    struct eg_run_table *train;
    float memory[2 * 3 * 3];
    const uint8_t phase[2] = {0, 2}, phases[3] = {0, 1, 2};
    const int64_t shifts[3] = {-1, 0, 1};
    for (int i = 0; i < 18; i++)
        memory[i] = (float) i / 7;
    assert_int_equal(eg_run_create(&run, path, sample_created, flags, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_int(run, "/", "seed", 7, NULL), EG_OK);
    assert_int_equal(
        eg_run_put_text(run, "/config", "configuration", "train:\n  batch: 16\n", NULL), EG_OK);
    assert_int_equal(eg_run_put_int(run, "/config_values/train/batch", "1", NULL, 16, NULL), EG_OK);
    assert_int_equal(
        eg_run_table(run, &train, "/train", sample_columns, 3, "sequences", "cost", NULL), EG_OK);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
