/* From a comparison to YAML text. */
#include <stdio.h>
#include <stdlib.h>

#include "experiments/compare.h"

/* In double quotes. */
static void quote(FILE *to, const char *text)
{
    fputc('"', to);
    for (const char *p = text; *p; p++)
        if (*p == '"' || *p == '\\')
            fprintf(to, "\\%c", *p);
        else if ((unsigned char) *p < 32)
            fprintf(to, "\\x%02x", (unsigned) (unsigned char) *p);
        else
            fputc(*p, to);
    fputc('"', to);
}

static void put_part(FILE *to, const char *indent, const struct eg_compare_part *part)
{
    fputs(part->preset || part->n ? ":\n" : ": []\n", to);
    if (part->preset) {
        fprintf(to, "%s- ", indent);
        char text[1100];
        snprintf(text, sizeof text, "preset=%s", part->preset);
        quote(to, text);
        fputc('\n', to);
    }
    for (size_t i = 0; i < part->n; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s=%s", part->options[i].key, part->options[i].value);
        fprintf(to, "%s- ", indent);
        quote(to, text);
        fputc('\n', to);
    }
}

static void put_parts(FILE *to, const char *what, const struct eg_compare_part *parts, size_t n)
{
    fprintf(to, "%s:\n", what);
    for (size_t i = 0; i < n; i++) {
        fputs("  ", to);
        quote(to, parts[i].label);
        put_part(to, "    ", &parts[i]);
    }
}

char *eg_compare_yaml(const struct eg_comparison *c)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        return NULL;
    fprintf(to, "seeds: %ld..%ld\nmatch: %s\n", c->seed_first, c->seed_last,
            eg_compare_matches[c->match]);
    fputs("base", to);
    put_part(to, "  ", &c->base);
    put_parts(to, "tasks", c->tasks, c->n_tasks);
    put_parts(to, "schemes", c->schemes, c->n_schemes);
    const int bad = ferror(to);
    if (fclose(to) || bad) {
        free(text);
        return NULL;
    }
    return text;
}
