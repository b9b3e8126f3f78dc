/* Overlap, retrieved fraction and wrong bits against load, for each size, with what is known:
 * mean field, the fitted crossing, and the capacities in closed form. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_grid.h"

#define LEFT 16.0
#define RIGHT 80.0
#define PANEL 46.0 /* mm, height */

enum { NAMED = 12 };

struct layout {
    struct eg_axis axis;
    struct eg_box box;
    struct eg_grid_keys keys;
    struct eg_named names[NAMED];
    size_t n_names;
    char caption[3 * EG_CHART_WORDS];
};

/* From `at` to the end of the line; the line after it. */
static const char *next_line(const char *at, char *plain, size_t size)
{
    char text[128];
    const size_t n = strcspn(at, "\n");
    snprintf(text, sizeof text, "%.*s", (int) (n < sizeof text ? n : sizeof text - 1), at);
    eg_chart_plain(plain, size, text);
    return at[n] ? at + n + 1 : at + n;
}

static void add_name(struct layout *l, double x, const char *name, const char *colour)
{
    if (l->n_names == NAMED || !(x >= l->axis.low && x <= l->axis.high))
        return;
    struct eg_named *named = &l->names[l->n_names++];
    named->x = x;
    named->colour = colour;
    snprintf(named->name, sizeof named->name, "%s", name);
}

/* The capacities that lie within the axis. */
static int add_capacities(struct layout *l, const struct eg_grid *grid, struct eg_message *message)
{
    struct eg_figure_array at;
    char path[64], group[64], *names = NULL;
    snprintf(group, sizeof group, "%s/theory", grid->group);
    int rc = eg_figure_read(grid->run, group, "line", 1, &at, message);
    if (rc != EG_OK)
        return rc;
    snprintf(path, sizeof path, "%s/theory/line_name", grid->group);
    if (at.x && eg_run_exists(grid->run, path))
        rc = eg_run_get_text(grid->run, path, &names, message);
    const char *from = names ? names : "";
    double critical = eg_figure_number(grid->run, "/capacity/theory/critical_load", NAN);
    for (size_t k = 0; rc == EG_OK && k < at.count; k++) {
        char name[64];
        from = next_line(from, name, sizeof name);
        add_name(l, at.x[k], name[0] ? name : "theory",
                 strstr(name, "mean field") ? EG_COLOUR_BLACK : EG_COLOUR_GREY);
        if (fabs(at.x[k] - critical) <= 0.005 * critical)
            critical = NAN; /* has its line */
    }
    if (rc == EG_OK && isfinite(critical))
        add_name(l, critical, "mean field alpha_c", EG_COLOUR_BLACK);
    free(names);
    eg_figure_array_free(&at);
    return rc;
}

/* Height of the page and place of the panel: keys and names above it, the caption below. */
static void lay_out(struct layout *l, struct eg_page *page, double height)
{
    const double width = RIGHT - LEFT;
    l->box = (struct eg_box){.left = LEFT, .right = RIGHT};
    const double keys = eg_chart_keys_height(l->keys.keys, l->keys.n, width);
    l->box.top = 1.6 + keys + eg_chart_names_height(l->names, l->n_names, &l->axis, l->box);
    l->box.bottom = l->box.top + height;
    page->height = l->box.bottom + 9 + eg_chart_caption_height(l->caption, RIGHT - 2) + 1;
}

static void begin(const struct layout *l, struct eg_page *page, const struct eg_grid *grid)
{
    eg_page_panel(page, l->box, l->axis.low, l->axis.high, 1);
    eg_chart_axis_x(page, &l->axis, 1);
    eg_chart_keys(page, LEFT, RIGHT, 1, l->keys.keys, l->keys.n);
    eg_chart_names_draw(page, l->names, l->n_names, &l->axis, l->box);
    eg_page_foot(page, l->box, grid->load_label);
    eg_chart_caption(page, 2, RIGHT, l->box.bottom + 9, l->caption);
}

static void add_key(struct layout *l, const char *name, const char *colour, enum eg_mark mark,
                    int point)
{
    if (l->keys.n < EG_GRID_KEYS)
        l->keys.keys[l->keys.n++] =
            (struct eg_key){.name = name, .colour = colour, .mark = mark, .point = point};
}

