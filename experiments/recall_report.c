/* experiments/recall_report.c -- what a person, or with --json a program, reads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/progress.h"
#include "experiments/recall.h"
#include "experiments/recall_picture.h"
#include "experiments/statistics.h"

enum { ROWS = 20, CELL = 12, GAP = 2, LABEL = 10 };

static const char *const rests[] = {"fixed", "cycle", "unknown"};

/* --- words --- */

void eg_recall_dynamics(char *buffer, size_t size, const struct eg_associative *a)
{
    static const char *const orders[] = {"in an order drawn anew for each sweep",
                                         "drawn with replacement", "in fixed order"};
    static const char *const ties[] = {"ties keep", "ties take +1", "ties are drawn"};
    static const char *const anneals[] = {"", ", linearly", ", geometrically"};
    const struct eg_dynamics_options *o = &a->dynamics;
    if (a->type->flow) {
        snprintf(buffer, size,
                 "real states, until no output changes by more than %g in a step, at most %ld "
                 "steps",
                 o->tolerance, o->sweeps_max);
        return;
    }
    switch ((enum eg_update) o->update) {
    case EG_UPDATE_ASYNCHRONOUS:
        snprintf(buffer, size, "asynchronous, sites %s, %s, to rest, at most %ld sweeps",
                 orders[o->order], ties[o->tie], o->sweeps_max);
        return;
    case EG_UPDATE_SYNCHRONOUS:
        snprintf(buffer, size, "synchronous, %s, to a fixed point or a 2-cycle, at most %ld sweeps",
                 ties[o->tie], o->sweeps_max);
        return;
    case EG_UPDATE_GLAUBER:
    case EG_UPDATE_METROPOLIS:
        break;
    }
    char end[64] = "";
    if (o->anneal != EG_ANNEAL_NONE)
        snprintf(end, sizeof end, " to %g%s", o->temperature_end, anneals[o->anneal]);
    snprintf(buffer, size, "%s, sites %s, T = %g%s, %ld sweeps%s",
             o->update == EG_UPDATE_GLAUBER ? "Glauber" : "Metropolis", orders[o->order],
             o->temperature, end, o->sweeps_max, o->quench ? ", then to rest at T = 0" : "");
}

struct found {
    char *buffer;
    size_t size;
};

static int look_for_rule(void *context, const char *key, const struct eg_option *row,
                         const void *value)
{
    const struct found *f = context;
    if (!strcmp(key, "memory.rule") && row->kind == EG_OPT_CHOICE)
        snprintf(f->buffer, f->size, "%s", row->choices[*(const int *) value]);
    return 0;
}

void eg_recall_rule(char *buffer, size_t size, const struct eg_associative *a)
{
    struct found found = {buffer, size};
    buffer[0] = '\0';
    if (eg_config_walk(a->config, look_for_rule, &found))
        buffer[0] = '\0';
}

static const char *label_of(const struct eg_patterns *p, size_t k, char *room, size_t size)
{
    if (p->labels)
        return p->labels[k];
    snprintf(room, size, "%zu", k);
    return room;
}

/* Prints at most `width` characters of a text, and blanks up to there. */
static void put_padded(const char *text, size_t width)
{
    size_t shown = 0;
    for (const char *c = text; *c; c++) {
        const int starts = ((unsigned char) *c & 0xC0) != 0x80;
        if (starts && shown == width)
            break;
        shown += starts != 0;
        putchar(*c);
    }
    for (; shown < width; shown++)
        putchar(' ');
}

void eg_recall_head(const struct eg_workplace *w, const char *path)
{
    const struct eg_associative *a = w->a;
    const struct eg_patterns *p = &w->patterns;
    char rule[64];
    eg_recall_rule(rule, sizeof rule, a);
    printf("%s: seed %ld, %s%s%s, N = %zu", a->name, a->run.seed, a->type->name,
           rule[0] ? ", " : "", rule, p->sites);
    if (p->first < p->sites)
        printf(" (%zu and %zu)", p->first, p->sites - p->first);
    printf(", P = %zu, P/N = %.4g, %s\n", p->count, (double) p->count / (double) p->sites, path);
    if (w->note.text[0])
        printf("note: %s\n", w->note.text);
    fflush(stdout);
}

/* --- pictures --- */

struct gallery {
    const struct eg_trials *t;
    struct eg_terminal terminal;
    struct eg_picture picture; /* without values             */
    size_t second;             /* sites of the second layer  */
    size_t cell, n;
    double *values; /* (n, N)                     */
    char (*caption)[3][32];
};

static double state_at(const struct eg_trials *t, const struct eg_frames *f, size_t frame, size_t i)
{
    const size_t at = frame * t->patterns->sites + i;
    return t->state_size == 1 ? ((const int8_t *) f->states)[at] : ((const double *) f->states)[at];
}

