#include "tasks/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasks/curriculum.h"
#include "tasks/data_file.h"
#include "tasks/stories.h"

enum { IMAGE_STEP = 1 << 22 }; /* bytes by which the file in memory grows */

/* The order is that of `scale_rows`. */
enum axis { SEQUENCE, TIME, INPUT_CHANNEL, OUTPUT_CHANNEL, AXES };

/* The order is that of `column_rows`. */
enum column { INPUT, TARGET, MASK, PHASE, LENGTH, COLUMNS };

static const char *const scale_rows[AXES][3] = {
    {"sequence", "1", "number of the sequence, from 1"},
    {"time", "step", "step of the sequence, from 1"},
    {"input_channel", "1", "number of the input, from 1"},
    {"output_channel", "1", "number of the output, from 1"},
};

/* clang-format off */
static const struct {
    const char *name, *units, *long_name, *flag_meanings;
    enum axis axes[3];
    int rank;
} column_rows[COLUMNS] = {
    {"input",  "1",    "what the network is given",                 NULL, {SEQUENCE, TIME, INPUT_CHANNEL},  3},
    {"target", "1",    "what the network should answer, 0 to 1",    NULL, {SEQUENCE, TIME, OUTPUT_CHANNEL}, 3},
    {"mask",   "1",    "whether the answer of a step counts",       "not_asked asked",        {SEQUENCE, TIME}, 2},
    {"phase",  "1",    "what a step is for",                        EG_PHASE_WORDS,           {SEQUENCE, TIME}, 2},
    {"length", "step", "steps of a sequence; what follows is padding", NULL,                  {SEQUENCE},       1},
};
/* clang-format on */

/* An element of REFERENCE_LIST: the HDF5 Dimension Scale Specification. */
struct user {
    hobj_ref_t dataset;
    int axis;
    int padding; /* zero, so that equal files have equal bytes */
};

struct table {
    size_t size[AXES];
    float *input, *target;
    uint8_t *mask, *phase;
    int64_t *length;
};

static void close_id(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

/* --- the sequences --- */

/* a * b * c pieces of `size` bytes, zeroed; NULL also where that overflows. */
static void *table_zeros(size_t a, size_t b, size_t c, size_t size)
{
    const size_t most = SIZE_MAX / 2 / size;
    if (a > most || b > most / a || c > most / (a * b))
        return NULL;
    return calloc(a * b * c, size);
}

static void free_table(struct table *t)
{
    free(t->input);
    free(t->target);
    free(t->mask);
    free(t->phase);
    free(t->length);
}

/* The size of a sequence; the stream is then where its contents begin. */
static struct eg_extent draw_extent(const struct eg_task_type *task, const void *state,
                                    const struct eg_task_shape *shape, struct eg_stream *stream)
{
    static const struct eg_curriculum uniform = {.type = EG_CURRICULUM_UNIFORM};
    return eg_curriculum_draw(&uniform, task, state, shape, EG_SEEN_ALL, stream);
}

/* The longest sequence says how much room each one gets. */
static int draw_lengths(struct table *t, const struct eg_task_type *task, const void *state,
                        const struct eg_task_shape *shape, uint64_t seed)
{
    t->length = table_zeros(t->size[SEQUENCE], 1, 1, sizeof *t->length);
    if (!t->length)
        return EG_RAISE(EG_ERR_NOMEM);
    t->size[TIME] = 1;
    for (size_t i = 0; i < t->size[SEQUENCE]; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_TRAINING, 0, i);
        const size_t steps = task->steps(state, draw_extent(task, state, shape, &stream));
        t->length[i] = (int64_t) steps;
        t->size[TIME] = steps > t->size[TIME] ? steps : t->size[TIME];
    }
    return EG_OK;
}

