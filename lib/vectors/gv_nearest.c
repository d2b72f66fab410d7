/*
 * gv_nearest - one query at a time: normalisation, top-k by cosine, top-k analogies.
 *
 * Scores are computed a block of rows at a time by a matrix-vector product; the best k so far are
 * in a min-heap ordered by (score, then higher row first), so that of equal scores the lower row
 * stays. Cost: one pass over the matrix, memory independent of its size.
 */
#include "vectors/gv_nearest.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "vectors/gv_products.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a block: the cosines to three directions and the scores take 64 KiB, which stay in L2. */
enum { BLOCK = 4096 };

/* 1 / length of a row; 0 if it has no direction, because it is zero or not finite. In double: the
 * squares of float32 neither overflow nor vanish there. */
static double scale_of(const float *row, size_t dim)
{
    double square = 0.0;
    for (size_t k = 0; k < dim; k++)
        square += (double)row[k] * (double)row[k];
    return isfinite(square) && square > 0.0 ? 1.0 / sqrt(square) : 0.0;
}

/* As scale_of, but in several sums, which do not wait for each other: a search over a million words
 * waits for this at the first time. */
static double fast_scale_of(const float *row, size_t dim)
{
    enum { SUMS = 8 };
    double sum[SUMS] = {0}, square = 0.0;
    const size_t whole = dim - dim % SUMS;
    for (size_t k = 0; k < whole; k += SUMS)
        for (size_t s = 0; s < SUMS; s++)
            sum[s] += (double)row[k + s] * (double)row[k + s];
    for (size_t k = whole; k < dim; k++)
        square += (double)row[k] * (double)row[k];
    for (size_t s = 0; s < SUMS; s++)
        square += sum[s];
    return isfinite(square) && square > 0.0 ? 1.0 / sqrt(square) : 0.0;
}

void gv_nearest_scales(float *scale, const float *data, size_t rows, size_t dim)
{
    for (size_t i = 0; i < rows; i++) {
        float by = (float)fast_scale_of(data + i * dim, dim);
        scale[i] = isfinite(by) ? by : 0.0f;
    }
}

int gv_nearest_init(gv_nearest *nearest, float *data, size_t rows, size_t dim, size_t skip,
                    gv_error *err)
{
    if (rows >= UINT32_MAX || dim > INT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "%zu vectors of %zu numbers are too many", rows,
                            dim);
    for (size_t i = 0; i < rows; i++) {
        float *row = data + i * dim;
        /* without a direction, as zeros, it has cosine 0 to everything */
        double scale = scale_of(row, dim);
        for (size_t k = 0; k < dim; k++)
            row[k] = scale > 0.0 ? (float)(row[k] * scale) : 0.0f;
    }
    *nearest = (gv_nearest){.unit = data, .rows = rows, .dim = dim, .skip = skip};
    return GV_OK;
}

/* --- the best k ------------------------------------------------------------------------------- */

/* While the rows are searched, `found` is a heap whose first element is the worst. */

static int worse(gv_nearest_neighbour x, gv_nearest_neighbour y)
{
    return x.score < y.score || (x.score == y.score && x.row > y.row);
}

static void sift_down(gv_nearest_list *best)
{
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= best->n)
            return;
        if (child + 1 < best->n && worse(best->found[child + 1], best->found[child]))
            child++;
        if (!worse(best->found[child], best->found[at]))
            return;
        gv_nearest_neighbour swap = best->found[at];
        best->found[at] = best->found[child];
        best->found[child] = swap;
        at = child;
    }
}

static void offer(gv_nearest_list *best, gv_nearest_neighbour candidate)
{
    if (best->n == best->top) {
        if (best->n == 0 || !worse(best->found[0], candidate))
            return;
        best->found[0] = candidate;
        sift_down(best);
        return;
    }
    size_t at = best->n++;
    for (; at > 0 && worse(candidate, best->found[(at - 1) / 2]); at = (at - 1) / 2)
        best->found[at] = best->found[(at - 1) / 2];
    best->found[at] = candidate;
}

