/* Addressing as one op, and the steps it is made of, put together. */
#include <stdlib.h>
#include <string.h>

#include "attention/address.h"
#include "tensor/activate.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

typedef struct eg_var *address_fn(struct eg_tape *, const struct eg_head *, struct eg_var *,
                                  struct eg_var *);

static address_fn *const both[] = {eg_address, eg_address_fused};

/* One head on one memory, on plain arrays. */
struct head {
    real key[8], shift[16], beta, gate, gamma;
    real memory[64], w_prev[16], w[16];
    size_t slots, width, range;
};

static void address(struct head *h, address_fn *fn, const struct eg_kernels *kernels)
{
    struct eg_arena *arena = new_arena();
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, kernels, NULL, NULL);
    const struct eg_head head = {
        .key = eg_tape_data(&tape, h->key, 1, h->width),
        .beta = eg_tape_data(&tape, &h->beta, 1, 1),
        .gate = eg_tape_data(&tape, &h->gate, 1, 1),
        .shift = eg_tape_data(&tape, h->shift, 1, 2 * h->range + 1),
        .gamma = eg_tape_data(&tape, &h->gamma, 1, 1),
        .slots = h->slots,
        .width = h->width,
        .range = h->range,
    };
    const struct eg_var *w =
        fn(&tape, &head, eg_tape_data(&tape, h->memory, 1, h->slots * h->width),
           eg_tape_data(&tape, h->w_prev, 1, h->slots));
    assert_non_null(w);
    memcpy(h->w, w->x, h->slots * sizeof h->w[0]);
    eg_arena_free(&arena);
}

/* Four slots, two wide; slot 2 is where the head was. */
static struct head four_slots(void)
{
    struct head h = {.slots = 4, .width = 2, .range = 1, .beta = 2, .gate = 0.5, .gamma = 1};
    h.shift[1] = 1;
    h.w_prev[2] = 1;
    return h;
}

static void check_weighting(const struct head *h, const char *what)
{
    double sum = 0;
    for (size_t i = 0; i < h->slots; i++) {
        if (!(h->w[i] >= 0 && h->w[i] <= 1 + 8 * EG_EPS)) {
            print_error("%s: w[%zu] = %.9g\n", what, i, (double) h->w[i]);
            fail();
        }
        sum += (double) h->w[i];
    }
    check_close(sum, 1, 0, 16 * EG_EPS);
}

#define EACH_WAY                                                        \
    for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++) \
        for (size_t way = 0; way < 2; way++)

/* Key (1, 0); slots (1, 0), (0, 1), (-3, 0), (1, 1): cosines 1, 0, -1, 1/sqrt 2. */
static void values_match_a_hand_calculation(void **state)
{
    (void) state;
    const double cosine[4] = {1, 0, -1, 0.70710678118654752};
    double sum = 0, want[4];
    for (size_t i = 0; i < 4; i++)
        sum += exp(2 * cosine[i]);
    for (size_t i = 0; i < 4; i++) /* half content, half the last weighting */
        want[i] = 0.5 * exp(2 * cosine[i]) / sum + (i == 2 ? 0.5 : 0);
    EACH_WAY
    {
        struct head h = four_slots();
        const real memory[8] = {1, 0, -3, 1, 0, 1, 0, 1};
        memcpy(h.memory, memory, sizeof memory);
        h.key[0] = 1;
        address(&h, both[way], *k);
        /* The guard of the cosine takes 1e-8 of it. */
        check_all_close(h.w, want, 4, 0, 16 * EG_EPS + 1e-7);
    }
}

static void an_offset_of_one_moves_to_the_next_slot(void **state)
{
    (void) state;
    EACH_WAY
    {
        struct head h = four_slots();
        h.gate = 0;
        h.shift[1] = 0;
        h.shift[2] = 1;
        address(&h, both[way], *k);
        const double want[4] = {0, 0, 0, 1};
        check_all_close(h.w, want, 4, 4 * EG_EPS, 1e-29);
    }
}

