/* Words in, one of several classes out: the loss, the score, and networks that learn it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/trainer.h"

#include "tests/check.h"
#include "tests/fixture.h"
#include "tests/symbol_task.h"

struct fixture {
    struct eg_arena *arena;
    void *options[4];
    struct eg_source source;
    struct eg_model model;
    struct eg_trainer trainer;
};

static void open_trainer(struct fixture *f, const char *task, const char *controller,
                         const struct eg_memory_type *memory, const char *memory_settings,
                         size_t batch, int threads)
{
    static const struct eg_optimiser_options adam = {
        .kind = EG_ADAM, .rate = 0.01, .beta1 = 0.9, .beta2 = 0.999};
    struct eg_message m = {""};
    memset(f, 0, sizeof *f);
    f->arena = new_arena();
    f->options[0] = new_options(walk_task.options, walk_task.options_size, task);
    f->options[1] =
        new_options(eg_controller_lstm.options, eg_controller_lstm.options_size, controller);
    f->options[2] = new_options(memory->options, memory->options_size, memory_settings);
    f->options[3] =
        new_options(eg_model_recurrent.options, eg_model_recurrent.options_size, "embedding=5");
    f->source = (struct eg_source){.task = &walk_task, .state = f->options[0]};
    const struct eg_task_shape *s = &f->source.shape;
    assert_int_equal(walk_task.init(f->options[0], f->options[0], f->arena, &f->source.shape, &m),
                     EG_OK);
    const struct eg_model_config config = {.options = f->options[3],
                                           .controller = &eg_controller_lstm,
                                           .controller_options = f->options[1],
                                           .memory = memory,
                                           .memory_options = f->options[2]};
    const struct eg_model_size size = {.inputs = s->inputs,
                                       .outputs = s->outputs,
                                       .symbols = s->symbols,
                                       .sentences_max = s->sentences_max,
                                       .words_max = s->words_max};
    assert_int_equal(eg_model_init(&f->model, f->arena, &eg_model_recurrent, &config, &size, &m),
                     EG_OK);
    assert_int_equal(eg_trainer_init(&f->trainer, f->arena, &f->model, &f->source,
                                     eg_kernels_best(), &adam, 5, batch, threads),
                     EG_OK);
}

static void close_trainer(struct fixture *f)
{
    eg_trainer_free(&f->trainer);
    for (size_t i = 0; i < 4; i++)
        free(f->options[i]);
    eg_arena_free(&f->arena);
}

static void make_draws(const struct fixture *f, struct eg_draw *draws, size_t n)
{
    for (size_t i = 0; i < n; i++)
        draws[i] = (struct eg_draw){
            .seed = 5, .purpose = EG_FOR_EVALUATION, .item = i, .extent = {1 + i % 3, 0}};
    eg_draw_lengths(&f->source, draws, n);
    eg_draw_sort(draws, n);
}

static void a_target_has_one_column(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_draw draws[3];
    struct eg_block block;
    size_t members[EG_BLOCK];
    open_trainer(&f, "", "size=4", &eg_memory_none, "", 3, 1);
    make_draws(&f, draws, 3);
    assert_int_equal(eg_block_make(&block, members, f.arena, &f.source, draws, 3, 0, 1), EG_OK);
    assert_int_equal(block.targets, 1);
    assert_int_equal(block.total, 8 + 6 + 4);
    assert_false(block.training);
    assert_true(block.seen == EG_SEEN_ALL);
    for (size_t b = 0; b < 3; b++) {
        struct eg_sequence s;
        const struct eg_draw *d = &draws[members[b]];
        assert_int_equal(eg_sequence_make(&s, f.arena, &f.source, d), EG_OK);
        assert_int_equal(block.keys[b].seed, 5);
        assert_int_equal(block.keys[b].item, d->item);
        assert_int_equal(block.keys[b].purpose, EG_FOR_EVALUATION);
        for (size_t t = 0; t < s.steps; t++) {
            const size_t row = block.from[t] + b;
            check_close(block.target[row], (double) s.target[t], 0, 0);
            check_close(block.input[row * EG_COLUMNS + EG_COLUMN_SYMBOL],
                        (double) s.input[t * EG_COLUMNS + EG_COLUMN_SYMBOL], 0, 0);
        }
    }
    close_trainer(&f);
}

/* With an output layer of zeros but for its bias the answer is the same to any question: classes
 * have the probabilities 1/7, 4/7 and 2/7, and class 1 is what is answered. */
