/* Perceptrons and minover: by hand, against couplings learned directly, and up to 1.5 N. */
#include "tests/rule_sample.h"

/* Smallest xi_i h_i / |w_i| of all sites and patterns. */
static double stability(const struct eg_couplings *c, const struct eg_patterns *p)
{
    double least = INFINITY;
    for (size_t i = 0; i < c->sites; i++) {
        double square = 0;
        for (size_t j = 0; j < c->sites; j++)
            square += pow(eg_coupling(c, i, j), 2);
        for (size_t mu = 0; mu < p->count; mu++)
            least = fmin(least, xi(p, mu, i) * field(c, p, mu, i) / sqrt(square));
    }
    return least;
}

/* In thirds.  Site 0: (1, 1) is learned, then (-1, 1), whose sum is 0: (0, 2).  Site 1 should be
 * + and - for the same (1, 1): what one adds the other takes away.  Site 2: (1, 1), (1, -1). */
static void perceptrons_by_hand(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("+++ +-+");
    const struct eg_rule *const rules[] = {&eg_rule_perceptron, &eg_rule_minover};
    const double want[9] = {0, 0, 2 / 3.0, 0, 0, 0, 2 / 3.0, 0, 0};
    for (int k = 0; k < 2; k++) {
        const struct eg_couplings c = learned(rules[k], &p, &plain);
        check_matrix(&c, want, 1e-15);
        assert_string_equal(learning.note.text,
                            "1 of 3 sites did not reach a stability above 0 for all 2 patterns "
                            "within 1000 sweeps");
    }
}

/* Site 0 is + in all; inputs a = (1,1,1,1), b = (1,1,-1,-1), c = (1,-1,-1,-1).  In turn: a gives
 * (1,1,1,1), b has 0 there: (2,2,0,0), c has 0 there: (3,1,-1,-1), and all are above 0.  The
 * weakest first: after a, c has -2 and b 0: (2,0,0,0), and all are above 0. */
static void minover_takes_the_weakest_and_the_perceptron_the_next(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("+++++ +++-- ++---");
    const struct eg_couplings next = learned(&eg_rule_perceptron, &p, &plain);
    const struct eg_couplings weakest = learned(&eg_rule_minover, &p, &plain);
    const double row[5] = {0, 3, 1, -1, -1}, least[5] = {0, 2, 0, 0, 0};
    for (size_t j = 0; j < 5; j++) {
        assert_true(next.w[j] == row[j]);
        assert_true(weakest.w[j] == least[j]);
    }
}

/* All are at 0 in the beginning: (1,1,1) comes first, and is enough for (1,1,-1), too. */
static void minover_takes_the_first_of_equally_weak_ones(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("++++ +++-");
    const struct eg_couplings c = learned(&eg_rule_minover, &p, &plain);
    for (size_t j = 0; j < 4; j++)
        assert_true(c.w[j] == (j > 0));
}

/* Site 1 should be +, - and + for the same (1, 1), and goes between (1, 1) and (0, 0): a sweep is
 * three steps. */
static void a_sweep_of_minover_is_a_step_for_each_pattern(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("+++ +-+ +++");
    for (long sweeps = 1; sweeps < 5; sweeps++) {
        struct eg_rule_options o = plain;
        o.sweeps_max = sweeps;
        const struct eg_couplings c = learned(&eg_rule_minover, &p, &o);
        assert_true(c.w[3] == sweeps % 2 && c.w[4] == 0 && c.w[5] == sweeps % 2);
    }
}

