/* controllers/lstm.c -- long short-term memory layers (controllers/lstm_cell.h).
 *
 *     z = u W_x + [r_{t-1}, h_{t-1}] W_r + b,  gates in the order input, forget, output, candidate
 */
#include <stddef.h>

#include "controllers/lstm_cell.h"
#include "controllers/stack.h"

/* clang-format off */
static const struct eg_option options[] = {
    EG_STACK_OPTIONS,
    EG_STACK_STATE_OPTION,
    {"input_bias",  "1", "initial bias of the input gate",  EG_STACK_AT(input_bias),  EG_OPT_REAL, 0, -100, 100, NULL, NULL},
    {"forget_bias", "1", "initial bias of the forget gate", EG_STACK_AT(forget_bias), EG_OPT_REAL, 1, -100, 100, NULL, NULL},
    {"output_bias", "1", "initial bias of the output gate", EG_STACK_AT(output_bias), EG_OPT_REAL, 0, -100, 100, NULL, NULL},
    EG_OPTION_END,
};
static const struct eg_field fields[] = {
    {"hidden", "h", "H", "1", "output of the layer", "C5", 0, 1},
    {"cell",   "c", "H", "1", "cells of the layer",  "C5", 1, 1},
    EG_FIELD_END,
};
/* clang-format on */

static int init(void *state, const void *values, const struct eg_controller_size *size,
                struct eg_params *params, size_t *outputs, struct eg_message *message)
{
    (void) message;
    const struct eg_stack_options *o = values;
    const double bias[] = {o->input_bias, o->forget_bias, o->output_bias, 0};
    return eg_stack_init(state, o, 4, 2, bias, size, params, outputs);
}

static struct eg_var *step(void *state, struct eg_tape *tape, size_t from, size_t rows,
                           struct eg_var *read)
{
    struct eg_stack_state *s = state;
    struct eg_var *h = NULL, *out = NULL;
    for (size_t l = 0; l < s->count; l++) {
        struct eg_var *z = eg_stack_z(s, tape, l, h, from, rows, read), *c;
        h = eg_lstm_cell_fused(tape, z, s->layer[l].state[1], &c);
        s->layer[l].state[0] = h;
        out = eg_stack_out(s->skip, l, tape, out, h);
        s->layer[l].state[1] = c;
    }
    return out;
}

const struct eg_controller_type eg_controller_lstm = {
    .name = "lstm",
    .summary = "long short-term memory layers",
    .source = "Hochreiter & Schmidhuber 1997 (doi:10.1162/neco.1997.9.8.1735), with forget gates",
    .options = options,
    .options_size = sizeof(struct eg_stack_options),
    .fields = fields,
    .state_size = sizeof(struct eg_stack_state),
    .init = init,
    .begin = eg_stack_begin,
    .step = step,
    .layers = eg_stack_layers,
    .extent = eg_stack_extent,
    .copy = eg_stack_copy,
};
