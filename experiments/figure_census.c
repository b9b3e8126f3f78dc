/* Where recalls end: the shares of the kinds of end states, one on top of the other, against load;
 * a panel for each of the largest sizes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_grid.h"

enum { PANELS = 3, CLASSES = 8, NAME = 32 };

static const char *const colours[CLASSES] = {
    EG_COLOUR_GREEN,  EG_COLOUR_SKY,        EG_COLOUR_BLUE,   EG_COLOUR_ORANGE,
    EG_COLOUR_YELLOW, EG_COLOUR_VERMILLION, EG_COLOUR_PURPLE, EG_COLOUR_GREY};

struct census {
    struct eg_figure_array share; /* (size, load, class) */
    size_t classes;
    char names[CLASSES][NAME];
    size_t panels, at[PANELS]; /* sizes that are drawn */
    double *edges;             /* (loads, 2): where the column of a load begins and ends */
    struct eg_axis axis;
};

/* Word k of a text; its number where there is none. */
static void word(char name[NAME], const char *text, size_t k)
{
    char plain[NAME];
    text += strspn(text, " ");
    for (size_t i = 0; i < k && *text; i++) {
        text += strcspn(text, " ");
        text += strspn(text, " ");
    }
    const size_t n = strcspn(text, " ");
    snprintf(name, NAME, "%.*s", (int) (n < NAME ? n : NAME - 1), text);
    eg_chart_plain(plain, sizeof plain, name);
    for (char *c = plain; *c; c++)
        if (*c == '_')
            *c = ' ';
    if (*plain)
        snprintf(name, NAME, "%s", plain);
    else
        snprintf(name, NAME, "class %zu", k);
}

/* Halfway to the neighbour on either side, on the axis as it is drawn; without a neighbour as far
 * as on the other side. */
static int find_edges(struct census *q, const struct eg_grid *grid)
{
    const size_t n = grid->loads;
    const double *load = grid->load.x;
    q->edges = calloc(2 * n, sizeof *q->edges);
    if (!q->edges)
        return EG_RAISE(EG_ERR_NOMEM);
    q->axis = eg_chart_axis(load, n, 20);
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double x = q->axis.log ? log(load[i]) : load[i];
        double below = INFINITY, above = INFINITY;
        for (size_t k = 0; k < n; k++) {
            const double d = (q->axis.log ? log(load[k]) : load[k]) - x;
            if (d < 0 && -d < below)
                below = -d;
            if (d > 0 && d < above)
                above = d;
        }
        if (!isfinite(below))
            below = above;
        if (!isfinite(above))
            above = below;
        if (!isfinite(below)) /* alone */
            below = above = x != 0 ? 0.3 * fabs(x) : 0.5;
        const double from = x - below / 2, upto = x + above / 2;
        q->edges[2 * i] = q->axis.log ? exp(from) : from;
        q->edges[2 * i + 1] = q->axis.log ? exp(upto) : upto;
        low = q->edges[2 * i] < low ? q->edges[2 * i] : low;
        high = q->edges[2 * i + 1] > high ? q->edges[2 * i + 1] : high;
    }
    if (low < high) {
        q->axis.low = low;
        q->axis.high = high;
    }
    return EG_OK;
}

static int read_census(struct census *q, const struct eg_grid *grid, struct eg_message *message)
{
    char names[EG_CHART_WORDS];
    int rc = eg_grid_read(grid, "census", 3, &q->share, message);
    if (rc != EG_OK)
        return rc;
    if (!q->share.x || q->share.count == 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no census was recorded",
                       eg_run_path(grid->run));
    q->classes = q->share.dims[2];
    if (q->classes > CLASSES)
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s: %s/census has %zu classes; at most %d have a "
                       "colour",
                       eg_run_path(grid->run), grid->group, q->classes, CLASSES);
    static const char otherwise[] = "target inverse stored mixture_3 mixture_5 spurious cycle";
    eg_figure_plain(grid->run, "/capacity/census", "class_names", "", names, sizeof names);
    if (!*names)
        eg_figure_plain(grid->run, "/capacity", "class_names", otherwise, names, sizeof names);
    for (size_t k = 0; k < q->classes; k++)
        word(q->names[k], names, k);
    q->panels = eg_grid_largest(grid, PANELS, q->at);
    return find_edges(q, grid);
}

