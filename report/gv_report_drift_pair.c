/* Reading two corpora, and which words of them are compared. */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "report/gv_report_drift.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_WORDS = 3 };

/* --- a corpus --------------------------------------------------------------------------------- */

/* Counts from vocab.txt, unless that knows none of the words. */
static int read_counts(gv_report_drift_corpus *corpus, gv_error *err)
{
    const gv_vectors *vectors = corpus->vectors;
    gv_vocab *vocab = NULL;
    bool known = false;
    int status = gv_vocab_read(&vocab, corpus->given.vocab, 1, err);
    if (status == GV_OK &&
        !(corpus->count = gv_mem_alloc_zero(vectors->rows, sizeof *corpus->count, err)))
        status = GV_E_MEMORY;
    for (size_t i = 0; i < vectors->rows && status == GV_OK; i++) {
        const uint32_t id = gv_vocab_lookup(vocab, vectors->words[i], strlen(vectors->words[i]));
        corpus->count[i] = id == GV_VOCAB_NO_WORD ? 0 : gv_vocab_count(vocab, id);
        known |= corpus->count[i] > 0;
    }
    gv_vocab_free(vocab);
    if (!known) {
        gv_mem_free(corpus->count);
        corpus->count = NULL;
    }
    return status;
}

static int copy_counts(gv_report_drift_corpus *corpus, gv_error *err)
{
    const size_t rows = corpus->vectors->rows;
    corpus->count = gv_mem_alloc(rows, sizeof *corpus->count, err);
    if (corpus->count)
        memcpy(corpus->count, corpus->vectors->counts, rows * sizeof *corpus->count);
    return corpus->count ? GV_OK : GV_E_MEMORY;
}

static int open_corpus(gv_report_drift_corpus *corpus, const char *given, gv_error *err)
{
    int status = gv_words_given_find(&corpus->given, given, err);
    if (status == GV_OK)
        status = gv_words_given_read(&corpus->vectors, &corpus->given, err);
    if (status == GV_OK && corpus->given.vocab)
        status = read_counts(corpus, err);
    if (status == GV_OK && !corpus->count && corpus->vectors->counts)
        status = copy_counts(corpus, err);
    return status;
}

static void close_corpus(gv_report_drift_corpus *corpus)
{
    gv_words_given_clear(&corpus->given);
    gv_vectors_free(corpus->vectors);
    gv_mem_free(corpus->count);
}

/* --- the words of a pair ---------------------------------------------------------------------- */

bool gv_report_drift_pair_is_counted(const gv_report_drift_pair *pair)
{
    return pair->a.count && pair->b.count;
}

/* Vectors are in order of frequency, and by Zipf's law counts are about as 1 / rank. */
static double zipf_count(const gv_vectors *vectors, uint32_t row)
{
    return (double)vectors->rows / ((double)row + 1.0);
}

double gv_report_drift_pair_count(const gv_report_drift_pair *pair, size_t i, bool counted)
{
    const uint32_t a = pair->shared.a[i], b = pair->shared.b[i];
    return counted ? gv_drift_noise_count((double)pair->a.count[a], (double)pair->b.count[b])
                   : gv_drift_noise_count(zipf_count(pair->a.vectors, a),
                                          zipf_count(pair->b.vectors, b));
}

typedef struct ranked {
    double count;
    uint32_t a, b;
} ranked;

static int compare_ranked(const void *left, const void *right)
{
    const ranked *x = left, *y = right;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->a > y->a) - (x->a < y->a);
}

/* Mark the rows of its A that a pair compares; caller frees. */
static bool *compared_rows(const gv_report_drift_pair *pair, gv_error *err)
{
    bool *compared = gv_mem_alloc_zero(pair->a.vectors->rows, sizeof *compared, err);
    for (size_t i = 0; compared && i < pair->shared.n; i++)
        compared[pair->shared.a[i]] = true;
    return compared;
}

/* Keep the words that are frequent enough, the most frequent first, and at most `limit` of them. */
static int choose_words(gv_report_drift_pair *pair, const gv_report_drift_options *options,
                        gv_error *err)
{
    const bool counted = gv_report_drift_pair_is_counted(pair);
    gv_shared_words *shared = &pair->shared;
    size_t n = 0;
    ranked *word = gv_mem_alloc(shared->n, sizeof *word, err);
    if (!word)
        return GV_E_MEMORY;
    for (size_t i = 0; i < shared->n; i++) {
        const uint32_t a = shared->a[i], b = shared->b[i];
        if (!counted ||
            (pair->a.count[a] >= options->min_count && pair->b.count[b] >= options->min_count))
            word[n++] = (ranked){gv_report_drift_pair_count(pair, i, counted), a, b};
    }
    qsort(word, n, sizeof *word, compare_ranked);
    if (options->limit && n > options->limit)
        n = options->limit;
    for (size_t i = 0; i < n; i++) {
        shared->a[i] = word[i].a;
        shared->b[i] = word[i].b;
    }
    shared->n = n;
    gv_mem_free(word);
    return GV_OK;
}

