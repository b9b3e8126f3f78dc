#include "experiments/trainer.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "attention/normalise.h"
#include "tensor/loss.h"

#define LN2 0.69314718055994531

enum { CHUNK = 4096 }; /* of the parameter vector, for passes that threads share */

/* A millisecond or more of one thread, which is what threads lose when the machine is busy and one
 * of them is kept waiting. */
#define LEAST_WORK 1e7

int eg_trainer_init(struct eg_trainer *t, struct eg_arena *arena, const struct eg_model *model,
                    const struct eg_source *source, const struct eg_kernels *kernels,
                    const struct eg_optimiser_options *optimiser, uint64_t seed, size_t batch,
                    int threads)
{
    *t = (struct eg_trainer){.model = model,
                             .source = source,
                             .kernels = kernels,
                             .seed = seed,
                             .batch = batch,
                             .blocks = eg_block_count(batch),
                             .threads = threads,
                             .least_work = LEAST_WORK};
    const size_t size = model->params.size;
    t->values = eg_arena_take(arena, size * sizeof *t->values);
    t->total = eg_arena_zeros(arena, size, sizeof *t->total);
    if (t->blocks > SIZE_MAX / sizeof(real) / (size ? size : 1))
        return EG_RAISE(EG_ERR_NOMEM);
    t->grads = eg_arena_zeros(arena, t->blocks * size, sizeof *t->grads);
    t->loss = eg_arena_zeros(arena, t->blocks + size / CHUNK + 1, sizeof *t->loss);
    t->status = eg_arena_zeros(arena, t->blocks, sizeof *t->status);
    t->draws = eg_arena_zeros(arena, batch, sizeof *t->draws);
    t->step = eg_arena_zeros(arena, (size_t) threads, sizeof(struct eg_arena *));
    t->costs = eg_arena_zeros(arena, batch, sizeof *t->costs);
    if (!t->values || !t->total || !t->grads || !t->loss || !t->status || !t->draws || !t->step
        || !t->costs)
        return EG_RAISE(EG_ERR_NOMEM);
    for (int i = 0; i < threads; i++)
        if (eg_arena_init(&t->step[i], 0)) {
            eg_trainer_free(t);
            return EG_RAISE(EG_ERR_NOMEM);
        }
    eg_params_fill(&model->params, t->values, seed);
    const int ret = eg_optimiser_init(&t->optimiser, arena, optimiser, kernels, size);
    t->optimiser.params = &model->params;
    t->optimiser.batch = batch;
    if (ret)
        eg_trainer_free(t);
    return ret;
}

void eg_trainer_free(struct eg_trainer *t)
{
    if (t->step)
        for (int i = 0; i < t->threads; i++)
            eg_arena_free(&t->step[i]);
    t->step = NULL;
}

/* Loss of a block on `tape`, whose logits are those of the steps that ask. */
static struct eg_var *loss_of(struct eg_tape *tape, enum eg_loss loss, const struct eg_block *block,
                              struct eg_var *logits, real scale)
{
    const size_t n = block->targets;
    real *target = eg_arena_take(tape->arena, logits->rows * n * sizeof *target);
    real *mask = eg_arena_take(tape->arena, logits->rows * sizeof *mask);
    int *classes = NULL;
    if (loss == EG_LOSS_CLASSES
        && !(classes = eg_arena_take(tape->arena, logits->rows * sizeof *classes)))
        return NULL;
    if (!target || !mask)
        return NULL;
    size_t row = 0;
    for (size_t s = 0; s < block->steps; s++) {
        if (!block->asked[s])
            continue;
        const size_t rows = block->rows[s], from = block->from[s];
        memcpy(target + row * n, block->target + from * n, rows * n * sizeof *target);
        memcpy(mask + row, block->mask + from, rows * sizeof *mask);
        row += rows;
    }
    if (loss == EG_LOSS_BITS)
        return eg_sigmoid_loss(tape, logits, target, mask, scale);
    for (size_t r = 0; r < row; r++)
        classes[r] = (int) target[r];
    return eg_softmax_loss(tape, logits, classes, mask, scale);
}

/* Threads that `blocks` blocks of these sequences can keep busy: one or all, since a team that
 * changes its size is made anew. */
static int team(const struct eg_trainer *t, const struct eg_draw *draws, size_t n, size_t blocks)
{
    double steps = 0;
    for (size_t i = 0; i < n; i++)
        steps += (double) draws[i].steps;
    const size_t mean = n ? (size_t) (steps / (double) n) : 0;
    if (t->threads == 1 || (double) n * eg_model_flops(t->model, mean, 1) < t->least_work)
        return 1;
    return blocks < (size_t) t->threads ? (int) blocks : t->threads;
}

/* Forward through the largest block there can be, on `arena`, which then holds what any block
 * needs: no later update asks malloc for memory, whichever lengths and threads it meets. */
