/* Updates of a model: the same bits with any number of threads, no allocation after the first
 * update, a stop where numbers stop being finite, and learning. */
#define _GNU_SOURCE /* dladdr() */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "experiments/trainer.h"

#include "tests/check.h"
#include "tests/fixture.h"

/* ---- every allocation of the process is counted ---- */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 1

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

static size_t allocations;
static int counting;

/* That of libraries too, but for the room that OpenBLAS takes within a product on some machines,
 * and that LLVM's OpenMP (not GNU's) takes for a team. */
static void count(const void *caller)
{
    Dl_info where;
    if (!counting)
        return;
    /* What LLVM's OpenMP asks the C library about processors. */
    if (dladdr(caller, &where) && where.dli_sname && strstr(where.dli_sname, "scratch_buffer"))
        return;
    if (!dladdr(caller, &where) || !where.dli_fname
        || (!strstr(where.dli_fname, "openblas") && !strstr(where.dli_fname, "libomp")))
        __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size)
{
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_memalign(align, size);
}
#endif

/* ---- a small model that copies ---- */

struct fixture {
    struct eg_arena *arena;
    void *options[4];
    struct eg_source source;
    struct eg_model model;
    struct eg_trainer trainer;
};

static const struct eg_optimiser_options adam = {
    .kind = EG_ADAM, .rate = 0.01, .beta1 = 0.9, .beta2 = 0.999};
static const struct eg_optimiser_options graves = {.kind = EG_RMSPROP_GRAVES,
                                                   .clip = EG_CLIP_VALUE,
                                                   .rate = 1e-3,
                                                   .momentum = 0.9,
                                                   .decay = 0.95,
                                                   .clip_limit = 10};

static void open_trainer(struct fixture *f, const char *task, const char *controller,
                         const char *memory, const struct eg_optimiser_options *optimiser,
                         size_t batch, int threads)
{
    struct eg_message m = {""};
    memset(f, 0, sizeof *f);
    f->arena = new_arena();
    f->options[0] = new_options(eg_task_copy.options, eg_task_copy.options_size, task);
    f->options[1] =
        new_options(eg_controller_lstm.options, eg_controller_lstm.options_size, controller);
    f->options[2] = new_options(eg_memory_ntm.options, eg_memory_ntm.options_size, memory);
    void *state = eg_arena_zeros(f->arena, 1, eg_task_copy.state_size);
    f->source = (struct eg_source){.task = &eg_task_copy, .state = state};
    assert_int_equal(eg_task_copy.init(state, f->options[0], f->arena, &f->source.shape, &m),
                     EG_OK);
    f->options[3] = new_options(eg_model_recurrent.options, eg_model_recurrent.options_size, "");
    const struct eg_model_config config = {.options = f->options[3],
                                           .controller = &eg_controller_lstm,
                                           .controller_options = f->options[1],
                                           .memory = &eg_memory_ntm,
                                           .memory_options = f->options[2]};
    const struct eg_model_size size = {.inputs = f->source.shape.inputs,
                                       .outputs = f->source.shape.outputs};
    assert_int_equal(eg_model_init(&f->model, f->arena, &eg_model_recurrent, &config, &size, &m),
                     EG_OK);
    assert_int_equal(eg_trainer_init(&f->trainer, f->arena, &f->model, &f->source,
                                     eg_kernels_best(), optimiser, 5, batch, threads),
                     EG_OK);
}

static void close_trainer(struct fixture *f)
{
    eg_trainer_free(&f->trainer);
    for (size_t i = 0; i < 4; i++)
        free(f->options[i]);
    eg_arena_free(&f->arena);
}

