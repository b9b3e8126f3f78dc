/* experiments/batch.h -- sequences of a task, put together into blocks.
 *
 * A batch is cut into blocks of at most EG_BLOCK sequences, whatever the number of threads.
 * Sequences are sorted by length and dealt out like cards, so that blocks take about the same
 * time; within a block the longest comes first and a step has only the rows of sequences that
 * have not ended. */
#ifndef EG_EXPERIMENTS_BATCH_H
#define EG_EXPERIMENTS_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/status.h"
#include "models/model.h"
#include "tasks/curriculum.h"
#include "tasks/task.h"

enum { EG_BLOCK = 8 };

/* A number for each size: `length` itself where there are no repeats. */
static inline uint64_t eg_extent_key(struct eg_extent extent)
{
    return (uint64_t) extent.length | (uint64_t) extent.repeats << 32;
}

struct eg_source {
    const struct eg_task_type *task;
    const void *state;
    struct eg_task_shape shape;
    struct eg_curriculum curriculum;
};

/* Which sequence: the stream it is drawn from and its size. */
struct eg_draw {
    uint64_t seed, step, item;
    enum eg_purpose purpose;
    struct eg_extent extent; /* length 0: drawn from the stream first, as in training */
    uint64_t seen;           /* training sequences before this one, for the curriculum */
    size_t steps;            /* filled in by eg_draw_lengths()                         */
};

/* Decides the sizes of `n` draws that have none. */
void eg_draw_lengths(const struct eg_source *source, struct eg_draw *draws, size_t n);

static inline size_t eg_block_count(size_t batch)
{
    return (batch + EG_BLOCK - 1) / EG_BLOCK;
}

/* Sorts `draws` so that the longest comes first; equal ones by item. */
void eg_draw_sort(struct eg_draw *draws, size_t n);

/* Block `k` of `blocks`: the sequences draws[k], draws[k + blocks], ... of n sorted draws, on
 * `arena`.  `members` (EG_BLOCK) receives their places in `draws`.  The block is not one of
 * training: who trains sets `seen` and `training`.  Fails with EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_block_make(struct eg_block *block, size_t members[EG_BLOCK],
                                struct eg_arena *arena, const struct eg_source *source,
                                const struct eg_draw *draws, size_t n, size_t k, size_t blocks);

/* One sequence in full, on `arena`. */
EG_MUST_CHECK int eg_sequence_make(struct eg_sequence *sequence, struct eg_arena *arena,
                                   const struct eg_source *source, const struct eg_draw *draw);

#endif
