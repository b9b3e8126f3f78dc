/* The modern Hopfield layer, P1-P6: against the network of memory/modern.c, attention, and by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#include "attention/normalise.h"
#include "attention/scores.h"
#include "memory/access.h"
#include "memory/associative.h"
#include "memory/memory.h"
#include "tensor/pointwise.h"

#include "tests/check.h"
#include "tests/fixture.h"

enum { ROOM = 4096 };

/* A layer with two sequences on a tape. */
struct run {
    struct eg_arena *arena;
    struct eg_params params;
    struct eg_memory_size size;
    void *options, *state;
    real *values, *grads;
    struct eg_tape tape;
    struct eg_var *read;
};

static const struct eg_memory_type *const layer = &eg_memory_modern_hopfield;

static void open_run(struct run *r, const char *settings, size_t rows, int records)
{
    struct eg_message m = {""};
    memset(r, 0, sizeof *r);
    r->arena = new_arena();
    eg_params_init(&r->params, r->arena);
    r->options = new_options(layer->options, layer->options_size, settings);
    r->state = calloc(1, layer->state_size);
    assert_non_null(r->state);
    if (layer->init(r->state, r->options, &r->params, &r->size, &m)) {
        print_error("%s: %s\n", settings, m.text);
        fail();
    }
    r->values = calloc(2 * r->params.size + 2, sizeof *r->values);
    assert_non_null(r->values);
    r->grads = r->values + r->params.size + 1;
    eg_params_fill(&r->params, r->values, 9);
    eg_tape_begin(&r->tape, r->arena, eg_kernels_best(), r->values, records ? r->grads : NULL);
    assert_int_equal(layer->begin(r->state, &r->tape, rows, &r->read), EG_OK);
}

static void close_run(struct run *r)
{
    free(r->options);
    free(r->state);
    free(r->values);
    eg_arena_free(&r->arena);
}

/* Columns of a named part, or -1. */
static long part(const struct run *r, const char *want, size_t *n)
{
    char name[64];
    const char *activation;
    size_t from;
    for (size_t i = 0; layer->control_part(r->state, i, name, sizeof name, &from, n, &activation);
         i++)
        if (!strcmp(name, want))
            return (long) from;
    return -1;
}

/* What beta = 1 + softplus(x) needs for x; beta > 1. */
static real strength(double beta)
{
    return (real) log(expm1(beta - 1));
}

/* One step of all rows with the same control: `query`, `pattern` and `beta`, the last two where
 * there are such. */
static const struct eg_var *step(struct run *r, size_t rows, const real *query, const real *pattern,
                                 double beta)
{
    struct eg_var *x = eg_tape_var(&r->tape, rows, r->size.control, 1);
    size_t n;
    assert_non_null(x);
    for (size_t b = 0; b < rows; b++) {
        long at = part(r, "query", &n);
        assert_int_equal(at, 0);
        memcpy(eg_row(x, b), query, n * sizeof *query);
        if ((at = part(r, "strength", &n)) >= 0)
            for (size_t h = 0; h < n; h++)
                eg_row(x, b)[(size_t) at + h] = strength(beta);
        at = part(r, "pattern", &n);
        assert_int_equal(at >= 0, pattern != NULL);
        if (pattern)
            memcpy(eg_row(x, b) + at, pattern, n * sizeof *pattern);
    }
    r->read = layer->step(r->state, &r->tape, x);
    assert_non_null(r->read);
    assert_true(r->read->rows == rows && r->read->cols == r->size.read);
    return r->read;
}

/* The numbers of a field of sequence 0; returns how many, 0 where there is no such field. */
static size_t field(const struct run *r, const char *name, real *out)
{
    for (const struct eg_field *f = layer->shown(r->state); f->name; f++)
        if (!strcmp(f->name, name)) {
            size_t n = 1;
            for (const char *c = f->shape; *c; c++)
                n *= layer->extent(r->state, *c);
            assert_true(n <= ROOM);
            layer->copy(r->state, f->id, 0, out);
            return n;
        }
    return 0;
}

/* ---- by hand ---- */

