#include "record/check.h"

#include "record/checkpoint.h"
#include "record/run_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct checker {
    struct eg_run *run;
    void (*report)(void *context, const char *sentence);
    void *context;
    size_t problems;
};

static void problem(struct checker *c, const char *format, ...) EG_PRINTF(2, 3);

static void problem(struct checker *c, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    c->problems++;
    if (c->report)
        c->report(c->context, text);
}

static bool has_text(hid_t object, const char *name)
{
    char text[4096];
    return eg_h5_get_attr_text(object, name, text, sizeof text) == 1;
}

/* As many words in flag_meanings as values in flag_values. */
static void check_flags(struct checker *c, const char *path, hid_t dataset)
{
    char words[4096];
    const bool has_values = H5Aexists(dataset, "flag_values") > 0;
    const bool has_words = eg_h5_get_attr_text(dataset, "flag_meanings", words, sizeof words) == 1;
    if (!has_values && !has_words)
        return;
    hssize_t n = 0, n_words = 0;
    if (has_values) {
        hid_t attr = H5Aopen(dataset, "flag_values", H5P_DEFAULT);
        hid_t space = attr < 0 ? attr : H5Aget_space(attr);
        n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
        eg_h5_close(&space);
        eg_h5_close(&attr);
    }
    for (const char *p = has_words ? words : ""; *p; p += strspn(p, " ")) {
        n_words++;
        p += strcspn(p, " ");
    }
    if (n != n_words)
        problem(c, "%s has %lld flag_values but %lld flag_meanings", path, (long long) n,
                (long long) n_words);
}

static void check_axes(struct checker *c, const char *path, hid_t dataset, int rank,
                       const hsize_t *dims)
{
    if (eg_scale_is(dataset)) {
        if (rank != 1)
            problem(c, "%s is a dimension scale with %d axes", path, rank);
        return;
    }
    for (int i = 0; i < rank; i++) {
        hid_t scale = eg_scale_open(dataset, rank, i);
        hid_t space = scale < 0 ? scale : H5Dget_space(scale);
        if (space < 0 || !eg_scale_is(scale))
            problem(c, "%s has no dimension scale on axis %d", path, i);
        else if (H5Sget_simple_extent_npoints(space) != (hssize_t) dims[i])
            problem(c, "%s: axis %d has %llu places, its scale has %lld", path, i,
                    (unsigned long long) dims[i], (long long) H5Sget_simple_extent_npoints(space));
        eg_h5_close(&space);
        eg_h5_close(&scale);
    }
}

/* That the numbers can be read at all: compressed chunks have no other check. */
static void check_readable(struct checker *c, const char *path, hid_t dataset, hid_t space)
{
    hid_t type = H5Dget_type(dataset);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const size_t size = type < 0 ? 0 : H5Tget_size(type);
    if (eg_scale_is_bare(dataset)) {
        eg_h5_close(&type);
        return;
    }
    void *const data =
        n >= 0 && size && (size_t) n <= SIZE_MAX / size / 2 ? malloc((size_t) n * size + 1) : NULL;
    if (!data || H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        problem(c, "%s cannot be read", path);
    free(data);
    eg_h5_close(&type);
}

static void check_dataset(struct checker *c, const char *path)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    hid_t dataset = H5Dopen2(c->run->file, path, H5P_DEFAULT);
    hid_t type = dataset < 0 ? dataset : H5Dget_type(dataset);
    hid_t space = dataset < 0 ? dataset : H5Dget_space(dataset);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, dims, NULL);
    if (type < 0 || rank < 0) {
        problem(c, "%s cannot be opened", path);
        goto out;
    }
    if (!has_text(dataset, "units"))
        problem(c, "%s has no units", path);
    if (!has_text(dataset, "long_name"))
        problem(c, "%s has no long_name", path);
    if (eg_h5_nearest_type(type) < 0 || rank > EG_RUN_RANK_MAX)
        problem(c, "%s has a type or a rank that a run file does not use", path);
    else if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0)
        problem(c, "%s is a text of variable length", path);
    else {
        check_axes(c, path, dataset, rank, dims);
        check_readable(c, path, dataset, space);
    }
    check_flags(c, path, dataset);
out:
    eg_h5_close(&space);
    eg_h5_close(&type);
    eg_h5_close(&dataset);
}

struct walk {
    struct checker *checker;
    const char *path;
};

static int walk_entry(void *context, const struct eg_run_entry *entry)
{
    const struct walk *const walk = context;
    struct checker *const c = walk->checker;
    char path[EG_RUN_PATH_MAX];
    const int n = snprintf(path, sizeof path, "%s/%s", walk->path, entry->name);
    if (n < 0 || (size_t) n >= sizeof path) {
        problem(c, "%s is nested too deeply", walk->path);
        return 0;
    }
    if (!entry->is_group) {
        check_dataset(c, path);
        return 0;
    }
    struct walk below = {c, path};
    struct eg_message why = {""};
    if (eg_run_list(c->run, path, walk_entry, &below, &why) < 0)
        problem(c, "%s", why.text);
    return 0;
}

struct lengths {
    struct checker *checker;
    const char *path;
    char first[256];
    size_t rows;
    size_t columns;
};

