/* memory/rule_projection.c -- the pseudo-inverse rule.
 *
 * The basis comes from Gram-Schmidt, done twice (Giraud, Langou & Rozloznik 2005: twice is enough),
 * for a block of patterns at a time against all before it by matrix products, then within the
 * block. The first round decides which patterns are dependent. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cblas.h>

#include "memory/rules.h"

enum { BLOCK = 32 };
static const double dependent = 1e-10; /* of N: square of the distance from the span */

static double squares(const double *x, size_t n)
{
    return cblas_ddot((blasint) n, x, 1, x, 1);
}

/* x (count, n) loses its part in the span of the rows of q (rank, n).  room: count * rank. */
static void project_out(double *x, size_t count, const double *q, size_t rank, double *room,
                        size_t n)
{
    if (rank == 0 || count == 0)
        return;
    const blasint b = (blasint) count, k = (blasint) rank, w = (blasint) n;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, b, k, w, 1, x, w, q, w, 0, room, k);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, b, w, k, -1, room, k, q, w, 1, x, w);
}

/* Adds to the basis q (rank, n) what is new in the patterns that stand in the `count` rows after
 * it, and returns the new rank.  room: count * (rank + count). */
static size_t extend(double *q, size_t rank, size_t count, double *room, size_t n)
{
    double *const x = q + rank * n;
    size_t kept = count;
    for (int round = 0; round < 2; round++) {
        const size_t rows = kept;
        kept = 0;
        project_out(x, rows, q, rank, room, n);
        for (size_t k = 0; k < rows; k++) {
            double *const from = x + k * n, *const to = x + kept * n;
            for (int twice = 0; twice < 2; twice++)
                project_out(from, 1, x, kept, room, n);
            const double square = squares(from, n);
            if (round == 0 && square < dependent * (double) n)
                continue;
            if (to != from)
                memcpy(to, from, n * sizeof *to);
            cblas_dscal((blasint) n, 1 / sqrt(square), to, 1);
            kept++;
        }
    }
    return rank + kept;
}

/* Takes the diagonal away where it should go.  At full rank w is the identity; off the diagonal
 * there is only rounding, which must not be taken for fields. */
static void finish(struct eg_couplings *c, size_t rank)
{
    const size_t n = c->sites;
    if (rank == n)
        memset(c->w, 0, n * n * sizeof *c->w);
    for (size_t i = 0; i < n; i++)
        if (!c->self_coupling)
            c->w[i * n + i] = 0;
        else if (rank == n)
            c->w[i * n + i] = 1;
}

static void note(struct eg_message *message, size_t dependents, size_t count, size_t rank,
                 const struct eg_couplings *c)
{
    int at = 0;
    if (dependents)
        at =
            snprintf(message->text, sizeof message->text,
                     "%zu of %zu patterns are linearly dependent on those before them: the rank is "
                     "%zu",
                     dependents, count, rank);
    if (rank == c->sites && at >= 0)
        (void) snprintf(message->text + at, sizeof message->text - (size_t) at,
                        "%sthe patterns span all %zu dimensions, so that every state is %s",
                        dependents ? "; " : "", rank,
                        c->self_coupling ? "a fixed point"
                                         : "as good as any other: without self-coupling all "
                                           "couplings are 0");
}

static int learn(struct eg_couplings *c, const struct eg_patterns *p,
                 const struct eg_rule_options *o, struct eg_learning *l, struct eg_message *m)
{
    (void) o;
    const size_t n = c->sites, most = p->count < n ? p->count : n;
    double *const q = c->basis ? c->basis : eg_arena_zeros(l->arena, most, n * sizeof *q);
    double *const room = eg_arena_zeros(l->arena, BLOCK, n * sizeof *room);
    if (!q || !room)
        return EG_FAIL(EG_ERR_NOMEM, m, "no memory for a basis of %zu x %zu", most, n);
    size_t rank = 0, seen = 0;
    while (seen < p->count && rank < most) {
        size_t count = p->count - seen < BLOCK ? p->count - seen : BLOCK;
        if (count > most - rank)
            count = most - rank;
        eg_rule_signs(p, seen, count, q + rank * n);
        rank = extend(q, rank, count, room, n);
        seen += count;
    }
    c->rank = rank;
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (blasint) n, (blasint) rank, 1, q,
                (blasint) n, 0, c->w, (blasint) n);
    eg_couplings_mirror(c);
    finish(c, rank);
    note(&l->note, p->count - rank, p->count, rank, c);
    return EG_OK;
}

static int store(struct eg_couplings *c, const int8_t *xi, struct eg_learning *l,
                 struct eg_message *m)
{
    const size_t n = c->sites, before = c->rank;
    if (!c->basis)
        return EG_FAIL(EG_ERR_RANGE, m,
                       "the basis of the projection rule was not kept: one more pattern cannot be "
                       "stored");
    if (before == n) {
        note(&l->note, 1, 1, n, c);
        return EG_OK;
    }
    double *const room = eg_arena_zeros(l->arena, n, sizeof *room);
    if (!room)
        return EG_FAIL(EG_ERR_NOMEM, m, "no memory for %zu numbers", n);
    double *const q = c->basis + before * n;
    for (size_t i = 0; i < n; i++)
        q[i] = xi[i];
    c->rank = extend(c->basis, before, 1, room, n);
    for (size_t i = 0; i < n && c->rank > before; i++)
        cblas_daxpy((blasint) n, q[i], q, 1, c->w + i * n, 1);
    eg_couplings_mirror(c);
    finish(c, c->rank);
    note(&l->note, c->rank == before, 1, c->rank, c);
    return EG_OK;
}

const struct eg_rule eg_rule_projection = {
    .name = "projection",
    .summary = "the pseudo-inverse: projects on the span of the patterns, N - 1 of which are fixed",
    .source = "Personnaz, Guyon & Dreyfus 1985 (doi:10.1051/jphyslet:01985004608035900); Kanter & "
              "Sompolinsky 1987 (doi:10.1103/PhysRevA.35.380)",
    .symmetric = 1,
    .learn = learn,
    .store = store,
};
