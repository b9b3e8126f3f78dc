/* Weightings that are drawn: how often, from whose numbers, and their gradient, E15, E16, E18. */
#include "attention/normalise.h"

#include "tests/check.h"
#include "tests/fixture.h"

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

/* How often each of four slots is the one, of `n` sequences. */
static void count(double share[4], struct eg_normaliser how, const real y[4], real beta, size_t n)
{
    struct eg_draw_key k;
    for (size_t i = 0; i < 4; i++)
        share[i] = 0;
    for (size_t t = 0; t < n; t++) {
        real w[4];
        key(&k, 1, 1, t);
        weigh_as(w, how, y, beta, 4, &k);
        for (size_t i = 0; i < 4; i++)
            share[i] += (double) w[i] / (double) n;
    }
}

/* Sampling by probability, and by the largest of the noisy scores, whatever the temperature: both
 * give the shares of the softmax, within five standard errors. */
static void slots_are_drawn_as_often_as_the_softmax_says(void **state)
{
    (void) state;
    enum { TIMES = 20000 };
    const real y[4] = {(real) 0.5, 1, -1, 0}, beta = 2;
    const struct eg_normaliser how[3] = {
        {.kind = EG_NORM_HARD_SAMPLED},
        {.kind = EG_NORM_GUMBEL, .temperature = 0.3, .straight_through = 1},
        {.kind = EG_NORM_GUMBEL, .temperature = 5, .straight_through = 1}};
    real p[4];
    weigh_as(p, (struct eg_normaliser){.kind = EG_NORM_SOFTMAX}, y, beta, 4, NULL);
    for (size_t k = 0; k < 3; k++) {
        double share[4];
        count(share, how[k], y, beta, TIMES);
        for (size_t i = 0; i < 4; i++)
            check_close(share[i], (double) p[i], 0,
                        5 * sqrt((double) p[i] * (1 - (double) p[i]) / TIMES));
    }
}

/* Mean 0.5772 and variance pi^2 / 6 of the noise, from the odds of two equal scores at temperature
 * 1: ln(w_0 / w_1) = G_0 - G_1 has the variance pi^2 / 3 (a logistic distribution). */
static void the_noise_has_the_distribution_of_gumbel(void **state)
{
    (void) state;
    enum { TIMES = 4000, N = 16 };
    const struct eg_normaliser how = {.kind = EG_NORM_GUMBEL, .temperature = 1};
    const real y[N] = {0};
    double sum = 0, squares = 0, below = 0;
    for (size_t t = 0; t < TIMES; t++) {
        real w[N];
        struct eg_draw_key k;
        key(&k, 1, 2, t);
        weigh_as(w, how, y, 1, N, &k);
        for (size_t i = 0; i < N; i += 2) {
            const double apart = log((double) w[i] / (double) w[i + 1]);
            sum += apart;
            squares += apart * apart;
            below += apart < 1;
        }
    }
    const double n = TIMES * N / 2, variance = 3.28986813369645;
    check_close(sum / n, 0, 0, 5 * sqrt(variance / n));
    /* the fourth moment of the logistic distribution is 4.2 squares of its variance */
    check_close(squares / n, variance, 0, 5 * variance * sqrt(3.2 / n));
    check_close(below / n, 1 / (1 + exp(-1)), 0, 5 * sqrt(0.2 / n));
}

/* Two draws a row, one after the other; a sequence that ended has none. */
static void noise_is_that_of_the_sequence_whoever_runs_beside_it(void **state)
{
    (void) state;
    enum { N = 5, ROWS = 3 };
    struct eg_draw_key keys[ROWS];
    key(keys, ROWS, 9, 20);
    real y[ROWS * N], beta[ROWS] = {1, 1, 1}, first[ROWS * N], second[ROWS * N];
    draw_normal(y, (size_t) ROWS * N, 1, 1);
    const struct eg_normaliser how = {.kind = EG_NORM_GUMBEL, .temperature = 1};
    struct eg_arena *arena = new_arena();
    for (size_t from = 0; from <= ROWS; from++) {
        const size_t alone = from < ROWS, rows = alone ? 1 : ROWS, at = alone ? from : 0;
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
        assert_int_equal(eg_tape_noise(&tape, keys + at, rows), EG_OK);
        struct eg_var *v = eg_tape_data(&tape, y + at * N, rows, N);
        struct eg_var *b = eg_tape_data(&tape, beta, rows, 1);
        const struct eg_var *one = eg_normalise(&tape, &how, v, b);
        const size_t left = rows == ROWS ? 2 : rows;
        const struct eg_var *two = eg_normalise(&tape, &how, eg_tape_rows(&tape, v, 0, left),
                                                eg_tape_rows(&tape, b, 0, left));
        if (alone) {
            memcpy(first + at * N, one->x, N * sizeof *first);
            memcpy(second + at * N, two->x, N * sizeof *second);
            assert_memory_not_equal(one->x, two->x, N * sizeof *first);
            continue;
        }
        assert_memory_equal(one->x, first, sizeof first);
        assert_memory_equal(two->x, second, 2 * N * sizeof *second);
        assert_memory_not_equal(first, first + N, N * sizeof *first);
    }
    eg_arena_free(&arena);
}

