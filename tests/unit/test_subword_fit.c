/* Fitting n-grams: index, regression, mix and the whole, each against a naive computation. */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "subword/gv_subword_fit.h"
#include "subword/gv_subword_mix.h"
#include "subword/gv_subword_solve.h"
#include "support/gv_test.h"
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = GV_SUBWORD_SOLVE_LANES, ALL_CPUS = 64 };

static const gv_subwords_settings usual = {
    .min_n = 3, .max_n = 6, .min_words = 2, .ridge = 0.01, .shrink = 10};

static gv_vocab *vocab_of(const char *const *words, const uint64_t *counts, size_t n)
{
    gv_vocab *vocab;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, n, &err), err);
    return vocab;
}

/* Words of a few syllables, so that they share n-grams; frequent ones first. */
static gv_vocab *random_vocab(size_t n)
{
    static const char *const syllables[] = {"ka", "lo", "mi", "nu", "ra", "ste", "ti", "vo"};
    const char **words = gv_test_keep(calloc(n, sizeof *words));
    uint64_t *counts = gv_test_keep(calloc(n, sizeof *counts));
    for (size_t i = 0; i < n; i++) {
        const char *word = "";
        for (size_t rest = i + 8; rest > 0; rest /= 8)
            word = gv_test_format("%s%s", word, syllables[rest % 8]);
        words[i] = word;
        counts[i] = 3 + 20000 / (i + 1);
    }
    return vocab_of(words, counts, n);
}

/* --- the index -------------------------------------------------------------------------------- */

static gv_subword_index index_of(const gv_vocab *vocab, gv_subwords_settings settings)
{
    gv_subword_index index;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subword_index_make(&index, vocab, &settings, &err), err);
    return index;
}

/* The known n-grams of a word, in brackets. */
static const char *row_text(const gv_subword_index *index, size_t word)
{
    const char *text = "";
    for (size_t at = index->row_first[word]; at < index->row_first[word + 1]; at++) {
        uint32_t g = index->row[at], begin = g > 0 ? index->end[g - 1] : 0;
        text = gv_test_format("%s[%.*s]", text, (int)(index->end[g] - begin), index->text + begin);
    }
    return text;
}

Test(subword_index, has_the_ngrams_of_two_words_or_more)
{
    gv_vocab *vocab =
        vocab_of((const char *const[]){"aaaa", "xaaa", "b"}, (uint64_t[]){9, 8, 7}, 3);
    gv_subword_index index =
        index_of(vocab, (gv_subwords_settings){.min_n = 2, .max_n = 3, .min_words = 2, .ridge = 1});
    /* aaaa has aa three times and aaa twice */
    cr_assert_str_eq(row_text(&index, 0), "[aa][aaa][aa][aaa][aa][aa>][a>]");
    cr_assert_str_eq(row_text(&index, 1), "[aa][aaa][aa][aa>][a>]");
    cr_assert_str_eq(row_text(&index, 2), "");
    cr_assert_eq(index.ngrams, 4);
    cr_assert_eq(index.all[0], 5 + 4);
    cr_assert_eq(index.all[2], 2 + 1);
    cr_assert_gt(index.counting_bytes, 0);
    for (size_t g = 0; g < index.ngrams; g++) /* columns are the rows, transposed */
        for (size_t at = index.column_first[g]; at < index.column_first[g + 1]; at++) {
            size_t word = index.column[at], found = 0;
            for (size_t k = index.row_first[word]; k < index.row_first[word + 1]; k++)
                found += index.row[k] == g;
            cr_assert_gt(found, 0);
        }
    cr_assert_eq(index.column_first[index.ngrams], index.entries);
    gv_subword_index_clear(&index);
    gv_vocab_free(vocab);
}

/* --- the regression --------------------------------------------------------------------------- */

enum { WORDS = 40, MOST = 200 };

