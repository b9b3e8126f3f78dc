/* Overlaps against sums over all sites, and the classes of states that were made for each. */
#include "tests/flow.h"
#include "tests/spin_sample.h"

#include "memory/attractor.h"

/* Orthogonal patterns: row k of a Hadamard matrix of 64 sites, (-1)^popcount(site & (k + 1)). */
enum { SITES = 64 };

static struct eg_patterns orthogonal(struct eg_arena *arena, size_t count)
{
    struct eg_patterns p = {.sites = SITES, .first = SITES, .count = count, .activity = 0.5};
    assert_int_equal(eg_bits_init(&p.bits, arena, SITES, count), EG_OK);
    for (size_t i = 0; i < SITES; i++)
        for (size_t k = 0; k < count; k++)
            eg_bits_set(&p.bits, i, k, !(__builtin_popcountll(i & (k + 1)) & 1));
    return p;
}

static int xi(const struct eg_patterns *p, size_t pattern, size_t site)
{
    return eg_bits_get(&p->bits, site, pattern) ? 1 : -1;
}

/* m (P) by every kernel table: all the same bits. */
static void overlaps(const struct eg_patterns *p, const int8_t *spins, double *m)
{
    struct eg_arena *arena = new_arena();
    int32_t *count = eg_arena_zeros(arena, 64 * p->bits.words, sizeof *count);
    double *again = eg_arena_zeros(arena, p->count, sizeof *again);
    assert_true(count && again);
    memset(count, 0x5a, 64 * p->bits.words * sizeof *count);
    eg_overlaps(p, eg_kernels_best(), spins, count, m);
    for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++) {
        eg_overlaps(p, *k, spins, count, again);
        assert_memory_equal(again, m, p->count * sizeof *m);
    }
    for (size_t k = 0; k < p->count; k++) /* the same quotient */
        check_close(eg_overlap(p, spins, k), m[k], 0, 0);
    eg_arena_free(&arena);
}

static void overlaps_of_spins_are_the_mean_product(void **state)
{
    (void) state;
    const size_t sizes[][2] = {{1, 1}, {2, 3}, {63, 64}, {65, 65}, {100, 513}, {257, 1000}};
    for (size_t c = 0; c < sizeof sizes / sizeof sizes[0]; c++) {
        const size_t n = sizes[c][0], count = sizes[c][1];
        struct eg_arena *arena = new_arena();
        struct eg_patterns p;
        int8_t spins[257];
        double m[1000];
        draw_sample_patterns(&p, arena, n, n, count, c);
        draw_spins(spins, n, c);
        overlaps(&p, spins, m);
        for (size_t k = 0; k < count; k++) {
            long sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += xi(&p, k, i) * spins[i];
            check_close(m[k], (double) sum / (double) n, 0, 0);
        }
        eg_pattern_spins(&p, count - 1, spins);
        overlaps(&p, spins, m);
        check_close(m[count - 1], 1, 0, 0);
        for (size_t i = 0; i < n; i++)
            spins[i] = (int8_t) -spins[i];
        overlaps(&p, spins, m);
        check_close(m[count - 1], -1, 0, 0);
        eg_arena_free(&arena);
    }
}

static void overlaps_of_sparse_patterns_are_the_formula(void **state)
{
    (void) state;
    const double f[] = {0.01, 0.1, 0.3, 0.8};
    for (size_t c = 0; c < 4; c++) {
        const size_t n = 300, count = 70;
        struct eg_arena *arena = new_arena();
        struct eg_patterns p;
        struct eg_stream stream;
        int8_t spins[300];
        double m[70];
        draw_sample_patterns(&p, arena, n, n, count, c);
        p.activity = f[c];
        eg_stream_open(&stream, c, EG_FOR_TESTS, 12, 0);
        for (size_t i = 0; i < n; i++) {
            spins[i] = eg_stream_uniform(&stream) < f[c] ? 1 : -1;
            for (size_t k = 0; k < count; k++)
                eg_bits_set(&p.bits, i, k, eg_stream_uniform(&stream) < f[c]);
        }
        for (size_t k = 0; k < count; k++) /* none is empty */
            eg_bits_set(&p.bits, k, k, 1);
        overlaps(&p, spins, m);
        for (size_t k = 0; k < count; k++) {
            double with = 0, itself = 0;
            for (size_t i = 0; i < n; i++) {
                const int eta = xi(&p, k, i) > 0;
                with += (eta - f[c]) * (spins[i] > 0);
                itself += (eta - f[c]) * eta;
            }
            check_close(m[k], with / itself, 1e-12, 1e-12);
        }
        for (size_t k = 0; k < count; k += 7) {
            eg_pattern_spins(&p, k, spins);
            overlaps(&p, spins, m);
            check_close(m[k], 1, 1e-14, 0);
        }
        memset(spins, -1, n); /* all silent */
        overlaps(&p, spins, m);
        for (size_t k = 0; k < count; k++)
            check_close(m[k], 0, 0, 0);
        eg_arena_free(&arena);
    }
}

