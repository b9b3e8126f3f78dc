/* tests/story_sample.h -- a task of stories with settings, and what it read. */
#ifndef EG_TESTS_STORY_SAMPLE_H
#define EG_TESTS_STORY_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "tasks/stories.h"

#include "tests/check.h"
#include "tests/fixture.h"

#define STORIES EG_TEST_DATA "/data/stories"

struct sample {
    const struct eg_task_type *task;
    struct eg_config *config;
    struct eg_arena *arena;
    struct eg_stories stories;
    struct eg_task_shape shape;
    struct eg_message message;
    struct eg_sequence s; /* the last one drawn */
};

/* Settings are assignments without the "task.", the last one NULL. */
static inline int open_stories(struct sample *f, const struct eg_task_type *task,
                               const char *const *settings)
{
    *f = (struct sample){.task = task, .arena = new_arena()};
    assert_int_equal(eg_config_init(&f->config), EG_OK);
    for (; *settings; settings++) {
        char text[1024];
        snprintf(text, sizeof text, "task.%s", *settings);
        assert_int_equal(eg_config_assign(f->config, text, "test", &f->message), EG_OK);
    }
    void *const options = calloc(1, task->options_size);
    assert_non_null(options);
    if (eg_config_bind(f->config, "task", task->options, options, &f->message)
        || eg_config_finish(f->config, &f->message))
        fail_msg("%s", f->message.text);
    assert_int_equal(task->state_size, sizeof f->stories);
    const int status = task->init(&f->stories, options, f->arena, &f->shape, &f->message);
    free(options);
    return status;
}

#define OPEN(f, task, ...) open_stories((f), (task), (const char *const[]){__VA_ARGS__, NULL})

static inline void close_stories(struct sample *f)
{
    eg_config_free(&f->config);
    eg_arena_free(&f->arena);
}

/* Item `number`, into arrays of just the size that it announces. */
static inline const struct eg_sequence *draw_item(struct sample *f, size_t number)
{
    const size_t steps = f->task->steps(&f->stories, (struct eg_extent){number, 0});
    f->s = (struct eg_sequence){.extent = {number, 0},
                                .input = eg_arena_take(f->arena, steps * EG_COLUMNS * sizeof(real)),
                                .target = eg_arena_take(f->arena, steps * sizeof(real)),
                                .mask = eg_arena_take(f->arena, steps * sizeof(real)),
                                .phase = eg_arena_take(f->arena, steps)};
    assert_true(f->s.input && f->s.target && f->s.mask && f->s.phase);
    memset(f->s.input, 0x7f, steps * EG_COLUMNS * sizeof(real));
    f->task->draw(&f->stories, NULL, &f->s);
    assert_int_equal(f->s.steps, steps);
    return &f->s;
}

static inline size_t column(const struct eg_sequence *s, size_t t, enum eg_column c)
{
    return (size_t) s->input[t * EG_COLUMNS + c];
}

/* The words of a sequence: sentences end in '/', and the answer follows. */
static inline const char *words_of(const struct sample *f, const struct eg_sequence *s,
                                   char text[4096])
{
    size_t n = 0;
    for (size_t t = 0; t < s->steps; t++) {
        const size_t symbol = column(s, t, EG_COLUMN_SYMBOL);
        assert_true(symbol < f->shape.symbols);
        n += (size_t) snprintf(text + n, 4096 - n, "%s%s", f->shape.symbol_words[symbol],
                               t + 1 == s->steps
                                       || column(s, t + 1, EG_COLUMN_SENTENCE)
                                              > column(s, t, EG_COLUMN_SENTENCE)
                                   ? "/"
                                   : " ");
    }
    snprintf(text + n, 4096 - n, "%s", f->shape.class_words[(size_t) s->target[s->steps - 1]]);
    return text;
}

static inline void check_says(const struct eg_message *message, const char *want)
{
    if (!strstr(message->text, want))
        fail_msg("\"%s\" does not say \"%s\"", message->text, want);
}

#endif
