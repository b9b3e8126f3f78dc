#include "experiments/rollback.h"

#include <math.h>
#include <string.h>

int eg_rollback_init(struct eg_rollback *r, struct eg_arena *arena,
                     const struct eg_trainer *trainer, double rise)
{
    const struct eg_optimiser *o = &trainer->optimiser;
    *r = (struct eg_rollback){.rise = rise, .lowest = INFINITY};
    if (!(rise > 0))
        return EG_OK;
    int ok = (r->values = eg_arena_zeros(arena, o->size, sizeof *r->values)) != NULL;
    for (size_t i = 0; i < o->moments && ok; i++)
        ok = (r->moment[i] = eg_arena_zeros(arena, o->size, sizeof *r->moment[i])) != NULL;
    return ok ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

int eg_rollback_report(struct eg_rollback *r, struct eg_trainer *trainer, uint64_t step,
                       double cost)
{
    const struct eg_optimiser *o = &trainer->optimiser;
    const int keeps = cost<r->lowest, goes_back = cost> r->lowest + r->rise;
    const size_t bytes = o->size * sizeof(real);
    if (!(r->rise > 0) || !(keeps || goes_back))
        return 0;
    memcpy(keeps ? r->values : trainer->values, keeps ? trainer->values : r->values, bytes);
    for (size_t i = 0; i < o->moments; i++)
        memcpy(keeps ? r->moment[i] : o->moment[i], keeps ? o->moment[i] : r->moment[i], bytes);
    if (keeps) {
        r->lowest = cost;
        r->step = step;
    }
    return goes_back;
}
