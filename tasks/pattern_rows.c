#include "tasks/pattern_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX ((size_t) 1 << 36) /* half a terabyte: what a file says, not what it holds */

/* Room for `need` pieces of `size` bytes, doubled as often as needed; NULL without memory. */
static void *grow(void *old, size_t *room, size_t need, size_t size)
{
    if (need <= *room)
        return old;
    size_t more = *room ? *room : 64;
    while (more < need && more <= SIZE_MAX / 2)
        more *= 2;
    if (more < need || more > SIZE_MAX / size)
        return NULL;
    void *const grown = realloc(old, more * size);
    if (grown)
        *room = more;
    return grown;
}

int eg_rows_reserve(struct eg_rows *r, size_t count, size_t sites)
{
    const size_t words = sites / 64 + 1, patterns = r->count + count;
    if (patterns < count || patterns > WORDS_MAX / words)
        return EG_RAISE(EG_ERR_NOMEM);
    uint64_t *const bits = grow(r->bits, &r->bits_room, patterns * words, sizeof *bits);
    if (!bits)
        return EG_RAISE(EG_ERR_NOMEM);
    r->bits = bits;
    if (!r->real)
        return EG_OK;
    if (patterns > WORDS_MAX / sites)
        return EG_RAISE(EG_ERR_NOMEM);
    double *const values = grow(r->values, &r->values_room, patterns * sites, sizeof *values);
    if (!values)
        return EG_RAISE(EG_ERR_NOMEM);
    r->values = values;
    return EG_OK;
}

static int reserve_word(struct eg_rows *r)
{
    const size_t words = r->count * eg_rows_words(r) + r->at / 64 + 1;
    uint64_t *const bits = grow(r->bits, &r->bits_room, words, sizeof *bits);
    if (!bits)
        return EG_RAISE(EG_ERR_NOMEM);
    r->bits = bits;
    bits[words - 1] = 0;
    return EG_OK;
}

int eg_rows_begin(struct eg_rows *r)
{
    r->at = 0;
    return reserve_word(r);
}

static const char *refusal(struct eg_rows *r, double value)
{
    if (!isfinite(value))
        return "numbers must be finite";
    if (r->with_threshold || r->real)
        return NULL;
    const bool zero = value >= 0 && value <= 0, minus = value >= -1 && value <= -1;
    if (!zero && !minus && !(value >= 1 && value <= 1))
        return "two states are allowed, 0 and 1, or -1 and 1; for other numbers use "
               "patterns.threshold: sites above it are +1";
    if ((zero && r->minus) || (minus && r->zero))
        return "this is a third state: two are allowed, 0 and 1, or -1 and 1; for other numbers "
               "use patterns.threshold: sites above it are +1";
    r->zero |= zero;
    r->minus |= minus;
    return NULL;
}

int eg_rows_put(struct eg_rows *r, double value, const char **why)
{
    *why = refusal(r, value);
    if (*why)
        return EG_RAISE(EG_ERR_DATA);
    const size_t known = r->sites ? r->sites : EG_ROWS_SITES_MAX;
    if (r->at >= known) { /* eg_rows_end() counts them, and says so */
        r->at++;
        return EG_OK;
    }
    if (r->at % 64 == 0 && r->at > 0) {
        const int status = reserve_word(r);
        if (status)
            return status;
    }
    if (r->real) {
        const size_t place = r->count * r->sites + r->at;
        double *const values = grow(r->values, &r->values_room, place + 1, sizeof *values);
        if (!values)
            return EG_RAISE(EG_ERR_NOMEM);
        r->values = values;
        values[place] = value;
    }
    const double threshold = r->with_threshold ? r->threshold : 0;
    if (value > threshold)
        r->bits[r->count * eg_rows_words(r) + r->at / 64] |= UINT64_C(1) << (r->at % 64);
    r->at++;
    return EG_OK;
}

int eg_rows_end(struct eg_rows *r, const char *path, const char *unit, size_t n)
{
    if (r->at == 0 || r->at > EG_ROWS_SITES_MAX)
        return EG_FAIL(EG_ERR_DATA, r->message, "%s: %s %zu has %zu sites; allowed are 1 to 2^31",
                       path, unit, n, r->at);
    if (r->sites && r->at != r->sites)
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "%s: %s %zu has %zu sites, those before it have %zu; all patterns must be "
                       "of one length",
                       path, unit, n, r->at, r->sites);
    r->sites = r->at;
    r->count++;
    return EG_OK;
}

int eg_rows_picture(struct eg_rows *r, size_t height, size_t width, const char *path)
{
    if (r->height && (r->height != height || r->width != width))
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "%s: a picture of %zu x %zu (height x width), those before it have %zu x "
                       "%zu; all must be of one size",
                       path, height, width, r->height, r->width);
    r->height = height;
    r->width = width;
    return EG_OK;
}

void eg_rows_free(struct eg_rows *r)
{
    free(r->bits);
    free(r->values);
    r->bits = NULL;
    r->values = NULL;
}
