/* From scores to a weighting, E10-E17; what is drawn is in test_sampled.c. */
#include "attention/normalise.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

#define SUM_TOL (8 * EG_EPS)

/* Sequences `first`, first + 1, ... of an update. */
static void key(struct eg_draw_key *keys, size_t rows, uint64_t step, uint64_t first)
{
    for (size_t r = 0; r < rows; r++)
        keys[r] = (struct eg_draw_key){
            .seed = 5, .step = step, .item = first + r, .purpose = EG_FOR_TRAINING};
}

/* The weighting of one row of scores. */
static void weigh_as(real *w, struct eg_normaliser how, const real *y, real beta, size_t n,
                     const struct eg_draw_key *noise)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    if (noise)
        assert_int_equal(eg_tape_noise(&tape, noise, 1), EG_OK);
    const struct eg_var *v =
        eg_normalise(&tape, &how, eg_tape_data(&tape, y, 1, n), eg_tape_data(&tape, &beta, 1, 1));
    assert_non_null(v);
    memcpy(w, v->x, n * sizeof *w);
    eg_arena_free(&arena);
}

/* k and temperature as the tests that go over all kinds use them. */
static struct eg_normaliser of_kind(size_t kind)
{
    return (struct eg_normaliser){
        .kind = (enum eg_normaliser_kind) kind, .k = 3, .temperature = 0.5};
}

static void weigh(real *w, size_t kind, const real *y, real beta, size_t n)
{
    weigh_as(w, of_kind(kind), y, beta, n, NULL);
}

static double total(const real *w, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double) w[i];
    return sum;
}

static void weightings_match_a_hand_calculation(void **state)
{
    (void) state;
    real w[4];
    const real ln2 = (real) 0.69314718055994531;
    /* doubling for each unit of score */
    const real steps[4] = {0, 1, 3, 1};
    const double softmax[4] = {1.0 / 13, 2.0 / 13, 8.0 / 13, 2.0 / 13};
    weigh(w, EG_NORM_SOFTMAX, steps, ln2, 4);
    check_all_close(w, softmax, 4, 16 * EG_EPS, 0);
    /* of the two equal ones the first is the third of three */
    const double three[4] = {1.0 / 11, 2.0 / 11, 8.0 / 11, 0}, two[4] = {0, 0.2, 0.8, 0};
    struct eg_normaliser how = {.kind = EG_NORM_TOP_K, .k = 2};
    weigh_as(w, how, steps, ln2, 4, NULL);
    check_all_close(w, two, 4, 16 * EG_EPS, 0);
    weigh_as(w, of_kind(EG_NORM_TOP_K), steps, ln2, 3, NULL);
    check_all_close(w, three, 3, 16 * EG_EPS, 0);
    /* 0.75 + 0.25: both are 0.25 above the threshold, -1 is not; half of it with beta 2 */
    const real sparse[3] = {(real) 0.25, (real) -0.5, (real) 0.5};
    const double quarters[3] = {0.25, 0, 0.75};
    weigh(w, EG_NORM_SPARSEMAX, sparse, 2, 3);
    check_all_close(w, quarters, 3, 8 * EG_EPS, 0);
    /* roots 0.8 and 0.6 lie 0.2 apart, which is half of 0.4 */
    const real near[3] = {0, -5, (real) 0.4};
    const double squares[3] = {0.36, 0, 0.64};
    weigh(w, EG_NORM_ENTMAX15, near, 1, 3);
    check_all_close(w, squares, 3, 8 * EG_EPS, 0);
    const double best[4] = {0, 0, 1, 0};
    weigh(w, EG_NORM_HARD, steps, 1, 4);
    check_all_close(w, best, 4, 0, 0);
    weigh(w, EG_NORM_HARD_SAMPLED, steps, 1, 4);
    check_all_close(w, best, 4, 0, 0);
    /* without noise gumbel is the softmax at another temperature: 0.5 squares the odds */
    const double odds[3] = {1.0 / 69, 4.0 / 69, 64.0 / 69};
    weigh(w, EG_NORM_GUMBEL, steps, ln2, 3);
    check_all_close(w, odds, 3, 32 * EG_EPS, 0);
    how = (struct eg_normaliser){.kind = EG_NORM_GUMBEL, .temperature = 1, .straight_through = 1};
    weigh_as(w, how, steps, 1, 4, NULL);
    check_all_close(w, best, 4, 0, 0);
    const double parts[4] = {1.0 / 2, 2.0 / 3, 8.0 / 9, 2.0 / 3};
    weigh(w, EG_NORM_SIGMOID, steps, ln2, 4);
    check_all_close(w, parts, 4, 16 * EG_EPS, 0);
}

