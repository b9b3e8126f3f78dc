#include "experiments/experiment.h"

#include <omp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const kernel_names[] = {"auto", "base", "avx2", "avx512", NULL};

#define RUN(field) offsetof(struct eg_run_options, field)
#define TRAIN(field) offsetof(struct eg_train_options, field)
#define OPTIMISER(field) offsetof(struct eg_train_options, optimiser.field)
#define EVALUATE(field) offsetof(struct eg_evaluate_options, field)
#define PROBE(field) offsetof(struct eg_probe_options, field)
#define BIG 1e15
/* clang-format off */
static const struct eg_option run_rows[] = {
    {"seed",    "1", "of all random numbers; -1: one is drawn and stored", RUN(seed),    EG_OPT_INT,    -1, -1, 4294967295.0, NULL, NULL},
    {"kernels", "",  "inner loops: the best this machine runs, or a named table", RUN(kernels), EG_OPT_CHOICE, 0, 0, 0, kernel_names, NULL},
    EG_OPTION_END,
};
static const struct eg_option train_rows[] = {
    {"sequences",        "sequence", "stop after so many training sequences",           TRAIN(sequences),        EG_OPT_INT, 100000, 1, BIG, NULL, NULL},
    {"batch",            "sequence", "sequences of one update",                         TRAIN(batch),            EG_OPT_INT, 16, 1, 1048576, NULL, NULL},
    {"report_every",     "sequence", "one row of /train and one progress line",         TRAIN(report_every),     EG_OPT_INT, 1000, 1, BIG, NULL, NULL},
    {"checkpoint_every", "sequence", "the run file is saved; rounded up to a report",   TRAIN(checkpoint_every), EG_OPT_INT, 5000, 1, BIG, NULL, NULL},
    {"evaluate_every",   "sequence", "evaluation during training; 0: only at the end",  TRAIN(evaluate_every),   EG_OPT_INT, 0, 0, BIG, NULL, NULL},
    {"optimiser",        "",         "how a gradient becomes a step",                   OPTIMISER(kind),         EG_OPT_CHOICE, EG_ADAM, 0, 0, eg_optimiser_names, NULL},
    {"learning_rate",    "1",        "length of a step",                                OPTIMISER(rate),         EG_OPT_REAL, 1e-3, 0, 1e3, NULL, NULL},
    {"schedule",         "",         "of the learning rate over the run",               OPTIMISER(schedule),     EG_OPT_CHOICE, EG_SCHEDULE_CONSTANT, 0, 0, eg_schedule_names, NULL},
    {"schedule_end",     "1",        "fraction of the learning rate left at the end",   OPTIMISER(schedule_end), EG_OPT_REAL, 0.01, 0, 1, NULL, NULL},
    {"warmup",           "update",   "the learning rate rises over so many updates",    OPTIMISER(warmup),       EG_OPT_REAL, 0, 0, BIG, NULL, NULL},
    {"momentum",         "1",        "of rmsprop and sgd",                              OPTIMISER(momentum),     EG_OPT_REAL, 0.9, 0, 0.9999, NULL, NULL},
    {"decay",            "1",        "of rmsprop's running means",                      OPTIMISER(decay),        EG_OPT_REAL, 0.95, 0, 0.999999, NULL, NULL},
    {"beta1",            "1",        "decay of adam's first moment",                    OPTIMISER(beta1),        EG_OPT_REAL, 0.9, 0, 0.999999, NULL, NULL},
    {"beta2",            "1",        "decay of adam's second moment",                   OPTIMISER(beta2),        EG_OPT_REAL, 0.999, 0, 0.9999999, NULL, NULL},
    {"epsilon",          "1",        "guard of the division; 0: the optimiser's own",   OPTIMISER(eps),          EG_OPT_REAL, 0, 0, 1, NULL, NULL},
    {"weight_decay",     "1",        "parameters shrink by this times the learning rate", OPTIMISER(weight_decay), EG_OPT_REAL, 0, 0, 1000, NULL, NULL},
    {"clip",             "",         "the gradient: not, each component, or its norm",  OPTIMISER(clip),         EG_OPT_CHOICE, EG_CLIP_NORM, 0, 0, eg_clip_names, NULL},
    {"clip_limit",       "1",        "largest component or norm",                       OPTIMISER(clip_limit),   EG_OPT_REAL, 10, 1e-12, BIG, NULL, NULL},
    EG_OPTION_END,
};
static const struct eg_option evaluate_rows[] = {
    {"lengths",   "step",     "lengths evaluated, beside the mixture trained on", EVALUATE(lengths),   EG_OPT_LIST, 0, 1, 1e6, NULL, "10,20,30,50,120"},
    {"sequences", "sequence", "fresh sequences for each length",            EVALUATE(sequences), EG_OPT_INT, 1000, 1, 1e9, NULL, NULL},
    EG_OPTION_END,
};
static const struct eg_option probe_rows[] = {
    {"lengths", "step", "lengths of which one sequence is recorded in full", PROBE(lengths), EG_OPT_LIST, 0, 1, 1e5, NULL, "20,120"},
    EG_OPTION_END,
};
/* clang-format on */

