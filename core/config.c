#include "core/config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/config_private.h"

int eg_config_init(struct eg_config **config)
{
    *config = NULL;
    struct eg_config *const c = calloc(1, sizeof *c);
    if (!c)
        return EG_RAISE(EG_ERR_NOMEM);
    const int rc = eg_arena_init(&c->arena, 0);
    if (rc) {
        free(c);
        return rc;
    }
    *config = c;
    return EG_OK;
}

void eg_config_free(struct eg_config **config)
{
    if (!config || !*config)
        return;
    eg_arena_free(&(*config)->arena);
    free(*config);
    *config = NULL;
}

char *eg_config_format(struct eg_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *const text = n < 0 ? NULL : eg_arena_take(arena, (size_t) n + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t) n + 1, format, args);
    va_end(args);
    return text;
}

/* --- assignments --- */

/* Takes the first `n` characters of `key`.  What reaches the run file must be UTF-8. */
static int add(struct eg_config *config, const char *key, size_t n, const char *value,
               const char *origin, enum eg_config_form form, struct eg_message *message)
{
    for (const char *c = value; *c;) {
        unsigned long code;
        const size_t bytes = eg_utf8_decode(c, &code);
        if (bytes == 0)
            return EG_FAIL(EG_ERR_CONFIG, message, "%s: the value of %.*s is not UTF-8", origin,
                           (int) n, key);
        c += bytes;
    }
    const struct eg_arena_mark mark = eg_arena_mark(config->arena);
    struct eg_assignment *const a = eg_arena_zeros(config->arena, 1, sizeof *a);
    char *const own_key = eg_config_format(config->arena, "%.*s", (int) n, key);
    char *const own_value = eg_arena_string(config->arena, value);
    char *const own_origin = eg_arena_string(config->arena, origin);
    if (!a || !own_key || !own_value || !own_origin) {
        eg_arena_rewind(config->arena, mark);
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", origin);
    }
    *a = (struct eg_assignment){
        .key = own_key, .value = own_value, .origin = own_origin, .form = form};
    if (config->last)
        config->last->next = a;
    else
        config->first = a;
    config->last = a;
    return EG_OK;
}

int eg_config_assign(struct eg_config *config, const char *assignment, const char *origin,
                     struct eg_message *message)
{
    const char *const equals = strchr(assignment, '=');
    if (!equals)
        return EG_FAIL(EG_ERR_CONFIG, message, "%s %s: an assignment is KEY=VALUE", origin,
                       assignment);
    if (equals == assignment)
        return EG_FAIL(EG_ERR_CONFIG, message, "%s %s: no key before the '='", origin, assignment);
    return add(config, assignment, (size_t) (equals - assignment), equals + 1, origin,
               EG_CONFIG_JOINED, message);
}

int eg_config_set(struct eg_config *config, const char *key, const char *value, const char *origin,
                  struct eg_message *message)
{
    if (!*key)
        return EG_FAIL(EG_ERR_CONFIG, message, "%s: an empty key", origin);
    return add(config, key, strlen(key), value, origin, EG_CONFIG_APART, message);
}

const struct eg_assignment *eg_config_last(const struct eg_config *config, const char *key)
{
    const struct eg_assignment *last = NULL;
    for (const struct eg_assignment *a = config->first; a; a = a->next)
        if (strcmp(a->key, key) == 0)
            last = a;
    return last;
}

/* The assignments to `key` need no further reader. */
static void mark_seen(struct eg_config *config, const char *key)
{
    for (struct eg_assignment *a = config->first; a; a = a->next)
        if (strcmp(a->key, key) == 0)
            a->seen = 1;
}

static int was_asked(const struct eg_config *config, const char *key)
{
    for (const struct eg_config_asked *q = config->asked; q; q = q->next)
        if (strcmp(q->key, key) == 0)
            return 1;
    return 0;
}

static int is_bound(const struct eg_config *config, const char *key)
{
    for (const struct eg_config_group *g = config->groups; g; g = g->next)
        for (size_t i = 0; i < g->n; i++)
            if (strcmp(g->keys[i], key) == 0)
                return 1;
    return 0;
}

const char *eg_config_text(struct eg_config *config, const char *key, const char *otherwise)
{
    mark_seen(config, key);
    if (!was_asked(config, key)) {
        /* Only suggestions of names are poorer for it when there is no memory here. */
        struct eg_config_asked *const q = eg_arena_zeros(config->arena, 1, sizeof *q);
        char *const own = eg_arena_string(config->arena, key);
        if (q && own) {
            *q = (struct eg_config_asked){.next = config->asked, .key = own};
            config->asked = q;
        }
    }
    const struct eg_assignment *const a = eg_config_last(config, key);
    return a ? a->value : otherwise;
}

/* --- options --- */

/* The problem is the rest of a sentence "... is". */
static int complain(int status, const struct eg_assignment *a, const char *problem,
                    struct eg_message *message)
{
    if (a->form == EG_CONFIG_JOINED)
        return EG_FAIL(status, message, "%s %s=%.200s: %s", a->origin, a->key, a->value, problem);
    return EG_FAIL(status, message, "%s: %s = %.200s is %s", a->origin, a->key, a->value, problem);
}

/* The preset, then the last assignment, which must both be valid. */
static int bind_row(struct eg_config *config, const char *key, const struct eg_option *row,
                    void *value, struct eg_message *message)
{
    struct eg_message problem = {""};
    int rc = eg_option_preset(row, value, &problem);
    if (rc)
        return EG_FAIL(rc, message, "%s: the preset is %s", key, problem.text);
    const struct eg_assignment *const a = eg_config_last(config, key);
    if (!a)
        return EG_OK;
    if (a->sequence && row->kind != EG_OPT_LIST && row->kind != EG_OPT_REALS)
        return complain(EG_ERR_CONFIG, a, "a list, where one value is expected", message);
    rc = eg_option_parse(row, a->value, value, &problem);
    return rc ? complain(rc, a, problem.text, message) : EG_OK;
}

