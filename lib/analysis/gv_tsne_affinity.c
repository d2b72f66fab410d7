/* The probabilities of neighbours (van der Maaten and Hinton 2008, equations 1 and section 3.1; of
 * the nearest rows only, van der Maaten 2014, section 4.1). */
#include "analysis/gv_neighbours.h"
#include "analysis/gv_tsne_internal.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "kernel/gv_glove.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES_PERPLEXITY = 3, HALVINGS = 64, BLOCK = 64 };

/* A neighbour j of row i, and p_{j|i}. */
typedef struct neighbour {
    uint32_t row;
    double p;
} neighbour;

typedef struct work {
    gv_products_rows rows;
    const gv_neighbours *near;
    double perplexity;
    neighbour *given; /* [n][k] by row */
    atomic_size_t next;
} work;

static double squared_distance(const float *a, const float *b, size_t dim)
{
    double sum = 0.0;
    for (size_t d = 0; d < dim; d++) {
        const double difference = (double)a[d] - (double)b[d];
        sum += difference * difference;
    }
    return sum;
}

/* Make p[i] = exp(-beta distance2[i]) / sum, returns the entropy in nats. The least distance is 0.
 */
static double probabilities(double *p, const double *distance2, size_t k, double beta)
{
    double sum = 0.0, mean = 0.0;
    for (size_t i = 0; i < k; i++) {
        p[i] = gv_glove_exp(-beta * distance2[i]);
        sum += p[i];
        mean += p[i] * distance2[i];
    }
    for (size_t i = 0; i < k; i++)
        p[i] /= sum;
    return gv_glove_log(sum) + beta * mean / sum;
}

/* The p of a row at the beta whose entropy is the logarithm of the perplexity: by doubling and
 * halving. Where that cannot be reached (equal distances), at the last beta tried. */
static void find_beta(double *p, const double *distance2, size_t k, double entropy)
{
    double low = 0.0, high = INFINITY, beta = 1.0;
    for (int i = 0; i < HALVINGS; i++) {
        const double now = probabilities(p, distance2, k, beta);
        if (now > entropy)
            low = beta;
        else
            high = beta;
        const double next = isfinite(high) ? (low + high) / 2.0 : 2.0 * beta;
        if (fabs(now - entropy) < 1e-7 || !(next != beta))
            return;
        beta = next;
    }
}

static int by_row(const void *a, const void *b)
{
    const uint32_t x = ((const neighbour *)a)->row, y = ((const neighbour *)b)->row;
    return (x > y) - (x < y);
}

/* Fill in the neighbours of row i. `distance2` and `p`: scratch [k]. */
static void find_row(const work *w, size_t i, double *distance2, double *p)
{
    const size_t k = w->near->k, dim = w->rows.dim;
    const uint32_t *id = w->near->id + i * k;
    neighbour *given = w->given + i * k;
    double least = INFINITY;
    for (size_t j = 0; j < k; j++) {
        distance2[j] = squared_distance(w->rows.row + i * dim, w->rows.row + id[j] * dim, dim);
        least = distance2[j] < least ? distance2[j] : least;
    }
    for (size_t j = 0; j < k; j++)
        distance2[j] -= least;
    find_beta(p, distance2, k, gv_glove_log(w->perplexity));
    for (size_t j = 0; j < k; j++)
        given[j] = (neighbour){.row = id[j], .p = p[j]};
    qsort(given, k, sizeof *given, by_row);
}

/* A gv_threads_fn. */
static int find_rows(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    work *w = context;
    double *scratch = gv_mem_alloc(2 * w->near->k, sizeof *scratch, err);
    if (!scratch)
        return GV_E_MEMORY;
    for (;;) {
        const size_t first = atomic_fetch_add(&w->next, 1) * BLOCK;
        if (first >= w->rows.n)
            break;
        for (size_t i = first; i < w->rows.n && i < first + BLOCK; i++)
            find_row(w, i, scratch, scratch + w->near->k);
    }
    gv_mem_free(scratch);
    return GV_OK;
}

/* --- symmetric -------------------------------------------------------------------------------- */

