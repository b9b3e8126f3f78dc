/* tasks/babi_like_world.c -- stories of people who walk from place to place and carry things.
 *
 * Nobody is anywhere before a statement says so, and only who is somewhere takes a thing: one that
 * lies there, or one of which nothing was said yet.  A thing is where its bearer is, or where it
 * was dropped. */
#include <stdio.h>
#include <string.h>

#include "tasks/babi_like.h"

const char *const eg_draft_people[EG_DRAFT_NAMES] = {"Anna",  "Boris", "Clara", "David",
                                                     "Elena", "Felix", "Greta", "Hugo"};
const char *const eg_draft_places[EG_DRAFT_NAMES] = {"attic",   "cellar", "library", "market",
                                                     "harbour", "garage", "orchard", "station"};
static const char *const objects[EG_DRAFT_NAMES] = {"lantern", "key",    "map", "basket",
                                                    "violin",  "hammer", "cup", "letter"};
static const char *const moves[] = {"walked to", "ran to", "hurried to", "strolled to"};
static const char *const takes[] = {"took", "lifted"};
static const char *const drops[] = {"dropped", "laid down"};

struct world;

enum { NONE = -1, ARRIVALS = EG_DRAFT_STATEMENTS };

/* A thing came from one place to another: how it is known. */
struct arrival {
    int from, to;
    size_t fact[3];
};

struct thing {
    int bearer, place; /* NONE: nobody; unknown */
    size_t taken,
        known[2]; /* statements: its last taking; where it lies: dropped, and moved before */
    struct arrival arrival[ARRIVALS];
    size_t arrivals;
};

/* What a kind of story is about; of 100 statements so many take and drop, where that can be. */
struct rule {
    bool (*ask)(struct world *); /* false where there is nothing to ask */
    size_t takes, drops;
    size_t carries; /* a person carries so many things at most           */
    size_t few;     /* 1: half of the people, so that they can carry more */
};

struct world {
    struct eg_draft *draft;
    int place[EG_DRAFT_NAMES];
    size_t moved[EG_DRAFT_NAMES];                /* statement of the last move         */
    int touched[EG_DRAFT_NAMES][EG_DRAFT_NAMES]; /* person, thing: the last statement */
    struct thing thing[EG_DRAFT_NAMES];
    const struct rule *rule;
};

static void begin(struct world *w, struct eg_draft *draft, const struct rule *rule)
{
    *w = (struct world){.draft = draft, .rule = rule};
    for (size_t i = 0; i < EG_DRAFT_NAMES; i++) {
        w->place[i] = w->thing[i].bearer = w->thing[i].place = NONE;
        for (size_t k = 0; k < EG_DRAFT_NAMES; k++)
            w->touched[i][k] = NONE;
    }
}

/* --- what happens --- */

static void move(struct world *w, size_t person)
{
    struct eg_draft *const d = w->draft;
    const int from = w->place[person];
    size_t to = eg_draft_draw(d, d->places - (from != NONE));
    to += from != NONE && to >= (size_t) from;
    const size_t before = w->moved[person];
    const size_t now = eg_draft_say(d, "%s %s the %s.", eg_draft_people[person],
                                    moves[eg_draft_draw(d, 4)], eg_draft_places[to]);
    w->place[person] = (int) to;
    w->moved[person] = now;
    for (size_t i = 0; i < d->objects; i++) {
        struct thing *const t = &w->thing[i];
        if (t->bearer == (int) person)
            t->arrival[t->arrivals++] = (struct arrival){from, (int) to, {t->taken, before, now}};
    }
}

/* One of the things that `allowed` marks; NONE where there is none. */
static int draw_thing(struct world *w, const bool *allowed)
{
    size_t n = 0;
    for (size_t i = 0; i < w->draft->objects; i++)
        n += allowed[i];
    if (n == 0)
        return NONE;
    size_t k = eg_draft_draw(w->draft, n);
    for (size_t i = 0;; i++)
        if (allowed[i] && k-- == 0)
            return (int) i;
}

static bool take(struct world *w, size_t person)
{
    struct eg_draft *const d = w->draft;
    bool allowed[EG_DRAFT_NAMES] = {false};
    size_t carried = 0;
    for (size_t i = 0; i < d->objects; i++) {
        const struct thing *const t = &w->thing[i];
        carried += t->bearer == (int) person;
        allowed[i] = t->bearer == NONE && (t->place == NONE || t->place == w->place[person]);
    }
    const int i = draw_thing(w, allowed);
    if (w->place[person] == NONE || carried >= w->rule->carries || i == NONE)
        return false;
    struct thing *const t = &w->thing[i];
    t->bearer = (int) person;
    t->place = NONE;
    t->taken = eg_draft_say(d, "%s %s the %s.", eg_draft_people[person], takes[eg_draft_draw(d, 2)],
                            objects[i]);
    w->touched[person][i] = (int) t->taken;
    return true;
}

