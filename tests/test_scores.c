/* How alike a query and each slot are, E1-E9. */
#include "attention/address.h"
#include "attention/normalise.h"
#include "attention/scores.h"
#include "tensor/linear.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

/* A score with its parameters, on an arena of its own. */
struct bench {
    struct eg_arena *arena;
    struct eg_params params;
    struct eg_score score;
    real *values, *grads;
};

static void bench_begin(struct bench *b, enum eg_score_kind kind, size_t slots, size_t width)
{
    *b = (struct bench){.arena = new_arena()};
    b->score =
        (struct eg_score){.kind = kind, .slots = slots, .width = width, .hidden = 4, .degree = 3};
    eg_params_init(&b->params, b->arena);
    assert_int_equal(eg_score_declare(&b->score, &b->params, "memory", "score"), EG_OK);
    const size_t size = b->params.size ? b->params.size : 1;
    b->values = eg_arena_zeros(b->arena, size, sizeof *b->values);
    b->grads = eg_arena_zeros(b->arena, size, sizeof *b->grads);
    assert_true(b->values && b->grads);
    draw_normal(b->values, size, 0.5, 7);
}

static void bench_end(struct bench *b)
{
    eg_arena_free(&b->arena);
}

/* The scores of one query, into y. */
static void scores(real *y, struct bench *b, const real *query, const real *memory)
{
    const struct eg_arena_mark mark = eg_arena_mark(b->arena);
    struct eg_tape tape;
    eg_tape_begin(&tape, b->arena, eg_kernels_best(), b->values, NULL);
    const size_t n = b->score.slots, d = b->score.width;
    const struct eg_var *v = eg_score_apply(&tape, &b->score, eg_tape_data(&tape, query, 1, d),
                                            eg_tape_data(&tape, memory, 1, n * d));
    assert_non_null(v);
    assert_true(v->rows == 1 && v->cols == n);
    memcpy(y, v->x, n * sizeof *y);
    eg_arena_rewind(b->arena, mark);
}

static void set(struct bench *b, const struct eg_param *p, const double *x)
{
    for (size_t i = 0; i < p->rows * p->cols; i++)
        b->values[p->offset + i] = (real) x[i];
}

/* Query (1, 2) against (3, 4), (-1, 0), (0, 1); the slot index is contiguous. */
static const real query2[2] = {1, 2}, memory3[6] = {3, -1, 0, 4, 0, 1};

static void check_by_hand(enum eg_score_kind kind, const double want[3])
{
    struct bench b;
    real y[3];
    bench_begin(&b, kind, 3, 2);
    scores(y, &b, query2, memory3);
    check_all_close(y, want, 3, 8 * EG_EPS, 8 * EG_EPS);
    bench_end(&b);
}

static void scores_without_parameters_match_a_hand_calculation(void **state)
{
    (void) state;
    const double r5 = 2.23606797749978969641, r2 = 1.41421356237309504880;
    const double dot[3] = {11, -1, 2};
    const double scaled[3] = {11 / r2, -1 / r2, 2 / r2};
    const double euclidean[3] = {-4, -4, -1};
    const double cubes[3] = {1331 / (2 * r2), -1 / (2 * r2), 8 / (2 * r2)};
    check_by_hand(EG_SCORE_DOT, dot);
    check_by_hand(EG_SCORE_SCALED_DOT, scaled);
    check_by_hand(EG_SCORE_EUCLIDEAN, euclidean);
    check_by_hand(EG_SCORE_K_BODY, cubes);
    /* |q| = sqrt 5; the lengths of the slots are 5, 1, 1 and the guard is 1e-8 */
    struct bench b;
    real y[3];
    bench_begin(&b, EG_SCORE_COSINE, 3, 2);
    scores(y, &b, query2, memory3);
    const double cosine[3] = {11 / (5 * r5), -1 / r5, 2 / r5};
    check_all_close(y, cosine, 3, 8 * EG_EPS + 2e-8, 0);
    bench_end(&b);
}

