/* Axes, curves with intervals, and lines with names. */
#include "experiments/figure_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- axes --- */

struct eg_axis eg_chart_axis(const double *x, size_t n, double span)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i])) {
            low = x[i] < low ? x[i] : low;
            high = x[i] > high ? x[i] : high;
        }
    if (!(low <= high))
        return (struct eg_axis){0, 1, 0};
    if (low > 0 && span > 1 && high > span * low) {
        const double room = pow(high / low, 0.05);
        return (struct eg_axis){low / room, high * room, 1};
    }
    double room = 0.06 * (high - low);
    if (!(room > 0))
        room = low != 0 ? 0.22 * fabs(low) : 0.5;
    return (struct eg_axis){low - room, high + room, 0};
}

void eg_chart_axis_x(struct eg_page *page, const struct eg_axis *axis, int numbers)
{
    struct eg_text *s = &page->script;
    if (axis->log) {
        eg_text_add(s, "set logscale x\nset xtics (");
        const int from = (int) ceil(log10(axis->low) - 1e-9),
                  to = (int) floor(log10(axis->high) + 1e-9);
        const int every = (to - from) / 6 + 1;
        const double steps[] = {1, 2, 5};
        int any = 0;
        for (int k = from - 1; k <= to; k++)
            for (int j = 0; j < (to - from < 2 ? 3 : 1); j++) {
                const double x = steps[j] * pow(10, k);
                if (x < axis->low || x > axis->high)
                    continue;
                char name[32] = "";
                if (numbers && (k - from) % every == 0)
                    snprintf(name, sizeof name, k >= -3 && k <= 4 ? "%.10g" : "%.0e", x);
                eg_text_add(s, "%s'%s' %.6g", any++ ? ", " : "", name, x);
            }
        if (!any)
            eg_text_add(s, "'' %.6g", axis->low);
        eg_text_add(s, ")\n");
    }
    eg_text_add(s, "set xrange [%.9g:%.9g] noextend\n", axis->low, axis->high);
}

double eg_chart_axis_at(const struct eg_axis *axis, struct eg_box box, double x)
{
    const double at = axis->log ? log(x / axis->low) / log(axis->high / axis->low)
                                : (x - axis->low) / (axis->high - axis->low);
    return box.left + (box.right - box.left) * at;
}

/* --- curves --- */

static void clause(struct eg_curves *c, const char *first)
{
    eg_text_add(&c->clauses, "%s%s", c->clauses.length > 0 ? ", " : "plot ", first);
}

void eg_curves_points(struct eg_curves *c, const double *x, const double *y, const double *low,
                      const double *high, size_t n, const char *colour, int point, int joined,
                      double floor)
{
    struct eg_text *s = &c->page->script;
    const unsigned block = eg_page_block(c->page);
    size_t lines = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]) || (floor > 0 && y[i] <= 0))
            continue;
        double from = low && isfinite(low[i]) ? low[i] : y[i];
        const double upto = high && isfinite(high[i]) ? high[i] : y[i];
        if (floor > 0 && from < floor)
            from = floor;
        eg_text_add(s, "%.9g %.9g %.9g %.9g\n", x[i], y[i], from, upto);
        lines++;
    }
    eg_page_block_end(c->page);
    if (lines == 0)
        return;
    char words[32];
    snprintf(words, sizeof words, "$d%u", block);
    clause(c, words);
    if (joined)
        eg_text_add(&c->clauses, " using 1:2 with lines lw 0.6 lc rgb '%s' notitle, ''", colour);
    if (low && high)
        eg_text_add(&c->clauses,
                    " using 1:3:(0):($4-$3) with vectors heads size graph 0.008,90 lw 1 lc rgb "
                    "'%s' notitle, ''",
                    colour);
    eg_text_add(&c->clauses, " using 1:2 with points pt %d ps 0.4 lc rgb '%s' notitle", point,
                colour);
}

void eg_curves_line(struct eg_curves *c, const double *x, const double *y, size_t n,
                    const char *colour, double weight, int dashed)
{
    struct eg_text *s = &c->page->script;
    const unsigned block = eg_page_block(c->page);
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            eg_text_add(s, "%.9g %.9g\n", x[i], y[i]);
            lines++;
        } else {
            eg_text_add(s, "\n");
        }
    eg_page_block_end(c->page);
    if (lines == 0)
        return;
    char words[32];
    snprintf(words, sizeof words, "$d%u", block);
    clause(c, words);
    eg_text_add(&c->clauses, " using 1:2 with lines lw %.2f %slc rgb '%s' notitle", weight,
                dashed ? "dt (6,4) " : "", colour);
}

