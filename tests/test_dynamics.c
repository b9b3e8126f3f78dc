/* How sites are visited, and when a network is at rest: small networks against the rules written
 * out here. */
#include <gsl/gsl_cdf.h>

#include "tests/spin_sample.h"
#include "tests/toy_network.h"

static const struct eg_associative_type *const hopfield = &eg_associative_hopfield;

/* Probability of five standard deviations, both sides. */
static const double FIVE_SIGMA = 5.733e-7;

/* --- at temperature 0, site by site --- */

/* Site 2 is drawn to +1 by its bias, site 1 follows site 2, site 0 follows site 1. */
static struct toy *new_chain(void)
{
    struct toy *t = new_toy(3);
    t->w[0][1] = t->w[1][2] = t->bias[2] = 1;
    return t;
}

static void a_chain_in_fixed_order_by_hand(void **state)
{
    (void) state;
    const struct {
        size_t first, sweeps, order[3];
    } cases[] = {{0, 3, {0, 1, 2}}, {1, 2, {1, 2, 0}}, {2, 2, {2, 0, 1}}};
    for (size_t k = 0; k < 3; k++) {
        struct toy *t = new_chain();
        struct visits v;
        open_visits(&v, &toy_type, "order=fixed", 3, cases[k].first);
        visit_toy(&v, t, 0, 1);
        check_settled(&v, EG_REST_FIXED, cases[k].sweeps, 3);
        assert_int_equal(toy_bits(t), 7);
        assert_int_equal(t->times, 3 * (cases[k].sweeps + 1)); /* one more, without a move */
        for (size_t i = 0; i < t->times; i++)
            assert_int_equal(t->asked[i], cases[k].order[i % 3]);
        visit_toy(&v, t, 7, 1);
        check_settled(&v, EG_REST_FIXED, 0, 0);
        assert_int_equal(t->times, 3);
        close_visits(&v);
        free_toy(t);
    }
}

/* E = -s0 s1 - s0 s2 - s1 s2: from - + + one flip takes E from 1 to -3. */
static void energies_and_rises_by_hand(void **state)
{
    (void) state;
    struct toy *t = new_toy(3);
    struct visits v;
    toy_couple(t, 0, 1, 1);
    toy_couple(t, 0, 2, 1);
    toy_couple(t, 1, 2, 1);
    open_visits(&v, &toy_type, "", 3, 0);
    visit_toy(&v, t, 6, 1);
    check_settled(&v, EG_REST_FIXED, 1, 1);
    check_close(v.settled.energy_start, 1, 0, 0);
    check_close(v.settled.energy, -3, 0, 0);
    check_close(v.settled.rise, 0, 0, 0);
    close_visits(&v);
    free_toy(t);

    /* Asymmetric: 0 follows 1, which flees 0.  From - + site 0 turns, E = 0 all the time; with a
     * bias of 1/4 on site 0, E rises by 1/2 when site 0 is pulled down. */
    t = new_toy(2);
    t->w[0][1] = 1;
    t->w[1][0] = -1;
    t->bias[0] = 0.25;
    open_visits(&v, &toy_type, "order=fixed sweeps_max=7", 2, 0);
    visit_toy(&v, t, 2, 1);
    check_settled(&v, EG_REST_UNKNOWN, 7, 14);
    check_close(v.settled.rise, 0.5, 0, 0);
    close_visits(&v);
    free_toy(t);
}

/* The rules, written out: fixed order, ties kept or to +1. */
static void settle_by_hand(struct toy *t, int plus, size_t most, struct eg_settled *out)
{
    *out = (struct eg_settled){.rest = EG_REST_UNKNOWN};
    while (out->sweeps < most) {
        size_t moved = 0;
        for (size_t i = 0; i < t->n; i++) {
            const double h = toy_h(t, i);
            const int want = h > 0 ? 1 : h < 0 ? -1 : plus ? 1 : t->spins[i];
            moved += want != t->spins[i];
            t->spins[i] = (int8_t) want;
        }
        if (!moved) {
            out->rest = EG_REST_FIXED;
            return;
        }
        out->sweeps++;
        out->moves += moved;
    }
}

