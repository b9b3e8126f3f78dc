/* tensor/kernels/isa.h -- what differs between the compilations of one kernel.
 *
 * meson compiles the folder once per table with -DEG_ISA=base|avx2|avx512.  Loops carry
 * `#pragma omp simd`, which permits the vector form and, with `reduction`, another order of
 * a sum; the order is then that of the build, the same at every run. */
#ifndef EG_TENSOR_KERNELS_ISA_H
#define EG_TENSOR_KERNELS_ISA_H

#include <stddef.h>

#include "core/real.h"
#include "tensor/kernels.h"

#define EG_CAT2(a, b) a##_##b
#define EG_CAT(a, b) EG_CAT2(a, b)
#define EG_K(name) EG_CAT(eg_k_##name, EG_ISA)

#define EG_INLINE static inline __attribute__((always_inline))

/* Every kernel is declared here once, so that table.c can name it. */
#include "tensor/kernels/declare.h"

#endif
