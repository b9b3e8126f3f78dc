/* experiments/figure_grid.h -- a capacity sweep or its basins, as figures read them: quantities
 * over sizes and loads.
 *
 * Fails  EG_ERR_MISSING (no such group, or nothing in it), EG_ERR_FORMAT (axes whose lengths
 *        contradict each other), EG_ERR_IO, EG_ERR_NOMEM. */
#ifndef EG_EXPERIMENTS_FIGURE_GRID_H
#define EG_EXPERIMENTS_FIGURE_GRID_H

#include "experiments/figure_chart.h"

struct eg_grid {
    struct eg_run *run;
    const char *group; /* "/capacity" or "/basin"; the caller's */
    struct eg_figure_array size, load;
    struct eg_figure_array n; /* networks that count (size, load) or (size, load, start); x may be
                                 NULL */
    size_t sizes, loads;
    char load_label[160]; /* rich: "load P / N" */
};

EG_MUST_CHECK int eg_grid_open(struct eg_grid *grid, struct eg_run *run, const char *group,
                               struct eg_message *message);
void eg_grid_close(struct eg_grid *grid);

/* A quantity (size, load) or, with rank 3, (size, load, anything).  x is NULL where the file does
 * not have it. */
EG_MUST_CHECK int eg_grid_read(const struct eg_grid *grid, const char *name, int rank,
                               struct eg_figure_array *array, struct eg_message *message);

/* Datasets of one axis in GROUP/BELOW that have equal lengths: x and y.  Both NULL unless both are
 * there. */
EG_MUST_CHECK int eg_grid_curve(const struct eg_grid *grid, const char *below, const char *x,
                                const char *y, struct eg_figure_array *at_x,
                                struct eg_figure_array *at_y, struct eg_message *message);

/* Networks that count at size and load number `cell`, and `start`; NAN where it is not known. */
double eg_grid_n(const struct eg_grid *grid, size_t cell, size_t start);

/* The row of a size in a quantity of rank 2; NULL where there is none. */
const double *eg_grid_row(const struct eg_grid *grid, const struct eg_figure_array *array,
                          size_t size);

/* The indices of the largest sizes, at most `most`, in the order of the file; how many. */
size_t eg_grid_largest(const struct eg_grid *grid, size_t most, size_t *at);

/* Plain: "hopfield, hebb. Criterion: ...; n = 40 networks a point; bars: <bars>."  `bars` NULL:
 * there are none. */
void eg_grid_caption(const struct eg_grid *grid, const char *bars, char *plain, size_t size);

/* Keys of the sizes, and after them the rows of `more`: the number of them.  `names` is room for
 * the words. */
enum { EG_GRID_SIZES = 12, EG_GRID_KEYS = EG_GRID_SIZES + 4 };
struct eg_grid_keys {
    struct eg_key keys[EG_GRID_KEYS];
    char names[EG_GRID_SIZES][32];
    size_t n;
};
void eg_grid_size_keys(const struct eg_grid *grid, struct eg_grid_keys *keys);

/* Sizes that are drawn: the first EG_GRID_SIZES. */
size_t eg_grid_drawn(const struct eg_grid *grid);

#endif
