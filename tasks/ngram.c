/* tasks/ngram.c -- predict the next bit of a source that is new in every sequence.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.4: a table of 32 probabilities, each
 * from Beta(1/2, 1/2), says how likely a one is after each 5 bits; the first 5 bits of a sequence
 * of 200 are ones half of the time.  At each step the network is given a bit and asked for the
 * next one.  All 200 are asked, so the input is one step behind and 0 at first: the best there can
 * be then costs 133.2 bits a sequence, which is where the paper's figure has it, and 128.2 without
 * the first five, which cost one bit each whatever one does (`count_first`). */
#include "tasks/ngram.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include <gsl/gsl_randist.h>

#include "tasks/parts.h"

struct options {
    long order, length_min, length_max;
    int count_first;
};

enum { CONTEXTS_MAX = 1 << (EG_NGRAM_ORDER_MAX - 1) };

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"order",       "bit", "a bit depends on one fewer than so many before it", AT(order),       EG_OPT_INT, 6,   1, EG_NGRAM_ORDER_MAX, NULL, NULL},
    {"length_min",  "bit", "shortest training sequence",                        AT(length_min),  EG_OPT_INT, 200, 1, 10000, NULL, NULL},
    {"length_max",  "bit", "longest training sequence",                         AT(length_max),  EG_OPT_INT, 200, 1, 10000, NULL, NULL},
    {"count_first", "",    "the first bits count too, which nothing can predict", AT(count_first), EG_OPT_BOOL, 1, 0, 0,    NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

double eg_ngram_optimum(const real *bits, const real *mask, size_t n, size_t order, double *answers)
{
    unsigned seen[CONTEXTS_MAX][2];
    const size_t contexts = (size_t) 1 << (order - 1);
    size_t context = 0;
    double cost = 0;
    memset(seen, 0, contexts * sizeof seen[0]);
    for (size_t t = 0; t < n; t++) {
        const int one = bits[t] > (real) 0.5;
        unsigned *const count = seen[context];
        double p = 0.5;
        if (t + 1 >= order) {
            p = (count[1] + 0.5) / (count[0] + count[1] + 1.0);
            count[one]++;
        }
        if (!mask || mask[t] > 0)
            cost -= log2(one ? p : 1 - p);
        if (answers)
            answers[t] = p;
        context = (context << 1 | (size_t) one) & (contexts - 1);
    }
    return cost;
}

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return extent.length;
}

/* A table is as likely as the one with all probabilities the other way round. */
static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    const size_t first = (size_t) o->order - 1;
    if (o->count_first)
        return (double) extent.length;
    return extent.length > first ? (double) (extent.length - first) : 0;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = 1,
        .outputs = 1,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "bits",
        .steps_max = (size_t) o->length_max,
    };
    eg_task_costs(&eg_task_ngram, o, shape);
    if (!o->count_first && o->length_min < o->order)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "task.length_min = %ld: with task.count_first = false it is at least "
                       "task.order = %ld",
                       o->length_min, o->order);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t first = (size_t) o->order - 1, contexts = (size_t) 1 << first;
    double table[CONTEXTS_MAX];
    const gsl_rng rng = eg_stream_gsl(stream);
    for (size_t c = 0; c < contexts; c++)
        table[c] = gsl_ran_beta(&rng, 0.5, 0.5);
    s->steps = s->extent.length;
    eg_sequence_blank(s, 1, 1);
    size_t context = 0;
    for (size_t t = 0; t < s->steps; t++) {
        const double p = t < first ? 0.5 : table[context];
        const int one = eg_stream_uniform(stream) < p;
        s->target[t] = (real) one;
        if (t + 1 < s->steps)
            s->input[t + 1] = (real) one;
        if (t >= first || o->count_first)
            eg_sequence_ask(s, t);
        context = (context << 1 | (size_t) one) & (contexts - 1);
    }
}

static double best(const void *state, const struct eg_sequence *s, double *answers)
{
    const struct options *o = state;
    return eg_ngram_optimum(s->target, s->mask, s->steps, (size_t) o->order, answers);
}

const struct eg_task_type eg_task_ngram = {
    .name = "ngram",
    .summary = "predict the bits of a random N-gram source, new in every sequence",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 4.4",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .best = best,
};
