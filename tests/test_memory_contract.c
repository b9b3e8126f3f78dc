/* The contract of a memory, held against every one in the registry. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/memory.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"
#ifdef EG_HEAD_PAIRS
#include "tests/head_pairs.h"
#endif

enum { STEPS = 3, ROWS = 3, TOTAL = 7 };

static const size_t running[STEPS] = {3, 2, 2}; /* the last sequence ends after one step */

/* Settings to try with a memory; one that is not named here is tried with its presets. */
static const struct {
    const char *type, *settings;
} table[] = {
    {"ntm", "slots=5 width=3"},
    {"ntm", "slots=5 width=3 start=learned weighting=learned read_start=learned"},
    {"ntm", "slots=5 width=3 start=random weighting=uniform read_start=zero"},
    {"ntm", "slots=5 width=3 start=random start_scale=0 weighting=first"},
    {"ntm", "slots=5 width=2 order=read-write start=random start_scale=0.5"},
    {"ntm", "slots=5 width=2 order=read-write start=learned weighting=learned"},
    {"ntm", "slots=4 width=3 read_heads=2 write_heads=1 start=learned start_scale=0.5"},
    {"ntm", "slots=4 width=2 read_heads=1 write_heads=2 start=learned start_scale=0.5"},
    {"ntm", "slots=4 width=2 read_heads=3 write_heads=3 start=random start_scale=0.5 "
            "weighting=learned"},
    {"ntm", "slots=4 width=2 read_heads=2 write_heads=2 order=read-write start=learned"},
    {"ntm", "slots=5 width=2 shift_range=0 start=learned start_scale=0.5"},
    {"ntm", "slots=7 width=2 shift_range=3 start=learned start_scale=0.5"},
    {"ntm", "slots=1 width=3 shift_range=0"},
    {"ntm", "slots=1 width=2 shift_range=0 start=learned weighting=learned write_heads=2"},
    {"sam", "slots=6 width=3 reads=2"},
    {"sam", "slots=6 width=3 reads=2 read_start=zero start_value=0.3"},
    {"sam", "slots=4 width=3 reads=4 heads=2 delta=0"},
    {"sam", "slots=5 width=2 reads=3 heads=3 delta=0.3 gate_bias=1 interpolation_bias=-2"},
    {"sam", "slots=3 width=3 reads=1 heads=3 delta=1"},
    {"sam", "slots=1 width=2 reads=1"},
    {"sam", "slots=7 width=3 reads=2 heads=2 index=lsh scan=0 tables=2 probes=1"},
    {"sam", "slots=5 width=3 reads=4 heads=2 index=lsh scan=0 tables=1 probes=0"},
    {"sam", "slots=9 width=2 reads=3 heads=2 index=lsh scan=4 tables=3 probes=8"},
    {"dnc", "slots=4 width=3"},
    {"dnc", "slots=4 width=2 read_heads=2 write_bias=1 allocation_bias=1 free_bias=-1"},
    {"dnc", "slots=4 width=2 read_heads=2 write_heads=2"},
    {"dnc", "slots=5 width=3 mask=true deallocation=true link_sharpening=true"},
    {"dnc", "slots=3 width=2 read_heads=2 write_heads=3 mask=true deallocation=true "
            "link_sharpening=true"},
    {"dnc", "slots=4 width=3 links=false"},
    {"dnc", "slots=4 width=3 allocation=false"},
    {"dnc", "slots=4 width=3 allocation=false deallocation=true"},
    {"dnc", "slots=4 width=3 links=false allocation=false write_heads=2"},
    {"dnc", "slots=4 width=2 usage_gradient=stopped"},
    {"dnc", "slots=1 width=2"},
    {"lrua", "slots=5 width=3 start=random start_scale=0.7"},
    {"lrua", "slots=4 width=2 read_heads=3 write_heads=2 start=learned start_scale=0.7 "
             "weighting=learned order=read-write usage_decay=0.5"},
    {"key-value", "slots=5 width=5 key_width=3 start=random start_scale=0.7"},
    {"key-value", "slots=2 width=4 key_width=2 read_heads=2 write_heads=3 start=learned"},
    {"modern-hopfield", "slots=4 width=3"},
    {"modern-hopfield", "slots=2 width=3 heads=2 scaling=attention updates=3 read_start=zero"},
    {"modern-hopfield", "slots=5 width=2 scaling=given beta=1.7 normaliser=entmax-1.5"},
    {"modern-hopfield", "slots=4 width=3 heads=2 head_width=2 updates=2"},
    {"modern-hopfield", "slots=2 width=2 head_width=4 scaling=given beta=0.2 normaliser=sparsemax"},
    {"modern-hopfield", "slots=5 width=3 stored=learned normaliser=top-k top_k=3"},
    {"modern-hopfield", "slots=5 width=3 heads=2 stored=learned head_width=2 updates=2"},
    {"modern-hopfield", "slots=4 width=2 stored=learned scaling=given normaliser=sigmoid"},
    {"modern-hopfield", "slots=3 width=2 normaliser=gumbel temperature=0.7 heads=2"},
    {"modern-hopfield", "slots=3 width=2 normaliser=gumbel straight_through=true heads=2"},
    {"modern-hopfield", "slots=3 width=2 normaliser=hard heads=2"},
    {"modern-hopfield", "slots=1 width=2 normaliser=hard-sampled updates=2"},
};

