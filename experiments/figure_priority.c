/* Priority sort: where a vector is written against its priority, and where is read over time
 * (Graves, Wayne & Danihelka 2014, fig. 17).
 *
 * The place of a step is the circular mean of what all heads of a kind weight together, the slots
 * on a ring: arg sum_h a_h sum_i w_h(i) exp(2 pi j i / N).  A read head counts with a_h = 1, a
 * write head with the length of its add vector, since a head that adds nothing writes nowhere.  The
 * length of the resultant, over sum_h a_h, says how much of it is in one place: 1 all, 0 nothing;
 * below one half there is no place to speak of: such a point is drawn open where it lies within the
 * others, and counts neither for the axis nor for the line, unless fewer than three are left.  The
 * ring is cut where the widest gap between the places of writing is, so that a line can go through
 * them; places may so be less than 0. */
#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

#define LEFT 13.0
#define RIGHT 82.0

struct priority {
    struct eg_figure_probe probe;
    size_t slots, inputs, outputs;     /* inputs and outputs: steps of the sequence */
    double *priority, *write, *w_sure; /* (inputs)                                  */
    double *time, *read, *r_sure;      /* (outputs)                                 */
    double *source;                    /* (outputs): where what is asked was written */
    double least;                      /* concentration from which a place of writing counts */
    size_t counted, spread;            /* inputs that do, and those below one half           */
    double constant, slope, squared_r;
};

static const double turn = 6.283185307179586;

