/* Each stage of a head against another way to say the same: what is off is what was on and did
 * nothing.  Controls are drawn for the named parts, so that two settings are given the same. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/memory.h"

#include "tests/check.h"
#include "tests/fixture.h"

enum { STEPS = 4, ROOM = 4096 };

/* Instead of what is drawn: of all columns of the parts whose names end so, or of one column. */
struct given {
    const char *part;
    int column; /* -1: all */
    real x;
};

struct run {
    struct eg_arena *arena;
    struct eg_params params;
    struct eg_memory_size size;
    const struct eg_memory_type *type;
    void *options, *state;
    real *values;
    struct eg_tape tape;
    size_t t;
};

static void open_run(struct run *r, const char *type, const char *settings)
{
    struct eg_message m = {""};
    struct eg_var *read;
    memset(r, 0, sizeof *r);
    r->type = eg_memory_find(type);
    r->arena = new_arena();
    eg_params_init(&r->params, r->arena);
    r->options = new_options(r->type->options, r->type->options_size, settings);
    r->state = calloc(1, r->type->state_size);
    assert_non_null(r->state);
    if (r->type->init(r->state, r->options, &r->params, &r->size, &m)) {
        print_error("%s: %s\n", settings, m.text);
        fail();
    }
    r->values = calloc(r->params.size + 1, sizeof *r->values);
    assert_non_null(r->values);
    eg_params_fill(&r->params, r->values, 9);
    eg_tape_begin(&r->tape, r->arena, eg_kernels_best(), r->values, NULL);
    assert_int_equal(r->type->begin(r->state, &r->tape, 1, &read), EG_OK);
}

static void close_run(struct run *r)
{
    free(r->options);
    free(r->state);
    free(r->values);
    eg_arena_free(&r->arena);
}

static int ends_so(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n >= m && !strcmp(name + n - m, end);
}

/* One step with what is `given` (ends with a part that is NULL), the rest drawn. */
static const real *step(struct run *r, const struct given *given)
{
    struct eg_var *x = eg_tape_var(&r->tape, 1, r->size.control, 0);
    char name[64];
    const char *activation;
    size_t from, n;
    for (size_t i = 0;
         r->type->control_part(r->state, i, name, sizeof name, &from, &n, &activation); i++) {
        uint64_t seed = 100 + r->t;
        for (const char *c = name; *c; c++)
            seed = seed * 31 + (uint64_t) *c;
        draw_normal(x->x + from, n, 1, seed);
        for (const struct given *g = given; g->part; g++)
            for (size_t c = 0; c < n && ends_so(name, g->part); c++)
                if (g->column < 0 || (size_t) g->column == c)
                    x->x[from + c] = g->x;
    }
    r->t++;
    const struct eg_var *read = r->type->step(r->state, &r->tape, x);
    assert_non_null(read);
    return read->x;
}

static size_t field(const struct run *r, const char *name, real *out)
{
    for (const struct eg_field *f = r->type->shown ? r->type->shown(r->state) : r->type->fields;
         f->name; f++)
        if (!strcmp(f->name, name)) {
            size_t n = 1;
            for (const char *c = f->shape; *c; c++)
                n *= r->type->extent(r->state, *c);
            assert_true(n <= ROOM);
            r->type->copy(r->state, f->id, 0, out);
            return n;
        }
    return 0;
}

/* Both settings read and leave the same; the second is of `type`. */
static void check_equal_to(const char *a, const struct given *to_a, const char *type, const char *b,
                           const struct given *to_b, double tolerance)
{
    struct run one, other;
    open_run(&one, "ntm", a);
    open_run(&other, type, b);
    assert_int_equal(one.size.read, other.size.read);
    for (size_t t = 0; t < STEPS; t++) {
        const real *x = step(&one, to_a), *y = step(&other, to_b);
        double scale = 0;
        for (size_t i = 0; i < one.size.read; i++)
            scale = fmax(scale, fabs((double) y[i]));
        for (size_t i = 0; i < one.size.read; i++)
            check_close(x[i], (double) y[i], tolerance, tolerance * scale);
    }
    real x[ROOM], y[ROOM];
    const size_t n = field(&one, "memory", x);
    assert_true(n > 0 && field(&other, "memory", y) == n);
    for (size_t i = 0; i < n; i++)
        check_close(x[i], (double) y[i], tolerance, tolerance);
    close_run(&one);
    close_run(&other);
}

