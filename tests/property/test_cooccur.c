/*
 * Counting against a brute-force oracle: for random texts, all kinds of windows, batches so small
 * that runs spill and merge in several passes, 1 to 8 threads. Equal to the last bit, and the same
 * file bytes whatever the limits.
 */
#include "support/gv_test.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "cooccur/gv_cooccur.h"
#include "counts/gv_counts_weights.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A text of ids that is handed out as asked for. */
typedef struct text {
    const uint32_t *ids;
    size_t n, at;
} text;

static int fill(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    (void)err;
    text *t = context;
    *n = t->n - t->at < room ? t->n - t->at : room;
    memcpy(ids, t->ids + t->at, *n * sizeof *ids);
    t->at += *n;
    return GV_OK;
}

static gv_vocab *make_vocab(uint32_t words)
{
    gv_error err = GV_ERROR_INIT;
    const char **names = calloc(words, sizeof *names);
    uint64_t *counts = calloc(words, sizeof *counts);
    for (uint32_t i = 0; i < words; i++)
        names[i] = gv_test_format("w%u", i);
    gv_vocab *vocab;
    gv_assert_ok(gv_vocab_from_words(&vocab, names, counts, words, &err), err);
    free(names);
    free(counts);
    return vocab;
}

/* The oracle: every pair of positions in the window of each other, one by one. */
static uint64_t *brute_force(const uint32_t *ids, size_t n, uint32_t words,
                             const gv_counts_weights *w, bool symmetric)
{
    uint64_t *matrix = calloc((size_t)words * words, sizeof *matrix);
    for (size_t p = 0; p < n; p++) {
        if (ids[p] >= words) /* a break or a gap */
            continue;
        for (size_t k = 1; k <= w->window && k <= p; k++) {
            if (ids[p - k] == GV_ENCODER_BREAK)
                break;
            if (ids[p - k] >= words)
                continue;
            matrix[(size_t)ids[p] * words + ids[p - k]] += w->weight[k];
            if (symmetric)
                matrix[(size_t)ids[p - k] * words + ids[p]] += w->weight[k];
        }
    }
    return matrix;
}

static void expect_matrix(const char *path, const uint64_t *matrix, uint32_t words, bool symmetric,
                          uint64_t tokens, const char *what)
{
    gv_error err = GV_ERROR_INIT;
    gv_counts *counts;
    gv_assert_ok(gv_counts_open(&counts, path, &err), err);
    uint64_t records = 0, wanted = 0;
    uint64_t *seen = calloc((size_t)words * words, sizeof *seen);
    for (;;) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n;
        gv_assert_ok(gv_counts_next_row(counts, &row, &cells, &n, &err), err);
        if (n == 0)
            break;
        for (size_t i = 0; i < n; i++) {
            seen[(size_t)row * words + cells[i].column] = cells[i].value;
            if (symmetric)
                seen[(size_t)cells[i].column * words + row] = cells[i].value;
        }
    }
    for (size_t i = 0; i < (size_t)words * words; i++) {
        cr_assert_eq(seen[i], matrix[i], "%s: X(%zu, %zu) is %lu instead of %lu", what, i / words,
                     i % words, seen[i], matrix[i]);
        records += seen[i] != 0;
        wanted += matrix[i] != 0;
    }
    cr_assert_eq(gv_counts_about(counts)->records, wanted, "%s", what);
    cr_assert_eq(records, wanted, "%s", what);
    cr_assert_eq(gv_counts_about(counts)->tokens, tokens, "%s", what);
    gv_counts_close(counts);
    free(seen);
}

/* A random way of counting: kind of window and weights. */
static gv_config random_config(gv_rng *rng)
{
    gv_config config = {.cooccur_window = (uint32_t)gv_rng_below(rng, 30) + 1,
                        .cooccur_symmetric = gv_rng_below(rng, 2) == 0,
                        .cooccur_weighting = (enum gv_config_weighting)gv_rng_below(rng, 4)};
    config.cooccur_weights = calloc(config.cooccur_window, sizeof(double));
    for (uint32_t k = 0; k < config.cooccur_window; k++)
        config.cooccur_weights[k] = gv_rng_below(rng, 4) ? gv_rng_uniform(rng) * 3.0 : 0.0;
    config.cooccur_weights[0] = 1.25;
    return config;
}

