/*
 * Writing fastText's models (.bin): a head, the words, and two matrices.
 *
 * Readers need every field of the head, also those of a training that never was: they get
 * fastText's defaults. The second matrix, of which fastText predicts contexts, is all zeros, as
 * before any training.
 *
 * A word's own row is what is left of its vector when the rows of its n-grams are subtracted, from
 * the rows as they are written: in double, so that the mean of them all is the vector to float
 * precision. Each is made when it is written.
 */
#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "vectors/gv_fasttext_buckets.h"
#include "vectors/gv_vectors_internal.h"
#include <string.h>

enum { ENTRY_TAIL = 10, SHAPE = 17, ROWS_PER_LOOK = 4096 };

typedef struct writing {
    gv_file_writer *out;
    const char *path;
    const gv_vectors_source *source;
    gv_fasttext_buckets *buckets; /* NULL: no n-grams */
    float *row;                   /* [dim] */
} writing;

static uint32_t bucket_count(const writing *w)
{
    return w->buckets ? gv_fasttext_buckets_count(w->buckets) : 0;
}

/* Readers drop words that never occur, so that the rows no longer fit the words; a count that is
 * unknown is 1, too. */
static uint64_t count_of(const gv_vectors_source *source, size_t row)
{
    uint64_t count = source->count ? source->count(source->context, row) : 1;
    if (count < 1)
        return 1;
    return count < INT64_MAX ? count : INT64_MAX;
}

static int put_head(const writing *w, gv_error *err)
{
    const gv_vectors_source *source = w->source;
    uint8_t bytes[GV_FASTTEXT_HEAD];
    uint64_t tokens = 0;
    for (size_t row = 0; row < source->rows; row++) {
        uint64_t sum = tokens + count_of(source, row);
        tokens = sum < INT64_MAX ? sum : INT64_MAX;
    }
    const gv_fasttext_head head = {
        .magic = GV_FASTTEXT_MAGIC,
        .version = GV_FASTTEXT_VERSION,
        .dim = (int32_t)source->dim,
        .window = 5,
        .epochs = 5,
        .min_count = 1,
        .negative = 5,
        .word_ngrams = 1,
        .loss = GV_FASTTEXT_NEGATIVE,
        .model = GV_FASTTEXT_SKIP_GRAM,
        .buckets = (int32_t)bucket_count(w),
        .min_n = w->buckets ? (int32_t)gv_subwords_min_n(source->subwords) : 0,
        .max_n = w->buckets ? (int32_t)gv_subwords_max_n(source->subwords) : 0,
        .update_rate = 100,
        .sample = 1e-4,
        .entries = (int32_t)source->rows,
        .words = (int32_t)source->rows,
        .tokens = (int64_t)tokens,
        .pruned = -1};
    gv_fasttext_put_head(bytes, &head);
    return gv_file_writer_write(w->out, bytes, sizeof bytes, err);
}

static int put_words(const writing *w, gv_error *err)
{
    const gv_vectors_source *source = w->source;
    int status = GV_OK;
    for (size_t row = 0; row < source->rows && status == GV_OK; row++) {
        const char *word = source->word(source->context, row);
        uint8_t tail[ENTRY_TAIL] = {0}; /* a NUL, the count, and the kind: 0 for a word */
        gv_bytes_put64(tail + 1, count_of(source, row));
        status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = gv_vectors_check_word(w->path, GV_FORMAT_FASTTEXT, word, row, err);
        if (status == GV_OK)
            status = gv_file_writer_write(w->out, word, strlen(word), err);
        if (status == GV_OK)
            status = gv_file_writer_write(w->out, tail, sizeof tail, err);
    }
    return status;
}

/* What is before a matrix: that it is not quantised, its rows and columns. */
static int put_shape(const writing *w, size_t rows, gv_error *err)
{
    uint8_t bytes[SHAPE] = {0};
    gv_bytes_put64(bytes + 1, rows);
    gv_bytes_put64(bytes + 9, w->source->dim);
    return gv_file_writer_write(w->out, bytes, sizeof bytes, err);
}

