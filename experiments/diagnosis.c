/* experiments/diagnosis.c -- what the numbers of a head say, in a word and in a sentence. */
#include <math.h>
#include <stdio.h>

#include "experiments/telemetry.h"

const char *const eg_head_states[] = {"well", "uniform", "dead", "saturated", NULL};

#define UNIFORM 0.95  /* effective slots, of those there are, from which they are all alike    */
#define NOTHING 1e-3  /* what is written, or moved a step, below which it is nothing           */
#define GATE_END 1e-3 /* distance of a gate from 0 or 1 at which it no longer learns           */
#define STRENGTH_MOST 500.0
#define MEMORY_MOST 1e4

static int always_shut(const struct eg_head_report *h)
{
    return h->gate_most < GATE_END;
}

static int always_open(const struct eg_head_report *h)
{
    return h->gate_least > 1 - GATE_END;
}

/* What is not known is NAN, and no comparison holds. */
enum eg_head_state eg_head_judge(const struct eg_head_report *h)
{
    if (h->written < NOTHING || isnan(h->entropy))
        return EG_HEAD_DEAD;
    if (h->slots >= 2 && h->effective >= UNIFORM * h->slots)
        return EG_HEAD_UNIFORM;
    if (h->movement < NOTHING)
        return EG_HEAD_DEAD;
    if (h->strength > STRENGTH_MOST || h->memory > MEMORY_MOST || always_shut(h) || always_open(h))
        return EG_HEAD_SATURATED;
    return EG_HEAD_WELL;
}

static void uniform(char *text, size_t size, const struct eg_head_report *h)
{
    const int n = snprintf(text, size, "uniform: looks at all slots alike, %.3g of %.3g",
                           h->effective, h->slots);
    if (n > 0 && (size_t) n < size && !isnan(h->strength))
        snprintf(text + n, size - (size_t) n, ", with a key strength of %.3g", h->strength);
}

static void dead(char *text, size_t size, const struct eg_head_report *h)
{
    if (isnan(h->entropy))
        snprintf(text, size, "dead: its weighting is 0 everywhere");
    else if (h->written < NOTHING)
        snprintf(text, size, "dead: it writes nothing (%.1g a step)", h->written);
    else
        snprintf(text, size, "dead: it never moves; effective slots %.3g, movement %.1g a step",
                 h->effective, h->movement);
}

static void saturated(char *text, size_t size, const struct eg_head_report *h)
{
    if (h->memory > MEMORY_MOST)
        snprintf(text, size, "saturated: numbers of the memory reach %.2g", h->memory);
    else if (h->strength > STRENGTH_MOST)
        snprintf(text, size, "saturated: a key strength of %.3g", h->strength);
    else
        snprintf(text, size, "saturated: its gate is %s at every step (%.4f to %.4f)",
                 always_shut(h) ? "shut" : "open", h->gate_least, h->gate_most);
}

void eg_head_sentence(char *text, size_t size, const struct eg_head_report *h)
{
    text[0] = '\0';
    char words[160] = "";
    if (h->state == EG_HEAD_WELL)
        return;
    if (h->state == EG_HEAD_UNIFORM)
        uniform(words, sizeof words, h);
    else if (h->state == EG_HEAD_DEAD)
        dead(words, sizeof words, h);
    else
        saturated(words, sizeof words, h);
    snprintf(text, size, "%s %s%zu %s", eg_head_kinds[h->kind],
             h->kind == EG_HEAD_HOP ? "" : "head ", h->head, words);
}
