/* From YAML text to a comparison.  libyaml makes a tree of the text; anchors and aliases are what
 * YAML says they are. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/config.h"
#include "experiments/compare.h"

/* Of nested options; an alias can lead back to where it stands, and a few can stand for many. */
enum { DEPTH_MAX = 8, OPTIONS_MAX = 4096 };

const char *const eg_compare_matches[] = {"none", "parameters", NULL};

struct reader {
    struct eg_comparison *c;
    yaml_document_t *document;
    struct eg_message *message;
};

static char *say(struct eg_arena *arena, const char *format, ...) EG_PRINTF(2, 3);

static char *say(struct eg_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : eg_arena_take(arena, (size_t) n + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t) n + 1, format, args);
    va_end(args);
    return text;
}

#define FAIL_AT(r, node, ...) fail_at(r, (node)->start_mark, __LINE__, __VA_ARGS__)

static int fail_at(struct reader *r, yaml_mark_t mark, int line, const char *format, ...)
    EG_PRINTF(4, 5);

static int fail_at(struct reader *r, yaml_mark_t mark, int line, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return eg_fail_(EG_ERR_CONFIG, __FILE__, line, r->message, "%s:%zu:%zu: %s", r->c->name,
                    mark.line + 1, mark.column + 1, text);
}

static int no_memory(struct reader *r)
{
    return EG_FAIL(EG_ERR_NOMEM, r->message, "%s: out of memory", r->c->name);
}

static const char *origin_of(struct reader *r, const yaml_node_t *node)
{
    return say(r->c->arena, "%s:%zu:%zu", r->c->name, node->start_mark.line + 1,
               node->start_mark.column + 1);
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *) node->data.scalar.value;
}

static int is_null(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
           && (!*text_of(node) || !strcmp(text_of(node), "~") || !strcmp(text_of(node), "null"));
}

/* A text that is not empty. */
static int scalar(struct reader *r, const yaml_node_t *node, const char *what, const char **text)
{
    if (node->type != YAML_SCALAR_NODE || is_null(node) || !*text_of(node)
        || strlen(text_of(node)) != node->data.scalar.length)
        return FAIL_AT(r, node, "%s is a word or a text", what);
    *text = eg_arena_string(r->c->arena, text_of(node));
    return *text ? EG_OK : no_memory(r);
}

/* --- options --- */

static size_t options_of(struct reader *r, const yaml_node_t *node, int depth)
{
    size_t n = 0;
    if (depth > DEPTH_MAX)
        return 0;
    if (node->type == YAML_SEQUENCE_NODE)
        return (size_t) (node->data.sequence.items.top - node->data.sequence.items.start) + 1;
    if (node->type != YAML_MAPPING_NODE)
        return 1;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top && n <= OPTIONS_MAX; p++)
        n += options_of(r, yaml_document_get_node(r->document, p->value), depth + 1);
    return n;
}

static int add(struct reader *r, struct eg_compare_part *part, const char *key, const char *value,
               const yaml_node_t *node)
{
    for (size_t i = 0; i < part->n; i++)
        if (!strcmp(part->options[i].key, key))
            return FAIL_AT(r, node, "%s stands twice; the first is at %s", key,
                           part->options[i].origin);
    const char *origin = origin_of(r, node);
    if (!origin)
        return no_memory(r);
    part->options[part->n++] =
        (struct eg_compare_option){.key = key, .value = value, .origin = origin};
    return EG_OK;
}

/* [10, 20, 30] as "10,20,30". */
static int join(struct reader *r, const yaml_node_t *node, const char *key, const char **joined)
{
    *joined = "";
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        const yaml_node_t *item = yaml_document_get_node(r->document, *i);
        if (item->type != YAML_SCALAR_NODE || is_null(item) || strchr(text_of(item), ','))
            return FAIL_AT(r, item, "%s: a list holds single values only", key);
        *joined = say(r->c->arena, "%s%s%s", *joined, **joined ? "," : "", text_of(item));
        if (!*joined)
            return no_memory(r);
    }
    return EG_OK;
}

