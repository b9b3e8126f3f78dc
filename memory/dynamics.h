/* memory/dynamics.h -- how the sites of a network of spins are visited, and when it is at rest.
 *
 * At temperature 0 a site takes the sign of its local field h_i; what happens at h_i = 0 is the tie
 * rule.  With asynchronous updates one site moves at a time: N visits are a sweep, and a recall is
 * at rest after a sweep in which nothing moved (with ties drawn at random: nothing but ties, and
 * what they moved leaves every other site where its field wants it).
 * Where the visits of a sweep are drawn with replacement, all fields are asked at the end of a
 * sweep without a move.  With synchronous updates all sites move at once: the recall ends at a
 * fixed point or in a 2-cycle, which are found and told apart (Goles 1981: symmetric couplings have
 * no other ends); other couplings may go on until sweeps_max.
 *
 * At temperature T > 0 (in the units of h, as in Amit, Gutfreund & Sompolinsky 1985), asynchronous,
 *     Glauber     P(s_i = +1) = 1 / (1 + exp(-2 h_i / T))
 *     Metropolis  P(flip) = min(1, exp(-2 s_i h_i / T))
 * for sweeps_max sweeps, T going from `temperature` to `temperature_end` (annealing) or staying;
 * then, where `quench` is on, sweeps at T = 0 as above. */
#ifndef EG_MEMORY_DYNAMICS_H
#define EG_MEMORY_DYNAMICS_H

#include "core/random.h"
#include "memory/associative.h"

enum eg_update {
    EG_UPDATE_ASYNCHRONOUS,
    EG_UPDATE_SYNCHRONOUS,
    EG_UPDATE_GLAUBER,
    EG_UPDATE_METROPOLIS
};
enum eg_order { EG_ORDER_PERMUTATION, EG_ORDER_RANDOM, EG_ORDER_FIXED };
enum eg_tie { EG_TIE_KEEP, EG_TIE_PLUS, EG_TIE_RANDOM };
enum eg_anneal { EG_ANNEAL_NONE, EG_ANNEAL_LINEAR, EG_ANNEAL_GEOMETRIC };

struct eg_dynamics_options {
    int update, order, tie, anneal, quench;
    long sweeps_max; /* at temperature 0, and at T > 0 each                                    */
    double temperature, temperature_end;
    double tolerance; /* real states: at rest when no output changes by more                    */
};
extern const struct eg_option eg_dynamics_rows[]; /* the keys below `dynamics.`                   */

/* EG_ERR_RANGE: options that contradict each other (annealing without a temperature ...). */
EG_MUST_CHECK int eg_dynamics_check(const struct eg_dynamics_options *options,
                                    struct eg_message *message);

enum eg_rest {
    EG_REST_FIXED,   /* nothing moves any more                              */
    EG_REST_CYCLE,   /* synchronous: two states in turn                     */
    EG_REST_UNKNOWN, /* sweeps_max were over before                         */
};

/* After a sweep (0: the start), while it runs. */
struct eg_sweep {
    size_t sweep, moved; /* sites that moved in it                                               */
    double energy, temperature;
    double change; /* real states: largest change of an output; else the fraction moved          */
};

struct eg_watch {
    /* NULL: nobody looks.  An answer other than 0 ends the recall with that status. */
    int (*see)(void *context, const struct eg_sweep *sweep, const void *recall);
    void *context;
};

struct eg_settled {
    enum eg_rest rest;
    size_t
        sweeps; /* until rest; the last one, without a move, is not counted (real states: it is) */
    uint64_t moves;
    double energy_start, energy;
    double rise; /* largest rise of the energy at T = 0 in one visit (synchronous: one sweep, real
                  * states: one step); 0: never rose */
};

/* A dynamics of a network with N sites: room for orders and fields, made once. */
struct eg_dynamics {
    const struct eg_associative_type *type;
    const struct eg_dynamics_options *options;
    size_t sites, first;
    uint32_t *order;          /* (N)    */
    double *fields;           /* (N); synchronous, random orders and random ties */
    int8_t *before, *earlier; /* (N); synchronous */
};
/* EG_ERR_NOMEM; EG_ERR_RANGE where N is 0 or above 2^31. */
EG_MUST_CHECK int eg_dynamics_init(struct eg_dynamics *d, const struct eg_associative_type *type,
                                   const struct eg_dynamics_options *options, size_t sites,
                                   size_t first, struct eg_arena *arena);

/* From the state the recall was started in, to rest.  In fixed order sites of the second layer come
 * before those of the first.  EG_ERR_DIVERGED (real states), or the watch's answer. */
EG_MUST_CHECK int eg_dynamics_run(struct eg_dynamics *d, void *recall, struct eg_stream *stream,
                                  const struct eg_watch *watch, struct eg_settled *settled,
                                  struct eg_message *message);

#endif
