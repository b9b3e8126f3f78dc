/* models/recurrent.c -- controller, memory and output layer wired together.
 *
 *     h_t = controller(x_t, r_{t-1})
 *     r_t = memory(h_t W_i + b_i)          the interface
 *     y_t = [h_t, r_t] W_o + b_o           logits
 *
 * With `model.gradient_limit` what comes back to each number of the interface at each step is cut:
 * where the controller chooses the next place by what was read at the last, derivatives may grow
 * with every step, and one sequence of a batch can drown all others.
 *
 * Where the inputs are symbols, x_t is a row of a table (tensor/embed.h), and nothing else is given
 * of the word: neither its place nor its sentence.
 *
 * Source  Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), fig. 1; docs/equations.md, part M. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "models/model.h"
#include "tensor/embed.h"
#include "tensor/linear.h"
#include "tensor/pointwise.h"

struct options {
    long embedding;
    double limit;
};

struct recurrent {
    const struct eg_controller_type *controller;
    const struct eg_memory_type *memory;
    void *controller_state, *memory_state;
    struct eg_memory_size memory_size;
    size_t inputs, outputs, hidden; /* inputs of the controller               */
    size_t symbols, columns;        /* of the task; symbols 0: there are none */
    real limit;                     /* on dL/dxi; 0: none                     */
    struct eg_param embedding, interface_w, interface_b, output_w, output_b;
};