/* Nothing to overlap with: a number all the same. */
static void empty_sparse_patterns_have_no_overlap(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_patterns p;
    int8_t spins[10];
    double m[2];
    draw_sample_patterns(&p, arena, 10, 10, 2, 1);
    p.activity = 0.1;
    for (size_t i = 0; i < 10; i++)
        eg_bits_set(&p.bits, i, 1, 0);
    memset(spins, 1, sizeof spins);
    overlaps(&p, spins, m);
    assert_true(isfinite(m[0]) && isfinite(m[1]));
    eg_arena_free(&arena);
}

static void overlaps_of_real_states_are_cosines(void **state)
{
    (void) state;
    double x[7 * 20], y[20], bits[20];
    draw_reals(x, 140, 1);
    draw_reals(y, 20, 2);
    struct eg_arena *arena = new_arena();
    const struct eg_patterns reals = real_patterns(x, 7, 20);
    const struct eg_patterns signs = sign_patterns(x, 7, 20, arena);
    for (size_t k = 0; k < 7; k++) {
        const double *row = x + 20 * k;
        const double length = sqrt(product(y, y, 20));
        check_close(eg_overlap_real(&reals, y, k),
                    product(row, y, 20) / length / sqrt(product(row, row, 20)), 1e-13, 0);
        for (size_t i = 0; i < 20; i++)
            bits[i] = row[i] > 0 ? 1 : -1;
        check_close(eg_overlap_real(&signs, y, k), product(bits, y, 20) / length / sqrt(20), 1e-13,
                    0);
        check_close(eg_overlap_real(&reals, row, k), 1, 1e-14, 0);
        double values[20];
        eg_pattern_values(&reals, k, values);
        assert_memory_equal(values, row, sizeof values);
        eg_pattern_values(&signs, k, values);
        assert_memory_equal(values, bits, sizeof values);
    }
    memset(y, 0, sizeof y);
    check_close(eg_overlap_real(&reals, y, 0), 0, 0, 0);
    memset(x, 0, 20 * sizeof *x);
    y[3] = 1;
    check_close(eg_overlap_real(&reals, y, 0), 0, 0, 0);
    eg_arena_free(&arena);
}

/* Very long and very short vectors have directions, too. */
static void cosines_of_long_and_short_vectors_are_finite(void **state)
{
    (void) state;
    const double x[4] = {1e150, 2e150, 3e-150, 1e-150};
    const struct eg_patterns p = real_patterns(x, 2, 2);
    const double y[2] = {2e150, 4e150}, z[2] = {3e-150, 1e-150};
    check_close(eg_overlap_real(&p, y, 0), 1, 1e-14, 0);
    check_close(eg_overlap_real(&p, z, 1), 1, 1e-14, 0);
}

/* --- classes --- */

static enum eg_attractor class_of(const struct eg_patterns *p, const int8_t *spins, size_t target,
                                  double near)
{
    double m[64];
    int8_t room[SITES];
    memset(room, 0x5a, sizeof room);
    overlaps(p, spins, m);
    return eg_attractor_class(p, m, spins, target, EG_REST_FIXED, near, room);
}

/* sgn of the sum of patterns a[0] ... a[n - 1], each with its sign. */
static void mix(const struct eg_patterns *p, const size_t *a, const int *sign, size_t n,
                int8_t *spins)
{
    for (size_t i = 0; i < p->sites; i++) {
        int sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += sign[k] * xi(p, a[k], i);
        assert_true(sum);
        spins[i] = sum > 0 ? 1 : -1;
    }
}

static void names_follow_the_classes(void **state)
{
    (void) state;
    const char *const want[] = {"target",    "inverse",  "stored", "mixture_3",
                                "mixture_5", "spurious", "cycle"};
    for (size_t k = 0; k < EG_ATTRACTORS; k++)
        assert_string_equal(eg_attractor_names[k], want[k]);
    assert_null(eg_attractor_names[EG_ATTRACTORS]);
}

