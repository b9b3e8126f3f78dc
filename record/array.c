/* Arrays: numbers of rank 0 to 4, each axis with a name and a scale. */
#include "record/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Compressed arrays lie in chunks of about this many bytes, whole along all but the first
 * axis: a reader takes a stretch of time. */
enum { CHUNK_BYTES = 256 * 1024 };

static bool name_is_plain(const char *name)
{
    return name[0] != '\0' && !strchr(name, '/') && strcmp(name, ".") != 0 && strlen(name) < 256;
}

static int check_array(const struct eg_run *run, const char *path, const struct eg_run_array *a,
                       size_t *count, struct eg_message *message)
{
    *count = 1;
    if (a->type > EG_RUN_UINT8 || a->rank < 0 || a->rank > EG_RUN_RANK_MAX)
        return EG_FAIL(EG_ERR_RANGE, message, "%s: %s: no such type or rank", run->path, path);
    for (int i = 0; i < a->rank; i++) {
        if (a->dims[i] && *count > SIZE_MAX / 8 / a->dims[i])
            return EG_FAIL(EG_ERR_RANGE, message, "%s: %s is too large", run->path, path);
        *count *= a->dims[i];
        if (a->axes[i].name && !name_is_plain(a->axes[i].name))
            return EG_FAIL(EG_ERR_RANGE, message, "%s: %s: axis %d has no plain name", run->path,
                           path, i);
        if (a->axes[i].name && strcmp(a->axes[i].name, eg_run_leaf(path)) == 0 && a->rank != 1)
            return EG_FAIL(EG_ERR_RANGE, message, "%s: %s cannot be an axis of itself", run->path,
                           path);
        for (int j = 0; a->axes[i].name && j < i; j++)
            if (a->axes[j].name && strcmp(a->axes[i].name, a->axes[j].name) == 0)
                return EG_FAIL(EG_ERR_RANGE, message, "%s: %s has the axis %s twice", run->path,
                               path, a->axes[i].name);
    }
    if ((!a->data && *count) || (a->n_flags && (!a->flag_values || !a->flag_meanings))
        || (a->n_flags && a->type != EG_RUN_UINT8))
        return EG_FAIL(EG_ERR_RANGE, message, "%s: %s: no data, or flags that are not uint8",
                       run->path, path);
    return EG_OK;
}

/* The dataset of that path if it can hold the array as it is. */
static hid_t open_same(hid_t file, const char *path, const struct eg_run_array *a, bool chunked)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    hid_t dataset = eg_h5_open_dataset(file, path);
    if (dataset < 0)
        return dataset;
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    hid_t plist = H5Dget_create_plist(dataset);
    bool same = type >= 0 && space >= 0 && plist >= 0
                && H5Tequal(type, eg_h5_file_type(a->type)) > 0
                && H5Sget_simple_extent_ndims(space) == a->rank
                && H5Sget_simple_extent_dims(space, dims, NULL) == a->rank
                && (H5Pget_layout(plist) == H5D_CHUNKED) == chunked;
    for (int i = 0; same && i < a->rank; i++)
        same = dims[i] == a->dims[i];
    eg_h5_close(&plist);
    eg_h5_close(&space);
    eg_h5_close(&type);
    if (!same)
        eg_h5_close(&dataset);
    return dataset;
}

static hid_t create(hid_t file, const char *path, enum eg_run_type type, int rank,
                    const size_t *sizes, bool chunked)
{
    hsize_t dims[EG_RUN_RANK_MAX], chunk[EG_RUN_RANK_MAX], row = eg_h5_type_size(type);
    hid_t dataset = H5I_INVALID_HID;
    for (int i = 0; i < rank; i++) {
        dims[i] = chunk[i] = sizes[i];
        row *= i ? dims[i] : 1;
    }
    hid_t space = rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t plist = eg_h5_dataset_plist(), links = eg_h5_link_plist();
    if (space < 0 || plist < 0 || links < 0)
        goto out;
    if (chunked) {
        if (chunk[0] * row > CHUNK_BYTES)
            chunk[0] = row > CHUNK_BYTES ? 1 : CHUNK_BYTES / row;
        if (H5Pset_chunk(plist, rank, chunk) < 0 || H5Pset_shuffle(plist) < 0
            || H5Pset_deflate(plist, 1) < 0)
            goto out;
    }
    dataset = H5Dcreate2(file, path, eg_h5_file_type(type), space, links, plist, H5P_DEFAULT);
out:
    eg_h5_close(&links);
    eg_h5_close(&plist);
    eg_h5_close(&space);
    return dataset;
}

