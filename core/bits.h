/* core/bits.h -- a matrix of bits, 64 to a word.
 *
 * Rows start on 64-byte boundaries and are padded to whole multiples of 512 bits; padding bits
 * are 0 and stay 0.  Column k of row r is bit k % 64 of word k / 64.
 *
 * Memory  rows * ceil(columns / 512) * 64 bytes.
 * Owner   the arena. */
#ifndef EG_CORE_BITS_H
#define EG_CORE_BITS_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/status.h"

struct eg_bits {
    size_t rows, columns;
    size_t words; /* of a row, padding included: a multiple of 8 */
    uint64_t *at; /* (rows, words)                               */
};

/* All zero.  EG_ERR_NOMEM also where rows * columns / 8 bytes do not fit into a size_t. */
EG_MUST_CHECK int eg_bits_init(struct eg_bits *bits, struct eg_arena *arena, size_t rows,
                               size_t columns);

/* Bytes that eg_bits_init() takes; SIZE_MAX where that overflows. */
size_t eg_bits_bytes(size_t rows, size_t columns);

static inline uint64_t *eg_bits_row(const struct eg_bits *bits, size_t row)
{
    return bits->at + row * bits->words;
}

static inline int eg_bits_get(const struct eg_bits *bits, size_t row, size_t column)
{
    return (int) (bits->at[row * bits->words + column / 64] >> (column % 64) & 1);
}

static inline void eg_bits_set(struct eg_bits *bits, size_t row, size_t column, int value)
{
    uint64_t *word = &bits->at[row * bits->words + column / 64];
    const uint64_t bit = UINT64_C(1) << (column % 64);
    *word = value ? *word | bit : *word & ~bit;
}

/* out (columns, rows) becomes the transpose of in; `out` is initialised. */
void eg_bits_transpose(struct eg_bits *out, const struct eg_bits *in);

/* Fills row `row` with bits that are 1 with the given probability, each independent of all
 * others: 0.5 takes one random word for 64 bits; others are met to 2^-32 (at most 32 words, about
 * 8).  At most 0 or not a number: all bits are 0; at least 1: all that are columns are 1. */
void eg_bits_draw(struct eg_bits *bits, size_t row, double probability, struct eg_stream *stream);

/* Bits of a row that are set. */
size_t eg_bits_count(const struct eg_bits *bits, size_t row);

#endif
