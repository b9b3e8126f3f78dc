/* memory/ntm.c -- the memory of a Neural Turing Machine.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3: N slots of width M, any number of
 * read and write heads, each with content and location addressing (attention/address.h), and
 * erase-and-add writing (memory/access.h).  docs/equations.md, part N, has the equations
 * beside the paper's and names every choice that the paper leaves open.
 *
 * Control columns: for each read head key (M), strength, gate, shift (S), sharpening; then for
 * each write head the same followed by erase (M) and add (M). */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <tgmath.h>

#include "attention/address.h"
#include "memory/access.h"
#include "memory/memory.h"
#include "tensor/activate.h"
#include "tensor/pointwise.h"

enum { HEADS_MAX = EG_WRITES_MAX };
enum order { WRITE_READ, READ_WRITE };
enum start { START_CONSTANT, START_RANDOM, START_LEARNED };
enum weighting { WEIGHTING_FIRST, WEIGHTING_UNIFORM, WEIGHTING_LEARNED };
enum read_start { READ_ZERO, READ_LEARNED };

struct options {
    long slots, width, read_heads, write_heads, shift_range;
    int order, start, weighting, read_start;
    double start_value, start_scale, gate_bias, sharpening_bias;
};

static const char *const orders[] = {"write-read", "read-write", NULL};
static const char *const starts[] = {"constant", "random", "learned", NULL};
static const char *const weightings[] = {"first", "uniform", "learned", NULL};
static const char *const read_starts[] = {"zero", "learned", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    /* key          unit      help                                      field            type */
    {"slots",       "slot",   "slots of the memory, N",                 AT(slots),       EG_OPT_INT,    128,  1, 16777216, NULL, NULL},
    {"width",       "number", "numbers in a slot, M",                   AT(width),       EG_OPT_INT,    20,   1, 65536,    NULL, NULL},
    {"read_heads",  "head",   "read heads, R",                          AT(read_heads),  EG_OPT_INT,    1,    1, HEADS_MAX, NULL, NULL},
    {"write_heads", "head",   "write heads, W",                         AT(write_heads), EG_OPT_INT,    1,    1, HEADS_MAX, NULL, NULL},
    {"shift_range", "slot",   "a head may move up to so far in a step", AT(shift_range), EG_OPT_INT,    1,    0, 1024,     NULL, NULL},
    {"order",       "",       "which comes first in a step; the second of write-read sees what was written",
                                                                        AT(order),       EG_OPT_CHOICE, WRITE_READ,        0, 0, orders, NULL},
    {"start",       "",       "memory before the first step",           AT(start),       EG_OPT_CHOICE, START_CONSTANT,    0, 0, starts, NULL},
    {"start_value", "1",      "every number of a constant start",       AT(start_value), EG_OPT_REAL,   1e-6, -1e6, 1e6,   NULL, NULL},
    {"start_scale", "1",      "half-width of random and learned starts; 0: 1/sqrt(N + M)",
                                                                        AT(start_scale), EG_OPT_REAL,   0,    0, 1e6,      NULL, NULL},
    {"weighting",   "",       "weightings before the first step",       AT(weighting),   EG_OPT_CHOICE, WEIGHTING_FIRST,   0, 0, weightings, NULL},
    {"read_start",  "",       "what counts as read before the first step",
                                                                        AT(read_start),  EG_OPT_CHOICE, READ_LEARNED,      0, 0, read_starts, NULL},
    {"gate_bias",   "1",      "initial bias of the gates; below 0 a head starts out moving by location",
                                                                        AT(gate_bias),   EG_OPT_REAL,   -2,   -20, 20,     NULL, NULL},
    {"sharpening_bias", "1",  "initial bias of the sharpening; above 0 a head starts out sharp",
                                                                        AT(sharpening_bias), EG_OPT_REAL, 0, -20, 20,      NULL, NULL},
    EG_OPTION_END,
};

enum field {
    MEMORY, READ, READ_WEIGHTS, WRITE_WEIGHTS, READ_KEY, READ_STRENGTH, READ_GATE, READ_SHIFT,
    READ_SHARPENING, WRITE_KEY, WRITE_STRENGTH, WRITE_GATE, WRITE_SHIFT, WRITE_SHARPENING, ERASE,
    ADD
};

