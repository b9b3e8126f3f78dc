/* tensor/embed.h -- rows of a table, picked by numbers.
 *
 *     eg_embed    y_r = E_{s_r}        the row of the table E that symbol s_r stands for
 *
 * Source  definition: the product of a one-hot row with E, without the zeros; docs/equations.md,
 *         eq. A4-A5.
 * Shapes  E: (symbols, n); s: B whole numbers, `stride` numbers apart; y: (B, n).
 * Domain  0 <= s_r < symbols.
 * Saved   nothing of its own; s must outlive the tape.
 * Fails   NULL when E or s is NULL or the tape is out of memory. */
#ifndef EG_TENSOR_EMBED_H
#define EG_TENSOR_EMBED_H

#include "tensor/tape.h"

struct eg_var *eg_embed(struct eg_tape *tape, struct eg_var *table, const real *symbols,
                        size_t stride, size_t rows);

#endif
