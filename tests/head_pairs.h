/* tests/head_pairs.h -- settings of a head, such that any two values of two options that can be
 * together are together in one of them.
 *
 * Values are numbered; a row has one of each option.  The pairs that no row has yet are gone
 * through in order; the first of them opens a new row, and every other option takes the value that
 * brings most new pairs.  What memory.init refuses is no row: such pairs are left out, and counted
 * by the test that looks at them. */
#ifndef EG_TESTS_HEAD_PAIRS_H
#define EG_TESTS_HEAD_PAIRS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"

enum { PAIR_OPTIONS = 13, PAIR_VALUES = 9, PAIR_ROWS = 256, PAIR_TEXT = 384 };

static const char *const pair_values[PAIR_OPTIONS][PAIR_VALUES + 1] = {
    {"score=cosine", "score=dot", "score=scaled-dot", "score=bilinear",
     "score=additive score_hidden=2", "score=concat score_hidden=2", "score=location",
     "score=euclidean", "score=k-body", NULL},
    {"normaliser=softmax", "normaliser=sparsemax", "normaliser=entmax-1.5",
     "normaliser=top-k top_k=2", "normaliser=hard", "normaliser=hard-sampled",
     "normaliser=gumbel temperature=0.7", "normaliser=sigmoid", NULL},
    {"location=none", "location=shift", "location=real-shift", "location=local-m window=2",
     "location=local-p window=3", NULL},
    {"write=erase-add", "write=add", "write=overwrite", "write=append", NULL},
    {"content=true", "content=false", NULL},
    {"strength=true", "strength=false", NULL},
    {"gate=true", "gate=false", NULL},
    {"sharpening=true", "sharpening=false", NULL},
    {"allocation=none", "allocation=lru usage_decay=0.5", "allocation=usage", NULL},
    {"add=vector", "add=key", NULL},
    {"key_width=0", "key_width=2", NULL},
    {"order=write-read", "order=read-write", NULL},
    {"weighting=uniform", "read_heads=2 write_heads=2 weighting=learned",
     "write_heads=2 start_scale=0.4", NULL},
};
enum {
    SCORE,
    NORMALISER,
    LOCATION,
    WRITE,
    CONTENT,
    STRENGTH,
    GATE,
    SHARPENING,
    ALLOCATION,
    ADD,
    KEY_WIDTH
};

/* Whether two values exclude each other; both are of the row. */
static inline int pair_refused(const int row[PAIR_OPTIONS])
{
    const int no_content = row[CONTENT] == 1;
    return (no_content && row[LOCATION] == 0) || (no_content && row[ADD] == 1)
           || (row[ALLOCATION] > 0 && row[WRITE] == 3) || (row[ADD] == 1 && row[KEY_WIDTH] == 1);
}

static inline int pair_count(int option)
{
    int n = 0;
    while (pair_values[option][n])
        n++;
    return n;
}

struct pair_table {
    char missing[PAIR_OPTIONS][PAIR_VALUES][PAIR_OPTIONS][PAIR_VALUES]; /* first option first */
    char text[PAIR_ROWS][PAIR_TEXT];
    size_t rows;
};

/* Pairs of `value` with what is set of the row that no row has yet; -1: it may not be there. */
static inline int pair_gain(const struct pair_table *t, int row[PAIR_OPTIONS], int option,
                            int value)
{
    int gain = 0;
    row[option] = value;
    const int refused = pair_refused(row);
    for (int other = 0; other < PAIR_OPTIONS; other++)
        if (other != option && row[other] >= 0)
            gain += other < option ? t->missing[other][row[other]][option][value]
                                   : t->missing[option][value][other][row[other]];
    row[option] = -1;
    return refused ? -1 : gain;
}

static inline void pair_row(struct pair_table *t, int a, int i, int b, int j)
{
    int row[PAIR_OPTIONS];
    t->missing[a][i][b][j] = 0;
    for (int o = 0; o < PAIR_OPTIONS; o++)
        row[o] = -1;
    row[a] = i;
    row[b] = j;
    if (pair_refused(row))
        return;
    for (int o = 0; o < PAIR_OPTIONS; o++) {
        int best = -1, most = -1;
        for (int v = 0; v < pair_count(o) && row[o] < 0; v++) {
            const int gain = pair_gain(t, row, o, v);
            if (gain > most) {
                most = gain;
                best = v;
            }
        }
        if (row[o] < 0)
            row[o] = best;
        assert_true(row[o] >= 0);
    }
    assert_true(t->rows < PAIR_ROWS);
    char *text = t->text[t->rows++];
    /* Slots that differ, or content could not tell them apart. */
    int at = snprintf(text, PAIR_TEXT, "slots=5 width=3 start=random start_scale=0.7");
    for (int o = 0; o < PAIR_OPTIONS; o++) {
        at += snprintf(text + at, PAIR_TEXT - (size_t) at, " %s", pair_values[o][row[o]]);
        for (int p = o + 1; p < PAIR_OPTIONS; p++)
            t->missing[o][row[o]][p][row[p]] = 0;
    }
    assert_true(at < PAIR_TEXT);
}

/* All rows, made at the first call. */
static inline const struct pair_table *pair_table(void)
{
    static struct pair_table table;
    if (table.rows)
        return &table;
    memset(table.missing, 1, sizeof table.missing);
    for (int a = 0; a < PAIR_OPTIONS; a++)
        for (int i = 0; i < pair_count(a); i++)
            for (int b = a + 1; b < PAIR_OPTIONS; b++)
                for (int j = 0; j < pair_count(b); j++)
                    if (table.missing[a][i][b][j])
                        pair_row(&table, a, i, b, j);
    return &table;
}

#endif