static int draw_all(struct table *t, const struct eg_task_type *task, const void *state,
                    const struct eg_task_shape *shape, uint64_t seed)
{
    const size_t n = t->size[SEQUENCE], steps = t->size[TIME];
    const size_t inputs = t->size[INPUT_CHANNEL], outputs = t->size[OUTPUT_CHANNEL];
    t->input = table_zeros(n, steps, inputs, sizeof *t->input);
    t->target = table_zeros(n, steps, outputs, sizeof *t->target);
    t->mask = table_zeros(n, steps, 1, sizeof *t->mask);
    t->phase = table_zeros(n, steps, 1, sizeof *t->phase);
    struct eg_sequence s = {
        .input = table_zeros(1, steps, inputs, sizeof *s.input),
        .target = table_zeros(1, steps, outputs, sizeof *s.target),
        .mask = calloc(steps, sizeof *s.mask),
        .phase = calloc(steps, sizeof *s.phase),
    };
    int status = EG_OK;
    if (!t->input || !t->target || !t->mask || !t->phase || !s.input || !s.target || !s.mask
        || !s.phase) {
        status = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_TRAINING, 0, i);
        s.extent = draw_extent(task, state, shape, &stream);
        s.steps = (size_t) t->length[i];
        task->draw(state, &stream, &s);
        for (size_t k = 0; k < s.steps * inputs; k++)
            t->input[i * steps * inputs + k] = (float) s.input[k];
        for (size_t k = 0; k < s.steps * outputs; k++)
            t->target[i * steps * outputs + k] = (float) s.target[k];
        for (size_t k = 0; k < s.steps; k++)
            t->mask[i * steps + k] = s.mask[k] > 0;
        memcpy(t->phase + i * steps, s.phase, s.steps);
    }
out:
    free(s.input);
    free(s.target);
    free(s.mask);
    free(s.phase);
    return status;
}

/* --- the file: functions here answer whether all went well --- */

static bool put_attr(hid_t object, const char *name, hid_t type, hsize_t n, const void *value)
{
    const hid_t space = n ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR);
    const hid_t attr =
        space < 0 ? space : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool done = attr >= 0 && H5Awrite(attr, type, value) >= 0;
    close_id(attr);
    close_id(space);
    return done;
}

static bool put_text(hid_t object, const char *name, const char *text)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    const bool done = type >= 0 && H5Tset_size(type, strlen(text) + 1) >= 0
                      && H5Tset_cset(type, H5T_CSET_UTF8) >= 0
                      && put_attr(object, name, type, 0, text);
    close_id(type);
    return done;
}

/* A dataset with its units and long_name; to be closed. */
static hid_t put_set(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims,
                     const void *values, const char *units, const char *long_name)
{
    const hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(rank, dims, NULL);
    hid_t set = H5I_INVALID_HID;
    if (plist >= 0 && space >= 0 && H5Pset_obj_track_times(plist, false) >= 0)
        set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (set >= 0
        && (H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0
            || !put_text(set, "units", units) || !put_text(set, "long_name", long_name))) {
        close_id(set);
        set = H5I_INVALID_HID;
    }
    close_id(space);
    close_id(plist);
    return set;
}

static bool put_scale(hid_t file, enum axis axis, size_t n)
{
    int64_t *const values = malloc(n * sizeof *values);
    if (!values)
        return false;
    for (size_t i = 0; i < n; i++)
        values[i] = (int64_t) i + 1;
    const char *const *const row = scale_rows[axis];
    const hsize_t dims[1] = {n};
    const hid_t set = put_set(file, row[0], H5T_NATIVE_INT64, 1, dims, values, row[1], row[2]);
    const bool done =
        set >= 0 && put_text(set, "CLASS", "DIMENSION_SCALE") && put_text(set, "NAME", row[0]);
    close_id(set);
    free(values);
    return done;
}

