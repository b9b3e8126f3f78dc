/* tasks/stories_task.c -- stories as a task: which questions are trained on, and sequences of them.
 *
 * The last 10 % of each training file would do as a split too; but files of stories are often in
 * some order, and the paper does not say which tenth it kept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/parts.h"
#include "tasks/stories.h"

/* --- the split --- */

/* Questions of one story stand side by side and have `first` in common. */
struct run {
    uint32_t question, count;
};

static size_t list_stories(const struct eg_stories *s, size_t group, struct run *runs)
{
    const size_t trained = s->questions - s->tests;
    size_t n = 0;
    for (size_t i = 0, next; i < trained; i = next) {
        for (next = i + 1; next < trained && s->question[next].first == s->question[i].first;)
            next++;
        if (s->question[i].group == group)
            runs[n++] = (struct run){(uint32_t) i, (uint32_t) (next - i)};
    }
    return n;
}

static void choose(struct run *runs, size_t n, double part, size_t group, uint8_t *validates)
{
    struct eg_stream stream;
    size_t questions = 0, chosen = 0;
    eg_stream_open(&stream, 0, EG_FOR_STORIES, 0, group);
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t) eg_stream_between(&stream, 0, (long) i - 1);
        const struct run keep = runs[i - 1];
        runs[i - 1] = runs[k];
        runs[k] = keep;
    }
    for (size_t i = 0; i < n; i++)
        questions += runs[i].count;
    size_t wanted = (size_t) floor(part * (double) questions + 0.5);
    if (wanted == questions && wanted > 0) /* something is left to train on */
        wanted--;
    for (size_t i = 0; i < n; i++)
        if (chosen + runs[i].count <= wanted) {
            memset(validates + runs[i].question, 1, runs[i].count);
            chosen += runs[i].count;
        }
}

