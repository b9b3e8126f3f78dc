/* tensor/tape.h -- reverse-mode differentiation, define by run.
 *
 * An op appends a node to a tape and returns its output; eg_tape_backward() walks the nodes
 * from the last to the first.  All memory comes from the tape's arena: a tape is never
 * freed, its arena is rewound.
 *
 * A variable is a matrix (rows, cols) whose rows lie `stride` numbers apart.  `dx` is
 * dL/dx; backward functions always add to it (eg_limited() alone cuts what is there), it is zeroed
 * where the variable is made.
 * `dx` is NULL for what needs no gradient: data, and everything on a tape that does not
 * record.  A view (eg_tape_rows, eg_tape_cols) shares x and dx with what it looks at and so
 * needs no node.
 *
 * Most of what a step does to a memory concerns one sequence at a time.  Such an op is pushed
 * with eg_tape_push_rows(); those pushed between eg_tape_rows_open() and _close() run row by
 * row, all of them for the first row, then all for the second, and are walked back likewise, so
 * that one sequence's memory stays in the nearest cache while it is worked on.
 *
 * NULL is infectious: an op given NULL, or out of memory, returns NULL, so that a model
 * composes ops without a check and looks once, at the loss.  Shapes are asserted, since they
 * were checked when the model was put together. */
#ifndef EG_TENSOR_TAPE_H
#define EG_TENSOR_TAPE_H

#include <stddef.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "core/status.h"
#include "tensor/kernels.h"
#include "tensor/params.h"

struct eg_var {
    real *x, *dx;
    size_t rows, cols, stride;
    void *cache; /* what an op remembers about x for the next one; NULL at first */
};

struct eg_tape;
struct eg_node;
enum { EG_NODE_IN = 8 };

/* An op whose row r has to do with row r of its inputs only. */
struct eg_row_op {
    void (*forward)(const struct eg_node *node, struct eg_tape *tape, size_t r);
    void (*back)(const struct eg_node *node, struct eg_tape *tape, size_t r); /* or NULL */
};

struct eg_node {
    struct eg_node *before;
    void (*back)(const struct eg_node *node, struct eg_tape *tape); /* NULL: by_row is set */
    const struct eg_row_op *by_row;
    struct eg_node *after; /* within a group of rows */
    size_t group;
    struct eg_var *out;
    struct eg_var *in[EG_NODE_IN]; /* NULL where not used */
    void *saved;                   /* of the op's own     */
};

struct eg_panel;

struct eg_tape {
    struct eg_arena *arena;
    const struct eg_kernels *kernels;
    const real *values; /* the parameter vector                                    */
    real *grads;        /* same layout, added to; NULL: the tape does not record   */
    struct eg_node *last;
    struct eg_panel *panels;       /* tensor/linear.h */
    size_t group;                  /* of the last node pushed by rows                           */
    int holding;                   /* a group is open: what is pushed by rows waits ...         */
    struct eg_node *held, *newest; /* ... here                                            */
    struct eg_stream *noise;       /* by row: what ops that draw take from; NULL: they do not  */
    const real *advantage;         /* by row: cost less a baseline, of ops whose gradient goes
                                      by what they drew; set before walking back; or NULL    */
};

/* A tape on `arena`.  With `grads` NULL nothing is recorded and no dx exists. */
void eg_tape_begin(struct eg_tape *tape, struct eg_arena *arena, const struct eg_kernels *kernels,
                   const real *values, real *grads);

/* Row r of what is computed belongs to the sequence keys[r], r < rows, from its first step to its
 * last, and ops that draw random numbers take those of row r from a stream of that sequence's own,
 * one after the other: they do not depend on which rows run together.  `noise` lies on the arena.
 * Fails with EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_tape_noise(struct eg_tape *tape, const struct eg_draw_key *keys, size_t rows);

/* A new variable.  x is not set; dx is zeroed, and there only if the tape records and
 * `wants_gradient`.  NULL when out of memory. */
struct eg_var *eg_tape_var(struct eg_tape *tape, size_t rows, size_t cols, int wants_gradient);

/* A variable that looks at `x` (rows, cols, contiguous), which must outlive the tape: data,
 * without gradient. */
struct eg_var *eg_tape_data(struct eg_tape *tape, const real *x, size_t rows, size_t cols);

/* A parameter as a variable (rows, cols) whose dx is its place in the gradient vector. */
struct eg_var *eg_tape_param(struct eg_tape *tape, const struct eg_param *param);

/* Rows [from, from + n) or columns of a variable, sharing its numbers. */
struct eg_var *eg_tape_rows(struct eg_tape *tape, struct eg_var *v, size_t from, size_t n);
struct eg_var *eg_tape_cols(struct eg_tape *tape, struct eg_var *v, size_t from, size_t n);

/* Appends a node whose output is `out` and whose inputs are the `n` given; returns it, or
 * NULL when out of memory or when the tape does not record (then nothing is needed: check
 * with eg_tape_records()).  `saved` may be set afterwards. */
struct eg_node *eg_tape_push(struct eg_tape *tape,
                             void (*back)(const struct eg_node *, struct eg_tape *),
                             struct eg_var *out, size_t n, struct eg_var *const in[]);

/* Appends a node that works row by row, with its forward pass, which runs now or, in an open
 * group, when the group is closed.  Until then the numbers of `out` are not there.  Returns
 * `out`, or NULL when out of memory. */
struct eg_var *eg_tape_push_rows(struct eg_tape *tape, const struct eg_row_op *op,
                                 struct eg_var *out, size_t n, struct eg_var *const in[],
                                 void *saved);

/* All variables of a group have equally many rows.  In an open group only ops pushed by rows
 * and views may be used. */
void eg_tape_rows_open(struct eg_tape *tape);
void eg_tape_rows_close(struct eg_tape *tape);

static inline int eg_tape_records(const struct eg_tape *tape)
{
    return tape->grads != NULL;
}

/* Puts 1 into dx of every element of `loss`, walks back, and adds what the parameters of
 * eg_linear() are owed.  To be called once a tape. */
void eg_tape_backward(struct eg_tape *tape, struct eg_var *loss);

/* The same with dx of the outputs already set by the caller. */
void eg_tape_walk(struct eg_tape *tape);

static inline real *eg_row(const struct eg_var *v, size_t r)
{
    return v->x + r * v->stride;
}

/* NULL where there is no gradient. */
static inline real *eg_drow(const struct eg_var *v, size_t r)
{
    return v->dx ? v->dx + r * v->stride : NULL;
}

#endif
