/* experiments/setup.h -- what all experiments do with a configuration before they begin. */
#ifndef EG_EXPERIMENTS_SETUP_H
#define EG_EXPERIMENTS_SETUP_H

#include "core/arena.h"
#include "core/config.h"
#include "core/status.h"
#include "experiments/command.h"
#include "tensor/kernels.h"

/* The presets built into the program, NULL-ended: name and YAML text. */
struct eg_preset {
    const char *name, *yaml;
};
extern const struct eg_preset eg_presets[];
const struct eg_preset *eg_preset_find(const char *name);
/* The first comment line of a preset, without '#'.  Cut to `size`. */
void eg_preset_summary(const struct eg_preset *preset, char *buffer, size_t size);

/* The keys without a group. */
struct eg_run_options {
    long seed; /* -1: drawn */
    int kernels;
};

/* Reads the preset or file `name` (or `yaml`, the text of a configuration as a run file keeps it,
 * when that is not NULL: `name` then only stands for it in messages), then the settings; `seed` >=
 * 0 goes before all others.  Fails with EG_ERR_CONFIG, EG_ERR_IO, EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_setup_read(struct eg_config *config, const char *name, const char *yaml,
                                const struct eg_setting *settings, size_t n_settings, long seed,
                                struct eg_message *message);

/* Whether the configuration a verb was given (first target, settings) names an associative memory
 * (memory/associative.h).  No where it cannot be read: that will be said when it is read in
 * earnest.
 */
int eg_setup_is_associative(const struct eg_command *command);

/* Binds the keys without a group, and finds the kernels they ask for. */
EG_MUST_CHECK int eg_setup_run(struct eg_config *config, struct eg_run_options *run,
                               const struct eg_kernels **kernels, struct eg_message *message);

/* Binds a group to `size` new bytes of the arena. */
EG_MUST_CHECK int eg_setup_group(struct eg_arena *arena, struct eg_config *config,
                                 const char *prefix, const struct eg_option *rows, size_t size,
                                 void **target, struct eg_message *message);

/* A type is named by the key PREFIX.type: its only row, `row`.  *name is what it says. */
EG_MUST_CHECK int eg_setup_type(struct eg_arena *arena, struct eg_config *config,
                                const char *prefix, const struct eg_option *row, const char **name,
                                struct eg_message *message);
/* Rows for it. */
#define EG_TYPE_ROWS(name, preset, help_text)                                                \
    static const struct eg_option name[] = {                                                 \
        {.key = "type", .help = help_text, .kind = EG_OPT_TEXT, .unit = "", .text = preset}, \
        EG_OPTION_END}

/* "there is no WHAT 'NAME'", with the nearest of the names.  EG_ERR_CONFIG. */
int eg_setup_unknown(const char *what, const char *name, const char *const *names, size_t n,
                     struct eg_message *message);

/* "ntm-copy.h5" from "ntm/copy"; `seed` < 0 is left out.  Cut to `size`. */
void eg_setup_file(char *buffer, size_t size, const char *name, long seed);

/* "out/a.h5" and "3" give "out/a-3.h5"; NULL when out of memory.  Owner: the caller. */
char *eg_setup_beside(const char *output, const char *mark);

#endif
