/* experiments/recall_trials.c -- the loop over trials, and what is kept of each. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/progress.h"
#include "experiments/recall.h"
#include "experiments/statistics.h"
#include "experiments/train.h"

enum { STOP = 1 /* the watch's answer to a signal */ };

static void leave_out(struct eg_trials *t, const char *what, double bytes, double most)
{
    const size_t n = strlen(t->note);
    snprintf(t->note + n, sizeof t->note - n, "%s%s are left out: %.0f MB, more than %.0f MB",
             n ? "; " : "", what, bytes / 1e6, most / 1e6);
}

/* How many sweeps of each trial there is room for. */
static void plan(struct eg_trials *t)
{
    const double n = (double) t->n, sites = (double) t->patterns->sites;
    const double count = (double) t->patterns->count, most = EG_RECALL_STATES_MOST;
    const double states = sites * (double) t->state_size;
    t->trace_most = (size_t) fmax(2, EG_RECALL_TABLE_MOST / sizeof(double) / n);
    if (n * count * sizeof(double) > EG_RECALL_TABLE_MOST)
        leave_out(t, "overlaps with all patterns", n * count * sizeof(double),
                  EG_RECALL_TABLE_MOST);
    const double patterns = sites * count * (t->patterns->values ? sizeof(double) : 1);
    if (patterns > EG_RECALL_TABLE_MOST)
        leave_out(t, "patterns", patterns, EG_RECALL_TABLE_MOST);
    /* A cue and an end at least. */
    if (2 * (double) t->kept * states > most) {
        leave_out(t, "states", 2 * (double) t->kept * states, most);
        t->kept = 0;
    }
    t->framed = t->kept || states > most / 16 ? t->kept : 1;
    const double frame = states + (t->has_weights ? count * sizeof(double) : 0);
    for (size_t k = 0; k < t->framed; k++)
        t->trial[k].frames.room = (size_t) fmax(2, most / (double) t->framed / frame);
}

int eg_trials_init(struct eg_trials *t, const struct eg_workplace *w, struct eg_message *message)
{
    const struct eg_associative *a = w->a;
    const size_t n = (size_t) a->recall.trials;
    *t = (struct eg_trials){
        .a = a,
        .patterns = &w->patterns,
        .n = n,
        .kept = (size_t) (a->recall.keep < a->recall.trials ? a->recall.keep : a->recall.trials),
        .state_size = a->type->spins ? sizeof(int8_t) : sizeof(double),
        .has_weights = a->type->flow && a->type->flow->weights};
    t->trial = calloc(n, sizeof *t->trial);
    if (!t->trial)
        return EG_FAIL(EG_ERR_NOMEM, message, "not enough memory for recall.trials = %zu", n);
    plan(t);
    const double all = (double) n * (double) w->patterns.count * sizeof(double);
    if (all <= EG_RECALL_TABLE_MOST
        && !(t->overlaps = calloc(n * w->patterns.count, sizeof *t->overlaps)))
        return EG_FAIL(EG_ERR_NOMEM, message, "not enough memory for recall.trials = %zu", n);
    return EG_OK;
}

static void forget(struct eg_trial *trial)
{
    free(trial->trace);
    free(trial->frames.sweep);
    free(trial->frames.states);
    free(trial->frames.weights);
    *trial = (struct eg_trial){.frames = {.room = trial->frames.room}};
}

void eg_trials_free(struct eg_trials *t)
{
    for (size_t k = 0; k < t->n && t->trial; k++)
        forget(&t->trial[k]);
    free(t->trial);
    free(t->overlaps);
    memset(t, 0, sizeof *t);
}

/* Makes room for `n` pieces; *array stays what it was where there is no more memory. */
static int grow(void *array, size_t n, size_t size)
{
    void *old, *new;
    memcpy(&old, array, sizeof old);
    if (n > SIZE_MAX / size || !(new = realloc(old, n * size)))
        return EG_RAISE(EG_ERR_NOMEM);
    memcpy(array, &new, sizeof new);
    return EG_OK;
}

int eg_frames_add(struct eg_frames *f, size_t sweep, const void *state, size_t state_bytes,
                  const double *weights, size_t patterns)
{
    if (f->room == 0)
        return EG_OK;
    if (f->n == f->room) {
        f->cut = 1;
        f->n--;
    }
    if (f->n == f->held) {
        const size_t twice = f->held ? 2 * f->held : 4;
        const size_t held = twice < f->room ? twice : f->room;
        int ret;
        if ((ret = grow(&f->sweep, held, sizeof *f->sweep))
            || (ret = grow(&f->states, held, state_bytes))
            || (weights && (ret = grow(&f->weights, held, patterns * sizeof *weights))))
            return ret;
        f->held = held;
    }
    f->sweep[f->n] = sweep;
    memcpy((char *) f->states + f->n * state_bytes, state, state_bytes);
    if (weights)
        memcpy(f->weights + f->n * patterns, weights, patterns * sizeof *weights);
    f->n++;
    return EG_OK;
}

/* One trial, while it runs. */
struct watched {
    struct eg_trials *t;
    struct eg_workplace *w;
    struct eg_trial *trial;
    size_t target;
    int frames;
};

