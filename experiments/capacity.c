/* experiments/capacity.c -- the verbs capacity and basin. */
#include "experiments/capacity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/recorder.h"
#include "experiments/scaling.h"
#include "experiments/train.h"

#define SAVE_EVERY 5.0 /* seconds */

struct measurement {
    const struct eg_command *command;
    struct eg_associative a;
    struct eg_plane plane;
    struct eg_run *run;
    struct eg_progress progress;
    double saved; /* clock */
};

static int is_basin(const struct measurement *m)
{
    return m->a.kind == EG_KIND_BASIN;
}

static int save(struct measurement *m, const char *status, const char *reason, unsigned flags,
                struct eg_message *message)
{
    char now[64];
    eg_recorder_now(now, sizeof now);
    int ret = eg_plane_put(&m->plane, m->run, message);
    if (!ret)
        ret = eg_run_put_attr_text(m->run, "/", "status", status, message);
    if (!ret)
        ret = eg_run_put_attr_text(m->run, "/", "status_reason", reason, message);
    if (!ret)
        ret = eg_run_put_text(m->run, "/provenance/saved", "when the file was last saved", now,
                              message);
    if (!ret)
        ret = eg_run_save(m->run, flags, message);
    m->saved = eg_clock();
    return ret;
}

static void head(const struct measurement *m, const char *path)
{
    const struct eg_associative *a = &m->a;
    char criterion[512];
    eg_plane_criterion(&m->plane, criterion, sizeof criterion);
    if (m->command->quiet)
        return;
    fprintf(stderr, "%s: seed %ld, %s, %d thread%s, %s\n", a->name, a->run.seed, a->type->name,
            a->threads, a->threads == 1 ? "" : "s", path);
    fprintf(stderr, "retrieved: %s\n", criterion);
}

static void table_head(const struct measurement *m)
{
    if (m->command->json || m->command->quiet)
        return;
    printf("load: %s\n", m->a.type->load_words(m->a.memory));
    if (is_basin(m))
        printf("%8s %9s %10s %6s  %9s %9s  %9s  %-15s %6s\n", "N", "load", "P", "start", "final",
               "+-", "retrieved", "95 %", "n");
    else
        printf("%8s %9s %10s  %9s %9s %9s  %9s %-15s  %9s  %6s %6s\n", "N", "load", "P", "overlap",
               "+-", "theory", "retrieved", "95 %", "wrong", "sweeps", "n");
}

static void json_number(const char *key, double x)
{
    if (isfinite(x))
        printf(", \"%s\": %.12g", key, x);
    else
        printf(", \"%s\": null", key);
}

static void say_json(const struct measurement *m, size_t i, size_t j, size_t k,
                     const struct eg_cell *cell, double theory)
{
    const struct eg_plane *p = &m->plane;
    const int basin = is_basin(m);
    printf("{\"report\": \"%s\", \"size\": %ld, \"patterns\": %zu", eg_kind_names[m->a.kind],
           (basin ? &m->a.basin.sizes : &m->a.capacity.sizes)->at[i],
           p->patterns[i * p->loads + j]);
    json_number("load", (basin ? &m->a.basin.loads : &m->a.capacity.loads)->at[j]);
    json_number("at_rest", cell->at_rest);
    if (basin)
        json_number("start", m->a.basin.starts.at[k]);
    json_number("overlap", cell->overlap);
    json_number("overlap_error", cell->overlap_error);
    json_number("theory", theory);
    json_number("retrieved", cell->retrieved);
    json_number("retrieved_low", cell->low);
    json_number("retrieved_high", cell->high);
    json_number("error", cell->error);
    json_number("error_error", cell->error_error);
    json_number("sweeps", cell->sweeps);
    printf(", \"networks\": %zu, \"recalls\": %zu}\n", cell->networks, cell->recalls);
    fflush(stdout);
}

