#include "analysis/gv_kmeans.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum {
    RUNS = 10,
    FEW = 1000,   /* rows: small sets have many clusterings that are about as good */
    PASSES = 100, /* at most; twenty are usual */
    BLOCK = 256   /* rows whose products are computed at a time */
};

/* One run. */
typedef struct run {
    gv_products_rows rows;
    size_t k;
    uint32_t *cluster; /* [n] */
    float *cosine;     /* [n] with the mean direction of the own cluster */
    float *center;     /* [k][dim] of length 1 */
    double *sum;       /* [k][dim] */
    double *length;    /* [k] of the sums */
    uint32_t *members; /* [k] */
    float *product;    /* [BLOCK][padded k], or [n] */
    float *packed;     /* [padded k][dim] */
} run;

/* --- the beginning ---------------------------------------------------------------------------- */

static void take_center(run *r, size_t c, size_t row)
{
    memcpy(r->center + c * r->rows.dim, r->rows.row + row * r->rows.dim,
           r->rows.dim * sizeof(float));
}

/* The squared distance to the nearest center so far. */
static double distance(const run *r, size_t i)
{
    return r->cosine[i] < 1.0f ? 2.0 - 2.0 * (double)r->cosine[i] : 0.0;
}

/* A row, drawn by its squared distance to the nearest center so far. */
static size_t draw_row(const run *r, gv_rng *rng)
{
    double total = 0.0, at;
    for (size_t i = 0; i < r->rows.n; i++)
        total += distance(r, i);
    if (!(total > 0.0)) /* all rows are centers already */
        return gv_rng_below(rng, r->rows.n);
    at = gv_rng_uniform(rng) * total;
    for (size_t i = 0; i < r->rows.n; i++) {
        at -= distance(r, i);
        if (at < 0.0)
            return i;
    }
    return r->rows.n - 1;
}

/* Of a few rows drawn, the one as a center that leaves the smallest distances: the greedy form of
 * k-means++. */
static size_t choose_row(run *r, gv_rng *rng, size_t draws)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t t = 0; t < draws; t++) {
        const size_t row = draw_row(r, rng);
        double left = 0.0;
        gv_products_with(r->product, r->rows, r->rows.row + row * r->rows.dim);
        for (size_t i = 0; i < r->rows.n; i++) {
            const float cosine = r->product[i] > r->cosine[i] ? r->product[i] : r->cosine[i];
            left += 1.0 - (double)cosine;
        }
        if (left < least) {
            least = left;
            best = row;
        }
    }
    return best;
}

/* Draw the first centers. */
static void draw_centers(run *r, gv_rng *rng)
{
    const size_t draws = 2 + (size_t)log((double)r->k);
    for (size_t i = 0; i < r->rows.n; i++)
        r->cosine[i] = -1.0f;
    take_center(r, 0, gv_rng_below(rng, r->rows.n));
    for (size_t c = 1; c < r->k; c++) {
        gv_products_with(r->product, r->rows, r->center + (c - 1) * r->rows.dim);
        for (size_t i = 0; i < r->rows.n; i++)
            if (r->product[i] > r->cosine[i])
                r->cosine[i] = r->product[i];
        take_center(r, c, choose_row(r, rng, draws));
    }
}

/* --- passes ----------------------------------------------------------------------------------- */

/* Put each row into the cluster with the nearest center, of equal ones the first; returns how many
 * rows have moved. */
static size_t assign(run *r)
{
    const size_t stride = gv_products_padded(r->k), dim = r->rows.dim;
    const gv_products_rows centers = {r->center, r->k, dim};
    size_t moved = 0;
    for (size_t first = 0; first < r->rows.n; first += BLOCK) {
        const size_t left = r->rows.n - first, n = left < BLOCK ? left : BLOCK;
        gv_products_each(r->product, stride, (gv_products_rows){r->rows.row + first * dim, n, dim},
                         centers, r->packed);
        for (size_t i = 0; i < n; i++) {
            const float *product = r->product + i * stride;
            uint32_t best = 0;
            for (size_t c = 1; c < r->k; c++)
                if (product[c] > product[best])
                    best = (uint32_t)c;
            moved += r->cluster[first + i] != best;
            r->cluster[first + i] = best;
            r->cosine[first + i] = product[best];
        }
    }
    return moved;
}

