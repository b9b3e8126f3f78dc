#include "experiments/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "core/random.h"

size_t eg_mean_error(const double *x, size_t n, double *mean, double *error)
{
    size_t count = 0;
    double m = 0, squares = 0;
    /* Welford's update: no cancellation where the spread is small. */
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            continue;
        const double d = x[i] - m;
        m += d / (double) ++count;
        squares += d * (x[i] - m);
    }
    *mean = count ? m : NAN;
    *error = count > 1 ? sqrt(squares / (double) (count - 1) / (double) count) : NAN;
    return count;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

double eg_median(double *x, size_t n)
{
    if (n == 0)
        return NAN;
    qsort(x, n, sizeof *x, by_value);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

double eg_quantile(double *x, size_t n, double p)
{
    if (n == 0)
        return NAN;
    qsort(x, n, sizeof *x, by_value);
    const double at = p * (double) (n - 1);
    const size_t below = (size_t) at, above = below + 1 < n ? below + 1 : below;
    return x[below] + (at - (double) below) * (x[above] - x[below]);
}

void eg_bootstrap_median(const double *x, size_t n, double *low, double *high)
{
    enum { SAMPLES = 2000, CUT = SAMPLES / 40 }; /* 2.5 % on either side */
    *low = *high = NAN;
    double *medians = n > 1 && n <= 65536 ? malloc((SAMPLES + n) * sizeof *medians) : NULL;
    if (!medians)
        return;
    double *sample = medians + SAMPLES;
    for (size_t k = 0; k < SAMPLES; k++) {
        struct eg_stream stream;
        eg_stream_open(&stream, 0, EG_FOR_RESAMPLING, 0, k);
        for (size_t i = 0; i < n; i++)
            sample[i] = x[eg_stream_between(&stream, 0, (long) n - 1)];
        medians[k] = eg_median(sample, n);
    }
    qsort(medians, SAMPLES, sizeof *medians, by_value);
    *low = medians[CUT];
    *high = medians[SAMPLES - 1 - CUT];
    free(medians);
}

void eg_wilson(double successes, double n, double *low, double *high)
{
    if (!(n > 0)) {
        *low = 0;
        *high = 1;
        return;
    }
    const double z = 1.959963984540054, p = successes / n;
    const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    /* At the ends the bounds are 0 and 1 but for rounding. */
    *low = successes > 0 && centre - half > 0 ? centre - half : 0;
    *high = successes < n && centre + half < 1 ? centre + half : 1;
}
