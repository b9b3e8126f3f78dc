/* memory/theory.h -- what is known about the capacity of associative memories.
 *
 * Load: alpha = P / N unless said otherwise.  Natural logarithms.
 * Domain: positive numbers (units: more than 1) unless said otherwise; NAN for anything else.  What
 * overflows is infinite.
 *
 * Mean field of the Hebbian network at T = 0, replica-symmetric: Amit, Gutfreund & Sompolinsky 1987
 * (doi:10.1016/0003-4916(87)90092-3).  With y = m / sqrt(2 alpha r), m = erf(y) and
 *     sqrt(2 alpha) = erf(y) / y - (2 / sqrt(pi)) exp(-y^2);
 * the retrieval branch is the larger root y, the critical load the maximum of the right side. */
#ifndef EG_MEMORY_THEORY_H
#define EG_MEMORY_THEORY_H

#include "core/status.h"

/* Overlap m on the retrieval branch; 0 above the critical load.  alpha > 0 (else NAN). */
double eg_theory_overlap(double alpha);
/* Critical load alpha_c (0.13790557) and m there (0.967417). */
double eg_theory_critical(double *overlap);
/* Load at which the retrieval states stop being the states of lowest energy (0.0519). */
double eg_theory_first_order(void);

/* Fraction of the bits of a stored pattern that are wrong after one step from it:
 * erfc(1 / sqrt(2 alpha)) / 2 (Hertz, Krogh & Palmer 1991, eq. 2.14). */
double eg_theory_one_step(double alpha);
/* The same from a cue of which a fraction rho is wrong: the field of the pattern is 1 - 2 rho. */
double eg_theory_one_step_from(double alpha, double rho);
/* The same of a bit of the second layer of a BAM with n units in the first and P patterns:
 * erfc(sqrt(n / (2 P))) / 2. */
double eg_theory_bam_one_step(double n, double patterns);

/* Patterns (not loads) stored by N units.  McEliece et al. 1987: N / (2 ln N) nearly every pattern,
 * N / (4 ln N) all of them; Storkey 1997: N / sqrt(2 ln N); projection: N. */
double eg_theory_mceliece_most(double n);
double eg_theory_mceliece_all(double n);
double eg_theory_storkey(double n);

/* Gardner 1988: largest load at which couplings exist with every stability at least kappa:
 * 1 / alpha = integral from -kappa to infinity of (t + kappa)^2 Dt.  2 at kappa = 0; NAN below,
 * where the formula is but a bound. */
double eg_theory_gardner(double kappa);
/* Its inverse: the stability that is possible at a load in (0, 2]; 0 at 2, NAN outside. */
double eg_theory_gardner_stability(double alpha);

/* Tsodyks & Feigel'man 1988: 1 / (2 f ln(1/f)), for f -> 0. */
double eg_theory_sparse(double f);

/* Krotov & Hopfield 2016, eq. 6: N^(n-1) / (2 (2n-3)!! ln N), F(x) = x^n, n >= 2.  With errors:
 * eq. 5, the probability of a wrong bit erfc(sqrt(N^(n-1) / (2 P (2n-3)!!))) / 2. */
double eg_theory_dense(double units, int power);
double eg_theory_dense_one_step(double units, int power, double patterns);
/* Demircigil et al. 2017: ln of the number of patterns over N for F = exp, when a fraction rho of a
 * cue is wrong: I(1 - 2 rho) / 2, I(x) = ((1+x) ln(1+x) + (1-x) ln(1-x)) / 2; ln 2 / 2 at rho = 0.
 */
double eg_theory_exponential(double rho);

/* Ramsauer et al. 2020, theorem 3: patterns on a sphere of radius K sqrt(d-1) that can be stored
 * with probability 1 - p: sqrt(p) c^((d-1)/4).  *c may be NULL. */
double eg_theory_sphere(double beta, double k, double d, double p, double *c);

#endif
