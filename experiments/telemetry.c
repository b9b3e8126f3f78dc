#include "experiments/telemetry.h"

#include <math.h>
#include <string.h>

#include "tensor/tape.h"

const char *const eg_head_kinds[] = {"read", "write", "hop", NULL};

/* ---- the numbers ---- */

static double sum_of(const real *w, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs((double) w[i]);
    return sum;
}

static double entropy_of(const real *w, size_t n, double sum)
{
    double h = 0;
    for (size_t i = 0; i < n; i++) {
        const double p = fabs((double) w[i]) / sum;
        h -= p > 0 ? p * log2(p) : 0;
    }
    return h;
}

static double moved(const real *w, const real *before, size_t n)
{
    double d = 0;
    for (size_t i = 0; i < n; i++)
        d += fabs((double) w[i] - (double) before[i]);
    return d / 2;
}

static const real *weights_at(const struct eg_head_trace *x, size_t step, size_t head)
{
    return x->weights + (step * x->heads + head) * x->slots;
}

static void add_step(struct eg_head_sums *s, const struct eg_head_trace *x, size_t t, size_t h)
{
    const real *w = weights_at(x, t, h);
    const size_t at = t * x->heads + h;
    const double mass = sum_of(w, x->slots);
    if (x->gate) {
        const double g = (double) x->gate[at];
        s->gate_least = s->steps > 0 ? fmin(s->gate_least, g) : g;
        s->gate_most = s->steps > 0 ? fmax(s->gate_most, g) : g;
        s->gate += g;
    }
    s->steps++;
    for (size_t i = 0; i < x->slots; i++)
        s->filled += w[i] != 0;
    s->strength += x->strength ? (double) x->strength[at] : 0;
    s->sharpening += x->sharpening ? (double) x->sharpening[at] : 0;
    s->written += x->written ? mass * (double) x->written[at] : 0;
    if (t > 0) {
        s->moves++;
        s->movement += moved(w, weights_at(x, t - 1, h), x->slots);
    }
    if (mass > EG_HEAD_SILENT) {
        const double entropy = entropy_of(w, x->slots, mass);
        s->heard++;
        s->entropy += entropy;
        s->effective += exp2(entropy);
    }
}

/* Reads look back at what was written, writes ahead at what will be read. */
static void add_alignment(struct eg_head_sums *sums, const struct eg_head_trace *x,
                          const struct eg_head_trace *others, int ahead, double *covered)
{
    memset(covered, 0, x->slots * sizeof *covered);
    for (size_t k = 0; k < x->steps; k++) {
        const size_t t = ahead ? x->steps - 1 - k : k;
        for (size_t h = 0; h < others->heads; h++) {
            const real *w = weights_at(others, t, h);
            for (size_t i = 0; i < x->slots; i++)
                covered[i] += fabs((double) w[i]);
        }
        for (size_t h = 0; h < x->heads; h++) {
            const real *w = weights_at(x, t, h);
            const double mass = sum_of(w, x->slots);
            double common = 0;
            for (size_t i = 0; i < x->slots; i++)
                common += fabs((double) w[i]) * fmin(1, covered[i]);
            if (mass > EG_HEAD_SILENT) {
                sums[h].aligned++;
                sums[h].alignment += common / mass;
            }
        }
    }
}

void eg_head_add(struct eg_head_sums *sums, const struct eg_head_trace *trace,
                 enum eg_head_kind kind, const struct eg_head_trace *others, double *room)
{
    for (size_t h = 0; h < trace->heads; h++)
        for (size_t t = 0; t < trace->steps; t++)
            add_step(&sums[h], trace, t, h);
    if (others && others->heads)
        add_alignment(sums, trace, others, kind == EG_HEAD_WRITE, room);
}

static double mean(double sum, double n, int known)
{
    return known && n > 0 ? sum / n : (double) NAN;
}

