/* tests/associative_sample.h -- small run files of a recall, a capacity sweep and basins, with
 * numbers as they could be: what figures of associative memories show.
 *
 * All numbers come from formulas below and a generator of their own, so a test can say what must
 * stand in a table. */
#ifndef EG_TESTS_ASSOCIATIVE_SAMPLE_H
#define EG_TESTS_ASSOCIATIVE_SAMPLE_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/run.h"

#include "tests/check.h"
#include "tests/figure_sample.h"

enum { CLASSES = 7 };

/* From 0 to 1, the same for the same i. */
static inline double noise(size_t i)
{
    uint64_t x = (uint64_t) i * 0x9E3779B97F4A7C15U + 0x632BE59BD9B4E019U;
    x ^= x >> 31;
    x *= 0xBF58476D1CE4E5B9U;
    x ^= x >> 29;
    return (double) (x >> 11) / 9007199254740992.0;
}

static inline double *numbers(size_t n)
{
    double *x = calloc(n + 1, sizeof *x);
    assert_non_null(x);
    return x;
}

static inline struct eg_run *sample_create(const char *path, const char *kind)
{
    struct eg_run *run;
    struct eg_message message = {.text = ""};
    if (eg_run_create(&run, path, NULL, EG_RUN_FORCE, &message) != EG_OK)
        fail_msg("%s", message.text);
    assert_int_equal(eg_run_put_attr_text(run, "/", "kind", kind, NULL), EG_OK);
    return run;
}