static void say_cell(struct measurement *m, size_t i, size_t j, size_t k)
{
    const struct eg_plane *p = &m->plane;
    const int basin = is_basin(m);
    struct eg_cell cell;
    eg_plane_summary(p, i, j, k, &cell);
    const double theory = basin ? NAN : eg_plane_theory(p, i, j).overlap;
    if (cell.at_rest < 1)
        eg_progress_say(&m->progress,
                        "%zu patterns: %.3g %% of the recalls were not at rest after "
                        "dynamics.sweeps_max = %ld sweeps; they are taken as they were then",
                        p->patterns[i * p->loads + j], 100 * (1 - cell.at_rest),
                        m->a.dynamics.sweeps_max);
    if (m->command->json)
        say_json(m, i, j, k, &cell, theory);
    if (m->command->json || m->command->quiet)
        return;
    char interval[32], expected[16] = "";
    snprintf(interval, sizeof interval, "%.4f-%.4f", cell.low, cell.high);
    if (isfinite(theory))
        snprintf(expected, sizeof expected, "%9.6f", theory);
    printf("%8ld %9.5g %10zu ", (basin ? &m->a.basin.sizes : &m->a.capacity.sizes)->at[i],
           (basin ? &m->a.basin.loads : &m->a.capacity.loads)->at[j],
           p->patterns[i * p->loads + j]);
    if (basin)
        printf("%6.3g  %9.6f %9.6f  %9.4f  %-15s %6zu\n", m->a.basin.starts.at[k], cell.overlap,
               cell.overlap_error, cell.retrieved, interval, cell.networks);
    else
        printf(" %9.6f %9.6f %9s  %9.4f %-15s  %9.3g  %6.1f %6zu\n", cell.overlap,
               cell.overlap_error, expected, cell.retrieved, interval, cell.error, cell.sweeps,
               cell.networks);
    fflush(stdout);
}

/* All cells; *left says that a signal came before the end. */
static int measure(struct measurement *m, int *left, struct eg_message *message)
{
    struct eg_plane *p = &m->plane;
    *left = 0;
    table_head(m);
    for (size_t i = 0; i < p->sizes; i++)
        for (size_t j = 0; j < p->loads; j++)
            for (size_t k = 0; k < p->starts; k++) {
                int ret = eg_plane_run(p, i, j, k, message);
                if (ret)
                    return ret;
                if (p->note.text[0])
                    eg_progress_say(&m->progress, "%zu patterns, network %zu: %s",
                                    p->patterns[i * p->loads + j], p->noted, p->note.text);
                if (!eg_plane_done(p, i, j, k)) {
                    *left = 1;
                    return EG_OK;
                }
                say_cell(m, i, j, k);
                if (eg_clock() - m->saved > SAVE_EVERY
                    && (ret = save(m, "running", "", 0, message)))
                    return ret;
            }
    return EG_OK;
}

static void say_limit(const struct measurement *m, const char *what, const struct eg_limit *l)
{
    if (!isfinite(l->load))
        return;
    if (m->command->json) {
        printf("{\"report\": \"scaling\", \"fit\": ");
        eg_json_text(what);
        json_number("critical_load", l->load);
        json_number("critical_load_error", l->load_error);
        json_number("exponent", l->exponent);
        json_number("exponent_error", l->exponent_error);
        json_number("chi2", l->chi2);
        printf(", \"degrees\": %ld}\n", l->degrees);
    } else {
        printf("critical load %.5f +- %.5f (half = critical + slope N^-%.3g, %s; chi2 %.3g, %ld "
               "degrees of freedom)\n",
               l->load, l->load_error, l->exponent, what, l->chi2, l->degrees);
    }
}

static int scale(struct measurement *m, struct eg_message *message)
{
    const struct eg_plane *p = &m->plane;
    struct eg_scaling s;
    /* The end of what is stable for one step is no transition. */
    if (is_basin(m) || p->sizes < 2 || m->a.capacity.criterion == EG_CRITERION_ONE_STEP)
        return EG_OK;
    int ret = eg_plane_scaling(p, m->a.arena, &s, message);
    if (!ret)
        ret = eg_plane_put_scaling(p, &s, m->run, message);
    if (ret || (m->command->quiet && !m->command->json))
        return ret;
    for (size_t i = 0; i < p->sizes && !m->command->json; i++)
        if (isfinite(s.at[i].half))
            printf("N = %ld: half of the networks retrieve at load %.5f +- %.5f\n",
                   m->a.capacity.sizes.at[i], s.at[i].half, s.at[i].half_error);
    for (size_t i = 0; i + 1 < p->sizes && !m->command->json; i++)
        if (isfinite(s.crossings[i].load))
            printf("N = %ld and %ld: curves cross at load %.5f +- %.5f\n",
                   m->a.capacity.sizes.at[i], m->a.capacity.sizes.at[i + 1], s.crossings[i].load,
                   s.crossings[i].load_error);
    say_limit(m, "exponent given", &s.limit);
    say_limit(m, "exponent fitted", &s.limit_exponent);
    return EG_OK;
}

