/* Sparse Access Memory: against its dense definition composed of ops, and its undoing. */
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#include "attention/address.h"
#include "memory/access.h"
#include "memory/memory.h"
#include "memory/sparse.h"
#include "tensor/activate.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

enum { ROWS = 2, STEPS = 7, PARTS = 5, HEADS_MOST = 3, SLOTS_MOST = 16 };

struct shape {
    struct eg_sparse_plan plan;
    struct eg_segment segments[HEADS_MOST * PARTS];
};

static struct shape shape_of(size_t slots, size_t width, size_t heads, size_t reads, double delta)
{
    struct shape s = {.plan = {.slots = slots,
                               .width = width,
                               .heads = heads,
                               .reads = reads,
                               .start = (real) 0.1,
                               .delta = (real) delta,
                               .index = {.width = width}}};
    const struct eg_sparse_columns c = eg_sparse_columns(&s.plan);
    for (size_t h = 0; h < heads; h++) {
        const struct eg_segment of_head[PARTS] = {
            {h * c.all + c.key, width, EG_TANH}, {h * c.all + c.strength, 1, EG_ONEPLUS},
            {h * c.all + c.gate, 1, EG_SIGMOID}, {h * c.all + c.interpolation, 1, EG_SIGMOID},
            {h * c.all + c.add, width, EG_TANH},
        };
        memcpy(s.segments + h * PARTS, of_head, sizeof of_head);
    }
    return s;
}

static size_t columns(const struct shape *s)
{
    return s->plan.heads * eg_sparse_columns(&s->plan).all;
}

/* The controls of step t; the last sequence is a step shorter than the first. */
static struct eg_var *control_of(struct eg_tape *tape, const struct shape *s, struct eg_var *x,
                                 size_t t)
{
    const size_t rows = t == STEPS - 1 && x->rows > 1 ? x->rows - 1 : x->rows;
    struct eg_var *z = eg_tape_cols(tape, x, t * columns(s), columns(s));
    return eg_activate(tape, eg_tape_rows(tape, z, 0, rows), s->segments, s->plan.heads * PARTS);
}

static struct eg_var *sparse(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct shape *s = context;
    struct eg_sparse *memory;
    struct eg_sparse_step *last = NULL;
    struct eg_var *reads[STEPS];
    assert_int_equal(eg_sparse_begin(&memory, tape, &s->plan, x->rows), EG_OK);
    for (size_t t = 0; t < STEPS; t++)
        reads[t] = eg_sparse_step(tape, &s->plan, memory, &last, control_of(tape, s, x, t));
    return eg_stack(tape, STEPS, reads);
}

/* ---- the definition, over all slots ---- */

static struct eg_var *filled(struct eg_tape *tape, size_t rows, size_t cols, real value)
{
    struct eg_var *v = eg_tape_var(tape, rows, cols, 1);
    assert_non_null(v);
    for (size_t i = 0; i < rows * cols; i++)
        v->x[i] = value;
    return v;
}

/* The heads' slots, as ones: those with the earliest last access, of equal ones the first. */
static void oldest(const struct shape *s, size_t (*last)[SLOTS_MOST], size_t rows,
                   struct eg_var *one[])
{
    for (size_t b = 0; b < rows; b++) {
        uint8_t taken[SLOTS_MOST] = {0};
        for (size_t h = 0; h < s->plan.heads; h++) {
            size_t u = SIZE_MAX;
            for (size_t i = 0; i < s->plan.slots; i++)
                if (!taken[i] && (u == SIZE_MAX || last[b][i] < last[b][u]))
                    u = i;
            taken[u] = 1;
            eg_row(one[h], b)[u] = 1;
        }
    }
}

/* What is not among the K largest gets a score that has no weight. */
static struct eg_var *largest_only(struct eg_tape *tape, const struct shape *s,
                                   struct eg_var *score)
{
    const size_t n = s->plan.slots;
    struct eg_var *mask = filled(tape, score->rows, n, 0);
    for (size_t b = 0; b < score->rows; b++)
        for (size_t i = 0; i < n; i++) {
            size_t better = 0;
            for (size_t j = 0; j < n; j++)
                better += eg_row(score, b)[j] > eg_row(score, b)[i]
                          || (eg_row(score, b)[j] == eg_row(score, b)[i] && j < i);
            eg_row(mask, b)[i] = better < s->plan.reads ? 0 : -2000;
        }
    return eg_add(tape, score, mask);
}

