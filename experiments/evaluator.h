/* experiments/evaluator.h -- the cost of a model on fresh sequences of a length. */
#ifndef EG_EXPERIMENTS_EVALUATOR_H
#define EG_EXPERIMENTS_EVALUATOR_H

#include "experiments/recorder.h"

/* `length` 0: lengths drawn as in training.  The same seed gives the same sequences, none of them
 * seen in training.  Data of the user are not drawn from: with `length` 0 they are evaluated in
 * order, each sequence once, and out->n may be smaller than `n`.  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_evaluate(struct eg_experiment *e, size_t length, size_t n,
                              struct eg_evaluation *out, struct eg_message *message);

/* What `each` answers to break an evaluation off: no failure, and no status has this value. */
enum { EG_BROKEN_OFF = 1 };

/* The conditions of `evaluate.lengths` after the mixture; `each` is called with every result, and
 * stops the evaluation by returning something other than EG_OK, which is then returned. */
EG_MUST_CHECK int eg_evaluate_all(struct eg_experiment *e,
                                  int (*each)(void *context, const struct eg_evaluation *v),
                                  void *context, struct eg_message *message);

#endif
