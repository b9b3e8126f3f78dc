/* controllers/stack.h -- what the layered controllers have in common.
 *
 * All of them are stacks of layers of H cells.  Layer l computes from its input u_l, from what
 * was read (first layer only) and from its own last state.  The input part of the first layer,
 * x W_x + b, is formed for all steps at once. */
#ifndef EG_CONTROLLERS_STACK_H
#define EG_CONTROLLERS_STACK_H

#include "controllers/controller.h"

enum { EG_LAYERS_MAX = 16, EG_STATES_MAX = 2 };

struct eg_stack_options {
    long size, layers;
    int start, activation;
    double forget_bias, init_scale;
};

enum { EG_STATE_ZERO, EG_STATE_LEARNED };

/* The rows every layered controller has; a type appends its own. */
#define EG_STACK_AT(field) offsetof(struct eg_stack_options, field)
/* clang-format off */
#define EG_STACK_OPTIONS                                                                           \
    {"size",   "cell",  "cells of a layer, H",         EG_STACK_AT(size),   EG_OPT_INT, 100, 1, 65536, NULL, NULL}, \
    {"layers", "layer", "layers, one above the other", EG_STACK_AT(layers), EG_OPT_INT, 1, 1, EG_LAYERS_MAX, NULL, NULL}, \
    {"init_scale", "1", "factor on the Glorot range of the initial weights", EG_STACK_AT(init_scale), EG_OPT_REAL, 1, 0, 100, NULL, NULL}
#define EG_STACK_STATE_OPTION                                                                      \
    {"start",  "",      "state before the first step", EG_STACK_AT(start),  EG_OPT_CHOICE, EG_STATE_LEARNED, 0, 0, eg_stack_starts, NULL}
/* clang-format on */
extern const char *const eg_stack_starts[];

struct eg_layer {
    /* W_x acts on the layer's input; W_r on [read, h], or on what of the two there is. */
    struct eg_param w_input, w_recurrent, bias;
    struct eg_param start[EG_STATES_MAX];
    int has_recurrent;
    struct eg_var *state[EG_STATES_MAX]; /* of the current step: h, c */
};

struct eg_stack_state {
    size_t cells, count, gates, states; /* gates: how many numbers of z a cell has */
    int start, activation;
    struct eg_layer layer[EG_LAYERS_MAX];
    struct eg_var *projected; /* x W_x + b of the first layer, all steps */
};

/* Declares the layers.  `gates` numbers a cell; `states` 0 (no recurrence), 1 (h) or 2 (h, c);
 * `bias` names the rule of the biases. */
EG_MUST_CHECK int eg_stack_init(struct eg_stack_state *s, const struct eg_stack_options *o,
                                size_t gates, size_t states, eg_init_rule *bias,
                                const struct eg_controller_size *size, struct eg_params *params,
                                size_t *outputs);

int eg_stack_begin(void *state, struct eg_tape *tape, struct eg_var *x, size_t rows);

/* z = u W_x + [read, h_prev] W_r + b of layer `l`; `u` NULL: the first layer's input.  Also cuts
 * the layer's states to `rows`. */
struct eg_var *eg_stack_z(struct eg_stack_state *s, struct eg_tape *tape, size_t l,
                          struct eg_var *u, size_t from, size_t rows, struct eg_var *read);

size_t eg_stack_layers(const void *state);
size_t eg_stack_extent(const void *state, char letter);
void eg_stack_copy(const void *state, int field, size_t layer, size_t row, real *out);

#endif