/* Patterns (1, 0), then (0, 1); beta = ln 3; from (1, 0) the weights are 3 : 1. */
static void two_patterns_follow_the_hand_calculation(void **state)
{
    (void) state;
    const real e1[2] = {1, 0}, e2[2] = {0, 1};
    struct run r;
    real x[ROOM];
    open_run(&r, "slots=3 width=2", 1, 0);
    step(&r, 1, e1, e1, log(3.0));
    check_close(r.read->x[0], 1, 4 * EG_EPS, 0); /* there is but one */
    check_close(r.read->x[1], 0, 0, 0);
    step(&r, 1, e1, e2, log(3.0));
    check_close(r.read->x[0], 0.75, 16 * EG_EPS, 0);
    check_close(r.read->x[1], 0.25, 32 * EG_EPS, 0);

    const double weights[3] = {0.75, 0.25, 0}, written[3] = {0, 1, 0};
    const double memory[6] = {1, 0, 0, 1, 0, 0}, second[2] = {0, 1}, key[2] = {1, 0};
    assert_int_equal(field(&r, "read_weights", x), 3);
    check_all_close(x, weights, 3, 32 * EG_EPS, 0);
    assert_int_equal(field(&r, "write_weights", x), 3);
    check_all_close(x, written, 3, 0, 0);
    assert_int_equal(field(&r, "memory", x), 6);
    check_all_close(x, memory, 6, 0, 0);
    assert_int_equal(field(&r, "add", x), 2);
    check_all_close(x, second, 2, 0, 0);
    assert_int_equal(field(&r, "read_key", x), 2);
    check_all_close(x, key, 2, 0, 0);
    assert_int_equal(field(&r, "read_strength", x), 1);
    check_close(x[0], log(3.0), 8 * EG_EPS, 0);
    assert_int_equal(field(&r, "used", x), 1);
    assert_true(x[0] == 2);
    assert_int_equal(field(&r, "query", x), 0);
    close_run(&r);

    /* A second update: from (3/4, 1/4) the weights are sqrt 3 : 1. */
    open_run(&r, "slots=3 width=2 updates=2 scaling=given beta=1.0986122886681098", 1, 0);
    step(&r, 1, e1, e1, 0);
    step(&r, 1, e1, e2, 0);
    check_close(r.read->x[0], sqrt(3.0) / (sqrt(3.0) + 1), 16 * EG_EPS, 0);
    check_close(r.read->x[1], 1 / (sqrt(3.0) + 1), 16 * EG_EPS, 0);
    assert_int_equal(field(&r, "read_strength", x), 0);
    close_run(&r);
}

/* ---- against the associative network, and attention ---- */

/* P patterns of M numbers written one after the other, then the last one read with `query`. */
static void fill(struct run *r, const real *patterns, size_t p, size_t m, const real *query,
                 double beta)
{
    for (size_t i = 0; i < p; i++)
        step(r, 1, query, patterns + i * m, beta);
}

static void an_update_is_that_of_the_associative_network(void **state)
{
    (void) state;
    enum { M = 11, P = 13 };
    const struct eg_associative_type *const modern = &eg_associative_modern;
    for (uint64_t seed = 1; seed <= 10; seed++)
        for (size_t updates = 1; updates <= 3; updates += 2) {
            real x[P * M], q[M];
            double xs[P * M], qs[M], change;
            draw_normal(x, P * M, 0.7, seed);
            draw_normal(q, M, 1, 100 + seed);
            for (size_t i = 0; i < P * M; i++)
                xs[i] = (double) x[i];
            for (size_t i = 0; i < M; i++)
                qs[i] = (double) q[i];

            struct eg_arena *arena = new_arena();
            struct eg_message m = {""};
            void *options = new_options(modern->options, modern->options_size, "beta=1.5");
            void *network = calloc(1, modern->network_size);
            void *recall = calloc(1, modern->recall_size);
            const struct eg_patterns patterns = {.sites = M, .count = P, .values = xs};
            struct eg_learning learning = {.kernels = eg_kernels_best(), .arena = arena};
            assert_true(network && recall);
            assert_int_equal(modern->learn(network, options, &patterns, &learning, &m), EG_OK);
            assert_int_equal(modern->flow->init(recall, network, arena), EG_OK);
            assert_int_equal(modern->flow->start(recall, qs, &m), EG_OK);
            for (size_t u = 0; u < updates; u++)
                assert_int_equal(modern->flow->step(recall, &change, &m), EG_OK);

            char settings[96];
            struct run r;
            snprintf(settings, sizeof settings,
                     "slots=20 width=11 scaling=given beta=1.5 updates=%zu", updates);
            open_run(&r, settings, 1, 0);
            fill(&r, x, P, M, q, 0);
            /* A further update multiplies what rounding left by up to beta times the variance of
             * the patterns along it. */
            check_all_close(r.read->x, modern->flow->outputs(recall), M, 0,
                            (sizeof(real) == 4 ? 1e-6 : 1e-14) * (updates > 1 ? 10 : 1));
            close_run(&r);
            free(options);
            free(network);
            free(recall);
            eg_arena_free(&arena);
        }
}

