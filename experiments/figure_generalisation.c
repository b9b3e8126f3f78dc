/* Generalisation: cost, wrong bits and the fraction of faultless sequences against length and
 * against repeats, as the last evaluation found them; trained sizes shaded.
 *
 * Of one run, with standard errors; along one measure there is a curve for each value of the other.
 * Of several runs, a curve for each preset, the median over seeds with quartiles; the other measure
 * is then the largest that was trained and evaluated. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_evaluation.h"
#include "experiments/figure_several.h"

enum { SIZES = 256 };

#define LEFT 17.0
#define RIGHT 82.0
#define PANEL 26.0
#define GAP 2.6
#define FOOT 9.0

/* One curve of points that differ in one measure only. */
struct series {
    struct eg_evaluated *points;
    size_t n;
    const char *colour; /* NULL: the quantity's */
    int point;
};

/* All panels that have one x axis. */
struct view {
    enum eg_measure along;
    struct series series[EG_CHART_COLOURS];
    size_t n;
    struct eg_key keys[EG_CHART_COLOURS + 1];
    char names[EG_CHART_COLOURS][EG_SEVERAL_WORDS];
    size_t n_keys;
    int with_optimum;             /* is drawn: that of the first curve, which is that of all */
    char note[160], caption[160]; /* on the right, over the first panel; beneath the keys */
};

static int has(const struct view *v, enum eg_quantity q)
{
    for (size_t k = 0; k < v->n; k++)
        for (size_t i = 0; i < v->series[k].n; i++)
            if (isfinite(v->series[k].points[i].y[q]))
                return 1;
    return 0;
}

/* Least positive number and greatest, with intervals above. */
static void range(const struct view *v, enum eg_quantity q, double *low, double *high)
{
    for (size_t k = 0; k < v->n; k++)
        for (size_t i = 0; i < v->series[k].n; i++) {
            const struct eg_evaluated *p = &v->series[k].points[i];
            const double top = isfinite(p->high[q]) ? p->high[q] : p->y[q];
            *low = p->y[q] > 0 && p->y[q] < *low ? p->y[q] : *low;
            *high = isfinite(top) && top > *high ? top : *high;
            if (q == EG_COST && v->with_optimum && p->optimum > 0 && p->optimum < *low)
                *low = p->optimum;
        }
}

/* The cost's axis is logarithmic unless its numbers are near each other; its lower end, where
 * intervals are cut off, or 0. */
static double cost_axis(struct eg_page *page, const struct eg_figure_evaluation *e,
                        const struct view *v)
{
    const int solvable = e->threshold > 0 && !(e->optimum > e->threshold);
    double low = solvable ? e->threshold : INFINITY, high = solvable ? e->threshold : 0;
    range(v, EG_COST, &low, &high);
    if (!(low <= high))
        low = high = 1;
    if (!(high > 10 * low)) {
        const double room = high > low ? 0.12 * (high - low) : 0.5 * high;
        eg_text_add(&page->script, "set yrange [%.9g:%.9g] noextend\n", low - room, high + room);
        return 0;
    }
    low = low < 1e-6 ? 1e-6 : low;
    eg_page_log_tics(page, low / 3, high * 3);
    if (solvable) {
        char name[64];
        snprintf(name, sizeof name, "solved: %g", e->threshold);
        eg_page_level(page, e->threshold, name, EG_COLOUR_GREEN, EG_PLACE_RIGHT);
    }
    return low / 3;
}

static void optimum_line(struct eg_curves *c, const struct view *v)
{
    const struct series *s = &v->series[0];
    double *room = calloc(2 * s->n + 1, sizeof *room);
    if (!room) {
        c->page->script.failed = 1;
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        room[i] = s->points[i].size[v->along];
        room[s->n + i] = s->points[i].optimum;
    }
    eg_curves_line(c, room, room + s->n, s->n, EG_COLOUR_BLACK, 0.8, 0);
    free(room);
}

/* With a key of its own. */
static void add_optimum(struct view *v)
{
    for (size_t i = 0; v->n > 0 && i < v->series[0].n; i++)
        v->with_optimum |= v->series[0].points[i].optimum > 0;
    if (v->with_optimum)
        v->keys[v->n_keys++] = (struct eg_key){
            .name = "least cost there can be", .colour = EG_COLOUR_BLACK, .mark = EG_MARK_LINE};
}

