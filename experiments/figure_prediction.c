/* Predictions: the probability of a one that the network gives, and the best one there can be on
 * what it has seen so far; the bits that came; and how much the network has paid more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

#define LEFT 13.0
#define RIGHT 82.0

struct prediction {
    struct eg_figure_probe probe;
    struct eg_figure_array target, output, optimal; /* (T, O)                                  */
    double *time, *bits, *p, *best;                 /* (T) of the first output, NAN: not asked */
    double *cost, *least;                           /* (T) of all outputs, summed from the start */
};

static int read_prediction(struct prediction *a, struct eg_run *run, const char *group,
                           struct eg_message *message)
{
    int rc = eg_figure_probe_open(run, group, &a->probe, message);
    if (rc == EG_OK)
        rc = eg_figure_probe_read(run, &a->probe, "optimal", 2, &a->optimal, message);
    if (rc == EG_OK && !a->optimal.x)
        rc = EG_FAIL(EG_ERR_MISSING, message,
                     "%s: %s does not say what the best answer would have been", eg_run_path(run),
                     group);
    if (rc == EG_OK)
        rc = eg_figure_probe_read(run, &a->probe, "output", 2, &a->output, message);
    if (rc == EG_OK)
        rc = eg_figure_probe_read(run, &a->probe, "target", 2, &a->target, message);
    if (rc == EG_OK && (!a->output.x || !a->target.x))
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no output", eg_run_path(run), group);
    if (rc == EG_OK
        && (a->output.count != a->target.count || a->output.count != a->optimal.count
            || a->output.count == 0))
        rc = EG_FAIL(EG_ERR_FORMAT, message, "%s: outputs of %s differ in width", eg_run_path(run),
                     group);
    return rc;
}

/* Cost of an answer p where the bit is `one`; a probability of 0 is taken as a small one. */
static double bit_cost(double p, double one)
{
    const double right = one > 0.5 ? p : 1 - p;
    return -log2(right > 1e-30 ? right : 1e-30);
}

static int follow(struct prediction *a, struct eg_message *message)
{
    const size_t steps = a->probe.steps, width = a->output.dims[1];
    a->time = calloc(6 * steps, sizeof *a->time);
    if (!a->time)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    a->bits = a->time + steps;
    a->p = a->bits + steps;
    a->best = a->p + steps;
    a->cost = a->best + steps;
    a->least = a->cost + steps;
    double cost = 0, least = 0;
    for (size_t t = 0; t < steps; t++) {
        const size_t row = t * width;
        const int asked = !a->probe.mask || a->probe.mask[t] != 0;
        for (size_t i = row; asked && i < row + width; i++) {
            cost += bit_cost(a->output.x[i], a->target.x[i]);
            least += bit_cost(a->optimal.x[i], a->target.x[i]);
        }
        a->time[t] = a->probe.start + (double) t;
        a->bits[t] = asked ? a->target.x[row] : NAN;
        a->p[t] = asked ? a->output.x[row] : NAN;
        a->best[t] = asked ? a->optimal.x[row] : NAN;
        a->cost[t] = cost;
        a->least[t] = least;
    }
    return EG_OK;
}

