/* Controller, memory and output layer together: the gradient of a whole model through the loss, and
 * blocks of sequences of different lengths. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/model.h"
#include "tensor/loss.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/example.h"

static const size_t lengths[COUNT] = {6, 4, 1};

/* The sequences [first, first + count) of the example, as a block.  Answers are asked from the
 * second step on, and of the third sequence at the first. */
static void make_block(struct example *e, size_t first, size_t count)
{
    real input[STEPS * COUNT * INPUTS], target[STEPS * COUNT * OUTPUTS];
    memset(e, 0, sizeof *e);
    draw_normal(input, STEPS * COUNT * INPUTS, 1, 21);
    draw_uniform(target, STEPS * COUNT * OUTPUTS, 0, 1, 22);
    const size_t steps = lengths[first];
    size_t at = 0, answers = 0;
    for (size_t t = 0; t < steps; t++) {
        e->from[t] = at;
        for (size_t b = first; b < first + count && t < lengths[b]; b++, at++) {
            const size_t k = t * COUNT + b;
            memcpy(e->input + at * INPUTS, input + k * INPUTS, INPUTS * sizeof *input);
            for (size_t c = 0; c < OUTPUTS; c++)
                e->target[at * OUTPUTS + c] = target[k * OUTPUTS + c] > (real) 0.5 ? 1 : 0;
            e->mask[at] = t > 0 || b == 2 ? 1 : 0;
            e->asked[t] |= e->mask[at] != 0;
        }
        e->rows[t] = at - e->from[t];
    }
    for (size_t t = 0; t < steps; t++)
        for (size_t r = e->from[t]; e->asked[t] && r < e->from[t] + e->rows[t]; r++, answers++) {
            memcpy(e->answer_target + answers * OUTPUTS, e->target + r * OUTPUTS,
                   OUTPUTS * sizeof *target);
            e->answer_mask[answers] = e->mask[r];
        }
    e->block = (struct eg_block){.count = count,
                                 .steps = steps,
                                 .rows = e->rows,
                                 .from = e->from,
                                 .total = at,
                                 .input = e->input,
                                 .target = e->target,
                                 .mask = e->mask,
                                 .asked = e->asked};
}

static struct eg_var *loss_of(const struct fixture *f, struct eg_tape *tape,
                              const struct example *e)
{
    struct eg_var *logits;
    if (eg_model_run(&f->model, tape, &e->block, 0, NULL, NULL, &logits))
        return NULL;
    return eg_sigmoid_loss(tape, logits, e->answer_target, e->answer_mask, 1);
}

/* Loss of a block, and its gradient into `grads`. */
static double gradient_of(const struct fixture *f, const struct example *e, real *grads)
{
    struct eg_tape tape;
    memset(grads, 0, f->model.params.size * sizeof *grads);
    eg_tape_begin(&tape, f->arena, eg_kernels_best(), f->params, grads);
    struct eg_var *loss = loss_of(f, &tape, e);
    assert_non_null(loss);
    eg_tape_backward(&tape, loss);
    return (double) loss->x[0];
}

/* Models worth telling apart. */
static const struct {
    const char *controller, *controller_settings, *memory, *memory_settings;
} models[] = {
    {"lstm", "size=4", "ntm", "slots=5 width=3 start=learned weighting=learned"},
    {"feedforward", "size=4", "ntm", "slots=5 width=3 read_heads=2 write_heads=2"},
    {"gru", "size=3 layers=2", "ntm", "slots=4 width=2 order=read-write start=learned"},
    {"rnn", "size=4", "none", ""},
    {"lstm", "size=3 layers=2 start=zero", "none", ""},
    {"none", "", "ntm", "slots=4 width=2 read_start=zero weighting=uniform"},
    {"none", "", "none", ""},
    {"lstm", "size=3 layers=2 skip=both", "ntm", "slots=4 width=2"},
    {"gru", "size=3 layers=3 skip=both", "none", ""},
};
enum { MODELS = sizeof models / sizeof models[0] };

static void open_nth(struct fixture *f, size_t i)
{
    open_model(f, models[i].controller, models[i].controller_settings, models[i].memory,
               models[i].memory_settings);
}

