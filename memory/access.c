#include "memory/access.h"

#include <assert.h>

struct saved {
    size_t slots, width;
};

static struct saved *keep(struct eg_tape *tape, size_t slots, size_t width)
{
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (saved)
        *saved = (struct saved){.slots = slots, .width = width};
    return saved;
}

static void read_forward(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct saved *saved = node->saved;
    const struct eg_var *memory = node->in[0], *w = node->in[1];
    tape->kernels->read(eg_row(node->out, b), eg_row(w, b), eg_row(memory, b), saved->slots,
                        saved->width);
}

static void read_back(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct saved *saved = node->saved;
    const struct eg_var *memory = node->in[0], *w = node->in[1];
    tape->kernels->read_back(eg_drow(w, b), eg_drow(memory, b), eg_drow(node->out, b), eg_row(w, b),
                             eg_row(memory, b), saved->slots, saved->width);
}

static const struct eg_row_op read_op = {read_forward, read_back};

struct eg_var *eg_read(struct eg_tape *tape, struct eg_var *memory, struct eg_var *w, size_t slots,
                       size_t width)
{
    if (!memory || !w)
        return NULL;
    assert(memory->cols == slots * width && w->cols == slots && memory->rows == w->rows);
    assert((memory->dx && w->dx) || !eg_tape_records(tape));
    struct eg_var *r = eg_tape_var(tape, w->rows, width, 1);
    struct saved *saved = keep(tape, slots, width);
    if (!r || !saved)
        return NULL;
    return eg_tape_push_rows(tape, &read_op, r, 2, (struct eg_var *const[]){memory, w}, saved);
}

static void write_forward(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct saved *saved = node->saved;
    const struct eg_var *memory = node->in[0], *w = node->in[1];
    const struct eg_var *erase = node->in[2], *add = node->in[3];
    tape->kernels->write(eg_row(node->out, b), eg_row(memory, b), eg_row(w, b), eg_row(erase, b),
                         eg_row(add, b), saved->slots, saved->width);
}

static void write_back(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct saved *saved = node->saved;
    const struct eg_var *out = node->out, *memory = node->in[0], *w = node->in[1];
    const struct eg_var *erase = node->in[2], *add = node->in[3];
    const int accumulate = memory->dx != out->dx;
    tape->kernels->write_back(eg_drow(memory, b), eg_drow(w, b), eg_drow(erase, b), eg_drow(add, b),
                              eg_drow(out, b), eg_row(memory, b), eg_row(w, b), eg_row(erase, b),
                              eg_row(add, b), saved->slots, saved->width, accumulate);
}

static const struct eg_row_op write_op = {write_forward, write_back};

static struct eg_var *write(struct eg_tape *tape, struct eg_var *memory, struct eg_var *w,
                            struct eg_var *erase, struct eg_var *add, size_t slots, size_t width,
                            int in_place)
{
    if (!memory || !w || !erase || !add)
        return NULL;
    assert(memory->cols == slots * width && w->cols == slots && erase->cols == width);
    assert(memory->rows == w->rows && add->cols == width);
    /* Gradients are always kept while recording: what was written before needs that of the
     * memory, and the first memory may be learned. */
    assert((memory->dx && w->dx && erase->dx && add->dx) || !eg_tape_records(tape));
    struct eg_var *out = eg_tape_var(tape, w->rows, slots * width, !in_place);
    struct saved *saved = keep(tape, slots, width);
    if (!out || !saved)
        return NULL;
    if (in_place) {
        assert(memory->stride == memory->cols);
        out->dx = memory->dx;
    }
    struct eg_var *in[] = {memory, w, erase, add};
    return eg_tape_push_rows(tape, &write_op, out, 4, in, saved);
}

struct eg_var *eg_write(struct eg_tape *tape, struct eg_var *memory, struct eg_var *w,
                        struct eg_var *erase, struct eg_var *add, size_t slots, size_t width)
{
    return write(tape, memory, w, erase, add, slots, width, 0);
}

struct eg_var *eg_write_last(struct eg_tape *tape, struct eg_var *memory, struct eg_var *w,
                             struct eg_var *erase, struct eg_var *add, size_t slots, size_t width)
{
    return write(tape, memory, w, erase, add, slots, width, 1);
}
