/* experiments/experiment.h -- from a configuration to a task, a model and a trainer. */
#ifndef EG_EXPERIMENTS_EXPERIMENT_H
#define EG_EXPERIMENTS_EXPERIMENT_H

#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/config.h"
#include "core/status.h"
#include "experiments/batch.h"
#include "experiments/command.h"
#include "experiments/rollback.h"
#include "experiments/setup.h"
#include "experiments/sizes.h"
#include "experiments/trainer.h"
#include "models/model.h"

struct eg_train_options {
    long batch, sequences, report_every, checkpoint_every, evaluate_every, telemetry;
    double solved, rollback;
    struct eg_optimiser_options optimiser;
};

struct eg_evaluate_options {
    struct eg_list lengths, repeats;
    long sequences;
};

struct eg_probe_options {
    struct eg_list lengths, repeats;
};

/* The most sizes, or splits and groups, that are evaluated or recorded, beside the mixture trained
 * on. */
enum { EG_CONDITIONS_MAX = 256 };

struct eg_experiment {
    const char *name; /* of the preset or file */
    struct eg_arena *arena;
    struct eg_config *config;
    struct eg_run_options run;
    struct eg_train_options train;
    struct eg_evaluate_options evaluate;
    struct eg_probe_options probe;
    struct eg_source source;
    const struct eg_kernels *kernels;
    struct eg_model model;
    struct eg_trainer trainer;
    struct eg_sizes sizes;       /* with the trainer */
    struct eg_rollback rollback; /* likewise         */
    int has_trainer, threads;
};

/* Reads the preset or file `name` (or `yaml`, the text of a configuration as a run file keeps it,
 * when that is not NULL: `name` then only stands for it in messages), applies the settings and puts
 * task and model together.  `seed` >= 0 goes before all others.  To be freed also after a failure.
 * Fails with EG_ERR_CONFIG, EG_ERR_RANGE, EG_ERR_IO, EG_ERR_DATA, EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_experiment_init(struct eg_experiment *e, const char *name, const char *yaml,
                                     const struct eg_setting *settings, size_t n_settings,
                                     long seed, struct eg_message *message);

/* EG_ERR_RANGE when the batch is larger than the data, or train.rollback has nothing to go by. */
EG_MUST_CHECK int eg_experiment_trainable(const struct eg_experiment *e,
                                          struct eg_message *message);

/* Prints what a user should know before the numbers: words and answers of the data that count as
 * unknown, and a linear start of a memory network (model.linear_start) that lasts as long as the
 * training. */
void eg_experiment_remark(const struct eg_experiment *e, FILE *out);

/* Makes the trainer: parameters, moments, arenas.  `threads` 0: as many as processors. */
EG_MUST_CHECK int eg_experiment_trainer(struct eg_experiment *e, int threads,
                                        struct eg_message *message);

void eg_experiment_free(struct eg_experiment *e);

/* Size k of `lengths` x `repeats`, one length after the other; where `repeats` is empty, and the
 * task has some, the most of the training.  They number eg_experiment_sizes(). */
struct eg_extent eg_experiment_size(const struct eg_experiment *e, const struct eg_list *lengths,
                                    const struct eg_list *repeats, size_t k);
size_t eg_experiment_sizes(const struct eg_experiment *e, const struct eg_list *lengths,
                           const struct eg_list *repeats);

/* Whether the task's data have items that are not trained on, or groups: an evaluation is then by
 * split and group. */
static inline int eg_experiment_splits(const struct eg_experiment *e)
{
    const struct eg_task_shape *s = &e->source.shape;
    return s->items_valid || s->items_test || s->groups;
}

/* Items of all splits; 0: sequences are drawn. */
static inline size_t eg_experiment_items(const struct eg_experiment *e)
{
    const struct eg_task_shape *s = &e->source.shape;
    return s->items + s->items_valid + s->items_test;
}

/* Steps of the longest training sequence that ask for an answer, as operations are counted: half of
 * them, as in copying, or with classes as many as in one sequence that is looked at. */
size_t eg_experiment_asked(const struct eg_experiment *e);

/* Updates of the whole training. */
uint64_t eg_experiment_updates(const struct eg_experiment *e);

#endif
