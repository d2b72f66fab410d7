/*
 * The step of word2vec: every kernel that this CPU can run gives the bits of the scalar one, and
 * that one is the gradient of the loss. The noise distribution is the promised one.
 */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "kernel/gv_word2vec.h"
#include "model/gv_noise.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

enum { ROWS = GV_WORD2VEC_INPUTS + GV_WORD2VEC_OUTPUTS };

typedef struct sample {
    gv_word2vec_step step;
    float *rows; /* inputs, then outputs */
    size_t floats;
    double loss;
} sample;

static void aim(sample *s, float *rows)
{
    for (size_t i = 0; i < GV_WORD2VEC_INPUTS; i++)
        s->step.input[i] = rows + i * s->step.width;
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++)
        s->step.output[j] = rows + (GV_WORD2VEC_INPUTS + j) * s->step.width;
}

static void make(sample *s, gv_rng *rng, size_t width, size_t inputs, float size, float rate)
{
    *s = (sample){.step = {.width = width, .inputs = inputs}, .floats = ROWS * width};
    s->rows = aligned_alloc(64, s->floats * sizeof(float));
    for (size_t i = 0; i < s->floats; i++)
        s->rows[i] = size * (float)(gv_rng_uniform(rng) - 0.5);
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
        s->step.times[j] = j + 1 < GV_WORD2VEC_OUTPUTS ? 1 + (float)gv_rng_below(rng, 2) : 0;
        s->step.label[j] = j == 0;
        s->step.rate[j] = rate * s->step.times[j];
    }
    aim(s, s->rows);
}

/* The sample's rows after a step of `kernel`; the caller frees. */
static float *after(const gv_word2vec_kernel *kernel, sample *s, double *loss)
{
    float *rows = aligned_alloc(64, s->floats * sizeof(float));
    memcpy(rows, s->rows, s->floats * sizeof(float));
    aim(s, rows);
    *loss = 0;
    s->step.loss = loss;
    if (s->step.inputs > 2) /* a word that stands twice in the window */
        s->step.input[2] = s->step.input[0];
    kernel->step(&s->step);
    return rows;
}

Test(word2vec, every_kernel_gives_the_reference_bits)
{
    const gv_word2vec_kernel *kernels[GV_KERNELS];
    size_t n = gv_word2vec_list(kernels);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    for (size_t round = 0; round < 300; round++) {
        sample s;
        size_t width = 16 * (1 + gv_rng_below(&rng, 25));
        make(&s, &rng, width, 1 + gv_rng_below(&rng, GV_WORD2VEC_INPUTS),
             ldexpf(1, (int)gv_rng_below(&rng, 12) - 6), 0.05f);
        if (round % 10 == 0)
            s.rows[gv_rng_below(&rng, width * s.step.inputs)] = round % 20 ? NAN : 1e30f;
        double want_loss, loss;
        float *want = after(kernels[0], &s, &want_loss);
        for (size_t i = 1; i < n; i++) {
            float *got = after(kernels[i], &s, &loss);
            for (size_t k = 0; k < s.floats; k++)
                cr_assert(memcmp(&got[k], &want[k], sizeof got[k]) == 0 ||
                              (isnan(got[k]) && isnan(want[k])),
                          "%s, seed %llu, width %zu: number %zu is %a, not %a", kernels[i]->name,
                          (unsigned long long)gv_test_seed(), width, k, (double)got[k],
                          (double)want[k]);
            cr_assert(loss == want_loss || (isnan(loss) && isnan(want_loss)));
            free(got);
        }
        free(want);
        free(s.rows);
    }
}

