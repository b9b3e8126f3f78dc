/* A model whose weightings are drawn, in training: its gradient is that of the expected loss, the
 * same bits with any number of threads; in evaluations nothing is drawn. */
#include "attention/normalise.h"
#include "experiments/trainer.h"
#include "tensor/pointwise.h"

#include "tests/check.h"
#include "tests/fixture.h"

enum { SLOTS = 3, BITS = 2, LENGTH = 2, BATCH = 17, UPDATES = 3000 };

static const real scores[SLOTS] = {(real) 0.4, (real) -0.3, (real) 0.1};
static const real answers[SLOTS] = {(real) 0.5, -1, (real) 1.5};

struct chooser {
    struct eg_param score;
};

/* Chooses a slot once for each sequence, and answers all bits of all steps with its number. */
static int run(const void *state, struct eg_tape *tape, const struct eg_block *block, int all_steps,
               eg_observe *observe, void *context, struct eg_var **logits)
{
    (void) all_steps;
    (void) observe;
    (void) context;
    const struct chooser *c = state;
    const struct eg_normaliser how = {.kind = EG_NORM_HARD_SAMPLED};
    struct eg_var *one = eg_tape_var(tape, block->count, 1, 0);
    struct eg_var *y = eg_repeat(tape, eg_tape_param(tape, &c->score), block->count);
    for (size_t b = 0; b < block->count; b++)
        one->x[b] = 1;
    const struct eg_var *w = eg_normalise(tape, &how, y, one);
    size_t rows = 0;
    for (size_t t = 0; t < block->steps; t++)
        rows += block->asked[t] ? block->rows[t] : 0;
    *logits = eg_tape_var(tape, rows, BITS, 1);
    size_t at = 0;
    for (size_t t = 0; t < block->steps; t++)
        for (size_t b = 0; b < block->rows[t] && block->asked[t]; b++, at++)
            for (size_t bit = 0; bit < BITS; bit++) {
                real sum = 0;
                for (size_t i = 0; i < SLOTS; i++)
                    sum += eg_row(w, b)[i] * answers[i];
                eg_row(*logits, at)[bit] = sum;
            }
    return EG_OK;
}

static double flops(const void *state, const struct eg_params *params, size_t steps, size_t asked)
{
    (void) state;
    (void) params;
    return (double) (steps * asked);
}

static const struct eg_model_type chooser_type = {.name = "chooser", .run = run, .flops = flops};

struct fixture {
    struct eg_arena *arena;
    void *options;
    struct eg_source source;
    struct chooser chooser;
    struct eg_model model;
    struct eg_trainer trainer;
};

static void begin(struct fixture *f, enum eg_reduce_kind reduce, int threads)
{
    struct eg_message m = {""};
    const struct eg_optimiser_options adam = {
        .kind = EG_ADAM, .rate = 0.01, .beta1 = 0.9, .beta2 = 0.999, .reduce = reduce};
    memset(f, 0, sizeof *f);
    f->arena = new_arena();
    f->options = new_options(eg_task_copy.options, eg_task_copy.options_size,
                             "bits=2 length_min=2 length_max=2");
    void *state = eg_arena_zeros(f->arena, 1, eg_task_copy.state_size);
    f->source = (struct eg_source){.task = &eg_task_copy, .state = state};
    assert_int_equal(eg_task_copy.init(state, f->options, f->arena, &f->source.shape, &m), EG_OK);
    f->model = (struct eg_model){.type = &chooser_type,
                                 .state = &f->chooser,
                                 .inputs = f->source.shape.inputs,
                                 .outputs = f->source.shape.outputs};
    eg_params_init(&f->model.params, f->arena);
    const struct eg_param_row row = {
        .name = "score", .rows = 1, .cols = SLOTS, .init = eg_init_pattern, .pattern = scores};
    assert_int_equal(eg_params_add(&f->model.params, NULL, &row, &f->chooser.score), EG_OK);
    assert_int_equal(eg_trainer_init(&f->trainer, f->arena, &f->model, &f->source,
                                     eg_kernels_best(), &adam, 5, BATCH, threads),
                     EG_OK);
    f->trainer.least_work = 0; /* as if there were much to do */
}

static void end(struct fixture *f)
{
    eg_trainer_free(&f->trainer);
    free(f->options);
    eg_arena_free(&f->arena);
}

