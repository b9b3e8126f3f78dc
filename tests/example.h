/* tests/example.h -- a small model and a block of a few short sequences. */
#ifndef EG_TESTS_EXAMPLE_H
#define EG_TESTS_EXAMPLE_H

#include <stdlib.h>

#include "models/model.h"

#include "tests/check.h"
#include "tests/fixture.h"

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 6, COUNT = 3 };

struct fixture { /* one model, and values for its parameters */
    struct eg_arena *arena;
    struct eg_model model;
    struct eg_model_config config;
    void *options[3]; /* of controller, memory, model */
    real *params;
};

static inline void open_set(struct fixture *f, const char *settings, size_t inputs, size_t outputs,
                            const char *controller, const char *controller_settings,
                            const char *memory, const char *memory_settings)
{
    const struct eg_controller_type *c = eg_controller_find(controller);
    const struct eg_memory_type *m = eg_memory_find(memory);
    struct eg_message message = {""};
    f->arena = new_arena();
    f->options[0] = new_options(c->options, c->options_size, controller_settings);
    f->options[1] = new_options(m->options, m->options_size, memory_settings);
    f->options[2] =
        new_options(eg_model_recurrent.options, eg_model_recurrent.options_size, settings);
    f->config = (struct eg_model_config){.options = f->options[2],
                                         .controller = c,
                                         .controller_options = f->options[0],
                                         .memory = m,
                                         .memory_options = f->options[1]};
    const struct eg_model_size size = {.inputs = inputs, .outputs = outputs};
    assert_int_equal(
        eg_model_init(&f->model, f->arena, &eg_model_recurrent, &f->config, &size, &message),
        EG_OK);
    f->params = calloc(f->model.params.size, sizeof *f->params);
    assert_non_null(f->params);
    eg_params_fill(&f->model.params, f->params, 11);
}

static inline void open_sized(struct fixture *f, size_t inputs, size_t outputs,
                              const char *controller, const char *controller_settings,
                              const char *memory, const char *memory_settings)
{
    open_set(f, "", inputs, outputs, controller, controller_settings, memory, memory_settings);
}

static inline void open_model(struct fixture *f, const char *controller,
                              const char *controller_settings, const char *memory,
                              const char *memory_settings)
{
    open_sized(f, INPUTS, OUTPUTS, controller, controller_settings, memory, memory_settings);
}

static inline void close_model(struct fixture *f)
{
    free(f->options[0]);
    free(f->options[1]);
    free(f->options[2]);
    free(f->params);
    eg_arena_free(&f->arena);
}

/* A block with room for its arrays; `answer_...` are those of the steps that ask, as the loss takes
 * them. */
struct example {
    struct eg_block block;
    size_t rows[STEPS], from[STEPS];
    uint8_t asked[STEPS];
    real input[STEPS * COUNT * INPUTS], target[STEPS * COUNT * OUTPUTS], mask[STEPS * COUNT];
    real answer_target[STEPS * COUNT * OUTPUTS], answer_mask[STEPS * COUNT];
};

#endif
