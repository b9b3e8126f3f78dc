/* The modern Hopfield network: its update is attention, its energy falls, its errors are bounded.
 */
#include "attention/address.h"
#include "tensor/kernels.h"
#include "tensor/linear.h"
#include "tests/flow.h"

static const struct eg_associative_type *const modern = &eg_associative_modern;

/* Patterns (1, 0) and (0, 1), beta = ln 3: from (1, 0) the weights are 3 : 1.  M = 1. */
static void two_patterns_follow_the_hand_calculation(void **state)
{
    (void) state;
    const double x[4] = {1, 0, 0, 1}, beta = log(3);
    const struct eg_patterns patterns = real_patterns(x, 2, 2);
    struct flow f;
    flow_make(&f, modern, "beta=1.0986122886681098", &patterns);
    flow_start(&f, x);
    check_close(flow_energy(&f), 1 - log(2) / beta, 1e-14, 0); /* -ln 4 / beta + 1 + ln 2 / beta */
    double p[2];
    modern->flow->weights(f.recall, p);
    check_close(p[0], 0.75, 1e-15, 0);
    check_close(p[1], 0.25, 1e-15, 0);
    check_close(flow_step(&f), 0.25, 1e-15, 0);
    check_close(flow_outputs(&f)[0], 0.75, 1e-15, 0);
    check_close(flow_outputs(&f)[1], 0.25, 1e-15, 0);
    const double lse = log(pow(3, 0.75) + pow(3, 0.25)) / beta;
    check_close(flow_energy(&f), -lse + 0.625 / 2 + log(2) / beta + 0.5, 1e-14, 0);
    modern->flow->weights(f.recall, p);
    check_close(p[0], sqrt(3) / (sqrt(3) + 1), 1e-15, 0);
    flow_free(&f);
}

/* softmax(beta q X^T) X, without the maximum taken off. */
static void attention(double *out, const double *q, const double *x, size_t patterns, size_t sites,
                      double beta)
{
    long double sum = 0;
    long double *to = calloc(sites, sizeof *to);
    assert_non_null(to);
    for (size_t k = 0; k < patterns; k++) {
        const long double w = expl((long double) beta * product(q, x + k * sites, sites));
        sum += w;
        for (size_t i = 0; i < sites; i++)
            to[i] += w * x[k * sites + i];
    }
    for (size_t i = 0; i < sites; i++)
        out[i] = (double) (to[i] / sum);
    free(to);
}

static void the_update_is_attention(void **state)
{
    (void) state;
    enum { N = 37, P = 53 };
    static double x[P * N], q[N], want[N];
    const struct {
        const char *settings;
        double beta;
    } rows[] = {{"", 1},
                {"beta=0.01", 0.01},
                {"beta=3.5", 3.5},
                {"scale=attention", 1 / sqrt(N)},
                {"scale=attention beta=2", 2 / sqrt(N)}};
    for (size_t c = 0; c < sizeof rows / sizeof rows[0]; c++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            draw_reals(x, P * N, seed);
            draw_reals(q, N, 100 + seed);
            const struct eg_patterns patterns = real_patterns(x, P, N);
            struct flow f;
            flow_make(&f, modern, rows[c].settings, &patterns);
            flow_start(&f, q);
            flow_step(&f);
            attention(want, q, x, P, N, rows[c].beta);
            for (size_t i = 0; i < N; i++)
                check_close(flow_outputs(&f)[i], want[i], 1e-12, 1e-12);
            flow_free(&f);
        }
}

/* The project's own ops, in the precision of the build: Q K^T and the product with V are two
 * eg_linear, in between the softmax with a strength, 1/sqrt(d).  To 1e-6 in float. */
