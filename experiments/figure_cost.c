/* What a step costs against the number of slots, a line for each preset: time above, memory of the
 * tape below, both axes logarithmic, as in figure 1 of Rae et al. 2016 (arXiv:1610.09027).
 *
 * A quotient of few steps has more of what does not depend on their number, so rows of other steps
 * than most of their preset are drawn open, and joined by a dashed line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

#define LEFT 15.0 /* mm */
#define RIGHT 82.0
#define PANEL 36.0
#define GAP 3.0

enum { PRESET, SLOTS, BATCH, STEPS, SECONDS, BYTES, THREADS, COLUMNS, PRESETS = EG_CHART_COLOURS };
static const char *const names[COLUMNS] = {"preset",       "slots",      "batch",  "steps",
                                           "step_seconds", "tape_bytes", "threads"};

struct costs {
    const char *path;
    double *x[COLUMNS];
    size_t n, presets;
    char preset[PRESETS][96]; /* plain */
    double usual[PRESETS];    /* steps of most rows */
    size_t rows[PRESETS];
    double *bytes; /* of a step */
};

/* --- reading --- */

static int read_names(struct costs *q, struct eg_run *run, struct eg_message *message)
{
    char *text = NULL;
    const int ret = eg_run_get_text(run, "/bench/preset_name", &text, message);
    if (ret)
        return ret;
    for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        char line[512];
        if (q->presets == PRESETS) {
            free(text);
            return EG_FAIL(EG_ERR_RANGE, message, "%s: a figure has at most %d presets", q->path,
                           (int) PRESETS);
        }
        snprintf(line, sizeof line, "%.*s", (int) (strcspn(at, "\n") % sizeof line), at);
        char *name = q->preset[q->presets++];
        eg_chart_plain(name, sizeof q->preset[0], line);
        for (; *name; name++) /* these would raise or lower what follows */
            if (*name == '_' || *name == '^')
                *name = ' ';
    }
    free(text);
    return EG_OK;
}

static int check_rows(struct costs *q, struct eg_message *message)
{
    for (size_t i = 0; i < q->n; i++) {
        for (int k = 0; k < COLUMNS; k++)
            if (!isfinite(q->x[k][i]) || !(k == PRESET ? q->x[k][i] >= 0 : q->x[k][i] > 0))
                return EG_FAIL(EG_ERR_FORMAT, message, "%s: /bench/%s is %g in row %zu", q->path,
                               names[k], q->x[k][i], i);
        if (q->x[PRESET][i] >= (double) q->presets)
            return EG_FAIL(EG_ERR_FORMAT, message,
                           "%s: /bench/preset is %g in row %zu; /bench/preset_name has %zu lines",
                           q->path, q->x[PRESET][i], i, q->presets);
        q->rows[(size_t) q->x[PRESET][i]]++;
        q->bytes[i] = q->x[BYTES][i] / q->x[STEPS][i];
    }
    return EG_OK;
}

static int is_of(const struct costs *q, size_t i, size_t preset)
{
    return (size_t) q->x[PRESET][i] == preset;
}

/* The steps that most rows of a preset have; of two as frequent the more. */
static double usual_steps(const struct costs *q, size_t preset)
{
    double best = 0;
    size_t most = 0;
    for (size_t i = 0; i < q->n; i++) {
        size_t n = 0;
        for (size_t k = 0; k < q->n; k++)
            n += is_of(q, i, preset) && is_of(q, k, preset) && q->x[STEPS][k] == q->x[STEPS][i];
        if (n > most || (n && n == most && q->x[STEPS][i] > best)) {
            most = n;
            best = q->x[STEPS][i];
        }
    }
    return best;
}

