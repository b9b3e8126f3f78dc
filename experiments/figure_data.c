#include "experiments/figure_data.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 1024 };

static int join(char path[PATH_SIZE], const char *group, const char *name,
                struct eg_message *message)
{
    const int n = snprintf(path, PATH_SIZE, "%s/%s", group, name);
    if (n < 0 || n >= PATH_SIZE)
        return EG_FAIL(EG_ERR_FORMAT, message, "a name in %s is too long", group);
    return EG_OK;
}

int eg_figure_read(struct eg_run *run, const char *group, const char *name, int rank,
                   struct eg_figure_array *array, struct eg_message *message)
{
    *array = (struct eg_figure_array){.x = NULL};
    char path[PATH_SIZE];
    int rc = join(path, group, name, message);
    if (rc != EG_OK || !eg_run_exists(run, path))
        return rc;
    struct eg_run_shape shape;
    rc = eg_run_shape(run, path, &shape, message);
    if (rc != EG_OK)
        return rc;
    if (shape.rank != rank || shape.type == EG_RUN_TEXT)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s should be numbers with %d axes",
                       eg_run_path(run), path, rank);
    if (shape.count > SIZE_MAX / sizeof(double))
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: %s is too large", eg_run_path(run), path);
    double *x = malloc(shape.count > 0 ? shape.count * sizeof *x : 1);
    if (!x)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory for %s", path);
    rc = eg_run_get(run, path, EG_RUN_FLOAT64, x, shape.count, message);
    if (rc != EG_OK) {
        free(x);
        return rc;
    }
    array->x = x;
    array->rank = shape.rank;
    array->count = shape.count;
    memcpy(array->dims, shape.dims, sizeof array->dims);
    return EG_OK;
}

void eg_figure_array_free(struct eg_figure_array *array)
{
    free(array->x);
    *array = (struct eg_figure_array){.x = NULL};
}

double eg_figure_number(struct eg_run *run, const char *path, double otherwise)
{
    double x;
    if (!eg_run_exists(run, path) || eg_run_get_real(run, path, &x, NULL) != EG_OK)
        return otherwise;
    return x;
}

double eg_figure_attribute(struct eg_run *run, const char *path, const char *name, double otherwise)
{
    double x;
    if (!eg_run_exists(run, path) || eg_run_get_attr_real(run, path, name, &x, NULL) != EG_OK)
        return otherwise;
    return x;
}

double eg_figure_threshold(struct eg_run *run)
{
    const double solved = eg_figure_number(run, "/config_values/train/solved", 0.01);
    const double x = eg_figure_attribute(run, "/train/cost", "threshold", solved);
    return x >= 0 && isfinite(x) ? x : 0.01;
}

double eg_figure_optimum(struct eg_run *run)
{
    double optimum = eg_figure_attribute(run, "/train/cost", "optimum", NAN);
    struct eg_figure_array length, least, split;
    if (isfinite(optimum))
        return optimum;
    if (eg_figure_read(run, "/evaluate", "length", 1, &length, NULL) != EG_OK)
        return NAN;
    if (eg_figure_read(run, "/evaluate", "split", 1, &split, NULL) != EG_OK)
        split = (struct eg_figure_array){.x = NULL};
    if (eg_figure_read(run, "/evaluate", "optimum", 1, &least, NULL) == EG_OK) {
        for (size_t i = 0; length.x && least.x && i < length.count && i < least.count; i++)
            if (length.x[i] == 0 && !(split.x && i < split.count && split.x[i] > 0))
                optimum = least.x[i]; /* sizes mixed as in training */
        eg_figure_array_free(&least);
    }
    eg_figure_array_free(&length);
    eg_figure_array_free(&split);
    return optimum;
}

/* A run file may come from anywhere, and gnuplot runs what stands between backquotes; its text
 * markup must not see these words either. */
static int harmless(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || (c != '\0' && strchr(" /.,:%()+-*!", c));
}

void eg_figure_words(struct eg_run *run, const char *path, const char *name, const char *otherwise,
                     char *words, size_t size)
{
    char text[256];
    const char *from = otherwise;
    if (eg_run_exists(run, path)
        && eg_run_get_attr_text(run, path, name, text, sizeof text, NULL) == EG_OK)
        from = text;
    size_t n = 0;
    for (; *from && n + 1 < size; from++)
        if (harmless(*from))
            words[n++] = *from;
    words[n] = '\0';
}

int eg_figure_probe_read(struct eg_run *run, const struct eg_figure_probe *probe, const char *name,
                         int rank, struct eg_figure_array *array, struct eg_message *message)
{
    const int rc = eg_figure_read(run, probe->group, name, rank, array, message);
    if (rc != EG_OK || !array->x || array->dims[0] == probe->steps)
        return rc;
    eg_figure_array_free(array);
    return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s/%s is not as long as the sequence",
                   eg_run_path(run), probe->group, name);
}

int eg_figure_probe_open(struct eg_run *run, const char *group, struct eg_figure_probe *probe,
                         struct eg_message *message)
{
    *probe = (struct eg_figure_probe){.group = group, .run = eg_run_path(run)};
    struct eg_figure_array array;
    int rc = eg_figure_read(run, group, "input", 2, &array, message);
    if (rc != EG_OK)
        return rc;
    if (!array.x)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no input", probe->run, group);
    probe->steps = array.dims[0];
    eg_figure_array_free(&array);
    if (probe->steps == 0)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s has no steps", probe->run, group);

    rc = eg_figure_probe_read(run, probe, "time", 1, &array, message);
    if (rc != EG_OK)
        return rc;
    probe->start = array.x && isfinite(array.x[0]) ? array.x[0] : 0;
    eg_figure_array_free(&array);

    rc = eg_figure_probe_read(run, probe, "phase", 1, &array, message);
    if (rc != EG_OK)
        return rc;
    probe->phase = array.x;
    rc = eg_figure_probe_read(run, probe, "mask", 1, &array, message);
    if (rc != EG_OK) {
        eg_figure_probe_close(probe);
        return rc;
    }
    probe->mask = array.x;

    char path[PATH_SIZE];
    rc = join(path, group, "phase", message);
    if (rc != EG_OK) {
        eg_figure_probe_close(probe);
        return rc;
    }
    eg_figure_words(run, path, "flag_meanings", "input delimiter output", probe->meanings,
                    sizeof probe->meanings);
    return EG_OK;
}

void eg_figure_probe_close(struct eg_figure_probe *probe)
{
    free(probe->phase);
    free(probe->mask);
    probe->phase = probe->mask = NULL;
}

void eg_figure_phase_name(const struct eg_figure_probe *probe, size_t t, char *name, size_t size)
{
    name[0] = '\0';
    if (!probe->phase || !(probe->phase[t] >= 0) || probe->phase[t] > 255)
        return;
    const char *word = probe->meanings;
    for (int k = (int) probe->phase[t]; k > 0 && *word; k--) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    const size_t n = strcspn(word, " ");
    if (n < size) {
        memcpy(name, word, n);
        name[n] = '\0';
    }
}

size_t eg_figure_phase_end(const struct eg_figure_probe *probe, size_t t)
{
    size_t end = t + 1;
    while (end < probe->steps && (!probe->phase || probe->phase[end] == probe->phase[t]))
        end++;
    return end;
}