static void curve(struct eg_curves *c, const struct view *v, const struct series *s,
                  enum eg_quantity q, double floor)
{
    static const char *const colours[EG_QUANTITIES] = {EG_COLOUR_BLUE, EG_COLOUR_VERMILLION,
                                                       EG_COLOUR_GREEN};
    double *room = calloc(4 * s->n + 1, sizeof *room);
    if (!room) {
        c->page->script.failed = 1;
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        room[i] = s->points[i].size[v->along];
        room[s->n + i] = s->points[i].y[q];
        room[2 * s->n + i] = s->points[i].low[q];
        room[3 * s->n + i] = s->points[i].high[q];
    }
    eg_curves_points(c, room, room + s->n, room + 2 * s->n, room + 3 * s->n, s->n,
                     s->colour ? s->colour : colours[q], s->point, 1, floor);
    free(room);
}

static void draw_panel(struct eg_page *page, const struct eg_figure_evaluation *e,
                       const struct view *v, enum eg_quantity q, struct eg_box box, double x_max,
                       int first, int last)
{
    struct eg_text *s = &page->script;
    double floor = 0;
    eg_page_panel(page, box, 0, x_max, last);
    const double from = e->trained_from[v->along], upto = e->trained_to[v->along];
    if (from <= upto)
        eg_text_add(s,
                    "set object rectangle from first %.9g,graph 0 to first %.9g,graph 1 behind "
                    "fillstyle solid 1 noborder fillcolor rgb '" EG_COLOUR_SHADE "'\n",
                    from - 0.5, upto + 0.5);
    if (first) {
        const double keys = eg_chart_keys_height(v->keys, v->n_keys, RIGHT - LEFT);
        const double caption = eg_chart_caption_height(v->caption, RIGHT - LEFT);
        eg_chart_keys(page, LEFT, RIGHT, box.top - 3.9 - caption - keys, v->keys, v->n_keys);
        eg_chart_caption(page, LEFT, RIGHT, box.top - 3.9 - caption, v->caption);
        if (from <= upto)
            eg_page_words(page, box.left, box.top - 1.9, "left",
                          v->along == EG_BY_LENGTH ? "training lengths" : "training repeats");
        eg_page_words(page, box.right, box.top - 1.9, "right", v->note);
    }
    double low = INFINITY, high = 1;
    range(v, q, &low, &high);
    if (q == EG_COST) {
        char units[80];
        floor = cost_axis(page, e, v);
        snprintf(units, sizeof units, "[%s]", e->cost_units);
        eg_page_side(page, box, "cost", units);
    } else if (q == EG_WRONG_BITS) {
        eg_text_add(s, "set yrange [%.6g:%.6g] noextend\n", -0.06 * high, 1.12 * high);
        eg_page_side(page, box, "wrong bits", "[bit/sequence]");
    } else {
        eg_text_add(s, "set yrange [-0.06:1.08] noextend\nset ytics 0.5\n");
        eg_page_side(page, box, "all bits right", "[fraction]");
    }
    if (last && v->along == EG_BY_REPEATS) {
        eg_page_foot(page, box, "repeats");
    } else if (last) {
        char name[96];
        snprintf(name, sizeof name, "length [%s]", e->units[EG_BY_LENGTH]);
        eg_page_foot(page, box, name);
    }
    struct eg_curves c = {.page = page};
    if (q == EG_COST && v->with_optimum)
        optimum_line(&c, v);
    for (size_t k = 0; k < v->n; k++)
        curve(&c, v, &v->series[k], q, floor);
    eg_curves_draw(&c);
}

static double head_of(const struct view *v)
{
    return 5.5 + eg_chart_keys_height(v->keys, v->n_keys, RIGHT - LEFT)
           + eg_chart_caption_height(v->caption, RIGHT - LEFT);
}

static void draw(struct eg_page *page, const struct eg_figure_evaluation *e,
                 const struct view *views, size_t n_views)
{
    int panels[EG_MEASURES][EG_QUANTITIES], n[EG_MEASURES] = {0};
    page->height = 0;
    for (size_t w = 0; w < n_views; w++) {
        for (int q = 0; q < EG_QUANTITIES; q++)
            if (has(&views[w], (enum eg_quantity) q))
                panels[w][n[w]++] = q;
        page->height += head_of(&views[w]) + n[w] * PANEL + (n[w] - 1) * GAP + FOOT;
    }
    double top = 0;
    for (size_t w = 0; w < n_views; w++) {
        const struct view *v = &views[w];
        double x_max = e->trained_to[v->along] > 0 ? e->trained_to[v->along] : 0;
        for (size_t k = 0; k < v->n; k++)
            for (size_t i = 0; i < v->series[k].n; i++)
                x_max = fmax(x_max, v->series[k].points[i].size[v->along]);
        top += head_of(v);
        for (int k = 0; k < n[w]; k++) {
            const double y = top + k * (PANEL + GAP);
            const struct eg_box box = {.left = LEFT, .right = RIGHT, .top = y, .bottom = y + PANEL};
            draw_panel(page, e, v, (enum eg_quantity) panels[w][k], box, 1.05 * x_max, k == 0,
                       k == n[w] - 1);
        }
        top += n[w] * PANEL + (n[w] - 1) * GAP + FOOT;
    }
}