static int reserve(struct eg_trainer *t, struct eg_arena *arena)
{
    const struct eg_source *source = t->source;
    const struct eg_task_shape *shape = &source->shape;
    const size_t count = (t->batch + t->blocks - 1) / t->blocks;
    struct eg_draw draws[EG_BLOCK];
    size_t members[EG_BLOCK];
    struct eg_extent extent = {shape->length_min, shape->repeats_max};
    while (extent.length < shape->length_max
           && source->task->steps(source->state, extent) < shape->steps_max)
        extent.length++;
    for (size_t i = 0; i < count; i++)
        draws[i] = (struct eg_draw){
            .seed = t->seed, .purpose = EG_FOR_TRAINING, .item = i, .extent = extent};
    eg_draw_lengths(source, draws, count);
    struct eg_block block;
    struct eg_tape tape;
    struct eg_var *logits;
    int ret = eg_block_make(&block, members, arena, source, draws, count, 0, 1);
    block.training = 1;
    block.seen = 0;
    eg_tape_begin(&tape, arena, t->kernels, t->values, t->grads);
    if (!ret)
        ret = eg_model_run(t->model, &tape, &block, 0, NULL, NULL, &logits);
    if (!ret && !loss_of(&tape, t->source->shape.loss, &block, logits, 1))
        ret = EG_RAISE(EG_ERR_NOMEM);
    return ret;
}

static int reserve_all(struct eg_trainer *t)
{
    int status = EG_OK;
#pragma omp parallel num_threads(t->blocks < (size_t) t->threads ? (int) t->blocks : t->threads)
    {
        struct eg_arena *arena = t->step[omp_get_thread_num()];
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        const int ret = reserve(t, arena);
        if (ret) {
#pragma omp atomic write
            status = ret;
        }
        eg_arena_rewind(arena, mark);
    }
    t->reserved = status == EG_OK;
    return status;
}

/* Adds the answer of one step.  What is not a number is wrong. */
static void score_bits(const real *z, const real *target, size_t n, double mask,
                       struct eg_answer_score *score)
{
    score->cost += mask * eg_sigmoid_cost(z, target, n) / LN2;
    for (size_t c = 0; c < n; c++)
        score->wrong += !((z[c] > 0) == (target[c] > (real) 0.5)) || z[c] != z[c];
}

/* The first of the largest logits is the answer; classes below `unanswerable` are never right. */
static void score_class(const real *z, size_t class, size_t n, size_t unanswerable, double mask,
                        struct eg_answer_score *score)
{
    size_t best = 0;
    int finite = z[0] == z[0];
    for (size_t c = 1; c < n; c++) {
        best = z[c] > z[best] ? c : best;
        finite &= z[c] == z[c];
    }
    score->cost += mask * eg_softmax_cost(z, (int) class, n) / LN2;
    score->wrong += best != class || !finite || class < unanswerable;
}

/* scores[b] of each sequence of a block; logits are those of the steps that ask. */
static void score_rows(const struct eg_task_shape *shape, const struct eg_block *block,
                       const struct eg_var *logits, struct eg_answer_score scores[EG_BLOCK])
{
    size_t row = 0;
    for (size_t b = 0; b < block->count; b++)
        scores[b] = (struct eg_answer_score){0};
    for (size_t s = 0; s < block->steps; s++) {
        if (!block->asked[s])
            continue;
        for (size_t b = 0; b < block->rows[s]; b++, row++) {
            const size_t from = block->from[s] + b;
            const real *target = block->target + from * block->targets, *z = eg_row(logits, row);
            const double mask = (double) block->mask[from];
            if (block->mask[from] == 0)
                continue;
            scores[b].asked += mask;
            if (shape->loss == EG_LOSS_BITS)
                score_bits(z, target, logits->cols, mask, &scores[b]);
            else
                score_class(z, (size_t) target[0], logits->cols, shape->unanswerable, mask,
                            &scores[b]);
        }
    }
}

static int block_gradient(struct eg_trainer *t, struct eg_arena *arena, size_t k)
{
    const size_t size = t->model->params.size;
    real *grads = t->grads + k * size;
    struct eg_block block;
    size_t members[EG_BLOCK];
    int ret = eg_block_make(&block, members, arena, t->source, t->draws, t->batch, k, t->blocks);
    if (ret)
        return ret;
    block.training = 1;
    block.seen = t->draws[members[0]].seen;
    struct eg_tape tape;
    memset(grads, 0, size * sizeof *grads);
    eg_tape_begin(&tape, arena, t->kernels, t->values, grads);
    struct eg_var *logits;
    if ((ret = eg_model_run(t->model, &tape, &block, 0, NULL, NULL, &logits)))
        return ret;
    const int sum = t->optimiser.options.reduce == EG_REDUCE_SUM;
    const real scale = sum ? 1 : 1 / (real) t->batch;
    struct eg_var *loss = loss_of(&tape, t->source->shape.loss, &block, logits, scale);
    if (!loss)
        return EG_RAISE(EG_ERR_NOMEM);
    t->loss[k] = (double) loss->x[0] / (sum ? (double) t->batch : 1);
    struct eg_answer_score scores[EG_BLOCK];
    score_rows(&t->source->shape, &block, logits, scores);
    double cost[EG_BLOCK], asked[EG_BLOCK];
    real advantage[EG_BLOCK];
    for (size_t b = 0; b < block.count; b++) {
        t->costs[members[b]] = cost[b] = scores[b].cost;
        asked[b] = scores[b].asked;
    }
    eg_advantages(advantage, cost, asked, block.count, LN2 * (double) scale);
    tape.advantage = advantage;
    eg_tape_backward(&tape, loss);
    return EG_OK;
}

