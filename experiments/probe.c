/* experiments/probe.c -- one sequence in full, with all that controller and memory show. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/recorder.h"
#include "tensor/loss.h"

enum { TRACES_MAX = 96 };

/* One field of one part, over time. */
struct trace {
    const struct eg_field *field;
    size_t part, layer, count; /* numbers a step */
    int of_answers;
    size_t dims[EG_RUN_RANK_MAX];
    char name[64];
    real *start, *steps;
};

struct probe {
    const struct eg_model *model;
    struct eg_arena *arena;
    struct trace traces[TRACES_MAX];
    size_t n, steps, answers;
    size_t *answer; /* (steps): how many steps before this one ask, or NO_ANSWER */
    int64_t *asked; /* (answers): the steps that ask                             */
};

#define NO_ANSWER SIZE_MAX

static int add_trace(struct probe *p, const struct eg_field *field, const struct eg_model_part *as,
                     size_t part, size_t layer)
{
    if (p->n == TRACES_MAX)
        return EG_RAISE(EG_ERR_NOMEM);
    struct trace *t = &p->traces[p->n++];
    *t = (struct trace){
        .field = field, .part = part, .layer = layer, .count = 1, .of_answers = as->of_answers};
    for (size_t i = 0; field->shape[i] && i < EG_RUN_RANK_MAX - 1; i++)
        t->count *= t->dims[i] = p->model->type->extent(p->model->state, part, field->shape[i]);
    const size_t steps = as->of_answers ? p->answers : p->steps;
    if (as->layers > 1)
        snprintf(t->name, sizeof t->name, "%s_%zu", field->name, layer);
    else
        snprintf(t->name, sizeof t->name, "%s", field->name);
    t->start = eg_arena_zeros(p->arena, t->count, sizeof *t->start);
    t->steps = eg_arena_zeros(p->arena, steps * t->count, sizeof *t->steps);
    return t->start && t->steps ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static int add_traces(struct probe *p)
{
    struct eg_model_part part;
    for (size_t i = 0; p->model->type->part(p->model->state, i, &part); i++)
        for (size_t l = 0; l < part.layers; l++)
            for (const struct eg_field *f = part.fields; f->name; f++) {
                const int ret = add_trace(p, f, &part, i, l);
                if (ret)
                    return ret;
            }
    return EG_OK;
}

/* Which steps ask. */
static int find_answers(struct probe *p, const struct eg_sequence *s)
{
    p->steps = s->steps;
    p->answer = eg_arena_take(p->arena, s->steps * sizeof *p->answer);
    p->asked = eg_arena_take(p->arena, s->steps * sizeof *p->asked);
    if (!p->answer || !p->asked)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t t = 0; t < s->steps; t++) {
        p->answer[t] = s->mask[t] != 0 ? p->answers : NO_ANSWER;
        if (s->mask[t] != 0)
            p->asked[p->answers++] = (int64_t) t;
    }
    return EG_OK;
}

static void observe(void *context, long step, size_t rows, const void *shown)
{
    (void) rows;
    struct probe *p = context;
    for (size_t i = 0; i < p->n; i++) {
        struct trace *t = &p->traces[i];
        size_t at = (size_t) step;
        if (step >= 0 && t->of_answers && (at = p->answer[step]) == NO_ANSWER)
            continue;
        if (step >= 0 || t->field->has_start)
            p->model->type->copy(shown, t->part, t->layer, t->field->id, 0,
                                 step < 0 ? t->start : t->steps + at * t->count);
    }
}

/* The axis that a letter stands for. */
static struct eg_run_axis axis(char letter, const int64_t *offsets)
{
    switch (letter) {
    case 'N':
        return (struct eg_run_axis){.name = "slot", .long_name = "slot of the memory"};
    case 'M':
        return (struct eg_run_axis){.name = "width", .long_name = "component of a slot"};
    case 'Q':
        return (struct eg_run_axis){.name = "key_width", .long_name = "component of a key"};
    case 'V':
        return (struct eg_run_axis){.name = "value_width", .long_name = "component of a value"};
    case 'R':
        return (struct eg_run_axis){.name = "read_head"};
    case 'W':
        return (struct eg_run_axis){.name = "write_head"};
    case 'S':
        return (struct eg_run_axis){.name = "shift_offset",
                                    .units = "slot",
                                    .long_name = "how far the weighting moves",
                                    .values = offsets};
    case 'K':
        return (struct eg_run_axis){.name = "hop", .long_name = "hop over the memory"};
    case 'P':
        return (struct eg_run_axis){.name = "read_mode",
                                    .long_name = "backward of each write head, content, forward"};
    case 'L':
        return (struct eg_run_axis){.name = "direction", .long_name = "backward, forward"};
    default:
        return (struct eg_run_axis){.name = "hidden_unit"};
    }
}

