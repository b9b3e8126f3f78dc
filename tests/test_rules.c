/* Learning rules: what all have in common, Hebbian and Storkey's, unlearning. */
#include "tests/rule_sample.h"

/* 4 w_02 = -1 - 1, 4 w_13 = 1 + 1; the others cancel. */
static void hebbian_couplings_by_hand(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("++-+ +---");
    struct eg_couplings c = learned(&eg_rule_hebbian, &p, &plain);
    const double want[16] = {0, 0, -0.5, 0, 0, 0, 0, 0.5, -0.5, 0, 0, 0, 0, 0.5, 0, 0};
    check_matrix(&c, want, 0);
    c = learned(&eg_rule_hebbian, &p, &with_self);
    for (size_t i = 0; i < 4; i++)
        assert_true(eg_coupling(&c, i, i) == 0.5);
}

/* More patterns than are multiplied at once. */
static void hebbian_couplings_are_the_sum_of_products(void **state)
{
    (void) state;
    enum { N = 61, P = 600 };
    const struct eg_patterns p = drawn(N, P, 1);
    for (int self = 0; self < 2; self++) {
        const struct eg_couplings c = learned(&eg_rule_hebbian, &p, self ? &with_self : &plain);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++) {
                int sum = 0;
                for (size_t mu = 0; mu < P; mu++)
                    sum += xi(&p, mu, i) * xi(&p, mu, j);
                assert_true(c.w[i * N + j] == (i == j && !self ? 0 : sum));
                check_close(eg_coupling(&c, i, j), i == j && !self ? 0 : sum / (double) N, 1e-15,
                            0);
            }
    }
}

/* 1/49 is a number whose 49-fold is not 1. */
static void storing_and_forgetting_gives_back_the_bits(void **state)
{
    (void) state;
    enum { N = 49, P = 9 };
    for (int self = 0; self < 2; self++) {
        const struct eg_rule_options *o = self ? &with_self : &plain;
        const struct eg_patterns p = drawn(N, P, 2);
        const struct eg_couplings whole = learned(&eg_rule_hebbian, &p, o);
        struct eg_couplings c;
        assert_int_equal(eg_rule_begin(&eg_rule_hebbian, &c, N, o, arena, &message), EG_OK);
        for (size_t mu = 0; mu < P; mu++)
            store(&eg_rule_hebbian, &c, spins_of(&p, mu));
        assert_true(same_bits(&c, &whole));
        const int8_t *more = spins_of(&p, 3);
        store(&eg_rule_hebbian, &c, more);
        assert_false(same_bits(&c, &whole));
        eg_couplings_forget(&c, more);
        assert_true(same_bits(&c, &whole));
    }
}

/* (+, +, -): w_01 = 1/3, w_02 = w_12 = -1/3.  Then (+, -, +), with h_01 = w_02 = -1/3,
 * h_10 = w_12 = -1/3, h_02 = -w_01 = -1/3, h_20 = -w_12 = 1/3, h_12 = w_01 = 1/3, h_21 = w_02 =
 * -1/3: w_01 += 1/3 (-1 + 1/3 - 1/3) = -1/3     w_02 += 1/3 (1 - 1/3 + 1/3) = 1/3 w_12 += 1/3 (-1 -
 * 1/3 - 1/3) = -5/9 Diagonal: 1/3, then w_00 += 1/3 (1 + 2 * 2/3) = 7/9 with h_00 = -w_01 + w_02 =
 * -2/3; h_11 = w_01 + w_12 = 0, w_11 += 1/3; h_22 = w_02 - w_12 = 0, w_22 += 1/3. */
static void storkey_couplings_by_hand(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("++- +-+");
    double want[9] = {0, 0, 0, 0, 0, -8 / 9.0, 0, -8 / 9.0, 0};
    struct eg_couplings c = learned(&eg_rule_storkey, &p, &plain);
    check_matrix(&c, want, 1e-15);
    c = learned(&eg_rule_storkey, &p, &with_self);
    want[0] = 10 / 9.0;
    want[4] = want[8] = 2 / 3.0;
    check_matrix(&c, want, 1e-15);
}

