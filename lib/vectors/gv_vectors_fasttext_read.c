/*
 * fastText's models (.bin), read front to back, so that they may be compressed or come from a pipe.
 *
 * The words' own rows come before those of the buckets. So a list is made of which words have an
 * n-gram in which bucket, and each bucket's row is added to its words as it is read; in memory are
 * the vectors and that list, never the buckets' rows.
 *
 * For a sink, the buckets' rows of each word are read where they are in the file, in the same
 * order, so that the sums have the same bits. Of a compressed model all vectors are made first.
 *
 * fastText's own sums run in another order, so the last bit may differ.
 */
#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "vectors/gv_fasttext.h"
#include "vectors/gv_vectors_internal.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORD_LIMIT = 65535,
    WORD_TAIL = 10,           /* bytes of an entry behind its word: NUL, count, kind */
    STREAM_BUCKETS = 1 << 23, /* at most where the size of the file proves nothing; fastText makes
                                 2 million */
    ROWS_PER_LOOK = 4096
};

typedef struct reading {
    gv_vectors_input *in;
    const char *path;
    uint64_t at; /* bytes read */
    gv_fasttext_head head;
    uint64_t matrix_rows;
    char *words; /* one after the other, each with its NUL */
    size_t words_bytes, words_capacity;
    uint64_t *counts; /* of the words */
    size_t counts_capacity;
    int fd; /* the file, for a sink; 0: not open */
    gv_vectors_builder builder;
    gv_fasttext_cutter cutter;
    /* the rows of the result that have an n-gram in bucket b: member[start[b]], ...,
     * member[start[b + 1] - 1] */
    uint32_t *start, *member;
    float *row; /* [dim] */
} reading;

static int take(reading *r, void *to, size_t bytes, gv_error *err)
{
    r->at += bytes;
    return gv_vectors_input_read(r->in, to, bytes, err);
}

/* --- the head --------------------------------------------------------------------------------- */

static int refuse(const reading *r, const char *what, const char *remedy, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is %s; %s", r->path, what, remedy);
}

static int damaged(const reading *r, const char *how, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged: %s; obtain it again", r->path, how);
}

static int read_head(reading *r, gv_error *err)
{
    uint8_t bytes[GV_FASTTEXT_HEAD];
    int status = take(r, bytes, sizeof bytes, err);
    if (status != GV_OK)
        return status;
    gv_fasttext_head *head = &r->head;
    gv_fasttext_get_head(head, bytes);
    status = gv_fasttext_check_head(head, r->path, err);
    if (status == GV_OK && head->buckets > STREAM_BUCKETS &&
        gv_vectors_input_size(r->in) == UINT64_MAX)
        return refuse(r, "a fastText model with too many n-grams to come from a stream",
                      "write the decompressed bytes to a file first", err);
    if (status == GV_OK)
        gv_fasttext_cutter_init(&r->cutter, head);
    return status;
}

/* --- words ------------------------------------------------------------------------------------ */

static int read_entry(reading *r, int32_t i, gv_error *err)
{
    char *bytes, *end = NULL;
    size_t n = 0, want = WORD_LIMIT + 1;
    int status = gv_vectors_input_peek(r->in, want, &bytes, &n, err);
    if (status == GV_OK)
        end = memchr(bytes, '\0', n < want ? n : want);
    if (status == GV_OK && !end && n >= want)
        return damaged(r, "its list of words is unreadable", err);
    if (status == GV_OK && !end)
        return gv_error_set(err, GV_E_CORRUPT, "%s is truncated: it ends in the list of words",
                            r->path);
    size_t length = end ? (size_t)(end - bytes) : 0;
    bool wanted = i < r->head.words;
    if (status == GV_OK && wanted)
        status = gv_mem_reserve(&r->words, &r->words_capacity, r->words_bytes + length + 1, 1, err);
    if (status == GV_OK && wanted)
        status =
            gv_mem_reserve(&r->counts, &r->counts_capacity, (size_t)i + 1, sizeof *r->counts, err);
    if (status != GV_OK)
        return status;
    if (wanted) {
        memcpy(r->words + r->words_bytes, bytes, length + 1);
        r->words_bytes += length + 1;
    }
    gv_vectors_input_skip(r->in, length);
    r->at += length;
    uint8_t tail[WORD_TAIL];
    status = take(r, tail, sizeof tail, err);
    if (status == GV_OK && tail[WORD_TAIL - 1] != (wanted ? 0 : 1))
        return damaged(r, "its list of words is unreadable", err);
    if (status == GV_OK && wanted) {
        int64_t count = (int64_t)gv_bytes_get64(tail + 1);
        r->counts[i] = count > 0 ? (uint64_t)count : 0;
    }
    return status;
}

