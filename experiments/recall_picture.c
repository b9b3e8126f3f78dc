#include "experiments/recall_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define UPPER_HALF "\xe2\x96\x80"
#define LOWER_HALF "\xe2\x96\x84"
#define FULL_BLOCK "\xe2\x96\x88"

enum { GREYS = 5, MOST_SITES = 1024, WIDTH = 80, WIDTH_LEAST = 20, WIDTH_MOST = 1000 };
static const char *const greys_utf8[GREYS] = {" ", "\xe2\x96\x91", "\xe2\x96\x92", "\xe2\x96\x93",
                                              FULL_BLOCK};
static const char *const greys_ascii[GREYS] = {" ", ".", "+", "*", "#"};

static int says_utf8(const char *locale)
{
    for (const char *c = locale; *c; c++)
        if (!strncasecmp(c, "utf-8", 5) || !strncasecmp(c, "utf8", 4))
            return 1;
    return 0;
}

struct eg_terminal eg_terminal_find(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    struct eg_terminal t = {.utf8 = 0, .width = WIDTH};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *locale = getenv(names[i]);
        if (locale && locale[0]) {
            t.utf8 = says_utf8(locale);
            break;
        }
    }
    const char *columns = getenv("COLUMNS");
    const long said = columns ? strtol(columns, NULL, 10) : 0;
    struct winsize size;
    if (said >= WIDTH_LEAST && said <= WIDTH_MOST)
        t.width = (size_t) said;
    else if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size)
             && size.ws_col >= WIDTH_LEAST)
        t.width = size.ws_col;
    return t;
}

int eg_picture_shape(const struct eg_patterns *p, size_t *height, size_t *width)
{
    if (p->height > 0 && p->width > 0) {
        *height = p->height;
        *width = p->width;
        return 1;
    }
    if (p->first == 0 || p->first > MOST_SITES)
        return 0;
    size_t side = 1;
    while (side * side < p->first)
        side++;
    *width = side;
    *height = (p->first + side - 1) / side;
    return 1;
}

size_t eg_picture_lines(const struct eg_picture *p, int utf8)
{
    return utf8 && !p->grey ? (p->height + 1) / 2 : p->height;
}

/* 1 or 0, or -1 where there is nothing; -2 for a NaN. */
static int site(const struct eg_picture *p, size_t row, size_t column)
{
    const size_t i = row * p->width + column;
    if (row >= p->height || i >= p->sites)
        return -1;
    return isnan(p->values[i]) ? -2 : p->values[i] > 0;
}

static const char *spin(const struct eg_picture *p, size_t line, size_t column, int utf8)
{
    if (!utf8) {
        const int s = site(p, line, column);
        return s == -1 ? " " : s == -2 ? "?" : s ? "#" : ".";
    }
    const int upper = site(p, 2 * line, column), lower = site(p, 2 * line + 1, column);
    if (upper == -2 || lower == -2)
        return "?";
    return upper > 0 ? (lower > 0 ? FULL_BLOCK : UPPER_HALF) : lower > 0 ? LOWER_HALF : " ";
}

static const char *shade(double value, double low, double high, int utf8)
{
    if (isnan(value))
        return "?";
    const double level = (value - low) / (high - low) * GREYS;
    const int k = level >= GREYS ? GREYS - 1 : level > 0 ? (int) level : 0;
    return (utf8 ? greys_utf8 : greys_ascii)[k];
}

/* Appends where there is room for the whole character. */
static size_t append(char *buffer, size_t size, size_t used, const char *text)
{
    const size_t n = strlen(text);
    if (used + n >= size)
        return used;
    memcpy(buffer + used, text, n + 1);
    return used + n;
}

void eg_picture_line(char *buffer, size_t size, const struct eg_picture *p, size_t line, int utf8)
{
    size_t used = 0;
    if (size)
        buffer[0] = '\0';
    for (size_t column = 0; column < p->width; column++) {
        const char *text = " ";
        if (!p->grey)
            text = spin(p, line, column, utf8);
        else if (line < p->height && line * p->width + column < p->sites)
            text = shade(p->values[line * p->width + column], p->low, p->high, utf8);
        used = append(buffer, size, used, text);
    }
}

void eg_picture_strip(char *buffer, size_t size, const double *values, size_t n, size_t width,
                      int utf8)
{
    const size_t shown = n <= width ? n : width ? width - 1 : 0;
    size_t used = 0;
    if (size)
        buffer[0] = '\0';
    for (size_t i = 0; i < shown; i++)
        used = append(buffer, size, used,
                      isnan(values[i]) ? "?"
                      : values[i] > 0  ? (utf8 ? FULL_BLOCK : "#")
                                       : (utf8 ? greys_utf8[1] : "."));
    if (shown < n && width)
        append(buffer, size, used, "~");
}

size_t eg_picture_pick(size_t n, size_t most, size_t *at)
{
    const size_t picked = n < most ? n : most;
    for (size_t k = 0; k < picked; k++)
        at[k] = picked == 1 ? n - 1 : (k * (n - 1) + (picked - 1) / 2) / (picked - 1);
    return picked;
}