static bool put_column(hid_t file, enum column column, const struct table *t)
{
    /* clang-format off */
    const struct { hid_t type; const void *values; } what[COLUMNS] = {
        {H5T_NATIVE_FLOAT, t->input}, {H5T_NATIVE_FLOAT, t->target}, {H5T_NATIVE_UINT8, t->mask},
        {H5T_NATIVE_UINT8, t->phase}, {H5T_NATIVE_INT64, t->length},
    };
    /* clang-format on */
    static const uint8_t flags[EG_PHASES] = {0, 1, 2, 3, 4};
    const int rank = column_rows[column].rank;
    const char *const meanings = column_rows[column].flag_meanings;
    hsize_t dims[3];
    hobj_ref_t references[3];
    hvl_t list[3];
    for (int i = 0; i < rank; i++) {
        const enum axis axis = column_rows[column].axes[i];
        dims[i] = t->size[axis];
        list[i] = (hvl_t){.len = 1, .p = &references[i]};
        if (H5Rcreate(&references[i], file, scale_rows[axis][0], H5R_OBJECT, H5I_INVALID_HID) < 0)
            return false;
    }
    const hid_t set =
        put_set(file, column_rows[column].name, what[column].type, rank, dims, what[column].values,
                column_rows[column].units, column_rows[column].long_name);
    const hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    const bool done = set >= 0 && type >= 0
                      && put_attr(set, "DIMENSION_LIST", type, (hsize_t) rank, list)
                      && (!meanings
                          || (put_attr(set, "flag_values", H5T_NATIVE_UINT8,
                                       column == MASK ? 2 : EG_PHASES, flags)
                              && put_text(set, "flag_meanings", meanings)));
    close_id(type);
    close_id(set);
    return done;
}

/* Tells a scale which datasets have it on which axis. */
static bool put_users(hid_t file, enum axis axis)
{
    struct user users[COLUMNS];
    memset(users, 0, sizeof users);
    hsize_t n = 0;
    for (size_t c = 0; c < COLUMNS; c++)
        for (int i = 0; i < column_rows[c].rank; i++)
            if (column_rows[c].axes[i] == axis) {
                users[n].axis = i;
                if (H5Rcreate(&users[n++].dataset, file, column_rows[c].name, H5R_OBJECT,
                              H5I_INVALID_HID)
                    < 0)
                    return false;
            }
    const hid_t set = H5Dopen2(file, scale_rows[axis][0], H5P_DEFAULT);
    const hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct user));
    const bool done =
        set >= 0 && type >= 0
        && H5Tinsert(type, "dataset", HOFFSET(struct user, dataset), H5T_STD_REF_OBJ) >= 0
        && H5Tinsert(type, "dimension", HOFFSET(struct user, axis), H5T_NATIVE_INT) >= 0
        && put_attr(set, "REFERENCE_LIST", type, n, users);
    close_id(type);
    close_id(set);
    return done;
}

static bool put_all(hid_t file, const struct table *t, const char *task, uint64_t seed)
{
    const int64_t version = EG_DATA_FORMAT_VERSION;
    bool done = put_text(file, "format", EG_DATA_FORMAT)
                && put_attr(file, "format_version", H5T_NATIVE_INT64, 0, &version)
                && put_text(file, "task", task)
                && put_attr(file, "seed", H5T_NATIVE_UINT64, 0, &seed);
    for (size_t i = 0; done && i < AXES; i++)
        done = put_scale(file, (enum axis) i, t->size[i]);
    for (size_t i = 0; done && i < COLUMNS; i++)
        done = put_column(file, (enum column) i, t);
    for (size_t i = 0; done && i < AXES; i++)
        done = put_users(file, (enum axis) i);
    return done;
}

/* The file as bytes, *image being the caller's.  HDF5 writes to memory, where it cannot fail
 * for want of disk: a full disk found while it closes a file leaves that file half open. */
static int make_image(const struct table *t, const char *task, uint64_t seed, void **image,
                      size_t *bytes)
{
    int status = EG_ERR_NOMEM;
    ssize_t size = 0;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = H5I_INVALID_HID;
    if (access >= 0 && create >= 0 && H5Pset_fapl_core(access, IMAGE_STEP, false) >= 0
        && H5Pset_obj_track_times(create, false) >= 0)
        file = H5Fcreate("engram-data", H5F_ACC_TRUNC, create, access);
    if (file < 0 || !put_all(file, t, task, seed) || H5Fflush(file, H5F_SCOPE_LOCAL) < 0
        || (size = H5Fget_file_image(file, NULL, 0)) <= 0 || !(*image = malloc((size_t) size)))
        goto out;
    *bytes = (size_t) size;
    if (H5Fget_file_image(file, *image, *bytes) == size)
        status = EG_OK;
out:
    close_id(file);
    close_id(create);
    close_id(access);
    return status ? EG_RAISE(status) : EG_OK;
}

