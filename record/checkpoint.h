/* record/checkpoint.h -- two slots in a run file, /checkpoint/a and /checkpoint/b.
 *
 * A checkpoint is a set of named whole numbers and named vectors.  Writes alternate between
 * the slots; each has a serial and a CRC-32 over everything in it, in the order that
 * docs/run-file.md states.  Reading takes the newer of those that are whole.
 *
 * The same names and lengths as before are overwritten in place: in the long run a
 * checkpoint costs a copy of the numbers and one pass of CRC-32. */
#ifndef EG_RECORD_CHECKPOINT_H
#define EG_RECORD_CHECKPOINT_H

#include "record/run.h"

struct eg_counter {
    const char *name;
    const char *units;     /* NULL: "1"       */
    const char *long_name; /* NULL: the name  */
    int64_t value;
};

struct eg_vector {
    const char *name;
    const char *units;     /* NULL: "1"       */
    const char *long_name; /* NULL: the name  */
    enum eg_run_type type;
    size_t n;
    const void *data;
};

/* Writes a checkpoint into the older slot.  Names are plain and differ from each other and
 * from "serial" and "crc32" (EG_ERR_RANGE).  It is on disk after the next eg_run_save(). */
EG_MUST_CHECK int eg_checkpoint_put(struct eg_run *run, const struct eg_counter *counters,
                                    size_t n_counters, const struct eg_vector *vectors,
                                    size_t n_vectors, struct eg_message *message);

struct eg_checkpoint;

/* Reads the newer valid checkpoint into memory.  EG_ERR_MISSING: the file has none;
 * EG_ERR_FORMAT: it has, and none of them is whole.  Owner: the caller,
 * eg_checkpoint_free(); it does not need `run` any more. */
EG_MUST_CHECK int eg_checkpoint_get(struct eg_checkpoint **checkpoint, struct eg_run *run,
                                    struct eg_message *message);

/* Accepts NULL and a second call. */
void eg_checkpoint_free(struct eg_checkpoint **checkpoint);

/* 'a' or 'b'; how often a checkpoint was written before this one, plus one; and why the other
 * slot was not taken although it is there, or "" when it is merely older. */
char eg_checkpoint_slot(const struct eg_checkpoint *checkpoint);
int64_t eg_checkpoint_serial(const struct eg_checkpoint *checkpoint);
const char *eg_checkpoint_note(const struct eg_checkpoint *checkpoint);

/* EG_ERR_MISSING when there is none of that name. */
EG_MUST_CHECK int eg_checkpoint_counter(const struct eg_checkpoint *checkpoint, const char *name,
                                        int64_t *value, struct eg_message *message);

/* Copies a vector out.  Type and length must be the stored ones (EG_ERR_FORMAT,
 * EG_ERR_SHAPE): a conversion would not go on to the same bits. */
EG_MUST_CHECK int eg_checkpoint_vector(const struct eg_checkpoint *checkpoint, const char *name,
                                       enum eg_run_type type, void *data, size_t n,
                                       struct eg_message *message);

/* Type and length of a vector. */
EG_MUST_CHECK int eg_checkpoint_shape(const struct eg_checkpoint *checkpoint, const char *name,
                                      enum eg_run_type *type, size_t *n,
                                      struct eg_message *message);

/* The i-th thing in it, in the order of the names: its name, or NULL past the end. */
const char *eg_checkpoint_name(const struct eg_checkpoint *checkpoint, size_t i);

/* One slot by itself, 'a' or 'b', for `engram check`: EG_OK, EG_ERR_MISSING (not there) or
 * EG_ERR_FORMAT with the reason in `message`. */
EG_MUST_CHECK int eg_checkpoint_verify(struct eg_run *run, char slot, struct eg_message *message);

#endif
