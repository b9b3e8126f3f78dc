/* tasks/babi_like_logic.c -- stories that say how things are, in any order; questions come last.
 *
 *     positions   things on a grid, each one step from another: is this one left of that one?
 *     paths       places on a grid, each next to another: how to go from here to there?
 *     deduction   what a kind is scared of, and who is of that kind
 *     induction   all of one kind have the colour of those of whom it is said
 *
 * Positions and paths are trees: there is one way from one thing to another, of two steps in what
 * is asked, and its two statements are the supporting facts. */
#include <stdio.h>
#include <string.h>

#include "tasks/babi_like.h"

enum { COLOURS = 4, SHAPES = 4, THINGS = COLOURS * SHAPES };

static const char *const colours[COLOURS] = {"red", "blue", "green", "yellow"};
static const char *const shapes[SHAPES] = {"disc", "cube", "star", "cone"};

/* --- trees on a grid --- */

enum direction { EAST, WEST, NORTH, SOUTH, DIRECTIONS }; /* the opposite: ^ 1 */

static const int step_x[DIRECTIONS] = {1, -1, 0, 0}, step_y[DIRECTIONS] = {0, 0, 1, -1};

struct tree {
    size_t nodes;
    size_t name[THINGS];   /* of each node                                     */
    size_t parent[THINGS]; /* of nodes but the first                           */
    int direction[THINGS]; /* the node lies in that direction from its parent  */
    int x[THINGS], y[THINGS];
    size_t statement[THINGS]; /* that says so */
};

static bool is_free(const struct tree *t, size_t nodes, int x, int y)
{
    for (size_t i = 0; i < nodes; i++)
        if (t->x[i] == x && t->y[i] == y)
            return false;
    return true;
}

/* No two nodes at one place, so that they can be told apart. */
static void grow(struct eg_draft *d, struct tree *t, size_t names)
{
    size_t order[THINGS];
    eg_draft_shuffle(d, order, names);
    t->nodes = d->length + 1;
    t->x[0] = t->y[0] = 0;
    for (size_t i = 0; i < t->nodes; i++) {
        t->name[i] = order[i];
        while (i > 0) {
            const size_t parent = eg_draft_draw(d, i);
            const int way = (int) eg_draft_draw(d, DIRECTIONS);
            const int x = t->x[parent] + step_x[way], y = t->y[parent] + step_y[way];
            if (!is_free(t, i, x, y))
                continue;
            t->parent[i] = parent;
            t->direction[i] = way;
            t->x[i] = x;
            t->y[i] = y;
            break;
        }
    }
}

/* One step from a to b: the direction, and the statement that says so; false: there is none. */
static bool step(const struct tree *t, size_t a, size_t b, int *direction, size_t *statement)
{
    if (b > 0 && t->parent[b] == a) {
        *direction = t->direction[b];
        *statement = t->statement[b];
        return true;
    }
    if (a > 0 && t->parent[a] == b) {
        *direction = t->direction[a] ^ 1;
        *statement = t->statement[a];
        return true;
    }
    return false;
}

struct way {
    size_t from, to, statement[2];
    int direction[2];
};

/* Two nodes that are two steps apart. */
static void draw_way(struct eg_draft *d, const struct tree *t, struct way *w)
{
    for (;;) {
        w->from = eg_draft_draw(d, t->nodes);
        w->to = eg_draft_draw(d, t->nodes);
        for (size_t via = 0; via < t->nodes && w->from != w->to; via++)
            if (step(t, w->from, via, &w->direction[0], &w->statement[0])
                && step(t, via, w->to, &w->direction[1], &w->statement[1]))
                return;
    }
}

static const char *thing_name(size_t thing, char text[EG_DRAFT_LINE])
{
    snprintf(text, EG_DRAFT_LINE, "%s %s", colours[thing / SHAPES], shapes[thing % SHAPES]);
    return text;
}

static const char *place_name(size_t place, char text[EG_DRAFT_LINE])
{
    snprintf(text, EG_DRAFT_LINE, "%s", eg_draft_places[place]);
    return text;
}

/* Each edge as a statement, from one of its ends or the other. */
static void say_tree(struct eg_draft *d, struct tree *t, const char *const *words,
                     const char *(*name)(size_t, char[EG_DRAFT_LINE]))
{
    size_t order[THINGS];
    char a[EG_DRAFT_LINE], b[EG_DRAFT_LINE];
    eg_draft_shuffle(d, order, t->nodes - 1);
    for (size_t k = 0; k + 1 < t->nodes; k++) {
        const size_t i = order[k] + 1, parent = t->parent[i];
        const bool turned = eg_draft_draw(d, 2);
        name(t->name[turned ? parent : i], a);
        name(t->name[turned ? i : parent], b);
        t->statement[i] =
            eg_draft_say(d, "The %.30s is %s the %.30s.", a, words[t->direction[i] ^ turned], b);
    }
}

static bool make_positions(struct eg_draft *d)
{
    static const char *const words[DIRECTIONS] = {"right of", "left of", "above", "below"};
    struct tree t = {0};
    grow(d, &t, THINGS);
    say_tree(d, &t, words, thing_name);
    while (d->questions < d->asked) {
        struct way w;
        char a[EG_DRAFT_LINE], b[EG_DRAFT_LINE];
        draw_way(d, &t, &w);
        const int dx = t.x[w.to] - t.x[w.from], dy = t.y[w.to] - t.y[w.from];
        const bool across = dx && (!dy || eg_draft_draw(d, 2)), yes = eg_draft_draw(d, 2);
        /* Where `from` lies, seen from `to`. */
        const int truth = across ? (dx < 0 ? EAST : WEST) : (dy < 0 ? NORTH : SOUTH);
        struct eg_draft_question *const q = eg_draft_ask(
            d, yes ? "yes" : "no", "Is the %.30s %s the %.30s?", thing_name(t.name[w.from], a),
            words[yes ? truth : truth ^ 1], thing_name(t.name[w.to], b));
        eg_draft_support(q, w.statement[0]);
        eg_draft_support(q, w.statement[1]);
    }
    return true;
}

