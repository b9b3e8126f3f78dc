/* experiments/capacity_theory.c -- what theory and finite-size scaling say beside a measurement. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/capacity.h"
#include "experiments/scaling.h"
#include "memory/theory.h"

enum { GRID = 401 };

/* The fraction of a cue that is wrong; masked and cropped sites are right by chance. */
static double wrong_part(const struct eg_associative *a, double activity)
{
    const struct eg_cue_options *cue = &a->cue;
    if (cue->kind == EG_CUE_FLIP || cue->kind == EG_CUE_NOISE)
        return cue->amount;
    return cue->amount
           * (cue->fill == EG_FILL_RANDOM ? 0.5
              : cue->fill == EG_FILL_PLUS ? 1 - activity
                                          : activity);
}

static struct eg_theory ask(const struct eg_plane *p, size_t size, double load)
{
    const struct eg_associative *a = p->a;
    const size_t n = (size_t) a->capacity.sizes.at[size];
    struct eg_theory t = {.overlap = NAN, .error = NAN};
    const struct eg_random_options *random = a->patterns;
    struct eg_theory_case at = {.sites = a->type->layers > 1 ? 2 * n : n,
                                .first = n,
                                .load = load,
                                .activity = random->activity,
                                .noise = wrong_part(a, random->activity),
                                .values = random->values,
                                .one_step = a->capacity.criterion == EG_CRITERION_ONE_STEP};
    struct eg_message none;
    if (a->dynamics.temperature > 0
        || a->type->count(a->memory, at.sites, n, load, &at.patterns, &none))
        return t;
    if (a->type->theory)
        a->type->theory(a->memory, &at, &t);
    return t;
}

double eg_plane_load(const struct eg_plane *p, size_t size, size_t load)
{
    const struct eg_associative *a = p->a;
    const int basin = a->kind == EG_KIND_BASIN;
    if (strcmp(a->type->load_words(a->memory), "P / N") != 0)
        return (basin ? &a->basin.loads : &a->capacity.loads)->at[load];
    return (double) p->patterns[size * p->loads + load]
           / (double) (basin ? &a->basin.sizes : &a->capacity.sizes)->at[size];
}

struct eg_theory eg_plane_theory(const struct eg_plane *p, size_t size, size_t load)
{
    return ask(p, size, eg_plane_load(p, size, load));
}

static int put_curve(struct eg_run *run, const char *name, const char *long_name,
                     const char *equation, const double *x, struct eg_message *message)
{
    char path[128];
    const struct eg_run_array array = {.long_name = long_name,
                                       .type = EG_RUN_FLOAT64,
                                       .rank = 1,
                                       .dims = {GRID},
                                       .axes = {{.name = "load"}},
                                       .data = x,
                                       .equation = equation};
    snprintf(path, sizeof path, "/capacity/theory/%s", name);
    return eg_run_put(run, path, &array, message);
}

static int any(const double *x)
{
    for (size_t i = 0; i < GRID; i++)
        if (isfinite(x[i]))
            return 1;
    return 0;
}

static int put_lines(const struct eg_theory *t, struct eg_run *run, struct eg_message *message)
{
    char names[1024] = "";
    double loads[EG_THEORY_LINES];
    size_t used = 0;
    size_t lines = 0;
    for (size_t i = 0; i < t->lines; i++) {
        if (!isfinite(t->line[i].load))
            continue;
        used += (size_t) snprintf(names + used, sizeof names - used, "%s%s", lines ? "\n" : "",
                                  t->line[i].name);
        loads[lines++] = t->line[i].load;
    }
    if (!lines)
        return EG_OK;
    const struct eg_run_array array = {.long_name = "loads at which theory sees something end, at "
                                                    "the largest size",
                                       .type = EG_RUN_FLOAT64,
                                       .rank = 1,
                                       .dims = {lines},
                                       .axes = {{.name = NULL}},
                                       .data = loads};
    int ret = eg_run_put(run, "/capacity/theory/line", &array, message);
    if (!ret)
        ret = eg_run_put_text(run, "/capacity/theory/line_name", "their names, one a line", names,
                              message);
    for (size_t i = 0; i < t->lines && !ret; i++)
        if (!strcmp(t->line[i].name, "mean field")) {
            double overlap;
            const double load = eg_theory_critical(&overlap);
            ret = eg_run_put_real(run, "/capacity/theory/critical_load", "1",
                                  "load at which the retrieval states end, mean field", load,
                                  message);
            if (!ret)
                ret = eg_run_put_real(run, "/capacity/theory/critical_overlap", "1",
                                      "overlap there", overlap, message);
        }
    return ret;
}

int eg_plane_put_theory(const struct eg_plane *p, struct eg_run *run, struct eg_message *message)
{
    const struct eg_reals *loads = &p->a->capacity.loads;
    double load[GRID], overlap[GRID], error[GRID];
    struct eg_theory t = {.overlap = NAN};
    /* From a little below the loads measured to a little above. */
    const double low = loads->at[0], high = loads->at[loads->n - 1];
    const double margin = high > low ? (high - low) / 20 : low / 20;
    const double from = low - margin > low / 10 ? low - margin : low / 10;
    for (size_t i = 0; i < GRID; i++) {
        load[i] = from + (high + margin - from) * (double) i / (GRID - 1);
        t = ask(p, p->sizes - 1, load[i]);
        overlap[i] = t.overlap;
        error[i] = t.error;
    }
    if (!t.lines && !any(overlap) && !any(error))
        return EG_OK;
    int ret = put_curve(run, "load", "load", t.equation, load, message);
    if (!ret && any(overlap))
        ret = put_curve(run, "overlap", "overlap with the target", t.equation, overlap, message);
    if (!ret && any(error))
        ret = put_curve(run, "error", "fraction of sites with a wrong sign", t.equation, error,
                        message);
    return ret || !t.lines ? ret : put_lines(&t, run, message);
}

