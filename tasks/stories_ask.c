/* tasks/stories_ask.c -- a story and a question that a user wrote, as a sequence. */
#include <stdlib.h>
#include <string.h>

#include "tasks/parts.h"
#include "tasks/stories.h"

struct sentence {
    const char *at, *end;
    size_t line;
};

struct reader {
    const struct eg_task_shape *shape;
    struct eg_arena *arena;
    struct eg_message *message;
    struct sentence *statement, question; /* question.at: NULL where there is none yet */
    size_t statements;
    bool numbered, late; /* a statement came after the question */
    size_t late_line;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void put_statement(struct reader *r, struct sentence s)
{
    r->late_line = r->question.at && !r->late ? s.line : r->late_line;
    r->late |= r->question.at != NULL;
    r->statement[r->statements++] = s;
}

static void put_question(struct reader *r, struct sentence s)
{
    r->question = s;
    r->late = false;
}

/* Whether there is a word in it. */
static bool has_words(const char *at, const char *end)
{
    char word[EG_STORIES_BYTES_MAX + 1];
    return eg_stories_word(&at, end, word) > 0;
}

/* A line as in a file: an ID first, a question has a tab. */
static int read_numbered(struct reader *r, struct sentence line)
{
    const char *const from = line.at;
    while (line.at < line.end && *line.at >= '0' && *line.at <= '9')
        line.at++;
    const size_t digits = (size_t) (line.at - from);
    if (digits == 0 || (line.at < line.end && !is_blank(*line.at)))
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "line %zu does not begin with an ID and a blank, as line 1 does", line.line);
    if (digits == 1 && *from == '1') { /* the next story */
        r->statements = 0;
        r->question.at = NULL;
        r->late = false;
    }
    const char *const tab = memchr(line.at, '\t', (size_t) (line.end - line.at));
    const char *last = tab ? tab : line.end;
    while (last > line.at && is_blank(last[-1]))
        last--;
    while (line.at < last && is_blank(*line.at))
        line.at++;
    line.end = last;
    if (!has_words(line.at, line.end))
        return EG_FAIL(EG_ERR_DATA, r->message, "line %zu has no words", line.line);
    if (tab || last[-1] == '?')
        put_question(r, line);
    else
        put_statement(r, line);
    return EG_OK;
}

/* Sentences end in '.', '!' or '?' before a blank, or with the line. */
static void read_sentences(struct reader *r, struct sentence line)
{
    const char *const tab = memchr(line.at, '\t', (size_t) (line.end - line.at));
    if (tab) /* what follows is the answer */
        line.end = tab;
    for (const char *at = line.at; at < line.end;) {
        struct sentence s = {at, at, line.line};
        while (s.end < line.end
               && !(strchr(".!?", *s.end) && (s.end + 1 == line.end || is_blank(s.end[1]))))
            s.end++;
        const bool asks = tab || (s.end < line.end && *s.end == '?');
        s.end += s.end < line.end;
        at = s.end;
        while (s.at < s.end && is_blank(*s.at))
            s.at++;
        if (!has_words(s.at, s.end))
            continue;
        if (asks)
            put_question(r, s);
        else
            put_statement(r, s);
    }
}

static int read_lines(struct reader *r, const char *text)
{
    const char *const end = text + strlen(text);
    bool first = true;
    size_t number = 0;
    int status = EG_OK;
    if (!strncmp(text, "\xef\xbb\xbf", 3))
        text += 3;
    while (text < end && !status) {
        const char *const newline = memchr(text, '\n', (size_t) (end - text));
        struct sentence line = {text, newline ? newline : end, ++number};
        text = newline ? newline + 1 : end;
        if (line.end > line.at && line.end[-1] == '\r')
            line.end--;
        const char *const bad = eg_stories_bad_bytes(line.at, line.end);
        if (bad)
            return EG_FAIL(EG_ERR_DATA, r->message, "line %zu has %s; allowed is text in UTF-8",
                           number, bad);
        while (line.at < line.end && is_blank(*line.at))
            line.at++;
        if (line.at == line.end)
            continue;
        if (first)
            r->numbered = line.end - line.at > 2 && line.at[0] == '1' && is_blank(line.at[1]);
        first = false;
        if (r->numbered)
            status = read_numbered(r, line);
        else
            read_sentences(r, line);
    }
    return status;
}