static bool drop(struct world *w, size_t person)
{
    struct eg_draft *const d = w->draft;
    bool allowed[EG_DRAFT_NAMES] = {false};
    for (size_t i = 0; i < d->objects; i++)
        allowed[i] = w->thing[i].bearer == (int) person;
    const int i = draw_thing(w, allowed);
    if (i == NONE)
        return false;
    struct thing *const t = &w->thing[i];
    t->bearer = NONE;
    t->place = w->place[person];
    t->known[0] = eg_draft_say(d, "%s %s the %s.", eg_draft_people[person],
                               drops[eg_draft_draw(d, 2)], objects[i]);
    t->known[1] = w->moved[person];
    w->touched[person][i] = (int) t->known[0];
    return true;
}

/* Who cannot take or drop anything moves. */
static void happen(struct world *w)
{
    const size_t people = (w->draft->people + w->rule->few) / (1 + w->rule->few);
    const size_t person = eg_draft_draw(w->draft, people);
    const size_t what = eg_draft_draw(w->draft, 100);
    if (what < w->rule->takes && take(w, person))
        return;
    if (what >= 100 - w->rule->drops && drop(w, person))
        return;
    move(w, person);
}

/* --- what is asked: false where there is nothing to ask --- */

/* Somebody who is somewhere; there is one after the first statement. */
static size_t draw_person(struct world *w)
{
    for (;;) {
        const size_t person = eg_draft_draw(w->draft, w->draft->people);
        if (w->place[person] != NONE)
            return person;
    }
}

static bool ask_place(struct world *w)
{
    const size_t person = draw_person(w);
    eg_draft_support(eg_draft_ask(w->draft, eg_draft_places[w->place[person]], "Where is %s?",
                                  eg_draft_people[person]),
                     w->moved[person]);
    return true;
}

static bool ask_whether(struct world *w)
{
    struct eg_draft *const d = w->draft;
    const size_t person = draw_person(w), place = (size_t) w->place[person];
    const bool yes = eg_draft_draw(d, 2);
    size_t other = eg_draft_draw(d, d->places - 1);
    other += other >= place;
    eg_draft_support(eg_draft_ask(d, yes ? "yes" : "no", "Is %s in the %s?",
                                  eg_draft_people[person], eg_draft_places[yes ? place : other]),
                     w->moved[person]);
    return true;
}

static bool ask_thing(struct world *w)
{
    bool allowed[EG_DRAFT_NAMES];
    for (size_t i = 0; i < EG_DRAFT_NAMES; i++)
        allowed[i] = w->thing[i].bearer != NONE || w->thing[i].place != NONE;
    const int i = draw_thing(w, allowed);
    if (i == NONE)
        return false;
    const struct thing *const t = &w->thing[i];
    const int place = t->bearer != NONE ? w->place[t->bearer] : t->place;
    struct eg_draft_question *const q =
        eg_draft_ask(w->draft, eg_draft_places[place], "Where is the %s?", objects[i]);
    eg_draft_support(q, t->bearer != NONE ? t->taken : t->known[0]);
    eg_draft_support(q, t->bearer != NONE ? w->moved[t->bearer] : t->known[1]);
    return true;
}

/* The last arrival at a place is asked for: one of those after which there is no other there. */
static bool ask_before(struct world *w)
{
    bool allowed[EG_DRAFT_NAMES];
    for (size_t i = 0; i < EG_DRAFT_NAMES; i++)
        allowed[i] = w->thing[i].arrivals > 0;
    const int i = draw_thing(w, allowed);
    if (i == NONE)
        return false;
    const struct thing *const t = &w->thing[i];
    size_t last = eg_draft_draw(w->draft, t->arrivals);
    for (size_t k = last + 1; k < t->arrivals; k++)
        if (t->arrival[k].to == t->arrival[last].to)
            last = k;
    const struct arrival *const a = &t->arrival[last];
    struct eg_draft_question *const q =
        eg_draft_ask(w->draft, eg_draft_places[a->from], "Where was the %s before the %s?",
                     objects[i], eg_draft_places[a->to]);
    for (size_t k = 0; k < 3; k++)
        eg_draft_support(q, a->fact[k]);
    return true;
}

