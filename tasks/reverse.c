/* tasks/reverse.c -- give back a sequence of random vectors, the last first.
 *
 * The copy task (tasks/copy.c) backwards: L vectors, a delimiter on a channel of its own, then the
 * vectors in reverse order, 2 L + 1 steps.  An answer that does not look at its input costs one
 * bit a bit. */
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

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

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return 2 * extent.length + 1;
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
        .steps_max = 2 * (size_t) o->length_max + 1,
    };
    eg_task_costs(&eg_task_reverse, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, inputs = bits + 1, length = s->extent.length;
    s->steps = 2 * length + 1;
    eg_sequence_blank(s, inputs, bits);
    for (size_t t = 0; t < length; t++) {
        real *const vector = s->input + t * inputs;
        eg_draw_bits(stream, vector, bits);
        memcpy(s->target + (2 * length - t) * bits, vector, bits * sizeof *vector);
        eg_sequence_ask(s, length + 1 + t);
    }
    s->input[length * inputs + bits] = 1;
    s->phase[length] = EG_PHASE_DELIMITER;
}

const struct eg_task_type eg_task_reverse = {
    .name = "reverse",
    .summary = "give back a sequence of random binary vectors, the last first",
    .source = "the copy task of Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), backwards",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