/* Solve a x = b ([n][LANES]) by elimination, in place. */
static void eliminate(double (*a)[MOST], double (*b)[LANES], size_t n)
{
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < n; i++) {
            if (i == p)
                continue;
            double factor = a[i][p] / a[p][p];
            for (size_t j = p; j < n; j++)
                a[i][j] -= factor * a[p][j];
            for (size_t k = 0; k < LANES; k++)
                b[i][k] -= factor * b[p][k];
        }
    for (size_t p = 0; p < n; p++)
        for (size_t k = 0; k < LANES; k++)
            b[p][k] /= a[p][p];
}

static double a[MOST][MOST], b[MOST][LANES];

/* The normal equations, from a dense matrix. */
static void solve_naively(const gv_subword_index *index, const float *weight, double ridge,
                          const float *target)
{
    for (size_t word = 0; word < index->words; word++) {
        double x[MOST] = {0};
        for (size_t at = index->row_first[word]; at < index->row_first[word + 1]; at++)
            x[index->row[at]] += 1.0 / index->all[word];
        for (size_t i = 0; i < index->ngrams; i++) {
            for (size_t j = 0; j < index->ngrams; j++)
                a[i][j] += (double)weight[word] * x[i] * x[j];
            for (size_t k = 0; k < LANES; k++)
                b[i][k] += (double)weight[word] * x[i] * (double)target[word * LANES + k];
        }
    }
    for (size_t i = 0; i < index->ngrams; i++)
        a[i][i] += ridge;
    eliminate(a, b, index->ngrams);
}

Test(subword_solve, finds_the_least_squares)
{
    gv_vocab *vocab = random_vocab(WORDS);
    gv_subword_index index = index_of(vocab, usual);
    cr_assert(index.ngrams > 20 && index.ngrams <= MOST, "%zu n-grams", index.ngrams);
    gv_subword_solve_scratch s;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subword_solve_scratch_init(&s, &index, &err), err);
    float weight[WORDS];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    for (size_t i = 0; i < WORDS; i++)
        weight[i] = i % 5 == 0 ? 0 : (float)gv_rng_uniform(&rng);
    for (size_t i = 0; i < WORDS * LANES; i++)
        s.target[i] = i % LANES == 3 ? 0 : (float)gv_rng_uniform(&rng) - 0.5f;
    solve_naively(&index, weight, 0.01, s.target);
    const gv_subword_solve_problem problem = {
        .index = &index, .weight = weight, .ridge = 0.01, .tolerance = 1e-6, .most_steps = 500};
    gv_subword_solve_result solved;
    gv_assert_ok(gv_subword_solve(&solved, &problem, &s, &err), err);
    cr_assert(solved.steps > 3 && solved.steps < 500, "%u steps", solved.steps);
    for (size_t g = 0; g < index.ngrams; g++)
        for (size_t k = 0; k < LANES; k++)
            cr_assert_float_eq((double)s.z[g * LANES + k], b[g][k], 1e-4, "n-gram %zu: %g, not %g",
                               g, (double)s.z[g * LANES + k], b[g][k]);
    gv_subword_solve_scratch_clear(&s);
    gv_subword_index_clear(&index);
    gv_vocab_free(vocab);
}

/* --- the mix ---------------------------------------------------------------------------------- */

Test(subword_mix, rare_words_are_mixed_more)
{
    /* 10 (1/8 + 1/8) = 2.5 to 1 */
    cr_assert_float_eq(gv_subword_mix_share(10, 8, 0.4), 2.5 / 3.5, 1e-12);
    cr_assert_float_eq(gv_subword_mix_share(8, UINT64_MAX, 0.4), 0.5, 1e-12);
    cr_assert_float_eq(gv_subword_mix_share(10, 8, 0.2), 0.625 / 1.625, 1e-12);
    cr_assert_gt(gv_subword_mix_share(10, 5, 0.4), gv_subword_mix_share(10, 6, 0.4));
    cr_assert_eq(gv_subword_mix_share(10, 0, 0.4), gv_subword_mix_share(10, 1, 0.4));
    cr_assert_eq(gv_subword_mix_share(10, 5, 0), 0);
    cr_assert_eq(gv_subword_mix_share(0, 5, 1), 0);
}