struct fixture {
    const struct eg_memory_type *type;
    const char *settings;
    struct eg_arena *arena;
    struct eg_params params;
    void *options, *memory;
    struct eg_memory_size size;
};

static void open_fixture(struct fixture *f)
{
    struct eg_message m;
    f->arena = new_arena();
    eg_params_init(&f->params, f->arena);
    f->options = new_options(f->type->options, f->type->options_size, f->settings);
    f->memory = calloc(1, f->type->state_size + 1);
    assert_non_null(f->memory);
    assert_int_equal(f->type->init(f->memory, f->options, &f->params, &f->size, &m), EG_OK);
}

static void close_fixture(struct fixture *f)
{
    free(f->options);
    free(f->memory);
    eg_arena_free(&f->arena);
}

static int next_fixture(struct fixture *f, const struct eg_memory_type *type, size_t nth)
{
    const char *settings = NULL;
    size_t found = 0;
    int paired = 0;
#ifdef EG_HEAD_PAIRS
    paired = 1;
    found = pair_table()->rows;
    settings = nth < found ? pair_table()->text[nth] : NULL;
#endif
    for (size_t i = 0; !paired && i < sizeof table / sizeof table[0]; i++)
        if (!strcmp(table[i].type, type->name) && found++ == nth)
            settings = table[i].settings;
    if (!settings && (found > 0 || nth > 0))
        return 0;
    *f = (struct fixture){.type = type, .settings = settings ? settings : ""};
    open_fixture(f);
    return 1;
}

#define EACH_SETTING(f, state) \
    for (size_t nth_ = 0; next_fixture(&(f), *(state), nth_); close_fixture(&(f)), nth_++)

static const struct eg_field *fields_of(const struct fixture *f)
{
    return f->type->shown ? f->type->shown(f->memory) : f->type->fields;
}

/* Three steps.  x holds the controls of all steps side by side, so that a gradient that does not
 * cross from one step to the next is a wrong one.  The answer has what was read at each, after
 * what counts as read before the first. */
static struct eg_var *three_steps(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct fixture *f = context;
    struct eg_var *reads[STEPS + 1];
    void *state = eg_arena_take(tape->arena, f->type->state_size);
    if (!state || !x)
        return NULL;
    memcpy(state, f->memory, f->type->state_size);
    if (f->type->begin(state, tape, x->rows, &reads[0]))
        return NULL;
    if (!f->size.read) {
        assert_null(reads[0]);
        return x;
    }
    for (size_t t = 0; t < STEPS; t++) {
        const size_t rows = running[t] < x->rows ? running[t] : x->rows;
        struct eg_var *control = eg_tape_rows(
            tape, eg_tape_cols(tape, x, t * f->size.control, f->size.control), 0, rows);
        struct eg_var *read = control ? f->type->step(state, tape, control) : NULL;
        if (!read)
            return NULL;
        assert_int_equal(read->rows, rows);
        assert_int_equal(read->cols, f->size.read);
        reads[t + 1] = read;
    }
    assert_int_equal(reads[0]->rows, x->rows);
    assert_int_equal(reads[0]->cols, f->size.read);
    return eg_stack(tape, STEPS + 1, reads);
}

