/* memory/dnc.c -- the memory of a Differentiable Neural Computer.
 *
 * Graves et al. 2016 (Nature 538, 471), Methods: N slots of width M, found by content, by the order
 * in which they were written (attention/links.h), or because they are free
 * (attention/allocation.h). The variants of Csordas & Schmidhuber 2019 (arXiv:1904.10278) are
 * options, and so is each part. docs/equations.md, part Q, has the equations beside the papers'.
 *
 * Control columns, in the order of the paper's interface vector: read keys (R M), read strengths
 * (R), write keys (W M), write strengths (W), erase vectors (W M), write vectors (W M), free gates
 * (R), allocation gates (W), write gates (W), read modes (R (2 W + 1): backward of each write head,
 * content, forward of each); then, where they are on, read masks (R M), write masks (W M) and link
 * sharpness (W R 2: backward, forward).  What is off has no columns. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "attention/allocation.h"
#include "attention/content.h"
#include "attention/links.h"
#include "memory/access.h"
#include "memory/dnc_ops.h"
#include "memory/memory.h"
#include "tensor/activate.h"
#include "tensor/pointwise.h"

enum { READ_HEADS_MAX = 32, WRITE_HEADS_MAX = EG_READINGS_MAX };
enum gradient { GRADIENT_FULL, GRADIENT_STOPPED };

struct options {
    long slots, width, read_heads, write_heads;
    int links, allocation, mask, deallocation, link_sharpening, usage_gradient;
    double write_bias, allocation_bias, free_bias;
};

static const char *const gradients[] = {"full", "stopped", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    /* key          unit      help                                      field            type */
    {"slots",       "slot",   "slots of the memory, N; the links take N N numbers a sequence",
                                                                        AT(slots),       EG_OPT_INT,    128,  1, 65536, NULL, NULL},
    {"width",       "number", "numbers in a slot, M",                   AT(width),       EG_OPT_INT,    20,   1, 65536, NULL, NULL},
    {"read_heads",  "head",   "read heads, R",                          AT(read_heads),  EG_OPT_INT,    1,    1, READ_HEADS_MAX, NULL, NULL},
    {"write_heads", "head",   "write heads, W; the paper has one",      AT(write_heads), EG_OPT_INT,    1,    1, WRITE_HEADS_MAX, NULL, NULL},
    {"links",       "",       "temporal links and the read modes that follow them; off: reads by content only",
                                                                        AT(links),       EG_OPT_BOOL,   1,    0, 1, NULL, NULL},
    {"allocation",  "",       "usage and the allocation of free slots; off: writes by content only",
                                                                        AT(allocation),  EG_OPT_BOOL,   1,    0, 1, NULL, NULL},
    {"mask",        "",       "keys that say which numbers of a slot count (Csordas & Schmidhuber 2019)",
                                                                        AT(mask),        EG_OPT_BOOL,   0,    0, 1, NULL, NULL},
    {"deallocation", "",      "what is let go of is erased too (Csordas & Schmidhuber 2019)",
                                                                        AT(deallocation), EG_OPT_BOOL,  0,    0, 1, NULL, NULL},
    {"link_sharpening", "",   "the readings of the links are sharpened (Csordas & Schmidhuber 2019)",
                                                                        AT(link_sharpening), EG_OPT_BOOL, 0,  0, 1, NULL, NULL},
    {"usage_gradient", "",    "stopped: none from usage to write weightings, as in the published code; gradcheck then differs",
                                                                        AT(usage_gradient), EG_OPT_CHOICE, GRADIENT_FULL, 0, 0, gradients, NULL},
    {"write_bias",  "1",      "initial bias of the write gates",        AT(write_bias),  EG_OPT_REAL,   0,    -20, 20, NULL, NULL},
    {"allocation_bias", "1",  "initial bias of the allocation gates; above 0 a head starts out writing to free slots",
                                                                        AT(allocation_bias), EG_OPT_REAL, 0,  -20, 20, NULL, NULL},
    {"free_bias",   "1",      "initial bias of the free gates; below 0 a slot that was read stays in use",
                                                                        AT(free_bias),   EG_OPT_REAL,   0,    -20, 20, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* clang-format off */
enum field {
    MEMORY, READ, READ_WEIGHTS, WRITE_WEIGHTS, USAGE, PRECEDENCE, RETENTION, ALLOCATION,
    WRITE_CONTENT, READ_CONTENT, BACKWARD, FORWARD, READ_KEY, READ_STRENGTH, WRITE_KEY,
    WRITE_STRENGTH, ERASE, WRITE_VECTOR, FREE_GATE, ALLOCATION_GATE, WRITE_GATE, READ_MODES,
    READ_MASK, WRITE_MASK, LINK_SHARPNESS
};

static const struct eg_field field_rows[] = {
    {"memory",          "M",      "NM",  "1", "memory after the step",                        "Q16", MEMORY, 1},
    {"read",            "r",      "RM",  "1", "vectors read in the step",                     "Q22", READ, 1},
    {"read_weights",    "w^r",    "RN",  "1", "weighting of each read head; sum of 1 at most", "Q21", READ_WEIGHTS, 1},
    {"write_weights",   "w^w",    "WN",  "1", "weighting of each write head; sum of 1 at most", "Q15", WRITE_WEIGHTS, 1},
    {"usage",           "u",      "N",   "1", "how much each slot is in use; 0 without allocation", "Q12", USAGE, 1},
    {"precedence",      "p",      "WN",  "1", "how much each slot was the last written; 0 without links", "Q17", PRECEDENCE, 1},
    {"retention",       "psi",    "N",   "1", "share of each slot that free gates let stand",  "Q11", RETENTION, 0},
    {"allocation",      "a",      "WN",  "1", "allocation weighting; 0 without allocation",    "Q13", ALLOCATION, 0},
    {"write_content",   "c^w",    "WN",  "1", "content weighting of each write head",          "Q14", WRITE_CONTENT, 0},
    {"read_content",    "c^r",    "RN",  "1", "content weighting of each read head",           "Q14", READ_CONTENT, 0},
    {"backward",        "b",      "WRN", "1", "slots written before those read last, by write and read head; 0 without links", "Q19", BACKWARD, 0},
    {"forward",         "f",      "WRN", "1", "slots written after those read last, by write and read head; 0 without links", "Q19", FORWARD, 0},
    {"read_key",        "k^r",    "RM",  "1", "key of each read head",                        "Q1", READ_KEY, 0},
    {"read_strength",   "beta^r", "R",   "1", "key strength of each read head",               "Q2", READ_STRENGTH, 0},
    {"write_key",       "k^w",    "WM",  "1", "key of each write head",                       "Q1", WRITE_KEY, 0},
    {"write_strength",  "beta^w", "W",   "1", "key strength of each write head",              "Q2", WRITE_STRENGTH, 0},
    {"erase",           "e",      "WM",  "1", "erase vector of each write head",              "Q3", ERASE, 0},
    {"write_vector",    "v",      "WM",  "1", "write vector of each write head",              "Q4", WRITE_VECTOR, 0},
    {"free_gate",       "f",      "R",   "1", "free gate of each read head; 0 without allocation and deallocation", "Q5", FREE_GATE, 0},
    {"allocation_gate", "g^a",    "W",   "1", "1: to a free slot, 0: by content; 0 without allocation", "Q6", ALLOCATION_GATE, 0},
    {"write_gate",      "g^w",    "W",   "1", "how much each write head writes at all",        "Q7", WRITE_GATE, 0},
    {"read_modes",      "pi",     "RP",  "1", "backward of each write head, content, forward of each", "Q8", READ_MODES, 0},
    {"read_mask",       "m^r",    "RM",  "1", "what counts of a slot for each read head; 1 without mask", "Q9", READ_MASK, 0},
    {"write_mask",      "m^w",    "WM",  "1", "what counts of a slot for each write head; 1 without mask", "Q9", WRITE_MASK, 0},
    {"link_sharpness",  "s",      "WRL", "1", "backward and forward sharpening, by write and read head; 1 without", "Q10", LINK_SHARPNESS, 0},
    EG_FIELD_END,
};
/* clang-format on */

/* Parts of the control columns, in their order. */
/* clang-format off */
enum part {
    P_READ_KEY, P_READ_STRENGTH, P_WRITE_KEY, P_WRITE_STRENGTH, P_ERASE, P_WRITE_VECTOR, P_FREE,
    P_ALLOCATION, P_WRITE, P_MODES, P_READ_MASK, P_WRITE_MASK, P_SHARPNESS, PARTS
};
/* clang-format on */

struct state {
    size_t n, m, r, w; /* slots, width, heads */
    int links_on, allocation_on, mask, deallocation, sharpening, stopped;
    double write_bias, allocation_bias, free_bias;
    size_t from[PARTS], each[PARTS], heads[PARTS]; /* columns; 0 heads: the part is off */
    struct eg_segment segments[PARTS + READ_HEADS_MAX];
    size_t segment_count;
    /* of the current step; NULL where the part is off */
    struct eg_var *memory, *control, *read_weights, *write_weights, *usage, *retention;
    struct eg_var *read_content, *reads[READ_HEADS_MAX];
    struct eg_var *precedence[WRITE_HEADS_MAX], *allocation[WRITE_HEADS_MAX];
    struct eg_var *write_content[WRITE_HEADS_MAX], *readings[WRITE_HEADS_MAX];
    struct eg_links *links[WRITE_HEADS_MAX];
};

static const struct {
    const char *kind, *name;
    enum eg_activation activation;
} parts[PARTS] = {
    [P_READ_KEY] = {"read", "key", EG_IDENTITY},
    [P_READ_STRENGTH] = {"read", "strength", EG_ONEPLUS},
    [P_WRITE_KEY] = {"write", "key", EG_IDENTITY},
    [P_WRITE_STRENGTH] = {"write", "strength", EG_ONEPLUS},
    [P_ERASE] = {"write", "erase", EG_SIGMOID},
    [P_WRITE_VECTOR] = {"write", "vector", EG_IDENTITY},
    [P_FREE] = {"read", "free gate", EG_SIGMOID},
    [P_ALLOCATION] = {"write", "allocation gate", EG_SIGMOID},
    [P_WRITE] = {"write", "write gate", EG_SIGMOID},
    [P_MODES] = {"read", "modes", EG_SOFTMAX},
    [P_READ_MASK] = {"read", "mask", EG_SIGMOID},
    [P_WRITE_MASK] = {"write", "mask", EG_SIGMOID},
    [P_SHARPNESS] = {"write", "link sharpness", EG_ONEPLUS},
};

/* Fills in where the parts lie; returns the number of columns. */
static size_t lay_out(struct state *s)
{
    const size_t reads[PARTS] = {[P_READ_KEY] = s->m,
                                 [P_READ_STRENGTH] = 1,
                                 [P_FREE] = s->allocation_on || s->deallocation ? 1 : 0,
                                 [P_MODES] = s->links_on ? 2 * s->w + 1 : 0,
                                 [P_READ_MASK] = s->mask ? s->m : 0};
    const size_t writes[PARTS] = {[P_WRITE_KEY] = s->m,
                                  [P_WRITE_STRENGTH] = 1,
                                  [P_ERASE] = s->m,
                                  [P_WRITE_VECTOR] = s->m,
                                  [P_ALLOCATION] = s->allocation_on ? 1 : 0,
                                  [P_WRITE] = 1,
                                  [P_WRITE_MASK] = s->mask ? s->m : 0,
                                  [P_SHARPNESS] = s->sharpening ? 2 * s->r : 0};
    size_t at = 0;
    for (size_t p = 0; p < PARTS; p++) {
        s->from[p] = at;
        s->each[p] = reads[p] + writes[p];
        s->heads[p] = s->each[p] == 0 ? 0 : reads[p] ? s->r : s->w;
        /* A softmax is over one head's columns; all others are done in one go. */
        const size_t pieces = parts[p].activation == EG_SOFTMAX ? s->heads[p] : 1;
        for (size_t i = 0; s->heads[p] && i < pieces; i++)
            s->segments[s->segment_count++] =
                (struct eg_segment){.from = at + i * s->each[p],
                                    .n = s->each[p] * s->heads[p] / pieces,
                                    .kind = parts[p].activation};
        at += s->each[p] * s->heads[p];
    }
    return at;
}

static int init(void *state, const void *values, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message)
{
    (void) params; /* the start is zero: there is nothing to learn */
    struct state *s = state;
    const struct options *o = values;
    if (o->link_sharpening && !o->links)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "memory.link_sharpening = true needs memory.links = true: without links it "
                       "must be false");
    *s = (struct state){
        .n = (size_t) o->slots,
        .m = (size_t) o->width,
        .r = (size_t) o->read_heads,
        .w = (size_t) o->write_heads,
        .links_on = o->links,
        .allocation_on = o->allocation,
        .mask = o->mask,
        .deallocation = o->deallocation,
        .sharpening = o->link_sharpening,
        .stopped = o->usage_gradient == GRADIENT_STOPPED,
        .write_bias = o->write_bias,
        .allocation_bias = o->allocation_bias,
        .free_bias = o->free_bias,
    };
    size->control = lay_out(s);
    size->read = s->r * s->m;
    return EG_OK;
}

