/* tests/toy_network.h -- a few spins with couplings as a test writes them, symmetric or not, for
 * tests of what visits them.  It keeps the sites whose fields were asked for, in turn. */
#ifndef EG_TESTS_TOY_NETWORK_H
#define EG_TESTS_TOY_NETWORK_H

#include "memory/dynamics.h"

#include "tests/fixture.h"

enum { TOY_SITES = 8, TOY_ASKED = 1 << 17 };

struct toy {
    size_t n;
    double w[TOY_SITES][TOY_SITES], bias[TOY_SITES]; /* w[i][j]: from j to i       */
    int8_t spins[TOY_SITES];
    size_t *asked, times;    /* sites, room for TOY_ASKED                          */
    size_t all;              /* how often all fields were asked for at once        */
    size_t sweeps, restless; /* sweeps ended; so many of them say "not at rest"    */
};

static inline void toy_start(void *recall, const int8_t *spins)
{
    struct toy *t = recall;
    memcpy(t->spins, spins, t->n);
    t->times = t->all = t->sweeps = 0;
}

static inline const int8_t *toy_spins(const void *recall)
{
    return ((const struct toy *) recall)->spins;
}

static inline double toy_h(const struct toy *t, size_t site)
{
    double h = t->bias[site];
    for (size_t j = 0; j < t->n; j++)
        h += t->w[site][j] * t->spins[j];
    return h;
}

static inline double toy_field(void *recall, size_t site)
{
    struct toy *t = recall;
    assert_true(site < t->n && t->times < TOY_ASKED);
    t->asked[t->times++] = site;
    return toy_h(t, site);
}

static inline void toy_flip(void *recall, size_t site)
{
    struct toy *t = recall;
    t->spins[site] = (int8_t) -t->spins[site];
}

static inline void toy_fields(void *recall, double *h)
{
    struct toy *t = recall;
    t->all++;
    for (size_t i = 0; i < t->n; i++)
        h[i] = toy_h(t, i);
}

static inline double toy_energy(const void *recall)
{
    const struct toy *t = recall;
    double e = 0;
    for (size_t i = 0; i < t->n; i++)
        e -= t->spins[i] * (toy_h(t, i) + t->bias[i]) / 2;
    return e;
}

static inline double toy_energy_anew(void *recall)
{
    return toy_energy(recall);
}

static inline int toy_swept(void *recall)
{
    struct toy *t = recall;
    return ++t->sweeps <= t->restless;
}

static const struct eg_spin_ops toy_ops = {
    .start = toy_start,
    .spins = toy_spins,
    .field = toy_field,
    .flip = toy_flip,
    .fields = toy_fields,
    .energy = toy_energy,
    .energy_anew = toy_energy_anew,
    .swept = toy_swept,
};
static const struct eg_associative_type toy_type = {.name = "toy", .spins = &toy_ops};

/* No couplings. */
static inline struct toy *new_toy(size_t n)
{
    struct toy *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->n = n;
    t->asked = calloc(TOY_ASKED, sizeof *t->asked);
    assert_non_null(t->asked);
    return t;
}

static inline void free_toy(struct toy *t)
{
    free(t->asked);
    free(t);
}

/* w_ij = w_ji = a */
static inline void toy_couple(struct toy *t, size_t i, size_t j, double a)
{
    t->w[i][j] = t->w[j][i] = a;
}

/* Whole numbers from -2 to 2, so that ties are frequent and exact; no diagonal. */
static inline void toy_draw(struct toy *t, int symmetric, uint64_t seed)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 9, 0);
    for (size_t i = 0; i < t->n; i++) {
        t->bias[i] = (double) eg_stream_between(&stream, -1, 1);
        for (size_t j = 0; j < i; j++) {
            t->w[i][j] = (double) eg_stream_between(&stream, -2, 2);
            t->w[j][i] = symmetric ? t->w[i][j] : (double) eg_stream_between(&stream, -2, 2);
        }
    }
}

/* Spins from the bits of a number: site i is +1 where bit i is set. */
static inline void toy_spins_of(int8_t *spins, size_t n, unsigned bits)
{
    for (size_t i = 0; i < n && i < TOY_SITES; i++)
        spins[i] = bits >> i & 1 ? 1 : -1;
}

static inline unsigned toy_bits(const struct toy *t)
{
    unsigned bits = 0;
    for (size_t i = 0; i < t->n && i < TOY_SITES; i++)
        bits |= (unsigned) (t->spins[i] > 0) << i;
    return bits;
}

/* A site that wants to turn over, ties apart; n: none. */
static inline size_t toy_unhappy(const struct toy *t)
{
    size_t i = 0;
    while (i < t->n && toy_h(t, i) * t->spins[i] >= 0)
        i++;
    return i;
}

/* --- runs --- */

/* A dynamics by `settings`, of any network of spins. */
struct visits {
    struct eg_dynamics_options *options;
    struct eg_arena *arena;
    struct eg_dynamics d;
    struct eg_settled settled;
};

static inline void open_visits(struct visits *v, const struct eg_associative_type *type,
                               const char *settings, size_t sites, size_t first)
{
    v->arena = new_arena();
    v->options = new_options(eg_dynamics_rows, sizeof *v->options, settings);
    assert_int_equal(eg_dynamics_check(v->options, NULL), EG_OK);
    assert_int_equal(eg_dynamics_init(&v->d, type, v->options, sites, first, v->arena), EG_OK);
}

static inline void close_visits(struct visits *v)
{
    eg_arena_free(&v->arena);
    free(v->options);
}

/* From where the recall is; the numbers are those of `seed`. */
static inline int visit(struct visits *v, void *recall, uint64_t seed, const struct eg_watch *watch)
{
    struct eg_stream stream;
    eg_stream_open(&stream, seed, EG_FOR_TESTS, 10, 0);
    memset(&v->settled, 0x5a, sizeof v->settled); /* all of it is to be written */
    return eg_dynamics_run(&v->d, recall, &stream, watch, &v->settled, NULL);
}

/* The same, of a toy from the spins that `bits` say. */
static inline void visit_toy(struct visits *v, struct toy *t, unsigned bits, uint64_t seed)
{
    int8_t spins[TOY_SITES];
    toy_spins_of(spins, t->n, bits);
    toy_start(t, spins);
    assert_int_equal(visit(v, t, seed, NULL), EG_OK);
}

static inline void check_settled(const struct visits *v, enum eg_rest rest, size_t sweeps,
                                 uint64_t moves)
{
    assert_int_equal(v->settled.rest, rest);
    assert_int_equal(v->settled.sweeps, sweeps);
    assert_int_equal(v->settled.moves, moves);
}

/* What a watch sees; answers `answer` after sweep `until`. */
enum { SEEN = 4096 };
struct seen {
    struct eg_sweep at[SEEN];
    size_t n, until;
    int answer;
    const struct eg_spin_ops *ops; /* not NULL: energies are compared with those computed anew */
    void *recall;
};

static inline int see_sweep(void *context, const struct eg_sweep *sweep, const void *recall)
{
    struct seen *s = context;
    assert_ptr_equal(recall, s->recall);
    assert_true(s->n < SEEN);
    s->at[s->n++] = *sweep;
    if (s->ops)
        check_close(sweep->energy, s->ops->energy_anew(s->recall), 1e-12, 1e-12);
    return s->answer && sweep->sweep >= s->until ? s->answer : 0;
}

#endif
