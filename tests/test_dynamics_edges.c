/* Runs of networks of spins at T = 0 over a million updates, the smallest networks, contradicting
 * options, and networks with real states. */
#include "tests/flow.h"
#include "tests/spin_sample.h"
#include "tests/toy_network.h"

/* --- a million updates --- */

/* From random starts, of networks below and above capacity.  Energies of the Hebbian rule are exact
 * but for the last factors; those of matrices and powers are rounded. */
static void energies_never_rise_over_a_million_updates(void **state)
{
    (void) state;
    const struct {
        const struct eg_associative_type *type;
        const char *settings, *dynamics;
        size_t patterns, updates;
        double rise;
    } cases[] = {
        {&eg_associative_hopfield, "", "", 26, 1000000, 0},
        {&eg_associative_hopfield, "bias=0.01", "order=random", 60, 300000, 1e-12},
        {&eg_associative_hopfield, "self_coupling=on", "order=fixed tie=plus", 60, 200000, 0},
        {&eg_associative_hopfield, "units=binary", "tie=random", 26, 300000, 0},
        {&eg_associative_hopfield, "units=binary thresholds=constant threshold=0.02", "", 26,
         200000, 1e-12},
        {&eg_associative_hopfield, "rule=sparse", "", 40, 300000, 1e-12},
        {&eg_associative_hopfield, "rule=storkey", "", 26, 200000, 1e-10},
        {&eg_associative_hopfield, "rule=projection self_coupling=on", "", 100, 200000, 1e-10},
        {&eg_associative_dense, "power=3", "", 60, 200000, 0},
        {&eg_associative_dense, "function=exponential", "", 60, 200000, 1e-10},
        {&eg_associative_bam, "", "", 26, 200000, 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct spin_sample s;
        struct visits v;
        const uint64_t want = cases[k].updates;
        uint64_t updates = 0, moves = 0;
        open_sample(&s, cases[k].type, cases[k].settings, 201, 100, cases[k].patterns, 0, k);
        open_visits(&v, s.type, cases[k].dynamics, s.n, 0);
        for (uint64_t seed = 0; updates < want; seed++) {
            draw_spins(s.spins, s.n, seed);
            s.ops->start(s.recall, s.spins);
            assert_int_equal(visit(&v, s.recall, seed, NULL), EG_OK);
            assert_int_equal(v.settled.rest, EG_REST_FIXED);
            if (!(v.settled.rise <= cases[k].rise)) {
                print_error("%s %s: rose by %g\n", s.type->name, cases[k].settings, v.settled.rise);
                fail();
            }
            assert_true(v.settled.energy <= v.settled.energy_start + cases[k].rise);
            check_close(v.settled.energy, s.ops->energy_anew(s.recall), 1e-12, 1e-12);
            updates += (v.settled.sweeps + 1) * s.n;
            moves += v.settled.moves;
        }
        if (!(moves > updates / 50))
            fail_msg("%s: %f", cases[k].settings, (double) moves / (double) updates);
        close_visits(&v);
        close_sample(&s);
    }
}

/* --- the edges --- */

static void one_site_alone(void **state)
{
    (void) state;
    const char *const settings[] = {"", "order=random", "order=fixed", "update=synchronous",
                                    "update=glauber temperature=1e-9 quench=on"};
    for (size_t k = 0; k < 5; k++) {
        struct toy *t = new_toy(1);
        struct visits v;
        open_visits(&v, &toy_type, settings[k], 1, 0);
        t->bias[0] = 1;
        visit_toy(&v, t, 0, 1);
        check_settled(&v, EG_REST_FIXED, k < 4 ? 1 : 1000, 1);
        assert_int_equal(t->spins[0], 1);
        if (k == 3) { /* a unit that flees itself */
            t->bias[0] = 0;
            t->w[0][0] = -1;
            visit_toy(&v, t, 0, 1);
            check_settled(&v, EG_REST_CYCLE, 2, 2);
        }
        close_visits(&v);
        free_toy(t);
    }
}

static void sizes_and_memory_are_checked(void **state)
{
    (void) state;
    struct eg_dynamics d;
    struct eg_dynamics_options o = {.update = EG_UPDATE_SYNCHRONOUS, .sweeps_max = 1};
    struct eg_arena *arena = new_arena();
    assert_int_equal(eg_dynamics_init(&d, &toy_type, &o, 0, 0, arena), EG_ERR_RANGE);
    assert_int_equal(eg_dynamics_init(&d, &toy_type, &o, ((size_t) 1 << 31) + 1, 0, arena),
                     EG_ERR_RANGE);
    for (size_t pieces = 0; pieces <= 4; pieces++) {
        eg_arena_fail_after(arena, pieces);
        assert_int_equal(eg_dynamics_init(&d, &toy_type, &o, 10, 0, arena),
                         pieces < 4 ? EG_ERR_NOMEM : EG_OK);
    }
    eg_arena_free(&arena);
}

static void options_that_contradict_each_other_are_refused(void **state)
{
    (void) state;
    const struct {
        const char *settings, *key;
    } cases[] = {
        {"temperature=1", "dynamics.temperature"},
        {"update=glauber", "dynamics.temperature"},
        {"update=synchronous temperature=0.5", "dynamics.temperature"},
        {"anneal=linear", "dynamics.anneal"},
        {"quench=on", "dynamics.quench"},
        {"update=synchronous quench=on", "dynamics.quench"},
        {"temperature_end=1", "dynamics.temperature_end"},
        {"update=glauber temperature=1 temperature_end=2", "dynamics.temperature_end"},
        {"update=metropolis anneal=linear", "dynamics.temperature"},
        {"update=glauber anneal=geometric temperature=1", "dynamics.temperature_end"},
        {"update=glauber anneal=geometric temperature_end=1", "dynamics.temperature"},
    };
    const char *const good[] = {"",
                                "update=synchronous tie=plus",
                                "update=metropolis temperature=1 quench=on",
                                "update=glauber anneal=linear temperature=1",
                                "update=glauber anneal=linear temperature_end=1",
                                "update=glauber anneal=geometric temperature=1 temperature_end=2"};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct eg_message m = {""};
        struct eg_dynamics_options *o = new_options(eg_dynamics_rows, sizeof *o, cases[k].settings);
        assert_int_equal(eg_dynamics_check(o, &m), EG_ERR_RANGE);
        if (!strstr(m.text, cases[k].key))
            fail_msg("%s: %s", cases[k].settings, m.text);
        free(o);
    }
    for (size_t k = 0; k < sizeof good / sizeof good[0]; k++) {
        struct eg_dynamics_options *o = new_options(eg_dynamics_rows, sizeof *o, good[k]);
        assert_int_equal(eg_dynamics_check(o, NULL), EG_OK);
        free(o);
    }
}

