/* Streams of random numbers: what is drawn decides, never who draws it. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include <gsl/gsl_randist.h>

#include "core/random.h"

#include "tests/check.h"

/* The known answers of Random123 for philox4x64-10 (zeros, ones, digits of pi), and as
 * numpy.random.Philox computes them. */
static void bits_are_the_known_answers_of_philox(void **state)
{
    (void) state;
    const uint64_t ones = UINT64_MAX;
    const struct {
        uint64_t key[2], counter[4], want[4];
    } rows[] = {
        {{0, 0},
         {0, 0, 0, 0},
         {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}},
        {{ones, ones},
         {ones, ones, ones, ones},
         {0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0}},
        {{0x452821e638d01377, 0xbe5466cf34e90c6c},
         {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
         {0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct eg_stream s = {0};
        memcpy(s.key, rows[i].key, sizeof s.key);
        memcpy(s.counter, rows[i].counter, sizeof s.counter);
        for (size_t k = 0; k < 4; k++)
            assert_true(eg_stream_bits(&s) == rows[i].want[k]);
    }
}

/* Key (seed, purpose), counter (block, step, item, 0); two blocks, from numpy.random.Philox. */
static void a_stream_is_named_by_seed_purpose_step_and_item(void **state)
{
    (void) state;
    const uint64_t want[8] = {0xef8f1dd5c639298e, 0x12c90357cb9139fe, 0xf75a7380bbc16c3d,
                              0x565af774636f23c5, 0x57aa63189ed4fb35, 0xe11eb9be956e8059,
                              0x5cafbdd469baa071, 0x9c1d3a929672acbd};
    struct eg_stream s, t;
    eg_stream_open(&s, 20140410, EG_FOR_TRAINING, 7, 3);
    for (size_t k = 0; k < 8; k++)
        assert_true(eg_stream_bits(&s) == want[k]);
    eg_stream_open(&s, 20140410, EG_FOR_TRAINING, 7, 3);
    eg_stream_open(&t, 20140410, EG_FOR_TRAINING, 7, 3);
    for (size_t k = 0; k < 100; k++)
        assert_true(eg_stream_bits(&s) == eg_stream_bits(&t));
    const struct {
        uint64_t seed, step, item;
        enum eg_purpose purpose;
    } others[] = {{20140411, 7, 3, EG_FOR_TRAINING},
                  {20140410, 8, 3, EG_FOR_TRAINING},
                  {20140410, 7, 4, EG_FOR_TRAINING},
                  {20140410, 7, 3, EG_FOR_EVALUATION}};
    for (size_t i = 0; i < 4; i++) {
        eg_stream_open(&s, others[i].seed, others[i].purpose, others[i].step, others[i].item);
        assert_true(eg_stream_bits(&s) != want[0]);
    }
}

/* 16 boxes of 4000 each; chi^2 of 15 degrees of freedom is above 37.7 once in a thousand. */
static void uniform_numbers_fill_the_interval_evenly(void **state)
{
    (void) state;
    enum { DRAWS = 64000 };
    struct eg_stream s;
    size_t boxes[16] = {0};
    double sum = 0, chi = 0;
    eg_stream_open(&s, 1, EG_FOR_TESTS, 0, 0);
    for (size_t i = 0; i < DRAWS; i++) {
        const double x = eg_stream_uniform(&s);
        assert_true(x >= 0 && x < 1);
        boxes[(size_t) (16 * x)]++;
        sum += x;
    }
    for (size_t i = 0; i < 16; i++)
        chi += pow((double) boxes[i] - DRAWS / 16.0, 2) / (DRAWS / 16.0);
    check_close(sum / DRAWS, 0.5, 0, 4 / sqrt(12.0 * DRAWS));
    assert_true(chi > 3.5 && chi < 37.7);
}

/* Within four standard errors; the pair of a draw is independent. */
static void normal_numbers_have_mean_zero_and_variance_one(void **state)
{
    (void) state;
    enum { DRAWS = 64000 };
    struct eg_stream s;
    double sum = 0, squares = 0, fourth = 0, products = 0, before = 0;
    eg_stream_open(&s, 1, EG_FOR_TESTS, 0, 1);
    for (size_t i = 0; i < DRAWS; i++) {
        const double x = eg_stream_normal(&s);
        assert_true(isfinite(x));
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        products += i % 2 ? x * before : 0;
        before = x;
    }
    check_close(sum / DRAWS, 0, 0, 4 / sqrt(DRAWS));
    check_close(squares / DRAWS, 1, 0, 4 * sqrt(2.0 / DRAWS));
    check_close(fourth / DRAWS, 3, 0, 4 * sqrt(96.0 / DRAWS));
    check_close(products / (DRAWS / 2), 0, 0, 4 / sqrt(DRAWS / 2));
}

static void whole_numbers_reach_both_ends_evenly(void **state)
{
    (void) state;
    enum { DRAWS = 70000 };
    struct eg_stream s;
    size_t seen[7] = {0};
    eg_stream_open(&s, 1, EG_FOR_TESTS, 0, 2);
    for (size_t i = 0; i < DRAWS; i++) {
        const long x = eg_stream_between(&s, -3, 3);
        assert_true(x >= -3 && x <= 3);
        seen[x + 3]++;
    }
    for (size_t i = 0; i < 7; i++)
        check_close(seen[i], DRAWS / 7.0, 0, 4 * sqrt(DRAWS / 7.0));
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(eg_stream_between(&s, 5, 5), 5);
        const long x = eg_stream_between(&s, LONG_MAX - 1, LONG_MAX);
        assert_true(x >= LONG_MAX - 1);
    }
    int below = 0;
    for (size_t i = 0; i < 100; i++)
        below += eg_stream_between(&s, LONG_MIN, LONG_MAX) < 0;
    assert_true(below > 20 && below < 80);
}

/* The numbers GSL is given are the stream's; its distributions draw from it. */
static void a_stream_is_a_generator_of_gsl(void **state)
{
    (void) state;
    struct eg_stream s, t;
    eg_stream_open(&s, 3, EG_FOR_TESTS, 0, 0);
    eg_stream_open(&t, 3, EG_FOR_TESTS, 0, 0);
    const gsl_rng rng = eg_stream_gsl(&s);
    assert_true(gsl_rng_get(&rng) == eg_stream_bits(&t) >> 32);
    assert_true(gsl_rng_uniform(&rng) == eg_stream_uniform(&t));
    assert_true(gsl_rng_min(&rng) == 0 && gsl_rng_max(&rng) == 0xffffffff);
    double sum = 0;
    for (size_t i = 0; i < 20000; i++)
        sum += gsl_ran_gamma(&rng, 2, 3);
    check_close(sum / 20000, 6, 0, 4 * sqrt(18.0 / 20000)); /* mean ab, variance ab^2 */
    for (size_t i = 0; i < 1000; i++)
        assert_true(gsl_rng_uniform_int(&rng, 5) < 5);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_the_known_answers_of_philox),
        cmocka_unit_test(a_stream_is_named_by_seed_purpose_step_and_item),
        cmocka_unit_test(uniform_numbers_fill_the_interval_evenly),
        cmocka_unit_test(normal_numbers_have_mean_zero_and_variance_one),
        cmocka_unit_test(whole_numbers_reach_both_ends_evenly),
        cmocka_unit_test(a_stream_is_a_generator_of_gsl),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
