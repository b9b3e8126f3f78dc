/* tasks/pattern_digits_data.h -- a hundred handwritten digits, 16 x 16 pixels of ink or paper.
 *
 * In rounds of ten: round e holds example e of each digit, 0 to 9, so digit d of round e is
 * eg_digits[10 * e + d]. */
#ifndef EG_TASKS_PATTERN_DIGITS_DATA_H
#define EG_TASKS_PATTERN_DIGITS_DATA_H

#include <stdint.h>

enum { EG_DIGITS = 100, EG_DIGIT_CLASSES = 10, EG_DIGIT_SIDE = 16 };

struct eg_digit {
    uint8_t digit;
    uint16_t line;                  /* of semeion.data, from 1                                  */
    uint16_t pixels[EG_DIGIT_SIDE]; /* a row of pixels each, the left one highest; 1 is ink     */
};

extern const struct eg_digit eg_digits[EG_DIGITS];

#endif
