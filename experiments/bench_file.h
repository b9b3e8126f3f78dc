/* experiments/bench_file.h -- what `engram bench --slots -o FILE` keeps: a run file of the kind
 * "bench", with a row for each preset and size (docs/run-file.md, /bench).
 *
 * Several calls may add to one file.  A preset has one row a size: what is measured again replaces
 * what was there.  Times of different processors do not stand in one file.  The file is put on disk
 * with every row, so that what is stopped keeps what it has measured.
 *
 * Fails  EG_ERR_EXISTS (the file is something else, or of another processor; not with --force),
 *        EG_ERR_FORMAT (it contradicts itself; the message names file and dataset), EG_ERR_IO,
 *        EG_ERR_NOMEM. */
#ifndef EG_EXPERIMENTS_BENCH_FILE_H
#define EG_EXPERIMENTS_BENCH_FILE_H

#include <stddef.h>

#include "core/status.h"
#include "experiments/command.h"
#include "tensor/kernels.h"

struct eg_bench_row {
    const char *preset; /* as on the command line; one line                        */
    const char *config; /* effective configuration, YAML                           */
    long slots, batch;  /* N; sequences of a batch                                 */
    size_t steps;       /* of a sequence                                           */
    double seconds;     /* of a sequence: those of a batch / batch                 */
    size_t tape_bytes;  /* the most that the tapes of all threads hold             */
    int threads;
    size_t runs; /* of which `seconds` is the median                        */
};

struct eg_bench_file;

/* Reads the file of the command (-o) where there is one, and makes sure that it can be written;
 * its content stays as it is until the first row.  `command` must outlive the file.
 * Owner: the caller, until eg_bench_close().  *file is NULL after a failure. */
EG_MUST_CHECK int eg_bench_open(struct eg_bench_file **file, const struct eg_command *command,
                                struct eg_message *message);

/* Puts a row, copied, into the file on disk; the file's status is then "running".  `kernels`, the
 * seed and the numbers of how it was timed are those of the whole call. */
EG_MUST_CHECK int eg_bench_put(struct eg_bench_file *file, const struct eg_bench_row *row,
                               const struct eg_kernels *kernels, long seed,
                               struct eg_message *message);

/* Sets the status of a file that got a row: "done", "interrupted" or "error". */
EG_MUST_CHECK int eg_bench_end(struct eg_bench_file *file, const char *status, const char *reason,
                               struct eg_message *message);

/* Rows there are now. */
size_t eg_bench_rows(const struct eg_bench_file *file);

/* Accepts NULL and a second call. */
void eg_bench_close(struct eg_bench_file **file);

/* How a row is timed: runs at most, each of so many seconds at least, and none begins after so
 * many in all. */
#define EG_BENCH_RUNS 7
#define EG_BENCH_RUN_SECONDS 0.1
#define EG_BENCH_ALL_SECONDS 3.0

#endif
