/* controllers/rnn.c -- tanh recurrent layers.
 *
 *     h_t = tanh(u W_x + [r_{t-1}, h_{t-1}] W_r + b)
 *
 * Elman 1990 (doi:10.1207/s15516709cog1402_1). */
#include <stddef.h>

#include "controllers/stack.h"
#include "tensor/activate.h"

/* clang-format off */
static const struct eg_option options[] = {
    EG_STACK_OPTIONS,
    EG_STACK_STATE_OPTION,
    EG_OPTION_END,
};
static const struct eg_field fields[] = {
    {"hidden", "h", "H", "1", "state of the layer", "C4", 0, 1},
    EG_FIELD_END,
};
/* clang-format on */

static int init(void *state, const void *values, const struct eg_controller_size *size,
                struct eg_params *params, size_t *outputs, struct eg_message *message)
{
    (void) message;
    return eg_stack_init(state, values, 1, 1, NULL, size, params, outputs);
}

static struct eg_var *step(void *state, struct eg_tape *tape, size_t from, size_t rows,
                           struct eg_var *read)
{
    struct eg_stack_state *s = state;
    struct eg_var *h = NULL, *out = NULL;
    for (size_t l = 0; l < s->count; l++) {
        h = eg_activate_all(tape, eg_stack_z(s, tape, l, h, from, rows, read), EG_TANH);
        s->layer[l].state[0] = h;
        out = eg_stack_out(s->skip, l, tape, out, h);
    }
    return out;
}

const struct eg_controller_type eg_controller_rnn = {
    .name = "rnn",
    .summary = "tanh recurrent layers",
    .source = "Elman 1990 (doi:10.1207/s15516709cog1402_1)",
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
