#include "experiments/command.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"

enum kind { SWITCH, TEXT, COUNT, NUMBER, SETTING, SEED, SEEDS };

struct flag {
    char letter;       /* in eg_verb.flags               */
    const char *name;  /* as typed                       */
    const char *value; /* shown in help; NULL: a switch  */
    enum kind kind;
    size_t at; /* in struct eg_command           */
    const char *help;
    double most;     /* COUNT: largest value allowed   */
    const char *key; /* SETTING: what it sets; NULL: `value` says so */
};

#define AT(field) offsetof(struct eg_command, field)
/* clang-format off */
static const struct flag flags[] = {
    {'s', "-s",             "KEY=VALUE", SETTING, 0,                "set an option (repeatable; later ones win)", 0, NULL},
    {'o', "-o",             "FILE",      TEXT,    AT(output),       "output: the run file, data file or figure prefix", 0, NULL},
    {'n', "--seed",         "N",         SEED,    0,                "seed of all random numbers (drawn and stored when not given)", 0, NULL},
    {'S', "--seeds",        "A..B",      SEEDS,   0,                "one run for each seed from A to B, and a summary; those done already count", 0, NULL},
    {'z', "--sizes",        "N,N,...",   SETTING, 0,                "numbers of sites; with two or more, finite-size scaling", 0, "capacity.sizes"},
    {'Z', "--sizes",        "N,N,...",   SETTING, 0,                "numbers of sites", 0, "basin.sizes"},
    {'t', "--threads",      "N",         COUNT,   AT(threads),      "threads (default: as many as there are processors)", 1024, NULL},
    {'J', "--jobs",         "N",         COUNT,   AT(jobs),         "of --seeds: runs at a time, which share the threads (default: as many as threads)", 256, NULL},
    {'q', "-q",             NULL,        SWITCH,  AT(quiet),        "no progress", 0, NULL},
    {'j', "--json",         NULL,        SWITCH,  AT(json),         "one JSON object a report on standard output", 0, NULL},
    {'d', "--dry-run",      NULL,        SWITCH,  AT(dry_run),      "say what would be done: parameters, memory, disk, time", 0, NULL},
    {'p', "--print-config", NULL,        SWITCH,  AT(print_config), "print the effective configuration and stop", 0, NULL},
    {'f', "--force",        NULL,        SWITCH,  AT(force),        "overwrite files that exist", 0, NULL},
    {'D', "--dump",         "N",         COUNT,   AT(dump),         "write N training sequences of the task to the file of -o and stop", 1e9, NULL},
    {'r', "--require",      "COST",      NUMBER,  AT(require),      "exit 4 unless the final cost is at most COST bit/sequence", 0, NULL},
    {'F', "--format",       "FORMAT",    TEXT,    AT(format),       "svg, png or pdf", 0, NULL},
    {'w', "--figure",       "NAME",      TEXT,    AT(figure),       "only this figure: learning, compare, generalisation, sequence, heads, prediction, priority, energy, states, weights, capacity, retrieved, scaling, census, error, basin, attention, positions, tasks, splits, schemes, traces, health or cost", 0, NULL},
    {'l', "--slots",        "N,N,...",   TEXT,    AT(slots),        "sizes of the memory: time and memory of a sequence at each", 0, NULL},
    {'c', "--components",   "N",         COUNT,   AT(components),   "components checked of each tensor (0: all)", 1e9, NULL},
    {'h', "--help",         NULL,        SWITCH,  AT(help),         "this text", 0, NULL},
};
/* clang-format on */
enum { FLAGS = sizeof flags / sizeof flags[0] };

static int number(const char *text, double low, double high, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return end != text && !*end && !errno && isfinite(*out) && *out >= low && *out <= high;
}

static int seeds(struct eg_command *c, const char *text)
{
    char *end;
    errno = 0;
    c->seed_first = strtol(text, &end, 10);
    if (end == text || strncmp(end, "..", 2) != 0)
        return 0;
    const char *second = end + 2;
    c->seed_last = strtol(second, &end, 10);
    c->has_seeds = 1;
    return end != second && !*end && !errno && c->seed_first >= 0 && c->seed_last >= c->seed_first
           && c->seed_last <= 4294967295;
}

static int apply(struct eg_command *c, const struct flag *flag, const char *value,
                 struct eg_message *message)
{
    char *at = (char *) c + flag->at;
    double x;
    switch (flag->kind) {
    case SWITCH:
        memcpy(at, &(int){1}, sizeof(int));
        return EG_OK;
    case TEXT:
        memcpy(at, &value, sizeof value);
        return EG_OK;
    case COUNT:
        if (!number(value, 0, flag->most, &x) || x != floor(x))
            return EG_FAIL(EG_ERR_CONFIG, message, "%s %s: not a whole number from 0 to %.0f",
                           flag->name, value, flag->most);
        memcpy(at, &(long){(long) x}, sizeof(long));
        return EG_OK;
    case NUMBER:
        if (!number(value, 0, 1e300, &x))
            return EG_FAIL(EG_ERR_CONFIG, message, "%s %s: not a number of at least 0", flag->name,
                           value);
        memcpy(at, &x, sizeof x);
        return EG_OK;
    case SEEDS:
        if (!seeds(c, value))
            return EG_FAIL(EG_ERR_CONFIG, message,
                           "--seeds %s: not A..B with 0 <= A <= B <= 4294967295", value);
        return EG_OK;
    case SEED:
    case SETTING:
        if (c->n_settings == EG_SETTINGS_MAX)
            return EG_FAIL(EG_ERR_CONFIG, message, "more than %d settings", EG_SETTINGS_MAX);
        c->settings[c->n_settings++] =
            (struct eg_setting){.text = value, .origin = flag->name, .key = flag->key};
        return EG_OK;
    }
    return EG_OK;
}