int eg_trainer_gradient(struct eg_trainer *t, uint64_t update, struct eg_update_report *report)
{
    memset(report, 0, sizeof *report);
    const int reserved = t->reserved ? EG_OK : reserve_all(t);
    if (reserved)
        return reserved;
    for (size_t i = 0; i < t->batch; i++)
        t->draws[i] = (struct eg_draw){.seed = t->seed,
                                       .purpose = EG_FOR_TRAINING,
                                       .step = update,
                                       .item = i,
                                       .seen = update * t->batch};
    eg_draw_lengths(t->source, t->draws, t->batch);
    eg_draw_sort(t->draws, t->batch);

    const size_t size = t->model->params.size, chunks = (size + CHUNK - 1) / CHUNK;
    double *squares = t->loss + t->blocks;
    const int threads = team(t, t->draws, t->batch, t->blocks);
#pragma omp parallel num_threads(threads)
    {
        struct eg_arena *arena = t->step[omp_get_thread_num()];
        const struct eg_arena_mark mark = eg_arena_mark(arena);
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < t->blocks; k++) {
            t->status[k] = block_gradient(t, arena, k);
            eg_arena_rewind(arena, mark);
        }
#pragma omp for schedule(static)
        for (size_t c = 0; c < chunks; c++) {
            const size_t from = c * CHUNK, n = size - from < CHUNK ? size - from : CHUNK;
            memcpy(t->total + from, t->grads + from, n * sizeof *t->total);
            for (size_t k = 1; k < t->blocks; k++)
                t->kernels->add(t->total + from, t->grads + k * size + from, n);
            squares[c] = t->kernels->sum_of_squares(t->total + from, n);
        }
    }
    double sum = 0;
    for (size_t k = 0; k < t->blocks; k++) {
        if (t->status[k])
            return t->status[k];
        report->loss += t->loss[k];
    }
    for (size_t c = 0; c < chunks; c++)
        sum += squares[c];
    report->optimiser.gradient_norm = sqrt(sum);
    if (!isfinite(report->loss) || !isfinite(sum))
        return EG_RAISE(EG_ERR_DIVERGED);
    return EG_OK;
}

int eg_trainer_update(struct eg_trainer *t, uint64_t update, uint64_t total,
                      struct eg_update_report *report)
{
    const int ret = eg_trainer_gradient(t, update, report);
    if (ret)
        return ret;
    eg_optimiser_step(&t->optimiser, t->values, t->total, report->optimiser.gradient_norm, update,
                      total, &report->optimiser);
    t->seen = (update + 1) * t->batch;
    const double decay = t->optimiser.options.weight_decay;
    if (decay > 0)
        eg_params_shrink(&t->model->params, t->values,
                         (real) fmax(0, 1 - report->optimiser.rate * decay));
    return EG_OK;
}

static int block_scores(struct eg_trainer *t, struct eg_arena *arena, const struct eg_draw *draws,
                        size_t n, size_t k, size_t blocks, struct eg_answer_score *scores)
{
    struct eg_block block;
    size_t members[EG_BLOCK];
    int ret = eg_block_make(&block, members, arena, t->source, draws, n, k, blocks);
    if (ret)
        return ret;
    block.seen = t->seen;
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, t->kernels, t->values, NULL);
    struct eg_var *logits;
    if ((ret = eg_model_run(t->model, &tape, &block, 0, NULL, NULL, &logits)))
        return ret;
    struct eg_answer_score in_block[EG_BLOCK];
    score_rows(&t->source->shape, &block, logits, in_block);
    for (size_t b = 0; b < block.count; b++)
        scores[members[b]] = in_block[b];
    return EG_OK;
}

int eg_trainer_score(struct eg_trainer *t, const struct eg_draw *draws, size_t n,
                     struct eg_answer_score *scores)
{
    if (n == 0)
        return EG_OK;
    const size_t blocks = eg_block_count(n);
    int status = EG_OK;
    const int threads = team(t, draws, n, blocks);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t k = 0; k < blocks; k++) {
        struct eg_arena *arena = t->step[omp_get_thread_num()];
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        const int ret = block_scores(t, arena, draws, n, k, blocks, scores);
        if (ret) {
#pragma omp atomic write
            status = ret;
        }
        eg_arena_rewind(arena, mark);
    }
    return status;
}

size_t eg_trainer_held(const struct eg_trainer *t)
{
    size_t held = 0;
    for (int i = 0; i < t->threads; i++)
        held += eg_arena_held(t->step[i]);
    return held;
}

size_t eg_trainer_requests(const struct eg_trainer *t)
{
    size_t requests = 0;
    for (int i = 0; i < t->threads; i++)
        requests += eg_arena_requests(t->step[i]);
    return requests;
}
