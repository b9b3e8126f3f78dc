/* experiments/figure_comparison.h -- a comparison file (docs/run-file.md, /compare), as figures
 * read it.
 *
 * Fails  EG_ERR_MISSING (no comparison), EG_ERR_FORMAT (axes that contradict each other),
 * EG_ERR_IO, EG_ERR_NOMEM. */
#ifndef EG_EXPERIMENTS_FIGURE_COMPARISON_H
#define EG_EXPERIMENTS_FIGURE_COMPARISON_H

#include "experiments/figure_chart.h"

enum { EG_COMPARISON_NAMES = 64 };

struct eg_comparison_file {
    struct eg_run *run;
    size_t schemes, tasks, seeds;
    struct eg_figure_array seed;
    char scheme[EG_COMPARISON_NAMES][64], task[EG_COMPARISON_NAMES][64]; /* safe in a label */
    char *run_files, *folder; /* of the cells, one a line; where they lie: "" or "x/" */
};

EG_MUST_CHECK int eg_comparison_open(struct eg_comparison_file *f, struct eg_run *run,
                                     struct eg_message *message);
void eg_comparison_close(struct eg_comparison_file *f);

/* A quantity (task), (scheme, task) or (scheme, task, seed); it must be there. */
EG_MUST_CHECK int eg_comparison_read(const struct eg_comparison_file *f, const char *name, int rank,
                                     struct eg_figure_array *array, struct eg_message *message);

/* The run file of a cell; "" where it is not named, or its name is too long. */
void eg_comparison_path(const struct eg_comparison_file *f, size_t scheme, size_t task, size_t seed,
                        char *path, size_t size);

#endif