static void an_even_body_forgets_the_sign_and_an_odd_one_keeps_it(void **state)
{
    (void) state;
    struct bench b;
    real y[3];
    bench_begin(&b, EG_SCORE_K_BODY, 3, 2);
    b.score.degree = 4;
    scores(y, &b, query2, memory3);
    const double fourth[3] = {14641.0 / 4, 0.25, 4};
    check_all_close(y, fourth, 3, 8 * EG_EPS, 0);
    b.score.degree = 1;
    scores(y, &b, query2, memory3);
    const double first[3] = {11 / sqrt(2), -1 / sqrt(2), sqrt(2)};
    check_all_close(y, first, 3, 8 * EG_EPS, 0);
    bench_end(&b);
}

/* q W with W = ((1, 2), (3, -1)) is (7, 0). */
static void bilinear_and_location_match_a_hand_calculation(void **state)
{
    (void) state;
    struct bench b;
    real y[3];
    const double w[4] = {1, 2, 3, -1}, want[3] = {21, -7, 0};
    bench_begin(&b, EG_SCORE_BILINEAR, 3, 2);
    set(&b, &b.score.w, w);
    scores(y, &b, query2, memory3);
    check_all_close(y, want, 3, 8 * EG_EPS, 0);
    bench_end(&b);

    const double to_slots[6] = {1, 0, 5, -1, 2, 4}, places[3] = {-1, 4, 13};
    const real other[6] = {9, 9, 9, 9, 9, 9};
    bench_begin(&b, EG_SCORE_LOCATION, 3, 2);
    set(&b, &b.score.w, to_slots);
    scores(y, &b, query2, memory3);
    check_all_close(y, places, 3, 8 * EG_EPS, 0);
    scores(y, &b, query2, other);
    check_all_close(y, places, 3, 8 * EG_EPS, 0);
    bench_end(&b);
}

/* One hidden number, W = (0.1, 0.2), U = (-0.1, 0.3), v = 2: the tanh is of 0.5 + m U. */
static void additive_and_concat_match_a_hand_calculation(void **state)
{
    (void) state;
    const double want[3] = {2 * tanh(0.5 - 0.3 + 1.2), 2 * tanh(0.5 + 0.1), 2 * tanh(0.5 + 0.3)};
    const double w[4] = {0.1, 0.2, -0.1, 0.3}, two = 2;
    struct bench b = {.arena = new_arena()};
    real y[3];
    for (int both = 0; both < 2; both++) {
        b.score = (struct eg_score){.kind = both ? EG_SCORE_CONCAT : EG_SCORE_ADDITIVE,
                                    .slots = 3,
                                    .width = 2,
                                    .hidden = 1};
        eg_params_init(&b.params, b.arena);
        assert_int_equal(eg_score_declare(&b.score, &b.params, "memory", NULL), EG_OK);
        b.values = eg_arena_zeros(b.arena, b.params.size, sizeof *b.values);
        assert_non_null(b.values);
        set(&b, &b.score.w, w);
        if (!both)
            set(&b, &b.score.u, w + 2);
        set(&b, &b.score.v, &two);
        scores(y, &b, query2, memory3);
        check_all_close(y, want, 3, 32 * EG_EPS, 0);
    }
    bench_end(&b);
}

static void parameters_are_declared_where_the_kind_has_them(void **state)
{
    (void) state;
    static const struct {
        enum eg_score_kind kind;
        size_t count, total; /* D = 3, N = 5, H = 4 */
        const char *first;
    } want[] = {
        {EG_SCORE_COSINE, 0, 0, NULL},
        {EG_SCORE_DOT, 0, 0, NULL},
        {EG_SCORE_SCALED_DOT, 0, 0, NULL},
        {EG_SCORE_BILINEAR, 1, 9, "memory/score_w"},
        {EG_SCORE_ADDITIVE, 3, 28, "memory/score_w"},
        {EG_SCORE_CONCAT, 2, 28, "memory/score_w"},
        {EG_SCORE_LOCATION, 1, 15, "memory/score_w"},
        {EG_SCORE_EUCLIDEAN, 0, 0, NULL},
        {EG_SCORE_K_BODY, 0, 0, NULL},
    };
    assert_int_equal(sizeof want / sizeof want[0], EG_SCORE_KINDS);
    for (size_t i = 0; i < EG_SCORE_KINDS; i++) {
        struct bench b;
        bench_begin(&b, want[i].kind, 5, 3);
        assert_int_equal(b.params.count, want[i].count);
        assert_int_equal(b.params.total, want[i].total);
        if (want[i].first)
            assert_non_null(eg_params_find(&b.params, want[i].first));
        assert_non_null(eg_score_names[i]);
        bench_end(&b);
    }
    assert_null(eg_score_names[EG_SCORE_KINDS]);
    assert_string_equal(eg_score_names[EG_SCORE_SCALED_DOT], "scaled-dot");
    assert_string_equal(eg_score_names[EG_SCORE_K_BODY], "k-body");
}

