/* Generalisation: cost, wrong bits and the fraction of faultless sequences against length, as
 * the last evaluation of the run found them, with standard errors; training lengths shaded. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_page.h"

enum column { STEP, LENGTH, REPEATS, MEAN, ERROR, N, EXACT, WRONG, WRONG_ERROR, COLUMNS };

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
};

struct point {
    double length, n;
    double cost, cost_error;
    double wrong, wrong_error;
    double exact, exact_low, exact_high;
};

struct evaluation {
    struct point *points;
    size_t n;
    double step, threshold;
    double trained_from, trained_to; /* lengths; NAN: not known */
    char cost_units[64], length_units[64];
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

static int by_length(const void *a, const void *b)
{
    const double x = ((const struct point *) a)->length, y = ((const struct point *) b)->length;
    return (x > y) - (x < y);
}

static double at(const struct eg_figure_array *column, size_t i)
{
    return column->x ? column->x[i] : NAN;
}

static struct point make_point(const struct eg_figure_array *columns, size_t row)
{
    struct point p = {
        .length = at(&columns[LENGTH], row),
        .n = at(&columns[N], row),
        .cost = at(&columns[MEAN], row),
        .cost_error = at(&columns[ERROR], row),
        .wrong = at(&columns[WRONG], row),
        .wrong_error = at(&columns[WRONG_ERROR], row),
        .exact = at(&columns[EXACT], row),
        .exact_low = NAN,
        .exact_high = NAN,
    };
    if (p.n > 0 && p.exact >= 0 && p.exact <= 1)
        wilson(p.exact, p.n, &p.exact_low, &p.exact_high);
    return p;
}

/* Of several evaluations the last one counts, and of several rows for one length the last.  Of
 * several repeats those are shown that come first. */
static void choose_points(struct evaluation *e, const struct eg_figure_array *columns, size_t rows)
{
    e->step = NAN;
    for (size_t i = 0; columns[STEP].x && i < rows; i++)
        if (!(e->step >= columns[STEP].x[i]))
            e->step = columns[STEP].x[i];
    double repeats = NAN;
    for (size_t i = 0; i < rows; i++) {
        if (columns[STEP].x && columns[STEP].x[i] != e->step)
            continue;
        const struct point p = make_point(columns, i);
        if (!isfinite(p.length) || p.length <= 0) /* 0: sizes mixed as in training */
            continue;
        if (columns[REPEATS].x && isnan(repeats))
            repeats = columns[REPEATS].x[i];
        if (columns[REPEATS].x && columns[REPEATS].x[i] != repeats)
            continue;
        size_t k = 0;
        while (k < e->n && e->points[k].length != p.length)
            k++;
        e->points[k] = p;
        if (k == e->n)
            e->n++;
    }
    qsort(e->points, e->n, sizeof *e->points, by_length);
}

static int read_evaluation(struct evaluation *e, struct eg_run *run, struct eg_message *message)
{
    struct eg_figure_array columns[COLUMNS] = {{.x = NULL}};
    int rc = EG_OK;
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
    e->trained_from = eg_figure_number(run, "/config_values/task/length_min", NAN);
    e->trained_to = eg_figure_number(run, "/config_values/task/length_max", NAN);
    eg_figure_words(run, "/evaluate/mean", "units", "bit/sequence", e->cost_units,
                    sizeof e->cost_units);
    eg_figure_words(run, "/evaluate/length", "units", "step", e->length_units,
                    sizeof e->length_units);
out:
    for (int c = 0; c < COLUMNS; c++)
        eg_figure_array_free(&columns[c]);
    return rc;
}

/* --- drawing --- */

enum quantity { COST, WRONG_BITS, EXACT_FRACTION, QUANTITIES };

static void value(const struct point *p, enum quantity q, double *y, double *low, double *high)
{
    if (q == EXACT_FRACTION) {
        *y = p->exact;
        *low = p->exact_low;
        *high = p->exact_high;
        return;
    }
    const double error = q == COST ? p->cost_error : p->wrong_error;
    *y = q == COST ? p->cost : p->wrong;
    *low = *y - error;
    *high = *y + error;
}

static int has(const struct evaluation *e, enum quantity q)
{
    for (size_t i = 0; i < e->n; i++) {
        double y, low, high;
        value(&e->points[i], q, &y, &low, &high);
        if (isfinite(y))
            return 1;
    }
    return 0;
}

/* What a reader must know of every point. */
static void say_n(struct eg_page *page, const struct evaluation *e, struct eg_box box)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < e->n; i++) {
        low = e->points[i].n < low ? e->points[i].n : low;
        high = e->points[i].n > high ? e->points[i].n : high;
    }
    if (!(low <= high))
        return;
    char words[128], upto[48] = "";
    if (high > low)
        snprintf(upto, sizeof upto, "{\\U+2013}%.10g", high);
    snprintf(words, sizeof words, "{/:Italic n} = %.10g%s, bars: 1 s.e.", low, upto);
    eg_page_words(page, box.right, box.top - 1.9, "right", words);
}

