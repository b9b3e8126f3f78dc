/* tasks/patterns.h -- the contract of a source of patterns, and how a cue is made of one.
 *
 * Adding a source touches three places: its file, one line in pattern_registry.c, one in
 * meson.build. */
#ifndef EG_TASKS_PATTERNS_H
#define EG_TASKS_PATTERNS_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/bits.h"
#include "core/option.h"
#include "core/patterns.h"
#include "core/random.h"
#include "core/status.h"

struct eg_pattern_type {
    const char *name, *summary, *source;
    const struct eg_option *options; /* the keys below `patterns.` */
    size_t options_size;

    /* Makes the patterns.  Random ones depend on (seed, network).  Memory, and the texts in it,
     * come from `arena`.  Fails with EG_ERR_RANGE, EG_ERR_IO, EG_ERR_FORMAT, EG_ERR_DATA,
     * EG_ERR_NOMEM; the message names key, file and place. */
    int (*make)(const void *options, struct eg_patterns *patterns, uint64_t seed, uint64_t network,
                struct eg_arena *arena, struct eg_message *message);
};

/* The options of `random`: public, so that an experiment can draw many sizes. */
struct eg_random_options {
    long sites, count, pair_sites;
    double activity;
    int values, cyclic;
};

extern const struct eg_pattern_type eg_patterns_random;
extern const struct eg_pattern_type eg_patterns_digits;
extern const struct eg_pattern_type eg_patterns_file;
extern const struct eg_pattern_type *const eg_pattern_types[]; /* NULL-ended */
const struct eg_pattern_type *eg_pattern_find(const char *name);

/* N sites, `first` of them in the first layer, P patterns, each bit 1 with probability `activity`.
 * Site i of network k comes from the stream (seed, EG_FOR_PATTERNS, k, i): a network of fewer
 * patterns has the first ones of a larger one.  EG_ERR_NOMEM, EG_ERR_RANGE (N = 0, P = 0, activity
 * not in (0, 1)). */
EG_MUST_CHECK int eg_patterns_draw(struct eg_patterns *patterns, size_t sites, size_t first,
                                   size_t count, double activity, uint64_t seed, uint64_t network,
                                   struct eg_arena *arena, struct eg_message *message);

/* How a cue differs from its pattern.  Only the first layer is changed; a second layer starts at
 * random, or (`second` kept) as in the pair.
 *     flip   exactly round(amount * n) sites, drawn without replacement, change their sign
 *     noise  every site changes its sign with probability `amount`; real: normal noise of standard
 *            deviation `amount` is added
 *     mask   exactly round(amount * n) sites, drawn, are `fill`
 *     crop   the last round(amount * height) rows of the picture (the last sites where there is no
 *            picture) are `fill` */
enum eg_cue_kind { EG_CUE_FLIP, EG_CUE_NOISE, EG_CUE_MASK, EG_CUE_CROP };
enum eg_cue_fill { EG_FILL_MINUS, EG_FILL_PLUS, EG_FILL_RANDOM };
enum eg_cue_second { EG_SECOND_RANDOM, EG_SECOND_KEPT };
struct eg_cue_options {
    long target; /* which pattern; -1: trial k takes pattern k % P */
    int kind, fill, second;
    double amount; /* 0 to 1 (noise of real states: 0 or more)     */
};
extern const struct eg_option eg_cue_rows[]; /* the keys below `cue.` */

/* EG_ERR_RANGE: the target is none of the patterns, or the amount is more than 1 (allowed for noise
 * of real states only).  The functions below take such an amount for 1. */
EG_MUST_CHECK int eg_cue_check(const struct eg_cue_options *options,
                               const struct eg_patterns *patterns, int real_states,
                               struct eg_message *message);

/* spins (N) or outputs (N) hold the pattern and become the cue.  `fill` of real states: -1, +1, or
 * uniform in between (0 where `fill` is random and kind is mask or crop). */
void eg_cue_spins(const struct eg_cue_options *options, const struct eg_patterns *patterns,
                  struct eg_stream *stream, int8_t *spins);
void eg_cue_outputs(const struct eg_cue_options *options, const struct eg_patterns *patterns,
                    struct eg_stream *stream, double *outputs);

#endif
