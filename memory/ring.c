#include "memory/ring.h"

#include <assert.h>
#include <string.h>

/* Where the ring closes, and the place of the slots that are not in use; a slot stands at
 * EG_RING_EXTRA + its number. */
enum { END, UNUSED };

void eg_ring_start(struct eg_ring *ring, size_t slots, uint32_t *before, uint32_t *after)
{
    *ring = (struct eg_ring){.slots = slots, .before = before, .after = after};
    before[END] = after[END] = UNUSED;
    before[UNUSED] = after[UNUSED] = END;
}

void eg_ring_move(struct eg_ring *ring, uint32_t *before, uint32_t *after)
{
    memcpy(before, ring->before, (EG_RING_EXTRA + ring->count) * sizeof *before);
    memcpy(after, ring->after, (EG_RING_EXTRA + ring->count) * sizeof *after);
    ring->before = before;
    ring->after = after;
}

/* In front of `next`. */
static void put(struct eg_ring *ring, uint32_t at, uint32_t next)
{
    const uint32_t last = ring->before[next];
    ring->before[at] = last;
    ring->after[at] = next;
    ring->after[last] = at;
    ring->before[next] = at;
}

/* Slots in use that were never accessed have lower numbers than all that are not in use, and stand
 * in front of them. */
void eg_ring_use(struct eg_ring *ring)
{
    assert(ring->count < ring->slots);
    put(ring, (uint32_t) (EG_RING_EXTRA + ring->count++), UNUSED);
}

void eg_ring_access(struct eg_ring *ring, size_t slot)
{
    assert(slot < ring->count);
    const uint32_t at = (uint32_t) (EG_RING_EXTRA + slot);
    ring->after[ring->before[at]] = ring->after[at];
    ring->before[ring->after[at]] = ring->before[at];
    put(ring, at, END);
}

void eg_ring_first(const struct eg_ring *ring, size_t n, uint32_t *slot)
{
    size_t found = 0;
    for (uint32_t at = ring->after[END]; found < n; at = ring->after[at]) {
        assert(at != END);
        if (at == UNUSED)
            for (size_t i = ring->count; i < ring->slots && found < n; i++)
                slot[found++] = (uint32_t) i;
        else
            slot[found++] = at - EG_RING_EXTRA;
    }
}

static size_t slot_back_from(const struct eg_ring *ring, uint32_t at)
{
    at = at == UNUSED ? ring->before[at] : at;
    return at == END ? SIZE_MAX : at - EG_RING_EXTRA;
}

size_t eg_ring_last(const struct eg_ring *ring)
{
    return slot_back_from(ring, ring->before[END]);
}

size_t eg_ring_before(const struct eg_ring *ring, size_t slot)
{
    return slot_back_from(ring, ring->before[EG_RING_EXTRA + slot]);
}
