/* memory/sam.c -- Sparse Access Memory.
 *
 * Rae et al. 2016 (arXiv:1610.09027), sec. 3: each head reads the K slots nearest to its key and
 * writes to what it read at the step before and to the slot accessed longest ago.  What a step
 * costs does not depend on the number of slots (memory/sparse.h).  docs/equations.md, part V, has
 * the equations beside the paper's and names every choice that the paper leaves open.
 *
 * Control columns: for each head key (M), strength, write gate, interpolation, word (M). */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <tgmath.h>

#include "memory/memory.h"
#include "memory/sparse.h"
#include "tensor/activate.h"
#include "tensor/pointwise.h"

enum { HEADS_MAX = 32 };
enum part { P_KEY, P_STRENGTH, P_GATE, P_INTERPOLATION, P_ADD, PARTS };
enum read_start { READ_ZERO, READ_LEARNED };

struct options {
    long slots, width, heads, reads, tables, probes, scan;
    int index, read_start;
    double delta, start_value, gate_bias, interpolation_bias, strength_bias;
};

static const char *const indices[] = {"linear", "lsh", NULL};
static const char *const read_starts[] = {"zero", "learned", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    /* key          unit      help                                      field            type */
    {"slots",       "slot",   "slots of the memory, N",                 AT(slots),       EG_OPT_INT,    128,  1, 16777216, NULL, NULL},
    {"width",       "number", "numbers in a slot, M",                   AT(width),       EG_OPT_INT,    20,   1, 65536,    NULL, NULL},
    {"heads",       "head",   "heads, each of which reads and writes, R = W",
                                                                        AT(heads),       EG_OPT_INT,    1,    1, HEADS_MAX, NULL, NULL},
    {"reads",       "slot",   "slots that a head reads, K",             AT(reads),       EG_OPT_INT,    4,    1, 4096,     NULL, NULL},
    {"delta",       "1",      "weight above which a slot counts as accessed",
                                                                        AT(delta),       EG_OPT_REAL,   0.005, 0, 1,       NULL, NULL},
    {"index",       "",       "how near slots are found: linear looks at all slots in use, lsh at some",
                                                                        AT(index),       EG_OPT_CHOICE, EG_NEIGHBOURS_LINEAR, 0, 0, indices, NULL},
    {"tables",      "table",  "hash tables of lsh",                     AT(tables),      EG_OPT_INT,    8,    1, 64,       NULL, NULL},
    {"probes",      "bucket", "further buckets of each table that lsh looks into",
                                                                        AT(probes),      EG_OPT_INT,    16,   0, EG_NEIGHBOURS_PROBES, NULL, NULL},
    {"scan",        "slot",   "with so many slots in use or fewer lsh looks at all of them",
                                                                        AT(scan),        EG_OPT_INT,    512,  0, 16777216, NULL, NULL},
    {"start_value", "1",      "every number of the memory before the first step",
                                                                        AT(start_value), EG_OPT_REAL,   1e-6, -1e6, 1e6,   NULL, NULL},
    {"read_start",  "",       "what counts as read before the first step",
                                                                        AT(read_start),  EG_OPT_CHOICE, READ_LEARNED,      0, 0, read_starts, NULL},
    {"gate_bias",   "1",      "initial bias of the write gates; above 0 a head starts out writing", AT(gate_bias),   EG_OPT_REAL,   3,    -20, 20,     NULL, NULL},
    {"strength_bias", "1",    "initial bias of the key strengths; above 0 a head starts out choosing among the slots it reads",
                                                                        AT(strength_bias), EG_OPT_REAL, 10,   -20, 100,    NULL, NULL},
    {"interpolation_bias", "1", "initial bias of the interpolation; below 0 a head starts out writing to the slot accessed least recently",
                                                                        AT(interpolation_bias), EG_OPT_REAL, -3, -20, 20,   NULL, NULL},
    EG_OPTION_END,
};

enum field { MEMORY, READ, READ_WEIGHTS, WRITE_WEIGHTS, KEY, STRENGTH, GATE, INTERPOLATION, ADD, OLDEST };

static const struct eg_field field_rows[] = {
    {"memory",        "M",     "NM", "1", "memory after the step",                         "V6", MEMORY, 1},
    {"read",          "r",     "RM", "1", "vectors read in the step",                      "V10", READ, 1},
    {"read_weights",  "w^R",   "RN", "1", "weighting with which each head reads",          "V9", READ_WEIGHTS, 0},
    {"write_weights", "w^W",   "WN", "1", "weighting with which each head writes",         "V5", WRITE_WEIGHTS, 0},
    {"read_key",      "k",     "RM", "1", "key of each head",                              "V1", KEY, 0},
    {"read_strength", "beta",  "R",  "1", "key strength of each head",                     "V2", STRENGTH, 0},
    {"write_gate",    "alpha", "W",  "1", "how much each head writes",                     "V3", GATE, 0},
    {"interpolation", "gamma", "W",  "1", "share that goes to the slots read before",      "V4", INTERPOLATION, 0},
    {"add",           "a",     "WM", "1", "word each head writes",                         "V5", ADD, 0},
    {"oldest",        "U",     "W",  "1", "number of the slot each head erases, from 0",   "V7", OLDEST, 0},
    EG_FIELD_END,
};
/* clang-format on */

