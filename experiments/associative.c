#include "experiments/associative.h"

#include <omp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *const eg_kind_names[] = {"recall", "capacity", "basin", NULL};

static const char *const criteria[] = {"overlap", "exact", "one-step", NULL};

#define RECALL(field) offsetof(struct eg_recall_options, field)
#define CAPACITY(field) offsetof(struct eg_capacity_options, field)
#define BASIN(field) offsetof(struct eg_basin_options, field)
/* clang-format off */
static const struct eg_option recall_rows[] = {
    {"trials", "1", "recalls, each of a cue of its own",                                  RECALL(trials), EG_OPT_INT,  100, 1, 1e9, NULL, NULL},
    {"near",   "1", "overlap from which a state counts as being at a pattern",            RECALL(near),   EG_OPT_REAL, 0.9, 0, 1, NULL, NULL},
    {"keep",   "1", "the first so many recalls are kept with their states, sweep by sweep", RECALL(keep), EG_OPT_INT,  1, 0, 10000, NULL, NULL},
    EG_OPTION_END,
};
static const struct eg_option capacity_rows[] = {
    {"sizes",     "1", "numbers of sites N (of one layer)",                               CAPACITY(sizes),     EG_OPT_LIST,   0, 1, 2097152, NULL, "1000"},
    {"loads",     "1", "loads; what a load is depends on the network: engram describe",   CAPACITY(loads),     EG_OPT_REALS,  0, 1e-9, 1e6, NULL, "0.05:0.2:0.01"},
    {"networks",  "1", "independent networks for each size and load",                     CAPACITY(networks),  EG_OPT_INT,    40, 1, 1e8, NULL, NULL},
    {"starts",    "1", "recalls in each network, of patterns spread over all",                  CAPACITY(starts),    EG_OPT_INT,    1, 1, 1e6, NULL, NULL},
    {"criterion", "",  "retrieved: overlap at least near at rest; no wrong bit at rest; no wrong bit after one step", CAPACITY(criterion), EG_OPT_CHOICE, EG_CRITERION_OVERLAP, 0, 0, criteria, NULL},
    {"near",      "1", "overlap from which a state counts as being at a pattern",         CAPACITY(near),      EG_OPT_REAL,   0.9, 0, 1, NULL, NULL},
    EG_OPTION_END,
};
static const struct eg_option basin_rows[] = {
    {"sizes",    "1", "numbers of sites N (of one layer)",                                BASIN(sizes),    EG_OPT_LIST,  0, 1, 2097152, NULL, "1000"},
    {"loads",    "1", "loads; what a load is depends on the network: engram describe",    BASIN(loads),    EG_OPT_REALS, 0, 1e-9, 1e6, NULL, "0.02,0.05,0.1,0.13"},
    {"starts",   "1", "overlaps with the pattern to start from",                          BASIN(starts),   EG_OPT_REALS, 0, 0, 1, NULL, "0.05:1:0.05"},
    {"networks", "1", "independent networks for each size, load and start",               BASIN(networks), EG_OPT_INT,   40, 1, 1e8, NULL, NULL},
    {"near",     "1", "overlap from which a state counts as being at a pattern",          BASIN(near),     EG_OPT_REAL,  0.9, 0, 1, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */
EG_TYPE_ROWS(memory_type, "hopfield", "the network: see engram list memories");
EG_TYPE_ROWS(patterns_type, "random", "what is stored: see engram list patterns");

static int find_types(struct eg_associative *a, struct eg_message *message)
{
    const char *name, *names[64];
    size_t n = 0;
    void *bound;
    int ret = eg_setup_type(a->arena, a->config, "patterns", patterns_type, &name, message);
    if (ret)
        return ret;
    if (!(a->source = eg_pattern_find(name))) {
        for (; eg_pattern_types[n] && n < 64; n++)
            names[n] = eg_pattern_types[n]->name;
        return eg_setup_unknown("source of patterns", name, names, n, message);
    }
    if ((ret = eg_setup_group(a->arena, a->config, "patterns", a->source->options,
                              a->source->options_size, &bound, message)))
        return ret;
    a->patterns = bound;
    if ((ret = eg_setup_type(a->arena, a->config, "memory", memory_type, &name, message)))
        return ret;
    if (!(a->type = eg_associative_find(name))) {
        if (eg_memory_find(name))
            return EG_FAIL(EG_ERR_CONFIG, message,
                           "%s is a memory that is trained (engram train), and stores no patterns "
                           "of its own",
                           name);
        for (n = 0; eg_associative_types[n] && n < 64; n++)
            names[n] = eg_associative_types[n]->name;
        return eg_setup_unknown("associative memory", name, names, n, message);
    }
    ret = eg_setup_group(a->arena, a->config, "memory", a->type->options, a->type->options_size,
                         &bound, message);
    a->memory = bound;
    return ret;
}

static int check(const struct eg_associative *a, struct eg_message *message)
{
    if (a->kind != EG_KIND_RECALL && a->source != &eg_patterns_random)
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "engram %s draws patterns of many sizes: patterns.type must be random, not "
                       "%s",
                       eg_kind_names[a->kind], a->source->name);
    if (a->kind == EG_KIND_CAPACITY && a->capacity.criterion == EG_CRITERION_ONE_STEP
        && a->dynamics.temperature > 0)
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "capacity.criterion = one-step asks for fields, not for a temperature: "
                       "dynamics.temperature must be 0");
    if (a->type->flow && a->dynamics.update != EG_UPDATE_ASYNCHRONOUS)
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "memory.type = %s has real states and a dynamics of its own: "
                       "dynamics.update is for networks of spins",
                       a->type->name);
    return eg_dynamics_check(&a->dynamics, message);
}