static void an_update_is_scaled_dot_attention(void **state)
{
    (void) state;
    enum { M = 7, N = 16 };
    for (uint64_t seed = 1; seed <= 10; seed++) {
        real x[N * M], q[M];
        draw_normal(x, N * M, 1, seed);
        draw_normal(q, M, 1, 100 + seed);
        struct run r;
        open_run(&r, "slots=16 width=7 scaling=attention", 1, 0);
        fill(&r, x, N, M, q, 0);

        real side[N * M]; /* slot index contiguous */
        for (size_t i = 0; i < N; i++)
            for (size_t c = 0; c < M; c++)
                side[c * N + i] = x[i * M + c];
        struct eg_tape tape;
        const struct eg_score score = {.kind = EG_SCORE_SCALED_DOT, .slots = N, .width = M};
        const struct eg_normaliser softmax = {.kind = EG_NORM_SOFTMAX};
        eg_tape_begin(&tape, r.arena, eg_kernels_best(), r.values, NULL);
        struct eg_var *memory = eg_tape_data(&tape, side, 1, N * M);
        struct eg_var *y = eg_score_apply(&tape, &score, eg_tape_data(&tape, q, 1, M), memory);
        y = eg_normalise(&tape, &softmax, y, eg_filled(&tape, 1, 1, 1));
        y = eg_read(&tape, memory, y, N, M);
        assert_non_null(y);
        for (size_t c = 0; c < M; c++)
            check_close(r.read->x[c], y->x[c], 0, sizeof(real) == 4 ? 1e-6 : 1e-14);
        close_run(&r);
    }
}

/* ---- retrieval ---- */

/* Columns of a Hadamard matrix, any two of which differ in half of their numbers; the query has
 * three numbers of 16 wrong, so that its products are 10 with its pattern, at most 6 with others.
 */
static void a_damaged_pattern_comes_back_in_one_update(void **state)
{
    (void) state;
    enum { M = 16 };
    real x[M * M], q[M];
    for (size_t i = 0; i < M; i++)
        for (size_t c = 0; c < M; c++)
            x[i * M + c] = __builtin_popcount((unsigned) (i & c)) % 2 ? -1 : 1;
    for (size_t i = 0; i < M; i++) {
        struct run r;
        memcpy(q, x + i * M, sizeof q);
        for (size_t c = 0; c < 3; c++)
            q[(5 * c + i) % M] *= -1;
        open_run(&r, "slots=30 width=16 scaling=given beta=10", 1, 0);
        fill(&r, x, M, M, q, 0);
        for (size_t c = 0; c < M; c++)
            check_close(r.read->x[c], x[i * M + c], 0, 1e-6); /* 15 e^-40 */
        close_run(&r);
    }
}

/* With zeros as the query all slots in use weigh the same: the mean of what was written. */
static void slots_that_were_not_written_are_not_read(void **state)
{
    (void) state;
    const real zero[2] = {0, 0}, x[3][2] = {{1, 2}, {5, -4}, {0, 8}};
    const double mean[3][2] = {{1, 2}, {3, -1}, {2, 2}};
    struct run r;
    real w[ROOM];
    open_run(&r, "slots=5 width=2", 1, 0);
    for (size_t t = 0; t < 3; t++) {
        step(&r, 1, zero, x[t], 2);
        check_all_close(r.read->x, mean[t], 2, 16 * EG_EPS, 0);
        assert_int_equal(field(&r, "read_weights", w), 5);
        for (size_t i = 0; i < 5; i++)
            check_close(w[i], i <= t ? 1.0 / (double) (t + 1) : 0, 8 * EG_EPS, 0);
    }
    close_run(&r);
}

