/* experiments/bench_slots.c -- `engram bench --slots N,N,...`: what a sequence costs in time and
 * memory, against the size of the memory.
 *
 * Timed is forward and backward of a batch, without the step of the optimiser; the memory is what
 * the tape holds at most, parameters and their gradient not counted.  What a step costs is the
 * quotient: Rae et al. 2016 (arXiv:1610.09027), sec. 4.1, measure 100 steps.
 *
 * A size whose tape does not fit into the memory that is free is left out, and so are larger ones
 * of its preset. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/bench.h"
#include "experiments/bench_file.h"
#include "experiments/experiment.h"
#include "experiments/statistics.h"
#include "experiments/train.h"

enum { RUNS = EG_BENCH_RUNS, SIZES_MAX = 64 };

struct cost {
    double seconds; /* of a batch, median   */
    size_t runs, bytes;
};

/* The number after `key` in a file of the system; `otherwise` where there is none. */
static double system_number(const char *path, const char *key, double otherwise)
{
    char line[256];
    double x = otherwise;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key))) {
            char *end;
            const double number = strtod(line + strlen(key), &end);
            x = end != line + strlen(key) ? number : otherwise;
            break;
        }
    if (file)
        fclose(file);
    return x;
}

/* Bytes that a tape may take: most of what is free, here and in the container. */
static double memory_left(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const double all = pages > 0 && page > 0 ? (double) pages * (double) page : 1e15;
    const double limits[] = {
        1024 * system_number("/proc/meminfo", "MemAvailable:", all / 1024),
        system_number("/sys/fs/cgroup/memory.max", "", all),
        system_number("/sys/fs/cgroup/memory/memory.limit_in_bytes", "", all),
    };
    double least = all;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        least = limits[i] < least ? limits[i] : least;
    return 0.9 * least;
}

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

