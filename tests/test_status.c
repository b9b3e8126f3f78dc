/* Codes, and sentences for people. */
#include <string.h>

#include "core/status.h"

#include "tests/check.h"

static void every_code_has_a_sentence_of_its_own(void **state)
{
    (void) state;
    const int codes[] = {
#define X(code, value, text) code,
        EG_STATUS_LIST(X)
#undef X
    };
    const size_t n = sizeof codes / sizeof codes[0];
    for (size_t i = 0; i < n; i++) {
        assert_true(codes[i] < 0 && strlen(eg_status_text(codes[i])) > 0);
        assert_string_not_equal(eg_status_text(codes[i]), eg_status_text(1234));
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(codes[i], codes[k]);
            assert_string_not_equal(eg_status_text(codes[i]), eg_status_text(codes[k]));
        }
    }
    assert_non_null(eg_status_text(EG_OK));
    assert_non_null(eg_status_text(1234));
    assert_non_null(eg_status_text(-1234));
}

static void a_failure_carries_its_code_and_a_sentence(void **state)
{
    (void) state;
    struct eg_message m = {""};
    assert_int_equal(EG_FAIL(EG_ERR_IO, &m, "cannot open %s: %d", "a.h5", 3), EG_ERR_IO);
    assert_string_equal(m.text, "cannot open a.h5: 3");
    assert_int_equal(EG_FAIL(EG_ERR_DATA, NULL, "nobody %s", "listens"), EG_ERR_DATA);
    assert_int_equal(EG_RAISE(EG_ERR_SHAPE), EG_ERR_SHAPE);
}

static void long_sentences_are_cut_and_terminated(void **state)
{
    (void) state;
    struct eg_message m;
    char text[5000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    memset(&m, 0x7f, sizeof m);
    assert_int_equal(EG_FAIL(EG_ERR_IO, &m, "%s", text), EG_ERR_IO);
    const size_t n = strnlen(m.text, sizeof m.text);
    assert_true(n < sizeof m.text && n > sizeof m.text / 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_sentence_of_its_own),
        cmocka_unit_test(a_failure_carries_its_code_and_a_sentence),
        cmocka_unit_test(long_sentences_are_cut_and_terminated),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
