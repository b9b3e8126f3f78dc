/* memory/hopfield_layer.c -- the modern Hopfield network as a memory that a controller uses.
 *
 * Ramsauer et al. 2020 (arXiv:2008.02217), sec. 3.  The columns of X are the patterns in the slots
 * in use, at most N; a query of the controller is the state of the network, and what is read is the
 * state after some updates:
 *     xi' = X softmax(beta X^T xi)
 * That is attention, of several heads where asked for (attention/multihead.h).  docs/equations.md,
 * part P, names every choice.
 *
 * `stored: written` puts a pattern of the controller into the next slot at each step, before
 * anything is read, and over the oldest one when all are in use; `learned` has patterns that are
 * parameters, the paper's HopfieldLayer.
 *
 * Control columns: query (H M, or M with projections), strength (H), pattern (M); the last two
 * where there are such. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <tgmath.h>

#include "attention/multihead.h"
#include "memory/memory.h"
#include "tensor/activate.h"
#include "tensor/pointwise.h"

enum { HEADS_MAX = 32 };
enum part { P_QUERY, P_STRENGTH, P_PATTERN, PARTS };
enum stored { WRITTEN, LEARNED };
enum scaling { SCALE_ATTENTION, SCALE_GIVEN, SCALE_LEARNED };
enum read_start { READ_ZERO, READ_LEARNED };

struct options {
    long slots, width, heads, head_width, updates, top_k;
    int stored, scaling, normaliser, straight_through, read_start;
    double beta, temperature;
};

static const char *const stores[] = {"written", "learned", NULL};
static const char *const scalings[] = {"attention", "given", "learned", NULL};
static const char *const read_starts[] = {"zero", "learned", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    /* key          unit      help                                      field            type */
    {"slots",       "slot",   "patterns there is room for, N",          AT(slots),       EG_OPT_INT,    128,  1, 16777216, NULL, NULL},
    {"width",       "number", "numbers in a pattern, M",                AT(width),       EG_OPT_INT,    20,   1, 65536,    NULL, NULL},
    {"heads",       "head",   "heads, each with a query of its own, H", AT(heads),       EG_OPT_INT,    1,    1, HEADS_MAX, NULL, NULL},
    {"head_width",  "number", "numbers of a head, d, onto which query and patterns are projected; 0: no projections",
                                                                        AT(head_width),  EG_OPT_INT,    0,    0, 65536,    NULL, NULL},
    {"stored",      "",       "written: a pattern of the controller in each step, over the oldest when all slots are in use; learned: parameters",
                                                                        AT(stored),      EG_OPT_CHOICE, WRITTEN,           0, 0, stores, NULL},
    {"updates",     "1",      "updates of the state before it is read", AT(updates),     EG_OPT_INT,    1,    1, 64,       NULL, NULL},
    {"scaling",     "",       "what beta is: attention, 1/sqrt(numbers that are compared); given, memory.beta; learned, given by the controller",
                                                                        AT(scaling),     EG_OPT_CHOICE, SCALE_LEARNED,     0, 0, scalings, NULL},
    {"beta",        "1",      "inverse temperature of scaling = given", AT(beta),        EG_OPT_REAL,   1,    1e-9, 1e9,   NULL, NULL},
    {"normaliser",  "",       "from scores to a weighting",             AT(normaliser),  EG_OPT_CHOICE, EG_NORM_SOFTMAX,   0, 0, eg_normaliser_names, NULL},
    {"top_k",       "slot",   "how many slots top-k leaves",            AT(top_k),       EG_OPT_INT,    4,    1, 16777216, NULL, NULL},
    {"temperature", "1",      "of gumbel",                              AT(temperature), EG_OPT_REAL,   1,    1e-3, 1e3,   NULL, NULL},
    {"straight_through", "",  "gumbel weighs one slot, and learns as if it weighed them all",
                                                                        AT(straight_through), EG_OPT_BOOL, 0, 0, 0,        NULL, NULL},
    {"read_start",  "",       "what counts as read before the first step",
                                                                        AT(read_start),  EG_OPT_CHOICE, READ_LEARNED,      0, 0, read_starts, NULL},
    EG_OPTION_END,
};

enum field { MEMORY, READ, READ_WEIGHTS, WRITE_WEIGHTS, QUERY, READ_KEY, READ_STRENGTH, ADD, USED, FIELDS };

