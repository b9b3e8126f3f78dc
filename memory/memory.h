/* memory/memory.h -- the contract of a memory.
 *
 * A memory is a const table of functions on a state whose bytes the caller provides.  Each
 * step takes numbers from the controller (`control`) and gives back what was read.  What a
 * step composes of ops, the tape walks back: there is no backward slot.
 *
 * Fields that mean what those of another memory mean have their names: figures, and the watch that
 * training keeps on the heads (experiments/telemetry.h), go by read_weights, write_weights, memory
 * and the like.
 *
 * Adding one touches three places: its file (copy none.c), one line in registry.c, one in
 * meson.build.  tests/test_memory_contract.c tests it from the moment it is registered. */
#ifndef EG_MEMORY_MEMORY_H
#define EG_MEMORY_MEMORY_H

#include <stddef.h>

#include "core/field.h"
#include "core/option.h"
#include "core/status.h"
#include "tensor/tape.h"

struct eg_memory_size {
    size_t control; /* numbers a step takes from the controller; 0: the memory takes none */
    size_t read;    /* numbers a step gives back; 0: nothing is read                      */
};

struct eg_memory_type {
    const char *name;                /* what memory.type takes: "ntm"                    */
    const char *summary;             /* one line, for `engram list memories`             */
    const char *source;              /* paper and section the equations come from        */
    const struct eg_option *options; /* the keys below `memory.`; ends with EG_OPTION_END */
    size_t options_size;             /* bytes of the structure they are bound to         */
    const struct eg_field *fields;   /* ends with EG_FIELD_END                           */
    /* Those of `fields` that there are with the options of `state`, which keeps the list; NULL:
     * all of them, always. */
    const struct eg_field *(*shown)(const void *state);
    size_t state_size; /* bytes; the caller allocates and zeroes them      */

    /* Checks `options`, declares the parameters below "memory/" and says how large a step is.
     * The state keeps options and parameter offsets and owns no memory: there is no free, and
     * a block of the batch works on a plain copy of it.  Fails with EG_ERR_RANGE (message:
     * which key), EG_ERR_NOMEM. */
    int (*init)(void *state, const void *options, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message);

    /* Start of `rows` sequences on `tape`.  *read becomes what counts as read before the first
     * step, (rows, size.read); NULL when size.read is 0.  Fails with EG_ERR_NOMEM. */
    int (*begin)(void *state, struct eg_tape *tape, size_t rows, struct eg_var **read);

    /* One step: control (B, size.control) -> read (B, size.read).  B may be smaller than at the
     * step before: the sequences that ended are the last ones.  NULL when the tape is out of
     * memory; there is nothing else that can go wrong here.  Where the tape does not record, what
     * a step takes from it is gone after the next one: a variable that is kept for longer, a view
     * too, is made in begin(). */
    struct eg_var *(*step)(void *state, struct eg_tape *tape, struct eg_var *control);

    /* How far a letter of a field's shape goes, and the field's numbers for sequence `row`
     * after the last step (row-major in the order of the letters). */
    size_t (*extent)(const void *state, char letter);
    void (*copy)(const void *state, int field, size_t row, real *out);
    /* Operations of a step and its gradient; NULL: the heads go over all of N M numbers. */
    double (*flops)(const void *state);
    /* Initial bias of the control columns (zeros on entry): where the heads start out. */
    void (*control_start)(const void *state, real *bias);

    /* The column of `control` at which a named part starts, for `describe`: "read 0 key" ...
     * Writes a name for part `i`, its columns and activation; 0 when there is no such part. */
    int (*control_part)(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation);
};

extern const struct eg_memory_type eg_memory_none;
extern const struct eg_memory_type eg_memory_dnc;
extern const struct eg_memory_type eg_memory_ntm;
extern const struct eg_memory_type eg_memory_sam;
extern const struct eg_memory_type eg_memory_lrua;
extern const struct eg_memory_type eg_memory_key_value;
extern const struct eg_memory_type eg_memory_modern_hopfield;

/* All memories, NULL-ended; and the one called `name`, or NULL. */
extern const struct eg_memory_type *const eg_memory_types[];
const struct eg_memory_type *eg_memory_find(const char *name);

#endif
