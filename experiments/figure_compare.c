/* Learning curves of several presets: the median over the seeds of each, and its quartiles as a
 * band.
 *
 * Runs report at places of their own, and a report is the mean cost of the sequences since the one
 * before it.  So the sum of the costs of the first s sequences is known at every report, and is
 * taken as straight between two; the mean over an interval of a grid is the difference of two such
 * sums, by which no sequence is counted twice or left out.  A preset's grid has no more intervals
 * than its runs have reports, and goes as far as all of its runs do.  A run that diverged counts
 * as worse than any cost from there on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_several.h"

enum { INTERVALS = 100 };

#define LEFT 15.0
#define RIGHT 82.0

struct seed {
    size_t preset, n;
    double *sequences, *sums; /* after each report: sequences seen, sum of their costs */
    int diverged;
};

/* One preset, over its grid. */
struct curve {
    size_t n;
    double x[INTERVALS]; /* the ends of the intervals */
    double low[INTERVALS], middle[INTERVALS], high[INTERVALS];
};

struct comparison {
    struct eg_several several;
    struct seed *seeds;
    size_t n;
    double chance, optimum; /* of all runs; the latter a mean; NAN: not known */
    int chances_differ;
    size_t optima;
    char units[64];
    struct curve curves[EG_CHART_COLOURS];
};

static int read_seed(void *context, struct eg_run *run, size_t preset, struct eg_message *message)
{
    struct comparison *c = context;
    struct eg_figure_array sequences, cost = {.x = NULL};
    int rc = eg_figure_read(run, "/train", "sequences", 1, &sequences, message);
    if (rc == EG_OK)
        rc = eg_figure_read(run, "/train", "cost", 1, &cost, message);
    if (rc == EG_OK && (!sequences.x || !cost.x || cost.count == 0))
        rc = EG_FAIL(EG_ERR_FORMAT, message, "%s: no training was recorded", eg_run_path(run));
    if (rc == EG_OK && sequences.count != cost.count)
        rc = EG_FAIL(EG_ERR_FORMAT, message, "%s: columns of /train differ in length",
                     eg_run_path(run));
    if (rc != EG_OK) {
        eg_figure_array_free(&sequences);
        eg_figure_array_free(&cost);
        return rc;
    }
    char status[32] = "";
    if (eg_run_get_attr_text(run, "/", "status", status, sizeof status, NULL) != EG_OK)
        status[0] = '\0';
    struct seed *s = &c->seeds[c->n++];
    *s = (struct seed){.preset = preset,
                       .sequences = sequences.x,
                       .sums = cost.x,
                       .diverged = strcmp(status, "diverged") == 0};
    double from = 0, sum = 0;
    while (s->n < cost.count && isfinite(cost.x[s->n]) && sequences.x[s->n] > from) {
        sum += cost.x[s->n] * (sequences.x[s->n] - from);
        from = sequences.x[s->n];
        s->sums[s->n++] = sum;
    }
    if (s->n < cost.count)
        s->diverged = 1;

    const double chance = eg_figure_attribute(run, "/train/cost", "chance", NAN);
    const double optimum = eg_figure_optimum(run);
    if (c->n == 1)
        c->chance = chance;
    if (!(fabs(c->chance - chance) <= 1e-9 * fabs(chance)))
        c->chances_differ = 1;
    if (isfinite(optimum)) {
        c->optima++;
        c->optimum = (c->optima > 1 ? c->optimum : 0) + optimum;
    }
    if (!c->units[0])
        eg_figure_words(run, "/train/cost", "units", "bit/sequence", c->units, sizeof c->units);
    return EG_OK;
}

/* Sum of the costs of the first `at` sequences; INFINITY after the last of them. */
static double sum_to(const struct seed *s, double at)
{
    double from = 0, sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (at <= s->sequences[i])
            return sum + (s->sums[i] - sum) * (at - from) / (s->sequences[i] - from);
        from = s->sequences[i];
        sum = s->sums[i];
    }
    return at > from ? INFINITY : sum;
}

static double mean_cost(const struct seed *s, double from, double upto)
{
    const double sum = sum_to(s, upto);
    return sum < INFINITY ? (sum - sum_to(s, from)) / (upto - from) : INFINITY;
}

