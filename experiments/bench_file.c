#include "experiments/bench_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/recorder.h"
#include "record/run.h"

#define GROUP "/bench"
#define DOCUMENT "--- # " /* begins a document of /config, and a line that says of which row */

enum { SLOTS, PRESET, BATCH, STEPS, SECONDS, STEP_SECONDS, TAPE_BYTES, THREADS, RUNS, COLUMNS };
/* clang-format off */
static const struct eg_run_column columns[COLUMNS] = {
    [SLOTS]        = {"slots",        "slot",       "slots of the memory",                                        EG_RUN_INT64},
    [PRESET]       = {"preset",       "1",          "line of preset_name, from 0",                                EG_RUN_INT64},
    [BATCH]        = {"batch",        "sequence",   "sequences of a batch",                                       EG_RUN_INT64},
    [STEPS]        = {"steps",        "step",       "steps of a sequence",                                        EG_RUN_INT64},
    [SECONDS]      = {"seconds",      "s/sequence", "time of a sequence, forward and backward: of a batch / batch", EG_RUN_FLOAT64},
    [STEP_SECONDS] = {"step_seconds", "s/step",     "time of a step of a sequence: seconds / steps",              EG_RUN_FLOAT64},
    [TAPE_BYTES]   = {"tape_bytes",   "byte",       "the most that the tapes of all threads hold",                EG_RUN_INT64},
    [THREADS]      = {"threads",      "1",          "threads",                                                    EG_RUN_INT64},
    [RUNS]         = {"runs",         "1",          "timed runs, whose median seconds is",                        EG_RUN_INT64},
};
/* clang-format on */

struct row {
    char *config;
    double x[COLUMNS];
};

struct eg_bench_file {
    const struct eg_command *command;
    struct eg_run *run;
    struct eg_run_table *table;
    struct row *rows; /* by preset, and of one by slots */
    char **presets;
    size_t n, room, n_presets;
    int changed; /* since it was opened */
};

/* --- rows in memory --- */

static int add_preset(struct eg_bench_file *f, const char *name, size_t length)
{
    char **presets = realloc(f->presets, (f->n_presets + 1) * sizeof *presets);
    if (!presets)
        return EG_RAISE(EG_ERR_NOMEM);
    f->presets = presets;
    presets[f->n_presets] = strndup(name, length);
    if (!presets[f->n_presets])
        return EG_RAISE(EG_ERR_NOMEM);
    for (char *c = presets[f->n_presets]; *c; c++)
        if (*c == '\n') /* names stand one a line */
            *c = ' ';
    f->n_presets++;
    return EG_OK;
}

static int find_preset(struct eg_bench_file *f, const char *name, size_t *at)
{
    for (*at = 0; *at < f->n_presets; ++*at)
        if (!strcmp(f->presets[*at], name))
            return EG_OK;
    return add_preset(f, name, strlen(name));
}

/* In place of the row of the same preset and size, or between its neighbours. */
static int insert(struct eg_bench_file *f, const double x[COLUMNS], const char *config,
                  size_t length)
{
    size_t at = 0;
    while (at < f->n
           && (f->rows[at].x[PRESET] < x[PRESET]
               || (f->rows[at].x[PRESET] == x[PRESET] && f->rows[at].x[SLOTS] < x[SLOTS])))
        at++;
    char *copy = strndup(config, length);
    if (!copy)
        return EG_RAISE(EG_ERR_NOMEM);
    const int there =
        at < f->n && f->rows[at].x[PRESET] == x[PRESET] && f->rows[at].x[SLOTS] == x[SLOTS];
    if (there) {
        free(f->rows[at].config);
    } else {
        if (f->n == f->room) {
            const size_t room = f->room ? 2 * f->room : 32;
            struct row *rows = realloc(f->rows, room * sizeof *rows);
            if (!rows) {
                free(copy);
                return EG_RAISE(EG_ERR_NOMEM);
            }
            f->rows = rows;
            f->room = room;
        }
        memmove(f->rows + at + 1, f->rows + at, (f->n - at) * sizeof *f->rows);
        f->n++;
    }
    f->rows[at].config = copy;
    memcpy(f->rows[at].x, x, sizeof f->rows[at].x);
    return EG_OK;
}

/* --- a file that is there --- */

static int check_row(const struct eg_bench_file *f, size_t i, const double x[COLUMNS],
                     struct eg_message *message)
{
    for (int k = 0; k < COLUMNS; k++) {
        const double least = k == PRESET ? 0 : k == SECONDS || k == STEP_SECONDS ? 1e-300 : 1;
        if (!isfinite(x[k]) || x[k] < least)
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: " GROUP "/%s is %g in row %zu",
                           f->command->output, columns[k].name, x[k], i);
    }
    if (x[PRESET] >= (double) f->n_presets)
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s: " GROUP "/preset is %g in row %zu; " GROUP "/preset_name has %zu lines",
                       f->command->output, x[PRESET], i, f->n_presets);
    return EG_OK;
}

