#include "core/option.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_private.h"

enum { NAME_LIMIT = 128 };

/* --- numbers --- */

/* Blanks off both ends. */
static const char *trim(const char *text, size_t *n)
{
    for (; *n > 0 && strchr(" \t\r\n", *text); (*n)--)
        text++;
    while (*n > 0 && strchr(" \t\r\n", text[*n - 1]))
        (*n)--;
    return text;
}

/* Shape of the n characters at `text`: 0 not a decimal number, 1 digits only, 2 with a
 * point, 3 with an exponent.  strtod() alone would also take hex, inf and nan. */
static int number_shape(const char *text, size_t n)
{
    size_t i = n > 0 && (text[0] == '+' || text[0] == '-') ? 1 : 0;
    size_t digits = 0;
    int shape = 1;
    for (; i < n && eg_is_digit(text[i]); i++)
        digits++;
    if (i < n && text[i] == '.') {
        shape = 2;
        for (i++; i < n && eg_is_digit(text[i]); i++)
            digits++;
    }
    if (digits > 0 && i < n && (text[i] == 'e' || text[i] == 'E')) {
        shape = 3;
        i++;
        if (i < n && (text[i] == '+' || text[i] == '-'))
            i++;
        for (digits = 0; i < n && eg_is_digit(text[i]); i++)
            digits++;
    }
    return digits > 0 && i == n ? shape : 0;
}

static int check_range(const struct eg_option *row, double value, struct eg_message *problem)
{
    if (value >= row->min && value <= row->max)
        return EG_OK;
    struct eg_message range = {""};
    eg_option_put_range(&(struct eg_sink){.buffer = range.text, .size = sizeof range.text}, row);
    return EG_FAIL(EG_ERR_RANGE, problem, "out of range: %s", range.text);
}

/* Both readers take text whose shape is a number's, and which ends after it. */
static int read_real(const struct eg_option *row, const char *text, double *value,
                     struct eg_message *problem)
{
    const struct eg_locale l = eg_locale_enter();
    const double v = strtod(text, NULL);
    eg_locale_leave(l);
    const int rc = check_range(row, v, problem);
    if (rc)
        return rc;
    if (!isfinite(v))
        return EG_FAIL(EG_ERR_RANGE, problem, "out of range: too large for a double");
    int nonzero = 0;
    for (const char *c = text; *c && *c != 'e' && *c != 'E'; c++)
        nonzero |= *c >= '1' && *c <= '9';
    if (!(fabs(v) > 0.0) && nonzero)
        return EG_FAIL(EG_ERR_RANGE, problem, "out of range: too near to zero for a double");
    *value = v;
    return EG_OK;
}

static int read_long(const struct eg_option *row, const char *text, long *value,
                     struct eg_message *problem)
{
    errno = 0;
    const long v = strtol(text, NULL, 10); /* the nearest that fits, and ERANGE */
    const int overflow = errno == ERANGE;
    const int rc = check_range(row, (double) v, problem);
    if (rc)
        return rc;
    if (overflow)
        return EG_FAIL(EG_ERR_RANGE, problem, "out of range: %ld to %ld fit", LONG_MIN, LONG_MAX);
    *value = v;
    return EG_OK;
}

/* --- values --- */

/* One number of n characters, for INT, REAL and each of LIST and REALS. */
static int parse_number(const struct eg_option *row, const char *text, size_t n, long *whole,
                        double *real_value, struct eg_message *problem)
{
    const int real_row = eg_option_is_real(row);
    const char *const what = real_row ? "a number" : "a whole number";
    text = trim(text, &n);
    const int shape = number_shape(text, n);
    if (shape == 0 || (shape == 2 && !real_row))
        return EG_FAIL(EG_ERR_CONFIG, problem, "not %s", what);

    char copy[512];
    if (n >= sizeof copy)
        return EG_FAIL(EG_ERR_CONFIG, problem, "not %s of reasonable length", what);
    memcpy(copy, text, n);
    copy[n] = '\0';

    if (!real_row && shape == 1)
        return read_long(row, copy, whole, problem);
    double v = 0.0;
    const int rc = read_real(row, copy, &v, problem);
    if (rc)
        return rc;
    /* 1e6 is a whole number that people write; past 2^53 it would not be exact. */
    if (!real_row && (floor(v) < v || fabs(v) > 9007199254740992.0))
        return EG_FAIL(EG_ERR_CONFIG, problem, "not a whole number, or above 2^53");
    if (real_row)
        *real_value = v;
    else
        *whole = (long) v;
    return EG_OK;
}

/* Adds what one item of n characters stands for to a list. */
typedef int take_fn(const struct eg_option *row, const char *text, size_t n, void *list,
                    struct eg_message *problem);

