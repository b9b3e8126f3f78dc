/* tensor/blas.h -- the one matrix product, in the precision of the build. */
#ifndef EG_TENSOR_BLAS_H
#define EG_TENSOR_BLAS_H

#include <stddef.h>

#include <cblas.h>

#include "core/real.h"

/* C(m,n) += op(A) op(B), row-major with leading dimensions; op transposes where asked. */
static inline void eg_gemm(int trans_a, int trans_b, size_t m, size_t n, size_t k, const real *a,
                           size_t lda, const real *b, size_t ldb, real *c, size_t ldc)
{
    const enum CBLAS_TRANSPOSE ta = trans_a ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE tb = trans_b ? CblasTrans : CblasNoTrans;
#ifdef EG_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, (blasint) m, (blasint) n, (blasint) k, 1, a, (blasint) lda,
                b, (blasint) ldb, 1, c, (blasint) ldc);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, (blasint) m, (blasint) n, (blasint) k, 1, a, (blasint) lda,
                b, (blasint) ldb, 1, c, (blasint) ldc);
#endif
}

#endif
