#include "memory/dynamics.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const updates[] = {"asynchronous", "synchronous", "glauber", "metropolis", NULL};
static const char *const orders[] = {"permutation", "random", "fixed", NULL};
static const char *const ties[] = {"keep", "plus", "random", NULL};
static const char *const anneals[] = {"none", "linear", "geometric", NULL};

#define AT(field) offsetof(struct eg_dynamics_options, field)
/* clang-format off */
const struct eg_option eg_dynamics_rows[] = {
    {"update",          "",      "one site at a time, all at once, or at a temperature",        AT(update),          EG_OPT_CHOICE, EG_UPDATE_ASYNCHRONOUS, 0, 0, updates, NULL},
    {"order",           "",      "of the sites in a sweep: drawn anew, drawn with replacement, or 0 to N-1", AT(order), EG_OPT_CHOICE, EG_ORDER_PERMUTATION, 0, 0, orders, NULL},
    {"tie",             "",      "what a site does whose field is exactly 0",                   AT(tie),             EG_OPT_CHOICE, EG_TIE_KEEP, 0, 0, ties, NULL},
    {"sweeps_max",      "sweep", "stop after so many sweeps (real states: steps) even if not at rest; at a temperature: sweeps there", AT(sweeps_max), EG_OPT_INT, 1000, 1, 1e9, NULL, NULL},
    {"temperature",     "1",     "T of glauber and metropolis, in units of the local field",    AT(temperature),     EG_OPT_REAL, 0, 0, 1e6, NULL, NULL},
    {"temperature_end", "1",     "T of the last sweep, with annealing",                         AT(temperature_end), EG_OPT_REAL, 0, 0, 1e6, NULL, NULL},
    {"anneal",          "",      "how T goes from temperature to temperature_end",              AT(anneal),          EG_OPT_CHOICE, EG_ANNEAL_NONE, 0, 0, anneals, NULL},
    {"quench",          "",      "after the sweeps at a temperature, go to rest at T = 0",      AT(quench),          EG_OPT_BOOL, 0, 0, 0, NULL, NULL},
    {"tolerance",       "1",     "real states: at rest when no output changes by more in a step", AT(tolerance),     EG_OPT_REAL, 1e-9, 0, 1, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static int is_thermal(const struct eg_dynamics_options *o)
{
    return o->update == EG_UPDATE_GLAUBER || o->update == EG_UPDATE_METROPOLIS;
}

int eg_dynamics_check(const struct eg_dynamics_options *o, struct eg_message *message)
{
    if (!is_thermal(o) && (o->temperature > 0 || o->anneal != EG_ANNEAL_NONE))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "dynamics.%s is for dynamics.update = glauber or metropolis",
                       o->temperature > 0 ? "temperature" : "anneal");
    if (!is_thermal(o) && o->quench)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "dynamics.quench is for dynamics.update = glauber or metropolis");
    if (o->anneal == EG_ANNEAL_LINEAR && !(o->temperature > 0 || o->temperature_end > 0))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "dynamics.anneal = linear needs dynamics.temperature or "
                       "dynamics.temperature_end above 0");
    if (is_thermal(o) && o->anneal == EG_ANNEAL_NONE && !(o->temperature > 0))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "dynamics.update = %s needs a dynamics.temperature above 0",
                       updates[o->update]);
    if (o->anneal == EG_ANNEAL_NONE && o->temperature_end > 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "dynamics.temperature_end is for dynamics.anneal = linear or geometric");
    if (o->anneal == EG_ANNEAL_GEOMETRIC && !(o->temperature > 0 && o->temperature_end > 0))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "dynamics.anneal = geometric needs dynamics.temperature and "
                       "dynamics.temperature_end above 0");
    return EG_OK;
}