static void open_small(struct fixture *f, size_t batch, int threads)
{
    open_trainer(f, "bits=4 length_max=5", "size=12", "slots=9 width=5", &graves, batch, threads);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void) state;
    static const int threads[] = {1, 2, 4};
    real *want = NULL;
    double loss[5];
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        open_small(&f, 17, threads[i]);
        f.trainer.least_work = 0; /* as if there were much to do */
        const size_t bytes = f.model.params.size * sizeof(real);
        for (uint64_t update = 0; update < 5; update++) {
            struct eg_update_report report;
            assert_int_equal(eg_trainer_update(&f.trainer, update, 5, &report), EG_OK);
            if (i == 0)
                loss[update] = report.loss;
            assert_true(report.loss == loss[update]);
        }
        if (!want) {
            want = malloc(bytes);
            memcpy(want, f.trainer.values, bytes);
        }
        assert_memory_equal(f.trainer.values, want, bytes);
        close_trainer(&f);
    }
    free(want);
}

/* Whoever does the work, the bits are the same. */
static void small_work_gives_the_same_bits(void **state)
{
    (void) state;
    real *want = NULL;
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        struct eg_update_report report;
        open_small(&f, 17, i == 2 ? 1 : 4);
        assert_true(f.trainer.least_work > 0);
        f.trainer.least_work = i == 0 ? 0 : 1e30;
        assert_int_equal(eg_trainer_update(&f.trainer, 0, 5, &report), EG_OK);
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

static void an_update_says_how_far_the_parameters_are(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_update_report report;
    open_small(&f, 17, 1);
    assert_true(f.trainer.seen == 0);
    for (uint64_t u = 0; u < 3; u++) {
        assert_int_equal(eg_trainer_update(&f.trainer, u, 5, &report), EG_OK);
        assert_true(f.trainer.seen == (u + 1) * 17);
    }
    close_trainer(&f);
}

/* A run that starts again at update 3 with what there was then goes on as if nothing had been. */
static void an_update_depends_on_its_number_and_the_state_only(void **state)
{
    (void) state;
    struct fixture f, g;
    struct eg_update_report report;
    open_small(&f, 9, 1);
    open_small(&g, 9, 1);
    const size_t bytes = f.model.params.size * sizeof(real);
    for (uint64_t update = 0; update < 3; update++)
        assert_int_equal(eg_trainer_update(&f.trainer, update, 6, &report), EG_OK);
    memcpy(g.trainer.values, f.trainer.values, bytes);
    for (size_t i = 0; i < f.trainer.optimiser.moments; i++)
        memcpy(g.trainer.optimiser.moment[i], f.trainer.optimiser.moment[i], bytes);
    for (uint64_t update = 3; update < 6; update++) {
        assert_int_equal(eg_trainer_update(&f.trainer, update, 6, &report), EG_OK);
        assert_int_equal(eg_trainer_update(&g.trainer, update, 6, &report), EG_OK);
    }
    assert_memory_equal(f.trainer.values, g.trainer.values, bytes);
    close_trainer(&f);
    close_trainer(&g);
}

/* All sequences as long as they get, so that the first update needs as much as any. */
static void nothing_is_allocated_after_the_first_update(void **state)
{
    (void) state;
    static const size_t batches[] = {1, 17, 64};
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        struct eg_update_report report;
        open_trainer(&f, "bits=4 length_min=5 length_max=5", "size=12", "slots=9 width=5", &graves,
                     batches[i], 1);
        assert_int_equal(eg_trainer_update(&f.trainer, 0, 0, &report), EG_OK);
#ifndef EG_ARENA_MALLOC
        const size_t requests = eg_trainer_requests(&f.trainer);
        const size_t held = eg_trainer_held(&f.trainer);
#ifdef COUNTS_ALLOCATIONS
        allocations = 0;
        counting = 1;
#endif
        for (uint64_t update = 1; update < 10; update++)
            assert_int_equal(eg_trainer_update(&f.trainer, update, 0, &report), EG_OK);
#ifdef COUNTS_ALLOCATIONS
        counting = 0;
        if (allocations)
            print_error("batch %zu: %zu allocations in nine updates\n", batches[i], allocations);
        assert_int_equal(allocations, 0);
#endif
        assert_int_equal(eg_trainer_requests(&f.trainer), requests);
        assert_int_equal(eg_trainer_held(&f.trainer), held);
#endif
        close_trainer(&f);
    }
}

