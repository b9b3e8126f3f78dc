/* experiments/train.c -- the verbs train, resume and rerun. */
#include "experiments/train.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/capacity.h"
#include "experiments/recall.h"
#include "experiments/seeds.h"
#include "record/diff.h"
#include "tasks/dump.h"

/* "train copy --dump": a task's name alone stands for a model on that task. */
static const char *preset_for(const char *name, char *buffer, size_t size)
{
    if (eg_preset_find(name) || !eg_task_find(name))
        return name;
    snprintf(buffer, size, "ntm/%s", name);
    return eg_preset_find(buffer) ? buffer : name;
}

static int dump(const struct eg_command *c, const char *name)
{
    struct eg_message message = {{0}};
    if (!c->output) {
        EG_FAIL(EG_ERR_CONFIG, &message, "--dump needs -o FILE");
        return eg_command_fail(EG_ERR_CONFIG, &message);
    }
    if (c->dump == 0) {
        EG_FAIL(EG_ERR_CONFIG, &message, "--dump 0: at least 1 sequence is to be written");
        return eg_command_fail(EG_ERR_CONFIG, &message);
    }
    struct eg_experiment *e = calloc(1, sizeof *e);
    int ret = e ? eg_experiment_init(e, name, NULL, c->settings, c->n_settings, -1, &message)
                : EG_RAISE(EG_ERR_NOMEM);
    if (!ret && e->run.seed < 0)
        ret = eg_draw_seed(&e->run.seed, &message);
    if (!ret)
        ret = eg_task_dump(c->output, e->source.task, e->source.state, &e->source.shape,
                           (uint64_t) e->run.seed, (size_t) c->dump, c->force ? EG_DUMP_FORCE : 0,
                           &message);
    if (!ret && !c->quiet && e->source.task->read_text) {
        const size_t items = e->source.shape.items;
        fprintf(stderr, "%s: %zu training questions of %s\n", c->output,
                (size_t) c->dump < items ? (size_t) c->dump : items, e->source.task->name);
    } else if (!ret && !c->quiet)
        fprintf(stderr, "%s: %ld sequences of %s, seed %ld\n", c->output, c->dump,
                e->source.task->name, e->run.seed);
    if (e)
        eg_experiment_free(e);
    free(e);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}

static int print_config(const struct eg_command *c, const char *name)
{
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    char *yaml = NULL;
    int ret = e ? eg_experiment_init(e, name, NULL, c->settings, c->n_settings, -1, &message)
                : EG_RAISE(EG_ERR_NOMEM);
    if (!ret) {
        yaml = eg_config_yaml(e->config, 1);
        ret = yaml ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    }
    if (!ret && (fputs(yaml, stdout) < 0 || fflush(stdout)))
        ret = EG_FAIL(EG_ERR_IO, &message, "standard output cannot be written");
    free(yaml);
    if (e)
        eg_experiment_free(e);
    free(e);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}

