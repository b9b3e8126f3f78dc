#include "tasks/data_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { AXES = 3 };

#define AXIS_MAX ((hsize_t) 1 << 48) /* longer ones are damage, and doubles hold these exactly */

/* --- failures --- */

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *context)
{
    struct eg_message *const reason = context;
    if (n == 0 && error->desc)
        snprintf(reason->text, 256, "%s", error->desc);
    return 0;
}

/* To be called before any other call to HDF5, which would wipe the reason. */
static int fail_hdf5(const struct eg_data_file *f, int status, const char *what, const char *name)
{
    struct eg_message reason = {"HDF5 gives no reason"};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
    if (strstr(reason.text, "unable to lock")) /* another program is writing it: no fault of it */
        status = EG_ERR_IO;
    return EG_FAIL(status, f->message, "%s: cannot %s %s: %s", f->path, what, name, reason.text);
}

static void close_id(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

/* --- the file --- */

/* A file may begin with a block of its user's, so HDF5's signature is at 0, 512, 1024, ... */
static bool has_signature(FILE *file)
{
    static const char signature[8] = "\x89HDF\r\n\x1a\n";
    for (long at = 0; at < 1L << 30; at = at ? 2 * at : 512) {
        char found[8];
        if (fseek(file, at, SEEK_SET) || fread(found, 1, 8, file) < 8)
            return false;
        if (memcmp(found, signature, 8) == 0)
            return true;
    }
    return false;
}

/* Says in the system's words what HDF5 would say in many of its own. */
static int open_file(struct eg_data_file *f)
{
    struct stat info;
    if (stat(f->path, &info) < 0)
        return EG_FAIL(EG_ERR_IO, f->message, "cannot open %s: %s", f->path, strerror(errno));
    if (!S_ISREG(info.st_mode)) /* to open a pipe would be to wait for its writer */
        return EG_FAIL(EG_ERR_IO, f->message, "%s is %s, not a file", f->path,
                       S_ISDIR(info.st_mode) ? "a directory" : "a device or a pipe");
    FILE *const file = fopen(f->path, "rb");
    if (!file)
        return EG_FAIL(EG_ERR_IO, f->message, "cannot open %s: %s", f->path, strerror(errno));
    const bool hdf5 = has_signature(file);
    const bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return EG_FAIL(EG_ERR_IO, f->message, "cannot read %s", f->path);
    if (!hdf5)
        return EG_FAIL(EG_ERR_FORMAT, f->message, "%s is %s", f->path,
                       info.st_size ? "not an HDF5 file" : "empty, not an HDF5 file");
    f->id = H5Fopen(f->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    return f->id < 0 ? fail_hdf5(f, EG_ERR_FORMAT, "open", "it as HDF5") : EG_OK;
}

/* 1 and the text; 0 when the attribute is not there, -1 when it is not a text. */
static int text_attribute(hid_t file, const char *name, char *value, size_t size)
{
    if (H5Aexists(file, name) <= 0)
        return 0;
    int found = -1;
    char *text = NULL;
    bool variable = false;
    const hid_t attr = H5Aopen(file, name, H5P_DEFAULT);
    const hid_t type = attr < 0 ? attr : H5Aget_type(attr);
    const hid_t space = attr < 0 ? attr : H5Aget_space(attr);
    if (type < 0 || space < 0 || H5Tget_class(type) != H5T_STRING
        || H5Sget_simple_extent_npoints(space) != 1)
        goto out;
    variable = H5Tis_variable_str(type) > 0;
    if (!variable && !(text = calloc(1, H5Tget_size(type) + 1)))
        goto out;
    if (H5Aread(attr, type, variable ? (void *) &text : text) >= 0 && text) {
        snprintf(value, size, "%s", text);
        found = 1;
    }
out:
    if (variable && text)
        H5free_memory(text);
    else
        free(text);
    close_id(space);
    close_id(type);
    close_id(attr);
    return found;
}

/* The same for a number. */
static int number_attribute(hid_t file, const char *name, double *value)
{
    if (H5Aexists(file, name) <= 0)
        return 0;
    const hid_t attr = H5Aopen(file, name, H5P_DEFAULT);
    const hid_t space = attr < 0 ? attr : H5Aget_space(attr);
    const bool read = space >= 0 && H5Sget_simple_extent_npoints(space) == 1
                      && H5Aread(attr, H5T_NATIVE_DOUBLE, value) >= 0;
    close_id(space);
    close_id(attr);
    return read ? 1 : -1;
}

static int check_format(const struct eg_data_file *f)
{
    char format[64] = "";
    const int named = text_attribute(f->id, "format", format, sizeof format);
    if (named < 0)
        return EG_FAIL(EG_ERR_FORMAT, f->message,
                       "%s: attribute format is not a text; it should be \"%s\"", f->path,
                       EG_DATA_FORMAT);
    if (named && strcmp(format, EG_DATA_FORMAT) != 0)
        return EG_FAIL(EG_ERR_FORMAT, f->message,
                       "%s: attribute format is \"%s\"; a file of sequences has \"%s\" (or none)",
                       f->path, format, EG_DATA_FORMAT);
    double version = EG_DATA_FORMAT_VERSION;
    if (number_attribute(f->id, "format_version", &version) < 0)
        return EG_FAIL(EG_ERR_FORMAT, f->message,
                       "%s: attribute format_version is not a number; it should be %d", f->path,
                       EG_DATA_FORMAT_VERSION);
    if (version > EG_DATA_FORMAT_VERSION)
        return EG_FAIL(EG_ERR_FORMAT, f->message,
                       "%s: format_version is %.9g, and this program reads up to %d: the file "
                       "needs a newer engram",
                       f->path, version, EG_DATA_FORMAT_VERSION);
    if (!(version >= 1))
        return EG_FAIL(EG_ERR_FORMAT, f->message, "%s: format_version is %.9g; it should be %d",
                       f->path, version, EG_DATA_FORMAT_VERSION);
    return EG_OK;
}

/* --- datasets --- */

static int check_set(const struct eg_data_file *f, struct eg_data_set *set, int rank)
{
    static const char *const axes[AXES + 1] = {"", "(sequence)", "(sequence, step)",
                                               "(sequence, step, channel)"};
    int status = EG_OK;
    const hid_t type = H5Dget_type(set->id), space = H5Dget_space(set->id);
    if (type < 0 || space < 0) {
        status = fail_hdf5(f, EG_ERR_FORMAT, "read dataset", set->name);
        goto out;
    }
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT && kind != H5T_ENUM) {
        status = EG_FAIL(EG_ERR_DATA, f->message,
                         "%s: dataset %s does not hold numbers; integers and floats are allowed",
                         f->path, set->name);
        goto out;
    }
    const int found = H5Sget_simple_extent_ndims(space);
    if (found != rank) {
        status = EG_FAIL(EG_ERR_DATA, f->message, "%s: dataset %s has %d axes; it must have %d, %s",
                         f->path, set->name, found, rank, axes[rank]);
        goto out;
    }
    H5Sget_simple_extent_dims(space, set->dims, NULL);
    for (int i = 0; i < rank; i++)
        if (set->dims[i] > AXIS_MAX) {
            status = EG_FAIL(EG_ERR_DATA, f->message, "%s: axis %d of dataset %s is too long: %llu",
                             f->path, i + 1, set->name, (unsigned long long) set->dims[i]);
            goto out;
        }
out:
    close_id(space);
    close_id(type);
    return status;
}

/* An optional dataset that is not there keeps an invalid id. */
static int open_set(const struct eg_data_file *f, struct eg_data_set *set, int rank, bool optional)
{
    if (H5Lexists(f->id, set->name, H5P_DEFAULT) <= 0) {
        if (optional)
            return EG_OK;
        return EG_FAIL(EG_ERR_DATA, f->message,
                       "%s: there is no dataset %s; input, target and length are needed, mask "
                       "and phase are not",
                       f->path, set->name);
    }
    set->id = H5Dopen2(f->id, set->name, H5P_DEFAULT);
    if (set->id < 0)
        return fail_hdf5(f, EG_ERR_DATA, "open dataset", set->name);
    return check_set(f, set, rank);
}

static int check_shapes(struct eg_data_file *f)
{
    const hsize_t *const in = f->input.dims, *const out = f->target.dims;
    /* clang-format off */
    const struct { const struct eg_data_set *set; const char *what; int axis; } empty[] = {
        {&f->input,  "no sequences", 0}, {&f->input,  "no steps", 1}, {&f->input, "no channels", 2},
        {&f->target, "no channels",  2},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        if (empty[i].set->dims[empty[i].axis] == 0)
            return EG_FAIL(EG_ERR_DATA, f->message,
                           "%s: dataset %s has %s; there must be one or more", f->path,
                           empty[i].set->name, empty[i].what);
    const struct eg_data_set *const others[] = {&f->target, &f->length, &f->mask, &f->phase};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct eg_data_set *const set = others[i];
        if (set->id < 0)
            continue;
        if (set->dims[0] != in[0])
            return EG_FAIL(EG_ERR_DATA, f->message,
                           "%s: dataset %s has %llu sequences and input %llu; they must have as "
                           "many",
                           f->path, set->name, (unsigned long long) set->dims[0],
                           (unsigned long long) in[0]);
        if (set != &f->length && set->dims[1] != in[1])
            return EG_FAIL(EG_ERR_DATA, f->message,
                           "%s: dataset %s has %llu steps and input %llu; they must have as many",
                           f->path, set->name, (unsigned long long) set->dims[1],
                           (unsigned long long) in[1]);
    }
    if (in[2] > SIZE_MAX / sizeof(double) || out[2] > SIZE_MAX / sizeof(double)
        || in[0] > SIZE_MAX / sizeof(double) || in[1] > SIZE_MAX / sizeof(double))
        return EG_RAISE(EG_ERR_NOMEM);
    f->sequences = (size_t) in[0];
    f->steps = (size_t) in[1];
    return EG_OK;
}

/* The first `steps` steps of `count` sequences from `from` of the file on. */
int eg_data_file_read(const struct eg_data_file *f, const struct eg_data_set *set, size_t from,
                      size_t count, size_t steps, size_t width, double *values)
{
    const hsize_t offset[AXES] = {from, 0, 0}, size[AXES] = {count, steps, width};
    const hsize_t all = (hsize_t) (count * steps * width);
    int status = EG_OK;
    const hid_t space = H5Dget_space(set->id), memory = H5Screate_simple(1, &all, NULL);
    if (space < 0 || memory < 0
        || H5Sselect_hyperslab(space, H5S_SELECT_SET, offset, NULL, size, NULL) < 0
        || H5Dread(set->id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values) < 0)
        status = fail_hdf5(f, EG_ERR_IO, "read dataset", set->name);
    close_id(memory);
    close_id(space);
    return status;
}

/* --- all of it --- */

int eg_data_file_open(struct eg_data_file *f, const char *path, struct eg_message *message)
{
    *f = (struct eg_data_file){
        .path = path,
        .message = message,
        .id = H5I_INVALID_HID,
        .input = {.name = "input", .id = H5I_INVALID_HID},
        .target = {.name = "target", .id = H5I_INVALID_HID},
        .length = {.name = "length", .id = H5I_INVALID_HID},
        .mask = {.name = "mask", .id = H5I_INVALID_HID},
        .phase = {.name = "phase", .id = H5I_INVALID_HID},
    };
    int status;
    if ((status = open_file(f)) || (status = check_format(f))
        || (status = open_set(f, &f->input, 3, false))
        || (status = open_set(f, &f->target, 3, false))
        || (status = open_set(f, &f->length, 1, false)) || (status = open_set(f, &f->mask, 2, true))
        || (status = open_set(f, &f->phase, 2, true)))
        return status;
    return check_shapes(f);
}

void eg_data_file_close(struct eg_data_file *f)
{
    hid_t *const ids[] = {&f->phase.id,  &f->mask.id,  &f->length.id,
                          &f->target.id, &f->input.id, &f->id};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        close_id(*ids[i]);
        *ids[i] = H5I_INVALID_HID;
    }
}