/* A warm-up, then the runs.  EG_ERR_NOMEM: the tapes take more than `left` bytes. */
static int measure(struct eg_experiment *e, double left, struct cost *cost)
{
    const size_t blocks = e->trainer.blocks;
    const size_t tapes = blocks < (size_t) e->threads ? blocks : (size_t) e->threads;
    for (int i = 0; i < e->threads; i++)
        eg_arena_limit(e->trainer.step[i], (size_t) (left / (double) tapes));
    double seconds[RUNS], spent = 0;
    struct eg_update_report report;
    int ret = eg_trainer_gradient(&e->trainer, 0, &report);
    *cost = (struct cost){0};
    for (uint64_t update = 1;
         !ret && cost->runs < RUNS && (!cost->runs || spent < EG_BENCH_ALL_SECONDS);) {
        const double start = eg_clock();
        double n = 0;
        do {
            ret = eg_trainer_gradient(&e->trainer, update++, &report);
            n++;
        } while (!ret && eg_clock() - start < EG_BENCH_RUN_SECONDS);
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

static void print_skipped(const struct eg_command *c, const char *preset, long slots, size_t steps,
                          double left)
{
    char of_steps[64] = "";
    if (steps)
        snprintf(of_steps, sizeof of_steps, " of %zu steps", steps);
    fprintf(stderr,
            "engram: %s with %ld slots is left out: its tape%s does not fit into %.3g GiB of free "
            "memory; fewer steps or a smaller batch take less\n",
            preset, slots, of_steps, left / 1073741824);
    if (c->json) {
        printf("{\"preset\": ");
        eg_json_text(preset);
        printf(", \"slots\": %ld, \"left_out\": \"memory\"}\n", slots);
        (void) fflush(stdout);
    }
}

static int keep(struct eg_bench_file *file, const char *preset, long slots,
                const struct eg_experiment *e, const struct cost *cost, struct eg_message *message)
{
    char *config = eg_config_yaml(e->config, 0);
    const struct eg_bench_row row = {.preset = preset,
                                     .config = config,
                                     .slots = slots,
                                     .batch = e->train.batch,
                                     .steps = e->source.shape.steps_max,
                                     .seconds = cost->seconds / (double) e->train.batch,
                                     .tape_bytes = cost->bytes,
                                     .threads = e->threads,
                                     .runs = cost->runs};
    const int ret = config ? eg_bench_put(file, &row, e->kernels, e->run.seed, message)
                           : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    free(config);
    return ret;
}

/* What goes through the sizes. */
struct sweep {
    const struct eg_command *c;
    struct eg_bench_file *file; /* NULL: nothing is kept */
    struct eg_experiment *e;
    long *too_large; /* of each preset the least size that did not fit; 0: none did */
    size_t done;     /* rows, so far */
    struct eg_message *message;
};

static int one(struct sweep *s, size_t target, long slots)
{
    const struct eg_command *c = s->c;
    struct eg_experiment *e = s->e;
    const char *preset = c->target[target];
    const double left = memory_left();
    char setting[64];
    struct cost cost;
    (void) snprintf(setting, sizeof setting, "memory.slots=%ld", slots);
    int ret = s->too_large[target] && slots >= s->too_large[target] ? EG_ERR_NOMEM : EG_OK;
    if (!ret)
        ret = eg_bench_longest(e, c, preset, setting, s->message);
    if (!ret)
        ret = eg_experiment_trainer(e, (int) c->threads, s->message);
    if (!ret)
        ret = measure(e, left, &cost);
    if (ret == EG_ERR_NOMEM) {
        print_skipped(c, preset, slots, e->source.shape.steps_max, left);
        if (!s->too_large[target] || slots < s->too_large[target])
            s->too_large[target] = slots;
        ret = EG_OK;
    } else if (!ret) {
        if (!c->json && !s->done)
            print_head(e);
        print_cost(c, preset, slots, e, &cost);
        s->done++;
        if (s->file)
            ret = keep(s->file, preset, slots, e, &cost, s->message);
    }
    eg_experiment_free(e);
    memset(e, 0, sizeof *e);
    return ret;
}

int eg_bench_slots(const struct eg_command *c)
{
    struct eg_message message = {{0}}, why = {{0}};
    long size[SIZES_MAX];
    size_t sizes = 0;
    struct sweep s = {.c = c, .message = &message};
    int ret = sizes_of(c->slots, size, &sizes, &message);
    s.e = calloc(1, sizeof *s.e);
    s.too_large = calloc(c->targets, sizeof *s.too_large);
    if (!ret && (!s.e || !s.too_large))
        ret = EG_FAIL(EG_ERR_NOMEM, &message, "out of memory");
    if (!ret && c->output)
        ret = eg_bench_open(&s.file, c, &message);
    for (size_t i = 0; i < sizes && !ret; i++)
        for (size_t k = 0; k < c->targets && !ret && !eg_interrupted(); k++)
            ret = one(&s, k, size[i]);
    if (!ret && !s.done && !eg_interrupted())
        ret = EG_FAIL(EG_ERR_NOMEM, &message, "no size fits into memory%s%s",
                      c->output ? "; nothing was kept in " : "", c->output ? c->output : "");
    if (s.file) {
        const int ended = eg_bench_end(s.file,
                                       ret                ? "error"
                                       : eg_interrupted() ? "interrupted"
                                                          : "done",
                                       ret                ? message.text
                                       : eg_interrupted() ? "stopped by a signal"
                                                          : "",
                                       &why);
        if (ended && !ret)
            ret = EG_FAIL(ended, &message, "%s", why.text);
        if (!ret && !c->json && s.done)
            printf("%s: %zu row%s; engram plot draws them\n", c->output, eg_bench_rows(s.file),
                   eg_bench_rows(s.file) == 1 ? "" : "s");
    }
    eg_bench_close(&s.file);
    free(s.too_large);
    free(s.e);
    return ret                ? eg_command_fail(ret, &message)
           : eg_interrupted() ? EG_EXIT_INTERRUPTED
                              : EG_EXIT_DONE;
}
