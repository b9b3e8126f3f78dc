/* experiments/train.h -- one run, from its first update to its last. */
#ifndef EG_EXPERIMENTS_TRAIN_H
#define EG_EXPERIMENTS_TRAIN_H

#include <stdint.h>

#include "experiments/command.h"
#include "experiments/evaluator.h"
#include "experiments/experiment.h"
#include "experiments/progress.h"

/* What a finished run says. */
struct eg_outcome {
    int exit;        /* enum eg_exit                                               */
    double cost;     /* final, mixture of training lengths [bit/sequence]          */
    double seconds;  /* of training                                                */
    uint64_t solved; /* sequences at the first row under train.solved; 0: none     */
    struct eg_evaluation by_length[EG_CONDITIONS_MAX + 1]; /* the mixture first; or all
                                                               splits and groups */
    size_t lengths;
};

/* Trains the preset or file `name` (or `yaml`) into the run file `path`.  `seed` >= 0 overrides.
 * Prints its own errors.  `command` gives settings, threads, force, quiet, json. */
struct eg_outcome eg_train(const struct eg_command *command, const char *name, const char *yaml,
                           const char *path, long seed);

/* Goes on with the run file. */
struct eg_outcome eg_train_resume(const struct eg_command *command, const char *path);

/* A seed for a run that was given none. */
EG_MUST_CHECK int eg_draw_seed(long *seed, struct eg_message *message);

/* From here on SIGINT and SIGTERM are only noted; eg_interrupted() is the last one that came, or 0.
 */
void eg_catch_signals(void);
int eg_interrupted(void);

#endif
