#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/seeds.h"

/* The first row of /train under the threshold.  A run that is solved in the end and in no row was
 * solved at its end. */
static int first_solved(struct eg_run *run, double threshold, struct eg_outcome *o,
                        struct eg_message *message)
{
    double *sequences = NULL, *cost = NULL;
    size_t n = 0, m = 0;
    int ret = eg_run_get_column(run, "/train/sequences", &sequences, &n, message);
    if (!ret)
        ret = eg_run_get_column(run, "/train/cost", &cost, &m, message);
    for (size_t i = 0; !ret && i < n && i < m && !o->solved; i++)
        if (cost[i] < threshold || (i + 1 == n && o->cost < threshold))
            o->solved = (uint64_t) sequences[i];
    free(sequences);
    free(cost);
    return ret;
}

/* A column that not every file has; *values stays NULL where there is none. */
static int optional(struct eg_run *run, const char *path, double **values, size_t *fewest,
                    struct eg_message *message)
{
    size_t n = 0;
    if (!eg_run_exists(run, path))
        return EG_OK;
    const int ret = eg_run_get_column(run, path, values, &n, message);
    *fewest = n < *fewest ? n : *fewest;
    return ret;
}

/* The rows of /evaluate at the last step. */
static int evaluations(struct eg_run *run, struct eg_outcome *o, struct eg_message *message)
{
    static const char *const names[] = {
        "step", "length",         "mean",       "standard_error",
        "n",    "exact_fraction", "wrong_bits", "wrong_bits_standard_error"};
    enum { N = sizeof names / sizeof names[0] };
    double *column[N] = {NULL}, *split = NULL, *group = NULL, *chance = NULL, *optimum = NULL;
    double *repeats = NULL;
    size_t n = 0, fewest = SIZE_MAX;
    int ret = EG_OK;
    for (size_t k = 0; k < N && !ret; k++) {
        char path[64];
        snprintf(path, sizeof path, "/evaluate/%s", names[k]);
        ret = eg_run_get_column(run, path, &column[k], &n, message);
        fewest = n < fewest ? n : fewest;
    }
    if (!ret)
        ret = optional(run, "/evaluate/repeats", &repeats, &fewest, message);
    if (!ret)
        ret = optional(run, "/evaluate/split", &split, &fewest, message);
    if (!ret)
        ret = optional(run, "/evaluate/group", &group, &fewest, message);
    if (!ret)
        ret = optional(run, "/evaluate/chance", &chance, &fewest, message);
    if (!ret)
        ret = optional(run, "/evaluate/optimum", &optimum, &fewest, message);
    for (size_t i = 0; !ret && i < fewest; i++) {
        const enum eg_split of = split ? (enum eg_split) split[i] : EG_SPLIT_TRAINING;
        if (column[0][i] < column[0][fewest - 1] || o->lengths > EG_CONDITIONS_MAX)
            continue;
        o->by_length[o->lengths++] =
            (struct eg_evaluation){.split = of,
                                   .group = group ? (size_t) group[i] : 0,
                                   .length = (size_t) column[1][i],
                                   .repeats = repeats ? (size_t) repeats[i] : 0,
                                   .mean = column[2][i],
                                   .standard_error = column[3][i],
                                   .n = (size_t) column[4][i],
                                   .exact = column[5][i],
                                   .wrong = column[6][i],
                                   .wrong_error = column[7][i],
                                   .chance = chance ? chance[i] : NAN,
                                   .optimum = optimum ? optimum[i] : NAN};
        if (column[1][i] == 0 && of == EG_SPLIT_TRAINING && !(group && group[i] > 0))
            o->cost = column[2][i];
    }
    for (size_t k = 0; k < N; k++)
        free(column[k]);
    free(repeats);
    free(split);
    free(group);
    free(chance);
    free(optimum);
    return ret;
}

