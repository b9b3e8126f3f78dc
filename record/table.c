/* Tables: columns that grow by a row at a time, and go into the file in pieces. */
#include "record/run_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a chunk in the file, and rows that wait in memory at most. */
enum { CHUNK_ROWS = 1024 };

struct column {
    char *name;
    enum eg_run_type type;
    union {
        double real[CHUNK_ROWS];
        int64_t whole[CHUNK_ROWS];
    } waiting;
};

struct eg_run_table {
    struct eg_run *run;
    struct eg_run_table *next;
    char *path;
    struct column *columns;
    size_t n_columns;
    size_t in_file, waiting; /* rows */
};

static char *copy_text(const char *text)
{
    char *const copy = malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}

static void free_table(struct eg_run_table *table)
{
    for (size_t i = 0; table->columns && i < table->n_columns; i++)
        free(table->columns[i].name);
    free(table->columns);
    free(table->path);
    free(table);
}

void eg_run_free_tables(struct eg_run *run)
{
    while (run->tables) {
        struct eg_run_table *const table = run->tables;
        run->tables = table->next;
        free_table(table);
    }
}

static void column_path(char *text, size_t size, const char *table, const char *column)
{
    snprintf(text, size, "%s/%s", table, column);
}

static hid_t create_column(hid_t file, const char *path, const struct eg_run_column *c)
{
    const hsize_t none[1] = {0}, all[1] = {H5S_UNLIMITED}, chunk[1] = {CHUNK_ROWS};
    hid_t dataset = H5I_INVALID_HID;
    hid_t space = H5Screate_simple(1, none, all);
    hid_t plist = eg_h5_dataset_plist(), links = eg_h5_link_plist();
    if (space >= 0 && links >= 0 && plist >= 0 && H5Pset_chunk(plist, 1, chunk) >= 0)
        dataset =
            H5Dcreate2(file, path, eg_h5_file_type(c->type), space, links, plist, H5P_DEFAULT);
    if (dataset >= 0
        && (eg_h5_put_attr_text(dataset, "units", c->units ? c->units : "1") < 0
            || eg_h5_put_attr_text(dataset, "long_name", c->long_name ? c->long_name : c->name)
                   < 0))
        eg_h5_close(&dataset);
    eg_h5_close(&links);
    eg_h5_close(&plist);
    eg_h5_close(&space);
    return dataset;
}

static int begin_table(struct eg_run *run, const char *path, const struct eg_run_column *columns,
                       size_t n, const char *axis, const char *signal, struct eg_message *message)
{
    int status = EG_OK;
    char place[EG_RUN_PATH_MAX + 256];
    hid_t scale = H5I_INVALID_HID, dataset = H5I_INVALID_HID, group = H5I_INVALID_HID;
    for (size_t i = 0; i < n; i++)
        if (strcmp(columns[i].name, axis) == 0) {
            column_path(place, sizeof place, path, axis);
            scale = create_column(run->file, place, &columns[i]);
        }
    if (scale < 0 || eg_scale_mark(scale, axis) < 0) {
        status = eg_h5_fail(run, message, "begin the table", path);
        goto out;
    }
    for (size_t i = 0; i < n && status == EG_OK; i++) {
        if (strcmp(columns[i].name, axis) == 0)
            continue;
        column_path(place, sizeof place, path, columns[i].name);
        dataset = create_column(run->file, place, &columns[i]);
        if (dataset < 0 || eg_scale_attach(dataset, 1, &scale) < 0)
            status = eg_h5_fail(run, message, "make the column", place);
        eg_h5_close(&dataset);
    }
    if (status)
        goto out;
    group = H5Gopen2(run->file, path, H5P_DEFAULT);
    if (group < 0 || eg_h5_put_attr_text(group, "axes", axis) < 0
        || (signal
            && (eg_h5_put_attr_text(group, "NX_class", "NXdata") < 0
                || eg_h5_put_attr_text(group, "signal", signal) < 0)))
        status = eg_h5_fail(run, message, "begin the table", path);
out:
    eg_h5_close(&group);
    eg_h5_close(&scale);
    return status;
}