Test(subword_mix, reliability_is_that_of_the_ngrams)
{
    /* [<ab] is of words 0 1 2, [ab] of 0 1, [bc] of none: 2-grams alone */
    gv_vocab *vocab =
        vocab_of((const char *const[]){"ab", "cab", "abz"}, (uint64_t[]){500, 200, 20}, 3);
    gv_subword_index index =
        index_of(vocab, (gv_subwords_settings){.min_n = 2, .max_n = 2, .min_words = 2, .ridge = 1});
    cr_assert_str_eq(row_text(&index, 0), "[<a][ab][b>]");
    cr_assert_str_eq(row_text(&index, 2), "[<a][ab]");
    const uint64_t count[] = {500, 200, 20};
    const float cosine[] = {0.9f, 0.1f, 0.7f}; /* the last is too rare to judge by */
    float reliability[3];
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subword_mix_reliability(reliability, &index, count, cosine, &err), err);
    const double first = (0.9 + 1.5) / 6, both = (0.9 + 0.1 + 1.5) / 7;
    const double two = 1 / sqrt(2), three = 1 / sqrt(3);
    cr_assert_float_eq((double)reliability[0],
                       (two * first + three * both + two * both) / (2 * two + three), 1e-6);
    cr_assert_float_eq((double)reliability[2], (two * first + three * both) / (two + three), 1e-6);
    gv_subword_index_clear(&index);
    gv_vocab_free(vocab);
}

/* --- a fit ------------------------------------------------------------------------------------ */

/* A fit and its vectors. */
typedef struct fitted {
    gv_vocab *vocab;
    gv_subword_fit fit;
    float *before, *after;
    size_t dim, words;
} fitted;

static float *random_vectors(size_t n)
{
    float *vectors = gv_test_keep(calloc(n, sizeof *vectors));
    gv_rng rng;
    gv_rng_seed(&rng, 3, GV_RNG_TEST, 1);
    for (size_t i = 0; i < n; i++)
        vectors[i] = 4 * (float)gv_rng_uniform(&rng) - 1;
    return vectors;
}

static int try_fit(fitted *f, gv_subwords_settings settings, unsigned threads, gv_error *err)
{
    f->words = gv_vocab_size(f->vocab);
    f->after = gv_test_keep(calloc(f->words * f->dim, sizeof(float)));
    memcpy(f->after, f->before, f->words * f->dim * sizeof(float));
    const gv_subword_fit_input input = {.vocab = f->vocab,
                                        .vectors = f->after,
                                        .dim = f->dim,
                                        .settings = settings,
                                        .metadata = "{}",
                                        .threads = threads,
                                        .memory = UINT64_MAX};
    return gv_subword_fit_run(&f->fit, &input, err);
}

static fitted fit(gv_vocab *vocab, float *vectors, size_t dim, gv_subwords_settings settings)
{
    fitted f = {.vocab = vocab, .before = vectors, .dim = dim};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(try_fit(&f, settings, 2, &err), err);
    return f;
}

static void drop(fitted *f)
{
    gv_subword_fit_clear(&f->fit);
    gv_vocab_free(f->vocab);
}

static void expect_finite(const fitted *f)
{
    for (size_t i = 0; i < f->words * f->dim; i++)
        cr_assert(isfinite(f->after[i]));
    for (size_t i = 0; i < f->fit.parts.count * f->dim; i++)
        cr_assert(isfinite(f->fit.parts.row[i]));
}

Test(subword_fit, same_bytes_for_any_threads)
{
    const size_t words = 300, dim = 50;
    fitted one = {.vocab = random_vocab(words), .before = random_vectors(words * dim), .dim = dim};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(try_fit(&one, usual, 1, &err), err);
    cr_assert_neq(memcmp(one.before, one.after, words * dim * sizeof(float)), 0);
    for (unsigned threads = 2; threads <= ALL_CPUS; threads *= 2) {
        fitted many = {.vocab = random_vocab(words), .before = one.before, .dim = dim};
        gv_assert_ok(try_fit(&many, usual, threads, &err), err);
        cr_assert_arr_eq(one.after, many.after, words * dim * sizeof(float));
        cr_assert_eq(one.fit.parts.count, many.fit.parts.count);
        cr_assert_arr_eq(one.fit.parts.row, many.fit.parts.row,
                         one.fit.parts.count * dim * sizeof(float));
        drop(&many);
    }
    drop(&one);
}

