/* Capacity and basins on a plane of sizes and loads: threads, neighbours, values, refusals. */
#include "tests/plane_sample.h"

static void threads_change_no_bit(void **state)
{
    (void) state;
    for (size_t k = 0; k < PLANES; k++) {
        struct measured *one = measured(planes[k].kind, planes[k].yaml, 1);
        if (!variety(&one->plane))
            fail_msg("%s: all recalls are alike", planes[k].name);
        for (int threads = 2; threads <= 5; threads += 3) {
            struct measured *many = measured(planes[k].kind, planes[k].yaml, threads);
            same_samples(one->plane.trials, many->plane.trials, trials_of(&one->plane));
            close_plane(many);
        }
        close_plane(one);
    }
}

static void another_seed_measures_something_else(void **state)
{
    (void) state;
    struct measured *one = measured(EG_KIND_CAPACITY, planes[0].yaml, 1);
    struct measured *other = open_plane(EG_KIND_CAPACITY, planes[0].yaml, 4);
    run_all(&other->plane);
    size_t differ = 0;
    for (size_t i = 0; i < trials_of(&one->plane); i++)
        differ +=
            memcmp(&one->plane.trials[i].energy, &other->plane.trials[i].energy, sizeof(double))
            != 0;
    assert_true(differ > trials_of(&one->plane) / 2);
    close_plane(one);
    close_plane(other);
}

/* The cell (64, 0.3), with and without neighbours; and a longer row of networks begins with the
 * shorter one. */
static void a_cell_does_not_depend_on_what_else_is_measured(void **state)
{
    (void) state;
    struct measured *all = measured(EG_KIND_CAPACITY, planes[0].yaml, 2);
    struct measured *alone =
        measured(EG_KIND_CAPACITY,
                 "memory: {type: hopfield}\n" CUED
                 "capacity: {sizes: [64], loads: \"0.3\", networks: 11, starts: 2}\n",
                 1);
    same_samples(eg_plane_cell(&all->plane, 1, 1, 0), eg_plane_cell(&alone->plane, 0, 0, 0),
                 eg_plane_trials(&all->plane));
    close_plane(all);
    close_plane(alone);

    all = measured(EG_KIND_BASIN, planes[PLANES - 1].yaml, 1);
    alone = measured(EG_KIND_BASIN,
                     "memory: {type: hopfield}\n"
                     "basin: {sizes: [64], loads: \"0.3\", starts: \"0.2,0.5\", networks: 5}\n",
                     1);
    for (size_t k = 0; k < 2; k++)
        same_samples(eg_plane_cell(&all->plane, 1, 1, k), eg_plane_cell(&alone->plane, 0, 0, k), 5);
    close_plane(all);
    close_plane(alone);
}

/* --- values --- */

static void basins_start_where_they_are_asked_to(void **state)
{
    (void) state;
    struct measured *m = measured(
        EG_KIND_BASIN,
        "memory: {type: hopfield}\nbasin: {sizes: [200], loads: \"0.02\", starts: \"0,0.5,1\", "
        "networks: 20, near: 0.9}\n",
        2);
    struct eg_cell cell;
    eg_plane_summary(&m->plane, 0, 0, 2, &cell);
    check_close(cell.overlap, 1, 0, 1e-3); /* on the pattern it stays there */
    check_close(cell.sweeps, 0, 0, 0.5);
    const struct eg_sample *half = eg_plane_cell(&m->plane, 0, 0, 1);
    for (size_t i = 0; i < 20; i++)
        assert_true(half[i].retrieved == (half[i].overlap >= 0.9) && half[i].sweeps >= 1);
    eg_plane_summary(&m->plane, 0, 0, 1, &cell);
    assert_true(cell.retrieved >= 0.9);
    eg_plane_summary(&m->plane, 0, 0, 0, &cell);
    assert_true(cell.retrieved
                <= 0.75); /* from nowhere, one of four patterns, or of their inverses */
    close_plane(m);
}

/* Four numbers of a cell: two networks of two recalls, and a third that is not done.
 *   overlap   (1, 0.6), (0.2, 0.2): means 0.8 and 0.2; mean 0.5, error 0.6 / sqrt(2) / sqrt(2)
 *   kept      the recalls that retrieved are the first network's first: 1, no error
 *   error     (0, 0.2), (0.4, 0.4): 0.1 and 0.4 */
