/* Attributes: short texts and single numbers of a group or a dataset. */
#include "record/run_private.h"

#include <string.h>

/* An attribute holds at most 64 KB in files that every reader can open; texts that may grow
 * long are datasets. */
enum { TEXT_MAX = 32 * 1024 };

static hid_t open_object(struct eg_run *run, const char *path, int *status,
                         struct eg_message *message)
{
    hid_t object =
        eg_h5_exists(run->file, path) ? H5Oopen(run->file, path, H5P_DEFAULT) : H5I_INVALID_HID;
    *status = EG_OK;
    if (object < 0)
        *status = EG_FAIL(EG_ERR_MISSING, message, "%s: there is no %s", run->path, path);
    return object;
}

static int put_number(struct eg_run *run, const char *path, const char *name, enum eg_run_type type,
                      const void *value, struct eg_message *message)
{
    int status = eg_run_may_put(run, path, message);
    if (status)
        return status;
    const struct eg_h5_hush hush = eg_h5_hush();
    hid_t object = open_object(run, path, &status, message);
    if (status == EG_OK
        && eg_h5_put_attr(object, name, eg_h5_file_type(type), eg_h5_memory_type(type), 0, value)
               < 0)
        status = eg_h5_fail(run, message, "write an attribute of", path);
    eg_h5_close(&object);
    eg_h5_unhush(&hush);
    return status;
}

int eg_run_put_attr_int(struct eg_run *run, const char *path, const char *name, int64_t value,
                        struct eg_message *message)
{
    return put_number(run, path, name, EG_RUN_INT64, &value, message);
}

int eg_run_put_attr_real(struct eg_run *run, const char *path, const char *name, double value,
                         struct eg_message *message)
{
    return put_number(run, path, name, EG_RUN_FLOAT64, &value, message);
}

int eg_run_put_attr_text(struct eg_run *run, const char *path, const char *name, const char *value,
                         struct eg_message *message)
{
    int status = eg_run_may_put(run, path, message);
    if (status)
        return status;
    if (strlen(value) > TEXT_MAX)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "%s: the text for attribute %s of %s is too long: make it a dataset",
                       run->path, name, path);
    const struct eg_h5_hush hush = eg_h5_hush();
    hid_t object = open_object(run, path, &status, message);
    if (status == EG_OK && eg_h5_put_attr_text(object, name, value) < 0)
        status = eg_h5_fail(run, message, "write an attribute of", path);
    eg_h5_close(&object);
    eg_h5_unhush(&hush);
    return status;
}

static int get_number(struct eg_run *run, const char *path, const char *name, enum eg_run_type type,
                      void *value, struct eg_message *message)
{
    int status;
    const struct eg_h5_hush hush = eg_h5_hush();
    hid_t attr = H5I_INVALID_HID, stored = H5I_INVALID_HID, space = H5I_INVALID_HID;
    hid_t object = open_object(run, path, &status, message);
    if (status)
        goto out;
    if (H5Aexists(object, name) <= 0) {
        status =
            EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no attribute %s", run->path, path, name);
        goto out;
    }
    attr = H5Aopen(object, name, H5P_DEFAULT);
    stored = attr < 0 ? attr : H5Aget_type(attr);
    space = attr < 0 ? attr : H5Aget_space(attr);
    const int nearest = stored < 0 ? -1 : eg_h5_nearest_type(stored);
    const bool whole = nearest == EG_RUN_INT64 || nearest == EG_RUN_UINT8;
    const bool broken = nearest == EG_RUN_FLOAT32 || nearest == EG_RUN_FLOAT64;
    if (space < 0 || H5Sget_simple_extent_npoints(space) != 1
        || !(whole || (broken && type == EG_RUN_FLOAT64))) {
        status = EG_FAIL(EG_ERR_FORMAT, message, "%s: attribute %s of %s is not one %snumber",
                         run->path, name, path, type == EG_RUN_INT64 ? "whole " : "");
        goto out;
    }
    if (H5Aread(attr, eg_h5_memory_type(type), value) < 0)
        status = eg_h5_fail(run, message, "read an attribute of", path);
out:
    eg_h5_close(&space);
    eg_h5_close(&stored);
    eg_h5_close(&attr);
    eg_h5_close(&object);
    eg_h5_unhush(&hush);
    return status;
}

int eg_run_get_attr_int(struct eg_run *run, const char *path, const char *name, int64_t *value,
                        struct eg_message *message)
{
    return get_number(run, path, name, EG_RUN_INT64, value, message);
}

int eg_run_get_attr_real(struct eg_run *run, const char *path, const char *name, double *value,
                         struct eg_message *message)
{
    return get_number(run, path, name, EG_RUN_FLOAT64, value, message);
}

int eg_run_get_attr_text(struct eg_run *run, const char *path, const char *name, char *value,
                         size_t size, struct eg_message *message)
{
    int status;
    const struct eg_h5_hush hush = eg_h5_hush();
    hid_t object = open_object(run, path, &status, message);
    if (status)
        goto out;
    if (H5Aexists(object, name) <= 0) {
        status =
            EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no attribute %s", run->path, path, name);
        goto out;
    }
    switch (eg_h5_get_attr_text(object, name, value, size)) {
    case 1:
        break;
    case 0:
        status = EG_FAIL(EG_ERR_FORMAT, message,
                         "%s: attribute %s of %s is not a text of less than %zu bytes", run->path,
                         name, path, size);
        break;
    default:
        status = eg_h5_fail(run, message, "read an attribute of", path);
    }
out:
    eg_h5_close(&object);
    eg_h5_unhush(&hush);
    return status;
}
