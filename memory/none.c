/* memory/none.c -- no memory at all: the control experiment and the template.
 *
 * It takes nothing and nothing can be read.  An experiment that does as well with
 * `-s memory.type=none` as with the memory under study has shown nothing. */
#include "memory/memory.h"

static const struct eg_option options[] = {EG_OPTION_END};
static const struct eg_field fields[] = {EG_FIELD_END};

static int init(void *state, const void *values, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message)
{
    (void) state;
    (void) values;
    (void) params;
    (void) message;
    *size = (struct eg_memory_size){.control = 0, .read = 0};
    return EG_OK;
}

static int begin(void *state, struct eg_tape *tape, size_t rows, struct eg_var **read)
{
    (void) state;
    (void) tape;
    (void) rows;
    *read = NULL;
    return EG_OK;
}

static struct eg_var *step(void *state, struct eg_tape *tape, struct eg_var *control)
{
    (void) state;
    (void) tape;
    (void) control;
    return NULL;
}

static size_t extent(const void *state, char letter)
{
    (void) state;
    (void) letter;
    return 0;
}

static void copy(const void *state, int field, size_t row, real *out)
{
    (void) state;
    (void) field;
    (void) row;
    (void) out;
}

static void control_start(const void *state, real *bias)
{
    (void) state;
    (void) bias;
}

static int control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation)
{
    (void) state;
    (void) i;
    (void) name;
    (void) room;
    (void) from;
    (void) n;
    (void) activation;
    return 0;
}

const struct eg_memory_type eg_memory_none = {
    .name = "none",
    .summary = "no memory: the controller alone, as baseline",
    .source = "the control experiment",
    .options = options,
    .options_size = 0,
    .fields = fields,
    .state_size = 0,
    .init = init,
    .begin = begin,
    .step = step,
    .extent = extent,
    .copy = copy,
    .control_start = control_start,
    .control_part = control_part,
};
