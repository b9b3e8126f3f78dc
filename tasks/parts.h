/* tasks/parts.h -- what the tasks that draw their sequences have in common. */
#ifndef EG_TASKS_PARTS_H
#define EG_TASKS_PARTS_H

#include <string.h>

#include "tasks/task.h"

/* All zero, nothing asked, every step an input.  `s->steps` is set. */
static inline void eg_sequence_blank(struct eg_sequence *s, size_t inputs, size_t outputs)
{
    memset(s->input, 0, s->steps * inputs * sizeof *s->input);
    memset(s->target, 0, s->steps * outputs * sizeof *s->target);
    memset(s->phase, EG_PHASE_INPUT, s->steps);
    for (size_t t = 0; t < s->steps; t++)
        s->mask[t] = 0;
}

/* An answer is asked at step t. */
static inline void eg_sequence_ask(struct eg_sequence *s, size_t t)
{
    s->mask[t] = 1;
    s->phase[t] = EG_PHASE_OUTPUT;
}

/* `bits` random bits, at most 64, the top ones of one number. */
static inline void eg_draw_bits(struct eg_stream *stream, real *row, size_t bits)
{
    const uint64_t vector = eg_stream_bits(stream);
    for (size_t b = 0; b < bits; b++)
        row[b] = (real) (vector >> (63 - b) & 1);
}

/* Entropy of a bit that is one with probability p [bit]. */
double eg_bit_entropy(double p);

/* EG_ERR_RANGE where task.WHAT_min is more than task.WHAT_max. */
EG_MUST_CHECK int eg_task_range(const char *what, long low, long high, struct eg_message *message);

/* shape->chance and shape->optimum, from the task's functions and the ranges of the shape; NAN
 * where a function is NULL. */
void eg_task_costs(const struct eg_task_type *task, const void *state, struct eg_task_shape *shape);

/* An `optimum` of tasks whose answer is in their input: 0. */
double eg_task_solvable(const void *state, struct eg_extent extent);

#endif
