#include "memory/neighbours.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

enum { BUCKET_MOST = 32, LOAD = 4, RANKS = 10 };

static const uint32_t none = UINT32_MAX;

/* The distances of a key from the planes, in order, are about proportional to their ranks 1, 2,
 * ...; the square of the distance to a bucket is then the sum of squares of the ranks changed. */
static unsigned cost(uint32_t ranks)
{
    unsigned sum = 0;
    for (unsigned j = 0; j < RANKS; j++)
        sum += ranks >> j & 1 ? (j + 1) * (j + 1) : 0;
    return sum;
}

void eg_neighbours_plan(struct eg_neighbours_plan *plan)
{
    size_t n = 0;
    for (uint32_t ranks = 1; ranks < 1u << RANKS; ranks++) {
        if (n == EG_NEIGHBOURS_PROBES && cost(ranks) >= cost(plan->probe[n - 1]))
            continue;
        size_t at = n < EG_NEIGHBOURS_PROBES ? n++ : n - 1;
        for (; at > 0 && cost(plan->probe[at - 1]) > cost(ranks); at--)
            plan->probe[at] = plan->probe[at - 1];
        plan->probe[at] = ranks;
    }
}

/* On which side of the planes in use x lies; bit j of table l at tables j + l. */
static void sides(struct eg_neighbours *index, const struct eg_kernels *kernels, const real *x)
{
    const struct eg_neighbours_plan *plan = index->plan;
    const size_t n = plan->tables * index->bits;
    memset(index->side, 0, n * sizeof *index->side);
    for (size_t m = 0; m < plan->width; m++)
        kernels->axpy(index->side, x[m], plan->planes + m * EG_NEIGHBOURS_BITS * plan->tables, n);
}

static uint32_t hash_of(const struct eg_neighbours *index, size_t table)
{
    uint32_t hash = 0;
    for (size_t j = 0; j < index->bits; j++)
        hash |= (uint32_t) (index->side[index->plan->tables * j + table] > 0) << j;
    return hash;
}

static uint32_t *bucket_of(const struct eg_neighbours *index, size_t table, uint32_t hash)
{
    return &index->bucket[(table << index->bits) + hash];
}

static void take_out(struct eg_neighbours *index, size_t row, size_t table)
{
    const size_t n = index->plan->tables, at = row * n + table;
    const uint32_t before = index->before[at], after = index->after[at];
    if (before == none)
        *bucket_of(index, table, index->hash[at]) = after;
    else
        index->after[before * n + table] = after;
    if (after != none)
        index->before[after * n + table] = before;
}

static void put_in(struct eg_neighbours *index, size_t row, size_t table, uint32_t hash)
{
    const size_t n = index->plan->tables, at = row * n + table;
    uint32_t *const bucket = bucket_of(index, table, hash);
    index->hash[at] = hash;
    index->before[at] = none;
    index->after[at] = *bucket;
    if (*bucket != none)
        index->before[*bucket * n + table] = (uint32_t) row;
    *bucket = (uint32_t) row;
}

static void put_all(struct eg_neighbours *index, const struct eg_kernels *kernels, size_t row,
                    const real *x)
{
    sides(index, kernels, x);
    for (size_t table = 0; table < index->plan->tables; table++)
        put_in(index, row, table, hash_of(index, table));
}

void eg_neighbours_put(struct eg_neighbours *index, const struct eg_kernels *kernels, size_t row,
                       const real *x)
{
    assert(row <= index->count && row < index->room);
    const int new = row == index->count;
    index->count += (size_t) new;
    if (index->bits == 0)
        return;
    index->found[row] = new ? 0 : index->found[row];
    if (new) {
        put_all(index, kernels, row, x);
        return;
    }
    sides(index, kernels, x);
    for (size_t table = 0; table < index->plan->tables; table++) {
        const uint32_t hash = hash_of(index, table);
        if (hash != index->hash[row * index->plan->tables + table]) {
            take_out(index, row, table);
            put_in(index, row, table, hash);
        }
    }
}

