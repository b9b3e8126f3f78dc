/* memory/dnc_ops.h -- how the weightings of a Differentiable Neural Computer are put together.
 *
 *     eg_write_weighting  w = g_w (g_a a + (1 - g_a) c);      without a:  w = g_w c
 *     eg_read_weighting   r_h = sum_k pi_h,2W+1 x_h,k over the backward readings of all W write
 *                         heads, the content weighting, and the forward readings of all of them
 *     eg_fade_last        M'_i = psi_i M_i
 *
 * Source  Graves et al. 2016 (Nature 538, 471), Methods, eq. of w^w and w^r; the fading of what was
 *         let go of: Csordas & Schmidhuber 2019 (arXiv:1904.10278), sec. 3.2.
 * Shapes  a, c, w, psi: (B, N); g_a, g_w: (B, 1); pi: (B, R (2 W + 1)), head after head; content:
 *         (B, R N); readings, one of each write head: (B, 2 R N), as in attention/links.h;
 *         memory: (B, M N).
 * Domain  gates and psi in [0, 1]; pi >= 0 with sum 1 for each head.  While the tape records all
 *         inputs have a gradient.
 * Alias   eg_fade_last(): the gradient of the new memory takes the place of the old one's; nothing
 *         may use `memory` after it on the same tape.
 * Saved   nothing of their own.
 * Fails   NULL when an argument is NULL (but for `a` where it may be) or the tape is out of memory.
 *
 * `into` (B, N) of eg_write_weighting() is where w goes, a view of a wider variable. */
#ifndef EG_MEMORY_DNC_OPS_H
#define EG_MEMORY_DNC_OPS_H

#include "tensor/tape.h"

struct eg_write_gates {
    struct eg_var *allocation, *write; /* g_a, NULL together with a; g_w */
};

struct eg_var *eg_write_weighting(struct eg_tape *tape, const struct eg_write_gates *gates,
                                  struct eg_var *a, struct eg_var *c, struct eg_var *into);

enum { EG_READINGS_MAX = 4 }; /* write heads whose links are read */

struct eg_var *eg_read_weighting(struct eg_tape *tape, struct eg_var *modes, struct eg_var *content,
                                 size_t heads, size_t writers, struct eg_var *const readings[]);

struct eg_var *eg_fade_last(struct eg_tape *tape, struct eg_var *memory, struct eg_var *psi);

#endif
