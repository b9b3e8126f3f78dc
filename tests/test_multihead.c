/* Attention with several heads, E19-E23, against the paper's way to compute it. */
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#include "attention/multihead.h"
#include "attention/scores.h"
#include "memory/access.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

enum { ROWS = 3, MOST = 400 };

static const struct eg_multihead paper = {
    .slots = 6, .width = 3, .query = 4, .out = 2, .heads = 3, .head_width = 5, .updates = 1};

/* What a head is given and gives back, on an arena of its own. */
struct bench {
    struct eg_multihead how;
    struct eg_arena *arena;
    struct eg_params params;
    real *values, *grads;
    real query[MOST], memory[MOST], beta[MOST];
    struct eg_multihead_seen seen[8];
};

static size_t query_cols(const struct eg_multihead *how)
{
    return how->head_width ? how->query : how->heads * how->width;
}

static size_t out_cols(const struct eg_multihead *how)
{
    return how->head_width ? how->out : how->heads * how->width;
}

static void bench_begin(struct bench *b, const struct eg_multihead *how, uint64_t seed)
{
    *b = (struct bench){.how = *how, .arena = new_arena()};
    eg_params_init(&b->params, b->arena);
    assert_int_equal(eg_multihead_declare(&b->how, &b->params, "layer"), EG_OK);
    b->values = eg_arena_zeros(b->arena, b->params.size + 1, sizeof *b->values);
    b->grads = eg_arena_zeros(b->arena, b->params.size + 1, sizeof *b->grads);
    assert_true(b->values && b->grads);
    draw_normal(b->values, b->params.size, 0.6, seed);
    draw_normal(b->query, MOST, 1, seed + 1);
    draw_normal(b->memory, MOST, 1, seed + 2);
    draw_uniform(b->beta, MOST, 0.3, 1.5, seed + 3);
    assert_true(ROWS * query_cols(how) <= MOST && ROWS * how->slots * how->width <= MOST);
}

static void bench_end(struct bench *b)
{
    eg_arena_free(&b->arena);
}

/* `betas` is 1 or the heads; `in_group`: in a group that is already open. */
static const struct eg_var *attend(struct bench *b, size_t betas, size_t in_use, int in_group)
{
    struct eg_tape tape;
    const struct eg_multihead *how = &b->how;
    eg_tape_begin(&tape, b->arena, eg_kernels_best(), b->values, b->grads);
    if (in_group)
        eg_tape_rows_open(&tape);
    const struct eg_var *y =
        eg_multihead_apply(&tape, how, eg_tape_data(&tape, b->query, ROWS, query_cols(how)),
                           eg_tape_data(&tape, b->memory, ROWS, how->slots * how->width),
                           eg_tape_data(&tape, b->beta, ROWS, betas), in_use, b->seen);
    if (in_group)
        eg_tape_rows_close(&tape);
    assert_non_null(y);
    assert_true(y->rows == ROWS && y->cols == out_cols(how));
    return y;
}

static void identity(struct bench *b, const struct eg_param *p)
{
    for (size_t r = 0; r < p->rows; r++)
        for (size_t c = 0; c < p->cols; c++)
            b->values[p->offset + r * p->cols + c] = r == c;
}

/* ---- by hand ---- */

/* One number a head.  q = (1, 2), W^Q = (1 0; 0 1), W^K = (1 3), so the keys of slots m = ln 2, 0
 * are m and 3 m; queries 1 and 2: scores (ln 2, 0) and (6 ln 2, 0), weights 2 : 1 and 64 : 1. W^V =
 * (5 -1), W^O = (1; 2): 5 (2/3) ln 2 - 2 (64/65) ln 2. */
