/* tasks/babi_like.h -- how a story of the task babi-like is made up.
 *
 * A kind of story fills in a draft: statements, and questions that come after a number of them.
 * Supporting facts are statements of the draft, from 0.  Those of a question are enough to answer
 * it.  Without one of them they are not; where something is counted or listed, without one of them
 * the whole story has another answer. */
#ifndef EG_TASKS_BABI_LIKE_H
#define EG_TASKS_BABI_LIKE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/random.h"
#include "core/status.h"

enum {
    EG_DRAFT_STATEMENTS = 100,
    EG_DRAFT_QUESTIONS = 10,
    EG_DRAFT_FACTS = 8,
    EG_DRAFT_LINE = 80, /* bytes, with the NUL */
    EG_DRAFT_NAMES = 8, /* people, places, objects, kinds of animals: of each */
};

struct eg_draft_question {
    size_t after; /* statements that come before */
    char text[EG_DRAFT_LINE], answer[EG_DRAFT_LINE];
    size_t fact[EG_DRAFT_FACTS], facts;
};

struct eg_draft {
    struct eg_stream *stream;
    size_t length, asked;           /* how many statements and questions it should have     */
    size_t people, places, objects; /* how many of each there are: 2 to EG_DRAFT_NAMES      */
    size_t statements, questions;   /* that it has                                          */
    char statement[EG_DRAFT_STATEMENTS][EG_DRAFT_LINE];
    struct eg_draft_question question[EG_DRAFT_QUESTIONS];
};

/* `length` is brought into [least, most].  false: the story that came about leaves nothing to ask;
 * it has to be tried again, with an empty draft. */
struct eg_story_kind {
    const char *name;
    bool (*make)(struct eg_draft *draft);
    size_t least, most;
};

extern const struct eg_story_kind eg_story_kind_one_fact;
extern const struct eg_story_kind eg_story_kind_two_facts;
extern const struct eg_story_kind eg_story_kind_three_facts;
extern const struct eg_story_kind eg_story_kind_yes_no;
extern const struct eg_story_kind eg_story_kind_counting;
extern const struct eg_story_kind eg_story_kind_lists;
extern const struct eg_story_kind eg_story_kind_positions;
extern const struct eg_story_kind eg_story_kind_paths;
extern const struct eg_story_kind eg_story_kind_deduction;
extern const struct eg_story_kind eg_story_kind_induction;

extern const char *const eg_draft_people[EG_DRAFT_NAMES];
extern const char *const eg_draft_places[EG_DRAFT_NAMES];

/* Below n; n is not 0. */
static inline size_t eg_draft_draw(struct eg_draft *draft, size_t n)
{
    return (size_t) eg_stream_between(draft->stream, 0, (long) n - 1);
}

/* The numbers below n in random order. */
void eg_draft_shuffle(struct eg_draft *draft, size_t *order, size_t n);

/* Adds a statement; its number. */
size_t eg_draft_say(struct eg_draft *draft, const char *format, ...) EG_PRINTF(2, 3);

/* Adds a question after the statements there are, without facts. */
struct eg_draft_question *eg_draft_ask(struct eg_draft *draft, const char *answer,
                                       const char *format, ...) EG_PRINTF(3, 4);

/* A supporting fact; they are kept in the order of the statements. */
void eg_draft_support(struct eg_draft_question *question, size_t statement);

#endif
