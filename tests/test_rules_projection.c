/* The projection rule: by hand, as a projection, and with dependent patterns. */
#include "tests/rule_sample.h"

/* The span of (+, +, +) and (+, +, -) is that of (1, 1, 0) and (0, 0, 1). */
static void projection_couplings_by_hand(void **state)
{
    (void) state;
    const struct eg_patterns p = patterns("+++ ++-");
    struct eg_couplings c = learned(&eg_rule_projection, &p, &with_self);
    double want[9] = {0.5, 0.5, 0, 0.5, 0.5, 0, 0, 0, 1};
    check_matrix(&c, want, 1e-15);
    assert_string_equal(learning.note.text, "");
    c = learned(&eg_rule_projection, &p, &plain);
    want[0] = want[4] = want[8] = 0;
    check_matrix(&c, want, 1e-15);
}

static void projection_is_a_projection_on_the_patterns(void **state)
{
    (void) state;
    enum { N = 90, P = 70 };
    const struct eg_patterns p = drawn(N, P, 5);
    const struct eg_couplings c = learned(&eg_rule_projection, &p, &with_self);
    const struct eg_couplings d = learned(&eg_rule_projection, &p, &plain);
    double trace = 0;
    check_symmetric(&c);
    for (size_t i = 0; i < N; i++) {
        trace += eg_coupling(&c, i, i);
        assert_true(d.w[i * N + i] == 0);
        for (size_t mu = 0; mu < P; mu++) {
            check_close(field(&c, &p, mu, i), xi(&p, mu, i), 0, 1e-13);
            check_close(field(&d, &p, mu, i), xi(&p, mu, i) * (1 - eg_coupling(&c, i, i)), 0,
                        1e-13);
        }
        for (size_t j = 0; j < N; j++) {
            double square = 0;
            for (size_t k = 0; k < N; k++)
                square += eg_coupling(&c, i, k) * eg_coupling(&c, k, j);
            check_close(square, eg_coupling(&c, i, j), 0, 1e-13);
        }
    }
    check_close(trace, P, 0, 1e-12);
}

static void projection_stores_all_but_one_of_as_many_patterns_as_sites(void **state)
{
    (void) state;
    enum { N = 200 };
    const struct eg_patterns p = drawn(N, N - 1, 6);
    for (int self = 0; self < 2; self++) {
        const struct eg_couplings c = learned(&eg_rule_projection, &p, self ? &with_self : &plain);
        assert_int_equal(c.rank, N - 1);
        assert_string_equal(learning.note.text, "");
        assert_int_equal(fixed_points(&c, &p), N - 1);
    }
}

/* The condition number of as many random patterns as sites is about N. */
static void the_basis_is_orthonormal_to_rounding(void **state)
{
    (void) state;
    enum { N = 300 };
    const struct eg_patterns p = drawn(N, N - 1, 16);
    struct eg_rule_options o = plain;
    o.incremental = 1;
    const struct eg_couplings c = learned(&eg_rule_projection, &p, &o);
    double worst = 0;
    for (size_t i = 0; i < N - 1; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t k = 0; k < N; k++)
                sum += c.basis[i * N + k] * c.basis[j * N + k];
            worst = fmax(worst, fabs(sum - (i == j)));
        }
    assert_true(worst < 1e-14);
}

/* a, b, c, then a again, its inverse, and (+, -, +, +) = a - b + c. */
static void dependent_patterns_are_said_and_are_stored(void **state)
{
    (void) state;
    struct eg_patterns p = patterns("++++ ++-- +--- ++++ ---- +-++");
    struct eg_couplings c = learned(&eg_rule_projection, &p, &with_self);
    assert_int_equal(c.rank, 3);
    assert_string_equal(
        learning.note.text,
        "3 of 6 patterns are linearly dependent on those before them: the rank is 3");
    for (size_t mu = 0; mu < p.count; mu++)
        for (size_t i = 0; i < 4; i++)
            check_close(field(&c, &p, mu, i), xi(&p, mu, i), 0, 1e-15);
    p = drawn(60, 40, 7);
    for (size_t i = 0; i < 60; i++) {
        eg_bits_set(&p.bits, i, 30, eg_bits_get(&p.bits, i, 29));
        eg_bits_set(&p.bits, i, 39, !eg_bits_get(&p.bits, i, 0));
    }
    c = learned(&eg_rule_projection, &p, &plain);
    assert_int_equal(c.rank, 38);
    assert_int_equal(fixed_points(&c, &p), 40);
    assert_non_null(strstr(learning.note.text, "2 of 40 patterns"));
}

static void patterns_that_span_everything_leave_no_couplings(void **state)
{
    (void) state;
    enum { N = 50 };
    const struct eg_patterns p = drawn(N, 2 * N, 8);
    for (int self = 0; self < 2; self++) {
        const struct eg_couplings c = learned(&eg_rule_projection, &p, self ? &with_self : &plain);
        assert_int_equal(c.rank, N);
        assert_non_null(strstr(learning.note.text, "50 of 100 patterns"));
        assert_non_null(strstr(learning.note.text, "span all 50 dimensions"));
        for (size_t i = 0; i < N * N; i++)
            assert_true(c.w[i] == (self && i % (N + 1) == 0));
    }
}

static void projections_of_one_pattern_after_the_other_are_those_of_all(void **state)
{
    (void) state;
    enum { N = 30, P = 20 };
    struct eg_patterns p = drawn(N, P, 9);
    for (size_t i = 0; i < N; i++)
        eg_bits_set(&p.bits, i, 7, eg_bits_get(&p.bits, i, 2));
    for (int self = 0; self < 2; self++) {
        struct eg_rule_options o = self ? with_self : plain;
        const struct eg_couplings whole = learned(&eg_rule_projection, &p, &o);
        o.incremental = 1;
        struct eg_couplings c, half;
        assert_int_equal(eg_rule_begin(&eg_rule_projection, &c, N, &o, arena, &message), EG_OK);
        for (size_t mu = 0; mu < P; mu++) {
            store(&eg_rule_projection, &c, spins_of(&p, mu));
            assert_true((learning.note.text[0] != '\0') == (mu == 7));
        }
        assert_int_equal(c.rank, P - 1);
        check_symmetric(&c);
        struct eg_patterns first = p;
        first.count = P / 2;
        half = learned(&eg_rule_projection, &first, &o);
        for (size_t mu = P / 2; mu < P; mu++)
            store(&eg_rule_projection, &half, spins_of(&p, mu));
        for (size_t i = 0; i < N * N; i++) {
            check_close(c.w[i], whole.w[i], 0, 1e-13);
            check_close(half.w[i], whole.w[i], 0, 1e-13);
        }
    }
}

int main(int argc, char **argv)
{
    openblas_set_num_threads(1);
    const struct CMUnitTest tests[] = {
        ONE(projection_couplings_by_hand),
        ONE(projection_is_a_projection_on_the_patterns),
        ONE(projection_stores_all_but_one_of_as_many_patterns_as_sites),
        ONE(the_basis_is_orthonormal_to_rounding),
        ONE(dependent_patterns_are_said_and_are_stored),
        ONE(patterns_that_span_everything_leave_no_couplings),
        ONE(projections_of_one_pattern_after_the_other_are_those_of_all),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
