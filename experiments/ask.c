/* experiments/ask.c -- the verb ask. */
#include "experiments/ask.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/train.h"
#include "tensor/loss.h"

static int askable(struct eg_run *run, const struct eg_experiment *e, struct eg_message *message)
{
    const struct eg_task_shape *s = &e->source.shape;
    if (!e->source.task->read_text || !s->symbol_words || s->loss != EG_LOSS_CLASSES)
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "%s: its task %s has no words to ask with; engram ask takes runs of tasks "
                       "with stories (babi, babi-like, stories)",
                       eg_run_path(run), e->source.task->name);
    return eg_recorder_same_data(run, e, message);
}

/* What the model shows of its attention at the step that is asked. */
struct watch {
    const struct eg_model *model;
    struct eg_arena *arena;
    struct eg_ask_answer *answer;
    size_t steps;
    int failed;
};

static real *shown_field(struct watch *w, const void *shown, size_t part,
                         const struct eg_field *field)
{
    real *x = eg_arena_zeros(w->arena, eg_model_field_size(w->model, part, field), sizeof *x);
    if (x)
        w->model->type->copy(shown, part, 0, field->id, 0, x);
    else
        w->failed = 1;
    return x;
}

static void observe(void *context, long step, size_t rows, const void *shown)
{
    (void) rows;
    struct watch *w = context;
    struct eg_ask_answer *a = w->answer;
    struct eg_model_part part;
    if (step < 0 || (size_t) step + 1 != w->steps)
        return;
    for (size_t i = 0; w->model->type->part(w->model->state, i, &part); i++)
        for (const struct eg_field *f = part.fields; part.of_answers && f->name; f++) {
            const int attention = !strcmp(f->name, "attention") && !strcmp(f->shape, "KN");
            const int empty = !strcmp(f->name, "attention_empty");
            const int first = !strcmp(f->name, "first_statement");
            const int held = !strcmp(f->name, "statements");
            const real *x =
                attention || empty || first || held ? shown_field(w, shown, i, f) : NULL;
            if (!x)
                continue;
            if (attention) {
                a->attention = x;
                a->hops = w->model->type->extent(w->model->state, i, 'K');
                a->slots = w->model->type->extent(w->model->state, i, 'N');
            } else if (empty) {
                a->empty = x;
            } else if (first) {
                a->first = (size_t) x[0];
            } else {
                a->held = (size_t) x[0];
            }
        }
}

/* A block of the one sequence; `seen` training sequences the model has had. */
static int make_block(struct eg_block *block, const struct eg_sequence *s, uint64_t seen,
                      struct eg_arena *arena)
{
    size_t *rows = eg_arena_take(arena, s->steps * sizeof *rows);
    size_t *from = eg_arena_take(arena, s->steps * sizeof *from);
    uint8_t *asked = eg_arena_zeros(arena, s->steps, 1);
    if (!rows || !from || !asked)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t t = 0; t < s->steps; t++) {
        rows[t] = 1;
        from[t] = t;
        asked[t] = s->mask[t] != 0;
    }
    *block = (struct eg_block){.count = 1,
                               .steps = s->steps,
                               .rows = rows,
                               .from = from,
                               .total = s->steps,
                               .input = s->input,
                               .target = s->target,
                               .mask = s->mask,
                               .asked = asked,
                               .targets = 1,
                               .seen = seen};
    return EG_OK;
}

static int answer(const struct eg_experiment *e, const struct eg_stories_asked *asked, int json,
                  struct eg_arena *arena)
{
    const size_t n = e->source.shape.outputs;
    struct eg_ask_answer a = {.asked = asked,
                              .classes = n,
                              .class_words = e->source.shape.class_words,
                              .unanswerable = e->source.shape.unanswerable};
    struct watch w = {
        .model = &e->model, .arena = arena, .answer = &a, .steps = asked->sequence.steps};
    struct eg_tape tape;
    struct eg_block block;
    struct eg_var *logits;
    int ret = make_block(&block, &asked->sequence, e->trainer.seen, arena);
    if (ret)
        return ret;
    eg_tape_begin(&tape, arena, e->kernels, e->trainer.values, NULL);
    if ((ret = eg_model_run(&e->model, &tape, &block, 0, observe, &w, &logits)))
        return ret;
    double *p = eg_arena_take(arena, n * sizeof *p);
    if (!p || w.failed)
        return EG_RAISE(EG_ERR_NOMEM);
    const real *z = eg_row(logits, logits->rows - 1);
    for (size_t c = 0; c < n; c++) /* words that are no answers take part in the softmax */
        p[c] = exp(-eg_softmax_cost(z, (int) c, logits->cols));
    a.probability = p;
    if (!a.attention)
        a.hops = 0;
    if (json)
        eg_ask_show_json(&a);
    else
        eg_ask_show(&a);
    return EG_OK;
}

/* Question after question. */
static int converse(const struct eg_experiment *e, struct eg_ask_input *input, int json,
                    struct eg_message *message)
{
    struct eg_arena *arena;
    int ret = eg_arena_init(&arena, 0), done = 0;
    while (!ret && !done) {
        struct eg_stories_asked asked;
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        ret = eg_ask_next(input, &e->source.shape, arena, &asked, &done, message);
        if (!ret && !done)
            ret = answer(e, &asked, json, arena);
        eg_arena_rewind(arena, mark);
        if (input->terminal && ret == EG_ERR_DATA) {
            fprintf(stderr, "%s\n", message->text);
            ret = EG_OK;
        }
        if (!ret && ferror(stdout)) /* nobody reads */
            break;
    }
    eg_arena_free(&arena);
    return ret == EG_ERR_NOMEM ? EG_FAIL(ret, message, "not enough memory for the question") : ret;
}

static int open_input(const struct eg_command *c, struct eg_ask_input *input,
                      struct eg_message *message)
{
    const char *name = c->targets > 1 && strcmp(c->target[1], "-") ? c->target[1] : NULL;
    *input = (struct eg_ask_input){.name = name ? name : "standard input",
                                   .file = name ? fopen(name, "r") : stdin};
    if (!input->file)
        return EG_FAIL(EG_ERR_IO, message, "%s cannot be read: %s", name, strerror(errno));
    input->terminal = !name && isatty(STDIN_FILENO);
    if (input->terminal && !c->quiet)
        fprintf(stderr, "Statements, a line each; a line that ends in '?' asks; an empty line "
                        "begins another story; Ctrl-D ends.\n");
    return EG_OK;
}

int eg_verb_ask(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    struct eg_ask_input input = {0};
    struct eg_run *run = NULL;
    struct eg_progress_sums sums;
    char *yaml = NULL;
    int64_t rows[EG_TABLES];
    uint64_t updates;
    int ret = EG_RAISE(EG_ERR_NOMEM);
    if (e && !(ret = eg_run_open(&run, c->target[0], EG_RUN_READ, &message))
        && !(ret = eg_recorder_config(run, &yaml, &message))
        && !(ret = eg_experiment_init(e, c->target[0], yaml, c->settings, c->n_settings, -1,
                                      &message))
        && !(ret = askable(run, e, &message)) && !(ret = eg_experiment_trainer(e, 1, &message))
        && !(ret = eg_recorder_load(run, e, &updates, &sums, rows, &message))
        && !(ret = open_input(c, &input, &message)))
        ret = converse(e, &input, c->json, &message);
    if (input.file && input.file != stdin)
        fclose(input.file);
    eg_ask_input_free(&input);
    eg_run_close(&run);
    free(yaml);
    if (e)
        eg_experiment_free(e);
    free(e);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}
