/* Dense associative memories: fields against energies written out, exact ties, stored patterns. */
#include <float.h>
#include <gsl/gsl_cdf.h>

#include "tests/spin_sample.h"

static const struct eg_associative_type *const dense = &eg_associative_dense;

static const char *const settings[] = {"function=power power=2",     "function=power power=3",
                                       "function=power power=6",     "function=power power=31",
                                       "function=rectified power=2", "function=rectified power=3",
                                       "function=rectified power=8", "function=exponential"};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

/* The energy as the header of dense.c has it, from nothing but patterns and spins; *size: the sum
 * of the sizes of its terms, which odd powers have of both signs. */
static long double energy_by_hand(const struct spin_sample *s, const char *setting,
                                  long double *size)
{
    const char *n_at = strstr(setting, "power=");
    const long n = n_at ? atol(n_at + strlen("power=")) : 0;
    long double sum = 0, all = 0;
    for (size_t k = 0; k < s->p; k++) {
        long m = 0;
        for (size_t i = 0; i < s->n; i++)
            m += sample_bit(s, i, k) * s->spins[i];
        long double term = 0;
        if (!n)
            term = expl((long double) m);
        else if (m > 0 || !strstr(setting, "rectified"))
            term = powl((long double) m, (long double) n);
        sum += term;
        all += fabsl(term);
    }
    *size = n ? all : 1;
    return n ? -sum : -logl(sum);
}

/* Half of E(-1) - E(+1) at a site. */
static long double field_by_hand(struct spin_sample *s, const char *setting, size_t site,
                                 long double *size)
{
    long double e[2], sizes[2];
    const int8_t was = s->spins[site];
    for (int plus = 0; plus < 2; plus++) {
        s->spins[site] = plus ? 1 : -1;
        e[plus] = energy_by_hand(s, setting, &sizes[plus]);
    }
    s->spins[site] = was;
    *size = sizes[0] + sizes[1];
    return (e[0] - e[1]) / 2;
}

static void fields_are_half_the_difference_of_the_energies(void **state)
{
    (void) state;
    const size_t sizes[][2] = {{1, 1}, {2, 3}, {9, 64}, {14, 65}, {21, 130}};
    for (size_t k = 0; k < SETTINGS; k++)
        for (size_t z = 0; z < sizeof sizes / sizeof sizes[0]; z++) {
            struct spin_sample s;
            open_sample(&s, dense, settings[k], sizes[z][0], sizes[z][0], sizes[z][1], 0,
                        k + 10 * z);
            for (size_t i = 0; i < s.n; i++) {
                long double size;
                const long double h = field_by_hand(&s, settings[k], i, &size);
                check_close(s.ops->field(s.recall, i), h, 1e-14, 4e-16 * (double) size);
            }
            long double size;
            const long double e = energy_by_hand(&s, settings[k], &size);
            check_close(s.ops->energy(s.recall), e, 1e-14, 4e-16 * (double) size);
            close_sample(&s);
        }
}

/* 2 N h_i = 2 sum_mu xi_i sum_{j != i} xi_j s_j, in whole numbers. */
static void the_square_has_the_fields_of_the_hebbian_network(void **state)
{
    (void) state;
    struct spin_sample s;
    open_sample(&s, dense, "power=2", 37, 37, 70, 0, 1);
    for (size_t i = 0; i < s.n; i++) {
        long hebbian = 0;
        for (size_t j = 0; j < s.n; j++)
            for (size_t k = 0; k < s.p && j != i; k++)
                hebbian += sample_bit(&s, i, k) * sample_bit(&s, j, k) * s.spins[j];
        check_close(s.ops->field(s.recall, i), 2 * (double) hebbian, 0, 0);
    }
    close_sample(&s);
}

/* Of one pattern, 2 h = F(N) - F(N - 2) = F(N) (1 - (1 - 2/N)^n) without cancellation. */
static void differences_of_high_powers_lose_no_digits(void **state)
{
    (void) state;
    for (long power = 2; power <= 60; power += 29)
        for (size_t n = 10; n <= 100000; n *= 100) {
            char setting[32];
            struct spin_sample s;
            snprintf(setting, sizeof setting, "power=%ld", power);
            open_sample(&s, dense, setting, n, n, 1, 0, 2);
            sample_pattern(&s, 0, s.spins);
            s.ops->start(s.recall, s.spins);
            const double size = (double) n, f = (double) powl((long double) n, (long double) power);
            const double want = f * -expm1((double) power * log1p(-2 / size)) / 2;
            check_close(s.ops->field(s.recall, 0), want * s.spins[0], 4e-15, 0);
            check_close(s.ops->energy(s.recall), -f, 1e-15, 0);
            close_sample(&s);
        }
}

