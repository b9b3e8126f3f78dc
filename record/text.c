/* Texts of any length: a scalar dataset of fixed length. */
#include "record/run_private.h"

#include <stdlib.h>
#include <string.h>

static hid_t open_same(hid_t file, const char *path, hid_t type)
{
    hid_t dataset = eg_h5_open_dataset(file, path);
    hid_t old = dataset < 0 ? dataset : H5Dget_type(dataset);
    hid_t space = dataset < 0 ? dataset : H5Dget_space(dataset);
    const bool same = old >= 0 && space >= 0 && H5Tequal(old, type) > 0
                      && H5Sget_simple_extent_type(space) == H5S_SCALAR;
    eg_h5_close(&space);
    eg_h5_close(&old);
    if (!same)
        eg_h5_close(&dataset);
    return dataset;
}

static int put_text(struct eg_run *run, const char *path, const char *long_name, const char *text,
                    struct eg_message *message)
{
    int status = EG_OK;
    hid_t space = H5I_INVALID_HID, plist = H5I_INVALID_HID, links = H5I_INVALID_HID;
    hid_t type = eg_h5_text_type(strlen(text));
    hid_t dataset = type < 0 ? type : open_same(run->file, path, type);
    if (type >= 0 && dataset < 0) {
        status = eg_run_delete(run, path, message);
        if (status)
            goto out;
        space = H5Screate(H5S_SCALAR);
        plist = eg_h5_dataset_plist();
        links = eg_h5_link_plist();
        if (space >= 0 && plist >= 0 && links >= 0)
            dataset = H5Dcreate2(run->file, path, type, space, links, plist, H5P_DEFAULT);
    }
    if (dataset < 0 || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) < 0
        || eg_h5_put_attr_text(dataset, "units", "1") < 0
        || eg_h5_put_attr_text(dataset, "long_name", long_name ? long_name : eg_run_leaf(path)) < 0)
        status = eg_h5_fail(run, message, "write", path);
out:
    eg_h5_close(&dataset);
    eg_h5_close(&links);
    eg_h5_close(&plist);
    eg_h5_close(&space);
    eg_h5_close(&type);
    return status;
}

int eg_run_put_text(struct eg_run *run, const char *path, const char *long_name, const char *text,
                    struct eg_message *message)
{
    int status = eg_run_may_put(run, path, message);
    if (status)
        return status;
    const struct eg_h5_hush hush = eg_h5_hush();
    status = put_text(run, path, long_name, text, message);
    eg_h5_unhush(&hush);
    return status;
}

int eg_run_get_text(struct eg_run *run, const char *path, char **text, struct eg_message *message)
{
    int status = EG_OK;
    *text = NULL;
    const struct eg_h5_hush hush = eg_h5_hush();
    hid_t type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    hid_t dataset = eg_h5_open_dataset(run->file, path);
    if (dataset < 0) {
        status = EG_FAIL(EG_ERR_MISSING, message, "%s: there is no dataset %s", run->path, path);
        goto out;
    }
    type = H5Dget_type(dataset);
    space = H5Dget_space(dataset);
    if (type < 0 || space < 0 || H5Tget_class(type) != H5T_STRING
        || H5Sget_simple_extent_npoints(space) != 1) {
        status = EG_FAIL(EG_ERR_FORMAT, message, "%s: %s is not one text", run->path, path);
        goto out;
    }
    if (H5Tis_variable_str(type) > 0) {
        /* Not written here, but by most who add a text of their own. */
        char *variable = NULL;
        if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &variable) < 0) {
            status = eg_h5_fail(run, message, "read", path);
            goto out;
        }
        const size_t n = variable ? strlen(variable) : 0;
        *text = calloc(1, n + 1);
        if (*text && n)
            memcpy(*text, variable, n);
        H5free_memory(variable);
    } else {
        *text = calloc(1, H5Tget_size(type) + 1);
        if (*text && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *text) < 0)
            status = eg_h5_fail(run, message, "read", path);
    }
    if (!*text)
        status = EG_RAISE(EG_ERR_NOMEM);
out:
    if (status) {
        free(*text);
        *text = NULL;
    }
    eg_h5_close(&space);
    eg_h5_close(&type);
    eg_h5_close(&dataset);
    eg_h5_unhush(&hush);
    return status;
}
