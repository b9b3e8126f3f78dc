#include "controllers/lstm_cell.h"

#include <assert.h>

#include "tensor/activate.h"
#include "tensor/pointwise.h"

struct eg_var *eg_lstm_cell(struct eg_tape *tape, struct eg_var *z, struct eg_var *c_prev,
                            struct eg_var **c)
{
    *c = NULL;
    if (!z || !c_prev)
        return NULL;
    const size_t n = c_prev->cols;
    struct eg_var *in = eg_activate_all(tape, eg_tape_cols(tape, z, 0, n), EG_SIGMOID);
    struct eg_var *forget = eg_activate_all(tape, eg_tape_cols(tape, z, n, n), EG_SIGMOID);
    struct eg_var *out = eg_activate_all(tape, eg_tape_cols(tape, z, 2 * n, n), EG_SIGMOID);
    struct eg_var *cand = eg_activate_all(tape, eg_tape_cols(tape, z, 3 * n, n), EG_TANH);
    *c = eg_add(tape, eg_multiply(tape, forget, c_prev), eg_multiply(tape, in, cand));
    return eg_multiply(tape, out, eg_activate_all(tape, *c, EG_TANH));
}

static void back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct eg_var *h = node->out, *z = node->in[0], *c_prev = node->in[1];
    const struct eg_var *c = node->in[2];
    const real *act = node->saved;
    for (size_t r = 0; r < h->rows; r++)
        tape->kernels->lstm_back(eg_drow(z, r), eg_drow(c_prev, r), eg_drow(h, r), eg_drow(c, r),
                                 act + r * 5 * h->cols, eg_row(c_prev, r), h->cols);
}

struct eg_var *eg_lstm_cell_fused(struct eg_tape *tape, struct eg_var *z, struct eg_var *c_prev,
                                  struct eg_var **c)
{
    *c = NULL;
    if (!z || !c_prev)
        return NULL;
    const size_t n = c_prev->cols;
    assert(z->cols == 4 * n && z->rows == c_prev->rows);
    struct eg_var *h = eg_tape_var(tape, z->rows, n, 1);
    *c = eg_tape_var(tape, z->rows, n, 1);
    real *act = eg_arena_take(tape->arena, z->rows * 5 * n * sizeof *act);
    if (!h || !*c || !act)
        return NULL;
    for (size_t r = 0; r < z->rows; r++)
        tape->kernels->lstm(eg_row(h, r), eg_row(*c, r), act + r * 5 * n, eg_row(z, r),
                            eg_row(c_prev, r), n);
    if (!eg_tape_records(tape))
        return h;
    struct eg_var *in[] = {z, c_prev, *c};
    struct eg_node *node = eg_tape_push(tape, back, h, 3, in);
    if (!node)
        return NULL;
    node->saved = act;
    return h;
}