static void the_names_are_those_of_the_kinds(void **state)
{
    (void) state;
    assert_string_equal(eg_normaliser_names[EG_NORM_ENTMAX15], "entmax-1.5");
    assert_string_equal(eg_normaliser_names[EG_NORM_HARD_SAMPLED], "hard-sampled");
    assert_string_equal(eg_normaliser_names[EG_NORM_SIGMOID], "sigmoid");
    assert_null(eg_normaliser_names[EG_NORM_KINDS]);
}

/* Random scores of several spreads, and some with ties; returns n. */
static size_t sample(real y[64], uint64_t seed)
{
    static const double spreads[] = {0.01, 0.3, 1, 10};
    const size_t n = 1 + seed * 7 % 64;
    draw_normal(y, n, spreads[seed % 4], seed);
    for (size_t i = 0; i < n && seed % 5 == 0; i++)
        y[i] = (real) (round((double) y[i] * 4) / 4);
    return n;
}

/* The Karush-Kuhn-Tucker conditions of the nearest point of the simplex: w >= 0 sums to 1, y - w is
 * one number tau where w > 0, and y <= tau elsewhere. */
static void sparsemax_meets_the_conditions_of_a_projection(void **state)
{
    (void) state;
    real y[64], w[64];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const size_t n = sample(y, seed);
        weigh(w, EG_NORM_SPARSEMAX, y, 1, n);
        check_close(total(w, n), 1, 0, (double) n * EG_EPS + SUM_TOL);
        double tau = -INFINITY;
        for (size_t i = 0; i < n; i++)
            if (w[i] > 0)
                tau = (double) y[i] - (double) w[i];
        for (size_t i = 0; i < n; i++) {
            const double size = 1 + fabs((double) y[i]);
            assert_true(w[i] >= 0);
            if (w[i] > 0)
                check_close((double) y[i] - (double) w[i], tau, 0, 8 * EG_EPS * size);
            else
                assert_true((double) y[i] <= tau + 8 * EG_EPS * size);
        }
    }
}

/* The same of argmax w . y + sum_i (w_i - w_i^1.5) / 0.75: y_i / 2 - sqrt(w_i) is one number where
 * w_i > 0, and y_i / 2 is at most that elsewhere. */
static void entmax_meets_the_conditions_of_its_optimum(void **state)
{
    (void) state;
    real y[64], w[64];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const size_t n = sample(y, seed);
        weigh(w, EG_NORM_ENTMAX15, y, 1, n);
        check_close(total(w, n), 1, 0, 4 * (double) n * EG_EPS + SUM_TOL);
        double tau = -INFINITY;
        for (size_t i = 0; i < n; i++)
            if (w[i] > (real) 0.01)
                tau = (double) y[i] / 2 - sqrt((double) w[i]);
        for (size_t i = 0; i < n; i++) {
            const double size = 1 + fabs((double) y[i]);
            assert_true(w[i] >= 0);
            if (w[i] > 0)
                check_close((double) y[i] / 2 - sqrt((double) w[i]), tau, 0, 8 * EG_EPS * size);
            else
                assert_true((double) y[i] / 2 <= tau + 8 * EG_EPS * size);
        }
    }
}