static size_t control_cols(const struct fixture *f)
{
    return f->size.control ? STEPS * f->size.control : 1;
}

/* What was read, for `rows` rows of random control, from row `first` on. */
static real *reads_of(const struct fixture *f, struct eg_arena *arena, const real *params,
                      real *grads, size_t first, size_t rows)
{
    const size_t cols = control_cols(f);
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), params, grads);
    struct eg_var *x = eg_tape_var(&tape, rows, cols, 1);
    if (!x)
        return NULL;
    real *all = malloc(ROWS * cols * sizeof *all);
    assert_non_null(all);
    draw_normal(all, ROWS * cols, 1.5, 7);
    memcpy(x->x, all + first * cols, rows * cols * sizeof *all);
    free(all);
    const struct eg_var *y = three_steps(&tape, x, f);
    return y ? y->x : NULL;
}

static real *new_params(const struct fixture *f)
{
    real *params = calloc(f->params.size + 1, sizeof *params);
    assert_non_null(params);
    eg_params_fill(&f->params, params, 3);
    return params;
}

static void has_a_name_a_summary_and_a_source(void **state)
{
    const struct eg_memory_type *type = *state;
    assert_non_null(type->name);
    assert_true(strlen(type->summary) > 0 && strlen(type->source) > 0);
    assert_ptr_equal(eg_memory_find(type->name), type);
    assert_null(eg_memory_find("no such memory"));
}

static void parameters_lie_below_memory_and_have_a_meaning(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    for (size_t i = 0; i < f.params.count; i++) {
        const struct eg_param_row *row = &f.params.rows[i];
        assert_int_equal(strncmp(row->name, "memory/", 7), 0);
        assert_true(row->symbol && row->shape && row->unit && row->equation && row->init);
    }
}

static void named_parts_cover_all_columns_of_the_control_once(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        size_t parts = 0, covered = 0;
        char name[64];
        size_t from, n;
        const char *activation = NULL;
        while (f.type->control_part(f.memory, parts, name, sizeof name, &from, &n, &activation)) {
            assert_true(strlen(name) > 0 && strlen(activation) > 0);
            assert_int_equal(from, covered); /* in order, without gaps */
            assert_true(n > 0);
            covered += n;
            parts++;
            assert_true(parts < 10000);
        }
        assert_int_equal(covered, f.size.control);
    }
}

static void begin_makes_two_runs_equal(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        real *params = new_params(&f);
        const real *a = reads_of(&f, f.arena, params, NULL, 0, ROWS);
        const real *b = reads_of(&f, f.arena, params, NULL, 0, ROWS);
        assert_true(a && b);
        assert_memory_equal(a, b, (ROWS + TOTAL) * f.size.read * sizeof(real));
        free(params);
    }
}

static void rows_of_a_batch_are_independent(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        real *params = new_params(&f);
        const real *all = reads_of(&f, f.arena, params, NULL, 0, ROWS);
        for (size_t r = 0; r < 2 && f.size.read; r++) {
            const real *one = reads_of(&f, f.arena, params, NULL, r, 1);
            for (size_t t = 0, from = 0; t <= STEPS; from += t ? running[t - 1] : ROWS, t++)
                for (size_t i = 0; i < f.size.read; i++)
                    check_close(all[(from + r) * f.size.read + i], one[t * f.size.read + i], 0,
                                64 * EG_EPS);
        }
        free(params);
    }
}

static void a_tape_that_records_computes_the_same(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        real *params = new_params(&f), *grads = new_params(&f);
        const real *a = reads_of(&f, f.arena, params, NULL, 0, ROWS);
        const real *b = reads_of(&f, f.arena, params, grads, 0, ROWS);
        for (size_t i = 0; i < (ROWS + TOTAL) * f.size.read; i++)
            check_close(a[i], b[i], 0, 64 * EG_EPS);
        free(params);
        free(grads);
    }
}

