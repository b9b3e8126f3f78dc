/* Hebbian networks without a matrix, against the matrix: spins, units 0 and 1, sparse patterns. */
#include "memory/hebbian.h"

#include "tests/spin_sample.h"
#include "tests/toy_network.h"

/* One network of each kind, with the matrix written out. */
struct sample {
    struct eg_arena *arena;
    struct eg_patterns patterns;
    struct eg_hebbian h;
    struct eg_hebbian_recall r;
    int8_t *spins;
    double *w; /* (N, N), with the diagonal only where it is kept */
};

static void open_hebbian(struct sample *s, size_t sites, size_t count, double f, int units,
                         int self_coupling, double theta, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    s->arena = new_arena();
    draw_sample_patterns(&s->patterns, s->arena, sites, sites, count, seed);
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 13, 0);
    for (size_t i = 0; i < sites && f < 0.5; i++)
        for (size_t k = 0; k < count; k++)
            eg_bits_set(&s->patterns.bits, i, k, eg_stream_uniform(&stream) < f);
    s->patterns.activity = f;
    assert_int_equal(eg_hebbian_learn(&s->h, &s->patterns, s->arena, NULL), EG_OK);
    s->h.f = f;
    s->h.c = 1 / ((double) sites * f * (1 - f)); /* 4 / N where f is 1/2 */
    s->h.theta = theta;
    s->h.units = units;
    s->h.self_coupling = self_coupling;
    s->h.scale = 1;
    assert_int_equal(eg_hebbian_init(&s->r, &s->h, eg_kernels_best(), s->arena), EG_OK);
    s->spins = eg_arena_zeros(s->arena, sites, 1);
    s->w = eg_arena_zeros(s->arena, sites * sites, sizeof *s->w);
    assert_true(s->spins && s->w);
    for (size_t i = 0; i < sites; i++)
        for (size_t j = 0; j < sites; j++)
            for (size_t k = 0; k < count && (i != j || self_coupling); k++)
                s->w[i * sites + j] += s->h.c * (eg_bits_get(&s->patterns.bits, i, k) - f)
                                       * (eg_bits_get(&s->patterns.bits, j, k) - f);
    draw_spins(s->spins, sites, seed);
    eg_hebbian_start(&s->r, s->spins);
}

static double sigma(const struct sample *s, size_t site)
{
    return s->h.units ? s->spins[site] > 0 : s->spins[site];
}

static double field_by_matrix(const struct sample *s, size_t site)
{
    double h = -s->h.theta;
    for (size_t j = 0; j < s->patterns.sites; j++)
        h += s->w[site * s->patterns.sites + j] * sigma(s, j);
    return (s->h.units ? 0.5 : 1) * s->h.scale * h;
}

static double energy_by_matrix(const struct sample *s)
{
    double e = 0;
    for (size_t i = 0; i < s->patterns.sites; i++) {
        e += s->h.theta * sigma(s, i);
        for (size_t j = 0; j < s->patterns.sites; j++)
            e -= s->w[i * s->patterns.sites + j] * sigma(s, i) * sigma(s, j) / 2;
    }
    return s->h.scale * e + s->h.offset;
}

static void check_matrix(struct sample *s)
{
    double h[300];
    const double size = fabs(energy_by_matrix(s)) + (double) s->patterns.count;
    check_close(eg_hebbian_energy(&s->r), energy_by_matrix(s), 0, 1e-13 * size);
    eg_hebbian_fields(&s->r, h);
    for (size_t i = 0; i < s->patterns.sites; i++) {
        check_close(h[i], field_by_matrix(s, i), 1e-12, 1e-12);
        check_close(eg_hebbian_field(&s->r, i), h[i], 0, 0);
    }
}

/* Flips sites at random; the matrix is asked at the end. */
static void turn_over(struct sample *s, size_t flips, int ask, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 14, 0);
    for (size_t k = 0; k < flips; k++) {
        const size_t i = (size_t) eg_stream_between(&stream, 0, (long) s->patterns.sites - 1);
        const double before = eg_hebbian_energy(&s->r);
        const double h = ask ? eg_hebbian_field(&s->r, i) : 0;
        const int8_t was = s->spins[i];
        eg_hebbian_flip(&s->r, i); /* also where no field was asked for, or another's */
        s->spins[i] = (int8_t) -was;
        if (ask && !s->h.self_coupling)
            check_close(eg_hebbian_energy(&s->r) - before, 2 * was * h, 1e-9,
                        1e-13 * (double) (s->patterns.count * s->patterns.sites));
    }
}