static void the_exponential_holds_at_any_size(void **state)
{
    (void) state;
    enum { N = 3000 };
    struct spin_sample s;
    long double size;
    open_sample(&s, dense, "function=exponential", N, N, 66, 0, 3);
    for (int near = 0; near < 2; near++) {
        if (near) { /* ten sites from pattern 5: exp(2980) is far above DBL_MAX */
            sample_pattern(&s, 5, s.spins);
            for (size_t i = 0; i < 10; i++)
                s.spins[i] = (int8_t) -s.spins[i];
            s.ops->start(s.recall, s.spins);
        }
        for (size_t i = 0; i < 40; i++) {
            const long double h = field_by_hand(&s, "exponential", i, &size);
            check_close(s.ops->field(s.recall, i), h, 1e-14, 1e-15);
        }
        check_close(s.ops->energy(s.recall), energy_by_hand(&s, "exponential", &size), 1e-15, 0);
    }
    close_sample(&s);
}

static void what_is_tracked_is_what_a_new_start_computes(void **state)
{
    (void) state;
    for (size_t k = 0; k < SETTINGS; k++) {
        struct spin_sample s;
        open_sample(&s, dense, settings[k], 45, 45, 200, 0, 20 + k);
        check_tracking(&s, 0);
        flip_at_random(&s, 1000, k);
        check_tracking(&s, 1e-12);
        long double size;
        const long double e = energy_by_hand(&s, settings[k], &size);
        check_close(s.ops->energy(s.recall), e, 1e-12, 1e-15 * (double) size);
        close_sample(&s);
    }
}

/* The first pattern as cue, a tenth of it wrong; 20 sweeps over the sites. */
static void the_energy_falls_with_every_move_until_no_site_wants_one(void **state)
{
    (void) state;
    for (size_t k = 0; k < SETTINGS; k++) {
        struct spin_sample s;
        size_t moves = 0, last = 0;
        open_sample(&s, dense, settings[k], 60, 60, 40, 0, 30 + k);
        for (size_t sweep = 0; sweep < 20; sweep++) {
            last = 0;
            for (size_t i = 0; i < s.n; i++) {
                const double before = s.ops->energy(s.recall);
                const double h = s.ops->field(s.recall, i);
                if (!(h * s.ops->spins(s.recall)[i] < 0))
                    continue;
                s.ops->flip(s.recall, i);
                const double fell = before - s.ops->energy(s.recall);
                assert_true(fell > 0);
                check_close(fell, 2 * fabs(h), 1e-9, 1e-14 * fabs(before));
                /* the field is what it was, to the last bit: the site will stay */
                if (!strstr(settings[k], "exponential"))
                    check_close(s.ops->field(s.recall, i), h, 0, 0);
                last++;
            }
            moves += last;
        }
        assert_true(moves > 0 && last == 0);
        close_sample(&s);
    }
}

/* Two patterns that differ at 7 sites; the state agrees with one at 4 of them and with the other
 * at 3.  Turning one of the 4 changes places between the two: no energy changes, exactly. */
static void sites_between_two_equal_claims_have_no_field(void **state)
{
    (void) state;
    for (size_t k = 0; k < SETTINGS; k++) {
        struct spin_sample s;
        open_sample(&s, dense, settings[k], 40, 40, 2, 0, 40 + k);
        for (size_t i = 0; i < s.n; i++) {
            const int one = sample_bit(&s, i, 0) > 0;
            eg_bits_set(&s.patterns.bits, i, 1, i < 7 ? !one : one);
            s.spins[i] = (int8_t) sample_bit(&s, i, i < 4 ? 0 : 1);
        }
        s.ops->start(s.recall, s.spins);
        for (size_t i = 0; i < s.n; i++) {
            const double pull = s.ops->field(s.recall, i) * s.spins[i];
            if (i < 4)
                check_close(pull, 0, 0, 0);
            else /* 4, 5, 6 would rather be with the other; the rest is what both want */
                assert_true(i < 7 ? pull < 0 : pull > 0);
        }
        close_sample(&s);
    }
}

