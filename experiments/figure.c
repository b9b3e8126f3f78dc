#include "experiments/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "experiments/figure_page.h"

const char *const eg_plot_formats[] = {"svg", "png", "pdf", NULL};

enum { PATH_SIZE = 4096, NAME_SIZE = 256 };

/* --- which figures --- */

/* All there are, in the order of enum eg_plot_figures: name, what its files' names end with, and
 * who fills in the page, from the whole run, from one of its probes, or from several runs. */
/* clang-format off */
#define FIGURES(X)                                                                                                    \
    X("learning",       "-learning",       eg_figure_curve,          NULL,                 NULL)                      \
    X("compare",        "-compare",        NULL,                     NULL,                 eg_figure_compare)         \
    X("generalisation", "-generalisation", eg_figure_generalisation, NULL,                 eg_figure_generalisations) \
    X("sequence",       "",                NULL,                     eg_figure_sequence,   NULL)                      \
    X("heads",          "-heads",          NULL,                     eg_figure_heads,      NULL)                      \
    X("prediction",     "-prediction",     NULL,                     eg_figure_prediction, NULL)                      \
    X("priority",       "-priority",       NULL,                     eg_figure_priority,   NULL)                      \
    X("energy",         "-energy",         eg_figure_energy,         NULL,                 NULL)                      \
    X("states",         "-states",         eg_figure_states,         NULL,                 NULL)                      \
    X("weights",        "-weights",        eg_figure_weights,        NULL,                 NULL)                      \
    X("capacity",       "-capacity",       eg_figure_capacity,       NULL,                 NULL)                      \
    X("retrieved",      "-retrieved",      eg_figure_retrieved,      NULL,                 NULL)                      \
    X("scaling",        "-scaling",        eg_figure_scaling,        NULL,                 NULL)                      \
    X("census",         "-census",         eg_figure_census,         NULL,                 NULL)                      \
    X("error",          "-error",          eg_figure_error,          NULL,                 NULL)                      \
    X("basin",          "-basin",          eg_figure_basin,          NULL,                 NULL)                      \
    X("attention",      "-attention",      NULL,                     eg_figure_attention,  NULL)                      \
    X("positions",      "-positions",      NULL,                     eg_figure_positions,  NULL)                      \
    X("tasks",          "-tasks",          eg_figure_tasks,          NULL,                 NULL)                      \
    X("splits",         "-splits",         eg_figure_splits,         NULL,                 NULL)                      \
    X("schemes",        "-schemes",        eg_figure_schemes,        NULL,                 NULL)                      \
    X("traces",         "-traces",         eg_figure_traces,         NULL,                 NULL)                      \
    X("health",         "-health",         eg_figure_health,         NULL,                 NULL)                      \
    X("cost",           "-cost",           eg_figure_cost,           NULL,                 NULL)
/* clang-format on */

#define NAME(name, suffix, of_run, of_probe, of_runs) name,
const char *const eg_plot_names[] = {FIGURES(NAME) NULL};
#undef NAME

static const struct row {
    const char *suffix;
    int (*of_run)(struct eg_page *page, struct eg_run *run, struct eg_message *message);
    int (*of_probe)(struct eg_page *page, struct eg_run *run, const char *group,
                    struct eg_message *message);
    int (*of_runs)(struct eg_page *page, const char *const *paths, size_t n,
                   struct eg_message *message);
} rows[] = {
#define ROW(name, suffix, of_run, of_probe, of_runs) {suffix, of_run, of_probe, of_runs},
    FIGURES(ROW)
#undef ROW
};
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(EG_PLOT_ALL == (1 << ROWS) - 1, "every figure has its bit in enum eg_plot_figures");

/* One figure that is to be drawn. */
struct wanted {
    const struct row *row;
    char probe[NAME_SIZE]; /* "copy-20"; "" where the figure is not of a probe */
};

struct plan {
    struct wanted *at;
    size_t n, room;
    unsigned figures;
};

static int add(struct plan *plan, int row, const char *probe)
{
    if (!(plan->figures & 1U << row))
        return EG_OK;
    if (plan->n == plan->room) {
        const size_t room = plan->room > 0 ? 2 * plan->room : 16;
        struct wanted *at = realloc(plan->at, room * sizeof *at);
        if (!at)
            return EG_RAISE(EG_ERR_NOMEM);
        plan->at = at;
        plan->room = room;
    }
    struct wanted *w = &plan->at[plan->n++];
    w->row = &rows[row];
    snprintf(w->probe, sizeof w->probe, "%s", probe);
    return EG_OK;
}

static int add_probe(void *context, const struct eg_run_entry *entry)
{
    int rc = EG_OK;
    if (!entry->is_group || strlen(entry->name) >= NAME_SIZE)
        return 0;
    for (int i = 0; rc == EG_OK && i < ROWS; i++)
        if (rows[i].of_probe)
            rc = add(context, i, entry->name);
    return rc;
}