/* Stories have a text form of their own: the first n training questions, in the order of the data.
 * Those of a test may have an answer that has no name. */
static int make_text(const struct eg_stories *stories, size_t n, void **image, size_t *bytes)
{
    char *text = NULL;
    FILE *const file = open_memstream(&text, bytes);
    if (!file)
        return EG_RAISE(EG_ERR_NOMEM);
    const int status =
        eg_stories_write(file, stories, 1, n < stories->items ? n : stories->items, NULL);
    const bool done = fclose(file) == 0 && status == EG_OK;
    *image = text;
    return done ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* --- the disk --- */

/* Makes `path` ours: an empty file, unless there is one that may be replaced. */
static int claim(const char *path, unsigned flags, bool *made, struct eg_message *message)
{
    struct stat info;
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    *made = fd >= 0;
    if (fd >= 0) {
        close(fd);
        return EG_OK;
    }
    if (errno != EEXIST)
        return EG_FAIL(EG_ERR_IO, message, "cannot create %s: %s", path, strerror(errno));
    if (!(flags & EG_DUMP_FORCE))
        return EG_FAIL(EG_ERR_EXISTS, message, "%s exists already", path);
    if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return EG_FAIL(EG_ERR_IO, message, "%s is not a regular file and is not replaced", path);
    return EG_OK;
}

/* Writes beside `path`, then moves there in one step. */
static int write_image(const char *path, const void *image, size_t bytes,
                       struct eg_message *message)
{
    int status = EG_OK;
    FILE *file = NULL;
    const size_t room = strlen(path) + 32;
    char *const beside = malloc(room);
    if (!beside)
        return EG_RAISE(EG_ERR_NOMEM);
    snprintf(beside, room, "%s.tmp-%ld", path, (long) getpid());
    if ((file = fopen(beside, "wb")) == NULL || fwrite(image, 1, bytes, file) != bytes
        || fflush(file) != 0) {
        status = EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s", path, strerror(errno));
        goto out;
    }
    const int closed = fclose(file);
    file = NULL;
    if (closed || rename(beside, path))
        status = EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s", path, strerror(errno));
out:
    if (file)
        fclose(file);
    if (status)
        unlink(beside);
    free(beside);
    return status;
}

int eg_task_dump(const char *path, const struct eg_task_type *task, const void *state,
                 const struct eg_task_shape *shape, uint64_t seed, size_t n, unsigned flags,
                 struct eg_message *message)
{
    if (n == 0)
        return EG_FAIL(EG_ERR_RANGE, message, "%s: at least 1 sequence is to be written", path);
    const bool tells = task->draw == eg_stories_draw;
    if (!tells && (shape->symbols || shape->loss != EG_LOSS_BITS))
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "%s: a data file holds numbers and bits; task %s has words or classes", path,
                       task->name);
    struct table t = {
        .size = {
            [SEQUENCE] = n, [INPUT_CHANNEL] = shape->inputs, [OUTPUT_CHANNEL] = shape->outputs}};
    void *image = NULL;
    size_t bytes = 0;
    bool made = false;
    int status = claim(path, flags, &made, message);
    if (status)
        return status;
    if (tells) {
        status = make_text(state, n, &image, &bytes);
    } else if ((status = draw_lengths(&t, task, state, shape, seed)) == EG_OK
               && (status = draw_all(&t, task, state, shape, seed)) == EG_OK) {
        H5E_BEGIN_TRY
        {
            status = make_image(&t, task->name, seed, &image, &bytes);
        }
        H5E_END_TRY
    }
    free_table(&t);
    if (status == EG_OK)
        status = write_image(path, image, bytes, message);
    if (status == EG_ERR_NOMEM)
        status =
            EG_FAIL(EG_ERR_NOMEM, message, "%s: %zu sequences do not fit into memory", path, n);
    if (status && made)
        unlink(path);
    free(image);
    return status;
}
