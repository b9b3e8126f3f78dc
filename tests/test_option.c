/* One option: reading, writing, ranges, nearest names.  The values come in through
 * eg_config_set() and eg_config_bind(), as they do in the program. */
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"

#include "tests/check.h"

static const char *const optimisers[] = {"rmsprop-graves", "rmsprop", "adam", "sgd", "on", NULL};

struct target {
    long whole;
    double real;
    int flag, choice;
    const char *text;
    struct eg_list list;
    struct eg_reals reals;
};

/* clang-format off */
#define AT(field) offsetof(struct target, field)
static const struct eg_option rows[] = {
    {"slots", "slot", "memory slots", AT(whole), EG_OPT_INT, 128, 1, 1048576, NULL, NULL},
    {"any", "1", "any whole number", AT(whole), EG_OPT_INT, 0, -INFINITY, INFINITY, NULL, NULL},
    {"rate", "1", "learning rate", AT(real), EG_OPT_REAL, 0.5, 0, 1, NULL, NULL},
    {"wide", "nat", "any number", AT(real), EG_OPT_REAL, 0, -INFINITY, INFINITY, NULL, NULL},
    {"most", "batch", "at most", AT(real), EG_OPT_REAL, 0, -INFINITY, 2.5, NULL, NULL},
    {"flag", "1", "a flag", AT(flag), EG_OPT_BOOL, 1, 0, 1, NULL, NULL},
    {"optimiser", "", "the rule", AT(choice), EG_OPT_CHOICE, 2, 0, 0, optimisers, NULL},
    {"name", "", "a name", AT(text), EG_OPT_TEXT, 0, 0, 0, NULL, "ntm"},
    {"lengths", "step", "lengths", AT(list), EG_OPT_LIST, 0, 1, 1000, NULL, "10, 20"},
    {"loads", "1", "loads", AT(reals), EG_OPT_REALS, 0, -5, 5, NULL, "0.1:0.3:0.1"},
    {"ends", "bit", "ends", AT(reals), EG_OPT_REALS, 0, 0.25, INFINITY, NULL, "1"},
    EG_OPTION_END,
};
/* clang-format on */

/* Binds the one row `key` with `text` assigned to it (NULL: nothing). */
static int bind_one(const char *key, const char *text, struct target *target,
                    struct eg_message *message)
{
    size_t i = 0;
    while (strcmp(rows[i].key, key) != 0)
        i++;
    const struct eg_option pair[] = {rows[i], EG_OPTION_END};
    struct eg_config *config;
    assert_int_equal(eg_config_init(&config), EG_OK);
    if (text)
        assert_int_equal(eg_config_set(config, key, text, "--flag", message), EG_OK);
    const int rc = eg_config_bind(config, "", pair, target, message);
    if (rc == EG_OK && rows[i].kind == EG_OPT_TEXT)
        assert_string_equal(target->text, text ? text : rows[i].text);
    target->text = NULL; /* texts die with the configuration */
    eg_config_free(&config);
    return rc;
}

static void takes_whole(const char *key, const char *text, long want)
{
    struct target t = {0};
    struct eg_message m = {""};
    const int rc = bind_one(key, text, &t, &m);
    if (rc)
        print_error("%s: %s\n", text, m.text);
    assert_int_equal(rc, EG_OK);
    assert_true(t.whole == want);
}

static void takes_real(const char *key, const char *text, double want)
{
    struct target t = {0};
    struct eg_message m = {""};
    const int rc = bind_one(key, text, &t, &m);
    if (rc)
        print_error("%s: %s\n", text, m.text);
    assert_int_equal(rc, EG_OK);
    assert_memory_equal(&t.real, &want, sizeof want);
}

static void refuses(const char *key, const char *text, int status, const char *words)
{
    struct target t = {0};
    struct eg_message m = {""};
    const int rc = bind_one(key, text, &t, &m);
    if (rc != status || !strstr(m.text, words))
        print_error("%s = %s: status %d, message: %s\n", key, text, rc, m.text);
    assert_int_equal(rc, status);
    assert_non_null(strstr(m.text, words));
    assert_non_null(strstr(m.text, key));
    assert_non_null(strstr(m.text, "--flag"));
}

