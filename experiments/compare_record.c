/* The comparison file: what docs/run-file.md says of /compare. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/compare.h"

struct writer {
    const struct eg_compare_plan *plan;
    const struct eg_comparison *c;
    struct eg_run *run;
    struct eg_message *message;
    struct eg_compare_summary *summaries; /* (scheme, task) */
    double *room;                         /* as many as there are cells */
};

/* A dataset from a field of a structure, double or size_t. */
struct quantity {
    const char *name, *units, *long_name;
    size_t at;
    int whole;
};
#define CELL(field) offsetof(struct eg_compare_result, field)
#define SUM(field) offsetof(struct eg_compare_summary, field)
#define PAIR(field) offsetof(struct eg_compare_pair, field)
/* clang-format off */
static const struct quantity of_cells[] = {
    {"sequences",    "sequence",     "training sequences until solved; infinite: ended and not solved; NaN: not ended", CELL(solved_at), 0},
    {"cost",         "bit/sequence", "cost at the end, on sizes of training; infinite: diverged",      CELL(cost), 0},
    {"cost_longer",  "bit/sequence", "cost at the size beyond training; infinite: diverged",           CELL(longer), 0},
    {"exact_longer", "1",            "fraction of sequences without a wrong bit at that size",         CELL(longer_exact), 0},
    {"wrong_longer", "bit/sequence", "wrong bits at that size",                                        CELL(longer_wrong), 0},
    {"seconds",      "s",            "time in training",                                               CELL(seconds), 0},
};
static const struct quantity of_summaries[] = {
    {"n",                          "1",            "cells that have ended",                                 SUM(n), 1},
    {"diverged",                   "1",            "of them diverged",                                      SUM(diverged), 1},
    {"failed",                     "1",            "cells that failed",                                     SUM(failed), 1},
    {"solved",                     "1",            "cells that solved the task",                            SUM(solved), 1},
    {"solved_fraction",            "1",            "fraction of those that have ended",                     SUM(fraction), 0},
    {"solved_low",                 "1",            "lower end of its 95 % interval (Wilson)",               SUM(low), 0},
    {"solved_high",                "1",            "upper end of its 95 % interval (Wilson)",               SUM(high), 0},
    {"sequences_median",           "sequence",     "median of sequences",                                   SUM(solved_at.median), 0},
    {"sequences_lower_quartile",   "sequence",     "lower quartile of sequences",                           SUM(solved_at.low), 0},
    {"sequences_upper_quartile",   "sequence",     "upper quartile of sequences",                           SUM(solved_at.high), 0},
    {"cost_median",                "bit/sequence", "median of cost",                                        SUM(cost.median), 0},
    {"cost_lower_quartile",        "bit/sequence", "lower quartile of cost",                                SUM(cost.low), 0},
    {"cost_upper_quartile",        "bit/sequence", "upper quartile of cost",                                SUM(cost.high), 0},
    {"cost_longer_median",         "bit/sequence", "median of cost_longer",                                 SUM(longer.median), 0},
    {"cost_longer_lower_quartile", "bit/sequence", "lower quartile of cost_longer",                         SUM(longer.low), 0},
    {"cost_longer_upper_quartile", "bit/sequence", "upper quartile of cost_longer",                         SUM(longer.high), 0},
    {"exact_longer_median",        "1",            "median of exact_longer",                                SUM(longer_exact), 0},
    {"seconds_median",             "s",            "median of seconds",                                     SUM(seconds.median), 0},
    {"sequences_difference",       "sequence",     "median over seeds of sequences less those of the first scheme", SUM(solved_at_difference.median), 0},
    {"sequences_difference_low",   "sequence",     "lower end of its 95 % interval (bootstrap over seeds)", SUM(solved_at_difference.low), 0},
    {"sequences_difference_high",  "sequence",     "upper end of its 95 % interval (bootstrap over seeds)", SUM(solved_at_difference.high), 0},
    {"sequences_better",           "1",            "seeds with fewer sequences than the first scheme",      SUM(solved_at_difference.better), 1},
    {"sequences_equal",            "1",            "seeds with as many, or none solved",                    SUM(solved_at_difference.equal), 1},
    {"sequences_worse",            "1",            "seeds with more sequences than the first scheme",       SUM(solved_at_difference.worse), 1},
    {"cost_difference",            "bit/sequence", "median over seeds of cost less that of the first scheme", SUM(cost_difference.median), 0},
    {"cost_difference_low",        "bit/sequence", "lower end of its 95 % interval (bootstrap over seeds)", SUM(cost_difference.low), 0},
    {"cost_difference_high",       "bit/sequence", "upper end of its 95 % interval (bootstrap over seeds)", SUM(cost_difference.high), 0},
    {"cost_better",                "1",            "seeds with less cost than the first scheme",            SUM(cost_difference.better), 1},
    {"cost_equal",                 "1",            "seeds with as much",                                    SUM(cost_difference.equal), 1},
    {"cost_worse",                 "1",            "seeds with more cost than the first scheme",            SUM(cost_difference.worse), 1},
    {"cost_longer_difference",     "bit/sequence", "median over seeds of cost_longer less that of the first scheme", SUM(longer_difference.median), 0},
    {"cost_longer_difference_low", "bit/sequence", "lower end of its 95 % interval (bootstrap over seeds)", SUM(longer_difference.low), 0},
    {"cost_longer_difference_high", "bit/sequence", "upper end of its 95 % interval (bootstrap over seeds)", SUM(longer_difference.high), 0},
    {"cost_longer_better",         "1",            "seeds with less cost_longer than the first scheme",     SUM(longer_difference.better), 1},
    {"cost_longer_equal",          "1",            "seeds with as much",                                    SUM(longer_difference.equal), 1},
    {"cost_longer_worse",          "1",            "seeds with more cost_longer than the first scheme",     SUM(longer_difference.worse), 1},
};
static const struct quantity of_pairs[] = {
    {"parameters",     "1",    "learned numbers; 0: the scheme is not possible for the task", PAIR(parameters), 1},
};
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int put(const struct writer *w, const char *name, const struct eg_run_array *array)
{
    char path[128];
    snprintf(path, sizeof path, "/compare/%s", name);
    return eg_run_put(w->run, path, array, w->message);
}