void eg_head_conclude(struct eg_head_report *head, const struct eg_head_sums *s)
{
    if (head->kind == EG_HEAD_HOP) /* statements differ in number from question to question */
        head->slots = mean(s->filled, s->steps, 1);
    head->entropy = mean(s->entropy, s->heard, 1);
    head->effective = mean(s->effective, s->heard, 1);
    head->alignment = mean(s->alignment, s->aligned, 1);
    head->movement = mean(s->movement, s->moves, 1);
    head->strength = mean(s->strength, s->steps, head->has & EG_HEAD_HAS_STRENGTH);
    head->gate = mean(s->gate, s->steps, head->has & EG_HEAD_HAS_GATE);
    head->gate_least = mean(s->gate_least, 1, head->has & EG_HEAD_HAS_GATE);
    head->gate_most = mean(s->gate_most, 1, head->has & EG_HEAD_HAS_GATE);
    head->sharpening = mean(s->sharpening, s->steps, head->has & EG_HEAD_HAS_SHARPENING);
    head->written = mean(s->written, s->steps, head->has & EG_HEAD_HAS_WRITTEN);
    head->state = eg_head_judge(head);
}

/* ---- from a model ---- */

/* What is asked of a head, by the names that memories give their fields.  The last three make up
 * what is written. */
enum quantity { WEIGHTS, STRENGTH, GATE, SHARPENING, ERASE, ADD, VECTOR, QUANTITIES };
static const char *const names[EG_HEAD_KINDS][QUANTITIES] = {
    [EG_HEAD_READ] = {"read_weights", "read_strength", "read_gate", "read_sharpening", NULL, NULL,
                      NULL},
    [EG_HEAD_WRITE] = {"write_weights", "write_strength", "write_gate", "write_sharpening", "erase",
                       "add", "write_vector"},
    [EG_HEAD_HOP] = {"attention", NULL, NULL, NULL, NULL, NULL, NULL},
};

/* The heads of one kind of a model. */
struct group {
    const struct eg_field *field[QUANTITIES]; /* NULL: there is none */
    size_t part, heads, slots, first;         /* the first of them among all heads */
    /* of the sequence at work: room for all its steps, of each quantity (ERASE: the largest of what
     * is erased or added) */
    real *kept[QUANTITIES];
};

struct watch {
    const struct eg_model *model;
    struct group groups[EG_HEAD_KINDS];
    const struct eg_field *memory;
    size_t memory_part, memory_size, largest_field;
    real *buffer;
    size_t step; /* steps seen of the sequence at work */
    double largest;
};

static const struct eg_field *find(const struct eg_field *fields, const char *name)
{
    for (const struct eg_field *f = fields; name && f && f->name; f++)
        if (!strcmp(f->name, name))
            return f;
    return NULL;
}

/* Weightings have two letters, heads and slots. */
static void find_group(struct group *g, const struct eg_model *m, enum eg_head_kind kind)
{
    struct eg_model_part part;
    *g = (struct group){.heads = 0};
    for (size_t i = 0; !g->heads && m->type->part(m->state, i, &part); i++) {
        const struct eg_field *w = find(part.fields, names[kind][WEIGHTS]);
        if (!w || strlen(w->shape) != 2 || part.layers != 1)
            continue;
        for (int q = 0; q < QUANTITIES; q++)
            g->field[q] = find(part.fields, names[kind][q]);
        g->part = i;
        g->heads = m->type->extent(m->state, i, w->shape[0]);
        g->slots = m->type->extent(m->state, i, w->shape[1]);
    }
}

static void find_groups(struct watch *w, const struct eg_model *m)
{
    struct eg_model_part part;
    size_t first = 0;
    *w = (struct watch){.model = m};
    for (int k = 0; k < EG_HEAD_KINDS; k++) {
        struct group *g = &w->groups[k];
        find_group(g, m, (enum eg_head_kind) k);
        g->first = first;
        first += g->heads;
        for (int q = 0; q < QUANTITIES && g->heads; q++)
            if (g->field[q]) {
                const size_t n = eg_model_field_size(m, g->part, g->field[q]);
                w->largest_field = n > w->largest_field ? n : w->largest_field;
            }
    }
    for (size_t i = 0; !w->memory && m->type->part(m->state, i, &part); i++)
        if (part.layers == 1 && (w->memory = find(part.fields, "memory"))) {
            w->memory_part = i;
            w->memory_size = eg_model_field_size(m, i, w->memory);
        }
    if (w->memory_size > w->largest_field)
        w->largest_field = w->memory_size;
}

