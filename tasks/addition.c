/* tasks/addition.c -- add two binary numbers.
 *
 * Two numbers of L random bits, one after the other, the lowest bit first, each followed by a sign
 * on a channel of its own ('+', '='); then the L + 1 bits of their sum, the lowest first.
 * 3 L + 3 steps.  After Zaremba & Sutskever 2014 (arXiv:1410.4615), where
 * numbers are decimal and the highest digit comes first.
 *
 * An answer that does not look at its input costs one bit for each of the lower L bits, which are
 * ones half of the time, and the entropy of the highest, which is one with probability
 * (1 - 2^-L) / 2. */
#include <math.h>
#include <stddef.h>

#include "tasks/parts.h"

struct options {
    long length_min, length_max;
};

enum { DIGIT, PLUS, EQUALS, INPUTS };

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"length_min", "bit", "fewest bits of the numbers in training", AT(length_min), EG_OPT_INT, 1, 1, 10000, NULL, NULL},
    {"length_max", "bit", "most bits of the numbers in training",   AT(length_max), EG_OPT_INT, 8, 1, 10000, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return 3 * extent.length + 3;
}

static double chance(const void *state, struct eg_extent extent)
{
    (void) state;
    const double length = (double) extent.length;
    return length + eg_bit_entropy((1 - exp2(-length)) / 2);
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = INPUTS,
        .outputs = 1,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "bits of each number",
        .steps_max = 3 * (size_t) o->length_max + 3,
    };
    eg_task_costs(&eg_task_addition, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const size_t length = s->extent.length, plus = length, second = length + 1;
    const size_t equals = second + length, sum = equals + 1;
    s->steps = steps(state, s->extent);
    eg_sequence_blank(s, INPUTS, 1);
    for (size_t t = 0; t < length; t++)
        eg_draw_bits(stream, s->input + t * INPUTS + DIGIT, 1);
    for (size_t t = 0; t < length; t++)
        eg_draw_bits(stream, s->input + (second + t) * INPUTS + DIGIT, 1);
    s->input[plus * INPUTS + PLUS] = 1;
    s->input[equals * INPUTS + EQUALS] = 1;
    s->phase[plus] = s->phase[equals] = EG_PHASE_DELIMITER;
    int carry = 0;
    for (size_t t = 0; t < length; t++) {
        const int ones = (s->input[t * INPUTS + DIGIT] > 0)
                         + (s->input[(second + t) * INPUTS + DIGIT] > 0) + carry;
        s->target[sum + t] = (real) (ones % 2);
        carry = ones / 2;
        eg_sequence_ask(s, sum + t);
    }
    s->target[sum + length] = (real) carry;
    eg_sequence_ask(s, sum + length);
}

const struct eg_task_type eg_task_addition = {
    .name = "addition",
    .summary = "add two binary numbers, the lowest bit first",
    .source = "after Zaremba & Sutskever 2014 (arXiv:1410.4615)",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
