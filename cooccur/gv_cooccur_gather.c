/*
 * What counts. Symmetric: from a position of row i both sides are visited, but only neighbours j >=
 * i count. A pair of different words is thus counted from the smaller one alone, and a pair (i, i)
 * from both of its ends, which gives the 2 / k that the reference gives it.
 *
 * The inner loop. It has two steps, so that no branch depends on the text: first the neighbours
 * that count, of many positions, are packed into a list; then the list is added.
 *
 * Width of sums. They have 64 bits, but 32 suffice for nearly all: a position adds at most sides x
 * (sum of weights) to a cell, so a cell (i, j) stays below 2^32 while i or j has at most `limit`
 * positions. Rows are therefore summed in 32 bits, which halves the cache they need. A row of more
 * positions moves the sums of its `hot` columns, those of words with more than `limit` positions,
 * into 64 bits after every `limit` positions. Frequent words have small ids, so these columns are
 * few. Weights so large that the limit would be a few positions are added in 64 bits from the
 * start.
 */
#include "cooccur/gv_cooccur_gather.h"

#include "base/gv_mem.h"

enum {
    LEAST_LIMIT = 256, /* with fewer positions, widening costs more than 32-bit sums save */
    DENSE = 4          /* a row that adds to more than one column in DENSE keeps no marks */
};

int gv_cooccur_gather_init(gv_cooccur_gather *gather, const gv_counts_weights *weights,
                           bool symmetric, gv_error *err)
{
    const uint32_t window = weights->window,
                   span = (window + GV_ROWS_LINE - 1) / GV_ROWS_LINE * GV_ROWS_LINE;
    *gather = (gv_cooccur_gather){.weights = weights};
    uint64_t most; /* that one position can add to one cell */
    if (!__builtin_mul_overflow(weights->sum, symmetric ? 2 : 1, &most) &&
        UINT32_MAX / most >= LEAST_LIMIT)
        gather->limit = (uint32_t)(UINT32_MAX / most);
    gather->tags = gv_mem_alloc_zero((size_t)window + 1 + 2 * span, sizeof *gather->tags, err);
    if (!gather->tags)
        return GV_E_MEMORY;
    /* the same tags in the three orders in which the kernels load them (gv_cooccur_rows.h) */
    uint32_t *left = gather->tags + window + 1, *right = left + span;
    for (uint32_t k = 1; k <= window; k++)
        gather->tags[k] = left[span - k] = right[k - 1] =
            gather->limit ? (uint32_t)weights->weight[k] : k;
    gather->pack = (gv_cooccur_rows_pack){.window = window,
                                          .span = span,
                                          .tag = gather->tags,
                                          .left = left,
                                          .right = right,
                                          .symmetric = symmetric};
    return gv_cooccur_rows_choose(&gather->rows, err);
}

void gv_cooccur_gather_clear(gv_cooccur_gather *gather)
{
    gv_mem_free(gather->tags);
    gather->tags = NULL;
}

/* May a sum of 64 bits overflow, if every id of the batch is a position of one word? */
static bool may_overflow(const gv_cooccur_batch *batch, const gv_counts_weights *weights,
                         bool symmetric)
{
    uint64_t sides = symmetric ? 2 : 1, most, ids = batch->count;
    return __builtin_mul_overflow(weights->sum, sides, &most) ||
           __builtin_mul_overflow(most, ids, &most);
}

void gv_cooccur_gather_batch(gv_cooccur_gather *gather, const gv_cooccur_batch *batch)
{
    gather->batch = batch;
    gather->pack.ids = batch->ids;
    gather->careful = may_overflow(batch, gather->weights, gather->pack.symmetric);
    uint32_t hot = gather->limit ? batch->words : 0;
    /* carried positions are not listed if asymmetric, yet pairs with them add to the sums: a word
     * may have `window` positions more than are listed */
    while (hot > 0 &&
           (uint64_t)(batch->start[hot] - batch->start[hot - 1]) + batch->window <= gather->limit)
        hot--;
    gather->hot_lines = (uint32_t)(((uint64_t)hot + GV_ROWS_LINE - 1) / GV_ROWS_LINE);
}

/* The same as the kernel's `pack` for a carried position: only neighbours to its right that are not
 * carried themselves, because all other pairs were counted in the batch before. */
static size_t pack_carried(const gv_cooccur_gather *gather, size_t position, uint32_t base,
                           gv_cooccur_rows_list *list)
{
    const uint32_t *ids = gather->batch->ids;
    size_t n = 0;
    for (uint32_t k = 1; k <= gather->pack.window; k++) {
        uint32_t column = ids[position + k];
        if (column == GV_ENCODER_BREAK)
            break;
        list->column[n] = column;
        list->tag[n] = gather->pack.tag[k];
        n += column >= base && position + k >= gather->batch->carried;
    }
    return n;
}

/* The next neighbours of the row, from positions[*at] to positions[end - 1]; the first of these may
 * be carried. */
static size_t pack(const gv_cooccur_gather *gather, size_t *at, size_t end, uint32_t base,
                   gv_cooccur_rows_list *list)
{
    size_t position = gather->batch->positions[*at];
    if (position < gather->batch->carried) {
        ++*at;
        return pack_carried(gather, position, base, list);
    }
    return gather->rows->pack(&gather->pack, gather->batch->positions, at, end, base, list);
}