static void a_pattern_is_the_target_its_inverse_or_another_stored_one(void **state)
{
    (void) state;
    const size_t counts[] = {1, 2, 4, 20};
    for (size_t c = 0; c < 4; c++) {
        struct eg_arena *arena = new_arena();
        const struct eg_patterns p = orthogonal(arena, counts[c]);
        int8_t spins[SITES];
        for (size_t k = 0; k < p.count; k++)
            for (int sign = -1; sign <= 1; sign += 2) {
                mix(&p, &k, &sign, 1, spins);
                for (size_t flips = 0; flips < 4; flips++) { /* m = 1 - 2 / 64 flips >= 0.9 */
                    for (size_t target = 0; target < p.count; target++)
                        assert_int_equal(class_of(&p, spins, target, 0.9),
                                         target != k ? EG_ATTRACTOR_STORED
                                         : sign > 0  ? EG_ATTRACTOR_TARGET
                                                     : EG_ATTRACTOR_INVERSE);
                    spins[10 * flips] = (int8_t) -spins[10 * flips];
                }
                assert_int_equal(class_of(&p, spins, 0, 0.9), EG_ATTRACTOR_SPURIOUS);
                assert_int_equal(class_of(&p, spins, k, 0.875), /* 1 - 8 / 64: reached exactly */
                                 sign > 0 ? EG_ATTRACTOR_TARGET : EG_ATTRACTOR_INVERSE);
            }
        eg_arena_free(&arena);
    }
}

/* Overlaps of 1/2 with three, of 3/8 with five, whose product is not stored; three of 64 sites
 * wrong leave 29/32. */
static void mixtures_are_found_with_every_choice_of_signs(void **state)
{
    (void) state;
    const size_t sets[2][5] = {{7, 0, 3, 31, 1}, {5, 32, 11, 2, 23}};
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p = orthogonal(arena, 40);
    for (unsigned k = 0; k < 128; k++) {
        const size_t n = k < 64 ? 3 : 5, *set = sets[k / 32 % 2];
        int8_t spins[SITES];
        int sign[5];
        for (size_t j = 0; j < 5; j++)
            sign[j] = k >> j & 1 ? 1 : -1;
        mix(&p, set, sign, n, spins);
        const enum eg_attractor want = n == 3 ? EG_ATTRACTOR_MIXTURE_3 : EG_ATTRACTOR_MIXTURE_5;
        assert_int_equal(class_of(&p, spins, 1, 0.9), want);
        assert_int_equal(class_of(&p, spins, set[0], 0.9), want);
        for (size_t flips = 0; flips < 3; flips++)
            spins[1 + 20 * flips] = (int8_t) -spins[1 + 20 * flips];
        assert_int_equal(class_of(&p, spins, set[1], 0.9), want);
        assert_int_equal(class_of(&p, spins, set[1], 0.95), EG_ATTRACTOR_SPURIOUS);
    }
    eg_arena_free(&arena);
}

/* Three patterns, and no fourth and fifth: 3-mixtures only.  Two: none. */
static void mixtures_want_as_many_patterns(void **state)
{
    (void) state;
    const size_t all[5] = {0, 1, 3, 7, 15};
    const int sign[5] = {1, -1, 1, 1, 1};
    for (size_t count = 1; count <= 16; count++) {
        struct eg_arena *arena = new_arena();
        const struct eg_patterns p = orthogonal(arena, 16);
        struct eg_patterns some = p;
        int8_t spins[SITES];
        some.count = count;
        mix(&p, all, sign, 3, spins);
        assert_int_equal(class_of(&some, spins, 0, 0.9),
                         count < 4 ? EG_ATTRACTOR_SPURIOUS : EG_ATTRACTOR_MIXTURE_3);
        mix(&p, all, sign, 5, spins);
        assert_int_equal(class_of(&some, spins, 0, 0.9),
                         count < 16 ? EG_ATTRACTOR_SPURIOUS : EG_ATTRACTOR_MIXTURE_5);
        eg_arena_free(&arena);
    }
}

static void five_patterns_are_enough_for_a_mixture_of_five(void **state)
{
    (void) state;
    const size_t all[5] = {0, 1, 2, 3, 4};
    const int sign[5] = {1, 1, 1, 1, 1};
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p = orthogonal(arena, 5);
    int8_t spins[SITES];
    mix(&p, all, sign, 5, spins);
    assert_int_equal(class_of(&p, spins, 0, 0.9), EG_ATTRACTOR_MIXTURE_5);
    eg_arena_free(&arena);
}

/* sgn(a + b + c) = (a + b + c - abc) / 2: where the product abc is stored, too, four overlaps are
 * equal but for the sign, and any three of the four make the same state. */
