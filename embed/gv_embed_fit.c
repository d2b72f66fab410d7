#include "embed/gv_embed_fit.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "document/gv_document.h"
#include "embed/gv_embed_solve.h"
#include "kernel/gv_glove.h"
#include "store/gv_segments.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define NO_ROW UINT32_MAX

/* What all threads share. */
typedef struct fit {
    gv_store *store;
    const gv_store_info *info;
    const gv_store_tile *tiles;
    const float *data; /* of the vectors */
    size_t dim;
    gv_vocab *vocab; /* of the store */
    uint32_t *row;   /* [vocab_size] of each word's vector, or NO_ROW */
    float *share;    /* [vocab_size] s of each word */
    uint32_t *place; /* [segments] the first word's number within its group */
    uint32_t most;   /* words of the largest group */
    gv_progress *progress;
    atomic_uint next;     /* group */
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t turned;
    uint32_t turn; /* the group that may be added */
    bool failed;
    uint64_t used;
    double *left, *right; /* [dim][dim] sums of w u u' (the lower half) and of w u v' */
} fit;

/* What one thread works with. */
typedef struct worker {
    fit *all;
    gv_store *store;
    uint8_t *blob;
    uint32_t group;
    double *sum;          /* [most][dim] of each word of the group: sum of X s v */
    double *mass;         /* [most] sum of X s */
    double *left, *right; /* of the group */
    double *mean;         /* [dim] */
} worker;

/* --- means of contexts ------------------------------------------------------------------------ */

static void add(double *restrict sum, const float *restrict vector, double by, size_t dim)
{
    for (size_t k = 0; k < dim; k++)
        sum[k] += by * (double)vector[k];
}

/* `word`, in the group at hand with number `local`, has X = `x` with `context`. */
static inline void add_pair(worker *w, size_t local, uint32_t context, double x)
{
    const fit *all = w->all;
    const uint32_t row = all->row[context];
    if (row == NO_ROW)
        return;
    const double by = x * (double)all->share[context];
    w->mass[local] += by;
    add(w->sum + local * all->dim, all->data + (size_t)row * all->dim, by, all->dim);
}

static void add_tile(worker *w, const gv_tile *tile)
{
    const gv_store_info *info = w->all->info;
    const uint8_t *escape = tile->escape, *end = escape + tile->escape_bytes;
    const uint32_t first_row = info->segment_first[tile->row_segment];
    const uint32_t first_column = info->segment_first[tile->column_segment];
    const uint32_t row_place = w->all->place[tile->row_segment];
    const uint32_t column_place = w->all->place[tile->column_segment];
    const bool rows = info->segment_group[tile->row_segment] == w->group;
    const bool columns = info->symmetric && info->segment_group[tile->column_segment] == w->group;
    size_t record = 0;
    for (size_t r = 0; r < tile->rows; r++)
        for (size_t last = record + tile->row_length[r]; record <= last; record++) {
            const uint32_t row = tile->row[r];
            const uint32_t column = tile->column8 ? tile->column8[record] : tile->column16[record];
            uint64_t value = 0;
            if (tile->code[record] == GV_TILE_ESCAPE)
                escape = gv_bytes_get_varint(escape, end, &value);
            else
                value = info->value[tile->code[record]];
            const double x = (double)value / (double)info->unit;
            if (first_row + row == first_column + column)
                continue; /* a word is no context of itself */
            if (rows)
                add_pair(w, row_place + row, first_column + column, x);
            if (columns)
                add_pair(w, column_place + column, first_row + row, x);
        }
}

/* Has the tile a word of the group, whose contexts are then in it? */
static bool is_wanted(const worker *w, const gv_store_tile *tile)
{
    const gv_store_info *info = w->all->info;
    return info->segment_group[tile->row_segment] == w->group ||
           (info->symmetric && info->segment_group[tile->column_segment] == w->group);
}

static int read_tile(worker *w, const gv_store_tile *at, size_t bytes, gv_error *err)
{
    const gv_store_info *info = w->all->info;
    gv_tile tile;
    const gv_tile_place place = {w->blob,
                                 bytes,
                                 at->offset,
                                 gv_store_segment_words(info, at->row_segment),
                                 gv_store_segment_words(info, at->column_segment),
                                 info->values};
    int status = gv_tile_view(&tile, &place, err);
    if (status == GV_OK &&
        (tile.row_segment != at->row_segment || tile.column_segment != at->column_segment))
        status = gv_error_set(err, GV_E_CORRUPT,
                              "blob %u does not hold the tiles that the directory says; make the "
                              "store again with glove-shuffle --force",
                              at->blob);
    if (status != GV_OK) {
        gv_error_prefix(err, "store.db");
        return status;
    }
    add_tile(w, &tile);
    return GV_OK;
}