static void check_equal(const char *a, const struct given *to_a, const char *b,
                        const struct given *to_b, double tolerance)
{
    check_equal_to(a, to_a, "ntm", b, to_b, tolerance);
}

#define SIZE "slots=6 width=3 start=random start_scale=0.7 weighting=uniform"
#define NEAR (2000 * (double) EG_EPS)
static const struct given nothing[] = {{NULL, 0, 0}};

/* A shift of range 0 goes through the fused op, none through the ops it is made of. */
static void the_composed_head_is_the_fused_one(void **state)
{
    (void) state;
    check_equal(SIZE " location=none", nothing, SIZE " shift_range=0", nothing, NEAR);
    check_equal(SIZE " location=none read_heads=2 write_heads=2 order=read-write", nothing,
                SIZE " shift_range=0 read_heads=2 write_heads=2 order=read-write", nothing, NEAR);
    check_equal(SIZE " key_width=2 location=none", nothing, SIZE " key_width=2 shift_range=0",
                nothing, NEAR);
}

static void without_a_gate_content_is_taken(void **state)
{
    (void) state;
    static const struct given open[] = {{"read 0 gate", -1, 1000}, {"write 0 gate", -1, 1000}, {0}};
    check_equal(SIZE " gate=false", nothing, SIZE, open, NEAR);
}

static void without_content_a_head_goes_on_from_its_place(void **state)
{
    (void) state;
    static const struct given shut[] = {
        {"read 0 gate", -1, -1000}, {"write 0 gate", -1, -1000}, {0}};
    check_equal(SIZE " content=false", nothing, SIZE, shut, NEAR);
}

static void without_sharpening_gamma_is_one(void **state)
{
    (void) state;
    static const struct given blunt[] = {{"sharpening", -1, -1000}, {0}};
    check_equal(SIZE " sharpening=false", nothing, SIZE, blunt, NEAR);
}

static void without_strength_beta_is_one(void **state)
{
    (void) state;
    const struct given one[] = {{"strength", -1, (real) log(exp(1.0) - 1)}, {0}};
    check_equal(SIZE " strength=false", nothing, SIZE, one, NEAR);
}

static void a_whole_real_shift_is_a_shift(void **state)
{
    (void) state;
    static const struct given far[] = {{"displacement", -1, 1000}, {0}};
    static const struct given right[] = {{"shift", -1, -1000}, {"shift", 4, 1000}, {0}};
    check_equal(SIZE " location=real-shift shift_range=2", far, SIZE " shift_range=2", right, NEAR);
}

static void to_overwrite_is_to_erase_all(void **state)
{
    (void) state;
    static const struct given all[] = {{"erase", -1, 1000}, {0}};
    check_equal(SIZE " write=overwrite", nothing, SIZE, all, NEAR);
    check_equal(SIZE " write=overwrite write_heads=2", nothing, SIZE " write_heads=2", all, NEAR);
}

static void to_add_is_to_erase_nothing(void **state)
{
    (void) state;
    static const struct given none[] = {{"erase", -1, -1000}, {0}};
    check_equal(SIZE " write=add", nothing, SIZE, none, NEAR);
    check_equal(SIZE " write=add write_heads=2", nothing, SIZE " write_heads=2", none, NEAR);
}

