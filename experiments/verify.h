/* experiments/verify.h -- what the parts of `engram verify` share. */
#ifndef EG_EXPERIMENTS_VERIFY_H
#define EG_EXPERIMENTS_VERIFY_H

#include "experiments/command.h"

/* Prints PASS or FAIL and the sentence; answers 1 when the claim does not hold. */
int eg_claim(int holds, const char *format, ...) EG_PRINTF(2, 3);

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
