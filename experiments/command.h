/* experiments/command.h -- the command line: verb, what it acts on, flags.
 *
 * One table of flags serves the parser and `--help`; one table of verbs serves the dispatcher
 * and the overview. */
#ifndef EG_EXPERIMENTS_COMMAND_H
#define EG_EXPERIMENTS_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* Exit statuses of the program. */
enum eg_exit {
    EG_EXIT_DONE = 0,
    EG_EXIT_USAGE = 2,       /* usage or configuration  */
    EG_EXIT_DIVERGED = 3,    /* not finite              */
    EG_EXIT_REQUIRE = 4,     /* --require not met       */
    EG_EXIT_IO = 5,          /* input or output         */
    EG_EXIT_INTERRUPTED = 75 /* resumable               */
};

enum { EG_SETTINGS_MAX = 256, EG_TARGETS_MAX = 512 };

struct eg_setting {
    const char *text;   /* "key=value"              */
    const char *origin; /* "-s", "--seed"; or, of a file, where it stands */
    const char *key;    /* what a flag sets; NULL: as in text, or named as the flag */
};

struct eg_command {
    const char *verb;
    const char *target[EG_TARGETS_MAX]; /* what follows the verb               */
    size_t targets;
    struct eg_setting settings[EG_SETTINGS_MAX]; /* in the order given          */
    size_t n_settings;
    const char *output; /* -o                                                   */
    const char *format, *figure, *slots;
    long threads, jobs, dump, seed_first, seed_last, components;
    int has_seeds, quiet, json, dry_run, print_config, force, help;
    double require; /* bit/sequence; negative: none                             */
    int argc;
    char **argv;
};

/* One verb. */
struct eg_verb {
    const char *name, *target, *summary, *detail;
    const char *flags; /* letters of the flags it takes (see command.c)          */
    size_t targets_min, targets_max;
    int (*run)(const struct eg_command *command); /* an exit status               */
};

extern const struct eg_verb *const eg_verbs[];

/* Fills in `command` from the arguments.  EG_ERR_CONFIG with a message; for an unknown verb or
 * flag it names the nearest. */
EG_MUST_CHECK int eg_command_parse(struct eg_command *command, int argc, char **argv,
                                   const struct eg_verb **verb, struct eg_message *message);

/* Help: of one verb, or of the program for NULL.  To stdout. */
void eg_command_help(const struct eg_verb *verb);

/* Prints "engram: message" to stderr and gives the exit status that belongs to `status`. */
int eg_command_fail(int status, const struct eg_message *message);

int eg_verb_train(const struct eg_command *command);
int eg_verb_resume(const struct eg_command *command);
int eg_verb_rerun(const struct eg_command *command);
int eg_verb_evaluate(const struct eg_command *command);
int eg_verb_ask(const struct eg_command *command);
int eg_verb_recall(const struct eg_command *command);
int eg_verb_capacity(const struct eg_command *command);
int eg_verb_basin(const struct eg_command *command);
int eg_verb_plot(const struct eg_command *command);
int eg_verb_list(const struct eg_command *command);
int eg_verb_describe(const struct eg_command *command);
int eg_verb_gradcheck(const struct eg_command *command);
int eg_verb_bench(const struct eg_command *command);
int eg_verb_diff(const struct eg_command *command);
int eg_verb_check(const struct eg_command *command);
int eg_verb_compare(const struct eg_command *command);
int eg_verb_verify(const struct eg_command *command);

#endif
