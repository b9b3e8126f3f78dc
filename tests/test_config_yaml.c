/* What a configuration file may look like, and where its errors are said to be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"

#include "tests/check.h"

struct fixture {
    struct eg_config *config;
    struct eg_message m;
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
    free(f);
    return 0;
}

static void says(const struct fixture *f, int rc, int want, const char *text)
{
    if (rc != want || strcmp(f->m.text, text) != 0)
        print_error("status %d: \"%s\"\nexpected: \"%s\"\n", rc, f->m.text, text);
    assert_int_equal(rc, want);
    assert_string_equal(f->m.text, text);
}

static void read_says(struct fixture *f, const char *yaml, const char *text)
{
    says(f, eg_config_read_text(f->config, "a.yaml", yaml, &f->m), EG_ERR_CONFIG, text);
}

/* A message whose middle is libyaml's own. */
static void read_says_about(struct fixture *f, const char *yaml, const char *begin,
                            const char *words)
{
    const int rc = eg_config_read_text(f->config, "a.yaml", yaml, &f->m);
    if (rc != EG_ERR_CONFIG || strncmp(f->m.text, begin, strlen(begin)) != 0
        || !strstr(f->m.text, words))
        print_error("status %d: \"%s\"\nexpected: \"%s ... %s\"\n", rc, f->m.text, begin, words);
    assert_int_equal(rc, EG_ERR_CONFIG);
    assert_int_equal(strncmp(f->m.text, begin, strlen(begin)), 0);
    assert_non_null(strstr(f->m.text, words));
}

static void lists_hold_plain_items(void **state)
{
    struct fixture *const f = *state;
    read_says(f, "k: [1, [2]]", "a.yaml:1:8: k: a list holds single values only");
    read_says(f, "k: [1, {a: 2}]", "a.yaml:1:8: k: a list holds single values only");
    read_says(f, "k: [1, ~]", "a.yaml:1:8: k: an item without a value");
    read_says(f, "k: [1, '2,3']", "a.yaml:1:8: k: an item with a comma in it");
}

static void a_key_may_stand_once_in_a_file(void **state)
{
    struct fixture *const f = *state;
    read_says(f, "memory:\n  slots: 1\nmemory.slots: 2\n",
              "a.yaml:3:1: memory.slots stands twice in this file; the first is in line 2");
    read_says(f, "memory:\n  slots: 1\n  slots: 1\n",
              "a.yaml:3:3: memory.slots stands twice in this file; the first is in line 2");
    read_says(f, "memory: {slots: 1}\nmemory: {width: 1}\n",
              "a.yaml:2:1: memory stands twice in this file; the first is in line 1");
}

static void malformed_yaml_names_the_place(void **state)
{
    struct fixture *const f = *state;
    read_says_about(f, "memory:\n  slots: 1\n width: 2\n", "a.yaml:3:2: not valid YAML: ", "key");
    read_says_about(f, "a: [1, 2\nb: 3\n", "a.yaml:2:", "not valid YAML");
    read_says_about(f, "a: \"open\n", "a.yaml:2:1: not valid YAML: ", "quoted scalar");
    read_says_about(f, "a:\n\tb: 1\n", "a.yaml:2:1: not valid YAML: ", "token");
    read_says_about(f, "a: 1\nb: \xff\n", "a.yaml:2:4: not valid YAML: ", "UTF-8");
    read_says_about(f, "a: 1\n\xc3\xa9\xc3\xa9: \x01\n", "a.yaml:2:5: not valid YAML: ", "control");
}

static void the_document_is_one_mapping(void **state)
{
    struct fixture *const f = *state;
    read_says(f, "- 1\n- 2\n", "a.yaml:1:1: not a mapping of keys to values");
    read_says(f, "word\n", "a.yaml:1:1: not a mapping of keys to values");
    read_says(f, "---\n", "a.yaml:2:1: not a mapping of keys to values");
    read_says(f, "seed: 1\n---\nseed: 2\n", "a.yaml:2:1: a second document; there may be one only");
    read_says(f, "[1, 2]: 3\n", "a.yaml:1:1: a key must be a word");
    read_says(f, "? {a: 1}\n: 3\n", "a.yaml:1:3: a key must be a word");
    read_says(f, "\"\": 3\n", "a.yaml:1:1: a key must be a word");
    read_says(f, "a:\n  ~: 3\n", "a.yaml:2:3: a key must be a word");
}

