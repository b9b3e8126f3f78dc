/* The contract of a controller, held against every one in the registry. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/controller.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"

enum { STEPS = 3, ROWS = 3, INPUTS = 2, CELLS = 3 };

static const size_t running[STEPS] = {3, 2, 2}; /* the last sequence ends after one step */

/* One controller with one setting of its options. */
struct fixture {
    const struct eg_controller_type *type;
    char settings[128];
    size_t read;
    struct eg_arena *arena;
    struct eg_params params;
    void *options, *controller;
    size_t outputs;
};

static int has_option(const struct eg_controller_type *type, const char *key)
{
    for (const struct eg_option *row = type->options; row->key; row++)
        if (!strcmp(row->key, key))
            return 1;
    return 0;
}

static void open_fixture(struct fixture *f)
{
    struct eg_message m;
    f->arena = new_arena();
    eg_params_init(&f->params, f->arena);
    f->options = new_options(f->type->options, f->type->options_size, f->settings);
    f->controller = calloc(1, f->type->state_size + 1);
    assert_non_null(f->controller);
    const struct eg_controller_size size = {.inputs = INPUTS, .read = f->read};
    assert_int_equal(f->type->init(f->controller, f->options, &size, &f->params, &f->outputs, &m),
                     EG_OK);
}

static void close_fixture(struct fixture *f)
{
    free(f->options);
    free(f->controller);
    eg_arena_free(&f->arena);
}

/* All settings worth telling apart, each in turn; `nth` from 0, 0 when there are no more. */
static int next_fixture(struct fixture *f, const struct eg_controller_type *type, size_t nth)
{
    static const char *const starts[] = {"learned", "zero"};
    static const char *const activations[] = {"tanh", "sigmoid", "relu"};
    /* With one layer there is nothing to skip. */
    static const struct {
        size_t layers;
        const char *skip;
    } stacks[] = {{1, "none"}, {2, "none"}, {2, "input"}, {2, "output"},
                  {2, "both"}, {3, "none"}, {3, "both"}};
    const size_t layers = has_option(type, "layers") ? sizeof stacks / sizeof stacks[0] : 1;
    const size_t n_start = has_option(type, "start") ? 2 : 1;
    const size_t n_activation = has_option(type, "activation") ? 3 : 1;
    if (nth >= layers * n_start * n_activation * 2)
        return 0;
    *f = (struct fixture){.type = type, .read = nth % 2 ? 0 : 2};
    nth /= 2;
    const size_t stack = nth % layers, start = nth / layers % n_start;
    char *at = f->settings, *end = at + sizeof f->settings;
    if (has_option(type, "size"))
        at += snprintf(at, (size_t) (end - at), "size=%d ", CELLS);
    if (has_option(type, "layers"))
        at += snprintf(at, (size_t) (end - at), "layers=%zu skip=%s ", stacks[stack].layers,
                       stacks[stack].skip);
    if (n_start > 1)
        at += snprintf(at, (size_t) (end - at), "start=%s ", starts[start]);
    if (n_activation > 1)
        snprintf(at, (size_t) (end - at), "activation=%s ",
                 activations[nth / layers / n_start % n_activation]);
    open_fixture(f);
    return 1;
}

#define EACH_SETTING(f, state) \
    for (size_t nth_ = 0; next_fixture(&(f), *(state), nth_); close_fixture(&(f)), nth_++)

static void *copy_of_state(const struct fixture *f, struct eg_tape *tape)
{
    void *copy = eg_arena_take(tape->arena, f->type->state_size);
    if (copy)
        memcpy(copy, f->controller, f->type->state_size);
    return copy;
}

/* Three steps.  x holds inputs and reads of all steps side by side, so that a gradient that does
 * not cross from one step to the next is a wrong one.  The answer has h of all steps. */
static struct eg_var *three_steps(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    const struct fixture *f = context;
    const size_t n = INPUTS + f->read, rows = x ? x->rows : 0;
    struct eg_var *inputs[STEPS], *h[STEPS];
    size_t there[STEPS], from = 0;
    void *state = copy_of_state(f, tape);
    if (!state || !x)
        return NULL;
    for (size_t t = 0; t < STEPS; t++) {
        there[t] = running[t] < rows ? running[t] : rows;
        inputs[t] = eg_tape_rows(tape, eg_tape_cols(tape, x, t * n, INPUTS), 0, there[t]);
    }
    struct eg_var *all = eg_stack(tape, STEPS, inputs);
    if (!all || f->type->begin(state, tape, all, rows))
        return NULL;
    for (size_t t = 0; t < STEPS; t++) {
        struct eg_var *read = NULL;
        if (f->read) {
            read = eg_tape_rows(tape, eg_tape_cols(tape, x, t * n + INPUTS, f->read), 0, there[t]);
            if (!read)
                return NULL;
        }
        h[t] = f->type->step(state, tape, from, there[t], read);
        if (!h[t])
            return NULL;
        assert_int_equal(h[t]->rows, there[t]);
        assert_int_equal(h[t]->cols, f->outputs);
        from += there[t];
    }
    return eg_stack(tape, STEPS, h);
}

