/* Where every head looked: the weighting of a head over time as an image, locations upward, and
 * under it what moved it -- the gate (1: by content, 0: from the last weighting), the key
 * strength, the shift and the sharpening.
 * After fig. 6 of Graves, Wayne & Danihelka 2014 (arXiv:1410.5401). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_page.h"

#define LEFT 13.0
#define RIGHT 67.5
#define BAR_LEFT 69.5
#define BAR_RIGHT 71.7
#define STRIP 7.6 /* mm, height */
#define STRIP_GAP 1.2
#define FIRST_GAP 2.0 /* under the image */

/* A location whose weight never gets this high would not be seen in the image. */
#define VISIBLE 0.02

enum field { WEIGHTS, GATE, STRENGTH, SHIFT, SHARPENING, FIELDS };

static const struct {
    const char *name, *label, *colour;
    int rank; /* of (time, head, ...) */
} fields[FIELDS] = {
    [WEIGHTS] = {"weights", NULL, NULL, 3},
    [GATE] = {"gate", "gate {/:Italic g}", EG_COLOUR_BLUE, 2},
    [STRENGTH] = {"strength", "strength {/:Italic {\\U+03B2}}", EG_COLOUR_VERMILLION, 2},
    [SHIFT] = {"shift", "shift {/:Italic s}", NULL, 3},
    [SHARPENING] = {"sharpening", "ening {/:Italic {\\U+03B3}}", EG_COLOUR_GREEN, 2},
};

/* All heads of one kind. */
struct kind {
    const char *name; /* "write" */
    struct eg_figure_array of[FIELDS];
    size_t heads;
};

struct heads {
    struct kind kinds[2];    /* write, read */
    size_t slots, low, high; /* locations, and those that are shown: low .. high */
};

static int read_kind(struct kind *kind, struct eg_run *run, const struct eg_figure_probe *probe,
                     struct eg_message *message)
{
    for (int f = 0; f < FIELDS; f++) {
        char name[64];
        snprintf(name, sizeof name, "%s_%s", kind->name, fields[f].name);
        struct eg_figure_array *a = &kind->of[f];
        const int rc = eg_figure_probe_read(run, probe, name, fields[f].rank, a, message);
        if (rc != EG_OK)
            return rc;
        if (f == WEIGHTS && (!a->x || a->count == 0))
            return EG_OK;
        if (f == WEIGHTS)
            kind->heads = a->dims[1];
        else if (a->x && (a->dims[1] != kind->heads || a->count == 0))
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s/%s has another number of heads",
                           probe->run, probe->group, name);
    }
    return EG_OK;
}

/* The weighting of a head, or another of its traces: step t at x[t * stride]. */
static const double *trace(const struct kind *kind, enum field f, size_t head, size_t *stride,
                           size_t *width)
{
    const struct eg_figure_array *a = &kind->of[f];
    *width = a->rank == 3 ? a->dims[2] : 1;
    *stride = kind->heads * *width;
    return a->x + head * *width;
}

/* A short sequence leaves most of the memory alone; what no head ever looked at is cut off. */
static void choose_locations(struct heads *h, size_t steps)
{
    size_t low = h->slots, high = 0;
    for (int k = 0; k < 2; k++)
        for (size_t head = 0; head < h->kinds[k].heads; head++) {
            size_t stride, width;
            const double *w = trace(&h->kinds[k], WEIGHTS, head, &stride, &width);
            for (size_t t = 0; t < steps; t++)
                for (size_t i = 0; i < h->slots; i++)
                    if (w[t * stride + i] >= VISIBLE) {
                        low = i < low ? i : low;
                        high = i > high ? i : high;
                    }
        }
    h->low = 0;
    h->high = h->slots - 1;
    if (low > high || 3 * (high - low + 5) > 2 * h->slots)
        return;
    h->low = low > 2 ? low - 2 : 0;
    h->high = high + 2 < h->slots ? high + 2 : h->slots - 1;
}

