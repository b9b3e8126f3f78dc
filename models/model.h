/* models/model.h -- controller, memory and output layer wired together, and how a block of
 * sequences runs through them.
 *
 *     h_t = controller(x_t, r_{t-1})
 *     r_t = memory(h_t W_i + b_i)          the interface
 *     y_t = [h_t, r_t] W_o + b_o           logits
 *
 * Source  Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), fig. 1; docs/equations.md, part M.
 *
 * A model is shared read-only by all threads; what changes while a block runs is a copy of its
 * states, on the block's arena. */
#ifndef EG_MODELS_MODEL_H
#define EG_MODELS_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "controllers/controller.h"
#include "core/arena.h"
#include "core/status.h"
#include "memory/memory.h"
#include "tensor/tape.h"

struct eg_model {
    const struct eg_controller_type *controller;
    const struct eg_memory_type *memory;
    void *controller_state, *memory_state;
    struct eg_memory_size memory_size;
    size_t inputs, outputs, hidden;
    struct eg_param interface_w, interface_b, output_w, output_b;
    struct eg_params params;
};

/* Puts a model together from bound options.  `arena` must outlive it.  Fails with what the
 * parts fail with. */
EG_MUST_CHECK int eg_model_init(struct eg_model *model, struct eg_arena *arena, size_t inputs,
                                size_t outputs, const struct eg_controller_type *controller,
                                const void *controller_options, const struct eg_memory_type *memory,
                                const void *memory_options, struct eg_message *message);

/* Sequences that run together, longest first.  Step t has rows[t] rows, those of the sequences
 * that have not ended; arrays hold one step after the other. */
struct eg_block {
    size_t count, steps; /* sequences; steps of the longest */
    const size_t *rows;  /* (steps), not increasing         */
    const size_t *from;  /* (steps): first row of step t     */
    size_t total;        /* rows of all steps                */
    const real *input, *target, *mask;
    const uint8_t *asked; /* (steps): some sequence is asked for an answer at this step */
};

/* Called after begin (step -1) and after each step; `controller` and `memory` are the states of
 * the block, for copy(). */
typedef void eg_observe(void *context, long step, size_t rows, const void *controller,
                        const void *memory);

/* Runs a block on `tape`.  The logits of all steps that ask for an answer come in *logits, one
 * step after the other (with `all_steps`: of every step).  NULL when out of memory. */
EG_MUST_CHECK int eg_model_run(const struct eg_model *model, struct eg_tape *tape,
                               const struct eg_block *block, int all_steps, eg_observe *observe,
                               void *context, struct eg_var **logits);

/* Floating-point operations of one training sequence of `steps` steps (forward, backward), of which
 * `asked` ask for an answer: products and the memory's passes; transcendentals count as one. */
double eg_model_flops(const struct eg_model *model, size_t steps, size_t asked);

#endif
