/* experiments/plane.c -- cells of sizes and loads, and the networks in them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/capacity.h"
#include "experiments/statistics.h"
#include "experiments/train.h"

static const struct eg_list *sizes_of(const struct eg_associative *a)
{
    return a->kind == EG_KIND_BASIN ? &a->basin.sizes : &a->capacity.sizes;
}

static const struct eg_reals *loads_of(const struct eg_associative *a)
{
    return a->kind == EG_KIND_BASIN ? &a->basin.loads : &a->capacity.loads;
}

static size_t all_sites(const struct eg_associative *a, size_t size)
{
    const size_t n = (size_t) sizes_of(a)->at[size];
    return a->type->layers > 1 ? 2 * n : n;
}

struct eg_sample *eg_plane_cell(const struct eg_plane *p, size_t size, size_t load, size_t start)
{
    return p->trials + ((size * p->loads + load) * p->starts + start) * eg_plane_trials(p);
}

static int check_order(const struct eg_associative *a, struct eg_message *message)
{
    const struct eg_list *sizes = sizes_of(a);
    const struct eg_reals *loads = loads_of(a);
    const char *kind = eg_kind_names[a->kind];
    for (size_t i = 1; i < sizes->n; i++)
        if (sizes->at[i] <= sizes->at[i - 1])
            return EG_FAIL(EG_ERR_RANGE, message, "%s.sizes must increase: %ld follows %ld", kind,
                           sizes->at[i], sizes->at[i - 1]);
    for (size_t i = 1; i < loads->n; i++)
        if (loads->at[i] <= loads->at[i - 1])
            return EG_FAIL(EG_ERR_RANGE, message, "%s.loads must increase: %g follows %g", kind,
                           loads->at[i], loads->at[i - 1]);
    for (size_t i = 1; a->kind == EG_KIND_BASIN && i < a->basin.starts.n; i++)
        if (a->basin.starts.at[i] <= a->basin.starts.at[i - 1])
            return EG_FAIL(EG_ERR_RANGE, message, "basin.starts must increase: %g follows %g",
                           a->basin.starts.at[i], a->basin.starts.at[i - 1]);
    return EG_OK;
}

static double machine_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (double) pages * (double) page : 1e12;
}

/* What cannot be is said before anything is drawn. */
static int check_memory(const struct eg_plane *p, struct eg_message *message)
{
    const struct eg_associative *a = p->a;
    for (size_t i = 0; i < p->sizes; i++)
        for (size_t j = 0; j < p->loads; j++) {
            const double bytes = eg_plane_bytes(p, i, j), machine = machine_memory();
            if (bytes > machine)
                return EG_FAIL(EG_ERR_RANGE, message,
                               "%s.sizes = %ld at load %g, %zu patterns: a network takes %.3g GB, "
                               "the machine has %.3g GB",
                               eg_kind_names[a->kind], sizes_of(a)->at[i], loads_of(a)->at[j],
                               p->patterns[i * p->loads + j], bytes * 1e-9, machine * 1e-9);
        }
    return EG_OK;
}