/* w_g = (1/2, 0, 1/2, 0) after a gate of 0; gamma = 3 leaves equal ones equal. */
static void gate_zero_keeps_and_sharpening_prefers_the_larger(void **state)
{
    (void) state;
    EACH_WAY
    {
        struct head h = four_slots();
        const real w_prev[4] = {0.5, 0.25, 0.125, 0.125};
        memcpy(h.w_prev, w_prev, sizeof w_prev);
        h.gate = 0;
        h.gamma = 2;
        address(&h, both[way], *k);
        /* squares 16 : 4 : 1 : 1 */
        const double want[4] = {16.0 / 22, 4.0 / 22, 1.0 / 22, 1.0 / 22};
        check_all_close(h.w, want, 4, 32 * EG_EPS, 0);
    }
}

static void result_is_a_weighting(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        EACH_WAY
        {
            struct head h = {.slots = 1 + seed % 13, .width = 1 + seed % 5};
            h.range = (h.slots - 1) / 2 < 3 ? (h.slots - 1) / 2 : 3;
            draw_normal(h.key, 8, 1, seed);
            draw_normal(h.memory, 64, 1, seed + 100);
            draw_uniform(h.shift, 2 * h.range + 1, 0, 1, seed + 200);
            draw_uniform(h.w_prev, h.slots, 0, 1, seed + 300);
            real s = 0, w = 0;
            for (size_t i = 0; i < 2 * h.range + 1; i++)
                s += h.shift[i];
            for (size_t i = 0; i < 2 * h.range + 1; i++)
                h.shift[i] /= s;
            for (size_t i = 0; i < h.slots; i++)
                w += h.w_prev[i];
            for (size_t i = 0; i < h.slots; i++)
                h.w_prev[i] /= w;
            h.beta = (real) seed;
            h.gate = (real) seed / 20;
            h.gamma = (real) (1 + (double) seed / 4);
            address(&h, both[way], *k);
            check_weighting(&h, "random");
        }
}

/* All at once: every combination of the extremes. */
static void extremes_stay_weightings(void **state)
{
    (void) state;
    const real betas[] = {0, 1, 1e4, (real) 1e30}, gates[] = {0, (real) 1e-30, 0.5, 1};
    const real gammas[] = {1, 2, 1000, (real) 1e6};
    const real keys[] = {0, (real) 1e-20, 1, (real) 1e4};
    const real memories[] = {0, (real) 1e-30, (real) 1e-6, 1, (real) 1e4};
    for (size_t n = 0; n < 4 * 4 * 4 * 4 * 5; n++)
        EACH_WAY
        {
            struct head h = four_slots();
            h.beta = betas[n % 4];
            h.gate = gates[n / 4 % 4];
            h.gamma = gammas[n / 16 % 4];
            for (size_t i = 0; i < 2; i++)
                h.key[i] = keys[n / 64 % 4];
            for (size_t i = 0; i < 8; i++)
                h.memory[i] = memories[n / 256] * (real) (i % 3);
            address(&h, both[way], *k);
            check_weighting(&h, "extreme");
        }
}

/* With one slot there is one answer. */
static void one_slot_has_all_the_weight(void **state)
{
    (void) state;
    EACH_WAY
    {
        struct head h = {.slots = 1, .width = 3, .beta = 7, .gate = 0.25, .gamma = 3};
        h.shift[0] = 1;
        h.w_prev[0] = 1;
        h.key[1] = 1;
        h.memory[1] = -2;
        address(&h, both[way], *k);
        check_close(h.w[0], 1, 0, 4 * EG_EPS);
    }
}

static void null_arguments_give_null(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    for (size_t way = 0; way < 2; way++)
        for (size_t missing = 0; missing < 7; missing++) {
            struct eg_tape tape;
            eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
            static const real ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
            static const size_t cols[7] = {2, 1, 1, 3, 1, 8, 4};
            struct eg_var *v[7];
            for (size_t i = 0; i < 7; i++)
                v[i] = i == missing ? NULL : eg_tape_data(&tape, ones, 1, cols[i]);
            const struct eg_head head = {v[0], v[1], v[2], v[3], v[4], 4, 2, 1};
            assert_null(both[way](&tape, &head, v[5], v[6]));
        }
    eg_arena_free(&arena);
}

