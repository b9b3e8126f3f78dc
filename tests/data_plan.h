/* tests/data_plan.h -- a file of sequences, with one thing wrong.
 *
 * plan_setup() plans a good one; a test changes what it is about, and the task `file` accepts
 * or refuses what is written then.  The file is gone afterwards. */
#ifndef EG_TESTS_DATA_PLAN_H
#define EG_TESTS_DATA_PLAN_H

#include "tests/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hdf5.h>

#include "core/config.h"
#include "tasks/task.h"

enum { S = 3, T = 4, I = 2, O = 1 };

/* A file of 3 sequences with 4, 1 and 2 steps, as h5py would write it; NaN is the padding. */
static const double plain_input[S][T][I] = {
    {{1, 2}, {3, 4}, {5, 6}, {7, -8.5}},
    {{9, 10}, {NAN, NAN}, {NAN, NAN}, {NAN, NAN}},
    {{11, 12}, {13, 14}, {NAN, INFINITY}, {NAN, NAN}},
};
static const double plain_target[S][T][O] = {
    {{0}, {1}, {0.25}, {1}}, {{1}, {NAN}, {NAN}, {7}}, {{0}, {0.5}, {-1}, {NAN}}};
static const double plain_length[S] = {4, 1, 2};
static const double plain_mask[S][T] = {{0, 0, 1, 1}, {1, 9, 9, 9}, {0, 1, NAN, 9}};
static const double plain_phase[S][T] = {{0, 1, 2, 2}, {2, 9, 9, 9}, {0, 2, 9, 9}};

enum { INPUT, TARGET, LENGTH, MASK, PHASE, SETS };
static const char *const set_names[SETS] = {"input", "target", "length", "mask", "phase"};

/* What is written; a test changes what it is about. */
struct plan {
    bool without[SETS];
    int rank[SETS];
    hsize_t dims[SETS][4];
    hid_t type[SETS];
    double values[SETS][S * T * I];
    const char *format; /* NULL: none, as a version of 0 */
    double version;
    hid_t version_type;
    bool variable_text; /* h5py's way of writing a text */
};

struct fixture {
    char folder[64], path[128];
    struct plan plan;
    struct eg_arena *arena;
    struct eg_config *config;
    void *state;
    struct eg_task_shape shape;
    struct eg_message message;
    long first, last;
};

static const struct eg_task_type *const task = &eg_task_file;

static inline int plan_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    const char *const tmp = getenv("TMPDIR");
    snprintf(f->folder, sizeof f->folder, "%.40s/engram-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/data.h5", f->folder);
    f->state = calloc(1, task->state_size);
    assert_non_null(f->state);
    assert_int_equal(eg_arena_init(&f->arena, 0), EG_OK);
    struct plan *p = &f->plan;
    *p = (struct plan){
        .version_type = H5T_STD_I32BE,
        .rank = {3, 3, 1, 2, 2},
        .dims = {{S, T, I}, {S, T, O}, {S}, {S, T}, {S, T}},
        .type = {H5T_NATIVE_FLOAT, H5T_NATIVE_FLOAT, H5T_NATIVE_INT64, H5T_NATIVE_UINT8,
                 H5T_NATIVE_UINT8},
    };
    memcpy(p->values[INPUT], plain_input, sizeof plain_input);
    memcpy(p->values[TARGET], plain_target, sizeof plain_target);
    memcpy(p->values[LENGTH], plain_length, sizeof plain_length);
    memcpy(p->values[MASK], plain_mask, sizeof plain_mask);
    memcpy(p->values[PHASE], plain_phase, sizeof plain_phase);
    *state = f;
    return 0;
}

static inline int plan_teardown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    eg_config_free(&f->config);
    eg_arena_free(&f->arena);
    free(f->state);
    unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static inline void write_format(hid_t file, const struct plan *p)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    if (p->format) {
        const hid_t type = H5Tcopy(H5T_C_S1);
        assert_true(H5Tset_size(type, p->variable_text ? H5T_VARIABLE : strlen(p->format)) >= 0);
        const hid_t attr = H5Acreate2(file, "format", type, space, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(attr, type, p->variable_text ? (const void *) &p->format : p->format)
                    >= 0);
        H5Aclose(attr);
        H5Tclose(type);
    }
    if (p->version > 0) {
        const hid_t attr =
            H5Acreate2(file, "format_version", p->version_type, space, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(attr, H5T_NATIVE_DOUBLE, &p->version) >= 0);
        H5Aclose(attr);
    }
    H5Sclose(space);
}

static inline void write_plan(const struct fixture *f)
{
    const struct plan *const p = &f->plan;
    const hid_t file = H5Fcreate(f->path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    write_format(file, p);
    for (int i = 0; i < SETS; i++) {
        if (p->without[i])
            continue;
        const hid_t space =
            p->rank[i] ? H5Screate_simple(p->rank[i], p->dims[i], NULL) : H5Screate(H5S_SCALAR);
        const hid_t set = H5Dcreate2(file, set_names[i], p->type[i], space, H5P_DEFAULT,
                                     H5P_DEFAULT, H5P_DEFAULT);
        assert_true(set >= 0);
        const H5T_class_t kind = H5Tget_class(p->type[i]);
        if (H5Sget_simple_extent_npoints(space) > 0 && kind != H5T_STRING && kind != H5T_ENUM)
            assert_true(
                H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, p->values[i]) >= 0);
        if (kind == H5T_ENUM) {
            signed char flags[S * T];
            for (size_t k = 0; k < S * T; k++)
                flags[k] = p->values[i][k] > 0;
            assert_true(H5Dwrite(set, p->type[i], H5S_ALL, H5S_ALL, H5P_DEFAULT, flags) >= 0);
        }
        H5Dclose(set);
        H5Sclose(space);
    }
    assert_true(H5Fclose(file) >= 0);
}

static inline int load(struct fixture *f, const char *path)
{
    char text[256];
    eg_config_free(&f->config);
    assert_int_equal(eg_config_init(&f->config), EG_OK);
    if (path)
        assert_int_equal(eg_config_set(f->config, "task.path", path, "-s", NULL), EG_OK);
    snprintf(text, sizeof text, "task.first=%ld", f->first);
    assert_int_equal(eg_config_assign(f->config, text, "-s", NULL), EG_OK);
    snprintf(text, sizeof text, "task.last=%ld", f->last);
    assert_int_equal(eg_config_assign(f->config, text, "-s", NULL), EG_OK);
    void *options = calloc(1, task->options_size);
    assert_non_null(options);
    assert_int_equal(eg_config_bind(f->config, "task", task->options, options, &f->message), EG_OK);
    f->message.text[0] = '\0';
    const int status = task->init(f->state, options, f->arena, &f->shape, &f->message);
    free(options);
    return status;
}

static inline void accepts(struct fixture *f)
{
    write_plan(f);
    if (load(f, f->path) != EG_OK)
        fail_msg("%s", f->message.text);
}

/* The message names the file, and says `want`. */
static inline void refuses_file(struct fixture *f, int status, const char *want)
{
    const int got = load(f, f->path);
    if (!strstr(f->message.text, want) || !strstr(f->message.text, f->path))
        fail_msg("\"%s\" does not say \"%s\"", f->message.text, want);
    assert_int_equal(got, status);
    assert_int_equal(H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

static inline void refuses(struct fixture *f, int status, const char *want)
{
    write_plan(f);
    refuses_file(f, status, want);
}

#define WITH_FILE(name) cmocka_unit_test_setup_teardown(name, plan_setup, plan_teardown)

#endif