/* The learning curve, then the probes one by one, then the rest.  `run` is NULL for what is drawn
 * from several. */
static int make_plan(struct plan *plan, struct eg_run *run, struct eg_message *message)
{
    int rc = EG_OK;
    for (int i = 0; rc == EG_OK && !run && i < ROWS; i++)
        if (rows[i].of_runs)
            rc = add(plan, i, "");
    if (rc == EG_OK && run)
        rc = add(plan, 0, "");
    if (rc == EG_OK && run && eg_run_exists(run, "/probe"))
        rc = eg_run_list(run, "/probe", add_probe, plan, message);
    for (int i = 1; rc == EG_OK && run && i < ROWS; i++)
        if (rows[i].of_run)
            rc = add(plan, i, "");
    if (rc == EG_ERR_NOMEM)
        return EG_FAIL(rc, message, "out of memory");
    return rc;
}

static int fill(struct eg_page *page, const struct eg_plot_options *o, const struct wanted *w,
                struct eg_run *run, struct eg_message *message)
{
    char group[NAME_SIZE + 16];
    if (!run)
        return w->row->of_runs(page, o->runs, o->n_runs, message);
    snprintf(group, sizeof group, "/probe/%s", w->probe);
    return w->row->of_probe ? w->row->of_probe(page, run, group, message)
                            : w->row->of_run(page, run, message);
}

/* --- names of files --- */

/* No name at all counts as this one. */
static int is_directory(const char *path)
{
    struct stat info;
    return !path || !*path || path[strlen(path) - 1] == '/'
           || (stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}

/* What all names begin with: the run file's without ".h5", in the directory asked for. */
static int make_stem(char stem[PATH_SIZE], const struct eg_plot_options *o,
                     struct eg_message *message)
{
    const char *run = o->runs ? "" : o->run, *slash = strrchr(run, '/');
    const char *name = slash ? slash + 1 : run;
    int n;
    if (o->runs && is_directory(o->output))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "of several run files -o is what the names of the figures begin with%s%s",
                       o->output && *o->output ? ", not a directory: " : "",
                       o->output ? o->output : "");
    if (!o->output || !*o->output)
        n = snprintf(stem, PATH_SIZE, "%s", run);
    else if (o->output[strlen(o->output) - 1] == '/')
        n = snprintf(stem, PATH_SIZE, "%s%s", o->output, name);
    else if (is_directory(o->output))
        n = snprintf(stem, PATH_SIZE, "%s/%s", o->output, name);
    else {
        n = snprintf(stem, PATH_SIZE, "%s", o->output);
        name = "";
    }
    if (n < 0 || n >= PATH_SIZE - NAME_SIZE - 64)
        return EG_FAIL(EG_ERR_RANGE, message, "the name of the output is too long");
    const size_t length = strlen(stem);
    if (*name && length > 3 && strcmp(stem + length - 3, ".h5") == 0)
        stem[length - 3] = '\0';
    return EG_OK;
}

static void make_path(char path[PATH_SIZE], const char *stem, const struct wanted *w,
                      const char *extension)
{
    snprintf(path, PATH_SIZE, "%s%s%s%s.%s", stem, *w->probe ? "-" : "", w->probe, w->row->suffix,
             extension);
}

static int refuse_existing(const char *path, struct eg_message *message)
{
    struct stat info;
    if (lstat(path, &info) == 0)
        return EG_FAIL(EG_ERR_EXISTS, message, "%s exists already; --force overwrites it", path);
    return EG_OK;
}

/* --- writing --- */

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        n -= (size_t) written;
    }
    return 0;
}

/* A whole file under the name `hidden`; nothing of it stays when that fails. */
static int write_hidden(const char *hidden, const struct eg_text *text, const char *path,
                        struct eg_message *message)
{
    const int fd = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s", path, strerror(errno));
    int failed = write_all(fd, text->at, text->length) != 0 ? errno : 0;
    if (close(fd) != 0 && !failed)
        failed = errno;
    if (failed) {
        unlink(hidden);
        return EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s", path, strerror(failed));
    }
    return EG_OK;
}

/* A link, other than a rename, never replaces what someone else has put there meanwhile; where
 * the file system has no links, a rename has to do. */
static int show(const char *hidden, const char *path, int force, struct eg_message *message)
{
    if (!force) {
        if (link(hidden, path) == 0) {
            unlink(hidden);
            return EG_OK;
        }
        if (errno == EEXIST) {
            unlink(hidden);
            return EG_FAIL(EG_ERR_EXISTS, message, "%s exists already; --force overwrites it",
                           path);
        }
    }
    if (rename(hidden, path) == 0)
        return EG_OK;
    const int why = errno;
    unlink(hidden);
    return EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s", path, strerror(why));
}