int eg_telemetry_init(struct eg_telemetry *t, struct eg_arena *arena, const struct eg_model *model)
{
    struct watch w;
    find_groups(&w, model);
    *t = (struct eg_telemetry){0};
    for (int k = 0; k < EG_HEAD_KINDS; k++)
        t->n += w.groups[k].heads;
    t->heads = eg_arena_zeros(arena, t->n ? t->n : 1, sizeof *t->heads);
    if (!t->heads)
        return EG_RAISE(EG_ERR_NOMEM);
    for (int k = 0; k < EG_HEAD_KINDS; k++) {
        const struct group *g = &w.groups[k];
        for (size_t h = 0; h < g->heads; h++)
            t->heads[g->first + h] = (struct eg_head_report){
                .kind = (enum eg_head_kind) k,
                .head = h,
                .slots = (double) g->slots,
                .has = (g->field[STRENGTH] ? EG_HEAD_HAS_STRENGTH : 0u)
                       | (g->field[GATE] ? EG_HEAD_HAS_GATE : 0u)
                       | (g->field[SHARPENING] ? EG_HEAD_HAS_SHARPENING : 0u)
                       | (g->field[ADD] || g->field[VECTOR] ? EG_HEAD_HAS_WRITTEN : 0u)};
    }
    return EG_OK;
}

static double largest_of(const real *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double) x[i]));
    return most;
}

static void keep(struct watch *w, const struct group *g, int q, const void *shown)
{
    const struct eg_field *field = g->field[q];
    const size_t size = eg_model_field_size(w->model, g->part, field), each = size / g->heads;
    if (q < ERASE) {
        w->model->type->copy(shown, g->part, 0, field->id, 0, g->kept[q] + w->step * size);
        return;
    }
    real *const written = g->kept[ERASE] + w->step * g->heads;
    w->model->type->copy(shown, g->part, 0, field->id, 0, w->buffer);
    for (size_t h = 0; h < g->heads; h++)
        written[h] = (real) fmax((double) written[h], largest_of(w->buffer + h * each, each));
}

static void observe(void *context, long step, size_t rows, const void *shown)
{
    (void) rows;
    struct watch *w = context;
    if (step < 0)
        return;
    for (int k = 0; k < EG_HEAD_KINDS; k++)
        for (int q = 0; q < QUANTITIES && w->groups[k].heads; q++)
            if (w->groups[k].field[q])
                keep(w, &w->groups[k], q, shown);
    if (w->memory) {
        w->model->type->copy(shown, w->memory_part, 0, w->memory->id, 0, w->buffer);
        w->largest = fmax(w->largest, largest_of(w->buffer, w->memory_size));
    }
    w->step++;
}