static int nested(struct reader *r, struct eg_compare_part *part, const yaml_node_t *node,
                  const char *prefix, int depth)
{
    if (depth > DEPTH_MAX)
        return FAIL_AT(r, node, "nested too deep: more than %d levels", DEPTH_MAX);
    int ret = EG_OK;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
         !ret && p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *name = yaml_document_get_node(r->document, p->key);
        const yaml_node_t *value = yaml_document_get_node(r->document, p->value);
        const char *key, *text;
        if ((ret = scalar(r, name, "a key", &key)))
            break;
        if (*prefix && !(key = say(r->c->arena, "%s.%s", prefix, key)))
            return no_memory(r);
        if (value->type == YAML_MAPPING_NODE) {
            ret = nested(r, part, value, key, depth + 1);
        } else if (value->type == YAML_SEQUENCE_NODE) {
            if (!(ret = join(r, value, key, &text)))
                ret = add(r, part, key, text, value);
        } else if (is_null(value)) {
            ret = FAIL_AT(r, name, "%s has no value; write \"\" for an empty text", key);
        } else if (!*prefix && !strcmp(key, "preset")) {
            if (part->preset)
                ret = FAIL_AT(r, name, "preset stands twice");
            else
                ret = scalar(r, value, "a preset", &part->preset);
        } else {
            text = eg_arena_string(r->c->arena, text_of(value));
            ret = text ? add(r, part, key, text, value) : no_memory(r);
        }
    }
    return ret;
}

/* A mapping of options, a list of KEY=VALUE, or nothing. */
static int read_part(struct reader *r, struct eg_compare_part *part, const yaml_node_t *node,
                     const char *what)
{
    int ret = EG_OK;
    const size_t room = options_of(r, node, 0);
    if (room > OPTIONS_MAX)
        return FAIL_AT(r, node, "more than %d options", OPTIONS_MAX);
    part->options = eg_arena_zeros(r->c->arena, room + 1, sizeof *part->options);
    if (!part->options)
        return no_memory(r);
    if (is_null(node))
        return EG_OK;
    if (node->type == YAML_MAPPING_NODE)
        return nested(r, part, node, "", 1);
    if (node->type != YAML_SEQUENCE_NODE)
        return FAIL_AT(r, node, "%s is a mapping of options or a list of KEY=VALUE", what);
    for (yaml_node_item_t *i = node->data.sequence.items.start;
         !ret && i < node->data.sequence.items.top; i++) {
        const yaml_node_t *item = yaml_document_get_node(r->document, *i);
        const char *text;
        if ((ret = scalar(r, item, "an item of the list", &text)))
            break;
        const char *equals = strchr(text, '=');
        if (!equals || equals == text)
            return FAIL_AT(r, item, "%s: an item of the list is KEY=VALUE", text);
        const char *key = say(r->c->arena, "%.*s", (int) (equals - text), text);
        if (!key)
            return no_memory(r);
        if (!strcmp(key, "preset"))
            part->preset = equals + 1;
        else
            ret = add(r, part, key, equals + 1, item);
    }
    return ret;
}

/* --- labels --- */

/* A label as a name of a file: letters, digits and . _ +, all else a '-'. */
static char *file_of(struct eg_arena *arena, const char *label)
{
    char *file = eg_arena_string(arena, label);
    if (!file)
        return NULL;
    size_t n = 0;
    for (const char *p = label; *p; p++) {
        const int plain = isalnum((unsigned char) *p) || strchr("._+", *p);
        const char c = plain && !(n == 0 && *p == '.') ? *p : '-';
        if (c != '-' || (n > 0 && file[n - 1] != '-'))
            file[n++] = c;
    }
    while (n > 0 && file[n - 1] == '-')
        n--;
    file[n] = '\0';
    return file;
}

static int name_part(struct eg_comparison *c, struct eg_compare_part *parts, size_t n,
                     const char *label, const char *origin, struct eg_message *message)
{
    struct eg_compare_part *part = &parts[n];
    *part = (struct eg_compare_part){.label = label, .origin = origin};
    if (!(part->file = file_of(c->arena, label)) || !origin)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", c->name);
    if (strlen(label) > 60 || !*part->file)
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "%s: '%s': a label has 1 to 60 characters, letters or digits among them",
                       origin, label);
    for (const char *p = label; *p; p++)
        if (iscntrl((unsigned char) *p))
            return EG_FAIL(EG_ERR_CONFIG, message, "%s: a label is one line", origin);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(parts[i].file, part->file))
            return EG_FAIL(EG_ERR_CONFIG, message,
                           "%s: '%s' and '%s', at %s, would be files of one name", origin, label,
                           parts[i].label, parts[i].origin);
    return EG_OK;
}

