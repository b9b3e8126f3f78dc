#include "memory/hebbian.h"

#include <math.h>
#include <string.h>

enum { SITES_MAX = 1 << 21 }; /* the kernel's sums fit */

int eg_hebbian_learn(struct eg_hebbian *h, const struct eg_patterns *p, struct eg_arena *arena,
                     struct eg_message *message)
{
    if (p->sites > SITES_MAX)
        return EG_FAIL(EG_ERR_RANGE, message, "%zu sites: at most %d are possible here", p->sites,
                       SITES_MAX);
    h->patterns = p;
    h->ones = eg_arena_take(arena, p->sites * sizeof *h->ones);
    if (!h->ones)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; i < p->sites; i++)
        h->ones[i] = (uint32_t) eg_bits_count(&p->bits, i);
    return EG_OK;
}

int eg_hebbian_init(struct eg_hebbian_recall *r, const struct eg_hebbian *h,
                    const struct eg_kernels *kernels, struct eg_arena *arena)
{
    const struct eg_patterns *p = h->patterns;
    *r = (struct eg_hebbian_recall){.network = h, .kernels = kernels, .asked = p->sites};
    r->spins = eg_arena_take(arena, p->sites);
    r->a = eg_arena_zeros(arena, 64 * p->bits.words, sizeof *r->a);
    return r->spins && r->a ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* w_ii / c. */
static double self(const struct eg_hebbian *h, size_t site)
{
    const double ones = h->ones[site], zeros = (double) h->patterns->count - ones;
    return ones * (1 - h->f) * (1 - h->f) + zeros * h->f * h->f;
}

/* The sums that follow from A and the spins. */
static void add_up(struct eg_hebbian_recall *r)
{
    const struct eg_hebbian *h = r->network;
    r->sum_a = r->sum_aa = r->sum_sigma = 0;
    r->sum_self = 0;
    r->asked = h->patterns->sites;
    for (size_t k = 0; k < h->patterns->count; k++) {
        r->sum_a += r->a[k];
        r->sum_aa += (int64_t) r->a[k] * r->a[k];
    }
    for (size_t i = 0; i < h->patterns->sites; i++) {
        r->sum_sigma += h->units ? r->spins[i] > 0 : r->spins[i];
        r->sum_self += h->units ? 0 : self(h, i);
    }
}

static void find_a(struct eg_hebbian_recall *r)
{
    const struct eg_hebbian *h = r->network;
    const struct eg_patterns *p = h->patterns;
    int64_t sum = 0;
    memset(r->a, 0, 64 * p->bits.words * sizeof *r->a);
    if (h->units) {
        for (size_t i = 0; i < p->sites; i++)
            if (r->spins[i] > 0)
                r->kernels->bits_add(r->a, eg_bits_row(&p->bits, i), p->bits.words, 1, 0);
        return;
    }
    /* Of E sites where pattern and spin agree, sum_i (2 eta - 1) s = 2 E - N, and so
     * sum_i eta s = (2 E - N + S) / 2. */
    r->kernels->bits_count(r->a, p->bits.at, r->spins, p->sites, p->bits.words);
    for (size_t i = 0; i < p->sites; i++)
        sum += r->spins[i];
    for (size_t k = 0; k < p->count; k++)
        r->a[k] = (int32_t) ((2 * (int64_t) r->a[k] - (int64_t) p->sites + sum) / 2);
    memset(r->a + p->count, 0, (64 * p->bits.words - p->count) * sizeof *r->a);
}

void eg_hebbian_start(struct eg_hebbian_recall *r, const int8_t *spins)
{
    memcpy(r->spins, spins, r->network->patterns->sites);
    find_a(r);
    add_up(r);
}

double eg_hebbian_field(struct eg_hebbian_recall *r, size_t site)
{
    const struct eg_hebbian *h = r->network;
    const struct eg_patterns *p = h->patterns;
    const double f = h->f, s = (double) r->sum_sigma, count = (double) p->count;
    if (r->asked != site) {
        r->raw = r->kernels->bits_sum(eg_bits_row(&p->bits, site), r->a, p->bits.words);
        r->asked = site;
    }
    const double sigma = h->units ? r->spins[site] > 0 : r->spins[site];
    double x = (double) r->raw - f * s * h->ones[site] - f * ((double) r->sum_a - f * s * count);
    if (!h->self_coupling)
        x -= self(h, site) * sigma;
    return (h->units ? 0.5 : 1) * h->scale * (h->c * x - h->theta);
}

void eg_hebbian_flip(struct eg_hebbian_recall *r, size_t site)
{
    const struct eg_hebbian *h = r->network;
    const struct eg_patterns *p = h->patterns;
    if (r->asked != site)
        (void) eg_hebbian_field(r, site);
    const int change = (h->units ? 1 : 2) * (r->spins[site] > 0 ? -1 : 1);
    const int64_t ones = h->ones[site];
    r->kernels->bits_add(r->a, eg_bits_row(&p->bits, site), p->bits.words, change, 0);
    r->sum_aa += 2 * change * r->raw + change * change * ones;
    r->sum_a += change * ones;
    r->sum_sigma += change;
    r->spins[site] = (int8_t) -r->spins[site];
    r->asked = p->sites;
}

void eg_hebbian_fields(struct eg_hebbian_recall *r, double *h)
{
    for (size_t i = 0; i < r->network->patterns->sites; i++)
        h[i] = eg_hebbian_field(r, i);
}

double eg_hebbian_energy(const struct eg_hebbian_recall *r)
{
    const struct eg_hebbian *h = r->network;
    const double f = h->f, s = (double) r->sum_sigma, count = (double) h->patterns->count;
    /* sum_mu (A - f S)^2 */
    const double squares =
        (double) r->sum_aa - 2 * f * s * (double) r->sum_a + f * f * s * s * count;
    /* Of units 0 and 1, sum_i V_i (ones_i (1 - f)^2 + (P - ones_i) f^2), where sum_i V_i ones_i is
     * sum_mu A_mu. */
    const double own = h->units ? (1 - 2 * f) * (double) r->sum_a + f * f * s * count : r->sum_self;
    const double pairs = h->c * (squares - (h->self_coupling ? 0 : own));
    return h->scale * (-pairs / 2 + h->theta * s) + h->offset;
}

double eg_hebbian_energy_anew(struct eg_hebbian_recall *r)
{
    find_a(r);
    add_up(r);
    return eg_hebbian_energy(r);
}

void eg_hebbian_ahead(const struct eg_hebbian_recall *r, size_t site)
{
#if defined(__GNUC__)
    const uint64_t *row = eg_bits_row(&r->network->patterns->bits, site);
    const size_t words = r->network->patterns->bits.words;
    for (size_t k = 0; k < words && k < 256; k += 8) /* the rest comes by itself */
        __builtin_prefetch(row + k);
#else
    (void) r;
    (void) site;
#endif
}
