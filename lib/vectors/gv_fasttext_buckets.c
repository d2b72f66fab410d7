/*
 * How many buckets: measured on 67,908 words of 100 MB of text with 138,660 known n-grams, as the
 * cosine of fastText's vector and ours, mean over 8,000 words that occur too rarely to be in the
 * vocabulary, and over the unseen words of the Rare Word set:
 *
 *     buckets for each n-gram    1.8    3.6    7.2   14.4   28.8
 *     rare words of the text    .904   .947   .972   .985   .992
 *     Rare Word set             .959   .978   .989   .994   .997
 *
 * Beyond 16 the file doubles for little, unless it is small; counts near each other, prime or not,
 * differ by chance only. Rows that are added up instead of averaged with weights take twice as many
 * buckets for the same cosine.
 */
#include "vectors/gv_fasttext_buckets.h"

#include "base/gv_mem.h"
#include <string.h>

enum { PER_NGRAM = 16, PER_NGRAM_OF_FEW = 64, BUCKETS_OF_FEW = 250000, BUCKETS_MOST = 4000000 };

struct gv_fasttext_buckets {
    const gv_subwords *subwords;
    gv_fasttext_cutter cutter;
    uint32_t
        *start; /* [buckets + 1] the n-grams of bucket b: ngram[start[b]] and those after it, */
    uint32_t *ngram;   /* [count] before start[b + 1] */
    uint32_t *weight;  /* [count] by n-gram: words that have it */
    double *sum, *own; /* [dim] */
    float *row;        /* [dim] */
};

uint32_t gv_fasttext_buckets_for(uint64_t ngrams)
{
    if (ngrams >= BUCKETS_MOST / PER_NGRAM)
        return BUCKETS_MOST;
    const uint32_t few = ngrams < BUCKETS_OF_FEW / PER_NGRAM_OF_FEW
                             ? (uint32_t)ngrams * PER_NGRAM_OF_FEW
                             : BUCKETS_OF_FEW;
    const uint32_t many = (uint32_t)ngrams * PER_NGRAM;
    return many > few ? many : few;
}

static uint32_t bucket_of(const gv_fasttext_buckets *buckets, size_t ngram)
{
    size_t length;
    const char *text = gv_subwords_ngram(buckets->subwords, ngram, &length);
    return gv_fasttext_hash(text, length) % buckets->cutter.buckets;
}

/* Counting sort: `start` moves from the end of each bucket's part down to its beginning. */
static void sort_ngrams(gv_fasttext_buckets *buckets)
{
    const size_t count = gv_subwords_count(buckets->subwords);
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        buckets->start[bucket_of(buckets, i)]++;
    for (uint32_t b = 0; b <= buckets->cutter.buckets; b++) {
        sum += buckets->start[b];
        buckets->start[b] = sum;
    }
    for (size_t i = count; i-- > 0;)
        buckets->ngram[--buckets->start[bucket_of(buckets, i)]] = (uint32_t)i;
}

int gv_fasttext_buckets_new(gv_fasttext_buckets **result, const gv_subwords *subwords,
                            gv_error *err)
{
    const size_t count = gv_subwords_count(subwords), dim = gv_subwords_dim(subwords);
    *result = NULL;
    if (gv_subwords_max_n(subwords) > GV_FASTTEXT_LONGEST)
        return gv_error_set(err, GV_E_RUNTIME,
                            "a fastText model has n-grams of at most %d characters, not of %u",
                            GV_FASTTEXT_LONGEST, gv_subwords_max_n(subwords));
    gv_fasttext_buckets *buckets = gv_mem_alloc_zero(1, sizeof *buckets, err);
    if (!buckets)
        return GV_E_MEMORY;
    buckets->subwords = subwords;
    buckets->cutter.min_n = gv_subwords_min_n(subwords);
    buckets->cutter.max_n = gv_subwords_max_n(subwords);
    buckets->cutter.buckets = gv_fasttext_buckets_for(count);
    buckets->start =
        gv_mem_alloc_zero((size_t)buckets->cutter.buckets + 1, sizeof *buckets->start, err);
    buckets->ngram = gv_mem_alloc(count, sizeof *buckets->ngram, err);
    buckets->weight = gv_mem_alloc_zero(count, sizeof *buckets->weight, err);
    buckets->sum = gv_mem_alloc(dim, sizeof *buckets->sum, err);
    buckets->own = gv_mem_alloc(dim, sizeof *buckets->own, err);
    buckets->row = gv_mem_alloc(dim, sizeof *buckets->row, err);
    if (!buckets->start || !buckets->ngram || !buckets->weight || !buckets->sum || !buckets->own ||
        !buckets->row) {
        gv_fasttext_buckets_free(buckets);
        return GV_E_MEMORY;
    }
    sort_ngrams(buckets);
    *result = buckets;
    return GV_OK;
}

