/* The classical network: its rules by name, what options refuse each other, loads, theory. */
#include "memory/theory.h"

#include "tests/spin_sample.h"
#include "tests/toy_network.h"

static const struct eg_associative_type *const hopfield = &eg_associative_hopfield;
static const char *const rules[] = {"hebbian",    "sparse",         "hebbian-matrix", "storkey",
                                    "projection", "pseudo-inverse", "perceptron",     "minover"};
enum { RULES = sizeof rules / sizeof rules[0] };

static void *options_of(const char *settings)
{
    return new_options(hopfield->options, hopfield->options_size, settings);
}

/* Every name that the option has is tested here, and none but these. */
static void the_rules_are_those_of_this_test(void **state)
{
    (void) state;
    const struct eg_option *row = hopfield->options;
    while (row->key && strcmp(row->key, "rule"))
        row++;
    assert_non_null(row->key);
    for (size_t k = 0; k < RULES; k++)
        assert_string_equal(row->choices[k], rules[k]);
    assert_null(row->choices[RULES]);
}

/* 5 patterns on 100 sites, a tenth of the sites wrong. */
static void every_rule_recalls_a_few_patterns_in_both_kinds_of_units(void **state)
{
    (void) state;
    for (size_t k = 0; k < 4 * RULES; k++) {
        struct spin_sample s;
        struct visits v;
        char settings[128];
        snprintf(settings, sizeof settings, "rule=%s units=%s self_coupling=%s stability=2",
                 rules[k / 4], k % 2 ? "binary" : "spins", k / 2 % 2 ? "on" : "off");
        open_sample(&s, hopfield, settings, 100, 100, 5, 0, 7);
        open_visits(&v, hopfield, "", s.n, 0);
        for (size_t p = 0; p < s.p; p++) {
            int8_t want[100];
            sample_pattern(&s, p, want);
            sample_pattern(&s, p, s.spins);
            for (size_t i = p; i < 100; i += 10)
                s.spins[i] = (int8_t) -s.spins[i];
            s.ops->start(s.recall, s.spins);
            assert_int_equal(visit(&v, s.recall, p, NULL), EG_OK);
            check_settled(&v, EG_REST_FIXED, v.settled.sweeps, v.settled.moves);
            if (memcmp(s.ops->spins(s.recall), want, s.n))
                fail_msg("%s: pattern %zu is not recalled", settings, p);
        }
        close_visits(&v);
        close_sample(&s);
    }
}

/* The fields are those of the patterns that are left. */
static void patterns_that_are_forgotten_leave_nothing(void **state)
{
    (void) state;
    enum { N = 50, P = 5, FORGOTTEN = 2 };
    struct spin_sample s;
    open_sample(&s, hopfield, "rule=hebbian-matrix forget=2", N, N, P, 0, 11);
    draw_spins(s.spins, N, 12);
    s.ops->start(s.recall, s.spins);
    for (size_t i = 0; i < N; i++) {
        double h = 0;
        for (size_t k = FORGOTTEN; k < P; k++)
            for (size_t j = 0; j < N; j++)
                h += j != i ? sample_bit(&s, i, k) * sample_bit(&s, j, k) * s.spins[j] : 0;
        check_close(s.ops->field(s.recall, i), h / N, 1e-14, 1e-14);
    }
    close_sample(&s);
}

/* Far above the capacity of Hebb's rule: 60 of 200; the other name of the rule makes the same. */
static void projections_recall_what_the_hebbian_rule_does_not(void **state)
{
    (void) state;
    const char *const settings[] = {"rule=projection", "rule=pseudo-inverse", "rule=hebbian"};
    const size_t counts[] = {20, 60};
    for (size_t k = 0; k < 6; k++) {
        const size_t flips = k < 3 ? 30 : 6;
        size_t exact = 0;
        struct spin_sample s;
        struct visits v;
        open_sample(&s, hopfield, settings[k % 3], 200, 200, counts[k / 3], 0, 8);
        open_visits(&v, hopfield, "", s.n, 0);
        for (size_t p = 0; p < s.p; p++) {
            int8_t want[200];
            sample_pattern(&s, p, want);
            sample_pattern(&s, p, s.spins);
            for (size_t i = 0; i < flips; i++)
                s.spins[6 * i + p % 6] = (int8_t) -s.spins[6 * i + p % 6];
            s.ops->start(s.recall, s.spins);
            assert_int_equal(visit(&v, s.recall, p, NULL), EG_OK);
            exact += !memcmp(s.ops->spins(s.recall), want, s.n);
        }
        if (k % 3 < 2)
            assert_int_equal(exact, s.p);
        else
            assert_true(k < 3 ? exact < s.p : exact < s.p / 10);
        close_visits(&v);
        close_sample(&s);
    }
}

