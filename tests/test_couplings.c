/* A network with an explicit matrix: fields and energies by hand, tracked and anew. */
#include <string.h>

#include <cblas.h>

#include "core/random.h"
#include "memory/couplings.h"

#include "tests/check.h"

static struct eg_arena *arena;

static int begin(void **state)
{
    (void) state;
    return eg_arena_init(&arena, 0);
}

static int end(void **state)
{
    (void) state;
    eg_arena_free(&arena);
    return 0;
}

static struct eg_couplings couplings(size_t n, int symmetric, int self_coupling)
{
    struct eg_couplings c;
    assert_int_equal(eg_couplings_alloc(&c, n, symmetric, self_coupling, arena), EG_OK);
    return c;
}

static struct eg_couplings_recall recall_of(const struct eg_couplings *c)
{
    struct eg_couplings_recall r;
    assert_int_equal(eg_couplings_init(&r, c, NULL, arena), EG_OK);
    return r;
}

/* Real couplings and biases, normally distributed. */
static struct eg_couplings drawn(size_t n, int symmetric, int self_coupling, uint64_t seed)
{
    struct eg_couplings c = couplings(n, symmetric, self_coupling);
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 0, 0);
    for (size_t i = 0; i < n * n; i++)
        c.w[i] = eg_stream_normal(&stream);
    for (size_t i = 0; i < n; i++) {
        c.bias[i] = eg_stream_normal(&stream);
        if (!self_coupling)
            c.w[i * n + i] = 0;
    }
    if (symmetric)
        eg_couplings_mirror(&c);
    eg_couplings_transpose(&c);
    return c;
}

static void random_spins(int8_t *spins, size_t n, struct eg_stream *stream)
{
    for (size_t i = 0; i < n; i++)
        spins[i] = eg_stream_bits(stream) & 1 ? 1 : -1;
}

/* E as the header has it, term by term. */
static double energy_by_terms(const struct eg_couplings *c, const int8_t *s)
{
    double e = c->offset;
    for (size_t i = 0; i < c->sites; i++) {
        e -= c->bias[i] * s[i];
        for (size_t j = 0; j < c->sites; j++)
            e -= eg_coupling(c, i, j) * s[i] * s[j] / 2;
    }
    return e;
}

/* u = 1/2, w = ((0, 1, -2), (1, 0, 3), (-2, 3, 0)), b = (1/2, -1, 0), s = (+, -, +):
 * sums -1 - 2, 1 + 3, -2 - 3, so h = (-3/2 + 1/2, 2 - 1, -5/2) and
 * E = -1/4 (-3 - 4 - 5) - (1/2 + 1) = 3/2.  Site 2 turned over: E + 2 (-5/2) = -7/2. */
static void three_sites_by_hand(void **state)
{
    (void) state;
    struct eg_couplings c = couplings(3, 1, 0);
    const double w[9] = {0, 1, -2, 1, 0, 3, -2, 3, 0}, b[3] = {0.5, -1, 0};
    memcpy(c.w, w, sizeof w);
    memcpy(c.bias, b, sizeof b);
    c.unit = 0.5;
    struct eg_couplings_recall r = recall_of(&c);
    const int8_t s[3] = {1, -1, 1};
    eg_couplings_start(&r, s);
    double h[3];
    eg_couplings_fields(&r, h);
    const double want[3] = {-1, 1, -2.5};
    for (size_t i = 0; i < 3; i++) {
        assert_true(h[i] == want[i]);
        assert_true(eg_couplings_field(&r, i) == want[i]);
    }
    assert_true(eg_couplings_energy(&r) == 1.5);
    eg_couplings_flip(&r, 2);
    assert_int_equal(eg_couplings_spins(&r)[2], -1);
    assert_true(eg_couplings_energy(&r) == -3.5);
    assert_true(eg_couplings_energy_anew(&r) == -3.5);
    assert_true(eg_couplings_field(&r, 0) == 1); /* -1 + 2 of w_02 / 2 = -1 */
    assert_true(eg_couplings_field(&r, 2) == -2.5);
}

