/* A comparison of schemes: schemes as rows, tasks as panels, a dot for every seed at the sequences
 * it took to solve the task, a line at the median of all seeds.  What was not solved stands right
 * of the budget, open; how many were solved stands beside the row. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_comparison.h"

#define ROW 4.6     /* mm */
#define GAP 3.0     /* between panels        */
#define COUNTS 8.5  /* right of each panel: "5/5" */
#define NARROW 30.0 /* least width of a panel     */
#define LINE 15.5   /* beside the rows, of a line of panels */

enum { IMPOSSIBLE = 5 };
static const char *const state_words[] = {"not begun", "begun",  "done",
                                          "diverged",  "failed", "not possible"};

struct cells {
    struct eg_comparison_file f;
    struct eg_figure_array sequences, state, n, solved, median, budget, threshold;
};

static int read_all(struct cells *q, struct eg_run *run, struct eg_message *message)
{
    const struct {
        const char *name;
        int rank;
        struct eg_figure_array *to;
    } arrays[] = {
        {"sequences", 3, &q->sequences},
        {"state", 3, &q->state},
        {"n", 2, &q->n},
        {"solved", 2, &q->solved},
        {"sequences_median", 2, &q->median},
        {"budget", 1, &q->budget},
        {"threshold", 1, &q->threshold},
    };
    int ret = eg_comparison_open(&q->f, run, message);
    size_t ended = 0;
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && !ret; k++)
        ret = eg_comparison_read(&q->f, arrays[k].name, arrays[k].rank, arrays[k].to, message);
    for (size_t i = 0; !ret && i < q->n.count; i++)
        ended += q->n.x[i] > 0;
    if (!ret && !ended)
        ret = EG_FAIL(EG_ERR_MISSING, message, "%s: no cell has ended yet", eg_run_path(run));
    return ret;
}

static void free_all(struct cells *q)
{
    struct eg_figure_array *arrays[] = {&q->sequences, &q->state,  &q->n,        &q->solved,
                                        &q->median,    &q->budget, &q->threshold};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        eg_figure_array_free(arrays[k]);
    eg_comparison_close(&q->f);
}

/* From the fastest seed to a little beyond the budget. */
static struct eg_axis axis_of(const struct cells *q, size_t task, double *right)
{
    double low = q->budget.x[task];
    const size_t seeds = q->f.seeds;
    for (size_t s = 0; s < q->f.schemes; s++)
        for (size_t k = 0; k < seeds; k++) {
            const double x = q->sequences.x[(s * q->f.tasks + task) * seeds + k];
            low = isfinite(x) && x < low ? x : low;
        }
    const double budget = q->budget.x[task];
    struct eg_axis a = {0, budget, 0};
    if (low > 0 && budget > 12 * low) {
        const double span = budget / low;
        a = (struct eg_axis){low / pow(span, 0.06), budget * pow(span, 0.16), 1};
        *right = budget * pow(span, 0.08);
    } else {
        a.high = 1.16 * budget;
        *right = 1.08 * budget;
    }
    return a;
}

static void axis_tics(struct eg_page *page, const struct eg_axis *a, double budget)
{
    struct eg_text *s = &page->script;
    if (a->log) {
        eg_chart_axis_x(page, a, 1);
        return;
    }
    /* Four steps at most up to the budget, of a round number. */
    static const double round[] = {0.25, 0.5, 1, 2, 2.5};
    const double decade = pow(10, floor(log10(budget)));
    double step = 2.5 * decade;
    for (size_t k = sizeof round / sizeof *round; k-- > 0;)
        if (budget <= 4.0001 * round[k] * decade)
            step = round[k] * decade;
    eg_text_add(s, "set xrange [%.9g:%.9g] noextend\nset xtics (", a->low, a->high);
    for (int k = 0; step * k <= budget * 1.0001; k++)
        eg_text_add(s, "%s'%.10g' %.9g", k ? ", " : "", step * k, step * k);
    eg_text_add(s, ")\n");
}

/* How seeds of one row lie above each other, so that equal ones are seen. */
static double jitter(size_t k, size_t seeds)
{
    return seeds > 1 ? 0.5 * ((double) k / (double) (seeds - 1) - 0.5) : 0;
}

static double unit_of(const struct cells *q, size_t task)
{
    return q->budget.x[task] >= 10000 ? 1000 : 1;
}

