/* Content addressing with a mask and without, as one op. */
#include "attention/address.h"
#include "attention/content.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

#define EACH_TABLE for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++)

/* Keys and slots of length 1 and 5 in component 0 and 1; component 2 is what the mask hides: slots
 * (3, 4, 9), (0, 1, -7), key (3, 4, 1).  Cosines 1 and .8; strength ln 2 / .2 makes it 2 : 1. */
static void a_masked_component_does_not_count(void **state)
{
    (void) state;
    EACH_TABLE
    {
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, *k, NULL, NULL);
        const real key[3] = {3, 4, 1}, mask[3] = {1, 1, 0}, memory[6] = {3, 0, 4, 1, 9, -7};
        const real beta[1] = {(real) (0.69314718055994531 / 0.2)};
        const struct eg_content head = {.key = eg_tape_data(&tape, key, 1, 3),
                                        .mask = eg_tape_data(&tape, mask, 1, 3),
                                        .beta = eg_tape_data(&tape, beta, 1, 1),
                                        .slots = 2,
                                        .width = 3};
        const double want[2] = {2.0 / 3, 1.0 / 3};
        check_all_close(eg_content(&tape, &head, eg_tape_data(&tape, memory, 1, 6), NULL)->x, want,
                        2, 64 * EG_EPS + 1e-7, 0);
        eg_arena_free(&arena);
    }
}

/* A mask of 1/2 throughout changes nothing but what the guard adds. */
static void a_mask_that_hides_nothing_changes_nothing(void **state)
{
    (void) state;
    enum { N = 37, M = 5 };
    EACH_TABLE
    {
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, *k, NULL, NULL);
        real key[M], memory[N * M], half[M] = {0.5, 0.5, 0.5, 0.5, 0.5}, beta[1] = {4};
        draw_normal(key, M, 1, 1);
        draw_normal(memory, N * M, 1, 2);
        struct eg_content head = {.key = eg_tape_data(&tape, key, 1, M),
                                  .beta = eg_tape_data(&tape, beta, 1, 1),
                                  .slots = N,
                                  .width = M};
        struct eg_var *mem = eg_tape_data(&tape, memory, 1, N * M);
        const struct eg_var *plain = eg_content(&tape, &head, mem, NULL);
        const struct eg_var *composed =
            eg_softmax_scaled(&tape, eg_cosine(&tape, head.key, mem, N, M), head.beta);
        head.mask = eg_tape_data(&tape, half, 1, M);
        const struct eg_var *masked = eg_content(&tape, &head, mem, NULL);
        for (size_t i = 0; i < N; i++) {
            check_close(plain->x[i], composed->x[i], 64 * EG_EPS, 0);
            check_close(masked->x[i], plain->x[i], 64 * EG_EPS + 1e-6, 0);
        }
        eg_arena_free(&arena);
    }
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    const real x[1] = {1};
    eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
    struct eg_var *v = eg_tape_data(&tape, x, 1, 1);
    const struct eg_content whole = {v, NULL, v, 1, 1}, keyless = {NULL, NULL, v, 1, 1};
    const struct eg_content weak = {v, NULL, NULL, 1, 1};
    assert_non_null(eg_content(&tape, &whole, v, NULL));
    assert_null(eg_content(&tape, &whole, NULL, NULL));
    assert_null(eg_content(&tape, &keyless, v, NULL));
    assert_null(eg_content(&tape, &weak, v, NULL));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

struct sizes {
    size_t slots, width;
    int masked, fused;
};

/* x: strength, key, mask where there is one, memory.  Looked up twice, the second time into a wider
 * variable. */
static struct eg_var *lookup(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    const size_t n = s->slots, m = s->width;
    const struct eg_content head = {.key = eg_tape_cols(tape, x, 1, m),
                                    .mask = s->masked ? eg_tape_cols(tape, x, 1 + m, m) : NULL,
                                    .beta = eg_tape_cols(tape, x, 0, 1),
                                    .slots = n,
                                    .width = m};
    struct eg_var *memory = eg_tape_cols(tape, x, s->masked ? 1 + 2 * m : 1 + m, n * m);
    struct eg_var *wide = eg_tape_var(tape, x->rows, n + 1, 1);
    if (!s->fused)
        return eg_softmax_scaled(tape, eg_cosine(tape, head.key, memory, n, m), head.beta);
    struct eg_var *w = eg_content(tape, &head, memory, NULL);
    struct eg_var *into = eg_tape_cols(tape, wide, 1, n);
    if (!s->masked)
        return w;
    return eg_multiply(tape, w, eg_content(tape, &head, memory, into));
}

static struct grad_case looking(const struct sizes *s)
{
    return (struct grad_case){.name = "eg_content",
                              .rows = 2,
                              .cols = 1 + s->width * ((s->masked ? 2 : 1) + s->slots),
                              .lo = 0.1,
                              .hi = 2,
                              .build = lookup,
                              .context = s};
}

static const size_t shapes[][2] = {{1, 2}, {3, 1}, {5, 3}, {9, 2}, {17, 2}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void backward_is_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++)
        for (int masked = 0; masked < 2; masked++) {
            const struct sizes s = {shapes[i][0], shapes[i][1], masked, 1};
            const struct grad_case c = looking(&s);
            check_grad_seeds(&c, GRAD_SEEDS);
        }
}

static void one_op_is_cosine_and_softmax(void **state)
{
    (void) state;
    for (size_t i = 2; i < SHAPES; i++) /* of one slot, or one wide, all gradients are 0 */
        for (uint64_t seed = 1; seed <= GRAD_SEEDS; seed++) {
            const struct sizes two = {shapes[i][0], shapes[i][1], 0, 0};
            const struct sizes one = {shapes[i][0], shapes[i][1], 0, 1};
            const struct grad_case composed = looking(&two), fused = looking(&one);
            check_same(&composed, &fused, 1e-12, seed);
        }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_masked_component_does_not_count),
        cmocka_unit_test(a_mask_that_hides_nothing_changes_nothing),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
        cmocka_unit_test(one_op_is_cosine_and_softmax),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
