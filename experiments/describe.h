/* experiments/describe.h -- the two halves of `engram describe`. */
#ifndef EG_EXPERIMENTS_DESCRIBE_H
#define EG_EXPERIMENTS_DESCRIBE_H

#include "core/config.h"
#include "experiments/command.h"

/* An associative memory; prints its own errors and answers an exit status. */
int eg_describe_associative(const struct eg_command *command);

/* One JSON object an option; an eg_config_visit. */
int eg_describe_json_option(void *context, const char *key, const struct eg_option *row,
                            const void *value);

#endif