static const struct eg_field field_rows[] = {
    {"memory",           "M",       "NM",  "1", "memory after the step",                    "N11", MEMORY, 1},
    {"read",             "r",       "RM",  "1", "vectors read in the step",                 "N9",  READ, 1},
    {"read_weights",     "w^r",     "RN",  "1", "weighting of each read head",              "N8",  READ_WEIGHTS, 1},
    {"write_weights",    "w^w",     "WN",  "1", "weighting of each write head",             "N8",  WRITE_WEIGHTS, 1},
    {"read_key",         "k^r",     "RM",  "1", "key of each read head",                    "N1",  READ_KEY, 0},
    {"read_strength",    "beta^r",  "R",   "1", "key strength of each read head",           "N2",  READ_STRENGTH, 0},
    {"read_gate",        "g^r",     "R",   "1", "interpolation gate of each read head",     "N3",  READ_GATE, 0},
    {"read_shift",       "s^r",     "RS",  "1", "shift weighting of each read head",        "N4",  READ_SHIFT, 0},
    {"read_sharpening",  "gamma^r", "R",   "1", "sharpening of each read head",             "N5",  READ_SHARPENING, 0},
    {"write_key",        "k^w",     "WM",  "1", "key of each write head",                   "N1",  WRITE_KEY, 0},
    {"write_strength",   "beta^w",  "W",   "1", "key strength of each write head",          "N2",  WRITE_STRENGTH, 0},
    {"write_gate",       "g^w",     "W",   "1", "interpolation gate of each write head",    "N3",  WRITE_GATE, 0},
    {"write_shift",      "s^w",     "WS",  "1", "shift weighting of each write head",       "N4",  WRITE_SHIFT, 0},
    {"write_sharpening", "gamma^w", "W",   "1", "sharpening of each write head",            "N5",  WRITE_SHARPENING, 0},
    {"erase",            "e",       "WM",  "1", "erase vector of each write head",          "N6",  ERASE, 0},
    {"add",              "a",       "WM",  "1", "add vector of each write head",            "N7",  ADD, 0},
    EG_FIELD_END,
};
/* clang-format on */

/* A head's parts in the control columns. */
enum part { P_KEY, P_BETA, P_GATE, P_SHIFT, P_GAMMA, P_ERASE, P_ADD, PARTS };

struct state {
    size_t n, m, r, w, range; /* slots, width, heads, shift range */
    int order, start, weighting, read_start;
    double start_value, start_scale, gate_bias, sharpening_bias;
    struct eg_param memory_start, read_init, weighting_start;
    struct eg_segment segments[2 * HEADS_MAX * PARTS];
    size_t segment_count;
    /* of the current step */
    struct eg_var *memory, *control, *reads[HEADS_MAX];
    struct eg_var *weights[2 * HEADS_MAX]; /* read heads first */
};

static size_t part_size(const struct state *s, enum part part)
{
    switch (part) {
    case P_KEY:
    case P_ERASE:
    case P_ADD:
        return s->m;
    case P_SHIFT:
        return 2 * s->range + 1;
    default:
        return 1;
    }
}

static size_t parts(const struct state *s, size_t head)
{
    return head < s->r ? P_ERASE : PARTS;
}

/* Where a part of a head lies; heads are numbered reads first. */
static size_t part_from(const struct state *s, size_t head, enum part part)
{
    size_t from = 0;
    for (size_t h = 0; h <= head; h++)
        for (size_t p = 0; p < (h == head ? (size_t) part : parts(s, h)); p++)
            from += part_size(s, (enum part) p);
    return from;
}

static const enum eg_activation activations[PARTS] = {
    [P_KEY] = EG_TANH,      [P_BETA] = EG_SOFTPLUS, [P_GATE] = EG_SIGMOID, [P_SHIFT] = EG_SOFTMAX,
    [P_GAMMA] = EG_ONEPLUS, [P_ERASE] = EG_SIGMOID, [P_ADD] = EG_TANH,
};

