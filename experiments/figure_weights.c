/* Weights that a network puts on its patterns (attention), sweep by sweep in the first trial kept,
 * and their entropy in every kept trial: from many patterns at once to one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

enum { CURVES = 6, TRIALS = 100 };
#define VISIBLE 0.02

struct weights {
    struct eg_figure_array w, target, rest; /* (trial, sweep, pattern), (trial), (trial) */
    size_t trials, sweeps, patterns;
    double *entropy; /* (trial, sweep), bit */
};

static double entropy(const double *p, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(p[i]))
            return NAN;
        if (p[i] > 0)
            sum -= p[i] * log2(p[i]);
    }
    return sum > 0 ? sum : 0;
}

static int read_weights(struct weights *q, struct eg_run *run, struct eg_message *message)
{
    static const char group[] = "/hopfield";
    int rc;
    if ((rc = eg_figure_read(run, group, "weights", 3, &q->w, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "target", 1, &q->target, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "sweeps", 1, &q->rest, message)) != EG_OK)
        return rc;
    if (!q->w.x || q->w.count == 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no weights on patterns were kept",
                       eg_run_path(run));
    q->trials = q->w.dims[0];
    q->sweeps = q->w.dims[1];
    q->patterns = q->w.dims[2];
    if ((q->target.x && q->target.count < q->trials) || (q->rest.x && q->rest.count < q->trials))
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s: %s/weights is for %zu trials, more than there are", eg_run_path(run),
                       group, q->trials);
    q->entropy = malloc(q->trials * q->sweeps * sizeof *q->entropy);
    if (!q->entropy)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; i < q->trials * q->sweeps; i++) {
        const size_t trial = i / q->sweeps, sweep = i % q->sweeps;
        const int over = q->rest.x && (double) sweep > q->rest.x[trial] && sweep > 0;
        q->entropy[i] = over ? NAN : entropy(q->w.x + i * q->patterns, q->patterns);
    }
    return EG_OK;
}

/* The largest weight on a pattern in the first trial. */
static double peak(const struct weights *q, size_t pattern)
{
    double high = 0;
    for (size_t s = 0; s < q->sweeps; s++) {
        const double w = q->w.x[s * q->patterns + pattern];
        high = w > high ? w : high;
    }
    return high;
}

/* Patterns worth a curve: the target, then the others by their largest weight. */
static size_t choose(const struct weights *q, size_t *at)
{
    size_t n = 0;
    const double target = q->target.x ? q->target.x[0] : NAN;
    if (target >= 0 && target < (double) q->patterns)
        at[n++] = (size_t) target;
    while (n < CURVES) {
        size_t best = q->patterns;
        double high = VISIBLE;
        for (size_t i = 0; i < q->patterns; i++) {
            int taken = 0;
            for (size_t k = 0; k < n; k++)
                taken |= at[k] == i;
            const double here = taken ? 0 : peak(q, i);
            if (here > high) {
                high = here;
                best = i;
            }
        }
        if (best == q->patterns)
            break;
        at[n++] = best;
    }
    return n;
}

static int draw(struct eg_page *page, const struct weights *q, struct eg_run *run,
                struct eg_message *message)
{
    size_t at[CURVES];
    const size_t n = choose(q, at);
    const double target = q->target.x ? q->target.x[0] : NAN;
    struct eg_key keys[CURVES];
    char key_names[CURVES][48], network[160], caption[2 * EG_CHART_WORDS];
    for (size_t k = 0; k < n; k++) {
        snprintf(key_names[k], sizeof key_names[k], "%s %zu",
                 (double) at[k] == target ? "target" : "pattern", at[k]);
        keys[k] =
            (struct eg_key){key_names[k], eg_chart_colour(k), EG_MARK_POINT, eg_chart_point(k)};
    }
    eg_figure_network(run, "/hopfield", network, sizeof network);
    snprintf(caption, sizeof caption,
             "%s%sWeights in trial 0, of %zu patterns those above %g and the target. Entropy in "
             "%zu trial%s, trial 0 bold; one pattern alone has 0.",
             network, *network ? ": " : "", q->patterns, VISIBLE,
             q->trials < TRIALS ? q->trials : TRIALS, q->trials == 1 ? "" : "s");