int eg_dynamics_init(struct eg_dynamics *d, const struct eg_associative_type *type,
                     const struct eg_dynamics_options *options, size_t sites, size_t first,
                     struct eg_arena *arena)
{
    *d = (struct eg_dynamics){.type = type, .options = options, .sites = sites, .first = first};
    if (sites == 0 || sites > UINT32_C(1) << 31)
        return EG_RAISE(EG_ERR_RANGE);
    if (!type->spins)
        return EG_OK;
    const int all_at_once = options->update == EG_UPDATE_SYNCHRONOUS;
    d->order = eg_arena_zeros(arena, sites, sizeof *d->order);
    if (!d->order)
        return EG_RAISE(EG_ERR_NOMEM);
    if (all_at_once || options->order == EG_ORDER_RANDOM || options->tie == EG_TIE_RANDOM) {
        d->fields = eg_arena_zeros(arena, sites, sizeof *d->fields);
        if (!d->fields)
            return EG_RAISE(EG_ERR_NOMEM);
    }
    if (all_at_once) {
        d->before = eg_arena_zeros(arena, sites, 1);
        d->earlier = eg_arena_zeros(arena, sites, 1);
        if (!d->before || !d->earlier)
            return EG_RAISE(EG_ERR_NOMEM);
    }
    return EG_OK;
}

/* One run. */
struct run {
    struct eg_dynamics *d;
    const struct eg_spin_ops *ops;
    void *recall;
    struct eg_stream *stream;
    const struct eg_watch *watch;
    struct eg_settled *settled;
    double temperature;
};

static int see(const struct run *r, size_t sweep, size_t moved)
{
    if (!r->watch || !r->watch->see)
        return EG_OK;
    const struct eg_sweep seen = {.sweep = sweep,
                                  .moved = moved,
                                  .energy = r->ops->energy(r->recall),
                                  .temperature = r->temperature,
                                  .change = (double) moved / (double) r->d->sites};
    return r->watch->see(r->watch->context, &seen, r->recall);
}

static int coin(struct eg_stream *stream)
{
    return eg_stream_bits(stream) >> 63 ? 1 : -1;
}

/* The order of the next sweep. */
static void make_order(struct run *r, size_t sweep)
{
    const size_t n = r->d->sites;
    uint32_t *order = r->d->order;
    switch ((enum eg_order) r->d->options->order) {
    case EG_ORDER_FIXED:
        if (sweep == 1)
            for (size_t k = 0; k < n; k++)
                order[k] = (uint32_t) (k + r->d->first < n ? k + r->d->first : k + r->d->first - n);
        return;
    case EG_ORDER_RANDOM:
        for (size_t k = 0; k < n; k++)
            order[k] = (uint32_t) eg_stream_between(r->stream, 0, (long) n - 1);
        return;
    case EG_ORDER_PERMUTATION:
        if (sweep == 1)
            for (size_t k = 0; k < n; k++)
                order[k] = (uint32_t) k;
        for (size_t k = n - 1; k > 0; k--) {
            const size_t other = (size_t) eg_stream_between(r->stream, 0, (long) k);
            const uint32_t swap = order[k];
            order[k] = order[other];
            order[other] = swap;
        }
        return;
    }
}

/* The sign a site takes at T = 0 where it has spin s; *drawn says that a tie was drawn. */
static int sign_of(const struct run *r, double h, int s, int *drawn)
{
    *drawn = 0;
    if (h > 0)
        return 1;
    if (h < 0)
        return -1;
    switch ((enum eg_tie) r->d->options->tie) {
    case EG_TIE_PLUS:
        return 1;
    case EG_TIE_RANDOM:
        *drawn = 1;
        return coin(r->stream);
    case EG_TIE_KEEP:
        break;
    }
    return s;
}

/* A sweep at T = 0; *firm are the moves that were no drawn ties. */
static size_t cold_sweep(struct run *r, size_t *firm)
{
    const struct eg_spin_ops *ops = r->ops;
    const size_t n = r->d->sites;
    const uint32_t *order = r->d->order;
    const int8_t *spins = ops->spins(r->recall);
    size_t moved = 0;
    *firm = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t site = order[k];
        int drawn;
        if (ops->ahead && k + 1 < n)
            ops->ahead(r->recall, order[k + 1]);
        const int s = spins[site];
        if (sign_of(r, ops->field(r->recall, site), s, &drawn) == s)
            continue;
        const double before = ops->energy(r->recall);
        ops->flip(r->recall, site);
        const double rise = ops->energy(r->recall) - before;
        r->settled->rise = rise > r->settled->rise ? rise : r->settled->rise;
        moved++;
        *firm += !drawn;
    }
    return moved;
}

