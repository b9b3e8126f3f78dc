/* memory/ntm.c -- the memory of a Neural Turing Machine, and its relatives.
 *
 * Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3: N slots of width M, any number of
 * read and write heads, each with content and location addressing (attention/address.h), and
 * erase-and-add writing (memory/access.h).  docs/equations.md, part N, has the equations
 * beside the paper's and names every choice that the paper leaves open.
 *
 * What a head does at each stage is an option of its own (memory/ntm_options.c).  `lrua` and
 * `key-value` are this memory with other defaults. */
#include "attention/allocation.h"
#include "memory/access.h"
#include "memory/allocate.h"
#include "memory/ntm_private.h"
#include "tensor/pointwise.h"

/* The first memory as (rows, M N). */
static struct eg_var *first_memory(const struct eg_ntm *s, struct eg_tape *tape, size_t rows)
{
    if (s->o.start == EG_NTM_START_CONSTANT)
        return eg_filled(tape, rows, s->n * s->m, (real) s->o.start_value);
    const struct eg_param flat = {.offset = s->memory_start.offset, .rows = 1, .cols = s->n * s->m};
    struct eg_var *learned = s->o.start == EG_NTM_START_LEARNED
                                 ? eg_tape_param(tape, &flat)
                                 : eg_tape_data(tape, tape->values + flat.offset, 1, flat.cols);
    return eg_repeat(tape, learned, rows);
}

static struct eg_var *first_weighting(const struct eg_ntm *s, struct eg_tape *tape, size_t rows,
                                      size_t head)
{
    if (s->o.weighting == EG_NTM_LEARNED && eg_ntm_uses_last(s, head)) {
        struct eg_var *logits = eg_tape_param(tape, &s->weighting_start);
        struct eg_var *row = eg_tape_rows(tape, logits, eg_ntm_last_row(s, head), 1);
        return eg_repeat(tape, eg_activate_all(tape, row, EG_SOFTMAX), rows);
    }
    const int uniform = s->o.weighting == EG_NTM_UNIFORM;
    struct eg_var *w = eg_filled(tape, rows, s->n, uniform ? 1 / (real) s->n : 0);
    if (w && !uniform)
        for (size_t b = 0; b < rows; b++)
            eg_row(w, b)[0] = 1;
    return w;
}

/* What the options need that stays as it is: all is made here, since a tape that does not record
 * forgets what a step makes.  What is not needed stays NULL. */
static int constants(struct eg_ntm *s, struct eg_tape *tape, size_t rows)
{
    const struct eg_ntm_options *o = &s->o;
    const int lru = o->allocation == EG_NTM_ALLOCATE_LRU;
    const int zero = lru || o->write == EG_NTM_ADD;
    const int one = lru || o->write == EG_NTM_OVERWRITE || o->write == EG_NTM_APPEND;
    s->zero = zero ? eg_filled(tape, rows, s->m, 0) : NULL;
    s->one = one ? eg_filled(tape, rows, s->m, 1) : NULL;
    s->unit = o->strength ? NULL : eg_filled(tape, rows, 1, 1);
    s->even = o->content ? NULL : eg_filled(tape, rows, s->n, 1 / (real) s->n);
    const int usage = o->allocation == EG_NTM_ALLOCATE_USAGE;
    s->usage = lru || usage ? eg_filled(tape, rows, s->n, 0) : NULL;
    s->none = usage ? eg_filled(tape, rows, s->n, 0) : NULL;
    s->all = usage ? eg_filled(tape, rows, s->n, 1) : NULL;
    return (s->zero || !zero) && (s->one || !one) && (s->unit || o->strength)
           && (s->even || o->content) && (s->usage || !(lru || usage))
           && ((s->none && s->all) || !usage);
}