int eg_plane_init(struct eg_plane *p, struct eg_associative *a, struct eg_message *message)
{
    const int basin = a->kind == EG_KIND_BASIN;
    *p = (struct eg_plane){.a = a,
                           .sizes = sizes_of(a)->n,
                           .loads = loads_of(a)->n,
                           .starts = basin ? a->basin.starts.n : 1,
                           .networks = (size_t) (basin ? a->basin.networks : a->capacity.networks),
                           .recalls = basin ? 1 : (size_t) a->capacity.starts};
    /* Which patterns are asked for is chosen here. */
    struct eg_cue_options cue = a->cue;
    cue.target = -1;
    int ret = check_order(a, message);
    if (!ret && !basin)
        ret = eg_cue_check(&cue, &(struct eg_patterns){0}, a->type->flow != NULL, message);
    if (ret)
        return ret;
    const size_t cells = p->sizes * p->loads * p->starts;
    const double trials = (double) cells * (double) p->networks * (double) p->recalls;
    if (trials > 1e8)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "%g recalls are too many for one file (at most 1e8): %s.networks = %zu%s "
                       "for each of %zu cells",
                       trials, eg_kind_names[a->kind], p->networks,
                       basin ? "" : ", each with capacity.starts recalls,", cells);
    p->patterns = calloc(p->sizes * p->loads, sizeof *p->patterns);
    p->trials = calloc(cells * eg_plane_trials(p), sizeof *p->trials);
    p->moving = calloc(cells * eg_plane_trials(p), sizeof *p->moving);
    if (!p->patterns || !p->trials || !p->moving)
        return EG_FAIL(EG_ERR_NOMEM, message, "not enough memory for %g recalls", trials);
    for (size_t i = 0; i < cells * eg_plane_trials(p); i++)
        p->trials[i].end = EG_NOT_DONE;
    struct eg_message why = {{0}};
    for (size_t i = 0; i < p->sizes && !ret; i++)
        for (size_t j = 0; j < p->loads && !ret; j++)
            ret = a->type->count(a->memory, all_sites(a, i), (size_t) sizes_of(a)->at[i],
                                 loads_of(a)->at[j], &p->patterns[i * p->loads + j], &why);
    if (!ret)
        return check_memory(p, message);
    return EG_FAIL(ret, message, "%s.loads (%s): %s", eg_kind_names[a->kind],
                   a->type->load_words(a->memory), why.text);
}

void eg_plane_free(struct eg_plane *p)
{
    free(p->patterns);
    free(p->trials);
    free(p->moving);
    memset(p, 0, sizeof *p);
}

int eg_plane_rests(const struct eg_plane *p)
{
    const struct eg_dynamics_options *o = &p->a->dynamics;
    const int thermal = o->update == EG_UPDATE_GLAUBER || o->update == EG_UPDATE_METROPOLIS;
    return (p->a->kind == EG_KIND_BASIN || p->a->capacity.criterion != EG_CRITERION_ONE_STEP)
           && (!thermal || o->quench);
}

double eg_plane_bytes(const struct eg_plane *p, size_t size, size_t load)
{
    const struct eg_associative *a = p->a;
    const size_t sites = all_sites(a, size), count = p->patterns[size * p->loads + load];
    /* Overlaps and counts; spins, fields and an order. */
    const double room = (sizeof(double) + sizeof(int32_t)) * (double) count
                        + (2 * sizeof(double) + sizeof(uint32_t) + 4) * (double) sites;
    return a->type->bytes(a->memory, sites, count) + room;
}

int eg_plane_threads(const struct eg_plane *p, size_t size, size_t load)
{
    const struct eg_associative *a = p->a;
    const double bytes = eg_plane_bytes(p, size, load);
    const double fit = floor(0.8 * machine_memory() / (bytes > 1 ? bytes : 1));
    return fit < 1 ? 1 : fit < a->threads ? (int) fit : a->threads;
}

static int all_done(const struct eg_sample *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (t[i].end == EG_NOT_DONE)
            return 0;
    return 1;
}

int eg_plane_done(const struct eg_plane *p, size_t size, size_t load, size_t start)
{
    return all_done(eg_plane_cell(p, size, load, start), eg_plane_trials(p));
}

/* Names networks of different sizes and numbers of patterns apart: a bijection of 64 bits (the
 * finaliser of SplitMix64) of both. */
static uint64_t network_key(size_t sites, size_t patterns, size_t network)
{
    uint64_t z = ((uint64_t) sites << 40) ^ (uint64_t) patterns;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) + network;
}

/* The r-th of n patterns asked for, spread over the order in which they were stored. */
static size_t choose(const struct eg_associative *a, size_t patterns, uint64_t key, size_t r,
                     size_t n)
{
    struct eg_stream stream;
    eg_stream_open(&stream, (uint64_t) a->run.seed, EG_FOR_CUES, key, UINT64_MAX);
    const double place = ((double) r + eg_stream_uniform(&stream)) / (double) n;
    const size_t target = (size_t) (place * (double) patterns);
    return target < patterns ? target : patterns - 1;
}

static struct eg_cue_options cue_of(const struct eg_associative *a, size_t start)
{
    struct eg_cue_options cue = a->cue;
    cue.target = -1; /* patterns are chosen here */
    if (a->kind == EG_KIND_BASIN) {
        cue.kind = EG_CUE_FLIP;
        cue.amount = (1 - a->basin.starts.at[start]) / 2;
    }
    return cue;
}

