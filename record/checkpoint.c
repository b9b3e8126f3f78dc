#include "record/checkpoint.h"

#include "record/crc32.h"
#include "record/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One thing of a checkpoint: a counter is a vector of one int64 that is a scalar. */
struct item {
    char name[256];
    enum eg_run_type type;
    bool is_scalar;
    size_t n;
    const void *data; /* being written                    */
    void *own;        /* that was read: to be freed       */
    const char *units, *long_name;
};

struct eg_checkpoint {
    char slot;
    int64_t serial;
    struct item *items;
    size_t n, room;
    char note[512];
};

static int by_name(const void *a, const void *b)
{
    const struct item *const x = a, *const y = b;
    return strcmp(x->name, y->name);
}

static void slot_path(char *path, size_t size, char slot, const char *name)
{
    snprintf(path, size, "/checkpoint/%c%s%s", slot, name[0] ? "/" : "", name);
}

static bool little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* The bytes as they are in the file, little end first, on any machine. */
static void add_numbers(struct eg_crc32 *crc, const void *data, size_t size, size_t n)
{
    const unsigned char *p = data;
    if (little_endian() || size == 1) {
        eg_crc32_add(crc, data, n * size);
        return;
    }
    for (size_t i = 0; i < n; i++, p += size) {
        unsigned char turned[8];
        for (size_t k = 0; k < size; k++)
            turned[k] = p[size - 1 - k];
        eg_crc32_add(crc, turned, size);
    }
}

/* docs/run-file.md, "The checksum": name, 0, type, 0, number of elements, elements; items in
 * the order of their names. */
static uint32_t checksum(const struct item *items, size_t n)
{
    struct eg_crc32 crc;
    eg_crc32_start(&crc);
    for (size_t i = 0; i < n; i++) {
        const char *const type = eg_h5_type_name(items[i].type);
        const uint64_t count = items[i].n;
        eg_crc32_add(&crc, items[i].name, strlen(items[i].name) + 1);
        eg_crc32_add(&crc, type, strlen(type) + 1);
        add_numbers(&crc, &count, sizeof count, 1);
        add_numbers(&crc, items[i].data, eg_h5_type_size(items[i].type), items[i].n);
    }
    return eg_crc32_value(&crc);
}

static struct item *new_item(struct eg_checkpoint *c)
{
    if (c->n == c->room) {
        const size_t room = c->room ? 2 * c->room : 32;
        struct item *const items = realloc(c->items, room * sizeof *items);
        if (!items)
            return NULL;
        c->items = items;
        c->room = room;
    }
    struct item *const item = &c->items[c->n++];
    memset(item, 0, sizeof *item);
    return item;
}

void eg_checkpoint_free(struct eg_checkpoint **checkpoint)
{
    if (!checkpoint || !*checkpoint)
        return;
    for (size_t i = 0; i < (*checkpoint)->n; i++)
        free((*checkpoint)->items[i].own);
    free((*checkpoint)->items);
    free(*checkpoint);
    *checkpoint = NULL;
}

/* ---- reading ---- */

struct reader {
    struct eg_run *run;
    struct eg_checkpoint *into;
    int64_t stored_crc;
    bool has_crc;
    struct eg_message *message;
};

static int read_item(void *context, const struct eg_run_entry *entry)
{
    struct reader *const r = context;
    struct eg_run_shape shape;
    char path[300];
    if (entry->is_axis)
        return EG_OK;
    if (entry->is_group || strlen(entry->name) > 255)
        return EG_FAIL(EG_ERR_FORMAT, r->message, "%s does not belong there", entry->name);
    slot_path(path, sizeof path, r->into->slot, entry->name);
    if (strcmp(entry->name, "crc32") == 0) {
        r->has_crc = true;
        return eg_run_get_int(r->run, path, &r->stored_crc, r->message);
    }
    int status = eg_run_shape(r->run, path, &shape, r->message);
    if (status)
        return status;
    if (shape.type == EG_RUN_TEXT || shape.rank > 1)
        return EG_FAIL(EG_ERR_FORMAT, r->message, "%s is not a number or a vector", entry->name);
    struct item *const item = new_item(r->into);
    if (!item)
        return EG_RAISE(EG_ERR_NOMEM);
    snprintf(item->name, sizeof item->name, "%s", entry->name);
    item->type = shape.type;
    item->n = shape.count;
    item->is_scalar = shape.rank == 0;
    const size_t size = eg_h5_type_size(shape.type);
    item->data = item->own = malloc(item->n ? item->n * size : 1);
    if (!item->own)
        return EG_RAISE(EG_ERR_NOMEM);
    status = eg_run_get(r->run, path, item->type, item->own, item->n, r->message);
    if (status == EG_OK && strcmp(item->name, "serial") == 0) {
        if (item->type != EG_RUN_INT64 || item->n != 1)
            return EG_FAIL(EG_ERR_FORMAT, r->message, "serial is not a whole number");
        memcpy(&r->into->serial, item->own, sizeof r->into->serial);
    }
    return status;
}