/* As the paper writes it: every h_ij a sum of its own. */
static void naive_storkey(double *w, double *before, const struct eg_patterns *p, int self)
{
    const size_t n = p->sites;
    memset(w, 0, n * n * sizeof *w);
    for (size_t mu = 0; mu < p->count; mu++) {
        memcpy(before, w, n * n * sizeof *w);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double hij = 0, hji = 0;
                for (size_t k = 0; k < n; k++)
                    if (k != i && k != j) {
                        hij += before[i * n + k] * xi(p, mu, k);
                        hji += before[j * n + k] * xi(p, mu, k);
                    }
                if (i != j || self)
                    w[i * n + j] +=
                        (xi(p, mu, i) * xi(p, mu, j) - xi(p, mu, i) * hji - hij * xi(p, mu, j))
                        / (double) n;
            }
    }
}

static void storkey_couplings_are_those_of_every_local_field_summed_alone(void **state)
{
    (void) state;
    enum { N = 27, P = 12 };
    static double want[N * N], before[N * N];
    for (int self = 0; self < 2; self++) {
        const struct eg_rule_options *o = self ? &with_self : &plain;
        const struct eg_patterns p = drawn(N, P, 3);
        struct eg_couplings c = learned(&eg_rule_storkey, &p, o);
        naive_storkey(want, before, &p, self);
        check_matrix(&c, want, 1e-14);
        check_symmetric(&c);
        assert_int_equal(eg_rule_begin(&eg_rule_storkey, &c, N, o, arena, &message), EG_OK);
        for (size_t mu = 0; mu < P; mu++)
            store(&eg_rule_storkey, &c, spins_of(&p, mu));
        check_matrix(&c, want, 1e-14);
        check_symmetric(&c);
    }
}

static void storkey_couplings_depend_on_the_order_of_the_patterns(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("+++--+ +-+-++ --+++-"),
                             q = patterns("--+++- +-+-++ +++--+");
    const struct eg_couplings c = learned(&eg_rule_storkey, &p, &plain);
    const struct eg_couplings d = learned(&eg_rule_storkey, &q, &plain);
    double most = 0;
    for (size_t i = 0; i < 36; i++)
        most = fmax(most, fabs(c.unit * (c.w[i] - d.w[i])));
    assert_true(most > 0.01);
}

/* h_ij = (N - 2) / N xi_i the second time: w_ij = 1/N xi_i xi_j (1 + 1 - 2 (N - 2) / N). */
static void a_pattern_learned_twice_by_storkeys_rule_is_taken_away(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("++-+--+++- ++-+--+++-");
    const struct eg_couplings c = learned(&eg_rule_storkey, &p, &plain);
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j < 10; j++)
            check_close(eg_coupling(&c, i, j), i == j ? 0 : 0.04 * xi(&p, 0, i) * xi(&p, 0, j), 0,
                        1e-16);
}

/* Load 0.2, above the critical one of the Hebbian rule and below N / sqrt(2 ln N). */
static void storkey_stores_what_the_hebbian_rule_cannot(void **state)
{
    (void) state;
    const struct eg_patterns p = drawn(200, 40, 4);
    const struct eg_couplings storkey = learned(&eg_rule_storkey, &p, &plain);
    const struct eg_couplings hebbian = learned(&eg_rule_hebbian, &p, &plain);
    assert_true(fixed_points(&storkey, &p) >= 38);
    assert_true(fixed_points(&hebbian, &p) <= 20);
}

static void what_needs_all_patterns_at_once_stores_not_one_more(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("+++- ++-+");
    struct eg_couplings c = learned(&eg_rule_projection, &p, &plain);
    assert_int_equal(eg_rule_store(&eg_rule_projection, &c, spins_of(&p, 0), &learning, &message),
                     EG_ERR_RANGE);
    assert_non_null(strstr(message.text, "basis"));
    c = learned(&eg_rule_perceptron, &p, &plain);
    assert_int_equal(eg_rule_store(&eg_rule_perceptron, &c, spins_of(&p, 0), &learning, &message),
                     EG_ERR_RANGE);
    assert_non_null(strstr(message.text, "perceptron"));
}

