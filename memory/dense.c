/* memory/dense.c -- dense associative memories: energies steeper than quadratic.
 *
 * Krotov & Hopfield 2016 (arXiv:1606.01164), eq. 1-2, and Demircigil, Heusel, Loewe, Upgang &
 * Vermet 2017 (arXiv:1702.01929), with M_mu = sum_i xi_i^mu s_i:
 *     power        E = -sum_mu M_mu^n
 *     rectified    E = -sum_mu max(M_mu, 0)^n
 *     exponential  E = -ln sum_mu exp(M_mu)
 * The logarithm is not in the paper, whose energy is -sum_mu exp(M_mu): it is monotone, so minima
 * and signs of fields are the same, and it fits into a double at any N.
 *
 * The field.  Let c_mu = (N + M_mu) / 2 be the sites where the state agrees with pattern mu, and
 * G_c = F(2c - N) - F(2c - 2 - N).  Turning site i over takes c to c - 1 where pattern and state
 * agree there, and to c + 1 where they do not; hence
 *     2 s_i h_i = sum_mu (agree ? G_c : -G_{c+1}).
 * A table holds both terms, side by side, for every c; a field is P look-ups and additions.  After
 * a flip every term has changed its sign exactly, and so has the sum.  While N^n P < 2^53 all are
 * whole numbers that a double holds, so ties are exact; beyond, a tie may be lost in rounding,
 * as everywhere.  n = 2 gives 2 N times the field of the Hebbian network with w_ii = 0.
 *
 * The exponential's table is relative to the largest c in play: with Z = sum_mu exp(M_mu) and
 * D the sum above, 2 s_i h_i = ln Z - ln(Z - D), where D / Z lies between 1 - e^2 and 1 - e^-2. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "memory/associative.h"
#include "memory/associative_private.h"
#include "memory/theory.h"

enum function { POWER, RECTIFIED, EXPONENTIAL };
static const char *const functions[] = {"power", "rectified", "exponential", NULL};

struct options {
    int function;
    long power;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"function", "",  "F: x^n, max(x, 0)^n or exp(x)",         AT(function), EG_OPT_CHOICE, POWER, 0, 0, functions, NULL},
    {"power",    "1", "n; the exponential does without",       AT(power),    EG_OPT_INT,    3, 2, 60,    NULL,      NULL},
    EG_OPTION_END,
};
/* clang-format on */

struct network {
    const struct eg_patterns *patterns;
    int function;
    double *value; /* (N + 1): F by c; exponential: exp(2 (c - N))       */
    double *turn;  /* (N + 1, 2): by c, what it adds to 2 s h without and with agreement */
};

struct recall {
    const struct network *network;
    const struct eg_kernels *kernels;
    int8_t *spins;         /* (N)                            */
    int32_t *agree, *anew; /* (64 * words): c, and room      */
    size_t below;          /* N less the c at which the table begins */
    double sum;            /* of the values                  */
    double energy;
};

static int count(const void *values, size_t sites, size_t first, double load, size_t *patterns,
                 struct eg_message *message)
{
    const struct options *o = values;
    (void) first;
    const double n = (double) sites;
    const double p =
        o->function == EXPONENTIAL ? exp(load * n) : load * pow(n, (double) o->power - 1);
    return eg_associative_whole(p, load, sites, patterns, message);
}

static const char *load_words(const void *values)
{
    const struct options *o = values;
    return o->function == EXPONENTIAL ? "ln P / N" : "P / N^(n-1)";
}

static double bytes(const void *values, size_t sites, size_t patterns)
{
    (void) values;
    const double n = (double) sites, p = (double) patterns;
    return (double) eg_bits_bytes(sites, patterns) + 2 * sizeof(int32_t) * p
           + (3 * sizeof(double) + 1) * n;
}

/* x^n and x^n - (x-2)^n of whole numbers x.  Below 2^64 exact; above, the difference is a sum of
 * terms of one sign, so that nothing cancels. */
static long double power_of(long double x, long n)
{
    long double y = 1;
    for (long k = 0; k < n; k++)
        y *= x;
    return y;
}

static long double difference_of(long double x, long n)
{
    const long double y = x - 2;
    if (x > 0 && y < 0)
        return power_of(x, n) - power_of(y, n);
    long double sum = 1, z = 1;
    for (long k = 1; k < n; k++) {
        z *= y;
        sum = sum * x + z;
    }
    return 2 * sum;
}

/* F and G where there are c agreements.  G of c = 0 and c = N + 1 is never asked for, but by the
 * exponential, whose c counts from the largest in play. */