static int read_parts(struct reader *r, const yaml_node_t *node, const char *what, size_t most,
                      struct eg_compare_part **parts, size_t *n)
{
    if (node->type != YAML_MAPPING_NODE
        || node->data.mapping.pairs.top == node->data.mapping.pairs.start)
        return FAIL_AT(r, node, "%ss are a mapping of labels to options", what);
    const size_t count = (size_t) (node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (count > most)
        return FAIL_AT(r, node, "%zu %ss; allowed are at most %zu", count, what, most);
    int ret = EG_OK;
    *n = 0;
    *parts = eg_arena_zeros(r->c->arena, most, sizeof **parts);
    if (!*parts)
        return no_memory(r);
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
         !ret && p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *name = yaml_document_get_node(r->document, p->key);
        const char *label;
        if ((ret = scalar(r, name, "a label", &label))
            || (ret = name_part(r->c, *parts, *n, label, origin_of(r, name), r->message)))
            break;
        struct eg_compare_part *part = &(*parts)[(*n)++];
        ret = read_part(r, part, yaml_document_get_node(r->document, p->value), what);
        if (!ret && part->preset && !strcmp(what, "scheme"))
            ret = FAIL_AT(r, name, "scheme '%s': a preset is of a task or of all", label);
    }
    return ret;
}

/* --- the whole --- */

static int seeds(const char *text, long *first, long *last)
{
    char *end;
    errno = 0;
    *first = strtol(text, &end, 10);
    if (end == text || strncmp(end, "..", 2) != 0)
        return 0;
    const char *second = end + 2;
    *last = strtol(second, &end, 10);
    return end != second && !*end && !errno && *first >= 0 && *last >= *first && *last <= 4294967295
           && *last - *first < EG_COMPARE_SEEDS_MAX;
}

static int read_seeds(struct reader *r, const yaml_node_t *node)
{
    const char *text;
    const int ret = scalar(r, node, "seeds", &text);
    if (ret)
        return ret;
    if (!seeds(text, &r->c->seed_first, &r->c->seed_last))
        return FAIL_AT(r, node,
                       "seeds = %s is not A..B with 0 <= A <= B <= 4294967295, at most %d of them",
                       text, EG_COMPARE_SEEDS_MAX);
    return EG_OK;
}

static int read_match(struct reader *r, const yaml_node_t *node)
{
    const char *text;
    const int ret = scalar(r, node, "match", &text);
    if (ret)
        return ret;
    for (int k = 0; eg_compare_matches[k]; k++)
        if (!strcmp(text, eg_compare_matches[k])) {
            r->c->match = (enum eg_compare_match) k;
            return EG_OK;
        }
    return FAIL_AT(r, node, "match = %s is not one of none, parameters", text);
}

static int read_root(struct reader *r)
{
    static const char *const keys[] = {"preset", "seeds", "match", "base", "tasks", "schemes"};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    struct eg_comparison *c = r->c;
    const yaml_node_t *root = yaml_document_get_root_node(r->document);
    int ret = EG_OK, seen[KEYS] = {0};
    if (!root || root->type != YAML_MAPPING_NODE)
        return EG_FAIL(EG_ERR_CONFIG, r->message,
                       "%s: a comparison is a mapping with tasks and schemes", c->name);
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
         !ret && p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *name = yaml_document_get_node(r->document, p->key);
        const yaml_node_t *value = yaml_document_get_node(r->document, p->value);
        const char *key;
        size_t k = 0;
        if ((ret = scalar(r, name, "a key", &key)))
            break;
        while (k < KEYS && strcmp(keys[k], key) != 0)
            k++;
        if (k == KEYS) {
            const char *near = eg_nearest(key, keys, KEYS);
            return FAIL_AT(r, name,
                           "%s: no such key%s%s%s; a comparison has preset, seeds, match, base, "
                           "tasks, schemes",
                           key, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        }
        if (seen[k]++)
            return FAIL_AT(r, name, "%s stands twice in this file", key);
        const char *preset = c->base.preset;
        switch (k) {
        case 0:
            ret = scalar(r, value, "a preset", &c->base.preset);
            break;
        case 1:
            ret = read_seeds(r, value);
            break;
        case 2:
            ret = read_match(r, value);
            break;
        case 3:
            c->base.preset = NULL;
            ret = read_part(r, &c->base, value, "base");
            if (!ret && preset && c->base.preset)
                ret = FAIL_AT(r, name, "preset stands twice");
            c->base.preset = c->base.preset ? c->base.preset : preset;
            break;
        case 4:
            ret = read_parts(r, value, "task", EG_COMPARE_TASKS_MAX, &c->tasks, &c->n_tasks);
            break;
        default:
            ret =
                read_parts(r, value, "scheme", EG_COMPARE_SCHEMES_MAX, &c->schemes, &c->n_schemes);
        }
    }
    if (!ret && (!c->n_tasks || !c->n_schemes))
        ret = FAIL_AT(r, root, "there are no %s", c->n_tasks ? "schemes" : "tasks");
    for (size_t t = 0; !ret && t < c->n_tasks; t++)
        if (!c->tasks[t].preset && !c->base.preset)
            ret = EG_FAIL(EG_ERR_CONFIG, r->message,
                          "%s: task '%s' names no preset, and neither does the comparison",
                          c->tasks[t].origin, c->tasks[t].label);
    return ret;
}