/* Three slots, two heads, four steps: the slots of the last three writes of each. */
static void appending_goes_round_the_memory(void **state)
{
    (void) state;
    struct run r;
    real memory[ROOM], add[ROOM], want[6];
    open_run(&r, "ntm", "slots=3 width=2 write=append write_heads=2");
    for (size_t t = 0; t < STEPS; t++) {
        step(&r, nothing);
        assert_int_equal(field(&r, "add", add), 4);
        for (size_t h = 0; h < 2; h++)
            memcpy(want + (2 * t + h) % 3 * 2, add + 2 * h, 2 * sizeof *add);
    }
    assert_int_equal(field(&r, "memory", memory), 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(memory[i] == want[i]);
    close_run(&r);
}

/* Two pairs are appended; the key of the first brings its value. */
static void a_key_brings_its_value(void **state)
{
    (void) state;
    struct run r;
    static const struct given first[] = {{"add", -1, 0}, {"add", 0, 1000}, {"add", 2, 1}, {0}};
    static const struct given second[] = {{"add", -1, 0}, {"add", 1, 1000}, {"add", 2, -1}, {0}};
    static const struct given ask[] = {{"add", -1, 0},   {"add", 0, -1000},     {"key", -1, 0},
                                       {"key", 0, 1000}, {"strength", -1, 200}, {0}};
    open_run(&r, "key-value", "slots=4 width=3 key_width=2 start_value=0");
    step(&r, first);
    step(&r, second);
    const real *read = step(&r, ask);
    assert_int_equal(r.size.read, 1);
    check_close(read[0], tanh(1.0), 16 * EG_EPS, 0);
    close_run(&r);
}

/* LRUA of three slots, by hand.  The read head looks at slot 0 before the first step.  alpha = 1:
 * it is written there, but first the least used slot, which is 0 too, is emptied.  alpha = 0: then
 * slot 1 or 2, whichever was looked at less. */
static void the_least_used_slot_is_emptied_and_written(void **state)
{
    (void) state;
    struct run r;
    real memory[ROOM], u[ROOM], w[ROOM], before[3] = {0, 0, 0};
    static const struct given where_read[] = {
        {"allocation gate", -1, 1000}, {"key", 0, 1}, {"key", 1, 0}, {"strength", -1, 3}, {0}};
    static const struct given least[] = {
        {"allocation gate", -1, -1000}, {"key", 0, 0}, {"key", 1, -1}, {"strength", -1, 2}, {0}};
    open_run(&r, "lrua", "slots=3 width=2 start_value=0.5 usage_decay=0.5");
    step(&r, where_read);
    field(&r, "memory", memory);
    const double first[6] = {tanh(1.0), 0, 0.5, 0.5, 0.5, 0.5};
    check_all_close(memory, first, 6, 8 * EG_EPS, 1e-30);
    field(&r, "read_weights", w);
    field(&r, "usage", u);
    for (int i = 0; i < 3; i++)
        check_close(u[i], (double) w[i] + (i == 0), 8 * EG_EPS, 0);
    /* Slot 0 lies along the key: it was read most. */
    assert_true(w[0] > w[1] && u[0] > u[1]);
    memcpy(before, u, sizeof before);
    const size_t slot = u[2] < u[1] ? 2 : 1;
    step(&r, least);
    field(&r, "memory", memory);
    double second[6];
    memcpy(second, first, sizeof second);
    second[2 * slot] = 0;
    second[2 * slot + 1] = -tanh(1.0);
    check_all_close(memory, second, 6, 8 * EG_EPS, 1e-30);
    field(&r, "usage", u);
    field(&r, "read_weights", w);
    for (size_t i = 0; i < 3; i++)
        check_close(u[i], 0.5 * (double) before[i] + (double) w[i] + (i == slot), 8 * EG_EPS, 0);
    close_run(&r);
}

/* D = 1: what is read at step t comes from slots t - 1 to t + 1, at the end from the last two. */
static void a_monotonic_window_moves_with_the_steps(void **state)
{
    (void) state;
    struct run r;
    real w[ROOM];
    open_run(&r, "ntm", "slots=3 width=2 location=local-m window=1 gate=false sharpening=false");
    for (size_t t = 0; t < STEPS; t++) {
        step(&r, nothing);
        field(&r, "read_weights", w);
        const size_t middle = t < 3 ? t : 2;
        double sum = 0;
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(w[i] > 0, i + 1 >= middle && i <= middle + 1);
            sum += (double) w[i];
        }
        check_close(sum, 1, 8 * EG_EPS, 0);
    }
    close_run(&r);
}

/* Content alone, and slots allocated by usage: a DNC without links, whose keys and vectors have no
 * tanh and whose strengths begin at 1. */
