#include "experiments/experiment.h"

#include <omp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/recorder.h"
#include "memory/associative.h"

#define TRAIN(field) offsetof(struct eg_train_options, field)
#define OPTIMISER(field) offsetof(struct eg_train_options, optimiser.field)
#define EVALUATE(field) offsetof(struct eg_evaluate_options, field)
#define PROBE(field) offsetof(struct eg_probe_options, field)
#define BIG 1e15
/* clang-format off */
static const struct eg_option train_rows[] = {
    {"sequences",        "sequence", "stop after so many training sequences",           TRAIN(sequences),        EG_OPT_INT, 100000, 1, BIG, NULL, NULL},
    {"batch",            "sequence", "sequences of one update",                         TRAIN(batch),            EG_OPT_INT, 16, 1, 1048576, NULL, NULL},
    {"report_every",     "sequence", "one row of /train and one progress line",         TRAIN(report_every),     EG_OPT_INT, 1000, 1, BIG, NULL, NULL},
    {"checkpoint_every", "sequence", "the run file is saved; rounded up to a report",   TRAIN(checkpoint_every), EG_OPT_INT, 5000, 1, BIG, NULL, NULL},
    {"evaluate_every",   "sequence", "evaluation during training, at the report after; 0: only at the end",  TRAIN(evaluate_every),   EG_OPT_INT, 0, 0, BIG, NULL, NULL},
    {"telemetry",        "sequence", "sequences with which the heads are watched at each report; 0: they are not", TRAIN(telemetry), EG_OPT_INT, 2, 0, 1024, NULL, NULL},
    {"solved",           "bit/sequence", "a cost below this is called solved; 0: none is",           TRAIN(solved),           EG_OPT_REAL, 0.01, 0, BIG, NULL, NULL},
    {"rollback",         "1",        "a report dearer than the cheapest so far by this part of chance takes its parameters back; 0: none does", TRAIN(rollback), EG_OPT_REAL, 0, 0, 1, NULL, NULL},
    {"optimiser",        "",         "how a gradient becomes a step",                   OPTIMISER(kind),         EG_OPT_CHOICE, EG_ADAM, 0, 0, eg_optimiser_names, NULL},
    {"learning_rate",    "1",        "length of a step",                                OPTIMISER(rate),         EG_OPT_REAL, 1e-3, 0, 1e3, NULL, NULL},
    {"schedule",         "",         "of the learning rate over the run",               OPTIMISER(schedule),     EG_OPT_CHOICE, EG_SCHEDULE_CONSTANT, 0, 0, eg_schedule_names, NULL},
    {"schedule_end",     "1",        "fraction of the learning rate left at the end",   OPTIMISER(schedule_end), EG_OPT_REAL, 0.01, 0, 1, NULL, NULL},
    {"schedule_every",   "sequence", "steps: the rate changes each time so many were seen", OPTIMISER(schedule_every), EG_OPT_INT, 10000, 1, BIG, NULL, NULL},
    {"schedule_from",    "sequence", "steps: they are counted from here on",            OPTIMISER(schedule_from), EG_OPT_INT, 0, 0, BIG, NULL, NULL},
    {"schedule_factor",  "1",        "steps: what the rate is multiplied by then",      OPTIMISER(schedule_factor), EG_OPT_REAL, 0.5, 0, 1, NULL, NULL},
    {"warmup",           "update",   "the learning rate rises over so many updates",    OPTIMISER(warmup),       EG_OPT_REAL, 0, 0, BIG, NULL, NULL},
    {"momentum",         "1",        "of rmsprop and sgd",                              OPTIMISER(momentum),     EG_OPT_REAL, 0.9, 0, 0.9999, NULL, NULL},
    {"decay",            "1",        "of rmsprop's running means",                      OPTIMISER(decay),        EG_OPT_REAL, 0.95, 0, 0.999999, NULL, NULL},
    {"beta1",            "1",        "decay of adam's first moment",                    OPTIMISER(beta1),        EG_OPT_REAL, 0.9, 0, 0.999999, NULL, NULL},
    {"beta2",            "1",        "decay of adam's second moment",                   OPTIMISER(beta2),        EG_OPT_REAL, 0.999, 0, 0.9999999, NULL, NULL},
    {"epsilon",          "1",        "guard of the division; 0: the optimiser's own",   OPTIMISER(eps),          EG_OPT_REAL, 0, 0, 1, NULL, NULL},
    {"weight_decay",     "1",        "parameters shrink by this times the learning rate", OPTIMISER(weight_decay), EG_OPT_REAL, 0, 0, 1000, NULL, NULL},
    {"reduce",           "",         "cost of a batch: the mean or the sum of its sequences", OPTIMISER(reduce), EG_OPT_CHOICE, EG_REDUCE_MEAN, 0, 0, eg_reduce_names, NULL},
    {"clip",             "",         "the gradient: not, each component, its norm, or that of each tensor",  OPTIMISER(clip),         EG_OPT_CHOICE, EG_CLIP_NORM, 0, 0, eg_clip_names, NULL},
    {"clip_limit",       "1",        "largest component or norm",                       OPTIMISER(clip_limit),   EG_OPT_REAL, 10, 1e-12, BIG, NULL, NULL},
    EG_OPTION_END,
};
static const struct eg_option evaluate_rows[] = {
    {"lengths",   "step",     "lengths evaluated, beside the mixture trained on", EVALUATE(lengths),   EG_OPT_LIST, 0, 1, 1e6, NULL, "10,20,30,50,120"},
    {"repeats",   "1",        "repeats evaluated with each length; empty: the most of the training", EVALUATE(repeats), EG_OPT_LIST, 0, 1, 1e6, NULL, ""},
    {"sequences", "sequence", "fresh sequences for each size; of data with items, at most so many",              EVALUATE(sequences), EG_OPT_INT, 1000, 1, 1e9, NULL, NULL},
    EG_OPTION_END,
};
static const struct eg_option probe_rows[] = {
    {"lengths", "step", "lengths of which one sequence is recorded in full", PROBE(lengths), EG_OPT_LIST, 0, 1, 1e5, NULL, "20,120"},
    {"repeats", "1",    "repeats recorded with each length; empty: the most of the training", PROBE(repeats), EG_OPT_LIST, 0, 1, 1e5, NULL, ""},
    EG_OPTION_END,
};
/* clang-format on */

