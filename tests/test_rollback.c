/* Going back to the best report: what is kept, when it is taken back, and settings that leave it
 * nothing to go by. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/experiment.h"

#include "tests/check.h"
#include "tests/fixture.h"

struct fixture {
    struct eg_arena *arena;
    struct eg_trainer trainer;
    struct eg_rollback rollback;
    real values[3], moments[2][3];
};

static struct fixture *open_fixture(double rise)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->arena = new_arena();
    f->trainer.values = f->values;
    f->trainer.optimiser.size = 3;
    f->trainer.optimiser.moments = 2;
    for (size_t i = 0; i < 2; i++)
        f->trainer.optimiser.moment[i] = f->moments[i];
    assert_int_equal(eg_rollback_init(&f->rollback, f->arena, &f->trainer, rise), EG_OK);
    return f;
}

static void close_fixture(struct fixture *f)
{
    eg_arena_free(&f->arena);
    free(f);
}

static void set(struct fixture *f, real x)
{
    for (size_t i = 0; i < 3; i++) {
        f->values[i] = x;
        f->moments[0][i] = 10 * x;
        f->moments[1][i] = 100 * x;
    }
}

/* A report of a trainer whose numbers are all x; what they are then. */
static double report(struct fixture *f, real x, uint64_t step, double cost, int goes_back)
{
    set(f, x);
    assert_int_equal(eg_rollback_report(&f->rollback, &f->trainer, step, cost), goes_back);
    for (size_t i = 0; i < 3; i++) {
        assert_true(f->values[i] == f->values[0]);
        assert_true(f->moments[0][i] == 10 * f->values[0]);
        assert_true(f->moments[1][i] == 100 * f->values[0]);
    }
    return (double) f->values[0];
}

static void a_cost_far_above_the_least_takes_its_parameters_back(void **state)
{
    (void) state;
    struct fixture *f = open_fixture(5);
    assert_true(report(f, 1, 10, 50, 0) == 1);
    assert_true(report(f, 2, 20, 30, 0) == 2); /* the least so far */
    assert_true(report(f, 3, 30, 34, 0) == 3); /* a little above   */
    assert_true(report(f, 4, 40, 35.5, 1) == 2);
    assert_true(f->rollback.lowest == 30 && f->rollback.step == 20);
    assert_true(report(f, 5, 50, 29, 0) == 5);
    assert_true(report(f, 6, 60, 200, 1) == 5);
    assert_true(f->rollback.step == 50);
    close_fixture(f);
}

static void without_a_rise_nothing_is_kept_or_taken_back(void **state)
{
    (void) state;
    struct fixture *f = open_fixture(0);
    assert_null(f->rollback.values);
    assert_true(report(f, 1, 10, 5, 0) == 1);
    assert_true(report(f, 2, 20, 5000, 0) == 2);
    close_fixture(f);
}

static void refuses(const char *preset, const char *setting, const char *words)
{
    struct eg_experiment *e = calloc(1, sizeof *e);
    const struct eg_setting settings[] = {{.text = "train.rollback=0.2", .origin = "test"},
                                          {.text = setting, .origin = "test"}};
    struct eg_message message = {{0}};
    assert_non_null(e);
    assert_int_equal(eg_experiment_init(e, preset, NULL, settings, 2, 1, &message), EG_OK);
    assert_int_equal(eg_experiment_trainable(e, &message), EG_ERR_RANGE);
    if (!strstr(message.text, words))
        fail_msg("\"%s\" does not say \"%s\"", message.text, words);
    eg_experiment_free(e);
    free(e);
}

static void where_costs_rise_by_themselves_it_is_refused(void **state)
{
    (void) state;
    refuses("ntm/copy", "curriculum.type=growing", "train.rollback = 0.2: with a curriculum");
    refuses("ntm/copy", "curriculum.type=look-back", "train.rollback = 0.2: with a curriculum");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cost_far_above_the_least_takes_its_parameters_back),
        cmocka_unit_test(without_a_rise_nothing_is_kept_or_taken_back),
        cmocka_unit_test(where_costs_rise_by_themselves_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
