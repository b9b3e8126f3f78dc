/* tasks/copy.c -- store a sequence of random vectors and give it back.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.1: vectors of 8 random bits, 1 to 20
 * of them, then a delimiter on a channel of its own; while the copy is asked for there is no
 * input.  L vectors take 2 L + 1 steps.  An answer that knows nothing costs one bit a bit. */
#include <stddef.h>
#include <string.h>

#include "tasks/task.h"

struct options {
    long bits, length_min, length_max;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",       "bit",  "width of one vector of the sequence", AT(bits),       EG_OPT_INT, 8,  1, 64,    NULL, NULL},
    {"length_min", "step", "shortest training sequence",          AT(length_min), EG_OPT_INT, 1,  1, 10000, NULL, NULL},
    {"length_max", "step", "longest training sequence",           AT(length_max), EG_OPT_INT, 20, 1, 10000, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    if (o->length_min > o->length_max)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "task.length_min = %ld is more than task.length_max = %ld", o->length_min,
                       o->length_max);
    *shape = (struct eg_task_shape){
        .inputs = (size_t) o->bits + 1,
        .outputs = (size_t) o->bits,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .steps_max = 2 * (size_t) o->length_max + 1,
        .chance = (double) o->bits * (double) (o->length_min + o->length_max) / 2,
    };
    return EG_OK;
}

static size_t draw_length(const void *state, struct eg_stream *stream)
{
    const struct options *o = state;
    return (size_t) eg_stream_between(stream, o->length_min, o->length_max);
}

static size_t steps(const void *state, size_t length)
{
    (void) state;
    return 2 * length + 1;
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, inputs = bits + 1, length = s->length;
    s->steps = 2 * length + 1;
    memset(s->input, 0, s->steps * inputs * sizeof *s->input);
    memset(s->target, 0, s->steps * bits * sizeof *s->target);
    for (size_t t = 0; t < length; t++) {
        const uint64_t vector = eg_stream_bits(stream);
        for (size_t b = 0; b < bits; b++) {
            const real bit = (real) (vector >> (63 - b) & 1);
            s->input[t * inputs + b] = bit;
            s->target[(length + 1 + t) * bits + b] = bit;
        }
    }
    s->input[length * inputs + bits] = 1;
    for (size_t t = 0; t < s->steps; t++) {
        s->mask[t] = t > length ? 1 : 0;
        s->phase[t] = t < length    ? EG_PHASE_INPUT
                      : t == length ? EG_PHASE_DELIMITER
                                    : EG_PHASE_OUTPUT;
    }
}

const struct eg_task_type eg_task_copy = {
    .name = "copy",
    .summary = "give back a sequence of random binary vectors",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.1",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .draw_length = draw_length,
    .steps = steps,
    .draw = draw,
};