EG_TYPE_ROWS(task_type, "copy", "what is learned: see engram list tasks");
EG_TYPE_ROWS(model_type, "recurrent", "see engram list models");
EG_TYPE_ROWS(controller_type, "lstm", "see engram list controllers");
EG_TYPE_ROWS(memory_type, "ntm", "see engram list memories");

#define FIND_TYPE(kind, what, types, find, out)                                              \
    do {                                                                                     \
        const char *name_;                                                                   \
        if ((ret = eg_setup_type(e->arena, e->config, #kind, kind##_type, &name_, message))) \
            return ret;                                                                      \
        if (!((out) = find(name_))) {                                                        \
            const char *names_[64];                                                          \
            size_t n_ = 0;                                                                   \
            for (size_t i_ = 0; (types)[i_] && n_ < 64; i_++)                                \
                names_[n_++] = (types)[i_]->name;                                            \
            return eg_setup_unknown(what, name_, names_, n_, message);                       \
        }                                                                                    \
    } while (0)

size_t eg_experiment_sizes(const struct eg_experiment *e, const struct eg_list *lengths,
                           const struct eg_list *repeats)
{
    return e->source.shape.repeats_max && repeats->n ? lengths->n * repeats->n : lengths->n;
}

struct eg_extent eg_experiment_size(const struct eg_experiment *e, const struct eg_list *lengths,
                                    const struct eg_list *repeats, size_t k)
{
    const size_t most = e->source.shape.repeats_max;
    if (!most || repeats->n == 0)
        return (struct eg_extent){(size_t) lengths->at[k], most};
    return (struct eg_extent){(size_t) lengths->at[k / repeats->n],
                              (size_t) repeats->at[k % repeats->n]};
}

static int check_sizes(const struct eg_experiment *e, const char *group,
                       const struct eg_list *lengths, const struct eg_list *repeats,
                       struct eg_message *message)
{
    const size_t n = eg_experiment_sizes(e, lengths, repeats);
    if (n > EG_CONDITIONS_MAX)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "%s.lengths and %s.repeats make %zu sizes; allowed are at most %d", group,
                       group, n, EG_CONDITIONS_MAX);
    for (size_t i = 0; i < lengths->n; i++)
        if ((size_t) lengths->at[i] < e->source.shape.length_least)
            return EG_FAIL(EG_ERR_RANGE, message,
                           "%s.lengths = %ld: a sequence of task %s has at least %zu %s", group,
                           lengths->at[i], e->source.task->name, e->source.shape.length_least,
                           e->source.shape.length_words);
    return EG_OK;
}

/* The groups `controller` and `memory`, of a model that is put together from them. */
static int bind_network(struct eg_experiment *e, struct eg_model_config *c,
                        struct eg_message *message)
{
    int ret;
    void *options;
    FIND_TYPE(controller, "controller", eg_controller_types, eg_controller_find, c->controller);
    if ((ret = eg_setup_group(e->arena, e->config, "controller", c->controller->options,
                              c->controller->options_size, &options, message)))
        return ret;
    c->controller_options = options;
    const char *name = eg_config_text(e->config, "memory.type", "");
    if (eg_associative_find(name))
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "%s is an associative memory: engram recall, capacity, basin and bench take "
                       "it",
                       name);
    FIND_TYPE(memory, "memory", eg_memory_types, eg_memory_find, c->memory);
    ret = eg_setup_group(e->arena, e->config, "memory", c->memory->options, c->memory->options_size,
                         &options, message);
    c->memory_options = options;
    return ret;
}

static int bind_parts(struct eg_experiment *e, struct eg_message *message)
{
    int ret;
    void *task_options, *options;
    const struct eg_task_type *task;
    const struct eg_model_type *model;
    struct eg_model_config config = {0};
    if ((ret = eg_setup_run(e->config, &e->run, &e->kernels, message)))
        return ret;
    FIND_TYPE(task, "task", eg_task_types, eg_task_find, task);
    if ((ret = eg_setup_group(e->arena, e->config, "task", task->options, task->options_size,
                              &task_options, message)))
        return ret;
    FIND_TYPE(model, "model", eg_model_types, eg_model_find, model);
    if ((ret = eg_setup_group(e->arena, e->config, "model", model->options, model->options_size,
                              &options, message))
        || (model->parts && (ret = bind_network(e, &config, message)))
        || (ret = eg_config_bind(e->config, "train", train_rows, &e->train, message))
        || (ret = eg_config_bind(e->config, "curriculum", eg_curriculum_options,
                                 &e->source.curriculum, message))
        || (ret = eg_config_bind(e->config, "evaluate", evaluate_rows, &e->evaluate, message))
        || (ret = eg_config_bind(e->config, "probe", probe_rows, &e->probe, message))
        || (ret = eg_config_finish(e->config, message)))
        return ret;
    config.options = options;

    void *state = eg_arena_zeros(e->arena, 1, task->state_size);
    if (!state)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    e->source.task = task;
    e->source.state = state;
    struct eg_task_shape *const shape = &e->source.shape;
    if ((ret = task->init(state, task_options, e->arena, shape, message))
        || (ret = eg_curriculum_settle(&e->source.curriculum, task, state, shape, message))
        || (ret = check_sizes(e, "evaluate", &e->evaluate.lengths, &e->evaluate.repeats, message))
        || (ret = check_sizes(e, "probe", &e->probe.lengths, &e->probe.repeats, message)))
        return ret;
    if (shape->groups + EG_SPLITS > EG_CONDITIONS_MAX)
        return EG_FAIL(EG_ERR_RANGE, message, "task %s has %zu groups; allowed are at most %d",
                       task->name, shape->groups, EG_CONDITIONS_MAX - EG_SPLITS);
    const struct eg_model_size size = {.inputs = shape->inputs,
                                       .outputs = shape->outputs,
                                       .symbols = shape->symbols,
                                       .sentences_max = shape->sentences_max,
                                       .words_max = shape->words_max,
                                       .symbol_words = shape->symbol_words,
                                       .class_words = shape->class_words};
    return eg_model_init(&e->model, e->arena, model, &config, &size, message);
}

int eg_experiment_init(struct eg_experiment *e, const char *name, const char *yaml,
                       const struct eg_setting *settings, size_t n_settings, long seed,
                       struct eg_message *message)
{
    memset(e, 0, sizeof *e);
    e->name = name;
    int ret;
    if ((ret = eg_arena_init(&e->arena, 0)) || (ret = eg_config_init(&e->config)))
        return EG_FAIL(ret, message, "out of memory");
    if ((ret = eg_setup_read(e->config, name, yaml, settings, n_settings, seed, message)))
        return ret;
    return bind_parts(e, message);
}

int eg_experiment_trainable(const struct eg_experiment *e, struct eg_message *message)
{
    if (e->source.shape.items && (size_t) e->train.batch > e->source.shape.items)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "train.batch = %ld is more than the %zu sequences of the data",
                       e->train.batch, e->source.shape.items);
    if (e->train.rollback > 0 && !(e->source.shape.chance > 0))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "train.rollback = %g: the chance level of task %s, which it is a part of, "
                       "is not known",
                       e->train.rollback, e->source.task->name);
    if (e->train.rollback > 0 && eg_curriculum_grows(&e->source.curriculum))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "train.rollback = %g: with a curriculum of growing sizes the cost rises by "
                       "itself; set one of them off",
                       e->train.rollback);
    return EG_OK;
}