static struct eg_var *part(struct eg_tape *tape, struct eg_var *control, size_t from, size_t n)
{
    return eg_tape_cols(tape, control, from, n);
}

static struct eg_var *dense_step(struct eg_tape *tape, const struct shape *s,
                                 struct eg_var *control, struct eg_var **memory,
                                 struct eg_var *w_read[], size_t (*last)[SLOTS_MOST], size_t t)
{
    const struct eg_sparse_columns c = eg_sparse_columns(&s->plan);
    const size_t n = s->plan.slots, m = s->plan.width, heads = s->plan.heads, rows = control->rows;
    struct eg_var *one[HEADS_MOST], *w_write[HEADS_MOST], *read = NULL;
    struct eg_var *all = filled(tape, rows, m, 1), *zero = filled(tape, rows, m, 0);
    *memory = eg_tape_rows(tape, *memory, 0, rows);
    for (size_t h = 0; h < heads; h++)
        one[h] = filled(tape, rows, n, 0);
    oldest(s, last, rows, one);
    for (size_t h = 0; h < heads; h++)
        *memory = eg_write(tape, *memory, one[h], all, zero, n, m);
    for (size_t h = 0; h < heads; h++) {
        struct eg_var *alpha = part(tape, control, h * c.all + c.gate, 1);
        struct eg_var *gamma = part(tape, control, h * c.all + c.interpolation, 1);
        struct eg_var *w = eg_blend(tape, gamma, eg_tape_rows(tape, w_read[h], 0, rows), one[h]);
        w_write[h] = eg_blend(tape, alpha, w, filled(tape, rows, n, 0));
        *memory = eg_write(tape, *memory, w_write[h], zero,
                           part(tape, control, h * c.all + c.add, m), n, m);
    }
    for (size_t h = 0; h < heads; h++) {
        struct eg_var *score =
            eg_cosine(tape, part(tape, control, h * c.all + c.key, m), *memory, n, m);
        w_read[h] = eg_softmax_scaled(tape, largest_only(tape, s, score),
                                      part(tape, control, h * c.all + c.strength, 1));
        struct eg_var *r = eg_read(tape, *memory, w_read[h], n, m);
        read = h ? eg_join(tape, read, r) : r;
    }
    for (size_t b = 0; b < rows; b++)
        for (size_t i = 0; i < n; i++) {
            real sum = 0;
            for (size_t h = 0; h < heads; h++)
                sum += eg_row(w_write[h], b)[i] + eg_row(w_read[h], b)[i];
            last[b][i] = sum > s->plan.delta ? t + 1 : last[b][i];
        }
    return read;
}

static struct eg_var *dense(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct shape *s = context;
    size_t last[ROWS][SLOTS_MOST] = {{0}};
    struct eg_var *reads[STEPS], *w_read[HEADS_MOST];
    struct eg_var *memory = filled(tape, x->rows, s->plan.slots * s->plan.width, s->plan.start);
    for (size_t h = 0; h < s->plan.heads; h++)
        w_read[h] = filled(tape, x->rows, s->plan.slots, 0);
    for (size_t t = 0; t < STEPS; t++)
        reads[t] = dense_step(tape, s, control_of(tape, s, x, t), &memory, w_read, last, t);
    return eg_stack(tape, STEPS, reads);
}