static void two_heads_match_a_hand_calculation(void **state)
{
    (void) state;
    const struct eg_multihead how = {
        .slots = 2, .width = 1, .query = 2, .out = 1, .heads = 2, .head_width = 1, .updates = 1};
    struct bench b;
    bench_begin(&b, &how, 1);
    const real w_k[2] = {1, 3}, w_v[2] = {5, -1}, w_o[2] = {1, 2}, ln2 = log((real) 2);
    identity(&b, &b.how.w_q);
    memcpy(b.values + b.how.w_k.offset, w_k, sizeof w_k);
    memcpy(b.values + b.how.w_v.offset, w_v, sizeof w_v);
    memcpy(b.values + b.how.w_o.offset, w_o, sizeof w_o);
    for (size_t r = 0; r < ROWS; r++) {
        b.query[2 * r] = b.beta[r] = 1;
        b.query[2 * r + 1] = 2;
        b.memory[2 * r] = ln2;
        b.memory[2 * r + 1] = 0;
    }
    const struct eg_var *y = attend(&b, 1, 2, 0);
    for (size_t r = 0; r < ROWS; r++)
        check_close(eg_row(y, r)[0], (10.0 / 3 - 128.0 / 65) * log(2.0), 16 * EG_EPS, 0);
    check_close(eg_row(b.seen[0].key, 1)[0], 1, 4 * EG_EPS, 0);
    check_close(eg_row(b.seen[1].key, 1)[0], 6, 4 * EG_EPS, 0);
    check_close(eg_row(b.seen[0].w, 2)[0], 2.0 / 3, 8 * EG_EPS, 0);
    check_close(eg_row(b.seen[1].w, 2)[1], 1.0 / 65, 16 * EG_EPS, 0);
    bench_end(&b);
}

/* ---- identities ---- */

/* eg_read(softmax(scaled-dot)) of one head. */
static const struct eg_var *single(struct bench *b)
{
    struct eg_tape tape;
    const size_t n = b->how.slots, m = b->how.width;
    const struct eg_score score = {.kind = EG_SCORE_SCALED_DOT, .slots = n, .width = m};
    const struct eg_normaliser softmax = {.kind = EG_NORM_SOFTMAX};
    eg_tape_begin(&tape, b->arena, eg_kernels_best(), b->values, NULL);
    struct eg_var *memory = eg_tape_data(&tape, b->memory, ROWS, n * m);
    struct eg_var *y =
        eg_score_apply(&tape, &score, eg_tape_data(&tape, b->query, ROWS, m), memory);
    y = eg_read(&tape, memory, eg_normalise(&tape, &softmax, y, eg_filled(&tape, ROWS, 1, 1)), n,
                m);
    assert_non_null(y);
    return y;
}

static void check_equal(const struct eg_var *got, const struct eg_var *want)
{
    const double most = sizeof(real) == 4 ? 1e-6 : 1e-14;
    assert_true(got->rows == want->rows && got->cols == want->cols);
    for (size_t r = 0; r < got->rows; r++)
        for (size_t c = 0; c < got->cols; c++)
            check_close(eg_row(got, r)[c], eg_row(want, r)[c], 0, most);
}

static void one_head_without_projections_is_the_single_head(void **state)
{
    (void) state;
    const struct eg_multihead how = {.slots = 17, .width = 7, .heads = 1, .updates = 1};
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct bench b;
        bench_begin(&b, &how, 10 * seed);
        for (size_t r = 0; r < ROWS; r++)
            b.beta[r] = 1 / sqrt((real) how.width);
        check_equal(attend(&b, 1, how.slots, 0), single(&b));
        bench_end(&b);
    }
}

static void projections_that_are_the_identity_are_none(void **state)
{
    (void) state;
    const struct eg_multihead how = {
        .slots = 17, .width = 7, .query = 7, .out = 7, .heads = 1, .head_width = 7, .updates = 1};
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct bench b;
        bench_begin(&b, &how, 10 * seed);
        const struct eg_param *all[] = {&b.how.w_q, &b.how.w_k, &b.how.w_v, &b.how.w_o};
        for (size_t i = 0; i < 4; i++)
            identity(&b, all[i]);
        for (size_t r = 0; r < ROWS; r++)
            b.beta[r] = 1 / sqrt((real) how.width);
        check_equal(attend(&b, 1, how.slots, 0), single(&b));
        bench_end(&b);
    }
}

static double at(const struct bench *b, const struct eg_param *p, size_t r, size_t c)
{
    return (double) b->values[p->offset + r * p->cols + c];
}

/* As the paper has it: every slot in use is projected, nothing is projected back.  `state` has d
 * numbers of a head. */