/* w_00 = 3 of two sites, w_01 = -1, u = 1, s = (+, -): h_0 = 3 + 1 = 4, h_1 = -1;
 * E = -1/2 (3 + 1 + 1) = -5/2.  Site 0 turned over: E = -1/2 (3 - 1 - 1) = -1/2, a rise of
 * 2 (4 - 3) and not of 2 * 4; now h_0 = -3 + 1 keeps it where it is. */
static void self_coupling_is_in_the_field_and_a_constant_of_the_energy(void **state)
{
    (void) state;
    struct eg_couplings c = couplings(2, 1, 1);
    const double w[4] = {3, -1, -1, 0};
    memcpy(c.w, w, sizeof w);
    c.unit = 1;
    struct eg_couplings_recall r = recall_of(&c);
    const int8_t s[2] = {1, -1};
    eg_couplings_start(&r, s);
    assert_true(eg_couplings_field(&r, 0) == 4);
    assert_true(eg_couplings_field(&r, 1) == -1);
    assert_true(eg_couplings_energy(&r) == -2.5);
    eg_couplings_flip(&r, 0);
    assert_true(eg_couplings_energy(&r) == -0.5);
    assert_true(eg_couplings_energy_anew(&r) == -0.5);
    assert_true(eg_couplings_field(&r, 0) == -2);
}

static void the_field_is_half_the_energy_difference(void **state)
{
    (void) state;
    enum { N = 23 };
    struct eg_couplings c = drawn(N, 1, 0, 1);
    struct eg_couplings_recall r = recall_of(&c);
    struct eg_stream stream;
    eg_stream_open(&stream, 2, EG_FOR_TESTS, 0, 0);
    for (int k = 0; k < 20; k++) {
        int8_t s[N];
        random_spins(s, N, &stream);
        eg_couplings_start(&r, s);
        check_close(eg_couplings_energy(&r), energy_by_terms(&c, s), 0, 1e-12);
        for (size_t i = 0; i < N; i++) {
            int8_t up[N], down[N];
            memcpy(up, s, N);
            memcpy(down, s, N);
            up[i] = 1;
            down[i] = -1;
            check_close(eg_couplings_field(&r, i),
                        (energy_by_terms(&c, down) - energy_by_terms(&c, up)) / 2, 0, 1e-12);
        }
    }
}

/* Any site may be turned over, with its field or against it. */
static void tracked_energy_is_the_energy_over_a_million_updates(void **state)
{
    (void) state;
    enum { N = 60, UPDATES = 1000000 };
    for (int kind = 0; kind < 4; kind++) {
        struct eg_couplings c = drawn(N, kind & 1, kind >> 1, 3);
        struct eg_couplings_recall r = recall_of(&c);
        struct eg_stream stream;
        eg_stream_open(&stream, 4, EG_FOR_TESTS, 0, (uint64_t) kind);
        int8_t s[N];
        random_spins(s, N, &stream);
        eg_couplings_start(&r, s);
        double worst = 0;
        for (long k = 1; k <= UPDATES; k++) {
            eg_couplings_flip(&r, (size_t) eg_stream_between(&stream, 0, N - 1));
            if (k % 997 == 0) {
                const double off = fabs(r.energy - eg_couplings_energy_anew(&r));
                worst = off > worst ? off : worst;
                check_close(r.energy, energy_by_terms(&c, r.spins), 0, 1e-11);
                for (size_t i = 0; i < N; i++)
                    check_close(r.sums[i], r.room[i], 0, 1e-11);
            }
        }
        assert_true(worst < 1e-11);
    }
}

/* From random starts to rest, again and again: site by site at random, T = 0.  Self-coupling of
 * either network is >= 0. */
static void energy_never_rises_over_a_million_updates(void **state)
{
    (void) state;
    enum { N = 80, UPDATES = 1000000 };
    for (int self = 0; self < 2; self++) {
        struct eg_couplings c = drawn(N, 1, self, 5);
        for (size_t i = 0; i < N; i++)
            c.w[i * N + i] = fabs(c.w[i * N + i]);
        struct eg_couplings_recall r = recall_of(&c);
        struct eg_stream stream;
        eg_stream_open(&stream, 6, EG_FOR_TESTS, 0, (uint64_t) self);
        double rise = -1;
        long flips = 0;
        for (long k = 0; k < UPDATES; k++) {
            if (k % (10 * N) == 0) {
                int8_t s[N];
                random_spins(s, N, &stream);
                eg_couplings_start(&r, s);
            }
            const size_t i = (size_t) eg_stream_between(&stream, 0, N - 1);
            if (r.spins[i] * eg_couplings_field(&r, i) < 0) {
                const double before = r.energy;
                eg_couplings_flip(&r, i);
                rise = r.energy - before > rise ? r.energy - before : rise;
                flips++;
            }
        }
        assert_true(flips > UPDATES / 50);
        assert_true(rise < 1e-13);
    }
}

