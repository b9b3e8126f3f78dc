/* What a comparison says: YAML and command line, what wins over what, which cells there are, and
 * how parameters are matched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/compare.h"

#include "tests/check.h"

const struct eg_verb *const eg_verbs[] = {NULL};

static const char small[] = "seeds: 3..4\n"
                            "preset: ntm-ff/copy\n"
                            "base:\n"
                            "  memory: {slots: 16, width: 6, shift_range: 1}\n"
                            "  controller.size: 20\n"
                            "tasks:\n"
                            "  short: {task: {bits: 3, length_max: 4}, evaluate.lengths: [4, 8]}\n"
                            "  reverse:\n"
                            "    - task.type=reverse\n"
                            "    - evaluate.lengths=5,7\n"
                            "    - train.sequences=100\n"
                            "schemes:\n"
                            "  as it is:\n"
                            "  entmax-1.5, wide: [memory.shift_range=2, memory.width=9]\n"
                            "  no memory: {memory: {type: none}}\n";

static struct eg_comparison read_text(const char *text)
{
    struct eg_comparison c;
    struct eg_message message = {""};
    if (eg_compare_read(&c, "test.yaml", text, &message))
        fail_msg("%s", message.text);
    return c;
}

static void a_comparison_is_read_in_the_order_of_the_file(void **state)
{
    (void) state;
    struct eg_comparison c = read_text(small);
    assert_int_equal(c.seed_first, 3);
    assert_int_equal(eg_compare_seeds(&c), 2);
    assert_int_equal(c.match, EG_MATCH_NONE);
    assert_string_equal(c.base.preset, "ntm-ff/copy");
    assert_int_equal(c.base.n, 4);
    assert_string_equal(c.base.options[2].key, "memory.shift_range");
    assert_string_equal(c.base.options[2].origin, "test.yaml:4:46");
    assert_int_equal(c.n_tasks, 2);
    assert_string_equal(c.tasks[0].label, "short");
    assert_string_equal(c.tasks[0].options[2].key, "evaluate.lengths");
    assert_string_equal(c.tasks[0].options[2].value, "4,8");
    assert_string_equal(c.tasks[1].options[1].value, "5,7");
    assert_int_equal(c.n_schemes, 3);
    assert_string_equal(c.schemes[0].label, "as it is");
    assert_int_equal(c.schemes[0].n, 0);
    assert_string_equal(c.schemes[1].label, "entmax-1.5, wide");
    assert_string_equal(c.schemes[1].file, "entmax-1.5-wide");
    assert_string_equal(c.schemes[1].options[1].key, "memory.width");
    assert_string_equal(c.schemes[2].options[0].key, "memory.type");
    assert_string_equal(c.schemes[2].options[0].value, "none");
    eg_compare_free(&c);
}

static void what_is_written_reads_as_it_was(void **state)
{
    (void) state;
    struct eg_comparison c = read_text(small);
    char *yaml = eg_compare_yaml(&c);
    assert_non_null(yaml);
    struct eg_comparison again = read_text(yaml);
    char *twice = eg_compare_yaml(&again);
    assert_non_null(twice);
    assert_string_equal(yaml, twice);
    assert_int_equal(again.n_schemes, c.n_schemes);
    assert_string_equal(again.schemes[1].label, c.schemes[1].label);
    assert_string_equal(again.tasks[0].options[2].value, "4,8");
    assert_string_equal(again.base.preset, "ntm-ff/copy");
    free(yaml);
    free(twice);
    eg_compare_free(&again);
    eg_compare_free(&c);
}

static void faults_are_named_with_line_and_column(void **state)
{
    (void) state;
#define TASKS "tasks: {a: {preset: ntm/copy}}\n"
#define SCHEMES "schemes: {x: []}\n"
    static const struct {
        const char *text, *says;
    } faults[] = {
        {TASKS, "test.yaml:1:1: there are no schemes"},
        {SCHEMES, "test.yaml:1:1: there are no tasks"},
        {"- a\n", "a comparison is a mapping"},
        {TASKS "scheme: {}\n", "test.yaml:2:1: scheme: no such key; did you mean schemes?"},
        {TASKS SCHEMES "match: size\n",
         "test.yaml:3:8: match = size is not one of none, parameters"},
        {TASKS SCHEMES "seeds: 5..1\n", "test.yaml:3:8: seeds = 5..1 is not A..B"},
        {TASKS SCHEMES "seeds: [1, 2]\n", "test.yaml:3:8: seeds is a word or a text"},
        {TASKS "schemes: {x: [a=1, b]}\n", "test.yaml:2:20: b: an item of the list is KEY=VALUE"},
        {TASKS "schemes: {x: [a=1, a=2]}\n", "a stands twice; the first is at test.yaml:2:15"},
        {TASKS "schemes: {x: 3}\n", "test.yaml:2:14: scheme is a mapping of options or a list"},
        {TASKS "schemes: {x: {memory: {slots: }}}\n", "memory.slots has no value"},
        {TASKS "schemes: {x: {preset: a}}\n", "scheme 'x': a preset is of a task or of all"},
        {TASKS "schemes: {a b: [], 'a/b': []}\n",
         "'a/b' and 'a b', at test.yaml:2:11, would be files of one name"},
        {"tasks: {a: []}\n" SCHEMES, "test.yaml:1:9: task 'a' names no preset"},
        {TASKS SCHEMES "schemes: {y: []}\n", "test.yaml:3:1: schemes stands twice"},
        {TASKS "schemes: {x: [}\n", "test.yaml:2:"},
        {TASKS "schemes: {x: &a {b: *a}}\n", "nested too deep"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct eg_comparison c;
        struct eg_message message = {""};
        const int ret = eg_compare_read(&c, "test.yaml", faults[i].text, &message);
        if (ret != EG_ERR_CONFIG || !strstr(message.text, faults[i].says))
            fail_msg("%d, '%s' where '%s' was to be said of\n%s", ret, message.text, faults[i].says,
                     faults[i].text);
        eg_compare_free(&c);
    }
}

static void overrides_of_the_command_line_are_schemes_of_a_preset(void **state)
{
    (void) state;
    struct eg_comparison c;
    struct eg_message message = {""};
    struct eg_command command = {.target = {"ntm-ff/copy", "memory.shift_range=0",
                                            "two heads: memory.read_heads=2 "
                                            "memory.write_heads=2"},
                                 .targets = 3,
                                 .has_seeds = 1,
                                 .seed_first = 7,
                                 .seed_last = 9};
    assert_int_equal(eg_compare_open(&c, &command, &message), EG_OK);
    assert_int_equal(eg_compare_seeds(&c), 3);
    assert_int_equal(c.n_tasks, 1);
    assert_string_equal(c.tasks[0].preset, "ntm-ff/copy");
    assert_int_equal(c.n_schemes, 3);
    assert_int_equal(c.schemes[0].n, 0);
    assert_string_equal(c.schemes[1].label, "memory.shift_range=0");
    assert_string_equal(c.schemes[2].label, "two heads");
    assert_int_equal(c.schemes[2].n, 2);
    assert_string_equal(c.schemes[2].options[1].key, "memory.write_heads");
    assert_string_equal(c.schemes[2].options[1].value, "2");
    eg_compare_free(&c);
    command.target[1] = "nothing";
    assert_int_equal(eg_compare_open(&c, &command, &message), EG_ERR_CONFIG);
    assert_non_null(strstr(message.text, "'nothing' is no scheme"));
    eg_compare_free(&c);
    command.target[0] = "ntm-ff/kopy";
    assert_int_equal(eg_compare_open(&c, &command, &message), EG_ERR_CONFIG);
    assert_non_null(strstr(message.text, "did you mean 'ntm-ff/copy'"));
    eg_compare_free(&c);
}

static void what_is_built_in_can_be_planned(void **state)
{
    (void) state;
    for (const struct eg_preset *b = eg_comparisons; b->name; b++) {
        struct eg_comparison c;
        struct eg_compare_plan p;
        struct eg_message message = {""};
        struct eg_command command = {.target = {b->name}, .targets = 1};
        if (eg_compare_open(&c, &command, &message) || eg_compare_plan(&p, &c, &command, &message))
            fail_msg("%s", message.text);
        for (size_t i = 0; i < c.n_schemes * c.n_tasks; i++)
            if (!p.pairs[i].possible || p.pairs[i].why.text[0])
                fail_msg("%s: scheme %zu: %s", b->name, i / c.n_tasks, p.pairs[i].why.text);
        eg_compare_plan_free(&p);
        eg_compare_free(&c);
    }
}

/* --- what it comes down to --- */