static void allocation_by_usage_is_that_of_the_dnc(void **state)
{
    (void) state;
    const real k[3] = {0.5, -0.25, 0.75}, a[3] = {-0.5, 0.875, 0.25};
    const struct given here[] = {{"key", 0, (real) atanh((double) k[0])},
                                 {"key", 1, (real) atanh((double) k[1])},
                                 {"key", 2, (real) atanh((double) k[2])},
                                 {"add", 0, (real) atanh((double) a[0])},
                                 {"add", 1, (real) atanh((double) a[1])},
                                 {"add", 2, (real) atanh((double) a[2])},
                                 {"amount", -1, (real) 0.75},
                                 {0}};
    const struct given there[] = {{"key", 0, k[0]},
                                  {"key", 1, k[1]},
                                  {"key", 2, k[2]},
                                  {"vector", 0, a[0]},
                                  {"vector", 1, a[1]},
                                  {"vector", 2, a[2]},
                                  {"strength", -1, -1000},
                                  {"write gate", -1, (real) 0.75},
                                  {0}};
    check_equal_to("slots=5 width=3 start_value=0 allocation=usage location=none gate=false "
                   "sharpening=false strength=false",
                   here, "dnc", "slots=5 width=3 links=false", there, NEAR);
    check_equal_to("slots=5 width=3 start_value=0 allocation=usage location=none gate=false "
                   "sharpening=false strength=false read_heads=3 write_heads=2",
                   here, "dnc", "slots=5 width=3 links=false read_heads=3 write_heads=2", there,
                   NEAR);
}

static void scores_and_normalisers_meet_where_they_should(void **state)
{
    (void) state;
    check_equal(SIZE " normaliser=top-k top_k=6", nothing, SIZE, nothing, NEAR);
    check_equal(SIZE " normaliser=gumbel", nothing, SIZE, nothing, NEAR); /* no noise, no change */
    check_equal(SIZE " score=k-body power=1", nothing, SIZE " score=scaled-dot", nothing, NEAR);
}

static size_t columns(const char *type, const char *settings)
{
    struct run r;
    open_run(&r, type, settings);
    const size_t n = r.size.control;
    close_run(&r);
    return n;
}

static void what_is_off_takes_no_columns(void **state)
{
    (void) state;
    const size_t all = 2 * (3 + 1 + 1 + 3 + 1) + 2 * 3;
    assert_int_equal(columns("ntm", SIZE), all);
    assert_int_equal(columns("ntm", SIZE " gate=false"), all - 2);
    assert_int_equal(columns("ntm", SIZE " sharpening=false"), all - 2);
    assert_int_equal(columns("ntm", SIZE " strength=false"), all - 2);
    assert_int_equal(columns("ntm", SIZE " location=none"), all - 6);
    assert_int_equal(columns("ntm", SIZE " location=real-shift"), all - 4);
    assert_int_equal(columns("ntm", SIZE " location=local-p"), all);
    assert_int_equal(columns("ntm", SIZE " content=false"), all - 2 * (3 + 1 + 1));
    assert_int_equal(columns("ntm", SIZE " write=add"), all - 3);
    assert_int_equal(columns("ntm", SIZE " write=append"), all - 9 - 3);
    assert_int_equal(columns("ntm", SIZE " allocation=lru"), all - 9 + 1);
    assert_int_equal(columns("ntm", SIZE " allocation=usage"), all + 1 + 2);
    assert_int_equal(columns("ntm", SIZE " add=key"), all - 3);
    assert_int_equal(columns("lrua", "width=3"), 3 + 1 + 1);
    assert_int_equal(columns("key-value", "width=3 key_width=1"), 1 + 1 + 3);
}

static void fields_of_what_is_off_are_not_there(void **state)
{
    (void) state;
    struct run r;
    real out[ROOM];
    open_run(&r, "ntm", SIZE " gate=false location=real-shift write=add");
    step(&r, nothing);
    assert_int_equal(field(&r, "read_gate", out), 0);
    assert_int_equal(field(&r, "write_shift", out), 0);
    assert_int_equal(field(&r, "erase", out), 0);
    assert_int_equal(field(&r, "usage", out), 0);
    assert_int_equal(field(&r, "read_displacement", out), 1);
    assert_int_equal(field(&r, "write_sharpening", out), 1);
    close_run(&r);
}

