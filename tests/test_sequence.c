/* Sequences: fields against couplings written out, steps at once, dwelling with a delay. */
#include "memory/dynamics.h"

#include "tests/spin_sample.h"

static const struct eg_associative_type *const sequence = &eg_associative_sequence;

static const struct {
    const char *text;
    double strength, symmetric;
    size_t delay;
    int self;
} settings[] = {
    {"", 1, 0, 0, 0},
    {"self_coupling=on", 1, 0, 0, 1},
    {"strength=0.75 symmetric=1.5", 0.75, 1.5, 0, 0},
    {"strength=0 symmetric=2 self_coupling=on", 0, 2, 0, 1},
    {"strength=2 symmetric=1 delay=1", 2, 1, 1, 0},
    {"strength=2.5 symmetric=1 delay=3", 2.5, 1, 3, 0},
    {"strength=2.5 symmetric=1 delay=3 self_coupling=on", 2.5, 1, 3, 1},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

/* h_i at spins s, with s' in place of the delayed ones. */
static double field_by_hand(const struct spin_sample *s, size_t k, size_t i, const int8_t *spins,
                            const int8_t *old)
{
    long hold = 0, lead = 0;
    for (size_t j = 0; j < s->n; j++)
        for (size_t mu = 0; mu < s->p && (j != i || settings[k].self); mu++) {
            const int from_cycle = s->patterns.cyclic ? sample_bit(s, j, s->p - 1) : 0;
            hold += sample_bit(s, i, mu) * sample_bit(s, j, mu) * spins[j];
            lead += sample_bit(s, i, mu) * (mu ? sample_bit(s, j, mu - 1) : from_cycle) * old[j];
        }
    return (settings[k].symmetric * (double) hold + settings[k].strength * (double) lead)
           / (double) s->n;
}

static void check_by_hand(struct spin_sample *s, size_t k, const int8_t *old)
{
    double energy = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double h = field_by_hand(s, k, i, s->spins, old);
        check_close(s->ops->field(s->recall, i), h, 1e-14, 1e-14);
        energy -= 0.5 * s->spins[i] * h;
    }
    check_close(s->ops->energy(s->recall), energy, 1e-13, 1e-13);
    check_close(s->ops->energy_anew(s->recall), s->ops->energy(s->recall), 0, 0);
}

/* Six sweeps in which some sites are turned over; the test keeps the ends of all of them. */
static void fields_and_energies_are_those_of_the_couplings_at_every_age(void **state)
{
    (void) state;
    enum { N = 11, SWEEPS = 6 };
    const size_t counts[] = {1, 2, 64, 65, 130};
    for (size_t k = 0; k < SETTINGS; k++)
        for (size_t c = 0; c < 2 * sizeof counts / sizeof counts[0]; c++) {
            struct spin_sample s;
            int8_t ends[SWEEPS + 1][N];
            open_sample(&s, sequence, settings[k].text, N, N, counts[c / 2], c % 2, 7 * c + k);
            memcpy(ends[0], s.spins, N);
            for (size_t sweep = 0; sweep <= SWEEPS; sweep++) {
                const size_t delay = settings[k].delay;
                const int8_t *old = ends[sweep > delay ? sweep - delay : 0];
                check_by_hand(&s, k, delay ? old : s.spins);
                flip_at_random(&s, 4, sweep);
                check_by_hand(&s, k, delay ? old : s.spins);
                if (sweep < SWEEPS) {
                    s.ops->swept(s.recall);
                    memcpy(ends[sweep + 1], s.spins, N);
                }
            }
            close_sample(&s);
        }
}

/* With a delay a new start forgets what came before, so flips come without one. */
static void what_is_tracked_is_what_a_new_start_computes(void **state)
{
    (void) state;
    for (size_t k = 0; k < SETTINGS; k++) {
        struct spin_sample s;
        open_sample(&s, sequence, settings[k].text, 70, 70, 90, 1, 30 + k);
        check_tracking(&s, 0);
        flip_at_random(&s, settings[k].delay ? 0 : 1000, k);
        check_tracking(&s, 0);
        flip_at_random(&s, 5, k);
        s.ops->start(s.recall, s.spins); /* a second start of the same recall */
        check_tracking(&s, 0);
        close_sample(&s);
    }
}

