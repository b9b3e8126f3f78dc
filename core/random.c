#include "core/random.h"

#include <math.h>
#include <string.h>

#include <Random123/philox.h>

void eg_stream_open(struct eg_stream *stream, uint64_t seed, enum eg_purpose purpose, uint64_t step,
                    uint64_t item)
{
    memset(stream, 0, sizeof *stream);
    stream->key[0] = seed;
    stream->key[1] = (uint64_t) purpose;
    stream->counter[1] = step;
    stream->counter[2] = item;
}

uint64_t eg_stream_bits(struct eg_stream *stream)
{
    if (stream->left == 0) {
        philox4x64_ctr_t counter;
        philox4x64_key_t key;
        memcpy(counter.v, stream->counter, sizeof stream->counter);
        memcpy(key.v, stream->key, sizeof stream->key);
        const philox4x64_ctr_t out = philox4x64(counter, key);
        memcpy(stream->out, out.v, sizeof stream->out);
        stream->counter[0]++;
        stream->left = 4;
    }
    return stream->out[4 - stream->left--];
}

double eg_stream_uniform(struct eg_stream *stream)
{
    return (double) (eg_stream_bits(stream) >> 11) * 0x1p-53;
}

/* Box and Muller's pair; the second waits for the next call. */
double eg_stream_normal(struct eg_stream *stream)
{
    if (stream->have_normal) {
        stream->have_normal = 0;
        return stream->normal;
    }
    const double u = 1 - eg_stream_uniform(stream); /* (0, 1]: its logarithm is finite */
    const double radius = sqrt(-2 * log(u));
    const double angle = 6.283185307179586476925 * eg_stream_uniform(stream);
    stream->normal = radius * sin(angle);
    stream->have_normal = 1;
    return radius * cos(angle);
}

long eg_stream_between(struct eg_stream *stream, long low, long high)
{
    const uint64_t range = (uint64_t) high - (uint64_t) low + 1;
    if (range == 0)
        return (long) eg_stream_bits(stream);
    /* Refuse the numbers past the last whole multiple of the range. */
    const uint64_t limit = UINT64_MAX - UINT64_MAX % range;
    uint64_t bits;
    do
        bits = eg_stream_bits(stream);
    while (bits >= limit);
    return (long) ((uint64_t) low + bits % range);
}

/* GSL asks for numbers of at most 32 bits and for doubles. */
static void set(void *state, unsigned long seed)
{
    eg_stream_open(state, seed, EG_FOR_TESTS, 0, 0);
}

static unsigned long get(void *state)
{
    return (unsigned long) (eg_stream_bits(state) >> 32);
}

static double get_double(void *state)
{
    return eg_stream_uniform(state);
}

static const gsl_rng_type philox = {
    .name = "philox4x64-10",
    .max = 0xffffffffUL,
    .min = 0,
    .size = sizeof(struct eg_stream),
    .set = set,
    .get = get,
    .get_double = get_double,
};

gsl_rng eg_stream_gsl(struct eg_stream *stream)
{
    return (gsl_rng){.type = &philox, .state = stream};
}