/* Reads one slot whole.  EG_ERR_MISSING: not there; EG_ERR_NOMEM; else EG_ERR_FORMAT and a
 * clause that says why it is not whole. */
static int read_slot(struct eg_run *run, char slot, struct eg_checkpoint **checkpoint,
                     struct eg_message *why)
{
    char path[32];
    slot_path(path, sizeof path, slot, "");
    *checkpoint = NULL;
    if (!eg_run_exists(run, "/checkpoint") || !eg_run_exists(run, path))
        return EG_FAIL(EG_ERR_MISSING, why, "it is not there");
    struct eg_checkpoint *const c = calloc(1, sizeof *c);
    if (!c)
        return EG_RAISE(EG_ERR_NOMEM);
    c->slot = slot;
    struct reader reader = {run, c, 0, false, why};
    /* Children come in the order of their names, which is the order of the checksum. */
    int status = eg_run_list(run, path, read_item, &reader, why);
    if (status == EG_OK && (!reader.has_crc || c->serial < 1))
        status = EG_FAIL(EG_ERR_FORMAT, why, "it has no %s", reader.has_crc ? "serial" : "crc32");
    const uint32_t crc = status ? 0 : checksum(c->items, c->n);
    if (status == EG_OK && reader.stored_crc != (int64_t) crc)
        status = EG_FAIL(EG_ERR_FORMAT, why, "its CRC-32 is %08lx and not %08llx",
                         (unsigned long) crc, (unsigned long long) reader.stored_crc);
    *checkpoint = c;
    if (status) {
        eg_checkpoint_free(checkpoint);
        return status == EG_ERR_NOMEM ? status : EG_RAISE(EG_ERR_FORMAT);
    }
    return EG_OK;
}

int eg_checkpoint_verify(struct eg_run *run, char slot, struct eg_message *message)
{
    struct eg_checkpoint *c;
    const int status = read_slot(run, slot, &c, message);
    eg_checkpoint_free(&c);
    return status;
}

int eg_checkpoint_get(struct eg_checkpoint **checkpoint, struct eg_run *run,
                      struct eg_message *message)
{
    struct eg_checkpoint *c[2] = {NULL, NULL};
    struct eg_message why[2] = {{""}, {""}};
    int status[2];
    *checkpoint = NULL;
    for (int i = 0; i < 2; i++)
        status[i] = read_slot(run, (char) ('a' + i), &c[i], &why[i]);
    if (status[0] == EG_ERR_NOMEM || status[1] == EG_ERR_NOMEM) {
        eg_checkpoint_free(&c[0]);
        eg_checkpoint_free(&c[1]);
        return EG_RAISE(EG_ERR_NOMEM);
    }
    if (!c[0] && !c[1]) {
        if (status[0] == EG_ERR_MISSING && status[1] == EG_ERR_MISSING)
            return EG_FAIL(EG_ERR_MISSING, message, "%s has no checkpoint", run->path);
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s has no valid checkpoint: slot a: %.200s; slot b: %.200s", run->path,
                       why[0].text, why[1].text);
    }
    const int best = !c[0] ? 1 : !c[1] ? 0 : c[1]->serial > c[0]->serial;
    const int other = 1 - best;
    if (status[other] == EG_ERR_FORMAT)
        snprintf(c[best]->note, sizeof c[best]->note, "slot %c was left out: %.400s", 'a' + other,
                 why[other].text);
    *checkpoint = c[best];
    eg_checkpoint_free(&c[other]);
    return EG_OK;
}