static const struct eg_field field_rows[] = {
    {"memory",        "X",    "NM", "1",    "patterns after the step, a slot a row; zeros where none is in use", "P4", MEMORY, 1},
    {"read",          "r",    "RM", "1",    "vectors read in the step",                     "P5", READ, 1},
    {"read_weights",  "w^r",  "RN", "1",    "weighting of each head in its last update",    "P5", READ_WEIGHTS, 0},
    {"write_weights", "w^w",  "WN", "1",    "1 on the slot that was written, else 0",       "P4", WRITE_WEIGHTS, 0},
    {"query",         "q",    "M",  "1",    "query, before it is projected",                "P1", QUERY, 0},
    {"read_key",      "a",    "RM", "1",    "what each head compares with the slots in its first update", "P5", READ_KEY, 0},
    {"read_strength", "beta", "R",  "1",    "inverse temperature of each head",             "P2", READ_STRENGTH, 0},
    {"add",           "x",    "WM", "1",    "pattern written in the step",                  "P3", ADD, 0},
    {"used",          "n",    "",   "slot", "slots in use",                                 "P4", USED, 0},
    EG_FIELD_END,
};
/* clang-format on */

struct state {
    struct eg_multihead attention;
    enum stored stored;
    enum scaling scaling;
    enum read_start read_start;
    real beta; /* where it is not learned */
    size_t n, m;
    struct eg_param patterns, read_init;
    struct eg_segment segments[PARTS];
    enum part parts[PARTS];
    size_t segment_count;
    struct eg_field fields[FIELDS + 1];
    /* of the current sequences */
    size_t t; /* steps done */
    struct eg_var *memory, *constant_beta;
    struct eg_var *control, *read;
    struct eg_multihead_seen seen[HEADS_MAX];
};

/* ---- a pattern takes the place of what was in a slot ---- */

struct put {
    size_t slot, slots;
    real *was; /* (rows, M); NULL where the tape does not record */
};

static void put_forward(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct put *put = node->saved;
    const size_t m = node->in[1]->cols;
    real *at = eg_row(node->out, r) + put->slot;
    const real *x = eg_row(node->in[1], r);
    for (size_t i = 0; i < m; i++, at += put->slots) {
        if (put->was)
            put->was[r * m + i] = *at;
        *at = x[i];
    }
}

/* The memory is one for all steps: what was in the slot is put back, so that what was computed
 * before sees what it saw; and it owes nothing to what has come after. */
static void put_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct put *put = node->saved;
    const size_t m = node->in[1]->cols;
    real *at = eg_row(node->out, r) + put->slot, *dat = eg_drow(node->out, r) + put->slot;
    real *dx = eg_drow(node->in[1], r);
    for (size_t i = 0; i < m; i++, at += put->slots, dat += put->slots) {
        dx[i] += *dat;
        *dat = 0;
        *at = put->was[r * m + i];
    }
}

static const struct eg_row_op put_op = {put_forward, put_back};

/* `memory` itself, from now on with x in `slot`. */
static struct eg_var *put(struct eg_tape *tape, struct eg_var *memory, struct eg_var *x,
                          size_t slot, size_t slots)
{
    if (!memory || !x)
        return NULL;
    assert(memory->rows == x->rows && memory->cols == slots * x->cols && slot < slots);
    const int records = eg_tape_records(tape);
    struct put *saved = eg_arena_take(tape->arena, sizeof *saved);
    real *was = records ? eg_arena_take(tape->arena, x->rows * x->cols * sizeof *was) : NULL;
    if (!saved || (records && !was))
        return NULL;
    *saved = (struct put){.slot = slot, .slots = slots, .was = was};
    return eg_tape_push_rows(tape, &put_op, memory, 2, (struct eg_var *const[]){memory, x}, saved);
}

/* ---- the memory ---- */

static const enum eg_activation activations[PARTS] = {
    [P_QUERY] = EG_IDENTITY, [P_STRENGTH] = EG_ONEPLUS, [P_PATTERN] = EG_IDENTITY};

static size_t part_size(const struct state *s, enum part part)
{
    const size_t heads = s->attention.heads;
    switch (part) {
    case P_QUERY:
        return s->attention.head_width ? s->m : heads * s->m;
    case P_STRENGTH:
        return s->scaling == SCALE_LEARNED ? heads : 0;
    default:
        return s->stored == WRITTEN ? s->m : 0;
    }
}

static size_t part_from(const struct state *s, enum part part)
{
    size_t from = 0;
    for (size_t p = 0; p < (size_t) part; p++)
        from += part_size(s, (enum part) p);
    return from;
}

static struct eg_var *part_of(const struct state *s, struct eg_tape *tape, enum part part)
{
    return eg_tape_cols(tape, s->control, part_from(s, part), part_size(s, part));
}

static size_t read_size(const struct state *s)
{
    return s->attention.head_width ? s->m : s->attention.heads * s->m;
}

