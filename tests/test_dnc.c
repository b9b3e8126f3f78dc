/* The memory of a Differentiable Neural Computer, against its equations written out in double. */
#include <stdlib.h>
#include <string.h>

#include "memory/memory.h"

#include "tests/check.h"
#include "tests/fixture.h"

struct dnc {
    struct eg_arena *arena;
    struct eg_params params;
    struct eg_memory_size size;
    void *options, *state;
};

static void open_dnc(struct dnc *d, const char *settings)
{
    struct eg_message m;
    *d = (struct dnc){.arena = new_arena()};
    eg_params_init(&d->params, d->arena);
    d->options = new_options(eg_memory_dnc.options, eg_memory_dnc.options_size, settings);
    d->state = calloc(1, eg_memory_dnc.state_size);
    assert_non_null(d->state);
    assert_int_equal(eg_memory_dnc.init(d->state, d->options, &d->params, &d->size, &m), EG_OK);
    assert_int_equal(d->params.count, 0); /* it starts from zero */
}

static void close_dnc(struct dnc *d)
{
    free(d->options);
    free(d->state);
    eg_arena_free(&d->arena);
}

/* The field called `name` of sequence `row`, at least `n` numbers. */
static void field(const struct dnc *d, const char *name, size_t row, real *out)
{
    const struct eg_field *f = eg_memory_dnc.fields;
    while (f->name && strcmp(f->name, name))
        f++;
    assert_non_null(f->name);
    eg_memory_dnc.copy(d->state, f->id, row, out);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double oneplus(double x)
{
    return 1 + log(1 + exp(x));
}

static void softmax(double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += y[i] = exp(y[i]);
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

/* ---- the whole step, by the papers: R = 2 read heads, one write head ---- */

enum { N = 5, M = 3, R = 2, COLUMNS = R * M + 3 * M + 5 * R + 3, EXTRA = R * M + M + 2 * R };

struct plain {
    int mask, fade, sharpen;
    double memory[N][M], link[N][N], read[R][N], write[N], usage[N], precedence[N], reads[R][M];
    double psi[N], allocation[N];
};

static void content(double *c, const struct plain *p, const real *key, const real *mask,
                    double strength)
{
    for (size_t i = 0; i < N; i++) {
        double km = 0, kk = 1e-8, mm = 1e-8;
        for (size_t m = 0; m < M; m++) {
            const double on = p->mask ? sigmoid((double) mask[m]) : 1;
            const double k = on * (double) key[m], x = on * p->memory[i][m];
            km += k * x;
            kk += k * k;
            mm += x * x;
        }
        c[i] = strength * km / (sqrt(kk) * sqrt(mm));
    }
    softmax(c, N);
}

static void sharpened(double *d, double s)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += d[i] = pow(d[i] + 1e-6, s);
    for (size_t i = 0; i < N; i++)
        d[i] /= sum;
}

static void allocate(struct plain *p)
{
    for (size_t i = 0; i < N; i++) {
        p->allocation[i] = 1 - p->usage[i];
        for (size_t k = 0; k < N; k++) /* those that are written before slot i */
            if (p->usage[k] < p->usage[i] || (!(p->usage[i] < p->usage[k]) && k < i))
                p->allocation[i] *= p->usage[k];
    }
}

/* Usages that are all but equal may be sorted either way: the network's `usage` decides. */
static void plain_step(struct plain *p, const real *x, const real *usage)
{
    const real *read_key = x, *read_strength = read_key + R * M, *write_key = read_strength + R;
    const real *write_strength = write_key + M, *erase = write_strength + 1, *add = erase + M;
    const real *free_gate = add + M, *g_a = free_gate + R, *g_w = g_a + 1, *modes = g_w + 1;
    const real *read_mask = modes + 3 * R, *write_mask = read_mask + (p->mask ? R * M : 0);
    const real *sharpness = write_mask + (p->mask ? M : 0);
    double c[N], left = 1;
    for (size_t i = 0; i < N; i++) {
        p->psi[i] = 1;
        for (size_t h = 0; h < R; h++)
            p->psi[i] *= 1 - sigmoid((double) free_gate[h]) * p->read[h][i];
        p->usage[i] = (p->usage[i] + p->write[i] - p->usage[i] * p->write[i]) * p->psi[i];
        check_close(usage[i], p->usage[i], 0, 2000 * EG_EPS);
        p->usage[i] = (double) usage[i];
    }
    allocate(p);
    content(c, p, write_key, write_mask, oneplus((double) *write_strength));
    const double a = sigmoid((double) *g_a);
    for (size_t i = 0; i < N; i++) {
        p->write[i] = sigmoid((double) *g_w) * (a * p->allocation[i] + (1 - a) * c[i]);
        left -= p->write[i];
        for (size_t m = 0; m < M; m++)
            p->memory[i][m] = p->memory[i][m] * (p->fade ? p->psi[i] : 1)
                                  * (1 - p->write[i] * sigmoid((double) erase[m]))
                              + p->write[i] * (double) add[m];
    }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            p->link[i][j] = i == j ? 0
                                   : (1 - p->write[i] - p->write[j]) * p->link[i][j]
                                         + p->write[i] * p->precedence[j];
    for (size_t i = 0; i < N; i++)
        p->precedence[i] = left * p->precedence[i] + p->write[i];
    for (size_t h = 0; h < R; h++) {
        double f[N] = {0}, b[N] = {0}, pi[3];
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++) {
                f[i] += p->link[i][j] * p->read[h][j];
                b[i] += p->link[j][i] * p->read[h][j];
            }
        if (p->sharpen) {
            sharpened(b, oneplus((double) sharpness[2 * h]));
            sharpened(f, oneplus((double) sharpness[2 * h + 1]));
        }
        for (size_t k = 0; k < 3; k++)
            pi[k] = (double) modes[3 * h + k];
        softmax(pi, 3);
        content(c, p, read_key + h * M, read_mask + h * M, oneplus((double) read_strength[h]));
        memset(p->reads[h], 0, sizeof p->reads[h]);
        for (size_t i = 0; i < N; i++) {
            p->read[h][i] = pi[0] * b[i] + pi[1] * c[i] + pi[2] * f[i];
            for (size_t m = 0; m < M; m++)
                p->reads[h][m] += p->read[h][i] * p->memory[i][m];
        }
    }
}

