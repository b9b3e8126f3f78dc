/* Every associative memory from the moment it is registered: what memory/associative.h promises of
 * all of them, with presets and with the settings below. */
#include "tests/flow.h"
#include "tests/spin_sample.h"
#include "tests/toy_network.h"

/* Settings beside the presets; of a type that is not there: not used. */
static const char *const variants[][2] = {
    {"hopfield", "bias=0.2"},
    {"hopfield", "units=binary"},
    {"hopfield", "units=binary thresholds=constant threshold=0.3"},
    {"hopfield", "rule=sparse"},
    {"hopfield", "rule=hebbian-matrix"},
    {"hopfield", "rule=hebbian-matrix units=binary bias=0.1"},
    {"hopfield", "rule=storkey"},
    {"hopfield", "rule=projection"},
    {"hopfield", "rule=perceptron"},
    {"dense", "power=2"},
    {"dense", "power=4"},
    {"dense", "function=rectified"},
    {"dense", "function=exponential"},
    {"modern", "scale=attention beta=3"},
    {"modern", "normalise=unit"},
    {"graded", "gain=1.5"},
    {"graded", "self_coupling=on"},
    {"sequence", "delay=2 symmetric=1"},
};
enum { VARIANTS = sizeof variants / sizeof variants[0], LOADS = 5 };

typedef void body(const struct eg_associative_type *type, const char *settings);

static void with_all(body *run)
{
    size_t types = 0;
    for (; eg_associative_types[types]; types++) {
        const struct eg_associative_type *type = eg_associative_types[types];
        run(type, "");
        for (size_t k = 0; k < VARIANTS; k++)
            if (!strcmp(type->name, variants[k][0]))
                run(type, variants[k][1]);
    }
    assert_true(types >= 6);
}

static void *options_of(const struct eg_associative_type *type, const char *settings)
{
    return new_options(type->options, type->options_size, settings);
}

/* 70 sites, of which 30 are in a first layer where there are two. */
static void open_70(struct spin_sample *s, const struct eg_associative_type *type,
                    const char *settings, size_t count)
{
    open_sample(s, type, settings, 70, type->layers == 2 ? 30 : 70, count, 1, 21);
}

/* --- what a table says --- */

static void check_words(const struct eg_associative_type *type, const char *settings)
{
    void *o = options_of(type, settings);
    assert_true(type->name[0] && type->summary[0] && type->source[0] && type->energy[0]);
    assert_ptr_equal(eg_associative_find(type->name), type);
    assert_true((type->spins != NULL) != (type->flow != NULL)); /* exactly one */
    assert_true(type->layers >= 0 && type->layers <= 2);
    assert_true(type->network_size > 0 && type->recall_size > 0);
    assert_true(type->load_words(o)[0]);
    const int descends = type->descends(o);
    assert_true(descends == 0 || descends == 1);
    for (const struct eg_option *row = type->options; row->key; row++)
        assert_true(row->help[0] && row->offset < type->options_size);
    if (type->spins) {
        const struct eg_spin_ops *ops = type->spins;
        assert_true(ops->init && ops->start && ops->spins && ops->field && ops->flip && ops->fields
                    && ops->energy && ops->energy_anew);
    } else {
        const struct eg_flow_ops *ops = type->flow;
        assert_true(ops->init && ops->start && ops->outputs && ops->step && ops->energy);
    }
    for (const struct eg_associative_type *const *other = eg_associative_types; *other; other++)
        assert_true(*other == type || strcmp((*other)->name, type->name));
    free(o);
}

/* One step leads to a pattern that there is. */
static void check_after(const struct eg_associative_type *type, const char *settings)
{
    (void) settings;
    for (size_t p = 1; p < 4 && type->after; p++)
        for (int cyclic = 0; cyclic < 2; cyclic++) {
            const struct eg_patterns patterns = {
                .sites = 8, .first = 8, .count = p, .activity = 0.5, .cyclic = cyclic};
            for (size_t k = 0; k < p; k++)
                assert_true(type->after(&patterns, k) < p);
        }
}

static void tables_are_whole_and_options_bind(void **state)
{
    (void) state;
    with_all(check_words);
    with_all(check_after);
    assert_null(eg_associative_find("hopfeld"));
    assert_null(eg_associative_find(""));
}

