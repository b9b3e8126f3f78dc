/* experiments/plane_record.c -- /capacity and /basin: what docs/run-file.md says of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/capacity.h"
#include "experiments/recall.h"

/* A dataset over the cells of the plane, from a field of struct eg_cell. */
struct quantity {
    const char *name, *long_name;
    size_t at;
};
#define CELL(field) offsetof(struct eg_cell, field)
/* clang-format off */
static const struct quantity capacity_quantities[] = {
    {"overlap",                 "overlap with the target in the end, mean over networks",     CELL(overlap)},
    {"overlap_error",           "its standard error",                                         CELL(overlap_error)},
    {"overlap_retrieved",       "the same over recalls that retrieved",                       CELL(kept)},
    {"overlap_retrieved_error", "its standard error",                                         CELL(kept_error)},
    {"retrieved",               "fraction of recalls that meet the criterion",                CELL(retrieved)},
    {"retrieved_low",           "lower end of its 95 % interval (Wilson)",                    CELL(low)},
    {"retrieved_high",          "upper end of its 95 % interval (Wilson)",                    CELL(high)},
    {"error",                   "fraction of sites with a wrong sign, mean over networks",    CELL(error)},
    {"error_error",             "its standard error",                                         CELL(error_error)},
    {"sweeps",                  "sweeps until rest, mean over networks",                      CELL(sweeps)},
    {"sweeps_error",            "its standard error",                                         CELL(sweeps_error)},
    {"energy",                  "energy per site in the end, mean over networks",             CELL(energy)},
    {"energy_error",            "its standard error",                                         CELL(energy_error)},
    {"at_rest",                 "fraction of recalls that came to rest before sweeps_max",    CELL(at_rest)},
};
static const struct quantity basin_quantities[] = {
    {"final",          "overlap with the target in the end, mean over networks",              CELL(overlap)},
    {"final_error",    "its standard error",                                                  CELL(overlap_error)},
    {"retrieved",      "fraction of recalls that meet the criterion",                         CELL(retrieved)},
    {"retrieved_low",  "lower end of its 95 % interval (Wilson)",                             CELL(low)},
    {"retrieved_high", "upper end of its 95 % interval (Wilson)",                             CELL(high)},
    {"sweeps",         "sweeps until rest, mean over networks",                               CELL(sweeps)},
    {"at_rest",        "fraction of recalls that came to rest before sweeps_max",             CELL(at_rest)},
};
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct writer {
    const struct eg_plane *plane;
    struct eg_run *run;
    struct eg_message *message;
    const char *group;
    struct eg_cell *cells; /* (sizes, loads, starts) */
};

static int is_basin(const struct eg_plane *p)
{
    return p->a->kind == EG_KIND_BASIN;
}

static void cue_words(const struct eg_associative *a, char *text, size_t size)
{
    static const char *const kind[] = {"flipped", "flipped independently", "masked", "cropped"};
    const int noise = a->type->flow && a->cue.kind == EG_CUE_NOISE;
    if (a->kind == EG_KIND_BASIN)
        snprintf(text, size, "started at a given overlap with the pattern (sites%s flipped)",
                 a->type->layers > 1 ? " of the first layer" : "");
    else if (a->cue.amount > 0 && noise)
        snprintf(text, size, "started on the pattern with normal noise of deviation %g",
                 a->cue.amount);
    else if (a->cue.amount > 0)
        snprintf(text, size, "started with %.3g %% of the sites %s", 100 * a->cue.amount,
                 kind[a->cue.kind]);
    else
        snprintf(text, size, "started on the pattern");
}

void eg_plane_criterion(const struct eg_plane *p, char *text, size_t size)
{
    const struct eg_associative *a = p->a;
    char cue[128], dynamics[256];
    cue_words(a, cue, sizeof cue);
    eg_recall_dynamics(dynamics, sizeof dynamics, a);
    const int criterion = is_basin(p) ? EG_CRITERION_OVERLAP : a->capacity.criterion;
    const char *when = eg_plane_rests(p) ? "at rest" : "in the end";
    if (criterion == EG_CRITERION_ONE_STEP)
        snprintf(text, size, "no site wrong after one step of all sites at once; %s", cue);
    else if (criterion == EG_CRITERION_EXACT)
        snprintf(text, size, "no site wrong %s; %s; %s", when, cue, dynamics);
    else
        snprintf(text, size, "overlap with the pattern at least %g %s; %s; %s",
                 is_basin(p) ? a->basin.near : a->capacity.near, when, cue, dynamics);
}

