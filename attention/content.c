#include "attention/content.h"

#include <assert.h>

enum { KEY, BETA, MEMORY, MASK };

/* Kept from forward; N numbers a row in each array. */
struct saved {
    size_t slots, width;
    real *cosine, *inv, *inv_key, *work;
};

static const real *mask_of(const struct eg_node *node, size_t r)
{
    return node->in[MASK] ? eg_row(node->in[MASK], r) : NULL;
}

static void forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    struct saved *s = node->saved;
    s->inv_key[r] = tape->kernels->content(
        eg_row(node->out, r), s->cosine + r * s->slots, s->inv + r * s->slots,
        eg_row(node->in[KEY], r), mask_of(node, r), eg_row(node->in[BETA], r)[0],
        eg_row(node->in[MEMORY], r), s->work, s->slots, s->width);
}

static void back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    const struct saved *s = node->saved;
    real *dmask = node->in[MASK] ? eg_drow(node->in[MASK], r) : NULL;
    tape->kernels->content_back(
        eg_drow(node->in[KEY], r), dmask, eg_drow(node->in[BETA], r), eg_drow(node->in[MEMORY], r),
        eg_drow(node->out, r), eg_row(node->out, r), s->cosine + r * s->slots,
        s->inv + r * s->slots, s->inv_key[r], eg_row(node->in[KEY], r), mask_of(node, r),
        eg_row(node->in[BETA], r)[0], eg_row(node->in[MEMORY], r), s->work, s->slots, s->width);
}

static const struct eg_row_op content_op = {forward, back};

struct eg_var *eg_content(struct eg_tape *tape, const struct eg_content *head,
                          struct eg_var *memory, struct eg_var *into)
{
    if (!head->key || !head->beta || !memory)
        return NULL;
    const size_t rows = memory->rows, n = head->slots, width = head->width;
    assert(head->key->rows == rows && head->key->cols == width && head->beta->rows == rows);
    assert(memory->cols == n * width && head->beta->cols == 1);
    assert(!head->mask || (head->mask->rows == rows && head->mask->cols == width));
    assert(!eg_tape_records(tape)
           || (head->key->dx && head->beta->dx && (!head->mask || head->mask->dx)));
    struct eg_var *w = into ? into : eg_tape_var(tape, rows, n, 1);
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved);
    const size_t room = rows * (2 * n + 1) + EG_CONTENT_WORK(n, width);
    real *kept = eg_arena_take(tape->arena, room * sizeof *kept);
    if (!w || !saved || !kept)
        return NULL;
    assert(w->rows == rows && w->cols == n);
    *saved = (struct saved){.slots = n,
                            .width = width,
                            .cosine = kept,
                            .inv = kept + rows * n,
                            .inv_key = kept + 2 * rows * n,
                            .work = kept + rows * (2 * n + 1)};
    struct eg_var *in[] = {head->key, head->beta, memory, head->mask};
    return eg_tape_push_rows(tape, &content_op, w, 4, in, saved);
}
