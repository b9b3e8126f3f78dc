/* attention/heap.h -- the largest numbers of an array one after the other, without sorting those
 * that are not asked for: making the heap takes time proportional to n, each pop to ln n. */
#ifndef EG_ATTENTION_HEAP_H
#define EG_ATTENTION_HEAP_H

#include <stddef.h>

#include "core/real.h"

static inline void eg_heap_sink(real *x, size_t n, size_t at)
{
    const real v = x[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && x[child + 1] > x[child])
            child++;
        if (x[child] <= v)
            break;
        x[at] = x[child];
    }
    x[at] = v;
}

/* Orders `n` numbers, none of them a NaN, so that the largest comes first. */
static inline void eg_heap_make(real *x, size_t n)
{
    for (size_t at = n / 2; at-- > 0;)
        eg_heap_sink(x, n, at);
}

/* The largest of `n` > 0 numbers of a heap, which then has one less. */
static inline real eg_heap_pop(real *x, size_t n)
{
    const real top = x[0];
    x[0] = x[n - 1];
    eg_heap_sink(x, n - 1, 0);
    return top;
}

#endif
