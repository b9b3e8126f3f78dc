/* experiments/recall.c -- the verb recall, and how a recall is repeated or goes on. */
#include "experiments/recall.h"

#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/recorder.h"
#include "experiments/setup.h"
#include "experiments/train.h"

static int print_config(const struct eg_associative *a, struct eg_message *message)
{
    char *yaml = eg_config_yaml(a->config, 1);
    int ret = yaml ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    if (!ret && (fputs(yaml, stdout) < 0 || fflush(stdout)))
        ret = EG_FAIL(EG_ERR_IO, message, "standard output cannot be written");
    free(yaml);
    return ret;
}

/* Sizes of the patterns; random ones need not be drawn for it. */
static int sizes(struct eg_workplace *w, struct eg_message *message)
{
    static const double real_values = 0;
    const struct eg_associative *a = w->a;
    if (a->source != &eg_patterns_random)
        return a->source->make(a->patterns, &w->patterns, (uint64_t) a->run.seed, 0, w->arena,
                               message);
    const struct eg_random_options *o = a->patterns;
    w->patterns = (struct eg_patterns){.sites = (size_t) (o->sites + o->pair_sites),
                                       .first = (size_t) o->sites,
                                       .count = (size_t) o->count,
                                       .activity = o->activity,
                                       .values = o->values ? &real_values : NULL};
    return EG_OK;
}

static int dry_run(const struct eg_associative *a, const char *path, struct eg_message *message)
{
    struct eg_workplace w;
    struct eg_trials t = {0};
    int ret = eg_workplace_init(&w, a);
    if (!ret)
        ret = sizes(&w, message);
    if (!ret)
        ret = eg_trials_init(&t, &w, message);
    if (!ret) {
        const size_t n = w.patterns.sites, p = w.patterns.count;
        char dynamics[256];
        eg_recall_dynamics(dynamics, sizeof dynamics, a);
        printf("network         %s, N = %zu sites\n", a->type->name, n);
        printf("patterns        P = %zu, P/N = %.6g\n", p, (double) p / (double) n);
        printf("trials          %zu\n", t.n);
        printf("dynamics        %s\n", dynamics);
        printf("memory          about %.1f MB: patterns, network and one recall\n",
               a->type->bytes(a->memory, n, p) / 1e6);
        printf("threads         %d\n", a->threads);
        printf("run file        %s, about %.1f MB before compression if recalls take 10 sweeps\n",
               path, eg_recall_bytes(&t, 10) / 1e6);
        if (t.note[0])
            printf("note            %s\n", t.note);
    }
    eg_trials_free(&t);
    eg_workplace_free(&w);
    return ret;
}

static int create(struct eg_run **run, const struct eg_associative *a, const struct eg_command *c,
                  const char *path, struct eg_message *message)
{
    const struct eg_recorder_head head = {.name = a->name,
                                          .kind = eg_kind_names[a->kind],
                                          .group = "hopfield",
                                          .seed = a->run.seed,
                                          .config = a->config,
                                          .kernels = a->kernels,
                                          .threads = a->threads};
    return eg_recorder_begin(run, &head, c, path, message);
}

/* The file, when all trials are done or a signal came. */
static int save(struct eg_run *run, const struct eg_trials *t, double seconds,
                struct eg_message *message)
{
    const int signal = eg_interrupted(), done = t->done == t->n;
    char now[64];
    eg_recorder_now(now, sizeof now);
    int ret = eg_recall_put(run, t, message);
    if (!ret)
        ret = eg_run_put_attr_text(run, "/", "status", done ? "done" : "interrupted", message);
    if (!ret)
        ret = eg_run_put_attr_text(run, "/", "status_reason",
                                   done               ? "all trials done"
                                   : signal == SIGINT ? "SIGINT"
                                                      : "SIGTERM",
                                   message);
    if (!ret)
        ret =
            eg_run_put_text(run, "/provenance/saved", "when the file was last saved", now, message);
    if (!ret)
        ret = eg_run_put_real(run, "/provenance/recall_seconds", "s",
                              "time in learning and recall, since it was last started", seconds,
                              message);
    return ret ? ret : eg_run_save(run, EG_RUN_SYNC, message);
}