static void values_out_of_range_are_refused_by_their_rows(void **state)
{
    (void) state;
    const char *const bad[][2] = {
        {"temperature", "-1"}, {"temperature_end", "-0.1"}, {"sweeps_max", "0"},
        {"tolerance", "-1"},   {"update", "sometimes"},     {"order", "backwards"},
        {"tie", "minus"},      {"anneal", "yes"},           {"temperature", "nan"}};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        struct eg_config *config;
        struct eg_message m = {""};
        struct eg_dynamics_options o;
        char key[64];
        snprintf(key, sizeof key, "dynamics.%s", bad[k][0]);
        assert_int_equal(eg_config_init(&config), EG_OK);
        assert_int_equal(eg_config_set(config, key, bad[k][1], "test", &m), EG_OK);
        assert_int_not_equal(eg_config_bind(config, "dynamics", eg_dynamics_rows, &o, &m), EG_OK);
        assert_non_null(strstr(m.text, key));
        eg_config_free(&config);
    }
}

/* --- real states --- */

/* Each step halves the distance to 0, E = x^2; a step from below 2^-30 fails. */
struct halves {
    double x;
    int rises;
};

static const double *halves_outputs(const void *recall)
{
    return &((const struct halves *) recall)->x;
}

static int halves_step(void *recall, double *change, struct eg_message *message)
{
    struct halves *h = recall;
    if (h->x < 0x1p-30)
        return EG_FAIL(EG_ERR_DIVERGED, message, "too small");
    *change = h->x / 2;
    h->x /= 2;
    return EG_OK;
}

