/* Basins of attraction: where a recall ends against where it started, and how often that is the
 * pattern, a curve for each load; a row of panels for each of the largest sizes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_grid.h"

enum { ROWS = 3, CURVES = 7 };

enum quantity { FINAL, FINAL_ERROR, RETRIEVED, LOW, HIGH, QUANTITIES };
static const char *const names[QUANTITIES] = {"final", "final_error", "retrieved", "retrieved_low",
                                              "retrieved_high"};

struct basin {
    struct eg_figure_array start, of[QUANTITIES]; /* (start), (size, load, start) */
    size_t starts;
    size_t rows, at[ROWS];       /* sizes that are drawn */
    size_t curves, load[CURVES]; /* loads that are drawn */
    struct eg_axis axis;
    double *ends; /* (2, size, load, start) */
};

static int read_basin(struct basin *b, const struct eg_grid *grid, struct eg_message *message)
{
    const char *path = eg_run_path(grid->run);
    int rc = eg_figure_read(grid->run, "/basin", "start", 1, &b->start, message);
    for (int q = 0; rc == EG_OK && q < QUANTITIES; q++) {
        rc = eg_grid_read(grid, names[q], 3, &b->of[q], message);
        if (rc == EG_OK && b->of[q].x && b->of[q].dims[2] != b->start.count)
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: /basin/%s is for %zu starts; there are %zu",
                           path, names[q], b->of[q].dims[2], b->start.count);
    }
    if (rc != EG_OK)
        return rc;
    if (!b->start.x || b->start.count == 0 || (!b->of[FINAL].x && !b->of[RETRIEVED].x))
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no basin was recorded", path);
    b->starts = b->start.count;
    const size_t all = grid->sizes * grid->loads * b->starts;
    b->ends = malloc(2 * all * sizeof *b->ends);
    if (!b->ends)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; i < all; i++) {
        const double y = b->of[FINAL].x ? b->of[FINAL].x[i] : NAN;
        const double e = b->of[FINAL_ERROR].x ? b->of[FINAL_ERROR].x[i] : NAN;
        b->ends[i] = y - e;
        b->ends[all + i] = y + e;
    }
    b->rows = eg_grid_largest(grid, ROWS, b->at);
    /* Of many loads some, evenly, the first and the last among them. */
    b->curves = grid->loads < CURVES ? grid->loads : CURVES;
    for (size_t k = 0; k < b->curves; k++)
        b->load[k] = b->curves > 1 ? k * (grid->loads - 1) / (b->curves - 1) : 0;
    b->axis = eg_chart_axis(b->start.x, b->starts, 0);
    return EG_OK;
}

static void draw_panel(struct eg_page *page, const struct eg_grid *grid, const struct basin *b,
                       size_t size, int retrieved, double low)
{
    const size_t all = grid->sizes * grid->loads * b->starts;
    struct eg_text *s = &page->script;
    if (retrieved) {
        eg_text_add(s, "set yrange [-0.05:1.05] noextend\nset ytics 0.5\n");
    } else {
        eg_text_add(s, "set yrange [%.6g:1.05] noextend\nset ytics 0.5\n", low);
        eg_text_add(s,
                    "set arrow from first %.9g,first %.9g to first %.9g,first %.9g nohead back "
                    "lw 0.8 dt (6,4) lc rgb '" EG_COLOUR_GREY "'\n",
                    fmax(b->axis.low, low), fmax(b->axis.low, low), fmin(b->axis.high, 1.05),
                    fmin(b->axis.high, 1.05));
    }
    struct eg_curves c = {.page = page};
    for (size_t k = 0; k < b->curves; k++) {
        const size_t at = (size * grid->loads + b->load[k]) * b->starts;
        const double *y = retrieved ? b->of[RETRIEVED].x : b->of[FINAL].x;
        const double *from = retrieved ? b->of[LOW].x : b->ends,
                     *upto = retrieved ? b->of[HIGH].x : b->ends + all;
        if (y)
            eg_curves_points(&c, b->start.x, y + at, from ? from + at : NULL,
                             upto ? upto + at : NULL, b->starts, eg_chart_colour(k),
                             eg_chart_point(k), 1, 0);
    }
    eg_curves_draw(&c);
}