static int begin(struct eg_comparison *c, const char *name, struct eg_message *message)
{
    *c = (struct eg_comparison){.name = name, .seed_first = 1, .seed_last = 5};
    int ret = eg_arena_init(&c->arena, 0);
    if (!ret && !(c->name = eg_arena_string(c->arena, name)))
        ret = EG_RAISE(EG_ERR_NOMEM);
    c->base.label = c->base.file = "base";
    return ret ? EG_FAIL(ret, message, "%s: out of memory", name) : EG_OK;
}

int eg_compare_read(struct eg_comparison *c, const char *name, const char *text,
                    struct eg_message *message)
{
    int ret = begin(c, name, message);
    if (ret)
        return ret;
    yaml_parser_t parser;
    yaml_document_t document;
    struct reader r = {.c = c, .document = &document, .message = message};
    if (!yaml_parser_initialize(&parser))
        return no_memory(&r);
    yaml_parser_set_input_string(&parser, (const unsigned char *) text, strlen(text));
    if (!yaml_parser_load(&parser, &document)) {
        ret = parser.error == YAML_MEMORY_ERROR
                  ? no_memory(&r)
                  : fail_at(&r, parser.problem_mark, __LINE__, "not valid YAML: %s",
                            parser.problem ? parser.problem : "no reason given");
        yaml_parser_delete(&parser);
        return ret;
    }
    ret = read_root(&r);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return ret;
}

void eg_compare_free(struct eg_comparison *c)
{
    eg_arena_free(&c->arena);
    *c = (struct eg_comparison){.name = NULL};
}

/* --- the command line --- */

enum { FILE_BYTES_MAX = 256 * 1024 };

static int read_file(const char *path, char **text, struct eg_message *message)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return EG_FAIL(EG_ERR_IO, message, "%s: cannot be opened: %s", path, strerror(errno));
    int ret = EG_OK;
    size_t n = 0;
    *text = malloc(FILE_BYTES_MAX + 2);
    if (!*text)
        ret = EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", path);
    else if ((n = fread(*text, 1, FILE_BYTES_MAX + 1, file)) > FILE_BYTES_MAX || ferror(file))
        ret = EG_FAIL(EG_ERR_IO, message, "%s: cannot be read, or is larger than %d bytes", path,
                      FILE_BYTES_MAX);
    fclose(file);
    if (!ret && memchr(*text, 0, n))
        ret = EG_FAIL(EG_ERR_CONFIG, message, "%s: not a text", path);
    if (!ret)
        (*text)[n] = '\0';
    return ret;
}

/* Whether a line begins with "schemes:" or "tasks:". */
static int has_schemes(const char *text)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, "schemes:", 8) || !strncmp(line, "tasks:", 6))
            return 1;
    }
    return 0;
}

