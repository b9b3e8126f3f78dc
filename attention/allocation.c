#include "attention/allocation.h"

#include <assert.h>
#include <string.h>

/* Below it a product of usages is 0. */
#define FLOOR ((real) 1e-30)

/* ---- retention ---- */

static void retention(real *psi, const real *f, const real *read, size_t n, size_t heads)
{
    for (size_t i = 0; i < n; i++)
        psi[i] = 1 - f[0] * read[i];
    for (size_t h = 1; h < heads; h++)
        for (size_t i = 0; i < n; i++)
            psi[i] *= 1 - f[h] * read[h * n + i];
}

/* The factor of head h in psi_i is multiplied out of the other heads' again, not divided: it may
 * be 0. */
static void retention_back(real *df, real *dread, const real *dpsi, const real *f, const real *read,
                           size_t n, size_t heads)
{
    for (size_t h = 0; h < heads; h++) {
        real sum = 0;
        for (size_t i = 0; i < n; i++) {
            real others = dpsi[i];
            for (size_t o = 0; o < heads; o++)
                others *= o == h ? 1 : 1 - f[o] * read[o * n + i];
            sum += others * read[h * n + i];
            dread[h * n + i] -= others * f[h];
        }
        df[h] -= sum;
    }
}

static void retention_forward_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *f = node->in[0], *read = node->in[1];
    retention(eg_row(node->out, r), eg_row(f, r), eg_row(read, r), node->out->cols, f->cols);
}

static void retention_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct eg_var *f = node->in[0], *read = node->in[1];
    retention_back(eg_drow(f, r), eg_drow(read, r), eg_drow(node->out, r), eg_row(f, r),
                   eg_row(read, r), node->out->cols, f->cols);
}

static const struct eg_row_op retention_op = {retention_forward_row, retention_row_back};

struct eg_var *eg_retention(struct eg_tape *tape, struct eg_var *f, struct eg_var *read)
{
    if (!f || !read)
        return NULL;
    assert(f->rows == read->rows && f->cols > 0 && read->cols % f->cols == 0);
    assert((f->dx && read->dx) || !eg_tape_records(tape));
    struct eg_var *psi = eg_tape_var(tape, f->rows, read->cols / f->cols, 1);
    if (!psi)
        return NULL;
    return eg_tape_push_rows(tape, &retention_op, psi, 2, (struct eg_var *const[]){f, read}, NULL);
}

/* ---- usage ---- */

struct usage {
    size_t heads;
    int detached;
};

/* prod_h (1 - w_h,i) */
static real untouched(const real *w, size_t i, size_t n, size_t heads)
{
    real all = 1;
    for (size_t h = 0; h < heads; h++)
        all *= 1 - w[h * n + i];
    return all;
}

/* u + w - u w = 1 - (1 - u)(1 - w), in the form that stays within [0, 1]. */
static void usage(real *out, const real *u, const real *w, const real *psi, size_t n, size_t heads)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (u[i] + (1 - u[i]) * (1 - untouched(w, i, n, heads))) * psi[i];
}

static void usage_back(real *du, real *dw, real *dpsi, const real *dout, const real *u,
                       const real *w, const real *psi, size_t n, size_t heads)
{
    for (size_t i = 0; i < n; i++) {
        const real left = untouched(w, i, n, heads), d = dout[i] * psi[i];
        dpsi[i] += dout[i] * (u[i] + (1 - u[i]) * (1 - left));
        du[i] += d * left;
        for (size_t h = 0; dw && h < heads; h++) {
            real others = d * (1 - u[i]);
            for (size_t o = 0; o < heads; o++)
                others *= o == h ? 1 : 1 - w[o * n + i];
            dw[h * n + i] += others;
        }
    }
}

static void usage_forward_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct usage *s = node->saved;
    const struct eg_var *u = node->in[0], *w = node->in[1], *psi = node->in[2];
    usage(eg_row(node->out, r), eg_row(u, r), eg_row(w, r), eg_row(psi, r), u->cols, s->heads);
}

static void usage_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct usage *s = node->saved;
    const struct eg_var *u = node->in[0], *w = node->in[1], *psi = node->in[2];
    usage_back(eg_drow(u, r), s->detached ? NULL : eg_drow(w, r), eg_drow(psi, r),
               eg_drow(node->out, r), eg_row(u, r), eg_row(w, r), eg_row(psi, r), u->cols,
               s->heads);
}

static const struct eg_row_op usage_op = {usage_forward_row, usage_row_back};

struct eg_var *eg_usage(struct eg_tape *tape, struct eg_var *u, struct eg_var *write,
                        struct eg_var *psi, int detached)
{
    if (!u || !write || !psi)
        return NULL;
    assert(u->rows == write->rows && u->rows == psi->rows && psi->cols == u->cols);
    assert(write->cols % u->cols == 0);
    assert((u->dx && write->dx && psi->dx) || !eg_tape_records(tape));
    struct eg_var *out = eg_tape_var(tape, u->rows, u->cols, 1);
    struct usage *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (!out || !saved)
        return NULL;
    *saved = (struct usage){.heads = write->cols / u->cols, .detached = detached};
    struct eg_var *in[] = {u, write, psi};
    return eg_tape_push_rows(tape, &usage_op, out, 3, in, saved);
}

/* ---- allocation ---- */

struct slot {
    real u;
    unsigned at;
};

struct allocation {
    struct slot *heap; /* N, for one row at a time                          */
    unsigned *order;   /* (B, N): phi, as far as it was needed              */
    unsigned *sorted;  /* (B): so many of it                                */
};

