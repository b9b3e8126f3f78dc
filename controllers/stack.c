#include "controllers/stack.h"

#include <stdio.h>
#include <string.h>

#include "tensor/linear.h"
#include "tensor/pointwise.h"

const char *const eg_stack_starts[] = {"zero", "learned", NULL};
const char *const eg_stack_skips[] = {"none", "input", "output", "both", NULL};

/* Layers that are given x and what was read. */
static int sees_input(int skip, size_t l)
{
    return l == 0 || (skip & EG_SKIP_INPUT);
}

int eg_stack_skip(int skip, size_t l, const char *prefix, const struct eg_param_row *w_input,
                  size_t inputs, struct eg_params *params, struct eg_param *w_skip)
{
    if (l == 0 || !sees_input(skip, l))
        return EG_OK;
    struct eg_param_row row = *w_input;
    row.name = "weight_skip";
    row.symbol = "W_s";
    row.shape = "inputs x gates * cells";
    row.rows = inputs;
    return eg_params_add(params, prefix, &row, w_skip);
}

int eg_stack_project(int skip, size_t l, struct eg_tape *tape, const struct eg_param *w_input,
                     const struct eg_param *w_skip, const struct eg_param *bias, struct eg_var *x,
                     struct eg_var **projected)
{
    *projected = NULL;
    if (!sees_input(skip, l))
        return EG_OK;
    *projected = eg_linear(tape, l == 0 ? w_input : w_skip, bias, NULL, 1, &x);
    return *projected ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

struct eg_var *eg_stack_u(struct eg_tape *tape, size_t l, const struct eg_param *w_input,
                          const struct eg_param *bias, struct eg_var *projected, struct eg_var *u,
                          size_t from, size_t rows)
{
    if (!projected)
        return eg_linear(tape, w_input, bias, NULL, 1, &u);
    struct eg_var *z = eg_tape_rows(tape, projected, from, rows);
    return l == 0 || !z ? z : eg_linear(tape, w_input, NULL, z, 1, &u);
}

struct eg_var *eg_stack_out(int skip, size_t l, struct eg_tape *tape, struct eg_var *below,
                            struct eg_var *h)
{
    return l > 0 && (skip & EG_SKIP_OUTPUT) ? eg_join(tape, below, h) : h;
}

/* What the biases of one layer start at; NULL: no memory. */
static const real *biases(const struct eg_stack_state *s, const double *bias,
                          struct eg_arena *arena)
{
    real *x = eg_arena_take(arena, s->gates * s->cells * sizeof *x);
    for (size_t i = 0; x && i < s->gates * s->cells; i++)
        x[i] = (real) bias[i / s->cells];
    return x;
}

static int declare(struct eg_stack_state *s, size_t l, const struct eg_stack_options *o,
                   const double *bias, const struct eg_controller_size *size,
                   struct eg_params *params)
{
    static const char *const names[EG_STATES_MAX] = {"hidden_start", "cell_start"};
    static const char *const symbols[EG_STATES_MAX] = {"h_0", "c_0"};
    struct eg_layer *layer = &s->layer[l];
    char prefix[64];
    int ret;
    snprintf(prefix, sizeof prefix, "controller/layer%zu", l);
    struct eg_param_row row = {
        .name = "weight_input",
        .symbol = "W_x",
        .shape = l == 0 ? "inputs x gates * cells" : "cells x gates * cells",
        .unit = "1",
        .equation = "C1",
        .rows = l == 0 ? size->inputs : s->cells,
        .cols = s->gates * s->cells,
        .init = eg_init_glorot,
        .scale = o->init_scale,
    };
    if ((ret = eg_params_add(params, prefix, &row, &layer->w_input))
        || (ret = eg_stack_skip(s->skip, l, prefix, &row, size->inputs, params, &layer->w_skip)))
        return ret;
    const size_t read = sees_input(s->skip, l) ? size->read : 0;
    const size_t recurrent = read + (s->states ? s->cells : 0);
    layer->has_recurrent = recurrent > 0;
    row.name = "weight_recurrent";
    row.symbol = "W_r";
    row.shape = "(read + cells) x gates * cells";
    row.rows = recurrent;
    if (recurrent && (ret = eg_params_add(params, prefix, &row, &layer->w_recurrent)))
        return ret;
    row.name = "bias";
    row.symbol = "b";
    row.shape = "1 x gates * cells";
    row.rows = 1;
    row.init = bias ? eg_init_pattern : eg_init_zero;
    if (bias && !(row.pattern = biases(s, bias, params->arena)))
        return EG_RAISE(EG_ERR_NOMEM);
    if ((ret = eg_params_add(params, prefix, &row, &layer->bias)))
        return ret;
    for (size_t i = 0; i < s->states && o->start == EG_STATE_LEARNED; i++) {
        const struct eg_param_row start = {
            .name = names[i],
            .symbol = symbols[i],
            .shape = "1 x cells",
            .unit = "1",
            .equation = "C2",
            .rows = 1,
            .cols = s->cells,
            .init = eg_init_uniform,
            .scale = 0.1,
        };
        if ((ret = eg_params_add(params, prefix, &start, &layer->start[i])))
            return ret;
    }
    return EG_OK;
}

int eg_stack_init(struct eg_stack_state *s, const struct eg_stack_options *o, size_t gates,
                  size_t states, const double *bias, const struct eg_controller_size *size,
                  struct eg_params *params, size_t *outputs)
{
    memset(s, 0, sizeof *s);
    s->cells = (size_t) o->size;
    s->count = (size_t) o->layers;
    s->gates = gates;
    s->states = states;
    s->start = o->start;
    s->activation = o->activation;
    s->skip = o->skip;
    for (size_t l = 0; l < s->count; l++) {
        const int ret = declare(s, l, o, bias, size, params);
        if (ret)
            return ret;
    }
    *outputs = s->cells * (s->skip & EG_SKIP_OUTPUT ? s->count : 1);
    return EG_OK;
}

int eg_stack_begin(void *state, struct eg_tape *tape, struct eg_var *x, size_t rows)
{
    struct eg_stack_state *s = state;
    for (size_t l = 0; l < s->count; l++) {
        struct eg_layer *layer = &s->layer[l];
        const int ret = eg_stack_project(s->skip, l, tape, &layer->w_input, &layer->w_skip,
                                         &layer->bias, x, &layer->projected);
        if (ret)
            return ret;
        for (size_t i = 0; i < s->states; i++) {
            struct eg_var *v;
            if (s->start == EG_STATE_LEARNED)
                v = eg_repeat(tape, eg_tape_param(tape, &layer->start[i]), rows);
            else if ((v = eg_tape_var(tape, rows, s->cells, 1)))
                memset(v->x, 0, rows * s->cells * sizeof *v->x);
            if (!v)
                return EG_RAISE(EG_ERR_NOMEM);
            layer->state[i] = v;
        }
    }
    return EG_OK;
}

struct eg_var *eg_stack_z(struct eg_stack_state *s, struct eg_tape *tape, size_t l,
                          struct eg_var *u, size_t from, size_t rows, struct eg_var *read)
{
    struct eg_layer *layer = &s->layer[l];
    for (size_t i = 0; i < s->states; i++)
        layer->state[i] = eg_tape_rows(tape, layer->state[i], 0, rows);
    struct eg_var *z =
        eg_stack_u(tape, l, &layer->w_input, &layer->bias, layer->projected, u, from, rows);
    if (!z || !layer->has_recurrent)
        return z;
    struct eg_var *in[2];
    size_t n = 0;
    if (read && sees_input(s->skip, l))
        in[n++] = read;
    if (s->states)
        in[n++] = layer->state[0];
    return eg_linear(tape, &layer->w_recurrent, NULL, z, n, in);
}

size_t eg_stack_layers(const void *state)
{
    return ((const struct eg_stack_state *) state)->count;
}

size_t eg_stack_extent(const void *state, char letter)
{
    return letter == 'H' ? ((const struct eg_stack_state *) state)->cells : 0;
}

void eg_stack_copy(const void *state, int field, size_t layer, size_t row, real *out)
{
    const struct eg_stack_state *s = state;
    memcpy(out, eg_row(s->layer[layer].state[field], row), s->cells * sizeof *out);
}
