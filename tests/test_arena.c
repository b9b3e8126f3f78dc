/* Memory that is given back all at once; built for both kinds of arena. */
#include <stdint.h>
#include <string.h>

#include "core/arena.h"

#include "tests/check.h"

static struct eg_arena *arena_of(size_t bytes)
{
    struct eg_arena *arena;
    assert_int_equal(eg_arena_init(&arena, bytes), EG_OK);
    return arena;
}

static void pieces_are_aligned_and_apart(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(1000);
    char *pieces[100];
    for (size_t i = 0; i < 100; i++) {
        pieces[i] = eg_arena_take(arena, i * 37);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t) pieces[i] % 64, 0);
        memset(pieces[i], (int) i, i * 37);
    }
    for (size_t i = 0; i < 100; i++)
        for (size_t k = 0; k < i * 37; k++)
            assert_int_equal(pieces[i][k], i);
    assert_true(eg_arena_held(arena) >= 37 * 4950);
    assert_true(eg_arena_peak(arena) >= 37 * 4950);
    eg_arena_free(&arena);
}

static void zeros_are_zero_and_strings_are_copies(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(0);
    const struct eg_arena_mark mark = eg_arena_mark(arena);
    memset(eg_arena_take(arena, 4096), 0xff, 4096);
    eg_arena_rewind(arena, mark);
    const unsigned char *zeros = eg_arena_zeros(arena, 128, 32);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(zeros[i], 0);
    const char text[] = "memory/ntm";
    const char *copy = eg_arena_string(arena, text);
    assert_string_equal(copy, text);
    assert_ptr_not_equal(copy, text);
    eg_arena_free(&arena);
}

static void nothing_moves_when_it_grows(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(64);
    int *first = eg_arena_take(arena, sizeof *first);
    *first = 42;
    for (size_t i = 0; i < 40; i++)
        memset(eg_arena_take(arena, 1 << 17), 1, 1 << 17);
    assert_int_equal(*first, 42);
    eg_arena_free(&arena);
}

/* The second round asks malloc for nothing and gets the same places. */
static void a_rewind_gives_back_what_was_taken_after_the_mark(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(0);
    char *kept = eg_arena_take(arena, 100);
    memset(kept, 7, 100);
    const struct eg_arena_mark mark = eg_arena_mark(arena);
    size_t peak = 0;
#ifndef EG_ARENA_MALLOC
    void *seen[40];
    size_t requests = 0;
#endif
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 40; i++) {
            void *piece = eg_arena_take(arena, 100000);
            memset(piece, (int) round, 100000);
#ifndef EG_ARENA_MALLOC
            if (round > 0)
                assert_ptr_equal(piece, seen[i]);
            seen[i] = piece;
#endif
        }
        peak = round == 0 ? eg_arena_peak(arena) : peak;
        assert_true(peak >= 4000000 && eg_arena_requests(arena) > 0);
        assert_int_equal(eg_arena_peak(arena), peak);
#ifndef EG_ARENA_MALLOC
        requests = round == 0 ? eg_arena_requests(arena) : requests;
        assert_int_equal(eg_arena_requests(arena), requests);
#endif
        eg_arena_rewind(arena, mark);
    }
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(kept[i], 7);
    eg_arena_free(&arena);
}

/* After a rewind the same peak holds for another order of pieces, across blocks. */
static void marks_may_be_nested(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(256);
    const struct eg_arena_mark outer = eg_arena_mark(arena);
    char *a = eg_arena_take(arena, 200);
    memset(a, 1, 200);
    const struct eg_arena_mark inner = eg_arena_mark(arena);
    memset(eg_arena_take(arena, 3000000), 2, 3000000);
    eg_arena_rewind(arena, inner);
    memset(eg_arena_take(arena, 50), 3, 50);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(a[i], 1);
    eg_arena_rewind(arena, outer);
    memset(eg_arena_take(arena, 5000000), 4, 5000000);
    eg_arena_free(&arena);
}

static void requests_fail_when_they_are_told_to(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(0);
    eg_arena_fail_after(arena, 2);
    assert_non_null(eg_arena_take(arena, 1));
    assert_non_null(eg_arena_string(arena, "two"));
    assert_null(eg_arena_take(arena, 1));
    assert_null(eg_arena_zeros(arena, 1, 1));
    assert_null(eg_arena_string(arena, "three"));
    eg_arena_fail_after(arena, (size_t) -1);
    assert_non_null(eg_arena_take(arena, 1));
    eg_arena_free(&arena);
}

/* 64 bytes is what the smallest piece takes. */
static void a_limit_counts_what_is_in_use(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(0);
    const struct eg_arena_mark start = eg_arena_mark(arena);
    assert_non_null(eg_arena_take(arena, 64));
    eg_arena_limit(arena, 256);
    const struct eg_arena_mark mark = eg_arena_mark(arena);
    assert_null(eg_arena_take(arena, 193));
    assert_non_null(eg_arena_take(arena, 192)); /* up to the limit itself */
    assert_null(eg_arena_take(arena, 1));
    assert_int_equal(eg_arena_peak(arena), 256);
    eg_arena_rewind(arena, mark);
    assert_non_null(eg_arena_take(arena, 128));
    eg_arena_limit(arena, 64); /* less than there is */
    assert_null(eg_arena_take(arena, 1));
    eg_arena_rewind(arena, start);
    assert_non_null(eg_arena_take(arena, 1));
    eg_arena_limit(arena, (size_t) -1);
    assert_non_null(eg_arena_take(arena, 1 << 22));
    eg_arena_free(&arena);
}

static void what_cannot_be_had_is_null(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(0);
    assert_null(eg_arena_take(arena, SIZE_MAX));
    assert_null(eg_arena_take(arena, SIZE_MAX - 63));
    assert_null(eg_arena_zeros(arena, SIZE_MAX / 2, 4)); /* the product overflows */
    assert_non_null(eg_arena_zeros(arena, 0, 8));
    assert_non_null(eg_arena_take(arena, 10)); /* and it goes on */
    eg_arena_free(&arena);
#ifndef EG_ARENA_MALLOC
    assert_int_equal(eg_arena_init(&arena, SIZE_MAX), EG_ERR_NOMEM);
    assert_null(arena);
#endif
}

static void free_accepts_null_and_a_second_call(void **state)
{
    (void) state;
    struct eg_arena *arena = arena_of(10);
    eg_arena_free(&arena);
    assert_null(arena);
    eg_arena_free(&arena);
    eg_arena_free(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(zeros_are_zero_and_strings_are_copies),
        cmocka_unit_test(nothing_moves_when_it_grows),
        cmocka_unit_test(a_rewind_gives_back_what_was_taken_after_the_mark),
        cmocka_unit_test(marks_may_be_nested),
        cmocka_unit_test(requests_fail_when_they_are_told_to),
        cmocka_unit_test(a_limit_counts_what_is_in_use),
        cmocka_unit_test(what_cannot_be_had_is_null),
        cmocka_unit_test(free_accepts_null_and_a_second_call),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