/* The panel without its points: axes, rows, medians, words. */
static void draw_panel(struct eg_page *page, const struct cells *q, size_t task, struct eg_box box,
                       int named)
{
    struct eg_text *s = &page->script;
    const size_t schemes = q->f.schemes;
    const double unit = unit_of(q, task), budget = q->budget.x[task] / unit;
    double right;
    char words[160];
    struct eg_axis a = axis_of(q, task, &right);
    a.low /= unit;
    a.high /= unit;
    right /= unit;
    eg_page_panel(page, box, a.low, a.high, 1);
    axis_tics(page, &a, budget);
    eg_text_add(s, "set yrange [%.9g:-0.5] noextend\nunset ytics\n", (double) schemes - 0.5);
    eg_text_add(s,
                "set arrow from first %.9g,graph 0 to first %.9g,graph 1 nohead back lw 0.6 dt "
                "(6,4) lc rgb '" EG_COLOUR_GREY "'\n",
                budget, budget);
    for (size_t r = 1; r < schemes; r++)
        eg_text_add(s,
                    "set arrow from graph 0,first %.9g to graph 1,first %.9g nohead back lw 0.4 lc "
                    "rgb '" EG_COLOUR_SHADE "'\n",
                    (double) r - 0.5, (double) r - 0.5);
    snprintf(words, sizeof words, "{/:Bold %s}", q->f.task[task]);
    eg_page_words(page, (box.left + box.right) / 2, box.top - 2.2, "center", words);
    snprintf(words, sizeof words, "sequences%s until under %.3g bit", unit > 1 ? " [thousand]" : "",
             q->threshold.x[task]);
    eg_page_foot(page, box, words);
    for (size_t r = 0; r < schemes; r++) {
        const size_t i = r * q->f.tasks + task;
        const double y = box.top + (box.bottom - box.top) * ((double) r + 0.5) / (double) schemes;
        const double at = q->median.x[i] / unit; /* infinite: half of the seeds have not */
        if (named)
            eg_page_words(page, box.left - 1.2, y, "right", q->f.scheme[r]);
        if (isfinite(at))
            eg_text_add(s,
                        "set arrow from first %.9g,first %.9g to first %.9g,first %.9g nohead back "
                        "lw 1.6 lc rgb '" EG_COLOUR_VERMILLION "'\n",
                        at, (double) r - 0.38, at, (double) r + 0.38);
        if (q->n.x[i] > 0) {
            snprintf(words, sizeof words, "%.0f/%.0f", q->solved.x[i], q->n.x[i]);
            eg_page_words(page, box.right + 0.9, y, "left", words);
        } else {
            eg_page_words(page, (box.left + box.right) / 2, y, "center",
                          q->state.x[i * q->f.seeds] == IMPOSSIBLE ? "not possible" : "not done");
        }
    }
}

/* The seeds that are solved, or those that are not. */
static unsigned points(struct eg_page *page, const struct cells *q, size_t task, int solved)
{
    const double unit = unit_of(q, task);
    double right;
    axis_of(q, task, &right);
    const unsigned block = eg_page_block(page);
    for (size_t r = 0; r < q->f.schemes; r++)
        for (size_t k = 0; k < q->f.seeds; k++) {
            const double x = q->sequences.x[(r * q->f.tasks + task) * q->f.seeds + k];
            if (solved ? isfinite(x) : isinf(x))
                eg_text_add(&page->script, "%.9g %.9g\n", (solved ? x : right) / unit,
                            (double) r + jitter(k, q->f.seeds));
        }
    eg_text_add(&page->script, "NaN NaN\n");
    eg_page_block_end(page);
    return block;
}

static void draw_points(struct eg_page *page, const struct cells *q, size_t task)
{
    const unsigned solved = points(page, q, task, 1), open = points(page, q, task, 0);
    eg_text_add(&page->script,
                "plot $d%u using 1:2 with points pt 7 ps 0.35 lc rgb '" EG_COLOUR_BLUE
                "' notitle, $d%u using 1:2 with points pt 6 ps 0.35 lc rgb '" EG_COLOUR_GREY
                "' notitle\n",
                solved, open);
}

static void draw(struct eg_page *page, const struct cells *q)
{
    const size_t schemes = q->f.schemes, tasks = q->f.tasks;
    char caption[EG_CHART_WORDS];
    double left = 10;
    for (size_t s = 0; s < schemes; s++)
        left = fmax(left, eg_chart_width(q->f.scheme[s]) + 2.5);
    const double each = NARROW + COUNTS + GAP, high = ROW * (double) schemes;
    page->width = left + (double) tasks * each <= EG_PAGE_WIDTH ? EG_PAGE_WIDTH : EG_PAGE_WIDE;
    size_t columns = left + each < page->width ? (size_t) ((page->width - left) / each) : 1;
    columns = columns > tasks ? tasks : columns;
    const size_t lines = (tasks + columns - 1) / columns;
    const double width = (page->width - left) / (double) columns - COUNTS - GAP;
    snprintf(caption, sizeof caption,
             "Dots: seeds (%zu). Line: median of all seeds, where half of them solved it. Right of "
             "the dashed line, open: not "
             "solved within the training. Numbers: seeds that solved the task.",
             q->f.seeds);
    const double caption_top = 1 + (double) lines * (high + LINE);
    page->height = caption_top + eg_chart_caption_height(caption, page->width - 4) + 1.5;
    for (size_t t = 0; t < tasks; t++) {
        struct eg_box box;
        box.left = left + (double) (t % columns) * (width + COUNTS + GAP);
        box.right = box.left + width;
        box.top = 5.5 + (double) (t / columns) * (high + LINE);
        box.bottom = box.top + high;
        draw_panel(page, q, t, box, t % columns == 0);
        if (t == 0)
            eg_chart_caption(page, 2, page->width - 2, caption_top, caption);
        draw_points(page, q, t);
    }
}

static void table(struct eg_page *page, const struct cells *q)
{
    eg_text_add(&page->table, "task,scheme,seed,sequences until solved,state\n");
    for (size_t t = 0; t < q->f.tasks; t++)
        for (size_t s = 0; s < q->f.schemes; s++)
            for (size_t k = 0; k < q->f.seeds; k++) {
                const size_t i = (s * q->f.tasks + t) * q->f.seeds + k;
                const size_t state =
                    q->state.x[i] >= 0 && q->state.x[i] < 6 ? (size_t) q->state.x[i] : 0;
                eg_text_add(&page->table, "\"%s\",\"%s\",%.0f,", q->f.task[t], q->f.scheme[s],
                            q->f.seed.x[k]);
                eg_page_field(page, q->sequences.x[i], ",");
                eg_text_add(&page->table, "%s\n", state_words[state]);
            }
}

int eg_figure_schemes(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct cells *q = calloc(1, sizeof *q);
    if (!q)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    const int ret = read_all(q, run, message);
    if (!ret) {
        draw(page, q);
        table(page, q);
    }
    free_all(q);
    free(q);
    return ret;
}