static void a_file_without_keys_adds_nothing(void **state)
{
    struct fixture *const f = *state;
    const char *const texts[] = {"", "# only a remark\n\n", "{}", "memory: {}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(eg_config_read_text(f->config, "x", texts[i], &f->m), EG_OK);
    assert_int_equal(eg_config_finish(f->config, &f->m), EG_OK);
}

static void a_key_needs_a_value(void **state)
{
    struct fixture *const f = *state;
    const char *const nulls[] = {"a:\n  b:\n", "a:\n  b: ~\n", "a:\n  b: null\n",
                                 "a:\n  b: NULL\n"};
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        read_says(f, nulls[i], "a.yaml:2:3: a.b has no value; write \"\" for an empty text");
    assert_int_equal(eg_config_read_text(f->config, "x", "a.b: \"null\"\n", &f->m), EG_OK);
    assert_string_equal(eg_config_text(f->config, "a.b", ""), "null");
}

static void anchors_aliases_and_tags_are_refused(void **state)
{
    struct fixture *const f = *state;
    read_says(f, "a: &x 1\nb: *x\n", "a.yaml:1:4: anchors and aliases (&, *) have no place here");
    read_says(f, "a: &x {c: 1}\n", "a.yaml:1:4: anchors and aliases (&, *) have no place here");
    read_says(f, "a: &x [1]\n", "a.yaml:1:4: anchors and aliases (&, *) have no place here");
    read_says(f, "a: !!str 1\n", "a.yaml:1:4: tags (!) have no place here");
    assert_int_equal(eg_config_read_text(f->config, "x", "b: *x\n", &f->m), EG_ERR_CONFIG);
}

static void nul_bytes_are_refused(void **state)
{
    struct fixture *const f = *state;
    read_says(f, "a: \"x\\0y\"\n", "a.yaml:1:4: a value with a NUL byte in it");
    read_says(f, "\"x\\0y\": 1\n", "a.yaml:1:1: a key with a NUL byte in it");
    read_says(f, "a: [\"\\0\"]\n", "a.yaml:1:5: an item with a NUL byte in it");

    char path[] = "/tmp/engram-test-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: 1\nb: \0\n", 10), 10);
    close(fd);
    const int rc = eg_config_read(f->config, path, &f->m);
    unlink(path);
    assert_int_equal(rc, EG_ERR_CONFIG);
    assert_non_null(strstr(f->m.text, ":2:4: not valid YAML: "));
}

static void nesting_has_an_end(void **state)
{
    struct fixture *const f = *state;
    char yaml[4 * 500 + 16] = "";
    for (size_t i = 0; i < 500; i++)
        memcpy(yaml + 4 * i, "{a: ", 5);
    read_says(f, yaml, "a.yaml:1:66: nested too deep: more than 16 levels");
    for (size_t i = 0; i < 500; i++)
        memcpy(yaml + i, i == 0 ? "a" : i == 1 ? ":" : i == 2 ? " " : "[", 2);
    read_says(f, yaml, "a.yaml:1:5: a: a list holds single values only");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    struct fixture *const f = *state;
    assert_int_equal(eg_config_read(f->config, "/nowhere/x.yaml", &f->m), EG_ERR_IO);
    assert_non_null(strstr(f->m.text, "/nowhere/x.yaml: cannot be opened: "));
    assert_non_null(strstr(f->m.text, strerror(ENOENT)));
    assert_int_equal(eg_config_read(f->config, "/tmp", &f->m), EG_ERR_IO);
    assert_non_null(strstr(f->m.text, "/tmp: "));
    assert_non_null(strstr(f->m.text, strerror(EISDIR)));
    assert_int_equal(eg_config_read(f->config, "/dev/zero", &f->m), EG_ERR_CONFIG);
    assert_non_null(strstr(f->m.text, "larger"));
    assert_int_equal(eg_config_read(f->config, "/nowhere", NULL), EG_ERR_IO);
}

struct loads {
    struct eg_reals loads;
    double one;
};
static const struct eg_option load_rows[] = {
    {"loads", "1", "loads", 0, EG_OPT_REALS, 0, 0, 1, NULL, "0.5"},
    {"one", "1", "one", offsetof(struct loads, one), EG_OPT_REAL, 0, 0, 1, NULL, NULL},
    EG_OPTION_END,
};

