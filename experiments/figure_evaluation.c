#include "experiments/figure_evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum column { STEP, LENGTH, REPEATS, MEAN, ERROR, N, EXACT, WRONG, WRONG_ERROR, OPTIMUM, COLUMNS };

static const char *const names[COLUMNS] = {
    [STEP] = "step",
    [LENGTH] = "length",
    [REPEATS] = "repeats",
    [MEAN] = "mean",
    [ERROR] = "standard_error",
    [N] = "n",
    [EXACT] = "exact_fraction",
    [WRONG] = "wrong_bits",
    [WRONG_ERROR] = "wrong_bits_standard_error",
    [OPTIMUM] = "optimum",
};

/* The interval of a fraction p of n, one standard error wide: Wilson's, which does not shrink to
 * nothing where all were right (Brown, Cai & DasGupta 2001, Statist. Sci. 16, 101). */
static void wilson(double p, double n, double *low, double *high)
{
    const double middle = (p + 0.5 / n) / (1 + 1 / n);
    const double half = sqrt(p * (1 - p) / n + 0.25 / (n * n)) / (1 + 1 / n);
    *low = middle - half < p ? middle - half : p;
    *high = middle + half > p ? middle + half : p;
}

static int by_size(const void *a, const void *b)
{
    const struct eg_evaluated *x = a, *y = b;
    for (int m = 0; m < EG_MEASURES; m++)
        if (x->size[m] != y->size[m])
            return x->size[m] > y->size[m] ? 1 : -1;
    return 0;
}

static double at(const struct eg_figure_array *column, size_t i, double otherwise)
{
    return column->x ? column->x[i] : otherwise;
}

static struct eg_evaluated make_point(const struct eg_figure_array *columns, size_t row)
{
    struct eg_evaluated p = {
        .size = {at(&columns[LENGTH], row, NAN), at(&columns[REPEATS], row, 0)},
        .n = at(&columns[N], row, NAN),
        .optimum = at(&columns[OPTIMUM], row, NAN),
        .y = {at(&columns[MEAN], row, NAN), at(&columns[WRONG], row, NAN),
              at(&columns[EXACT], row, NAN)},
        .error = {at(&columns[ERROR], row, NAN), at(&columns[WRONG_ERROR], row, NAN), NAN},
    };
    for (int q = 0; q < EG_QUANTITIES; q++) {
        p.low[q] = p.y[q] - p.error[q];
        p.high[q] = p.y[q] + p.error[q];
    }
    const double exact = p.y[EG_EXACT_FRACTION];
    if (p.n > 0 && exact >= 0 && exact <= 1)
        wilson(exact, p.n, &p.low[EG_EXACT_FRACTION], &p.high[EG_EXACT_FRACTION]);
    return p;
}

/* Of several evaluations the last one counts, and of several rows for one size the last. */
static void choose_points(struct eg_figure_evaluation *e, const struct eg_figure_array *columns,
                          size_t rows)
{
    e->step = NAN;
    for (size_t i = 0; columns[STEP].x && i < rows; i++)
        if (!(e->step >= columns[STEP].x[i]))
            e->step = columns[STEP].x[i];
    for (size_t i = 0; i < rows; i++) {
        if (columns[STEP].x && columns[STEP].x[i] != e->step)
            continue;
        const struct eg_evaluated p = make_point(columns, i);
        if (!isfinite(p.size[EG_BY_LENGTH]) || p.size[EG_BY_LENGTH] <= 0
            || !isfinite(p.size[EG_BY_REPEATS]))
            continue; /* length 0: sizes mixed as in training */
        size_t k = 0;
        while (k < e->n && by_size(&e->points[k], &p) != 0)
            k++;
        e->points[k] = p;
        if (k == e->n)
            e->n++;
    }
    qsort(e->points, e->n, sizeof *e->points, by_size);
}

/* What a measure counts: its attribute `counts`, or else its unit. */
static void read_units(struct eg_figure_evaluation *e, struct eg_run *run, enum eg_measure m)
{
    static const char *const paths[] = {"/evaluate/length", "/evaluate/repeats"};
    char unit[sizeof e->units[0]];
    eg_figure_words(run, paths[m], "units", m == EG_BY_LENGTH ? "step" : "1", unit, sizeof unit);
    eg_figure_words(run, paths[m], "counts", unit, e->units[m], sizeof e->units[m]);
}

int eg_figure_evaluation(struct eg_figure_evaluation *e, struct eg_run *run,
                         struct eg_message *message)
{
    struct eg_figure_array columns[COLUMNS] = {{.x = NULL}};
    int rc = EG_OK;
    *e = (struct eg_figure_evaluation){.points = NULL};
    for (int c = 0; c < COLUMNS; c++)
        if ((rc = eg_figure_read(run, "/evaluate", names[c], 1, &columns[c], message)) != EG_OK)
            goto out;
    const size_t rows = columns[LENGTH].count;
    if (!columns[LENGTH].x || !columns[MEAN].x || rows == 0) {
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: no evaluation was recorded", eg_run_path(run));
        goto out;
    }
    for (int c = 0; c < COLUMNS; c++)
        if (columns[c].x && columns[c].count != rows) {
            rc = EG_FAIL(EG_ERR_FORMAT, message, "%s: columns of /evaluate differ in length",
                         eg_run_path(run));
            goto out;
        }
    e->points = calloc(rows, sizeof *e->points);
    if (!e->points) {
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        goto out;
    }
    choose_points(e, columns, rows);
    if (e->n == 0)
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: the evaluation has no length", eg_run_path(run));
    e->threshold = eg_figure_threshold(run);
    e->optimum = eg_figure_optimum(run);
    static const char *const least[] = {"/config_values/task/length_min",
                                        "/config_values/task/repeats_min"};
    static const char *const most[] = {"/config_values/task/length_max",
                                       "/config_values/task/repeats_max"};
    for (int m = 0; m < EG_MEASURES; m++) {
        e->trained_from[m] = eg_figure_number(run, least[m], NAN);
        e->trained_to[m] = eg_figure_number(run, most[m], NAN);
        read_units(e, run, (enum eg_measure) m);
    }
    eg_figure_words(run, "/evaluate/mean", "units", "bit/sequence", e->cost_units,
                    sizeof e->cost_units);
out:
    for (int c = 0; c < COLUMNS; c++)
        eg_figure_array_free(&columns[c]);
    if (rc != EG_OK)
        eg_figure_evaluation_free(e);
    return rc;
}

void eg_figure_evaluation_free(struct eg_figure_evaluation *e)
{
    free(e->points);
    e->points = NULL;
    e->n = 0;
}

size_t eg_figure_sizes(const struct eg_evaluated *points, size_t n, enum eg_measure measure,
                       double *sizes, size_t room)
{
    size_t found = 0;
    for (;;) {
        double next = INFINITY;
        for (size_t i = 0; i < n; i++) {
            const double size = points[i].size[measure];
            if (size < next && (found == 0 || size > sizes[found - 1]))
                next = size;
        }
        if (!(next < INFINITY) || found == room)
            return found;
        sizes[found++] = next;
    }
}
