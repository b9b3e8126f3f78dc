/* tasks/babi_like.c -- the task `babi-like`: made-up stories in the style of bAbI.
 *
 * After Weston et al. 2015 (arXiv:1502.05698), with people, places and words of its own; nothing
 * has to be downloaded.  As many stories as there should be questions are made up when the task is
 * opened, as text, and read as any other text: training and test questions of each kind, all from
 * task.seed and nothing else.  babi_like_world.c and babi_like_logic.c have the kinds.
 *
 * All answers follow from the statements: the optimum is 0. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/babi_like.h"
#include "tasks/parts.h"
#include "tasks/stories.h"

enum { KINDS = 10 };

static const struct eg_story_kind *const kinds[KINDS] = {
    &eg_story_kind_one_fact,  &eg_story_kind_two_facts, &eg_story_kind_three_facts,
    &eg_story_kind_yes_no,    &eg_story_kind_counting,  &eg_story_kind_lists,
    &eg_story_kind_positions, &eg_story_kind_paths,     &eg_story_kind_deduction,
    &eg_story_kind_induction,
};
#define KIND_NAMES                                                                             \
    "one-fact, two-facts, three-facts, yes-no, counting, lists, positions, paths, deduction, " \
    "induction"

struct options {
    const char *kinds;
    long train, test, length_min, length_max, questions, people, places, objects, seed;
    double validation;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"kinds",      "",          "which kinds of questions, separated by commas; all: every one",  AT(kinds),      EG_OPT_TEXT, 0,    0, 0,      NULL, "all"},
    {"train",      "1",         "questions of each kind to train on",                             AT(train),      EG_OPT_INT,  1000, 1, 100000, NULL, NULL},
    {"test",       "1",         "questions of each kind to test with",                            AT(test),       EG_OPT_INT,  1000, 0, 100000, NULL, NULL},
    {"validation", "1",         "part of the training questions that is kept to validate",        AT(validation), EG_OPT_REAL, 0.1,  0, 0.9,    NULL, NULL},
    {"length_min", "1",         "fewest statements of a story, as far as its kind allows",        AT(length_min), EG_OPT_INT,  4,    1, EG_DRAFT_STATEMENTS, NULL, NULL},
    {"length_max", "1",         "most statements of a story, as far as its kind allows",          AT(length_max), EG_OPT_INT,  10,   1, EG_DRAFT_STATEMENTS, NULL, NULL},
    {"questions",  "1",         "most questions of a story",                                      AT(questions),  EG_OPT_INT,  2,    1, EG_DRAFT_QUESTIONS, NULL, NULL},
    {"people",     "1",         "people there are, where they move",                              AT(people),     EG_OPT_INT,  4,    1, EG_DRAFT_NAMES, NULL, NULL},
    {"places",     "1",         "places they can move to",                                        AT(places),     EG_OPT_INT,  6,    2, EG_DRAFT_NAMES, NULL, NULL},
    {"objects",    "1",         "things they can carry",                                          AT(objects),    EG_OPT_INT,  4,    1, EG_DRAFT_NAMES, NULL, NULL},
    {"seed",       "1",         "of the stories; others than of the training",                    AT(seed),       EG_OPT_INT,  1,    0, INFINITY, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* --- parts of a draft --- */

void eg_draft_shuffle(struct eg_draft *draft, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t k = eg_draft_draw(draft, i + 1);
        if (k < i)
            order[i] = order[k];
        order[k] = i;
    }
}

size_t eg_draft_say(struct eg_draft *draft, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(draft->statement[draft->statements], EG_DRAFT_LINE, format, values);
    va_end(values);
    return draft->statements++;
}

struct eg_draft_question *eg_draft_ask(struct eg_draft *draft, const char *answer,
                                       const char *format, ...)
{
    struct eg_draft_question *const q = &draft->question[draft->questions++];
    va_list values;
    va_start(values, format);
    vsnprintf(q->text, sizeof q->text, format, values);
    va_end(values);
    snprintf(q->answer, sizeof q->answer, "%s", answer);
    q->after = draft->statements;
    q->facts = 0;
    return q;
}

void eg_draft_support(struct eg_draft_question *question, size_t statement)
{
    size_t at = question->facts++;
    for (; at > 0 && question->fact[at - 1] > statement; at--)
        question->fact[at] = question->fact[at - 1];
    question->fact[at] = statement;
}

/* --- text --- */

struct text {
    char *at;
    size_t size, room;
    bool failed; /* no memory */
};

static void put(struct text *t, const char *format, ...) EG_PRINTF(2, 3);

static void put(struct text *t, const char *format, ...)
{
    enum { LINE = 3 * EG_DRAFT_LINE };
    if (!t->failed && t->size + LINE > t->room) {
        const size_t room = 2 * t->room + LINE;
        char *const at = realloc(t->at, room);
        t->failed = !at;
        t->at = at ? at : t->at;
        t->room = at ? room : t->room;
    }
    if (t->failed)
        return;
    va_list values;
    va_start(values, format);
    t->size += (size_t) vsnprintf(t->at + t->size, LINE, format, values);
    va_end(values);
}

