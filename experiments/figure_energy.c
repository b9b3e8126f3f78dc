/* Recalls on their way down: energy, and overlap with the target, against sweeps.  Each trial is a
 * faint line with a point at its end, in the colour of what it came to; the mean is bold, in a
 * band of one standard error to either side.  A trial at rest keeps its last value. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

enum { CLASSES = 7, DRAWN = 200, NAME = 48 };

static const char *const colours[CLASSES] = {
    EG_COLOUR_GREEN,  EG_COLOUR_SKY,        EG_COLOUR_BLUE, EG_COLOUR_ORANGE,
    EG_COLOUR_PURPLE, EG_COLOUR_VERMILLION, EG_COLOUR_BLACK};
static const char *const class_names[CLASSES] = {"target",    "inverse",  "stored", "mixture 3",
                                                 "mixture 5", "spurious", "cycle"};

struct trace {
    struct eg_figure_array all; /* (trial, sweep) */
    double *mean, *low, *high;  /* (sweep) */
};

struct descent {
    struct trace energy, overlap;
    struct eg_figure_array end; /* (trial); x may be NULL */
    size_t trials, sweeps;      /* sweeps: with the start */
    size_t done;                /* trials with a number   */
};

/* Sweep by sweep over the trials; the numbers of a trial that is at rest are its last ones. */
static int average(struct trace *t, size_t trials, size_t sweeps)
{
    double *room = calloc(3 * sweeps + trials, sizeof *room);
    if (!room)
        return EG_RAISE(EG_ERR_NOMEM);
    double *now = room + 3 * sweeps;
    t->mean = room;
    t->low = room + sweeps;
    t->high = room + 2 * sweeps;
    for (size_t k = 0; k < trials; k++)
        now[k] = NAN;
    for (size_t s = 0; s < sweeps; s++) {
        double sum = 0, square = 0, n = 0;
        for (size_t k = 0; k < trials; k++) {
            const double v = t->all.x[k * sweeps + s];
            if (isfinite(v))
                now[k] = v;
            if (isfinite(now[k])) {
                n++;
                sum += now[k];
            }
        }
        t->mean[s] = n > 0 ? sum / n : NAN;
        for (size_t k = 0; k < trials; k++)
            if (isfinite(now[k]))
                square += (now[k] - t->mean[s]) * (now[k] - t->mean[s]);
        const double error = n > 1 ? sqrt(square / (n - 1) / n) : NAN;
        t->low[s] = t->mean[s] - error;
        t->high[s] = t->mean[s] + error;
    }
    return EG_OK;
}

static int read_descent(struct descent *d, struct eg_run *run, struct eg_message *message)
{
    static const char group[] = "/hopfield";
    const char *path = eg_run_path(run);
    int rc;
    if ((rc = eg_figure_read(run, group, "energy", 2, &d->energy.all, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "overlap", 2, &d->overlap.all, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "end", 1, &d->end, message)) != EG_OK)
        return rc;
    if (!d->energy.all.x || d->energy.all.count == 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no recall was recorded", path);
    d->trials = d->energy.all.dims[0];
    d->sweeps = d->energy.all.dims[1];
    if (d->overlap.all.x
        && (d->overlap.all.dims[0] != d->trials || d->overlap.all.dims[1] != d->sweeps))
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s: %s/overlap is for %zu trials and %zu sweeps, energy for %zu and %zu",
                       path, group, d->overlap.all.dims[0], d->overlap.all.dims[1], d->trials,
                       d->sweeps);
    if (d->end.x && d->end.count != d->trials)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s/end is for %zu trials, energy for %zu", path,
                       group, d->end.count, d->trials);
    for (size_t k = 0; k < d->trials; k++)
        d->done += (size_t) !!isfinite(d->energy.all.x[k * d->sweeps]);
    if (average(&d->energy, d->trials, d->sweeps) != EG_OK
        || (d->overlap.all.x && average(&d->overlap, d->trials, d->sweeps) != EG_OK))
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    return EG_OK;
}

static size_t class_of(const struct descent *d, size_t trial)
{
    const double end = d->end.x ? d->end.x[trial] : NAN;
    return end >= 0 && end < CLASSES ? (size_t) end : CLASSES;
}

/* Of many trials some, evenly. */
static size_t drawn(const struct descent *d)
{
    return d->trials < DRAWN ? d->trials : DRAWN;
}

