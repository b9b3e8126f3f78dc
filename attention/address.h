/* attention/address.h -- how a head of a Neural Turing Machine weighs the slots.
 *
 *     K_i  = k . M_i / (sqrt(|k|^2 + eps) sqrt(|M_i|^2 + eps))        eq. 6, eps = 1e-8
 *     w_c  = softmax(beta K)                                          eq. 5
 *     w_g  = g w_c + (1 - g) w_prev                                   eq. 7
 *     w~_i = sum_o w_g((i - o) mod N) s(o),  o = -range .. range      eq. 8
 *     w_i  = w~_i^gamma / sum_j w~_j^gamma                            eq. 9
 *
 * Source  Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3.3.
 * Shapes  memory: (B, M N), component m of all slots side by side (slot index contiguous);
 *         key: (B, M); beta, gate, gamma: (B, 1); shift: (B, 2 range + 1), offsets -range
 *         first; w_prev, w: (B, N).
 * Domain  beta >= 0; 0 <= gate <= 1; shift >= 0 with sum 1; gamma >= 1; w_prev >= 0 with sum 1;
 *         any memory, all zero included.  N >= 1; an offset is taken mod N.  While the tape
 *         records, what eg_address_fused() gets from the head has a gradient; memory and w_prev
 *         may be data.
 * Saved   cosine, w_c, w_g, w~, ln w~ and 1/|M_i|; 1/|M_i| is kept with the memory for the next
 * head. Fails   NULL when an argument is NULL or the tape is out of memory.
 *
 * eg_address() composes the ops below and is the definition; eg_address_fused() is one op with
 * a backward of its own, and equal to it (tests/test_address.c). */
#ifndef EG_ATTENTION_ADDRESS_H
#define EG_ATTENTION_ADDRESS_H

#include "tensor/tape.h"

struct eg_head {
    struct eg_var *key, *beta, *gate, *shift, *gamma;
    size_t slots, width, range;
};

struct eg_var *eg_address(struct eg_tape *tape, const struct eg_head *head, struct eg_var *memory,
                          struct eg_var *w_prev);
struct eg_var *eg_address_fused(struct eg_tape *tape, const struct eg_head *head,
                                struct eg_var *memory, struct eg_var *w_prev);

/* 1 / sqrt(|M_i|^2 + eps) of all rows, (B, N), computed for the first head that asks and kept with
 * the memory.  It is there when what is pushed afterwards by rows runs.  NULL: out of memory. */
real *eg_inverse_norms(struct eg_tape *tape, struct eg_var *memory, size_t slots, size_t width);

/* The steps one by one.  Cosine: (B, N) from key and memory. */
struct eg_var *eg_cosine(struct eg_tape *tape, struct eg_var *key, struct eg_var *memory,
                         size_t slots, size_t width);
/* softmax(beta K): logits (B, N), beta (B, 1). */
struct eg_var *eg_softmax_scaled(struct eg_tape *tape, struct eg_var *score, struct eg_var *beta);
/* Circular shift of w (B, N) by the distribution s (B, 2 range + 1). */
struct eg_var *eg_shift(struct eg_tape *tape, struct eg_var *w, struct eg_var *s, size_t range);
/* w^gamma normalised, in log space; weights at or below 1e-30 count as 1e-30, with slope 0. */
struct eg_var *eg_sharpen(struct eg_tape *tape, struct eg_var *w, struct eg_var *gamma);

#endif
