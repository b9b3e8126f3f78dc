/* experiments/evaluate.c -- the verb evaluate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/train.h"

struct showing {
    struct eg_progress progress;
    uint64_t updates;
    int first;
};

static int show(void *context, const struct eg_evaluation *v)
{
    struct showing *s = context;
    eg_progress_evaluation(&s->progress, v, s->first, s->updates);
    s->first = 0;
    return eg_interrupted() ? EG_BROKEN_OFF : EG_OK;
}

/* The task must be as wide as the network. */
static int widths_fit(struct eg_run *run, const struct eg_experiment *e, const char *path,
                      struct eg_message *message)
{
    int64_t inputs, outputs;
    int ret = eg_run_get_attr_int(run, "/", "inputs", &inputs, message);
    if (!ret)
        ret = eg_run_get_attr_int(run, "/", "outputs", &outputs, message);
    if (ret || ((size_t) inputs == e->model.inputs && (size_t) outputs == e->model.outputs))
        return ret;
    const char *data = eg_config_text(e->config, "task.path", e->source.task->name);
    return EG_FAIL(EG_ERR_SHAPE, message,
                   "%s has %zu inputs and %zu outputs; the network of %s has %lld and %lld", data,
                   e->model.inputs, e->model.outputs, path, (long long) inputs,
                   (long long) outputs);
}

int eg_verb_evaluate(const struct eg_command *c)
{
    eg_catch_signals();
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    struct eg_run *run = NULL;
    char *yaml = NULL;
    int64_t rows[EG_TABLES];
    struct eg_progress_sums sums;
    struct showing s = {.first = 1};
    int ret = EG_RAISE(EG_ERR_NOMEM), interrupted = 0;
    if (e && !(ret = eg_run_open(&run, c->target[0], EG_RUN_READ, &message))
        && !(ret = eg_recorder_config(run, &yaml, &message))
        && !(ret = eg_experiment_init(e, c->target[0], yaml, c->settings, c->n_settings, -1,
                                      &message))
        && !(ret = widths_fit(run, e, c->target[0], &message))
        && !(ret = eg_recorder_same_data(run, e, &message))
        && !(ret = eg_experiment_trainer(e, (int) c->threads, &message))
        && !(ret = eg_recorder_load(run, e, &s.updates, &sums, rows, &message))) {
        eg_progress_start(&s.progress, c, 0, 0);
        s.progress.quiet = 0; /* the table is what was asked for */
        if (!c->quiet && !c->json)
            fprintf(stderr, "%s: %s after %llu sequences; chance is %g bit/sequence\n",
                    c->target[0], e->source.task->name,
                    (unsigned long long) (s.updates * (uint64_t) e->train.batch),
                    e->source.shape.chance);
        ret = eg_evaluate_all(e, show, &s, &message);
        if (ret == EG_BROKEN_OFF) {
            interrupted = 1;
            ret = EG_OK;
        }
    }
    eg_run_close(&run);
    free(yaml);
    if (e)
        eg_experiment_free(e);
    free(e);
    return ret ? eg_command_fail(ret, &message) : interrupted ? EG_EXIT_INTERRUPTED : EG_EXIT_DONE;
}