static double last(const struct seed *s)
{
    return s->n > 0 ? s->sequences[s->n - 1] : 0;
}

/* Reports up to `end`. */
static size_t reports(const struct seed *s, double end)
{
    size_t n = 0;
    while (n < s->n && s->sequences[n] <= end)
        n++;
    return n;
}

/* `room` has a place for each seed. */
static void make_curve(struct curve *curve, const struct comparison *c, size_t preset, double *room)
{
    /* As far as all go that did not diverge; if all did, as far as any of them. */
    double end = INFINITY, longest = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct seed *s = &c->seeds[i];
        if (s->preset != preset)
            continue;
        end = !s->diverged && last(s) < end ? last(s) : end;
        longest = last(s) > longest ? last(s) : longest;
    }
    end = end < INFINITY ? end : longest;
    size_t n = INTERVALS;
    for (size_t i = 0; i < c->n; i++) {
        const struct seed *s = &c->seeds[i];
        if (s->preset == preset && (!s->diverged || last(s) >= end) && reports(s, end) < n)
            n = reports(s, end);
    }
    curve->n = end > 0 ? n : 0;
    for (size_t k = 0; k < curve->n; k++) {
        const double from = end * (double) k / (double) n,
                     upto = end * (double) (k + 1) / (double) n;
        double quartiles[3];
        size_t seeds = 0;
        for (size_t i = 0; i < c->n; i++)
            if (c->seeds[i].preset == preset)
                room[seeds++] = mean_cost(&c->seeds[i], from, upto);
        eg_several_quartiles(room, seeds, quartiles);
        curve->x[k] = upto;
        curve->low[k] = quartiles[0];
        curve->middle[k] = quartiles[1];
        curve->high[k] = quartiles[2];
    }
}

/* --- drawing --- */

/* Least and greatest cost that is drawn; the numbers of a band that leave the panel end at it. */
static void range(const struct comparison *c, double *low, double *high, double *end)
{
    *low = INFINITY;
    *high = *end = 0;
    for (size_t p = 0; p < c->several.n; p++)
        for (size_t k = 0; k < c->curves[p].n; k++) {
            const struct curve *u = &c->curves[p];
            const double ends[] = {u->low[k], u->middle[k], u->high[k]};
            for (int q = 0; q < 3; q++)
                if (isfinite(ends[q])) {
                    *low = ends[q] > 0 && ends[q] < *low ? ends[q] : *low;
                    *high = ends[q] > *high ? ends[q] : *high;
                }
            *end = u->x[k] > *end ? u->x[k] : *end;
        }
    const double levels[] = {c->chance, c->optimum};
    for (int q = 0; q < 2; q++)
        if (levels[q] > 0) {
            *low = levels[q] < *low ? levels[q] : *low;
            *high = levels[q] > *high ? levels[q] : *high;
        }
    if (!(*low <= *high))
        *low = *high = 1;
}

static void lines(struct eg_page *page, struct comparison *c, double floor, double ceiling)
{
    struct eg_curves curves = {.page = page};
    for (size_t p = 0; p < c->several.n; p++) {
        struct curve *u = &c->curves[p];
        double low[INTERVALS], high[INTERVALS], x[INTERVALS];
        for (size_t k = 0; k < u->n; k++) {
            x[k] = u->x[k] / 1000;
            low[k] = u->low[k] > floor ? u->low[k] : floor;
            low[k] = low[k] < ceiling ? low[k] : ceiling;
            high[k] = u->high[k] < ceiling ? u->high[k] : ceiling;
            high[k] = high[k] > floor ? high[k] : floor;
        }
        if (c->several.presets[p].runs > 1)
            eg_curves_band(&curves, x, low, high, u->n, eg_chart_colour(p));
    }
    for (size_t p = 0; p < c->several.n; p++) {
        struct curve *u = &c->curves[p];
        double x[INTERVALS], y[INTERVALS];
        for (size_t k = 0; k < u->n; k++) {
            x[k] = u->x[k] / 1000;
            y[k] = u->middle[k] > floor ? u->middle[k] : floor;
        }
        if (u->n == 1) /* one point has neither line nor band */
            eg_curves_points(&curves, x, y, u->low, u->high, 1, eg_chart_colour(p), 7, 0, floor);
        else
            eg_curves_line(&curves, x, y, u->n, eg_chart_colour(p), 1.5, 0);
    }
    eg_curves_draw(&curves);
}