static uint32_t *random_ids(gv_rng *rng, size_t n, uint32_t words, uint32_t break_every)
{
    uint32_t *ids = calloc(n + 1, sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        uint64_t a = gv_rng_below(rng, words), b = gv_rng_below(rng, words);
        ids[i] = (uint32_t)(a * b / words); /* small ids more often */
        if (break_every && gv_rng_below(rng, break_every) == 0)
            ids[i] = GV_ENCODER_BREAK;
    }
    return ids;
}

static gv_budget_cooccur_limits random_limits(gv_rng *rng, size_t n)
{
    static const size_t output[] = {1, 30, 300, 1 << 20}, merge[] = {64, 100, 1 << 16};
    static const uint32_t split[] = {0, 1, 5, 40};
    return (gv_budget_cooccur_limits){
        .threads = (unsigned)gv_rng_below(rng, 8) + 1,
        .batch_tokens = gv_rng_below(rng, 3) ? 1 + gv_rng_below(rng, n + 1) : n / 17 + 1,
        .output_bytes = output[gv_rng_below(rng, 4)],
        .merge_bytes = merge[gv_rng_below(rng, 3)],
        .fan_in = (unsigned)gv_rng_below(rng, 4) + 2,
        .split_from = split[gv_rng_below(rng, 4)],
        .grouped_from = (uint32_t)gv_rng_below(rng, 2)};
}

static const gv_budget_cooccur_limits roomy = {.threads = 1,
                                               .batch_tokens = 1 << 14,
                                               .output_bytes = 1 << 20,
                                               .merge_bytes = 4096,
                                               .fan_in = 16};

static bool with_gaps; /* ids of stop words are among the ids */

static int count(const gv_config *config, const gv_vocab *vocab, const uint32_t *ids, size_t n,
                 const gv_budget_cooccur_limits *limits, const char *path,
                 gv_cooccur_result *result, gv_error *err)
{
    text t = {ids, n, 0};
    gv_cooccur_source source = {&t, fill};
    gv_cooccur_job job = {.config = config,
                          .gaps = with_gaps,
                          .vocab = vocab,
                          .recipe = "{}",
                          .temp_dir = gv_test_dir(),
                          .counts_path = path};
    return gv_cooccur_count(&job, limits, &source, result, err);
}

/* Every other time the portable inner loops, else the fastest. */
static void choose_kernel(uint64_t number)
{
    if (number % 2)
        setenv("GLOVEBOX_KERNEL", "scalar", 1);
    else
        unsetenv("GLOVEBOX_KERNEL");
}

static void one_round(uint64_t seed)
{
    choose_kernel(seed);
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, seed);
    uint32_t words = (uint32_t)gv_rng_below(&rng, 150) + 1;
    size_t n = gv_rng_below(&rng, 400) + 2;
    uint32_t *ids = random_ids(&rng, n, words, (uint32_t)gv_rng_below(&rng, 12));
    gv_config config = random_config(&rng);
    gv_budget_cooccur_limits limits = random_limits(&rng, n);
    with_gaps = gv_rng_below(&rng, 2) == 0;
    for (size_t i = 0; i < n && with_gaps; i++)
        if (gv_rng_below(&rng, 4) == 0)
            ids[i] = words;
    gv_vocab *vocab = make_vocab(words);
    gv_counts_weights weights;
    gv_assert_ok(gv_counts_weights_make(&weights, &config, &err), err);
    uint64_t *matrix = brute_force(ids, n, words, &weights, config.cooccur_symmetric), sum = 0;
    for (size_t i = 0; i < (size_t)words * words; i++)
        sum |= matrix[i];
    uint64_t tokens = 0;
    for (size_t i = 0; i < n; i++)
        tokens += ids[i] < words;
    const char *what = gv_test_format("round %lu: %zu ids of %u words, window %u, kind %d, %d, "
                                      "batches of %zu, %u threads, fan-in %u",
                                      seed, n, words, config.cooccur_window,
                                      config.cooccur_weighting, config.cooccur_symmetric,
                                      limits.batch_tokens, limits.threads, limits.fan_in);
    const char *path = gv_test_path("counts.bin"), *whole = gv_test_path("whole.bin");
    gv_cooccur_result result;
    int status = count(&config, vocab, ids, n, &limits, path, &result, &err);
    if (sum == 0) {
        cr_assert_eq(status, GV_E_RUNTIME, "%s: no pairs, status %d", what, status);
        cr_assert_not_null(strstr(err.text, "no pairs"), "%s", err.text);
    } else {
        cr_assert_eq(status, GV_OK, "%s: %s", what, err.text);
        expect_matrix(path, matrix, words, config.cooccur_symmetric, tokens, what);
        gv_assert_ok(count(&config, vocab, ids, n, &roomy, whole, &result, &err), err);
        cr_assert_eq(result.batches, 1);
        size_t a, b;
        char *first = gv_test_read(path, &a), *second = gv_test_read(whole, &b);
        cr_assert(a == b && memcmp(first, second, a) == 0, "%s: other bytes", what);
        free(first);
        free(second);
    }
    gv_vocab_free(vocab);
    gv_counts_weights_clear(&weights);
    free(config.cooccur_weights);
    free(matrix);
    free(ids);
}

