/* tests/system/bump_format.c -- makes a run file one of a later format.
 *
 *     bump_format RUN.h5 VERSION */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <hdf5.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bump_format RUN.h5 VERSION\n");
        return 2;
    }
    const int64_t version = strtoll(argv[2], NULL, 10);
    const hid_t file = H5Fopen(argv[1], H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t attr = file < 0 ? file : H5Aopen(file, "format_version", H5P_DEFAULT);
    const int done = attr >= 0 && H5Awrite(attr, H5T_NATIVE_INT64, &version) >= 0;
    if (attr >= 0)
        H5Aclose(attr);
    const int closed = file >= 0 && H5Fclose(file) >= 0;
    return done && closed ? 0 : 1;
}