static int check_sentences(const struct reader *r)
{
    if (!r->question.at)
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "there is no question; the last sentence must end in '?'");
    if (r->late)
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "line %zu has a statement after the question; the question comes last",
                       r->late_line);
    if (r->statements == 0)
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "there is no statement before the question; one or more are needed");
    return EG_OK;
}

/* --- symbols --- */

/* `count` words of the sentence; their symbols where `symbol` is not NULL. */
static int read_words(const struct reader *r, const struct eg_stories_words *known,
                      const struct sentence *s, uint32_t *symbol, size_t *count,
                      struct eg_stories_words *unknown)
{
    char word[EG_STORIES_BYTES_MAX + 1];
    const char *at = s->at;
    size_t n = 0, bytes;
    for (; (bytes = eg_stories_word(&at, s->end, word)) > 0; n++) {
        if (bytes > EG_STORIES_BYTES_MAX)
            return EG_FAIL(EG_ERR_DATA, r->message,
                           "line %zu has a word of %zu bytes; allowed are %d", s->line, bytes,
                           EG_STORIES_BYTES_MAX);
        if (!symbol)
            continue;
        symbol[n] = eg_stories_find(known, word, bytes);
        if (symbol[n] != EG_STORIES_NONE)
            continue;
        symbol[n] = eg_stories_find(known, EG_STORIES_UNKNOWN, strlen(EG_STORIES_UNKNOWN));
        if (symbol[n] == EG_STORIES_NONE)
            return EG_FAIL(EG_ERR_DATA, r->message,
                           "line %zu has the word \"%s\", which the vocabulary does not have",
                           s->line, word);
        if (eg_stories_add(unknown, word, bytes, r->arena) == EG_STORIES_NONE)
            return EG_RAISE(EG_ERR_NOMEM);
    }
    if (n > r->shape->words_max)
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "line %zu has a sentence of %zu words; the longest that was trained on has "
                       "%zu",
                       s->line, n, r->shape->words_max);
    *count = n;
    return EG_OK;
}

static int index_vocabulary(const struct reader *r, struct eg_stories_words *known)
{
    *known = (struct eg_stories_words){0};
    if (!r->shape->symbol_words)
        return EG_FAIL(EG_ERR_MISSING, r->message, "the words of the vocabulary are not known");
    for (size_t i = 0; i < r->shape->symbols; i++) {
        const char *const word = r->shape->symbol_words[i];
        const uint32_t number = eg_stories_add(known, word, strlen(word), r->arena);
        if (number == EG_STORIES_NONE)
            return EG_RAISE(EG_ERR_NOMEM);
        if (number != i)
            return EG_FAIL(EG_ERR_DATA, r->message, "the vocabulary has the word \"%s\" twice",
                           word);
    }
    return EG_OK;
}

/* --- the sequence --- */

static int take_sequence(const struct reader *r, struct eg_sequence *s)
{
    s->input = eg_arena_take(r->arena, s->steps * EG_COLUMNS * sizeof *s->input);
    s->target = eg_arena_take(r->arena, s->steps * sizeof *s->target);
    s->mask = eg_arena_take(r->arena, s->steps * sizeof *s->mask);
    s->phase = eg_arena_take(r->arena, s->steps);
    if (!s->input || !s->target || !s->mask || !s->phase)
        return EG_RAISE(EG_ERR_NOMEM);
    eg_sequence_blank(s, EG_COLUMNS, 1);
    eg_sequence_ask(s, s->steps - 1);
    return EG_OK;
}