/* Room for a sequence of that many steps. */
static int make_room(struct watch *w, struct eg_arena *arena, size_t steps)
{
    w->step = 0;
    w->buffer = eg_arena_take(arena, w->largest_field * sizeof *w->buffer);
    int ok = w->buffer != NULL;
    for (int k = 0; k < EG_HEAD_KINDS; k++) {
        struct group *g = &w->groups[k];
        for (int q = 0; q <= ERASE && g->heads && ok; q++) {
            const size_t n = steps * g->heads * (q == WEIGHTS ? g->slots : 1);
            g->kept[q] = eg_arena_zeros(arena, n, sizeof *g->kept[q]);
            ok = g->kept[q] != NULL;
        }
    }
    return ok ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static struct eg_head_trace trace_of(const struct group *g, size_t steps)
{
    return (struct eg_head_trace){.steps = steps,
                                  .heads = g->heads,
                                  .slots = g->slots,
                                  .weights = g->kept[WEIGHTS],
                                  .strength = g->field[STRENGTH] ? g->kept[STRENGTH] : NULL,
                                  .gate = g->field[GATE] ? g->kept[GATE] : NULL,
                                  .sharpening = g->field[SHARPENING] ? g->kept[SHARPENING] : NULL,
                                  .written =
                                      g->field[ADD] || g->field[VECTOR] ? g->kept[ERASE] : NULL};
}

static void add_sequence(const struct watch *w, struct eg_head_sums *sums, double *room)
{
    struct eg_head_trace traces[EG_HEAD_KINDS];
    for (int k = 0; k < EG_HEAD_KINDS; k++)
        traces[k] = trace_of(&w->groups[k], w->step);
    for (int k = 0; k < EG_HEAD_KINDS; k++) {
        const struct group *g = &w->groups[k];
        const struct eg_head_trace *others = k == EG_HEAD_READ    ? &traces[EG_HEAD_WRITE]
                                             : k == EG_HEAD_WRITE ? &traces[EG_HEAD_READ]
                                                                  : NULL;
        if (g->heads)
            eg_head_add(sums + g->first, &traces[k], (enum eg_head_kind) k, others, room);
    }
}

/* Numbers that are kept of a sequence, or copied from step to step. */
static double size_of(const struct watch *w, size_t steps)
{
    double size = (double) w->memory_size * (double) steps;
    for (int k = 0; k < EG_HEAD_KINDS; k++)
        size += (double) steps * (double) (w->groups[k].heads * w->groups[k].slots);
    return size;
}

/* Of the sizes of the whole training, also where it began with small ones. */
static const uint64_t stream = UINT64_C(3) << 61;

static int one(struct watch *w, const struct eg_experiment *e, struct eg_arena *arena, uint64_t k,
               struct eg_head_sums *sums, double *room, int *too_large)
{
    struct eg_draw draw = {.seed = (uint64_t) e->run.seed,
                           .purpose = EG_FOR_TRAINING,
                           .step = stream,
                           .item = k,
                           .seen = EG_SEEN_ALL};
    struct eg_block block;
    size_t members[EG_BLOCK];
    struct eg_tape tape;
    struct eg_var *logits;
    int ret;
    eg_draw_lengths(&e->source, &draw, 1);
    *too_large = size_of(w, draw.steps) > EG_TELEMETRY_MOST;
    if (*too_large)
        return EG_OK;
    if ((ret = make_room(w, arena, draw.steps))
        || (ret = eg_block_make(&block, members, arena, &e->source, &draw, 1, 0, 1)))
        return ret;
    block.seen = e->trainer.seen;
    eg_tape_begin(&tape, arena, e->kernels, e->trainer.values, NULL);
    if ((ret = eg_model_run(w->model, &tape, &block, 0, observe, w, &logits)))
        return ret;
    add_sequence(w, sums, room);
    return EG_OK;
}

int eg_telemetry_measure(struct eg_telemetry *t, const struct eg_experiment *e, size_t sequences)
{
    struct watch w;
    struct eg_arena *arena;
    int too_large = 0, ret = eg_arena_init(&arena, 0);
    if (ret)
        return ret;
    find_groups(&w, &e->model);
    size_t slots = 1;
    for (int k = 0; k < EG_HEAD_KINDS; k++)
        slots = w.groups[k].slots > slots ? w.groups[k].slots : slots;
    struct eg_head_sums *sums = eg_arena_zeros(arena, t->n ? t->n : 1, sizeof *sums);
    double *room = eg_arena_zeros(arena, slots, sizeof *room);
    if (!sums || !room)
        ret = EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 0; k < sequences && !ret && !too_large; k++) {
        const struct eg_arena_mark mark = eg_arena_mark(arena);
        ret = one(&w, e, arena, k, sums, room, &too_large);
        eg_arena_rewind(arena, mark);
    }
    for (size_t i = 0; i < t->n && !ret && !too_large; i++) {
        t->heads[i].memory = w.memory ? w.largest : (double) NAN;
        eg_head_conclude(&t->heads[i], &sums[i]);
    }
    if (too_large)
        t->n = 0;
    eg_arena_free(&arena);
    return ret;
}