static size_t drawn_trial(const struct descent *d, size_t k)
{
    return k * d->trials / drawn(d);
}

static void draw_lines(struct eg_page *page, struct eg_curves *c, const struct trace *t,
                       const struct descent *d)
{
    struct eg_text *s = &page->script;
    const unsigned block = eg_page_block(page);
    size_t lines = 0;
    for (size_t k = 0; k < drawn(d); k++) {
        const double *x = t->all.x + drawn_trial(d, k) * d->sweeps;
        for (size_t i = 0; i < d->sweeps; i++)
            if (isfinite(x[i])) {
                eg_text_add(s, "%zu %.7g\n", i, x[i]);
                lines++;
            }
        eg_text_add(s, "\n");
    }
    eg_page_block_end(page);
    if (lines == 0)
        return;
    eg_text_add(&c->clauses, "plot $d%u using 1:2 with lines lw %.1f lc rgb '#%s0072B2' notitle",
                block, drawn(d) > 40 ? 0.4 : 0.6, drawn(d) > 40 ? "B8" : "90");
}

static void draw_band(struct eg_page *page, struct eg_curves *c, const struct trace *t,
                      size_t sweeps)
{
    const unsigned block = eg_page_block(page);
    size_t lines = 0;
    for (size_t i = 0; i < sweeps; i++)
        if (isfinite(t->low[i]) && isfinite(t->high[i])) {
            eg_text_add(&page->script, "%zu %.9g %.9g\n", i, t->low[i], t->high[i]);
            lines++;
        }
    eg_page_block_end(page);
    if (lines > 1)
        eg_text_add(&c->clauses,
                    "%s $d%u using 1:2:3 with filledcurves fillstyle solid 1 noborder lc rgb "
                    "'#60707070' notitle",
                    c->clauses.length > 0 ? "," : "plot", block);
}

/* Where each trial came to rest, in the colour of what it came to. */
static void draw_ends(struct eg_curves *c, const struct trace *t, const struct descent *d)
{
    for (size_t class = 0; class < CLASSES; class ++) {
        double x[DRAWN], y[DRAWN];
        size_t n = 0;
        for (size_t k = 0; k < drawn(d); k++) {
            const size_t trial = drawn_trial(d, k);
            const double *v = t->all.x + trial * d->sweeps;
            if (class_of(d, trial) != class)
                continue;
            for (size_t i = d->sweeps; i-- > 0;)
                if (isfinite(v[i])) {
                    x[n] = (double) i;
                    y[n++] = v[i];
                    break;
                }
        }
        if (n > 0)
            eg_curves_points(c, x, y, NULL, NULL, n, colours[class], 7, 0, 0);
    }
}

static void draw_panel(struct eg_page *page, const struct trace *t, const struct descent *d)
{
    struct eg_curves c = {.page = page};
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < t->all.count; i++)
        if (isfinite(t->all.x[i])) {
            low = t->all.x[i] < low ? t->all.x[i] : low;
            high = t->all.x[i] > high ? t->all.x[i] : high;
        }
    if (!(low <= high))
        low = high = 0;
    if (t == &d->overlap) {
        low = low < 0 ? low : 0;
        high = high > 1 ? high : 1;
    }
    const double room = high > low ? 0.06 * (high - low) : high != 0 ? 0.1 * fabs(high) : 1;
    eg_text_add(&page->script, "set yrange [%.9g:%.9g] noextend\n", low - room, high + room);
    draw_lines(page, &c, t, d);
    draw_band(page, &c, t, d->sweeps);
    double *sweep = malloc(d->sweeps * sizeof *sweep);
    if (!sweep) {
        page->script.failed = 1;
    } else {
        for (size_t i = 0; i < d->sweeps; i++)
            sweep[i] = (double) i;
        eg_curves_line(&c, sweep, t->mean, d->sweeps, EG_COLOUR_BLACK, 1.6, 0);
        free(sweep);
    }
    draw_ends(&c, t, d);
    eg_curves_draw(&c);
}