static void say_lines(const struct measurement *m)
{
    if (is_basin(m) || m->command->quiet || m->command->json)
        return;
    const struct eg_theory t = eg_plane_theory(&m->plane, m->plane.sizes - 1, 0);
    for (size_t i = 0; i < t.lines; i++)
        if (isfinite(t.line[i].load))
            printf("theory: %s at load %.6g (N = %ld)\n", t.line[i].name, t.line[i].load,
                   m->a.capacity.sizes.at[m->plane.sizes - 1]);
}

static int begin(struct measurement *m, const char *path, struct eg_message *message)
{
    const struct eg_associative *a = &m->a;
    const struct eg_recorder_head head = {.name = a->name,
                                          .kind = eg_kind_names[a->kind],
                                          .group = eg_kind_names[a->kind],
                                          .seed = a->run.seed,
                                          .config = a->config,
                                          .kernels = a->kernels,
                                          .threads = a->threads};
    const int ret = eg_recorder_begin(&m->run, &head, m->command, path, message);
    return ret ? ret : save(m, "running", "", 0, message);
}

/* Measures what is left, and ends the file. */
static int go_on(struct measurement *m, int *exit, struct eg_message *message)
{
    int left;
    int ret = measure(m, &left, message);
    if (ret) {
        /* What was measured is not lost. */
        struct eg_message other;
        (void) (save(m, "error", message->text, EG_RUN_SYNC, &other));
        return ret;
    }
    if (left) {
        ret = save(m, "interrupted", "signal", EG_RUN_SYNC, message);
        if (!ret)
            eg_progress_say(&m->progress, "interrupted; engram resume %s goes on",
                            eg_run_path(m->run));
        *exit = EG_EXIT_INTERRUPTED;
        return ret;
    }
    say_lines(m);
    if (!(ret = save(m, "running", "", 0, message)) && !is_basin(m))
        ret = eg_plane_put_theory(&m->plane, m->run, message);
    if (!ret)
        ret = scale(m, message);
    return ret ? ret : save(m, "done", "all cells measured", EG_RUN_SYNC, message);
}

static int dry_run(const struct measurement *m)
{
    const struct eg_plane *p = &m->plane;
    const struct eg_associative *a = &m->a;
    const struct eg_list *sizes = is_basin(m) ? &a->basin.sizes : &a->capacity.sizes;
    const struct eg_reals *loads = is_basin(m) ? &a->basin.loads : &a->capacity.loads;
    printf("%8s %9s %12s %14s %8s\n", "N", "load", "P", "memory [MB]", "threads");
    for (size_t i = 0; i < p->sizes; i++)
        for (size_t j = 0; j < p->loads; j++) {
            const size_t count = p->patterns[i * p->loads + j];
            const int threads = eg_plane_threads(p, i, j);
            printf("%8ld %9.5g %12zu %14.1f %8d\n", sizes->at[i], loads->at[j], count,
                   eg_plane_bytes(p, i, j) * threads / 1e6, threads);
        }
    printf("%zu networks in each of %zu cells, %zu recall%s in each network; run file about %.1f "
           "MB\n",
           p->networks, p->sizes * p->loads * p->starts, p->recalls, p->recalls == 1 ? "" : "s",
           (double) (p->sizes * p->loads * p->starts * eg_plane_trials(p)) * 35 / 1e6 + 0.1);
    return EG_EXIT_DONE;
}