struct fixture {
    char folder[64];
    struct eg_comparison c;
    struct eg_command command;
    struct eg_compare_plan p;
    struct eg_message message;
    struct eg_experiment e;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->folder, "/tmp/test_compare.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    eg_compare_plan_free(&f->p);
    if (f->c.arena)
        eg_compare_free(&f->c);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    free(f);
    return system(command);
}

static int plan(struct fixture *f, const char *text)
{
    static char output[96];
    snprintf(output, sizeof output, "%s/out.h5", f->folder);
    f->command.output = output;
    f->c = read_text(text);
    return eg_compare_plan(&f->p, &f->c, &f->command, &f->message);
}

static struct eg_experiment *open_pair(struct fixture *f, size_t scheme, size_t task)
{
    int understood;
    if (eg_compare_experiment(&f->e, &f->p, scheme, task, 0, 3, &understood, &f->message))
        fail_msg("%s", f->message.text);
    return &f->e;
}

static const char *text_of(struct fixture *f, const char *key)
{
    return eg_config_text(f->e.config, key, "");
}

static void a_scheme_wins_over_the_command_that_over_the_task_that_over_the_base(void **state)
{
    struct fixture *f = *state;
    f->command.settings[0] = (struct eg_setting){.text = "memory.shift_range=3", .origin = "-s"};
    f->command.settings[1] = (struct eg_setting){.text = "task.bits=5", .origin = "-s"};
    f->command.n_settings = 2;
    if (plan(f, small))
        fail_msg("%s", f->message.text);
    open_pair(f, 0, 0);
    assert_string_equal(text_of(f, "memory.shift_range"), "3");
    assert_string_equal(text_of(f, "task.bits"), "5");
    assert_string_equal(text_of(f, "task.length_max"), "4");
    assert_string_equal(text_of(f, "memory.slots"), "16");
    assert_int_equal(f->e.run.seed, 3);
    eg_experiment_free(&f->e);
    open_pair(f, 1, 0);
    assert_string_equal(text_of(f, "memory.shift_range"), "2");
    assert_string_equal(text_of(f, "memory.width"), "9");
    eg_experiment_free(&f->e);
    open_pair(f, 2, 1);
    assert_string_equal(text_of(f, "memory.type"), "none");
    assert_string_equal(f->e.source.task->name, "reverse");
    eg_experiment_free(&f->e);
}

