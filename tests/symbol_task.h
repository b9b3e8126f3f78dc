/* tests/symbol_task.h -- a task of words: two persons walk between three rooms, and the last step
 * asks where one of them is.
 *
 * Statement s is the two words (person, room), the question the two words ("where", person) about a
 * person of whom something was said.  Words: 0, 1 persons; 2, 3, 4 rooms; 5 "where".  Classes are
 * the rooms.  `length` counts statements. */
#ifndef EG_TESTS_SYMBOL_TASK_H
#define EG_TESTS_SYMBOL_TASK_H

#include <math.h>

#include "core/option.h"
#include "tasks/task.h"

enum { WALK_PERSONS = 2, WALK_ROOMS = 3, WALK_SYMBOLS = 6, WALK_WHERE = 5 };

struct walk_options {
    long length_max;
};

static const struct eg_option walk_rows[] = {{"length_max", "statement", "most statements",
                                              offsetof(struct walk_options, length_max), EG_OPT_INT,
                                              3, 1, 100, NULL, NULL},
                                             EG_OPTION_END};

static inline size_t walk_steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return 2 * extent.length + 2;
}

static inline int walk_init(void *state, const void *options, struct eg_arena *arena,
                            struct eg_task_shape *shape, struct eg_message *message)
{
    static const char *const words[WALK_SYMBOLS] = {"john", "mary",   "kitchen",
                                                    "hall", "garden", "where"};
    (void) state;
    (void) arena;
    (void) message;
    const size_t most = (size_t) ((const struct walk_options *) options)->length_max;
    *shape = (struct eg_task_shape){.inputs = EG_COLUMNS,
                                    .outputs = WALK_ROOMS,
                                    .loss = EG_LOSS_CLASSES,
                                    .length_min = 1,
                                    .length_max = most,
                                    .length_words = "statements",
                                    .steps_max = 2 * most + 2,
                                    .symbols = WALK_SYMBOLS,
                                    .sentences_max = most,
                                    .words_max = 2,
                                    .symbol_words = words,
                                    .class_words = words + WALK_PERSONS,
                                    .chance = log2(WALK_ROOMS),
                                    .optimum = 0};
    return EG_OK;
}

static inline void walk_word(struct eg_sequence *s, size_t t, size_t symbol, int question)
{
    real *x = s->input + t * EG_COLUMNS;
    x[EG_COLUMN_SYMBOL] = (real) symbol;
    x[EG_COLUMN_SENTENCE] = (real) (t / 2);
    x[EG_COLUMN_PLACE] = (real) (t % 2);
    x[EG_COLUMN_QUESTION] = (real) question;
    s->target[t] = 0;
    s->mask[t] = 0;
    s->phase[t] = question ? EG_PHASE_QUERY : EG_PHASE_INPUT;
}

static inline void walk_draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    const size_t n = s->extent.length, last = 2 * n + 1;
    size_t at[WALK_PERSONS] = {0}, person = 0; /* rooms as words; 0: nothing was said */
    s->steps = walk_steps(state, s->extent);
    for (size_t i = 0; i < n; i++) {
        person = (size_t) eg_stream_between(stream, 0, WALK_PERSONS - 1);
        at[person] = (size_t) eg_stream_between(stream, WALK_PERSONS, WALK_WHERE - 1);
        walk_word(s, 2 * i, person, 0);
        walk_word(s, 2 * i + 1, at[person], 0);
    }
    if (at[1 - person] && eg_stream_between(stream, 0, 1))
        person = 1 - person;
    walk_word(s, last - 1, WALK_WHERE, 1);
    walk_word(s, last, person, 1);
    s->mask[last] = 1;
    s->phase[last] = EG_PHASE_OUTPUT;
    s->target[last] = (real) (at[person] - WALK_PERSONS);
}

static const struct eg_task_type walk_task = {
    .name = "walk",
    .summary = "where is a person who was seen last in some room",
    .source = "made up for the tests",
    .options = walk_rows,
    .options_size = sizeof(struct walk_options),
    .state_size = 1,
    .init = walk_init,
    .steps = walk_steps,
    .draw = walk_draw,
};

#endif
