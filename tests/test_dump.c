#include "tests/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hdf5.h>

#include "core/config.h"
#include "tasks/dump.h"

enum { N = 12, SEED = 7, STEPS = 11, INPUTS = 4, OUTPUTS = 3 };

struct loaded {
    struct eg_config *config;
    void *options, *state;
    struct eg_task_shape shape;
};

struct fixture {
    char folder[64], path[128];
    struct eg_arena *arena;
    struct loaded copy, file;
    struct eg_message message;
};

static int load(struct fixture *f, struct loaded *l, const struct eg_task_type *task,
                const char *const *assignments)
{
    assert_int_equal(eg_config_init(&l->config), EG_OK);
    for (; *assignments; assignments++)
        assert_int_equal(eg_config_assign(l->config, *assignments, "-s", &f->message), EG_OK);
    l->options = calloc(1, task->options_size);
    l->state = calloc(1, task->state_size);
    assert_true(l->options && l->state);
    assert_int_equal(eg_config_bind(l->config, "task", task->options, l->options, &f->message),
                     EG_OK);
    return task->init(l->state, l->options, f->arena, &l->shape, &f->message);
}

static void unload(struct loaded *l)
{
    eg_config_free(&l->config);
    free(l->options);
    free(l->state);
    *l = (struct loaded){0};
}

/* Copy of 1 to 5 vectors of 3 bits. */
static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    const char *const tmp = getenv("TMPDIR");
    snprintf(f->folder, sizeof f->folder, "%.40s/engram-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/data.h5", f->folder);
    assert_int_equal(eg_arena_init(&f->arena, 0), EG_OK);
    const char *const small[] = {"task.bits=3", "task.length_max=5", NULL};
    assert_int_equal(load(f, &f->copy, &eg_task_copy, small), EG_OK);
    *state = f;
    return 0;
}

/* Nothing but the file may be left. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    unload(&f->copy);
    unload(&f->file);
    eg_arena_free(&f->arena);
    unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static int dump(struct fixture *f, const char *path, size_t n, unsigned flags)
{
    f->message.text[0] = '\0';
    return eg_task_dump(path, &eg_task_copy, f->copy.state, &f->copy.shape, SEED, n, flags,
                        &f->message);
}

static void reload(struct fixture *f)
{
    char path[160];
    snprintf(path, sizeof path, "task.path=%s", f->path);
    const char *const assignments[] = {path, NULL};
    if (load(f, &f->file, &eg_task_file, assignments) != EG_OK)
        fail_msg("%s", f->message.text);
}

struct drawn {
    struct eg_sequence s;
    real input[STEPS * INPUTS], target[STEPS * OUTPUTS], mask[STEPS];
    uint8_t phase[STEPS];
};

static void draw(struct drawn *d, const struct eg_task_type *task, const void *state, size_t length,
                 struct eg_stream *stream)
{
    memset(d, 0, sizeof *d);
    d->s = (struct eg_sequence){.extent.length = length,
                                .input = d->input,
                                .target = d->target,
                                .mask = d->mask,
                                .phase = d->phase};
    task->draw(state, stream, &d->s);
}

static void what_was_written_is_read_back(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dump(f, f->path, N, 0), EG_OK);
    reload(f);
    assert_int_equal(f->file.shape.items, N);
    assert_int_equal(f->file.shape.inputs, INPUTS);
    assert_int_equal(f->file.shape.outputs, OUTPUTS);
    assert_int_equal(f->file.shape.steps_max, STEPS);
    size_t vectors = 0;
    for (size_t i = 0; i < N; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, SEED, EG_FOR_TRAINING, 0, i);
        struct drawn want, got;
        const size_t length = (size_t) eg_stream_between(&stream, 1, 5); /* as in training */
        vectors += length;
        draw(&want, &eg_task_copy, f->copy.state, length, &stream);
        draw(&got, &eg_task_file, f->file.state, i + 1, NULL);
        assert_int_equal(got.s.steps, want.s.steps);
        assert_int_equal(eg_task_file.steps(f->file.state, got.s.extent), want.s.steps);
        assert_memory_equal(got.input, want.input, sizeof want.input);
        assert_memory_equal(got.target, want.target, sizeof want.target);
        assert_memory_equal(got.mask, want.mask, sizeof want.mask);
        assert_memory_equal(got.phase, want.phase, sizeof want.phase);
    }
    check_close(f->file.shape.chance, (double) (vectors * OUTPUTS) / N, 1e-15, 0.0);
}