static void views_free(struct view *views)
{
    for (int w = 0; w < EG_MEASURES; w++)
        for (size_t k = 0; k < EG_CHART_COLOURS; k++)
            free(views[w].series[k].points);
}

/* "10 repeats", "length 10" */
static void fixed_words(char *words, size_t size, enum eg_measure measure, double value,
                        const char *units)
{
    if (measure == EG_BY_REPEATS)
        snprintf(words, size, "%g repeat%s", value, value == 1 ? "" : "s");
    else
        snprintf(words, size, "%g %s", value, units);
}

/* The measures along which something can be seen. */
static size_t choose_views(const struct eg_evaluated *points, size_t n,
                           enum eg_measure along[EG_MEASURES])
{
    double sizes[EG_MEASURES][2];
    const size_t lengths = eg_figure_sizes(points, n, EG_BY_LENGTH, sizes[0], 2),
                 repeats = eg_figure_sizes(points, n, EG_BY_REPEATS, sizes[1], 2);
    size_t k = 0;
    if (lengths > 1 || repeats < 2)
        along[k++] = EG_BY_LENGTH;
    if (repeats > 1)
        along[k++] = EG_BY_REPEATS;
    return k;
}

/* --- of one run --- */

/* What a reader must know of every point. */
static void say_n(char *words, size_t size, const struct eg_figure_evaluation *e)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < e->n; i++) {
        low = e->points[i].n < low ? e->points[i].n : low;
        high = e->points[i].n > high ? e->points[i].n : high;
    }
    char upto[48] = "";
    words[0] = '\0';
    if (high > low)
        snprintf(upto, sizeof upto, "{\\U+2013}%.10g", high);
    if (low <= high)
        snprintf(words, size, "{/:Italic n} = %.10g%s, bars: 1 s.e.", low, upto);
}

static int make_view(struct view *v, const struct eg_figure_evaluation *e, enum eg_measure along)
{
    const enum eg_measure other = along == EG_BY_LENGTH ? EG_BY_REPEATS : EG_BY_LENGTH;
    double values[SIZES];
    const size_t all = eg_figure_sizes(e->points, e->n, other, values, SIZES);
    v->along = along;
    v->n = all < EG_CHART_COLOURS ? all : EG_CHART_COLOURS;
    say_n(v->note, sizeof v->note, e);
    for (size_t k = 0; k < v->n; k++) {
        /* Of too many the first, the last and some between. */
        const double value = values[all > v->n ? k * (all - 1) / (v->n - 1) : k];
        struct series *s = &v->series[k];
        *s = (struct series){.points = calloc(e->n, sizeof *s->points),
                             .colour = v->n > 1 ? eg_chart_colour(k) : NULL,
                             .point = v->n > 1 ? eg_chart_point(k) : 7};
        if (!s->points)
            return EG_RAISE(EG_ERR_NOMEM);
        for (size_t i = 0; i < e->n; i++)
            if (e->points[i].size[other] == value)
                s->points[s->n++] = e->points[i];
        if (value == 0)
            continue;
        fixed_words(v->names[k], sizeof v->names[k], other, value, e->units[other]);
        v->keys[v->n_keys++] = (struct eg_key){.name = v->names[k],
                                               .colour = s->colour ? s->colour : EG_COLOUR_BLACK,
                                               .mark = EG_MARK_POINT,
                                               .point = s->point};
    }
    if (v->n == 1)
        add_optimum(v);
    return EG_OK;
}