static const size_t sizes[][2] = {{1, 1},   {1, 600}, {2, 1},    {3, 64},
                                  {64, 65}, {65, 64}, {100, 10}, {130, 513}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void fields_and_energies_are_those_of_the_matrix(void **state)
{
    (void) state;
    const double f[] = {0.5, 0.1, 0.3};
    for (size_t k = 0; k < SIZES * 12; k++) {
        const size_t *size = sizes[k / 12];
        const int units = k % 12 >= 6 || k % 3;
        for (int theta = 0; theta < 2; theta++) {
            struct sample s;
            open_hebbian(&s, size[0], size[1], f[k % 3], units, k / 3 % 2, theta ? 0.375 : 0, k);
            s.h.scale = k % 5 ? 1 : 0.25;
            s.h.offset = k % 7 ? 0 : 3;
            check_matrix(&s);
            turn_over(&s, 500, k % 2, k);
            check_matrix(&s);
            turn_over(&s, 37, 0, k);
            check_matrix(&s);
            eg_arena_free(&s.arena);
        }
    }
}

/* Three sites, patterns + + - and + - -: w_12 = 0, w_13 = -2/3, w_23 = 0 (numbers from 1). */
static void two_patterns_by_hand(void **state)
{
    (void) state;
    const int8_t start[3] = {1, -1, 1};
    struct spin_sample s;
    open_sample(&s, &eg_associative_hopfield, "bias=0.5", 3, 3, 2, 0, 1);
    const int bits[3][2] = {{1, 1}, {1, 0}, {0, 0}};
    for (size_t i = 0; i < 6; i++)
        eg_bits_set(&s.patterns.bits, i / 2, i % 2, bits[i / 2][i % 2]);
    void *network = calloc(1, s.type->network_size);
    assert_non_null(network);
    assert_int_equal(s.type->learn(network, s.options, &s.patterns, &s.learning, NULL), EG_OK);
    assert_int_equal(s.ops->init(s.recall, network, s.learning.kernels, s.arena), EG_OK);
    s.ops->start(s.recall, start);
    check_close(s.ops->field(s.recall, 0), 0.5 - 2.0 / 3, 1e-15, 0);
    check_close(s.ops->field(s.recall, 1), 0.5, 1e-15, 0);
    check_close(s.ops->field(s.recall, 2), 0.5 - 2.0 / 3, 1e-15, 0);
    check_close(s.ops->energy(s.recall), 2.0 / 3 - 0.5, 1e-15, 0);
    s.ops->flip(s.recall, 2);
    check_close(s.ops->energy(s.recall), -2.0 / 3 + 0.5, 1e-15, 0);
    check_close(s.ops->field(s.recall, 0), 0.5 + 2.0 / 3, 1e-15, 0);
    free(network);
    close_sample(&s);
}

/* Tsodyks & Feigel'man 1988: w_ij = 1 / (N f (1 - f)) sum (eta_i - f)(eta_j - f), threshold
 * 1/2 - f between the signals 1 - f and -f. */
static void the_sparse_rule_is_the_papers(void **state)
{
    (void) state;
    const size_t n = 200, p = 30;
    const double f = 0.1;
    struct spin_sample s;
    memset(&s, 0, sizeof s);
    s.arena = new_arena();
    draw_sample_patterns(&s.patterns, s.arena, n, n, p, 3);
    struct eg_stream stream;
    eg_stream_open(&stream, 4, EG_FOR_TESTS, 15, 0);
    for (size_t i = 0; i < n * p; i++)
        eg_bits_set(&s.patterns.bits, i / p, i % p, eg_stream_uniform(&stream) < f);
    s.patterns.activity = f;
    learn_sample(&s, &eg_associative_hopfield, "rule=sparse");
    assert_int_equal(s.learned, EG_OK);
    for (size_t k = 0; k < p; k++) {
        sample_pattern(&s, k, s.spins);
        s.ops->start(s.recall, s.spins);
        for (size_t i = 0; i < n; i += 7) {
            double h = -(0.5 - f);
            for (size_t j = 0; j < n; j++)
                for (size_t mu = 0; mu < p && j != i && s.spins[j] > 0; mu++)
                    h += ((sample_bit(&s, i, mu) > 0) - f) * ((sample_bit(&s, j, mu) > 0) - f)
                         / ((double) n * f * (1 - f));
            check_close(s.ops->field(s.recall, i), h / 2, 1e-11, 1e-12);
        }
    }
    close_sample(&s);
}

/* f = 1/2: to the bit, for all is whole numbers up to the last factors; others follow from whole
 * numbers, too. */
static void a_hundred_thousand_flips_leave_no_rounding(void **state)
{
    (void) state;
    const double f[] = {0.5, 0.5, 0.1, 0.37};
    for (size_t k = 0; k < 8; k++) {
        struct sample s;
        open_hebbian(&s, 201, 77, f[k % 4], k % 4 != 0, k >= 4, 0.3, k);
        turn_over(&s, 100000, 0, k);
        assert_memory_equal(s.r.spins, s.spins, s.patterns.sites);
        const double tracked = eg_hebbian_energy(&s.r);
        check_close(eg_hebbian_energy_anew(&s.r), tracked, 0, 0);
        check_close(eg_hebbian_energy(&s.r), tracked, 0, 0);
        check_matrix(&s);
        eg_arena_free(&s.arena);
    }
}

/* The sum of the site that was asked for last is kept until something moves. */
static void a_new_start_forgets_what_was_asked_before(void **state)
{
    (void) state;
    for (int units = 0; units < 2; units++) {
        struct sample s;
        open_hebbian(&s, 100, 20, 0.5, units, 0, 0, 3);
        for (size_t i = 0; i < 100; i++) {
            check_close(eg_hebbian_field(&s.r, i), field_by_matrix(&s, i), 1e-12, 1e-12);
            draw_spins(s.spins, 100, i + 5);
            eg_hebbian_start(&s.r, s.spins);
            check_close(eg_hebbian_field(&s.r, i), field_by_matrix(&s, i), 1e-12, 1e-12);
        }
        eg_arena_free(&s.arena);
    }
}

static void every_table_of_kernels_gives_the_same_bits(void **state)
{
    (void) state;
    for (size_t k = 0; k < SIZES; k++)
        for (int units = 0; units < 2; units++) {
            struct sample s;
            double h[300], again[300];
            open_hebbian(&s, sizes[k][0], sizes[k][1], 0.5, units, 0, 0.1, k);
            eg_hebbian_fields(&s.r, h);
            for (const struct eg_kernels *const *table = eg_kernels_all(); *table; table++) {
                struct eg_hebbian_recall r;
                assert_int_equal(eg_hebbian_init(&r, &s.h, *table, s.arena), EG_OK);
                for (int start = 0; start < 2; start++) { /* also twice */
                    eg_hebbian_start(&r, s.spins);
                    eg_hebbian_fields(&r, again);
                    assert_memory_equal(again, h, s.patterns.sites * sizeof *h);
                    check_close(eg_hebbian_energy(&r), eg_hebbian_energy(&s.r), 0, 0);
                    for (size_t i = 0; i < s.patterns.sites; i++)
                        eg_hebbian_flip(&r, i);
                }
            }
            eg_arena_free(&s.arena);
        }
}

/* A run of each of two networks from the same cue with the same stream. */
static void compare_runs(const char *one, const char *other, double energy, const char *dynamics)
{
    const char *const settings[2] = {one, other};
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct spin_sample s[2];
        struct visits v[2];
        for (size_t k = 0; k < 2; k++) {
            open_sample(&s[k], &eg_associative_hopfield, settings[k], 150, 150, 24, 0, seed);
            open_visits(&v[k], s[k].type, dynamics, 150, 0);
            assert_int_equal(visit(&v[k], s[k].recall, seed, NULL), EG_OK);
        }
        assert_memory_equal(s[0].ops->spins(s[0].recall), s[1].ops->spins(s[1].recall), 150);
        check_settled(&v[1], v[0].settled.rest, v[0].settled.sweeps, v[0].settled.moves);
        assert_true(v[0].settled.moves > 10);
        check_close(v[1].settled.energy, energy * v[0].settled.energy, 1e-12, 1e-12);
        check_close(v[1].settled.energy_start, energy * v[0].settled.energy_start, 1e-12, 1e-12);
        for (size_t k = 0; k < 2; k++) {
            close_visits(&v[k]);
            close_sample(&s[k]);
        }
    }
}