static void plain_head(double *head, const struct bench *b, size_t row, size_t h, double beta,
                       size_t in_use)
{
    const struct eg_multihead *how = &b->how;
    const size_t d = how->head_width;
    const real *m = b->memory + row * how->slots * how->width;
    double state[16] = {0}, key[16][16] = {{0}}, value[16][16] = {{0}}, p[16];
    for (size_t c = 0; c < d; c++) {
        for (size_t k = 0; k < how->query; k++)
            state[c] += (double) b->query[row * how->query + k] * at(b, &how->w_q, k, h * d + c);
        for (size_t i = 0; i < in_use; i++)
            for (size_t k = 0; k < how->width; k++) {
                key[i][c] += (double) m[k * how->slots + i] * at(b, &how->w_k, k, h * d + c);
                value[i][c] += (double) m[k * how->slots + i] * at(b, &how->w_v, k, h * d + c);
            }
    }
    for (size_t u = 0; u < how->updates; u++) {
        double sum = 0;
        for (size_t i = 0; i < in_use; i++) {
            p[i] = 0;
            for (size_t c = 0; c < d; c++)
                p[i] += state[c] * key[i][c];
            sum += p[i] = exp(beta * p[i]);
        }
        for (size_t i = 0; i < in_use; i++)
            p[i] /= sum;
        memset(state, 0, sizeof state);
        for (size_t i = 0; i < in_use; i++)
            for (size_t c = 0; c < d; c++)
                state[c] += p[i] * key[i][c];
    }
    for (size_t c = 0; c < d; c++)
        for (size_t i = 0; i < in_use; i++)
            head[c] += p[i] * value[i][c];
}

static void check_against_the_paper(const struct eg_multihead *how, size_t betas, size_t in_use)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct bench b;
        bench_begin(&b, how, 10 * seed);
        const struct eg_var *y = attend(&b, betas, in_use, 0);
        for (size_t r = 0; r < ROWS; r++) {
            double want[16] = {0};
            for (size_t h = 0; h < how->heads; h++) {
                double head[16] = {0};
                const double beta = (double) b.beta[r * betas + (betas > 1 ? h : 0)];
                plain_head(head, &b, r, h, beta, in_use);
                for (size_t c = 0; c < how->head_width; c++)
                    for (size_t o = 0; o < how->out; o++)
                        want[o] += head[c] * at(&b, &b.how.w_o, h * how->head_width + c, o);
            }
            check_all_close(eg_row(y, r), want, how->out, 64 * EG_EPS, 64 * EG_EPS);
        }
        bench_end(&b);
    }
}

static void several_heads_match_a_plain_loop_over_projected_slots(void **state)
{
    (void) state;
    struct eg_multihead how = paper;
    check_against_the_paper(&how, how.heads, how.slots);
    check_against_the_paper(&how, 1, how.slots);
    check_against_the_paper(&how, how.heads, 4);
    check_against_the_paper(&how, 1, 1);
    how.updates = 3;
    check_against_the_paper(&how, how.heads, how.slots);
    check_against_the_paper(&how, how.heads, 2);
}

/* Without projections each head has its own columns of query and result. */
static void heads_without_projections_do_not_know_of_each_other(void **state)
{
    (void) state;
    for (size_t updates = 1; updates <= 3; updates++) {
        const struct eg_multihead three = {.slots = 9, .width = 4, .heads = 3, .updates = updates};
        struct eg_multihead one = three;
        one.heads = 1;
        struct bench b, c;
        bench_begin(&b, &three, 4);
        const struct eg_var *all = attend(&b, 3, 7, 0);
        for (size_t h = 0; h < 3; h++) {
            bench_begin(&c, &one, 4);
            for (size_t r = 0; r < ROWS; r++) {
                memcpy(c.query + 4 * r, b.query + 12 * r + 4 * h, 4 * sizeof *c.query);
                c.beta[r] = b.beta[3 * r + h];
            }
            const struct eg_var *alone = attend(&c, 1, 7, 0);
            for (size_t r = 0; r < ROWS; r++)
                assert_memory_equal(eg_row(alone, r), eg_row(all, r) + 4 * h, 4 * sizeof(real));
            bench_end(&c);
        }
        bench_end(&b);
    }
}

/* ---- slots in use ---- */

