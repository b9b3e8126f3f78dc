/* memory/ntm_head.c -- how a head weighs the slots, stage by stage. */
#include "attention/address.h"
#include "attention/window.h"
#include "memory/ntm_private.h"
#include "tensor/pointwise.h"

struct eg_var *eg_ntm_part(const struct eg_ntm *s, struct eg_tape *tape, size_t head,
                           enum eg_ntm_part part)
{
    return eg_tape_cols(tape, s->control, eg_ntm_part_from(s, head, part),
                        eg_ntm_part_size(s, head, part));
}

/* Constants of begin() for the rows that go on. */
static struct eg_var *going_on(const struct eg_ntm *s, struct eg_tape *tape, struct eg_var *v)
{
    return s->control ? eg_tape_rows(tape, v, 0, s->control->rows) : NULL;
}

/* The paper's head is one op, which is faster than its parts and equal to them. */
static int is_the_papers(const struct eg_ntm_options *o)
{
    return o->content && o->score == EG_SCORE_COSINE && o->normaliser == EG_NORM_SOFTMAX
           && o->strength && o->location == EG_NTM_SHIFT && o->gate && o->sharpening;
}

static struct eg_var *weigh_at_once(const struct eg_ntm *s, struct eg_tape *tape, size_t head,
                                    struct eg_var *last)
{
    const struct eg_head h = {
        .key = eg_ntm_part(s, tape, head, EG_NTM_P_KEY),
        .beta = eg_ntm_part(s, tape, head, EG_NTM_P_BETA),
        .gate = eg_ntm_part(s, tape, head, EG_NTM_P_GATE),
        .shift = eg_ntm_part(s, tape, head, EG_NTM_P_SHIFT),
        .gamma = eg_ntm_part(s, tape, head, EG_NTM_P_GAMMA),
        .slots = s->n,
        .width = s->k,
        .range = (size_t) s->o.shift_range,
    };
    return eg_address_fused(tape, &h, s->keys, last);
}

static struct eg_var *by_content(struct eg_ntm *s, struct eg_tape *tape, size_t head)
{
    struct eg_var *key = eg_ntm_part(s, tape, head, EG_NTM_P_KEY);
    struct eg_var *beta =
        s->o.strength ? eg_ntm_part(s, tape, head, EG_NTM_P_BETA) : going_on(s, tape, s->unit);
    struct eg_var *score = eg_score_apply(tape, &s->scores[head], key, s->keys);
    return eg_normalise(tape, &s->normaliser, score, beta);
}

/* Monotonic: the middle is the step, and the last slot from there on. */
static struct eg_var *in_window(struct eg_ntm *s, struct eg_tape *tape, size_t head,
                                struct eg_var *w)
{
    const int predicts = s->o.location == EG_NTM_LOCAL_P;
    struct eg_var *p = NULL;
    if (predicts) {
        struct eg_var *v = eg_tape_rows(tape, eg_tape_param(tape, &s->place), head, 1);
        p = eg_place(tape, eg_ntm_part(s, tape, head, EG_NTM_P_PLACE), v, s->n);
    } else if (s->control && (p = eg_tape_var(tape, s->control->rows, 1, 1))) {
        for (size_t b = 0; b < p->rows; b++)
            p->x[b] = (real) (s->t < s->n ? s->t : s->n - 1);
    }
    s->places[head] = p;
    return eg_window(tape, w, p, (size_t) s->o.window, predicts);
}

struct eg_var *eg_ntm_weigh(struct eg_ntm *s, struct eg_tape *tape, size_t head)
{
    const struct eg_ntm_options *o = &s->o;
    struct eg_var *last = going_on(s, tape, s->last[head]);
    if (is_the_papers(o))
        return s->last[head] = weigh_at_once(s, tape, head, last);
    const int local = o->location == EG_NTM_LOCAL_M || o->location == EG_NTM_LOCAL_P;
    struct eg_var *w = o->content ? by_content(s, tape, head) : going_on(s, tape, s->even);
    if (local)
        w = in_window(s, tape, head, w);
    if (!o->content && !local)
        w = last;
    else if (o->gate)
        w = eg_blend(tape, eg_ntm_part(s, tape, head, EG_NTM_P_GATE), w, last);
    if (o->location == EG_NTM_SHIFT)
        w = eg_shift(tape, w, eg_ntm_part(s, tape, head, EG_NTM_P_SHIFT), (size_t) o->shift_range);
    if (o->location == EG_NTM_SHIFT_REAL)
        w = eg_shift_real(tape, w, eg_ntm_part(s, tape, head, EG_NTM_P_MOVE),
                          (size_t) o->shift_range);
    if (o->sharpening)
        w = eg_sharpen(tape, w, eg_ntm_part(s, tape, head, EG_NTM_P_GAMMA));
    return s->last[head] = w;
}
