/* tasks/pattern_pictures.c -- patterns from pictures: PBM (P1, P4) and PGM (P2, P5).
 *
 * One picture is a pattern, row by row; a file may hold several, one after the other (the netpbm
 * formats: https://netpbm.sourceforge.net/doc/pbm.html, pgm.html).  Black in a PBM is 1; a PGM
 * holds greys, of which only 0 and 1 are states unless there is a threshold. */
#include "tasks/pattern_rows.h"

struct reader {
    struct eg_rows *rows;
    const char *path;
    const unsigned char *at, *end;
    size_t picture; /* from 1 */
};

struct header {
    int kind; /* 1, 2, 4 or 5 */
    size_t width, height, white;
};

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (is_space(*r->at) || *r->at == '#')) {
        if (*r->at == '#')
            while (r->at < r->end && *r->at != '\n')
                r->at++;
        else
            r->at++;
    }
}

static int damaged(const struct reader *r, const char *what)
{
    return EG_FAIL(EG_ERR_FORMAT, r->rows->message, "%s: picture %zu: %s", r->path, r->picture,
                   what);
}

static int read_size(struct reader *r, size_t most, const char *what, size_t *value)
{
    skip_space(r);
    if (r->at == r->end)
        return damaged(r, "the file ends within the header");
    size_t n = 0, digits = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, digits++)
        n = n > most ? n : 10 * n + (size_t) (*r->at - '0');
    if (digits == 0)
        return damaged(r, "the header is damaged: a number was expected");
    if (n < 1 || n > most)
        return EG_FAIL(EG_ERR_FORMAT, r->rows->message,
                       "%s: picture %zu: the header says that its %s is %s; allowed are 1 to %zu",
                       r->path, r->picture, what, n ? "larger" : "0", most);
    *value = n;
    return EG_OK;
}

static int read_header(struct reader *r, struct header *h)
{
    if (r->end - r->at < 2 || r->at[0] != 'P')
        return damaged(r, "it does not begin with P1, P2, P4 or P5; the one before it is longer "
                          "or shorter than its header says");
    h->kind = r->at[1] - '0';
    if (h->kind != 1 && h->kind != 2 && h->kind != 4 && h->kind != 5)
        return damaged(r, "only PBM (P1, P4) and PGM (P2, P5) are read");
    r->at += 2;
    int status;
    if ((status = read_size(r, EG_ROWS_SITES_MAX, "width", &h->width))
        || (status = read_size(r, EG_ROWS_SITES_MAX, "height", &h->height)))
        return status;
    h->white = 1;
    if ((h->kind == 2 || h->kind == 5) && (status = read_size(r, 65535, "largest grey", &h->white)))
        return status;
    if (h->kind >= 4) { /* one space, then bytes */
        if (r->at == r->end || !is_space(*r->at))
            return damaged(r, "the file ends within the header, or the header is damaged");
        r->at++;
    }
    return EG_OK;
}

/* Before anything is read, so that a size in a damaged header costs nothing. */
static int check_length(const struct reader *r, const struct header *h)
{
    const size_t there = (size_t) (r->end - r->at);
    const size_t row = h->kind == 4   ? h->width / 8 + (h->width % 8 > 0)
                       : h->kind == 5 ? h->width * (h->white > 255 ? 2 : 1)
                                      : h->width;
    if (h->height > there / row)
        return EG_FAIL(EG_ERR_FORMAT, r->rows->message,
                       "%s: picture %zu: the file is truncated: a picture of %zu x %zu (height x "
                       "width) takes %.15g bytes or more, and %zu are left",
                       r->path, r->picture, h->height, h->width, (double) row * (double) h->height,
                       there);
    return EG_OK;
}

/* The next grey of a plain file; -1 where there is no number. */
static long plain(struct reader *r, const struct header *h)
{
    skip_space(r);
    if (r->at == r->end || *r->at < '0' || *r->at > '9')
        return -1;
    if (h->kind == 1) /* pixels need no space in between */
        return *r->at++ - '0';
    long grey = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        grey = grey > 65535 ? grey : 10 * grey + *r->at - '0';
    return grey;
}

static long grey_at(struct reader *r, const struct header *h, size_t column)
{
    if (h->kind == 4) { /* eight pixels a byte, the left one highest; a row begins with a byte */
        const long pixel = *r->at >> (7 - column % 8) & 1;
        r->at += column % 8 == 7 || column + 1 == h->width;
        return pixel;
    }
    if (h->kind == 5) {
        const long first = *r->at++;
        return h->white > 255 ? 256 * first + *r->at++ : first;
    }
    return plain(r, h);
}

static int read_pixels(struct reader *r, const struct header *h)
{
    for (size_t row = 0; row < h->height; row++)
        for (size_t column = 0; column < h->width; column++) {
            const long grey = grey_at(r, h, column);
            const char *why = NULL;
            int status = EG_OK;
            if (grey < 0)
                return EG_FAIL(EG_ERR_FORMAT, r->rows->message,
                               "%s: picture %zu, row %zu, column %zu: %s", r->path, r->picture,
                               row + 1, column + 1,
                               r->at == r->end ? "the file is truncated" : "this is not a number");
            if (grey > (long) h->white) {
                status = EG_ERR_DATA;
                why = "the header allows no more than its largest grey";
            } else {
                status = eg_rows_put(r->rows, (double) grey, &why);
            }
            if (why)
                return EG_FAIL(status, r->rows->message,
                               "%s: picture %zu, row %zu, column %zu is %ld; %s", r->path,
                               r->picture, row + 1, column + 1, grey, why);
            if (status)
                return status;
        }
    return EG_OK;
}

int eg_rows_read_pictures(struct eg_rows *rows, const struct eg_rows_text *text)
{
    const unsigned char *const bytes = (const unsigned char *) text->at;
    struct reader r = {rows, text->path, bytes, bytes + text->size, 1};
    int status = EG_OK;
    do {
        struct header h;
        if ((status = read_header(&r, &h)) || (status = check_length(&r, &h))
            || (status = eg_rows_picture(rows, h.height, h.width, text->path))
            || (status = eg_rows_begin(rows)) || (status = read_pixels(&r, &h))
            || (status = eg_rows_end(rows, text->path, "picture", r.picture)))
            return status;
        /* Some editors end a file with a newline; a picture begins with a letter. */
        while (r.at < r.end && is_space(*r.at))
            r.at++;
        r.picture++;
    } while (r.at < r.end);
    return EG_OK;
}
