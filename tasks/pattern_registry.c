#include <string.h>

#include "tasks/patterns.h"

const struct eg_pattern_type *const eg_pattern_types[] = {
    &eg_patterns_random,
    &eg_patterns_digits,
    &eg_patterns_file,
    NULL,
};

const struct eg_pattern_type *eg_pattern_find(const char *name)
{
    for (const struct eg_pattern_type *const *type = eg_pattern_types; *type; type++)
        if (!strcmp((*type)->name, name))
            return *type;
    return NULL;
}
