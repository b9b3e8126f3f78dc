/* experiments/compare.h -- schemes x tasks x seeds, on equal terms.
 *
 * A comparison is a YAML file, one of those built in, or made of a preset and overrides:
 *
 *     preset: ntm-ff/copy             of the tasks that name none
 *     seeds: 1..5
 *     match: parameters               or none, which is the default
 *     base:                           what all share
 *       train: {batch: 16, learning_rate: 0.002}
 *     tasks:
 *       copy:
 *         preset: ntm-ff/copy
 *         train: {sequences: 20000}
 *     schemes:                        the first is what the others are compared with
 *       content and location: []
 *       content only: [memory.shift_range=0]
 *       no memory: {memory: {type: none}}
 *
 * base, a task and a scheme are each a mapping of options or a list of KEY=VALUE.  Of options that
 * are set more than once the last wins, in the order preset, base, task, -s, scheme, match.  What
 * base, task or -s say of the memory a scheme replaces with another type counts where the other
 * has the option too.
 *
 * A cell is a scheme, a task and a seed: a run of its own, in a process of its own
 * (experiments/seeds.h), from the file FOLDER/TASK/SCHEME.yaml, in FOLDER/TASK/SCHEME-SEED.h5. What
 * is known of a cell is read from its run file, so the comparison can be stopped at any moment. */
#ifndef EG_EXPERIMENTS_COMPARE_H
#define EG_EXPERIMENTS_COMPARE_H

#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "experiments/command.h"
#include "experiments/seeds.h"

enum {
    EG_COMPARE_SCHEMES_MAX = 64,
    EG_COMPARE_TASKS_MAX = 32,
    EG_COMPARE_SEEDS_MAX = 1000,
    EG_COMPARE_CELLS_MAX = 10000
};

/* The comparisons built into the program, NULL-ended: name and YAML text. */
extern const struct eg_preset eg_comparisons[];

enum eg_compare_match { EG_MATCH_NONE, EG_MATCH_PARAMETERS };
extern const char *const eg_compare_matches[];

/* One assignment of a comparison. */
struct eg_compare_option {
    const char *key, *value, *origin; /* origin: "FILE:LINE:COLUMN", "-s" */
};

/* A scheme, a task, or what all share. */
struct eg_compare_part {
    const char *label;  /* as written                                  */
    const char *file;   /* the label as a name of a file               */
    const char *origin; /* where the label stands                      */
    const char *preset; /* of a task, or of all; NULL: none            */
    struct eg_compare_option *options;
    size_t n;
};

struct eg_comparison {
    struct eg_arena *arena;
    const char *name; /* of the comparison or file; for messages     */
    struct eg_compare_part base;
    struct eg_compare_part *schemes, *tasks;
    size_t n_schemes, n_tasks;
    long seed_first, seed_last;
    enum eg_compare_match match;
};

/* A comparison from YAML text; `name` stands for it in messages.  To be freed also after a failure.
 * EG_ERR_CONFIG: not YAML, a key that is not known, no schemes or tasks, a label that stands twice
 * or gives the name of a file that another gives too; with file, line and column. */
EG_MUST_CHECK int eg_compare_read(struct eg_comparison *c, const char *name, const char *text,
                                  struct eg_message *message);

/* The comparison that a command names: built in, a file of schemes, or a preset or configuration,
 * which is then the only task, and unchanged the first scheme.  Further targets,
 * "[LABEL: ]KEY=VALUE[ KEY=VALUE ...]", are further schemes; --seeds goes before the file's. */
EG_MUST_CHECK int eg_compare_open(struct eg_comparison *c, const struct eg_command *command,
                                  struct eg_message *message);
void eg_compare_free(struct eg_comparison *c);

/* All of it as YAML that eg_compare_read() takes.  Owner: the caller; NULL: out of memory. */
char *eg_compare_yaml(const struct eg_comparison *c);

static inline size_t eg_compare_seeds(const struct eg_comparison *c)
{
    return (size_t) (c->seed_last - c->seed_first + 1);
}

/* --- what is to be done (compare_plan.c) --- */

/* A scheme on a task, whatever the seed. */
struct eg_compare_pair {
    int possible;
    struct eg_message why; /* it is not, or its parameters cannot be matched; else "" */
    int matched;           /* controller.size is that of the search                   */
    size_t parameters;
    long size;                     /* controller.size; 0: the controller has none */
    char *config;                  /* path of its YAML file                       */
    double threshold;              /* train.solved [bit/sequence]                 */
    uint64_t budget;               /* train.sequences, in whole updates           */
    size_t length_max;             /* of training                                 */
    size_t longer, longer_repeats; /* the largest size evaluated beyond training; 0: none is */
};

enum eg_compare_state {
    EG_CELL_NEW,
    EG_CELL_BEGUN,
    EG_CELL_DONE,
    EG_CELL_DIVERGED,
    EG_CELL_FAILED,
    EG_CELL_IMPOSSIBLE,
    EG_CELL_STATES
};
extern const char *const eg_compare_states[];

