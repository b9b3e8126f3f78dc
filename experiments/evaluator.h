/* experiments/evaluator.h -- the cost of a model on fresh sequences of a size. */
#ifndef EG_EXPERIMENTS_EVALUATOR_H
#define EG_EXPERIMENTS_EVALUATOR_H

#include "experiments/recorder.h"

/* Length 0: any size of the training, each as often, whatever the curriculum.  The same seed gives
 * the same sequences, none of them seen in training.  Data with items are not drawn from: with it
 * those of the training are evaluated in order, each once, and out->n may be smaller than `n`;
 * where they have splits, as eg_evaluate_items().  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_evaluate(struct eg_experiment *e, struct eg_extent extent, size_t n,
                              struct eg_evaluation *out, struct eg_message *message);

/* Items of a split, and of a group (from 1; 0: of all), each once; of more than `most` some that
 * are spread evenly.  out->n may be 0.  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_evaluate_items(struct eg_experiment *e, enum eg_split split, size_t group,
                                    size_t most, struct eg_evaluation *out,
                                    struct eg_message *message);

/* What `each` answers to break an evaluation off: no failure, and no status has this value. */
enum { EG_BROKEN_OFF = 1 };

/* The mixture, then `evaluate.lengths` x `evaluate.repeats`; of data with splits or groups the
 * items of training, validation and test, as far as there are any, then the test by group.  `each`
 * is called with every result, and stops the evaluation by returning something other than EG_OK,
 * which is then returned. */
EG_MUST_CHECK int eg_evaluate_all(struct eg_experiment *e,
                                  int (*each)(void *context, const struct eg_evaluation *v),
                                  void *context, struct eg_message *message);

#endif
