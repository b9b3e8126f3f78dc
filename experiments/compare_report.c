/* The table of a comparison: for each measure the schemes as rows and the tasks as columns. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/compare.h"
#include "experiments/progress.h"

enum { CELL = 80 };

struct cell {
    const struct eg_compare_pair *pair;
    const struct cell *first; /* of the first scheme, same task */
    struct eg_compare_summary y;
};

/* "12.3k", "850", "0.0312"; infinity as `infinite`. */
static void number(char *text, size_t size, double x, const char *infinite)
{
    if (isnan(x))
        snprintf(text, size, "-");
    else if (isinf(x))
        snprintf(text, size, "%s%s", x < 0 ? "-" : "", infinite);
    else if (fabs(x) >= 1e6)
        snprintf(text, size, "%.3gM", x / 1e6);
    else if (fabs(x) >= 1e4)
        snprintf(text, size, "%.4gk", x / 1e3);
    else if (fabs(x) >= 1000)
        snprintf(text, size, "%.0f", x);
    else
        snprintf(text, size, "%.3g", x);
}

static void spread(char *text, const struct eg_compare_quartiles *q, const char *infinite)
{
    char a[16], b[16], c[16];
    number(a, sizeof a, q->median, infinite);
    number(b, sizeof b, q->low, infinite);
    number(c, sizeof c, q->high, infinite);
    if (isnan(q->median))
        snprintf(text, CELL, "-");
    else
        snprintf(text, CELL, "%s (%s, %s)", a, b, c);
}

static void against(char *text, const struct eg_compare_difference *d, const char *infinite)
{
    char a[16];
    number(a, sizeof a, d->median, infinite);
    if (d->n == 0)
        snprintf(text, CELL, "-");
    else
        snprintf(text, CELL, "%s%s (%zu %zu %zu)", d->median > 0 && isfinite(d->median) ? "+" : "",
                 a, d->better, d->equal, d->worse);
}

static void put_solved(char *text, const struct cell *c)
{
    snprintf(text, CELL, "%zu/%zu (%.0f-%.0f %%)%s", c->y.solved, c->y.n, 100 * c->y.low,
             100 * c->y.high, c->y.diverged ? " !" : "");
}

static void put_sequences(char *text, const struct cell *c)
{
    spread(text, &c->y.solved_at, "never");
}

static void put_cost(char *text, const struct cell *c)
{
    spread(text, &c->y.cost, "diverged");
}

static void put_longer(char *text, const struct cell *c)
{
    spread(text, &c->y.longer, "diverged");
}

static void put_sequences_against(char *text, const struct cell *c)
{
    if (c->y.solved || c->first->y.solved)
        against(text, &c->y.solved_at_difference, "never");
    else
        snprintf(text, CELL, "neither");
}

static void put_cost_against(char *text, const struct cell *c)
{
    against(text, &c->y.cost_difference, "diverged");
}

static void put_longer_against(char *text, const struct cell *c)
{
    against(text, &c->y.longer_difference, "diverged");
}

static void put_seconds(char *text, const struct cell *c)
{
    spread(text, &c->y.seconds, "-");
}

static void put_parameters(char *text, const struct cell *c)
{
    if (c->pair->size > 0)
        snprintf(text, CELL, "%zu (%ld)", c->pair->parameters, c->pair->size);
    else
        snprintf(text, CELL, "%zu", c->pair->parameters);
}

static const struct measure {
    const char *title;
    void (*put)(char *text, const struct cell *cell);
    int pairs;  /* the first scheme has none        */
    int always; /* also before a cell has ended     */
    int longer; /* the size stands beside the task  */
} measures[] = {
    {"seeds that solved the task (95 % interval); !: some diverged", put_solved, 0, 0, 0},
    {"training sequences until it was solved, median and quartiles of all seeds", put_sequences, 0,
     0, 0},
    {"cost at the end, on the sizes of training [bit/sequence], median and quartiles", put_cost, 0,
     0, 0},
    {"cost at a size beyond training [bit/sequence], median and quartiles", put_longer, 0, 0, 1},
    {"sequences until solved, more than the first scheme with the same seed: median (seeds better, "
     "equal, worse)",
     put_sequences_against, 1, 0, 0},
    {"cost at the end, more than the first scheme with the same seed", put_cost_against, 1, 0, 0},
    {"cost beyond training, more than the first scheme with the same seed", put_longer_against, 1,
     0, 1},
    {"seconds of training, median and quartiles", put_seconds, 0, 0, 0},
    {"parameters (controller.size)", put_parameters, 0, 1, 0},
};

