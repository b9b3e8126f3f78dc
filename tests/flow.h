/* tests/flow.h -- a network with real states and one recall of it, for tests. */
#ifndef EG_TESTS_FLOW_H
#define EG_TESTS_FLOW_H

#include "core/bits.h"
#include "memory/associative.h"
#include "tests/fixture.h"

struct flow {
    const struct eg_associative_type *type;
    struct eg_arena *arena;
    void *options, *network, *recall;
    struct eg_learning learning;
};

/* Learns `patterns`, of which a copy is not made; the status of learning and of the recall. */
static inline int flow_try(struct flow *f, const struct eg_associative_type *type,
                           const char *settings, const struct eg_patterns *patterns,
                           struct eg_message *message)
{
    *f = (struct flow){.type = type, .arena = new_arena()};
    f->options = new_options(type->options, type->options_size, settings);
    f->network = calloc(1, type->network_size);
    f->recall = calloc(1, type->recall_size);
    assert_non_null(f->network);
    assert_non_null(f->recall);
    f->learning = (struct eg_learning){.seed = 1, .arena = f->arena, .note = {"x"}};
    const int ret = type->learn(f->network, f->options, patterns, &f->learning, message);
    return ret ? ret : type->flow->init(f->recall, f->network, f->arena);
}

static inline void flow_make(struct flow *f, const struct eg_associative_type *type,
                             const char *settings, const struct eg_patterns *patterns)
{
    struct eg_message message = {""};
    if (flow_try(f, type, settings, patterns, &message) != EG_OK) {
        print_error("%s: %s\n", settings, message.text);
        fail();
    }
    assert_string_equal(f->learning.note.text, "");
}

static inline void flow_free(struct flow *f)
{
    eg_arena_free(&f->arena);
    free(f->options);
    free(f->network);
    free(f->recall);
}

static inline void flow_start(struct flow *f, const double *outputs)
{
    struct eg_message message = {""};
    assert_int_equal(f->type->flow->start(f->recall, outputs, &message), EG_OK);
}

/* The largest change of an output. */
static inline double flow_step(struct flow *f)
{
    struct eg_message message = {""};
    double change = NAN;
    const int ret = f->type->flow->step(f->recall, &change, &message);
    if (ret != EG_OK) {
        print_error("%s: %s\n", eg_status_text(ret), message.text);
        fail();
    }
    return change;
}

static inline double flow_energy(struct flow *f)
{
    return f->type->flow->energy(f->recall);
}

static inline const double *flow_outputs(struct flow *f)
{
    return f->type->flow->outputs(f->recall);
}

/* P patterns of N real numbers in rows. */
static inline struct eg_patterns real_patterns(const double *x, size_t patterns, size_t sites)
{
    return (struct eg_patterns){
        .sites = sites, .first = sites, .count = patterns, .activity = 0.5, .values = x};
}

/* The same of bits, 1 where a number is above 0. */
static inline struct eg_patterns sign_patterns(const double *x, size_t patterns, size_t sites,
                                               struct eg_arena *arena)
{
    struct eg_patterns p = real_patterns(NULL, patterns, sites);
    assert_int_equal(eg_bits_init(&p.bits, arena, sites, patterns), EG_OK);
    for (size_t k = 0; k < patterns; k++)
        for (size_t i = 0; i < sites; i++)
            eg_bits_set(&p.bits, i, k, x[k * sites + i] > 0);
    return p;
}

/* Normal numbers, or -1 and +1 at random, the same for the same `seed`. */
static inline void draw_reals(double *x, size_t n, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 3, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = eg_stream_normal(&stream);
}

static inline void draw_signs(double *x, size_t n, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 4, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = eg_stream_bits(&stream) >> 63 ? 1 : -1;
}

static inline double product(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static inline double distance(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

/* What a setting out of range is answered with. */
static inline void check_refused(const struct eg_associative_type *type, const char *key,
                                 const char *value)
{
    struct eg_config *config;
    struct eg_message message = {""};
    char full[64];
    void *target = calloc(1, type->options_size);
    assert_non_null(target);
    snprintf(full, sizeof full, "memory.%s", key);
    assert_int_equal(eg_config_init(&config), EG_OK);
    assert_int_equal(eg_config_set(config, full, value, "test", &message), EG_OK);
    const int ret = eg_config_bind(config, "memory", type->options, target, &message);
    assert_true(ret == EG_ERR_RANGE || ret == EG_ERR_CONFIG);
    assert_non_null(strstr(message.text, full));
    eg_config_free(&config);
    free(target);
}

/* Out of memory at every allocation in turn, then not. */
static inline void check_memory_ends(const struct eg_associative_type *type,
                                     const struct eg_patterns *patterns)
{
    struct eg_message message = {""};
    size_t pieces = 0;
    for (int ret = EG_ERR_NOMEM; ret != EG_OK; pieces++) {
        struct flow f = {.type = type, .arena = new_arena()};
        f.options = new_options(type->options, type->options_size, "");
        f.network = calloc(1, type->network_size);
        f.recall = calloc(1, type->recall_size);
        f.learning.arena = f.arena;
        eg_arena_fail_after(f.arena, pieces);
        ret = type->learn(f.network, f.options, patterns, &f.learning, &message);
        if (!ret)
            ret = type->flow->init(f.recall, f.network, f.arena);
        assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
        flow_free(&f);
    }
    assert_true(pieces >= 4);
}

#endif