/* Couplings themselves instead of embedding strengths; whole numbers, so equal. */
static void naive_perceptron(double *w, const struct eg_patterns *p, size_t i,
                             const struct eg_rule_options *o)
{
    const size_t n = p->sites;
    memset(w, 0, n * sizeof *w);
    for (long sweep = 0; sweep < o->sweeps_max; sweep++)
        for (size_t mu = 0; mu < p->count; mu++) {
            double sum = 0, square = 0;
            for (size_t j = 0; j < n; j++) {
                sum += w[j] * xi(p, mu, j);
                square += w[j] * w[j];
            }
            if (xi(p, mu, i) * sum > o->stability * sqrt(square))
                continue;
            for (size_t j = 0; j < n; j++)
                if (j != i || o->self_coupling)
                    w[j] += xi(p, mu, i) * xi(p, mu, j);
        }
}

static void embedding_strengths_are_couplings_learned_directly(void **state)
{
    (void) state;
    enum { N = 21, P = 30 };
    const struct eg_patterns p = drawn(N, P, 10);
    for (int kind = 0; kind < 4; kind++) {
        const struct eg_rule_options o = {
            .self_coupling = kind & 1, .stability = kind & 2 ? 0.3 : 0, .sweeps_max = 20};
        const struct eg_couplings c = learned(&eg_rule_perceptron, &p, &o);
        for (size_t i = 0; i < N; i++) {
            double w[N];
            naive_perceptron(w, &p, i, &o);
            for (size_t j = 0; j < N; j++)
                assert_true(c.w[i * N + j] == w[j]);
        }
    }
}

static void perceptrons_store_half_again_as_many_patterns_as_sites(void **state)
{
    (void) state;
    enum { N = 100 };
    const struct eg_patterns p = drawn(N, 3 * N / 2, 11);
    const struct eg_rule *const rules[] = {&eg_rule_perceptron, &eg_rule_minover};
    for (int k = 0; k < 2; k++) {
        const struct eg_couplings c = learned(rules[k], &p, &plain);
        assert_string_equal(learning.note.text, "");
        assert_true(stability(&c, &p) > 0);
        assert_int_equal(fixed_points(&c, &p), 3 * N / 2);
        for (size_t i = 0; i < N; i++)
            assert_true(c.w[i * N + i] == 0);
    }
}

/* Gardner: 1.03 is possible at load 0.5. */
static void stability_is_what_was_asked_for(void **state)
{
    (void) state;
    const struct eg_patterns p = drawn(80, 40, 12);
    const struct eg_rule *const rules[] = {&eg_rule_perceptron, &eg_rule_minover};
    for (int k = 0; k < 2; k++)
        for (double kappa = 0; kappa < 0.9; kappa += 0.4) {
            struct eg_rule_options o = plain;
            o.stability = kappa;
            const struct eg_couplings c = learned(rules[k], &p, &o);
            assert_string_equal(learning.note.text, "");
            assert_true(stability(&c, &p) > kappa - 1e-12);
        }
}

/* Gardner: the limit is 2. */
static void too_many_patterns_for_perceptrons_are_said(void **state)
{
    (void) state;
    enum { N = 60 };
    const struct eg_patterns p = drawn(N, 5 * N / 2, 13);
    const struct eg_rule *const rules[] = {&eg_rule_perceptron, &eg_rule_minover};
    for (int k = 0; k < 2; k++) {
        struct eg_rule_options o = plain;
        o.sweeps_max = 20;
        const struct eg_couplings c = learned(rules[k], &p, &o);
        assert_non_null(strstr(learning.note.text, " of 60 sites did not reach"));
        assert_true(stability(&c, &p) <= 0);
    }
}

int main(int argc, char **argv)
{
    openblas_set_num_threads(1);
    const struct CMUnitTest tests[] = {
        ONE(perceptrons_by_hand),
        ONE(minover_takes_the_weakest_and_the_perceptron_the_next),
        ONE(minover_takes_the_first_of_equally_weak_ones),
        ONE(a_sweep_of_minover_is_a_step_for_each_pattern),
        ONE(embedding_strengths_are_couplings_learned_directly),
        ONE(perceptrons_store_half_again_as_many_patterns_as_sites),
        ONE(stability_is_what_was_asked_for),
        ONE(too_many_patterns_for_perceptrons_are_said),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