Test(cooccur, equals_brute_force, .timeout = 120)
{
    for (uint64_t seed = 0; seed < 150; seed++)
        one_round(seed);
}

/* `n` ids of `words` words, counted in one batch and in several, by all inner loops. */
static void expect_equal(size_t n, uint32_t words, bool symmetric, const char *what)
{
    static uint64_t round;
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round++);
    uint32_t *ids = random_ids(&rng, n, words, 0);
    gv_config config = {.cooccur_window = 15, .cooccur_symmetric = symmetric};
    gv_vocab *vocab = make_vocab(words);
    gv_counts_weights weights;
    gv_assert_ok(gv_counts_weights_make(&weights, &config, &err), err);
    uint64_t *matrix = brute_force(ids, n, words, &weights, symmetric);
    const char *path = gv_test_path("counts.bin");
    gv_cooccur_result result;
    for (uint64_t i = 0; i < 4; i++) {
        gv_budget_cooccur_limits limits = {2, i < 2 ? n : n / 5, 1 << 16, 1 << 10, 2, 0, 0};
        choose_kernel(i);
        gv_assert_ok(count(&config, vocab, ids, n, &limits, path, &result, &err), err);
        expect_matrix(path, matrix, words, symmetric, n, what);
    }
    gv_vocab_free(vocab);
    gv_counts_weights_clear(&weights);
    free(matrix);
    free(ids);
}

/* 20 words of a text of 30,000 are beyond the positions whose sums surely fit 32 bits, and many of
 * their cells are beyond 2^32, some only after merging. */
Test(cooccur, sums_beyond_32_bits, .timeout = 60)
{
    expect_equal(30000, 20, true, "20 words");
    expect_equal(30000, 20, false, "20 words, asymmetric");
}

/* Rows of several cache lines of marks, dense and sparse ones. */
Test(cooccur, many_words, .timeout = 60)
{
    expect_equal(50000, 2500, true, "2500 words");
    expect_equal(50000, 2500, false, "2500 words, asymmetric");
}

/* Marks in groups of 4,096 columns, as vocabularies of millions have them: the same bytes. One word
 * is frequent enough to be shared. */
static void same_bytes_in_groups(gv_config *config, uint32_t words)
{
    enum { N = 60000 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, words);
    static uint32_t ids[N];
    for (size_t i = 0; i < N; i++)
        ids[i] = (uint32_t)(i % 8 ? gv_rng_below(&rng, words) : 3);
    gv_vocab *vocab = make_vocab(words);
    char *first = NULL;
    size_t bytes, again;
    for (unsigned i = 0; i < 16; i++) {
        gv_budget_cooccur_limits limits = {
            1 + i % 3, i / 2 % 2 ? N / 5 : N + 1, 1 << 16, 1 << 10, 2, 500, i ? 1 : 0};
        gv_error err = GV_ERROR_INIT;
        gv_cooccur_result result;
        choose_kernel(i);
        gv_assert_ok(
            count(config, vocab, ids, N, &limits, gv_test_path("counts.bin"), &result, &err), err);
        char *found = gv_test_read(gv_test_path("counts.bin"), i ? &again : &bytes);
        first = i ? first : found;
        cr_assert(i == 0 || (bytes == again && memcmp(first, found, bytes) == 0),
                  "%u words, %u threads, batches of %zu, window %u", words, limits.threads,
                  limits.batch_tokens, config->cooccur_window);
        if (i)
            free(found);
    }
    free(first);
    gv_vocab_free(vocab);
}

