/* The head traces of a comparison side by side: schemes as rows; for each task where the write
 * heads looked and where the read heads did, locations upward, over the same time and locations for
 * all schemes.  Of several heads of a kind the largest weight is shown.  The cells are those of the
 * first seed of which most have ended; the sequence is the first probe that all of a task have. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_comparison.h"

#define ROW 13.0
#define GAP 1.6      /* between rows                   */
#define BETWEEN 1.6  /* write and read of a task       */
#define TASK_GAP 6.5 /* from task to task              */
#define VISIBLE 0.02 /* a smaller weight is not seen   */
#define BAR 15.0     /* the scale on the right         */
#define HEAD 8.2     /* above the first row            */

/* Of one cell. */
struct trace {
    char path[1024];
    struct eg_run *run; /* NULL: not there */
    struct eg_figure_probe probe;
    int has_probe;
    double *weights[2]; /* write, read: (steps, slots); NULL: no heads */
    size_t slots;
};

struct traces {
    struct eg_comparison_file f;
    struct eg_figure_array state;
    size_t seed;
    struct trace *at;                                           /* (scheme, task)      */
    size_t low[EG_COMPARISON_NAMES], high[EG_COMPARISON_NAMES]; /* locations shown, of a task */
    size_t steps[EG_COMPARISON_NAMES];
    char group[EG_COMPARISON_NAMES][256]; /* the probe; "": none */
};

static const char *const kinds[] = {"write", "read"};

static struct trace *trace_of(const struct traces *q, size_t scheme, size_t task)
{
    return &q->at[scheme * q->f.tasks + task];
}

/* The seed of which most cells have ended; of equal ones the first. */
static size_t choose_seed(const struct traces *q)
{
    size_t best = 0, most = 0;
    for (size_t k = 0; k < q->f.seeds; k++) {
        size_t n = 0;
        for (size_t i = 0; i < q->f.schemes * q->f.tasks; i++)
            n += q->state.x[i * q->f.seeds + k] == 2;
        if (n > most) {
            most = n;
            best = k;
        }
    }
    return best;
}

struct first {
    struct eg_run *run;
    char name[200];
    double steps;
};

/* The shortest of the probes: that of a size of the training, as a rule. */
static int shortest(void *context, const struct eg_run_entry *entry)
{
    struct first *x = context;
    char path[300];
    struct eg_run_shape shape;
    if (!entry->is_group || strlen(entry->name) >= sizeof x->name)
        return 0;
    snprintf(path, sizeof path, "/probe/%s/input", entry->name);
    if (eg_run_shape(x->run, path, &shape, NULL) == EG_OK && shape.rank == 2
        && (!x->name[0] || (double) shape.dims[0] < x->steps)) {
        x->steps = (double) shape.dims[0];
        snprintf(x->name, sizeof x->name, "%s", entry->name);
    }
    return 0;
}

/* (time, head, slot) or (time, slot), the largest over heads. */
static int read_weights(struct trace *t, int kind, struct eg_message *message)
{
    char name[64], path[512];
    struct eg_run_shape shape;
    struct eg_figure_array a;
    snprintf(name, sizeof name, "%s_weights", kinds[kind]);
    snprintf(path, sizeof path, "%s/%s", t->probe.group, name);
    if (!eg_run_exists(t->run, path) || eg_run_shape(t->run, path, &shape, message) != EG_OK
        || shape.rank < 2 || shape.rank > 3 || shape.dims[0] != t->probe.steps || !shape.count)
        return EG_OK;
    const int ret = eg_figure_read(t->run, t->probe.group, name, shape.rank, &a, message);
    if (ret || !a.x)
        return ret;
    const size_t heads = shape.rank == 3 ? a.dims[1] : 1, slots = a.dims[shape.rank - 1];
    double *w = t->slots && t->slots != slots ? NULL : calloc(t->probe.steps * slots, sizeof *w);
    for (size_t i = 0; w && i < t->probe.steps; i++)
        for (size_t h = 0; h < heads; h++)
            for (size_t n = 0; n < slots; n++)
                w[i * slots + n] = fmax(w[i * slots + n], a.x[(i * heads + h) * slots + n]);
    t->slots = slots;
    t->weights[kind] = w;
    eg_figure_array_free(&a);
    return EG_OK;
}

