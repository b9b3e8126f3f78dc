#include "record/diff.h"

#include "record/checkpoint.h"
#include "record/run_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct differ {
    struct eg_run *a, *b;
    void (*report)(void *context, const char *sentence);
    void *context;
    size_t differences;
    struct eg_message *message;
};

static void difference(struct differ *d, const char *format, ...) EG_PRINTF(2, 3);

static void difference(struct differ *d, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    d->differences++;
    if (d->report)
        d->report(d->context, text);
}

/* A dataset in memory, of either file. */
struct values {
    bool there;
    struct eg_run_shape shape;
    void *data; /* numbers, or a text */
};

static void free_values(struct values *v)
{
    free(v->data);
    v->data = NULL;
}

static int read_values(struct eg_run *run, const char *path, struct values *v,
                       struct eg_message *message)
{
    memset(v, 0, sizeof *v);
    int status = eg_run_shape(run, path, &v->shape, message);
    if (status == EG_ERR_MISSING)
        return EG_OK;
    if (status)
        return status;
    v->there = true;
    if (v->shape.type == EG_RUN_TEXT) {
        char *text;
        status = eg_run_get_text(run, path, &text, message);
        v->data = text;
        return status;
    }
    v->data = malloc((v->shape.count ? v->shape.count : 1) * eg_h5_type_size(v->shape.type));
    if (!v->data)
        return EG_RAISE(EG_ERR_NOMEM);
    return eg_run_get(run, path, v->shape.type, v->data, v->shape.count, message);
}

/* Bit for bit, but a NaN is any NaN. */
static bool same_number(enum eg_run_type type, const void *a, const void *b, size_t i)
{
    const size_t size = eg_h5_type_size(type);
    const char *const p = (const char *) a + i * size, *const q = (const char *) b + i * size;
    if (memcmp(p, q, size) == 0)
        return true;
    if (type == EG_RUN_FLOAT32) {
        float x, y;
        memcpy(&x, p, sizeof x);
        memcpy(&y, q, sizeof y);
        return isnan(x) && isnan(y);
    }
    if (type == EG_RUN_FLOAT64) {
        double x, y;
        memcpy(&x, p, sizeof x);
        memcpy(&y, q, sizeof y);
        return isnan(x) && isnan(y);
    }
    return false;
}

static void print_number(char *text, size_t size, enum eg_run_type type, const void *data, size_t i)
{
    const char *const p = (const char *) data + i * eg_h5_type_size(type);
    if (type == EG_RUN_FLOAT32) {
        float x;
        memcpy(&x, p, sizeof x);
        snprintf(text, size, "%.9g", (double) x);
    } else if (type == EG_RUN_FLOAT64) {
        double x;
        memcpy(&x, p, sizeof x);
        snprintf(text, size, "%.17g", x);
    } else if (type == EG_RUN_INT64) {
        int64_t x;
        memcpy(&x, p, sizeof x);
        snprintf(text, size, "%" PRId64, x);
    } else {
        snprintf(text, size, "%u", (unsigned) *(const unsigned char *) p);
    }
}

static size_t first_difference(const struct values *a, const struct values *b, size_t n)
{
    size_t i = 0;
    while (i < n && same_number(a->shape.type, a->data, b->data, i))
        i++;
    return i;
}

static bool same_shape(const struct values *a, const struct values *b)
{
    return a->shape.type == b->shape.type && a->shape.rank == b->shape.rank
           && memcmp(a->shape.dims, b->shape.dims, sizeof a->shape.dims) == 0;
}

static void print_shape(char *text, size_t size, const struct eg_run_shape *shape)
{
    int n = snprintf(text, size, "%s", eg_h5_type_name(shape->type));
    for (int i = 0; i < shape->rank && n > 0 && (size_t) n < size; i++)
        n += snprintf(text + n, size - (size_t) n, "%s%zu%s", i ? " x " : " (", shape->dims[i],
                      i + 1 == shape->rank ? ")" : "");
}

/* "[1, 2, 3]" of a flat index; nothing for a scalar. */
static void print_index(char *text, size_t size, const struct eg_run_shape *shape, size_t flat)
{
    size_t at[EG_RUN_RANK_MAX];
    int n = 0;
    text[0] = '\0';
    for (int i = shape->rank; i-- > 0;) {
        at[i] = flat % shape->dims[i];
        flat /= shape->dims[i];
    }
    for (int i = 0; i < shape->rank && n >= 0 && (size_t) n < size; i++)
        n += snprintf(text + n, size - (size_t) n, "%s%zu%s", i ? ", " : "[", at[i],
                      i + 1 == shape->rank ? "]" : "");
}