static int begin(void *state, struct eg_tape *tape, size_t rows, struct eg_var **read)
{
    struct state *s = state;
    s->control = s->retention = s->read_content = NULL;
    s->memory = eg_filled(tape, rows, s->n * s->m, 0);
    s->read_weights = eg_filled(tape, rows, s->r * s->n, 0);
    s->write_weights = eg_filled(tape, rows, s->w * s->n, 0);
    s->usage = eg_filled(tape, rows, s->n, 0);
    *read = eg_filled(tape, rows, s->r * s->m, 0);
    int complete = s->memory && s->read_weights && s->write_weights && s->usage && *read;
    for (size_t h = 0; h < s->r; h++)
        complete = (s->reads[h] = eg_tape_cols(tape, *read, h * s->m, s->m)) && complete;
    for (size_t h = 0; h < s->w; h++) {
        s->allocation[h] = s->write_content[h] = s->readings[h] = s->precedence[h] = NULL;
        s->links[h] = NULL;
        if (!s->links_on)
            continue;
        s->precedence[h] = eg_filled(tape, rows, s->n, 0);
        s->links[h] = eg_links_begin(tape, rows, s->n);
        complete = complete && s->precedence[h] && s->links[h];
    }
    return complete ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* The columns of one head, and those of all heads; NULL where the part is off. */
static struct eg_var *part_of(const struct state *s, struct eg_tape *tape, enum part part,
                              size_t head)
{
    return s->heads[part]
               ? eg_tape_cols(tape, s->control, s->from[part] + head * s->each[part], s->each[part])
               : NULL;
}

static struct eg_var *all_of(const struct state *s, struct eg_tape *tape, enum part part)
{
    return s->heads[part]
               ? eg_tape_cols(tape, s->control, s->from[part], s->each[part] * s->heads[part])
               : NULL;
}

static struct eg_var *by_content(const struct state *s, struct eg_tape *tape, enum part key,
                                 enum part strength, enum part mask, size_t head,
                                 struct eg_var *into)
{
    const struct eg_content content = {.key = part_of(s, tape, key, head),
                                       .beta = part_of(s, tape, strength, head),
                                       .mask = part_of(s, tape, mask, head),
                                       .slots = s->n,
                                       .width = s->m};
    if (s->mask && !content.mask)
        return NULL;
    return eg_content(tape, &content, s->memory, into);
}

/* The weightings of all write heads, w^w: none of them sees what another one writes. */
static struct eg_var *weigh_writes(struct state *s, struct eg_tape *tape, size_t rows)
{
    struct eg_var *all = eg_tape_var(tape, rows, s->w * s->n, 1), *usage = s->usage;
    int complete = all != NULL;
    for (size_t h = 0; h < s->w; h++) {
        const struct eg_write_gates gates = {.allocation = part_of(s, tape, P_ALLOCATION, h),
                                             .write = part_of(s, tape, P_WRITE, h)};
        s->write_content[h] =
            by_content(s, tape, P_WRITE_KEY, P_WRITE_STRENGTH, P_WRITE_MASK, h, NULL);
        if (s->allocation_on)
            s->allocation[h] = eg_allocate(tape, usage);
        struct eg_var *into = eg_tape_cols(tape, all, h * s->n, s->n);
        complete = complete && into && !s->allocation_on == !s->allocation[h]
                   && eg_write_weighting(tape, &gates, s->allocation[h], s->write_content[h], into);
        if (s->allocation_on && h + 1 < s->w)
            usage = eg_reserve(tape, usage, gates.allocation, gates.write, s->allocation[h]);
    }
    return complete ? all : NULL;
}

/* All erases come before all adds. */
static void write_all(struct state *s, struct eg_tape *tape)
{
    struct eg_writing writing[WRITE_HEADS_MAX];
    if (s->deallocation)
        s->memory = eg_fade_last(tape, s->memory, s->retention);
    for (size_t h = 0; h < s->w; h++)
        writing[h] = (struct eg_writing){.w = eg_tape_cols(tape, s->write_weights, h * s->n, s->n),
                                         .erase = part_of(s, tape, P_ERASE, h),
                                         .add = part_of(s, tape, P_WRITE_VECTOR, h)};
    s->memory = eg_write_heads(tape, s->memory, writing, s->w, s->n, s->m);
}

/* What the links say of `before`, where the read heads were. */
static void follow_links(struct state *s, struct eg_tape *tape, struct eg_var *before)
{
    for (size_t h = 0; h < s->w; h++) {
        struct eg_var *w = eg_tape_cols(tape, s->write_weights, h * s->n, s->n);
        struct eg_var *p = before ? eg_tape_rows(tape, s->precedence[h], 0, before->rows) : NULL;
        s->readings[h] = eg_links_step(tape, s->links[h], w, p, before, s->r);
        s->precedence[h] = eg_precedence(tape, p, w);
        if (s->sharpening)
            s->readings[h] =
                eg_sharpen_readings(tape, s->readings[h], part_of(s, tape, P_SHARPNESS, h));
    }
}

static void read_all(struct state *s, struct eg_tape *tape, size_t rows)
{
    struct eg_var *all = eg_tape_var(tape, rows, s->r * s->n, 1);
    for (size_t h = 0; h < s->r && all; h++) {
        struct eg_var *into = eg_tape_cols(tape, all, h * s->n, s->n);
        if (!into || !by_content(s, tape, P_READ_KEY, P_READ_STRENGTH, P_READ_MASK, h, into))
            all = NULL;
    }
    s->read_content = all;
    s->read_weights = s->links_on ? eg_read_weighting(tape, all_of(s, tape, P_MODES), all, s->r,
                                                      s->w, s->readings)
                                  : all;
    for (size_t h = 0; h < s->r; h++)
        s->reads[h] = eg_read(tape, s->memory, eg_tape_cols(tape, s->read_weights, h * s->n, s->n),
                              s->n, s->m);
}

static struct eg_var *step(void *state, struct eg_tape *tape, struct eg_var *control)
{
    struct state *s = state;
    if (!control || !s->memory)
        return NULL;
    const size_t rows = control->rows;
    eg_tape_rows_open(tape); /* no two sequences have to do with one another */
    s->control = eg_activate(tape, control, s->segments, s->segment_count);
    s->memory = s->control ? eg_tape_rows(tape, s->memory, 0, rows) : NULL;
    struct eg_var *before = eg_tape_rows(tape, s->read_weights, 0, rows);
    if (s->heads[P_FREE])
        s->retention = eg_retention(tape, s->control ? all_of(s, tape, P_FREE) : NULL, before);
    if (s->allocation_on)
        s->usage =
            eg_usage(tape, eg_tape_rows(tape, s->usage, 0, rows),
                     eg_tape_rows(tape, s->write_weights, 0, rows), s->retention, s->stopped);
    s->write_weights = s->memory ? weigh_writes(s, tape, rows) : NULL;
    if (s->write_weights)
        write_all(s, tape);
    if (s->links_on && s->write_weights)
        follow_links(s, tape, before);
    if (s->write_weights)
        read_all(s, tape, rows);
    eg_tape_rows_close(tape);
    if (!s->write_weights || !s->memory || !s->read_weights) {
        s->memory = NULL;
        return NULL;
    }
    struct eg_var *read = s->reads[0];
    for (size_t h = 1; h < s->r; h++)
        read = eg_join(tape, read, s->reads[h]);
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
    case 'P':
        return 2 * s->w + 1;
    case 'L':
        return 2;
    default:
        return 0;
    }
}