void eg_curves_band(struct eg_curves *c, const double *x, const double *low, const double *high,
                    size_t n, const char *colour)
{
    struct eg_text *s = &c->page->script;
    const unsigned block = eg_page_block(c->page);
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(low[i]) && isfinite(high[i])) {
            eg_text_add(s, "%.9g %.9g %.9g\n", x[i], low[i], high[i]);
            lines++;
        } else {
            eg_text_add(s, "\n");
        }
    eg_page_block_end(c->page);
    if (lines == 0)
        return;
    char words[32];
    snprintf(words, sizeof words, "$d%u", block);
    clause(c, words);
    eg_text_add(&c->clauses,
                " using 1:2:3 with filledcurves fillstyle transparent solid 0.22 noborder lc rgb "
                "'%s' notitle",
                colour);
}

void eg_curves_draw(struct eg_curves *c)
{
    struct eg_text *s = &c->page->script;
    if (c->clauses.failed)
        s->failed = 1;
    if (c->clauses.length > 0)
        eg_text_bytes(s, c->clauses.at, c->clauses.length);
    else
        eg_text_add(s, "plot NaN notitle");
    eg_text_add(s, "\n");
    eg_text_free(&c->clauses);
}

/* --- lines with names --- */

static int covers(const struct eg_named *name, double mm)
{
    return mm > name->from - 0.6 && mm < name->upto + 0.6;
}

/* A name begins at its line, or ends there where the page does.  Its row lies above those of all
 * lines that it covers, as far as that can be; two that share a row do not touch. */
double eg_chart_names_height(struct eg_named *names, size_t n, const struct eg_axis *axis,
                             struct eg_box box)
{
    int rows = 0;
    for (size_t i = 0; i < n; i++) {
        const double at = eg_chart_axis_at(axis, box, names[i].x);
        const double width = eg_chart_width(names[i].name);
        names[i].row = -1;
        names[i].from = at + 0.3 + width > EG_PAGE_WIDTH - 1 ? at - width : at - 0.3;
        if (names[i].from < 1)
            names[i].from = 1;
        names[i].upto = names[i].from + width;
    }
    for (size_t done = 0; done < n; done++) {
        /* The one furthest to the right of those that are left. */
        size_t k = n;
        for (size_t i = 0; i < n; i++)
            if (names[i].row < 0 && (k == n || names[i].x > names[k].x))
                k = i;
        if (k == n) /* numbers that cannot be compared */
            break;
        int row = 0;
        for (size_t i = 0; i < n; i++) {
            if (names[i].row < 0)
                continue;
            const int beside =
                names[i].upto + 1.5 < names[k].from || names[k].upto + 1.5 < names[i].from;
            if (!beside && names[i].row >= row)
                row = names[i].row + 1;
        }
        names[k].row = row;
        rows = row + 1 > rows ? row + 1 : rows;
    }
    return n > 0 ? rows * EG_CHART_LINE + 0.6 : 0;
}

void eg_chart_names_draw(struct eg_page *page, const struct eg_named *names, size_t n,
                         const struct eg_axis *axis, struct eg_box box)
{
    struct eg_text *s = &page->script;
    for (size_t i = 0; i < n; i++) {
        const double at = eg_chart_axis_at(axis, box, names[i].x);
        eg_text_add(s,
                    "set arrow from first %.9g,graph 0 to first %.9g,graph 1 nohead back lw 1 dt "
                    "(6,4) lc rgb '%s'\n",
                    names[i].x, names[i].x, names[i].colour);
        /* Up to the name, and where another one is in the way, on behind it. */
        for (int row = 0; row <= names[i].row; row++) {
            int taken = 0;
            for (size_t k = 0; k < n; k++)
                taken |= k != i && names[k].row == row && covers(&names[k], at);
            const double low = box.top - EG_CHART_LINE * row - (row > 0 ? 0.6 : 0);
            const double high = box.top - EG_CHART_LINE * (row + (row < names[i].row)) - 0.6;
            if (!taken)
                eg_text_add(s,
                            "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead lw 0.6 lc "
                            "rgb '%s'\n",
                            at / EG_PAGE_WIDTH, 1 - low / page->height, at / EG_PAGE_WIDTH,
                            1 - high / page->height, names[i].colour);
        }
        char rich[256];
        eg_chart_rich(rich, sizeof rich, names[i].name);
        eg_text_add(s, "set label \"%s\" at screen %.5f,%.5f left front tc rgb '%s'\n", rich,
                    names[i].from / EG_PAGE_WIDTH,
                    1 - (box.top - EG_CHART_LINE * (names[i].row + 0.5) - 0.6) / page->height,
                    names[i].colour);
    }
}
