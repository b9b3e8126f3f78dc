#include "core/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "core/config_private.h"

enum { DEPTH_MAX = 16, FILE_BYTES_MAX = 1 << 18 };

/* One key of the file with its place; a group has no value. */
struct entry {
    struct entry *next;
    const char *key;
    yaml_mark_t mark;
    struct eg_assignment *assignment;
};

struct reader {
    yaml_parser_t parser;
    struct eg_arena *arena;
    const char *name, *text;
    size_t size;
    struct entry *first, *last;
    struct eg_message *message;
};

#define FAIL_AT(reader, mark, ...) \
    fail_at((reader), (mark), eg_config_format((reader)->arena, __VA_ARGS__))

static int fail_at(const struct reader *r, yaml_mark_t mark, const char *text)
{
    if (!text)
        return EG_FAIL(EG_ERR_NOMEM, r->message, "%s: out of memory", r->name);
    return EG_FAIL(EG_ERR_CONFIG, r->message, "%s:%zu:%zu: %s", r->name, mark.line + 1,
                   mark.column + 1, text);
}

static int no_memory(const struct reader *r)
{
    return EG_FAIL(EG_ERR_NOMEM, r->message, "%s: out of memory", r->name);
}

/* Errors of encoding have no mark, only an offset in bytes. */
static yaml_mark_t mark_of_offset(const struct reader *r, size_t offset)
{
    yaml_mark_t mark = {.index = offset, .line = 0, .column = 0};
    for (size_t i = 0; i < offset && i < r->size; i++) {
        const unsigned char c = (unsigned char) r->text[i];
        if (c == '\n') {
            mark.line++;
            mark.column = 0;
        } else if ((c & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static int fail_parser(struct reader *r)
{
    const yaml_parser_t *const p = &r->parser;
    const char *const problem = p->problem ? p->problem : "no reason given";
    if (p->error == YAML_MEMORY_ERROR)
        return no_memory(r);
    if (p->error == YAML_READER_ERROR)
        return FAIL_AT(r, mark_of_offset(r, p->problem_offset), "not valid YAML: %s", problem);
    if (p->context)
        return FAIL_AT(r, p->problem_mark, "not valid YAML: %s %s that begins in line %zu", problem,
                       p->context, p->context_mark.line + 1);
    return FAIL_AT(r, p->problem_mark, "not valid YAML: %s", problem);
}

/* The next event, whose owner is the caller.  Anchors, aliases and tags end here. */
static int next_event(struct reader *r, yaml_event_t *event)
{
    if (!yaml_parser_parse(&r->parser, event)) {
        memset(event, 0, sizeof *event);
        return fail_parser(r);
    }
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (event->type == YAML_ALIAS_EVENT || anchor)
        return FAIL_AT(r, event->start_mark, "anchors and aliases (&, *) have no place here");
    if (tag)
        return FAIL_AT(r, event->start_mark, "tags (!) have no place here");
    return EG_OK;
}

/* A copy of the text of a scalar; `what` is "a key" or "a value". */
static int take_scalar(struct reader *r, const yaml_event_t *event, const char *what, char **text)
{
    const char *const value = (const char *) event->data.scalar.value;
    if (strlen(value) != event->data.scalar.length)
        return FAIL_AT(r, event->start_mark, "%s with a NUL byte in it", what);
    *text = eg_arena_string(r->arena, value);
    return *text ? EG_OK : no_memory(r);
}

static int is_null(const yaml_event_t *event)
{
    const char *const text = (const char *) event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
           && (!*text || !strcmp(text, "~") || eg_is_word(text, strlen(text), "null"));
}

static int add_entry(struct reader *r, const char *key, yaml_mark_t mark, struct entry **added)
{
    for (const struct entry *e = r->first; e; e = e->next)
        if (strcmp(e->key, key) == 0)
            return FAIL_AT(r, mark, "%s stands twice in this file; the first is in line %zu", key,
                           e->mark.line + 1);
    struct entry *const e = eg_arena_zeros(r->arena, 1, sizeof *e);
    if (!e)
        return no_memory(r);
    *e = (struct entry){.key = key, .mark = mark};
    if (r->last)
        r->last->next = e;
    else
        r->first = e;
    r->last = e;
    *added = e;
    return EG_OK;
}

static int assign(struct reader *r, struct entry *entry, yaml_mark_t mark, const char *value,
                  int sequence)
{
    struct eg_assignment *const a = eg_arena_zeros(r->arena, 1, sizeof *a);
    char *const origin =
        eg_config_format(r->arena, "%s:%zu:%zu", r->name, mark.line + 1, mark.column + 1);
    if (!a || !origin)
        return no_memory(r);
    *a = (struct eg_assignment){.key = entry->key,
                                .value = value,
                                .origin = origin,
                                .form = EG_CONFIG_APART,
                                .sequence = sequence};
    entry->assignment = a;
    return EG_OK;
}

/* The items after a sequence start, up to its end: "10,20,30". */
static int read_sequence(struct reader *r, const char *key, char **joined)
{
    int rc = EG_OK;
    char *all = eg_arena_string(r->arena, "");
    if (!all)
        return no_memory(r);
    for (size_t n = 0;; n++) {
        yaml_event_t event;
        char *item = NULL;
        rc = next_event(r, &event);
        const int end = rc == EG_OK && event.type == YAML_SEQUENCE_END_EVENT;
        if (rc == EG_OK && !end) {
            if (event.type != YAML_SCALAR_EVENT)
                rc = FAIL_AT(r, event.start_mark, "%s: a list holds single values only", key);
            else if (is_null(&event))
                rc = FAIL_AT(r, event.start_mark, "%s: an item without a value", key);
            else if (n == EG_LIST_MAX)
                rc = FAIL_AT(r, event.start_mark, "%s: at most %d items in a list", key,
                             EG_LIST_MAX);
            else
                rc = take_scalar(r, &event, "an item", &item);
            if (rc == EG_OK && strchr(item, ','))
                rc = FAIL_AT(r, event.start_mark, "%s: an item with a comma in it", key);
        }
        yaml_event_delete(&event);
        if (rc || end)
            break;
        all = eg_config_format(r->arena, "%s%s%s", all, n > 0 ? "," : "", item);
        if (!all)
            return no_memory(r);
    }
    *joined = all;
    return rc;
}

static int read_mapping(struct reader *r, const char *prefix, int depth);

/* What stands after the key of `entry`. */
static int read_value(struct reader *r, struct entry *entry, int depth)
{
    yaml_event_t event;
    char *text = NULL;
    int rc = next_event(r, &event);
    if (rc)
        goto out;
    if (event.type == YAML_MAPPING_START_EVENT) {
        rc = read_mapping(r, entry->key, depth + 1);
    } else if (event.type == YAML_SEQUENCE_START_EVENT) {
        rc = read_sequence(r, entry->key, &text);
        if (rc == EG_OK)
            rc = assign(r, entry, event.start_mark, text, 1);
    } else if (is_null(&event)) {
        rc = FAIL_AT(r, entry->mark, "%s has no value; write \"\" for an empty text", entry->key);
    } else {
        rc = take_scalar(r, &event, "a value", &text);
        if (rc == EG_OK)
            rc = assign(r, entry, event.start_mark, text, 0);
    }
out:
    yaml_event_delete(&event);
    return rc;
}

/* Keys and values after a mapping start, up to its end. */
static int read_mapping(struct reader *r, const char *prefix, int depth)
{
    for (;;) {
        yaml_event_t event;
        char *key = NULL;
        struct entry *entry = NULL;
        int rc = next_event(r, &event);
        const int end = rc == EG_OK && event.type == YAML_MAPPING_END_EVENT;
        if (rc == EG_OK && !end) {
            if (depth > DEPTH_MAX)
                rc =
                    FAIL_AT(r, event.start_mark, "nested too deep: more than %d levels", DEPTH_MAX);
            else if (event.type != YAML_SCALAR_EVENT || is_null(&event)
                     || event.data.scalar.length == 0)
                rc = FAIL_AT(r, event.start_mark, "a key must be a word");
            else
                rc = take_scalar(r, &event, "a key", &key);
            if (rc == EG_OK && *prefix) {
                key = eg_config_format(r->arena, "%s.%s", prefix, key);
                rc = key ? EG_OK : no_memory(r);
            }
            if (rc == EG_OK)
                rc = add_entry(r, key, event.start_mark, &entry);
        }
        yaml_event_delete(&event);
        if (rc == EG_OK && !end)
            rc = read_value(r, entry, depth);
        if (rc || end)
            return rc;
    }
}

/* The whole stream: nothing, or one document which is a mapping. */
static int read_stream(struct reader *r)
{
    int documents = 0;
    for (;;) {
        yaml_event_t event;
        int rc = next_event(r, &event);
        const yaml_event_type_t type = rc ? YAML_NO_EVENT : event.type;
        if (type == YAML_DOCUMENT_START_EVENT && documents++ > 0)
            rc = FAIL_AT(r, event.start_mark, "a second document; there may be one only");
        else if (type == YAML_MAPPING_START_EVENT)
            rc = read_mapping(r, "", 1);
        else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT)
            rc = FAIL_AT(r, event.start_mark, "not a mapping of keys to values");
        yaml_event_delete(&event);
        if (rc || type == YAML_STREAM_END_EVENT)
            return rc;
    }
}

static int read_buffer(struct eg_config *config, const char *name, const char *text, size_t size,
                       struct eg_message *message)
{
    const struct eg_arena_mark mark = eg_arena_mark(config->arena);
    struct reader r = {
        .arena = config->arena, .name = name, .text = text, .size = size, .message = message};
    if (!yaml_parser_initialize(&r.parser))
        return no_memory(&r);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *) text, size);
    const int rc = read_stream(&r);
    yaml_parser_delete(&r.parser);
    if (rc) {
        eg_arena_rewind(config->arena, mark);
        return rc;
    }
    for (const struct entry *e = r.first; e; e = e->next) {
        if (!e->assignment)
            continue;
        if (config->last)
            config->last->next = e->assignment;
        else
            config->first = e->assignment;
        config->last = e->assignment;
    }
    return EG_OK;
}

int eg_config_read_text(struct eg_config *config, const char *name, const char *text,
                        struct eg_message *message)
{
    return read_buffer(config, name, text, strlen(text), message);
}

int eg_config_read(struct eg_config *config, const char *path, struct eg_message *message)
{
    int rc = EG_OK;
    size_t size = 0;
    FILE *file = NULL;
    char *const text = malloc(FILE_BYTES_MAX + 1);
    if (!text)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", path);
    errno = 0;
    file = fopen(path, "rb");
    if (!file) {
        rc = EG_FAIL(EG_ERR_IO, message, "%s: cannot be opened: %s", path, strerror(errno));
        goto out;
    }
    size = fread(text, 1, FILE_BYTES_MAX + 1, file);
    if (ferror(file)) {
        rc = EG_FAIL(EG_ERR_IO, message, "%s: cannot be read: %s", path, strerror(errno));
        goto out;
    }
    if (size > FILE_BYTES_MAX) {
        rc = EG_FAIL(EG_ERR_CONFIG, message, "%s: larger than a configuration may be (%d bytes)",
                     path, FILE_BYTES_MAX);
        goto out;
    }
    rc = read_buffer(config, path, text, size, message);
out:
    if (file)
        fclose(file);
    free(text);
    return rc;
}
