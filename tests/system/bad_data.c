/* tests/system/bad_data.c -- writes files of sequences, good ones and ones with a fault.
 *
 *     bad_data FAULT FILE.h5
 *
 * Without a fault ("good") there are 6 sequences of up to 4 steps, 2 inputs and 1 output;
 * "wide" is as good, with 3 inputs; "huge" is valid, but sequence 5 has inputs as large
 * as a float can be, always the same, and answers that differ. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <hdf5.h>

enum { S = 6, T = 4, I_MAX = 3 };

static int put(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims,
               const void *values)
{
    const hid_t space = H5Screate_simple(rank, dims, NULL);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const int done = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (set >= 0)
        H5Dclose(set);
    H5Sclose(space);
    return done;
}

int main(int argc, char **argv)
{
    static const char *const faults[] = {
        "good",      "wide",  "no-target", "no-steps",   "zero-length", "too-long",
        "sequences", "steps", "nan-input", "nan-target", "infinite",    "big-target",
        "mask",      "text",  "huge",      NULL,
    };
    const char *const fault = argc == 3 ? argv[1] : "";
    size_t known = 0;
    while (faults[known] && strcmp(faults[known], fault) != 0)
        known++;
    if (!faults[known]) {
        fprintf(stderr, "usage: bad_data FAULT FILE.h5\n");
        return 2;
    }
#define IS(name) (strcmp(fault, name) == 0)
    const hsize_t inputs = IS("wide") ? 3 : 2;
    float input[S * T * I_MAX] = {0}, target[S * T] = {0};
    uint8_t mask[S * T];
    int64_t length[S] = {4, 3, 2, 1, 4, 4};
    memset(mask, 1, sizeof mask);
    for (int k = 0; k < S * T * I_MAX; k++)
        input[k] = (float) (k % 3 == 0);
    for (int k = 0; k < S * T; k++)
        target[k] = (float) (k % 2);
    /* What follows the length of a sequence is padding and no fault. */
    target[1 * T + 3] = NAN;

    if (IS("zero-length"))
        length[2] = 0;
    if (IS("too-long"))
        length[2] = T + 1;
    if (IS("nan-input"))
        input[(1 * T + 2) * inputs + 1] = NAN;
    if (IS("infinite"))
        input[(1 * T + 2) * inputs + 1] = INFINITY;
    if (IS("nan-target"))
        target[4 * T + 1] = NAN;
    if (IS("big-target"))
        target[4 * T + 1] = 1.5F;
    if (IS("huge"))
        for (hsize_t k = 4 * T * inputs; k < 5 * T * inputs; k++)
            input[k] = 3e38F;
    if (IS("mask"))
        memset(mask + 3 * T, 0, T);

    const hsize_t steps = IS("no-steps") ? 0 : T;
    const hsize_t in[3] = {S, steps, inputs};
    const hsize_t out[3] = {IS("sequences") ? S - 1 : S, IS("steps") ? T - 1 : steps, 1};
    const hsize_t flags[2] = {S, steps}, one[1] = {S};
    const hid_t file = H5Fcreate(argv[2], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        return 1;
    int done = put(file, "input", H5T_NATIVE_FLOAT, 3, in, input)
               && put(file, "length", H5T_NATIVE_INT64, 1, one, length)
               && put(file, "mask", H5T_NATIVE_UINT8, 2, flags, mask);
    if (done && IS("text")) {
        const hid_t type = H5Tcopy(H5T_C_S1);
        done = put(file, "target", type, 3, out, target);
        H5Tclose(type);
    } else if (done && !IS("no-target")) {
        done = put(file, "target", H5T_NATIVE_FLOAT, 3, out, target);
    }
    return H5Fclose(file) >= 0 && done ? 0 : 1;
}
