/* models/model.h -- the contract of a model: what turns the inputs of a sequence into answers.
 *
 * A model is a const table of functions on a state whose bytes the caller provides.  It is given a
 * block of sequences and gives back the logits of the steps that ask for an answer.  What it
 * composes of ops, the tape walks back: there is no backward slot.
 *
 * `recurrent` is put together from a controller and a memory, and is what a configuration that does
 * not name a model means.
 *
 * A model is shared read-only by all threads; what changes while a block runs is on the block's
 * arena.
 *
 * Adding one touches three places: its file, one line in registry.c, one in meson.build. */
#ifndef EG_MODELS_MODEL_H
#define EG_MODELS_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "controllers/controller.h"
#include "core/arena.h"
#include "core/field.h"
#include "core/option.h"
#include "core/random.h"
#include "core/sequence.h"
#include "core/status.h"
#include "memory/memory.h"
#include "tensor/tape.h"

/* What a task asks of a model. */
struct eg_model_size {
    size_t inputs, outputs;          /* columns of the input; answers there are                */
    size_t symbols;                  /* inputs are words of a vocabulary of that size (then
                                        `inputs` is EG_COLUMNS); 0: they are numbers          */
    size_t sentences_max, words_max; /* of symbols: most statements before a question, most
                                        words of a sentence in training; a block may have more */
    const char *const *symbol_words, *const *class_words; /* their names, of symbols and of
                                        outputs; NULL: they have none                         */
};

/* What a configuration says, bound. */
struct eg_model_config {
    const void *options; /* of the type itself: the keys below `model.`                      */
    /* Of types that have `parts`, else NULL. */
    const struct eg_controller_type *controller;
    const void *controller_options;
    const struct eg_memory_type *memory;
    const void *memory_options;
};

/* Sequences that run together, longest first.  Step t has rows[t] rows, those of the sequences
 * that have not ended; arrays hold one step after the other. */
struct eg_block {
    size_t count, steps; /* sequences; steps of the longest */
    const size_t *rows;  /* (steps), not increasing         */
    const size_t *from;  /* (steps): first row of step t     */
    size_t total;        /* rows of all steps                */
    const real *input, *target, *mask;
    const uint8_t *asked; /* (steps): some sequence is asked for an answer at this step */
    size_t targets;       /* columns of `target`                                        */
    uint64_t seen;        /* training sequences before this update, or that the parameters of an
                             evaluation come from; EG_SEEN_ALL: all of a training              */
    int training;         /* noise is added only here                                   */
    /* (count): the stream each sequence was drawn from.  Noise of sequence b comes from the stream
     * (seed, EG_FOR_NOISE, step, item) of keys[b], so that it does not depend on who computes it.
     */
    const struct eg_draw_key *keys;
};

/* Something in a model that shows fields, and of which `describe` speaks. */
struct eg_model_part {
    const char *role;                    /* "controller", "memory"                           */
    const char *name, *summary, *source; /* of the type that plays it                        */
    const struct eg_field *fields;
    size_t layers;  /* sets of fields; at least 1 where there are any   */
    int of_answers; /* fields are there at the steps that ask for an answer, else at each step */
};

/* Called with step -1 before the first step, where the model has fields with a start, and after
 * each step t that has something to show.  `shown` is for copy(), and valid during the call. */
typedef void eg_observe(void *context, long step, size_t rows, const void *shown);

struct eg_model_type {
    const char *name;                /* what model.type takes: "recurrent"                   */
    const char *summary;             /* one line                                             */
    const char *source;              /* paper                                                */
    const struct eg_option *options; /* the keys below `model.`; ends with EG_OPTION_END     */
    size_t options_size;
    size_t state_size; /* bytes; the caller allocates and zeroes them                        */
    int parts;         /* whether the groups `controller` and `memory` belong to it          */

    /* Checks options, declares the parameters.  The state keeps options and parameter offsets;
     * what else it needs is on params->arena.  Fails with EG_ERR_RANGE (message: which key),
     * EG_ERR_NOMEM. */
    int (*init)(void *state, const struct eg_model_config *config, const struct eg_model_size *size,
                struct eg_params *params, struct eg_message *message);

    /* Runs a block on `tape`.  The logits (rows, outputs; columns behind these are
     * of answers that are never right) of the steps where block->asked says that
     * some sequence is asked come in *logits, one step after the other, all rows of a step, also
     * those that are not asked; with `all_steps`: of every step.  A model that has no answer at a
     * step gives zeros there.  `observe` may be NULL.  Fails with EG_ERR_NOMEM; EG_ERR_DATA where
     * nothing is asked. */
    int (*run)(const void *state, struct eg_tape *tape, const struct eg_block *block, int all_steps,
               eg_observe *observe, void *context, struct eg_var **logits);

    /* Floating-point operations of one training sequence of `steps` steps (forward, backward), of
     * which `asked` ask for an answer; transcendentals count as one. */
    double (*flops)(const void *state, const struct eg_params *params, size_t steps, size_t asked);

    /* Part `i`, from 0; its answer is 0 when there is no such part. */
    int (*part)(const void *state, size_t i, struct eg_model_part *part);
    /* How far a letter of a field's shape goes, and the numbers of a field of a part for sequence
     * `row` after the step that was observed (row-major in the order of the letters). */
    size_t (*extent)(const void *state, size_t part, char letter);
    void (*copy)(const void *shown, size_t part, size_t layer, int field, size_t row, real *out);

    /* As in memory/memory.h, for `describe`.  NULL: there is none. */
    int (*control_part)(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation);
};

extern const struct eg_model_type eg_model_recurrent;
extern const struct eg_model_type eg_model_memn2n;

/* All models, NULL-ended; and the one called `name`, or NULL. */
extern const struct eg_model_type *const eg_model_types[];
const struct eg_model_type *eg_model_find(const char *name);

struct eg_model {
    const struct eg_model_type *type;
    void *state;
    size_t inputs, outputs;
    struct eg_params params;
};

/* Puts a model together from bound options.  `arena` must outlive it.  Fails with what the type
 * fails with. */
EG_MUST_CHECK int eg_model_init(struct eg_model *model, struct eg_arena *arena,
                                const struct eg_model_type *type,
                                const struct eg_model_config *config,
                                const struct eg_model_size *size, struct eg_message *message);

/* Runs a block on `tape`; *logits is NULL after a failure, and the tape's arena is what it was. */
EG_MUST_CHECK int eg_model_run(const struct eg_model *model, struct eg_tape *tape,
                               const struct eg_block *block, int all_steps, eg_observe *observe,
                               void *context, struct eg_var **logits);

double eg_model_flops(const struct eg_model *model, size_t steps, size_t asked);

/* Numbers that a field of a part has after a step. */
size_t eg_model_field_size(const struct eg_model *model, size_t part, const struct eg_field *field);

#endif
