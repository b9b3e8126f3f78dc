/* Finite-size scaling: the load at which half of the recalls retrieve, against a power of 1 / N,
 * and the critical load that a straight line through them meets at 1 / N = 0. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_grid.h"

struct scaling {
    struct eg_figure_array half, error, crossing, crossing_error;
    double exponent, slope, critical, critical_error, chi2, degrees;
    double mean_field;
};

static int read_scaling(struct scaling *q, const struct eg_grid *grid, struct eg_message *message)
{
    static const char group[] = "/capacity/scaling";
    struct eg_run *run = grid->run;
    int rc;
    if ((rc = eg_figure_read(run, group, "half", 1, &q->half, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "half_error", 1, &q->error, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "crossing", 1, &q->crossing, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "crossing_error", 1, &q->crossing_error, message))
               != EG_OK)
        return rc;
    if (!q->half.x)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no finite-size scaling was recorded",
                       eg_run_path(run));
    if (q->half.count != grid->sizes || (q->error.x && q->error.count != grid->sizes)
        || (q->crossing.x && q->crossing_error.x && q->crossing.count != q->crossing_error.count))
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: columns of %s differ in length",
                       eg_run_path(run), group);
    q->exponent = eg_figure_number(run, "/capacity/scaling/exponent", 1);
    if (!(q->exponent > 0) || !isfinite(q->exponent))
        q->exponent = 1;
    q->slope = eg_figure_number(run, "/capacity/scaling/slope", NAN);
    q->critical = eg_figure_number(run, "/capacity/scaling/critical_load", NAN);
    q->critical_error = eg_figure_number(run, "/capacity/scaling/critical_load_error", NAN);
    q->chi2 = eg_figure_number(run, "/capacity/scaling/chi2", NAN);
    q->degrees = eg_figure_number(run, "/capacity/scaling/degrees", NAN);
    q->mean_field = eg_figure_number(run, "/capacity/theory/critical_load", NAN);
    size_t there = 0;
    for (size_t i = 0; i < q->half.count; i++)
        there += isfinite(q->half.x[i]) && grid->size.x[i] > 0;
    for (size_t i = 0; i < q->half.count; i++)
        if (there > 1)
            return EG_OK;
    return EG_FAIL(EG_ERR_MISSING, message, "%s: no size has a load at which half is retrieved",
                   eg_run_path(run));
}

static void draw(struct eg_page *page, const struct eg_grid *grid, const struct scaling *q,
                 double *x, double *cross)
{
    const size_t n = q->half.count, pairs = q->crossing.x ? q->crossing.count : 0;
    const int crossings = pairs > 0 && pairs + 1 == n;
    double x_max = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        x[i] = grid->size.x[i] > 0 ? pow(grid->size.x[i], -q->exponent) : NAN;
        x_max = x[i] > x_max ? x[i] : x_max;
    }
    for (size_t i = 0; crossings && i < pairs; i++)
        cross[i] = pow(grid->size.x[i] * grid->size.x[i + 1], -q->exponent / 2);
    const struct {
        const double *y, *error;
        size_t n;
    } all[] = {{q->half.x, q->error.x, n},
               {q->crossing.x, q->crossing_error.x, crossings ? pairs : 0},
               {&q->critical, &q->critical_error, 1},
               {&q->mean_field, NULL, 1}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        for (size_t i = 0; i < all[k].n; i++) {
            const double y = all[k].y[i], e = all[k].error ? all[k].error[i] : 0;
            const double reach = isfinite(e) ? e : 0;
            if (!isfinite(y))
                continue;
            low = y - reach < low ? y - reach : low;
            high = y + reach > high ? y + reach : high;
        }
    const double room = high > low ? 0.12 * (high - low) : 0.1;

    struct eg_grid_keys keys;
    eg_grid_size_keys(grid, &keys);
    if (isfinite(q->critical))
        keys.keys[keys.n++] = (struct eg_key){"limit", EG_COLOUR_BLACK, EG_MARK_POINT, 12};
    if (crossings)
        keys.keys[keys.n++] =
            (struct eg_key){"crossing of two sizes", EG_COLOUR_GREY, EG_MARK_POINT, 8};
    char caption[4 * EG_CHART_WORDS], about[3 * EG_CHART_WORDS], fit[192] = "";
    eg_grid_caption(grid, "1 s.e.", about, sizeof about);
    if (isfinite(q->critical)) {
        char measure[64];
        eg_chart_measure(measure, sizeof measure, q->critical, q->critical_error);
        snprintf(fit, sizeof fit, "Limit: %s", measure);
    }
    if (*fit && q->degrees > 0 && isfinite(q->chi2)) {
        const size_t length = strlen(fit);
        snprintf(fit + length, sizeof fit - length, " (chi^2 = %.3g, %.0f degree%s of freedom)",
                 q->chi2, q->degrees, q->degrees > 1 ? "s" : "");
    }
    snprintf(caption, sizeof caption, "%s%s%s", fit, *fit ? ". " : "", about);

    struct eg_box box = {.left = 15, .right = 80};
    box.top = 1.6 + eg_chart_keys_height(keys.keys, keys.n, box.right - box.left);
    box.bottom = box.top + 46;
    page->height = box.bottom + 10 + eg_chart_caption_height(caption, 80);
    eg_page_panel(page, box, -0.03 * x_max, 1.08 * x_max, 1);
    eg_chart_keys(page, box.left, box.right, 1, keys.keys, keys.n);
    char label[64];
    if (q->exponent == 1)
        snprintf(label, sizeof label, "1 / N");
    else
        snprintf(label, sizeof label,
                 "N^{\xe2\x88\x92"
                 "%.3g}",
                 q->exponent);
    eg_page_foot(page, box, label);
    eg_page_side(page, box, "load at which half is retrieved", NULL);
    eg_chart_caption(page, 2, 82, box.bottom + 9, caption);
    eg_text_add(&page->script,
                "set yrange [%.9g:%.9g] noextend\n"
                "set arrow from first 0,graph 0 to first 0,graph 1 nohead back lw 0.5 lc rgb "
                "'" EG_COLOUR_GREY "'\n",
                low - room, high + room);
    if (isfinite(q->mean_field))
        eg_page_level(page, q->mean_field, "mean field", EG_COLOUR_GREY, 1);

    struct eg_curves c = {.page = page};
    const double ends[2] = {0, 1.08 * x_max};
    const double line[2] = {q->critical, q->critical + q->slope * ends[1]};
    if (isfinite(line[1]))
        eg_curves_line(&c, ends, line, 2, EG_COLOUR_BLACK, 0.9, 0);
    for (size_t k = 0; k < 2 * n + 1; k++) {
        const int limit = k == 2 * n, crossing = !limit && k >= n;
        const size_t i = crossing ? k - n : k;
        if (crossing && (!crossings || i >= pairs))
            continue;
        const double zero = 0,
                     at = limit      ? zero
                          : crossing ? cross[i]
                                     : x[i],
                     y = limit      ? q->critical
                         : crossing ? q->crossing.x[i]
                                    : q->half.x[i];
        const struct eg_figure_array *errors = crossing ? &q->crossing_error : &q->error;
        const double e = limit ? q->critical_error : errors->x ? errors->x[i] : NAN;
        const double from = y - e, upto = y + e;
        eg_curves_points(&c, &at, &y, &from, &upto, 1,
                         limit      ? EG_COLOUR_BLACK
                         : crossing ? EG_COLOUR_GREY
                                    : eg_chart_colour(i),
                         limit      ? 12
                         : crossing ? 8
                                    : eg_chart_point(i),
                         0, 0);
    }
    eg_curves_draw(&c);
}

static void table(struct eg_page *page, const struct eg_grid *grid, const struct scaling *q,
                  const double *x)
{
    eg_text_add(&page->table, "what,size,N^-%.6g,load,standard error\n", q->exponent);
    for (size_t i = 0; i < q->half.count; i++) {
        eg_text_add(&page->table, "half,");
        eg_page_field(page, grid->size.x[i], ",");
        eg_page_field(page, x[i], ",");
        eg_page_field(page, q->half.x[i], ",");
        eg_page_field(page, q->error.x ? q->error.x[i] : NAN, "\n");
    }
    for (size_t i = 0; i < q->crossing.count; i++) {
        eg_text_add(&page->table, "crossing,,,");
        eg_page_field(page, q->crossing.x[i], ",");
        eg_page_field(page, q->crossing_error.x ? q->crossing_error.x[i] : NAN, "\n");
    }
    eg_text_add(&page->table, "limit,,0,");
    eg_page_field(page, q->critical, ",");
    eg_page_field(page, q->critical_error, "\nmean field,,0,");
    eg_page_field(page, q->mean_field, ",\n");
}

int eg_figure_scaling(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct eg_grid grid;
    struct scaling q = {.half = {.x = NULL}};
    double *room = NULL;
    int rc = eg_grid_open(&grid, run, "/capacity", message);
    if (rc != EG_OK)
        return rc;
    rc = read_scaling(&q, &grid, message);
    if (rc != EG_OK)
        goto out;
    room = calloc(2 * q.half.count, sizeof *room);
    if (!room) {
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        goto out;
    }
    draw(page, &grid, &q, room, room + q.half.count);
    table(page, &grid, &q, room);
out:
    free(room);
    eg_figure_array_free(&q.half);
    eg_figure_array_free(&q.error);
    eg_figure_array_free(&q.crossing);
    eg_figure_array_free(&q.crossing_error);
    eg_grid_close(&grid);
    return rc;
}
