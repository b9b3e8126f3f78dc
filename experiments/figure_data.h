/* experiments/figure_data.h -- what figures read from a run file.
 *
 * All numbers come as double.  Arrays are row-major and belong to the caller, who frees them
 * with eg_figure_array_free().
 *
 * Fails  EG_ERR_FORMAT (another rank, or another length in time, than expected), EG_ERR_IO,
 *        EG_ERR_NOMEM. */
#ifndef EG_EXPERIMENTS_FIGURE_DATA_H
#define EG_EXPERIMENTS_FIGURE_DATA_H

#include <stddef.h>

#include "core/status.h"
#include "record/run.h"

struct eg_figure_array {
    double *x; /* NULL: not in the file */
    int rank;
    size_t dims[EG_RUN_RANK_MAX];
    size_t count;
};

/* A dataset of exactly `rank` axes.  One that is not there is no failure: x is NULL then. */
EG_MUST_CHECK int eg_figure_read(struct eg_run *run, const char *group, const char *name, int rank,
                                 struct eg_figure_array *array, struct eg_message *message);
void eg_figure_array_free(struct eg_figure_array *array);

/* The number at GROUP/NAME, or an attribute of it, or `otherwise`. */
double eg_figure_number(struct eg_run *run, const char *path, double otherwise);
double eg_figure_attribute(struct eg_run *run, const char *path, const char *name,
                           double otherwise);

/* The cost under which the task counts as solved: attribute `threshold` of /train/cost, or
 * train.solved, or 0.01 bit a sequence; 0: nothing does. */
double eg_figure_threshold(struct eg_run *run);

/* The least cost there can be of training sequences: attribute `optimum` of /train/cost, or, where
 * it depends on the sequences, that of the last evaluation of training sizes; NAN: not known. */
double eg_figure_optimum(struct eg_run *run);

/* An attribute's text, cut to what is safe in a label of a figure: letters, digits, blanks and a
 * few signs.  `otherwise` where there is none. */
void eg_figure_words(struct eg_run *run, const char *path, const char *name, const char *otherwise,
                     char *words, size_t size);

/* One probe: its time axis and its phases. */
struct eg_figure_probe {
    const char *group;  /* "/probe/copy-20"; the caller's            */
    const char *run;    /* path of the run file, for messages        */
    size_t steps;       /* T                                         */
    double start;       /* time of the first step                    */
    double *phase;      /* (T); NULL: not in the file                */
    double *mask;       /* (T); NULL: all steps count                */
    char meanings[256]; /* word k, parted by blanks, names phase k   */
};

EG_MUST_CHECK int eg_figure_probe_open(struct eg_run *run, const char *group,
                                       struct eg_figure_probe *probe, struct eg_message *message);
void eg_figure_probe_close(struct eg_figure_probe *probe);

/* As eg_figure_read(), of an array whose first axis must be the time of the probe. */
EG_MUST_CHECK int eg_figure_probe_read(struct eg_run *run, const struct eg_figure_probe *probe,
                                       const char *name, int rank, struct eg_figure_array *array,
                                       struct eg_message *message);

/* The word for the phase of step t, "" where there is none; at most size-1 characters. */
void eg_figure_phase_name(const struct eg_figure_probe *probe, size_t t, char *name, size_t size);

/* The step after the last one of the phase that step t is in. */
size_t eg_figure_phase_end(const struct eg_figure_probe *probe, size_t t);

#endif