/* Add up the contexts of the words of the group. */
static int read_group(worker *w, gv_error *err)
{
    const gv_store_info *info = w->all->info;
    uint32_t have = UINT32_MAX; /* the blob in memory */
    size_t bytes = 0;
    int status = GV_OK;
    memset(w->sum, 0, (size_t)w->all->most * w->all->dim * sizeof *w->sum);
    memset(w->mass, 0, w->all->most * sizeof *w->mass);
    for (uint32_t i = 0; status == GV_OK && i < info->tiles; i++) {
        const gv_store_tile *tile = &w->all->tiles[i];
        if (!is_wanted(w, tile))
            continue;
        if (tile->blob != have) {
            status = gv_signal_check(err);
            if (status == GV_OK)
                status = gv_store_blob_size(&bytes, w->store, tile->blob, err);
            if (status == GV_OK)
                status = gv_store_blob_read(w->blob, bytes, w->store, tile->blob, err);
            have = tile->blob;
            gv_progress_add(w->all->progress, bytes);
        }
        if (status == GV_OK)
            status = read_tile(w, tile, bytes, err);
    }
    return status;
}

/* --- the regression --------------------------------------------------------------------------- */

/* One word: its mean of contexts, its vector, its weight. */
static void add_word(worker *w, const float *vector, double weight)
{
    const size_t dim = w->all->dim;
    for (size_t i = 0; i < dim; i++) {
        const double by = weight * w->mean[i];
        double *left = w->left + i * dim, *right = w->right + i * dim;
        for (size_t k = 0; k <= i; k++)
            left[k] += by * w->mean[k];
        for (size_t k = 0; k < dim; k++)
            right[k] += by * (double)vector[k];
    }
}

/* The sums of the group's words, in order of their ids. Returns how many they are. */
static uint64_t add_words(worker *w)
{
    const fit *all = w->all;
    const gv_store_info *info = all->info;
    uint64_t used = 0;
    memset(w->left, 0, all->dim * all->dim * sizeof *w->left);
    memset(w->right, 0, all->dim * all->dim * sizeof *w->right);
    for (uint32_t segment = 0; segment < info->segments; segment++) {
        if (info->segment_group[segment] != w->group)
            continue;
        for (uint32_t i = 0; i < gv_store_segment_words(info, segment); i++) {
            const uint32_t id = info->segment_first[segment] + i;
            const size_t local = all->place[segment] + i;
            const uint64_t count = gv_vocab_count(all->vocab, id);
            if (all->row[id] == NO_ROW || count < 2 || !(w->mass[local] > 0.0))
                continue;
            for (size_t k = 0; k < all->dim; k++)
                w->mean[k] = w->sum[local * all->dim + k] / w->mass[local];
            add_word(w, all->data + (size_t)all->row[id] * all->dim, gv_glove_log((double)count));
            used++;
        }
    }
    return used;
}

/* Add the group's sums to those of all, when its turn has come. */
static void hand_in(worker *w, uint64_t used, bool failed)
{
    fit *all = w->all;
    pthread_mutex_lock(&all->lock);
    while (all->turn != w->group && !all->failed && !failed)
        pthread_cond_wait(&all->turned, &all->lock);
    all->failed |= failed;
    for (size_t i = 0; !all->failed && i < all->dim * all->dim; i++) {
        all->left[i] += w->left[i];
        all->right[i] += w->right[i];
    }
    all->used += used;
    all->turn++;
    pthread_cond_broadcast(&all->turned);
    pthread_mutex_unlock(&all->lock);
}

/* --- threads ---------------------------------------------------------------------------------- */

/* Bytes that a thread needs. */
static double worker_bytes(const fit *all)
{
    const double dim = (double)all->dim;
    return ((double)all->most * (dim + 1.0) + dim * (2.0 * dim + 1.0)) * sizeof(double) +
           (double)all->info->largest_blob;
}

static void clear_worker(worker *w)
{
    gv_store_close(w->store);
    gv_mem_free(w->blob);
    gv_mem_free(w->sum);
    gv_mem_free(w->mass);
    gv_mem_free(w->left);
    gv_mem_free(w->right);
    gv_mem_free(w->mean);
}

static int init_worker(worker *w, fit *all, gv_error *err)
{
    const size_t dim = all->dim;
    *w = (worker){.all = all};
    w->blob = gv_mem_alloc(all->info->largest_blob, 1, err);
    w->sum = gv_mem_alloc(all->most, dim * sizeof *w->sum, err);
    w->mass = gv_mem_alloc(all->most, sizeof *w->mass, err);
    w->left = gv_mem_alloc(dim * dim, sizeof *w->left, err);
    w->right = gv_mem_alloc(dim * dim, sizeof *w->right, err);
    w->mean = gv_mem_alloc(dim, sizeof *w->mean, err);
    if (!w->blob || !w->sum || !w->mass || !w->left || !w->right || !w->mean)
        return GV_E_MEMORY;
    return gv_store_open_again(&w->store, all->store, err);
}