/* h of all steps for `rows` rows of random input, from row `first` on. */
static real *h_of(const struct fixture *f, struct eg_arena *arena, const real *params, real *grads,
                  size_t first, size_t rows)
{
    const size_t cols = STEPS * (INPUTS + f->read);
    struct eg_tape tape;
    eg_tape_begin(&tape, arena, eg_kernels_best(), params, grads);
    struct eg_var *x = eg_tape_var(&tape, rows, cols, 1);
    if (!x)
        return NULL;
    real all[ROWS * STEPS * (INPUTS + 2)];
    draw_normal(all, ROWS * cols, 1, 7);
    memcpy(x->x, all + first * cols, rows * cols * sizeof *all);
    const struct eg_var *y = three_steps(&tape, x, f);
    return y ? y->x : NULL;
}

static void has_a_name_a_summary_and_a_source(void **state)
{
    const struct eg_controller_type *type = *state;
    assert_non_null(type->name);
    assert_true(strlen(type->summary) > 0 && strlen(type->source) > 0);
    assert_ptr_equal(eg_controller_find(type->name), type);
    assert_null(eg_controller_find("no such controller"));
}

static void parameters_lie_below_controller_and_have_a_meaning(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    for (size_t i = 0; i < f.params.count; i++) {
        const struct eg_param_row *row = &f.params.rows[i];
        assert_int_equal(strncmp(row->name, "controller/", 11), 0);
        assert_true(row->symbol && row->shape && row->unit && row->equation && row->init);
    }
}

static void begin_makes_two_runs_equal(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        real *params = calloc(f.params.size + 1, sizeof *params);
        eg_params_fill(&f.params, params, 3);
        const size_t bytes = 7 * f.outputs * sizeof(real);
        const real *a = h_of(&f, f.arena, params, NULL, 0, ROWS);
        const real *b = h_of(&f, f.arena, params, NULL, 0, ROWS);
        assert_true(a && b);
        assert_memory_equal(a, b, bytes);
        free(params);
    }
}

/* Products over other numbers of rows may be summed in another order. */
static void rows_of_a_batch_are_independent(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        real *params = calloc(f.params.size + 1, sizeof *params);
        eg_params_fill(&f.params, params, 3);
        const real *all = h_of(&f, f.arena, params, NULL, 0, ROWS);
        for (size_t r = 0; r < 2; r++) {
            const real *one = h_of(&f, f.arena, params, NULL, r, 1);
            for (size_t t = 0, from = 0; t < STEPS; from += running[t++])
                for (size_t i = 0; i < f.outputs; i++)
                    check_close(all[(from + r) * f.outputs + i], one[t * f.outputs + i], 0,
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
        real *params = calloc(f.params.size + 1, sizeof *params);
        real *grads = calloc(f.params.size + 1, sizeof *grads);
        eg_params_fill(&f.params, params, 3);
        const real *a = h_of(&f, f.arena, params, NULL, 0, ROWS);
        const real *b = h_of(&f, f.arena, params, grads, 0, ROWS);
        for (size_t i = 0; i < 7 * f.outputs; i++)
            check_close(a[i], b[i], 0, 64 * EG_EPS);
        free(params);
        free(grads);
    }
}

/* What copy() shows is finite, and no longer than the shape says. */
static void fields_fill_their_shapes(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        struct eg_tape tape;
        real *params = calloc(f.params.size + 1, sizeof *params);
        eg_params_fill(&f.params, params, 3);
        eg_tape_begin(&tape, f.arena, eg_kernels_best(), params, NULL);
        struct eg_var *x = eg_tape_var(&tape, ROWS, INPUTS, 0);
        struct eg_var *read = f.read ? eg_tape_var(&tape, ROWS, f.read, 0) : NULL;
        draw_normal(x->x, ROWS * INPUTS, 1, 1);
        if (read)
            draw_normal(read->x, ROWS * f.read, 1, 2);
        for (int after = 0; after < 2; after++) {
            if (!after)
                assert_int_equal(f.type->begin(f.controller, &tape, x, ROWS), EG_OK);
            else
                assert_non_null(f.type->step(f.controller, &tape, 0, ROWS, read));
            for (const struct eg_field *field = f.type->fields; field->name; field++) {
                size_t n = 1;
                for (const char *c = field->shape; *c; c++)
                    n *= f.type->extent(f.controller, *c);
                assert_true(n > 0 && n < 64 && field->units && field->help && field->equation);
                if (!after && !field->has_start)
                    continue;
                for (size_t l = 0; l < f.type->layers(f.controller); l++)
                    for (size_t r = 0; r < ROWS; r++) {
                        real out[64];
                        for (size_t i = 0; i < 64; i++)
                            out[i] = (real) 12345;
                        f.type->copy(f.controller, field->id, l, r, out);
                        for (size_t i = 0; i < 64; i++)
                            assert_true(i < n ? isfinite(out[i]) && out[i] < 12345
                                              : out[i] == (real) 12345);
                    }
            }
        }
        free(params);
    }
}