static const struct eg_run_axis time_axis = {
    .name = "time", .units = "step", .long_name = "step of the sequence"};

static struct eg_run_axis answers_of(const struct probe *p)
{
    return (struct eg_run_axis){.name = "answer",
                                .units = "step",
                                .long_name = "step that asks for the answer",
                                .values = p->asked};
}

static int put_traces(struct eg_recorder *r, const struct probe *p, const char *group,
                      struct eg_message *message)
{
    enum { OFFSETS_MAX = 2049 };
    int64_t offsets[OFFSETS_MAX];
    for (size_t i = 0; i < p->n; i++) {
        const struct trace *t = &p->traces[i];
        const size_t steps = t->of_answers ? p->answers : p->steps;
        const size_t s = p->model->type->extent(p->model->state, t->part, 'S');
        for (size_t k = 0; k < s && k < OFFSETS_MAX; k++)
            offsets[k] = (int64_t) k - (int64_t) (s / 2);
        for (int start = 0; start <= t->field->has_start; start++) {
            char path[256];
            snprintf(path, sizeof path, "%s/%s%s", group, t->name, start ? "_start" : "");
            struct eg_run_array array = {.units = t->field->units,
                                         .long_name = t->field->help,
                                         .type = EG_RUN_REAL,
                                         .data = start ? t->start : t->steps,
                                         .compress = t->count * steps > 65536,
                                         .equation = t->field->equation};
            if (!start) {
                array.dims[0] = steps;
                array.axes[array.rank++] = t->of_answers ? answers_of(p) : time_axis;
            }
            for (size_t d = 0; t->field->shape[d] && d < EG_RUN_RANK_MAX - 1; d++) {
                array.dims[array.rank] = t->dims[d];
                array.axes[array.rank++] = axis(t->field->shape[d], offsets);
            }
            const int ret = eg_run_put(r->run, path, &array, message);
            if (ret)
                return ret;
        }
    }
    return EG_OK;
}

static int put_sequence(struct eg_recorder *r, const struct probe *p, const struct eg_sequence *s,
                        const real *output, const struct eg_task_shape *shape, const char *group,
                        uint8_t *mask, struct eg_message *message)
{
    const int classes = shape->loss == EG_LOSS_CLASSES;
    const size_t rows = classes ? p->answers : s->steps;
    const struct eg_run_axis rows_axis = classes ? answers_of(p) : time_axis;
    static const uint8_t phases[EG_PHASES] = {0, 1, 2, 3, 4}, flags[] = {0, 1};
    const struct eg_run_axis in = {.name = "input_channel"}, out = {.name = "output_channel"};
    for (size_t t = 0; t < s->steps; t++)
        mask[t] = s->mask[t] != 0;
    const struct {
        const char *name;
        struct eg_run_array array;
    } all[] = {
        {"input",
         {.long_name = shape->symbols ? "word of the step: symbol, sentence, place in it, question"
                                      : "input of the step",
          .type = EG_RUN_REAL,
          .rank = 2,
          .dims = {s->steps, shape->inputs},
          .axes = {time_axis, in},
          .data = s->input}},
        {classes ? "class" : "target",
         {.long_name = classes ? "class that is right" : "answer that is right",
          .type = EG_RUN_REAL,
          .rank = classes ? 1 : 2,
          .dims = {s->steps, shape->outputs},
          .axes = {time_axis, out},
          .data = s->target}},
        {classes ? "probability" : "output",
         {.long_name = classes ? "probability of each class" : "probability that the bit is one",
          .type = EG_RUN_REAL,
          .rank = 2,
          .dims = {rows, shape->outputs},
          .axes = {rows_axis, out},
          .data = output,
          .compress = classes && rows * shape->outputs > 65536,
          .equation = classes ? "M5" : "M4"}},
        {"mask",
         {.long_name = "whether an answer is asked at the step",
          .type = EG_RUN_UINT8,
          .rank = 1,
          .dims = {s->steps},
          .axes = {time_axis},
          .data = mask,
          .flag_values = flags,
          .n_flags = 2,
          .flag_meanings = "not_asked asked"}},
        {"phase",
         {.long_name = "part of the sequence",
          .type = EG_RUN_UINT8,
          .rank = 1,
          .dims = {s->steps},
          .axes = {time_axis},
          .data = s->phase,
          .flag_values = phases,
          .n_flags = EG_PHASES,
          .flag_meanings = EG_PHASE_WORDS}},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", group, all[i].name);
        const int ret = eg_run_put(r->run, path, &all[i].array, message);
        if (ret)
            return ret;
    }
    return EG_OK;
}

