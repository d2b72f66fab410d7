/* Which products of rows the CPU runs. */
#include "vectors/gv_products_isa.h"

static const gv_products_isa *best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("fma"))
        return &gv_products_isa_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &gv_products_isa_avx2;
#endif
    return &gv_products_isa_base;
}

void gv_products_with(float *product, gv_products_rows rows, const float *direction)
{
    best()->with(product, rows, direction);
}

void gv_products_each(float *product, size_t stride, gv_products_rows left, gv_products_rows right,
                      float *packed)
{
    best()->each(product, stride, left, right, packed);
}