/* The numbers of `name` in layer `l`; NULL where there are none. */
static real *of_layer(const struct fixture *f, real *params, size_t l, const char *name, size_t *n)
{
    char path[64];
    snprintf(path, sizeof path, "controller/layer%zu/%s", l, name);
    const struct eg_param_row *row = eg_params_find(&f->params, path);
    *n = row ? row->rows * row->cols : 0;
    return row ? params + row->offset : NULL;
}

static void switch_off(const struct fixture *f, real *params, size_t l, const char *name)
{
    size_t n;
    real *x = of_layer(f, params, l, name, &n);
    for (size_t i = 0; i < n; i++)
        x[i] = 0;
}

/* Layer 1 is given the numbers of layer 0 where the two see the same, and nothing from below: it
 * then computes what layer 0 does, and the second half of h is the first. */
static void a_skipping_layer_sees_the_input_and_what_was_read(void **state)
{
    static const char *const shared[] = {"weight_recurrent", "bias", "bias_recurrent",
                                         "hidden_start", "cell_start"};
    if (!has_option(*state, "skip"))
        return;
    for (size_t read = 0; read <= 2; read += 2) {
        struct fixture f = {.type = *state, .read = read, .settings = "size=3 layers=2 skip=both"};
        open_fixture(&f);
        real *params = calloc(f.params.size + 1, sizeof *params), *below, *above;
        size_t n, m;
        assert_int_equal(f.outputs, 2 * CELLS);
        eg_params_fill(&f.params, params, 3);
        below = of_layer(&f, params, 0, "weight_input", &n);
        above = of_layer(&f, params, 1, "weight_skip", &m);
        assert_true(n > 0 && n == m);
        memcpy(above, below, n * sizeof *above);
        switch_off(&f, params, 1, "weight_input");
        for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
            below = of_layer(&f, params, 0, shared[i], &n);
            above = of_layer(&f, params, 1, shared[i], &m);
            assert_int_equal(n, m);
            if (n)
                memcpy(above, below, n * sizeof *above);
        }
        const real *h = h_of(&f, f.arena, params, NULL, 0, ROWS);
        for (size_t r = 0; r < 7; r++)
            for (size_t i = 0; i < CELLS; i++) {
                const real *row = h + r * f.outputs;
                check_close(row[i], row[CELLS + i], 0, 64 * EG_EPS);
                assert_true(row[i] != 0);
            }
        free(params);
        close_fixture(&f);
    }
}

/* With all that comes from below switched off, x reaches the layer above through W_s only. */
static void a_layer_that_does_not_skip_sees_the_layer_below_only(void **state)
{
    if (!has_option(*state, "skip"))
        return;
    struct fixture f = {.type = *state, .settings = "size=3 layers=2 skip=output"};
    open_fixture(&f);
    real *params = calloc(f.params.size + 1, sizeof *params);
    size_t n;
    assert_null(of_layer(&f, params, 1, "weight_skip", &n));
    eg_params_fill(&f.params, params, 3);
    switch_off(&f, params, 1, "weight_input");
    const real *h = h_of(&f, f.arena, params, NULL, 0, ROWS);
    for (size_t i = CELLS; i < f.outputs; i++) {
        check_close(h[i], h[f.outputs + i], 0, 64 * EG_EPS);
        check_close(h[i], h[2 * f.outputs + i], 0, 64 * EG_EPS);
    }
    assert_true(h[0] != h[f.outputs]);
    free(params);
    close_fixture(&f);
}