/* The stored pattern is the last picture. */
static void hang_stored(struct gallery *g, struct eg_workplace *w, size_t target)
{
    const struct eg_associative_type *type = w->a->type;
    struct eg_message message;
    char room[32];
    double *values = g->values + (g->n - 1) * w->patterns.sites, energy = NAN;
    eg_pattern_values(&w->patterns, target, values);
    if (type->spins) {
        eg_pattern_spins(&w->patterns, target, w->spins);
        type->spins->start(w->recall, w->spins);
        energy = type->spins->energy(w->recall);
    } else if (!type->flow->start(w->recall, values, &message)) {
        energy = type->flow->energy(w->recall);
    }
    snprintf(g->caption[g->n - 1][0], 32, "stored: %.20s",
             label_of(&w->patterns, target, room, sizeof room));
    snprintf(g->caption[g->n - 1][1], 32, "E %.4g", energy);
    snprintf(g->caption[g->n - 1][2], 32, "m 1");
}

static void hang(struct gallery *g, const size_t *at)
{
    const struct eg_trial *trial = &g->t->trial[0];
    const struct eg_frames *f = &trial->frames;
    const size_t sites = g->t->patterns->sites;
    for (size_t k = 0; k + 1 < g->n; k++) {
        const size_t sweep = f->sweep[at[k]];
        char *const title = g->caption[k][0];
        if (at[k] == 0)
            snprintf(title, 32, f->n == 1 ? "cue and end" : "cue");
        else
            snprintf(title, 32, at[k] + 1 == f->n ? "end: %s %zu" : "%s %zu",
                     g->t->a->type->flow ? "step" : "sweep", sweep);
        if (sweep < trial->traced) {
            const double *row = trial->trace + EG_TRACES * sweep;
            snprintf(g->caption[k][1], 32, "E %.4g", row[EG_TRACE_ENERGY]);
            /* Rounded to what is shown, and no "-0.000". */
            snprintf(g->caption[k][2], 32, "m %.3f",
                     round(1000 * row[EG_TRACE_OVERLAP]) / 1000 + 0.0);
        }
        for (size_t i = 0; i < sites; i++)
            g->values[k * sites + i] = state_at(g->t, f, at[k], i);
    }
}

/* Greys of real states: between the extremes of the target. */
static void set_greys(struct gallery *g)
{
    const double *stored = g->values + (g->n - 1) * g->t->patterns->sites;
    struct eg_picture *p = &g->picture;
    p->grey = g->t->state_size != 1;
    p->low = p->high = stored[0];
    for (size_t i = 0; i < p->sites; i++) {
        p->low = fmin(p->low, stored[i]);
        p->high = fmax(p->high, stored[i]);
    }
    if (!(p->low < p->high)) {
        p->low = -1;
        p->high = 1;
    }
}

static void show_row(struct gallery *g, size_t from, size_t to, char *line, size_t size)
{
    const size_t lines = eg_picture_lines(&g->picture, g->terminal.utf8);
    const size_t sites = g->t->patterns->sites, strips = g->second ? 2 : 0;
    putchar('\n');
    for (size_t l = 0; l < lines + strips + 3; l++) {
        for (size_t k = from; k < to; k++) {
            const double *values = g->values + k * sites;
            g->picture.values = values;
            line[0] = '\0';
            if (l < lines)
                eg_picture_line(line, size, &g->picture, l, g->terminal.utf8);
            else if (strips && l == lines + 1)
                eg_picture_strip(line, size, values + g->picture.sites, g->second, g->cell,
                                 g->terminal.utf8);
            else if (l >= lines + strips)
                snprintf(line, size, "%s", g->caption[k][l - lines - strips]);
            put_padded(line, k + 1 < to ? g->cell + GAP : g->cell);
        }
        putchar('\n');
    }
}

static int show_pictures(const struct eg_trials *t, struct eg_workplace *w)
{
    const struct eg_patterns *p = t->patterns;
    struct gallery g = {.t = t, .terminal = eg_terminal_find(), .second = p->sites - p->first};
    g.picture.sites = p->first;
    if (t->framed == 0 || !t->trial[0].done || t->trial[0].frames.n == 0
        || !eg_picture_shape(p, &g.picture.height, &g.picture.width)
        || g.picture.width > g.terminal.width)
        return EG_OK;
    g.cell = g.picture.width > CELL ? g.picture.width : CELL;
    const size_t fit = (g.terminal.width + GAP) / (g.cell + GAP);
    const size_t most = fit > 3 ? fit - 1 : 2, size = 4 * (g.cell + GAP) + 64;
    size_t *at = calloc(most, sizeof *at);
    char *line = calloc(size, 1);
    int ret = EG_RAISE(EG_ERR_NOMEM);
    if (!at || !line)
        goto out;
    g.n = eg_picture_pick(t->trial[0].frames.n, most, at) + 1;
    g.values = calloc(g.n, p->sites * sizeof *g.values);
    g.caption = calloc(g.n, sizeof *g.caption);
    if (!g.values || !g.caption)
        goto out;
    ret = EG_OK;
    hang(&g, at);
    hang_stored(&g, w, t->trial[0].recalled.target);
    set_greys(&g);
    for (size_t from = 0; from < g.n; from += fit ? fit : 1)
        show_row(&g, from, from + fit < g.n ? from + fit : g.n, line, size);
out:
    free(at);
    free(line);
    free(g.values);
    free(g.caption);
    return ret;
}

