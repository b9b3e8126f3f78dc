/* Learning curves of accuracy: wrong answers of the items trained on, of validation and of test, at
 * each evaluation, against the sequences seen; of a text, where a sequence has many answers, the
 * perplexity. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/figure_chart.h"

enum { SPLITS = 3 };
static const char *const split_names[SPLITS] = {"training", "validation", "test"};

enum column { STEP, SPLIT, GROUP, VALUE, COLUMNS };

struct splits {
    struct eg_figure_array c[COLUMNS];
    int words;                     /* VALUE is the perplexity, not the exact fraction     */
    double *x[SPLITS], *y[SPLITS]; /* n: sequences seen; wrong [%], or perplexity         */
    size_t n[SPLITS], most;
    double last; /* sequences */
};

/* By split, rows of all groups; a run that was resumed has no step twice. */
static int sort_rows(struct splits *q, double batch)
{
    const size_t rows = q->c[STEP].count;
    double *const room = calloc(2 * SPLITS * rows + 1, sizeof *room);
    q->x[0] = room;
    if (!room)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t s = 0; s < SPLITS; s++) {
        q->x[s] = room + 2 * s * rows;
        q->y[s] = q->x[s] + rows;
        for (size_t i = 0; i < rows; i++) {
            if (q->c[GROUP].x[i] != 0 || q->c[SPLIT].x[i] != (double) s
                || !isfinite(q->c[STEP].x[i]) || !isfinite(q->c[VALUE].x[i]))
                continue;
            q->x[s][q->n[s]] = batch * q->c[STEP].x[i];
            const double value = q->c[VALUE].x[i];
            q->y[s][q->n[s]] = q->words ? value : 100 * (1 - value);
            q->last = fmax(q->last, q->x[s][q->n[s]]);
            q->n[s]++;
        }
        q->most = q->n[s] > q->most ? q->n[s] : q->most;
    }
    return EG_OK;
}

static int open_splits(struct splits *q, struct eg_run *run, struct eg_message *message)
{
    static const char *const names[COLUMNS] = {"step", "split", "group", "exact_fraction"};
    int whole = 1;
    q->words = eg_run_exists(run, "/evaluate/perplexity");
    for (int k = 0; k < COLUMNS; k++) {
        const int rc =
            eg_figure_read(run, "/evaluate", k == VALUE && q->words ? "perplexity" : names[k], 1,
                           &q->c[k], message);
        if (rc != EG_OK)
            return rc;
        whole &= q->c[k].x && q->c[k].count == q->c[STEP].count;
    }
    if (whole && sort_rows(q, eg_figure_number(run, "/config_values/train/batch", 1)) != EG_OK)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    return q->most > 1 ? EG_OK
                       : EG_FAIL(EG_ERR_MISSING, message,
                                 "%s: parts of the data were not evaluated more than once "
                                 "(train.evaluate_every)",
                                 eg_run_path(run));
}

static void draw(struct eg_page *page, const struct splits *q)
{
    struct eg_key keys[SPLITS];
    char words[SPLITS][64];
    size_t n = 0;
    double high = 1;
    const double unit = q->last >= 10000 ? 1000 : 1;
    for (size_t s = 0; s < SPLITS; s++) {
        if (q->n[s] == 0)
            continue;
        snprintf(words[n], sizeof words[n], q->words ? "%s: %.4g" : "%s: %.1f %%", split_names[s],
                 q->y[s][q->n[s] - 1]);
        keys[n] = (struct eg_key){words[n], eg_chart_colour(s), EG_MARK_POINT, eg_chart_point(s)};
        n++;
        for (size_t i = 0; i < q->n[s]; i++)
            high = fmax(high, q->y[s][i]);
    }
    const double top = 1.8 + eg_chart_keys_height(keys, n, 69);
    const struct eg_box box = {13, 82, top, top + 44};
    page->height = box.bottom + 9;
    eg_page_panel(page, box, 0, 1.03 * q->last / unit, 1);
    eg_chart_keys(page, box.left, box.right, 1, keys, n);
    eg_page_side(page, box, q->words ? "perplexity" : "wrong answers [%]", NULL);
    eg_page_foot(page, box, unit > 1 ? "sequences [thousand]" : "sequences");
    eg_text_add(&page->script, "set yrange [%.6g:%.6g] noextend\n", -0.03 * high, 1.06 * high);
    struct eg_curves c = {.page = page};
    for (size_t s = 0; s < SPLITS; s++) {
        double *const x = calloc(q->n[s] + 1, sizeof *x);
        for (size_t i = 0; x && i < q->n[s]; i++)
            x[i] = q->x[s][i] / unit;
        if (x)
            eg_curves_points(&c, x, q->y[s], NULL, NULL, q->n[s], eg_chart_colour(s),
                             eg_chart_point(s), 1, 0);
        page->script.failed |= !x;
        free(x);
    }
    eg_curves_draw(&c);
}

static void table(struct eg_page *page, const struct splits *q)
{
    eg_text_add(&page->table, "split,sequences,%s\n", q->words ? "perplexity" : "wrong [%]");
    for (size_t s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < q->n[s]; i++) {
            eg_text_add(&page->table, "%s,", split_names[s]);
            eg_page_field(page, q->x[s][i], ",");
            eg_page_field(page, q->y[s][i], "\n");
        }
}

int eg_figure_splits(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    struct splits q = {.most = 0};
    const int rc = open_splits(&q, run, message);
    if (rc == EG_OK) {
        draw(page, &q);
        table(page, &q);
    }
    free(q.x[0]);
    for (int k = 0; k < COLUMNS; k++)
        eg_figure_array_free(&q.c[k]);
    return rc;
}
