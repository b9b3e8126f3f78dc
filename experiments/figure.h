/* experiments/figure.h -- the figures of a run file.
 *
 * RUN-learning            cost against the sequences seen, with the threshold and the chance level
 * RUN-generalisation      cost, wrong bits and exact fraction against length and repeats
 * RUN-health              how the heads fared in training: entropy, gate, strength, alignment
 * RUN-PROBE               input, target, output and signed error of one sequence
 * RUN-PROBE-heads         every head's weighting over time, with gate, strength, shift, sharpening
 * RUN-PROBE-prediction    probability of a one, the network's beside the best there can be
 * RUN-PROBE-priority      where a sort writes against priority, and where it reads
 * RUN-PROBE-attention     weight of each statement of a story in each hop, supporting facts marked
 * RUN-PROBE-positions     mean weight in each hop against how far back a statement is
 * RUN-tasks               wrong answers by kind of question, of bAbI beside the published columns
 * RUN-splits              wrong answers of training, validation and test against sequences seen
 *
 * of several trainings, with the name that is given in place of RUN:
 * RUN-compare             learning curves of the presets: median and quartiles over seeds
 * RUN-generalisation      as above, of the presets: median and quartiles over seeds
 *
 * of a comparison of schemes:
 * RUN-schemes             sequences until solved: schemes as rows, tasks as panels, a dot a seed
 * RUN-traces              where the heads of every scheme looked, of the first seed, side by side
 *
 * of a recall:
 * RUN-energy              energy and overlap against sweeps, of all trials
 * RUN-states              states of the kept trials, sweep by sweep, as images
 * RUN-weights             weights on the patterns against sweeps, and their entropy
 *
 * of a capacity sweep, against load:
 * RUN-capacity            overlap with the pattern, theory, and the capacities that are known
 * RUN-retrieved           fraction of recalls that meet the criterion, for each size
 * RUN-scaling             load at which half is retrieved against size, and its limit
 * RUN-census              shares of the kinds of end states
 * RUN-error               fraction of wrong bits
 *
 * of basins:
 * RUN-basin               final overlap and retrieved fraction against initial overlap
 *
 * of engram bench --slots:
 * RUN-cost                time and memory of a step against the number of slots
 *
 * RUN is the run file without its ".h5"; one pair of RUN-PROBE... for each probe.  Beside each
 * figure lies a table of the same name that ends in ".csv", with the numbers that were drawn.
 * Figures are 85 mm wide, one column of a journal, or 174 mm, two; their height is what they need.
 * gnuplot draws them: it is needed at run time, and only here.
 *
 * The files come last, each whole: a figure that fails leaves nothing of itself behind, and
 * those before it stay.  Prints nothing. */
#ifndef EG_EXPERIMENTS_FIGURE_H
#define EG_EXPERIMENTS_FIGURE_H

#include <stddef.h>

#include "core/status.h"

enum eg_plot_format { EG_PLOT_SVG, EG_PLOT_PNG, EG_PLOT_PDF };

/* The names of the formats as a user gives them, NULL-ended; the index is the format. */
extern const char *const eg_plot_formats[];

/* A sum of these says which figures are wanted. */
enum eg_plot_figures {
    EG_PLOT_LEARNING = 1,
    EG_PLOT_COMPARE = 2,
    EG_PLOT_GENERALISATION = 4,
    EG_PLOT_SEQUENCE = 8,
    EG_PLOT_HEADS = 16,
    EG_PLOT_PREDICTION = 32,
    EG_PLOT_PRIORITY = 64,
    EG_PLOT_ENERGY = 128,
    EG_PLOT_STATES = 256,
    EG_PLOT_WEIGHTS = 512,
    EG_PLOT_CAPACITY = 1024,
    EG_PLOT_RETRIEVED = 2048,
    EG_PLOT_SCALING = 4096,
    EG_PLOT_CENSUS = 8192,
    EG_PLOT_ERROR = 16384,
    EG_PLOT_BASIN = 32768,
    EG_PLOT_ATTENTION = 65536,
    EG_PLOT_POSITIONS = 131072,
    EG_PLOT_TASKS = 262144,
    EG_PLOT_SPLITS = 524288,
    EG_PLOT_SCHEMES = 1048576,
    EG_PLOT_TRACES = 2097152,
    EG_PLOT_HEALTH = 4194304,
    EG_PLOT_COST = 8388608,
    EG_PLOT_ALL = 16777215, /* those that the run file has the numbers for */
};

/* The names of the figures, NULL-ended: figure i is 1 << i. */
extern const char *const eg_plot_names[];

struct eg_plot_options {
    const char *run;         /* the run file                                                */
    const char *const *runs; /* several to compare, in place of `run`; NULL: only `run`     */
    size_t n_runs;
    const char *output; /* a directory, or what file names begin with; NULL: as `run`.  Of
                           several run files always the latter                              */
    enum eg_plot_format format;
    unsigned figures; /* a sum of enum eg_plot_figures; 0: all                              */
    int force;        /* overwrite files that exist                                         */

    /* Called with each file after it was written; may be NULL. */
    void (*written)(void *context, const char *path);
    void *context;
};

/* Draws.  Fails with EG_ERR_MISSING (no gnuplot; nothing in the file to draw a figure from),
 * EG_ERR_EXISTS (before anything is drawn), EG_ERR_IO (run file or output, gnuplot),
 * EG_ERR_FORMAT (shapes in the run file contradict each other), EG_ERR_RANGE (`options`; several
 * run files that cannot stand in one figure),
 * EG_ERR_NOMEM; the message says which file. */
EG_MUST_CHECK int eg_plot_run(const struct eg_plot_options *options, struct eg_message *message);

#endif
