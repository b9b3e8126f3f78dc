/* experiments/ask_input.c -- lines of a story, until there is a question. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/ask.h"

enum kind { NOT_KNOWN, WITH_IDS, PLAIN };
enum { LINE_MAX_BYTES = 1 << 20 };

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int text_add(struct eg_ask_text *text, const char *at, size_t n)
{
    if (text->length + n + 1 > text->size) {
        const size_t size = 2 * (text->length + n + 64);
        char *const more = realloc(text->at, size);
        if (!more)
            return EG_RAISE(EG_ERR_NOMEM);
        text->at = more;
        text->size = size;
    }
    memcpy(text->at + text->length, at, n);
    text->length += n;
    text->at[text->length] = '\0';
    return EG_OK;
}

static void text_clear(struct eg_ask_text *text)
{
    text->length = 0;
    if (text->at)
        text->at[0] = '\0';
}

/* A sentence as the reader of stories takes it: a line with an ID. */
static int text_sentence(struct eg_ask_text *text, size_t number, const char *at, const char *end)
{
    char id[32];
    const int n = snprintf(id, sizeof id, "%zu ", number);
    int ret = text_add(text, id, (size_t) n);
    if (!ret)
        ret = text_add(text, at, (size_t) (end - at));
    return ret ? ret : text_add(text, "\n", 1);
}

/* A line without its end; *done at the end of the file. */
static int read_line(struct eg_ask_input *in, int *done, struct eg_message *message)
{
    int c = EOF;
    text_clear(&in->line);
    if (in->terminal)
        fprintf(stderr, in->statements ? "  ... " : "story> ");
    errno = 0;
    while ((c = getc(in->file)) != EOF && c != '\n') {
        const char byte = (char) c;
        if (in->line.length == LINE_MAX_BYTES)
            return EG_FAIL(EG_ERR_DATA, message, "%s: line %zu has more than %d bytes", in->name,
                           in->lines + 1, (int) LINE_MAX_BYTES);
        if (text_add(&in->line, &byte, 1))
            return EG_RAISE(EG_ERR_NOMEM);
    }
    if (c == EOF && ferror(in->file))
        return EG_FAIL(EG_ERR_IO, message, "%s: %s", in->name, strerror(errno ? errno : EIO));
    *done = c == EOF && in->line.length == 0;
    if (*done && in->terminal)
        fprintf(stderr, "\n");
    if (*done)
        return EG_OK;
    in->lines++;
    if (in->line.length > 0 && in->line.at[in->line.length - 1] == '\r')
        in->line.at[--in->line.length] = '\0';
    return text_add(&in->line, "", 0);
}

static void forget(struct eg_ask_input *in)
{
    text_clear(&in->story);
    in->statements = 0;
    in->unasked = 0;
}

static int add_statement(struct eg_ask_input *in, const char *at, const char *end)
{
    if (in->statements == in->room) {
        const size_t room = in->room ? 2 * in->room : 64;
        size_t *const from = realloc(in->from, room * sizeof *from);
        if (!from)
            return EG_RAISE(EG_ERR_NOMEM);
        in->from = from;
        in->room = room;
    }
    in->unasked |= in->statements == 0;
    in->from[in->statements++] = in->lines;
    return text_sentence(&in->story, in->statements, at, end);
}

static int set_question(struct eg_ask_input *in, const char *at, const char *end)
{
    text_clear(&in->text);
    in->question_from = in->lines;
    in->unasked = 0;
    in->questions++;
    const int ret = text_add(&in->text, in->story.length ? in->story.at : "", in->story.length);
    /* The tab says that it asks, whatever it ends with. */
    const int more = ret ? ret : text_sentence(&in->text, in->statements + 1, at, end);
    if (!more)
        in->text.at[in->text.length - 1] = '\t';
    return more ? more : text_add(&in->text, "\n", 1);
}

/* Words of the line from `at` to `end`, without blanks around them. */
static int take(struct eg_ask_input *in, const char *at, const char *end, int asks, int *asked)
{
    char word[EG_STORIES_BYTES_MAX + 1];
    const char *from = at;
    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    if (eg_stories_word(&from, end, word) == 0)
        return EG_OK;
    *asked = asks;
    return asks ? set_question(in, at, end) : add_statement(in, at, end);
}

static int take_with_id(struct eg_ask_input *in, int *asked, struct eg_message *message)
{
    const char *at = in->line.at, *const end = at + in->line.length;
    while (at < end && is_blank(*at))
        at++;
    const char *const id = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    if (at == end && at == id) /* an empty line */
        return EG_OK;
    if (at == id || (at < end && !is_blank(*at)))
        return EG_FAIL(EG_ERR_DATA, message,
                       "%s: line %zu does not begin with an ID and a blank, as the first does",
                       in->name, in->lines);
    if (at == id + 1 && *id == '1')
        forget(in);
    const char *const tab = memchr(at, '\t', (size_t) (end - at));
    const char *last = tab ? tab : end;
    while (last > at && is_blank(last[-1]))
        last--;
    return take(in, at, last, tab || (last > at && last[-1] == '?'), asked);
}

