/* core/random.h -- random numbers that depend on what is drawn, never on who draws it.
 *
 * A stream is named by (seed, purpose, step, item) and gives the same numbers whenever and
 * wherever it is opened: there is no state to save, no clock and no global generator.
 * Philox 4x64, 10 rounds: Salmon, Moraes, Dror & Shaw 2011 (Parallel random numbers: as easy
 * as 1, 2, 3; doi:10.1145/2063384.2063405), in the Random123 library.
 *
 * A stream is also the state of a gsl_rng, so that GSL's distributions draw from it:
 *
 *     struct eg_stream stream;
 *     eg_stream_open(&stream, seed, EG_FOR_TRAINING, step, item);
 *     const gsl_rng rng = eg_stream_gsl(&stream);
 *     const double x = gsl_ran_beta(&rng, 0.5, 0.5); */
#ifndef EG_CORE_RANDOM_H
#define EG_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include <gsl/gsl_rng.h>

/* What numbers are for.  The values are part of what a seed means: never renumber. */
enum eg_purpose {
    EG_FOR_PARAMETERS = 1, /* item: which parameter             */
    EG_FOR_TRAINING = 2,   /* step: update, item: in the batch  */
    EG_FOR_EVALUATION = 3, /* step: condition, item: sequence   */
    EG_FOR_PROBE = 4,      /* step: length                      */
    EG_FOR_TESTS = 5,
    EG_FOR_SEEDS = 6,
    EG_FOR_PATTERNS = 7,    /* step: network, item: site           */
    EG_FOR_CUES = 8,        /* step: network, item: trial          */
    EG_FOR_DYNAMICS = 9,    /* step: network, item: trial          */
    EG_FOR_LEARNING = 10,   /* step: network; unlearning, orders   */
    EG_FOR_NOISE = 11,      /* of a model in training; step, item: those of the sequence */
    EG_FOR_STORIES = 12,    /* step 0: the split, item: group; else they are made up: story  */
    EG_FOR_CHOICES = 13,    /* of weightings in training; step, item: those of the sequence */
    EG_FOR_RESAMPLING = 20, /* of results, with seed 0; item: sample */
};

/* Which stream: what eg_stream_open() takes. */
struct eg_draw_key {
    uint64_t seed, step, item;
    enum eg_purpose purpose;
};

struct eg_stream {
    uint64_t key[2];     /* seed, purpose           */
    uint64_t counter[4]; /* block, step, item, zero */
    uint64_t out[4];
    unsigned left; /* of `out`                */
    int have_normal;
    double normal; /* the second of a pair    */
};

void eg_stream_open(struct eg_stream *stream, uint64_t seed, enum eg_purpose purpose, uint64_t step,
                    uint64_t item);

uint64_t eg_stream_bits(struct eg_stream *stream);  /* 64 random bits              */
double eg_stream_uniform(struct eg_stream *stream); /* [0, 1), 53 bits             */
double eg_stream_normal(struct eg_stream *stream);  /* mean 0, variance 1          */
/* A whole number in [low, high], both included, without bias; low <= high. */
long eg_stream_between(struct eg_stream *stream, long low, long high);

/* A gsl_rng whose state is the stream; valid while the stream is. */
gsl_rng eg_stream_gsl(struct eg_stream *stream);

#endif
