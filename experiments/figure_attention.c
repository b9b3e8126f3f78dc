/* Attention over the statements of a story: a row for each statement, a column for each hop, and
 * dots beside the statements that the answer follows from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/figure_chart.h"

enum { ROWS_MAX = 42, LINE_SIZE = 256 };
#define ROW 3.3          /* mm */
#define NUMBERS_FROM 6.0 /* mm: a column that has room for them */

struct attention {
    struct eg_figure_array p, empty, first, held, supporting, class, probability, asked, input;
    size_t answer, answers, hops, slots; /* `answer`: the last is drawn */
    size_t begin, n;                     /* statements in memory: the first, how many */
    char *text, *classes;                /* NULL: not in the file */
    size_t rows, row[ROWS_MAX];          /* drawn: places in memory, in order */
    int empties;                         /* a row more: slots without a statement */
};

static int read_text(struct eg_run *run, const char *group, const char *name, char **text,
                     struct eg_message *message)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return eg_run_exists(run, path) ? eg_run_get_text(run, path, text, message) : EG_OK;
}

static int read_all(struct attention *a, struct eg_run *run, const char *group,
                    struct eg_message *message)
{
    const struct {
        const char *name;
        int rank;
        struct eg_figure_array *at;
    } arrays[] = {
        {"attention", 3, &a->p},
        {"attention_empty", 2, &a->empty},
        {"first_statement", 1, &a->first},
        {"statements", 1, &a->held},
        {"supporting", 1, &a->supporting},
        {"class", 1, &a->class},
        {"probability", 2, &a->probability},
        {"answer", 1, &a->asked},
        {"input", 2, &a->input},
    };
    int rc = EG_OK;
    for (size_t i = 0; rc == EG_OK && i < sizeof arrays / sizeof *arrays; i++)
        rc = eg_figure_read(run, group, arrays[i].name, arrays[i].rank, arrays[i].at, message);
    if (rc == EG_OK)
        rc = read_text(run, group, "text", &a->text, message);
    if (rc == EG_OK)
        rc = read_text(run, "/words", "classes", &a->classes, message);
    return rc;
}

/* A whole number below `below` at place i, or `below`. */
static size_t number(const struct eg_figure_array *array, size_t i, size_t below)
{
    return array->x && i < array->count && array->x[i] >= 0 && array->x[i] < (double) below
               ? (size_t) array->x[i]
               : below;
}

static double weight(const struct attention *a, size_t hop, size_t place)
{
    return a->p.x[(a->answer * a->hops + hop) * a->slots + place];
}

static double empty_weight(const struct attention *a, size_t hop)
{
    return a->empty.x[a->answer * a->hops + hop];
}

static int supports(const struct attention *a, size_t place)
{
    const size_t i = a->begin + place;
    return a->supporting.x && i < a->supporting.count && a->supporting.x[i] > 0;
}

/* Supporting facts, then those of the largest weight in any hop; drawn in their order. */
static void choose_rows(struct attention *a)
{
    unsigned char *taken = calloc(a->n ? a->n : 1, 1);
    for (size_t k = 0; taken && k < ROWS_MAX && k < a->n; k++) {
        size_t best = a->n;
        double most = -1;
        for (size_t i = 0; i < a->n; i++) {
            double here = supports(a, i) ? 2 : 0;
            for (size_t h = 0; h < a->hops && here < 2; h++)
                here = fmax(here, weight(a, h, i));
            if (!taken[i] && here > most) {
                most = here;
                best = i;
            }
        }
        if (best < a->n)
            taken[best] = 1;
    }
    for (size_t i = 0; taken && i < a->n; i++)
        if (taken[i])
            a->row[a->rows++] = i;
    free(taken);
    for (size_t h = 0; h < a->hops; h++)
        a->empties |= a->empty.x && empty_weight(a, h) >= 0.005;
}

static int open_attention(struct attention *a, struct eg_run *run, const char *group,
                          struct eg_message *message)
{
    const int rc = read_all(a, run, group, message);
    if (rc != EG_OK)
        return rc;
    if (!a->p.x || a->p.count == 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no attention over statements",
                       eg_run_path(run), group);
    a->answers = a->p.dims[0];
    a->hops = a->p.dims[1];
    a->slots = a->p.dims[2];
    a->answer = a->answers - 1;
    if (a->empty.x && (a->empty.dims[0] != a->answers || a->empty.dims[1] != a->hops))
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s/attention and attention_empty differ",
                       eg_run_path(run), group);
    a->begin = number(&a->first, a->answer, SIZE_MAX / 2);
    a->begin = a->begin == SIZE_MAX / 2 ? 0 : a->begin;
    a->n = number(&a->held, a->answer, a->slots + 1);
    a->n = a->n > a->slots ? a->slots : a->n;
    choose_rows(a);
    if (a->rows == 0)
        return EG_FAIL(EG_ERR_MISSING, message, "%s: %s has no statement in memory",
                       eg_run_path(run), group);
    return EG_OK;
}

