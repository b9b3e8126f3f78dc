#include "memory/sentences.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_heapsort.h>

#include "core/sequence.h"

/* What the block holds, sequence by sequence. */
struct listed {
    size_t words, statements, questions;
    uint32_t *symbol;       /* (words)                                                     */
    size_t *word;           /* (statements + 1): first word; those of a question between    */
    size_t *word_end;       /* (statements)                                                */
    size_t *sequence;       /* (count + 1): first statement                                */
    struct question *asked; /* (questions)                                                 */
};

struct question {
    size_t sequence, place;
    size_t word, word_end;     /* its own words                  */
    size_t memory, memory_end; /* statements it may look at   */
};

void eg_sentence_weight(const struct eg_sentence_rules *rules, size_t j, size_t length, real *level,
                        real *slope)
{
    const double d = (double) rules->dimension;
    double a = 1, b = 0;
    if (rules->encoding == EG_ENCODING_POSITION) {
        const double part = (double) j / (double) length;
        a = 1 - part;
        b = 2 * part - 1;
    } else if (rules->encoding == EG_ENCODING_POSITION_CODE) {
        const double J = (double) rules->words_max + (rules->temporal == EG_TEMPORAL_WORD);
        const double part = ((double) j - (J + 1) / 2) / J;
        a = 1 - 2 * part * (d + 1) / d;
        b = 4 * part;
    }
    *level = (real) a;
    *slope = (real) b;
}

/* The words of sequence `b`. */
static void list_sequence(struct listed *l, const struct eg_words *w, const size_t *base, size_t b)
{
    long sentence = -1, question = 0;
    size_t start = l->words;
    l->sequence[b] = l->statements;
    for (size_t t = 0; t < w->steps && b < w->rows[t]; t++) {
        const size_t row = w->from[t] + b;
        const real *x = w->input + row * EG_COLUMNS;
        const int last = t + 1 == w->steps || b >= w->rows[t + 1];
        if ((long) x[EG_COLUMN_SENTENCE] != sentence) {
            sentence = (long) x[EG_COLUMN_SENTENCE];
            question = x[EG_COLUMN_QUESTION] != 0;
            start = l->words;
        }
        l->symbol[l->words++] = (uint32_t) x[EG_COLUMN_SYMBOL];
        const real *next = last ? NULL : w->input + (w->from[t + 1] + b) * EG_COLUMNS;
        if (!question && (last || (long) next[EG_COLUMN_SENTENCE] != sentence)) {
            l->word[l->statements] = start;
            l->word_end[l->statements++] = l->words;
        }
        if (w->mask[row] != 0)
            l->asked[l->questions++] = (struct question){.sequence = b,
                                                         .place = base[t] + b,
                                                         .word = question ? start : l->words,
                                                         .word_end = l->words,
                                                         .memory = l->sequence[b],
                                                         .memory_end = l->statements};
    }
}

static int by_place(const void *a, const void *b)
{
    const struct question *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Which questions there are, and how many places. */
static int list(struct listed *l, size_t *places, struct eg_arena *arena, const struct eg_words *w)
{
    size_t total = 0, asked = 0;
    size_t *base = eg_arena_take(arena, w->steps * sizeof *base);
    if (!base)
        return EG_RAISE(EG_ERR_NOMEM);
    *places = 0;
    for (size_t t = 0; t < w->steps; t++) {
        base[t] = *places;
        total += w->rows[t];
        *places += w->all_steps || w->asked[t] ? w->rows[t] : 0;
        for (size_t b = 0; b < w->rows[t]; b++)
            asked += w->mask[w->from[t] + b] != 0;
    }
    if (asked == 0)
        return EG_RAISE(EG_ERR_DATA);
    l->symbol = eg_arena_take(arena, total * sizeof *l->symbol);
    l->word = eg_arena_take(arena, total * sizeof *l->word);
    l->word_end = eg_arena_take(arena, total * sizeof *l->word_end);
    l->sequence = eg_arena_take(arena, w->count * sizeof *l->sequence);
    l->asked = eg_arena_take(arena, asked * sizeof *l->asked);
    if (!l->symbol || !l->word || !l->word_end || !l->sequence || !l->asked)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t b = 0; b < w->count; b++)
        list_sequence(l, w, base, b);
    return EG_OK;
}