static int put_sentence(const struct reader *r, const struct eg_stories_words *known,
                        struct eg_stories_words *unknown, const struct sentence *sentence,
                        size_t number, bool question, uint32_t *symbol, size_t *row,
                        struct eg_sequence *s)
{
    size_t n = 0;
    const int status = read_words(r, known, sentence, symbol, &n, unknown);
    for (size_t i = 0; i < n && !status; i++, (*row)++) {
        real *const x = s->input + *row * EG_COLUMNS;
        x[EG_COLUMN_SYMBOL] = (real) symbol[i];
        x[EG_COLUMN_SENTENCE] = (real) number;
        x[EG_COLUMN_PLACE] = (real) i;
        x[EG_COLUMN_QUESTION] = question;
        if (question && *row + 1 < s->steps)
            s->phase[*row] = EG_PHASE_QUERY;
    }
    return status;
}

static const char *copy_text(const struct reader *r, const struct sentence *s)
{
    char *const text = eg_arena_zeros(r->arena, (size_t) (s->end - s->at) + 1, 1);
    if (text)
        memcpy(text, s->at, (size_t) (s->end - s->at));
    return text;
}

static int copy_texts(const struct reader *r, const struct sentence *statement,
                      struct eg_stories_asked *a)
{
    const char **const text = eg_arena_zeros(r->arena, a->statements, sizeof *text);
    if (!text || !(a->question = copy_text(r, &r->question)))
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < a->statements; i++)
        if (!(text[i] = copy_text(r, &statement[i])))
            return EG_RAISE(EG_ERR_NOMEM);
    a->statement = text;
    return EG_OK;
}

static int build(const struct reader *r, struct eg_stories_asked *a)
{
    struct eg_stories_words known, unknown = {0};
    const size_t most = r->shape->sentences_max, all = r->statements;
    a->statements = all < most ? all : most;
    a->passed = all - a->statements;
    const struct sentence *const statement = r->statement + a->passed;
    size_t n, row = 0;
    int status = index_vocabulary(r, &known);
    for (size_t i = 0; i < a->statements && !status; i++)
        if (!(status = read_words(r, &known, &statement[i], NULL, &n, NULL)))
            a->sequence.steps += n;
    if (status || (status = read_words(r, &known, &r->question, NULL, &n, NULL)))
        return status;
    a->sequence.steps += n;
    uint32_t *const symbol = eg_arena_take(r->arena, (r->shape->words_max + 1) * sizeof *symbol);
    if (!symbol)
        return EG_RAISE(EG_ERR_NOMEM);
    if ((status = take_sequence(r, &a->sequence)) || (status = copy_texts(r, statement, a)))
        return status;
    for (size_t i = 0; i < a->statements && !status; i++)
        status =
            put_sentence(r, &known, &unknown, &statement[i], i, false, symbol, &row, &a->sequence);
    if (!status)
        status = put_sentence(r, &known, &unknown, &r->question, a->statements, true, symbol, &row,
                              &a->sequence);
    a->unknown = unknown.n;
    a->unknown_word = unknown.word;
    return status;
}

int eg_stories_ask(struct eg_stories_asked *asked, const char *text,
                   const struct eg_task_shape *shape, struct eg_arena *arena,
                   struct eg_message *message)
{
    struct reader r = {.shape = shape, .arena = arena, .message = message};
    int status;
    *asked = (struct eg_stories_asked){0};
    r.statement = malloc((strlen(text) + 1) * sizeof *r.statement); /* one a byte at most */
    if (!r.statement)
        return EG_RAISE(EG_ERR_NOMEM);
    if (!(status = read_lines(&r, text)) && !(status = check_sentences(&r)))
        status = build(&r, asked);
    free(r.statement);
    return status;
}

int eg_stories_read_text(const void *state, const char *text, struct eg_arena *arena,
                         struct eg_sequence *sequence, size_t *unknown, struct eg_message *message)
{
    const struct eg_stories *const s = state;
    const struct eg_task_shape shape = {.symbols = s->words.n,
                                        .symbol_words = s->words.word,
                                        .sentences_max = s->sentences_max,
                                        .words_max = s->words_max};
    struct eg_stories_asked asked;
    const int status = eg_stories_ask(&asked, text, &shape, arena, message);
    *sequence = asked.sequence;
    *unknown = asked.unknown;
    return status;
}