/* A table of a file that goes on: the same columns, all of one length. */
static int resume_table(struct eg_run *run, const char *path, const struct eg_run_column *columns,
                        size_t n, size_t *rows, struct eg_message *message)
{
    char place[EG_RUN_PATH_MAX + 256];
    for (size_t i = 0; i < n; i++) {
        struct eg_run_shape shape;
        column_path(place, sizeof place, path, columns[i].name);
        const int status = eg_run_shape(run, place, &shape, message);
        if (status == EG_ERR_MISSING)
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: the table %s has no column %s", run->path,
                           path, columns[i].name);
        if (status)
            return status;
        if (shape.rank != 1 || shape.type != columns[i].type)
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: the column %s is not of type %s", run->path,
                           place, eg_h5_type_name(columns[i].type));
        if (i > 0 && shape.count != *rows)
            return EG_FAIL(EG_ERR_FORMAT, message, "%s: %s has %zu rows, %s has %zu", run->path,
                           place, shape.count, columns[0].name, *rows);
        *rows = shape.count;
    }
    return EG_OK;
}

static int check_columns(const struct eg_run *run, const char *path,
                         const struct eg_run_column *columns, size_t n, const char *axis,
                         const char *signal, struct eg_message *message)
{
    bool has_axis = false, has_signal = signal == NULL;
    for (size_t i = 0; i < n; i++) {
        const struct eg_run_column *const c = &columns[i];
        if ((c->type != EG_RUN_INT64 && c->type != EG_RUN_FLOAT64) || !c->name[0]
            || strchr(c->name, '/') || strlen(c->name) > 255)
            return EG_FAIL(EG_ERR_RANGE, message, "%s: column %zu of %s has no plain name or type",
                           run->path, i, path);
        for (size_t j = 0; j < i; j++)
            if (strcmp(c->name, columns[j].name) == 0)
                return EG_FAIL(EG_ERR_RANGE, message, "%s: %s has the column %s twice", run->path,
                               path, c->name);
        has_axis = has_axis || strcmp(c->name, axis) == 0;
        has_signal = has_signal || strcmp(c->name, signal) == 0;
    }
    if (!has_axis || !has_signal)
        return EG_FAIL(EG_ERR_RANGE, message, "%s: %s has no column %s", run->path, path,
                       has_axis ? signal : axis);
    return EG_OK;
}

