/* experiments/bench.c -- the verb bench: sequences per second of full updates. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "experiments/bench.h"
#include "experiments/statistics.h"
#include "experiments/train.h"
#include "tensor/blas.h"

enum { RUNS = 7 };

/* GFLOP/s of a matrix product of this size on one thread, the median of several. */
static double gemm_speed(void)
{
    enum { N = 384 };
    double speeds[RUNS];
    real *a = calloc(3 * N * N, sizeof *a);
    if (!a)
        return 0;
    for (size_t i = 0; i < 2 * N * N; i++)
        a[i] = (real) (1e-3 * (double) (i % 7));
    for (size_t run = 0; run < RUNS; run++) {
        const double start = eg_clock();
        for (int k = 0; k < 4; k++)
            eg_gemm(0, 0, N, N, N, a, N, a + N * N, N, a + 2 * N * N, N);
        speeds[run] = 4 * 2.0 * N * N * N / (eg_clock() - start) * 1e-9;
    }
    free(a);
    return eg_median(speeds, RUNS);
}

int eg_bench_longest(struct eg_experiment *e, const struct eg_command *c, const char *target,
                     const char *extra, struct eg_message *message)
{
    struct eg_setting settings[EG_SETTINGS_MAX + 2];
    size_t n = c->n_settings < EG_SETTINGS_MAX ? c->n_settings : EG_SETTINGS_MAX;
    memcpy(settings, c->settings, n * sizeof *settings);
    if (extra)
        settings[n++] = (struct eg_setting){.text = extra, .origin = "-s"};
    int ret = eg_experiment_init(e, target, NULL, settings, n, 1, message);
    if (ret || e->source.shape.items)
        return ret;
    settings[n++] = (struct eg_setting){.text = "curriculum.type=fixed", .origin = "-s"};
    eg_experiment_free(e);
    return eg_experiment_init(e, target, NULL, settings, n, 1, message);
}

int eg_verb_bench(const struct eg_command *c)
{
    eg_catch_signals();
    struct eg_message message = {{0}};
    if (c->output && !c->slots)
        return eg_command_fail(EG_FAIL(EG_ERR_CONFIG, &message,
                                       "-o %s: only what is measured with --slots N,N,... is kept",
                                       c->output),
                               &message);
    if (eg_setup_is_associative(c) && c->slots)
        return eg_command_fail(
            EG_FAIL(EG_ERR_CONFIG, &message,
                    "--slots %s: %s is an associative memory, which has no slots", c->slots,
                    c->target[0]),
            &message);
    if (eg_setup_is_associative(c))
        return eg_bench_associative(c);
    if (c->slots)
        return eg_bench_slots(c);
    if (c->targets > 1)
        return eg_command_fail(EG_FAIL(EG_ERR_CONFIG, &message,
                                       "without --slots one preset is timed; %zu are given",
                                       c->targets),
                               &message);
    struct eg_experiment *e = calloc(1, sizeof *e);
    int ret = e ? eg_bench_longest(e, c, c->target[0], NULL, &message) : EG_RAISE(EG_ERR_NOMEM);
    if (!ret)
        ret = eg_experiment_trainer(e, (int) c->threads, &message);
    double speeds[RUNS];
    uint64_t update = 0;
    size_t requests = 0;
    int interrupted = 0;
    for (size_t run = 0; run < RUNS + 1 && !ret && !interrupted; run++) {
        /* The first run warms up; a run takes about half a second. */
        const double start = eg_clock();
        uint64_t n = 0;
        struct eg_update_report report;
        do {
            ret = eg_trainer_update(&e->trainer, update++, 0, &report);
            n++;
        } while (!ret && eg_clock() - start < 0.5);
        if (run)
            speeds[run - 1] = (double) n * (double) e->train.batch / (eg_clock() - start);
        else
            requests = eg_trainer_requests(&e->trainer);
        interrupted = eg_interrupted();
    }
    if (!ret && !interrupted) {
        const double speed = eg_median(speeds, RUNS), gemm = gemm_speed();
        const size_t steps = e->source.shape.steps_max;
        const double flops = eg_model_flops(&e->model, steps, eg_experiment_asked(e));
        const double fraction = speed * flops * 1e-9 / (gemm * e->threads);
        struct rusage usage = {0};
        getrusage(RUSAGE_SELF, &usage);
        requests = eg_trainer_requests(&e->trainer) - requests;
        if (c->json) {
            printf("{\"preset\": ");
            eg_json_text(c->target[0]);
            printf(", \"batch\": %ld, \"threads\": %d, \"kernels\": \"%s\", "
                   "\"sequences_per_second\": %.6g, \"flops_per_sequence\": %.6g, "
                   "\"gemm_gflops\": %.4g, \"gemm_fraction\": %.4g, \"steps\": %zu, "
                   "\"peak_memory_mb\": %.4g, \"allocations_after_warm_up\": %zu}\n",
                   e->train.batch, e->threads, e->kernels->name, speed, flops, gemm, fraction,
                   steps, (double) usage.ru_maxrss / 1024, requests);
        } else {
            printf("%s, batch %ld, %d thread%s, %zu steps, %s kernels\n"
                   "  %10.0f sequences/s, full updates, median of %d runs\n"
                   "  %10.2f MFLOP a sequence\n"
                   "  %10.1f GFLOP/s of a matrix product on one thread, here and now\n"
                   "  %10.2f of that reached\n"
                   "  %10.1f MB peak memory, %zu allocations after the first run\n",
                   c->target[0], e->train.batch, e->threads, e->threads == 1 ? "" : "s", steps,
                   e->kernels->name, speed, RUNS, flops * 1e-6, gemm, fraction,
                   (double) usage.ru_maxrss / 1024, requests);
        }
    }
    if (e)
        eg_experiment_free(e);
    free(e);
    return ret ? eg_command_fail(ret, &message) : interrupted ? EG_EXIT_INTERRUPTED : EG_EXIT_DONE;
}