static void a_block_is_the_sum_of_its_sequences(void **state)
{
    (void) state;
    const double tolerance = sizeof(real) == 8 ? 1e-12 : 1e-5;
    for (size_t i = 0; i < MODELS; i++) {
        struct fixture f;
        open_nth(&f, i);
        const size_t size = f.model.params.size;
        real *all = calloc(size, sizeof *all), *one = calloc(size, sizeof *one);
        double *sum = calloc(size, sizeof *sum), loss = 0;
        struct example e;
        for (size_t b = 0; b < COUNT; b++) {
            make_block(&e, b, 1);
            loss += gradient_of(&f, &e, one);
            for (size_t k = 0; k < size; k++)
                sum[k] += (double) one[k];
        }
        make_block(&e, 0, COUNT);
        check_close(gradient_of(&f, &e, all), loss, tolerance, 0);
        check_all_close(all, sum, size, tolerance, tolerance);
        free(all);
        free(one);
        free(sum);
        close_model(&f);
    }
}

/* The gradient of b_i is the sum of what comes back to the control, over steps and sequences.  No
 * part of it is larger than the limit, and a limit that nothing reaches changes no bit. */
static void a_limit_bounds_what_comes_back_to_the_control(void **state)
{
    (void) state;
    static const struct {
        const char *settings;
        double limit;
    } cases[] = {{"", 0}, {"gradient_limit=1e9", 1e9}, {"gradient_limit=1e-4", 1e-4}};
    double largest[3];
    real *grads[3];
    struct example e;
    make_block(&e, 0, COUNT);
    for (size_t k = 0; k < 3; k++) {
        struct fixture f;
        open_set(&f, cases[k].settings, INPUTS, OUTPUTS, "feedforward", "size=4", "ntm",
                 "slots=5 width=3 start=learned");
        grads[k] = calloc(f.model.params.size, sizeof(real));
        gradient_of(&f, &e, grads[k]);
        const struct eg_param_row *bias = eg_params_find(&f.model.params, "interface/bias");
        largest[k] = 0;
        for (size_t i = 0; i < bias->cols; i++)
            largest[k] = fmax(largest[k], fabs((double) grads[k][bias->offset + i]));
        if (k == 1)
            assert_memory_equal(grads[0], grads[1], f.model.params.size * sizeof(real));
        close_model(&f);
    }
    const double most = (double) e.block.total * cases[2].limit;
    assert_true(largest[0] > most);
    assert_true(largest[2] <= most * (1 + 64 * EG_EPS));
    assert_true(largest[2] > 0);
    for (size_t k = 0; k < 3; k++)
        free(grads[k]);
}

/* What is asked at no step of the block need not be computed, and does not change the rest. */
static void all_steps_or_those_that_ask_give_the_same_logits(void **state)
{
    (void) state;
    struct fixture f;
    struct example e;
    open_nth(&f, 0);
    make_block(&e, 0, 2);
    assert_false(e.asked[0]);
    struct eg_tape tape;
    struct eg_var *some, *all;
    eg_tape_begin(&tape, f.arena, eg_kernels_best(), f.params, NULL);
    assert_int_equal(eg_model_run(&f.model, &tape, &e.block, 0, NULL, NULL, &some), EG_OK);
    assert_int_equal(eg_model_run(&f.model, &tape, &e.block, 1, NULL, NULL, &all), EG_OK);
    assert_int_equal(all->rows, e.block.total);
    assert_int_equal(some->rows, e.block.total - 2);
    for (size_t i = 0; i < some->rows * OUTPUTS; i++)
        check_close(some->x[i], all->x[2 * OUTPUTS + i], 0, 32 * EG_EPS);
    close_model(&f);
}

struct seen {
    long next;
    size_t rows[STEPS + 1];
};

static void look(void *context, long step, size_t rows, const void *shown)
{
    struct seen *seen = context;
    assert_non_null(shown);
    assert_int_equal(step, seen->next - 1);
    seen->rows[seen->next++] = rows;
}

static void the_observer_sees_the_start_and_every_step(void **state)
{
    (void) state;
    struct fixture f;
    struct example e;
    struct seen seen = {0};
    open_nth(&f, 0);
    make_block(&e, 0, COUNT);
    struct eg_tape tape;
    struct eg_var *logits;
    eg_tape_begin(&tape, f.arena, eg_kernels_best(), f.params, NULL);
    assert_int_equal(eg_model_run(&f.model, &tape, &e.block, 1, look, &seen, &logits), EG_OK);
    const size_t want[STEPS + 1] = {3, 3, 2, 2, 2, 1, 1};
    assert_int_equal(seen.next, STEPS + 1);
    assert_memory_equal(seen.rows, want, sizeof want);
    close_model(&f);
}

