/* Run files of capacity and basins: read back and gone on with, damaged, whole. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <unistd.h>

#include "record/check.h"
#include "tests/plane_sample.h"

struct file {
    char directory[64], path[96];
};

static void new_file(struct file *f)
{
    strcpy(f->directory, "/tmp/engram-test-plane-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/run.h5", f->directory);
}

static void remove_file(const struct file *f)
{
    unlink(f->path);
    rmdir(f->directory);
}

static struct eg_run *create(const struct file *f, const struct measured *m)
{
    struct eg_run *run;
    struct eg_message message = {{0}};
    const char *kind = eg_kind_names[m->a.kind];
    int ret = eg_run_create(&run, f->path, NULL, EG_RUN_LATER | EG_RUN_FORCE, &message);
    if (!ret)
        ret = eg_run_put_attr_int(run, "/", "seed", m->a.run.seed, &message);
    if (!ret)
        ret = eg_run_put_attr_text(run, "/", "default", kind, &message);
    if (!ret)
        ret = eg_run_put_attr_text(run, "/", "kind", kind, &message);
    if (!ret)
        ret = eg_run_put_attr_text(run, "/", "name", "test", &message);
    if (!ret)
        ret = eg_run_put_attr_text(run, "/", "status_reason", "", &message);
    if (!ret)
        ret = eg_plane_put(&m->plane, run, &message);
    if (ret)
        fail_msg("%s", message.text);
    return run;
}

/* Half of the networks become what a signal leaves: never begun. */
static void forget_half(struct eg_plane *p)
{
    for (size_t i = 0; i < trials_of(p); i++)
        if (i / p->recalls % 2)
            p->trials[i] = (struct eg_sample){.end = EG_NOT_DONE};
}

static struct measured *read_back(const struct file *f, size_t k)
{
    struct eg_run *run;
    struct eg_message message = {{0}};
    struct measured *m = open_plane(planes[k].kind, planes[k].yaml, 3);
    int ret = eg_run_open(&run, f->path, EG_RUN_UPDATE, &message);
    if (!ret)
        ret = eg_plane_get(&m->plane, run, &message);
    if (ret)
        fail_msg("%s: %s", planes[k].name, message.text);
    eg_run_close(&run);
    return m;
}

static void what_was_stopped_and_goes_on_comes_to_the_same(void **state)
{
    (void) state;
    struct file f;
    new_file(&f);
    for (size_t k = 0; k < PLANES; k++) {
        struct measured *straight = measured(planes[k].kind, planes[k].yaml, 2);
        struct measured *stopped = measured(planes[k].kind, planes[k].yaml, 2);
        forget_half(&stopped->plane);
        assert_false(eg_plane_done(&stopped->plane, 0, 0, 0));
        struct eg_run *run = create(&f, stopped);
        assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
        eg_run_close(&run);
        struct measured *back = read_back(&f, k);
        for (size_t i = 0; i < trials_of(&back->plane); i++)
            assert_int_equal(back->plane.trials[i].end, stopped->plane.trials[i].end);
        assert_false(eg_plane_done(&back->plane, 0, 0, 0));
        run_all(&back->plane);
        same_samples(straight->plane.trials, back->plane.trials, trials_of(&back->plane));
        close_plane(straight);
        close_plane(stopped);
        close_plane(back);
    }
    remove_file(&f);
}

/* Trials read back are not done again: a number put in their place stays. */
static void what_is_done_is_not_done_again(void **state)
{
    (void) state;
    struct file f;
    new_file(&f);
    struct measured *m = measured(planes[0].kind, planes[0].yaml, 1);
    m->plane.trials[0].overlap = 0.12345;
    struct eg_run *run = create(&f, m);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    struct measured *back = read_back(&f, 0);
    run_all(&back->plane);
    same_samples(m->plane.trials, back->plane.trials, trials_of(&m->plane));
    close_plane(m);
    close_plane(back);
    remove_file(&f);
}

