#include <string.h>

#include "memory/associative.h"

const struct eg_associative_type *const eg_associative_types[] = {
    &eg_associative_hopfield,
    &eg_associative_dense,
    &eg_associative_modern,
    &eg_associative_graded,
    &eg_associative_bam,
    &eg_associative_sequence,
    NULL,
};

const struct eg_associative_type *eg_associative_find(const char *name)
{
    for (const struct eg_associative_type *const *type = eg_associative_types; *type; type++)
        if (!strcmp((*type)->name, name))
            return *type;
    return NULL;
}
