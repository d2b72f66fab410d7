#include "vectors/gv_vectors_spool.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { IN_MEMORY = 1 << 25, CHUNK = 1 << 20 };

struct gv_vectors_spool {
    char *path;
    size_t rows, dim;
    char *words; /* one after the other, each with its NUL */
    size_t words_used, words_capacity;
    size_t *start; /* [rows] of each word */
    size_t start_capacity;
    uint64_t *counts; /* [rows]; NULL: none has any */
    size_t count_capacity;
    float *values; /* all rows, or those that are not yet in the file */
    size_t values_capacity;
    size_t kept;          /* rows in `values` */
    size_t filed;         /* rows in the file */
    int fd;               /* -1: none yet */
    pthread_mutex_t lock; /* guards the rest */
    int failure;          /* how reading went */
    gv_error error;
};

int gv_vectors_spool_new(gv_vectors_spool **result, const char *path, size_t dim, gv_error *err)
{
    *result = NULL;
    gv_vectors_spool *spool = gv_mem_alloc_zero(1, sizeof *spool, err);
    if (!spool)
        return GV_E_MEMORY;
    spool->fd = -1;
    spool->dim = dim;
    spool->error = (gv_error)GV_ERROR_INIT;
    pthread_mutex_init(&spool->lock, NULL);
    spool->path = gv_mem_strdup(path, err);
    if (!spool->path) {
        gv_vectors_spool_free(spool);
        return GV_E_MEMORY;
    }
    *result = spool;
    return GV_OK;
}

void gv_vectors_spool_free(gv_vectors_spool *spool)
{
    if (!spool)
        return;
    if (spool->fd >= 0)
        close(spool->fd);
    pthread_mutex_destroy(&spool->lock);
    gv_mem_free(spool->words);
    gv_mem_free(spool->start);
    gv_mem_free(spool->counts);
    gv_mem_free(spool->values);
    gv_mem_free(spool->path);
    gv_mem_free(spool);
}

/* Move the rows in memory to the file. */
static int flush(gv_vectors_spool *spool, gv_error *err)
{
    const size_t row_bytes = spool->dim * sizeof(float);
    int status = spool->fd < 0 ? gv_file_temp_open_beside(&spool->fd, spool->path, err) : GV_OK;
    if (status == GV_OK)
        status = gv_file_pwrite(spool->fd, spool->values, spool->kept * row_bytes,
                                (uint64_t)spool->filed * row_bytes, "a temporary file", err);
    if (status != GV_OK)
        return status;
    spool->filed += spool->kept;
    spool->kept = 0;
    return GV_OK;
}

static int add_count(gv_vectors_spool *spool, uint64_t count, gv_error *err)
{
    const bool first = !spool->counts;
    if (first && !count)
        return GV_OK;
    int status = gv_mem_reserve(&spool->counts, &spool->count_capacity, spool->rows + 1,
                                sizeof *spool->counts, err);
    if (status != GV_OK)
        return status;
    if (first)
        memset(spool->counts, 0, spool->rows * sizeof *spool->counts);
    spool->counts[spool->rows] = count;
    return GV_OK;
}

int gv_vectors_spool_add(gv_vectors_spool *spool, const gv_vectors_row *row, gv_error *err)
{
    const size_t bytes = strlen(row->word) + 1, row_bytes = spool->dim * sizeof(float);
    int status = GV_OK;
    /* once there is a file, rows go there in chunks */
    if (spool->kept > 0 && (spool->kept + 1) * row_bytes > (spool->fd < 0 ? IN_MEMORY : CHUNK))
        status = flush(spool, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&spool->words, &spool->words_capacity, spool->words_used + bytes, 1,
                                err);
    if (status == GV_OK)
        status = gv_mem_reserve(&spool->start, &spool->start_capacity, spool->rows + 1,
                                sizeof *spool->start, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&spool->values, &spool->values_capacity,
                                (spool->kept + 1) * spool->dim, sizeof(float), err);
    if (status == GV_OK)
        status = add_count(spool, row->count, err);
    if (status != GV_OK)
        return status;
    memcpy(spool->words + spool->words_used, row->word, bytes);
    memcpy(spool->values + spool->kept++ * spool->dim, row->values, row_bytes);
    spool->start[spool->rows++] = spool->words_used;
    spool->words_used += bytes;
    return GV_OK;
}

void gv_vectors_spool_empty(gv_vectors_spool *spool)
{
    spool->rows = spool->words_used = spool->kept = spool->filed = 0;
}

size_t gv_vectors_spool_bytes(const gv_vectors_spool *spool)
{
    return spool->rows * spool->dim * sizeof(float);
}

/* --- as a source ------------------------------------------------------------------------------ */

static const char *word_of(void *context, size_t row)
{
    const gv_vectors_spool *spool = context;
    return spool->words + spool->start[row];
}

static uint64_t count_of(void *context, size_t row)
{
    const gv_vectors_spool *spool = context;
    return spool->counts ? spool->counts[row] : 0;
}

/* The first failure is kept for check_of; the row is then zeros. */
static void fail(gv_vectors_spool *spool, int status, const gv_error *err)
{
    pthread_mutex_lock(&spool->lock);
    if (spool->failure == GV_OK) {
        spool->failure = status;
        spool->error = *err;
    }
    pthread_mutex_unlock(&spool->lock);
}

static void vector_of(void *context, size_t row, float *to)
{
    gv_vectors_spool *spool = context;
    gv_error err = GV_ERROR_INIT;
    const size_t row_bytes = spool->dim * sizeof(float);
    if (row >= spool->filed) {
        memcpy(to, spool->values + (row - spool->filed) * spool->dim, row_bytes);
        return;
    }
    int status = gv_file_pread(spool->fd, to, row_bytes, (uint64_t)row * row_bytes,
                               "a temporary file", &err);
    if (status == GV_OK)
        return;
    memset(to, 0, row_bytes);
    fail(spool, status, &err);
}

static int check_of(void *context, gv_error *err)
{
    gv_vectors_spool *spool = context;
    return spool->failure == GV_OK ? GV_OK
                                   : gv_error_set(err, spool->failure, "%s", spool->error.text);
}

gv_vectors_source gv_vectors_spool_source(gv_vectors_spool *spool)
{
    return (gv_vectors_source){.rows = spool->rows,
                               .dim = spool->dim,
                               .context = spool,
                               .word = word_of,
                               .count = count_of,
                               .vector = vector_of,
                               .check = check_of};
}

bool gv_vectors_spool_find(gv_vectors_spool *spool, const char *word, float *to)
{
    for (size_t row = 0; row < spool->rows; row++)
        if (strcmp(spool->words + spool->start[row], word) == 0) {
            vector_of(spool, row, to);
            return spool->failure == GV_OK;
        }
    return false;
}