/* A sweep of a large network takes seconds; a signal ends the recall, which is not counted. */
enum { STOP = 1 };
static int see(void *context, const struct eg_sweep *sweep, const void *recall)
{
    (void) context;
    (void) sweep;
    (void) recall;
    return eg_interrupted() ? STOP : EG_OK;
}

/* What is not yet done of a network at one start. */
static int one_start(const struct eg_plane *p, struct eg_workplace *w, struct eg_sample *t,
                     size_t start, uint64_t key, struct eg_message *message)
{
    const struct eg_associative *a = p->a;
    const size_t count = w->patterns.count;
    const int basin = a->kind == EG_KIND_BASIN;
    const double near = basin ? a->basin.near : a->capacity.near;
    const int criterion = basin ? EG_CRITERION_OVERLAP : a->capacity.criterion;
    const struct eg_cue_options cue = cue_of(a, start);
    const struct eg_watch watch = {see, NULL};
    int ret = eg_cue_check(&cue, &w->patterns, a->type->flow != NULL, message);
    for (size_t r = 0; r < p->recalls && !ret; r++) {
        const size_t target = choose(a, count, key, r, p->recalls);
        /* By the value of the start, so that it does not matter which others there are. */
        const double at = basin ? a->basin.starts.at[start] : 0;
        const uint64_t trial = r + ((uint64_t) llround(at * 0x1p30) << 32);
        struct eg_recalled x;
        ret = criterion == EG_CRITERION_ONE_STEP
                  ? eg_workplace_one_step(w, &cue, target, key, trial, &x, message)
                  : eg_workplace_recall(w, &cue, target, key, trial, near, &watch, &x, message);
        if (ret)
            return ret;
        t[r] = (struct eg_sample){.overlap = x.overlap,
                                  .error = x.error,
                                  .sweeps = (double) x.settled.sweeps,
                                  .energy = x.settled.energy / (double) w->patterns.sites,
                                  .retrieved = criterion == EG_CRITERION_OVERLAP
                                                   ? x.end == EG_ATTRACTOR_TARGET
                                                   : !(x.error > 0),
                                  .end = (uint8_t) x.end};
        p->moving[t + r - p->trials] = eg_plane_rests(p) && x.settled.rest == EG_REST_UNKNOWN;
    }
    return ret;
}

/* From `start` on, all starts: the network is the same, and learned once. */
static int one_network(const struct eg_plane *p, struct eg_workplace *w, size_t size, size_t load,
                       size_t start, size_t network, struct eg_message *message)
{
    const size_t count = p->patterns[size * p->loads + load];
    const size_t n = (size_t) sizes_of(p->a)->at[size];
    const uint64_t key = network_key(n, count, network);
    int ret = eg_workplace_draw(w, n, count, key, message);
    for (size_t k = start; k < p->starts && !ret && !eg_interrupted(); k++) {
        struct eg_sample *t = eg_plane_cell(p, size, load, k) + network * p->recalls;
        if (!all_done(t, p->recalls))
            ret = one_start(p, w, t, k, key, message);
    }
    return ret;
}

int eg_plane_run(struct eg_plane *p, size_t size, size_t load, size_t start,
                 struct eg_message *message)
{
    int ret = EG_OK, stop = 0;
    const int threads = eg_plane_threads(p, size, load);
    p->note.text[0] = '\0';
#pragma omp parallel num_threads(threads)
    {
        struct eg_workplace w;
        struct eg_message own = {{0}};
        int mine = eg_workplace_init(&w, p->a);
#pragma omp for schedule(dynamic)
        for (size_t network = 0; network < p->networks; network++) {
            const struct eg_sample *t = eg_plane_cell(p, size, load, start) + network * p->recalls;
            int stopped;
#pragma omp atomic read
            stopped = stop;
            if (mine || stopped || eg_interrupted() || all_done(t, p->recalls))
                continue;
            mine = one_network(p, &w, size, load, start, network, &own);
            if (mine == STOP)
                mine = EG_OK;
            if (mine) {
#pragma omp atomic write
                stop = 1;
            }
            if (!w.note.text[0])
                continue;
#pragma omp critical(eg_plane_note)
            if (!p->note.text[0] || network < p->noted) {
                p->note = w.note;
                p->noted = network;
            }
        }
        if (mine) {
#pragma omp critical(eg_plane_failure)
            if (!ret) {
                ret = mine;
                if (message)
                    *message = own;
            }
        }
        eg_workplace_free(&w);
    }
    return ret;
}

