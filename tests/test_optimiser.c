/* From a gradient to new parameters: two steps of each rule by hand, clipping, schedules. */
#include "tensor/optimiser.h"

#include "tests/check.h"
#include "tests/fixture.h"

/* Two steps on one number from x = 1 with gradients 0.5 and -0.25. */
static void two_steps(struct eg_optimiser_options options, double want[2])
{
    struct eg_arena *arena = new_arena();
    struct eg_optimiser o;
    struct eg_optimiser_report report;
    real x = 1;
    const double gradients[2] = {0.5, -0.25};
    assert_int_equal(eg_optimiser_init(&o, arena, &options, eg_kernels_best(), 1), EG_OK);
    for (uint64_t update = 0; update < 2; update++) {
        real g = (real) gradients[update];
        eg_optimiser_step(&o, &x, &g, fabs(gradients[update]), update, 0, &report);
        check_close(x, want[update], 16 * EG_EPS, 0);
        check_close(report.rate, options.rate, 1e-15, 0);
        check_close(report.gradient_norm, fabs(gradients[update]), 0, 0);
    }
    eg_arena_free(&arena);
}

/* v = -0.05; then v = 0.9 (-0.05) + 0.025 = -0.02. */
static void sgd_with_momentum_by_hand(void **state)
{
    (void) state;
    double want[2] = {1 - 0.05, 1 - 0.05 - 0.02};
    two_steps((struct eg_optimiser_options){.kind = EG_SGD, .rate = 0.1, .momentum = 0.9}, want);
}

/* Graves 2013, eq. 38-41, with d = 0.95 and eps = 1e-4. */
static void graves_rmsprop_by_hand(void **state)
{
    (void) state;
    const double n1 = 0.05 * 0.25, m1 = 0.05 * 0.5;
    const double v1 = -0.01 * 0.5 / sqrt(n1 - m1 * m1 + 1e-4);
    const double n2 = 0.95 * n1 + 0.05 * 0.0625, m2 = 0.95 * m1 - 0.05 * 0.25;
    const double v2 = 0.9 * v1 + 0.01 * 0.25 / sqrt(n2 - m2 * m2 + 1e-4);
    double want[2] = {1 + v1, 1 + v1 + v2};
    two_steps(
        (struct eg_optimiser_options){
            .kind = EG_RMSPROP_GRAVES, .rate = 0.01, .momentum = 0.9, .decay = 0.95},
        want);
    /* A guard of one's own takes the place of the preset. */
    const double u1 = -0.01 * 0.5 / sqrt(n1 - m1 * m1 + 1);
    const double u2 = 0.9 * u1 + 0.01 * 0.25 / sqrt(n2 - m2 * m2 + 1);
    double other[2] = {1 + u1, 1 + u1 + u2};
    two_steps(
        (struct eg_optimiser_options){
            .kind = EG_RMSPROP_GRAVES, .rate = 0.01, .momentum = 0.9, .decay = 0.95, .eps = 1},
        other);
}

static void rmsprop_by_hand(void **state)
{
    (void) state;
    const double n1 = 0.05 * 0.25, v1 = -0.01 * 0.5 / (sqrt(n1) + 1e-8);
    const double n2 = 0.95 * n1 + 0.05 * 0.0625;
    const double v2 = 0.5 * v1 + 0.01 * 0.25 / (sqrt(n2) + 1e-8);
    double want[2] = {1 + v1, 1 + v1 + v2};
    two_steps(
        (struct eg_optimiser_options){
            .kind = EG_RMSPROP, .rate = 0.01, .momentum = 0.5, .decay = 0.95},
        want);
}

/* Kingma & Ba 2015, algorithm 1: corrected moments m/(1 - b1^t), v/(1 - b2^t). */
static void adam_by_hand(void **state)
{
    (void) state;
    const double x1 = 1 - 0.01 * 0.5 / (0.5 + 1e-8); /* after one step m = g, v = g^2 */
    const double m = 0.9 * 0.1 * 0.5 - 0.1 * 0.25, v = 0.99 * 0.01 * 0.25 + 0.01 * 0.0625;
    const double m_hat = m / (1 - 0.81), v_hat = v / (1 - 0.9801);
    double want[2] = {x1, x1 - 0.01 * m_hat / (sqrt(v_hat) + 1e-8)};
    two_steps(
        (struct eg_optimiser_options){.kind = EG_ADAM, .rate = 0.01, .beta1 = 0.9, .beta2 = 0.99},
        want);
}

