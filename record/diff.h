/* record/diff.h -- the first differences of two run files.
 *
 * In this order: every key of /config_values that differs; the first row of /train that
 * differs, with its step and column; the first element that differs in each other dataset;
 * the newest valid checkpoints, by content; the root attributes seed, status and
 * status_reason.  Not compared: /provenance, the attribute `created`, columns named `seconds`
 * or ending in `_seconds`, and which slot holds a checkpoint.  Numbers are compared by their
 * bits; a NaN equals any NaN. */
#ifndef EG_RECORD_DIFF_H
#define EG_RECORD_DIFF_H

#include "core/status.h"

#include <stddef.h>

/* Calls `report` with a sentence for each difference and sets *differences to their number.
 * Fails as eg_run_open() when one of the files cannot be read. */
EG_MUST_CHECK int eg_run_diff(const char *a, const char *b,
                              void (*report)(void *context, const char *sentence), void *context,
                              size_t *differences, struct eg_message *message);

#endif
