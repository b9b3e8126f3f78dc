/* core/patterns.h -- a set of patterns: what an associative memory stores. */
#ifndef EG_CORE_PATTERNS_H
#define EG_CORE_PATTERNS_H

#include <stddef.h>

#include "core/bits.h"

/* `bits` has a row a site and a column a pattern: 1 stands for +1 (or 1),
 * 0 for -1 (or 0). */
struct eg_patterns {
    size_t sites;    /* N: of both layers where there are two                                  */
    size_t first;    /* sites of the first layer; equal to `sites` where there is but one      */
    size_t count;    /* P                                                                      */
    double activity; /* fraction of sites that are +1: 0.5, or f of sparse patterns            */
    size_t height, width; /* as a picture; 0: none.  height * width == first                      */
    struct eg_bits bits;  /* (sites, count)                                                       */
    const double *values; /* (count, sites) real patterns, row-major; NULL: what the bits say     */
    const char *const *labels; /* (count); NULL: none                                             */
    int cyclic; /* stored as a sequence: the last is followed by the first                */
};

#endif