static int split(struct eg_stories *s, double validation, struct eg_arena *arena)
{
    const size_t trained = s->questions - s->tests;
    uint8_t *const validates = calloc(trained + 1, sizeof *validates);
    struct run *const runs = malloc((trained + 1) * sizeof *runs);
    s->item = eg_arena_take(arena, (s->questions + 1) * sizeof *s->item);
    const bool took = validates && runs && s->item;
    for (size_t g = 0; g < s->groups && took; g++)
        choose(runs, list_stories(s, g, runs), validation, g, validates);
    for (size_t pass = 0, n = 0; pass < 2 && took; pass++)
        for (size_t i = 0; i < trained; i++)
            if (validates[i] == pass)
                s->item[n++] = (uint32_t) i;
    s->items_valid = 0;
    for (size_t i = 0; i < trained && took; i++)
        s->items_valid += validates[i];
    for (size_t i = trained; i < s->questions && took; i++)
        s->item[i] = (uint32_t) i;
    s->items = trained - s->items_valid;
    s->items_test = s->tests;
    free(runs);
    free(validates);
    return took ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* --- what an answer costs that is always the same --- */

static void count_answers(const struct eg_stories *s, size_t group, size_t *count)
{
    memset(count, 0, s->answers.n * sizeof *count);
    for (size_t i = 0; i < s->items; i++) {
        const struct eg_stories_question *const q = &s->question[s->item[i]];
        count[q->answer] += q->group == group;
    }
}

static int measure(struct eg_stories *s, struct eg_arena *arena)
{
    size_t *const count = malloc(s->answers.n * sizeof *count);
    s->chance = eg_arena_zeros(arena, s->groups, sizeof *s->chance);
    s->wrong = eg_arena_zeros(arena, s->groups, sizeof *s->wrong);
    const bool took = count && s->chance && s->wrong;
    for (size_t g = 0; g < s->groups && took; g++) {
        size_t all = 0, most = 0;
        count_answers(s, g, count);
        for (size_t a = 0; a < s->answers.n; a++) {
            all += count[a];
            most = count[a] > most ? count[a] : most;
        }
        for (size_t a = 0; a < s->answers.n; a++)
            if (count[a] > 0)
                s->chance[g] +=
                    (double) count[a] / (double) all * log2((double) all / (double) count[a]);
        s->wrong[g] = all > 0 ? 1 - (double) most / (double) all : 0;
    }
    free(count);
    return took ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* --- supporting facts, as flags --- */

static int mark_facts(struct eg_stories *s, struct eg_arena *arena)
{
    size_t flags = 0;
    for (size_t i = 0; i < s->questions; i++)
        flags += s->question[i].statements;
    uint8_t *flag = eg_arena_zeros(arena, flags + 1, 1);
    s->story = eg_arena_zeros(arena, s->questions + 1, sizeof *s->story);
    if (!flag || !s->story)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < s->questions; i++) {
        const struct eg_stories_question *const q = &s->question[i];
        for (size_t k = 0; k < q->facts; k++)
            flag[s->fact[q->fact + k]] = 1;
        s->story[i] = (struct eg_story_item){.statements = q->statements, .supporting = flag};
        flag += q->statements;
    }
    return EG_OK;
}

/* --- sequences --- */

/* NULL for a number that no item has. */
static const struct eg_stories_question *find(const struct eg_stories *s, size_t number)
{
    return number < 1 || number > s->questions ? NULL : &s->question[s->item[number - 1]];
}

static size_t steps_of(const struct eg_stories *s, const struct eg_stories_question *q)
{
    return s->statement[q->first + q->statements] - s->statement[q->first] + q->words;
}

size_t eg_stories_draw_length(const void *state, struct eg_stream *stream)
{
    const struct eg_stories *const s = state;
    return (size_t) eg_stream_between(stream, 1, (long) s->items);
}

size_t eg_stories_steps(const void *state, struct eg_extent extent)
{
    const struct eg_stories_question *const q = find(state, extent.length);
    return q ? steps_of(state, q) : 0;
}

static real *put_words(real *row, const uint32_t *symbol, size_t n, size_t sentence, int question)
{
    for (size_t i = 0; i < n; i++, row += EG_COLUMNS) {
        row[EG_COLUMN_SYMBOL] = (real) symbol[i];
        row[EG_COLUMN_SENTENCE] = (real) sentence;
        row[EG_COLUMN_PLACE] = (real) i;
        row[EG_COLUMN_QUESTION] = (real) question;
    }
    return row;
}

void eg_stories_draw(const void *state, struct eg_stream *stream, struct eg_sequence *sequence)
{
    (void) stream;
    const struct eg_stories *const s = state;
    const struct eg_stories_question *const q = find(s, sequence->extent.length);
    sequence->steps = q ? steps_of(s, q) : 0;
    if (!q)
        return;
    eg_sequence_blank(sequence, EG_COLUMNS, 1);
    real *row = sequence->input;
    for (size_t i = 0; i < q->statements; i++) {
        const size_t from = s->statement[q->first + i];
        row = put_words(row, s->symbol + from, s->statement[q->first + i + 1] - from, i, 0);
    }
    put_words(row, s->question_symbol + q->from, q->words, q->statements, 1);
    const size_t last = sequence->steps - 1;
    memset(sequence->phase + sequence->steps - q->words, EG_PHASE_QUERY, q->words);
    sequence->target[last] = (real) q->answer;
    eg_sequence_ask(sequence, last);
}

double eg_stories_chance(const void *state, struct eg_extent extent)
{
    const struct eg_stories *const s = state;
    const struct eg_stories_question *const q = find(s, extent.length);
    return q ? s->chance[q->group] : NAN;
}

size_t eg_stories_group(const void *state, struct eg_extent extent)
{
    const struct eg_stories_question *const q = find(state, extent.length);
    return q ? q->group : 0;
}

const struct eg_story_item *eg_stories_story(const void *state, struct eg_extent extent)
{
    const struct eg_stories *const s = state;
    const struct eg_stories_question *const q = find(s, extent.length);
    return q ? &s->story[q - s->question] : NULL;
}

int eg_stories_settle(struct eg_stories *stories, double validation, size_t groups,
                      struct eg_arena *arena, struct eg_task_shape *shape)
{
    int status;
    stories->groups = groups ? groups : 1;
    if ((status = split(stories, validation, arena)) || (status = measure(stories, arena))
        || (status = mark_facts(stories, arena)))
        return status;
    *shape = (struct eg_task_shape){
        .inputs = EG_COLUMNS,
        .outputs = stories->answers.n,
        .loss = EG_LOSS_CLASSES,
        .length_min = 1,
        .length_max = stories->items,
        .length_words = "questions",
        .items = stories->items,
        .items_valid = stories->items_valid,
        .items_test = stories->items_test,
        .symbols = stories->words.n,
        .sentences_max = stories->sentences_max,
        .words_max = stories->words_max,
        .symbol_words = stories->words.word,
        .class_words = stories->answers.word,
        .unanswerable = 1, /* EG_STORIES_UNKNOWN */
        .unknown_words = stories->unknown_words,
        .unknown_answers = stories->unknown_answers,
        .groups = groups,
        .optimum = NAN,
    };
    for (size_t i = 0; i < stories->items; i++) {
        const struct eg_stories_question *const q = &stories->question[stories->item[i]];
        const size_t steps = steps_of(stories, q);
        shape->steps_max = steps > shape->steps_max ? steps : shape->steps_max;
        shape->chance += stories->chance[q->group] / (double) stories->items;
    }
    return EG_OK;
}
