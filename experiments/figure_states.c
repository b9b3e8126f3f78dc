/* A recall as a sequence of pictures: the cue, the state after each sweep, and what is stored,
 * with energy and overlap under each; one row for each trial that was kept.  Of spins, those that
 * differ from what is stored are coloured. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

enum { COLUMNS = 8, TRIALS = 6 };

#define LEFT 7.0
#define RIGHT 84.0
#define GAP 0.9       /* mm, between pictures       */
#define HEAD 3.2      /* above a row: what they are */
#define FEET 6.4      /* under a row: two numbers   */
#define MOST 15.0     /* mm, width of a picture     */
#define STRIP 3.5     /* mm, of the second layer    */
#define LOWER_GAP 0.8 /* between the two layers     */

struct states {
    struct eg_figure_array states;                  /* (trial, sweep, site)             */
    struct eg_figure_array energy, overlap, target; /* (trial, sweep), (trial)          */
    struct eg_figure_array rest;                    /* sweeps until rest (trial)        */
    size_t trials, sweeps, sites, first;            /* first: sites of the first layer  */
    size_t wide, high, low_wide, low_high;          /* pictures of the two layers       */
    double *stored; /* (TRIALS, site): the pattern each was after; NULL: not known      */
    int has[TRIALS];
    int real;
    double scale;
};

/* Columns and rows for n sites, in a shape `aspect` times as wide as high. */
static void arrange(size_t n, double aspect, size_t *wide, size_t *high)
{
    *wide = (size_t) ceil(sqrt((double) n * aspect));
    if (*wide > n)
        *wide = n;
    if (*wide == 0)
        *wide = 1;
    *high = (n + *wide - 1) / *wide;
}

static int shape_error(struct eg_run *run, const char *name, struct eg_message *message)
{
    return EG_FAIL(EG_ERR_FORMAT, message, "%s: /hopfield/%s does not fit the states",
                   eg_run_path(run), name);
}