static void equal_overlaps_are_all_of_the_mixture(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p = orthogonal(arena, 8);
    int8_t spins[SITES];
    /* Rows 1, 2, 4 of the matrix, whose product is row 7. */
    const size_t set[3] = {0, 1, 3};
    const int sign[3] = {1, 1, 1};
    double m[64];
    mix(&p, set, sign, 3, spins);
    overlaps(&p, spins, m);
    check_close(m[6], -0.5, 0, 0);
    assert_int_equal(class_of(&p, spins, 5, 0.9), EG_ATTRACTOR_MIXTURE_3);
    eg_arena_free(&arena);
}

/* A cycle is one wherever it is; the target comes before what else there is. */
static void classes_have_an_order(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_patterns p = orthogonal(arena, 5);
    int8_t spins[SITES], room[SITES];
    double m[5];
    eg_pattern_spins(&p, 2, spins);
    overlaps(&p, spins, m);
    assert_int_equal(eg_attractor_class(&p, m, spins, 2, EG_REST_CYCLE, 0.9, room),
                     EG_ATTRACTOR_CYCLE);
    assert_int_equal(eg_attractor_class(&p, m, spins, 2, EG_REST_UNKNOWN, 0.9, room),
                     EG_ATTRACTOR_TARGET);
    for (size_t i = 0; i < SITES; i++) /* pattern 0 and its inverse are stored */
        eg_bits_set(&p.bits, i, 1, xi(&p, 0, i) < 0);
    eg_pattern_spins(&p, 0, spins);
    assert_int_equal(class_of(&p, spins, 0, 0.9), EG_ATTRACTOR_TARGET);
    assert_int_equal(class_of(&p, spins, 1, 0.9), EG_ATTRACTOR_INVERSE);
    assert_int_equal(class_of(&p, spins, 2, 0.9), EG_ATTRACTOR_STORED);
    const size_t set[3] = {2, 3, 4};
    const int sign[3] = {1, 1, 1};
    mix(&p, set, sign, 3, spins); /* near enough to one of them comes first */
    assert_int_equal(class_of(&p, spins, 2, 0.5), EG_ATTRACTOR_TARGET);
    assert_int_equal(class_of(&p, spins, 0, 0.5), EG_ATTRACTOR_STORED);
    assert_int_equal(class_of(&p, spins, 0, 0.51), EG_ATTRACTOR_MIXTURE_3);
    eg_arena_free(&arena);
}

/* The majority of three sparse patterns is no state of such a network. */
static void sparse_and_real_states_are_no_mixtures(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_patterns p = orthogonal(arena, 4);
    const size_t set[3] = {0, 1, 3};
    const int sign[3] = {1, 1, 1};
    int8_t spins[SITES], room[SITES];
    const double m[4] = {0.5, 0.5, 0, 0.5}, inverse[4] = {-0.95, 0, 0, 0};
    mix(&p, set, sign, 3, spins);
    assert_int_equal(eg_attractor_class(&p, m, spins, 0, EG_REST_FIXED, 0.9, room),
                     EG_ATTRACTOR_MIXTURE_3);
    assert_int_equal(eg_attractor_class(&p, m, NULL, 0, EG_REST_FIXED, 0.9, NULL),
                     EG_ATTRACTOR_SPURIOUS);
    assert_int_equal(eg_attractor_class(&p, inverse, NULL, 0, EG_REST_FIXED, 0.9, NULL),
                     EG_ATTRACTOR_INVERSE);
    assert_int_equal(eg_attractor_class(&p, inverse, NULL, 1, EG_REST_FIXED, 0.9, NULL),
                     EG_ATTRACTOR_STORED);
    p.activity = 0.3;
    assert_int_equal(eg_attractor_class(&p, m, spins, 0, EG_REST_FIXED, 0.9, room),
                     EG_ATTRACTOR_SPURIOUS);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlaps_of_spins_are_the_mean_product),
        cmocka_unit_test(overlaps_of_sparse_patterns_are_the_formula),
        cmocka_unit_test(empty_sparse_patterns_have_no_overlap),
        cmocka_unit_test(overlaps_of_real_states_are_cosines),
        cmocka_unit_test(cosines_of_long_and_short_vectors_are_finite),
        cmocka_unit_test(names_follow_the_classes),
        cmocka_unit_test(a_pattern_is_the_target_its_inverse_or_another_stored_one),
        cmocka_unit_test(mixtures_are_found_with_every_choice_of_signs),
        cmocka_unit_test(mixtures_want_as_many_patterns),
        cmocka_unit_test(five_patterns_are_enough_for_a_mixture_of_five),
        cmocka_unit_test(equal_overlaps_are_all_of_the_mixture),
        cmocka_unit_test(classes_have_an_order),
        cmocka_unit_test(sparse_and_real_states_are_no_mixtures),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
