/* experiments/recall_record.c -- /hopfield of the run file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/recall.h"

static const char *const group = "/hopfield";
static const struct eg_run_axis trial_axis = {.name = "trial", .long_name = "recall"};
static const struct eg_run_axis sweep_axis = {.name = "sweep",
                                              .long_name = "sweeps done (real states: steps)"};
static const struct eg_run_axis pattern_axis = {.name = "pattern", .long_name = "stored pattern"};
static const struct eg_run_axis site_axis = {.name = "site", .long_name = "site"};
static const struct eg_run_axis kept_axis = {.name = "kept_trial",
                                             .long_name = "recall whose states are kept"};

static const char *const trace_names[EG_TRACES] = {"energy", "overlap", "moved"};
static const char *const trace_texts[EG_TRACES] = {
    "energy after each sweep; the first is the cue's; NaN after rest",
    "overlap with the target after each sweep; NaN after rest",
    "sites that moved in the sweep (real states: largest change of an output); NaN after rest",
};

/* One number a trial. */
enum { TARGET, SWEEPS, OVERLAP_START, OVERLAP_END, ENERGY_END, RISE, REST, END, DONE, COLUMNS };
static const struct column {
    const char *name, *text;
    enum eg_run_type type;
    const char *meanings;
    size_t n_flags;
} columns[COLUMNS] = {
    {"target", "pattern the cue was made of", EG_RUN_INT64, NULL, 0},
    {"sweeps", "sweeps until rest", EG_RUN_INT64, NULL, 0},
    {"overlap_start", "overlap of the cue with the target", EG_RUN_FLOAT64, NULL, 0},
    {"overlap_end", "overlap of the end state with the target", EG_RUN_FLOAT64, NULL, 0},
    {"energy_end", "energy of the end state", EG_RUN_FLOAT64, NULL, 0},
    {"energy_rise", "largest rise of the energy in one visit at temperature 0", EG_RUN_FLOAT64,
     NULL, 0},
    {"rest", "how the recall ended", EG_RUN_UINT8, "fixed cycle unknown", 3},
    {"end", "what the end state is", EG_RUN_UINT8,
     "target inverse stored mixture_3 mixture_5 spurious cycle", EG_ATTRACTORS},
    {"done", "whether the trial was done before the interruption", EG_RUN_UINT8, "no yes", 2},
};
static const uint8_t flag_values[] = {0, 1, 2, 3, 4, 5, 6, 7};
enum { NOT_DONE = 255 };

static double get(const struct eg_trial *trial, int column)
{
    const struct eg_recalled *r = &trial->recalled;
    if (column == DONE)
        return trial->done;
    switch (column) {
    case TARGET:
        return trial->done ? (double) r->target : -1;
    case SWEEPS:
        return trial->done ? (double) r->settled.sweeps : -1;
    case REST:
        return trial->done ? (double) r->settled.rest : NOT_DONE;
    case END:
        return trial->done ? (double) r->end : NOT_DONE;
    case OVERLAP_START:
        return trial->done ? r->overlap_start : NAN;
    case OVERLAP_END:
        return trial->done ? r->overlap : NAN;
    case ENERGY_END:
        return trial->done ? r->settled.energy : NAN;
    default:
        return trial->done ? r->settled.rise : NAN;
    }
}

static int put_column(struct eg_run *run, const struct eg_trials *t, int column,
                      struct eg_message *message)
{
    const struct column *c = &columns[column];
    char path[64];
    snprintf(path, sizeof path, "%s/%s", group, c->name);
    void *data = calloc(t->n, sizeof(double));
    if (!data)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < t->n; k++) {
        const double x = get(&t->trial[k], column);
        if (c->type == EG_RUN_INT64)
            ((int64_t *) data)[k] = (int64_t) x;
        else if (c->type == EG_RUN_UINT8)
            ((uint8_t *) data)[k] = (uint8_t) x;
        else
            ((double *) data)[k] = x;
    }
    const struct eg_run_array array = {.long_name = c->text,
                                       .type = c->type,
                                       .rank = 1,
                                       .dims = {t->n},
                                       .axes = {trial_axis},
                                       .data = data,
                                       .flag_values = c->n_flags ? flag_values : NULL,
                                       .n_flags = c->n_flags,
                                       .flag_meanings = c->meanings};
    const int ret = eg_run_put(run, path, &array, message);
    free(data);
    return ret;
}