Test(cooccur, marks_in_groups, .timeout = 60)
{
    gv_config config = {.cooccur_window = 2, .cooccur_symmetric = true};
    same_bytes_in_groups(&config, 70001);
    config.cooccur_symmetric = false;
    same_bytes_in_groups(&config, 4097);
    config.cooccur_window = 40; /* sums of 64 bits */
    same_bytes_in_groups(&config, 16384);
}

/* Every other id is that of one word: its row has most of the pairs, and all threads gather it. */
static uint32_t *half_one_word(gv_rng *rng, size_t n, uint32_t words, uint32_t word)
{
    uint32_t *ids = random_ids(rng, n, words, 500);
    for (size_t i = 0; i < n; i++)
        if (gv_rng_below(rng, 2) == 0)
            ids[i] = word;
    return ids;
}

static void one_word_is_half(uint64_t round, gv_config *config, uint32_t word)
{
    enum { N = 30000, WORDS = 90 };
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round);
    uint32_t *ids = half_one_word(&rng, N, WORDS, word);
    with_gaps = round % 3 == 0;
    for (size_t i = 0; i < N && with_gaps; i++)
        if (gv_rng_below(&rng, 20) == 0)
            ids[i] = WORDS;
    gv_vocab *vocab = make_vocab(WORDS);
    gv_counts_weights weights;
    gv_assert_ok(gv_counts_weights_make(&weights, config, &err), err);
    uint64_t tokens = 0, *matrix = brute_force(ids, N, WORDS, &weights, config->cooccur_symmetric);
    for (size_t i = 0; i < N; i++)
        tokens += ids[i] < WORDS;
    const char *path = gv_test_path("counts.bin");
    static const unsigned threads[] = {2, 3, 8, 64};
    static const size_t batches[] = {N + 1, N / 2, N / 7};
    for (unsigned i = 0; i < 12; i++) {
        gv_budget_cooccur_limits limits = {
            threads[i % 4], batches[i / 4], i % 2 ? 100 : 1 << 16, 1 << 10, 3,
            i % 5 ? 0 : 50, i % 2};
        gv_cooccur_result result;
        choose_kernel(i / 4 + round);
        gv_assert_ok(count(config, vocab, ids, N, &limits, path, &result, &err), err);
        expect_matrix(path, matrix, WORDS, config->cooccur_symmetric, tokens,
                      gv_test_format("word %u, round %lu: %u threads, batches of %zu", word, round,
                                     limits.threads, limits.batch_tokens));
    }
    gv_vocab_free(vocab);
    gv_counts_weights_clear(&weights);
    free(matrix);
    free(ids);
}

Test(cooccur, one_word_is_half_of_the_text, .timeout = 120)
{
    static double array[] = {1.5, 0.25, 0.125};
    for (uint64_t i = 0; i < 6; i++) {
        gv_config config = {.cooccur_window = i < 4 ? 15 : 3,
                            .cooccur_symmetric = i % 2 == 0,
                            .cooccur_weighting = i < 4 ? GV_WEIGHTING_HARMONIC : GV_WEIGHTING_ARRAY,
                            .cooccur_weights = i < 4 ? NULL : array};
        one_word_is_half(i, &config, i % 4 == 0 ? 0 : i % 4 == 1 ? 89 : 40);
    }
    with_gaps = false;
}

/* The text that the next tests share: 5000 ids of 300 words. */
static uint32_t *plain_ids(size_t *n)
{
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 99);
    *n = 5000;
    return random_ids(&rng, *n, 300, 0);
}

static const gv_config plain_config = {.cooccur_window = 15, .cooccur_symmetric = true};

