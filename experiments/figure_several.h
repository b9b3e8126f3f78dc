/* experiments/figure_several.h -- several run files in one figure: sorted by preset, one seed each,
 * summed up by median and quartiles. */
#ifndef EG_EXPERIMENTS_FIGURE_SEVERAL_H
#define EG_EXPERIMENTS_FIGURE_SEVERAL_H

#include <stddef.h>

#include "experiments/figure_chart.h"

/* The presets, in the order in which their first run was given; as many as there are colours. */
struct eg_several {
    struct {
        char name[256];  /* attribute `name` of the root, as it is */
        char plain[128]; /* the same, safe in a label              */
        size_t runs;
    } presets[EG_CHART_COLOURS];
    size_t n;
};

/* Opens one file after the other and calls `each` with the place of its preset; stops when `each`
 * fails.  EG_ERR_RANGE: more presets than colours, or one seed of a preset twice, which would be
 * counted as two; EG_ERR_FORMAT: no training; EG_ERR_IO. */
EG_MUST_CHECK int eg_several_read(struct eg_several *several, const char *const *paths, size_t n,
                                  int (*each)(void *context, struct eg_run *run, size_t preset,
                                              struct eg_message *message),
                                  void *context, struct eg_message *message);

/* Lower quartile, median and upper quartile of x (n), which is sorted.  INFINITY is larger than any
 * number; NAN does not count.  All NAN where nothing is left. */
void eg_several_quartiles(double *x, size_t n, double quartiles[3]);

/* Keys of the presets that have runs, with `runs[preset]` of them (NULL: all that were read).
 * `names` is room for the words. */
enum { EG_SEVERAL_WORDS = 192 };
size_t eg_several_keys(const struct eg_several *several, const size_t *runs,
                       struct eg_key keys[EG_CHART_COLOURS],
                       char names[EG_CHART_COLOURS][EG_SEVERAL_WORDS]);

#endif