    double *sweep = malloc(2 * q->sweeps * sizeof *sweep);
    if (!sweep)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    double *column = sweep + q->sweeps, most = 0;
    for (size_t i = 0; i < q->sweeps; i++)
        sweep[i] = (double) i;
    for (size_t i = 0; i < q->trials * q->sweeps; i++)
        most = q->entropy[i] > most ? q->entropy[i] : most;
    const double end = q->sweeps > 1 ? (double) q->sweeps - 1 : 1;
    const double top = 1.8 + eg_chart_keys_height(keys, n, 69);
    const struct eg_box upper = {13, 82, top, top + 34}, lower = {13, 82, top + 37, top + 59};
    page->height = lower.bottom + 10 + eg_chart_caption_height(caption, 80);

    eg_page_panel(page, upper, -0.03 * end, 1.03 * end, 0);
    eg_chart_keys(page, upper.left, upper.right, 1, keys, n);
    eg_page_side(page, upper, "weight on the pattern", NULL);
    eg_text_add(&page->script, "set yrange [-0.05:1.05] noextend\n%s",
                end < 6 ? "set xtics 1\n" : "");
    struct eg_curves c = {.page = page};
    for (size_t k = n; k-- > 0;) {
        for (size_t i = 0; i < q->sweeps; i++)
            column[i] = isfinite(q->entropy[i]) ? q->w.x[i * q->patterns + at[k]] : NAN;
        eg_curves_points(&c, sweep, column, NULL, NULL, q->sweeps, eg_chart_colour(k),
                         eg_chart_point(k), 1, 0);
    }
    eg_curves_draw(&c);

    eg_page_panel(page, lower, -0.03 * end, 1.03 * end, 1);
    eg_page_side(page, lower, "entropy [bit]", NULL);
    eg_page_foot(page, lower, "sweeps");
    eg_chart_caption(page, 2, 82, lower.bottom + 9, caption);
    most = most > 1 ? most : 1;
    eg_text_add(&page->script, "set yrange [%.6g:%.6g] noextend\n%s", -0.08 * most, 1.08 * most,
                end < 6 ? "set xtics 1\n" : "");
    eg_text_add(&page->script, "set ytics %g\n",
                most > 12  ? 4.0
                : most > 6 ? 2.0
                : most > 2 ? 1.0
                           : 0.5);
    for (size_t k = q->trials < TRIALS ? q->trials : TRIALS; k-- > 1;)
        eg_curves_line(&c, sweep, q->entropy + k * q->sweeps, q->sweeps, EG_COLOUR_SKY, 0.5, 0);
    eg_curves_line(&c, sweep, q->entropy, q->sweeps, EG_COLOUR_BLACK, 1.4, 0);
    eg_curves_points(&c, sweep, q->entropy, NULL, NULL, q->sweeps, EG_COLOUR_BLACK, 7, 0, 0);
    eg_curves_draw(&c);
    free(sweep);
    return EG_OK;
}

static void table(struct eg_page *page, const struct weights *q)
{
    size_t at[CURVES];
    const size_t n = choose(q, at);
    eg_text_add(&page->table, "trial,sweep,entropy [bit]");
    for (size_t k = 0; k < n; k++)
        eg_text_add(&page->table, ",weight_%zu", at[k]);
    eg_text_add(&page->table, "\n");
    for (size_t i = 0; i < q->trials * q->sweeps; i++) {
        if (!isfinite(q->entropy[i]))
            continue;
        eg_text_add(&page->table, "%zu,%zu,", i / q->sweeps, i % q->sweeps);
        eg_page_field(page, q->entropy[i], "");
        for (size_t k = 0; k < n; k++) {
            eg_text_add(&page->table, ",");
            eg_page_field(page, q->w.x[i * q->patterns + at[k]], "");
        }
        eg_text_add(&page->table, "\n");
    }
}

int eg_figure_weights(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct weights q = {.entropy = NULL};
    int rc = read_weights(&q, run, message);
    if (rc == EG_OK)
        rc = draw(page, &q, run, message);
    if (rc == EG_OK)
        table(page, &q);
    free(q.entropy);
    eg_figure_array_free(&q.w);
    eg_figure_array_free(&q.target);
    eg_figure_array_free(&q.rest);
    return rc;
}
