/* attention/scores_private.h -- shared by the files of the scores. */
#ifndef EG_ATTENTION_SCORES_PRIVATE_H
#define EG_ATTENTION_SCORES_PRIVATE_H

#include "attention/scores.h"

/* Additive and concat, E5-E6, of arguments that are there. */
struct eg_var *eg_score_additive(struct eg_tape *tape, const struct eg_score *score,
                                 struct eg_var *query, struct eg_var *memory);

#endif
