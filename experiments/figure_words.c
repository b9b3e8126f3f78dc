/* Words in figures: how wide they are, what of a run file may stand there, captions and keys. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

/* Advance widths of Helvetica, 1/1000 of the size, from the blank on (Adobe font metrics). */
static const unsigned short widths[95] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584};

double eg_chart_width(const char *plain)
{
    double sum = 0;
    for (; *plain; plain++) {
        const unsigned char c = (unsigned char) *plain;
        if ((c & 0xc0) == 0x80) /* not the first byte of its letter */
            continue;
        sum += c >= 32 && c < 127 ? widths[c - 32] : c < 0xe3 ? 556 : 1000; /* from CJK on */
    }
    return sum / 1000 * 7.2 * 25.4 / 72 * 1.04; /* other fonts are a little wider */
}

static int is_plain(char c)
{
    return c != '\0' && (isalnum((unsigned char) c) || strchr(" /.,:;%()[]+-*<>=^_|!?", c));
}

/* Bytes of a letter in UTF-8 beyond ASCII; 0 where there is none. */
static size_t letter(const char *at)
{
    const unsigned char c = (unsigned char) *at, d = (unsigned char) at[c != 0];
    const size_t n = c >= 0xc2 && c < 0xe0   ? 2
                     : c >= 0xe0 && c < 0xf0 ? 3
                     : c >= 0xf0 && c < 0xf5 ? 4
                                             : 0;
    if (c == 0xc2 && d < 0xa0) /* controls */
        return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char) at[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

void eg_chart_plain(char *plain, size_t size, const char *text)
{
    static const char apostrophe[] = "\xe2\x80\x99"; /* the other one ends a text of gnuplot's */
    size_t n = 0, bytes;
    for (; *text; text += bytes) {
        const char *const from = *text == '\'' ? apostrophe : text;
        bytes = letter(from);
        const size_t more = bytes > 0 ? bytes : (size_t) is_plain(*text);
        if (n + more + 1 > size)
            break;
        memcpy(plain + n, from, more);
        n += more;
        bytes = from == text && bytes > 0 ? bytes : 1;
    }
    plain[n] = '\0';
    char *blank = strrchr(plain, ' ');
    if (*text && blank)
        *blank = '\0';
}

void eg_figure_plain(struct eg_run *run, const char *path, const char *name, const char *otherwise,
                     char *plain, size_t size)
{
    char text[4 * EG_CHART_WORDS];
    const int found = eg_run_exists(run, path)
                      && eg_run_get_attr_text(run, path, name, text, sizeof text, NULL) == EG_OK;
    eg_chart_plain(plain, size, found ? text : otherwise);
}

static const struct {
    const char *plain, *rich;
    int word; /* no letter beside it */
} signs[] = {
    {">=", "\xe2\x89\xa5", 0}, {"<=", "\xe2\x89\xa4", 0}, {"alpha", "\xce\xb1", 1},
    {"beta", "\xce\xb2", 1},   {"chi", "\xcf\x87", 1},    {"sqrt", "\xe2\x88\x9a", 1},
    {"+-", "\xc2\xb1", 0},
};

/* The sign that stands at `at`, which is in `text`, or NULL. */
static const char *sign(const char *text, const char *at, size_t *n)
{
    for (size_t k = 0; k < sizeof signs / sizeof *signs; k++) {
        *n = strlen(signs[k].plain);
        if (strncmp(at, signs[k].plain, *n) != 0)
            continue;
        if (!signs[k].word
            || ((at == text || !isalnum((unsigned char) at[-1]))
                && !isalnum((unsigned char) at[*n])))
            return signs[k].rich;
    }
    return NULL;
}

/* What a ^ or _ raises or lowers: *skip before it, and its length. */
static size_t script(const char *at, size_t *skip)
{
    size_t n = 0;
    *skip = 0;
    if (*at == '(') {
        n = strcspn(at, ")");
        *skip = 1;
        return at[n] == ')' ? n - 1 : 0;
    }
    while (isalnum((unsigned char) at[n]))
        n++;
    return n;
}

void eg_chart_rich(char *rich, size_t size, const char *plain)
{
    size_t n = 0;
    rich[0] = '\0';
    for (const char *at = plain; *at && n + 64 < size;) {
        size_t length, skip;
        const char *text = sign(plain, at, &length);
        if (text) {
            n += (size_t) snprintf(rich + n, size - n, "%s", text);
            at += length;
        } else if (*at == '^' || *at == '_') {
            length = script(at + 1, &skip);
            if (length > 0 && length < 32)
                n += (size_t) snprintf(rich + n, size - n, "%c{%.*s}", *at, (int) length,
                                       at + 1 + skip);
            else
                length = skip = 0;
            at += 1 + length + 2 * skip;
        } else {
            rich[n++] = *at++;
            rich[n] = '\0';
        }
    }
}

void eg_chart_measure(char *plain, size_t size, double x, double error)
{
    int decimals = 4;
    if (error > 0 && isfinite(error)) {
        const double wanted = 1 - floor(log10(error));
        decimals = wanted < 0 ? 0 : wanted > 12 ? 12 : (int) wanted;
        snprintf(plain, size, "%.*f +- %.*f", decimals, x, decimals, error);
    } else {
        snprintf(plain, size, "%.*f", decimals, x);
    }
}

void eg_figure_network(struct eg_run *run, const char *group, char *plain, size_t size)
{
    char network[64], rule[64];
    eg_figure_plain(run, group, "network", "", network, sizeof network);
    eg_figure_plain(run, group, "rule", "", rule, sizeof rule);
    snprintf(plain, size, "%s%s%s", network, *network && *rule ? ", " : "", rule);
}

/* --- captions --- */

enum { CAPTION_LINES = 6 };

/* No line ends before a sign of comparison or a unit, or after a sign. */
static int may_break(const char *text, size_t at)
{
    const char *next = text + at + strspn(text + at, " ");
    return at == 0
           || !(strchr("<>=", text[at - 1]) || (*next && strchr("<>=+%", *next))
                || strncmp(next, "s.e.", 4) == 0);
}

/* How much of the text fits into one line. */
static size_t line(const char *text, double width)
{
    char part[EG_CHART_WORDS];
    size_t n = 0, fits = 0;
    while (text[n] && n + 1 < sizeof part) {
        const size_t word = n + strspn(text + n, " ");
        const size_t end = word + strcspn(text + word, " ");
        if (end + 1 >= sizeof part)
            break;
        memcpy(part, text, end);
        part[end] = '\0';
        if (fits > 0 && eg_chart_width(part) > width)
            break;
        n = end;
        if (fits == 0 || may_break(text, end))
            fits = end;
    }
    return fits > 0 ? fits : strlen(text);
}

double eg_chart_caption_height(const char *plain, double width)
{
    int lines = 0;
    while (*plain && lines < CAPTION_LINES) {
        plain += line(plain, width);
        plain += strspn(plain, " ");
        lines++;
    }
    return EG_CHART_LINE * lines;
}

void eg_chart_caption(struct eg_page *page, double left, double right, double top,
                      const char *plain)
{
    for (int k = 0; *plain && k < CAPTION_LINES; k++) {
        char part[EG_CHART_WORDS], rich[2 * EG_CHART_WORDS];
        const size_t n = line(plain, right - left);
        snprintf(part, sizeof part, "%.*s", (int) (n < sizeof part ? n : sizeof part - 1), plain);
        eg_chart_rich(rich, sizeof rich, part);
        eg_page_words(page, left, top + EG_CHART_LINE * (k + 0.5), "left", rich);
        plain += n;
        plain += strspn(plain, " ");
    }
}

/* --- keys --- */

const char *eg_chart_colour(size_t k)
{
    static const char *const colours[EG_CHART_COLOURS] = {
        EG_COLOUR_BLUE,   EG_COLOUR_VERMILLION, EG_COLOUR_GREEN, EG_COLOUR_PURPLE,
        EG_COLOUR_ORANGE, EG_COLOUR_SKY,        EG_COLOUR_BLACK};
    return colours[k % EG_CHART_COLOURS];
}

int eg_chart_point(size_t k)
{
    static const int points[] = {7, 5, 9, 13, 11};
    return points[k % (sizeof points / sizeof *points)];
}

static double mark_width(const struct eg_key *key)
{
    return key->mark == EG_MARK_POINT ? 2.4 : key->mark == EG_MARK_AREA ? 3.6 : 6.4;
}

/* Where key k stands, after the one at (*x, *row). */
static void place(const struct eg_key *key, double left, double width, double *x, int *row)
{
    const double own = mark_width(key) + eg_chart_width(key->name);
    if (*x > left && *x + own > left + width) {
        *x = left;
        ++*row;
    }
}

static double after(const struct eg_key *key)
{
    return mark_width(key) + eg_chart_width(key->name) + 2.6;
}

double eg_chart_keys_height(const struct eg_key *keys, size_t n, double width)
{
    double x = 0;
    int row = 0;
    for (size_t k = 0; k < n; k++) {
        place(&keys[k], 0, width, &x, &row);
        x += after(&keys[k]);
    }
    return n > 0 ? EG_CHART_LINE * (row + 1) + 0.4 : 0;
}

void eg_chart_keys(struct eg_page *page, double left, double right, double top,
                   const struct eg_key *keys, size_t n)
{
    struct eg_text *s = &page->script;
    double x = left;
    int row = 0;
    for (size_t k = 0; k < n; k++) {
        const struct eg_key *key = &keys[k];
        place(key, left, right - left, &x, &row);
        const double middle = top + EG_CHART_LINE * (row + 0.5), y = 1 - middle / page->height;
        const double half = 1.0 / page->height;
        if (key->mark == EG_MARK_POINT)
            eg_text_add(s,
                        "set label '' at screen %.5f,%.5f point pt %d ps 0.45 lc rgb '%s' front\n",
                        (x + 1) / EG_PAGE_WIDTH, y, key->point, key->colour);
        else if (key->mark == EG_MARK_AREA)
            eg_text_add(
                s,
                "set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f front "
                "fillstyle solid 1 border lc rgb '" EG_COLOUR_GREY "' fillcolor rgb '%s' lw 0.3\n",
                x / EG_PAGE_WIDTH, y - half, (x + 2.6) / EG_PAGE_WIDTH, y + half, key->colour);
        else
            eg_text_add(
                s,
                "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead front lw 1.4 lc "
                "rgb '%s'\n",
                x / EG_PAGE_WIDTH, y, (x + 5.4) / EG_PAGE_WIDTH, y, key->colour);
        char rich[2 * EG_CHART_WORDS];
        eg_chart_rich(rich, sizeof rich, key->name);
        eg_page_words(page, x + mark_width(key), middle, "left", rich);
        x += after(key);
    }
}
