/* tasks/text.c -- the task `text`: the next word, or character, of a plain text.
 *
 * Sukhbaatar, Szlam, Weston & Fergus 2015 (arXiv:1503.08895), sec. 5: every word is a statement of
 * its own, and there is no question. */
#include "tasks/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_heapsort.h>

#include "tasks/parts.h"

enum unit { WORDS, CHARACTERS };
enum asked { ALL, LAST };
enum { TRAINING, VALIDATION, TEST, PARTS };
enum { UNKNOWN, END, FIXED }; /* symbols that there always are */

struct options {
    const char *path, *validation_path, *test_path;
    int unit, asked;
    long vocabulary, count_min, length, unasked;
    double validation, test;
};

static const char *const unit_names[] = {"words", "characters", NULL};
static const char *const asked_names[] = {"all", "last", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"path",            "",     "text file to train on",                                     AT(path),            EG_OPT_TEXT,   0,      0, 0,       NULL, ""},
    {"validation_path", "",     "text file to validate with; nothing: a part of task.path",  AT(validation_path), EG_OPT_TEXT,   0,      0, 0,       NULL, ""},
    {"test_path",       "",     "text file to test with; nothing: a part of task.path",      AT(test_path),       EG_OPT_TEXT,   0,      0, 0,       NULL, ""},
    {"validation",      "1",    "part of the text that is kept to validate, the one before the test", AT(validation), EG_OPT_REAL, 0.05, 0, 0.45,    NULL, NULL},
    {"test",            "1",    "part of the text that is kept to test, its end",            AT(test),            EG_OPT_REAL,   0.05,   0, 0.45,    NULL, NULL},
    {"unit",            "",     "what a step is given",                                      AT(unit),            EG_OPT_CHOICE, WORDS,  0, 0,       unit_names, NULL},
    {"vocabulary",      "1",    "most words there are, <unk> and <eos> too: the most frequent; 0: all", AT(vocabulary), EG_OPT_INT, 0,  0, 1000000, NULL, NULL},
    {"count_min",       "1",    "words that training has less often than this are <unk>",    AT(count_min),       EG_OPT_INT,    1,      1, 1e9,     NULL, NULL},
    {"length",          "step", "words of a sequence",                                       AT(length),          EG_OPT_INT,    100,    1, 100000,  NULL, NULL},
    {"asked",           "",     "after which words of a sequence the next one is asked",     AT(asked),           EG_OPT_CHOICE, ALL,    0, 0,       asked_names, NULL},
    {"unasked",         "step", "all: but for so many at its start",                         AT(unasked),         EG_OPT_INT,    0,      0, 100000,  NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* --- reading --- */

/* A text with a vocabulary of all that it has. */
struct raw {
    struct eg_arena *arena; /* of the vocabulary */
    struct eg_stories_words words;
    uint32_t *unit;
    size_t n, room;
};

static int add_unit(struct raw *r, const char *text, size_t n)
{
    const uint32_t number = eg_stories_add(&r->words, text, n, r->arena);
    if (number == EG_STORIES_NONE)
        return EG_RAISE(EG_ERR_NOMEM);
    if (r->n == r->room) {
        const size_t room = r->room ? 2 * r->room : 4096;
        uint32_t *const more = realloc(r->unit, room * sizeof *more);
        if (!more)
            return EG_RAISE(EG_ERR_NOMEM);
        r->unit = more;
        r->room = room;
    }
    r->unit[r->n++] = number;
    return EG_OK;
}

static int read_words(struct raw *r, const char *at, const char *end, const char *path, size_t line,
                      struct eg_message *message)
{
    char word[EG_STORIES_BYTES_MAX + 1];
    size_t n, found = 0;
    int ret = EG_OK;
    while (!ret && (n = eg_stories_word(&at, end, word)) > 0) {
        if (n > EG_STORIES_BYTES_MAX)
            return EG_FAIL(EG_ERR_DATA, message,
                           "%s: line %zu has a word of %zu bytes; allowed are at most %d", path,
                           line, n, EG_STORIES_BYTES_MAX);
        ret = add_unit(r, word, n);
        found++;
    }
    return ret || !found ? ret : add_unit(r, EG_TEXT_END, strlen(EG_TEXT_END));
}

static int read_characters(struct raw *r, const char *at, const char *end)
{
    int ret = EG_OK;
    while (at < end && !ret) {
        const char *const from = at++;
        while (at < end && ((unsigned char) *at & 0xc0) == 0x80)
            at++;
        ret = add_unit(r, from, (size_t) (at - from));
    }
    return ret ? ret : add_unit(r, EG_TEXT_END, strlen(EG_TEXT_END));
}

static int read_lines(struct raw *r, const char *at, const char *end, int unit, const char *path,
                      struct eg_message *message)
{
    int ret = EG_OK;
    if (end - at >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
        at += 3;
    for (size_t line = 1; at < end && !ret; line++) {
        const char *const newline = memchr(at, '\n', (size_t) (end - at));
        const char *stop = newline ? newline : end;
        const char *const next = newline ? newline + 1 : end;
        if (stop > at && stop[-1] == '\r')
            stop--;
        const char *const bad = eg_stories_bad_bytes(at, stop);
        if (bad)
            return EG_FAIL(EG_ERR_DATA, message, "%s: line %zu has %s; a text is UTF-8", path, line,
                           bad);
        ret = unit == WORDS ? read_words(r, at, stop, path, line, message)
                            : read_characters(r, at, stop);
        at = next;
    }
    return ret;
}

static int read_file(struct raw *r, const char *path, int unit, struct eg_message *message)
{
    char *bytes;
    size_t size;
    int ret = eg_stories_load(path, &bytes, &size, message);
    if (ret)
        return ret;
    if (size > INT32_MAX)
        ret = EG_FAIL(EG_ERR_DATA, message, "%s has %zu bytes; allowed are at most %d", path, size,
                      INT32_MAX);
    else
        ret = read_lines(r, bytes, bytes + size, unit, path, message);
    free(bytes);
    return ret == EG_ERR_NOMEM ? EG_FAIL(ret, message, "%s does not fit into memory", path) : ret;
}

/* --- parts --- */

static int named(const char *path)
{
    return path && *path;
}

/* All files, one after the other, and where the parts of them begin. */
static int read_parts(struct eg_text *s, struct raw *r, const struct options *o,
                      struct eg_message *message)
{
    int ret = read_file(r, o->path, o->unit, message);
    if (ret)
        return ret;
    const size_t all = r->n;
    const int own_validation = named(o->validation_path), own_test = named(o->test_path);
    const size_t test = own_test ? 0 : (size_t) floor(o->test * (double) all);
    const size_t validation = own_validation ? 0 : (size_t) floor(o->validation * (double) all);
    s->begin[TRAINING] = 0;
    s->begin[VALIDATION] = all - test - validation;
    if (own_validation) {
        /* The test part of the first file comes behind the validation's own. */
        uint32_t *const kept = malloc((test + 1) * sizeof *kept);
        if (!kept)
            return EG_RAISE(EG_ERR_NOMEM);
        if (test > 0) /* a text without words has no array of units */
            memcpy(kept, r->unit + all - test, test * sizeof *kept);
        r->n = all - test;
        ret = read_file(r, o->validation_path, o->unit, message);
        s->begin[TEST] = r->n;
        for (size_t i = 0; i < test && !ret; i++) {
            const char *const word = r->words.word[kept[i]];
            ret = add_unit(r, word, strlen(word));
        }
        free(kept);
    } else {
        s->begin[TEST] = all - test;
    }
    if (!ret && own_test)
        ret = read_file(r, o->test_path, o->unit, message);
    s->begin[PARTS] = r->n;
    return ret;
}

/* --- vocabulary --- */

struct kind {
    size_t count;
    uint32_t raw; /* as they come */
};

static int most_frequent_first(const void *a, const void *b)
{
    const struct kind *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->raw < y->raw ? -1 : x->raw > y->raw;
}

/* The words that there will be, and the number of each word of the raw ones. */
static int choose_words(struct eg_text *s, const struct raw *r, const struct options *o,
                        struct kind *kinds, uint32_t *number, struct eg_arena *arena)
{
    const size_t most = o->vocabulary ? (size_t) o->vocabulary : SIZE_MAX;
    const uint32_t end = eg_stories_find(&r->words, EG_TEXT_END, strlen(EG_TEXT_END));
    const uint32_t unknown = eg_stories_find(&r->words, EG_TEXT_UNKNOWN, strlen(EG_TEXT_UNKNOWN));
    for (size_t i = 0; i < r->words.n; i++) {
        kinds[i] = (struct kind){.raw = (uint32_t) i};
        number[i] = i == end ? END : UNKNOWN;
    }
    for (size_t i = 0; i < s->begin[VALIDATION]; i++)
        kinds[r->unit[i]].count++;
    gsl_heapsort(kinds, r->words.n, sizeof *kinds, most_frequent_first);
    if (eg_stories_add(&s->words, EG_TEXT_UNKNOWN, strlen(EG_TEXT_UNKNOWN), arena) != UNKNOWN
        || eg_stories_add(&s->words, EG_TEXT_END, strlen(EG_TEXT_END), arena) != END)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < r->words.n && s->words.n < most; i++) {
        const uint32_t raw = kinds[i].raw;
        if (kinds[i].count < (size_t) o->count_min)
            break;
        if (raw == end || raw == unknown)
            continue;
        const char *const word = r->words.word[raw];
        number[raw] = eg_stories_add(&s->words, word, strlen(word), arena);
        if (number[raw] == EG_STORIES_NONE)
            return EG_RAISE(EG_ERR_NOMEM);
    }
    return EG_OK;
}

static int settle_words(struct eg_text *s, const struct raw *r, const struct options *o,
                        struct eg_arena *arena)
{
    struct kind *const kinds = calloc(r->words.n + 1, sizeof *kinds);
    uint32_t *const number = calloc(r->words.n + 1, sizeof *number);
    s->unit = eg_arena_take(arena, (r->n + 1) * sizeof *s->unit);
    int ret = kinds && number && s->unit ? choose_words(s, r, o, kinds, number, arena)
                                         : EG_RAISE(EG_ERR_NOMEM);
    for (size_t part = 0; part < PARTS && !ret; part++)
        for (size_t i = s->begin[part]; i < s->begin[part + 1]; i++) {
            s->unit[i] = number[r->unit[i]];
            s->unknown[part] += s->unit[i] == UNKNOWN;
        }
    free(number);
    free(kinds);
    return ret;
}

static int measure(struct eg_text *s)
{
    const size_t n = s->begin[VALIDATION];
    size_t *const count = calloc(s->words.n, sizeof *count);
    if (!count)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < n; i++)
        count[s->unit[i]]++;
    s->entropy = 0;
    for (size_t i = 0; i < s->words.n; i++)
        if (count[i] > 0)
            s->entropy += (double) count[i] / (double) n * log2((double) n / (double) count[i]);
    free(count);
    return EG_OK;
}