/* w_01 is from 1 to 0: turning 1 over moves the field of 0 by 2 w_01, and that of 1 not at all. */
static void asymmetric_couplings_go_from_column_to_row(void **state)
{
    (void) state;
    struct eg_couplings c = couplings(3, 0, 0);
    const double w[9] = {0, 5, 0, 7, 0, 1, 0, 0, 0};
    memcpy(c.w, w, sizeof w);
    c.unit = 1;
    eg_couplings_transpose(&c);
    struct eg_couplings_recall r = recall_of(&c);
    const int8_t s[3] = {1, 1, 1};
    eg_couplings_start(&r, s);
    assert_true(eg_couplings_field(&r, 0) == 5);
    assert_true(eg_couplings_field(&r, 1) == 8);
    eg_couplings_flip(&r, 1);
    assert_true(eg_couplings_field(&r, 0) == -5);
    assert_true(eg_couplings_field(&r, 1) == 8);
    assert_true(eg_couplings_field(&r, 2) == 0);
    assert_true(eg_couplings_energy(&r) == -(-5 - 7 - 1) / 2.0);
}

static double energy_of_units(size_t n, const double *w, const double *theta, const int8_t *v)
{
    double e = 0;
    for (size_t i = 0; i < n; i++) {
        e += theta[i] * v[i];
        for (size_t j = 0; j < n; j++)
            e -= w[i * n + j] * v[i] * v[j] / 2;
    }
    return e;
}

/* All 64 states of six units, thresholds of every kind, with self-coupling. */
static void units_of_0_and_1_have_the_same_energies(void **state)
{
    (void) state;
    enum { N = 6 };
    for (int kind = EG_THRESHOLD_ZERO; kind <= EG_THRESHOLD_GIVEN; kind++) {
        struct eg_couplings c = drawn(N, 1, 1, 7);
        double w[N * N], theta[N], total[N];
        const double given[N] = {0.5, -1, 2, 0, 0.25, -3};
        for (size_t i = 0; i < N; i++) {
            double sum = 0;
            for (size_t j = 0; j < N; j++)
                sum += w[i * N + j] = eg_coupling(&c, i, j);
            theta[i] = kind == EG_THRESHOLD_GIVEN     ? given[i]
                       : kind == EG_THRESHOLD_MATCHED ? sum / 2
                                                      : 0;
            total[i] = theta[i] - c.bias[i];
        }
        eg_couplings_binary(&c, (enum eg_threshold) kind, given);
        struct eg_couplings_recall r = recall_of(&c);
        for (unsigned word = 0; word < 64; word++) {
            int8_t s[N], v[N];
            for (size_t i = 0; i < N; i++) {
                v[i] = word >> i & 1;
                s[i] = (int8_t) (2 * v[i] - 1);
            }
            eg_couplings_start(&r, s);
            check_close(eg_couplings_energy(&r), energy_of_units(N, w, total, v), 0, 1e-13);
            for (size_t i = 0; i < N; i++) {
                double h = -total[i];
                for (size_t j = 0; j < N; j++)
                    h += w[i * N + j] * v[j];
                check_close(eg_couplings_field(&r, i), h / 2, 0, 1e-14);
            }
        }
    }
}

/* Twenty sweeps in fixed order; what moved when, as one number. */
static uint64_t trajectory(const struct eg_couplings *c, const int8_t *s)
{
    struct eg_couplings_recall r = recall_of(c);
    uint64_t word = 1469598103934665603u;
    eg_couplings_start(&r, s);
    for (size_t k = 0; k < 20 * c->sites; k++) {
        const size_t i = k % c->sites;
        if (r.spins[i] * eg_couplings_field(&r, i) < 0) {
            eg_couplings_flip(&r, i);
            word = (word ^ k) * 1099511628211u;
        }
    }
    return word;
}