/* The preset's LSTM has a forget_bias, which no feed-forward controller knows. */
static void what_belongs_to_a_type_that_is_replaced_does_not_count(void **state)
{
    struct fixture *f = *state;
    if (plan(f, "preset: ntm/copy\n"
                "base: {controller: {size: 7, type: feedforward}, memory: {gate_bias: 3}}\n"
                "tasks: {a: [task.bits=3]}\n"
                "schemes: {x: [], y: [controller.type=lstm, memory.type=none], z: "
                "[controller.type=rnn]}\n"))
        fail_msg("%s", f->message.text);
    static const char *const types[] = {"feedforward", "lstm", "rnn"};
    for (size_t s = 0; s < 3; s++) {
        open_pair(f, s, 0);
        assert_string_equal(text_of(f, "controller.type"), types[s]);
        assert_string_equal(text_of(f, "controller.size"), "7");
        eg_experiment_free(&f->e);
    }
    eg_compare_plan_free(&f->p);
    eg_compare_free(&f->c);
    assert_int_equal(plan(f, "preset: ntm/copy\n"
                             "base: {controller: {forget_byas: 7, type: feedforward}}\n"
                             "tasks: {a: [task.bits=3]}\nschemes: {x: []}\n"),
                     EG_ERR_CONFIG);
    assert_non_null(strstr(f->message.text, "test.yaml:2:34: controller.forget_byas: no such key"));
}