static double near_to(const real *y, const double *w, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum -= (w[i] - (double) y[i]) * (w[i] - (double) y[i]) / 2;
    return sum;
}

static double tsallis(const real *y, const double *w, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += w[i] * (double) y[i] + (w[i] - pow(w[i], 1.5)) / 0.75;
    return sum;
}

/* By the definition itself: no other point of the simplex does better, near or far. */
static void no_other_weighting_is_better_than_sparsemax_or_entmax(void **state)
{
    (void) state;
    enum { N = 6 };
    real y[N], w[N], u[N];
    double (*const value[2])(const real *, const double *, size_t) = {near_to, tsallis};
    for (uint64_t seed = 1; seed <= 50; seed++) {
        draw_normal(y, N, 0.7, seed);
        for (size_t kind = 0; kind < 2; kind++) {
            double best[N], other[N];
            weigh(w, EG_NORM_SPARSEMAX + kind, y, 1, N);
            for (size_t i = 0; i < N; i++)
                best[i] = (double) w[i] / total(w, N);
            const double top = value[kind](y, best, N);
            for (uint64_t t = 0; t < 40; t++) {
                draw_uniform(u, N, 0, 1, 100 * seed + t);
                const double far = t % 2 ? 1 : 0.01, sum = total(u, N);
                for (size_t i = 0; i < N; i++)
                    other[i] = (1 - far) * best[i] + far * (double) u[i] / sum;
                assert_true(value[kind](y, other, N) <= top + 4 * EG_EPS);
            }
        }
    }
}

static void the_sharper_the_normaliser_the_smaller_its_support(void **state)
{
    (void) state;
    enum { N = 50 };
    real y[N], w[N];
    size_t sizes[3] = {0};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        draw_normal(y, N, 1, seed);
        for (size_t kind = 0; kind < 3; kind++) {
            weigh(w, kind, y, 1, N);
            for (size_t i = 0; i < N; i++)
                sizes[kind] += w[i] > 0;
        }
    }
    assert_int_equal(sizes[EG_NORM_SOFTMAX], 20 * N);
    assert_true(sizes[EG_NORM_ENTMAX15] < sizes[EG_NORM_SOFTMAX] / 2);
    assert_true(sizes[EG_NORM_SPARSEMAX] < sizes[EG_NORM_ENTMAX15] / 2);
}

static void the_k_largest_are_those_of_a_sort(void **state)
{
    (void) state;
    real y[64], w[64];
    for (uint64_t seed = 1; seed <= 100; seed++) {
        const size_t n = sample(y, seed);
        for (size_t k = 1; k <= n + 1; k += 1 + n / 5) {
            const struct eg_normaliser how = {.kind = EG_NORM_TOP_K, .k = k};
            weigh_as(w, how, y, 1, n, NULL);
            double sum = 0;
            for (int pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < n; i++) {
                    size_t before = 0;
                    for (size_t j = 0; j < n; j++)
                        before += y[j] > y[i] || (y[j] == y[i] && j < i);
                    const double e = before < k ? exp((double) y[i]) : 0;
                    if (pass == 0)
                        sum += e;
                    else
                        check_close(w[i], e / sum, 64 * EG_EPS, 0);
                }
        }
    }
}

static void slots_in_another_order_are_weighed_in_that_order(void **state)
{
    (void) state;
    enum { N = 13 };
    real y[N], z[N], w[N], turned[N];
    draw_normal(y, N, 1, 3);
    for (size_t i = 0; i < N; i++)
        z[(5 * i + 2) % N] = y[i];
    for (size_t kind = 0; kind < EG_NORM_KINDS; kind++) {
        weigh(w, kind, y, 2, N);
        weigh(turned, kind, z, 2, N);
        for (size_t i = 0; i < N; i++)
            check_close(turned[(5 * i + 2) % N], w[i], 16 * EG_EPS, 0);
    }
}