static void a_summary_is_the_one_worked_out_by_hand(void **state)
{
    (void) state;
    struct measured *m = open_plane(
        EG_KIND_CAPACITY,
        "memory: {type: hopfield}\ncapacity: {sizes: [40], loads: \"0.1\", networks: 3, starts: "
        "2}\n",
        1);
    struct eg_cell c;
    eg_plane_summary(&m->plane, 0, 0, 0, &c);
    assert_int_equal(c.networks, 0);
    assert_int_equal(c.recalls, 0);
    assert_true(isnan(c.overlap) && isnan(c.overlap_error) && isnan(c.kept) && isnan(c.error));
    assert_true(isnan(c.retrieved) && isnan(c.census[0]) && isnan(c.sweeps) && isnan(c.energy));
    check_close(c.low, 0, 0, 0);
    check_close(c.high, 1, 0, 0);

    struct eg_sample *t = eg_plane_cell(&m->plane, 0, 0, 0);
    t[0] = (struct eg_sample){1, 0, 1, -0.5, 1, EG_ATTRACTOR_TARGET};
    t[1] = (struct eg_sample){0.6, 0.2, 3, -0.7, 0, EG_ATTRACTOR_SPURIOUS};
    t[2] = (struct eg_sample){0.2, 0.4, 5, -0.3, 0, EG_ATTRACTOR_STORED};
    t[3] = (struct eg_sample){0.2, 0.4, 7, -0.1, 0, EG_ATTRACTOR_SPURIOUS};
    t[4].overlap = t[5].overlap = 1e6; /* not done: counts nowhere */
    eg_plane_summary(&m->plane, 0, 0, 0, &c);
    assert_int_equal(c.networks, 2);
    assert_int_equal(c.recalls, 4);
    check_close(c.overlap, 0.5, 1e-15, 0);
    check_close(c.overlap_error, 0.3, 1e-14, 0);
    check_close(c.kept, 1, 0, 0);
    assert_true(isnan(c.kept_error));
    check_close(c.error, 0.25, 1e-15, 0);
    check_close(c.error_error, 0.15, 1e-14, 0);
    check_close(c.sweeps, 4, 0, 0);
    check_close(c.sweeps_error, 2, 1e-15, 0);
    check_close(c.energy, -0.4, 1e-15, 0);
    check_close(c.energy_error, 0.2, 1e-14, 0);
    check_close(c.retrieved, 0.25, 0, 0);
    /* 1/2 and 0: error 1/4, and p (1 - p) / error^2 = 3; Wilson of 1/4 in 3. */
    check_close(c.low, 0.03684, 0, 1e-5);
    check_close(c.high, 0.74391, 0, 1e-5);
    check_close(c.census[EG_ATTRACTOR_TARGET], 0.25, 0, 0);
    check_close(c.census[EG_ATTRACTOR_SPURIOUS], 0.5, 0, 0);
    check_close(c.census[EG_ATTRACTOR_STORED], 0.25, 0, 0);
    check_close(c.census[EG_ATTRACTOR_CYCLE], 0, 0, 0);
    assert_false(eg_plane_done(&m->plane, 0, 0, 0));
    close_plane(m);
}

/* The network's number as plane.c draws it; if it changes, so does what a seed means. */
static uint64_t key(uint64_t sites, uint64_t patterns)
{
    uint64_t z = sites << 40 ^ patterns;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* sum over j != i of w_ij xi_j xi_i N, with xi the pattern k: whole numbers. */
static long field(const struct eg_patterns *p, size_t k, size_t i)
{
    long h = 0;
    for (size_t j = 0; j < p->sites; j++)
        for (size_t mu = 0; mu < p->count && j != i; mu++) {
            const int equal_i = eg_bits_get(&p->bits, i, mu) == eg_bits_get(&p->bits, i, k);
            const int equal_j = eg_bits_get(&p->bits, j, mu) == eg_bits_get(&p->bits, j, k);
            h += equal_i == equal_j ? 1 : -1;
        }
    return h;
}

/* As many recalls as there are patterns: each is asked for once, in order. */
static void one_step_errors_are_those_counted_directly(void **state)
{
    (void) state;
    enum { N = 30, P = 9, NETWORKS = 4 };
    struct measured *m = measured(EG_KIND_CAPACITY,
                                  "memory: {type: hopfield}\ncue: {amount: 0}\n"
                                  "capacity: {sizes: [30], loads: \"0.3\", networks: 4, starts: "
                                  "9, criterion: one-step}\n",
                                  2);
    assert_int_equal(m->plane.patterns[0], P);
    size_t errors = 0, clean = 0;
    for (uint64_t network = 0; network < NETWORKS; network++) {
        struct eg_arena *arena;
        struct eg_patterns p = {0};
        struct eg_message message;
        assert_int_equal(eg_arena_init(&arena, 0), EG_OK);
        assert_int_equal(
            eg_patterns_draw(&p, N, N, P, 0.5, 3, key(N, P) + network, arena, &message), EG_OK);
        const struct eg_sample *t = eg_plane_cell(&m->plane, 0, 0, 0) + network * P;
        for (size_t k = 0; k < P; k++) {
            size_t n = 0;
            for (size_t i = 0; i < N; i++)
                n += field(&p, k, i) < 0;
            check_close(t[k].error, (double) n / N, 1e-15, 0);
            check_close(t[k].overlap, 1 - 2.0 * (double) n / N, 1e-15, 1e-16);
            assert_int_equal(t[k].retrieved, n == 0);
            errors += n;
            clean += n == 0;
        }
        eg_arena_free(&arena);
    }
    assert_true(errors > 0 && clean > 0);
    close_plane(m);
}

static void exact_asks_for_every_site(void **state)
{
    (void) state;
    struct measured *m = measured(
        EG_KIND_CAPACITY,
        "memory: {type: hopfield}\ncue: {amount: 0}\ncapacity: {sizes: [100], loads: \"0.12\", "
        "networks: 40, criterion: exact, near: 0.5}\n",
        2);
    size_t yes = 0, near_only = 0;
    const struct eg_sample *t = m->plane.trials;
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(t[i].retrieved, t[i].error <= 0);
        check_close(t[i].overlap, 1 - 2 * t[i].error, 0, 1e-15);
        yes += t[i].retrieved;
        near_only += !t[i].retrieved && t[i].end == EG_ATTRACTOR_TARGET;
    }
    assert_true(yes > 0 && near_only > 0); /* both kinds occur, and are told apart */
    close_plane(m);
}

