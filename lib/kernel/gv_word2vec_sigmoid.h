/*
 * gv_word2vec_sigmoid - from dot products to gradients; for the kernels of gv_word2vec.h only.
 *
 * e^-x is 2^t with t = -x log2(e), held within -30 .. 30: t is split into a whole number, which
 * becomes the exponent's bits, and a rest within 0.5, for which a polynomial of degree 5 is within
 * 3e-6. Only + - * / and operations on bits, lane by lane: however the compiler vectorises it, and
 * on every CPU, the bits are the same. A NaN stays NaN.
 *
 * Threads: pure functions.
 */
#ifndef GV_WORD2VEC_SIGMOID_H
#define GV_WORD2VEC_SIGMOID_H

#include "kernel/gv_glove.h"
#include "kernel/gv_kernel.h"
#include "kernel/gv_word2vec.h"
#include <stdint.h>
#include <string.h>

enum { GV_WORD2VEC_PITCH = 8 }; /* floats from the numbers of one input to those of the next */

/* s(x) of gv_word2vec.h. */
static inline float gv_word2vec_sigmoid(float x)
{
    const float whole = 12582912.0f; /* 1.5 * 2^23: added, the last bit counts ones */
    float t = x * -1.44269504f, shifted, f, p, power;
    uint32_t bits;
    t = t > 30.0f ? 30.0f : t;
    t = t < -30.0f ? -30.0f : t;
    shifted = t + whole;
    f = t - (shifted - whole);
    p = 0.00133335581f;
    p = p * f + 0.00961812911f;
    p = p * f + 0.0555041087f;
    p = p * f + 0.240226507f;
    p = p * f + 0.693147181f;
    p = p * f + 1.0f;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4b400000u + 127u) << 23;
    memcpy(&power, &bits, sizeof power);
    return 1.0f / (1.0f + p * power);
}

/* Add -log s(x) for the predicted word, -log s(-x) for noise, to the loss. */
static inline void gv_word2vec_sigmoid_add_loss(const gv_word2vec_step *step, const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < step->inputs; i++)
        for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
            double z = (double)x[i * GV_WORD2VEC_PITCH + j];
            double one = gv_glove_log(1 + gv_glove_exp(step->label[j] > 0 ? -z : z));
            sum += step->times[j] > 0 ? (double)step->times[j] * one : 0;
        }
    *step->loss += sum;
}

/* Turn the dot products `x` into gradients g_ij, in place. Two inputs at a time, so that they
 * fill a register of sixteen; `x` has room for a pair, also where the last one is alone. */
static inline void gv_word2vec_sigmoid_gradients(const gv_word2vec_step *step, float *restrict x)
{
    enum { PAIR = 2 * GV_WORD2VEC_PITCH };
    float label[PAIR] = {0}, rate[PAIR] = {0};
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
        label[j] = label[j + GV_WORD2VEC_PITCH] = step->label[j];
        rate[j] = rate[j + GV_WORD2VEC_PITCH] = step->rate[j];
    }
    if (step->loss)
        gv_word2vec_sigmoid_add_loss(step, x);
    size_t end = step->inputs * GV_WORD2VEC_PITCH;
    memset(x + end, 0, end % PAIR * sizeof *x);
    for (size_t at = 0; at < end; at += PAIR)
        for (size_t j = 0; j < PAIR; j++)
            x[at + j] = (label[j] - gv_word2vec_sigmoid(x[at + j])) * rate[j];
}

/* The same for a group of pairs. `x` has room for twice as many: compilers turn a loop of sixteen
 * into vectors, and one of eight into single numbers. */
static inline void gv_word2vec_sigmoid_pairs(const gv_word2vec_pairs *pairs, size_t n,
                                             float *restrict x)
{
    if (pairs->loss)
        for (size_t k = 0; k < n; k++)
            *pairs->loss += gv_glove_log(1 + gv_glove_exp(-(double)x[k]));
    memset(x + GV_WORD2VEC_PAIRS, 0, GV_WORD2VEC_PAIRS * sizeof *x);
    const float rate = pairs->rate;
    for (size_t k = 0; k < 2 * GV_WORD2VEC_PAIRS; k++)
        x[k] = (1.0f - gv_word2vec_sigmoid(x[k])) * rate;
}

#endif
