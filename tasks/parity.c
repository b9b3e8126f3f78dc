/* tasks/parity.c -- say whether the number of ones is odd.
 *
 * Random bits, one a step.  task.answers = end: then a delimiter on a channel of its own, and one
 * answer, the parity of all; L + 2 steps.  task.answers = running: at each step the parity of the
 * bits so far; L steps.  The problem is that of Minsky & Papert 1969 (Perceptrons), as a
 * sequence.  Nothing less than all bits tells anything about the parity: an answer that does not
 * look at its input costs one bit. */
#include <stddef.h>

#include "tasks/parts.h"

struct options {
    long length_min, length_max;
    int answers;
};

enum { ANSWERS_END, ANSWERS_RUNNING };
static const char *const answer_names[] = {"end", "running", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"length_min", "bit", "shortest training sequence",                   AT(length_min), EG_OPT_INT, 1,  1, 10000, NULL, NULL},
    {"length_max", "bit", "longest training sequence",                    AT(length_max), EG_OPT_INT, 20, 1, 10000, NULL, NULL},
    {"answers",    "",    "asked for: the parity of all bits at the end, or at each step that of the bits so far", AT(answers), EG_OPT_CHOICE, ANSWERS_END, 0, 0, answer_names, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static size_t steps(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    return o->answers == ANSWERS_END ? extent.length + 2 : extent.length;
}

static double chance(const void *state, struct eg_extent extent)
{
    const struct options *o = state;
    return o->answers == ANSWERS_END ? 1 : (double) extent.length;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    (void) arena;
    struct options *o = state;
    *o = *(const struct options *) values;
    *shape = (struct eg_task_shape){
        .inputs = 2,
        .outputs = 1,
        .loss = EG_LOSS_BITS,
        .length_min = (size_t) o->length_min,
        .length_max = (size_t) o->length_max,
        .length_words = "bits",
    };
    shape->steps_max = steps(o, (struct eg_extent){.length = shape->length_max});
    eg_task_costs(&eg_task_parity, o, shape);
    return eg_task_range("length", o->length_min, o->length_max, message);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const struct options *o = state;
    const size_t length = s->extent.length;
    int odd = 0;
    s->steps = steps(state, s->extent);
    eg_sequence_blank(s, 2, 1);
    for (size_t t = 0; t < length; t++) {
        eg_draw_bits(stream, s->input + 2 * t, 1);
        odd ^= s->input[2 * t] > 0;
        if (o->answers == ANSWERS_RUNNING) {
            s->target[t] = (real) odd;
            eg_sequence_ask(s, t);
        }
    }
    if (o->answers == ANSWERS_RUNNING)
        return;
    s->input[2 * length + 1] = 1;
    s->phase[length] = EG_PHASE_DELIMITER;
    s->target[length + 1] = (real) odd;
    eg_sequence_ask(s, length + 1);
}

const struct eg_task_type eg_task_parity = {
    .name = "parity",
    .summary = "say whether the number of ones in a sequence is odd",
    .source = "after Minsky & Papert 1969 (Perceptrons)",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct options),
    .init = init,
    .steps = steps,
    .draw = draw,
    .chance = chance,
    .optimum = eg_task_solvable,
};