static void rectified_powers_do_not_see_what_is_behind_them(void **state)
{
    (void) state;
    struct spin_sample s;
    open_sample(&s, dense, "function=rectified power=4", 5, 5, 1, 0, 50);
    sample_pattern(&s, 0, s.spins);
    for (size_t i = 0; i < 5; i++)
        s.spins[i] = (int8_t) -s.spins[i];
    s.ops->start(s.recall, s.spins);
    check_close(s.ops->energy(s.recall), 0, 0, 0);
    check_close(s.ops->field(s.recall, 0), 0, 0, 0);
    for (size_t i = 0; i < 2; i++) /* M = -5, -3, -1: turning one more gives 1 = 1^4 */
        s.ops->flip(s.recall, i);
    check_close(s.ops->energy(s.recall), 0, 0, 0);
    check_close(s.ops->field(s.recall, 2), 0.5 * sample_bit(&s, 2, 0), 0, 0);
    check_close(s.ops->field(s.recall, 0), 0, 0, 0);
    close_sample(&s);
}

/* Fraction of wrong bits and of patterns without any after one step from stored patterns, 20 of
 * each of `networks` networks. */
static void one_step(const char *setting, size_t n, size_t p, size_t networks, double *error,
                     double *perfect)
{
    const size_t tried = p < 20 ? p : 20;
    size_t wrong = 0, whole = 0;
    for (size_t k = 0; k < networks; k++) {
        struct spin_sample s;
        open_sample(&s, dense, setting, n, n, p, 0, 1000 + k);
        for (size_t mu = 0; mu < tried; mu++) {
            size_t here = 0;
            sample_pattern(&s, mu, s.spins);
            s.ops->start(s.recall, s.spins);
            for (size_t i = 0; i < n; i++)
                here += s.ops->field(s.recall, i) * s.spins[i] > 0 ? 0 : 1;
            wrong += here;
            whole += here == 0;
        }
        close_sample(&s);
    }
    *error = (double) wrong / (double) (networks * tried * n);
    *perfect = (double) whole / (double) (networks * tried);
}

/* The field of the square is N - 1 and (N - 1)(P - 1) fair signs, so the error is a sum of
 * binomial terms.  The others are simulations by another program, of 4000 patterns (the second
 * and last: 200 networks); both errors are in the bands of 5 standard errors. */
static void stored_patterns_are_stable_as_often_as_they_should(void **state)
{
    (void) state;
    const struct {
        const char *setting;
        size_t n, p, networks;
        double error, perfect, tried; /* what the numbers come from: patterns */
    } rows[] = {
        {"power=2", 100, 11, 150, gsl_cdf_binomial_P(445, 0.5, 990), 0.940, 2200},
        {"power=3", 50, 107, 60, 3.3e-3, 0.867, 4000},
        {"power=4", 50, 1065, 10, 3.0e-3, 0.860, 4000},
        {"function=exponential", 16, 256, 100, 2.3e-3, 0.963, 4000},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        double error, perfect;
        one_step(rows[k].setting, rows[k].n, rows[k].p, rows[k].networks, &error, &perfect);
        const double tried = (double) rows[k].networks * (rows[k].p < 20 ? (double) rows[k].p : 20);
        const double trials = 1 / (1 / tried + 1 / rows[k].tried);
        const double p = rows[k].perfect, e = rows[k].error;
        check_close(perfect, p, 0, 5 * sqrt(p * (1 - p) / trials));
        check_close(error, e, 0, 5 * sqrt(e / (trials * (double) rows[k].n)));
    }
}

static void a_power_that_overflows_is_refused_with_the_largest_that_fits(void **state)
{
    (void) state;
    const size_t n = (size_t) 1 << 18; /* (2^18)^56 = 2^1008, (2^18)^57 = 2^1026 > DBL_MAX */
    struct spin_sample s;
    memset(&s, 0, sizeof s);
    s.arena = new_arena();
    s.patterns = (struct eg_patterns){.sites = n, .first = n, .count = 2};
    s.patterns.bits = (struct eg_bits){.rows = n, .columns = 2, .words = 8};
    learn_sample(&s, dense, "power=57");
    assert_int_equal(s.learned, EG_ERR_RANGE);
    assert_non_null(strstr(s.message.text, "memory.power = 57"));
    assert_non_null(strstr(s.message.text, "fits is 56"));
    close_sample(&s);
    open_sample(&s, dense, "power=56", n, n, 2, 0, 60);
    sample_pattern(&s, 1, s.spins);
    s.ops->start(s.recall, s.spins);
    check_close(s.ops->energy(s.recall), -ldexp(1, 1008), 1e-12, 0);
    assert_true(isfinite(s.ops->field(s.recall, 7)));
    close_sample(&s);
}

