#include "experiments/figure_comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names, one a line, as labels; how many. */
static size_t split(const char *text, char names[][64])
{
    size_t n = 0;
    for (const char *line = text; n < EG_COMPARISON_NAMES;) {
        const size_t length = strcspn(line, "\n");
        char whole[256];
        snprintf(whole, sizeof whole, "%.*s", (int) (length < 255 ? length : 255), line);
        eg_chart_plain(names[n], sizeof names[n], whole);
        for (char *c = names[n]; *c; c++) /* these would raise or lower what follows */
            if (*c == '_' || *c == '^')
                *c = ' ';
        n++;
        if (!line[length])
            break;
        line += length + 1;
    }
    return n;
}

int eg_comparison_open(struct eg_comparison_file *f, struct eg_run *run, struct eg_message *message)
{
    char *schemes = NULL, *tasks = NULL;
    *f = (struct eg_comparison_file){.run = run};
    if (!eg_run_exists(run, "/compare"))
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no comparison of schemes", eg_run_path(run));
    int ret = eg_figure_read(run, "/compare", "seed", 1, &f->seed, message);
    if (!ret && !f->seed.x)
        ret = EG_FAIL(EG_ERR_FORMAT, message, "%s: /compare has no seeds", eg_run_path(run));
    if (!ret)
        ret = eg_run_get_text(run, "/compare/scheme_name", &schemes, message);
    if (!ret)
        ret = eg_run_get_text(run, "/compare/task_name", &tasks, message);
    if (!ret)
        ret = eg_run_get_text(run, "/compare/run_file", &f->run_files, message);
    if (!ret) {
        f->seeds = f->seed.count;
        f->schemes = split(schemes, f->scheme);
        f->tasks = split(tasks, f->task);
        const char *path = eg_run_path(run), *slash = strrchr(path, '/');
        const size_t n = slash ? (size_t) (slash + 1 - path) : 0;
        f->folder = malloc(n + 1);
        if (f->folder)
            snprintf(f->folder, n + 1, "%s", path);
        else
            ret = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    }
    free(schemes);
    free(tasks);
    return ret;
}

void eg_comparison_close(struct eg_comparison_file *f)
{
    eg_figure_array_free(&f->seed);
    free(f->run_files);
    free(f->folder);
    f->run_files = f->folder = NULL;
}

int eg_comparison_read(const struct eg_comparison_file *f, const char *name, int rank,
                       struct eg_figure_array *array, struct eg_message *message)
{
    const int ret = eg_figure_read(f->run, "/compare", name, rank, array, message);
    const size_t of_task[] = {f->tasks}, of_cell[] = {f->schemes, f->tasks, f->seeds};
    const size_t *dims = rank == 1 ? of_task : of_cell;
    if (ret)
        return ret;
    for (int k = 0; k < rank; k++)
        if (!array->x || array->dims[k] != dims[k]) {
            eg_figure_array_free(array);
            return EG_FAIL(EG_ERR_FORMAT, message,
                           "%s: /compare/%s is not there, or not of as many schemes, tasks and "
                           "seeds as the file has",
                           eg_run_path(f->run), name);
        }
    return EG_OK;
}

void eg_comparison_path(const struct eg_comparison_file *f, size_t scheme, size_t task, size_t seed,
                        char *path, size_t size)
{
    const char *line = f->run_files;
    path[0] = '\0';
    for (size_t k = (scheme * f->tasks + task) * f->seeds + seed; k > 0; k--) {
        line = strchr(line, '\n');
        if (!line++)
            return;
    }
    const int n = snprintf(path, size, "%s%.*s", line[0] == '/' ? "" : f->folder,
                           (int) strcspn(line, "\n"), line);
    if (n < 0 || (size_t) n >= size)
        path[0] = '\0';
}
