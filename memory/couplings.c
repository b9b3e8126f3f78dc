#include "memory/couplings.h"

#include <string.h>

#include <cblas.h>

enum { REFRESH = 4, TILE = 32 };

int eg_couplings_alloc(struct eg_couplings *c, size_t sites, int symmetric, int self_coupling,
                       struct eg_arena *arena)
{
    *c = (struct eg_couplings){
        .sites = sites, .symmetric = symmetric, .self_coupling = self_coupling};
    if (sites == 0 || sites > SIZE_MAX / sizeof(double) / sites)
        return EG_RAISE(EG_ERR_NOMEM);
    c->unit = 1 / (double) sites;
    c->w = eg_arena_zeros(arena, sites * sites, sizeof *c->w);
    c->columns = symmetric ? c->w : eg_arena_zeros(arena, sites * sites, sizeof *c->columns);
    c->bias = eg_arena_zeros(arena, sites, sizeof *c->bias);
    return c->w && c->columns && c->bias ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* to_ji = from_ij, or of the lower triangle only; tile by tile, both sides stay in the cache. */
static void transpose(double *to, const double *from, size_t n, int lower)
{
    for (size_t i0 = 0; i0 < n; i0 += TILE)
        for (size_t j0 = 0; j0 < n; j0 += TILE)
            for (size_t i = i0; i < i0 + TILE && i < n; i++)
                for (size_t j = j0; j < j0 + TILE && j < n; j++)
                    if (!lower || j < i)
                        to[j * n + i] = from[i * n + j];
}

void eg_couplings_mirror(struct eg_couplings *c)
{
    transpose(c->w, c->w, c->sites, 1);
}

void eg_couplings_transpose(struct eg_couplings *c)
{
    if (c->columns != c->w)
        transpose(c->columns, c->w, c->sites, 0);
}

static void add(double *w, size_t n, double a, const int8_t *spins, int self_coupling)
{
    for (size_t i = 0; i < n; i++) {
        double *row = w + i * n;
        const double kept = row[i], as = a * spins[i];
        for (size_t j = 0; j < n; j++)
            row[j] += as * spins[j];
        if (!self_coupling)
            row[i] = kept;
    }
}

void eg_couplings_add(struct eg_couplings *c, double a, const int8_t *spins)
{
    add(c->w, c->sites, a, spins, c->self_coupling);
    if (c->columns != c->w)
        add(c->columns, c->sites, a, spins, c->self_coupling);
}

void eg_couplings_binary(struct eg_couplings *c, enum eg_threshold kind, const double *theta)
{
    const size_t n = c->sites;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += c->w[i * n + j];
        sum *= c->unit;
        const double t = kind == EG_THRESHOLD_MATCHED ? sum / 2
                         : kind == EG_THRESHOLD_GIVEN ? theta[i]
                                                      : 0;
        c->offset -= sum / 8 + (c->bias[i] - t) / 2;
        c->bias[i] = (sum / 2 - t + c->bias[i]) / 2;
    }
    c->unit /= 4;
}

int eg_couplings_init(void *recall, const void *couplings, const struct eg_kernels *kernels,
                      struct eg_arena *arena)
{
    (void) kernels;
    struct eg_couplings_recall *r = recall;
    const struct eg_couplings *c = couplings;
    *r = (struct eg_couplings_recall){
        .c = c,
        .spins = eg_arena_zeros(arena, c->sites, sizeof *r->spins),
        .signs = eg_arena_zeros(arena, c->sites, sizeof *r->signs),
        .sums = eg_arena_zeros(arena, c->sites, sizeof *r->sums),
        .room = eg_arena_zeros(arena, c->sites, sizeof *r->room),
    };
    return r->spins && r->signs && r->sums && r->room ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* sums (N) and, from them, the energy. */
static double anew(const struct eg_couplings_recall *r, double *sums)
{
    const struct eg_couplings *c = r->c;
    const blasint n = (blasint) c->sites;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1, c->w, n, r->signs, 1, 0, sums, 1);
    double pairs = 0, single = 0;
    for (size_t i = 0; i < c->sites; i++) {
        pairs += r->signs[i] * sums[i];
        single += r->signs[i] * c->bias[i];
    }
    return c->offset - c->unit * pairs / 2 - single;
}

static void refresh(struct eg_couplings_recall *r)
{
    r->energy = anew(r, r->sums);
    r->flips = 0;
}

void eg_couplings_start(void *recall, const int8_t *spins)
{
    struct eg_couplings_recall *r = recall;
    memcpy(r->spins, spins, r->c->sites);
    for (size_t i = 0; i < r->c->sites; i++)
        r->signs[i] = spins[i];
    refresh(r);
}

const int8_t *eg_couplings_spins(const void *recall)
{
    return ((const struct eg_couplings_recall *) recall)->spins;
}

double eg_couplings_field(void *recall, size_t site)
{
    const struct eg_couplings_recall *r = recall;
    return r->c->unit * r->sums[site] + r->c->bias[site];
}

/* With s the old sign: E changes by 2 s b + u s sum_{i != j} (w_ji + w_ij) s_i. */
void eg_couplings_flip(void *recall, size_t site)
{
    struct eg_couplings_recall *r = recall;
    const struct eg_couplings *c = r->c;
    const blasint n = (blasint) c->sites;
    const double *column = c->columns + site * c->sites, s = r->signs[site];
    const double into = r->sums[site];
    const double from = c->symmetric ? into : cblas_ddot(n, column, 1, r->signs, 1);
    r->energy += 2 * s * c->bias[site] + c->unit * (s * (into + from) - 2 * column[site]);
    r->spins[site] = (int8_t) -r->spins[site];
    r->signs[site] = -s;
    cblas_daxpy(n, -2 * s, column, 1, r->sums, 1);
    if (++r->flips >= REFRESH * c->sites)
        refresh(r);
}

void eg_couplings_fields(void *recall, double *h)
{
    const struct eg_couplings_recall *r = recall;
    for (size_t i = 0; i < r->c->sites; i++)
        h[i] = r->c->unit * r->sums[i] + r->c->bias[i];
}

double eg_couplings_energy(const void *recall)
{
    return ((const struct eg_couplings_recall *) recall)->energy;
}

double eg_couplings_energy_anew(void *recall)
{
    struct eg_couplings_recall *r = recall;
    return anew(r, r->room);
}