static int read_words(reading *r, gv_error *err)
{
    int status = GV_OK;
    for (int32_t i = 0; i < r->head.entries && status == GV_OK; i++) {
        status = i % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = read_entry(r, i, err);
    }
    return status;
}

/* --- the matrix ------------------------------------------------------------------------------- */

static int truncated(const reading *r, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is truncated or damaged: its matrix is larger than the file; obtain it "
                        "again",
                        r->path);
}

/* The flag and the size of a matrix: `*bytes` of numbers, UINT64_MAX if no file has so many. */
static int read_shape(reading *r, uint8_t *flag, uint64_t *rows, uint64_t *bytes, gv_error *err)
{
    uint8_t shape[17];
    int status = take(r, shape, sizeof shape, err);
    if (status != GV_OK)
        return status;
    uint64_t columns = gv_bytes_get64(shape + 9), numbers;
    *flag = shape[0];
    *rows = gv_bytes_get64(shape + 1);
    if (*flag == 0 && columns != (uint64_t)r->head.dim)
        return damaged(r, "its matrix has other dimensions than its beginning states", err);
    if (__builtin_mul_overflow(*rows, columns, &numbers) ||
        __builtin_mul_overflow(numbers, sizeof(float), bytes))
        *bytes = UINT64_MAX;
    return GV_OK;
}

static int read_input_shape(reading *r, gv_error *err)
{
    uint8_t quantised;
    uint64_t bytes, size = gv_vectors_input_size(r->in);
    const gv_fasttext_head *head = &r->head;
    int status = read_shape(r, &quantised, &r->matrix_rows, &bytes, err);
    if (status != GV_OK)
        return status;
    if (quantised == 1)
        return refuse(r, "a quantised fastText model (.ftz)", "use the .bin that it was made from",
                      err);
    if (size != UINT64_MAX && bytes > size - r->at)
        return truncated(r, err);
    /* without n-grams the buckets are not needed, and the file may lack them */
    uint64_t need = (uint64_t)head->words + (r->cutter.max_n > 0 ? (uint64_t)head->buckets : 0);
    if (quantised != 0 || r->matrix_rows < need || (r->cutter.max_n > 0 && r->matrix_rows != need))
        return damaged(r, "its matrix does not have a row for each word and bucket", err);
    return GV_OK;
}

/* The numbers of `rows` rows are not needed. */
static int skip_rows(reading *r, uint64_t rows, gv_error *err)
{
    int status = GV_OK;
    for (uint64_t i = 0; i < rows && status == GV_OK; i++) {
        status = i % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = take(r, r->row, (size_t)r->head.dim * sizeof(float), err);
    }
    return status;
}

static int compare_buckets(const void *a, const void *b)
{
    const gv_fasttext_piece *x = a, *y = b;
    return (x->bucket > y->bucket) - (x->bucket < y->bucket);
}

/* Make the vector of a word out of its own row, `values`: the rows of its n-grams are read where
 * they are; those of all buckets begin at byte `buckets`. */
static int add_ngrams(reading *r, const char *word, uint64_t buckets, float *values, gv_error *err)
{
    const size_t dim = (size_t)r->head.dim, bytes = dim * sizeof(float);
    gv_fasttext_cutter *cutter = &r->cutter;
    int status = gv_fasttext_cut(cutter, word, err);
    if (status != GV_OK)
        return status;
    /* in the order in which read_bucket_rows comes upon them */
    if (cutter->n > 1)
        qsort(cutter->piece, cutter->n, sizeof *cutter->piece, compare_buckets);
    for (size_t i = 0; i < cutter->n && status == GV_OK; i++) {
        status = gv_file_pread(r->fd, r->row, bytes, buckets + cutter->piece[i].bucket * bytes,
                               r->path, err);
        gv_vectors_swap(r->row, dim);
        for (size_t k = 0; k < dim && status == GV_OK; k++)
            values[k] += r->row[k];
    }
    for (size_t k = 0; k < dim && cutter->n > 0; k++)
        values[k] /= (float)(cutter->n + 1);
    return status;
}