struct state {
    struct eg_sparse_plan plan;
    int read_start;
    double gate_bias, interpolation_bias, strength_bias;
    struct eg_param read_init, planes;
    struct eg_segment segments[HEADS_MAX * PARTS];
    /* of the current step */
    struct eg_sparse *memory;
    struct eg_sparse_step *last;
    struct eg_var *control, *read;
};

static const enum eg_activation activations[PARTS] = {
    [P_KEY] = EG_TANH,     [P_STRENGTH] = EG_ONEPLUS,
    [P_GATE] = EG_SIGMOID, [P_INTERPOLATION] = EG_SIGMOID,
    [P_ADD] = EG_TANH,
};

static size_t part_from(const struct state *s, size_t head, enum part part)
{
    const struct eg_sparse_columns c = eg_sparse_columns(&s->plan);
    const size_t from[PARTS] = {c.key, c.strength, c.gate, c.interpolation, c.add};
    return head * c.all + from[part];
}

static size_t part_size(const struct state *s, enum part part)
{
    return part == P_KEY || part == P_ADD ? s->plan.width : 1;
}

static int declare(struct state *s, struct eg_params *params)
{
    int ret;
    const struct eg_neighbours_plan *index = &s->plan.index;
    const struct eg_param_row read_row = {
        .name = "read_start",
        .symbol = "r_0",
        .shape = "1 x heads * width",
        .unit = "1",
        .equation = "V11",
        .rows = 1,
        .cols = s->plan.heads * s->plan.width,
        .init = eg_init_uniform,
        .scale = 0.1,
    };
    const struct eg_param_row planes_row = {
        .name = "planes",
        .symbol = "P",
        .shape = "width x planes * tables",
        .unit = "1",
        .equation = "V12",
        .rows = s->plan.width,
        .cols = index->tables * EG_NEIGHBOURS_BITS,
        .init = eg_init_normal,
        .fixed = 1,
        .scale = 1,
    };
    if (s->read_start == READ_LEARNED
        && (ret = eg_params_add(params, "memory", &read_row, &s->read_init)))
        return ret;
    return index->kind == EG_NEIGHBOURS_LSH
               ? eg_params_add(params, "memory", &planes_row, &s->planes)
               : EG_OK;
}

static int init(void *state, const void *values, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message)
{
    struct state *s = state;
    const struct options *o = values;
    if (o->heads > o->slots)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.heads = %ld: each head erases a slot of its own, so with "
                       "memory.slots = %ld it may be 1 to %ld",
                       o->heads, o->slots, o->slots);
    if (o->reads > o->slots)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.reads = %ld is more than the memory has: with memory.slots = %ld it "
                       "may be 1 to %ld",
                       o->reads, o->slots, o->slots);
    *s = (struct state){
        .plan = {.slots = (size_t) o->slots,
                 .width = (size_t) o->width,
                 .heads = (size_t) o->heads,
                 .reads = (size_t) o->reads,
                 .start = (real) o->start_value,
                 .delta = (real) o->delta,
                 .index = {.kind = (enum eg_neighbours_kind) o->index,
                           .width = (size_t) o->width,
                           .tables = (size_t) o->tables,
                           .probes = (size_t) o->probes,
                           .scan = (size_t) o->scan}},
        .read_start = o->read_start,
        .gate_bias = o->gate_bias,
        .strength_bias = o->strength_bias,
        .interpolation_bias = o->interpolation_bias,
    };
    eg_neighbours_plan(&s->plan.index);
    for (size_t head = 0; head < s->plan.heads; head++)
        for (size_t p = 0; p < PARTS; p++)
            s->segments[head * PARTS + p] =
                (struct eg_segment){.from = part_from(s, head, (enum part) p),
                                    .n = part_size(s, (enum part) p),
                                    .kind = activations[p]};
    size->control = s->plan.heads * eg_sparse_columns(&s->plan).all;
    size->read = s->plan.heads * s->plan.width;
    return declare(s, params);
}

