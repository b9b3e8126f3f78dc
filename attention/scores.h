/* attention/scores.h -- how alike a query and each slot are.
 *
 *     cosine      y_i = q . m_i / (sqrt(|q|^2 + eps) sqrt(|m_i|^2 + eps))                  (E1)
 *     dot         y_i = q . m_i                                                            (E2)
 *     scaled-dot  y_i = q . m_i / sqrt(D)                                                  (E3)
 *     bilinear    y_i = (q W) . m_i                                                        (E4)
 *     additive    y_i = v . tanh(q W + m_i U)                                              (E5)
 *     concat      y_i = v . tanh([q, m_i] W)                                               (E6)
 *     location    y_i = (q W)_i, whatever is in the slots                                  (E7)
 *     euclidean   y_i = -|q - m_i|^2 / 2                                                   (E8)
 *     k-body      y_i = (q . m_i / sqrt(D))^k                                              (E9)
 *
 * Source  E1: Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), eq. 6.  E2, E4, E6, E7: Luong, Pham
 *         & Manning 2015 (arXiv:1508.04025), sec. 3.1 (dot, general, concat, eq. 8).  E3: Vaswani
 *         et al. 2017 (arXiv:1706.03762), eq. 1.  E5: Bahdanau, Cho & Bengio 2014
 *         (arXiv:1409.0473), sec. A.1.2.  E8: its softmax is the regression of Nadaraya 1964 and
 *         Watson 1964 with a Gaussian kernel.  E9: the interaction of Krotov & Hopfield 2016
 *         (arXiv:1606.01164), F(x) = x^k, of numbers that need not be spins.
 * Shapes  query: (B, D); memory: (B, D N) in the layout of attention/address.h, slot index
 *         contiguous; y: (B, N).  W: (D, D) bilinear, (D, H) additive, (2 D, H) concat with the
 *         rows of the query first, (D, N) location.  U: (D, H).  v: (H, 1).
 * Domain  all finite numbers; query and memory may be data.  E9: k whole and at least 1.  An odd k
 *         keeps the sign of q . m_i; for an even k opposite is as good as equal, as it is in a
 *         dense associative memory.  Where |y_i| would pass EG_K_BODY_MAX it stays there, with
 *         slope 0: in float the power of a large number is no number.
 * Saved   E1: 1 / |q|; 1 / |m_i| is shared with the other heads of the memory.  E5, E6: the tanh.
 *         E9: its base.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_ATTENTION_SCORES_H
#define EG_ATTENTION_SCORES_H

#include "core/status.h"
#include "tensor/tape.h"

enum eg_score_kind {
    EG_SCORE_COSINE,
    EG_SCORE_DOT,
    EG_SCORE_SCALED_DOT,
    EG_SCORE_BILINEAR,
    EG_SCORE_ADDITIVE,
    EG_SCORE_CONCAT,
    EG_SCORE_LOCATION,
    EG_SCORE_EUCLIDEAN,
    EG_SCORE_K_BODY,
    EG_SCORE_KINDS
};

/* By kind, NULL-ended: choices of an option. */
extern const char *const eg_score_names[];

#define EG_K_BODY_MAX 1e24

struct eg_score {
    enum eg_score_kind kind;
    size_t slots, width; /* N, D                                       */
    size_t hidden;       /* H, of additive and concat                  */
    double degree;       /* k, of k-body                               */
    size_t in_use; /* of dot, scaled-dot and k-body: the first slots, which alone are compared;
                      y has a column for each.  0: all           */
    struct eg_param w, u, v;
};

/* Declares the parameters that the kind has, none for most: `module`/`prefix`_w and so on, prefix
 * and '_' left out where it is NULL.  To be called also where there are none.  Fails with
 * EG_ERR_RANGE when the degree of k-body is not one of 1, 2 ... 64, EG_ERR_SHAPE where a size is 0,
 * EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_score_declare(struct eg_score *score, struct eg_params *params,
                                   const char *module, const char *prefix);

/* y (B, N), or (B, in_use).  `score` need not outlive the call. */
struct eg_var *eg_score_apply(struct eg_tape *tape, const struct eg_score *score,
                              struct eg_var *query, struct eg_var *memory);

#endif