static void moments_have_names_and_start_at_zero(void **state)
{
    (void) state;
    static const size_t counts[] = {3, 2, 2, 1};
    struct eg_arena *arena = new_arena();
    for (int kind = 0; kind < 4; kind++) {
        struct eg_optimiser o;
        const struct eg_optimiser_options options = {.kind = kind};
        assert_non_null(eg_optimiser_names[kind]);
        assert_int_equal(eg_optimiser_init(&o, arena, &options, eg_kernels_best(), 5), EG_OK);
        assert_int_equal(o.moments, counts[kind]);
        for (size_t i = 0; i < o.moments; i++) {
            assert_non_null(o.name[i]);
            for (size_t k = 0; k < 5; k++)
                assert_true(o.moment[i][k] == 0);
        }
    }
    assert_null(eg_optimiser_names[4]);
    eg_arena_free(&arena);
}

/* One step of plain SGD at rate 1 moves x by the clipped gradient. */
static void clipped(int kind, double limit, const real *g, size_t n, const double *want,
                    double share)
{
    struct eg_arena *arena = new_arena();
    struct eg_optimiser o;
    struct eg_optimiser_report report;
    const struct eg_optimiser_options options = {
        .kind = EG_SGD, .rate = 1, .clip = kind, .clip_limit = limit};
    real x[4] = {0}, moved[4];
    double norm = 0;
    memcpy(moved, g, n * sizeof *g);
    for (size_t i = 0; i < n; i++)
        norm += (double) g[i] * (double) g[i];
    assert_int_equal(eg_optimiser_init(&o, arena, &options, eg_kernels_best(), n), EG_OK);
    eg_optimiser_step(&o, x, moved, sqrt(norm), 0, 0, &report);
    for (size_t i = 0; i < n; i++)
        check_close(-x[i], want[i], 4 * EG_EPS, 0);
    check_close(report.clipped, share, 0, 0);
    check_close(report.gradient_norm, sqrt(norm), 1e-15, 0); /* before clipping */
    eg_arena_free(&arena);
}

static void clipping_limits_components_or_the_length(void **state)
{
    (void) state;
    const real g[4] = {3, -4, 0, 12}; /* of length 13 */
    const double same[4] = {3, -4, 0, 12}, value[4] = {3, -3.5, 0, 3.5};
    const double norm[4] = {1.5, -2, 0, 6};
    clipped(EG_CLIP_NONE, 1, g, 4, same, 0);
    clipped(EG_CLIP_VALUE, 3.5, g, 4, value, 0.5);
    clipped(EG_CLIP_VALUE, 12, g, 4, same, 0);
    clipped(EG_CLIP_NORM, 6.5, g, 4, norm, 1);
    clipped(EG_CLIP_NORM, 13, g, 4, same, 0);
}

/* Two tensors with a gap between them, of lengths 5 and 13: at a limit of 6.5 only the second is
 * scaled, at 2.5 both are, each to that length; the gap stays. */
static void clipping_by_matrix_scales_each_tensor_by_its_own_length(void **state)
{
    (void) state;
    static const struct {
        double limit, first, second, clipped;
    } cases[] = {{6.5, 1, 0.5, 0.5}, {2.5, 0.5, 2.5 / 13, 1}, {13, 1, 1, 0}};
    struct eg_arena *arena = new_arena();
    struct eg_params *params = calloc(1, sizeof *params);
    struct eg_param a, b;
    const struct eg_param_row row = {.name = "a", .rows = 1, .cols = 2, .init = eg_init_zero};
    const struct eg_param_row other = {.name = "b", .rows = 3, .cols = 1, .init = eg_init_zero};
    assert_non_null(params);
    eg_params_init(params, arena);
    assert_int_equal(eg_params_add(params, NULL, &row, &a), EG_OK);
    assert_int_equal(eg_params_add(params, NULL, &other, &b), EG_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct eg_optimiser o;
        struct eg_optimiser_report report;
        const struct eg_optimiser_options options = {
            .kind = EG_SGD, .rate = 1, .clip = EG_CLIP_MATRIX, .clip_limit = cases[i].limit};
        real *x = calloc(params->size, sizeof *x), *g = calloc(params->size, sizeof *g);
        assert_true(x && g);
        g[a.offset] = 3;
        g[a.offset + 1] = -4;
        g[b.offset] = 3;
        g[b.offset + 1] = 4;
        g[b.offset + 2] = 12;
        assert_int_equal(eg_optimiser_init(&o, arena, &options, eg_kernels_best(), params->size),
                         EG_OK);
        o.params = params;
        eg_optimiser_step(&o, x, g, sqrt(25 + 169), 0, 0, &report);
        check_close(-x[a.offset], 3 * cases[i].first, 4 * EG_EPS, 0);
        check_close(-x[a.offset + 1], -4 * cases[i].first, 4 * EG_EPS, 0);
        check_close(-x[b.offset], 3 * cases[i].second, 4 * EG_EPS, 0);
        check_close(-x[b.offset + 2], 12 * cases[i].second, 4 * EG_EPS, 0);
        check_close(report.clipped, cases[i].clipped, 0, 0);
        check_close(report.gradient_norm, sqrt(25 + 169), 1e-15, 0);
        free(x);
        free(g);
    }
    free(params);
    eg_arena_free(&arena);
}