static int put_traces(struct eg_run *run, const struct eg_trials *t, struct eg_message *message)
{
    const size_t longest = eg_trials_longest(t);
    double *data = calloc(t->n, longest * sizeof *data);
    int ret = data ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < EG_TRACES && !ret; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", group, trace_names[i]);
        for (size_t k = 0; k < t->n; k++)
            for (size_t sweep = 0; sweep < longest; sweep++)
                data[k * longest + sweep] =
                    sweep < t->trial[k].traced ? t->trial[k].trace[sweep * EG_TRACES + i] : NAN;
        const struct eg_run_array array = {.long_name = trace_texts[i],
                                           .type = EG_RUN_FLOAT64,
                                           .rank = 2,
                                           .dims = {t->n, longest},
                                           .axes = {trial_axis, sweep_axis},
                                           .data = data,
                                           .compress = true};
        ret = eg_run_put(run, path, &array, message);
    }
    free(data);
    return ret;
}

static int put_patterns(struct eg_run *run, const struct eg_patterns *p, struct eg_message *message)
{
    struct eg_run_array array = {.rank = 2,
                                 .dims = {p->count, p->sites},
                                 .axes = {pattern_axis, site_axis},
                                 .compress = true};
    const double bytes = (double) p->count * (double) p->sites;
    if (p->values) {
        if (bytes * sizeof(double) > EG_RECALL_TABLE_MOST)
            return EG_OK;
        array.long_name = "stored patterns";
        array.type = EG_RUN_FLOAT64;
        array.data = p->values;
        return eg_run_put(run, "/hopfield/pattern_values", &array, message);
    }
    if (bytes > EG_RECALL_TABLE_MOST)
        return EG_OK;
    uint8_t *data = calloc(p->count, p->sites);
    if (!data)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < p->count; k++)
        for (size_t i = 0; i < p->sites; i++)
            data[k * p->sites + i] = (uint8_t) eg_bits_get(&p->bits, i, k);
    array.long_name = "stored patterns: 1 where +1";
    array.type = EG_RUN_UINT8;
    array.data = data;
    const int ret = eg_run_put(run, "/hopfield/patterns", &array, message);
    free(data);
    return ret;
}

/* The names of the patterns, a line each. */
static int put_labels(struct eg_run *run, const struct eg_patterns *p, struct eg_message *message)
{
    size_t n = 1, used = 0;
    if (!p->labels)
        return EG_OK;
    for (size_t k = 0; k < p->count; k++)
        n += strlen(p->labels[k]) + 1;
    if ((double) n > EG_RECALL_TABLE_MOST)
        return EG_OK;
    char *text = calloc(n, 1);
    if (!text)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < p->count; k++)
        used += (size_t) snprintf(text + used, n - used, "%s%s", k ? "\n" : "", p->labels[k]);
    const int ret = eg_run_put_text(run, "/hopfield/labels",
                                    "names of the stored patterns, a line each", text, message);
    free(text);
    return ret;
}

/* Why the kept states are not written, or NULL. */
static const char *no_states(const struct eg_trials *t)
{
    double bytes = (double) t->kept * (double) eg_trials_longest(t);
    bytes *= (double) t->patterns->sites * (double) t->state_size;
    for (size_t k = 0; k < t->kept; k++)
        if (t->trial[k].frames.cut || t->trial[k].traced < t->trial[k].frames.n)
            return "states are left out: too many sweeps";
    return bytes > EG_RECALL_STATES_MOST ? "states are left out: too many sweeps" : NULL;
}

/* The frame that shows the state after `sweep`. */
static size_t frame_at(const struct eg_frames *f, size_t sweep)
{
    return sweep < f->n ? sweep : f->n - 1;
}

static int put_states(struct eg_run *run, const struct eg_trials *t, struct eg_message *message)
{
    const size_t longest = eg_trials_longest(t), sites = t->patterns->sites;
    const int spins = t->state_size == 1;
    char *data = calloc(t->kept * longest, sites * t->state_size);
    if (!data)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < t->kept; k++)
        for (size_t sweep = 0; sweep < longest && t->trial[k].done; sweep++) {
            const struct eg_frames *f = &t->trial[k].frames;
            char *to = data + (k * longest + sweep) * sites * t->state_size;
            const char *from =
                (const char *) f->states + frame_at(f, sweep) * sites * t->state_size;
            memcpy(to, from, sites * t->state_size);
            for (size_t i = 0; i < sites && spins; i++)
                to[i] = (char) (((const int8_t *) from)[i] > 0);
        }
    const struct eg_run_array array = {.long_name = spins ? "state after each sweep: 1 where +1"
                                                          : "outputs after each step",
                                       .type = spins ? EG_RUN_UINT8 : EG_RUN_FLOAT64,
                                       .rank = 3,
                                       .dims = {t->kept, longest, sites},
                                       .axes = {kept_axis, sweep_axis, site_axis},
                                       .data = data,
                                       .compress = true};
    const int ret = eg_run_put(run, "/hopfield/states", &array, message);
    free(data);
    return ret;
}