static void check_counts(const struct eg_associative_type *type, const char *settings)
{
    const double loads[LOADS] = {1e-6, 0.01, 0.05, 0.1, 0.2};
    void *o = options_of(type, settings);
    size_t last = 1;
    for (size_t k = 0; k < LOADS; k++) {
        struct eg_message m = {""};
        size_t patterns = 0;
        assert_int_equal(type->count(o, 100, type->layers == 2 ? 50 : 100, loads[k], &patterns, &m),
                         EG_OK);
        assert_true(patterns >= last);
        last = patterns;
    }
    assert_true(last > 1);
    const double bad[] = {-0.1, NAN, INFINITY, 1e300};
    for (size_t k = 0; k < 4; k++) {
        struct eg_message m = {""};
        size_t patterns;
        assert_int_equal(type->count(o, 100, type->layers == 2 ? 50 : 100, bad[k], &patterns, &m),
                         EG_ERR_RANGE);
        assert_true(m.text[0]);
    }
    free(o);
}

static void counts_grow_with_the_load_and_are_at_least_one(void **state)
{
    (void) state;
    with_all(check_counts);
}

static void check_bytes(const struct eg_associative_type *type, const char *settings)
{
    void *o = options_of(type, settings);
    double last = 0;
    for (size_t n = 64; n <= 1 << 16; n *= 4) {
        const double bytes = type->bytes(o, n, n / 8);
        assert_true(bytes > last && bytes >= (double) (n * (n / 8)) / 8);
        assert_true(type->bytes(o, n, 100000) > bytes);
        last = bytes;
    }
    free(o);
}

/* Bytes are "about" what is taken. */
static void check_bytes_taken(const struct eg_associative_type *type, const char *settings)
{
    const size_t n = 600, p = 500; /* rows are whole multiples of 512 bits */
    struct eg_arena *arena = new_arena();
    struct eg_patterns patterns;
    struct eg_message m = {""};
    void *o = options_of(type, settings), *network = calloc(1, type->network_size),
         *recall = calloc(1, type->recall_size);
    assert_true(network && recall);
    draw_sample_patterns(&patterns, arena, n, type->layers == 2 ? n / 2 : n, p, 1);
    struct eg_learning l = {.kernels = eg_kernels_best(), .seed = 1, .arena = arena};
    assert_int_equal(type->learn(network, o, &patterns, &l, &m), EG_OK);
    assert_int_equal(type->spins ? type->spins->init(recall, network, l.kernels, arena)
                                 : type->flow->init(recall, network, arena),
                     EG_OK);
    const double said = type->bytes(o, n, p), taken = (double) eg_arena_peak(arena);
    if (!(said > 0.6 * taken && said < 2 * taken + 65536))
        fail_msg("%s %s: says %.0f, takes %.0f", type->name, settings, said, taken);
    free(o);
    free(network);
    free(recall);
    eg_arena_free(&arena);
}

static void bytes_are_positive_and_grow(void **state)
{
    (void) state;
    with_all(check_bytes);
    with_all(check_bytes_taken);
}

static void check_theory(const struct eg_associative_type *type, const char *settings)
{
    void *o = options_of(type, settings);
    for (int k = 0; k < 8 && type->theory; k++) {
        const struct eg_theory_case at = {.sites = 400,
                                          .first = type->layers == 2 ? 200 : 400,
                                          .patterns = 20,
                                          .load = 0.05,
                                          .activity = k & 4 ? 0.1 : 0.5,
                                          .noise = k & 2 ? 0.1 : 0,
                                          .one_step = k & 1};
        struct eg_theory t = {.overlap = NAN, .error = NAN};
        type->theory(o, &at, &t);
        assert_true(t.lines <= EG_THEORY_LINES);
        assert_true(isnan(t.overlap) || fabs(t.overlap) <= 1);
        assert_true(isnan(t.error) || (t.error >= 0 && t.error <= 1));
        for (size_t i = 0; i < t.lines; i++)
            assert_true(t.line[i].name && t.line[i].name[0] && t.line[i].load > 0);
        assert_true(t.equation || (isnan(t.overlap) && isnan(t.error)));
    }
    free(o);
}

static void theory_is_within_its_bounds(void **state)
{
    (void) state;
    with_all(check_theory);
}

/* --- networks of spins --- */