struct type_option {
    const char *type;
};
#define TYPE_ROWS(name, preset, help_text)                                                 \
    static const struct eg_option name[] = {{.key = "type",                                \
                                             .unit = "",                                   \
                                             .help = help_text,                            \
                                             .offset = offsetof(struct type_option, type), \
                                             .kind = EG_OPT_TEXT,                          \
                                             .text = preset},                              \
                                            EG_OPTION_END}
TYPE_ROWS(task_type, "copy", "what is learned: see engram list tasks");
TYPE_ROWS(controller_type, "lstm", "see engram list controllers");
TYPE_ROWS(memory_type, "ntm", "see engram list memories");

const struct eg_preset *eg_preset_find(const char *name)
{
    for (const struct eg_preset *p = eg_presets; p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

void eg_preset_summary(const struct eg_preset *preset, char *buffer, size_t size)
{
    const char *text = preset->yaml;
    while (*text == '#' || *text == ' ')
        text++;
    const size_t n = strcspn(text, "\n");
    snprintf(buffer, size, "%.*s", (int) n, text);
}

static int unknown(const char *what, const char *name, const char *const *names, size_t n,
                   struct eg_message *message)
{
    const char *near = eg_nearest(name, names, n);
    return EG_FAIL(EG_ERR_CONFIG, message, "there is no %s '%s'%s%s%s", what, name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int ends_with(const char *text, const char *end)
{
    const char *dot = strrchr(text, end[0]);
    return dot && !strcmp(dot, end);
}

/* A preset by name, or else a file. */
static int read_named(struct eg_experiment *e, const char *name, struct eg_message *message)
{
    const struct eg_preset *preset = eg_preset_find(name);
    if (preset)
        return eg_config_read_text(e->config, name, preset->yaml, message);
    struct stat info;
    if (ends_with(name, ".yaml") || ends_with(name, ".yml")
        || (stat(name, &info) == 0 && S_ISREG(info.st_mode)))
        return eg_config_read(e->config, name, message);
    const char *names[256];
    size_t count = 0;
    for (const struct eg_preset *p = eg_presets; p->name && count < 256; p++)
        names[count++] = p->name;
    const int ret = unknown("preset or file", name, names, count, message);
    if (message) {
        const size_t used = strlen(message->text);
        snprintf(message->text + used, sizeof message->text - used,
                 "; engram list presets shows all");
    }
    return ret;
}

static int bind_group(struct eg_experiment *e, const char *prefix, const struct eg_option *rows,
                      size_t size, void **target, struct eg_message *message)
{
    *target = eg_arena_zeros(e->arena, 1, size ? size : 1);
    if (!*target)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    return rows->key ? eg_config_bind(e->config, prefix, rows, *target, message) : EG_OK;
}

#define FIND_TYPE(kind, what, types, find, out)                                            \
    do {                                                                                   \
        void *chosen_;                                                                     \
        if ((ret = bind_group(e, #kind, kind##_type, sizeof(struct type_option), &chosen_, \
                              message)))                                                   \
            return ret;                                                                    \
        const char *name_ = ((const struct type_option *) chosen_)->type;                  \
        if (!((out) = find(name_))) {                                                      \
            const char *names_[64];                                                        \
            size_t n_ = 0;                                                                 \
            for (size_t i_ = 0; (types)[i_] && n_ < 64; i_++)                              \
                names_[n_++] = (types)[i_]->name;                                          \
            return unknown(what, name_, names_, n_, message);                              \
        }                                                                                  \
    } while (0)

static int bind_parts(struct eg_experiment *e, struct eg_message *message)
{
    int ret;
    void *task_options, *controller_options, *memory_options;
    const struct eg_task_type *task;
    const struct eg_controller_type *controller;
    const struct eg_memory_type *memory;
    if ((ret = eg_config_bind(e->config, "", run_rows, &e->run, message)))
        return ret;
    FIND_TYPE(task, "task", eg_task_types, eg_task_find, task);
    if ((ret = bind_group(e, "task", task->options, task->options_size, &task_options, message)))
        return ret;
    FIND_TYPE(controller, "controller", eg_controller_types, eg_controller_find, controller);
    if ((ret = bind_group(e, "controller", controller->options, controller->options_size,
                          &controller_options, message)))
        return ret;
    FIND_TYPE(memory, "memory", eg_memory_types, eg_memory_find, memory);
    if ((ret = bind_group(e, "memory", memory->options, memory->options_size, &memory_options,
                          message))
        || (ret = eg_config_bind(e->config, "train", train_rows, &e->train, message))
        || (ret = eg_config_bind(e->config, "evaluate", evaluate_rows, &e->evaluate, message))
        || (ret = eg_config_bind(e->config, "probe", probe_rows, &e->probe, message))
        || (ret = eg_config_finish(e->config, message)))
        return ret;

    void *state = eg_arena_zeros(e->arena, 1, task->state_size);
    if (!state)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    e->source.task = task;
    e->source.state = state;
    if ((ret = task->init(state, task_options, e->arena, &e->source.shape, message)))
        return ret;
    e->kernels = eg_kernels_find(kernel_names[e->run.kernels]);
    if (!e->kernels)
        return EG_FAIL(EG_ERR_CONFIG, message, "this machine cannot run kernels: %s",
                       kernel_names[e->run.kernels]);
    return eg_model_init(&e->model, e->arena, e->source.shape.inputs, e->source.shape.outputs,
                         controller, controller_options, memory, memory_options, message);
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
    if ((ret = yaml ? eg_config_read_text(e->config, name, yaml, message)
                    : read_named(e, name, message)))
        return ret;
    for (size_t i = 0; i < n_settings; i++) {
        const struct eg_setting *s = &settings[i];
        ret = !strcmp(s->origin, "-s")
                  ? eg_config_assign(e->config, s->text, s->origin, message)
                  : eg_config_set(e->config, s->origin + 2, s->text, s->origin, message);
        if (ret)
            return ret;
    }
    if (seed >= 0) {
        char text[32];
        snprintf(text, sizeof text, "%ld", seed);
        if ((ret = eg_config_set(e->config, "seed", text, "--seeds", message)))
            return ret;
    }
    return bind_parts(e, message);
}

int eg_experiment_trainable(const struct eg_experiment *e, struct eg_message *message)
{
    if (e->source.shape.items && (size_t) e->train.batch > e->source.shape.items)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "train.batch = %ld is more than the %zu sequences of the data",
                       e->train.batch, e->source.shape.items);
    return EG_OK;
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

uint64_t eg_experiment_updates(const struct eg_experiment *e)
{
    return ((uint64_t) e->train.sequences + (uint64_t) e->train.batch - 1)
           / (uint64_t) e->train.batch;
}

void eg_experiment_file(char *buffer, size_t size, const char *name, long seed)
{
    /* A preset's name has a '/' that is no directory; a file is taken to its stem. */
    const char *slash = eg_preset_find(name) ? NULL : strrchr(name, '/');
    char stem[256];
    snprintf(stem, sizeof stem, "%s", slash ? slash + 1 : name);
    char *dot = eg_preset_find(name) ? NULL : strrchr(stem, '.');
    if (dot)
        *dot = '\0';
    for (char *c = stem; *c; c++)
        if (*c == '/')
            *c = '-';
    if (seed >= 0)
        snprintf(buffer, size, "%s-%ld.h5", stem, seed);
    else
        snprintf(buffer, size, "%s.h5", stem);
}