static int unknown_flag(const char *text, const struct eg_verb *verb, struct eg_message *message)
{
    const char *names[FLAGS];
    size_t n = 0;
    for (size_t i = 0; i < FLAGS; i++)
        if (flags[i].letter == 'h' || strchr(verb->flags, flags[i].letter))
            names[n++] = flags[i].name;
    const char *near = eg_nearest(text, names, n);
    return EG_FAIL(EG_ERR_CONFIG, message, "engram %s has no flag %s%s%s; see engram %s --help",
                   verb->name, text, near ? "; did you mean " : "", near ? near : "", verb->name);
}

static int find_verb(const char *name, const struct eg_verb **verb, struct eg_message *message)
{
    const char *names[64];
    size_t n = 0;
    for (const struct eg_verb *const *v = eg_verbs; *v; v++) {
        if (!strcmp((*v)->name, name)) {
            *verb = *v;
            return EG_OK;
        }
        names[n++] = (*v)->name;
    }
    const char *near = eg_nearest(name, names, n);
    return EG_FAIL(EG_ERR_CONFIG, message, "there is no verb '%s'%s%s%s; see engram --help", name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int eg_command_parse(struct eg_command *c, int argc, char **argv, const struct eg_verb **verb,
                     struct eg_message *message)
{
    memset(c, 0, sizeof *c);
    c->require = -1;
    c->dump = -1;
    c->components = 12;
    c->argc = argc;
    c->argv = argv;
    *verb = NULL;
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")
        || !strcmp(argv[1], "help")) {
        c->help = 1;
        return argc < 2 ? EG_FAIL(EG_ERR_CONFIG, message, "a verb is missing; see engram --help")
                        : EG_OK;
    }
    int ret = find_verb(argv[1], verb, message);
    if (ret)
        return ret;
    c->verb = (*verb)->name;
    for (int i = 2; i < argc; i++) {
        const char *text = argv[i];
        if (text[0] != '-' || !text[1]) {
            if (c->targets == EG_TARGETS_MAX || c->targets == (*verb)->targets_max)
                return EG_FAIL(EG_ERR_CONFIG, message,
                               "'%s' is one argument too many; see engram %s --help", text,
                               (*verb)->name);
            c->target[c->targets++] = text;
            continue;
        }
        const struct flag *flag = NULL;
        const char *value = NULL;
        for (size_t f = 0; f < FLAGS && !flag; f++) {
            const size_t n = strlen(flags[f].name);
            if (flags[f].letter != 'h' && !strchr((*verb)->flags, flags[f].letter))
                continue;
            if (!strcmp(text, flags[f].name) || (flags[f].letter == 'h' && !strcmp(text, "-h")))
                flag = &flags[f];
            else if (n > 2 && flags[f].value && !strncmp(text, flags[f].name, n)
                     && text[n] == '=') {
                flag = &flags[f];
                value = text + n + 1;
            }
        }
        if (!flag)
            return unknown_flag(text, *verb, message);
        if (flag->value && !value) {
            if (i + 1 == argc)
                return EG_FAIL(EG_ERR_CONFIG, message, "%s needs a value: %s %s", flag->name,
                               flag->name, flag->value);
            value = argv[++i];
        }
        if ((ret = apply(c, flag, value, message)))
            return ret;
    }
    if (!c->help && c->targets < (*verb)->targets_min)
        return EG_FAIL(EG_ERR_CONFIG, message, "engram %s needs %s; see engram %s --help",
                       (*verb)->name, (*verb)->target, (*verb)->name);
    return EG_OK;
}

void eg_command_help(const struct eg_verb *verb)
{
    if (!verb) {
        printf("engram: networks that have a memory\n\n");
        for (const struct eg_verb *const *v = eg_verbs; *v; v++) {
            char left[64];
            snprintf(left, sizeof left, "engram %s %s", (*v)->name, (*v)->target);
            printf("  %-34s %s\n", left, (*v)->summary);
        }
        printf(
            "\nengram VERB --help says more.  Exit: 0 done, 1 rerun or diff differ, 2 usage or "
            "configuration, 3 diverged,"
            "\n4 --require not met, 5 input or output, 75 interrupted (engram resume goes on).\n");
        return;
    }
    printf("engram %s %s\n\n%s\n\n", verb->name, verb->target, verb->detail);
    for (size_t i = 0; i < FLAGS; i++)
        if (flags[i].letter == 'h' || strchr(verb->flags, flags[i].letter)) {
            char left[40];
            snprintf(left, sizeof left, "%s %s", flags[i].name,
                     flags[i].value ? flags[i].value : "");
            printf("  %-20s %s\n", left, flags[i].help);
        }
}

int eg_command_fail(int status, const struct eg_message *message)
{
    fprintf(stderr, "engram: %s\n",
            message && message->text[0] ? message->text : eg_status_text(status));
    switch (status) {
    case EG_ERR_DIVERGED:
        return EG_EXIT_DIVERGED;
    case EG_ERR_CONFIG:
    case EG_ERR_RANGE:
    case EG_ERR_SHAPE:
        return EG_EXIT_USAGE;
    default:
        return EG_EXIT_IO;
    }
}