static void what_cannot_be_stored_is_said(void **state)
{
    (void) state;
    const double values[2] = {0.5, 1};
    const struct {
        size_t sites, rows, count;
        const double *values;
        int want;
        const char *says;
    } rows[] = {{4, 4, 0, NULL, EG_ERR_RANGE, "there are none"},
                {0, 0, 4, NULL, EG_ERR_RANGE, "sites, not 0"},
                {4, 3, 2, NULL, EG_ERR_SHAPE, "3 rows"},
                {2, 2, 1, values, EG_ERR_DATA, "real numbers"}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct spin_sample s;
        memset(&s, 0, sizeof s);
        s.arena = new_arena();
        draw_sample_patterns(&s.patterns, s.arena, rows[k].rows, rows[k].rows, rows[k].count, 1);
        s.patterns.sites = s.patterns.first = rows[k].sites;
        s.patterns.values = rows[k].values;
        learn_sample(&s, dense, "");
        assert_int_equal(s.learned, rows[k].want);
        assert_non_null(strstr(s.message.text, rows[k].says));
        close_sample(&s);
    }
    struct spin_sample s;
    open_sample(&s, dense, "", 4, 4, 2, 0, 1);
    eg_arena_fail_after(s.arena, 1);
    assert_int_equal(dense->learn(s.network, s.options, &s.patterns, &s.learning, &s.message),
                     EG_ERR_NOMEM);
    assert_int_equal(s.ops->init(s.recall, s.network, s.learning.kernels, s.arena), EG_ERR_NOMEM);
    close_sample(&s);
}

static void a_load_says_how_many_patterns(void **state)
{
    (void) state;
    const struct {
        const char *setting, *words;
        size_t n;
        double load;
        int want;
        size_t patterns;
    } rows[] = {
        {"power=2", "P / N^(n-1)", 100, 0.138, EG_OK, 14},
        {"power=3", "P / N^(n-1)", 100, 0.05, EG_OK, 500},
        {"function=rectified power=4", "P / N^(n-1)", 50, 0.01, EG_OK, 1250},
        {"function=exponential", "ln P / N", 20, 0.25, EG_OK, 148}, /* e^5 = 148.4 */
        {"power=2", "P / N^(n-1)", 100, 1e-9, EG_OK, 1},
        {"power=2", "P / N^(n-1)", 100, 0, EG_ERR_RANGE, 0},
        {"power=9", "P / N^(n-1)", 100, 0.1, EG_ERR_RANGE, 0},
        {"function=exponential", "ln P / N", 5000, 0.2, EG_ERR_RANGE, 0},
        {"power=60", "P / N^(n-1)", 1000000, 0.1, EG_ERR_RANGE, 0},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct eg_message m = {""};
        void *options = new_options(dense->options, dense->options_size, rows[k].setting);
        size_t patterns = 0;
        assert_int_equal(dense->count(options, rows[k].n, rows[k].n, rows[k].load, &patterns, &m),
                         rows[k].want);
        assert_int_equal(patterns, rows[k].patterns);
        assert_int_equal(rows[k].want != EG_OK, m.text[0] != '\0');
        assert_string_equal(dense->load_words(options), rows[k].words);
        assert_int_equal(dense->descends(options), 1);
        free(options);
    }
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_half_the_difference_of_the_energies),
        cmocka_unit_test(the_square_has_the_fields_of_the_hebbian_network),
        cmocka_unit_test(differences_of_high_powers_lose_no_digits),
        cmocka_unit_test(the_exponential_holds_at_any_size),
        cmocka_unit_test(what_is_tracked_is_what_a_new_start_computes),
        cmocka_unit_test(the_energy_falls_with_every_move_until_no_site_wants_one),
        cmocka_unit_test(sites_between_two_equal_claims_have_no_field),
        cmocka_unit_test(rectified_powers_do_not_see_what_is_behind_them),
        cmocka_unit_test(stored_patterns_are_stable_as_often_as_they_should),
        cmocka_unit_test(a_power_that_overflows_is_refused_with_the_largest_that_fits),
        cmocka_unit_test(what_cannot_be_stored_is_said),
        cmocka_unit_test(a_load_says_how_many_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
