/* core/config_private.h -- what the files of the configuration share; not installed.
 *
 * Assignments and groups are linked lists in the arena of the configuration: texts keep
 * their address until it is freed, and a file that turns out wrong is rewound as a whole. */
#ifndef EG_CORE_CONFIG_PRIVATE_H
#define EG_CORE_CONFIG_PRIVATE_H

#include <locale.h>
#include <string.h>

#include "core/arena.h"
#include "core/config.h"

enum eg_config_form {
    EG_CONFIG_APART,  /* origin says the place: "ntm.yaml:7:12", "--seed" */
    EG_CONFIG_JOINED, /* origin and "key=value" stood side by side: "-s"  */
};

struct eg_assignment {
    struct eg_assignment *next;
    const char *key, *value, *origin;
    enum eg_config_form form;
    int sequence; /* a YAML sequence: good for options of kind LIST and REALS only */
    int seen;     /* bind or text has looked at it                                */
};

/* `rows` and the dotted `keys` have `n` entries. */
struct eg_config_group {
    struct eg_config_group *next;
    const char *prefix;
    const struct eg_option *rows;
    char *target;
    const char **keys;
    size_t n;
};

/* A key that eg_config_text() was asked for. */
struct eg_config_asked {
    struct eg_config_asked *next;
    const char *key;
};

struct eg_config {
    struct eg_arena *arena;
    struct eg_assignment *first, *last;
    struct eg_config_group *groups, *last_group;
    struct eg_config_asked *asked;
};

/* printf() into the arena; NULL when out of memory. */
char *eg_config_format(struct eg_arena *arena, const char *format, ...) EG_PRINTF(2, 3);

/* The assignment that holds for `key`, or NULL. */
const struct eg_assignment *eg_config_last(const struct eg_config *config, const char *key);

/* Text that is written into a buffer as far as it fits; `length` counts all of it, so that a
 * first pass with no buffer gives the size for the second.  Pieces are put whole or not at
 * all, and nothing follows a piece that did not fit. */
struct eg_sink {
    char *buffer; /* may be NULL when size is 0            */
    size_t size;  /* of the buffer, with the final '\0'    */
    size_t length;
    int cut;
};

void eg_sink_put(struct eg_sink *sink, const char *bytes, size_t n);
void eg_sink_format(struct eg_sink *sink, const char *format, ...) EG_PRINTF(2, 3);

/* Reads `text` into `value` by the row; a TEXT keeps the pointer.  `problem` then holds the
 * rest of a sentence that starts "KEY = VALUE is": "out of range: 1 to 8 slots".
 * Fails with EG_ERR_CONFIG (wrong type), EG_ERR_RANGE; `value` is as before then. */
EG_MUST_CHECK int eg_option_parse(const struct eg_option *row, const char *text, void *value,
                                  struct eg_message *problem);

/* The preset of the row into `value`; fails in the same way where the row contradicts itself. */
EG_MUST_CHECK int eg_option_preset(const struct eg_option *row, void *value,
                                   struct eg_message *problem);

/* The value as YAML, and what it may be: "1 to 8 slots", "one of adam, sgd", or nothing. */
void eg_option_put(struct eg_sink *sink, const struct eg_option *row, const void *value);
void eg_option_put_range(struct eg_sink *sink, const struct eg_option *row);

/* Its numbers are real. */
static inline int eg_option_is_real(const struct eg_option *row)
{
    return row->kind == EG_OPT_REAL || row->kind == EG_OPT_REALS;
}

/* A host program may have chosen a locale that writes 0,5.  This thread's own is put aside
 * while a number is read or written; glibc's newlocale("C") allocates nothing. */
struct eg_locale {
    locale_t c, before;
};

struct eg_locale eg_locale_enter(void);
void eg_locale_leave(struct eg_locale locale);

static inline int eg_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char eg_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

/* The n characters at `text` are `word`, upper or lower case. */
static inline int eg_is_word(const char *text, size_t n, const char *word)
{
    if (strlen(word) != n)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (eg_lower(text[i]) != word[i])
            return 0;
    return 1;
}

/* Bytes of the UTF-8 character at `text` and its code point; 0 where it is none. */
size_t eg_utf8_decode(const char *text, unsigned long *code);

/* May stand in YAML as it is: neither a control character nor a line break. */
int eg_utf8_printable(unsigned long code);

#endif
