/* controllers/stack.h -- what the layered controllers have in common.
 *
 * All of them are stacks of layers of H cells.  Layer l computes from its input u_l, which is x in
 * the first layer and the output of the layer below in the others, from what was read (first layer
 * only) and from its own last state.
 *
 * Skip connections are those of Graves 2013 (arXiv:1308.0850, sec. 2), and of the controller of
 * Graves et al. 2016 (doi:10.1038/nature20101, methods): with `input`, all layers are given x and
 * what was read (x W_s beside u W_x); with `output`, the outputs of all layers leave the stack,
 * first layer first.  A stack of one layer has nothing to skip.
 *
 * What x gives to a layer, x W_x + b in the first and x W_s + b in the others, is formed for all
 * steps at once. */
#ifndef EG_CONTROLLERS_STACK_H
#define EG_CONTROLLERS_STACK_H

#include "controllers/controller.h"

enum { EG_LAYERS_MAX = 16, EG_STATES_MAX = 2 };

struct eg_stack_options {
    long size, layers;
    int start, activation, skip;
    double init_scale, input_bias, forget_bias, output_bias; /* biases: of the LSTM alone */
};

enum { EG_STATE_ZERO, EG_STATE_LEARNED };
enum { EG_SKIP_NONE, EG_SKIP_INPUT = 1, EG_SKIP_OUTPUT = 2, EG_SKIP_BOTH = 3 }; /* bits */

/* The rows every layered controller has; a type appends its own. */
#define EG_STACK_AT(field) offsetof(struct eg_stack_options, field)
/* clang-format off */
#define EG_STACK_OPTIONS                                                                           \
    {"size",   "cell",  "cells of a layer, H",         EG_STACK_AT(size),   EG_OPT_INT, 100, 1, 65536, NULL, NULL}, \
    {"layers", "layer", "layers, one above the other", EG_STACK_AT(layers), EG_OPT_INT, 1, 1, EG_LAYERS_MAX, NULL, NULL}, \
    {"skip",   "",      "skip connections: input to all layers, all layers to output, or both", EG_STACK_AT(skip), EG_OPT_CHOICE, EG_SKIP_NONE, 0, 0, eg_stack_skips, NULL}, \
    {"init_scale", "1", "factor on the Glorot range of the initial weights", EG_STACK_AT(init_scale), EG_OPT_REAL, 1, 0, 100, NULL, NULL}
#define EG_STACK_STATE_OPTION                                                                      \
    {"start",  "",      "state before the first step", EG_STACK_AT(start),  EG_OPT_CHOICE, EG_STATE_LEARNED, 0, 0, eg_stack_starts, NULL}
/* clang-format on */
extern const char *const eg_stack_starts[], *const eg_stack_skips[];

struct eg_layer {
    /* W_x acts on the layer's input, W_s on x; W_r on [read, h], or on what of the two there is. */
    struct eg_param w_input, w_skip, w_recurrent, bias;
    struct eg_param start[EG_STATES_MAX];
    int has_recurrent;
    struct eg_var *projected;            /* what x gives, all steps; NULL: nothing */
    struct eg_var *state[EG_STATES_MAX]; /* of the current step: h, c */
};

struct eg_stack_state {
    size_t cells, count, gates, states; /* gates: how many numbers of z a cell has */
    int start, activation, skip;
    struct eg_layer layer[EG_LAYERS_MAX];
};

/* Declares the layers.  `gates` numbers a cell; `states` 0 (no recurrence), 1 (h) or 2 (h, c);
 * `bias`: what the biases of each of the gates start at, `gates` numbers; NULL: 0. */
EG_MUST_CHECK int eg_stack_init(struct eg_stack_state *s, const struct eg_stack_options *o,
                                size_t gates, size_t states, const double *bias,
                                const struct eg_controller_size *size, struct eg_params *params,
                                size_t *outputs);

int eg_stack_begin(void *state, struct eg_tape *tape, struct eg_var *x, size_t rows);

/* Declares W_s of a layer, if it has one. */
EG_MUST_CHECK int eg_stack_skip(int skip, size_t l, const char *prefix,
                                const struct eg_param_row *w_input, size_t inputs,
                                struct eg_params *params, struct eg_param *w_skip);

/* What x gives to layer `l` at all steps, in *projected. */
EG_MUST_CHECK int eg_stack_project(int skip, size_t l, struct eg_tape *tape,
                                   const struct eg_param *w_input, const struct eg_param *w_skip,
                                   const struct eg_param *bias, struct eg_var *x,
                                   struct eg_var **projected);

/* u W_x + x W_s + b of layer `l` at rows [from, from + rows) of x. */
struct eg_var *eg_stack_u(struct eg_tape *tape, size_t l, const struct eg_param *w_input,
                          const struct eg_param *bias, struct eg_var *projected, struct eg_var *u,
                          size_t from, size_t rows);

/* What leaves the stack after layer `l`: `h`, or `below`, what left it after the layer before, and
 * `h` beside it. */
struct eg_var *eg_stack_out(int skip, size_t l, struct eg_tape *tape, struct eg_var *below,
                            struct eg_var *h);

/* z = u W_x + x W_s + [read, h_prev] W_r + b of layer `l`; `u` is not looked at in the first layer.
 * Also cuts the layer's states to `rows`. */
struct eg_var *eg_stack_z(struct eg_stack_state *s, struct eg_tape *tape, size_t l,
                          struct eg_var *u, size_t from, size_t rows, struct eg_var *read);

size_t eg_stack_layers(const void *state);
size_t eg_stack_extent(const void *state, char letter);
void eg_stack_copy(const void *state, int field, size_t layer, size_t row, real *out);

#endif
