/* Controller, memory and output layer together: the gradient of a whole model through the loss,
 * blocks of sequences of different lengths, and the numbers of tests/golden/ntm_6steps.h5, which
 * were computed independently, in NumPy and PyTorch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attention/address.h"
#include "controllers/lstm_cell.h"
#include "memory/access.h"
#include "models/model.h"
#include "tensor/activate.h"
#include "tensor/linear.h"
#include "tensor/loss.h"
#include "tensor/pointwise.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"
#include "tests/golden.h"

enum { INPUTS = 3, OUTPUTS = 2, STEPS = 6, COUNT = 3 };

static const size_t lengths[COUNT] = {6, 4, 1};

struct fixture {
    struct eg_arena *arena;
    struct eg_model model;
    void *options[2];
    real *params;
};

static void open_model(struct fixture *f, const char *controller, const char *controller_settings,
                       const char *memory, const char *memory_settings)
{
    const struct eg_controller_type *c = eg_controller_find(controller);
    const struct eg_memory_type *m = eg_memory_find(memory);
    struct eg_message message = {""};
    f->arena = new_arena();
    f->options[0] = new_options(c->options, c->options_size, controller_settings);
    f->options[1] = new_options(m->options, m->options_size, memory_settings);
    assert_int_equal(eg_model_init(&f->model, f->arena, INPUTS, OUTPUTS, c, f->options[0], m,
                                   f->options[1], &message),
                     EG_OK);
    f->params = calloc(f->model.params.size, sizeof *f->params);
    assert_non_null(f->params);
    eg_params_fill(&f->model.params, f->params, 11);
}

static void close_model(struct fixture *f)
{
    free(f->options[0]);
    free(f->options[1]);
    free(f->params);
    eg_arena_free(&f->arena);
}

/* The sequences [first, first + count) of the example, as a block.  Answers are asked from the
 * second step on, and of the third sequence at the first. */
struct example {
    struct eg_block block;
    size_t rows[STEPS], from[STEPS];
    uint8_t asked[STEPS];
    real input[STEPS * COUNT * INPUTS], target[STEPS * COUNT * OUTPUTS], mask[STEPS * COUNT];
    real answer_target[STEPS * COUNT * OUTPUTS], answer_mask[STEPS * COUNT];
};

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

static void look(void *context, long step, size_t rows, const void *controller, const void *memory)
{
    struct seen *seen = context;
    assert_non_null(controller);
    assert_non_null(memory);
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
        ret = eg_model_init(&model, arena, INPUTS, OUTPUTS, f.model.controller, f.options[0],
                            f.model.memory, f.options[1], &message);
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

/* ---- golden values ---- */

#define GOLDEN EG_TEST_DATA "/golden/ntm_6steps.h5"

enum { T = 6, B = 2, I = 3, H = 7, O = 2, N = 5, M = 4, R = 2, W = 1, S = 3 };
enum { HEADS = R + W, ADDRESS = M + 3 + S, CONTROL = R * ADDRESS + W * (ADDRESS + 2 * M) };

/* In float everything is compared too, to what float has. */
static void compare(hid_t file, const char *path, const real *got, size_t n, size_t from)
{
    const struct golden want = golden_read(file, path);
    const double rtol = sizeof(real) == 8 ? want.rtol : 2e-4;
    const double atol = sizeof(real) == 8 ? want.atol : 2e-5;
    assert_true(from + n <= want.n);
    if (sizeof(real) == 8)
        assert_true(rtol > 0 && rtol <= 1e-9 && atol <= 1e-12);
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double) got[i] - want.x[from + i]) <= atol + rtol * fabs(want.x[from + i]))) {
            print_error("%s[%zu] = %.17g, expected %.17g\n", path, from + i, (double) got[i],
                        want.x[from + i]);
            fail();
        }
    free(want.x);
}