/* slots, width, heads, reads, delta */
static const struct {
    size_t slots, width, heads, reads;
    double delta;
} shapes[] = {
    {6, 3, 1, 6, 0.005},  {5, 4, 2, 5, 0.005},  {7, 3, 3, 7, 0.3}, /* K = N */
    {3, 2, 3, 3, 1},      {1, 3, 1, 1, 0.005},                     /* K = N */
    {16, 4, 1, 4, 0.005}, {16, 3, 2, 4, 0.005}, {8, 5, 3, 1, 0.1}, {9, 3, 2, 6, 0.5},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static struct shape nth_shape(size_t i)
{
    return shape_of(shapes[i].slots, shapes[i].width, shapes[i].heads, shapes[i].reads,
                    shapes[i].delta);
}

static void it_reads_what_the_dense_definition_reads(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct shape s = nth_shape(i);
        struct eg_arena *arena = new_arena();
        struct eg_tape tape;
        eg_tape_begin(&tape, arena, eg_kernels_best(), NULL, NULL);
        struct eg_var *x = eg_tape_var(&tape, ROWS, STEPS * columns(&s), 1);
        draw_normal(x->x, ROWS * STEPS * columns(&s), 2, i + 1);
        const struct eg_var *got = sparse(&tape, x, &s), *want = dense(&tape, x, &s);
        assert_true(got->rows == want->rows && got->cols == want->cols);
        for (size_t k = 0; k < got->rows * got->cols; k++)
            check_close(got->x[k], want->x[k], 64 * EG_EPS, 256 * EG_EPS);
        eg_arena_free(&arena);
    }
}

#ifdef EG_DOUBLE

static struct grad_case case_of(const struct shape *s, int composed)
{
    return (struct grad_case){.name = composed ? "sam, composed" : "sam",
                              .rows = ROWS,
                              .cols = STEPS * columns(s),
                              .lo = -2,
                              .hi = 2,
                              .build = composed ? dense : sparse,
                              .context = s};
}

static void its_gradient_is_that_of_the_dense_definition(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++)
        for (uint64_t seed = 1; seed <= 6; seed++) {
            const struct shape s = nth_shape(i);
            const struct grad_case composed = case_of(&s, 1), fused = case_of(&s, 0);
            check_same(&composed, &fused, 1e-10, seed);
        }
}

static void its_gradient_is_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct shape s = nth_shape(i);
        const struct grad_case c = case_of(&s, 0);
        check_grad_seeds(&c, 2);
    }
}

#endif

/* ---- by hand ---- */

struct run {
    struct eg_arena *arena;
    struct eg_tape tape;
    struct shape shape;
    struct eg_sparse *memory;
    struct eg_sparse_step *last;
    real *grads;
};

static void open_run(struct run *r, const struct shape *shape, size_t rows, int records)
{
    *r = (struct run){.arena = new_arena(), .shape = *shape};
    r->grads = records ? eg_arena_zeros(r->arena, 1, sizeof *r->grads) : NULL;
    eg_tape_begin(&r->tape, r->arena, eg_kernels_best(), r->grads, r->grads);
    assert_int_equal(eg_sparse_begin(&r->memory, &r->tape, &r->shape.plan, rows), EG_OK);
}

static struct eg_var *take(struct run *r, struct eg_var *control)
{
    return eg_sparse_step(&r->tape, &r->shape.plan, r->memory, &r->last, control);
}

/* One head, width 1: key, strength, alpha, gamma, word. */
static struct eg_var *take_one(struct run *r, real key, real beta, real alpha, real gamma, real add)
{
    struct eg_var *control = eg_tape_var(&r->tape, 1, 5, 1);
    const real x[5] = {key, beta, alpha, gamma, add};
    memcpy(control->x, x, sizeof x);
    return take(r, control);
}