static int take_whole(const struct eg_option *row, const char *text, size_t n, void *list,
                      struct eg_message *problem)
{
    struct eg_list *const got = list;
    long v = 0;
    if (got->n == EG_LIST_MAX)
        return EG_FAIL(EG_ERR_RANGE, problem, "too many: at most %d numbers in a list",
                       EG_LIST_MAX);
    const int rc = parse_number(row, text, n, &v, NULL, problem);
    if (rc == EG_OK)
        got->at[got->n++] = v;
    return rc;
}

/* low + i step as a person would write it: 0.12, not 0.12000000000000001; 0, not 5.6e-17. */
static double grid_point(double low, double step, size_t i)
{
    char text[32];
    const double v = low + (double) i * step;
    if (fabs(v) < 1e-9 * step)
        return 0.0;
    const struct eg_locale l = eg_locale_enter();
    snprintf(text, sizeof text, "%.11e", v);
    const double rounded = strtod(text, NULL);
    eg_locale_leave(l);
    return rounded;
}

/* From `low` by `step` to `high`, which is met where it is off by rounding only; both ends are
 * taken as they were written. */
static int take_grid(const double grid[3], struct eg_reals *got, struct eg_message *problem)
{
    const double low = grid[0], high = grid[1], step = grid[2];
    if (!(step > 0.0))
        return EG_FAIL(EG_ERR_CONFIG, problem, "a grid whose step is not above 0");
    if (!(low <= high))
        return EG_FAIL(EG_ERR_CONFIG, problem, "a grid whose end lies below its start");
    const double steps = (high - low) / step;
    if (!(steps + 1e-6 < (double) (EG_LIST_MAX - got->n)))
        return EG_FAIL(EG_ERR_RANGE, problem, "too many: at most %d numbers in a list",
                       EG_LIST_MAX);
    const size_t last = (size_t) (steps + 1e-6);
    const int meets = fabs(steps - (double) last) < 1e-6;
    double before = 0.0;
    for (size_t i = 0; i <= last; i++) {
        const double v = i == 0 ? low : i == last && meets ? high : grid_point(low, step, i);
        if (i > 0 && !(v > before && v <= high))
            return EG_FAIL(EG_ERR_CONFIG, problem, "a grid whose step is too small for its start");
        got->at[got->n++] = before = v;
    }
    return EG_OK;
}

/* A number, or low:high:step. */
static int take_reals(const struct eg_option *row, const char *text, size_t n, void *list,
                      struct eg_message *problem)
{
    static const char *const names[] = {"start", "end", "step"};
    const struct eg_option any = {.kind = EG_OPT_REALS, .min = -INFINITY, .max = INFINITY};
    struct eg_reals *const got = list;
    double grid[3] = {0.0, 0.0, 0.0};
    if (got->n == EG_LIST_MAX)
        return EG_FAIL(EG_ERR_RANGE, problem, "too many: at most %d numbers in a list",
                       EG_LIST_MAX);
    if (!memchr(text, ':', n)) {
        const int rc = parse_number(row, text, n, NULL, &grid[0], problem);
        if (rc == EG_OK)
            got->at[got->n++] = grid[0];
        return rc;
    }
    const char *const end = text + n;
    for (size_t i = 0; i < 3; i++) {
        const char *const colon = memchr(text, ':', (size_t) (end - text));
        if (!colon != (i == 2))
            return EG_FAIL(EG_ERR_CONFIG, problem, "not a grid: start:end:step, as 0.1:0.2:0.05");
        struct eg_message why = {""};
        const int rc = parse_number(i < 2 ? row : &any, text,
                                    (size_t) ((colon ? colon : end) - text), NULL, &grid[i], &why);
        if (rc)
            return EG_FAIL(rc, problem, "a grid whose %s is %s", names[i], why.text);
        text = colon ? colon + 1 : end;
    }
    return take_grid(grid, got, problem);
}

/* "10, 20, 30", in brackets or not; nothing at all is the empty list. */
static int parse_items(const struct eg_option *row, const char *text, take_fn *take, void *list,
                       struct eg_message *problem)
{
    size_t n = strlen(text);
    text = trim(text, &n);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        n -= 2;
        text = trim(text + 1, &n);
    }
    const char *const end = text + n;
    for (size_t item = 1; n > 0; item++) {
        const char *const comma = memchr(text, ',', (size_t) (end - text));
        struct eg_message why = {""};
        const int rc = take(row, text, (size_t) ((comma ? comma : end) - text), list, &why);
        if (rc)
            return EG_FAIL(rc, problem, "not valid: %s %zu of the list is %s",
                           eg_option_is_real(row) ? "item" : "number", item, why.text);
        if (!comma)
            break;
        text = comma + 1;
    }
    return EG_OK;
}

