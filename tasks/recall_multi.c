/* tasks/recall_multi.c -- multi-query associative recall: pairs of keys and values, then several
 * keys, each to be answered with its value.
 *
 * After Arora et al. 2023 (arXiv:2312.04927) (MQAR), where keys and values are tokens; here
 * they are vectors of random bits.  The second measure of a sequence (`repeats`) is the number of
 * queries.  L pairs and Q queries take 2 L + 1 + Q steps:
 *
 *     key 1  value 1 ...  key L  value L    delimiter    query 1 ... query Q
 *
 * The value is asked at the very step at which the query is given.  One channel is set with every
 * key of a pair, one at the delimiter and one with every query.  Each query is the key of a pair
 * chosen at random, whether or not it was asked before.  Where a key comes twice the later pair
 * counts.  An answer that does not look at its input costs one bit a bit. */
#include <stddef.h>
#include <string.h>

#include "tasks/parts.h"

struct options {
    long bits, length_min, length_max, queries_min, queries_max;
};

enum { KEY, DELIMITER, QUERY, FLAGS };

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"bits",        "bit", "width of a key and of a value",              AT(bits),        EG_OPT_INT, 8, 1, 64,    NULL, NULL},
    {"length_min",  "1",   "fewest pairs of a training sequence",        AT(length_min),  EG_OPT_INT, 2, 1, 10000, NULL, NULL},
    {"length_max",  "1",   "most pairs of a training sequence",          AT(length_max),  EG_OPT_INT, 8, 1, 10000, NULL, NULL},
    {"queries_min", "1",   "fewest queries of a training sequence; evaluate.repeats are queries", AT(queries_min), EG_OPT_INT, 1, 1, 1000, NULL, NULL},
    {"queries_max", "1",   "most queries of a training sequence",        AT(queries_max), EG_OPT_INT, 4, 1, 1000,  NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return 2 * extent.length + 1 + extent.repeats;
}

static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    return (double) o->bits * (double) extent.repeats;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = (size_t) o->bits + FLAGS,
        .outputs = (size_t) o->bits,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "pairs",
        .repeats_min = (size_t) o->queries_min,
        .repeats_max = (size_t) o->queries_max,
        .repeats_words = "queries",
    };
    shape->steps_max = steps(o, (struct eg_extent){shape->length_max, shape->repeats_max});
    const int ret = eg_task_range("length", o->length_min, o->length_max, message);
    if (ret)
        return ret;
    eg_task_costs(&eg_task_recall_multi, o, shape);
    return eg_task_range("queries", o->queries_min, o->queries_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t bits = (size_t) o->bits, inputs = bits + FLAGS, pairs = s->extent.length;
    s->steps = steps(state, s->extent);
    eg_sequence_blank(s, inputs, bits);
    for (size_t t = 0; t < 2 * pairs; t++) {
        eg_draw_bits(stream, s->input + t * inputs, bits);
        s->input[t * inputs + bits + KEY] = t % 2 == 0;
    }
    s->input[2 * pairs * inputs + bits + DELIMITER] = 1;
    s->phase[2 * pairs] = EG_PHASE_DELIMITER;
    for (size_t t = 2 * pairs + 1; t < s->steps; t++) {
        const size_t pair = (size_t) eg_stream_between(stream, 0, (long) pairs - 1);
        const real *const key = s->input + 2 * pair * inputs;
        size_t last = pairs - 1;
        while (memcmp(key, s->input + 2 * last * inputs, bits * sizeof *key) != 0)
            last--;
        memcpy(s->input + t * inputs, key, bits * sizeof *key);
        memcpy(s->target + t * bits, s->input + (2 * last + 1) * inputs, bits * sizeof *key);
        s->input[t * inputs + bits + QUERY] = 1;
        eg_sequence_ask(s, t);
    }
}

const struct eg_task_type eg_task_recall_multi = {
    .name = "recall-multi",
    .summary = "multi-query associative recall (MQAR): give the values of several keys",
    .source = "after Arora et al. 2023 (arXiv:2312.04927)",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
