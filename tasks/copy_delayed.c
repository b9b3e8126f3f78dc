/* tasks/copy_delayed.c -- keep a sequence of random vectors over a pause, then give it back.
 *
 * The copying problem of Hochreiter & Schmidhuber 1997 in the form of Arjovsky, Shah & Bengio 2016
 * (arXiv:1511.06464), sec. 4.1: symbols, a pause, a delimiter, the symbols again.  There a symbol
 * is one of eight, ten of them are kept, and blanks must be answered too; here it is a vector of
 * random bits, as in the copy task, and nothing is asked before the delimiter.  The second measure
 * of a sequence (`repeats`) is the length of the pause: L vectors and a pause of P take
 * 2 L + P + 1 steps.  An answer that does not look at its input costs one bit a bit. */
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

struct options {
    long bits, length_min, length_max, pause_min, pause_max;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",       "bit",  "width of one vector of the sequence", AT(bits),       EG_OPT_INT, 8,  1, 64,    NULL, NULL},
    {"length_min", "step", "shortest training sequence",          AT(length_min), EG_OPT_INT, 1,  1, 10000, NULL, NULL},
    {"length_max", "step", "longest training sequence",           AT(length_max), EG_OPT_INT, 10, 1, 10000, NULL, NULL},
    {"pause_min",  "step", "shortest pause in training; evaluate.repeats are pauses", AT(pause_min), EG_OPT_INT, 1,  1, 10000, NULL, NULL},
    {"pause_max",  "step", "longest pause in training",           AT(pause_max),  EG_OPT_INT, 20, 1, 10000, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return 2 * extent.length + extent.repeats + 1;
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
        .inputs = (size_t) o->bits + 1,
        .outputs = (size_t) o->bits,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "vectors",
        .repeats_min = (size_t) o->pause_min,
        .repeats_max = (size_t) o->pause_max,
        .repeats_words = "steps of pause",
    };
    shape->steps_max = steps(o, (struct eg_extent){shape->length_max, shape->repeats_max});
    const int ret = eg_task_range("length", o->length_min, o->length_max, message);
    if (ret)
        return ret;
    eg_task_costs(&eg_task_copy_delayed, o, shape);
    return eg_task_range("pause", o->pause_min, o->pause_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, inputs = bits + 1, length = s->extent.length;
    const size_t delimiter = length + s->extent.repeats;
    s->steps = steps(state, s->extent);
    eg_sequence_blank(s, inputs, bits);
    for (size_t t = 0; t < length; t++) {
        real *const vector = s->input + t * inputs;
        eg_draw_bits(stream, vector, bits);
        memcpy(s->target + (delimiter + 1 + t) * bits, vector, bits * sizeof *vector);
        eg_sequence_ask(s, delimiter + 1 + t);
    }
    memset(s->phase + length, EG_PHASE_WAIT, s->extent.repeats);
    s->input[delimiter * inputs + bits] = 1;
    s->phase[delimiter] = EG_PHASE_DELIMITER;
}

const struct eg_task_type eg_task_copy_delayed = {
    .name = "copy-delayed",
    .summary = "keep a sequence of random binary vectors over a pause, then give it back",
    .source = "after Arjovsky, Shah & Bengio 2016 (arXiv:1511.06464), sec. 4.1",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
