/* experiments/recorder_watch.c -- what a run file keeps of the watch on a training, report by
 * report: /heads, how the heads fared, and /rollbacks. */
#include "experiments/recorder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct eg_run_column columns[] = {
    {"step", "1", "updates done", EG_RUN_INT64},
    {"sequences", "sequence", "training sequences seen", EG_RUN_INT64},
    {"kind", "1", "what the head does", EG_RUN_INT64},
    {"head", "1", "number of the head of that kind, from 0", EG_RUN_INT64},
    {"diagnosis", "1", "what the numbers say", EG_RUN_INT64},
    {"entropy", "bit", "mean entropy of the weighting", EG_RUN_FLOAT64},
    {"effective_slots", "slot", "mean of 2 to the power of the entropy", EG_RUN_FLOAT64},
    {"strength", "1", "mean key strength", EG_RUN_FLOAT64},
    {"gate", "1", "mean gate", EG_RUN_FLOAT64},
    {"gate_least", "1", "least gate of any step", EG_RUN_FLOAT64},
    {"gate_most", "1", "greatest gate of any step", EG_RUN_FLOAT64},
    {"sharpening", "1", "mean sharpening exponent", EG_RUN_FLOAT64},
    {"alignment", "1",
     "share of reads that falls on slots written before, of writes on slots read later",
     EG_RUN_FLOAT64},
    {"movement", "1", "mean part of the weighting that moves in a step", EG_RUN_FLOAT64},
    {"written", "1", "mean largest number erased or added, times the weighting", EG_RUN_FLOAT64},
    {"memory", "1", "largest number of the memory at any step, without its sign", EG_RUN_FLOAT64},
};

/* "0: read, 1: write ..." */
static int put_meanings(struct eg_run *run, const char *path, const char *const *words,
                        struct eg_message *message)
{
    char text[128];
    size_t n = 0;
    for (size_t i = 0; words[i] && n < sizeof text; i++)
        n += (size_t) snprintf(text + n, sizeof text - n, "%s%zu: %s", i ? ", " : "", i, words[i]);
    return eg_run_put_attr_text(run, path, "meanings", text, message);
}

int eg_recorder_open_heads(struct eg_recorder *r, struct eg_message *message)
{
    int ret = eg_run_table(r->run, &r->heads, EG_RECORDER_HEADS, columns, COUNT(columns), "step",
                           NULL, message);
    if (!ret)
        ret = put_meanings(r->run, EG_RECORDER_HEADS "/kind", eg_head_kinds, message);
    return ret ? ret
               : put_meanings(r->run, EG_RECORDER_HEADS "/diagnosis", eg_head_states, message);
}

int eg_recorder_heads(struct eg_recorder *r, const struct eg_experiment *e, uint64_t updates,
                      const struct eg_telemetry *t, struct eg_message *message)
{
    int ret = t->n && !r->heads ? eg_recorder_open_heads(r, message) : EG_OK;
    for (size_t i = 0; i < t->n && !ret; i++) {
        const struct eg_head_report *h = &t->heads[i];
        const double row[COUNT(columns)] = {
            (double) updates,  (double) (updates * (uint64_t) e->train.batch),
            (double) h->kind,  (double) h->head,
            (double) h->state, h->entropy,
            h->effective,      h->strength,
            h->gate,           h->gate_least,
            h->gate_most,      h->sharpening,
            h->alignment,      h->movement,
            h->written,        h->memory};
        ret = eg_run_append(r->heads, row, message);
    }
    return ret;
}

static const struct eg_run_column rollback_columns[] = {
    {"step", "1", "updates done", EG_RUN_INT64},
    {"sequences", "sequence", "training sequences seen", EG_RUN_INT64},
    {"cost", "bit/sequence", "mean cost of the report", EG_RUN_FLOAT64},
    {"kept_step", "1", "updates whose parameters were taken back", EG_RUN_INT64},
    {"kept_cost", "bit/sequence", "cost of the report then, the least so far", EG_RUN_FLOAT64},
};

int eg_recorder_open_rollbacks(struct eg_recorder *r, struct eg_message *message)
{
    return eg_run_table(r->run, &r->rollbacks, EG_RECORDER_ROLLBACKS, rollback_columns,
                        COUNT(rollback_columns), "step", NULL, message);
}

int eg_recorder_rollback(struct eg_recorder *r, const struct eg_experiment *e, uint64_t updates,
                         double cost, struct eg_message *message)
{
    const double row[COUNT(rollback_columns)] = {
        (double) updates, (double) (updates * (uint64_t) e->train.batch), cost,
        (double) e->rollback.step, e->rollback.lowest};
    const int ret = r->rollbacks ? EG_OK : eg_recorder_open_rollbacks(r, message);
    return ret ? ret : eg_run_append(r->rollbacks, row, message);
}
