/* tasks/copy.c -- store a sequence of random vectors and give it back.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.1: vectors of 8 random bits, 1 to 20
 * of them, then a delimiter on a channel of its own; while the copy is asked for there is no
 * input.  L vectors take 2 L + 1 steps.  An answer that knows nothing costs one bit a bit.
 *
 * The paper speaks of one delimiter, but the number of parameters of its LSTM is that of a network
 * with 10 inputs and 9 outputs.  `delimiters = both` has these: a delimiter on one more channel
 * before the first vector, and one more output.  That the latter is asked for zeros is a guess; it
 * costs nothing, and the rest of the target remains the copy. */
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

struct options {
    long bits, length_min, length_max;
    int delimiters;
};

enum { DELIMITERS_END, DELIMITERS_BOTH };
static const char *const delimiter_names[] = {"end", "both", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",       "bit",  "width of one vector of the sequence", AT(bits),       EG_OPT_INT, 8,  1, 64,    NULL, NULL},
    {"length_min", "step", "shortest training sequence",          AT(length_min), EG_OPT_INT, 1,  1, 10000, NULL, NULL},
    {"length_max", "step", "longest training sequence",           AT(length_max), EG_OPT_INT, 20, 1, 10000, NULL, NULL},
    {"delimiters", "",     "after the vectors; or before and after them, with one more output, asked for zeros", AT(delimiters), EG_OPT_CHOICE, DELIMITERS_END, 0, 0, delimiter_names, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* Steps before the first vector, and channels that the task has more. */
static size_t start_of(const struct options *o)
{
    return o->delimiters == DELIMITERS_BOTH;
}

static size_t steps(const void *state, struct eg_extent extent)
{
    return start_of(state) + 2 * extent.length + 1;
}

static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    return (double) o->bits * (double) extent.length;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = (size_t) o->bits + 1 + start_of(o),
        .outputs = (size_t) o->bits + start_of(o),
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "vectors",
    };
    shape->steps_max = steps(o, (struct eg_extent){.length = shape->length_max});
    eg_task_costs(&eg_task_copy, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, length = s->extent.length, first = start_of(o);
    const size_t inputs = bits + 1 + first, outputs = bits + first, end = first + length;
    s->steps = steps(o, s->extent);
    eg_sequence_blank(s, inputs, outputs);
    if (first) {
        s->input[bits + 1] = 1;
        s->phase[0] = EG_PHASE_DELIMITER;
    }
    for (size_t t = 0; t < length; t++) {
        real *const vector = s->input + (first + t) * inputs;
        eg_draw_bits(stream, vector, bits);
        memcpy(s->target + (end + 1 + t) * outputs, vector, bits * sizeof *vector);
        eg_sequence_ask(s, end + 1 + t);
    }
    s->input[end * inputs + bits] = 1;
    s->phase[end] = EG_PHASE_DELIMITER;
}

const struct eg_task_type eg_task_copy = {
    .name = "copy",
    .summary = "give back a sequence of random binary vectors",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.1",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
