/* Where values come from: presets, files, assignments; their order, their messages, and the
 * way back to YAML.  What a file may look like is in test_config_yaml.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/config_private.h" /* the arena, to let it run out of memory */

#include "tests/check.h"

static const char *const optimisers[] = {"rmsprop-graves", "rmsprop", "adam", "sgd", NULL};
static const char *const memories[] = {"none", "ntm", NULL};

struct memory {
    int type;
    long slots, width;
    struct eg_list sizes;
};

struct train {
    double rate;
    int optimiser, clip;
    const char *note;
};

struct top {
    long seed;
};

/* clang-format off */
#define M(field) offsetof(struct memory, field)
#define T(field) offsetof(struct train, field)
static const struct eg_option memory_rows[] = {
    {"type", "", "kind of memory", M(type), EG_OPT_CHOICE, 1, 0, 0, memories, NULL},
    EG_OPTION_END,
};
static const struct eg_option ntm_rows[] = {
    {"slots", "slot", "number of slots", M(slots), EG_OPT_INT, 128, 1, 1048576, NULL, NULL},
    {"width", "1", "width of a slot", M(width), EG_OPT_INT, 20, 1, 4096, NULL, NULL},
    {"sizes", "step", "some sizes", M(sizes), EG_OPT_LIST, 0, 1, 1000, NULL, "10,20"},
    EG_OPTION_END,
};
static const struct eg_option train_rows[] = {
    {"learning_rate", "1", "step size", T(rate), EG_OPT_REAL, 1e-4, 0, 10, NULL, NULL},
    {"optimiser", "", "update rule", T(optimiser), EG_OPT_CHOICE, 0, 0, 0, optimisers, NULL},
    {"clip", "1", "clip the gradient", T(clip), EG_OPT_BOOL, 1, 0, 1, NULL, NULL},
    {"note", "", "a remark", T(note), EG_OPT_TEXT, 0, 0, 0, NULL, "none yet"},
    EG_OPTION_END,
};
static const struct eg_option top_rows[] = {
    {"seed", "1", "seed", offsetof(struct top, seed), EG_OPT_INT, 0, 0, INFINITY, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

struct fixture {
    struct eg_config *config;
    struct eg_message m;
    struct memory memory;
    struct train train;
    struct top top;
};

static int setup(void **state)
{
    struct fixture *const f = calloc(1, sizeof *f);
    *state = f;
    return !f || eg_config_init(&f->config) != EG_OK;
}

static int teardown(void **state)
{
    struct fixture *const f = *state;
    eg_config_free(&f->config);
    eg_config_free(&f->config);
    free(f);
    return 0;
}

static int bind_all(struct fixture *f)
{
    int rc = eg_config_bind(f->config, "", top_rows, &f->top, &f->m);
    if (rc == EG_OK)
        rc = eg_config_bind(f->config, "memory", memory_rows, &f->memory, &f->m);
    if (rc == EG_OK)
        rc = eg_config_bind(f->config, "train", train_rows, &f->train, &f->m);
    if (rc == EG_OK)
        rc = eg_config_bind(f->config, "memory", ntm_rows, &f->memory, &f->m);
    return rc == EG_OK ? eg_config_finish(f->config, &f->m) : rc;
}

static void must(const struct fixture *f, int rc)
{
    if (rc)
        print_error("%s\n", f->m.text);
    assert_int_equal(rc, EG_OK);
}

static void read_ok(struct fixture *f, const char *text)
{
    must(f, eg_config_read_text(f->config, "ntm.yaml", text, &f->m));
}

static void set_ok(struct fixture *f, const char *assignment)
{
    must(f, eg_config_assign(f->config, assignment, "-s", &f->m));
}

static void says(const struct fixture *f, int rc, int want, const char *text)
{
    if (rc != want || strcmp(f->m.text, text) != 0)
        print_error("status %d: \"%s\"\nexpected: \"%s\"\n", rc, f->m.text, text);
    assert_int_equal(rc, want);
    assert_string_equal(f->m.text, text);
}

static void nothing_said_means_presets(void **state)
{
    struct fixture *const f = *state;
    must(f, bind_all(f));
    assert_int_equal(f->memory.type, 1);
    assert_int_equal(f->memory.slots, 128);
    assert_int_equal(f->memory.sizes.n, 2);
    check_close(f->train.rate, 1e-4, 0, 0);
    assert_int_equal(f->train.clip, 1);
    assert_string_equal(f->train.note, "none yet");
    assert_int_equal(f->top.seed, 0);
}

static void the_last_assignment_wins(void **state)
{
    struct fixture *const f = *state;
    read_ok(f, "memory:\n  slots: 64\n  width: 8\nseed: 1\n");
    read_ok(f, "memory.width: 9\n");
    set_ok(f, "memory.slots=32");
    set_ok(f, "memory.slots=16");
    must(f, eg_config_set(f->config, "seed", "7", "--seed", &f->m));
    must(f, bind_all(f));
    assert_int_equal(f->memory.slots, 16);
    assert_int_equal(f->memory.width, 9);
    assert_int_equal(f->top.seed, 7);
}

static void a_wrong_value_that_is_overruled_does_no_harm(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "memory.slots=many");
    set_ok(f, "memory.slots=2");
    must(f, bind_all(f));
    assert_int_equal(f->memory.slots, 2);
}

static void keys_are_nested_or_dotted(void **state)
{
    struct fixture *const f = *state;
    read_ok(f, "memory: {slots: 3}\nmemory.width: 4\ntrain:\n  learning_rate: 0.5\n");
    must(f, bind_all(f));
    assert_int_equal(f->memory.slots, 3);
    assert_int_equal(f->memory.width, 4);
    check_close(f->train.rate, 0.5, 0, 0);
}

static void deeper_groups_have_longer_prefixes(void **state)
{
    struct fixture *const f = *state;
    read_ok(f, "a:\n  b:\n    c.d:\n      slots: 11\n");
    must(f, eg_config_bind(f->config, "a.b.c.d", ntm_rows, &f->memory, &f->m));
    must(f, eg_config_finish(f->config, &f->m));
    assert_int_equal(f->memory.slots, 11);
    char *const yaml = eg_config_yaml(f->config, 0);
    assert_non_null(yaml);
    assert_string_equal(yaml, "a.b.c.d:\n  slots: 11\n  width: 20\n  sizes: [10, 20]\n");
    free(yaml);
}

static void lists_are_sequences_or_text(void **state)
{
    struct fixture *const f = *state;
    const char *const same[] = {"memory.sizes: [1, 2, 3]",
                                "memory:\n  sizes:\n  - 1\n  - 2\n  - 3\n", "memory.sizes: 1, 2,3",
                                "memory.sizes: \"1,2,3\""};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct eg_config *c;
        struct memory memory;
        must(f, eg_config_init(&c));
        must(f, eg_config_read_text(c, "x", same[i], &f->m));
        must(f, eg_config_bind(c, "memory", ntm_rows, &memory, &f->m));
        assert_int_equal(memory.sizes.n, 3);
        assert_int_equal(memory.sizes.at[0] * 100 + memory.sizes.at[1] * 10 + memory.sizes.at[2],
                         123);
        eg_config_free(&c);
    }
    read_ok(f, "memory.sizes: []\n");
    must(f, bind_all(f));
    assert_int_equal(f->memory.sizes.n, 0);
}