/* A file may have lost any recall of a network, not just all of them. */
static void a_network_that_lacks_one_recall_is_done_again(void **state)
{
    (void) state;
    struct measured *straight = measured(planes[0].kind, planes[0].yaml, 1);
    struct measured *holes = measured(planes[0].kind, planes[0].yaml, 1);
    holes->plane.trials[2] = (struct eg_sample){.end = EG_NOT_DONE}; /* the first of two */
    holes->plane.trials[5] = (struct eg_sample){.end = EG_NOT_DONE}; /* the second       */
    run_all(&holes->plane);
    same_samples(straight->plane.trials, holes->plane.trials, trials_of(&holes->plane));
    close_plane(straight);
    close_plane(holes);
}

static void damaged_trials_are_refused(void **state)
{
    (void) state;
    static const char *const paths[] = {"/capacity/trials/end", "/basin/trials/end"};
    static const size_t which[] = {0, PLANES - 1};
    struct file f;
    new_file(&f);
    for (size_t c = 0; c < 2; c++) {
        const char *const path = paths[c];
        const size_t k = which[c];
        struct measured *m = measured(planes[k].kind, planes[k].yaml, 2);
        const size_t n = trials_of(&m->plane);
        struct eg_run *run = create(&f, m);
        struct measured *back = open_plane(planes[k].kind, planes[k].yaml, 3);
        struct eg_message message = {{0}};
        uint8_t *end = calloc(n, 1);
        assert_non_null(end);
        assert_int_equal(eg_plane_get(&back->plane, run, &message), EG_OK);
        const struct eg_run_array array = {
            .type = EG_RUN_UINT8, .rank = 1, .dims = {n}, .data = end};
        const uint8_t bad[] = {EG_ATTRACTORS, 100, 254};
        for (size_t i = 0; i < sizeof bad; i++) {
            end[n / 2] = bad[i];
            assert_int_equal(eg_run_put(run, path, &array, &message), EG_OK);
            assert_int_equal(eg_plane_get(&back->plane, run, &message), EG_ERR_FORMAT);
            assert_non_null(strstr(message.text, path));
        }
        struct eg_run_array fewer = array;
        fewer.dims[0] = n - 1;
        assert_int_equal(eg_run_put(run, path, &fewer, &message), EG_OK);
        assert_int_equal(eg_plane_get(&back->plane, run, &message), EG_ERR_SHAPE);
        assert_int_equal(eg_run_delete(run, path, &message), EG_OK);
        assert_int_equal(eg_plane_get(&back->plane, run, &message), EG_ERR_MISSING);
        free(end);
        eg_run_close(&run);
        close_plane(m);
        close_plane(back);
    }
    remove_file(&f);
}

static void print_problem(void *context, const char *sentence)
{
    (void) context;
    print_error("%s\n", sentence);
}

/* All but what the program adds around it: configuration and provenance. */
static size_t problems(const char *path)
{
    size_t n = 0;
    struct eg_message message;
    assert_int_equal(eg_run_check(path, print_problem, NULL, &n, &message), EG_OK);
    return n;
}

static void put_text(struct eg_run *run, const char *path, const char *text)
{
    assert_int_equal(eg_run_put_text(run, path, "a text", text, NULL), EG_OK);
}

