/*
 * A matrix file on several threads.
 *
 * Problem: decoding varints is most of the work of reading a matrix.
 * Approach: threads take whole blocks, read under a lock (the checksum of the whole file wants them
 * in order), and decode them side by side (gv_counts_decode.h).
 * Invariants: rows ascend within a block, which its decoder sees, and from block to block, which is
 * checked at the end from the first and last row of each (from share to share: by the caller). No
 * part holds a column or row that is not below the vocabulary's size.
 * Cost: per cell 2 to 4 ns of a thread, with AVX-512 less than 1; 0.5 ns for reading and checksums
 * under the lock.
 */
#include "counts/gv_counts_each.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "counts/gv_counts_decode.h"
#include "counts/gv_counts_internal.h"
#include <pthread.h>
#include <stdatomic.h>

/* First and last row of a block. */
typedef struct edges {
    uint32_t first, last;
} edges;

typedef struct pass {
    gv_counts *counts;
    gv_counts_each_fn *fn;
    void *context;
    gv_counts_share share;
    pthread_mutex_t lock; /* of counts and all below */
    uint64_t taken;       /* blocks */
    uint64_t cells;       /* in the blocks taken, as their heads say */
    uint64_t records;     /* in the blocks done */
    edges *edges;         /* [blocks] of the share */
    atomic_bool failed;
} pass;

/* What one thread works on. */
typedef struct worker {
    pass *all;
    unsigned thread;
    const gv_counts_info *info;
    gv_counts_block block;
    uint64_t first_cell; /* of what is still to be decoded */
    uint64_t records;
    gv_counts_decode_fn *decode;
    uint32_t column[GV_COUNTS_EACH_PART_MAX + GV_COUNTS_DECODE_SLACK];
    uint64_t value[GV_COUNTS_EACH_PART_MAX + GV_COUNTS_DECODE_SLACK];
} worker;

/* --- blocks ----------------------------------------------------------------------------------- */

/* The cells of a row, part by part; `rows` points at them and moves behind them. */
static int do_row(worker *work, const gv_counts_row_head *head, gv_counts_rows *rows, gv_error *err)
{
    pass *all = work->all;
    const bool symmetric = work->info->symmetric;
    const uint8_t *row_end = rows->at + head->bytes;
    gv_counts_decode_place place = {.from = rows->at,
                                    .end = rows->end,
                                    .next = symmetric ? head->row : 0,
                                    .limit = work->info->vocab_size};
    /* a symmetric row begins at its diagonal, so a first gap of 0 is the cell on it: one record */
    work->records += symmetric ? 2 * head->cells - (rows->at[0] == 0) : head->cells;
    for (uint64_t left = head->cells; left > 0;) {
        size_t n = left < GV_COUNTS_EACH_PART_MAX ? (size_t)left : GV_COUNTS_EACH_PART_MAX;
        if (!work->decode(work->column, work->value, &place, n))
            return gv_counts_damaged(all->counts, "the cells of a row are invalid", err);
        const gv_counts_each_part part = {head->row, n, work->first_cell, work->column,
                                          work->value};
        int status = all->fn(all->context, work->thread, &part, err);
        if (status != GV_OK)
            return status;
        work->first_cell += n;
        left -= n;
    }
    /* decoders may read into the next row when a number does not end; only the length of the row
     * tells */
    if (place.from != row_end)
        return gv_counts_damaged(all->counts, "the cells of a row are invalid", err);
    rows->at = row_end;
    return GV_OK;
}

static int do_block(worker *work, gv_error *err)
{
    pass *all = work->all;
    const gv_counts_block *block = &work->block;
    edges *edge = &all->edges[block->number - all->share.first_block];
    gv_counts_rows rows = gv_counts_rows_of(block, -1);
    int status = gv_counts_check_block(all->counts, block, err);
    while (status == GV_OK && rows.rows_left > 0) {
        gv_counts_row_head head;
        bool first = rows.last_row < 0;
        status = gv_counts_take_head(all->counts, &rows, &head, err);
        if (status == GV_OK && first)
            edge->first = head.row;
        if (status == GV_OK)
            status = do_row(work, &head, &rows, err);
    }
    /* each block has its own entry: no lock is needed */
    edge->last = (uint32_t)rows.last_row;
    return status == GV_OK ? gv_counts_end_rows(all->counts, &rows, err) : status;
}

