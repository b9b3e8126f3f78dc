/* tests/rule_sample.h -- patterns, what a rule makes of them, and what is asked of it. */
#ifndef EG_TESTS_RULE_SAMPLE_H
#define EG_TESTS_RULE_SAMPLE_H

#include <string.h>

#include <cblas.h>
#include <omp.h>

#include "core/random.h"
#include "memory/rules.h"

#include "tests/check.h"

static struct eg_arena *arena;
static struct eg_message message;
static struct eg_learning learning;

static inline int begin(void **state)
{
    (void) state;
    learning = (struct eg_learning){.seed = 1, .network = 2};
    const int status = eg_arena_init(&arena, 0);
    learning.arena = arena;
    return status;
}

static inline int end(void **state)
{
    (void) state;
    eg_arena_free(&arena);
    return 0;
}

static inline struct eg_patterns empty(size_t n, size_t count)
{
    struct eg_patterns p = {.sites = n, .first = n, .count = count, .activity = 0.5};
    assert_int_equal(eg_bits_init(&p.bits, arena, n, count), EG_OK);
    return p;
}

/* "++- +-+": a word a pattern. */
static inline struct eg_patterns patterns(const char *text)
{
    const size_t n = strcspn(text, " "), count = (strlen(text) + 1) / (n + 1);
    struct eg_patterns p = empty(n, count);
    for (size_t mu = 0; mu < count; mu++)
        for (size_t i = 0; i < n; i++)
            eg_bits_set(&p.bits, i, mu, text[mu * (n + 1) + i] == '+');
    return p;
}

static inline struct eg_patterns drawn(size_t n, size_t count, uint64_t seed)
{
    struct eg_patterns p = empty(n, count);
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 0, 0);
    for (size_t mu = 0; mu < count; mu++)
        for (size_t i = 0; i < n; i++)
            eg_bits_set(&p.bits, i, mu, eg_stream_bits(&stream) & 1);
    return p;
}

static inline int xi(const struct eg_patterns *p, size_t mu, size_t i)
{
    return eg_bits_get(&p->bits, i, mu) ? 1 : -1;
}

static inline int8_t *spins_of(const struct eg_patterns *p, size_t mu)
{
    int8_t *s = eg_arena_zeros(arena, p->sites, 1);
    assert_non_null(s);
    for (size_t i = 0; i < p->sites; i++)
        s[i] = (int8_t) xi(p, mu, i);
    return s;
}

static const struct eg_rule_options plain = {.sweeps_max = 1000, .unlearn_rate = 0.01};
static const struct eg_rule_options with_self = {
    .sweeps_max = 1000, .unlearn_rate = 0.01, .self_coupling = 1};

static inline struct eg_couplings learned(const struct eg_rule *rule, const struct eg_patterns *p,
                                          const struct eg_rule_options *o)
{
    struct eg_couplings c;
    message.text[0] = '\0';
    assert_int_equal(eg_rule_learn(rule, &c, p, o, &learning, &message), EG_OK);
    assert_string_equal(message.text, "");
    return c;
}

static inline void store(const struct eg_rule *rule, struct eg_couplings *c, const int8_t *spins)
{
    assert_int_equal(eg_rule_store(rule, c, spins, &learning, &message), EG_OK);
}

/* sum_j of the coupling times the pattern. */
static inline double field(const struct eg_couplings *c, const struct eg_patterns *p, size_t mu,
                           size_t i)
{
    double h = 0;
    for (size_t j = 0; j < c->sites; j++)
        h += c->w[i * c->sites + j] * xi(p, mu, j);
    return c->unit * h;
}

static inline size_t fixed_points(const struct eg_couplings *c, const struct eg_patterns *p)
{
    size_t fixed = 0;
    for (size_t mu = 0; mu < p->count; mu++) {
        size_t i = 0;
        while (i < c->sites && xi(p, mu, i) * field(c, p, mu, i) > 0)
            i++;
        fixed += i == c->sites;
    }
    return fixed;
}

static inline void check_matrix(const struct eg_couplings *c, const double *want, double tolerance)
{
    for (size_t i = 0; i < c->sites; i++)
        for (size_t j = 0; j < c->sites; j++) {
            check_close(eg_coupling(c, i, j), want[i * c->sites + j], 0, tolerance);
            assert_true(c->columns[j * c->sites + i] == c->w[i * c->sites + j]);
        }
}

static inline int same_bits(const struct eg_couplings *a, const struct eg_couplings *b)
{
    const size_t bytes = a->sites * a->sites * sizeof(double);
    return a->unit == b->unit && memcmp(a->w, b->w, bytes) == 0
           && memcmp(a->columns, b->columns, bytes) == 0;
}

static inline void check_symmetric(const struct eg_couplings *c)
{
    for (size_t i = 0; i < c->sites; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(c->w[i * c->sites + j] == c->w[j * c->sites + i]);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