static int put_row(const writing *w, gv_error *err)
{
    gv_vectors_swap(w->row, w->source->dim);
    return gv_file_writer_write(w->out, w->row, w->source->dim * sizeof *w->row, err);
}

static int put_own_rows(const writing *w, gv_error *err)
{
    const gv_vectors_source *source = w->source;
    int status = GV_OK;
    for (size_t row = 0; row < source->rows && status == GV_OK; row++) {
        status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        source->vector(source->context, row, w->row);
        if (status == GV_OK && w->buckets)
            status = gv_fasttext_buckets_own(w->buckets, source->word(source->context, row), w->row,
                                             err);
        if (status == GV_OK)
            status = put_row(w, err);
    }
    return status;
}

static int put_bucket_rows(const writing *w, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t b = 0; b < bucket_count(w) && status == GV_OK; b++) {
        status = b % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        gv_fasttext_buckets_row(w->buckets, b, w->row);
        if (status == GV_OK)
            status = put_row(w, err);
    }
    return status;
}

static int put_zeros(const writing *w, gv_error *err)
{
    const size_t dim = w->source->dim;
    int status = GV_OK;
    memset(w->row, 0, dim * sizeof *w->row);
    for (size_t row = 0; row < w->source->rows && status == GV_OK; row++) {
        status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = gv_file_writer_write(w->out, w->row, dim * sizeof *w->row, err);
    }
    return status;
}

/* Put the known n-grams into buckets. */
static int make_buckets(writing *w, gv_error *err)
{
    const gv_vectors_source *source = w->source;
    const gv_subwords *subwords = source->subwords;
    if (!subwords || gv_subwords_count(subwords) == 0)
        return GV_OK;
    if (gv_subwords_dim(subwords) != source->dim)
        return gv_error_set(err, GV_E_RUNTIME,
                            "cannot write %s: the n-grams have vectors of %zu numbers, the words "
                            "of %zu",
                            w->path, gv_subwords_dim(subwords), source->dim);
    int status = gv_fasttext_buckets_new(&w->buckets, subwords, err);
    for (size_t row = 0; row < source->rows && status == GV_OK; row++) {
        status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = gv_fasttext_buckets_weigh(w->buckets, source->word(source->context, row), err);
    }
    return status;
}

static int put_matrices(const writing *w, gv_error *err)
{
    int status = put_shape(w, w->source->rows + bucket_count(w), err);
    if (status == GV_OK)
        status = put_own_rows(w, err);
    if (status == GV_OK)
        status = put_bucket_rows(w, err);
    status = gv_vectors_source_check(w->source, status, err);
    if (status == GV_OK)
        status = put_shape(w, w->source->rows, err);
    return status == GV_OK ? put_zeros(w, err) : status;
}

int gv_vectors_write_fasttext(const char *path, const gv_vectors_source *source, gv_error *err)
{
    writing w = {.path = path, .source = source};
    w.row = gv_mem_alloc(source->dim, sizeof *w.row, err);
    int status = w.row ? make_buckets(&w, err) : GV_E_MEMORY;
    if (status == GV_OK && source->rows > (size_t)INT32_MAX - bucket_count(&w))
        status =
            gv_error_set(err, GV_E_RUNTIME, "cannot write %s: too many words for fastText", path);
    if (status == GV_OK)
        status = gv_file_writer_open(&w.out, path, err);
    if (status == GV_OK)
        status = put_head(&w, err);
    if (status == GV_OK)
        status = put_words(&w, err);
    if (status == GV_OK)
        status = put_matrices(&w, err);
    status = gv_file_writer_end(&w.out, status, err);
    gv_fasttext_buckets_free(w.buckets);
    gv_mem_free(w.row);
    return status;
}
