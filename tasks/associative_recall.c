/* tasks/associative_recall.c -- shown a list of items and then one of them, give the one after it.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.3: an item is three vectors of 6 random
 * bits, a list has 2 to 6 items, any of them but the last may be asked for.  Items are bounded by
 * delimiters; here one channel is set before each item of the list, another one before and after
 * the query.  With items of V vectors, n items take n (V + 1) + 2 V + 2 steps:
 *
 *     d item 1  d item 2 ...  d item n    q query q    answer (V steps without input)
 *
 * An answer that does not look at its input costs one bit a bit, 18 bits a sequence.  Nothing
 * keeps two items from being equal, as in the paper; with 18 bits an item they hardly ever are. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

struct options {
    long bits, vectors, length_min, length_max;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",       "bit",  "width of one vector",                       AT(bits),       EG_OPT_INT, 6, 1, 64,    NULL, NULL},
    {"vectors",    "1",    "vectors of one item",                       AT(vectors),    EG_OPT_INT, 3, 1, 64,    NULL, NULL},
    {"length_min", "item", "fewest items of a training sequence",       AT(length_min), EG_OPT_INT, 2, 2, 10000, NULL, NULL},
    {"length_max", "item", "most items of a training sequence",         AT(length_max), EG_OPT_INT, 6, 2, 10000, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    const size_t vectors = (size_t) o->vectors;
    return extent.length * (vectors + 1) + vectors + 2 + vectors;
}

static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    (void) extent;
    return (double) (o->bits * o->vectors);
}

/* Two equal items leave the answer open. */
static double optimum(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    (void) extent;
    return o->bits * o->vectors >= 16 ? 0 : NAN;
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
        .length_least = 2,
        .length_words = "items",
    };
    shape->steps_max = steps(o, (struct eg_extent){.length = shape->length_max});
    eg_task_costs(&eg_task_associative_recall, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, vectors = (size_t) o->vectors, inputs = bits + 2;
    const size_t items = s->extent.length, stride = vectors + 1, query = items * stride;
    s->steps = steps(state, s->extent);
    eg_sequence_blank(s, inputs, bits);
    for (size_t i = 0; i < items; i++) {
        s->input[i * stride * inputs + bits] = 1;
        s->phase[i * stride] = EG_PHASE_DELIMITER;
        for (size_t v = 1; v <= vectors; v++)
            eg_draw_bits(stream, s->input + (i * stride + v) * inputs, bits);
    }
    const size_t asked = (size_t) eg_stream_between(stream, 0, (long) items - 2);
    s->input[query * inputs + bits + 1] = s->input[(query + stride) * inputs + bits + 1] = 1;
    s->phase[query] = s->phase[query + stride] = EG_PHASE_DELIMITER;
    for (size_t v = 1; v <= vectors; v++) {
        const real *const item = s->input + (asked * stride + v) * inputs;
        const size_t answer = query + stride + v;
        memcpy(s->input + (query + v) * inputs, item, bits * sizeof *item);
        s->phase[query + v] = EG_PHASE_QUERY;
        memcpy(s->target + answer * bits, item + stride * inputs, bits * sizeof *item);
        eg_sequence_ask(s, answer);
    }
}

const struct eg_task_type eg_task_associative_recall = {
    .name = "associative-recall",
    .summary = "given a list of items and one of them, give the item that follows it",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.3",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = optimum,
};