int eg_neighbours_reserve(struct eg_neighbours *index, struct eg_arena *arena,
                          const struct eg_kernels *kernels, size_t room, const real *x)
{
    const struct eg_neighbours_plan *plan = index->plan;
    if (room <= index->room)
        return EG_OK;
    if (plan->kind == EG_NEIGHBOURS_LINEAR || room <= plan->scan) {
        index->room = room;
        return EG_OK;
    }
    struct eg_neighbours larger = *index;
    larger.room = room > 2 * index->room ? room : 2 * index->room;
    for (larger.bits = 1; larger.room >> larger.bits > LOAD && larger.bits < EG_NEIGHBOURS_BITS;)
        larger.bits++;
    const size_t links = larger.room * plan->tables, buckets = plan->tables << larger.bits;
    larger.hash = eg_arena_take(arena, links * sizeof *larger.hash);
    larger.before = eg_arena_take(arena, links * sizeof *larger.before);
    larger.after = eg_arena_take(arena, links * sizeof *larger.after);
    larger.bucket = eg_arena_take(arena, buckets * sizeof *larger.bucket);
    larger.found = eg_arena_take(arena, larger.room * sizeof *larger.found);
    larger.list = eg_arena_take(arena, larger.room * sizeof *larger.list);
    if (!larger.side)
        larger.side = eg_arena_take(arena, plan->tables * EG_NEIGHBOURS_BITS * sizeof *larger.side);
    if (!larger.hash || !larger.before || !larger.after || !larger.bucket || !larger.found
        || !larger.list || !larger.side)
        return EG_RAISE(EG_ERR_NOMEM);
    memset(larger.bucket, 0xff, buckets * sizeof *larger.bucket); /* none */
    memset(larger.found, 0, larger.count * sizeof *larger.found);
    larger.turn = 0;
    *index = larger;
    for (size_t row = 0; row < index->count; row++)
        put_all(index, kernels, row, x + row * plan->width);
    return EG_OK;
}

static size_t gather(struct eg_neighbours *index, size_t table, uint32_t hash, size_t n)
{
    uint32_t row = *bucket_of(index, table, hash);
    for (size_t i = 0; row != none && i < BUCKET_MOST; i++) {
        if (index->found[row] != index->turn) {
            index->found[row] = index->turn;
            index->list[n++] = row;
        }
        row = index->after[row * index->plan->tables + table];
    }
    return n;
}

/* The bits of a table, that of the nearest plane first, as many as probes look at. */
static size_t nearest(const struct eg_neighbours *index, size_t table, uint32_t bit[RANKS])
{
    size_t n = 0;
    real far[RANKS];
    for (size_t j = 0; j < index->bits; j++) {
        const real d = fabs(index->side[index->plan->tables * j + table]);
        if (n == RANKS && !(d < far[n - 1]))
            continue;
        size_t at = n < RANKS ? n++ : n - 1;
        for (; at > 0 && d < far[at - 1]; at--) {
            far[at] = far[at - 1];
            bit[at] = bit[at - 1];
        }
        far[at] = d;
        bit[at] = (uint32_t) 1 << j;
    }
    return n;
}

size_t eg_neighbours_find(struct eg_neighbours *index, const struct eg_kernels *kernels,
                          const real *key, const uint32_t **list)
{
    *list = NULL;
    if (index->bits == 0)
        return index->count;
    const struct eg_neighbours_plan *plan = index->plan;
    if (++index->turn == 0) { /* after 2^32 searches */
        memset(index->found, 0, index->count * sizeof *index->found);
        index->turn = 1;
    }
    sides(index, kernels, key);
    size_t n = 0;
    for (size_t table = 0; table < plan->tables; table++) {
        const uint32_t hash = hash_of(index, table);
        n = gather(index, table, hash, n);
        uint32_t bit[RANKS];
        const size_t ranks = nearest(index, table, bit);
        for (size_t p = 0; p < plan->probes; p++) {
            if (plan->probe[p] >> ranks)
                continue;
            uint32_t changed = 0;
            for (size_t j = 0; j < ranks; j++)
                changed |= plan->probe[p] >> j & 1 ? bit[j] : 0;
            n = gather(index, table, hash ^ changed, n);
        }
    }
    *list = index->list;
    return n;
}