static int read_costs(struct costs *q, struct eg_run *run, struct eg_message *message)
{
    q->path = eg_run_path(run);
    if (!eg_run_exists(run, "/bench"))
        return EG_FAIL(EG_ERR_MISSING, message, "%s: nothing was measured against slots", q->path);
    int ret = read_names(q, run, message);
    for (int k = 0; k < COLUMNS && !ret; k++) {
        char path[64];
        size_t n = 0;
        snprintf(path, sizeof path, "/bench/%s", names[k]);
        ret = eg_run_get_column(run, path, &q->x[k], &n, message);
        if (!ret && k && n != q->n)
            ret = EG_FAIL(EG_ERR_FORMAT, message, "%s: %s has %zu rows, /bench/%s has %zu", q->path,
                          path, n, names[0], q->n);
        q->n = n;
    }
    if (ret == EG_ERR_MISSING) /* half a table is a fault, and not another kind of file */
        ret = EG_RAISE(EG_ERR_FORMAT);
    if (!ret && !q->n)
        ret = EG_FAIL(EG_ERR_MISSING, message, "%s: /bench has no rows yet", q->path);
    if (!ret && !(q->bytes = calloc(q->n, sizeof *q->bytes)))
        ret = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    if (!ret)
        ret = check_rows(q, message);
    for (size_t p = 0; p < q->presets && !ret; p++)
        q->usual[p] = usual_steps(q, p);
    return ret;
}

/* --- words --- */

/* "batch 1", "batch 1 to 8" */
static void range_words(char *words, size_t size, const struct costs *q, int column,
                        const char *before, const char *after)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < q->n; i++) {
        low = fmin(low, q->x[column][i]);
        high = fmax(high, q->x[column][i]);
    }
    char upto[48] = "";
    if (high > low)
        snprintf(upto, sizeof upto, " to %.0f", high);
    snprintf(words, size, "%s%.0f%s%s%s", before, low, upto, after, *after && high > 1 ? "s" : "");
}

static void add_words(char *words, size_t size, const char *more)
{
    const size_t n = strlen(words);
    if (n + strlen(more) + 1 < size) /* whole sentences, or none */
        snprintf(words + n, size - n, "%s", more);
}

/* A factor as it is said: three digits, thousands in full. */
static void factor_words(char *words, size_t size, double x)
{
    const double round = x < 10 ? 0.1 : pow(10, floor(log10(x)) - 2);
    snprintf(words, size, x < 100 ? "%.3g" : "%.0f", round * floor(x / round + 0.5));
}

/* How much longer a step takes with the most slots than with the fewest, of rows with the usual
 * steps. */
static void growth_words(const struct costs *q, char *caption, size_t size)
{
    char sentence[EG_CHART_WORDS] = "";
    for (size_t p = 0; p < q->presets; p++) {
        size_t first = q->n, last = q->n;
        for (size_t i = 0; i < q->n; i++) {
            if (!is_of(q, i, p) || q->x[STEPS][i] != q->usual[p])
                continue;
            first = first == q->n || q->x[SLOTS][i] < q->x[SLOTS][first] ? i : first;
            last = last == q->n || q->x[SLOTS][i] > q->x[SLOTS][last] ? i : last;
        }
        if (first == last)
            continue;
        char factor[32], words[256];
        factor_words(factor, sizeof factor, q->x[SECONDS][last] / q->x[SECONDS][first]);
        snprintf(words, sizeof words, "%s %s %s times from %.0f to %.0f slots",
                 *sentence ? "," : " Growth of the time of a step:", q->preset[p], factor,
                 q->x[SLOTS][first], q->x[SLOTS][last]);
        add_words(sentence, sizeof sentence, words);
    }
    if (*sentence)
        add_words(sentence, sizeof sentence, ".");
    add_words(caption, size, sentence);
}

/* Of two presets: how they differ at the most slots that both have. */
static void ratio_words(const struct costs *q, char *caption, size_t size)
{
    size_t a = q->n, b = q->n;
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; k < q->n; k++)
            if (q->presets == 2 && is_of(q, i, 0) && is_of(q, k, 1)
                && q->x[SLOTS][i] == q->x[SLOTS][k]
                && (a == q->n || q->x[SLOTS][i] > q->x[SLOTS][a])) {
                a = i;
                b = k;
            }
    if (a == q->n)
        return;
    const size_t slow = q->x[SECONDS][a] > q->x[SECONDS][b] ? a : b, fast = slow == a ? b : a;
    char factor[32], memory[96] = "", of[2][48] = {"", ""}, words[480];
    for (int k = 0; k < 2 && q->x[STEPS][a] != q->x[STEPS][b]; k++)
        snprintf(of[k], sizeof of[k], " (%.0f steps)", q->x[STEPS][k ? fast : slow]);
    if (q->x[STEPS][a] == q->x[STEPS][b] && q->x[BATCH][a] == q->x[BATCH][b]
        && q->x[THREADS][a] == q->x[THREADS][b]) {
        factor_words(factor, sizeof factor, q->bytes[slow] / q->bytes[fast]);
        snprintf(memory, sizeof memory, " and %s times the memory", factor);
    }
    factor_words(factor, sizeof factor, q->x[SECONDS][slow] / q->x[SECONDS][fast]);
    snprintf(words, sizeof words, " At %.0f slots %s%s takes %s times the time%s of %s%s.",
             q->x[SLOTS][a], q->preset[(size_t) q->x[PRESET][slow]], of[0], factor, memory,
             q->preset[(size_t) q->x[PRESET][fast]], of[1]);
    add_words(caption, size, words);
}