/* IDs count the questions too. */
static void put_draft(struct text *t, const struct eg_draft *d, size_t questions)
{
    size_t id[EG_DRAFT_STATEMENTS], line = 0, q = 0;
    for (size_t i = 0; i < d->statements && q < questions; i++) {
        id[i] = ++line;
        put(t, "%zu %s\n", line, d->statement[i]);
        for (; q < questions && d->question[q].after == i + 1; q++) {
            put(t, "%zu %s\t%s\t", ++line, d->question[q].text, d->question[q].answer);
            for (size_t k = 0; k < d->question[q].facts; k++)
                put(t, "%s%zu", k ? " " : "", id[d->question[q].fact[k]]);
            put(t, "\n");
        }
    }
}

static size_t clamp(size_t n, size_t least, size_t most)
{
    return n < least ? least : n > most ? most : n;
}

/* The last story is cut off after the last question that is wanted. */
static void write_stories(struct text *t, const struct options *o, size_t kind, bool test,
                          struct eg_draft *d)
{
    const struct eg_story_kind *const k = kinds[kind];
    const size_t wanted = (size_t) (test ? o->test : o->train);
    size_t n = 0;
    for (uint64_t story = 0; n < wanted && !t->failed; story++) {
        struct eg_stream stream;
        eg_stream_open(&stream, (uint64_t) o->seed, EG_FOR_STORIES, 1 + 2 * kind + test, story);
        d->stream = &stream;
        const long length = eg_stream_between(&stream, o->length_min, o->length_max);
        d->length = clamp((size_t) length, k->least, k->most);
        do
            d->statements = d->questions = 0;
        while (!k->make(d));
        const size_t left = wanted - n, questions = d->questions < left ? d->questions : left;
        put_draft(t, d, questions);
        n += questions;
    }
}

/* --- the task --- */

static int refuse_kinds(const char *text, size_t n, const char *what, struct eg_message *message)
{
    return EG_FAIL(EG_ERR_RANGE, message,
                   "task.kinds: \"%.*s\" %s; allowed are all, and a list of " KIND_NAMES,
                   (int) (n < 40 ? n : 40), text, what);
}

static int read_kinds(const char *text, bool chosen[KINDS], struct eg_message *message)
{
    if (!strcmp(text, "all")) {
        memset(chosen, true, KINDS * sizeof *chosen);
        return EG_OK;
    }
    for (const char *at = text;; at++) {
        size_t kind = 0;
        at += strspn(at, " ");
        const char *const from = at;
        at += strcspn(at, " ,");
        const size_t n = (size_t) (at - from);
        at += strspn(at, " ");
        while (kind < KINDS
               && (strlen(kinds[kind]->name) != n || strncmp(kinds[kind]->name, from, n)))
            kind++;
        if (kind == KINDS || (*at && *at != ','))
            return refuse_kinds(from, strcspn(from, ","), "is no kind of question", message);
        if (chosen[kind])
            return refuse_kinds(from, n, "is there twice", message);
        chosen[kind] = true;
        if (!*at)
            return EG_OK;
    }
}

static int check(const struct options *o, bool chosen[KINDS], struct eg_message *message)
{
    const int status = eg_task_range("length", o->length_min, o->length_max, message);
    return status ? status : read_kinds(o->kinds ? o->kinds : "all", chosen, message);
}

static double optimum(const void *state, struct eg_extent extent)
{
    (void) state;
    (void) extent;
    return 0;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    const struct options *const o = values;
    bool chosen[KINDS] = {false};
    struct text text[2 * KINDS] = {{0}};
    struct eg_stories_text parts[2 * KINDS] = {{0}};
    size_t groups = 0, n = 0;
    int status = check(o, chosen, message);
    if (status)
        return status;
    struct eg_draft *const draft = calloc(1, sizeof *draft);
    const char **const words = eg_arena_zeros(arena, KINDS, sizeof *words);
    if (!draft || !words) {
        status = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    draft->asked = (size_t) o->questions;
    draft->people = (size_t) o->people;
    draft->places = (size_t) o->places;
    draft->objects = (size_t) o->objects;
    for (size_t k = 0; k < KINDS; k++)
        if (chosen[k])
            words[groups++] = kinds[k]->name;
    for (size_t test = 0; test < (o->test ? 2 : 1); test++)
        for (size_t k = 0, group = 0; k < KINDS; k++) {
            if (!chosen[k])
                continue;
            write_stories(&text[n], o, k, test, draft);
            parts[n] =
                (struct eg_stories_text){kinds[k]->name, text[n].at, text[n].size, group++, test};
            if (text[n++].failed) {
                status = EG_RAISE(EG_ERR_NOMEM);
                goto out;
            }
        }
    if ((status = eg_stories_parse(state, parts, n, arena, message))
        || (status = eg_stories_settle(state, o->validation, groups, arena, shape)))
        goto out;
    shape->group_words = words;
    shape->optimum = 0;
out:
    for (size_t i = 0; i < 2 * KINDS; i++)
        free(text[i].at);
    free(draft);
    return status;
}

const struct eg_task_type eg_task_babi_like = {
    .name = "babi-like",
    .summary = "made-up stories in the style of bAbI, and questions about them",
    .source = "after Weston et al. 2015 (arXiv:1502.05698); docs/stories.md",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct eg_stories),
    .init = init,
    .draw_length = eg_stories_draw_length,
    .steps = eg_stories_steps,
    .draw = eg_stories_draw,
    .chance = eg_stories_chance,
    .optimum = optimum,
    .group = eg_stories_group,
    .story = eg_stories_story,
    .read_text = eg_stories_read_text,
};