/* One tensor of the model and the dataset it is, or the rows from `from` on of it. */
static const struct {
    const char *name, *path;
    size_t from, n;
    int transposed;
} tensors[] = {
    {"controller/layer0/weight_input", "controller/weight", 0, I * 4 * H, 0},
    {"controller/layer0/weight_recurrent", "controller/weight", I * 4 * H, (R * M + H) * 4 * H, 0},
    {"controller/layer0/bias", "controller/bias", 0, 4 * H, 0},
    {"controller/layer0/hidden_start", "controller/h0", 0, H, 0},
    {"controller/layer0/cell_start", "controller/c0", 0, H, 0},
    {"interface/weight", "interface/weight", 0, H *CONTROL, 0},
    {"interface/bias", "interface/bias", 0, CONTROL, 0},
    {"output/weight", "output/weight", 0, (H + R * M) * O, 0},
    {"output/bias", "output/bias", 0, O, 0},
    {"memory/start", "memory/initial", 0, N *M, 1},
    {"memory/read_start", "memory/initial_reads", 0, R *M, 0},
    {"memory/weighting_start", "memory/initial_read_logits", 0, R *N, 0},
};
enum { TENSORS = sizeof tensors / sizeof tensors[0] };

/* The memory as the file has it, (N, M), from (M, N). */
static void by_slot(real *out, const real *memory)
{
    for (size_t i = 0; i < N; i++)
        for (size_t m = 0; m < M; m++)
            out[i * M + m] = memory[m * N + i];
}

static hid_t open_golden(struct fixture *f)
{
    const hid_t file = H5Fopen(GOLDEN, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) {
        print_error("cannot open " GOLDEN "\n");
        fail();
    }
    open_model(f, "lstm", "size=7", "ntm",
               "slots=5 width=4 read_heads=2 write_heads=1 order=write-read start=learned "
               "weighting=learned read_start=learned");
    size_t total = 0;
    for (size_t i = 0; i < TENSORS; i++) {
        const struct eg_param_row *row = eg_params_find(&f->model.params, tensors[i].name);
        assert_non_null(row);
        char path[128];
        snprintf(path, sizeof path, "parameters/%s", tensors[i].path);
        const struct golden x = golden_read(file, path);
        real *to = f->params + row->offset;
        for (size_t k = 0; k < tensors[i].n; k++) {
            const size_t at = tensors[i].transposed ? k % N * M + k / N : k;
            to[k] = (real) x.x[tensors[i].from + at];
        }
        total += tensors[i].n;
        free(x.x);
    }
    const struct golden x = golden_read(file, "parameters/memory/initial_write_logits");
    real *to = f->params + eg_params_find(&f->model.params, "memory/weighting_start")->offset;
    for (size_t k = 0; k < W * N; k++)
        to[R * N + k] = (real) x.x[k];
    free(x.x);
    assert_int_equal(total + W * N, f->model.params.total);
    return file;
}

static void compare_gradients(hid_t file, const struct fixture *f, const real *grads)
{
    for (size_t i = 0; i < TENSORS; i++) {
        const struct eg_param_row *row = eg_params_find(&f->model.params, tensors[i].name);
        char path[128];
        snprintf(path, sizeof path, "gradients/parameters/%s", tensors[i].path);
        real memory[N * M];
        const real *got = grads + row->offset;
        if (tensors[i].transposed) {
            by_slot(memory, got);
            got = memory;
        }
        compare(file, path, got, tensors[i].n, tensors[i].from);
    }
    const struct eg_param_row *row = eg_params_find(&f->model.params, "memory/weighting_start");
    compare(file, "gradients/parameters/memory/initial_write_logits", grads + row->offset + R * N,
            W * N, 0);
}

/* The rows of the file's inputs that belong to a block: sequences that have ended are left out
 * when `cut`, else they run on as they do in the file. */