static void a_list_is_no_single_value(void **state)
{
    struct fixture *const f = *state;
    read_ok(f, "memory:\n  slots: [12]\n");
    says(f, bind_all(f), EG_ERR_CONFIG,
         "ntm.yaml:2:10: memory.slots = 12 is a list, where one value is expected");
}

static void nothing_is_added_by_a_file_that_fails(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "memory.slots=5");
    assert_int_equal(eg_config_read_text(f->config, "x", "memory.slots: 6\nbad\n", &f->m),
                     EG_ERR_CONFIG);
    set_ok(f, "memory.width=7");
    must(f, bind_all(f));
    assert_int_equal(f->memory.slots, 5);
    assert_int_equal(f->memory.width, 7);
}

static void a_file_is_read_from_disk(void **state)
{
    struct fixture *const f = *state;
    char path[] = "/tmp/engram-test-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "memory:\n  slots: 0\n", 19), 19);
    close(fd);
    const int rc = eg_config_read(f->config, path, &f->m);
    unlink(path);
    must(f, rc);
    char want[128];
    snprintf(want, sizeof want, "%s:2:10: memory.slots = 0 is out of range: 1 to 1048576 slots",
             path);
    says(f, bind_all(f), EG_ERR_RANGE, want);
}

static void a_value_out_of_range_names_range_and_origin(void **state)
{
    struct fixture *const f = *state;
    read_ok(f, "# a remark\nmemory:\n  slots: 0\n");
    says(f, bind_all(f), EG_ERR_RANGE,
         "ntm.yaml:3:10: memory.slots = 0 is out of range: 1 to 1048576 slots");
}

