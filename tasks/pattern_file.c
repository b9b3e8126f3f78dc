/* tasks/pattern_file.c -- patterns of one's own, from files.
 *
 * What a file is, is told by its first bytes: HDF5 (pattern_hdf5.c), PBM or PGM pictures
 * (pattern_pictures.c), else a text of numbers (pattern_text.c).  Several files are read as if
 * they were one. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hdf5.h>

#include "core/config_private.h" /* how an option is read */
#include "tasks/pattern_rows.h"
#include "tasks/patterns.h"

struct options {
    const char *path, *dataset, *pairs;
    long count, pair_sites, height;
    const char *threshold; /* a number, or nothing */
    double activity;
    int real, cyclic;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"path",       "",        "HDF5, PBM, PGM or CSV file; or several, separated by commas",       AT(path),       EG_OPT_TEXT,  0, 0, 0, NULL, ""},
    {"dataset",    "",        "HDF5: the dataset, (pattern, site) or (pattern, row, column)",      AT(dataset),    EG_OPT_TEXT,  0, 0, 0, NULL, "/patterns"},
    {"pairs",      "",        "HDF5: the dataset of the second layer; nothing: there is none",     AT(pairs),      EG_OPT_TEXT,  0, 0, 0, NULL, ""},
    {"pair_sites", "site",    "how many sites, the last of a pattern, are the second layer",       AT(pair_sites), EG_OPT_INT,   0, 0, 0x1p31, NULL, NULL},
    {"count",      "pattern", "how many of the patterns; 0: all",                                  AT(count),      EG_OPT_INT,   0, 0, 0x1p40, NULL, NULL},
    {"height",     "site",    "rows of a pattern as a picture; 0: as the file says",               AT(height),     EG_OPT_INT,   0, 0, 0x1p31, NULL, NULL},
    {"threshold",  "1",       "sites above it are +1; nothing: numbers are 0 and 1, or -1 and 1",  AT(threshold),  EG_OPT_TEXT,  0, 0, 0, NULL, ""},
    {"real",       "",        "keep the numbers, for networks with real states",                   AT(real),       EG_OPT_BOOL,  0, 0, 0, NULL, NULL},
    {"activity",   "1",       "activity that overlaps and rules assume; 0: as measured",           AT(activity),   EG_OPT_REAL,  0.5, 0, 1 - 1e-6, NULL, NULL},
    {"cyclic",     "",        "a sequence of patterns: the last is followed by the first",         AT(cyclic),     EG_OPT_BOOL,  0, 0, 0, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* The first layer (or all), and the second where it has a dataset of its own. */
struct reader {
    const struct options *o;
    struct eg_message *message;
    struct eg_rows first, second;
};

/* --- one file --- */

static bool is_picture(const struct eg_rows_text *text)
{
    return text->size >= 3 && text->at[0] == 'P' && text->at[1] >= '1' && text->at[1] <= '7'
           && strchr(" \t\r\n#", text->at[2]);
}

static bool is_text(const struct eg_rows_text *text)
{
    for (size_t i = 0; i < text->size; i++) {
        const unsigned char c = (unsigned char) text->at[i];
        if ((c < ' ' && !(c >= '\t' && c <= '\r')) || c == 127)
            return false;
    }
    return true;
}

static int read_bytes(struct reader *r, const char *path, size_t size)
{
    int status = EG_OK;
    char *const bytes = malloc(size + 1);
    FILE *const file = fopen(path, "rb");
    if (!bytes) {
        status = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    if (!file) {
        status = EG_FAIL(EG_ERR_IO, r->message, "cannot open %s: %s", path, strerror(errno));
        goto out;
    }
    const struct eg_rows_text text = {path, bytes, fread(bytes, 1, size, file)};
    bytes[text.size] = '\0';
    if (ferror(file))
        status = EG_FAIL(EG_ERR_IO, r->message, "cannot read %s", path);
    else if (*r->o->pairs)
        status = EG_FAIL(EG_ERR_RANGE, r->message,
                         "patterns.pairs = %s needs HDF5 files, and %s is none; for others use "
                         "patterns.pair_sites",
                         r->o->pairs, path);
    else if (is_picture(&text))
        status = eg_rows_read_pictures(&r->first, &text);
    else if (is_text(&text))
        status = eg_rows_read_text(&r->first, &text);
    else
        status =
            EG_FAIL(EG_ERR_FORMAT, r->message,
                    "%s is none of HDF5, PBM, PGM and a text of numbers, or it is damaged", path);
out:
    if (file)
        fclose(file);
    free(bytes);
    return status;
}

static bool is_hdf5(const char *path)
{
    htri_t answer;
    H5E_BEGIN_TRY
    {
        answer = H5Fis_hdf5(path);
    }
    H5E_END_TRY
    return answer > 0;
}

static int read_path(struct reader *r, const char *path)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return EG_FAIL(EG_ERR_IO, r->message, "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode)) /* to open a pipe would be to wait for its writer */
        return EG_FAIL(EG_ERR_IO, r->message, "%s is %s, not a file", path,
                       S_ISDIR(info.st_mode) ? "a directory" : "a device or a pipe");
    if (info.st_size == 0)
        return EG_FAIL(EG_ERR_FORMAT, r->message, "%s is empty", path);
    if (!is_hdf5(path))
        return read_bytes(r, path, (size_t) info.st_size);
    const int status = eg_rows_read_hdf5(&r->first, path, r->o->dataset);
    if (status || !*r->o->pairs)
        return status;
    return eg_rows_read_hdf5(&r->second, path, r->o->pairs);
}

/* --- all files --- */

static int read_paths(struct reader *r)
{
    struct stat info;
    if (stat(r->o->path, &info) == 0) /* a name may have a comma */
        return read_path(r, r->o->path);
    int status = EG_OK;
    char *const names = malloc(strlen(r->o->path) + 1);
    if (!names)
        return EG_RAISE(EG_ERR_NOMEM);
    strcpy(names, r->o->path);
    for (char *name = names, *next; name && !status; name = next) {
        next = strchr(name, ',');
        if (next)
            *next++ = '\0';
        name += strspn(name, " ");
        if (*name)
            status = read_path(r, name);
        else
            status =
                EG_FAIL(EG_ERR_RANGE, r->message,
                        "patterns.path = %s: there is nothing before or after a comma", r->o->path);
    }
    free(names);
    return status;
}

/* A threshold has no number that could stand for none, so its option is a text. */
static int read_threshold(const struct options *o, struct eg_rows *rows)
{
    static const struct eg_option row = {"threshold", "1",       "",       0,    EG_OPT_REAL,
                                         0,           -INFINITY, INFINITY, NULL, NULL};
    struct eg_message problem;
    if (!*o->threshold)
        return EG_OK;
    const int status = eg_option_parse(&row, o->threshold, &rows->threshold, &problem);
    if (status)
        return EG_FAIL(status, rows->message, "patterns.threshold = %s is %s", o->threshold,
                       problem.text);
    rows->with_threshold = true;
    return EG_OK;
}

static int check_options(const struct options *o, struct eg_message *message)
{
    if (!*o->path)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "patterns.path is needed: a file that holds the patterns");
    if (!*o->dataset)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "patterns.dataset is needed: the dataset of an HDF5 file");
    if (*o->pairs && o->pair_sites > 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "patterns.pairs and patterns.pair_sites both name a second layer; give one");
    return EG_OK;
}