/* Sparse rows of whole numbers, whose ties must stay ties. */
static void matched_thresholds_go_the_way_of_spins_and_zero_thresholds_do_not(void **state)
{
    (void) state;
    enum { N = 50 };
    int differ = 0;
    struct eg_stream stream;
    eg_stream_open(&stream, 8, EG_FOR_TESTS, 0, 0);
    for (int k = 0; k < 50; k++) {
        struct eg_couplings spins = couplings(N, 1, 0);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < i; j++)
                spins.w[i * N + j] = (double) eg_stream_between(&stream, -2, 2);
        eg_couplings_mirror(&spins);
        struct eg_couplings matched = couplings(N, 1, 0), zero = couplings(N, 1, 0);
        memcpy(matched.w, spins.w, N * N * sizeof(double));
        memcpy(zero.w, spins.w, N * N * sizeof(double));
        eg_couplings_binary(&matched, EG_THRESHOLD_MATCHED, NULL);
        eg_couplings_binary(&zero, EG_THRESHOLD_ZERO, NULL);
        int8_t s[N];
        random_spins(s, N, &stream);
        assert_true(trajectory(&spins, s) == trajectory(&matched, s));
        differ += trajectory(&spins, s) != trajectory(&zero, s);
    }
    assert_true(differ >= 45);
}

static void what_is_added_is_in_rows_and_columns(void **state)
{
    (void) state;
    const int8_t s[3] = {1, -1, 1};
    for (int kind = 0; kind < 4; kind++) {
        struct eg_couplings c = couplings(3, kind & 1, kind >> 1);
        eg_couplings_add(&c, 0.5, s);
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < 3; j++) {
                const double want = i == j && !c.self_coupling ? 0 : 0.5 * s[i] * s[j];
                assert_true(c.w[3 * i + j] == want && c.columns[3 * j + i] == want);
            }
    }
}

static void matrices_that_do_not_fit_are_refused(void **state)
{
    (void) state;
    struct eg_couplings c;
    const size_t sizes[] = {0, SIZE_MAX, (size_t) 1 << 32, (size_t) 1 << 31};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(eg_couplings_alloc(&c, sizes[i], 1, 0, arena), EG_ERR_NOMEM);
    for (size_t n = 0; n < 3; n++) {
        eg_arena_fail_after(arena, n);
        assert_int_equal(eg_couplings_alloc(&c, 4, 0, 0, arena), EG_ERR_NOMEM);
    }
    eg_arena_fail_after(arena, (size_t) -1);
    c = couplings(4, 1, 0);
    for (size_t n = 0; n < 4; n++) {
        struct eg_couplings_recall r;
        eg_arena_fail_after(arena, n);
        assert_int_equal(eg_couplings_init(&r, &c, NULL, arena), EG_ERR_NOMEM);
    }
}

int main(int argc, char **argv)
{
    openblas_set_num_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(three_sites_by_hand, begin, end),
        cmocka_unit_test_setup_teardown(self_coupling_is_in_the_field_and_a_constant_of_the_energy,
                                        begin, end),
        cmocka_unit_test_setup_teardown(the_field_is_half_the_energy_difference, begin, end),
        cmocka_unit_test_setup_teardown(tracked_energy_is_the_energy_over_a_million_updates, begin,
                                        end),
        cmocka_unit_test_setup_teardown(energy_never_rises_over_a_million_updates, begin, end),
        cmocka_unit_test_setup_teardown(asymmetric_couplings_go_from_column_to_row, begin, end),
        cmocka_unit_test_setup_teardown(units_of_0_and_1_have_the_same_energies, begin, end),
        cmocka_unit_test_setup_teardown(
            matched_thresholds_go_the_way_of_spins_and_zero_thresholds_do_not, begin, end),
        cmocka_unit_test_setup_teardown(what_is_added_is_in_rows_and_columns, begin, end),
        cmocka_unit_test_setup_teardown(matrices_that_do_not_fit_are_refused, begin, end),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
