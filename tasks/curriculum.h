/* tasks/curriculum.h -- how large the next training sequence is.
 *
 *     uniform     every size of the task's range as often as any other: the papers' way
 *     fixed       always the largest
 *     growing     the largest size grows linearly, in whole steps, from the smallest to the
 *                 largest of the range while `sequences` sequences are seen; drawn uniformly from
 *                 the sizes up to it
 *     look-back   it grows in the same way; the largest size itself, and with probability
 *                 `fraction` one that is smaller, drawn uniformly
 *
 * A size is a pair (length, repeats); both measures grow together.
 *
 * Source  Zaremba & Sutskever 2014 (arXiv:1410.4615): their naive strategy trains on the
 *         current difficulty alone, their combined one now on that and now on any difficulty up to
 *         the highest.  look-back is close to the latter.  That it never looks ahead, that it grows
 *         with the sequences seen and not with what was learned, and `growing`, are our own.
 *
 * What is drawn depends on the stream and on the sequences seen before, and on nothing else. */
#ifndef EG_TASKS_CURRICULUM_H
#define EG_TASKS_CURRICULUM_H

#include <stdint.h>

#include "core/option.h"
#include "core/random.h"
#include "tasks/task.h"

enum eg_curriculum_type {
    EG_CURRICULUM_UNIFORM,
    EG_CURRICULUM_FIXED,
    EG_CURRICULUM_GROWING,
    EG_CURRICULUM_LOOK_BACK,
};

struct eg_curriculum {
    int type; /* enum eg_curriculum_type */
    long sequences;
    double fraction;
};

extern const struct eg_option eg_curriculum_options[]; /* the keys below `curriculum.` */

/* Whether sequences become larger as the training goes on. */
static inline int eg_curriculum_grows(const struct eg_curriculum *curriculum)
{
    return curriculum->type == EG_CURRICULUM_GROWING || curriculum->type == EG_CURRICULUM_LOOK_BACK;
}

/* The size of the next sequence after `seen` ones.  A task with an order of its own is asked
 * instead.  After EG_SEEN_ALL what is drawn is uniform, whatever the type: evaluations over mixed
 * sizes use it, so that they measure the same for every curriculum. */
struct eg_extent eg_curriculum_draw(const struct eg_curriculum *curriculum,
                                    const struct eg_task_type *task, const void *state,
                                    const struct eg_task_shape *shape, uint64_t seen,
                                    struct eg_stream *stream);

/* Takes `fixed` into the shape: its ranges become the largest size, chance and optimum those of
 * it.  Fails with EG_ERR_CONFIG where the task's data have an order of their own and the type is
 * not uniform. */
EG_MUST_CHECK int eg_curriculum_settle(const struct eg_curriculum *curriculum,
                                       const struct eg_task_type *task, const void *state,
                                       struct eg_task_shape *shape, struct eg_message *message);

#endif
