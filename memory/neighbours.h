/* memory/neighbours.h -- which rows of a matrix may be most like a key.
 *
 * Like is meant as by the cosine.  What is found are candidates: the caller compares the key with
 * each and takes the best.
 *
 *     linear   all rows.  Exact; a search costs as much as there are rows.
 *     lsh      random hyperplanes in `tables` hash tables of 2^b buckets each:
 *                  bit j of table l = [x . P_lj > 0],  j = 0 .. b - 1
 *              two rows at an angle a agree in a bit with probability 1 - a / pi.  Candidates are
 *              what lies in the key's bucket of each table, then in the `probes` buckets that are
 *              reached by changing the bits whose planes are nearest to the key (Lv et al. 2007,
 *              "multi-probe": sets of bits by the sum of squares of their ranks).  b follows the
 *              number of rows, 2 to 4 rows a bucket, of which 32 are looked at at most.  Cost of a
 *              search: (width b + 4 (probes + 1)) tables, of a change of a row: width b tables.
 *              Up to `scan` rows are searched one by one, which is faster.
 *
 * Source  Charikar 2002 (doi:10.1145/509907.509965); Rae et al. 2016 (arXiv:1610.09027), sec. 3.4,
 *         which rebuilds its index now and then.  This one moves a row when it changes, and is
 *         built anew only when the number of rows has doubled.
 * Bits    depend on planes and on the order of the calls only.
 * Owner   the arena of the calls to eg_neighbours_reserve(); the plan, and the planes, the caller.
 */
#ifndef EG_MEMORY_NEIGHBOURS_H
#define EG_MEMORY_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/real.h"
#include "tensor/kernels.h"

enum eg_neighbours_kind { EG_NEIGHBOURS_LINEAR, EG_NEIGHBOURS_LSH };
enum { EG_NEIGHBOURS_BITS = 20, EG_NEIGHBOURS_PROBES = 64 };

struct eg_neighbours_plan {
    enum eg_neighbours_kind kind;
    size_t width;                /* numbers in a row              */
    size_t tables, probes, scan; /* of lsh                        */
    const real *planes;          /* (width, BITS tables), lsh: column tables j + l is P_lj */
    uint32_t probe[EG_NEIGHBOURS_PROBES]; /* ranks of the bits changed, one bit each       */
};

/* Fills in `probe`. */
void eg_neighbours_plan(struct eg_neighbours_plan *plan);

/* Zeroed, but for `plan`, it is an index of no rows. */
struct eg_neighbours {
    const struct eg_neighbours_plan *plan;
    size_t room, count, bits; /* rows it has room for, and has; bits 0: it is searched one by one */
    uint32_t *hash, *before, *after; /* (room, tables); before: row or bucket              */
    uint32_t *bucket;                /* (tables, 2^bits): first row of each                */
    uint32_t *found, *list, turn;    /* of a search: when a row was found last; what was found */
    real *side;                      /* of a key or row: on which side of each plane       */
};

/* Room for at least `room` rows; x (count, width) are those there are.  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_neighbours_reserve(struct eg_neighbours *index, struct eg_arena *arena,
                                        const struct eg_kernels *kernels, size_t room,
                                        const real *x);

/* Row `row` <= count is now x (width). */
void eg_neighbours_put(struct eg_neighbours *index, const struct eg_kernels *kernels, size_t row,
                       const real *x);

/* How many rows are candidates for `key`; *list becomes their numbers, each once, in no order and
 * valid until the next call, or NULL: all rows are. */
size_t eg_neighbours_find(struct eg_neighbours *index, const struct eg_kernels *kernels,
                          const real *key, const uint32_t **list);

#endif