/* y - error and y + error, `count` numbers each, in one piece of memory; NULL: none left. */
static double *around(const struct eg_figure_array *y, const struct eg_figure_array *error)
{
    double *ends = malloc((2 * y->count + 1) * sizeof *ends);
    for (size_t i = 0; ends && i < y->count; i++) {
        const double e = error->x ? error->x[i] : NAN;
        ends[i] = y->x[i] - e;
        ends[y->count + i] = y->x[i] + e;
    }
    return ends;
}

static int any_finite(const struct eg_figure_array *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (isfinite(a->x[i]))
            return 1;
    return 0;
}

static int missing(const struct eg_grid *grid, const char *name, struct eg_message *message)
{
    return EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no %s", eg_run_path(grid->run), grid->group,
                   name);
}

/* One row a size and load, with columns of rank 2. */
static void table(struct eg_page *page, const struct eg_grid *grid, const char *const *names,
                  const struct eg_figure_array *const *columns, size_t n)
{
    eg_text_add(&page->table, "size,load,networks");
    for (size_t k = 0; k < n; k++)
        eg_text_add(&page->table, ",%s", names[k]);
    eg_text_add(&page->table, "\n");
    for (size_t i = 0; i < grid->sizes * grid->loads; i++) {
        eg_page_field(page, grid->size.x[i / grid->loads], ",");
        eg_page_field(page, grid->load.x[i % grid->loads], ",");
        eg_page_field(page, eg_grid_n(grid, i, 0), "");
        for (size_t k = 0; k < n; k++) {
            eg_text_add(&page->table, ",");
            eg_page_field(page, columns[k]->x ? columns[k]->x[i] : NAN, "");
        }
        eg_text_add(&page->table, "\n");
    }
}

/* --- overlap --- */

/* Whether the recalls that retrieved tell another story than all of them. */
static int differs(const struct eg_figure_array *all, const struct eg_figure_array *some)
{
    for (size_t i = 0; some->x && i < all->count; i++)
        if (fabs(all->x[i] - some->x[i]) > 0.005)
            return 1;
    return 0;
}

struct overlap {
    struct eg_figure_array all, all_error, some, some_error; /* some: those that retrieved */
    struct eg_figure_array x, m;                             /* theory     */
    int one_step; /* of one step, not of the mean field                               */
};

static int read_overlap(struct overlap *o, const struct eg_grid *grid, struct eg_message *message)
{
    int rc;
    if ((rc = eg_grid_read(grid, "overlap", 2, &o->all, message)) != EG_OK
        || (rc = eg_grid_read(grid, "overlap_error", 2, &o->all_error, message)) != EG_OK
        || (rc = eg_grid_read(grid, "overlap_retrieved", 2, &o->some, message)) != EG_OK
        || (rc = eg_grid_read(grid, "overlap_retrieved_error", 2, &o->some_error, message)) != EG_OK
        || (rc = eg_grid_curve(grid, "theory", "load", "overlap", &o->x, &o->m, message)) != EG_OK)
        return rc;
    return any_finite(&o->all) ? EG_OK : missing(grid, "overlap", message);
}

static int draw_overlap(struct eg_page *page, const struct eg_grid *grid, const struct overlap *o,
                        struct eg_message *message)
{
    struct layout l = {.axis = eg_chart_axis(grid->load.x, grid->loads, 20)};
    int rc = add_capacities(&l, grid, message);
    if (rc != EG_OK)
        return rc;
    double *ends = around(&o->all, &o->all_error);
    double *some_ends = o->some.x ? around(&o->some, &o->some_error) : NULL;
    if (!ends || (o->some.x && !some_ends)) {
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        goto out;
    }
    for (size_t i = 0; i < o->m.count; i++)
        if (!(o->m.x[i] > 0)) /* above the critical load nothing is retrieved, and no line drawn */
            o->m.x[i] = NAN;
    const int both = differs(&o->all, &o->some);
    eg_grid_size_keys(grid, &l.keys);
    if (o->m.x)
        add_key(&l, o->one_step ? "theory, one step" : "mean field", EG_COLOUR_BLACK, EG_MARK_LINE,
                0);
    eg_grid_caption(grid,
                    both ? "1 s.e.; open, dashed: mean of the networks that retrieved" : "1 s.e.",
                    l.caption, sizeof l.caption);
    lay_out(&l, page, PANEL);
    begin(&l, page, grid);

