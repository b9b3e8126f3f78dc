#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/train.h"

/* The one variable that changes outside a function: a handler has no other way to speak.  The
 * signals cannot simply be held back and asked for, since a library may have threads of its own
 * that were started before main() and would be given them. */
static volatile sig_atomic_t signalled;

static void on_signal(int signal)
{
    signalled = signal;
}

void eg_catch_signals(void)
{
    static const int caught[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
        struct sigaction old, action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        /* What was ignored when the program was started (nohup, a shell's background) stays so. */
        if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
}

int eg_interrupted(void)
{
    return signalled;
}

int eg_draw_seed(long *seed, struct eg_message *message)
{
    uint32_t bits;
    const int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    const ssize_t n = file >= 0 ? read(file, &bits, sizeof bits) : -1;
    if (file >= 0)
        close(file);
    if (n != (ssize_t) sizeof bits)
        return EG_FAIL(EG_ERR_IO, message, "no seed can be drawn: /dev/urandom cannot be read");
    *seed = (long) bits;
    return EG_OK;
}

struct loop {
    struct eg_experiment *e;
    struct eg_recorder recorder;
    struct eg_progress progress;
    struct eg_progress_sums sums;
    struct eg_outcome *outcome;
    struct eg_message *message;
    struct eg_telemetry heads;
    unsigned char *said; /* of each head: reports in a row that its state was not `well`; SAID */
    uint64_t updates, total;
};

static int interrupted_between(struct loop *l)
{
    const int signal = eg_interrupted();
    if (!signal)
        return EG_OK;
    const int ret =
        eg_recorder_save(&l->recorder, l->e, l->updates, &l->sums, "interrupted",
                         signal == SIGINT ? "SIGINT" : "SIGTERM", EG_RUN_SYNC, l->message);
    if (ret)
        return ret;
    eg_progress_say(&l->progress, "interrupted after %llu sequences; engram resume %s goes on",
                    (unsigned long long) (l->updates * (uint64_t) l->e->train.batch),
                    eg_run_path(l->recorder.run));
    l->outcome->exit = EG_EXIT_INTERRUPTED;
    return EG_OK;
}

static int diverged(struct loop *l)
{
    char tensor[256];
    int ret =
        eg_recorder_divergence(&l->recorder, l->e, l->updates, tensor, sizeof tensor, l->message);
    if (!ret)
        ret = eg_recorder_parameters(&l->recorder, l->e, l->message);
    if (!ret)
        ret = eg_recorder_save(&l->recorder, l->e, l->updates, &l->sums, "diverged", tensor,
                               EG_RUN_SYNC, l->message);
    if (ret)
        return ret;
    l->outcome->exit = EG_EXIT_DIVERGED;
    return EG_FAIL(EG_ERR_DIVERGED, l->message,
                   "diverged at update %llu: not finite first: %s; the batch is in %s",
                   (unsigned long long) l->updates, tensor, eg_run_path(l->recorder.run));
}

struct evaluating {
    struct loop *loop;
    size_t done;
    int may_break_off;
};

static int keep_evaluation(void *context, const struct eg_evaluation *v)
{
    struct evaluating *x = context;
    struct loop *l = x->loop;
    eg_progress_evaluation(&l->progress, v, x->done == 0, l->updates);
    l->outcome->by_length[x->done++] = *v;
    l->outcome->lengths = x->done;
    if (v->length == 0 && v->split == EG_SPLIT_TRAINING && v->group == 0)
        l->outcome->cost = v->mean;
    const int ret = eg_recorder_evaluation(&l->recorder, l->updates, v, l->message);
    return ret || !x->may_break_off || !eg_interrupted() ? ret : EG_BROKEN_OFF;
}

/* The evaluation at the end may be broken off by a signal: it is then done anew when the run goes
 * on.  One during training is not, since its row must not be missing. */
static int evaluate(struct loop *l, int may_break_off)
{
    struct evaluating context = {.loop = l, .may_break_off = may_break_off};
    const size_t rows = eg_run_rows(l->recorder.evaluate);
    int ret = eg_evaluate_all(l->e, keep_evaluation, &context, l->message);
    if (ret == EG_BROKEN_OFF && !(ret = eg_run_cut(l->recorder.evaluate, rows, l->message)))
        ret = interrupted_between(l);
    return ret;
}

static int due(uint64_t before, uint64_t now, long every)
{
    return every > 0 && now / (uint64_t) every != before / (uint64_t) every;
}

/* A head that is in trouble for so many reports in a row is spoken of, once in a run. */
enum { REPORTS = 5, SAID = 255 };

static int watch(struct loop *l)
{
    const struct eg_experiment *e = l->e;
    int ret = eg_telemetry_measure(&l->heads, e, (size_t) e->train.telemetry);
    if (ret)
        return EG_FAIL(ret, l->message, "not enough memory to watch the heads (train.telemetry)");
    if ((ret = eg_recorder_heads(&l->recorder, e, l->updates, &l->heads, l->message)))
        return ret;
    for (size_t i = 0; i < l->heads.n; i++) {
        const struct eg_head_report *h = &l->heads.heads[i];
        if (l->said[i] != SAID)
            l->said[i] = h->state == EG_HEAD_WELL ? 0 : l->said[i] + 1;
        if (l->said[i] != REPORTS)
            continue;
        l->said[i] = SAID;
        eg_progress_head(&l->progress, h, l->updates * (uint64_t) e->train.batch);
    }
    return EG_OK;
}

static int go_back(struct loop *l, double cost)
{
    struct eg_experiment *e = l->e;
    const struct eg_rollback *r = &e->rollback;
    if (!eg_rollback_report(&e->rollback, &e->trainer, l->updates, cost))
        return EG_OK;
    eg_progress_say(&l->progress,
                    "%9llu sequences  the cost is %.4g bit/sequence, and was %.4g after %llu: back "
                    "to the parameters of then",
                    (unsigned long long) (l->updates * (uint64_t) e->train.batch), cost, r->lowest,
                    (unsigned long long) (r->step * (uint64_t) e->train.batch));
    return eg_recorder_rollback(&l->recorder, e, l->updates, cost, l->message);
}

/* What is to be done after an update: a row, an evaluation, a checkpoint. */
static int after_update(struct loop *l, const struct eg_update_report *report)
{
    struct eg_experiment *e = l->e;
    const uint64_t batch = (uint64_t) e->train.batch;
    const uint64_t before = (l->updates - 1) * batch, now = l->updates * batch;
    const int last = l->updates == l->total;
    if (!last && !due(before, now, e->train.report_every))
        return EG_OK;
    const double n = l->sums.updates, cost = l->sums.loss / n / M_LN2;
    int ret =
        eg_recorder_row(&l->recorder, e, l->updates, report->optimiser.rate, &l->sums, l->message);
    if (ret)
        return ret;
    if (e->train.telemetry && l->heads.n && (ret = watch(l)))
        return ret;
    eg_progress_report(&l->progress, now, cost, l->sums.loss / n, report->optimiser.rate,
                       l->sums.norm / n, l->sums.seconds);
    if ((ret = go_back(l, cost)))
        return ret;
    if (cost < e->train.solved && !l->outcome->solved)
        l->outcome->solved = now;
    l->sums = (struct eg_progress_sums){.seconds = l->sums.seconds};
    eg_sizes_clear(&e->sizes);
    const uint64_t row = (uint64_t) e->train.report_every;
    const uint64_t last_row = before - before % row;
    if (!last && due(last_row, now, e->train.evaluate_every) && (ret = evaluate(l, 0)))
        return ret;
    if (!last && due(last_row, now, e->train.checkpoint_every))
        return eg_recorder_save(&l->recorder, e, l->updates, &l->sums, "running", "", 0,
                                l->message);
    return EG_OK;
}

static int finish(struct loop *l)
{
    struct eg_experiment *e = l->e;
    int ret = evaluate(l, 1);
    if (ret || l->outcome->exit)
        return ret;
    const size_t sizes = eg_experiment_sizes(e, &e->probe.lengths, &e->probe.repeats);
    for (size_t i = 0; i < sizes && !ret; i++) {
        const struct eg_extent extent =
            eg_experiment_size(e, &e->probe.lengths, &e->probe.repeats, i);
        if (!e->source.shape.items || extent.length <= eg_experiment_items(e))
            ret = eg_recorder_probe(&l->recorder, e, extent, l->message);
    }
    if (!ret)
        ret = eg_recorder_parameters(&l->recorder, e, l->message);
    if (!ret)
        ret = eg_recorder_save(&l->recorder, e, l->updates, &l->sums, "done",
                               "all sequences trained", EG_RUN_SYNC, l->message);
    return ret;
}

static int loop(struct loop *l)
{
    struct eg_experiment *e = l->e;
    int ret;
    while (l->updates < l->total) {
        struct eg_update_report report;
        const double start = eg_clock();
        ret = eg_trainer_update(&e->trainer, l->updates, l->total, &report);
        l->sums.seconds += eg_clock() - start;
        if (ret == EG_ERR_DIVERGED)
            return diverged(l);
        if (ret)
            return EG_FAIL(ret, l->message, "update %llu: %s", (unsigned long long) l->updates,
                           eg_status_text(ret));
        l->updates++;
        l->sums.loss += report.loss;
        l->sums.norm += report.optimiser.gradient_norm;
        l->sums.clipped += report.optimiser.clipped;
        l->sums.updates++;
        eg_sizes_add(&e->sizes, e->trainer.draws, e->trainer.costs, e->trainer.batch);
        if ((ret = after_update(l, &report)) || (ret = interrupted_between(l)) || l->outcome->exit)
            return ret;
    }
    return finish(l);
}

static int watch_heads(struct loop *l)
{
    struct eg_experiment *e = l->e;
    const int ret = eg_telemetry_init(&l->heads, e->arena, &e->model);
    l->said = ret ? NULL : eg_arena_zeros(e->arena, l->heads.n ? l->heads.n : 1, 1);
    return l->said ? EG_OK : EG_FAIL(EG_ERR_NOMEM, l->message, "out of memory");
}

static void run(struct loop *l, const struct eg_command *command)
{
    struct eg_experiment *e = l->e;
    struct eg_outcome *outcome = l->outcome;
    l->total = eg_experiment_updates(e);
    int ret = watch_heads(l);
    eg_progress_start(&l->progress, command, l->total * (uint64_t) e->train.batch,
                      l->updates * (uint64_t) e->train.batch);
    if (!ret)
        ret = loop(l);
    outcome->seconds = l->sums.seconds;
    if (ret) {
        if (l->progress.dirty)
            fputc('\n', stderr);
        const int exit = eg_command_fail(ret, l->message);
        outcome->exit = outcome->exit ? outcome->exit : exit;
    } else if (!outcome->exit) {
        eg_progress_say(&l->progress, "%s: %llu sequences, %.1f s of training, %s",
                        eg_run_path(l->recorder.run),
                        (unsigned long long) (l->updates * (uint64_t) e->train.batch),
                        l->sums.seconds, "done");
    }
}

struct eg_outcome eg_train(const struct eg_command *command, const char *name, const char *yaml,
                           const char *path, long seed)
{
    struct eg_outcome outcome = {0};
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    struct loop l = {.e = e, .outcome = &outcome, .message = &message};
    int ret = EG_OK;
    if (!e) {
        outcome.exit = eg_command_fail(EG_ERR_NOMEM, NULL);
        return outcome;
    }
    if ((ret = eg_experiment_init(e, name, yaml, command->settings, command->n_settings, seed,
                                  &message)))
        goto out;
    if (e->run.seed < 0 && (ret = eg_draw_seed(&e->run.seed, &message)))
        goto out;
    if ((ret = eg_experiment_trainable(e, &message))
        || (ret = eg_experiment_trainer(e, (int) command->threads, &message)))
        goto out;
    ret = eg_recorder_create(&l.recorder, e, command, path, &message);
    if (ret)
        goto out;
    if (!command->quiet)
        fprintf(stderr, "%s: seed %ld, %zu parameters, %llu sequences, %d thread%s, %s\n", name,
                e->run.seed, e->model.params.total, (unsigned long long) e->train.sequences,
                e->threads, e->threads == 1 ? "" : "s", path);
    if (!command->quiet)
        eg_experiment_remark(e, stderr);
    if (!(ret = eg_recorder_save(&l.recorder, e, 0, &l.sums, "running", "", 0, &message)))
        run(&l, command);
out:
    if (ret)
        outcome.exit = eg_command_fail(ret, &message);
    eg_run_close(&l.recorder.run);
    eg_experiment_free(e);
    free(e);
    return outcome;
}

struct eg_outcome eg_train_resume(const struct eg_command *command, const char *path)
{
    struct eg_outcome outcome = {0};
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    struct eg_run *file = NULL;
    char *yaml = NULL, status[64] = "";
    int64_t rows[EG_TABLES];
    struct loop l = {.e = e, .outcome = &outcome, .message = &message};
    int ret;
    if (!e) {
        outcome.exit = eg_command_fail(EG_ERR_NOMEM, NULL);
        return outcome;
    }
    if ((ret = eg_run_open(&file, path, EG_RUN_UPDATE, &message))
        || (ret = eg_run_get_attr_text(file, "/", "status", status, sizeof status, &message))
        || (ret = eg_recorder_config(file, &yaml, &message))
        || (ret = eg_experiment_init(e, path, yaml, command->settings, command->n_settings, -1,
                                     &message)))
        goto out;
    if (!strcmp(status, "diverged")) {
        ret = EG_FAIL(EG_ERR_CONFIG, &message,
                      "%s: the run has diverged; it cannot go on (see /divergence)", path);
        goto out;
    }
    if ((ret = eg_recorder_same_data(file, e, &message))
        || (ret = eg_experiment_trainer(e, (int) command->threads, &message))
        || (ret = eg_recorder_load(file, e, &l.updates, &l.sums, rows, &message)))
        goto out;
    if (!strcmp(status, "done") && l.updates >= eg_experiment_updates(e)) {
        if (!command->quiet)
            fprintf(stderr, "%s: done already (%llu sequences)\n", path,
                    (unsigned long long) (l.updates * (uint64_t) e->train.batch));
        struct eg_evaluation v;
        if (!(ret = eg_evaluate(e, (struct eg_extent){0}, (size_t) e->evaluate.sequences, &v,
                                &message)))
            outcome.cost = v.mean;
        goto out;
    }
    if ((ret = eg_recorder_resume(&l.recorder, file, rows, &message))
        || (command->n_settings && (ret = eg_recorder_put_config(file, e->config, &message))))
        goto out;
    if (!command->quiet)
        fprintf(stderr, "%s: seed %ld, goes on after %llu of %llu sequences\n", path, e->run.seed,
                (unsigned long long) (l.updates * (uint64_t) e->train.batch),
                (unsigned long long) e->train.sequences);
    run(&l, command);
out:
    if (ret)
        outcome.exit = eg_command_fail(ret, &message);
    free(yaml);
    eg_run_close(&file);
    eg_experiment_free(e);
    free(e);
    return outcome;
}