static void check_spins(const struct eg_associative_type *type, const char *settings)
{
    if (!type->spins)
        return;
    const size_t counts[] = {1, 9, 65};
    for (size_t k = 0; k < 3; k++) {
        struct spin_sample s;
        open_70(&s, type, settings, counts[k]);
        const int delayed = strstr(settings, "delay") != NULL;
        const int exact = !strstr(settings, "rule="); /* matrices: sums as flips leave them */
        for (size_t round = 0; round < 3; round++) {
            double h[70];
            s.ops->fields(s.recall, h);
            for (size_t i = 0; i < s.n; i++)
                check_close(s.ops->field(s.recall, i), h[i], 0, 0);
            assert_memory_equal(s.ops->spins(s.recall), s.spins, s.n);
            if (exact && !delayed)
                check_tracking(&s, 1e-12);
            check_close(s.ops->energy_anew(s.recall), s.ops->energy(s.recall), 1e-12, 1e-11);
            if (!delayed) { /* what a new start computes, within the rounding of flips */
                const double e = s.ops->energy(s.recall);
                s.ops->start(s.recall, s.spins);
                check_close(s.ops->energy(s.recall), e, 1e-12, 1e-11);
                for (size_t i = 0; i < s.n; i++)
                    check_close(s.ops->field(s.recall, i), h[i], 1e-11, 1e-11);
            }
            flip_at_random(&s, 501, round);
        }
        close_sample(&s);
    }
}

static void fields_and_energies_follow_flips(void **state)
{
    (void) state;
    with_all(check_spins);
}

/* 2 s_i h_i = E(flipped) - E, at every site of several states. */
static void check_differences(const struct eg_associative_type *type, const char *settings)
{
    void *o = options_of(type, settings);
    if (type->spins && type->descends(o)) {
        struct spin_sample s;
        open_70(&s, type, settings, 9);
        for (size_t round = 0; round < 4; round++) {
            for (size_t i = 0; i < s.n; i++) {
                const double before = s.ops->energy(s.recall);
                const double rise = 2 * s.spins[i] * s.ops->field(s.recall, i);
                s.ops->flip(s.recall, i);
                check_close(s.ops->energy(s.recall) - before, rise, 1e-10, 1e-12 * fabs(before));
                /* Seen from the other side h is the same. */
                check_close(-2 * s.spins[i] * s.ops->field(s.recall, i), -rise, 1e-10,
                            1e-12 * fabs(before));
                s.ops->flip(s.recall, i);
                check_close(s.ops->energy(s.recall), before, 1e-13, 1e-13);
            }
            flip_at_random(&s, 100, round);
        }
        close_sample(&s);
    }
    free(o);
}

static void a_field_is_half_the_difference_of_energies(void **state)
{
    (void) state;
    with_all(check_differences);
}

static void check_descent(const struct eg_associative_type *type, const char *settings)
{
    void *o = options_of(type, settings);
    if (type->spins && type->descends(o)) {
        struct spin_sample s;
        struct visits v;
        uint64_t moves = 0;
        open_70(&s, type, settings, 20);
        open_visits(&v, type, "order=random", s.n, 0);
        for (uint64_t seed = 0; seed < 30; seed++) {
            draw_spins(s.spins, s.n, seed);
            s.ops->start(s.recall, s.spins);
            assert_int_equal(visit(&v, s.recall, seed, NULL), EG_OK);
            const double size = fabs(v.settled.energy_start) + fabs(v.settled.energy);
            assert_int_equal(v.settled.rest, EG_REST_FIXED);
            assert_true(v.settled.rise <= 1e-12 * size);
            assert_true(v.settled.energy <= v.settled.energy_start + 1e-12 * size);
            check_close(s.ops->energy_anew(s.recall), v.settled.energy, 1e-12, 1e-12);
            moves += v.settled.moves;
        }
        assert_true(moves > 300);
        close_visits(&v);
        close_sample(&s);
    }
    free(o);
}

/* A second recall of the network moves between the looks at the first. */
static void check_two_spins(const struct eg_associative_type *type, const char *settings)
{
    if (!type->spins)
        return;
    struct spin_sample s;
    double before[70], after[70];
    int8_t spins[70];
    open_70(&s, type, settings, 9);
    void *other = calloc(1, type->recall_size);
    assert_non_null(other);
    s.ops->fields(s.recall, before);
    const double energy = s.ops->energy(s.recall);
    assert_int_equal(s.ops->init(other, s.network, s.learning.kernels, s.arena), EG_OK);
    draw_spins(spins, s.n, 99);
    s.ops->start(other, spins);
    for (size_t i = 0; i < s.n; i++)
        s.ops->flip(other, i);
    (void) s.ops->energy_anew(other);
    if (s.ops->swept)
        (void) s.ops->swept(other);
    s.ops->fields(s.recall, after);
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(s.ops->spins(s.recall), s.spins, s.n);
    check_close(s.ops->energy(s.recall), energy, 0, 0);
    free(other);
    close_sample(&s);
}

