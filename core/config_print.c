#include "core/config.h"

#include <stdlib.h>

#include "core/config_private.h"

/* Room for the value of an option of any kind. */
union value {
    long whole;
    double real;
    int index;
    const char *text;
    struct eg_list list;
    struct eg_reals reals;
};

static int is_preset(const struct eg_option *row, const void *value)
{
    union value preset;
    if (eg_option_preset(row, &preset, NULL))
        return 0;
    switch (row->kind) {
    case EG_OPT_INT:
        return *(const long *) value == preset.whole;
    case EG_OPT_REAL:
        return memcmp(value, &preset.real, sizeof preset.real) == 0;
    case EG_OPT_BOOL:
    case EG_OPT_CHOICE:
        return *(const int *) value == preset.index;
    case EG_OPT_TEXT: {
        const char *const text = *(const char *const *) value;
        return strcmp(text ? text : "", preset.text) == 0;
    }
    case EG_OPT_LIST: {
        const struct eg_list *const list = value;
        return list->n == preset.list.n
               && memcmp(list->at, preset.list.at, list->n * sizeof list->at[0]) == 0;
    }
    case EG_OPT_REALS: {
        const struct eg_reals *const list = value;
        return list->n == preset.reals.n
               && memcmp(list->at, preset.reals.at, list->n * sizeof list->at[0]) == 0;
    }
    }
    return 0;
}

/* Names of files may hold anything; a comment ends with its line. */
static void put_in_comment(struct eg_sink *sink, const char *text)
{
    while (*text) {
        unsigned long c = 0;
        const size_t n = eg_utf8_decode(text, &c);
        if (n > 0 && eg_utf8_printable(c))
            eg_sink_put(sink, text, n);
        else
            eg_sink_put(sink, "?", 1);
        text += n > 0 ? n : 1;
    }
}

static void put_comment(struct eg_sink *sink, const struct eg_config *config, const char *key,
                        const struct eg_option *row, const void *value)
{
    eg_sink_format(sink, "  # ");
    put_in_comment(sink, row->help ? row->help : "");
    if (row->unit && *row->unit && strcmp(row->unit, "1") != 0)
        eg_sink_format(sink, " [%s]", row->unit);

    char range[512] = "";
    eg_option_put_range(&(struct eg_sink){.buffer = range, .size = sizeof range}, row);
    if (range[0]) {
        eg_sink_format(sink, "; ");
        put_in_comment(sink, range);
    }
    if (!is_preset(row, value)) {
        const struct eg_assignment *const a = eg_config_last(config, key);
        eg_sink_format(sink, "; from ");
        put_in_comment(sink, a ? a->origin : "the program");
    }
}

/* All groups of one prefix stand together: a YAML key may come only once. */
static void put_groups(struct eg_sink *sink, const struct eg_config *config, const char *prefix,
                       int comments)
{
    const char *indent = "";
    for (const struct eg_config_group *g = config->groups; g; g = g->next) {
        if (strcmp(g->prefix, prefix) != 0)
            continue;
        for (size_t i = 0; i < g->n; i++) {
            if (*prefix && !*indent) {
                eg_sink_format(sink, "%s:\n", prefix);
                indent = "  ";
            }
            const struct eg_option *const row = &g->rows[i];
            const void *const value = g->target + row->offset;
            eg_sink_format(sink, "%s%s: ", indent, row->key);
            eg_option_put(sink, row, value);
            if (comments)
                put_comment(sink, config, g->keys[i], row, value);
            eg_sink_format(sink, "\n");
        }
    }
}

static void put_all(struct eg_sink *sink, const struct eg_config *config, int comments)
{
    put_groups(sink, config, "", comments);
    for (const struct eg_config_group *g = config->groups; g; g = g->next) {
        const struct eg_config_group *same = config->groups;
        while (strcmp(same->prefix, g->prefix) != 0)
            same = same->next;
        if (*g->prefix && same == g)
            put_groups(sink, config, g->prefix, comments);
    }
}

char *eg_config_yaml(const struct eg_config *config, int comments)
{
    struct eg_sink sink = {.buffer = NULL};
    put_all(&sink, config, comments);
    const size_t size = sink.length + 1;
    char *const text = malloc(size);
    if (!text)
        return NULL;
    text[0] = '\0';
    sink = (struct eg_sink){.buffer = text, .size = size};
    put_all(&sink, config, comments);
    return text;
}