static void table(struct eg_page *page, const struct eg_figure_evaluation *e)
{
    eg_text_add(&page->table,
                "step,length [%s],repeats,n,cost [%s],cost standard error [%s],wrong bits "
                "[bit/sequence],wrong bits standard error [bit/sequence],exact fraction,exact "
                "fraction low,exact fraction high,least cost there can be [%s]\n",
                e->units[EG_BY_LENGTH], e->cost_units, e->cost_units, e->cost_units);
    for (size_t i = 0; i < e->n; i++) {
        const struct eg_evaluated *p = &e->points[i];
        const double row[] = {e->step,
                              p->size[EG_BY_LENGTH],
                              p->size[EG_BY_REPEATS],
                              p->n,
                              p->y[EG_COST],
                              p->error[EG_COST],
                              p->y[EG_WRONG_BITS],
                              p->error[EG_WRONG_BITS],
                              p->y[EG_EXACT_FRACTION],
                              p->low[EG_EXACT_FRACTION],
                              p->high[EG_EXACT_FRACTION],
                              p->optimum};
        const size_t n = sizeof row / sizeof *row;
        for (size_t k = 0; k < n; k++)
            eg_page_field(page, row[k], k + 1 < n ? "," : "\n");
    }
}

int eg_figure_generalisation(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct eg_figure_evaluation e;
    int rc = eg_figure_evaluation(&e, run, message);
    if (rc != EG_OK)
        return rc;
    enum eg_measure along[EG_MEASURES];
    const size_t n = choose_views(e.points, e.n, along);
    struct view *views = calloc(EG_MEASURES, sizeof *views);
    rc = views ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    for (size_t w = 0; rc == EG_OK && w < n; w++)
        rc = make_view(&views[w], &e, along[w]);
    if (rc == EG_OK) {
        draw(page, &e, views, n);
        table(page, &e);
    } else {
        rc = EG_FAIL(rc, message, "out of memory");
    }
    if (views)
        views_free(views);
    free(views);
    eg_figure_evaluation_free(&e);
    return rc;
}

/* --- of several runs --- */

struct evaluated_runs {
    struct eg_several several;
    struct eg_figure_evaluation *at; /* (n) */
    size_t *presets;                 /* (n) */
    size_t n, of_preset[EG_CHART_COLOURS];
};

/* Runs that were never evaluated, since they were broken off, are left out, and not counted. */
static int keep(void *context, struct eg_run *run, size_t preset, struct eg_message *message)
{
    struct evaluated_runs *r = context;
    const int rc = eg_figure_evaluation(&r->at[r->n], run, message);
    if (rc != EG_OK)
        return rc == EG_ERR_MISSING ? EG_OK : rc;
    r->presets[r->n++] = preset;
    r->of_preset[preset]++;
    return EG_OK;
}

static const struct eg_evaluated *find(const struct eg_figure_evaluation *e, const double *size)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->points[i].size[0] == size[0] && e->points[i].size[1] == size[1])
            return &e->points[i];
    return NULL;
}

/* Median and quartiles over the seeds of a preset at one size; `room` has a place for each run. */
static struct eg_evaluated middle(const struct evaluated_runs *r, size_t preset, const double *size,
                                  double *room)
{
    struct eg_evaluated p = {.size = {size[0], size[1]}, .optimum = NAN};
    for (int q = 0; q < EG_QUANTITIES; q++) {
        double quartiles[3];
        size_t n = 0;
        for (size_t i = 0; i < r->n; i++) {
            const struct eg_evaluated *one = find(&r->at[i], size);
            if (r->presets[i] == preset && one) {
                room[n++] = one->y[q];
                p.optimum = one->optimum; /* of each its own sequences, of one kind */
            }
        }
        eg_several_quartiles(room, n, quartiles);
        p.n = (double) n;
        p.low[q] = quartiles[0];
        p.y[q] = quartiles[1];
        p.high[q] = quartiles[2];
        p.error[q] = NAN;
    }
    return p;
}

/* The largest that was trained; where none was, the smallest. */
static double fixed_size(const struct eg_figure_evaluation *all, enum eg_measure measure)
{
    double values[SIZES];
    const size_t n = eg_figure_sizes(all->points, all->n, measure, values, SIZES);
    double best = values[0];
    for (size_t i = 0; i < n; i++)
        if (values[i] <= all->trained_to[measure])
            best = values[i];
    return best;
}

