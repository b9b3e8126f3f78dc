/* memory/ntm_layout.c -- what a head takes from the controller, and what it learns. */
#include <stdio.h>
#include <tgmath.h>

#include "memory/ntm_private.h"

int eg_ntm_is_told(const struct eg_ntm *s, size_t head)
{
    return head >= s->r && (s->o.write == EG_NTM_APPEND || s->o.allocation == EG_NTM_ALLOCATE_LRU);
}

static int local(const struct eg_ntm *s)
{
    return s->o.location == EG_NTM_LOCAL_M || s->o.location == EG_NTM_LOCAL_P;
}

size_t eg_ntm_part_size(const struct eg_ntm *s, size_t head, enum eg_ntm_part part)
{
    const struct eg_ntm_options *o = &s->o;
    const int writes = head >= s->r, steers = !eg_ntm_is_told(s, head);
    switch (part) {
    case EG_NTM_P_KEY:
        return steers && o->content ? s->k : 0;
    case EG_NTM_P_BETA:
        return steers && o->content && o->strength;
    case EG_NTM_P_PLACE:
        return steers && o->location == EG_NTM_LOCAL_P ? s->k : 0;
    case EG_NTM_P_GATE:
        return steers && o->gate && (o->content || local(s));
    case EG_NTM_P_SHIFT:
        return steers && o->location == EG_NTM_SHIFT ? 2 * (size_t) o->shift_range + 1 : 0;
    case EG_NTM_P_MOVE:
        return steers && o->location == EG_NTM_SHIFT_REAL;
    case EG_NTM_P_GAMMA:
        return steers && o->sharpening;
    case EG_NTM_P_ALPHA:
        return writes && o->allocation != EG_NTM_ALLOCATE_NONE;
    case EG_NTM_P_FREE:
        return !writes && o->allocation == EG_NTM_ALLOCATE_USAGE;
    case EG_NTM_P_AMOUNT:
        return writes && o->allocation == EG_NTM_ALLOCATE_USAGE;
    case EG_NTM_P_ERASE:
        return writes && o->write == EG_NTM_ERASE_ADD ? s->m : 0;
    case EG_NTM_P_ADD:
        return writes && o->add == EG_NTM_ADD_VECTOR ? s->m : 0;
    default:
        return 0;
    }
}

size_t eg_ntm_part_from(const struct eg_ntm *s, size_t head, enum eg_ntm_part part)
{
    size_t from = 0;
    for (size_t h = 0; h <= head; h++)
        for (size_t p = 0; p < (h == head ? (size_t) part : EG_NTM_PARTS); p++)
            from += eg_ntm_part_size(s, h, (enum eg_ntm_part) p);
    return from;
}

int eg_ntm_uses_last(const struct eg_ntm *s, size_t head)
{
    if (head < s->r && s->o.allocation == EG_NTM_ALLOCATE_LRU)
        return 1; /* a write head goes where it was */
    return !eg_ntm_is_told(s, head) && (s->o.gate || !(s->o.content || local(s)));
}

size_t eg_ntm_last_row(const struct eg_ntm *s, size_t head)
{
    size_t row = 0;
    for (size_t h = 0; h < head; h++)
        row += (size_t) eg_ntm_uses_last(s, h);
    return row;
}

static int declare_starts(struct eg_ntm *s, struct eg_params *params)
{
    int ret;
    const struct eg_param_row memory_row = {
        .name = "start",
        .symbol = "M_0",
        .shape = "width x slots",
        .unit = "1",
        .equation = "N12",
        .rows = s->m,
        .cols = s->n,
        .init = eg_init_uniform,
        .fixed = s->o.start == EG_NTM_START_RANDOM,
        .scale = s->o.start_scale > 0 ? s->o.start_scale : 1 / sqrt((double) (s->n + s->m)),
    };
    const struct eg_param_row read_row = {
        .name = "read_start",
        .symbol = "r_0",
        .shape = "1 x read heads * width",
        .unit = "1",
        .equation = "N13",
        .rows = 1,
        .cols = s->r * eg_ntm_extent(s, 'V'),
        .init = eg_init_uniform,
        .scale = 0.1,
    };
    const struct eg_param_row weighting_row = {
        .name = "weighting_start",
        .symbol = "w_0",
        .shape = "heads (read first) x slots, logits",
        .unit = "1",
        .equation = "N14",
        .rows = eg_ntm_last_row(s, s->r + s->w),
        .cols = s->n,
        .init = eg_init_normal,
        .scale = 0.1,
    };
    if (s->o.start != EG_NTM_START_CONSTANT
        && (ret = eg_params_add(params, "memory", &memory_row, &s->memory_start)))
        return ret;
    if (s->o.read_start == EG_NTM_READ_LEARNED
        && (ret = eg_params_add(params, "memory", &read_row, &s->read_init)))
        return ret;
    if (s->o.weighting == EG_NTM_LEARNED && weighting_row.rows
        && (ret = eg_params_add(params, "memory", &weighting_row, &s->weighting_start)))
        return ret;
    return EG_OK;
}

