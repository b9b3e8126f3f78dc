/* tasks/stories_own.c -- the task `stories`: a file to train on, and one to test with.
 *
 * docs/stories.md describes the files. */
#include <stddef.h>

#include "tasks/stories.h"

struct options {
    const char *train, *test;
    double validation;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"train",      "",  "text file of the stories to train on",                  AT(train),      EG_OPT_TEXT, 0,   0, 0,   NULL, ""},
    {"test",       "",  "text file of the stories to test with; nothing: none",  AT(test),       EG_OPT_TEXT, 0,   0, 0,   NULL, ""},
    {"validation", "1", "part of the training questions that is kept to validate", AT(validation), EG_OPT_REAL, 0.1, 0, 0.9, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    const struct options *const o = values;
    if (!o->train || !*o->train)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "task.train is needed: a text file that holds the stories");
    const struct eg_stories_text files[] = {{.name = o->train}, {.name = o->test, .test = true}};
    const int status = eg_stories_read(state, files, o->test && *o->test ? 2 : 1, arena, message);
    return status ? status : eg_stories_settle(state, o->validation, 0, arena, shape);
}

const struct eg_task_type eg_task_stories = {
    .name = "stories",
    .summary = "questions about stories of one's own, from text files",
    .source = "docs/stories.md",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct eg_stories),
    .init = init,
    .draw_length = eg_stories_draw_length,
    .steps = eg_stories_steps,
    .draw = eg_stories_draw,
    .chance = eg_stories_chance,
    .group = eg_stories_group,
    .story = eg_stories_story,
    .read_text = eg_stories_read_text,
};
