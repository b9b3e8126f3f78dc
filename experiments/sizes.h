/* experiments/sizes.h -- cost of the training sequences of each size, from report to report. */
#ifndef EG_EXPERIMENTS_SIZES_H
#define EG_EXPERIMENTS_SIZES_H

#include <stddef.h>

#include "core/arena.h"
#include "core/status.h"
#include "experiments/batch.h"

/* With more sizes than this nothing is kept. */
enum { EG_SIZES_MAX = 1 << 16 };

struct eg_sizes {
    struct eg_extent least;
    size_t repeats, n; /* numbers of repeats; sizes: 0 where nothing is kept              */
    double *sums;      /* 2 n: cost [bit] of each size, then its sequences, in the order of
                          (length, repeats); part of a checkpoint */
};

/* Room on `arena` for the training range of `shape`.  None for data with an order of their own.
 * EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_sizes_init(struct eg_sizes *sizes, struct eg_arena *arena,
                                const struct eg_task_shape *shape);

/* Adds a batch; costs[i] [bit] belongs to draws[i]. */
void eg_sizes_add(struct eg_sizes *sizes, const struct eg_draw *draws, const double *costs,
                  size_t batch);

void eg_sizes_clear(struct eg_sizes *sizes);

static inline struct eg_extent eg_sizes_extent(const struct eg_sizes *sizes, size_t k)
{
    return (struct eg_extent){sizes->least.length + k / sizes->repeats,
                              sizes->least.repeats + k % sizes->repeats};
}

#endif
