#include "core/option.h"

#include <float.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_private.h"

enum { REAL_TEXT = 40 };

/* --- text --- */

void eg_sink_put(struct eg_sink *sink, const char *bytes, size_t n)
{
    if (!sink->cut && n < sink->size && sink->length < sink->size - n) {
        memcpy(sink->buffer + sink->length, bytes, n);
        sink->buffer[sink->length + n] = '\0';
    } else {
        sink->cut = 1;
    }
    sink->length += n;
}

void eg_sink_format(struct eg_sink *sink, const char *format, ...)
{
    const size_t room = !sink->cut && sink->length < sink->size ? sink->size - sink->length : 0;
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(room > 0 ? sink->buffer + sink->length : NULL, room, format, args);
    va_end(args);
    if (n < 0 || (size_t) n >= room) {
        sink->cut = 1;
        if (room > 0)
            sink->buffer[sink->length] = '\0';
    }
    sink->length += n > 0 ? (size_t) n : 0;
}

static void put_text(struct eg_sink *sink, const char *text)
{
    eg_sink_put(sink, text, strlen(text));
}

size_t eg_utf8_decode(const char *text, unsigned long *code)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *) text;
    const size_t n = s[0] < 0x80             ? 1
                     : (s[0] & 0xe0) == 0xc0 ? 2
                     : (s[0] & 0xf0) == 0xe0 ? 3
                     : (s[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (n == 0)
        return 0;
    unsigned long c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code = c;
    return n;
}

int eg_utf8_printable(unsigned long c)
{
    const int control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const int separator = c == 0x2028 || c == 0x2029;
    return !control && !separator && c != 0xfeff && c != 0xfffe && c != 0xffff;
}

/* --- numbers and ranges --- */

struct eg_locale eg_locale_enter(void)
{
    struct eg_locale l;
    l.c = newlocale(LC_ALL_MASK, "C", (locale_t) 0);
    l.before = uselocale(l.c);
    return l;
}

void eg_locale_leave(struct eg_locale l)
{
    uselocale(l.before);
    if (l.c)
        freelocale(l.c);
}

/* Fewest digits, of 15 to 17, that read back as the same number. */
static void write_real(char text[REAL_TEXT], double value)
{
    const struct eg_locale l = eg_locale_enter();
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, REAL_TEXT, "%.*g", digits, value);
        const double back = strtod(text, NULL);
        if (back <= value && back >= value)
            break;
    }
    eg_locale_leave(l);
}

/* "slot" -> "slots", but "nat/step", "s" and "" stay. */
static void put_unit(struct eg_sink *sink, const char *unit)
{
    const size_t n = unit ? strlen(unit) : 0;
    if (n == 0 || strcmp(unit, "1") == 0)
        return;
    size_t letters = 0;
    while (eg_lower(unit[letters]) >= 'a' && eg_lower(unit[letters]) <= 'z')
        letters++;
    const int word = letters == n && n >= 3 && unit[n - 1] != 's';
    eg_sink_format(sink, " %s%s", unit,
                   !word                                    ? ""
                   : n >= 3 && !strcmp(unit + n - 3, "tch") ? "es"
                                                            : "s");
}

static void put_bound(struct eg_sink *sink, const struct eg_option *row, double bound)
{
    char text[REAL_TEXT];
    if (eg_option_is_real(row)) {
        write_real(text, bound);
        put_text(sink, text);
    } else {
        eg_sink_format(sink, "%.0f", bound);
    }
}

void eg_option_put_range(struct eg_sink *sink, const struct eg_option *row)
{
    if (row->kind == EG_OPT_CHOICE) {
        for (size_t i = 0; row->choices[i]; i++)
            eg_sink_format(sink, "%s%s", i == 0 ? "one of " : ", ", row->choices[i]);
        return;
    }
    if (row->kind == EG_OPT_BOOL || row->kind == EG_OPT_TEXT)
        return;
    const double huge = eg_option_is_real(row) ? DBL_MAX : (double) LONG_MAX;
    const int low = row->min > -huge;
    const int high = row->max < huge;
    if (low && !high)
        put_text(sink, "at least ");
    if (low)
        put_bound(sink, row, row->min);
    if (high)
        put_text(sink, low ? " to " : "at most ");
    if (high)
        put_bound(sink, row, row->max);
    if (low || high)
        put_unit(sink, row->unit);
}