char eg_checkpoint_slot(const struct eg_checkpoint *checkpoint)
{
    return checkpoint->slot;
}

int64_t eg_checkpoint_serial(const struct eg_checkpoint *checkpoint)
{
    return checkpoint->serial;
}

const char *eg_checkpoint_note(const struct eg_checkpoint *checkpoint)
{
    return checkpoint->note;
}

const char *eg_checkpoint_name(const struct eg_checkpoint *checkpoint, size_t i)
{
    return i < checkpoint->n ? checkpoint->items[i].name : NULL;
}

static const struct item *find(const struct eg_checkpoint *c, const char *name,
                               struct eg_message *message)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].name, name) == 0)
            return &c->items[i];
    (void) EG_FAIL(EG_ERR_MISSING, message, "the checkpoint has no %s", name);
    return NULL;
}

int eg_checkpoint_shape(const struct eg_checkpoint *checkpoint, const char *name,
                        enum eg_run_type *type, size_t *n, struct eg_message *message)
{
    const struct item *const item = find(checkpoint, name, message);
    if (!item)
        return EG_ERR_MISSING;
    *type = item->type;
    *n = item->n;
    return EG_OK;
}

int eg_checkpoint_vector(const struct eg_checkpoint *checkpoint, const char *name,
                         enum eg_run_type type, void *data, size_t n, struct eg_message *message)
{
    const struct item *const item = find(checkpoint, name, message);
    if (!item)
        return EG_ERR_MISSING;
    if (item->type != type)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s is %s in the checkpoint, but %s here", name,
                       eg_h5_type_name(item->type), eg_h5_type_name(type));
    if (item->n != n)
        return EG_FAIL(EG_ERR_SHAPE, message, "%s has %zu elements in the checkpoint, but %zu here",
                       name, item->n, n);
    if (n)
        memcpy(data, item->data, n * eg_h5_type_size(type));
    return EG_OK;
}

int eg_checkpoint_counter(const struct eg_checkpoint *checkpoint, const char *name, int64_t *value,
                          struct eg_message *message)
{
    return eg_checkpoint_vector(checkpoint, name, EG_RUN_INT64, value, 1, message);
}

/* ---- writing ---- */

static int add_item(struct eg_checkpoint *c, const char *name, const char *units,
                    const char *long_name, enum eg_run_type type, bool is_scalar, size_t n,
                    const void *data, struct eg_message *message)
{
    const size_t length = strlen(name);
    if (length == 0 || length > 200 || strchr(name, '/') || strcmp(name, ".") == 0
        || type > EG_RUN_UINT8 || (n && !data))
        return EG_FAIL(EG_ERR_RANGE, message, "a checkpoint cannot have a thing named \"%.80s\"",
                       name);
    struct item *const item = new_item(c);
    if (!item)
        return EG_RAISE(EG_ERR_NOMEM);
    snprintf(item->name, sizeof item->name, "%s", name);
    item->type = type;
    item->is_scalar = is_scalar;
    item->n = n;
    item->data = data;
    item->units = units;
    item->long_name = long_name;
    return EG_OK;
}

static int gather(struct eg_checkpoint *c, const struct eg_counter *counters, size_t n_counters,
                  const struct eg_vector *vectors, size_t n_vectors, struct eg_message *message)
{
    int status = add_item(c, "serial", NULL, "number of this checkpoint, from 1", EG_RUN_INT64,
                          true, 1, &c->serial, message);
    for (size_t i = 0; i < n_counters && status == EG_OK; i++)
        status = add_item(c, counters[i].name, counters[i].units, counters[i].long_name,
                          EG_RUN_INT64, true, 1, &counters[i].value, message);
    for (size_t i = 0; i < n_vectors && status == EG_OK; i++)
        status = add_item(c, vectors[i].name, vectors[i].units, vectors[i].long_name,
                          vectors[i].type, false, vectors[i].n, vectors[i].data, message);
    if (status)
        return status;
    qsort(c->items, c->n, sizeof *c->items, by_name);
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].name, "crc32") == 0
            || (i > 0 && strcmp(c->items[i].name, c->items[i - 1].name) == 0))
            return EG_FAIL(EG_ERR_RANGE, message, "a checkpoint cannot have a second %s",
                           c->items[i].name);
    return EG_OK;
}

