#include "tasks/parts.h"

#include <math.h>

double eg_bit_entropy(double p)
{
    return p > 0 && p < 1 ? -(p * log2(p) + (1 - p) * log2(1 - p)) : 0;
}

int eg_task_range(const char *what, long low, long high, struct eg_message *message)
{
    if (low <= high)
        return EG_OK;
    return EG_FAIL(EG_ERR_RANGE, message, "task.%s_min = %ld is more than task.%s_max = %ld", what,
                   low, what, high);
}

static double mean(double (*cost)(const void *state, struct eg_extent extent), const void *state,
                   const struct eg_task_shape *shape)
{
    double sum = 0, n = 0;
    if (!cost)
        return NAN;
    for (size_t l = shape->length_min; l <= shape->length_max; l++)
        for (size_t r = shape->repeats_min; r <= shape->repeats_max; r++) {
            sum += cost(state, (struct eg_extent){l, r});
            n++;
        }
    return sum / n;
}

void eg_task_costs(const struct eg_task_type *task, const void *state, struct eg_task_shape *shape)
{
    shape->chance = mean(task->chance, state, shape);
    shape->optimum = mean(task->optimum, state, shape);
}

double eg_task_solvable(const void *state, struct eg_extent extent)
{
    (void) state;
    (void) extent;
    return 0;
}