/* Over (scheme, task) or (scheme, task, seed). */
static int put_quantities(const struct writer *w, const struct quantity *q, size_t n,
                          const void *from, size_t stride, int rank)
{
    const size_t pairs = w->c->n_schemes * w->c->n_tasks;
    const size_t count = rank == 3 ? pairs * eg_compare_seeds(w->c) : pairs;
    int64_t *whole = calloc(count, sizeof *whole);
    int ret = whole ? EG_OK : EG_FAIL(EG_ERR_NOMEM, w->message, "out of memory");
    for (size_t i = 0; i < n && !ret; i++) {
        for (size_t k = 0; k < count; k++) {
            const char *at = (const char *) from + k * stride + q[i].at;
            size_t size;
            memcpy(q[i].whole ? (void *) &size : (void *) &w->room[k], at, sizeof size);
            if (q[i].whole)
                whole[k] = (int64_t) size;
        }
        const struct eg_run_array array = {
            .units = q[i].units,
            .long_name = q[i].long_name,
            .type = q[i].whole ? EG_RUN_INT64 : EG_RUN_FLOAT64,
            .rank = rank,
            .dims = {w->c->n_schemes, w->c->n_tasks, eg_compare_seeds(w->c)},
            .axes = {{.name = "scheme"}, {.name = "task"}, {.name = "seed"}},
            .data = q[i].whole ? (const void *) whole : (const void *) w->room};
        ret = put(w, q[i].name, &array);
    }
    free(whole);
    return ret;
}
_Static_assert(sizeof(size_t) == sizeof(double), "quantities are copied as eight bytes");

