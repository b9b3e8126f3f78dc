/* controllers/feedforward.c -- layers without a state of their own.
 *
 *     h = phi(u W_x + r_{t-1} W_r + b),  phi = tanh, sigmoid or ReLU
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3.4: all that is remembered from step
 * to step is in the memory. */
#include <stddef.h>

#include "controllers/stack.h"
#include "tensor/activate.h"

static const char *const activations[] = {"tanh", "sigmoid", "relu", NULL};
static const enum eg_activation kinds[] = {EG_TANH, EG_SIGMOID, EG_RELU};

/* clang-format off */
static const struct eg_option options[] = {
    EG_STACK_OPTIONS,
    {"activation", "", "of the cells", EG_STACK_AT(activation), EG_OPT_CHOICE, 0, 0, 0, activations, NULL},
    EG_OPTION_END,
};
static const struct eg_field fields[] = {
    {"hidden", "h", "H", "1", "output of the layer", "C3", 0, 0},
    EG_FIELD_END,
};
/* clang-format on */

static int init(void *state, const void *values, const struct eg_controller_size *size,
                struct eg_params *params, size_t *outputs, struct eg_message *message)
{
    (void) message;
    return eg_stack_init(state, values, 1, 0, NULL, size, params, outputs);
}

static struct eg_var *step(void *state, struct eg_tape *tape, size_t from, size_t rows,
                           struct eg_var *read)
{
    struct eg_stack_state *s = state;
    struct eg_var *h = NULL, *out = NULL;
    for (size_t l = 0; l < s->count; l++) {
        h = eg_activate_all(tape, eg_stack_z(s, tape, l, h, from, rows, read),
                            kinds[s->activation]);
        s->layer[l].state[0] = h;
        out = eg_stack_out(s->skip, l, tape, out, h);
    }
    return out;
}

const struct eg_controller_type eg_controller_feedforward = {
    .name = "feedforward",
    .summary = "layers without a state: all memory is in the memory",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3.4",
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