int eg_associative_init(struct eg_associative *a, enum eg_kind kind, const char *name,
                        const char *yaml, const struct eg_setting *settings, size_t n_settings,
                        long seed, struct eg_message *message)
{
    memset(a, 0, sizeof *a);
    a->name = name;
    a->kind = kind;
    int ret;
    if ((ret = eg_arena_init(&a->arena, 0)) || (ret = eg_config_init(&a->config)))
        return EG_FAIL(ret, message, "out of memory");
    if ((ret = eg_setup_read(a->config, name, yaml, settings, n_settings, seed, message))
        || (ret = eg_setup_run(a->config, &a->run, &a->kernels, message))
        || (ret = find_types(a, message))
        || (ret = eg_config_bind(a->config, "cue", eg_cue_rows, &a->cue, message))
        || (ret = eg_config_bind(a->config, "dynamics", eg_dynamics_rows, &a->dynamics, message))
        || (ret = eg_config_bind(a->config, "recall", recall_rows, &a->recall, message))
        || (ret = eg_config_bind(a->config, "capacity", capacity_rows, &a->capacity, message))
        || (ret = eg_config_bind(a->config, "basin", basin_rows, &a->basin, message))
        || (ret = eg_config_finish(a->config, message)))
        return ret;
    a->threads = omp_get_num_procs();
    return check(a, message);
}

void eg_associative_free(struct eg_associative *a)
{
    eg_config_free(&a->config);
    eg_arena_free(&a->arena);
    memset(a, 0, sizeof *a);
}

/* --- workplaces --- */

int eg_workplace_init(struct eg_workplace *w, const struct eg_associative *a)
{
    memset(w, 0, sizeof *w);
    w->a = a;
    return eg_arena_init(&w->arena, 0);
}

void eg_workplace_free(struct eg_workplace *w)
{
    eg_arena_free(&w->arena);
    memset(w, 0, sizeof *w);
}

static void rewind_all(struct eg_workplace *w)
{
    eg_arena_rewind(w->arena, (struct eg_arena_mark){0, 0});
}

static int no_memory(const struct eg_workplace *w, struct eg_message *message)
{
    return EG_FAIL(EG_ERR_NOMEM, message, "not enough memory for %zu sites and %zu patterns",
                   w->patterns.sites, w->patterns.count);
}

/* A recall of the network, and room to work in. */
static int make_recall(struct eg_workplace *w, struct eg_message *message)
{
    const struct eg_associative_type *type = w->a->type;
    const struct eg_patterns *p = &w->patterns;
    w->recall = eg_arena_zeros(w->arena, 1, type->recall_size);
    w->spins = eg_arena_zeros(w->arena, p->sites, 1);
    w->room = eg_arena_zeros(w->arena, p->sites, 1);
    w->count = eg_arena_zeros(w->arena, 64 * p->bits.words, sizeof *w->count);
    w->overlaps = eg_arena_zeros(w->arena, p->count, sizeof *w->overlaps);
    w->fields = eg_arena_zeros(w->arena, p->sites, sizeof *w->fields);
    if (!w->recall || !w->spins || !w->room || !w->count || !w->overlaps || !w->fields)
        return no_memory(w, message);
    int ret = type->spins ? type->spins->init(w->recall, w->network, w->a->kernels, w->arena)
                          : type->flow->init(w->recall, w->network, w->arena);
    if (!ret)
        ret = eg_dynamics_init(&w->dynamics, type, &w->a->dynamics, p->sites,
                               p->first < p->sites ? p->first : 0, w->arena);
    return ret == EG_ERR_NOMEM ? no_memory(w, message)
           : ret               ? EG_FAIL(ret, message, "the recall cannot be made")
                               : EG_OK;
}