static void check_field(const struct fixture *f, const struct eg_field *field)
{
    enum { ROOM = 256 };
    real out[ROOM];
    size_t n = 1;
    for (const char *c = field->shape; *c; c++)
        n *= f->type->extent(f->memory, *c);
    assert_true(n > 0 && n <= ROOM && field->units && field->help && field->equation);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t i = 0; i < ROOM; i++)
            out[i] = (real) 12345;
        f->type->copy(f->memory, field->id, r, out);
        for (size_t i = 0; i < ROOM; i++)
            assert_true(i < n ? isfinite(out[i]) && out[i] < 12345 : out[i] == (real) 12345);
    }
    /* A weighting sums to one over the slots, unless what makes it so is off; of a dnc to one at
     * most, and to zero at the start. */
    const int blunt = strstr(f->settings, "sharpening=f") != NULL;
    const int more = (blunt || !strcmp(f->type->name, "modern-hopfield"))
                     && strstr(f->settings, "normaliser=sigmoid");
    const int whole = strcmp(f->type->name, "dnc") != 0 && strcmp(f->type->name, "sam") != 0
                      && !more && !(blunt && strstr(f->settings, "location=local"))
                      && !(strstr(f->settings, "allocation=usage") && field->name[0] == 'w');
    if (strstr(field->name, "weights"))
        for (size_t r = 0, slots = f->type->extent(f->memory, 'N'); r < ROWS; r++) {
            f->type->copy(f->memory, field->id, r, out);
            for (size_t h = 0; h < n / slots; h++) {
                double sum = 0;
                for (size_t i = 0; i < slots; i++)
                    sum += (double) out[h * slots + i];
                assert_true(sum >= 0 && (more || sum < 1 + 16 * (double) EG_EPS));
                if (whole)
                    check_close(sum, 1, 0, 16 * EG_EPS);
            }
        }
}

static void fields_fill_their_shapes(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        struct eg_tape tape;
        struct eg_var *read;
        real *params = new_params(&f);
        eg_tape_begin(&tape, f.arena, eg_kernels_best(), params, NULL);
        assert_int_equal(f.type->begin(f.memory, &tape, ROWS, &read), EG_OK);
        for (const struct eg_field *field = fields_of(&f); field->name; field++)
            if (field->has_start)
                check_field(&f, field);
        if (f.size.control) {
            struct eg_var *control = eg_tape_var(&tape, ROWS, f.size.control, 0);
            draw_normal(control->x, ROWS * f.size.control, 1, 1);
            assert_non_null(f.type->step(f.memory, &tape, control));
        }
        for (const struct eg_field *field = fields_of(&f); field->name; field++)
            check_field(&f, field);
        free(params);
    }
}

/* Controls far outside what a layer would give: weights stay weights, reads stay numbers. */
static void extreme_controls_stay_finite(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    for (uint64_t seed = 1; seed <= 20 && f.size.read; seed++) {
        struct eg_tape tape;
        struct eg_var *read;
        real *params = new_params(&f), *grads = new_params(&f);
        eg_tape_begin(&tape, f.arena, eg_kernels_best(), params, grads);
        void *memory = eg_arena_take(f.arena, f.type->state_size);
        memcpy(memory, f.memory, f.type->state_size);
        assert_int_equal(f.type->begin(memory, &tape, ROWS, &read), EG_OK);
        struct eg_var *x = eg_tape_var(&tape, ROWS, control_cols(&f), 1);
        draw_normal(x->x, ROWS * control_cols(&f), seed % 2 ? 100 : 1e4, seed);
        for (size_t t = 0; t < STEPS; t++)
            read = f.type->step(memory, &tape,
                                eg_tape_cols(&tape, x, t * f.size.control, f.size.control));
        for (size_t i = 0; i < read->rows * read->cols; i++) {
            assert_true(isfinite(eg_row(read, i / read->cols)[i % read->cols]));
            eg_drow(read, i / read->cols)[i % read->cols] = 1;
        }
        eg_tape_walk(&tape);
        for (size_t i = 0; i < x->rows * x->cols; i++)
            assert_true(isfinite(x->dx[i]));
        free(params);
        free(grads);
    }
}

