/*
 * gv_kernel - the inner step of training: one contract, a scalar reference, and SIMD versions that
 * match it bit for bit.
 *
 * Vectors. The vector of a word or context is `2 * width` floats, 64-byte aligned: `width` values,
 * then their `width` AdaGrad sums; width is a multiple of GV_WIDTH. The sums of the lanes in full
 * chunks of GV_LANES are at the end, so that they are aligned like the values; where 8 lanes
 * remain, their sums follow directly (gv_kernel_sum() says where). The biases are among the
 * values, so that one dot product gives w.c + b + b~: a word's values are
 * [w_0 .. w_{d-1}, b, 1, 0 ...], a context's are [c_0 .. c_{d-1}, 1, b~, 0 ...]. The constant ones
 * and the padding never change because the step size of their lanes is 0.
 *
 * Steps. The records of one tile row are adjacent and their columns all differ. They are processed
 * GV_STEP_RECORDS at a time (the row's last step may have fewer). A step takes all dot products
 * with the row's vector as it was when the step began, and changes that vector once, at the end:
 * so its records are independent of each other, and the row's vector is loaded and stored once.
 *
 * One step with m records, x_k = log X and f_k = weight, a the vector of the row and b_k those of
 * the columns, in exactly this arithmetic (float32, round to nearest even, no flush to zero; fma
 * only where written):
 *
 *   dot_k  = reduce(acc), from acc[l] = 0 for l < 16:
 *            acc[l] = fma(a[16c + l], b_k[16c + l], acc[l]) for c from the last chunk down to 0, a
 *            last chunk of 8 lanes leaving acc[8..15] alone;
 *            reduce: acc[l] += acc[l + 8] for l < 8, then + 4, + 2, + 1 -> acc[0]
 *   diff_k = dot_k - x_k
 *   g_k    = f_k * diff_k
 *   loss_k += (double)g_k * (double)diff_k               (k: place in the step, 0 to 3)
 *   for every lane l:
 *     for k = 0 .. m-1:
 *       tb = clip((g_k * eta_column[l]) * a[l], clip[l] * eta_column[l])
 *       ta = clip((g_k * eta_row[l]) * b_k[l], clip[l] * eta_row[l])
 *                                                        (a: the value when the step began,
 *                                                         b_k: the value before its update)
 *       b_k[l] = move(b_k[l], tb, B_k[l])                (B_k: AdaGrad sum of b_k)
 *       B_k[l] = fma(tb, tb, B_k[l])
 *       k = 0: sum = ta, square = ta * ta
 *       k > 0: before = square, sum = sum + ta, square = fma(ta, ta, square)
 *     a[l] = move(a[l], sum, m = 1 ? A[l] : A[l] + before)
 *     A[l] = A[l] + square
 *
 * which for m = 1 is AdaGrad as the GloVe reference has it (the sum of earlier squares scales the
 * change, then the square is added; Pennington et al. 2014, section 4.2; Duchi et al. 2011). For
 * larger m the summed change is scaled by the sums that the last of its records would have seen.
 * The loss of a tile is 0.5 * ((loss_0 + loss_1) + (loss_2 + loss_3)).
 *
 *   clip(t, c) = min(c, max(-c, t)), written so that NaN passes through and a c that is NaN
 *                (infinity times a step size of 0) bounds nothing: u = -c > t ? -c : t;
 *                c < u ? c : u
 *   move(v, t, s) = fma(-(t * y), fma(-(s * y), y, 1.891f), v), which is v - t / sqrt(s) with the
 *                root within 0.09 %: y is the float whose bits are 0x5f0b3800 - (bits of s >> 1),
 *                and y * (1.891 - s * y * y) a step of Newton's method whose constants are chosen
 *                together (normal positive s)
 *
 * With `constant_step` (optimizer sgd: every step size is eta, as in Recht et al. 2011 and
 * word2vec) the AdaGrad sums are neither read nor written, and
 *
 *   move(v, t, s) = v - t
 *
 * With `logistic` (objective logistic, docs/numerics.md) x_k is the logit of a probability, or
 * -infinity for an unseen pair, and
 *
 *   z_k    = dot_k * scale,  s = sigmoid(z_k),  plus = softplus(z_k)         (gv_logistic.h)
 *   p      = sigmoid(x_k)
 *   seen:    e      = z_k - x_k,  h = e > bound ? bound : e,  h = h < -bound ? -bound : h
 *            diff_k = (s - p) + logit_weight * h
 *            extra  = logit_weight * (h * (e - 0.5 * h))
 *   unseen:  diff_k = s * ((1 - focus) + (2 * focus) * s)
 *            extra  = focus * (plus - 2 * s)
 *   g_k    = f_k * diff_k
 *   loss_k += (double)f_k * (double)((plus - p * z_k) + extra)
 *
 * and the loss of a tile is (loss_0 + loss_1) + (loss_2 + loss_3), without the 0.5.
 *
 * The bytes of all vectors and of the loss after a tile depend on this text alone; a change of it
 * raises GV_NUMERICS_VERSION.
 *
 * Half steps. Schedules that do something between the gradient of a step and its update
 * (gv_row_sync.h) call the halves: `gradient` is everything up to g_k and the loss, `update` the
 * lines after that. Together they give the bits of train_tile.
 *
 * Errors: none; values that are not finite spread to the loss, and the caller checks that.
 * Threads: kernels are pure functions on the vectors they are given. The caller ensures that no
 * two threads hold the same vector (schedule `ordered`), or accepts races (`hogwild`).
 */