static double halves_energy(const void *recall)
{
    const struct halves *h = recall;
    return h->rises ? -h->x : h->x * h->x;
}

static void real_states_stop_where_the_change_is_within_tolerance(void **state)
{
    (void) state;
    static const struct eg_flow_ops ops = {
        .outputs = halves_outputs, .step = halves_step, .energy = halves_energy};
    static const struct eg_associative_type type = {.name = "halves", .flow = &ops};
    struct halves h = {1, 0};
    struct visits v;
    struct seen *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    seen->recall = &h;
    const struct eg_watch watch = {.see = see_sweep, .context = seen};
    open_visits(&v, &type, "tolerance=0.125", 1, 0);
    assert_int_equal(visit(&v, &h, 1, &watch), EG_OK); /* changes 1/2, 1/4, 1/8 */
    check_settled(&v, EG_REST_FIXED, 3, 0);
    check_close(v.settled.energy_start, 1, 0, 0);
    check_close(v.settled.energy, 1.0 / 64, 0, 0);
    check_close(v.settled.rise, 0, 0, 0);
    assert_int_equal(seen->n, 4);
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(seen->at[k].sweep, k);
        check_close(seen->at[k].change, k ? pow(0.5, (double) k) : 0, 0, 0);
        check_close(seen->at[k].energy, pow(0.25, (double) k), 0, 0);
    }
    h = (struct halves){1, 1}; /* -1, -1/2, -1/4, -1/8 */
    seen->n = 0;
    seen->answer = 77;
    seen->until = 2;
    assert_int_equal(visit(&v, &h, 1, &watch), 77);
    assert_int_equal(seen->n, 3);
    check_settled(&v, EG_REST_UNKNOWN, 2, 0);
    check_close(v.settled.rise, 0.5, 0, 0);
    close_visits(&v);

    h = (struct halves){1, 0};
    open_visits(&v, &type, "tolerance=1e-3 sweeps_max=4", 1, 0);
    assert_int_equal(visit(&v, &h, 1, NULL), EG_OK);
    check_settled(&v, EG_REST_UNKNOWN, 4, 0);
    close_visits(&v);
    open_visits(&v, &type, "tolerance=0", 1, 0);
    assert_int_equal(visit(&v, &h, 1, NULL), EG_ERR_DIVERGED);
    assert_int_equal(v.settled.rest, EG_REST_UNKNOWN);
    close_visits(&v);
    free(seen);
}

static void attention_settles_and_its_energy_never_rises(void **state)
{
    (void) state;
    double x[20 * 30], start[30];
    struct flow f;
    draw_signs(x, 600, 1);
    const struct eg_patterns patterns = real_patterns(x, 20, 30);
    flow_make(&f, &eg_associative_modern, "beta=0.3", &patterns);
    size_t steps[2];
    for (size_t k = 0; k < 2; k++) {
        struct visits v;
        open_visits(&v, f.type, k ? "tolerance=1e-14" : "tolerance=0.01", 30, 0);
        memcpy(start, x, sizeof start);
        for (size_t i = 0; i < 6; i++)
            start[i] = -start[i];
        flow_start(&f, start);
        assert_int_equal(visit(&v, f.recall, 1, NULL), EG_OK);
        assert_int_equal(v.settled.rest, EG_REST_FIXED);
        assert_true(v.settled.rise <= 1e-13 && v.settled.energy < v.settled.energy_start);
        steps[k] = v.settled.sweeps;
        assert_true(flow_step(&f) <= (k ? 1e-13 : 0.01));
        close_visits(&v);
    }
    assert_true(steps[0] >= 2 && steps[1] > steps[0]);
    flow_free(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_never_rise_over_a_million_updates),
        cmocka_unit_test(one_site_alone),
        cmocka_unit_test(sizes_and_memory_are_checked),
        cmocka_unit_test(options_that_contradict_each_other_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused_by_their_rows),
        cmocka_unit_test(real_states_stop_where_the_change_is_within_tolerance),
        cmocka_unit_test(attention_settles_and_its_energy_never_rises),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
