/* Usage, retention and the allocation of free slots. */
#include <stdlib.h>
#include <string.h>

#include "attention/allocation.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

static void begin(struct eg_tape *tape, struct eg_arena *arena)
{
    eg_tape_begin(tape, arena, eg_kernels_best(), NULL, NULL);
}

static void allocations(real *a, const real *u, size_t n)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    begin(&tape, arena);
    memcpy(a, eg_allocate(&tape, eg_tape_data(&tape, u, 1, n))->x, n * sizeof *a);
    eg_arena_free(&arena);
}

/* Usages .1, .5, .9 in another order: .9, then .5 of the .1 left, then .1 of the .05. */
static void allocation_matches_a_hand_calculation(void **state)
{
    (void) state;
    const real u[3] = {0.5, (real) 0.9, (real) 0.1};
    const double want[3] = {0.05, 0.005, 0.9};
    real a[3];
    allocations(a, u, 3);
    check_all_close(a, want, 3, 16 * EG_EPS, 0);
}

static void of_slots_used_equally_the_lower_index_comes_first(void **state)
{
    (void) state;
    const real half[4] = {0.5, 0.5, 0.5, 0.5}, zero[3] = {0}, one[3] = {1, 1, 1};
    const real some[4] = {0.5, 0.25, 0.5, 0.25};
    const double want[4] = {0.5, 0.25, 0.125, 0.0625}, first[3] = {1, 0, 0}, none[3] = {0};
    const double of_some[4] = {0.5 / 16, 0.75, 0.5 / 32, 0.75 / 4};
    real a[4];
    allocations(a, half, 4);
    check_all_close(a, want, 4, 0, 0);
    allocations(a, zero, 3);
    check_all_close(a, first, 3, 0, 0);
    allocations(a, one, 3);
    check_all_close(a, none, 3, 0, 0);
    allocations(a, some, 4);
    check_all_close(a, of_some, 4, 0, 0);
}

/* Against slots sorted by the C library, with indices to break ties; usages of all kinds, many of
 * them equal. */
struct used {
    double u;
    size_t at;
};