#ifndef GV_KERNEL_H
#define GV_KERNEL_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_NUMERICS_VERSION 2

#define GV_LANES        16 /* accumulators of a dot product */
#define GV_WIDTH        8  /* the width of a vector is a multiple of this */
#define GV_STEP_RECORDS 4  /* records of a step at most */

/* The first lane after the full chunks of GV_LANES: `width`, or 8 less. */
static inline size_t gv_kernel_tail(size_t width)
{
    return width / GV_LANES * GV_LANES;
}

/* Offset in a vector of the AdaGrad sum of `lane`. */
static inline size_t gv_kernel_sum(size_t width, size_t lane)
{
    size_t tail = gv_kernel_tail(width);

    return lane < tail ? 2 * width - tail + lane : width + lane - tail;
}

/* What a kernel works on and with, the same for all records of a tile. Borrowed; all arrays are
 * 64-byte aligned, and those of constants hold `width` floats. */
typedef struct gv_kernel_args {
    size_t width;            /* values in a vector; multiple of GV_WIDTH */
    float *row_vectors;      /* the vector of tile row r starts at row_vectors + r * 2 * width */
    float *column_vectors;   /* likewise for the columns */
    const float *eta_row;    /* step size of each lane of a row's vector, >= 0; 0 for constants and
                                padding */
    const float *eta_column; /* of a column's vector */
    const float *clip;       /* bound on |g * value|; INFINITY where not clipped */
    unsigned near, far;      /* distances of prefetches, see gv_tuning.h; 0: none */
    bool constant_step;      /* no AdaGrad, see above */
    bool logistic;           /* minimise the cross-entropy, not the squared error; with it: */
    float scale;             /* of the dot products */
    float logit_weight;      /* of the logit's error, beside that of the probability */
    float logit_bound;       /* errors beyond it count as this much, >= 0 */
    float focus;             /* on unseen pairs that the model thinks likely, 0 to 1 */
} gv_kernel_args;

/* The loss of a tile from the losses by place in a step. */
static inline double gv_kernel_loss(const gv_kernel_args *args, const double loss[GV_STEP_RECORDS])
{
    double sum = (loss[0] + loss[1]) + (loss[2] + loss[3]);
    return args->logistic ? sum : 0.5 * sum;
}

/* A summary of step sizes and clips, which lets kernels skip work on most lanes. */
typedef struct gv_kernel_summary {
    float eta;      /* of all even lanes */
    float eta_top;  /* largest eta of the lanes that have a clip; 0: none has */
    float clip_low; /* smallest bound: clip times eta */
    size_t even;    /* lanes 0 .. even-1 have this eta on both sides; a multiple of GV_LANES */
} gv_kernel_summary;

/* The summary of `args`, whose arrays must not change while it is used. Kernels make it once a
 * tile. */
void gv_kernel_summarise(gv_kernel_summary *summary, const gv_kernel_args *args);

/* The records of a tile, ready for a kernel: local numbers of rows and columns, logs and weights.
 * The arrays are borrowed. */
typedef struct gv_kernel_tile {
    size_t rows, records;
    const uint16_t *row;        /* [rows] */
    const uint16_t *row_length; /* [rows] records in the row, minus 1 */
    const uint16_t *column;     /* [records] all different within a row */
    const float *log_x;         /* [records] natural log of X; with `logistic`, the logit */
    const float *weight;        /* [records] f(X) */
} gv_kernel_tile;

/* Train on a tile; returns the summed loss. May prefetch vectors of later records. */
typedef double gv_kernel_fn(const gv_kernel_args *args, const gv_kernel_tile *tile);

/* A single step. Its vectors may be anywhere; they are 64-byte aligned and all different. */
typedef struct gv_kernel_step {
    const gv_kernel_args *args; /* row_vectors and column_vectors are not used */
    const gv_kernel_summary *summary;
    float *row;
    float *column[GV_STEP_RECORDS];
    size_t records;           /* 1 .. GV_STEP_RECORDS */
    float g[GV_STEP_RECORDS]; /* from `gradient` to `update`; 0 beyond `records` */
} gv_kernel_step;

/* Set step->g from the vectors' values (AdaGrad sums are not read) and from log X and f(X) of the
 * records, and add to the losses by place in the step, which gv_kernel_loss() sums up. */
typedef void gv_kernel_gradient_fn(gv_kernel_step *step, const float *log_x, const float *weight,
                                   double loss[GV_STEP_RECORDS]);
/* Change the vectors by step->g. */
typedef void gv_kernel_update_fn(const gv_kernel_step *step);

#define GV_KERNELS 4 /* instruction sets with a kernel, the scalar one included */

typedef struct gv_kernel {
    const char *name; /* "scalar", "avx2", "avx512", "neon" */
    gv_kernel_fn *train_tile;
    gv_kernel_gradient_fn *gradient;
    gv_kernel_update_fn *update;
} gv_kernel;

/* The reference; always available. */
extern const gv_kernel gv_kernel_scalar;

/*
 * The fastest kernel that this CPU can run, or the one that environment variable GLOVEBOX_KERNEL
 * names. GV_E_USAGE if the name is unknown, or if this CPU or build lacks that kernel.
 */
GV_MUST_USE int gv_kernel_choose(const gv_kernel **kernel, gv_error *err);

/* All kernels that this CPU can run, the scalar one first, the fastest last; returns how many. */
size_t gv_kernel_list(const gv_kernel *kernels[GV_KERNELS]);

#endif
