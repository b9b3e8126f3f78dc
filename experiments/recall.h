/* experiments/recall.h -- many recalls of one network that was learned once.
 *
 * Trials are independent, and what happens in trial k depends on the seed and k alone; so a run
 * that was interrupted lacks some trials, and the others are those of a run that was not. */
#ifndef EG_EXPERIMENTS_RECALL_H
#define EG_EXPERIMENTS_RECALL_H

#include "core/status.h"
#include "experiments/associative.h"
#include "experiments/command.h"
#include "record/run.h"

/* The verb; `rerun` (the configuration `yaml` with `seed` >= 0 into `path`); and `resume`, which
 * takes no settings.  They print their own errors and answer an exit status. */
int eg_verb_recall(const struct eg_command *command);
int eg_recall(const struct eg_command *command, const char *name, const char *yaml,
              const char *path, long seed);
int eg_recall_resume(const struct eg_command *command, const char *path);

/* What is left out of memory and file when it would be larger [byte]. */
#define EG_RECALL_TABLE_MOST 64e6   /* patterns; overlaps of all trials; each trace */
#define EG_RECALL_STATES_MOST 256e6 /* states that are kept, all together           */

enum eg_trace { EG_TRACE_ENERGY, EG_TRACE_OVERLAP, EG_TRACE_MOVED, EG_TRACES };

/* States of one trial, one after the other.  Where there is room for fewer than there are, the
 * last place holds the newest, and `cut` is set. */
struct eg_frames {
    size_t n, room, held; /* there are; there may be; memory is held for      */
    size_t *sweep;        /* (n)                                              */
    void *states;         /* (n, N): int8_t spins, or double                  */
    double *weights;      /* (n, P), or NULL                                  */
    int cut;
};

struct eg_trial {
    int done;
    struct eg_recalled recalled;
    size_t traced, held; /* sweeps, the cue among them; memory is held for   */
    double *trace;       /* (traced, EG_TRACES)                              */
    struct eg_frames frames;
};

/* All trials of a run. */
struct eg_trials {
    const struct eg_associative *a;
    const struct eg_patterns *patterns;
    size_t n, done;
    size_t kept;       /* trials of which the file has the states              */
    size_t framed;     /* trials whose frames are recorded: these, or the first */
    size_t trace_most; /* sweeps a trace may have                              */
    size_t state_size; /* of one site: 1, or sizeof(double)                    */
    int has_weights;
    struct eg_trial *trial; /* (n)                                             */
    double *overlaps;       /* (n, P) of the end states; NULL: too many        */
    char note[512];         /* what is left out; "" for nothing                */
};

/* Room for the trials of a->recall with the network of `w`.  Owner: the caller, who calls
 * eg_trials_free() also after a failure.  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_trials_init(struct eg_trials *t, const struct eg_workplace *w,
                                 struct eg_message *message);
void eg_trials_free(struct eg_trials *t);

/* Does the trials that are not done, on a->threads threads, until all are or a signal came (see
 * eg_interrupted()).  `progress`: say on standard error how many are done. */
EG_MUST_CHECK int eg_trials_run(struct eg_trials *t, const struct eg_workplace *w, int progress,
                                struct eg_message *message);

/* State and weights of one trial as seen after a sweep, into its frames. */
EG_MUST_CHECK int eg_frames_add(struct eg_frames *f, size_t sweep, const void *state,
                                size_t state_bytes, const double *weights, size_t patterns);

/* Sweeps of the longest trace, the cue among them. */
size_t eg_trials_longest(const struct eg_trials *t);

/* Counts of end states, of trials done. */
struct eg_trials_summary {
    size_t done, class[EG_ATTRACTORS];
    double sweeps, sweeps_error, overlap, overlap_error; /* means and standard errors */
};
void eg_trials_summary(const struct eg_trials *t, struct eg_trials_summary *s);

/* One sentence: how sites are visited, and when a recall is over. */
void eg_recall_dynamics(char *buffer, size_t size, const struct eg_associative *a);
/* "hebbian"; "" where the network has no rule. */
void eg_recall_rule(char *buffer, size_t size, const struct eg_associative *a);

/* What a person reads, on standard output (recall_report.c). */
void eg_recall_head(const struct eg_workplace *w, const char *path);
/* Pictures of the first trial, for which `w` computes the stored pattern's energy, then the table.
 * EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_recall_report(const struct eg_trials *t, struct eg_workplace *w);
/* One object a trial, then one of all. */
void eg_recall_json(const struct eg_trials *t, const struct eg_workplace *w);

/* /hopfield of the run file (recall_record.c): written as a whole; and the trials that are done in
 * an interrupted one, but for those whose frames are asked for.  EG_ERR_FORMAT where the file does
 * not fit the trials. */
EG_MUST_CHECK int eg_recall_put(struct eg_run *run, const struct eg_trials *t,
                                struct eg_message *message);
EG_MUST_CHECK int eg_recall_get(struct eg_run *run, struct eg_trials *t,
                                struct eg_message *message);
/* Bytes of it before compression, about, for trials of so many sweeps. */
double eg_recall_bytes(const struct eg_trials *t, size_t sweeps);

#endif
