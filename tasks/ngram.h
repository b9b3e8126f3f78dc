/* tasks/ngram.h -- the best there can be on the N-gram task.
 *
 * A source whose next bit depends on the n - 1 bits before it, with a probability for each of the
 * 2^(n-1) contexts that is unknown and drawn from Beta(1/2, 1/2), is best predicted by
 *
 *     P(next = 1 | N1, N0, context) = (N1 + 1/2) / (N1 + N0 + 1)
 *
 * N1 and N0 being how often a one and a zero have followed the same context so far in this
 * sequence.  Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), eq. 10.  The first n - 1 bits have
 * no context and are ones half of the time. */
#ifndef EG_TASKS_NGRAM_H
#define EG_TASKS_NGRAM_H

#include <stddef.h>

#include "core/real.h"

enum { EG_NGRAM_ORDER_MAX = 13 };

/* The cost [bit] of the best answer to n bits of a source of that `order` (1 to
 * EG_NGRAM_ORDER_MAX; bits[i] is one above 1/2), of which those with mask[i] not 0 count (mask
 * NULL: all).  answers[i] (NULL: not wanted) is the probability that bit i is one, given those
 * before it. */
double eg_ngram_optimum(const real *bits, const real *mask, size_t n, size_t order,
                        double *answers);

#endif