static void advantages_match_a_hand_calculation(void **state)
{
    (void) state;
    /* costs an answer 2, 1, 5; those of the others 14 / 5, 12 / 3, 6 / 4 */
    const double cost[3] = {4, 2, 10}, asked[3] = {2, 2, 2};
    const double want[3] = {0.5 * (4 - 6), 0.5 * (2 - 7), 0.5 * (10 - 3)};
    real a[3];
    eg_advantages(a, cost, asked, 3, 0.5);
    check_all_close(a, want, 3, 4 * EG_EPS, 0);
    const double weights[3] = {2, 2, 1},
                 other[3] = {4 - 2 * 12 / 3.0, 2 - 2 * 14 / 3.0, 10 - 6 / 4.0};
    eg_advantages(a, cost, weights, 3, 1);
    check_all_close(a, other, 3, 4 * EG_EPS, 0);
    eg_advantages(a, cost, asked, 1, 1);
    check_close(a[0], 4, 0, 0);
}

/* Mean and variance of an estimate. */
struct estimate {
    double sum, squares, n;
};

static void put(struct estimate *e, double x)
{
    e->sum += x;
    e->squares += x * x;
    e->n++;
}

static double mean(const struct estimate *e)
{
    return e->sum / e->n;
}

static double variance(const struct estimate *e)
{
    return e->squares / e->n - mean(e) * mean(e);
}

enum { SLOTS = 3, BLOCK = 4, UPDATES = 4000 };

/* Two looks in a row: the first finds slot i, the second j with scores that depend on i, and the
 * cost is c_ij.  The expected cost is a sum over nine pairs. */
static const double cost_of[SLOTS][SLOTS] = {{5, 7, 6}, {4, 9, 5}, {8, 5, 7}};
static const double score1[SLOTS] = {0.3, -0.2, 0.1};
static const double score2[SLOTS][SLOTS] = {{0.1, 0.5, -0.4}, {-0.3, 0.2, 0.6}, {0, -0.5, 0.3}};
static const double strength = 1.3;

static void shares(double *p, const double *y, double beta)
{
    double sum = 0;
    for (size_t i = 0; i < SLOTS; i++)
        sum += p[i] = exp(beta * y[i]);
    for (size_t i = 0; i < SLOTS; i++)
        p[i] /= sum;
}

static double expected(const double y1[SLOTS], const double y2[SLOTS][SLOTS], double beta)
{
    double p[SLOTS], q[SLOTS], sum = 0;
    shares(p, y1, beta);
    for (size_t i = 0; i < SLOTS; i++) {
        shares(q, y2[i], beta);
        for (size_t j = 0; j < SLOTS; j++)
            sum += p[i] * q[j] * cost_of[i][j];
    }
    return sum;
}

/* 0 .. 2: the first scores, 3 .. 11: the second, 12: the strength; by central differences. */
static double exact(size_t component)
{
    double y1[SLOTS], y2[SLOTS][SLOTS], beta = strength, at[2];
    const double h = 1e-5;
    for (int side = 0; side < 2; side++) {
        memcpy(y1, score1, sizeof y1);
        memcpy(y2, score2, sizeof y2);
        beta = strength;
        double *x = component < SLOTS ? &y1[component]
                    : component < 12  ? &y2[component / SLOTS - 1][component % SLOTS]
                                      : &beta;
        *x += side ? h : -h;
        at[side] = expected(y1, (const double(*)[SLOTS]) y2, beta);
    }
    return (at[1] - at[0]) / (2 * h);
}

static size_t taken(const real *w)
{
    size_t at = 0;
    for (size_t i = 0; i < SLOTS; i++)
        at = w[i] > 0 ? i : at;
    return at;
}