static int put(const struct writer *w, const char *name, const struct eg_run_array *array)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", w->group, name);
    return eg_run_put(w->run, path, array, w->message);
}

static int put_axes(const struct writer *w)
{
    const struct eg_plane *p = w->plane;
    const struct eg_associative *a = p->a;
    const int basin = is_basin(p);
    const struct eg_list *sizes = basin ? &a->basin.sizes : &a->capacity.sizes;
    const struct eg_reals *loads = basin ? &a->basin.loads : &a->capacity.loads;
    int64_t numbers[EG_LIST_MAX];
    for (size_t i = 0; i < p->sizes; i++)
        numbers[i] = sizes->at[i];
    const struct eg_run_array size = {.long_name = "sites N (of one layer)",
                                      .type = EG_RUN_INT64,
                                      .rank = 1,
                                      .dims = {p->sizes},
                                      .axes = {{.name = "size"}},
                                      .data = numbers};
    const struct eg_run_array load = {.long_name = a->type->load_words(a->memory),
                                      .type = EG_RUN_FLOAT64,
                                      .rank = 1,
                                      .dims = {p->loads},
                                      .axes = {{.name = "load"}},
                                      .data = loads->at};
    const struct eg_run_array start = {.long_name = "overlap with the pattern at the start",
                                       .type = EG_RUN_FLOAT64,
                                       .rank = 1,
                                       .dims = {p->starts},
                                       .axes = {{.name = "start"}},
                                       .data = a->basin.starts.at};
    int ret = put(w, "size", &size);
    if (!ret)
        ret = put(w, "load", &load);
    return ret || !basin ? ret : put(w, "start", &start);
}

/* Over (size, load), or (size, load, start) for basins. */
static struct eg_run_array cell_array(const struct writer *w, const char *long_name,
                                      enum eg_run_type type, const void *data)
{
    const struct eg_plane *p = w->plane;
    return (struct eg_run_array){.long_name = long_name,
                                 .type = type,
                                 .rank = is_basin(p) ? 3 : 2,
                                 .dims = {p->sizes, p->loads, p->starts},
                                 .axes = {{.name = "size"}, {.name = "load"}, {.name = "start"}},
                                 .data = data};
}

static int put_quantities(const struct writer *w)
{
    const struct eg_plane *p = w->plane;
    const struct quantity *q = is_basin(p) ? basin_quantities : capacity_quantities;
    const size_t n = is_basin(p) ? COUNT(basin_quantities) : COUNT(capacity_quantities);
    const size_t cells = p->sizes * p->loads * p->starts;
    double *x = malloc(cells * sizeof *x);
    int64_t *whole = malloc(cells * sizeof *whole);
    int ret = x && whole ? EG_OK : EG_FAIL(EG_ERR_NOMEM, w->message, "out of memory");
    for (size_t i = 0; i < n && !ret; i++) {
        for (size_t k = 0; k < cells; k++)
            memcpy(&x[k], (const char *) &w->cells[k] + q[i].at, sizeof *x);
        const struct eg_run_array array = cell_array(w, q[i].long_name, EG_RUN_FLOAT64, x);
        ret = put(w, q[i].name, &array);
    }
    for (size_t k = 0; k < cells && !ret; k++)
        whole[k] = (int64_t) w->cells[k].networks;
    if (!ret) {
        const struct eg_run_array array =
            cell_array(w, "independent networks", EG_RUN_INT64, whole);
        ret = put(w, "n", &array);
    }
    if (!ret) {
        for (size_t k = 0; k < p->sizes * p->loads; k++)
            whole[k] = (int64_t) p->patterns[k];
        struct eg_run_array array = cell_array(w, "patterns P", EG_RUN_INT64, whole);
        array.rank = 2;
        ret = put(w, "patterns", &array);
    }
    free(x);
    free(whole);
    return ret;
}

static const uint8_t end_values[EG_ATTRACTORS + 1] = {0, 1, 2, 3, 4, 5, 6, EG_NOT_DONE};

static void end_words(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < EG_ATTRACTORS && used < size; k++)
        used += (size_t) snprintf(text + used, size - used, "%s ", eg_attractor_names[k]);
    if (used < size)
        snprintf(text + used, size - used, "not_done");
}

