/* Reading and writing a memory, eq. 2-4. */
#include <stdlib.h>
#include <string.h>

#include "memory/access.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

/* Three slots, two wide: (1, 2), (3, 4), (5, 6), stored component by component. */
static const real memory3[6] = {1, 3, 5, 2, 4, 6};

static void begin(struct eg_tape *tape, struct eg_arena *arena, const struct eg_kernels *k)
{
    eg_tape_begin(tape, arena, k, NULL, NULL);
}

#define EACH_TABLE for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++)

/* w = (1/2, 1/4, 1/4): r = (1 + 3/2 + 5/2) / 2 ... = (2.5, 3.5). */
static void reading_is_the_weighted_mean(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    EACH_TABLE
    {
        struct eg_tape tape;
        begin(&tape, arena, *k);
        const real w[3] = {0.5, 0.25, 0.25};
        const struct eg_var *r =
            eg_read(&tape, eg_tape_data(&tape, memory3, 1, 6), eg_tape_data(&tape, w, 1, 3), 3, 2);
        const double want[2] = {0.5 * 1 + 0.25 * 3 + 0.25 * 5, 0.5 * 2 + 0.25 * 4 + 0.25 * 6};
        check_all_close(r->x, want, 2, 4 * EG_EPS, 0);
    }
    eg_arena_free(&arena);
}

/* Slot 0 keeps all of it, slot 1 half, slot 2 is replaced: e = (1, 1/2), a = (10, 20). */
static void writing_erases_then_adds(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    EACH_TABLE
    {
        struct eg_tape tape;
        begin(&tape, arena, *k);
        const real w[3] = {0, 0.5, 1}, erase[2] = {1, 0.5}, add[2] = {10, 20};
        const struct eg_var *out =
            eg_write(&tape, eg_tape_data(&tape, memory3, 1, 6), eg_tape_data(&tape, w, 1, 3),
                     eg_tape_data(&tape, erase, 1, 2), eg_tape_data(&tape, add, 1, 2), 3, 2);
        const double want[6] = {1, 3 * 0.5 + 5, 10, 2, 4 * 0.75 + 10, 6 * 0.5 + 20};
        check_all_close(out->x, want, 6, 4 * EG_EPS, 0);
    }
    eg_arena_free(&arena);
}

/* Heads (1/2, 0, 1) and (1/2, 1, 1/2) erase (1, 1/2) and (1/2, 0), add (4, 0) and (0, 8): of slot 0
 * (1, 2) stay 1/2 3/4 and 3/4 1, of slot 2 (5, 6) stay 0 and 6 / 2. */
static void all_heads_erase_before_any_of_them_adds(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    EACH_TABLE
    {
        struct eg_tape tape;
        begin(&tape, arena, *k);
        const real w[2][3] = {{0.5, 0, 1}, {0.5, 1, 0.5}}, erase[2][2] = {{1, 0.5}, {0.5, 0}};
        const real add[2][2] = {{4, 0}, {0, 8}};
        for (int turned = 0; turned < 2; turned++) {
            struct eg_writing writing[2];
            for (int h = 0; h < 2; h++)
                writing[h ^ turned] = (struct eg_writing){eg_tape_data(&tape, w[h], 1, 3),
                                                          eg_tape_data(&tape, erase[h], 1, 2),
                                                          eg_tape_data(&tape, add[h], 1, 2)};
            const struct eg_var *out =
                eg_write_heads(&tape, eg_tape_data(&tape, memory3, 1, 6), writing, 2, 3, 2);
            const double want[6] = {1 * 0.5 * 0.75 + 2, 3 * 0.5, 4,
                                    2 * 0.75 + 4,       4 + 8,   6 * 0.5 + 4};
            check_all_close(out->x, want, 6, 4 * EG_EPS, 0);
        }
    }
    eg_arena_free(&arena);
}