static void compare_texts(struct differ *d, const char *path, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    size_t line = 1;
    const char *start_a = a, *start_b = b;
    for (; *a && *a == *b; a++, b++)
        if (*a == '\n') {
            line++;
            start_a = a + 1;
            start_b = b + 1;
        }
    const int n_a = (int) strcspn(start_a, "\n"), n_b = (int) strcspn(start_b, "\n");
    difference(d, "%s line %zu: \"%.*s\" and \"%.*s\"", path, line, n_a < 200 ? n_a : 200, start_a,
               n_b < 200 ? n_b : 200, start_b);
}

static void compare_values(struct differ *d, const char *path, const struct values *a,
                           const struct values *b)
{
    char x[80], y[80], index[100];
    if (!a->there || !b->there) {
        difference(d, "%s is only in %s", path, a->there ? d->a->path : d->b->path);
    } else if (!same_shape(a, b)) {
        print_shape(x, sizeof x, &a->shape);
        print_shape(y, sizeof y, &b->shape);
        difference(d, "%s: %s and %s", path, x, y);
    } else if (a->shape.type == EG_RUN_TEXT) {
        compare_texts(d, path, a->data, b->data);
    } else {
        const size_t i = first_difference(a, b, a->shape.count);
        if (i == a->shape.count)
            return;
        print_number(x, sizeof x, a->shape.type, a->data, i);
        print_number(y, sizeof y, b->shape.type, b->data, i);
        print_index(index, sizeof index, &a->shape, i);
        difference(d, "%s%s: %s and %s", path, index, x, y);
    }
}

static int compare_datasets(struct differ *d, const char *path)
{
    struct values a, b;
    memset(&b, 0, sizeof b);
    int status = read_values(d->a, path, &a, d->message);
    if (status == EG_OK)
        status = read_values(d->b, path, &b, d->message);
    if (status == EG_OK)
        compare_values(d, path, &a, &b);
    free_values(&a);
    free_values(&b);
    return status;
}

/* ---- walking both trees at once ---- */

struct names {
    char (*name)[256];
    bool *is_group;
    size_t n, room;
};

static int note_name(void *context, const struct eg_run_entry *entry)
{
    struct names *const names = context;
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->name[i], entry->name) == 0)
            return 0;
    if (names->n == names->room) {
        const size_t room = names->room ? 2 * names->room : 64;
        char(*const name)[256] = realloc(names->name, room * sizeof *name);
        if (name)
            names->name = name;
        bool *const is_group = realloc(names->is_group, room * sizeof *is_group);
        if (is_group)
            names->is_group = is_group;
        if (!name || !is_group)
            return EG_RAISE(EG_ERR_NOMEM);
        names->room = room;
    }
    snprintf(names->name[names->n], sizeof names->name[0], "%s", entry->name);
    names->is_group[names->n++] = entry->is_group;
    return 0;
}

/* The names of a group in either file: those of the first, then those only in the second. */
static int both_names(struct differ *d, const char *path, struct names *names)
{
    memset(names, 0, sizeof *names);
    int status = EG_OK;
    if (eg_run_exists(d->a, path))
        status = eg_run_list(d->a, path, note_name, names, d->message);
    if (status == EG_OK && eg_run_exists(d->b, path))
        status = eg_run_list(d->b, path, note_name, names, d->message);
    return status;
}

static void free_names(struct names *names)
{
    free(names->name);
    free(names->is_group);
}

static bool is_a_time(const char *name)
{
    const size_t n = strlen(name);
    return strcmp(name, "seconds") == 0 || (n > 8 && strcmp(name + n - 8, "_seconds") == 0);
}

static int compare_groups(struct differ *d, const char *path)
{
    struct names names;
    int status = both_names(d, path, &names);
    for (size_t i = 0; i < names.n && status == EG_OK; i++) {
        char child[EG_RUN_PATH_MAX];
        const int n = snprintf(child, sizeof child, "%s/%s", path, names.name[i]);
        if (n < 0 || (size_t) n >= sizeof child) {
            status = EG_FAIL(EG_ERR_FORMAT, d->message, "%s is nested too deeply", path);
            break;
        }
        if (!names.is_group[i] && is_a_time(names.name[i]))
            continue;
        const bool in_a = eg_run_exists(d->a, child), in_b = eg_run_exists(d->b, child);
        if (!in_a || !in_b)
            difference(d, "%s is only in %s", child, in_a ? d->a->path : d->b->path);
        else
            status = names.is_group[i] ? compare_groups(d, child) : compare_datasets(d, child);
    }
    free_names(&names);
    return status;
}