/* --- networks with real states --- */

static void draw_flow(struct flow *f, const struct eg_associative_type *type, const char *settings,
                      struct eg_patterns *patterns, double *start, struct eg_arena *arena)
{
    draw_sample_patterns(patterns, arena, 40, type->layers == 2 ? 20 : 40, 3, 5);
    flow_make(f, type, settings, patterns);
    for (size_t i = 0; i < 40; i++)
        start[i] = (eg_bits_get(&patterns->bits, i, 1) ? 0.8 : -0.8) * (i % 10 ? 1 : -1);
    flow_start(f, start);
}

static void check_flow(const struct eg_associative_type *type, const char *settings)
{
    if (!type->flow)
        return;
    struct eg_arena *arena = new_arena();
    struct eg_patterns patterns;
    struct flow f;
    struct visits v;
    double start[40];
    draw_flow(&f, type, settings, &patterns, start, arena);
    double last = flow_energy(&f);
    for (size_t k = 0; k < 20; k++) {
        const double change = flow_step(&f), energy = flow_energy(&f);
        assert_true(change >= 0 && isfinite(energy));
        if (type->descends(f.options))
            assert_true(energy <= last + 1e-7 * (1 + fabs(last))); /* that of the solver */
        last = energy;
        if (type->flow->weights) {
            double p[3];
            type->flow->weights(f.recall, p);
            check_close(p[0] + p[1] + p[2], 1, 1e-14, 0);
        }
    }
    flow_start(&f, start);
    open_visits(&v, type, "", 40, 0);
    assert_int_equal(visit(&v, f.recall, 1, NULL), EG_OK);
    assert_int_equal(v.settled.rest, EG_REST_FIXED);
    check_close(v.settled.energy, flow_energy(&f), 0, 0);
    assert_true(v.settled.energy < v.settled.energy_start);
    close_visits(&v);
    flow_free(&f);
    eg_arena_free(&arena);
}

static void check_two_flows(const struct eg_associative_type *type, const char *settings)
{
    if (!type->flow)
        return;
    struct eg_arena *arena = new_arena();
    struct eg_patterns patterns;
    struct eg_message m = {""};
    struct flow f;
    double start[40], kept[40], change;
    void *other = calloc(1, type->recall_size);
    assert_non_null(other);
    draw_flow(&f, type, settings, &patterns, start, arena);
    flow_step(&f);
    memcpy(kept, flow_outputs(&f), sizeof kept);
    const double energy = flow_energy(&f);
    assert_int_equal(type->flow->init(other, f.network, f.arena), EG_OK);
    for (size_t i = 0; i < 40; i++)
        start[i] = -start[i];
    assert_int_equal(type->flow->start(other, start, &m), EG_OK);
    assert_int_equal(type->flow->step(other, &change, &m), EG_OK);
    assert_memory_equal(flow_outputs(&f), kept, sizeof kept);
    check_close(flow_energy(&f), energy, 0, 0);
    flow_free(&f);
    eg_arena_free(&arena);
    free(other);
}

static void energies_descend_where_a_type_says_so(void **state)
{
    (void) state;
    with_all(check_descent);
    with_all(check_flow);
}

static void two_recalls_of_a_network_do_not_disturb_each_other(void **state)
{
    (void) state;
    with_all(check_two_spins);
    with_all(check_two_flows);
}

/* --- failures --- */

/* At each piece of memory in turn, then with all of them: the last one works. */
static void check_memory(const struct eg_associative_type *type, const char *settings)
{
    struct eg_arena *own = new_arena();
    struct eg_patterns patterns;
    draw_sample_patterns(&patterns, own, 30, type->layers == 2 ? 10 : 30, 4, 1);
    size_t pieces = 0;
    for (int ret = EG_ERR_NOMEM; ret; pieces++) {
        struct eg_arena *arena = new_arena();
        struct eg_message m = {""};
        void *o = options_of(type, settings), *network = calloc(1, type->network_size),
             *recall = calloc(1, type->recall_size);
        assert_true(network && recall);
        struct eg_learning l = {.kernels = eg_kernels_best(), .seed = 1, .arena = arena};
        eg_arena_fail_after(arena, pieces);
        ret = type->learn(network, o, &patterns, &l, &m);
        if (!ret)
            ret = type->spins ? type->spins->init(recall, network, l.kernels, arena)
                              : type->flow->init(recall, network, arena);
        if (ret && ret != EG_ERR_NOMEM)
            fail_msg("%s %s, piece %zu: %s", type->name, settings, pieces, eg_status_text(ret));
        assert_true(pieces < 100);
        free(o);
        free(network);
        free(recall);
        eg_arena_free(&arena);
    }
    assert_true(pieces > 2);
    eg_arena_free(&own);
}