/* N = 3, M = 1, K = 1, delta = 0.1; the memory starts at 0.1. */
static void a_sequence_by_hand(void **state)
{
    (void) state;
    struct run r;
    struct shape s = shape_of(3, 1, 1, 1, 0.1);
    open_run(&r, &s, 1, 0);
    /* Nothing was read: slot 0 is erased and becomes alpha (1 - gamma) a = 0.5 * 0.5 * -2 = -0.5.
     * The key is like slots 1 and 2; the first of them is read. */
    const struct eg_var *read = take_one(&r, 1, 1, (real) 0.5, (real) 0.5, -2);
    assert_int_equal(r.last->oldest[0], 0);
    assert_int_equal(r.last->slot[0], 1);
    check_close(read->x[0], 0.1, 4 * EG_EPS, 0);
    check_close(eg_sparse_slot(r.memory, 0)[0], -0.5, 4 * EG_EPS, 0);
    /* 0 and 1 were accessed: 2 is next.  It becomes 1 * 0.75 * 4 = 3, slot 1 0.1 + 0.25 * 4. */
    read = take_one(&r, -1, 1, 1, (real) 0.25, 4);
    assert_int_equal(r.last->oldest[0], 2);
    assert_int_equal(r.last->slot[0], 0);
    check_close(eg_sparse_slot(r.memory, 1)[0], 1.1, 4 * EG_EPS, 0);
    check_close(eg_sparse_slot(r.memory, 2)[0], 3, 4 * EG_EPS, 0);
    check_close(read->x[0], -0.5, 4 * EG_EPS, 0);
    /* All were accessed in step 2, as 1 was written with 0.25: equals go by number, so 0 is erased,
     * though it was read.  With gamma = 1 it gets a again, by its read weight; 1 and 2 stay. */
    read = take_one(&r, 1, 1, 1, 1, 7);
    assert_int_equal(r.last->oldest[0], 0);
    check_close(eg_sparse_slot(r.memory, 0)[0], 7, 4 * EG_EPS, 0);
    check_close(eg_sparse_slot(r.memory, 1)[0], 1.1, 4 * EG_EPS, 0);
    check_close(read->x[0], 7, 4 * EG_EPS, 0);
    /* A closed gate erases and writes nothing; weights of 0 are no access, so the slot stays next
     * in turn. */
    read = take_one(&r, 1, 1, 0, 0, 9);
    assert_int_equal(r.last->oldest[0], 1);
    check_close(eg_sparse_slot(r.memory, 1)[0], 0, 0, 0);
    read = take_one(&r, 1, 1, 1, 0, 9);
    assert_int_equal(r.last->oldest[0], 1);
    check_close(eg_sparse_slot(r.memory, 1)[0], 9, 4 * EG_EPS, 0);
    (void) read;
    eg_arena_free(&r.arena);
}

/* Weights of delta are no access, weights above it are; here 0.5 * (1 - 0.5), exact. */
static void an_access_is_more_than_delta(void **state)
{
    (void) state;
    for (int above = 0; above < 2; above++) {
        struct run r;
        const struct shape s = shape_of(8, 1, 1, 1, above ? 0.25 - 0x1p-20 : 0.25);
        open_run(&r, &s, 1, 0);
        take_one(&r, -1, 1, (real) 0.5, (real) 0.5, 2); /* reads slot 1, which is not like 0 */
        assert_int_equal(r.last->oldest[0], 0);
        take_one(&r, 1, 1, (real) 0.5, (real) 0.5, 2);
        assert_int_equal(r.last->oldest[0], above ? 2 : 0);
        eg_arena_free(&r.arena);
    }
}

/* ---- undoing ---- */

static void snapshot(const struct run *r, size_t rows, real *to)
{
    for (size_t b = 0; b < rows; b++)
        for (size_t i = 0; i < r->shape.plan.slots; i++, to += r->shape.plan.width)
            memcpy(to, eg_sparse_slot(&r->memory[b], i), r->shape.plan.width * sizeof *to);
}

/* Step by step, to the bit, over many turns of the ring. */
static void the_backward_puts_back_every_memory_there_was(void **state)
{
    (void) state;
    enum { LONG = 60 };
    for (size_t i = 0; i < SHAPES; i++) {
        struct run r;
        const struct shape s = nth_shape(i);
        const size_t size = ROWS * s.plan.slots * s.plan.width;
        real *were = calloc((LONG + 1) * size, sizeof *were), *now = calloc(size, sizeof *now);
        assert_true(were && now);
        open_run(&r, &s, ROWS, 1);
        for (size_t t = 0; t < LONG; t++) {
            snapshot(&r, ROWS, were + t * size);
            struct eg_var *z = eg_tape_var(&r.tape, ROWS, columns(&s), 1);
            draw_normal(z->x, ROWS * columns(&s), 2, t + 1);
            struct eg_var *read =
                take(&r, eg_activate(&r.tape, z, s.segments, s.plan.heads * PARTS));
            draw_normal(read->dx, ROWS * read->cols, 1, t + 100);
        }
        snapshot(&r, ROWS, were + LONG * size);
        assert_true(memcmp(were, were + LONG * size, size * sizeof *were) != 0);
        size_t t = LONG;
        for (const struct eg_node *node = r.tape.last; node; node = node->before) {
            for (size_t b = 0; b < ROWS; b++)
                node->by_row->back(node, &r.tape, b);
            if (node->in[0] != node->out) /* the activation */
                continue;
            snapshot(&r, ROWS, now);
            assert_memory_equal(now, were + --t * size, size * sizeof *now);
        }
        assert_int_equal(t, 0);
        free(were);
        free(now);
        eg_arena_free(&r.arena);
    }
}