static void pairs_have_two_layers_of_that_size(void **state)
{
    (void) state;
    struct measured *m = measured(
        EG_KIND_CAPACITY,
        "memory: {type: bam}\ncue: {amount: 0}\ncapacity: {sizes: [25], loads: \"0.04,0.4\", "
        "networks: 30}\n",
        2);
    struct eg_cell cell;
    eg_plane_summary(&m->plane, 0, 0, 0, &cell);
    assert_int_equal(m->plane.patterns[0], 1);
    check_close(cell.overlap, 1, 0, 0); /* one pair: the second layer is found from the first */
    /* E = -x^T W y with W = xi eta^T / (n + m): -n m / (n + m) over n + m sites, n = m. */
    check_close(cell.energy, -0.25, 1e-14, 0);
    int odd = 0;
    const struct eg_sample *t = eg_plane_cell(&m->plane, 0, 1, 0);
    for (size_t i = 0; i < 30; i++) {
        const double wrong = 50 * t[i].error;
        check_close(wrong, round(wrong), 0, 1e-9);
        odd |= (long) round(wrong) % 2 != 0;
    }
    assert_true(odd); /* fiftieths, not twenty-fifths */
    close_plane(m);
}

static void threads_are_no_more_than_asked_for(void **state)
{
    (void) state;
    struct measured *m =
        open_plane(EG_KIND_CAPACITY,
                   "memory: {type: hopfield, rule: hebbian-matrix}\ncapacity: {sizes: [10], loads: "
                   "\"0.1\", networks: 1}\n",
                   1);
    m->a.threads = 3;
    assert_int_equal(eg_plane_threads(&m->plane, 0, 0), 3);
    close_plane(m);
}

/* --- refusals --- */

