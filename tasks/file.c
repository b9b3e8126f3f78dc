/* tasks/file.c -- sequences of one's own, from an HDF5 file.
 *
 * docs/data-file.md describes the file; eg_task_dump() writes one.  In short:
 *
 *     /input   (S, T, I)  what the network is given                    any number
 *     /target  (S, T, O)  what it should answer                        0 to 1
 *     /length  (S)        steps of each sequence                       1 to T
 *     /mask    (S, T)     1 where the answer counts; all do without    0 or 1
 *     /phase   (S, T)     what a step is for: only   for figures   0 to 4
 *
 * The last two may be missing.  Any integer or float type will do.  Attributes `format` and
 * `format_version` of the root are checked where they are there.  What lies beyond the length
 * of a sequence is never looked at.
 *
 * Here the `length` of a sequence is its number within the chosen range, from 1: draw_length()
 * chooses among the sequences, each as likely as any other.  Messages count from 1 too. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/data_file.h"
#include "tasks/task.h"

#ifdef EG_DOUBLE
#define LARGEST DBL_MAX
#else
#define LARGEST ((double) FLT_MAX)
#endif

enum { BLOCK_BYTES = 1 << 24 }; /* read at once, unless a sequence alone is longer */

struct options {
    const char *path;
    long first, last;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"path",  "",         "HDF5 file that holds the sequences",                    AT(path),  EG_OPT_TEXT, 0, 0, 0,        NULL, ""},
    {"first", "sequence", "first sequence to use, counted from 1; 0: from the first", AT(first), EG_OPT_INT,  0, 0, INFINITY, NULL, NULL},
    {"last",  "sequence", "last sequence to use; 0: up to the last",               AT(last),  EG_OPT_INT,  0, 0, INFINITY, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* The sequences one after the other, without padding: sequence i (from 0) has the rows
 * start[i] to start[i + 1] - 1. */
struct data {
    size_t items, inputs, outputs;
    size_t *start;
    real *input, *target;
    uint8_t *mask, *phase;
};

struct reader {
    struct eg_data_file file;
    size_t first; /* of the sequences chosen, from 0 */
};

/* --- values --- */

struct limits {
    double low, high;
    bool whole;
    const char *allowed;
};

/* Sequence i, step t and channel c count from 0 here and from 1 in the message. */
static int refuse(const struct reader *r, const struct eg_data_set *set, size_t i, size_t t,
                  size_t length, size_t c, size_t width, double value, const char *allowed)
{
    char channel[64] = "", number[40] = "NaN";
    if (set == &r->file.input || set == &r->file.target)
        snprintf(channel, sizeof channel, ", channel %zu of %zu", c + 1, width);
    if (!isnan(value))
        snprintf(number, sizeof number, "%.9g", value);
    return EG_FAIL(EG_ERR_DATA, r->file.message,
                   "%s: %s of sequence %zu of %zu, step %zu of %zu%s is %s; allowed %s",
                   r->file.path, set->name, r->first + i + 1, r->file.sequences, t + 1, length,
                   channel, number, allowed);
}

/* The used part of a dataset, into `reals` or else `flags`. */
static int read_rows(const struct reader *r, const struct eg_data_set *set, const struct data *d,
                     size_t width, const struct limits *limits, real *reals, uint8_t *flags)
{
    int status = EG_OK;
    size_t longest = 0;
    for (size_t i = 0; i < d->items; i++) {
        const size_t length = d->start[i + 1] - d->start[i];
        longest = length > longest ? length : longest;
    }
    const size_t bytes = longest * width * sizeof(double); /* load() has seen that it fits */
    const size_t fit = bytes < BLOCK_BYTES ? BLOCK_BYTES / bytes : 1;
    const size_t most = fit < d->items ? fit : d->items;
    double *const values = malloc(most * bytes);
    if (!values)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t from = 0; from < d->items; from += most) {
        const size_t count = d->items - from < most ? d->items - from : most;
        size_t steps = 0;
        for (size_t i = from; i < from + count; i++) {
            const size_t length = d->start[i + 1] - d->start[i];
            steps = length > steps ? length : steps;
        }
        status = eg_data_file_read(&r->file, set, r->first + from, count, steps, width, values);
        if (status)
            goto out;
        for (size_t i = from; i < from + count; i++) {
            const double *const x = values + (i - from) * steps * width;
            const size_t at = d->start[i] * width, length = d->start[i + 1] - d->start[i];
            for (size_t k = 0; k < length * width; k++) {
                if (!(x[k] >= limits->low && x[k] <= limits->high)
                    || (limits->whole && floor(x[k]) < x[k])) {
                    status = refuse(r, set, i, k / width, length, k % width, width, x[k],
                                    limits->allowed);
                    goto out;
                }
                if (reals)
                    reals[at + k] = (real) x[k];
                else
                    flags[at + k] = (uint8_t) x[k];
            }
        }
    }
out:
    free(values);
    return status;
}

