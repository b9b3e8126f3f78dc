#include "experiments/setup.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "memory/associative.h"

static const char *const kernel_names[] = {"auto", "base", "avx2", "avx512", NULL};

#define RUN(field) offsetof(struct eg_run_options, field)
/* clang-format off */
static const struct eg_option run_rows[] = {
    {"seed",    "1", "of all random numbers; -1: one is drawn and stored", RUN(seed),    EG_OPT_INT,    -1, -1, 4294967295.0, NULL, NULL},
    {"kernels", "",  "inner loops: the best this machine runs, or a named table", RUN(kernels), EG_OPT_CHOICE, 0, 0, 0, kernel_names, NULL},
    EG_OPTION_END,
};
/* clang-format on */

const struct eg_preset *eg_preset_find(const char *name)
{
    for (const struct eg_preset *p = eg_presets; p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

void eg_preset_summary(const struct eg_preset *preset, char *buffer, size_t size)
{
    const char *text = preset->yaml;
    while (*text == '#' || *text == ' ')
        text++;
    const size_t n = strcspn(text, "\n");
    snprintf(buffer, size, "%.*s", (int) n, text);
}

int eg_setup_unknown(const char *what, const char *name, const char *const *names, size_t n,
                     struct eg_message *message)
{
    const char *near = eg_nearest(name, names, n);
    return EG_FAIL(EG_ERR_CONFIG, message, "there is no %s '%s'%s%s%s", what, name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int ends_with(const char *text, const char *end)
{
    const char *dot = strrchr(text, end[0]);
    return dot && !strcmp(dot, end);
}

/* A preset by name, or else a file. */
static int read_named(struct eg_config *config, const char *name, struct eg_message *message)
{
    const struct eg_preset *preset = eg_preset_find(name);
    if (preset)
        return eg_config_read_text(config, name, preset->yaml, message);
    struct stat info;
    if (ends_with(name, ".yaml") || ends_with(name, ".yml")
        || (stat(name, &info) == 0 && S_ISREG(info.st_mode)))
        return eg_config_read(config, name, message);
    const char *names[256];
    size_t count = 0;
    for (const struct eg_preset *p = eg_presets; p->name && count < 256; p++)
        names[count++] = p->name;
    const int ret = eg_setup_unknown("preset or file", name, names, count, message);
    if (message) {
        const size_t used = strlen(message->text);
        snprintf(message->text + used, sizeof message->text - used,
                 "; engram list presets shows all");
    }
    return ret;
}

int eg_setup_read(struct eg_config *config, const char *name, const char *yaml,
                  const struct eg_setting *settings, size_t n_settings, long seed,
                  struct eg_message *message)
{
    int ret =
        yaml ? eg_config_read_text(config, name, yaml, message) : read_named(config, name, message);
    for (size_t i = 0; i < n_settings && !ret; i++) {
        const struct eg_setting *s = &settings[i];
        if (s->key)
            ret = eg_config_set(config, s->key, s->text, s->origin, message);
        else if (!strcmp(s->origin, "-s") || s->origin[0] != '-')
            ret = eg_config_assign(config, s->text, s->origin, message);
        else
            ret = eg_config_set(config, s->origin + 2, s->text, s->origin, message);
    }
    if (!ret && seed >= 0) {
        char text[32];
        snprintf(text, sizeof text, "%ld", seed);
        ret = eg_config_set(config, "seed", text, "--seeds", message);
    }
    return ret;
}

int eg_setup_is_associative(const struct eg_command *c)
{
    struct eg_config *config;
    int found = 0;
    if (eg_config_init(&config))
        return 0;
    if (!eg_setup_read(config, c->target[0], NULL, c->settings, c->n_settings, -1, NULL))
        found = eg_associative_find(eg_config_text(config, "memory.type", "")) != NULL;
    eg_config_free(&config);
    return found;
}

int eg_setup_run(struct eg_config *config, struct eg_run_options *run,
                 const struct eg_kernels **kernels, struct eg_message *message)
{
    const int ret = eg_config_bind(config, "", run_rows, run, message);
    if (ret)
        return ret;
    *kernels = eg_kernels_find(kernel_names[run->kernels]);
    return *kernels ? EG_OK
                    : EG_FAIL(EG_ERR_CONFIG, message, "this machine cannot run kernels: %s",
                              kernel_names[run->kernels]);
}

int eg_setup_group(struct eg_arena *arena, struct eg_config *config, const char *prefix,
                   const struct eg_option *rows, size_t size, void **target,
                   struct eg_message *message)
{
    *target = eg_arena_zeros(arena, 1, size ? size : 1);
    if (!*target)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    return rows->key ? eg_config_bind(config, prefix, rows, *target, message) : EG_OK;
}

int eg_setup_type(struct eg_arena *arena, struct eg_config *config, const char *prefix,
                  const struct eg_option *row, const char **name, struct eg_message *message)
{
    void *chosen;
    const int ret =
        eg_setup_group(arena, config, prefix, row, sizeof(const char *), &chosen, message);
    if (!ret)
        *name = *(const char *const *) chosen;
    return ret;
}

void eg_setup_file(char *buffer, size_t size, const char *name, long seed)
{
    /* A preset's name has a '/' that is no directory; a file is taken to its stem. */
    const char *slash = eg_preset_find(name) ? NULL : strrchr(name, '/');
    char stem[256];
    snprintf(stem, sizeof stem, "%s", slash ? slash + 1 : name);
    char *dot = eg_preset_find(name) ? NULL : strrchr(stem, '.');
    if (dot)
        *dot = '\0';
    for (char *c = stem; *c; c++)
        if (*c == '/')
            *c = '-';
    if (seed >= 0)
        snprintf(buffer, size, "%s-%ld.h5", stem, seed);
    else
        snprintf(buffer, size, "%s.h5", stem);
}

char *eg_setup_beside(const char *output, const char *mark)
{
    const size_t n = strlen(output), room = n + strlen(mark) + sizeof "-.h5";
    const int stem = n > 3 && !strcmp(output + n - 3, ".h5") ? (int) n - 3 : (int) n;
    char *const path = malloc(room);
    if (path)
        snprintf(path, room, "%.*s-%s.h5", stem, output, mark);
    return path;
}