    double low = 1, high = 1;
    for (size_t i = 0; i < o->all.count; i++) {
        const double least = isfinite(ends[i]) ? ends[i] : o->all.x[i];
        low = least < low ? least : low;
    }
    for (size_t i = 0; i < o->m.count; i++)
        if (o->x.x[i] >= l.axis.low && o->x.x[i] <= l.axis.high && o->m.x[i] < low)
            low = o->m.x[i];
    if (low > 0 && low < 0.6)
        low = 0;
    if (low > 0.99999)
        low = 0.9999;
    const double room = 0.05 * (high - low);
    eg_text_add(&page->script, "set yrange [%.9g:%.9g] noextend\n", low - room, high + room);
    eg_page_side(page, l.box, "overlap with the pattern", NULL);

    struct eg_curves c = {.page = page};
    if (o->m.x)
        eg_curves_line(&c, o->x.x, o->m.x, o->m.count, EG_COLOUR_BLACK, 1, 0);
    for (size_t k = 0; k < eg_grid_drawn(grid); k++) {
        const size_t at = k * grid->loads;
        if (both) {
            eg_curves_line(&c, grid->load.x, o->some.x + at, grid->loads, eg_chart_colour(k), 0.5,
                           1);
            eg_curves_points(&c, grid->load.x, o->some.x + at, some_ends + at,
                             some_ends + o->some.count + at, grid->loads, eg_chart_colour(k),
                             eg_chart_point(k) - 1, 0, 0);
        }
        eg_curves_points(&c, grid->load.x, o->all.x + at, ends + at, ends + o->all.count + at,
                         grid->loads, eg_chart_colour(k), eg_chart_point(k), 1, 0);
    }
    eg_curves_draw(&c);
out:
    free(ends);
    free(some_ends);
    return rc;
}

int eg_figure_capacity(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct eg_grid grid;
    struct overlap o = {.all = {.x = NULL}};
    int rc = eg_grid_open(&grid, run, "/capacity", message);
    if (rc != EG_OK)
        return rc;
    char equation[16] = "";
    o.one_step = eg_run_get_attr_text(run, "/capacity/theory/overlap", "equation", equation,
                                      sizeof equation, NULL)
                     == EG_OK
                 && strcmp(equation, "T1") != 0;
    rc = read_overlap(&o, &grid, message);
    if (rc == EG_OK)
        rc = draw_overlap(page, &grid, &o, message);
    if (rc == EG_OK) {
        static const char *const names[] = {"overlap", "overlap standard error",
                                            "overlap of those that retrieved",
                                            "its standard error"};
        const struct eg_figure_array *const columns[] = {&o.all, &o.all_error, &o.some,
                                                         &o.some_error};
        table(page, &grid, names, columns, 4);
    }
    struct eg_figure_array *const all[] = {&o.all,        &o.all_error, &o.some,
                                           &o.some_error, &o.x,         &o.m};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        eg_figure_array_free(all[k]);
    eg_grid_close(&grid);
    return rc;
}

/* --- retrieved fraction --- */

enum { FIT = 161 };

/* Whether the size has a fit. */
static int is_fitted(const struct eg_figure_array *half, const struct eg_figure_array *width,
                     size_t size)
{
    return half->x && width->x && size < half->count && isfinite(half->x[size])
           && width->x[size] > 0 && isfinite(width->x[size]);
}

/* The fitted fraction: half of them at `half`, falling over `width` as the normal law does. */
static void draw_fit(struct eg_curves *c, const struct eg_axis *axis, double half, double width,
                     const char *colour)
{
    double x[FIT], y[FIT];
    for (int i = 0; i < FIT; i++) {
        const double at = (double) i / (FIT - 1);
        x[i] = axis->log ? axis->low * pow(axis->high / axis->low, at)
                         : axis->low + (axis->high - axis->low) * at;
        y[i] = 0.5 * erfc((x[i] - half) / width / sqrt(2));
    }
    eg_curves_line(c, x, y, FIT, colour, 0.9, 0);
}