static int note_length(void *context, const struct eg_run_entry *entry)
{
    struct lengths *const l = context;
    struct eg_run_shape shape;
    char path[EG_RUN_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", l->path, entry->name);
    if (entry->is_group || eg_run_shape(l->checker->run, path, &shape, NULL) || shape.rank != 1)
        return 0;
    if (l->columns++ == 0) {
        snprintf(l->first, sizeof l->first, "%s", entry->name);
        l->rows = shape.count;
    } else if (shape.count != l->rows) {
        problem(l->checker, "%s has %zu rows, but %s/%s has %zu", path, shape.count, l->path,
                l->first, l->rows);
    }
    return 0;
}

static void check_table(struct checker *c, const char *path, bool must_increase)
{
    struct lengths lengths = {c, path, "", 0, 0};
    struct eg_message why = {""};
    char axis[256], place[EG_RUN_PATH_MAX];
    if (!eg_run_exists(c->run, path))
        return;
    if (eg_run_list(c->run, path, note_length, &lengths, &why) < 0
        || eg_run_get_attr_text(c->run, path, "axes", axis, sizeof axis, &why)) {
        problem(c, "%s", why.text);
        return;
    }
    double *values = NULL;
    size_t rows = 0;
    snprintf(place, sizeof place, "%s/%s", path, axis);
    if (eg_run_get_column(c->run, place, &values, &rows, &why)) {
        problem(c, "%s", why.text);
        return;
    }
    for (size_t i = 1; must_increase && i < rows; i++)
        if (!(values[i] > values[i - 1])) {
            problem(c, "%s does not increase at row %zu: %.17g follows %.17g", place, i, values[i],
                    values[i - 1]);
            break;
        }
    free(values);
}

static void require(struct checker *c, const char *path, const char *because)
{
    if (!eg_run_exists(c->run, path))
        problem(c, "%s is missing%s", path, because);
}

static void check_root(struct checker *c, bool has_checkpoint)
{
    static const char *const states[] = {"running", "done", "interrupted", "diverged", "error"};
    struct eg_message why = {""};
    char text[256], group[258];
    int64_t seed;
    if (eg_run_get_attr_text(c->run, "/", "created", text, sizeof text, &why))
        problem(c, "%s", why.text);
    if (eg_run_get_attr_int(c->run, "/", "seed", &seed, &why))
        problem(c, "%s", why.text);
    if (eg_run_get_attr_text(c->run, "/", "default", text, sizeof text, NULL) == EG_OK) {
        snprintf(group, sizeof group, "/%s", text);
        require(c, group, ", though the root names it as default");
    }
    require(c, "/config", "");
    require(c, "/config_values", "");
    require(c, "/provenance", "");

    if (eg_run_get_attr_text(c->run, "/", "status", text, sizeof text, &why)) {
        problem(c, "%s", why.text);
        return;
    }
    bool known = false;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        known = known || strcmp(text, states[i]) == 0;
    if (!known)
        problem(c, "the status of the run is \"%s\"", text);
    const bool trains = eg_run_exists(c->run, "/train");
    if (trains && strcmp(text, "done") == 0)
        require(c, "/parameters", ", though the run is done");
    if (trains && strcmp(text, "diverged") == 0)
        require(c, "/divergence", ", though the run diverged");
    if (trains && strcmp(text, "interrupted") == 0 && !has_checkpoint)
        problem(c, "there is no valid checkpoint, though the run is interrupted");
}

static bool check_slots(struct checker *c)
{
    bool valid = false;
    for (char slot = 'a'; slot <= 'b'; slot++) {
        struct eg_message why = {""};
        const int status = eg_checkpoint_verify(c->run, slot, &why);
        valid = valid || status == EG_OK;
        if (status && status != EG_ERR_MISSING)
            problem(c, "/checkpoint/%c is not whole: %s", slot, why.text);
    }
    return valid;
}

int eg_run_check(const char *path, void (*report)(void *context, const char *sentence),
                 void *context, size_t *problems, struct eg_message *message)
{
    struct checker c = {NULL, report, context, 0};
    struct eg_message why = {""};
    *problems = 0;
    int status = eg_run_open(&c.run, path, EG_RUN_READ, &why);
    if (status == EG_ERR_NOMEM)
        return EG_FAIL(status, message, "there is no memory to check %s", path);
    if (status) {
        problem(&c, "%s", why.text);
        *problems = c.problems;
        return EG_OK;
    }
    const struct eg_h5_hush hush = eg_h5_hush();
    check_root(&c, check_slots(&c));
    check_table(&c, "/train", true);
    check_table(&c, "/evaluate", false);
    check_table(&c, "/train_sizes", false);
    check_table(&c, "/heads", false);
    check_table(&c, "/rollbacks", false);
    check_table(&c, "/bench", false);
    struct walk walk = {&c, ""};
    status = eg_run_list(c.run, "/", walk_entry, &walk, &why);
    if (status)
        problem(&c, "%s", why.text);
    eg_run_close(&c.run);
    eg_h5_unhush(&hush);
    *problems = c.problems;
    return EG_OK;
}
