#include <string.h>

#include "controllers/controller.h"

const struct eg_controller_type *const eg_controller_types[] = {
    &eg_controller_none, &eg_controller_feedforward, &eg_controller_rnn,
    &eg_controller_gru,  &eg_controller_lstm,        NULL,
};

const struct eg_controller_type *eg_controller_find(const char *name)
{
    for (const struct eg_controller_type *const *type = eg_controller_types; *type; type++)
        if (!strcmp((*type)->name, name))
            return *type;
    return NULL;
}