static void the_run_file_is_whole(void **state)
{
    (void) state;
    struct file f;
    new_file(&f);
    for (size_t k = 0; k < PLANES; k++)
        for (int half = 0; half < 2; half++) {
            struct measured *m = measured(planes[k].kind, planes[k].yaml, 2);
            if (half)
                forget_half(&m->plane);
            struct eg_run *run = create(&f, m);
            struct eg_message message = {{0}};
            struct eg_scaling s;
            put_text(run, "/config", planes[k].yaml);
            put_text(run, "/config_values", planes[k].yaml);
            put_text(run, "/provenance/program", "test");
            int ret = EG_OK;
            if (planes[k].kind == EG_KIND_CAPACITY && !half) {
                ret = eg_plane_put_theory(&m->plane, run, &message);
                if (!ret)
                    ret = eg_plane_scaling(&m->plane, m->a.arena, &s, &message);
                if (!ret)
                    ret = eg_plane_put_scaling(&m->plane, &s, run, &message);
            }
            if (!ret)
                ret = eg_run_put_attr_text(run, "/", "status", half ? "running" : "done", &message);
            if (!ret)
                ret = eg_run_save(run, 0, &message);
            if (ret)
                fail_msg("%s: %s", planes[k].name, message.text);
            eg_run_close(&run);
            if (problems(f.path) > 0)
                fail_msg("%s: see above", planes[k].name);
            close_plane(m);
        }
    remove_file(&f);
}

static void the_run_file_holds_the_summary(void **state)
{
    (void) state;
    struct file f;
    new_file(&f);
    struct measured *m = measured(planes[0].kind, planes[0].yaml, 2);
    struct eg_run *run = create(&f, m);
    double overlap[4], census[4 * EG_ATTRACTORS], load[2];
    int64_t size[2], patterns[4], n[4];
    char text[512];
    assert_int_equal(eg_run_get(run, "/capacity/size", EG_RUN_INT64, size, 2, NULL), EG_OK);
    assert_int_equal(eg_run_get(run, "/capacity/load", EG_RUN_FLOAT64, load, 2, NULL), EG_OK);
    assert_int_equal(eg_run_get(run, "/capacity/patterns", EG_RUN_INT64, patterns, 4, NULL), EG_OK);
    assert_int_equal(eg_run_get(run, "/capacity/n", EG_RUN_INT64, n, 4, NULL), EG_OK);
    assert_int_equal(eg_run_get(run, "/capacity/overlap", EG_RUN_FLOAT64, overlap, 4, NULL), EG_OK);
    assert_int_equal(
        eg_run_get(run, "/capacity/census", EG_RUN_FLOAT64, census, 4 * EG_ATTRACTORS, NULL),
        EG_OK);
    assert_int_equal(size[0], 40);
    assert_int_equal(size[1], 64);
    check_close(load[1], 0.3, 0, 0);
    /* 40 and 64 sites at loads 0.1 and 0.3: 4, 12, 6.4 and 19.2 patterns, rounded */
    const int64_t count[4] = {4, 12, 6, 19};
    for (size_t k = 0; k < 4; k++) {
        struct eg_cell cell;
        eg_plane_summary(&m->plane, k / 2, k % 2, 0, &cell);
        assert_int_equal(patterns[k], count[k]);
        assert_int_equal(n[k], 7);
        check_close(overlap[k], cell.overlap, 0, 0);
        double sum = 0;
        for (size_t c = 0; c < EG_ATTRACTORS; c++) {
            check_close(census[k * EG_ATTRACTORS + c], cell.census[c], 0, 0);
            sum += cell.census[c];
        }
        check_close(sum, 1, 1e-12, 0);
    }
    assert_int_equal(eg_run_get_attr_text(run, "/capacity", "criterion", text, sizeof text, NULL),
                     EG_OK);
    assert_non_null(strstr(text, "at least 0.9 at rest"));
    assert_non_null(strstr(text, "10 % of the sites flipped"));
    assert_int_equal(eg_run_get_attr_text(run, "/capacity", "rule", text, sizeof text, NULL),
                     EG_OK);
    assert_string_equal(text, "hebbian");
    eg_run_close(&run);
    close_plane(m);
    remove_file(&f);
}

#define ROW cmocka_unit_test
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROW(what_was_stopped_and_goes_on_comes_to_the_same),
        ROW(what_is_done_is_not_done_again),
        ROW(a_network_that_lacks_one_recall_is_done_again),
        ROW(damaged_trials_are_refused),
        ROW(the_run_file_is_whole),
        ROW(the_run_file_holds_the_summary),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests_name("plane files", tests, NULL, NULL);
}
