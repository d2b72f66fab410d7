/*
 * gv_kernel_isa - the kernels of the instruction sets and the constants that they share; for
 * lib/kernel/gv_kernel*.c only.
 *
 * A kernel is NULL where this build cannot contain it (another architecture). Whether the CPU can
 * run it is found out by gv_kernel.c.
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

#endif