/* --- numbers --- */

static void show_table(const struct eg_trials *t)
{
    size_t shown = 0;
    printf("\n trial  %-*s  overlap: cue     end    %s         energy  end\n", LABEL, "target",
           t->a->type->flow ? " steps" : "sweeps");
    for (size_t k = 0; k < t->n && shown < ROWS; k++) {
        const struct eg_recalled *r = &t->trial[k].recalled;
        char room[32];
        if (!t->trial[k].done)
            continue;
        shown++;
        printf("%6zu  ", k);
        put_padded(label_of(t->patterns, r->target, room, sizeof room), LABEL);
        printf("  %12.4f %7.4f  %8zu  %13.6g  %s, %s\n", r->overlap_start, r->overlap,
               r->settled.sweeps, r->settled.energy, eg_attractor_names[r->end],
               rests[r->settled.rest]);
    }
    if (t->done > shown)
        printf("        and %zu more\n", t->done - shown);
}

int eg_recall_report(const struct eg_trials *t, struct eg_workplace *w)
{
    struct eg_trials_summary s;
    const int ret = show_pictures(t, w);
    if (ret)
        return ret;
    eg_trials_summary(t, &s);
    show_table(t);
    printf("\n%zu of %zu trials", s.done, t->n);
    if (s.done)
        printf(": overlap at the end %.4f", s.overlap);
    if (s.done > 1)
        printf(" +- %.4f", s.overlap_error);
    if (s.done)
        printf(", %.2f", s.sweeps);
    if (s.done > 1)
        printf(" +- %.2f", s.sweeps_error);
    printf("%s\n", !s.done ? "" : t->a->type->flow ? " steps" : " sweeps");
    for (size_t c = 0; c < EG_ATTRACTORS; c++) {
        double low, high;
        if (s.class[c] == 0)
            continue;
        eg_wilson((double) s.class[c], (double) s.done, &low, &high);
        printf("  %-9s  %6zu  %.4f (%.4f to %.4f, 95 %% interval)\n", eg_attractor_names[c],
               s.class[c], (double) s.class[c] / (double) s.done, low, high);
    }
    if (t->note[0])
        printf("note: %s\n", t->note);
    fflush(stdout);
    return EG_OK;
}

/* JSON has no NaN. */
static void json_number(const char *name, double x)
{
    if (isfinite(x))
        printf(", \"%s\": %.17g", name, x);
    else
        printf(", \"%s\": null", name);
}

static void json_text(const char *name, const char *text)
{
    printf(", \"%s\": ", name);
    eg_json_text(text);
}

static void json_trial(const struct eg_trials *t, size_t k)
{
    const struct eg_recalled *r = &t->trial[k].recalled;
    char room[32];
    printf("{\"report\": \"trial\", \"trial\": %zu, \"target\": %zu", k, r->target);
    json_text("label", label_of(t->patterns, r->target, room, sizeof room));
    json_number("overlap_start", r->overlap_start);
    json_number("overlap", r->overlap);
    printf(", \"sweeps\": %zu", r->settled.sweeps);
    json_number("energy", r->settled.energy);
    json_number("energy_rise", r->settled.rise);
    json_text("rest", rests[r->settled.rest]);
    json_text("end", eg_attractor_names[r->end]);
    printf("}\n");
}

void eg_recall_json(const struct eg_trials *t, const struct eg_workplace *w)
{
    const struct eg_associative *a = t->a;
    struct eg_trials_summary s;
    char rule[64];
    for (size_t k = 0; k < t->n; k++)
        if (t->trial[k].done)
            json_trial(t, k);
    eg_trials_summary(t, &s);
    eg_recall_rule(rule, sizeof rule, a);
    printf("{\"report\": \"recall\", \"trials\": %zu, \"done\": %zu, \"seed\": %ld", t->n, s.done,
           a->run.seed);
    json_text("network", a->type->name);
    json_text("rule", rule);
    printf(", \"sites\": %zu, \"patterns\": %zu", t->patterns->sites, t->patterns->count);
    json_number("overlap", s.overlap);
    json_number("overlap_error", s.overlap_error);
    json_number("sweeps", s.sweeps);
    json_number("sweeps_error", s.sweeps_error);
    for (size_t c = 0; c < EG_ATTRACTORS; c++) {
        double low, high;
        char name[32];
        eg_wilson((double) s.class[c], (double) s.done, &low, &high);
        printf(", \"%s\": %zu", eg_attractor_names[c], s.class[c]);
        snprintf(name, sizeof name, "%s_low", eg_attractor_names[c]);
        json_number(name, low);
        snprintf(name, sizeof name, "%s_high", eg_attractor_names[c]);
        json_number(name, high);
    }
    json_text("note", w->note.text);
    json_text("left_out", t->note);
    printf("}\n");
    fflush(stdout);
}
