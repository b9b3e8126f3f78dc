/* Transitions, crossings and limits: exact cases, and known parameters back out of drawn counts. */
#include "experiments/scaling.h"

#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_math.h>

#include "core/random.h"
#include "tests/check.h"
#include "tests/fixture.h"

enum { LOADS = 9, SIZES = 6, REPEATS = 400 };
static const long sizes[SIZES] = {1000, 2000, 4000, 8000, 16000, 32000};

static double normal(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

static double drawn(struct eg_stream *stream, double n, double p)
{
    double r = 0;
    for (long i = 0; i < (long) n; i++)
        r += eg_stream_uniform(stream) < p;
    return r;
}

/* Mean and standard deviation of pulls, (fitted - true) / error. */
struct pulls {
    double n, sum, squares;
};

static void pull(struct pulls *p, double got, double want, double error)
{
    const double z = (got - want) / error;
    assert_true(isfinite(z));
    p->n++;
    p->sum += z;
    p->squares += z * z;
}

static void check_pulls(const struct pulls *p, double bias)
{
    const double mean = p->sum / p->n, sd = sqrt(p->squares / p->n - mean * mean);
    check_close(mean, 0, 0, bias);
    check_close(sd, 1, 0, 0.15);
}

/* Fractions that lie on the curve are fitted exactly, and have no deviance. */
static void a_curve_without_noise_comes_back(void **state)
{
    (void) state;
    double load[LOADS], r[LOADS], n[LOADS];
    for (size_t j = 0; j < LOADS; j++) {
        load[j] = 0.13 + 0.005 * (double) j;
        n[j] = 100 + 10 * (double) j;
        r[j] = n[j] * normal((0.1487 - load[j]) / 0.0063);
    }
    struct eg_transition t;
    assert_int_equal(eg_transition_fit(&t, load, r, n, LOADS), EG_OK);
    check_close(t.half, 0.1487, 1e-10, 0);
    check_close(t.width, 0.0063, 1e-8, 0);
    check_close(t.chi2, 0, 0, 1e-9);
    assert_int_equal(t.degrees, LOADS - 2);
}

/* Two loads, 84 of 100 and 16 of 100: z = +-q with Phi(q) = 0.84, q = 0.994457883, so the half is
 * midway and the width half the distance over q.  By symmetry the half and the width are
 * independent, and each load adds I = n phi(q)^2 / (F (1 - F)) to the information on z: half_error
 * = width / sqrt(2 I), width_error = width / (q sqrt(2 I)). */
static void two_loads_agree_with_a_hand_calculation(void **state)
{
    (void) state;
    const double load[2] = {0.14, 0.15}, r[2] = {84, 16}, n[2] = {100, 100};
    const double q = 0.994457883209753, width = 0.005 / q;
    const double phi = exp(-q * q / 2) / sqrt(2 * M_PI);
    const double information = 100 * phi * phi / (0.84 * 0.16);
    struct eg_transition t;
    assert_int_equal(eg_transition_fit(&t, load, r, n, 2), EG_OK);
    check_close(t.half, 0.145, 1e-12, 0);
    check_close(t.width, width, 1e-9, 0);
    check_close(t.half_error, width / sqrt(2 * information), 1e-8, 0);
    check_close(t.width_error, width / (q * sqrt(2 * information)), 1e-8, 0);
    check_close(t.covariance, 0, 0, 1e-16);
    check_close(t.chi2, 0, 0, 1e-10);
    assert_int_equal(t.degrees, 0);
}

/* No half or width nearby has a higher likelihood, and the deviance is what is missing to that of
 * the fractions themselves.  The loads lie far from symmetric. */
static void the_fit_is_where_the_likelihood_is_highest(void **state)
{
    (void) state;
    const double load[4] = {0.13, 0.14, 0.15, 0.19}, r[4] = {50, 31, 17, 0},
                 n[4] = {50, 40, 50, 30};
    struct eg_transition t;
    assert_int_equal(eg_transition_fit(&t, load, r, n, 4), EG_OK);
    double best = 0, full = 0;
    for (int step = 0; step < 9; step++) {
        const double half = t.half + 1e-5 * (step / 3 - 1);
        const double width = t.width + 1e-5 * (step % 3 - 1);
        double value = 0;
        for (size_t j = 0; j < 4; j++) {
            const double z = (half - load[j]) / width;
            value += (r[j] > 0 ? r[j] * log(normal(z)) : 0)
                     + (n[j] > r[j] ? (n[j] - r[j]) * log(normal(-z)) : 0);
        }
        if (step == 0)
            best = -INFINITY;
        if (step == 4)
            full = value;
        else
            best = fmax(best, value);
    }
    assert_true(full > best);
    const double saturated =
        31 * log(31.0 / 40) + 9 * log(9.0 / 40) + 17 * log(17.0 / 50) + 33 * log(33.0 / 50);
    check_close(t.chi2, 2 * (saturated - full), 1e-9, 0);
    assert_int_equal(t.degrees, 2);
}

/* z = (half - x) / width has the derivatives 1 / width and -z / width; the information on both is
 * the sum of n phi(z)^2 / (F (1 - F)) times their products, and the errors are of its inverse. */
static void the_errors_are_those_of_the_information(void **state)
{
    (void) state;
    const double load[4] = {0.12, 0.13, 0.135, 0.15}, r[4] = {58, 45, 33, 20},
                 n[4] = {60, 50, 40, 50};
    struct eg_transition t;
    assert_int_equal(eg_transition_fit(&t, load, r, n, 4), EG_OK);
    double hh = 0, hw = 0, ww = 0;
    for (size_t j = 0; j < 4; j++) {
        const double z = (t.half - load[j]) / t.width, phi = exp(-z * z / 2) / sqrt(2 * M_PI);
        const double weight = n[j] * phi * phi / (normal(z) * normal(-z)) / (t.width * t.width);
        hh += weight;
        hw -= weight * z;
        ww += weight * z * z;
    }
    const double det = hh * ww - hw * hw;
    check_close(t.half_error, sqrt(ww / det), 1e-8, 0);
    check_close(t.width_error, sqrt(hh / det), 1e-8, 0);
    check_close(t.covariance, -hw / det, 1e-8, 0);
    assert_true(fabs(t.covariance) > 0.1 * t.half_error * t.width_error);
}

/* Loads in other units, and far from where they count. */
static void units_of_the_load_do_not_matter(void **state)
{
    (void) state;
    double load[6] = {0.02, 0.14, 0.145, 0.15, 0.155, 0.9};
    const double r[6] = {200, 180, 131, 80, 30, 0}, n[6] = {200, 200, 200, 200, 200, 200};
    struct eg_transition t, u;
    assert_int_equal(eg_transition_fit(&t, load, r, n, 6), EG_OK);
    for (size_t j = 0; j < 6; j++)
        load[j] = 7 + 1e6 * load[j];
    assert_int_equal(eg_transition_fit(&u, load, r, n, 6), EG_OK);
    check_close(u.half, 7 + 1e6 * t.half, 1e-10, 0);
    check_close(u.half_error, 1e6 * t.half_error, 1e-8, 0);
    check_close(u.width_error, 1e6 * t.width_error, 1e-8, 0);
    /* What the far loads say was clear before. */
    assert_int_equal(eg_transition_fit(&u, load + 1, r + 1, n + 1, 4), EG_OK);
    check_close(u.half, 7 + 1e6 * t.half, 1e-10, 0);
}

static void a_load_without_networks_changes_nothing(void **state)
{
    (void) state;
    const double load[5] = {0.13, 0.14, 0.15, 0.16, 0.17};
    const double r[5] = {0, 90, 40, 0, 3}, n[5] = {0, 100, 100, 0, 100};
    const double load3[3] = {0.14, 0.15, 0.17}, r3[3] = {90, 40, 3}, n3[3] = {100, 100, 100};
    struct eg_transition t, u;
    assert_int_equal(eg_transition_fit(&t, load, r, n, 5), EG_OK);
    assert_int_equal(eg_transition_fit(&u, load3, r3, n3, 3), EG_OK);
    assert_memory_equal(&t, &u, sizeof t);
}

static void check_no_transition(const double *load, const double *r, const double *n, size_t loads)
{
    struct eg_transition t;
    assert_int_equal(eg_transition_fit(&t, load, r, n, loads), EG_OK);
    assert_true(isnan(t.half) && isnan(t.half_error) && isnan(t.width) && isnan(t.width_error));
    assert_true(isnan(t.covariance) && isnan(t.chi2));
}

static void data_that_do_not_bracket_the_fall_have_no_value(void **state)
{
    (void) state;
    const double load[4] = {0.12, 0.13, 0.14, 0.15}, n[4] = {20, 20, 20, 20}, none[4] = {0};
    check_no_transition(load, (const double[]){20, 20, 20, 20}, n, 4); /* all */
    check_no_transition(load, (const double[]){0, 0, 0, 0}, n, 4);     /* none */
    check_no_transition(load, (const double[]){20, 20, 0, 0}, n, 4);   /* a step, of any width */
    check_no_transition(load, (const double[]){20, 20, 9, 0}, n, 4);   /* the same */
    check_no_transition(load, (const double[]){3, 8, 12, 19}, n, 4);   /* it rises */
    check_no_transition(load, (const double[]){19, 18, 17, 15}, n,
                        4); /* half is beyond the loads */
    check_no_transition(load, (const double[]){10, 10, 10, 10}, n, 4); /* flat */
    check_no_transition(load, (const double[]){10, 10, 10, 10}, none, 4);
    check_no_transition(load, (const double[]){10}, n, 1);
    check_no_transition(load, none, n, 0);
}

static void counts_that_cannot_be_are_refused(void **state)
{
    (void) state;
    struct eg_transition t;
    const double load[3] = {0.1, 0.2, 0.3}, r[3] = {9, 5, 1}, n[3] = {10, 10, 10};
    assert_int_equal(eg_transition_fit(&t, load, r, n, 3), EG_OK);
    assert_true(t.half > 0.1 && t.half < 0.3);
    const double bad[][3] = {{9, 11, 1}, {9, -1, 1}, {9, NAN, 1}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(eg_transition_fit(&t, load, bad[i], n, 3), EG_ERR_RANGE);
    const double unordered[][3] = {
        {0.1, 0.1, 0.3}, {0.1, 0.05, 0.3}, {0.1, NAN, 0.3}, {0.1, 0.2, INFINITY}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(eg_transition_fit(&t, unordered[i], r, n, 3), EG_ERR_RANGE);
    const double numbers[][3] = {{10, -10, 10}, {10, NAN, 10}, {10, INFINITY, 10}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(eg_transition_fit(&t, load, r, numbers[i], 3), EG_ERR_RANGE);
    assert_true(isnan(t.half));
}

/* Errors are honest: over many draws half, width and their combination half + width pull by 1. */
static void transitions_of_drawn_counts_pull_by_one(void **state)
{
    (void) state;
    struct pulls half = {0}, width = {0}, both = {0}, chi2 = {0};
    for (uint64_t repeat = 0; repeat < REPEATS; repeat++) {
        double load[LOADS], r[LOADS], n[LOADS];
        struct eg_stream stream;
        eg_stream_open(&stream, 11, EG_FOR_TESTS, 1, repeat);
        for (size_t j = 0; j < LOADS; j++) {
            load[j] = 0.134 + 0.004 * (double) j;
            n[j] = 80;
            r[j] = drawn(&stream, n[j], normal((0.152 - load[j]) / 0.009));
        }
        struct eg_transition t;
        assert_int_equal(eg_transition_fit(&t, load, r, n, LOADS), EG_OK);
        pull(&half, t.half, 0.152, t.half_error);
        pull(&width, t.width, 0.009, t.width_error);
        pull(&both, t.half + t.width, 0.161,
             sqrt(t.half_error * t.half_error + t.width_error * t.width_error + 2 * t.covariance));
        pull(&chi2, t.chi2, (double) t.degrees, sqrt(2 * (double) t.degrees));
    }
    check_pulls(&half, 0.2);
    check_pulls(&width, 0.25);
    check_pulls(&both, 0.25);
    check_close(chi2.sum / chi2.n, 0, 0, 0.5);
}

/* (0.15 - x) / 0.01 = (0.14 - x) / 0.005 at x = 0.13, where both are Phi(2).  Only one number with
 * an error at a time, against the difference of two crossings. */
static void a_crossing_agrees_with_a_hand_calculation(void **state)
{
    (void) state;
    const struct eg_transition a = {.half = 0.15, .width = 0.01},
                               b = {.half = 0.14, .width = 0.005};
    struct eg_crossing c = eg_transition_crossing(&a, &b);
    check_close(c.load, 0.13, 1e-14, 0);
    check_close(c.fraction, 0.977249868, 1e-9, 0);
    check_close(c.load_error, 0, 0, 0);
    for (int which = 0; which < 4; which++) {
        struct eg_transition p[2] = {a, b}, q[2] = {a, b};
        double *up = which % 2 ? &p[which / 2].width : &p[which / 2].half;
        *(which % 2 ? &q[which / 2].width_error : &q[which / 2].half_error) = 1e-4;
        *up += 1e-7;
        const double by = (eg_transition_crossing(&p[0], &p[1]).load - c.load) / 1e-7;
        check_close(eg_transition_crossing(&q[0], &q[1]).load_error, fabs(by) * 1e-4, 1e-4, 0);
    }
    /* Half and width that move together, or against each other: the derivatives by those of the
     * first are -1 and 2, and of the second 2 and -4. */
    struct eg_transition first = a, second = b;
    first.half_error = first.width_error = 1e-4;
    first.covariance = -1e-8;
    check_close(eg_transition_crossing(&first, &second).load_error, 3e-4, 1e-9, 0);
    first = a;
    second.half_error = second.width_error = 1e-4;
    second.covariance = 1e-8;
    check_close(eg_transition_crossing(&first, &second).load_error, 2e-4, 1e-9, 0);
}

static void curves_that_are_not_steeper_do_not_cross(void **state)
{
    (void) state;
    const struct eg_transition a = {.half = 0.15, .width = 0.01, .width_error = 1e-3};
    struct eg_transition b = {.half = 0.14, .width = 0.0079, .width_error = 1e-6}, none = a;
    none.half = none.width = none.width_error = NAN;
    assert_true(isfinite(eg_transition_crossing(&a, &b).load));
    b.width = 0.0081; /* 1.9 standard errors */
    assert_true(isnan(eg_transition_crossing(&a, &b).load));
    b.width = 0.02;
    assert_true(isnan(eg_transition_crossing(&a, &b).load));
    assert_true(isnan(eg_transition_crossing(&a, &none).load));
    assert_true(isnan(eg_transition_crossing(&none, &b).load_error));
}

static void halves_on_the_law_give_its_parameters(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_transition t[SIZES];
    for (size_t k = 0; k < SIZES; k++)
        t[k] = (struct eg_transition){.half = 0.139 + 0.9 * pow((double) sizes[k], -0.6),
                                      .half_error = 1e-4 * (double) (k + 1)};
    struct eg_limit given, fitted;
    assert_int_equal(eg_limit_fit(&given, arena, sizes, t, SIZES, 0.6), EG_OK);
    assert_int_equal(eg_limit_fit(&fitted, arena, sizes, t, SIZES, 0), EG_OK);
    check_close(given.load, 0.139, 1e-12, 0);
    check_close(given.slope, 0.9, 1e-10, 0);
    check_close(given.exponent, 0.6, 0, 0);
    check_close(given.exponent_error, 0, 0, 0);
    check_close(given.chi2, 0, 0, 1e-15);
    assert_int_equal(given.degrees, SIZES - 2);
    check_close(fitted.load, 0.139, 1e-8, 0);
    check_close(fitted.slope, 0.9, 1e-6, 0);
    check_close(fitted.exponent, 0.6, 1e-7, 0);
    assert_int_equal(fitted.degrees, SIZES - 3);
    /* What is fitted too costs certainty. */
    assert_true(fitted.load_error > given.load_error && fitted.exponent_error > 0);
    eg_arena_free(&arena);
}

/* The errors are of the inverse of J^T W J, J the derivatives by the three parameters. */
static void errors_of_three_parameters_are_those_of_the_normal_equations(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_transition t[SIZES];
    for (size_t k = 0; k < SIZES; k++)
        t[k] = (struct eg_transition){.half = 0.139 + 0.9 * pow((double) sizes[k], -0.6),
                                      .half_error = 1e-4 * (double) (k + 1)};
    struct eg_limit l;
    assert_int_equal(eg_limit_fit(&l, arena, sizes, t, SIZES, 0), EG_OK);
    double a[3][3] = {{0}};
    for (size_t k = 0; k < SIZES; k++) {
        const double size = (double) sizes[k], power = pow(size, -0.6);
        const double j[3] = {1, power, -0.9 * log(size) * power};
        for (int x = 0; x < 3; x++)
            for (int y = 0; y < 3; y++)
                a[x][y] += j[x] * j[y] / (t[k].half_error * t[k].half_error);
    }
    const double got[3] = {l.load_error, l.slope_error, l.exponent_error};
    double minors[3], det = 0;
    for (int x = 0; x < 3; x++) {
        const int y = (x + 1) % 3, z = (x + 2) % 3;
        minors[x] = a[y][y] * a[z][z] - a[y][z] * a[z][y];
        det += a[0][x] * (a[1][y] * a[2][z] - a[1][z] * a[2][y]);
    }
    for (int x = 0; x < 3; x++)
        check_close(got[x], sqrt(minors[x] / det), 1e-5, 0);
    eg_arena_free(&arena);
}

/* N = 100 and 400 at exponent 1/2: x = 1/10 and 1/20, halves 0.19 +- 0.003 and 0.16 +- 0.002: the
 * slope is 0.03 / 0.05 and the limit 2 * 0.16 - 0.19 with errors 4 and 1 times squares. */
static void two_sizes_agree_with_a_hand_calculation(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const long two[2] = {100, 400};
    const struct eg_transition t[2] = {{.half = 0.19, .half_error = 0.003},
                                       {.half = 0.16, .half_error = 0.002}};
    struct eg_limit l;
    assert_int_equal(eg_limit_fit(&l, arena, two, t, 2, 0.5), EG_OK);
    check_close(l.load, 0.13, 1e-12, 0);
    check_close(l.slope, 0.6, 1e-12, 0);
    check_close(l.load_error, 0.005, 1e-10, 0);
    check_close(l.slope_error, hypot(0.003, 0.002) / 0.05, 1e-10, 0);
    assert_int_equal(l.degrees, 0);
    eg_arena_free(&arena);
}

/* Halves off the law by +-0.01: errors that are too small by a factor come out the same. */
static void errors_grow_with_what_the_law_leaves_out(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const long four[4] = {1, 4, 16, 64};
    const double off[4] = {1, -1, -1, 1};
    struct eg_limit l[4];
    const double errors[4] = {1e-3, 1e-4, 1, 8e-3};
    for (int i = 0; i < 4; i++) {
        struct eg_transition t[4];
        for (size_t k = 0; k < 4; k++)
            t[k] =
                (struct eg_transition){.half = 0.14 + 0.5 / sqrt((double) four[k]) + 0.01 * off[k],
                                       .half_error = errors[i]};
        assert_int_equal(eg_limit_fit(&l[i], arena, four, t, 4, 0.5), EG_OK);
    }
    check_close(l[1].load_error, l[0].load_error, 1e-9, 0);
    check_close(l[1].slope_error, l[0].slope_error, 1e-9, 0);
    check_close(l[1].chi2, 100 * l[0].chi2, 1e-9, 0);
    check_close(l[3].load_error, l[0].load_error, 1e-9, 0);
    assert_true(l[3].chi2 > 2 && l[3].chi2 < 8);
    /* Errors that explain the deviation stay: x = 1, 1/2, 1/4, 1/8 has sum 15/8 and sum of squares
     * 85/64, so the variance of the limit is (85/64) / (4 85/64 - 225/64). */
    assert_true(l[2].chi2 < 2);
    check_close(l[2].load_error, sqrt(85.0 / 115), 1e-9, 0);
    eg_arena_free(&arena);
}

static void sizes_without_a_value_are_left_out(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct eg_transition t[SIZES], some[4];
    const long some_sizes[4] = {1000, 4000, 8000, 32000};
    for (size_t k = 0, i = 0; k < SIZES; k++) {
        t[k] = (struct eg_transition){
            .half = 0.14 + 0.8 / sqrt((double) sizes[k]) + 1e-4 * (k % 3 == 0), .half_error = 1e-4};
        if (k == 1 || k == 4)
            t[k].half = t[k].half_error = NAN;
        else
            some[i++] = t[k];
    }
    const double exponents[2] = {0.5, 0};
    for (int i = 0; i < 2; i++) {
        struct eg_limit a, b;
        assert_int_equal(eg_limit_fit(&a, arena, sizes, t, SIZES, exponents[i]), EG_OK);
        assert_int_equal(eg_limit_fit(&b, arena, some_sizes, some, 4, exponents[i]), EG_OK);
        assert_true(isfinite(a.load));
        assert_memory_equal(&a, &b, sizeof a);
    }
    struct eg_limit l;
    assert_int_equal(eg_limit_fit(&l, arena, sizes, t, 4, 0), EG_OK); /* three values */
    assert_true(isnan(l.load) && isnan(l.exponent));
    assert_int_equal(eg_limit_fit(&l, arena, sizes, t, 2, 0.5), EG_OK);
    assert_true(isnan(l.load) && isnan(l.load_error));
    assert_int_equal(eg_limit_fit(&l, arena, sizes, t, 0, 0.5), EG_OK);
    assert_true(isnan(l.load));
    eg_arena_free(&arena);
}

static void sizes_and_exponents_that_cannot_be_are_refused(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    const struct eg_transition t[2] = {{.half = 0.19, .half_error = 0.003},
                                       {.half = 0.16, .half_error = 0.002}};
    struct eg_limit l;
    const long good[2] = {10, 20}, bad[][2] = {{0, 20}, {20, 20}, {20, 10}, {-5, 3}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(eg_limit_fit(&l, arena, bad[i], t, 2, 0.5), EG_ERR_RANGE);
    const double exponents[] = {-0.5, NAN, INFINITY};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(eg_limit_fit(&l, arena, good, t, 2, exponents[i]), EG_ERR_RANGE);
    struct eg_scaling s;
    assert_int_equal(eg_scaling_fit(&s, arena, good, 0, NULL, NULL, NULL, 0, 0.5), EG_ERR_RANGE);
    eg_arena_free(&arena);
}

/* Counts as of networks with alpha_c = 0.14, drawn at loads that suit every size a little. */
static void draw_networks(double *load, double *r, double *n, uint64_t repeat)
{
    struct eg_stream stream;
    eg_stream_open(&stream, 12, EG_FOR_TESTS, 2, repeat);
    for (size_t k = 0; k < SIZES; k++)
        for (size_t j = 0; j < 12; j++) {
            const double size = (double) sizes[k];
            const size_t at = k * 12 + j;
            load[at] = round((0.134 + 0.004 * (double) j) * size) / size;
            n[at] = 60;
            r[at] = drawn(&stream, n[at],
                          normal((0.14 + 0.775 / sqrt(size) - load[at]) / (0.59 / sqrt(size))));
        }
}

static void critical_loads_of_drawn_counts_pull_by_one(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    struct pulls limit = {0}, exponent = {0}, crossing = {0}, slope = {0};
    double worst = 0, mean = 0;
    for (uint64_t repeat = 0; repeat < REPEATS; repeat++) {
        double load[SIZES * 12], r[SIZES * 12], n[SIZES * 12];
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        struct eg_scaling s;
        draw_networks(load, r, n, repeat);
        assert_int_equal(eg_scaling_fit(&s, arena, sizes, SIZES, load, r, n, 12, 0.5), EG_OK);
        assert_int_equal(s.sizes, SIZES);
        pull(&limit, s.limit.load, 0.14, s.limit.load_error);
        pull(&slope, s.limit.slope, 0.775, s.limit.slope_error);
        /* The exponent is far from 0 in most draws only; where it is not there is no value. */
        if (isfinite(s.limit_exponent.load))
            pull(&exponent, s.limit_exponent.exponent, 0.5, s.limit_exponent.exponent_error);
        if (isfinite(s.crossings[1].load))
            pull(&crossing, s.crossings[1].load, 0.14, s.crossings[1].load_error);
        worst = fmax(worst, s.limit.load_error);
        mean += s.limit.load / REPEATS;
        eg_arena_rewind(arena, mark);
    }
    check_pulls(&limit, 0.2);
    check_pulls(&slope, 0.2);
    check_pulls(&exponent, 0.3);
    check_pulls(&crossing, 0.4);
    assert_true(exponent.n >= 0.98 * REPEATS && crossing.n >= 0.95 * REPEATS);
    check_close(mean, 0.14, 0, 2e-4);
    assert_true(worst < 0.003);
    eg_arena_free(&arena);
}

static void the_whole_is_its_parts(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    double load[SIZES * 12], r[SIZES * 12], n[SIZES * 12];
    draw_networks(load, r, n, 7);
    for (size_t j = 0; j < 12; j++)
        r[2 * 12 + j] = n[2 * 12 + j]; /* the third size retrieves always */
    struct eg_scaling s;
    assert_int_equal(eg_scaling_fit(&s, arena, sizes, SIZES, load, r, n, 12, 0.7), EG_OK);
    struct eg_limit l;
    assert_int_equal(eg_limit_fit(&l, arena, sizes, s.at, SIZES, 0.7), EG_OK);
    assert_memory_equal(&l, &s.limit, sizeof l);
    for (size_t k = 0; k < SIZES; k++) {
        struct eg_transition t;
        assert_int_equal(eg_transition_fit(&t, load + 12 * k, r + 12 * k, n + 12 * k, 12), EG_OK);
        assert_memory_equal(&t, &s.at[k], sizeof t);
        assert_int_equal(isnan(t.half) != 0, k == 2);
    }
    assert_true(isfinite(s.crossings[0].load) && isnan(s.crossings[1].load)
                && isnan(s.crossings[2].load) && isfinite(s.crossings[3].load));
    n[5] = -1;
    assert_int_equal(eg_scaling_fit(&s, arena, sizes, SIZES, load, r, n, 12, 0.7), EG_ERR_RANGE);
    eg_arena_free(&arena);
}

static void no_memory_is_said(void **state)
{
    (void) state;
    struct eg_arena *arena = new_arena();
    double load[SIZES * 12], r[SIZES * 12], n[SIZES * 12];
    draw_networks(load, r, n, 3);
    for (size_t pieces = 0; pieces < 9; pieces++) {
        struct eg_scaling s;
        eg_arena_fail_after(arena, pieces);
        assert_int_equal(eg_scaling_fit(&s, arena, sizes, SIZES, load, r, n, 12, 0.5),
                         EG_ERR_NOMEM);
    }
    eg_arena_free(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_without_noise_comes_back),
        cmocka_unit_test(two_loads_agree_with_a_hand_calculation),
        cmocka_unit_test(the_fit_is_where_the_likelihood_is_highest),
        cmocka_unit_test(the_errors_are_those_of_the_information),
        cmocka_unit_test(units_of_the_load_do_not_matter),
        cmocka_unit_test(a_load_without_networks_changes_nothing),
        cmocka_unit_test(data_that_do_not_bracket_the_fall_have_no_value),
        cmocka_unit_test(counts_that_cannot_be_are_refused),
        cmocka_unit_test(transitions_of_drawn_counts_pull_by_one),
        cmocka_unit_test(a_crossing_agrees_with_a_hand_calculation),
        cmocka_unit_test(curves_that_are_not_steeper_do_not_cross),
        cmocka_unit_test(halves_on_the_law_give_its_parameters),
        cmocka_unit_test(errors_of_three_parameters_are_those_of_the_normal_equations),
        cmocka_unit_test(two_sizes_agree_with_a_hand_calculation),
        cmocka_unit_test(errors_grow_with_what_the_law_leaves_out),
        cmocka_unit_test(sizes_without_a_value_are_left_out),
        cmocka_unit_test(sizes_and_exponents_that_cannot_be_are_refused),
        cmocka_unit_test(critical_loads_of_drawn_counts_pull_by_one),
        cmocka_unit_test(the_whole_is_its_parts),
        cmocka_unit_test(no_memory_is_said),
    };
    gsl_set_error_handler_off(); /* as the program does */
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
