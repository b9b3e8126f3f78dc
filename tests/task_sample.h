/* tests/task_sample.h -- any task with settings, and sequences of it. */
#ifndef EG_TESTS_TASK_SAMPLE_H
#define EG_TESTS_TASK_SAMPLE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/parts.h"
#include "tasks/task.h"

#include "tests/check.h"
#include "tests/fixture.h"

struct sample {
    const struct eg_task_type *task;
    void *options, *state;
    struct eg_task_shape shape;
    struct eg_message message;
    struct eg_sequence s; /* the last one drawn */
};

static inline int open_sample(struct sample *f, const struct eg_task_type *task,
                              const char *settings)
{
    *f = (struct sample){.task = task};
    f->options = new_options(task->options, task->options_size, settings);
    f->state = calloc(1, task->state_size);
    assert_non_null(f->state);
    return task->init(f->state, f->options, NULL, &f->shape, &f->message);
}

static inline void free_sequence(struct eg_sequence *s)
{
    free(s->input);
    free(s->target);
    free(s->mask);
    free(s->phase);
    *s = (struct eg_sequence){0};
}

static inline void close_sample(struct sample *f)
{
    free_sequence(&f->s);
    free(f->options);
    free(f->state);
}

/* Item `item` of the tests' stream, into arrays of just the size that the task announces, filled
 * with noise before. */
static inline void draw_sample(struct sample *f, size_t length, size_t repeats, uint64_t item)
{
    const struct eg_extent extent = {length, repeats};
    const size_t steps = f->task->steps(f->state, extent);
    const size_t in = steps * f->shape.inputs, out = steps * eg_targets(&f->shape);
    free_sequence(&f->s);
    f->s = (struct eg_sequence){.extent = extent,
                                .input = malloc(in * sizeof(real)),
                                .target = malloc(out * sizeof(real)),
                                .mask = malloc(steps * sizeof(real)),
                                .phase = malloc(steps)};
    assert_true(f->s.input && f->s.target && f->s.mask && f->s.phase);
    memset(f->s.input, 0x7f, in * sizeof(real));
    memset(f->s.target, 0x7f, out * sizeof(real));
    memset(f->s.mask, 0x7f, steps * sizeof(real));
    memset(f->s.phase, 0x7f, steps);
    struct eg_stream stream;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, item);
    f->task->draw(f->state, &stream, &f->s);
    assert_int_equal(f->s.steps, steps);
    for (size_t t = 0; t < steps; t++) {
        assert_true(f->s.mask[t] == 0 || f->s.mask[t] == 1);
        assert_true(f->s.phase[t] < EG_PHASES);
        assert_int_equal(f->s.phase[t] == EG_PHASE_OUTPUT, f->s.mask[t] > 0);
    }
    for (size_t k = 0; k < out; k++)
        assert_true(f->s.target[k] == 0 || f->s.target[k] == 1
                    || (f->shape.loss == EG_LOSS_CLASSES && f->s.target[k] > 0
                        && f->s.target[k] < (real) f->shape.outputs));
    for (size_t k = 0; k < in; k++)
        assert_true(isfinite((double) f->s.input[k]));
}

static inline double input_at(const struct sample *f, size_t t, size_t c)
{
    return (double) f->s.input[t * f->shape.inputs + c];
}

static inline double target_at(const struct sample *f, size_t t, size_t c)
{
    return (double) f->s.target[t * eg_targets(&f->shape) + c];
}

/* Whether the first `bits` inputs of step t are those of step u. */
static inline int same_input(const struct sample *f, size_t t, size_t u, size_t bits)
{
    return !memcmp(f->s.input + t * f->shape.inputs, f->s.input + u * f->shape.inputs,
                   bits * sizeof(real));
}

/* Whether the first `bits` targets of step t are the inputs of step u. */
static inline int target_is_input(const struct sample *f, size_t t, size_t u, size_t bits)
{
    return !memcmp(f->s.target + t * f->shape.outputs, f->s.input + u * f->shape.inputs,
                   bits * sizeof(real));
}

/* The chance level of a size against `n` sequences of it: how often each target is one is counted,
 * and the answer that says so at each step, whatever the input, has its cost. */
static inline void check_chance(struct sample *f, size_t length, size_t repeats, size_t n,
                                double rtol)
{
    const struct eg_extent extent = {length, repeats};
    const size_t size = f->task->steps(f->state, extent) * f->shape.outputs;
    double *ones = calloc(size, sizeof *ones), *asked = calloc(size, sizeof *asked), cost = 0;
    assert_true(ones && asked);
    for (uint64_t i = 0; i < n; i++) {
        draw_sample(f, length, repeats, 1000 + i);
        for (size_t k = 0; k < size; k++) {
            const double mask = (double) f->s.mask[k / f->shape.outputs];
            ones[k] += mask * (double) f->s.target[k];
            asked[k] += mask;
        }
    }
    for (size_t k = 0; k < size; k++)
        if (asked[k] > 0)
            cost += eg_bit_entropy(ones[k] / asked[k]) * asked[k] / (double) n;
    check_close(f->task->chance(f->state, extent), cost, rtol, 1e-12);
    free(ones);
    free(asked);
}

/* Equal streams give equal sequences, others give others. */
static inline void check_streams(struct sample *f, size_t length, size_t repeats)
{
    draw_sample(f, length, repeats, 5);
    struct eg_sequence first = f->s;
    f->s = (struct eg_sequence){0};
    draw_sample(f, length, repeats, 5);
    const size_t in = first.steps * f->shape.inputs * sizeof(real);
    const size_t out = first.steps * eg_targets(&f->shape) * sizeof(real);
    assert_memory_equal(f->s.input, first.input, in);
    assert_memory_equal(f->s.target, first.target, out);
    assert_memory_equal(f->s.mask, first.mask, first.steps * sizeof(real));
    assert_memory_equal(f->s.phase, first.phase, first.steps);
    int differs = 0;
    for (uint64_t i = 6; i < 16; i++) {
        draw_sample(f, length, repeats, i);
        differs += memcmp(f->s.input, first.input, in) != 0;
    }
    assert_true(differs >= 8);
    free_sequence(&first);
}

#endif