int eg_seeds_read(struct eg_seed_run *r, double threshold, struct eg_message *message)
{
    struct eg_run *run = NULL;
    char status[64];
    r->outcome = (struct eg_outcome){.cost = NAN};
    r->ended = 0;
    int ret = eg_run_open(&run, r->path, EG_RUN_READ, message);
    if (!ret)
        ret = eg_run_get_attr_text(run, "/", "status", status, sizeof status, message);
    const int diverged = !ret && !strcmp(status, "diverged");
    r->ended = diverged || (!ret && !strcmp(status, "done"));
    r->outcome.exit = diverged ? EG_EXIT_DIVERGED : EG_EXIT_DONE;
    if (r->ended && !diverged)
        ret = evaluations(run, &r->outcome, message);
    if (r->ended && !ret)
        ret = first_solved(run, threshold, &r->outcome, message);
    if (r->ended && !ret)
        ret = eg_run_get_real(run, "/provenance/training_seconds", &r->outcome.seconds, message);
    eg_run_close(&run);
    return ret;
}

struct lines {
    FILE *to;
};

static int line(void *context, const char *key, const struct eg_option *row, const void *value)
{
    char text[2048];
    eg_option_print(text, sizeof text, row, value);
    return fprintf(((struct lines *) context)->to, "%s = %s\n", key, text) < 0;
}

/* A line an option.  NULL when out of memory. */
static char *options_of(const struct eg_config *config)
{
    char *text = NULL;
    size_t size;
    struct lines lines = {open_memstream(&text, &size)};
    if (!lines.to)
        return NULL;
    const int bad = eg_config_walk(config, line, &lines);
    if (fclose(lines.to) || bad) {
        free(text);
        return NULL;
    }
    return text;
}

/* EG_ERR_EXISTS names the first line that differs. */
static int compare(const char *path, const char *has, const char *wanted,
                   struct eg_message *message)
{
    while (*has && *wanted) {
        const size_t n = strcspn(has, "\n"), m = strcspn(wanted, "\n");
        if (n != m || strncmp(has, wanted, n) != 0)
            break;
        has += n + (has[n] == '\n');
        wanted += m + (wanted[m] == '\n');
    }
    if (!*has && !*wanted)
        return EG_OK;
    return EG_FAIL(EG_ERR_EXISTS, message,
                   "%s exists already, of another configuration: %.*s there, %.*s here; --force "
                   "replaces it",
                   path, (int) strcspn(has, "\n"), has, (int) strcspn(wanted, "\n"), wanted);
}

int eg_seeds_look(struct eg_seed_run *r, const struct eg_experiment *wanted,
                  struct eg_message *message)
{
    struct eg_run *run = NULL;
    struct eg_experiment *e = NULL;
    struct eg_message why = {{0}};
    char *yaml = NULL, *has = NULL, *want = NULL;
    r->state = EG_SEED_NEW;
    if (access(r->path, F_OK) != 0)
        return EG_OK;
    int ret = eg_run_open(&run, r->path, EG_RUN_READ, &why);
    if (!ret)
        ret = eg_recorder_config(run, &yaml, &why);
    eg_run_close(&run);
    if (!ret && !(e = calloc(1, sizeof *e)))
        ret = EG_FAIL(EG_ERR_NOMEM, &why, "out of memory");
    if (!ret)
        ret = eg_experiment_init(e, r->path, yaml, NULL, 0, -1, &why);
    if (ret) {
        ret = EG_FAIL(EG_ERR_EXISTS, message,
                      "%s exists already, and is no run that could be counted (%s); --force "
                      "replaces it",
                      r->path, why.text);
    } else {
        has = options_of(e->config);
        want = options_of(wanted->config);
        ret = has && want ? compare(r->path, has, want, message)
                          : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    }
    if (!ret && !(ret = eg_seeds_read(r, wanted->train.solved, message)))
        r->state = r->ended ? EG_SEED_KEPT : EG_SEED_GO_ON;
    if (e)
        eg_experiment_free(e);
    free(e);
    free(yaml);
    free(has);
    free(want);
    return ret;
}
