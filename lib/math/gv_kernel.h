/*
 * gv_kernel - the inner step of training: one contract, a scalar reference, SIMD versions that
 * match it bit for bit.
 *
 * Rows. A row is `2 * width` floats, 64-byte aligned: `width` values, then their `width` AdaGrad
 * sums; width is a multiple of GV_LANES. The biases live inside the values, so that one dot
 * product gives w.c + b + b~: a word row holds [w_0 .. w_{d-1}, b, 1, 0 ...], a context row
 * [c_0 .. c_{d-1}, 1, b~, 0 ...]. The constant ones and the padding never move because their
 * lane's step size is 0.
 *
 * A run is a sequence of records that share one row (the run row, `a` below); the other rows (the
 * stream rows, `b_k`) are all different from each other. A run is worked through in groups of
 * GV_GROUP records (the last group may be smaller). Within a group all dot products are taken with
 * the run row as it was when the group began, and the run row moves once, at the group's end: so
 * the records of a group are independent, and the run row is loaded and stored once a group.
 *
 * One group of m records with x_k = log X, f_k = weight, in exactly this arithmetic (float32,
 * round to nearest even, no flush to zero; fma only where written):
 *
 *   dot_k  = reduce(acc), acc[l] = fma(a[16c + l], b_k[16c + l], acc[l]) for c = 0, 1, ... from 0,
 *            reduce: acc[l] += acc[l + 8] for l < 8, then + 4, + 2, + 1 -> acc[0]
 *   diff_k = dot_k - x_k
 *   g_k    = f_k * diff_k
 *   loss  += 0.5 * (double)g_k * (double)diff_k          (in record order)
 *   for every lane l:
 *     sum = 0, square = 0, before = 0
 *     for k = 0 .. m-1:
 *       tb = clip_l(g_k * a[l])   * eta_stream[l]        (a: the value at the group's start)
 *       ta = clip_l(g_k * b_k[l]) * eta_run[l]           (b_k: the value before its update)
 *       b_k[l] = b_k[l] - tb * rsqrt(B_k[l])             (B_k: AdaGrad sum of b_k; multiply, then
 *       B_k[l] = fma(tb, tb, B_k[l])                      subtract, not fused)
 *       before = square
 *       sum    = sum + ta
 *       square = fma(ta, ta, square)
 *     a[l] = a[l] - sum * rsqrt(A[l] + before)
 *     A[l] = A[l] + square
 *
 * which for m = 1 is AdaGrad as the GloVe reference has it (the sum of earlier squares scales the
 * step, then the square is added; Pennington et al. 2014, section 4.2; Duchi et al. 2011), and for
 * larger m scales the group's summed step by the sums that the last of its records would have
 * seen.
 *
 *   clip_l(t) = min(clip[l], max(-clip[l], t)), written so that NaN passes through:
 *               u = -c > t ? -c : t;  c < u ? c : u
 *   rsqrt(s)  = y * (0.703952253f * (2.38924456f - s * (y * y))), y = the float whose bits are
 *               0x5f1ffff9 - (bits of s >> 1): one tuned Newton step, relative error < 7e-4;
 *               products and difference not fused
 *
 * The bytes of all rows and of the loss after a tile depend on nothing but this text; a change of
 * it raises GV_NUMERICS_VERSION.
 *
 * Threads: kernels are pure functions on the rows they are given. The caller sees to it that no
 * two threads hold the same row (schedule `ordered`), or accepts races (`hogwild`).
 */
#ifndef GV_KERNEL_H
#define GV_KERNEL_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

#define GV_NUMERICS_VERSION 1

#define GV_LANES 16
#define GV_GROUP 4

/* The two sides of a pass and its per-lane constants; all arrays are 64-byte aligned, those of
 * constants hold `width` floats. */
typedef struct gv_kernel_pass {
    size_t width;            /* values in a row; multiple of GV_LANES */
    float *run_rows;         /* row r of the run side starts at run_rows + r * 2 * width */
    float *stream_rows;      /* likewise for the stream side */
    const float *eta_run;    /* step size of each lane of a run row; 0 for constants, padding */
    const float *eta_stream; /* of a stream row */
    const float *clip;       /* bound on |g * value|; INFINITY where not clipped */
} gv_kernel_pass;

/* The records of a tile, prepared: rows as local numbers, logs and weights computed. */
typedef struct gv_kernel_tile {
    size_t runs, records;
    const uint16_t *run_row;    /* [runs] */
    const uint16_t *run_length; /* [runs] records in the run, minus 1 */
    const uint16_t *column;     /* [records] */
    const float *log_x;         /* [records] natural log of X */
    const float *weight;        /* [records] f(X) */
} gv_kernel_tile;

/* Work through a tile; returns the summed loss. May prefetch rows ahead. */
typedef double gv_kernel_fn(const gv_kernel_pass *pass, const gv_kernel_tile *tile);

typedef struct gv_kernel {
    const char *name; /* "scalar", "avx2", "avx512", "neon" */
    gv_kernel_fn *train_tile;
} gv_kernel;

/* The reference; always there. */
extern const gv_kernel gv_kernel_scalar;

/*
 * The fastest kernel that this CPU can run, or the one that environment variable
 * GLOVEBOX_KERNEL names: an unknown name, or one this CPU or build lacks, is GV_E_USAGE.
 */
int gv_kernel_choose(const gv_kernel **kernel, gv_error *err);

/* All kernels that this CPU can run, the scalar one first; returns their number. */
size_t gv_kernel_list(const gv_kernel *kernels[4]);

#endif