/* --- values --- */

/* In double quotes.  What a YAML reader would refuse or fold stands as an escape. */
static void put_quoted(struct eg_sink *sink, const char *text)
{
    put_text(sink, "\"");
    while (*text) {
        unsigned long c = 0;
        const size_t n = eg_utf8_decode(text, &c);
        if (n == 0)
            put_text(sink, "\\uFFFD");
        else if (c == '"' || c == '\\')
            eg_sink_format(sink, "\\%c", (int) c);
        else if (c == '\n')
            put_text(sink, "\\n");
        else if (c == '\t')
            put_text(sink, "\\t");
        else if (!eg_utf8_printable(c))
            eg_sink_format(sink, "\\u%04lX", c);
        else
            eg_sink_put(sink, text, n);
        text += n > 0 ? n : 1;
    }
    put_text(sink, "\"");
}

/* A choice needs quotes where some YAML reader would see more than a word in it. */
static void put_name(struct eg_sink *sink, const char *name)
{
    static const char *const words[] = {"true", "false", "yes", "no",  "on",
                                        "off",  "y",     "n",   "null"};
    const size_t n = strlen(name);
    int plain = eg_lower(name[0]) >= 'a' && eg_lower(name[0]) <= 'z';
    for (size_t i = 0; i < n; i++)
        plain &= (eg_lower(name[i]) >= 'a' && eg_lower(name[i]) <= 'z') || eg_is_digit(name[i])
                 || strchr("_-./", name[i]) != NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        plain &= !eg_is_word(name, n, words[i]);
    if (plain)
        eg_sink_put(sink, name, n);
    else
        put_quoted(sink, name);
}

/* With a point, so that readers of YAML 1.1 and 1.2 alike see a real: 1.0, 1.0e-05. */
static void put_real(struct eg_sink *sink, double value)
{
    char text[REAL_TEXT];
    write_real(text, value);
    const size_t n = strcspn(text, ".en"); /* 'n': nan and inf stay what they are */
    if (text[n] == '.' || text[n] == 'n')
        put_text(sink, text);
    else
        eg_sink_format(sink, "%.*s.0%s", (int) n, text, text + n);
}

void eg_option_put(struct eg_sink *sink, const struct eg_option *row, const void *value)
{
    switch (row->kind) {
    case EG_OPT_INT:
        eg_sink_format(sink, "%ld", *(const long *) value);
        return;
    case EG_OPT_REAL:
        put_real(sink, *(const double *) value);
        return;
    case EG_OPT_BOOL:
        put_text(sink, *(const int *) value ? "true" : "false");
        return;
    case EG_OPT_CHOICE:
        put_name(sink, row->choices[*(const int *) value]);
        return;
    case EG_OPT_TEXT: {
        const char *const text = *(const char *const *) value;
        put_quoted(sink, text ? text : "");
        return;
    }
    case EG_OPT_LIST: {
        const struct eg_list *const list = value;
        put_text(sink, "[");
        for (size_t i = 0; i < list->n; i++)
            eg_sink_format(sink, "%s%ld", i == 0 ? "" : ", ", list->at[i]);
        put_text(sink, "]");
        return;
    }
    case EG_OPT_REALS: {
        const struct eg_reals *const list = value;
        put_text(sink, "[");
        for (size_t i = 0; i < list->n; i++) {
            put_text(sink, i == 0 ? "" : ", ");
            put_real(sink, list->at[i]);
        }
        put_text(sink, "]");
        return;
    }
    }
}

void eg_option_print(char *buffer, size_t size, const struct eg_option *row, const void *value)
{
    if (size == 0)
        return;
    buffer[0] = '\0';
    eg_option_put(&(struct eg_sink){.buffer = buffer, .size = size}, row, value);
}