static void init_survives_every_allocation_failing_once(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        int ret = EG_ERR_NOMEM;
        for (size_t n = 0; ret != EG_OK; n++) {
            struct eg_arena *arena = new_arena();
            struct eg_params params;
            struct eg_memory_size size;
            struct eg_message m;
            assert_true(n < 1000);
            eg_params_init(&params, arena);
            eg_arena_fail_after(arena, n);
            memset(f.memory, 0, f.type->state_size);
            ret = f.type->init(f.memory, f.options, &params, &size, &m);
            assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
            if (ret == EG_OK)
                assert_int_equal(n, params.count);
            eg_arena_free(&arena);
        }
    }
}

static void steps_survive_every_allocation_failing_once(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    for (int records = 0; records < 2; records++) {
        real *params = new_params(&f), *grads = new_params(&f);
        const real *want = reads_of(&f, f.arena, params, records ? grads : NULL, 0, ROWS);
        const real *reads = NULL;
        struct eg_arena *arena = new_arena();
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        for (size_t n = 0; !reads; n++) {
            assert_true(n < 2000);
            eg_arena_rewind(arena, mark);
            eg_arena_fail_after(arena, n);
            reads = reads_of(&f, arena, params, records ? grads : NULL, 0, ROWS);
        }
        assert_memory_equal(reads, want, (ROWS + TOTAL) * f.size.read * sizeof *reads);
        eg_arena_free(&arena);
        free(params);
        free(grads);
    }
}

#ifdef EG_DOUBLE

static void gradient_through_three_steps_is_the_derivative(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        char name[256];
        snprintf(name, sizeof name, "%s %s", f.type->name, f.settings);
        if (strstr(f.settings, "stopped") || strstr(f.settings, "normaliser=hard ")
            || strstr(f.settings, "straight_through=true"))
            continue; /* not the derivative, on purpose */
        const struct grad_case c = {
            .name = name,
            .rows = ROWS,
            .cols = control_cols(&f),
            .lo = -2,
            .hi = 2,
            .build = three_steps,
            .context = &f,
            .params = &f.params,
            .spread = 0.5,
            /* a random start stays what it was drawn as, and so do planes */
            .fixed = strstr(f.settings, "start=random") ? "memory/start"
                     : strstr(f.settings, "index=lsh")  ? "memory/planes"
                                                        : NULL,
        };
#ifdef EG_HEAD_PAIRS
        /* Seeds with which no difference quotient steps over a kink (of sparsemax, of the places of
         * top-k, of the edge of a window), one for each kernel table. */
        check_grad(&c, 2 + 2 * (nth_ % 3));
#else
        check_grad_seeds(&c, 4); /* every setting is one more */
#endif
    }
}

#endif

/* ---- the Neural Turing Machine alone ---- */

static int ntm_init(const char *settings, struct eg_message *m)
{
    const struct eg_memory_type *type = &eg_memory_ntm;
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    struct eg_memory_size size;
    eg_params_init(&params, arena);
    void *options = new_options(type->options, type->options_size, settings);
    void *memory = calloc(1, type->state_size);
    const int ret = type->init(memory, options, &params, &size, m);
    free(memory);
    free(options);
    eg_arena_free(&arena);
    return ret;
}

static void a_shift_range_wider_than_the_memory_is_an_error(void **state)
{
    (void) state;
    struct eg_message m = {""};
    assert_int_equal(ntm_init("slots=1 shift_range=1", &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "memory.shift_range"));
    assert_int_equal(ntm_init("slots=2 shift_range=1", &m), EG_ERR_RANGE);
    assert_int_equal(ntm_init("slots=6 shift_range=3", &m), EG_ERR_RANGE);
    assert_int_equal(ntm_init("slots=3 shift_range=1", &m), EG_OK);
    assert_int_equal(ntm_init("slots=7 shift_range=3", &m), EG_OK);
    assert_int_equal(ntm_init("slots=1 shift_range=0", &m), EG_OK);
}