/* --- sequences --- */

/* Where an item is: its first unit, and its steps; 0 for a number that no item has. */
static size_t find(const struct eg_text *s, struct eg_extent extent, size_t *from)
{
    size_t i = extent.length - 1;
    *from = 0;
    if (extent.length == 0)
        return 0;
    for (size_t part = 0; part < PARTS; i -= s->items[part++])
        if (i < s->items[part]) {
            *from = s->begin[part] + i * (s->length - s->first);
            const size_t left = s->begin[part + 1] - 1 - *from;
            return left < s->length ? left : s->length;
        }
    return 0;
}

static size_t draw_length(const void *state, struct eg_stream *stream)
{
    const struct eg_text *const s = state;
    return (size_t) eg_stream_between(stream, 1, (long) s->items[TRAINING]);
}

static size_t steps(const void *state, struct eg_extent extent)
{
    size_t from;
    return find(state, extent, &from);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *sequence)
{
    (void) stream;
    const struct eg_text *const s = state;
    size_t from;
    sequence->steps = find(s, sequence->extent, &from);
    eg_sequence_blank(sequence, EG_COLUMNS, 1);
    for (size_t t = 0; t < sequence->steps; t++) {
        real *const row = sequence->input + t * EG_COLUMNS;
        row[EG_COLUMN_SYMBOL] = (real) s->unit[from + t];
        row[EG_COLUMN_SENTENCE] = (real) t;
        if (t < s->first)
            continue;
        sequence->target[t] = (real) s->unit[from + t + 1];
        eg_sequence_ask(sequence, t);
    }
}