/* What the files and the options say together. */
static int check_sizes(const struct reader *r)
{
    const struct options *const o = r->o;
    const size_t sites = r->first.sites, count = r->first.count;
    if (*o->pairs && r->second.count != count)
        return EG_FAIL(EG_ERR_DATA, r->message,
                       "%s: dataset %s has %zu patterns and %s has %zu; they must have as many",
                       o->path, o->pairs, r->second.count, o->dataset, count);
    if ((size_t) o->pair_sites >= sites)
        return EG_FAIL(EG_ERR_RANGE, r->message,
                       "patterns.pair_sites = %ld: the patterns of %s have %zu sites, and the "
                       "first layer needs one or more",
                       o->pair_sites, o->path, sites);
    if ((size_t) o->count > count)
        return EG_FAIL(EG_ERR_RANGE, r->message, "patterns.count = %ld: %s has only %zu patterns",
                       o->count, o->path, count);
    if (o->height > 0 && (sites - (size_t) o->pair_sites) % (size_t) o->height != 0)
        return EG_FAIL(EG_ERR_RANGE, r->message,
                       "patterns.height = %ld does not divide the %zu sites of a pattern of %s",
                       o->height, sites - (size_t) o->pair_sites, o->path);
    return EG_OK;
}

/* --- the patterns --- */

