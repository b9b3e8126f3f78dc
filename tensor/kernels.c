#include "tensor/kernels.h"

#include <string.h>

extern const struct eg_kernels eg_kernels_base;
#ifdef EG_HAVE_X86_TABLES
extern const struct eg_kernels eg_kernels_avx2;
extern const struct eg_kernels eg_kernels_avx512;
#endif

static const struct eg_kernels *const up_to_base[] = {&eg_kernels_base, NULL};
#ifdef EG_HAVE_X86_TABLES
static const struct eg_kernels *const up_to_avx2[] = {&eg_kernels_base, &eg_kernels_avx2, NULL};
static const struct eg_kernels *const up_to_avx512[] = {&eg_kernels_base, &eg_kernels_avx2,
                                                        &eg_kernels_avx512, NULL};
#endif

const struct eg_kernels *const *eg_kernels_all(void)
{
#ifdef EG_HAVE_X86_TABLES
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        return up_to_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return up_to_avx2;
#endif
    return up_to_base;
}

const struct eg_kernels *eg_kernels_best(void)
{
    const struct eg_kernels *const *all = eg_kernels_all();
    while (all[1])
        all++;
    return *all;
}

const struct eg_kernels *eg_kernels_ref(void)
{
    return &eg_kernels_base;
}

const struct eg_kernels *eg_kernels_find(const char *name)
{
    if (!strcmp(name, "auto"))
        return eg_kernels_best();
    for (const struct eg_kernels *const *k = eg_kernels_all(); *k; k++)
        if (!strcmp((*k)->name, name))
            return *k;
    return NULL;
}