/* ---- /train ---- */

/* The step that stands in a row, or the row where there is no step. */
static void print_row(struct differ *d, size_t row, char *text, size_t size)
{
    double *steps = NULL;
    size_t rows = 0;
    snprintf(text, size, "row %zu", row);
    if (eg_run_exists(d->a, "/train/step")
        && eg_run_get_column(d->a, "/train/step", &steps, &rows, NULL) == EG_OK && row < rows)
        snprintf(text, size, "step %.0f", steps[row]);
    free(steps);
}

static int compare_train(struct differ *d)
{
    struct names names;
    struct values first_a = {0}, first_b = {0};
    size_t first_row = SIZE_MAX, rows_a = 0, rows_b = 0, n_columns = 0;
    char column[EG_RUN_PATH_MAX] = "";
    int status = both_names(d, "/train", &names);
    for (size_t i = 0; i < names.n && status == EG_OK; i++) {
        char path[EG_RUN_PATH_MAX];
        struct values a, b = {0};
        snprintf(path, sizeof path, "/train/%s", names.name[i]);
        if (is_a_time(names.name[i]))
            continue;
        status = read_values(d->a, path, &a, d->message);
        if (status == EG_OK)
            status = read_values(d->b, path, &b, d->message);
        if (status == EG_OK && a.there && b.there && a.shape.rank == 1 && b.shape.rank == 1
            && a.shape.type == b.shape.type) {
            const size_t n = a.shape.count < b.shape.count ? a.shape.count : b.shape.count;
            const size_t row = first_difference(&a, &b, n);
            rows_a = a.shape.count;
            rows_b = b.shape.count;
            n_columns++;
            if (row < n && row < first_row) {
                struct values swap = first_a;
                first_a = a;
                a = swap;
                swap = first_b;
                first_b = b;
                b = swap;
                first_row = row;
                snprintf(column, sizeof column, "%s", path);
            }
        } else if (status == EG_OK) {
            compare_values(d, path, &a, &b);
        }
        free_values(&a);
        free_values(&b);
    }
    if (status == EG_OK && first_row != SIZE_MAX) {
        char x[80], y[80], row[40];
        print_row(d, first_row, row, sizeof row);
        print_number(x, sizeof x, first_a.shape.type, first_a.data, first_row);
        print_number(y, sizeof y, first_b.shape.type, first_b.data, first_row);
        difference(d, "%s at %s (row %zu): %s and %s", column, row, first_row, x, y);
    }
    if (status == EG_OK && n_columns && rows_a != rows_b)
        difference(d, "/train has %zu and %zu rows", rows_a, rows_b);
    free_values(&first_a);
    free_values(&first_b);
    free_names(&names);
    return status;
}

/* ---- checkpoints ---- */

static int read_item(const struct eg_checkpoint *c, const char *name, struct values *v,
                     struct eg_message *message)
{
    memset(v, 0, sizeof *v);
    if (eg_checkpoint_shape(c, name, &v->shape.type, &v->shape.count, NULL))
        return EG_OK;
    v->there = true;
    v->shape.rank = v->shape.count == 1 ? 0 : 1;
    v->shape.dims[0] = v->shape.rank ? v->shape.count : 0;
    v->data = malloc(v->shape.count ? v->shape.count * eg_h5_type_size(v->shape.type) : 1);
    if (!v->data)
        return EG_RAISE(EG_ERR_NOMEM);
    return eg_checkpoint_vector(c, name, v->shape.type, v->data, v->shape.count, message);
}