static int open_file(struct measurement *m, const char *path, char **yaml, int *done,
                     struct eg_message *message)
{
    char status[64] = "";
    int ret = eg_run_open(&m->run, path, EG_RUN_UPDATE, message);
    if (!ret)
        ret = eg_run_get_attr_text(m->run, "/", "status", status, sizeof status, message);
    if (!ret)
        ret = eg_recorder_config(m->run, yaml, message);
    *done = !strcmp(status, "done");
    return ret;
}

int eg_capacity(const struct eg_command *c, enum eg_kind kind, const char *name, const char *yaml,
                const char *path, long seed, int resume)
{
    struct eg_message message = {{0}};
    struct measurement *m = calloc(1, sizeof *m);
    char *kept = NULL;
    int exit = EG_EXIT_DONE, done = 0;
    if (!m)
        return eg_command_fail(EG_ERR_NOMEM, NULL);
    m->command = c;
    eg_progress_start(&m->progress, c, 0, 0);
    int ret = resume ? open_file(m, path, &kept, &done, &message) : EG_OK;
    if (!ret)
        ret = eg_associative_init(&m->a, kind, name, kept ? kept : yaml, c->settings, c->n_settings,
                                  seed, &message);
    if (ret)
        goto out;
    if (m->a.run.seed < 0 && (ret = eg_draw_seed(&m->a.run.seed, &message)))
        goto out;
    if (c->threads > 0)
        m->a.threads = (int) c->threads;
    if ((ret = eg_plane_init(&m->plane, &m->a, &message)))
        goto out;
    if (c->dry_run) {
        exit = dry_run(m);
        goto out;
    }
    if (done) {
        eg_progress_say(&m->progress, "%s: done already", path);
        goto out;
    }
    ret = resume ? eg_plane_get(&m->plane, m->run, &message) : begin(m, path, &message);
    if (ret)
        goto out;
    head(m, path);
    m->saved = eg_clock();
    if (!(ret = go_on(m, &exit, &message)) && !exit)
        eg_progress_say(&m->progress, "%s: done", path);
out:
    if (ret)
        exit = eg_command_fail(ret, &message);
    eg_run_close(&m->run);
    eg_plane_free(&m->plane);
    eg_associative_free(&m->a);
    free(m);
    free(kept);
    return exit;
}

/* --- the verbs --- */

static int print_config(const struct eg_command *c, enum eg_kind kind, const char *name)
{
    struct eg_message message = {{0}};
    struct eg_associative *a = calloc(1, sizeof *a);
    char *yaml = NULL;
    int ret = a ? eg_associative_init(a, kind, name, NULL, c->settings, c->n_settings, -1, &message)
                : EG_RAISE(EG_ERR_NOMEM);
    if (!ret && !(yaml = eg_config_yaml(a->config, 1)))
        ret = EG_RAISE(EG_ERR_NOMEM);
    if (!ret && (fputs(yaml, stdout) < 0 || fflush(stdout)))
        ret = EG_FAIL(EG_ERR_IO, &message, "standard output cannot be written");
    free(yaml);
    if (a)
        eg_associative_free(a);
    free(a);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}

/* PRESET-capacity.h5, for a preset may be measured, recalled and more; hopfield/capacity does
 * without a second one. */
static void default_file(char *path, size_t size, const char *name, enum eg_kind kind)
{
    char plain[400];
    eg_setup_file(plain, sizeof plain, name, -1);
    const size_t stem = strlen(plain) - strlen(".h5"), word = strlen(eg_kind_names[kind]);
    const int named = stem > word && !strncmp(plain + stem - word, eg_kind_names[kind], word);
    snprintf(path, size, "%.*s%s%s.h5", (int) stem, plain, named ? "" : "-",
             named ? "" : eg_kind_names[kind]);
}

static int verb(const struct eg_command *c, enum eg_kind kind)
{
    char path[512];
    const char *name = c->target[0];
    eg_catch_signals();
    if (c->print_config)
        return print_config(c, kind, name);
    default_file(path, sizeof path, name, kind);
    return eg_capacity(c, kind, name, NULL, c->output ? c->output : path, -1, 0);
}

int eg_verb_capacity(const struct eg_command *c)
{
    return verb(c, EG_KIND_CAPACITY);
}

int eg_verb_basin(const struct eg_command *c)
{
    return verb(c, EG_KIND_BASIN);
}