static void assignments_repeat_what_was_typed(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "memory.slots=0");
    says(f, bind_all(f), EG_ERR_RANGE, "-s memory.slots=0: out of range: 1 to 1048576 slots");
}

static void a_wrong_choice_names_the_nearest(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "train.optimiser=adamm");
    says(f, bind_all(f), EG_ERR_CONFIG,
         "-s train.optimiser=adamm: not one of rmsprop-graves, rmsprop, adam, sgd; "
         "did you mean adam?");
}

static void a_wrong_type_says_what_is_expected(void **state)
{
    struct fixture *const f = *state;
    must(f, eg_config_set(f->config, "seed", "1.5", "--seed", &f->m));
    says(f, bind_all(f), EG_ERR_CONFIG, "--seed: seed = 1.5 is not a whole number");
}

static void an_unknown_key_names_the_nearest(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "memory.slotz=3");
    says(f, bind_all(f), EG_ERR_CONFIG,
         "-s memory.slotz=3: no such key; did you mean memory.slots?");
}

static void an_unknown_key_in_a_file_names_its_place(void **state)
{
    struct fixture *const f = *state;
    read_ok(f, "seed: 3\ntrain:\n  learning_rat: 3\n");
    says(f, bind_all(f), EG_ERR_CONFIG,
         "ntm.yaml:3:17: train.learning_rat: no such key; did you mean train.learning_rate?");
}

static void a_key_without_its_group_is_found(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "learning_rate=3");
    says(f, bind_all(f), EG_ERR_CONFIG,
         "-s learning_rate=3: no such key; did you mean train.learning_rate?");
}

static void a_key_like_no_other_has_no_suggestion(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "controller.gates=3");
    says(f, bind_all(f), EG_ERR_CONFIG, "-s controller.gates=3: no such key");
}

static void an_assignment_that_comes_too_late_is_refused(void **state)
{
    struct fixture *const f = *state;
    must(f, bind_all(f));
    set_ok(f, "memory.slots=3");
    says(f, eg_config_finish(f->config, &f->m), EG_ERR_CONFIG,
         "-s memory.slots=3: assigned after its value was used");
}

static void assignments_need_a_key_and_a_sign(void **state)
{
    struct fixture *const f = *state;
    says(f, eg_config_assign(f->config, "slots", "-s", &f->m), EG_ERR_CONFIG,
         "-s slots: an assignment is KEY=VALUE");
    says(f, eg_config_assign(f->config, "=3", "-s", &f->m), EG_ERR_CONFIG,
         "-s =3: no key before the '='");
    says(f, eg_config_set(f->config, "", "3", "--seed", &f->m), EG_ERR_CONFIG,
         "--seed: an empty key");
    says(f, eg_config_assign(f->config, "train.note=\xff", "-s", &f->m), EG_ERR_CONFIG,
         "-s: the value of train.note is not UTF-8");
    set_ok(f, "train.note=a=b=");
    must(f, bind_all(f));
    assert_string_equal(f->train.note, "a=b=");
}

static void a_text_can_be_asked_before_its_group_is_bound(void **state)
{
    struct fixture *const f = *state;
    assert_string_equal(eg_config_text(f->config, "memory.type", "ntm"), "ntm");
    assert_null(eg_config_text(f->config, "other.typo", NULL));
    read_ok(f, "memory.type: none\nmemory.sizes: [1, 2]\n");
    assert_string_equal(eg_config_text(f->config, "memory.type", "ntm"), "none");
    assert_string_equal(eg_config_text(f->config, "memory.sizes", ""), "1,2");
    set_ok(f, "memory.type=ntm");
    assert_string_equal(eg_config_text(f->config, "memory.type", "none"), "ntm");
    must(f, eg_config_finish(f->config, &f->m));
    set_ok(f, "other.tpyo=1");
    says(f, eg_config_finish(f->config, &f->m), EG_ERR_CONFIG,
         "-s other.tpyo=1: no such key; did you mean other.typo?");
}

static void a_key_can_be_bound_once(void **state)
{
    struct fixture *const f = *state;
    must(f, bind_all(f));
    says(f, eg_config_bind(f->config, "memory", ntm_rows, &f->memory, &f->m), EG_ERR_CONFIG,
         "memory.slots: two options have this key");
}