/* Fills in d->start from /length. */
static int read_lengths(const struct reader *r, struct data *d)
{
    double *const values = malloc(d->items * sizeof *values);
    if (!values)
        return EG_RAISE(EG_ERR_NOMEM);
    int status = eg_data_file_read(&r->file, &r->file.length, r->first, d->items, 1, 1, values);
    d->start[0] = 0;
    for (size_t i = 0; i < d->items && !status; i++) {
        if (!(values[i] >= 1 && values[i] <= (double) r->file.steps)
            || floor(values[i]) < values[i])
            status = EG_FAIL(EG_ERR_DATA, r->file.message,
                             "%s: length of sequence %zu of %zu is %.9g; allowed are whole numbers "
                             "from 1 to %zu, the steps there are",
                             r->file.path, r->first + i + 1, r->file.sequences, values[i],
                             r->file.steps);
        else if ((size_t) values[i] > SIZE_MAX / 2 - d->start[i])
            status = EG_RAISE(EG_ERR_NOMEM);
        else
            d->start[i + 1] = d->start[i] + (size_t) values[i];
    }
    free(values);
    return status;
}

static int read_mask(const struct reader *r, const struct data *d, double *asked)
{
    static const struct limits flag = {0, 1, true, "are 0 and 1"};
    static const struct limits phase = {
        0, EG_PHASES - 1, true, "are 0 (input), 1 (delimiter), 2 (output), 3 (query) and 4 (wait)"};
    int status = EG_OK;
    memset(d->mask, 1, d->start[d->items]);
    if (r->file.mask.id >= 0)
        status = read_rows(r, &r->file.mask, d, 1, &flag, NULL, d->mask);
    for (size_t i = 0; i < d->items && !status; i++) {
        size_t n = 0;
        for (size_t row = d->start[i]; row < d->start[i + 1]; row++)
            n += d->mask[row];
        *asked += (double) n;
        if (n == 0)
            status = EG_FAIL(EG_ERR_DATA, r->file.message,
                             "%s: mask of sequence %zu of %zu is 0 at all of its %zu steps; one "
                             "or more must ask for an answer",
                             r->file.path, r->first + i + 1, r->file.sequences,
                             d->start[i + 1] - d->start[i]);
    }
    if (status)
        return status;
    if (r->file.phase.id >= 0)
        return read_rows(r, &r->file.phase, d, 1, &phase, NULL, d->phase);
    for (size_t row = 0; row < d->start[d->items]; row++)
        d->phase[row] = d->mask[row] ? EG_PHASE_OUTPUT : EG_PHASE_INPUT;
    return EG_OK;
}

/* Which sequences: task.first to task.last. */
static int choose(struct reader *r, const struct options *o, struct data *d)
{
    const size_t first = o->first ? (size_t) o->first : 1;
    const size_t last = o->last ? (size_t) o->last : r->file.sequences;
    if (first > r->file.sequences || last > r->file.sequences)
        return EG_FAIL(EG_ERR_RANGE, r->file.message, "task.%s = %ld: %s has only %zu sequences",
                       first > r->file.sequences ? "first" : "last",
                       first > r->file.sequences ? o->first : o->last, r->file.path,
                       r->file.sequences);
    if (first > last)
        return EG_FAIL(EG_ERR_RANGE, r->file.message,
                       "task.first = %ld is more than task.last = %ld", o->first, o->last);
    r->first = first - 1;
    d->items = last - r->first;
    d->inputs = (size_t) r->file.input.dims[2];
    d->outputs = (size_t) r->file.target.dims[2];
    return EG_OK;
}