static int begin(void *state, struct eg_tape *tape, size_t rows, struct eg_var **read)
{
    struct eg_ntm *s = state;
    const size_t width = eg_ntm_extent(s, 'V');
    s->control = NULL;
    s->t = 0;
    s->memory = first_memory(s, tape, rows);
    int complete = constants(s, tape, rows) && s->memory;
    for (size_t head = 0; head < s->r + s->w; head++)
        s->last[head] = s->weights[head] = first_weighting(s, tape, rows, head);
    *read = s->o.read_start == EG_NTM_READ_LEARNED
                ? eg_repeat(tape, eg_tape_param(tape, &s->read_init), rows)
                : eg_filled(tape, rows, s->r * width, 0);
    for (size_t head = 0; head < s->r; head++)
        s->reads[head] = eg_tape_cols(tape, *read, head * width, width);
    for (size_t head = 0; head < s->r + s->w; head++)
        complete = complete && s->weights[head] && (head >= s->r || s->reads[head]);
    return complete ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

/* The memory is another one: its keys are the first columns, since a component of all slots lies
 * side by side. */
static void becomes(struct eg_ntm *s, struct eg_tape *tape, struct eg_var *memory)
{
    s->memory = memory;
    s->keys = s->o.key_width ? eg_tape_cols(tape, memory, 0, s->n * s->k) : memory;
}

static struct eg_var *rows_of(const struct eg_ntm *s, struct eg_tape *tape, struct eg_var *v)
{
    return s->control ? eg_tape_rows(tape, v, 0, s->control->rows) : NULL;
}

static void write(struct eg_ntm *s, struct eg_tape *tape, struct eg_var *w, struct eg_var *erase,
                  struct eg_var *add)
{
    becomes(s, tape, eg_write_last(tape, s->memory, w, erase, add, s->n, s->m));
}

/* Head h of W writes slot t W + h, going round. */
static struct eg_var *next_slot(const struct eg_ntm *s, struct eg_tape *tape, size_t head)
{
    struct eg_var *w = s->control ? eg_filled(tape, s->control->rows, s->n, 0) : NULL;
    for (size_t b = 0; w && b < w->rows; b++)
        eg_row(w, b)[(s->t * s->w + head - s->r) % s->n] = 1;
    return w;
}

/* What is in use after the step before, whose write weightings are still in place: its writes take
 * slots, its reads let go of them.  Before the first step nothing was read or written. */
static struct eg_var *in_use(const struct eg_ntm *s, struct eg_tape *tape)
{
    struct eg_var *u = s->usage, *none = rows_of(s, tape, s->none), *all = rows_of(s, tape, s->all);
    for (size_t h = 0; h < s->w && s->t > 0; h++)
        u = eg_usage(tape, u, rows_of(s, tape, s->weights[s->r + h]), all, 0);
    for (size_t h = 0; h < s->r && s->t > 0; h++)
        u = eg_usage(tape, u, none,
                     eg_retention(tape, eg_ntm_part(s, tape, h, EG_NTM_P_FREE), s->before[h]), 0);
    return u;
}

/* To a free slot, or where addressing says; a head that comes later sees as used what those before
 * it are about to take. */
static struct eg_var *free_or_addressed(struct eg_ntm *s, struct eg_tape *tape, size_t head)
{
    struct eg_var *alpha = eg_ntm_part(s, tape, head, EG_NTM_P_ALPHA);
    struct eg_var *amount = eg_ntm_part(s, tape, head, EG_NTM_P_AMOUNT);
    struct eg_var *a = eg_allocate(tape, s->used);
    if (head + 1 < s->r + s->w)
        s->used = eg_reserve(tape, s->used, alpha, amount, a);
    struct eg_var *w = eg_blend(tape, alpha, a, eg_ntm_weigh(s, tape, head));
    return eg_blend(tape, amount, w, rows_of(s, tape, s->none));
}

static struct eg_var *where_to_write(struct eg_ntm *s, struct eg_tape *tape, size_t head)
{
    if (s->o.write == EG_NTM_APPEND)
        return next_slot(s, tape, head);
    if (s->o.allocation == EG_NTM_ALLOCATE_NONE)
        return eg_ntm_weigh(s, tape, head);
    if (s->o.allocation == EG_NTM_ALLOCATE_USAGE)
        return free_or_addressed(s, tape, head);
    struct eg_var *least = eg_least_used(tape, s->usage, head - s->r);
    struct eg_var *alpha = eg_ntm_part(s, tape, head, EG_NTM_P_ALPHA);
    /* What was least used is emptied, whether it is written to or not. */
    write(s, tape, least, rows_of(s, tape, s->one), rows_of(s, tape, s->zero));
    return eg_blend(tape, alpha, s->before[(head - s->r) % s->r], least);
}

static struct eg_var *what_to_add(const struct eg_ntm *s, struct eg_tape *tape, size_t head)
{
    return s->o.add == EG_NTM_ADD_KEY ? eg_ntm_part(s, tape, (head - s->r) % s->r, EG_NTM_P_KEY)
                                      : eg_ntm_part(s, tape, head, EG_NTM_P_ADD);
}

static struct eg_var *what_to_erase(const struct eg_ntm *s, struct eg_tape *tape, size_t head)
{
    return s->o.write == EG_NTM_ERASE_ADD ? eg_ntm_part(s, tape, head, EG_NTM_P_ERASE)
           : s->o.write == EG_NTM_ADD     ? rows_of(s, tape, s->zero)
                                          : rows_of(s, tape, s->one);
}

/* All write heads look at the same memory; all erases come before all adds. */
static void write_all(struct eg_ntm *s, struct eg_tape *tape)
{
    const size_t end = s->r + s->w;
    if (s->o.allocation == EG_NTM_ALLOCATE_USAGE)
        s->used = s->usage = in_use(s, tape);
    for (size_t head = s->r; head < end; head++)
        s->weights[head] = where_to_write(s, tape, head);
    if (s->w == 1) {
        write(s, tape, s->weights[s->r], what_to_erase(s, tape, s->r), what_to_add(s, tape, s->r));
        return;
    }
    struct eg_writing writing[EG_NTM_HEADS_MAX];
    for (size_t head = s->r; head < end; head++)
        writing[head - s->r] = (struct eg_writing){.w = s->weights[head],
                                                   .erase = what_to_erase(s, tape, head),
                                                   .add = what_to_add(s, tape, head)};
    becomes(s, tape, eg_write_heads(tape, s->memory, writing, s->w, s->n, s->m));
}

static void read_all(struct eg_ntm *s, struct eg_tape *tape)
{
    for (size_t head = 0; head < s->r; head++) {
        s->weights[head] = eg_ntm_weigh(s, tape, head);
        struct eg_var *values =
            s->o.key_width ? eg_tape_cols(tape, s->memory, s->n * s->k, s->n * (s->m - s->k))
                           : s->memory;
        s->reads[head] = eg_read(tape, values, s->weights[head], s->n, eg_ntm_extent(s, 'V'));
    }
}

static struct eg_var *step(void *state, struct eg_tape *tape, struct eg_var *control)
{
    struct eg_ntm *s = state;
    if (!control || !s->memory)
        return NULL;
    if (s->by_rows)
        eg_tape_rows_open(tape); /* no two sequences have to do with one another */
    s->control = eg_activate(tape, control, s->segments, s->segment_count);
    becomes(s, tape, eg_tape_rows(tape, s->memory, 0, control->rows));
    const int lru = s->o.allocation == EG_NTM_ALLOCATE_LRU;
    const int allocates = s->o.allocation != EG_NTM_ALLOCATE_NONE;
    if (allocates) {
        s->usage = eg_tape_rows(tape, s->usage, 0, control->rows);
        for (size_t head = 0; head < s->r; head++)
            s->before[head] = eg_tape_rows(tape, s->weights[head], 0, control->rows);
    }
    if (s->o.order == EG_NTM_WRITE_READ)
        write_all(s, tape);
    read_all(s, tape);
    if (s->o.order == EG_NTM_READ_WRITE)
        write_all(s, tape);
    if (lru)
        s->usage = eg_usage_decayed(tape, s->usage, s->o.usage_decay, s->r + s->w, s->weights);
    if (s->by_rows)
        eg_tape_rows_close(tape);
    s->t++;
    if (!s->memory || !s->keys || (allocates && !s->usage))
        return NULL;
    struct eg_var *read = s->reads[0];
    for (size_t head = 1; head < s->r; head++)
        read = eg_join(tape, read, s->reads[head]);
    return read;
}

#define COMMON                                                                        \
    .options_size = sizeof(struct eg_ntm_options), .fields = eg_ntm_field_rows,       \
    .shown = eg_ntm_fields, .state_size = sizeof(struct eg_ntm), .init = eg_ntm_init, \
    .begin = begin, .step = step, .extent = eg_ntm_extent, .copy = eg_ntm_copy,       \
    .control_start = eg_ntm_control_start, .control_part = eg_ntm_control_part

const struct eg_memory_type eg_memory_ntm = {
    .name = "ntm",
    .summary = "Neural Turing Machine: content and location addressing, erase and add",
    .source = "Graves, Wayne & Danihelka 2014 (arXiv:1410.5401), sec. 3",
    .options = eg_ntm_option_rows,
    COMMON,
};

const struct eg_memory_type eg_memory_lrua = {
    .name = "lrua",
    .summary = "least recently used access: writes to the slot last read or the least used",
    .source = "Santoro et al. 2016 (arXiv:1605.06065), sec. 3.2",
    .options = eg_lrua_option_rows,
    COMMON,
};

const struct eg_memory_type eg_memory_key_value = {
    .name = "key-value",
    .summary = "slots of a key, which is compared, and a value, which is read; each step appends",
    .source = "Miller et al. 2016 (arXiv:1606.03126), sec. 3.1; written by the network",
    .options = eg_kv_option_rows,
    COMMON,
};