static void the_oldest_pattern_is_written_over(void **state)
{
    (void) state;
    enum { STEPS = 8, N = 3 };
    const real zero[1] = {0};
    struct run r;
    real w[ROOM], memory[ROOM];
    open_run(&r, "slots=3 width=1", 1, 0);
    for (size_t t = 0; t < STEPS; t++) {
        const real x = (real) (t + 1);
        step(&r, 1, zero, &x, 2);
        assert_int_equal(field(&r, "memory", memory), N);
        assert_int_equal(field(&r, "write_weights", w), N);
        double sum = 0;
        for (size_t i = 0; i < N; i++) {
            /* the last step at which i was written, from 1 on; 0: none yet */
            size_t last = 0;
            for (size_t s = i; s <= t; s += N)
                last = s + 1;
            assert_true(memory[i] == (real) last);
            assert_true(w[i] == (t % N == i));
            sum += (double) last;
        }
        check_close(r.read->x[0], sum / (t < N ? (double) t + 1 : N), 8 * EG_EPS, 0);
    }
    field(&r, "used", w);
    assert_true(w[0] == N);
    close_run(&r);
}

/* What backward puts back: after it the memory is as it was before the first step, and a pattern
 * that was written over before anyone read it has no gradient. */
static void walking_back_leaves_the_memory_as_it_was(void **state)
{
    (void) state;
    enum { STEPS = 7, M = 2 };
    struct run r;
    real memory[ROOM], x[STEPS * M], q[M];
    draw_normal(x, STEPS * M, 1, 3);
    draw_normal(q, M, 1, 4);
    open_run(&r, "slots=3 width=2", 2, 1);

    for (size_t t = 0; t < STEPS; t++)
        step(&r, t < 4 ? 2 : 1, q, x + t * M, 2);
    eg_tape_backward(&r.tape, r.read);
    assert_int_equal(field(&r, "memory", memory), 3 * M);
    for (size_t i = 0; i < 3 * M; i++)
        assert_true(memory[i] == 0);
    layer->copy(r.state, 0, 1, memory);
    for (size_t i = 0; i < 3 * M; i++)
        assert_true(memory[i] == 0);
    close_run(&r);
}

/* ---- what is learned ---- */

static void learned_patterns_are_those_of_the_parameters_and_nothing_is_written(void **state)
{
    (void) state;
    enum { M = 3, N = 4 };
    struct run r;
    real x[ROOM], q[M] = {1, -2, (real) 0.5};
    size_t n;
    open_run(&r, "slots=4 width=3 stored=learned scaling=given beta=0.7", 2, 0);
    const struct eg_param_row *row = eg_params_find(&r.params, "memory/patterns");
    assert_true(row && row->rows == M && row->cols == N);
    const real *p = r.values + row->offset;
    assert_true(part(&r, "pattern", &n) < 0 && part(&r, "strength", &n) < 0);
    for (size_t t = 0; t < 2; t++) {
        double want[M] = {0}, w[N], sum = 0;
        step(&r, 2, q, NULL, 0);
        for (size_t i = 0; i < N; i++) {
            w[i] = 0;
            for (size_t c = 0; c < M; c++)
                w[i] += (double) q[c] * (double) p[c * N + i];
            sum += w[i] = exp(0.7 * w[i]);
        }
        for (size_t i = 0; i < N; i++)
            for (size_t c = 0; c < M; c++)
                want[c] += w[i] / sum * (double) p[c * N + i];
        for (size_t b = 0; b < 2; b++)
            check_all_close(eg_row(r.read, b), want, M, 32 * EG_EPS, 32 * EG_EPS);
        q[1] = 1; /* another query, the same patterns */
    }
    assert_int_equal(field(&r, "memory", x), N * M);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < M; c++)
            assert_true(x[i * M + c] == p[c * N + i]);
    assert_int_equal(field(&r, "write_weights", x), 0);
    assert_int_equal(field(&r, "add", x), 0);
    field(&r, "used", x);
    assert_true(x[0] == N);
    close_run(&r);
}

