/* memory/hopfield.c -- the classical network, of spins or of units 0 and 1, with its learning
 * rules.
 *
 * The Hebbian rules (hebbian, sparse) work on the packed patterns and build no matrix; the others
 * have an explicit one. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "memory/associative_private.h"
#include "memory/hebbian.h"
#include "memory/rules.h"
#include "memory/theory.h"

enum { RULE_HEBBIAN, RULE_SPARSE, RULE_MATRIX };
enum { UNITS_SPINS, UNITS_BINARY };
enum { THRESHOLD_MATCHED, THRESHOLD_CONSTANT };

/* hebbian and sparse are matrix-free; names of the others from `first_matrix` on are those of
 * memory/rules.h, but for the two that rename one. */
static const char *const rule_names[] = {"hebbian",    "sparse",     "hebbian-matrix",
                                         "storkey",    "projection", "pseudo-inverse",
                                         "perceptron", "minover",    NULL};
static const struct eg_rule *const matrix_rules[] = {NULL,
                                                     NULL,
                                                     &eg_rule_hebbian,
                                                     &eg_rule_storkey,
                                                     &eg_rule_projection,
                                                     &eg_rule_projection,
                                                     &eg_rule_perceptron,
                                                     &eg_rule_minover};
static const char *const unit_names[] = {"spins", "binary", NULL};
static const char *const threshold_names[] = {"matched", "constant", NULL};

struct options {
    int rule, units, thresholds;
    double threshold, bias;
    long forget;
    struct eg_rule_options learning;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option rows[] = {
    {"rule",           "",        "how patterns become couplings; hebbian and sparse build no N x N matrix", AT(rule), EG_OPT_CHOICE, 0, 0, 0, rule_names, NULL},
    {"units",          "",        "states -1 and +1, or 0 and 1 with thresholds (sparse: always 0 and 1)",                    AT(units),      EG_OPT_CHOICE, UNITS_SPINS, 0, 0, unit_names, NULL},
    {"thresholds",     "",        "of units 0 and 1: matched (half the sum of a unit's couplings, which makes them equal to spins; sparse: 1/2 - f), or the constant `threshold`", AT(thresholds), EG_OPT_CHOICE, THRESHOLD_MATCHED, 0, 0, threshold_names, NULL},
    {"threshold",      "1",       "of all units, where thresholds = constant",                       AT(threshold),  EG_OPT_REAL, 0, -1e6, 1e6, NULL, NULL},
    {"bias",           "1",       "field on all sites besides that of the others",                   AT(bias),       EG_OPT_REAL, 0, -1e6, 1e6, NULL, NULL},
    {"self_coupling",  "",        "keep the diagonal of the couplings",                              AT(learning.self_coupling), EG_OPT_BOOL, 0, 0, 0, NULL, NULL},
    {"stability",      "1",       "kappa that perceptron and minover reach for (Gardner's; in units of the length of a row)", AT(learning.stability), EG_OPT_REAL, 0, 0, 100, NULL, NULL},
    {"sweeps_max",     "sweep",   "of the patterns, perceptron and minover",                         AT(learning.sweeps_max), EG_OPT_INT, 1000, 1, 1e9, NULL, NULL},
    {"forget",         "pattern", "the first so many patterns are forgotten again, w_ij -= 1/N xi_i xi_j (rule hebbian-matrix)", AT(forget), EG_OPT_INT, 0, 0, 1e9, NULL, NULL},
    {"unlearn",        "1",       "random starts that are unlearned after learning (not hebbian, sparse: take hebbian-matrix)", AT(learning.unlearn), EG_OPT_INT, 0, 0, 1e9, NULL, NULL},
    {"unlearn_rate",   "1",       "of the strength with which the Hebbian rule stores a pattern",    AT(learning.unlearn_rate), EG_OPT_REAL, 0.01, 0, 1, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static int kind_of(const struct options *o)
{
    return o->rule < RULE_MATRIX ? o->rule : RULE_MATRIX;
}

struct network {
    const struct options *options;
    struct eg_hebbian hebbian;
    struct eg_couplings couplings;
};

struct recall {
    int is_matrix;
    union {
        struct eg_hebbian_recall hebbian;
        struct eg_couplings_recall couplings;
    } of;
};

/* --- learning --- */

static int check(const struct options *o, const struct eg_patterns *p, struct eg_message *message)
{
    const int sparse = o->rule == RULE_SPARSE;
    if (!sparse && (p->activity < 0.5 || p->activity > 0.5) && o->rule == RULE_HEBBIAN
        && o->units == UNITS_BINARY)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "patterns of activity %g in units 0 and 1 want memory.rule = sparse",
                       p->activity);
    if (!sparse && o->units == UNITS_SPINS && o->thresholds == THRESHOLD_CONSTANT)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.thresholds = constant is for memory.units = binary; spins take "
                       "memory.bias");
    if (o->thresholds == THRESHOLD_MATCHED && (o->threshold < 0 || o->threshold > 0))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.threshold is for memory.thresholds = constant; matched ones follow "
                       "from the couplings");
    if (o->forget > 0 && matrix_rules[o->rule] != &eg_rule_hebbian)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.forget is for memory.rule = hebbian-matrix: what other rules stored "
                       "of a pattern is not xi_i xi_j alone");
    if (o->forget > 0 && (size_t) o->forget > p->count)
        return EG_FAIL(EG_ERR_RANGE, message, "memory.forget = %ld: there are %zu patterns",
                       o->forget, p->count);
    if (o->learning.unlearn > 0 && kind_of(o) != RULE_MATRIX)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.unlearn needs a matrix: memory.rule = hebbian-matrix and others");
    return EG_OK;
}