/* Give each empty cluster the row that is farthest from its center, out of a cluster of several. */
static void fill_empty(run *r)
{
    memset(r->members, 0, r->k * sizeof *r->members);
    for (size_t i = 0; i < r->rows.n; i++)
        r->members[r->cluster[i]]++;
    for (size_t c = 0; c < r->k; c++) {
        size_t far = SIZE_MAX;
        if (r->members[c] > 0)
            continue;
        for (size_t i = 0; i < r->rows.n; i++)
            if (r->members[r->cluster[i]] > 1 && (far == SIZE_MAX || r->cosine[i] < r->cosine[far]))
                far = i;
        if (far == SIZE_MAX)
            return;
        r->members[r->cluster[far]]--;
        r->members[c] = 1;
        r->cluster[far] = (uint32_t)c;
        r->cosine[far] = 1.0f;
    }
}

/* The mean direction of a cluster, from its sum; one whose rows cancel out keeps its center. */
static void move_center(run *r, size_t c)
{
    const size_t dim = r->rows.dim;
    const double *sum = r->sum + c * dim;
    double square = 0.0;
    for (size_t d = 0; d < dim; d++)
        square += sum[d] * sum[d];
    r->length[c] = sqrt(square);
    for (size_t d = 0; d < dim && r->length[c] > 0.0; d++)
        r->center[c * dim + d] = (float)(sum[d] / r->length[c]);
}

static void add_row(run *r, size_t c, size_t row, double sign)
{
    for (size_t d = 0; d < r->rows.dim; d++)
        r->sum[c * r->rows.dim + d] += sign * (double)r->rows.row[row * r->rows.dim + d];
}

static void move_centers(run *r)
{
    memset(r->sum, 0, r->k * r->rows.dim * sizeof *r->sum);
    for (size_t i = 0; i < r->rows.n; i++)
        add_row(r, r->cluster[i], i, 1.0);
    for (size_t c = 0; c < r->k; c++)
        move_center(r, c);
}

/* --- single rows ------------------------------------------------------------------------------ */

/* The length of a sum of this length when a row is added (sign 1) or taken away (-1). */
static double length_with(double length, float cosine, double sign)
{
    const double square = length * length + 2.0 * sign * length * (double)cosine + 1.0;
    return square > 0.0 ? sqrt(square) : 0.0;
}

/* The cluster that gains the most by the row, or its own. */
static uint32_t best_cluster(const run *r, size_t row)
{
    const double least = 1e-6; /* what rounding may feign */
    const float *product = r->product;
    const uint32_t own = r->cluster[row];
    const double loss = r->length[own] - length_with(r->length[own], product[own], -1.0);
    double best_gain = loss + least;
    uint32_t best = own;
    for (uint32_t c = 0; c < r->k; c++) {
        const double gain = length_with(r->length[c], product[c], 1.0) - r->length[c];
        if (c != own && gain > best_gain) {
            best = c;
            best_gain = gain;
        }
    }
    return best;
}

/* Move single rows as long as the criterion, the sum of the lengths of all sums, grows by it: this
 * leaves the states in which whole passes are stuck. */
static size_t move_rows(run *r)
{
    const gv_products_rows centers = {r->center, r->k, r->rows.dim};
    size_t moved = 0;
    for (size_t i = 0; i < r->rows.n; i++) {
        const uint32_t own = r->cluster[i];
        if (r->members[own] < 2)
            continue;
        gv_products_with(r->product, centers, r->rows.row + i * r->rows.dim);
        const uint32_t best = best_cluster(r, i);
        if (best == own)
            continue;
        r->members[own]--;
        r->members[best]++;
        r->cluster[i] = best;
        add_row(r, own, i, -1.0);
        add_row(r, best, i, 1.0);
        move_center(r, own);
        move_center(r, best);
        moved++;
    }
    return moved;
}

