/* experiments/recall_picture.h -- states as pictures on a terminal.
 *
 * A picture of spins takes half a line of the terminal a row (block elements of Unicode), or a
 * whole one where the terminal has only ASCII ('#' for +1, '.' for -1).  Real numbers are shown in
 * five levels of grey, a line a row. */
#ifndef EG_EXPERIMENTS_RECALL_PICTURE_H
#define EG_EXPERIMENTS_RECALL_PICTURE_H

#include <stddef.h>

#include "core/patterns.h"

/* What the terminal can do. */
struct eg_terminal {
    int utf8;
    size_t width; /* characters of a line */
};

/* Of standard output: `width` from COLUMNS or the terminal, 80 where it is none; `utf8` from
 * LC_ALL, LC_CTYPE or LANG, the first of them that is set. */
struct eg_terminal eg_terminal_find(void);

/* A height and width for the first layer of patterns: their own, or one nearly square for at most
 * 1024 sites without one (the last places of the last row may be empty).  Answers 0, and sets
 * nothing, where there is no picture to be shown. */
int eg_picture_shape(const struct eg_patterns *patterns, size_t *height, size_t *width);

struct eg_picture {
    const double *values; /* (sites), row by row                                             */
    size_t sites, height, width;
    int grey;         /* real numbers: five levels from `low` to `high`; else 1 where > 0 */
    double low, high; /* low < high                                                       */
};

/* Lines it takes. */
size_t eg_picture_lines(const struct eg_picture *picture, int utf8);

/* Line `line` as text, `width` characters, for which `buffer` (cut to `size`) needs 3 width + 1
 * bytes in UTF-8.  Places past `sites` are blank; a NaN is '?'. */
void eg_picture_line(char *buffer, size_t size, const struct eg_picture *picture, size_t line,
                     int utf8);

/* Numbers in one line, as many as fit into `width` characters; '~' stands for the rest. */
void eg_picture_strip(char *buffer, size_t size, const double *values, size_t n, size_t width,
                      int utf8);

/* `most` of 0 to n-1, evenly spread, the first and the last among them; all where n <= most. Writes
 * them to `at` and answers how many.  most = 0 picks none, most = 1 the last. */
size_t eg_picture_pick(size_t n, size_t most, size_t *at);

#endif
