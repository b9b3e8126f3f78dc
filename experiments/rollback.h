/* experiments/rollback.h -- going back to the best report of a training that fell off a cliff.
 *
 * Some networks lose within a few hundred updates what took them hours to find, with gradients of
 * ordinary length: where a moving pointer or a comparison breaks, all that was built on it goes.
 * With a threshold d (train.rollback of the chance level) parameters and moments of the report of
 * least cost c* are kept; a report whose cost is above c* + d takes them back.  Sequences and
 * learning rate go on where they are, so that the same way is not taken twice.
 *
 * What is kept is part of a checkpoint: a run that is resumed goes back where it would have. */
#ifndef EG_EXPERIMENTS_ROLLBACK_H
#define EG_EXPERIMENTS_ROLLBACK_H

#include <stdint.h>

#include "core/arena.h"
#include "core/status.h"
#include "experiments/trainer.h"

struct eg_rollback {
    double rise;   /* d [bit/sequence]; 0: never                              */
    double lowest; /* c* [bit/sequence]; INFINITY: there was no report        */
    uint64_t step; /* updates done at that report                             */
    real *values, *moment[EG_MOMENTS_MAX]; /* of it                           */
};

/* Room on `arena`, none where `rise` is 0.  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_rollback_init(struct eg_rollback *rollback, struct eg_arena *arena,
                                   const struct eg_trainer *trainer, double rise);

/* A report with mean cost `cost` after `step` updates: keeps what the trainer has, leaves it, or
 * takes back what was kept; 1 where it did the last. */
int eg_rollback_report(struct eg_rollback *rollback, struct eg_trainer *trainer, uint64_t step,
                       double cost);

#endif
