/* The cell of a long short-term memory, as one op and composed. */
#include "controllers/lstm_cell.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

typedef struct eg_var *cell_fn(struct eg_tape *, struct eg_var *, struct eg_var *,
                               struct eg_var **);

static cell_fn *const both[] = {eg_lstm_cell, eg_lstm_cell_fused};

/* Gates of ln 2, -ln 2, 0 are 2/3, 1/3, 1/2; a candidate of ln 2 is 0.6; c_prev = 3:
 * c = 3/3 + 2/3 * 0.6 = 1.4. */
static void values_match_a_hand_calculation(void **state)
{
    (void) state;
    const double ln2 = 0.69314718055994531;
    const real z[4] = {(real) ln2, (real) -ln2, 0, (real) ln2}, c_prev[1] = {3};
    struct eg_arena *arena = new_arena();
    for (size_t way = 0; way < 2; way++) {
        struct eg_tape tape;
        struct eg_var *c;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
        const struct eg_var *h =
            both[way](&tape, eg_tape_data(&tape, z, 1, 4), eg_tape_data(&tape, c_prev, 1, 1), &c);
        check_close(c->x[0], 1.4, 8 * EG_EPS, 0);
        check_close(h->x[0], 0.5 * tanh(1.4), 8 * EG_EPS, 0);
    }
    eg_arena_free(&arena);
}

/* Input shut, forget open: the cell keeps what it has. */
static void saturated_gates_keep_the_cell(void **state)
{
    (void) state;
    const real z[8] = {-1000, -1000, 1000, 1000, 1000, 1000, 500, -500}, c_prev[2] = {-2, 2};
    struct eg_arena *arena = new_arena();
    for (size_t way = 0; way < 2; way++) {
        struct eg_tape tape;
        struct eg_var *c;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
        assert_non_null(
            both[way](&tape, eg_tape_data(&tape, z, 1, 8), eg_tape_data(&tape, c_prev, 1, 2), &c));
        check_close(c->x[0], -2, 2 * EG_EPS, 0);
        check_close(c->x[1], 2, 2 * EG_EPS, 0);
    }
    eg_arena_free(&arena);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    const real x[4] = {0};
    struct eg_arena *arena = new_arena();
    for (size_t way = 0; way < 2; way++) {
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
        struct eg_var *c = eg_tape_data(&tape, x, 1, 1);
        assert_null(both[way](&tape, NULL, c, &c));
        assert_null(c);
        assert_null(both[way](&tape, eg_tape_data(&tape, x, 1, 4), NULL, &c));
    }
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

struct cell {
    size_t n;
    cell_fn *fn;
};

/* x: z of two steps and the first c.  Both steps, so that gradients come by h and by c. */
static struct eg_var *two_steps(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct cell *s = context;
    struct eg_var *c = eg_tape_cols(tape, x, 8 * s->n, s->n), *h[2];
    for (size_t t = 0; t < 2; t++) {
        struct eg_var *z = eg_tape_cols(tape, x, t * 4 * s->n, 4 * s->n);
        h[t] = s->fn(tape, z, c, &c);
    }
    return eg_join(tape, c, eg_join(tape, h[0], h[1]));
}

static struct grad_case case_of(const struct cell *s, const char *name)
{
    return (struct grad_case){.name = name,
                              .rows = 2,
                              .cols = 9 * s->n,
                              .lo = -2,
                              .hi = 2,
                              .build = two_steps,
                              .context = s};
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    for (size_t way = 0; way < 2; way++)
        for (size_t n = 1; n <= 9; n += 4) {
            const struct cell s = {n, both[way]};
            const struct grad_case c = case_of(&s, way ? "eg_lstm_cell_fused" : "eg_lstm_cell");
            check_grad_seeds(&c, GRAD_SEEDS);
        }
}

static void fused_and_composed_are_the_same(void **state)
{
    (void) state;
    for (size_t n = 1; n <= 17; n += 4)
        for (uint64_t seed = 1; seed <= GRAD_SEEDS; seed++) {
            const struct cell s = {n, eg_lstm_cell}, f = {n, eg_lstm_cell_fused};
            const struct grad_case composed = case_of(&s, "eg_lstm_cell");
            const struct grad_case fused = case_of(&f, "eg_lstm_cell_fused");
            check_same(&composed, &fused, 1e-13, seed);
        }
}

/* A first state that needs no gradient. */
static void data_before_the_first_step_are_left_alone(void **state)
{
    (void) state;
    static const real c_prev[2] = {0.5, -0.5};
    struct eg_arena *arena = new_arena();
    real dz[2][8];
    for (size_t way = 0; way < 2; way++) {
        struct eg_tape tape;
        real grads[1];
        struct eg_var *c;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, grads);
        struct eg_var *z = eg_tape_var(&tape, 1, 8, 1);
        draw_normal(z->x, 8, 1, 3);
        struct eg_var *h = both[way](&tape, z, eg_tape_data(&tape, c_prev, 1, 2), &c);
        h->dx[0] = h->dx[1] = 1;
        eg_tape_walk(&tape);
        memcpy(dz[way], z->dx, sizeof dz[way]);
    }
    check_all_close(dz[1], dz[0], 8, 1e-14, 1e-15);
    eg_arena_free(&arena);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_match_a_hand_calculation),
        cmocka_unit_test(saturated_gates_keep_the_cell),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
        cmocka_unit_test(fused_and_composed_are_the_same),
        cmocka_unit_test(data_before_the_first_step_are_left_alone),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