static int declare(struct state *s, struct eg_params *params)
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
        .fixed = s->start == START_RANDOM,
        .scale = s->start_scale > 0 ? s->start_scale : 1 / sqrt((double) (s->n + s->m)),
    };
    const struct eg_param_row read_row = {
        .name = "read_start",
        .symbol = "r_0",
        .shape = "1 x read heads * width",
        .unit = "1",
        .equation = "N13",
        .rows = 1,
        .cols = s->r * s->m,
        .init = eg_init_uniform,
        .scale = 0.1,
    };
    const struct eg_param_row weighting_row = {
        .name = "weighting_start",
        .symbol = "w_0",
        .shape = "heads (read first) x slots, logits",
        .unit = "1",
        .equation = "N14",
        .rows = s->r + s->w,
        .cols = s->n,
        .init = eg_init_normal,
        .scale = 0.1,
    };
    if (s->start != START_CONSTANT
        && (ret = eg_params_add(params, "memory", &memory_row, &s->memory_start)))
        return ret;
    if (s->read_start == READ_LEARNED
        && (ret = eg_params_add(params, "memory", &read_row, &s->read_init)))
        return ret;
    if (s->weighting == WEIGHTING_LEARNED
        && (ret = eg_params_add(params, "memory", &weighting_row, &s->weighting_start)))
        return ret;
    return EG_OK;
}

static int init(void *state, const void *values, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message)
{
    struct state *s = state;
    const struct options *o = values;
    if (2 * o->shift_range + 1 > o->slots && o->shift_range > 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.shift_range = %ld is wider than the memory: with memory.slots = %ld "
                       "it may be 0 to %ld",
                       o->shift_range, o->slots, (o->slots - 1) / 2);
    *s = (struct state){
        .n = (size_t) o->slots,
        .m = (size_t) o->width,
        .r = (size_t) o->read_heads,
        .w = (size_t) o->write_heads,
        .range = (size_t) o->shift_range,
        .order = o->order,
        .start = o->start,
        .weighting = o->weighting,
        .read_start = o->read_start,
        .start_value = o->start_value,
        .start_scale = o->start_scale,
        .gate_bias = o->gate_bias,
        .sharpening_bias = o->sharpening_bias,
    };
    for (size_t head = 0; head < s->r + s->w; head++)
        for (size_t p = 0; p < parts(s, head); p++)
            s->segments[s->segment_count++] =
                (struct eg_segment){.from = part_from(s, head, (enum part) p),
                                    .n = part_size(s, (enum part) p),
                                    .kind = activations[p]};
    size->control = part_from(s, s->r + s->w - 1, PARTS);
    size->read = s->r * s->m;
    return declare(s, params);
}

static struct eg_var *filled(struct eg_tape *tape, size_t rows, size_t cols, real value)
{
    struct eg_var *v = eg_tape_var(tape, rows, cols, 1);
    if (v)
        for (size_t i = 0; i < rows * cols; i++)
            v->x[i] = value;
    return v;
}

/* The first memory as (rows, M N). */
static struct eg_var *first_memory(const struct state *s, struct eg_tape *tape, size_t rows)
{
    if (s->start == START_CONSTANT)
        return filled(tape, rows, s->n * s->m, (real) s->start_value);
    const struct eg_param flat = {.offset = s->memory_start.offset, .rows = 1, .cols = s->n * s->m};
    struct eg_var *learned = s->start == START_LEARNED
                                 ? eg_tape_param(tape, &flat)
                                 : eg_tape_data(tape, tape->values + flat.offset, 1, flat.cols);
    return eg_repeat(tape, learned, rows);
}

static struct eg_var *first_weighting(const struct state *s, struct eg_tape *tape, size_t rows,
                                      size_t head)
{
    if (s->weighting == WEIGHTING_LEARNED) {
        struct eg_var *logits = eg_tape_param(tape, &s->weighting_start);
        struct eg_var *row = eg_tape_rows(tape, logits, head, 1);
        return eg_repeat(tape, eg_activate_all(tape, row, EG_SOFTMAX), rows);
    }
    const int uniform = s->weighting == WEIGHTING_UNIFORM;
    struct eg_var *w = filled(tape, rows, s->n, uniform ? 1 / (real) s->n : 0);
    if (w && !uniform)
        for (size_t b = 0; b < rows; b++)
            eg_row(w, b)[0] = 1;
    return w;
}