static void golden_block(hid_t file, struct example *e, int cut)
{
    const struct golden input = golden_read(file, "inputs/input");
    const struct golden target = golden_read(file, "inputs/target");
    const struct golden mask = golden_read(file, "inputs/mask");
    const struct golden length = golden_read(file, "inputs/lengths");
    size_t at = 0;
    memset(e, 0, sizeof *e);
    for (size_t t = 0; t < T; t++) {
        e->from[t] = at;
        e->asked[t] = 1;
        for (size_t b = 0; b < B; b++) {
            if (cut && (double) t >= length.x[b])
                continue;
            for (size_t i = 0; i < I; i++)
                e->input[at * I + i] = (real) input.x[(t * B + b) * I + i];
            for (size_t o = 0; o < O; o++)
                e->target[at * O + o] = (real) target.x[(t * B + b) * O + o];
            e->mask[at++] = (real) mask.x[t * B + b];
        }
        e->rows[t] = at - e->from[t];
    }
    memcpy(e->answer_target, e->target, sizeof e->target);
    memcpy(e->answer_mask, e->mask, sizeof e->mask);
    e->block = (struct eg_block){.count = B,
                                 .steps = T,
                                 .rows = e->rows,
                                 .from = e->from,
                                 .total = at,
                                 .input = e->input,
                                 .target = e->target,
                                 .mask = e->mask,
                                 .asked = e->asked};
    free(input.x);
    free(target.x);
    free(mask.x);
    free(length.x);
}

/* What the plug-ins show, compared as the model runs. */
struct watch {
    hid_t file;
    const struct fixture *f;
};

static const struct {
    const char *field, *path;
    int of_memory;
} shown[] = {
    {"hidden", "controller/h", 0},
    {"cell", "controller/c", 0},
    {"memory", "memory", 1},
    {"read", "reads", 1},
    {"read_weights", "read/weights", 1},
    {"write_weights", "write/weights", 1},
    {"read_key", "read/key", 1},
    {"read_strength", "read/strength", 1},
    {"read_gate", "read/gate", 1},
    {"read_shift", "read/shift", 1},
    {"read_sharpening", "read/sharpening", 1},
    {"write_key", "write/key", 1},
    {"write_strength", "write/strength", 1},
    {"write_gate", "write/gate", 1},
    {"write_shift", "write/shift", 1},
    {"write_sharpening", "write/sharpening", 1},
    {"erase", "write/erase", 1},
    {"add", "write/add", 1},
};

static const struct eg_field *field_called(const struct eg_field *field, const char *name)
{
    while (field->name && strcmp(field->name, name))
        field++;
    assert_non_null(field->name);
    return field;
}

static void compare_shown(void *context, long step, size_t rows, const void *controller,
                          const void *memory)
{
    const struct watch *watch = context;
    const struct eg_model *model = &watch->f->model;
    for (size_t i = 0; step >= 0 && i < sizeof shown / sizeof shown[0]; i++)
        for (size_t r = 0; r < rows; r++) {
            const struct eg_field *field =
                field_called(shown[i].of_memory ? model->memory->fields : model->controller->fields,
                             shown[i].field);
            real x[64];
            size_t n = 1;
            for (const char *c = field->shape; *c; c++)
                n *= shown[i].of_memory ? model->memory->extent(memory, *c)
                                        : model->controller->extent(controller, *c);
            if (shown[i].of_memory)
                model->memory->copy(memory, field->id, r, x);
            else
                model->controller->copy(controller, field->id, 0, r, x);
            char path[128];
            snprintf(path, sizeof path, "values/%s", shown[i].path);
            compare(watch->file, path, x, n, ((size_t) step * B + r) * n);
        }
}

static void a_model_reproduces_the_golden_values_and_gradients(void **state)
{
    (void) state;
    for (int cut = 0; cut < 2; cut++) {
        struct fixture f;
        struct example e;
        const hid_t file = open_golden(&f);
        golden_block(file, &e, cut);
        real *grads = calloc(f.model.params.size, sizeof *grads);
        struct eg_tape tape;
        struct eg_var *logits;
        struct watch watch = {file, &f};
        eg_tape_begin(&tape, f.arena, eg_kernels_best(), f.params, grads);
        assert_int_equal(eg_model_run(&f.model, &tape, &e.block, 1, compare_shown, &watch, &logits),
                         EG_OK);
        for (size_t t = 0; t < T; t++)
            compare(file, "values/logits", eg_row(logits, e.from[t]), e.rows[t] * O, t * B * O);
        struct eg_var *loss =
            eg_sigmoid_loss(&tape, logits, e.answer_target, e.answer_mask, 1 / (real) B);
        compare(file, "values/loss", loss->x, 1, 0);
        eg_tape_backward(&tape, loss);
        compare_gradients(file, &f, grads);
        for (size_t t = 0; t < T; t++)
            compare(file, "gradients/values/logits", eg_drow(logits, e.from[t]), e.rows[t] * O,
                    t * B * O);
        free(grads);
        close_model(&f);
        H5Fclose(file);
    }
}

