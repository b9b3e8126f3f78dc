/* The learning curve: cost of each report against the sequences seen, and the running median
 * through it; the threshold under which a task counts as solved, the cost of an answer that knows
 * nothing, and, where it is not 0, the least cost there can be. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_page.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Of the finite numbers among x[from .. to]; NAN where there are none. */
static double median(const double *x, size_t from, size_t to, double *room)
{
    size_t n = 0;
    for (size_t i = from; i <= to; i++)
        if (isfinite(x[i]))
            room[n++] = x[i];
    if (n == 0)
        return NAN;
    qsort(room, n, sizeof *room, ascending);
    return n % 2 ? room[n / 2] : (room[n / 2 - 1] + room[n / 2]) / 2;
}

/* Over `half` reports to either side, as far as there are any. */
static void smooth(double *y, const double *x, size_t n, size_t half, double *room)
{
    for (size_t i = 0; i < n; i++)
        y[i] = median(x, i > half ? i - half : 0, i + half < n ? i + half : n - 1, room);
}

static unsigned block(struct eg_page *page, const double *x, const double *y, size_t n, double unit)
{
    const unsigned k = eg_page_block(page);
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && y[i] > 0 && isfinite(y[i])) {
            eg_text_add(&page->script, "%.9g %.6g\n", x[i] / unit, y[i]);
            lines++;
        }
    if (lines == 0)
        eg_text_add(&page->script, "NaN NaN\n");
    eg_page_block_end(page);
    return k;
}

/* What a line is, above the panel, where no data can be in its way. */
static void key(struct eg_page *page, double x, double y, const char *name, const char *colour,
                double weight)
{
    eg_text_add(&page->script,
                "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead front lw %.1f lc rgb "
                "'%s'\n",
                x / EG_PAGE_WIDTH, 1 - y / page->height, (x + 6) / EG_PAGE_WIDTH,
                1 - y / page->height, weight, colour);
    eg_page_words(page, x + 7.5, y, "left", name);
}

static void draw(struct eg_page *page, const char *units, const double *sequences,
                 const double *cost, const double *middle, size_t n, size_t window,
                 double threshold, double chance, double optimum)
{
    /* Nobody comes below the optimum, and below 0 nothing. */
    const int solvable = threshold > 0 && !(optimum > threshold);
    const int known = !solvable && optimum > 0;
    double low = solvable ? threshold : known ? optimum : INFINITY, high = 0, last = 0;
    const double levels[] = {low, chance};
    for (int i = 0; i < 2; i++)
        if (levels[i] > 0 && isfinite(levels[i])) {
            low = levels[i] < low ? levels[i] : low;
            high = levels[i] > high ? levels[i] : high;
        }
    for (size_t i = 0; i < n; i++) {
        if (cost[i] > 0 && isfinite(cost[i])) {
            low = cost[i] < low ? cost[i] : low;
            high = cost[i] > high ? cost[i] : high;
        }
        if (isfinite(sequences[i]) && sequences[i] > last)
            last = sequences[i];
    }
    if (!(low <= high))
        low = high = 1;
    const double span = high > low ? high - low : high;
    const int straight = !solvable && !(high > 30 * low);
    if (straight) {
        low -= 0.12 * span;
        high += 0.12 * span;
    } else {
        low = low < 1e-6 ? 1e-6 : low / 2;
        high *= 3.5;
    }
    const double unit = last >= 10000 ? 1000 : 1;

    page->height = 61;
    const struct eg_box box = {.left = 13, .right = 82, .top = 4.5, .bottom = 52};
    eg_page_panel(page, box, 0, last > 0 ? last / unit : 1, 1);
    if (straight)
        eg_text_add(&page->script, "set yrange [%.9g:%.9g] noextend\n", low, high);
    else
        eg_page_log_tics(page, low, high);
    char name[96];
    if (solvable) {
        snprintf(name, sizeof name, "solved: %g", threshold);
        eg_page_level(page, threshold, name, EG_COLOUR_GREEN, EG_PLACE_LEFT);
    } else if (known) {
        snprintf(name, sizeof name, "optimum: %.4g", optimum);
        eg_page_level(page, optimum, name, EG_COLOUR_GREEN, EG_PLACE_LEFT | EG_PLACE_BELOW);
    }
    if (chance > 0) {
        snprintf(name, sizeof name, "chance: %g", chance);
        eg_page_level(page, chance, name, EG_COLOUR_VERMILLION, EG_PLACE_RIGHT);
    }
    eg_page_foot(page, box, unit > 1 ? "sequences [thousand]" : "sequences");
    snprintf(name, sizeof name, "cost [%s]", units);
    eg_page_side(page, box, name, NULL);
    const unsigned all = block(page, sequences, cost, n, unit);
    if (!middle) {
        eg_text_add(&page->script,
                    "plot $d%u using 1:2 with linespoints lw 1 pt 7 ps 0.25 lc rgb "
                    "'" EG_COLOUR_BLUE "' notitle\n",
                    all);
        return;
    }
    const unsigned smoothed = block(page, sequences, middle, n, unit);
    snprintf(name, sizeof name, "median of %zu reports", window);
    key(page, box.left, box.top - 2, "each report", EG_COLOUR_SKY, 0.6);
    key(page, box.left + 30, box.top - 2, name, EG_COLOUR_BLUE, 1.6);
    eg_text_add(&page->script,
                "plot $d%u using 1:2 with lines lw 0.6 lc rgb '" EG_COLOUR_SKY
                "' notitle, $d%u using 1:2 with lines lw 1.6 lc rgb '" EG_COLOUR_BLUE "' notitle\n",
                all, smoothed);
}