static int load(struct reader *r, const struct options *o, struct eg_arena *arena, struct data *d,
                double *asked, struct eg_message *message)
{
    static const struct limits number = {-LARGEST, LARGEST, false,
                                         "are finite numbers that fit " EG_REAL_NAME};
    static const struct limits bit = {0, 1, false, "are values from 0 to 1"};
    int status;
    if ((status = eg_data_file_open(&r->file, o->path, message)) || (status = choose(r, o, d)))
        return status;

    d->start = eg_arena_zeros(arena, d->items + 1, sizeof *d->start);
    if (!d->start)
        return EG_RAISE(EG_ERR_NOMEM);
    if ((status = read_lengths(r, d)))
        return status;
    const size_t rows = d->start[d->items];
    const size_t widest = d->inputs > d->outputs ? d->inputs : d->outputs;
    if (rows > SIZE_MAX / sizeof(double) / widest)
        return EG_RAISE(EG_ERR_NOMEM);
    d->input = eg_arena_take(arena, rows * d->inputs * sizeof *d->input);
    d->target = eg_arena_take(arena, rows * d->outputs * sizeof *d->target);
    d->mask = eg_arena_take(arena, rows);
    d->phase = eg_arena_take(arena, rows);
    if (!d->input || !d->target || !d->mask || !d->phase)
        return EG_RAISE(EG_ERR_NOMEM);
    if ((status = read_mask(r, d, asked))
        || (status = read_rows(r, &r->file.input, d, d->inputs, &number, d->input, NULL)))
        return status;
    return read_rows(r, &r->file.target, d, d->outputs, &bit, d->target, NULL);
}

/* --- the task --- */

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    const struct options *const o = values;
    if (!o->path || !*o->path)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "task.path is needed: an HDF5 file that holds the sequences");
    struct data d = {0};
    struct reader r = {0};
    int status;
    double asked = 0;
    H5E_BEGIN_TRY
    {
        status = load(&r, o, arena, &d, &asked, message);
        eg_data_file_close(&r.file);
    }
    H5E_END_TRY
    if (status == EG_ERR_NOMEM)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: its sequences do not fit into memory", o->path);
    if (status)
        return status;
    *shape = (struct eg_task_shape){
        .inputs = d.inputs,
        .outputs = d.outputs,
        .loss = EG_LOSS_BITS,
        .length_min = 1,
        .length_max = d.items,
        .length_words = "sequences",
        .items = d.items,
        .optimum = NAN,
        .chance = asked * (double) d.outputs / (double) d.items,
    };
    for (size_t i = 0; i < d.items; i++) {
        const size_t length = d.start[i + 1] - d.start[i];
        shape->steps_max = length > shape->steps_max ? length : shape->steps_max;
    }
    *(struct data *) state = d;
    return EG_OK;
}

static size_t draw_length(const void *state, struct eg_stream *stream)
{
    const struct data *const d = state;
    return (size_t) eg_stream_between(stream, 1, (long) d->items);
}

/* A number that no sequence has stands for a sequence without steps. */
static size_t steps(const void *state, struct eg_extent extent)
{
    const struct data *const d = state;
    const size_t length = extent.length;
    return length < 1 || length > d->items ? 0 : d->start[length] - d->start[length - 1];
}

static void draw(const void *state, struct eg_stream *stream, struct eg_sequence *s)
{
    (void) stream;
    const struct data *const d = state;
    s->steps = steps(state, s->extent);
    if (s->steps == 0)
        return;
    const size_t row = d->start[s->extent.length - 1];
    memcpy(s->input, d->input + row * d->inputs, s->steps * d->inputs * sizeof *s->input);
    memcpy(s->target, d->target + row * d->outputs, s->steps * d->outputs * sizeof *s->target);
    memcpy(s->phase, d->phase + row, s->steps);
    for (size_t t = 0; t < s->steps; t++)
        s->mask[t] = (real) d->mask[row + t];
}

const struct eg_task_type eg_task_file = {
    .name = "file",
    .summary = "sequences of one's own, from an HDF5 file",
    .source = "docs/data-file.md",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct data),
    .init = init,
    .draw_length = draw_length,
    .steps = steps,
    .draw = draw,
};
