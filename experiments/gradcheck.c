/* experiments/gradcheck.c -- the verb gradcheck.
 *
 * Differences need double precision, so the float program hands over to the double one that is
 * built and installed beside it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "experiments/build.h"
#include "experiments/train.h"

#ifndef EG_DOUBLE

/* Next to this program as it lies in the build directory, or where `meson install` puts it
 * relative to it. */
int eg_verb_gradcheck(const struct eg_command *c)
{
    static const char *const places[] = {"", "../libexec/engram/"};
    struct eg_message message = {{0}};
    char self[4000], path[4200];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = '\0';
        char *slash = strrchr(self, '/');
        if (slash)
            slash[1] = '\0';
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            snprintf(path, sizeof path, "%s%s%s", self, places[i], EG_DOUBLE_PROGRAM);
            if (access(path, X_OK) == 0) {
                fflush(stdout);
                execv(path, c->argv);
                break;
            }
        }
    }
    const int ret = EG_FAIL(EG_ERR_MISSING, &message,
                            "%s, the program in double precision, cannot be run: %s (it is built "
                            "with -Ddouble=true)",
                            EG_DOUBLE_PROGRAM, strerror(errno ? errno : ENOENT));
    return eg_command_fail(ret, &message);
}

#else

#define LIMIT 1e-6

/* Error relative to the component, with a floor at a thousandth of the tensor's largest one:
 * differences know no more about components far below it. */
static double relative(double got, double want, double largest)
{
    const double scale = fabs(want) > 1e-3 * largest ? fabs(want) : 1e-3 * largest;
    return fabs(got - want) / (scale > 1e-12 ? scale : 1e-12);
}

static int loss_at(struct eg_experiment *e, double *at, double x, double *loss)
{
    struct eg_update_report report;
    *at = x;
    const int ret = eg_trainer_gradient(&e->trainer, 0, &report);
    *loss = report.loss;
    return ret;
}

/* Central difference of fourth order. */
static int difference(struct eg_experiment *e, double *at, double h, double *slope)
{
    const double x = *at;
    double a = 0, b = 0, c = 0, d = 0;
    int ret = loss_at(e, at, x + h, &a);
    if (!ret)
        ret = loss_at(e, at, x - h, &b);
    if (!ret)
        ret = loss_at(e, at, x + 2 * h, &c);
    if (!ret)
        ret = loss_at(e, at, x - 2 * h, &d);
    *at = x;
    *slope = (8 * (a - b) - (c - d)) / (12 * h);
    return ret;
}

/* The error of a component.  A long step suffers from curvature, a short one from rounding, and
 * which is worse depends on the tensor: others are tried until one agrees.  A wrong gradient agrees
 * with none.  A memory that starts from zero owes its interface little: the longest is for it. */
static int error_of(struct eg_experiment *e, double *at, double gradient, double largest,
                    double *error)
{
    static const double steps[] = {1e-3, 1e-2, 1e-4, 1e-5};
    *error = INFINITY;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !(*error <= LIMIT); i++) {
        double slope;
        const int ret = difference(e, at, steps[i] * (fabs(*at) > 1 ? fabs(*at) : 1), &slope);
        if (ret)
            return ret;
        const double now = relative(gradient, slope, largest);
        *error = now < *error ? now : *error;
    }
    return EG_OK;
}

static int check(struct eg_experiment *e, const struct eg_command *c, const double *gradient,
                 double *worst_of_all)
{
    const struct eg_params *params = &e->model.params;
    for (size_t i = 0; i < params->count; i++) {
        const struct eg_param_row *row = &params->rows[i];
        const size_t n = row->rows * row->cols;
        const size_t count =
            c->components == 0 || (size_t) c->components > n ? n : (size_t) c->components;
        double largest = 0, worst = 0;
        struct eg_stream stream;
        for (size_t k = 0; k < n; k++)
            largest = fmax(largest, fabs(gradient[row->offset + k]));
        eg_stream_open(&stream, (uint64_t) e->run.seed, EG_FOR_TESTS, 0, i);
        for (size_t k = 0; k < count; k++) {
            const size_t at = count == n ? k : (size_t) eg_stream_between(&stream, 0, (long) n - 1);
            double error;
            const int ret = error_of(e, e->trainer.values + row->offset + at,
                                     gradient[row->offset + at], largest, &error);
            if (ret)
                return ret;
            worst = error > worst || isnan(error) ? error : worst;
        }
        if (c->json)
            printf(
                "{\"tensor\": \"%s\", \"checked\": %zu, \"of\": %zu, \"largest_gradient\": %.9g, "
                "\"largest_error\": %.9g}\n",
                row->name, count, n, largest, worst);
        else
            printf("  %-40s %6zu of %-7zu largest gradient %9.2e  largest error %9.2e  %s\n",
                   row->name, count, n, largest, worst, worst <= LIMIT ? "ok" : "WRONG");
        *worst_of_all = worst > *worst_of_all || isnan(worst) ? worst : *worst_of_all;
    }
    return EG_OK;
}

int eg_verb_gradcheck(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    double *gradient = NULL, worst = 0;
    int ret =
        e ? eg_experiment_init(e, c->target[0], NULL, c->settings, c->n_settings, -1, &message)
          : EG_RAISE(EG_ERR_NOMEM);
    if (!ret) {
        e->run.seed = e->run.seed < 0 ? 1 : e->run.seed;
        e->train.batch = e->train.batch > 2 ? 2 : e->train.batch;
        e->train.optimiser.reduce = EG_REDUCE_MEAN; /* the loss that is reported is the mean */
        ret = eg_experiment_trainer(e, 1, &message);
    }
    if (!ret && !(gradient = calloc(e->model.params.size, sizeof *gradient)))
        ret = EG_RAISE(EG_ERR_NOMEM);
    struct eg_update_report report;
    if (!ret)
        ret = eg_trainer_gradient(&e->trainer, 0, &report);
    if (!ret) {
        memcpy(gradient, e->trainer.total, e->model.params.size * sizeof *gradient);
        if (!c->json)
            printf("%s: seed %ld, %ld sequences, loss %.9f nat\n", c->target[0], e->run.seed,
                   e->train.batch, report.loss);
        ret = check(e, c, gradient, &worst);
    }
    free(gradient);
    if (e)
        eg_experiment_free(e);
    free(e);
    if (ret)
        return eg_command_fail(ret, &message);
    return worst <= LIMIT ? EG_EXIT_DONE : EG_EXIT_REQUIRE;
}

#endif