static int by_usage(const void *a, const void *b)
{
    const struct used *x = a, *y = b;
    if (x->u < y->u || y->u < x->u)
        return x->u < y->u ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

static void allocation_of_many_slots_is_that_of_a_full_sort(void **state)
{
    (void) state;
    enum { N = 300 };
    static const size_t sizes[] = {1, 2, 7, 64, N};
    for (uint64_t seed = 1; seed <= 40; seed++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            const size_t n = sizes[s];
            real u[N], a[N];
            struct used sorted[N];
            double want[N], product = 1, sum = 0;
            draw_uniform(u, n, seed % 4 == 0 ? 0.99 : -0.5, 1, seed);
            for (size_t i = 0; i < n; i++) {
                u[i] = u[i] < 0 ? 0 : seed % 2 ? (real) (floor(8 * (double) u[i]) / 8) : u[i];
                sorted[i] = (struct used){(double) u[i], i};
            }
            qsort(sorted, n, sizeof sorted[0], by_usage);
            for (size_t j = 0; j < n; j++) {
                want[sorted[j].at] = (1 - sorted[j].u) * product;
                product *= sorted[j].u;
            }
            allocations(a, u, n);
            check_all_close(a, want, n, 1000 * EG_EPS, 1e-30);
            for (size_t i = 0; i < n; i++)
                sum += (double) a[i];
            assert_true(sum <= 1 + 16 * EG_EPS);
        }
}

/* f = (1/2, 1), slot 0 read with .4 and .5, slot 1 with 0 and .2. */
static void what_is_read_and_freed_is_not_retained(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    begin(&tape, arena);
    const real f[2] = {0.5, 1}, read[4] = {(real) 0.4, 0, 0.5, (real) 0.2};
    const double want[2] = {0.8 * 0.5, 0.8};
    check_all_close(
        eg_retention(&tape, eg_tape_data(&tape, f, 1, 2), eg_tape_data(&tape, read, 1, 4))->x, want,
        2, 4 * EG_EPS, 0);
    eg_arena_free(&arena);
}

/* Slot 0: .5 in use, written with .5 and .2: 1 - .5 * .5 * .8 = .8, of which .4 stays. */
static void what_is_written_is_in_use(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    begin(&tape, arena);
    const real u[2] = {0.5, 0}, w[4] = {0.5, 0.25, (real) 0.2, 0}, psi[2] = {(real) 0.4, 1};
    const double want[2] = {0.32, 0.25};
    for (int detached = 0; detached < 2; detached++)
        check_all_close(eg_usage(&tape, eg_tape_data(&tape, u, 1, 2), eg_tape_data(&tape, w, 1, 4),
                                 eg_tape_data(&tape, psi, 1, 2), detached)
                            ->x,
                        want, 2, 8 * EG_EPS, 0);
    const real g_a[1] = {0.5}, g_w[1] = {0.5}, a[2] = {(real) 0.4, 1};
    const double reserved[2] = {0.5 + 0.5 * 0.25 * (double) a[0], 0.25};
    check_all_close(eg_reserve(&tape, eg_tape_data(&tape, u, 1, 2), eg_tape_data(&tape, g_a, 1, 1),
                               eg_tape_data(&tape, g_w, 1, 1), eg_tape_data(&tape, a, 1, 2))
                        ->x,
                    reserved, 2, 4 * EG_EPS, 0);
    eg_arena_free(&arena);
}

/* Many steps of random gates: what is written goes where it is allocated or elsewhere. */
static void usage_stays_between_zero_and_one(void **state)
{
    (void) state;
    enum { N = 11, STEPS = 2000 };
    real u[N] = {0}, w[N] = {0}, read[2 * N] = {0};
    struct eg_arena *arena = new_arena();
    for (uint64_t t = 0; t < STEPS; t++) {
        struct eg_tape tape;
        begin(&tape, arena);
        real f[2], g[2];
        draw_uniform(f, 2, 0, 1, 4 * t);
        draw_uniform(g, 2, -0.5, 1.5, 4 * t + 1);
        g[0] = g[0] < 0 ? 0 : g[0] > 1 ? 1 : g[0];
        f[0] = t % 3 ? f[0] : (real) (t % 2);
        struct eg_var *psi =
            eg_retention(&tape, eg_tape_data(&tape, f, 1, 2), eg_tape_data(&tape, read, 1, 2 * N));
        struct eg_var *now =
            eg_usage(&tape, eg_tape_data(&tape, u, 1, N), eg_tape_data(&tape, w, 1, N), psi, 0);
        const real *a = eg_allocate(&tape, now)->x;
        double sum = 0;
        for (size_t i = 0; i < N; i++) {
            assert_true(psi->x[i] >= 0 && psi->x[i] <= 1);
            assert_true(now->x[i] >= 0 && now->x[i] <= 1);
            assert_true(a[i] >= 0);
            sum += (double) a[i];
            u[i] = now->x[i];
            w[i] = g[0] * a[i];
            read[i] = i == t % N ? 1 : 0;
            read[N + i] = 1 / (real) N;
        }
        assert_true(sum <= 1 + 8 * EG_EPS);
        eg_arena_rewind(arena, (struct eg_arena_mark){0});
    }
    eg_arena_free(&arena);
}

/* Usages 0, 1/2, 1/4: the order is 0, 2, 1, and with u_0 = 0 nothing is left for the others; but
 * a_2 = (1 - u_2) u_0 and a_1 = (1 - u_1) u_0 u_2 would grow with u_0. */
static void an_unused_slot_has_a_gradient(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const double want[3] = {-1 * 2 + 0.75 * 5 + 0.5 * 0.25 * 3, 0, 0};
    struct eg_tape tape;
    real grads[1];
    eg_tape_begin(&tape, arena, eg_kernels_best(), grads, grads);
    struct eg_var *u = eg_tape_var(&tape, 1, 3, 1);
    memcpy(u->x, (const real[3]){0, 0.5, 0.25}, 3 * sizeof(real));
    struct eg_var *a = eg_allocate(&tape, u);
    memcpy(a->dx, (const real[3]){2, 3, 5}, 3 * sizeof(real));
    eg_tape_walk(&tape);
    check_all_close(u->dx, want, 3, 8 * EG_EPS, 0);
    eg_arena_free(&arena);
}

static void a_detached_usage_owes_the_writes_nothing(void **state)
{
    (void) state;
    for (int detached = 0; detached < 2; detached++) {
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        real grads[1];
        eg_tape_begin(&tape, arena, eg_kernels_best(), grads, grads);
        struct eg_var *v[3];
        for (size_t i = 0; i < 3; i++) {
            v[i] = eg_tape_var(&tape, 1, 1, 1);
            v[i]->x[0] = 0.5;
        }
        struct eg_var *u = eg_usage(&tape, v[0], v[1], v[2], detached);
        u->dx[0] = 1;
        eg_tape_walk(&tape);
        check_close(v[0]->dx[0], 0.25, 0, 0);
        check_close(v[1]->dx[0], detached ? 0 : 0.25, 0, 0);
        check_close(v[2]->dx[0], 0.75, 0, 0);
        eg_arena_free(&arena);
    }
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real x[1] = {1};
    begin(&tape, arena);
    struct eg_var *v = eg_tape_data(&tape, x, 1, 1);
    assert_null(eg_retention(&tape, NULL, v));
    assert_null(eg_retention(&tape, v, NULL));
    assert_null(eg_usage(&tape, NULL, v, v, 0));
    assert_null(eg_usage(&tape, v, NULL, v, 0));
    assert_null(eg_usage(&tape, v, v, NULL, 0));
    assert_null(eg_allocate(&tape, NULL));
    assert_null(eg_reserve(&tape, NULL, v, v, v));
    assert_null(eg_reserve(&tape, v, v, v, NULL));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

struct sizes {
    size_t slots, heads;
};

static struct eg_var *retained(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    return eg_retention(tape, eg_tape_cols(tape, x, 0, s->heads),
                        eg_tape_cols(tape, x, s->heads, s->heads * s->slots));
}

static struct eg_var *used(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    const size_t n = s->slots;
    return eg_usage(tape, eg_tape_cols(tape, x, 0, n), eg_tape_cols(tape, x, 2 * n, s->heads * n),
                    eg_tape_cols(tape, x, n, n), 0);
}

/* Usages far enough apart for their order to stay: x in [.9, 1) times 1/6, 2/6 ... in some order.
 */
static struct eg_var *allocated(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    struct eg_var *scale = eg_tape_var(tape, x->rows, s->slots, 1);
    for (size_t i = 0; i < x->rows * s->slots; i++)
        scale->x[i] = (real) (1 + (3 * i + i / s->slots) % s->slots) / 6;
    return eg_allocate(tape, eg_multiply(tape, x, scale));
}

static struct eg_var *reserved(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    return eg_reserve(tape, eg_tape_cols(tape, x, 2, s->slots), eg_tape_cols(tape, x, 0, 1),
                      eg_tape_cols(tape, x, 1, 1), eg_tape_cols(tape, x, 2 + s->slots, s->slots));
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    static const struct sizes sizes[] = {{1, 1}, {2, 1}, {4, 2}, {5, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t n = sizes[i].slots, h = sizes[i].heads;
        const struct grad_case cases[] = {
            {.name = "eg_retention", .cols = h * (1 + n), .build = retained},
            {.name = "eg_usage", .cols = (2 + h) * n, .build = used},
            {.name = "eg_allocate", .cols = n, .build = allocated},
            {.name = "eg_reserve", .cols = 2 + 2 * n, .build = reserved},
        };
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
            struct grad_case one = cases[c];
            one.rows = 2;
            one.lo = one.build == allocated ? 0.9 : 0.05;
            one.hi = one.build == allocated ? 1 : 0.95;
            one.context = &sizes[i];
            check_grad_seeds(&one, GRAD_SEEDS);
        }
    }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation_matches_a_hand_calculation),
        cmocka_unit_test(of_slots_used_equally_the_lower_index_comes_first),
        cmocka_unit_test(allocation_of_many_slots_is_that_of_a_full_sort),
        cmocka_unit_test(what_is_read_and_freed_is_not_retained),
        cmocka_unit_test(what_is_written_is_in_use),
        cmocka_unit_test(usage_stays_between_zero_and_one),
        cmocka_unit_test(an_unused_slot_has_a_gradient),
        cmocka_unit_test(a_detached_usage_owes_the_writes_nothing),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
