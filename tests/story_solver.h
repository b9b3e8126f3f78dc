/* tests/story_solver.h -- answers to the questions of babi-like, found in another way.
 *
 * Where the task follows what happens from the first statement on, this looks for what is asked
 * from the last one back; grids are filled in by going over the statements until nothing new is
 * known.  Statements can be left out. */
#ifndef EG_TESTS_STORY_SOLVER_H
#define EG_TESTS_STORY_SOLVER_H

#include "tests/story_sample.h"

enum { SENTENCES = 101, WORDS = 12, GRID = 40 };

struct told {
    size_t statements;
    size_t words[SENTENCES];
    const char *word[SENTENCES][WORDS]; /* the question is the last */
    uint8_t left_out[SENTENCES];
};

static inline void tell(struct told *t, const struct sample *f, const struct eg_sequence *s)
{
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < s->steps; i++) {
        const size_t sentence = column(s, i, EG_COLUMN_SENTENCE), place = t->words[sentence]++;
        assert_true(sentence < SENTENCES && place < WORDS);
        assert_int_equal(column(s, i, EG_COLUMN_PLACE), place);
        t->word[sentence][place] = f->shape.symbol_words[column(s, i, EG_COLUMN_SYMBOL)];
        t->statements = sentence;
    }
}

static inline int same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static inline const char *last_word(const struct told *t, size_t i)
{
    return t->word[i][t->words[i] - 1];
}

/* --- people, places and things --- */

static inline int is_move(const struct told *t, size_t i)
{
    return same(t->word[i][2], "to");
}

static inline int is_take(const struct told *t, size_t i)
{
    return same(t->word[i][1], "took") || same(t->word[i][1], "lifted");
}

/* Where somebody is after the first n statements; NULL: unknown. */
static inline const char *person_at(const struct told *t, const char *person, size_t n)
{
    while (n-- > 0)
        if (!t->left_out[n] && is_move(t, n) && same(t->word[n][0], person))
            return last_word(t, n);
    return NULL;
}

static inline const char *thing_at(const struct told *t, const char *thing, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (!t->left_out[i] && !is_move(t, i) && same(last_word(t, i), thing))
            return person_at(t, t->word[i][0], is_take(t, i) ? n : i);
    return NULL;
}

static inline const char *thing_before(const struct told *t, const char *thing, const char *place)
{
    for (size_t n = t->statements; n > 0; n--)
        if (same(thing_at(t, thing, n), place) && !same(thing_at(t, thing, n - 1), place))
            return thing_at(t, thing, n - 1);
    return NULL;
}

/* The last of what somebody did to each thing, and the first of its kind wins. */
static inline const char *carried(const struct told *t, const char *person, int count, char *list)
{
    static const char *const numbers[] = {"none", "one", "two", "three", "more"};
    size_t n = 0, touched = 0;
    *list = '\0';
    for (size_t i = 0; i < t->statements; i++) {
        if (t->left_out[i] || is_move(t, i) || !same(t->word[i][0], person))
            continue;
        int last = 1;
        for (size_t k = i + 1; k < t->statements; k++)
            last &= t->left_out[k] || is_move(t, k) || !same(t->word[k][0], person)
                    || !same(last_word(t, k), last_word(t, i));
        touched++;
        if (last && is_take(t, i)) {
            strcat(list, n++ ? "," : "");
            strcat(list, last_word(t, i));
        }
    }
    if (!touched)
        return NULL;
    return count ? numbers[n < 4 ? n : 4] : n ? list : "nothing";
}

/* --- grids --- */

/* The name of a thing that begins at *at: one word after "the", or two before `end`. */
static inline void name_at(const struct told *t, size_t i, size_t from, size_t to, char name[GRID])
{
    *name = '\0';
    for (size_t k = from; k < to; k++) {
        strcat(name, k > from ? " " : "");
        strcat(name, t->word[i][k]);
    }
}

/* Which way, as a letter: e, w, n or s; 0: the word is none. */
static inline int letter_of(const char *word)
{
    static const char *const words[] = {"right", "left", "above", "below",
                                        "east",  "west", "north", "south"};
    for (size_t i = 0; i < 8; i++)
        if (same(word, words[i]))
            return "ewns"[i % 4];
    return 0;
}

/* "the A is [way] (of) the B": false where the statement was left out. */
static inline int read_edge(const struct told *t, size_t i, char a[GRID], char b[GRID], int *way)
{
    size_t is = 0, the;
    if (t->left_out[i])
        return 0;
    while (!same(t->word[i][is], "is"))
        is++;
    *way = letter_of(t->word[i][is + 1]);
    assert_true(*way);
    the = is + 2;
    while (!same(t->word[i][the], "the"))
        the++;
    name_at(t, i, 1, is, a);
    name_at(t, i, the + 1, t->words[i], b);
    return 1;
}

struct grid {
    size_t n;
    char name[GRID][GRID];
    int x[GRID], y[GRID];
    char way[GRID][GRID]; /* from the start */
};

