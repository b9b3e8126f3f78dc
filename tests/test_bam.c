/* Pairs of patterns: energies and fields against W written out, both directions, the one-step
 * error. */
#include "tests/spin_sample.h"

static const struct eg_associative_type *const bam = &eg_associative_bam;

/* N W_ij, site i of the first layer, j of the second (counted from the first). */
static long coupling(const struct spin_sample *s, size_t i, size_t j)
{
    long sum = 0;
    for (size_t k = 0; k < s->p; k++)
        sum += sample_bit(s, i, k) * sample_bit(s, j, k);
    return sum;
}

/* N E */
static long energy_by_hand(const struct spin_sample *s)
{
    long sum = 0;
    for (size_t i = 0; i < s->patterns.first; i++)
        for (size_t j = s->patterns.first; j < s->n; j++)
            sum -= s->spins[i] * coupling(s, i, j) * s->spins[j];
    return sum;
}

/* One pair, x = (1, -1, 1), y = (-1, 1): N W = ((-1, 1), (1, -1), (-1, 1)), N = 5; from
 * x = (1, 1, 1), y = (1, 1): a = 1, b = 0. */
static void one_pair_by_hand(void **state)
{
    (void) state;
    const int pattern[5] = {1, 0, 1, 0, 1};
    const int8_t spins[5] = {1, 1, 1, 1, 1};
    struct spin_sample s;
    open_sample(&s, bam, "", 5, 3, 1, 0, 1);
    for (size_t i = 0; i < 5; i++)
        eg_bits_set(&s.patterns.bits, i, 0, pattern[i]);
    s.ops->start(s.recall, spins);
    check_close(s.ops->energy(s.recall), 0, 0, 0);
    check_close(s.ops->field(s.recall, 0), 0, 0, 0);
    check_close(s.ops->field(s.recall, 3), -0.2, 1e-15, 0);
    check_close(s.ops->field(s.recall, 4), 0.2, 1e-15, 0);
    s.ops->flip(s.recall, 3);
    check_close(s.ops->energy(s.recall), -0.4, 1e-15, 0); /* -(1)(2) / 5 */
    check_close(s.ops->field(s.recall, 0), 0.4, 1e-15, 0);
    check_close(s.ops->field(s.recall, 1), -0.4, 1e-15, 0);
    s.ops->flip(s.recall, 1);
    check_close(s.ops->energy(s.recall), -1.2, 1e-15, 0);
    close_sample(&s);
}

static void fields_are_those_of_the_matrix_and_half_the_difference_of_energies(void **state)
{
    (void) state;
    const size_t sizes[][3] = {{2, 1, 1}, {7, 3, 64}, {12, 10, 65}, {20, 6, 130}};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        struct spin_sample s;
        open_sample(&s, bam, "", sizes[k][0], sizes[k][1], sizes[k][2], 0, k);
        const double n = (double) s.n;
        check_close(s.ops->energy(s.recall), (double) energy_by_hand(&s) / n, 0, 0);
        for (size_t i = 0; i < s.n; i++) {
            long h = 0, e[2];
            for (size_t j = 0; j < s.n; j++)
                if ((i < s.patterns.first) != (j < s.patterns.first))
                    h += coupling(&s, i, j) * s.spins[j];
            const int8_t was = s.spins[i];
            for (int plus = 0; plus < 2; plus++) {
                s.spins[i] = plus ? 1 : -1;
                e[plus] = energy_by_hand(&s);
            }
            s.spins[i] = was;
            assert_int_equal(2 * h, e[0] - e[1]);
            check_close(s.ops->field(s.recall, i), (double) h / n, 0, 0);
        }
        close_sample(&s);
    }
}

static void what_is_tracked_is_what_a_new_start_computes(void **state)
{
    (void) state;
    for (size_t first = 1; first < 50; first += 24) {
        struct spin_sample s;
        open_sample(&s, bam, "", 50, first, 600, 0, first);
        check_tracking(&s, 0);
        flip_at_random(&s, 1000, first);
        check_tracking(&s, 0); /* whole numbers: no rounding */
        check_close(s.ops->energy(s.recall), (double) energy_by_hand(&s) / 50, 0, 0);
        close_sample(&s);
    }
}

/* All sites of a layer at once follow their fields; sites with none stay.  How many moved. */
static size_t update_layer(struct spin_sample *s, size_t from, size_t to, double *h)
{
    size_t moved = 0;
    s->ops->fields(s->recall, h);
    for (size_t i = from; i < to; i++)
        if (h[i] * s->ops->spins(s->recall)[i] < 0) {
            s->ops->flip(s->recall, i);
            moved++;
        }
    return moved;
}

/* 100 patterns on 30 + 25 sites are far above capacity: any W will do. */
static void layers_in_turn_come_to_rest_and_the_energy_never_rises(void **state)
{
    (void) state;
    size_t rounds_most = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct spin_sample s;
        open_sample(&s, bam, "", 55, 30, 100, 0, seed);
        double *h = calloc(s.n, sizeof *h);
        assert_non_null(h);
        size_t quiet = 0, rounds = 0;
        while (quiet < 2 && rounds < 200) {
            const double before = s.ops->energy(s.recall);
            const size_t second = rounds++ % 2;
            const size_t moved = update_layer(&s, second ? 30 : 0, second ? 55 : 30, h);
            const double after = s.ops->energy(s.recall);
            assert_true(moved ? after < before : after == before);
            quiet = moved ? 0 : quiet + 1;
        }
        assert_int_equal(quiet, 2);
        rounds_most = rounds > rounds_most ? rounds : rounds_most;
        free(h);
        close_sample(&s);
    }
    assert_true(rounds_most > 4);
}