static void what_cannot_be_measured_is_refused_with_its_key(void **state)
{
    (void) state;
#define HOPFIELD "memory: {type: hopfield}\n"
    static const struct {
        const char *yaml, *words[2];
        enum eg_kind kind;
        int code;
    } cases[] = {
        /* clang-format off */
        {HOPFIELD "capacity: {sizes: [200, 100]}\n", {"capacity.sizes", "100 follows 200"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {sizes: [100, 100]}\n", {"capacity.sizes", "100 follows 100"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {sizes: [0]}\n", {"capacity.sizes", "0"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {sizes: [-5]}\n", {"capacity.sizes", "-5"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {loads: \"0.2,0.1\"}\n", {"capacity.loads", "0.1 follows 0.2"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {loads: \"0\"}\n", {"capacity.loads", "0"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {loads: \"-0.1\"}\n", {"capacity.loads", "-0.1"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {loads: \"nan\"}\n", {"capacity.loads", "nan"}, EG_KIND_CAPACITY, EG_ERR_CONFIG},
        {HOPFIELD "capacity: {networks: 0}\n", {"capacity.networks", "0"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "capacity: {networks: 50000000}\n", {"capacity.networks", "1e8"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "basin: {networks: 50000000}\n", {"basin.networks", "1e8"}, EG_KIND_BASIN, EG_ERR_RANGE},
        {HOPFIELD "capacity: {starts: 1000000}\n", {"capacity.starts", "1e8"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "basin: {starts: \"0.5,0.2\"}\n", {"basin.starts", "0.2 follows 0.5"}, EG_KIND_BASIN, EG_ERR_RANGE},
        {HOPFIELD "basin: {starts: \"1.5\"}\n", {"basin.starts", "1.5"}, EG_KIND_BASIN, EG_ERR_RANGE},
        {HOPFIELD "basin: {sizes: [20, 10]}\n", {"basin.sizes", "10 follows 20"}, EG_KIND_BASIN, EG_ERR_RANGE},
        {HOPFIELD "basin: {loads: \"0.2,0.2\"}\n", {"basin.loads", "0.2 follows 0.2"}, EG_KIND_BASIN, EG_ERR_RANGE},
        {HOPFIELD "cue: {amount: 1.5}\n", {"cue.amount = 1.5", "0 to 1"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "patterns: {type: digits}\n", {"patterns.type", "digits"}, EG_KIND_CAPACITY, EG_ERR_CONFIG},
        {HOPFIELD "dynamics: {update: glauber, temperature: -1}\n", {"dynamics.temperature", "-1"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        {HOPFIELD "dynamics: {update: glauber, temperature: 0.5}\ncapacity: {criterion: one-step}\n", {"capacity.criterion", "dynamics.temperature"}, EG_KIND_CAPACITY, EG_ERR_CONFIG},
        {"memory: {type: hopfield, rule: hebbian-matrix}\ncapacity: {sizes: [2097152]}\n", {"capacity.sizes = 2097152", "GB"}, EG_KIND_CAPACITY, EG_ERR_RANGE}, /* 35 TB */
        {"memory: {type: dense, power: 20}\ncapacity: {sizes: [1000], loads: \"0.1\"}\n", {"load of 0.1", "1e+56 patterns"}, EG_KIND_CAPACITY, EG_ERR_RANGE},
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct eg_associative a;
        struct eg_plane p = {0};
        struct eg_message message = {{0}};
        int ret =
            eg_associative_init(&a, cases[i].kind, "test", cases[i].yaml, NULL, 0, 1, &message);
        if (!ret)
            ret = eg_plane_init(&p, &a, &message);
        if (ret != cases[i].code || !strstr(message.text, cases[i].words[0])
            || !strstr(message.text, cases[i].words[1]))
            fail_msg("%s -> %d: %s", cases[i].yaml, ret, message.text);
        eg_plane_free(&p);
        eg_associative_free(&a);
    }
}

static void what_a_network_refuses_ends_the_cell(void **state)
{
    (void) state;
    struct measured *m = open_plane(EG_KIND_CAPACITY,
                                    "memory: {type: hopfield, rule: perceptron, sweeps_max: 1, "
                                    "stability: 100}\ncapacity: {sizes: [20], loads: \"3\", "
                                    "networks: 2}\n",
                                    1);
    run_all(&m->plane); /* a rule that does not converge is no failure */
    assert_int_equal(m->plane.noted, 0);
    assert_non_null(strstr(m->plane.note.text, "did not reach"));
    close_plane(m);
    m = measured(EG_KIND_CAPACITY, planes[0].yaml, 2);
    assert_string_equal(m->plane.note.text, "");
    close_plane(m);
    m = open_plane(EG_KIND_CAPACITY,
                   "memory: {type: hopfield, unlearn: 5}\ncapacity: {sizes: [20], loads: \"0.1\", "
                   "networks: 9}\n",
                   1);
    m->a.threads = 3;
    struct eg_message message = {{0}};
    assert_int_equal(eg_plane_run(&m->plane, 0, 0, 0, &message), EG_ERR_RANGE);
    assert_non_null(strstr(message.text, "unlearn"));
    close_plane(m);
}

#define ROW cmocka_unit_test
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROW(threads_change_no_bit),
        ROW(another_seed_measures_something_else),
        ROW(a_cell_does_not_depend_on_what_else_is_measured),
        ROW(basins_start_where_they_are_asked_to),
        ROW(a_summary_is_the_one_worked_out_by_hand),
        ROW(one_step_errors_are_those_counted_directly),
        ROW(exact_asks_for_every_site),
        ROW(pairs_have_two_layers_of_that_size),
        ROW(threads_are_no_more_than_asked_for),
        ROW(what_cannot_be_measured_is_refused_with_its_key),
        ROW(what_a_network_refuses_ends_the_cell),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests_name("plane", tests, NULL, NULL);
}