/* What a mixed vector consists of: some of its own, and some of what gv_subwords_vector gives. */
Test(subword_fit, vectors_are_mixed_with_what_ngrams_predict)
{
    const size_t words = 120, dim = 20;
    fitted f = fit(random_vocab(words), random_vectors(words * dim), dim, usual);
    gv_subwords *subwords;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_new(&subwords, &f.fit.parts, &err), err);
    for (uint32_t i = 0; i < words; i++) {
        float told[20];
        size_t known;
        const float *from = f.before + i * dim, *to = f.after + i * dim;
        gv_assert_ok(gv_subwords_vector(subwords, gv_vocab_word(f.vocab, i), told, &known, &err),
                     err);
        /* to = keep * from + take * told, in every dimension: found from two, holds for all */
        double d = (double)from[0] * told[1] - (double)from[1] * told[0];
        double keep = ((double)to[0] * told[1] - (double)to[1] * told[0]) / d;
        double take = ((double)from[0] * to[1] - (double)from[1] * to[0]) / d;
        if (known == 0 || fabs(d) < 0.1)
            continue;
        cr_assert(keep > 0 && keep < 1 && take > 0 && take < 2, "%u: %g, %g", i, keep, take);
        for (size_t k = 0; k < dim; k++)
            cr_assert_float_eq((double)to[k], keep * (double)from[k] + take * (double)told[k],
                               1e-3);
    }
    gv_subwords_free(subwords);
    drop(&f);
}

Test(subword_fit, without_shrinking_vectors_stay_as_they_are)
{
    gv_subwords_settings settings = usual;
    settings.shrink = 0;
    fitted f = fit(random_vocab(100), random_vectors(100 * 7), 7, settings);
    cr_assert_arr_eq(f.before, f.after, 100 * 7 * sizeof(float));
    cr_assert_gt(f.fit.parts.count, 0);
    drop(&f);
}

/* Words whose vectors follow from their n-grams are predicted by them. */
Test(subword_fit, learns_what_ngrams_say)
{
    enum { N = 400, DIM = 16 };
    gv_vocab *vocab = random_vocab(N);
    float *vectors = random_vectors(N * DIM);
    for (uint32_t i = 0; i < N; i++) { /* four dimensions say whether there is a syllable */
        static const char *const syllables[] = {"ka", "mi", "ra", "ste"};
        memset(vectors + i * DIM, 0, DIM * sizeof *vectors);
        for (size_t k = 0; k < 4; k++)
            vectors[i * DIM + k] = strstr(gv_vocab_word(vocab, i), syllables[k]) ? 1 : -1;
    }
    fitted f = fit(vocab, vectors, DIM, usual);
    cr_assert_gt(f.fit.report.reliability, 0.4, "%g", f.fit.report.reliability);
    gv_subwords *subwords;
    gv_error err = GV_ERROR_INIT;
    float told[DIM];
    size_t known;
    gv_assert_ok(gv_subwords_new(&subwords, &f.fit.parts, &err), err);
    gv_assert_ok(gv_subwords_vector(subwords, "lokanukalo", told, &known, &err), err);
    cr_assert_gt(known, 3);
    cr_assert(told[0] > told[1] && told[0] > told[2] && told[0] > told[3], "%g %g %g %g", told[0],
              told[1], told[2], told[3]);
    gv_subwords_free(subwords);
    drop(&f);
}

Test(subword_fit, of_few_words_and_dimensions)
{
    static const size_t sizes[] = {1, 2, 10}, dims[] = {1, 15, 16, 17, 1000};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 5; j++) {
            fitted f =
                fit(random_vocab(sizes[i]), random_vectors(sizes[i] * dims[j]), dims[j], usual);
            expect_finite(&f);
            if (sizes[i] == 1) /* no second word has its n-grams */
                cr_assert_arr_eq(f.before, f.after, dims[j] * sizeof(float));
            drop(&f);
        }
}