/* The same network, op by op, so that nothing in it is out of sight. */
enum { CONTENT, GATED, SHIFTED, WEIGHTS, SIMILARITY, WEIGHINGS };

struct trace {
    struct eg_var *gates[T], *c[T], *h[T], *control[T], *parts[T], *memory[T], *reads[T];
    struct eg_var *weighing[WEIGHINGS][T][HEADS]; /* read heads first */
};

static struct eg_param tensor(const struct fixture *f, const char *name)
{
    const struct eg_param_row *row = eg_params_find(&f->model.params, name);
    return (struct eg_param){.offset = row->offset, .rows = row->rows, .cols = row->cols};
}

static size_t head_from(size_t head)
{
    return head * ADDRESS + (head > R ? (head - R) * 2 * M : 0);
}

static struct eg_var *weigh(struct eg_tape *tape, struct trace *v, size_t t, size_t head,
                            struct eg_var *memory, struct eg_var *w_prev)
{
    struct eg_var *z = eg_tape_cols(tape, v->parts[t], head_from(head), ADDRESS);
    struct eg_var *w = eg_cosine(tape, eg_tape_cols(tape, z, 0, M), memory, N, M);
    v->weighing[SIMILARITY][t][head] = w;
    w = eg_softmax_scaled(tape, w, eg_tape_cols(tape, z, M, 1));
    v->weighing[CONTENT][t][head] = w;
    w = eg_blend(tape, eg_tape_cols(tape, z, M + 1, 1), w, w_prev);
    v->weighing[GATED][t][head] = w;
    w = eg_shift(tape, w, eg_tape_cols(tape, z, M + 2, S), 1);
    v->weighing[SHIFTED][t][head] = w;
    w = eg_sharpen(tape, w, eg_tape_cols(tape, z, M + 2 + S, 1));
    v->weighing[WEIGHTS][t][head] = w;
    return w;
}

/* The parameters that eg_linear() is given must outlive the tape. */
struct weights {
    struct eg_param x, r, b, zw, zb, yw, yb;
};

