#include "tensor/embed.h"

#include <assert.h>
#include <string.h>

struct saved {
    const real *symbols;
    size_t stride;
};

/* dE_s = sum of dy_r over the rows with s_r = s, in the order of the rows */
static void embed_back(const struct eg_node *node, struct eg_tape *tape)
{
    const struct saved *saved = node->saved;
    const struct eg_var *table = node->in[0];
    if (!table->dx)
        return;
    for (size_t r = 0; r < node->out->rows; r++)
        tape->kernels->add(eg_drow(table, (size_t) saved->symbols[r * saved->stride]),
                           eg_drow(node->out, r), table->cols);
}

struct eg_var *eg_embed(struct eg_tape *tape, struct eg_var *table, const real *symbols,
                        size_t stride, size_t rows)
{
    if (!table || !symbols)
        return NULL;
    struct eg_var *y = eg_tape_var(tape, rows, table->cols, 1);
    if (!y)
        return NULL;
    for (size_t r = 0; r < rows; r++) {
        const real symbol = symbols[r * stride];
        assert(symbol >= 0 && (size_t) symbol < table->rows);
        memcpy(eg_row(y, r), eg_row(table, (size_t) symbol), table->cols * sizeof(real));
    }
    if (!eg_tape_records(tape))
        return y;
    struct eg_node *node = eg_tape_push(tape, embed_back, y, 1, &table);
    struct saved *saved = node ? eg_arena_take(tape->arena, sizeof *saved) : NULL;
    if (!saved)
        return NULL;
    *saved = (struct saved){symbols, stride};
    node->saved = saved;
    return y;
}
