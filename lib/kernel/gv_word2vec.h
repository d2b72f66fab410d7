/*
 * gv_word2vec - the inner step of skip-gram and CBOW with negative sampling: one contract, a scalar
 * reference, SIMD versions that match it bit for bit.
 *
 * Mikolov, Sutskever, Chen, Corrado, Dean: Distributed representations of words and phrases and
 * their compositionality (NIPS 2013), equation 4: for an input word I, a word O that is to be
 * predicted and noise words N, maximise
 *
 *   log s(v'_O . v_I) + sum over N of log s(-v'_N . v_I),    s(x) = 1 / (1 + e^-x)
 *
 * Its gradient in v'_j is (label_j - s(v'_j . v_I)) v_I, label being 1 for O and 0 for N, and in
 * v_I the sum over j of (label_j - s) v'_j. A step takes several inputs (the words of a window)
 * against one set of outputs (the word in its middle and the noise that all of them share), so it
 * is a small matrix product: Ji, Satish, Li, Dubey: Parallelizing word2vec in shared and
 * distributed memory (2016).
 *
 * Rows are `width` floats, 64-byte aligned, width a multiple of GV_LANES, zeros beyond the
 * dimension. One step with inputs a_i and outputs b_j, j < GV_WORD2VEC_OUTPUTS, in exactly this
 * arithmetic (float32, round to nearest even; fma only where written):
 *
 *   x_ij = reduce(acc), from acc[l] = 0 for l < 16:
 *          acc[l] = fma(a_i[16c + l], b_j[16c + l], acc[l]) for c = 0, 1, ...
 *          reduce: acc[l] += acc[l + 8] for l < 8, then + 4, + 2, + 1 -> acc[0]
 *   g_ij = (label_j - s(x_ij)) * rate_j
 *   for every lane l, the b_j being those from before the step:
 *     b'_j = b_j
 *     for i = 0, 1, ...: b'_j[l] = fma(g_ij, a_i[l], b'_j[l])    for every j
 *                        a_i[l]  = fma(g_ij, b_j[l], a_i[l])     for j = 0, 1, ...; the last a_i
 *                                                                is stored
 *     b_j[l] = b'_j[l]
 *
 * The schedule `ordered` takes apart what a word of the text does (docs/word2vec.md): pairs of a
 * word and one in its window, and steps of noise alone (all labels 0). Pairs come in groups of
 * GV_WORD2VEC_PAIRS, fewer at the end, with the words a_k and the contexts b_k:
 *
 *   x_k = as above, of a_k and b_k; all of them before any row of the group is moved
 *   g_k = (1 - s(x_k)) * rate
 *   for k = 0, 1, ...: a = a_k, b = b_k as they are by then
 *     a_k[l] = fma(g_k, b[l], a[l])
 *     b_k[l] = fma(g_k, a[l], b[l])
 *
 * so a row may occur in any number of them.
 *
 * CBOW takes one step whose only input is the mean of the window's words u_0, u_1, ..., and then
 * moves each of them as the mean was moved (float32, no fma):
 *
 *   mean[l] = ((0 + u_0[l]) + u_1[l] + ...) * (1 / number of words)
 *   u_i[l]  = u_i[l] + (after[l] - mean[l])    one word after the other
 *
 * An input may be listed twice (the word occurs twice in the window): it is then updated twice. s
 * is computed by IEEE operations (gv_word2vec_sigmoid.h), within 3e-6.
 *
 * Errors: none; values that are not finite spread to the loss. Threads: pure functions on the rows
 * they are given. Training calls them on rows that other threads update as well: a data race by the
 * rules of C11, as with the schedule `hogwild` (docs/training.md).
 */
#ifndef GV_WORD2VEC_H
#define GV_WORD2VEC_H

#include "base/gv_error.h"
#include "kernel/gv_kernel.h"
#include <stddef.h>
#include <stdint.h>

enum {
    GV_WORD2VEC_OUTPUTS = 6, /* of a step: the word and up to 5 noise words; unused ones have rate
                                0, and each kernel's registers just hold them all */
    GV_WORD2VEC_INPUTS = 32, /* of a step at most: both sides of the widest window */
    GV_WORD2VEC_AHEAD = 24,  /* rows that a step prefetches at most */
    GV_WORD2VEC_PAIRS = 8    /* of a group */
};

/* Rows are borrowed. */
typedef struct gv_word2vec_step {
    size_t width;                       /* floats in a row */
    size_t inputs;                      /* >= 1 */
    float *input[GV_WORD2VEC_INPUTS];   /* word vectors */
    float *output[GV_WORD2VEC_OUTPUTS]; /* output vectors; all different, except unused ones, which
                                            are all zeros */
    float label[GV_WORD2VEC_OUTPUTS];   /* 1: the predicted word, 0: noise */
    float rate[GV_WORD2VEC_OUTPUTS];    /* step size times how often the output was drawn */
    float times[GV_WORD2VEC_OUTPUTS];   /* how often the output counts in the loss */
    double *loss;                       /* -log s(x) and -log s(-x) are added, unless NULL */
    /* A hint without effect on results: rows of a later step, which are prefetched while this step
     * computes. */
    size_t ahead;
    const float *fetch[GV_WORD2VEC_AHEAD];
} gv_word2vec_step;

/* A word and one in its window; numbers of rows. */
typedef struct gv_word2vec_pair {
    uint16_t word, context;
} gv_word2vec_pair;

/* Rows are borrowed; those of words and of contexts do not overlap. */
typedef struct gv_word2vec_pairs {
    float *word, *context; /* row 0 of each */
    size_t stride, width;
    const gv_word2vec_pair *pair; /* [pairs + ahead] */
    size_t pairs;
    size_t ahead; /* a hint: that many more pairs follow, whose rows may be prefetched */
    float rate;
    double *loss; /* -log s(x) is added, unless NULL */
} gv_word2vec_pairs;

/* The words of a window: row word[i] of the matrix `rows`; at least one. */
typedef struct gv_word2vec_window {
    float *rows;
    size_t stride, width;
    const uint32_t *word;
    size_t words;
} gv_word2vec_window;

typedef struct gv_word2vec_kernel {
    const char *name; /* as in gv_kernel.h */
    void (*step)(const gv_word2vec_step *step);
    void (*pairs)(const gv_word2vec_pairs *pairs);
    /* CBOW: the mean of the window's words, and what the step changed in it, `after` - `before`,
     * added to each of them. The three rows are the caller's and overlap no other. */
    void (*mean)(float *mean, const gv_word2vec_window *window);
    void (*spread)(const gv_word2vec_window *window, const float *before, const float *after);
} gv_word2vec_kernel;

/* The reference; always available. */
extern const gv_word2vec_kernel gv_word2vec_scalar;

/* The kernel for the instruction set that gv_kernel_choose chooses; its errors. */
GV_MUST_USE int gv_word2vec_choose(const gv_word2vec_kernel **kernel, gv_error *err);
/* All kernels that this CPU can run, the scalar one first; returns how many. */
size_t gv_word2vec_list(const gv_word2vec_kernel *kernels[GV_KERNELS]);

/* Floats in a row for vectors of `dim` numbers. */
size_t gv_word2vec_width(size_t dim);

#endif