static void choose_fields(struct state *s)
{
    struct eg_field *to = s->fields;
    for (const struct eg_field *f = field_rows; f->name; f++) {
        const int writes = f->id == WRITE_WEIGHTS || f->id == ADD;
        if ((writes && s->stored == LEARNED) || (f->id == QUERY && !s->attention.head_width)
            || (f->id == READ_STRENGTH && s->scaling != SCALE_LEARNED))
            continue;
        *to = *f;
        if (f->id == READ && s->attention.head_width)
            to->shape = "M";
        to++;
    }
    *to = (struct eg_field) EG_FIELD_END;
}

static const struct eg_field *shown(const void *state)
{
    const struct state *s = state;
    return s->fields;
}

static int declare(struct state *s, struct eg_params *params)
{
    int ret;
    const struct eg_param_row patterns_row = {
        .name = "patterns",
        .symbol = "X",
        .shape = "width x slots",
        .unit = "1",
        .equation = "P4",
        .rows = s->m,
        .cols = s->n,
        .init = eg_init_normal,
        .scale = 1 / sqrt((double) s->m), /* of length 1, about */
    };
    const struct eg_param_row read_row = {
        .name = "read_start",
        .symbol = "r_0",
        .shape = s->attention.head_width ? "1 x width" : "1 x heads * width",
        .unit = "1",
        .equation = "P6",
        .rows = 1,
        .cols = read_size(s),
        .init = eg_init_uniform,
        .scale = 0.1,
    };
    if (s->stored == LEARNED
        && (ret = eg_params_add(params, "memory", &patterns_row, &s->patterns)))
        return ret;
    if (s->read_start == READ_LEARNED
        && (ret = eg_params_add(params, "memory", &read_row, &s->read_init)))
        return ret;
    return eg_multihead_declare(&s->attention, params, "memory");
}

static int init(void *state, const void *values, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message)
{
    struct state *s = state;
    const struct options *o = values;
    if (o->normaliser == EG_NORM_TOP_K && o->top_k > o->slots)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.top_k = %ld is more than there are slots: with memory.slots = %ld "
                       "it may be 1 to %ld",
                       o->top_k, o->slots, o->slots);
    const long compared = o->head_width ? o->head_width : o->width;
    *s = (struct state){
        .attention = {.slots = (size_t) o->slots,
                      .width = (size_t) o->width,
                      .query = (size_t) o->width,
                      .out = (size_t) o->width,
                      .heads = (size_t) o->heads,
                      .head_width = (size_t) o->head_width,
                      .updates = (size_t) o->updates,
                      .normaliser = {.kind = (enum eg_normaliser_kind) o->normaliser,
                                     .k = (size_t) o->top_k,
                                     .temperature = o->temperature,
                                     .straight_through = o->straight_through}},
        .stored = (enum stored) o->stored,
        .scaling = (enum scaling) o->scaling,
        .read_start = (enum read_start) o->read_start,
        .beta = (real) (o->scaling == SCALE_GIVEN ? o->beta : 1 / sqrt((double) compared)),
        .n = (size_t) o->slots,
        .m = (size_t) o->width,
    };
    for (size_t p = 0; p < PARTS; p++) {
        const enum part part = (enum part) p;
        if (part_size(s, part) == 0)
            continue;
        s->parts[s->segment_count] = part;
        s->segments[s->segment_count++] = (struct eg_segment){
            .from = part_from(s, part), .n = part_size(s, part), .kind = activations[p]};
    }
    choose_fields(s);
    size->control = part_from(s, PARTS);
    size->read = read_size(s);
    return declare(s, params);
}

/* The patterns as they are before the first step, (rows, M N): of parameters all rows are one. */
static struct eg_var *first_memory(const struct state *s, struct eg_tape *tape, size_t rows)
{
    if (s->stored == WRITTEN)
        return eg_filled(tape, rows, s->n * s->m, 0);
    const struct eg_param flat = {.offset = s->patterns.offset, .rows = 1, .cols = s->n * s->m};
    struct eg_var *one = eg_tape_param(tape, &flat);
    if (one) {
        one->rows = rows;
        one->stride = 0;
    }
    return one;
}