static void draw_retrieved(struct eg_page *page, const struct eg_grid *grid,
                           const struct eg_figure_array *y, const struct eg_figure_array *low,
                           const struct eg_figure_array *high, const struct eg_figure_array *half,
                           const struct eg_figure_array *width)
{
    struct layout l = {.axis = eg_chart_axis(grid->load.x, grid->loads, 20)};
    const double critical = eg_figure_number(grid->run, "/capacity/scaling/critical_load", NAN);
    const double error = eg_figure_number(grid->run, "/capacity/scaling/critical_load_error", NAN);
    int fitted = 0;
    for (size_t k = 0; k < eg_grid_drawn(grid); k++)
        fitted |= is_fitted(half, width, k);
    char measure[64], words[96];
    eg_chart_measure(measure, sizeof measure, critical, error);
    snprintf(words, sizeof words, "critical load %s", measure);
    add_name(&l, critical, words, EG_COLOUR_BLACK);
    eg_grid_size_keys(grid, &l.keys);
    eg_grid_caption(grid,
                    fitted ? "Wilson 95 %; curves: normal law fitted to each size" : "Wilson 95 %",
                    l.caption, sizeof l.caption);
    lay_out(&l, page, PANEL);
    begin(&l, page, grid);
    if (isfinite(error) && critical + error >= l.axis.low && critical - error <= l.axis.high
        && critical - error > 0)
        eg_text_add(&page->script,
                    "set object rectangle from first %.9g,graph 0 to first %.9g,graph 1 behind "
                    "clip fillstyle solid 1 noborder fillcolor rgb '" EG_COLOUR_SHADE "'\n",
                    fmax(critical - error, l.axis.low), fmin(critical + error, l.axis.high));
    eg_text_add(&page->script, "set yrange [-0.05:1.05] noextend\nset ytics 0.25\n");
    eg_page_side(page, l.box, "retrieved [fraction]", NULL);
    struct eg_curves c = {.page = page};
    for (size_t k = 0; k < eg_grid_drawn(grid); k++)
        if (is_fitted(half, width, k))
            draw_fit(&c, &l.axis, half->x[k], width->x[k], eg_chart_colour(k));
    for (size_t k = 0; k < eg_grid_drawn(grid); k++)
        eg_curves_points(&c, grid->load.x, eg_grid_row(grid, y, k), eg_grid_row(grid, low, k),
                         eg_grid_row(grid, high, k), grid->loads, eg_chart_colour(k),
                         eg_chart_point(k), !is_fitted(half, width, k), 0);
    eg_curves_draw(&c);
}

int eg_figure_retrieved(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct eg_grid grid;
    struct eg_figure_array a[5] = {{.x = NULL}};
    int rc = eg_grid_open(&grid, run, "/capacity", message);
    if (rc != EG_OK)
        return rc;
    if ((rc = eg_grid_read(&grid, "retrieved", 2, &a[0], message)) == EG_OK
        && (rc = eg_grid_read(&grid, "retrieved_low", 2, &a[1], message)) == EG_OK
        && (rc = eg_grid_read(&grid, "retrieved_high", 2, &a[2], message)) == EG_OK
        && (rc = eg_grid_curve(&grid, "scaling", "half", "width", &a[3], &a[4], message)) == EG_OK
        && !any_finite(&a[0]))
        rc = missing(&grid, "retrieved fraction", message);
    if (rc == EG_OK && a[3].x && a[3].count != grid.sizes)
        rc =
            EG_FAIL(EG_ERR_FORMAT, message, "%s: /capacity/scaling is for %zu sizes; there are %zu",
                    eg_run_path(run), a[3].count, grid.sizes);
    if (rc == EG_OK) {
        draw_retrieved(page, &grid, &a[0], &a[1], &a[2], &a[3], &a[4]);
        static const char *const names[] = {"retrieved fraction", "Wilson low", "Wilson high"};
        const struct eg_figure_array *const columns[] = {&a[0], &a[1], &a[2]};
        table(page, &grid, names, columns, 3);
    }
    for (int k = 0; k < 5; k++)
        eg_figure_array_free(&a[k]);
    eg_grid_close(&grid);
    return rc;
}