static void the_update_is_the_attention_that_a_tape_computes(void **state)
{
    (void) state;
    enum { D = 64, P = 40, Q = 8 };
    static double x[P * D], q[Q * D];
    static real values[2 * P * D], queries[Q * D], strength[Q];
    const double within = fmin(1e-6, 1e3 * EG_EPS);
    const struct eg_param keys = {.rows = D, .cols = P};
    const struct eg_param contents = {.rows = P, .cols = D, .offset = P * D};
    for (uint64_t seed = 0; seed < 10; seed++) {
        draw_signs(x, P * D, seed);
        draw_reals(q, Q * D, seed);
        for (size_t k = 0; k < P; k++)
            for (size_t i = 0; i < D; i++) {
                values[i * P + k] = (real) x[k * D + i];
                values[P * D + k * D + i] = (real) x[k * D + i];
            }
        for (size_t i = 0; i < Q * D; i++) {
            queries[i] = (real) q[i];
            q[i] = (double) queries[i];
        }
        for (size_t r = 0; r < Q; r++)
            strength[r] = (real) (1 / sqrt(D));
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, eg_kernels_best(), values, NULL);
        struct eg_var *query = eg_tape_data(&tape, queries, Q, D);
        struct eg_var *score = eg_linear(&tape, &keys, NULL, NULL, 1, &query);
        struct eg_var *w = eg_softmax_scaled(&tape, score, eg_tape_data(&tape, strength, Q, 1));
        const struct eg_var *y = eg_linear(&tape, &contents, NULL, NULL, 1, &w);
        assert_non_null(y);

        const struct eg_patterns patterns = sign_patterns(x, P, D, arena);
        struct flow f;
        flow_make(&f, modern, "scale=attention", &patterns);
        for (size_t r = 0; r < Q; r++) {
            double p[P];
            flow_start(&f, q + r * D);
            modern->flow->weights(f.recall, p);
            for (size_t k = 0; k < P; k++)
                check_close(w->x[r * P + k], p[k], 0, within);
            flow_step(&f);
            for (size_t i = 0; i < D; i++)
                check_close(y->x[r * D + i], flow_outputs(&f)[i], 0, within);
        }
        flow_free(&f);
        eg_arena_free(&arena);
    }
}

/* The definition, term by term. */
static double energy_by_definition(const double *xi, const double *x, size_t patterns, size_t sites,
                                   double beta)
{
    long double sum = 0; /* of up to e^2000 */
    double longest = 0;
    for (size_t k = 0; k < patterns; k++) {
        const double *row = x + k * sites;
        sum += expl((long double) beta * product(xi, row, sites));
        longest = fmax(longest, product(row, row, sites));
    }
    const double lse = (double) logl(sum) / beta;
    return -lse + product(xi, xi, sites) / 2 + log((double) patterns) / beta + longest / 2;
}

static void the_energy_is_that_of_the_paper(void **state)
{
    (void) state;
    enum { N = 12, P = 9 };
    double x[P * N], xi[N];
    const double betas[] = {1e-3, 0.1, 1, 7.5, 50};
    for (size_t b = 0; b < sizeof betas / sizeof betas[0]; b++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            char settings[64];
            snprintf(settings, sizeof settings, "beta=%.17g", betas[b]);
            draw_reals(x, P * N, seed);
            draw_reals(xi, N, 50 + seed);
            const struct eg_patterns patterns = real_patterns(x, P, N);
            struct flow f;
            flow_make(&f, modern, settings, &patterns);
            flow_start(&f, xi);
            for (int step = 0; step < 4; step++, flow_step(&f)) {
                const double *at = flow_outputs(&f);
                check_close(flow_energy(&f), energy_by_definition(at, x, P, N, betas[b]), 1e-12,
                            1e-12);
            }
            flow_free(&f);
        }
}

/* With the smallest beta there is, E = 1/2 |xi|^2 - mean(x).xi + 1/2 M^2, and no digits are lost:
 * patterns (1) and (3) at xi = 5 give 12.5 - 10 + 4.5. */
