/* memory/allocate.h -- which slots have been out of use for longest.
 *
 *     usage  u' = gamma u + the sum of the weightings
 *     least  y_i = 1 for the slot with the nth smallest u, 0 for all others
 *
 * Source  LRUA of Santoro et al. 2016 (arXiv:1605.06065), sec. 3.2, eq. 5-6.
 * Shapes  u, u', y and every weighting: (B, N).
 * Domain  0 <= gamma <= 1; nth < N, 0 for the least used.  Of slots used alike the first comes
 *         first; a slot whose usage is not a number comes last.
 *         Neither has a gradient: a place in an order is constant where it has a slope at all.
 * Saved   the weightings, whose numbers are looked at when the op runs.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_MEMORY_ALLOCATE_H
#define EG_MEMORY_ALLOCATE_H

#include "tensor/tape.h"

/* The list of `n` weightings is copied. */
struct eg_var *eg_usage_decayed(struct eg_tape *tape, struct eg_var *u, double gamma, size_t n,
                                struct eg_var *const weights[]);

struct eg_var *eg_least_used(struct eg_tape *tape, struct eg_var *u, size_t nth);

#endif