/* The same for all at once. */
static void settle_at_once_by_hand(struct toy *t, int plus, size_t most, struct eg_settled *out)
{
    unsigned before = ~0U;
    *out = (struct eg_settled){.rest = EG_REST_UNKNOWN};
    while (out->sweeps < most && out->rest == EG_REST_UNKNOWN) {
        const unsigned now = toy_bits(t);
        unsigned next = 0;
        for (size_t i = 0; i < t->n; i++) {
            const double h = toy_h(t, i);
            next |= (unsigned) (h > 0 || (!(h < 0) && (plus || t->spins[i] > 0))) << i;
        }
        if (next == now) {
            out->rest = EG_REST_FIXED;
            return;
        }
        out->rest = next == before ? EG_REST_CYCLE : EG_REST_UNKNOWN;
        out->sweeps++;
        out->moves += (uint64_t) __builtin_popcount(next ^ now);
        toy_spins_of(t->spins, t->n, next);
        before = now;
    }
}

/* All starts of small networks with many ties; how many ended in which way. */
static void compare_with_hand(const char *settings, int at_once, int plus, int symmetric,
                              size_t ends[3])
{
    struct visits v;
    open_visits(&v, &toy_type, settings, 6, 0);
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct toy *t = new_toy(6);
        toy_draw(t, symmetric, seed);
        for (unsigned bits = 0; bits < 64; bits++) {
            struct eg_settled want;
            int8_t spins[6];
            toy_spins_of(t->spins, 6, bits);
            (at_once ? settle_at_once_by_hand : settle_by_hand)(t, plus, 30, &want);
            memcpy(spins, t->spins, 6);
            visit_toy(&v, t, bits, 1);
            check_settled(&v, want.rest, want.sweeps, want.moves);
            assert_memory_equal(t->spins, spins, 6);
            check_close(v.settled.energy, toy_energy(t), 0, 0);
            assert_true(at_once || !symmetric || v.settled.rise <= 0);
            ends[want.rest]++;
        }
        free_toy(t);
    }
    close_visits(&v);
}

static void every_start_of_small_networks_goes_the_way_of_the_rules(void **state)
{
    (void) state;
    size_t one[3] = {0}, other[3] = {0};
    compare_with_hand("order=fixed sweeps_max=30", 0, 0, 1, one);
    compare_with_hand("order=fixed sweeps_max=30 tie=plus", 0, 1, 1, one);
    assert_int_equal(one[EG_REST_FIXED], 2 * 64 * 40); /* symmetric: always to rest */
    compare_with_hand("order=fixed sweeps_max=30", 0, 0, 0, other);
    compare_with_hand("order=fixed sweeps_max=30 tie=plus", 0, 1, 0, other);
    assert_true(other[EG_REST_FIXED] > 100 && other[EG_REST_UNKNOWN] > 100);
}

static void all_at_once_ends_fixed_or_in_two_cycles_where_couplings_are_symmetric(void **state)
{
    (void) state;
    size_t one[3] = {0}, other[3] = {0};
    compare_with_hand("update=synchronous sweeps_max=30", 1, 0, 1, one);
    compare_with_hand("update=synchronous sweeps_max=30 tie=plus", 1, 1, 1, one);
    assert_true(one[EG_REST_FIXED] > 100 && one[EG_REST_CYCLE] > 100);
    assert_int_equal(one[EG_REST_UNKNOWN], 0); /* Goles 1981 */
    compare_with_hand("update=synchronous sweeps_max=30", 1, 0, 0, other);
    compare_with_hand("update=synchronous sweeps_max=30 tie=plus", 1, 1, 0, other);
    assert_true(other[EG_REST_FIXED] > 100 && other[EG_REST_CYCLE] > 100);
    assert_true(other[EG_REST_UNKNOWN] > 100); /* longer cycles */
}

