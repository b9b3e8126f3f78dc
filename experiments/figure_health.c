/* How the heads fare while a network trains: a panel for each number that the memory has, a line
 * for each head, and points on the uppermost where a head is in trouble. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"
#include "experiments/telemetry.h"

enum { HEADS_MAX = 64 };

/* Panels from above; those without a finite number are left out. */
static const struct panel {
    const char *column, *label, *unit;
    int log, fraction; /* fraction: from 0 to 1 */
} panels[] = {
    {"effective_slots", "effective", "slots", 1, 0},
    {"strength", "key", "strength", 0, 0},
    {"gate", "gate", NULL, 0, 1},
    {"sharpening", "sharpening", NULL, 0, 0},
    {"movement", "movement", NULL, 0, 1},
    {"alignment", "alignment", NULL, 0, 1},
    {"written", "written", NULL, 0, 0},
    {"memory", "memory", NULL, 0, 0},
};
enum { PANELS = sizeof panels / sizeof *panels };

struct health {
    struct eg_figure_array sequences, kind, head, diagnosis, column[PANELS];
    struct {
        int kind;
        size_t head;
    } heads[HEADS_MAX];
    size_t n, rows; /* heads; reports of each */
    double *x, *y;  /* (rows): of a line      */
    double last;
};

static size_t head_of(struct health *q, size_t row)
{
    const int kind = (int) q->kind.x[row];
    const size_t head = (size_t) q->head.x[row];
    for (size_t i = 0; i < q->n; i++)
        if (q->heads[i].kind == kind && q->heads[i].head == head)
            return i;
    if (q->n == HEADS_MAX)
        return HEADS_MAX;
    q->heads[q->n].kind = kind;
    q->heads[q->n].head = head;
    return q->n++;
}

static int open_health(struct health *q, struct eg_run *run, struct eg_message *message)
{
    static const char group[] = "/heads";
    int rc;
    if ((rc = eg_figure_read(run, group, "sequences", 1, &q->sequences, message))
        || (rc = eg_figure_read(run, group, "kind", 1, &q->kind, message))
        || (rc = eg_figure_read(run, group, "head", 1, &q->head, message))
        || (rc = eg_figure_read(run, group, "diagnosis", 1, &q->diagnosis, message)))
        return rc;
    const size_t n = q->sequences.count;
    int whole = q->sequences.x && q->kind.x && q->head.x && q->diagnosis.x && q->kind.count == n
                && q->head.count == n && q->diagnosis.count == n;
    for (int k = 0; k < PANELS; k++) {
        if ((rc = eg_figure_read(run, group, panels[k].column, 1, &q->column[k], message)))
            return rc;
        whole &= q->column[k].x && q->column[k].count == n;
    }
    if (!whole || n == 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: no heads were watched (train.telemetry)",
                       eg_run_path(run));
    for (size_t i = 0; i < n; i++) {
        if (!(q->kind.x[i] >= 0 && q->kind.x[i] < EG_HEAD_KINDS && q->head.x[i] >= 0))
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: /heads: row %zu is of no kind of head",
                           eg_run_path(run), i);
        head_of(q, i);
        q->last = fmax(q->last, q->sequences.x[i]);
    }
    q->x = calloc(2 * n, sizeof *q->x);
    q->y = q->x + (q->x ? n : 0);
    return q->x ? EG_OK : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
}

/* The rows of a head; with `troubled` only those that are not well. */
static size_t line_of(struct health *q, size_t head, int panel, double unit, int troubled)
{
    size_t n = 0;
    for (size_t i = 0; i < q->sequences.count; i++)
        if (head_of(q, i) == head && !(troubled && q->diagnosis.x[i] == EG_HEAD_WELL)) {
            q->x[n] = q->sequences.x[i] / unit;
            q->y[n++] = q->column[panel].x[i];
        }
    return n;
}

static int has_numbers(const struct eg_figure_array *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (isfinite(a->x[i]))
            return 1;
    return 0;
}

/* Two or three tics from 0 to `high`. */
static double tic(double high)
{
    const double unit = high > 0 ? pow(10, floor(log10(high / 2))) : 1, most = high / 2 / unit;
    return unit * (most >= 3.5 ? 5 : most >= 1.5 ? 2 : 1);
}

static void set_axis(struct eg_page *page, const struct health *q, int k)
{
    double high = 0, low = INFINITY;
    for (size_t i = 0; i < q->column[k].count; i++)
        if (isfinite(q->column[k].x[i])) {
            high = fmax(high, q->column[k].x[i]);
            low = fmin(low, q->column[k].x[i]);
        }
    if (panels[k].log)
        eg_page_log_tics(page, fmin(low, 1) / 1.4, 1.4 * fmax(high, 10));
    else if (panels[k].fraction)
        eg_text_add(&page->script, "set yrange [-0.06:1.06] noextend\nset ytics 0,0.5,1\n");
    else
        eg_text_add(&page->script, "set yrange [%.6g:%.6g] noextend\nset ytics 0,%.6g\n",
                    -0.06 * high, 1.1 * (high > 0 ? high : 1), tic(high));
}

