/* tensor/optimiser.h -- from a gradient to new parameters.
 *
 *     rmsprop-graves  n <- d n + (1-d) g^2;  m <- d m + (1-d) g
 *                     v <- p v - rate g / sqrt(n - m^2 + eps);  x <- x + v
 *                     Graves 2013 (arXiv:1308.0850), eq. 38-41: d = 0.95, p = 0.9, eps = 1e-4
 *     rmsprop         n <- d n + (1-d) g^2;  v <- p v - rate g / (sqrt(n) + eps);  x <- x + v
 *                     Tieleman & Hinton 2012 (Coursera, lecture 6.5); d = 0.95, eps = 1e-8
 *     adam            Kingma & Ba 2015 (arXiv:1412.6980), alg. 1; eps = 1e-8
 *     sgd             v <- p v - rate g;  x <- x + v   (Polyak 1964)
 *
 * Weight decay, x <- max(0, 1 - rate weight_decay) x, is apart from the gradient and comes after,
 * by eg_params_shrink(): Loshchilov & Hutter 2019 (arXiv:1711.05101), alg. 2.  Clipping comes
 * before: by value, each component to [-limit, limit] (Graves et al. 2014 use 10), by norm, the
 * whole gradient scaled down to the limit, or by matrix, each tensor by its own norm.  The rate of
 * update u (from 0) of `total` is learning_rate times the schedule; in steps it is multiplied by
 * schedule_factor each time schedule_every more sequences were seen, from schedule_from on.
 */
#ifndef EG_TENSOR_OPTIMISER_H
#define EG_TENSOR_OPTIMISER_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/option.h"
#include "core/real.h"
#include "core/status.h"
#include "tensor/kernels.h"
#include "tensor/params.h"

enum eg_optimiser_kind { EG_RMSPROP_GRAVES, EG_RMSPROP, EG_ADAM, EG_SGD };
enum eg_clip_kind { EG_CLIP_NONE, EG_CLIP_VALUE, EG_CLIP_NORM, EG_CLIP_MATRIX };
enum eg_schedule_kind {
    EG_SCHEDULE_CONSTANT,
    EG_SCHEDULE_LINEAR,
    EG_SCHEDULE_COSINE,
    EG_SCHEDULE_STEPS
};
/* The cost of a batch, of which the gradient is taken. */
enum eg_reduce_kind { EG_REDUCE_MEAN, EG_REDUCE_SUM };

struct eg_optimiser_options {
    int kind, clip, schedule, reduce;
    long schedule_every, schedule_from; /* [sequence] */
    double schedule_factor;
    double rate, momentum, decay, beta1, beta2, eps, weight_decay, clip_limit, schedule_end, warmup;
};

/* Names of the kinds, in the order of the enums, NULL-ended. */
extern const char *const eg_optimiser_names[];
extern const char *const eg_clip_names[];
extern const char *const eg_schedule_names[];
extern const char *const eg_reduce_names[];

enum { EG_MOMENTS_MAX = 3 };

struct eg_optimiser {
    struct eg_optimiser_options options;
    const struct eg_kernels *kernels;
    /* To be set after init: where the tensors lie, for clipping by matrix; sequences of an update,
     * for the schedule in steps (0: 1). */
    const struct eg_params *params;
    size_t batch;
    size_t size, moments;         /* length of the vectors, how many there are     */
    real *moment[EG_MOMENTS_MAX]; /* zero at the start                             */
    const char *name[EG_MOMENTS_MAX];
};

/* Vectors from `arena`.  Fails with EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_optimiser_init(struct eg_optimiser *o, struct eg_arena *arena,
                                    const struct eg_optimiser_options *options,
                                    const struct eg_kernels *kernels, size_t size);

/* What the step did. */
struct eg_optimiser_report {
    double rate, gradient_norm; /* before clipping                      */
    double clipped;             /* fraction of components or tensors, or 0 and 1 */
};

/* One update of x from g (which is clipped in place).  `update` counts from 0, `total` is how
 * many there will be (for the schedule; 0: unknown, constant rate).  `norm` is the gradient's norm.
 * Nothing is changed when the norm is not finite. */
void eg_optimiser_step(struct eg_optimiser *o, real *x, real *g, double norm, uint64_t update,
                       uint64_t total, struct eg_optimiser_report *report);

#endif