static int parse_list(const struct eg_option *row, const char *text, struct eg_list *list,
                      struct eg_message *problem)
{
    struct eg_list got = {.n = 0};
    const int rc = parse_items(row, text, take_whole, &got, problem);
    if (rc == EG_OK)
        *list = got;
    return rc;
}

static int parse_reals(const struct eg_option *row, const char *text, struct eg_reals *list,
                       struct eg_message *problem)
{
    struct eg_reals got = {.n = 0};
    const int rc = parse_items(row, text, take_reals, &got, problem);
    if (rc)
        return rc;
    if (got.n == 0)
        return EG_FAIL(EG_ERR_CONFIG, problem, "not valid: an empty list; at least one number");
    *list = got;
    return EG_OK;
}

static int parse_bool(const char *text, int *value, struct eg_message *problem)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    size_t n = strlen(text);
    text = trim(text, &n);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (eg_is_word(text, n, words[i])) {
            *value = i % 2 == 1;
            return EG_OK;
        }
    return EG_FAIL(EG_ERR_CONFIG, problem, "not true or false (yes or no, on or off)");
}

static int parse_choice(const struct eg_option *row, const char *text, int *value,
                        struct eg_message *problem)
{
    int n = 0;
    for (; row->choices[n]; n++)
        if (strcmp(row->choices[n], text) == 0) {
            *value = n;
            return EG_OK;
        }
    struct eg_message names = {""};
    eg_option_put_range(&(struct eg_sink){.buffer = names.text, .size = sizeof names.text}, row);
    const char *const near = eg_nearest(text, row->choices, (size_t) n);
    return EG_FAIL(EG_ERR_CONFIG, problem, "not %s%s%s%s", names.text,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

int eg_option_parse(const struct eg_option *row, const char *text, void *value,
                    struct eg_message *problem)
{
    switch (row->kind) {
    case EG_OPT_INT:
        return parse_number(row, text, strlen(text), value, NULL, problem);
    case EG_OPT_REAL:
        return parse_number(row, text, strlen(text), NULL, value, problem);
    case EG_OPT_BOOL:
        return parse_bool(text, value, problem);
    case EG_OPT_CHOICE:
        return parse_choice(row, text, value, problem);
    case EG_OPT_TEXT:
        *(const char **) value = text;
        return EG_OK;
    case EG_OPT_LIST:
        return parse_list(row, text, value, problem);
    case EG_OPT_REALS:
        return parse_reals(row, text, value, problem);
    }
    return EG_FAIL(EG_ERR_CONFIG, problem, "of no known kind");
}

int eg_option_preset(const struct eg_option *row, void *value, struct eg_message *problem)
{
    const double v = row->preset;
    int n = 2;
    switch (row->kind) {
    case EG_OPT_TEXT:
    case EG_OPT_LIST:
    case EG_OPT_REALS:
        return eg_option_parse(row, row->text ? row->text : "", value, problem);
    case EG_OPT_INT:
        if (!(v >= (double) LONG_MIN && v < (double) LONG_MAX))
            return EG_FAIL(EG_ERR_RANGE, problem, "not a whole number that fits");
        *(long *) value = (long) v;
        return check_range(row, v, problem);
    case EG_OPT_REAL:
        *(double *) value = v;
        return check_range(row, v, problem);
    case EG_OPT_CHOICE:
        for (n = 0; row->choices[n];)
            n++;
        break;
    case EG_OPT_BOOL:
        break;
    }
    if (!(v >= 0 && v < n))
        return EG_FAIL(EG_ERR_RANGE, problem, "out of range: no such choice");
    *(int *) value = (int) v;
    return EG_OK;
}

/* --- the nearest name --- */

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
 * Both names are shorter than NAME_LIMIT; three rows of the usual table suffice. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_LIMIT];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    const size_t na = strlen(a);
    const size_t nb = strlen(b);
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const size_t edge = least_of(last[j], now[j - 1]) + 1;
            now[j] = least_of(edge, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least_of(now[j], before[j - 2] + 1);
        }
        size_t *const spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[nb];
}

const char *eg_nearest(const char *name, const char *const *names, size_t n)
{
    const size_t length = strlen(name);
    if (length >= NAME_LIMIT)
        return NULL;
    size_t limit = length / 3 > 2 ? length / 3 : 2;
    if (limit >= length) /* at least one letter is common to both */
        limit = length > 0 ? length - 1 : 0;
    const char *best = NULL;
    size_t best_distance = limit + 1;
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) >= NAME_LIMIT)
            continue;
        const size_t d = distance(name, names[i]);
        if (d < best_distance) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