/* The sum has a gradient 5 times that of the mean; what is reported is the mean either way. */
static void the_gradient_is_of_the_mean_or_of_the_sum(void **state)
{
    (void) state;
    struct fixture mean, sum;
    struct eg_update_report of_mean, of_sum;
    struct eg_optimiser_options options = graves;
    options.reduce = EG_REDUCE_SUM;
    open_small(&mean, 5, 1);
    open_trainer(&sum, "bits=4 length_max=5", "size=12", "slots=9 width=5", &options, 5, 2);
    assert_int_equal(eg_trainer_gradient(&mean.trainer, 0, &of_mean), EG_OK);
    assert_int_equal(eg_trainer_gradient(&sum.trainer, 0, &of_sum), EG_OK);
    check_close(of_sum.loss, of_mean.loss, 64 * EG_EPS, 0);
    check_close(of_sum.optimiser.gradient_norm, 5 * of_mean.optimiser.gradient_norm, 64 * EG_EPS,
                0);
    for (size_t i = 0; i < mean.model.params.size; i++)
        check_close(sum.trainer.total[i], 5 * (double) mean.trainer.total[i], 1024 * EG_EPS,
                    1024 * EG_EPS);
    close_trainer(&mean);
    close_trainer(&sum);
}

/* The trainer tells the optimiser how many sequences an update has, and where the tensors are. */
static void steps_and_clipping_by_matrix_know_batch_and_tensors(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_update_report report;
    const struct eg_optimiser_options options = {.kind = EG_SGD,
                                                 .rate = 1,
                                                 .clip = EG_CLIP_MATRIX,
                                                 .clip_limit = 1e-3,
                                                 .schedule = EG_SCHEDULE_STEPS,
                                                 .schedule_every = 10,
                                                 .schedule_factor = 0.5};
    static const double rates[] = {1, 1, 0.5, 0.5, 0.25}; /* 0, 5, 10, 15, 20 were seen */
    open_trainer(&f, "bits=4 length_max=5", "size=12", "slots=9 width=5", &options, 5, 1);
    for (uint64_t u = 0; u < 5; u++) {
        assert_int_equal(eg_trainer_update(&f.trainer, u, 0, &report), EG_OK);
        check_close(report.optimiser.rate, rates[u], 1e-15, 0);
        for (size_t i = 0; i < f.model.params.count; i++) {
            const struct eg_param_row *row = &f.model.params.rows[i];
            double squares = 0;
            for (size_t k = 0; k < row->rows * row->cols; k++)
                squares += (double) f.trainer.total[row->offset + k]
                           * (double) f.trainer.total[row->offset + k];
            assert_true(sqrt(squares) <= 1e-3 * (1 + 64 * EG_EPS));
        }
        assert_true(report.optimiser.clipped > 0.5 && report.optimiser.clipped <= 1);
    }
    close_trainer(&f);
}

