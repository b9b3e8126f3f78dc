/* memory/sentences.h -- a memory of sentences: what of a block of words is remembered, and what is
 * asked of it.
 *
 * The words of a block become bags (tensor/bag.h): one for each sentence in memory and one for each
 * question, with the weights of their words, and a plan for the hops over them (memory/hop.h).
 *
 *     position       l_kj = (1 - j/J) - (k/d)(1 - 2 j/J)
 *     position-code  l_kj = 1 + 4 (k - (d+1)/2)(j - (J+1)/2) / (d J)
 *
 * j = 1 .. J counts the words of a sentence, k = 1 .. d the columns.  In the first, the paper's, J
 * is the sentence's own length; in the second, of the authors' code, that of the longest sentence
 * of training; a longer one goes on by the same formula.
 *
 * At a step that is asked the memory holds the last `slots` statements that are complete by then;
 * the question is the words of the last sentence so far, where it is a question.  The age of the
 * latest statement is 0.  With EG_TEMPORAL_WORD the age is a word more, the last of its sentence,
 * and counted in J.
 *
 * Noise, of a block that is trained on:
 *     EG_NOISE_EMPTY  an empty memory comes behind each statement with probability `amount`: it has
 *                     an age and no words
 *     EG_NOISE_AGE    ages skip b ~ U{0 .. ceil(amount n)} numbers, any as likely as any other;
 * none is above slots - 1
 *
 * Source  Sukhbaatar, Szlam, Weston & Fergus 2015 (arXiv:1503.08895), sec. 4.1-4.2, and the
 *         authors' code (facebookarchive/MemNN, MemN2N-babi-matlab); docs/equations.md, eq. S1-S7.
 * Domain  columns as in core/sequence.h; any number of statements, words and questions.
 * Owner   all lists lie on the arena given.
 * Fails   EG_ERR_NOMEM; EG_ERR_DATA: nothing is asked. */
#ifndef EG_MEMORY_SENTENCES_H
#define EG_MEMORY_SENTENCES_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "core/status.h"
#include "memory/hop.h"
#include "tensor/bag.h"

enum eg_encoding { EG_ENCODING_BAG, EG_ENCODING_POSITION, EG_ENCODING_POSITION_CODE };
enum eg_temporal { EG_TEMPORAL_NONE, EG_TEMPORAL_TABLE, EG_TEMPORAL_WORD };
enum eg_noise { EG_NOISE_NONE, EG_NOISE_EMPTY, EG_NOISE_AGE };

struct eg_sentence_rules {
    size_t slots, dimension, words_max;
    enum eg_encoding encoding;
    enum eg_temporal temporal;
    enum eg_noise noise;
    double amount;
    int fill; /* slots that nothing is in take part in the softmax */
};

/* Words of a block: as in models/model.h. */
struct eg_words {
    size_t count, steps;
    const size_t *rows, *from;
    const real *input, *mask;
    const uint8_t *asked;
    int all_steps;                  /* places are rows of all steps, not of those asked only */
    const struct eg_draw_key *keys; /* NULL: without noise                                   */
};

struct eg_sentences {
    struct eg_bags statements, questions; /* bags of what is in memory, of what is asked     */
    struct eg_bags ages;     /* the row of each age, weighted; of use when they are shared   */
    struct eg_hop_plan plan; /* its `linear` is left to the caller                           */
    int shared;              /* several questions look at one statement: ages are not in the
                              * bags, but tables of the plan's                               */
    const uint32_t *order;   /* questions by place; NULL: they are in order                  */
    const size_t *place;     /* (questions): row of its logits, ascending                    */
    const size_t *first;     /* (questions): number of the first statement in memory         */
    size_t places;           /* rows of logits                                               */
};

EG_MUST_CHECK int eg_sentences_make(struct eg_sentences *sentences, struct eg_arena *arena,
                                    const struct eg_sentence_rules *rules,
                                    const struct eg_words *words);

/* The weights of word j = 1 .. of a sentence of `length` words, a time word counted: level + slope
 * k / d. */
void eg_sentence_weight(const struct eg_sentence_rules *rules, size_t j, size_t length, real *level,
                        real *slope);

#endif
