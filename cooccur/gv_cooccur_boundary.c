#include "cooccur/gv_cooccur_boundary.h"

#include "base/gv_mem.h"
#include <stdlib.h>
#include <string.h>

/* --- ids -------------------------------------------------------------------------------------- */

int gv_cooccur_boundary_init(gv_cooccur_boundary *boundary, uint32_t window, gv_error *err)
{
    *boundary = (gv_cooccur_boundary){.window = window};
    boundary->first = gv_mem_alloc(2 * (size_t)window, sizeof *boundary->first, err);
    boundary->last = gv_mem_alloc(window, sizeof *boundary->last, err);
    return boundary->first && boundary->last ? GV_OK : GV_E_MEMORY;
}

void gv_cooccur_boundary_clear(gv_cooccur_boundary *boundary)
{
    gv_mem_free(boundary->first);
    gv_mem_free(boundary->last);
    *boundary = (gv_cooccur_boundary){0};
}

void gv_cooccur_boundary_add_ids(gv_cooccur_boundary *boundary, const uint32_t *ids, size_t n)
{
    const size_t first = 2 * (size_t)boundary->window;
    for (size_t i = 0; i < n && boundary->seen + i < first; i++)
        boundary->first[boundary->seen + i] = ids[i];
    for (size_t i = n < boundary->window ? 0 : n - boundary->window; i < n; i++)
        boundary->last[(boundary->seen + i) % boundary->window] = ids[i];
    boundary->seen += n;
}

void gv_cooccur_boundary_list(const gv_cooccur_boundary *boundary, uint32_t *ids, size_t *n)
{
    const uint32_t window = boundary->window;
    /* a part of up to 2 window ids is listed whole: a window may reach across all of it */
    const bool whole = boundary->seen <= 2 * (uint64_t)window;
    *n = whole ? (size_t)boundary->seen : window;
    memcpy(ids, boundary->first, *n * sizeof *ids);
    if (whole)
        return;
    ids[(*n)++] = GV_ENCODER_BREAK;
    for (uint64_t i = boundary->seen - window; i < boundary->seen; i++)
        ids[(*n)++] = boundary->last[i % window];
}

/* --- pairs ------------------------------------------------------------------------------------ */

typedef struct pair {
    uint32_t row, column;
    uint64_t weight;
} pair;

typedef struct pairs {
    pair *items;
    size_t n, room;
} pairs;

static int by_cell(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* Add the pair of `left` and `right`, which are `distance` apart. */
static int add_pair(pairs *list, const gv_cooccur_counter *counter, uint32_t left, uint32_t right,
                    uint32_t distance, gv_error *err)
{
    bool symmetric = counter->gather.pack.symmetric;
    int status = gv_mem_reserve(&list->items, &list->room, list->n + 1, sizeof *list->items, err);
    if (status != GV_OK)
        return status;
    pair p = {.row = right, .column = left, .weight = counter->weights.weight[distance]};
    if (symmetric && left < right)
        p = (pair){.row = left, .column = right, .weight = p.weight};
    /* a word beside itself is counted from both ends */
    if (symmetric && left == right && __builtin_add_overflow(p.weight, p.weight, &p.weight))
        return gv_cooccur_counter_overflow(counter, left, right, err);
    list->items[list->n++] = p;
    return GV_OK;
}

static int list_pairs(pairs *list, const gv_cooccur_counter *counter, const uint32_t *ids,
                      const uint32_t *part, size_t n, gv_error *err)
{
    const uint32_t words = counter->batch.words;
    for (size_t i = 0; i < n; i++) {
        /* breaks are in the lists as well: also the one that stands for the ids that were left
         * out */
        if (ids[i] >= words) /* a break or a gap */
            continue;
        for (uint32_t k = 1; k <= counter->weights.window && i + k < n; k++) {
            if (ids[i + k] == GV_ENCODER_BREAK)
                break;
            int status = part[i] == part[i + k] || ids[i + k] >= words
                             ? GV_OK
                             : add_pair(list, counter, ids[i], ids[i + k], k, err);
            if (status != GV_OK)
                return status;
        }
    }
    return GV_OK;
}

/* Code the pairs from `*at` on that have the same row as a row of the worker; `*at` moves on. */
static int make_row(gv_cooccur_counter *counter, gv_cooccur_worker *worker, const pairs *list,
                    size_t *at, gv_error *err)
{
    uint32_t row = list->items[*at].row;
    /* a few hundred pairs in all: 64-bit sums for every row cost nothing */
    worker->marked = true;
    worker->wide_lines = worker->lines;
    for (; *at < list->n && list->items[*at].row == row; ++*at) {
        const pair *p = &list->items[*at];
        uint64_t *sum = &worker->wide[p->column];
        gv_cooccur_worker_mark(worker, p->column);
        if (__builtin_add_overflow(*sum, p->weight, sum))
            return gv_cooccur_counter_overflow(counter, row, p->column, err);
    }
    return gv_cooccur_worker_emit(worker, row, gv_cooccur_counter_base(counter, row), err);
}

static int write_rows(gv_cooccur_counter *counter, const pairs *list, gv_error *err)
{
    gv_cooccur_worker *worker = &counter->workers[0];
    gv_cooccur_runs_writer run;
    uint32_t band = 0;
    int status = gv_cooccur_runs_begin(&run, &counter->runs, 0, err);
    for (size_t at = 0; status == GV_OK && at < list->n;) {
        while (list->items[at].row >= counter->bands.first[band + 1])
            band++;
        status = make_row(counter, worker, list, &at, err);
        if (status == GV_OK)
            status = gv_cooccur_runs_write(&run, band, worker->out, worker->used, err);
        worker->used = 0;
    }
    if (status == GV_OK)
        gv_cooccur_runs_end(&run);
    return status;
}

int gv_cooccur_boundary_count_pairs(gv_cooccur_counter *counter, const uint32_t *ids,
                                    const uint32_t *part, size_t n, gv_error *err)
{
    pairs list = {0};
    int status = list_pairs(&list, counter, ids, part, n, err);
    if (list.n > 0)
        qsort(list.items, list.n, sizeof *list.items, by_cell);
    if (status == GV_OK)
        status = write_rows(counter, &list, err);
    gv_mem_free(list.items);
    return status;
}
