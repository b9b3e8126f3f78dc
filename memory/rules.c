#include "memory/rules.h"

#include <math.h>
#include <string.h>

#include <cblas.h>

#include "core/random.h"

enum { PATTERNS_AT_ONCE = 256, RELAX_SWEEPS = 1000 };

const struct eg_rule *const eg_rules[] = {
    &eg_rule_hebbian,    &eg_rule_storkey, &eg_rule_projection,
    &eg_rule_perceptron, &eg_rule_minover, NULL,
};

const struct eg_rule *eg_rule_find(const char *name)
{
    for (size_t i = 0; eg_rules[i]; i++)
        if (strcmp(eg_rules[i]->name, name) == 0)
            return eg_rules[i];
    return NULL;
}

void eg_rule_signs(const struct eg_patterns *p, size_t first, size_t count, double *x)
{
    for (size_t i = 0; i < p->sites; i++)
        for (size_t k = 0; k < count; k++)
            x[k * p->sites + i] = eg_bits_get(&p->bits, i, first + k) ? 1 : -1;
}

static int check(size_t sites, const struct eg_rule_options *o, struct eg_message *m)
{
    if (sites == 0)
        return EG_FAIL(EG_ERR_RANGE, m, "a network needs at least one site");
    if (!(o->stability >= 0 && isfinite(o->stability)))
        return EG_FAIL(EG_ERR_RANGE, m, "memory.stability is %g; it must be finite and 0 or more",
                       o->stability);
    if (o->sweeps_max < 1)
        return EG_FAIL(EG_ERR_RANGE, m, "memory.sweeps_max is %ld; it must be 1 or more",
                       o->sweeps_max);
    if (o->unlearn < 0)
        return EG_FAIL(EG_ERR_RANGE, m, "memory.unlearn is %ld; it must be 0 or more", o->unlearn);
    if (!isfinite(o->unlearn_rate))
        return EG_FAIL(EG_ERR_RANGE, m, "memory.unlearn_rate is %g; it must be finite",
                       o->unlearn_rate);
    return EG_OK;
}

int eg_rule_begin(const struct eg_rule *rule, struct eg_couplings *c, size_t sites,
                  const struct eg_rule_options *o, struct eg_arena *arena, struct eg_message *m)
{
    int status = check(sites, o, m);
    if (status)
        return status;
    status = eg_couplings_alloc(c, sites, rule->symmetric, o->self_coupling, arena);
    if (status)
        return EG_FAIL(status, m, "no memory for %zu x %zu couplings", sites, sites);
    if (rule != &eg_rule_projection)
        return EG_OK;
    c->unit = 1; /* not whole numbers of 1/N */
    if (o->incremental && !(c->basis = eg_arena_zeros(arena, sites * sites, sizeof *c->basis)))
        return EG_FAIL(EG_ERR_NOMEM, m, "no memory for a basis of %zu x %zu", sites, sites);
    return EG_OK;
}

int eg_rule_learn(const struct eg_rule *rule, struct eg_couplings *c, const struct eg_patterns *p,
                  const struct eg_rule_options *o, struct eg_learning *l, struct eg_message *m)
{
    l->note.text[0] = '\0';
    if (p->count == 0)
        return EG_FAIL(EG_ERR_RANGE, m, "there are no patterns to learn; at least 1 is needed");
    if (p->values)
        return EG_FAIL(EG_ERR_DATA, m, "rule %s needs patterns of two states; these are real",
                       rule->name);
    int status = eg_rule_begin(rule, c, p->sites, o, l->arena, m);
    if (status)
        return status;
    const struct eg_arena_mark mark = eg_arena_mark(l->arena);
    status = rule->learn(c, p, o, l, m);
    eg_arena_rewind(l->arena, mark);
    if (status)
        return status;
    eg_couplings_transpose(c);
    status = eg_couplings_unlearn(c, o->unlearn, o->unlearn_rate, l);
    return status ? EG_FAIL(status, m, "no memory for unlearning") : EG_OK;
}

double eg_rule_bytes(const struct eg_rule *rule, const struct eg_rule_options *o, double sites,
                     double patterns)
{
    const double matrix = sizeof(double) * sites * sites, few = sizeof(double) * sites;
    double bytes = matrix * (rule->symmetric ? 1 : 2) + 4 * few;
    if (rule == &eg_rule_hebbian)
        bytes += few * fmin(patterns, PATTERNS_AT_ONCE);
    else if (rule == &eg_rule_projection)
        bytes += (o->incremental ? matrix : few * fmin(sites, patterns)) + few * 32;
    else if (!rule->symmetric)
        bytes += sizeof(double) * patterns * (sites + patterns);
    return bytes;
}