/* Row j among the neighbours of row i; NULL: it is none. */
static const neighbour *look_up(const work *w, size_t i, uint32_t j)
{
    const neighbour key = {.row = j};
    return bsearch(&key, w->given + i * w->near->k, w->near->k, sizeof key, by_row);
}

/* Entries of all rows, and where each begins: a row has its own neighbours, and the rows that have
 * it as a neighbour without being one of its own. */
static size_t count_entries(size_t *begin, const work *w)
{
    const size_t n = w->rows.n, k = w->near->k;
    for (size_t i = 0; i <= n; i++)
        begin[i] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++) {
            const uint32_t other = w->given[i * k + j].row;
            begin[i + 1]++;
            if (!look_up(w, other, (uint32_t)i))
                begin[other + 1]++;
        }
    for (size_t i = 0; i < n; i++)
        begin[i + 1] += begin[i];
    return begin[n];
}

/* p_ij = (p_{j|i} + p_{i|j}) / 2n. `end` ([n]) is scratch. */
static void fill_entries(gv_tsne_affinity *a, const work *w, size_t *end)
{
    const size_t n = w->rows.n, k = w->near->k;
    memcpy(end, a->begin, n * sizeof *end);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++) {
            const neighbour *given = &w->given[i * k + j];
            const neighbour *back = look_up(w, given->row, (uint32_t)i);
            const double p = (given->p + (back ? back->p : 0.0)) / (2.0 * (double)n);
            a->column[end[i]] = given->row;
            a->p[end[i]++] = p;
            if (!back) {
                a->column[end[given->row]] = (uint32_t)i;
                a->p[end[given->row]++] = p;
            }
        }
}

static int make_symmetric(gv_tsne_affinity *a, const work *w, gv_error *err)
{
    const size_t n = w->rows.n;
    size_t *end = gv_mem_alloc(n, sizeof *end, err);
    a->n = n;
    a->begin = gv_mem_alloc(n + 1, sizeof *a->begin, err);
    int status = end && a->begin ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        const size_t entries = count_entries(a->begin, w);
        a->column = gv_mem_alloc(entries, sizeof *a->column, err);
        a->p = gv_mem_alloc(entries, sizeof *a->p, err);
        status = a->column && a->p ? GV_OK : GV_E_MEMORY;
    }
    if (status == GV_OK)
        fill_entries(a, w, end);
    gv_mem_free(end);
    return status;
}

int gv_tsne_affinity_find(gv_tsne_affinity *affinity, const gv_tsne_job *job, gv_error *err)
{
    const size_t n = job->rows.n;
    const double most = n > 3 ? (double)(n - 1) / TIMES_PERPLEXITY : 1.0;
    work w = {.rows = job->rows};
    w.perplexity = job->perplexity < most ? job->perplexity : most;
    w.perplexity = w.perplexity > 1.0 ? w.perplexity : 1.0;
    size_t k = (size_t)(TIMES_PERPLEXITY * w.perplexity);
    k = n > 0 && k > n - 1 ? n - 1 : k;
    const gv_nearest nearest = {
        .unit = job->rows.row, .rows = n, .dim = job->rows.dim, .skip = GV_NEAREST_NO_ROW};
    const gv_neighbours_job look = {
        .rows = n, .among = n, .k = k, .threads = job->threads, .progress = job->progress};
    gv_neighbours *near = NULL;
    *affinity = (gv_tsne_affinity){0};
    gv_progress_begin(job->progress, "neighbours", n, "words");
    int status = gv_neighbours_find(&near, &nearest, &look, err);
    gv_progress_end(job->progress);
    w.near = near;
    w.given = status == GV_OK ? gv_mem_alloc(n * k, sizeof *w.given, err) : NULL;
    if (status == GV_OK)
        status = w.given ? gv_threads_run(job->threads, find_rows, &w, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = make_symmetric(affinity, &w, err);
    gv_neighbours_free(near);
    gv_mem_free(w.given);
    if (status != GV_OK)
        gv_tsne_affinity_free(affinity);
    return status;
}

void gv_tsne_affinity_free(gv_tsne_affinity *affinity)
{
    gv_mem_free(affinity->begin);
    gv_mem_free(affinity->column);
    gv_mem_free(affinity->p);
    *affinity = (gv_tsne_affinity){0};
}