static void a_degree_that_is_not_whole_or_too_large_is_refused(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    eg_params_init(&params, arena);
    struct eg_score s = {.kind = EG_SCORE_K_BODY, .slots = 1, .width = 1};
    const double wrong[] = {0, 1.5, -2, 65, NAN, INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        s.degree = wrong[i];
        assert_int_equal(eg_score_declare(&s, &params, "memory", NULL), EG_ERR_RANGE);
    }
    for (s.degree = 1; s.degree <= 64; s.degree *= 2)
        assert_int_equal(eg_score_declare(&s, &params, "memory", NULL), EG_OK);
    s = (struct eg_score){.kind = EG_SCORE_ADDITIVE, .slots = 1, .width = 1, .hidden = 0};
    assert_int_equal(eg_score_declare(&s, &params, "memory", NULL), EG_ERR_SHAPE);
    eg_arena_free(&arena);
}

/* sum_i v_i K(q - k_i) / sum_i K(q - k_i), K(x) = exp(-|x|^2 / 2): Nadaraya 1964, Watson 1964. */
static void the_softmax_of_euclidean_scores_is_the_regression_of_nadaraya_and_watson(void **state)
{
    (void) state;
    enum { N = 40, D = 3 };
    real query[D], keys[D * N], values[N];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        draw_normal(query, D, 1, 3 * seed);
        draw_normal(keys, (size_t) D * N, 1, 3 * seed + 1);
        draw_normal(values, N, 1, 3 * seed + 2);
        double above = 0, below = 0;
        for (size_t i = 0; i < N; i++) {
            double square = 0;
            for (size_t m = 0; m < D; m++)
                square += pow((double) query[m] - (double) keys[m * N + i], 2);
            above += (double) values[i] * exp(-square / 2);
            below += exp(-square / 2);
        }
        struct bench b;
        bench_begin(&b, EG_SCORE_EUCLIDEAN, N, D);
        struct eg_tape tape;
        const real one = 1;
        const struct eg_normaliser softmax = {.kind = EG_NORM_SOFTMAX};
        eg_tape_begin(&tape, b.arena, eg_kernels_best(), NULL, NULL);
        const struct eg_var *w =
            eg_normalise(&tape, &softmax,
                         eg_score_apply(&tape, &b.score, eg_tape_data(&tape, query, 1, D),
                                        eg_tape_data(&tape, keys, 1, (size_t) D * N)),
                         eg_tape_data(&tape, &one, 1, 1));
        double got = 0;
        for (size_t i = 0; i < N; i++)
            got += (double) w->x[i] * (double) values[i];
        check_close(got, above / below, 0, 1e-6);
        bench_end(&b);
    }
}

static void slots_in_another_order_have_their_scores_in_that_order(void **state)
{
    (void) state;
    enum { N = 11, D = 4 };
    real query[D], memory[D * N], turned[D * N], y[N], z[N];
    draw_normal(query, D, 1, 1);
    draw_normal(memory, (size_t) D * N, 1, 2);
    for (size_t i = 0; i < N; i++)
        for (size_t m = 0; m < D; m++)
            turned[m * N + (3 * i + 5) % N] = memory[m * N + i];
    for (size_t kind = 0; kind < EG_SCORE_KINDS; kind++) {
        struct bench b;
        bench_begin(&b, (enum eg_score_kind) kind, N, D);
        scores(y, &b, query, memory);
        scores(z, &b, query, turned);
        for (size_t i = 0; i < N; i++)
            check_close(z[kind == EG_SCORE_LOCATION ? i : (3 * i + 5) % N], y[i], 16 * EG_EPS,
                        16 * EG_EPS);
        bench_end(&b);
    }
}