/* E of V is a quarter of that of s and a constant; so are fields, without the constant.  24
 * patterns on 150 sites: ties are frequent. */
static void units_of_0_and_1_with_matched_thresholds_go_the_way_of_spins(void **state)
{
    (void) state;
    const char *const dynamics[] = {"", "tie=plus", "tie=random order=random",
                                    "update=synchronous sweeps_max=50"};
    const char *const pairs[][2] = {{"", "units=binary"},
                                    {"self_coupling=on", "self_coupling=on units=binary"},
                                    {"rule=hebbian-matrix", "rule=hebbian-matrix units=binary"}};
    for (size_t k = 0; k < 12; k++) {
        const char *const *pair = pairs[k / 4];
        struct spin_sample s[2];
        for (size_t j = 0; j < 2; j++)
            open_sample(&s[j], &eg_associative_hopfield, pair[j], 150, 150, 24, 0, 3);
        const double constant = s[1].ops->energy(s[1].recall) - s[0].ops->energy(s[0].recall) / 4;
        double e = 0, h = 0;
        /* All V = 1: -1/2 sum w + sum theta, theta_i = 1/2 sum_j w_ij, is 0. */
        memset(s[1].spins, 1, 150);
        s[1].ops->start(s[1].recall, s[1].spins);
        if (!strstr(pair[0], "self"))
            check_close(s[1].ops->energy(s[1].recall), 0, 0, 1e-12);
        memset(s[1].spins, -1, 150);
        s[1].ops->start(s[1].recall, s[1].spins);
        check_close(s[1].ops->energy(s[1].recall), 0, 0, 1e-12); /* all V = 0 */
        for (size_t j = 0; j < 2; j++) {
            struct visits v;
            draw_spins(s[j].spins, 150, k);
            s[j].ops->start(s[j].recall, s[j].spins);
            const double field = s[j].ops->field(s[j].recall, 5);
            h = j ? h : field;
            check_close(field, j ? h / 4 : h, 1e-14, 0);
            open_visits(&v, s[j].type, dynamics[k % 4], 150, 0);
            assert_int_equal(visit(&v, s[j].recall, k, NULL), EG_OK);
            assert_true(v.settled.moves > 10);
            if (j == 0)
                e = v.settled.energy;
            else
                check_close(v.settled.energy, e / 4 + constant, 1e-12, 1e-12);
            close_visits(&v);
        }
        assert_memory_equal(s[0].ops->spins(s[0].recall), s[1].ops->spins(s[1].recall), 150);
        close_sample(&s[0]);
        close_sample(&s[1]);
    }
}

