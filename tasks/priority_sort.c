/* tasks/priority_sort.c -- give back the most important of a list of vectors, in their order.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.5: 20 vectors of random bits, each with
 * a priority from [-1, 1) on a channel of its own; asked are the 16 with the highest priorities,
 * the highest first.  The paper does not say how wide a vector is; 8 bits are those of its copy
 * task.  After the vectors comes a delimiter on one more channel.  No two priorities are equal.
 * Of fewer vectors than are asked for all are given back.
 *
 * An answer that does not look at its input costs one bit a bit, 128 bits a sequence. */
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

struct options {
    long bits, best, length_min, length_max;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",       "bit", "width of one vector",                   AT(bits),       EG_OPT_INT, 8,  1, 64,   NULL, NULL},
    {"best",       "1",   "vectors that are asked for",            AT(best),       EG_OPT_INT, 16, 1, 1000, NULL, NULL},
    {"length_min", "1",   "fewest vectors of a training sequence", AT(length_min), EG_OPT_INT, 20, 1, 1000, NULL, NULL},
    {"length_max", "1",   "most vectors of a training sequence",   AT(length_max), EG_OPT_INT, 20, 1, 1000, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t answers_of(const struct options *o, size_t length)
{
    return length < (size_t) o->best ? length : (size_t) o->best;
}

static size_t steps(const void *state, struct eg_extent extent)
{
    return extent.length + 1 + answers_of(state, extent.length);
}

static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    return (double) o->bits * (double) answers_of(o, extent.length);
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = (size_t) o->bits + 2,
        .outputs = (size_t) o->bits,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "vectors",
    };
    shape->steps_max = steps(o, (struct eg_extent){.length = shape->length_max});
    eg_task_costs(&eg_task_priority_sort, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

/* A priority that none of the n before it has, also in single precision. */
static real fresh(struct eg_stream *stream, const real *priority, size_t stride, size_t n)
{
    for (;;) {
        const float x = (float) (2 * eg_stream_uniform(stream) - 1);
        size_t i = 0;
        while (i < n && (float) priority[i * stride] != x)
            i++;
        if (i == n && x < 1)
            return (real) x;
    }
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, inputs = bits + 2, length = s->extent.length;
    const real *const priority = s->input + bits;
    s->steps = steps(state, s->extent);
    eg_sequence_blank(s, inputs, bits);
    for (size_t t = 0; t < length; t++) {
        real *const row = s->input + t * inputs;
        eg_draw_bits(stream, row, bits);
        row[bits] = fresh(stream, priority, inputs, t);
    }
    s->input[length * inputs + bits + 1] = 1;
    s->phase[length] = EG_PHASE_DELIMITER;
    real below = 1; /* the next is the highest below the one before */
    for (size_t t = length + 1; t < s->steps; t++) {
        size_t next = length;
        for (size_t i = 0; i < length; i++)
            if (priority[i * inputs] < below
                && (next == length || priority[i * inputs] > priority[next * inputs]))
                next = i;
        below = priority[next * inputs];
        memcpy(s->target + t * bits, s->input + next * inputs, bits * sizeof *s->target);
        eg_sequence_ask(s, t);
    }
}

const struct eg_task_type eg_task_priority_sort = {
    .name = "priority-sort",
    .summary = "give back the vectors with the highest priorities, in order",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.5",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
