/* experiments/trainer.h -- updates of a model, and its cost on given sequences.
 *
 * Threads appear here and nowhere else.  A batch is cut into blocks whatever the number of
 * threads; each block has a tape and a gradient of its own; blocks are added in order.  One
 * thread and eight therefore give the same bits. */
#ifndef EG_EXPERIMENTS_TRAINER_H
#define EG_EXPERIMENTS_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/status.h"
#include "experiments/batch.h"
#include "models/model.h"
#include "tensor/optimiser.h"

struct eg_trainer {
    const struct eg_model *model;
    const struct eg_source *source;
    const struct eg_kernels *kernels;
    struct eg_optimiser optimiser;
    uint64_t seed;
    size_t batch, blocks;
    uint64_t seen; /* training sequences the parameters come from: what a model is told that changes
                      during its training, also when it is only evaluated */
    int threads;
    double least_work; /* operations [FLOP] of an update or a scoring below which one thread does
                          it: meeting the others would take longer.  It is counted, not timed; no
                          bit depends on it */
    int reserved;      /* the arenas have what any update needs */
    real *values;      /* the parameter vector            */
    real *total;       /* the gradient of the last update */
    real *grads;       /* of each block, one after the other */
    double *loss;      /* of each block [nat]              */
    double *costs;     /* of each of `draws` in the last update [bit] */
    int *status;
    struct eg_draw *draws;
    struct eg_arena **step; /* one for each thread */
};

/* Takes memory from `model_arena`, which must outlive the trainer; parameters get their initial
 * values.  `step` arenas are made here: eg_trainer_free().  Fails with EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_trainer_init(struct eg_trainer *trainer, struct eg_arena *model_arena,
                                  const struct eg_model *model, const struct eg_source *source,
                                  const struct eg_kernels *kernels,
                                  const struct eg_optimiser_options *optimiser, uint64_t seed,
                                  size_t batch, int threads);
void eg_trainer_free(struct eg_trainer *trainer);

struct eg_update_report {
    double loss; /* mean over the batch [nat/sequence] */
    struct eg_optimiser_report optimiser;
};

/* Update number `update` (from 0) of `total` (0: unknown).  EG_ERR_DIVERGED when loss or gradient
 * is not finite: parameters and moments are then as before, and trainer->draws holds the batch.
 * EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_trainer_update(struct eg_trainer *trainer, uint64_t update, uint64_t total,
                                    struct eg_update_report *report);

/* The gradient alone, into trainer->total; the norm is in report->optimiser. */
EG_MUST_CHECK int eg_trainer_gradient(struct eg_trainer *trainer, uint64_t update,
                                      struct eg_update_report *report);

/* Cost of one sequence. */
struct eg_answer_score {
    double cost;  /* [bit]                                                    */
    double asked; /* steps, as they are weighted by the mask                  */
    size_t wrong; /* bits on the wrong side of one half; classes that are not the likeliest */
};

/* Scores of `n` sequences; `draws` are sorted, scores[i] belongs to draws[i]. */
EG_MUST_CHECK int eg_trainer_score(struct eg_trainer *trainer, const struct eg_draw *draws,
                                   size_t n, struct eg_answer_score *scores);

/* Bytes held in arenas, and how often they have asked malloc. */
size_t eg_trainer_held(const struct eg_trainer *trainer);
size_t eg_trainer_requests(const struct eg_trainer *trainer);

#endif