static int begin(void *state, struct eg_tape *tape, size_t rows, struct eg_var **read)
{
    struct state *s = state;
    s->control = NULL;
    s->last = NULL;
    if (s->plan.index.kind == EG_NEIGHBOURS_LSH)
        s->plan.index.planes = tape->values + s->planes.offset;
    *read = s->read_start == READ_LEARNED
                ? eg_repeat(tape, eg_tape_param(tape, &s->read_init), rows)
                : eg_filled(tape, rows, s->plan.heads * s->plan.width, 0);
    s->read = *read;
    const int ret = eg_sparse_begin(&s->memory, tape, &s->plan, rows);
    return ret ? ret : *read ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static struct eg_var *step(void *state, struct eg_tape *tape, struct eg_var *control)
{
    struct state *s = state;
    eg_tape_rows_open(tape); /* no two sequences have to do with one another */
    s->control = eg_activate(tape, control, s->segments, s->plan.heads * PARTS);
    s->read = eg_sparse_step(tape, &s->plan, s->memory, &s->last, s->control);
    eg_tape_rows_close(tape);
    return s->read;
}

static size_t extent(const void *state, char letter)
{
    const struct state *s = state;
    switch (letter) {
    case 'N':
        return s->plan.slots;
    case 'M':
        return s->plan.width;
    case 'R':
    case 'W':
        return s->plan.heads;
    default:
        return 0;
    }
}

static void copy_memory(const struct state *s, size_t row, real *out)
{
    const size_t m = s->plan.width;
    for (size_t i = 0; i < s->plan.slots; i++)
        memcpy(out + i * m, eg_sparse_slot(&s->memory[row], i), m * sizeof *out);
}

/* The weightings of a step, which keeps them as a few slots, in full. */
static void copy_weights(const struct state *s, int written, size_t row, real *out)
{
    const struct eg_sparse_step *const from = written ? s->last->before : s->last;
    const size_t n = s->plan.slots, k = s->plan.reads;
    memset(out, 0, s->plan.heads * n * sizeof *out);
    for (size_t h = 0; h < s->plan.heads; h++, out += n) {
        const size_t at = row * s->plan.heads + h;
        const real alpha = eg_row(s->control, row)[part_from(s, h, P_GATE)];
        const real gamma = eg_row(s->control, row)[part_from(s, h, P_INTERPOLATION)];
        for (size_t i = at * k; from && i < (at + 1) * k; i++)
            out[from->slot[i]] += (written ? alpha * gamma : 1) * from->weight[i];
        if (written)
            out[s->last->oldest[at]] += alpha * (1 - gamma);
    }
}

static void copy_part(const struct state *s, enum part part, size_t row, real *out)
{
    const size_t n = part_size(s, part);
    for (size_t h = 0; h < s->plan.heads; h++, out += n)
        memcpy(out, eg_row(s->control, row) + part_from(s, h, part), n * sizeof *out);
}

static void copy(const void *state, int field, size_t row, real *out)
{
    static const enum part part[] = {[KEY] = P_KEY,
                                     [STRENGTH] = P_STRENGTH,
                                     [GATE] = P_GATE,
                                     [INTERPOLATION] = P_INTERPOLATION,
                                     [ADD] = P_ADD};
    const struct state *s = state;
    switch (field) {
    case MEMORY:
        copy_memory(s, row, out);
        return;
    case READ:
        memcpy(out, eg_row(s->read, row), s->read->cols * sizeof *out);
        return;
    case READ_WEIGHTS:
    case WRITE_WEIGHTS:
        copy_weights(s, field == WRITE_WEIGHTS, row, out);
        return;
    case OLDEST:
        for (size_t h = 0; h < s->plan.heads; h++)
            out[h] = (real) s->last->oldest[row * s->plan.heads + h];
        return;
    default:
        copy_part(s, part[field], row, out);
        return;
    }
}

/* Without the search, which depends on what is in use: 2 + 6 operations a number for a cosine, 2 +
 * 4 for reading, 2 + 4 for writing, 2 for a length. */
static double flops(const void *state)
{
    const struct state *s = state;
    const double k = (double) s->plan.reads;
    return (double) (s->plan.heads * s->plan.width) * (k * 14 + (k + 1) * 8);
}

static void control_start(const void *state, real *bias)
{
    const struct state *s = state;
    for (size_t head = 0; head < s->plan.heads; head++) {
        bias[part_from(s, head, P_STRENGTH)] = (real) s->strength_bias;
        bias[part_from(s, head, P_GATE)] = (real) s->gate_bias;
        bias[part_from(s, head, P_INTERPOLATION)] = (real) s->interpolation_bias;
    }
}

static int control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation)
{
    static const char *const names[PARTS] = {"key", "strength", "write gate", "interpolation",
                                             "add"};
    const struct state *s = state;
    if (i >= s->plan.heads * PARTS)
        return 0;
    const int written = snprintf(name, room, "head %zu %s", i / PARTS, names[i % PARTS]);
    *from = s->segments[i].from;
    *n = s->segments[i].n;
    *activation = eg_activation_names[activations[i % PARTS]];
    return written > 0;
}

const struct eg_memory_type eg_memory_sam = {
    .name = "sam",
    .summary = "sparse access: K slots read, those and the least recently accessed one written",
    .source = "Rae et al. 2016 (arXiv:1610.09027), sec. 3",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .fields = field_rows,
    .state_size = sizeof(struct state),
    .init = init,
    .begin = begin,
    .step = step,
    .extent = extent,
    .copy = copy,
    .flops = flops,
    .control_start = control_start,
    .control_part = control_part,
};
