/*
 * gv_kernel_isa - what the kernels of one instruction set show to the dispatcher, and what they
 * share; for lib/kernel/gv_kernel*.c only.
 *
 * A kernel is NULL where this build cannot contain it (another architecture); whether the CPU can
 * run it is for gv_kernel.c to find out.
 */
#ifndef GV_KERNEL_ISA_H
#define GV_KERNEL_ISA_H

#include "kernel/gv_kernel.h"

extern const gv_kernel *const gv_kernel_avx2;
extern const gv_kernel *const gv_kernel_avx512;
extern const gv_kernel *const gv_kernel_neon;

/* The constants of move() in gv_kernel.h. */
#define GV_RSQRT_MAGIC 0x5f0b3800
#define GV_RSQRT_ALPHA 1.891f

#define INLINE static inline __attribute__((always_inline))

/* One number per record of a step. */
typedef float quad __attribute__((vector_size(16)));
typedef uint32_t quad_bits __attribute__((vector_size(16)));

/* The body for index = 0 .. n-1 <= 3, index and n being compile-time constants: a loop that
 * surely unrolls, so that arrays it walks over live in registers. May be nested. */
#define EACH(index, n, ...)                                                                        \
    do {                                                                                           \
        EACH_ONE(index, 0, n, __VA_ARGS__)                                                         \
        EACH_ONE(index, 1, n, __VA_ARGS__)                                                         \
        EACH_ONE(index, 2, n, __VA_ARGS__)                                                         \
        EACH_ONE(index, 3, n, __VA_ARGS__)                                                         \
    } while (0)
#define EACH_ONE(index, value, n, ...)                                                             \
    if ((n) > value) {                                                                             \
        enum { index = value };                                                                    \
        __VA_ARGS__                                                                                \
    }

#endif