static int check_words(const gv_report_drift_pair *pair, const char *a, const char *b,
                       const gv_report_drift_options *options, gv_error *err)
{
    if (pair->shared.n >= LEAST_WORDS)
        return GV_OK;
    if (pair->all_shared < LEAST_WORDS)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s and %s share %zu words with vectors; at least %d are needed", a, b,
                            pair->all_shared, LEAST_WORDS);
    return gv_error_set(err, GV_E_RUNTIME,
                        "%s and %s share %zu words that occur %" PRIu64
                        " times or more in both, of %zu; lower --min-count",
                        a, b, pair->shared.n, options->min_count, pair->all_shared);
}

/* Read both, and find the words of both; if `of` is not NULL, only those that it compares. */
static int open_both(gv_report_drift_pair *pair, const char *a, const char *b,
                     const gv_report_drift_pair *of, gv_error *err)
{
    int status = open_corpus(&pair->a, a, err);
    if (status == GV_OK)
        status = open_corpus(&pair->b, b, err);
    if (status != GV_OK)
        return status;
    if (pair->a.vectors->dim != pair->b.vectors->dim)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s has vectors of %zu numbers, but %s of %zu; train both with the "
                            "same train.dim and output.vectors",
                            pair->a.given.vectors, pair->a.vectors->dim, pair->b.given.vectors,
                            pair->b.vectors->dim);
    bool *compared = of ? compared_rows(of, err) : NULL;
    bool *chosen = gv_mem_alloc_zero(pair->a.vectors->rows, sizeof *chosen, err);
    status = chosen && (compared || !of) ? GV_OK : GV_E_MEMORY;
    for (size_t row = 0; row < pair->a.vectors->rows && status == GV_OK; row++) {
        const size_t there =
            of ? gv_vectors_find(of->a.vectors, pair->a.vectors->words[row]) : SIZE_MAX;
        chosen[row] = !of || (there != SIZE_MAX && compared[there]);
    }
    if (status == GV_OK)
        status = gv_shared_words_find(&pair->shared, pair->a.vectors, pair->b.vectors, chosen, err);
    pair->all_shared = pair->shared.n;
    gv_mem_free(compared);
    gv_mem_free(chosen);
    return status;
}

int gv_report_drift_pair_open(gv_report_drift_pair *pair, const gv_report_drift_options *options,
                              gv_error *err)
{
    int status = open_both(pair, options->a, options->b, NULL, err);
    if (status == GV_OK)
        status = choose_words(pair, options, err);
    return status == GV_OK ? check_words(pair, options->a, options->b, options, err) : status;
}

int gv_report_drift_pair_open_noise(gv_report_drift_pair *pair, const char *a, const char *b,
                                    const gv_report_drift_pair *of, gv_error *err)
{
    int status = open_both(pair, a, b, of, err);
    if (status == GV_OK && pair->shared.n < LEAST_WORDS)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "%s and %s, which are to show the noise, have only %zu of the words "
                              "that are compared; at least %d are needed",
                              a, b, pair->shared.n, LEAST_WORDS);
    return status;
}

int gv_report_drift_pair_measure(gv_report_drift_pair *pair, size_t k, gv_progress *progress,
                                 gv_error *err)
{
    const gv_drift_words words = {.a = pair->a.vectors,
                                  .b = pair->b.vectors,
                                  .row_a = pair->shared.a,
                                  .row_b = pair->shared.b,
                                  .n = pair->shared.n,
                                  .k = k,
                                  .threads = gv_threads_available(),
                                  .progress = progress};
    return gv_drift_measure(&pair->drift, &words, err);
}

void gv_report_drift_pair_clear(gv_report_drift_pair *pair)
{
    close_corpus(&pair->a);
    close_corpus(&pair->b);
    gv_shared_words_clear(&pair->shared);
    gv_drift_clear(&pair->drift);
    *pair = (gv_report_drift_pair){0};
}