static void a_nan_stops_the_update_and_changes_nothing(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_update_report report;
    open_small(&f, 5, 1);
    const size_t size = f.model.params.size, bytes = size * sizeof(real);
    assert_int_equal(eg_trainer_update(&f.trainer, 0, 0, &report), EG_OK);
    const real bad[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++)
        for (size_t row = 0; row < f.model.params.count; row++) {
            const size_t at = f.model.params.rows[row].offset;
            const real was = f.trainer.values[at];
            real *kept = malloc((EG_MOMENTS_MAX + 1) * bytes);
            f.trainer.values[at] = bad[i];
            memcpy(kept, f.trainer.values, bytes);
            for (size_t k = 0; k < f.trainer.optimiser.moments; k++)
                memcpy(kept + (k + 1) * size, f.trainer.optimiser.moment[k], bytes);
            /* An infinite weight may saturate what it feeds; a NaN always shows. */
            const int ret = eg_trainer_update(&f.trainer, 1, 0, &report);
            if (i == 0)
                assert_int_equal(ret, EG_ERR_DIVERGED);
            else
                assert_true(ret == EG_ERR_DIVERGED || ret == EG_OK);
            if (ret) {
                assert_memory_equal(f.trainer.values, kept, bytes);
                for (size_t k = 0; k < f.trainer.optimiser.moments; k++)
                    assert_memory_equal(f.trainer.optimiser.moment[k], kept + (k + 1) * size,
                                        bytes);
            } else {
                memcpy(f.trainer.values, kept, bytes);
                for (size_t k = 0; k < f.trainer.optimiser.moments; k++)
                    memcpy(f.trainer.optimiser.moment[k], kept + (k + 1) * size, bytes);
            }
            f.trainer.values[at] = was;
            free(kept);
        }
    assert_int_equal(eg_trainer_update(&f.trainer, 1, 0, &report), EG_OK);
    close_trainer(&f);
}

/* The loss of an update is the mean cost of its sequences, as evaluation counts it. */
static void loss_and_score_agree(void **state)
{
    (void) state;
    enum { BATCH = 13 };
    struct fixture f;
    struct eg_update_report report;
    struct eg_answer_score scores[BATCH];
    open_small(&f, BATCH, 2);
    assert_int_equal(eg_trainer_gradient(&f.trainer, 7, &report), EG_OK);
    assert_int_equal(eg_trainer_score(&f.trainer, f.trainer.draws, BATCH, scores), EG_OK);
    double sum = 0;
    for (size_t i = 0; i < BATCH; i++) {
        assert_true(scores[i].cost > 0 && scores[i].wrong <= 4 * f.trainer.draws[i].extent.length);
        check_close(f.trainer.costs[i], scores[i].cost, 64 * EG_EPS, 0);
        sum += scores[i].cost;
    }
    check_close(report.loss, sum / BATCH * 0.69314718055994531, 64 * EG_EPS, 0);
    assert_int_equal(eg_trainer_score(&f.trainer, f.trainer.draws, 0, scores), EG_OK);
    close_trainer(&f);
}

/* The score of a sequence does not depend on those beside it. */
static void scores_do_not_depend_on_the_batch(void **state)
{
    (void) state;
    enum { BATCH = 13 };
    struct fixture f;
    struct eg_update_report report;
    struct eg_answer_score all[BATCH], one;
    open_small(&f, BATCH, 1);
    assert_int_equal(eg_trainer_gradient(&f.trainer, 7, &report), EG_OK);
    assert_int_equal(eg_trainer_score(&f.trainer, f.trainer.draws, BATCH, all), EG_OK);
    for (size_t i = 0; i < BATCH; i++) {
        assert_int_equal(eg_trainer_score(&f.trainer, f.trainer.draws + i, 1, &one), EG_OK);
        check_close(one.cost, all[i].cost, 64 * EG_EPS, 0);
    }
    close_trainer(&f);
}

#ifdef EG_DOUBLE

/* Of the mean over the batch: a few components against difference quotients. */
static void the_gradient_is_that_of_the_loss(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_update_report report;
    open_small(&f, 17, 2);
    const size_t size = f.model.params.size;
    assert_int_equal(eg_trainer_gradient(&f.trainer, 0, &report), EG_OK);
    real *gradient = malloc(size * sizeof *gradient);
    memcpy(gradient, f.trainer.total, size * sizeof *gradient);
    double norm = 0;
    for (size_t i = 0; i < size; i++)
        norm += gradient[i] * gradient[i];
    check_close(report.optimiser.gradient_norm, sqrt(norm), 1e-12, 0);
    for (size_t i = 0; i < size; i += 37) {
        const double was = f.trainer.values[i], h = 1e-5;
        f.trainer.values[i] = was + h;
        assert_int_equal(eg_trainer_gradient(&f.trainer, 0, &report), EG_OK);
        const double up = report.loss;
        f.trainer.values[i] = was - h;
        assert_int_equal(eg_trainer_gradient(&f.trainer, 0, &report), EG_OK);
        f.trainer.values[i] = was;
        check_close(gradient[i], (up - report.loss) / (2 * h), 1e-5, 1e-8);
    }
    free(gradient);
    close_trainer(&f);
}

