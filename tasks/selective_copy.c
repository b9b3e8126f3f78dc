/* tasks/selective_copy.c -- give back those vectors of a sequence that were marked, in order.
 *
 * After the selective copying task of Gu & Dao 2023 (arXiv:2312.00752), sec. 3.1, where tokens to
 * be kept lie at random places among blanks.  Here all are vectors of random bits, and those to
 * be kept have a 1 on a channel of their own: what to keep cannot be told from the vector itself.
 * L marked among `spread` L vectors, every choice of places as likely as any other; then a
 * delimiter on one more channel and L answers, (`spread` + 1) L + 1 steps.  An answer that does
 * not look at its input costs one bit a bit. */
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

struct options {
    long bits, spread, length_min, length_max;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",       "bit", "width of one vector",                          AT(bits),       EG_OPT_INT, 8,  1, 64,    NULL, NULL},
    {"spread",     "1",   "vectors given for each one that is marked",    AT(spread),     EG_OPT_INT, 2,  1, 1000,  NULL, NULL},
    {"length_min", "1",   "fewest marked vectors of a training sequence", AT(length_min), EG_OPT_INT, 1,  1, 10000, NULL, NULL},
    {"length_max", "1",   "most marked vectors of a training sequence",   AT(length_max), EG_OPT_INT, 10, 1, 10000, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    return ((size_t) o->spread + 1) * extent.length + 1;
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
        .inputs = (size_t) o->bits + 2,
        .outputs = (size_t) o->bits,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "marked vectors",
    };
    shape->steps_max = steps(o, (struct eg_extent){.length = shape->length_max});
    eg_task_costs(&eg_task_selective_copy, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, inputs = bits + 2, length = s->extent.length;
    const size_t given = (size_t) o->spread * length;
    s->steps = steps(state, s->extent);
    eg_sequence_blank(s, inputs, bits);
    size_t marked = 0;
    for (size_t t = 0; t < given; t++) {
        real *const row = s->input + t * inputs;
        eg_draw_bits(stream, row, bits);
        /* Knuth's selection sampling: `length - marked` of the `given - t` that are left. */
        if ((size_t) eg_stream_between(stream, 0, (long) (given - t) - 1) >= length - marked)
            continue;
        const size_t answer = given + 1 + marked++;
        row[bits] = 1;
        memcpy(s->target + answer * bits, row, bits * sizeof *row);
        eg_sequence_ask(s, answer);
    }
    s->input[given * inputs + bits + 1] = 1;
    s->phase[given] = EG_PHASE_DELIMITER;
}

const struct eg_task_type eg_task_selective_copy = {
    .name = "selective-copy",
    .summary = "give back those vectors of a sequence that were marked",
    .source = "after Gu & Dao 2023 (arXiv:2312.00752), sec. 3.1",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
