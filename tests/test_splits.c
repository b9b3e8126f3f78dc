/* Data of which a part is not trained on: evaluations by split and by group, and what the run file
 * keeps of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/evaluator.h"
#include "experiments/seeds.h"

#include "tests/check.h"
#include "tests/fixture.h"

/* Item i has one word and the class i mod 3; its group is odd or even.  Items 1 to 5 train, 6 to 9
 * validate, 10 to 16 test. */
enum { TRAIN = 5, VALID = 4, TEST = 7, CLASSES = 3 };

static size_t steps(const void *state, struct eg_extent extent)
{
    (void) state;
    return extent.length > 0 && extent.length <= TRAIN + VALID + TEST;
}

static size_t draw_length(const void *state, struct eg_stream *stream)
{
    (void) state;
    return (size_t) eg_stream_between(stream, 1, TRAIN);
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    (void) state;
    (void) stream;
    memset(s->input, 0, EG_COLUMNS * sizeof *s->input);
    s->input[EG_COLUMN_QUESTION] = 1;
    s->target[0] = (real) (s->extent.length % CLASSES);
    s->mask[0] = 1;
    s->phase[0] = EG_PHASE_OUTPUT;
}

static size_t group(const void *state, struct eg_extent extent)
{
    (void) state;
    return extent.length % 2 == 0;
}

static const struct eg_option no_rows[] = {EG_OPTION_END};
static const struct eg_task_type items_task = {
    .name = "items",
    .summary = "items",
    .source = "made up",
    .options = no_rows,
    .draw_length = draw_length,
    .steps = steps,
    .draw = draw,
    .group = group,
};
static const char *const group_words[] = {"odd", "even"};
static const struct eg_task_shape items_shape = {.inputs = EG_COLUMNS,
                                                 .outputs = CLASSES,
                                                 .loss = EG_LOSS_CLASSES,
                                                 .length_min = 1,
                                                 .length_max = TRAIN,
                                                 .steps_max = 1,
                                                 .items = TRAIN,
                                                 .items_valid = VALID,
                                                 .items_test = TEST,
                                                 .symbols = 1,
                                                 .sentences_max = 0,
                                                 .words_max = 1,
                                                 .groups = 2,
                                                 .group_words = group_words,
                                                 .length_words = "questions",
                                                 .chance = 1.5,
                                                 .optimum = NAN};

struct fixture {
    struct eg_experiment e;
    void *options[3];
    struct eg_message message;
};

/* A network that always answers class 1, with probability 1/2; the others have 1/4 each. */
static void open_experiment(struct fixture *f)
{
    static const struct eg_optimiser_options sgd = {.kind = EG_SGD};
    memset(f, 0, sizeof *f);
    struct eg_experiment *e = &f->e;
    e->name = "items";
    e->run.seed = 1;
    e->train.batch = 2;
    e->train.sequences = 4;
    e->evaluate.sequences = 100;
    e->threads = 2;
    e->kernels = eg_kernels_best();
    assert_int_equal(eg_arena_init(&e->arena, 0), EG_OK);
    assert_int_equal(eg_config_init(&e->config), EG_OK);
    e->source = (struct eg_source){.task = &items_task, .shape = items_shape};
    f->options[0] =
        new_options(eg_model_recurrent.options, eg_model_recurrent.options_size, "embedding=2");
    f->options[1] = new_options(eg_controller_rnn.options, eg_controller_rnn.options_size, "");
    f->options[2] = new_options(eg_memory_none.options, eg_memory_none.options_size, "");
    const struct eg_model_config config = {f->options[0], &eg_controller_rnn, f->options[1],
                                           &eg_memory_none, f->options[2]};
    const struct eg_model_size size = {.inputs = EG_COLUMNS, .outputs = CLASSES, .symbols = 1};
    assert_int_equal(
        eg_model_init(&e->model, e->arena, &eg_model_recurrent, &config, &size, &f->message),
        EG_OK);
    assert_int_equal(
        eg_trainer_init(&e->trainer, e->arena, &e->model, &e->source, e->kernels, &sgd, 1, 2, 2),
        EG_OK);
    e->has_trainer = 1;
    const struct eg_param_row *b = eg_params_find(&e->model.params, "output/bias");
    memset(e->trainer.values, 0, e->model.params.size * sizeof(real));
    e->trainer.values[b->offset + 1] = (real) log(2);
}

static void close_experiment(struct fixture *f)
{
    eg_experiment_free(&f->e);
    for (size_t i = 0; i < 3; i++)
        free(f->options[i]);
}

struct seen {
    struct eg_evaluation rows[16];
    size_t n;
};

static int note(void *context, const struct eg_evaluation *v)
{
    struct seen *seen = context;
    assert_true(seen->n < 16);
    seen->rows[seen->n++] = *v;
    return EG_OK;
}

