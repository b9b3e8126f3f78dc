/* tasks/dump.h -- sequences of any task, written into a file that the task `file` reads.
 *
 * Sequence i is item i of update 0 of a training with that seed whose sizes are drawn uniformly:
 * with n = train.batch these are the sequences of the first update.  Padding is zero.  The file
 * (docs/data-file.md):
 *
 *     /            format = "engram-data", format_version = 1, task (its name), seed
 *     /input       (S, T, I) float32    /mask    (S, T) uint8, 1 where an answer is asked
 *     /target      (S, T, O) float32    /phase   (S, T) uint8, enum eg_phase
 *     /length      (S) int64, steps of each sequence
 *
 * each with units and long_name, and on every axis a dimension scale that counts from 1:
 * /sequence, /time, /input_channel, /output_channel.
 *
 * Of the tasks that tell stories (tasks/stories.h) it is a text file instead, which the task
 * `stories` reads: the first n training questions, each as a story of its own; fewer where there
 * are no more.  The seed plays no part.
 *
 * Shapes  S = n sequences, T = steps of the longest, I = shape->inputs, O = shape->outputs.
 * Fails   EG_ERR_RANGE (n is 0), EG_ERR_CONFIG (the task has words or classes, and tells no
 * stories), EG_ERR_EXISTS (without EG_DUMP_FORCE), EG_ERR_IO (a directory that is not there, a full
 * disk), EG_ERR_NOMEM (the file is put together in memory). The message names the file.  What was
 * at `path` before is then still there. Equal arguments give equal bytes. */
#ifndef EG_TASKS_DUMP_H
#define EG_TASKS_DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "tasks/task.h"

enum eg_dump_flags {
    EG_DUMP_FORCE = 1, /* replace a file that exists */
};

/* `state` and `shape` come from the task's init(). */
EG_MUST_CHECK int eg_task_dump(const char *path, const struct eg_task_type *task, const void *state,
                               const struct eg_task_shape *shape, uint64_t seed, size_t n,
                               unsigned flags, struct eg_message *message);

#endif