/* Which pattern the state is at, by overlap above 0.8; the number of patterns where at none. */
static size_t place_of(const struct spin_sample *s, const int8_t *spins)
{
    for (size_t k = 0; k < s->p; k++) {
        long overlap = 0;
        for (size_t i = 0; i < s->n; i++)
            overlap += sample_bit(s, i, k) * spins[i];
        if ((double) overlap > 0.8 * (double) s->n)
            return k;
    }
    return s->p;
}

struct places {
    const struct spin_sample *s;
    size_t at[64], n;
};

static int see(void *context, const struct eg_sweep *sweep, const void *recall)
{
    struct places *p = context;
    assert_int_equal(sweep->sweep, p->n);
    assert_true(p->n < sizeof p->at / sizeof p->at[0]);
    p->at[p->n++] = place_of(p->s, p->s->ops->spins(recall));
    return EG_OK;
}

/* From the first pattern, with a twentieth of it wrong. */
static void run(struct spin_sample *s, struct places *places, int update, long sweeps,
                struct eg_settled *settled)
{
    const struct eg_dynamics_options options = {.update = update, .sweeps_max = sweeps};
    const struct eg_watch watch = {.see = see, .context = places};
    struct eg_dynamics d;
    struct eg_stream stream;
    *places = (struct places){.s = s};
    sample_pattern(s, 0, s->spins);
    for (size_t i = 0; i < s->n; i += 20)
        s->spins[i] = (int8_t) -s->spins[i];
    s->ops->start(s->recall, s->spins);
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 6, 0);
    assert_int_equal(eg_dynamics_init(&d, sequence, &options, s->n, s->n, s->arena), EG_OK);
    assert_int_equal(eg_dynamics_run(&d, s->recall, &stream, &watch, settled, &s->message), EG_OK);
}

static void at_once_the_state_goes_to_the_next_pattern_in_every_sweep(void **state)
{
    (void) state;
    struct spin_sample s;
    struct places places;
    struct eg_settled settled;
    open_sample(&s, sequence, "", 400, 400, 8, 1, 40);
    run(&s, &places, EG_UPDATE_SYNCHRONOUS, 30, &settled);
    assert_int_equal(places.n, 31);
    for (size_t t = 0; t < places.n; t++)
        assert_int_equal(places.at[t], t % 8);
    assert_int_equal(settled.rest, EG_REST_UNKNOWN);
    close_sample(&s);
}

/* Nothing follows the last pattern; the symmetric couplings, too weak against a call, hold it. */
static void a_sequence_with_an_end_stays_there(void **state)
{
    (void) state;
    struct spin_sample s;
    struct places places;
    struct eg_settled settled;
    open_sample(&s, sequence, "symmetric=0.5", 400, 400, 8, 0, 41);
    run(&s, &places, EG_UPDATE_SYNCHRONOUS, 30, &settled);
    assert_int_equal(settled.rest, EG_REST_FIXED);
    assert_in_range(places.n, 8, 12);
    for (size_t t = 0; t < places.n; t++)
        assert_int_equal(places.at[t], t < 8 ? t : 7);
    close_sample(&s);
}

/* For delay + 1 sweeps a pattern is held by symmetric couplings and called for by the one before
 * it.  The start counts as old, so the first step comes at once. */