/* Mean over the recalls of each network, then mean and error over networks. */
static void over_networks(const struct eg_plane *p, const struct eg_sample *t, size_t at,
                          double *mean, double *error, int only_retrieved, double *room)
{
    for (size_t k = 0; k < p->networks; k++) {
        double sum = 0;
        size_t n = 0;
        for (size_t r = 0; r < p->recalls; r++) {
            const struct eg_sample *x = &t[k * p->recalls + r];
            if (x->end == EG_NOT_DONE || (only_retrieved && !x->retrieved))
                continue;
            double value;
            memcpy(&value, (const char *) x + at, sizeof value);
            sum += value;
            n++;
        }
        room[k] = n ? sum / (double) n : NAN;
    }
    eg_mean_error(room, p->networks, mean, error);
}

/* As many independent recalls as have the error of the retrieved fraction: recalls of one network
 * hang together (Kish's effective size).  At least the networks, at most the recalls; where nothing
 * varies the networks. */
static double independent(const struct eg_plane *p, const struct eg_sample *t,
                          const struct eg_cell *cell, double *room)
{
    const double networks = (double) cell->networks, recalls = (double) cell->recalls;
    if (p->recalls == 1)
        return recalls;
    for (size_t k = 0; k < p->networks && room; k++) {
        double sum = 0, n = 0;
        for (size_t r = 0; r < p->recalls; r++)
            if (t[k * p->recalls + r].end != EG_NOT_DONE) {
                sum += t[k * p->recalls + r].retrieved;
                n++;
            }
        room[k] = n > 0 ? sum / n : NAN;
    }
    double mean, error = 0;
    if (room)
        eg_mean_error(room, p->networks, &mean, &error);
    if (!(error > 0))
        return networks;
    const double n = cell->retrieved * (1 - cell->retrieved) / (error * error);
    return n < networks ? networks : n > recalls ? recalls : n;
}

void eg_plane_summary(const struct eg_plane *p, size_t size, size_t load, size_t start,
                      struct eg_cell *cell)
{
    const struct eg_sample *t = eg_plane_cell(p, size, load, start);
    double *room = malloc(p->networks * sizeof *room);
    double retrieved = 0, moving = 0;
    *cell = (struct eg_cell){.overlap = NAN};
    for (size_t i = 0; i < eg_plane_trials(p); i++)
        if (t[i].end != EG_NOT_DONE) {
            cell->recalls++;
            moving += p->moving[t + i - p->trials];
            cell->networks += i % p->recalls == 0;
            retrieved += t[i].retrieved;
            cell->census[t[i].end]++;
        }
    for (size_t k = 0; k < EG_ATTRACTORS; k++)
        cell->census[k] = cell->recalls ? cell->census[k] / (double) cell->recalls : NAN;
    cell->retrieved = cell->recalls ? retrieved / (double) cell->recalls : NAN;
    cell->at_rest = cell->recalls && eg_plane_rests(p) ? 1 - moving / (double) cell->recalls : NAN;
    const double n = cell->recalls ? independent(p, t, cell, room) : 0;
    eg_wilson(n > 0 ? cell->retrieved * n : 0, n, &cell->low, &cell->high);
    if (!room)
        return;
#define OVER(field, only, mean, error) \
    over_networks(p, t, offsetof(struct eg_sample, field), &cell->mean, &cell->error, only, room)
    OVER(overlap, 0, overlap, overlap_error);
    OVER(overlap, 1, kept, kept_error);
    OVER(error, 0, error, error_error);
    OVER(sweeps, 0, sweeps, sweeps_error);
    OVER(energy, 0, energy, energy_error);
#undef OVER
    free(room);
}
