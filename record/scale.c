/* Dimension scales, as the "HDF5 Dimension Scale Specification" (The HDF Group) lays them
 * down: attributes CLASS, NAME and REFERENCE_LIST on the scale, DIMENSION_LIST on the data.
 * The library's own H5DS functions live in a second library and write bytes of the stack
 * into the padding of REFERENCE_LIST, so that no two files would be equal. */
#include "record/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An element of REFERENCE_LIST. */
struct user {
    hobj_ref_t dataset;
    int dimension;
    int padding; /* zero */
};

/* The name by which netCDF, and xarray after it, know an axis without values. */
static const char bare_name[] = "This is a netCDF dimension but not a netCDF variable.";

static hid_t user_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct user));
    if (type >= 0
        && (H5Tinsert(type, "dataset", HOFFSET(struct user, dataset), H5T_STD_REF_OBJ) < 0
            || H5Tinsert(type, "dimension", HOFFSET(struct user, dimension), H5T_NATIVE_INT) < 0))
        eg_h5_close(&type);
    return type;
}

int eg_scale_mark(hid_t dataset, const char *name)
{
    const int result = eg_h5_put_attr_text(dataset, "CLASS", "DIMENSION_SCALE");
    return result < 0 ? result : eg_h5_put_attr_text(dataset, "NAME", name);
}

int eg_scale_mark_bare(hid_t dataset, size_t n)
{
    char name[96];
    snprintf(name, sizeof name, "%s%10llu", bare_name, (unsigned long long) n);
    return eg_scale_mark(dataset, name);
}

static bool attr_starts_with(hid_t dataset, const char *name, const char *start)
{
    char value[128];
    return eg_h5_get_attr_text(dataset, name, value, sizeof value) == 1
           && strncmp(value, start, strlen(start)) == 0;
}

bool eg_scale_is(hid_t dataset)
{
    return attr_starts_with(dataset, "CLASS", "DIMENSION_SCALE");
}

bool eg_scale_is_bare(hid_t dataset)
{
    return eg_scale_is(dataset) && attr_starts_with(dataset, "NAME", bare_name);
}

/* Reads REFERENCE_LIST with room for one more.  Returns the number, negative on failure. */
static int read_users(hid_t scale, struct user **users)
{
    int n = -1;
    *users = NULL;
    hid_t attr = H5I_INVALID_HID, space = H5I_INVALID_HID, type = H5I_INVALID_HID;
    const htri_t there = H5Aexists(scale, "REFERENCE_LIST");
    if (there < 0)
        return -1;
    if (there) {
        attr = H5Aopen(scale, "REFERENCE_LIST", H5P_DEFAULT);
        space = attr < 0 ? attr : H5Aget_space(attr);
        n = space < 0 ? -1 : (int) H5Sget_simple_extent_npoints(space);
    } else {
        n = 0;
    }
    if (n >= 0) {
        *users = calloc((size_t) n + 1, sizeof **users);
        if (!*users)
            n = -1;
    }
    if (n > 0) {
        type = user_type();
        if (type < 0 || H5Aread(attr, type, *users) < 0)
            n = -1;
    }
    eg_h5_close(&type);
    eg_h5_close(&space);
    eg_h5_close(&attr);
    if (n < 0) {
        free(*users);
        *users = NULL;
    }
    return n;
}

static int write_users(hid_t scale, const struct user *users, int n)
{
    if (n == 0)
        return eg_h5_drop_attr(scale, "REFERENCE_LIST");
    hid_t type = user_type();
    const int result =
        type < 0 ? -1 : eg_h5_put_attr(scale, "REFERENCE_LIST", type, type, n, users);
    eg_h5_close(&type);
    return result;
}

int eg_scale_users(hid_t scale)
{
    struct user *users;
    const int n = read_users(scale, &users);
    free(users);
    return n;
}

static int add_user(hid_t scale, hobj_ref_t dataset, int axis)
{
    struct user *users;
    const int n = read_users(scale, &users);
    if (n < 0)
        return -1;
    users[n].dataset = dataset;
    users[n].dimension = axis;
    const int result = write_users(scale, users, n + 1);
    free(users);
    return result;
}

