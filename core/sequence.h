/* core/sequence.h -- what tasks and models both know of a sequence.
 *
 * The input of a step is either `inputs` numbers, or a symbol: a word of a vocabulary and where it
 * stands.  A sequence of symbols is a question with the statements before it, word by word, and
 * then the words of the question; the columns of its input are those of enum eg_column, whole
 * numbers all of them. */
#ifndef EG_CORE_SEQUENCE_H
#define EG_CORE_SEQUENCE_H

#include <stdint.h>

/* Columns of the input where it is symbols. */
enum eg_column {
    EG_COLUMN_SYMBOL,   /* below the size of the vocabulary                                       */
    EG_COLUMN_SENTENCE, /* number of the sentence, from 0; the question is one too, the last      */
    EG_COLUMN_PLACE,    /* of the word in its sentence, from 0                                    */
    EG_COLUMN_QUESTION, /* 1 for words of the question, else 0                                    */
    EG_COLUMNS
};

/* More sequences than any training has: "seen before" of what is not training. */
#define EG_SEEN_ALL UINT64_MAX

#endif