static size_t warm_sweep(struct run *r)
{
    const struct eg_spin_ops *ops = r->ops;
    const size_t n = r->d->sites;
    const uint32_t *order = r->d->order;
    const int8_t *spins = ops->spins(r->recall);
    const int glauber = r->d->options->update == EG_UPDATE_GLAUBER;
    size_t moved = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t site = order[k];
        if (ops->ahead && k + 1 < n)
            ops->ahead(r->recall, order[k + 1]);
        const double rise = 2 * spins[site] * ops->field(r->recall, site);
        const double boltzmann = exp(-rise / r->temperature);
        const double u = eg_stream_uniform(r->stream);
        /* The second form of Glauber's rule is for factors that overflow. */
        const double p = glauber ? (isinf(boltzmann) ? 1 : boltzmann / (1 + boltzmann)) : boltzmann;
        if (u < p) {
            ops->flip(r->recall, site);
            moved++;
        }
    }
    return moved;
}

/* Whether no site wants to move. */
static int all_agree(const struct run *r)
{
    const int8_t *spins = r->ops->spins(r->recall);
    r->ops->fields(r->recall, r->d->fields);
    for (size_t i = 0; i < r->d->sites; i++) {
        const double h = r->d->fields[i];
        const int plus = r->d->options->tie == EG_TIE_PLUS;
        if (h * spins[i] < 0 || (!(h > 0) && !(h < 0) && plus && spins[i] < 0))
            return 0;
    }
    return 1;
}

static int cool(struct run *r, size_t first)
{
    struct eg_settled *out = r->settled;
    const size_t most = (size_t) r->d->options->sweeps_max;
    r->temperature = 0;
    for (size_t sweep = 1; sweep <= most; sweep++) {
        size_t firm;
        make_order(r, first + sweep);
        const size_t moved = cold_sweep(r, &firm);
        const int goes_on = r->ops->swept ? r->ops->swept(r->recall) : 0;
        /* A drawn tie may have moved what was visited before it. */
        const int seen_all = !moved && r->d->options->order != EG_ORDER_RANDOM;
        if (!firm && !goes_on && (seen_all || all_agree(r))) {
            out->rest = EG_REST_FIXED;
            if (!moved)
                return EG_OK;
        }
        out->moves += moved;
        out->sweeps++;
        const int ret = see(r, first + sweep, moved);
        if (ret || out->rest == EG_REST_FIXED)
            return ret;
    }
    return EG_OK;
}

static double temperature_at(const struct eg_dynamics_options *o, size_t sweep)
{
    const double part = o->sweeps_max > 1 ? (double) (sweep - 1) / (double) (o->sweeps_max - 1) : 0;
    switch ((enum eg_anneal) o->anneal) {
    case EG_ANNEAL_LINEAR:
        return o->temperature + (o->temperature_end - o->temperature) * part;
    case EG_ANNEAL_GEOMETRIC:
        return o->temperature * pow(o->temperature_end / o->temperature, part);
    case EG_ANNEAL_NONE:
        break;
    }
    return o->temperature;
}

static int anneal(struct run *r)
{
    const struct eg_dynamics_options *o = r->d->options;
    for (size_t sweep = 1; sweep <= (size_t) o->sweeps_max; sweep++) {
        size_t firm;
        r->temperature = temperature_at(o, sweep);
        make_order(r, sweep);
        const size_t moved = r->temperature > 0 ? warm_sweep(r) : cold_sweep(r, &firm);
        if (r->ops->swept)
            (void) r->ops->swept(r->recall);
        r->settled->moves += moved;
        r->settled->sweeps++;
        const int ret = see(r, sweep, moved);
        if (ret)
            return ret;
    }
    return o->quench ? cool(r, (size_t) o->sweeps_max) : EG_OK;
}