static int put_census(const struct writer *w)
{
    const struct eg_plane *p = w->plane;
    const size_t cells = p->sizes * p->loads;
    char path[256], names[256];
    double *x = malloc(cells * EG_ATTRACTORS * sizeof *x);
    if (!x)
        return EG_FAIL(EG_ERR_NOMEM, w->message, "out of memory");
    for (size_t k = 0; k < cells; k++)
        memcpy(x + k * EG_ATTRACTORS, w->cells[k].census, sizeof w->cells[k].census);
    struct eg_run_array array =
        cell_array(w, "fraction of recalls that end in each class", EG_RUN_FLOAT64, x);
    array.rank = 3;
    array.dims[2] = EG_ATTRACTORS;
    array.axes[2].name = "class";
    int ret = put(w, "census", &array);
    free(x);
    end_words(names, sizeof names);
    char *last = strstr(names, " not_done");
    if (last)
        *last = '\0';
    snprintf(path, sizeof path, "%s/census", w->group);
    return ret ? ret : eg_run_put_attr_text(w->run, path, "class_names", names, w->message);
}

/* The recalls one by one, so that a measurement can go on, and for statistics of one's own. */
static const struct quantity trial_quantities[] = {
    {"overlap", "overlap with the target in the end", offsetof(struct eg_sample, overlap)},
    {"error", "fraction of sites with a wrong sign", offsetof(struct eg_sample, error)},
    {"sweeps", "sweeps until rest", offsetof(struct eg_sample, sweeps)},
    {"energy", "energy per site in the end", offsetof(struct eg_sample, energy)},
};

static struct eg_run_array trial_array(const struct eg_plane *p, const char *long_name,
                                       enum eg_run_type type, const void *data)
{
    const int basin = is_basin(p);
    struct eg_run_array array = {.long_name = long_name,
                                 .type = type,
                                 .rank = basin ? 4 : 3,
                                 .dims = {p->sizes, p->loads, p->starts, eg_plane_trials(p)},
                                 .axes = {{.name = "size_index"},
                                          {.name = "load_index"},
                                          {.name = "start_index"},
                                          {.name = "recall"}},
                                 .data = data,
                                 .compress = true};
    if (!basin) {
        array.dims[2] = array.dims[3];
        array.axes[2] = array.axes[3];
    }
    return array;
}

static size_t all_trials(const struct eg_plane *p)
{
    return p->sizes * p->loads * p->starts * eg_plane_trials(p);
}

static int put_trials(const struct writer *w)
{
    const struct eg_plane *p = w->plane;
    const size_t n = all_trials(p);
    char name[64], meanings[256];
    double *x = malloc(n * sizeof *x);
    uint8_t *flags = malloc(n);
    int ret = x && flags ? EG_OK : EG_FAIL(EG_ERR_NOMEM, w->message, "out of memory");
    for (size_t q = 0; q < COUNT(trial_quantities) && !ret; q++) {
        for (size_t i = 0; i < n; i++) {
            memcpy(&x[i], (const char *) &p->trials[i] + trial_quantities[q].at, sizeof *x);
            if (p->trials[i].end == EG_NOT_DONE)
                x[i] = NAN;
        }
        const struct eg_run_array array =
            trial_array(p, trial_quantities[q].long_name, EG_RUN_FLOAT64, x);
        snprintf(name, sizeof name, "trials/%s", trial_quantities[q].name);
        ret = put(w, name, &array);
    }
    if (!ret) {
        for (size_t i = 0; i < n; i++)
            flags[i] = p->trials[i].end;
        struct eg_run_array array = trial_array(p, "class of the end state", EG_RUN_UINT8, flags);
        end_words(meanings, sizeof meanings);
        array.flag_values = end_values;
        array.n_flags = COUNT(end_values);
        array.flag_meanings = meanings;
        ret = put(w, "trials/end", &array);
    }
    if (!ret) {
        static const uint8_t values[] = {0, 1};
        for (size_t i = 0; i < n; i++)
            flags[i] = p->trials[i].retrieved;
        struct eg_run_array array = trial_array(p, "the criterion is met", EG_RUN_UINT8, flags);
        array.flag_values = values;
        array.n_flags = 2;
        array.flag_meanings = "no yes";
        ret = put(w, "trials/retrieved", &array);
        struct eg_run_array moving =
            trial_array(p, "sweeps_max were over before it came to rest", EG_RUN_UINT8, p->moving);
        moving.flag_values = values;
        moving.n_flags = 2;
        moving.flag_meanings = "no yes";
        if (!ret)
            ret = put(w, "trials/moving", &moving);
    }
    free(x);
    free(flags);
    return ret;
}