static void draw(struct eg_page *page, const struct prediction *a)
{
    const size_t steps = a->probe.steps;
    const double first = a->time[0] - 0.5, last = a->time[steps - 1] + 0.5;
    const struct eg_key keys[] = {
        {.name = "best there can be", .colour = EG_COLOUR_VERMILLION, .mark = EG_MARK_LINE},
        {.name = "network", .colour = EG_COLOUR_BLUE, .mark = EG_MARK_LINE},
        {.name = "bit", .colour = EG_COLOUR_GREY, .mark = EG_MARK_POINT, .point = 7},
    };
    const double top = 1.6 + eg_chart_keys_height(keys, 3, RIGHT - LEFT);
    const struct eg_box upper = {.left = LEFT, .right = RIGHT, .top = top, .bottom = top + 40},
                        lower = {
                            .left = LEFT, .right = RIGHT, .top = top + 43.5, .bottom = top + 61.5};
    page->height = lower.bottom + 9;

    eg_page_panel(page, upper, first, last, 0);
    eg_chart_keys(page, LEFT, RIGHT, 1.2, keys, 3);
    eg_text_add(&page->script, "set yrange [-0.08:1.08] noextend\nset ytics 0.5\n");
    eg_page_side(page, upper, "probability of a one", NULL);
    struct eg_curves c = {.page = page};
    double *place = calloc(steps, sizeof *place);
    for (size_t t = 0; place && t < steps; t++) /* beside the curves, above 1 and below 0 */
        place[t] = a->bits[t] > 0.5 ? 1.045 : isfinite(a->bits[t]) ? -0.045 : NAN;
    if (place) {
        const unsigned block = eg_page_block(page);
        for (size_t t = 0; t < steps; t++)
            if (isfinite(place[t]))
                eg_text_add(&page->script, "%.9g %.9g\n", a->time[t], place[t]);
            else
                eg_text_add(&page->script, "\n");
        eg_page_block_end(page);
        eg_text_add(&c.clauses,
                    "plot $d%u using 1:2 with points pt 7 ps 0.16 lc rgb '" EG_COLOUR_GREY
                    "' notitle",
                    block);
    } else {
        page->script.failed = 1;
    }
    free(place);
    eg_curves_line(&c, a->time, a->best, steps, EG_COLOUR_VERMILLION, 1.2, 0);
    eg_curves_line(&c, a->time, a->p, steps, EG_COLOUR_BLUE, 0.8, 0);
    eg_curves_draw(&c);

    eg_page_panel(page, lower, first, last, 1);
    char words[96];
    snprintf(words, sizeof words, "in all %.4g bits, the best %.4g", a->cost[steps - 1],
             a->least[steps - 1]);
    eg_text_add(&page->script,
                "set label '%s' at graph 0.015,graph 0.9 left front\n"
                "set arrow from graph 0,first 0 to graph 1,first 0 nohead back lw 0.6 lc rgb "
                "'" EG_COLOUR_GREY "'\n",
                words);
    double *more = calloc(steps, sizeof *more), low = 0, high = 0.5;
    struct eg_curves d = {.page = page};
    for (size_t t = 0; more && t < steps; t++) {
        more[t] = a->cost[t] - a->least[t];
        low = more[t] < low ? more[t] : low;
        high = more[t] > high ? more[t] : high;
    }
    eg_text_add(&page->script, "set yrange [%.6g:%.6g] noextend\n", low - 0.08 * (high - low),
                high + 0.3 * (high - low));
    eg_page_side(page, lower, "paid more", "so far [bit]");
    eg_page_foot(page, lower, "time [step]");
    if (more)
        eg_curves_line(&d, a->time, more, steps, EG_COLOUR_BLUE, 1.2, 0);
    else
        page->script.failed = 1;
    eg_curves_draw(&d);
    free(more);
}

static void table(struct eg_page *page, const struct prediction *a)
{
    eg_text_add(&page->table, "time [step],bit,network,best,cost so far [bit],least cost so far "
                              "[bit]\n");
    for (size_t t = 0; t < a->probe.steps; t++) {
        const double row[] = {a->time[t], a->bits[t], a->p[t], a->best[t], a->cost[t], a->least[t]};
        for (size_t k = 0; k < 6; k++)
            eg_page_field(page, row[k], k < 5 ? "," : "\n");
    }
}

int eg_figure_prediction(struct eg_page *page, struct eg_run *run, const char *group,
                         struct eg_message *message)
{
    struct prediction a = {.time = NULL};
    int rc = read_prediction(&a, run, group, message);
    if (rc == EG_OK)
        rc = follow(&a, message);
    if (rc == EG_OK) {
        draw(page, &a);
        table(page, &a);
    }
    free(a.time);
    eg_figure_array_free(&a.target);
    eg_figure_array_free(&a.output);
    eg_figure_array_free(&a.optimal);
    eg_figure_probe_close(&a.probe);
    return rc;
}