static int declare_places(struct eg_ntm *s, struct eg_params *params)
{
    const struct eg_param_row row = {
        .name = "place",
        .symbol = "v_p",
        .shape = "heads (read first) x key width",
        .unit = "1",
        .equation = "N16",
        .rows = s->r + (eg_ntm_is_told(s, s->r) ? 0 : s->w),
        .cols = s->k,
        .init = eg_init_uniform,
        .scale = 1 / sqrt((double) s->k),
    };
    return s->o.location == EG_NTM_LOCAL_P ? eg_params_add(params, "memory", &row, &s->place)
                                           : EG_OK;
}

static int declare_scores(struct eg_ntm *s, struct eg_params *params)
{
    for (size_t head = 0; head < s->r + s->w && s->o.content; head++) {
        char prefix[32];
        const int reads = head < s->r;
        snprintf(prefix, sizeof prefix, "%s%zu_score", reads ? "read" : "write",
                 reads ? head : head - s->r);
        s->scores[head] = (struct eg_score){.kind = (enum eg_score_kind) s->o.score,
                                            .slots = s->n,
                                            .width = s->k,
                                            .hidden = (size_t) s->o.score_hidden,
                                            .degree = (double) s->o.power};
        const int ret = eg_ntm_is_told(s, head)
                            ? EG_OK
                            : eg_score_declare(&s->scores[head], params, "memory", prefix);
        if (ret)
            return ret;
    }
    return EG_OK;
}

static int check(const struct eg_ntm_options *o, struct eg_message *message)
{
    const int shifts = o->location == EG_NTM_SHIFT || o->location == EG_NTM_SHIFT_REAL;
    if (shifts && 2 * o->shift_range + 1 > o->slots && o->shift_range > 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.shift_range = %ld is wider than the memory: with memory.slots = %ld "
                       "it may be 0 to %ld",
                       o->shift_range, o->slots, (o->slots - 1) / 2);
    if (o->key_width >= o->width)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.key_width = %ld leaves no value: with memory.width = %ld it may be "
                       "0 to %ld",
                       o->key_width, o->width, o->width - 1);
    if (o->normaliser == EG_NORM_TOP_K && o->top_k > o->slots)
        return EG_FAIL(
            EG_ERR_RANGE, message,
            "memory.top_k = %ld is more than there are slots: with memory.slots = %ld it "
            "may be 1 to %ld",
            o->top_k, o->slots, o->slots);
    if (!o->content && o->location == EG_NTM_STAY)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.content = false leaves nothing that moves a head: with "
                       "memory.location = none it may be true only");
    if (o->allocation != EG_NTM_ALLOCATE_NONE && o->write == EG_NTM_APPEND)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.allocation = %s has nowhere to allocate: with memory.write = "
                       "append it may be none only",
                       o->allocation == EG_NTM_ALLOCATE_LRU ? "lru" : "usage");
    if (o->allocation == EG_NTM_ALLOCATE_LRU && o->write_heads > o->slots)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.write_heads = %ld is more than there are slots to allocate: with "
                       "memory.slots = %ld and memory.allocation = lru it may be 1 to %ld",
                       o->write_heads, o->slots, o->slots);
    if (o->add == EG_NTM_ADD_KEY && !o->content)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.add = key has no key to add: with memory.content = false it may be "
                       "vector only");
    if (o->add == EG_NTM_ADD_KEY && o->key_width > 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.add = key is not as wide as a slot: with memory.key_width = %ld it "
                       "may be vector only",
                       o->key_width);
    return EG_OK;
}

