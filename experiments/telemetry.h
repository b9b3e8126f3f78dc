/* experiments/telemetry.h -- how the heads of a memory fare, measured again and again in a
 * training.
 *
 * A few sequences, always the same ones, go through the network as it is; what its heads did is
 * summed up in a handful of numbers a head, and those in a diagnosis.
 *
 *     p_t = |w_t| / sum_i |w_t(i)|                   where the sum is above EG_HEAD_SILENT
 *     H_t = -sum_i p_t(i) log2 p_t(i)                entropy [bit]                          (Y1)
 *     n_t = 2^(H_t)                                  effective number of slots              (Y2)
 *     d_t = 1/2 sum_i |w_t(i) - w_(t-1)(i)|          how far the weighting moved            (Y3)
 *     c_t(i) = min(1, sum_(s <= t) sum_h w^w_(s,h)(i))   what was written by then
 *     e_t(i) = min(1, sum_(s >= t) sum_h w^r_(s,h)(i))   what will be read
 *     a^r_t = sum_i p^r_t(i) c_t(i),  a^w_t = sum_i p^w_t(i) e_t(i)     alignment           (Y4)
 *     v_t = sum_i w_t(i) max_m max(|erase|, |add|)   how much is written to the slots       (Y5)
 *
 * with |w| for w in the last four too: a hop in its linear start has weights below 0.
 * Source  Y2: the perplexity of Shannon 1948, sec. 6.  The others are ours.
 *
 * All are means over the steps of all sequences.  A memory takes part by its fields: read_weights
 * and write_weights, or attention of hops, and of read_ and write_ the fields strength, gate and
 * sharpening, and erase, add or write_vector, and memory.  What it has not is NAN. */
#ifndef EG_EXPERIMENTS_TELEMETRY_H
#define EG_EXPERIMENTS_TELEMETRY_H

#include <stddef.h>

#include "core/status.h"
#include "experiments/experiment.h"

enum eg_head_kind { EG_HEAD_READ, EG_HEAD_WRITE, EG_HEAD_HOP, EG_HEAD_KINDS };

/* uniform: all slots alike.  dead: writes nothing, or never moves.  saturated: a gate that is
 * always open or always shut, a strength beyond any use, or a memory without bounds. */
enum eg_head_state {
    EG_HEAD_WELL,
    EG_HEAD_UNIFORM,
    EG_HEAD_DEAD,
    EG_HEAD_SATURATED,
    EG_HEAD_STATES
};
extern const char *const eg_head_kinds[], *const eg_head_states[]; /* NULL-ended */

/* A sum below which a weighting counts as nothing. */
#define EG_HEAD_SILENT 1e-3

enum eg_head_has {
    EG_HEAD_HAS_STRENGTH = 1,
    EG_HEAD_HAS_GATE = 2,
    EG_HEAD_HAS_SHARPENING = 4,
    EG_HEAD_HAS_WRITTEN = 8
};

struct eg_head_report {
    enum eg_head_kind kind;
    size_t head;
    unsigned has;     /* enum eg_head_has */
    double slots;     /* there are; of a hop, in the mean with a weight above 0              */
    double entropy;   /* Y1 [bit]; NAN where the head was silent at all steps             */
    double effective; /* Y2 [slot]                                                        */
    double strength, gate, sharpening;
    double gate_least, gate_most;
    double alignment; /* Y4 */
    double movement;  /* Y3; NAN with a single step                                       */
    double written;   /* Y5, of write heads                                               */
    double memory;    /* largest |number| of the memory at any step: the same for all     */
    enum eg_head_state state;
};

/* All heads of a network: reads, writes, hops. */
struct eg_telemetry {
    size_t n;
    struct eg_head_report *heads;
};

/* What the heads of one kind did in one sequence. */
struct eg_head_trace {
    size_t steps, heads, slots;
    const real *weights;                      /* (steps, heads, slots)                         */
    const real *strength, *gate, *sharpening; /* (steps, heads); NULL: they have none          */
    const real *written; /* (steps, heads): largest number that is erased or added; NULL: none */
};

/* What is summed up of a head, over sequences; all 0 at the start. */
struct eg_head_sums {
    double steps, heard, moves; /* how many: in all, with a weighting, with one before them */
    double filled;              /* slots with a weight above 0                              */
    double entropy, effective, alignment, movement, strength, gate, sharpening, written;
    double aligned; /* steps whose alignment is known */
    double gate_least, gate_most;
};

/* Adds a sequence to the sums of each head of `trace`.  `others` (NULL: there are none): the heads
 * that write where these read, or read where these write, told by `kind`.  `room`: (slots). */
void eg_head_add(struct eg_head_sums *sums, const struct eg_head_trace *trace,
                 enum eg_head_kind kind, const struct eg_head_trace *others, double *room);

/* The numbers of a head from its sums, and its state; kind, number, slots and memory are set. */
void eg_head_conclude(struct eg_head_report *head, const struct eg_head_sums *sums);

/* Room on `arena` for the heads there are with this model; n is 0 where it has none. EG_ERR_NOMEM.
 */
EG_MUST_CHECK int eg_telemetry_init(struct eg_telemetry *telemetry, struct eg_arena *arena,
                                    const struct eg_model *model);

/* Measures with `sequences` of the training's sizes, drawn from a stream of their own, and with the
 * parameters that e->trainer has.  Where what is kept of a sequence would pass EG_TELEMETRY_MOST
 * numbers nothing is looked at, and n is 0.  EG_ERR_NOMEM. */
#define EG_TELEMETRY_MOST 3e7
EG_MUST_CHECK int eg_telemetry_measure(struct eg_telemetry *telemetry,
                                       const struct eg_experiment *e, size_t sequences);

/* The state that the numbers of a head say (diagnosis.c). */
enum eg_head_state eg_head_judge(const struct eg_head_report *head);
/* That in a sentence, "" where all is well. */
void eg_head_sentence(char *text, size_t size, const struct eg_head_report *head);

#endif