/* 8 pairs on 200 + 100 sites: from the first half alone, a tenth of it wrong, to the pair. */
static void one_half_calls_the_other(void **state)
{
    (void) state;
    struct spin_sample s;
    open_sample(&s, bam, "", 300, 200, 8, 0, 5);
    double *h = calloc(s.n, sizeof *h);
    int8_t *want = calloc(s.n, 1);
    assert_true(h && want);
    for (size_t k = 0; k < s.p; k++) {
        sample_pattern(&s, k, want);
        draw_spins(s.spins, s.n, k);
        for (size_t i = 0; i < 200; i++)
            s.spins[i] = (int8_t) (i % 10 ? want[i] : -want[i]);
        s.ops->start(s.recall, s.spins);
        for (size_t round = 0; round < 4; round++) {
            update_layer(&s, 200, 300, h);
            update_layer(&s, 0, 200, h);
        }
        assert_memory_equal(s.ops->spins(s.recall), want, s.n);
    }
    free(h);
    free(want);
    close_sample(&s);
}

/* erfc(sqrt(n / (2 P))) / 2 = erfc(sqrt 2) / 2 for the bits of y, and of x with m for n:
 * erfc(sqrt(0.5)) / 2. */
static void the_one_step_error_is_that_of_normal_noise(void **state)
{
    (void) state;
    enum { N = 400, M = 100, P = 100 };
    struct spin_sample s;
    size_t wrong[2] = {0};
    open_sample(&s, bam, "", N + M, N, P, 0, 6);
    double *h = calloc(s.n, sizeof *h);
    assert_non_null(h);
    for (size_t k = 0; k < P; k++) {
        sample_pattern(&s, k, s.spins);
        s.ops->start(s.recall, s.spins);
        s.ops->fields(s.recall, h);
        for (size_t i = 0; i < N + M; i++)
            wrong[i >= N] += h[i] * s.spins[i] < 0;
    }
    const double y = erfc(sqrt(N / (2.0 * P))) / 2, x = erfc(sqrt(M / (2.0 * P))) / 2;
    check_close((double) wrong[1] / (M * P), y, 0, 5 * sqrt(y * (1 - y) / (M * P)));
    /* of the noise, in steps of 2 with a deviation of 99.5, half of the ties (0.0048) are missing
     */
    check_close((double) wrong[0] / (N * P), x, 0, 0.0024 + 5 * sqrt(x * (1 - x) / (N * P)));
    free(h);
    close_sample(&s);
}

static void one_layer_is_refused(void **state)
{
    (void) state;
    for (size_t first = 0; first <= 6; first += 6) {
        struct spin_sample s;
        memset(&s, 0, sizeof s);
        s.arena = new_arena();
        draw_sample_patterns(&s.patterns, s.arena, 6, first, 2, 1);
        learn_sample(&s, bam, "");
        assert_int_equal(s.learned, EG_ERR_SHAPE);
        assert_non_null(strstr(s.message.text, "patterns.pair_sites"));
        size_t patterns;
        s.message.text[0] = '\0';
        assert_int_equal(bam->count(s.options, 6, first, 0.5, &patterns, &s.message), EG_ERR_SHAPE);
        assert_non_null(strstr(s.message.text, "patterns.pair_sites"));
        close_sample(&s);
    }
    struct spin_sample s;
    open_sample(&s, bam, "", 6, 3, 2, 0, 1);
    eg_arena_fail_after(s.arena, 3);
    assert_int_equal(s.ops->init(s.recall, s.network, s.learning.kernels, s.arena), EG_ERR_NOMEM);
    close_sample(&s);
}

static void a_load_is_of_the_smaller_layer(void **state)
{
    (void) state;
    struct eg_message m;
    void *options = new_options(bam->options, bam->options_size, "");
    size_t patterns;
    assert_int_equal(bam->count(options, 300, 200, 0.125, &patterns, &m), EG_OK);
    assert_int_equal(patterns, 13); /* 12.5 */
    assert_int_equal(bam->count(options, 300, 40, 0.1, &patterns, &m), EG_OK);
    assert_int_equal(patterns, 4);
    assert_int_equal(bam->count(options, 300, 40, -1, &patterns, &m), EG_ERR_RANGE);
    assert_string_equal(bam->load_words(options), "P / min(n, m)");
    assert_int_equal(bam->descends(options), 1);
    free(options);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pair_by_hand),
        cmocka_unit_test(fields_are_those_of_the_matrix_and_half_the_difference_of_energies),
        cmocka_unit_test(what_is_tracked_is_what_a_new_start_computes),
        cmocka_unit_test(layers_in_turn_come_to_rest_and_the_energy_never_rises),
        cmocka_unit_test(one_half_calls_the_other),
        cmocka_unit_test(the_one_step_error_is_that_of_normal_noise),
        cmocka_unit_test(one_layer_is_refused),
        cmocka_unit_test(a_load_is_of_the_smaller_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
