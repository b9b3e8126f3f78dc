/* Wrong answers by kind of question, after the last evaluation; of the bAbI tasks beside what was
 * published.
 *
 * Source  Sukhbaatar et al. 2015 (arXiv:1503.08895), table 1 and, for 10,000 training questions,
 * the joint run that Graves et al. 2016 (DNC, Nature 538) compare with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"
#include "experiments/statistics.h"

enum { TASKS = 20, NAME = 64 };
enum column_of_rows { STEP, SPLIT, GROUP, EXACT, N, COLUMNS };
#define ROW 3.5 /* mm */

struct column {
    const char *name;
    double error[TASKS]; /* [%], of tasks 1 to 20 */
};

/* clang-format off */
static const struct column of_1k[] = {
    {"PE, 3 hops (published)",
     {0.1, 21.6, 64.2, 3.8, 14.1, 7.9, 21.6, 12.6, 23.3, 17.4, 4.3, 0.3, 9.9, 1.8, 0.0, 52.1, 50.1, 13.6, 87.4, 0.0}},
    {"PE LS RN, joint, 3 hops (published)",
     {0.0, 11.4, 21.9, 13.4, 14.4, 2.8, 18.3, 9.3, 1.9, 6.5, 0.3, 0.1, 0.2, 6.9, 0.0, 2.7, 40.4, 9.4, 88.0, 0.0}},
};
static const struct column of_10k[] = {
    {"joint, 10k (published)",
     {0, 1.0, 6.8, 0, 6.1, 0.1, 6.6, 2.7, 0, 0.5, 0, 0.1, 0, 0, 0.2, 0.2, 41.8, 8.0, 75.7, 0}},
};
/* clang-format on */
static const char *const colours[] = {EG_COLOUR_ORANGE, EG_COLOUR_VERMILLION};
static const int points[] = {4, 8};

struct tasks {
    size_t n;
    char (*name)[NAME];
    double *error, *low, *high; /* n [%] */
    double *place;              /* n: 1, 2, ... */
    size_t *babi;               /* n: number of the task less one; TASKS: none */
    const struct column *columns;
    size_t n_columns;
};

static void name_of(const char *words, size_t group, char name[NAME])
{
    char line[NAME];
    for (size_t k = 1; words && k < group; k++) {
        words = strchr(words, '\n');
        words = words ? words + 1 : NULL;
    }
    const size_t n = words ? strcspn(words, "\n") : 0;
    snprintf(line, sizeof line, "%.*s", (int) (n < NAME ? n : NAME - 1), words ? words : "");
    eg_chart_plain(name, NAME, line);
    if (!*name)
        snprintf(name, NAME, "kind %zu", group);
}

/* Rows of the test by group, those of the last evaluation, in the order of the groups. */
static int fill(struct tasks *q, const struct eg_figure_array c[COLUMNS], const char *words)
{
    double last = -1;
    size_t groups = 0;
    for (size_t i = 0; i < c[STEP].count; i++)
        if (c[SPLIT].x[i] == 2 && c[GROUP].x[i] > 0) {
            last = fmax(last, c[STEP].x[i]);
            groups++;
        }
    if (groups == 0)
        return EG_OK;
    double *numbers = calloc(4 * groups, sizeof *numbers);
    q->error = numbers;
    q->name = calloc(groups, sizeof *q->name);
    q->babi = calloc(groups, sizeof *q->babi);
    if (!numbers || !q->name || !q->babi)
        return EG_RAISE(EG_ERR_NOMEM);
    q->low = numbers + groups;
    q->high = numbers + 2 * groups;
    q->place = numbers + 3 * groups;
    for (size_t i = 0; i < c[STEP].count; i++) {
        if (c[SPLIT].x[i] != 2 || !(c[GROUP].x[i] > 0) || c[GROUP].x[i] > 1e6
            || c[STEP].x[i] != last)
            continue;
        const size_t k = q->n++;
        const double p = 1 - c[EXACT].x[i], n = c[N].x[i];
        double low, high;
        eg_wilson(p * n, n, &low, &high);
        name_of(words, (size_t) c[GROUP].x[i], q->name[k]);
        q->error[k] = 100 * p;
        q->low[k] = p > 0 ? 100 * low : 0; /* no rounding below or above */
        q->high[k] = 100 * high;
        q->place[k] = (double) q->n;
        const long task = strtol(q->name[k], NULL, 10);
        q->babi[k] = task >= 1 && task <= TASKS ? (size_t) task - 1 : TASKS;
    }
    return EG_OK;
}

