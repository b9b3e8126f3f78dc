/* experiments/associative.h -- from a configuration to patterns, a network and its dynamics. */
#ifndef EG_EXPERIMENTS_ASSOCIATIVE_H
#define EG_EXPERIMENTS_ASSOCIATIVE_H

#include "core/arena.h"
#include "core/config.h"
#include "experiments/command.h"
#include "experiments/experiment.h"
#include "memory/associative.h"
#include "memory/attractor.h"
#include "memory/dynamics.h"
#include "memory/memory.h"
#include "tasks/patterns.h"

struct eg_recall_options {
    long trials;
    double near; /* overlap from which a state counts as retrieved           */
    long keep;   /* trials whose states are kept, sweep by sweep             */
};

enum eg_criterion { EG_CRITERION_OVERLAP, EG_CRITERION_EXACT, EG_CRITERION_ONE_STEP };
struct eg_capacity_options {
    struct eg_list sizes;
    struct eg_reals loads;
    long networks, starts;
    int criterion;
    double near;
};

struct eg_basin_options {
    struct eg_list sizes;
    struct eg_reals loads, starts; /* starts: initial overlaps */
    long networks;
    double near;
};

/* What is asked for. */
enum eg_kind { EG_KIND_RECALL, EG_KIND_CAPACITY, EG_KIND_BASIN };
extern const char *const eg_kind_names[]; /* "recall", "capacity", "basin" */

struct eg_associative {
    const char *name; /* of the preset or file */
    enum eg_kind kind;
    struct eg_arena *arena;
    struct eg_config *config;
    struct eg_run_options run;
    const struct eg_kernels *kernels;
    const struct eg_associative_type *type;
    const void *memory; /* its options */
    const struct eg_pattern_type *source;
    const void *patterns; /* its options */
    struct eg_cue_options cue;
    struct eg_dynamics_options dynamics;
    struct eg_recall_options recall;
    struct eg_capacity_options capacity;
    struct eg_basin_options basin;
    int threads;
};

/* As eg_experiment_init(). */
EG_MUST_CHECK int eg_associative_init(struct eg_associative *a, enum eg_kind kind, const char *name,
                                      const char *yaml, const struct eg_setting *settings,
                                      size_t n_settings, long seed, struct eg_message *message);
void eg_associative_free(struct eg_associative *a);

/* One network with one recall, in an arena of its own that is rewound for the next network. */
struct eg_workplace {
    const struct eg_associative *a;
    struct eg_arena *arena;
    struct eg_patterns patterns;
    void *network, *recall;
    struct eg_dynamics dynamics;
    int8_t *spins, *room;   /* (N)                                              */
    double *fields;         /* (N)                                              */
    int32_t *count;         /* (64 * words)                                     */
    double *overlaps;       /* (P)                                              */
    int want_overlaps;      /* with all patterns also where the target was met  */
    struct eg_message note; /* of learning                                      */
};

EG_MUST_CHECK int eg_workplace_init(struct eg_workplace *w, const struct eg_associative *a);
void eg_workplace_free(struct eg_workplace *w);
/* Patterns from the source, or (eg_workplace_draw) random ones of a size, learned by a new network.
 */
EG_MUST_CHECK int eg_workplace_learn(struct eg_workplace *w, uint64_t network,
                                     struct eg_message *message);
EG_MUST_CHECK int eg_workplace_draw(struct eg_workplace *w, size_t sites, size_t patterns,
                                    uint64_t network, struct eg_message *message);

/* A recall of its own of the network of another workplace, which must outlive it. */
EG_MUST_CHECK int eg_workplace_share(struct eg_workplace *w, const struct eg_workplace *from,
                                     struct eg_message *message);

/* What came of one recall. */
struct eg_recalled {
    struct eg_settled settled;
    enum eg_attractor end;
    size_t target;
    double overlap_start, overlap; /* with the target                   */
    double error;                  /* fraction of sites that are wrong */
};
/* Puts the recall on the cue of pattern `target` (trial `trial`). */
EG_MUST_CHECK int eg_workplace_start(struct eg_workplace *w, const struct eg_cue_options *cue,
                                     size_t target, uint64_t network, uint64_t trial,
                                     struct eg_message *message);
/* The same, then recalls and classifies; overlaps with all patterns are then in w->overlaps (see
 * want_overlaps). */
EG_MUST_CHECK int eg_workplace_recall(struct eg_workplace *w, const struct eg_cue_options *cue,
                                      size_t target, uint64_t network, uint64_t trial, double near,
                                      const struct eg_watch *watch, struct eg_recalled *recalled,
                                      struct eg_message *message);
/* One step of all sites at once instead: `error` is the fraction that would be wrong after it,
 * against the pattern it should lead to (the same one, or of a sequence the next). */
EG_MUST_CHECK int eg_workplace_one_step(struct eg_workplace *w, const struct eg_cue_options *cue,
                                        size_t target, uint64_t network, uint64_t trial,
                                        struct eg_recalled *recalled, struct eg_message *message);
/* Overlap of the present state with a pattern. */
double eg_workplace_overlap(const struct eg_workplace *w, size_t pattern);

#endif
