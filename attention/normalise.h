/* attention/normalise.h -- from scores to a weighting.
 *
 * With z_i = beta y_i:
 *     softmax       w_i = e^z_i / sum_j e^z_j                                              (E10)
 *     sparsemax     w = the point of the simplex nearest to z: w_i = max(z_i - tau, 0)     (E11)
 *     entmax-1.5    w_i = max(z_i / 2 - tau, 0)^2                                          (E12)
 *     top-k         the softmax of the k largest z, 0 elsewhere; of equal ones the first   (E13)
 *     hard          w = one-hot of the largest z, of equal ones the first; backward as if
 *                   it were the softmax (straight-through)                                 (E14)
 *     hard-sampled  w = one-hot of i, drawn with the probabilities p = softmax(z); backward
 *                   dz_j = A (w_j - p_j), A the sequence's cost above its baseline         (E15)
 *     gumbel        w = softmax((z + G) / temperature), G_i = -ln(-ln U_i), U_i uniform;
 *                   straight-through: the one-hot of its largest, backward as without      (E16)
 *     sigmoid       w_i = 1 / (1 + e^-z_i), whose sum is not 1                             (E17)
 * tau is what makes the sum 1.
 *
 * Source  E10: Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), eq. 5.  E11: Martins & Astudillo
 *         2016 (arXiv:1602.02068), algorithm 1.  E12: Peters, Niculae & Martins 2019
 *         (arXiv:1905.05702), algorithm 2.  E13: Rae et al. 2016 (arXiv:1610.09027), sec. 3.1.
 *         E14: Bengio, Leonard & Courville 2013 (arXiv:1308.3432), sec. 4.  E15: Williams 1992
 *         (REINFORCE); Xu et al. 2015 (arXiv:1502.03044), sec. 4.1, with another baseline.
 *         E16: Jang, Gu & Poole 2016 (arXiv:1611.01144), eq. 2 and sec. 2.2.
 * Shapes  score, w: (B, N); beta: (B, 1).
 * Domain  finite scores and strengths.  A row with a score that is not a number comes out as a row
 *         of them.  k >= 1, and what is more than N counts as N; temperature > 0.
 * Draws   hard-sampled and gumbel take random numbers from tape->noise, equally many each time.
 *         Where there is none, in evaluations, nothing is random: hard-sampled is hard, and gumbel
 *         has G = 0.
 * Back    hard-sampled takes no part of dw, and nothing where tape->advantage is NULL; see
 *         eg_advantages().
 * Saved   the largest score; hard, hard-sampled and straight-through: the softmax.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_ATTENTION_NORMALISE_H
#define EG_ATTENTION_NORMALISE_H

#include "tensor/tape.h"

enum eg_normaliser_kind {
    EG_NORM_SOFTMAX,
    EG_NORM_SPARSEMAX,
    EG_NORM_ENTMAX15,
    EG_NORM_TOP_K,
    EG_NORM_HARD,
    EG_NORM_HARD_SAMPLED,
    EG_NORM_GUMBEL,
    EG_NORM_SIGMOID,
    EG_NORM_KINDS
};

/* By kind, NULL-ended: choices of an option. */
extern const char *const eg_normaliser_names[];

struct eg_normaliser {
    enum eg_normaliser_kind kind;
    size_t k;             /* of top-k                                    */
    double temperature;   /* of gumbel                                   */
    int straight_through; /* of gumbel: the weighting is one-hot         */
};

/* w (B, N).  `how` need not outlive the call. */
struct eg_var *eg_normalise(struct eg_tape *tape, const struct eg_normaliser *how,
                            struct eg_var *score, struct eg_var *beta);

/* What hard-sampled is told of how a block went, for tape->advantage:
 *
 *     A_r = scale (cost_r - asked_r sum_{j != r} cost_j / sum_{j != r} asked_j)            (E18)
 *
 * cost_r is what sequence r adds to the loss over `scale`, asked_r the weight of the answers it was
 * asked for, n the sequences of the block.  The baseline does not depend on what r drew, so that
 * the gradient stays unbiased; a block's sequences do not depend on threads.  A single sequence
 * has the baseline 0. */
void eg_advantages(real *advantage, const double *cost, const double *asked, size_t n,
                   double scale);

#endif