static void check_field(const struct dnc *d, const char *name, const double *want, size_t n)
{
    real got[64];
    field(d, name, 0, got);
    check_all_close(got, want, n, 0, 2000 * EG_EPS);
}

static void a_step_is_that_of_the_papers(void **state)
{
    (void) state;
    static const char *const variants[] = {"", " mask=true", " deallocation=true",
                                           " link_sharpening=true",
                                           " mask=true deallocation=true link_sharpening=true"};
    for (size_t v = 0; v < sizeof variants / sizeof variants[0]; v++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            char settings[128];
            struct dnc d;
            struct plain p = {
                .mask = v == 1 || v == 4, .fade = v == 2 || v == 4, .sharpen = v >= 3};
            snprintf(settings, sizeof settings, "slots=5 width=3 read_heads=2%s", variants[v]);
            open_dnc(&d, settings);
            assert_int_equal(d.size.control,
                             COLUMNS + (p.mask ? R * M + M : 0) + (p.sharpen ? 2 * R : 0));
            struct eg_tape tape;
            struct eg_var *read;
            eg_tape_begin(&tape, d.arena, eg_kernels_best(), NULL, NULL);
            assert_int_equal(eg_memory_dnc.begin(d.state, &tape, 1, &read), EG_OK);
            for (uint64_t t = 0; t < 12; t++) {
                real x[COLUMNS + EXTRA];
                draw_normal(x, d.size.control, 1.5, 100 * seed + t);
                read =
                    eg_memory_dnc.step(d.state, &tape, eg_tape_data(&tape, x, 1, d.size.control));
                real usage[N];
                field(&d, "usage", 0, usage);
                plain_step(&p, x, usage);
                check_all_close(read->x, p.reads[0], R * M, 0, 2000 * EG_EPS);
                check_field(&d, "retention", p.psi, N);
                check_field(&d, "allocation", p.allocation, N);
                check_field(&d, "write_weights", p.write, N);
                check_field(&d, "memory", p.memory[0], N * M);
                check_field(&d, "precedence", p.precedence, N);
                check_field(&d, "read_weights", p.read[0], R * N);
            }
            close_dnc(&d);
        }
}

/* ---- properties ---- */

static double sum_of(const real *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(x[i] >= 0 && x[i] <= 1 + 8 * EG_EPS);
        sum += (double) x[i];
    }
    return sum;
}

/* Thousands of steps of random control, mild and wild by turns; the first sequence goes on when the
 * others have ended. */
