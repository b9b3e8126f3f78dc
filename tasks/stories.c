/* tasks/stories.c -- the reader of tasks/stories.h.
 *
 * A first pass over all texts counts lines, words and facts, so that every array is taken once in
 * the size it needs; the second fills them in. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tasks/stories.h"

struct counts {
    size_t lines, statements, words, questions, question_words, facts;
};

struct reader {
    struct eg_stories *s;
    struct eg_arena *arena;
    struct eg_message *message;
    const struct eg_stories_text *text;
    size_t line;            /* of the text, from 1                        */
    size_t id, first;       /* of the line before; statement of the story */
    uint32_t *statement_of; /* ID of the story - 1: statement of the story, or EG_STORIES_NONE */
    size_t symbols, question_symbols, facts;
};

/* --- lines --- */

/* A line is [at, end), without its end and a CR before it. */
struct line {
    const char *at, *end;
};

static const char *skip_mark(const struct eg_stories_text *text)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a text with it */
    return text->at + (text->size >= 3 && !memcmp(text->at, mark, 3) ? 3 : 0);
}

static bool next_line(const char **at, const char *end, struct line *line)
{
    if (*at >= end)
        return false;
    const char *const newline = memchr(*at, '\n', (size_t) (end - *at));
    *line = (struct line){*at, newline ? newline : end};
    *at = newline ? newline + 1 : end;
    if (line->end > line->at && line->end[-1] == '\r')
        line->end--;
    return true;
}

static const char *find_tab(const char *at, const char *end)
{
    const char *const tab = at < end ? memchr(at, '\t', (size_t) (end - at)) : NULL;
    return tab ? tab : end;
}

/* No fewer than the words there are. */
static size_t count_words(const char *at, const char *end)
{
    size_t n = 0;
    for (; at < end; at++)
        n += *at != ' ' && (at + 1 == end || at[1] == ' ');
    return n;
}

static void count_text(const struct eg_stories_text *text, struct counts *counts)
{
    struct line line;
    size_t lines = 0;
    for (const char *at = skip_mark(text); next_line(&at, text->at + text->size, &line); lines++) {
        const char *const tab = find_tab(line.at, line.end);
        *(tab == line.end ? &counts->statements : &counts->questions) += 1;
        *(tab == line.end ? &counts->words : &counts->question_words) += count_words(line.at, tab);
        if (tab < line.end) {
            const char *const facts = find_tab(tab + 1, line.end);
            counts->facts += count_words(facts, line.end);
        }
    }
    counts->lines = lines > counts->lines ? lines : counts->lines;
}

#define REFUSE(r, ...) refuse_((r), EG_RAISE(EG_ERR_DATA), __VA_ARGS__)

static int refuse_(const struct reader *r, int status, const char *format, ...) EG_PRINTF(3, 4);

static int refuse_(const struct reader *r, int status, const char *format, ...)
{
    char what[512];
    va_list values;
    va_start(values, format);
    vsnprintf(what, sizeof what, format, values);
    va_end(values);
    if (r->message)
        snprintf(r->message->text, sizeof r->message->text, "%s: line %zu %s", r->text->name,
                 r->line, what);
    return status;
}

/* A decimal number; false where there is none, or one that is too large. */
static bool read_number(const char **at, const char *end, size_t *number)
{
    const char *const from = *at;
    size_t n = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        n = 10 * n + (size_t) (**at - '0');
        if (n > EG_STORIES_LINES_MAX)
            return false;
    }
    *number = n;
    return *at > from;
}

/* --- parts of a line --- */