static int begin(void *state, struct eg_tape *tape, size_t rows, struct eg_var **read)
{
    struct state *s = state;
    s->control = NULL;
    s->memory = first_memory(s, tape, rows);
    for (size_t head = 0; head < s->r + s->w; head++)
        s->weights[head] = first_weighting(s, tape, rows, head);
    *read = s->read_start == READ_LEARNED
                ? eg_repeat(tape, eg_tape_param(tape, &s->read_init), rows)
                : filled(tape, rows, s->r * s->m, 0);
    for (size_t head = 0; head < s->r; head++)
        s->reads[head] = eg_tape_cols(tape, *read, head * s->m, s->m);
    int complete = s->memory != NULL;
    for (size_t head = 0; head < s->r + s->w; head++)
        complete = complete && s->weights[head] && (head >= s->r || s->reads[head]);
    return complete ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static struct eg_var *part_of(const struct state *s, struct eg_tape *tape, size_t head,
                              enum part part)
{
    return eg_tape_cols(tape, s->control, part_from(s, head, part), part_size(s, part));
}

static struct eg_var *weigh(const struct state *s, struct eg_tape *tape, size_t head)
{
    const struct eg_head h = {
        .key = part_of(s, tape, head, P_KEY),
        .beta = part_of(s, tape, head, P_BETA),
        .gate = part_of(s, tape, head, P_GATE),
        .shift = part_of(s, tape, head, P_SHIFT),
        .gamma = part_of(s, tape, head, P_GAMMA),
        .slots = s->n,
        .width = s->m,
        .range = s->range,
    };
    struct eg_var *w_prev = s->control && s->weights[head]
                                ? eg_tape_rows(tape, s->weights[head], 0, s->control->rows)
                                : NULL;
    return eg_address_fused(tape, &h, s->memory, w_prev);
}

/* All write heads look at the same memory; all erases come before all adds. */
static void write_all(struct state *s, struct eg_tape *tape)
{
    for (size_t head = s->r; head < s->r + s->w; head++)
        s->weights[head] = weigh(s, tape, head);
    if (s->w == 1) {
        s->memory =
            eg_write_last(tape, s->memory, s->weights[s->r], part_of(s, tape, s->r, P_ERASE),
                          part_of(s, tape, s->r, P_ADD), s->n, s->m);
        return;
    }
    struct eg_writing writing[HEADS_MAX];
    for (size_t h = 0; h < s->w; h++)
        writing[h] = (struct eg_writing){.w = s->weights[s->r + h],
                                         .erase = part_of(s, tape, s->r + h, P_ERASE),
                                         .add = part_of(s, tape, s->r + h, P_ADD)};
    s->memory = eg_write_heads(tape, s->memory, writing, s->w, s->n, s->m);
}

static void read_all(struct state *s, struct eg_tape *tape)
{
    for (size_t head = 0; head < s->r; head++) {
        s->weights[head] = weigh(s, tape, head);
        s->reads[head] = eg_read(tape, s->memory, s->weights[head], s->n, s->m);
    }
}

static struct eg_var *step(void *state, struct eg_tape *tape, struct eg_var *control)
{
    struct state *s = state;
    if (!control || !s->memory)
        return NULL;
    eg_tape_rows_open(tape); /* no two sequences have to do with one another */
    s->control = eg_activate(tape, control, s->segments, s->segment_count);
    s->memory = eg_tape_rows(tape, s->memory, 0, control->rows);
    if (s->order == WRITE_READ)
        write_all(s, tape);
    read_all(s, tape);
    if (s->order == READ_WRITE)
        write_all(s, tape);
    eg_tape_rows_close(tape);
    if (!s->memory)
        return NULL;
    struct eg_var *read = s->reads[0];
    for (size_t head = 1; head < s->r; head++)
        read = eg_join(tape, read, s->reads[head]);
    return read;
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
        return s->r;
    case 'W':
        return s->w;
    case 'S':
        return 2 * s->range + 1;
    default:
        return 0;
    }
}