/* --- finite-size scaling --- */

int eg_plane_scaling(const struct eg_plane *p, struct eg_arena *arena, struct eg_scaling *s,
                     struct eg_message *message)
{
    const struct eg_associative *a = p->a;
    const size_t cells = p->sizes * p->loads;
    double *load = eg_arena_zeros(arena, cells, sizeof *load);
    double *retrieved = eg_arena_zeros(arena, cells, sizeof *retrieved);
    double *n = eg_arena_zeros(arena, cells, sizeof *n);
    if (!load || !retrieved || !n)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; i < p->sizes; i++)
        for (size_t j = 0; j < p->loads; j++) {
            struct eg_cell cell;
            const size_t k = i * p->loads + j;
            eg_plane_summary(p, i, j, 0, &cell);
            load[k] = eg_plane_load(p, i, j);
            n[k] = (double) cell.networks;
            retrieved[k] = cell.networks ? cell.retrieved * n[k] : 0;
            if (j == 0 || load[k] > load[k - 1])
                continue;
            /* Two loads that come to the same number of patterns are one. */
            size_t first = k - 1;
            while (first > i * p->loads && !(n[first] > 0))
                first--;
            retrieved[first] += retrieved[k];
            n[first] += n[k];
            load[k] = nextafter(load[k - 1], INFINITY);
            retrieved[k] = n[k] = 0;
        }
    const int ret = eg_scaling_fit(s, arena, a->capacity.sizes.at, p->sizes, load, retrieved, n,
                                   p->loads, EG_SCALING_EXPONENT);
    return ret ? EG_FAIL(ret, message, "finite-size scaling: %s", eg_status_text(ret)) : EG_OK;
}

static int put_number(struct eg_run *run, const char *name, const char *long_name, double value,
                      struct eg_message *message)
{
    char path[128];
    snprintf(path, sizeof path, "/capacity/scaling/%s", name);
    return eg_run_put_real(run, path, "1", long_name, value, message);
}

/* One field of the transitions or crossings as a dataset. */
static int put_field(struct eg_run *run, const char *name, const char *long_name, const char *axis,
                     const void *first, size_t stride, size_t n, struct eg_message *message)
{
    double x[EG_LIST_MAX];
    char path[128];
    for (size_t i = 0; i < n; i++)
        memcpy(&x[i], (const char *) first + i * stride, sizeof *x);
    const struct eg_run_array array = {.long_name = long_name,
                                       .type = EG_RUN_FLOAT64,
                                       .rank = 1,
                                       .dims = {n},
                                       .axes = {{.name = axis}},
                                       .data = x,
                                       .equation = "T9"};
    snprintf(path, sizeof path, "/capacity/scaling/%s", name);
    return eg_run_put(run, path, &array, message);
}

int eg_plane_put_scaling(const struct eg_plane *p, const struct eg_scaling *s, struct eg_run *run,
                         struct eg_message *message)
{
    const struct {
        const char *name, *long_name;
        double value;
    } numbers[] = {
        {"critical_load", "load of the fit half = critical_load + slope N^-exponent",
         s->limit.load},
        {"critical_load_error", "its standard error", s->limit.load_error},
        {"slope", "slope of that fit", s->limit.slope},
        {"slope_error", "its standard error", s->limit.slope_error},
        {"exponent", "its exponent, given", s->limit.exponent},
        {"chi2", "its sum of squares over variances", s->limit.chi2},
        {"degrees", "degrees of freedom of that", (double) s->limit.degrees},
        {"free_critical_load", "the same fit with the exponent fitted, too",
         s->limit_exponent.load},
        {"free_critical_load_error", "its standard error", s->limit_exponent.load_error},
        {"free_exponent", "the exponent it finds", s->limit_exponent.exponent},
        {"free_exponent_error", "its standard error", s->limit_exponent.exponent_error},
    };
    int ret = eg_run_put_group(run, "/capacity/scaling", message);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !ret; i++)
        ret = put_number(run, numbers[i].name, numbers[i].long_name, numbers[i].value, message);
    const size_t stride = sizeof *s->at, pair = sizeof *s->crossings;
    double sizes[EG_LIST_MAX];
    for (size_t i = 0; i < p->sizes; i++)
        sizes[i] = (double) p->a->capacity.sizes.at[i];
    if (!ret)
        ret = put_field(run, "size", "sites N", "size", sizes, sizeof *sizes, p->sizes, message);
    if (!ret)
        ret = put_field(run, "half", "load at which half of the networks retrieve", "size",
                        &s->at[0].half, stride, p->sizes, message);
    if (!ret)
        ret = put_field(run, "half_error", "its standard error", "size", &s->at[0].half_error,
                        stride, p->sizes, message);
    if (!ret)
        ret = put_field(run, "width", "width of the fall in load", "size", &s->at[0].width, stride,
                        p->sizes, message);
    if (!ret)
        ret = put_field(run, "width_error", "its standard error", "size", &s->at[0].width_error,
                        stride, p->sizes, message);
    if (!ret)
        ret = put_field(run, "crossing", "load at which the curves of two neighbouring sizes meet",
                        "pair", &s->crossings[0].load, pair, p->sizes - 1, message);
    if (!ret)
        ret = put_field(run, "crossing_error", "its standard error", "pair",
                        &s->crossings[0].load_error, pair, p->sizes - 1, message);
    return ret;
}