int eg_rule_store(const struct eg_rule *rule, struct eg_couplings *c, const int8_t *spins,
                  struct eg_learning *l, struct eg_message *m)
{
    l->note.text[0] = '\0';
    if (!rule->store)
        return EG_FAIL(EG_ERR_RANGE, m, "rule %s learns all patterns at once, not one more",
                       rule->name);
    const struct eg_arena_mark mark = eg_arena_mark(l->arena);
    const int status = rule->store(c, spins, l, m);
    eg_arena_rewind(l->arena, mark);
    return status;
}

/* 1/N in units of u: exactly 1 where u is 1/N. */
static double strength(const struct eg_couplings *c)
{
    return 1 / (double) c->sites / c->unit;
}

void eg_couplings_forget(struct eg_couplings *c, const int8_t *spins)
{
    eg_couplings_add(c, -strength(c), spins);
}

static void shuffle(size_t *order, size_t n, struct eg_stream *stream)
{
    for (size_t i = n - 1; i > 0; i--) {
        const size_t k = (size_t) eg_stream_between(stream, 0, (long) i), kept = order[i];
        order[i] = order[k];
        order[k] = kept;
    }
}

static void relax(struct eg_couplings_recall *r, size_t *order, struct eg_stream *stream)
{
    const size_t n = r->c->sites;
    size_t moved = 1;
    for (size_t sweep = 0; sweep < RELAX_SWEEPS && moved; sweep++) {
        moved = 0;
        shuffle(order, n, stream);
        for (size_t k = 0; k < n; k++)
            if (r->spins[order[k]] * eg_couplings_field(r, order[k]) < 0) {
                eg_couplings_flip(r, order[k]);
                moved++;
            }
    }
}

int eg_couplings_unlearn(struct eg_couplings *c, long times, double rate, struct eg_learning *l)
{
    if (times <= 0)
        return EG_OK;
    const size_t n = c->sites;
    const int self_coupling = c->self_coupling;
    const struct eg_arena_mark mark = eg_arena_mark(l->arena);
    int status = EG_RAISE(EG_ERR_NOMEM);
    struct eg_couplings_recall recall;
    size_t *order = eg_arena_zeros(l->arena, n, sizeof *order);
    int8_t *spins = eg_arena_zeros(l->arena, n, sizeof *spins);
    if (!order || !spins)
        goto out;
    status = eg_couplings_init(&recall, c, l->kernels, l->arena);
    if (status)
        goto out;
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    c->self_coupling = 0; /* the diagonal is left alone */
    for (long k = 0; k < times; k++) {
        struct eg_stream stream;
        eg_stream_open(&stream, l->seed, EG_FOR_LEARNING, l->network, (uint64_t) k);
        for (size_t i = 0; i < n; i++)
            spins[i] = eg_stream_bits(&stream) & 1 ? 1 : -1;
        eg_couplings_start(&recall, spins);
        relax(&recall, order, &stream);
        eg_couplings_add(c, -rate * strength(c), recall.spins);
    }
    c->self_coupling = self_coupling;
out:
    eg_arena_rewind(l->arena, mark);
    return status;
}

/* Sums of whole numbers: exact in any order. */
static int hebbian(struct eg_couplings *c, const struct eg_patterns *p,
                   const struct eg_rule_options *o, struct eg_learning *l, struct eg_message *m)
{
    (void) o;
    const size_t n = c->sites, most = p->count < PATTERNS_AT_ONCE ? p->count : PATTERNS_AT_ONCE;
    double *x = eg_arena_zeros(l->arena, most, n * sizeof *x);
    if (!x)
        return EG_FAIL(EG_ERR_NOMEM, m, "no memory for %zu patterns", most);
    for (size_t first = 0; first < p->count; first += most) {
        const size_t count = p->count - first < most ? p->count - first : most;
        eg_rule_signs(p, first, count, x);
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (blasint) n, (blasint) count, 1, x,
                    (blasint) n, 1, c->w, (blasint) n);
    }
    for (size_t i = 0; i < n && !c->self_coupling; i++)
        c->w[i * n + i] = 0;
    eg_couplings_mirror(c);
    return EG_OK;
}

static int hebbian_store(struct eg_couplings *c, const int8_t *xi, struct eg_learning *l,
                         struct eg_message *m)
{
    (void) l;
    (void) m;
    eg_couplings_add(c, strength(c), xi);
    return EG_OK;
}

const struct eg_rule eg_rule_hebbian = {
    .name = "hebbian",
    .summary = "w = 1/N sum xi xi^T",
    .source = "Hopfield 1982 (doi:10.1073/pnas.79.8.2554)",
    .symmetric = 1,
    .learn = hebbian,
    .store = hebbian_store,
};