static double value_of(const struct options *o, long c, long n)
{
    if (o->function == EXPONENTIAL)
        return exp(2 * (double) (c - n));
    const long double x = (long double) (2 * c - n);
    return o->function == RECTIFIED && x < 0 ? 0 : (double) power_of(x, o->power);
}

static double gain_of(const struct options *o, long c, long n)
{
    if (o->function == EXPONENTIAL)
        return -expm1(-2) * exp(2 * (double) (c - n));
    if (c == 0 || c == n + 1)
        return 0;
    const long double x = (long double) (2 * c - n);
    if (o->function == RECTIFIED && x < 2)
        return x > 0 ? (double) power_of(x, o->power) : 0;
    return (double) difference_of(x, o->power);
}

/* Sums of P values, and their partial sums, stay finite. */
static int check_power(const struct options *o, const struct eg_patterns *patterns,
                       struct eg_message *message)
{
    const double n = log((double) patterns->sites);
    const double room = log(DBL_MAX / 4) - log((double) patterns->count);
    if (o->function == EXPONENTIAL || (double) o->power * n <= room)
        return EG_OK;
    return EG_FAIL(EG_ERR_RANGE, message,
                   "memory.power = %ld: sums of %zu patterns of %zu sites overflow; the largest "
                   "power that fits is %.0f",
                   o->power, patterns->count, patterns->sites, floor(room / n));
}

static int learn(void *at, const void *values, const struct eg_patterns *patterns,
                 struct eg_learning *learning, struct eg_message *message)
{
    struct network *w = at;
    const struct options *o = values;
    const size_t n = patterns->sites;
    learning->note.text[0] = '\0';
    int ret = eg_associative_packed(patterns, "dense", INT32_MAX, message);
    if (!ret)
        ret = check_power(o, patterns, message);
    if (ret)
        return ret;
    *w = (struct network){.patterns = patterns, .function = o->function};
    w->value = eg_arena_zeros(learning->arena, n + 1, sizeof *w->value);
    w->turn = eg_arena_zeros(learning->arena, n + 1, 2 * sizeof *w->turn);
    if (!w->value || !w->turn)
        return EG_RAISE(EG_ERR_NOMEM);
    double gain = gain_of(o, 0, (long) n);
    for (size_t c = 0; c <= n; c++) {
        w->value[c] = value_of(o, (long) c, (long) n);
        w->turn[2 * c + 1] = gain;
        gain = gain_of(o, (long) c + 1, (long) n);
        w->turn[2 * c] = -gain;
    }
    return EG_OK;
}

static int descends(const void *values)
{
    (void) values;
    return 1;
}

/* --- a recall --- */

