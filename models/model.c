#include "models/model.h"

#include <string.h>

int eg_model_init(struct eg_model *m, struct eg_arena *arena, const struct eg_model_type *type,
                  const struct eg_model_config *config, const struct eg_model_size *size,
                  struct eg_message *message)
{
    memset(m, 0, sizeof *m);
    m->type = type;
    m->inputs = size->inputs;
    m->outputs = size->outputs;
    eg_params_init(&m->params, arena);
    m->state = eg_arena_zeros(arena, 1, type->state_size);
    if (!m->state)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    return type->init(m->state, config, size, &m->params, message);
}

int eg_model_run(const struct eg_model *m, struct eg_tape *tape, const struct eg_block *block,
                 int all_steps, eg_observe *observe, void *context, struct eg_var **logits)
{
    struct eg_arena *const arena = tape->arena;
    *logits = NULL;
    /* Weightings are drawn in training only. */
    int ret =
        block->training && block->keys ? eg_tape_noise(tape, block->keys, block->count) : EG_OK;
    if (!ret)
        ret = m->type->run(m->state, tape, block, all_steps, observe, context, logits);
    tape->arena = arena;
    if (ret)
        *logits = NULL;
    return ret;
}

double eg_model_flops(const struct eg_model *m, size_t steps, size_t asked)
{
    return m->type->flops(m->state, &m->params, steps, asked);
}

size_t eg_model_field_size(const struct eg_model *m, size_t part, const struct eg_field *field)
{
    size_t n = 1;
    for (const char *letter = field->shape; *letter; letter++)
        n *= m->type->extent(m->state, part, *letter);
    return n;
}