static void weightings_and_usages_keep_their_bounds(void **state)
{
    (void) state;
    static const char *const settings[] = {
        "slots=7 width=2 read_heads=2", "slots=7 width=2 write_heads=2",
        "slots=7 width=2 link_sharpening=true deallocation=true mask=true",
        "slots=7 width=2 links=false", "slots=7 width=2 allocation=false"};
    static const char *const names[] = {"read_weights", "write_weights", "allocation", "precedence",
                                        "backward",     "forward",       "usage",      "retention"};
    for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++) {
        struct dnc d;
        open_dnc(&d, settings[s]);
        struct eg_arena *turn[2] = {new_arena(), new_arena()}; /* as a model that does not record */
        struct eg_tape tape;
        struct eg_var *read;
        eg_tape_begin(&tape, d.arena, eg_kernels_best(), NULL, NULL);
        assert_int_equal(eg_memory_dnc.begin(d.state, &tape, 3, &read), EG_OK);
        for (uint64_t t = 0; t < 2000; t++) {
            const size_t rows = t < 500 ? 3 : t < 900 ? 2 : 1;
            tape.arena = turn[t % 2];
            eg_arena_rewind(tape.arena, (struct eg_arena_mark){0});
            struct eg_var *x = eg_tape_var(&tape, rows, d.size.control, 0);
            draw_normal(x->x, rows * d.size.control, t % 5 ? 2 : 50, 7919 * s + t);
            assert_non_null(eg_memory_dnc.step(d.state, &tape, x));
            for (size_t r = 0; r < rows; r += 2)
                for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                    real out[7 * 2 * 2];
                    size_t heads = 1;
                    field(&d, names[i], r, out);
                    if (i == 0 || i == 4 || i == 5)
                        heads *= eg_memory_dnc.extent(d.state, 'R');
                    if (i >= 1 && i <= 5)
                        heads *= eg_memory_dnc.extent(d.state, 'W');
                    for (size_t h = 0; h < heads; h++) {
                        const double sum = sum_of(out + 7 * h, 7);
                        assert_true(i >= 6 || sum <= 1 + 64 * EG_EPS);
                    }
                }
        }
        for (size_t i = 0; i < 2; i++)
            eg_arena_free(&turn[i]);
        close_dnc(&d);
    }
}

/* Columns of one read and one write head, M = 1. */
enum { READ_STRENGTH = 1, WRITE_STRENGTH = 3, ERASE, ADD, FREE, ALLOCATE, WRITE, MODES };

static struct eg_var *act(struct dnc *d, struct eg_tape *tape, const real *x)
{
    struct eg_var *control = eg_tape_var(tape, 1, d->size.control, 0);
    memcpy(control->x, x, d->size.control * sizeof *x);
    return eg_memory_dnc.step(d->state, tape, control);
}

/* Five numbers are written to free slots; then the read head goes from the first to the last along
 * the links, and back. */
static void what_was_written_is_read_in_order_and_backwards(void **state)
{
    (void) state;
    enum { LENGTH = 5 };
    struct dnc d;
    struct eg_tape tape;
    struct eg_var *read;
    open_dnc(&d, "slots=8 width=1");
    eg_tape_begin(&tape, d.arena, eg_kernels_best(), NULL, NULL);
    assert_int_equal(eg_memory_dnc.begin(d.state, &tape, 1, &read), EG_OK);
    real x[MODES + 3] = {[ERASE] = 50, [FREE] = -50, [ALLOCATE] = 50, [WRITE] = 50};
    for (size_t t = 0; t < LENGTH; t++) {
        x[ADD] = (real) (t ? 1 : -1) * (real) (t + 1);
        x[MODES + 1] = 50; /* by content: the one negative number */
        x[0] = -1;
        x[READ_STRENGTH] = 200;
        read = act(&d, &tape, x);
        real w[8];
        field(&d, "write_weights", 0, w);
        check_close(w[t], 1, 1e-6, 0); /* slot after slot */
    }
    check_close(read->x[0], -1, 1e-6, 0);
    x[WRITE] = x[MODES + 1] = -50;
    for (int back = 0; back < 2; back++) {
        x[MODES] = back ? 50 : -50;
        x[MODES + 2] = back ? -50 : 50;
        for (size_t t = 1; t < LENGTH; t++) {
            const double want = back ? (double) (LENGTH - t) : (double) (t + 1);
            read = act(&d, &tape, x);
            check_close(read->x[0], back && t + 1 == LENGTH ? -1 : want, 1e-4, 0);
        }
    }
    close_dnc(&d);
}

/* A slot that was read and freed is the next to be written; with deallocation it is empty at once.
 */