static void a_run_survives_every_allocation_failing_once(void **state)
{
    (void) state;
    for (size_t i = 0; i < MODELS; i++) {
        struct fixture f;
        struct example e;
        open_nth(&f, i);
        make_block(&e, 0, COUNT);
        real *grads = calloc(f.model.params.size, sizeof *grads);
        struct eg_arena *arena = new_arena();
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        int ret = EG_ERR_NOMEM;
        for (size_t n = 0; ret != EG_OK; n++) {
            struct eg_tape tape;
            struct eg_var *logits;
            assert_true(n < 10000);
            eg_arena_rewind(arena, mark);
            eg_arena_fail_after(arena, n);
            eg_tape_begin(&tape, arena, eg_kernels_best(), f.params, grads);
            ret = eg_model_run(&f.model, &tape, &e.block, 0, NULL, NULL, &logits);
            assert_true(ret == EG_OK ? logits != NULL : ret == EG_ERR_NOMEM && !logits);
        }
        eg_arena_free(&arena);
        free(grads);
        close_model(&f);
    }
}

static void init_survives_every_allocation_failing_once(void **state)
{
    (void) state;
    struct fixture f;
    open_nth(&f, 0);
    int ret = EG_ERR_NOMEM;
    for (size_t n = 0; ret != EG_OK; n++) {
        struct eg_arena *arena = new_arena();
        struct eg_message message;
        struct eg_model model;
        assert_true(n < 1000);
        eg_arena_fail_after(arena, n);
        const struct eg_model_size size = {.inputs = INPUTS, .outputs = OUTPUTS};
        ret = eg_model_init(&model, arena, &eg_model_recurrent, &f.config, &size, &message);
        assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
        eg_arena_free(&arena);
    }
    close_model(&f);
}

/* rnn of 4 cells: W_x 3x4, W_r 4x4, W_o 4x2, three products of two operations each. */
static void operations_are_counted(void **state)
{
    (void) state;
    struct fixture f;
    open_nth(&f, 3);
    check_close(eg_model_flops(&f.model, 5, 3), 5 * 6 * (12 + 16) + 3 * 6 * 8, 1e-12, 0);
    close_model(&f);
}

/* The LSTMs of Graves, Wayne & Danihelka 2014, table 3, as numbers of inputs and outputs that fit:
 * three layers of 4 H (u + x + h + 1) weights, h_0 and c_0, and an output layer over all layers. */
static void the_paper_s_lstms_have_their_numbers_of_parameters(void **state)
{
    static const struct {
        size_t inputs, outputs;
        const char *settings;
        size_t parameters;
    } rows[] = {
        {10, 9, "size=256 layers=3 skip=both", 1352969}, /* copy               */
        {8, 7, "size=512 layers=3 skip=both", 5312007},  /* repeat copy        */
        {8, 6, "size=256 layers=3 skip=both", 1344518},  /* associative recall */
        {1, 1, "size=128 layers=3 skip=both", 331905},   /* N-grams            */
    };
    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture f;
        open_sized(&f, rows[i].inputs, rows[i].outputs, "lstm", rows[i].settings, "none", "");
        assert_int_equal(f.model.params.total, rows[i].parameters);
        close_model(&f);
    }
}

#ifdef EG_DOUBLE

static struct eg_var *whole(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) x;
    const struct fixture *f = context;
    struct example *e = eg_arena_take(tape->arena, sizeof *e);
    make_block(e, 0, COUNT);
    return loss_of(f, tape, e);
}

static void backward_is_the_derivative(void **state)
{
    (void) state;
    for (size_t i = 0; i < MODELS; i++) {
        struct fixture f;
        open_nth(&f, i);
        char name[128];
        snprintf(name, sizeof name, "%s + %s", models[i].controller, models[i].memory);
        const struct grad_case c = {
            .name = name, .build = whole, .context = &f, .params = &f.model.params, .spread = 0.7};
        check_grad_seeds(&c, 4);
        close_model(&f);
    }
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_the_sum_of_its_sequences),
        cmocka_unit_test(a_limit_bounds_what_comes_back_to_the_control),
        cmocka_unit_test(all_steps_or_those_that_ask_give_the_same_logits),
        cmocka_unit_test(the_observer_sees_the_start_and_every_step),
        cmocka_unit_test(a_run_survives_every_allocation_failing_once),
        cmocka_unit_test(init_survives_every_allocation_failing_once),
        cmocka_unit_test(operations_are_counted),
        cmocka_unit_test(the_paper_s_lstms_have_their_numbers_of_parameters),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
