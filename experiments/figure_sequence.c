/* One sequence: what went in, what was asked for, what came out, and the signed difference,
 * as images over one time axis.  Where no answer is asked for, the last three are shaded. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_page.h"

#define LEFT 13.0
#define RIGHT 68.5
#define BAR_LEFT 70.5
#define BAR_RIGHT 72.7

struct sequence {
    struct eg_figure_array input, target, output;
    double *error;
    int own_scale; /* the input is not within 0..1 */
    double low, high;
};

static int read_all(struct sequence *q, struct eg_run *run, const struct eg_figure_probe *probe,
                    struct eg_message *message)
{
    int rc;
    if ((rc = eg_figure_probe_read(run, probe, "input", 2, &q->input, message)) != EG_OK
        || (rc = eg_figure_probe_read(run, probe, "target", 2, &q->target, message)) != EG_OK
        || (rc = eg_figure_probe_read(run, probe, "output", 2, &q->output, message)) != EG_OK)
        return rc;
    if (!q->target.x || !q->output.x)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no target or no output", probe->run,
                       probe->group);
    if (q->target.dims[1] != q->output.dims[1] || q->target.dims[1] == 0 || q->input.dims[1] == 0)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: widths in %s contradict each other", probe->run,
                       probe->group);
    q->error = malloc(q->output.count * sizeof *q->error);
    if (!q->error)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; i < q->output.count; i++)
        q->error[i] = q->output.x[i] - q->target.x[i];
    q->low = 0;
    q->high = 1;
    for (size_t i = 0; i < q->input.count; i++) {
        if (!isfinite(q->input.x[i]))
            continue;
        q->low = q->input.x[i] < q->low ? q->input.x[i] : q->low;
        q->high = q->input.x[i] > q->high ? q->input.x[i] : q->high;
    }
    q->own_scale = q->low < 0 || q->high > 1;
    return EG_OK;
}

static double panel_height(size_t channels)
{
    const double mm = 1.5 * (double) channels;
    return mm < 11 ? 11 : mm > 24 ? 24 : mm;
}

static size_t tic_step(size_t channels)
{
    return channels <= 4 ? 1 : channels <= 10 ? 4 : (channels / 10 + 1) * 5;
}

/* Steps before the first one that is asked for. */
static size_t lead(const struct eg_figure_probe *probe)
{
    size_t n = 0;
    while (probe->mask && n < probe->steps && probe->mask[n] == 0)
        n++;
    return n;
}

/* A line or two in the shaded part of a panel, where that is wide enough for them. */
static void remark(struct eg_page *page, const struct eg_figure_probe *probe, struct eg_box box,
                   const char *first, const char *second)
{
    const double n = (double) lead(probe), steps = (double) probe->steps;
    if (n < 0.35 * steps)
        return;
    const double x = box.left + (box.right - box.left) * n / steps / 2;
    const double y = (box.top + box.bottom) / 2, line = second ? 1.6 : 0;
    eg_page_words(page, x, y - line, "center", first);
    if (second)
        eg_page_words(page, x, y + line, "center", second);
}

/* How many answers are on the wrong side of one half. */
static void verdict(struct eg_page *page, const struct sequence *q,
                    const struct eg_figure_probe *probe, struct eg_box box)
{
    size_t wrong = 0, asked = 0;
    const size_t width = q->output.dims[1];
    for (size_t t = 0; t < probe->steps; t++) {
        if (probe->mask && probe->mask[t] == 0)
            continue;
        for (size_t i = 0; i < width; i++) {
            const size_t k = t * width + i;
            asked++;
            wrong += !((q->output.x[k] > 0.5) == (q->target.x[k] > 0.5));
        }
    }
    char words[80];
    snprintf(words, sizeof words, "%zu of %zu", wrong, asked);
    remark(page, probe, box, words, "bits wrong");
}

