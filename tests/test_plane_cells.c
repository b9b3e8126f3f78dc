/* What a cell of a capacity plane says: of sparse patterns and ties after one step, of recalls that
 * were cut short, of theory at the load there is, and of networks that are asked more than once. */
#include <math.h>

#include "experiments/capacity.h"
#include "memory/theory.h"
#include "tests/plane_sample.h"

static struct eg_cell first_cell(const struct measured *m)
{
    struct eg_cell cell;
    eg_plane_summary(&m->plane, 0, 0, 0, &cell);
    return cell;
}

/* No unit reaches this threshold: the state after a step is empty, its overlap 0, although only the
 * active sites are wrong. */
static void one_step_of_sparse_patterns_has_the_overlap_of_sparse_patterns(void **state)
{
    (void) state;
    struct measured *m =
        measured(EG_KIND_CAPACITY,
                 "memory: {type: hopfield, rule: sparse, thresholds: constant, threshold: 100}\n"
                 "patterns: {activity: 0.1}\n"
                 "capacity: {sizes: [400], loads: \"0.05\", networks: 4, criterion: one-step}\n",
                 2);
    const struct eg_cell cell = first_cell(m);
    check_close(cell.overlap, 0, 0, 0);
    assert_true(cell.error > 0.05 && cell.error < 0.2);
    close_plane(m);
}

/* 40 patterns span all 8 dimensions: without its diagonal the projection is 0, all fields are. */
#define TIES(tie)                                                                                 \
    "memory: {type: hopfield, rule: projection}\npatterns: {activity: 0.8}\ndynamics: {tie: " tie \
    "}\ncapacity: {sizes: [8],"                                                                   \
    " loads: \"5\", networks: 200, criterion: one-step}\n"

static void one_step_follows_the_tie_rule(void **state)
{
    (void) state;
    static const char *const yaml[] = {TIES("keep"), TIES("plus"), TIES("random")};
    /* +1 is wrong where a pattern is not; 1600 bits, five standard errors. */
    static const double error[] = {0, 0.2, 0.5}, band[] = {0, 0.05, 0.0625};
    for (size_t k = 0; k < 3; k++) {
        struct measured *m = measured(EG_KIND_CAPACITY, yaml[k], 2);
        check_close(first_cell(m).error, error[k], 0, band[k]);
        close_plane(m);
    }
    struct measured *plus = measured(EG_KIND_CAPACITY, yaml[1], 1);
    struct measured *random = measured(EG_KIND_CAPACITY, yaml[2], 1);
    size_t differ = 0;
    for (size_t i = 0; i < 200; i++)
        differ += plus->plane.trials[i].error < random->plane.trials[i].error
                  || plus->plane.trials[i].error > random->plane.trials[i].error;
    assert_true(differ > 50);
    close_plane(plus);
    close_plane(random);
}

#define SHORT(most, more)                                                             \
    "memory: {type: hopfield}\ncue: {amount: 0.2}\ndynamics: {sweeps_max: " most more \
    "}\ncapacity: {sizes: [400], loads: \"0.1\", networks: 20}\n"

static void recalls_that_were_cut_short_are_counted(void **state)
{
    (void) state;
    struct measured *cut = measured(EG_KIND_CAPACITY, SHORT("1", ""), 2);
    struct measured *whole = measured(EG_KIND_CAPACITY, SHORT("1000", ""), 2);
    struct measured *warm =
        measured(EG_KIND_CAPACITY, SHORT("5", ", update: glauber, temperature: 0.2"), 2);
    assert_true(first_cell(cut).at_rest < 0.5);
    check_close(first_cell(whole).at_rest, 1, 0, 0);
    assert_true(isnan(first_cell(warm).at_rest)); /* at a temperature nothing rests */
    char cold[512], hot[512];
    eg_plane_criterion(&cut->plane, cold, sizeof cold);
    eg_plane_criterion(&warm->plane, hot, sizeof hot);
    assert_non_null(strstr(cold, "at rest;"));
    assert_null(strstr(hot, "at rest;"));
    assert_non_null(strstr(hot, "in the end;"));
    close_plane(cut);
    close_plane(whole);
    close_plane(warm);
}