static int put_words(hid_t dataset, const char *units, const char *long_name)
{
    const int result = eg_h5_put_attr_text(dataset, "units", units ? units : "1");
    return result < 0 ? result : eg_h5_put_attr_text(dataset, "long_name", long_name);
}

/* Opens the scale of one axis, and makes it when it is not there. */
static int take_scale(struct eg_run *run, const char *path, const struct eg_run_array *a, int axis,
                      hid_t *scale, struct eg_message *message)
{
    int status;
    char group[EG_RUN_PATH_MAX], name[EG_RUN_PATH_MAX], place[2 * EG_RUN_PATH_MAX + 1];
    const struct eg_run_axis *const x = &a->axes[axis];
    const size_t n = a->dims[axis];
    int64_t *numbers = NULL;
    hid_t space = H5I_INVALID_HID;
    status = eg_run_parent(path, group, sizeof group, message);
    if (status)
        return status;
    if (x->name)
        snprintf(name, sizeof name, "%s", x->name);
    else
        snprintf(name, sizeof name, "%s_axis_%d", eg_run_leaf(path), axis);
    snprintf(place, sizeof place, "%s/%s", strcmp(group, "/") == 0 ? "" : group, name);

    *scale = eg_h5_open_dataset(run->file, place);
    if (*scale >= 0) {
        space = H5Dget_space(*scale);
        const hssize_t length = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
        if (!eg_scale_is(*scale) || length != (hssize_t) n)
            status = EG_FAIL(
                EG_ERR_SHAPE, message, "%s: axis %s of %s has %zu places, but %s is %s with %lld",
                run->path, name, path, n, place,
                eg_scale_is(*scale) ? "an axis" : "no axis but a dataset", (long long) length);
        goto out;
    }

    *scale = create(run->file, place, x->name ? EG_RUN_INT64 : EG_RUN_FLOAT32, 1, &n, false);
    char text[EG_RUN_PATH_MAX + 64];
    if (x->name)
        snprintf(text, sizeof text, "%s", x->long_name ? x->long_name : x->name);
    else
        snprintf(text, sizeof text, "axis %d of %s, a length without values", axis,
                 eg_run_leaf(path));
    if (*scale < 0 || put_words(*scale, x->units, text) < 0
        || (x->name ? eg_scale_mark(*scale, name) : eg_scale_mark_bare(*scale, n)) < 0) {
        status = eg_h5_fail(run, message, "make the axis", place);
        goto out;
    }
    if (!x->name || n == 0)
        goto out;
    const int64_t *values = x->values;
    if (!values) {
        numbers = malloc(n * sizeof *numbers);
        if (!numbers) {
            status = EG_RAISE(EG_ERR_NOMEM);
            goto out;
        }
        for (size_t i = 0; i < n; i++)
            numbers[i] = (int64_t) i;
        values = numbers;
    }
    if (H5Dwrite(*scale, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = eg_h5_fail(run, message, "write the axis", place);
out:
    free(numbers);
    eg_h5_close(&space);
    if (status)
        eg_h5_close(scale);
    return status;
}

static int put_scales(struct eg_run *run, const char *path, const struct eg_run_array *a,
                      hid_t dataset, struct eg_message *message)
{
    int status = EG_OK;
    hid_t scales[EG_RUN_RANK_MAX] = {H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID,
                                     H5I_INVALID_HID};
    const char *const own = eg_run_leaf(path);
    if (a->rank == 1 && a->axes[0].name && strcmp(a->axes[0].name, own) == 0) {
        if (eg_scale_mark(dataset, own) < 0)
            status = eg_h5_fail(run, message, "write", path);
        return status;
    }
    for (int i = 0; i < a->rank && status == EG_OK; i++)
        status = take_scale(run, path, a, i, &scales[i], message);
    if (status == EG_OK && a->rank > 0 && eg_scale_attach(dataset, a->rank, scales) < 0)
        status = eg_h5_fail(run, message, "attach the axes of", path);
    for (int i = 0; i < a->rank; i++)
        eg_h5_close(&scales[i]);
    return status;
}

/* An optional attribute: what is not said is not kept from before either. */
static int put_or_drop(hid_t dataset, const char *name, const char *text)
{
    return text ? eg_h5_put_attr_text(dataset, name, text) : eg_h5_drop_attr(dataset, name);
}

static int put_array(struct eg_run *run, const char *path, const struct eg_run_array *a,
                     size_t count, struct eg_message *message)
{
    int status = EG_OK;
    const bool chunked =
        a->compress && a->rank > 0 && count > 0 && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0;
    hid_t dataset = open_same(run->file, path, a, chunked);
    if (dataset < 0) {
        status = eg_run_delete(run, path, message);
        if (status)
            return status;
        dataset = create(run->file, path, a->type, a->rank, a->dims, chunked);
    }
    if (dataset < 0
        || (count > 0
            && H5Dwrite(dataset, eg_h5_memory_type(a->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, a->data)
                   < 0)
        || put_words(dataset, a->units, a->long_name ? a->long_name : eg_run_leaf(path)) < 0
        || put_or_drop(dataset, "equation", a->equation) < 0
        || put_or_drop(dataset, "flag_meanings", a->n_flags ? a->flag_meanings : NULL) < 0
        || (a->n_flags ? eg_h5_put_attr(dataset, "flag_values", H5T_STD_U8LE, H5T_NATIVE_UINT8,
                                        (int) a->n_flags, a->flag_values)
                       : eg_h5_drop_attr(dataset, "flag_values"))
               < 0)
        status = eg_h5_fail(run, message, "write", path);
    else
        status = put_scales(run, path, a, dataset, message);
    eg_h5_close(&dataset);
    return status;
}

int eg_run_put(struct eg_run *run, const char *path, const struct eg_run_array *array,
               struct eg_message *message)
{
    size_t count;
    int status = eg_run_may_put(run, path, message);
    if (status == EG_OK)
        status = check_array(run, path, array, &count, message);
    if (status)
        return status;
    const struct eg_h5_hush hush = eg_h5_hush();
    status = put_array(run, path, array, count, message);
    eg_h5_unhush(&hush);
    return status;
}

static int read_shape(const struct eg_run *run, hid_t dataset, const char *path,
                      struct eg_run_shape *shape, struct eg_message *message)
{
    int status = EG_OK;
    hsize_t dims[H5S_MAX_RANK] = {0};
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    const int nearest = type < 0 ? -1 : eg_h5_nearest_type(type);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, dims, NULL);
    if (nearest < 0 || rank < 0 || rank > EG_RUN_RANK_MAX
        || H5Sget_simple_extent_type(space) == H5S_NULL) {
        status = EG_FAIL(EG_ERR_FORMAT, message,
                         "%s: %s is not an array of numbers with 0 to %d axes, nor a text",
                         run->path, path, EG_RUN_RANK_MAX);
        goto out;
    }
    shape->type = (enum eg_run_type) nearest;
    shape->rank = rank;
    shape->count = 1;
    for (int i = 0; i < EG_RUN_RANK_MAX; i++)
        shape->dims[i] = i < rank ? (size_t) dims[i] : 0;
    /* A damaged file may say anything; only what memory could hold is believed. */
    for (int i = 0; i < rank; i++) {
        if (dims[i] && shape->count > SIZE_MAX / 8 / dims[i]) {
            status =
                EG_FAIL(EG_ERR_FORMAT, message, "%s: %s is too large to be true", run->path, path);
            goto out;
        }
        shape->count *= (size_t) dims[i];
    }
out:
    eg_h5_close(&space);
    eg_h5_close(&type);
    return status;
}

static int open_dataset(struct eg_run *run, const char *path, hid_t *dataset,
                        struct eg_message *message)
{
    *dataset = eg_h5_open_dataset(run->file, path);
    if (*dataset < 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: there is no dataset %s", run->path, path);
    return EG_OK;
}

int eg_run_shape(struct eg_run *run, const char *path, struct eg_run_shape *shape,
                 struct eg_message *message)
{
    hid_t dataset;
    const struct eg_h5_hush hush = eg_h5_hush();
    int status = eg_run_flush_tables(run, message);
    if (status == EG_OK)
        status = open_dataset(run, path, &dataset, message);
    if (status == EG_OK) {
        status = read_shape(run, dataset, path, shape, message);
        eg_h5_close(&dataset);
    }
    eg_h5_unhush(&hush);
    return status;
}

int eg_run_get(struct eg_run *run, const char *path, enum eg_run_type type, void *data,
               size_t count, struct eg_message *message)
{
    hid_t dataset = H5I_INVALID_HID;
    struct eg_run_shape shape;
    const struct eg_h5_hush hush = eg_h5_hush();
    int status = eg_run_flush_tables(run, message);
    if (status == EG_OK)
        status = open_dataset(run, path, &dataset, message);
    if (status == EG_OK)
        status = read_shape(run, dataset, path, &shape, message);
    if (status)
        goto out;
    if (shape.type == EG_RUN_TEXT || type == EG_RUN_TEXT)
        status = EG_FAIL(EG_ERR_FORMAT, message, "%s: %s is a text, not numbers", run->path, path);
    else if (shape.count != count)
        status = EG_FAIL(EG_ERR_SHAPE, message, "%s: %s has %zu elements, not %zu", run->path, path,
                         shape.count, count);
    else if (count > 0
             && H5Dread(dataset, eg_h5_memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        status = eg_h5_fail(run, message, "read", path);
out:
    eg_h5_close(&dataset);
    eg_h5_unhush(&hush);
    return status;
}

int eg_run_put_int(struct eg_run *run, const char *path, const char *units, const char *long_name,
                   int64_t value, struct eg_message *message)
{
    const struct eg_run_array a = {
        .units = units, .long_name = long_name, .type = EG_RUN_INT64, .data = &value};
    return eg_run_put(run, path, &a, message);
}

int eg_run_put_real(struct eg_run *run, const char *path, const char *units, const char *long_name,
                    double value, struct eg_message *message)
{
    const struct eg_run_array a = {
        .units = units, .long_name = long_name, .type = EG_RUN_FLOAT64, .data = &value};
    return eg_run_put(run, path, &a, message);
}

int eg_run_put_flag(struct eg_run *run, const char *path, const char *long_name, bool value,
                    struct eg_message *message)
{
    static const uint8_t values[2] = {0, 1};
    const uint8_t byte = value ? 1 : 0;
    const struct eg_run_array a = {.long_name = long_name,
                                   .type = EG_RUN_UINT8,
                                   .data = &byte,
                                   .flag_values = values,
                                   .n_flags = 2,
                                   .flag_meanings = "false true"};
    return eg_run_put(run, path, &a, message);
}

int eg_run_get_int(struct eg_run *run, const char *path, int64_t *value, struct eg_message *message)
{
    struct eg_run_shape shape;
    const int status = eg_run_shape(run, path, &shape, message);
    if (status)
        return status;
    if (shape.type == EG_RUN_FLOAT32 || shape.type == EG_RUN_FLOAT64)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s is not a whole number", run->path, path);
    return eg_run_get(run, path, EG_RUN_INT64, value, 1, message);
}

int eg_run_get_real(struct eg_run *run, const char *path, double *value, struct eg_message *message)
{
    return eg_run_get(run, path, EG_RUN_FLOAT64, value, 1, message);
}

int eg_run_get_column(struct eg_run *run, const char *path, double **values, size_t *rows,
                      struct eg_message *message)
{
    struct eg_run_shape shape;
    *values = NULL;
    int status = eg_run_shape(run, path, &shape, message);
    if (status)
        return status;
    if (shape.rank != 1)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s is not a column", run->path, path);
    *rows = shape.count;
    *values = malloc((shape.count ? shape.count : 1) * sizeof **values);
    if (!*values)
        return EG_RAISE(EG_ERR_NOMEM);
    status = eg_run_get(run, path, EG_RUN_FLOAT64, *values, shape.count, message);
    if (status) {
        free(*values);
        *values = NULL;
    }
    return status;
}
