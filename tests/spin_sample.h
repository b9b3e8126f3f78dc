/* tests/spin_sample.h -- a small network of spins with random patterns, for the tests of each type.
 */
#ifndef EG_TESTS_SPIN_SAMPLE_H
#define EG_TESTS_SPIN_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "memory/associative.h"
#include "tensor/kernels.h"

#include "tests/check.h"
#include "tests/fixture.h"

struct spin_sample {
    const struct eg_associative_type *type;
    const struct eg_spin_ops *ops;
    struct eg_arena *arena;
    void *options, *network, *recall;
    struct eg_patterns patterns;
    struct eg_learning learning;
    struct eg_message message;
    int8_t *spins; /* (N), for the test */
    size_t n, p;
    int learned; /* what learn() answered */
};

/* Patterns of N sites, `first` of them in the first layer; the same for the same seed. */
static inline void draw_sample_patterns(struct eg_patterns *patterns, struct eg_arena *arena,
                                        size_t sites, size_t first, size_t count, uint64_t seed)
{
    *patterns =
        (struct eg_patterns){.sites = sites, .first = first, .count = count, .activity = 0.5};
    assert_int_equal(eg_bits_init(&patterns->bits, arena, sites, count), EG_OK);
    for (size_t i = 0; i < sites; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_TESTS, 3, i);
        for (size_t k = 0; k < count; k++)
            eg_bits_set(&patterns->bits, i, k, (int) (eg_stream_bits(&stream) & 1));
    }
}

static inline void draw_spins(int8_t *spins, size_t n, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 4, 0);
    for (size_t i = 0; i < n; i++)
        spins[i] = eg_stream_bits(&stream) & 1 ? 1 : -1;
}

/* xi_i^mu */
static inline int sample_bit(const struct spin_sample *s, size_t site, size_t pattern)
{
    return eg_bits_get(&s->patterns.bits, site, pattern) ? 1 : -1;
}

static inline void sample_pattern(const struct spin_sample *s, size_t pattern, int8_t *spins)
{
    for (size_t i = 0; i < s->n; i++)
        spins[i] = (int8_t) sample_bit(s, i, pattern);
}

/* Learns s->patterns, which are there, and makes a recall where that went well. */
static inline void learn_sample(struct spin_sample *s, const struct eg_associative_type *type,
                                const char *settings)
{
    s->type = type;
    s->ops = type->spins;
    s->n = s->patterns.sites;
    s->p = s->patterns.count;
    s->options = new_options(type->options, type->options_size, settings);
    s->network = calloc(1, type->network_size);
    s->recall = calloc(1, type->recall_size);
    s->spins = calloc(s->n, 1);
    assert_true(s->network && s->recall && s->spins);
    s->learning = (struct eg_learning){
        .kernels = eg_kernels_best(), .seed = 1, .arena = s->arena, .note = {"not cleared"}};
    s->learned = type->learn(s->network, s->options, &s->patterns, &s->learning, &s->message);
    if (s->learned)
        return;
    assert_string_equal(s->learning.note.text, "");
    assert_int_equal(s->ops->init(s->recall, s->network, s->learning.kernels, s->arena), EG_OK);
}

static inline void open_sample(struct spin_sample *s, const struct eg_associative_type *type,
                               const char *settings, size_t sites, size_t first, size_t count,
                               int cyclic, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    s->arena = new_arena();
    draw_sample_patterns(&s->patterns, s->arena, sites, first, count, seed);
    s->patterns.cyclic = cyclic;
    learn_sample(s, type, settings);
    if (s->learned) {
        print_error("%s\n", s->message.text);
        fail();
    }
    draw_spins(s->spins, sites, seed + 1000);
    s->ops->start(s->recall, s->spins);
}

static inline void close_sample(struct spin_sample *s)
{
    free(s->options);
    free(s->network);
    free(s->recall);
    free(s->spins);
    eg_arena_free(&s->arena);
}

/* Flips sites at random, and the test's spins with them. */
static inline void flip_at_random(struct spin_sample *s, size_t flips, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 5, 0);
    for (size_t k = 0; k < flips; k++) {
        const size_t i = (size_t) eg_stream_between(&stream, 0, (long) s->n - 1);
        s->ops->flip(s->recall, i);
        s->spins[i] = (int8_t) -s->spins[i];
    }
}

/* All that is tracked is what a second recall, started from the same spins, computes; fields()
 * and field() agree.  Fields are equal bit for bit, energies within `rtol`. */
static inline void check_tracking(struct spin_sample *s, double rtol)
{
    void *const fresh = calloc(1, s->type->recall_size);
    double *const h = calloc(s->n, sizeof *h);
    assert_true(fresh && h);
    assert_int_equal(s->ops->init(fresh, s->network, s->learning.kernels, s->arena), EG_OK);
    s->ops->start(fresh, s->spins);
    assert_memory_equal(s->ops->spins(s->recall), s->spins, s->n);
    assert_memory_equal(s->ops->spins(fresh), s->spins, s->n);
    s->ops->fields(s->recall, h);
    for (size_t i = 0; i < s->n; i++) {
        check_close(s->ops->field(s->recall, i), h[i], 0, 0);
        check_close(s->ops->field(fresh, i), h[i], 0, 0);
    }
    check_close(s->ops->energy(s->recall), s->ops->energy(fresh), rtol, 0);
    check_close(s->ops->energy_anew(s->recall), s->ops->energy(s->recall), rtol, 0);
    free(fresh);
    free(h);
}

#endif
