/* tests/story_block.h -- a block of sequences of words, from a text.
 *
 * A sequence is a text of numbers, the symbols.  One with '.' behind it ends a statement, one with
 * '?' a question, and an answer is asked there; one with '!' ends a statement, and the step is
 * asked as well.  "1 2. 3? " is the statement 1 2 and the question 3. */
#ifndef EG_TESTS_STORY_BLOCK_H
#define EG_TESTS_STORY_BLOCK_H

#include <stdlib.h>
#include <string.h>

#include "core/sequence.h"
#include "models/model.h"

#include "tests/check.h"

enum { STORY_COUNT = 12, STORY_STEPS = 400, STORY_ROWS = 1600 };

struct story_block {
    struct eg_block block;
    size_t rows[STORY_STEPS], from[STORY_STEPS];
    uint8_t asked[STORY_STEPS];
    real input[STORY_ROWS * EG_COLUMNS], mask[STORY_ROWS], target[STORY_ROWS];
    struct eg_draw_key keys[STORY_COUNT];
};

struct story_words {
    size_t steps;
    real input[STORY_STEPS * EG_COLUMNS], mask[STORY_STEPS];
};

static inline void read_story(struct story_words *w, const char *text)
{
    size_t start = 0, sentence = 0;
    memset(w, 0, sizeof *w);
    while (*text) {
        char *end;
        const long symbol = strtol(text, &end, 10);
        assert_true(end != text && w->steps < STORY_STEPS);
        real *x = w->input + w->steps * EG_COLUMNS;
        x[EG_COLUMN_SYMBOL] = (real) symbol;
        x[EG_COLUMN_SENTENCE] = (real) sentence;
        x[EG_COLUMN_PLACE] = (real) (w->steps - start);
        w->steps++;
        if (*end == '?')
            for (size_t t = start; t < w->steps; t++)
                w->input[t * EG_COLUMNS + EG_COLUMN_QUESTION] = 1;
        w->mask[w->steps - 1] = *end == '?' || *end == '!' ? 1 : 0;
        if (*end == '.' || *end == '?' || *end == '!') {
            start = w->steps;
            sentence++;
            end++;
        }
        text = end + strspn(end, " ");
    }
}

/* The longest text must come first.  Targets are classes below `classes`. */
static inline void make_stories(struct story_block *s, const char *const *texts, size_t count,
                                size_t classes)
{
    struct story_words *w = calloc(count, sizeof *w);
    assert_non_null(w);
    memset(s, 0, sizeof *s);
    for (size_t b = 0; b < count; b++) {
        read_story(&w[b], texts[b]);
        assert_true(b == 0 || w[b].steps <= w[b - 1].steps);
        s->keys[b] = (struct eg_draw_key){.seed = 5, .step = 7, .item = b};
    }
    size_t at = 0;
    for (size_t t = 0; t < w[0].steps; t++) {
        s->from[t] = at;
        for (size_t b = 0; b < count && t < w[b].steps; b++, at++) {
            assert_true(at < STORY_ROWS);
            memcpy(s->input + at * EG_COLUMNS, w[b].input + t * EG_COLUMNS,
                   EG_COLUMNS * sizeof(real));
            s->mask[at] = w[b].mask[t];
            s->target[at] = (real) ((3 * t + b) % classes);
            s->asked[t] |= w[b].mask[t] != 0;
        }
        s->rows[t] = at - s->from[t];
    }
    s->block = (struct eg_block){.count = count,
                                 .steps = w[0].steps,
                                 .rows = s->rows,
                                 .from = s->from,
                                 .total = at,
                                 .input = s->input,
                                 .target = s->target,
                                 .mask = s->mask,
                                 .asked = s->asked,
                                 .targets = 1,
                                 .seen = EG_SEEN_ALL,
                                 .keys = s->keys};
    free(w);
}

#endif
