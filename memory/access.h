/* memory/access.h -- reading and writing a memory matrix.
 *
 *     r  = sum_i w_i M_i                                               eq. 2
 *     M' = M_i (1 - w_i e) + w_i a, one head after the other           eq. 3-4
 *
 * Source  Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3.1-3.2.  With several write
 *         heads: all erases first, M_i prod_h (1 - w_h,i e_h), then the sum of all adds, so
 *         that the order of the heads does not matter.
 * Shapes  memory: (B, M N), slot index contiguous; w: (B, N); r, e, a: (B, M).
 * Domain  0 <= w, sum w <= 1; 0 <= e <= 1; any a.
 *         While the tape records all inputs have a gradient: none is data.
 * Alias   eg_write_last(), eg_write_heads(): the gradient of the new memory takes the place of the
 *         old one's.  Nothing may use `memory` after it on the same tape.  eg_write() has no such
 *         rule.
 * Saved   nothing of its own.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_MEMORY_ACCESS_H
#define EG_MEMORY_ACCESS_H

#include "tensor/tape.h"

struct eg_var *eg_read(struct eg_tape *tape, struct eg_var *memory, struct eg_var *w, size_t slots,
                       size_t width);

struct eg_var *eg_write(struct eg_tape *tape, struct eg_var *memory, struct eg_var *w,
                        struct eg_var *erase, struct eg_var *add, size_t slots, size_t width);
struct eg_var *eg_write_last(struct eg_tape *tape, struct eg_var *memory, struct eg_var *w,
                             struct eg_var *erase, struct eg_var *add, size_t slots, size_t width);

/* What several heads write in a step; 1 <= heads <= EG_WRITES_MAX. */
struct eg_writing {
    struct eg_var *w, *erase, *add;
};
struct eg_var *eg_write_heads(struct eg_tape *tape, struct eg_var *memory,
                              const struct eg_writing *writing, size_t heads, size_t slots,
                              size_t width);

#endif