static void with_a_delay_the_state_dwells_and_steps_on_by_itself(void **state)
{
    (void) state;
    struct spin_sample s;
    struct places places;
    struct eg_settled settled;
    open_sample(&s, sequence, "strength=2 symmetric=1 delay=6", 500, 500, 5, 1, 42);
    run(&s, &places, EG_UPDATE_ASYNCHRONOUS, 50, &settled);
    assert_int_equal(places.n, 51);
    assert_int_equal(settled.rest, EG_REST_UNKNOWN);
    size_t at = 0, dwell = 0, steps = 0;
    for (size_t t = 0; t < places.n; t++) {
        if (places.at[t] == at) {
            dwell++;
            continue;
        }
        if (places.at[t] == s.p)
            continue; /* on the way */
        assert_int_equal(places.at[t], (at + 1) % s.p);
        if (steps > 0)
            assert_in_range(dwell, 6, 7);
        at = places.at[t];
        dwell = 1;
        steps++;
    }
    assert_in_range(steps, 7, 9);
    close_sample(&s);
}

/* Below the strength that it takes, the state stays where it is, and rests. */
static void too_weak_a_call_changes_nothing(void **state)
{
    (void) state;
    struct spin_sample s;
    struct places places;
    struct eg_settled settled;
    open_sample(&s, sequence, "strength=0.5 symmetric=1 delay=4", 500, 500, 5, 1, 43);
    run(&s, &places, EG_UPDATE_ASYNCHRONOUS, 50, &settled);
    assert_int_equal(settled.rest, EG_REST_FIXED);
    assert_true(places.n > 1 && places.n < 20);
    for (size_t t = 0; t < places.n; t++)
        assert_int_equal(places.at[t], 0);
    close_sample(&s);
}

/* A change is remembered for delay + 1 sweeps; until it is forgotten the recall is not at rest. */
static void a_sweep_says_whether_something_older_is_still_to_come(void **state)
{
    (void) state;
    struct spin_sample s;
    open_sample(&s, sequence, "delay=3 symmetric=1", 20, 20, 3, 1, 44);
    assert_int_equal(s.ops->swept(s.recall), 0);
    s.ops->flip(s.recall, 4);
    for (size_t k = 0; k < 4; k++)
        assert_int_equal(s.ops->swept(s.recall), 1);
    assert_int_equal(s.ops->swept(s.recall), 0);
    close_sample(&s);
    open_sample(&s, sequence, "", 20, 20, 3, 1, 44);
    s.ops->flip(s.recall, 4);
    assert_int_equal(s.ops->swept(s.recall), 0);
    close_sample(&s);
}

static void loads_and_failures_are_said(void **state)
{
    (void) state;
    struct spin_sample s;
    size_t patterns;
    open_sample(&s, sequence, "delay=2", 40, 40, 3, 0, 45);
    assert_int_equal(sequence->count(s.options, 40, 40, 0.2, &patterns, &s.message), EG_OK);
    assert_int_equal(patterns, 8);
    assert_int_equal(sequence->count(s.options, 40, 40, NAN, &patterns, &s.message), EG_ERR_RANGE);
    assert_string_equal(sequence->load_words(s.options), "P / N");
    assert_int_equal(sequence->descends(s.options), 0);
    s.patterns.sites = 41;
    assert_int_equal(sequence->learn(s.network, s.options, &s.patterns, &s.learning, &s.message),
                     EG_ERR_SHAPE);
    s.patterns.sites = 40;
    eg_arena_fail_after(s.arena, 0);
    assert_int_equal(sequence->learn(s.network, s.options, &s.patterns, &s.learning, &s.message),
                     EG_ERR_NOMEM);
    assert_int_equal(s.ops->init(s.recall, s.network, s.learning.kernels, s.arena), EG_ERR_NOMEM);
    close_sample(&s);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_energies_are_those_of_the_couplings_at_every_age),
        cmocka_unit_test(what_is_tracked_is_what_a_new_start_computes),
        cmocka_unit_test(at_once_the_state_goes_to_the_next_pattern_in_every_sweep),
        cmocka_unit_test(a_sequence_with_an_end_stays_there),
        cmocka_unit_test(with_a_delay_the_state_dwells_and_steps_on_by_itself),
        cmocka_unit_test(too_weak_a_call_changes_nothing),
        cmocka_unit_test(a_sweep_says_whether_something_older_is_still_to_come),
        cmocka_unit_test(loads_and_failures_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
