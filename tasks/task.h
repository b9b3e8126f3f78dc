/* tasks/task.h -- the contract of a task: what is asked, and what counts as an answer.
 *
 * Adding a task touches three places: its file, one line in registry.c, one in meson.build. */
#ifndef EG_TASKS_TASK_H
#define EG_TASKS_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/option.h"
#include "core/random.h"
#include "core/real.h"
#include "core/sequence.h"
#include "core/status.h"

enum eg_loss {
    EG_LOSS_BITS,    /* every output is a bit: sigmoid cross-entropy            */
    EG_LOSS_CLASSES, /* the answer is one of `outputs` classes: softmax cross-entropy */
};

/* What a step is for; only figures look at it.  A step that is given something and asked at once
 * is EG_PHASE_OUTPUT.  The values and EG_PHASE_WORDS are part of run files and data files. */
enum eg_phase {
    EG_PHASE_INPUT,
    EG_PHASE_DELIMITER,
    EG_PHASE_OUTPUT,
    EG_PHASE_QUERY, /* what the question is about */
    EG_PHASE_WAIT,  /* nothing is given or asked  */
    EG_PHASES
};
#define EG_PHASE_WORDS "input delimiter output query wait"

/* How large a sequence is, in the task's own measures: for copy `length` counts the vectors to
 * copy.  `repeats` is 0 where the task has no second measure. */
struct eg_extent {
    size_t length, repeats;
};

/* One sequence: `steps` rows of each; arrays belong to whoever made them. */
struct eg_sequence {
    size_t steps;
    struct eg_extent extent;
    real *input;    /* (steps, inputs); symbols: (steps, EG_COLUMNS), enum eg_column */
    real *target;   /* (steps, eg_targets()): bits, or the one class                 */
    real *mask;     /* steps; 0 where no answer is asked                             */
    uint8_t *phase; /* steps, enum eg_phase                                          */
};

/* What a task is, after init(). */
struct eg_task_shape {
    size_t inputs, outputs;
    enum eg_loss loss;
    size_t length_min, length_max;   /* of training sequences                               */
    size_t repeats_min, repeats_max; /* of training sequences; 0: the task has no repeats   */
    size_t length_least;             /* no sequence can be shorter; 0: 1                    */
    size_t steps_max;                /* steps of the longest training sequence              */
    size_t items;                    /* sequences there are; 0: as many as one likes        */
    size_t items_valid, items_test;  /* more of them that are not trained on: the `length` of a
                                        sequence is 1 ... items in training, then come items_valid
                                        for validation and items_test for the test           */
    size_t symbols;                  /* words of the vocabulary; 0: inputs are numbers       */
    size_t sentences_max, words_max; /* of symbols, in what is trained on and validated: most
                                        statements before a question, most words of a sentence
                                        or question.  A test may have more                   */
    const char *const *symbol_words, *const *class_words; /* symbols and outputs of them; NULL:
                                                             they have no names              */
    size_t unknown_words, unknown_answers; /* as often as they occur: words of the data that are not
                                              in the vocabulary, answers that training does not
                                              have                                             */
    size_t unanswerable; /* classes below this are answers that no training question has: one of
                            these is never right                                             */
    size_t groups;       /* kinds of items, evaluated apart; 0: none                         */
    const char *const *group_words;           /* their names: groups of them; NULL: have none    */
    const char *length_words, *repeats_words; /* what is counted: "vectors", "repeats"      */
    /* Cost [bit/sequence], in the mean over training sequences, each size as often as any other:
     * of the best answer that does not look at its input, and of the best there can be (NAN: not
     * known in closed form). */
    double chance, optimum;
};

/* Whether the answers are the words of the input: the next one is asked. */
static inline int eg_task_asks_words(const struct eg_task_shape *s)
{
    return s->loss == EG_LOSS_CLASSES && s->symbols && s->class_words
           && s->class_words == s->symbol_words;
}

/* Columns of the target. */
static inline size_t eg_targets(const struct eg_task_shape *shape)
{
    return shape->loss == EG_LOSS_CLASSES ? 1 : shape->outputs;
}

/* What is known of an item of symbols beside its words. */
struct eg_story_item {
    size_t statements;         /* before the question                          */
    const uint8_t *supporting; /* statements; 1: the answer follows from it    */
};

struct eg_task_type {
    const char *name;
    const char *summary;
    const char *source;
    const struct eg_option *options; /* the keys below `task.` */
    size_t options_size;
    size_t state_size;

    /* Checks `options`; may read files.  Memory comes from `arena`.  Fails with EG_ERR_RANGE,
     * EG_ERR_IO, EG_ERR_FORMAT, EG_ERR_DATA, EG_ERR_NOMEM; the message names key, file and place.
     */
    int (*init)(void *state, const void *options, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message);
    /* Which sequence of the data is next, as its `length`.  NULL where sizes are drawn outside of
     * the task, from the ranges of its shape: tasks/curriculum.h. */
    size_t (*draw_length)(const void *state, struct eg_stream *stream);
    /* Steps of a sequence of that size; more of either measure, no fewer steps. */
    size_t (*steps)(const void *state, struct eg_extent extent);
    /* Fills in a sequence whose `extent` is set and whose arrays have room. */
    void (*draw)(const void *state, struct eg_stream *stream, struct eg_sequence *sequence);
    /* Chance and optimum of one size, as in the shape; NULL: not known. */
    double (*chance)(const void *state, struct eg_extent extent);
    double (*optimum)(const void *state, struct eg_extent extent);
    /* Cost [bit] of the best answer there can be to this very sequence, where it depends on more
     * than the size; NULL otherwise.  `answers` (steps x outputs) receives it, unless NULL. */
    double (*best)(const void *state, const struct eg_sequence *sequence, double *answers);

    /* The rest is NULL where it has no meaning for the task. */

    /* Group of an item, below shape.groups. */
    size_t (*group)(const void *state, struct eg_extent extent);
    /* Supporting facts of an item; Owner: the task.  NULL: not known. */
    const struct eg_story_item *(*story)(const void *state, struct eg_extent extent);
    /* Turns statements and a question that a user wrote, in the format of the task's files, into a
     * sequence on `arena`: its only step that is asked is the last, its target 0.  *unknown counts
     * the words that are not in the vocabulary; they are mapped to a symbol all the same.  Fails
     * with EG_ERR_DATA (the message names line and place), EG_ERR_NOMEM. */
    int (*read_text)(const void *state, const char *text, struct eg_arena *arena,
                     struct eg_sequence *sequence, size_t *unknown, struct eg_message *message);
};

extern const struct eg_task_type eg_task_copy;
extern const struct eg_task_type eg_task_repeat_copy;
extern const struct eg_task_type eg_task_associative_recall;
extern const struct eg_task_type eg_task_ngram;
extern const struct eg_task_type eg_task_priority_sort;
extern const struct eg_task_type eg_task_reverse;
extern const struct eg_task_type eg_task_copy_delayed;
extern const struct eg_task_type eg_task_selective_copy;
extern const struct eg_task_type eg_task_recall_multi;
extern const struct eg_task_type eg_task_parity;
extern const struct eg_task_type eg_task_addition;
extern const struct eg_task_type eg_task_dyck;
extern const struct eg_task_type eg_task_file;
extern const struct eg_task_type eg_task_babi;
extern const struct eg_task_type eg_task_babi_like;
extern const struct eg_task_type eg_task_stories;
extern const struct eg_task_type eg_task_text;

extern const struct eg_task_type *const eg_task_types[];
const struct eg_task_type *eg_task_find(const char *name);

#endif