static void what_is_in_slots_out_of_use_does_not_matter(void **state)
{
    (void) state;
    for (int projects = 0; projects < 2; projects++)
        for (int kind = 0; kind < EG_NORM_KINDS; kind++) {
            struct eg_multihead how = paper;
            how.head_width = projects ? 5 : 0;
            how.updates = 2;
            how.normaliser = (struct eg_normaliser){
                .kind = (enum eg_normaliser_kind) kind, .k = 2, .temperature = 1};
            struct bench b;
            bench_begin(&b, &how, 3);
            const struct eg_var *before = attend(&b, 3, 4, 0);
            for (size_t i = 0; i < ROWS * how.width * how.slots; i++)
                if (i % how.slots >= 4)
                    b.memory[i] = NAN;
            const struct eg_var *after = attend(&b, 3, 4, 0);
            for (size_t r = 0; r < ROWS; r++) {
                assert_memory_equal(eg_row(after, r), eg_row(before, r),
                                    before->cols * sizeof(real));
                for (size_t c = 0; c < before->cols; c++)
                    assert_true(isfinite(eg_row(after, r)[c]));
            }
            assert_int_equal(b.seen[2].w->cols, 4);
            bench_end(&b);
        }
}

static void with_no_slot_in_use_the_result_is_zeros(void **state)
{
    (void) state;
    for (int projects = 0; projects < 2; projects++) {
        struct eg_multihead how = paper;
        how.head_width = projects ? 5 : 0;
        struct bench b;
        bench_begin(&b, &how, 3);
        for (size_t i = 0; i < MOST; i++)
            b.memory[i] = NAN;
        const struct eg_var *y = attend(&b, 3, 0, 0);
        for (size_t i = 0; i < y->rows * y->cols; i++)
            assert_true(y->x[i] == 0);
        assert_null(b.seen[0].w);
        bench_end(&b);
    }
}

static void an_open_group_changes_nothing(void **state)
{
    (void) state;
    const struct eg_multihead how = {.slots = 9, .width = 4, .heads = 2, .updates = 2};
    struct bench b;
    bench_begin(&b, &how, 5);
    const struct eg_var *alone = attend(&b, 2, 9, 0), *in_group = attend(&b, 2, 9, 1);
    assert_memory_equal(alone->x, in_group->x, ROWS * out_cols(&how) * sizeof(real));
    bench_end(&b);
}

/* ---- parameters, memory ---- */

static void parameters_are_declared_where_there_are_projections(void **state)
{
    (void) state;
    static const struct {
        const char *name;
        size_t rows, cols;
    } want[] = {{"layer/query", 4, 15},
                {"layer/key", 3, 15},
                {"layer/value", 3, 15},
                {"layer/output", 15, 2}};
    struct bench b;
    bench_begin(&b, &paper, 1);
    assert_int_equal(b.params.count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct eg_param_row *row = eg_params_find(&b.params, want[i].name);
        assert_non_null(row);
        assert_true(row->rows == want[i].rows && row->cols == want[i].cols);
    }
    struct eg_multihead how = paper;
    how.query = 0;
    assert_int_equal(eg_multihead_declare(&how, &b.params, "other"), EG_ERR_SHAPE);
    bench_end(&b);
    how.head_width = 0;
    bench_begin(&b, &how, 1);
    assert_int_equal(b.params.count, 0);
    bench_end(&b);
}

static void every_allocation_may_fail_once(void **state)
{
    (void) state;
    for (int projects = 0; projects < 2; projects++)
        for (int records = 0; records < 2; records++) {
            struct eg_multihead how = paper;
            how.head_width = projects ? 5 : 0;
            how.updates = 2;
            struct bench b;
            bench_begin(&b, &how, 1);
            struct eg_arena *arena = new_arena();
            const struct eg_arena_mark mark = eg_arena_mark(arena);
            const struct eg_var *y = NULL;
            for (size_t n = 0; !y; n++) {
                struct eg_tape tape;
                assert_true(n < 1000);
                eg_arena_rewind(arena, mark);
                eg_arena_fail_after(arena, n);
                eg_tape_begin(&tape, arena, eg_kernels_best(), b.values, records ? b.grads : NULL);
                y = eg_multihead_apply(&tape, &b.how,
                                       eg_tape_data(&tape, b.query, ROWS, query_cols(&how)),
                                       eg_tape_data(&tape, b.memory, ROWS, how.slots * how.width),
                                       eg_tape_data(&tape, b.beta, ROWS, 1), how.slots, b.seen);
                if (n == 0)
                    assert_null(y);
            }
            const struct eg_var *want = attend(&b, 1, how.slots, 0);
            for (size_t r = 0; r < ROWS; r++)
                for (size_t c = 0; c < y->cols; c++)
                    check_close(eg_row(y, r)[c], eg_row(want, r)[c], 0, 16 * EG_EPS);
            eg_arena_free(&arena);
            bench_end(&b);
        }
}

