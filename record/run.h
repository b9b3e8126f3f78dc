/* record/run.h -- the run file: one self-describing HDF5 file for one run.
 *
 * docs/run-file.md is the description for readers in other languages.  This module knows
 * nothing of networks; what the groups mean is the caller's business.
 *
 * While a run writes it, the file lives in memory.  eg_run_save() takes a consistent image,
 * writes it to RUN.h5.tmp-HOST-PID beside the target and renames it over RUN.h5.  So the
 * file on disk is complete at every moment: readers need no lock, a process may be killed
 * at any time, and a full disk leaves the last good file.  Nothing reaches the disk without
 * eg_run_create() or eg_run_save().
 *
 * Conventions that are kept here, and not left to the caller: text has a fixed length and
 * is UTF-8; numbers are little-endian float32, float64, int64 or uint8; every dataset has
 * `units` and `long_name`, and a dimension scale in its own group on every axis; times are
 * not tracked, so that equal content written in equal order gives equal bytes.
 *
 * Paths are absolute ("/probe/copy-20/memory"); groups on the way are made as needed.
 * A `path` that names the root is "/".
 *
 * Fails  EG_ERR_NOMEM; EG_ERR_IO (system and HDF5 failures); EG_ERR_FORMAT (the file is not
 *        what it should be); EG_ERR_MISSING (no such thing in the file); EG_ERR_SHAPE;
 *        EG_ERR_RANGE (an argument); EG_ERR_EXISTS (only eg_run_create).  A message, which
 *        may be NULL, gets a sentence that names the file.
 * Owner  the caller, of every struct eg_run, until eg_run_close().
 * Not thread-safe.  Prints nothing; HDF5's own error printing is off during each call and
 * as before after it. */
#ifndef EG_RECORD_RUN_H
#define EG_RECORD_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/real.h"
#include "core/status.h"

#define EG_RUN_FORMAT "engram-run"
#define EG_RUN_FORMAT_VERSION 1

enum { EG_RUN_RANK_MAX = 4 };

struct eg_run;
struct eg_run_table;

/* What a number is in the file and, the same, in memory. */
enum eg_run_type {
    EG_RUN_FLOAT32, /* float   */
    EG_RUN_FLOAT64, /* double  */
    EG_RUN_INT64,   /* int64_t */
    EG_RUN_UINT8,   /* uint8_t */
    EG_RUN_TEXT,    /* only as an answer of eg_run_shape() */
};

/* The type of a `real` array in this build. */
#ifdef EG_DOUBLE
#define EG_RUN_REAL EG_RUN_FLOAT64
#else
#define EG_RUN_REAL EG_RUN_FLOAT32
#endif

/* ---- the file ---- */

enum eg_run_flags {
    EG_RUN_FORCE = 1, /* eg_run_create: replace a file that exists                           */
    EG_RUN_SYNC = 2,  /* create, save: fsync file and directory (survives a power failure)   */
    EG_RUN_LATER = 4, /* create: the file appears with the first eg_run_save(); until then only
                         it is made sure that it can                                         */
};

enum eg_run_mode {
    EG_RUN_READ,     /* read only, from disk                                                 */
    EG_RUN_UPDATE,   /* read whole into memory, to be changed and saved over the old file    */
    EG_RUN_READ_ANY, /* read only, any HDF5 file: `format` and its version are not asked for */
};

/* A new run file: made in memory with format, format_version, created, status "running" and
 * NX_class, and written to `path` at once (or with EG_RUN_LATER a trial file beside it), so that a
 * missing or unwritable directory shows before the work and not after it.  `created` is ISO 8601
 * with offset; NULL: now. Without EG_RUN_FORCE an existing file is EG_ERR_EXISTS, without a race.
 * A symbolic link is followed and stays. */
EG_MUST_CHECK int eg_run_create(struct eg_run **run, const char *path, const char *created,
                                unsigned flags, struct eg_message *message);

/* Opens a run file.  EG_ERR_IO when it cannot be read; EG_ERR_FORMAT when it is not HDF5, is
 * truncated, is no run file, or was written in a newer format than this one. */
EG_MUST_CHECK int eg_run_open(struct eg_run **run, const char *path, enum eg_run_mode mode,
                              struct eg_message *message);

/* Appends what tables hold back, and puts the whole on disk (see the top).  On failure the
 * file on disk is the one before, and `run` can go on and save again later. */
