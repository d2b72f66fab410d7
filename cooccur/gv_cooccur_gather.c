/*
 * Summing up one row: visit every position of the row's word and add the weights of its neighbours
 * (gather by row), instead of sending every pair to wherever its cell is (scatter by pair): the
 * sums of one row fit in the cache, nothing is sorted or hashed, and the matrix comes out in order.
 *
 * Symmetric: from a position of row i both sides are visited, but only neighbours j >= i count. A
 * pair of different words is so counted from the smaller one alone, and a pair (i,i) from both of
 * its ends, which gives the 2 / k that the reference gives it.
 *
 * The inner loop has two steps to be free of unpredictable branches: first the neighbours that
 * count are packed into a small list, then the list is added. A neighbour whose sum was zero is
 * noted in a second list, from which the bitmaps are set afterwards.
 */
#include "cooccur/gv_cooccur_internal.h"

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

enum {
    AHEAD = 12,        /* positions to prefetch ahead */
    NEIGHBOURS = 2048, /* two windows of the widest kind (1000) and some room */
    IDS_A_LINE = 16    /* of 64 bytes */
};

typedef struct neighbour {
    uint32_t column, distance;
} neighbour;

/* Neighbours of one side with column >= `row`, up to the end of the document. `step` is +1 or -1.
 */
ALWAYS_INLINE size_t pack_side(neighbour *list, size_t n, const uint32_t *at, ptrdiff_t step,
                               uint32_t window, uint32_t row)
{
    for (uint32_t k = 1; k <= window; k++) {
        at += step;
        uint32_t column = *at;
        if (column == GV_COOCCUR_BREAK)
            break;
        list[n] = (neighbour){column, k};
        n += column >= row;
    }
    return n;
}

/* The same to the right of a carried position: only what is not carried itself. */
static size_t pack_carried(neighbour *list, const gv_shard *shard, size_t position, uint32_t row)
{
    const uint32_t *ids = shard->ids;
    size_t n = 0;
    for (uint32_t k = 1; k <= shard->window; k++) {
        uint32_t column = ids[position + k];
        if (column == GV_COOCCUR_BREAK)
            break;
        list[n] = (neighbour){column, k};
        n += column >= row && position + k >= shard->carried;
    }
    return n;
}

ALWAYS_INLINE void add_fast(gv_worker *worker, const neighbour *list, size_t n,
                            const uint64_t *weight)
{
    uint32_t fresh[NEIGHBOURS];
    size_t fresh_count = 0;
    uint64_t *sums = worker->sums;
    for (size_t i = 0; i < n; i++) {
        uint64_t *sum = &sums[list[i].column], before = *sum;
        fresh[fresh_count] = list[i].column;
        fresh_count += before == 0;
        *sum = before + weight[list[i].distance];
    }
    for (size_t i = 0; i < fresh_count; i++)
        gv_worker_touch(worker, fresh[i]);
}

/* For weights that may be 0 and sums that may overflow: false then, with the column. */
static bool add_careful(gv_worker *worker, const neighbour *list, size_t n, const uint64_t *weight,
                        uint32_t *column)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t add = weight[list[i].distance], *sum = &worker->sums[list[i].column];
        if (add == 0)
            continue;
        gv_worker_touch(worker, list[i].column);
        if (__builtin_add_overflow(*sum, add, sum)) {
            *column = list[i].column;
            return false;
        }
    }
    return true;
}

ALWAYS_INLINE void prefetch_window(const gv_shard *shard, size_t position, bool symmetric)
{
    const uint32_t *at = shard->ids + position;
    __builtin_prefetch(at - (shard->window < IDS_A_LINE ? shard->window : IDS_A_LINE));
    __builtin_prefetch(at);
    if (symmetric)
        __builtin_prefetch(at + (shard->window < IDS_A_LINE ? shard->window : IDS_A_LINE));
}

ALWAYS_INLINE bool gather_row(const gv_gather *gather, gv_worker *worker, uint32_t row,
                              uint32_t *column, bool symmetric, bool careful)
{
    const gv_shard *shard = gather->shard;
    const uint32_t *ids = shard->ids, *positions = shard->positions;
    const uint64_t *weight = gather->weights->weight;
    const uint32_t window = shard->window;
    neighbour list[NEIGHBOURS];
    for (size_t i = shard->start[row], end = shard->start[row + 1]; i < end; i++) {
        /* reading a little beyond the row's list is harmless: the last row's end is checked */
        size_t soon = i + AHEAD < shard->position_count ? i + AHEAD : i;
        prefetch_window(shard, positions[soon], symmetric);
        size_t position = positions[i], n;
        if (position < shard->carried) {
            n = pack_carried(list, shard, position, row);
        } else {
            n = pack_side(list, 0, ids + position, -1, window, symmetric ? row : 0);
            if (symmetric)
                n = pack_side(list, n, ids + position, 1, window, row);
        }
        if (!careful)
            add_fast(worker, list, n, weight);
        else if (!add_careful(worker, list, n, weight, column))
            return false;
    }
    return true;
}

bool gv_gather_row(const gv_gather *gather, gv_worker *worker, uint32_t row, uint32_t *column)
{
    if (gather->careful)
        return gather->symmetric ? gather_row(gather, worker, row, column, true, true)
                                 : gather_row(gather, worker, row, column, false, true);
    return gather->symmetric ? gather_row(gather, worker, row, column, true, false)
                             : gather_row(gather, worker, row, column, false, false);
}

bool gv_gather_careful(const gv_shard *shard, const gv_weights *weights, bool symmetric)
{
    for (uint32_t k = 1; k <= weights->window; k++)
        if (weights->weight[k] == 0)
            return true;
    uint64_t sides = symmetric ? 2 : 1, most, ids = shard->count;
    return __builtin_mul_overflow(weights->sum, sides, &most) ||
           __builtin_mul_overflow(most, ids, &most);
}
