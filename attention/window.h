/* attention/window.h -- where a head looks, by place.
 *
 *     shift   x = D t,  k = floor x,  f = x - k
 *             y_i = (1 - f) w((i - k) mod N) + f w((i - k - 1) mod N)
 *     place   p = (N - 1) sigmoid(u . v)
 *     window  y_i = G_i w_i / sum_j w_j   over the slots j with |j - p| <= D, and 0 elsewhere
 *             G_i = exp(-(i - p)^2 / (2 sigma^2)),  sigma = D / 2;  G_i = 1 where it is flat
 *
 * Source  shift: Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), end of sec. 3.3.2: "6.7" is
 *         0.3 of a shift by 6 and 0.7 of one by 7.  That D t bounds it is engram's.
 *         place, window: Luong, Pham & Manning 2015 (arXiv:1508.04025), sec. 3.2, eq. 9-10, with
 *         u = tanh(W_p h).  Places there go from 0 to S, the length of the source; here from the
 *         first slot to the last.  As there, y is not normalised after the Gaussian: it sums to 1
 *         at most.  local-m is the flat window.
 * Shapes  w, y: (B, N); t: (B, 1); u: (B, H); v: (1, H), for all rows; p: (B, 1).
 * Domain  -1 <= t <= 1; w >= 0; 0 <= p <= N - 1; D >= 1 for a window, D >= 0 for a shift.  Where
 *         the weights in the window sum to 1e-30 or less they count as equal, with slope 0.  The
 *         slope with respect to p is that of the Gaussian: the edges of the window have none.
 * Saved   nothing of its own: backward computes k, f, G and the sum again.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_ATTENTION_WINDOW_H
#define EG_ATTENTION_WINDOW_H

#include "tensor/tape.h"

struct eg_var *eg_shift_real(struct eg_tape *tape, struct eg_var *w, struct eg_var *t,
                             size_t range);
struct eg_var *eg_place(struct eg_tape *tape, struct eg_var *u, struct eg_var *v, size_t slots);
struct eg_var *eg_window(struct eg_tape *tape, struct eg_var *w, struct eg_var *place, size_t reach,
                         int gaussian);

#endif