static void draw(struct eg_page *page, const struct eg_grid *grid, const struct basin *b)
{
    struct eg_key keys[CURVES];
    char key_names[CURVES][32], about[3 * EG_CHART_WORDS], caption[4 * EG_CHART_WORDS];
    for (size_t k = 0; k < b->curves; k++) {
        snprintf(key_names[k], sizeof key_names[k], "%.4g", grid->load.x[b->load[k]]);
        keys[k] =
            (struct eg_key){key_names[k], eg_chart_colour(k), EG_MARK_POINT, eg_chart_point(k)};
    }
    eg_grid_caption(grid, "1 s.e. (overlap), Wilson 95 % (fraction)", about, sizeof about);
    char some[96] = "";
    if (b->curves < grid->loads)
        snprintf(some, sizeof some, " %zu of %zu loads are drawn, all are in the table.", b->curves,
                 grid->loads);
    snprintf(caption, sizeof caption, "%s%s", about, some);

    double low = 0;
    const size_t all = grid->sizes * grid->loads * b->starts;
    for (size_t i = 0; i < all; i++)
        if (b->ends[i] < low)
            low = b->ends[i];
    low = low < -1 ? -1.05 : low - 0.05;

    const double span = b->axis.high - b->axis.low;
    const double tic = span > 0.8 ? 0.5 : span > 0.3 ? 0.2 : 0.1;
    const double top = 1.6 + eg_chart_keys_height(keys, b->curves, 63) + 1, side = 29, gap = 3;
    page->height =
        top + (side + gap) * (double) b->rows - gap + 9 + eg_chart_caption_height(caption, 80) + 1;
    double y = top;
    for (size_t r = 0; r < b->rows; r++) {
        const int last = r + 1 == b->rows;
        for (int retrieved = 0; retrieved < 2; retrieved++) {
            const double left = retrieved ? 53 : 13;
            const struct eg_box box = {left, left + side, y, y + side};
            eg_page_panel(page, box, b->axis.low, b->axis.high, last);
            eg_chart_axis_x(page, &b->axis, last);
            eg_text_add(&page->script, "set xtics %g\n", tic);
            if (!retrieved) {
                char words[48];
                snprintf(words, sizeof words, "N = %.10g", grid->size.x[b->at[r]]);
                eg_page_side(page, box, words, "final overlap");
            } else {
                eg_text_add(&page->script,
                            "set label \"retrieved [fraction]\" at screen %.5f,%.5f center rotate "
                            "by 90 front\n",
                            (left - 7.2) / EG_PAGE_WIDTH, 1 - (y + side / 2) / page->height);
            }
            if (r == 0 && !retrieved) {
                eg_page_words(page, 2, 1 + EG_CHART_LINE / 2.0, "left", grid->load_label);
                eg_chart_keys(page, 21, 84, 1, keys, b->curves);
            }
            if (last)
                eg_page_foot(page, box, "initial overlap");
            if (last && !retrieved)
                eg_chart_caption(page, 2, 82, box.bottom + 9, caption);
            draw_panel(page, grid, b, b->at[r], retrieved, low);
        }
        y += side + gap;
    }
}

static void table(struct eg_page *page, const struct eg_grid *grid, const struct basin *b)
{
    eg_text_add(&page->table, "size,load,networks,initial overlap,final overlap,standard error,"
                              "retrieved fraction,Wilson low,Wilson high\n");
    for (size_t i = 0; i < grid->sizes * grid->loads; i++)
        for (size_t k = 0; k < b->starts; k++) {
            eg_page_field(page, grid->size.x[i / grid->loads], ",");
            eg_page_field(page, grid->load.x[i % grid->loads], ",");
            eg_page_field(page, eg_grid_n(grid, i, k), ",");
            eg_page_field(page, b->start.x[k], "");
            for (int q = 0; q < QUANTITIES; q++) {
                eg_text_add(&page->table, ",");
                eg_page_field(page, b->of[q].x ? b->of[q].x[i * b->starts + k] : NAN, "");
            }
            eg_text_add(&page->table, "\n");
        }
}

int eg_figure_basin(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct eg_grid grid;
    struct basin b = {.ends = NULL};
    int rc = eg_grid_open(&grid, run, "/basin", message);
    if (rc != EG_OK)
        return rc;
    rc = read_basin(&b, &grid, message);
    if (rc == EG_OK) {
        draw(page, &grid, &b);
        table(page, &grid, &b);
    }
    free(b.ends);
    eg_figure_array_free(&b.start);
    for (int q = 0; q < QUANTITIES; q++)
        eg_figure_array_free(&b.of[q]);
    eg_grid_close(&grid);
    return rc;
}
