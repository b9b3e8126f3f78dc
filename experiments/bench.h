/* experiments/bench.h -- the parts of `engram bench`. */
#ifndef EG_EXPERIMENTS_BENCH_H
#define EG_EXPERIMENTS_BENCH_H

#include "experiments/command.h"
#include "experiments/experiment.h"

/* An associative memory; prints its own errors and answers an exit status. */
int eg_bench_associative(const struct eg_command *command);

/* Trained networks against the number of slots, `command->slots`; likewise. */
int eg_bench_slots(const struct eg_command *command);

/* The experiment of a preset whose sequences all have the largest training size; `extra` is a
 * setting after those of the command, or NULL. */
EG_MUST_CHECK int eg_bench_longest(struct eg_experiment *e, const struct eg_command *command,
                                   const char *target, const char *extra,
                                   struct eg_message *message);

#endif