static int read_words(struct reader *r, const char *at, const char *end, const char *what,
                      uint32_t *symbol, size_t *count)
{
    char word[EG_STORIES_BYTES_MAX + 1];
    size_t n = 0, bytes;
    while ((bytes = eg_stories_word(&at, end, word)) > 0) {
        if (bytes > EG_STORIES_BYTES_MAX)
            return REFUSE(r, "has a word of %zu bytes; allowed are %d", bytes,
                          EG_STORIES_BYTES_MAX);
        if (n == EG_STORIES_WORDS_MAX)
            return REFUSE(r, "has a %s of more than %d words; allowed are %d", what,
                          EG_STORIES_WORDS_MAX, EG_STORIES_WORDS_MAX);
        uint32_t number;
        if (r->text->test) {
            number = eg_stories_find(&r->s->words, word, bytes);
            if (number == EG_STORIES_NONE)
                number = 0;
            r->s->unknown_words += number == 0;
        } else if ((number = eg_stories_add(&r->s->words, word, bytes, r->arena))
                   == EG_STORIES_NONE) {
            return EG_RAISE(EG_ERR_NOMEM);
        }
        symbol[n++] = number;
    }
    if (n == 0)
        return REFUSE(r, "has a %s without words; one or more are needed", what);
    if (n > r->s->words_max && !r->text->test)
        r->s->words_max = n;
    *count = n;
    return EG_OK;
}

static int read_answer(struct reader *r, const char *at, const char *end, uint32_t *answer)
{
    char text[EG_STORIES_ANSWER_MAX + 1];
    while (at < end && *at == ' ')
        at++;
    while (end > at && end[-1] == ' ')
        end--;
    const size_t n = (size_t) (end - at);
    if (n == 0)
        return REFUSE(r, "has an empty answer; one or more words are needed after the tab");
    if (n > EG_STORIES_ANSWER_MAX)
        return REFUSE(r, "has an answer of %zu bytes; allowed are %d", n, EG_STORIES_ANSWER_MAX);
    for (size_t i = 0; i < n; i++)
        text[i] = (char) (at[i] >= 'A' && at[i] <= 'Z' ? at[i] - 'A' + 'a' : at[i]);
    text[n] = '\0';
    *answer = r->text->test ? eg_stories_find(&r->s->answers, text, n)
                            : eg_stories_add(&r->s->answers, text, n, r->arena);
    if (r->text->test && (*answer == EG_STORIES_NONE || *answer == 0)) {
        r->s->unknown_answers++;
        *answer = 0;
    }
    if (*answer == EG_STORIES_NONE)
        return EG_RAISE(EG_ERR_NOMEM);
    if (*answer == 0 && !r->text->test)
        return REFUSE(r, "has the answer %s, which stands for what training does not have",
                      EG_STORIES_UNKNOWN);
    return EG_OK;
}

static int read_facts(struct reader *r, const char *at, const char *end, size_t *count)
{
    size_t n = 0;
    for (;;) {
        while (at < end && *at == ' ')
            at++;
        if (at == end)
            break;
        const char *const from = at;
        size_t id;
        if (!read_number(&at, end, &id) || (at < end && *at != ' ')) {
            const char *const stop = memchr(from, ' ', (size_t) (end - from));
            const size_t shown = (size_t) ((stop ? stop : end) - from);
            return REFUSE(r,
                          "has the supporting fact \"%.*s\"; allowed are IDs of earlier "
                          "statements, separated by blanks",
                          shown < 40 ? (int) shown : 40, from);
        }
        if (id == 0 || id >= r->id || r->statement_of[id - 1] == EG_STORIES_NONE)
            return REFUSE(r,
                          "has the supporting fact %zu, which is %s; allowed are IDs of earlier "
                          "statements of the story",
                          id,
                          id == 0       ? "no line"
                          : id == r->id ? "the question itself"
                          : id > r->id  ? "no earlier line"
                                        : "a question");
        r->s->fact[r->facts + n++] = r->statement_of[id - 1];
    }
    *count = n;
    return EG_OK;
}

/* --- lines that are one or the other --- */

static int read_statement(struct reader *r, const char *at, const char *end)
{
    struct eg_stories *const s = r->s;
    const char *last = end;
    while (last > at && last[-1] == ' ')
        last--;
    if (last > at && last[-1] == '?')
        return REFUSE(r, "is a question without a tab; needed are: question, tab, answer, tab, IDs "
                         "of the supporting facts");
    size_t words;
    const int status = read_words(r, at, end, "statement", s->symbol + r->symbols, &words);
    if (status)
        return status;
    r->statement_of[r->id - 1] = (uint32_t) (s->statements - r->first);
    r->symbols += words;
    s->statement[++s->statements] = (uint32_t) r->symbols;
    return EG_OK;
}

