#include "memory/sparse.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

enum { FIRST_ROOM = 64 };

struct eg_sparse_columns eg_sparse_columns(const struct eg_sparse_plan *plan)
{
    const size_t m = plan->width;
    return (struct eg_sparse_columns){.key = 0,
                                      .strength = m,
                                      .gate = m + 1,
                                      .interpolation = m + 2,
                                      .add = m + 3,
                                      .all = 2 * m + 3};
}

const real *eg_sparse_slot(const struct eg_sparse *memory, size_t slot)
{
    return slot < memory->ring.count ? memory->x + slot * memory->plan->width : memory->blank;
}

static void *moved(struct eg_arena *arena, const void *from, size_t bytes, size_t room_bytes)
{
    void *to = eg_arena_take(arena, room_bytes);
    if (to && bytes)
        memcpy(to, from, bytes);
    return to;
}

/* Arrays for `room` slots, with what is there. */
static int grow(struct eg_sparse *memory, size_t room)
{
    struct eg_arena *arena = memory->arena;
    const size_t n = memory->ring.count, m = memory->plan->width;
    const size_t row = m * sizeof *memory->x, ring = (EG_RING_EXTRA + room) * sizeof(uint32_t);
    real *x = moved(arena, memory->x, n * row, room * row);
    real *dx = memory->dx ? moved(arena, memory->dx, n * row, room * row) : NULL;
    real *inv = moved(arena, memory->inv, n * sizeof *inv, room * sizeof *inv);
    real *sum = moved(arena, memory->sum, n * sizeof *sum, room * sizeof *sum);
    uint32_t *at = moved(arena, memory->touched_at, n * sizeof *at, room * sizeof *at);
    uint32_t *before = eg_arena_take(arena, ring), *after = eg_arena_take(arena, ring);
    if (!x || (memory->dx && !dx) || !inv || !sum || !at || !before || !after)
        return EG_RAISE(EG_ERR_NOMEM);
    eg_ring_move(&memory->ring, before, after);
    memory->x = x;
    memory->dx = dx;
    memory->inv = inv;
    memory->sum = sum;
    memory->touched_at = at;
    memory->room = room;
    return EG_OK;
}

int eg_sparse_reserve(struct eg_sparse *memory, const struct eg_kernels *kernels)
{
    const struct eg_sparse_plan *plan = memory->plan;
    size_t need = memory->ring.count + plan->heads * (plan->reads + 1), room = memory->room;
    need = need < plan->slots ? need : plan->slots;
    while (room < need)
        room *= 2;
    room = room < plan->slots ? room : plan->slots;
    const int ret = room > memory->room ? grow(memory, room) : EG_OK;
    if (ret)
        return ret;
    return eg_neighbours_reserve(&memory->index, memory->arena, kernels, memory->room, memory->x);
}

static int start(struct eg_sparse *memory, struct eg_tape *tape, const struct eg_sparse_plan *plan,
                 const real *blank)
{
    const size_t room = plan->slots < FIRST_ROOM ? plan->slots : FIRST_ROOM, m = plan->width;
    struct eg_arena *arena = tape->arena;
    *memory = (struct eg_sparse){.plan = plan,
                                 .arena = arena,
                                 .room = room,
                                 .blank = blank,
                                 .inv_blank =
                                     1 / sqrt(tape->kernels->dot(blank, blank, m) + EG_COSINE_EPS),
                                 .index = {.plan = &plan->index}};
    memory->x = eg_arena_take(arena, room * m * sizeof *memory->x);
    memory->dx = eg_tape_records(tape) ? eg_arena_take(arena, room * m * sizeof *memory->x) : NULL;
    memory->inv = eg_arena_take(arena, room * sizeof *memory->inv);
    memory->sum = eg_arena_take(arena, room * sizeof *memory->sum);
    memory->touched_at = eg_arena_take(arena, room * sizeof *memory->touched_at);
    memory->touched =
        eg_arena_take(arena, plan->heads * (2 * plan->reads + 1) * sizeof *memory->touched);
    memory->score = eg_arena_take(arena, plan->reads * sizeof *memory->score);
    uint32_t *before = eg_arena_take(arena, (EG_RING_EXTRA + room) * sizeof *before);
    uint32_t *after = eg_arena_take(arena, (EG_RING_EXTRA + room) * sizeof *after);
    if (!memory->x || (eg_tape_records(tape) && !memory->dx) || !memory->inv || !memory->sum
        || !memory->touched_at || !memory->touched || !memory->score || !before || !after)
        return EG_RAISE(EG_ERR_NOMEM);
    eg_ring_start(&memory->ring, plan->slots, before, after);
    return EG_OK;
}

