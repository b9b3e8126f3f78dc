/* tasks/pattern_hdf5.c -- patterns from a dataset of an HDF5 file.
 *
 * The dataset has the axes (pattern, site), or (pattern, row, column) for pictures, and any integer
 * or float type; h5py's booleans are read too. */
#include <stdlib.h>

#include <hdf5.h>

#include "tasks/pattern_rows.h"

enum { AXES = 3, BLOCK_NUMBERS = 1 << 21 }; /* read at once, unless a pattern alone is longer */

struct set {
    struct eg_rows *rows;
    const char *path, *name;
    hid_t id;
    int axes;
    hsize_t dims[AXES];
    size_t sites;
};

static int check_set(struct set *s)
{
    struct eg_message *const message = s->rows->message;
    const hid_t type = H5Dget_type(s->id), space = H5Dget_space(s->id);
    int status = EG_OK;
    const H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    s->axes = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM)
        status = EG_FAIL(EG_ERR_DATA, message,
                         "%s: dataset %s does not hold numbers; integers and floats are allowed",
                         s->path, s->name);
    else if (s->axes != 2 && s->axes != 3)
        status = EG_FAIL(EG_ERR_DATA, message,
                         "%s: dataset %s has %d axes; it must have 2, (pattern, site), or 3, "
                         "(pattern, row, column)",
                         s->path, s->name, s->axes);
    else if (H5Sget_simple_extent_dims(space, s->dims, NULL) < 0)
        status = EG_FAIL(EG_ERR_FORMAT, message, "%s: cannot read the size of dataset %s", s->path,
                         s->name);
    H5Sclose(space);
    H5Tclose(type);
    if (status)
        return status;
    if (s->dims[0] == 0)
        return EG_FAIL(EG_ERR_DATA, message,
                       "%s: dataset %s has no patterns; there must be one or more", s->path,
                       s->name);
    const hsize_t width = s->axes == 3 ? s->dims[2] : 1, most = EG_ROWS_SITES_MAX;
    if (width == 0 || s->dims[1] == 0 || width > most || s->dims[1] > most / width)
        return EG_FAIL(EG_ERR_DATA, message,
                       "%s: the patterns of dataset %s have %.15g sites; allowed are 1 to 2^31",
                       s->path, s->name, (double) width * (double) s->dims[1]);
    s->sites = (size_t) (width * s->dims[1]);
    return EG_OK;
}

static int read_block(const struct set *s, hsize_t from, hsize_t count, double *numbers)
{
    const hsize_t offset[AXES] = {from, 0, 0}, size[AXES] = {count, s->dims[1], s->dims[2]};
    const hsize_t all = count * s->sites;
    const hid_t space = H5Dget_space(s->id), memory = H5Screate_simple(1, &all, NULL);
    const bool read =
        space >= 0 && memory >= 0
        && H5Sselect_hyperslab(space, H5S_SELECT_SET, offset, NULL, size, NULL) >= 0
        && H5Dread(s->id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, numbers) >= 0;
    H5Sclose(memory);
    H5Sclose(space);
    if (!read)
        return EG_FAIL(EG_ERR_IO, s->rows->message,
                       "%s: cannot read dataset %s: the file is damaged or truncated", s->path,
                       s->name);
    return EG_OK;
}

static int put_pattern(const struct set *s, size_t pattern, const double *numbers)
{
    int status = eg_rows_begin(s->rows);
    for (size_t i = 0; i < s->sites && !status; i++) {
        const char *why;
        status = eg_rows_put(s->rows, numbers[i], &why);
        if (why && s->axes == 3)
            return EG_FAIL(status, s->rows->message,
                           "%s: dataset %s, pattern %zu, row %zu, column %zu is %.9g; %s", s->path,
                           s->name, pattern, i / (size_t) s->dims[2] + 1,
                           i % (size_t) s->dims[2] + 1, numbers[i], why);
        if (why)
            return EG_FAIL(status, s->rows->message,
                           "%s: dataset %s, pattern %zu, site %zu is %.9g; %s", s->path, s->name,
                           pattern, i + 1, numbers[i], why);
    }
    return status ? status : eg_rows_end(s->rows, s->path, "pattern", pattern);
}

static int read_set(struct set *s)
{
    int status = check_set(s);
    if (status)
        return status;
    if (s->axes == 3
        && (status = eg_rows_picture(s->rows, (size_t) s->dims[1], (size_t) s->dims[2], s->path)))
        return status;
    if (s->dims[0] > SIZE_MAX || (status = eg_rows_reserve(s->rows, (size_t) s->dims[0], s->sites)))
        return EG_RAISE(EG_ERR_NOMEM);
    const hsize_t fit = s->sites < BLOCK_NUMBERS ? BLOCK_NUMBERS / s->sites : 1;
    const hsize_t most = fit < s->dims[0] ? fit : s->dims[0];
    double *const numbers = malloc((size_t) most * s->sites * sizeof *numbers);
    if (!numbers)
        return EG_RAISE(EG_ERR_NOMEM);
    for (hsize_t from = 0; from < s->dims[0] && !status; from += most) {
        const hsize_t count = s->dims[0] - from < most ? s->dims[0] - from : most;
        status = read_block(s, from, count, numbers);
        for (hsize_t k = 0; k < count && !status; k++)
            status = put_pattern(s, (size_t) (from + k) + 1, numbers + (size_t) k * s->sites);
    }
    free(numbers);
    return status;
}

static int read_file(struct set *s)
{
    struct eg_message *const message = s->rows->message;
    const hid_t file = H5Fopen(s->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s: cannot be opened as HDF5: it is damaged or truncated, or another "
                       "program is writing it",
                       s->path);
    int status = EG_OK;
    s->id = H5Dopen2(file, s->name, H5P_DEFAULT);
    if (s->id < 0)
        status = EG_FAIL(EG_ERR_DATA, message, "%s: there is no dataset %s", s->path, s->name);
    else
        status = read_set(s);
    if (s->id >= 0)
        H5Dclose(s->id);
    H5Fclose(file);
    return status;
}

int eg_rows_read_hdf5(struct eg_rows *rows, const char *path, const char *dataset)
{
    struct set s = {.rows = rows, .path = path, .name = dataset, .id = H5I_INVALID_HID};
    int status;
    H5E_BEGIN_TRY
    {
        status = read_file(&s);
    }
    H5E_END_TRY
    return status;
}