int eg_ntm_init(void *state, const void *values, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message)
{
    static const enum eg_activation activations[EG_NTM_PARTS] = {
        [EG_NTM_P_KEY] = EG_TANH,      [EG_NTM_P_BETA] = EG_SOFTPLUS,
        [EG_NTM_P_PLACE] = EG_TANH,    [EG_NTM_P_GATE] = EG_SIGMOID,
        [EG_NTM_P_SHIFT] = EG_SOFTMAX, [EG_NTM_P_MOVE] = EG_TANH,
        [EG_NTM_P_GAMMA] = EG_ONEPLUS, [EG_NTM_P_FREE] = EG_SIGMOID,
        [EG_NTM_P_ALPHA] = EG_SIGMOID, [EG_NTM_P_AMOUNT] = EG_SIGMOID,
        [EG_NTM_P_ERASE] = EG_SIGMOID, [EG_NTM_P_ADD] = EG_TANH,
    };
    struct eg_ntm *s = state;
    const struct eg_ntm_options *o = values;
    int ret = check(o, message);
    if (ret)
        return ret;
    *s = (struct eg_ntm){
        .o = *o,
        .n = (size_t) o->slots,
        .m = (size_t) o->width,
        .k = (size_t) (o->key_width ? o->key_width : o->width),
        .r = (size_t) o->read_heads,
        .w = (size_t) o->write_heads,
        .normaliser = {.kind = (enum eg_normaliser_kind) o->normaliser,
                       .k = (size_t) o->top_k,
                       .temperature = o->temperature,
                       .straight_through = o->straight_through},
        /* These begin with a product for all rows at once. */
        .by_rows = o->score != EG_SCORE_BILINEAR && o->score != EG_SCORE_LOCATION
                   && o->score != EG_SCORE_ADDITIVE && o->score != EG_SCORE_CONCAT,
    };
    for (size_t head = 0; head < s->r + s->w; head++)
        for (size_t p = 0; p < EG_NTM_PARTS; p++) {
            const enum eg_ntm_part part = (enum eg_ntm_part) p;
            const size_t n = eg_ntm_part_size(s, head, part);
            if (n == 0)
                continue;
            s->parts[s->segment_count] = (struct eg_ntm_segment){.head = head, .part = part};
            s->segments[s->segment_count++] = (struct eg_segment){
                .from = eg_ntm_part_from(s, head, part), .n = n, .kind = activations[p]};
        }
    eg_ntm_choose_fields(s);
    size->control = eg_ntm_part_from(s, s->r + s->w - 1, EG_NTM_PARTS);
    size->read = s->r * eg_ntm_extent(s, 'V');
    if (!(ret = declare_starts(s, params)))
        ret = declare_places(s, params);
    return ret ? ret : declare_scores(s, params);
}

void eg_ntm_control_start(const void *state, real *bias)
{
    const struct eg_ntm *s = state;
    for (size_t i = 0; i < s->segment_count; i++) {
        if (s->parts[i].part == EG_NTM_P_GATE)
            bias[s->segments[i].from] =
                (real) (s->o.gate_bias + (s->parts[i].head < s->r ? 0 : s->o.write_gate_offset));
        if (s->parts[i].part == EG_NTM_P_GAMMA)
            bias[s->segments[i].from] = (real) s->o.sharpening_bias;
    }
}

int eg_ntm_control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation)
{
    static const char *const names[EG_NTM_PARTS] = {
        [EG_NTM_P_KEY] = "key",
        [EG_NTM_P_BETA] = "strength",
        [EG_NTM_P_PLACE] = "place",
        [EG_NTM_P_GATE] = "gate",
        [EG_NTM_P_SHIFT] = "shift",
        [EG_NTM_P_MOVE] = "displacement",
        [EG_NTM_P_GAMMA] = "sharpening",
        [EG_NTM_P_FREE] = "free gate",
        [EG_NTM_P_ALPHA] = "allocation gate",
        [EG_NTM_P_AMOUNT] = "amount",
        [EG_NTM_P_ERASE] = "erase",
        [EG_NTM_P_ADD] = "add",
    };
    const struct eg_ntm *s = state;
    if (i >= s->segment_count)
        return 0;
    const size_t head = s->parts[i].head;
    const int written = snprintf(name, room, "%s %zu %s", head < s->r ? "read" : "write",
                                 head < s->r ? head : head - s->r, names[s->parts[i].part]);
    *from = s->segments[i].from;
    *n = s->segments[i].n;
    *activation = eg_activation_names[s->segments[i].kind];
    return written > 0;
}
