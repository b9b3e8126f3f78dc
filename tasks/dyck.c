/* tasks/dyck.c -- brackets of several types: which of them may be closed next?
 *
 * After Suzgun et al. 2019 (arXiv:1911.03329), where the network is asked at each step which
 * symbols may follow in a well-formed sequence of brackets.  An opening bracket always may, so only
 * the closing ones are asked for: one output for each of k types, of which at most one is 1, that
 * of the innermost bracket still open; none where none is.
 *
 * A sequence is L brackets, the beginning of a well-formed one: where none is open, and where a
 * fair coin says so, one of a random type is opened, unless `depth_max` are open; else the
 * innermost is closed.  A step has a 1 on the channel of the type, and a 1 on one more channel
 * where the bracket closes.  L steps, all asked.
 *
 * An answer that does not look at its input knows for each step t the probability P_t that a
 * bracket is open, which a sum over depths gives exactly, and that all types are alike: it costs
 * sum over t of k H(P_t / k), H being the entropy of a bit. */
#include <stddef.h>

#include "tasks/parts.h"

enum { DEPTH_MAX = 64, TYPES_MAX = 64 };

struct options {
    long types, depth_max, length_min, length_max;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"types",      "1",    "types of brackets",          AT(types),      EG_OPT_INT, 2,  1, TYPES_MAX, NULL, NULL},
    {"depth_max",  "1",    "most brackets open at once", AT(depth_max),  EG_OPT_INT, 10, 1, DEPTH_MAX, NULL, NULL},
    {"length_min", "step", "shortest training sequence", AT(length_min), EG_OPT_INT, 2,  1, 1000,      NULL, NULL},
    {"length_max", "step", "longest training sequence",  AT(length_max), EG_OPT_INT, 40, 1, 1000,      NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return extent.length;
}

static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    const size_t most = (size_t) o->depth_max;
    const double types = (double) o->types;
    double at[DEPTH_MAX + 1] = {1}, cost = 0; /* how likely each depth is */
    for (size_t t = 0; t < extent.length; t++) {
        double next[DEPTH_MAX + 1] = {0};
        for (size_t d = 0; d <= most; d++) {
            const double opens = d == 0 ? 1 : d == most ? 0 : 0.5;
            if (d < most)
                next[d + 1] += opens * at[d];
            if (d > 0)
                next[d - 1] += (1 - opens) * at[d];
        }
        memcpy(at, next, sizeof at);
        cost += types * eg_bit_entropy((1 - at[0]) / types);
    }
    return cost;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = (size_t) o->types + 1,
        .outputs = (size_t) o->types,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "brackets",
        .steps_max = (size_t) o->length_max,
    };
    eg_task_costs(&eg_task_dyck, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t types = (size_t) o->types, inputs = types + 1;
    size_t open[DEPTH_MAX], depth = 0;
    s->steps = s->extent.length;
    eg_sequence_blank(s, inputs, types);
    for (size_t t = 0; t < s->steps; t++) {
        real *const row = s->input + t * inputs;
        const int coin = (int) eg_stream_between(stream, 0, 1);
        if (depth == 0 || (coin && depth < (size_t) o->depth_max)) {
            open[depth] = (size_t) eg_stream_between(stream, 0, o->types - 1);
            row[open[depth++]] = 1;
        } else {
            row[open[--depth]] = 1;
            row[types] = 1;
        }
        if (depth > 0)
            s->target[t * types + open[depth - 1]] = 1;
        eg_sequence_ask(s, t);
    }
}

const struct eg_task_type eg_task_dyck = {
    .name = "dyck",
    .summary = "brackets of several types: which of them may be closed next",
    .source = "after Suzgun et al. 2019 (arXiv:1911.03329)",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