static int drop_user(hid_t scale, hobj_ref_t dataset)
{
    struct user *users;
    const int n = read_users(scale, &users);
    if (n < 0)
        return -1;
    int left = 0;
    for (int i = 0; i < n; i++)
        if (users[i].dataset != dataset)
            users[left++] = users[i];
    const int result = left == n ? 0 : write_users(scale, users, left);
    free(users);
    return result;
}

static hobj_ref_t reference_to(hid_t object)
{
    hobj_ref_t reference = 0;
    if (H5Rcreate(&reference, object, ".", H5R_OBJECT, H5I_INVALID_HID) < 0)
        reference = 0;
    return reference;
}

/* What DIMENSION_LIST holds: one reference an axis, 0 for none.  Returns 1 when there is
 * such a list of this rank, 0 when not. */
static int read_list(hid_t dataset, int rank, hobj_ref_t *references)
{
    int result = 0;
    hvl_t list[EG_RUN_RANK_MAX] = {{0, NULL}};
    hid_t attr = H5I_INVALID_HID, space = H5I_INVALID_HID, type = H5I_INVALID_HID;
    for (int i = 0; i < rank; i++)
        references[i] = 0;
    if (H5Aexists(dataset, "DIMENSION_LIST") <= 0)
        return 0;
    attr = H5Aopen(dataset, "DIMENSION_LIST", H5P_DEFAULT);
    space = attr < 0 ? attr : H5Aget_space(attr);
    type = H5Tvlen_create(H5T_STD_REF_OBJ);
    if (space >= 0 && type >= 0 && H5Sget_simple_extent_npoints(space) == rank
        && H5Aread(attr, type, list) >= 0) {
        result = 1;
        for (int i = 0; i < rank; i++)
            if (list[i].len > 0)
                memcpy(&references[i], list[i].p, sizeof references[i]);
#if H5_VERSION_GE(1, 12, 0)
        H5Treclaim(type, space, H5P_DEFAULT, list);
#else
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, list);
#endif
    }
    eg_h5_close(&type);
    eg_h5_close(&space);
    eg_h5_close(&attr);
    return result;
}

static int write_list(hid_t dataset, int rank, hobj_ref_t *references)
{
    hvl_t list[EG_RUN_RANK_MAX];
    for (int i = 0; i < rank; i++) {
        list[i].len = 1;
        list[i].p = &references[i];
    }
    if (eg_h5_drop_attr(dataset, "DIMENSION_LIST") < 0)
        return -1;
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    const int result =
        type < 0 ? -1 : eg_h5_put_attr(dataset, "DIMENSION_LIST", type, type, rank, list);
    eg_h5_close(&type);
    return result;
}

hid_t eg_scale_open(hid_t dataset, int rank, int axis)
{
    hobj_ref_t references[EG_RUN_RANK_MAX];
    if (rank > EG_RUN_RANK_MAX || !read_list(dataset, rank, references) || !references[axis])
        return H5I_INVALID_HID;
    return H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, &references[axis]);
}

int eg_scale_detach(hid_t dataset, int rank)
{
    hobj_ref_t references[EG_RUN_RANK_MAX];
    if (rank > EG_RUN_RANK_MAX || !read_list(dataset, rank, references))
        return 0;
    const hobj_ref_t self = reference_to(dataset);
    for (int i = 0; i < rank; i++) {
        if (!references[i])
            continue;
        hid_t scale = H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, &references[i]);
        /* A scale that is gone needs no farewell. */
        const int result = scale < 0 ? 0 : drop_user(scale, self);
        eg_h5_close(&scale);
        if (result < 0)
            return result;
    }
    return eg_h5_drop_attr(dataset, "DIMENSION_LIST");
}

int eg_scale_attach(hid_t dataset, int rank, const hid_t *scales)
{
    hobj_ref_t now[EG_RUN_RANK_MAX], want[EG_RUN_RANK_MAX];
    for (int i = 0; i < rank; i++) {
        want[i] = reference_to(scales[i]);
        if (!want[i])
            return -1;
    }
    if (read_list(dataset, rank, now) && memcmp(now, want, (size_t) rank * sizeof now[0]) == 0)
        return 0;
    const hobj_ref_t self = reference_to(dataset);
    if (!self || eg_scale_detach(dataset, rank) < 0 || write_list(dataset, rank, want) < 0)
        return -1;
    for (int i = 0; i < rank; i++)
        if (add_user(scales[i], self, i) < 0)
            return -1;
    return 0;
}