static void two_units_that_flee_each_other_by_hand(void **state)
{
    (void) state;
    struct toy *t = new_toy(2);
    struct visits v;
    toy_couple(t, 0, 1, -1);
    open_visits(&v, &toy_type, "update=synchronous", 2, 0);
    visit_toy(&v, t, 3, 1); /* ++, --, ++ */
    check_settled(&v, EG_REST_CYCLE, 2, 4);
    assert_int_equal(toy_bits(t), 3);
    visit_toy(&v, t, 1, 1);
    check_settled(&v, EG_REST_FIXED, 0, 0);
    close_visits(&v);
    open_visits(&v, &toy_type, "update=synchronous sweeps_max=1", 2, 0);
    visit_toy(&v, t, 3, 1);
    check_settled(&v, EG_REST_UNKNOWN, 1, 2);
    close_visits(&v);
    free_toy(t);
}

/* Patterns that lead one to the next: a cycle of as many states as patterns. */
static void longer_cycles_are_unknown_at_the_last_sweep(void **state)
{
    (void) state;
    for (size_t p = 2; p <= 4; p++) {
        struct spin_sample s;
        struct visits v;
        open_sample(&s, &eg_associative_sequence, "", 300, 300, p, 1, 5);
        open_visits(&v, s.type, "update=synchronous sweeps_max=21", s.n, 0);
        sample_pattern(&s, 0, s.spins);
        s.ops->start(s.recall, s.spins);
        assert_int_equal(visit(&v, s.recall, 1, NULL), EG_OK);
        assert_int_equal(v.settled.rest, p == 2 ? EG_REST_CYCLE : EG_REST_UNKNOWN);
        assert_int_equal(v.settled.sweeps, p == 2 ? 2 : 21);
        sample_pattern(&s, v.settled.sweeps % p, s.spins);
        assert_memory_equal(s.ops->spins(s.recall), s.spins, s.n);
        close_visits(&v);
        close_sample(&s);
    }
}

/* --- orders --- */

/* In hot networks nothing ever rests: 2000 sweeps. */
static void permutations_have_every_site_once_and_anywhere(void **state)
{
    (void) state;
    const double sweeps = 2000;
    struct toy *t = new_toy(8);
    struct visits v;
    size_t at[8][8] = {{0}};
    open_visits(&v, &toy_type, "update=glauber temperature=1 sweeps_max=2000", 8, 0);
    visit_toy(&v, t, 0, 1);
    assert_int_equal(t->times, 8 * 2000);
    for (size_t sweep = 0; sweep < 2000; sweep++) {
        unsigned found = 0;
        for (size_t k = 0; k < 8; k++) {
            found |= 1U << t->asked[8 * sweep + k];
            at[k][t->asked[8 * sweep + k]]++;
        }
        assert_int_equal(found, 255);
    }
    size_t still = 0; /* at the same place as in the sweep before: one of 8 */
    for (size_t i = 8; i < t->times; i++)
        still += t->asked[i] == t->asked[i - 8];
    check_close((double) still, sweeps, 0, 5 * sqrt(sweeps));
    double chi2 = 0; /* rows and columns have fixed sums: 49 are free */
    for (size_t k = 0; k < 64; k++)
        chi2 += pow((double) at[k / 8][k % 8] - sweeps / 8, 2) / (sweeps / 8);
    assert_true(gsl_cdf_chisq_Q(chi2, 49) > FIVE_SIGMA && gsl_cdf_chisq_P(chi2, 49) > FIVE_SIGMA);
    close_visits(&v);
    free_toy(t);
}

static void random_orders_are_drawn_with_replacement(void **state)
{
    (void) state;
    struct toy *t = new_toy(8);
    struct visits v;
    size_t count[8] = {0}, missing = 0;
    open_visits(&v, &toy_type, "update=glauber order=random temperature=1 sweeps_max=2000", 8, 0);
    visit_toy(&v, t, 0, 1);
    assert_int_equal(t->times, 8 * 2000);
    for (size_t sweep = 0; sweep < 2000; sweep++) {
        unsigned found = 0;
        for (size_t k = 0; k < 8; k++) {
            found |= 1U << t->asked[8 * sweep + k];
            count[t->asked[8 * sweep + k]]++;
        }
        missing += (size_t) (8 - __builtin_popcount(found));
    }
    double chi2 = 0;
    for (size_t k = 0; k < 8; k++)
        chi2 += pow((double) count[k] - 2000, 2) / 2000;
    assert_true(gsl_cdf_chisq_Q(chi2, 7) > FIVE_SIGMA && gsl_cdf_chisq_P(chi2, 7) > FIVE_SIGMA);
    /* A site is missing from a sweep with probability (7/8)^8 = 0.3436. */
    check_close((double) missing / 16000, 0.3436, 0, 5 * 0.5 / 126);
    close_visits(&v);
    free_toy(t);
}