static int learn(struct eg_workplace *w, uint64_t network, struct eg_message *message)
{
    const struct eg_associative *a = w->a;
    struct eg_learning learning = {.kernels = a->kernels,
                                   .seed = (uint64_t) a->run.seed,
                                   .network = network,
                                   .arena = w->arena};
    w->network = eg_arena_zeros(w->arena, 1, a->type->network_size);
    if (!w->network)
        return no_memory(w, message);
    const int ret = a->type->learn(w->network, a->memory, &w->patterns, &learning, message);
    w->note = learning.note;
    return ret ? ret : make_recall(w, message);
}

int eg_workplace_learn(struct eg_workplace *w, uint64_t network, struct eg_message *message)
{
    const struct eg_associative *a = w->a;
    rewind_all(w);
    memset(&w->patterns, 0, sizeof w->patterns);
    const int ret = a->source->make(a->patterns, &w->patterns, (uint64_t) a->run.seed, network,
                                    w->arena, message);
    return ret ? ret : learn(w, network, message);
}

int eg_workplace_draw(struct eg_workplace *w, size_t sites, size_t patterns, uint64_t network,
                      struct eg_message *message)
{
    const struct eg_associative *a = w->a;
    struct eg_random_options options = *(const struct eg_random_options *) a->patterns;
    options.sites = (long) sites;
    options.count = (long) patterns;
    options.pair_sites = a->type->layers > 1 ? (long) sites : 0;
    rewind_all(w);
    memset(&w->patterns, 0, sizeof w->patterns);
    const int ret = eg_patterns_random.make(&options, &w->patterns, (uint64_t) a->run.seed, network,
                                            w->arena, message);
    return ret ? ret : learn(w, network, message);
}

int eg_workplace_share(struct eg_workplace *w, const struct eg_workplace *from,
                       struct eg_message *message)
{
    rewind_all(w);
    w->patterns = from->patterns;
    w->network = from->network;
    w->note = from->note;
    return make_recall(w, message);
}

static void start_spins(struct eg_workplace *w, const struct eg_cue_options *cue, size_t target,
                        struct eg_stream *stream)
{
    eg_pattern_spins(&w->patterns, target, w->spins);
    eg_cue_spins(cue, &w->patterns, stream, w->spins);
    w->a->type->spins->start(w->recall, w->spins);
}

static int start_real(struct eg_workplace *w, const struct eg_cue_options *cue, size_t target,
                      struct eg_stream *stream, struct eg_message *message)
{
    eg_pattern_values(&w->patterns, target, w->fields);
    eg_cue_outputs(cue, &w->patterns, stream, w->fields);
    return w->a->type->flow->start(w->recall, w->fields, message);
}

double eg_workplace_overlap(const struct eg_workplace *w, size_t pattern)
{
    const struct eg_associative_type *type = w->a->type;
    return type->spins ? eg_overlap(&w->patterns, type->spins->spins(w->recall), pattern)
                       : eg_overlap_real(&w->patterns, type->flow->outputs(w->recall), pattern);
}

/* Overlaps with all patterns, and the class.  A state at its target needs no others. */
static enum eg_attractor classify(struct eg_workplace *w, const struct eg_recalled *r, double near)
{
    const struct eg_associative_type *type = w->a->type;
    const struct eg_patterns *p = &w->patterns;
    const int8_t *spins = type->spins ? type->spins->spins(w->recall) : NULL;
    if (r->overlap >= near && r->settled.rest != EG_REST_CYCLE && !w->want_overlaps)
        return EG_ATTRACTOR_TARGET;
    if (spins)
        eg_overlaps(p, w->a->kernels, spins, w->count, w->overlaps);
    else
        for (size_t k = 0; k < p->count; k++)
            w->overlaps[k] = eg_overlap_real(p, type->flow->outputs(w->recall), k);
    return eg_attractor_class(p, w->overlaps, spins, r->target, r->settled.rest, near, w->room);
}