static void the_yaml_groups_keys_by_prefix(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "memory.slots=16");
    must(f, bind_all(f));
    char *const yaml = eg_config_yaml(f->config, 0);
    assert_non_null(yaml);
    assert_string_equal(yaml, "seed: 0\n"
                              "memory:\n"
                              "  type: ntm\n"
                              "  slots: 16\n"
                              "  width: 20\n"
                              "  sizes: [10, 20]\n"
                              "train:\n"
                              "  learning_rate: 0.0001\n"
                              "  optimiser: rmsprop-graves\n"
                              "  clip: true\n"
                              "  note: \"none yet\"\n");
    free(yaml);
}

static void comments_say_help_range_and_origin(void **state)
{
    struct fixture *const f = *state;
    read_ok(f, "memory:\n  slots: 16\n");
    must(f, eg_config_set(f->config, "train.note", "x", "a\nb", &f->m));
    must(f, bind_all(f));
    f->top.seed = 77;
    char *const yaml = eg_config_yaml(f->config, 1);
    assert_non_null(yaml);
    const char *const lines[] = {
        "seed: 77  # seed; at least 0; from the program\n",
        "  slots: 16  # number of slots [slot]; 1 to 1048576 slots; from ntm.yaml:2:10\n",
        "  width: 20  # width of a slot; 1 to 4096\n",
        "  optimiser: rmsprop-graves  # update rule; one of rmsprop-graves, rmsprop, adam, sgd\n",
        "  note: \"x\"  # a remark; from a?b\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!strstr(yaml, lines[i]))
            print_error("%s lacks\n%s", yaml, lines[i]);
        assert_non_null(strstr(yaml, lines[i]));
    }
    free(yaml);
}

/* Writes the configuration of `f`, reads it into a fresh one, and compares all values. */
static void goes_round(struct fixture *f, int comments)
{
    char *const yaml = eg_config_yaml(f->config, comments);
    assert_non_null(yaml);
    void *other = NULL;
    assert_int_equal(setup(&other), 0);
    struct fixture *const g = other;
    must(g, eg_config_read_text(g->config, "echo", yaml, &g->m));
    must(g, bind_all(g));
    assert_int_equal(g->top.seed, f->top.seed);
    assert_int_equal(g->memory.type, f->memory.type);
    assert_int_equal(g->memory.slots, f->memory.slots);
    assert_int_equal(g->memory.width, f->memory.width);
    assert_int_equal(g->memory.sizes.n, f->memory.sizes.n);
    assert_memory_equal(g->memory.sizes.at, f->memory.sizes.at,
                        f->memory.sizes.n * sizeof f->memory.sizes.at[0]);
    assert_memory_equal(&g->train.rate, &f->train.rate, sizeof f->train.rate);
    assert_int_equal(g->train.optimiser, f->train.optimiser);
    assert_int_equal(g->train.clip, f->train.clip);
    assert_string_equal(g->train.note, f->train.note);
    char *const again = eg_config_yaml(g->config, 0);
    char *const plain = eg_config_yaml(f->config, 0);
    assert_string_equal(again, plain);
    free(plain);
    free(again);
    teardown(&other);
    free(yaml);
}

static void what_is_written_reads_back_the_same(void **state)
{
    struct fixture *const f = *state;
    set_ok(f, "seed=9223372036854775807");
    set_ok(f, "memory.type=none");
    set_ok(f, "memory.sizes=");
    set_ok(f, "train.learning_rate=3.0000000000000004e-5");
    set_ok(f, "train.optimiser=sgd");
    set_ok(f, "train.clip=no");
    must(f, bind_all(f));
    goes_round(f, 0);
    goes_round(f, 1);
}

static void texts_of_all_kinds_read_back_the_same(void **state)
{
    struct fixture *const f = *state;
    must(f, bind_all(f));
    char all[256];
    for (int c = 1; c < 128; c++)
        all[c - 1] = (char) c;
    all[127] = '\0';
    char *const large = malloc(5001);
    assert_non_null(large);
    memset(large, 'x', 5000);
    large[5000] = '\0';
    const char *const texts[] = {
        "",
        " ",
        "  both ends  ",
        "a: b",
        "# no remark",
        "it's \"quoted\"",
        "back\\slash",
        "- item",
        "[1, 2]",
        "{a: 1}",
        "&x *y !z",
        "%TAG",
        "@at `tick`",
        "null",
        "~",
        "true",
        "1e3",
        "line\nline\n\n  line\r\n",
        "tab\there",
        "---",
        "caf\xc3\xa9 \xe2\x88\x9a \xf0\x9f\xa7\xa0",
        "\xc2\x80\xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xbe\xef\xbf\xbf",
        "\xf4\x8f\xbf\xbf",
        all,
        large};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        f->train.note = texts[i];
        goes_round(f, 0);
        goes_round(f, 1);
    }
    free(large);
}