static void caption_of(const struct costs *q, char *caption, size_t size)
{
    char batch[96], threads[96], words[160];
    double usual_low = INFINITY, usual_high = 0, low = INFINITY, high = 0;
    for (size_t i = 0; i < q->n; i++) {
        const double usual = q->usual[(size_t) q->x[PRESET][i]], steps = q->x[STEPS][i];
        usual_low = fmin(usual_low, usual);
        usual_high = fmax(usual_high, usual);
        low = steps != usual ? fmin(low, steps) : low;
        high = steps != usual ? fmax(high, steps) : high;
    }
    range_words(batch, sizeof batch, q, BATCH, "batch ", "");
    range_words(threads, sizeof threads, q, THREADS, "", " thread");
    snprintf(caption, size, "Forward and backward, %s, %s, ", batch, threads);
    if (usual_low < usual_high)
        snprintf(words, sizeof words, "sequences of %.0f to %.0f steps.", usual_low, usual_high);
    else
        snprintf(words, sizeof words, "sequences of %.0f step%s.", usual_low,
                 usual_low == 1 ? "" : "s");
    add_words(caption, size, words);
    if (low < high)
        snprintf(words, sizeof words, " Open, dashed: %.0f to %.0f steps.", low, high);
    else
        snprintf(words, sizeof words, " Open, dashed: %.0f step%s.", low, low == 1 ? "" : "s");
    if (low <= high)
        add_words(caption, size, words);
    ratio_words(q, caption, size);
    growth_words(q, caption, size);
}

/* --- drawing --- */

/* Logarithmic, `span` or more from end to end, so that there are numbers on it. */
static struct eg_axis axis_of(const double *x, size_t n, double room, double span)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    low /= room;
    high *= room;
    if (high / low < span) {
        const double middle = sqrt(low) * sqrt(high);
        low = middle / sqrt(span);
        high = middle * sqrt(span);
    }
    return (struct eg_axis){low, high, 1};
}

/* A tic at each power of ten, `axis` is x or y. */
static void log_tics(struct eg_page *page, char axis, const struct eg_axis *a, int numbers)
{
    struct eg_text *s = &page->script;
    const int from = (int) ceil(log10(a->low) - 1e-9), to = (int) floor(log10(a->high) + 1e-9);
    const int every = (to - from) / 8 + 1;
    eg_text_add(s, "set logscale %c\nset %ctics ('' 1e-300", axis, axis);
    for (int k = from; k <= to; k++) {
        if (numbers && (k - from) % every == 0)
            eg_text_add(s, ", '10^{%s%d}' 1e%d", k < 0 ? "{\\U+2212}" : "", abs(k), k);
        else
            eg_text_add(s, ", '' 1e%d", k);
        for (int j = 2; j < 10; j++)
            eg_text_add(s, ", '' %de%d 1", j, k);
    }
    eg_text_add(s, ")\nset %crange [%.9g:%.9g] noextend\n", axis, a->low, a->high);
}

