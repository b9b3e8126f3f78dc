/* core/config.h -- where the values of options come from.
 *
 * A configuration is a list of assignments (key, text, origin) in the order in which
 * they were made -- preset, file, `-s`, flag -- and a list of groups of options bound
 * to structures.  The last assignment to a key wins.  Groups may be bound one after the
 * other, since which options `memory.` has depends on the value of `memory.type`.
 *
 *     eg_config_init(&config);
 *     eg_config_read(config, "ntm-copy.yaml", &m);       YAML: nested or dotted keys
 *     eg_config_assign(config, "train.batch=32", "-s", &m);
 *     eg_config_bind(config, "train", rows, &options, &m);
 *     eg_config_finish(config, &m);                      unknown keys end here
 *
 * Every function that takes a message says there what is wrong: the file, line and
 * column or the flag; the key; the allowed range; for an unknown key the nearest one. */
#ifndef EG_CORE_CONFIG_H
#define EG_CORE_CONFIG_H

#include <stddef.h>

#include "core/option.h"
#include "core/status.h"

struct eg_config;

/* Owner: the caller.  Fails with EG_ERR_NOMEM; *config is then NULL. */
EG_MUST_CHECK int eg_config_init(struct eg_config **config);
void eg_config_free(struct eg_config **config);

/* Adds the assignments of a YAML file (one document, a mapping; nested mappings give
 * dotted keys; sequences of scalars give a list).  A file of comments only adds nothing.  A
 * key that stands twice in one file is an error; so are keys without a value, anchors,
 * aliases and tags.  Fails with EG_ERR_IO (cannot be read), EG_ERR_CONFIG (not YAML, not a
 * mapping, too deep, above 256 KiB), EG_ERR_NOMEM; nothing is added then. */
EG_MUST_CHECK int eg_config_read(struct eg_config *config, const char *path,
                                 struct eg_message *message);

/* The same from memory; `name` stands for the file in messages. */
EG_MUST_CHECK int eg_config_read_text(struct eg_config *config, const char *name, const char *text,
                                      struct eg_message *message);

/* Adds "key=value"; `origin` ("-s", "--seed") stands in messages.  EG_ERR_CONFIG when
 * there is no '=' or no key, or the value is not UTF-8. */
EG_MUST_CHECK int eg_config_assign(struct eg_config *config, const char *assignment,
                                   const char *origin, struct eg_message *message);

/* Adds key and value given apart. */
EG_MUST_CHECK int eg_config_set(struct eg_config *config, const char *key, const char *value,
                                const char *origin, struct eg_message *message);

/* The text last assigned to `key`, or `otherwise`; a YAML sequence reads "10,20,30".  Marks the
 * key as known; valid until the configuration is freed.  Only bound options are written by
 * eg_config_yaml(), so a key that is asked for here should be an option of some group too. */
const char *eg_config_text(struct eg_config *config, const char *key, const char *otherwise);

/* Presets, then the assignments made so far, into `target`.  `prefix` "" binds top-level keys;
 * a prefix may be bound several times with different rows.  `rows` and `target` must live as
 * long as the configuration.  Fails with EG_ERR_CONFIG (wrong type, a key bound twice),
 * EG_ERR_RANGE (out of range; the message names key, value, range and origin), EG_ERR_NOMEM;
 * the group is not bound then, and `target` may be written in part. */
EG_MUST_CHECK int eg_config_bind(struct eg_config *config, const char *prefix,
                                 const struct eg_option *rows, void *target,
                                 struct eg_message *message);

/* EG_ERR_CONFIG when an assignment's key belongs to no bound option, or it was made after the
 * option was bound; the message names its origin and the nearest known key.  EG_ERR_NOMEM.
 * A key GROUP.KEY that was set by eg_config_read() or eg_config_set() is passed over when an
 * eg_config_assign() of GROUP.type came after it, and the type is another now than it was before:
 * the key belonged to the type that was replaced. */
EG_MUST_CHECK int eg_config_finish(struct eg_config *config, struct eg_message *message);

/* The effective configuration as YAML that eg_config_read() takes, grouped by prefix, one
 * key a line; with `comments`, each line says help, unit, range and, where the value is not
 * the preset, where it came from.  The text belongs to the caller, who frees it with free().
 * NULL when out of memory. */
char *eg_config_yaml(const struct eg_config *config, int comments);

/* Walks over all bound options in order: `key` dotted; `value` points at the target field.  An
 * answer of `visit` other than 0 ends the walk and is passed on. */
typedef int eg_config_visit(void *context, const char *key, const struct eg_option *row,
                            const void *value);
EG_MUST_CHECK int eg_config_walk(const struct eg_config *config, eg_config_visit *visit,
                                 void *context);

/* The value of one option as text, as eg_config_yaml() writes it: texts in double quotes,
 * lists in brackets, reals with a point.  Cut to `size`, never within a character. */
void eg_option_print(char *buffer, size_t size, const struct eg_option *row, const void *value);

/* The name in `names` (n of them) nearest to `name` (edit distance with transposition), or NULL
 * where nothing is near enough to be meant (distance above max(2, a third of the length), or no
 * letter in common). */
const char *eg_nearest(const char *name, const char *const *names, size_t n);

#endif
