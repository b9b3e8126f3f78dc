/* tests/golden.h -- a dataset of a golden file, with the tolerances it states. */
#ifndef EG_TESTS_GOLDEN_H
#define EG_TESTS_GOLDEN_H

#include <stdlib.h>

#include <hdf5.h>

#include "tests/check.h"

struct golden {
    double *x;
    size_t n;
    double rtol, atol;
};

static inline double golden_attribute(hid_t dataset, const char *name)
{
    double value = 0;
    const hid_t attribute = H5Aopen(dataset, name, H5P_DEFAULT);
    assert_true(attribute >= 0 && H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

/* The caller frees x. */
static inline struct golden golden_read(hid_t file, const char *path)
{
    const hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    if (dataset < 0) {
        print_error("no dataset %s\n", path);
        fail();
    }
    const hid_t space = H5Dget_space(dataset);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    assert_true(n > 0);
    struct golden golden = {.x = malloc((size_t) n * sizeof(double)), .n = (size_t) n};
    assert_non_null(golden.x);
    assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, golden.x) >= 0);
    if (H5Aexists(dataset, "rtol") > 0) {
        golden.rtol = golden_attribute(dataset, "rtol");
        golden.atol = golden_attribute(dataset, "atol");
    }
    H5Sclose(space);
    H5Dclose(dataset);
    return golden;
}

#endif