void eg_experiment_remark(const struct eg_experiment *e, FILE *out)
{
    const struct eg_task_shape *shape = &e->source.shape;
    if (shape->unknown_words)
        fprintf(out,
                "%zu words of the data are not in the vocabulary: they count as one unknown word\n",
                shape->unknown_words);
    if (shape->unknown_answers)
        fprintf(
            out,
            "%zu questions of the test have an answer that training has not: they count as wrong\n",
            shape->unknown_answers);
    const double linear = strtod(eg_config_text(e->config, "model.linear_start", "0"), NULL);
    if (linear > 0 && linear >= (double) e->train.sequences)
        fprintf(
            out,
            "model.linear_start = %.0f is not reached by train.sequences = %llu: the hops of this "
            "network never have a softmax\n",
            linear, (unsigned long long) e->train.sequences);
}

int eg_experiment_trainer(struct eg_experiment *e, int threads, struct eg_message *message)
{
    e->threads = threads > 0 ? threads : omp_get_num_procs();
    const int ret = eg_trainer_init(&e->trainer, e->arena, &e->model, &e->source, e->kernels,
                                    &e->train.optimiser, (uint64_t) e->run.seed,
                                    (size_t) e->train.batch, e->threads);
    if (ret)
        return EG_FAIL(ret, message,
                       "not enough memory for %zu parameters and a batch of %ld sequences",
                       e->model.params.total, e->train.batch);
    e->has_trainer = 1;
    const double rise = e->train.rollback > 0 ? e->train.rollback * e->source.shape.chance : 0;
    if (eg_sizes_init(&e->sizes, e->arena, &e->source.shape)
        || eg_rollback_init(&e->rollback, e->arena, &e->trainer, rise))
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    return EG_OK;
}

void eg_experiment_free(struct eg_experiment *e)
{
    if (e->has_trainer)
        eg_trainer_free(&e->trainer);
    eg_config_free(&e->config);
    eg_arena_free(&e->arena);
    memset(e, 0, sizeof *e);
}

size_t eg_experiment_asked(const struct eg_experiment *e)
{
    const size_t steps = e->source.shape.steps_max;
    struct eg_draw draw = {.seed = 1, .purpose = EG_FOR_TRAINING};
    struct eg_sequence s;
    struct eg_arena *arena;
    size_t asked = 0;
    if (e->source.shape.loss == EG_LOSS_BITS || eg_arena_init(&arena, 0))
        return steps / 2;
    eg_draw_lengths(&e->source, &draw, 1);
    if (!eg_sequence_make(&s, arena, &e->source, &draw))
        for (size_t t = 0; t < s.steps; t++)
            asked += s.mask[t] != 0;
    const size_t all = draw.steps;
    eg_arena_free(&arena);
    return asked == all ? steps : asked;
}

uint64_t eg_experiment_updates(const struct eg_experiment *e)
{
    return ((uint64_t) e->train.sequences + (uint64_t) e->train.batch - 1)
           / (uint64_t) e->train.batch;
}