/* Rules without symmetry, and Storkey's with couplings of sites to themselves, promise nothing. */
static void what_descends_is_said(void **state)
{
    (void) state;
    for (size_t k = 0; k < 2 * RULES; k++) {
        char settings[128];
        snprintf(settings, sizeof settings, "rule=%s self_coupling=%s", rules[k / 2],
                 k % 2 ? "on" : "off");
        void *o = options_of(settings);
        const int no = !strcmp(rules[k / 2], "perceptron") || !strcmp(rules[k / 2], "minover")
                       || (k % 2 && !strcmp(rules[k / 2], "storkey"));
        assert_int_equal(hopfield->descends(o), !no);
        free(o);
    }
}

/* P / N */
static void loads_are_patterns_over_sites(void **state)
{
    (void) state;
    const struct {
        size_t sites;
        double load;
        size_t patterns;
    } cases[] = {{1000, 0.138, 138}, {1000, 0.1384, 138}, {1000, 0.1386, 139}, {10, 0.001, 1},
                 {1, 1, 1},          {3, 2, 6},           {1000, 1e-9, 1},     {8000, 0.05, 400}};
    void *o = options_of("");
    struct eg_message m = {""};
    size_t patterns;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        assert_int_equal(
            hopfield->count(o, cases[k].sites, cases[k].sites, cases[k].load, &patterns, &m),
            EG_OK);
        assert_int_equal(patterns, cases[k].patterns);
    }
    assert_string_equal(hopfield->load_words(o), "P / N");
    const double bad[] = {0, -1, NAN, INFINITY, 2e12};
    for (size_t k = 0; k < 5; k++)
        assert_int_equal(hopfield->count(o, 1000, 1000, bad[k], &patterns, &m), EG_ERR_RANGE);
    free(o);
}

/* N P / 8 and little more without a matrix; 8 N^2 with it. */
static void bytes_are_those_of_the_patterns_or_of_a_matrix(void **state)
{
    (void) state;
    void *free_of = options_of(""), *matrix = options_of("rule=hebbian-matrix"),
         *rows = options_of("rule=perceptron");
    const double n = 100000, p = 13800;
    const double packed = hopfield->bytes(free_of, 100000, 13800);
    assert_true(packed >= n * p / 8 && packed < 1.1 * n * p / 8);
    const double full = hopfield->bytes(matrix, 100000, 1000);
    assert_true(full >= 8 * n * n && full < 1.1 * 8 * n * n);
    assert_true(hopfield->bytes(rows, 100000, 1000) >= 2 * 8 * n * n);
    assert_true(hopfield->bytes(free_of, SIZE_MAX / 2, SIZE_MAX / 2) > 1e18);
    free(free_of);
    free(matrix);
    free(rows);
}