/* A part of all heads from `head` on. */
static void copy_part(const struct state *s, enum part part, size_t head, size_t heads, size_t row,
                      real *out)
{
    const size_t n = part_size(s, part);
    for (size_t h = head; h < head + heads; h++, out += n)
        memcpy(out, eg_row(s->control, row) + part_from(s, h, part), n * sizeof *out);
}

static void copy(const void *state, int field, size_t row, real *out)
{
    static const enum part part[] = {
        [READ_KEY] = P_KEY,           [READ_STRENGTH] = P_BETA,    [READ_GATE] = P_GATE,
        [READ_SHIFT] = P_SHIFT,       [READ_SHARPENING] = P_GAMMA, [WRITE_KEY] = P_KEY,
        [WRITE_STRENGTH] = P_BETA,    [WRITE_GATE] = P_GATE,       [WRITE_SHIFT] = P_SHIFT,
        [WRITE_SHARPENING] = P_GAMMA, [ERASE] = P_ERASE,           [ADD] = P_ADD};
    const struct state *s = state;
    switch (field) {
    case MEMORY: /* the file has one slot a row */
        for (size_t i = 0; i < s->n; i++)
            for (size_t m = 0; m < s->m; m++)
                out[i * s->m + m] = eg_row(s->memory, row)[m * s->n + i];
        return;
    case READ:
        for (size_t h = 0; h < s->r; h++)
            memcpy(out + h * s->m, eg_row(s->reads[h], row), s->m * sizeof *out);
        return;
    case READ_WEIGHTS:
        for (size_t h = 0; h < s->r; h++)
            memcpy(out + h * s->n, eg_row(s->weights[h], row), s->n * sizeof *out);
        return;
    case WRITE_WEIGHTS:
        for (size_t h = 0; h < s->w; h++)
            memcpy(out + h * s->n, eg_row(s->weights[s->r + h], row), s->n * sizeof *out);
        return;
    case READ_KEY:
    case READ_STRENGTH:
    case READ_GATE:
    case READ_SHIFT:
    case READ_SHARPENING:
        copy_part(s, part[field], 0, s->r, row, out);
        return;
    default:
        copy_part(s, part[field], s->r, s->w, row, out);
        return;
    }
}

static void control_start(const void *state, real *bias)
{
    const struct state *s = state;
    for (size_t head = 0; head < s->r + s->w; head++) {
        bias[part_from(s, head, P_GATE)] = (real) s->gate_bias;
        bias[part_from(s, head, P_GAMMA)] = (real) s->sharpening_bias;
    }
}

static int control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation)
{
    static const char *const names[PARTS] = {"key",        "strength", "gate", "shift",
                                             "sharpening", "erase",    "add"};
    static const char *const shown[] = {
        [EG_IDENTITY] = "identity", [EG_TANH] = "tanh",         [EG_SIGMOID] = "sigmoid",
        [EG_RELU] = "relu",         [EG_SOFTPLUS] = "softplus", [EG_ONEPLUS] = "1 + softplus",
        [EG_SOFTMAX] = "softmax"};
    const struct state *s = state;
    if (i >= s->segment_count)
        return 0;
    size_t head = 0, p = i;
    while (p >= parts(s, head))
        p -= parts(s, head++);
    const int written = snprintf(name, room, "%s %zu %s", head < s->r ? "read" : "write",
                                 head < s->r ? head : head - s->r, names[p]);
    *from = s->segments[i].from;
    *n = s->segments[i].n;
    *activation = shown[s->segments[i].kind];
    return written > 0;
}

const struct eg_memory_type eg_memory_ntm = {
    .name = "ntm",
    .summary = "Neural Turing Machine: content and location addressing, erase and add",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .fields = field_rows,
    .state_size = sizeof(struct state),
    .init = init,
    .begin = begin,
    .step = step,
    .extent = extent,
    .copy = copy,
    .control_start = control_start,
    .control_part = control_part,
};