static void every_cell_has_a_file_of_its_own(void **state)
{
    struct fixture *f = *state;
    if (plan(f, small))
        fail_msg("%s", f->message.text);
    assert_int_equal(f->p.cells, 3 * 2 * 2);
    for (size_t i = 0; i < f->p.cells; i++) {
        assert_int_equal(f->p.runs[i].state, EG_SEED_NEW);
        assert_int_equal(f->p.results[i].state, EG_CELL_NEW);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(f->p.runs[i].path, f->p.runs[k].path);
    }
    const struct eg_seed_run *r = &f->p.runs[eg_compare_run(&f->c, 1, 1, 1)];
    assert_int_equal(r->seed, 4);
    assert_string_equal(r->path + strlen(f->folder), "/out/reverse/entmax-1.5-wide-4.h5");
    assert_string_equal(r->name + strlen(f->folder), "/out/reverse/entmax-1.5-wide.yaml");
    assert_string_equal(r->label, "reverse, entmax-1.5, wide, seed 4");
    /* All schemes of one seed come before the next seed. */
    for (size_t i = 1; i < f->p.cells; i++)
        assert_true(f->p.runs[i].seed >= f->p.runs[i - 1].seed);
    const struct eg_compare_pair *pair = eg_compare_pair(&f->p, 0, 0);
    assert_int_equal(pair->length_max, 4);
    assert_int_equal(pair->longer, 8);
    assert_int_equal(pair->size, 20);
    assert_int_equal(eg_compare_pair(&f->p, 0, 1)->longer, 0);   /* trained on up to 20 */
    assert_int_equal(eg_compare_pair(&f->p, 0, 1)->budget, 112); /* whole updates of 16 */
    assert_int_equal(access(f->p.folder, F_OK), -1);             /* a plan writes nothing */
}

