/* tensor/kernels/declare.h -- one declaration a kernel.  tensor/kernels.h says what each does. */
#ifndef EG_TENSOR_KERNELS_DECLARE_H
#define EG_TENSOR_KERNELS_DECLARE_H

void EG_K(add)(real *y, const real *x, size_t n);
void EG_K(axpy)(real *y, real a, const real *x, size_t n);
real EG_K(dot)(const real *x, const real *y, size_t n);
void EG_K(exp)(real *y, const real *x, size_t n);
void EG_K(log)(real *y, const real *x, size_t n);
void EG_K(sigmoid)(real *y, const real *x, size_t n);
void EG_K(tanh)(real *y, const real *x, size_t n);
void EG_K(lstm)(real *h, real *c, real *act, const real *z, const real *c_prev, size_t cells);
void EG_K(lstm_back)(real *dz, real *dc_prev, const real *dh, const real *dc, const real *act,
                     const real *c_prev, size_t cells);
void EG_K(bag)(real *y, const real *table, size_t stride, const uint32_t *symbol, const real *level,
               const real *slope, const real *ramp, size_t n, size_t d);
void EG_K(bag_back)(real *dtable, const real *dy, size_t stride, const uint32_t *symbol,
                    const real *level, const real *slope, const real *ramp, size_t n, size_t d);
void EG_K(inverse_norms)(real *inv, const real *memory, size_t slots, size_t width);
void EG_K(address)(real *w, struct eg_address_saved *saved, const struct eg_head_row *head,
                   const real *memory, const real *w_prev, real *work, size_t slots, size_t width,
                   size_t range);
void EG_K(address_back)(struct eg_head_row *dhead, real *dmemory, real *dw_prev, const real *dw,
                        const real *w, const struct eg_address_saved *saved,
                        const struct eg_head_row *head, const real *memory, const real *w_prev,
                        real *work, size_t slots, size_t width, size_t range);
real EG_K(content)(real *w, real *cosine, real *inv, const real *key, const real *mask, real beta,
                   const real *memory, real *work, size_t slots, size_t width);
void EG_K(content_back)(real *dkey, real *dmask, real *dbeta, real *dmemory, const real *dw,
                        const real *w, const real *cosine, const real *inv, real inv_key,
                        const real *key, const real *mask, real beta, const real *memory,
                        real *work, size_t slots, size_t width);
void EG_K(links)(real *out, real *readings, const real *in, const real *w, const real *p,
                 const real *read, size_t slots, size_t heads);
void EG_K(links_back)(real *dlinks, real *dw, real *dp, real *dread, const real *dreadings,
                      const real *before, const real *w, const real *p, const real *read,
                      size_t slots, size_t heads);
void EG_K(read)(real *r, const real *w, const real *memory, size_t slots, size_t width);
void EG_K(read_back)(real *dw, real *dmemory, const real *dr, const real *w, const real *memory,
                     size_t slots, size_t width);
void EG_K(write)(real *out, const real *in, const real *w, const real *erase, const real *add,
                 size_t slots, size_t width);
void EG_K(write_back)(real *din, real *dw, real *derase, real *dadd, const real *dout,
                      const real *in, const real *w, const real *erase, const real *add,
                      size_t slots, size_t width, int accumulate);
void EG_K(writes)(real *out, const real *in, const struct eg_write_row *head, size_t heads,
                  size_t slots, size_t width);
void EG_K(writes_back)(real *dmemory, const real *in, const struct eg_write_row *head,
                       const struct eg_write_drow *dhead, size_t heads, size_t slots, size_t width);
int64_t EG_K(bits_sum)(const uint64_t *bits, const int32_t *x, size_t words);
void EG_K(bits_add)(int32_t *x, const uint64_t *bits, size_t words, int32_t set, int32_t clear);
void EG_K(bits_count)(int32_t *count, const uint64_t *bits, const int8_t *sign, size_t rows,
                      size_t words);
void EG_K(rmsprop_graves)(real *x, real *n, real *mean, real *delta, const real *g, real rate,
                          real decay, real momentum, real eps, size_t count);
void EG_K(rmsprop)(real *x, real *n, real *delta, const real *g, real rate, real decay,
                   real momentum, real eps, size_t count);
void EG_K(adam)(real *x, real *m, real *v, const real *g, const struct eg_adam *adam, size_t count);
void EG_K(sgd)(real *x, real *delta, const real *g, real rate, real momentum, size_t count);
double EG_K(sum_of_squares)(const real *x, size_t n);
size_t EG_K(clip)(real *x, real limit, size_t n);

#endif
