/* attention/links.h -- temporal links: which slot was written after which.
 *
 *     eg_precedence  p'_i  = (1 - sum_j w_j) p_i + w_i
 *     eg_links_step  L'_ij = (1 - w_i - w_j) L_ij + w_i p_j,  L'_ii = 0
 *                    b_h,j = sum_i L'_ij r_h,i      backward: what was written before r_h
 *                    f_h,i = sum_j L'_ij r_h,j      forward: what was written after it
 *     eg_sharpen_readings  y_i = (d_i + 1e-6)^s / sum_j (d_j + 1e-6)^s
 *
 * Source  Graves et al. 2016 (Nature 538, 471), Methods, "Temporal memory linkage"; the
 *         sharpening: Csordas & Schmidhuber 2019 (arXiv:1904.10278), sec. 3.3.
 * Shapes  w, p: (B, N), p the precedence before the step; read, the weightings r of the step
 *         before: (B, R N); readings: (B, 2 R N), backward and forward of each head in turn;
 *         sharpness s: (B, 2 R), in the same turn.  L: (B, N N), zero at the start.
 * Domain  w, p >= 0 with sums of at most 1; s >= 1.  While the tape records all have a gradient.
 *         An entry of L below 1e-30 counts as 0.
 * Saved   Links of N N numbers are too many to keep at each step.  The steps are cut into pieces of
 *         8, 9, 10 ... (64 at most); the links at the start of each are kept, those within it only
 * for the piece at hand, and backward computes the others again, a piece at a time.  A sequence of
 * T steps keeps about 2 sqrt(2 T) links instead of T, at the price of one more update (not of one
 * more reading) in all steps but those of the last piece. Fails   NULL when an argument is NULL or
 * the tape is out of memory.
 *
 * Where the tape does not record, one L is changed in place. */
#ifndef EG_ATTENTION_LINKS_H
#define EG_ATTENTION_LINKS_H

#include "tensor/tape.h"

struct eg_var *eg_precedence(struct eg_tape *tape, struct eg_var *p, struct eg_var *w);

/* The links of `rows` sequences before the first step; lives as long as the tape. */
struct eg_links;
struct eg_links *eg_links_begin(struct eg_tape *tape, size_t rows, size_t slots);

/* One step; gives back the readings.  `heads` is R.  Rows may be fewer than at the step before. */
struct eg_var *eg_links_step(struct eg_tape *tape, struct eg_links *links, struct eg_var *w,
                             struct eg_var *p, struct eg_var *read, size_t heads);

/* The links of one sequence after the last step, (N, N). */
const real *eg_links_row(const struct eg_links *links, size_t row);

struct eg_var *eg_sharpen_readings(struct eg_tape *tape, struct eg_var *readings,
                                   struct eg_var *sharpness);

#endif