/* Bags that are being filled. */
struct bag_list {
    size_t n, words;
    size_t *from;
    uint32_t *symbol, *extra;
    real *level, *slope;
};

static int list_room(struct bag_list *l, struct eg_arena *arena, const struct eg_sentence_rules *r,
                     size_t n, size_t words, int extra)
{
    const int weighted = r->encoding != EG_ENCODING_BAG;
    *l = (struct bag_list){.from = eg_arena_take(arena, (n + 1) * sizeof *l->from),
                           .symbol = eg_arena_take(arena, words * sizeof *l->symbol)};
    if (!l->from || !l->symbol)
        return 0;
    l->from[0] = 0;
    if (weighted) {
        l->level = eg_arena_take(arena, words * sizeof *l->level);
        l->slope = eg_arena_take(arena, words * sizeof *l->slope);
    }
    if (extra)
        l->extra = eg_arena_take(arena, n * sizeof *l->extra);
    return (l->level && l->slope) == weighted && (l->extra != NULL) == extra;
}

/* One more bag, of `n` words; a time word follows them if `timed`. */
static void list_add(struct bag_list *l, const struct eg_sentence_rules *r, const uint32_t *symbol,
                     size_t n, int timed)
{
    if (n)
        memcpy(l->symbol + l->words, symbol, n * sizeof *symbol);
    for (size_t j = 0; j < n && l->level; j++)
        eg_sentence_weight(r, j + 1, n + (size_t) timed, &l->level[l->words + j],
                           &l->slope[l->words + j]);
    l->words += n;
    l->from[++l->n] = l->words;
}