static bool make_paths(struct eg_draft *d)
{
    static const char *const words[DIRECTIONS] = {"east of", "west of", "north of", "south of"};
    static const char letters[] = "ewns";
    struct tree t = {0};
    grow(d, &t, EG_DRAFT_NAMES);
    say_tree(d, &t, words, place_name);
    while (d->questions < d->asked) {
        struct way w;
        draw_way(d, &t, &w);
        const char answer[] = {letters[w.direction[0]], ',', letters[w.direction[1]], '\0'};
        struct eg_draft_question *const q =
            eg_draft_ask(d, answer, "How do you go from the %s to the %s?",
                         eg_draft_places[t.name[w.from]], eg_draft_places[t.name[w.to]]);
        eg_draft_support(q, w.statement[0]);
        eg_draft_support(q, w.statement[1]);
    }
    return true;
}

/* --- kinds of animals --- */

static const struct {
    const char *one, *many;
} animals[EG_DRAFT_NAMES] = {{"an otter", "Otters"},  {"a hawk", "Hawks"}, {"a fox", "Foxes"},
                             {"a snake", "Snakes"},   {"an owl", "Owls"},  {"a bear", "Bears"},
                             {"a rabbit", "Rabbits"}, {"a goose", "Geese"}};

/* Half of the statements are about kinds of animals; each is scared of one other. */
static bool make_deduction(struct eg_draft *d)
{
    const size_t kinds = d->length / 2, names = d->length - kinds;
    size_t kind[EG_DRAFT_NAMES], who[EG_DRAFT_NAMES], order[2 * EG_DRAFT_NAMES];
    size_t scared[EG_DRAFT_NAMES], of[EG_DRAFT_NAMES], statement[2 * EG_DRAFT_NAMES];
    eg_draft_shuffle(d, kind, EG_DRAFT_NAMES);
    eg_draft_shuffle(d, who, EG_DRAFT_NAMES);
    eg_draft_shuffle(d, order, d->length);
    for (size_t i = 0; i < kinds; i++) {
        scared[i] = eg_draft_draw(d, kinds - 1);
        scared[i] += scared[i] >= i;
    }
    for (size_t i = 0; i < names; i++)
        of[i] = eg_draft_draw(d, kinds);
    for (size_t k = 0; k < d->length; k++) {
        const size_t i = order[k];
        statement[i] = i < kinds ? eg_draft_say(d, "%s are scared of %s.", animals[kind[i]].many,
                                                animals[kind[scared[i]]].many)
                                 : eg_draft_say(d, "%s is %s.", eg_draft_people[who[i - kinds]],
                                                animals[kind[of[i - kinds]]].one);
    }
    for (size_t i = 0; i < names && i < d->asked; i++) {
        struct eg_draft_question *const q = eg_draft_ask(
            d, animals[kind[scared[of[i]]]].many, "What is %s scared of?", eg_draft_people[who[i]]);
        eg_draft_support(q, statement[kinds + i]);
        eg_draft_support(q, statement[of[i]]);
    }
    return true;
}

/* `known` have a kind and a colour, one or two have only a kind, which one of the known has too. */
static bool make_induction(struct eg_draft *d)
{
    const size_t known = (d->length - 1) / 2, names = d->length - known;
    size_t who[EG_DRAFT_NAMES], kind[EG_DRAFT_NAMES], colour[EG_DRAFT_NAMES];
    size_t order[2 * EG_DRAFT_NAMES], statement[2 * EG_DRAFT_NAMES];
    eg_draft_shuffle(d, who, EG_DRAFT_NAMES);
    eg_draft_shuffle(d, order, d->length);
    for (size_t i = 0; i < EG_DRAFT_NAMES; i++)
        colour[i] = eg_draft_draw(d, COLOURS);
    for (size_t i = 0; i < names; i++)
        kind[i] = i < known ? eg_draft_draw(d, EG_DRAFT_NAMES) : kind[eg_draft_draw(d, known)];
    for (size_t k = 0; k < d->length; k++) {
        const size_t i = order[k];
        statement[i] =
            i < names ? eg_draft_say(d, "%s is %s.", eg_draft_people[who[i]], animals[kind[i]].one)
                      : eg_draft_say(d, "%s is %s.", eg_draft_people[who[i - names]],
                                     colours[colour[kind[i - names]]]);
    }
    for (size_t i = known; i < names && i - known < d->asked; i++) {
        size_t other = 0;
        while (kind[other] != kind[i])
            other++;
        struct eg_draft_question *const q = eg_draft_ask(
            d, colours[colour[kind[i]]], "What colour is %s?", eg_draft_people[who[i]]);
        eg_draft_support(q, statement[i]);
        eg_draft_support(q, statement[other]);
        eg_draft_support(q, statement[names + other]);
    }
    return true;
}

const struct eg_story_kind eg_story_kind_positions = {"positions", make_positions, 2, THINGS - 1};
const struct eg_story_kind eg_story_kind_paths = {"paths", make_paths, 2, EG_DRAFT_NAMES - 1};
const struct eg_story_kind eg_story_kind_deduction = {"deduction", make_deduction, 4,
                                                      2 * EG_DRAFT_NAMES};
const struct eg_story_kind eg_story_kind_induction = {"induction", make_induction, 3,
                                                      2 * EG_DRAFT_NAMES - 1};