static void draw(struct eg_page *page, const struct descent *d, struct eg_run *run)
{
    struct eg_key keys[CLASSES + 2];
    char key_names[CLASSES][NAME], network[160], near[96] = "", caption[2 * EG_CHART_WORDS];
    size_t n = 0;
    for (size_t class = 0; class < CLASSES; class ++) {
        size_t count = 0;
        for (size_t k = 0; k < d->trials; k++)
            count += class_of(d, k) == class && isfinite(d->energy.all.x[k * d->sweeps]);
        snprintf(key_names[class], NAME, "%zu %s", count, class_names[class]);
        if (count > 0)
            keys[n++] = (struct eg_key){key_names[class], colours[class], EG_MARK_POINT, 7};
    }
    keys[n++] = (struct eg_key){"mean", EG_COLOUR_BLACK, EG_MARK_LINE, 0};
    eg_figure_network(run, "/hopfield", network, sizeof network);
    const double threshold = eg_figure_attribute(run, "/hopfield", "near", NAN);
    if (isfinite(threshold))
        snprintf(near, sizeof near, " Classes: overlap >= %.4g.", threshold);
    char some[64] = "";
    if (drawn(d) < d->trials)
        snprintf(some, sizeof some, ", %zu of them drawn", drawn(d));
    snprintf(caption, sizeof caption,
             "%s%sn = %zu trial%s%s; points: ends; band: 1 s.e. of the mean, trials at rest "
             "included.%s",
             network, *network ? ": " : "", d->done, d->done == 1 ? "" : "s", some, near);

    const int both = d->overlap.all.x != NULL;
    const double left = 15, right = 82, height = 34, gap = 2.6;
    const double top = 1.8 + eg_chart_keys_height(keys, n, right - left);
    struct eg_box box = {left, right, top, top + height};
    page->height = top + height * (both ? 2 : 1) + (both ? gap : 0) + 9
                   + eg_chart_caption_height(caption, right - 2) + 1;
    for (int k = 0; k <= both; k++) {
        const int last = k == both;
        const double end = d->sweeps > 1 ? (double) d->sweeps - 1 : 1;
        eg_page_panel(page, box, -0.03 * end, 1.03 * end, last);
        if (end < 6)
            eg_text_add(&page->script, "set xtics 1\n");
        if (k == 0)
            eg_chart_keys(page, left, right, 1, keys, n);
        eg_page_side(page, box, k == 0 ? "energy" : "overlap with the target", NULL);
        if (last) {
            eg_page_foot(page, box, "sweeps");
            eg_chart_caption(page, 2, right, box.bottom + 9, caption);
        }
        draw_panel(page, k == 0 ? &d->energy : &d->overlap, d);
        box.top = box.bottom + gap;
        box.bottom = box.top + height;
    }
}

/* All trials, those that are not drawn too; then the means. */
static void table(struct eg_page *page, const struct descent *d)
{
    struct eg_text *t = &page->table;
    const struct trace *traces[2] = {&d->energy, &d->overlap};
    eg_text_add(t, "trial,end,sweep,energy,overlap,energy low,energy high,overlap low,overlap "
                   "high\n");
    for (size_t k = 0; k < d->trials; k++)
        for (size_t i = 0; i < d->sweeps; i++) {
            if (!isfinite(d->energy.all.x[k * d->sweeps + i]))
                continue;
            const size_t class = class_of(d, k);
            eg_text_add(t, "%zu,%s,%zu", k, class < CLASSES ? class_names[class] : "", i);
            for (int q = 0; q < 2; q++) {
                eg_text_add(t, ",");
                eg_page_field(page, traces[q]->all.x ? traces[q]->all.x[k * d->sweeps + i] : NAN,
                              "");
            }
            eg_text_add(t, ",,,,\n");
        }
    for (size_t i = 0; i < d->sweeps; i++) {
        eg_text_add(t, "mean,,%zu", i);
        for (int q = 0; q < 2; q++) {
            eg_text_add(t, ",");
            eg_page_field(page, traces[q]->mean ? traces[q]->mean[i] : NAN, "");
        }
        for (int q = 0; q < 2; q++) {
            eg_text_add(t, ",");
            eg_page_field(page, traces[q]->low ? traces[q]->low[i] : NAN, ",");
            eg_page_field(page, traces[q]->high ? traces[q]->high[i] : NAN, "");
        }
        eg_text_add(t, "\n");
    }
}

int eg_figure_energy(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct descent d = {.trials = 0};
    const int rc = read_descent(&d, run, message);
    if (rc == EG_OK) {
        draw(page, &d, run);
        table(page, &d);
    }
    free(d.energy.mean);
    free(d.overlap.mean);
    eg_figure_array_free(&d.energy.all);
    eg_figure_array_free(&d.overlap.all);
    eg_figure_array_free(&d.end);
    return rc;
}
