/* Mean attention by memory position: the weight of statements that lie so far back, in each hop,
 * over the answers of one sequence, as in Sukhbaatar et al. 2015 (arXiv:1503.08895), fig. 3. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/figure_chart.h"

struct positions {
    struct eg_figure_array p, held;
    size_t answers, hops, slots, far; /* `far`: the furthest that any answer had */
    double *mean;                     /* far x hops, the nearest first            */
    double *n;                        /* far: answers that had a statement there  */
};

static int open_positions(struct positions *q, struct eg_run *run, const char *group,
                          struct eg_message *message)
{
    int rc = eg_figure_read(run, group, "attention", 3, &q->p, message);
    if (rc == EG_OK)
        rc = eg_figure_read(run, group, "statements", 1, &q->held, message);
    if (rc != EG_OK)
        return rc;
    if (!q->p.x || !q->held.x || q->p.dims[0] < 2)
        return EG_FAIL(EG_ERR_MISSING, message,
                       "%s: %s does not have several answers with attention", eg_run_path(run),
                       group);
    q->answers = q->p.dims[0];
    q->hops = q->p.dims[1];
    q->slots = q->p.dims[2];
    if (q->held.count != q->answers)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s/attention and statements differ in length",
                       eg_run_path(run), group);
    q->mean = calloc(q->slots * (q->hops + 1) + 1, sizeof *q->mean);
    if (!q->mean)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    q->n = q->mean + q->slots * q->hops;
    for (size_t a = 0; a < q->answers; a++) {
        const double held = q->held.x[a];
        const size_t n = held > 0 && held <= (double) q->slots ? (size_t) held : 0;
        q->far = n > q->far ? n : q->far;
        for (size_t back = 0; back < n; back++) {
            q->n[back]++;
            for (size_t h = 0; h < q->hops; h++)
                q->mean[back * q->hops + h] += q->p.x[(a * q->hops + h) * q->slots + n - 1 - back];
        }
    }
    for (size_t i = 0; i < q->far * q->hops; i++)
        q->mean[i] /= q->n[i / q->hops];
    return q->far > 0 && q->hops > 0
               ? EG_OK
               : EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no statement in memory",
                         eg_run_path(run), group);
}

static void draw(struct eg_page *page, const struct positions *q)
{
    double most = 0;
    char caption[EG_CHART_WORDS];
    for (size_t i = 0; i < q->far * q->hops; i++)
        most = fmax(most, q->mean[i]);
    most = most > 0 ? most : 1;
    const double tic = pow(10, floor(log10(most)));
    snprintf(caption, sizeof caption,
             "Mean over %zu answers of one sequence; of each position over those that had it.",
             q->answers);
    const double height = fmin(fmax(4.0 * (double) q->hops, 16), 60);
    const struct eg_box box = {10, 68, 3, 3 + height}, bar = {70, 72, 3, 3 + height};
    page->height = box.bottom + 9.5 + eg_chart_caption_height(caption, 80);
    eg_page_panel(page, box, 0.5, (double) q->far + 0.5, 1);
    eg_page_side(page, box, "hop", NULL);
    eg_page_foot(page, box, "statements back, 1 is the last");
    eg_chart_caption(page, 2, 82, box.bottom + 8.5, caption);
    eg_text_add(&page->script, "set ytics 1,%d scale 0\n", q->hops > 10 ? 5 : 1);
    if (q->far < 10)
        eg_text_add(&page->script, "set xtics 1,1\n");
    eg_page_palette(page, EG_PALETTE_PLAIN, 0, most);
    eg_page_colour_bar(page, bar,
                       most / tic < 2   ? tic / 2
                       : most / tic < 5 ? tic
                                        : 2 * tic,
                       "mean weight", NULL);
    eg_page_image(page, box, q->mean, q->far, q->hops, 0, q->hops, NULL, 1, 1);
}

static void table(struct eg_page *page, const struct positions *q)
{
    eg_text_add(&page->table, "statements back,answers");
    for (size_t h = 0; h < q->hops; h++)
        eg_text_add(&page->table, ",hop %zu", h + 1);
    eg_text_add(&page->table, "\n");
    for (size_t back = 0; back < q->far; back++) {
        eg_text_add(&page->table, "%zu,", back + 1);
        eg_page_field(page, q->n[back], "");
        for (size_t h = 0; h < q->hops; h++) {
            eg_text_add(&page->table, ",");
            eg_page_field(page, q->mean[back * q->hops + h], "");
        }
        eg_text_add(&page->table, "\n");
    }
}

int eg_figure_positions(struct eg_page *page, struct eg_run *run, const char *group,
                        struct eg_message *message)
{
    struct positions q = {.answers = 0};
    const int rc = open_positions(&q, run, group, message);
    if (rc == EG_OK) {
        draw(page, &q);
        table(page, &q);
    }
    free(q.mean);
    eg_figure_array_free(&q.p);
    eg_figure_array_free(&q.held);
    return rc;
}