static void close_attention(struct attention *a)
{
    struct eg_figure_array *const all[] = {&a->p,          &a->empty, &a->first,
                                           &a->held,       &a->class, &a->probability,
                                           &a->supporting, &a->asked, &a->input};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        eg_figure_array_free(all[i]);
    free(a->text);
    free(a->classes);
}

/* --- words --- */

/* Line k of a text and its length; NULL where there is none. */
static const char *find_line(const char *text, size_t k, size_t *length)
{
    for (; text && k > 0; k--) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    *length = text ? strcspn(text, "\n") : 0;
    return text;
}

/* Line k of a text, as far as there is room; empty where there is none. */
static void line_of(const char *text, size_t k, char line[LINE_SIZE])
{
    size_t n;
    text = find_line(text, k, &n);
    snprintf(line, LINE_SIZE, "%.*s", (int) (n < LINE_SIZE ? n : LINE_SIZE - 1), text ? text : "");
}

static size_t count_lines(const char *text)
{
    size_t n = text && *text ? 1 : 0;
    for (; n && (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* Plain, and cut so that it is no wider than `width` mm. */
static void fitted(char *plain, size_t size, const char *text, double width)
{
    eg_chart_plain(plain, size, text);
    size_t n = strlen(plain);
    while (n > 0 && eg_chart_width(plain) > width) {
        n = n > size - 3 ? size - 3 : n - 1;
        while (n > 0 && ((unsigned char) plain[n] & 0xc0) == 0x80)
            n--;
        memcpy(plain + n, "..", 3);
    }
}

static void class_name(const struct attention *a, size_t class, char name[LINE_SIZE])
{
    line_of(a->classes, class, name);
    if (!name[0])
        snprintf(name, LINE_SIZE, "class %zu", class);
}

/* "where is the milk? Answer: hallway (0.98), which is right." */
static void say_answer(const struct attention *a, char *plain, size_t size)
{
    char question[LINE_SIZE] = "", said[LINE_SIZE], right[LINE_SIZE], words[4 * LINE_SIZE];
    const size_t width = a->probability.x ? a->probability.dims[1] : 0;
    const size_t step = number(&a->asked, a->answer, a->class.count);
    const size_t columns = a->input.x ? a->input.dims[1] : 0;
    const size_t flag = (step + 1) * columns - 1;
    if (a->text && columns > 0 && flag < a->input.count && a->input.x[flag] > 0)
        line_of(a->text, count_lines(a->text) - 1, question);
    int n = snprintf(words, sizeof words, "%s%s", question, *question ? "? " : "");
    if (width > 0 && a->answer < a->probability.dims[0]) {
        const double *p = a->probability.x + a->answer * width;
        size_t best = 0;
        for (size_t c = 1; c < width; c++)
            best = p[c] > p[best] ? c : best;
        class_name(a, best, said);
        n += snprintf(words + n, sizeof words - (size_t) n, "Answer: %s (%.2f)", said, p[best]);
        const size_t class = step < a->class.count ? number(&a->class, step, width) : width;
        if (class < width) {
            class_name(a, class, right);
            snprintf(words + n, sizeof words - (size_t) n, class == best ? ", %s" : "; right: %s",
                     class == best ? "which is right" : right);
        }
    }
    eg_chart_plain(plain, size, words);
}

/* --- drawing --- */

static void draw_cells(struct eg_page *page, const struct attention *a, struct eg_box box)
{
    const size_t rows = a->rows + (size_t) a->empties;
    const double column = (box.right - box.left) / (double) a->hops;
    double *cells = malloc(rows * a->hops * sizeof *cells);
    if (!cells) {
        page->script.failed = 1;
        return;
    }
    for (size_t h = 0; h < a->hops; h++)
        for (size_t r = 0; r < rows; r++) {
            const double w = r < a->rows ? weight(a, h, a->row[r]) : empty_weight(a, h);
            cells[h * rows + rows - 1 - r] = w;
            char words[96];
            if (column < NUMBERS_FROM || !(w >= 0.005))
                continue;
            snprintf(words, sizeof words, "%.2f", w);
            eg_text_add(&page->script,
                        "set label \"%s\" at screen %.5f,%.5f center front tc rgb '%s'\n", words,
                        (box.left + column * ((double) h + 0.5)) / EG_PAGE_WIDTH,
                        1 - (box.top + ROW * ((double) r + 0.5)) / page->height,
                        w > 0.6 ? "black" : "white");
        }
    eg_page_image(page, box, cells, a->hops, rows, 0, rows, NULL, 1, 1);
    free(cells);
}

/* What stands beside row r, marked up; its width in mm. */
static double row_words(const struct attention *a, size_t r, double room, char rich[2 * LINE_SIZE])
{
    char line[LINE_SIZE], words[LINE_SIZE + 32], plain[3 * sizeof words];
    if (r < a->rows) {
        const size_t statement = a->begin + a->row[r];
        line_of(a->text, statement, line);
        snprintf(words, sizeof words, "%zu %s", statement + 1, line);
    } else {
        snprintf(words, sizeof words, "slots without a statement");
    }
    fitted(plain, sizeof plain, words, room);
    eg_chart_rich(rich, 2 * LINE_SIZE, plain);
    return eg_chart_width(plain);
}

static void draw_rows(struct eg_page *page, const struct attention *a, double right, double top)
{
    char rich[2 * LINE_SIZE];
    const size_t rows = a->rows + (size_t) a->empties;
    double widest = 0;
    for (size_t r = 0; r < rows; r++)
        widest = fmax(widest, row_words(a, r, right - 6, rich));
    const double left = right - 1.2 - widest;
    for (size_t r = 0; r < rows; r++) {
        const double y = top + ROW * ((double) r + 0.5);
        row_words(a, r, right - 6, rich);
        eg_page_words(page, left, y, "left", rich);
        if (r < a->rows && supports(a, a->row[r]))
            eg_text_add(&page->script,
                        "set label '' at screen %.5f,%.5f point pt 7 ps 0.45 lc rgb "
                        "'" EG_COLOUR_VERMILLION "' front\n",
                        (left - 1.8) / EG_PAGE_WIDTH, 1 - y / page->height);
    }
}

static void draw(struct eg_page *page, const struct attention *a)
{
    char title[2 * EG_CHART_WORDS], caption[EG_CHART_WORDS];
    const size_t rows = a->rows + (size_t) a->empties;
    const int scale = 34.0 / (double) a->hops < NUMBERS_FROM;
    const double width = fmin(9.0 * (double) a->hops, scale ? 24 : 34);
    const double right = scale ? EG_PAGE_WIDTH - 16 : EG_PAGE_WIDTH - 3;
    say_answer(a, title, sizeof title);
    int n =
        snprintf(caption, sizeof caption, "%s", a->supporting.x ? "Dots: supporting facts. " : "");
    if (a->rows < a->n)
        n += snprintf(caption + n, sizeof caption - (size_t) n,
                      "Of %zu statements in memory those of the largest weights. ", a->n);
    if (a->begin > 0)
        n += snprintf(caption + n, sizeof caption - (size_t) n, "The first %zu are not in memory. ",
                      a->begin);
    if (a->answers > 1)
        n += snprintf(caption + n, sizeof caption - (size_t) n, "The last of %zu answers.",
                      a->answers);
    const double top = 2 + eg_chart_caption_height(title, EG_PAGE_WIDTH - 4);
    const struct eg_box box = {right - width, right, top, top + ROW * (double) rows};
    page->height = box.bottom + 9 + eg_chart_caption_height(caption, EG_PAGE_WIDTH - 4);

    eg_page_panel(page, box, 0.5, (double) a->hops + 0.5, 1);
    eg_chart_caption(page, 2, EG_PAGE_WIDTH - 2, 1.2, title);
    eg_chart_caption(page, 2, EG_PAGE_WIDTH - 2, box.bottom + 8, caption);
    eg_page_foot(page, box, "hop");
    draw_rows(page, a, box.left, box.top);
    eg_text_add(&page->script, "unset ytics\nset xtics 1,%d scale 0\n", a->hops > 10 ? 2 : 1);
    eg_page_palette(page, EG_PALETTE_PLAIN, 0, 1);
    if (scale) {
        const struct eg_box bar = {right + 2, right + 4, box.top, box.bottom};
        eg_page_colour_bar(page, bar, 0.5, "weight", NULL);
    }
    draw_cells(page, a, box);
}

static void table(struct eg_page *page, const struct attention *a)
{
    struct eg_text *t = &page->table;
    eg_text_add(t, "statement,text,supporting");
    for (size_t h = 0; h < a->hops; h++)
        eg_text_add(t, ",hop %zu", h + 1);
    eg_text_add(t, "\n");
    for (size_t i = 0; i < a->n + (size_t) (a->empty.x != NULL); i++) {
        if (i < a->n) {
            size_t length;
            const char *const line = find_line(a->text, a->begin + i, &length);
            eg_text_add(t, "%zu,\"", a->begin + i + 1);
            for (size_t k = 0; k < length; k++)
                eg_text_add(t, line[k] == '"' ? "\"\"" : "%c", line[k]);
            eg_text_add(t, "\",%d", supports(a, i));
        } else {
            eg_text_add(t, ",\"(slots without a statement)\",");
        }
        for (size_t h = 0; h < a->hops; h++) {
            eg_text_add(t, ",");
            eg_page_field(page, i < a->n ? weight(a, h, i) : empty_weight(a, h), "");
        }
        eg_text_add(t, "\n");
    }
}

int eg_figure_attention(struct eg_page *page, struct eg_run *run, const char *group,
                        struct eg_message *message)
{
    struct attention a = {.answer = 0};
    const int rc = open_attention(&a, run, group, message);
    if (rc == EG_OK) {
        draw(page, &a);
        table(page, &a);
    }
    close_attention(&a);
    return rc;
}
