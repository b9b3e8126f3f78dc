#include <string.h>

#include "memory/memory.h"

const struct eg_memory_type *const eg_memory_types[] = {
    &eg_memory_none,
    &eg_memory_ntm,
    &eg_memory_lrua,
    &eg_memory_key_value,
    &eg_memory_dnc,
    &eg_memory_sam,
    &eg_memory_modern_hopfield,
    NULL,
};

const struct eg_memory_type *eg_memory_find(const char *name)
{
    for (const struct eg_memory_type *const *type = eg_memory_types; *type; type++)
        if (!strcmp((*type)->name, name))
            return *type;
    return NULL;
}
