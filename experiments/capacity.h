/* experiments/capacity.h -- how much does an associative memory store?
 *
 * A plane of sizes and loads; in each cell independent networks, each asked for some of its
 * patterns.  What comes out depends on (seed, size, number of patterns, network, start) only:
 * neither on threads nor on what else is measured.  Basins are measured
 * on the same plane, with the overlap at the start as a further axis. */
#ifndef EG_EXPERIMENTS_CAPACITY_H
#define EG_EXPERIMENTS_CAPACITY_H

#include <stdint.h>

#include "experiments/associative.h"
#include "experiments/progress.h"
#include "experiments/scaling.h"
#include "record/run.h"

enum { EG_NOT_DONE = 255 };

/* One recall. */
struct eg_sample {
    double overlap, error, sweeps, energy; /* energy: per site                          */
    uint8_t retrieved, end;                /* end: enum eg_attractor, or EG_NOT_DONE    */
};

/* The plane: cells row by row, size first, then load, then start (of basins; else 1). */
struct eg_plane {
    struct eg_associative *a;
    size_t sizes, loads, starts;
    size_t networks, recalls; /* of a cell: networks * recalls in each                  */
    size_t *patterns;         /* (sizes, loads)                                         */
    struct eg_sample *trials; /* (sizes, loads, starts, networks * recalls)             */
    uint8_t *moving;          /* the same: 1 where sweeps_max were over before rest     */
    /* Of the cell that was run last: what learning had to say, of the first network where it had;
     * "" where nothing. */
    struct eg_message note;
    size_t noted; /* its network                                                         */
};

static inline size_t eg_plane_trials(const struct eg_plane *p)
{
    return p->networks * p->recalls;
}
struct eg_sample *eg_plane_cell(const struct eg_plane *p, size_t size, size_t load, size_t start);

/* What a cell comes to; errors over networks.  Wilson's interval is that of as many recalls as are
 * worth independent ones, for recalls of one network hang together. */
struct eg_cell {
    size_t networks, recalls; /* done                                                   */
    double overlap, overlap_error, kept, kept_error; /* kept: overlap where retrieved   */
    double retrieved, low, high;
    double error, error_error, sweeps, sweeps_error, energy, energy_error;
    double census[EG_ATTRACTORS];
    double at_rest; /* fraction of recalls that came to rest                             */
};
void eg_plane_summary(const struct eg_plane *p, size_t size, size_t load, size_t start,
                      struct eg_cell *cell);

/* Checks sizes and loads, counts patterns, makes room; nothing is done yet. */
EG_MUST_CHECK int eg_plane_init(struct eg_plane *p, struct eg_associative *a,
                                struct eg_message *message);
void eg_plane_free(struct eg_plane *p);

/* Does what is not yet done of a cell; networks that it learns for that are asked at all later
 * starts, too.  Ends early when a signal came (EG_OK; see eg_plane_done). */
EG_MUST_CHECK int eg_plane_run(struct eg_plane *p, size_t size, size_t load, size_t start,
                               struct eg_message *message);
int eg_plane_done(const struct eg_plane *p, size_t size, size_t load, size_t start);

/* Whether recalls go on until they are at rest: not for one step, nor at a temperature without a
 * quench. */
int eg_plane_rests(const struct eg_plane *p);

/* Bytes of a network, a recall of it and the room of a workplace, about. */
double eg_plane_bytes(const struct eg_plane *p, size_t size, size_t load);
/* Threads that work at once on networks of that size: as many as asked for, but no more than fit
 * into the memory of the machine. */
int eg_plane_threads(const struct eg_plane *p, size_t size, size_t load);

/* Run files: /capacity or /basin.  put writes all of it; get reads the trials back, to go on. */
EG_MUST_CHECK int eg_plane_put(const struct eg_plane *p, struct eg_run *run,
                               struct eg_message *message);
EG_MUST_CHECK int eg_plane_get(struct eg_plane *p, struct eg_run *run, struct eg_message *message);
/* The criterion as a sentence, for file and caption. */
void eg_plane_criterion(const struct eg_plane *p, char *text, size_t size);
/* The load of a cell as it is: P / N after rounding where that is what load means. */
double eg_plane_load(const struct eg_plane *p, size_t size, size_t load);
/* What theory says of a cell (capacity only), at that load, and on a fine grid of loads, into
 * /capacity/theory. */
struct eg_theory eg_plane_theory(const struct eg_plane *p, size_t size, size_t load);
EG_MUST_CHECK int eg_plane_put_theory(const struct eg_plane *p, struct eg_run *run,
                                      struct eg_message *message);

/* Finite-size scaling of the retrieved fractions, two sizes or more; into /capacity/scaling. */
EG_MUST_CHECK int eg_plane_scaling(const struct eg_plane *p, struct eg_arena *arena,
                                   struct eg_scaling *s, struct eg_message *message);
EG_MUST_CHECK int eg_plane_put_scaling(const struct eg_plane *p, const struct eg_scaling *s,
                                       struct eg_run *run, struct eg_message *message);

/* A whole measurement: `name` or `yaml` as in eg_associative_init(); `path` of the run file.  With
 * `resume` that file is gone on with.  Prints its own errors; answers an exit status. */
int eg_capacity(const struct eg_command *command, enum eg_kind kind, const char *name,
                const char *yaml, const char *path, long seed, int resume);

#endif