#endif

static void learning_goes_down(void **state)
{
    (void) state;
    enum { UPDATES = 400 };
    struct fixture f;
    double first = 0, last = 0;
    open_trainer(&f, "bits=2 length_max=2", "size=16", "slots=8 width=6", &adam, 8, 2);
    for (uint64_t update = 0; update < UPDATES; update++) {
        struct eg_update_report report;
        assert_int_equal(eg_trainer_update(&f.trainer, update, UPDATES, &report), EG_OK);
        if (update < 20)
            first += report.loss;
        if (update >= UPDATES - 20)
            last += report.loss;
    }
    check_close(first / 20, 3 * 0.693, 0.2, 0); /* at first it knows nothing: 3 bits */
    if (!(last < 0.1 * first)) {
        print_error("mean loss %g at first, %g after %d updates\n", first / 20, last / 20, UPDATES);
        fail();
    }
    close_trainer(&f);
}

static void init_survives_every_allocation_failing_once(void **state)
{
    (void) state;
    struct fixture f;
    open_small(&f, 17, 2);
    int ret = EG_ERR_NOMEM;
    for (size_t n = 0; ret != EG_OK; n++) {
        struct eg_arena *arena = new_arena();
        struct eg_trainer trainer;
        assert_true(n < 100);
        eg_arena_fail_after(arena, n);
        ret = eg_trainer_init(&trainer, arena, &f.model, &f.source, eg_kernels_best(), &graves, 5,
                              17, 2);
        assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
        eg_trainer_free(&trainer);
        eg_arena_free(&arena);
    }
    close_trainer(&f);
}

/* Memory that runs out within an update is a code, and the parameters are as before. */
static void an_update_survives_every_allocation_failing_once(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_update_report report;
    open_trainer(&f, "bits=1 length_max=1", "size=2", "slots=3 width=1", &adam, 2, 1);
    const size_t bytes = f.model.params.size * sizeof(real);
    real *kept = malloc(bytes);
    memcpy(kept, f.trainer.values, bytes);
    int ret = EG_ERR_NOMEM;
    for (size_t n = 0; ret != EG_OK; n++) {
        assert_true(n < 10000);
        eg_arena_fail_after(f.trainer.step[0], n);
        ret = eg_trainer_update(&f.trainer, 0, 0, &report);
        assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
        assert_int_equal(memcmp(kept, f.trainer.values, bytes) == 0, ret != EG_OK);
    }
    free(kept);
    close_trainer(&f);
}

int main(int argc, char **argv)
{
    openblas_set_num_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(small_work_gives_the_same_bits),
        cmocka_unit_test(an_update_says_how_far_the_parameters_are),
        cmocka_unit_test(an_update_depends_on_its_number_and_the_state_only),
        cmocka_unit_test(nothing_is_allocated_after_the_first_update),
        cmocka_unit_test(the_gradient_is_of_the_mean_or_of_the_sum),
        cmocka_unit_test(steps_and_clipping_by_matrix_know_batch_and_tensors),
        cmocka_unit_test(a_nan_stops_the_update_and_changes_nothing),
        cmocka_unit_test(loss_and_score_agree),
        cmocka_unit_test(scores_do_not_depend_on_the_batch),
        cmocka_unit_test(learning_goes_down),
        cmocka_unit_test(init_survives_every_allocation_failing_once),
        cmocka_unit_test(an_update_survives_every_allocation_failing_once),
#ifdef EG_DOUBLE
        cmocka_unit_test(the_gradient_is_that_of_the_loss),
#endif
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