static void the_energy_keeps_its_digits_at_a_tiny_beta(void **state)
{
    (void) state;
    const double x[2] = {1, 3}, xi = 5;
    const struct eg_patterns patterns = real_patterns(x, 2, 1);
    struct flow f;
    flow_make(&f, modern, "beta=1e-9", &patterns);
    flow_start(&f, &xi);
    check_close(flow_energy(&f), 7 - 1e-9 * 25 / 2, 1e-15, 0); /* less beta/2 times the variance */
    flow_free(&f);
}

/* At (1), one of 10^5 patterns of which the others are (0), with exp(-beta) nothing: ln P / beta.
 */
static void the_energy_keeps_its_digits_with_many_patterns(void **state)
{
    (void) state;
    enum { P = 100000 };
    static double x[P];
    x[P / 2] = 1;
    const struct eg_patterns patterns = real_patterns(x, P, 1);
    struct flow f;
    flow_make(&f, modern, "beta=1000", &patterns);
    flow_start(&f, x + P / 2);
    check_close(flow_energy(&f), log(P) / 1000, 1e-15, 0);
    flow_free(&f);
}

static void the_energy_never_rises_and_keeps_its_bounds(void **state)
{
    (void) state;
    enum { N = 16, P = 24 };
    double x[P * N], xi[N];
    size_t moved = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_TESTS, 9, 0);
        const double beta = 1e-3 * pow(5e4, eg_stream_uniform(&stream)); /* to 50 */
        const double scale = pow(10, 2 * eg_stream_uniform(&stream) - 1);
        char settings[64];
        snprintf(settings, sizeof settings, "beta=%.17g", beta);
        draw_reals(x, P * N, seed);
        for (size_t i = 0; i < P * N; i++)
            x[i] *= scale;
        const struct eg_patterns patterns = real_patterns(x, P, N);
        struct flow f;
        flow_make(&f, modern, settings, &patterns);
        double longest = 0;
        for (size_t k = 0; k < P; k++)
            longest = fmax(longest, product(x + k * N, x + k * N, N));
        /* A start of any length up to M. */
        draw_reals(xi, N, 1000 + seed);
        const double to = sqrt(longest * eg_stream_uniform(&stream) / product(xi, xi, N));
        for (size_t i = 0; i < N; i++)
            xi[i] *= to;
        flow_start(&f, xi);
        double energy = flow_energy(&f);
        for (int step = 0; step < 50; step++) {
            assert_true(energy >= 0 && energy <= 2 * longest * (1 + 1e-12));
            moved += flow_step(&f) > 1e-6 * scale;
            assert_true(flow_energy(&f) <= energy + 1e-14 * longest);
            energy = flow_energy(&f);
        }
        flow_free(&f);
    }
    assert_true(moved > 1000); /* the descents were ones */
}

/* Theorem 5: |f(xi) - x_i| <= 2 (P - 1) M exp(-beta (D_i - 2 M max(|xi - x_i|, |x_i* - x_i|))), and
 * where both distances are at most 1 / (2 beta M), |x_i* - x_i| <= 2 e (P - 1) M exp(-beta D_i);
 * D_i is the separation x_i.x_i - max_j x_i.x_j.  For f(xi) - x_i = sum_j p_j (x_j - x_i) is at
 * most 2 M sum_(j != i) p_j long, p_j <= exp(-beta (x_i - x_j).xi), and (x_i - x_j).xi is at least
 * D_i - 2 M |xi - x_i|. */
