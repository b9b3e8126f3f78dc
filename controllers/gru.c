/* controllers/gru.c -- gated recurrent units.
 *
 * Cho et al. 2014 (arXiv:1406.1078), eq. 5-8, with the reset gate applied after the recurrent
 * product, so that all products of a step are one:
 *
 *     x = u W_x + b,  y = [r_{t-1}, h_{t-1}] W_r + b_r,  each with three parts of H columns
 *     [s, u] = sigmoid(x_1 + y_1, x_2 + y_2)     reset and update gate
 *     h~ = tanh(x_3 + s o y_3)                   candidate
 *     h_t = u o h_{t-1} + (1 - u) o h~ */
#include <stddef.h>
#include <stdio.h>

#include "controllers/stack.h"
#include "tensor/activate.h"
#include "tensor/linear.h"
#include "tensor/pointwise.h"

struct layer {
    struct eg_param w_input, w_skip, b_input, w_recurrent, b_recurrent, start;
    struct eg_var *h, *projected;
};

struct state {
    size_t cells, count;
    int start, skip;
    struct layer layer[EG_LAYERS_MAX];
};

/* clang-format off */
static const struct eg_option options[] = {
    EG_STACK_OPTIONS,
    EG_STACK_STATE_OPTION,
    EG_OPTION_END,
};
static const struct eg_field fields[] = {
    {"hidden", "h", "H", "1", "state of the layer", "C6", 0, 1},
    EG_FIELD_END,
};
/* clang-format on */

static int declare(struct state *s, size_t l, const struct eg_stack_options *o,
                   const struct eg_controller_size *size, struct eg_params *params)
{
    const size_t inputs = l == 0 ? size->inputs : s->cells;
    const size_t read = l == 0 || (s->skip & EG_SKIP_INPUT) ? size->read : 0;
    struct layer *layer = &s->layer[l];
    char prefix[64];
    snprintf(prefix, sizeof prefix, "controller/layer%zu", l);
    /* clang-format off */
    const struct {
        const char *name, *symbol, *shape;
        size_t rows, cols;
        eg_init_rule *init;
        double scale;
        struct eg_param *to;
    } rows[] = {
        {"weight_input", "W_x", l == 0 ? "inputs x 3 * cells" : "cells x 3 * cells", inputs, 3 * s->cells, eg_init_glorot, o->init_scale, &layer->w_input},
        {"bias", "b", "1 x 3 * cells", 1, 3 * s->cells, eg_init_zero, 0, &layer->b_input},
        {"weight_recurrent", "W_r", "(read + cells) x 3 * cells", read + s->cells, 3 * s->cells, eg_init_glorot, o->init_scale, &layer->w_recurrent},
        {"bias_recurrent", "b_r", "1 x 3 * cells", 1, 3 * s->cells, eg_init_zero, 0, &layer->b_recurrent},
        {"hidden_start", "h_0", "1 x cells", 1, s->cells, eg_init_uniform, 0.1, &layer->start},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].to == &layer->start && s->start == EG_STATE_ZERO)
            continue;
        const struct eg_param_row row = {
            .name = rows[i].name,
            .symbol = rows[i].symbol,
            .shape = rows[i].shape,
            .unit = "1",
            .equation = "C6",
            .rows = rows[i].rows,
            .cols = rows[i].cols,
            .init = rows[i].init,
            .scale = rows[i].scale,
        };
        int ret = eg_params_add(params, prefix, &row, rows[i].to);
        if (!ret && rows[i].to == &layer->w_input)
            ret = eg_stack_skip(s->skip, l, prefix, &row, size->inputs, params, &layer->w_skip);
        if (ret)
            return ret;
    }
    return EG_OK;
}