static void memory_may_end_at_any_piece(void **state)
{
    (void) state;
    with_all(check_memory);
}

/* The note is written whatever was in it; nothing to store and nowhere to store are refused. */
static void check_learning(const struct eg_associative_type *type, const char *settings)
{
    for (size_t k = 0; k < 3; k++) {
        struct eg_arena *arena = new_arena();
        struct eg_patterns patterns;
        struct eg_message m = {""};
        void *o = options_of(type, settings), *network = calloc(1, type->network_size);
        assert_non_null(network);
        draw_sample_patterns(&patterns, arena, 30, type->layers == 2 ? 10 : 30, 4, 1);
        if (k == 1)
            patterns.count = 0;
        if (k == 2)
            patterns.sites = patterns.first = 0;
        struct eg_learning l = {
            .kernels = eg_kernels_best(), .seed = 1, .arena = arena, .note = {"not cleared"}};
        const int ret = type->learn(network, o, &patterns, &l, &m);
        assert_true(k ? ret == EG_ERR_RANGE || ret == EG_ERR_SHAPE : ret == EG_OK);
        assert_true(!ret == !m.text[0]);
        assert_string_equal(l.note.text, "");
        free(o);
        free(network);
        eg_arena_free(&arena);
    }
}

static void learning_says_what_is_wrong_and_nothing_else(void **state)
{
    (void) state;
    with_all(check_learning);
}

/* The smallest networks, to the end of a recall. */
static void check_smallest(const struct eg_associative_type *type, const char *settings)
{
    struct eg_message m = {""};
    struct eg_arena *arena = new_arena();
    const size_t n = type->layers == 2 ? 2 : 1;
    struct eg_patterns patterns;
    struct visits v;
    void *o = options_of(type, settings), *network = calloc(1, type->network_size),
         *recall = calloc(1, type->recall_size);
    assert_true(network && recall);
    draw_sample_patterns(&patterns, arena, n, 1, 1, 2);
    struct eg_learning l = {.kernels = eg_kernels_best(), .seed = 1, .arena = arena};
    assert_int_equal(type->learn(network, o, &patterns, &l, &m), EG_OK);
    if (type->spins) {
        const int8_t start[2] = {1, -1};
        assert_int_equal(type->spins->init(recall, network, l.kernels, arena), EG_OK);
        type->spins->start(recall, start);
    } else {
        const double start[2] = {0.5, 0};
        assert_int_equal(type->flow->init(recall, network, arena), EG_OK);
        assert_int_equal(type->flow->start(recall, start, &m), EG_OK);
    }
    open_visits(&v, type, "", n, 0);
    assert_int_equal(visit(&v, recall, 1, NULL), EG_OK);
    assert_int_equal(v.settled.rest, EG_REST_FIXED);
    assert_true(isfinite(v.settled.energy));
    close_visits(&v);
    free(o);
    free(network);
    free(recall);
    eg_arena_free(&arena);
}

static void the_smallest_networks_come_to_rest(void **state)
{
    (void) state;
    with_all(check_smallest);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_whole_and_options_bind),
        cmocka_unit_test(counts_grow_with_the_load_and_are_at_least_one),
        cmocka_unit_test(bytes_are_positive_and_grow),
        cmocka_unit_test(theory_is_within_its_bounds),
        cmocka_unit_test(fields_and_energies_follow_flips),
        cmocka_unit_test(a_field_is_half_the_difference_of_energies),
        cmocka_unit_test(energies_descend_where_a_type_says_so),
        cmocka_unit_test(two_recalls_of_a_network_do_not_disturb_each_other),
        cmocka_unit_test(memory_may_end_at_any_piece),
        cmocka_unit_test(learning_says_what_is_wrong_and_nothing_else),
        cmocka_unit_test(the_smallest_networks_come_to_rest),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
