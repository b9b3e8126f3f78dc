#include "experiments/evaluator.h"

#include <math.h>
#include <stdlib.h>

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

/* Sequences of a size, or the `n` items listed. */
static int measure(struct eg_experiment *e, struct eg_extent extent, const size_t *items, size_t n,
                   struct eg_evaluation *out, struct eg_message *message)
{
    struct eg_draw draws[PORTION];
    struct eg_answer_score scores[PORTION];
    const size_t length = extent.length;
    double chance = 0, optimum = 0, mean = 0, squares = 0, wrong = 0, wrong_squares = 0;
    double cost = 0, asked = 0;
    size_t exact = 0, done = 0;
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
                                                 .extent.length = items ? items[done + i] : 0};
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
            cost += scores[i].cost;
            asked += scores[i].asked;
        }
        done += count;
    }
    *out = (struct eg_evaluation){
        .loss = e->source.shape.loss,
        .length = length,
        .repeats = extent.repeats,
        .n = n,
        .mean = mean,
        .standard_error = n > 1 ? sqrt(squares / (double) (n - 1) / (double) n) : 0,
        .exact = (double) exact / (double) n,
        .wrong = wrong,
        .chance = chance / (double) n,
        .optimum = optimum / (double) n,
        .perplexity = eg_task_asks_words(&e->source.shape) ? exp2(cost / asked) : NAN,
        .wrong_error = n > 1 ? sqrt(wrong_squares / (double) (n - 1) / (double) n) : 0};
    return EG_OK;
}

/* Numbers of the items of a split, and of a group where that is not 0, at most `most` of them,
 * spread evenly, the same ones whatever the seed.  *items is the caller's, who calls free(); NULL
 * when out of memory. */
static size_t choose_items(const struct eg_experiment *e, enum eg_split split, size_t group,
                           size_t most, size_t **items)
{
    const struct eg_source *source = &e->source;
    const struct eg_task_shape *s = &source->shape;
    const size_t counts[EG_SPLITS] = {s->items, s->items_valid, s->items_test};
    size_t first = 1, found = 0;
    for (int k = 0; k < (int) split; k++)
        first += counts[k];
    *items = malloc((counts[split] ? counts[split] : 1) * sizeof **items);
    if (!*items)
        return 0;
    for (size_t i = first; i < first + counts[split]; i++) {
        const struct eg_extent item = {i, 0};
        if (!group || source->task->group(source->state, item) + 1 == group)
            (*items)[found++] = i;
    }
    if (found <= most)
        return found;
    /* One of each `most`-th part, drawn from a fixed stream: at a fixed distance they could all
     * stand at the same place of their stories. */
    struct eg_stream stream;
    eg_stream_open(&stream, 0, EG_FOR_EVALUATION, most, found);
    for (size_t k = 0; k < most; k++) {
        const size_t from = (size_t) ((double) k * (double) found / (double) most);
        const size_t to = (size_t) ((double) (k + 1) * (double) found / (double) most);
        (*items)[k] = (*items)[(size_t) eg_stream_between(&stream, (long) from, (long) to - 1)];
    }
    return most;
}

/* Items in order, without splits: the first n of them. */
static int first_items(struct eg_experiment *e, size_t n, struct eg_evaluation *out,
                       struct eg_message *message)
{
    const size_t all = e->source.shape.items;
    size_t *items = NULL;
    choose_items(e, EG_SPLIT_TRAINING, 0, all, &items);
    const int ret = items
                        ? measure(e, (struct eg_extent){0}, items, n < all ? n : all, out, message)
                        : EG_FAIL(EG_ERR_NOMEM, message, "not enough memory to evaluate");
    free(items);
    if (!ret && !e->source.task->chance)
        out->chance = e->source.shape.chance;
    return ret;
}

int eg_evaluate(struct eg_experiment *e, struct eg_extent extent, size_t n,
                struct eg_evaluation *out, struct eg_message *message)
{
    if (!extent.length && eg_experiment_splits(e))
        return eg_evaluate_items(e, EG_SPLIT_TRAINING, 0, n, out, message);
    if (!extent.length && e->source.shape.items)
        return first_items(e, n, out, message);
    return measure(e, extent, NULL, n, out, message);
}

int eg_evaluate_items(struct eg_experiment *e, enum eg_split split, size_t group, size_t most,
                      struct eg_evaluation *out, struct eg_message *message)
{
    static const char *const names[EG_SPLITS] = {"training", "validation", "test"};
    const struct eg_task_shape *shape = &e->source.shape;
    size_t *items = NULL;
    const size_t n = choose_items(e, split, group, most, &items);
    int ret = EG_OK;
    *out = (struct eg_evaluation){.loss = shape->loss, .perplexity = NAN};
    if (!items)
        ret = EG_FAIL(EG_ERR_NOMEM, message, "not enough memory to evaluate");
    else if (n)
        ret = measure(e, (struct eg_extent){0}, items, n, out, message);
    free(items);
    if (!e->source.task->chance && split == EG_SPLIT_TRAINING && !group)
        out->chance = shape->chance;
    out->split = split;
    out->group = group;
    out->name = group && shape->group_words ? shape->group_words[group - 1] : names[split];
    return ret;
}

static int by_split(struct eg_experiment *e,
                    int (*each)(void *context, const struct eg_evaluation *v), void *context,
                    struct eg_message *message)
{
    const size_t groups = e->source.shape.groups;
    for (size_t i = 0; i < EG_SPLITS + groups; i++) {
        const enum eg_split split = i < EG_SPLITS ? (enum eg_split) i : EG_SPLIT_TEST;
        const size_t group = i < EG_SPLITS ? 0 : i - EG_SPLITS + 1;
        struct eg_evaluation v;
        int ret = eg_evaluate_items(e, split, group, (size_t) e->evaluate.sequences, &v, message);
        if (!ret && v.n)
            ret = each(context, &v);
        if (ret)
            return ret;
    }
    return EG_OK;
}

int eg_evaluate_all(struct eg_experiment *e,
                    int (*each)(void *context, const struct eg_evaluation *v), void *context,
                    struct eg_message *message)
{
    if (eg_experiment_splits(e))
        return by_split(e, each, context, message);
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