/* The row of a variable, or `absent` throughout where there is none. */
static void copy_row(const struct eg_var *v, size_t row, size_t n, real absent, real *out)
{
    if (v)
        memcpy(out, eg_row(v, row), n * sizeof *out);
    for (size_t i = 0; i < n && !v; i++)
        out[i] = absent;
}

static void copy_part(const struct state *s, enum part part, size_t n, real absent, size_t row,
                      real *out)
{
    const struct eg_var part_of_control =
        s->heads[part]
            ? (struct eg_var){.x = s->control->x + s->from[part], .stride = s->control->stride}
            : (struct eg_var){.x = NULL};
    copy_row(part_of_control.x ? &part_of_control : NULL, row, n, absent, out);
}

/* Backward (`which` 0) or forward readings of all read heads, write head after write head. */
static void copy_readings(const struct state *s, size_t which, size_t row, real *out)
{
    for (size_t w = 0; w < s->w; w++)
        for (size_t r = 0; r < s->r; r++, out += s->n) {
            const struct eg_var *v = s->readings[w];
            const struct eg_var at = {.x = v ? v->x + (2 * r + which) * s->n : NULL,
                                      .stride = v ? v->stride : 0};
            copy_row(v ? &at : NULL, row, s->n, 0, out);
        }
}