static int compare_items(struct differ *d, const struct eg_checkpoint *a,
                         const struct eg_checkpoint *b)
{
    const char *name;
    for (size_t i = 0; (name = eg_checkpoint_name(a, i)) != NULL; i++) {
        struct values x, y = {0};
        char path[300];
        if (strcmp(name, "serial") == 0 || is_a_time(name))
            continue;
        int status = read_item(a, name, &x, d->message);
        if (status == EG_OK)
            status = read_item(b, name, &y, d->message);
        snprintf(path, sizeof path, "the newest checkpoint: %s", name);
        if (status == EG_OK)
            compare_values(d, path, &x, &y);
        free_values(&x);
        free_values(&y);
        if (status)
            return status;
    }
    for (size_t i = 0; (name = eg_checkpoint_name(b, i)) != NULL; i++) {
        enum eg_run_type type;
        size_t n;
        if (!is_a_time(name) && eg_checkpoint_shape(a, name, &type, &n, NULL))
            difference(d, "the newest checkpoint: %s is only in %s", name, d->b->path);
    }
    return EG_OK;
}

static int compare_checkpoints(struct differ *d)
{
    struct eg_checkpoint *a = NULL, *b = NULL;
    struct eg_message why_a = {""}, why_b = {""};
    const int in_a = eg_checkpoint_get(&a, d->a, &why_a);
    const int in_b = eg_checkpoint_get(&b, d->b, &why_b);
    int status = EG_OK;
    if (in_a == EG_ERR_NOMEM || in_b == EG_ERR_NOMEM)
        status = EG_ERR_NOMEM;
    else if (a && b)
        status = compare_items(d, a, b);
    else if (in_a != in_b)
        difference(d, "%s", in_a ? why_a.text : why_b.text);
    eg_checkpoint_free(&a);
    eg_checkpoint_free(&b);
    return status;
}

static void compare_root(struct differ *d)
{
    static const char *const texts[] = {"status", "status_reason"};
    char a[1024], b[1024];
    int64_t x = 0, y = 0;
    const int in_a = eg_run_get_attr_int(d->a, "/", "seed", &x, NULL);
    const int in_b = eg_run_get_attr_int(d->b, "/", "seed", &y, NULL);
    if (in_a != in_b)
        difference(d, "the seed is only in %s", in_a ? d->b->path : d->a->path);
    else if (x != y)
        difference(d, "seed: %" PRId64 " and %" PRId64, x, y);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (eg_run_get_attr_text(d->a, "/", texts[i], a, sizeof a, NULL))
            a[0] = '\0';
        if (eg_run_get_attr_text(d->b, "/", texts[i], b, sizeof b, NULL))
            b[0] = '\0';
        if (strcmp(a, b) != 0)
            difference(d, "%s: \"%.300s\" and \"%.300s\"", texts[i], a, b);
    }
}

/* The text of the configuration says nothing new when its values differ already. */
static int compare_the_rest(struct differ *d, bool with_config)
{
    static const char *const elsewhere[] = {"config_values", "provenance", "train", "checkpoint"};
    struct names names;
    int status = both_names(d, "/", &names);
    for (size_t i = 0; i < names.n && status == EG_OK; i++) {
        bool skip = !with_config && strcmp(names.name[i], "config") == 0;
        for (size_t k = 0; k < sizeof elsewhere / sizeof elsewhere[0]; k++)
            skip = skip || strcmp(names.name[i], elsewhere[k]) == 0;
        if (skip)
            continue;
        char path[300];
        snprintf(path, sizeof path, "/%s", names.name[i]);
        const bool in_a = eg_run_exists(d->a, path), in_b = eg_run_exists(d->b, path);
        if (!in_a || !in_b)
            difference(d, "%s is only in %s", path, in_a ? d->a->path : d->b->path);
        else
            status = names.is_group[i] ? compare_groups(d, path) : compare_datasets(d, path);
    }
    free_names(&names);
    return status;
}

int eg_run_diff(const char *a, const char *b, void (*report)(void *context, const char *sentence),
                void *context, size_t *differences, struct eg_message *message)
{
    struct differ d = {NULL, NULL, report, context, 0, message};
    *differences = 0;
    int status = eg_run_open(&d.a, a, EG_RUN_READ, message);
    if (status == EG_OK)
        status = eg_run_open(&d.b, b, EG_RUN_READ, message);
    if (status == EG_OK)
        status = compare_groups(&d, "/config_values");
    const bool same_config = d.differences == 0;
    if (status == EG_OK)
        status = compare_train(&d);
    if (status == EG_OK)
        status = compare_the_rest(&d, same_config);
    if (status == EG_OK)
        status = compare_checkpoints(&d);
    if (status == EG_OK)
        compare_root(&d);
    eg_run_close(&d.a);
    eg_run_close(&d.b);
    *differences = d.differences;
    return status;
}
