/* core/option.h -- a knob is one row.
 *
 * A row says what a key means, what it may be and what it is when nobody says
 * anything.  Parser, `--help`, configuration file, range check, echo and the typed
 * values of the run file all come from the row; nothing about an option is written
 * twice.  Rows stand in a table that ends with EG_OPTION_END.
 *
 * Both ends of a range belong to it; -INFINITY and INFINITY say that there is none.  The
 * preset lies in the range: eg_config_bind() refuses a row that contradicts itself.  Numbers
 * are decimal, whatever the locale; 1e6 is a whole number, 2.0 and 0x10 are not.
 *
 * A list of kind REALS has at least one number.  low:high:step in it stands for low + i step up to
 * high: rounded to 12 digits, the ends as they are written, step > 0. */
#ifndef EG_CORE_OPTION_H
#define EG_CORE_OPTION_H

#include <stddef.h>

enum eg_option_kind {
    EG_OPT_INT,    /* long                                                           */
    EG_OPT_REAL,   /* double, finite                                                 */
    EG_OPT_BOOL,   /* int: 0 or 1; text true/false, yes/no, on/off                   */
    EG_OPT_CHOICE, /* int: index into `choices`                                      */
    EG_OPT_TEXT,   /* const char *: owned by the configuration, never NULL           */
    EG_OPT_LIST,   /* struct eg_list: whole numbers, "10,20,30", YAML [10, 20, 30]   */
    EG_OPT_REALS,  /* struct eg_reals: "0.1,0.2", or "0.10:0.16:0.02" from:to:step   */
};

enum { EG_LIST_MAX = 64 };

struct eg_list {
    long at[EG_LIST_MAX];
    size_t n;
};

struct eg_reals {
    double at[EG_LIST_MAX];
    size_t n;
};

struct eg_option {
    const char *key;  /* within its group: "length_min"                              */
    const char *unit; /* "step", "bit", "1" when dimensionless, "" for texts         */
    const char *help; /* one line, lower case, no full stop                          */
    size_t offset;    /* of the value in the target structure                        */
    enum eg_option_kind kind;
    double preset, min, max;    /* INT, REAL, each of LIST and REALS; BOOL and CHOICE: preset */
    const char *const *choices; /* CHOICE: names, NULL-ended                         */
    const char *text;           /* TEXT, LIST and REALS: the preset as text          */
};

/* clang-format off */
#define EG_OPTION_END {.key = NULL}
/* clang-format on */

#endif