/* Learns, does the trials that `run` lacks, saves, reports.  *exit: as of the program. */
static int all_trials(const struct eg_associative *a, const struct eg_command *c,
                      struct eg_run *run, int goes_on, int *exit, struct eg_message *message)
{
    struct eg_workplace w;
    struct eg_trials t = {0};
    const double start = eg_clock();
    const int talks = !c->quiet && !c->json;
    int ret = eg_workplace_init(&w, a);
    if (!ret)
        ret = eg_workplace_learn(&w, 0, message);
    if (!ret)
        ret = eg_cue_check(&a->cue, &w.patterns, a->type->flow != NULL, message);
    if (!ret)
        ret = eg_trials_init(&t, &w, message);
    if (!ret && goes_on)
        ret = eg_recall_get(run, &t, message);
    if (ret)
        goto out;
    if (talks)
        eg_recall_head(&w, eg_run_path(run));
    if ((ret = eg_trials_run(&t, &w, talks, message))
        || (ret = save(run, &t, eg_clock() - start, message)))
        goto out;
    if (c->json)
        eg_recall_json(&t, &w);
    else if (talks)
        ret = eg_recall_report(&t, &w);
    if (t.done < t.n) {
        *exit = EG_EXIT_INTERRUPTED;
        if (!c->quiet)
            fprintf(stderr, "interrupted after %zu of %zu trials; engram resume %s goes on\n",
                    t.done, t.n, eg_run_path(run));
    } else if (!c->quiet) {
        fprintf(stderr, "%s: %zu trials, %.1f s, done\n", eg_run_path(run), t.n,
                eg_clock() - start);
    }
out:
    eg_trials_free(&t);
    eg_workplace_free(&w);
    return ret;
}

static void set_threads(struct eg_associative *a, const struct eg_command *c)
{
    a->threads = c->threads > 0 ? (int) c->threads : omp_get_num_procs();
    if (a->threads > a->recall.trials)
        a->threads = (int) a->recall.trials;
}

int eg_recall(const struct eg_command *c, const char *name, const char *yaml, const char *path,
              long seed)
{
    struct eg_message message = {{0}};
    struct eg_associative *a = calloc(1, sizeof *a);
    struct eg_run *run = NULL;
    int exit = EG_EXIT_DONE;
    int ret = a ? eg_associative_init(a, EG_KIND_RECALL, name, yaml, c->settings, c->n_settings,
                                      seed, &message)
                : EG_RAISE(EG_ERR_NOMEM);
    if (ret)
        goto out;
    set_threads(a, c);
    if (c->print_config) {
        ret = print_config(a, &message);
        goto out;
    }
    if (a->run.seed < 0 && (ret = eg_draw_seed(&a->run.seed, &message)))
        goto out;
    ret = c->dry_run                                   ? dry_run(a, path, &message)
          : (ret = create(&run, a, c, path, &message)) ? ret
                                                       : all_trials(a, c, run, 0, &exit, &message);
out:
    if (ret)
        exit = eg_command_fail(ret, &message);
    eg_run_close(&run);
    if (a)
        eg_associative_free(a);
    free(a);
    return exit;
}

int eg_recall_resume(const struct eg_command *c, const char *path)
{
    struct eg_message message = {{0}};
    struct eg_associative *a = calloc(1, sizeof *a);
    struct eg_run *run = NULL;
    char *yaml = NULL, status[64] = "", name[256] = "";
    int64_t seed = -1;
    int exit = EG_EXIT_DONE;
    int ret = a ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    if (ret || (ret = eg_run_open(&run, path, EG_RUN_UPDATE, &message))
        || (ret = eg_run_get_attr_text(run, "/", "status", status, sizeof status, &message))
        || (ret = eg_run_get_attr_text(run, "/", "name", name, sizeof name, &message))
        || (ret = eg_run_get_attr_int(run, "/", "seed", &seed, &message))
        || (ret = eg_recorder_config(run, &yaml, &message)))
        goto out;
    if (!strcmp(status, "done")) {
        if (!c->quiet)
            fprintf(stderr, "%s: done already\n", path);
        goto out;
    }
    if ((ret = eg_associative_init(a, EG_KIND_RECALL, name, yaml, NULL, 0, (long) seed, &message)))
        goto out;
    set_threads(a, c);
    ret = all_trials(a, c, run, 1, &exit, &message);
out:
    if (ret)
        exit = eg_command_fail(ret, &message);
    free(yaml);
    eg_run_close(&run);
    if (a)
        eg_associative_free(a);
    free(a);
    return exit;
}

int eg_verb_recall(const struct eg_command *c)
{
    char path[512];
    eg_catch_signals();
    eg_setup_file(path, sizeof path, c->target[0], -1);
    return eg_recall(c, c->target[0], NULL, c->output ? c->output : path, -1);
}
