/*
 * gv_kernel_isa - what the kernels of one instruction set show to the dispatcher, and nobody else.
 *
 * Each is NULL where this build cannot contain it (another architecture); whether the CPU can run
 * it is for gv_kernel.c to find out.
 */
#ifndef GV_KERNEL_ISA_H
#define GV_KERNEL_ISA_H

#include "math/gv_kernel.h"

extern const gv_kernel *const gv_kernel_avx2;
extern const gv_kernel *const gv_kernel_avx512;
extern const gv_kernel *const gv_kernel_neon;

/* The constants of rsqrt() in gv_kernel.h. */
#define GV_RSQRT_MAGIC 0x5f1ffff9
#define GV_RSQRT_C1    0.703952253f
#define GV_RSQRT_C2    2.38924456f

#endif