static struct eg_bags list_end(const struct bag_list *l, const struct eg_sentence_rules *r)
{
    struct eg_bags bags = {.n = l->n,
                           .from = l->from,
                           .symbol = l->symbol,
                           .level = l->level,
                           .slope = l->slope,
                           .extra = l->extra,
                           .extra_level = 1};
    /* The last word's weight depends on no length of its own. */
    if (r->temporal == EG_TEMPORAL_WORD)
        eg_sentence_weight(r, r->words_max + 1, r->words_max + 1, &bags.extra_level,
                           &bags.extra_slope);
    return bags;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Slots of a memory before they are bags: which statement, oldest first, and how old. */
struct slots {
    size_t n;
    size_t *statement; /* NOTHING: empty */
    uint32_t *age;
};
#define NOTHING SIZE_MAX

/* Empty memories among the statements, from the latest back. */
static void scatter_empty(struct slots *s, const struct eg_sentence_rules *r,
                          const struct question *q, struct eg_stream *stream)
{
    s->n = 0;
    for (size_t i = q->memory_end; i > q->memory && s->n < r->slots; i--) {
        if (eg_stream_uniform(stream) < r->amount)
            s->statement[s->n++] = NOTHING;
        if (s->n < r->slots)
            s->statement[s->n++] = i - 1;
    }
    for (size_t i = 0; i < s->n / 2; i++) {
        const size_t other = s->statement[i];
        s->statement[i] = s->statement[s->n - 1 - i];
        s->statement[s->n - 1 - i] = other;
    }
}

/* n of n + b ages, the latest statement's the lowest. */
static void scatter_ages(struct slots *s, const struct eg_sentence_rules *r,
                         struct eg_stream *stream)
{
    size_t left = s->n, of = s->n;
    of += (size_t) eg_stream_between(stream, 0, (long) ceil(r->amount * (double) s->n));
    for (size_t age = 0; left > 0; age++) {
        const size_t ahead = of - age;
        if ((size_t) eg_stream_between(stream, 0, (long) ahead - 1) < left)
            s->age[--left] = (uint32_t) least(age, r->slots - 1);
    }
}

static void fill_slots(struct slots *s, const struct eg_sentence_rules *r, const struct question *q,
                       struct eg_stream *stream)
{
    s->n = least(q->memory_end - q->memory, r->slots);
    for (size_t i = 0; i < s->n; i++)
        s->statement[i] = q->memory_end - s->n + i;
    if (stream && r->noise == EG_NOISE_EMPTY)
        scatter_empty(s, r, q, stream);
    for (size_t i = 0; i < s->n; i++)
        s->age[i] = (uint32_t) (s->n - 1 - i);
    if (stream && r->noise == EG_NOISE_AGE && s->n)
        scatter_ages(s, r, stream);
}

/* Lists of the plan while they are filled in. */
struct lists {
    size_t *first, *slots, *empty, *group, *place, *number;
};

static void plan_question(struct lists *l, const struct eg_sentence_rules *r,
                          const struct listed *listed, size_t i, size_t first, size_t n)
{
    const struct question *q = &listed->asked[i];
    l->first[i] = first;
    l->slots[i] = n;
    l->empty[i] = r->fill ? r->slots - n : 0;
    l->place[i + 1] = l->place[i] + n;
    l->number[i] = q->memory_end - least(q->memory_end - q->memory, r->slots) - q->memory;
}

/* Each question has bags of its own. */
static int own(struct eg_sentences *out, struct lists *l, struct eg_arena *arena,
               const struct eg_sentence_rules *r, const struct eg_words *w,
               const struct listed *listed, int noisy)
{
    size_t n = 0, words = 0;
    for (size_t i = 0; i < listed->questions; i++) {
        const struct question *q = &listed->asked[i];
        const size_t here = least(q->memory_end - q->memory, r->slots);
        n += noisy && r->noise == EG_NOISE_EMPTY ? least(2 * here, r->slots) : here;
        for (size_t s = q->memory_end - here; s < q->memory_end; s++)
            words += listed->word_end[s] - listed->word[s];
    }
    struct bag_list bags;
    struct slots slots = {.statement = eg_arena_take(arena, r->slots * sizeof *slots.statement),
                          .age = eg_arena_take(arena, r->slots * sizeof *slots.age)};
    if (!slots.statement || !slots.age
        || !list_room(&bags, arena, r, n, words, r->temporal != EG_TEMPORAL_NONE))
        return EG_RAISE(EG_ERR_NOMEM);
    struct eg_stream stream;
    for (size_t i = 0; i < listed->questions; i++) {
        const struct question *q = &listed->asked[i];
        if (noisy && (i == 0 || q->sequence != q[-1].sequence)) {
            const struct eg_draw_key *key = &w->keys[q->sequence];
            eg_stream_open(&stream, key->seed, EG_FOR_NOISE, key->step, key->item);
        }
        fill_slots(&slots, r, q, noisy ? &stream : NULL);
        plan_question(l, r, listed, i, bags.n, slots.n);
        l->group[i] = i;
        for (size_t s = 0; s < slots.n; s++) {
            const size_t st = slots.statement[s];
            if (bags.extra)
                bags.extra[bags.n] = slots.age[s];
            list_add(&bags, r, st == NOTHING ? NULL : listed->symbol + listed->word[st],
                     st == NOTHING ? 0 : listed->word_end[st] - listed->word[st],
                     r->temporal == EG_TEMPORAL_WORD);
        }
    }
    l->group[listed->questions] = listed->questions;
    out->plan.groups = listed->questions;
    out->statements = list_end(&bags, r);
    return EG_OK;
}

/* Questions look at the same bags; their ages come from tables. */
static int shared(struct eg_sentences *out, struct lists *l, struct eg_arena *arena,
                  const struct eg_sentence_rules *r, const struct listed *listed)
{
    struct bag_list bags, ages;
    const int timed = r->temporal != EG_TEMPORAL_NONE;
    if (!list_room(&bags, arena, r, listed->statements, listed->words, 0)
        || !list_room(&ages, arena, r, timed ? r->slots : 0, 0, 1))
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t s = 0; s < listed->statements; s++)
        list_add(&bags, r, listed->symbol + listed->word[s], listed->word_end[s] - listed->word[s],
                 r->temporal == EG_TEMPORAL_WORD);
    for (size_t age = 0; timed && age < r->slots; age++) {
        ages.extra[age] = (uint32_t) age;
        list_add(&ages, r, NULL, 0, 0);
    }
    out->shared = 1;
    out->plan.groups = 0;
    for (size_t i = 0; i < listed->questions; i++) {
        const struct question *q = &listed->asked[i];
        const size_t n = least(q->memory_end - q->memory, r->slots);
        plan_question(l, r, listed, i, q->memory_end - n, n);
        const size_t started = out->plan.groups ? l->group[out->plan.groups - 1] : 0;
        if (i == 0 || q->sequence != q[-1].sequence || i - started == EG_HOP_GROUP)
            l->group[out->plan.groups++] = i;
    }
    l->group[out->plan.groups] = listed->questions;
    out->statements = list_end(&bags, r);
    out->ages = list_end(&ages, r);
    return EG_OK;
}