static void fill_bits(struct eg_patterns *p, const struct eg_rows *rows, size_t from)
{
    for (size_t i = 0; i < rows->sites; i++)
        for (size_t mu = 0; mu < p->count; mu++)
            eg_bits_set(&p->bits, from + i, mu, eg_rows_get(rows, mu, i));
}

static void fill_values(const struct eg_patterns *p, double *values, const struct eg_rows *rows,
                        size_t from)
{
    for (size_t mu = 0; mu < p->count && rows->sites > 0; mu++)
        memcpy(values + mu * p->sites + from, rows->values + mu * rows->sites,
               rows->sites * sizeof *values);
}

static int measure(struct eg_patterns *p, struct eg_message *message)
{
    double ones = 0;
    for (size_t i = 0; i < p->sites; i++)
        ones += (double) eg_bits_count(&p->bits, i);
    const double all = (double) p->sites * (double) p->count;
    if (ones < 1 || ones >= all)
        return EG_FAIL(EG_ERR_DATA, message,
                       "patterns.activity = 0, as measured: %s site of the patterns is +1, and an "
                       "activity is more than 0 and less than 1",
                       ones < 1 ? "no" : "every");
    p->activity = ones / all;
    return EG_OK;
}

static int fill(const struct reader *r, struct eg_patterns *p, struct eg_arena *arena)
{
    const struct options *const o = r->o;
    const struct eg_rows *const a = &r->first, *const b = &r->second;
    *p = (struct eg_patterns){
        .sites = a->sites + b->sites,
        .first = a->sites - (size_t) o->pair_sites,
        .count = o->count ? (size_t) o->count : a->count,
        .activity = o->activity,
        .cyclic = o->cyclic,
    };
    if (o->height > 0) {
        p->height = (size_t) o->height;
        p->width = p->first / p->height;
    } else if (a->height * a->width == p->first) {
        p->height = a->height;
        p->width = a->width;
    }
    if (eg_bits_init(&p->bits, arena, p->sites, p->count))
        return EG_RAISE(EG_ERR_NOMEM);
    fill_bits(p, a, 0);
    fill_bits(p, b, a->sites);
    if (o->real) {
        if (p->sites > SIZE_MAX / sizeof(double) / p->count)
            return EG_RAISE(EG_ERR_NOMEM);
        double *const values = eg_arena_take(arena, p->sites * p->count * sizeof *values);
        if (!values)
            return EG_RAISE(EG_ERR_NOMEM);
        fill_values(p, values, a, 0);
        fill_values(p, values, b, a->sites);
        p->values = values;
    }
    return o->activity > 0 ? EG_OK : measure(p, r->message);
}

static int make(const void *options, struct eg_patterns *patterns, uint64_t seed, uint64_t network,
                struct eg_arena *arena, struct eg_message *message)
{
    (void) seed;
    (void) network;
    const struct options *const o = options;
    struct eg_rows rows = {.real = o->real, .message = message};
    int status = check_options(o, message);
    if (status || (status = read_threshold(o, &rows)))
        return status;
    struct reader r = {o, message, rows, rows};
    if (!(status = read_paths(&r)) && !(status = check_sizes(&r)))
        status = fill(&r, patterns, arena);
    eg_rows_free(&r.first);
    eg_rows_free(&r.second);
    if (status == EG_ERR_NOMEM)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: its patterns do not fit into memory", o->path);
    return status;
}

const struct eg_pattern_type eg_patterns_file = {
    .name = "file",
    .summary = "patterns of one's own, from HDF5, PBM, PGM or CSV files",
    .source = "https://netpbm.sourceforge.net/doc/ (PBM, PGM)",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .make = make,
};