EG_MUST_CHECK int eg_run_save(struct eg_run *run, unsigned flags, struct eg_message *message);

/* Closes without saving, frees everything, tables too, and sets *run to NULL.  Accepts NULL
 * and a second call. */
void eg_run_close(struct eg_run **run);

/* The path given at create or open. */
const char *eg_run_path(const struct eg_run *run);

/* Bytes of the file at the last save (0: none yet). */
size_t eg_run_saved_bytes(const struct eg_run *run);

/* ---- groups and the tree ---- */

/* Makes a group and those above it; one that exists is left as it is. */
EG_MUST_CHECK int eg_run_put_group(struct eg_run *run, const char *path,
                                   struct eg_message *message);

/* Whether there is a group or dataset of that path. */
bool eg_run_exists(struct eg_run *run, const char *path);

/* Deletes a dataset, or a group with all that is below it.  Nothing there: EG_OK.  Not for the
 * group of a table in use. */
EG_MUST_CHECK int eg_run_delete(struct eg_run *run, const char *path, struct eg_message *message);

struct eg_run_entry {
    const char *name; /* within the group; lives as long as the call of `each` */
    bool is_group;    /* otherwise a dataset                                   */
    bool is_axis;     /* a dimension scale: the axis of others                 */
};

/* Calls `each` for every child of the group, in the order of their names (by byte).  Stops
 * when `each` returns something other than 0, and returns that. */
EG_MUST_CHECK int eg_run_list(struct eg_run *run, const char *path,
                              int (*each)(void *context, const struct eg_run_entry *entry),
                              void *context, struct eg_message *message);

/* ---- attributes: short texts and single numbers of a group or a dataset ----
 * put replaces what was there.  get is EG_ERR_MISSING when there is none, EG_ERR_FORMAT when
 * it is of another kind, or a text that does not fit into `size` bytes. */
EG_MUST_CHECK int eg_run_put_attr_text(struct eg_run *run, const char *path, const char *name,
                                       const char *value, struct eg_message *message);
EG_MUST_CHECK int eg_run_put_attr_int(struct eg_run *run, const char *path, const char *name,
                                      int64_t value, struct eg_message *message);
EG_MUST_CHECK int eg_run_put_attr_real(struct eg_run *run, const char *path, const char *name,
                                       double value, struct eg_message *message);
EG_MUST_CHECK int eg_run_get_attr_text(struct eg_run *run, const char *path, const char *name,
                                       char *value, size_t size, struct eg_message *message);
EG_MUST_CHECK int eg_run_get_attr_int(struct eg_run *run, const char *path, const char *name,
                                      int64_t *value, struct eg_message *message);
EG_MUST_CHECK int eg_run_get_attr_real(struct eg_run *run, const char *path, const char *name,
                                       double *value, struct eg_message *message);

/* ---- text datasets: of any length ---- */

/* `text` is written as one scalar of fixed length; units are "1". */
EG_MUST_CHECK int eg_run_put_text(struct eg_run *run, const char *path, const char *long_name,
                                  const char *text, struct eg_message *message);

/* *text is the caller's, who calls free(). */
EG_MUST_CHECK int eg_run_get_text(struct eg_run *run, const char *path, char **text,
                                  struct eg_message *message);

/* ---- arrays ---- */

/* One axis.  The scale is a dataset `name` in the group of the array, shared by all arrays
 * there that name it, and made on first use: with `values`, or 0 to n-1.  A scale that exists
 * must have the same length (EG_ERR_SHAPE) and keeps its values.
 * An axis without a name has nothing to say but its length: its scale NAME_axis_K, with NAME
 * of the array, takes no room in the file.
 * A one-dimensional array whose axis has its own name is itself a scale, of any type. */
struct eg_run_axis {
    const char *name;      /* NULL: no name                                          */
    const char *units;     /* NULL: "1"                                              */
    const char *long_name; /* NULL: the name                                         */
    const int64_t *values; /* NULL: 0 to n-1                                         */
};

