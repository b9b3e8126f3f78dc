/* Networks of spins at a temperature: Boltzmann's distribution by enumeration, the ends of the
 * scale, annealing, and what a watch sees of a run. */
#include <gsl/gsl_cdf.h>

#include "tests/spin_sample.h"
#include "tests/toy_network.h"

static const struct eg_associative_type *const hopfield = &eg_associative_hopfield;

/* Probability of five standard deviations, both sides. */
static const double FIVE_SIGMA = 5.733e-7;

/* Four spins, three patterns, a bias: the energies of all 16 states. */
static void open_four(struct spin_sample *s, double *energy)
{
    open_sample(s, hopfield, "bias=0.3", 4, 4, 3, 0, 12);
    for (unsigned k = 0; k < 16; k++) {
        toy_spins_of(s->spins, 4, k);
        s->ops->start(s->recall, s->spins);
        energy[k] = s->ops->energy(s->recall);
    }
}

/* From a state drawn from exp(-E / T) a few sweeps lead to one with the same distribution; from
 * one and the same state many sweeps do. */
static void check_boltzmann(const char *settings, int from_one)
{
    const double temperature = 0.8;
    const size_t samples = from_one ? 20000 : 100000;
    double energy[16], p[16], total = 0;
    size_t found[16] = {0};
    struct spin_sample s;
    struct visits v;
    struct eg_stream stream;
    open_four(&s, energy);
    for (size_t k = 0; k < 16; k++)
        total += p[k] = exp(-energy[k] / temperature);
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 11, 0);
    open_visits(&v, hopfield, settings, 4, 0);
    for (size_t i = 0; i < samples; i++) {
        const double u = total * eg_stream_uniform(&stream);
        unsigned k = 0;
        for (double sum = p[0]; !from_one && sum <= u && k < 15;)
            sum += p[++k];
        toy_spins_of(s.spins, 4, k);
        s.ops->start(s.recall, s.spins);
        assert_int_equal(visit(&v, s.recall, i, NULL), EG_OK);
        unsigned end = 0;
        for (size_t j = 0; j < 4; j++)
            end |= (unsigned) (s.ops->spins(s.recall)[j] > 0) << j;
        found[end]++;
    }
    double chi2 = 0;
    for (size_t k = 0; k < 16; k++) {
        const double want = (double) samples * p[k] / total;
        assert_true(want > 20);
        chi2 += pow((double) found[k] - want, 2) / want;
    }
    if (!(gsl_cdf_chisq_Q(chi2, 15) > FIVE_SIGMA)) {
        print_error("%s: chi^2 = %g\n", settings, chi2);
        fail();
    }
    close_visits(&v);
    close_sample(&s);
}

static void heat_makes_boltzmanns_distribution(void **state)
{
    (void) state;
    const char *const updates[] = {"glauber", "metropolis"};
    const char *const orders[] = {"permutation", "random", "fixed"};
    for (size_t k = 0; k < 12; k++) {
        char settings[128];
        snprintf(settings, sizeof settings, "update=%s order=%s temperature=0.8 sweeps_max=%d",
                 updates[k % 2], orders[k / 2 % 3], k < 6 ? 2 : 40);
        check_boltzmann(settings, k >= 6);
    }
}