static int put_axes(const struct writer *w)
{
    const size_t seeds = eg_compare_seeds(w->c);
    int64_t values[EG_COMPARE_SEEDS_MAX];
    for (size_t k = 0; k < seeds && k < EG_COMPARE_SEEDS_MAX; k++)
        values[k] = w->c->seed_first + (long) k;
    const struct eg_run_array seed = {.long_name = "seed of the runs",
                                      .type = EG_RUN_INT64,
                                      .rank = 1,
                                      .dims = {seeds},
                                      .axes = {{.name = "seed"}},
                                      .data = values};
    return put(w, "seed", &seed);
}

static int put_states(const struct writer *w)
{
    static const uint8_t values[EG_CELL_STATES] = {0, 1, 2, 3, 4, 5};
    const struct eg_compare_plan *p = w->plan;
    char words[128] = "";
    for (int k = 0; k < EG_CELL_STATES; k++) {
        const size_t n = strlen(words);
        snprintf(words + n, sizeof words - n, "%s%s", k ? " " : "", eg_compare_states[k]);
    }
    uint8_t *state = calloc(p->cells, 1), *matched = calloc(p->cells, 1);
    int ret = state && matched ? EG_OK : EG_FAIL(EG_ERR_NOMEM, w->message, "out of memory");
    for (size_t i = 0; i < p->cells && !ret; i++)
        state[i] = (uint8_t) p->results[i].state;
    struct eg_run_array array = {.long_name = "what is known of the cell",
                                 .type = EG_RUN_UINT8,
                                 .rank = 3,
                                 .dims = {w->c->n_schemes, w->c->n_tasks, eg_compare_seeds(w->c)},
                                 .axes = {{.name = "scheme"}, {.name = "task"}, {.name = "seed"}},
                                 .data = state,
                                 .flag_values = values,
                                 .n_flags = EG_CELL_STATES,
                                 .flag_meanings = words};
    if (!ret)
        ret = put(w, "state", &array);
    for (size_t i = 0; i < w->c->n_schemes * w->c->n_tasks && !ret; i++)
        matched[i] = p->pairs[i].matched != 0;
    array.long_name = "controller.size was chosen to match the parameters of the first scheme";
    array.rank = 2;
    array.data = matched;
    array.n_flags = 2;
    array.flag_meanings = "no yes";
    if (!ret)
        ret = put(w, "matched", &array);
    free(state);
    free(matched);
    return ret;
}

static int put_sizes(const struct writer *w)
{
    const struct eg_comparison *c = w->c;
    const size_t pairs = c->n_schemes * c->n_tasks;
    int64_t sizes[EG_COMPARE_SCHEMES_MAX * EG_COMPARE_TASKS_MAX];
    for (size_t i = 0; i < pairs; i++)
        sizes[i] = w->plan->pairs[i].size;
    const struct eg_run_array array = {.long_name = "controller.size; 0: the controller has none",
                                       .type = EG_RUN_INT64,
                                       .rank = 2,
                                       .dims = {c->n_schemes, c->n_tasks},
                                       .axes = {{.name = "scheme"}, {.name = "task"}},
                                       .data = sizes};
    return put(w, "controller_size", &array);
}

/* What a task is for all schemes, from the first that is possible. */
static int put_tasks(const struct writer *w)
{
    const struct eg_comparison *c = w->c;
    static const struct {
        const char *name, *units, *long_name;
    } what[] = {
        {"threshold", "bit/sequence", "cost under which a cell counts as solved (train.solved)"},
        {"budget", "sequence", "training sequences of a cell"},
        {"length_max", "1", "longest of the training"},
        {"longer", "1", "length evaluated beyond training; 0: none"},
        {"longer_repeats", "1", "repeats evaluated with it; 0: the task has none"},
    };
    double x[COUNT(what)][EG_COMPARE_TASKS_MAX] = {{0}};
    for (size_t t = 0; t < c->n_tasks; t++)
        for (size_t s = c->n_schemes; s-- > 0;) {
            const struct eg_compare_pair *pair = eg_compare_pair(w->plan, s, t);
            if (!pair->possible)
                continue;
            x[0][t] = pair->threshold;
            x[1][t] = (double) pair->budget;
            x[2][t] = (double) pair->length_max;
            x[3][t] = (double) pair->longer;
            x[4][t] = (double) pair->longer_repeats;
        }
    int ret = EG_OK;
    for (size_t k = 0; k < COUNT(what) && !ret; k++) {
        const struct eg_run_array array = {.units = what[k].units,
                                           .long_name = what[k].long_name,
                                           .type = EG_RUN_FLOAT64,
                                           .rank = 1,
                                           .dims = {c->n_tasks},
                                           .axes = {{.name = "task"}},
                                           .data = x[k]};
        ret = put(w, what[k].name, &array);
    }
    return ret;
}

