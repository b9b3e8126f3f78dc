/* record/check.h -- is this run file whole?
 *
 * Asks: can it be opened; are the root attributes there and sensible; has every dataset
 * `units`, `long_name` and a dimension scale of the right length on every axis; do flags have
 * their meanings; are the columns of /train and of /evaluate equally long, and the axis of
 * /train strictly increasing; is each checkpoint slot intact; are /config, /config_values and
 * /provenance there, and what `status` promises (/parameters when a training is done, a valid
 * checkpoint when it is interrupted). */
#ifndef EG_RECORD_CHECK_H
#define EG_RECORD_CHECK_H

#include "core/status.h"

#include <stddef.h>

/* Calls `report` with a sentence for each problem and sets *problems to their number.  A file
 * that cannot be opened at all is one problem.  Returns EG_OK also when there are problems, and
 * EG_ERR_NOMEM when the check itself failed. */
EG_MUST_CHECK int eg_run_check(const char *path,
                               void (*report)(void *context, const char *sentence), void *context,
                               size_t *problems, struct eg_message *message);

#endif