/* One block of BLOCK sequences of update `step`: its gradients go to `found`. */
static void block(struct eg_arena *arena, struct estimate found[13], uint64_t step, int baseline)
{
    const struct eg_arena_mark mark = eg_arena_mark(arena);
    const struct eg_normaliser how = {.kind = EG_NORM_HARD_SAMPLED};
    struct eg_draw_key keys[BLOCK];
    struct eg_tape tape;
    real none[1] = {0}, advantage[BLOCK];
    double cost[BLOCK], asked[BLOCK];
    size_t i[BLOCK];
    key(keys, BLOCK, step, 0);
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, none);
    assert_int_equal(eg_tape_noise(&tape, keys, BLOCK), EG_OK);
    struct eg_var *y1 = eg_tape_var(&tape, BLOCK, SLOTS, 1);
    struct eg_var *y2 = eg_tape_var(&tape, BLOCK, SLOTS, 1);
    struct eg_var *beta = eg_tape_var(&tape, BLOCK, 1, 1);
    for (size_t r = 0; r < BLOCK; r++) {
        beta->x[r] = (real) strength;
        for (size_t k = 0; k < SLOTS; k++)
            eg_row(y1, r)[k] = (real) score1[k];
    }
    const struct eg_var *first = eg_normalise(&tape, &how, y1, beta);
    for (size_t r = 0; r < BLOCK; r++) {
        i[r] = taken(eg_row(first, r));
        for (size_t k = 0; k < SLOTS; k++)
            eg_row(y2, r)[k] = (real) score2[i[r]][k];
    }
    const struct eg_var *second = eg_normalise(&tape, &how, y2, beta);
    for (size_t r = 0; r < BLOCK; r++) {
        cost[r] = cost_of[i[r]][taken(eg_row(second, r))];
        asked[r] = 1;
        advantage[r] = (real) cost[r];
        /* what comes back through the weighting has no part in it */
        eg_drow(first, r)[0] = 100;
    }
    if (baseline)
        eg_advantages(advantage, cost, asked, BLOCK, 1);
    tape.advantage = advantage;
    eg_tape_walk(&tape);
    for (size_t k = 0; k < 13; k++) {
        double sum = 0;
        for (size_t r = 0; r < BLOCK; r++) {
            if (k < SLOTS)
                sum += (double) eg_drow(y1, r)[k];
            else if (k < 12)
                sum += k / SLOTS - 1 == i[r] ? (double) eg_drow(y2, r)[k % SLOTS] : 0;
            else
                sum += (double) beta->dx[r];
        }
        put(&found[k], sum / BLOCK);
    }
    eg_arena_rewind(arena, mark);
}

/* Within 4.5 standard errors of the mean over many blocks. */
static void the_mean_of_sampled_gradients_is_the_gradient_of_the_expected_cost(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    double spread[2] = {0, 0};
    for (int baseline = 0; baseline < 2; baseline++) {
        struct estimate found[13] = {{0}};
        for (uint64_t step = 0; step < UPDATES; step++)
            block(arena, found, step, baseline);
        for (size_t k = 0; k < 13; k++) {
            check_close(mean(&found[k]), exact(k), 0, 4.5 * sqrt(variance(&found[k]) / UPDATES));
            spread[baseline] += variance(&found[k]);
        }
    }
    /* costs are about 6 and differ by some 1.6: the baseline takes most of the noise away */
    assert_true(spread[1] < spread[0] / 4);
    eg_arena_free(&arena);
}

static void nothing_comes_back_where_no_cost_is_known(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    real none[1] = {0};
    const struct eg_normaliser how = {.kind = EG_NORM_HARD_SAMPLED};
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, none);
    struct eg_var *y = eg_tape_var(&tape, 1, 3, 1), *beta = eg_tape_var(&tape, 1, 1, 1);
    draw_normal(y->x, 3, 1, 1);
    beta->x[0] = 1;
    struct eg_var *w = eg_normalise(&tape, &how, y, beta);
    draw_normal(w->dx, 3, 1, 2);
    eg_tape_walk(&tape);
    for (size_t i = 0; i < 3; i++)
        assert_true(y->dx[i] == 0);
    assert_true(beta->dx[0] == 0);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_drawn_as_often_as_the_softmax_says),
        cmocka_unit_test(the_noise_has_the_distribution_of_gumbel),
        cmocka_unit_test(noise_is_that_of_the_sequence_whoever_runs_beside_it),
        cmocka_unit_test(advantages_match_a_hand_calculation),
        cmocka_unit_test(the_mean_of_sampled_gradients_is_the_gradient_of_the_expected_cost),
        cmocka_unit_test(nothing_comes_back_where_no_cost_is_known),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
