/* experiments/figure_evaluation.h -- the last evaluation of a run, size by size. */
#ifndef EG_EXPERIMENTS_FIGURE_EVALUATION_H
#define EG_EXPERIMENTS_FIGURE_EVALUATION_H

#include <stddef.h>

#include "experiments/figure_data.h"

/* The two measures of a sequence. */
enum eg_measure { EG_BY_LENGTH, EG_BY_REPEATS, EG_MEASURES };

/* What is measured; `low` and `high` are one standard error away. */
enum eg_quantity { EG_COST, EG_WRONG_BITS, EG_EXACT_FRACTION, EG_QUANTITIES };

struct eg_evaluated {
    double size[EG_MEASURES]; /* repeats: 0 where the task has none */
    double n, optimum;        /* optimum: least cost there can be; NAN: not known */
    double y[EG_QUANTITIES], error[EG_QUANTITIES]; /* error of the fraction: NAN */
    double low[EG_QUANTITIES], high[EG_QUANTITIES];
};

struct eg_figure_evaluation {
    struct eg_evaluated *points; /* ordered by length, then by repeats; each size once */
    size_t n;
    double step, threshold, optimum;
    double trained_from[EG_MEASURES], trained_to[EG_MEASURES]; /* NAN: not known */
    char cost_units[64], units[EG_MEASURES][64];               /* "vectors"      */
};

/* EG_ERR_MISSING: nothing was evaluated; EG_ERR_FORMAT, EG_ERR_IO, EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_figure_evaluation(struct eg_figure_evaluation *e, struct eg_run *run,
                                       struct eg_message *message);
void eg_figure_evaluation_free(struct eg_figure_evaluation *e);

/* The sizes by one measure that occur in the points, ascending, the first `room` of them. */
size_t eg_figure_sizes(const struct eg_evaluated *points, size_t n, enum eg_measure measure,
                       double *sizes, size_t room);

#endif