static void draw_panel(struct eg_page *page, const struct evaluation *e, enum quantity q,
                       struct eg_box box, double x_max, int first, int last)
{
    static const char *const colours[QUANTITIES] = {EG_COLOUR_BLUE, EG_COLOUR_VERMILLION,
                                                    EG_COLOUR_GREEN};
    struct eg_text *s = &page->script;
    eg_page_panel(page, box, 0, x_max, last);
    if (e->trained_from <= e->trained_to) {
        eg_text_add(s,
                    "set object rectangle from first %.9g,graph 0 to first %.9g,graph 1 behind "
                    "fillstyle solid 1 noborder fillcolor rgb '" EG_COLOUR_SHADE "'\n",
                    e->trained_from - 0.5, e->trained_to + 0.5);
        if (first)
            eg_page_words(page, box.left, box.top - 1.9, "left", "training lengths");
    }

    if (first)
        say_n(page, e, box);

    double floor_at = 0;
    if (q == COST) {
        double low = e->threshold, high = e->threshold;
        for (size_t i = 0; i < e->n; i++) {
            const struct point *p = &e->points[i];
            low = p->cost > 0 && p->cost < low ? p->cost : low;
            const double top = p->cost + (isfinite(p->cost_error) ? p->cost_error : 0);
            high = isfinite(top) && top > high ? top : high;
        }
        low = low < 1e-6 ? 1e-6 : low;
        floor_at = low / 3;
        eg_page_log_tics(page, floor_at, high * 3);
        char name[64];
        snprintf(name, sizeof name, "solved: %g", e->threshold);
        eg_page_level(page, e->threshold, name, EG_COLOUR_GREEN, 1);
        char units[80];
        snprintf(units, sizeof units, "[%s]", e->cost_units);
        eg_page_side(page, box, "cost", units);
    } else if (q == WRONG_BITS) {
        double high = 1;
        for (size_t i = 0; i < e->n; i++) {
            const struct point *p = &e->points[i];
            const double top = p->wrong + (isfinite(p->wrong_error) ? p->wrong_error : 0);
            high = isfinite(top) && top > high ? top : high;
        }
        eg_text_add(s, "set yrange [%.6g:%.6g] noextend\n", -0.06 * high, 1.12 * high);
        eg_page_side(page, box, "wrong bits", "[bit/sequence]");
    } else {
        eg_text_add(s, "set yrange [-0.06:1.08] noextend\nset ytics 0.5\n");
        eg_page_side(page, box, "all bits right", "[fraction]");
    }
    if (last) {
        char name[96];
        snprintf(name, sizeof name, "length [%s]", e->length_units);
        eg_page_foot(page, box, name);
    }

    const unsigned block = eg_page_block(page);
    for (size_t i = 0; i < e->n; i++) {
        double y, low, high;
        value(&e->points[i], q, &y, &low, &high);
        if (!isfinite(y) || (q == COST && y <= 0))
            continue;
        if (!isfinite(low) || !isfinite(high))
            low = high = y;
        if (q == COST && low < floor_at)
            low = floor_at;
        eg_text_add(s, "%.9g %.9g %.9g %.9g\n", e->points[i].length, y, low, high);
    }
    eg_page_block_end(page);
    eg_text_add(
        s,
        "plot $d%u using 1:2 with lines lw 0.6 lc rgb '%s' notitle, "
        "'' using 1:3:(0):($4-$3) with vectors heads size graph 0.01,90 lw 1 lc rgb '%s' notitle, "
        "'' using 1:2 with points pt 7 ps 0.4 lc rgb '%s' notitle\n",
        block, colours[q], colours[q], colours[q]);
}

static void draw(struct eg_page *page, const struct evaluation *e)
{
    int panels[QUANTITIES], n = 0;
    for (int q = 0; q < QUANTITIES; q++)
        if (has(e, (enum quantity) q))
            panels[n++] = q;
    const double top = 5.5, height = 26, gap = 2.6, foot = 9;
    page->height = top + n * height + (n - 1) * gap + foot;
    double x_max = e->points[e->n - 1].length;
    if (e->trained_to > x_max)
        x_max = e->trained_to;
    for (int k = 0; k < n; k++) {
        const double y = top + k * (height + gap);
        const struct eg_box box = {.left = 17, .right = 82, .top = y, .bottom = y + height};
        draw_panel(page, e, (enum quantity) panels[k], box, x_max > 0 ? 1.05 * x_max : 1, k == 0,
                   k == n - 1);
    }
}

static void table(struct eg_page *page, const struct evaluation *e)
{
    eg_text_add(&page->table,
                "step,length [%s],n,cost [%s],cost standard error [%s],wrong bits "
                "[bit/sequence],wrong bits standard error [bit/sequence],exact fraction,exact "
                "fraction low,exact fraction high\n",
                e->length_units, e->cost_units, e->cost_units);
    for (size_t i = 0; i < e->n; i++) {
        const struct point *p = &e->points[i];
        const double row[] = {e->step,  p->length,      p->n,     p->cost,      p->cost_error,
                              p->wrong, p->wrong_error, p->exact, p->exact_low, p->exact_high};
        const size_t n = sizeof row / sizeof *row;
        for (size_t k = 0; k < n; k++)
            eg_page_field(page, row[k], k + 1 < n ? "," : "\n");
    }
}

int eg_figure_generalisation(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct evaluation e = {.points = NULL};
    const int rc = read_evaluation(&e, run, message);
    if (rc == EG_OK) {
        draw(page, &e);
        table(page, &e);
    }
    free(e.points);
    return rc;
}
