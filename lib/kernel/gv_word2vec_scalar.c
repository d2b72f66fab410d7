/* The step of word2vec in plain C: the definition of gv_word2vec.h line by line, and the oracle of
 * the SIMD kernels. */
#include "kernel/gv_word2vec_sigmoid.h"
#include <math.h>

static float dot(const float *a, const float *b, size_t width)
{
    float acc[GV_LANES] = {0};
    for (size_t l = 0; l < width; l++)
        acc[l % GV_LANES] = fmaf(a[l], b[l], acc[l % GV_LANES]);
    for (size_t half = GV_LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            acc[l] += acc[l + half];
    return acc[0];
}

static void move_lane(const gv_word2vec_step *step, const float *g, size_t l)
{
    float before[GV_WORD2VEC_OUTPUTS], after[GV_WORD2VEC_OUTPUTS];
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++)
        before[j] = after[j] = step->output[j][l];
    for (size_t i = 0; i < step->inputs; i++, g += GV_WORD2VEC_PITCH) {
        float old = step->input[i][l], a = old;
        for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
            after[j] = fmaf(g[j], old, after[j]);
            a = fmaf(g[j], before[j], a);
        }
        step->input[i][l] = a;
    }
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++)
        step->output[j][l] = after[j];
}

static void take_step(const gv_word2vec_step *step)
{
    float x[GV_WORD2VEC_INPUTS * GV_WORD2VEC_PITCH] = {0};
    for (size_t i = 0; i < step->inputs; i++)
        for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++)
            x[i * GV_WORD2VEC_PITCH + j] = dot(step->input[i], step->output[j], step->width);
    gv_word2vec_sigmoid_gradients(step, x);
    for (size_t l = 0; l < step->width; l++)
        move_lane(step, x, l);
}

static void move_pair(const gv_word2vec_pairs *pairs, gv_word2vec_pair pair, float g)
{
    float *a = pairs->word + pair.word * pairs->stride;
    float *b = pairs->context + pair.context * pairs->stride;
    for (size_t l = 0; l < pairs->width; l++) {
        float old = a[l];
        a[l] = fmaf(g, b[l], old);
        b[l] = fmaf(g, old, b[l]);
    }
}

static void take_pairs(const gv_word2vec_pairs *pairs)
{
    for (size_t at = 0; at < pairs->pairs; at += GV_WORD2VEC_PAIRS) {
        size_t left = pairs->pairs - at, n = left < GV_WORD2VEC_PAIRS ? left : GV_WORD2VEC_PAIRS;
        const gv_word2vec_pair *pair = pairs->pair + at;
        float x[2 * GV_WORD2VEC_PAIRS] = {0};
        for (size_t k = 0; k < n; k++)
            x[k] = dot(pairs->word + pair[k].word * pairs->stride,
                       pairs->context + pair[k].context * pairs->stride, pairs->width);
        gv_word2vec_sigmoid_pairs(pairs, n, x);
        for (size_t k = 0; k < n; k++)
            move_pair(pairs, pair[k], x[k]);
    }
}

static void take_mean(float *mean, const gv_word2vec_window *window)
{
    float share = 1.0f / (float)window->words;
    for (size_t l = 0; l < window->width; l++) {
        float sum = 0;
        for (size_t i = 0; i < window->words; i++)
            sum += window->rows[window->word[i] * window->stride + l];
        mean[l] = sum * share;
    }
}

static void spread(const gv_word2vec_window *window, const float *before, const float *after)
{
    for (size_t i = 0; i < window->words; i++) {
        float *row = window->rows + window->word[i] * window->stride;
        for (size_t l = 0; l < window->width; l++)
            row[l] += after[l] - before[l];
    }
}

const gv_word2vec_kernel gv_word2vec_scalar = {"scalar", take_step, take_pairs, take_mean, spread};
