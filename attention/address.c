#include "attention/address.h"

#include <assert.h>

#include "tensor/pointwise.h"

struct eg_var *eg_address(struct eg_tape *tape, const struct eg_head *head, struct eg_var *memory,
                          struct eg_var *w_prev)
{
    /* K, eq. 6 */
    struct eg_var *score = eg_cosine(tape, head->key, memory, head->slots, head->width);
    /* w_c = softmax(beta K), eq. 5 */
    struct eg_var *w = eg_softmax_scaled(tape, score, head->beta);
    /* w_g = g w_c + (1 - g) w_prev, eq. 7: g = 0 keeps the last weighting, 1 takes content */
    w = eg_blend(tape, head->gate, w, w_prev);
    /* w~ = circular convolution of w_g with s, eq. 8 */
    w = eg_shift(tape, w, head->shift, head->range);
    /* w = w~^gamma / sum, eq. 9 */
    return eg_sharpen(tape, w, head->gamma);
}

/* Kept from forward for one row; the arrays lie in one piece. */
struct saved {
    size_t slots, width, range;
    real *work; /* for one row at a time */
    struct eg_address_saved row[];
};

enum { KEY, BETA, GATE, SHIFT, GAMMA, MEMORY, W_PREV };

static struct eg_head_row values(const struct eg_node *node, size_t r)
{
    return (struct eg_head_row){
        .key = eg_row(node->in[KEY], r),
        .shift = eg_row(node->in[SHIFT], r),
        .beta = eg_row(node->in[BETA], r)[0],
        .gate = eg_row(node->in[GATE], r)[0],
        .gamma = eg_row(node->in[GAMMA], r)[0],
    };
}

static void forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    struct saved *saved = node->saved;
    const struct eg_head_row head = values(node, r);
    tape->kernels->address(eg_row(node->out, r), &saved->row[r], &head, eg_row(node->in[MEMORY], r),
                           eg_row(node->in[W_PREV], r), saved->work, saved->slots, saved->width,
                           saved->range);
}

static void back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *saved = node->saved;
    const struct eg_var *w = node->out, *memory = node->in[MEMORY], *w_prev = node->in[W_PREV];
    const struct eg_head_row head = values(node, r);
    struct eg_head_row dhead = {.key = eg_drow(node->in[KEY], r),
                                .shift = eg_drow(node->in[SHIFT], r)};
    tape->kernels->address_back(&dhead, eg_drow(memory, r), eg_drow(w_prev, r), eg_drow(w, r),
                                eg_row(w, r), &saved->row[r], &head, eg_row(memory, r),
                                eg_row(w_prev, r), saved->work, saved->slots, saved->width,
                                saved->range);
    eg_drow(node->in[BETA], r)[0] += dhead.beta;
    eg_drow(node->in[GATE], r)[0] += dhead.gate;
    eg_drow(node->in[GAMMA], r)[0] += dhead.gamma;
}

static const struct eg_row_op address_op = {forward, back};

struct norms {
    real *inv; /* (rows, N) */
    size_t slots, width;
};

static void norms_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct norms *norms = node->saved;
    tape->kernels->inverse_norms(norms->inv + r * norms->slots, eg_row(node->out, r), norms->slots,
                                 norms->width);
}

static const struct eg_row_op norms_op = {norms_forward, NULL};

real *eg_inverse_norms(struct eg_tape *tape, struct eg_var *memory, size_t slots, size_t width)
{
    if (memory->cache)
        return memory->cache;
    real *inv = eg_arena_take(tape->arena, memory->rows * slots * sizeof *inv);
    struct norms *norms = eg_arena_take(tape->arena, sizeof *norms);
    if (!inv || !norms)
        return NULL;
    *norms = (struct norms){.inv = inv, .slots = slots, .width = width};
    if (!eg_tape_push_rows(tape, &norms_op, memory, 0, NULL, norms))
        return NULL;
    memory->cache = inv;
    return inv;
}

struct eg_var *eg_address_fused(struct eg_tape *tape, const struct eg_head *head,
                                struct eg_var *memory, struct eg_var *w_prev)
{
    if (!head->key || !head->beta || !head->gate || !head->shift || !head->gamma || !memory
        || !w_prev)
        return NULL;
    const size_t rows = memory->rows, n = head->slots;
    assert(head->key->rows == rows && head->key->cols == head->width);
    assert(memory->cols == n * head->width && w_prev->cols == n && w_prev->rows == rows);
    assert(head->shift->cols == 2 * head->range + 1);
    assert(!eg_tape_records(tape)
           || (head->key->dx && head->beta->dx && head->gate->dx && head->shift->dx
               && head->gamma->dx));
    struct eg_var *w = eg_tape_var(tape, rows, n, 1);
    real *inv = eg_inverse_norms(tape, memory, n, head->width);
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved + rows * sizeof saved->row[0]);
    const size_t room = 5 * rows * n + EG_ADDRESS_WORK(n, head->width, head->range);
    real *kept = eg_arena_take(tape->arena, room * sizeof *kept);
    if (!w || !inv || !saved || !kept)
        return NULL;
    *saved = (struct saved){
        .slots = n, .width = head->width, .range = head->range, .work = kept + 5 * rows * n};
    for (size_t r = 0; r < rows; r++) {
        real *at = kept + 5 * r * n;
        saved->row[r] = (struct eg_address_saved){.cosine = at,
                                                  .w_c = at + n,
                                                  .w_g = at + 2 * n,
                                                  .w_s = at + 3 * n,
                                                  .logs = at + 4 * n,
                                                  .inv = inv + r * n};
    }
    struct eg_var *in[] = {head->key,   head->beta, head->gate, head->shift,
                           head->gamma, memory,     w_prev};
    return eg_tape_push_rows(tape, &address_op, w, 7, in, saved);
}
