/* memory/bam.c -- bidirectional associative memory: pairs of patterns.
 *
 * Kosko 1988 (IEEE Transactions on Systems, Man and Cybernetics 18, 49).  Two layers, x of n sites
 * and y of m; only sites of different layers are coupled, by W = 1/N sum_mu xi^mu (eta^mu)^T, with
 * N = n + m so that fields have the size of those of the Hebbian network:
 *     E = -x^T W y,   h_x = W y,   h_y = W^T x.
 * E never rises when a layer follows its field, whatever W is, also all sites of the layer at
 * once, for there are no couplings within.  Thresholds are 0.
 *
 * W is never made.  With a_mu = xi^mu . x and b_mu = eta^mu . y,
 *     N h_i = sum_mu xi_i^mu b_mu = 2 (sum of b_mu where the bit is set) - sum of b_mu,
 *     N E = -sum_mu a_mu b_mu,
 * all of them whole numbers.  Patterns have the n sites of x first. */
#include <math.h>
#include <string.h>

#include "memory/associative.h"
#include "memory/associative_private.h"
#include "memory/theory.h"

enum { MOST_SITES = 1 << 21 }; /* what kernels->bits_sum takes */

static const struct eg_option option_rows[] = {EG_OPTION_END};

struct network {
    const struct eg_patterns *patterns;
};

/* The overlaps of a layer with its half of the patterns. */
struct layer {
    size_t from, sites;
    int32_t *overlap; /* (64 * words)                */
    int64_t total;    /* of the P overlaps           */
};

struct recall {
    const struct eg_patterns *patterns;
    const struct eg_kernels *kernels;
    int8_t *spins;         /* (N)                    */
    struct layer layer[2]; /* x, y                   */
    int32_t *anew[2];      /* (64 * words), room     */
    int64_t energy;        /* N E                    */
};

static int count(const void *values, size_t sites, size_t first, double load, size_t *patterns,
                 struct eg_message *message)
{
    (void) values;
    const size_t second = sites - first;
    if (first < 1 || first >= sites)
        return EG_FAIL(EG_ERR_SHAPE, message,
                       "memory.type = bam needs two layers: patterns.pair_sites, the sites of the "
                       "second, must be at least 1");
    const double p = load * (double) (first < second ? first : second);
    return eg_associative_whole(p, load, sites, patterns, message);
}

static const char *load_words(const void *values)
{
    (void) values;
    return "P / min(n, m)";
}

static double bytes(const void *values, size_t sites, size_t patterns)
{
    (void) values;
    const double n = (double) sites, p = (double) patterns;
    return (double) eg_bits_bytes(sites, patterns) + 4 * sizeof(int32_t) * p + n;
}