static int cluster_once(double *criterion, run *r, size_t number, gv_error *err)
{
    gv_rng rng;
    int status = GV_OK;
    gv_rng_seed(&rng, 1, GV_RNG_CLUSTERS, number);
    draw_centers(r, &rng);
    for (size_t i = 0; i < r->rows.n; i++)
        r->cluster[i] = UINT32_MAX;
    for (unsigned pass = 0; pass < PASSES && status == GV_OK && assign(r) > 0; pass++) {
        fill_empty(r);
        move_centers(r);
        status = gv_signal_check(err);
    }
    for (unsigned pass = 0; pass < PASSES && status == GV_OK && move_rows(r) > 0; pass++)
        status = gv_signal_check(err);
    *criterion = 0.0;
    for (size_t c = 0; c < r->k; c++)
        *criterion += r->length[c];
    return status;
}

/* --- all runs --------------------------------------------------------------------------------- */

typedef struct work {
    const gv_kmeans_job *job;
    size_t runs;
    atomic_size_t next;
    double criterion[GV_KMEANS_RUNS];
    uint32_t *cluster; /* [runs][n] */
} work;

static int cluster_runs(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    work *w = context;
    const gv_products_rows rows = w->job->rows;
    const size_t k = w->job->k, padded = gv_products_padded(k);
    const size_t products = padded * BLOCK > rows.n ? padded * BLOCK : rows.n; /* and >= k */
    run r = {.rows = rows, .k = k};
    int status = GV_E_MEMORY;
    r.cosine = gv_mem_alloc(rows.n, sizeof *r.cosine, err);
    r.center = gv_mem_alloc_zero(k * rows.dim, sizeof *r.center, err);
    r.sum = gv_mem_alloc(k * rows.dim, sizeof *r.sum, err);
    r.length = gv_mem_alloc_zero(k, sizeof *r.length, err);
    r.members = gv_mem_alloc(k, sizeof *r.members, err);
    r.product = gv_mem_alloc(products, sizeof *r.product, err);
    r.packed = gv_mem_alloc(padded * rows.dim, sizeof *r.packed, err);
    if (!r.cosine || !r.center || !r.sum || !r.length || !r.members || !r.product || !r.packed)
        goto cleanup;
    status = GV_OK;
    while (status == GV_OK) {
        const size_t number = atomic_fetch_add(&w->next, 1);
        if (number >= w->runs)
            break;
        r.cluster = w->cluster + number * rows.n;
        status = cluster_once(&w->criterion[number], &r, number, err);
        gv_progress_add(w->job->progress, 1);
    }
cleanup:
    gv_mem_free(r.cosine);
    gv_mem_free(r.center);
    gv_mem_free(r.sum);
    gv_mem_free(r.length);
    gv_mem_free(r.members);
    gv_mem_free(r.product);
    gv_mem_free(r.packed);
    return status;
}

int gv_kmeans_find(uint32_t *cluster, const gv_kmeans_job *job, gv_error *err)
{
    const size_t n = job->rows.n;
    work w = {.job = job, .runs = n <= FEW ? GV_KMEANS_RUNS : RUNS};
    if (job->runs > 0)
        w.runs = job->runs < GV_KMEANS_RUNS ? job->runs : GV_KMEANS_RUNS;
    w.cluster = gv_mem_alloc(n * w.runs, sizeof *w.cluster, err);
    if (!w.cluster)
        return GV_E_MEMORY;
    const unsigned threads = job->threads < w.runs ? job->threads : (unsigned)w.runs;
    gv_progress_begin(job->progress, "clustering", w.runs, "runs");
    int status = gv_threads_run(threads, cluster_runs, &w, err);
    gv_progress_end(job->progress);
    size_t best = 0;
    for (size_t i = 1; i < w.runs; i++)
        if (w.criterion[i] > w.criterion[best])
            best = i;
    if (status == GV_OK)
        memcpy(cluster, w.cluster + best * n, n * sizeof *cluster);
    gv_mem_free(w.cluster);
    return status;
}
