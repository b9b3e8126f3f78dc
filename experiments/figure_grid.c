#include "experiments/figure_grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* (size, load), and of basins (size, load, start). */
static int read_n(struct eg_grid *grid, struct eg_message *message)
{
    char path[64];
    struct eg_run_shape shape;
    snprintf(path, sizeof path, "%s/n", grid->group);
    if (!eg_run_exists(grid->run, path))
        return EG_OK;
    const int rc = eg_run_shape(grid->run, path, &shape, message);
    if (rc != EG_OK)
        return rc;
    return eg_grid_read(grid, "n", shape.rank == 3 ? 3 : 2, &grid->n, message);
}

int eg_grid_open(struct eg_grid *grid, struct eg_run *run, const char *group,
                 struct eg_message *message)
{
    *grid = (struct eg_grid){.run = run, .group = group};
    int rc = eg_figure_read(run, group, "size", 1, &grid->size, message);
    if (rc == EG_OK)
        rc = eg_figure_read(run, group, "load", 1, &grid->load, message);
    if (rc != EG_OK)
        goto out;
    grid->sizes = grid->size.count;
    grid->loads = grid->load.count;
    if (!grid->size.x || !grid->load.x || grid->sizes == 0 || grid->loads == 0) {
        rc =
            EG_FAIL(EG_ERR_MISSING, message, "%s: no %s was recorded", eg_run_path(run), group + 1);
        goto out;
    }
    rc = read_n(grid, message);
    char meaning[64], plain[96];
    eg_figure_plain(run, group, "load_meaning", "P / N", meaning, sizeof meaning);
    snprintf(plain, sizeof plain, "load %s", meaning);
    eg_chart_rich(grid->load_label, sizeof grid->load_label, plain);
out:
    if (rc != EG_OK)
        eg_grid_close(grid);
    return rc;
}

void eg_grid_close(struct eg_grid *grid)
{
    eg_figure_array_free(&grid->size);
    eg_figure_array_free(&grid->load);
    eg_figure_array_free(&grid->n);
}

int eg_grid_read(const struct eg_grid *grid, const char *name, int rank,
                 struct eg_figure_array *array, struct eg_message *message)
{
    const int rc = eg_figure_read(grid->run, grid->group, name, rank, array, message);
    if (rc != EG_OK || !array->x
        || (array->dims[0] == grid->sizes && array->dims[1] == grid->loads))
        return rc;
    const size_t has[2] = {array->dims[0], array->dims[1]};
    eg_figure_array_free(array);
    return EG_FAIL(
        EG_ERR_FORMAT, message, "%s: %s/%s is for %zu sizes and %zu loads; there are %zu and %zu",
        eg_run_path(grid->run), grid->group, name, has[0], has[1], grid->sizes, grid->loads);
}

int eg_grid_curve(const struct eg_grid *grid, const char *below, const char *x, const char *y,
                  struct eg_figure_array *at_x, struct eg_figure_array *at_y,
                  struct eg_message *message)
{
    char group[64];
    *at_y = (struct eg_figure_array){.x = NULL};
    snprintf(group, sizeof group, "%s/%s", grid->group, below);
    int rc = eg_figure_read(grid->run, group, x, 1, at_x, message);
    if (rc == EG_OK && at_x->x)
        rc = eg_figure_read(grid->run, group, y, 1, at_y, message);
    if (rc == EG_OK && at_x->x && at_y->x && at_x->count != at_y->count)
        rc = EG_FAIL(EG_ERR_FORMAT, message, "%s: %s and %s in %s differ in length",
                     eg_run_path(grid->run), x, y, group);
    if (rc != EG_OK || !at_y->x) {
        eg_figure_array_free(at_x);
        eg_figure_array_free(at_y);
    }
    return rc;
}

double eg_grid_n(const struct eg_grid *grid, size_t cell, size_t start)
{
    if (!grid->n.x)
        return NAN;
    const size_t starts = grid->n.rank == 3 ? grid->n.dims[2] : 1;
    const size_t at = grid->n.rank == 3 ? cell * starts + start : cell;
    return start < starts || grid->n.rank == 2 ? grid->n.x[at] : NAN;
}

const double *eg_grid_row(const struct eg_grid *grid, const struct eg_figure_array *array,
                          size_t size)
{
    return array->x ? array->x + size * grid->loads : NULL;
}

/* "40 networks a point", "12 to 40 networks a point"; "" where it is not known. */
static void say_n(const struct eg_grid *grid, char *words, size_t size)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < grid->n.count; i++)
        if (grid->n.x[i] > 0 && isfinite(grid->n.x[i])) {
            low = grid->n.x[i] < low ? grid->n.x[i] : low;
            high = grid->n.x[i] > high ? grid->n.x[i] : high;
        }
    words[0] = '\0';
    if (low < high)
        snprintf(words, size, "n = %.10g to %.10g networks a point", low, high);
    else if (low <= high)
        snprintf(words, size, "n = %.10g network%s a point", high, high > 1 ? "s" : "");
}

void eg_grid_caption(const struct eg_grid *grid, const char *bars, char *plain, size_t size)
{
    char network[160], criterion[EG_CHART_WORDS], n[96];
    eg_figure_network(grid->run, grid->group, network, sizeof network);
    eg_figure_plain(grid->run, grid->group, "criterion", "", criterion, sizeof criterion);
    say_n(grid, n, sizeof n);
    snprintf(plain, size, "%s%s%s%s%s%s%s%s", network, network[0] ? ". " : "",
             criterion[0] ? "Criterion: " : "", criterion, criterion[0] && n[0] ? "; " : "", n,
             !bars                  ? ""
             : criterion[0] || n[0] ? "; bars: "
                                    : "bars: ",
             bars ? bars : "");
    const size_t end = strlen(plain);
    if (end > 0 && end + 1 < size && plain[end - 1] != '.')
        memcpy(plain + end, ".", 2);
}

size_t eg_grid_largest(const struct eg_grid *grid, size_t most, size_t *at)
{
    size_t n = 0;
    for (size_t i = 0; i < grid->sizes; i++) {
        size_t larger = 0;
        for (size_t k = 0; k < grid->sizes; k++)
            larger +=
                grid->size.x[k] > grid->size.x[i] || (grid->size.x[k] == grid->size.x[i] && k < i);
        if (larger < most && n < most)
            at[n++] = i;
    }
    return n;
}

size_t eg_grid_drawn(const struct eg_grid *grid)
{
    return grid->sizes < EG_GRID_SIZES ? grid->sizes : EG_GRID_SIZES;
}

void eg_grid_size_keys(const struct eg_grid *grid, struct eg_grid_keys *keys)
{
    keys->n = 0;
    for (size_t k = 0; k < eg_grid_drawn(grid); k++) {
        snprintf(keys->names[k], sizeof keys->names[k], "N = %.10g", grid->size.x[k]);
        keys->keys[keys->n++] = (struct eg_key){.name = keys->names[k],
                                                .colour = eg_chart_colour(k),
                                                .mark = EG_MARK_POINT,
                                                .point = eg_chart_point(k)};
    }
}