/* One over the largest value, rounded up to 1, 2 or 5 times a power of ten. */
static double round_up(double x)
{
    const double decade = pow(10, floor(log10(x)));
    const double m = x / decade;
    return decade * (m <= 1.0001 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static void draw_strip(struct eg_page *page, const struct kind *kind, enum field f, size_t head,
                       const struct eg_figure_probe *probe, struct eg_box box)
{
    struct eg_text *s = &page->script;
    size_t stride, width;
    const double *x = trace(kind, f, head, &stride, &width);
    if (f == SHIFT) {
        /* Offsets lie around 0; of an even number of them the middle one is the upper. */
        const double first = -(double) (width / 2);
        eg_text_add(s, "set ytics %g\n", width > 3 ? (double) (width / 2) : 1);
        eg_page_image(page, box, x, probe->steps, stride, 0, width, NULL, probe->start, first);
        return;
    }
    const double floor_at = f == SHARPENING ? 1 : 0;
    double top = floor_at;
    const unsigned block = eg_page_block(page);
    for (size_t t = 0; t <= probe->steps; t++) { /* the last step ends half a step later */
        const double v = x[(t < probe->steps ? t : t - 1) * stride];
        eg_text_add(s, "%.9g ", probe->start + (double) t - 0.5);
        if (isfinite(v)) {
            eg_text_add(s, "%.6g\n", v);
            top = v > top ? v : top;
        } else {
            eg_text_add(s, "NaN\n");
        }
    }
    eg_page_block_end(page);
    top = f == GATE ? 1 : round_up(top > floor_at + 1 ? top : floor_at + 1);
    const double margin = 0.14 * (top - floor_at);
    eg_text_add(s,
                "set ytics (%.6g, %.6g)\nset yrange [%.6g:%.6g] noextend\n"
                "plot $d%u using 1:2 with steps lw 1 lc rgb '%s' notitle\n",
                floor_at, top, floor_at - margin, top + margin, block, fields[f].colour);
}

/* A head with its strips, from `top` on down. */
static double draw_head(struct eg_page *page, const struct heads *h, const struct kind *kind,
                        size_t head, const struct eg_figure_probe *probe, double top, double image,
                        int first, int last)
{
    const double t0 = probe->start - 0.5, t1 = t0 + (double) probe->steps;
    int first_field = WEIGHTS, last_field = WEIGHTS; /* of the strips there are */
    for (int f = GATE; f < FIELDS; f++)
        if (kind->of[f].x) {
            first_field = first_field == WEIGHTS ? f : first_field;
            last_field = f;
        }

    struct eg_box box = {LEFT, RIGHT, top, top + image};
    const struct eg_box bar = {BAR_LEFT, BAR_RIGHT, box.top, box.bottom};
    eg_page_panel(page, box, t0, t1, last && last_field == WEIGHTS);
    char name[64], number[32] = "", location[48] = "location";
    if (kind->heads > 1)
        snprintf(number, sizeof number, " %zu", head);
    snprintf(name, sizeof name, "{/:Bold %s head%s}", kind->name, number);
    if (h->high - h->low + 1 < h->slots)
        snprintf(location, sizeof location, "location (of %zu)", h->slots);
    eg_page_side(page, box, name, location);
    eg_page_palette(page, EG_PALETTE_PLAIN, 0, 1);
    eg_page_colour_bar(page, bar, 0.5, "weighting", NULL);
    eg_page_phases(page, probe, box, "white", first);
    if (last && last_field == WEIGHTS)
        eg_page_foot(page, box, "time [step]");
    size_t stride, width;
    const double *w = trace(kind, WEIGHTS, head, &stride, &width);
    eg_page_image(page, box, w, probe->steps, stride, h->low, h->high - h->low + 1, NULL,
                  probe->start, (double) h->low);

    for (int f = GATE; f < FIELDS; f++) {
        if (!kind->of[f].x)
            continue;
        box.top = box.bottom + (f == first_field ? FIRST_GAP : STRIP_GAP);
        box.bottom = box.top + STRIP;
        const int lowest = last && f == last_field;
        eg_page_panel(page, box, t0, t1, lowest);
        eg_page_phases(page, probe, box, f == SHIFT ? "white" : EG_COLOUR_GREY, 0);
        const double middle = (box.top + box.bottom) / 2, line = f == SHARPENING ? 1.45 : 0;
        if (f == SHARPENING)
            eg_page_words(page, BAR_LEFT, middle - line, "left", "sharp-");
        eg_page_words(page, BAR_LEFT, middle + line, "left", fields[f].label);
        if (lowest)
            eg_page_foot(page, box, "time [step]");
        draw_strip(page, kind, (enum field) f, head, probe, box);
    }
    return box.bottom;
}

static void draw(struct eg_page *page, const struct heads *h, const struct eg_figure_probe *probe)
{
    const double first_top = 5, gap = 3.4, foot = 8.5;
    double strips = 0;
    size_t n = 0;
    for (int k = 0; k < 2; k++) {
        double mm = 0;
        for (int f = GATE; f < FIELDS; f++)
            if (h->kinds[k].of[f].x)
                mm += STRIP + (mm > 0 ? STRIP_GAP : FIRST_GAP);
        n += h->kinds[k].heads;
        strips += mm * (double) h->kinds[k].heads;
    }
    /* Fits a page of 230 mm as long as the images do not get too flat for it. */
    const double gaps = gap * (double) (n - 1);
    double image = (230 - first_top - foot - strips - gaps) / (double) n;
    image = image > 32 ? 32 : image < 20 ? 20 : image;
    page->height = first_top + image * (double) n + strips + gaps + foot;

    double top = first_top;
    size_t done = 0;
    for (int k = 0; k < 2; k++)
        for (size_t head = 0; head < h->kinds[k].heads; head++, done++)
            top = gap
                  + draw_head(page, h, &h->kinds[k], head, probe, top, image, done == 0,
                              done == n - 1);
}

static void table(struct eg_page *page, const struct heads *h, const struct eg_figure_probe *probe)
{
    struct eg_text *t = &page->table;
    eg_text_add(t, "time [step],phase");
    for (size_t step = 0; step <= probe->steps; step++) { /* 0: the names */
        if (step > 0) {
            char phase[64];
            eg_figure_phase_name(probe, step - 1, phase, sizeof phase);
            eg_text_add(t, "%.9g,%s", probe->start + (double) (step - 1), phase);
        }
        for (int k = 0; k < 2; k++)
            for (size_t head = 0; head < h->kinds[k].heads; head++)
                for (int f = FIELDS - 1; f >= 0; f--) {
                    const struct kind *kind = &h->kinds[k];
                    if (!kind->of[f].x)
                        continue;
                    size_t stride, width;
                    const double *x = trace(kind, (enum field) f, head, &stride, &width);
                    for (size_t i = 0; i < width; i++) {
                        eg_text_add(t, ",");
                        if (step > 0)
                            eg_page_field(page, x[(step - 1) * stride + i], "");
                        else if (f == WEIGHTS)
                            eg_text_add(t, "%s_%zu_weight_%zu", kind->name, head, i);
                        else if (f == SHIFT)
                            eg_text_add(t, "%s_%zu_shift_%ld", kind->name, head,
                                        (long) i - (long) (width / 2));
                        else
                            eg_text_add(t, "%s_%zu_%s", kind->name, head, fields[f].name);
                    }
                }
        eg_text_add(t, "\n");
    }
}

int eg_figure_heads(struct eg_page *page, struct eg_run *run, const char *group,
                    struct eg_message *message)
{
    struct eg_figure_probe probe;
    int rc = eg_figure_probe_open(run, group, &probe, message);
    if (rc != EG_OK)
        return rc;
    struct heads h = {.kinds = {{.name = "write"}, {.name = "read"}}};
    if ((rc = read_kind(&h.kinds[0], run, &probe, message)) != EG_OK
        || (rc = read_kind(&h.kinds[1], run, &probe, message)) != EG_OK)
        goto out;
    for (int k = 0; k < 2; k++)
        if (h.kinds[k].heads > 0) {
            const size_t slots = h.kinds[k].of[WEIGHTS].dims[2];
            if (h.slots > 0 && slots != h.slots) {
                rc =
                    EG_FAIL(EG_ERR_FORMAT, message,
                            "%s: heads in %s look at memories of different size", probe.run, group);
                goto out;
            }
            h.slots = slots;
        }
    if (h.slots == 0) {
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no heads", probe.run, group);
        goto out;
    }
    choose_locations(&h, probe.steps);
    draw(page, &h, &probe);
    table(page, &h, &probe);
out:
    for (int k = 0; k < 2; k++)
        for (int f = 0; f < FIELDS; f++)
            eg_figure_array_free(&h.kinds[k].of[f]);
    eg_figure_probe_close(&probe);
    return rc;
}
