/* tensor/kernels/bits.c -- packed bits against arrays of whole numbers.
 *
 * Sums: with AVX-512 a word is four masks of 16 lanes.  Elsewhere a lane tests its own bit: 32
 * columns at a time are copied to all lanes, and each lane keeps its number where `bits & bit` is
 * not 0.  Counts are kept upright: plane p of a strip of columns holds bit p of every count, rows
 * are added with whole words as adders (Harley and Seal's counter), and planes become numbers once
 * in CHUNK rows. */
#include "tensor/kernels/isa.h"

typedef uint32_t eg_uints __attribute__((vector_size(EG_VBYTES)));

/* Numbers of a vector; vectors of 32 columns. */
enum { UINTS = EG_VBYTES / 4, PIECES = 32 / UINTS };

/* --- sums --- */

/* A lane takes 64 / UINTS numbers a word; after so many words (a multiple of 8) they are fewer than
 * 2^31 / 2^21 = 1024. */
enum { SAFE_WORDS = 8 * (1023 / (8 * (64 / UINTS))) };

#ifdef __AVX512F__

/* Quarter j of a word. */
EG_INLINE __mmask16 quarter(uint64_t bits, unsigned j)
{
    const __mmask64 mask = _cvtu64_mask64(bits);
    return (__mmask16) (j == 0   ? mask
                        : j == 1 ? _kshiftri_mask64(mask, 16)
                        : j == 2 ? _kshiftri_mask64(mask, 32)
                                 : _kshiftri_mask64(mask, 48));
}

/* Numbers where the mask says so, else zeros. */
EG_INLINE __m512i pick(uint64_t bits, unsigned j, const int32_t *x)
{
    return _mm512_maskz_load_epi32(quarter(bits, j), x + 16 * j);
}

EG_INLINE __m512i sum_block(const uint64_t *bits, const int32_t *x, size_t words)
{
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    for (size_t w = 0; w < words; w++, x += 64) {
        a = _mm512_add_epi32(a, pick(bits[w], 0, x));
        b = _mm512_add_epi32(b, pick(bits[w], 1, x));
        c = _mm512_add_epi32(c, pick(bits[w], 2, x));
        d = _mm512_add_epi32(d, pick(bits[w], 3, x));
    }
    return _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d));
}

int64_t EG_K(bits_sum)(const uint64_t *bits, const int32_t *x, size_t words)
{
    __m512i total = _mm512_setzero_si512();
    for (size_t w = 0; w < words; w += SAFE_WORDS) {
        const size_t left = words - w < SAFE_WORDS ? words - w : SAFE_WORDS;
        const __m512i sum = sum_block(bits + w, x + 64 * w, left);
        const __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sum));
        const __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sum, 1));
        total = _mm512_add_epi64(total, _mm512_add_epi64(low, high));
    }
    return _mm512_reduce_add_epi64(total);
}

void EG_K(bits_add)(int32_t *x, const uint64_t *bits, size_t words, int32_t set, int32_t clear)
{
    const __m512i one = _mm512_set1_epi32(set), zero = _mm512_set1_epi32(clear);
    for (size_t w = 0; w < words; w++, x += 64)
        for (unsigned j = 0; j < 4; j++) {
            const __m512i change = _mm512_mask_blend_epi32(quarter(bits[w], j), zero, one);
            __m512i *const at = (__m512i *) (x + 16 * j);
            _mm512_store_si512(at, _mm512_add_epi32(_mm512_load_si512(at), change));
        }
}

#else

/* The bits of lanes in piece j of 32 columns. */
EG_INLINE eg_uints lane_bits(size_t j)
{
    eg_uints bit;
    for (size_t l = 0; l < UINTS; l++)
        bit[l] = UINT32_C(1) << (UINTS * j + l);
    return bit;
}

/* All ones where the lane's bit is set. */
EG_INLINE eg_uints lane_mask(uint32_t bits, size_t j)
{
    const eg_uints bit = lane_bits(j);
    return (eg_uints) ((((eg_uints){0} + bits) & bit) == bit);
}

EG_INLINE eg_uints get_uints(const int32_t *x)
{
    eg_uints v;
    memcpy(&v, __builtin_assume_aligned(x, EG_VBYTES), sizeof v);
    return v;
}

int64_t EG_K(bits_sum)(const uint64_t *bits, const int32_t *x, size_t words)
{
    int64_t total = 0;
    while (words > 0) {
        const size_t block = words < SAFE_WORDS ? words : SAFE_WORDS;
        eg_uints sum[2] = {{0}, {0}};
        for (size_t w = 0; w < block; w++)
            for (size_t half = 0; half < 2; half++, x += 32) {
                const uint32_t part = (uint32_t) (bits[w] >> 32 * half);
                _Pragma("GCC unroll 8") for (size_t j = 0; j < PIECES; j++) sum[j % 2] +=
                    lane_mask(part, j) & get_uints(x + UINTS * j);
            }
        sum[0] += sum[1];
        for (size_t l = 0; l < UINTS; l++)
            total += (int32_t) sum[0][l];
        bits += block;
        words -= block;
    }
    return total;
}

void EG_K(bits_add)(int32_t *x, const uint64_t *bits, size_t words, int32_t set, int32_t clear)
{
    const uint32_t rest = (uint32_t) clear, more = (uint32_t) set - rest;
    for (size_t w = 0; w < words; w++)
        for (size_t half = 0; half < 2; half++, x += 32) {
            const uint32_t part = (uint32_t) (bits[w] >> 32 * half);
            _Pragma("GCC unroll 8") for (size_t j = 0; j < PIECES; j++)
            {
                const eg_uints sum = get_uints(x + UINTS * j) + rest + (lane_mask(part, j) & more);
                memcpy(x + UINTS * j, &sum, sizeof sum);
            }
        }
}

