#include "tensor/optimiser.h"

#include <assert.h>
#include <math.h>

const char *const eg_optimiser_names[] = {"rmsprop-graves", "rmsprop", "adam", "sgd", NULL};
const char *const eg_clip_names[] = {"none", "value", "norm", "matrix", NULL};
const char *const eg_schedule_names[] = {"constant", "linear", "cosine", "steps", NULL};
const char *const eg_reduce_names[] = {"mean", "sum", NULL};

int eg_optimiser_init(struct eg_optimiser *o, struct eg_arena *arena,
                      const struct eg_optimiser_options *options, const struct eg_kernels *kernels,
                      size_t size)
{
    static const struct {
        size_t n;
        const char *name[EG_MOMENTS_MAX];
    } kinds[] = {
        [EG_RMSPROP_GRAVES] = {3, {"mean_square", "mean", "velocity"}},
        [EG_RMSPROP] = {2, {"mean_square", "velocity"}},
        [EG_ADAM] = {2, {"first_moment", "second_moment"}},
        [EG_SGD] = {1, {"velocity"}},
    };
    *o = (struct eg_optimiser){.options = *options, .kernels = kernels, .size = size};
    o->moments = kinds[options->kind].n;
    for (size_t i = 0; i < o->moments; i++) {
        o->name[i] = kinds[options->kind].name[i];
        o->moment[i] = eg_arena_zeros(arena, size, sizeof(real));
        if (!o->moment[i])
            return EG_RAISE(EG_ERR_NOMEM);
    }
    return EG_OK;
}

/* The factor to the power of how often schedule_every sequences were seen before this update and
 * after schedule_from. */
static double in_steps(const struct eg_optimiser *o, uint64_t update)
{
    const uint64_t seen = update * (o->batch ? o->batch : 1);
    const uint64_t every = o->options.schedule_every > 0 ? (uint64_t) o->options.schedule_every : 1;
    const uint64_t from = o->options.schedule_from > 0 ? (uint64_t) o->options.schedule_from : 0;
    return pow(o->options.schedule_factor, seen > from ? (double) ((seen - from) / every) : 0);
}

/* Between 1 and schedule_end over the run, or in steps, after a linear rise over the first `warmup`
 * updates. */
static double schedule(const struct eg_optimiser *optimiser, uint64_t update, uint64_t total)
{
    const struct eg_optimiser_options *const o = &optimiser->options;
    const double rise = (double) update + 1 < o->warmup ? ((double) update + 1) / o->warmup : 1;
    if (o->schedule == EG_SCHEDULE_STEPS)
        return rise * in_steps(optimiser, update);
    if (total < 2 || o->schedule == EG_SCHEDULE_CONSTANT)
        return rise;
    double done = (double) update / (double) (total - 1);
    done = done > 1 ? 1 : done;
    const double left =
        o->schedule == EG_SCHEDULE_LINEAR ? 1 - done : (1 + cos(3.14159265358979323846 * done)) / 2;
    return rise * (o->schedule_end + (1 - o->schedule_end) * left);
}

static void scale(real *g, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        g[i] *= (real) by;
}

/* Each tensor by its own norm; the fraction of the tensors that were longer than the limit. */
static double clip_matrices(struct eg_optimiser *o, real *g)
{
    const double limit = o->options.clip_limit;
    size_t clipped = 0;
    assert(o->params);
    for (size_t i = 0; i < o->params->count; i++) {
        const struct eg_param_row *row = &o->params->rows[i];
        const size_t n = row->rows * row->cols;
        const double norm = sqrt(o->kernels->sum_of_squares(g + row->offset, n));
        if (!(norm > limit))
            continue;
        scale(g + row->offset, n, limit / norm);
        clipped++;
    }
    return (double) clipped / (double) o->params->count;
}

static double clip(struct eg_optimiser *o, real *g, double norm)
{
    const double limit = o->options.clip_limit;
    if (o->options.clip == EG_CLIP_VALUE)
        return (double) o->kernels->clip(g, (real) limit, o->size) / (double) o->size;
    if (o->options.clip == EG_CLIP_NORM && norm > limit) {
        scale(g, o->size, limit / norm);
        return 1;
    }
    if (o->options.clip == EG_CLIP_MATRIX)
        return clip_matrices(o, g);
    return 0;
}

static void update_values(struct eg_optimiser *o, real *x, const real *g, double by,
                          uint64_t update)
{
    const struct eg_optimiser_options *p = &o->options;
    const real rate = (real) by, decay = (real) p->decay;
    const real momentum = (real) p->momentum;
    switch ((enum eg_optimiser_kind) p->kind) {
    case EG_RMSPROP_GRAVES:
        o->kernels->rmsprop_graves(x, o->moment[0], o->moment[1], o->moment[2], g, rate, decay,
                                   momentum, (real) (p->eps > 0 ? p->eps : 1e-4), o->size);
        return;
    case EG_RMSPROP:
        o->kernels->rmsprop(x, o->moment[0], o->moment[1], g, rate, decay, momentum,
                            (real) (p->eps > 0 ? p->eps : 1e-8), o->size);
        return;
    case EG_ADAM: {
        /* The bias corrections go into the rate and the guard:
         *     m/(1-b1^t) / (sqrt(v/(1-b2^t)) + eps) = m c2/c1 / (sqrt(v) + eps c2) */
        const double t = (double) update + 1;
        const double c1 = 1 - pow(p->beta1, t), c2 = sqrt(1 - pow(p->beta2, t));
        const struct eg_adam adam = {.rate = (real) (by * c2 / c1),
                                     .beta1 = (real) p->beta1,
                                     .beta2 = (real) p->beta2,
                                     .eps = (real) ((p->eps > 0 ? p->eps : 1e-8) * c2)};
        o->kernels->adam(x, o->moment[0], o->moment[1], g, &adam, o->size);
        return;
    }
    case EG_SGD:
        o->kernels->sgd(x, o->moment[0], g, rate, momentum, o->size);
        return;
    }
}

void eg_optimiser_step(struct eg_optimiser *o, real *x, real *g, double norm, uint64_t update,
                       uint64_t total, struct eg_optimiser_report *report)
{
    const struct eg_optimiser_options *p = &o->options;
    *report = (struct eg_optimiser_report){.gradient_norm = norm};
    report->rate = p->rate * schedule(o, update, total);
    if (!isfinite(norm))
        return;
    report->clipped = clip(o, g, norm);
    update_values(o, x, g, report->rate, update);
}
