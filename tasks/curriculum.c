#include "tasks/curriculum.h"

#include <stddef.h>

#include "tasks/parts.h"

static const char *const type_names[] = {"uniform", "fixed", "growing", "look-back", NULL};

#define AT(field) offsetof(struct eg_curriculum, field)
/* clang-format off */
const struct eg_option eg_curriculum_options[] = {
    {"type",      "",         "sizes of training sequences: any, the largest, a range that grows, its end and now and then less", AT(type), EG_OPT_CHOICE, EG_CURRICULUM_UNIFORM, 0, 0, type_names, NULL},
    {"sequences", "sequence", "growing, look-back: the range grows over so many training sequences", AT(sequences), EG_OPT_INT,  20000, 1, 1e15, NULL, NULL},
    {"fraction",  "1",        "look-back: how often a smaller size than the largest is drawn",       AT(fraction),  EG_OPT_REAL, 0.2,   0, 1,    NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* The end of low..high after `seen` of `total` sequences. */
static size_t end_of(size_t low, size_t high, uint64_t seen, uint64_t total)
{
    if (seen >= total)
        return high;
    return low + (size_t) ((double) (high - low) * ((double) seen / (double) total));
}

/* Any size up to `end`, both ends included. */
static struct eg_extent any(const struct eg_task_shape *shape, struct eg_extent end,
                            struct eg_stream *stream)
{
    struct eg_extent extent = {0};
    extent.length = (size_t) eg_stream_between(stream, (long) shape->length_min, (long) end.length);
    if (shape->repeats_max)
        extent.repeats =
            (size_t) eg_stream_between(stream, (long) shape->repeats_min, (long) end.repeats);
    return extent;
}

/* Any size up to `end` other than `end` itself; `end` where there is no other. */
static struct eg_extent smaller(const struct eg_task_shape *shape, struct eg_extent end,
                                struct eg_stream *stream)
{
    const size_t lengths = end.length - shape->length_min + 1;
    const size_t repeats = shape->repeats_max ? end.repeats - shape->repeats_min + 1 : 1;
    if (lengths * repeats < 2)
        return end;
    const size_t k = (size_t) eg_stream_between(stream, 0, (long) (lengths * repeats) - 2);
    return (struct eg_extent){
        .length = shape->length_min + k / repeats,
        .repeats = shape->repeats_max ? shape->repeats_min + k % repeats : 0,
    };
}

struct eg_extent eg_curriculum_draw(const struct eg_curriculum *curriculum,
                                    const struct eg_task_type *task, const void *state,
                                    const struct eg_task_shape *shape, uint64_t seen,
                                    struct eg_stream *stream)
{
    if (task->draw_length)
        return (struct eg_extent){.length = task->draw_length(state, stream)};
    const struct eg_extent largest = {shape->length_max, shape->repeats_max};
    const int grows =
        curriculum->type == EG_CURRICULUM_GROWING || curriculum->type == EG_CURRICULUM_LOOK_BACK;
    if (seen == EG_SEEN_ALL || !grows)
        return any(shape, largest, stream);
    const uint64_t total = (uint64_t) curriculum->sequences;
    const struct eg_extent end = {
        end_of(shape->length_min, shape->length_max, seen, total),
        end_of(shape->repeats_min, shape->repeats_max, seen, total),
    };
    if (curriculum->type == EG_CURRICULUM_GROWING)
        return any(shape, end, stream);
    return eg_stream_uniform(stream) < curriculum->fraction ? smaller(shape, end, stream) : end;
}

int eg_curriculum_settle(const struct eg_curriculum *curriculum, const struct eg_task_type *task,
                         const void *state, struct eg_task_shape *shape, struct eg_message *message)
{
    if (curriculum->type == EG_CURRICULUM_UNIFORM)
        return EG_OK;
    if (task->draw_length)
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "curriculum.type = %s: the sequences of task %s have no sizes to choose "
                       "from; allowed is uniform",
                       type_names[curriculum->type], task->name);
    if (curriculum->type == EG_CURRICULUM_FIXED) {
        shape->length_min = shape->length_max;
        shape->repeats_min = shape->repeats_max;
        eg_task_costs(task, state, shape);
    }
    return EG_OK;
}
