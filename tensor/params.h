/* tensor/params.h -- all learnable numbers of a model, as one vector and a table of rows.
 *
 * A matrix is stored as (rows, cols) = (inputs, outputs), row-major: y = x W + b.  Values,
 * gradients and the moments of an optimiser are vectors of one layout, so that optimiser,
 * clipping, checkpoint and gradient check are each one pass over one vector.  Every tensor
 * starts at a multiple of 16 numbers; the gaps hold zeros, have zero gradients and so stay
 * zero. */
#ifndef EG_TENSOR_PARAMS_H
#define EG_TENSOR_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "core/status.h"

/* Where a tensor lies in the vector. */
struct eg_param {
    size_t offset, rows, cols;
};

struct eg_param_row;

/* Fills `x` (rows x cols) with initial values drawn from `stream`. */
typedef void eg_init_rule(real *x, const struct eg_param_row *row, struct eg_stream *stream);

struct eg_param_row {
    const char *name;     /* path in the run file: "controller/weight"                 */
    const char *symbol;   /* the paper's letter: "W_x"                                 */
    const char *shape;    /* in words: "inputs x 4 cells"                              */
    const char *unit;     /* "1" when dimensionless                                    */
    const char *equation; /* where it enters, as in docs/equations.md                  */
    size_t rows, cols;
    eg_init_rule *init;
    double scale;        /* what the rule says it is                                         */
    int fixed;           /* drawn once and never changed                              */
    const real *pattern; /* of eg_init_pattern: rows x cols numbers, which must live as long */
    size_t offset;
};

eg_init_rule eg_init_zero;
eg_init_rule eg_init_constant; /* scale                                               */
eg_init_rule eg_init_uniform;  /* [-scale, scale)                                     */
eg_init_rule eg_init_normal;   /* standard deviation scale                            */
eg_init_rule eg_init_glorot;   /* uniform, +-scale sqrt(6 / (rows + cols))            */
eg_init_rule eg_init_fan_in;   /* uniform, +-scale / sqrt(rows)                       */
eg_init_rule eg_init_pattern;  /* a copy of `pattern`                                 */

enum { EG_PARAMS_MAX = 256 };

struct eg_params {
    struct eg_param_row rows[EG_PARAMS_MAX];
    size_t count;           /* tensors                              */
    size_t size;            /* length of the vector, gaps included  */
    size_t total;           /* learnable numbers                    */
    struct eg_arena *arena; /* names are copied there     */
};

/* An empty table whose names go to `arena`, which must outlive it. */
void eg_params_init(struct eg_params *params, struct eg_arena *arena);

/* Adds a tensor; `prefix` and '/' go before row->name unless `prefix` is NULL.  `rows` or
 * `cols` of 0 is EG_ERR_SHAPE.  Fails with EG_ERR_NOMEM, also when the table is full. */
EG_MUST_CHECK int eg_params_add(struct eg_params *params, const char *prefix,
                                const struct eg_param_row *row, struct eg_param *out);

/* Initial values of all tensors into `x` (params->size).  A tensor's numbers depend on the
 * seed and on its place in the table only. */
void eg_params_fill(const struct eg_params *params, real *x, uint64_t seed);

/* Multiplies all numbers that are not fixed by `keep`. */
void eg_params_shrink(const struct eg_params *params, real *x, real keep);

/* The row called `name`, or NULL. */
const struct eg_param_row *eg_params_find(const struct eg_params *params, const char *name);

#endif
