#include "attention/links.h"

#include <assert.h>
#include <string.h>

enum { PIECE_FIRST = 8, PIECE_MAX = 64 };

/* A piece of the steps.  State 0 are the links before its first step, and are kept; state s, after
 * s steps of it, lies in the common pool, at s - 1. */
struct piece {
    size_t steps;
    real *first;
    const struct eg_var *w[PIECE_MAX], *p[PIECE_MAX];
};

struct eg_links {
    size_t slots;
    struct eg_var *now; /* after the last step */
    /* while the tape records */
    struct piece *piece;
    size_t at; /* steps of it that were taken */
    real *pool[PIECE_MAX];
    struct piece **held; /* of each row: whose states are in the pool */
};

struct saved {
    struct eg_links *links;
    struct piece *piece;
    size_t at, heads;
};

/* The readings are a second output.  They stand among the inputs, so that their gradient is found
 * by whoever looks for all gradients of a tape. */
enum { BEFORE, W, P, READ, READINGS };

static real *row_of(real *state, const struct eg_links *links, size_t r)
{
    return state + r * links->slots * links->slots;
}

static struct piece *new_piece(struct eg_tape *tape, size_t steps, real *first)
{
    struct piece *piece = eg_arena_take(tape->arena, sizeof *piece);
    if (piece) {
        piece->steps = steps < PIECE_MAX ? steps : PIECE_MAX;
        piece->first = first;
    }
    return piece;
}

struct eg_links *eg_links_begin(struct eg_tape *tape, size_t rows, size_t slots)
{
    struct eg_links *links = eg_arena_zeros(tape->arena, 1, sizeof *links);
    struct eg_var *now = eg_tape_var(tape, rows, slots * slots, 1);
    if (!links || !now)
        return NULL;
    memset(now->x, 0, rows * slots * slots * sizeof *now->x);
    links->slots = slots;
    links->now = now;
    if (eg_tape_records(tape)) {
        links->piece = new_piece(tape, PIECE_FIRST, now->x);
        links->held = eg_arena_zeros(tape->arena, rows, sizeof(struct piece *));
        if (!links->piece || !links->held)
            return NULL;
    }
    return links;
}

const real *eg_links_row(const struct eg_links *links, size_t row)
{
    return eg_row(links->now, row);
}

static void links_forward_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    tape->kernels->links(eg_row(node->out, r), eg_row(node->in[READINGS], r),
                         eg_row(node->in[BEFORE], r), eg_row(node->in[W], r),
                         eg_row(node->in[P], r), eg_row(node->in[READ], r), s->links->slots,
                         s->heads);
    if (s->piece)
        s->links->held[r] = s->piece;
}

/* The links before step `at` of a piece, for row r.  Steps are asked for from the last one on: the
 * first to be asked for is the last one the row has in the piece. */
static const real *recall(const struct eg_tape *tape, struct eg_links *links, struct piece *piece,
                          size_t at, size_t r)
{
    const real *state = row_of(piece->first, links, r);
    if (at == 0)
        return state;
    for (size_t s = 0; links->held[r] != piece && s < at; s++) {
        real *next = row_of(links->pool[s], links, r);
        tape->kernels->links(next, NULL, state, eg_row(piece->w[s], r), eg_row(piece->p[s], r),
                             NULL, links->slots, 0);
        state = next;
    }
    links->held[r] = piece;
    return row_of(links->pool[at - 1], links, r);
}

static void links_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    tape->kernels->links_back(
        eg_drow(node->out, r), eg_drow(node->in[W], r), eg_drow(node->in[P], r),
        eg_drow(node->in[READ], r), eg_drow(node->in[READINGS], r),
        recall(tape, s->links, s->piece, s->at, r), eg_row(node->in[W], r), eg_row(node->in[P], r),
        eg_row(node->in[READ], r), s->links->slots, s->heads);
}

static const struct eg_row_op links_op = {links_forward_row, links_row_back};

/* Where the links after the coming step go; opens the next piece where one is full. */
static real *place(struct eg_tape *tape, struct eg_links *links, size_t rows)
{
    const size_t size = rows * links->slots * links->slots * sizeof(real);
    struct piece *piece = links->piece;
    if (links->at + 1 < piece->steps) {
        real **into = &links->pool[links->at++];
        if (!*into)
            *into = eg_arena_take(tape->arena, size);
        return *into;
    }
    real *first = eg_arena_take(tape->arena, size);
    links->piece = first ? new_piece(tape, piece->steps + 1, first) : NULL;
    links->at = 0;
    return links->piece ? first : NULL;
}

struct eg_var *eg_links_step(struct eg_tape *tape, struct eg_links *links, struct eg_var *w,
                             struct eg_var *p, struct eg_var *read, size_t heads)
{
    if (!links || !w || !p || !read || !links->now)
        return NULL;
    const size_t n = links->slots, rows = w->rows;
    assert(w->cols == n && p->cols == n && p->rows == rows);
    assert(read->cols == heads * n && read->rows == rows);
    assert((w->dx && p->dx && read->dx) || !eg_tape_records(tape));
    struct eg_var *before = links->now;
    if (eg_tape_records(tape))
        before = eg_tape_rows(tape, links->now, 0, rows);
    else
        before->rows = rows; /* a view would not live as long as the links */
    struct eg_var *readings = eg_tape_var(tape, rows, 2 * heads * n, 1);
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved);
    links->now = NULL; /* for good, where memory runs out */
    if (!before || !readings || !saved)
        return NULL;
    *saved = (struct saved){.links = links, .heads = heads};
    struct eg_var *after = before;
    if (eg_tape_records(tape)) {
        saved->piece = links->piece;
        saved->at = links->at;
        links->piece->w[links->at] = w;
        links->piece->p[links->at] = p;
        real *x = place(tape, links, rows);
        if (!x || !(after = eg_tape_data(tape, x, rows, n * n)))
            return NULL;
        after->dx = before->dx; /* the gradient of the new links takes the old ones' place */
    }
    struct eg_var *in[] = {before, w, p, read, readings};
    if (!eg_tape_push_rows(tape, &links_op, after, 5, in, saved))
        return NULL;
    links->now = after;
    return readings;
}