static int run_thread(void *context, unsigned thread, gv_error *err)
{
    fit *all = context;
    worker w;
    (void)thread;
    int status = init_worker(&w, all, err);
    /* groups are claimed in their order, so the one whose turn it is has been claimed */
    while (status == GV_OK && (w.group = atomic_fetch_add(&all->next, 1)) < all->info->groups) {
        status = read_group(&w, err);
        hand_in(&w, status == GV_OK ? add_words(&w) : 0, status != GV_OK);
    }
    if (status != GV_OK)
        hand_in(&w, 0, true);
    clear_worker(&w);
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Which words of the store have vectors, and the places of segments in their groups. */
static int prepare(fit *all, const gv_embed_words *words, gv_error *err)
{
    const gv_store_info *info = all->info;
    uint32_t used[GV_SEGMENTS_MAX_GROUPS] = {0};
    int status = gv_store_vocab(&all->vocab, all->store, err);
    if (status != GV_OK)
        return status;
    all->row = gv_mem_alloc(info->vocab_size, sizeof *all->row, err);
    all->share = gv_mem_alloc(info->vocab_size, sizeof *all->share, err);
    all->place = gv_mem_alloc(info->segments, sizeof *all->place, err);
    all->left = gv_mem_alloc_zero(all->dim * all->dim, sizeof *all->left, err);
    all->right = gv_mem_alloc_zero(all->dim * all->dim, sizeof *all->right, err);
    if (!all->row || !all->share || !all->place || !all->left || !all->right)
        return GV_E_MEMORY;
    const uint64_t total = gv_vocab_total(all->vocab);
    for (uint32_t id = 0; id < info->vocab_size; id++) {
        const uint32_t key = gv_vocab_lookup(words->keys, gv_vocab_word(all->vocab, id),
                                             gv_vocab_word_length(all->vocab, id));
        all->row[id] = key == GV_VOCAB_NO_WORD ? NO_ROW : words->row[key];
        all->share[id] = (float)gv_document_sif(gv_vocab_count(all->vocab, id), total ? total : 1);
    }
    for (uint32_t segment = 0; segment < info->segments; segment++) {
        uint32_t *in_group = &used[info->segment_group[segment]];
        all->place[segment] = *in_group;
        *in_group += gv_store_segment_words(info, segment);
        all->most = *in_group > all->most ? *in_group : all->most;
    }
    return GV_OK;
}

/* As many threads as there are groups, and as half of the memory allows. */
static unsigned limit_threads(const fit *all, unsigned threads)
{
    const double fit_in = (double)gv_mem_available() / 2.0 / worker_bytes(all);
    if (gv_mem_available() > 0 && fit_in < (double)threads)
        threads = fit_in < 1.0 ? 1 : (unsigned)fit_in;
    return threads < all->info->groups ? threads : all->info->groups;
}

static int solve(double *transform, fit *all, gv_error *err)
{
    const size_t dim = all->dim;
    if (all->used < 2 || !gv_embed_solve(all->left, all->right, dim, dim, GV_EMBED_RIDGE))
        return gv_error_set(
            err, GV_E_RUNTIME,
            "only %ju words of store.db have vectors and contexts, too few to learn "
            "from; give the store that the vectors were trained on",
            (uintmax_t)all->used);
    for (size_t i = 0; i < dim; i++)
        for (size_t k = 0; k < dim; k++)
            transform[k * dim + i] = all->right[i * dim + k];
    return GV_OK;
}

int gv_embed_fit(double *transform, uint64_t *used, gv_store *store, const gv_embed_words *words,
                 unsigned threads, gv_progress *progress, gv_error *err)
{
    fit all = {.store = store,
               .info = gv_store_about(store),
               .tiles = gv_store_tiles(store),
               .data = words->vectors->data,
               .dim = words->vectors->dim,
               .progress = progress};
    pthread_mutex_init(&all.lock, NULL);
    pthread_cond_init(&all.turned, NULL);
    int status = prepare(&all, words, err);
    /* nearly all blobs hold words of two groups, and so are read twice */
    gv_progress_begin(progress, "contexts", 2 * all.info->blob_bytes, "bytes");
    if (status == GV_OK)
        status = gv_threads_run(limit_threads(&all, threads), run_thread, &all, err);
    if (status == GV_OK)
        status = solve(transform, &all, err);
    if (status == GV_OK)
        gv_progress_end(progress);
    *used = all.used;
    pthread_cond_destroy(&all.turned);
    pthread_mutex_destroy(&all.lock);
    gv_vocab_free(all.vocab);
    gv_mem_free(all.row);
    gv_mem_free(all.share);
    gv_mem_free(all.place);
    gv_mem_free(all.left);
    gv_mem_free(all.right);
    return status;
}
