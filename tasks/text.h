/* tasks/text.h -- plain text, of which the next word is asked.
 *
 * A text is a row of units: words (what stands between blanks, without punctuation at its ends,
 * letters A to Z in lower case, as in tasks/stories.h) or characters (of UTF-8, as they are), with
 * EG_TEXT_END behind each line.  A line without words has no end of its own; of characters it has.
 * The vocabulary is that of the training part; what is not in it is EG_TEXT_UNKNOWN.
 *
 * A part of n units is cut into sequences of at most `length` steps.  Step t is given a unit, and
 * the one behind it is asked, from step `first` on; sequences overlap by `first` units, so that
 * each unit of the part is asked once, but for the first + 1 that it begins with.
 *
 * Source  docs/text.md. */
#ifndef EG_TASKS_TEXT_H
#define EG_TASKS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "tasks/stories.h"

#define EG_TEXT_UNKNOWN "<unk>"
#define EG_TEXT_END "<eos>"

/* The state of the task.  Owner: the arena. */
struct eg_text {
    struct eg_stories_words words; /* unknown, end, then the most frequent first             */
    uint32_t *unit;
    size_t begin[4];   /* units of training, validation, test: begin[k] .. begin[k + 1]      */
    size_t items[3];   /* sequences of each                                                  */
    size_t unknown[3]; /* units that the vocabulary does not have                            */
    size_t length, first;
    double entropy; /* of a unit of the training part [bit] */
};

#endif