/* Values and gradients, with noise and without. */
static void numbers_as_large_as_ten_thousand_give_weightings(void **state)
{
    (void) state;
    static const size_t sizes[] = {1, 2, 33};
    static const real strengths[] = {0, 1, (real) 1e4};
    struct eg_draw_key keys[2];
    key(keys, 2, 1, 0);
    const real advantage[2] = {1, -1};
    for (size_t k = 0; k < EG_NORM_KINDS * 18; k++) {
        struct eg_normaliser how = of_kind(k % EG_NORM_KINDS);
        const size_t n = sizes[k / EG_NORM_KINDS % 3], strength = k / EG_NORM_KINDS / 3 % 3;
        how.straight_through = k / EG_NORM_KINDS >= 9;
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        real none[1] = {0};
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, none);
        if (how.straight_through)
            assert_int_equal(eg_tape_noise(&tape, keys, 2), EG_OK);
        tape.advantage = advantage;
        struct eg_var *y = eg_tape_var(&tape, 2, n, 1), *beta = eg_tape_var(&tape, 2, 1, 1);
        for (size_t i = 0; i < 2 * n; i++)
            y->x[i] = i % 3 == 2 ? 0 : i % 3 ? (real) -1e4 : (real) 1e4;
        beta->x[0] = beta->x[1] = strengths[strength];
        struct eg_var *w = eg_normalise(&tape, &how, y, beta);
        for (size_t r = 0; r < 2; r++) {
            for (size_t i = 0; i < n; i++) {
                assert_true(eg_row(w, r)[i] >= 0 && eg_row(w, r)[i] <= 1 + SUM_TOL);
                eg_drow(w, r)[i] = i % 2 ? 1 : -1;
            }
            if (how.kind != EG_NORM_SIGMOID)
                check_close(total(eg_row(w, r), n), 1, 0, SUM_TOL);
            if (n == 1 && how.kind != EG_NORM_SIGMOID)
                check_close(w->x[0], 1, 0, 0);
        }
        eg_tape_walk(&tape);
        for (size_t i = 0; i < 2 * n; i++)
            assert_true(isfinite(y->dx[i]));
        assert_true(isfinite(beta->dx[0]) && isfinite(beta->dx[1]));
        eg_arena_free(&arena);
    }
}

static void what_is_not_a_number_is_not_hidden(void **state)
{
    (void) state;
    real w[3];
    for (size_t kind = 0; kind < EG_NORM_KINDS; kind++)
        for (size_t at = 0; at < 4; at++) {
            real y[4] = {1, 2, 3, 1}; /* the last is the strength */
            y[at] = NAN;
            weigh(w, kind, y, y[3], 3);
            assert_true(kind == EG_NORM_SIGMOID ? isnan(w[at % 3]) : 1);
            for (size_t i = 0; i < 3 && kind != EG_NORM_SIGMOID; i++)
                assert_true(isnan(w[i]));
        }
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real one = 1;
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    for (size_t kind = 0; kind < EG_NORM_KINDS; kind++) {
        const struct eg_normaliser how = of_kind(kind);
        struct eg_var *v = eg_tape_data(&tape, &one, 1, 1);
        assert_null(eg_normalise(&tape, &how, NULL, v));
        assert_null(eg_normalise(&tape, &how, v, NULL));
    }
    eg_arena_free(&arena);
}

