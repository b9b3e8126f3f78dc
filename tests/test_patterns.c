#include <stdlib.h>

#include "tasks/pattern_digits_data.h"
#include "tasks/patterns.h"
#include "tests/fixture.h"

static int make(const struct eg_pattern_type *type, const char *settings, uint64_t network,
                struct eg_patterns *patterns, struct eg_arena *arena, struct eg_message *message)
{
    void *options = new_options(type->options, type->options_size, settings);
    const int status = type->make(options, patterns, 5, network, arena, message);
    free(options);
    return status;
}

static struct eg_patterns good(const struct eg_pattern_type *type, const char *settings,
                               struct eg_arena *arena)
{
    struct eg_patterns p;
    struct eg_message message = {""};
    if (make(type, settings, 0, &p, arena, &message) != EG_OK)
        fail_msg("%s: %s", settings, message.text);
    return p;
}

static void refuses(const struct eg_pattern_type *type, const char *settings, const char *want)
{
    struct eg_arena *arena = new_arena();
    struct eg_patterns p;
    struct eg_message message = {""};
    assert_int_equal(make(type, settings, 0, &p, arena, &message), EG_ERR_RANGE);
    if (!strstr(message.text, want))
        fail_msg("\"%s\" does not say \"%s\"", message.text, want);
    eg_arena_free(&arena);
}

/* --- random --- */

static struct eg_patterns draw(size_t sites, size_t count, double activity, uint64_t seed,
                               uint64_t network, struct eg_arena *arena)
{
    struct eg_patterns p;
    struct eg_message message = {""};
    assert_int_equal(
        eg_patterns_draw(&p, sites, sites, count, activity, seed, network, arena, &message), EG_OK);
    return p;
}

static void every_source_has_a_name_and_is_found_by_it(void **state)
{
    (void) state;
    size_t n = 0;
    for (; eg_pattern_types[n]; n++) {
        const struct eg_pattern_type *const type = eg_pattern_types[n];
        assert_ptr_equal(eg_pattern_find(type->name), type);
        assert_true(type->summary && *type->summary && type->source && *type->source);
        free(new_options(type->options, type->options_size,
                         "")); /* the rows agree with themselves */
    }
    assert_int_equal(n, 3);
    assert_null(eg_pattern_find("digit"));
}

static void drawn_patterns_have_the_sizes_asked_for(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_patterns p;
    struct eg_message message = {""};
    assert_int_equal(eg_patterns_draw(&p, 70, 50, 9, 0.5, 1, 0, arena, &message), EG_OK);
    assert_int_equal(p.sites, 70);
    assert_int_equal(p.first, 50);
    assert_int_equal(p.count, 9);
    assert_int_equal(p.bits.rows, 70);
    assert_int_equal(p.bits.columns, 9);
    assert_int_equal(p.height + p.width, 0);
    assert_null(p.values);
    assert_null(p.labels);
    assert_int_equal(p.cyclic, 0);
    eg_arena_free(&arena);
}

/* Twenty sites of a hundred thousand patterns; five standard errors. */
static void sites_are_active_as_often_as_asked_and_independent(void **state)
{
    (void) state;
    const double activities[] = {0.5, 0.1, 0.03, 0.9};
    enum { SITES = 20, COUNT = 100000 };
    for (size_t a = 0; a < sizeof activities / sizeof *activities; a++) {
        const double f = activities[a], deviation = sqrt(f * (1 - f) / COUNT);
        struct eg_arena *arena = new_arena();
        const struct eg_patterns p = draw(SITES, COUNT, f, 3, 0, arena);
        check_close(p.activity, f, 0, 0);
        for (size_t i = 0; i < SITES; i++) {
            check_close((double) eg_bits_count(&p.bits, i) / COUNT, f, 0, 5 * deviation);
            const size_t other = (i + 1) % SITES;
            size_t both = 0, next = 0;
            for (size_t mu = 0; mu < COUNT; mu++) {
                both += (size_t) (eg_bits_get(&p.bits, i, mu) & eg_bits_get(&p.bits, other, mu));
                next += (size_t) (eg_bits_get(&p.bits, i, mu)
                                  & eg_bits_get(&p.bits, i, (mu + 1) % COUNT));
            }
            const double error = sqrt(f * f * (1 - f * f) / COUNT);
            check_close((double) both / COUNT, f * f, 0, 5 * error);
            check_close((double) next / COUNT, f * f, 0, 5 * 2 * error);
        }
        eg_arena_free(&arena);
    }
}