Test(cooccur, same_bytes_for_any_threads_and_batches, .timeout = 60)
{
    size_t n, bytes, again;
    uint32_t *ids = plain_ids(&n);
    gv_vocab *vocab = make_vocab(300);
    gv_error err = GV_ERROR_INIT;
    gv_cooccur_result result;
    const char *path = gv_test_path("counts.bin");
    gv_assert_ok(count(&plain_config, vocab, ids, n, &roomy, path, &result, &err), err);
    char *first = gv_test_read(path, &bytes);
    static const size_t batches[] = {29, 333, 2500, 5000, 5001};
    for (unsigned threads = 1; threads <= 8; threads++)
        for (size_t s = threads == 2 ? 0 : 1; s < sizeof batches / sizeof *batches; s++) {
            gv_budget_cooccur_limits limits = {threads, batches[s], 200, 128, 16, 0, 0};
            gv_assert_ok(count(&plain_config, vocab, ids, n, &limits, path, &result, &err), err);
            char *other = gv_test_read(path, &again);
            cr_assert(bytes == again && memcmp(first, other, bytes) == 0,
                      "%u threads, batches of %zu", threads, batches[s]);
            free(other);
            size_t parts = (n + batches[s] - 1) / batches[s];
            cr_assert_eq(result.batches, parts);
        }
    gv_vocab_free(vocab);
    free(ids);
}

Test(cooccur, hand_counted)
{
    /* a b a | b b: window 2, harmonic, unit 2; X(a,b) = 1 + 1, X(a,a) = 2 / 2, X(b,b) = 2 */
    static const uint32_t ids[] = {0, 1, 0, GV_ENCODER_BREAK, 1, 1};
    static const uint64_t wanted[] = {2, 4, 4, 4};
    gv_config config = {.cooccur_window = 2, .cooccur_symmetric = true};
    gv_vocab *vocab = make_vocab(2);
    gv_error err = GV_ERROR_INIT;
    gv_cooccur_result result;
    const char *path = gv_test_path("counts.bin");
    gv_assert_ok(count(&config, vocab, ids, 6, &roomy, path, &result, &err), err);
    cr_assert_eq(result.info.unit, 2);
    cr_assert_eq(result.info.tokens, 5);
    cr_assert_eq(result.info.records, 4);
    cr_assert_eq(result.info.cells, 3);
    expect_matrix(path, wanted, 2, true, 5, "by hand");

    /* asymmetric: row = the word, column = its left neighbour; (w,w) counts once */
    static const uint64_t left[] = {1, 2, 2, 2};
    config.cooccur_symmetric = false;
    gv_assert_ok(count(&config, vocab, ids, 6, &roomy, path, &result, &err), err);
    expect_matrix(path, left, 2, false, 5, "by hand, asymmetric");
    gv_vocab_free(vocab);
}

Test(cooccur, units_and_weights)
{
    gv_error err = GV_ERROR_INIT;
    gv_counts_weights w;
    gv_config config = {.cooccur_window = 15};
    gv_assert_ok(gv_counts_weights_make(&w, &config, &err), err);
    cr_assert_eq(w.unit, 360360);
    for (uint32_t k = 1; k <= 15; k++)
        cr_assert_eq(w.weight[k] * k, 360360);
    gv_counts_weights_clear(&w);
    config.cooccur_window = 22;
    gv_assert_ok(gv_counts_weights_make(&w, &config, &err), err);
    cr_assert_eq(w.unit, 232792560);
    gv_counts_weights_clear(&w);
    config.cooccur_window = 23;
    gv_assert_ok(gv_counts_weights_make(&w, &config, &err), err);
    cr_assert_eq(w.unit, UINT64_C(1) << 32);
    cr_assert_eq(w.weight[3], 1431655765);
    cr_assert_eq(w.weight[23], 186737709); /* 186737708.52 rounded */
    gv_counts_weights_clear(&w);
    double weights[] = {0.5, 1e-12, 1.0};
    config = (gv_config){
        .cooccur_window = 3, .cooccur_weighting = GV_WEIGHTING_ARRAY, .cooccur_weights = weights};
    gv_assert_ok(gv_counts_weights_make(&w, &config, &err), err);
    cr_assert_eq(w.weight[1], UINT64_C(1) << 31);
    cr_assert_eq(w.weight[2], 0);
    gv_counts_weights_clear(&w);
    weights[2] = -1;
    cr_assert_eq(gv_counts_weights_make(&w, &config, &err), GV_E_USAGE);
    cr_assert_not_null(strstr(err.text, "distance 3"), "%s", err.text);
    memset(weights, 0, sizeof weights);
    cr_assert_eq(gv_counts_weights_make(&w, &config, NULL), GV_E_USAGE);
}

