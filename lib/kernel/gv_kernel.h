/*
 * gv_kernel - the inner step of training: one contract, a scalar reference, SIMD versions that
 * match it bit for bit.
 *
 * Rows. A row is `2 * width` floats, 64-byte aligned: `width` values, then their `width` AdaGrad
 * sums; width is a multiple of GV_WIDTH. Lanes up to the last full chunk of GV_LANES have their
 * sums at the row's end, so that these are aligned like the values, and the 8 lanes that may follow
 * have theirs next to them: gv_kernel_sum() says where. The biases live inside the values, so that
 * one dot product gives w.c + b + b~: a word row holds [w_0 .. w_{d-1}, b, 1, 0 ...], a context row
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
 *   dot_k  = reduce(acc), from acc[l] = 0 for l < 16:
 *            acc[l] = fma(a[16c + l], b_k[16c + l], acc[l]) for c from the last chunk down to 0, a
 *            last chunk of 8 lanes leaving acc[8..15] alone;
 *            reduce: acc[l] += acc[l + 8] for l < 8, then + 4, + 2, + 1 -> acc[0]
 *   diff_k = dot_k - x_k
 *   g_k    = f_k * diff_k
 *   loss_k += (double)g_k * (double)diff_k               (k: place in the group, 0 to 3)
 *   for every lane l:
 *     for k = 0 .. m-1:
 *       tb = clip((g_k * eta_stream[l]) * a[l], clip[l] * eta_stream[l])
 *       ta = clip((g_k * eta_run[l]) * b_k[l], clip[l] * eta_run[l])
 *                                                        (a: the value at the group's start,
 *                                                         b_k: the value before its update)
 *       b_k[l] = step(b_k[l], tb, B_k[l])                (B_k: AdaGrad sum of b_k)
 *       B_k[l] = fma(tb, tb, B_k[l])
 *       k = 0: sum = ta, square = ta * ta
 *       k > 0: before = square, sum = sum + ta, square = fma(ta, ta, square)
 *     a[l] = step(a[l], sum, m = 1 ? A[l] : A[l] + before)
 *     A[l] = A[l] + square
 *
 * which for m = 1 is AdaGrad as the GloVe reference has it (the sum of earlier squares scales the
 * step, then the square is added; Pennington et al. 2014, section 4.2; Duchi et al. 2011), and for
 * larger m scales the group's summed step by the sums that the last of its records would have
 * seen. The loss of a tile is 0.5 * ((loss_0 + loss_1) + (loss_2 + loss_3)).
 *
 *   clip(t, c) = min(c, max(-c, t)), written so that NaN passes through and a c that is NaN
 *                (infinity times a step size of 0) bounds nothing: u = -c > t ? -c : t;
 *                c < u ? c : u
 *   step(v, t, s) = fma(-(t * y), fma(-(s * y), y, 1.891f), v), which is v - t / sqrt(s) with the
 *                root within 0.09 %: y is the float whose bits are 0x5f0b3800 - (bits of s >> 1),
 *                and y * (1.891 - s * y * y) a step of Newton's method whose constants are chosen
 *                together (normal positive s)
 *
 * With `constant_step` (optimizer sgd: every step size is eta, as Recht et al. 2011 and word2vec
 * have it) the AdaGrad sums are neither read nor written, and
 *
 *   step(v, t, s) = v - t
 *
 * With `logistic` (objective logistic, docs/numerics.md) x_k is the logit of a probability, or
 * -infinity for a pair that was never seen, and
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
 * The bytes of all rows and of the loss after a tile depend on nothing but this text; a change of
 * it raises GV_NUMERICS_VERSION.
 *
 * Half steps. Schedules that put something between a group's gradient and its update (gv_row_sync.h)
 * call for one half at a time: `gradient` is everything up to g_k and the loss, `update` the rest,
 * of the lines above. On the same rows the two give the bits of train_tile.
 *
 * Threads: kernels are pure functions on the rows they are given. The caller sees to it that no
 * two threads hold the same row (schedule `ordered`), or accepts races (`hogwild`).
 */
#ifndef GV_KERNEL_H
#define GV_KERNEL_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_NUMERICS_VERSION 2

