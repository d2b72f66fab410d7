#include "analysis/gv_drift.h"

#include "analysis/gv_neighbours.h"
#include "base/gv_mem.h"
#include <string.h>

/* Rows of the words at length 1, in the words' order. */
static void take_rows(float *to, const gv_vectors *from, const uint32_t *rows, size_t n)
{
    const size_t dim = from->dim;
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * dim, from->data + rows[i] * dim, dim * sizeof *to);
}

static int find_neighbours(gv_neighbours **found, float *unit, const gv_drift_words *words,
                           size_t k, gv_error *err)
{
    gv_nearest nearest;
    const gv_neighbours_job job = {.rows = words->n,
                                   .among = words->n,
                                   .k = k,
                                   .threads = words->threads,
                                   .progress = words->progress};
    int status = gv_nearest_init(&nearest, unit, words->n, words->a->dim, GV_NEAREST_NO_ROW, err);
    return status == GV_OK ? gv_neighbours_find(found, &nearest, &job, err) : status;
}

/* The share of equal neighbours of each word, and the first of them. */
static int compare_lists(gv_drift *drift, const gv_neighbours *a, const gv_neighbours *b,
                         gv_error *err)
{
    uint32_t *seen = gv_mem_alloc_zero(drift->n, sizeof *seen, err); /* by which word, from 1 */
    if (!seen)
        return GV_E_MEMORY;
    for (size_t i = 0; i < drift->n; i++) {
        const uint32_t *in_a = a->id + i * drift->k, *in_b = b->id + i * drift->k;
        size_t same = 0;
        for (size_t j = 0; j < drift->k; j++)
            seen[in_a[j]] = (uint32_t)i + 1;
        for (size_t j = 0; j < drift->k; j++)
            same += seen[in_b[j]] == (uint32_t)i + 1;
        drift->overlap[i] = (double)same / (double)drift->k;
        memcpy(drift->near_a + i * drift->shown, in_a, drift->shown * sizeof *in_a);
        memcpy(drift->near_b + i * drift->shown, in_b, drift->shown * sizeof *in_b);
    }
    gv_mem_free(seen);
    return GV_OK;
}

/* `a` and `b`: rows of length 1; `b` is rotated. */
static int measure_distances(gv_drift *drift, const float *a, float *b, const gv_drift_words *words,
                             gv_error *err)
{
    const size_t n = words->n, dim = words->a->dim;
    const gv_procrustes_anchors anchors = {.base = words->a->data,
                                           .other = words->b->data,
                                           .base_row = words->row_a,
                                           .other_row = words->row_b,
                                           .n = n,
                                           .dim = dim};
    double *rotation = gv_mem_alloc(dim * dim, sizeof *rotation, err);
    int status = rotation ? gv_procrustes(rotation, &drift->fit, &anchors, GV_PROCRUSTES_UNIT,
                                          words->threads, err)
                          : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_procrustes_apply(b, n, rotation, dim, words->threads, err);
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        double cosine = 0.0;
        for (size_t k = 0; k < dim; k++)
            cosine += (double)a[i * dim + k] * (double)b[i * dim + k];
        drift->distance[i] = cosine < 1.0 ? 1.0 - cosine : 0.0;
    }
    gv_mem_free(rotation);
    return status;
}

static int allocate(gv_drift *drift, const gv_drift_words *words, gv_error *err)
{
    drift->n = words->n;
    drift->k = words->k < words->n - 1 ? words->k : words->n - 1;
    drift->shown = drift->k < GV_DRIFT_SHOWN ? drift->k : GV_DRIFT_SHOWN;
    drift->overlap = gv_mem_alloc(drift->n, sizeof *drift->overlap, err);
    drift->distance = gv_mem_alloc(drift->n, sizeof *drift->distance, err);
    drift->near_a = gv_mem_alloc(drift->n, drift->shown * sizeof *drift->near_a, err);
    drift->near_b = gv_mem_alloc(drift->n, drift->shown * sizeof *drift->near_b, err);
    return drift->overlap && drift->distance && drift->near_a && drift->near_b ? GV_OK
                                                                               : GV_E_MEMORY;
}

int gv_drift_measure(gv_drift *drift, const gv_drift_words *words, gv_error *err)
{
    const size_t dim = words->a->dim, n = words->n;
    gv_neighbours *in_a = NULL, *in_b = NULL;
    *drift = (gv_drift){0};
    float *a = gv_mem_alloc(n * dim, sizeof *a, err), *b = gv_mem_alloc(n * dim, sizeof *b, err);
    int status = a && b ? allocate(drift, words, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        take_rows(a, words->a, words->row_a, n);
        take_rows(b, words->b, words->row_b, n);
        status = find_neighbours(&in_a, a, words, drift->k, err);
    }
    if (status == GV_OK)
        status = find_neighbours(&in_b, b, words, drift->k, err);
    if (status == GV_OK)
        status = compare_lists(drift, in_a, in_b, err);
    gv_neighbours_free(in_a);
    gv_neighbours_free(in_b);
    if (status == GV_OK)
        status = measure_distances(drift, a, b, words, err);
    gv_mem_free(a);
    gv_mem_free(b);
    return status;
}

void gv_drift_clear(gv_drift *drift)
{
    gv_mem_free(drift->overlap);
    gv_mem_free(drift->distance);
    gv_mem_free(drift->near_a);
    gv_mem_free(drift->near_b);
    *drift = (gv_drift){0};
}