/* The groups of the columns of a list that has been added with marks. */
static void mark_groups(gv_cooccur_worker *worker, const gv_cooccur_rows_list *list, size_t n)
{
    uint8_t *restrict groups = worker->groups;
    for (size_t i = 0; groups && i < n; i++)
        groups[list->column[i] / GV_ROWS_GROUP] = 1;
}

static void add_narrow(gv_cooccur_worker *worker, const gv_cooccur_rows_list *list, size_t n)
{
    uint32_t *restrict sums = worker->narrow;
    uint8_t *restrict marks = worker->marks;
    const uint32_t *restrict columns = list->column, *restrict tags = list->tag;
    if (!worker->marked) {
        for (size_t i = 0; i < n; i++)
            sums[columns[i]] += tags[i];
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t column = columns[i];
        sums[column] += tags[i];
        marks[column / GV_ROWS_LINE] = 1;
    }
    mark_groups(worker, list, n);
}

/* A sum needs 64 bits only if both row and column have more than `limit` positions. */
static bool is_hot(const gv_cooccur_gather *gather, uint32_t row, uint32_t first)
{
    const uint32_t *start = gather->batch->start;
    return start[row + 1] - start[row] > gather->limit && first < gather->hot_lines;
}

static void gather_narrow(const gv_cooccur_gather *gather, gv_cooccur_worker *worker, uint32_t row,
                          size_t at, size_t end)
{
    const uint32_t base = gather->pack.symmetric ? row : 0, first = base / GV_ROWS_LINE;
    const bool hot = is_hot(gather, row, first);
    gv_cooccur_rows_list list;
    uint32_t column;
    while (at < end) {
        /* so that no sum of 32 bits is used for more than `limit` positions without being
         * emptied */
        size_t stop = hot && end - at > gather->limit ? at + gather->limit : end;
        while (at < stop)
            add_narrow(worker, &list, pack(gather, &at, stop, base, &list));
        if (hot)
            /* cannot overflow: fewer than 2^32 positions, each of at most 2^32 / LEAST_LIMIT */
            (void)gv_cooccur_worker_widen(worker, first, gather->hot_lines, &column);
    }
}

static void add_wide(gv_cooccur_worker *worker, const gv_cooccur_rows_list *list, size_t n,
                     const uint64_t *weight)
{
    uint64_t *restrict sums = worker->wide;
    uint8_t *restrict marks = worker->marks;
    for (size_t i = 0; i < n; i++) {
        uint32_t column = list->column[i];
        sums[column] += weight[list->tag[i]];
        marks[column / GV_ROWS_LINE] = 1;
    }
    mark_groups(worker, list, n);
}

/* For sums that may overflow: false then, with the column. */
static bool add_careful(gv_cooccur_worker *worker, const gv_cooccur_rows_list *list, size_t n,
                        const gv_cooccur_gather *gather, uint32_t *column)
{
    const uint64_t *weight = gather->weights->weight;
    for (size_t i = 0; i < n; i++) {
        if (list->column[i] >= gather->batch->words) /* a gap */
            continue;
        uint64_t *sum = &worker->wide[list->column[i]];
        gv_cooccur_worker_mark(worker, list->column[i]);
        if (__builtin_add_overflow(*sum, weight[list->tag[i]], sum)) {
            *column = list->column[i];
            return false;
        }
    }
    return true;
}

static bool gather_wide(const gv_cooccur_gather *gather, gv_cooccur_worker *worker, uint32_t row,
                        size_t at, size_t end, uint32_t *column)
{
    const uint64_t *weight = gather->weights->weight;
    gv_cooccur_rows_list list;
    while (at < end) {
        size_t n = pack(gather, &at, end, gather->pack.symmetric ? row : 0, &list);
        if (!gather->careful)
            add_wide(worker, &list, n, weight);
        else if (!add_careful(worker, &list, n, gather, column))
            return false;
    }
    return true;
}

static void clear_gaps(gv_cooccur_worker *worker, uint32_t column)
{
    worker->narrow[column] = 0;
    worker->wide[column] = 0;
}

void gv_cooccur_gather_begin(const gv_cooccur_gather *gather, gv_cooccur_worker *worker,
                             uint32_t row)
{
    const uint32_t *start = gather->batch->start;
    const uint32_t base = gather->pack.symmetric ? row : 0;
    const size_t positions = start[row + 1] - start[row], sides = gather->pack.symmetric ? 2 : 1;
    if (!gather->limit) {
        worker->marked = true;
        worker->wide_lines = worker->lines;
        return;
    }
    /* a row of n pairs reaches n columns at most */
    worker->marked = positions * gather->pack.window * sides < (worker->words - base) / DENSE;
    worker->wide_lines = is_hot(gather, row, base / GV_ROWS_LINE) ? gather->hot_lines : 0;
}

bool gv_cooccur_gather_part(const gv_cooccur_gather *gather, gv_cooccur_worker *worker,
                            uint32_t row, size_t at, size_t end, uint32_t *column)
{
    bool fits = true;
    if (gather->limit)
        gather_narrow(gather, worker, row, at, end);
    else
        fits = gather_wide(gather, worker, row, at, end, column);
    if (gather->gaps) /* their column, behind those of the words */
        clear_gaps(worker, gather->batch->words);
    return fits;
}

bool gv_cooccur_gather_row(const gv_cooccur_gather *gather, gv_cooccur_worker *worker, uint32_t row,
                           uint32_t *column)
{
    const uint32_t *start = gather->batch->start;
    gv_cooccur_gather_begin(gather, worker, row);
    return gv_cooccur_gather_part(gather, worker, row, start[row], start[row + 1], column);
}