/* Parameters, memory, disk and time, the last from 20 timed updates. */
static int dry_run(const struct eg_command *c, const char *name)
{
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    int ret = e ? eg_experiment_init(e, name, NULL, c->settings, c->n_settings, -1, &message)
                : EG_RAISE(EG_ERR_NOMEM);
    if (!ret && e->run.seed < 0)
        e->run.seed = 1;
    if (!ret)
        ret = eg_experiment_trainable(e, &message);
    const int all = c->threads > 0 ? (int) c->threads : omp_get_num_procs();
    const size_t runs = c->has_seeds ? (size_t) (c->seed_last - c->seed_first + 1) : 1;
    const size_t jobs = c->has_seeds ? eg_seeds_jobs(runs, all, c->jobs) : 1;
    if (!ret)
        ret = eg_experiment_trainer(e, eg_seeds_share(jobs, all, jobs - 1), &message);
    double seconds = 0;
    for (uint64_t u = 0; u < 20 && !ret; u++) {
        struct eg_update_report report;
        const double start = eg_clock();
        ret = eg_trainer_update(&e->trainer, u, 0, &report);
        seconds += eg_clock() - start;
        if (ret)
            EG_FAIL(ret, &message, "update %llu: %s", (unsigned long long) u, eg_status_text(ret));
    }
    if (!ret) {
        const double vectors = (double) e->model.params.size * sizeof(real);
        const double moments = (double) e->trainer.optimiser.moments;
        double probes = 0;
        const size_t n_probes = eg_experiment_sizes(e, &e->probe.lengths, &e->probe.repeats);
        for (size_t i = 0; i < n_probes; i++) {
            double step = 0;
            struct eg_model_part part;
            for (size_t k = 0; e->model.type->part(e->model.state, k, &part); k++)
                for (const struct eg_field *f = part.fields; f->name; f++)
                    if (!part.of_answers)
                        step += (double) (part.layers * eg_model_field_size(&e->model, k, f));
            probes += step * sizeof(real)
                      * (double) e->source.task->steps(
                          e->source.state,
                          eg_experiment_size(e, &e->probe.lengths, &e->probe.repeats, i));
        }
        const double updates = (double) eg_experiment_updates(e);
        const double memory = (double) (eg_arena_held(e->arena) + eg_trainer_held(&e->trainer));
        printf("parameters      %zu\n", e->model.params.total);
        printf("updates         %.0f of %ld sequences\n", updates, e->train.batch);
        printf("memory          %.1f MB, of which %.1f MB weights, gradients and moments\n",
               memory / 1e6, vectors * (3 + moments + (double) e->trainer.blocks) / 1e6);
        printf("run file        about %.1f MB, of which %.1f MB probes before compression\n",
               (vectors * (1 + 2 * (1 + moments)) + probes
                + 64 * (double) e->train.sequences / (double) e->train.report_every)
                   / 1e6,
               probes / 1e6);
        printf("training time   about %.0f s with %d thread%s\n", seconds / 20 * updates,
               e->threads, e->threads == 1 ? "" : "s");
        eg_experiment_remark(e, stdout);
        if (c->has_seeds)
            printf("of %zu seeds    %zu at a time: %.1f MB of memory, about %.0f s in all\n", runs,
                   jobs, memory / 1e6 * (double) jobs,
                   seconds / 20 * updates * (double) ((runs + jobs - 1) / jobs));
    }
    if (e)
        eg_experiment_free(e);
    free(e);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}

static int require(const struct eg_command *c, const struct eg_outcome *o)
{
    if (o->exit || c->require < 0)
        return o->exit;
    if (o->cost <= c->require)
        return EG_EXIT_DONE;
    fprintf(stderr, "engram: the cost is %.6g bit/sequence, required is at most %.6g\n", o->cost,
            c->require);
    return EG_EXIT_REQUIRE;
}

int eg_verb_train(const struct eg_command *c)
{
    eg_catch_signals();
    char buffer[256], path[512];
    const char *name = preset_for(c->target[0], buffer, sizeof buffer);
    if (c->print_config)
        return print_config(c, name);
    if (c->dump >= 0)
        return dump(c, name);
    if (c->dry_run)
        return dry_run(c, name);
    if (c->has_seeds)
        return eg_seeds_verb(c, name);
    eg_setup_file(path, sizeof path, name, -1);
    const struct eg_outcome o = eg_train(c, name, NULL, c->output ? c->output : path, -1);
    return require(c, &o);
}

/* What kind of run a file holds: an enum eg_kind, or -1 for training. */
static int kind_of(struct eg_run *run)
{
    char kind[32];
    if (eg_run_get_attr_text(run, "/", "kind", kind, sizeof kind, NULL))
        return -1;
    for (int k = 0; eg_kind_names[k]; k++)
        if (!strcmp(kind, eg_kind_names[k]))
            return k;
    return -1;
}