/* The next document of /config from *at on, without its first line; NULL: there is none. */
static const char *next_document(const char **at, size_t *length)
{
    if (!*at || strncmp(*at, DOCUMENT, strlen(DOCUMENT)) != 0)
        return NULL;
    const char *line = strchr(*at, '\n'), *end = line ? strstr(line, "\n" DOCUMENT) : NULL;
    if (!line)
        return NULL;
    *length = end ? (size_t) (end - line) : strlen(line + 1);
    *at = end ? end + 1 : NULL;
    return line + 1;
}

static int read_rows(struct eg_bench_file *f, struct eg_message *message)
{
    double *x[COLUMNS] = {NULL};
    char *names = NULL, *configs = NULL;
    size_t n = 0;
    int ret =
        eg_run_table(f->run, &f->table, GROUP, columns, COLUMNS, "slots", "step_seconds", message);
    for (int k = 0; k < COLUMNS && !ret; k++) {
        char path[64];
        snprintf(path, sizeof path, GROUP "/%s", columns[k].name);
        ret = eg_run_get_column(f->run, path, &x[k], &n, message);
    }
    if (!ret)
        ret = eg_run_get_text(f->run, GROUP "/preset_name", &names, message);
    if (!ret)
        ret = eg_run_get_text(f->run, "/config", &configs, message);
    for (const char *at = names; !ret && at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        ret = add_preset(f, at, strcspn(at, "\n"));
    const char *document = configs;
    for (size_t i = 0; i < n && !ret; i++) {
        double row[COLUMNS];
        for (int k = 0; k < COLUMNS; k++)
            row[k] = x[k][i];
        ret = check_row(f, i, row, message);
        size_t length = 0;
        const char *config = ret ? NULL : next_document(&document, &length);
        if (!ret && !config)
            ret = EG_FAIL(EG_ERR_FORMAT, message,
                          "%s: /config has %zu documents; " GROUP " has %zu rows",
                          f->command->output, i, n);
        if (!ret)
            ret = insert(f, row, config, length);
    }
    for (int k = 0; k < COLUMNS; k++)
        free(x[k]);
    free(names);
    free(configs);
    return ret;
}

/* What is there is ours, and was measured on a processor like this one. */
static int check_file(struct eg_bench_file *f, struct eg_message *message)
{
    const char *path = f->command->output;
    char kind[64] = "", here[256], *there = NULL;
    if (eg_run_get_attr_text(f->run, "/", "kind", kind, sizeof kind, NULL) != EG_OK)
        kind[0] = '\0';
    if (strcmp(kind, "bench") != 0)
        return EG_FAIL(EG_ERR_EXISTS, message,
                       "%s exists already, and is no file of engram bench --slots; --force "
                       "replaces it",
                       path);
    int ret = eg_run_get_text(f->run, "/provenance/cpu", &there, message);
    eg_recorder_cpu(here, sizeof here);
    if (!ret && strcmp(here, there) != 0)
        ret =
            EG_FAIL(EG_ERR_EXISTS, message,
                    "%s was measured on another processor, %s; this one is %s. Keep it in another "
                    "file, or --force replaces it",
                    path, there, here);
    free(there);
    return ret;
}

static int read_file(struct eg_bench_file *f, struct eg_message *message)
{
    struct eg_message why = {{0}};
    struct eg_run *trial = NULL;
    int ret = eg_run_open(&f->run, f->command->output, EG_RUN_UPDATE, &why);
    if (ret == EG_ERR_FORMAT)
        return EG_FAIL(EG_ERR_EXISTS, message, "%s; --force replaces it", why.text);
    if (ret)
        return EG_FAIL(ret, message, "%s", why.text);
    if (!(ret = check_file(f, message)) && !(ret = read_rows(f, message)))
        /* Nothing is written yet: only whether it could be. */
        ret = eg_run_create(&trial, f->command->output, NULL, EG_RUN_LATER | EG_RUN_FORCE, message);
    eg_run_close(&trial);
    return ret;
}

int eg_bench_open(struct eg_bench_file **file, const struct eg_command *command,
                  struct eg_message *message)
{
    struct eg_bench_file *f = *file = calloc(1, sizeof *f);
    if (!f)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    f->command = command;
    int ret;
    if (!command->force && access(command->output, F_OK) == 0) {
        ret = read_file(f, message);
    } else {
        ret = eg_run_create(&f->run, command->output, NULL,
                            EG_RUN_LATER | (command->force ? EG_RUN_FORCE : 0), message);
        if (!ret)
            ret = eg_run_table(f->run, &f->table, GROUP, columns, COLUMNS, "slots", "step_seconds",
                               message);
    }
    if (ret == EG_ERR_NOMEM)
        EG_FAIL(ret, message, "out of memory");
    if (ret)
        eg_bench_close(file);
    return ret;
}

void eg_bench_close(struct eg_bench_file **file)
{
    struct eg_bench_file *f = *file;
    if (!f)
        return;
    eg_run_close(&f->run);
    for (size_t i = 0; i < f->n; i++)
        free(f->rows[i].config);
    for (size_t i = 0; i < f->n_presets; i++)
        free(f->presets[i]);
    free(f->rows);
    free(f->presets);
    free(f);
    *file = NULL;
}

size_t eg_bench_rows(const struct eg_bench_file *file)
{
    return file->n;
}

/* --- from memory to disk --- */

/* Presets one a line, or with commas between; and the configurations. */
static int put_texts(struct eg_bench_file *f, struct eg_message *message)
{
    char *lines = NULL, *name = NULL, *configs = NULL;
    size_t sizes[3];
    int ret = EG_OK;
    FILE *to[3] = {open_memstream(&lines, &sizes[0]), open_memstream(&name, &sizes[1]),
                   open_memstream(&configs, &sizes[2])};
    for (size_t i = 0; i < f->n_presets && to[0] && to[1]; i++) {
        fprintf(to[0], "%s%s", i ? "\n" : "", f->presets[i]);
        fprintf(to[1], "%s%s", i ? ", " : "", f->presets[i]);
    }
    for (size_t i = 0; i < f->n && to[2]; i++) {
        const struct row *r = &f->rows[i];
        const size_t n = strlen(r->config);
        fprintf(to[2], DOCUMENT "%s, %.0f slots\n%s%s", f->presets[(size_t) r->x[PRESET]],
                r->x[SLOTS], r->config, n && r->config[n - 1] == '\n' ? "" : "\n");
    }
    for (int k = 0; k < 3; k++)
        if (!to[k] || fclose(to[k]))
            ret = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    if (!ret)
        ret = eg_run_put_text(f->run, GROUP "/preset_name", "presets, one a line", lines, message);
    if (!ret)
        ret = eg_run_put_attr_text(f->run, "/", "name", name, message);
    if (!ret)
        ret = eg_run_put_text(f->run, "/config",
                              "effective configuration of every row of " GROUP
                              ", one YAML document each",
                              configs, message);
    free(lines);
    free(name);
    free(configs);
    return ret;
}

static int put_status(struct eg_bench_file *f, const char *status, const char *reason,
                      struct eg_message *message)
{
    const int ret = eg_run_put_attr_text(f->run, "/", "status", status, message);
    return ret ? ret : eg_run_put_attr_text(f->run, "/", "status_reason", reason, message);
}

static int put_head(struct eg_bench_file *f, const struct eg_kernels *kernels, int threads,
                    long seed, struct eg_message *message)
{
    static const char *const texts[][3] = {
        {"/", "kind", "bench"},
        {"/", "default", "bench"},
        {GROUP, "criterion",
         "forward and backward of a batch of the longest training sequences, without the step of "
         "the optimiser; the median of the runs"},
    };
    int ret = EG_OK;
    for (size_t k = 0; k < sizeof texts / sizeof *texts && !ret; k++)
        ret = eg_run_put_attr_text(f->run, texts[k][0], texts[k][1], texts[k][2], message);
    if (!ret)
        ret = eg_run_put_attr_int(f->run, "/", "seed", seed, message);
    if (!ret)
        ret = eg_run_put_int(f->run, "/config_values/runs", "1", "most runs of a row",
                             EG_BENCH_RUNS, message);
    if (!ret)
        ret = eg_run_put_real(f->run, "/config_values/run_seconds", "s", "least time of a run",
                              EG_BENCH_RUN_SECONDS, message);
    if (!ret)
        ret = eg_run_put_real(f->run, "/config_values/all_seconds", "s",
                              "time of a row after which no run begins", EG_BENCH_ALL_SECONDS,
                              message);
    return ret ? ret : eg_recorder_provenance(f->run, kernels, threads, f->command, message);
}

int eg_bench_put(struct eg_bench_file *f, const struct eg_bench_row *row,
                 const struct eg_kernels *kernels, long seed, struct eg_message *message)
{
    size_t preset;
    int ret = find_preset(f, row->preset, &preset);
    const double steps = (double) row->steps;
    const double x[COLUMNS] = {
        [SLOTS] = (double) row->slots,
        [PRESET] = (double) preset,
        [BATCH] = (double) row->batch,
        [STEPS] = steps,
        [SECONDS] = row->seconds,
        [STEP_SECONDS] = row->seconds / steps,
        [TAPE_BYTES] = (double) row->tape_bytes,
        [THREADS] = (double) row->threads,
        [RUNS] = (double) row->runs,
    };
    if (!ret)
        ret = insert(f, x, row->config, strlen(row->config));
    if (ret)
        return EG_FAIL(ret, message, "out of memory");
    if (!f->changed) /* what is not of a row is that of the last call */
        ret = put_head(f, kernels, row->threads, seed, message);
    f->changed = 1;
    if (!ret)
        ret = eg_run_cut(f->table, 0, message);
    for (size_t i = 0; i < f->n && !ret; i++)
        ret = eg_run_append(f->table, f->rows[i].x, message);
    if (!ret && !(ret = put_texts(f, message)) && !(ret = put_status(f, "running", "", message)))
        ret = eg_run_save(f->run, 0, message);
    return ret;
}

int eg_bench_end(struct eg_bench_file *f, const char *status, const char *reason,
                 struct eg_message *message)
{
    if (!f->changed)
        return EG_OK;
    const int ret = put_status(f, status, reason, message);
    return ret ? ret : eg_run_save(f->run, 0, message);
}
