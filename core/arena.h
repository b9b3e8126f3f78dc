/* core/arena.h -- memory that is given back all at once.
 *
 * Two arenas live in a run.  `model` holds parameters, gradients and optimiser
 * moments and dies with the model.  `step` holds the tape of one update and is
 * rewound before the next; nothing in it may be kept across a rewind.
 *
 * An arena never moves what it handed out: it grows by further blocks, and keeps them
 * across a rewind, so that after the first update nothing is asked of malloc.  Pieces
 * start on 64-byte boundaries.  Built with -Darena=malloc every piece is an allocation
 * of its own instead, so that ASan and valgrind see each overrun and each late use.
 *
 * Not thread-safe: every thread has arenas of its own. */
#ifndef EG_CORE_ARENA_H
#define EG_CORE_ARENA_H

#include <stddef.h>

#include "core/status.h"

struct eg_arena;

/* A place in an arena; eg_arena_rewind() gives back all that was taken after it. */
struct eg_arena_mark {
    size_t block; /* index of the block in use       */
    size_t used;  /* bytes (or pieces) used in it    */
};

/* A new arena that first asks for `bytes` (0: at the first piece).  Owner: the caller,
 * who calls eg_arena_free().  Fails with EG_ERR_NOMEM; *arena is then NULL. */
EG_MUST_CHECK int eg_arena_init(struct eg_arena **arena, size_t bytes);

/* Frees all memory and sets *arena to NULL; accepts NULL and a second call. */
void eg_arena_free(struct eg_arena **arena);

/* `bytes` bytes, not zeroed, aligned to 64; NULL when there is no more memory.
 * `bytes` may be 0: the answer is then a valid address of nothing. */
void *eg_arena_take(struct eg_arena *arena, size_t bytes);

/* The same, `count` pieces of `size` bytes, zeroed; NULL also when count*size overflows. */
void *eg_arena_zeros(struct eg_arena *arena, size_t count, size_t size);

/* A copy of a string, or NULL. */
char *eg_arena_string(struct eg_arena *arena, const char *text);

struct eg_arena_mark eg_arena_mark(const struct eg_arena *arena);
void eg_arena_rewind(struct eg_arena *arena, struct eg_arena_mark mark);

/* Bytes: the most that was in use at once, and what is held from malloc now. */
size_t eg_arena_peak(const struct eg_arena *arena);
size_t eg_arena_held(const struct eg_arena *arena);

/* How often the arena has asked malloc for memory, since it was made. */
size_t eg_arena_requests(const struct eg_arena *arena);

/* From here on a request that would bring what is in use above `bytes` answers NULL, as if there
 * were no more memory; of what was handed out before nothing is taken back.  (size_t) -1, as at
 * the beginning: no limit.  Systems promise more memory than they have, and end the program that
 * uses it: who may ask for that much sets a limit. */
void eg_arena_limit(struct eg_arena *arena, size_t bytes);

/* For tests: after `n` further pieces every request answers NULL.
 * (size_t) -1 takes the limit away. */
void eg_arena_fail_after(struct eg_arena *arena, size_t n);

#endif