static void what_was_written_with_full_weight_is_read(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    begin(&tape, arena, eg_kernels_best());
    const real w[3] = {0, 1, 0}, erase[2] = {1, 1}, add[2] = {-7, 8};
    struct eg_var *weights = eg_tape_data(&tape, w, 1, 3);
    struct eg_var *out =
        eg_write_last(&tape, eg_tape_data(&tape, memory3, 1, 6), weights,
                      eg_tape_data(&tape, erase, 1, 2), eg_tape_data(&tape, add, 1, 2), 3, 2);
    const struct eg_var *r = eg_read(&tape, out, weights, 3, 2);
    assert_true(r->x[0] == -7 && r->x[1] == 8);
    assert_true(memory3[1] == 3 && memory3[4] == 4); /* the old memory is as it was */
    eg_arena_free(&arena);
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    begin(&tape, arena, eg_kernels_best());
    struct eg_var *m = eg_tape_data(&tape, memory3, 1, 6), *w = eg_tape_data(&tape, memory3, 1, 3);
    struct eg_var *e = eg_tape_data(&tape, memory3, 1, 2);
    assert_null(eg_read(&tape, NULL, w, 3, 2));
    assert_null(eg_read(&tape, m, NULL, 3, 2));
    assert_null(eg_write(&tape, NULL, w, e, e, 3, 2));
    assert_null(eg_write(&tape, m, NULL, e, e, 3, 2));
    assert_null(eg_write(&tape, m, w, NULL, e, 3, 2));
    assert_null(eg_write_last(&tape, m, w, e, NULL, 3, 2));
    assert_null(eg_write_heads(&tape, NULL, &(struct eg_writing){w, e, e}, 1, 3, 2));
    assert_null(eg_write_heads(&tape, m, &(struct eg_writing){w, NULL, e}, 1, 3, 2));
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

typedef struct eg_var *write_fn(struct eg_tape *, struct eg_var *, struct eg_var *, struct eg_var *,
                                struct eg_var *, size_t, size_t);

struct sizes {
    size_t slots, width;
    write_fn *write;
};

/* A contiguous copy of columns of x. */
static struct eg_var *own(struct eg_tape *tape, struct eg_var *x, size_t from, size_t n)
{
    struct eg_var *v = eg_tape_cols(tape, x, from, n);
    return eg_stack(tape, 1, &v);
}

/* x: memory, weights. */
static struct eg_var *read_twice(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    struct eg_var *memory = eg_tape_cols(tape, x, 0, s->slots * s->width);
    struct eg_var *w = eg_tape_cols(tape, x, s->slots * s->width, s->slots);
    return eg_multiply(tape, eg_read(tape, memory, w, s->slots, s->width),
                       eg_read(tape, memory, w, s->slots, s->width));
}

/* x: memory, then weights, erase and add of two heads; they write one after the other, and what
 * comes of it is read between and after. */
static struct eg_var *write_twice(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    const size_t n = s->slots, m = s->width;
    struct eg_var *memory = own(tape, x, 0, n * m), *r[2];
    for (size_t head = 0; head < 2; head++) {
        const size_t at = n * m + head * (n + 2 * m);
        struct eg_var *w = eg_tape_cols(tape, x, at, n);
        memory = s->write(tape, memory, w, eg_tape_cols(tape, x, at + n, m),
                          eg_tape_cols(tape, x, at + n + m, m), n, m);
        r[head] = eg_read(tape, memory, w, n, m);
    }
    return eg_join(tape, memory, eg_join(tape, r[0], r[1]));
}

static const size_t shapes[][2] = {{1, 1}, {1, 3}, {2, 2}, {5, 3}, {8, 1}, {9, 2}, {17, 2}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static struct grad_case writing(const struct sizes *s, const char *name)
{
    return (struct grad_case){.name = name,
                              .rows = 2,
                              .cols = s->slots * s->width + 2 * (s->slots + 2 * s->width),
                              .lo = -1,
                              .hi = 1,
                              .build = write_twice,
                              .context = s};
}

static void backward_of_reading_is_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct sizes s = {shapes[i][0], shapes[i][1], NULL};
        const struct grad_case c = {.name = "eg_read",
                                    .rows = 2,
                                    .cols = s.slots * (s.width + 1),
                                    .lo = -1,
                                    .hi = 1,
                                    .build = read_twice,
                                    .context = &s};
        check_grad_seeds(&c, GRAD_SEEDS);
    }
}