static void copy_modes(const struct state *s, size_t row, real *out)
{
    const size_t modes = 2 * s->w + 1;
    copy_part(s, P_MODES, s->r * modes, 0, row, out);
    for (size_t h = 0; h < s->r && !s->links_on; h++)
        out[h * modes + s->w] = 1; /* content is all there is */
}

static void copy_state(const struct state *s, int field, size_t row, real *out)
{
    const size_t n = s->n;
    switch (field) {
    case MEMORY: /* the file has one slot a row */
        for (size_t i = 0; i < n; i++)
            for (size_t m = 0; m < s->m; m++)
                out[i * s->m + m] = eg_row(s->memory, row)[m * n + i];
        return;
    case READ:
        for (size_t h = 0; h < s->r; h++)
            copy_row(s->reads[h], row, s->m, 0, out + h * s->m);
        return;
    case READ_WEIGHTS:
        copy_row(s->read_weights, row, s->r * n, 0, out);
        return;
    case WRITE_WEIGHTS:
        copy_row(s->write_weights, row, s->w * n, 0, out);
        return;
    case USAGE:
        copy_row(s->allocation_on ? s->usage : NULL, row, n, 0, out);
        return;
    case RETENTION:
        copy_row(s->retention, row, n, 1, out);
        return;
    case READ_CONTENT:
        copy_row(s->read_content, row, s->r * n, 0, out);
        return;
    case BACKWARD:
    case FORWARD:
        copy_readings(s, field == FORWARD, row, out);
        return;
    default:
        for (size_t h = 0; h < s->w; h++)
            copy_row(field == PRECEDENCE   ? s->precedence[h]
                     : field == ALLOCATION ? s->allocation[h]
                                           : s->write_content[h],
                     row, n, 0, out + h * n);
    }
}