static void a_fault_of_an_option_ends_it_and_says_where(void **state)
{
    struct fixture *f = *state;
#define HEAD "preset: ntm/copy\ntasks: {a: [task.bits=3]}\n"
    static const struct {
        const char *text, *says;
    } faults[] = {
        {HEAD "schemes: {x: [memory.slts=3]}\n",
         "test.yaml:3:15: memory.slts=3: no such key; did you mean memory.slots?"},
        {HEAD "schemes: {x: [memory.slots=0]}\n",
         "test.yaml:3:15: memory.slots=0: out of range: 1 to 16777216"},
        {HEAD "base: {memory: {order: both}}\nschemes: {x: []}\n",
         "test.yaml:3:24: memory.order = both is not one of write-read, read-write"},
        {HEAD "schemes: {x: [memory.type=ntn]}\n",
         "test.yaml:3:11: scheme 'x', task 'a': there is no memory 'ntn'; did you mean 'ntm'?"},
        {"tasks: {a: {preset: ntm/kopy}}\nschemes: {x: []}\n",
         "test.yaml:1:9: task 'a': there is no preset or file 'ntm/kopy'"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const int ret = plan(f, faults[i].text);
        if (!(ret == EG_ERR_CONFIG || ret == EG_ERR_RANGE)
            || !strstr(f->message.text, faults[i].says))
            fail_msg("%d, '%s' where '%s' was to be said", ret, f->message.text, faults[i].says);
        eg_compare_plan_free(&f->p);
        eg_compare_free(&f->c);
    }
}

static void a_network_that_cannot_be_is_a_row_and_no_fault(void **state)
{
    struct fixture *f = *state;
    if (plan(f, HEAD "seeds: 1..2\nschemes: {x: [], y: [memory.slots=2, memory.shift_range=3]}\n"))
        fail_msg("%s", f->message.text);
    const struct eg_compare_pair *pair = eg_compare_pair(&f->p, 1, 0);
    assert_false(pair->possible);
    assert_non_null(strstr(pair->why.text, "wider than the memory"));
    assert_true(eg_compare_pair(&f->p, 0, 0)->possible);
    for (size_t k = 0; k < 2; k++) {
        assert_int_equal(f->p.results[eg_compare_at(&f->c, 1, 0, k)].state, EG_CELL_IMPOSSIBLE);
        assert_int_equal(f->p.runs[eg_compare_run(&f->c, 1, 0, k)].state, EG_SEED_KEPT);
    }
}

/* --- matched parameters --- */

/* Grows by 3 and now and then by 40; sizes above `most` are not allowed. */
struct growth {
    long most, asked;
};

static size_t grown(long size)
{
    return 100 + 3 * (size_t) size + 40 * ((size_t) size / 7);
}

static int count(void *context, long size, size_t *parameters)
{
    struct growth *g = context;
    g->asked++;
    if (size > g->most)
        return EG_RAISE(EG_ERR_RANGE);
    *parameters = grown(size);
    return EG_OK;
}

static void the_size_found_is_the_nearest_of_all(void **state)
{
    (void) state;
    for (size_t target = 0; target < 2000; target += 13) {
        struct growth g = {.most = 200};
        long size, best = 1;
        size_t parameters;
        assert_int_equal(eg_compare_nearest(count, &g, target, &size, &parameters), EG_OK);
        for (long k = 2; k <= g.most; k++) {
            const size_t new = grown(k) > target ? grown(k) - target : target - grown(k);
            const size_t old = grown(best) > target ? grown(best) - target : target - grown(best);
            best = new < old ? k : best;
        }
        assert_int_equal(size, best);
        assert_int_equal(parameters, grown(best));
        assert_true(g.asked < 30);
    }
    struct growth none = {.most = 0};
    long size;
    size_t parameters;
    assert_int_equal(eg_compare_nearest(count, &none, 10, &size, &parameters), EG_ERR_RANGE);
}

static void matched_schemes_have_as_many_parameters_as_the_first(void **state)
{
    struct fixture *f = *state;
    if (plan(f, HEAD "match: parameters\nbase: {controller: {type: feedforward, size: 40}}\n"
                     "schemes: {x: [], y: [memory.width=5], z: [memory.type=none], "
                     "u: {controller.type: none}}\n"))
        fail_msg("%s", f->message.text);
    const struct eg_compare_pair *x = eg_compare_pair(&f->p, 0, 0);
    assert_int_equal(x->size, 40);
    assert_false(x->matched);
    for (size_t s = 1; s < 3; s++) {
        const struct eg_compare_pair *pair = eg_compare_pair(&f->p, s, 0);
        assert_true(pair->matched);
        assert_int_not_equal(pair->size, 40);
        /* One unit more or less is not nearer. */
        const double off = fabs((double) pair->parameters - (double) x->parameters);
        for (int step = -1; step <= 1; step += 2) {
            int understood;
            assert_int_equal(eg_compare_experiment(&f->e, &f->p, s, 0, pair->size + step, 1,
                                                   &understood, &f->message),
                             EG_OK);
            assert_true(fabs((double) f->e.model.params.total - (double) x->parameters) >= off);
            eg_experiment_free(&f->e);
        }
    }
    const struct eg_compare_pair *u = eg_compare_pair(&f->p, 3, 0);
    assert_true(u->possible && !u->matched);
    assert_non_null(strstr(u->why.text, "not matched: no controller.size"));
}

int main(int argc, char **argv)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comparison_is_read_in_the_order_of_the_file),
        cmocka_unit_test(what_is_written_reads_as_it_was),
        cmocka_unit_test(faults_are_named_with_line_and_column),
        cmocka_unit_test(overrides_of_the_command_line_are_schemes_of_a_preset),
        cmocka_unit_test(what_is_built_in_can_be_planned),
        ROW(a_scheme_wins_over_the_command_that_over_the_task_that_over_the_base),
        ROW(what_belongs_to_a_type_that_is_replaced_does_not_count),
        ROW(every_cell_has_a_file_of_its_own),
        ROW(a_fault_of_an_option_ends_it_and_says_where),
        ROW(a_network_that_cannot_be_is_a_row_and_no_fault),
        cmocka_unit_test(the_size_found_is_the_nearest_of_all),
        ROW(matched_schemes_have_as_many_parameters_as_the_first),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
