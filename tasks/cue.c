#include <math.h>
#include <stdbool.h>

#include "tasks/patterns.h"

static const char *const kinds[] = {"flip", "noise", "mask", "crop", NULL};
static const char *const fills[] = {"minus", "plus", "random", NULL};
static const char *const seconds[] = {"random", "kept", NULL};

#define AT(field) offsetof(struct eg_cue_options, field)
/* clang-format off */
const struct eg_option eg_cue_rows[] = {
    {"target", "pattern", "which pattern, counted from 0; -1: the first trial takes the first, and so on", AT(target), EG_OPT_INT,    -1, -1, 0x1p40, NULL, NULL},
    {"kind",   "",        "what happens to it: signs change, noise, sites or rows are overwritten",        AT(kind),   EG_OPT_CHOICE, EG_CUE_FLIP, 0, 0, kinds, NULL},
    {"amount", "1",       "fraction of sites or rows; noise: probability, or deviation of real states",    AT(amount), EG_OPT_REAL,   0, 0, 10, NULL, NULL},
    {"fill",   "",        "what masked and cropped sites become; random: 0 where states are real",         AT(fill),   EG_OPT_CHOICE, EG_FILL_MINUS, 0, 0, fills, NULL},
    {"second", "",        "how the second layer of a pair starts",                                         AT(second), EG_OPT_CHOICE, EG_SECOND_RANDOM, 0, 0, seconds, NULL},
    EG_OPTION_END,
};
/* clang-format on */

int eg_cue_check(const struct eg_cue_options *options, const struct eg_patterns *patterns,
                 int real_states, struct eg_message *message)
{
    if (options->target >= 0 && (size_t) options->target >= patterns->count)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "cue.target = %ld: there are %zu patterns; allowed are 0 to %zu, and -1",
                       options->target, patterns->count, patterns->count - 1);
    if (options->amount > 1 && !(real_states && options->kind == EG_CUE_NOISE))
        return EG_FAIL(EG_ERR_RANGE, message,
                       "cue.amount = %.9g with cue.kind = %s is out of range: 0 to 1%s",
                       options->amount, kinds[options->kind],
                       options->kind == EG_CUE_NOISE ? "; more for networks with real states" : "");
    return EG_OK;
}

/* --- which sites --- */

/* Goes through the sites in order and takes exactly `wanted` of the `left`, each choice of as many
 * equally likely: Knuth's algorithm S (The Art of Computer Programming 2, 3.4.2), which needs no
 * memory. */
struct chooser {
    size_t wanted, left;
};

/* round(amount * n); an amount outside of [0, 1] is as its nearer end. */
static size_t share(double amount, size_t n)
{
    const double part = round(amount * (double) n);
    return part >= (double) n ? n : part > 0 ? (size_t) part : 0;
}

static bool chosen(struct chooser *c, struct eg_stream *stream)
{
    if (c->wanted == 0)
        return false;
    const bool take =
        c->left == c->wanted || eg_stream_uniform(stream) * (double) c->left < (double) c->wanted;
    c->left--;
    c->wanted -= take;
    return take;
}

/* The first site that is cut away. */
static size_t crop_from(const struct eg_cue_options *o, const struct eg_patterns *p)
{
    if (p->height > 0)
        return p->first - share(o->amount, p->height) * p->width;
    return p->first - share(o->amount, p->first);
}

/* Whether site i of the first layer changes; sites are asked for in order. */
static bool hit(const struct eg_cue_options *o, size_t i, size_t crop, struct chooser *chooser,
                struct eg_stream *stream)
{
    switch (o->kind) {
    case EG_CUE_NOISE:
        return eg_stream_uniform(stream) < o->amount;
    case EG_CUE_CROP:
        return i >= crop;
    default:
        return chosen(chooser, stream);
    }
}

/* --- what becomes of them --- */

static int8_t random_spin(struct eg_stream *stream)
{
    return eg_stream_bits(stream) >> 63 ? 1 : -1;
}

void eg_cue_spins(const struct eg_cue_options *options, const struct eg_patterns *patterns,
                  struct eg_stream *stream, int8_t *spins)
{
    const size_t crop = crop_from(options, patterns);
    const bool overwrite = options->kind == EG_CUE_MASK || options->kind == EG_CUE_CROP;
    struct chooser chooser = {share(options->amount, patterns->first), patterns->first};
    for (size_t i = 0; i < patterns->first; i++) {
        if (!hit(options, i, crop, &chooser, stream))
            continue;
        if (!overwrite)
            spins[i] = (int8_t) -spins[i];
        else if (options->fill == EG_FILL_RANDOM)
            spins[i] = random_spin(stream);
        else
            spins[i] = options->fill == EG_FILL_PLUS ? 1 : -1;
    }
    for (size_t i = patterns->first; i < patterns->sites && !options->second; i++)
        spins[i] = random_spin(stream);
}

void eg_cue_outputs(const struct eg_cue_options *options, const struct eg_patterns *patterns,
                    struct eg_stream *stream, double *outputs)
{
    const size_t crop = crop_from(options, patterns);
    const double fill = options->fill == EG_FILL_RANDOM ? 0
                        : options->fill == EG_FILL_PLUS ? 1
                                                        : -1;
    struct chooser chooser = {share(options->amount, patterns->first), patterns->first};
    for (size_t i = 0; i < patterns->first; i++) {
        if (options->kind == EG_CUE_NOISE)
            outputs[i] += options->amount * eg_stream_normal(stream);
        else if (hit(options, i, crop, &chooser, stream))
            outputs[i] = options->kind == EG_CUE_FLIP ? -outputs[i] : fill;
    }
    for (size_t i = patterns->first; i < patterns->sites && !options->second; i++)
        outputs[i] = 2 * eg_stream_uniform(stream) - 1;
}
