/* controllers/none.c -- no controller: h is the input followed by what was read.
 *
 * The shortest legal controller, and the control experiment for all others. */
#include "controllers/controller.h"
#include "tensor/pointwise.h"

static const struct eg_option options[] = {EG_OPTION_END};
static const struct eg_field fields[] = {EG_FIELD_END};

struct state {
    struct eg_var *x;
};

static int init(void *state, const void *values, const struct eg_controller_size *size,
                struct eg_params *params, size_t *outputs, struct eg_message *message)
{
    (void) state;
    (void) values;
    (void) params;
    (void) message;
    *outputs = size->inputs + size->read;
    return EG_OK;
}

static int begin(void *state, struct eg_tape *tape, struct eg_var *x, size_t rows)
{
    (void) tape;
    (void) rows;
    ((struct state *) state)->x = x;
    return x ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static struct eg_var *step(void *state, struct eg_tape *tape, size_t from, size_t rows,
                           struct eg_var *read)
{
    struct eg_var *x = eg_tape_rows(tape, ((struct state *) state)->x, from, rows);
    return read ? eg_join(tape, x, read) : x;
}

static size_t layers(const void *state)
{
    (void) state;
    return 0;
}

static size_t extent(const void *state, char letter)
{
    (void) state;
    (void) letter;
    return 0;
}

static void copy(const void *state, int field, size_t layer, size_t row, real *out)
{
    (void) state;
    (void) field;
    (void) layer;
    (void) row;
    (void) out;
}

const struct eg_controller_type eg_controller_none = {
    .name = "none",
    .summary = "no controller: the input and what was read, unchanged",
    .source = "the control experiment",
    .options = options,
    .options_size = 0,
    .fields = fields,
    .state_size = sizeof(struct state),
    .init = init,
    .begin = begin,
    .step = step,
    .layers = layers,
    .extent = extent,
    .copy = copy,
};
