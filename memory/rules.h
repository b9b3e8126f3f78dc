/* memory/rules.h -- learning rules: from patterns to a matrix of couplings.
 *
 * A rule is a const table.  N sites, P patterns xi^mu with xi_i = -1 or +1.
 *
 *   hebbian     w_ij = 1/N sum_mu xi_i xi_j                               Hopfield 1982
 *   storkey     one pattern after the other,                              Storkey 1997
 *                   w_ij += 1/N (xi_i xi_j - xi_i h_ji - h_ij xi_j),
 *                   h_ij = sum_{k != i, j} w_ik xi_k
 *               The result depends on the order of the patterns.  A pattern that is a fixed point
 *               already (h_ij = xi_i) is not added but taken away: learned twice, what is left of
 *               it is 4/N of what once would leave.  Patterns should not be alike.
 *               With self-coupling w_ii may be negative, and the energy then rise.
 *   projection  the pseudo-inverse: w projects on the span of the patterns, w = sum_k q_k q_k^T
 *               with q an orthonormal basis of it (Personnaz, Guyon & Dreyfus 1985; without its
 *               diagonal Kanter & Sompolinsky 1987: h_i = xi_i (1 - w_ii) on a pattern).
 *               Up to N - 1 linearly independent patterns are fixed points.  A pattern that is no
 *               further than sqrt(1e-10 N) from the span of those before it counts as dependent;
 *               it is in the span, and so stored, already.  At rank N w is the identity, and 0
 *               without diagonal: nothing is stored any more.
 *   perceptron  each row for itself, all patterns in turn: where          Rosenblatt 1962;
 *                   xi_i sum_j w_ij xi_j <= kappa |w_i|                   Gardner 1988
 *               w_ij += 1/N xi_i xi_j, until a sweep changes nothing
 *   minover     the same with the pattern of the smallest left side       Krauth & Mezard 1987
 *               (P steps are a sweep), until that side is above kappa |w_i|.  It goes to the
 *               largest stability there is as kappa goes there.
 *
 * The last two are asymmetric: no energy falls.  The stability kappa is Gardner's: loads below
 * eg_theory_gardner(kappa) can be stored.  Their rows have lengths of their own, which the sign
 * rule does not see.
 *
 * Without self-coupling w_ii = 0, and sums above leave out j = i; with it they do not (those of
 * Storkey's h never have it).  Perceptrons with it can satisfy everything through w_ii.
 *
 * Arithmetic.  All but Storkey's and the projection work in whole numbers of the unit 1/N, exactly.
 * Rows in parallel; equal bits at any number of threads (given OpenBLAS has one, as it has in
 * engram).
 *
 * Unlearning: Hopfield, Feinstein & Palmer 1983 (doi:10.1038/304158a0). */
#ifndef EG_MEMORY_RULES_H
#define EG_MEMORY_RULES_H

#include "core/patterns.h"
#include "memory/associative.h"
#include "memory/couplings.h"

struct eg_rule_options {
    int self_coupling;   /* keep w_ii                                                          */
    double stability;    /* kappa >= 0: perceptron, minover                                    */
    long sweeps_max;     /* of the patterns, >= 1: perceptron, minover                         */
    long unlearn;        /* random starts that are unlearned after learning, >= 0              */
    double unlearn_rate; /* of the strength with which the Hebbian rule stores                 */
    int incremental;     /* projection: keep the basis (8 N^2 bytes) that eg_rule_store() needs */
};

struct eg_rule {
    const char *name, *summary, *source;
    int symmetric;
    /* `c` is allocated and empty.  Scratch from learning->arena, given back. */
    int (*learn)(struct eg_couplings *c, const struct eg_patterns *p,
                 const struct eg_rule_options *o, struct eg_learning *l, struct eg_message *m);
    /* One more pattern, xi (N); NULL where the rule needs all at once. */
    int (*store)(struct eg_couplings *c, const int8_t *xi, struct eg_learning *l,
                 struct eg_message *m);
};

extern const struct eg_rule eg_rule_hebbian;
extern const struct eg_rule eg_rule_storkey;
extern const struct eg_rule eg_rule_projection;
extern const struct eg_rule eg_rule_perceptron;
extern const struct eg_rule eg_rule_minover;
extern const struct eg_rule *const eg_rules[]; /* NULL-ended */
const struct eg_rule *eg_rule_find(const char *name);

/* An empty memory of this rule for `sites` sites: all w = 0.  EG_ERR_RANGE: an option (the message
 * names it below `memory.`), no sites.  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_rule_begin(const struct eg_rule *rule, struct eg_couplings *c, size_t sites,
                                const struct eg_rule_options *o, struct eg_arena *arena,
                                struct eg_message *message);

/* The same, and all patterns learned, then o->unlearn starts unlearned.  Memory comes from
 * learning->arena; learning->note says what the user should know ("": nothing).  Fails as
 * eg_rule_begin(), and with EG_ERR_RANGE without patterns, EG_ERR_DATA on real ones. */
EG_MUST_CHECK int eg_rule_learn(const struct eg_rule *rule, struct eg_couplings *c,
                                const struct eg_patterns *patterns, const struct eg_rule_options *o,
                                struct eg_learning *learning, struct eg_message *message);

/* Bytes of couplings, with the scratch of learning. */
double eg_rule_bytes(const struct eg_rule *rule, const struct eg_rule_options *o, double sites,
                     double patterns);

/* One more pattern, spins (N), in a memory of the same rule.  EG_ERR_RANGE: the rule needs all
 * patterns at once, or (projection) the basis was not kept. */
EG_MUST_CHECK int eg_rule_store(const struct eg_rule *rule, struct eg_couplings *c,
                                const int8_t *spins, struct eg_learning *learning,
                                struct eg_message *message);

/* Forgets a pattern: w_ij -= 1/N s_i s_j.  After Hebbian storing the bits of w are what they were
 * before. */
void eg_couplings_forget(struct eg_couplings *c, const int8_t *spins);

/* `times` times: from a random start, site by site in random order, to a fixed point s (or 1000
 * sweeps; ties keep), then w_ij -= rate / N s_i s_j for i != j.  Start k, and its orders, come from
 * the stream (seed, EG_FOR_LEARNING, network, k).  EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_couplings_unlearn(struct eg_couplings *c, long times, double rate,
                                       struct eg_learning *learning);

/* For rules: patterns first ... first + count - 1 as numbers, x (count, N), +1 or -1. */
void eg_rule_signs(const struct eg_patterns *p, size_t first, size_t count, double *x);

#endif