static int read_question(struct reader *r, const char *at, const char *tab, const char *end)
{
    struct eg_stories *const s = r->s;
    struct eg_stories_question *const q = &s->question[s->questions];
    const char *const second = find_tab(tab + 1, end);
    size_t words, facts = 0;
    int status =
        read_words(r, at, tab, "question", s->question_symbol + r->question_symbols, &words);
    if (status || (status = read_answer(r, tab + 1, second, &q->answer)))
        return status;
    if (second < end) {
        if (find_tab(second + 1, end) < end)
            return REFUSE(r, "has more than two tabs; allowed are: question, tab, answer, tab, IDs "
                             "of the supporting facts");
        if ((status = read_facts(r, second + 1, end, &facts)))
            return status;
    }
    const size_t statements = s->statements - r->first;
    if (statements == 0)
        return REFUSE(r, "is a question before the first statement of its story; one or more are "
                         "needed");
    r->statement_of[r->id - 1] = EG_STORIES_NONE;
    q->first = (uint32_t) r->first;
    q->statements = (uint32_t) statements;
    q->from = (uint32_t) r->question_symbols;
    q->words = (uint32_t) words;
    q->fact = (uint32_t) r->facts;
    q->facts = (uint32_t) facts;
    q->group = (uint32_t) r->text->group;
    r->question_symbols += words;
    r->facts += facts;
    if (statements > s->sentences_max && !r->text->test)
        s->sentences_max = statements;
    s->questions++;
    s->tests += r->text->test;
    return EG_OK;
}

static int read_line(struct reader *r, const struct line *line)
{
    const char *const bad = eg_stories_bad_bytes(line->at, line->end);
    if (bad)
        return REFUSE(r, "has %s; allowed is text in UTF-8", bad);
    const char *at = line->at;
    while (at < line->end && (*at == ' ' || *at == '\t'))
        at++;
    if (at == line->end) /* an empty line */
        return EG_OK;
    size_t id;
    at = line->at;
    if (!read_number(&at, line->end, &id) || (at < line->end && *at != ' '))
        return REFUSE(r, "does not begin with an ID; needed are a number up to %d and a blank",
                      EG_STORIES_LINES_MAX);
    if (id != 1 && (r->id == 0 || id != r->id + 1)) {
        if (r->id == 0)
            return REFUSE(r, "has the ID %zu; a story begins with the ID 1", id);
        return REFUSE(r, "has the ID %zu after %zu; allowed are %zu, and 1 for the next story", id,
                      r->id, r->id + 1);
    }
    if (id == 1)
        r->first = r->s->statements;
    r->id = id;
    const char *const tab = find_tab(at, line->end);
    return tab < line->end ? read_question(r, at, tab, line->end)
                           : read_statement(r, at, line->end);
}

static int read_text(struct reader *r, const struct eg_stories_text *text)
{
    struct line line;
    const size_t before = r->s->questions;
    int status = EG_OK;
    r->text = text;
    r->line = r->id = 0;
    r->first = r->s->statements;
    for (const char *at = skip_mark(text);
         !status && next_line(&at, text->at + text->size, &line);) {
        r->line++;
        status = read_line(r, &line);
    }
    if (!status && r->s->questions == before)
        return EG_FAIL(EG_ERR_DATA, r->message, "%s has no question; one or more are needed",
                       text->name);
    return status;
}

/* --- all texts --- */