static void a_file_can_be_dumped_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dump(f, f->path, N, 0), EG_OK);
    reload(f);
    assert_int_equal(eg_task_dump(f->path, &eg_task_file, f->file.state, &f->file.shape, SEED, 3,
                                  EG_DUMP_FORCE, &f->message),
                     EG_OK);
    unload(&f->file);
    reload(f);
    assert_int_equal(f->file.shape.items, 3);
}

static unsigned char *bytes_of(const char *path, size_t *n)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    *n = (size_t) info.st_size;
    unsigned char *bytes = malloc(*n);
    FILE *file = fopen(path, "rb");
    assert_true(bytes && file);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

static void equal_seeds_give_equal_bytes(void **state)
{
    struct fixture *f = *state;
    size_t n, m;
    assert_int_equal(dump(f, f->path, N, 0), EG_OK);
    unsigned char *const first = bytes_of(f->path, &n);
    assert_int_equal(dump(f, f->path, N, EG_DUMP_FORCE), EG_OK);
    unsigned char *const second = bytes_of(f->path, &m);
    assert_int_equal(n, m);
    assert_memory_equal(first, second, n);
    free(first);
    free(second);
}

static void attribute_is(hid_t object, const char *name, const char *want)
{
    char text[128] = "";
    const hid_t attr = H5Aopen(object, name, H5P_DEFAULT);
    assert_true(attr >= 0);
    const hid_t type = H5Aget_type(attr);
    assert_true(H5Tget_size(type) < sizeof text);
    assert_true(H5Aread(attr, type, text) >= 0);
    if (want)
        assert_string_equal(text, want);
    assert_true(strlen(text) > 0);
    H5Tclose(type);
    H5Aclose(attr);
}

/* As h5py.dims, xarray and netCDF find them: DIMENSION_LIST leads to the scale. */
static void every_axis_has_its_scale(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dump(f, f->path, N, 0), EG_OK);
    const struct {
        const char *name, *units;
        int rank;
        const char *scales[3];
    } sets[] = {{"input", "1", 3, {"sequence", "time", "input_channel"}},
                {"target", "1", 3, {"sequence", "time", "output_channel"}},
                {"mask", "1", 2, {"sequence", "time", NULL}},
                {"phase", "1", 2, {"sequence", "time", NULL}},
                {"length", "step", 1, {"sequence", NULL, NULL}}};
    const hid_t file = H5Fopen(f->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    attribute_is(file, "format", "engram-data");
    attribute_is(file, "task", "copy");
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const hid_t set = H5Dopen2(file, sets[i].name, H5P_DEFAULT);
        attribute_is(set, "units", sets[i].units);
        attribute_is(set, "long_name", NULL);
        const hid_t attr = H5Aopen(set, "DIMENSION_LIST", H5P_DEFAULT);
        const hid_t type = H5Aget_type(attr), space = H5Aget_space(attr);
        assert_int_equal(H5Sget_simple_extent_npoints(space), sets[i].rank);
        hvl_t list[3];
        assert_true(H5Aread(attr, type, list) >= 0);
        for (int axis = 0; axis < sets[i].rank; axis++) {
            const hid_t scale = H5Rdereference2(set, H5P_DEFAULT, H5R_OBJECT, list[axis].p);
            assert_true(scale >= 0);
            attribute_is(scale, "CLASS", "DIMENSION_SCALE");
            attribute_is(scale, "NAME", sets[i].scales[axis]);
            assert_int_equal(H5Aexists(scale, "REFERENCE_LIST"), 1);
            H5Dclose(scale);
        }
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, list);
        H5Sclose(space);
        H5Tclose(type);
        H5Aclose(attr);
        H5Dclose(set);
    }
    H5Fclose(file);
}