/* The folder's own name says how many questions there are, not those of the folders it is in. */
static int is_10k(const char *path)
{
    size_t at = strlen(path);
    while (at > 0 && path[at - 1] == '/')
        at--;
    while (at > 0 && path[at - 1] != '/')
        at--;
    return strstr(path + at, "10k") != NULL;
}

/* The published columns, where the questions are those of the bAbI tasks. */
static void choose_columns(struct tasks *q, struct eg_run *run)
{
    char *type = NULL, *path = NULL;
    if (eg_run_exists(run, "/config_values/task/type")
        && eg_run_get_text(run, "/config_values/task/type", &type, NULL) == EG_OK
        && strcmp(type, "babi") == 0) {
        const int many = eg_run_exists(run, "/config_values/task/path")
                         && eg_run_get_text(run, "/config_values/task/path", &path, NULL) == EG_OK
                         && is_10k(path);
        q->columns = many ? of_10k : of_1k;
        q->n_columns = many ? 1 : 2;
    }
    free(type);
    free(path);
}

static double published(const struct tasks *q, size_t column, size_t k)
{
    return q->babi[k] < TASKS ? q->columns[column].error[q->babi[k]] : NAN;
}

static double mean(const struct tasks *q, size_t column)
{
    double sum = 0;
    for (size_t k = 0; k < q->n; k++)
        sum += column < q->n_columns ? published(q, column, k) : q->error[k];
    return sum / (double) q->n;
}

static void draw(struct eg_page *page, const struct tasks *q)
{
    struct eg_key keys[3] = {{"this run", EG_COLOUR_BLUE, EG_MARK_POINT, 7}};
    double widest = 0, high = 5;
    char caption[EG_CHART_WORDS];
    int n =
        snprintf(caption, sizeof caption, "Mean of %zu: this run %.1f %%", q->n, mean(q, SIZE_MAX));
    for (size_t c = 0; c < q->n_columns; c++) {
        keys[1 + c] = (struct eg_key){q->columns[c].name, colours[c], EG_MARK_POINT, points[c]};
        n += snprintf(caption + n, sizeof caption - (size_t) n, "; %s %.1f %%", q->columns[c].name,
                      mean(q, c));
    }
    if (q->n > 1)
        snprintf(caption + n, sizeof caption - (size_t) n, ". Bars: 95 %% intervals.");
    else
        snprintf(caption, sizeof caption, "Bars: 95 %% intervals.");
    for (size_t k = 0; k < q->n; k++) {
        widest = fmax(widest, eg_chart_width(q->name[k]));
        high = fmax(high, q->high[k]);
        for (size_t c = 0; c < q->n_columns; c++)
            high = fmax(high, published(q, c, k));
    }
    const double left = fmin(4 + widest, 40), right = 81;
    const size_t n_keys = 1 + q->n_columns;
    const double top = 1.8 + eg_chart_keys_height(keys, n_keys, right - 4);
    const struct eg_box box = {left, right, top, top + ROW * (double) q->n + 1};
    page->height = box.bottom + 10 + eg_chart_caption_height(caption, 80);
    eg_page_panel(page, box, -0.03 * high, 1.04 * high, 1);
    eg_chart_keys(page, 4, right, 1, keys, n_keys);
    eg_page_foot(page, box, "wrong answers [%]");
    eg_chart_caption(page, 2, 82, box.bottom + 9, caption);
    eg_text_add(&page->script, "set ytics scale 0 (");
    for (size_t k = 0; k < q->n; k++) {
        char rich[2 * NAME];
        eg_chart_rich(rich, sizeof rich, q->name[k]);
        eg_text_add(&page->script, "%s'%s' %zu", k ? ", " : "", rich, k + 1);
    }
    eg_text_add(&page->script, ")\nset yrange [%.6g:0.4] noextend\n", (double) q->n + 0.6);
    for (size_t k = 0; k < q->n; k++)
        eg_text_add(&page->script,
                    "set arrow from graph 0,first %zu to graph 1,first %zu nohead back lw 0.3 lc "
                    "rgb '" EG_COLOUR_SHADE "'\n",
                    k + 1, k + 1);
    struct eg_curves c = {.page = page};
    const unsigned block = eg_page_block(page);
    for (size_t k = 0; k < q->n; k++)
        eg_text_add(&page->script, "%.6g %.6g %.6g\n", q->low[k], q->place[k],
                    q->high[k] - q->low[k]);
    eg_page_block_end(page);
    eg_text_add(&c.clauses,
                "plot $d%u using 1:2:3:(0) with vectors nohead lw 1.2 lc rgb '" EG_COLOUR_SKY
                "' notitle",
                block);
    double *x = calloc(q->n, sizeof *x);
    for (size_t j = 0; x && j < q->n_columns; j++) {
        for (size_t k = 0; k < q->n; k++)
            x[k] = published(q, j, k);
        eg_curves_points(&c, x, q->place, NULL, NULL, q->n, colours[j], points[j], 0, 0);
    }
    eg_curves_points(&c, q->error, q->place, NULL, NULL, q->n, EG_COLOUR_BLUE, 7, 0, 0);
    page->script.failed |= !x;
    free(x);
    eg_curves_draw(&c);
}