/* `add` may hold nothing.  The place is in [0, N). */
static void place(const struct eg_figure_array *weights, const struct eg_figure_array *add,
                  size_t t, double *at, double *sure)
{
    const size_t heads = weights->dims[1], slots = weights->dims[2];
    double x = 0, y = 0, all = 0;
    for (size_t h = 0; h < heads; h++) {
        double weight = 1;
        if (add->x) {
            const double *v = add->x + (t * heads + h) * add->dims[2];
            weight = 0;
            for (size_t i = 0; i < add->dims[2]; i++)
                weight += v[i] * v[i];
            weight = sqrt(weight);
        }
        const double *w = weights->x + (t * heads + h) * slots;
        for (size_t i = 0; i < slots; i++) {
            x += weight * w[i] * cos(turn * (double) i / (double) slots);
            y += weight * w[i] * sin(turn * (double) i / (double) slots);
        }
        all += weight;
    }
    const double angle = atan2(y, x) / turn;
    *at = (angle < 0 ? angle + 1 : angle) * (double) slots;
    *sure = all > 0 ? sqrt(x * x + y * y) / all : 0;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* The middle of the widest gap between the places of writing that count; `room` is for all. */
static double cut_of(const struct priority *p, double *room)
{
    const double slots = (double) p->slots;
    size_t n = 0;
    for (size_t i = 0; i < p->inputs; i++)
        if (p->w_sure[i] >= p->least)
            room[n++] = p->write[i];
    qsort(room, n, sizeof *room, ascending);
    double widest = room[0] + slots - room[n - 1], begin = room[0];
    for (size_t i = 1; i < n; i++)
        if (room[i] - room[i - 1] > widest) {
            widest = room[i] - room[i - 1];
            begin = room[i];
        }
    return begin - widest / 2;
}

static void unroll(double *places, size_t n, double cut, double slots)
{
    for (size_t i = 0; i < n; i++) {
        places[i] -= slots * floor((places[i] - cut) / slots);
        if (cut + slots / 2 >= slots) /* most of them near 0 and above */
            places[i] -= slots;
    }
}

/* The vector that is asked for at output k: the one with k higher priorities. */
static size_t ranked(const struct priority *p, size_t k)
{
    for (size_t i = 0; i < p->inputs; i++) {
        size_t above = 0;
        for (size_t j = 0; j < p->inputs; j++)
            above += p->priority[j] > p->priority[i];
        if (above == k)
            return i;
    }
    return p->inputs;
}

static int count_steps(struct priority *p)
{
    while (p->inputs < p->probe.steps && p->probe.phase && p->probe.phase[p->inputs] == 0)
        p->inputs++;
    for (size_t t = 0; t < p->probe.steps; t++)
        p->outputs += p->probe.mask && p->probe.mask[t] != 0;
    return p->inputs >= 2 && p->outputs >= 1;
}

/* The line through the places of writing that count. */
static void fit(struct priority *p, double *room)
{
    size_t n = 0;
    double c00, c01, c11, rest, mean = 0, spread = 0;
    double *const x = room, *const y = room + p->inputs;
    for (size_t i = 0; i < p->inputs; i++)
        if (p->w_sure[i] >= p->least) {
            x[n] = p->priority[i];
            y[n++] = p->write[i];
        }
    gsl_fit_linear(x, 1, y, 1, n, &p->constant, &p->slope, &c00, &c01, &c11, &rest);
    for (size_t i = 0; i < n; i++)
        mean += y[i] / (double) n;
    for (size_t i = 0; i < n; i++)
        spread += (y[i] - mean) * (y[i] - mean);
    p->squared_r = spread > 0 ? 1 - rest / spread : NAN;
}

static int locate(struct priority *p, const struct eg_figure_array *input,
                  const struct eg_figure_array *writes, const struct eg_figure_array *add,
                  const struct eg_figure_array *reads, struct eg_message *message)
{
    const size_t n = p->inputs, m = p->outputs, width = input->dims[1];
    const struct eg_figure_array none = {.x = NULL};
    p->priority = calloc(5 * n + 4 * m, sizeof *p->priority);
    if (!p->priority)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    double *room = p->priority + 3 * n;
    p->write = p->priority + n;
    p->w_sure = p->write + n;
    p->time = room + 2 * n;
    p->read = p->time + m;
    p->r_sure = p->read + m;
    p->source = p->r_sure + m;
    for (size_t t = 0; t < n; t++) {
        /* The last channel but one: after it comes the delimiter's. */
        p->priority[t] = input->x[t * width + width - 2];
        place(writes, add, t, &p->write[t], &p->w_sure[t]);
    }
    size_t k = 0;
    for (size_t t = 0; t < p->probe.steps; t++) {
        if (p->probe.mask[t] == 0)
            continue;
        p->time[k] = p->probe.start + (double) t;
        place(reads, &none, t, &p->read[k], &p->r_sure[k]);
        k++;
    }
    p->least = 0.5;
    for (size_t i = 0; i < n; i++)
        p->counted += p->w_sure[i] >= p->least;
    p->spread = n - p->counted;
    if (p->counted < 3) {
        p->least = 0;
        p->counted = n;
    }
    const double cut = cut_of(p, room);
    unroll(p->write, n, cut, (double) p->slots);
    unroll(p->read, m, cut, (double) p->slots);
    for (k = 0; k < m; k++) {
        const size_t i = ranked(p, k);
        p->source[k] = i < n && p->w_sure[i] >= p->least ? p->write[i] : NAN;
    }
    fit(p, room);
    return EG_OK;
}

static int read_priority(struct priority *p, struct eg_run *run, const char *group,
                         struct eg_message *message)
{
    struct eg_figure_array input = {.x = NULL}, writes = input, reads = input, add = input;
    static const char task[] = "/probe/priority-sort-";
    if (strncmp(group, task, sizeof task - 1) != 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no priorities", eg_run_path(run),
                       group);
    int rc = eg_figure_probe_open(run, group, &p->probe, message);
    if (rc == EG_OK)
        rc = eg_figure_probe_read(run, &p->probe, "input", 2, &input, message);
    if (rc == EG_OK)
        rc = eg_figure_probe_read(run, &p->probe, "write_weights", 3, &writes, message);
    if (rc == EG_OK)
        rc = eg_figure_probe_read(run, &p->probe, "read_weights", 3, &reads, message);
    if (rc == EG_OK)
        rc = eg_figure_probe_read(run, &p->probe, "add", 3, &add, message);
    if (rc == EG_OK && (!writes.x || !reads.x))
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no heads", eg_run_path(run), group);
    if (rc == EG_OK
        && (!count_steps(p) || input.dims[1] < 2 || writes.dims[2] != reads.dims[2]
            || writes.dims[2] == 0 || (add.x && add.dims[1] != writes.dims[1])))
        rc = EG_FAIL(EG_ERR_FORMAT, message, "%s: %s is not as a priority sort is",
                     eg_run_path(run), group);
    if (rc == EG_OK) {
        p->slots = writes.dims[2];
        rc = locate(p, &input, &writes, &add, &reads, message);
    }
    eg_figure_array_free(&input);
    eg_figure_array_free(&writes);
    eg_figure_array_free(&reads);
    eg_figure_array_free(&add);
    return rc;
}

/* --- drawing --- */

static void points(struct eg_curves *c, const double *x, const double *y, const double *sure,
                   size_t n, const char *colour)
{
    for (int open = 0; open < 2; open++) {
        double *shown = calloc(n, sizeof *shown);
        if (!shown) {
            c->page->script.failed = 1;
            return;
        }
        for (size_t i = 0; i < n; i++)
            shown[i] = (sure[i] < 0.5) == open ? y[i] : NAN;
        eg_curves_points(c, x, shown, NULL, NULL, n, colour, open ? 6 : 7, 0, 0);
        free(shown);
    }
}

/* One axis for both panels: all places that are one. */
static struct eg_axis axis_of(const struct priority *p)
{
    double low = INFINITY, high = -INFINITY;
    const double *const all[] = {p->write, p->read}, *const sure[] = {p->w_sure, p->r_sure};
    const size_t n[] = {p->inputs, p->outputs};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < n[k]; i++) {
            if (sure[k][i] < p->least)
                continue;
            low = all[k][i] < low ? all[k][i] : low;
            high = all[k][i] > high ? all[k][i] : high;
        }
    return eg_chart_axis((const double[]){low, high}, 2, 0);
}