static struct eg_var *by_hand(const struct fixture *f, struct eg_tape *tape, struct eg_var *x,
                              const struct weights *p, struct trace *v)
{
    static const struct eg_segment activations[] = {
        {0, 4, EG_TANH},     {4, 1, EG_SOFTPLUS}, {5, 1, EG_SIGMOID},   {6, 3, EG_SOFTMAX},
        {9, 1, EG_ONEPLUS},  {10, 4, EG_TANH},    {14, 1, EG_SOFTPLUS}, {15, 1, EG_SIGMOID},
        {16, 3, EG_SOFTMAX}, {19, 1, EG_ONEPLUS}, {20, 4, EG_TANH},     {24, 1, EG_SOFTPLUS},
        {25, 1, EG_SIGMOID}, {26, 3, EG_SOFTMAX}, {29, 1, EG_ONEPLUS},  {30, 4, EG_SIGMOID},
        {34, 4, EG_TANH},
    };
    const struct eg_param h0 = tensor(f, "controller/layer0/hidden_start");
    const struct eg_param c0 = tensor(f, "controller/layer0/cell_start");
    const struct eg_param r0 = tensor(f, "memory/read_start"), m0 = tensor(f, "memory/start");
    const struct eg_param w0 = tensor(f, "memory/weighting_start");
    const struct eg_param flat = {.offset = m0.offset, .rows = 1, .cols = N * M};
    struct eg_var *h = eg_repeat(tape, eg_tape_param(tape, &h0), B);
    struct eg_var *c = eg_repeat(tape, eg_tape_param(tape, &c0), B);
    struct eg_var *read = eg_repeat(tape, eg_tape_param(tape, &r0), B);
    struct eg_var *memory = eg_repeat(tape, eg_tape_param(tape, &flat), B), *w[HEADS];
    struct eg_var *logits = eg_tape_param(tape, &w0), *hs[T], *reads[T];
    for (size_t head = 0; head < HEADS; head++)
        w[head] = eg_repeat(
            tape, eg_activate_all(tape, eg_tape_rows(tape, logits, head, 1), EG_SOFTMAX), B);
    for (size_t t = 0; t < T; t++) {
        struct eg_var *x_t = eg_tape_rows(tape, x, t * B, B), *in[] = {read, h};
        struct eg_var *z =
            eg_linear(tape, &p->r, NULL, eg_linear(tape, &p->x, &p->b, NULL, 1, &x_t), 2, in);
        v->gates[t] = z;
        h = v->h[t] = hs[t] = eg_lstm_cell(tape, z, c, &c);
        v->c[t] = c;
        v->control[t] = eg_linear(tape, &p->zw, &p->zb, NULL, 1, &h);
        v->parts[t] = eg_activate(tape, v->control[t], activations,
                                  sizeof activations / sizeof activations[0]);
        w[R] = weigh(tape, v, t, R, memory, w[R]);
        memory =
            eg_write(tape, memory, w[R], eg_tape_cols(tape, v->parts[t], head_from(R) + ADDRESS, M),
                     eg_tape_cols(tape, v->parts[t], head_from(R) + ADDRESS + M, M), N, M);
        v->memory[t] = memory;
        for (size_t head = 0; head < R; head++)
            w[head] = weigh(tape, v, t, head, memory, w[head]);
        read = eg_join(tape, eg_read(tape, memory, w[0], N, M), eg_read(tape, memory, w[1], N, M));
        v->reads[t] = reads[t] = read;
    }
    struct eg_var *in[] = {eg_stack(tape, T, hs), eg_stack(tape, T, reads)};
    return eg_linear(tape, &p->yw, &p->yb, NULL, 2, in);
}

/* A variable of step t against values/NAME and gradients/values/NAME, where row b has `n` numbers
 * from `from` on; `heads` and `head` say which of the numbers of a row they are. */
static void compare_var(hid_t file, const char *name, const struct eg_var *v, size_t t, size_t n,
                        size_t heads, size_t head)
{
    char path[2][128];
    snprintf(path[0], sizeof path[0], "values/%s", name);
    snprintf(path[1], sizeof path[1], "gradients/values/%s", name);
    for (size_t b = 0; b < B; b++)
        for (size_t which = 0; which < 2; which++) {
            const real *got = which ? eg_drow(v, b) : eg_row(v, b);
            real memory[N * M];
            if (!strcmp(name, "memory")) {
                by_slot(memory, got);
                got = memory;
            }
            compare(file, path[which], got, n, ((t * B + b) * heads + head) * n);
        }
}

static void compare_head(hid_t file, struct eg_tape *tape, const struct trace *v, size_t t,
                         size_t head)
{
    static const struct {
        const char *name;
        size_t from, n;
    } part[] = {{"key", 0, M},          {"strength", M, 1},           {"gate", M + 1, 1},
                {"shift", M + 2, S},    {"sharpening", M + 2 + S, 1}, {"erase", ADDRESS, M},
                {"add", ADDRESS + M, M}};
    static const char *const weighing[WEIGHINGS] = {"content", "gated", "shifted", "weights",
                                                    "similarity"};
    const size_t heads = head < R ? R : W, nth = head < R ? head : head - R;
    const char *kind = head < R ? "read" : "write";
    char name[64];
    for (size_t i = 0; i < (head < R ? 5 : 7); i++) {
        snprintf(name, sizeof name, "%s/%s", kind, part[i].name);
        compare_var(file, name,
                    eg_tape_cols(tape, v->parts[t], head_from(head) + part[i].from, part[i].n), t,
                    part[i].n, heads, nth);
    }
    for (size_t i = 0; i < WEIGHINGS; i++) {
        snprintf(name, sizeof name, "%s/%s", kind, weighing[i]);
        compare_var(file, name, v->weighing[i][t][head], t, N, heads, nth);
    }
}