static int see(void *context, const struct eg_sweep *sweep, const void *recall)
{
    struct watched *x = context;
    struct eg_trial *trial = x->trial;
    const struct eg_associative_type *type = x->t->a->type;
    if (eg_interrupted())
        return STOP;
    if (trial->traced < x->t->trace_most) {
        if (trial->traced == trial->held) {
            const size_t held = trial->held ? 2 * trial->held : 16;
            const int ret = grow(&trial->trace, held, EG_TRACES * sizeof *trial->trace);
            if (ret)
                return ret;
            trial->held = held;
        }
        double *row = trial->trace + EG_TRACES * trial->traced++;
        row[EG_TRACE_ENERGY] = sweep->energy;
        row[EG_TRACE_OVERLAP] = eg_workplace_overlap(x->w, x->target);
        row[EG_TRACE_MOVED] = type->flow ? sweep->change : (double) sweep->moved;
    }
    if (!x->frames)
        return EG_OK;
    if (x->t->has_weights)
        type->flow->weights(x->w->recall, x->w->overlaps);
    return eg_frames_add(&trial->frames, sweep->sweep,
                         type->spins ? (const void *) type->spins->spins(recall)
                                     : (const void *) type->flow->outputs(recall),
                         x->t->patterns->sites * x->t->state_size,
                         x->t->has_weights ? x->w->overlaps : NULL, x->t->patterns->count);
}

static int one(struct eg_trials *t, struct eg_workplace *w, size_t k, struct eg_message *message)
{
    const struct eg_associative *a = t->a;
    const size_t count = w->patterns.count;
    struct eg_trial *trial = &t->trial[k];
    struct watched x = {.t = t,
                        .w = w,
                        .trial = trial,
                        .target = a->cue.target < 0 ? k % count : (size_t) a->cue.target,
                        .frames = k < t->framed};
    const struct eg_watch watch = {see, &x};
    const int ret = eg_workplace_recall(w, &a->cue, x.target, 0, k, a->recall.near, &watch,
                                        &trial->recalled, message);
    if (ret == STOP) {
        forget(trial);
        return EG_OK;
    }
    if (ret)
        return ret;
    if (t->overlaps)
        memcpy(t->overlaps + k * count, w->overlaps, count * sizeof *t->overlaps);
    trial->done = 1;
    return EG_OK;
}

/* What the threads share. */
struct crew {
    struct eg_trials *t;
    const struct eg_workplace *w;
    int progress, status; /* of the first trial that failed */
    size_t failed;
    struct eg_message *message;
    double shown;
};

static void report(struct crew *c, size_t k, int ret, const struct eg_message *message, int done)
{
#pragma omp critical(eg_recall_crew)
    {
        c->t->done += done != 0;
        if (ret && (!c->status || k < c->failed)) {
            c->status = ret;
            c->failed = k;
            *c->message = *message;
        }
        if (c->progress && !ret && eg_clock() - c->shown > 0.5) {
            c->shown = eg_clock();
            fprintf(stderr, "\r%zu of %zu trials ", c->t->done, c->t->n);
        }
    }
}

static int failed(struct crew *c)
{
    int status;
#pragma omp critical(eg_recall_crew)
    status = c->status;
    return status;
}

/* What each thread does. */
static void work(struct crew *c)
{
    struct eg_message message = {{0}};
    struct eg_workplace own;
    int ret = eg_workplace_init(&own, c->t->a);
    if (!ret)
        ret = eg_workplace_share(&own, c->w, &message);
    own.want_overlaps = c->t->overlaps != NULL;
    if (ret)
        report(c, 0, ret, &message, 0);
#pragma omp for schedule(dynamic)
    for (size_t k = 0; k < c->t->n; k++) {
        if (ret || c->t->trial[k].done || failed(c) || eg_interrupted())
            continue;
        struct eg_message why = {{0}};
        const int status = one(c->t, &own, k, &why);
        if (status && !why.text[0])
            EG_FAIL(status, &why, "trial %zu: %s", k, eg_status_text(status));
        report(c, k, status, &why, c->t->trial[k].done);
    }
    eg_workplace_free(&own);
}

int eg_trials_run(struct eg_trials *t, const struct eg_workplace *w, int progress,
                  struct eg_message *message)
{
    struct eg_message why = {{0}};
    struct crew crew = {.t = t,
                        .w = w,
                        .progress = progress && isatty(STDERR_FILENO),
                        .message = &why,
                        .shown = eg_clock()};
    const size_t left = t->n - t->done;
    const int threads = (size_t) t->a->threads < left ? t->a->threads : (int) left;
#pragma omp parallel num_threads(threads > 0 ? threads : 1)
    work(&crew);
    if (crew.progress)
        fputs("\r\033[K", stderr);
    if (crew.status)
        return EG_FAIL(crew.status, message, "%s",
                       why.text[0] ? why.text : eg_status_text(crew.status));
    return EG_OK;
}

size_t eg_trials_longest(const struct eg_trials *t)
{
    size_t longest = 1;
    for (size_t k = 0; k < t->n; k++)
        longest = t->trial[k].traced > longest ? t->trial[k].traced : longest;
    return longest;
}

void eg_trials_summary(const struct eg_trials *t, struct eg_trials_summary *s)
{
    double mean[2] = {0}, square[2] = {0};
    memset(s, 0, sizeof *s);
    for (size_t k = 0; k < t->n; k++) {
        const struct eg_recalled *r = &t->trial[k].recalled;
        if (!t->trial[k].done)
            continue;
        const double x[2] = {(double) r->settled.sweeps, r->overlap};
        s->done++;
        s->class[r->end]++;
        for (size_t i = 0; i < 2; i++) { /* Welford's recursion */
            const double d = x[i] - mean[i];
            mean[i] += d / (double) s->done;
            square[i] += d * (x[i] - mean[i]);
        }
    }
    const double n = (double) s->done;
    s->sweeps = s->done ? mean[0] : NAN;
    s->overlap = s->done ? mean[1] : NAN;
    s->sweeps_error = s->done > 1 ? sqrt(square[0] / (n - 1) / n) : NAN;
    s->overlap_error = s->done > 1 ? sqrt(square[1] / (n - 1) / n) : NAN;
}