static int occurs(const struct census *q, size_t class)
{
    for (size_t i = class; i < q->share.count; i += q->classes)
        if (q->share.x[i] > 0)
            return 1;
    return 0;
}

static void draw_panel(struct eg_page *page, const struct eg_grid *grid, const struct census *q,
                       size_t size, struct eg_box box)
{
    struct eg_text *s = &page->script;
    for (size_t i = 0; i < grid->loads; i++) {
        const double *share = q->share.x + (size * grid->loads + i) * q->classes;
        double y = 0;
        for (size_t k = 0; k < q->classes; k++) {
            if (!(share[k] > 0) || !isfinite(share[k]) || !isfinite(q->edges[2 * i]))
                continue;
            eg_text_add(s,
                        "set object rectangle from first %.9g,first %.6g to first %.9g,first %.6g "
                        "back fillstyle solid 1 border lc rgb 'white' lw 0.2 fillcolor rgb '%s'\n",
                        q->edges[2 * i], y, q->edges[2 * i + 1], y + share[k], colours[k]);
            y += share[k];
        }
    }
    char words[64];
    snprintf(words, sizeof words, "N = %.10g", grid->size.x[size]);
    eg_page_side(page, box, words, "share");
    eg_text_add(s, "set yrange [0:1] noextend\nset ytics 0.5\nset grid front noxtics noytics\n"
                   "plot NaN notitle\n");
}

static void draw(struct eg_page *page, const struct eg_grid *grid, const struct census *q)
{
    struct eg_key keys[CLASSES];
    size_t n = 0;
    for (size_t k = 0; k < q->classes; k++)
        if (occurs(q, k))
            keys[n++] = (struct eg_key){q->names[k], colours[k], EG_MARK_AREA, 0};
    char caption[3 * EG_CHART_WORDS];
    eg_grid_caption(grid, NULL, caption, sizeof caption);
    const double left = 15, right = 80, gap = 2.6;
    const double height = q->panels > 1 ? 28 : 40;
    const double top = 1.8 + eg_chart_keys_height(keys, n, right - left);
    double y = top;
    page->height = top + (height + gap) * (double) q->panels - gap + 9
                   + eg_chart_caption_height(caption, right - 2) + 1;
    for (size_t p = 0; p < q->panels; p++) {
        const struct eg_box box = {left, right, y, y + height};
        const int last = p + 1 == q->panels;
        eg_page_panel(page, box, q->axis.low, q->axis.high, last);
        eg_chart_axis_x(page, &q->axis, last);
        if (p == 0)
            eg_chart_keys(page, left, right, 1, keys, n);
        if (last) {
            eg_page_foot(page, box, grid->load_label);
            eg_chart_caption(page, 2, right, box.bottom + 9, caption);
        }
        draw_panel(page, grid, q, q->at[p], box);
        y = box.bottom + gap;
    }
}

static void table(struct eg_page *page, const struct eg_grid *grid, const struct census *q)
{
    eg_text_add(&page->table, "size,load,networks");
    for (size_t k = 0; k < q->classes; k++)
        eg_text_add(&page->table, ",%s", q->names[k]);
    eg_text_add(&page->table, "\n");
    for (size_t i = 0; i < grid->sizes * grid->loads; i++) {
        eg_page_field(page, grid->size.x[i / grid->loads], ",");
        eg_page_field(page, grid->load.x[i % grid->loads], ",");
        eg_page_field(page, eg_grid_n(grid, i, 0), "");
        for (size_t k = 0; k < q->classes; k++) {
            eg_text_add(&page->table, ",");
            eg_page_field(page, q->share.x[i * q->classes + k], "");
        }
        eg_text_add(&page->table, "\n");
    }
}

int eg_figure_census(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct eg_grid grid;
    struct census q = {.edges = NULL};
    int rc = eg_grid_open(&grid, run, "/capacity", message);
    if (rc != EG_OK)
        return rc;
    rc = read_census(&q, &grid, message);
    if (rc == EG_ERR_NOMEM)
        rc = EG_FAIL(rc, message, "out of memory");
    if (rc == EG_OK) {
        draw(page, &grid, &q);
        table(page, &grid, &q);
    }
    free(q.edges);
    eg_figure_array_free(&q.share);
    eg_grid_close(&grid);
    return rc;
}
