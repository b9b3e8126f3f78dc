/* controllers/controller.h -- the contract of a controller.
 *
 * A controller turns the input of a step and what was read at the step before into numbers h,
 * from which the memory's control and the output are formed.  The input of all steps is known
 * before the first one, so begin() projects all of it at once.
 *
 * Adding one touches three places: its file (copy none.c), one line in registry.c, one in
 * meson.build. */
#ifndef EG_CONTROLLERS_CONTROLLER_H
#define EG_CONTROLLERS_CONTROLLER_H

#include <stddef.h>

#include "core/field.h"
#include "core/option.h"
#include "core/status.h"
#include "tensor/tape.h"

struct eg_controller_size {
    size_t inputs; /* of a step                                       */
    size_t read;   /* numbers read from the memory; 0: there are none */
};

struct eg_controller_type {
    const char *name;    /* what controller.type takes: "lstm"                              */
    const char *summary; /* one line                                                        */
    const char *source;  /* paper                                                           */
    const struct eg_option *options; /* the keys below `controller.`                        */
    size_t options_size;
    const struct eg_field *fields; /* one set a layer; shape letter H                       */
    size_t state_size;             /* bytes; the caller allocates and zeroes them           */

    /* Checks `options`, declares parameters below "controller/", says how many numbers h has.
     * The state owns no memory; a block of the batch works on a plain copy of it.  Fails with
     * EG_ERR_RANGE, EG_ERR_NOMEM. */
    int (*init)(void *state, const void *options, const struct eg_controller_size *size,
                struct eg_params *params, size_t *outputs, struct eg_message *message);

    /* Start of `rows` sequences.  `x` holds the inputs of all steps, one step after the other
     * (all rows x inputs).  Fails with EG_ERR_NOMEM. */
    int (*begin)(void *state, struct eg_tape *tape, struct eg_var *x, size_t rows);

    /* One step: rows [from, from + rows) of x, and `read` (rows, size.read; NULL when 0) -> h
     * (rows, outputs).  `rows` may be smaller than at the step before.  Where the tape does not
     * record, what a step takes from it is gone after the next one. */
    struct eg_var *(*step)(void *state, struct eg_tape *tape, size_t from, size_t rows,
                           struct eg_var *read);

    size_t (*layers)(const void *state);
    /* The numbers of a field of a layer for sequence `row` after the last step. */
    size_t (*extent)(const void *state, char letter);
    void (*copy)(const void *state, int field, size_t layer, size_t row, real *out);
};

extern const struct eg_controller_type eg_controller_none;
extern const struct eg_controller_type eg_controller_feedforward;
extern const struct eg_controller_type eg_controller_rnn;
extern const struct eg_controller_type eg_controller_gru;
extern const struct eg_controller_type eg_controller_lstm;

extern const struct eg_controller_type *const eg_controller_types[];
const struct eg_controller_type *eg_controller_find(const char *name);

#endif