static void copy(const void *state, int field, size_t row, real *out)
{
    const struct state *s = state;
    switch (field) {
    case READ_KEY:
        copy_part(s, P_READ_KEY, s->r * s->m, 0, row, out);
        return;
    case READ_STRENGTH:
        copy_part(s, P_READ_STRENGTH, s->r, 0, row, out);
        return;
    case WRITE_KEY:
        copy_part(s, P_WRITE_KEY, s->w * s->m, 0, row, out);
        return;
    case WRITE_STRENGTH:
        copy_part(s, P_WRITE_STRENGTH, s->w, 0, row, out);
        return;
    case ERASE:
        copy_part(s, P_ERASE, s->w * s->m, 0, row, out);
        return;
    case WRITE_VECTOR:
        copy_part(s, P_WRITE_VECTOR, s->w * s->m, 0, row, out);
        return;
    case FREE_GATE:
        copy_part(s, P_FREE, s->r, 0, row, out);
        return;
    case ALLOCATION_GATE:
        copy_part(s, P_ALLOCATION, s->w, 0, row, out);
        return;
    case WRITE_GATE:
        copy_part(s, P_WRITE, s->w, 0, row, out);
        return;
    case READ_MODES:
        copy_modes(s, row, out);
        return;
    case READ_MASK:
        copy_part(s, P_READ_MASK, s->r * s->m, 1, row, out);
        return;
    case WRITE_MASK:
        copy_part(s, P_WRITE_MASK, s->w * s->m, 1, row, out);
        return;
    case LINK_SHARPNESS:
        copy_part(s, P_SHARPNESS, s->w * s->r * 2, 1, row, out);
        return;
    default:
        copy_state(s, field, row, out);
        return;
    }
}

static void control_start(const void *state, real *bias)
{
    const struct state *s = state;
    for (size_t h = 0; h < s->heads[P_WRITE]; h++)
        bias[s->from[P_WRITE] + h] = (real) s->write_bias;
    for (size_t h = 0; h < s->heads[P_ALLOCATION]; h++)
        bias[s->from[P_ALLOCATION] + h] = (real) s->allocation_bias;
    for (size_t h = 0; h < s->heads[P_FREE]; h++)
        bias[s->from[P_FREE] + h] = (real) s->free_bias;
}

static int control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation)
{
    const struct state *s = state;
    size_t p = 0;
    while (p < PARTS && i >= s->heads[p])
        i -= s->heads[p++];
    if (p == PARTS)
        return 0;
    *from = s->from[p] + i * s->each[p];
    *n = s->each[p];
    *activation = eg_activation_names[parts[p].activation];
    return snprintf(name, room, "%s %zu %s", parts[p].kind, i, parts[p].name) > 0;
}

const struct eg_memory_type eg_memory_dnc = {
    .name = "dnc",
    .summary = "Differentiable Neural Computer: content, temporal links, allocation of free slots",
    .source = "Graves et al. 2016 (Nature 538, 471), Methods",
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