static void padding_is_zero(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dump(f, f->path, N, 0), EG_OK);
    static float input[N][STEPS][INPUTS];
    static int length[N];
    const hid_t file = H5Fopen(f->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t x = H5Dopen2(file, "input", H5P_DEFAULT);
    const hid_t n = H5Dopen2(file, "length", H5P_DEFAULT);
    assert_true(H5Dread(x, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, input) >= 0);
    assert_true(H5Dread(n, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, length) >= 0);
    H5Dclose(n);
    H5Dclose(x);
    H5Fclose(file);
    for (int i = 0; i < N; i++)
        for (int t = length[i]; t < STEPS; t++)
            for (int c = 0; c < INPUTS; c++)
                check_close(input[i][t][c], 0, 0.0, 0.0);
}

static void an_existing_file_is_kept_unless_forced(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    fputs("precious", file);
    fclose(file);
    assert_int_equal(dump(f, f->path, N, 0), EG_ERR_EXISTS);
    assert_non_null(strstr(f->message.text, f->path));
    assert_non_null(strstr(f->message.text, "exists already"));
    size_t n;
    unsigned char *const bytes = bytes_of(f->path, &n);
    assert_int_equal(n, 8);
    assert_memory_equal(bytes, "precious", 8);
    free(bytes);
    assert_int_equal(dump(f, f->path, N, EG_DUMP_FORCE), EG_OK);
    reload(f);
}

static void what_cannot_be_written_is_said(void **state)
{
    struct fixture *f = *state;
    char path[160];
    snprintf(path, sizeof path, "%s/no/data.h5", f->folder);
    assert_int_equal(dump(f, path, N, 0), EG_ERR_IO);
    assert_non_null(strstr(f->message.text, path));
    assert_non_null(strstr(f->message.text, "No such file or directory"));
    assert_int_equal(dump(f, f->folder, N, EG_DUMP_FORCE), EG_ERR_IO);
    assert_int_equal(dump(f, "/dev/full", N, EG_DUMP_FORCE), EG_ERR_IO);
    assert_non_null(strstr(f->message.text, "not a regular file"));
    assert_int_equal(dump(f, f->path, 0, 0), EG_ERR_RANGE);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    struct fixture *f = *state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(dump(f, f->path, 2, 0), EG_OK);
    char other[160];
    snprintf(other, sizeof other, "%s/other.h5", f->folder);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {.rlim_cur = 1000, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int forced = dump(f, f->path, N, EG_DUMP_FORCE);
    const struct eg_message said = f->message;
    const int fresh = dump(f, other, N, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(forced, EG_ERR_IO);
    assert_int_equal(fresh, EG_ERR_IO);
    assert_non_null(strstr(said.text, "cannot write"));
    assert_non_null(strstr(said.text, f->path));
    assert_int_not_equal(access(other, F_OK), 0);
    reload(f);
    assert_int_equal(f->file.shape.items, 2);
}

static void too_many_sequences_are_refused_without_a_trace(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dump(f, f->path, SIZE_MAX / 4, 0), EG_ERR_NOMEM);
    assert_non_null(strstr(f->message.text, "do not fit into memory"));
    assert_int_not_equal(access(f->path, F_OK), 0);
}

#define WITH_COPY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        WITH_COPY(what_was_written_is_read_back),
        WITH_COPY(a_file_can_be_dumped_again),
        WITH_COPY(equal_seeds_give_equal_bytes),
        WITH_COPY(every_axis_has_its_scale),
        WITH_COPY(padding_is_zero),
        WITH_COPY(an_existing_file_is_kept_unless_forced),
        WITH_COPY(what_cannot_be_written_is_said),
        WITH_COPY(a_full_disk_leaves_the_old_file),
        WITH_COPY(too_many_sequences_are_refused_without_a_trace),
    };
    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