Test(word2vec, every_kernel_gives_the_reference_bits_of_a_window)
{
    enum { ROWS_ALL = 12, FLOATS = ROWS_ALL * 16 * 5 };
    static _Alignas(64) float rows[FLOATS], want[FLOATS], got[FLOATS];
    static _Alignas(64) float want_mean[80], mean[80], after_mean[80];
    static const uint32_t words[] = {7, 0, 3, 7, 7, 11, 2};
    const gv_word2vec_kernel *kernels[GV_KERNELS];
    size_t n = gv_word2vec_list(kernels);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    for (size_t round = 0; round < 100; round++) {
        size_t width = 16 * (1 + round % 5);
        gv_word2vec_window w = {want, width, width, words, 1 + gv_rng_below(&rng, 7)};
        for (size_t k = 0; k < FLOATS; k++)
            rows[k] = (float)(gv_rng_uniform(&rng) - 0.5);
        for (size_t k = 0; k < 80; k++)
            after_mean[k] = (float)(gv_rng_uniform(&rng) - 0.5);
        memcpy(want, rows, sizeof rows);
        kernels[0]->mean(want_mean, &w);
        kernels[0]->spread(&w, want_mean, after_mean);
        double sum = 0;
        for (size_t i = 0; i < w.words; i++)
            sum += (double)rows[words[i] * width + 5] / (double)w.words;
        cr_assert_float_eq((double)want_mean[5], sum, 1e-6);
        size_t times = w.words < 4 ? 1 : w.words == 4 ? 2 : 3; /* word 7 is in the window */
        cr_assert_float_eq((double)want[7 * width] - (double)rows[7 * width],
                           (double)times * ((double)after_mean[0] - (double)want_mean[0]), 1e-5);
        for (size_t i = 1; i < n; i++) {
            memcpy(got, rows, sizeof rows);
            w.rows = got;
            kernels[i]->mean(mean, &w);
            kernels[i]->spread(&w, mean, after_mean);
            cr_assert_arr_eq(mean, want_mean, width * sizeof *mean, "%s", kernels[i]->name);
            cr_assert_arr_eq(got, want, sizeof got, "%s", kernels[i]->name);
        }
    }
}

/* --- pairs ------------------------------------------------------------------------------------ */

enum { PAIR_ROWS = 7 };

/* Rows and pairs that meet some rows again and again. */
static size_t make_pairs(float *rows, gv_word2vec_pair *pair, size_t most, size_t width,
                         gv_rng *rng)
{
    size_t n = 1 + gv_rng_below(rng, most);
    for (size_t i = 0; i < 2 * PAIR_ROWS * width; i++)
        rows[i] = (float)(gv_rng_uniform(rng) - 0.5);
    for (size_t i = 0; i < n; i++)
        pair[i] = (gv_word2vec_pair){(uint16_t)gv_rng_below(rng, PAIR_ROWS),
                                     (uint16_t)gv_rng_below(rng, PAIR_ROWS)};
    return n;
}

Test(word2vec, every_kernel_gives_the_reference_bits_of_pairs)
{
    enum { FLOATS = 2 * PAIR_ROWS * 16 * 5, MOST = 40 };
    static _Alignas(64) float rows[FLOATS], want[FLOATS], got[FLOATS];
    gv_word2vec_pair pair[MOST];
    const gv_word2vec_kernel *kernels[GV_KERNELS];
    size_t n = gv_word2vec_list(kernels);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 4);
    for (size_t round = 0; round < 300; round++) {
        size_t width = 16 * (1 + round % 5), all = make_pairs(rows, pair, MOST, width, &rng);
        size_t pairs = 1 + gv_rng_below(&rng, all);
        double want_loss = 0;
        gv_word2vec_pairs p = {
            want,      want + PAIR_ROWS * width, width, width, pair, pairs, all - pairs, 0.05f,
            &want_loss};
        memcpy(want, rows, sizeof rows);
        kernels[0]->pairs(&p);
        for (size_t i = 1; i < n; i++) {
            double loss = 0;
            memcpy(got, rows, sizeof rows);
            p.word = got;
            p.context = got + PAIR_ROWS * width;
            p.loss = round % 2 ? &loss : NULL;
            kernels[i]->pairs(&p);
            cr_assert_arr_eq(got, want, sizeof got, "%s, seed %llu", kernels[i]->name,
                             (unsigned long long)gv_test_seed());
            cr_assert(!p.loss || loss == want_loss);
        }
    }
}

/* One pair: what a step with one input and one output, the word itself, does. */
Test(word2vec, a_pair_is_a_step_without_noise)
{
    static _Alignas(64) float rows[3 * 32], other[3 * 32];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 5);
    for (size_t i = 0; i < 64; i++)
        rows[i] = other[i] = (float)(gv_rng_uniform(&rng) - 0.5);
    double loss = 0, other_loss = 0;
    const gv_word2vec_pair pair = {0, 0};
    const gv_word2vec_pairs p = {rows, rows + 32, 32, 32, &pair, 1, 0, 0.1f, &loss};
    gv_word2vec_step step = {.width = 32, .inputs = 1, .loss = &other_loss};
    step.input[0] = other;
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++)
        step.output[j] = other + (j == 0 ? 32 : 64);
    step.label[0] = step.times[0] = 1;
    step.rate[0] = 0.1f;
    gv_word2vec_scalar.pairs(&p);
    gv_word2vec_scalar.step(&step);
    cr_assert_arr_eq(rows, other, sizeof rows);
    cr_assert(loss == other_loss && loss > 0);
}

