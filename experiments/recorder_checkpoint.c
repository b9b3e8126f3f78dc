/* experiments/recorder_checkpoint.c -- what a run that goes on needs: parameters, moments, what to
 * go back to, rows of the tables, and what has happened since the last report. */
#include <stdio.h>

#include "experiments/recorder.h"
#include "record/checkpoint.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const sum_names = "progress", *const size_names = "progress_sizes",
                         *const rollback_name = "rollback";
enum { SUMS = 4 }; /* the time is provenance: it differs between equal runs */
static const char *const seconds_path = "/provenance/training_seconds";

/* Older files do not have all tables. */
static int load_rows(const struct eg_checkpoint *checkpoint, const char *name, int64_t *rows)
{
    const int ret = eg_checkpoint_counter(checkpoint, name, rows, NULL);
    if (ret == EG_ERR_MISSING)
        *rows = 0;
    return ret == EG_ERR_MISSING ? EG_OK : ret;
}

/* Older files have none, and an evaluation may be of other sizes than the training was. */
static int load_sizes(const struct eg_checkpoint *checkpoint, struct eg_sizes *sizes)
{
    if (sizes->n == 0)
        return EG_OK;
    const int ret = eg_checkpoint_vector(checkpoint, size_names, EG_RUN_FLOAT64, sizes->sums,
                                         2 * sizes->n, NULL);
    if (ret != EG_ERR_MISSING && ret != EG_ERR_SHAPE)
        return ret;
    eg_sizes_clear(sizes);
    return EG_OK;
}

/* Names of what is kept in a checkpoint to go back to: parameters, then moments. */
struct kept {
    char name[1 + EG_MOMENTS_MAX][64];
};

static struct kept kept_names(const struct eg_optimiser *o)
{
    struct kept k = {{"kept_parameters"}};
    for (size_t i = 0; i < o->moments; i++)
        snprintf(k.name[1 + i], sizeof k.name[1 + i], "kept_%s", o->name[i]);
    return k;
}

static int load_rollback(const struct eg_checkpoint *checkpoint, struct eg_rollback *r,
                         const struct eg_optimiser *o, struct eg_message *message)
{
    const struct kept k = kept_names(o);
    double numbers[2];
    int ret = eg_checkpoint_vector(checkpoint, rollback_name, EG_RUN_FLOAT64, numbers, 2, message);
    if (!ret)
        ret = eg_checkpoint_vector(checkpoint, k.name[0], EG_RUN_REAL, r->values, o->size, message);
    for (size_t i = 0; i < o->moments && !ret; i++)
        ret = eg_checkpoint_vector(checkpoint, k.name[1 + i], EG_RUN_REAL, r->moment[i], o->size,
                                   message);
    if (!ret) {
        r->lowest = numbers[0];
        r->step = (uint64_t) numbers[1];
    }
    return ret;
}

int eg_recorder_load(struct eg_run *run, struct eg_experiment *e, uint64_t *updates,
                     struct eg_progress_sums *sums, int64_t rows[EG_TABLES],
                     struct eg_message *message)
{
    struct eg_checkpoint *checkpoint = NULL;
    struct eg_trainer *t = &e->trainer;
    const size_t size = e->model.params.size;
    int64_t step = 0;
    double numbers[SUMS];
    int ret = eg_checkpoint_get(&checkpoint, run, message);
    if (!ret)
        ret = eg_checkpoint_counter(checkpoint, "step", &step, message);
    if (!ret)
        ret = eg_checkpoint_counter(checkpoint, "train_rows", &rows[EG_ROWS_TRAIN], message);
    if (!ret)
        ret = eg_checkpoint_counter(checkpoint, "evaluate_rows", &rows[EG_ROWS_EVALUATE], message);
    if (!ret)
        ret = load_rows(checkpoint, "train_sizes_rows", &rows[EG_ROWS_SIZES]);
    if (!ret)
        ret = load_rows(checkpoint, "heads_rows", &rows[EG_ROWS_HEADS]);
    if (!ret)
        ret = load_rows(checkpoint, "rollbacks_rows", &rows[EG_ROWS_ROLLBACKS]);
    if (!ret)
        ret = load_sizes(checkpoint, &e->sizes);
    if (!ret && e->rollback.rise > 0)
        ret = load_rollback(checkpoint, &e->rollback, &t->optimiser, message);
    if (!ret)
        ret = eg_checkpoint_vector(checkpoint, "parameters", EG_RUN_REAL, t->values, size, message);
    for (size_t i = 0; i < t->optimiser.moments && !ret; i++)
        ret = eg_checkpoint_vector(checkpoint, t->optimiser.name[i], EG_RUN_REAL,
                                   t->optimiser.moment[i], size, message);
    if (!ret)
        ret = eg_checkpoint_vector(checkpoint, sum_names, EG_RUN_FLOAT64, numbers, SUMS, message);
    if (!ret) {
        *updates = (uint64_t) step;
        t->seen = *updates * (uint64_t) e->train.batch;
        *sums = (struct eg_progress_sums){
            .loss = numbers[0], .norm = numbers[1], .clipped = numbers[2], .updates = numbers[3]};
        ret = eg_run_get_real(run, seconds_path, &sums->seconds, message);
    }
    eg_checkpoint_free(&checkpoint);
    return ret;
}