static int put_weights(struct eg_run *run, const struct eg_trials *t, struct eg_message *message)
{
    const size_t longest = eg_trials_longest(t), count = t->patterns->count;
    if ((double) t->kept * (double) longest * (double) count * sizeof(double)
        > EG_RECALL_STATES_MOST)
        return EG_OK;
    double *data = calloc(t->kept * longest, count * sizeof *data);
    if (!data)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < t->kept; k++)
        for (size_t sweep = 0; sweep < longest && t->trial[k].done; sweep++) {
            const struct eg_frames *f = &t->trial[k].frames;
            memcpy(data + (k * longest + sweep) * count, f->weights + frame_at(f, sweep) * count,
                   count * sizeof *data);
        }
    const struct eg_run_array array = {.long_name = "weights on the stored patterns: attention",
                                       .type = EG_RUN_FLOAT64,
                                       .rank = 3,
                                       .dims = {t->kept, longest, count},
                                       .axes = {kept_axis, sweep_axis, pattern_axis},
                                       .data = data,
                                       .compress = true};
    const int ret = eg_run_put(run, "/hopfield/weights", &array, message);
    free(data);
    return ret;
}

static int put_overlaps(struct eg_run *run, const struct eg_trials *t, struct eg_message *message)
{
    const size_t count = t->patterns->count;
    for (size_t k = 0; k < t->n; k++)
        for (size_t mu = 0; mu < count && !t->trial[k].done; mu++)
            t->overlaps[k * count + mu] = NAN;
    const struct eg_run_array array = {.long_name =
                                           "overlaps of the end state with all stored patterns",
                                       .type = EG_RUN_FLOAT64,
                                       .rank = 2,
                                       .dims = {t->n, count},
                                       .axes = {trial_axis, pattern_axis},
                                       .data = t->overlaps,
                                       .compress = true};
    return eg_run_put(run, "/hopfield/overlaps", &array, message);
}

static int put_attributes(struct eg_run *run, const struct eg_trials *t, struct eg_message *message)
{
    const struct eg_associative *a = t->a;
    const struct eg_patterns *p = t->patterns;
    char dynamics[256], rule[64], criterion[128], note[1024];
    const char *states = t->kept ? no_states(t) : NULL;
    eg_recall_dynamics(dynamics, sizeof dynamics, a);
    eg_recall_rule(rule, sizeof rule, a);
    snprintf(criterion, sizeof criterion,
             "overlap of the end state with the stored pattern at least %g", a->recall.near);
    snprintf(note, sizeof note, "%s%s%s", t->note, t->note[0] && states ? "; " : "",
             states ? states : "");
    const struct {
        const char *name, *value;
    } texts[] = {
        {"NX_class", "NXdata"},     {"signal", "energy"}, {"energy_formula", a->type->energy},
        {"network", a->type->name}, {"rule", rule},       {"dynamics", dynamics},
        {"criterion", criterion},   {"left_out", note}};
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"descends", a->type->descends(a->memory)},
                   {"height", (int64_t) p->height},
                   {"width", (int64_t) p->width},
                   {"first", (int64_t) p->first},
                   {"sites", (int64_t) p->sites},
                   {"pattern_count", (int64_t) p->count}};
    int ret = eg_run_put_group(run, group, message);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && !ret; i++)
        ret = eg_run_put_attr_text(run, group, texts[i].name, texts[i].value, message);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !ret; i++)
        ret = eg_run_put_attr_int(run, group, numbers[i].name, numbers[i].value, message);
    if (!ret)
        ret = eg_run_put_attr_real(run, group, "near", a->recall.near, message);
    return ret ? ret : eg_run_put_attr_real(run, group, "activity", p->activity, message);
}

int eg_recall_put(struct eg_run *run, const struct eg_trials *t, struct eg_message *message)
{
    int complete = 1;
    for (size_t k = 0; k < t->n; k++)
        complete = complete && t->trial[k].done;
    /* Axes grow when trials come to those that were there; nothing of before is to stay. */
    int ret = eg_run_delete(run, group, message);
    if (!ret)
        ret = put_attributes(run, t, message);
    if (!ret)
        ret = put_traces(run, t, message);
    for (int i = 0; i < COLUMNS - complete && !ret; i++)
        ret = put_column(run, t, i, message);
    if (!ret)
        ret = put_patterns(run, t->patterns, message);
    if (!ret)
        ret = put_labels(run, t->patterns, message);
    if (!ret && t->overlaps)
        ret = put_overlaps(run, t, message);
    if (!ret && t->kept && !no_states(t))
        ret = put_states(run, t, message);
    if (!ret && t->kept && t->has_weights && !no_states(t))
        ret = put_weights(run, t, message);
    if (ret == EG_ERR_NOMEM && message && !message->text[0])
        return EG_FAIL(ret, message, "not enough memory to write %s", eg_run_path(run));
    return ret;
}