/* Rate 2, halved or divided by 1.5 each 100 sequences, with 32 an update: 96 sequences were seen
 * before update 3, 128 before update 4, 224 before update 7. */
static void steps_multiply_the_rate_each_time_enough_was_seen(void **state)
{
    (void) state;
    static const struct {
        uint64_t update;
        size_t batch;
        double factor, want;
        long from;
    } cases[] = {{0, 32, 0.5, 2, 0},
                 {3, 32, 0.5, 2, 0},
                 {4, 32, 0.5, 1, 0},
                 {7, 32, 0.5, 0.5, 0},
                 {99, 0, 0.5, 2, 0},
                 {100, 0, 0.5, 1, 0},
                 {7, 32, 0, 0, 0},
                 {3, 32, 0, 2, 0},
                 {7, 32, 2.0 / 3, 2 / 2.25, 0},
                 {25, 8, 0.5, 0.5, 0},
                 {12, 8, 0.5, 2, 0},
                 /* counted from 128 on: 224 before update 7 is 96 more, 256 before 8 is 128 */
                 {7, 32, 0.5, 2, 128},
                 {8, 32, 0.5, 1, 128},
                 {3, 32, 0.5, 2, 128}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct eg_arena *arena = new_arena();
        struct eg_optimiser o;
        struct eg_optimiser_report report;
        const struct eg_optimiser_options options = {.kind = EG_SGD,
                                                     .rate = 2,
                                                     .schedule = EG_SCHEDULE_STEPS,
                                                     .schedule_every = 100,
                                                     .schedule_from = cases[i].from,
                                                     .schedule_factor = cases[i].factor};
        real x = 0, g = 1;
        assert_int_equal(eg_optimiser_init(&o, arena, &options, eg_kernels_best(), 1), EG_OK);
        o.batch = cases[i].batch;
        eg_optimiser_step(&o, &x, &g, 1, cases[i].update, i % 2 ? 0 : 1000, &report);
        check_close(report.rate, cases[i].want, 1e-15, 0);
        check_close(-x, cases[i].want, EG_EPS, 0);
        eg_arena_free(&arena);
    }
}

static double rate_at(int schedule, double end, double warmup, uint64_t update, uint64_t total)
{
    struct eg_arena *arena = new_arena();
    struct eg_optimiser o;
    struct eg_optimiser_report report;
    const struct eg_optimiser_options options = {
        .kind = EG_SGD, .rate = 2, .schedule = schedule, .schedule_end = end, .warmup = warmup};
    real x = 0, g = 1;
    assert_int_equal(eg_optimiser_init(&o, arena, &options, eg_kernels_best(), 1), EG_OK);
    eg_optimiser_step(&o, &x, &g, 1, update, total, &report);
    check_close(-x, report.rate, EG_EPS, 0); /* the rate is the rate of the step */
    eg_arena_free(&arena);
    return report.rate;
}

