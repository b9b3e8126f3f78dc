/* experiments/verify.h -- what the parts of `engram verify` share. */
#ifndef EG_EXPERIMENTS_VERIFY_H
#define EG_EXPERIMENTS_VERIFY_H

#include "experiments/command.h"
#include "experiments/seeds.h"

/* Prints PASS or FAIL and the sentence; answers 1 when the claim does not hold. */
int eg_claim(int holds, const char *format, ...) EG_PRINTF(2, 3);

/* Trains a preset with seeds first .. last, as eg_seeds_train() does, without a word of its own;
 * every run file is kept.  A seed that diverges has an infinite cost, and is no reason to end.
 * `seeds` is to be freed in any case. */
int eg_verify_train(struct eg_seeds *seeds, const struct eg_command *command, const char *preset,
                    long first, long last);

/* A name under which something can be verified.  `run` answers an exit status. */
struct eg_claims {
    const char *name, *summary;
    const char *setting; /* the key of -s that it needs, "babi.path"; NULL: it takes no -s */
    int (*run)(const struct eg_command *command);
};
extern const struct eg_claims eg_claims_hopfield;
extern const struct eg_claims eg_claims_memn2n;
extern const struct eg_claims eg_claims_ntm;
extern const struct eg_claims eg_claims_ntm_copy;

#endif