static void draw(struct eg_page *page, const struct priority *p)
{
    const struct eg_axis y = axis_of(p);
    struct eg_box upper = {.left = LEFT, .right = RIGHT, .top = p->spread > 0 ? 7.8 : 4.8};
    upper.bottom = upper.top + 36;
    const struct eg_key keys[] = {
        {.name = "read", .colour = EG_COLOUR_VERMILLION, .mark = EG_MARK_POINT, .point = 7},
        {.name = "where the vector asked for was written",
         .colour = EG_COLOUR_BLUE,
         .mark = EG_MARK_LINE},
    };
    const double keys_high = eg_chart_keys_height(keys, 2, RIGHT - LEFT);
    const double top = upper.bottom + 9.4 + keys_high;
    const struct eg_box lower = {.left = LEFT, .right = RIGHT, .top = top, .bottom = top + 36};
    page->height = lower.bottom + 9;
    char words[128];

    eg_page_panel(page, upper, -1.05, 1.05, 1);
    eg_text_add(&page->script, "set yrange [%.9g:%.9g] noextend\n", y.low, y.high);
    eg_page_side(page, upper, "write location [slot]", NULL);
    eg_page_foot(page, upper, "priority");
    snprintf(words, sizeof words, "least squares of %zu of %zu: slope %.3g, r^2 = %.3f", p->counted,
             p->inputs, p->slope, p->squared_r);
    const struct eg_key line[] = {
        {.name = words, .colour = EG_COLOUR_GREY, .mark = EG_MARK_LINE},
        {.name = "in no one place", .colour = EG_COLOUR_BLUE, .mark = EG_MARK_POINT, .point = 6},
    };
    eg_chart_keys(page, LEFT, RIGHT, 1.2, line, p->spread > 0 ? 2 : 1);
    struct eg_curves c = {.page = page};
    eg_curves_line(&c, (const double[]){-1, 1},
                   (const double[]){p->constant - p->slope, p->constant + p->slope}, 2,
                   EG_COLOUR_GREY, 1, 0);
    points(&c, p->priority, p->write, p->w_sure, p->inputs, EG_COLOUR_BLUE);
    eg_curves_draw(&c);

    eg_page_panel(page, lower, p->time[0] - 0.7, p->time[p->outputs - 1] + 0.7, 1);
    eg_text_add(&page->script, "set yrange [%.9g:%.9g] noextend\n", y.low, y.high);
    eg_page_side(page, lower, "read location [slot]", NULL);
    eg_page_foot(page, lower, "time [step]");
    eg_chart_keys(page, LEFT, RIGHT, lower.top - keys_high - 0.4, keys, 2);
    struct eg_curves d = {.page = page};
    eg_curves_line(&d, p->time, p->source, p->outputs, EG_COLOUR_BLUE, 0.8, 0);
    points(&d, p->time, p->read, p->r_sure, p->outputs, EG_COLOUR_VERMILLION);
    eg_curves_draw(&d);
}

static void table(struct eg_page *page, const struct priority *p)
{
    eg_text_add(&page->table, "time [step],priority,write location [slot],read location [slot],"
                              "concentration,written at [slot],line [slot]\n");
    for (size_t i = 0; i < p->inputs; i++) {
        const double row[] = {p->probe.start + (double) i,
                              p->priority[i],
                              p->write[i],
                              NAN,
                              p->w_sure[i],
                              NAN,
                              p->constant + p->slope * p->priority[i]};
        for (size_t k = 0; k < 7; k++)
            eg_page_field(page, row[k], k < 6 ? "," : "\n");
    }
    for (size_t i = 0; i < p->outputs; i++) {
        const double row[] = {p->time[i], NAN, NAN, p->read[i], p->r_sure[i], p->source[i], NAN};
        for (size_t k = 0; k < 7; k++)
            eg_page_field(page, row[k], k < 6 ? "," : "\n");
    }
}

int eg_figure_priority(struct eg_page *page, struct eg_run *run, const char *group,
                       struct eg_message *message)
{
    struct priority p = {.priority = NULL};
    const int rc = read_priority(&p, run, group, message);
    if (rc == EG_OK) {
        draw(page, &p);
        table(page, &p);
    }
    free(p.priority);
    eg_figure_probe_close(&p.probe);
    return rc;
}
