/* tasks/pattern_text.c -- patterns from a text: CSV, or numbers with blanks in between.
 *
 * A line is a pattern; its numbers stand between commas, semicolons or blanks.  What follows '#' is
 * not read, lines without a number are skipped.  There is no header line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_private.h" /* the locale */
#include "tasks/pattern_rows.h"

struct line {
    const char *at, *end;
    size_t number, column; /* from 1 */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_comma(char c)
{
    return c == ',' || c == ';';
}

static void skip_blanks(struct line *l)
{
    while (l->at < l->end && is_blank(*l->at))
        l->at++;
}

static bool at_end(const struct line *l)
{
    return l->at == l->end || *l->at == '#';
}

static int refuse_word(const struct eg_rows *r, const char *path, const struct line *l,
                       const char *word, size_t n)
{
    char shown[32];
    const size_t keep = n < sizeof shown - 1 ? n : sizeof shown - 1;
    for (size_t i = 0; i < keep; i++)
        shown[i] = word[i] >= ' ' && word[i] <= '~' ? word[i] : '?';
    shown[keep] = '\0';
    return EG_FAIL(EG_ERR_DATA, r->message,
                   "%s: line %zu, column %zu is %s%s%s; a number is needed (no header line; what "
                   "follows # is not read)",
                   path, l->number, l->column, n ? "\"" : "empty", shown, n ? "\"" : "");
}

/* Numbers are decimal; "nan" and "inf" are read, so that they can be refused as what they are. */
static bool to_number(const char *word, size_t n, double *value)
{
    char copy[64], *end;
    if (n == 0 || n >= sizeof copy || memchr(word, 'x', n) || memchr(word, 'X', n))
        return false;
    memcpy(copy, word, n);
    copy[n] = '\0';
    *value = strtod(copy, &end);
    return end == copy + n;
}

static int read_number(struct eg_rows *r, const char *path, struct line *l)
{
    const char *const word = l->at;
    while (!at_end(l) && !is_blank(*l->at) && !is_comma(*l->at))
        l->at++;
    const size_t n = (size_t) (l->at - word);
    double value;
    if (n == 1 && (*word == '0' || *word == '1'))
        value = *word - '0';
    else if (!to_number(word, n, &value))
        return refuse_word(r, path, l, word, n);
    const char *why;
    const int status = eg_rows_put(r, value, &why);
    if (why)
        return EG_FAIL(status, r->message, "%s: line %zu, column %zu is %.9g; %s", path, l->number,
                       l->column, value, why);
    return status;
}

static int read_line(struct eg_rows *r, const char *path, struct line *l)
{
    skip_blanks(l);
    if (at_end(l))
        return EG_OK;
    int status = eg_rows_begin(r);
    while (!status) {
        if ((status = read_number(r, path, l)))
            break;
        skip_blanks(l);
        if (at_end(l))
            return eg_rows_end(r, path, "line", l->number);
        if (is_comma(*l->at)) {
            l->at++;
            skip_blanks(l);
        }
        l->column++;
    }
    return status;
}

int eg_rows_read_text(struct eg_rows *r, const struct eg_rows_text *text)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some programs begin a CSV file with it */
    const char *at = text->at, *const end = text->at + text->size;
    if (text->size >= 3 && memcmp(at, mark, 3) == 0)
        at += 3;
    const size_t before = r->count;
    const struct eg_locale locale = eg_locale_enter();
    int status = EG_OK;
    for (size_t number = 1; at < end && !status; number++) {
        const char *const newline = memchr(at, '\n', (size_t) (end - at));
        struct line line = {at, newline ? newline : end, number, 1};
        status = read_line(r, text->path, &line);
        at = newline ? newline + 1 : end;
    }
    eg_locale_leave(locale);
    if (!status && r->count == before)
        return EG_FAIL(EG_ERR_DATA, r->message, "%s: there are no patterns, only empty lines",
                       text->path);
    return status;
}