static void couplings_are_the_same_at_any_number_of_threads(void **state)
{
    (void) state;
    const struct eg_patterns p = drawn(70, 50, 14);
    const int threads = omp_get_max_threads();
    for (size_t k = 0; eg_rules[k]; k++) {
        assert_ptr_equal(eg_rule_find(eg_rules[k]->name), eg_rules[k]);
        omp_set_num_threads(1);
        const struct eg_couplings one = learned(eg_rules[k], &p, &plain);
        omp_set_num_threads(3);
        const struct eg_couplings three = learned(eg_rules[k], &p, &plain);
        omp_set_num_threads(threads);
        assert_true(same_bits(&one, &three));
        assert_int_equal(one.symmetric, eg_rules[k]->symmetric);
    }
    assert_null(eg_rule_find("hebb"));
}

/* One pattern: every start ends on it or its inverse, so that each time a quarter is taken away;
 * two from 1 leave a half. */
static void unlearning_of_one_pattern_by_hand(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("++-+-");
    struct eg_rule_options o = with_self;
    o.unlearn = 2;
    o.unlearn_rate = 0.25;
    const struct eg_couplings c = learned(&eg_rule_hebbian, &p, &o);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            assert_true(c.w[5 * i + j] == xi(&p, 0, i) * xi(&p, 0, j) * (i == j ? 1 : 0.5));
}

/* Load 0.25, far too much for the Hebbian rule: few of the 25 are fixed points; after 400 starts
 * at a rate of 0.01 nearly all are. */
static void unlearning_makes_more_patterns_stable(void **state)
{
    (void) state;
    const struct eg_patterns p = drawn(100, 25, 15);
    struct eg_rule_options o = plain;
    const struct eg_couplings before = learned(&eg_rule_hebbian, &p, &o);
    o.unlearn = 400;
    const struct eg_couplings after = learned(&eg_rule_hebbian, &p, &o);
    check_symmetric(&after);
    assert_true(fixed_points(&before, &p) <= 12);
    assert_true(fixed_points(&after, &p) >= 18);
    learning.network++;
    const struct eg_couplings other = learned(&eg_rule_hebbian, &p, &o);
    assert_false(same_bits(&after, &other));
}

static void forgetting_and_unlearning_reach_asymmetric_couplings(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("++-+- +-+++ --++-");
    struct eg_couplings c = learned(&eg_rule_perceptron, &p, &plain);
    const double w = c.w[1];
    eg_couplings_forget(&c, spins_of(&p, 0));
    assert_true(c.w[1] == w - 1 && c.columns[5] == w - 1 && c.w[0] == 0);
    assert_int_equal(eg_couplings_unlearn(&c, 3, 0.5, &learning), EG_OK);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            assert_true(c.columns[5 * j + i] == c.w[5 * i + j]);
}

static void bad_input_is_named(void **state)
{
    (void) state;
    const double real_values[3] = {0.5, 1, 2};
    struct eg_patterns p = patterns("++-"), none = p, real_ones = p, nowhere = p;
    none.count = 0;
    nowhere.sites = 0;
    real_ones.values = real_values;
    struct eg_rule_options stability_low = plain, stability_nan = plain, sweeps = plain,
                           unlearn = plain, rate = plain;
    stability_low.stability = -1;
    stability_nan.stability = NAN;
    sweeps.sweeps_max = 0;
    unlearn.unlearn = -1;
    rate.unlearn_rate = INFINITY;
    const struct {
        const struct eg_patterns *p;
        const struct eg_rule_options *o;
        int status;
        const char *says;
    } rows[] = {
        {&none, &plain, EG_ERR_RANGE, "no patterns"},
        {&nowhere, &plain, EG_ERR_RANGE, "one site"},
        {&real_ones, &plain, EG_ERR_DATA, "these are real"},
        {&p, &stability_low, EG_ERR_RANGE, "memory.stability is -1"},
        {&p, &stability_nan, EG_ERR_RANGE, "memory.stability"},
        {&p, &sweeps, EG_ERR_RANGE, "memory.sweeps_max is 0"},
        {&p, &unlearn, EG_ERR_RANGE, "memory.unlearn is -1"},
        {&p, &rate, EG_ERR_RANGE, "memory.unlearn_rate is inf"},
    };
    for (size_t k = 0; eg_rules[k]; k++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct eg_couplings c;
            assert_int_equal(
                eg_rule_learn(eg_rules[k], &c, rows[i].p, rows[i].o, &learning, &message),
                rows[i].status);
            assert_non_null(strstr(message.text, rows[i].says));
        }
}