static void an_empty_configuration_reads_back(void **state)
{
    struct fixture *const f = *state;
    char *const yaml = eg_config_yaml(f->config, 1);
    assert_non_null(yaml);
    assert_string_equal(yaml, "");
    read_ok(f, yaml);
    free(yaml);
}

struct walked {
    const struct fixture *f;
    size_t n, stop;
};

static int count(void *context, const char *key, const struct eg_option *row, const void *value)
{
    struct walked *const w = context;
    if (strcmp(key, "memory.slots") == 0) {
        assert_ptr_equal(row, &ntm_rows[0]);
        assert_ptr_equal(value, &w->f->memory.slots);
    }
    return ++w->n == w->stop ? EG_ERR_IO : EG_OK;
}

static void a_walk_visits_all_options_and_can_be_ended(void **state)
{
    struct fixture *const f = *state;
    must(f, bind_all(f));
    struct walked w = {.f = f};
    assert_int_equal(eg_config_walk(f->config, count, &w), EG_OK);
    assert_int_equal(w.n, 9);
    w = (struct walked){.f = f, .stop = 3};
    assert_int_equal(eg_config_walk(f->config, count, &w), EG_ERR_IO);
    assert_int_equal(w.n, 3);
}

/* Every piece of memory is refused once; what fails leaves no assignment behind. */
static void out_of_memory_is_reported(void **state)
{
    (void) state;
    int rc = EG_ERR_NOMEM;
    for (size_t n = 0; rc != EG_OK; n++) {
        void *other = NULL;
        assert_int_equal(setup(&other), 0);
        struct fixture *const f = other;
        assert_true(n < 1000);
        eg_arena_fail_after(f->config->arena, n);
        rc = eg_config_read_text(f->config, "x", "memory:\n  slots: 3\n  sizes: [1, 2]\n", &f->m);
        if (rc)
            assert_null(f->config->first);
        if (rc == EG_OK)
            rc = eg_config_assign(f->config, "memory.width=4", "-s", &f->m);
        if (rc == EG_OK)
            rc = bind_all(f);
        if (rc) {
            assert_int_equal(rc, EG_ERR_NOMEM);
            assert_non_null(strstr(f->m.text, "out of memory"));
        } else {
            assert_int_equal(f->memory.slots, 3);
            assert_int_equal(f->memory.width, 4);
        }
        teardown(&other);
    }
}

static void free_takes_nothing_for_an_answer(void **state)
{
    (void) state;
    struct eg_config *none = NULL;
    eg_config_free(&none);
    eg_config_free(NULL);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        ROW(nothing_said_means_presets),
        ROW(the_last_assignment_wins),
        ROW(a_wrong_value_that_is_overruled_does_no_harm),
        ROW(keys_are_nested_or_dotted),
        ROW(deeper_groups_have_longer_prefixes),
        ROW(lists_are_sequences_or_text),
        ROW(a_list_is_no_single_value),
        ROW(nothing_is_added_by_a_file_that_fails),
        ROW(a_file_is_read_from_disk),
        ROW(a_value_out_of_range_names_range_and_origin),
        ROW(assignments_repeat_what_was_typed),
        ROW(a_wrong_choice_names_the_nearest),
        ROW(a_wrong_type_says_what_is_expected),
        ROW(an_unknown_key_names_the_nearest),
        ROW(an_unknown_key_in_a_file_names_its_place),
        ROW(a_key_without_its_group_is_found),
        ROW(a_key_like_no_other_has_no_suggestion),
        ROW(an_assignment_that_comes_too_late_is_refused),
        ROW(assignments_need_a_key_and_a_sign),
        ROW(a_text_can_be_asked_before_its_group_is_bound),
        ROW(a_key_can_be_bound_once),
        ROW(the_yaml_groups_keys_by_prefix),
        ROW(comments_say_help_range_and_origin),
        ROW(what_is_written_reads_back_the_same),
        ROW(texts_of_all_kinds_read_back_the_same),
        ROW(an_empty_configuration_reads_back),
        ROW(a_walk_visits_all_options_and_can_be_ended),
        cmocka_unit_test(out_of_memory_is_reported),
        cmocka_unit_test(free_takes_nothing_for_an_answer),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