/* What fields are copied from. */
struct shown {
    const struct recurrent *model;
    const void *controller, *memory; /* the states of the block */
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"embedding", "1", "numbers a word becomes; of tasks whose inputs are words", AT(embedding), EG_OPT_INT, 20, 1, 65536, NULL, NULL},
    {"gradient_limit", "1", "largest derivative with respect to a number of the memory's control at a step; larger ones are cut; 0: none is", AT(limit), EG_OPT_REAL, 0, 0, 1e15, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

enum { CONTROLLER, MEMORY }; /* the parts */

static int declare(struct recurrent *m, struct eg_params *params)
{
    int ret;
    struct eg_param_row row = {
        .name = "weight",
        .symbol = "W_i",
        .shape = "hidden x control",
        .unit = "1",
        .equation = "M2",
        .rows = m->hidden,
        .cols = m->memory_size.control,
        .init = eg_init_glorot,
        .scale = 1,
    };
    if (m->memory_size.control) {
        if ((ret = eg_params_add(params, "interface", &row, &m->interface_w)))
            return ret;
        row.name = "bias";
        row.symbol = "b_i";
        row.shape = "1 x control";
        row.rows = 1;
        row.init = eg_init_pattern;
        real *bias = eg_arena_zeros(params->arena, row.cols, sizeof *bias);
        if (!bias)
            return EG_RAISE(EG_ERR_NOMEM);
        m->memory->control_start(m->memory_state, bias);
        row.pattern = bias;
        if ((ret = eg_params_add(params, "interface", &row, &m->interface_b)))
            return ret;
    }
    row.name = "weight";
    row.symbol = "W_o";
    row.shape = "(hidden + read) x outputs";
    row.equation = "M3";
    row.rows = m->hidden + m->memory_size.read;
    row.cols = m->outputs;
    row.init = eg_init_glorot;
    if ((ret = eg_params_add(params, "output", &row, &m->output_w)))
        return ret;
    row.name = "bias";
    row.symbol = "b_o";
    row.shape = "1 x outputs";
    row.rows = 1;
    row.init = eg_init_zero;
    return eg_params_add(params, "output", &row, &m->output_b);
}

/* The table comes first: its numbers do not depend on what follows. */
static int declare_embedding(struct recurrent *m, struct eg_params *params)
{
    const struct eg_param_row row = {
        .name = "weight",
        .symbol = "E",
        .shape = "symbols x embedding",
        .unit = "1",
        .equation = "A4",
        .rows = m->symbols,
        .cols = m->inputs,
        .init = eg_init_normal,
        .scale = 0.1,
    };
    return m->symbols ? eg_params_add(params, "embedding", &row, &m->embedding) : EG_OK;
}

static int init(void *state, const struct eg_model_config *config, const struct eg_model_size *size,
                struct eg_params *params, struct eg_message *message)
{
    struct recurrent *const m = state;
    const struct options *const o = config->options;
    m->controller = config->controller;
    m->memory = config->memory;
    m->symbols = size->symbols;
    m->columns = size->inputs;
    m->inputs = m->symbols ? (size_t) o->embedding : size->inputs;
    m->limit = (real) o->limit;
    m->outputs = size->outputs;
    m->controller_state = eg_arena_zeros(params->arena, 1, m->controller->state_size);
    m->memory_state = eg_arena_zeros(params->arena, 1, m->memory->state_size);
    if (!m->controller_state || !m->memory_state)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    int ret = declare_embedding(m, params);
    if (ret)
        return EG_FAIL(ret, message, "the model is too large: %s", eg_status_text(ret));
    ret =
        m->memory->init(m->memory_state, config->memory_options, params, &m->memory_size, message);
    if (ret)
        return ret;
    const struct eg_controller_size parts = {.inputs = m->inputs, .read = m->memory_size.read};
    ret = m->controller->init(m->controller_state, config->controller_options, &parts, params,
                              &m->hidden, message);
    if (ret)
        return ret;
    if ((ret = declare(m, params)))
        return EG_FAIL(ret, message, "the model is too large: %s", eg_status_text(ret));
    return EG_OK;
}

static void *copied(struct eg_tape *tape, const void *state, size_t size)
{
    void *copy = eg_arena_take(tape->arena, size);
    if (copy)
        memcpy(copy, state, size);
    return copy;
}

/* `turn`: two empty arenas by turns for the steps, or NULL where the tape records. */
static int steps(const struct recurrent *m, struct eg_tape *tape, const struct eg_block *block,
                 int all_steps, eg_observe *observe, void *context, struct eg_arena *const turn[2],
                 struct eg_var **logits)
{
    struct eg_arena *const arena = tape->arena;
    void *controller = copied(tape, m->controller_state, m->controller->state_size);
    void *memory = copied(tape, m->memory_state, m->memory->state_size);
    struct eg_var **hs = eg_arena_take(tape->arena, block->steps * sizeof(struct eg_var *));
    struct eg_var **reads = eg_arena_take(tape->arena, block->steps * sizeof(struct eg_var *));
    if (!controller || !memory || !hs || !reads)
        return EG_RAISE(EG_ERR_NOMEM);

    struct eg_var *x = m->symbols
                           ? eg_embed(tape, eg_tape_param(tape, &m->embedding),
                                      block->input + EG_COLUMN_SYMBOL, m->columns, block->total)
                           : eg_tape_data(tape, block->input, block->total, m->inputs);
    struct eg_var *read;
    if (m->controller->begin(controller, tape, x, block->count)
        || m->memory->begin(memory, tape, block->count, &read))
        return EG_RAISE(EG_ERR_NOMEM);
    const struct shown shown = {m, controller, memory};
    if (observe)
        observe(context, -1, block->count, &shown);
    size_t asked = 0;
    for (size_t t = 0; t < block->steps; t++) {
        const size_t rows = block->rows[t];
        if (turn[0]) {
            tape->arena = turn[t % 2];
            eg_arena_rewind(tape->arena, (struct eg_arena_mark){0});
        }
        if (read)
            read = eg_tape_rows(tape, read, 0, rows);
        struct eg_var *h = m->controller->step(controller, tape, block->from[t], rows, read);
        if (!h)
            return EG_RAISE(EG_ERR_NOMEM);
        if (m->memory_size.control) {
            struct eg_var *control = eg_linear(tape, &m->interface_w, &m->interface_b, NULL, 1, &h);
            if (m->limit > 0)
                control = eg_limited(tape, control, m->limit);
            if (!control || !(read = m->memory->step(memory, tape, control)))
                return EG_RAISE(EG_ERR_NOMEM);
        }
        if (observe)
            observe(context, (long) t, rows, &shown);
        if (all_steps || block->asked[t]) {
            tape->arena = arena;
            hs[asked] = turn[0] ? eg_stack(tape, 1, &h) : h;
            reads[asked] = turn[0] && read ? eg_stack(tape, 1, &read) : read;
            asked++;
        }
    }
    tape->arena = arena;
    /* The output layer of all steps is one product. */
    if (asked == 0)
        return EG_RAISE(EG_ERR_DATA);
    struct eg_var *in[2] = {eg_stack(tape, asked, hs), NULL};
    if (m->memory_size.read)
        in[1] = eg_stack(tape, asked, reads);
    *logits = eg_linear(tape, &m->output_w, &m->output_b, NULL, m->memory_size.read ? 2 : 1, in);
    return *logits ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* Where nothing is recorded no step needs more than the one before: steps take turns with two
 * arenas, so that a long sequence does not need the memory of all its steps. */
static int run(const void *state, struct eg_tape *tape, const struct eg_block *block, int all_steps,
               eg_observe *observe, void *context, struct eg_var **logits)
{
    struct eg_arena *turn[2] = {NULL, NULL};
    int ret = EG_OK;
    for (size_t i = 0; i < 2 && !ret && !eg_tape_records(tape); i++)
        ret = eg_arena_init(&turn[i], 0);
    if (!ret)
        ret = steps(state, tape, block, all_steps, observe, context, turn, logits);
    for (size_t i = 0; i < 2; i++)
        eg_arena_free(&turn[i]);
    return ret;
}

static double flops(const void *state, const struct eg_params *params, size_t n_steps, size_t asked)
{
    const struct recurrent *const m = state;
    /* Every weight takes part in three products of two operations a step: forward, to the
     * input's gradient, to its own. */
    double products = 0;
    for (size_t i = 0; i < params->count; i++) {
        const struct eg_param_row *row = &params->rows[i];
        if (row->rows <= 1 || strncmp(row->name, "memory/", 7) == 0
            || strncmp(row->name, "embedding/", 10) == 0)
            continue;
        const double times =
            strncmp(row->name, "output/", 7) == 0 ? (double) asked : (double) n_steps;
        products += 6 * times * (double) (row->rows * row->cols);
    }
    if (m->memory->flops)
        return products + (double) n_steps * m->memory->flops(m->memory_state);
    /* A head goes over the memory for its scores and back (2 + 6 operations an element), a read
     * 2 + 4, a write 4 + 10, the norms 2. */
    const double size = (double) (m->memory->extent(m->memory_state, 'N')
                                  * m->memory->extent(m->memory_state, 'M'));
    const double reads = (double) m->memory->extent(m->memory_state, 'R');
    const double writes = (double) m->memory->extent(m->memory_state, 'W');
    return products
           + (double) n_steps * size * ((reads + writes) * 8 + reads * 6 + writes * 14 + 2);
}

static int part(const void *state, size_t i, struct eg_model_part *out)
{
    const struct recurrent *const m = state;
    if (i == CONTROLLER)
        *out = (struct eg_model_part){.role = "controller",
                                      .name = m->controller->name,
                                      .summary = m->controller->summary,
                                      .source = m->controller->source,
                                      .fields = m->controller->fields,
                                      .layers = m->controller->layers(m->controller_state)};
    else if (i == MEMORY)
        *out = (struct eg_model_part){.role = "memory",
                                      .name = m->memory->name,
                                      .summary = m->memory->summary,
                                      .source = m->memory->source,
                                      .fields = m->memory->shown ? m->memory->shown(m->memory_state)
                                                                 : m->memory->fields,
                                      .layers = 1};
    return i <= MEMORY;
}

static size_t extent(const void *state, size_t of, char letter)
{
    const struct recurrent *const m = state;
    return of == MEMORY ? m->memory->extent(m->memory_state, letter)
                        : m->controller->extent(m->controller_state, letter);
}

static void copy(const void *from, size_t of, size_t layer, int field, size_t row, real *out)
{
    const struct shown *const s = from;
    if (of == MEMORY)
        s->model->memory->copy(s->memory, field, row, out);
    else
        s->model->controller->copy(s->controller, field, layer, row, out);
}

static int control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation)
{
    const struct recurrent *const m = state;
    return m->memory->control_part(m->memory_state, i, name, room, from, n, activation);
}

const struct eg_model_type eg_model_recurrent = {
    .name = "recurrent",
    .summary = "a controller, a memory and an output layer, step by step",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), fig. 1",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct recurrent),
    .parts = 1,
    .init = init,
    .run = run,
    .flops = flops,
    .part = part,
    .extent = extent,
    .copy = copy,
    .control_part = control_part,
};