static void options_and_patterns_that_do_not_fit_are_refused(void **state)
{
    (void) state;
    const struct {
        const char *settings;
        double activity;
        size_t sites, count; /* 0: as drawn */
        int status;
        const char *key;
    } cases[] = {
        {"units=binary", 0.1, 0, 0, EG_ERR_RANGE, "memory.rule"},
        {"thresholds=constant", 0.5, 0, 0, EG_ERR_RANGE, "memory.thresholds"},
        {"rule=storkey thresholds=constant", 0.5, 0, 0, EG_ERR_RANGE, "memory.thresholds"},
        {"threshold=0.1", 0.5, 0, 0, EG_ERR_RANGE, "memory.threshold"},
        {"units=binary threshold=-0.1", 0.5, 0, 0, EG_ERR_RANGE, "memory.threshold"},
        {"rule=sparse threshold=0.1", 0.1, 0, 0, EG_ERR_RANGE, "memory.threshold"},
        {"unlearn=3", 0.5, 0, 0, EG_ERR_RANGE, "memory.unlearn"},
        {"rule=sparse unlearn=3", 0.1, 0, 0, EG_ERR_RANGE, "memory.unlearn"},
        {"", 0.5, 21, 0, EG_ERR_SHAPE, "21"},
        {"", 0.5, 0, 9, EG_ERR_SHAPE, "9"},
        {"", 0.5, ((size_t) 1 << 21) + 1, 0, EG_ERR_RANGE, "2097152"},
        {"rule=sparse thresholds=constant threshold=0.2", 0.1, 0, 0, EG_OK, ""},
        {"units=binary thresholds=constant threshold=0.2", 0.5, 0, 0, EG_OK, ""},
        {"", 0.1, 0, 0, EG_OK, ""},
        {"rule=hebbian-matrix unlearn=3", 0.5, 0, 0, EG_OK, ""},
        {"forget=1", 0.5, 0, 0, EG_ERR_RANGE, "memory.forget"},
        {"rule=projection forget=1", 0.5, 0, 0, EG_ERR_RANGE, "memory.forget"},
        {"rule=hebbian-matrix forget=100000", 0.5, 0, 0, EG_ERR_RANGE, "memory.forget"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct spin_sample s;
        memset(&s, 0, sizeof s);
        s.arena = new_arena();
        draw_sample_patterns(&s.patterns, s.arena, 20, 20, 3, 1);
        s.patterns.activity = cases[k].activity;
        void *o = options_of(cases[k].settings);
        void *network = calloc(1, hopfield->network_size);
        assert_non_null(network);
        struct eg_learning l = {
            .kernels = eg_kernels_best(), .seed = 1, .arena = s.arena, .note = {"not cleared"}};
        if (cases[k].sites)
            s.patterns.sites = cases[k].sites;
        if (cases[k].count)
            s.patterns.count = cases[k].count;
        const int status = hopfield->learn(network, o, &s.patterns, &l, &s.message);
        if (status != cases[k].status || !strstr(s.message.text, cases[k].key))
            fail_msg("%s: %d %s", cases[k].settings, status, s.message.text);
        assert_string_equal(l.note.text, "");
        free(o);
        free(network);
        eg_arena_free(&s.arena);
    }
}

static void no_patterns_no_sites_and_real_patterns_are_refused(void **state)
{
    (void) state;
    const double values[4] = {1, 0.5, -1, 0};
    for (size_t k = 0; k < 3 * RULES; k++) {
        char settings[64];
        struct eg_patterns p;
        struct eg_message m = {""};
        struct eg_arena *arena = new_arena();
        snprintf(settings, sizeof settings, "rule=%s", rules[k / 3]);
        draw_sample_patterns(&p, arena, 2, 2, 2, 1);
        p.values = k % 3 == 0 ? values : NULL;
        p.count = k % 3 == 1 ? 0 : 2;
        p.sites = k % 3 == 2 ? 0 : 2;
        void *o = options_of(settings), *network = calloc(1, hopfield->network_size);
        assert_non_null(network);
        struct eg_learning l = {.kernels = eg_kernels_best(), .arena = arena};
        assert_int_equal(hopfield->learn(network, o, &p, &l, &m),
                         k % 3 == 0 ? EG_ERR_DATA : EG_ERR_RANGE);
        assert_non_null(strstr(m.text, "hopfield"));
        free(o);
        free(network);
        eg_arena_free(&arena);
    }
}

static void values_out_of_range_are_refused_by_their_rows(void **state)
{
    (void) state;
    const char *const bad[][2] = {{"rule", "hebb"},    {"units", "real"},   {"bias", "inf"},
                                  {"stability", "-1"}, {"sweeps_max", "0"}, {"unlearn", "-1"}};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        struct eg_config *config;
        struct eg_message m = {""};
        char key[64];
        void *o = calloc(1, hopfield->options_size);
        assert_non_null(o);
        snprintf(key, sizeof key, "memory.%s", bad[k][0]);
        assert_int_equal(eg_config_init(&config), EG_OK);
        assert_int_equal(eg_config_set(config, key, bad[k][1], "test", &m), EG_OK);
        assert_int_not_equal(eg_config_bind(config, "memory", hopfield->options, o, &m), EG_OK);
        assert_non_null(strstr(m.text, key));
        eg_config_free(&config);
        free(o);
    }
}

/* --- theory --- */

static struct eg_theory ask(const char *settings, struct eg_theory_case at)
{
    struct eg_theory t = {.overlap = NAN, .error = NAN};
    void *o = options_of(settings);
    hopfield->theory(o, &at, &t);
    assert_true(t.lines <= EG_THEORY_LINES);
    free(o);
    return t;
}