/* Figure and table together: both are whole under hidden names before either is shown. */
static int write_pair(const struct eg_plot_options *o, const char *const paths[2],
                      const struct eg_text *const texts[2], struct eg_message *message)
{
    char hidden[2][PATH_SIZE + 32];
    for (int k = 0; k < 2; k++) {
        snprintf(hidden[k], sizeof hidden[k], "%s.tmp-%ld", paths[k], (long) getpid());
        const int rc = write_hidden(hidden[k], texts[k], paths[k], message);
        if (rc != EG_OK) {
            if (k == 1)
                unlink(hidden[0]);
            return rc;
        }
    }
    for (int k = 0; k < 2; k++) {
        const int rc = show(hidden[k], paths[k], o->force, message);
        if (rc != EG_OK) {
            if (k == 0)
                unlink(hidden[1]);
            return rc;
        }
        if (o->written)
            o->written(o->context, paths[k]);
    }
    return EG_OK;
}

/* --- one figure, all figures --- */

/* *drawn says whether there was something to draw. */
static int draw_one(const struct eg_plot_options *o, const struct wanted *w, const char *stem,
                    struct eg_run *run, int *drawn, struct eg_message *message)
{
    char picture[PATH_SIZE], numbers[PATH_SIZE];
    make_path(picture, stem, w, eg_plot_formats[o->format]);
    make_path(numbers, stem, w, "csv");
    const char *slash = strrchr(picture, '/');
    struct eg_page page = {.height = 0};
    struct eg_text drawing = {.at = NULL};
    *drawn = 0;
    int rc = fill(&page, o, w, run, message);
    if (rc == EG_ERR_MISSING) {
        rc = EG_OK; /* what the run file does not hold cannot be shown */
        goto out;
    }
    if (rc == EG_OK)
        rc = eg_page_draw(&page, o->format, slash ? slash + 1 : picture, &drawing, message);
    if (rc == EG_OK) {
        const char *const paths[2] = {picture, numbers};
        const struct eg_text *const texts[2] = {&drawing, &page.table};
        rc = write_pair(o, paths, texts, message);
    }
    *drawn = 1;
out:
    eg_text_free(&drawing);
    eg_page_free(&page);
    return rc;
}

static int check_options(const struct eg_plot_options *o, struct eg_message *message)
{
    if (o->runs ? o->n_runs == 0 : !o->run || !*o->run)
        return EG_FAIL(EG_ERR_RANGE, message, "no run file was given");
    if ((unsigned) o->format > EG_PLOT_PDF)
        return EG_FAIL(EG_ERR_RANGE, message, "a figure is svg, png or pdf");
    if (o->figures > EG_PLOT_ALL)
        return EG_FAIL(EG_ERR_RANGE, message, "there is no such figure");
    return EG_OK;
}

static int plot(const struct eg_plot_options *o, struct eg_message *message)
{
    struct plan plan = {.at = NULL, .figures = o->figures ? o->figures : EG_PLOT_ALL};
    struct eg_run *run = NULL;
    struct eg_message last = {.text = ""};
    char stem[PATH_SIZE], path[PATH_SIZE];
    int rc = make_stem(stem, o, message);
    if (rc == EG_OK && !o->runs)
        rc = eg_run_open(&run, o->run, EG_RUN_READ, message);
    if (rc == EG_OK)
        rc = make_plan(&plan, run, message);
    for (size_t i = 0; rc == EG_OK && !o->force && i < plan.n; i++) {
        make_path(path, stem, &plan.at[i], eg_plot_formats[o->format]);
        rc = refuse_existing(path, message);
        if (rc != EG_OK)
            break;
        make_path(path, stem, &plan.at[i], "csv");
        rc = refuse_existing(path, message);
    }
    size_t drawn = 0;
    for (size_t i = 0; rc == EG_OK && i < plan.n; i++) {
        int done;
        rc = draw_one(o, &plan.at[i], stem, run, &done, &last);
        drawn += (size_t) done;
        if (rc != EG_OK)
            rc = EG_FAIL(rc, message, "%s", last.text);
    }
    if (rc == EG_OK && drawn == 0)
        rc = plan.n == 0   ? EG_FAIL(EG_ERR_MISSING, message,
                                   o->runs ? "of several run files that figure is not drawn"
                                             : "that figure is drawn of several run files")
             : plan.n == 1 ? EG_FAIL(EG_ERR_MISSING, message, "%s", last.text)
             : o->runs     ? EG_FAIL(EG_ERR_MISSING, message, "%s; %s", last.text,
                                     "the run files have nothing to draw yet")
                           : EG_FAIL(EG_ERR_MISSING, message, "%s has nothing to draw yet", o->run);
    eg_run_close(&run);
    free(plan.at);
    return rc;
}

int eg_plot_run(const struct eg_plot_options *options, struct eg_message *message)
{
    const int rc = check_options(options, message);
    if (rc != EG_OK)
        return rc;
    /* Numbers in scripts and tables have a point, whatever the program's locale says. */
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t) 0);
    if (plain == (locale_t) 0)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    const locale_t before = uselocale(plain);
    const int answer = plot(options, message);
    uselocale(before);
    freelocale(plain);
    return answer;
}
