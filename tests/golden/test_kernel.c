/*
 * The bytes that training gives are a promise: the same on every machine, and changed only together
 * with GV_NUMERICS_VERSION. The first hash below was the same from the scalar, AVX2 and AVX-512
 * kernels on x86-64 and from the scalar and NEON kernels on AArch64. If this test fails after a
 * wanted change of the arithmetic, raise the version and write the new hash here.
 */
#include "base/gv_rng.h"
#include "kernel/gv_glove.h"
#include "kernel/gv_kernel.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

#define GOLDEN_VERSION  2
#define GOLDEN_HASH     0xf2916997b06bc0e0u
#define GOLDEN_LOGISTIC 0x1be92e9dcd6de416u /* of the objective "logistic" */

enum { WIDTH = 56, STRIDE = 2 * WIDTH, ROWS = 32, TILE_ROWS = 40, RECORDS = TILE_ROWS * 11 };

/* FNV-1a over 32-bit words in memory order of their values, so independent of byte order. */
static uint64_t mix(uint64_t hash, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t train_and_hash(const gv_kernel *kernel, bool logistic)
{
    static float row_vectors[ROWS * STRIDE] __attribute__((aligned(64)));
    static float column_vectors[ROWS * STRIDE] __attribute__((aligned(64)));
    static float eta[WIDTH] __attribute__((aligned(64))), clip[WIDTH] __attribute__((aligned(64)));
    uint16_t row[TILE_ROWS], row_length[TILE_ROWS], column[RECORDS];
    uint64_t value[RECORDS], hash = 0xcbf29ce484222325u;
    float log_x[RECORDS], weight[RECORDS];
    size_t n = 0;
    gv_rng rng;

    gv_rng_seed(&rng, 1, GV_RNG_TEST, 30); /* not the test seed: the hash is for these numbers */
    for (size_t i = 0; i < ROWS * STRIDE; i++) {
        int is_sum = i % STRIDE >= WIDTH;
        row_vectors[i] = is_sum ? 1.0f : (float)(gv_rng_uniform(&rng) - 0.5);
        column_vectors[i] = is_sum ? 1.0f : (float)(gv_rng_uniform(&rng) - 0.5);
    }
    for (size_t l = 0; l < WIDTH; l++) {
        eta[l] = l < WIDTH - 4 ? 0.05f : 0.0f;
        clip[l] = 0.75f;
    }
    for (size_t r = 0; r < TILE_ROWS; r++) {
        uint32_t order[ROWS];
        for (uint32_t i = 0; i < ROWS; i++)
            order[i] = i;
        gv_rng_shuffle32(&rng, order, ROWS);
        row[r] = (uint16_t)gv_rng_below(&rng, ROWS);
        row_length[r] = (uint16_t)(r % 11);
        for (size_t k = 0; k <= r % 11; k++, n++) {
            column[n] = (uint16_t)order[k];
            uint64_t bits = gv_rng_next(&rng); /* two statements: C orders no operands */
            value[n] = 1 + (bits >> (30 + gv_rng_below(&rng, 30)));
        }
    }
    gv_glove_table(log_x, weight, value, n, &(gv_glove_weighting){360360, 10, 0.75});
    for (size_t k = 0; logistic && k < n; k += 3)
        log_x[k] = -INFINITY; /* never seen */
    gv_kernel_args args = {.width = WIDTH,
                           .row_vectors = row_vectors,
                           .column_vectors = column_vectors,
                           .eta_row = eta,
                           .eta_column = eta,
                           .clip = clip,
                           .logistic = logistic,
                           .scale = 0.7f,
                           .logit_weight = 0.1f,
                           .logit_bound = 3,
                           .focus = 0.75f};
    gv_kernel_tile tile = {TILE_ROWS, n, row, row_length, column, log_x, weight};
    float loss = (float)kernel->train_tile(&args, &tile);
    cr_assert(isfinite(loss) && loss > 0);
    hash = mix(hash, &loss, 1);
    hash = mix(mix(hash, log_x, n), weight, n);
    return mix(mix(hash, row_vectors, ROWS * STRIDE), column_vectors, ROWS * STRIDE);
}

Test(kernel_golden, bytes_change_only_with_the_version)
{
    const gv_kernel *kernels[4];

    cr_assert_eq(GV_NUMERICS_VERSION, GOLDEN_VERSION);
    for (size_t i = 0, n = gv_kernel_list(kernels); i < n; i++) {
        uint64_t hash = train_and_hash(kernels[i], false);
        cr_assert_eq(hash, GOLDEN_HASH, "%s: 0x%llxu", kernels[i]->name, (unsigned long long)hash);
        hash = train_and_hash(kernels[i], true);
        cr_assert_eq(hash, GOLDEN_LOGISTIC, "%s, logistic: 0x%llxu", kernels[i]->name,
                     (unsigned long long)hash);
    }
}