static void table(struct eg_page *page, const char *units, const double *sequences,
                  const double *cost, const double *middle, size_t n)
{
    eg_text_add(&page->table, "sequences,cost [%s],running median [%s]\n", units, units);
    for (size_t i = 0; i < n; i++) {
        eg_page_field(page, sequences[i], ",");
        eg_page_field(page, cost[i], ",");
        eg_page_field(page, middle ? middle[i] : NAN, "\n");
    }
}

int eg_figure_curve(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    int rc = EG_OK;
    double *middle = NULL, *room = NULL;
    struct eg_figure_array sequences = {.x = NULL}, cost = {.x = NULL};
    if ((rc = eg_figure_read(run, "/train", "sequences", 1, &sequences, message)) != EG_OK
        || (rc = eg_figure_read(run, "/train", "cost", 1, &cost, message)) != EG_OK)
        goto out;
    if (!cost.x || !sequences.x || cost.count == 0) {
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: no training was recorded", eg_run_path(run));
        goto out;
    }
    const size_t n = cost.count;
    if (sequences.count != n) {
        rc = EG_FAIL(EG_ERR_FORMAT, message, "%s: columns of /train differ in length",
                     eg_run_path(run));
        goto out;
    }
    char units[64];
    eg_figure_words(run, "/train/cost", "units", "bit/sequence", units, sizeof units);

    /* Too few reports are their own curve. */
    size_t half = 0;
    if (n >= 40) {
        middle = malloc(n * sizeof *middle);
        room = malloc(n * sizeof *room);
        if (!middle || !room) {
            rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
            goto out;
        }
        half = n / 100 > 50 ? 50 : n / 100 + 1;
        smooth(middle, cost.x, n, half, room);
    }
    draw(page, units, sequences.x, cost.x, middle, n, 2 * half + 1, eg_figure_threshold(run),
         eg_figure_attribute(run, "/train/cost", "chance", NAN), eg_figure_optimum(run));
    table(page, units, sequences.x, cost.x, middle, n);
out:
    free(middle);
    free(room);
    eg_figure_array_free(&sequences);
    eg_figure_array_free(&cost);
    return rc;
}