/* 0.05 of 30 sites is one pattern and a half: two are stored, and the load is 1/15. */
static void theory_is_asked_at_the_load_there_is(void **state)
{
    (void) state;
    struct measured *m = open_plane(
        EG_KIND_CAPACITY,
        "memory: {type: hopfield}\ncapacity: {sizes: [30], loads: \"0.05,0.1\", networks: 1}\n", 1);
    assert_int_equal(m->plane.patterns[0], 2);
    check_close(eg_plane_load(&m->plane, 0, 0), 1 / 15.0, 1e-15, 0);
    check_close(eg_plane_theory(&m->plane, 0, 0).overlap, eg_theory_overlap(2 / 30.0), 1e-15, 0);
    check_close(eg_plane_theory(&m->plane, 0, 1).overlap, eg_theory_overlap(0.1), 1e-15, 0);
    close_plane(m);
}

#define CUE(text)                                                     \
    "memory: {type: dense, function: exponential}\ncue: {" text "}\n" \
    "capacity: {sizes: [16], loads: \"0.1\", networks: 1}\n"

/* Of masked sites half are right by chance; of activity 0.2, those with `minus` but for 0.2. */
static void theory_is_asked_with_the_wrong_part_of_the_cue(void **state)
{
    (void) state;
    static const struct {
        const char *yaml;
        double wrong;
    } rows[] = {
        {CUE("kind: flip, amount: 0.3"), 0.3},
        {CUE("kind: noise, amount: 0.1"), 0.1},
        {CUE("kind: mask, amount: 0.6"), 0.3},
        {CUE("kind: crop, amount: 0.6, fill: random"), 0.3},
        {CUE("kind: mask, amount: 0.5, fill: minus") "patterns: {activity: 0.2}\n", 0.1},
        {CUE("kind: mask, amount: 0.5, fill: plus") "patterns: {activity: 0.2}\n", 0.4},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct measured *m = open_plane(EG_KIND_CAPACITY, rows[k].yaml, 1);
        const struct eg_theory t = eg_plane_theory(&m->plane, 0, 0);
        assert_int_equal(t.lines, 1);
        check_close(t.line[0].load, eg_theory_exponential(rows[k].wrong), 1e-12, 0);
        close_plane(m);
    }
}

#define BASIN(starts)                                                                   \
    "memory: {type: hopfield}\nbasin: {sizes: [100], loads: \"0.1\", starts: \"" starts \
    "\", networks: 6}\n"

/* The first start takes the later ones with it: the network is learned once. */
static void a_network_is_asked_at_all_starts_once_it_is_learned(void **state)
{
    (void) state;
    struct eg_message message = {{0}};
    struct measured *all = measured(EG_KIND_BASIN, BASIN("0.2,0.5,0.9"), 2);
    struct measured *once = open_plane(EG_KIND_BASIN, BASIN("0.2,0.5,0.9"), 3);
    assert_int_equal(eg_plane_run(&once->plane, 0, 0, 0, &message), EG_OK);
    for (size_t k = 0; k < 3; k++)
        assert_true(eg_plane_done(&once->plane, 0, 0, k));
    same_samples(all->plane.trials, once->plane.trials, 18);
    /* From a later start only the later ones. */
    struct measured *late = open_plane(EG_KIND_BASIN, BASIN("0.2,0.5,0.9"), 3);
    assert_int_equal(eg_plane_run(&late->plane, 0, 0, 1, &message), EG_OK);
    assert_false(eg_plane_done(&late->plane, 0, 0, 0));
    assert_true(eg_plane_done(&late->plane, 0, 0, 2));
    same_samples(all->plane.trials + 6, late->plane.trials + 6, 12);
    close_plane(all);
    close_plane(once);
    close_plane(late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_step_of_sparse_patterns_has_the_overlap_of_sparse_patterns),
        cmocka_unit_test(one_step_follows_the_tie_rule),
        cmocka_unit_test(recalls_that_were_cut_short_are_counted),
        cmocka_unit_test(theory_is_asked_at_the_load_there_is),
        cmocka_unit_test(theory_is_asked_with_the_wrong_part_of_the_cue),
        cmocka_unit_test(a_network_is_asked_at_all_starts_once_it_is_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
