#include "experiments/sizes.h"

#include <string.h>

int eg_sizes_init(struct eg_sizes *sizes, struct eg_arena *arena, const struct eg_task_shape *shape)
{
    const size_t lengths = shape->length_max - shape->length_min + 1;
    *sizes = (struct eg_sizes){
        .least = {shape->length_min, shape->repeats_min},
        .repeats = shape->repeats_max - shape->repeats_min + 1,
    };
    if (shape->items || lengths > EG_SIZES_MAX || sizes->repeats > EG_SIZES_MAX / lengths)
        return EG_OK;
    sizes->n = lengths * sizes->repeats;
    sizes->sums = eg_arena_zeros(arena, 2 * sizes->n, sizeof *sizes->sums);
    return sizes->sums ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

void eg_sizes_add(struct eg_sizes *sizes, const struct eg_draw *draws, const double *costs,
                  size_t batch)
{
    if (sizes->n == 0)
        return;
    for (size_t i = 0; i < batch; i++) {
        const struct eg_extent e = draws[i].extent;
        const size_t k =
            (e.length - sizes->least.length) * sizes->repeats + (e.repeats - sizes->least.repeats);
        sizes->sums[k] += costs[i];
        sizes->sums[sizes->n + k] += 1;
    }
}

void eg_sizes_clear(struct eg_sizes *sizes)
{
    if (sizes->n)
        memset(sizes->sums, 0, 2 * sizes->n * sizeof *sizes->sums);
}