/* What is read from a file is echoed as a list, and the echo is read as the same numbers. */
static void lists_of_reals_are_sequences_or_texts(void **state)
{
    struct fixture *const f = *state;
    const char *const texts[] = {
        "c:\n  loads: [0.05, 0.1:0.14:0.02, 1]", "c: {loads: '0.05, 0.1:0.14:0.02, 1'}",
        "c:\n  loads: 0.05,0.1:0.14:0.02,1", "c:\n  loads:\n  - 0.05\n  - 0.1:0.14:0.02\n  - 1",
        "c:\n  loads: [0.05, 0.1, 0.12, 0.14, 1.0]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct eg_config *config;
        struct loads got = {.one = 0};
        assert_int_equal(eg_config_init(&config), EG_OK);
        assert_int_equal(eg_config_read_text(config, "a.yaml", texts[i], &f->m), EG_OK);
        assert_int_equal(eg_config_bind(config, "c", load_rows, &got, &f->m), EG_OK);
        const double want[] = {0.05, 0.1, 0.12, 0.14, 1.0};
        assert_int_equal(got.loads.n, 5);
        assert_memory_equal(got.loads.at, want, sizeof want);
        char *const echo = eg_config_yaml(config, 0);
        assert_string_equal(echo, "c:\n  loads: [0.05, 0.1, 0.12, 0.14, 1.0]\n  one: 0.0\n");
        free(echo);
        char *const comments = eg_config_yaml(config, 1);
        assert_non_null(strstr(comments, "1.0]  # loads; 0 to 1; from a.yaml:"));
        free(comments);
        eg_config_free(&config);
    }
}

static void a_preset_list_of_reals_is_known_as_such(void **state)
{
    struct fixture *const f = *state;
    struct loads got = {.one = 0};
    assert_int_equal(eg_config_read_text(f->config, "a.yaml", "loads: [0.5]", &f->m), EG_OK);
    assert_int_equal(eg_config_bind(f->config, "", load_rows, &got, &f->m), EG_OK);
    char *const comments = eg_config_yaml(f->config, 1);
    assert_string_equal(comments, "loads: [0.5]  # loads; 0 to 1\none: 0.0  # one; 0 to 1\n");
    free(comments);
    got.loads.at[0] = 0.25;
    char *const changed = eg_config_yaml(f->config, 1);
    assert_non_null(strstr(changed, "loads: [0.25]  # loads; 0 to 1; from a.yaml:1:8\n"));
    free(changed);
}

static void wrong_lists_of_reals_name_the_place(void **state)
{
    struct fixture *const f = *state;
    const char *const text = "loads: [0.5, 2]\n";
    struct loads got = {.one = 0};
    assert_int_equal(eg_config_read_text(f->config, "a.yaml", text, &f->m), EG_OK);
    says(f, eg_config_bind(f->config, "", load_rows, &got, &f->m), EG_ERR_RANGE,
         "a.yaml:1:8: loads = 0.5,2 is not valid: item 2 of the list is out of range: 0 to 1");
    assert_int_equal(eg_config_read_text(f->config, "b.yaml", "loads: []", &f->m), EG_OK);
    says(f, eg_config_bind(f->config, "", load_rows, &got, &f->m), EG_ERR_CONFIG,
         "b.yaml:1:8: loads =  is not valid: an empty list; at least one number");
    assert_int_equal(eg_config_read_text(f->config, "c.yaml", "one: [0.5]\nloads: 1", &f->m),
                     EG_OK);
    says(f, eg_config_bind(f->config, "", load_rows, &got, &f->m), EG_ERR_CONFIG,
         "c.yaml:1:6: one = 0.5 is a list, where one value is expected");
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        ROW(lists_hold_plain_items),
        ROW(a_key_may_stand_once_in_a_file),
        ROW(malformed_yaml_names_the_place),
        ROW(the_document_is_one_mapping),
        ROW(a_file_without_keys_adds_nothing),
        ROW(a_key_needs_a_value),
        ROW(anchors_aliases_and_tags_are_refused),
        ROW(nul_bytes_are_refused),
        ROW(lists_of_reals_are_sequences_or_texts),
        ROW(a_preset_list_of_reals_is_known_as_such),
        ROW(wrong_lists_of_reals_name_the_place),
        ROW(nesting_has_an_end),
        ROW(files_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests_name("config_yaml", tests, NULL, NULL);
}