static void fewer_patterns_are_the_first_of_more(void **state)
{
    (void) state;
    const double activities[] = {0.5, 0.07};
    for (int a = 0; a < 2; a++) {
        struct eg_arena *arena = new_arena();
        const struct eg_patterns more = draw(90, 1000, activities[a], 3, 2, arena);
        const size_t counts[] = {1, 63, 64, 65, 511, 513};
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            const struct eg_patterns fewer = draw(50, counts[k], activities[a], 3, 2, arena);
            for (size_t i = 0; i < 50; i++)
                for (size_t mu = 0; mu < counts[k]; mu++)
                    assert_int_equal(eg_bits_get(&fewer.bits, i, mu),
                                     eg_bits_get(&more.bits, i, mu));
        }
        eg_arena_free(&arena);
    }
}

static void each_site_has_the_stream_that_the_header_names(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p = draw(30, 200, 0.5, 11, 4, arena);
    struct eg_bits row;
    assert_int_equal(eg_bits_init(&row, arena, 1, 200), EG_OK);
    for (size_t i = 0; i < 30; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, 11, EG_FOR_PATTERNS, 4, i);
        eg_bits_draw(&row, 0, 0.5, &stream);
        assert_memory_equal(row.at, eg_bits_row(&p.bits, i), row.words * sizeof *row.at);
    }
    eg_arena_free(&arena);
}

static void seeds_and_networks_have_patterns_of_their_own(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_patterns one = draw(40, 64, 0.5, 1, 0, arena),
                             same = draw(40, 64, 0.5, 1, 0, arena),
                             seed = draw(40, 64, 0.5, 2, 0, arena),
                             network = draw(40, 64, 0.5, 1, 1, arena);
    const size_t bytes = 40 * one.bits.words * sizeof *one.bits.at;
    assert_memory_equal(one.bits.at, same.bits.at, bytes);
    assert_memory_not_equal(one.bits.at, seed.bits.at, bytes);
    assert_memory_not_equal(one.bits.at, network.bits.at, bytes);
    eg_arena_free(&arena);
}

static void nothing_cannot_be_drawn(void **state)
{
    (void) state;
    /* clang-format off */
    const struct { size_t sites, first, count; double activity; const char *want; } bad[] = {
        {0, 0, 5, 0.5, "5 patterns of 0 sites"},
        {5, 5, 0, 0.5, "0 patterns of 5 sites"},
        {5, 0, 5, 0.5, "0 sites in the first layer"},
        {5, 6, 5, 0.5, "6 sites in the first layer"},
        {5, 5, 5, 0,   "activity is 0;"},
        {5, 5, 5, 1,   "activity is 1;"},
        {5, 5, 5, -1,  "activity is -1;"},
        {5, 5, 5, NAN, "activity is"},
    };
    /* clang-format on */
    struct eg_arena *arena = new_arena();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct eg_patterns p;
        struct eg_message message = {""};
        assert_int_equal(eg_patterns_draw(&p, bad[i].sites, bad[i].first, bad[i].count,
                                          bad[i].activity, 0, 0, arena, &message),
                         EG_ERR_RANGE);
        assert_non_null(strstr(message.text, bad[i].want));
    }
    eg_arena_free(&arena);
}

static void what_does_not_fit_into_memory_is_said(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_patterns p;
    struct eg_message message = {""};
    assert_int_equal(
        eg_patterns_draw(&p, SIZE_MAX / 2, 1, SIZE_MAX / 2, 0.5, 0, 0, arena, &message),
        EG_ERR_NOMEM);
    assert_non_null(strstr(message.text, "do not fit into memory"));
    const char *const settings[] = {"sites=10 count=10", "sites=10 count=10 values=normal"};
    for (int k = 0; k < 2; k++) {
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        for (size_t after = 0; after < (size_t) k + 1; after++) {
            eg_arena_fail_after(arena, after);
            assert_int_equal(make(&eg_patterns_random, settings[k], 0, &p, arena, &message),
                             EG_ERR_NOMEM);
            eg_arena_fail_after(arena, (size_t) -1);
            eg_arena_rewind(arena, mark);
        }
    }
    eg_arena_free(&arena);
}

