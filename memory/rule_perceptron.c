/* memory/rule_perceptron.c -- couplings that give each pattern a stability: perceptron and minover.
 *
 * Row i is sum_mu x_mu eta_mu xi^mu / N, with eta_mu = xi_i^mu and whole embedding strengths x_mu.
 * What learning looks at is, in units of 1/N,
 *
 *     D_nu = N eta_nu sum_{j != i} w_ij xi_j^nu = eta_nu f_nu - X,
 *     f_nu = sum_mu x_mu eta_mu G_mu,nu,   G_mu,nu = sum_j xi_j^mu xi_j^nu,   X = sum_mu x_mu
 *
 * (X goes where self-coupling is kept), so that to learn mu once more is to add eta_mu times a row
 * of the Gram matrix, the same for all i, to f: P additions, not N + N P.  All are whole numbers,
 * exact in any order.  |w_i|^2 is kept by N^2 |w + xi eta / N|^2 = N^2 |w|^2 + 2 D + N - 1. */
#include <math.h>
#include <stdio.h>

#include <cblas.h>
#include <omp.h>

#include "memory/rules.h"

struct problem {
    size_t n, count;
    const double *xi;   /* (count, n)                                       */
    const double *gram; /* (count, count)                                   */
    double stability;
    long sweeps_max;
    int self_coupling;
};

struct row {
    double *f, *eta, *x; /* (count) */
    double total;        /* X        */
    double square;       /* N^2 |w|^2 */
};

static double margin(const struct problem *p, const struct row *r, size_t mu)
{
    return r->eta[mu] * r->f[mu] - (p->self_coupling ? 0 : r->total);
}

static void embed(const struct problem *p, struct row *r, size_t mu)
{
    r->square += 2 * margin(p, r, mu) + (double) p->n - (p->self_coupling ? 0 : 1);
    r->x[mu] += 1;
    r->total += 1;
    cblas_daxpy((blasint) p->count, r->eta[mu], p->gram + mu * p->count, 1, r->f, 1);
}

/* Whether every stability is above what was asked for. */
static int perceptron(const struct problem *p, struct row *r)
{
    for (long sweep = 0; sweep < p->sweeps_max; sweep++) {
        int moved = 0;
        for (size_t mu = 0; mu < p->count; mu++)
            if (!(margin(p, r, mu) > p->stability * sqrt(r->square))) {
                embed(p, r, mu);
                moved = 1;
            }
        if (!moved)
            return 1;
    }
    return 0;
}

/* The first of the least stable. */
static size_t weakest(const struct problem *p, const struct row *r)
{
    size_t at = 0;
    double least = r->eta[0] * r->f[0];
    for (size_t mu = 1; mu < p->count; mu++) {
        const double d = r->eta[mu] * r->f[mu];
        if (d < least) {
            least = d;
            at = mu;
        }
    }
    return at;
}

static int minover(const struct problem *p, struct row *r)
{
    for (long sweep = 0; sweep < p->sweeps_max; sweep++)
        for (size_t step = 0; step < p->count; step++) {
            const size_t mu = weakest(p, r);
            if (margin(p, r, mu) > p->stability * sqrt(r->square))
                return 1;
            embed(p, r, mu);
        }
    return margin(p, r, weakest(p, r)) > p->stability * sqrt(r->square);
}

typedef int learn_row(const struct problem *p, struct row *r);

static int one_row(const struct problem *p, struct row *r, learn_row *learn, size_t i, double *w)
{
    for (size_t mu = 0; mu < p->count; mu++) {
        r->eta[mu] = p->xi[mu * p->n + i];
        r->f[mu] = r->x[mu] = 0;
    }
    r->total = r->square = 0;
    const int converged = learn(p, r);
    for (size_t mu = 0; mu < p->count; mu++)
        r->x[mu] *= r->eta[mu];
    cblas_dgemv(CblasRowMajor, CblasTrans, (blasint) p->count, (blasint) p->n, 1, p->xi,
                (blasint) p->n, r->x, 1, 0, w, 1);
    if (!p->self_coupling)
        w[i] = 0;
    return converged;
}

static int learn_rows(struct eg_couplings *c, const struct eg_patterns *patterns,
                      const struct eg_rule_options *o, struct eg_learning *l, struct eg_message *m,
                      learn_row *learn)
{
    const size_t n = c->sites, count = patterns->count, threads = (size_t) omp_get_max_threads();
    double *xi = NULL, *gram = NULL, *rows = NULL;
    if (count <= SIZE_MAX / sizeof(double) / 3 && n <= SIZE_MAX / sizeof(double)) {
        xi = eg_arena_zeros(l->arena, count, n * sizeof *xi);
        gram = eg_arena_zeros(l->arena, count, count * sizeof *gram);
        rows = eg_arena_zeros(l->arena, threads, 3 * count * sizeof *rows);
    }
    if (!xi || !gram || !rows)
        return EG_FAIL(EG_ERR_NOMEM, m, "no memory for the overlaps of %zu patterns", count);
    eg_rule_signs(patterns, 0, count, xi);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint) count, (blasint) count,
                (blasint) n, 1, xi, (blasint) n, xi, (blasint) n, 0, gram, (blasint) count);
    const struct problem problem = {
        n, count, xi, gram, o->stability, o->sweeps_max, o->self_coupling};
    size_t failed = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : failed)
    for (size_t i = 0; i < n; i++) {
        double *const room = rows + 3 * count * (size_t) omp_get_thread_num();
        struct row r = {.f = room, .eta = room + count, .x = room + 2 * count};
        failed += !one_row(&problem, &r, learn, i, c->w + i * n);
    }
    if (failed)
        (void) snprintf(l->note.text, sizeof l->note.text,
                        "%zu of %zu sites did not reach a stability above %g for all %zu patterns "
                        "within %ld sweeps",
                        failed, n, o->stability, count, o->sweeps_max);
    return EG_OK;
}

static int learn_perceptron(struct eg_couplings *c, const struct eg_patterns *p,
                            const struct eg_rule_options *o, struct eg_learning *l,
                            struct eg_message *m)
{
    return learn_rows(c, p, o, l, m, perceptron);
}

static int learn_minover(struct eg_couplings *c, const struct eg_patterns *p,
                         const struct eg_rule_options *o, struct eg_learning *l,
                         struct eg_message *m)
{
    return learn_rows(c, p, o, l, m, minover);
}

const struct eg_rule eg_rule_perceptron = {
    .name = "perceptron",
    .summary = "each site a perceptron of stability kappa; asymmetric, up to 2 N patterns",
    .source = "Gardner 1988 (doi:10.1088/0305-4470/21/1/030)",
    .symmetric = 0,
    .learn = learn_perceptron,
    .store = NULL,
};

const struct eg_rule eg_rule_minover = {
    .name = "minover",
    .summary = "each site learns its least stable pattern; asymmetric, to the largest stability",
    .source = "Krauth & Mezard 1987 (doi:10.1088/0305-4470/20/11/013)",
    .symmetric = 0,
    .learn = learn_minover,
    .store = NULL,
};