#define GV_LANES 16 /* accumulators of a dot product */
#define GV_WIDTH 8  /* the width of a row is a multiple of this */
#define GV_GROUP 4

/* The first lane after the full chunks of GV_LANES: `width`, or 8 less. */
static inline size_t gv_kernel_tail(size_t width)
{
    return width / GV_LANES * GV_LANES;
}

/* Where in a row the AdaGrad sum of a lane stands. */
static inline size_t gv_kernel_sum(size_t width, size_t lane)
{
    size_t tail = gv_kernel_tail(width);

    return lane < tail ? 2 * width - tail + lane : width + lane - tail;
}

/* The two sides of a pass and its per-lane constants; all arrays are 64-byte aligned, those of
 * constants hold `width` floats. */
typedef struct gv_kernel_pass {
    size_t width;         /* values in a row; multiple of GV_WIDTH */
    float *run_rows;      /* row r of the run side starts at run_rows + r * 2 * width */
    float *stream_rows;   /* likewise for the stream side */
    const float *eta_run; /* step size of each lane of a run row, >= 0; 0 for constants, padding */
    const float *eta_stream; /* of a stream row */
    const float *clip;       /* bound on |g * value|; INFINITY where not clipped */
    bool constant_step;      /* no AdaGrad, see above */
    bool logistic;           /* the cross-entropy is minimised, not the squared error; with it: */
    float scale;             /* of the dot products */
    float logit_weight;      /* of the error of the logit, beside that of the probability */
    float logit_bound;       /* beyond which that error counts as this, >= 0 */
    float focus;             /* on unseen pairs that the model thinks likely, 0 to 1 */
} gv_kernel_pass;

/* The loss of a tile from the losses by place in a group. */
static inline double gv_kernel_loss(const gv_kernel_pass *pass, const double loss[4])
{
    double sum = (loss[0] + loss[1]) + (loss[2] + loss[3]);
    return pass->logistic ? sum : 0.5 * sum;
}

/* What the step sizes and clips of a pass have in common. */
typedef struct gv_kernel_common {
    float eta;      /* of all even lanes */
    float eta_top;  /* largest eta of the lanes that have a clip; 0: none has */
    float clip_low; /* smallest bound: clip times eta */
    size_t even;    /* lanes 0 .. even-1 have this eta on both sides; a multiple of GV_LANES */
} gv_kernel_common;

void gv_kernel_survey(gv_kernel_common *common, const gv_kernel_pass *pass);

/* The records of a tile, prepared: rows as local numbers, logs and weights computed. */
typedef struct gv_kernel_tile {
    size_t runs, records;
    const uint16_t *run_row;    /* [runs] */
    const uint16_t *run_length; /* [runs] records in the run, minus 1 */
    const uint16_t *column;     /* [records] */
    const float *log_x;         /* [records] natural log of X; with `logistic`, the logit */
    const float *weight;        /* [records] f(X) */
} gv_kernel_tile;

/* Work through a tile; returns the summed loss. May prefetch rows ahead. */
typedef double gv_kernel_fn(const gv_kernel_pass *pass, const gv_kernel_tile *tile);

/* A group by itself. Its rows may lie anywhere; they are 64-byte aligned and all different. */
typedef struct gv_kernel_group {
    const gv_kernel_pass *pass; /* run_rows and stream_rows are not looked at */
    const gv_kernel_common *common;
    float *run;
    float *stream[GV_GROUP];
    size_t records;    /* 1 .. GV_GROUP */
    float g[GV_GROUP]; /* from `gradient` to `update`; 0 beyond `records` */
} gv_kernel_group;

/* Set group->g from the rows' values (AdaGrad sums are not looked at), and log X and f(X) of its
 * records; add to the losses by place in the group (gv_kernel_loss() makes the tile's of them).
 */
typedef void gv_kernel_gradient_fn(gv_kernel_group *group, const float *log_x, const float *weight,
                                   double loss[GV_GROUP]);
/* Move the rows by group->g. */
typedef void gv_kernel_update_fn(const gv_kernel_group *group);

typedef struct gv_kernel {
    const char *name; /* "scalar", "avx2", "avx512", "neon" */
    gv_kernel_fn *train_tile;
    gv_kernel_gradient_fn *gradient;
    gv_kernel_update_fn *update;
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