struct cleaner {
    const struct eg_checkpoint *keep;
    char stale[256];
};

/* Finds something of the slot that is not in the checkpoint any more. */
static int find_stale(void *context, const struct eg_run_entry *entry)
{
    struct cleaner *const cleaner = context;
    if (entry->is_axis || strcmp(entry->name, "crc32") == 0)
        return 0;
    for (size_t i = 0; i < cleaner->keep->n; i++)
        if (strcmp(cleaner->keep->items[i].name, entry->name) == 0)
            return 0;
    snprintf(cleaner->stale, sizeof cleaner->stale, "%s", entry->name);
    return 1;
}

static int drop_stale(struct eg_run *run, const struct eg_checkpoint *c, struct eg_message *message)
{
    char path[300];
    slot_path(path, sizeof path, c->slot, "");
    while (eg_run_exists(run, path)) {
        struct cleaner cleaner = {c, ""};
        const int found = eg_run_list(run, path, find_stale, &cleaner, message);
        if (found < 0)
            return found;
        if (!found)
            break;
        char stale[300];
        slot_path(stale, sizeof stale, c->slot, cleaner.stale);
        const int status = eg_run_delete(run, stale, message);
        if (status)
            return status;
    }
    return EG_OK;
}

static int write_slot(struct eg_run *run, const struct eg_checkpoint *c, struct eg_message *message)
{
    char path[300];
    slot_path(path, sizeof path, c->slot, "crc32");
    const char *const meaning = "CRC-32 of all else in this group, in the documented order";
    if (eg_run_exists(run, "/checkpoint")) {
        /* Should something fail below and the file be saved all the same, this slot must not
         * pass for whole: no CRC-32 is negative. */
        char group[32];
        slot_path(group, sizeof group, c->slot, "");
        if (eg_run_exists(run, group)) {
            const int status = eg_run_put_int(run, path, "1", meaning, -1, message);
            if (status)
                return status;
        }
    }
    int status = drop_stale(run, c, message);
    for (size_t i = 0; i < c->n && status == EG_OK; i++) {
        const struct item *const item = &c->items[i];
        const struct eg_run_array array = {.units = item->units,
                                           .long_name = item->long_name,
                                           .type = item->type,
                                           .rank = item->is_scalar ? 0 : 1,
                                           .dims = {item->n},
                                           .data = item->data};
        char place[300];
        slot_path(place, sizeof place, c->slot, item->name);
        status = eg_run_put(run, place, &array, message);
    }
    if (status)
        return status;
    return eg_run_put_int(run, path, "1", meaning, (int64_t) checksum(c->items, c->n), message);
}

/* Which slot is the newest, and its serial: asked of the file once. */
static int look(struct eg_run *run, struct eg_message *message)
{
    struct eg_checkpoint *newest;
    const int status = eg_checkpoint_get(&newest, run, message);
    if (status == EG_OK) {
        run->slot = newest->slot;
        run->serial = newest->serial;
        eg_checkpoint_free(&newest);
        return EG_OK;
    }
    run->slot = 'b';
    run->serial = 0;
    return status == EG_ERR_NOMEM ? status : EG_OK;
}

int eg_checkpoint_put(struct eg_run *run, const struct eg_counter *counters, size_t n_counters,
                      const struct eg_vector *vectors, size_t n_vectors, struct eg_message *message)
{
    struct eg_checkpoint *c = calloc(1, sizeof *c);
    if (!c)
        return EG_RAISE(EG_ERR_NOMEM);
    int status = eg_run_may_put(run, "/checkpoint", message);
    if (status == EG_OK && !run->slot)
        status = look(run, message);
    if (status)
        goto out;
    c->slot = run->slot == 'a' ? 'b' : 'a';
    c->serial = run->serial + 1;
    status = gather(c, counters, n_counters, vectors, n_vectors, message);
    if (status == EG_OK)
        status = write_slot(run, c, message);
    if (status == EG_OK) {
        run->slot = c->slot;
        run->serial = c->serial;
    }
out:
    eg_checkpoint_free(&c);
    return status;
}
