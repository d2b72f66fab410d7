/*
 * External merge sort. A run is sorted by radix sort, 11 bits a pass, from the low digits up
 * (Knuth, vol. 3, section 5.2.5); a pass whose digits are all the same is left out, so the gap
 * between two small numbers in a key costs nothing. Runs are merged through a binary heap, each
 * with a buffer of its own.
 */
#include "counts/gv_matrix_sort.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIGIT = 11, DIGITS = 1 << DIGIT, LEAST_BUFFER = 4096 };

#define TEMP_NAME "a temporary file of sorted counts"

/* A sorted run in the file, and the part of it that is in memory. */
typedef struct run {
    uint64_t at, end; /* items: to be read next; behind the last */
    gv_matrix_sort_item *buffer;
    size_t used, filled;
} run;

struct gv_matrix_sort {
    gv_matrix_sort_item *items, *scratch;
    size_t n, capacity, limit; /* limit: the most items in memory */
    bool ascending;            /* items came in order so far */
    const char *temp_dir;
    int fd;
    uint64_t written; /* items in the file */
    run *runs;
    size_t run_count, run_capacity, buffer_items;
    uint32_t *heap; /* numbers of runs, the one with the least key first */
    size_t heap_count;
    size_t next; /* without runs: the item to be returned */
};

int gv_matrix_sort_new(gv_matrix_sort **result, uint64_t memory, const char *temp_dir,
                       gv_error *err)
{
    enum { LEAST = 1 << 20 };
    *result = NULL;
    gv_matrix_sort *sort = gv_mem_alloc_zero(1, sizeof *sort, err);
    if (!sort)
        return GV_E_MEMORY;
    /* half of the memory is for the other side of a pass */
    sort->limit = (size_t)((memory > LEAST ? memory : LEAST) / (2 * sizeof *sort->items));
    sort->temp_dir = temp_dir;
    sort->fd = -1;
    sort->ascending = true;
    *result = sort;
    return GV_OK;
}

void gv_matrix_sort_free(gv_matrix_sort *sort)
{
    if (!sort)
        return;
    if (sort->fd >= 0)
        close(sort->fd);
    for (size_t i = 0; i < sort->run_count; i++)
        gv_mem_free(sort->runs[i].buffer);
    gv_mem_free(sort->runs);
    gv_mem_free(sort->heap);
    gv_mem_free(sort->items);
    gv_mem_free(sort->scratch);
    gv_mem_free(sort);
}

/* --- one run ---------------------------------------------------------------------------------- */

/* Move the items to `scratch` in the order of the digit at `shift`; false if it is the same in all
 * of them. */
static bool sort_digit(gv_matrix_sort *sort, unsigned shift)
{
    size_t places[DIGITS] = {0}, place = 0;
    for (size_t i = 0; i < sort->n; i++)
        places[sort->items[i].key >> shift & (DIGITS - 1)]++;
    if (places[sort->items[0].key >> shift & (DIGITS - 1)] == sort->n)
        return false;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t count = places[digit];
        places[digit] = place;
        place += count;
    }
    for (size_t i = 0; i < sort->n; i++)
        sort->scratch[places[sort->items[i].key >> shift & (DIGITS - 1)]++] = sort->items[i];
    return true;
}

static int sort_items(gv_matrix_sort *sort, gv_error *err)
{
    if (sort->ascending)
        return GV_OK;
    if (!sort->scratch && !(sort->scratch = gv_mem_alloc(sort->capacity, sizeof *sort->items, err)))
        return GV_E_MEMORY;
    for (unsigned shift = 0; shift < 64; shift += DIGIT) {
        int status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
        if (sort_digit(sort, shift)) {
            gv_matrix_sort_item *sorted = sort->scratch;
            sort->scratch = sort->items;
            sort->items = sorted;
        }
    }
    return GV_OK;
}

static int spill(gv_matrix_sort *sort, gv_error *err)
{
    int status = sort_items(sort, err);
    if (status == GV_OK && sort->fd < 0)
        status = gv_file_temp_open(&sort->fd, sort->temp_dir, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&sort->runs, &sort->run_capacity, sort->run_count + 1,
                                sizeof *sort->runs, err);
    if (status == GV_OK)
        status = gv_file_pwrite(sort->fd, sort->items, sort->n * sizeof *sort->items,
                                sort->written * sizeof *sort->items, TEMP_NAME, err);
    if (status != GV_OK)
        return status;
    sort->runs[sort->run_count++] = (run){.at = sort->written, .end = sort->written + sort->n};
    sort->written += sort->n;
    sort->n = 0;
    sort->ascending = true;
    return GV_OK;
}