/* Write heads 0 and 1 exchange their controls: the memory they leave is the same. */
static void the_order_of_the_write_heads_does_not_matter(void **state)
{
    (void) state;
    struct fixture f = {.type = &eg_memory_ntm,
                        .settings = "slots=4 width=2 read_heads=1 write_heads=2 start=random "
                                    "start_value=0.5 weighting=uniform"};
    open_fixture(&f);
    real *params = new_params(&f);
    const size_t head = 2 + 1 + 1 + 3 + 1, writer = head + 4, n = f.size.control;
    assert_int_equal(n, head + 2 * writer);
    real memory[2][8];
    for (int exchanged = 0; exchanged < 2; exchanged++) {
        struct eg_tape tape;
        struct eg_var *read;
        eg_tape_begin(&tape, f.arena, eg_kernels_best(), params, NULL);
        assert_int_equal(f.type->begin(f.memory, &tape, 1, &read), EG_OK);
        struct eg_var *control = eg_tape_var(&tape, 1, n, 0);
        draw_normal(control->x, n, 1, 5);
        if (exchanged)
            for (size_t i = 0; i < writer; i++) {
                const real was = control->x[head + i];
                control->x[head + i] = control->x[head + writer + i];
                control->x[head + writer + i] = was;
            }
        assert_non_null(f.type->step(f.memory, &tape, control));
        f.type->copy(f.memory, 0, 0, memory[exchanged]); /* the first field is the memory */
    }
    assert_string_equal(f.type->fields[0].name, "memory");
    for (size_t i = 0; i < 8; i++)
        check_close(memory[1][i], memory[0][i], 0, 16 * EG_EPS);
    free(params);
    close_fixture(&f);
}

/* One step from known weightings: read-write reads the first memory, write-read the second. */
static void order_says_which_memory_is_read(void **state)
{
    (void) state;
    for (int first = 0; first < 2; first++) {
        struct fixture f = {.type = &eg_memory_ntm,
                            .settings = first ? "slots=3 width=1 order=read-write start_value=0.5"
                                              : "slots=3 width=1 start_value=0.5"};
        open_fixture(&f);
        real *params = new_params(&f);
        struct eg_tape tape;
        struct eg_var *read;
        eg_tape_begin(&tape, f.arena, eg_kernels_best(), params, NULL);
        assert_int_equal(f.type->begin(f.memory, &tape, 1, &read), EG_OK);
        struct eg_var *control = eg_tape_var(&tape, 1, f.size.control, 0);
        /* key, strength, gate, shift (3), sharpening; the same, erase, add.  Gates 0 and shifts 0:
         * both heads stay on slot 0.  Erase 1, add 1: it becomes 1. */
        const real x[16] = {0, 0,     -1000, -1000, 1000,  -1000, 0,    0,
                            0, -1000, -1000, 1000,  -1000, 0,     1000, 1000};
        memcpy(control->x, x, sizeof x);
        assert_int_equal(f.size.control, 16);
        read = f.type->step(f.memory, &tape, control);
        check_close(read->x[0], first ? 0.5 : 1, 8 * EG_EPS, 0);
        free(params);
        close_fixture(&f);
    }
}

int main(int argc, char **argv)
{
    int failed = 0;
    CHECK_FILTER(argc, argv);
    for (size_t i = 0; eg_memory_types[i]; i++) {
#ifdef EG_HEAD_PAIRS
        if (eg_memory_types[i] != &eg_memory_ntm)
            continue;
#endif
        union {
            const struct eg_memory_type *in;
            void *out;
        } type = {.in = eg_memory_types[i]};
#define ROW(test) cmocka_unit_test_prestate(test, type.out)
        const struct CMUnitTest tests[] = {
            ROW(has_a_name_a_summary_and_a_source),
            ROW(parameters_lie_below_memory_and_have_a_meaning),
            ROW(named_parts_cover_all_columns_of_the_control_once),
            ROW(begin_makes_two_runs_equal),
            ROW(rows_of_a_batch_are_independent),
            ROW(a_tape_that_records_computes_the_same),
            ROW(fields_fill_their_shapes),
            ROW(extreme_controls_stay_finite),
            ROW(init_survives_every_allocation_failing_once),
            ROW(steps_survive_every_allocation_failing_once),
#ifdef EG_DOUBLE
            ROW(gradient_through_three_steps_is_the_derivative),
#endif
        };
        print_message("%s\n", type.in->name);
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    const struct CMUnitTest ntm[] = {
        cmocka_unit_test(a_shift_range_wider_than_the_memory_is_an_error),
        cmocka_unit_test(the_order_of_the_write_heads_does_not_matter),
        cmocka_unit_test(order_says_which_memory_is_read),
    };
    failed += cmocka_run_group_tests(ntm, NULL, NULL);
    return failed != 0;
}