static void draw(struct eg_page *page, const struct sequence *q,
                 const struct eg_figure_probe *probe)
{
    const struct {
        const char *name;
        const double *x;
        size_t channels;
        const double *mask;
    } panels[] = {
        {"input", q->input.x, q->input.dims[1], NULL},
        {"target", q->target.x, q->target.dims[1], probe->mask},
        {"output", q->output.x, q->output.dims[1], probe->mask},
        {"error", q->error, q->output.dims[1], probe->mask},
    };
    enum { N = sizeof panels / sizeof *panels };
    const double gap = 2.2, first = 5;
    struct eg_box boxes[N];
    double y = first;
    for (size_t k = 0; k < N; k++) {
        boxes[k] = (struct eg_box){LEFT, RIGHT, y, y + panel_height(panels[k].channels)};
        y = boxes[k].bottom + gap;
    }
    page->height = y - gap + 8.5;

    const double t0 = probe->start - 0.5, t1 = t0 + (double) probe->steps;
    for (size_t k = 0; k < N; k++) {
        const struct eg_box box = boxes[k];
        struct eg_box bar = {BAR_LEFT, BAR_RIGHT, box.top, box.bottom};
        eg_page_panel(page, box, t0, t1, k == N - 1);
        char bold[64];
        snprintf(bold, sizeof bold, "{/:Bold %s}", panels[k].name);
        eg_page_side(page, box, bold, "channel");
        eg_text_add(&page->script, "set ytics %zu\n", tic_step(panels[k].channels));
        if (k == 0 && q->own_scale) {
            eg_page_palette(page, EG_PALETTE_PLAIN, q->low, q->high);
            eg_page_colour_bar(page, bar, q->high - q->low, "value", NULL);
        } else if (k == N - 1) {
            eg_page_palette(page, EG_PALETTE_SIGNED, -1, 1);
            eg_page_colour_bar(page, bar, 1, "output {\\U+2212}", "target");
        } else {
            eg_page_palette(page, EG_PALETTE_PLAIN, 0, 1);
            if (k == (size_t) q->own_scale) {
                bar.bottom = boxes[N - 2].bottom;
                eg_page_colour_bar(page, bar, 0.5, "value, probability", NULL);
            }
        }
        eg_page_phases(page, probe, box, k == 0 ? "white" : EG_COLOUR_GREY, k == 0);
        if (k == 1 || k == 2)
            remark(page, probe, box, "no answer asked", NULL);
        if (k == N - 1) {
            eg_page_foot(page, box, "time [step]");
            verdict(page, q, probe, box);
        }
        eg_page_image(page, box, panels[k].x, probe->steps, panels[k].channels, 0,
                      panels[k].channels, panels[k].mask, probe->start, 0);
    }
}

static void table(struct eg_page *page, const struct sequence *q,
                  const struct eg_figure_probe *probe)
{
    static const char *const names[] = {"input", "target", "output", "error"};
    const double *const columns[] = {q->input.x, q->target.x, q->output.x, q->error};
    eg_text_add(&page->table, "time [step],phase,mask");
    for (size_t k = 0; k < 4; k++) {
        const size_t width = k == 0 ? q->input.dims[1] : q->output.dims[1];
        for (size_t i = 0; i < width; i++)
            eg_text_add(&page->table, ",%s_%zu", names[k], i);
    }
    for (size_t t = 0; t < probe->steps; t++) {
        char phase[64];
        eg_figure_phase_name(probe, t, phase, sizeof phase);
        eg_text_add(&page->table, "\n%.9g,%s,%d", probe->start + (double) t, phase,
                    !probe->mask || probe->mask[t] != 0);
        for (size_t k = 0; k < 4; k++) {
            const size_t width = k == 0 ? q->input.dims[1] : q->output.dims[1];
            for (size_t i = 0; i < width; i++) {
                eg_text_add(&page->table, ",");
                eg_page_field(page, columns[k][t * width + i], "");
            }
        }
    }
    eg_text_add(&page->table, "\n");
}

int eg_figure_sequence(struct eg_page *page, struct eg_run *run, const char *group,
                       struct eg_message *message)
{
    struct eg_figure_probe probe;
    int rc = eg_figure_probe_open(run, group, &probe, message);
    if (rc != EG_OK)
        return rc;
    struct sequence q = {.error = NULL};
    rc = read_all(&q, run, &probe, message);
    if (rc == EG_OK) {
        draw(page, &q, &probe);
        table(page, &q, &probe);
    }
    free(q.error);
    eg_figure_array_free(&q.input);
    eg_figure_array_free(&q.target);
    eg_figure_array_free(&q.output);
    eg_figure_probe_close(&probe);
    return rc;
}
