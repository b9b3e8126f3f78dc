/* HDF5 made a little shorter: quiet, closed, and with a reason for a person. */
#include "record/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct eg_h5_hush eg_h5_hush(void)
{
    struct eg_h5_hush hush = {NULL, NULL, NULL, 1};
    /* A host program may have used the old form of this call; each form refuses to read
     * what the other has set. */
    H5Eauto_is_v2(H5E_DEFAULT, &hush.is_v2);
    if (hush.is_v2) {
        H5Eget_auto2(H5E_DEFAULT, &hush.print, &hush.data);
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    } else {
        H5Eget_auto1(&hush.old_print, &hush.data);
        H5Eset_auto1(NULL, NULL);
    }
    return hush;
}

void eg_h5_unhush(const struct eg_h5_hush *hush)
{
    if (hush->is_v2)
        H5Eset_auto2(H5E_DEFAULT, hush->print, hush->data);
    else
        H5Eset_auto1(hush->old_print, hush->data);
}

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *context)
{
    struct eg_message *const reason = context;
    if (n == 0 && error->desc)
        snprintf(reason->text, sizeof reason->text, "%s", error->desc);
    return 0;
}

void eg_h5_reason(char *text, size_t size)
{
    struct eg_message reason = {{0}};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
    snprintf(text, size, "%.250s", reason.text);
}

int eg_h5_fail(const struct eg_run *run, struct eg_message *message, const char *what,
               const char *path)
{
    char reason[300];
    eg_h5_reason(reason, sizeof reason);
    return EG_FAIL(EG_ERR_IO, message, "%s: cannot %s %s: %s", run->path, what, path,
                   reason[0] ? reason : "HDF5 gives no reason");
}

void eg_h5_close(hid_t *id)
{
    if (*id >= 0) {
        /* Each call to HDF5 wipes its error stack, this one too, and after a failure the
         * reason must outlive the cleaning up. */
        const hid_t kept = H5Eget_num(H5E_DEFAULT) > 0 ? H5Eget_current_stack() : H5I_INVALID_HID;
        H5Idec_ref(*id);
        if (kept >= 0)
            H5Eset_current_stack(kept);
    }
    *id = H5I_INVALID_HID;
}

hid_t eg_h5_file_type(enum eg_run_type type)
{
    switch (type) {
    case EG_RUN_FLOAT32:
        return H5T_IEEE_F32LE;
    case EG_RUN_FLOAT64:
        return H5T_IEEE_F64LE;
    case EG_RUN_INT64:
        return H5T_STD_I64LE;
    case EG_RUN_UINT8:
        return H5T_STD_U8LE;
    case EG_RUN_TEXT:
        break;
    }
    return H5I_INVALID_HID;
}

hid_t eg_h5_memory_type(enum eg_run_type type)
{
    switch (type) {
    case EG_RUN_FLOAT32:
        return H5T_NATIVE_FLOAT;
    case EG_RUN_FLOAT64:
        return H5T_NATIVE_DOUBLE;
    case EG_RUN_INT64:
        return H5T_NATIVE_INT64;
    case EG_RUN_UINT8:
        return H5T_NATIVE_UINT8;
    case EG_RUN_TEXT:
        break;
    }
    return H5I_INVALID_HID;
}

size_t eg_h5_type_size(enum eg_run_type type)
{
    return type == EG_RUN_UINT8 ? 1 : type == EG_RUN_FLOAT32 ? 4 : type == EG_RUN_TEXT ? 0 : 8;
}

const char *eg_h5_type_name(enum eg_run_type type)
{
    static const char *const names[] = {"float32", "float64", "int64", "uint8", "text"};
    return names[type];
}

hid_t eg_h5_text_type(size_t length)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0
        && (H5Tset_size(type, length + 1) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0
            || H5Tset_strpad(type, H5T_STR_NULLTERM) < 0))
        eg_h5_close(&type);
    return type;
}

int eg_h5_nearest_type(hid_t type)
{
    const size_t size = H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_FLOAT:
        return size <= 4 ? EG_RUN_FLOAT32 : EG_RUN_FLOAT64;
    case H5T_INTEGER:
        return size == 1 && H5Tget_sign(type) == H5T_SGN_NONE ? EG_RUN_UINT8 : EG_RUN_INT64;
    case H5T_STRING:
        return EG_RUN_TEXT;
    default:
        return -1;
    }
}

bool eg_h5_exists(hid_t file, const char *path)
{
    return strcmp(path, "/") == 0 || H5Lexists(file, path, H5P_DEFAULT) > 0;
}

hid_t eg_h5_open_dataset(hid_t file, const char *path)
{
    if (!eg_h5_exists(file, path))
        return H5I_INVALID_HID;
    return H5Dopen2(file, path, H5P_DEFAULT);
}

hid_t eg_h5_dataset_plist(void)
{
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    if (plist >= 0 && H5Pset_obj_track_times(plist, false) < 0)
        eg_h5_close(&plist);
    return plist;
}

hid_t eg_h5_link_plist(void)
{
    hid_t plist = H5Pcreate(H5P_LINK_CREATE);
    if (plist >= 0
        && (H5Pset_create_intermediate_group(plist, 1) < 0
            || H5Pset_char_encoding(plist, H5T_CSET_UTF8) < 0))
        eg_h5_close(&plist);
    return plist;
}