Test(cooccur, dynamic_weights)
{
    gv_error err = GV_ERROR_INIT;
    for (uint32_t window = 1; window <= 1000; window += window < 30 ? 1 : 97) {
        gv_config config = {.cooccur_window = window, .cooccur_weighting = GV_WEIGHTING_DYNAMIC};
        gv_counts_weights w;
        gv_assert_ok(gv_counts_weights_make(&w, &config, &err), err);
        cr_assert_eq(w.unit, window);
        for (uint32_t k = 1; k <= window; k++)
            cr_assert_eq(w.weight[k], window + 1 - k);
        cr_assert_eq(w.sum, (uint64_t)window * (window + 1) / 2);
        gv_counts_weights_clear(&w);
    }
}

/* Sums of the widest dynamic window go beyond 32 bits: one word, alone, 30,000 times. */
Test(cooccur, dynamic_weights_beyond_32_bits, .timeout = 60)
{
    enum { N = 30000, WINDOW = 1000 };
    uint32_t *ids = calloc(N, sizeof *ids);
    gv_config config = {.cooccur_window = WINDOW,
                        .cooccur_symmetric = true,
                        .cooccur_weighting = GV_WEIGHTING_DYNAMIC};
    gv_vocab *vocab = make_vocab(1);
    uint64_t sum = 0;
    for (uint64_t k = 1; k <= WINDOW; k++)
        sum += 2 * (N - k) * (WINDOW + 1 - k);
    cr_assert_gt(sum, UINT32_MAX);
    gv_error err = GV_ERROR_INIT;
    gv_cooccur_result result;
    for (uint64_t i = 0; i < 4; i++) {
        gv_budget_cooccur_limits limits = {2, i < 2 ? N : N / 5, 1 << 16, 1 << 10, 2, 0, 0};
        choose_kernel(i);
        gv_assert_ok(
            count(&config, vocab, ids, N, &limits, gv_test_path("counts.bin"), &result, &err), err);
        expect_matrix(gv_test_path("counts.bin"), &sum, 1, true, N, "one word");
    }
    gv_vocab_free(vocab);
    free(ids);
}

Test(cooccur, overflow_names_the_pair)
{
    /* weight 1e6 x 2^32 units: 64 bits hold 2147 pairs of (w1,w1), two of each visit */
    static uint32_t ids[4000];
    double weight = 1e6;
    for (size_t i = 0; i < 4000; i++)
        ids[i] = 1;
    gv_config config = {.cooccur_window = 1,
                        .cooccur_symmetric = true,
                        .cooccur_weighting = GV_WEIGHTING_ARRAY,
                        .cooccur_weights = &weight};
    gv_vocab *vocab = make_vocab(3);
    const char *path = gv_test_path("counts.bin");
    for (uint32_t i = 0; i < 4; i++) { /* in one batch and in several, by one thread and by both */
        gv_budget_cooccur_limits limits = {2, i % 2 ? 700 : 5000, 1 << 16, 128, 4, i / 2, i / 2};
        gv_error err = GV_ERROR_INIT;
        gv_cooccur_result result;
        gv_assert_ok(count(&config, vocab, ids, 2147, &limits, path, &result, &err), err);
        cr_assert_eq(count(&config, vocab, ids, 4000, &limits, path, &result, &err), GV_E_RUNTIME);
        cr_assert_not_null(strstr(err.text, "\"w1\", \"w1\""), "%s", err.text);
    }
    gv_vocab_free(vocab);
}

Test(cooccur, nothing_to_count)
{
    static const uint32_t lonely[] = {0, GV_ENCODER_BREAK, 1, GV_ENCODER_BREAK, 0};
    gv_vocab *vocab = make_vocab(2);
    gv_cooccur_result result;
    const char *path = gv_test_path("counts.bin");
    for (size_t n = 0; n <= 5; n++) {
        gv_error err = GV_ERROR_INIT;
        cr_assert_eq(count(&plain_config, vocab, lonely, n, &roomy, path, &result, &err),
                     GV_E_RUNTIME);
        cr_assert_not_null(strstr(err.text, "no pairs"), "%s", err.text);
        cr_assert_not(gv_test_exists(path));
        cr_assert_not(gv_test_exists(gv_test_path("counts.bin.tmp")));
    }
    gv_vocab_free(vocab);
}

