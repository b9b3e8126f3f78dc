/* tasks/stories.h -- questions about stories, in the text format of the bAbI tasks.
 *
 *     ID statement
 *     ID question<tab>answer<tab>IDs of the supporting facts
 *
 * IDs count the lines of a story, those of questions too; ID 1 begins the next story.  What a
 * question may look at are the statements of its story that stand before it.  docs/stories.md has
 * the format in full.
 *
 * Words are what stands between blanks, without punctuation at its ends, letters A to Z in lower
 * case.  An answer is one text, commas and all ("n,w"), and is a class.  Symbols and classes are
 * those of the training texts, numbered from 1 as they come; 0 is EG_STORIES_UNKNOWN.  A word that
 * only a test has is symbol 0, and an answer that only a test has is class 0: no training question
 * has it, so it counts as wrong whatever is answered.  Both are counted.
 *
 * Source  Weston et al. 2015 (arXiv:1502.05698), and the README of its data. */
#ifndef EG_TASKS_STORIES_H
#define EG_TASKS_STORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/status.h"
#include "tasks/task.h"

#define EG_STORIES_UNKNOWN "<unknown>"

enum {
    EG_STORIES_WORDS_MAX = 1000,     /* of a sentence     */
    EG_STORIES_BYTES_MAX = 100,      /* of a word         */
    EG_STORIES_ANSWER_MAX = 255,     /* bytes             */
    EG_STORIES_LINES_MAX = 10000000, /* of a story: an ID */
};

/* A text and what it is for; a file once it is read.  Training texts come first. */
struct eg_stories_text {
    const char *name; /* for messages: the path    */
    const char *at;
    size_t size;
    size_t group;
    bool test;
};

/* Words and their numbers. */
struct eg_stories_words {
    const char **word; /* n */
    size_t n, room, slots;
    uint32_t *slot; /* slots, a power of two: 0, or 1 + the number of a word */
};

struct eg_stories_question {
    uint32_t first;       /* statement of its story     */
    uint32_t statements;  /* before it, `first` on      */
    uint32_t from, words; /* of question_symbol         */
    uint32_t fact, facts; /* of fact                    */
    uint32_t answer, group;
};

/* All that the texts say.  It is also the state of the tasks babi, stories and babi-like: the
 * second half is filled in by eg_stories_settle().  Owner: the arena. */
struct eg_stories {
    struct eg_stories_words words, answers;
    size_t statements, questions, tests; /* the last `tests` questions are those of tests */
    uint32_t *statement;                 /* statements + 1: where its words begin   */
    uint32_t *symbol;                    /* of statements, one after the other      */
    uint32_t *question_symbol;           /* of questions                            */
    uint32_t *fact;                      /* statements of the story, from 0         */
    struct eg_stories_question *question;
    size_t sentences_max, words_max;       /* statements before a question, words of a sentence;
                                              of training texts: a test does not shape a model */
    size_t unknown_words, unknown_answers; /* in tests; words: as often as they occur          */

    size_t items, items_valid, items_test;
    uint32_t *item;              /* questions: that of training item 1, 2, ..., then the others */
    struct eg_story_item *story; /* questions */
    size_t groups;               /* at least 1 */
    double *chance, *wrong;      /* groups: eg_stories_settle() */
};

/* Reads a whole file into memory.  Fails with EG_ERR_IO (missing, a directory, a pipe),
 * EG_ERR_FORMAT (empty), EG_ERR_NOMEM.  Owner: the caller, who frees *bytes. */
EG_MUST_CHECK int eg_stories_load(const char *path, char **bytes, size_t *size,
                                  struct eg_message *message);

/* All texts into *stories.  Fails with EG_ERR_DATA (the message names text, line and what is
 * allowed), EG_ERR_NOMEM.  The texts are not needed afterwards. */
EG_MUST_CHECK int eg_stories_parse(struct eg_stories *stories, const struct eg_stories_text *texts,
                                   size_t n, struct eg_arena *arena, struct eg_message *message);

/* The same from files: texts[i].name is the path, `at` and `size` are not looked at. */
EG_MUST_CHECK int eg_stories_read(struct eg_stories *stories, const struct eg_stories_text *files,
                                  size_t n, struct eg_arena *arena, struct eg_message *message);