/* One more than is needed, so that nothing has the size 0. */
static int take(struct reader *r, const struct counts *counts)
{
    struct eg_stories *const s = r->s;
    s->statement = eg_arena_take(r->arena, (counts->statements + 1) * sizeof *s->statement);
    s->symbol = eg_arena_take(r->arena, (counts->words + 1) * sizeof *s->symbol);
    s->question_symbol =
        eg_arena_take(r->arena, (counts->question_words + 1) * sizeof *s->question_symbol);
    s->fact = eg_arena_take(r->arena, (counts->facts + 1) * sizeof *s->fact);
    s->question = eg_arena_zeros(r->arena, counts->questions + 1, sizeof *s->question);
    if (!s->statement || !s->symbol || !s->question_symbol || !s->fact || !s->question)
        return EG_RAISE(EG_ERR_NOMEM);
    s->statement[0] = 0;
    static const char unknown[] = EG_STORIES_UNKNOWN;
    if (eg_stories_add(&s->words, unknown, sizeof unknown - 1, r->arena) == EG_STORIES_NONE
        || eg_stories_add(&s->answers, unknown, sizeof unknown - 1, r->arena) == EG_STORIES_NONE)
        return EG_RAISE(EG_ERR_NOMEM);
    r->statement_of = malloc((counts->lines + 1) * sizeof *r->statement_of);
    return r->statement_of ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

int eg_stories_parse(struct eg_stories *stories, const struct eg_stories_text *texts, size_t n,
                     struct eg_arena *arena, struct eg_message *message)
{
    struct counts counts = {0};
    size_t bytes = 0;
    *stories = (struct eg_stories){0};
    for (size_t i = 0; i < n; i++) {
        if (texts[i].size > INT32_MAX - bytes)
            return EG_FAIL(EG_ERR_DATA, message, "%s: there are more than 2 GB of stories",
                           texts[i].name);
        bytes += texts[i].size;
        count_text(&texts[i], &counts);
    }
    struct reader r = {.s = stories, .arena = arena, .message = message};
    int status = take(&r, &counts);
    for (size_t i = 0; i < n && !status; i++)
        status = read_text(&r, &texts[i]);
    free(r.statement_of);
    return status;
}

int eg_stories_load(const char *path, char **bytes, size_t *size, struct eg_message *message)
{
    struct stat info;
    int status = EG_OK;
    *bytes = NULL;
    *size = 0;
    if (stat(path, &info) < 0)
        return EG_FAIL(EG_ERR_IO, message, "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode)) /* to open a pipe would be to wait for its writer */
        return EG_FAIL(EG_ERR_IO, message, "%s is %s, not a file", path,
                       S_ISDIR(info.st_mode) ? "a directory" : "a device or a pipe");
    if (info.st_size == 0)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s is empty", path);
    FILE *const file = fopen(path, "rb");
    if (!file)
        return EG_FAIL(EG_ERR_IO, message, "cannot open %s: %s", path, strerror(errno));
    *bytes = malloc((size_t) info.st_size);
    if (!*bytes) {
        status = EG_FAIL(EG_ERR_NOMEM, message, "%s does not fit into memory", path);
        goto out;
    }
    *size = fread(*bytes, 1, (size_t) info.st_size, file);
    if (ferror(file)) {
        status = EG_FAIL(EG_ERR_IO, message, "cannot read %s", path);
        free(*bytes);
        *bytes = NULL;
    }
out:
    fclose(file);
    return status;
}

int eg_stories_read(struct eg_stories *stories, const struct eg_stories_text *files, size_t n,
                    struct eg_arena *arena, struct eg_message *message)
{
    int status = EG_OK;
    struct eg_stories_text *const texts = calloc(n + 1, sizeof *texts);
    char **const bytes = calloc(n + 1, sizeof *bytes);
    if (!texts || !bytes) {
        status = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    for (size_t i = 0; i < n && !status; i++) {
        texts[i] = files[i];
        status = eg_stories_load(files[i].name, &bytes[i], &texts[i].size, message);
        texts[i].at = bytes[i];
    }
    if (!status)
        status = eg_stories_parse(stories, texts, n, arena, message);
out:
    for (size_t i = 0; bytes && i < n; i++)
        free(bytes[i]);
    free(bytes);
    free(texts);
    return status;
}