static void backward_of_writing_is_the_derivative(void **state)
{
    (void) state;
    static write_fn *const ways[] = {eg_write, eg_write_last};
    for (size_t way = 0; way < 2; way++)
        for (size_t i = 0; i < SHAPES; i++) {
            const struct sizes s = {shapes[i][0], shapes[i][1], ways[way]};
            const struct grad_case c = writing(&s, way ? "eg_write_last" : "eg_write");
            check_grad_seeds(&c, GRAD_SEEDS);
        }
}

struct several {
    size_t slots, width, heads;
    int fused;
};

/* x: memory, then weights, erase and add of each head; all erase, then all add, in one op or in one
 * for each. */
static struct eg_var *write_several(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct several *s = context;
    const size_t n = s->slots, m = s->width;
    struct eg_var *memory = own(tape, x, 0, n * m), *zero = eg_tape_var(tape, x->rows, m, 1);
    struct eg_writing writing[4];
    memset(zero->x, 0, x->rows * m * sizeof *zero->x);
    for (size_t head = 0; head < s->heads; head++) {
        const size_t at = n * m + head * (n + 2 * m);
        writing[head] = (struct eg_writing){.w = eg_tape_cols(tape, x, at, n),
                                            .erase = eg_tape_cols(tape, x, at + n, m),
                                            .add = eg_tape_cols(tape, x, at + n + m, m)};
    }
    if (s->fused)
        memory = eg_write_heads(tape, memory, writing, s->heads, n, m);
    for (size_t head = 0; head < s->heads && !s->fused; head++)
        memory = eg_write(tape, memory, writing[head].w, writing[head].erase, zero, n, m);
    for (size_t head = 0; head < s->heads && !s->fused; head++)
        memory = eg_write(tape, memory, writing[head].w, zero, writing[head].add, n, m);
    return eg_join(tape, memory, eg_read(tape, memory, writing[0].w, n, m));
}

static struct grad_case several(const struct several *s, const char *name)
{
    return (struct grad_case){.name = name,
                              .rows = 2,
                              .cols = s->slots * s->width + s->heads * (s->slots + 2 * s->width),
                              .lo = -1,
                              .hi = 1,
                              .build = write_several,
                              .context = s};
}

static void several_heads_at_once_are_all_erases_then_all_adds(void **state)
{
    (void) state;
    static const size_t large[][2] = {{70, 2}, {130, 1}};
    for (size_t heads = 1; heads <= 4; heads++)
        for (size_t i = 0; i < SHAPES + 2; i++)
            for (uint64_t seed = 1; seed <= GRAD_SEEDS; seed++) {
                const size_t *shape = i < SHAPES ? shapes[i] : large[i - SHAPES];
                const struct several one = {shape[0], shape[1], heads, 1};
                const struct several each = {shape[0], shape[1], heads, 0};
                const struct grad_case composed = several(&each, "eg_write");
                const struct grad_case fused = several(&one, "eg_write_heads");
                check_same(&composed, &fused, 1e-14, seed);
            }
}

static void backward_of_several_heads_is_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct several s = {shapes[i][0], shapes[i][1], 3, 1};
        const struct grad_case c = several(&s, "eg_write_heads");
        check_grad_seeds(&c, GRAD_SEEDS);
    }
}

static void writing_in_place_is_writing(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++)
        for (uint64_t seed = 1; seed <= GRAD_SEEDS; seed++) {
            const struct sizes s = {shapes[i][0], shapes[i][1], eg_write};
            const struct sizes last = {shapes[i][0], shapes[i][1], eg_write_last};
            const struct grad_case composed = writing(&s, "eg_write");
            const struct grad_case fused = writing(&last, "eg_write_last");
            check_same(&composed, &fused, 1e-14, seed);
        }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_is_the_weighted_mean),
        cmocka_unit_test(writing_erases_then_adds),
        cmocka_unit_test(all_heads_erase_before_any_of_them_adds),
        cmocka_unit_test(what_was_written_with_full_weight_is_read),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_of_reading_is_the_derivative),
        cmocka_unit_test(backward_of_writing_is_the_derivative),
        cmocka_unit_test(writing_in_place_is_writing),
        cmocka_unit_test(several_heads_at_once_are_all_erases_then_all_adds),
        cmocka_unit_test(backward_of_several_heads_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