static int read_cell(struct traces *q, size_t scheme, size_t task, struct eg_message *message)
{
    struct trace *t = trace_of(q, scheme, task);
    if (q->state.x[(scheme * q->f.tasks + task) * q->f.seeds + q->seed] != 2)
        return EG_OK;
    eg_comparison_path(&q->f, scheme, task, q->seed, t->path, sizeof t->path);
    if (!t->path[0] || eg_run_open(&t->run, t->path, EG_RUN_READ, NULL) != EG_OK
        || !eg_run_exists(t->run, "/probe"))
        return EG_OK; /* the panel says so */
    if (!q->group[task][0]) {
        struct first x = {.run = t->run};
        const int ret = eg_run_list(t->run, "/probe", shortest, &x, message);
        if (ret || !x.name[0])
            return ret;
        snprintf(q->group[task], sizeof q->group[task], "/probe/%s", x.name);
    }
    if (!eg_run_exists(t->run, q->group[task]))
        return EG_OK;
    int ret = eg_figure_probe_open(t->run, q->group[task], &t->probe, message);
    if (ret)
        return ret;
    t->has_probe = 1;
    q->steps[task] = t->probe.steps > q->steps[task] ? t->probe.steps : q->steps[task];
    for (int kind = 0; kind < 2 && !ret; kind++)
        ret = read_weights(t, kind, message);
    return ret;
}

/* What no head of any scheme looked at is cut off. */
static void choose_locations(struct traces *q, size_t task)
{
    size_t low = SIZE_MAX, high = 0, slots = 0;
    for (size_t s = 0; s < q->f.schemes; s++) {
        const struct trace *t = trace_of(q, s, task);
        for (int kind = 0; kind < 2; kind++)
            for (size_t i = 0; t->weights[kind] && i < t->probe.steps * t->slots; i++)
                if (t->weights[kind][i] >= VISIBLE) {
                    low = i % t->slots < low ? i % t->slots : low;
                    high = i % t->slots > high ? i % t->slots : high;
                }
        slots = t->slots > slots ? t->slots : slots;
    }
    q->low[task] = low <= high && low > 1 ? low - 1 : 0;
    q->high[task] = low <= high && high + 1 < slots ? high + 1 : slots ? slots - 1 : 0;
}

static int read_all(struct traces *q, struct eg_run *run, struct eg_message *message)
{
    int ret = eg_comparison_open(&q->f, run, message);
    if (!ret)
        ret = eg_comparison_read(&q->f, "state", 3, &q->state, message);
    if (ret)
        return ret;
    if (!(q->at = calloc(q->f.schemes * q->f.tasks, sizeof *q->at)))
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    q->seed = choose_seed(q);
    size_t heads = 0;
    for (size_t t = 0; t < q->f.tasks && !ret; t++) {
        for (size_t s = 0; s < q->f.schemes && !ret; s++) {
            ret = read_cell(q, s, t, message);
            heads += trace_of(q, s, t)->weights[0] || trace_of(q, s, t)->weights[1];
        }
        choose_locations(q, t);
    }
    if (!ret && !heads)
        ret =
            EG_FAIL(EG_ERR_MISSING, message,
                    "%s: no cell of seed %.0f has heads, or the run files are not where they were",
                    eg_run_path(run), q->f.seed.x[q->seed]);
    return ret;
}

static void free_all(struct traces *q)
{
    for (size_t i = 0; q->at && i < q->f.schemes * q->f.tasks; i++) {
        free(q->at[i].weights[0]);
        free(q->at[i].weights[1]);
        if (q->at[i].has_probe)
            eg_figure_probe_close(&q->at[i].probe);
        eg_run_close(&q->at[i].run);
    }
    free(q->at);
    eg_figure_array_free(&q->state);
    eg_comparison_close(&q->f);
}

/* --- drawing --- */

static const char *absence(const struct traces *q, size_t scheme, size_t task)
{
    const struct trace *t = trace_of(q, scheme, task);
    const double state = q->state.x[(scheme * q->f.tasks + task) * q->f.seeds + q->seed];
    return state == 5      ? "not possible"
           : state == 3    ? "diverged"
           : state != 2    ? "not done"
           : !t->has_probe ? "no run file"
                           : "no heads";
}