static int before(struct slot a, struct slot b)
{
    return a.u < b.u || (!(b.u < a.u) && a.at < b.at);
}

static void sink(struct slot *heap, size_t i, size_t n)
{
    const struct slot moved = heap[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        child += child + 1 < n && before(heap[child + 1], heap[child]);
        if (!before(heap[child], moved))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moved;
}

/* Takes the least used slots from a heap until the product of all usages but the smallest is 0:
 * from there on neither an allocation nor a gradient is left.  Few of N slots are sorted. */
static unsigned allocate(real *a, unsigned *order, const real *u, struct slot *heap, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        heap[i] = (struct slot){u[i], (unsigned) i};
        a[i] = 0;
    }
    for (size_t i = n / 2; i-- > 0;)
        sink(heap, i, n);
    real product = 1, but_first = 1;
    size_t sorted = 0, left = n;
    while (left > 0 && !(but_first < FLOOR)) {
        const struct slot least = heap[0];
        heap[0] = heap[--left];
        sink(heap, 0, left);
        a[least.at] = product < FLOOR ? 0 : (1 - least.u) * product;
        order[sorted++] = least.at;
        product *= least.u;
        if (sorted > 1)
            but_first *= least.u;
    }
    return (unsigned) sorted;
}

/* With P_j = prod_{k<j} u_k in the order phi, a_j = (1 - u_j) P_j and P_{j+1} = u_j P_j:
 *     dP_j = (1 - u_j) da_j + u_j dP_{j+1}        du_j = P_j (dP_{j+1} - da_j)
 * `product` holds P_j. */
static void allocate_back(real *du, const real *da, const real *u, const unsigned *order,
                          size_t sorted, struct slot *product)
{
    real all = 1, later = 0;
    for (size_t j = 0; j < sorted; j++) {
        product[j].u = all;
        all *= u[order[j]];
    }
    for (size_t j = sorted; j-- > 0;) {
        const unsigned i = order[j];
        du[i] += product[j].u * (later - da[i]);
        later = (1 - u[i]) * da[i] + u[i] * later;
    }
}

static void allocate_forward_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct allocation *s = node->saved;
    const size_t n = node->out->cols;
    s->sorted[r] =
        allocate(eg_row(node->out, r), s->order + r * n, eg_row(node->in[0], r), s->heap, n);
}

static void allocate_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct allocation *s = node->saved;
    const struct eg_var *u = node->in[0];
    allocate_back(eg_drow(u, r), eg_drow(node->out, r), eg_row(u, r), s->order + r * u->cols,
                  s->sorted[r], s->heap);
}

static const struct eg_row_op allocate_op = {allocate_forward_row, allocate_row_back};

struct eg_var *eg_allocate(struct eg_tape *tape, struct eg_var *u)
{
    if (!u)
        return NULL;
    assert(u->dx || !eg_tape_records(tape));
    struct eg_var *a = eg_tape_var(tape, u->rows, u->cols, 1);
    struct allocation *saved = eg_arena_take(tape->arena, sizeof *saved);
    struct slot *heap = eg_arena_take(tape->arena, u->cols * sizeof *heap);
    unsigned *order = eg_arena_take(tape->arena, u->rows * (u->cols + 1) * sizeof *order);
    if (!a || !saved || !heap || !order)
        return NULL;
    *saved = (struct allocation){.heap = heap, .order = order, .sorted = order + u->rows * u->cols};
    return eg_tape_push_rows(tape, &allocate_op, a, 1, &u, saved);
}

/* ---- what a write head before this one takes ---- */

static void reserve_forward_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const real *u = eg_row(node->in[0], r), *a = eg_row(node->in[3], r);
    const real gate = eg_row(node->in[1], r)[0] * eg_row(node->in[2], r)[0];
    real *out = eg_row(node->out, r);
    for (size_t i = 0; i < node->out->cols; i++)
        out[i] = u[i] + (1 - u[i]) * gate * a[i];
}

static void reserve_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const real *u = eg_row(node->in[0], r), *a = eg_row(node->in[3], r);
    const real g_a = eg_row(node->in[1], r)[0], g_w = eg_row(node->in[2], r)[0];
    const real *d = eg_drow(node->out, r);
    real *du = eg_drow(node->in[0], r), *da = eg_drow(node->in[3], r), dgate = 0;
    for (size_t i = 0; i < node->out->cols; i++) {
        du[i] += d[i] * (1 - g_a * g_w * a[i]);
        da[i] += d[i] * (1 - u[i]) * g_a * g_w;
        dgate += d[i] * (1 - u[i]) * a[i];
    }
    eg_drow(node->in[1], r)[0] += dgate * g_w;
    eg_drow(node->in[2], r)[0] += dgate * g_a;
}

static const struct eg_row_op reserve_op = {reserve_forward_row, reserve_row_back};

struct eg_var *eg_reserve(struct eg_tape *tape, struct eg_var *u, struct eg_var *g_a,
                          struct eg_var *g_w, struct eg_var *a)
{
    if (!u || !g_a || !g_w || !a)
        return NULL;
    assert(g_a->cols == 1 && g_w->cols == 1 && a->cols == u->cols && a->rows == u->rows);
    assert((u->dx && g_a->dx && g_w->dx && a->dx) || !eg_tape_records(tape));
    struct eg_var *out = eg_tape_var(tape, u->rows, u->cols, 1);
    if (!out)
        return NULL;
    return eg_tape_push_rows(tape, &reserve_op, out, 4, (struct eg_var *const[]){u, g_a, g_w, a},
                             NULL);
}