static int put_attributes(const struct writer *w)
{
    const struct eg_plane *p = w->plane;
    const struct eg_associative *a = p->a;
    char criterion[512], dynamics[256], cue[128], rule[64];
    eg_plane_criterion(p, criterion, sizeof criterion);
    eg_recall_dynamics(dynamics, sizeof dynamics, a);
    cue_words(a, cue, sizeof cue);
    eg_recall_rule(rule, sizeof rule, a);
    const struct {
        const char *name, *text;
    } texts[] = {
        {"NX_class", "NXdata"},
        {"signal", is_basin(p) ? "final" : "overlap"},
        {"network", a->type->name},
        {"rule", rule},
        {"criterion", criterion},
        {"dynamics", dynamics},
        {"cue", cue},
        {"load_meaning", a->type->load_words(a->memory)},
        {"energy_formula", a->type->energy},
    };
    int ret = EG_OK;
    for (size_t i = 0; i < COUNT(texts) && !ret; i++)
        ret = eg_run_put_attr_text(w->run, w->group, texts[i].name, texts[i].text, w->message);
    if (!ret)
        ret = eg_run_put_attr_real(w->run, w->group, "near",
                                   is_basin(p) ? a->basin.near : a->capacity.near, w->message);
    if (!ret)
        ret = eg_run_put_attr_int(w->run, w->group, "recalls_per_network", (int64_t) p->recalls,
                                  w->message);
    return ret;
}

int eg_plane_put(const struct eg_plane *p, struct eg_run *run, struct eg_message *message)
{
    struct writer w = {
        .plane = p, .run = run, .message = message, .group = is_basin(p) ? "/basin" : "/capacity"};
    w.cells = calloc(p->sizes * p->loads * p->starts, sizeof *w.cells);
    if (!w.cells)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    struct eg_cell *cell = w.cells;
    for (size_t i = 0; i < p->sizes; i++)
        for (size_t j = 0; j < p->loads; j++)
            for (size_t k = 0; k < p->starts; k++)
                eg_plane_summary(p, i, j, k, cell++);
    int ret = eg_run_put_group(run, w.group, message);
    if (!ret)
        ret = put_axes(&w);
    if (!ret)
        ret = put_attributes(&w);
    if (!ret)
        ret = put_quantities(&w);
    if (!ret && !is_basin(p))
        ret = put_census(&w);
    if (!ret)
        ret = put_trials(&w);
    free(w.cells);
    return ret;
}

int eg_plane_get(struct eg_plane *p, struct eg_run *run, struct eg_message *message)
{
    const char *group = is_basin(p) ? "/basin" : "/capacity";
    const size_t n = all_trials(p);
    char path[256];
    double *x = malloc(n * sizeof *x);
    uint8_t *flags = malloc(n);
    int ret = x && flags ? EG_OK : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t q = 0; q < COUNT(trial_quantities) && !ret; q++) {
        snprintf(path, sizeof path, "%s/trials/%s", group, trial_quantities[q].name);
        ret = eg_run_get(run, path, EG_RUN_FLOAT64, x, n, message);
        for (size_t i = 0; i < n && !ret; i++)
            memcpy((char *) &p->trials[i] + trial_quantities[q].at, &x[i], sizeof *x);
    }
    snprintf(path, sizeof path, "%s/trials/retrieved", group);
    if (!ret)
        ret = eg_run_get(run, path, EG_RUN_UINT8, flags, n, message);
    for (size_t i = 0; i < n && !ret; i++)
        p->trials[i].retrieved = flags[i] != 0;
    snprintf(path, sizeof path, "%s/trials/moving", group);
    if (!ret)
        ret = eg_run_get(run, path, EG_RUN_UINT8, flags, n, message);
    for (size_t i = 0; i < n && !ret; i++)
        p->moving[i] = flags[i] != 0;
    snprintf(path, sizeof path, "%s/trials/end", group);
    if (!ret)
        ret = eg_run_get(run, path, EG_RUN_UINT8, flags, n, message);
    for (size_t i = 0; i < n && !ret; i++) {
        if (flags[i] >= EG_ATTRACTORS && flags[i] != EG_NOT_DONE)
            ret = EG_FAIL(EG_ERR_FORMAT, message, "%s: %d is no class of an end state", path,
                          flags[i]);
        p->trials[i].end = flags[i];
    }
    free(x);
    free(flags);
    return ret;
}