/* *known: the file is of a recall or a measurement, and was gone on with. */
static int resume_other(const struct eg_command *c, int *known)
{
    struct eg_run *run = NULL;
    char name[256] = "";
    *known = 0;
    if (eg_run_open(&run, c->target[0], EG_RUN_READ, NULL))
        return EG_EXIT_DONE; /* will be said when it is opened in earnest */
    const int kind = kind_of(run);
    const int nameless = eg_run_get_attr_text(run, "/", "name", name, sizeof name, NULL);
    eg_run_close(&run);
    if (kind < 0 || nameless)
        return EG_EXIT_DONE;
    *known = 1;
    if (c->n_settings > 0 || c->require >= 0) {
        struct eg_message message;
        return eg_command_fail(EG_FAIL(EG_ERR_CONFIG, &message,
                                       "a run of engram %s goes on as it was begun: neither -s nor "
                                       "--require apply",
                                       eg_kind_names[kind]),
                               &message);
    }
    return kind == EG_KIND_RECALL
               ? eg_recall_resume(c, c->target[0])
               : eg_capacity(c, (enum eg_kind) kind, name, NULL, c->target[0], -1, 1);
}

int eg_verb_resume(const struct eg_command *c)
{
    eg_catch_signals();
    int is_other;
    const int other = resume_other(c, &is_other);
    if (is_other)
        return other;
    /* What is decided when a run begins cannot be changed while it runs. */
    static const char *const open[] = {"train.sequences=", "evaluate.", "probe."};
    for (size_t i = 0; i < c->n_settings; i++) {
        int known = 0;
        for (size_t k = 0; k < sizeof open / sizeof open[0]; k++)
            known = known || !strncmp(c->settings[i].text, open[k], strlen(open[k]));
        if (!known) {
            struct eg_message message;
            return eg_command_fail(EG_FAIL(EG_ERR_CONFIG, &message,
                                           "-s %s: a run that goes on may change train.sequences, "
                                           "evaluate.* and probe.* only",
                                           c->settings[i].text),
                                   &message);
        }
    }
    const struct eg_outcome o = eg_train_resume(c, c->target[0]);
    return require(c, &o);
}

static void say(void *context, const char *sentence)
{
    (void) context;
    printf("%s\n", sentence);
}

static int run_again(const struct eg_command *c, int kind, const char *name, const char *yaml,
                     const char *output, long seed)
{
    switch (kind) {
    case EG_KIND_RECALL:
        return eg_recall(c, name, yaml, output, seed);
    case EG_KIND_CAPACITY:
    case EG_KIND_BASIN:
        return eg_capacity(c, (enum eg_kind) kind, name, yaml, output, seed, 0);
    default:
        return eg_train(c, name, yaml, output, seed).exit;
    }
}

int eg_verb_rerun(const struct eg_command *c)
{
    eg_catch_signals();
    struct eg_message message = {{0}};
    struct eg_run *run = NULL;
    char *yaml = NULL, *beside = NULL, name[256], status[64] = "";
    int64_t seed = 0;
    size_t differences = 0;
    int ret = eg_run_open(&run, c->target[0], EG_RUN_READ, &message);
    if (!ret)
        ret = eg_recorder_config(run, &yaml, &message);
    if (!ret)
        ret = eg_run_get_attr_int(run, "/", "seed", &seed, &message);
    if (!ret)
        ret = eg_run_get_attr_text(run, "/", "name", name, sizeof name, &message);
    if (!ret)
        ret = eg_run_get_attr_text(run, "/", "status", status, sizeof status, &message);
    const int kind = run ? kind_of(run) : -1;
    eg_run_close(&run);
    if (!ret && !c->output && !(beside = eg_setup_beside(c->target[0], "rerun")))
        ret = EG_RAISE(EG_ERR_NOMEM);
    if (ret) {
        free(yaml);
        return eg_command_fail(ret, &message);
    }
    const char *output = beside ? beside : c->output;
    const int exit = run_again(c, kind, name, yaml, output, (long) seed);
    free(yaml);
    if (!exit || exit == EG_EXIT_DIVERGED)
        ret = eg_run_diff(c->target[0], output, say, NULL, &differences, &message);
    free(beside);
    if (exit && exit != EG_EXIT_DIVERGED)
        return exit;
    if (ret)
        return eg_command_fail(ret, &message);
    if (strcmp(status, "done") != 0 && strcmp(status, "diverged") != 0)
        printf("%s was %s: it ends before the rerun\n", c->target[0], status);
    printf("%s\n", differences ? "the two runs differ" : "the two runs are equal to the last bit");
    return differences ? 1 : EG_EXIT_DONE;
}
