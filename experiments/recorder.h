/* experiments/recorder.h -- what a run leaves behind: the run file of docs/run-file.md. */
#ifndef EG_EXPERIMENTS_RECORDER_H
#define EG_EXPERIMENTS_RECORDER_H

#include <stdint.h>

#include "core/status.h"
#include "experiments/experiment.h"
#include "experiments/telemetry.h"
#include "record/run.h"

/* What has happened since the last row of /train, and since the start: part of a checkpoint, so
 * that a run that goes on reports what it would have reported. */
struct eg_progress_sums {
    double loss, norm, clipped, updates; /* since the last row              */
    double seconds;                      /* of training, since the start    */
};

/* Rows of the tables that belong to a checkpoint. */
enum {
    EG_ROWS_TRAIN,
    EG_ROWS_EVALUATE,
    EG_ROWS_SIZES,
    EG_ROWS_HEADS,
    EG_ROWS_ROLLBACKS,
    EG_TABLES
};

struct eg_recorder {
    struct eg_run *run;
    struct eg_run_table *train, *evaluate, *train_sizes;
    struct eg_run_table *heads, *rollbacks; /* NULL: there was nothing to put into it yet */
    int splits;                             /* /evaluate has the columns split and group */
    int words;                              /* /evaluate has the column perplexity      */
};

/* Which items of the data: those trained on, or others.  The values are part of run files. */
enum eg_split { EG_SPLIT_TRAINING, EG_SPLIT_VALIDATION, EG_SPLIT_TEST, EG_SPLITS };

/* One row of /evaluate. */
struct eg_evaluation {
    /* Of data with splits or groups: which; group k (from 1) is the task's group k - 1, 0 is all of
     * them.  `name` is for tables; NULL: the data have neither. */
    enum eg_split split;
    size_t group;
    const char *name;
    enum eg_loss loss;
    size_t length;  /* 0: any size of the training, each as often             */
    size_t repeats; /* 0: the task has none, or `length` is 0                 */
    size_t n;
    double mean, standard_error; /* [bit/sequence]                            */
    double exact, wrong;         /* fraction without a wrong bit (class); wrong ones a sequence */
    double wrong_error;          /* standard error of the latter                        */
    double chance, optimum;      /* of these sequences [bit/sequence]; NAN: not known   */
    double perplexity;           /* 2^(cost of an answer), of a task that asks for the next word;
                                    NAN: of others */
};

/* What all run files begin with. */
struct eg_recorder_head {
    const char *name;  /* of the preset or file                                       */
    const char *kind;  /* "recall", "capacity", "basin"; NULL: training               */
    const char *group; /* what viewers show first                                     */
    long seed;         /* settled                                                     */
    const struct eg_config *config;
    const struct eg_kernels *kernels;
    int threads;
};

/* A new run file with the head, /config, /config_values and /provenance; it appears with the first
 * save.  EG_ERR_EXISTS without --force.  *run is NULL after a failure. */
EG_MUST_CHECK int eg_recorder_begin(struct eg_run **run, const struct eg_recorder_head *head,
                                    const struct eg_command *command, const char *path,
                                    struct eg_message *message);

/* The run file of a training. */
EG_MUST_CHECK int eg_recorder_create(struct eg_recorder *r, const struct eg_experiment *e,
                                     const struct eg_command *command, const char *path,
                                     struct eg_message *message);

/* /config and /config_values, again where a run that goes on has changed some. */
EG_MUST_CHECK int eg_recorder_put_config(struct eg_run *run, const struct eg_config *config,
                                         struct eg_message *message);

/* The configuration text of a run file; *text is the caller's, who calls free(). */
EG_MUST_CHECK int eg_recorder_config(struct eg_run *run, char **text, struct eg_message *message);

/* The data that are there now have the words that the run was trained with, and, where weights of
 * words count on it, a longest sentence of as many words.  EG_ERR_DATA where not. */
EG_MUST_CHECK int eg_recorder_same_data(struct eg_run *run, const struct eg_experiment *e,
                                        struct eg_message *message);

/* Parameters of the newest checkpoint into e->trainer, with or without moments and counters. */
EG_MUST_CHECK int eg_recorder_load(struct eg_run *run, struct eg_experiment *e, uint64_t *updates,
                                   struct eg_progress_sums *sums, int64_t rows[EG_TABLES],
                                   struct eg_message *message);

/* Opens the tables of a run that goes on, and cuts them back to the checkpoint. */
EG_MUST_CHECK int eg_recorder_resume(struct eg_recorder *r, struct eg_run *run,
                                     const int64_t rows[EG_TABLES], struct eg_message *message);

EG_MUST_CHECK int eg_recorder_row(struct eg_recorder *r, const struct eg_experiment *e,
                                  uint64_t updates, double rate,
                                  const struct eg_progress_sums *sums, struct eg_message *message);
EG_MUST_CHECK int eg_recorder_evaluation(struct eg_recorder *r, uint64_t updates,
                                         const struct eg_evaluation *evaluation,
                                         struct eg_message *message);

/* Rows of /heads, one a head (recorder_watch.c); the table is made with the first. */
#define EG_RECORDER_HEADS "/heads"
EG_MUST_CHECK int eg_recorder_open_heads(struct eg_recorder *r, struct eg_message *message);
EG_MUST_CHECK int eg_recorder_heads(struct eg_recorder *r, const struct eg_experiment *e,
                                    uint64_t updates, const struct eg_telemetry *telemetry,
                                    struct eg_message *message);

/* A row of /rollbacks: what e->rollback has was taken back at a report of cost `cost`; the table is
 * made with the first.  To open it is for a run that goes on. */
#define EG_RECORDER_ROLLBACKS "/rollbacks"
EG_MUST_CHECK int eg_recorder_open_rollbacks(struct eg_recorder *r, struct eg_message *message);
EG_MUST_CHECK int eg_recorder_rollback(struct eg_recorder *r, const struct eg_experiment *e,
                                       uint64_t updates, double cost, struct eg_message *message);

/* A checkpoint, `status` and what is waiting, to disk. */
EG_MUST_CHECK int eg_recorder_save(struct eg_recorder *r, const struct eg_experiment *e,
                                   uint64_t updates, const struct eg_progress_sums *sums,
                                   const char *status, const char *reason, unsigned flags,
                                   struct eg_message *message);

/* /parameters from the trainer. */
EG_MUST_CHECK int eg_recorder_parameters(struct eg_recorder *r, const struct eg_experiment *e,
                                         struct eg_message *message);

/* /probe/TASK-LENGTH or TASK-LENGTH-REPEATS: one sequence in full (probe.c). */
EG_MUST_CHECK int eg_recorder_probe(struct eg_recorder *r, const struct eg_experiment *e,
                                    struct eg_extent extent, struct eg_message *message);

/* /divergence: the update, the first tensor that is not finite, the batch (divergence.c).  `tensor`
 * receives the name. */
EG_MUST_CHECK int eg_recorder_divergence(struct eg_recorder *r, struct eg_experiment *e,
                                         uint64_t update, char *tensor, size_t room,
                                         struct eg_message *message);

/* /provenance (provenance.c). */
EG_MUST_CHECK int eg_recorder_provenance(struct eg_run *run, const struct eg_kernels *kernels,
                                         int threads, const struct eg_command *command,
                                         struct eg_message *message);
/* The name of the processor, "unknown" where the system does not say. */
void eg_recorder_cpu(char *buffer, size_t size);
/* Local time, ISO 8601 with offset. */
void eg_recorder_now(char *buffer, size_t size);

#endif