static void projections_are_those_of_multi_head_attention(void **state)
{
    (void) state;
    struct run r;
    real x[ROOM];
    size_t n;
    open_run(&r, "slots=4 width=3 heads=2 head_width=5", 1, 0);
    assert_int_equal(r.size.read, 3);
    assert_int_equal(r.size.control, 3 + 2 + 3);
    assert_int_equal(part(&r, "strength", &n), 3);
    assert_int_equal(n, 2);
    static const struct {
        const char *name;
        size_t rows, cols;
    } want[] = {{"memory/query", 3, 10},
                {"memory/key", 3, 10},
                {"memory/value", 3, 10},
                {"memory/output", 10, 3}};
    const real *w[4];
    for (size_t i = 0; i < 4; i++) {
        const struct eg_param_row *row = eg_params_find(&r.params, want[i].name);
        assert_true(row && row->rows == want[i].rows && row->cols == want[i].cols);
        w[i] = r.values + row->offset;
    }
    /* One pattern: whatever is asked, its values come back, [x W^V] W^O. */
    const real q[3] = {1, 2, 3}, pattern[3] = {(real) 0.3, -1, 2};
    double read[3] = {0};
    for (size_t c = 0; c < 10; c++) {
        double value = 0;
        for (size_t m = 0; m < 3; m++)
            value += (double) pattern[m] * (double) w[2][m * 10 + c];
        for (size_t o = 0; o < 3; o++)
            read[o] += value * (double) w[3][c * 3 + o];
    }
    step(&r, 1, q, pattern, 1.5);
    check_all_close(r.read->x, read, 3, 32 * EG_EPS, 32 * EG_EPS);
    assert_int_equal(field(&r, "query", x), 3);
    assert_true(x[2] == 3);
    /* The second head's key: (q W^Q_2) W^K_2^T. */
    assert_int_equal(field(&r, "read_key", x), 6);
    double key[3] = {0};
    for (size_t c = 5; c < 10; c++)
        for (size_t m = 0; m < 3; m++)
            for (size_t k = 0; k < 3; k++)
                key[k] += (double) q[m] * (double) w[0][m * 10 + c] * (double) w[1][k * 10 + c];
    check_all_close(x + 3, key, 3, 32 * EG_EPS, 32 * EG_EPS);
    close_run(&r);

    /* With d = 5 the scale of attention is 1 / sqrt 5, whatever the width. */
    open_run(&r, "slots=4 width=3 head_width=5 scaling=attention", 1, 0);
    struct run given;
    open_run(&given, "slots=4 width=3 head_width=5 scaling=given beta=0.44721359549995793", 1, 0);
    const real other[3] = {-1, 1, 1};
    step(&r, 1, q, pattern, 0);
    step(&given, 1, q, pattern, 0);
    step(&r, 1, q, other, 0);
    step(&given, 1, q, other, 0);
    for (size_t c = 0; c < 3; c++)
        check_close(r.read->x[c], given.read->x[c], 8 * EG_EPS, 8 * EG_EPS);
    close_run(&r);
    close_run(&given);
}

static void more_places_than_slots_for_top_k_are_an_error(void **state)
{
    (void) state;
    struct eg_message m = {""};
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    struct eg_memory_size size;
    eg_params_init(&params, arena);
    void *options =
        new_options(layer->options, layer->options_size, "slots=3 normaliser=top-k top_k=4");
    void *memory = calloc(1, layer->state_size);
    assert_non_null(memory);
    assert_int_equal(layer->init(memory, options, &params, &size, &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "memory.top_k = 4"));
    assert_non_null(strstr(m.text, "1 to 3"));
    free(memory);
    free(options);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_patterns_follow_the_hand_calculation),
        cmocka_unit_test(an_update_is_that_of_the_associative_network),
        cmocka_unit_test(an_update_is_scaled_dot_attention),
        cmocka_unit_test(a_damaged_pattern_comes_back_in_one_update),
        cmocka_unit_test(slots_that_were_not_written_are_not_read),
        cmocka_unit_test(the_oldest_pattern_is_written_over),
        cmocka_unit_test(walking_back_leaves_the_memory_as_it_was),
        cmocka_unit_test(learned_patterns_are_those_of_the_parameters_and_nothing_is_written),
        cmocka_unit_test(projections_are_those_of_multi_head_attention),
        cmocka_unit_test(more_places_than_slots_for_top_k_are_an_error),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
