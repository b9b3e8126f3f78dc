/* tests/plane_sample.h -- small planes of sizes and loads, one for each way of measuring. */
#ifndef EG_TESTS_PLANE_SAMPLE_H
#define EG_TESTS_PLANE_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "experiments/capacity.h"
#include "tests/check.h"

/* The program's stand in main.c; the parser of the command line, which is linked, asks for some. */
const struct eg_verb *const eg_verbs[] = {NULL};

struct measured {
    struct eg_associative a;
    struct eg_plane plane;
};

static inline struct measured *open_plane(enum eg_kind kind, const char *yaml, long seed)
{
    struct measured *m = calloc(1, sizeof *m);
    struct eg_message message = {{0}};
    assert_non_null(m);
    int ret = eg_associative_init(&m->a, kind, "test", yaml, NULL, 0, seed, &message);
    if (!ret)
        ret = eg_plane_init(&m->plane, &m->a, &message);
    if (ret)
        fail_msg("%s", message.text);
    return m;
}

static inline void close_plane(struct measured *m)
{
    eg_plane_free(&m->plane);
    eg_associative_free(&m->a);
    free(m);
}

static inline void run_all(struct eg_plane *p)
{
    struct eg_message message = {{0}};
    for (size_t i = 0; i < p->sizes; i++)
        for (size_t j = 0; j < p->loads; j++)
            for (size_t k = 0; k < p->starts; k++) {
                if (eg_plane_run(p, i, j, k, &message))
                    fail_msg("%s", message.text);
                assert_true(eg_plane_done(p, i, j, k));
            }
}

static inline struct measured *measured(enum eg_kind kind, const char *yaml, int threads)
{
    struct measured *m = open_plane(kind, yaml, 3);
    m->a.threads = threads;
    run_all(&m->plane);
    return m;
}

static inline void same_samples(const struct eg_sample *x, const struct eg_sample *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(&x[i].overlap, &y[i].overlap, sizeof x->overlap);
        assert_memory_equal(&x[i].error, &y[i].error, sizeof x->error);
        assert_memory_equal(&x[i].sweeps, &y[i].sweeps, sizeof x->sweeps);
        assert_memory_equal(&x[i].energy, &y[i].energy, sizeof x->energy);
        assert_int_equal(x[i].retrieved, y[i].retrieved);
        assert_int_equal(x[i].end, y[i].end);
    }
}

static inline size_t trials_of(const struct eg_plane *p)
{
    return p->sizes * p->loads * p->starts * eg_plane_trials(p);
}

/* How many of them differ from the first; a plane of equal numbers would test nothing. */
static inline size_t variety(const struct eg_plane *p)
{
    size_t n = 0;
    for (size_t i = 1; i < trials_of(p); i++)
        n += p->trials[i].energy < p->trials[0].energy || p->trials[i].energy > p->trials[0].energy;
    return n;
}

#define SMALL "capacity: {sizes: [40, 64], loads: \"0.1,0.3\", networks: 7, starts: 2}\n"
#define CUED "cue: {kind: noise, amount: 0.1}\n"

static const struct {
    const char *name, *yaml;
    enum eg_kind kind;
} planes[] = {
    {"hebbian", "memory: {type: hopfield}\n" CUED SMALL, EG_KIND_CAPACITY},
    {"storkey", "memory: {type: hopfield, rule: storkey}\n" SMALL, EG_KIND_CAPACITY},
    {"unlearning", "memory: {type: hopfield, rule: hebbian-matrix, unlearn: 20}\n" SMALL,
     EG_KIND_CAPACITY},
    {"glauber",
     "memory: {type: hopfield}\ndynamics: {update: glauber, temperature: 0.5, sweeps_max: "
     "9}\n" SMALL,
     EG_KIND_CAPACITY},
    {"synchronous, random ties",
     "memory: {type: hopfield}\ndynamics: {update: synchronous, tie: random}\n" CUED SMALL,
     EG_KIND_CAPACITY},
    {"sparse",
     "memory: {type: hopfield, rule: sparse}\npatterns: {type: random, activity: 0.1}\n" SMALL,
     EG_KIND_CAPACITY},
    {"dense",
     "memory: {type: dense, power: 3}\n" CUED
     "capacity: {sizes: [16, 24], loads: \"0.05,0.2\", networks: 7, starts: 2}\n",
     EG_KIND_CAPACITY},
    {"modern",
     "memory: {type: modern}\ndynamics: {sweeps_max: 20}\npatterns: {type: random, values: "
     "normal}\n" CUED "capacity: {sizes: [8, 12], loads: \"0.2,1\", networks: 7, starts: 2}\n",
     EG_KIND_CAPACITY},
    {"bam", "memory: {type: bam}\n" CUED SMALL, EG_KIND_CAPACITY},
    {"one step",
     "memory: {type: hopfield}\n"
     "capacity: {sizes: [40, 64], loads: \"0.1,0.3\", networks: 7, criterion: "
     "one-step}\n",
     EG_KIND_CAPACITY},
    {"basins",
     "memory: {type: hopfield}\n"
     "basin: {sizes: [40, 64], loads: \"0.1,0.3\", starts: \"0.2,0.5,1\", networks: 5}\n",
     EG_KIND_BASIN},
};
enum { PLANES = sizeof planes / sizeof *planes };

#endif
