#include "vectors/gv_fasttext_file.h"

#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "vectors/gv_fasttext.h"
#include "vectors/gv_vectors_internal.h"
#include <string.h>

enum { ENTRY_TAIL = 9, SHAPE = 17 }; /* bytes behind a word's NUL; before a matrix */

struct gv_fasttext_file {
    gv_file_reader *in;
    gv_fasttext_cutter cutter;
    size_t dim;
    uint64_t buckets; /* where their rows begin */
    float *row;       /* [dim] */
    double *sum;      /* [dim] */
};

/* Skip a word of the dictionary. */
static int skip_entry(gv_file_reader *in, uint64_t *at, gv_error *err)
{
    uint8_t byte = 1, tail[ENTRY_TAIL];
    int status = GV_OK;
    for (; status == GV_OK && byte != 0; ++*at)
        status = gv_file_reader_read(in, &byte, 1, err);
    *at += sizeof tail;
    return status == GV_OK ? gv_file_reader_read(in, tail, sizeof tail, err) : status;
}

/* Find the buckets' rows, and check that they are in the file. */
static int find_rows(gv_fasttext_file *file, const gv_fasttext_head *head, gv_error *err)
{
    uint8_t shape[SHAPE];
    uint64_t at = GV_FASTTEXT_HEAD;
    const uint64_t row_bytes = file->dim * sizeof(float), size = gv_file_reader_size(file->in);
    int status = GV_OK;
    for (int32_t i = 0; i < head->entries && status == GV_OK; i++)
        status = skip_entry(file->in, &at, err);
    if (status == GV_OK)
        status = gv_file_reader_read(file->in, shape, sizeof shape, err);
    if (status != GV_OK)
        return status;
    const uint64_t rows = (uint64_t)head->words + (uint64_t)head->buckets;
    at += sizeof shape;
    file->buckets = at + (uint64_t)head->words * row_bytes;
    if (shape[0] != 0 || gv_bytes_get64(shape + 1) != rows ||
        gv_bytes_get64(shape + 9) != file->dim || rows * row_bytes > size - at)
        return gv_error_set(err, GV_E_CORRUPT, "%s has changed meanwhile, or is damaged",
                            gv_file_reader_path(file->in));
    return GV_OK;
}

static int open_rows(gv_fasttext_file *file, const gv_fasttext_head *head, gv_error *err)
{
    int status = gv_fasttext_check_head(head, gv_file_reader_path(file->in), err);
    if (status != GV_OK)
        return status;
    file->dim = (size_t)head->dim;
    gv_fasttext_cutter_init(&file->cutter, head);
    file->row = gv_mem_alloc(file->dim, sizeof *file->row, err);
    file->sum = gv_mem_alloc(file->dim, sizeof *file->sum, err);
    if (!file->row || !file->sum)
        return GV_E_MEMORY;
    return file->cutter.max_n > 0 ? find_rows(file, head, err) : GV_OK;
}

int gv_fasttext_file_open(gv_fasttext_file **result, const char *path, gv_error *err)
{
    uint8_t bytes[GV_FASTTEXT_HEAD];
    size_t got = 0;
    *result = NULL;
    gv_fasttext_file *file = gv_mem_alloc_zero(1, sizeof *file, err);
    int status = file ? gv_file_reader_open(&file->in, path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_reader_read_some(file->in, bytes, sizeof bytes, &got, err);
    gv_fasttext_head head = {0};
    if (status == GV_OK && got == sizeof bytes)
        gv_fasttext_get_head(&head, bytes);
    /* what is compressed has another magic, and its rows cannot be found */
    const bool is_model = head.magic == GV_FASTTEXT_MAGIC;
    if (status == GV_OK && is_model)
        status = open_rows(file, &head, err);
    if (status == GV_OK && is_model && file->cutter.max_n > 0)
        *result = file;
    else
        gv_fasttext_file_close(file);
    return status;
}

void gv_fasttext_file_close(gv_fasttext_file *file)
{
    if (!file)
        return;
    gv_file_reader_close(file->in);
    gv_fasttext_cutter_clear(&file->cutter);
    gv_mem_free(file->row);
    gv_mem_free(file->sum);
    gv_mem_free(file);
}

size_t gv_fasttext_file_dim(const gv_fasttext_file *file)
{
    return file->dim;
}

int gv_fasttext_file_vector(gv_fasttext_file *file, const char *word, float *to, size_t *ngrams,
                            gv_error *err)
{
    const size_t bytes = file->dim * sizeof(float);
    int status = gv_fasttext_cut(&file->cutter, word, err);
    memset(to, 0, bytes);
    memset(file->sum, 0, file->dim * sizeof *file->sum);
    *ngrams = 0;
    for (size_t i = 0; i < file->cutter.n && status == GV_OK; i++) {
        status = gv_file_reader_seek(file->in, file->buckets + file->cutter.piece[i].bucket * bytes,
                                     err);
        if (status == GV_OK)
            status = gv_file_reader_read(file->in, file->row, bytes, err);
        gv_vectors_swap(file->row, file->dim);
        for (size_t k = 0; k < file->dim && status == GV_OK; k++)
            file->sum[k] += (double)file->row[k];
    }
    if (status != GV_OK)
        return status;
    *ngrams = file->cutter.n;
    for (size_t k = 0; k<file->dim && * ngrams> 0; k++)
        to[k] = (float)(file->sum[k] / (double)*ngrams);
    return GV_OK;
}