/* With replacement a sweep may miss the one site that wants to move. */
static void no_rest_while_a_site_wants_to_move_in_every_order_and_with_every_tie(void **state)
{
    (void) state;
    const char *const orders[] = {"permutation", "random", "fixed"};
    const char *const ties[] = {"keep", "plus", "random"};
    for (size_t k = 0; k < 18; k++) {
        struct visits v;
        char settings[128];
        snprintf(settings, sizeof settings, "order=%s tie=%s%s", orders[k % 3], ties[k / 3 % 3],
                 k < 9 ? "" : " update=glauber temperature=1 quench=on sweeps_max=50");
        open_visits(&v, &toy_type, settings, 8, 0);
        for (uint64_t seed = 0; seed < 200; seed++) {
            struct toy *t = new_toy(8);
            toy_draw(t, 1, seed);
            visit_toy(&v, t, (unsigned) seed & 255, seed);
            assert_int_equal(v.settled.rest, EG_REST_FIXED);
            assert_int_equal(toy_unhappy(t), 8);
            for (size_t i = 0; i < 8 && k / 3 % 3 == 1; i++)
                assert_true(t->spins[i] > 0 || toy_h(t, i) < 0);
            free_toy(t);
        }
        close_visits(&v);
    }
}

/* A network that remembers more than its spins says so at the end of a sweep. */
static void no_rest_while_a_network_says_so(void **state)
{
    (void) state;
    const char *const settings[] = {"", "order=random", "update=synchronous", "tie=random"};
    for (size_t k = 0; k < 4; k++) {
        struct toy *t = new_toy(4);
        struct visits v;
        for (size_t i = 0; i < 4; i++)
            t->bias[i] = 1;
        t->restless = 5;
        open_visits(&v, &toy_type, settings[k], 4, 0);
        visit_toy(&v, t, 15, 1);
        check_settled(&v, EG_REST_FIXED, 5, 0);
        close_visits(&v);
        free_toy(t);
    }
}

/* --- ties --- */

/* Without couplings all fields are 0, and stay it. */
static void ties_are_kept_go_up_or_are_drawn(void **state)
{
    (void) state;
    const char *const updates[] = {"asynchronous", "synchronous"};
    for (size_t k = 0; k < 2; k++) {
        struct toy *t = new_toy(8);
        struct visits v;
        char settings[64];
        snprintf(settings, sizeof settings, "update=%s tie=keep", updates[k]);
        open_visits(&v, &toy_type, settings, 8, 0);
        visit_toy(&v, t, 0x35, 1);
        check_settled(&v, EG_REST_FIXED, 0, 0);
        assert_int_equal(toy_bits(t), 0x35);
        close_visits(&v);

        snprintf(settings, sizeof settings, "update=%s tie=plus", updates[k]);
        open_visits(&v, &toy_type, settings, 8, 0);
        visit_toy(&v, t, 0x35, 1);
        check_settled(&v, EG_REST_FIXED, 1, 4);
        assert_int_equal(toy_bits(t), 0xff);
        close_visits(&v);

        snprintf(settings, sizeof settings, "update=%s tie=random sweeps_max=1000", updates[k]);
        open_visits(&v, &toy_type, settings, 8, 0);
        size_t ups = 0;
        for (uint64_t seed = 0; seed < 1000; seed++) {
            visit_toy(&v, t, 0x35, seed);
            const unsigned moved = toy_bits(t) ^ 0x35;
            check_settled(&v, EG_REST_FIXED, moved != 0, (uint64_t) __builtin_popcount(moved));
            for (size_t i = 0; i < 8; i++) {
                assert_true(t->spins[i] == 1 || t->spins[i] == -1);
                ups += t->spins[i] > 0;
            }
        }
        check_close((double) ups, 4000, 0, 5 * 45);
        close_visits(&v);
        free_toy(t);
    }
}