static void theorem_5_is_never_violated(void **state)
{
    (void) state;
    enum { N = 20, P = 10 };
    double x[P * N], xi[N];
    size_t telling = 0, near = 0;
    double tightest = 0;
    for (uint64_t seed = 0; seed < 600; seed++) {
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_TESTS, 10, 0);
        const double beta = 0.2 + 2 * eg_stream_uniform(&stream);
        const double far = 0.5 * eg_stream_uniform(&stream) * eg_stream_uniform(&stream);
        const size_t target = seed % P;
        char settings[64];
        snprintf(settings, sizeof settings, "beta=%.17g", beta);
        draw_reals(x, P * N, seed);
        draw_reals(xi, N, 2000 + seed);
        const double *own = x + target * N;
        double longest = 0, most = -INFINITY;
        for (size_t k = 0; k < P; k++) {
            longest = fmax(longest, sqrt(product(x + k * N, x + k * N, N)));
            if (k != target)
                most = fmax(most, product(x + k * N, own, N));
        }
        const struct eg_patterns patterns = real_patterns(x, P, N);
        struct flow f;
        flow_make(&f, modern, settings, &patterns);
        flow_start(&f, own);
        for (int step = 0; step < 2000 && flow_step(&f) > 1e-14; step++)
            ;
        const double rest = distance(flow_outputs(&f), own, N);
        for (size_t i = 0; i < N; i++)
            xi[i] = own[i] + far * xi[i] / sqrt(N);
        const double start = distance(xi, own, N);
        flow_start(&f, xi);
        flow_step(&f);
        const double after = distance(flow_outputs(&f), own, N);
        const double separation = product(own, own, N) - most;
        const double bound =
            2 * (P - 1) * longest * exp(-beta * (separation - 2 * longest * fmax(start, rest)));
        assert_true(after <= bound + 1e-14 * longest);
        if (bound < longest && after > 1e-12) {
            telling++;
            tightest = fmax(tightest, after / bound);
        }
        if (start <= 1 / (2 * beta * longest) && rest <= 1 / (2 * beta * longest)) {
            near++;
            assert_true(rest <= 2 * exp(1) * (P - 1) * longest * exp(-beta * separation)
                                    + 1e-14 * longest);
        }
        flow_free(&f);
    }
    /* Cases in which the bound says something, and is not far off. */
    assert_true(telling > 50 && near > 50 && tightest > 1e-3);
}

static void a_small_beta_ends_near_the_mean_and_a_large_one_at_a_pattern(void **state)
{
    (void) state;
    enum { N = 64, P = 5 };
    double x[P * N], mean[N] = {0};
    draw_signs(x, P * N, 3);
    for (size_t k = 0; k < P; k++)
        for (size_t i = 0; i < N; i++)
            mean[i] += x[k * N + i] / P;
    const struct eg_patterns patterns = real_patterns(x, P, N);
    struct flow f;
    flow_make(&f, modern, "beta=1e-4", &patterns);
    flow_start(&f, x);
    for (int step = 0; step < 20; step++)
        flow_step(&f);
    for (size_t i = 0; i < N; i++)
        check_close(flow_outputs(&f)[i], mean[i], 0, 1e-2);
    assert_true(flow_step(&f) < 1e-12);
    flow_free(&f);
    flow_make(&f, modern, "beta=1", &patterns);
    flow_start(&f, x);
    flow_step(&f);
    for (size_t i = 0; i < N; i++)
        check_close(flow_outputs(&f)[i], x[i], 0, 1e-12);
    flow_free(&f);
}

/* Three patterns side by side and one far from them: a beta in between ends between the three. */
static void patterns_close_together_share_a_metastable_state(void **state)
{
    (void) state;
    const double x[4 * 2] = {10, 0.1, 10, -0.1, 10.05, 0, -10, 0}, start[2] = {9, 1};
    const struct eg_patterns patterns = real_patterns(x, 4, 2);
    struct flow f;
    double p[4];
    flow_make(&f, modern, "beta=0.5", &patterns);
    flow_start(&f, start);
    for (int step = 0; step < 100; step++)
        flow_step(&f);
    modern->flow->weights(f.recall, p);
    for (size_t k = 0; k < 3; k++)
        assert_true(p[k] > 0.25 && p[k] < 0.45);
    assert_true(p[3] < 1e-30);
    flow_free(&f);
}