int eg_h5_make_group(hid_t file, const char *path)
{
    int result = -1;
    hid_t links = eg_h5_link_plist(), plist = H5Pcreate(H5P_GROUP_CREATE);
    hid_t group = H5I_INVALID_HID;
    if (links >= 0 && plist >= 0 && H5Pset_obj_track_times(plist, false) >= 0) {
        group = eg_h5_exists(file, path) ? H5Gopen2(file, path, H5P_DEFAULT)
                                         : H5Gcreate2(file, path, links, plist, H5P_DEFAULT);
        result = group < 0 ? -1 : 0;
    }
    eg_h5_close(&group);
    eg_h5_close(&plist);
    eg_h5_close(&links);
    return result;
}

int eg_h5_drop_attr(hid_t object, const char *name)
{
    const htri_t there = H5Aexists(object, name);
    return there > 0 ? H5Adelete(object, name) : (int) there;
}

/* The attribute itself when it has this type and this many elements already. */
static hid_t same_attr(hid_t object, const char *name, hid_t type, int n)
{
    if (H5Aexists(object, name) <= 0)
        return H5I_INVALID_HID;
    hid_t attr = H5Aopen(object, name, H5P_DEFAULT);
    hid_t old = attr >= 0 ? H5Aget_type(attr) : H5I_INVALID_HID;
    hid_t space = attr >= 0 ? H5Aget_space(attr) : H5I_INVALID_HID;
    hsize_t dims[1] = {1};
    const bool same = old >= 0 && space >= 0 && H5Tequal(old, type) > 0
                      && H5Sget_simple_extent_ndims(space) == (n ? 1 : 0)
                      && H5Sget_simple_extent_dims(space, dims, NULL) >= 0
                      && dims[0] == (hsize_t) (n ? n : 1);
    eg_h5_close(&old);
    eg_h5_close(&space);
    if (!same)
        eg_h5_close(&attr);
    return attr;
}

/* n = 0 stands for a scalar. */
int eg_h5_put_attr(hid_t object, const char *name, hid_t type, hid_t memory_type, int n,
                   const void *value)
{
    int result = -1;
    hid_t space = H5I_INVALID_HID;
    hid_t attr = same_attr(object, name, type, n);
    if (attr < 0) {
        const hsize_t dims[1] = {(hsize_t) n};
        if (eg_h5_drop_attr(object, name) < 0)
            return -1;
        space = n ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
        attr = space < 0 ? space : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    }
    if (attr >= 0)
        result = H5Awrite(attr, memory_type, value);
    eg_h5_close(&attr);
    eg_h5_close(&space);
    return result;
}

int eg_h5_put_attr_text(hid_t object, const char *name, const char *value)
{
    hid_t type = eg_h5_text_type(strlen(value));
    if (type < 0)
        return -1;
    const int result = eg_h5_put_attr(object, name, type, type, 0, value);
    eg_h5_close(&type);
    return result;
}

int eg_h5_get_attr_text(hid_t object, const char *name, char *value, size_t size)
{
    int result = 0;
    char *buffer = NULL;
    hid_t attr = H5I_INVALID_HID, type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    const htri_t there = H5Aexists(object, name);
    if (there <= 0)
        return (int) there;
    attr = H5Aopen(object, name, H5P_DEFAULT);
    type = attr < 0 ? attr : H5Aget_type(attr);
    space = attr < 0 ? attr : H5Aget_space(attr);
    if (type < 0 || space < 0) {
        result = -1;
        goto out;
    }
    if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
        goto out;
    const size_t stored = H5Tget_size(type);
    buffer = H5Tis_variable_str(type) > 0 ? NULL : calloc(1, stored + 1);
    if (buffer) {
        result = H5Aread(attr, type, buffer) < 0 ? -1 : 1;
    } else if (H5Tis_variable_str(type) > 0) {
        result = H5Aread(attr, type, &buffer) < 0 ? -1 : buffer ? 1 : 0;
    } else {
        result = -1;
    }
    if (result == 1) {
        const size_t length = strlen(buffer);
        if (length < size)
            memcpy(value, buffer, length + 1);
        else
            result = 0;
    }
    if (buffer && H5Tis_variable_str(type) > 0) {
        H5free_memory(buffer);
        buffer = NULL;
    }
out:
    free(buffer);
    eg_h5_close(&space);
    eg_h5_close(&type);
    eg_h5_close(&attr);
    return result;
}

const char *eg_run_leaf(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int eg_run_parent(const char *path, char *group, size_t size, struct eg_message *message)
{
    const size_t length = (size_t) (eg_run_leaf(path) - path);
    if (length + 1 > size)
        return EG_FAIL(EG_ERR_RANGE, message, "the path %.80s... is too long", path);
    memcpy(group, path, length);
    group[length > 1 ? length - 1 : length] = '\0';
    return EG_OK;
}

int eg_run_may_put(const struct eg_run *run, const char *path, struct eg_message *message)
{
    if (!run->writable)
        return EG_FAIL(EG_ERR_RANGE, message, "%s is open for reading only", run->path);
    const size_t length = strlen(path);
    if (path[0] != '/' || length >= EG_RUN_PATH_MAX / 2 || strstr(path, "//") || strstr(path, "/./")
        || (length > 1 && path[length - 1] == '/'))
        return EG_FAIL(EG_ERR_RANGE, message, "%s: %.80s is no path within a run file", run->path,
                       path);
    return EG_OK;
}