static void a_freed_slot_is_used_again(void **state)
{
    (void) state;
    for (int erased = 0; erased < 2; erased++) {
        struct dnc d;
        struct eg_tape tape;
        struct eg_var *read;
        real w[3], memory[3];
        open_dnc(&d, erased ? "slots=3 width=1 deallocation=true" : "slots=3 width=1");
        eg_tape_begin(&tape, d.arena, eg_kernels_best(), NULL, NULL);
        assert_int_equal(eg_memory_dnc.begin(d.state, &tape, 1, &read), EG_OK);
        real x[MODES + 3] = {[ERASE] = -50, [FREE] = -50,     [ALLOCATE] = 50,  [WRITE] = 50,
                             [MODES] = -50, [MODES + 1] = 50, [MODES + 2] = -50};
        x[ADD] = 2;
        assert_non_null(act(&d, &tape, x)); /* 2 to slot 0 */
        x[ADD] = -3;
        x[0] = -1;
        x[READ_STRENGTH] = 200;
        assert_non_null(act(&d, &tape, x)); /* -3 to slot 1, which is read */
        x[FREE] = 50;
        x[ADD] = 5;
        assert_non_null(act(&d, &tape, x)); /* 5 to slot 1 again */
        field(&d, "write_weights", 0, w);
        field(&d, "memory", 0, memory);
        check_close(w[1], 1, 1e-6, 0);
        check_close(memory[0], 2, 1e-6, 0);
        check_close(memory[1], erased ? 5 : 2, 1e-6, 0);
        close_dnc(&d);
    }
}

static void write_heads_allocate_different_slots(void **state)
{
    (void) state;
    struct dnc d;
    struct eg_tape tape;
    struct eg_var *read;
    open_dnc(&d, "slots=4 width=1 write_heads=2");
    eg_tape_begin(&tape, d.arena, eg_kernels_best(), NULL, NULL);
    assert_int_equal(eg_memory_dnc.begin(d.state, &tape, 1, &read), EG_OK);
    /* read key, strength; keys, strengths, erase and add of two heads; free; gates; five modes */
    enum { GATES = 2 + 4 * 2 + 1, CONTROL = GATES + 4 + 5 };
    assert_int_equal(d.size.control, CONTROL);
    real x[CONTROL] = {0}, w[8];
    for (size_t g = 0; g < 4; g++)
        x[GATES + g] = 50;
    assert_non_null(act(&d, &tape, x));
    field(&d, "write_weights", 0, w);
    const double want[8] = {1, 0, 0, 0, 0, 1, 0, 0};
    check_all_close(w, want, 8, 0, 1e-6);
    close_dnc(&d);
}

/* The same reads, bit by bit, and another gradient. */
static void a_stopped_gradient_changes_no_value(void **state)
{
    (void) state;
    enum { STEPS = 4 };
    real reads[2][STEPS], slope[2] = {0, 0};
    for (int stopped = 0; stopped < 2; stopped++) {
        struct dnc d;
        struct eg_tape tape;
        struct eg_var *read;
        real grads[1] = {0};
        open_dnc(&d, stopped ? "slots=4 width=1 usage_gradient=stopped" : "slots=4 width=1");
        eg_tape_begin(&tape, d.arena, eg_kernels_best(), grads, grads);
        assert_int_equal(eg_memory_dnc.begin(d.state, &tape, 1, &read), EG_OK);
        struct eg_var *x = eg_tape_var(&tape, STEPS, d.size.control, 1);
        draw_normal(x->x, STEPS * d.size.control, 1, 3);
        for (size_t t = 0; t < STEPS; t++) {
            read = eg_memory_dnc.step(d.state, &tape, eg_tape_rows(&tape, x, t, 1));
            reads[stopped][t] = read->x[0];
        }
        read->dx[0] = 1;
        eg_tape_walk(&tape);
        slope[stopped] = eg_drow(x, 0)[WRITE];
        close_dnc(&d);
    }
    assert_memory_equal(reads[0], reads[1], sizeof reads[0]);
    assert_true(fabs((double) (slope[0] - slope[1])) > 1e-6);
}

static void sharpening_without_links_is_an_error(void **state)
{
    (void) state;
    struct eg_message m = {""};
    struct eg_arena *arena = new_arena();
    struct eg_params params;
    struct eg_memory_size size;
    eg_params_init(&params, arena);
    void *options = new_options(eg_memory_dnc.options, eg_memory_dnc.options_size,
                                "links=false link_sharpening=true");
    void *memory = calloc(1, eg_memory_dnc.state_size);
    assert_int_equal(eg_memory_dnc.init(memory, options, &params, &size, &m), EG_ERR_RANGE);
    assert_non_null(strstr(m.text, "memory.link_sharpening"));
    assert_non_null(strstr(m.text, "memory.links"));
    free(memory);
    free(options);
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_that_of_the_papers),
        cmocka_unit_test(weightings_and_usages_keep_their_bounds),
        cmocka_unit_test(what_was_written_is_read_in_order_and_backwards),
        cmocka_unit_test(a_freed_slot_is_used_again),
        cmocka_unit_test(write_heads_allocate_different_slots),
        cmocka_unit_test(a_stopped_gradient_changes_no_value),
        cmocka_unit_test(sharpening_without_links_is_an_error),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