/* What the best answer there can be would have said, of a task that knows it step by step. */
static int put_optimal(struct eg_recorder *r, const struct eg_source *source,
                       const struct eg_sequence *s, const char *group, struct eg_arena *arena,
                       struct eg_message *message)
{
    if (!source->task->best)
        return EG_OK;
    const size_t n = s->steps * source->shape.outputs;
    double *answers = eg_arena_zeros(arena, n, sizeof *answers);
    real *optimal = eg_arena_take(arena, n * sizeof *optimal);
    if (!answers || !optimal)
        return EG_RAISE(EG_ERR_NOMEM);
    source->task->best(source->state, s, answers);
    for (size_t i = 0; i < n; i++)
        optimal[i] = (real) answers[i];
    char path[256];
    snprintf(path, sizeof path, "%s/optimal", group);
    const struct eg_run_array array = {
        .long_name = "probability that the bit is one, of the best answer there can be",
        .type = EG_RUN_REAL,
        .rank = 2,
        .dims = {s->steps, source->shape.outputs},
        .axes = {time_axis, {.name = "output_channel"}},
        .data = optimal};
    return eg_run_put(r->run, path, &array, message);
}

/* The words, a sentence a line with the question last, and which statements the answer follows
 * from.
 */
static int put_story(struct eg_recorder *r, const struct eg_source *source,
                     const struct eg_sequence *s, const char *group, struct eg_arena *arena,
                     struct eg_message *message)
{
    const struct eg_task_shape *shape = &source->shape;
    char path[256];
    int ret = EG_OK;
    if (!shape->symbols)
        return EG_OK;
    if (shape->symbol_words) {
        size_t room = 1, at = 0;
        for (size_t t = 0; t < s->steps; t++)
            room += 1 + strlen(shape->symbol_words[(size_t) s->input[t * EG_COLUMNS]]);
        char *text = eg_arena_take(arena, room);
        if (!text)
            return EG_RAISE(EG_ERR_NOMEM);
        text[0] = '\0';
        for (size_t t = 0; t < s->steps; t++) {
            const real *x = s->input + t * EG_COLUMNS, *before = x - (t ? EG_COLUMNS : 0);
            const int same = x[EG_COLUMN_SENTENCE] == before[EG_COLUMN_SENTENCE];
            at += (size_t) snprintf(text + at, room - at, "%s%s",
                                    t == 0 ? ""
                                    : same ? " "
                                           : "\n",
                                    shape->symbol_words[(size_t) x[EG_COLUMN_SYMBOL]]);
        }
        snprintf(path, sizeof path, "%s/text", group);
        ret = eg_run_put_text(r->run, path, "the words, a sentence a line, the question last", text,
                              message);
    }
    const struct eg_story_item *item =
        source->task->story ? source->task->story(source->state, s->extent) : NULL;
    if (ret || !item || !item->statements)
        return ret;
    static const uint8_t flags[] = {0, 1};
    const struct eg_run_array array = {.long_name = "whether the answer follows from the statement",
                                       .type = EG_RUN_UINT8,
                                       .rank = 1,
                                       .dims = {item->statements},
                                       .axes = {{.name = "statement"}},
                                       .data = item->supporting,
                                       .flag_values = flags,
                                       .n_flags = 2,
                                       .flag_meanings = "other supporting"};
    snprintf(path, sizeof path, "%s/supporting", group);
    return eg_run_put(r->run, path, &array, message);
}

