#include "attention/multihead.h"

#include <assert.h>
#include <string.h>

#include "attention/scores.h"
#include "tensor/blas.h"
#include "tensor/linear.h"
#include "tensor/pointwise.h"

/* ---- y = x V or x V^T, V a part of a parameter ---- */

struct product {
    int transposed;
};

/* dx += dy V^T, dV += x^T dy; with V^T for V: dx += dy V, dV += dy^T x. */
static void product_back(const struct eg_node *node, struct eg_tape *tape)
{
    (void) tape;
    const struct product *s = node->saved;
    const struct eg_var *y = node->out, *x = node->in[0], *v = node->in[1];
    if (x->dx)
        eg_gemm(0, !s->transposed, y->rows, x->cols, y->cols, y->dx, y->stride, v->x, v->stride,
                x->dx, x->stride);
    if (s->transposed)
        eg_gemm(1, 0, y->cols, x->cols, y->rows, y->dx, y->stride, x->x, x->stride, v->dx,
                v->stride);
    else
        eg_gemm(1, 0, x->cols, y->cols, y->rows, x->x, x->stride, y->dx, y->stride, v->dx,
                v->stride);
}

/* Into `y`. */
static struct eg_var *product(struct eg_tape *tape, struct eg_var *y, struct eg_var *x,
                              struct eg_var *v, int transposed)
{
    if (!y || !x || !v)
        return NULL;
    assert(y->rows == x->rows && x->cols == (transposed ? v->cols : v->rows));
    assert(y->cols == (transposed ? v->rows : v->cols));
    for (size_t r = 0; r < y->rows; r++)
        memset(eg_row(y, r), 0, y->cols * sizeof *y->x);
    eg_gemm(0, transposed, y->rows, y->cols, x->cols, x->x, x->stride, v->x, v->stride, y->x,
            y->stride);
    if (!eg_tape_records(tape))
        return y;
    struct product *saved = eg_arena_take(tape->arena, sizeof *saved);
    struct eg_node *node = eg_tape_push(tape, product_back, y, 2, (struct eg_var *const[]){x, v});
    if (!saved || !node)
        return NULL;
    *saved = (struct product){.transposed = transposed};
    node->saved = saved;
    return y;
}

/* ---- s = sum_i w_i m_i over the first slots ---- */

struct sum {
    size_t slots; /* N: how far apart the components of a slot are */
};

static void sum_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct sum *sum = node->saved;
    const struct eg_var *w = node->in[1];
    const real *memory = eg_row(node->in[0], r);
    real *s = eg_row(node->out, r);
    for (size_t m = 0; m < node->out->cols; m++)
        s[m] = tape->kernels->dot(eg_row(w, r), memory + m * sum->slots, w->cols);
}

/* dw_i += ds . m_i, dm_i += w_i ds */
static void sum_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct sum *sum = node->saved;
    const struct eg_var *w = node->in[1];
    const real *memory = eg_row(node->in[0], r), *ds = eg_drow(node->out, r);
    real *dmemory = eg_drow(node->in[0], r), *dw = eg_drow(w, r);
    for (size_t m = 0; m < node->out->cols; m++) {
        tape->kernels->axpy(dw, ds[m], memory + m * sum->slots, w->cols);
        if (dmemory)
            tape->kernels->axpy(dmemory + m * sum->slots, ds[m], eg_row(w, r), w->cols);
    }
}

static const struct eg_row_op sum_op = {sum_forward, sum_back};

static struct eg_var *weighted_sum(struct eg_tape *tape, struct eg_var *s, struct eg_var *memory,
                                   struct eg_var *w, size_t slots)
{
    struct sum *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (!s || !w || !saved)
        return NULL;
    *saved = (struct sum){.slots = slots};
    return eg_tape_push_rows(tape, &sum_op, s, 2, (struct eg_var *const[]){memory, w}, saved);
}

/* ---- the heads ---- */

int eg_multihead_declare(struct eg_multihead *how, struct eg_params *params, const char *module)
{
    const size_t all = how->heads * how->head_width;
    struct {
        struct eg_param_row row;
        struct eg_param *out;
    } const matrices[] = {
        {{.name = "query",
          .symbol = "W^Q",
          .shape = "query x heads * head width",
          .equation = "E19",
          .rows = how->query,
          .cols = all},
         &how->w_q},
        {{.name = "key",
          .symbol = "W^K",
          .shape = "width x heads * head width",
          .equation = "E19",
          .rows = how->width,
          .cols = all},
         &how->w_k},
        {{.name = "value",
          .symbol = "W^V",
          .shape = "width x heads * head width",
          .equation = "E22",
          .rows = how->width,
          .cols = all},
         &how->w_v},
        {{.name = "output",
          .symbol = "W^O",
          .shape = "heads * head width x output",
          .equation = "E22",
          .rows = all,
          .cols = how->out},
         &how->w_o},
    };
    for (size_t i = 0; how->head_width && i < sizeof matrices / sizeof matrices[0]; i++) {
        struct eg_param_row row = matrices[i].row;
        row.unit = "1";
        row.init = eg_init_glorot;
        row.scale = 1;
        const int ret = eg_params_add(params, module, &row, matrices[i].out);
        if (ret)
            return ret;
    }
    return EG_OK;
}

/* What a head has at hand while its updates go on. */
struct head {
    struct eg_var *to_key, *to_value; /* W^K_h, W^V_h         */
    struct eg_var *state;             /* (B, d): what is projected back */
    struct eg_var *key, *w, *s;
};

