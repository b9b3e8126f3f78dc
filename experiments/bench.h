/* experiments/bench.h -- the two halves of `engram bench`. */
#ifndef EG_EXPERIMENTS_BENCH_H
#define EG_EXPERIMENTS_BENCH_H

#include "experiments/command.h"

/* An associative memory; prints its own errors and answers an exit status. */
int eg_bench_associative(const struct eg_command *command);

#endif
