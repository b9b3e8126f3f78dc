/* The kernels on packed bits, of every table, against sums over single bits. */
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "tensor/kernels.h"

#include "tests/check.h"

enum { LIMIT = 1 << 21, GUARD = 16, MARK = 777 };

/* Words of a row: few, and around the blocks of 56, 120 and 248 words and the strip of 256. */
static const size_t widths[] = {8, 16, 24, 80, 248, 256, 264, 520};
/* Around the group of 16 rows and the chunk of 240. */
static const size_t heights[] = {0, 1, 2, 14, 15, 16, 17, 31, 100, 239, 240, 241, 500};
enum { WIDTHS = sizeof widths / sizeof widths[0], HEIGHTS = sizeof heights / sizeof heights[0] };

#define EACH_TABLE for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++)
#define EACH_WIDTH for (size_t i = 0, words = widths[0]; i < WIDTHS; words = widths[++i % WIDTHS])

static void *aligned(size_t bytes)
{
    void *const p = aligned_alloc(64, bytes / 64 * 64 + 64);
    assert_non_null(p);
    return p;
}

static struct eg_stream stream_of(uint64_t item)
{
    struct eg_stream stream;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 30, item);
    return stream;
}

/* How bits and numbers are chosen. */
enum { NONE, ALL, EVEN, FEW, FILLS };
enum { LOWEST, HIGHEST, TURNS, ANY, VALUES };

static uint64_t *fresh_bits(size_t words, int fill)
{
    struct eg_stream s = stream_of((uint64_t) fill);
    uint64_t *const bits = aligned(words * sizeof *bits);
    for (size_t w = 0; w < words; w++) {
        const uint64_t a = eg_stream_bits(&s), b = eg_stream_bits(&s), c = eg_stream_bits(&s);
        bits[w] = fill == NONE ? 0 : fill == ALL ? UINT64_MAX : fill == EVEN ? a : a & b & c;
    }
    return bits;
}

/* n numbers, then the guard. */
static int32_t *fresh_numbers(size_t n, int kind)
{
    struct eg_stream s = stream_of(100 + (uint64_t) kind);
    int32_t *const x = aligned((n + GUARD) * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = kind == LOWEST    ? -LIMIT
               : kind == HIGHEST ? LIMIT
               : kind == TURNS   ? (i % 64 < 32 ? LIMIT : -LIMIT)
                                 : (int32_t) eg_stream_between(&s, -LIMIT, LIMIT);
    for (size_t i = 0; i < GUARD; i++)
        x[n + i] = MARK;
    return x;
}

static void done(int32_t *x, size_t n)
{
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(x[n + i], MARK);
    free(x);
}

static int bit_of(const uint64_t *bits, size_t column)
{
    return (int) (bits[column / 64] >> column % 64 & 1);
}

static void a_sum_takes_the_numbers_whose_bit_is_set(void **state)
{
    (void) state;
    EACH_WIDTH
    for (int fill = 0; fill < FILLS; fill++)
        for (int kind = 0; kind < VALUES; kind++) {
            uint64_t *const bits = fresh_bits(words, fill);
            int32_t *const x = fresh_numbers(64 * words, kind);
            int64_t want = 0;
            for (size_t c = 0; c < 64 * words; c++)
                want += bit_of(bits, c) ? x[c] : 0;
            EACH_TABLE
            assert_true((*k)->bits_sum(bits, x, words) == want);
            done(x, 64 * words);
            free(bits);
        }
}

/* Past 2^31 by far: 2,000 words of which every number is as large as may be. */
static void long_sums_do_not_overflow(void **state)
{
    (void) state;
    const size_t words = 2000;
    uint64_t *const bits = fresh_bits(words, ALL);
    int32_t *const low = fresh_numbers(64 * words, LOWEST);
    int32_t *const high = fresh_numbers(64 * words, HIGHEST);
    EACH_TABLE
    {
        assert_true((*k)->bits_sum(bits, low, words) == INT64_C(-268435456000));
        assert_true((*k)->bits_sum(bits, high, words) == INT64_C(268435456000));
        assert_true((*k)->bits_sum(bits, high, 0) == 0);
    }
    done(low, 64 * words);
    done(high, 64 * words);
    free(bits);
}

static void adding_tells_set_bits_from_clear_ones(void **state)
{
    (void) state;
    const int32_t steps[][2] = {{1, -1}, {-2, 2}, {0, 0},
                                {5, 0},  {0, -7}, {2000000000, -2000000000}};
    EACH_TABLE
    EACH_WIDTH
    for (int fill = 0; fill < FILLS; fill++)
        for (size_t j = 0; j < 6; j++) {
            uint64_t *const bits = fresh_bits(words, fill);
            int32_t *const x = fresh_numbers(64 * words, ANY);
            int32_t *const before = fresh_numbers(64 * words, ANY);
            (*k)->bits_add(x, bits, words, steps[j][0], steps[j][1]);
            for (size_t c = 0; c < 64 * words; c++)
                assert_int_equal(x[c], before[c] + steps[j][bit_of(bits, c) ? 0 : 1]);
            done(x, 64 * words);
            done(before, 64 * words);
            free(bits);
        }
}

static void check_counts(size_t words, size_t rows, int fill, int signs)
{
    uint64_t *const bits = fresh_bits(rows * words, fill);
    int32_t *const want = fresh_numbers(64 * words, ANY);
    int8_t *const sign = aligned(rows);
    struct eg_stream s = stream_of(200);
    for (size_t r = 0; r < rows; r++) {
        sign[r] = (int8_t) (signs ? signs : eg_stream_between(&s, -1, 1));
        for (size_t c = 0; c < 64 * words; c++)
            want[c] += bit_of(bits + r * words, c) == (sign[r] > 0);
    }
    EACH_TABLE
    {
        int32_t *const count = fresh_numbers(64 * words, ANY);
        (*k)->bits_count(count, bits, sign, rows, words);
        assert_memory_equal(count, want, 64 * words * sizeof *want);
        done(count, 64 * words);
    }
    done(want, 64 * words);
    free(sign);
    free(bits);
}

static void counts_are_of_rows_whose_bit_equals_the_sign(void **state)
{
    (void) state;
    EACH_WIDTH
    for (size_t h = 0; h < HEIGHTS; h++)
        check_counts(words, heights[h], EVEN, 0);
}

/* All planes of a counter full at once, or none. */
static void counts_reach_the_number_of_rows(void **state)
{
    (void) state;
    for (size_t h = 0; h < HEIGHTS; h++)
        for (int fill = 0; fill < FILLS; fill++)
            for (int sign = -1; sign <= 1; sign++) /* 0: -1, 0 and 1 as drawn */
                check_counts(24, heights[h], fill, sign);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_takes_the_numbers_whose_bit_is_set),
        cmocka_unit_test(long_sums_do_not_overflow),
        cmocka_unit_test(adding_tells_set_bits_from_clear_ones),
        cmocka_unit_test(counts_are_of_rows_whose_bit_equals_the_sign),
        cmocka_unit_test(counts_reach_the_number_of_rows),
    };
    return cmocka_run_group_tests_name("kernels_bits", tests, NULL, NULL);
}