static void table(struct eg_page *page, const struct tasks *q)
{
    eg_text_add(&page->table, "kind,wrong [%%],low [%%],high [%%]");
    for (size_t c = 0; c < q->n_columns; c++)
        eg_text_add(&page->table, ",\"%s [%%]\"", q->columns[c].name);
    eg_text_add(&page->table, "\n");
    for (size_t k = 0; k < q->n; k++) {
        eg_text_add(&page->table, "\"%s\",", q->name[k]);
        eg_page_field(page, q->error[k], ",");
        eg_page_field(page, q->low[k], ",");
        eg_page_field(page, q->high[k], "");
        for (size_t c = 0; c < q->n_columns; c++) {
            eg_text_add(&page->table, ",");
            eg_page_field(page, published(q, c, k), "");
        }
        eg_text_add(&page->table, "\n");
    }
}

int eg_figure_tasks(struct eg_page *page, struct eg_run *run, struct eg_message *message)
{
    static const char *const names[COLUMNS] = {"step", "split", "group", "exact_fraction", "n"};
    struct eg_figure_array c[COLUMNS] = {{.x = NULL}};
    struct tasks q = {.n = 0};
    char *words = NULL;
    int rc = EG_OK, whole = 1;
    for (int i = 0; rc == EG_OK && i < COLUMNS; i++) {
        rc = eg_figure_read(run, "/evaluate", names[i], 1, &c[i], message);
        whole &= c[i].x && c[i].count == c[0].count;
    }
    if (rc == EG_OK && eg_run_exists(run, "/words/groups"))
        rc = eg_run_get_text(run, "/words/groups", &words, message);
    if (rc == EG_OK && whole && fill(&q, c, words) != EG_OK)
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    if (rc == EG_OK && q.n == 0)
        rc = EG_FAIL(EG_ERR_MISSING, message, "%s: no kinds of questions were evaluated",
                     eg_run_path(run));
    if (rc == EG_OK) {
        choose_columns(&q, run);
        draw(page, &q);
        table(page, &q);
    }
    free(words);
    free(q.error);
    free(q.name);
    free(q.babi);
    for (int i = 0; i < COLUMNS; i++)
        eg_figure_array_free(&c[i]);
    return rc;
}