static int best_first(const void *x, const void *y)
{
    const gv_nearest_neighbour *a = x, *b = y;
    return worse(*a, *b) - worse(*b, *a);
}

static int is_excluded(const gv_nearest *nearest, uint32_t row, const uint32_t *excluded, size_t n)
{
    if (row == nearest->skip)
        return 1;
    for (size_t i = 0; i < n; i++)
        if (excluded[i] == row)
            return 1;
    return 0;
}

/* --- one pass over the matrix -------------------------------------------------------------------
 */

/* How a block's cosines to `n` directions become one score per row. */
typedef void combine_fn(float *score, const float *cosine, size_t count);

/* Rows have length 1 but for rounding, so a product may lie a little outside of -1 to 1. */
static void keep_cosine(float *score, const float *cosine, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const float below = cosine[i] < 1.0f ? cosine[i] : 1.0f;
        score[i] = below > -1.0f ? below : -1.0f;
    }
}

static void cos_add(float *score, const float *cosine, size_t count)
{
    const float *a = cosine, *b = a + BLOCK, *c = b + BLOCK;
    for (size_t i = 0; i < count; i++)
        score[i] = b[i] - a[i] + c[i];
}

/* 3CosMul of Levy and Goldberg 2014: cosines are moved to 0 .. 1 first, so that a product makes
 * sense; epsilon keeps the quotient finite. */
static void cos_mul(float *score, const float *cosine, size_t count)
{
    const float *a = cosine, *b = a + BLOCK, *c = b + BLOCK;
    for (size_t i = 0; i < count; i++)
        score[i] =
            (0.5f + 0.5f * b[i]) * (0.5f + 0.5f * c[i]) / (0.5f + 0.5f * a[i] + GV_NEAREST_EPSILON);
}

typedef struct query {
    const gv_nearest *nearest;
    const float *direction[3]; /* of length 1 */
    size_t directions;
    combine_fn *combine;
    const uint32_t *excluded;
    size_t excluded_n;
} query;

/* `cosine`[i] is the product with a row that is not scaled. */
static void rescale(float *cosine, const float *scale, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cosine[i] = scale[i] > 0.0f ? cosine[i] * scale[i] : 0.0f;
}

/* The best of the rows `begin` to `end`, as a heap. */
static int search_rows(gv_nearest_list *best, const query *q, size_t begin, size_t end,
                       gv_error *err)
{
    const gv_nearest *nearest = q->nearest;
    float *cosine = gv_mem_alloc((q->directions + 1) * BLOCK, sizeof *cosine, err);
    if (!cosine)
        return GV_E_MEMORY;
    float *score = cosine + q->directions * BLOCK;
    for (size_t first = begin; first < end; first += BLOCK) {
        size_t count = end - first < BLOCK ? end - first : BLOCK;
        for (size_t d = 0; d < q->directions; d++) {
            gv_products_with(cosine + d * BLOCK,
                             (gv_products_rows){.row = nearest->unit + first * nearest->dim,
                                                .n = count,
                                                .dim = nearest->dim},
                             q->direction[d]);
            if (nearest->scale)
                rescale(cosine + d * BLOCK, nearest->scale + first, count);
        }
        q->combine(score, cosine, count);
        for (size_t i = 0; i < count; i++) {
            gv_nearest_neighbour candidate = {(uint32_t)(first + i), score[i]};
            /* almost every row ends here, before the search among the excluded ones */
            int hopeless = best->n == best->top && !worse(best->found[0], candidate);
            if (!hopeless && !is_excluded(nearest, candidate.row, q->excluded, q->excluded_n))
                offer(best, candidate);
        }
    }
    gv_mem_free(cosine);
    return GV_OK;
}

/* A search that several threads share: each has its rows, and a list of its own. */
typedef struct shared_search {
    const query *q;
    gv_nearest_list *list; /* [threads] */
    unsigned threads;
} shared_search;