/* Values and gradients; one slot and many, one number in each and many. */
static void numbers_as_large_as_ten_thousand_give_numbers(void **state)
{
    (void) state;
    static const size_t slots[] = {1, 2, 33}, widths[] = {1, 20};
    for (size_t kind = 0; kind < EG_SCORE_KINDS; kind++)
        for (size_t k = 0; k < 6; k++) {
            const size_t n = slots[k % 3], d = widths[k / 3];
            struct bench b;
            bench_begin(&b, (enum eg_score_kind) kind, n, d);
            b.score.degree = 9;
            struct eg_tape tape;
            eg_tape_begin(&tape, b.arena, eg_kernels_best(), b.values, b.grads);
            struct eg_var *q = eg_tape_var(&tape, 2, d, 1), *m = eg_tape_var(&tape, 2, n * d, 1);
            for (size_t i = 0; i < 2 * d; i++)
                q->x[i] = i % 3 == 2 ? 0 : i % 3 ? (real) -1e4 : (real) 1e4;
            for (size_t i = 0; i < 2 * n * d; i++)
                m->x[i] = i % 5 == 3 ? 0 : i % 2 ? (real) -1e4 : (real) 1e4;
            struct eg_var *y = eg_score_apply(&tape, &b.score, q, m);
            for (size_t i = 0; i < 2 * n; i++) {
                assert_true(isfinite(y->x[i]) && fabs((double) y->x[i]) <= 1.001 * EG_K_BODY_MAX);
                y->dx[i] = 1;
            }
            eg_tape_walk(&tape);
            for (size_t i = 0; i < 2 * d; i++)
                assert_true(isfinite(q->dx[i]));
            for (size_t i = 0; i < 2 * n * d; i++)
                assert_true(isfinite(m->dx[i]));
            for (size_t i = 0; i < b.params.size; i++)
                assert_true(isfinite(b.grads[i]));
            bench_end(&b);
        }
}

/* (3e4)^8 is past 1e24: there the score stays, and does not change any more. */
static void a_power_past_its_limit_stays_there_with_slope_zero(void **state)
{
    (void) state;
    struct bench b;
    bench_begin(&b, EG_SCORE_K_BODY, 3, 1);
    b.score.degree = 7;
    struct eg_tape tape;
    eg_tape_begin(&tape, b.arena, eg_kernels_best(), NULL, b.grads);
    struct eg_var *q = eg_tape_var(&tape, 1, 1, 1), *m = eg_tape_var(&tape, 1, 3, 1);
    q->x[0] = 1;
    m->x[0] = (real) 3e4;
    m->x[1] = (real) -3e4;
    m->x[2] = 2;
    struct eg_var *y = eg_score_apply(&tape, &b.score, q, m);
    const double want[3] = {1e24, -1e24, 128}, slopes[3] = {0, 0, 7 * 64};
    check_all_close(y->x, want, 3, 64 * EG_EPS, 0);
    for (size_t i = 0; i < 3; i++)
        y->dx[i] = 1;
    eg_tape_walk(&tape);
    check_all_close(m->dx, slopes, 3, 8 * EG_EPS, 0);
    bench_end(&b);
}

static void what_is_not_a_number_is_not_hidden(void **state)
{
    (void) state;
    real query[2] = {1, NAN}, y[3];
    for (size_t kind = 0; kind < EG_SCORE_KINDS; kind++) {
        struct bench b;
        bench_begin(&b, (enum eg_score_kind) kind, 3, 2);
        scores(y, &b, query, memory3);
        for (size_t i = 0; i < 3; i++)
            assert_true(isnan(y[i]));
        bench_end(&b);
    }
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_tape tape;
    for (size_t kind = 0; kind < EG_SCORE_KINDS; kind++) {
        struct bench b;
        bench_begin(&b, (enum eg_score_kind) kind, 3, 2);
        eg_tape_begin(&tape, b.arena, eg_kernels_best(), b.values, NULL);
        assert_null(eg_score_apply(&tape, &b.score, NULL, eg_tape_data(&tape, memory3, 1, 6)));
        assert_null(eg_score_apply(&tape, &b.score, eg_tape_data(&tape, query2, 1, 2), NULL));
        bench_end(&b);
    }
}