/* 1/8 sum_{i != j} w_ij of Hebbian couplings: what E of units 0 and 1 with matched thresholds has
 * more than a quarter of that of spins. */
static int matched_offset(struct eg_hebbian *h, struct eg_learning *l)
{
    const struct eg_patterns *p = h->patterns;
    const struct eg_arena_mark mark = eg_arena_mark(l->arena);
    int32_t *count = eg_arena_zeros(l->arena, 64 * p->bits.words, sizeof *count);
    int8_t *ones = eg_arena_take(l->arena, p->sites);
    if (!count || !ones)
        return EG_RAISE(EG_ERR_NOMEM);
    memset(ones, 1, p->sites);
    l->kernels->bits_count(count, p->bits.at, ones, p->sites, p->bits.words);
    double sum = 0;
    for (size_t k = 0; k < p->count; k++) {
        const double x = 2.0 * count[k] - (double) p->sites;
        sum += x * x;
    }
    if (!h->self_coupling)
        sum -= (double) p->sites * (double) p->count;
    h->offset = sum / (double) p->sites / 8;
    eg_arena_rewind(l->arena, mark);
    return EG_OK;
}

static int learn_hebbian(struct network *n, const struct eg_patterns *p, struct eg_learning *l,
                         struct eg_message *message)
{
    const struct options *o = n->options;
    struct eg_hebbian *h = &n->hebbian;
    const double sites = (double) p->sites, f = p->activity;
    const int matched = o->thresholds == THRESHOLD_MATCHED;
    int ret = eg_hebbian_learn(h, p, l->arena, message);
    if (ret)
        return ret;
    h->self_coupling = o->learning.self_coupling;
    h->scale = 1;
    if (o->rule == RULE_SPARSE) {
        h->f = f;
        h->c = 1 / (sites * f * (1 - f));
        h->units = 1;
        h->theta = (matched ? 0.5 - f : o->threshold) - o->bias;
        return EG_OK;
    }
    h->f = 0.5;
    h->c = 4 / sites;
    h->units = o->units == UNITS_BINARY && !matched;
    h->theta = (h->units ? o->threshold : 0) - o->bias;
    if (o->units == UNITS_BINARY && matched) {
        /* As spins, a quarter as strong; a bias b on V is one of b / 2 on s, and b N / 2 more. */
        h->scale = 0.25;
        h->theta = -2 * o->bias;
        ret = matched_offset(h, l);
        h->offset -= o->bias * sites / 2;
    }
    return ret ? EG_FAIL(ret, message, "out of memory") : EG_OK;
}