static void a_score_is_the_cost_in_bits_and_whether_the_likeliest_class_is_right(void **state)
{
    (void) state;
    enum { N = 12 };
    struct fixture f;
    struct eg_draw draws[N];
    struct eg_answer_score scores[N];
    open_trainer(&f, "", "size=4", &eg_memory_none, "", N, 2);
    const struct eg_param_row *w = eg_params_find(&f.model.params, "output/weight");
    const struct eg_param_row *b = eg_params_find(&f.model.params, "output/bias");
    memset(f.trainer.values + w->offset, 0, w->rows * w->cols * sizeof(real));
    const double p[WALK_ROOMS] = {1.0 / 7, 4.0 / 7, 2.0 / 7};
    for (size_t c = 0; c < WALK_ROOMS; c++)
        f.trainer.values[b->offset + c] = (real) log(p[c]);
    make_draws(&f, draws, N);
    assert_int_equal(eg_trainer_score(&f.trainer, draws, N, scores), EG_OK);
    size_t right = 0;
    for (size_t i = 0; i < N; i++) {
        struct eg_sequence s;
        assert_int_equal(eg_sequence_make(&s, f.arena, &f.source, &draws[i]), EG_OK);
        const size_t class = (size_t) s.target[s.steps - 1];
        check_close(scores[i].cost, -log2(p[class]), 16 * EG_EPS, 0);
        assert_int_equal(scores[i].wrong, class != 1);
        right += class == 1;
    }
    assert_true(right > 0 && right < N);

    /* Of equal logits the first is the answer; what is not a number is no answer. */
    for (size_t c = 0; c < WALK_ROOMS; c++)
        f.trainer.values[b->offset + c] = 1;
    assert_int_equal(eg_trainer_score(&f.trainer, draws, N, scores), EG_OK);
    size_t first = 0;
    for (size_t i = 0; i < N; i++) {
        check_close(scores[i].cost, log2(3), 16 * EG_EPS, 0);
        first += scores[i].wrong == 0;
    }
    assert_true(first > 0 && first < N);
    /* An answer that no training question has is not right, though it is what is answered. */
    f.source.shape.unanswerable = 1;
    assert_int_equal(eg_trainer_score(&f.trainer, draws, N, scores), EG_OK);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(scores[i].wrong, 1);
    f.source.shape.unanswerable = 0;
    f.trainer.values[b->offset + 2] = (real) NAN;
    assert_int_equal(eg_trainer_score(&f.trainer, draws, N, scores), EG_OK);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(scores[i].wrong, 1);
    close_trainer(&f);
}

#ifdef EG_DOUBLE

/* The cost of a batch and its gradient, against differences of that cost. */
static void the_gradient_is_the_derivative_of_the_cost(void **state)
{
    (void) state;
    static const char *const names[] = {"embedding/weight", "controller/layer0/weight_input",
                                        "output/bias"};
    struct fixture f;
    struct eg_update_report report;
    open_trainer(&f, "", "size=4", &eg_memory_ntm, "slots=4 width=3", 6, 2);
    assert_int_equal(eg_trainer_gradient(&f.trainer, 0, &report), EG_OK);
    double *gradient = calloc(f.model.params.size, sizeof *gradient), bits = 0;
    assert_non_null(gradient);
    for (size_t i = 0; i < f.model.params.size; i++)
        gradient[i] = (double) f.trainer.total[i];
    for (size_t i = 0; i < 6; i++)
        bits += f.trainer.costs[i] / 6;
    check_close(report.loss, bits * log(2), 1e-12, 0);
    for (size_t k = 0; k < 3; k++) {
        const struct eg_param_row *row = eg_params_find(&f.model.params, names[k]);
        assert_non_null(row);
        for (size_t i = row->offset; i < row->offset + row->rows * row->cols; i++) {
            const double h = 1e-4, x = (double) f.trainer.values[i];
            double cost[2];
            for (int side = 0; side < 2; side++) {
                f.trainer.values[i] = (real) (x + (side ? h : -h));
                assert_int_equal(eg_trainer_gradient(&f.trainer, 0, &report), EG_OK);
                cost[side] = report.loss;
            }
            f.trainer.values[i] = (real) x;
            check_close(gradient[i], (cost[1] - cost[0]) / (2 * h), 1e-5, 1e-9);
        }
    }
    free(gradient);
    close_trainer(&f);
}

#endif

static void networks_learn_where_a_person_is(void **state)
{
    (void) state;
    static const struct {
        const struct eg_memory_type *memory;
        const char *settings;
        int updates;
    } all[] = {{&eg_memory_none, "", 6000}, {&eg_memory_ntm, "slots=6 width=6", 6000}};
    enum { N = 60 };
    struct eg_draw draws[N];
    struct eg_answer_score scores[N];
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        struct eg_update_report report;
        open_trainer(&f, "", "size=16", all[i].memory, all[i].settings, 16, 1);
        for (int u = 0; u < all[i].updates; u++)
            assert_int_equal(eg_trainer_update(&f.trainer, (uint64_t) u, 0, &report), EG_OK);
        make_draws(&f, draws, N);
        assert_int_equal(eg_trainer_score(&f.trainer, draws, N, scores), EG_OK);
        double cost = 0;
        size_t wrong = 0;
        for (size_t k = 0; k < N; k++) {
            cost += scores[k].cost / N;
            wrong += scores[k].wrong;
        }
        if (!(cost < 0.1 * log2(WALK_ROOMS)) || wrong > 1) {
            print_error("%s: %g bit, %zu wrong\n", all[i].memory->name, cost, wrong);
            fail();
        }
        close_trainer(&f);
    }
}

static void threads_do_not_change_a_bit(void **state)
{
    (void) state;
    real *want = NULL;
    for (int threads = 1; threads <= 4; threads *= 2) {
        struct fixture f;
        struct eg_update_report report;
        open_trainer(&f, "", "size=6", &eg_memory_none, "", 20, threads);
        f.trainer.least_work = 0; /* as if there were much to do */
        for (uint64_t u = 0; u < 3; u++)
            assert_int_equal(eg_trainer_update(&f.trainer, u, 0, &report), EG_OK);
        const size_t bytes = f.model.params.size * sizeof(real);
        if (!want) {
            want = malloc(bytes);
            assert_non_null(want);
            memcpy(want, f.trainer.values, bytes);
        }
        assert_memory_equal(f.trainer.values, want, bytes);
        close_trainer(&f);
    }
    free(want);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_has_one_column),
        cmocka_unit_test(a_score_is_the_cost_in_bits_and_whether_the_likeliest_class_is_right),
#ifdef EG_DOUBLE
        cmocka_unit_test(the_gradient_is_the_derivative_of_the_cost),
#endif
        cmocka_unit_test(networks_learn_where_a_person_is),
        cmocka_unit_test(threads_do_not_change_a_bit),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