static int learn(void *at, const void *values, const struct eg_patterns *patterns,
                 struct eg_learning *learning, struct eg_message *message)
{
    struct network *w = at;
    (void) values;
    learning->note.text[0] = '\0';
    *w = (struct network){.patterns = patterns};
    const int ret = eg_associative_packed(patterns, "bam", MOST_SITES, message);
    if (ret)
        return ret;
    if (patterns->first < 1 || patterns->first == patterns->sites)
        return EG_FAIL(EG_ERR_SHAPE, message,
                       "memory.type = bam needs pairs: of %zu sites %zu are in the first layer; "
                       "patterns.pair_sites, the sites of the second, must be at least 1",
                       patterns->sites, patterns->first);
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
    const struct eg_patterns *patterns = ((const struct network *) network)->patterns;
    const size_t n = patterns->first, room = 64 * patterns->bits.words;
    *r = (struct recall){
        .patterns = patterns,
        .kernels = kernels,
        .layer = {{.from = 0, .sites = n}, {.from = n, .sites = patterns->sites - n}}};
    r->spins = eg_arena_zeros(arena, patterns->sites, sizeof *r->spins);
    int there = r->spins != NULL;
    for (size_t l = 0; l < 2; l++) {
        r->layer[l].overlap = eg_arena_zeros(arena, room, sizeof *r->layer[l].overlap);
        r->anew[l] = eg_arena_zeros(arena, room, sizeof *r->anew[l]);
        there = there && r->layer[l].overlap && r->anew[l];
    }
    return there ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* Overlaps of the spins of a layer into `overlap`.  What stands past the last pattern, here and
 * after flips, meets bits that are 0. */
static void count_overlaps(const struct recall *r, const struct layer *layer, int32_t *overlap)
{
    const struct eg_bits *bits = &r->patterns->bits;
    memset(overlap, 0, 64 * bits->words * sizeof *overlap);
    r->kernels->bits_count(overlap, eg_bits_row(bits, layer->from), r->spins + layer->from,
                           layer->sites, bits->words);
    for (size_t k = 0; k < r->patterns->count; k++)
        overlap[k] = 2 * overlap[k] - (int32_t) layer->sites;
}

static int64_t energy_of(const int32_t *a, const int32_t *b, size_t patterns)
{
    int64_t sum = 0;
    for (size_t k = 0; k < patterns; k++)
        sum += (int64_t) a[k] * b[k];
    return -sum;
}

static void start(void *at, const int8_t *spins)
{
    struct recall *r = at;
    memcpy(r->spins, spins, r->patterns->sites);
    for (size_t l = 0; l < 2; l++) {
        struct layer *const layer = &r->layer[l];
        count_overlaps(r, layer, layer->overlap);
        layer->total = 0;
        for (size_t k = 0; k < r->patterns->count; k++)
            layer->total += layer->overlap[k];
    }
    r->energy = energy_of(r->layer[0].overlap, r->layer[1].overlap, r->patterns->count);
}

static const int8_t *spins_of(const void *at)
{
    const struct recall *r = at;
    return r->spins;
}

/* N h_i, from the layer that the site is not in. */
static int64_t whole_field(const struct recall *r, size_t site)
{
    const struct eg_bits *bits = &r->patterns->bits;
    const struct layer *other = &r->layer[site < r->patterns->first];
    const uint64_t *row = eg_bits_row(bits, site);
    return 2 * r->kernels->bits_sum(row, other->overlap, bits->words) - other->total;
}

static double field(void *at, size_t site)
{
    const struct recall *r = at;
    return (double) whole_field(r, site) / (double) r->patterns->sites;
}

static void flip(void *at, size_t site)
{
    struct recall *r = at;
    const struct eg_bits *bits = &r->patterns->bits;
    struct layer *const own = &r->layer[site >= r->patterns->first];
    const int32_t s = r->spins[site];
    r->energy += 2 * s * whole_field(r, site);
    r->kernels->bits_add(own->overlap, eg_bits_row(bits, site), bits->words, -2 * s, 2 * s);
    own->total -= 2 * s * (2 * (int64_t) eg_bits_count(bits, site) - (int64_t) r->patterns->count);
    r->spins[site] = (int8_t) -s;
}

static void fields(void *at, double *h)
{
    const struct recall *r = at;
    for (size_t i = 0; i < r->patterns->sites; i++)
        h[i] = field(at, i);
}

static double energy(const void *at)
{
    const struct recall *r = at;
    return (double) r->energy / (double) r->patterns->sites;
}

static double energy_anew(void *at)
{
    struct recall *r = at;
    for (size_t l = 0; l < 2; l++)
        count_overlaps(r, &r->layer[l], r->anew[l]);
    return (double) energy_of(r->anew[0], r->anew[1], r->patterns->count)
           / (double) r->patterns->sites;
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

static void theory(const void *options, const struct eg_theory_case *at, struct eg_theory *t)
{
    (void) options;
    const double n = (double) at->first, m = (double) (at->sites - at->first);
    const double p = (double) at->patterns;
    t->equation = "T2";
    t->line[t->lines].name = "min(n, m)";
    t->line[t->lines++].load = 1;
    if (at->one_step && !(at->noise > 0)) {
        t->error = (n * eg_theory_bam_one_step(m, p) + m * eg_theory_bam_one_step(n, p)) / (n + m);
        t->overlap = 1 - 2 * t->error;
    }
}

const struct eg_associative_type eg_associative_bam = {
    .name = "bam",
    .summary = "bidirectional associative memory: two layers, pairs of patterns",
    .source = "Kosko 1988 (IEEE Trans. Systems, Man and Cybernetics 18, 49)",
    .energy = "E = -x^T W y, W = 1/N sum_mu xi^mu (eta^mu)^T, N = n + m",
    .options = option_rows,
    .options_size = 0,
    .network_size = sizeof(struct network),
    .recall_size = sizeof(struct recall),
    .count = count,
    .load_words = load_words,
    .bytes = bytes,
    .learn = learn,
    .layers = 2,
    .descends = descends,
    .theory = theory,
    .spins = &spin_ops,
};
