#include "analysis/gv_pca.h"

#include "analysis/gv_eigen.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum {
    BAND = 16, /* rows of the covariance that a thread computes at a time */
    BLOCK = 64 /* rows that are in the cache at a time */
};

typedef struct covariance {
    gv_products_rows rows;
    const double *mean; /* [dim] */
    double *sum;        /* [dim][dim] */
    atomic_size_t next; /* band */
    gv_progress *progress;
} covariance;

static void find_mean(double *mean, gv_products_rows rows)
{
    memset(mean, 0, rows.dim * sizeof *mean);
    for (size_t i = 0; i < rows.n; i++)
        for (size_t d = 0; d < rows.dim; d++)
            mean[d] += (double)rows.row[i * rows.dim + d];
    for (size_t d = 0; d < rows.dim && rows.n > 0; d++)
        mean[d] /= (double)rows.n;
}

/* Add the products of one centred row to the rows first .. last - 1 of the covariance, from the
 * diagonal on. */
static void add_products(double *sum, const double *centred, size_t dim, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        const double value = centred[i];
        double *to = sum + i * dim;
        for (size_t j = first; j < dim; j++)
            to[j] += value * centred[j];
    }
}

static int sum_band(covariance *c, double *centred, size_t first, gv_error *err)
{
    const size_t dim = c->rows.dim, last = first + BAND < dim ? first + BAND : dim;
    for (size_t from = 0; from < c->rows.n; from += BLOCK) {
        const size_t left = c->rows.n - from, n = left < BLOCK ? left : BLOCK;
        const float *row = c->rows.row + from * dim;
        for (size_t i = 0; i < n; i++)
            for (size_t d = first; d < dim; d++)
                centred[i * dim + d] = (double)row[i * dim + d] - c->mean[d];
        for (size_t i = 0; i < n; i++)
            add_products(c->sum, centred + i * dim, dim, first, last);
        if (gv_signal_pending())
            return gv_signal_check(err);
    }
    gv_progress_add(c->progress, last - first);
    return GV_OK;
}

/* A gv_threads_fn. */
static int sum_bands(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    covariance *c = context;
    double *centred = gv_mem_alloc(BLOCK * c->rows.dim, sizeof *centred, err);
    int status = centred ? GV_OK : GV_E_MEMORY;
    while (status == GV_OK) {
        const size_t first = atomic_fetch_add(&c->next, 1) * BAND;
        if (first >= c->rows.dim)
            break;
        status = sum_band(c, centred, first, err);
    }
    gv_mem_free(centred);
    return status;
}

/* The covariance from the sums, whose lower half is still missing. */
static void finish(double *sum, size_t dim, size_t rows)
{
    const double by = rows > 1 ? (double)(rows - 1) : 1.0;
    for (size_t i = 0; i < dim; i++)
        for (size_t j = i; j < dim; j++)
            sum[j * dim + i] = sum[i * dim + j] /= by;
}

static int find_covariance(double *sum, const double *mean, const gv_pca_job *job, gv_error *err)
{
    covariance c = {.rows = job->rows, .mean = mean, .sum = sum, .progress = job->progress};
    const size_t bands = (job->rows.dim + BAND - 1) / BAND;
    gv_progress_begin(job->progress, "principal components", job->rows.dim, "dimensions");
    int status = gv_threads_run(job->threads < bands ? job->threads : (unsigned)(bands + !bands),
                                sum_bands, &c, err);
    gv_progress_end(job->progress);
    finish(sum, job->rows.dim, job->rows.n);
    return status;
}

int gv_pca_find(gv_pca *pca, const gv_pca_job *job, gv_error *err)
{
    const size_t dim = job->rows.dim, found = job->components < dim ? job->components : dim;
    *pca = (gv_pca){.dim = dim, .components = job->components};
    pca->mean = gv_mem_alloc(dim, sizeof *pca->mean, err);
    pca->direction = gv_mem_alloc_zero(job->components * dim, sizeof *pca->direction, err);
    pca->variance = gv_mem_alloc_zero(job->components, sizeof *pca->variance, err);
    double *matrix = gv_mem_alloc_zero(dim * dim, sizeof *matrix, err);
    double *value = gv_mem_alloc(dim, sizeof *value, err);
    int status = GV_E_MEMORY;
    if (!pca->mean || !pca->direction || !pca->variance || !matrix || !value)
        goto cleanup;
    find_mean(pca->mean, job->rows);
    status = find_covariance(matrix, pca->mean, job, err);
    for (size_t d = 0; d < dim && status == GV_OK; d++)
        pca->total += matrix[d * dim + d];
    if (status == GV_OK)
        status = gv_eigen_symmetric(value, matrix, dim, err);
    if (status != GV_OK)
        goto cleanup;
    memcpy(pca->direction, matrix, found * dim * sizeof *matrix);
    for (size_t i = 0; i < found; i++)
        pca->variance[i] = fmax(value[i], 0.0); /* what rounding leaves of zero */
cleanup:
    gv_mem_free(matrix);
    gv_mem_free(value);
    if (status != GV_OK)
        gv_pca_free(pca);
    return status;
}

void gv_pca_free(gv_pca *pca)
{
    gv_mem_free(pca->mean);
    gv_mem_free(pca->direction);
    gv_mem_free(pca->variance);
    *pca = (gv_pca){0};
}

void gv_pca_project(double *place, const gv_pca *pca, const float *row)
{
    for (size_t c = 0; c < pca->components; c++) {
        double sum = 0.0;
        for (size_t d = 0; d < pca->dim; d++)
            sum += ((double)row[d] - pca->mean[d]) * pca->direction[c * pca->dim + d];
        place[c] = sum;
    }
}