/* --- wrong bits --- */

static int draw_error(struct eg_page *page, const struct eg_grid *grid,
                      const struct eg_figure_array *y, const struct eg_figure_array *error,
                      const struct eg_figure_array *x, const struct eg_figure_array *theory,
                      struct eg_message *message)
{
    struct layout l = {.axis = eg_chart_axis(grid->load.x, grid->loads, 20)};
    double *ends = around(y, error), low = INFINITY, high = 0;
    double *none = malloc((y->count + 1) * sizeof *none);
    if (!ends || !none) {
        free(ends);
        free(none);
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    }
    size_t zeros = 0;
    for (size_t i = 0; i < y->count; i++) {
        if (y->x[i] > 0 && isfinite(y->x[i])) {
            low = y->x[i] < low ? y->x[i] : low;
            high = y->x[i] > high ? y->x[i] : high;
        }
        zeros += y->x[i] == 0;
    }
    if (!(low <= high)) { /* only zeros */
        low = 1e-6;
        high = 0.5;
    }
    for (size_t i = 0; i < theory->count; i++)
        if (x->x[i] >= l.axis.low && x->x[i] <= l.axis.high && theory->x[i] > 0) {
            /* Theory may fall without end; the data say how far down is worth showing. */
            const double v = fmax(theory->x[i], low / 30);
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
    low /= zeros > 0 ? 4 : 2;
    high = 2 * high < 1 ? 2 * high : 1;
    low = low < high / 100 ? low : high / 100;
    for (size_t i = 0; i < y->count; i++)
        none[i] = y->x[i] == 0 ? low * pow(high / low, 0.04) : NAN;

    eg_grid_size_keys(grid, &l.keys);
    if (theory->x)
        add_key(&l, "theory", EG_COLOUR_BLACK, EG_MARK_LINE, 0);
    if (zeros > 0)
        add_key(&l, "none wrong", EG_COLOUR_GREY, EG_MARK_POINT, 10);
    eg_grid_caption(grid, "1 s.e.", l.caption, sizeof l.caption);
    lay_out(&l, page, PANEL);
    begin(&l, page, grid);
    eg_page_log_tics(page, low, high);
    eg_page_side(page, l.box, "wrong bits [fraction]", NULL);
    struct eg_curves c = {.page = page};
    if (theory->x)
        eg_curves_line(&c, x->x, theory->x, theory->count, EG_COLOUR_BLACK, 1, 0);
    for (size_t k = 0; k < eg_grid_drawn(grid); k++) {
        const size_t at = k * grid->loads;
        eg_curves_points(&c, grid->load.x, y->x + at, ends + at, ends + y->count + at, grid->loads,
                         eg_chart_colour(k), eg_chart_point(k), 1, low);
        eg_curves_points(&c, grid->load.x, none + at, NULL, NULL, grid->loads, eg_chart_colour(k),
                         10, 0, 0);
    }
    eg_curves_draw(&c);
    free(ends);
    free(none);
    return EG_OK;
}

int eg_figure_error(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct eg_grid grid;
    struct eg_figure_array a[4] = {{.x = NULL}};
    int rc = eg_grid_open(&grid, run, "/capacity", message);
    if (rc != EG_OK)
        return rc;
    if ((rc = eg_grid_read(&grid, "error", 2, &a[0], message)) == EG_OK
        && (rc = eg_grid_read(&grid, "error_error", 2, &a[1], message)) == EG_OK
        && (rc = eg_grid_curve(&grid, "theory", "load", "error", &a[2], &a[3], message)) == EG_OK
        && !any_finite(&a[0]))
        rc = missing(&grid, "wrong bits", message);
    if (rc == EG_OK)
        rc = draw_error(page, &grid, &a[0], &a[1], &a[2], &a[3], message);
    if (rc == EG_OK) {
        static const char *const names[] = {"wrong bits", "standard error"};
        const struct eg_figure_array *const columns[] = {&a[0], &a[1]};
        table(page, &grid, names, columns, 2);
    }
    for (int k = 0; k < 4; k++)
        eg_figure_array_free(&a[k]);
    eg_grid_close(&grid);
    return rc;
}