/* At a T so small that every factor is 0 or infinite, sites go as at T = 0. */
static void without_heat_sites_follow_their_fields(void **state)
{
    (void) state;
    const char *const cold[] = {"update=glauber temperature=1e-305 order=fixed sweeps_max=40",
                                "update=metropolis temperature=1e-305 order=fixed sweeps_max=40",
                                "update=glauber anneal=linear temperature=1e-305 order=fixed "
                                "sweeps_max=40"};
    for (size_t k = 0; k < 3; k++) {
        struct spin_sample s;
        struct visits v, w;
        int8_t end[101];
        open_sample(&s, hopfield, "bias=0.001", 101, 101, 9, 0, 3); /* no ties */
        open_visits(&v, hopfield, "order=fixed", s.n, 0);
        open_visits(&w, hopfield, cold[k], s.n, 0);
        assert_int_equal(visit(&v, s.recall, 1, NULL), EG_OK);
        assert_true(v.settled.moves > 20 && v.settled.sweeps < 40);
        memcpy(end, s.ops->spins(s.recall), s.n);
        s.ops->start(s.recall, s.spins);
        assert_int_equal(visit(&w, s.recall, 1, NULL), EG_OK);
        check_settled(&w, EG_REST_UNKNOWN, 40, v.settled.moves);
        assert_memory_equal(s.ops->spins(s.recall), end, s.n);
        close_visits(&v);
        close_visits(&w);
        close_sample(&s);
    }
}

/* Without a field Glauber draws a coin; Metropolis always turns over. */
static void in_great_heat_fields_do_not_matter(void **state)
{
    (void) state;
    struct spin_sample s;
    struct visits v;
    open_sample(&s, hopfield, "", 200, 200, 20, 0, 3);
    open_visits(&v, hopfield, "update=glauber temperature=1e6 sweeps_max=500", s.n, 0);
    assert_int_equal(visit(&v, s.recall, 1, NULL), EG_OK);
    check_close((double) v.settled.moves, 50000, 0, 5 * 159);
    close_visits(&v);
    open_visits(&v, hopfield, "update=metropolis temperature=1e6 sweeps_max=500", s.n, 0);
    assert_int_equal(visit(&v, s.recall, 1, NULL), EG_OK);
    assert_true(v.settled.moves > 99990 && v.settled.moves <= 100000);
    close_visits(&v);
    close_sample(&s);
}

static void see_run(struct seen *seen, const char *settings, int expected)
{
    struct spin_sample s;
    struct visits v;
    open_sample(&s, hopfield, "", 60, 60, 5, 0, 3);
    seen->n = 0;
    seen->ops = s.ops;
    seen->recall = s.recall;
    open_visits(&v, hopfield, settings, s.n, 0);
    const struct eg_watch watch = {.see = see_sweep, .context = seen};
    assert_int_equal(visit(&v, s.recall, 1, &watch), expected);
    assert_int_equal(seen->n, v.settled.sweeps + 1);
    uint64_t moves = 0;
    for (size_t k = 0; k < seen->n; k++) {
        assert_int_equal(seen->at[k].sweep, k);
        check_close(seen->at[k].change, (double) seen->at[k].moved / 60, 1e-15, 0);
        moves += seen->at[k].moved;
    }
    assert_int_equal(moves, v.settled.moves);
    assert_int_equal(seen->at[0].moved, 0);
    check_close(seen->at[0].energy, v.settled.energy_start, 0, 0);
    check_close(seen->at[seen->n - 1].energy, v.settled.energy, 0, 0);
    const int cold = strstr(settings, "quench=on") || !strstr(settings, "glauber");
    assert_int_equal(v.settled.rest == EG_REST_FIXED,
                     !expected && cold && !strstr(settings, "sweeps_max=1"));
    close_visits(&v);
    close_sample(&s);
}