/* The name of a run file as seen from the folder of the comparison file. */
static const char *from_folder(const struct eg_compare_plan *p, const char *path)
{
    const char *slash = strrchr(p->folder, '/');
    return slash ? path + (slash + 1 - p->folder) : path;
}

static int put_texts(const struct writer *w)
{
    const struct eg_comparison *c = w->c;
    static const struct {
        const char *path, *long_name;
    } texts[] = {
        {"/compare/scheme_name", "schemes, one a line"},
        {"/compare/task_name", "tasks, one a line"},
        {"/compare/scheme_options", "options of the schemes, a line each"},
        {"/compare/run_file", "run files of the cells, in the order (scheme, task, seed), as seen "
                              "from the folder of this file"},
        {"/compare/note", "what is said of a scheme and a task, in the order (scheme, task); empty "
                          "lines: nothing"},
    };
    char *text[COUNT(texts)] = {NULL};
    int ret = EG_OK;
    for (size_t k = 0; k < COUNT(texts) && !ret; k++) {
        size_t size;
        FILE *to = open_memstream(&text[k], &size);
        if (!to) {
            ret = EG_RAISE(EG_ERR_NOMEM);
            break;
        }
        for (size_t s = 0; s < c->n_schemes; s++) {
            if (k == 0)
                fprintf(to, "%s%s", s ? "\n" : "", c->schemes[s].label);
            for (size_t i = 0; k == 2 && i < c->schemes[s].n; i++)
                fprintf(to, "%s%s=%s", i ? " " : "", c->schemes[s].options[i].key,
                        c->schemes[s].options[i].value);
            if (k == 2 && s + 1 < c->n_schemes)
                fputc('\n', to);
            for (size_t t = 0; k >= 3 && t < c->n_tasks; t++) {
                if (k == 4)
                    fprintf(to, "%s%s", s + t ? "\n" : "",
                            eg_compare_pair(w->plan, s, t)->why.text);
                for (size_t i = 0; k == 3 && i < eg_compare_seeds(c); i++)
                    fprintf(to, "%s%s", s + t + i ? "\n" : "",
                            from_folder(w->plan, w->plan->runs[eg_compare_run(c, s, t, i)].path));
            }
        }
        for (size_t t = 0; k == 1 && t < c->n_tasks; t++)
            fprintf(to, "%s%s", t ? "\n" : "", c->tasks[t].label);
        if (fclose(to))
            ret = EG_RAISE(EG_ERR_NOMEM);
    }
    if (ret)
        EG_FAIL(ret, w->message, "out of memory");
    for (size_t k = 0; k < COUNT(texts) && !ret; k++)
        ret = eg_run_put_text(w->run, texts[k].path, texts[k].long_name, text[k], w->message);
    for (size_t k = 0; k < COUNT(texts); k++)
        free(text[k]);
    return ret;
}

