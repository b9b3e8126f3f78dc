/* experiments/ask.h -- a story and a question that a user writes, and what a trained model makes of
 * them.
 *
 * ask_input.c reads sentences, a line at a time, until a question is complete; ask.c runs the model
 * on it; ask_report.c shows the answer. */
#ifndef EG_EXPERIMENTS_ASK_H
#define EG_EXPERIMENTS_ASK_H

#include <stddef.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/status.h"
#include "tasks/stories.h"
#include "tasks/task.h"

/* --- input --- */

struct eg_ask_text {
    char *at; /* ends with a zero once something is in it */
    size_t length, size;
};

/* Statements gather until a question comes, and stay for the next one; ID 1, or an empty line
 * between sentences that have no IDs, begins another story.  To be zeroed but for the first three;
 * eg_ask_input_free() at the end. */
struct eg_ask_input {
    FILE *file;
    const char *name;               /* for messages                                            */
    int terminal;                   /* prompts go to standard error; a bad line is not the end */
    struct eg_ask_text line, left;  /* `left`: of a line what stands behind its first question */
    struct eg_ask_text story, text; /* statements with IDs; the same and the question */
    size_t lines, statements, room; /* of `from`                                      */
    size_t *from;                   /* the line of each statement                     */
    size_t question_from, questions;
    int kind, unasked; /* sentences with IDs or without; no question yet about this story */
};

/* The next question with its story, on `arena`; *done where there is none.  Fails with EG_ERR_DATA
 * (the message names file and line), EG_ERR_IO, EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_ask_next(struct eg_ask_input *input, const struct eg_task_shape *shape,
                              struct eg_arena *arena, struct eg_stories_asked *asked, int *done,
                              struct eg_message *message);
void eg_ask_input_free(struct eg_ask_input *input);

/* --- answer --- */

struct eg_ask_answer {
    const struct eg_stories_asked *asked;
    size_t classes, unanswerable; /* classes below the second are never an answer        */
    const char *const *class_words;
    const double *probability; /* classes                                             */
    size_t hops, slots;        /* 0: the model has no attention over statements       */
    const real *attention;     /* hops x slots, the first of them for statement `first` */
    const real *empty;         /* hops: weight of slots that hold no statement; NULL: has none */
    size_t first, held;        /* statements in memory: first ... first + held - 1    */
};

void eg_ask_show(const struct eg_ask_answer *answer);
/* One object, in a line. */
void eg_ask_show_json(const struct eg_ask_answer *answer);

#endif