static void presets_come_from_the_row(void **state)
{
    (void) state;
    struct target t = {0};
    for (size_t i = 0; rows[i].key; i++)
        assert_int_equal(bind_one(rows[i].key, NULL, &t, NULL), EG_OK);
    assert_int_equal(t.flag, 1);
    assert_int_equal(t.choice, 2);
    assert_int_equal(t.list.n, 2);
    assert_int_equal(t.list.at[0], 10);
    assert_int_equal(t.list.at[1], 20);
    assert_true(t.reals.n == 1 && t.reals.at[0] == 1.0);
}

static void whole_numbers_are_decimal(void **state)
{
    (void) state;
    takes_whole("slots", "7", 7);
    takes_whole("slots", " +7\t", 7);
    takes_whole("slots", "010", 10);
    takes_whole("slots", "1e3", 1000);
    takes_whole("slots", "1.5e3", 1500);
    takes_whole("any", "-3", -3);
    takes_whole("any", "9223372036854775807", LONG_MAX);
    takes_whole("any", "-9223372036854775808", LONG_MIN);
    const char *const wrong[] = {"",    " ",  "2.5",  "2.0", "12x", "x12", "1 2",  "0x10", "nan",
                                 "inf", "1e", "1e-1", "-",   "+-1", "1,0", "1e17", "25e-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses("any", wrong[i], EG_ERR_CONFIG, "not a whole number");
}

static void whole_numbers_that_do_not_fit_a_long_are_refused(void **state)
{
    (void) state;
    refuses("any", "9223372036854775808", EG_ERR_RANGE, "9223372036854775807");
    refuses("any", "-9223372036854775809", EG_ERR_RANGE, "-9223372036854775808");
    refuses("any", "1e999", EG_ERR_RANGE, "too large");
    refuses("slots", "99999999999999999999", EG_ERR_RANGE, "1 to 1048576 slots");
    refuses("slots", "1e300", EG_ERR_RANGE, "1 to 1048576 slots");
}

static void real_numbers_are_decimal_and_finite(void **state)
{
    (void) state;
    takes_real("rate", "0.25", 0.25);
    takes_real("rate", ".5", 0.5);
    takes_real("rate", "1.", 1.0);
    takes_real("rate", "1e-4", 1e-4);
    takes_real("wide", "-2", -2.0);
    takes_real("wide", "-0.0", -0.0);
    takes_real("wide", "1.7976931348623157e308", DBL_MAX);
    takes_real("wide", "4.9406564584124654e-324", 4.9406564584124654e-324);
    const char *const wrong[] = {"",    "nan",   "NaN(1)", "inf", "-infinity", "0x1p3", "1.2.3",
                                 "1,5", "0.5 m", ".",      "e5",  "1e+",       "--1",   "1_000"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses("wide", wrong[i], EG_ERR_CONFIG, "not a number");
    refuses("wide", "1e400", EG_ERR_RANGE, "too large");
    refuses("wide", "1e-400", EG_ERR_RANGE, "too near to zero");
    refuses("rate", "1e400", EG_ERR_RANGE, "0 to 1");
}

static void ranges_are_closed_and_named_with_their_unit(void **state)
{
    (void) state;
    takes_whole("slots", "1", 1);
    takes_whole("slots", "1048576", 1048576);
    takes_real("rate", "0", 0.0);
    takes_real("rate", "1", 1.0);
    refuses("slots", "0", EG_ERR_RANGE, "--flag: slots = 0 is out of range: 1 to 1048576 slots");
    refuses("slots", "1048577", EG_ERR_RANGE, "1 to 1048576 slots");
    refuses("rate", "1.0000001", EG_ERR_RANGE, "out of range: 0 to 1");
    refuses("most", "2.6", EG_ERR_RANGE, "out of range: at most 2.5 batches");
}

static void truth_values_have_three_spellings(void **state)
{
    (void) state;
    const char *const no[] = {"false", "no", "off", "False", "NO"};
    const char *const yes[] = {"true", "yes", "on", "True", "ON"};
    struct target t = {0};
    for (size_t i = 0; i < 5; i++) {
        t.flag = 7;
        assert_int_equal(bind_one("flag", no[i], &t, NULL), EG_OK);
        assert_int_equal(t.flag, 0);
        assert_int_equal(bind_one("flag", yes[i], &t, NULL), EG_OK);
        assert_int_equal(t.flag, 1);
    }
    refuses("flag", "", EG_ERR_CONFIG, "not true or false");
    refuses("flag", "2", EG_ERR_CONFIG, "not true or false");
    refuses("flag", "truely", EG_ERR_CONFIG, "not true or false");
}

static void a_wrong_choice_lists_the_choices_and_the_nearest(void **state)
{
    (void) state;
    struct target t = {0};
    assert_int_equal(bind_one("optimiser", "rmsprop", &t, NULL), EG_OK);
    assert_int_equal(t.choice, 1);
    refuses("optimiser", "adamm", EG_ERR_CONFIG,
            "not one of rmsprop-graves, rmsprop, adam, sgd, on; did you mean adam?");
    refuses("optimiser", "", EG_ERR_CONFIG, "sgd, on");
    refuses("optimiser", "quickprop-of-fahlman", EG_ERR_CONFIG, "sgd, on");
}

static void lists_hold_whole_numbers_in_their_range(void **state)
{
    (void) state;
    struct target t = {0};
    const char *const same[] = {"10,20,30", " 10, 20 ,30 ", "[10, 20, 30]", "[ 10,2e1,30 ]"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(bind_one("lengths", same[i], &t, NULL), EG_OK);
        assert_int_equal(t.list.n, 3);
        assert_int_equal(t.list.at[0], 10);
        assert_int_equal(t.list.at[1], 20);
        assert_int_equal(t.list.at[2], 30);
    }
    assert_int_equal(bind_one("lengths", "[]", &t, NULL), EG_OK);
    assert_int_equal(t.list.n, 0);
    assert_int_equal(bind_one("lengths", "", &t, NULL), EG_OK);
    assert_int_equal(t.list.n, 0);
    assert_int_equal(bind_one("lengths", "5", &t, NULL), EG_OK);
    assert_int_equal(t.list.n, 1);
    refuses("lengths", "10,", EG_ERR_CONFIG, "number 2 of the list is not a whole number");
    refuses("lengths", ",10", EG_ERR_CONFIG, "number 1 of the list");
    refuses("lengths", "10;20", EG_ERR_CONFIG, "number 1 of the list");
    refuses("lengths", "[10", EG_ERR_CONFIG, "number 1 of the list");
    refuses("lengths", "10,0", EG_ERR_RANGE, "number 2 of the list is out of range: 1 to 1000");
}

static void a_list_has_a_longest_length(void **state)
{
    (void) state;
    char text[2 * EG_LIST_MAX + 2] = "";
    for (size_t i = 0; i < EG_LIST_MAX; i++)
        memcpy(text + 2 * i, "1,", 3);
    text[2 * EG_LIST_MAX - 1] = '\0';
    struct target t = {0};
    assert_int_equal(bind_one("lengths", text, &t, NULL), EG_OK);
    assert_int_equal(t.list.n, EG_LIST_MAX);
    memcpy(text + 2 * EG_LIST_MAX - 1, ",1", 3);
    refuses("lengths", text, EG_ERR_RANGE, "at most 64 numbers");
}

/* The numbers as a person would write them: the compiler reads them for the test. */
static void takes_reals(const char *text, const double *want, size_t n)
{
    struct target t = {0};
    struct eg_message m = {""};
    const int rc = bind_one("loads", text, &t, &m);
    if (rc)
        print_error("%s: %s\n", text, m.text);
    assert_int_equal(rc, EG_OK);
    assert_int_equal(t.reals.n, n);
    assert_memory_equal(t.reals.at, want, n * sizeof *want);
}
#define TAKES_REALS(text, ...)                       \
    takes_reals(text, (const double[]){__VA_ARGS__}, \
                sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void lists_of_reals_keep_their_order(void **state)
{
    (void) state;
    TAKES_REALS("0.3,0.1,0.2", 0.3, 0.1, 0.2);
    TAKES_REALS(" [ .5, -2,1e-3 ] ", 0.5, -2.0, 1e-3);
    TAKES_REALS("0.1,0.1", 0.1, 0.1);
    TAKES_REALS("0.1379055712345678", 0.1379055712345678);
    TAKES_REALS("-5,5", -5.0, 5.0);
}

static void grids_have_both_ends_and_no_rounding(void **state)
{
    (void) state;
    TAKES_REALS("0.1:0.16:0.02", 0.1, 0.12, 0.14, 0.16);
    TAKES_REALS("0.10 : 0.15 : 0.02", 0.1, 0.12, 0.14);
    TAKES_REALS("0.1:0.7:0.1", 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7);
    TAKES_REALS("-0.3:0.3:0.1", -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3);
    TAKES_REALS("1:2:1", 1.0, 2.0);
    TAKES_REALS("2:2:0.5", 2.0);
    TAKES_REALS("1:2:3", 1.0);
    TAKES_REALS("[0.05,0.1:0.14:0.01, 0.01]", 0.05, 0.1, 0.11, 0.12, 0.13, 0.14, 0.01);
    TAKES_REALS("0.12345678901234567:0.2:0.05", 0.12345678901234567, 0.173456789012);
    TAKES_REALS("0.1:0.3:0.09999999999999", 0.1, 0.2, 0.3);
    TAKES_REALS("0:0.30864197253086:0.15432098626543", 0.0, 0.154320986265, 0.30864197253086);
    struct target t = {0};
    assert_int_equal(bind_one("ends", "1:1.1:0.1", &t, NULL), EG_OK); /* a step has no range */
    assert_int_equal(t.reals.n, 2);
}

static void wrong_lists_of_reals_are_told_apart(void **state)
{
    (void) state;
    refuses("loads", "", EG_ERR_CONFIG, "an empty list; at least one number");
    refuses("loads", "[ ]", EG_ERR_CONFIG, "an empty list");
    refuses("loads", "0.1,x", EG_ERR_CONFIG, "item 2 of the list is not a number");
    refuses("loads", "0.1,", EG_ERR_CONFIG, "item 2 of the list is not a number");
    refuses("loads", "0.1,nan", EG_ERR_CONFIG, "item 2 of the list is not a number");
    refuses("loads", "0.1,5.5", EG_ERR_RANGE, "item 2 of the list is out of range: -5 to 5");
    refuses("loads", "0.1:0.2", EG_ERR_CONFIG, "item 1 of the list is not a grid: start:end:step");
    refuses("loads", "1:2:3:4", EG_ERR_CONFIG, "not a grid");
    refuses("loads", ":", EG_ERR_CONFIG, "item 1 of the list is a grid whose start is not");
    refuses("loads", "0.1:0.2:", EG_ERR_CONFIG, "a grid whose step is not a number");
    refuses("loads", "0.1:y:1", EG_ERR_CONFIG, "a grid whose end is not a number");
    refuses("loads", "-6:1:1", EG_ERR_RANGE, "a grid whose start is out of range: -5 to 5");
    refuses("loads", "1:6:1", EG_ERR_RANGE, "a grid whose end is out of range: -5 to 5");
    refuses("loads", "1:2:0", EG_ERR_CONFIG, "a grid whose step is not above 0");
    refuses("loads", "1:2:-1", EG_ERR_CONFIG, "a grid whose step is not above 0");
    refuses("loads", "2:1:0.5", EG_ERR_CONFIG, "a grid whose end lies below its start");
    refuses("loads", "1:1.0000000000001:1e-14", EG_ERR_CONFIG, "too small for its start");
    refuses("ends", "0.2", EG_ERR_RANGE, "out of range: at least 0.25 bits");
}

static void a_grid_has_a_most_number_of_points(void **state)
{
    (void) state;
    struct target t = {0};
    assert_int_equal(bind_one("loads", "0:0.63:0.01", &t, NULL), EG_OK);
    assert_int_equal(t.reals.n, EG_LIST_MAX);
    assert_true(t.reals.at[63] == 0.63 && t.reals.at[7] == 0.07);
    refuses("loads", "0:0.64:0.01", EG_ERR_RANGE, "item 1 of the list is too many: at most 64");
    refuses("loads", "1,0:0.63:0.01", EG_ERR_RANGE, "item 2 of the list is too many: at most 64");
    refuses("loads", "0:0.63:0.01,1", EG_ERR_RANGE, "item 2 of the list is too many: at most 64");
    refuses("loads", "0:1:1e-320", EG_ERR_RANGE, "too many");
}

static void rows_that_contradict_themselves_are_refused(void **state)
{
    (void) state;
    const struct eg_option bad[][2] = {
        {{.key = "a", .kind = EG_OPT_INT, .preset = 0, .min = 1, .max = 2}, EG_OPTION_END},
        {{.key = "b", .kind = EG_OPT_INT, .preset = 1e30, .max = INFINITY}, EG_OPTION_END},
        {{.key = "c", .kind = EG_OPT_REAL, .preset = NAN, .max = 1}, EG_OPTION_END},
        {{.key = "d", .kind = EG_OPT_CHOICE, .preset = 5, .choices = optimisers}, EG_OPTION_END},
        {{.key = "e", .kind = EG_OPT_LIST, .text = "3,x", .max = 9}, EG_OPTION_END},
        {{.key = "f", .kind = EG_OPT_REALS, .text = "3:10:1", .max = 9}, EG_OPTION_END},
        {{.key = "g", .kind = EG_OPT_REALS, .max = 9}, EG_OPTION_END},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct eg_config *config;
        struct target t = {0};
        struct eg_message m = {""};
        assert_int_equal(eg_config_init(&config), EG_OK);
        assert_int_not_equal(eg_config_bind(config, "p", bad[i], &t, &m), EG_OK);
        assert_non_null(strstr(m.text, "preset"));
        eg_config_free(&config);
    }
}

static void prints(const char *key, const void *value, const char *want)
{
    size_t i = 0;
    while (strcmp(rows[i].key, key) != 0)
        i++;
    char text[256];
    eg_option_print(text, sizeof text, &rows[i], value);
    assert_string_equal(text, want);
}

static void values_print_as_yaml(void **state)
{
    (void) state;
    prints("slots", &(long){-12}, "-12");
    prints("rate", &(double){0.1}, "0.1");
    prints("rate", &(double){1.0}, "1.0");
    prints("rate", &(double){-0.0}, "-0.0");
    prints("rate", &(double){1e-5}, "1.0e-05");
    prints("rate", &(double){1.5e30}, "1.5e+30");
    prints("flag", &(int){0}, "false");
    prints("flag", &(int){1}, "true");
    prints("optimiser", &(int){0}, "rmsprop-graves");
    prints("optimiser", &(int){4}, "\"on\"");
    prints("lengths", &(struct eg_list){{3, -4}, 2}, "[3, -4]");
    prints("lengths", &(struct eg_list){.n = 0}, "[]");
    prints("loads", &(struct eg_reals){{0.1, 1, -1e-7}, 3}, "[0.1, 1.0, -1.0e-07]");
    prints("loads", &(struct eg_reals){{1.0 / 3}, 1}, "[0.3333333333333333]");
    prints("name", &(const char *){"a\"b\\c: #\n\t\x01"}, "\"a\\\"b\\\\c: #\\n\\t\\u0001\"");
    prints("name", &(const char *){"\xc3\xa9 \xe2\x80\xa8 \xff"}, "\"\xc3\xa9 \\u2028 \\uFFFD\"");
    prints("name", &(const char *){NULL}, "\"\"");
}

static void printing_is_cut_between_characters(void **state)
{
    (void) state;
    char text[8];
    const char *const name = "ab\xc3\xa9\xc3\xa9";
    eg_option_print(text, 6, &rows[7], &name);
    assert_string_equal(text, "\"ab\xc3\xa9");
    eg_option_print(text, 5, &rows[7], &name);
    assert_string_equal(text, "\"ab");
    eg_option_print(text, 1, &rows[7], &name);
    assert_string_equal(text, "");
    text[0] = 'x';
    eg_option_print(text, 0, &rows[7], &name);
    assert_int_equal(text[0], 'x');
    eg_option_print(text, 4, &rows[0], &(long){123456});
    assert_true(strlen(text) < 4);
}

/* Spread over all exponents by a fixed linear congruence. */
static void reals_read_back_to_the_same_bits(void **state)
{
    (void) state;
    uint64_t bits = 42;
    double values[64] = {0.1,     1.0 / 3.0, 1e-5,        123456789.125,
                         DBL_MAX, DBL_MIN,   DBL_EPSILON, 5e-324};
    for (size_t i = 8; i < 64; i++) {
        do {
            bits = bits * 6364136223846793005u + 1442695040888963407u;
            memcpy(&values[i], &bits, sizeof bits);
        } while (!isfinite(values[i]));
    }
    for (size_t i = 0; i < 64; i++) {
        char text[64];
        eg_option_print(text, sizeof text, &rows[3], &values[i]);
        takes_real("wide", text, values[i]);
    }
}

/* Skipped where no locale with a decimal comma is installed. */
static void the_locale_of_the_host_program_does_not_matter(void **state)
{
    (void) state;
    const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE",
                                 "nl_NL.UTF-8"};
    const char *got = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !got; i++)
        got = setlocale(LC_ALL, names[i]);
    if (!got)
        skip();
    takes_real("rate", "0.25", 0.25);
    TAKES_REALS("0.1:0.16:0.02", 0.1, 0.12, 0.14, 0.16);
    refuses("rate", "0,25", EG_ERR_CONFIG, "not a number");
    refuses("most", "2.75", EG_ERR_RANGE, "at most 2.5 batches");
    prints("rate", &(double){0.1}, "0.1");
    assert_string_equal(localeconv()->decimal_point, ",");
    setlocale(LC_ALL, "C");
}

static void the_nearest_name_is_one_that_may_be_meant(void **state)
{
    (void) state;
    const char *const keys[] = {"memory.slots", "memory.width", "train.batch", "seed"};
    assert_string_equal(eg_nearest("memory.slotz", keys, 4), "memory.slots");
    assert_string_equal(eg_nearest("memory.wdith", keys, 4), "memory.width");
    assert_string_equal(eg_nearest("mem.slots", keys, 4), "memory.slots");
    assert_string_equal(eg_nearest("train.bacht", keys, 4), "train.batch");
    assert_string_equal(eg_nearest("sede", keys, 4), "seed");
    assert_string_equal(eg_nearest("seed", keys, 4), "seed");
    assert_null(eg_nearest("controller.size", keys, 4));
    assert_null(eg_nearest("", keys, 4));
    assert_null(eg_nearest("xy", keys, 4));
    assert_null(eg_nearest("seed", keys, 0));
    char longest[400];
    memset(longest, 'a', sizeof longest);
    longest[399] = '\0';
    assert_null(eg_nearest(longest, keys, 4));
    const char *const self[] = {longest, "ab"};
    assert_string_equal(eg_nearest("abc", self, 2), "ab");
}

static void a_swap_of_neighbours_counts_once(void **state)
{
    (void) state;
    const char *const names[] = {"abxy", "bacd"};
    assert_string_equal(eg_nearest("abcd", names, 2), "bacd");
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_come_from_the_row),
        cmocka_unit_test(whole_numbers_are_decimal),
        cmocka_unit_test(whole_numbers_that_do_not_fit_a_long_are_refused),
        cmocka_unit_test(real_numbers_are_decimal_and_finite),
        cmocka_unit_test(ranges_are_closed_and_named_with_their_unit),
        cmocka_unit_test(truth_values_have_three_spellings),
        cmocka_unit_test(a_wrong_choice_lists_the_choices_and_the_nearest),
        cmocka_unit_test(lists_hold_whole_numbers_in_their_range),
        cmocka_unit_test(a_list_has_a_longest_length),
        cmocka_unit_test(lists_of_reals_keep_their_order),
        cmocka_unit_test(grids_have_both_ends_and_no_rounding),
        cmocka_unit_test(wrong_lists_of_reals_are_told_apart),
        cmocka_unit_test(a_grid_has_a_most_number_of_points),
        cmocka_unit_test(rows_that_contradict_themselves_are_refused),
        cmocka_unit_test(values_print_as_yaml),
        cmocka_unit_test(printing_is_cut_between_characters),
        cmocka_unit_test(reals_read_back_to_the_same_bits),
        cmocka_unit_test(the_locale_of_the_host_program_does_not_matter),
        cmocka_unit_test(the_nearest_name_is_one_that_may_be_meant),
        cmocka_unit_test(a_swap_of_neighbours_counts_once),
    };
    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
