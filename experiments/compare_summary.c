/* What the seeds of a scheme and a task came to, and how they differ from those of the first
 * scheme.
 *
 * A cell that ended without having solved its task was solved later than its budget, if ever: it
 * counts as INFINITY, so that a median is one of all seeds and not of those that were lucky. */
#include <math.h>

#include "experiments/compare.h"
#include "experiments/statistics.h"

/* Infinity as a number that can be interpolated with, and back. */
static const double huge = 1e300;

static double tame(double x)
{
    return x > huge ? huge : x < -huge ? -huge : x;
}

static double wild(double x)
{
    return x > 1e-3 * huge ? INFINITY : x < -1e-3 * huge ? -INFINITY : x;
}

static int has_ended(const struct eg_compare_result *r)
{
    return r->state == EG_CELL_DONE || r->state == EG_CELL_DIVERGED;
}

enum measure { SOLVED_AT, COST, LONGER, SECONDS };

static double measure(const struct eg_compare_result *r, enum measure of)
{
    if (!has_ended(r))
        return NAN;
    switch (of) {
    case SOLVED_AT:
        return r->solved_at;
    case COST:
        return r->cost;
    case LONGER:
        return r->longer;
    default:
        return r->seconds;
    }
}

static struct eg_compare_quartiles quartiles(const struct eg_compare_result *r, size_t seeds,
                                             enum measure of)
{
    double x[EG_COMPARE_SEEDS_MAX];
    size_t n = 0;
    for (size_t k = 0; k < seeds && n < EG_COMPARE_SEEDS_MAX; k++)
        if (!isnan(measure(&r[k], of)))
            x[n++] = tame(measure(&r[k], of));
    struct eg_compare_quartiles q;
    q.low = wild(eg_quantile(x, n, 0.25));
    q.median = wild(eg_median(x, n));
    q.high = wild(eg_quantile(x, n, 0.75));
    return q;
}

static struct eg_compare_difference difference(const struct eg_compare_result *r,
                                               const struct eg_compare_result *first, size_t seeds,
                                               enum measure of)
{
    struct eg_compare_difference d = {.n = 0};
    double x[EG_COMPARE_SEEDS_MAX];
    for (size_t k = 0; k < seeds && d.n < EG_COMPARE_SEEDS_MAX; k++) {
        const double a = measure(&r[k], of), b = measure(&first[k], of);
        if (isnan(a) || isnan(b))
            continue;
        d.better += a < b;
        d.worse += a > b;
        d.equal += a == b;
        x[d.n++] = a == b ? 0 : tame(a - b); /* also where neither was solved */
    }
    eg_bootstrap_median(x, d.n, &d.low, &d.high);
    d.low = wild(d.low);
    d.high = wild(d.high);
    d.median = wild(eg_median(x, d.n));
    return d;
}

void eg_compare_summarise(const struct eg_compare_result *results, size_t tasks, size_t seeds,
                          size_t scheme, size_t task, struct eg_compare_summary *y)
{
    const struct eg_compare_result *r = results + (scheme * tasks + task) * seeds,
                                   *first = results + task * seeds;
    double exact[EG_COMPARE_SEEDS_MAX];
    size_t n = 0;
    *y = (struct eg_compare_summary){.n = 0};
    for (size_t k = 0; k < seeds; k++) {
        y->failed += r[k].state == EG_CELL_FAILED;
        if (!has_ended(&r[k]))
            continue;
        y->n++;
        y->diverged += r[k].state == EG_CELL_DIVERGED;
        y->solved += isfinite(r[k].solved_at);
        if (!isnan(r[k].longer_exact) && n < EG_COMPARE_SEEDS_MAX)
            exact[n++] = r[k].longer_exact;
    }
    y->fraction = y->n ? (double) y->solved / (double) y->n : NAN;
    eg_wilson((double) y->solved, (double) y->n, &y->low, &y->high);
    y->solved_at = quartiles(r, seeds, SOLVED_AT);
    y->cost = quartiles(r, seeds, COST);
    y->longer = quartiles(r, seeds, LONGER);
    y->seconds = quartiles(r, seeds, SECONDS);
    y->longer_exact = eg_median(exact, n);
    y->solved_at_difference = difference(r, first, seeds, SOLVED_AT);
    y->cost_difference = difference(r, first, seeds, COST);
    y->longer_difference = difference(r, first, seeds, LONGER);
}