Test(subword_fit, of_vectors_that_are_zero_or_not_finite)
{
    enum { N = 60, DIM = 9 };
    float *vectors = random_vectors(N * DIM);
    memset(vectors + 5 * DIM, 0, DIM * sizeof *vectors);
    vectors[7 * DIM] = NAN;
    vectors[8 * DIM + 3] = INFINITY;
    vectors[9 * DIM] = 3e38f;
    vectors[9 * DIM + 1] = 3e38f;
    fitted f = fit(random_vocab(N), vectors, DIM, usual);
    static const size_t odd[] = {5, 7, 8};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_arr_eq(f.before + odd[i] * DIM, f.after + odd[i] * DIM, DIM * sizeof(float));
        memset(f.after + odd[i] * DIM, 0, DIM * sizeof(float));
    }
    expect_finite(&f);
    drop(&f);
    f = fit(random_vocab(N), gv_test_keep(calloc(N * DIM, sizeof(float))), DIM, usual);
    expect_finite(&f);
    drop(&f);
}

Test(subword_fit, without_counts_all_words_are_alike)
{
    enum { N = 60, DIM = 4 };
    gv_vocab *counted = random_vocab(N);
    const char *words[N];
    for (uint32_t i = 0; i < N; i++)
        words[i] = gv_vocab_word(counted, i);
    fitted f = fit(vocab_of(words, (uint64_t[N]){0}, N), random_vectors(N * DIM), DIM, usual);
    gv_vocab_free(counted);
    expect_finite(&f);
    cr_assert_neq(memcmp(f.before, f.after, N * DIM * sizeof(float)), 0);
    drop(&f);
}

Test(subword_fit, without_any_known_ngram)
{
    gv_subwords_settings settings = usual;
    settings.min_words = 1000;
    fitted f = fit(random_vocab(50), random_vectors(50 * 5), 5, settings);
    cr_assert_eq(f.fit.parts.count, 0);
    cr_assert_arr_eq(f.before, f.after, 50 * 5 * sizeof(float));
    const char *path = gv_test_path("subwords.bin");
    gv_subwords *subwords;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_write(path, &f.fit.parts, &err), err);
    gv_assert_ok(gv_subwords_open(&subwords, path, &err), err);
    gv_subwords_free(subwords);
    drop(&f);
}

Test(subword_fit, stops_at_a_signal)
{
    fitted f = {.vocab = random_vocab(50), .before = random_vectors(50 * 5), .dim = 5};
    gv_error err = GV_ERROR_INIT;
    gv_signal_pretend(SIGTERM);
    cr_assert_eq(try_fit(&f, usual, 2, &err), GV_E_STOPPED);
    gv_signal_pretend(0);
    drop(&f);
}

Test(subword_fit, running_out_of_memory_is_an_error)
{
    float *vectors = random_vectors(30 * 5);
    uint64_t n = 1;
    for (int status = GV_E_MEMORY; status != GV_OK; n++) {
        fitted f = {.vocab = random_vocab(30), .before = vectors, .dim = 5};
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = try_fit(&f, usual, 1, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "allocation %lu: %d", (unsigned long)n,
                  status);
        drop(&f);
    }
    cr_assert_gt(n, 10);
}

/* The measure before training is what the fit then finds, and it is enough. */
Test(subword_fit, is_measured_before)
{
    fitted f = {.vocab = random_vocab(500), .before = random_vectors(500 * 40), .dim = 40};
    gv_subword_fit_sizes sizes;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subword_fit_measure(&sizes, f.vocab, &usual, 40, &err), err);
    gv_assert_ok(try_fit(&f, usual, 1, &err), err);
    cr_assert_eq(sizes.ngrams, f.fit.parts.count);
    cr_assert_eq(sizes.entries, f.fit.report.entries);
    cr_assert_gt(gv_subword_fit_bytes(&sizes, 2), gv_subword_fit_bytes(&sizes, 1));
    cr_assert_eq(gv_subword_fit_bytes(&sizes, 100), gv_subword_fit_bytes(&sizes, 1000));
    drop(&f);
}