/* A preset or configuration: the task, and the first scheme. */
static int of_preset(struct eg_comparison *c, const char *name, struct eg_message *message)
{
    int ret = begin(c, name, message);
    if (ret)
        return ret;
    char plain[512];
    eg_setup_file(plain, sizeof plain, name, -1);
    plain[strlen(plain) - 3] = '\0'; /* ".h5" */
    c->tasks = eg_arena_zeros(c->arena, EG_COMPARE_TASKS_MAX, sizeof *c->tasks);
    c->schemes = eg_arena_zeros(c->arena, EG_COMPARE_SCHEMES_MAX, sizeof *c->schemes);
    const char *label = eg_arena_string(c->arena, plain);
    if (!c->tasks || !c->schemes || !label)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", name);
    if ((ret = name_part(c, c->tasks, 0, label, c->name, message))
        || (ret = name_part(c, c->schemes, 0, "as it is", c->name, message)))
        return ret;
    c->n_tasks = c->n_schemes = 1;
    c->tasks[0].preset = c->name;
    return EG_OK;
}

/* "[LABEL: ]KEY=VALUE[ KEY=VALUE ...]" */
static int add_scheme(struct eg_comparison *c, const char *text, struct eg_message *message)
{
    const char *equals = strchr(text, '='), *colon = strstr(text, ": ");
    if (!equals)
        return EG_FAIL(EG_ERR_CONFIG, message,
                       "'%s' is no scheme: [LABEL: ]KEY=VALUE, with blanks between several", text);
    if (c->n_schemes == EG_COMPARE_SCHEMES_MAX)
        return EG_FAIL(EG_ERR_CONFIG, message, "more than %d schemes", EG_COMPARE_SCHEMES_MAX);
    const int labelled = colon && colon < equals;
    const char *label = labelled ? say(c->arena, "%.*s", (int) (colon - text), text) : text;
    char *rest = eg_arena_string(c->arena, labelled ? colon + 2 : text);
    struct eg_compare_option *options = eg_arena_zeros(c->arena, strlen(text) + 1, sizeof *options);
    if (!label || !rest || !options)
        return EG_FAIL(EG_ERR_NOMEM, message, "%s: out of memory", c->name);
    int ret = name_part(c, c->schemes, c->n_schemes, label, say(c->arena, "'%s'", text), message);
    if (ret)
        return ret;
    struct eg_compare_part *part = &c->schemes[c->n_schemes++];
    part->options = options;
    char *save = NULL;
    for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        if (!value || value == word)
            return EG_FAIL(EG_ERR_CONFIG, message, "'%s': %s is not KEY=VALUE", text, word);
        *value++ = '\0';
        options[part->n++] =
            (struct eg_compare_option){.key = word, .value = value, .origin = part->origin};
    }
    return EG_OK;
}

static const struct eg_preset *built_in(const char *name)
{
    for (const struct eg_preset *p = eg_comparisons; p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

int eg_compare_open(struct eg_comparison *c, const struct eg_command *command,
                    struct eg_message *message)
{
    const char *name = command->target[0];
    const struct eg_preset *found = built_in(name);
    const char *dot = strrchr(name, '.');
    const int is_yaml = dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
    char *text = NULL;
    int ret = EG_OK;
    *c = (struct eg_comparison){.name = name};
    if (found) {
        ret = eg_compare_read(c, name, found->yaml, message);
    } else if (eg_preset_find(name)) {
        ret = of_preset(c, name, message);
    } else if (is_yaml) {
        if (!(ret = read_file(name, &text, message)))
            ret = has_schemes(text) ? eg_compare_read(c, name, text, message)
                                    : of_preset(c, name, message);
    } else {
        const char *names[256];
        size_t n = 0;
        for (const struct eg_preset *p = eg_comparisons; p->name && n < 256; p++)
            names[n++] = p->name;
        for (const struct eg_preset *p = eg_presets; p->name && n < 256; p++)
            names[n++] = p->name;
        ret = eg_setup_unknown("comparison, preset or file", name, names, n, message);
    }
    free(text);
    for (size_t i = 1; !ret && i < command->targets; i++)
        ret = add_scheme(c, command->target[i], message);
    if (!ret && command->has_seeds) {
        if (command->seed_last - command->seed_first >= EG_COMPARE_SEEDS_MAX)
            return EG_FAIL(EG_ERR_CONFIG, message, "--seeds: at most %d of them",
                           EG_COMPARE_SEEDS_MAX);
        c->seed_first = command->seed_first;
        c->seed_last = command->seed_last;
    }
    return ret;
}
