/* tasks/pattern_rows.h -- patterns as they come out of a file, one number after the other.
 *
 * A reader finds the numbers in its format and calls eg_rows_begin() before those of a pattern,
 * eg_rows_put() for each, eg_rows_end() after them.  What a number stands for, and whether all
 * patterns have the same length, is decided here and is the same for all formats.
 *
 * Two states   the numbers are 0 and 1, or -1 and 1, in all files alike.
 * Threshold    any finite number; a site is +1 where it is more than `threshold`.
 * Real         the numbers are kept as well; without a threshold a site is +1 above 0.
 *
 * Owner  the caller, who calls eg_rows_free() in any case. */
#ifndef EG_TASKS_PATTERN_ROWS_H
#define EG_TASKS_PATTERN_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

#define EG_ROWS_SITES_MAX ((size_t) 1 << 31) /* longer patterns are damage */

struct eg_rows {
    /* What the caller sets; the rest is zero at the start. */
    bool real, with_threshold;
    double threshold;
    struct eg_message *message;

    size_t sites, count;  /* of a pattern, 0 until the first is complete; patterns   */
    size_t height, width; /* of the pictures; 0: they are none                       */
    uint64_t *bits;       /* (count, words), words of 64 sites; the rest of them 0   */
    double *values;       /* (count, sites) where they are real                      */

    size_t at; /* sites of the pattern that is being read */
    size_t bits_room, values_room;
    bool zero, minus; /* states there were             */
};

static inline size_t eg_rows_words(const struct eg_rows *rows)
{
    return rows->sites / 64 + (rows->sites % 64 > 0);
}

/* Room for `count` more patterns of `sites`, where a reader knows; EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_rows_reserve(struct eg_rows *rows, size_t count, size_t sites);

/* EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_rows_begin(struct eg_rows *rows);

/* EG_ERR_DATA: the number is no state; *why then says what is allowed, and the caller where it
 * stands.  EG_ERR_NOMEM with *why NULL. */
EG_MUST_CHECK int eg_rows_put(struct eg_rows *rows, double value, const char **why);

/* EG_ERR_DATA when the pattern has another length than the first one. `path` and "UNIT n", as
 * "line 7", tell where it stands. */
EG_MUST_CHECK int eg_rows_end(struct eg_rows *rows, const char *path, const char *unit, size_t n);

/* Patterns that follow are pictures of this size.  EG_ERR_DATA when those before were not. */
EG_MUST_CHECK int eg_rows_picture(struct eg_rows *rows, size_t height, size_t width,
                                  const char *path);

static inline int eg_rows_get(const struct eg_rows *rows, size_t pattern, size_t site)
{
    return (int) (rows->bits[pattern * eg_rows_words(rows) + site / 64] >> (site % 64) & 1);
}

void eg_rows_free(struct eg_rows *rows);

/* The text of a file, for the two readers of texts: `size` bytes and a '\0'. */
struct eg_rows_text {
    const char *path;
    const char *at;
    size_t size;
};

/* Readers.  Each reads all patterns of a file; EG_ERR_FORMAT (what the file should be),
 * EG_ERR_DATA (what is in it), EG_ERR_IO, EG_ERR_NOMEM; the message names file and place. */
EG_MUST_CHECK int eg_rows_read_text(struct eg_rows *rows, const struct eg_rows_text *text);
EG_MUST_CHECK int eg_rows_read_pictures(struct eg_rows *rows, const struct eg_rows_text *text);
EG_MUST_CHECK int eg_rows_read_hdf5(struct eg_rows *rows, const char *path, const char *dataset);

#endif