/* From logits to probabilities: of each bit at each step, or of each class at each answer. */
static void probabilities(const struct eg_task_shape *shape, const struct eg_var *logits,
                          real *output)
{
    const size_t n = shape->outputs;
    for (size_t t = 0; t < logits->rows; t++) {
        const real *z = eg_row(logits, t);
        const int classes = shape->loss == EG_LOSS_CLASSES;
        const double all = classes ? eg_softmax_cost(z, 0, logits->cols) + (double) z[0] : 0;
        for (size_t c = 0; c < n; c++)
            output[t * n + c] =
                (real) (classes ? exp((double) z[c] - all) : 1 / (1 + exp(-(double) z[c])));
    }
}

static int probe(struct eg_recorder *r, const struct eg_experiment *e, struct eg_extent extent,
                 struct eg_arena *arena, struct eg_message *message)
{
    const struct eg_model *m = &e->model;
    const struct eg_task_shape *shape = &e->source.shape;
    struct eg_draw draw = {.seed = (uint64_t) e->run.seed,
                           .purpose = EG_FOR_PROBE,
                           .step = eg_extent_key(extent),
                           .extent = extent};
    struct probe *p = eg_arena_zeros(arena, 1, sizeof *p);
    struct eg_sequence sequence;
    struct eg_block block;
    size_t members[EG_BLOCK];
    int ret;
    eg_draw_lengths(&e->source, &draw, 1);
    if (!p || (ret = eg_sequence_make(&sequence, arena, &e->source, &draw))
        || (ret = eg_block_make(&block, members, arena, &e->source, &draw, 1, 0, 1)))
        return EG_RAISE(EG_ERR_NOMEM);
    block.seen = e->trainer.seen;
    p->model = m;
    p->arena = arena;
    if ((ret = find_answers(p, &sequence)) || (ret = add_traces(p)))
        return ret;

    struct eg_tape tape;
    struct eg_var *logits;
    eg_tape_begin(&tape, arena, e->kernels, e->trainer.values, NULL);
    const int all = shape->loss == EG_LOSS_BITS;
    if ((ret = eg_model_run(m, &tape, &block, all, observe, p, &logits)))
        return ret;
    real *output = eg_arena_take(arena, logits->rows * shape->outputs * sizeof *output);
    uint8_t *mask = eg_arena_take(arena, draw.steps);
    if (!output || !mask)
        return EG_RAISE(EG_ERR_NOMEM);
    probabilities(shape, logits, output);

    char group[128];
    const int n =
        snprintf(group, sizeof group, "/probe/%s-%zu", e->source.task->name, extent.length);
    if (extent.repeats && n > 0)
        snprintf(group + n, sizeof group - (size_t) n, "-%zu", extent.repeats);
    if ((ret = eg_run_delete(r->run, group, message))
        || (ret = eg_run_put_group(r->run, group, message))
        || (ret = put_sequence(r, p, &sequence, output, shape, group, mask, message))
        || (ret = put_optimal(r, &e->source, &sequence, group, arena, message))
        || (ret = put_story(r, &e->source, &sequence, group, arena, message))
        || (ret = put_traces(r, p, group, message)))
        return ret;
    if (extent.repeats
        && (ret = eg_run_put_attr_int(r->run, group, "repeats", (int64_t) extent.repeats, message)))
        return ret;
    return eg_run_put_attr_int(r->run, group, "length", (int64_t) extent.length, message);
}

int eg_recorder_probe(struct eg_recorder *r, const struct eg_experiment *e, struct eg_extent extent,
                      struct eg_message *message)
{
    /* An arena of its own: a long sequence must not leave the training's one larger. */
    struct eg_arena *arena;
    int ret = eg_arena_init(&arena, 0);
    if (!ret)
        ret = probe(r, e, extent, arena, message);
    if (ret == EG_ERR_NOMEM)
        ret = EG_FAIL(ret, message, "not enough memory to record a sequence of length %zu",
                      extent.length);
    eg_arena_free(&arena);
    return ret;
}