static int add_item(gv_matrix_sort *sort, const gv_matrix_sort_item *item, gv_error *err)
{
    int status = sort->n == sort->limit ? spill(sort, err) : GV_OK;
    if (status == GV_OK && sort->n == sort->capacity) {
        size_t want = gv_mem_grown(sort->capacity);
        want = want < sort->limit ? want : sort->limit;
        status = gv_mem_resize(&sort->items, want, sizeof *sort->items, err);
        if (status == GV_OK)
            sort->capacity = want;
    }
    if (status != GV_OK)
        return status;
    if (sort->n > 0 && item->key < sort->items[sort->n - 1].key)
        sort->ascending = false;
    sort->items[sort->n++] = *item;
    return GV_OK;
}

int gv_matrix_sort_add(gv_matrix_sort *sort, uint64_t key, double value, gv_error *err)
{
    return add_item(sort, &(gv_matrix_sort_item){.key = key, .value = value}, err);
}

int gv_matrix_sort_add_whole(gv_matrix_sort *sort, uint64_t key, int64_t whole, gv_error *err)
{
    return add_item(sort, &(gv_matrix_sort_item){.key = key, .whole = whole}, err);
}

/* --- merging ---------------------------------------------------------------------------------- */

static int fill(gv_matrix_sort *sort, run *r, gv_error *err)
{
    size_t n = r->end - r->at < sort->buffer_items ? (size_t)(r->end - r->at) : sort->buffer_items;
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status = gv_file_pread(sort->fd, r->buffer, n * sizeof *r->buffer,
                               r->at * sizeof *r->buffer, TEMP_NAME, err);
    r->at += n;
    r->filled = n;
    r->used = 0;
    return status;
}

/* Does run `a` come before run `b`? Of equal keys the earlier run, which makes the sort stable. */
static bool comes_before(const gv_matrix_sort *sort, uint32_t a, uint32_t b)
{
    uint64_t x = sort->runs[a].buffer[sort->runs[a].used].key;
    uint64_t y = sort->runs[b].buffer[sort->runs[b].used].key;
    return x < y || (x == y && a < b);
}

/* Let the run at `place` of the heap sink to where it belongs. */
static void sink(gv_matrix_sort *sort, size_t place)
{
    for (;;) {
        size_t least = place;
        for (size_t child = 2 * place + 1; child <= 2 * place + 2; child++)
            if (child < sort->heap_count &&
                comes_before(sort, sort->heap[child], sort->heap[least]))
                least = child;
        if (least == place)
            return;
        uint32_t number = sort->heap[place];
        sort->heap[place] = sort->heap[least];
        sort->heap[least] = number;
        place = least;
    }
}

static int begin_merge(gv_matrix_sort *sort, gv_error *err)
{
    gv_mem_free(sort->items);
    gv_mem_free(sort->scratch);
    sort->items = sort->scratch = NULL;
    sort->buffer_items = 2 * sort->limit / sort->run_count;
    if (sort->buffer_items < LEAST_BUFFER)
        sort->buffer_items = LEAST_BUFFER;
    sort->heap = gv_mem_alloc(sort->run_count, sizeof *sort->heap, err);
    int status = sort->heap ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < sort->run_count && status == GV_OK; i++) {
        run *r = &sort->runs[i];
        size_t n = r->end - r->at < sort->buffer_items ? r->end - r->at : sort->buffer_items;
        r->buffer = gv_mem_alloc(n, sizeof *r->buffer, err);
        status = r->buffer ? fill(sort, r, err) : GV_E_MEMORY;
        sort->heap[sort->heap_count++] = (uint32_t)i;
    }
    for (size_t place = sort->heap_count / 2; status == GV_OK && place-- > 0;)
        sink(sort, place);
    return status;
}

int gv_matrix_sort_finish(gv_matrix_sort *sort, gv_error *err)
{
    if (sort->run_count == 0)
        return sort->n > 0 ? sort_items(sort, err) : GV_OK;
    int status = sort->n > 0 ? spill(sort, err) : GV_OK;
    return status == GV_OK ? begin_merge(sort, err) : status;
}

int gv_matrix_sort_next(gv_matrix_sort *sort, gv_matrix_sort_item *item, bool *more, gv_error *err)
{
    *more = sort->run_count ? sort->heap_count > 0 : sort->next < sort->n;
    if (!*more)
        return GV_OK;
    if (sort->run_count == 0) {
        *item = sort->items[sort->next++];
        return GV_OK;
    }
    run *r = &sort->runs[sort->heap[0]];
    *item = r->buffer[r->used++];
    int status = GV_OK;
    if (r->used == r->filled && r->at < r->end)
        status = fill(sort, r, err);
    else if (r->used == r->filled)
        sort->heap[0] = sort->heap[--sort->heap_count];
    if (status == GV_OK && sort->heap_count > 0)
        sink(sort, 0);
    return status;
}