/* The loss of the sample, with plain functions in double. */
static double plain_loss(const sample *s, const float *rows)
{
    double sum = 0;
    for (size_t i = 0; i < s->step.inputs; i++)
        for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
            double x = 0;
            for (size_t l = 0; l < s->step.width; l++)
                x += (double)rows[i * s->step.width + l] *
                     (double)rows[(GV_WORD2VEC_INPUTS + j) * s->step.width + l];
            sum += (double)s->step.times[j] * log(1 + exp(j == 0 ? -x : x));
        }
    return sum;
}

/* A step of rate r moves each number by -r times the derivative of the loss. */
Test(word2vec, a_step_follows_the_gradient)
{
    const double rate = 0.125, tiny = 1e-2;
    gv_rng rng;
    gv_rng_seed(&rng, 7, GV_RNG_TEST, 1);
    sample s;
    make(&s, &rng, 16, 2, 2.0f, (float)rate);
    double loss;
    float *moved = after(&gv_word2vec_scalar, &s, &loss);
    cr_assert_float_eq(loss, plain_loss(&s, s.rows), 1e-4);
    for (size_t k = 0; k < s.floats; k++) {
        float kept = s.rows[k];
        s.rows[k] = kept + (float)tiny;
        double up = plain_loss(&s, s.rows);
        s.rows[k] = kept - (float)tiny;
        double slope = (up - plain_loss(&s, s.rows)) / (2 * tiny);
        s.rows[k] = kept;
        cr_assert_float_eq((double)moved[k] - (double)kept, -rate * slope, 2e-4, "number %zu", k);
    }
    free(moved);
    free(s.rows);
}

static gv_vocab *vocab_of(const uint64_t *counts, size_t n)
{
    const char *words[16];
    gv_vocab *vocab;
    gv_error err = GV_ERROR_INIT;
    for (size_t i = 0; i < n; i++)
        words[i] = gv_test_format("w%zu", i);
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, n, &err), err);
    return vocab;
}

/* Draws of each word within five standard deviations of what its count says. */
static void expect_noise(const uint64_t *counts, size_t n, bool all_alike)
{
    enum { DRAWS = 1000000 };
    static uint64_t drawn[16];
    gv_error err = GV_ERROR_INIT;
    gv_noise noise;
    gv_rng rng;
    gv_vocab *vocab = vocab_of(counts, n);
    double sum = 0;
    memset(drawn, 0, sizeof drawn);
    gv_assert_ok(gv_noise_init(&noise, vocab, 0.75, &err), err);
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (int i = 0; i < DRAWS; i++)
        drawn[gv_noise_draw(&noise, &rng)]++;
    for (size_t w = 0; w < n; w++)
        sum += pow((double)counts[w], 0.75);
    for (size_t w = 0; w < n; w++) {
        double p = all_alike ? 1.0 / (double)n : pow((double)counts[w], 0.75) / sum;
        cr_assert_float_eq((double)drawn[w], DRAWS * p, 5 * sqrt(DRAWS * p) + 1e-9,
                           "word %zu: %llu draws, seed %llu", w, (unsigned long long)drawn[w],
                           (unsigned long long)gv_test_seed());
    }
    gv_noise_clear(&noise);
    gv_vocab_free(vocab);
}

Test(word2vec, noise_is_drawn_by_the_power_of_counts)
{
    expect_noise((uint64_t[]){100000, 5000, 300, 300, 20, 5, 1}, 7, false);
    expect_noise((uint64_t[]){9, 9, 9, 9}, 4, false);
    expect_noise((uint64_t[]){50, 7, 0}, 3, false);
    expect_noise((uint64_t[]){3}, 1, false);
    expect_noise((uint64_t[]){0, 0, 0}, 3, true);
}

Test(word2vec, failing_allocations)
{
    gv_vocab *vocab = vocab_of((uint64_t[]){3, 2, 1}, 3);
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_noise noise;
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = gv_noise_init(&noise, vocab, 0.75, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "%s", err.text);
        cr_assert_lt(n, 100);
        gv_noise_clear(&noise);
    }
    gv_vocab_free(vocab);
}
