/* tasks/pattern_random.c -- patterns without structure: what theories of capacity assume.
 *
 * Spins: each site of each pattern is +1 with probability `activity`, independent of all others.
 * Real ones: independent normal entries, or such vectors stretched to length sqrt(N): points on a
 * sphere, uniform on it. */
#include <math.h>

#include "tasks/patterns.h"

enum { SPINS, NORMAL, SPHERE };

static const char *const values_names[] = {"spins", "normal", "sphere", NULL};

#define AT(field) offsetof(struct eg_random_options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"sites",      "site",    "sites of a pattern (of its first layer)",                                  AT(sites),      EG_OPT_INT,    1000, 1, 0x1p31, NULL, NULL},
    {"count",      "pattern", "how many patterns",                                                        AT(count),      EG_OPT_INT,    100, 1, 0x1p40, NULL, NULL},
    {"activity",   "1",       "probability that a site is +1",                                            AT(activity),   EG_OPT_REAL,   0.5, 1e-6, 1 - 1e-6, NULL, NULL},
    {"pair_sites", "site",    "sites of the second layer; 0: there is none",                              AT(pair_sites), EG_OPT_INT,    0, 0, 0x1p31, NULL, NULL},
    {"values",     "",        "spins, or real numbers: normal ones, points on a sphere of radius sqrt(N)", AT(values),     EG_OPT_CHOICE, SPINS, 0, 0, values_names, NULL},
    {"cyclic",     "",        "a sequence of patterns: the last is followed by the first",                AT(cyclic),     EG_OPT_BOOL,   0, 0, 0, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static int no_memory(size_t sites, size_t count, double bytes, struct eg_message *message)
{
    return EG_FAIL(EG_ERR_NOMEM, message,
                   "%zu patterns of %zu sites do not fit into memory: they take %.3g MB", count,
                   sites, bytes / 1e6);
}

static int frame(struct eg_patterns *patterns, size_t sites, size_t first, size_t count,
                 double activity, struct eg_arena *arena, struct eg_message *message)
{
    if (sites == 0 || count == 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "%zu patterns of %zu sites; there must be one or more of both", count,
                       sites);
    if (first == 0 || first > sites)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "%zu sites in the first layer; allowed are 1 to %zu, all there are", first,
                       sites);
    if (!(activity > 0 && activity < 1))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "activity is %.9g; it must be more than 0 and less than 1", activity);
    *patterns = (struct eg_patterns){
        .sites = sites,
        .first = first,
        .count = count,
        .activity = activity,
    };
    if (eg_bits_init(&patterns->bits, arena, sites, count))
        return no_memory(sites, count, (double) sites * (double) count / 8, message);
    return EG_OK;
}

int eg_patterns_draw(struct eg_patterns *patterns, size_t sites, size_t first, size_t count,
                     double activity, uint64_t seed, uint64_t network, struct eg_arena *arena,
                     struct eg_message *message)
{
    const int status = frame(patterns, sites, first, count, activity, arena, message);
    if (status)
        return status;
    for (size_t i = 0; i < sites; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_PATTERNS, network, i);
        eg_bits_draw(&patterns->bits, i, activity, &stream);
    }
    return EG_OK;
}

/* A normal vector has no direction that it prefers, so its direction is uniform. */
static void onto_sphere(double *pattern, size_t sites)
{
    double square = 0;
    for (size_t i = 0; i < sites; i++)
        square += pattern[i] * pattern[i];
    const double scale = square > 0 ? sqrt((double) sites / square) : 0;
    for (size_t i = 0; i < sites; i++)
        pattern[i] *= scale;
}

/* Real patterns; their signs are the bits. */
static int draw_real(struct eg_patterns *patterns, size_t sites, size_t first, size_t count,
                     int sphere, uint64_t seed, uint64_t network, struct eg_arena *arena,
                     struct eg_message *message)
{
    const int status = frame(patterns, sites, first, count, 0.5, arena, message);
    if (status)
        return status;
    double *const values = sites > SIZE_MAX / sizeof *values / count
                               ? NULL
                               : eg_arena_take(arena, sites * count * sizeof *values);
    if (!values)
        return no_memory(sites, count, (double) sites * (double) count * sizeof *values, message);
    for (size_t i = 0; i < sites; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_PATTERNS, network, i);
        for (size_t mu = 0; mu < count; mu++) {
            values[mu * sites + i] = eg_stream_normal(&stream);
            eg_bits_set(&patterns->bits, i, mu, values[mu * sites + i] > 0);
        }
    }
    for (size_t mu = 0; mu < count && sphere; mu++)
        onto_sphere(values + mu * sites, sites);
    patterns->values = values;
    return EG_OK;
}

static int make(const void *options, struct eg_patterns *patterns, uint64_t seed, uint64_t network,
                struct eg_arena *arena, struct eg_message *message)
{
    const struct eg_random_options *const o = options;
    const size_t first = (size_t) o->sites, sites = first + (size_t) o->pair_sites;
    int status;
    if (o->values == SPINS)
        status = eg_patterns_draw(patterns, sites, first, (size_t) o->count, o->activity, seed,
                                  network, arena, message);
    else if (o->activity < 0.5 || o->activity > 0.5)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "patterns.activity = %.9g: patterns.values = %s has 0.5 and no other",
                       o->activity, values_names[o->values]);
    else
        status = draw_real(patterns, sites, first, (size_t) o->count, o->values == SPHERE, seed,
                           network, arena, message);
    if (status)
        return status;
    patterns->cyclic = o->cyclic;
    return EG_OK;
}

const struct eg_pattern_type eg_patterns_random = {
    .name = "random",
    .summary = "random patterns: spins, sparse spins, normal vectors, points on a sphere",
    .source = "Amit, Gutfreund & Sompolinsky 1985; Ramsauer et al. 2020 (sphere)",
    .options = option_rows,
    .options_size = sizeof(struct eg_random_options),
    .make = make,
};