static int learn_matrix(struct network *n, const struct eg_patterns *p, struct eg_learning *l,
                        struct eg_message *message)
{
    const struct options *o = n->options;
    struct eg_couplings *c = &n->couplings;
    const int ret = eg_rule_learn(matrix_rules[o->rule], c, p, &o->learning, l, message);
    if (ret)
        return ret;
    if (o->forget) {
        int8_t *spins = eg_arena_take(l->arena, p->sites);
        if (!spins)
            return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        for (size_t k = 0; k < (size_t) o->forget; k++) {
            for (size_t i = 0; i < p->sites; i++)
                spins[i] = (int8_t) (eg_bits_get(&p->bits, i, k) ? 1 : -1);
            eg_couplings_forget(c, spins);
        }
    }
    for (size_t i = 0; i < p->sites; i++)
        c->bias[i] += o->bias;
    if (o->units == UNITS_SPINS)
        return EG_OK;
    double *theta = NULL;
    if (o->thresholds == THRESHOLD_CONSTANT) {
        theta = eg_arena_take(l->arena, p->sites * sizeof *theta);
        if (!theta)
            return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        for (size_t i = 0; i < p->sites; i++)
            theta[i] = o->threshold;
    }
    eg_couplings_binary(c, theta ? EG_THRESHOLD_GIVEN : EG_THRESHOLD_MATCHED, theta);
    return EG_OK;
}

static int learn(void *network, const void *options, const struct eg_patterns *patterns,
                 struct eg_learning *learning, struct eg_message *message)
{
    struct network *n = network;
    n->options = options;
    learning->note.text[0] = '\0';
    int ret = eg_associative_packed(patterns, "hopfield", (size_t) 1 << 21, message);
    if (!ret)
        ret = check(n->options, patterns, message);
    if (ret)
        return ret;
    return kind_of(n->options) == RULE_MATRIX ? learn_matrix(n, patterns, learning, message)
                                              : learn_hebbian(n, patterns, learning, message);
}

/* --- what is known of it --- */

static double bytes(const void *options, size_t sites, size_t patterns)
{
    const struct options *o = options;
    const double n = (double) sites, p = (double) patterns;
    const double packed = (double) eg_bits_bytes(sites, patterns);
    return packed + 4 * p + 32 * n
           + (kind_of(o) == RULE_MATRIX ? eg_rule_bytes(matrix_rules[o->rule], &o->learning, n, p)
                                        : 0);
}

static int descends(const void *options)
{
    const struct options *o = options;
    const struct eg_rule *rule = matrix_rules[o->rule];
    /* Storkey's rule may give couplings of sites to themselves that are negative. */
    return !rule || (rule->symmetric && !(rule == &eg_rule_storkey && o->learning.self_coupling));
}

static void line(struct eg_theory *t, const char *name, double load)
{
    t->line[t->lines].name = name;
    t->line[t->lines++].load = load;
}

static void theory(const void *options, const struct eg_theory_case *at, struct eg_theory *t)
{
    const struct options *o = options;
    const double n = (double) at->sites;
    const struct eg_rule *rule = matrix_rules[o->rule];
    const int hebbian = o->rule == RULE_HEBBIAN || rule == &eg_rule_hebbian;
    const int biased = at->activity < 0.5 || at->activity > 0.5; /* patterns are not independent */
    const int plain = (o->units == UNITS_SPINS || o->thresholds == THRESHOLD_MATCHED) && !biased
                      && !(o->bias < 0 || o->bias > 0) && !o->learning.unlearn && !o->forget
                      && !o->learning.self_coupling;
    if (hebbian && plain) {
        t->equation = "T1";
        if (!at->one_step)
            line(t, "mean field", eg_theory_critical(NULL));
        line(t, "N / (2 ln N)", eg_theory_mceliece_most(n) / n);
        line(t, "N / (4 ln N)", eg_theory_mceliece_all(n) / n);
        if (at->one_step) {
            t->error = eg_theory_one_step_from(at->load, at->noise);
            t->overlap = 1 - 2 * t->error;
            t->equation = "T2";
        } else {
            t->overlap = eg_theory_overlap(at->load);
            t->error = (1 - t->overlap) / 2;
        }
    } else if (rule == &eg_rule_storkey && !biased) {
        line(t, "N / sqrt(2 ln N)", eg_theory_storkey(n) / n);
    } else if (rule == &eg_rule_projection) {
        line(t, "projection", 1);
    } else if ((rule == &eg_rule_perceptron || rule == &eg_rule_minover) && !biased) {
        line(t, "Gardner", eg_theory_gardner(o->learning.stability));
    } else if (o->rule == RULE_SPARSE) {
        line(t, "1 / (2 f ln 1/f)", eg_theory_sparse(at->activity));
    }
}