#endif

/* --- counts --- */

/* A group of 16 rows carries at most one into plane 4; after 15 groups 8 planes are full. */
enum { GROUP = 16, PLANES = 8, CHUNK = 15 * GROUP, STRIP = 256, VWORDS = EG_VBYTES / 8 };

typedef uint64_t eg_words __attribute__((vector_size(EG_VBYTES)));

/* A full adder in every bit: *sum and a + b become the sum, and the carry is returned. */
EG_INLINE eg_words carry_of(eg_words *sum, eg_words a, eg_words b)
{
    const eg_words c = *sum;
#ifdef __AVX512F__
    const __m512i va = (__m512i) a, vb = (__m512i) b, vc = (__m512i) c;
    *sum = (eg_words) _mm512_ternarylogic_epi64(va, vb, vc, 0x96);
    return (eg_words) _mm512_ternarylogic_epi64(va, vb, vc, 0xe8);
#else
    const eg_words differ = a ^ b;
    *sum = differ ^ c;
    return (a & b) | (differ & c);
#endif
}

/* Rows of a group, and words that turn over those whose zeros count. */
struct rows {
    const uint64_t *at[GROUP];
    uint64_t turn[GROUP];
};

EG_INLINE eg_words row_words(const struct rows *rows, size_t r, size_t w)
{
    eg_words v;
    memcpy(&v, __builtin_assume_aligned(rows->at[r] + w, EG_VBYTES), sizeof v);
    return v ^ rows->turn[r];
}

/* Adds a group to the planes of one vector of columns. */
EG_INLINE void add_group(uint64_t plane[PLANES][STRIP], const struct rows *rows, size_t w)
{
    eg_words p[PLANES], wait[4];
    for (size_t i = 0; i < PLANES; i++)
        memcpy(&p[i], &plane[i][w], sizeof p[i]);
    /* Two carries of one weight meet in the adder of the next: after 2 rows, 4, 8, 16. */
    _Pragma("GCC unroll 8") for (size_t r = 0; r < GROUP; r += 2)
    {
        eg_words carry = carry_of(&p[0], row_words(rows, r, w), row_words(rows, r + 1, w));
        size_t i = 1;
        for (size_t pairs = r / 2; pairs & 1; pairs >>= 1, i++)
            carry = carry_of(&p[i], wait[i], carry);
        if (i < 4) {
            wait[i] = carry;
            continue;
        }
        for (; i < PLANES; i++) {
            const eg_words up = p[i] & carry;
            p[i] ^= carry;
            carry = up;
        }
    }
    for (size_t i = 0; i < PLANES; i++)
        memcpy(&plane[i][w], &p[i], sizeof p[i]);
}

/* Planes into 64 numbers. */
EG_INLINE void add_planes(int32_t *count, uint64_t plane[PLANES][STRIP], size_t w)
{
#ifdef __AVX512BW__
    __m512i bytes = _mm512_setzero_si512();
    for (int i = 0; i < PLANES; i++)
        bytes = _mm512_mask_add_epi8(bytes, plane[i][w], bytes, _mm512_set1_epi8((char) (1 << i)));
    for (int j = 0; j < 4; j++) {
        __m512i *const at = (__m512i *) (count + 16 * j);
        const __m128i part = j == 0   ? _mm512_castsi512_si128(bytes)
                             : j == 1 ? _mm512_extracti32x4_epi32(bytes, 1)
                             : j == 2 ? _mm512_extracti32x4_epi32(bytes, 2)
                                      : _mm512_extracti32x4_epi32(bytes, 3);
        *at = _mm512_add_epi32(*at, _mm512_cvtepu8_epi32(part));
    }
#else
    for (size_t half = 0; half < 2; half++, count += 32)
        _Pragma("GCC unroll 8") for (size_t j = 0; j < PIECES; j++)
        {
            eg_uints sum = get_uints(count + UINTS * j);
            for (size_t i = 0; i < PLANES; i++) {
                const uint32_t part = (uint32_t) (plane[i][w] >> 32 * half);
                sum += lane_mask(part, j) & (uint32_t) (1u << i);
            }
            memcpy(count + UINTS * j, &sum, sizeof sum);
        }
#endif
}

/* Of at most CHUNK rows and STRIP words. */
static void count_chunk(int32_t *count, const uint64_t *bits, const int8_t *sign, size_t rows,
                        size_t apart, size_t words)
{
    static const uint64_t nothing[STRIP] __attribute__((aligned(64))) = {0};
    uint64_t plane[PLANES][STRIP] __attribute__((aligned(64)));
    for (size_t i = 0; i < PLANES; i++)
        memset(plane[i], 0, words * sizeof plane[i][0]);
    for (size_t first = 0; first < rows; first += GROUP) {
        struct rows group;
        for (size_t r = 0; r < GROUP; r++) {
            const int there = first + r < rows;
            group.at[r] = there ? bits + (first + r) * apart : nothing;
            group.turn[r] = there && sign[first + r] <= 0 ? UINT64_MAX : 0;
        }
        for (size_t w = 0; w < words; w += VWORDS)
            add_group(plane, &group, w);
    }
    for (size_t w = 0; w < words; w++)
        add_planes(count + 64 * w, plane, w);
}

/* Strip by strip within a chunk of rows, so that memory is read once. */
void EG_K(bits_count)(int32_t *count, const uint64_t *bits, const int8_t *sign, size_t rows,
                      size_t words)
{
    for (size_t first = 0; first < rows; first += CHUNK)
        for (size_t w = 0; w < words; w += STRIP)
            count_chunk(count + 64 * w, bits + first * words + w, sign + first,
                        rows - first < CHUNK ? rows - first : CHUNK, words,
                        words - w < STRIP ? words - w : STRIP);
}
