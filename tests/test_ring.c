/* The ring of slots, by hand and against times written down for each slot. */
#include <string.h>

#include "core/random.h"
#include "memory/ring.h"

#include "tests/check.h"

enum { ROOM = 16 };

struct fixture {
    struct eg_ring ring;
    uint32_t before[EG_RING_EXTRA + ROOM], after[EG_RING_EXTRA + ROOM];
};

static void start(struct fixture *f, size_t slots)
{
    eg_ring_start(&f->ring, slots, f->before, f->after);
}

static void check_order(const struct fixture *f, const uint32_t *want)
{
    uint32_t got[ROOM];
    eg_ring_first(&f->ring, f->ring.slots, got);
    for (size_t i = 0; i < f->ring.slots; i++)
        assert_int_equal(got[i], want[i]);
}

static void slots_nobody_used_come_by_their_numbers(void **state)
{
    (void) state;
    struct fixture f;
    uint32_t got[2];
    start(&f, 4);
    check_order(&f, (const uint32_t[]){0, 1, 2, 3});
    assert_true(eg_ring_last(&f.ring) == SIZE_MAX);
    eg_ring_first(&f.ring, 2, got);
    assert_int_equal(got[0], 0);
    assert_int_equal(got[1], 1);
}

static void an_access_moves_a_slot_to_the_end(void **state)
{
    (void) state;
    struct fixture f;
    start(&f, 4);
    eg_ring_use(&f.ring);
    check_order(&f, (const uint32_t[]){0, 1, 2, 3}); /* used, not accessed */
    eg_ring_access(&f.ring, 0);
    check_order(&f, (const uint32_t[]){1, 2, 3, 0});
    eg_ring_use(&f.ring);
    eg_ring_use(&f.ring);
    check_order(&f, (const uint32_t[]){1, 2, 3, 0}); /* 1 and 2 were never accessed */
    eg_ring_access(&f.ring, 2);
    check_order(&f, (const uint32_t[]){1, 3, 0, 2});
    eg_ring_use(&f.ring);
    eg_ring_access(&f.ring, 3);
    eg_ring_access(&f.ring, 0);
    check_order(&f, (const uint32_t[]){1, 2, 3, 0});
    eg_ring_access(&f.ring, 0); /* the last one again */
    check_order(&f, (const uint32_t[]){1, 2, 3, 0});
    eg_ring_access(&f.ring, 1); /* the first one */
    check_order(&f, (const uint32_t[]){2, 3, 0, 1});
}

static void it_is_walked_from_the_end(void **state)
{
    (void) state;
    struct fixture f;
    start(&f, 8);
    for (int i = 0; i < 3; i++)
        eg_ring_use(&f.ring);
    eg_ring_access(&f.ring, 1); /* 0 2 unused 1 */
    assert_int_equal(eg_ring_last(&f.ring), 1);
    assert_int_equal(eg_ring_before(&f.ring, 1), 2);
    assert_int_equal(eg_ring_before(&f.ring, 2), 0);
    assert_true(eg_ring_before(&f.ring, 0) == SIZE_MAX);
}

static void larger_arrays_hold_the_same_ring(void **state)
{
    (void) state;
    struct fixture f;
    uint32_t before[64], after[64];
    start(&f, 5);
    for (int i = 0; i < 3; i++)
        eg_ring_use(&f.ring);
    eg_ring_access(&f.ring, 1);
    eg_ring_move(&f.ring, before, after);
    memset(f.before, 0xff, sizeof f.before);
    memset(f.after, 0xff, sizeof f.after);
    check_order(&f, (const uint32_t[]){0, 2, 3, 4, 1});
}

/* The definition: the earliest last access, and of equal ones the lowest number. */
static void it_is_the_order_of_last_accesses(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture f;
        struct eg_stream stream;
        const size_t slots = 3 + seed % 10;
        uint64_t last[ROOM] = {0};
        eg_stream_open(&stream, seed, EG_FOR_TESTS, 0, 0);
        start(&f, slots);
        for (uint64_t t = 1; t <= 200; t++) {
            if (f.ring.count < slots && eg_stream_uniform(&stream) < 0.2)
                eg_ring_use(&f.ring);
            if (f.ring.count > 0) {
                const long slot = eg_stream_between(&stream, 0, (long) f.ring.count - 1);
                eg_ring_access(&f.ring, (size_t) slot);
                last[slot] = t;
            }
            uint32_t want[ROOM];
            for (size_t i = 0; i < slots; i++) { /* by insertion, which keeps equal ones in order */
                size_t at = i;
                for (; at > 0 && last[want[at - 1]] > last[i]; at--)
                    want[at] = want[at - 1];
                want[at] = (uint32_t) i;
            }
            check_order(&f, want);
        }
    }
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_nobody_used_come_by_their_numbers),
        cmocka_unit_test(an_access_moves_a_slot_to_the_end),
        cmocka_unit_test(it_is_walked_from_the_end),
        cmocka_unit_test(larger_arrays_hold_the_same_ring),
        cmocka_unit_test(it_is_the_order_of_last_accesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