static int read_own_rows(reading *r, gv_error *err)
{
    int status = GV_OK;
    const char *word = r->words;
    size_t dim = (size_t)r->head.dim;
    const uint64_t buckets = r->at + (uint64_t)r->head.words * dim * sizeof(float);
    int32_t i = 0;
    for (; i < r->head.words && status == GV_OK && !gv_vectors_builder_full(&r->builder); i++) {
        float *values;
        size_t length = strlen(word);
        status = i % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = gv_vectors_builder_space(&r->builder, &values, err);
        if (status == GV_OK)
            status = take(r, values, dim * sizeof(float), err);
        if (status != GV_OK)
            return status;
        gv_vectors_swap(values, dim);
        if (r->fd)
            status = add_ngrams(r, word, buckets, values, err);
        r->builder.count = r->counts[i];
        if (status == GV_OK)
            status = gv_vectors_builder_add(&r->builder, word, length, err);
        word += length + 1;
    }
    return status == GV_OK ? skip_rows(r, (uint64_t)(r->head.words - i), err) : status;
}

/* --- n-grams ---------------------------------------------------------------------------------- */

/* N-grams of all words; their list is to take no more memory than what was read justifies. */
static int count_ngrams(reading *r, uint64_t *total, gv_error *err)
{
    enum { ALWAYS = 1 << 25 };
    const gv_vectors *vectors = r->builder.vectors;
    uint64_t most = (ALWAYS + vectors->rows * vectors->dim * sizeof(float)) / sizeof(uint32_t);
    most = most < UINT32_MAX ? most : UINT32_MAX;
    *total = 0;
    for (size_t row = 0; row < vectors->rows; row++) {
        int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = gv_fasttext_cut(&r->cutter, vectors->words[row], err);
        if (status != GV_OK)
            return status;
        *total += r->cutter.n;
        for (size_t i = 0; i < r->cutter.n && *total <= most; i++)
            r->start[r->cutter.piece[i].bucket]++;
        if (*total > most)
            return damaged(r, "its words have more n-grams than a file of its size", err);
    }
    return GV_OK;
}

/* From the last row to the first, so that start[b] is moved from the end of its part of the list
 * down to its beginning. */
static int fill_list(reading *r, gv_error *err)
{
    const gv_vectors *vectors = r->builder.vectors;
    for (size_t row = vectors->rows; row-- > 0;) {
        int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = gv_fasttext_cut(&r->cutter, vectors->words[row], err);
        if (status != GV_OK)
            return status;
        for (size_t i = 0; i < r->cutter.n; i++)
            r->member[--r->start[r->cutter.piece[i].bucket]] = (uint32_t)row;
    }
    return GV_OK;
}

static int list_ngrams(reading *r, gv_error *err)
{
    uint64_t total;
    uint32_t sum = 0;
    r->start = gv_mem_alloc_zero((size_t)r->cutter.buckets + 1, sizeof *r->start, err);
    int status = r->start ? count_ngrams(r, &total, err) : GV_E_MEMORY;
    if (status != GV_OK)
        return status;
    for (uint32_t b = 0; b <= r->cutter.buckets; b++) {
        sum += r->start[b];
        r->start[b] = sum;
    }
    r->member = gv_mem_alloc(total, sizeof *r->member, err);
    return r->member ? fill_list(r, err) : GV_E_MEMORY;
}

/* The words' vectors are means: of 1 row and those of their n-grams. */
static int divide(reading *r, gv_error *err)
{
    gv_vectors *vectors = r->builder.vectors;
    for (size_t row = 0; row < vectors->rows; row++) {
        float *values = vectors->data + row * vectors->dim;
        int status = gv_fasttext_cut(&r->cutter, vectors->words[row], err);
        if (status != GV_OK)
            return status;
        for (size_t k = 0; k < vectors->dim && r->cutter.n > 0; k++)
            values[k] /= (float)(r->cutter.n + 1);
    }
    return GV_OK;
}