static void composed_of_ops_every_intermediate_is_golden(void **state)
{
    (void) state;
    struct fixture f;
    struct example e;
    const hid_t file = open_golden(&f);
    golden_block(file, &e, 0);
    real *grads = calloc(f.model.params.size, sizeof *grads);
    struct eg_tape tape;
    struct trace v;
    eg_tape_begin(&tape, f.arena, eg_kernels_best(), f.params, grads);
    const struct weights p = {
        .x = tensor(&f, "controller/layer0/weight_input"),
        .r = tensor(&f, "controller/layer0/weight_recurrent"),
        .b = tensor(&f, "controller/layer0/bias"),
        .zw = tensor(&f, "interface/weight"),
        .zb = tensor(&f, "interface/bias"),
        .yw = tensor(&f, "output/weight"),
        .yb = tensor(&f, "output/bias"),
    };
    struct eg_var *x = eg_tape_var(&tape, T * B, I, 1);
    memcpy(x->x, e.input, T * B * I * sizeof *x->x);
    struct eg_var *logits = by_hand(&f, &tape, x, &p, &v);
    struct eg_var *loss =
        eg_sigmoid_loss(&tape, logits, e.answer_target, e.answer_mask, 1 / (real) B);
    assert_non_null(loss);
    eg_tape_backward(&tape, loss);

    compare(file, "values/loss", loss->x, 1, 0);
    compare(file, "values/logits", logits->x, T * B * O, 0);
    compare(file, "gradients/values/logits", logits->dx, T * B * O, 0);
    compare(file, "gradients/input", x->dx, T * B * I, 0);
    compare_gradients(file, &f, grads);
    for (size_t t = 0; t < T; t++) {
        compare_var(file, "controller/gates", v.gates[t], t, 4 * H, 1, 0);
        compare_var(file, "controller/c", v.c[t], t, H, 1, 0);
        compare_var(file, "controller/h", v.h[t], t, H, 1, 0);
        compare_var(file, "interface", v.control[t], t, CONTROL, 1, 0);
        compare_var(file, "memory", v.memory[t], t, N * M, 1, 0);
        compare_var(file, "reads", v.reads[t], t, R * M, 1, 0);
        for (size_t head = 0; head < HEADS; head++)
            compare_head(file, &tape, &v, t, head);
    }
    free(grads);
    close_model(&f);
    H5Fclose(file);
}

/* The cost of each sequence, in nats, by the function that evaluation uses. */
static void costs_of_single_sequences_are_golden(void **state)
{
    (void) state;
    struct fixture f;
    struct example e;
    const hid_t file = open_golden(&f);
    golden_block(file, &e, 0);
    const struct golden z = golden_read(file, "values/logits");
    real cost[B] = {0};
    for (size_t k = 0; k < T * B; k++) {
        const real logits[O] = {(real) z.x[k * O], (real) z.x[k * O + 1]};
        cost[k % B] += e.mask[k] * (real) eg_sigmoid_cost(logits, e.target + k * O, O);
    }
    compare(file, "values/sequence_loss", cost, B, 0);
    free(z.x);
    close_model(&f);
    H5Fclose(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_reproduces_the_golden_values_and_gradients),
        cmocka_unit_test(composed_of_ops_every_intermediate_is_golden),
        cmocka_unit_test(costs_of_single_sequences_are_golden),
        cmocka_unit_test(a_block_is_the_sum_of_its_sequences),
        cmocka_unit_test(all_steps_or_those_that_ask_give_the_same_logits),
        cmocka_unit_test(the_observer_sees_the_start_and_every_step),
        cmocka_unit_test(a_run_survives_every_allocation_failing_once),
        cmocka_unit_test(init_survives_every_allocation_failing_once),
        cmocka_unit_test(operations_are_counted),
#ifdef EG_DOUBLE
        cmocka_unit_test(backward_is_the_derivative),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