/* Of a sequence answered by slot i, in nat, its bits being 0 and 1 equally often. */
static double cost_of(size_t i)
{
    const double z = (double) answers[i];
    return LENGTH * BITS * (log1p(exp(z)) - z / 2);
}

static void shares(double p[SLOTS])
{
    double sum = 0;
    for (size_t i = 0; i < SLOTS; i++)
        sum += p[i] = exp((double) scores[i]);
    for (size_t i = 0; i < SLOTS; i++)
        p[i] /= sum;
}

/* dE/dy_i = p_i (cost_i - sum_j p_j cost_j), within 4.5 standard errors of the mean over updates;
 * BATCH times that where the loss is the sum. */
static void check_mean_gradient(enum eg_reduce_kind reduce, double times)
{
    struct fixture f;
    double sum[SLOTS] = {0}, squares[SLOTS] = {0}, p[SLOTS], expected = 0, loss = 0;
    begin(&f, reduce, 1);
    for (uint64_t update = 0; update < UPDATES; update++) {
        struct eg_update_report report;
        assert_int_equal(eg_trainer_gradient(&f.trainer, update, &report), EG_OK);
        loss += report.loss / UPDATES;
        for (size_t i = 0; i < SLOTS; i++) {
            const double g = (double) f.trainer.total[f.chooser.score.offset + i] / times;
            sum[i] += g;
            squares[i] += g * g;
        }
    }
    shares(p);
    for (size_t i = 0; i < SLOTS; i++)
        expected += p[i] * cost_of(i);
    check_close(loss, expected, 0.02, 0);
    for (size_t i = 0; i < SLOTS; i++) {
        const double mean = sum[i] / UPDATES, variance = squares[i] / UPDATES - mean * mean;
        const double error = sqrt(variance / UPDATES);
        check_close(mean, p[i] * (cost_of(i) - expected), 0, 4.5 * error);
        assert_true(error < 0.01); /* tight enough to tell, say, bits from nats */
    }
    end(&f);
}

static void the_mean_gradient_is_that_of_the_expected_loss(void **state)
{
    (void) state;
    check_mean_gradient(EG_REDUCE_MEAN, 1);
    check_mean_gradient(EG_REDUCE_SUM, BATCH);
}

static void threads_do_not_change_what_is_drawn(void **state)
{
    (void) state;
    real total[SLOTS] = {0};
    for (int threads = 1; threads <= 4; threads++) {
        struct fixture f;
        struct eg_update_report report;
        begin(&f, EG_REDUCE_MEAN, threads);
        assert_int_equal(eg_trainer_gradient(&f.trainer, 3, &report), EG_OK);
        const real *now = f.trainer.total + f.chooser.score.offset;
        if (threads == 1)
            memcpy(total, now, sizeof total);
        assert_memory_equal(now, total, sizeof total);
        end(&f);
    }
    assert_true(total[0] != 0);
}

/* The largest score is that of the first slot, whose answer is 0.5: a sequence costs one of five
 * numbers, by how many of its bits are 1. */
static void evaluations_take_the_best_slot(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_draw draws[40];
    struct eg_answer_score found[40];
    begin(&f, EG_REDUCE_MEAN, 1);
    for (size_t i = 0; i < 40; i++)
        draws[i] = (struct eg_draw){.seed = 5, .purpose = EG_FOR_EVALUATION, .item = i};
    for (size_t i = 0; i < 40; i++)
        draws[i].extent = (struct eg_extent){LENGTH, 1};
    eg_draw_lengths(&f.source, draws, 40);
    eg_draw_sort(draws, 40);
    assert_int_equal(eg_trainer_score(&f.trainer, draws, 40, found), EG_OK);
    const double none = LENGTH * BITS * log1p(exp(0.5)), ln2 = log(2.0);
    for (size_t i = 0; i < 40; i++) {
        const double ones = (none - found[i].cost * ln2) / 0.5;
        check_close(ones, round(ones), 0, 1e-4);
        assert_true(ones > -0.5 && ones < LENGTH * BITS + 0.5);
    }
    end(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_gradient_is_that_of_the_expected_loss),
        cmocka_unit_test(threads_do_not_change_what_is_drawn),
        cmocka_unit_test(evaluations_take_the_best_slot),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