/* ---- precedence ---- */

static void precedence_forward_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const real *p = eg_row(node->in[0], r), *w = eg_row(node->in[1], r);
    real *out = eg_row(node->out, r), keep = 1;
    for (size_t i = 0; i < node->out->cols; i++)
        keep -= w[i];
    keep = keep < 0 ? 0 : keep; /* weights that sum to 1 may do so with an error */
    for (size_t i = 0; i < node->out->cols; i++) {
        const real x = keep * p[i] + w[i];
        out[i] = x < EG_LINK_FLOOR ? 0 : x;
    }
}

/* dp_i = (1 - sum_j w_j) dp'_i        dw_i = dp'_i - sum_j dp'_j p_j */
static void precedence_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const real *p = eg_row(node->in[0], r), *w = eg_row(node->in[1], r), *d = eg_drow(node->out, r);
    real *dp = eg_drow(node->in[0], r), *dw = eg_drow(node->in[1], r), keep = 1, all = 0;
    for (size_t i = 0; i < node->out->cols; i++) {
        keep -= w[i];
        all += d[i] * p[i];
    }
    keep = keep < 0 ? 0 : keep;
    for (size_t i = 0; i < node->out->cols; i++) {
        dp[i] += keep * d[i];
        dw[i] += d[i] - all;
    }
}

static const struct eg_row_op precedence_op = {precedence_forward_row, precedence_row_back};

struct eg_var *eg_precedence(struct eg_tape *tape, struct eg_var *p, struct eg_var *w)
{
    if (!p || !w)
        return NULL;
    assert(p->cols == w->cols && p->rows == w->rows);
    assert((p->dx && w->dx) || !eg_tape_records(tape));
    struct eg_var *out = eg_tape_var(tape, w->rows, w->cols, 1);
    if (!out)
        return NULL;
    return eg_tape_push_rows(tape, &precedence_op, out, 2, (struct eg_var *const[]){p, w}, NULL);
}

/* ---- sharpening ---- */

#define SHARPEN_EPS ((real) 1e-6)

struct sharpening {
    real *logs; /* (B, 2 R N): ln(d + eps) */
};

/* As a softmax of s ln(d + eps). */
static void sharpen(real *y, real *logs, const real *d, real s, size_t n,
                    const struct eg_kernels *k)
{
    real top = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        y[i] = d[i] + SHARPEN_EPS;
    k->log(logs, y, n);
    for (size_t i = 0; i < n; i++)
        top = i == 0 || logs[i] > top ? logs[i] : top;
    for (size_t i = 0; i < n; i++)
        y[i] = s * (logs[i] - top);
    k->exp(y, y, n);
    for (size_t i = 0; i < n; i++)
        sum += y[i];
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

/* D_i = y_i (dy_i - sum_j dy_j y_j):  dd_i = s D_i / (d_i + eps)    ds = sum_i D_i ln(d_i + eps) */
static void sharpen_back(real *dd, real *ds, const real *dy, const real *y, const real *logs,
                         const real *d, real s, size_t n)
{
    real mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += dy[i] * y[i];
    for (size_t i = 0; i < n; i++) {
        const real at = y[i] * (dy[i] - mean);
        dd[i] += s * at / (d[i] + SHARPEN_EPS);
        sum += at * logs[i];
    }
    *ds += sum;
}

static void sharpen_forward_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct sharpening *saved = node->saved;
    const struct eg_var *y = node->out, *s = node->in[1];
    const size_t n = y->cols / s->cols;
    for (size_t h = 0; h < s->cols; h++)
        sharpen(eg_row(y, r) + h * n, saved->logs + r * y->cols + h * n,
                eg_row(node->in[0], r) + h * n, eg_row(s, r)[h], n, tape->kernels);
}

static void sharpen_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct sharpening *saved = node->saved;
    const struct eg_var *y = node->out, *d = node->in[0], *s = node->in[1];
    const size_t n = y->cols / s->cols;
    for (size_t h = 0; h < s->cols; h++)
        sharpen_back(eg_drow(d, r) + h * n, eg_drow(s, r) + h, eg_drow(y, r) + h * n,
                     eg_row(y, r) + h * n, saved->logs + r * y->cols + h * n, eg_row(d, r) + h * n,
                     eg_row(s, r)[h], n);
}

static const struct eg_row_op sharpen_op = {sharpen_forward_row, sharpen_row_back};

struct eg_var *eg_sharpen_readings(struct eg_tape *tape, struct eg_var *readings,
                                   struct eg_var *sharpness)
{
    if (!readings || !sharpness)
        return NULL;
    assert(readings->rows == sharpness->rows && readings->cols % sharpness->cols == 0);
    assert((readings->dx && sharpness->dx) || !eg_tape_records(tape));
    struct eg_var *y = eg_tape_var(tape, readings->rows, readings->cols, 1);
    struct sharpening *saved = eg_arena_take(tape->arena, sizeof *saved);
    real *logs = eg_arena_take(tape->arena, readings->rows * readings->cols * sizeof *logs);
    if (!y || !saved || !logs)
        return NULL;
    saved->logs = logs;
    struct eg_var *in[] = {readings, sharpness};
    return eg_tape_push_rows(tape, &sharpen_op, y, 2, in, saved);
}