/* Bytes of a recorded sequence. */
static size_t bytes_at(size_t slots, enum eg_neighbours_kind kind)
{
    enum { LONG = 50, TABLES = 2 };
    struct run r;
    struct shape s = shape_of(slots, 4, 2, 3, 0.005);
    real *planes = calloc(4 * TABLES * EG_NEIGHBOURS_BITS, sizeof *planes);
    assert_non_null(planes);
    draw_normal(planes, 4 * TABLES * EG_NEIGHBOURS_BITS, 1, 1);
    s.plan.index = (struct eg_neighbours_plan){
        .kind = kind, .width = 4, .tables = TABLES, .probes = 4, .planes = planes};
    eg_neighbours_plan(&s.plan.index);
    open_run(&r, &s, 1, 1);
    for (size_t t = 0; t < LONG; t++) {
        struct eg_var *z = eg_tape_var(&r.tape, 1, columns(&s), 1);
        draw_normal(z->x, columns(&s), 2, t + 1);
        assert_non_null(take(&r, eg_activate(&r.tape, z, s.segments, s.plan.heads * PARTS)));
    }
    eg_tape_walk(&r.tape);
    const size_t bytes = eg_arena_peak(r.arena);
    free(planes);
    eg_arena_free(&r.arena);
    return bytes;
}

static void memory_of_a_sequence_does_not_depend_on_the_slots_there_are(void **state)
{
    (void) state;
    for (int kind = EG_NEIGHBOURS_LINEAR; kind <= EG_NEIGHBOURS_LSH; kind++) {
        const size_t want = bytes_at(4096, (enum eg_neighbours_kind) kind);
        assert_true(want < 300000);
        assert_int_equal(bytes_at(1048576, (enum eg_neighbours_kind) kind), want);
        assert_int_equal(bytes_at(16777216, (enum eg_neighbours_kind) kind), want);
    }
}

/* Where lsh looks into all buckets it is the linear search, to the bit. */
static void an_exhaustive_index_is_the_linear_one(void **state)
{
    (void) state;
    enum { LONG = 80, WIDE = 6 };
    struct run r[2];
    real planes[WIDE * EG_NEIGHBOURS_BITS];
    draw_normal(planes, WIDE * EG_NEIGHBOURS_BITS, 1, 1);
    for (int k = 0; k < 2; k++) {
        struct shape s = shape_of(48, WIDE, 2, 4, 0.005);
        s.plan.index = (struct eg_neighbours_plan){
            .kind = k ? EG_NEIGHBOURS_LSH : EG_NEIGHBOURS_LINEAR,
            .width = WIDE,
            .tables = 1,
            .probes = EG_NEIGHBOURS_PROBES,
            .planes = planes,
        };
        eg_neighbours_plan(&s.plan.index);
        open_run(&r[k], &s, 1, 0);
    }
    for (size_t t = 0; t < LONG; t++) {
        const struct eg_var *read[2];
        for (int k = 0; k < 2; k++) {
            struct shape *s = &r[k].shape;
            struct eg_var *z = eg_tape_var(&r[k].tape, 1, columns(s), 1);
            draw_normal(z->x, columns(s), 2, t + 1);
            read[k] = take(&r[k], eg_activate(&r[k].tape, z, s->segments, s->plan.heads * PARTS));
        }
        assert_memory_equal(read[0]->x, read[1]->x, read[0]->cols * sizeof(real));
    }
    assert_true(r[1].memory[0].index.bits > 0 && r[1].memory[0].index.count == 48);
    eg_arena_free(&r[0].arena);
    eg_arena_free(&r[1].arena);
}

