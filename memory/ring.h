/* memory/ring.h -- which slot has not been accessed for longest, in constant time.
 *
 *     U = the slot whose last access is the longest ago; of equal ones that with the lowest number
 *
 * All slots stand in one ring, the next to be overwritten first.  An access moves a slot to the
 * end.  At first all stand there by their numbers; nothing is done for each of them: those from
 * `count` on, which nobody has used, are one place of the ring together.
 *
 * Source  Rae et al. 2016 (arXiv:1610.09027), sec. 3.2, "circular linked list"; docs/equations.md,
 *         V7.
 * Fails   never; room is the caller's (eg_ring_move).
 * Owner   `before` and `after` belong to the caller: EG_RING_EXTRA + room numbers each. */
#ifndef EG_MEMORY_RING_H
#define EG_MEMORY_RING_H

#include <stddef.h>
#include <stdint.h>

enum { EG_RING_EXTRA = 2 };

struct eg_ring {
    size_t slots, count;      /* slots there are, and those in use: 0 .. count - 1 */
    uint32_t *before, *after; /* of the two ends, then of the slots in use         */
};

/* No slot is in use. */
void eg_ring_start(struct eg_ring *ring, size_t slots, uint32_t *before, uint32_t *after);

/* To larger arrays; the old ones are not looked at again. */
void eg_ring_move(struct eg_ring *ring, uint32_t *before, uint32_t *after);

/* Slot `count` is in use from now on, at the place it has.  count < slots. */
void eg_ring_use(struct eg_ring *ring);

/* Slot `slot`, in use, has been accessed now. */
void eg_ring_access(struct eg_ring *ring, size_t slot);

/* The `n` slots that stand first, n <= slots; those from `count` on are not in use yet. */
void eg_ring_first(const struct eg_ring *ring, size_t n, uint32_t *slot);

/* The slot in use that stands last, and the one before a slot; SIZE_MAX when there is none. */
size_t eg_ring_last(const struct eg_ring *ring);
size_t eg_ring_before(const struct eg_ring *ring, size_t slot);

#endif
