#include <assert.h>
#include <string.h>

#include "models/model.h"
#include "tensor/linear.h"
#include "tensor/pointwise.h"

static int declare(struct eg_model *m)
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
        if ((ret = eg_params_add(&m->params, "interface", &row, &m->interface_w)))
            return ret;
        row.name = "bias";
        row.symbol = "b_i";
        row.shape = "1 x control";
        row.rows = 1;
        row.init = eg_init_pattern;
        real *bias = eg_arena_zeros(m->params.arena, row.cols, sizeof *bias);
        if (!bias)
            return EG_RAISE(EG_ERR_NOMEM);
        m->memory->control_start(m->memory_state, bias);
        row.pattern = bias;
        if ((ret = eg_params_add(&m->params, "interface", &row, &m->interface_b)))
            return ret;
    }
    row.name = "weight";
    row.symbol = "W_o";
    row.shape = "(hidden + read) x outputs";
    row.equation = "M3";
    row.rows = m->hidden + m->memory_size.read;
    row.cols = m->outputs;
    row.init = eg_init_glorot;
    if ((ret = eg_params_add(&m->params, "output", &row, &m->output_w)))
        return ret;
    row.name = "bias";
    row.symbol = "b_o";
    row.shape = "1 x outputs";
    row.rows = 1;
    row.init = eg_init_zero;
    return eg_params_add(&m->params, "output", &row, &m->output_b);
}

int eg_model_init(struct eg_model *m, struct eg_arena *arena, size_t inputs, size_t outputs,
                  const struct eg_controller_type *controller, const void *controller_options,
                  const struct eg_memory_type *memory, const void *memory_options,
                  struct eg_message *message)
{
    memset(m, 0, sizeof *m);
    m->controller = controller;
    m->memory = memory;
    m->inputs = inputs;
    m->outputs = outputs;
    eg_params_init(&m->params, arena);
    m->controller_state = eg_arena_zeros(arena, 1, controller->state_size);
    m->memory_state = eg_arena_zeros(arena, 1, memory->state_size);
    if (!m->controller_state || !m->memory_state)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    int ret = memory->init(m->memory_state, memory_options, &m->params, &m->memory_size, message);
    if (ret)
        return ret;
    const struct eg_controller_size size = {.inputs = inputs, .read = m->memory_size.read};
    ret = controller->init(m->controller_state, controller_options, &size, &m->params, &m->hidden,
                           message);
    if (ret)
        return ret;
    if ((ret = declare(m)))
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
static int run(const struct eg_model *m, struct eg_tape *tape, const struct eg_block *block,
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

    struct eg_var *x = eg_tape_data(tape, block->input, block->total, m->inputs);
    struct eg_var *read;
    if (m->controller->begin(controller, tape, x, block->count)
        || m->memory->begin(memory, tape, block->count, &read))
        return EG_RAISE(EG_ERR_NOMEM);
    if (observe)
        observe(context, -1, block->count, controller, memory);
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
            if (!control || !(read = m->memory->step(memory, tape, control)))
                return EG_RAISE(EG_ERR_NOMEM);
        }
        if (observe)
            observe(context, (long) t, rows, controller, memory);
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
int eg_model_run(const struct eg_model *m, struct eg_tape *tape, const struct eg_block *block,
                 int all_steps, eg_observe *observe, void *context, struct eg_var **logits)
{
    struct eg_arena *const arena = tape->arena, *turn[2] = {NULL, NULL};
    int ret = EG_OK;
    *logits = NULL;
    for (size_t i = 0; i < 2 && !ret && !eg_tape_records(tape); i++)
        ret = eg_arena_init(&turn[i], 0);
    if (!ret)
        ret = run(m, tape, block, all_steps, observe, context, turn, logits);
    tape->arena = arena;
    for (size_t i = 0; i < 2; i++)
        eg_arena_free(&turn[i]);
    return ret;
}

double eg_model_flops(const struct eg_model *m, size_t steps, size_t asked)
{
    /* Every weight takes part in three products of two operations a step: forward, to the
     * input's gradient, to its own. */
    double products = 0;
    for (size_t i = 0; i < m->params.count; i++) {
        const struct eg_param_row *row = &m->params.rows[i];
        if (row->rows <= 1 || strncmp(row->name, "memory/", 7) == 0)
            continue;
        const double times =
            strncmp(row->name, "output/", 7) == 0 ? (double) asked : (double) steps;
        products += 6 * times * (double) (row->rows * row->cols);
    }
    /* A head goes over the memory for its scores and back (2 + 6 operations an element), a read
     * 2 + 4, a write 4 + 10, the norms 2. */
    const double size = (double) (m->memory->extent(m->memory_state, 'N')
                                  * m->memory->extent(m->memory_state, 'M'));
    const double reads = (double) m->memory->extent(m->memory_state, 'R');
    const double writes = (double) m->memory->extent(m->memory_state, 'W');
    return products + (double) steps * size * ((reads + writes) * 8 + reads * 6 + writes * 14 + 2);
}
