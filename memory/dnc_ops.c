#include "memory/dnc_ops.h"

#include <assert.h>
#include <string.h>

/* ---- write weighting ---- */

enum { CONTENT, WRITE_GATE, ALLOCATION, ALLOCATION_GATE };

static void write_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const real *c = eg_row(node->in[CONTENT], r), g_w = eg_row(node->in[WRITE_GATE], r)[0];
    real *w = eg_row(node->out, r);
    if (!node->in[ALLOCATION]) {
        for (size_t i = 0; i < node->out->cols; i++)
            w[i] = g_w * c[i];
        return;
    }
    const real *a = eg_row(node->in[ALLOCATION], r);
    const real g_a = eg_row(node->in[ALLOCATION_GATE], r)[0];
    for (size_t i = 0; i < node->out->cols; i++)
        w[i] = g_w * (g_a * a[i] + (1 - g_a) * c[i]);
}

static void write_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const size_t n = node->out->cols;
    const real *c = eg_row(node->in[CONTENT], r), g_w = eg_row(node->in[WRITE_GATE], r)[0];
    const real *d = eg_drow(node->out, r);
    real *dc = eg_drow(node->in[CONTENT], r), with_c = 0, with_a = 0, g_a = 0;
    if (node->in[ALLOCATION]) {
        const real *a = eg_row(node->in[ALLOCATION], r);
        real *da = eg_drow(node->in[ALLOCATION], r);
        g_a = eg_row(node->in[ALLOCATION_GATE], r)[0];
        for (size_t i = 0; i < n; i++) {
            with_a += d[i] * a[i];
            da[i] += g_w * g_a * d[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        with_c += d[i] * c[i];
        dc[i] += g_w * (1 - g_a) * d[i];
    }
    if (node->in[ALLOCATION])
        eg_drow(node->in[ALLOCATION_GATE], r)[0] += g_w * (with_a - with_c);
    eg_drow(node->in[WRITE_GATE], r)[0] += g_a * with_a + (1 - g_a) * with_c;
}

static const struct eg_row_op write_op = {write_forward, write_row_back};

struct eg_var *eg_write_weighting(struct eg_tape *tape, const struct eg_write_gates *gates,
                                  struct eg_var *a, struct eg_var *c, struct eg_var *into)
{
    if (!gates->write || !c || !gates->allocation != !a)
        return NULL;
    assert(gates->write->cols == 1 && gates->write->rows == c->rows);
    assert(!a || (a->cols == c->cols && gates->allocation->cols == 1));
    struct eg_var *w = into ? into : eg_tape_var(tape, c->rows, c->cols, 1);
    if (!w)
        return NULL;
    struct eg_var *in[] = {c, gates->write, a, gates->allocation};
    return eg_tape_push_rows(tape, &write_op, w, 4, in, NULL);
}

/* ---- read weighting ---- */

enum { MODES, READ_CONTENT, READINGS };

struct mixture {
    size_t heads, writers, modes;
};

/* Term k of head h: backward of write head k, content, forward of write head k - W - 1. */
static size_t term(const struct mixture *s, const struct eg_node *node, size_t h, size_t k,
                   const struct eg_var **of)
{
    const size_t n = node->out->cols / s->heads;
    *of = node->in[k == s->writers ? READ_CONTENT
                                   : READINGS + (k < s->writers ? k : k - s->writers - 1)];
    return k == s->writers ? h * n : (2 * h + (k > s->writers)) * n;
}

static void read_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct mixture *s = node->saved;
    const size_t n = node->out->cols / s->heads;
    const real *pi = eg_row(node->in[MODES], r);
    memset(eg_row(node->out, r), 0, node->out->cols * sizeof(real));
    for (size_t h = 0; h < s->heads; h++)
        for (size_t k = 0; k < s->modes; k++) {
            const struct eg_var *x;
            const size_t at = term(s, node, h, k, &x);
            tape->kernels->axpy(eg_row(node->out, r) + h * n, pi[h * s->modes + k],
                                eg_row(x, r) + at, n);
        }
}

static void read_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct mixture *s = node->saved;
    const size_t n = node->out->cols / s->heads;
    const real *pi = eg_row(node->in[MODES], r);
    real *dpi = eg_drow(node->in[MODES], r);
    for (size_t h = 0; h < s->heads; h++)
        for (size_t k = 0; k < s->modes; k++) {
            const struct eg_var *x;
            const size_t at = term(s, node, h, k, &x), mode = h * s->modes + k;
            const real *d = eg_drow(node->out, r) + h * n;
            tape->kernels->axpy(eg_drow(x, r) + at, pi[mode], d, n);
            dpi[mode] += tape->kernels->dot(d, eg_row(x, r) + at, n);
        }
}

static const struct eg_row_op read_op = {read_forward, read_row_back};

struct eg_var *eg_read_weighting(struct eg_tape *tape, struct eg_var *modes, struct eg_var *content,
                                 size_t heads, size_t writers, struct eg_var *const readings[])
{
    struct eg_var *in[READINGS + EG_READINGS_MAX] = {modes, content};
    assert(writers <= EG_READINGS_MAX);
    for (size_t w = 0; w < writers; w++)
        if (!(in[READINGS + w] = readings[w]))
            return NULL;
    if (!modes || !content)
        return NULL;
    assert(modes->cols == heads * (2 * writers + 1) && modes->rows == content->rows);
    struct eg_var *out = eg_tape_var(tape, content->rows, content->cols, 1);
    struct mixture *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (!out || !saved)
        return NULL;
    *saved = (struct mixture){.heads = heads, .writers = writers, .modes = 2 * writers + 1};
    return eg_tape_push_rows(tape, &read_op, out, READINGS + writers, in, saved);
}

/* ---- fading ---- */

static void fade_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const real *psi = eg_row(node->in[1], r), *x = eg_row(node->in[0], r);
    real *y = eg_row(node->out, r);
    const size_t n = node->in[1]->cols, width = node->out->cols / n;
    for (size_t m = 0; m < width; m++)
        for (size_t i = 0; i < n; i++)
            y[m * n + i] = x[m * n + i] * psi[i];
}

static void fade_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const real *psi = eg_row(node->in[1], r), *x = eg_row(node->in[0], r);
    real *d = eg_drow(node->out, r), *dpsi = eg_drow(node->in[1], r);
    const size_t n = node->in[1]->cols, width = node->out->cols / n;
    for (size_t m = 0; m < width; m++)
        for (size_t i = 0; i < n; i++) {
            dpsi[i] += d[m * n + i] * x[m * n + i];
            d[m * n + i] *= psi[i];
        }
}

static const struct eg_row_op fade_op = {fade_forward, fade_row_back};

struct eg_var *eg_fade_last(struct eg_tape *tape, struct eg_var *memory, struct eg_var *psi)
{
    if (!memory || !psi)
        return NULL;
    assert(memory->cols % psi->cols == 0 && memory->rows == psi->rows);
    assert(memory->stride == memory->cols);
    assert((memory->dx && psi->dx) || !eg_tape_records(tape));
    struct eg_var *out = eg_tape_var(tape, psi->rows, memory->cols, 0);
    if (!out)
        return NULL;
    out->dx = memory->dx;
    return eg_tape_push_rows(tape, &fade_op, out, 2, (struct eg_var *const[]){memory, psi}, NULL);
}