#ifdef EG_DOUBLE

struct wiring {
    const struct eg_multihead *how;
    size_t betas, in_use;
    const struct eg_param *shared; /* the memory of all rows, or NULL */
};

static struct eg_var *heads(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct wiring *w = context;
    const size_t q = query_cols(w->how), m = w->how->slots * w->how->width;
    struct eg_var *memory = eg_tape_cols(tape, x, q + w->betas, w->shared ? 0 : m);
    if (w->shared) {
        memory = eg_tape_param(tape, w->shared);
        assert_non_null(memory);
        memory->rows = x->rows;
        memory->stride = 0;
    }
    return eg_multihead_apply(tape, w->how, eg_tape_cols(tape, x, 0, q), memory,
                              eg_tape_cols(tape, x, q, w->betas), w->in_use, NULL);
}

static void check_gradient(const char *name, const struct eg_multihead *how, size_t betas,
                           size_t in_use, int shared)
{
    struct bench b;
    bench_begin(&b, how, 1);
    struct eg_param memory;
    const size_t m = how->slots * how->width;
    const struct eg_param_row row = {.name = "memory", .rows = 1, .cols = m, .init = eg_init_zero};
    if (shared)
        assert_int_equal(eg_params_add(&b.params, NULL, &row, &memory), EG_OK);
    const struct wiring w = {
        .how = &b.how, .betas = betas, .in_use = in_use, .shared = shared ? &memory : NULL};
    const struct grad_case c = {
        .name = name,
        .rows = 2,
        .cols = query_cols(how) + betas + (shared ? 0 : m),
        .lo = -1.5,
        .hi = 1.5,
        .build = heads,
        .context = &w,
        .params = b.params.count ? &b.params : NULL,
        .spread = 0.6,
    };
    check_grad_seeds(&c, 6);
    bench_end(&b);
}

static void the_gradient_is_the_derivative(void **state)
{
    (void) state;
    struct eg_multihead how = paper;
    check_gradient("several heads", &how, 3, 6, 0);
    check_gradient("one strength", &how, 1, 6, 0);
    check_gradient("some slots", &how, 3, 4, 0);
    check_gradient("one memory", &how, 3, 6, 1);
    how.updates = 3;
    check_gradient("several updates", &how, 3, 5, 0);
    how.normaliser.kind = EG_NORM_SIGMOID;
    check_gradient("sigmoid", &how, 1, 6, 0);
    how.normaliser.kind = EG_NORM_SOFTMAX;
    how.head_width = 0;
    check_gradient("no projections, updates", &how, 3, 6, 0);
    check_gradient("no projections, one memory", &how, 1, 5, 1);
    how.updates = 1;
    check_gradient("no projections", &how, 3, 4, 0);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_heads_match_a_hand_calculation),
        cmocka_unit_test(one_head_without_projections_is_the_single_head),
        cmocka_unit_test(projections_that_are_the_identity_are_none),
        cmocka_unit_test(several_heads_match_a_plain_loop_over_projected_slots),
        cmocka_unit_test(heads_without_projections_do_not_know_of_each_other),
        cmocka_unit_test(what_is_in_slots_out_of_use_does_not_matter),
        cmocka_unit_test(with_no_slot_in_use_the_result_is_zeros),
        cmocka_unit_test(an_open_group_changes_nothing),
        cmocka_unit_test(parameters_are_declared_where_there_are_projections),
        cmocka_unit_test(every_allocation_may_fail_once),
#ifdef EG_DOUBLE
        cmocka_unit_test(the_gradient_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