/* Somebody who has taken something; NONE where nobody has.  Every number of things that someone
 * carries is as likely as any other, or most would carry one. */
static int draw_bearer(struct world *w)
{
    const struct eg_draft *const d = w->draft;
    size_t carried[EG_DRAFT_NAMES] = {0}, with[EG_DRAFT_NAMES + 1] = {0}, numbers = 0;
    bool active[EG_DRAFT_NAMES] = {false};
    for (size_t p = 0; p < d->people; p++) {
        for (size_t i = 0; i < d->objects; i++) {
            carried[p] += w->thing[i].bearer == (int) p;
            active[p] |= w->touched[p][i] != NONE;
        }
        numbers += active[p] && with[carried[p]] == 0;
        with[carried[p]] += active[p];
    }
    if (numbers == 0)
        return NONE;
    size_t number = 0;
    for (size_t k = eg_draft_draw(w->draft, numbers); with[number] == 0 || k-- > 0;)
        number++;
    size_t k = eg_draft_draw(w->draft, with[number]);
    for (size_t p = 0;; p++)
        if (active[p] && carried[p] == number && k-- == 0)
            return (int) p;
}

/* Facts are the last that was done to each thing. */
static bool ask_carried(struct world *w, bool count)
{
    static const char *const numbers[] = {"none", "one", "two", "three"};
    struct eg_draft *const d = w->draft;
    const int person = draw_bearer(w);
    size_t n = 0;
    if (person == NONE)
        return false;
    char list[EG_DRAFT_LINE] = "";
    for (size_t now = 0; now < d->statements; now++) /* in the order in which they were taken */
        for (size_t i = 0; i < d->objects; i++)
            if (w->thing[i].bearer == person && w->thing[i].taken == now) {
                const size_t used = strlen(list);
                snprintf(list + used, sizeof list - used, "%s%s", n++ ? "," : "", objects[i]);
            }
    struct eg_draft_question *const q =
        count
            ? eg_draft_ask(d, numbers[n], "How many things does %s carry?", eg_draft_people[person])
            : eg_draft_ask(d, n ? list : "nothing", "What does %s carry?", eg_draft_people[person]);
    for (size_t i = 0; i < d->objects; i++)
        if (w->touched[person][i] != NONE)
            eg_draft_support(q, (size_t) w->touched[person][i]);
    return true;
}

static bool ask_number(struct world *w)
{
    return ask_carried(w, true);
}

static bool ask_list(struct world *w)
{
    return ask_carried(w, false);
}

/* --- the kinds --- */

/* Questions stand as evenly as they can; one that finds nothing to ask is left out, but the last
 * has to be there. */
static bool make(struct eg_draft *d, const struct rule *rule)
{
    struct world w;
    size_t next = 1;
    begin(&w, d, rule);
    while (d->statements < d->length) {
        happen(&w);
        if (d->statements == d->length)
            return rule->ask(&w);
        if (d->statements >= (d->length * next + d->asked - 1) / d->asked) {
            rule->ask(&w);
            next++;
        }
    }
    return false;
}

static bool make_one_fact(struct eg_draft *d)
{
    return make(d, &(struct rule){.ask = ask_place});
}

static bool make_two_facts(struct eg_draft *d)
{
    return make(d, &(struct rule){ask_thing, 30, 15, EG_DRAFT_NAMES, 0});
}

static bool make_three_facts(struct eg_draft *d)
{
    return make(d, &(struct rule){ask_before, 30, 15, EG_DRAFT_NAMES, 0});
}

static bool make_yes_no(struct eg_draft *d)
{
    return make(d, &(struct rule){.ask = ask_whether});
}

static bool make_counting(struct eg_draft *d)
{
    return make(d, &(struct rule){ask_number, 60, 20, 3, 1});
}

static bool make_lists(struct eg_draft *d)
{
    return make(d, &(struct rule){ask_list, 60, 20, 2, 1});
}

enum { MOST = EG_DRAFT_STATEMENTS };
const struct eg_story_kind eg_story_kind_one_fact = {"one-fact", make_one_fact, 1, MOST};
const struct eg_story_kind eg_story_kind_two_facts = {"two-facts", make_two_facts, 2, MOST};
const struct eg_story_kind eg_story_kind_three_facts = {"three-facts", make_three_facts, 3, MOST};
const struct eg_story_kind eg_story_kind_yes_no = {"yes-no", make_yes_no, 1, MOST};
const struct eg_story_kind eg_story_kind_counting = {"counting", make_counting, 2, MOST};
const struct eg_story_kind eg_story_kind_lists = {"lists", make_lists, 2, MOST};