static void huge_betas_and_values_stay_finite(void **state)
{
    (void) state;
    const double sizes[] = {1e-150, 1, 1e10, 1e140};
    const char *const settings[] = {"beta=1e9", "beta=1e-9"};
    for (size_t s = 0; s < 4; s++)
        for (size_t b = 0; b < 2; b++) {
            const double a = sizes[s];
            const double x[6] = {a, 0, a / 2, a, -a, -a}, start[2] = {a / 2, a / 4};
            const struct eg_patterns patterns = real_patterns(x, 3, 2);
            struct flow f;
            double p[3];
            flow_make(&f, modern, settings[b], &patterns);
            flow_start(&f, start);
            for (int step = 0; step < 5; step++) {
                modern->flow->weights(f.recall, p);
                check_close(p[0] + p[1] + p[2], 1, 1e-15, 0);
                assert_true(isfinite(flow_step(&f)) && isfinite(flow_energy(&f)));
                assert_true(isfinite(flow_outputs(&f)[0]) && isfinite(flow_outputs(&f)[1]));
            }
            flow_free(&f);
        }
    /* The nearest by product takes it all. */
    const double x[2] = {1e140, 2e140}, start = 1e140;
    const struct eg_patterns patterns = real_patterns(x, 2, 1);
    struct flow f;
    flow_make(&f, modern, "beta=1e9", &patterns);
    flow_start(&f, &start);
    flow_step(&f);
    assert_true(flow_outputs(&f)[0] == 2e140);
    flow_free(&f);
}

static void one_pattern_is_reached_in_one_step(void **state)
{
    (void) state;
    const double x[3] = {1, -2, 0.5}, start[3] = {-7, 3, 100};
    const struct eg_patterns patterns = real_patterns(x, 1, 3);
    struct flow f;
    double p = 0;
    flow_make(&f, modern, "", &patterns);
    flow_start(&f, start);
    check_close(flow_energy(&f), (64 + 25 + 99.5 * 99.5) / 2, 1e-15, 0); /* 1/2 |xi - x|^2 */
    check_close(flow_step(&f), 99.5, 0, 0);
    for (size_t i = 0; i < 3; i++)
        assert_true(flow_outputs(&f)[i] == x[i]);
    assert_true(flow_energy(&f) == 0 && flow_step(&f) == 0);
    modern->flow->weights(f.recall, &p);
    assert_true(p == 1);
    flow_free(&f);
}

static void duplicates_share_their_weight(void **state)
{
    (void) state;
    const double x[6] = {1, 2, -1, 0, 1, 2}, start[2] = {0.5, 0.5};
    const struct eg_patterns patterns = real_patterns(x, 3, 2);
    struct flow f;
    double p[3];
    flow_make(&f, modern, "", &patterns);
    flow_start(&f, start);
    modern->flow->weights(f.recall, p);
    const double e = exp(-2); /* products 1.5, -0.5, 1.5 */
    check_close(p[0], 1 / (2 + e), 1e-15, 0);
    check_close(p[1], e / (2 + e), 1e-15, 0);
    check_close(p[2], 1 / (2 + e), 1e-15, 0);
    flow_free(&f);
}

static void unit_patterns_and_starts_have_length_one(void **state)
{
    (void) state;
    const double x[4] = {3, 4, -60, 80}, start[2] = {5, 12};
    const struct eg_patterns patterns = real_patterns(x, 2, 2);
    struct flow f;
    double p[2];
    flow_make(&f, modern, "normalise=unit beta=2", &patterns);
    flow_start(&f, start);
    check_close(flow_outputs(&f)[0], 5.0 / 13, 1e-15, 0);
    check_close(flow_outputs(&f)[1], 12.0 / 13, 1e-15, 0);
    modern->flow->weights(f.recall, p); /* cosines 63/65 and 33/65 */
    check_close(p[0] / p[1], exp(2 * 30.0 / 65), 1e-14, 0);
    assert_true(flow_energy(&f) <= 2);
    flow_step(&f);
    check_close(flow_outputs(&f)[1], 0.8, 1e-15, 0);
    check_close(flow_outputs(&f)[0], 0.6 * (p[0] - p[1]), 1e-15, 0);
    const double zero[2] = {0, 0};
    flow_start(&f, zero);
    modern->flow->weights(f.recall, p);
    assert_true(p[0] == 0.5 && p[1] == 0.5);
    assert_true(x[0] == 3); /* what was stored is not written to */
    flow_free(&f);
}