struct attention {
    struct eg_tape *tape;
    const struct eg_multihead *how;
    struct eg_var *memory, *beta;
    size_t rows, in_use;
    struct head *heads;
};

/* E20 and E21 for all heads: `into`, where there is one, has the sums side by side. */
static void look(const struct attention *a, struct eg_var *into)
{
    struct eg_tape *tape = a->tape;
    const size_t m = a->how->width;
    const struct eg_score score = {
        .kind = EG_SCORE_DOT, .slots = a->how->slots, .width = m, .in_use = a->in_use};
    for (size_t h = 0; h < a->how->heads; h++) {
        struct head *head = &a->heads[h];
        struct eg_var *beta = a->beta->cols > 1 ? eg_tape_cols(tape, a->beta, h, 1) : a->beta;
        head->w = eg_normalise(tape, &a->how->normaliser,
                               eg_score_apply(tape, &score, head->key, a->memory), beta);
        head->s = into ? eg_tape_cols(tape, into, h * m, m) : eg_tape_var(tape, a->rows, m, 1);
        head->s = weighted_sum(tape, head->s, a->memory, head->w, a->how->slots);
    }
}

static void show(const struct attention *a, size_t update, struct eg_multihead_seen *seen)
{
    for (size_t h = 0; h < a->how->heads && seen; h++) {
        seen[h].w = a->heads[h].w;
        if (update == 0)
            seen[h].key = a->heads[h].key;
    }
}

static struct eg_var *projected(const struct attention *a, struct eg_var *query,
                                struct eg_multihead_seen *seen)
{
    struct eg_tape *tape = a->tape;
    const struct eg_multihead *how = a->how;
    const size_t d = how->head_width;
    struct eg_var *q = eg_linear(tape, &how->w_q, NULL, NULL, 1, &query);
    struct eg_var *w_k = eg_tape_param(tape, &how->w_k), *w_v = eg_tape_param(tape, &how->w_v);
    struct eg_var *values = eg_tape_var(tape, a->rows, how->heads * d, 1);
    for (size_t h = 0; h < how->heads; h++)
        a->heads[h] = (struct head){.to_key = eg_tape_cols(tape, w_k, h * d, d),
                                    .to_value = eg_tape_cols(tape, w_v, h * d, d),
                                    .state = eg_tape_cols(tape, q, h * d, d)};
    for (size_t u = 0; u < how->updates; u++) {
        for (size_t h = 0; h < how->heads; h++) {
            struct head *head = &a->heads[h];
            if (u > 0)
                head->state =
                    product(tape, eg_tape_var(tape, a->rows, d, 1), head->s, head->to_key, 0);
            head->key = product(tape, eg_tape_var(tape, a->rows, how->width, 1), head->state,
                                head->to_key, 1);
        }
        eg_tape_rows_open(tape);
        look(a, NULL);
        eg_tape_rows_close(tape);
        show(a, u, seen);
    }
    for (size_t h = 0; h < how->heads; h++)
        if (!product(tape, eg_tape_cols(tape, values, h * d, d), a->heads[h].s,
                     a->heads[h].to_value, 0))
            return NULL;
    return eg_linear(tape, &how->w_o, NULL, NULL, 1, &values);
}

static struct eg_var *plain(const struct attention *a, struct eg_var *query,
                            struct eg_multihead_seen *seen)
{
    struct eg_tape *tape = a->tape;
    const struct eg_multihead *how = a->how;
    const size_t m = how->width;
    const int own = !tape->holding;
    struct eg_var *out = eg_tape_var(tape, a->rows, how->heads * m, 1);
    if (!out)
        return NULL;
    if (own)
        eg_tape_rows_open(tape);
    for (size_t u = 0; u < how->updates; u++) {
        for (size_t h = 0; h < how->heads; h++)
            a->heads[h].key = u ? a->heads[h].s : eg_tape_cols(tape, query, h * m, m);
        look(a, u + 1 == how->updates ? out : NULL);
        show(a, u, seen);
    }
    if (own)
        eg_tape_rows_close(tape);
    for (size_t h = 0; h < how->heads; h++)
        if (!a->heads[h].s)
            return NULL;
    return out;
}

struct eg_var *eg_multihead_apply(struct eg_tape *tape, const struct eg_multihead *how,
                                  struct eg_var *query, struct eg_var *memory, struct eg_var *beta,
                                  size_t in_use, struct eg_multihead_seen *seen)
{
    if (!query || !memory || !beta)
        return NULL;
    const size_t own = how->heads * how->width, wanted = how->head_width ? how->query : own;
    assert(how->heads >= 1 && how->updates >= 1 && in_use <= how->slots);
    assert(memory->cols == how->slots * how->width && memory->rows == query->rows);
    assert(query->cols == wanted && beta->rows == query->rows);
    assert(beta->cols == 1 || beta->cols == how->heads);
    (void) wanted; /* where nothing is asserted */
    if (in_use == 0)
        return eg_filled(tape, query->rows, how->head_width ? how->out : own, 0);
    const struct attention a = {
        .tape = tape,
        .how = how,
        .memory = memory,
        .beta = beta,
        .rows = query->rows,
        .in_use = in_use,
        .heads = eg_arena_zeros(tape->arena, how->heads, sizeof(struct head)),
    };
    if (!a.heads)
        return NULL;
    return how->head_width ? projected(&a, query, seen) : plain(&a, query, seen);
}
