/* tensor/kernels.h -- the inner loops, behind one table.
 *
 * Each kernel has one definition in plain C, in tensor/kernels/.  It is compiled once for
 * the lowest machine of the architecture and, on x86-64, again for AVX2 and for AVX-512;
 * each compilation fills one table.  eg_kernels_best() gives the best table this machine
 * can run, eg_kernels_ref() the lowest.  tests/test_kernels.c compares every entry of
 * every table with arithmetic written out in the test.
 *
 * Arrays never overlap unless a kernel says so.  What is called "adds" accumulates into
 * its output, as gradients do. */
#ifndef EG_TENSOR_KERNELS_H
#define EG_TENSOR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"

/* The activated values of one head, for one sequence.  S = 2 * range + 1 shifts. */
struct eg_head_row {
    real *key;   /* M                         */
    real *shift; /* S, sums to 1              */
    real beta;   /* key strength, >= 0        */
    real gate;   /* interpolation gate, 0..1  */
    real gamma;  /* sharpening, >= 1          */
};

/* Constants of the numeric guards; docs/equations.md says where they enter. */
#define EG_COSINE_EPS ((real) 1e-8)
#define EG_SHARPEN_FLOOR ((real) 1e-30)
#define EG_LINK_FLOOR ((real) 1e-30)

#define EG_ADDRESS_WORK(slots, width, range) (3 * (slots) + 2 * (range) + 2 * (width))
#define EG_CONTENT_WORK(slots, width) (2 * (slots) + 4 * (width))

/* What one addressing leaves for its backward: rows of N and a scalar. */
struct eg_address_saved {
    real *cosine; /* K_i                                       */
    real *inv;    /* 1 / sqrt(|M_i|^2 + eps)                   */
    real *w_c;    /* content weighting                         */
    real *w_g;    /* gated weighting                           */
    real *w_s;    /* shifted weighting                         */
    real *logs;   /* ln w_s, floored                           */
    real inv_key; /* 1 / sqrt(|k|^2 + eps)                     */
};

struct eg_adam {
    real rate, beta1, beta2, eps; /* rate with the bias corrections folded in; eps likewise */
};

/* A write head of one sequence: its weighting (N), what it erases and adds (M); and their
 * gradients. */
enum { EG_WRITES_MAX = 32 };
struct eg_write_row {
    const real *w, *erase, *add;
};
struct eg_write_drow {
    real *w, *erase, *add;
};

struct eg_kernels {
    const char *name;

    /* y += x; y += a x; sum of x y. */
    void (*add)(real *y, const real *x, size_t n);
    void (*axpy)(real *y, real a, const real *x, size_t n);
    real (*dot)(const real *x, const real *y, size_t n);

    void (*exp)(real *y, const real *x, size_t n);
    void (*log)(real *y, const real *x, size_t n); /* x > 0 and normal */
    void (*sigmoid)(real *y, const real *x, size_t n);
    void (*tanh)(real *y, const real *x, size_t n);

    /* One LSTM row: z (4H: input, forget, output, candidate) and c_prev -> h, c; `act` (5H)
     * keeps the activated gates and tanh(c).  Back adds into dz and dc_prev (may be NULL);
     * dh, dc are what came from later. */
    void (*lstm)(real *h, real *c, real *act, const real *z, const real *c_prev, size_t cells);
    void (*lstm_back)(real *dz, real *dc_prev, const real *dh, const real *dc, const real *act,
                      const real *c_prev, size_t cells);

    /* y += sum_j (level_j + slope_j ramp) o row symbol_j of the table, n of them, d numbers each,
     * `stride` apart; back adds (level_j + slope_j ramp) o dy into the rows.  `level` NULL: all
     * weights are 1, and `slope` and `ramp` are not looked at. */
    void (*bag)(real *y, const real *table, size_t stride, const uint32_t *symbol,
                const real *level, const real *slope, const real *ramp, size_t n, size_t d);
    void (*bag_back)(real *dtable, const real *dy, size_t stride, const uint32_t *symbol,
                     const real *level, const real *slope, const real *ramp, size_t n, size_t d);