/* A full memory, and an index that finds next to nothing: K slots are read all the same, each
 * once. */
static void an_index_that_finds_too_few_is_helped_out(void **state)
{
    (void) state;
    enum { WIDE = 6, SLOTS = 32 };
    struct run r;
    real planes[WIDE * EG_NEIGHBOURS_BITS];
    draw_normal(planes, WIDE * EG_NEIGHBOURS_BITS, 1, 1);
    struct shape s = shape_of(SLOTS, WIDE, 1, 16, 0.005);
    s.plan.index = (struct eg_neighbours_plan){
        .kind = EG_NEIGHBOURS_LSH, .width = WIDE, .tables = 1, .planes = planes};
    eg_neighbours_plan(&s.plan.index);
    open_run(&r, &s, 1, 0);
    for (size_t t = 0; t < 100; t++) {
        struct eg_var *z = eg_tape_var(&r.tape, 1, columns(&s), 1);
        uint8_t seen[SLOTS] = {0};
        draw_normal(z->x, columns(&s), 2, t + 1);
        assert_non_null(take(&r, eg_activate(&r.tape, z, s.segments, PARTS)));
        for (size_t k = 0; k < 16; k++) {
            assert_true(r.last->slot[k] < SLOTS && !seen[r.last->slot[k]]++);
            assert_true(k == 0 || r.last->cosine[k] <= r.last->cosine[k - 1]);
        }
    }
    eg_arena_free(&r.arena);
}

static void a_number_that_is_none_comes_out_as_one(void **state)
{
    (void) state;
    struct run r;
    const struct shape s = shape_of(6, 2, 1, 3, 0.005);
    open_run(&r, &s, 1, 0);
    for (size_t t = 0; t < 4; t++) {
        struct eg_var *control = eg_tape_var(&r.tape, 1, columns(&s), 0);
        draw_uniform(control->x, columns(&s), 0.1, 0.9, t + 1);
        if (t == 1)
            control->x[eg_sparse_columns(&s.plan).add] = NAN;
        const struct eg_var *read = take(&r, control);
        if (t > 0)
            assert_true(isnan(read->x[0]));
    }
    eg_arena_free(&r.arena);
}

static void sizes_that_do_not_fit_are_errors(void **state)
{
    (void) state;
    static const struct {
        const char *settings, *key;
    } wrong[] = {{"slots=3 heads=4 reads=1", "memory.heads"}, {"slots=3 reads=4", "memory.reads"}};
    for (size_t i = 0; i < 2; i++) {
        struct eg_arena *arena = new_arena();
        struct eg_params params;
        struct eg_memory_size size;
        struct eg_message m = {""};
        eg_params_init(&params, arena);
        void *options =
            new_options(eg_memory_sam.options, eg_memory_sam.options_size, wrong[i].settings);
        void *memory = calloc(1, eg_memory_sam.state_size);
        assert_int_equal(eg_memory_sam.init(memory, options, &params, &size, &m), EG_ERR_RANGE);
        assert_non_null(strstr(m.text, wrong[i].key));
        assert_non_null(strstr(m.text, "1 to 3"));
        free(memory);
        free(options);
        eg_arena_free(&arena);
    }
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_what_the_dense_definition_reads),
#ifdef EG_DOUBLE
        cmocka_unit_test(its_gradient_is_that_of_the_dense_definition),
        cmocka_unit_test(its_gradient_is_the_derivative),
#endif
        cmocka_unit_test(a_sequence_by_hand),
        cmocka_unit_test(an_access_is_more_than_delta),
        cmocka_unit_test(the_backward_puts_back_every_memory_there_was),
        cmocka_unit_test(memory_of_a_sequence_does_not_depend_on_the_slots_there_are),
        cmocka_unit_test(an_exhaustive_index_is_the_linear_one),
        cmocka_unit_test(an_index_that_finds_too_few_is_helped_out),
        cmocka_unit_test(a_number_that_is_none_comes_out_as_one),
        cmocka_unit_test(sizes_that_do_not_fit_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
