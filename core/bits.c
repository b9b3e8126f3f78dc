#include "core/bits.h"

#include <string.h>

enum { LINE = 8, BLOCK = 64, TILE = LINE * BLOCK }; /* words; columns of a word, of a tile */

size_t eg_bits_bytes(size_t rows, size_t columns)
{
    const size_t lines = columns / TILE + (columns % TILE > 0);
    const size_t most = SIZE_MAX / (LINE * sizeof(uint64_t));
    if (lines > most || (rows > 0 && lines > most / rows))
        return SIZE_MAX;
    return rows * lines * LINE * sizeof(uint64_t);
}

int eg_bits_init(struct eg_bits *bits, struct eg_arena *arena, size_t rows, size_t columns)
{
    const size_t bytes = eg_bits_bytes(rows, columns);
    *bits = (struct eg_bits){.at = NULL};
    if (bytes == SIZE_MAX)
        return EG_RAISE(EG_ERR_NOMEM);
    uint64_t *const at = eg_arena_zeros(arena, bytes / sizeof *at, sizeof *at);
    if (!at)
        return EG_RAISE(EG_ERR_NOMEM);
    const size_t lines = columns / TILE + (columns % TILE > 0);
    *bits = (struct eg_bits){.rows = rows, .columns = columns, .words = lines * LINE, .at = at};
    return EG_OK;
}

/* Of a block of 64 x 64 bits.  With squares of `size`, then half of it and so on, the squares
 * beside the diagonal change places: bit `size` of the row number with that of the column number.
 */
static void transpose_block(uint64_t row[BLOCK])
{
    uint64_t low = UINT64_C(0x00000000ffffffff); /* columns whose bit `size` is 0 */
    for (unsigned size = BLOCK / 2; size > 0; size /= 2, low ^= low << size)
        for (unsigned top = 0; top < BLOCK; top += 2 * size)
            for (unsigned i = top; i < top + size; i++) {
                const uint64_t differ = (row[i] >> size ^ row[i + size]) & low;
                row[i] ^= differ << size;
                row[i + size] ^= differ;
            }
}

/* The block at (row, 64 * word) of `in`; rows past the end are zero. */
static void move_block(struct eg_bits *out, const struct eg_bits *in, size_t row, size_t word)
{
    uint64_t block[BLOCK] = {0};
    const size_t rows = in->rows - row < BLOCK ? in->rows - row : BLOCK;
    for (size_t i = 0; i < rows; i++)
        block[i] = in->at[(row + i) * in->words + word];
    transpose_block(block);
    for (size_t i = 0; i < BLOCK && word * BLOCK + i < out->rows; i++)
        out->at[(word * BLOCK + i) * out->words + row / BLOCK] = block[i];
}

/* In tiles of 512 x 512, so that a line of the cache is used whole while it is there. */
void eg_bits_transpose(struct eg_bits *out, const struct eg_bits *in)
{
    for (size_t tile = 0; tile < in->rows; tile += TILE)
        for (size_t line = 0; line < in->words; line += LINE)
            for (size_t word = line; word < line + LINE; word++)
                for (size_t row = tile; row < tile + TILE && row < in->rows; row += BLOCK)
                    move_block(out, in, row, word);
}

/* 64 numbers u in [0, 1), all at once, digit by digit from the first: u < threshold / 2^32 is
 * decided where they first differ.  An even chance is decided by the first digit alone. */
static uint64_t draw_word(uint64_t threshold, struct eg_stream *stream)
{
    uint64_t below = 0, open = UINT64_MAX;
    for (int digit = 31; digit >= 0 && open && threshold << (63 - digit); digit--) {
        const uint64_t u = eg_stream_bits(stream);
        if (threshold >> digit & 1) {
            below |= open & ~u;
            open &= u;
        } else {
            open &= ~u;
        }
    }
    return below;
}

void eg_bits_draw(struct eg_bits *bits, size_t row, double probability, struct eg_stream *stream)
{
    uint64_t *const at = eg_bits_row(bits, row);
    memset(at, 0, bits->words * sizeof *at);
    if (!(probability > 0))
        return;
    const uint64_t threshold = probability < 1 ? (uint64_t) (probability * 0x1p32 + 0.5) : 0;
    const int always = probability >= 1 || threshold >> 32;
    for (size_t column = 0; column < bits->columns; column += BLOCK) {
        const size_t left = bits->columns - column;
        const uint64_t there = left < BLOCK ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
        at[column / BLOCK] = (always ? UINT64_MAX : draw_word(threshold, stream)) & there;
    }
}

size_t eg_bits_count(const struct eg_bits *bits, size_t row)
{
    const uint64_t *const at = eg_bits_row(bits, row);
    size_t count = 0;
    for (size_t w = 0; w < bits->words; w++)
        count += (size_t) __builtin_popcountll(at[w]);
    return count;
}