static void draw(struct eg_page *page, struct comparison *c)
{
    struct eg_key keys[EG_CHART_COLOURS];
    char names[EG_CHART_COLOURS][EG_SEVERAL_WORDS], words[128];
    const size_t n = eg_several_keys(&c->several, NULL, keys, names);
    static const char caption[] = "line: median over seeds, band: quartiles";
    struct eg_box box = {.left = LEFT, .right = RIGHT};
    const double keys_high = eg_chart_keys_height(keys, n, RIGHT - LEFT);
    box.top = 1.6 + keys_high + EG_CHART_LINE + 0.8;
    box.bottom = box.top + 48;
    page->height = box.bottom + 9;

    double low, high, end;
    range(c, &low, &high, &end);
    eg_page_panel(page, box, 0, end > 0 ? end / 1000 : 1, 1);
    eg_chart_keys(page, LEFT, RIGHT, 1.2, keys, n);
    eg_chart_caption(page, LEFT, RIGHT, 1.2 + keys_high, caption);
    double floor, ceiling;
    if (high > 30 * low) {
        floor = low < 1e-6 ? 1e-6 : low / 1.5;
        ceiling = high * 2;
        eg_page_log_tics(page, floor, ceiling);
    } else {
        /* Down to zero, unless nothing comes near it. */
        const double room = 0.12 * (high - low > 0 ? high - low : high);
        floor = low > 0.4 * high ? low - room : 0;
        ceiling = high + room;
        eg_text_add(&page->script, "set yrange [%.9g:%.9g] noextend\n", floor, ceiling);
    }
    if (c->chance > 0) {
        snprintf(words, sizeof words, "chance: %.4g", c->chance);
        eg_page_level(page, c->chance, words, EG_COLOUR_GREY, EG_PLACE_RIGHT);
    }
    if (c->optimum > 0) {
        snprintf(words, sizeof words, "optimum: %.4g", c->optimum);
        eg_page_level(page, c->optimum, words, EG_COLOUR_BLACK, EG_PLACE_LEFT | EG_PLACE_BELOW);
    }
    eg_page_foot(page, box, "training sequences [thousand]");
    snprintf(words, sizeof words, "cost [%s]", c->units);
    eg_page_side(page, box, words, NULL);
    lines(page, c, floor, ceiling);
}

static void table(struct eg_page *page, const struct comparison *c)
{
    eg_text_add(&page->table,
                "preset,seeds,sequences,median cost [%s],lower quartile [%s],upper quartile [%s]\n",
                c->units, c->units, c->units);
    for (size_t p = 0; p < c->several.n; p++)
        for (size_t k = 0; k < c->curves[p].n; k++) {
            const struct curve *u = &c->curves[p];
            eg_text_add(&page->table, "\"%s\",%zu,", c->several.presets[p].plain,
                        c->several.presets[p].runs);
            eg_page_field(page, u->x[k], ",");
            eg_page_field(page, u->middle[k], ",");
            eg_page_field(page, u->low[k], ",");
            eg_page_field(page, u->high[k], "\n");
        }
}

int eg_figure_compare(struct eg_page *page, const char *const *paths, size_t n,
                      struct eg_message *message)
{
    struct comparison *c = calloc(1, sizeof *c);
    double *room = calloc(n, sizeof *room);
    int rc = EG_OK;
    if (c)
        c->seeds = calloc(n, sizeof *c->seeds);
    if (!c || !c->seeds || !room) {
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        goto out;
    }
    c->optimum = NAN;
    rc = eg_several_read(&c->several, paths, n, read_seed, c, message);
    if (rc != EG_OK)
        goto out;
    if (c->chances_differ)
        c->chance = NAN;
    c->optimum = c->optima == c->n ? c->optimum / (double) c->optima : NAN;
    for (size_t p = 0; p < c->several.n; p++)
        make_curve(&c->curves[p], c, p, room);
    draw(page, c);
    table(page, c);
out:
    for (size_t i = 0; c && c->seeds && i < c->n; i++) {
        free(c->seeds[i].sequences);
        free(c->seeds[i].sums);
    }
    if (c)
        free(c->seeds);
    free(c);
    free(room);
    return rc;
}
