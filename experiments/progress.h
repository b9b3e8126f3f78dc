/* experiments/progress.h -- what a person sees while a run goes on.
 *
 * On a terminal one line that is rewritten; elsewhere a plain line a report; with --json one JSON
 * object a report on standard output.  All but JSON goes to standard error. */
#ifndef EG_EXPERIMENTS_PROGRESS_H
#define EG_EXPERIMENTS_PROGRESS_H

#include <stdint.h>

#include "experiments/command.h"
#include "experiments/recorder.h"

struct eg_progress {
    int quiet, json, terminal;
    uint64_t total;        /* training sequences of the whole run         */
    double started, first; /* clock and sequences when it started     */
    int dirty;             /* the line on the terminal is not finished     */
};

void eg_progress_start(struct eg_progress *p, const struct eg_command *command, uint64_t total,
                       uint64_t done);
void eg_progress_report(struct eg_progress *p, uint64_t sequences, double cost, double loss,
                        double rate, double norm, double seconds);
/* What a head suffers from. */
void eg_progress_head(struct eg_progress *p, const struct eg_head_report *head, uint64_t sequences);
/* A line of its own, never on standard output. */
void eg_progress_say(struct eg_progress *p, const char *format, ...) EG_PRINTF(2, 3);
/* The table of evaluations; to standard output. */
void eg_progress_evaluation(struct eg_progress *p, const struct eg_evaluation *v, int first,
                            uint64_t updates);

/* A text as a JSON string, with its quotes. */
void eg_json_text(const char *text);

/* Monotonic time [s]. */
double eg_clock(void);

#endif
