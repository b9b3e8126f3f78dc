/* memory/rule_storkey.c -- Storkey's rule, N^2 operations a pattern.
 *
 * With K_i = N sum_{k != i} w_ik xi_k and j != i, h_ij = K_i / N - w_ij xi_j.  In units of 1/N the
 * rule reads, xi_j^2 being 1,
 *
 *     w_ij += xi_i xi_j - xi_i (K_j / N - w_ij xi_i) - (K_i / N - w_ij xi_j) xi_j
 *           = xi_i xi_j (a_i + a_j) + 2/N w_ij,          a_i = 1/2 - xi_i K_i / N
 *
 * (w in the last line and K in whole units), and w_ii += 2 a_i on the diagonal, whose h_ii leaves
 * out only i.  One pass over w adds a pattern and makes the sums K for the next. */
#include <string.h>

#include "memory/rules.h"

struct storkey {
    double *w, *diagonal; /* the diagonal of w itself is 0 meanwhile         */
    double *xi, *next;    /* the pattern to be added, and the one after it   */
    double *sums;         /* K of xi; then of next                           */
    double *a;
    size_t n;
};

static int prepare(struct storkey *s, struct eg_couplings *c, struct eg_learning *l,
                   struct eg_message *m)
{
    const size_t n = c->sites;
    double *room = eg_arena_zeros(l->arena, n, 5 * sizeof *room);
    if (!room)
        return EG_FAIL(EG_ERR_NOMEM, m, "no memory for 5 x %zu numbers", n);
    *s = (struct storkey){c->w, room, room + n, room + 2 * n, room + 3 * n, room + 4 * n, n};
    for (size_t i = 0; i < n; i++) {
        s->diagonal[i] = c->w[i * n + i];
        c->w[i * n + i] = 0;
    }
    return EG_OK;
}

static void finish(struct storkey *s, struct eg_couplings *c)
{
    for (size_t i = 0; i < s->n && c->self_coupling; i++)
        c->w[i * s->n + i] = s->diagonal[i];
    eg_couplings_mirror(c); /* the two triangles differ by rounding at most */
}

static double dot(const double *x, const double *y, size_t n)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t j = 0; j < n; j++)
        sum += x[j] * y[j];
    return sum;
}

static void row_add(double *row, const double *xi, const double *a, double grow, double xi_i,
                    double a_i, size_t n)
{
#pragma omp simd
    for (size_t j = 0; j < n; j++)
        row[j] = grow * row[j] + xi_i * xi[j] * (a_i + a[j]);
}

static void pass(struct storkey *s)
{
    const size_t n = s->n;
    for (size_t i = 0; i < n; i++) {
        s->a[i] = 0.5 - s->xi[i] * s->sums[i] / (double) n;
        s->diagonal[i] += 2 * s->a[i];
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        double *row = s->w + i * n;
        row_add(row, s->xi, s->a, 1 + 2 / (double) n, s->xi[i], s->a[i], n);
        row[i] = 0;
        s->sums[i] = dot(row, s->next, n);
    }
}

static int learn(struct eg_couplings *c, const struct eg_patterns *p,
                 const struct eg_rule_options *o, struct eg_learning *l, struct eg_message *m)
{
    (void) o;
    struct storkey s;
    const int status = prepare(&s, c, l, m);
    if (status)
        return status;
    eg_rule_signs(p, 0, 1, s.xi);
    for (size_t mu = 0; mu < p->count; mu++) {
        if (mu + 1 < p->count)
            eg_rule_signs(p, mu + 1, 1, s.next);
        pass(&s);
        memcpy(s.xi, s.next, c->sites * sizeof *s.xi);
    }
    finish(&s, c);
    return EG_OK;
}

static int store(struct eg_couplings *c, const int8_t *xi, struct eg_learning *l,
                 struct eg_message *m)
{
    struct storkey s;
    const int status = prepare(&s, c, l, m);
    if (status)
        return status;
    for (size_t i = 0; i < c->sites; i++)
        s.xi[i] = xi[i];
    for (size_t i = 0; i < c->sites; i++)
        s.sums[i] = dot(c->w + i * c->sites, s.xi, c->sites);
    pass(&s);
    finish(&s, c);
    return EG_OK;
}

const struct eg_rule eg_rule_storkey = {
    .name = "storkey",
    .summary = "Hebbian less what the local fields say already; in the order of the patterns",
    .source = "Storkey 1997 (doi:10.1007/BFb0020196)",
    .symmetric = 1,
    .learn = learn,
    .store = store,
};