static void the_type_random_draws_what_its_options_say(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_patterns p = good(&eg_patterns_random, "", arena);
    assert_int_equal(p.sites, 1000);
    assert_int_equal(p.first, 1000);
    assert_int_equal(p.count, 100);
    assert_int_equal(p.cyclic, 0);
    p = good(&eg_patterns_random, "sites=30 pair_sites=20 count=65 activity=0.2 cyclic=true",
             arena);
    const struct eg_patterns same = draw(50, 65, 0.2, 5, 0, arena);
    assert_int_equal(p.sites, 50);
    assert_int_equal(p.first, 30);
    assert_int_equal(p.cyclic, 1);
    check_close(p.activity, 0.2, 0, 0);
    assert_memory_equal(p.bits.at, same.bits.at, 50 * same.bits.words * sizeof *same.bits.at);
    refuses(&eg_patterns_random, "values=normal activity=0.2", "patterns.activity = 0.2");
    eg_arena_free(&arena);
}

static void normal_patterns_have_normal_entries_and_their_signs(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p =
        good(&eg_patterns_random, "sites=200 count=500 values=normal", arena);
    double sum = 0, squares = 0, fourth = 0, neighbours = 0;
    for (size_t k = 0; k < 100000; k++) {
        const double x = p.values[k];
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        neighbours += k ? x * p.values[k - 1] : 0;
        assert_int_equal(eg_bits_get(&p.bits, k % 200, k / 200), x > 0);
    }
    /* Moments 0, 1, 3; variances of x, x^2, x^4: 1, 2, 96. */
    check_close(sum / 1e5, 0, 0, 5 * sqrt(1e-5));
    check_close(squares / 1e5, 1, 0, 5 * sqrt(2e-5));
    check_close(fourth / 1e5, 3, 0, 5 * sqrt(96e-5));
    check_close(neighbours / 1e5, 0, 0, 5 * sqrt(1e-5));
    const struct eg_patterns fewer =
        good(&eg_patterns_random, "sites=200 count=3 values=normal", arena);
    for (size_t k = 0; k < 600; k++)
        check_close(fewer.values[k], p.values[k], 0, 0);
    eg_arena_free(&arena);
}

static void patterns_on_a_sphere_have_its_radius_and_no_direction(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p =
        good(&eg_patterns_random, "sites=64 count=1000 values=sphere", arena);
    const struct eg_patterns normal =
        good(&eg_patterns_random, "sites=64 count=1000 values=normal", arena);
    double overlap = 0;
    for (size_t mu = 0; mu < 1000; mu++) {
        const double *const x = p.values + mu * 64, *const z = normal.values + mu * 64;
        double square = 0, along = 0, length = 0, with_next = 0;
        for (size_t i = 0; i < 64; i++) {
            square += x[i] * x[i];
            along += x[i] * z[i];
            length += z[i] * z[i];
            with_next += x[i] * p.values[(mu + 1) % 1000 * 64 + i] / 64;
        }
        check_close(square, 64, 1e-13, 0);
        check_close(along, 8 * sqrt(length), 1e-13, 0); /* the same direction */
        overlap += with_next * with_next;
    }
    /* The overlap of two directions has mean square 1 / N and variance of it below 2 / N^2. */
    check_close(overlap / 1000, 1 / 64., 0, 5 * sqrt(2. / 1000) / 64);
    eg_arena_free(&arena);
}

/* --- digits --- */

static double overlap(const struct eg_patterns *p, size_t mu, size_t nu)
{
    int sum = 0;
    for (size_t i = 0; i < p->sites; i++)
        sum += eg_bits_get(&p->bits, i, mu) == eg_bits_get(&p->bits, i, nu) ? 1 : -1;
    return sum / (double) p->sites;
}

/* Line 202 of semeion.data. */
static void the_first_digit_is_the_nought_it_should_be(void **state)
{
    (void) state;
    static const char *const nought[16] = {
        "...###########..", "..#####....####.", "..####......###.", ".###........###.",
        ".###.........###", "###..........###", "###..........###", "##...........###",
        "##...........###", "###..........###", "###..........###", "####........####",
        ".####......####.", "..############..", "...#########....", "......####......"};
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p = good(&eg_patterns_digits, "", arena);
    assert_int_equal(p.sites, 256);
    assert_int_equal(p.first, 256);
    assert_int_equal(p.height, 16);
    assert_int_equal(p.width, 16);
    assert_int_equal(p.count, 10);
    check_close(p.activity, 0.5, 0, 0);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(eg_bits_get(&p.bits, i, 0), nought[i / 16][i % 16] == '#');
    eg_arena_free(&arena);
}

