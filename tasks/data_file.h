/* tasks/data_file.h -- the datasets of a file of sequences, checked and ready to be read.
 *
 * Only the frame is checked here: that it is an HDF5 file of a format we know, which datasets
 * there are, their types and shapes.  What the values may be is the business of file.c.
 *
 * Fails  EG_ERR_IO (cannot be opened or read), EG_ERR_FORMAT (not HDF5, truncated, of another
 *        or a newer format), EG_ERR_DATA (datasets that are missing or do not fit together),
 *        EG_ERR_NOMEM.  The message names file and dataset.
 * Owner  the caller, who calls eg_data_file_close() whatever eg_data_file_open() said.
 * Not thread-safe.  HDF5's own printing of errors is for the caller to switch off. */
#ifndef EG_TASKS_DATA_FILE_H
#define EG_TASKS_DATA_FILE_H

#include <stddef.h>

#include <hdf5.h>

#include "core/status.h"

#define EG_DATA_FORMAT "engram-data"
#define EG_DATA_FORMAT_VERSION 1

struct eg_data_set {
    const char *name;
    hid_t id;        /* negative: an optional dataset that is not there */
    hsize_t dims[3]; /* sequences, steps, channels: as many as it has   */
};

struct eg_data_file {
    const char *path;
    struct eg_message *message; /* may be NULL */
    hid_t id;
    struct eg_data_set input, target, length, mask, phase;
    size_t sequences, steps;
};

/* `path` and `message` must live as long as the file is open. */
EG_MUST_CHECK int eg_data_file_open(struct eg_data_file *file, const char *path,
                                    struct eg_message *message);

/* Closes all that is open; a second call does nothing. */
void eg_data_file_close(struct eg_data_file *file);

/* The first `steps` steps of `count` sequences from `from` on (from 0), each step `width`
 * numbers, into `values`: (count, steps, width). */
EG_MUST_CHECK int eg_data_file_read(const struct eg_data_file *file, const struct eg_data_set *set,
                                    size_t from, size_t count, size_t steps, size_t width,
                                    double *values);

#endif