/* The size evaluated beyond training, of the first scheme that is possible; 0: none. */
static size_t longer_of(const struct eg_compare_plan *p, size_t task, size_t *repeats)
{
    for (size_t s = 0; s < p->comparison->n_schemes; s++) {
        const struct eg_compare_pair *pair = eg_compare_pair(p, s, task);
        if (pair->possible) {
            *repeats = pair->longer_repeats;
            return pair->longer;
        }
    }
    return *repeats = 0;
}

static void heading(char *text, const struct eg_compare_plan *p, const struct measure *m,
                    size_t task)
{
    size_t repeats;
    const size_t longer = longer_of(p, task, &repeats);
    if (m->longer && longer && repeats)
        snprintf(text, 96, "%s, %zu x %zu", p->comparison->tasks[task].label, longer, repeats);
    else if (m->longer && longer)
        snprintf(text, 96, "%s, %zu", p->comparison->tasks[task].label, longer);
    else
        snprintf(text, 96, "%s", p->comparison->tasks[task].label);
}

static void fill(char *text, const struct measure *m, const struct cell *cell, size_t scheme)
{
    if (!cell->pair->possible)
        snprintf(text, CELL, "not possible");
    else if (!m->always && cell->y.n == 0)
        snprintf(text, CELL, "%s", cell->y.failed ? "failed" : "not done");
    else if (m->pairs && scheme == 0)
        snprintf(text, CELL, "-");
    else
        m->put(text, cell);
}

static void print_measure(FILE *to, const struct eg_compare_plan *p, const struct measure *m,
                          const struct cell *cells)
{
    const struct eg_comparison *c = p->comparison;
    size_t left = 6, width[EG_COMPARE_TASKS_MAX];
    char text[96];
    for (size_t s = 0; s < c->n_schemes; s++)
        left = strlen(c->schemes[s].label) > left ? strlen(c->schemes[s].label) : left;
    fprintf(to, "\n%s\n%*s", m->title, (int) left, "");
    for (size_t t = 0; t < c->n_tasks; t++) {
        heading(text, p, m, t);
        width[t] = strlen(text);
        for (size_t s = 0; s < c->n_schemes; s++) {
            char value[CELL];
            fill(value, m, &cells[s * c->n_tasks + t], s);
            width[t] = strlen(value) > width[t] ? strlen(value) : width[t];
        }
        fprintf(to, "  %*s", (int) width[t], text);
    }
    fputc('\n', to);
    for (size_t s = 0; s < c->n_schemes; s++) {
        fprintf(to, "%-*s", (int) left, c->schemes[s].label);
        for (size_t t = 0; t < c->n_tasks; t++) {
            char value[CELL];
            fill(value, m, &cells[s * c->n_tasks + t], s);
            fprintf(to, "  %*s", (int) width[t], value);
        }
        fputc('\n', to);
    }
}

static struct cell *make_cells(const struct eg_compare_plan *p)
{
    const struct eg_comparison *c = p->comparison;
    struct cell *cells = calloc(c->n_schemes * c->n_tasks, sizeof *cells);
    for (size_t s = 0; cells && s < c->n_schemes; s++)
        for (size_t t = 0; t < c->n_tasks; t++) {
            struct cell *cell = &cells[s * c->n_tasks + t];
            cell->pair = eg_compare_pair(p, s, t);
            cell->first = &cells[t];
            eg_compare_summarise(p->results, c->n_tasks, eg_compare_seeds(c), s, t, &cell->y);
        }
    return cells;
}