static void the_temperatures_of_annealing_are_seen(void **state)
{
    (void) state;
    const struct {
        const char *settings;
        size_t n;
        double t[6];
    } cases[] = {
        {"anneal=linear temperature=2 sweeps_max=5", 5, {2, 2, 1.5, 1, 0.5, 0}},
        {"anneal=linear temperature=0 temperature_end=1 sweeps_max=3", 3, {0, 0, 0.5, 1}},
        {"anneal=geometric temperature=8 temperature_end=0.5 sweeps_max=5",
         5,
         {8, 8, 4, 2, 1, 0.5}},
        {"anneal=geometric temperature=8 temperature_end=0.5 sweeps_max=1", 1, {8, 8}},
        {"temperature=0.7 sweeps_max=4", 4, {0.7, 0.7, 0.7, 0.7, 0.7}},
    };
    for (size_t k = 0; k < 2 * sizeof cases / sizeof cases[0]; k++) {
        const size_t c = k / 2, quench = k % 2, n = cases[c].n;
        struct seen *seen = calloc(1, sizeof *seen);
        char settings[160];
        snprintf(settings, sizeof settings, "update=glauber %s%s", cases[c].settings,
                 quench ? " quench=on" : "");
        assert_non_null(seen);
        see_run(seen, settings, EG_OK);
        assert_true(quench ? seen->n >= n + 1 : seen->n == n + 1);
        for (size_t i = 0; i <= n; i++)
            check_close(seen->at[i].temperature, cases[c].t[i], 1e-14, 0);
        for (size_t i = n + 1; i < seen->n; i++)
            check_close(seen->at[i].temperature, 0, 0, 0);
        free(seen);
    }
}

/* --- watches --- */

static void sweeps_and_their_energies_are_seen_until_the_watch_ends_them(void **state)
{
    (void) state;
    const char *const settings[] = {
        "", "update=synchronous", "update=glauber temperature=0.5 sweeps_max=9",
        "update=metropolis temperature=0.5 sweeps_max=9 quench=on", "order=random tie=random"};
    struct seen *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    for (size_t k = 0; k < 5; k++) {
        seen->answer = 0;
        if (k != 1 && k != 3)
            see_run(seen, settings[k], EG_OK);
        seen->answer = 77;
        for (seen->until = 0; seen->until < 2; seen->until++) {
            see_run(seen, settings[k], 77);
            assert_int_equal(seen->n, seen->until + 1);
        }
    }
    free(seen);
}

/* A dynamics is used again: the second run does not know of the first. */
static void equal_streams_give_equal_bits(void **state)
{
    (void) state;
    const char *const settings[] = {
        "",
        "order=random",
        "tie=random",
        "update=glauber temperature=0.4 sweeps_max=20",
        "update=metropolis temperature=0.4 order=random sweeps_max=20 quench=on",
        "update=synchronous tie=random"};
    for (size_t k = 0; k < 6; k++) {
        struct spin_sample s;
        struct visits v;
        struct eg_settled first;
        int8_t end[2][120];
        open_sample(&s, hopfield, "", 120, 120, 24, 0, 3);
        open_visits(&v, hopfield, settings[k], s.n, 0);
        assert_int_equal(visit(&v, s.recall, 7, NULL), EG_OK);
        first = v.settled;
        memcpy(end[0], s.ops->spins(s.recall), s.n);
        int differs = 0;
        for (uint64_t seed = 8; seed < 20; seed++) {
            s.ops->start(s.recall, s.spins);
            assert_int_equal(visit(&v, s.recall, seed, NULL), EG_OK);
            differs |= memcmp(end[0], s.ops->spins(s.recall), s.n) != 0;
        }
        assert_true(differs);
        s.ops->start(s.recall, s.spins);
        assert_int_equal(visit(&v, s.recall, 7, NULL), EG_OK);
        memcpy(end[1], s.ops->spins(s.recall), s.n);
        assert_memory_equal(end[0], end[1], s.n);
        check_settled(&v, first.rest, first.sweeps, first.moves);
        check_close(v.settled.energy, first.energy, 0, 0);
        close_visits(&v);
        close_sample(&s);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heat_makes_boltzmanns_distribution),
        cmocka_unit_test(without_heat_sites_follow_their_fields),
        cmocka_unit_test(in_great_heat_fields_do_not_matter),
        cmocka_unit_test(the_temperatures_of_annealing_are_seen),
        cmocka_unit_test(sweeps_and_their_energies_are_seen_until_the_watch_ends_them),
        cmocka_unit_test(equal_streams_give_equal_bits),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
