/* memory/associative.h -- the contract of an associative memory: it stores patterns, is started
 * somewhere, and descends to what it remembers.
 *
 * A type is a const table.  A *network* is what was learned: made once, then only read, so that
 * many recalls, in many threads, share it.  A *recall* is one state of it that moves.  The bytes of
 * both come from the caller; what they point to comes from an arena.
 *
 * States.  Networks of spins (`spins` not NULL) have states of N sites, s_i = -1 or +1; a network
 * whose units are 0 and 1 sees V_i = (1 + s_i) / 2.  Networks with real states (`flow` not NULL)
 * have N real outputs.  Exactly one of the two is not NULL.  How sites are visited, and when a
 * recall has come to rest, is memory/dynamics.h's business.
 *
 * Local field.  field(i) = h_i is half of E(s_i = -1) - E(s_i = +1) with all else as it is, so a
 * flip of site i changes the energy by 2 s_i h_i, whatever the network; where it is positive the
 * site wants to be +1.  Networks without an energy (asymmetric couplings) keep the sign rule and
 * set `descends` to 0.  With couplings of sites to themselves h_i has w_ii s_i more
 * (memory/couplings.h says what that means for the energy).
 *
 * Adding one touches three places: its file, one line in associative_registry.c, one in
 * meson.build.  tests/test_associative_contract.c tests it from the moment it is registered. */
#ifndef EG_MEMORY_ASSOCIATIVE_H
#define EG_MEMORY_ASSOCIATIVE_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/option.h"
#include "core/patterns.h"
#include "core/status.h"
#include "tensor/kernels.h"

/* What learning may use beside the patterns. */
struct eg_learning {
    const struct eg_kernels *kernels;
    uint64_t seed, network; /* of its random numbers (EG_FOR_LEARNING)                    */
    struct eg_arena *arena; /* the network's                                              */
    /* Out: a sentence that the user should read although nothing failed (patterns linearly
     * dependent, a rule that did not converge); "" when there is none. */
    struct eg_message note;
};

struct eg_spin_ops {
    /* Memory of a recall, once; `kernels` as for learning. EG_ERR_NOMEM. */
    int (*init)(void *recall, const void *network, const struct eg_kernels *kernels,
                struct eg_arena *arena);
    /* Starts from spins (N), -1 or +1, and computes what is tracked. */
    void (*start)(void *recall, const int8_t *spins);
    /* The spins as they are; the recall's, read only. */
    const int8_t *(*spins)(const void *recall);
    double (*field)(void *recall, size_t site);
    /* Turns a site over and updates what is tracked. */
    void (*flip)(void *recall, size_t site);
    /* All fields of the present state at once, h (N). */
    void (*fields)(void *recall, double *h);
    /* The energy as tracked by flips, and computed anew from the spins. */
    double (*energy)(const void *recall);
    double (*energy_anew)(void *recall);
    /* Hint that `site` is the next to be asked for; may be NULL. */
    void (*ahead)(const void *recall, size_t site);
    /* A sweep is over; for networks that remember more than the spins.  Answers whether that has
     * changed: then the recall is not at rest, even if no site moved.  May be NULL. */
    int (*swept)(void *recall);
};

struct eg_flow_ops {
    int (*init)(void *recall, const void *network, struct eg_arena *arena);
    /* Starts from outputs (N).  EG_ERR_RANGE where a network cannot take them. */
    int (*start)(void *recall, const double *outputs, struct eg_message *message);
    const double *(*outputs)(const void *recall);
    /* One step: an update, or the flow over a time of `step_time`.  *change: the largest change of
     * an output.  EG_ERR_DIVERGED when something stops being finite. */
    int (*step)(void *recall, double *change, struct eg_message *message);
    double (*energy)(const void *recall);
    /* Weights on the patterns (P), which sum to 1: attention.  May be NULL. */
    void (*weights)(void *recall, double *p);
};

/* A place of a sweep over loads. */
struct eg_theory_case {
    size_t sites, first, patterns;
    double load, activity;
    double noise; /* fraction of the cue that is wrong                                            */
    int values;   /* 0: spins, 1: normal numbers, 2: points on a sphere (patterns.values)         */
    int one_step; /* what is asked for is one step of all sites from the cue                      */
};

enum { EG_THEORY_LINES = 8 };
struct eg_theory {
    double overlap; /* at rest, near the pattern                                                  */
    double error;   /* fraction of wrong bits: after one step, or at rest                         */
    struct {
        const char *name; /* "mean field", "N / (2 ln N)"                                         */
        double load;
    } line[EG_THEORY_LINES]; /* loads at which something ends                                     */
    size_t lines;
    const char *equation; /* labels in docs/equations.md                                          */
};

struct eg_associative_type {
    const char *name;    /* what memory.type takes: "hopfield"                                    */
    const char *summary; /* one line, for `engram list memories`                                  */
    const char *source;  /* papers and equations                                                  */
    const char *energy;  /* its energy as a formula: "E = -1/2 sum_ij w_ij s_i s_j - ..."         */
    const struct eg_option *options; /* below `memory.`; ends with EG_OPTION_END                  */
    size_t options_size, network_size, recall_size;
    int layers; /* 2: patterns are pairs; otherwise 0 or 1 */

    /* Patterns that `load` stands for at N sites (`first` of them in the first layer), and what
     * load means, in words ("P / N").  The number is rounded and at least 1; EG_ERR_RANGE when it
     * is more than 2^40 or cannot be. */
    int (*count)(const void *options, size_t sites, size_t first, double load, size_t *patterns,
                 struct eg_message *message);
    const char *(*load_words)(const void *options);

    /* Bytes of a network and one recall of it, about; for `--dry-run` and to limit threads. */
    double (*bytes)(const void *options, size_t sites, size_t patterns);

    /* Learns.  The network keeps pointers to `patterns`, `options` and learning->kernels, which
     * live as long.  Fails with EG_ERR_RANGE, EG_ERR_SHAPE (message: which key, what range),
     * EG_ERR_DATA (patterns it cannot store), EG_ERR_NOMEM. */
    int (*learn)(void *network, const void *options, const struct eg_patterns *patterns,
                 struct eg_learning *learning, struct eg_message *message);

    /* Whether the energy never rises when one site at a time follows its field (spins), or along
     * the flow (real states). */
    int (*descends)(const void *options);

    /* Which pattern one step from pattern `from` should lead to; NULL: to itself. */
    size_t (*after)(const struct eg_patterns *patterns, size_t from);

    /* What theory says about this network at a load: fills in what is known (all NAN, no lines on
     * entry).  May be NULL. */
    void (*theory)(const void *options, const struct eg_theory_case *at, struct eg_theory *theory);

    const struct eg_spin_ops *spins;
    const struct eg_flow_ops *flow;
};

extern const struct eg_associative_type eg_associative_hopfield;
extern const struct eg_associative_type eg_associative_dense;
extern const struct eg_associative_type eg_associative_modern;
extern const struct eg_associative_type eg_associative_graded;
extern const struct eg_associative_type eg_associative_bam;
extern const struct eg_associative_type eg_associative_sequence;

/* All, NULL-ended; and the one called `name`, or NULL. */
extern const struct eg_associative_type *const eg_associative_types[];
const struct eg_associative_type *eg_associative_find(const char *name);

#endif