static int make_views(struct view *v, const struct evaluated_runs *r,
                      const struct eg_figure_evaluation *all, enum eg_measure along, double *room)
{
    const enum eg_measure other = along == EG_BY_LENGTH ? EG_BY_REPEATS : EG_BY_LENGTH;
    double values[SIZES], size[EG_MEASURES];
    const size_t sizes = eg_figure_sizes(all->points, all->n, along, values, SIZES);
    size[other] = fixed_size(all, other);
    v->along = along;
    v->n_keys = eg_several_keys(&r->several, r->of_preset, v->keys, v->names);
    snprintf(v->caption, sizeof v->caption, "median over seeds, bars: quartiles");
    if (size[other] > 0)
        fixed_words(v->note, sizeof v->note, other, size[other], all->units[other]);
    for (size_t p = 0; p < r->several.n; p++) {
        if (r->of_preset[p] == 0)
            continue;
        struct series *s = &v->series[v->n];
        *s = (struct series){.points = calloc(sizes, sizeof *s->points),
                             .colour = eg_chart_colour(p),
                             .point = eg_chart_point(p)};
        if (!s->points)
            return EG_RAISE(EG_ERR_NOMEM);
        v->keys[v->n].mark = EG_MARK_POINT;
        v->keys[v->n].point = s->point;
        v->n++;
        for (size_t i = 0; i < sizes; i++) {
            size[along] = values[i];
            const struct eg_evaluated one = middle(r, p, size, room);
            if (one.n > 0)
                s->points[s->n++] = one;
        }
    }
    add_optimum(v);
    return EG_OK;
}

static void several_table(struct eg_page *page, const struct evaluated_runs *r,
                          const struct eg_figure_evaluation *all, double *room)
{
    static const char *const names[EG_QUANTITIES] = {"cost", "wrong bits", "exact fraction"};
    eg_text_add(&page->table, "preset,length [%s],repeats,seeds", all->units[EG_BY_LENGTH]);
    for (int q = 0; q < EG_QUANTITIES; q++)
        eg_text_add(&page->table, ",median %s,%s lower quartile,%s upper quartile", names[q],
                    names[q], names[q]);
    eg_text_add(&page->table, "\n");
    for (size_t p = 0; p < r->several.n; p++)
        for (size_t i = 0; i < all->n; i++) {
            const struct eg_evaluated one = middle(r, p, all->points[i].size, room);
            if (one.n == 0)
                continue;
            eg_text_add(&page->table, "\"%s\",%.9g,%.9g,%.9g", r->several.presets[p].plain,
                        one.size[0], one.size[1], one.n);
            for (int q = 0; q < EG_QUANTITIES; q++) {
                const double row[] = {one.y[q], one.low[q], one.high[q]};
                for (int k = 0; k < 3; k++) {
                    eg_text_add(&page->table, ",");
                    eg_page_field(page, row[k], "");
                }
            }
            eg_text_add(&page->table, "\n");
        }
}

/* All sizes of all runs, each once; the rest is that of the first run. */
static int gather(struct eg_figure_evaluation *all, const struct evaluated_runs *r)
{
    size_t most = 0;
    for (size_t i = 0; i < r->n; i++)
        most += r->at[i].n;
    *all = r->at[0];
    all->points = calloc(most, sizeof *all->points);
    all->n = 0;
    if (!all->points)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->at[i].n; k++)
            if (!find(all, r->at[i].points[k].size))
                all->points[all->n++] = r->at[i].points[k];
    return EG_OK;
}

int eg_figure_generalisations(struct eg_page *page, const char *const *paths, size_t n,
                              struct eg_message *message)
{
    struct evaluated_runs r = {.at = calloc(n, sizeof *r.at),
                               .presets = calloc(n, sizeof *r.presets)};
    struct eg_figure_evaluation all = {.points = NULL};
    struct view *views = calloc(EG_MEASURES, sizeof *views);
    double *room = calloc(n, sizeof *room);
    int rc = EG_OK;
    if (!r.at || !r.presets || !views || !room)
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    if (rc == EG_OK)
        rc = eg_several_read(&r.several, paths, n, keep, &r, message);
    if (rc == EG_OK && r.n == 0)
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: no evaluation was recorded", paths[0]);
    if (rc != EG_OK)
        goto out;
    rc = gather(&all, &r);
    enum eg_measure along[EG_MEASURES];
    const size_t n_views = rc == EG_OK ? choose_views(all.points, all.n, along) : 0;
    for (size_t w = 0; rc == EG_OK && w < n_views; w++)
        rc = make_views(&views[w], &r, &all, along[w], room);
    if (rc == EG_OK) {
        draw(page, &all, views, n_views);
        several_table(page, &r, &all, room);
    } else {
        rc = EG_FAIL(rc, message, "out of memory");
    }
out:
    if (views)
        views_free(views);
    free(views);
    for (size_t i = 0; r.at && i < r.n; i++)
        eg_figure_evaluation_free(&r.at[i]);
    free(r.at);
    free(r.presets);
    free(room);
    eg_figure_evaluation_free(&all);
    return rc;
}
