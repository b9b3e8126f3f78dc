/* experiments/evaluator.h -- the cost of a model on fresh sequences of a size. */
#ifndef EG_EXPERIMENTS_EVALUATOR_H
#define EG_EXPERIMENTS_EVALUATOR_H

#include "experiments/recorder.h"

/* Length 0: any size of the training, each as often, whatever the curriculum.  The same seed gives
 * the same sequences, none of them seen in training.  Data of the user are not drawn from: with it
 * they are evaluated in order, each sequence once, and out->n may be smaller than `n`.
 * EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_evaluate(struct eg_experiment *e, struct eg_extent extent, size_t n,
                              struct eg_evaluation *out, struct eg_message *message);

/* What `each` answers to break an evaluation off: no failure, and no status has this value. */
enum { EG_BROKEN_OFF = 1 };

/* The mixture, then `evaluate.lengths` x `evaluate.repeats`; `each` is called with every result,
 * and stops the evaluation by returning something other than EG_OK, which is then returned. */
EG_MUST_CHECK int eg_evaluate_all(struct eg_experiment *e,
                                  int (*each)(void *context, const struct eg_evaluation *v),
                                  void *context, struct eg_message *message);

#endif
