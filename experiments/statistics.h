/* experiments/statistics.h -- summaries of repeated measurements. */
#ifndef EG_EXPERIMENTS_STATISTICS_H
#define EG_EXPERIMENTS_STATISTICS_H

#include <stddef.h>

/* Mean and standard error (sd / sqrt(n), sd with n - 1) of the finite ones among x; *mean is NAN
 * where there are none, *error where there are fewer than two.  Answers how many there are. */
size_t eg_mean_error(const double *x, size_t n, double *mean, double *error);

/* Median of n numbers; sorts them.  NAN for n = 0. */
double eg_median(double *x, size_t n);

/* Quantile `p` in [0, 1] of n numbers; sorts them.  Between two of them it is interpolated:
 * the number of index p (n - 1).  NAN for n = 0. */
double eg_quantile(double *x, size_t n, double p);

/* 95 % interval of the median of x (n), from 2000 samples drawn from them with replacement (the
 * bootstrap's percentiles: Efron & Tibshirani 1993, ch. 13); always the same ones.  NAN for n < 2,
 * and for more than 65536.  Of few numbers it is too narrow: of five it rarely leaves the extremes.
 * May be infinite where numbers are. */
void eg_bootstrap_median(const double *x, size_t n, double *low, double *high);

/* Wilson's interval of a fraction, successes / n, at 95 %.  n = 0: 0 and 1. */
void eg_wilson(double successes, double n, double *low, double *high);

#endif
