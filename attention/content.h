/* attention/content.h -- weighing slots by what is in them, with a mask or without.
 *
 *     D(k, M_i) = k . M_i / (sqrt(|k|^2 + eps) sqrt(|M_i|^2 + eps))          eps = 1e-8
 *     w_i       = softmax_i(beta D(k o m, M_i o m))
 *
 * Source  Graves et al. 2016 (Nature 538, 471), Methods, "Content-based addressing"; the mask m:
 *         Csordas & Schmidhuber 2019 (arXiv:1904.10278), sec. 3.1.
 * Shapes  key, mask: (B, M); beta: (B, 1); memory: (B, M N), slot index contiguous; w: (B, N).
 * Domain  beta >= 0; 0 <= mask <= 1; any memory, all zero included.  `mask` NULL: all ones.
 *         While the tape records key, mask and beta have a gradient; memory may be data.
 * Saved   D and 1/|M_i o m|.
 * Fails   NULL when an argument other than `mask` is NULL or the tape is out of memory.
 *
 * The unmasked case is eg_softmax_scaled() of eg_cosine() (attention/address.h) as one op.
 * `into` (B, N), if there is one, is where w goes: a view of a wider variable. */
#ifndef EG_ATTENTION_CONTENT_H
#define EG_ATTENTION_CONTENT_H

#include "tensor/tape.h"

struct eg_content {
    struct eg_var *key, *mask, *beta;
    size_t slots, width;
};

struct eg_var *eg_content(struct eg_tape *tape, const struct eg_content *head,
                          struct eg_var *memory, struct eg_var *into);

#endif
