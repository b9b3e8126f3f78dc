#include "experiments/evaluator.h"

#include <math.h>

enum { PORTION = 256 }; /* sequences scored at once: bounds the memory */

/* Adds the chance level and the optimum of one sequence. */
static int add_bounds(struct eg_experiment *e, const struct eg_draw *draw, double *chance,
                      double *optimum)
{
    const struct eg_source *source = &e->source;
    const struct eg_task_type *task = source->task;
    *chance += task->chance ? task->chance(source->state, draw->extent) : NAN;
    if (!task->best) {
        *optimum += task->optimum ? task->optimum(source->state, draw->extent) : NAN;
        return EG_OK;
    }
    struct eg_arena *arena = e->trainer.step[0];
    const struct eg_arena_mark mark = eg_arena_mark(arena);
    struct eg_sequence sequence;
    const int ret = eg_sequence_make(&sequence, arena, source, draw);
    if (!ret)
        *optimum += task->best(source->state, &sequence, NULL);
    eg_arena_rewind(arena, mark);
    return ret;
}

int eg_evaluate(struct eg_experiment *e, struct eg_extent extent, size_t n,
                struct eg_evaluation *out, struct eg_message *message)
{
    struct eg_draw draws[PORTION];
    struct eg_score scores[PORTION];
    const size_t length = extent.length;
    double chance = 0, optimum = 0, mean = 0, squares = 0, wrong = 0, wrong_squares = 0;
    size_t exact = 0, done = 0;
    /* Of the user's data each sequence once, and no number counted twice. */
    const size_t items = length ? 0 : e->source.shape.items;
    n = items && n > items ? items : n;
    while (done < n) {
        const size_t count = n - done < PORTION ? n - done : PORTION;
        for (size_t i = 0; i < count; i++)
            draws[i] = length ? (struct eg_draw){.seed = (uint64_t) e->run.seed,
                                                 .purpose = EG_FOR_EVALUATION,
                                                 .step = eg_extent_key(extent),
                                                 .item = done + i,
                                                 .extent = extent}
                              : (struct eg_draw){.seed = (uint64_t) e->run.seed,
                                                 .purpose = EG_FOR_TRAINING,
                                                 .step = UINT64_C(1) << 62,
                                                 .item = done + i,
                                                 .seen = EG_SEEN_ALL,
                                                 .extent.length = items ? done + i + 1 : 0};
        eg_draw_lengths(&e->source, draws, count);
        eg_draw_sort(draws, count);
        const int ret = eg_trainer_score(&e->trainer, draws, count, scores);
        if (ret)
            return EG_FAIL(ret, message, "not enough memory to evaluate length %zu", length);
        for (size_t i = 0; i < count; i++)
            if (add_bounds(e, &draws[i], &chance, &optimum))
                return EG_FAIL(EG_ERR_NOMEM, message, "not enough memory to evaluate length %zu",
                               length);
        /* Welford's running mean and sum of squares. */
        for (size_t i = 0; i < count; i++) {
            const double k = (double) (done + i + 1), delta = scores[i].cost - mean;
            mean += delta / k;
            squares += delta * (scores[i].cost - mean);
            const double bits = (double) scores[i].wrong, wrong_delta = bits - wrong;
            wrong += wrong_delta / k;
            wrong_squares += wrong_delta * (bits - wrong);
            exact += scores[i].wrong == 0;
        }
        done += count;
    }
    *out = (struct eg_evaluation){
        .length = length,
        .repeats = extent.repeats,
        .n = n,
        .mean = mean,
        .standard_error = n > 1 ? sqrt(squares / (double) (n - 1) / (double) n) : 0,
        .exact = (double) exact / (double) n,
        .wrong = wrong,
        .chance = items ? e->source.shape.chance : chance / (double) n,
        .optimum = optimum / (double) n,
        .wrong_error = n > 1 ? sqrt(wrong_squares / (double) (n - 1) / (double) n) : 0};
    return EG_OK;
}

int eg_evaluate_all(struct eg_experiment *e,
                    int (*each)(void *context, const struct eg_evaluation *v), void *context,
                    struct eg_message *message)
{
    /* Data of the user have no lengths to choose from: the mixture is all there is. */
    const struct eg_list *lengths = &e->evaluate.lengths, *repeats = &e->evaluate.repeats;
    const size_t sizes = e->source.shape.items ? 0 : eg_experiment_sizes(e, lengths, repeats);
    for (size_t i = 0; i <= sizes; i++) {
        struct eg_evaluation v;
        struct eg_extent extent = {0};
        if (i)
            extent = eg_experiment_size(e, lengths, repeats, i - 1);
        int ret = eg_evaluate(e, extent, (size_t) e->evaluate.sequences, &v, message);
        if (!ret)
            ret = each(context, &v);
        if (ret)
            return ret;
    }
    return EG_OK;
}