static int init(void *state, const void *values, const struct eg_controller_size *size,
                struct eg_params *params, size_t *outputs, struct eg_message *message)
{
    (void) message;
    struct state *s = state;
    const struct eg_stack_options *o = values;
    *s = (struct state){
        .cells = (size_t) o->size, .count = (size_t) o->layers, .start = o->start, .skip = o->skip};
    for (size_t l = 0; l < s->count; l++) {
        const int ret = declare(s, l, o, size, params);
        if (ret)
            return ret;
    }
    *outputs = s->cells * (s->skip & EG_SKIP_OUTPUT ? s->count : 1);
    return EG_OK;
}

static int begin(void *state, struct eg_tape *tape, struct eg_var *x, size_t rows)
{
    struct state *s = state;
    for (size_t l = 0; l < s->count; l++) {
        struct layer *layer = &s->layer[l];
        const int ret = eg_stack_project(s->skip, l, tape, &layer->w_input, &layer->w_skip,
                                         &layer->b_input, x, &layer->projected);
        if (ret)
            return ret;
        struct eg_var *v;
        if (s->start == EG_STATE_LEARNED)
            v = eg_repeat(tape, eg_tape_param(tape, &layer->start), rows);
        else if ((v = eg_tape_var(tape, rows, s->cells, 1)))
            for (size_t i = 0; i < rows * s->cells; i++)
                v->x[i] = 0;
        if (!v)
            return EG_RAISE(EG_ERR_NOMEM);
        layer->h = v;
    }
    return EG_OK;
}

static struct eg_var *step(void *state, struct eg_tape *tape, size_t from, size_t rows,
                           struct eg_var *read)
{
    struct state *s = state;
    const size_t n = s->cells;
    struct eg_var *u = NULL, *out = NULL;
    for (size_t l = 0; l < s->count; l++) {
        struct layer *layer = &s->layer[l];
        struct eg_var *x =
            eg_stack_u(tape, l, &layer->w_input, &layer->b_input, layer->projected, u, from, rows);
        struct eg_var *h = eg_tape_rows(tape, layer->h, 0, rows);
        struct eg_var *in[2];
        size_t count = 0;
        if (read && (l == 0 || (s->skip & EG_SKIP_INPUT)))
            in[count++] = read;
        in[count++] = h;
        struct eg_var *y =
            eg_linear(tape, &layer->w_recurrent, &layer->b_recurrent, NULL, count, in);
        struct eg_var *gates = eg_activate_all(
            tape, eg_add(tape, eg_tape_cols(tape, x, 0, 2 * n), eg_tape_cols(tape, y, 0, 2 * n)),
            EG_SIGMOID);
        struct eg_var *reset = eg_tape_cols(tape, gates, 0, n);
        struct eg_var *update = eg_tape_cols(tape, gates, n, n);
        struct eg_var *candidate =
            eg_activate_all(tape,
                            eg_add(tape, eg_tape_cols(tape, x, 2 * n, n),
                                   eg_multiply(tape, reset, eg_tape_cols(tape, y, 2 * n, n))),
                            EG_TANH);
        u = layer->h = eg_blend(tape, update, h, candidate);
        out = eg_stack_out(s->skip, l, tape, out, u);
    }
    return out;
}

static size_t layers(const void *state)
{
    return ((const struct state *) state)->count;
}

static size_t extent(const void *state, char letter)
{
    return letter == 'H' ? ((const struct state *) state)->cells : 0;
}

static void copy(const void *state, int field, size_t layer, size_t row, real *out)
{
    (void) field;
    const struct state *s = state;
    for (size_t i = 0; i < s->cells; i++)
        out[i] = eg_row(s->layer[layer].h, row)[i];
}

const struct eg_controller_type eg_controller_gru = {
    .name = "gru",
    .summary = "gated recurrent units",
    .source = "Cho et al. 2014 (arXiv:1406.1078), eq. 5-8",
    .options = options,
    .options_size = sizeof(struct eg_stack_options),
    .fields = fields,
    .state_size = sizeof(struct state),
    .init = init,
    .begin = begin,
    .step = step,
    .layers = layers,
    .extent = extent,
    .copy = copy,
};