static int ask(struct eg_sentences *out, struct eg_arena *arena, const struct eg_sentence_rules *r,
               const struct listed *listed)
{
    size_t words = 0;
    struct bag_list bags;
    for (size_t i = 0; i < listed->questions; i++)
        words += listed->asked[i].word_end - listed->asked[i].word;
    if (!list_room(&bags, arena, r, listed->questions, words, 0))
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < listed->questions; i++)
        list_add(&bags, r, listed->symbol + listed->asked[i].word,
                 listed->asked[i].word_end - listed->asked[i].word, 0);
    out->questions = list_end(&bags, r);
    return EG_OK;
}

/* Places in ascending order, and whose they are. */
static int arrange(struct eg_sentences *out, struct eg_arena *arena, const struct listed *listed)
{
    const size_t n = listed->questions;
    struct question *sorted = eg_arena_take(arena, n * sizeof *sorted);
    size_t *place = eg_arena_take(arena, n * sizeof *place);
    uint32_t *order = eg_arena_take(arena, n * sizeof *order);
    if (!sorted || !place || !order)
        return EG_RAISE(EG_ERR_NOMEM);
    memcpy(sorted, listed->asked, n * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i].memory = i;
    gsl_heapsort(sorted, n, sizeof *sorted, by_place);
    int moved = 0;
    for (size_t i = 0; i < n; i++) {
        place[i] = sorted[i].place;
        order[i] = (uint32_t) sorted[i].memory;
        moved |= sorted[i].memory != i;
    }
    out->place = place;
    out->order = moved ? order : NULL;
    return EG_OK;
}

int eg_sentences_make(struct eg_sentences *out, struct eg_arena *arena,
                      const struct eg_sentence_rules *rules, const struct eg_words *words)
{
    struct listed listed = {0};
    *out = (struct eg_sentences){0};
    int ret = list(&listed, &out->places, arena, words);
    if (ret)
        return ret;
    const size_t n = listed.questions;
    int alone = 1; /* no sequence has two questions: they can be put in order of place */
    for (size_t i = 1; i < n; i++)
        alone &= listed.asked[i].sequence != listed.asked[i - 1].sequence;
    if (alone)
        gsl_heapsort(listed.asked, n, sizeof *listed.asked, by_place);
    struct lists l;
    size_t *room = eg_arena_take(arena, (6 * n + 2) * sizeof *room);
    if (!room)
        return EG_RAISE(EG_ERR_NOMEM);
    l.first = room;
    l.slots = room + n;
    l.empty = room + 2 * n;
    l.number = room + 3 * n;
    l.group = room + 4 * n;
    l.place = room + 5 * n + 1;
    l.place[0] = 0;
    const int noisy = words->keys && rules->noise != EG_NOISE_NONE;
    if (alone || noisy)
        ret = own(out, &l, arena, rules, words, &listed, noisy);
    else
        ret = shared(out, &l, arena, rules, &listed);
    if (ret || (ret = ask(out, arena, rules, &listed)) || (ret = arrange(out, arena, &listed)))
        return ret;
    out->first = l.number;
    out->plan.questions = n;
    out->plan.first = l.first;
    out->plan.slots = l.slots;
    out->plan.empty = l.empty;
    out->plan.group = l.group;
    out->plan.place = l.place;
    return EG_OK;
}