static inline void sample_finish(struct eg_run *run, void (*spoil)(struct eg_run *run))
{
    if (spoil)
        spoil(run);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

static inline void put_words(struct eg_run *run, const char *path, const char *name,
                             const char *text)
{
    assert_int_equal(eg_run_put_attr_text(run, path, name, text, NULL), EG_OK);
}

static inline void put_whole(struct eg_run *run, const char *path, const char *name, size_t value)
{
    assert_int_equal(eg_run_put_attr_int(run, path, name, (int64_t) value, NULL), EG_OK);
}

/* --- recall --- */

struct recall_sample {
    size_t trials, sweeps, kept, patterns; /* sweeps: with the start                   */
    size_t height, width, second;          /* picture of the first layer; second layer */
    int no_picture;                        /* height and width are written as 0        */
    int real;                              /* states and patterns are real numbers     */
    int weights;
};

#define RECALL_SAMPLE        \
    ((struct recall_sample){ \
        .trials = 20, .sweeps = 6, .kept = 2, .patterns = 3, .height = 6, .width = 5})

/* Site i of pattern p: a frame whose thickness and hole depend on p. */
static inline int stored_bit(const struct recall_sample *r, size_t p, size_t i)
{
    if (i >= r->height * r->width)
        return (i >> p) & 1;
    const size_t y = i / r->width, x = i % r->width;
    const size_t edge = y < r->height - 1 - y ? y : r->height - 1 - y,
                 side = x < r->width - 1 - x ? x : r->width - 1 - x;
    return (edge < side ? edge : side) == p % 3 || (p >= 3 && (x + y) % p == 0);
}

/* Sweeps until rest: trial k takes 1 to sweeps - 1, the first all of them. */
static inline size_t rest_after(const struct recall_sample *r, size_t k)
{
    return r->sweeps < 2 ? 0 : k == 0 ? r->sweeps - 1 : 1 + k % (r->sweeps - 1);
}

/* The fraction of wrong sites of trial k in a sweep; every tenth trial stays at 0.4. */
static inline double wrong(const struct recall_sample *r, size_t k, size_t sweep)
{
    const size_t rest = rest_after(r, k);
    if (sweep >= rest)
        return k % 10 == 9 ? 0.4 : 0;
    return 0.3 * (1 - (double) sweep / (double) rest) + 0.1 * noise(k);
}

static inline int is_wrong(const struct recall_sample *r, size_t k, size_t sweep, size_t i)
{
    return noise(1000 * (k + 1) + i) < wrong(r, k, sweep);
}

static inline void put_states(struct eg_run *run, const struct recall_sample *r)
{
    const size_t sites = r->height * r->width + r->second, n = r->kept * r->sweeps * sites;
    const size_t dims[] = {r->kept, r->sweeps, sites}, two[] = {r->patterns, sites};
    double *x = numbers(n), *p = numbers(r->patterns * sites);
    uint8_t *bits = calloc(n + 1, 1), *stored = calloc(r->patterns * sites + 1, 1);
    assert_non_null(bits);
    assert_non_null(stored);
    for (size_t i = 0; i < n; i++) {
        const size_t k = i / sites / r->sweeps, s = i / sites % r->sweeps, site = i % sites;
        const int bit = stored_bit(r, k % r->patterns, site);
        bits[i] = (uint8_t) (bit != is_wrong(r, k, s, site));
        x[i] = (bit ? 1 : -1) * (1 - 2 * wrong(r, k, s) * noise(i));
    }
    for (size_t i = 0; i < r->patterns * sites; i++) {
        stored[i] = (uint8_t) stored_bit(r, i / sites, i % sites);
        p[i] = stored[i] ? 1 : -1;
    }
    if (r->real) {
        put(run, "/hopfield/states", EG_RUN_FLOAT64, 3, dims, x);
        put(run, "/hopfield/pattern_values", EG_RUN_FLOAT64, 2, two, p);
    } else {
        put(run, "/hopfield/states", EG_RUN_UINT8, 3, dims, bits);
        put(run, "/hopfield/patterns", EG_RUN_UINT8, 2, two, stored);
    }
    free(x);
    free(p);
    free(bits);
    free(stored);
}

/* Softmax with the target ahead, the more so the later. */
static inline void put_weights(struct eg_run *run, const struct recall_sample *r)
{
    const size_t dims[] = {r->kept, r->sweeps, r->patterns};
    double *w = numbers(r->kept * r->sweeps * r->patterns);
    for (size_t i = 0; i < r->kept * r->sweeps; i++) {
        const size_t k = i / r->sweeps, s = i % r->sweeps;
        double sum = 0;
        for (size_t p = 0; p < r->patterns; p++)
            sum += w[i * r->patterns + p] =
                exp(noise(7 * k + p) + (p == k % r->patterns ? 2 * (double) s : 0));
        for (size_t p = 0; p < r->patterns; p++)
            w[i * r->patterns + p] /= sum;
    }
    put(run, "/hopfield/weights", EG_RUN_FLOAT64, 3, dims, w);
    free(w);
}

static inline void make_recall(const char *path, const struct recall_sample *r,
                               void (*spoil)(struct eg_run *run))
{
    struct eg_run *run = sample_create(path, "recall");
    const double sites = (double) (r->height * r->width + r->second);
    const size_t n = r->trials * r->sweeps, two[] = {r->trials, r->sweeps};
    double *energy = numbers(n), *overlap = numbers(n);
    int64_t *target = calloc(r->trials + 1, sizeof *target),
            *sweeps = calloc(r->trials + 1, sizeof *sweeps);
    uint8_t *end = calloc(r->trials + 1, 1);
    assert_non_null(target);
    assert_non_null(sweeps);
    assert_non_null(end);
    for (size_t i = 0; i < n; i++) {
        const size_t k = i / r->sweeps, s = i % r->sweeps;
        overlap[i] = s > rest_after(r, k) ? NAN : 1 - 2 * wrong(r, k, s);
        energy[i] = -0.5 * sites * overlap[i] * overlap[i];
    }
    for (size_t k = 0; k < r->trials; k++) {
        target[k] = (int64_t) (k % r->patterns);
        sweeps[k] = (int64_t) rest_after(r, k);
        end[k] = k % 10 == 9 ? 5 : 0;
    }
    put(run, "/hopfield/energy", EG_RUN_FLOAT64, 2, two, energy);
    put(run, "/hopfield/overlap", EG_RUN_FLOAT64, 2, two, overlap);
    put(run, "/hopfield/target", EG_RUN_INT64, 1, &r->trials, target);
    put(run, "/hopfield/sweeps", EG_RUN_INT64, 1, &r->trials, sweeps);
    put(run, "/hopfield/end", EG_RUN_UINT8, 1, &r->trials, end);
    if (r->kept > 0)
        put_states(run, r);
    if (r->weights)
        put_weights(run, r);
    put_words(run, "/hopfield", "network", r->real ? "modern" : r->second ? "bam" : "hopfield");
    put_words(run, "/hopfield", "dynamics", "asynchronous, random order, ties keep");
    put_whole(run, "/hopfield", "height", r->no_picture ? 0 : r->height);
    put_whole(run, "/hopfield", "width", r->no_picture ? 0 : r->width);
    put_whole(run, "/hopfield", "first", r->second ? r->height * r->width : 0);
    assert_int_equal(eg_run_put_attr_real(run, "/hopfield", "near", 0.9, NULL), EG_OK);
    free(energy);
    free(overlap);
    free(target);
    free(sweeps);
    free(end);
    sample_finish(run, spoil);
}

/* --- capacity and basin --- */

struct grid_sample {
    size_t sizes, loads, starts;
    double load_low, load_high; /* evenly between them, or evenly in the logarithm */
    int log;
    int no_theory, no_scaling;
};

#define GRID_SAMPLE \
    ((struct grid_sample){.sizes = 3, .loads = 7, .starts = 6, .load_low = 0.08, .load_high = 0.2})

static inline double sample_load(const struct grid_sample *g, size_t k)
{
    if (g->loads < 2)
        return g->load_low;
    const double at = (double) k / (double) (g->loads - 1);
    return g->log ? g->load_low * pow(g->load_high / g->load_low, at)
                  : g->load_low + (g->load_high - g->load_low) * at;
}

/* 1000, 2000, 4000 ... */
static inline double sample_size(size_t s)
{
    return 1000 * pow(2, (double) s);
}

static inline double sample_half(size_t s)
{
    return 0.138 + 0.3 / sqrt(sample_size(s));
}

/* Retrieved fraction: the normal law that put_scaling() writes as the fit. */
static inline double sample_retrieved(size_t s, double load)
{
    return 0.5 * erfc((load - sample_half(s)) * sqrt(sample_size(s)) / 0.6 / sqrt(2));
}

static inline void put_axes(struct eg_run *run, const char *group, const struct grid_sample *g)
{
    char path[64];
    int64_t *size = calloc(g->sizes + 1, sizeof *size),
            *n = calloc(g->sizes * g->loads + 1, sizeof *n);
    double *load = numbers(g->loads);
    assert_non_null(size);
    assert_non_null(n);
    for (size_t s = 0; s < g->sizes; s++)
        size[s] = (int64_t) sample_size(s);
    for (size_t k = 0; k < g->loads; k++)
        load[k] = sample_load(g, k);
    for (size_t i = 0; i < g->sizes * g->loads; i++)
        n[i] = 40;
    snprintf(path, sizeof path, "%s/size", group);
    put(run, path, EG_RUN_INT64, 1, &g->sizes, size);
    snprintf(path, sizeof path, "%s/load", group);
    put(run, path, EG_RUN_FLOAT64, 1, &g->loads, load);
    snprintf(path, sizeof path, "%s/n", group);
    put(run, path, EG_RUN_INT64, 2, (const size_t[]){g->sizes, g->loads}, n);
    put_words(run, group, "network", "hopfield");
    put_words(run, group, "rule", "hebb");
    put_words(run, group, "load_meaning", "P / N");
    put_words(
        run, group, "criterion",
        "overlap with the stored pattern at rest >= 0.9, started on the pattern, asynchronous, "
        "random order, ties keep, no self-coupling");
    free(size);
    free(n);
    free(load);
}

static inline void put_theory(struct eg_run *run, const struct grid_sample *g)
{
    enum { FINE = 60 };
    const size_t fine = FINE, lines = 5;
    double load[FINE], m[FINE], error[FINE];
    for (size_t i = 0; i < FINE; i++) {
        load[i] = g->load_low * (0.8 + 0.02 * (double) i);
        m[i] = load[i] < 0.138 ? 1 - 0.03 * pow(load[i] / 0.138, 8) : 0;
        error[i] = load[i] < 0.138 ? (1 - m[i]) / 2 : NAN;
    }
    put(run, "/capacity/theory/load", EG_RUN_FLOAT64, 1, &fine, load);
    put(run, "/capacity/theory/overlap", EG_RUN_FLOAT64, 1, &fine, m);
    put(run, "/capacity/theory/error", EG_RUN_FLOAT64, 1, &fine, error);
    const double at[] = {0.13790557, 0.0603, 0.1205, 0.1700, 1};
    put(run, "/capacity/theory/line", EG_RUN_FLOAT64, 1, &lines, at);
    assert_int_equal(eg_run_put_text(run, "/capacity/theory/line_name", "names",
                                     "mean field alpha_c\nN / (2 ln N)\nN / (4 ln N)\n"
                                     "N / sqrt(2 ln N)\nprojection",
                                     NULL),
                     EG_OK);
    assert_int_equal(
        eg_run_put_real(run, "/capacity/theory/critical_load", NULL, "alpha_c", 0.13790557, NULL),
        EG_OK);
}

static inline void put_scaling(struct eg_run *run, const struct grid_sample *g)
{
    double *half = numbers(g->sizes), *error = numbers(g->sizes), *width = numbers(g->sizes);
    for (size_t s = 0; s < g->sizes; s++) {
        half[s] = sample_half(s);
        error[s] = 0.0008;
        width[s] = 0.6 / sqrt(sample_size(s));
    }
    put(run, "/capacity/scaling/half", EG_RUN_FLOAT64, 1, &g->sizes, half);
    put(run, "/capacity/scaling/half_error", EG_RUN_FLOAT64, 1, &g->sizes, error);
    put(run, "/capacity/scaling/width", EG_RUN_FLOAT64, 1, &g->sizes, width);
    if (g->sizes > 1) {
        const size_t pairs = g->sizes - 1;
        for (size_t s = 0; s < pairs; s++) {
            half[s] = 0.1405;
            error[s] = 0.001;
        }
        put(run, "/capacity/scaling/crossing", EG_RUN_FLOAT64, 1, &pairs, half);
        put(run, "/capacity/scaling/crossing_error", EG_RUN_FLOAT64, 1, &pairs, error);
    }
    static const struct {
        const char *path;
        double value;
    } numbers_of[] = {{"/capacity/scaling/critical_load", 0.1383},
                      {"/capacity/scaling/critical_load_error", 0.0012},
                      {"/capacity/scaling/exponent", 0.5},
                      {"/capacity/scaling/slope", 0.3},
                      {"/capacity/scaling/chi2", 1.25},
                      {"/capacity/scaling/degrees", 1}};
    for (size_t k = 0; k < sizeof numbers_of / sizeof *numbers_of; k++)
        assert_int_equal(
            eg_run_put_real(run, numbers_of[k].path, NULL, "fit", numbers_of[k].value, NULL),
            EG_OK);
    free(half);
    free(error);
    free(width);
}

static inline void make_capacity(const char *path, const struct grid_sample *g,
                                 void (*spoil)(struct eg_run *run))
{
    enum { QUANTITIES = 9 };
    static const char *const names[QUANTITIES] = {
        "overlap",    "overlap_error", "overlap_retrieved", "overlap_retrieved_error",
        "retrieved",  "retrieved_low", "retrieved_high",    "error",
        "error_error"};
    struct eg_run *run = sample_create(path, "capacity");
    put_axes(run, "/capacity", g);
    const size_t all = g->sizes * g->loads, two[] = {g->sizes, g->loads},
                 three[] = {g->sizes, g->loads, CLASSES};
    double *x = numbers(all), *census = numbers(all * CLASSES);
    for (int q = 0; q < QUANTITIES; q++) {
        for (size_t i = 0; i < all; i++) {
            const size_t s = i / g->loads;
            const double load = sample_load(g, i % g->loads), p = sample_retrieved(s, load);
            const double good = 1 - 0.03 * fmin(pow(load / 0.138, 8), 1.5);
            const double row[QUANTITIES] = {p * good + (1 - p) * 0.35,
                                            0.002 + 0.04 * sqrt(p * (1 - p)),
                                            p > 0.01 ? good : NAN,
                                            0.002,
                                            p,
                                            fmax(p - 0.06, p * p * p),
                                            fmin(p + 0.06, 1 - pow(1 - p, 3) * 0.97),
                                            (1 - p * good - (1 - p) * 0.35) / 2,
                                            0.001 + 0.02 * sqrt(p * (1 - p))};
            x[i] = row[q];
            const double shares[CLASSES] = {
                p, 0, 0.1 * (1 - p), 0.05 * (1 - p), 0.02 * (1 - p), 0.83 * (1 - p), 0};
            for (size_t k = 0; k < CLASSES; k++)
                census[i * CLASSES + k] = shares[k];
        }
        char name[96];
        snprintf(name, sizeof name, "/capacity/%s", names[q]);
        put(run, name, EG_RUN_FLOAT64, 2, two, x);
    }
    put(run, "/capacity/census", EG_RUN_FLOAT64, 3, three, census);
    put_words(run, "/capacity/census", "class_names",
              "target inverse stored mixture_3 mixture_5 spurious cycle");
    if (!g->no_theory)
        put_theory(run, g);
    if (!g->no_scaling)
        put_scaling(run, g);
    free(x);
    free(census);
    sample_finish(run, spoil);
}

static inline void make_basin(const char *path, const struct grid_sample *g,
                              void (*spoil)(struct eg_run *run))
{
    enum { QUANTITIES = 5 };
    static const char *const names[QUANTITIES] = {"final", "final_error", "retrieved",
                                                  "retrieved_low", "retrieved_high"};
    struct eg_run *run = sample_create(path, "basin");
    put_axes(run, "/basin", g);
    const size_t all = g->sizes * g->loads * g->starts, three[] = {g->sizes, g->loads, g->starts};
    double *x = numbers(all), *start = numbers(g->starts);
    for (size_t k = 0; k < g->starts; k++)
        start[k] = (double) (k + 1) / (double) g->starts;
    put(run, "/basin/start", EG_RUN_FLOAT64, 1, &g->starts, start);
    for (int q = 0; q < QUANTITIES; q++) {
        for (size_t i = 0; i < all; i++) {
            const size_t s = i / g->starts / g->loads;
            const double load = sample_load(g, i / g->starts % g->loads), m = start[i % g->starts];
            const double p = 0.5 * erfc((load / 0.3 + 0.1 - m) * (8 + 2 * (double) s));
            const double row[QUANTITIES] = {
                p * 0.97 + (1 - p) * m * 0.7, 0.005 + 0.05 * sqrt(p * (1 - p)), p,
                fmax(p - 0.06, p * p * p), fmin(p + 0.06, 1 - pow(1 - p, 3) * 0.97)};
            x[i] = row[q];
        }
        char name[64];
        snprintf(name, sizeof name, "/basin/%s", names[q]);
        put(run, name, EG_RUN_FLOAT64, 3, three, x);
    }
    free(x);
    free(start);
    sample_finish(run, spoil);
}

#endif