static void set_panel(struct eg_page *page, const struct health *q, int k, struct eg_box box,
                      int last, double unit)
{
    eg_page_panel(page, box, 0, q->last > 0 ? q->last / unit : 1, last);
    set_axis(page, q, k);
    eg_page_side(page, box, panels[k].label, panels[k].unit);
    if (last)
        eg_page_foot(page, box, unit > 1 ? "sequences [thousand]" : "sequences");
}

static void add_lines(struct eg_curves *c, struct health *q, int k, int first, double unit)
{
    const size_t heads = !strcmp(panels[k].column, "memory") ? 1 : q->n;
    for (size_t h = 0; h < heads; h++) {
        const char *colour = heads == 1 && q->n > 1 ? EG_COLOUR_BLACK : eg_chart_colour(h);
        size_t n = line_of(q, h, k, unit, 0);
        eg_curves_line(c, q->x, q->y, n, colour, 1, q->heads[h].kind == EG_HEAD_WRITE);
        n = first ? line_of(q, h, k, unit, 1) : 0;
        if (n)
            eg_curves_points(c, q->x, q->y, NULL, NULL, n, colour, eg_chart_point(0), 0, 0);
    }
}

static void draw(struct eg_page *page, struct health *q)
{
    enum { HEIGHT = 15, GAP = 3 };
    const double unit = q->last >= 10000 ? 1000 : 1;
    struct eg_key keys[HEADS_MAX + 1];
    char words[HEADS_MAX][32];
    int used[PANELS], n = 0, troubled = 0;
    for (int k = 0; k < PANELS; k++)
        if (has_numbers(&q->column[k]))
            used[n++] = k;
    for (size_t h = 0; h < q->n; h++) {
        snprintf(words[h], sizeof words[h], "%s %zu%s", eg_head_kinds[q->heads[h].kind],
                 q->heads[h].head, q->heads[h].kind == EG_HEAD_WRITE ? " (dashed)" : "");
        keys[h] = (struct eg_key){words[h], eg_chart_colour(h), EG_MARK_LINE, 0};
    }
    for (size_t i = 0; i < q->diagnosis.count; i++)
        troubled |= q->diagnosis.x[i] != EG_HEAD_WELL;
    size_t n_keys = q->n;
    if (troubled)
        keys[n_keys++] = (struct eg_key){"uniform, dead or saturated", EG_COLOUR_BLACK,
                                         EG_MARK_POINT, eg_chart_point(0)};
    const double top = 2 + eg_chart_keys_height(keys, n_keys, 69);
    page->height = top + n * (HEIGHT + GAP) - GAP + 9;
    for (int i = 0; i < n; i++) {
        const double at = top + i * (HEIGHT + GAP);
        const struct eg_box box = {13, 82, at, at + HEIGHT};
        struct eg_curves c = {.page = page};
        set_panel(page, q, used[i], box, i == n - 1, unit);
        if (i == 0)
            eg_chart_keys(page, box.left, box.right, 1, keys, n_keys);
        add_lines(&c, q, used[i], i == 0, unit);
        eg_curves_draw(&c);
    }
}

static void table(struct eg_page *page, const struct health *q)
{
    eg_text_add(&page->table, "sequences,kind,head,diagnosis");
    for (int k = 0; k < PANELS; k++)
        eg_text_add(&page->table, ",%s", panels[k].column);
    eg_text_add(&page->table, "\n");
    for (size_t i = 0; i < q->sequences.count; i++) {
        const double d = q->diagnosis.x[i];
        eg_page_field(page, q->sequences.x[i], ",");
        eg_text_add(&page->table, "%s,%.0f,%s", eg_head_kinds[(int) q->kind.x[i]], q->head.x[i],
                    d >= 0 && d < EG_HEAD_STATES ? eg_head_states[(int) d] : "");
        for (int k = 0; k < PANELS; k++) {
            eg_text_add(&page->table, ",");
            eg_page_field(page, q->column[k].x[i], "");
        }
        eg_text_add(&page->table, "\n");
    }
}

int eg_figure_health(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct health q = {.n = 0};
    const int rc = open_health(&q, run, message);
    if (rc == EG_OK) {
        draw(page, &q);
        table(page, &q);
    }
    free(q.x);
    eg_figure_array_free(&q.sequences);
    eg_figure_array_free(&q.kind);
    eg_figure_array_free(&q.head);
    eg_figure_array_free(&q.diagnosis);
    for (int k = 0; k < PANELS; k++)
        eg_figure_array_free(&q.column[k]);
    return rc;
}