#ifdef EG_DOUBLE

struct sizes {
    size_t slots, width, range;
    address_fn *fn;
};

/* x: key, strength, gate, shift, sharpening before their activations, memory, and logits of the
 * last weighting; two heads look at the same memory, one after the other. */
static struct eg_var *heads(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    const size_t m = s->width, n = s->slots, o = 2 * s->range + 1;
    const struct eg_segment segments[] = {{0, m, EG_IDENTITY},
                                          {m, 1, EG_SOFTPLUS},
                                          {m + 1, 1, EG_SIGMOID},
                                          {m + 2, o, EG_SOFTMAX},
                                          {m + o + 2, 1, EG_ONEPLUS},
                                          {m + o + 3, n * m, EG_IDENTITY},
                                          {m + o + 3 + n * m, n, EG_SOFTMAX}};
    struct eg_segment *kept = eg_arena_take(tape->arena, sizeof segments);
    memcpy(kept, segments, sizeof segments);
    struct eg_var *v = eg_activate(tape, x, kept, 7);
    const struct eg_head head = {
        .key = eg_tape_cols(tape, v, 0, m),
        .beta = eg_tape_cols(tape, v, m, 1),
        .gate = eg_tape_cols(tape, v, m + 1, 1),
        .shift = eg_tape_cols(tape, v, m + 2, o),
        .gamma = eg_tape_cols(tape, v, m + o + 2, 1),
        .slots = n,
        .width = m,
        .range = s->range,
    };
    struct eg_var *memory = eg_tape_cols(tape, v, m + o + 3, n * m);
    struct eg_var *w = s->fn(tape, &head, memory, eg_tape_cols(tape, v, m + o + 3 + n * m, n));
    return s->fn(tape, &head, memory, w);
}

static struct grad_case case_of(const struct sizes *s, const char *name)
{
    return (struct grad_case){
        .name = name,
        .rows = 2,
        .cols = s->width + 2 * s->range + 4 + s->slots * s->width + s->slots,
        .lo = -2,
        .hi = 2,
        .build = heads,
        .context = s,
    };
}

/* Slots, width, range: up to what fits, and N = 1.  With M = 1 and N > 1 the cosine is a step,
 * which difference quotients cannot follow. */
static const size_t shapes[][3] = {{1, 1, 0}, {1, 3, 0}, {2, 2, 0}, {3, 2, 1}, {4, 3, 1},
                                   {5, 2, 2}, {7, 3, 3}, {9, 2, 2}, {17, 2, 1}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void backward_is_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t way = 0; way < 2; way++) {
            const struct sizes s = {shapes[i][0], shapes[i][1], shapes[i][2], both[way]};
            char name[64];
            snprintf(name, sizeof name, "%s, N = %zu, M = %zu, range %zu",
                     way ? "eg_address_fused" : "eg_address", s.slots, s.width, s.range);
            const struct grad_case c = case_of(&s, name);
            check_grad_seeds(&c, GRAD_SEEDS);
        }
}

static void fused_and_composed_are_the_same(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++)
        for (uint64_t seed = 1; seed <= GRAD_SEEDS; seed++) {
            const struct sizes s = {shapes[i][0], shapes[i][1], shapes[i][2], eg_address};
            const struct sizes f = {shapes[i][0], shapes[i][1], shapes[i][2], eg_address_fused};
            const struct grad_case composed = case_of(&s, "eg_address");
            const struct grad_case fused = case_of(&f, "eg_address_fused");
            check_same(&composed, &fused, 1e-11, seed);
        }
}

