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

struct heads {
    size_t slots, width, heads;
    struct eg_writing writing[];
};

static void heads_forward(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct heads *saved = node->saved;
    struct eg_write_row row[EG_WRITES_MAX];
    for (size_t h = 0; h < saved->heads; h++)
        row[h] = (struct eg_write_row){.w = eg_row(saved->writing[h].w, b),
                                       .erase = eg_row(saved->writing[h].erase, b),
                                       .add = eg_row(saved->writing[h].add, b)};
    tape->kernels->writes(eg_row(node->out, b), eg_row(node->in[0], b), row, saved->heads,
                          saved->slots, saved->width);
}

static void heads_back(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct heads *saved = node->saved;
    struct eg_write_row row[EG_WRITES_MAX];
    struct eg_write_drow drow[EG_WRITES_MAX];
    for (size_t h = 0; h < saved->heads; h++) {
        const struct eg_writing *of = &saved->writing[h];
        row[h] = (struct eg_write_row){
            .w = eg_row(of->w, b), .erase = eg_row(of->erase, b), .add = eg_row(of->add, b)};
        drow[h] = (struct eg_write_drow){
            .w = eg_drow(of->w, b), .erase = eg_drow(of->erase, b), .add = eg_drow(of->add, b)};
    }
    tape->kernels->writes_back(eg_drow(node->out, b), eg_row(node->in[0], b), row, drow,
                               saved->heads, saved->slots, saved->width);
}

static const struct eg_row_op heads_op = {heads_forward, heads_back};

struct eg_var *eg_write_heads(struct eg_tape *tape, struct eg_var *memory,
                              const struct eg_writing *writing, size_t heads, size_t slots,
                              size_t width)
{
    if (!memory)
        return NULL;
    assert(heads >= 1 && heads <= EG_WRITES_MAX && memory->cols == slots * width);
    assert(memory->stride == memory->cols && (memory->dx || !eg_tape_records(tape)));
    struct heads *saved =
        eg_arena_take(tape->arena, sizeof *saved + heads * sizeof saved->writing[0]);
    struct eg_var *out = eg_tape_var(tape, memory->rows, slots * width, 0);
    if (!saved || !out)
        return NULL;
    *saved = (struct heads){.slots = slots, .width = width, .heads = heads};
    for (size_t h = 0; h < heads; h++) {
        const struct eg_writing *of = &writing[h];
        if (!of->w || !of->erase || !of->add)
            return NULL;
        assert(of->w->cols == slots && of->erase->cols == width && of->add->cols == width);
        assert(of->w->rows == memory->rows);
        assert((of->w->dx && of->erase->dx && of->add->dx) || !eg_tape_records(tape));
        saved->writing[h] = *of;
    }
    out->dx = memory->dx;
    return eg_tape_push_rows(tape, &heads_op, out, 1, (struct eg_var *const[]){memory}, saved);
}
