/*
 * gv_word2vec_body - the step of gv_word2vec.h over vectors of any length, included once by each
 * instruction set's file after its vector operations (gv_vec_*.h). Not a header of its own.
 *
 * Approach. Dot products: an input passes along all outputs at once, whose six accumulators live in
 * registers. Update: vector by vector, the outputs and what is added to them live in registers
 * while the inputs pass by, so each number of a row is loaded and stored once. The rows of a step
 * are some 5 KiB and stay in the first-level cache between the two.
 */
#include "kernel/gv_word2vec_sigmoid.h"

/* As EACH of gv_kernel_isa.h, for the six outputs. */
#define OUTPUTS(j, ...)                                                                            \
    do {                                                                                           \
        EACH_ONE(j, 0, 6, __VA_ARGS__)                                                             \
        EACH_ONE(j, 1, 6, __VA_ARGS__)                                                             \
        EACH_ONE(j, 2, 6, __VA_ARGS__)                                                             \
        EACH_ONE(j, 3, 6, __VA_ARGS__)                                                             \
        EACH_ONE(j, 4, 6, __VA_ARGS__)                                                             \
        EACH_ONE(j, 5, 6, __VA_ARGS__)                                                             \
    } while (0)
_Static_assert(GV_WORD2VEC_OUTPUTS == 6, "OUTPUTS counts to six");

INLINE void fetch(const float *line)
{
    __builtin_prefetch(line, 1, 3);
}

/* The dot products of an input with all outputs, to x[0 .. 7]; the row `ahead` is fetched. */
INLINE void dots(const float *input, float *const *output, size_t width, const float *ahead,
                 float *x)
{
    vec_w acc[2 * GV_STEP_RECORDS][PIECES];
    for (int j = 0; j < 2 * GV_STEP_RECORDS; j++)
        EACH(p, PIECES, { acc[j][p] = set1_w(0.0f); });
    for (size_t c = 0; c < width; c += GV_LANES) {
        fetch(ahead + c);
        EACH(p, PIECES, {
            vec_w a = load_w(input + c + p * VEC);
            OUTPUTS(j, { acc[j][p] = fma_w(a, load_w(output[j] + c + p * VEC), acc[j][p]); });
        });
    }
    quad low = reduce4(acc), high = reduce4(acc + GV_STEP_RECORDS);
    memcpy(x, &low, sizeof low);
    memcpy(x + GV_STEP_RECORDS, &high, sizeof high);
}

/* Move one vector of all rows, its first lane `c`. */
INLINE void move(const gv_word2vec_step *step, const float *g, size_t c)
{
    vec_w before[GV_WORD2VEC_OUTPUTS], after[GV_WORD2VEC_OUTPUTS];
    OUTPUTS(j, { before[j] = after[j] = load_w(step->output[j] + c); });
    for (size_t i = 0; i < step->inputs; i++, g += GV_WORD2VEC_PITCH) {
        vec_w old = load_w(step->input[i] + c), a = old;
        OUTPUTS(j, {
            vec_w scale = set1_w(g[j]);
            after[j] = fma_w(scale, old, after[j]);
            a = fma_w(scale, before[j], a);
        });
        store_w(step->input[i] + c, a);
    }
    OUTPUTS(j, { store_w(step->output[j] + c, after[j]); });
}

static void take_mean(float *mean, const gv_word2vec_window *window)
{
    float share = 1.0f / (float)window->words;
    for (size_t c = 0; c < window->width; c += VEC) {
        vec_w sum = set1_w(0.0f);
        for (size_t i = 0; i < window->words; i++)
            sum += load_w(window->rows + window->word[i] * window->stride + c);
        store_w(mean + c, sum * set1_w(share));
    }
}

static void spread(const gv_word2vec_window *window, const float *before, const float *after)
{
    for (size_t c = 0; c < window->width; c += VEC) {
        vec_w moved = load_w(after + c) - load_w(before + c);
        for (size_t i = 0; i < window->words; i++) {
            float *at = window->rows + window->word[i] * window->stride + c;
            store_w(at, load_w(at) + moved);
        }
    }
}

static void take_step(const gv_word2vec_step *step)
{
    _Alignas(64) float x[GV_WORD2VEC_INPUTS * GV_WORD2VEC_PITCH];
    float *output[GV_WORD2VEC_OUTPUTS];
    memcpy(output, step->output, sizeof output);
    for (size_t i = 0; i < step->inputs; i++) {
        const float *ahead = i < step->ahead ? step->fetch[i] : step->input[i];
        dots(step->input[i], output, step->width, ahead, x + i * GV_WORD2VEC_PITCH);
    }
    gv_word2vec_sigmoid_gradients(step, x);
    for (size_t c = 0; c < step->width; c += VEC) {
        for (size_t i = step->inputs; i < step->ahead; i++)
            fetch(step->fetch[i] + c);
        move(step, x, c);
    }
}
