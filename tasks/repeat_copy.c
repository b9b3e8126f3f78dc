/* tasks/repeat_copy.c -- give back a sequence of random vectors as often as a number says, then
 * say that it is over.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.2: vectors of 8 random bits; length
 * and repeats from 1 to 10; the repeats as one number on a channel of its own, normalised to mean
 * 0 and variance 1 over the training range; after the copies an end marker on an output of its
 * own.  L vectors, R times: L + 1 + L R + 1 steps.  The number comes with a delimiter on one more
 * channel, since it may be 0.
 *
 * An answer that does not look at its input costs one bit a bit of the copies; the end marker
 * costs nothing, since it is a matter of the size alone. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

struct options {
    long bits, length_min, length_max, repeats_min, repeats_max;
    int count;
};

enum { COUNT_NORMALISED, COUNT_RAW };
static const char *const count_names[] = {"normalised", "raw", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",        "bit",  "width of one vector of the sequence",      AT(bits),        EG_OPT_INT, 8,  1, 64,    NULL, NULL},
    {"length_min",  "step", "shortest training sequence",               AT(length_min),  EG_OPT_INT, 1,  1, 10000, NULL, NULL},
    {"length_max",  "step", "longest training sequence",                AT(length_max),  EG_OPT_INT, 10, 1, 10000, NULL, NULL},
    {"repeats_min", "1",    "fewest repeats of a training sequence",    AT(repeats_min), EG_OPT_INT, 1,  1, 1000,  NULL, NULL},
    {"repeats_max", "1",    "most repeats of a training sequence",      AT(repeats_max), EG_OPT_INT, 10, 1, 1000,  NULL, NULL},
    {"count",       "",     "how the repeats are given: mean 0 and variance 1 over the training range, or the number itself", AT(count), EG_OPT_CHOICE, COUNT_NORMALISED, 0, 0, count_names, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return extent.length + 1 + extent.length * extent.repeats + 1;
}

static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    return (double) o->bits * (double) extent.length * (double) extent.repeats;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = (size_t) o->bits + 2,
        .outputs = (size_t) o->bits + 1,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "vectors",
        .repeats_min = (size_t) o->repeats_min,
        .repeats_max = (size_t) o->repeats_max,
        .repeats_words = "repeats",
    };
    shape->steps_max = steps(o, (struct eg_extent){shape->length_max, shape->repeats_max});
    const int ret = eg_task_range("length", o->length_min, o->length_max, message);
    if (ret)
        return ret;
    eg_task_costs(&eg_task_repeat_copy, o, shape);
    return eg_task_range("repeats", o->repeats_min, o->repeats_max, message);
}

/* n whole numbers in a row have the variance (n^2 - 1) / 12. */
static double count_of(const struct options *o, size_t repeats)
{
    const double n = (double) (o->repeats_max - o->repeats_min + 1);
    const double mean = (double) (o->repeats_min + o->repeats_max) / 2;
    if (o->count == COUNT_RAW)
        return (double) repeats;
    return ((double) repeats - mean) / (n > 1 ? sqrt((n * n - 1) / 12) : 1);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, inputs = bits + 2, outputs = bits + 1;
    const size_t length = s->extent.length, end = length + 1 + length * s->extent.repeats;
    s->steps = end + 1;
    eg_sequence_blank(s, inputs, outputs);
    for (size_t t = 0; t < length; t++)
        eg_draw_bits(stream, s->input + t * inputs, bits);
    s->input[length * inputs + bits] = 1;
    s->input[length * inputs + bits + 1] = (real) count_of(o, s->extent.repeats);
    s->phase[length] = EG_PHASE_DELIMITER;
    for (size_t t = length + 1; t < end; t++) {
        memcpy(s->target + t * outputs, s->input + (t - length - 1) % length * inputs,
               bits * sizeof *s->target);
        eg_sequence_ask(s, t);
    }
    s->target[end * outputs + bits] = 1;
    eg_sequence_ask(s, end);
}

const struct eg_task_type eg_task_repeat_copy = {
    .name = "repeat-copy",
    .summary = "give back a sequence of random binary vectors several times, then an end marker",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.2",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