/* Fraction of sites whose sign is not the pattern's. */
static double wrong(const struct eg_workplace *w, size_t target)
{
    const struct eg_associative_type *type = w->a->type;
    const struct eg_patterns *p = &w->patterns;
    size_t n = 0;
    for (size_t i = 0; i < p->sites; i++) {
        const int want =
            p->values ? p->values[target * p->sites + i] > 0 : eg_bits_get(&p->bits, i, target);
        const int got = type->spins ? type->spins->spins(w->recall)[i] > 0
                                    : type->flow->outputs(w->recall)[i] > 0;
        n += want != got;
    }
    return (double) n / (double) p->sites;
}

int eg_workplace_start(struct eg_workplace *w, const struct eg_cue_options *cue, size_t target,
                       uint64_t network, uint64_t trial, struct eg_message *message)
{
    struct eg_stream stream;
    eg_stream_open(&stream, (uint64_t) w->a->run.seed, EG_FOR_CUES, network, trial);
    if (w->a->type->flow)
        return start_real(w, cue, target, &stream, message);
    start_spins(w, cue, target, &stream);
    return EG_OK;
}

int eg_workplace_recall(struct eg_workplace *w, const struct eg_cue_options *cue, size_t target,
                        uint64_t network, uint64_t trial, double near, const struct eg_watch *watch,
                        struct eg_recalled *recalled, struct eg_message *message)
{
    struct eg_stream stream;
    memset(recalled, 0, sizeof *recalled);
    recalled->target = target;
    int ret = eg_workplace_start(w, cue, target, network, trial, message);
    if (ret)
        return ret;
    recalled->overlap_start = eg_workplace_overlap(w, target);
    eg_stream_open(&stream, (uint64_t) w->a->run.seed, EG_FOR_DYNAMICS, network, trial);
    ret = eg_dynamics_run(&w->dynamics, w->recall, &stream, watch, &recalled->settled, message);
    if (ret)
        return ret;
    recalled->overlap = eg_workplace_overlap(w, target);
    recalled->error = wrong(w, target);
    recalled->end = classify(w, recalled, near);
    return EG_OK;
}

int eg_workplace_one_step(struct eg_workplace *w, const struct eg_cue_options *cue, size_t target,
                          uint64_t network, uint64_t trial, struct eg_recalled *recalled,
                          struct eg_message *message)
{
    const struct eg_associative_type *type = w->a->type;
    const struct eg_patterns *p = &w->patterns;
    struct eg_stream stream;
    memset(recalled, 0, sizeof *recalled);
    recalled->target = target;
    int ret = eg_workplace_start(w, cue, target, network, trial, message);
    if (ret)
        return ret;
    eg_stream_open(&stream, (uint64_t) w->a->run.seed, EG_FOR_DYNAMICS, network, trial);
    const size_t want = type->after ? type->after(p, target) : target;
    recalled->overlap_start = eg_workplace_overlap(w, target);
    recalled->settled.sweeps = 1;
    if (type->flow) {
        double change;
        if ((ret = type->flow->step(w->recall, &change, message)))
            return ret;
        recalled->settled.energy = type->flow->energy(w->recall);
        recalled->error = wrong(w, want);
        recalled->overlap = eg_workplace_overlap(w, want);
    } else {
        const int8_t *spins = type->spins->spins(w->recall);
        const int tie = w->a->dynamics.tie;
        size_t n = 0;
        recalled->settled.energy = type->spins->energy(w->recall);
        type->spins->fields(w->recall, w->fields);
        for (size_t i = 0; i < p->sites; i++) {
            const double h = w->fields[i];
            int got = h > 0;
            if (!(h > 0) && !(h < 0))
                got = tie == EG_TIE_KEEP   ? spins[i] > 0
                      : tie == EG_TIE_PLUS ? 1
                                           : (int) (eg_stream_bits(&stream) >> 63);
            w->spins[i] = got ? 1 : -1;
            n += got != eg_bits_get(&p->bits, i, want);
        }
        recalled->error = (double) n / (double) p->sites;
        recalled->overlap = eg_overlap(p, w->spins, want);
    }
    recalled->end = recalled->error > 0 ? EG_ATTRACTOR_SPURIOUS : EG_ATTRACTOR_TARGET;
    return EG_OK;
}