static void digits_come_in_rounds_of_ten(void **state)
{
    (void) state;
    for (size_t k = 0; k < EG_DIGITS; k++) {
        assert_int_equal(eg_digits[k].digit, k % 10);
        for (size_t other = 0; other < k; other++)
            assert_int_not_equal(eg_digits[k].line, eg_digits[other].line);
    }
    struct eg_arena *arena = new_arena();
    const struct eg_patterns all = good(&eg_patterns_digits, "count=100", arena);
    for (size_t mu = 0; mu < 100; mu++) {
        assert_int_equal(all.labels[mu][0], '0' + (char) (mu % 10));
        assert_int_equal(all.labels[mu][1], '\0');
    }
    const struct eg_patterns some =
        good(&eg_patterns_digits, "digits=7,3 count=5 cyclic=yes", arena);
    const size_t want[] = {7, 3, 17, 13, 27};
    assert_int_equal(some.count, 5);
    assert_int_equal(some.cyclic, 1);
    for (size_t mu = 0; mu < 5; mu++) {
        assert_string_equal(some.labels[mu], all.labels[want[mu]]);
        for (size_t i = 0; i < 256; i++)
            assert_int_equal(eg_bits_get(&some.bits, i, mu), eg_bits_get(&all.bits, i, want[mu]));
    }
    eg_arena_free(&arena);
}

static void all_digits_differ_and_the_first_ten_overlap_little(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p = good(&eg_patterns_digits, "count=100", arena);
    double largest = 0, mean = 0;
    for (size_t mu = 0; mu < 100; mu++)
        for (size_t nu = 0; nu < mu; nu++) {
            assert_true(overlap(&p, mu, nu) < 0.9);
            if (mu < 10) {
                largest = fmax(largest, fabs(overlap(&p, mu, nu)));
                mean += overlap(&p, mu, nu) / 45;
            }
        }
    check_close(largest, 0.15625, 0, 0);
    check_close(mean, 0.03924, 0, 5e-6);
    eg_arena_free(&arena);
}

/* h_i = sum_mu xi_i^mu (sum_j xi_j^mu s_j - xi_i^mu s_i), at s = a stored digit. */
static void a_hebbian_network_keeps_the_first_ten(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_patterns p = good(&eg_patterns_digits, "", arena);
    for (size_t nu = 0; nu < 10; nu++) {
        int m[10];
        for (size_t mu = 0; mu < 10; mu++)
            m[mu] = (int) lround(256 * overlap(&p, mu, nu));
        for (size_t i = 0; i < 256; i++) {
            const int s = 2 * eg_bits_get(&p.bits, i, nu) - 1;
            int h = -10 * s;
            for (size_t mu = 0; mu < 10; mu++)
                h += (2 * eg_bits_get(&p.bits, i, mu) - 1) * m[mu];
            assert_true(h * s > 0);
        }
    }
    eg_arena_free(&arena);
}

static void digits_that_are_not_there_are_refused(void **state)
{
    (void) state;
    refuses(&eg_patterns_digits, "digits=3 count=11", "patterns.count = 11");
    refuses(&eg_patterns_digits, "digits=3,4,3", "patterns.digits has 3 twice");
    refuses(&eg_patterns_digits, "digits=[]", "patterns.digits is empty");
    struct eg_arena *arena = new_arena();
    struct eg_patterns p;
    for (size_t after = 0; after < 2; after++) {
        eg_arena_fail_after(arena, after);
        assert_int_equal(make(&eg_patterns_digits, "", 0, &p, arena, NULL), EG_ERR_NOMEM);
    }
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_source_has_a_name_and_is_found_by_it),
        cmocka_unit_test(drawn_patterns_have_the_sizes_asked_for),
        cmocka_unit_test(sites_are_active_as_often_as_asked_and_independent),
        cmocka_unit_test(fewer_patterns_are_the_first_of_more),
        cmocka_unit_test(each_site_has_the_stream_that_the_header_names),
        cmocka_unit_test(seeds_and_networks_have_patterns_of_their_own),
        cmocka_unit_test(nothing_cannot_be_drawn),
        cmocka_unit_test(what_does_not_fit_into_memory_is_said),
        cmocka_unit_test(the_type_random_draws_what_its_options_say),
        cmocka_unit_test(normal_patterns_have_normal_entries_and_their_signs),
        cmocka_unit_test(patterns_on_a_sphere_have_its_radius_and_no_direction),
        cmocka_unit_test(the_first_digit_is_the_nought_it_should_be),
        cmocka_unit_test(digits_come_in_rounds_of_ten),
        cmocka_unit_test(all_digits_differ_and_the_first_ten_overlap_little),
        cmocka_unit_test(a_hebbian_network_keeps_the_first_ten),
        cmocka_unit_test(digits_that_are_not_there_are_refused),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