/* Fails at the n-th piece until it does not. */
static void every_missing_piece_of_memory_is_said(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("++-+ +-++");
    struct eg_rule_options o = plain;
    o.unlearn = 1;
    o.incremental = 1;
    for (size_t k = 0; eg_rules[k]; k++) {
        size_t n = 0;
        for (int status = EG_ERR_NOMEM; status; n++) {
            struct eg_couplings c;
            eg_arena_fail_after(arena, n);
            status = eg_rule_learn(eg_rules[k], &c, &p, &o, &learning, &message);
            assert_true(status == EG_OK || status == EG_ERR_NOMEM);
            assert_true(!status || strstr(message.text, "no memory"));
        }
        assert_true(n
                    > 8); /* w, bias, scratch, two of unlearning, four of its recall; and success */
        eg_arena_fail_after(arena, (size_t) -1);
    }
}

static void bytes_are_about_what_learning_takes(void **state)
{
    (void) state;
    for (size_t k = 0; eg_rules[k]; k++)
        for (int incremental = 0; incremental < 2; incremental++) {
            struct eg_rule_options o = plain;
            o.incremental = incremental;
            eg_arena_free(&arena);
            assert_int_equal(eg_arena_init(&arena, 0), EG_OK);
            learning.arena = arena;
            const struct eg_patterns p = drawn(300, 200, 17);
            (void) learned(eg_rules[k], &p, &o);
            check_close(eg_rule_bytes(eg_rules[k], &o, 300, 200), eg_arena_peak(arena), 0.1, 0);
        }
}

static void the_smallest_networks_are_learned(void **state)
{
    (void) state;
    const struct eg_patterns one = patterns("+"), two = patterns("+-");
    for (size_t k = 0; eg_rules[k]; k++) {
        const struct eg_couplings c = learned(eg_rules[k], &one, &plain);
        assert_true(c.w[0] == 0);
        const struct eg_couplings d = learned(eg_rules[k], &two, &plain);
        assert_true(d.w[0] == 0 && d.w[1] < 0 && d.w[2] < 0 && d.w[3] == 0);
    }
}

int main(int argc, char **argv)
{
    openblas_set_num_threads(1);
    const struct CMUnitTest tests[] = {
        ONE(hebbian_couplings_by_hand),
        ONE(hebbian_couplings_are_the_sum_of_products),
        ONE(storing_and_forgetting_gives_back_the_bits),
        ONE(storkey_couplings_by_hand),
        ONE(storkey_couplings_are_those_of_every_local_field_summed_alone),
        ONE(storkey_couplings_depend_on_the_order_of_the_patterns),
        ONE(a_pattern_learned_twice_by_storkeys_rule_is_taken_away),
        ONE(storkey_stores_what_the_hebbian_rule_cannot),
        ONE(what_needs_all_patterns_at_once_stores_not_one_more),
        ONE(couplings_are_the_same_at_any_number_of_threads),
        ONE(unlearning_of_one_pattern_by_hand),
        ONE(unlearning_makes_more_patterns_stable),
        ONE(forgetting_and_unlearning_reach_asymmetric_couplings),
        ONE(bad_input_is_named),
        ONE(every_missing_piece_of_memory_is_said),
        ONE(bytes_are_about_what_learning_takes),
        ONE(the_smallest_networks_are_learned),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