static inline int find_name(const struct grid *g, const char *name)
{
    for (size_t i = 0; i < g->n; i++)
        if (same(g->name[i], name))
            return (int) i;
    return -1;
}

static inline int opposite(int way)
{
    return way == 'e' ? 'w' : way == 'w' ? 'e' : way == 'n' ? 's' : 'n';
}

static inline void add_name(struct grid *g, int from, const char *name, int way)
{
    const size_t i = g->n++;
    strcpy(g->name[i], name);
    g->x[i] = g->x[from] + (way == 'e') - (way == 'w');
    g->y[i] = g->y[from] + (way == 'n') - (way == 's');
    strcpy(g->way[i], g->way[from]);
    strcat(g->way[i], *g->way[i] ? "," : "");
    strncat(g->way[i], &(const char){(char) way}, 1);
}

/* All that can be reached from `start`. */
static inline void fill_grid(struct grid *g, const struct told *t, const char *start)
{
    memset(g, 0, sizeof *g);
    strcpy(g->name[g->n++], start);
    for (size_t before = 0; before < g->n;) {
        before = g->n;
        for (size_t i = 0; i < t->statements; i++) {
            char a[GRID], b[GRID];
            int way;
            if (!read_edge(t, i, a, b, &way))
                continue;
            const int ia = find_name(g, a), ib = find_name(g, b);
            if (ia >= 0 && ib < 0) /* a lies `way` of b: from a to b it is the other way */
                add_name(g, ia, b, opposite(way));
            else if (ia < 0 && ib >= 0)
                add_name(g, ib, a, way);
        }
    }
}

static inline const char *position(const struct told *t)
{
    static struct grid g;
    const size_t q = t->statements;
    char a[GRID], b[GRID];
    size_t way = 0, the;
    while (!letter_of(t->word[q][way]))
        way++;
    the = way;
    while (!same(t->word[q][the], "the"))
        the++;
    name_at(t, q, 2, way, a);
    name_at(t, q, the + 1, t->words[q], b);
    fill_grid(&g, t, b);
    const int i = find_name(&g, a), c = letter_of(t->word[q][way]);
    if (i < 0)
        return NULL;
    const int along = c == 'e' ? g.x[i] : c == 'w' ? -g.x[i] : c == 'n' ? g.y[i] : -g.y[i];
    return along > 0 ? "yes" : along < 0 ? "no" : NULL;
}

/* "how do you go from the A to the B" */
static inline const char *path(const struct told *t, char answer[GRID])
{
    static struct grid g;
    const size_t q = t->statements;
    fill_grid(&g, t, t->word[q][6]);
    const int i = find_name(&g, t->word[q][9]);
    if (i < 0)
        return NULL;
    strcpy(answer, g.way[i]);
    return answer;
}

/* --- animals --- */

/* What "NAME is a KIND" says; NULL: nothing. */
static inline const char *kind_of(const struct told *t, const char *name)
{
    for (size_t i = 0; i < t->statements; i++)
        if (!t->left_out[i] && same(t->word[i][0], name) && t->words[i] == 4)
            return t->word[i][3];
    return NULL;
}

static inline const char *scared_of(const struct told *t, const char *name)
{
    const char *const kind = kind_of(t, name);
    for (size_t i = 0; i < t->statements && kind; i++)
        if (!t->left_out[i] && same(t->word[i][2], "scared")
            && (!strncmp(t->word[i][0], kind, strlen(kind))
                || (same(kind, "goose") && same(t->word[i][0], "geese"))))
            return t->word[i][4];
    return NULL;
}

static inline const char *colour_of(const struct told *t, const char *name)
{
    const char *const kind = kind_of(t, name), *found = NULL;
    for (size_t i = 0; i < t->statements && kind; i++) /* NAME is COLOUR */
        if (!t->left_out[i] && t->words[i] == 3 && same(kind_of(t, t->word[i][0]), kind)) {
            assert_true(!found || same(found, t->word[i][2]));
            found = t->word[i][2];
        }
    return found;
}

/* --- */

/* NULL where the statements do not say. */
static inline const char *solve(const struct told *t, char answer[256])
{
    const size_t n = t->statements, size = t->words[n];
    const char *const *q = t->word[n];
    if (same(q[0], "where") && same(q[1], "was"))
        return thing_before(t, q[3], q[6]);
    if (same(q[0], "where"))
        return size == 3 ? person_at(t, q[2], n) : thing_at(t, q[3], n);
    if (same(q[0], "is") && same(q[1], "the"))
        return position(t);
    if (same(q[0], "is")) {
        const char *const place = person_at(t, q[1], n);
        return !place ? NULL : same(place, q[4]) ? "yes" : "no";
    }
    if (same(q[0], "how") && same(q[1], "many"))
        return carried(t, q[4], 1, answer);
    if (same(q[0], "how"))
        return path(t, answer);
    if (same(q[1], "does"))
        return carried(t, q[2], 0, answer);
    if (same(q[1], "colour"))
        return colour_of(t, q[3]);
    assert_true(same(q[3], "scared"));
    return scared_of(t, q[2]);
}

#endif