/* Count a little text in many batches with a failure somewhere; true when it went through. Rows
 * of more than 30 positions are shared by the threads. */
static bool survives(const char *path, int wanted)
{
    size_t n;
    static const gv_budget_cooccur_limits limits = {2, 900, 300, 128, 2, 30, 1};
    uint32_t *ids = plain_ids(&n);
    gv_vocab *vocab = make_vocab(300);
    wanted == GV_E_STOPPED ? gv_signal_pretend(SIGTERM) : (void)0;
    gv_error err = GV_ERROR_INIT;
    gv_cooccur_result result;
    int status = count(&plain_config, vocab, ids, n, &limits, path, &result, &err);
    gv_mem_fail_at(0, 0);
    gv_file_fail_at(0);
    gv_signal_pretend(0);
    gv_vocab_free(vocab);
    free(ids);
    if (status == GV_OK)
        return true;
    cr_assert_eq(status, wanted, "status %d: %s", status, err.text);
    cr_assert_not(gv_test_exists(gv_test_path("counts.bin.tmp")));
    return false;
}

Test(cooccur, earlier_output_outlives_every_failure, .timeout = 120)
{
    const char *path = gv_test_write_text("counts.bin", "earlier");
    cr_assert_not(survives(path, GV_E_STOPPED));
    cr_assert_str_eq(gv_test_read(path, NULL), "earlier");
    uint64_t writes = 0;
    for (bool done = false; !done;) {
        writes += 1 + writes / 8; /* the later ones, all alike, are sampled */
        gv_file_fail_at(writes);
        done = survives(path, GV_E_IO);
        cr_assert(done || strcmp(gv_test_read(path, NULL), "earlier") == 0);
    }
    cr_assert_gt(writes, 10);
}

Test(cooccur, failing_allocations, .timeout = 120)
{
    size_t n;
    uint32_t *ids = plain_ids(&n);
    gv_vocab *vocab = make_vocab(300);
    static const gv_budget_cooccur_limits limits = {2, 1700, 300, 128, 2, 30, 1};
    for (uint64_t at = 1;; at++) {
        cr_assert_lt(at, 1000);
        gv_error err = GV_ERROR_INIT;
        gv_cooccur_result result;
        gv_mem_fail_at(at, 0);
        int status =
            count(&plain_config, vocab, ids, n, &limits, gv_test_path("counts.bin"), &result, &err);
        gv_mem_fail_at(0, 0);
        if (status == GV_OK && at > 60)
            break;
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "allocation %lu: %s", at, err.text);
    }
    gv_vocab_free(vocab);
    free(ids);
}

Test(cooccur, plan_fits_the_budget_or_says_what_does)
{
    gv_budget_cooccur_limits limits;
    const uint64_t mb = 1 << 20;
    gv_budget_cooccur basis = {.budget = 64 * mb,
                               .used = 12 * mb,
                               .words = 70000,
                               .threads = 2,
                               .block_bytes = mb / 2,
                               .disk_bytes = 100000000};
    cr_assert(gv_budget_cooccur_divide(&limits, &basis));
    cr_assert_eq(limits.threads, 2);
    cr_assert_gt(limits.batch_tokens, 1000000);
    cr_assert_lt(limits.batch_tokens, 6500000);
    /* many threads: fewer are used before it is refused */
    basis.threads = 64;
    basis.block_bytes = mb / 8;
    basis.disk_bytes = 0;
    cr_assert(gv_budget_cooccur_divide(&limits, &basis));
    cr_assert_lt(limits.threads, 64);
    basis.words = 5000000;
    basis.threads = 8;
    basis.block_bytes = mb;
    cr_assert_not(gv_budget_cooccur_divide(&limits, &basis));
    /* what it asks for is enough */
    basis.budget = gv_budget_cooccur_smallest(&basis);
    cr_assert(gv_budget_cooccur_divide(&limits, &basis));
}
