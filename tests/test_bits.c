/* Matrices of bits: layout, transposition, drawing. */
#include <math.h>
#include <stdlib.h>

#include "core/bits.h"

#include "tests/check.h"

static const size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 511, 512, 513, 700};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static struct eg_arena *arena_of(void **state)
{
    return *state;
}

static int setup(void **state)
{
    struct eg_arena *arena;
    const int rc = eg_arena_init(&arena, 0);
    *state = arena;
    return rc;
}

static int teardown(void **state)
{
    struct eg_arena *arena = *state;
    eg_arena_free(&arena);
    return 0;
}

static struct eg_bits fresh(void **state, size_t rows, size_t columns)
{
    struct eg_bits bits;
    assert_int_equal(eg_bits_init(&bits, arena_of(state), rows, columns), EG_OK);
    assert_int_equal(bits.rows, rows);
    assert_int_equal(bits.columns, columns);
    return bits;
}

static void draw_all(struct eg_bits *bits, double probability, uint64_t item)
{
    struct eg_stream stream;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 20, item);
    for (size_t r = 0; r < bits->rows; r++)
        eg_bits_draw(bits, r, probability, &stream);
}

static void padding_is_zero(const struct eg_bits *bits)
{
    for (size_t r = 0; r < bits->rows; r++)
        for (size_t c = bits->columns; c < 64 * bits->words; c++)
            assert_int_equal(eg_bits_get(bits, r, c), 0);
}

static void rows_are_padded_to_lines_and_start_as_zeros(void **state)
{
    const size_t want[SIZES] = {8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16};
    for (size_t i = 0; i < SIZES; i++) {
        const struct eg_bits bits = fresh(state, 3, sizes[i]);
        assert_int_equal(bits.words, want[i]);
        assert_int_equal(eg_bits_bytes(3, sizes[i]), 3 * 8 * want[i]);
        for (size_t r = 0; r < 3; r++) {
            assert_int_equal((uintptr_t) eg_bits_row(&bits, r) % 64, 0);
            assert_int_equal(eg_bits_count(&bits, r), 0);
        }
    }
    assert_int_equal(eg_bits_bytes(0, 100), 0);
    assert_int_equal(eg_bits_bytes(100, 0), 0);
    assert_int_equal(fresh(state, 4, 0).words, 0);
    assert_int_equal(fresh(state, 0, 4).words, 8);
}

static void a_bit_lies_where_the_layout_says(void **state)
{
    struct eg_bits bits = fresh(state, 3, 600);
    const size_t columns[] = {0, 1, 63, 64, 127, 128, 511, 512, 599};
    for (size_t i = 0; i < 9; i++) {
        const size_t c = columns[i];
        eg_bits_set(&bits, 1, c, 1);
        assert_true(bits.at[16 + c / 64] == UINT64_C(1) << c % 64);
        assert_int_equal(eg_bits_get(&bits, 1, c), 1);
        assert_int_equal(eg_bits_get(&bits, 0, c) + eg_bits_get(&bits, 2, c), 0);
        assert_int_equal(eg_bits_count(&bits, 1), 1);
        eg_bits_set(&bits, 1, c, 1);
        assert_int_equal(eg_bits_count(&bits, 1), 1);
        eg_bits_set(&bits, 1, c, 0);
        assert_int_equal(eg_bits_count(&bits, 1), 0);
    }
    for (size_t c = 0; c < 600; c++)
        eg_bits_set(&bits, 2, c, c % 3 == 0);
    assert_int_equal(eg_bits_count(&bits, 2), 200);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct eg_bits bits;
    const size_t most = SIZE_MAX;
    const size_t sides[][2] = {
        {most, most}, {most, 1}, {8, most}, {most / 64 + 1, 1}, {most / 128 + 1, 513}};
    for (size_t i = 0; i < 5; i++) {
        assert_true(eg_bits_bytes(sides[i][0], sides[i][1]) == most);
        assert_int_equal(eg_bits_init(&bits, arena_of(state), sides[i][0], sides[i][1]),
                         EG_ERR_NOMEM);
        assert_null(bits.at);
    }
    assert_true(eg_bits_bytes(1, most) == most / 8 + 1);
    assert_true(eg_bits_bytes(most / 64, 1) == most - 63);
    eg_arena_fail_after(arena_of(state), 0);
    assert_int_equal(eg_bits_init(&bits, arena_of(state), 1, 1), EG_ERR_NOMEM);
}

static void a_transpose_has_rows_for_columns(void **state)
{
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++) {
            struct eg_bits in = fresh(state, sizes[i], sizes[j]);
            struct eg_bits out = fresh(state, sizes[j], sizes[i]);
            struct eg_bits back = fresh(state, sizes[i], sizes[j]);
            draw_all(&in, 0.3, i);
            /* What was there before does not shine through. */
            for (size_t r = 0; r < out.rows; r++)
                for (size_t c = 0; c < out.columns; c++)
                    eg_bits_set(&out, r, c, 1);
            eg_bits_transpose(&out, &in);
            for (size_t r = 0; r < in.rows; r++)
                for (size_t c = 0; c < in.columns; c++)
                    assert_int_equal(eg_bits_get(&out, c, r), eg_bits_get(&in, r, c));
            padding_is_zero(&out);
            eg_bits_transpose(&back, &out);
            assert_memory_equal(back.at, in.at, in.rows * in.words * sizeof *in.at);
        }
}