static void the_matrix_goes_the_way_of_the_patterns(void **state)
{
    (void) state;
    const char *const dynamics[] = {"", "tie=random order=random", "tie=plus update=synchronous",
                                    "update=glauber temperature=0.3 sweeps_max=20"};
    for (size_t k = 0; k < 4; k++) {
        compare_runs("", "rule=hebbian-matrix", 1, dynamics[k]);
        compare_runs("self_coupling=on", "rule=hebbian-matrix self_coupling=on", 1, dynamics[k]);
        compare_runs("bias=0.0625", "rule=hebbian-matrix bias=0.0625", 1, dynamics[k]);
        compare_runs("units=binary", "rule=hebbian-matrix units=binary", 1, dynamics[k]);
        compare_runs("units=binary bias=0.0625", "rule=hebbian-matrix units=binary bias=0.0625", 1,
                     dynamics[k]);
        compare_runs("units=binary thresholds=constant threshold=0.03",
                     "rule=hebbian-matrix units=binary thresholds=constant threshold=0.03", 1,
                     dynamics[k]);
    }
}

static void too_many_sites_and_no_memory_are_said(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_hebbian h;
    struct eg_hebbian_recall r;
    struct eg_message m = {""};
    struct eg_patterns p;
    draw_sample_patterns(&p, arena, 10, 10, 3, 1);
    p.sites = ((size_t) 1 << 21) + 1;
    assert_int_equal(eg_hebbian_learn(&h, &p, arena, &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "2097152"));
    p.sites = 10;
    eg_arena_fail_after(arena, 0);
    assert_int_equal(eg_hebbian_learn(&h, &p, arena, &m), EG_ERR_NOMEM);
    eg_arena_fail_after(arena, 1);
    assert_int_equal(eg_hebbian_learn(&h, &p, arena, &m), EG_OK);
    for (size_t pieces = 0; pieces <= 2; pieces++) {
        eg_arena_fail_after(arena, pieces);
        assert_int_equal(eg_hebbian_init(&r, &h, eg_kernels_best(), arena),
                         pieces < 2 ? EG_ERR_NOMEM : EG_OK);
    }
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_patterns_by_hand),
        cmocka_unit_test(fields_and_energies_are_those_of_the_matrix),
        cmocka_unit_test(the_sparse_rule_is_the_papers),
        cmocka_unit_test(a_hundred_thousand_flips_leave_no_rounding),
        cmocka_unit_test(a_new_start_forgets_what_was_asked_before),
        cmocka_unit_test(every_table_of_kernels_gives_the_same_bits),
        cmocka_unit_test(units_of_0_and_1_with_matched_thresholds_go_the_way_of_spins),
        cmocka_unit_test(the_matrix_goes_the_way_of_the_patterns),
        cmocka_unit_test(too_many_sites_and_no_memory_are_said),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