static const struct eg_theory_case place = {
    .sites = 1000, .first = 1000, .patterns = 100, .load = 0.1, .activity = 0.5};

static void theory_of_the_hebbian_rule_is_mean_field_or_one_step(void **state)
{
    (void) state;
    const char *const settings[] = {"", "rule=hebbian-matrix", "units=binary"};
    for (size_t k = 0; k < 3; k++) {
        struct eg_theory_case at = place;
        struct eg_theory t = ask(settings[k], at);
        check_close(t.overlap, 0.997999, 0, 1e-6);
        check_close(t.error, (1 - 0.997999) / 2, 0, 1e-6);
        assert_int_equal(t.lines, 3);
        check_close(t.line[0].load, 0.13790557, 0, 1e-7);
        check_close(t.line[1].load, 1 / (2 * log(1000)), 1e-12, 0);
        check_close(t.line[2].load, 1 / (4 * log(1000)), 1e-12, 0);
        assert_non_null(t.equation);
        at.one_step = 1;
        at.load = 0.138;
        t = ask(settings[k], at);
        check_close(t.error, 0.003552, 0, 1e-6);
        check_close(t.overlap, 1 - 2 * t.error, 1e-15, 0);
        at.noise = 0.1; /* a field of 0.8 */
        t = ask(settings[k], at);
        check_close(t.error, erfc(0.8 / sqrt(2 * 0.138)) / 2, 1e-14, 0);
        check_close(t.overlap, 1 - 2 * t.error, 1e-15, 0);
    }
}

static void theory_of_other_rules_is_a_line(void **state)
{
    (void) state;
    const struct {
        const char *settings;
        double load;
    } cases[] = {{"rule=storkey", eg_theory_storkey(1000) / 1000},
                 {"rule=projection", 1},
                 {"rule=pseudo-inverse", 1},
                 {"rule=perceptron", 2},
                 {"rule=minover stability=1", eg_theory_gardner(1)}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const struct eg_theory t = ask(cases[k].settings, place);
        assert_int_equal(t.lines, 1);
        check_close(t.line[0].load, cases[k].load, 1e-9, 0);
        assert_true(isnan(t.overlap) && isnan(t.error));
    }
    struct eg_theory_case at = place;
    at.activity = 0.01;
    const struct eg_theory t = ask("rule=sparse", at);
    assert_int_equal(t.lines, 1);
    check_close(t.line[0].load, 1 / (0.02 * log(100)), 1e-12, 0);
}

/* Mean-field theory is that of independent, unbiased patterns, spins, no bias and no diagonal. */
static void theory_says_nothing_of_what_it_does_not_cover(void **state)
{
    (void) state;
    const char *const settings[] = {"bias=0.1", "self_coupling=on",
                                    "units=binary thresholds=constant threshold=0.1",
                                    "rule=hebbian-matrix unlearn=5"};
    for (size_t k = 0; k < 4; k++) {
        const struct eg_theory t = ask(settings[k], place);
        assert_true(t.lines == 0 && isnan(t.overlap) && isnan(t.error));
    }
    const char *const unbiased[] = {"", "rule=storkey", "rule=perceptron"};
    struct eg_theory_case at = place;
    at.activity = 0.2;
    for (size_t k = 0; k < 3; k++) {
        const struct eg_theory t = ask(unbiased[k], at);
        assert_true(t.lines == 0 && isnan(t.overlap) && isnan(t.error));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_are_those_of_this_test),
        cmocka_unit_test(every_rule_recalls_a_few_patterns_in_both_kinds_of_units),
        cmocka_unit_test(patterns_that_are_forgotten_leave_nothing),
        cmocka_unit_test(projections_recall_what_the_hebbian_rule_does_not),
        cmocka_unit_test(what_descends_is_said),
        cmocka_unit_test(loads_are_patterns_over_sites),
        cmocka_unit_test(bytes_are_those_of_the_patterns_or_of_a_matrix),
        cmocka_unit_test(options_and_patterns_that_do_not_fit_are_refused),
        cmocka_unit_test(no_patterns_no_sites_and_real_patterns_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused_by_their_rows),
        cmocka_unit_test(theory_of_the_hebbian_rule_is_mean_field_or_one_step),
        cmocka_unit_test(theory_of_other_rules_is_a_line),
        cmocka_unit_test(theory_says_nothing_of_what_it_does_not_cover),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
