/* The numbers of tests/golden/ntm_6steps.h5, which were computed independently in NumPy and PyTorch
 * (tests/golden/make_ntm.py): every intermediate value, the loss, and the gradient by each. */
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

#include "tests/check.h"
#include "tests/example.h"
#include "tests/golden.h"

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

static void compare_shown(void *context, long step, size_t rows, const void *from)
{
    const struct watch *watch = context;
    const struct eg_model *model = &watch->f->model;
    for (size_t i = 0; step >= 0 && i < sizeof shown / sizeof shown[0]; i++)
        for (size_t r = 0; r < rows; r++) {
            const size_t of = shown[i].of_memory ? 1 : 0;
            struct eg_model_part part;
            assert_true(model->type->part(model->state, of, &part));
            const struct eg_field *field = field_called(part.fields, shown[i].field);
            real x[64];
            const size_t n = eg_model_field_size(model, of, field);
            model->type->copy(from, of, 0, field->id, r, x);
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
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
