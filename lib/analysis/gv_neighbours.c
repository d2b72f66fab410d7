/*
 * gv_neighbours - a blocked matrix product, of which each row keeps its k largest entries.
 *
 * Threads claim blocks of words. The cosines of such a block to a block of the vocabulary are one
 * small matrix product, which stays in the cache while the lists of its words are brought up to
 * date. The last of a list is a threshold: a chunk of cosines is looked at one by one only when one
 * of them exceeds it, which happens some k ln(V/k) times per word.
 *
 * Invariant: each word's list is made by one thread, which sees the vocabulary in rising order. So
 * a cosine that equals the threshold belongs to a higher row than those in the list, and stays out.
 */
#include "analysis/gv_neighbours.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "vectors/gv_products.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum {
    LEFT = 256,  /* words of a block, at most */
    RIGHT = 512, /* words of the vocabulary in a block; with LEFT 0.5 MiB of cosines */
    CHUNK = 32,  /* cosines between two looks at the result of the comparisons */
    LANES = 4
};

/* A row of cosines begins at a multiple of 16 bytes: scratch is page-aligned, and RIGHT and CHUNK
 * are multiples of LANES. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), may_alias));
typedef int32_t mask __attribute__((vector_size(LANES * sizeof(int32_t)), may_alias));

typedef struct search {
    gv_neighbours *found;
    const gv_nearest *nearest;
    size_t among;
    size_t block; /* words of a block */
    size_t *n;    /* [rows] neighbours found so far */
    gv_progress *progress;
    atomic_size_t next_block;
} search;

/* How many of `n` cosines, which descend, are at least this one. */
static size_t count_as_near(const float *cosines, size_t n, float cosine)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cosines[middle] >= cosine)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Put a neighbour into the list of word `row`, if it is near enough. */
static void offer(search *all, size_t row, uint32_t id, float cosine)
{
    const size_t k = all->found->k;
    uint32_t *ids = all->found->id + row * k;
    float *cosines = all->found->cosine + row * k;
    /* rows have length 1 but for rounding */
    cosine = cosine > 1.0f ? 1.0f : cosine < -1.0f ? -1.0f : cosine;
    if (id == row || id == all->nearest->skip || (all->n[row] == k && !(cosine > cosines[k - 1])))
        return;
    const size_t last = all->n[row] < k ? all->n[row]++ : k - 1;
    const size_t at = count_as_near(cosines, last, cosine);
    memmove(ids + at + 1, ids + at, (last - at) * sizeof *ids);
    memmove(cosines + at + 1, cosines + at, (last - at) * sizeof *cosines);
    ids[at] = id;
    cosines[at] = cosine;
}

static bool any_above(const float *cosine, float threshold)
{
    const lanes *piece = (const lanes *)cosine;
    const lanes least = {threshold, threshold, threshold, threshold};
    mask hit = {0};
    for (size_t i = 0; i < CHUNK / LANES; i++)
        hit |= piece[i] > least;
    return (hit[0] | hit[1] | hit[2] | hit[3]) != 0;
}

/* The words `first` and following, `count` of them, whose cosines to word `row` are in `cosine`. */
static void scan(search *all, size_t row, const float *cosine, size_t first, size_t count)
{
    const size_t k = all->found->k;
    for (size_t at = 0; at < count; at += CHUNK) {
        const size_t end = at + CHUNK < count ? at + CHUNK : count;
        if (all->n[row] == k && !any_above(cosine + at, all->found->cosine[row * k + k - 1]))
            continue;
        for (size_t i = at; i < end; i++)
            offer(all, row, (uint32_t)(first + i), cosine[i]);
    }
}

/* The words of a block against the whole vocabulary. */
static int search_block(search *all, float *scratch, size_t first, gv_error *err)
{
    const size_t dim = all->nearest->dim, left = all->found->rows - first;
    const gv_products_rows words = {.row = all->nearest->unit + first * dim,
                                    .n = left < all->block ? left : all->block,
                                    .dim = dim};
    int status = GV_OK;
    for (size_t from = 0; from < all->among && status == GV_OK; from += RIGHT) {
        const size_t rest = all->among - from, count = rest < RIGHT ? rest : RIGHT;
        gv_products_each(scratch, RIGHT, words,
                         (gv_products_rows){all->nearest->unit + from * dim, count, dim},
                         scratch + LEFT * RIGHT);
        for (size_t i = 0; i < words.n; i++)
            scan(all, first + i, scratch + i * RIGHT, from, count);
        status = gv_signal_check(err);
    }
    if (status == GV_OK)
        gv_progress_add(all->progress, words.n);
    return status;
}

static int search_thread(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    search *all = context;
    const size_t bytes = (LEFT + all->nearest->dim) * RIGHT * sizeof(float);
    float *scratch = gv_mem_big_alloc(bytes, err);
    int status = scratch ? GV_OK : GV_E_MEMORY;
    while (status == GV_OK) {
        /* relaxed: the counter orders nothing but itself; lists are read after the threads were
         * joined */
        size_t number = atomic_fetch_add_explicit(&all->next_block, 1, memory_order_relaxed);
        if (number >= (all->found->rows + all->block - 1) / all->block)
            break;
        status = search_block(all, scratch, number * all->block, err);
    }
    gv_mem_big_free(scratch, bytes);
    return status;
}

static int make(gv_neighbours **out, size_t rows, size_t k, gv_error *err)
{
    gv_neighbours *made = gv_mem_alloc_zero(1, sizeof *made, err);
    *out = made;
    if (!made)
        return GV_E_MEMORY;
    made->rows = rows;
    made->k = k;
    if (k > 0 && rows > SIZE_MAX / k)
        return gv_error_set(err, GV_E_MEMORY, "%zu lists of %zu neighbours are too many", rows, k);
    made->id = gv_mem_alloc(rows * k, sizeof *made->id, err);
    made->cosine = gv_mem_alloc_zero(rows * k, sizeof *made->cosine, err);
    if (!made->id || !made->cosine)
        return GV_E_MEMORY;
    for (size_t i = 0; i < rows * k; i++)
        made->id[i] = GV_NEIGHBOURS_NONE;
    return GV_OK;
}

int gv_neighbours_find(gv_neighbours **found, const gv_nearest *nearest,
                       const gv_neighbours_job *job, gv_error *err)
{
    const size_t rows = job->rows < nearest->rows ? job->rows : nearest->rows;
    unsigned threads = job->threads > 0 ? job->threads : 1;
    search all = {.nearest = nearest,
                  .among = job->among < nearest->rows ? job->among : nearest->rows,
                  .progress = job->progress};
    int status = make(&all.found, rows, job->k, err);
    /* few words: smaller blocks, so that every thread gets one; lists do not depend on blocks */
    all.block = rows / threads < LEFT ? rows / threads + 1 : LEFT;
    all.n = status == GV_OK ? gv_mem_alloc_zero(rows, sizeof *all.n, err) : NULL;
    if (!all.n)
        status = GV_E_MEMORY;
    if (threads > (rows + all.block - 1) / all.block)
        threads = (unsigned)((rows + all.block - 1) / all.block);
    if (status == GV_OK && job->k > 0 && threads > 0)
        status = gv_threads_run(threads, search_thread, &all, err);
    gv_mem_free(all.n);
    if (status != GV_OK) {
        gv_neighbours_free(all.found);
        all.found = NULL;
    }
    *found = all.found;
    return status;
}

void gv_neighbours_free(gv_neighbours *neighbours)
{
    if (!neighbours)
        return;
    gv_mem_free(neighbours->id);
    gv_mem_free(neighbours->cosine);
    gv_mem_free(neighbours);
}
