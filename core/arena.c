#define _DEFAULT_SOURCE /* madvise() */
#include "core/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 64, FIRST_BLOCK = 1 << 20, HUGE_PAGE = 1 << 21 };

struct block {
    char *base;
    size_t size;
    size_t before; /* bytes handed out before this block began */
};

struct eg_arena {
    struct block *blocks;
    size_t count, room; /* blocks there are, and room in the list */
    size_t current, used;
    size_t peak, held, requests;
    size_t fail_after; /* pieces still to be given; SIZE_MAX: no limit */
    size_t limit;      /* of bytes in use; SIZE_MAX: none              */
};

/* A tape of some megabytes is gone over twice an update.  In huge pages that takes some 5 % less
 * time; where the system gives none, nothing is lost. */
static void *ask(struct eg_arena *arena, size_t bytes)
{
    const int huge = bytes >= HUGE_PAGE && bytes % HUGE_PAGE == 0;
    void *p = aligned_alloc(huge ? HUGE_PAGE : ALIGN, bytes);
#ifdef MADV_HUGEPAGE
    if (p && huge)
        (void) madvise(p, bytes, MADV_HUGEPAGE);
#endif
    if (p) {
        arena->requests++;
        arena->held += bytes;
    }
    return p;
}

static int push_block(struct eg_arena *arena, size_t bytes)
{
    if (arena->count == arena->room) {
        const size_t room = arena->room ? 2 * arena->room : 16;
        struct block *blocks = realloc(arena->blocks, room * sizeof *blocks);
        if (!blocks)
            return EG_RAISE(EG_ERR_NOMEM);
        arena->requests++;
        arena->blocks = blocks;
        arena->room = room;
    }
    char *base = ask(arena, bytes);
    if (!base)
        return EG_RAISE(EG_ERR_NOMEM);
    arena->blocks[arena->count++] = (struct block){.base = base, .size = bytes};
    return EG_OK;
}

int eg_arena_init(struct eg_arena **arena, size_t bytes)
{
    *arena = calloc(1, sizeof **arena);
    if (!*arena)
        return EG_RAISE(EG_ERR_NOMEM);
    (*arena)->fail_after = SIZE_MAX;
    (*arena)->limit = SIZE_MAX;
#ifndef EG_ARENA_MALLOC
    if (bytes > SIZE_MAX - ALIGN)
        goto fail;
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (bytes && push_block(*arena, bytes))
        goto fail;
    return EG_OK;
fail:
    eg_arena_free(arena);
    return EG_RAISE(EG_ERR_NOMEM);
#else
    (void) bytes;
    return EG_OK;
#endif
}

void eg_arena_free(struct eg_arena **arena)
{
    if (!arena || !*arena)
        return;
    for (size_t i = 0; i < (*arena)->count; i++)
        free((*arena)->blocks[i].base);
    free((*arena)->blocks);
    free(*arena);
    *arena = NULL;
}

/* Bytes (rounded) of a request, or 0 where it cannot be met. */
static size_t rounded(size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return 0;
    return bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
}

#ifdef EG_ARENA_MALLOC

/* Every piece is a block; a mark is the number of pieces. */
void *eg_arena_take(struct eg_arena *arena, size_t bytes)
{
    const size_t size = rounded(bytes);
    if (!size || arena->fail_after == 0)
        return NULL;
    if (arena->fail_after != SIZE_MAX)
        arena->fail_after--;
    if (arena->held > arena->limit || size > arena->limit - arena->held || push_block(arena, size))
        return NULL;
    if (arena->held > arena->peak)
        arena->peak = arena->held;
    return arena->blocks[arena->count - 1].base;
}

struct eg_arena_mark eg_arena_mark(const struct eg_arena *arena)
{
    return (struct eg_arena_mark){.block = arena->count};
}

void eg_arena_rewind(struct eg_arena *arena, struct eg_arena_mark mark)
{
    while (arena->count > mark.block) {
        const struct block *last = &arena->blocks[--arena->count];
        arena->held -= last->size;
        free(last->base);
    }
}

#else

void *eg_arena_take(struct eg_arena *arena, size_t bytes)
{
    const size_t size = rounded(bytes);
    if (!size || arena->fail_after == 0)
        return NULL;
    if (arena->fail_after != SIZE_MAX)
        arena->fail_after--;
    const size_t in_use = arena->count ? arena->blocks[arena->current].before + arena->used : 0;
    if (in_use > arena->limit || size > arena->limit - in_use)
        return NULL;
    while (arena->current < arena->count
           && arena->blocks[arena->current].size - arena->used < size) {
        /* The block is too full: on to the next one, if there is one. */
        if (arena->current + 1 == arena->count)
            break;
        const size_t before = arena->blocks[arena->current].before + arena->used;
        arena->current++;
        arena->used = 0;
        arena->blocks[arena->current].before = before;
    }
    if (arena->count == 0 || arena->blocks[arena->current].size - arena->used < size) {
        const size_t twice = arena->count ? 2 * arena->blocks[arena->count - 1].size : FIRST_BLOCK;
        const size_t before = arena->count ? arena->blocks[arena->current].before + arena->used : 0;
        if (push_block(arena, size > twice ? size : twice))
            return NULL;
        arena->current = arena->count - 1;
        arena->used = 0;
        arena->blocks[arena->current].before = before;
    }
    struct block *block = &arena->blocks[arena->current];
    void *piece = block->base + arena->used;
    arena->used += size;
    if (block->before + arena->used > arena->peak)
        arena->peak = block->before + arena->used;
    return piece;
}

struct eg_arena_mark eg_arena_mark(const struct eg_arena *arena)
{
    return (struct eg_arena_mark){.block = arena->current, .used = arena->used};
}

void eg_arena_rewind(struct eg_arena *arena, struct eg_arena_mark mark)
{
    arena->current = mark.block;
    arena->used = mark.used;
}

#endif

void *eg_arena_zeros(struct eg_arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *piece = eg_arena_take(arena, count * size);
    if (piece)
        memset(piece, 0, count * size);
    return piece;
}

char *eg_arena_string(struct eg_arena *arena, const char *text)
{
    const size_t n = strlen(text) + 1;
    char *copy = eg_arena_take(arena, n);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

size_t eg_arena_peak(const struct eg_arena *arena)
{
    return arena->peak;
}

size_t eg_arena_held(const struct eg_arena *arena)
{
    return arena->held;
}

size_t eg_arena_requests(const struct eg_arena *arena)
{
    return arena->requests;
}

void eg_arena_limit(struct eg_arena *arena, size_t bytes)
{
    arena->limit = bytes;
}

void eg_arena_fail_after(struct eg_arena *arena, size_t n)
{
    arena->fail_after = n;
}