static void choices_that_exclude_each_other_are_errors(void **state)
{
    (void) state;
    static const struct {
        const char *settings, *key, *other;
    } all[] = {
        {"content=false location=none", "memory.content", "memory.location"},
        {"allocation=lru write=append", "memory.allocation", "memory.write"},
        {"allocation=usage write=append", "memory.allocation", "memory.write"},
        {"normaliser=top-k top_k=5 slots=4", "memory.top_k", "1 to 4"},
        {"allocation=lru slots=3 write_heads=4", "memory.write_heads", "1 to 3"},
        {"add=key content=false", "memory.add", "memory.content"},
        {"add=key key_width=2", "memory.add", "memory.key_width"},
        {"key_width=20 width=20", "memory.key_width", "0 to 19"},
        {"location=real-shift slots=4 shift_range=2", "memory.shift_range", "0 to 1"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct eg_message m = {""};
        struct eg_arena *arena = new_arena();
        struct eg_params params;
        struct eg_memory_size size;
        const struct eg_memory_type *type = eg_memory_find("ntm");
        void *options = new_options(type->options, type->options_size, all[i].settings);
        void *memory = calloc(1, type->state_size);
        eg_params_init(&params, arena);
        assert_int_equal(type->init(memory, options, &params, &size, &m), EG_ERR_RANGE);
        if (!strstr(m.text, all[i].key) || !strstr(m.text, all[i].other)) {
            print_error("%s: %s\n", all[i].settings, m.text);
            fail();
        }
        free(memory);
        free(options);
        eg_arena_free(&arena);
    }
}

/* The biases that the columns of a memory start with; the caller frees them. */
static real *starts_of(const struct run *r)
{
    real *bias = calloc(r->size.control, sizeof *bias);
    assert_non_null(bias);
    r->type->control_start(r->state, bias);
    return bias;
}

static void gates_of_reads_and_writes_start_where_they_are_told(void **state)
{
    (void) state;
    struct run r;
    char name[64];
    const char *activation;
    size_t from, n;
    open_run(&r, "ntm",
             "slots=4 width=2 read_heads=2 write_heads=2 gate_bias=2 "
             "write_gate_offset=-4.5 sharpening_bias=1");
    real *bias = starts_of(&r);
    for (size_t i = 0; r.type->control_part(r.state, i, name, sizeof name, &from, &n, &activation);
         i++) {
        const double gate = strncmp(name, "read", 4) ? -2.5 : 2;
        const double expected = ends_so(name, "gate") ? gate : ends_so(name, "sharpening") ? 1 : 0;
        for (size_t c = 0; c < n; c++)
            check_close(bias[from + c], expected, 0, 0);
    }
    free(bias);
    close_run(&r);
}

static void sparse_heads_start_where_they_are_told(void **state)
{
    (void) state;
    struct run r;
    char name[64];
    const char *activation;
    size_t from, n;
    open_run(&r, "sam",
             "slots=4 width=2 heads=2 reads=2 gate_bias=2 interpolation_bias=-1 "
             "strength_bias=7");
    real *bias = starts_of(&r);
    for (size_t i = 0; r.type->control_part(r.state, i, name, sizeof name, &from, &n, &activation);
         i++) {
        const double expected = ends_so(name, "write gate")      ? 2
                                : ends_so(name, "interpolation") ? -1
                                : ends_so(name, "strength")      ? 7
                                                                 : 0;
        for (size_t c = 0; c < n; c++)
            check_close(bias[from + c], expected, 0, 0);
    }
    free(bias);
    close_run(&r);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_composed_head_is_the_fused_one),
        cmocka_unit_test(gates_of_reads_and_writes_start_where_they_are_told),
        cmocka_unit_test(sparse_heads_start_where_they_are_told),
        cmocka_unit_test(without_a_gate_content_is_taken),
        cmocka_unit_test(without_content_a_head_goes_on_from_its_place),
        cmocka_unit_test(without_sharpening_gamma_is_one),
        cmocka_unit_test(without_strength_beta_is_one),
        cmocka_unit_test(a_whole_real_shift_is_a_shift),
        cmocka_unit_test(to_overwrite_is_to_erase_all),
        cmocka_unit_test(to_add_is_to_erase_nothing),
        cmocka_unit_test(appending_goes_round_the_memory),
        cmocka_unit_test(a_key_brings_its_value),
        cmocka_unit_test(the_least_used_slot_is_emptied_and_written),
        cmocka_unit_test(a_monotonic_window_moves_with_the_steps),
        cmocka_unit_test(allocation_by_usage_is_that_of_the_dnc),
        cmocka_unit_test(scores_and_normalisers_meet_where_they_should),
        cmocka_unit_test(what_is_off_takes_no_columns),
        cmocka_unit_test(fields_of_what_is_off_are_not_there),
        cmocka_unit_test(choices_that_exclude_each_other_are_errors),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