static int begin(void *state, struct eg_tape *tape, size_t rows, struct eg_var **read)
{
    struct state *s = state;
    s->t = 0;
    s->control = NULL;
    s->memory = first_memory(s, tape, rows);
    s->constant_beta = s->scaling == SCALE_LEARNED ? NULL : eg_filled(tape, rows, 1, s->beta);
    s->read = *read = s->read_start == READ_LEARNED
                          ? eg_repeat(tape, eg_tape_param(tape, &s->read_init), rows)
                          : eg_filled(tape, rows, read_size(s), 0);
    const int complete = s->memory && s->read && (s->constant_beta || s->scaling == SCALE_LEARNED);
    return complete ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static size_t in_use(const struct state *s)
{
    return s->stored == LEARNED || s->t > s->n ? s->n : s->t;
}

static struct eg_var *step(void *state, struct eg_tape *tape, struct eg_var *control)
{
    struct state *s = state;
    const size_t slot = s->t++ % s->n;
    const int projects = s->attention.head_width > 0;
    eg_tape_rows_open(tape); /* no two sequences have to do with one another */
    s->control = eg_activate(tape, control, s->segments, s->segment_count);
    struct eg_var *memory = eg_tape_rows(tape, s->memory, 0, control->rows);
    struct eg_var *beta = s->scaling == SCALE_LEARNED
                              ? part_of(s, tape, P_STRENGTH)
                              : eg_tape_rows(tape, s->constant_beta, 0, control->rows);
    if (s->stored == WRITTEN)
        memory = put(tape, memory, part_of(s, tape, P_PATTERN), slot, s->n);
    if (projects) /* products are for all rows at once */
        eg_tape_rows_close(tape);
    s->read = eg_multihead_apply(tape, &s->attention, part_of(s, tape, P_QUERY), memory, beta,
                                 in_use(s), s->seen);
    if (!projects)
        eg_tape_rows_close(tape);
    return s->read;
}

static size_t extent(const void *state, char letter)
{
    const struct state *s = state;
    switch (letter) {
    case 'N':
        return s->n;
    case 'M':
        return s->m;
    case 'R':
        return s->attention.heads;
    case 'W':
        return s->stored == WRITTEN;
    default:
        return 0;
    }
}

static void copy_weights(const struct state *s, int written, size_t row, real *out)
{
    const size_t heads = written ? 1 : s->attention.heads;
    memset(out, 0, heads * s->n * sizeof *out);
    if (written)
        out[(s->t - 1) % s->n] = 1;
    for (size_t h = 0; h < heads && !written; h++)
        memcpy(out + h * s->n, eg_row(s->seen[h].w, row), s->seen[h].w->cols * sizeof *out);
}

static void copy_part(const struct state *s, enum part part, size_t row, real *out)
{
    memcpy(out, eg_row(s->control, row) + part_from(s, part), part_size(s, part) * sizeof *out);
}

static void copy(const void *state, int field, size_t row, real *out)
{
    const struct state *s = state;
    switch (field) {
    case MEMORY: /* the file has one slot a row */
        for (size_t i = 0; i < s->n; i++)
            for (size_t m = 0; m < s->m; m++)
                out[i * s->m + m] = eg_row(s->memory, row)[m * s->n + i];
        return;
    case READ:
        memcpy(out, eg_row(s->read, row), s->read->cols * sizeof *out);
        return;
    case READ_WEIGHTS:
    case WRITE_WEIGHTS:
        copy_weights(s, field == WRITE_WEIGHTS, row, out);
        return;
    case READ_KEY:
        for (size_t h = 0; h < s->attention.heads; h++)
            memcpy(out + h * s->m, eg_row(s->seen[h].key, row), s->m * sizeof *out);
        return;
    case USED:
        out[0] = (real) in_use(s);
        return;
    default:
        copy_part(s,
                  field == QUERY           ? P_QUERY
                  : field == READ_STRENGTH ? P_STRENGTH
                                           : P_PATTERN,
                  row, out);
        return;
    }
}

/* With all slots in use: an update goes over them for scores and sums and back, 2 + 4 operations a
 * number each; 6 for each number of a matrix that a step multiplies with. */
static double flops(const void *state)
{
    const struct state *s = state;
    const double heads = (double) s->attention.heads, updates = (double) s->attention.updates;
    const double m = (double) s->m, d = (double) s->attention.head_width;
    return 12 * updates * heads * m * (double) s->n + 6 * heads * d * m * (2 * updates + 2);
}

static void control_start(const void *state, real *bias)
{
    (void) state;
    (void) bias;
}

static int control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation)
{
    static const char *const names[PARTS] = {"query", "strength", "pattern"};
    const struct state *s = state;
    if (i >= s->segment_count)
        return 0;
    *from = s->segments[i].from;
    *n = s->segments[i].n;
    *activation = eg_activation_names[s->segments[i].kind];
    return snprintf(name, room, "%s", names[s->parts[i]]) > 0;
}

const struct eg_memory_type eg_memory_modern_hopfield = {
    .name = "modern-hopfield",
    .summary = "modern Hopfield layer: patterns written or learned, a query updated by attention",
    .source = "Ramsauer et al. 2020 (arXiv:2008.02217), sec. 3",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .fields = field_rows,
    .shown = shown,
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