/* What a cell came to.  NAN where it is not known (yet). */
struct eg_compare_result {
    enum eg_compare_state state;
    double solved_at; /* training sequences; INFINITY: ended, and not solved                   */
    double cost;      /* at the end, on sizes of training [bit/sequence]; diverged: INFINITY    */
    double longer, longer_exact, longer_wrong; /* at the size beyond training: cost, fraction
                                                  without a wrong bit, wrong bits */
    double seconds;                            /* of training                                  */
};

struct eg_compare_plan {
    const struct eg_comparison *comparison;
    const struct eg_command *command;
    char *output, *folder;             /* the comparison file; the run files */
    struct eg_compare_pair *pairs;     /* (scheme, task)                     */
    struct eg_seed_run *runs;          /* (seed, task, scheme): in the order in which they run */
    char **names;                      /* the same: "copy, content only, seed 3"               */
    struct eg_compare_result *results; /* (scheme, task, seed)                                 */
    size_t cells;
    size_t remade; /* files that were not whole, and are made anew */
};

/* Reads what every pair would be, matches parameters, and looks at the run files that are there.
 * Nothing is written.  Fails with EG_ERR_CONFIG, EG_ERR_RANGE (an option of the comparison),
 * EG_ERR_EXISTS (a run file of another configuration, the first key that differs named; not with
 * --force), EG_ERR_IO, EG_ERR_NOMEM.  To be freed in any case. */
EG_MUST_CHECK int eg_compare_plan(struct eg_compare_plan *p, const struct eg_comparison *c,
                                  const struct eg_command *command, struct eg_message *message);
void eg_compare_plan_free(struct eg_compare_plan *p);

/* The experiment of a pair, `size` > 0 as its controller.size; seed < 0: none.  To be freed also
 * after a failure.  *understood: the configuration is right, and the failure one of the network or
 * the task. */
EG_MUST_CHECK int eg_compare_experiment(struct eg_experiment *e, const struct eg_compare_plan *p,
                                        size_t scheme, size_t task, long size, long seed,
                                        int *understood, struct eg_message *message);

static inline size_t eg_compare_at(const struct eg_comparison *c, size_t scheme, size_t task,
                                   size_t seed)
{
    return (scheme * c->n_tasks + task) * eg_compare_seeds(c) + seed;
}
static inline size_t eg_compare_run(const struct eg_comparison *c, size_t scheme, size_t task,
                                    size_t seed)
{
    return (seed * c->n_tasks + task) * c->n_schemes + scheme;
}
static inline struct eg_compare_pair *eg_compare_pair(const struct eg_compare_plan *p,
                                                      size_t scheme, size_t task)
{
    return &p->pairs[scheme * p->comparison->n_tasks + task];
}

/* Folders and the YAML file of every pair. */
EG_MUST_CHECK int eg_compare_prepare(const struct eg_compare_plan *p, struct eg_message *message);

/* The result of cell `run` (an index of `runs`), from what its run file said. */
void eg_compare_settle(struct eg_compare_plan *p, size_t run);

/* The size (at least 1) whose number of parameters is nearest to `target`, the smaller of two that
 * are as near; the number must not fall as the size grows.  `count` answers a status; sizes at and
 * above one where it fails are not taken.  Fails where `count` fails for size 1. */
typedef int eg_compare_count(void *context, long size, size_t *parameters);
EG_MUST_CHECK int eg_compare_nearest(eg_compare_count *count, void *context, size_t target,
                                     long *size, size_t *parameters);

/* --- what it came to (compare_summary.c) --- */

struct eg_compare_quartiles {
    double low, median, high;
};

/* Differences to the first scheme, of cells of equal seeds that both have ended: x - x_first. */
struct eg_compare_difference {
    size_t n, better, equal, worse; /* less is better                                */
    double median, low, high;       /* with its 95 % interval, by resampling the pairs */
};

struct eg_compare_summary {
    size_t n, diverged, failed, solved; /* of the n that have ended                      */
    double fraction, low, high;         /* solved, and its 95 % interval (Wilson)        */
    struct eg_compare_quartiles solved_at, cost, longer, seconds; /* what is not solved counts as
                                                                     INFINITY           */
    double longer_exact;                                          /* median              */
    struct eg_compare_difference solved_at_difference, cost_difference, longer_difference;
};

/* `results` is (scheme, task, seed). */
void eg_compare_summarise(const struct eg_compare_result *results, size_t tasks, size_t seeds,
                          size_t scheme, size_t task, struct eg_compare_summary *summary);

/* --- how it is said and kept --- */

/* The table as text; and as one JSON object for each scheme and task on standard output
 * (compare_report.c). */
EG_MUST_CHECK int eg_compare_print(FILE *to, const struct eg_compare_plan *p,
                                   struct eg_message *message);
EG_MUST_CHECK int eg_compare_print_json(const struct eg_compare_plan *p,
                                        struct eg_message *message);

/* The comparison file (compare_record.c); `status` as of a run. */
EG_MUST_CHECK int eg_compare_record(const struct eg_compare_plan *p, const char *status,
                                    struct eg_message *message);

#endif
