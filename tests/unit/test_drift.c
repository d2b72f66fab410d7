#include "analysis/gv_drift.h"
#include "analysis/gv_drift_noise.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include "support/gv_test_faults.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- noise ------------------------------------------------------------------------------------ */

static gv_drift_noise *new_noise(const double *count, const double *moved, size_t n)
{
    gv_drift_noise *noise;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_drift_noise_new(&noise, count, moved, n, &err), err);
    return noise;
}

Test(drift_noise, harmonic_mean)
{
    cr_assert_float_eq(gv_drift_noise_count(100, 100), 100, 1e-9);
    cr_assert_float_eq(gv_drift_noise_count(50, 100), 200.0 / 3, 1e-9);
    cr_assert_eq(gv_drift_noise_count(0, 100), 0);
}

Test(drift_noise, one_word)
{
    const double count = 5, moved = 0.5;
    gv_drift_noise *noise = new_noise(&count, &moved, 1);
    const gv_drift_noise_beyond same = gv_drift_noise_compare(noise, 7, 0.5, 0.1);
    cr_assert_eq(same.words, 1);
    cr_assert_eq(same.p, 1.0);
    cr_assert_eq(same.z, 0.0);
    const gv_drift_noise_beyond further = gv_drift_noise_compare(noise, 7, 0.7, 0.1);
    cr_assert_eq(further.p, 0.5);
    cr_assert_float_eq(further.z, 2.0, 1e-9); /* least_sd takes the place of 0 */
    gv_drift_noise_free(noise);
}

/* Words are compared with those of their own frequency: what is usual for rare ones is far for
 * frequent ones. */
Test(drift_noise, is_that_of_the_frequency)
{
    enum { N = 4000 };
    static double count[N], moved[N];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (size_t i = 0; i < N; i++) {
        count[i] = 100000.0 / (double)(i + 1);
        moved[i] = (double)i / N + 0.1 * gv_rng_uniform(&rng);
    }
    gv_drift_noise *noise = new_noise(count, moved, N);
    for (size_t i = 0; i < N; i += 100) {
        const gv_drift_noise_beyond usual = gv_drift_noise_compare(noise, count[i], moved[i], 1e-6);
        const gv_drift_noise_beyond far =
            gv_drift_noise_compare(noise, count[i], moved[i] + 0.5, 1e-6);
        cr_assert_geq(usual.words, 100);
        cr_assert_leq(usual.words, 500);
        cr_assert_lt(fabs(usual.z), 4.0, "word %zu: z %g", i, usual.z);
        cr_assert_gt(far.z, 5.0);
        cr_assert_float_eq(far.p, 1.0 / (1.0 + (double)far.words), 1e-9);
    }
    gv_drift_noise_free(noise);
}

/* Of noise itself one in a hundred words lies beyond 99 % of noise. */
Test(drift_noise, p_is_calibrated)
{
    enum { N = 5000 };
    static double count[N], moved[N];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (size_t i = 0; i < N; i++) {
        count[i] = 1e6 / (double)(i + 10);
        moved[i] = gv_rng_uniform(&rng);
    }
    gv_drift_noise *noise = new_noise(count, moved, N);
    size_t beyond = 0;
    for (size_t i = 0; i < N; i++)
        beyond +=
            gv_drift_noise_compare(noise, 1e6 / (double)(i + 10), gv_rng_uniform(&rng), 1e-6).p <=
            0.05;
    cr_assert_gt(beyond, N / 20 / 2);
    cr_assert_lt(beyond, N / 20 * 2);
    gv_drift_noise_free(noise);
}

/* --- measures --------------------------------------------------------------------------------- */

enum { WORDS = 60, DIM = 8 };

typedef struct spaces {
    float a[WORDS * DIM], b[WORDS * DIM];
    uint32_t row[WORDS];
    gv_vectors in_a, in_b;
    gv_drift_words words;
    gv_drift drift;
} spaces;

/* Two words of six groups are exchanged in the second space, which is mirrored and three times as
 * long. */
static void make_spaces(spaces *s, size_t first, size_t second)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    for (size_t i = 0; i < WORDS; i++) {
        s->row[i] = (uint32_t)i;
        for (size_t k = 0; k < DIM; k++) {
            const double value = (i % 6 == k ? 1.0 : 0.0) + 0.1 * gv_rng_uniform(&rng);
            const size_t to = i == first ? second : i == second ? first : i;
            s->a[i * DIM + k] = (float)value;
            s->b[to * DIM + DIM - 1 - k] = (float)(3.0 * value);
        }
    }
    s->in_a = (gv_vectors){.rows = WORDS, .dim = DIM, .data = s->a};
    s->in_b = (gv_vectors){.rows = WORDS, .dim = DIM, .data = s->b};
    s->words = (gv_drift_words){&s->in_a, &s->in_b, s->row, s->row, WORDS, 9, 1, NULL};
}

Test(drift, exchanged_words_have_moved_and_others_have_not)
{
    static spaces s;
    gv_error err = GV_ERROR_INIT;
    make_spaces(&s, 0, 1);
    gv_assert_ok(gv_drift_measure(&s.drift, &s.words, &err), err);
    cr_assert_eq(s.drift.k, 9);
    for (size_t i = 0; i < WORDS; i++) {
        if (i < 2) {
            cr_assert_eq(s.drift.overlap[i], 0.0);
            cr_assert_gt(s.drift.distance[i], 0.5);
            cr_assert_eq(s.drift.near_a[i * s.drift.shown] % 6, i);
            cr_assert_eq(s.drift.near_b[i * s.drift.shown] % 6, 1 - i);
        } else {
            cr_assert_gt(s.drift.overlap[i], 0.8); /* but for the exchanged word itself */
            cr_assert_lt(s.drift.distance[i], 0.1);
        }
    }
    gv_drift_clear(&s.drift);
}

Test(drift, more_neighbours_than_words_and_threads)
{
    static spaces s;
    gv_error err = GV_ERROR_INIT;
    make_spaces(&s, 5, 5);
    s.words.k = 1000;
    s.words.threads = 4;
    gv_assert_ok(gv_drift_measure(&s.drift, &s.words, &err), err);
    cr_assert_eq(s.drift.k, WORDS - 1);
    for (size_t i = 0; i < WORDS; i++) {
        cr_assert_eq(s.drift.overlap[i], 1.0);
        cr_assert_lt(s.drift.distance[i], 1e-6);
    }
    gv_drift_clear(&s.drift);
    s.words.n = 2;
    gv_assert_ok(gv_drift_measure(&s.drift, &s.words, &err), err);
    cr_assert_eq(s.drift.k, 1);
    gv_drift_clear(&s.drift);
}

static int measure(void *context, gv_error *err)
{
    spaces *s = context;
    int status = gv_drift_measure(&s->drift, &s->words, err);
    gv_drift_clear(&s->drift);
    return status;
}

Test(drift, memory_may_fail_anywhere)
{
    static spaces s;
    make_spaces(&s, 0, 1);
    cr_assert_gt(gv_test_every_allocation(measure, &s, 1), 0);
}
