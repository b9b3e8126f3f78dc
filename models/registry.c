#include <string.h>

#include "models/model.h"

const struct eg_model_type *const eg_model_types[] = {
    &eg_model_recurrent,
    &eg_model_memn2n,
    NULL,
};

const struct eg_model_type *eg_model_find(const char *name)
{
    for (const struct eg_model_type *const *type = eg_model_types; *type; type++)
        if (!strcmp((*type)->name, name))
            return *type;
    return NULL;
}