static int read_bucket_rows(reading *r, gv_error *err)
{
    gv_vectors *vectors = r->builder.vectors;
    int status = list_ngrams(r, err);
    for (uint32_t b = 0; b < r->cutter.buckets && status == GV_OK; b++) {
        status = b % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = take(r, r->row, vectors->dim * sizeof(float), err);
        if (status != GV_OK)
            return status;
        gv_vectors_swap(r->row, vectors->dim);
        for (uint32_t i = r->start[b]; i < r->start[b + 1]; i++) {
            float *values = vectors->data + r->member[i] * vectors->dim;
            for (size_t k = 0; k < vectors->dim; k++)
                values[k] += r->row[k];
        }
    }
    return status == GV_OK ? divide(r, err) : status;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* The output matrix is of no use here, but its end must be that of the file. */
static int check_end(reading *r, gv_error *err)
{
    uint8_t flag;
    uint64_t rows, bytes, size = gv_vectors_input_size(r->in);
    int status = read_shape(r, &flag, &rows, &bytes, err);
    /* fastText ignores the flag here: an output is quantised only where the input is */
    if (status != GV_OK || flag > 1)
        return status == GV_OK ? damaged(r, "its second matrix is unreadable", err) : status;
    if (size == UINT64_MAX) {
        size_t got = 0;
        char more;
        status = skip_rows(r, rows, err);
        if (status == GV_OK)
            status = gv_vectors_input_read_some(r->in, &more, 1, &got, err);
        return status == GV_OK && got ? damaged(r, "it continues after its end", err) : status;
    }
    if (bytes > size - r->at)
        return truncated(r, err);
    return bytes < size - r->at ? damaged(r, "it continues after its end", err) : GV_OK;
}

static int note_labels(reading *r, gv_error *err)
{
    if (r->head.labels == 0)
        return GV_OK;
    return gv_vectors_builder_note(&r->builder, err,
                                   "labels of a supervised fastText model, left out: %" PRId32,
                                   r->head.labels);
}

static int read_model(reading *r, gv_error *err)
{
    int status = read_own_rows(r, err);
    if (status == GV_OK)
        status = r->cutter.max_n > 0 && !r->fd
                     ? read_bucket_rows(r, err)
                     : skip_rows(r, r->matrix_rows - (uint64_t)r->head.words, err);
    if (status == GV_OK)
        status = check_end(r, err);
    return status == GV_OK ? note_labels(r, err) : status;
}

/* How rows get to the sink, if there is one: `*later` if all vectors must be made first. */
static int prepare_sink(reading *r, bool *later, gv_error *err)
{
    const bool ngrams = r->builder.sink && r->cutter.max_n > 0;
    *later = ngrams && !gv_vectors_input_is_plain(r->in);
    if (*later)
        r->builder.sink = NULL;
    return ngrams && !*later ? gv_file_open_plain(&r->fd, r->path, O_RDONLY, err) : GV_OK;
}

int gv_vectors_read_fasttext(gv_vectors **vectors, gv_vectors_input *in,
                             const gv_vectors_options *options, gv_error *err)
{
    reading r = {.in = in, .path = gv_vectors_input_path(in)};
    bool later = false;
    int status = read_head(&r, err);
    if (status == GV_OK)
        status = gv_vectors_builder_begin(&r.builder, r.path, (size_t)r.head.dim, options, err);
    if (status == GV_OK)
        status = read_words(&r, err);
    if (status == GV_OK)
        status = read_input_shape(&r, err);
    if (status == GV_OK)
        r.row = gv_mem_alloc((size_t)r.head.dim, sizeof *r.row, err);
    if (status == GV_OK && !r.row)
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = prepare_sink(&r, &later, err);
    if (status == GV_OK)
        status = read_model(&r, err);
    gv_fasttext_cutter_clear(&r.cutter);
    if (r.fd > 0)
        close(r.fd);
    gv_mem_free(r.words);
    gv_mem_free(r.counts);
    gv_mem_free(r.start);
    gv_mem_free(r.member);
    gv_mem_free(r.row);
    status = gv_vectors_builder_end(&r.builder, vectors, status, GV_FORMAT_FASTTEXT, err);
    return status == GV_OK && later ? gv_vectors_pour(vectors, options->sink, err) : status;
}