    /* 1 / sqrt(|M_i|^2 + eps) of all slots; memory is (M, N), the slot index contiguous. */
    void (*inverse_norms)(real *inv, const real *memory, size_t slots, size_t width);
    /* NTM addressing, eq. 5-9, for one head and one sequence.  `inv` of `saved` is given.
     * `work`: EG_ADDRESS_WORK(N, M, range) numbers, here and below. */
    void (*address)(real *w, struct eg_address_saved *saved, const struct eg_head_row *head,
                    const real *memory, const real *w_prev, real *work, size_t slots, size_t width,
                    size_t range);
    /* Adds into dhead (same layout), dmemory and dw_prev; these two may be NULL. */
    void (*address_back)(struct eg_head_row *dhead, real *dmemory, real *dw_prev, const real *dw,
                         const real *w, const struct eg_address_saved *saved,
                         const struct eg_head_row *head, const real *memory, const real *w_prev,
                         real *work, size_t slots, size_t width, size_t range);
    /* Content addressing, for one head and one sequence: cosine K_i of the masked key with every
     * masked slot, w = softmax(beta K).  `mask` (M) may be NULL.  Leaves K and 1 / |M_i|, returns
     * 1 / |k|.  Back adds into dkey, dmask (NULL without a mask), dbeta and dmemory (may be NULL).
     * `work`: EG_CONTENT_WORK(N, M) numbers. */
    real (*content)(real *w, real *cosine, real *inv, const real *key, const real *mask, real beta,
                    const real *memory, real *work, size_t slots, size_t width);
    void (*content_back)(real *dkey, real *dmask, real *dbeta, real *dmemory, const real *dw,
                         const real *w, const real *cosine, const real *inv, real inv_key,
                         const real *key, const real *mask, real beta, const real *memory,
                         real *work, size_t slots, size_t width);
    /* Temporal links (N, N): out_ij = (1 - w_i - w_j) in_ij + w_i p_j, 0 on the diagonal and below
     * EG_LINK_FLOOR; `out` may be `in`.  `readings` of head h, each N: backward sum_i read_i
     * out_ij, then forward sum_j out_ij read_j; NULL: the links alone, `read` and `heads` are not
     * used. */
    void (*links)(real *out, real *readings, const real *in, const real *w, const real *p,
                  const real *read, size_t slots, size_t heads);
    /* dlinks holds the gradient of the links after the step and receives that of those before it.
     * Adds into dw, dp and dread.  `before` are the links before the step. */
    void (*links_back)(real *dlinks, real *dw, real *dp, real *dread, const real *dreadings,
                       const real *before, const real *w, const real *p, const real *read,
                       size_t slots, size_t heads);
    /* r = sum_i w_i M_i; back adds into dw and dmemory. */
    void (*read)(real *r, const real *w, const real *memory, size_t slots, size_t width);
    void (*read_back)(real *dw, real *dmemory, const real *dr, const real *w, const real *memory,
                      size_t slots, size_t width);
    /* out_i = in_i (1 - w_i e) + w_i a for one head; `out` may be `in`. */
    void (*write)(real *out, const real *in, const real *w, const real *erase, const real *add,
                  size_t slots, size_t width);
    /* dout is dL/dout; din receives dout_i (1 - w_i e), added when `accumulate`, else stored
     * (din may then be dout).  Adds into dw, derase, dadd. */
    void (*write_back)(real *din, real *dw, real *derase, real *dadd, const real *dout,
                       const real *in, const real *w, const real *erase, const real *add,
                       size_t slots, size_t width, int accumulate);
    /* The same for up to EG_WRITES_MAX heads at once, all erases before all adds:
     * out_i = in_i prod_h (1 - w_hi e_h) + sum_h w_hi a_h.  Back: dmemory is dL/dout and receives
     * dL/din; `in` is the memory before.  Adds into what dhead has. */
    void (*writes)(real *out, const real *in, const struct eg_write_row *head, size_t heads,
                   size_t slots, size_t width);
    void (*writes_back)(real *dmemory, const real *in, const struct eg_write_row *head,
                        const struct eg_write_drow *dhead, size_t heads, size_t slots,
                        size_t width);

    /* Packed bits (core/bits.h): `words` is a multiple of 8, x has 64 * words numbers, all 64-byte
     * aligned.  Whole numbers: exact, the same in every table.
     * bits_sum: sum of the x_k whose bit is set; |x_k| <= 2^21.
     * bits_add: x_k += `set` where the bit is set, += `clear` where it is not.
     * bits_count: count_k += the number of rows r (of `rows`, `words` apart) whose bit k equals
     * sign[r] > 0. */
    int64_t (*bits_sum)(const uint64_t *bits, const int32_t *x, size_t words);
    void (*bits_add)(int32_t *x, const uint64_t *bits, size_t words, int32_t set, int32_t clear);
    void (*bits_count)(int32_t *count, const uint64_t *bits, const int8_t *sign, size_t rows,
                       size_t words);

    /* Optimisers: x are the parameters, g the gradient. */
    void (*rmsprop_graves)(real *x, real *n, real *mean, real *delta, const real *g, real rate,
                           real decay, real momentum, real eps, size_t count);
    void (*rmsprop)(real *x, real *n, real *delta, const real *g, real rate, real decay,
                    real momentum, real eps, size_t count);
    void (*adam)(real *x, real *m, real *v, const real *g, const struct eg_adam *adam,
                 size_t count);
    void (*sgd)(real *x, real *delta, const real *g, real rate, real momentum, size_t count);
    double (*sum_of_squares)(const real *x, size_t n);
    /* Clips to +-limit; returns how many were clipped. */
    size_t (*clip)(real *x, real limit, size_t n);
};

/* All tables this machine can run, best last, NULL-ended. */
const struct eg_kernels *const *eg_kernels_all(void);
const struct eg_kernels *eg_kernels_best(void);
const struct eg_kernels *eg_kernels_ref(void);
/* By name ("base", "avx2", "avx512", "auto"); NULL when there is none or it cannot run here. */
const struct eg_kernels *eg_kernels_find(const char *name);

#endif
