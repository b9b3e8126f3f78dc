/* tests/fixture.h -- what tests of plug-ins and models have in common. */
#ifndef EG_TESTS_FIXTURE_H
#define EG_TESTS_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/config.h"
#include "core/random.h"
#include "core/real.h"

#include "tests/check.h"

/* Presets of `rows`, then the assignments in `settings` ("slots=5 width=3"), into a new
 * structure of `size` bytes, which the caller frees.  No texts: they would die here. */
static inline void *new_options(const struct eg_option *rows, size_t size, const char *settings)
{
    struct eg_message m = {""};
    struct eg_config *config;
    void *target = calloc(1, size ? size : 1);
    char *words = malloc(strlen(settings) + 1);
    assert_non_null(target);
    assert_non_null(words);
    strcpy(words, settings);
    assert_int_equal(eg_config_init(&config), EG_OK);
    for (char *word = words, *end; *word; word = end) {
        end = word + strcspn(word, " ");
        if (*end)
            *end++ = '\0';
        char assignment[128] = "";
        if (*word) {
            snprintf(assignment, sizeof assignment, "of.%s", word);
            assert_int_equal(eg_config_assign(config, assignment, "test", &m), EG_OK);
        }
    }
    int ret = eg_config_bind(config, "of", rows, target, &m);
    if (!ret)
        ret = eg_config_finish(config, &m);
    if (ret) {
        print_error("%s: %s\n", settings, m.text);
        fail();
    }
    eg_config_free(&config);
    free(words);
    return target;
}

/* Numbers in [lo, hi), the same for the same `seed`. */
static inline void draw_uniform(real *x, size_t n, double lo, double hi, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 1, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (real) (lo + (hi - lo) * eg_stream_uniform(&stream));
}

static inline void draw_normal(real *x, size_t n, double scale, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 2, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (real) (scale * eg_stream_normal(&stream));
}

static inline struct eg_arena *new_arena(void)
{
    struct eg_arena *arena;
    assert_int_equal(eg_arena_init(&arena, 0), EG_OK);
    return arena;
}

#endif