void gv_fasttext_buckets_free(gv_fasttext_buckets *buckets)
{
    if (!buckets)
        return;
    gv_fasttext_cutter_clear(&buckets->cutter);
    gv_mem_free(buckets->start);
    gv_mem_free(buckets->ngram);
    gv_mem_free(buckets->weight);
    gv_mem_free(buckets->sum);
    gv_mem_free(buckets->own);
    gv_mem_free(buckets->row);
    gv_mem_free(buckets);
}

uint32_t gv_fasttext_buckets_count(const gv_fasttext_buckets *buckets)
{
    return buckets->cutter.buckets;
}

int gv_fasttext_buckets_weigh(gv_fasttext_buckets *buckets, const char *word, gv_error *err)
{
    int status = gv_fasttext_cut(&buckets->cutter, word, err);
    for (size_t i = 0; status == GV_OK && i < buckets->cutter.n; i++) {
        const gv_fasttext_piece *piece = &buckets->cutter.piece[i];
        /* the weight of one alone makes no difference */
        if (buckets->start[piece->bucket + 1] - buckets->start[piece->bucket] < 2)
            continue;
        size_t found =
            gv_subwords_find(buckets->subwords, buckets->cutter.text + piece->start, piece->length);
        if (found != SIZE_MAX && buckets->weight[found] < UINT32_MAX)
            buckets->weight[found]++;
    }
    return status;
}

void gv_fasttext_buckets_row(gv_fasttext_buckets *buckets, uint32_t bucket, float *to)
{
    const size_t dim = gv_subwords_dim(buckets->subwords);
    const float *offset = gv_subwords_offset(buckets->subwords);
    const uint32_t from = buckets->start[bucket], end = buckets->start[bucket + 1];
    double weights = 0.0;
    memset(buckets->sum, 0, dim * sizeof *buckets->sum);
    for (uint32_t i = from; i < end; i++) {
        const float *row = gv_subwords_row(buckets->subwords, buckets->ngram[i]);
        /* fastText cuts some words otherwise, so a known n-gram may be in none */
        const double weight = 1.0 + buckets->weight[buckets->ngram[i]];
        weights += weight;
        for (size_t k = 0; k < dim; k++)
            buckets->sum[k] += weight * (double)row[k];
    }
    for (size_t k = 0; k < dim; k++)
        to[k] = (float)((double)offset[k] + (end > from ? buckets->sum[k] / weights : 0.0));
}

int gv_fasttext_buckets_own(gv_fasttext_buckets *buckets, const char *word, float *vector,
                            gv_error *err)
{
    const size_t dim = gv_subwords_dim(buckets->subwords);
    int status = gv_fasttext_cut(&buckets->cutter, word, err);
    if (status != GV_OK)
        return status;
    const size_t n = buckets->cutter.n;
    double *own = buckets->own;
    for (size_t k = 0; k < dim; k++)
        own[k] = (double)(n + 1) * (double)vector[k];
    for (size_t i = 0; i < n; i++) {
        gv_fasttext_buckets_row(buckets, buckets->cutter.piece[i].bucket, buckets->row);
        for (size_t k = 0; k < dim; k++)
            own[k] -= (double)buckets->row[k];
    }
    for (size_t k = 0; k < dim; k++)
        vector[k] = (float)own[k];
    return GV_OK;
}
