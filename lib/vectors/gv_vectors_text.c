/*
 * Writing vectors as text: the reference's `word v1 v2 ...`, word2vec's with a header line, and the
 * projector's table of numbers.
 *
 * Formatting is many times slower than the disk. Threads therefore claim chunks of rows by an
 * atomic counter, format each into a buffer of their own, and write the buffers in chunk order: the
 * owner of chunk k waits until the chunks before it are written. Chunks are claimed in order and
 * formatting one depends on no other, so waiting always ends; after a failure all threads leave.
 * The bytes do not depend on the number of threads.
 */
#include "base/gv_decimal.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "vectors/gv_vectors_internal.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 19, BYTES_PER_NUMBER = 10 };

typedef struct text_job {
    const char *path;
    const gv_vectors_style *style;
    const gv_vectors_source *source;
    gv_file_writer *out;
    size_t chunk_rows, chunks;
    atomic_size_t next_chunk; /* to be claimed */
    pthread_mutex_t lock;     /* guards the rest and `out` */
    pthread_cond_t moved;
    size_t written; /* chunks */
    bool failed;
} text_job;

/* What one thread formats into. */
typedef struct text_buffer {
    char *bytes;
    size_t used, capacity;
    float *row; /* [dim] */
} text_buffer;

static int format_row(text_buffer *buffer, const text_job *job, size_t row, gv_error *err)
{
    const gv_vectors_source *source = job->source;
    const char *word = job->style->words ? source->word(source->context, row) : "";
    size_t length = strlen(word);
    /* reserved for the longest numbers at once, so that the loop below needs no checks */
    size_t need = buffer->used + length + source->dim * (GV_DECIMAL_MAX + 1) + 1;
    int status = gv_mem_reserve(&buffer->bytes, &buffer->capacity, need, 1, err);
    if (status == GV_OK && job->style->words)
        status = gv_vectors_check_word(job->path, job->style->format, word, row, err);
    if (status != GV_OK)
        return status;
    source->vector(source->context, row, buffer->row);
    char *to = buffer->bytes + buffer->used;
    memcpy(to, word, length);
    to += length;
    for (size_t i = 0; i < source->dim; i++) {
        if (i > 0 || job->style->words)
            *to++ = job->style->separator;
        to = gv_decimal_put6(to, buffer->row[i]);
    }
    *to++ = '\n';
    buffer->used = (size_t)(to - buffer->bytes);
    return GV_OK;
}

static int format_chunk(text_buffer *buffer, const text_job *job, size_t chunk, gv_error *err)
{
    size_t row = chunk * job->chunk_rows, end = row + job->chunk_rows;
    int status = gv_signal_check(err);
    buffer->used = 0;
    for (; status == GV_OK && row < end && row < job->source->rows; row++)
        status = format_row(buffer, job, row, err);
    return status;
}

/* Wait for the turn of `chunk`, write it. `status` is how its formatting went. */
static int hand_in(text_job *job, const text_buffer *buffer, size_t chunk, int status,
                   gv_error *err)
{
    pthread_mutex_lock(&job->lock);
    while (status == GV_OK && job->written != chunk && !job->failed)
        pthread_cond_wait(&job->moved, &job->lock);
    if (status == GV_OK && !job->failed)
        status = gv_file_writer_write(job->out, buffer->bytes, buffer->used, err);
    /* after a failure this number is meaningless: all leave by `failed` */
    job->written++;
    job->failed = job->failed || status != GV_OK;
    pthread_cond_broadcast(&job->moved);
    pthread_mutex_unlock(&job->lock);
    return status;
}

static bool has_failed(text_job *job)
{
    pthread_mutex_lock(&job->lock);
    bool failed = job->failed;
    pthread_mutex_unlock(&job->lock);
    return failed;
}

static int format_chunks(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    text_job *job = context;
    text_buffer buffer = {0};
    int status = GV_OK;
    buffer.row = gv_mem_alloc(job->source->dim, sizeof *buffer.row, err);
    if (!buffer.row)
        return GV_E_MEMORY; /* this thread has claimed nothing: no thread waits for it */
    while (status == GV_OK && !has_failed(job)) {
        size_t chunk = atomic_fetch_add(&job->next_chunk, 1);
        if (chunk >= job->chunks)
            break;
        status = format_chunk(&buffer, job, chunk, err);
        status = hand_in(job, &buffer, chunk, status, err);
    }
    gv_mem_free(buffer.bytes);
    gv_mem_free(buffer.row);
    return status;
}

static int write_rows(text_job *job, unsigned threads, gv_error *err)
{
    /* chunks of about 512 KiB: large enough to hide the lock, small enough that the buffers of many
     * threads stay small */
    size_t row_bytes = job->source->dim * BYTES_PER_NUMBER;
    job->chunk_rows = row_bytes < CHUNK_BYTES ? CHUNK_BYTES / row_bytes : 1;
    job->chunks = job->source->rows / job->chunk_rows + (job->source->rows % job->chunk_rows != 0);
    if (threads > job->chunks)
        threads = (unsigned)job->chunks;
    if (threads == 0)
        return GV_OK;
    return gv_threads_run(threads, format_chunks, job, err);
}

int gv_vectors_put_text(gv_file_writer *out, const char *path, const gv_vectors_style *style,
                        const gv_vectors_source *source, unsigned threads, gv_error *err)
{
    text_job job = {.path = path, .style = style, .source = source, .out = out};
    pthread_mutex_init(&job.lock, NULL);
    pthread_cond_init(&job.moved, NULL);
    int status = write_rows(&job, threads ? threads : 1, err);
    pthread_cond_destroy(&job.moved);
    pthread_mutex_destroy(&job.lock);
    return gv_vectors_source_check(source, status, err);
}

int gv_vectors_write_text(const char *path, const gv_vectors_style *style,
                          const gv_vectors_source *source, unsigned threads, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK && style->header)
        status = gv_file_writer_printf(out, err, "%zu %zu\n", source->rows, source->dim);
    if (status == GV_OK)
        status = gv_vectors_put_text(out, path, style, source, threads, err);
    return gv_file_writer_end(&out, status, err);
}
