/* controllers/lstm_cell.h -- the cell of a long short-term memory.
 *
 *     [i, f, o, g] = [sigmoid, sigmoid, sigmoid, tanh](z)
 *     c = f o c_prev + i o g        h = o o tanh(c)
 *
 * Source  Hochreiter & Schmidhuber 1997 (doi:10.1162/neco.1997.9.8.1735) with the forget gate
 *         of Gers, Schmidhuber & Cummins 2000 (doi:10.1162/089976600300015015); no peepholes.
 * Shapes  z: (B, 4 H), gates in the order input, forget, output, candidate; c, h: (B, H).
 * Saved   the activated gates and tanh(c).
 * Fails   NULL when an argument is NULL or the tape is out of memory. */
#ifndef EG_CONTROLLERS_LSTM_CELL_H
#define EG_CONTROLLERS_LSTM_CELL_H

#include "tensor/tape.h"

/* Returns h and puts c into *c.  The fused form is one op, the other composes ops; the two are
 * equal (tests/test_lstm_cell.c). */
struct eg_var *eg_lstm_cell(struct eg_tape *tape, struct eg_var *z, struct eg_var *c_prev,
                            struct eg_var **c);
struct eg_var *eg_lstm_cell_fused(struct eg_tape *tape, struct eg_var *z, struct eg_var *c_prev,
                                  struct eg_var **c);

#endif