int eg_sparse_begin(struct eg_sparse **memory, struct eg_tape *tape,
                    const struct eg_sparse_plan *plan, size_t rows)
{
    assert(plan->reads <= plan->slots && plan->heads <= plan->slots);
    real *blank = eg_arena_take(tape->arena, plan->width * sizeof *blank);
    *memory = eg_arena_take(tape->arena, rows * sizeof **memory);
    if (!blank || !*memory)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t m = 0; m < plan->width; m++)
        blank[m] = plan->start;
    int ret = EG_OK;
    for (size_t b = 0; b < rows && !ret; b++)
        ret = start(&(*memory)[b], tape, plan, blank);
    return ret;
}

static void use(struct eg_sparse *memory)
{
    const size_t slot = memory->ring.count, m = memory->plan->width;
    assert(slot < memory->room);
    memcpy(memory->x + slot * m, memory->blank, m * sizeof *memory->x);
    if (memory->dx)
        memset(memory->dx + slot * m, 0, m * sizeof *memory->dx);
    memory->inv[slot] = memory->inv_blank;
    memory->touched_at[slot] = 0;
    eg_ring_use(&memory->ring);
}

int eg_sparse_touch(struct eg_sparse *memory, size_t slot)
{
    while (memory->ring.count <= slot)
        use(memory);
    if (memory->touched_at[slot] == memory->step)
        return 0;
    memory->touched_at[slot] = memory->step;
    memory->sum[slot] = 0;
    memory->touched[memory->touched_count++] = (uint32_t) slot;
    return 1;
}

/* The best so far, the nearest first.  A NaN goes to the front, so that it is not lost. */
struct best {
    size_t n, most;
    uint32_t *slot;
    real *cosine;
};

static int nearer(real a, uint32_t i, real b, uint32_t j)
{
    if (a != a || b != b)
        return a != a && (b == b || i < j);
    return a > b || (a == b && i < j);
}

static void offer(struct best *best, real cosine, uint32_t slot)
{
    if (best->n == best->most
        && !nearer(cosine, slot, best->cosine[best->n - 1], best->slot[best->n - 1]))
        return;
    size_t at = best->n < best->most ? best->n++ : best->n - 1;
    for (; at > 0 && nearer(cosine, slot, best->cosine[at - 1], best->slot[at - 1]); at--) {
        best->cosine[at] = best->cosine[at - 1];
        best->slot[at] = best->slot[at - 1];
    }
    best->cosine[at] = cosine;
    best->slot[at] = slot;
}

static int among(const struct best *best, size_t slot)
{
    for (size_t i = 0; i < best->n; i++)
        if (best->slot[i] == slot)
            return 1;
    return 0;
}

void eg_sparse_nearest(struct eg_sparse *memory, const struct eg_kernels *kernels, const real *key,
                       real inv_key, size_t written, uint32_t *slot, real *cosine)
{
    const struct eg_sparse_plan *plan = memory->plan;
    const size_t m = plan->width;
    struct best best = {.most = plan->reads, .slot = slot, .cosine = cosine};
    const uint32_t *list;
    const size_t n = eg_neighbours_find(&memory->index, kernels, key, &list);
    for (size_t c = 0; c < n; c++) {
        const size_t i = list ? list[c] : c;
        const real like = kernels->dot(key, memory->x + i * m, m) * inv_key * memory->inv[i];
        if (best.n < best.most || !(like < best.cosine[best.n - 1]))
            offer(&best, like, (uint32_t) i);
    }
    /* Those that were never written are all alike. */
    const real blank = kernels->dot(key, memory->blank, m) * inv_key * memory->inv_blank;
    for (size_t i = written; i < plan->slots && i < written + plan->reads; i++)
        offer(&best, blank, (uint32_t) i);
    /* An index that looks at some rows only may find too few: then those accessed last. */
    for (size_t i = eg_ring_last(&memory->ring); best.n < plan->reads && i != SIZE_MAX;
         i = eg_ring_before(&memory->ring, i))
        if (i < written && !among(&best, i))
            offer(&best, kernels->dot(key, memory->x + i * m, m) * inv_key * memory->inv[i],
                  (uint32_t) i);
    assert(best.n == plan->reads);
}