/* Take the next block; `*end` when there is none. */
static int take(worker *work, bool *end, gv_error *err)
{
    pass *all = work->all;
    int status = GV_OK;
    pthread_mutex_lock(&all->lock);
    all->records += work->records;
    work->records = 0;
    *end = all->taken == all->share.blocks;
    if (!*end) {
        status = gv_counts_take_block(all->counts, &work->block, err);
        uint64_t before = all->cells;
        work->first_cell = all->share.first_cell + before;
        all->cells += work->block.cells;
        all->taken++;
        /* more than promised would lead outside what was sized by the promise */
        if (status == GV_OK &&
            (all->cells < before || all->cells > all->share.cells || work->block.rows == 0))
            status = gv_counts_damaged(all->counts,
                                       "its number of cells does not match the trailer", err);
    }
    pthread_mutex_unlock(&all->lock);
    return status;
}

static int work_blocks(void *context, unsigned thread, gv_error *err)
{
    pass *all = context;
    worker *work = gv_mem_alloc_zero(1, sizeof *work, err);
    int status = work ? GV_OK : GV_E_MEMORY;
    if (work)
        *work = (worker){.all = all,
                         .thread = thread,
                         .info = gv_counts_about(all->counts),
                         .decode = gv_counts_decode_choose()};
    bool end = false;
    while (status == GV_OK && !atomic_load(&all->failed)) {
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = take(work, &end, err);
        if (status != GV_OK || end)
            break;
        status = do_block(work, err);
    }
    if (status != GV_OK)
        atomic_store(&all->failed, true);
    if (work)
        gv_mem_free(work->block.payload);
    gv_mem_free(work);
    return status;
}

static int check_order(const pass *all, gv_error *err)
{
    for (uint64_t i = 1; i < all->taken; i++)
        if (all->edges[i].first <= all->edges[i - 1].last)
            return gv_counts_damaged(all->counts, "its rows are out of order", err);
    return GV_OK;
}

/* Pass on what all->share has; the caller frees all->edges, also after an error. */
static int run_pass(pass *all, unsigned threads, gv_error *err)
{
    if (!(all->edges = gv_mem_alloc_zero(all->share.blocks, sizeof *all->edges, err)))
        return GV_E_MEMORY;
    if (pthread_mutex_init(&all->lock, NULL) != 0)
        return gv_error_set(err, GV_E_MEMORY, "cannot create a mutex");
    int status = gv_threads_run(threads, work_blocks, all, err);
    if (status == GV_OK)
        status = check_order(all, err);
    pthread_mutex_destroy(&all->lock);
    return status;
}

int gv_counts_each(gv_counts *counts, unsigned threads, gv_counts_each_fn *fn, void *context,
                   gv_error *err)
{
    pass all = {
        .counts = counts,
        .fn = fn,
        .context = context,
        .share = {.blocks = gv_counts_blocks(counts), .cells = gv_counts_about(counts)->cells}};
    int status = run_pass(&all, threads, err);
    if (status == GV_OK)
        status = gv_counts_end(counts, all.cells, all.records, err);
    gv_mem_free(all.edges);
    return status;
}

int gv_counts_each_of_share(gv_counts_share_totals *totals, gv_counts *counts,
                            const gv_counts_share *share, const gv_counts_each_job *job,
                            gv_error *err)
{
    pass all = {.counts = counts, .fn = job->fn, .context = job->context, .share = *share};
    *totals = (gv_counts_share_totals){0};
    int status = gv_counts_go_to(counts, share->begin, share->first_block, err);
    if (status == GV_OK)
        status = run_pass(&all, job->threads, err);
    if (status == GV_OK && all.cells != share->cells)
        status = gv_counts_damaged(counts, "its number of cells does not match the trailer", err);
    if (status == GV_OK && share->blocks > 0)
        *totals = (gv_counts_share_totals){.cells = all.cells,
                                           .records = all.records,
                                           .first_row = all.edges[0].first,
                                           .last_row = all.edges[share->blocks - 1].last};
    gv_mem_free(all.edges);
    return status;
}