static int init(void *at, const void *network, const struct eg_kernels *kernels,
                struct eg_arena *arena)
{
    struct recall *r = at;
    const struct network *w = network;
    *r = (struct recall){.network = w, .kernels = kernels};
    r->spins = eg_arena_zeros(arena, w->patterns->sites, sizeof *r->spins);
    r->agree = eg_arena_zeros(arena, 64 * w->patterns->bits.words, sizeof *r->agree);
    r->anew = eg_arena_zeros(arena, 64 * w->patterns->bits.words, sizeof *r->anew);
    return r->spins && r->agree && r->anew ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static void count_agreements(const struct recall *r, int32_t *agree)
{
    const struct eg_bits *bits = &r->network->patterns->bits;
    memset(agree, 0, 64 * bits->words * sizeof *agree);
    r->kernels->bits_count(agree, bits->at, r->spins, bits->rows, bits->words);
}

/* The energy at the overlaps `agree`, and what fields need with it.  Four sums in a fixed order. */
static double energy_of(const struct network *w, const int32_t *agree, size_t *below, double *sum)
{
    const size_t p = w->patterns->count;
    *below = 0;
    if (w->function == EXPONENTIAL) {
        int32_t highest = 0;
        for (size_t k = 0; k < p; k++)
            highest = agree[k] > highest ? agree[k] : highest;
        *below = w->patterns->sites - (size_t) highest;
    }
    const double *const value = w->value + *below;
    double part[4] = {0};
    size_t k = 0;
    for (; k + 4 <= p; k += 4)
        for (size_t j = 0; j < 4; j++)
            part[j] += value[agree[k + j]];
    for (size_t j = 0; k < p; k++, j++)
        part[j] += value[agree[k]];
    *sum = (part[0] + part[1]) + (part[2] + part[3]);
    if (w->function != EXPONENTIAL)
        return -*sum;
    return -(double) w->patterns->sites + 2 * (double) *below - log(*sum);
}

static void start(void *at, const int8_t *spins)
{
    struct recall *r = at;
    memcpy(r->spins, spins, r->network->patterns->sites);
    count_agreements(r, r->agree);
    r->energy = energy_of(r->network, r->agree, &r->below, &r->sum);
}

static const int8_t *spins_of(const void *at)
{
    const struct recall *r = at;
    return r->spins;
}

/* 2 s h for powers: the bit, turned over where s is -1, says whether pattern and state agree and
 * chooses the term without a branch. */
static double sum_turns(const struct recall *r, size_t site)
{
    const struct eg_patterns *patterns = r->network->patterns;
    const double *const turn = r->network->turn + 2 * r->below;
    const uint64_t *row = eg_bits_row(&patterns->bits, site);
    const uint64_t over = r->spins[site] > 0 ? 0 : UINT64_MAX;
    const int32_t *c = r->agree;
    double part[4] = {0};
    for (size_t w = 0; w < patterns->count / 64; w++, c += 64) {
        uint64_t agree = row[w] ^ over;
        for (size_t k = 0; k < 64; k += 4, agree >>= 4)
            for (size_t j = 0; j < 4; j++)
                part[j] += turn[2 * (size_t) c[k + j] + (agree >> j & 1)];
    }
    const size_t rest = patterns->count % 64;
    const uint64_t agree = rest ? row[patterns->count / 64] ^ over : 0;
    for (size_t k = 0; k < rest; k++)
        part[k % 4] += turn[2 * (size_t) c[k] + (agree >> k & 1)];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

static double field(void *at, size_t site)
{
    const struct recall *r = at;
    const double turns = sum_turns(r, site);
    const double rise = r->network->function == EXPONENTIAL ? -log1p(-turns / r->sum) : turns;
    return rise / 2 * r->spins[site];
}

static void flip(void *at, size_t site)
{
    struct recall *r = at;
    const struct eg_bits *bits = &r->network->patterns->bits;
    const int32_t s = r->spins[site];
    r->kernels->bits_add(r->agree, eg_bits_row(bits, site), bits->words, -s, s);
    r->spins[site] = (int8_t) -s;
    /* Anew from the overlaps rather than by 2 s h: far from all patterns an energy is many orders
     * smaller than near one, and would keep the rounding errors of where it came from. */
    r->energy = energy_of(r->network, r->agree, &r->below, &r->sum);
}

static void fields(void *at, double *h)
{
    const struct recall *r = at;
    for (size_t i = 0; i < r->network->patterns->sites; i++)
        h[i] = field(at, i);
}

static double energy(const void *at)
{
    const struct recall *r = at;
    return r->energy;
}

static double energy_anew(void *at)
{
    struct recall *r = at;
    size_t below;
    double sum;
    count_agreements(r, r->anew);
    return energy_of(r->network, r->anew, &below, &sum);
}

static const struct eg_spin_ops spin_ops = {
    .init = init,
    .start = start,
    .spins = spins_of,
    .field = field,
    .flip = flip,
    .fields = fields,
    .energy = energy,
    .energy_anew = energy_anew,
};

static void theory(const void *values, const struct eg_theory_case *at, struct eg_theory *t)
{
    const struct options *o = values;
    const double n = (double) at->sites;
    t->equation = "T7";
    if (o->function == EXPONENTIAL) {
        t->line[t->lines].name = "ln 2 / 2";
        if (at->noise > 0)
            t->line[t->lines].name = "I(1 - 2 rho) / 2";
        t->line[t->lines++].load = eg_theory_exponential(at->noise);
    } else if (o->function == POWER) {
        const int power = (int) o->power;
        t->line[t->lines].name = "N^(n-1) / (2 (2n-3)!! ln N)";
        t->line[t->lines++].load = eg_theory_dense(n, power) / pow(n, power - 1.0);
        if (at->one_step && !(at->noise > 0)) {
            t->error = eg_theory_dense_one_step(n, power, (double) at->patterns);
            t->overlap = 1 - 2 * t->error;
        }
    }
}

const struct eg_associative_type eg_associative_dense = {
    .name = "dense",
    .summary = "dense associative memory: powers of the overlaps, or their exponential",
    .source =
        "Krotov & Hopfield 2016 (arXiv:1606.01164), Demircigil et al. 2017 (arXiv:1702.01929)",
    .energy = "E = -sum_mu F(sum_i xi_i^mu s_i), F(x) = x^n or max(x, 0)^n; "
              "exponential: E = -ln sum_mu exp(sum_i xi_i^mu s_i)",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .network_size = sizeof(struct network),
    .recall_size = sizeof(struct recall),
    .count = count,
    .load_words = load_words,
    .bytes = bytes,
    .learn = learn,
    .descends = descends,
    .theory = theory,
    .spins = &spin_ops,
};
