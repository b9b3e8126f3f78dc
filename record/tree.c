/* Groups, what is in them, and taking things out. */
#include "record/run_private.h"

#include <stdio.h>
#include <string.h>

int eg_run_put_group(struct eg_run *run, const char *path, struct eg_message *message)
{
    int status = eg_run_may_put(run, path, message);
    if (status)
        return status;
    const struct eg_h5_hush hush = eg_h5_hush();
    if (eg_h5_make_group(run->file, path) < 0)
        status = eg_h5_fail(run, message, "make the group", path);
    eg_h5_unhush(&hush);
    return status;
}

bool eg_run_exists(struct eg_run *run, const char *path)
{
    const struct eg_h5_hush hush = eg_h5_hush();
    const bool there = eg_h5_exists(run->file, path);
    eg_h5_unhush(&hush);
    return there;
}

/* A dataset takes its axes without values along. */
static int delete_thing(struct eg_run *run, const char *path, struct eg_message *message)
{
    if (!eg_h5_exists(run->file, path))
        return EG_OK;
    hid_t dataset = H5Dopen2(run->file, path, H5P_DEFAULT), space = H5I_INVALID_HID;
    if (dataset >= 0) {
        space = H5Dget_space(dataset);
        const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
        const int users = eg_scale_is(dataset) ? eg_scale_users(dataset) : 0;
        const int detached = rank > 0 ? eg_scale_detach(dataset, rank) : rank;
        eg_h5_close(&space);
        eg_h5_close(&dataset);
        if (users > 0)
            return EG_FAIL(EG_ERR_SHAPE, message, "%s: %s is the axis of %d other datasets",
                           run->path, path, users);
        if (users < 0 || detached < 0)
            return eg_h5_fail(run, message, "delete", path);
    }
    if (H5Ldelete(run->file, path, H5P_DEFAULT) < 0)
        return eg_h5_fail(run, message, "delete", path);
    for (int i = 0; i < EG_RUN_RANK_MAX; i++) {
        char bare[EG_RUN_PATH_MAX];
        snprintf(bare, sizeof bare, "%s_axis_%d", path, i);
        hid_t scale = eg_h5_open_dataset(run->file, bare);
        const bool idle = scale >= 0 && eg_scale_is_bare(scale) && eg_scale_users(scale) == 0;
        eg_h5_close(&scale);
        if (idle && H5Ldelete(run->file, bare, H5P_DEFAULT) < 0)
            return eg_h5_fail(run, message, "delete", bare);
    }
    return EG_OK;
}

int eg_run_delete(struct eg_run *run, const char *path, struct eg_message *message)
{
    int status = eg_run_may_put(run, path, message);
    if (status)
        return status;
    if (strcmp(path, "/") == 0)
        return EG_FAIL(EG_ERR_RANGE, message, "%s: the root cannot be deleted", run->path);
    const struct eg_h5_hush hush = eg_h5_hush();
    status = delete_thing(run, path, message);
    eg_h5_unhush(&hush);
    return status;
}

static int list_group(struct eg_run *run, hid_t group, const char *path,
                      int (*each)(void *context, const struct eg_run_entry *entry), void *context,
                      struct eg_message *message)
{
    H5G_info_t info;
    if (H5Gget_info(group, &info) < 0)
        return eg_h5_fail(run, message, "list", path);
    int result = 0;
    for (hsize_t i = 0; i < info.nlinks && result == 0; i++) {
        char name[512];
        const ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                                  sizeof name, H5P_DEFAULT);
        if (length < 0)
            return eg_h5_fail(run, message, "list", path);
        if ((size_t) length >= sizeof name)
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: a name in %s is longer than %zu bytes",
                           run->path, path, sizeof name - 1);
        hid_t object = H5Oopen(group, name, H5P_DEFAULT);
        if (object < 0)
            return eg_h5_fail(run, message, "open", name);
        const H5I_type_t kind = H5Iget_type(object);
        struct eg_run_entry entry = {name, kind == H5I_GROUP, false};
        if (kind == H5I_DATASET)
            entry.is_axis = eg_scale_is(object);
        eg_h5_close(&object);
        if (kind == H5I_GROUP || kind == H5I_DATASET)
            result = each(context, &entry);
    }
    return result;
}

int eg_run_list(struct eg_run *run, const char *path,
                int (*each)(void *context, const struct eg_run_entry *entry), void *context,
                struct eg_message *message)
{
    int result;
    const struct eg_h5_hush hush = eg_h5_hush();
    hid_t group =
        eg_h5_exists(run->file, path) ? H5Gopen2(run->file, path, H5P_DEFAULT) : H5I_INVALID_HID;
    if (group < 0)
        result = EG_FAIL(EG_ERR_MISSING, message, "%s: there is no group %s", run->path, path);
    else
        result = list_group(run, group, path, each, context, message);
    eg_h5_close(&group);
    eg_h5_unhush(&hush);
    return result;
}