static void ten_patterns_of_256_sites_are_recalled_from_a_fifth_flipped(void **state)
{
    (void) state;
    enum { N = 256, P = 10, FLIPPED = 51 };
    static double x[P * N], cue[N];
    const char *const settings[] = {"", "scale=attention", "beta=0.1"};
    draw_signs(x, P * N, 8);
    for (size_t s = 0; s < 3; s++) {
        struct flow f;
        struct eg_arena *arena = new_arena();
        const struct eg_patterns patterns = sign_patterns(x, P, N, arena);
        flow_make(&f, modern, settings[s], &patterns);
        for (size_t target = 0; target < P; target++) {
            for (size_t i = 0; i < N; i++)
                cue[i] = (i * 37 + target) % N < FLIPPED ? -x[target * N + i] : x[target * N + i];
            flow_start(&f, cue);
            for (int step = 0; step < 3; step++)
                flow_step(&f);
            for (size_t i = 0; i < N; i++)
                check_close(flow_outputs(&f)[i], x[target * N + i], 0, 1e-3);
        }
        flow_free(&f);
        eg_arena_free(&arena);
    }
}

static void recalls_of_one_network_do_not_touch_each_other(void **state)
{
    (void) state;
    enum { N = 9, P = 4 };
    double x[P * N], a[N], b[N], first[N];
    draw_reals(x, P * N, 1);
    draw_reals(a, N, 2);
    draw_reals(b, N, 3);
    const struct eg_patterns patterns = real_patterns(x, P, N);
    struct flow f;
    flow_make(&f, modern, "beta=0.3", &patterns);
    flow_start(&f, a);
    flow_step(&f);
    memcpy(first, flow_outputs(&f), sizeof first);
    void *other = calloc(1, modern->recall_size);
    assert_non_null(other);
    assert_int_equal(modern->flow->init(other, f.network, f.arena), EG_OK);
    flow_start(&f, a);
    assert_int_equal(modern->flow->start(other, b, NULL), EG_OK);
    flow_step(&f);
    assert_memory_equal(first, flow_outputs(&f), sizeof first);
    assert_true(memcmp(first, modern->flow->outputs(other), sizeof first) != 0);
    free(other);
    flow_free(&f);
}

static void load_is_the_logarithm_of_the_number_of_patterns(void **state)
{
    (void) state;
    size_t p = 0;
    struct eg_message m = {""};
    assert_string_equal(modern->load_words(NULL), "ln P / N");
    assert_int_equal(modern->count(NULL, 10, 10, log(1000) / 10, &p, &m), EG_OK);
    assert_int_equal(p, 1000);
    assert_int_equal(modern->count(NULL, 100, 100, 0, &p, &m), EG_OK);
    assert_int_equal(p, 1);
    assert_int_equal(modern->count(NULL, 40, 40, 0.69314, &p, &m), EG_OK);
    assert_true(p > 1099000000000 && p <= (size_t) 1 << 40);
    assert_int_equal(modern->count(NULL, 40, 40, 0.694, &p, &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "load 0.694"));
    assert_int_equal(modern->count(NULL, 40, 40, -0.1, &p, &m), EG_ERR_RANGE);
    assert_int_equal(modern->count(NULL, 40, 40, NAN, &p, &m), EG_ERR_RANGE);
    assert_int_equal(modern->count(NULL, 40, 40, INFINITY, &p, &m), EG_ERR_RANGE);
    assert_true(modern->descends(NULL) && !modern->spins);
    check_close(modern->bytes(NULL, 100, 1000), 8 * (100000 + 200 + 2000), 0, 0);
}

