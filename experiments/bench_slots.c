/* experiments/bench_slots.c -- `engram bench --slots N,N,...`: what a sequence costs in time and
 * memory, against the size of the memory.
 *
 * Timed is forward and backward of a batch, without the step of the optimiser; the memory is what
 * the tape holds at most, parameters and their gradient not counted.  What a step costs is the
 * quotient: Rae et al. 2016 (arXiv:1610.09027), sec. 4.1, measure 100 steps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/bench.h"
#include "experiments/experiment.h"
#include "experiments/statistics.h"
#include "experiments/train.h"

enum { RUNS = 7, SIZES_MAX = 64 };

struct cost {
    double seconds; /* of a batch, median   */
    size_t runs, bytes;
};

static int sizes_of(const char *text, long size[SIZES_MAX], size_t *n, struct eg_message *message)
{
    *n = 0;
    for (const char *at = text;; at++) {
        char *end;
        errno = 0;
        const long value = strtol(at, &end, 10);
        if (end == at || errno || value < 1 || (*end && *end != ',') || *n == SIZES_MAX)
            return EG_FAIL(EG_ERR_CONFIG, message,
                           "--slots %s: not a list N,N,... of up to %d numbers of at least 1", text,
                           SIZES_MAX);
        size[(*n)++] = value;
        if (!*end)
            return EG_OK;
        at = end;
    }
}

/* A warm-up, then runs of at least a tenth of a second, until three seconds have gone. */
static int measure(struct eg_experiment *e, struct cost *cost)
{
    double seconds[RUNS], spent = 0;
    struct eg_update_report report;
    int ret = eg_trainer_gradient(&e->trainer, 0, &report);
    *cost = (struct cost){0};
    for (uint64_t update = 1; !ret && cost->runs < RUNS && (!cost->runs || spent < 3);) {
        const double start = eg_clock();
        double n = 0;
        do {
            ret = eg_trainer_gradient(&e->trainer, update++, &report);
            n++;
        } while (!ret && eg_clock() - start < 0.1);
        spent += eg_clock() - start;
        seconds[cost->runs++] = (eg_clock() - start) / n;
    }
    if (ret)
        return ret;
    cost->seconds = eg_median(seconds, cost->runs);
    for (int i = 0; i < e->threads; i++)
        cost->bytes += eg_arena_peak(e->trainer.step[i]);
    return EG_OK;
}

static void print_head(const struct eg_experiment *e)
{
    printf("forward and backward, %d thread%s, %s kernels, median of up to %d runs\n"
           "%-28s %9s %6s %6s %14s %14s %12s\n",
           e->threads, e->threads == 1 ? "" : "s", e->kernels->name, RUNS, "preset", "slots",
           "batch", "steps", "ms/sequence", "us/step", "tape [MiB]");
}

static void print_cost(const struct eg_command *c, const char *preset, long slots,
                       const struct eg_experiment *e, const struct cost *cost)
{
    const size_t steps = e->source.shape.steps_max;
    const double batch = (double) e->train.batch;
    if (c->json) {
        printf("{\"preset\": ");
        eg_json_text(preset);
        printf(", \"slots\": %ld, \"batch\": %ld, \"steps\": %zu, \"threads\": %d, "
               "\"kernels\": \"%s\", \"seconds_per_sequence\": %.6g, \"seconds_per_step\": %.6g, "
               "\"runs\": %zu, \"tape_bytes\": %zu}\n",
               slots, e->train.batch, steps, e->threads, e->kernels->name, cost->seconds / batch,
               cost->seconds / batch / (double) steps, cost->runs, cost->bytes);
    } else {
        printf("%-28s %9ld %6ld %6zu %14.4g %14.4g %12.4g\n", preset, slots, e->train.batch, steps,
               1e3 * cost->seconds / batch, 1e6 * cost->seconds / batch / (double) steps,
               (double) cost->bytes / 1048576);
    }
    (void) fflush(stdout);
}

int eg_bench_slots(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    long size[SIZES_MAX];
    size_t sizes = 0;
    struct eg_experiment *e = calloc(1, sizeof *e);
    int ret = e ? sizes_of(c->slots, size, &sizes, &message) : EG_RAISE(EG_ERR_NOMEM);
    for (size_t i = 0; i < sizes && !ret && !eg_interrupted(); i++)
        for (size_t k = 0; k < c->targets && !ret && !eg_interrupted(); k++) {
            char slots[64];
            struct cost cost;
            (void) snprintf(slots, sizeof slots, "memory.slots=%ld", size[i]);
            ret = eg_bench_longest(e, c, c->target[k], slots, &message);
            if (!ret)
                ret = eg_experiment_trainer(e, (int) c->threads, &message);
            if (!ret)
                ret = measure(e, &cost);
            if (!ret && !c->json && i + k == 0)
                print_head(e);
            if (!ret)
                print_cost(c, c->target[k], size[i], e, &cost);
            eg_experiment_free(e);
            memset(e, 0, sizeof *e);
        }
    free(e);
    return ret                ? eg_command_fail(ret, &message)
           : eg_interrupted() ? EG_EXIT_INTERRUPTED
                              : EG_EXIT_DONE;
}
