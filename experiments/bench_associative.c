/* experiments/bench_associative.c -- `engram bench` of an associative memory: from random or given
 * patterns to rest, networks per second. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "experiments/associative.h"
#include "experiments/bench.h"
#include "experiments/progress.h"
#include "experiments/statistics.h"
#include "experiments/train.h"

enum { RUNS = 5 };

/* What one thread did in one run. */
struct work {
    double making, recalling; /* seconds: patterns and learning; from the cue to rest */
    double networks, sweeps, overlap;
};

/* Networks until `until`, at least one; network k of thread t has the number t + threads k. */
static int work(const struct eg_associative *a, struct eg_workplace *w, uint64_t *network,
                double until, struct work *sum, struct eg_message *message)
{
    int ret = EG_OK;
    do {
        struct eg_recalled x;
        const double start = eg_clock();
        ret = eg_workplace_learn(w, *network, message);
        const double learned = eg_clock();
        if (!ret)
            ret =
                eg_workplace_recall(w, &a->cue, 0, *network, 0, a->recall.near, NULL, &x, message);
        if (ret)
            return ret;
        sum->making += learned - start;
        sum->recalling += eg_clock() - learned;
        sum->networks++;
        sum->sweeps += (double) x.settled.sweeps + 1; /* the last one, in which nothing moved */
        sum->overlap += x.overlap;
        *network += (uint64_t) a->threads;
    } while (eg_clock() < until && !eg_interrupted());
    return EG_OK;
}

static int run(const struct eg_associative *a, struct work *total, double *speed, size_t *sites,
               size_t *patterns, struct eg_message *message)
{
    int ret = EG_OK;
    double speeds[RUNS];
#pragma omp parallel num_threads(a->threads)
    {
        struct eg_workplace w;
        struct eg_message own = {{0}};
        uint64_t network = (uint64_t) omp_get_thread_num();
        int mine = eg_workplace_init(&w, a);
        for (int k = 0; k <= RUNS; k++) { /* the first warms up */
            struct work sum = {0};
#pragma omp barrier
            const double start = eg_clock();
            if (!mine)
                mine = work(a, &w, &network, start + 0.5, &sum, &own);
            const double seconds = eg_clock() - start;
#pragma omp single
            if (k > 0)
                speeds[k - 1] = 0;
#pragma omp critical(eg_bench)
            if (k > 0) {
                speeds[k - 1] += sum.networks / seconds;
                total->making += sum.making;
                total->recalling += sum.recalling;
                total->networks += sum.networks;
                total->sweeps += sum.sweeps;
                total->overlap += sum.overlap;
                *sites = w.patterns.sites;
                *patterns = w.patterns.count;
            }
        }
#pragma omp critical(eg_bench)
        if (mine && !ret) {
            ret = mine;
            *message = own;
        }
        eg_workplace_free(&w);
    }
    *speed = eg_median(speeds, RUNS);
    return ret;
}

static void say(const struct eg_command *c, const struct eg_associative *a,
                const struct work *total, double speed, size_t sites, size_t patterns)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    const double n = total->networks, memory = (double) usage.ru_maxrss / 1024;
    const double visits = total->sweeps * (double) sites / total->recalling;
    if (c->json) {
        printf("{\"preset\": ");
        eg_json_text(a->name);
        printf(", \"sites\": %zu, \"patterns\": %zu, \"threads\": %d, \"kernels\": \"%s\", "
               "\"networks_per_second\": %.6g, \"seconds_making\": %.6g, "
               "\"seconds_recalling\": %.6g, \"sweeps\": %.4g, \"visits_per_second\": %.6g, "
               "\"overlap\": %.9g, \"peak_memory_mb\": %.4g}\n",
               sites, patterns, a->threads, a->kernels->name, speed, total->making / n,
               total->recalling / n, total->sweeps / n, visits, total->overlap / n, memory);
        return;
    }
    printf("%s: %s, %zu sites, %zu patterns, %d thread%s, %s kernels\n"
           "  %10.4g networks/s, patterns made, learned and one recalled; median of %d runs\n"
           "  %10.4g s a network to make and learn patterns\n"
           "  %10.4g s a recall, %.3g sweeps (the last without a move), mean overlap %.6f\n"
           "  %10.4g visits of a site a second and thread\n"
           "  %10.1f MB peak memory\n",
           a->name, a->type->name, sites, patterns, a->threads, a->threads == 1 ? "" : "s",
           a->kernels->name, speed, RUNS, total->making / n, total->recalling / n,
           total->sweeps / n, total->overlap / n, visits, memory);
}

int eg_bench_associative(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    struct eg_associative a;
    struct work total = {0};
    double speed = 0;
    size_t sites = 0, patterns = 0;
    int ret = eg_associative_init(&a, EG_KIND_RECALL, c->target[0], NULL, c->settings,
                                  c->n_settings, 1, &message);
    if (c->threads > 0)
        a.threads = (int) c->threads;
    if (!ret)
        ret = run(&a, &total, &speed, &sites, &patterns, &message);
    const int interrupted = eg_interrupted();
    if (!ret && !interrupted)
        say(c, &a, &total, speed, sites, patterns);
    eg_associative_free(&a);
    return ret ? eg_command_fail(ret, &message) : interrupted ? EG_EXIT_INTERRUPTED : EG_EXIT_DONE;
}
