/* tasks/task.h -- the contract of a task: what is asked, and what counts as an answer.
 *
 * Adding a task touches three places: its file, one line in registry.c, one in meson.build. */
#ifndef EG_TASKS_TASK_H
#define EG_TASKS_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/option.h"
#include "core/random.h"
#include "core/real.h"
#include "core/status.h"

enum eg_loss {
    EG_LOSS_BITS, /* every output is a bit: sigmoid cross-entropy */
};

enum eg_phase { EG_PHASE_INPUT, EG_PHASE_DELIMITER, EG_PHASE_OUTPUT };

/* One sequence: `steps` rows of each; arrays belong to whoever made them. */
struct eg_sequence {
    size_t steps, length; /* length: the task's own measure, for copy the vectors to copy */
    real *input;          /* (steps, inputs)                                            */
    real *target;         /* (steps, outputs)                                           */
    real *mask;           /* steps; 0 where no answer is asked                          */
    uint8_t *phase;       /* steps, enum eg_phase                                       */
};

/* What a task is, after init(). */
struct eg_task_shape {
    size_t inputs, outputs;
    enum eg_loss loss;
    size_t length_min, length_max; /* of training sequences                                 */
    size_t steps_max;              /* steps of the longest training sequence                */
    size_t items;                  /* sequences there are; 0: as many as one likes          */
    double chance;                 /* cost of an answer that knows nothing [bit/sequence]   */
};

struct eg_task_type {
    const char *name;
    const char *summary;
    const char *source;
    const struct eg_option *options; /* the keys below `task.` */
    size_t options_size;
    size_t state_size;

    /* Checks `options`; may read files.  Memory comes from `arena`.  Fails with EG_ERR_RANGE,
     * EG_ERR_IO, EG_ERR_FORMAT, EG_ERR_DATA, EG_ERR_NOMEM; the message names key, file and place.
     */
    int (*init)(void *state, const void *options, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message);
    /* The length of the next training sequence, or which sequence of the data it is. */
    size_t (*draw_length)(const void *state, struct eg_stream *stream);
    /* Steps of a sequence of that length. */
    size_t (*steps)(const void *state, size_t length);
    /* Fills in a sequence whose `length` is set and whose arrays have room. */
    void (*draw)(const void *state, struct eg_stream *stream, struct eg_sequence *sequence);
};

extern const struct eg_task_type eg_task_copy;
extern const struct eg_task_type eg_task_file;

extern const struct eg_task_type *const eg_task_types[];
const struct eg_task_type *eg_task_find(const char *name);

#endif