/* Offsets are taken mod N: a shift wider than the memory goes round it. */
static void offsets_wider_than_the_memory_go_round(void **state)
{
    (void) state;
    static const size_t wide[][3] = {{1, 2, 1}, {2, 2, 1}, {1, 2, 2}, {2, 2, 3}, {3, 2, 4}};
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        for (uint64_t seed = 1; seed <= GRAD_SEEDS; seed++) {
            const struct sizes s = {wide[i][0], wide[i][1], wide[i][2], eg_address};
            const struct sizes f = {wide[i][0], wide[i][1], wide[i][2], eg_address_fused};
            const struct grad_case composed = case_of(&s, "eg_address, wide");
            const struct grad_case fused = case_of(&f, "eg_address_fused, wide");
            check_same(&composed, &fused, 1e-11, seed);
            if (seed == 1)
                check_grad(&fused, seed);
        }
}

/* Saturated heads on an all-zero memory: nothing to learn there, but nothing infinite either. */
static struct eg_var *saturated(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct sizes *s = context;
    const size_t m = s->width, o = 2 * s->range + 1;
    struct eg_var *gate = eg_activate_all(tape, eg_tape_cols(tape, x, m + 1, 1), EG_SIGMOID);
    struct eg_var *shift = eg_activate_all(tape, eg_tape_cols(tape, x, m + 2, o), EG_SOFTMAX);
    const struct eg_head head = {
        .key = eg_tape_cols(tape, x, 0, m),
        .beta = eg_activate_all(tape, eg_tape_cols(tape, x, m, 1), EG_SOFTPLUS),
        .gate = gate,
        .shift = shift,
        .gamma = eg_activate_all(tape, eg_tape_cols(tape, x, m + o + 2, 1), EG_ONEPLUS),
        .slots = s->slots,
        .width = m,
        .range = s->range,
    };
    struct eg_var *memory = eg_tape_cols(tape, x, m + o + 3, s->slots * m);
    struct eg_var *w_prev = eg_tape_cols(tape, x, m + o + 3 + s->slots * m, s->slots);
    return s->fn(tape, &head, memory, w_prev);
}

static void gradients_of_saturated_heads_are_finite(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    for (size_t n = 0; n < 32; n++)
        EACH_WAY
        {
            const struct sizes s = {4, 2, 1, both[way]};
            const struct grad_case c = case_of(&s, "saturated");
            struct eg_tape tape;
            real grads[1];
            eg_tape_begin(&tape, arena, *k, NULL, grads);
            struct eg_var *x = eg_tape_var(&tape, 1, c.cols, 1);
            for (size_t i = 0; i < c.cols; i++)
                x->x[i] = 0;
            x->x[0] = n & 1 ? 1 : 0;
            x->x[2] = n & 2 ? 1000 : -1000; /* strength */
            x->x[3] = n & 4 ? 1000 : -1000; /* gate */
            x->x[4] = 1000;                 /* shift by -1 */
            x->x[7] = n & 8 ? 1000 : -1000; /* sharpening */
            x->x[c.cols - 1] = 1;           /* where the head was */
            if (n & 16)
                for (size_t i = 0; i < 8; i++)
                    x->x[8 + i] = (real) i;
            struct eg_var *w = saturated(&tape, x, &s);
            assert_non_null(w);
            for (size_t i = 0; i < 4; i++)
                w->dx[i] = (real) (i + 1);
            eg_tape_walk(&tape);
            for (size_t i = 0; i < c.cols; i++)
                if (!isfinite(x->dx[i])) {
                    print_error("case %zu, %s: gradient of x[%zu] is %g\n", n,
                                way ? "fused" : "composed", i, x->dx[i]);
                    fail();
                }
        }
    eg_arena_free(&arena);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_match_a_hand_calculation),
        cmocka_unit_test(an_offset_of_one_moves_to_the_next_slot),
        cmocka_unit_test(gate_zero_keeps_and_sharpening_prefers_the_larger),
        cmocka_unit_test(result_is_a_weighting),
        cmocka_unit_test(extremes_stay_weightings),
        cmocka_unit_test(one_slot_has_all_the_weight),
        cmocka_unit_test(null_arguments_give_null),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
        cmocka_unit_test(fused_and_composed_are_the_same),
        cmocka_unit_test(offsets_wider_than_the_memory_go_round),
        cmocka_unit_test(gradients_of_saturated_heads_are_finite),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