/* --- as a task --- */

/* Splits off the validation questions, and fills in the shape: about the part `validation` of the
 * training questions of each group.  Whole stories are taken, so that no validation question shares
 * its statements with one that is trained on; in an order that is the same for all seeds; one that
 * would be too much is passed over.
 *
 * chance[g] is the cost [bit] of the best answer to questions of group g that is the same for all:
 * the entropy of the answers in training; wrong[g] is the part of the training questions that the
 * most frequent answer gets wrong.  Fails with EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_stories_settle(struct eg_stories *stories, double validation, size_t groups,
                                    struct eg_arena *arena, struct eg_task_shape *shape);

/* Slots of the three tasks; `state` is a struct eg_stories, `length` the number of an item. */
size_t eg_stories_draw_length(const void *state, struct eg_stream *stream);
size_t eg_stories_steps(const void *state, struct eg_extent extent);
void eg_stories_draw(const void *state, struct eg_stream *stream, struct eg_sequence *sequence);
double eg_stories_chance(const void *state, struct eg_extent extent);
size_t eg_stories_group(const void *state, struct eg_extent extent);
const struct eg_story_item *eg_stories_story(const void *state, struct eg_extent extent);

/* --- what a user wrote --- */

struct eg_stories_asked {
    struct eg_sequence sequence;  /* the last step is asked, its target is 0     */
    size_t statements;            /* that are in the sequence                    */
    size_t passed;                /* statements before them that are too many    */
    const char *const *statement; /* statements: as they were written            */
    const char *question;         /* as well                                     */
    size_t unknown;               /* words that have no symbol, each counted once */
    const char *const *unknown_word;
};

/* A sequence from a story and its question, on `arena`.  Either lines as above (the first begins
 * with "1 "; the last question counts, its answer is not looked at), or sentences that end in '.',
 * '!', '?' or with the line, the last of which is the question and ends in '?'.  Only words count
 * for the symbols; those not among shape->symbol_words become EG_STORIES_UNKNOWN, which must be
 * one of them then.  Of more than shape->sentences_max statements the last ones are taken.
 *
 * Fails with EG_ERR_DATA (no question, no statement, statements after the question, a sentence
 * that is longer than shape->words_max, what is no text; the message names the line),
 * EG_ERR_MISSING (shape->symbol_words), EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_stories_ask(struct eg_stories_asked *asked, const char *text,
                                 const struct eg_task_shape *shape, struct eg_arena *arena,
                                 struct eg_message *message);

/* The slot of the three tasks. */
int eg_stories_read_text(const void *state, const char *text, struct eg_arena *arena,
                         struct eg_sequence *sequence, size_t *unknown, struct eg_message *message);

/* --- text --- */

/* Writes `count` items from `first` on (from 1; fewer where there are no more), each as a story of
 * its own with one question, for the reader above: the same words and facts come back.  Fails with
 * EG_ERR_IO. */
EG_MUST_CHECK int eg_stories_write(FILE *file, const struct eg_stories *stories, size_t first,
                                   size_t count, struct eg_message *message);

/* --- parts of the above --- */

/* The next word of [*at, end): its text in lower case into `word`, its length back; 0: there is
 * none.  More than EG_STORIES_BYTES_MAX: it is longer than that, and cut. */
size_t eg_stories_word(const char **at, const char *end, char word[EG_STORIES_BYTES_MAX + 1]);

/* NULL, or what is wrong with the bytes of a line: "the byte 0x00", "bytes that are not UTF-8". */
const char *eg_stories_bad_bytes(const char *at, const char *end);

#define EG_STORIES_NONE UINT32_MAX
/* The number of a text of n bytes; EG_STORIES_NONE where it is not among them. */
uint32_t eg_stories_find(const struct eg_stories_words *words, const char *text, size_t n);
/* The same; it is added where it is new.  EG_STORIES_NONE: no memory. */
uint32_t eg_stories_add(struct eg_stories_words *words, const char *text, size_t n,
                        struct eg_arena *arena);

#endif