/* `right` of n answers are class 1: those cost one bit, the others two. */
static void check_row(const struct eg_evaluation *v, enum eg_split split, size_t of,
                      const char *name, size_t n, size_t right)
{
    const double part = (double) right / (double) n;
    assert_int_equal(v->split, split);
    assert_int_equal(v->group, of);
    assert_string_equal(v->name, name);
    assert_int_equal(v->n, n);
    assert_int_equal(v->length, 0);
    check_close(v->exact, part, 1e-12, 0);
    check_close(v->wrong, 1 - part, 1e-12, 1e-12);
    check_close(v->mean, 2 - part, 64 * EG_EPS, 0);
}

/* Of class 1 are 1, 4; 7; 10, 13, 16. */
static void an_evaluation_goes_over_splits_and_groups(void **state)
{
    (void) state;
    struct fixture f;
    struct seen seen = {.n = 0};
    open_experiment(&f);
    assert_true(eg_experiment_splits(&f.e));
    assert_int_equal(eg_experiment_items(&f.e), 16);
    assert_int_equal(eg_evaluate_all(&f.e, note, &seen, &f.message), EG_OK);
    assert_int_equal(seen.n, 5);
    check_row(&seen.rows[0], EG_SPLIT_TRAINING, 0, "training", 5, 2);
    check_row(&seen.rows[1], EG_SPLIT_VALIDATION, 0, "validation", 4, 1);
    check_row(&seen.rows[2], EG_SPLIT_TEST, 0, "test", 7, 3);
    check_row(&seen.rows[3], EG_SPLIT_TEST, 1, "odd", 3, 1);  /* 11, 13, 15     */
    check_row(&seen.rows[4], EG_SPLIT_TEST, 2, "even", 4, 2); /* 10, 12, 14, 16 */
    check_close(seen.rows[0].chance, 1.5, 0, 0);
    assert_true(isnan(seen.rows[2].chance));
    close_experiment(&f);
}

/* Of seven, 10 to 16, two: one of 10, 11, 12 and one of 13 to 16; three: one of 10, 11, one of 12,
 * 13, and one of 14, 15, 16.  Which ones a fixed stream says: here those of class 1.  At a fixed
 * distance the three would be 10, 12, 14. */
static void of_many_items_some_are_chosen_that_are_spread_evenly(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_evaluation v;
    open_experiment(&f);
    assert_int_equal(eg_evaluate_items(&f.e, EG_SPLIT_TEST, 0, 2, &v, &f.message), EG_OK);
    check_row(&v, EG_SPLIT_TEST, 0, "test", 2, 2);
    assert_int_equal(eg_evaluate_items(&f.e, EG_SPLIT_TEST, 0, 3, &v, &f.message), EG_OK);
    check_row(&v, EG_SPLIT_TEST, 0, "test", 3, 3);
    assert_int_equal(eg_evaluate_items(&f.e, EG_SPLIT_TEST, 0, 7, &v, &f.message), EG_OK);
    check_row(&v, EG_SPLIT_TEST, 0, "test", 7, 3);
    assert_int_equal(eg_evaluate(&f.e, (struct eg_extent){0}, 100, &v, &f.message), EG_OK);
    check_row(&v, EG_SPLIT_TRAINING, 0, "training", 5, 2);
    close_experiment(&f);
}

static void what_is_not_there_is_left_out(void **state)
{
    (void) state;
    struct fixture f;
    struct seen seen = {.n = 0};
    open_experiment(&f);
    f.e.source.shape.items_valid = 0;
    f.e.source.shape.items_test = 4; /* 6 to 9 */
    f.e.source.shape.groups = 0;
    assert_int_equal(eg_evaluate_all(&f.e, note, &seen, &f.message), EG_OK);
    assert_int_equal(seen.n, 2);
    check_row(&seen.rows[1], EG_SPLIT_TEST, 0, "test", 4, 1);
    close_experiment(&f);
}

/* Only those of the training are drawn in training. */
static void training_draws_from_its_own_items(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_draw draws[100];
    size_t seen[TRAIN + 1] = {0};
    open_experiment(&f);
    for (size_t i = 0; i < 100; i++)
        draws[i] = (struct eg_draw){.seed = 1, .purpose = EG_FOR_TRAINING, .item = i};
    eg_draw_lengths(&f.e.source, draws, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_true(draws[i].extent.length >= 1 && draws[i].extent.length <= TRAIN);
        seen[draws[i].extent.length]++;
    }
    for (size_t i = 1; i <= TRAIN; i++)
        assert_true(seen[i] > 0);
    close_experiment(&f);
}