int eg_run_table(struct eg_run *run, struct eg_run_table **table, const char *path,
                 const struct eg_run_column *columns, size_t n_columns, const char *axis,
                 const char *signal, struct eg_message *message)
{
    *table = NULL;
    int status = eg_run_may_put(run, path, message);
    if (status == EG_OK)
        status = check_columns(run, path, columns, n_columns, axis, signal, message);
    if (status)
        return status;
    for (const struct eg_run_table *t = run->tables; t; t = t->next)
        if (strcmp(t->path, path) == 0)
            return EG_FAIL(EG_ERR_RANGE, message, "%s: the table %s is declared twice", run->path,
                           path);

    struct eg_run_table *const t = calloc(1, sizeof *t);
    if (!t)
        return EG_RAISE(EG_ERR_NOMEM);
    const struct eg_h5_hush hush = eg_h5_hush();
    t->run = run;
    t->n_columns = n_columns;
    t->path = copy_text(path);
    t->columns = calloc(n_columns, sizeof *t->columns);
    bool whole = t->path && t->columns;
    for (size_t i = 0; whole && i < n_columns; i++) {
        t->columns[i].type = columns[i].type;
        t->columns[i].name = copy_text(columns[i].name);
        whole = t->columns[i].name != NULL;
    }
    if (!whole) {
        status = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    char place[EG_RUN_PATH_MAX + 256];
    column_path(place, sizeof place, path, axis);
    if (eg_h5_exists(run->file, path) && eg_h5_exists(run->file, place))
        status = resume_table(run, path, columns, n_columns, &t->in_file, message);
    else
        status = begin_table(run, path, columns, n_columns, axis, signal, message);
out:
    if (status) {
        free_table(t);
    } else {
        t->next = run->tables;
        run->tables = t;
        *table = t;
    }
    eg_h5_unhush(&hush);
    return status;
}

static int flush_column(const struct eg_run_table *table, const struct column *c,
                        struct eg_message *message)
{
    int status = EG_OK;
    char place[EG_RUN_PATH_MAX + 256];
    const hsize_t start[1] = {table->in_file}, count[1] = {table->waiting};
    const hsize_t rows[1] = {table->in_file + table->waiting};
    column_path(place, sizeof place, table->path, c->name);
    hid_t there = H5I_INVALID_HID, here = H5I_INVALID_HID;
    hid_t dataset = eg_h5_open_dataset(table->run->file, place);
    if (dataset >= 0 && H5Dset_extent(dataset, rows) >= 0) {
        there = H5Dget_space(dataset);
        here = H5Screate_simple(1, count, NULL);
    }
    if (there < 0 || here < 0
        || H5Sselect_hyperslab(there, H5S_SELECT_SET, start, NULL, count, NULL) < 0
        || H5Dwrite(dataset, eg_h5_memory_type(c->type), here, there, H5P_DEFAULT, &c->waiting) < 0)
        status = eg_h5_fail(table->run, message, "append to", place);
    eg_h5_close(&here);
    eg_h5_close(&there);
    eg_h5_close(&dataset);
    return status;
}

static int flush_table(struct eg_run_table *table, struct eg_message *message)
{
    /* A failure half way leaves columns of different length in memory; the rows still wait,
     * and the next flush writes them again at the same place. */
    for (size_t i = 0; table->waiting && i < table->n_columns; i++) {
        const int status = flush_column(table, &table->columns[i], message);
        if (status)
            return status;
    }
    table->in_file += table->waiting;
    table->waiting = 0;
    return EG_OK;
}

int eg_run_flush_tables(struct eg_run *run, struct eg_message *message)
{
    for (struct eg_run_table *table = run->tables; table; table = table->next) {
        const int status = flush_table(table, message);
        if (status)
            return status;
    }
    return EG_OK;
}

int eg_run_append(struct eg_run_table *table, const double *row, struct eg_message *message)
{
    for (size_t i = 0; i < table->n_columns; i++)
        /* Within 2^53 a double says each whole number exactly. */
        if (table->columns[i].type == EG_RUN_INT64
            && !(fabs(row[i]) <= 9007199254740992.0 && floor(row[i]) == row[i]))
            return EG_FAIL(EG_ERR_RANGE, message, "%s: %g in column %s of %s is no whole number",
                           table->run->path, row[i], table->columns[i].name, table->path);
    if (table->waiting == CHUNK_ROWS) {
        const struct eg_h5_hush hush = eg_h5_hush();
        const int status = flush_table(table, message);
        eg_h5_unhush(&hush);
        if (status)
            return status;
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        struct column *const c = &table->columns[i];
        if (c->type == EG_RUN_INT64)
            c->waiting.whole[table->waiting] = (int64_t) row[i];
        else
            c->waiting.real[table->waiting] = row[i];
    }
    table->waiting++;
    return EG_OK;
}

size_t eg_run_rows(const struct eg_run_table *table)
{
    return table->in_file + table->waiting;
}

int eg_run_cut(struct eg_run_table *table, size_t rows, struct eg_message *message)
{
    if (rows > eg_run_rows(table))
        return EG_FAIL(EG_ERR_RANGE, message, "%s: %s has %zu rows, fewer than %zu",
                       table->run->path, table->path, eg_run_rows(table), rows);
    if (rows >= table->in_file) {
        table->waiting = rows - table->in_file;
        return EG_OK;
    }
    int status = EG_OK;
    const struct eg_h5_hush hush = eg_h5_hush();
    const hsize_t extent[1] = {rows};
    for (size_t i = 0; i < table->n_columns && status == EG_OK; i++) {
        char place[EG_RUN_PATH_MAX + 256];
        column_path(place, sizeof place, table->path, table->columns[i].name);
        hid_t dataset = eg_h5_open_dataset(table->run->file, place);
        if (dataset < 0 || H5Dset_extent(dataset, extent) < 0)
            status = eg_h5_fail(table->run, message, "cut", place);
        eg_h5_close(&dataset);
    }
    if (status == EG_OK) {
        table->in_file = rows;
        table->waiting = 0;
    }
    eg_h5_unhush(&hush);
    return status;
}