int eg_config_bind(struct eg_config *config, const char *prefix, const struct eg_option *rows,
                   void *target, struct eg_message *message)
{
    size_t n = 0;
    while (rows[n].key)
        n++;
    struct eg_config_group *const g = eg_arena_zeros(config->arena, 1, sizeof *g);
    const char **const keys = eg_arena_zeros(config->arena, n, sizeof *keys);
    char *const own_prefix = eg_arena_string(config->arena, prefix);
    if (!g || !keys || !own_prefix)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", prefix);
    *g = (struct eg_config_group){
        .prefix = own_prefix, .rows = rows, .target = target, .keys = keys, .n = n};

    for (size_t i = 0; i < n; i++) {
        keys[i] =
            eg_config_format(config->arena, "%s%s%s", prefix, *prefix ? "." : "", rows[i].key);
        if (!keys[i])
            return EG_FAIL(EG_ERR_NOMEM, message, "%s.%s: out of memory", prefix, rows[i].key);
        if (is_bound(config, keys[i]))
            return EG_FAIL(EG_ERR_CONFIG, message, "%s: two options have this key", keys[i]);
        const int rc = bind_row(config, keys[i], &rows[i], g->target + rows[i].offset, message);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < n; i++)
        mark_seen(config, keys[i]);
    if (config->last_group)
        config->last_group->next = g;
    else
        config->groups = g;
    config->last_group = g;
    return EG_OK;
}

/* --- unknown keys --- */

/* All keys that mean something; NULL when out of memory. */
static const char **known_keys(const struct eg_config *config, size_t *n)
{
    size_t count = 0;
    for (const struct eg_config_group *g = config->groups; g; g = g->next)
        count += g->n;
    for (const struct eg_config_asked *q = config->asked; q; q = q->next)
        count++;
    const char **const keys = malloc((count + 1) * sizeof *keys);
    if (!keys)
        return NULL;
    *n = 0;
    for (const struct eg_config_group *g = config->groups; g; g = g->next)
        for (size_t i = 0; i < g->n; i++)
            keys[(*n)++] = g->keys[i];
    for (const struct eg_config_asked *q = config->asked; q; q = q->next)
        keys[(*n)++] = q->key;
    return keys;
}

static const char *last_part(const char *key)
{
    const char *const dot = strrchr(key, '.');
    return dot ? dot + 1 : key;
}

/* The nearest key; failing that, one of the same name in another group. */
static const char *guess(const char *key, const char *const *keys, size_t n)
{
    const char *const near = eg_nearest(key, keys, n);
    if (near)
        return near;
    for (size_t i = 0; i < n; i++)
        if (strcmp(last_part(keys[i]), last_part(key)) == 0)
            return keys[i];
    return NULL;
}

/* The preset of a TEXT option, or NULL. */
static const char *preset_text(const struct eg_config *config, const char *key)
{
    for (const struct eg_config_group *g = config->groups; g; g = g->next)
        for (size_t i = 0; i < g->n; i++)
            if (strcmp(g->keys[i], key) == 0)
                return g->rows[i].kind == EG_OPT_TEXT ? g->rows[i].text : NULL;
    return NULL;
}

/* A key of a file whose group has got another type since, by `-s GROUP.type=...`: it belonged to
 * the type that was replaced. */
static int is_stale(const struct eg_config *config, const struct eg_assignment *a)
{
    char key[256];
    const char *const dot = strchr(a->key, '.');
    if (a->form != EG_CONFIG_APART || !dot
        || (size_t) snprintf(key, sizeof key, "%.*s.type", (int) (dot - a->key), a->key)
               >= sizeof key)
        return 0;
    const char *in_force = preset_text(config, key), *before = NULL;
    int after = 0;
    for (const struct eg_assignment *b = config->first; b; b = b->next) {
        after |= b == a;
        if (strcmp(b->key, key) != 0)
            continue;
        if (after && !before && b->form == EG_CONFIG_JOINED)
            before = in_force;
        in_force = b->value;
    }
    return before && in_force && strcmp(before, in_force) != 0;
}

int eg_config_finish(struct eg_config *config, struct eg_message *message)
{
    const struct eg_assignment *a = config->first;
    while (a && (a->seen || is_stale(config, a)))
        a = a->next;
    if (!a)
        return EG_OK;

    size_t n = 0;
    const char **const keys = known_keys(config, &n);
    if (!keys)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", a->key);
    char what[512];
    if (is_bound(config, a->key) || was_asked(config, a->key)) {
        snprintf(what, sizeof what, "assigned after its value was used");
    } else {
        const char *const near = guess(a->key, keys, n);
        snprintf(what, sizeof what, "no such key%s%s%s", near ? "; did you mean " : "",
                 near ? near : "", near ? "?" : "");
    }
    free(keys);
    if (a->form == EG_CONFIG_JOINED)
        return EG_FAIL(EG_ERR_CONFIG, message, "%s %s=%.200s: %s", a->origin, a->key, a->value,
                       what);
    return EG_FAIL(EG_ERR_CONFIG, message, "%s: %s: %s", a->origin, a->key, what);
}

/* --- all options --- */

int eg_config_walk(const struct eg_config *config, eg_config_visit *visit, void *context)
{
    for (const struct eg_config_group *g = config->groups; g; g = g->next)
        for (size_t i = 0; i < g->n; i++) {
            const int rc = visit(context, g->keys[i], &g->rows[i], g->target + g->rows[i].offset);
            if (rc)
                return rc;
        }
    return EG_OK;
}