static int search_part(void *context, unsigned thread, gv_error *err)
{
    const shared_search *shared = context;
    const size_t blocks = (shared->q->nearest->rows + BLOCK - 1) / BLOCK;
    const size_t begin = blocks * thread / shared->threads * BLOCK;
    const size_t end = blocks * (thread + 1) / shared->threads * BLOCK;
    const size_t rows = shared->q->nearest->rows;
    return search_rows(&shared->list[thread], shared->q, begin, end < rows ? end : rows, err);
}

/* Each thread's best are few, so one thread merges them. */
static int search_shared(gv_nearest_list *best, const query *q, unsigned threads, gv_error *err)
{
    shared_search shared = {.q = q, .threads = threads};
    const size_t top = best->top;
    shared.list = gv_mem_alloc_zero(threads, sizeof *shared.list, err);
    gv_nearest_neighbour *found = gv_mem_alloc(threads * top, sizeof *found, err);
    int status = shared.list && found ? GV_OK : GV_E_MEMORY;
    for (unsigned t = 0; status == GV_OK && t < threads; t++)
        shared.list[t] = (gv_nearest_list){.found = found + t * top, .top = top};
    if (status == GV_OK)
        status = gv_threads_run(threads, search_part, &shared, err);
    for (unsigned t = 0; status == GV_OK && t < threads; t++)
        for (size_t i = 0; i < shared.list[t].n; i++)
            offer(best, shared.list[t].found[i]);
    gv_mem_free(found);
    gv_mem_free(shared.list);
    return status;
}

static int search(gv_nearest_list *best, const query *q, gv_error *err)
{
    const size_t rows = q->nearest->rows, blocks = (rows + BLOCK - 1) / BLOCK;
    unsigned threads = q->nearest->threads;
    if (threads > blocks)
        threads = (unsigned)blocks;
    int status =
        threads > 1 ? search_shared(best, q, threads, err) : search_rows(best, q, 0, rows, err);
    if (status == GV_OK)
        qsort(best->found, best->n, sizeof *best->found, best_first);
    return status;
}

int gv_nearest_to(gv_nearest_list *list, const gv_nearest *nearest, const float *direction,
                  const uint32_t *excluded, size_t excluded_n, gv_error *err)
{
    list->n = 0;
    if (list->top == 0)
        return GV_OK;
    float *unit = gv_mem_alloc(nearest->dim, sizeof *unit, err);
    if (!unit)
        return GV_E_MEMORY;
    memcpy(unit, direction, nearest->dim * sizeof *unit);
    /* a matrix of one row: its normalisation is the one that the rows had */
    gv_nearest one;
    int status = gv_nearest_init(&one, unit, 1, nearest->dim, GV_NEAREST_NO_ROW, err);
    if (status == GV_OK)
        status = search(list,
                        &(query){.nearest = nearest,
                                 .direction = {unit},
                                 .directions = 1,
                                 .combine = keep_cosine,
                                 .excluded = excluded,
                                 .excluded_n = excluded_n},
                        err);
    gv_mem_free(unit);
    return status;
}

int gv_nearest_analogy_of(gv_nearest_list *list, const gv_nearest *nearest,
                          const float *const unit[3], gv_nearest_excluded excluded,
                          enum gv_nearest_method method, gv_error *err)
{
    list->n = 0;
    if (list->top == 0)
        return GV_OK;
    return search(list,
                  &(query){.nearest = nearest,
                           .direction = {unit[0], unit[1], unit[2]},
                           .directions = 3,
                           .combine = method == GV_NEAREST_MUL ? cos_mul : cos_add,
                           .excluded = excluded.rows,
                           .excluded_n = excluded.n},
                  err);
}

int gv_nearest_analogy(gv_nearest_list *list, const gv_nearest *nearest,
                       const gv_nearest_question *question, enum gv_nearest_method method,
                       gv_error *err)
{
    const uint32_t rows[3] = {question->a, question->b, question->c};
    const float *unit[3];
    for (int i = 0; i < 3; i++)
        unit[i] = nearest->unit + rows[i] * nearest->dim;
    return gv_nearest_analogy_of(list, nearest, unit, (gv_nearest_excluded){rows, 3}, method, err);
}