static void bad_options_patterns_and_starts_are_refused(void **state)
{
    (void) state;
    check_refused(modern, "beta", "0");
    check_refused(modern, "beta", "-1");
    check_refused(modern, "scale", "sqrt");
    check_refused(modern, "normalise", "2");
    const struct {
        double x[4];
        size_t sites, patterns;
        const char *settings;
        int want;
        const char *says;
    } rows[] = {
        {{1, 2, 3, NAN}, 2, 2, "", EG_ERR_DATA, "pattern 1"},
        {{1, -INFINITY, 3, 4}, 2, 2, "", EG_ERR_DATA, "pattern 0"},
        {{1, 2, 1e160, 4}, 2, 2, "", EG_ERR_DATA, "pattern 1"},
        {{1, 2, 0, 0}, 2, 2, "normalise=unit", EG_ERR_DATA, "memory.normalise=unit"},
        {{1, 2, 3, 4}, 0, 2, "", EG_ERR_SHAPE, "0 sites"},
        {{1, 2, 3, 4}, 2, 0, "", EG_ERR_SHAPE, "0 patterns"},
        {{1, 2, 3, 4}, (size_t) 1 << 33, 1, "", EG_ERR_SHAPE, "sites"},
        {{1, 2, 3, 4}, 1, (size_t) 1 << 33, "", EG_ERR_SHAPE, "patterns"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct eg_patterns patterns =
            real_patterns(rows[i].x, rows[i].patterns, rows[i].sites);
        struct eg_message m = {""};
        struct flow f;
        assert_int_equal(flow_try(&f, modern, rows[i].settings, &patterns, &m), rows[i].want);
        assert_non_null(strstr(m.text, rows[i].says));
        flow_free(&f);
    }
    const double x[2] = {1, 2}, nan[2] = {0, NAN}, far[2] = {1e200, 0};
    const struct eg_patterns patterns = real_patterns(x, 1, 2);
    struct eg_message m = {""};
    struct flow f;
    flow_make(&f, modern, "", &patterns);
    assert_int_equal(modern->flow->start(f.recall, nan, &m), EG_ERR_RANGE);
    assert_int_equal(modern->flow->start(f.recall, far, &m), EG_ERR_RANGE);
    flow_free(&f);
}

static void running_out_of_memory_is_answered(void **state)
{
    (void) state;
    const double x[6] = {1, -1, 1, 1, -1, -1};
    struct eg_arena *arena = new_arena();
    const struct eg_patterns patterns = sign_patterns(x, 2, 3, arena);
    check_memory_ends(modern, &patterns);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_patterns_follow_the_hand_calculation),
        cmocka_unit_test(the_update_is_attention),
        cmocka_unit_test(the_update_is_the_attention_that_a_tape_computes),
        cmocka_unit_test(the_energy_is_that_of_the_paper),
        cmocka_unit_test(the_energy_keeps_its_digits_at_a_tiny_beta),
        cmocka_unit_test(the_energy_keeps_its_digits_with_many_patterns),
        cmocka_unit_test(the_energy_never_rises_and_keeps_its_bounds),
        cmocka_unit_test(theorem_5_is_never_violated),
        cmocka_unit_test(a_small_beta_ends_near_the_mean_and_a_large_one_at_a_pattern),
        cmocka_unit_test(patterns_close_together_share_a_metastable_state),
        cmocka_unit_test(huge_betas_and_values_stay_finite),
        cmocka_unit_test(one_pattern_is_reached_in_one_step),
        cmocka_unit_test(duplicates_share_their_weight),
        cmocka_unit_test(unit_patterns_and_starts_have_length_one),
        cmocka_unit_test(ten_patterns_of_256_sites_are_recalled_from_a_fifth_flipped),
        cmocka_unit_test(recalls_of_one_network_do_not_touch_each_other),
        cmocka_unit_test(load_is_the_logarithm_of_the_number_of_patterns),
        cmocka_unit_test(bad_options_patterns_and_starts_are_refused),
        cmocka_unit_test(running_out_of_memory_is_answered),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