/* --- recall --- */

static int init(void *recall, const void *network, const struct eg_kernels *kernels,
                struct eg_arena *arena)
{
    struct recall *r = recall;
    const struct network *n = network;
    r->is_matrix = kind_of(n->options) == RULE_MATRIX;
    return r->is_matrix ? eg_couplings_init(&r->of.couplings, &n->couplings, kernels, arena)
                        : eg_hebbian_init(&r->of.hebbian, &n->hebbian, kernels, arena);
}

static void start(void *recall, const int8_t *spins)
{
    struct recall *r = recall;
    if (r->is_matrix)
        eg_couplings_start(&r->of.couplings, spins);
    else
        eg_hebbian_start(&r->of.hebbian, spins);
}

static const int8_t *spins(const void *recall)
{
    const struct recall *r = recall;
    return r->is_matrix ? eg_couplings_spins(&r->of.couplings) : r->of.hebbian.spins;
}

static double field(void *recall, size_t site)
{
    struct recall *r = recall;
    return r->is_matrix ? eg_couplings_field(&r->of.couplings, site)
                        : eg_hebbian_field(&r->of.hebbian, site);
}

static void flip(void *recall, size_t site)
{
    struct recall *r = recall;
    if (r->is_matrix)
        eg_couplings_flip(&r->of.couplings, site);
    else
        eg_hebbian_flip(&r->of.hebbian, site);
}

static void fields(void *recall, double *h)
{
    struct recall *r = recall;
    if (r->is_matrix)
        eg_couplings_fields(&r->of.couplings, h);
    else
        eg_hebbian_fields(&r->of.hebbian, h);
}

static double energy(const void *recall)
{
    const struct recall *r = recall;
    return r->is_matrix ? eg_couplings_energy(&r->of.couplings) : eg_hebbian_energy(&r->of.hebbian);
}

static double energy_anew(void *recall)
{
    struct recall *r = recall;
    return r->is_matrix ? eg_couplings_energy_anew(&r->of.couplings)
                        : eg_hebbian_energy_anew(&r->of.hebbian);
}

static void ahead(const void *recall, size_t site)
{
    const struct recall *r = recall;
    if (!r->is_matrix)
        eg_hebbian_ahead(&r->of.hebbian, site);
}

static const struct eg_spin_ops spin_ops = {
    .init = init,
    .start = start,
    .spins = spins,
    .field = field,
    .flip = flip,
    .fields = fields,
    .energy = energy,
    .energy_anew = energy_anew,
    .ahead = ahead,
};

const struct eg_associative_type eg_associative_hopfield = {
    .name = "hopfield",
    .summary = "the classical network: spins or units 0 and 1; Hebbian and other rules",
    .source = "Hopfield 1982; Amit, Gutfreund & Sompolinsky 1985; rules: see memory.rule",
    .energy =
        "E = -1/2 sum_ij w_ij s_i s_j - sum_i b_i s_i, w_ii = 0 unless self-coupling is kept; "
        "units 0 and 1: V in place of s, and + sum_i theta_i V_i",
    .options = rows,
    .options_size = sizeof(struct options),
    .network_size = sizeof(struct network),
    .recall_size = sizeof(struct recall),
    .count = eg_associative_per_site,
    .load_words = eg_associative_per_site_words,
    .bytes = bytes,
    .learn = learn,
    .descends = descends,
    .theory = theory,
    .spins = &spin_ops,
};