static void draw_cell(struct eg_page *page, const struct traces *q, size_t scheme, size_t task,
                      int kind, struct eg_box box, const char *caption, int *scale)
{
    const struct trace *t = trace_of(q, scheme, task);
    const int last = scheme + 1 == q->f.schemes;
    const double *w = t->weights[kind];
    const size_t n = q->high[task] - q->low[task] + 1;
    eg_page_panel(page, box, -0.5, (double) q->steps[task] - 0.5, last);
    eg_text_add(&page->script, "set ytics %g\n", n > 60 ? 40.0 : n > 24 ? 20.0 : n > 8 ? 5.0 : 2.0);
    const size_t steps = q->steps[task];
    eg_text_add(&page->script, "set xtics %g\n",
                steps > 150  ? 100.0
                : steps > 60 ? 40.0
                : steps > 30 ? 20.0
                : steps > 12 ? 10.0
                             : 5.0);
    if (kind > 0)
        eg_text_add(&page->script, "set ytics format ''\n");
    if (scheme == 0) {
        char words[128];
        if (kind == 0) {
            snprintf(words, sizeof words, "{/:Bold %s}", q->f.task[task]);
            eg_page_words(page, box.right + BETWEEN / 2, box.top - 5.2, "center", words);
        }
        eg_page_words(page, (box.left + box.right) / 2, box.top - 1.9, "center", kinds[kind]);
    }
    if (last)
        eg_page_foot(page, box, "time [step]");
    if (task == 0 && kind == 0)
        eg_page_words(page, box.left - 7, (box.top + box.bottom) / 2, "right", q->f.scheme[scheme]);
    if (caption)
        eg_chart_caption(page, 2, page->width - 2,
                         page->height - 1 - eg_chart_caption_height(caption, page->width - 4),
                         caption);
    if (!w) {
        eg_page_words(page, (box.left + box.right) / 2, (box.top + box.bottom) / 2, "center",
                      absence(q, scheme, task));
        eg_text_add(&page->script,
                    "set object rectangle from graph 0,0 to graph 1,1 behind fillstyle solid 1 "
                    "noborder fillcolor rgb '" EG_COLOUR_SHADE "'\n"
                    "set yrange [%.9g:%.9g] noextend\nplot NaN notitle\n",
                    (double) q->low[task] - 0.5, (double) q->high[task] + 0.5);
        return;
    }
    eg_page_phases(page, &t->probe, box, "white", 0);
    eg_page_palette(page, EG_PALETTE_PLAIN, 0, 1);
    if (!*scale) {
        const struct eg_box bar = {page->width - BAR + 2, page->width - BAR + 4, box.top,
                                   box.bottom};
        eg_page_colour_bar(page, bar, 0.5, "weight", NULL);
        *scale = 1;
    }
    size_t high = q->high[task];
    high = high < t->slots ? high : t->slots - 1;
    if (q->low[task] <= high)
        eg_page_image(page, box, w, t->probe.steps, t->slots, q->low[task], high - q->low[task] + 1,
                      NULL, 0, (double) q->low[task]);
    else
        eg_text_add(&page->script, "plot NaN notitle\n");
}

static void draw(struct eg_page *page, const struct traces *q)
{
    const size_t schemes = q->f.schemes, tasks = q->f.tasks;
    char caption[EG_CHART_WORDS];
    int scale = 0; /* is drawn */
    double left = 10;
    for (size_t s = 0; s < schemes; s++)
        left = fmax(left, eg_chart_width(q->f.scheme[s]));
    left += 8.5; /* numbers and "location" */
    page->width = tasks == 1 ? EG_PAGE_WIDTH : EG_PAGE_WIDE;
    const double room = page->width - left - BAR - (double) (tasks - 1) * TASK_GAP;
    const double width = (room / (double) tasks - BETWEEN) / 2;
    snprintf(caption, sizeof caption,
             "Location (up) against time of one sequence of each task, seed %.0f; of several heads "
             "the largest weight. Only locations that some head looked at.",
             q->f.seed.x[q->seed]);
    const double bottom = HEAD + (double) schemes * (ROW + GAP) - GAP;
    page->height = bottom + 10 + eg_chart_caption_height(caption, page->width - 4) + 1;
    for (size_t s = 0; s < schemes; s++)
        for (size_t t = 0; t < tasks; t++)
            for (int kind = 0; kind < 2; kind++) {
                struct eg_box box;
                box.left =
                    left + (double) t * (2 * width + BETWEEN + TASK_GAP) + kind * (width + BETWEEN);
                box.right = box.left + width;
                box.top = HEAD + (double) s * (ROW + GAP);
                box.bottom = box.top + ROW;
                draw_cell(page, q, s, t, kind, box, s + t == 0 && kind == 0 ? caption : NULL,
                          &scale);
            }
}

static void table(struct eg_page *page, const struct traces *q)
{
    eg_text_add(&page->table, "task,scheme,heads,time [step],location,weight\n");
    for (size_t t = 0; t < q->f.tasks; t++)
        for (size_t s = 0; s < q->f.schemes; s++)
            for (int kind = 0; kind < 2; kind++) {
                const struct trace *x = trace_of(q, s, t);
                for (size_t i = 0; x->weights[kind] && i < x->probe.steps * x->slots; i++)
                    if (x->weights[kind][i] >= VISIBLE)
                        eg_text_add(&page->table, "\"%s\",\"%s\",%s,%zu,%zu,%.4g\n", q->f.task[t],
                                    q->f.scheme[s], kinds[kind], i / x->slots, i % x->slots,
                                    x->weights[kind][i]);
            }
}

int eg_figure_traces(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct traces *q = calloc(1, sizeof *q);
    if (!q)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    const int ret = read_all(q, run, message);
    if (!ret) {
        draw(page, q);
        table(page, q);
    }
    free_all(q);
    free(q);
    return ret;
}