int eg_compare_print(FILE *to, const struct eg_compare_plan *p, struct eg_message *message)
{
    const struct eg_comparison *c = p->comparison;
    struct cell *cells = make_cells(p);
    if (!cells)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    fprintf(to, "%s: seeds %ld to %ld", c->name, c->seed_first, c->seed_last);
    for (size_t t = 0; t < c->n_tasks; t++) {
        const struct eg_compare_pair *pair = NULL;
        for (size_t s = 0; s < c->n_schemes && !(pair && pair->possible); s++)
            pair = eg_compare_pair(p, s, t);
        if (pair && pair->possible)
            fprintf(to, "%s%s: %llu sequences, solved under %g bit/sequence", t ? "; " : ". ",
                    c->tasks[t].label, (unsigned long long) pair->budget, pair->threshold);
    }
    fputc('\n', to);
    for (size_t m = 0; m < sizeof measures / sizeof *measures; m++) {
        size_t any = 0, repeats;
        for (size_t t = 0; t < c->n_tasks; t++)
            any += !measures[m].longer || longer_of(p, t, &repeats) > 0;
        if (any && !(measures[m].pairs && c->n_schemes < 2))
            print_measure(to, p, &measures[m], cells);
    }
    int first = 1;
    for (size_t s = 0; s < c->n_schemes; s++)
        for (size_t t = 0; t < c->n_tasks; t++) {
            const struct cell *cell = &cells[s * c->n_tasks + t];
            const char *label = c->schemes[s].label, *task = c->tasks[t].label;
            if (!cell->pair->why.text[0] && !cell->y.diverged && !cell->y.failed)
                continue;
            if (first)
                fputc('\n', to);
            first = 0;
            if (cell->pair->why.text[0])
                fprintf(to, "%s, %s: %s%s\n", label, task,
                        cell->pair->possible ? "" : "not possible: ", cell->pair->why.text);
            if (cell->y.diverged)
                fprintf(to, "%s, %s: %zu of %zu diverged\n", label, task, cell->y.diverged,
                        cell->y.n);
            if (cell->y.failed)
                fprintf(to, "%s, %s: %zu failed\n", label, task, cell->y.failed);
        }
    free(cells);
    return EG_OK;
}

/* --- JSON --- */

/* JSON knows neither NaN nor infinity: null, and the text "never". */
static void json_number(const char *name, double x)
{
    if (isfinite(x))
        printf(", \"%s\": %.9g", name, x);
    else
        printf(", \"%s\": %s", name, isnan(x) ? "null" : x > 0 ? "\"never\"" : "\"-never\"");
}

static void json_quartiles(const char *name, const struct eg_compare_quartiles *q)
{
    char text[96];
    const double x[] = {q->median, q->low, q->high};
    static const char *const what[] = {"median", "lower_quartile", "upper_quartile"};
    for (int k = 0; k < 3; k++) {
        snprintf(text, sizeof text, "%s_%s", what[k], name);
        json_number(text, x[k]);
    }
}

static void json_difference(const char *name, const struct eg_compare_difference *d)
{
    char text[96];
    const double x[] = {d->median, d->low, d->high};
    static const char *const end[] = {"", "_low", "_high"};
    for (int k = 0; k < 3; k++) {
        snprintf(text, sizeof text, "%s_difference%s", name, end[k]);
        json_number(text, x[k]);
    }
    printf(", \"%s_better\": %zu, \"%s_equal\": %zu, \"%s_worse\": %zu", name, d->better, name,
           d->equal, name, d->worse);
}

int eg_compare_print_json(const struct eg_compare_plan *p, struct eg_message *message)
{
    const struct eg_comparison *c = p->comparison;
    struct cell *cells = make_cells(p);
    if (!cells)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t s = 0; s < c->n_schemes; s++)
        for (size_t t = 0; t < c->n_tasks; t++) {
            const struct cell *cell = &cells[s * c->n_tasks + t];
            const struct eg_compare_summary *y = &cell->y;
            printf("{\"report\": \"compare\", \"scheme\": ");
            eg_json_text(c->schemes[s].label);
            printf(", \"task\": ");
            eg_json_text(c->tasks[t].label);
            printf(", \"possible\": %s, \"note\": ", cell->pair->possible ? "true" : "false");
            eg_json_text(cell->pair->why.text);
            printf(", \"seeds\": %zu, \"solved\": %zu, \"diverged\": %zu, \"failed\": %zu", y->n,
                   y->solved, y->diverged, y->failed);
            json_number("fraction", y->fraction);
            json_number("low", y->low);
            json_number("high", y->high);
            json_quartiles("sequences", &y->solved_at);
            json_quartiles("cost", &y->cost);
            json_quartiles("cost_longer", &y->longer);
            json_number("exact_longer", y->longer_exact);
            json_quartiles("seconds", &y->seconds);
            json_difference("sequences", &y->solved_at_difference);
            json_difference("cost", &y->cost_difference);
            json_difference("cost_longer", &y->longer_difference);
            printf(", \"parameters\": %zu, \"controller_size\": %ld, \"threshold\": %g, "
                   "\"budget\": %llu, \"longer\": %zu, \"longer_repeats\": %zu}\n",
                   cell->pair->parameters, cell->pair->size, cell->pair->threshold,
                   (unsigned long long) cell->pair->budget, cell->pair->longer,
                   cell->pair->longer_repeats);
        }
    free(cells);
    return EG_OK;
}