/* Up to the first question; what stands behind it stays in `left`. */
static int take_plain(struct eg_ask_input *in, const char *at, const char *end, int *asked)
{
    int ret = EG_OK;
    if (at == end) /* an empty line */
        forget(in);
    while (at < end && !ret && !*asked) {
        const char *stop = at;
        while (stop < end && !(strchr(".!?", *stop) && (stop + 1 == end || is_blank(stop[1]))))
            stop++;
        const int asks = stop < end && *stop == '?';
        stop += stop < end;
        ret = take(in, at, stop, asks, asked);
        at = stop;
    }
    while (at < end && is_blank(*at))
        at++;
    char *const rest = in->left.at;
    in->left = (struct eg_ask_text){0};
    if (!ret && at < end)
        ret = text_add(&in->left, at, (size_t) (end - at));
    free(rest);
    return ret;
}

static int take_line(struct eg_ask_input *in, int *asked, struct eg_message *message)
{
    const char *at = in->line.at, *const end = at + in->line.length;
    const char *const bad = eg_stories_bad_bytes(at, end);
    if (bad)
        return EG_FAIL(EG_ERR_DATA, message, "%s: line %zu has %s; allowed is text in UTF-8",
                       in->name, in->lines, bad);
    if (in->lines == 1 && !strncmp(at, "\xef\xbb\xbf", 3))
        at += 3;
    while (at < end && is_blank(*at))
        at++;
    if (in->kind == NOT_KNOWN && at < end)
        in->kind = end - at > 2 && at[0] == '1' && is_blank(at[1]) ? WITH_IDS : PLAIN;
    if (in->kind == WITH_IDS) {
        memmove(in->line.at, at, (size_t) (end - at) + 1);
        in->line.length = (size_t) (end - at);
        return take_with_id(in, asked, message);
    }
    const char *const tab = memchr(at, '\t', (size_t) (end - at));
    if (tab) /* what follows is the answer */
        return take(in, at, tab, 1, asked);
    return take_plain(in, at, end, asked);
}

/* The story without its statement `k`, from 1; the others move up. */
static int drop_statement(struct eg_ask_input *in, size_t k)
{
    struct eg_ask_text old = in->story;
    const size_t n = in->statements;
    const char *at = old.at;
    int ret = EG_OK;
    in->story = (struct eg_ask_text){0};
    in->statements = 0;
    for (size_t i = 1; i <= n && !ret; i++) {
        const char *const words = strchr(at, ' ') + 1, *const end = strchr(words, '\n');
        at = end + 1;
        if (i == k)
            continue;
        in->from[in->statements++] = in->from[i - 1];
        ret = text_sentence(&in->story, in->statements, words, end);
    }
    free(old.at);
    return ret;
}

/* The reader of stories counts sentences from 1; here they are given their lines back.  Who sits at
 * a terminal goes on with the story, so a statement that cannot be read must not stay in it. */
static int name_line(struct eg_ask_input *in, int ret, struct eg_message *message)
{
    size_t sentence;
    int used = 0;
    const struct eg_message before = *message;
    if (ret != EG_ERR_DATA || sscanf(before.text, "line %zu %n", &sentence, &used) != 1 || !used
        || sentence == 0)
        return ret != EG_ERR_DATA ? ret
                                  : EG_FAIL(ret, message, "%s: line %zu: %s", in->name,
                                            in->question_from, before.text);
    const int asks = sentence > in->statements, drop = in->terminal && !asks;
    const size_t line = asks ? in->question_from : in->from[sentence - 1];
    if (drop && drop_statement(in, sentence))
        return EG_RAISE(EG_ERR_NOMEM);
    return EG_FAIL(ret, message, "%s: line %zu %s%s", in->name, line, before.text + used,
                   drop ? "; it is left out of the story" : "");
}

int eg_ask_next(struct eg_ask_input *in, const struct eg_task_shape *shape, struct eg_arena *arena,
                struct eg_stories_asked *asked, int *done, struct eg_message *message)
{
    int found = 0, ret = EG_OK;
    *done = 0;
    if (in->left.length > 0) {
        struct eg_ask_text left = in->left;
        in->left = (struct eg_ask_text){0};
        ret = take_plain(in, left.at, left.at + left.length, &found);
        free(left.at);
    }
    while (!ret && !found) {
        if ((ret = read_line(in, done, message)) || *done)
            break;
        ret = take_line(in, &found, message);
    }
    if (ret)
        return ret;
    if (*done && in->unasked && !in->terminal)
        return EG_FAIL(
            EG_ERR_DATA, message,
            "%s: the last story, which ends in line %zu, has no question; a question ends "
            "in '?'",
            in->name, in->from[in->statements - 1]);
    if (*done && in->questions == 0 && !in->terminal)
        return EG_FAIL(EG_ERR_DATA, message,
                       "%s has neither story nor question; a question ends in '?'", in->name);
    return *done
               ? EG_OK
               : name_line(in, eg_stories_ask(asked, in->text.at, shape, arena, message), message);
}

void eg_ask_input_free(struct eg_ask_input *in)
{
    free(in->line.at);
    free(in->left.at);
    free(in->story.at);
    free(in->text.at);
    free(in->from);
    in->line = in->left = in->story = in->text = (struct eg_ask_text){0};
    in->from = NULL;
}