/* With the same dw; the value is another one. */
static void a_hard_weighting_is_walked_back_as_the_softmax(void **state)
{
    (void) state;
    enum { N = 7 };
    struct eg_arena *arena = new_arena();
    real kept[3][N + 1], none[1] = {0};
    const struct eg_normaliser how[3] = {
        {.kind = EG_NORM_SOFTMAX},
        {.kind = EG_NORM_HARD},
        {.kind = EG_NORM_GUMBEL, .temperature = 1, .straight_through = 1}};
    for (size_t k = 0; k < 3; k++) {
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, none);
        struct eg_var *y = eg_tape_var(&tape, 1, N, 1), *beta = eg_tape_var(&tape, 1, 1, 1);
        draw_normal(y->x, N, 1, 3);
        beta->x[0] = (real) 1.5;
        struct eg_var *w = eg_normalise(&tape, &how[k], y, beta);
        draw_normal(w->dx, N, 1, 4);
        eg_tape_walk(&tape);
        memcpy(kept[k], y->dx, N * sizeof **kept);
        kept[k][N] = beta->dx[0];
    }
    for (size_t k = 1; k < 3; k++)
        for (size_t i = 0; i <= N; i++)
            check_close(kept[k][i], kept[0][i], 16 * EG_EPS, 16 * EG_EPS);
    assert_true(kept[0][0] != 0 && kept[0][N] != 0);
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

struct checked {
    struct eg_normaliser how;
    int noise;
};

static struct eg_var *normalise(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct checked *c = context;
    struct eg_draw_key keys[2];
    key(keys, 2, 3, 0);
    if (c->noise && eg_tape_noise(tape, keys, 2))
        return NULL;
    struct eg_var *score = eg_tape_cols(tape, x, 1, x->cols - 1);
    /* Which are the largest must not change on the way, or there is no derivative. */
    static const real apart[20] = {4, 8, 0, 6, 2, 12, 10, 14, 18, 16, 4, 8, 0, 6, 2, 12, 10, 14};
    if (c->how.kind == EG_NORM_TOP_K)
        score = eg_add(tape, score, eg_tape_data(tape, apart, 2, x->cols - 1));
    return eg_normalise(tape, &c->how, score, eg_tape_cols(tape, x, 0, 1));
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    static const struct checked all[] = {
        {{.kind = EG_NORM_SOFTMAX}, 0},
        {{.kind = EG_NORM_SPARSEMAX}, 0},
        {{.kind = EG_NORM_ENTMAX15}, 0},
        {{.kind = EG_NORM_TOP_K, .k = 1}, 0},
        {{.kind = EG_NORM_TOP_K, .k = 3}, 0},
        {{.kind = EG_NORM_GUMBEL, .temperature = 0.7}, 0},
        {{.kind = EG_NORM_GUMBEL, .temperature = 0.7}, 1},
        {{.kind = EG_NORM_GUMBEL, .temperature = 2}, 1},
        {{.kind = EG_NORM_SIGMOID}, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (size_t cols = 2; cols < 12; cols += 3) {
            const struct grad_case c = {.name = eg_normaliser_names[all[i].how.kind],
                                        .rows = 2,
                                        .cols = cols,
                                        .lo = 0.1,
                                        .hi = 2,
                                        .build = normalise,
                                        .context = &all[i]};
            check_grad_seeds(&c, GRAD_SEEDS);
        }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weightings_match_a_hand_calculation),
        cmocka_unit_test(the_names_are_those_of_the_kinds),
        cmocka_unit_test(sparsemax_meets_the_conditions_of_a_projection),
        cmocka_unit_test(entmax_meets_the_conditions_of_its_optimum),
        cmocka_unit_test(no_other_weighting_is_better_than_sparsemax_or_entmax),
        cmocka_unit_test(the_sharper_the_normaliser_the_smaller_its_support),
        cmocka_unit_test(the_k_largest_are_those_of_a_sort),
        cmocka_unit_test(slots_in_another_order_are_weighed_in_that_order),
        cmocka_unit_test(numbers_as_large_as_ten_thousand_give_weightings),
        cmocka_unit_test(what_is_not_a_number_is_not_hidden),
        cmocka_unit_test(null_arguments_give_null),
        cmocka_unit_test(a_hard_weighting_is_walked_back_as_the_softmax),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