static void schedules_go_from_one_to_the_end(void **state)
{
    (void) state;
    for (uint64_t update = 0; update < 11; update += 5) {
        check_close(rate_at(EG_SCHEDULE_CONSTANT, 0.1, 0, update, 11), 2, 1e-15, 0);
        check_close(rate_at(EG_SCHEDULE_LINEAR, 0.1, 0, update, 0), 2, 1e-15, 0);
    }
    check_close(rate_at(EG_SCHEDULE_LINEAR, 0.1, 0, 0, 11), 2, 1e-15, 0);
    check_close(rate_at(EG_SCHEDULE_LINEAR, 0.1, 0, 5, 11), 2 * 0.55, 1e-14, 0);
    check_close(rate_at(EG_SCHEDULE_LINEAR, 0.1, 0, 10, 11), 0.2, 1e-14, 0);
    check_close(rate_at(EG_SCHEDULE_LINEAR, 0.1, 0, 99, 11), 0.2, 1e-14, 0); /* past the end */
    check_close(rate_at(EG_SCHEDULE_COSINE, 0.1, 0, 0, 13), 2, 1e-15, 0);
    /* a third of the way: (1 + cos 60) / 2 = 3/4 */
    check_close(rate_at(EG_SCHEDULE_COSINE, 0.2, 0, 4, 13), 2 * (0.2 + 0.8 * 0.75), 1e-14, 0);
    check_close(rate_at(EG_SCHEDULE_COSINE, 0.2, 0, 12, 13), 0.4, 1e-14, 0);
    check_close(rate_at(EG_SCHEDULE_COSINE, 0, 0, 0, 1), 2, 1e-15, 0); /* a single update */
}

static void a_warmup_rises_to_the_full_rate(void **state)
{
    (void) state;
    check_close(rate_at(EG_SCHEDULE_CONSTANT, 0, 4, 0, 100), 0.5, 1e-15, 0);
    check_close(rate_at(EG_SCHEDULE_CONSTANT, 0, 4, 1, 100), 1, 1e-15, 0);
    check_close(rate_at(EG_SCHEDULE_CONSTANT, 0, 4, 3, 100), 2, 1e-15, 0);
    check_close(rate_at(EG_SCHEDULE_CONSTANT, 0, 4, 50, 100), 2, 1e-15, 0);
}

static void a_norm_that_is_not_finite_changes_nothing(void **state)
{
    (void) state;
    const double norms[] = {NAN, INFINITY};
    for (int kind = 0; kind < 4; kind++)
        for (size_t i = 0; i < 2; i++) {
            struct eg_arena *arena = new_arena();
            struct eg_optimiser o;
            struct eg_optimiser_report report;
            const struct eg_optimiser_options options = {
                .kind = kind, .rate = 1, .clip = EG_CLIP_VALUE, .clip_limit = 1};
            real x[2] = {1, 2}, g[2] = {(real) norms[i], 5};
            assert_int_equal(eg_optimiser_init(&o, arena, &options, eg_kernels_best(), 2), EG_OK);
            eg_optimiser_step(&o, x, g, norms[i], 0, 0, &report);
            assert_true(x[0] == 1 && x[1] == 2 && g[1] == 5);
            for (size_t k = 0; k < o.moments; k++)
                assert_true(o.moment[k][0] == 0 && o.moment[k][1] == 0);
            eg_arena_free(&arena);
        }
}

static void init_survives_every_allocation_failing_once(void **state)
{
    (void) state;
    for (int kind = 0; kind < 4; kind++) {
        int ret = EG_ERR_NOMEM;
        for (size_t n = 0; ret != EG_OK; n++) {
            struct eg_arena *arena = new_arena();
            struct eg_optimiser o;
            const struct eg_optimiser_options options = {.kind = kind};
            assert_true(n < 10);
            eg_arena_fail_after(arena, n);
            ret = eg_optimiser_init(&o, arena, &options, eg_kernels_best(), 7);
            assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
            eg_arena_free(&arena);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd_with_momentum_by_hand),
        cmocka_unit_test(graves_rmsprop_by_hand),
        cmocka_unit_test(rmsprop_by_hand),
        cmocka_unit_test(adam_by_hand),
        cmocka_unit_test(moments_have_names_and_start_at_zero),
        cmocka_unit_test(clipping_limits_components_or_the_length),
        cmocka_unit_test(clipping_by_matrix_scales_each_tensor_by_its_own_length),
        cmocka_unit_test(steps_multiply_the_rate_each_time_enough_was_seen),
        cmocka_unit_test(schedules_go_from_one_to_the_end),
        cmocka_unit_test(a_warmup_rises_to_the_full_rate),
        cmocka_unit_test(a_norm_that_is_not_finite_changes_nothing),
        cmocka_unit_test(init_survives_every_allocation_failing_once),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