static int read_numbers(struct states *q, struct eg_run *run, struct eg_message *message)
{
    static const char group[] = "/hopfield";
    int rc;
    if ((rc = eg_figure_read(run, group, "states", 3, &q->states, message)) != EG_OK)
        return rc;
    if (!q->states.x || q->states.count == 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no states were kept", eg_run_path(run));
    if ((rc = eg_figure_read(run, group, "energy", 2, &q->energy, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "overlap", 2, &q->overlap, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "target", 1, &q->target, message)) != EG_OK
        || (rc = eg_figure_read(run, group, "sweeps", 1, &q->rest, message)) != EG_OK)
        return rc;
    struct eg_run_shape shape;
    if ((rc = eg_run_shape(run, "/hopfield/states", &shape, message)) != EG_OK)
        return rc;
    q->real = shape.type != EG_RUN_UINT8;
    return EG_OK;
}

static int read_shapes(struct states *q, struct eg_run *run, struct eg_message *message)
{
    q->trials = q->states.dims[0];
    q->sweeps = q->states.dims[1];
    q->sites = q->states.dims[2];
    if (q->energy.x && (q->energy.dims[0] < q->trials || q->energy.dims[1] != q->sweeps))
        return shape_error(run, "energy", message);
    if (q->overlap.x && (q->overlap.dims[0] < q->trials || q->overlap.dims[1] != q->sweeps))
        return shape_error(run, "overlap", message);
    if (q->target.x && q->target.count < q->trials)
        return shape_error(run, "target", message);
    if (q->rest.x && q->rest.count < q->trials)
        return shape_error(run, "sweeps", message);

    const double first = eg_figure_attribute(run, "/hopfield", "first", 0);
    q->first = first > 0 && first < (double) q->sites ? (size_t) first : q->sites;
    const double high = eg_figure_attribute(run, "/hopfield", "height", 0),
                 wide = eg_figure_attribute(run, "/hopfield", "width", 0);
    if (high > 0 && wide > 0) {
        if (high * wide != (double) q->first)
            return EG_FAIL(EG_ERR_FORMAT, message,
                           "%s: pictures of %g x %g do not have the %zu sites of /hopfield/states",
                           eg_run_path(run), high, wide, q->first);
        q->high = (size_t) high;
        q->wide = (size_t) wide;
    } else {
        arrange(q->first, 1, &q->wide, &q->high);
    }
    return EG_OK;
}

/* There may be many patterns: they are read as they lie in the file, and the few that are drawn
 * are kept. */
static int read_stored(struct states *q, struct eg_run *run, struct eg_message *message)
{
    const int values = q->real && eg_run_exists(run, "/hopfield/pattern_values");
    const char *name = values ? "pattern_values" : "patterns";
    const char *path = values ? "/hopfield/pattern_values" : "/hopfield/patterns";
    struct eg_run_shape shape;
    if (!q->target.x || !eg_run_exists(run, path))
        return EG_OK;
    int rc = eg_run_shape(run, path, &shape, message);
    if (rc != EG_OK)
        return rc;
    if (shape.rank != 2 || shape.dims[1] != q->sites || shape.type == EG_RUN_TEXT)
        return shape_error(run, name, message);
    const enum eg_run_type type = shape.type == EG_RUN_UINT8 ? EG_RUN_UINT8 : EG_RUN_FLOAT64;
    const size_t size = type == EG_RUN_UINT8 ? 1 : sizeof(double);
    void *all = shape.count < SIZE_MAX / size ? malloc(shape.count * size + 1) : NULL;
    q->stored = calloc(TRIALS * q->sites, sizeof *q->stored);
    if (!all || !q->stored)
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory for %s", path);
    else
        rc = eg_run_get(run, path, type, all, shape.count, message);
    for (size_t k = 0; rc == EG_OK && k < TRIALS && k < q->trials; k++) {
        const double target = q->target.x[k];
        if (!(target >= 0) || target >= (double) shape.dims[0])
            continue;
        const size_t from = (size_t) target * q->sites;
        q->has[k] = 1;
        for (size_t i = 0; i < q->sites; i++) {
            const double v = type == EG_RUN_UINT8 ? (double) ((const uint8_t *) all)[from + i]
                                                  : ((const double *) all)[from + i];
            /* Bits that a network of real states stores are -1 and 1. */
            q->stored[k * q->sites + i] = q->real && !values ? 2 * v - 1 : v;
        }
    }
    free(all);
    return rc;
}

static int read_states(struct states *q, struct eg_run *run, struct eg_message *message)
{
    int rc = read_numbers(q, run, message);
    if (rc == EG_OK)
        rc = read_shapes(q, run, message);
    if (rc == EG_OK)
        rc = read_stored(q, run, message);
    if (rc != EG_OK)
        return rc;
    q->scale = 0;
    for (size_t i = 0; i < q->states.count; i++)
        if (isfinite(q->states.x[i]))
            q->scale = fmax(q->scale, fabs(q->states.x[i]));
    for (size_t i = 0; q->stored && i < TRIALS * q->sites; i++)
        if (isfinite(q->stored[i]))
            q->scale = fmax(q->scale, fabs(q->stored[i]));
    if (!(q->scale > 0))
        q->scale = 1;
    return EG_OK;
}

/* The stored pattern that the trial was after; NULL where the file does not have it. */
static const double *stored(const struct states *q, size_t trial)
{
    return trial < TRIALS && q->has[trial] ? q->stored + trial * q->sites : NULL;
}

/* The last sweep of a trial: the one at rest. */
static size_t last_sweep(const struct states *q, size_t trial)
{
    double n = q->rest.x ? q->rest.x[trial] : NAN;
    if (!(n >= 0) || n > (double) (q->sweeps - 1))
        n = (double) (q->sweeps - 1);
    return (size_t) n;
}

/* The sweeps of a trial that are shown in `room` columns: the first, the last, others evenly. */
static size_t choose_sweeps(const struct states *q, size_t trial, size_t room, size_t *at)
{
    const size_t last = last_sweep(q, trial), n = last + 1 < room ? last + 1 : room;
    for (size_t k = 0; k < n; k++)
        at[k] = n > 1 ? (k * last + (n - 1) / 2) / (n - 1) : 0;
    return n;
}

/* --- drawing --- */

/* A site as its pixel: of spins, what it is and whether it should be that. */
static double pixel(const struct states *q, const double *state, const double *pattern, size_t i)
{
    if (q->real)
        return state[i];
    if (!isfinite(state[i]))
        return NAN;
    const int on = state[i] > 0.5;
    return pattern && (pattern[i] > 0.5) != on ? 2 + on : on;
}

static void draw_picture(struct eg_page *page, const struct states *q, struct eg_box box,
                         const double *state, const double *pattern, size_t from, size_t n,
                         size_t wide, size_t high, double *room)
{
    /* Rows of the image go to the right, and its columns upwards. */
    for (size_t k = 0; k < wide * high; k++) {
        const size_t x = k / high, y = high - 1 - k % high, site = y * wide + x;
        room[k] = site < n ? pixel(q, state, pattern, from + site) : NAN;
    }
    eg_text_add(&page->script, "unset xtics; unset ytics\nset border 15 front lw 0.3 lc rgb "
                               "'" EG_COLOUR_GREY "'\n");
    if (q->real)
        eg_page_palette(page, EG_PALETTE_SIGNED, -q->scale, q->scale);
    else
        eg_page_palette(page, EG_PALETTE_BITS, 0, 3);
    eg_page_image(page, box, room, wide, high, 0, high, NULL, 0, 0);
}

/* An energy in about seven characters, with as many decimals as the largest of the trial has. */
static void energy_words(char *words, size_t size, const double *energy, size_t sweeps, size_t at)
{
    double most = 0;
    for (size_t i = 0; i < sweeps; i++)
        if (isfinite(energy[i]) && fabs(energy[i]) > most)
            most = fabs(energy[i]);
    if (!isfinite(energy[at]))
        words[0] = '\0';
    else if (most >= 99999.5 || (most > 0 && most < 0.01))
        snprintf(words, size, "%.1e", energy[at]);
    else
        snprintf(words, size, "%.*f", most >= 999.95 ? 0 : most >= 9.995 ? 1 : 3, energy[at]);
}

struct place {
    double width, upper, lower; /* mm, of a picture and of the two layers' heights */
    double pitch;               /* from row to row */
};

/* The words around one picture. */
static void draw_words(struct eg_page *page, const struct states *q, size_t trial, size_t sweep,
                       struct eg_box box, double bottom, const char *head)
{
    const double middle = (box.left + box.right) / 2;
    eg_page_words(page, middle, box.top - 1.7, "center", head);
    if (sweep >= q->sweeps)
        return;
    char words[32];
    if (q->energy.x) {
        energy_words(words, sizeof words, q->energy.x + trial * q->sweeps, q->sweeps, sweep);
        eg_page_words(page, middle, bottom + 1.8, "center", words);
    }
    if (q->overlap.x) {
        const double m = q->overlap.x[trial * q->sweeps + sweep];
        snprintf(words, sizeof words, "%.2f", m);
        if (isfinite(m))
            eg_page_words(page, middle, bottom + 4.8, "center", words);
    }
}

static void draw_trial(struct eg_page *page, const struct states *q, size_t trial, double top,
                       const struct place *p, double *room)
{
    const double *pattern = stored(q, trial);
    size_t at[COLUMNS];
    size_t n = choose_sweeps(q, trial, pattern ? COLUMNS - 1 : COLUMNS, at);
    for (size_t k = 0; k < n + (pattern != NULL); k++) {
        const int is_pattern = k == n;
        const size_t sweep = is_pattern ? q->sweeps : at[k];
        const double *state =
            is_pattern ? pattern : q->states.x + (trial * q->sweeps + sweep) * q->sites;
        const double left = LEFT + (double) k * (p->width + GAP) + (is_pattern ? 1.2 : 0);
        struct eg_box box = {left, left + p->width, top, top + p->upper};
        const double bottom = top + p->upper + (p->lower > 0 ? LOWER_GAP + p->lower : 0);
        char head[32];
        snprintf(head, sizeof head, "%zu", sweep);
        eg_page_panel(page, box, -0.5, (double) q->wide - 0.5, 0);
        draw_words(page, q, trial, sweep, box, bottom,
                   is_pattern   ? "stored"
                   : sweep == 0 ? "cue"
                                : head);
        if (k == 0) {
            if (q->energy.x)
                eg_page_words(page, 2, bottom + 1.8, "left", "{/:Italic E}");
            if (q->overlap.x)
                eg_page_words(page, 2, bottom + 4.8, "left", "{/:Italic m}");
            snprintf(head, sizeof head, "trial %zu", trial);
            eg_text_add(&page->script,
                        "set label \"%s\" at screen %.5f,%.5f center rotate by 90 front\n", head,
                        4 / EG_PAGE_WIDTH, 1 - (top + p->upper / 2) / page->height);
        }
        draw_picture(page, q, box, state, pattern, 0, q->first, q->wide, q->high, room);
        if (p->lower > 0) {
            box.top = box.bottom + LOWER_GAP;
            box.bottom = box.top + p->lower;
            eg_page_panel(page, box, -0.5, (double) q->low_wide - 0.5, 0);
            draw_picture(page, q, box, state, pattern, q->first, q->sites - q->first, q->low_wide,
                         q->low_high, room);
        }
    }
}

static void write_caption(const struct states *q, struct eg_run *run, size_t trials, char *caption,
                          size_t size)
{
    char network[160], some[64] = "", dynamics[EG_CHART_WORDS];
    eg_figure_network(run, "/hopfield", network, sizeof network);
    eg_figure_plain(run, "/hopfield", "dynamics", "", dynamics, sizeof dynamics);
    if (trials < q->trials)
        snprintf(some, sizeof some, " %zu of %zu kept trials.", trials, q->trials);
    snprintf(caption, size,
             "%s%sStates after sweeps; E: energy; m: overlap with what is stored.%s%s%s%s", network,
             *network ? ". " : "", some, *dynamics ? " Dynamics: " : "", dynamics,
             *dynamics ? "." : "");
}

static int draw(struct eg_page *page, struct states *q, struct eg_run *run,
                struct eg_message *message)
{
    const size_t trials = q->trials < TRIALS ? q->trials : TRIALS;
    size_t columns = 1, at[COLUMNS];
    int any_stored = 0;
    for (size_t k = 0; k < trials; k++) {
        const int has = stored(q, k) != NULL;
        const size_t n = choose_sweeps(q, k, has ? COLUMNS - 1 : COLUMNS, at) + (size_t) has;
        columns = n > columns ? n : columns;
        any_stored |= has;
    }
    struct place p;
    p.width = (RIGHT - LEFT - 1.2 - GAP * (double) (columns - 1)) / (double) columns;
    p.width = p.width > MOST ? MOST : p.width;
    p.upper = p.width * (double) q->high / (double) q->wide;
    /* Very flat or very high pictures are stretched to where something is seen. */
    p.upper = p.upper < 3 ? 3 : p.upper > 30 ? 30 : p.upper;
    p.lower = q->first < q->sites ? STRIP : 0;
    if (p.lower > 0)
        arrange(q->sites - q->first, p.width / p.lower, &q->low_wide, &q->low_high);
    p.pitch = HEAD + p.upper + (p.lower > 0 ? LOWER_GAP + p.lower : 0) + FEET + 1.2;

    const struct eg_key keys[] = {{"on", EG_COLOUR_ON, EG_MARK_AREA, 0},
                                  {"off", "#FFFFFF", EG_MARK_AREA, 0},
                                  {"wrongly on", EG_COLOUR_WRONG_ON, EG_MARK_AREA, 0},
                                  {"wrongly off", EG_COLOUR_WRONG_OFF, EG_MARK_AREA, 0}};
    const size_t n_keys = q->real ? 0 : any_stored ? 4 : 2;
    char caption[3 * EG_CHART_WORDS];
    write_caption(q, run, trials, caption, sizeof caption);
    if (q->real) {
        const size_t n = strlen(caption);
        snprintf(caption + n, sizeof caption - n,
                 " Blue: negative, orange: positive, full at "
                 "%.3g.",
                 q->scale);
    }
    const double top = 1 + eg_chart_keys_height(keys, n_keys, RIGHT - LEFT);
    page->height = top + p.pitch * (double) trials + eg_chart_caption_height(caption, 80) + 1.4;

    const size_t upper = q->wide * q->high, lower = q->low_wide * q->low_high;
    double *room = malloc((upper > lower ? upper : lower) * sizeof *room);
    if (!room)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    /* An empty panel for the words that belong to no picture. */
    const struct eg_box whole = {1, 84, 1, page->height - 1};
    eg_page_panel(page, whole, 0, 1, 0);
    eg_chart_keys(page, LEFT, RIGHT, 0.6, keys, n_keys);
    eg_chart_caption(page, 2, 82, top + p.pitch * (double) trials, caption);
    eg_text_add(&page->script, "unset border; unset xtics; unset ytics\nset yrange [0:1]\n"
                               "plot NaN notitle\n");
    for (size_t k = 0; k < trials; k++)
        draw_trial(page, q, k, top + p.pitch * (double) k + HEAD, &p, room);
    free(room);
    return EG_OK;
}

static void table_row(struct eg_page *page, const struct states *q, const double *state)
{
    for (size_t i = 0; i < q->sites; i++) {
        eg_text_add(&page->table, ",");
        eg_page_field(page, state[i], "");
    }
    eg_text_add(&page->table, "\n");
}

static void table(struct eg_page *page, const struct states *q)
{
    const size_t trials = q->trials < TRIALS ? q->trials : TRIALS;
    eg_text_add(&page->table, "trial,sweep,energy,overlap");
    for (size_t i = 0; i < q->sites; i++)
        eg_text_add(&page->table, ",site_%zu", i);
    eg_text_add(&page->table, "\n");
    for (size_t trial = 0; trial < trials; trial++) {
        const double *pattern = stored(q, trial);
        size_t at[COLUMNS];
        const size_t n = choose_sweeps(q, trial, pattern ? COLUMNS - 1 : COLUMNS, at);
        for (size_t k = 0; k < n; k++) {
            const size_t row = trial * q->sweeps + at[k];
            eg_text_add(&page->table, "%zu,%zu,", trial, at[k]);
            eg_page_field(page, q->energy.x ? q->energy.x[row] : NAN, ",");
            eg_page_field(page, q->overlap.x ? q->overlap.x[row] : NAN, "");
            table_row(page, q, q->states.x + row * q->sites);
        }
        if (pattern) {
            eg_text_add(&page->table, "%zu,stored,,", trial);
            table_row(page, q, pattern);
        }
    }
}

int eg_figure_states(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct states q = {.trials = 0};
    int rc = read_states(&q, run, message);
    if (rc == EG_OK)
        rc = draw(page, &q, run, message);
    if (rc == EG_OK)
        table(page, &q);
    free(q.stored);
    struct eg_figure_array *const all[] = {&q.states, &q.energy, &q.overlap, &q.target, &q.rest};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        eg_figure_array_free(all[k]);
    return rc;
}