/* Of an answer that knows how frequent each word is. */
static double chance(const void *state, struct eg_extent extent)
{
    const struct eg_text *const s = state;
    const size_t n = steps(state, extent);
    return n ? s->entropy * (double) (n - s->first) : NAN;
}

static int settle(struct eg_text *s, const struct options *o, struct eg_task_shape *shape,
                  struct eg_message *message)
{
    const char *const keys[PARTS] = {"task.path", "task.validation_path", "task.test_path"};
    const char *const paths[PARTS] = {o->path, o->validation_path, o->test_path};
    s->length = (size_t) o->length;
    s->first = o->asked == LAST ? s->length - 1 : (size_t) o->unasked;
    for (size_t part = 0; part < PARTS; part++) {
        const size_t n = s->begin[part + 1] - s->begin[part], least = s->first + 2;
        if (n >= least)
            s->items[part] = (n - least) / (s->length - s->first) + 1;
        else if (part == TRAINING || named(paths[part]))
            return EG_FAIL(EG_ERR_DATA, message,
                           "%s (%s) has %zu %s%s; at least %zu are needed with task.length = %ld",
                           paths[part], keys[part], n, unit_names[o->unit],
                           part == TRAINING ? " to train on" : "", least, o->length);
    }
    *shape = (struct eg_task_shape){
        .inputs = EG_COLUMNS,
        .outputs = s->words.n,
        .loss = EG_LOSS_CLASSES,
        .length_min = 1,
        .length_max = s->items[TRAINING],
        .length_words = "sequences",
        .steps_max = steps(s, (struct eg_extent){1, 0}),
        .items = s->items[TRAINING],
        .items_valid = s->items[VALIDATION],
        .items_test = s->items[TEST],
        .symbols = s->words.n,
        .sentences_max = s->length,
        .words_max = 1,
        .symbol_words = s->words.word,
        .class_words = s->words.word,
        .unknown_words = s->unknown[TRAINING] + s->unknown[VALIDATION] + s->unknown[TEST],
        .optimum = NAN,
    };
    /* All units that are asked, over the sequences. */
    shape->chance =
        s->entropy * (double) (s->begin[VALIDATION] - 1 - s->first) / (double) s->items[TRAINING];
    return EG_OK;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    const struct options *const o = values;
    struct eg_text *const s = state;
    struct raw raw = {0};
    if (!named(o->path))
        return EG_FAIL(EG_ERR_RANGE, message, "task.path is needed: a text file to train on");
    if (o->asked == ALL && o->unasked >= o->length)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "task.unasked = %ld; allowed is less than task.length = %ld", o->unasked,
                       o->length);
    if (o->vocabulary > 0 && o->vocabulary <= FIXED)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "task.vocabulary = %ld; allowed are 0 (all), and %d and more, since <unk> "
                       "and <eos> are two of them",
                       o->vocabulary, FIXED + 1);
    int ret = eg_arena_init(&raw.arena, 0);
    if (ret)
        return ret;
    if (!(ret = read_parts(s, &raw, o, message)) && !(ret = settle_words(s, &raw, o, arena))
        && !(ret = measure(s)))
        ret = settle(s, o, shape, message);
    free(raw.unit);
    eg_arena_free(&raw.arena);
    return ret;
}

const struct eg_task_type eg_task_text = {
    .name = "text",
    .summary = "the next word, or character, of a plain text of one's own",
    .source = "Sukhbaatar et al. 2015 (arXiv:1503.08895), sec. 5; docs/text.md",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct eg_text),
    .init = init,
    .draw_length = draw_length,
    .steps = steps,
    .draw = draw,
    .chance = chance,
};