/* In the order of eq. C5: input, forget, output, candidate. */
static void biases_of_the_lstm_start_where_they_are_told(void **state)
{
    if (!has_option(*state, "forget_bias"))
        return;
    static const double told[] = {0.5, -3, 2, 0}, usual[] = {0, 1, 0, 0};
    for (size_t k = 0; k < 2; k++) {
        struct fixture f = {.type = *state};
        strcpy(f.settings, k ? "size=3 layers=2"
                             : "size=3 layers=2 input_bias=0.5 forget_bias=-3 output_bias=2");
        open_fixture(&f);
        real *params = calloc(f.params.size, sizeof *params);
        eg_params_fill(&f.params, params, 3);
        for (size_t layer = 0; layer < 2; layer++) {
            size_t n;
            const real *bias = of_layer(&f, params, layer, "bias", &n);
            assert_non_null(bias);
            assert_int_equal(n, 12);
            for (size_t i = 0; i < n; i++)
                assert_true(bias[i] == (real) (k ? usual : told)[i / 3]);
        }
        free(params);
        close_fixture(&f);
    }
}

static void init_survives_every_allocation_failing_once(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    {
        const struct eg_controller_size size = {.inputs = INPUTS, .read = f.read};
        int ret = EG_ERR_NOMEM;
        for (size_t n = 0; ret != EG_OK; n++) {
            struct eg_arena *arena = new_arena();
            struct eg_params params;
            struct eg_message m;
            size_t outputs;
            assert_true(n < 1000);
            eg_params_init(&params, arena);
            eg_arena_fail_after(arena, n);
            memset(f.controller, 0, f.type->state_size);
            ret = f.type->init(f.controller, f.options, &size, &params, &outputs, &m);
            assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
            if (ret == EG_OK) /* a name each, and what the biases of a layer start at */
                assert_int_equal(
                    n,
                    params.count
                        + (has_option(f.type, "forget_bias") ? f.type->layers(f.controller) : 0));
            eg_arena_free(&arena);
        }
    }
}

static void steps_survive_every_allocation_failing_once(void **state)
{
    struct fixture f;
    EACH_SETTING(f, state)
    for (int records = 0; records < 2; records++) {
        real *params = calloc(f.params.size + 1, sizeof *params);
        real *grads = calloc(f.params.size + 1, sizeof *grads);
        eg_params_fill(&f.params, params, 3);
        const real *want = h_of(&f, f.arena, params, records ? grads : NULL, 0, ROWS), *h = NULL;
        struct eg_arena *arena = new_arena();
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        for (size_t n = 0; !h; n++) {
            assert_true(n < 1000);
            eg_arena_rewind(arena, mark);
            eg_arena_fail_after(arena, n);
            h = h_of(&f, arena, params, records ? grads : NULL, 0, ROWS);
        }
        assert_memory_equal(h, want, 7 * f.outputs * sizeof *h);
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
        snprintf(name, sizeof name, "%s %sread of %zu", f.type->name, f.settings, f.read);
        const struct grad_case c = {
            .name = name,
            .rows = ROWS,
            .cols = STEPS * (INPUTS + f.read),
            .lo = -2,
            .hi = 2,
            .build = three_steps,
            .context = &f,
            .params = &f.params,
            .spread = 0.7,
        };
        check_grad_seeds(&c, 4); /* every setting is one more */
    }
}

#endif

int main(int argc, char **argv)
{
    int failed = 0;
    CHECK_FILTER(argc, argv);
    for (size_t i = 0; eg_controller_types[i]; i++) {
        union {
            const struct eg_controller_type *in;
            void *out;
        } type = {.in = eg_controller_types[i]};
#define ROW(test) cmocka_unit_test_prestate(test, type.out)
        const struct CMUnitTest tests[] = {
            ROW(has_a_name_a_summary_and_a_source),
            ROW(parameters_lie_below_controller_and_have_a_meaning),
            ROW(begin_makes_two_runs_equal),
            ROW(rows_of_a_batch_are_independent),
            ROW(a_tape_that_records_computes_the_same),
            ROW(fields_fill_their_shapes),
            ROW(a_skipping_layer_sees_the_input_and_what_was_read),
            ROW(a_layer_that_does_not_skip_sees_the_layer_below_only),
            ROW(biases_of_the_lstm_start_where_they_are_told),
            ROW(init_survives_every_allocation_failing_once),
            ROW(steps_survive_every_allocation_failing_once),
#ifdef EG_DOUBLE
            ROW(gradient_through_three_steps_is_the_derivative),
#endif
        };
        print_message("%s\n", type.in->name);
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed != 0;
}