static int at_once(struct run *r)
{
    struct eg_dynamics *d = r->d;
    struct eg_settled *out = r->settled;
    const int8_t *spins = r->ops->spins(r->recall);
    int any_drawn = 0;
    for (size_t sweep = 1; sweep <= (size_t) d->options->sweeps_max; sweep++) {
        size_t moved = 0, firm = 0;
        int returned = sweep > 1 && !any_drawn; /* chance in either step makes it no cycle */
        any_drawn = 0;
        memcpy(d->earlier, d->before, d->sites);
        memcpy(d->before, spins, d->sites);
        const double energy = r->ops->energy(r->recall);
        r->ops->fields(r->recall, d->fields);
        for (size_t i = 0; i < d->sites; i++) {
            int drawn;
            const int want = sign_of(r, d->fields[i], d->before[i], &drawn);
            any_drawn |= drawn;
            returned = returned && !drawn && want == d->earlier[i];
            if (want != d->before[i]) {
                r->ops->flip(r->recall, i);
                moved++;
                firm += !drawn;
            }
        }
        const double rise = r->ops->energy(r->recall) - energy;
        out->rise = rise > out->rise ? rise : out->rise;
        const int goes_on = r->ops->swept ? r->ops->swept(r->recall) : 0;
        if (!firm && !goes_on && (!moved || all_agree(r)))
            out->rest = EG_REST_FIXED;
        else if (returned && !goes_on)
            out->rest = EG_REST_CYCLE;
        if (!moved && out->rest == EG_REST_FIXED)
            return EG_OK;
        out->moves += moved;
        out->sweeps++;
        const int ret = see(r, sweep, moved);
        if (ret || out->rest != EG_REST_UNKNOWN)
            return ret;
    }
    return EG_OK;
}

static int flow(struct eg_dynamics *d, void *recall, const struct eg_watch *watch,
                struct eg_settled *out, struct eg_message *message)
{
    const struct eg_flow_ops *ops = d->type->flow;
    int ret = EG_OK;
    for (size_t step = 0; step <= (size_t) d->options->sweeps_max && !ret; step++) {
        double change = 0;
        const double before = out->energy;
        if (step > 0 && (ret = ops->step(recall, &change, message)))
            return ret;
        out->energy = ops->energy(recall);
        if (step == 0)
            out->energy_start = out->energy;
        else if (out->energy - before > out->rise)
            out->rise = out->energy - before;
        const struct eg_sweep seen = {.sweep = step, .energy = out->energy, .change = change};
        out->sweeps = step;
        if (watch && watch->see)
            ret = watch->see(watch->context, &seen, recall);
        if (step > 0 && change <= d->options->tolerance) {
            out->rest = EG_REST_FIXED;
            break;
        }
    }
    return ret;
}

int eg_dynamics_run(struct eg_dynamics *d, void *recall, struct eg_stream *stream,
                    const struct eg_watch *watch, struct eg_settled *settled,
                    struct eg_message *message)
{
    memset(settled, 0, sizeof *settled);
    settled->rest = EG_REST_UNKNOWN;
    if (d->type->flow)
        return flow(d, recall, watch, settled, message);
    const struct eg_dynamics_options *o = d->options;
    struct run r = {.d = d,
                    .ops = d->type->spins,
                    .recall = recall,
                    .stream = stream,
                    .watch = watch,
                    .settled = settled,
                    .temperature = is_thermal(o) ? temperature_at(o, 1) : 0};
    settled->energy_start = r.ops->energy(recall);
    int ret = see(&r, 0, 0);
    if (!ret)
        ret = o->update == EG_UPDATE_SYNCHRONOUS ? at_once(&r)
              : is_thermal(o)                    ? anneal(&r)
                                                 : cool(&r, 0);
    settled->energy = r.ops->energy(recall);
    return ret;
}
