/* experiments/divergence.c -- what was not finite first, and which batch did it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/recorder.h"

struct search {
    const struct eg_model *model;
    real *room; /* for the largest field */
    char *found;
    size_t size, item;
};

static int all_finite(const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

static void observe(void *context, long step, size_t rows, const void *shown)
{
    (void) rows;
    struct search *s = context;
    const struct eg_model *m = s->model;
    struct eg_model_part part;
    if (s->found[0] || step < 0)
        return;
    for (size_t i = 0; m->type->part(m->state, i, &part); i++)
        for (size_t l = 0; l < part.layers; l++)
            for (const struct eg_field *f = part.fields; f->name && !s->found[0]; f++) {
                char layer[40] = "";
                m->type->copy(shown, i, l, f->id, 0, s->room);
                if (all_finite(s->room, eg_model_field_size(m, i, f)))
                    continue;
                if (part.layers > 1)
                    snprintf(layer, sizeof layer, "layer %zu ", l);
                snprintf(s->found, s->size, "%s %s%s, step %ld of sequence %zu", part.role, layer,
                         f->name, step, s->item);
            }
}

/* Forward through each sequence by itself, in the order of their numbers in the batch. */
static int search_forward(struct search *s, struct eg_experiment *e, struct eg_arena *arena,
                          size_t largest)
{
    struct eg_trainer *t = &e->trainer;
    for (size_t i = 0; i < t->batch && !s->found[0]; i++) {
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        struct eg_draw draw = t->draws[i];
        struct eg_block block;
        size_t members[EG_BLOCK];
        struct eg_tape tape;
        struct eg_var *logits;
        s->item = (size_t) draw.item;
        s->room = eg_arena_take(arena, largest * sizeof *s->room);
        int ret = s->room ? eg_block_make(&block, members, arena, &e->source, &draw, 1, 0, 1)
                          : EG_RAISE(EG_ERR_NOMEM);
        block.seen = t->seen;
        eg_tape_begin(&tape, arena, e->kernels, t->values, NULL);
        if (!ret)
            ret = eg_model_run(&e->model, &tape, &block, 1, observe, s, &logits);
        if (ret)
            return ret;
        for (size_t r = 0; r < logits->rows && !s->found[0]; r++)
            if (!all_finite(eg_row(logits, r), logits->cols))
                snprintf(s->found, s->size, "output, step %zu of sequence %zu", r, s->item);
        eg_arena_rewind(arena, mark);
    }
    return EG_OK;
}

static int search(struct eg_experiment *e, struct eg_arena *arena, char *found, size_t size)
{
    const struct eg_model *m = &e->model;
    const struct eg_params *params = &m->params;
    found[0] = '\0';
    for (size_t i = 0; i < params->count && !found[0]; i++)
        if (!all_finite(e->trainer.values + params->rows[i].offset,
                        params->rows[i].rows * params->rows[i].cols))
            snprintf(found, size, "parameters/%s", params->rows[i].name);
    if (found[0])
        return EG_OK;
    size_t largest = 1;
    struct eg_model_part part;
    for (size_t i = 0; m->type->part(m->state, i, &part); i++)
        for (const struct eg_field *f = part.fields; f->name; f++) {
            const size_t n = eg_model_field_size(m, i, f);
            largest = n > largest ? n : largest;
        }
    struct search s = {.model = m, .found = found, .size = size};
    const int ret = search_forward(&s, e, arena, largest);
    if (ret)
        return ret;
    for (size_t i = 0; i < params->count && !found[0]; i++)
        if (!all_finite(e->trainer.total + params->rows[i].offset,
                        params->rows[i].rows * params->rows[i].cols))
            snprintf(found, size, "gradient of %s", params->rows[i].name);
    if (!found[0])
        snprintf(found, size, "the norm of the gradient, or the sum of the losses");
    return EG_OK;
}

/* The sequences, padded with zeros to the longest. */
static int put_batch(struct eg_recorder *r, struct eg_experiment *e, struct eg_arena *arena,
                     struct eg_message *message)
{
    const struct eg_trainer *t = &e->trainer;
    const size_t inputs = e->source.shape.inputs, outputs = eg_targets(&e->source.shape);
    const size_t steps = t->draws[0].steps, n = t->batch;
    real *input = eg_arena_zeros(arena, n * steps * inputs, sizeof *input);
    real *target = eg_arena_zeros(arena, n * steps * outputs, sizeof *target);
    int64_t *item = eg_arena_take(arena, n * sizeof *item);
    int64_t *length = eg_arena_take(arena, n * sizeof *length);
    if (!input || !target || !item || !length)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < n; i++) {
        struct eg_sequence s;
        const int ret = eg_sequence_make(&s, arena, &e->source, &t->draws[i]);
        if (ret)
            return ret;
        memcpy(input + i * steps * inputs, s.input, s.steps * inputs * sizeof *input);
        memcpy(target + i * steps * outputs, s.target, s.steps * outputs * sizeof *target);
        item[i] = (int64_t) t->draws[i].item;
        length[i] = (int64_t) s.steps;
    }
    const struct eg_run_axis sequence = {.name = "sequence"}, time = {.name = "time"};
    const struct {
        const char *path;
        struct eg_run_array array;
    } all[] = {
        {"/divergence/item",
         {.long_name = "number of the sequence in the batch",
          .type = EG_RUN_INT64,
          .rank = 1,
          .dims = {n},
          .axes = {sequence},
          .data = item}},
        {"/divergence/steps",
         {.units = "step",
          .long_name = "steps of the sequence",
          .type = EG_RUN_INT64,
          .rank = 1,
          .dims = {n},
          .axes = {sequence},
          .data = length}},
        {"/divergence/input",
         {.long_name = "inputs, zero after the end",
          .type = EG_RUN_REAL,
          .rank = 3,
          .dims = {n, steps, inputs},
          .axes = {sequence, time, {.name = "input_channel"}},
          .data = input,
          .compress = true}},
        {"/divergence/target",
         {.long_name = "targets, zero after the end",
          .type = EG_RUN_REAL,
          .rank = 3,
          .dims = {n, steps, outputs},
          .axes = {sequence, time, {.name = "output_channel"}},
          .data = target,
          .compress = true}},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const int ret = eg_run_put(r->run, all[i].path, &all[i].array, message);
        if (ret)
            return ret;
    }
    return EG_OK;
}

int eg_recorder_divergence(struct eg_recorder *r, struct eg_experiment *e, uint64_t update,
                           char *tensor, size_t room, struct eg_message *message)
{
    struct eg_arena *arena;
    int ret = eg_arena_init(&arena, 0);
    if (!ret)
        ret = search(e, arena, tensor, room);
    if (!ret)
        ret = eg_run_put_int(r->run, "/divergence/step", "1", "update that could not be done",
                             (int64_t) update, message);
    if (!ret)
        ret = eg_run_put_text(r->run, "/divergence/tensor", "the first tensor that was not finite",
                              tensor, message);
    if (!ret)
        ret = put_batch(r, e, arena, message);
    eg_arena_free(&arena);
    return ret;
}