#ifdef EG_DOUBLE

/* The same sums in another order of operations. */
static struct eg_var *old_cosine(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct eg_score *s = context;
    return eg_cosine(tape, eg_tape_cols(tape, x, 0, s->width),
                     eg_tape_cols(tape, x, s->width, s->slots * s->width), s->slots, s->width);
}

static struct eg_var *apply(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct eg_score *s = context;
    return eg_score_apply(tape, s, eg_tape_cols(tape, x, 0, s->width),
                          eg_tape_cols(tape, x, s->width, s->slots * s->width));
}

/* The memory is data, as the states of an encoder that is not trained are. */
static struct eg_var *apply_to_data(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct eg_score *s = context;
    static real memory[3 * 64];
    draw_uniform(memory, x->rows * s->slots * s->width, -1, 1, 5);
    return eg_score_apply(tape, s, x, eg_tape_data(tape, memory, x->rows, s->slots * s->width));
}

/* ... or the query is. */
static struct eg_var *apply_of_data(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct eg_score *s = context;
    static real query[3 * 8];
    draw_uniform(query, x->rows * s->width, -1, 1, 6);
    return eg_score_apply(tape, s, eg_tape_data(tape, query, x->rows, s->width), x);
}

static void cosine_is_that_of_the_head(void **state)
{
    (void) state;
    struct bench b;
    bench_begin(&b, EG_SCORE_COSINE, 9, 5);
    struct grad_case old = {.name = "eg_cosine",
                            .rows = 3,
                            .cols = 50,
                            .lo = -2,
                            .hi = 2,
                            .build = old_cosine,
                            .context = &b.score};
    struct grad_case new = old;
    new.name = "cosine";
    new.build = apply;
    for (uint64_t seed = 1; seed <= GRAD_SEEDS; seed++)
        check_same(&old, &new, 1e-13, seed);
    bench_end(&b);
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    static const struct {
        size_t rows, slots, width;
    } sizes[] = {{2, 1, 2}, {1, 3, 1}, {3, 9, 5}};
    for (size_t kind = 0; kind < EG_SCORE_KINDS; kind++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (int degree = 1; degree < (kind == EG_SCORE_K_BODY ? 6 : 2); degree++) {
                struct bench b;
                const size_t n = sizes[i].slots, d = sizes[i].width;
                bench_begin(&b, (enum eg_score_kind) kind, n, d);
                b.score.degree = degree;
                struct grad_case c = {.name = eg_score_names[kind],
                                      .rows = sizes[i].rows,
                                      .cols = d * (1 + n),
                                      .lo = 0.1,
                                      .hi = 2,
                                      .build = apply,
                                      .context = &b.score,
                                      .params = b.params.count ? &b.params : NULL,
                                      .spread = 0.5};
                check_grad_seeds(&c, GRAD_SEEDS);
                c.cols = d;
                c.build = apply_to_data;
                check_grad_seeds(&c, 3);
                c.cols = d * n;
                c.build = apply_of_data;
                check_grad_seeds(&c, 3);
                bench_end(&b);
            }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_without_parameters_match_a_hand_calculation),
        cmocka_unit_test(an_even_body_forgets_the_sign_and_an_odd_one_keeps_it),
        cmocka_unit_test(bilinear_and_location_match_a_hand_calculation),
        cmocka_unit_test(additive_and_concat_match_a_hand_calculation),
        cmocka_unit_test(parameters_are_declared_where_the_kind_has_them),
        cmocka_unit_test(a_degree_that_is_not_whole_or_too_large_is_refused),
        cmocka_unit_test(the_softmax_of_euclidean_scores_is_the_regression_of_nadaraya_and_watson),
        cmocka_unit_test(slots_in_another_order_have_their_scores_in_that_order),
        cmocka_unit_test(numbers_as_large_as_ten_thousand_give_numbers),
        cmocka_unit_test(a_power_past_its_limit_stays_there_with_slope_zero),
        cmocka_unit_test(what_is_not_a_number_is_not_hidden),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(cosine_is_that_of_the_head),
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