/* Site 1 is pulled to both sides, by 0 and by 2; when it turns over, site 0 wants to follow. */
static void a_drawn_tie_that_moves_others_is_no_rest(void **state)
{
    (void) state;
    struct toy *t = new_toy(3);
    toy_couple(t, 0, 1, 1);
    toy_couple(t, 1, 2, 1);
    t->bias[2] = -2;
    for (size_t k = 0; k < 2; k++) {
        struct visits v;
        open_visits(&v, &toy_type, k ? "update=synchronous tie=random" : "order=fixed tie=random",
                    3, 0);
        for (uint64_t seed = 0; seed < 100; seed++) {
            visit_toy(&v, t, 3, seed); /* + + - */
            assert_int_equal(v.settled.rest, EG_REST_FIXED);
            assert_int_equal(toy_unhappy(t), 3);
        }
        close_visits(&v);
    }
    free_toy(t);
}

/* One pattern, a start at right angles to it: every field is 0 but for the site's own part. */
static void hebbian_ties_are_exact(void **state)
{
    (void) state;
    struct spin_sample s;
    struct visits v;
    open_sample(&s, hopfield, "self_coupling=on", 100, 100, 1, 0, 1);
    sample_pattern(&s, 0, s.spins);
    for (size_t i = 0; i < 50; i++)
        s.spins[i] = (int8_t) -s.spins[i];
    s.ops->start(s.recall, s.spins);
    open_visits(&v, hopfield, "", s.n, 0);
    assert_int_equal(visit(&v, s.recall, 1, NULL), EG_OK);
    check_settled(&v, EG_REST_FIXED, 0, 0);
    assert_memory_equal(s.ops->spins(s.recall), s.spins, s.n);
    close_visits(&v);
    close_sample(&s);
}

static void a_watch_that_ends_at_the_start_leaves_the_network_alone(void **state)
{
    (void) state;
    struct toy *t = new_chain();
    struct visits v;
    struct seen *seen = calloc(1, sizeof *seen);
    const int8_t spins[3] = {-1, -1, -1};
    assert_non_null(seen);
    seen->recall = t;
    seen->answer = EG_ERR_IO;
    const struct eg_watch watch = {.see = see_sweep, .context = seen};
    open_visits(&v, &toy_type, "", 3, 0);
    toy_start(t, spins);
    assert_int_equal(visit(&v, t, 1, &watch), EG_ERR_IO);
    check_settled(&v, EG_REST_UNKNOWN, 0, 0);
    assert_int_equal(t->times, 0);
    close_visits(&v);
    free(seen);
    free_toy(t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_in_fixed_order_by_hand),
        cmocka_unit_test(energies_and_rises_by_hand),
        cmocka_unit_test(every_start_of_small_networks_goes_the_way_of_the_rules),
        cmocka_unit_test(all_at_once_ends_fixed_or_in_two_cycles_where_couplings_are_symmetric),
        cmocka_unit_test(two_units_that_flee_each_other_by_hand),
        cmocka_unit_test(longer_cycles_are_unknown_at_the_last_sweep),
        cmocka_unit_test(permutations_have_every_site_once_and_anywhere),
        cmocka_unit_test(random_orders_are_drawn_with_replacement),
        cmocka_unit_test(no_rest_while_a_site_wants_to_move_in_every_order_and_with_every_tie),
        cmocka_unit_test(no_rest_while_a_network_says_so),
        cmocka_unit_test(ties_are_kept_go_up_or_are_drawn),
        cmocka_unit_test(a_drawn_tie_that_moves_others_is_no_rest),
        cmocka_unit_test(hebbian_ties_are_exact),
        cmocka_unit_test(a_watch_that_ends_at_the_start_leaves_the_network_alone),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
