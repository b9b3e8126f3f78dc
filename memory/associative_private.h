/* memory/associative_private.h -- what networks of spins have in common; not installed. */
#ifndef EG_MEMORY_ASSOCIATIVE_PRIVATE_H
#define EG_MEMORY_ASSOCIATIVE_PRIVATE_H

#include <math.h>

#include "core/bits.h"
#include "core/patterns.h"
#include "core/status.h"

/* A number of patterns from what a load means: `patterns`, rounded, at least 1. */
static inline int eg_associative_whole(double patterns, double load, size_t sites, size_t *count,
                                       struct eg_message *message)
{
    if (!(load > 0) || !(patterns <= 0x1p40))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "a load of %g at %zu sites means %g patterns; loads are above 0, patterns 1 "
                       "to 2^40",
                       load, sites, patterns);
    *count = patterns < 1 ? 1 : (size_t) floor(patterns + 0.5);
    return EG_OK;
}

/* Load P / N, as most networks mean it: their count() and load_words(). */
static inline int eg_associative_per_site(const void *options, size_t sites, size_t first,
                                          double load, size_t *patterns, struct eg_message *message)
{
    (void) options;
    (void) first;
    return eg_associative_whole(load * (double) sites, load, sites, patterns, message);
}

static inline const char *eg_associative_per_site_words(const void *options)
{
    (void) options;
    return "P / N";
}

/* Whether `patterns` are packed bits that fit together, of 1 to `most` sites. */
static inline int eg_associative_packed(const struct eg_patterns *patterns, const char *type,
                                        size_t most, struct eg_message *message)
{
    const size_t n = patterns->sites;
    if (patterns->values)
        return EG_FAIL(EG_ERR_DATA, message,
                       "memory.type = %s stores patterns of -1 and +1; these are real numbers",
                       type);
    if (n < 1 || n > most)
        return EG_FAIL(EG_ERR_RANGE, message, "memory.type = %s takes 1 to %zu sites, not %zu",
                       type, most, n);
    if (patterns->count < 1)
        return EG_FAIL(EG_ERR_RANGE, message, "memory.type = %s needs a pattern; there are none",
                       type);
    if (patterns->bits.rows != n || patterns->bits.columns != patterns->count
        || patterns->first > n)
        return EG_FAIL(EG_ERR_SHAPE, message,
                       "%zu patterns of %zu sites, %zu of them in the first layer, in %zu rows of "
                       "%zu bits",
                       patterns->count, n, patterns->first, patterns->bits.rows,
                       patterns->bits.columns);
    return EG_OK;
}

#endif