/* One preset: `room` is for four times as many numbers as there are rows. */
static void draw_preset(struct eg_curves *c, const struct costs *q, const double *y, size_t p,
                        double *room)
{
    double *x = room, *solid = room + q->n, *open = room + 2 * q->n, *dashed = room + 3 * q->n;
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++)
        if (is_of(q, i, p)) {
            const int usual = q->x[STEPS][i] == q->usual[p];
            x[n] = q->x[SLOTS][i];
            solid[n] = usual ? y[i] : NAN;
            open[n] = usual ? NAN : y[i];
            n++;
        }
    for (size_t i = 0; i < n; i++) {
        const int beside = (i > 0 && isfinite(open[i - 1])) || (i + 1 < n && isfinite(open[i + 1]));
        dashed[i] = isfinite(open[i]) ? open[i] : beside ? solid[i] : NAN;
    }
    const char *colour = eg_chart_colour(p);
    eg_curves_line(c, x, dashed, n, colour, 0.8, 1);
    eg_curves_line(c, x, solid, n, colour, 0.8, 0);
    eg_curves_points(c, x, solid, NULL, NULL, n, colour, eg_chart_point(p), 0, 0);
    eg_curves_points(c, x, open, NULL, NULL, n, colour, eg_chart_point(p) - 1, 0, 0);
}

static void draw(struct eg_page *page, const struct costs *q, double *room)
{
    struct eg_key keys[PRESETS];
    size_t n_keys = 0;
    char caption[EG_CHART_WORDS] = "";
    for (size_t p = 0; p < q->presets; p++)
        if (q->rows[p])
            keys[n_keys++] =
                (struct eg_key){q->preset[p], eg_chart_colour(p), EG_MARK_POINT, eg_chart_point(p)};
    caption_of(q, caption, sizeof caption);
    const double top = 1.6 + eg_chart_keys_height(keys, n_keys, RIGHT - LEFT);
    const struct eg_axis slots = axis_of(q->x[SLOTS], q->n, 1.5, 20);
    const struct {
        const double *y;
        const char *name;
    } panels[2] = {{q->x[SECONDS], "time of a step [s]"}, {q->bytes, "tape of a step [byte]"}};
    page->height = top + 2 * PANEL + GAP + 10 + eg_chart_caption_height(caption, 80) + 1;
    for (int k = 0; k < 2; k++) {
        struct eg_box box = {.left = LEFT, .right = RIGHT, .top = top + k * (PANEL + GAP)};
        box.bottom = box.top + PANEL;
        const struct eg_axis y = axis_of(panels[k].y, q->n, 1.8, 40);
        struct eg_curves c = {.page = page};
        eg_page_panel(page, box, slots.low, slots.high, k == 1);
        log_tics(page, 'x', &slots, k == 1);
        log_tics(page, 'y', &y, 1);
        eg_page_side(page, box, panels[k].name, NULL);
        if (k == 0) {
            eg_chart_keys(page, LEFT, RIGHT, 1, keys, n_keys);
        } else {
            eg_page_foot(page, box, "slots {/:Italic N}");
            eg_chart_caption(page, 2, RIGHT, box.bottom + 9, caption);
        }
        for (size_t p = 0; p < q->presets; p++)
            draw_preset(&c, q, panels[k].y, p, room);
        eg_curves_draw(&c);
    }
}

static void table(struct eg_page *page, const struct costs *q)
{
    eg_text_add(&page->table, "preset,slots,batch,steps,threads,time of a step [s],tape of a step "
                              "[byte]\n");
    for (size_t i = 0; i < q->n; i++) {
        eg_text_add(&page->table, "\"%s\",", q->preset[(size_t) q->x[PRESET][i]]);
        eg_page_field(page, q->x[SLOTS][i], ",");
        eg_page_field(page, q->x[BATCH][i], ",");
        eg_page_field(page, q->x[STEPS][i], ",");
        eg_page_field(page, q->x[THREADS][i], ",");
        eg_page_field(page, q->x[SECONDS][i], ",");
        eg_page_field(page, q->bytes[i], "\n");
    }
}

int eg_figure_cost(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct costs *q = calloc(1, sizeof *q);
    int ret = q ? read_costs(q, run, message) : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    double *room = ret ? NULL : calloc(4 * q->n, sizeof *room);
    if (!ret && !room)
        ret = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    if (!ret) {
        draw(page, q, room);
        table(page, q);
    }
    free(room);
    for (int k = 0; q && k < COLUMNS; k++)
        free(q->x[k]);
    if (q)
        free(q->bytes);
    free(q);
    return ret;
}
