#include <string.h>

#include "tasks/task.h"

const struct eg_task_type *const eg_task_types[] = {
    &eg_task_copy,         &eg_task_repeat_copy,    &eg_task_associative_recall,
    &eg_task_ngram,        &eg_task_priority_sort,  &eg_task_reverse,
    &eg_task_copy_delayed, &eg_task_selective_copy, &eg_task_recall_multi,
    &eg_task_parity,       &eg_task_addition,       &eg_task_dyck,
    &eg_task_file,         &eg_task_babi,           &eg_task_babi_like,
    &eg_task_stories,      &eg_task_text,           NULL,
};

const struct eg_task_type *eg_task_find(const char *name)
{
    for (const struct eg_task_type *const *type = eg_task_types; *type; type++)
        if (!strcmp((*type)->name, name))
            return *type;
    return NULL;
}