static void nothing_transposed_is_nothing(void **state)
{
    struct eg_bits out = fresh(state, 100, 0), in = fresh(state, 0, 100);
    eg_bits_transpose(&out, &in);
    eg_bits_transpose(&in, &out);
    assert_int_equal(out.words, 0);
}

/* The mean within five standard errors; the same for each place in a word, for neighbours, which
 * both are set with probability p^2, and for rows below each other. */
static void bits_are_drawn_with_their_probability(void **state)
{
    enum { ROWS = 400, COLUMNS = 1000 };
    const double chances[] = {0.5, 0.1, 0.013, 0.9, 1.0 / 3};
    for (size_t i = 0; i < 5; i++) {
        const double p = chances[i];
        struct eg_bits bits = fresh(state, ROWS, COLUMNS);
        size_t all = 0, place[64] = {0}, pairs = 0, below = 0;
        draw_all(&bits, p, i);
        padding_is_zero(&bits);
        for (size_t r = 0; r < ROWS; r++) {
            all += eg_bits_count(&bits, r);
            for (size_t c = 0; c < COLUMNS; c++) {
                const int bit = eg_bits_get(&bits, r, c);
                place[c % 64] += (size_t) (c < 960 && bit);
                pairs += (size_t) (c + 1 < COLUMNS && bit && eg_bits_get(&bits, r, c + 1));
                below += (size_t) (r + 1 < ROWS && bit && eg_bits_get(&bits, r + 1, c));
            }
        }
        const double n = (double) ROWS * COLUMNS, each = (double) ROWS * 15;
        const double side = (double) ROWS * (COLUMNS - 1), under = (double) (ROWS - 1) * COLUMNS;
        /* Of sums of products of neighbours: p^2 (1 - p^2) + 2 (p^3 - p^4) each. */
        const double spread = p * p * (1 - p * p) + 2 * p * p * p * (1 - p);
        check_close(all, n * p, 0, 5 * sqrt(n * p * (1 - p)));
        check_close(pairs, side * p * p, 0, 5 * sqrt(side * spread));
        check_close(below, under * p * p, 0, 5 * sqrt(under * spread));
        for (size_t k = 0; k < 64; k++)
            check_close(place[k], each * p, 0, 5 * sqrt(each * p * (1 - p)));
    }
}

/* 0.5 is met by the stream's own words; and a multiple of 2^-32 exactly: with u the number whose
 * digits are column c of the words drawn, first digit first, the bit is u < probability. */
static void bits_come_from_the_digits_of_the_stream(void **state)
{
    struct eg_stream stream;
    struct eg_bits bits = fresh(state, 1, 192);
    draw_all(&bits, 0.5, 7);
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 20, 7);
    for (size_t w = 0; w < 3; w++)
        assert_true(bits.at[w] == ~eg_stream_bits(&stream));

    const double p = 0.6875; /* 0.1011 in binary */
    struct eg_bits one = fresh(state, 1, 64);
    draw_all(&one, p, 8);
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 20, 8);
    uint64_t digit[4];
    for (size_t d = 0; d < 4; d++)
        digit[d] = eg_stream_bits(&stream);
    for (size_t c = 0; c < 64; c++) {
        double u = 0;
        for (size_t d = 0; d < 4; d++)
            u += ldexp((double) (digit[d] >> c & 1), -(int) d - 1);
        assert_int_equal(eg_bits_get(&one, 0, c), u < p);
    }
}

static void drawing_fills_one_row_and_keeps_the_padding(void **state)
{
    struct eg_stream stream;
    for (size_t i = 0; i < SIZES; i++) {
        struct eg_bits bits = fresh(state, 3, sizes[i]);
        const double always[] = {1.0, 2.0, INFINITY, 1 - 1e-11}, never[] = {0.0, -1.0, NAN, 1e-11};
        for (size_t k = 0; k < 4; k++) {
            eg_stream_open(&stream, 1, EG_FOR_TESTS, 21, k);
            eg_bits_draw(&bits, 1, always[k], &stream);
            assert_int_equal(eg_bits_count(&bits, 1), sizes[i]);
            padding_is_zero(&bits);
            assert_int_equal(eg_bits_count(&bits, 0) + eg_bits_count(&bits, 2), 0);
            eg_bits_draw(&bits, 1, never[k], &stream);
            assert_int_equal(eg_bits_count(&bits, 1), 0);
        }
    }
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        ROW(rows_are_padded_to_lines_and_start_as_zeros),
        ROW(a_bit_lies_where_the_layout_says),
        ROW(what_does_not_fit_is_refused),
        ROW(a_transpose_has_rows_for_columns),
        ROW(nothing_transposed_is_nothing),
        ROW(bits_are_drawn_with_their_probability),
        ROW(bits_come_from_the_digits_of_the_stream),
        ROW(drawing_fills_one_row_and_keeps_the_padding),
    };
    return cmocka_run_group_tests_name("bits", tests, NULL, NULL);
}