static int put_head(const struct writer *w, const char *status)
{
    const struct eg_comparison *c = w->c;
    const struct {
        const char *path, *name, *text;
    } texts[] = {
        {"/", "name", c->name},
        {"/", "kind", "compare"},
        {"/", "default", "compare"},
        {"/", "status", status},
        {"/compare", "NX_class", "NXdata"},
        {"/compare", "signal", "sequences"},
        {"/compare", "match", eg_compare_matches[c->match]},
        {"/compare", "criterion",
         "solved: the cost at the end, on sizes of training, is under the threshold; sequences are "
         "counted up to the first report under it"},
    };
    int ret = eg_run_put_group(w->run, "/compare", w->message);
    for (size_t k = 0; k < COUNT(texts) && !ret; k++)
        ret = eg_run_put_attr_text(w->run, texts[k].path, texts[k].name, texts[k].text, w->message);
    if (!ret)
        ret = eg_run_put_attr_int(w->run, "/", "seed", c->seed_first, w->message);
    char *yaml = eg_compare_yaml(c);
    if (!ret)
        ret = yaml ? eg_run_put_text(w->run, "/config", "the comparison", yaml, w->message)
                   : EG_FAIL(EG_ERR_NOMEM, w->message, "out of memory");
    free(yaml);
    if (!ret)
        ret = eg_run_put_text(w->run, "/config_values/match",
                              "whether numbers of parameters are matched",
                              eg_compare_matches[c->match], w->message);
    if (!ret)
        ret = eg_run_put_int(w->run, "/config_values/seed_first", "1", "first seed", c->seed_first,
                             w->message);
    if (!ret)
        ret = eg_run_put_int(w->run, "/config_values/seed_last", "1", "last seed", c->seed_last,
                             w->message);
    if (!ret)
        ret = eg_recorder_provenance(w->run, eg_kernels_find("auto"), 1, w->plan->command,
                                     w->message);
    return ret;
}

/* Our own file of before is replaced, another thing is not. */
static int may_replace(const struct eg_compare_plan *p, struct eg_message *message)
{
    struct eg_run *run = NULL;
    char kind[32] = "";
    if (p->command->force || access(p->output, F_OK) != 0)
        return EG_OK;
    if (eg_run_open(&run, p->output, EG_RUN_READ, NULL) == EG_OK
        && eg_run_get_attr_text(run, "/", "kind", kind, sizeof kind, NULL) != EG_OK)
        kind[0] = '\0';
    eg_run_close(&run);
    return !strcmp(kind, "compare")
               ? EG_OK
               : EG_FAIL(EG_ERR_EXISTS, message,
                         "%s exists already, and is no comparison; --force replaces it", p->output);
}

int eg_compare_record(const struct eg_compare_plan *p, const char *status,
                      struct eg_message *message)
{
    const struct eg_comparison *c = p->comparison;
    struct writer w = {.plan = p, .c = c, .message = message};
    int ret = may_replace(p, message);
    if (ret)
        return ret;
    w.summaries = calloc(c->n_schemes * c->n_tasks, sizeof *w.summaries);
    w.room = calloc(p->cells, sizeof *w.room);
    ret = w.summaries && w.room ? EG_OK : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; i < c->n_schemes * c->n_tasks && !ret; i++)
        eg_compare_summarise(p->results, c->n_tasks, eg_compare_seeds(c), i / c->n_tasks,
                             i % c->n_tasks, &w.summaries[i]);
    if (!ret)
        ret = eg_run_create(&w.run, p->output, NULL, EG_RUN_LATER | EG_RUN_FORCE, message);
    if (!ret && !(ret = put_head(&w, status)) && !(ret = put_axes(&w)) && !(ret = put_texts(&w))
        && !(ret = put_quantities(&w, of_cells, COUNT(of_cells), p->results, sizeof *p->results, 3))
        && !(ret = put_quantities(&w, of_summaries, COUNT(of_summaries), w.summaries,
                                  sizeof *w.summaries, 2))
        && !(ret = put_quantities(&w, of_pairs, COUNT(of_pairs), p->pairs, sizeof *p->pairs, 2))
        && !(ret = put_sizes(&w)) && !(ret = put_tasks(&w)) && !(ret = put_states(&w)))
        ret = eg_run_save(w.run, 0, message);
    eg_run_close(&w.run);
    free(w.summaries);
    free(w.room);
    return ret;
}