struct eg_run_array {
    const char *units;     /* NULL: "1"                                              */
    const char *long_name; /* one sentence; NULL: the name of the dataset            */
    enum eg_run_type type; /* of `data`, and in the file                             */
    int rank;              /* 0 (a single number) to EG_RUN_RANK_MAX                 */
    size_t dims[EG_RUN_RANK_MAX];
    struct eg_run_axis axes[EG_RUN_RANK_MAX];
    const void *data;     /* row-major; may be NULL when there are no elements       */
    bool compress;        /* shuffle and gzip-1: for large traces                    */
    const char *equation; /* NULL: none                                              */

    /* For uint8 flags: the values there are, and a word for each, parted by blanks. */
    const uint8_t *flag_values;
    size_t n_flags; /* 0: not a flag                                      */
    const char *flag_meanings;
};

/* Writes an array.  One of the same type, shape and storage is overwritten in place; any
 * other dataset of that path is replaced. */
EG_MUST_CHECK int eg_run_put(struct eg_run *run, const char *path, const struct eg_run_array *array,
                             struct eg_message *message);

struct eg_run_shape {
    enum eg_run_type type; /* the nearest of the four, or EG_RUN_TEXT                */
    int rank;
    size_t dims[EG_RUN_RANK_MAX];
    size_t count; /* elements; 1 for a scalar                                        */
};

/* EG_ERR_MISSING: no dataset there.  EG_ERR_FORMAT: of a rank or type not known here. */
EG_MUST_CHECK int eg_run_shape(struct eg_run *run, const char *path, struct eg_run_shape *shape,
                               struct eg_message *message);

/* Reads all of a dataset, converted to `type`, into `data`, which has room for `count`
 * elements.  EG_ERR_SHAPE when the dataset has any other number of them. */
EG_MUST_CHECK int eg_run_get(struct eg_run *run, const char *path, enum eg_run_type type,
                             void *data, size_t count, struct eg_message *message);

/* Short forms of the two for a single number. */
EG_MUST_CHECK int eg_run_put_int(struct eg_run *run, const char *path, const char *units,
                                 const char *long_name, int64_t value, struct eg_message *message);
EG_MUST_CHECK int eg_run_put_real(struct eg_run *run, const char *path, const char *units,
                                  const char *long_name, double value, struct eg_message *message);
EG_MUST_CHECK int eg_run_put_flag(struct eg_run *run, const char *path, const char *long_name,
                                  bool value, struct eg_message *message);
EG_MUST_CHECK int eg_run_get_int(struct eg_run *run, const char *path, int64_t *value,
                                 struct eg_message *message);
EG_MUST_CHECK int eg_run_get_real(struct eg_run *run, const char *path, double *value,
                                  struct eg_message *message);

/* ---- tables: columns that grow ---- */

struct eg_run_column {
    const char *name;
    const char *units;     /* NULL: "1"                                              */
    const char *long_name; /* NULL: the name                                         */
    enum eg_run_type type; /* EG_RUN_INT64 or EG_RUN_FLOAT64                         */
};

/* Declares the group `path` with one dataset a column.  `axis` names the column that is the
 * scale of all of them; `signal`, when not NULL, the one a viewer draws first (the group is
 * then an NXdata).  In a file that has the table already its rows stay, and its columns must
 * be the same (EG_ERR_FORMAT).  The table belongs to the run and lives as long; the texts of
 * `columns` need not outlive the call. */
EG_MUST_CHECK int eg_run_table(struct eg_run *run, struct eg_run_table **table, const char *path,
                               const struct eg_run_column *columns, size_t n_columns,
                               const char *axis, const char *signal, struct eg_message *message);

/* Appends one row, a number a column.  It is kept in memory until eg_run_save(), or until
 * there are as many as a chunk of the file holds.  A number in an int64 column that is not
 * whole is EG_ERR_RANGE. */
EG_MUST_CHECK int eg_run_append(struct eg_run_table *table, const double *row,
                                struct eg_message *message);

/* Rows, those that wait included. */
size_t eg_run_rows(const struct eg_run_table *table);

/* Cuts back to the first `rows` rows; with fewer than that, EG_ERR_RANGE.  On resume: what
 * came after the checkpoint is done again, and no step shall stand twice. */
EG_MUST_CHECK int eg_run_cut(struct eg_run_table *table, size_t rows, struct eg_message *message);

/* A whole column of any file, declared here or not; rows that wait are seen.  *values is the
 * caller's, who calls free(). */
EG_MUST_CHECK int eg_run_get_column(struct eg_run *run, const char *path, double **values,
                                    size_t *rows, struct eg_message *message);

#endif
