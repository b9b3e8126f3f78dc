/* attention/multihead.h -- attention with several heads, of one query to the slots of a memory.
 *
 *     a_h    = (q W^Q_h) W^K_h^T                                                           (E19)
 *     w_h(i) = normaliser(beta_h, a_h . m_i) over the slots in use, 0 elsewhere            (E20)
 *     s_h    = sum_i w_h(i) m_i                                                            (E21)
 *     out    = [s_1 W^V_1, .. s_H W^V_H] W^O                                               (E22)
 *     a_h    <- (s_h W^K_h) W^K_h^T, then E20 and E21 again, `updates` - 1 times           (E23)
 *
 * The paper projects the slots, (q W^Q_h) . (m_i W^K_h) and sum_i w_h(i) (m_i W^V_h).  For a single
 * query the same numbers cost less the other way round: the query is projected back to the width of
 * a slot, the sum of the slots forward, and a head costs N M operations in place of N M d.
 * Without projections (head_width 0) a_h is columns h M .. of the query, E22 is [s_1, .. s_H] and
 * E23 is a_h <- s_h.
 *
 * Source  Vaswani et al. 2017 (arXiv:1706.03762), sec. 3.2.2, E19-E22 with updates = 1, where the
 *         normaliser is the softmax and beta = 1 / sqrt(d).  E23: Ramsauer et al. 2020
 *         (arXiv:2008.02217), eq. 3: with softmax and without projections xi' = X softmax(beta X^T
 *         xi); a state is projected like a slot.
 * Shapes  query q: (B, D), without projections (B, H M); memory: (B, M N) in the layout of
 *         attention/address.h; beta: (B, H), or (B, 1) for all heads; out: (B, O), without
 *         projections (B, H M).  W^Q: (D, H d); W^K, W^V: (M, H d); W^O: (H d, O); head h has the
 *         columns h d .. of the first three and the rows h d .. of the last.
 * Domain  all finite numbers; the first `in_use` <= N slots are looked at, the others may hold
 *         anything.  With in_use = 0 the result is zeros.  Query and memory may be data; rows of
 *         the memory may be one (stride 0).
 * Saved   what its ops save; nothing is kept of the slots.
 * Fails   NULL when an argument is NULL or the tape is out of memory.
 *
 * Without projections all of it works row by row and may be used in an open group. */
#ifndef EG_ATTENTION_MULTIHEAD_H
#define EG_ATTENTION_MULTIHEAD_H

#include "attention/normalise.h"
#include "core/status.h"
#include "tensor/tape.h"

struct eg_multihead {
    size_t slots, width; /* N, M                                                       */
    size_t query, out;   /* D, O; not looked at without projections                    */
    size_t heads;        /* H                                                          */
    size_t head_width;   /* d; 0: no projections                                       */
    size_t updates;      /* at least 1                                                 */
    struct eg_normaliser normaliser;
    struct eg_param w_q, w_k, w_v, w_o;
};

/* How a head came to what it gave back. */
struct eg_multihead_seen {
    struct eg_var *key; /* a_h of E19, (B, M)                                          */
    struct eg_var *w;   /* of the last update, (B, in_use)                             */
};

/* Declares the four matrices: `module`/query, /key, /value and /output; none without projections.
 * Fails with EG_ERR_SHAPE where a size is 0, EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_multihead_declare(struct eg_multihead *how, struct eg_params *params,
                                       const char *module);

/* `how` need not outlive the call.  `seen`, one a head, may be NULL; with in_use = 0 it is left as
 * it is. */
struct eg_var *eg_multihead_apply(struct eg_tape *tape, const struct eg_multihead *how,
                                  struct eg_var *query, struct eg_var *memory, struct eg_var *beta,
                                  size_t in_use, struct eg_multihead_seen *seen);

#endif
