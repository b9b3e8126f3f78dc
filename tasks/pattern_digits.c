/* tasks/pattern_digits.c -- handwritten digits that come with the library.
 *
 * The first examples of the digits asked for, in the order of the list, then the second ones, and
 * so on.  The first ten, one of each digit, were chosen to overlap little: a Hebbian network has
 * all ten as fixed points.  See tasks/digits/README.md. */
#include "tasks/pattern_digits_data.h"
#include "tasks/patterns.h"

struct options {
    long count;
    struct eg_list digits;
    int cyclic;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"count",  "pattern", "how many: one of each digit, then second examples, and so on",   AT(count),  EG_OPT_INT,  10, 1, EG_DIGITS, NULL, NULL},
    {"digits", "",        "which digits, in this order; there are ten examples of each",    AT(digits), EG_OPT_LIST, 0, 0, EG_DIGIT_CLASSES - 1, NULL, "0,1,2,3,4,5,6,7,8,9"},
    {"cyclic", "",        "a sequence of patterns: the last is followed by the first",      AT(cyclic), EG_OPT_BOOL, 0, 0, 0, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

static const char *const names[EG_DIGIT_CLASSES] = {"0", "1", "2", "3", "4",
                                                    "5", "6", "7", "8", "9"};

static int check(const struct options *o, struct eg_message *message)
{
    enum { EXAMPLES = EG_DIGITS / EG_DIGIT_CLASSES };
    for (size_t i = 0; i < o->digits.n; i++)
        for (size_t k = 0; k < i; k++)
            if (o->digits.at[k] == o->digits.at[i])
                return EG_FAIL(EG_ERR_RANGE, message,
                               "patterns.digits has %ld twice; each digit may be there once",
                               o->digits.at[i]);
    if (o->digits.n == 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "patterns.digits is empty; allowed is a list of digits from 0 to 9");
    if ((size_t) o->count > EXAMPLES * o->digits.n)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "patterns.count = %ld: there are %d examples of each digit, %zu of those in "
                       "patterns.digits",
                       o->count, EXAMPLES, EXAMPLES * o->digits.n);
    return EG_OK;
}

static int make(const void *options, struct eg_patterns *patterns, uint64_t seed, uint64_t network,
                struct eg_arena *arena, struct eg_message *message)
{
    (void) seed;
    (void) network;
    const struct options *const o = options;
    const size_t count = (size_t) o->count, sites = EG_DIGIT_SIDE * EG_DIGIT_SIDE;
    int status = check(o, message);
    if (status)
        return status;
    const char **const labels = eg_arena_take(arena, count * sizeof *labels);
    if (!labels)
        return EG_RAISE(EG_ERR_NOMEM);
    *patterns = (struct eg_patterns){
        .sites = sites,
        .first = sites,
        .count = count,
        .activity = 0.5,
        .height = EG_DIGIT_SIDE,
        .width = EG_DIGIT_SIDE,
        .labels = labels,
        .cyclic = o->cyclic,
    };
    if ((status = eg_bits_init(&patterns->bits, arena, sites, count)))
        return status;
    for (size_t mu = 0; mu < count; mu++) {
        const size_t class = (size_t) o->digits.at[mu % o->digits.n];
        const struct eg_digit *const digit =
            &eg_digits[mu / o->digits.n * EG_DIGIT_CLASSES + class];
        labels[mu] = names[digit->digit];
        for (size_t i = 0; i < sites; i++)
            eg_bits_set(&patterns->bits, i, mu,
                        digit->pixels[i / EG_DIGIT_SIDE] >> (EG_DIGIT_SIDE - 1 - i % EG_DIGIT_SIDE)
                            & 1);
    }
    return EG_OK;
}

const struct eg_pattern_type eg_patterns_digits = {
    .name = "digits",
    .summary = "handwritten digits, 16 x 16 pixels, which come with engram",
    .source = "Semeion Handwritten Digit: Tactile Srl and Semeion Research Center, "
              "https://doi.org/10.24432/C5SC8V, CC BY 4.0",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .make = make,
};