int eg_recorder_save(struct eg_recorder *r, const struct eg_experiment *e, uint64_t updates,
                     const struct eg_progress_sums *sums, const char *status, const char *reason,
                     unsigned flags, struct eg_message *message)
{
    const struct eg_trainer *t = &e->trainer;
    const size_t size = e->model.params.size;
    const struct eg_counter counters[] = {
        {"step", "1", "updates done", (int64_t) updates},
        {"sequences", "sequence", "training sequences seen",
         (int64_t) (updates * (uint64_t) e->train.batch)},
        {"train_rows", "1", "rows of /train that belong to it", (int64_t) eg_run_rows(r->train)},
        {"evaluate_rows", "1", "rows of /evaluate that belong to it",
         (int64_t) eg_run_rows(r->evaluate)},
        {"train_sizes_rows", "1", "rows of /train_sizes that belong to it",
         (int64_t) eg_run_rows(r->train_sizes)},
        {"heads_rows", "1", "rows of /heads that belong to it",
         r->heads ? (int64_t) eg_run_rows(r->heads) : 0},
        {"rollbacks_rows", "1", "rows of /rollbacks that belong to it",
         r->rollbacks ? (int64_t) eg_run_rows(r->rollbacks) : 0},
    };
    const double numbers[SUMS] = {sums->loss, sums->norm, sums->clipped, sums->updates};
    const struct kept kept = kept_names(&t->optimiser);
    const double lowest[] = {e->rollback.lowest, (double) e->rollback.step};
    struct eg_vector vectors[5 + 2 * EG_MOMENTS_MAX] = {
        {"parameters", "1", "all parameters, as they lie in memory", EG_RUN_REAL, size, t->values},
        {sum_names, "1", "since the last row of /train: sums of loss [nat], norm, clipped; updates",
         EG_RUN_FLOAT64, SUMS, numbers},
    };
    size_t n = 2;
    for (size_t i = 0; i < t->optimiser.moments; i++)
        vectors[n++] = (struct eg_vector){t->optimiser.name[i], "1",  "moment of the optimiser",
                                          EG_RUN_REAL,          size, t->optimiser.moment[i]};
    if (e->sizes.n)
        vectors[n++] =
            (struct eg_vector){size_names,
                               "1",
                               "since the last row of /train: cost [bit] of each size; sequences",
                               EG_RUN_FLOAT64,
                               2 * e->sizes.n,
                               e->sizes.sums};
    if (e->rollback.rise > 0) {
        vectors[n++] = (struct eg_vector){
            rollback_name,  "1", "least cost of a report [bit/sequence]; updates done then",
            EG_RUN_FLOAT64, 2,   lowest};
        vectors[n++] = (struct eg_vector){kept.name[0], "1",  "parameters of that report",
                                          EG_RUN_REAL,  size, e->rollback.values};
        for (size_t i = 0; i < t->optimiser.moments; i++)
            vectors[n++] = (struct eg_vector){kept.name[1 + i], "1",  "moment of that report",
                                              EG_RUN_REAL,      size, e->rollback.moment[i]};
    }
    char now[64];
    eg_recorder_now(now, sizeof now);
    int ret = eg_checkpoint_put(r->run, counters, COUNT(counters), vectors, n, message);
    if (!ret)
        ret = eg_run_put_attr_text(r->run, "/", "status", status, message);
    if (!ret)
        ret = eg_run_put_attr_text(r->run, "/", "status_reason", reason, message);
    if (!ret)
        ret = eg_run_put_text(r->run, "/provenance/saved", "when the file was last saved", now,
                              message);
    if (!ret)
        ret =
            eg_run_put_real(r->run, seconds_path, "s", "time in training", sums->seconds, message);
    return ret ? ret : eg_run_save(r->run, flags, message);
}