/* --- reading --- */

static int get_column(struct eg_run *run, struct eg_trials *t, int column, double *data,
                      struct eg_message *message)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", group, columns[column].name);
    const int ret = eg_run_get(run, path, EG_RUN_FLOAT64, data, t->n, message);
    for (size_t k = 0; k < t->n && !ret; k++) {
        struct eg_trial *trial = &t->trial[k];
        struct eg_recalled *r = &trial->recalled;
        const double x = data[k];
        if (column == DONE)
            trial->done = x > 0 && k >= t->framed;
        if (!trial->done)
            continue;
        const double most = column == TARGET ? (double) t->patterns->count - 1
                            : column == REST ? EG_REST_UNKNOWN
                            : column == END  ? EG_ATTRACTORS - 1
                                             : INFINITY;
        if (columns[column].type != EG_RUN_FLOAT64 && !(x >= 0 && x <= most))
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s of trial %zu is %g", eg_run_path(run),
                           path, k, x);
        switch (column) {
        case TARGET:
            r->target = (size_t) x;
            break;
        case SWEEPS:
            r->settled.sweeps = (size_t) x;
            break;
        case OVERLAP_START:
            r->overlap_start = x;
            break;
        case OVERLAP_END:
            r->overlap = x;
            break;
        case ENERGY_END:
            r->settled.energy = x;
            break;
        case RISE:
            r->settled.rise = x;
            break;
        case REST:
            r->settled.rest = (enum eg_rest)(int) x;
            break;
        case END:
            r->end = (enum eg_attractor)(int) x;
            break;
        default:
            break;
        }
    }
    return ret;
}

static int get_traces(struct eg_run *run, struct eg_trials *t, struct eg_message *message)
{
    struct eg_run_shape shape;
    int ret = eg_run_shape(run, "/hopfield/energy", &shape, message);
    if (ret)
        return ret;
    if (shape.rank != 2 || shape.dims[0] != t->n || shape.dims[1] == 0
        || shape.dims[1] > t->trace_most)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: /hopfield/energy has the wrong shape",
                       eg_run_path(run));
    const size_t longest = shape.dims[1];
    double *data = calloc(shape.count, sizeof *data);
    if (!data)
        ret = EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < t->n && !ret; k++) {
        struct eg_trial *trial = &t->trial[k];
        const size_t sweeps = trial->recalled.settled.sweeps;
        if (!trial->done)
            continue;
        trial->traced = trial->held = sweeps < longest ? sweeps + 1 : longest;
        trial->trace = calloc(trial->traced, EG_TRACES * sizeof *trial->trace);
        ret = trial->trace ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    }
    for (size_t i = 0; i < EG_TRACES && !ret; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", group, trace_names[i]);
        ret = eg_run_get(run, path, EG_RUN_FLOAT64, data, shape.count, message);
        for (size_t k = 0; k < t->n && !ret; k++)
            for (size_t sweep = 0; sweep < t->trial[k].traced; sweep++)
                t->trial[k].trace[sweep * EG_TRACES + i] = data[k * longest + sweep];
    }
    free(data);
    return ret;
}

int eg_recall_get(struct eg_run *run, struct eg_trials *t, struct eg_message *message)
{
    /* Without `done` nothing is lacking. */
    const int complete = !eg_run_exists(run, "/hopfield/done");
    double *data = calloc(t->n, sizeof *data);
    int ret = data ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = t->framed; k < t->n; k++)
        t->trial[k].done = complete;
    if (!ret && !complete)
        ret = get_column(run, t, DONE, data, message);
    for (int i = 0; i < DONE && !ret; i++)
        ret = get_column(run, t, i, data, message);
    if (!ret)
        ret = get_traces(run, t, message);
    if (!ret && t->overlaps)
        ret = eg_run_get(run, "/hopfield/overlaps", EG_RUN_FLOAT64, t->overlaps,
                         t->n * t->patterns->count, message);
    t->done = 0;
    for (size_t k = 0; k < t->n; k++)
        t->done += t->trial[k].done != 0;
    free(data);
    return ret;
}

double eg_recall_bytes(const struct eg_trials *t, size_t sweeps)
{
    const double n = (double) t->n, p = (double) t->patterns->count;
    const double sites = (double) t->patterns->sites, rows = (double) sweeps + 1;
    const double patterns = sites * p * (t->patterns->values ? sizeof(double) : 1);
    return n * 8 * (EG_TRACES * fmin(rows, (double) t->trace_most) + COLUMNS)
           + (patterns <= EG_RECALL_TABLE_MOST ? patterns : 0) + (t->overlaps ? n * p * 8 : 0)
           + (double) t->kept * rows
                 * (sites * (double) t->state_size + (t->has_weights ? p * 8 : 0));
}