/* An evaluation of a task whose perplexity is put in by hand. */
static void perplexity_has_a_column_only_where_words_are_asked_for(void **state)
{
    (void) state;
    static const struct eg_command command = {.verb = "train", .force = 1};
    static const char *const classes[CLASSES] = {"a", "b", "c"}, *const others[] = {"d", "e", "f"};
    for (int words = 0; words < 2; words++) {
        struct fixture f;
        struct eg_recorder r;
        struct eg_progress_sums sums = {0};
        char path[64];
        snprintf(path, sizeof path, "test-splits-words-%ld.h5", (long) getpid());
        open_experiment(&f);
        f.e.source.shape.loss = EG_LOSS_CLASSES;
        f.e.source.shape.symbols = CLASSES;
        f.e.source.shape.class_words = classes;
        f.e.source.shape.symbol_words = words ? classes : others;
        assert_int_equal(eg_recorder_create(&r, &f.e, &command, path, &f.message), EG_OK);
        const double row[] = {2, 4, 1, 1, 1, 1, 0, 1};
        assert_int_equal(eg_run_append(r.train, row, NULL), EG_OK);
        const struct eg_evaluation v = {.split = EG_SPLIT_TEST, .group = 3, .perplexity = 4.25};
        assert_int_equal(eg_recorder_evaluation(&r, 2, &v, NULL), EG_OK);
        assert_int_equal(
            eg_recorder_save(&r, &f.e, 2, &sums, "done", "a test", EG_RUN_FORCE, &f.message),
            EG_OK);
        eg_run_close(&r.run);

        struct eg_run *run;
        double *column;
        size_t n;
        assert_int_equal(eg_run_open(&run, path, EG_RUN_READ, &f.message), EG_OK);
        assert_int_equal(eg_run_exists(run, "/evaluate/perplexity"), words);
        assert_int_equal(eg_run_get_column(run, "/evaluate/group", &column, &n, NULL), EG_OK);
        check_close(column[0], 3, 0, 0);
        free(column);
        if (words) {
            assert_int_equal(eg_run_get_column(run, "/evaluate/perplexity", &column, &n, NULL),
                             EG_OK);
            assert_int_equal(n, 1);
            check_close(column[0], 4.25, 0, 0);
            free(column);
        }
        eg_run_close(&run);
        unlink(path);
        close_experiment(&f);
    }
}

static int keep(void *context, const struct eg_evaluation *v)
{
    return eg_recorder_evaluation(context, 2, v, NULL);
}

static void the_run_file_keeps_split_and_group(void **state)
{
    (void) state;
    static const struct eg_command command = {.verb = "train", .force = 1};
    struct fixture f;
    struct eg_recorder r;
    struct eg_progress_sums sums = {0};
    char path[64];
    snprintf(path, sizeof path, "test-splits-%ld.h5", (long) getpid());
    open_experiment(&f);
    assert_int_equal(eg_recorder_create(&r, &f.e, &command, path, &f.message), EG_OK);
    const double row[] = {2, 4, 1, 1, 1, 1, 0, 1};
    assert_int_equal(eg_run_append(r.train, row, NULL), EG_OK);
    assert_int_equal(eg_evaluate_all(&f.e, keep, &r, &f.message), EG_OK);
    assert_int_equal(
        eg_recorder_save(&r, &f.e, 2, &sums, "done", "a test", EG_RUN_FORCE, &f.message), EG_OK);
    eg_run_close(&r.run);

    struct eg_run *run;
    double *split, *of;
    size_t n;
    char *words;
    assert_int_equal(eg_run_open(&run, path, EG_RUN_READ, &f.message), EG_OK);
    assert_int_equal(eg_run_get_column(run, "/evaluate/split", &split, &n, NULL), EG_OK);
    assert_int_equal(n, 5);
    assert_int_equal(eg_run_get_column(run, "/evaluate/group", &of, &n, NULL), EG_OK);
    const double splits[5] = {0, 1, 2, 2, 2}, groups[5] = {0, 0, 0, 1, 2};
    for (size_t i = 0; i < 5; i++) {
        check_close(split[i], splits[i], 0, 0);
        check_close(of[i], groups[i], 0, 0);
    }
    assert_int_equal(eg_run_get_text(run, "/words/groups", &words, NULL), EG_OK);
    assert_string_equal(words, "odd\neven");
    free(words);
    free(split);
    free(of);
    eg_run_close(&run);

    /* The cost of the run is that of the training. */
    struct eg_seed_run seed = {.path = path};
    assert_int_equal(eg_seeds_read(&seed, 0.01, &f.message), EG_OK);
    assert_int_equal(seed.outcome.lengths, 5);
    check_close(seed.outcome.cost, 1.6, 64 * EG_EPS, 0);
    check_close(seed.outcome.by_length[4].exact, 0.5, 1e-12, 0);
    assert_int_equal(seed.outcome.by_length[4].split, EG_SPLIT_TEST);
    assert_int_equal(seed.outcome.by_length[4].group, 2);
    unlink(path);
    close_experiment(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_evaluation_goes_over_splits_and_groups),
        cmocka_unit_test(of_many_items_some_are_chosen_that_are_spread_evenly),
        cmocka_unit_test(what_is_not_there_is_left_out),
        cmocka_unit_test(training_draws_from_its_own_items),
        cmocka_unit_test(the_run_file_keeps_split_and_group),
        cmocka_unit_test(perplexity_has_a_column_only_where_words_are_asked_for),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
