/* tensor/activate.h -- activation functions, one for each segment of the columns.
 *
 *     identity y = x         tanh y = tanh x            sigmoid y = 1 / (1 + e^-x)
 *     relu y = max(x, 0)     softplus y = ln(1 + e^x)   oneplus y = 1 + ln(1 + e^x)
 *     softmax y_i = e^x_i / sum_j e^x_j over the segment
 *
 * Source  the emissions of a head in Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec.
 *         3.3; docs/equations.md, eq. N1-N7.
 * Shapes  x, y: (B, C); the segments cover all columns, without overlap.
 * Domain  all finite x; softplus is computed as max(x, 0) + ln(1 + e^-|x|).
 * Saved   nothing of its own: backward reads x and y.
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_TENSOR_ACTIVATE_H
#define EG_TENSOR_ACTIVATE_H

#include "tensor/tape.h"

enum eg_activation {
    EG_IDENTITY,
    EG_TANH,
    EG_SIGMOID,
    EG_RELU,
    EG_SOFTPLUS,
    EG_ONEPLUS,
    EG_SOFTMAX,
};

/* By kind, as a user reads them: "1 + softplus". */
extern const char *const eg_activation_names[];

struct eg_segment {
    size_t from, n;
    enum eg_activation kind;
};

/* `segments` must outlive the tape. */
struct eg_var *eg_activate(struct eg_tape *tape, struct eg_var *x,
                           const struct eg_segment *segments, size_t count);

/* All columns the same way; softmax is over the row. */
struct eg_var *eg_activate_all(struct eg_tape *tape, struct eg_var *x, enum eg_activation kind);

#endif
