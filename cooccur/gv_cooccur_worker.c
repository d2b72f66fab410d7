/*
 * The row under construction and its coding.
 *
 * A row is summed in an array over the whole vocabulary. To emit it without looking at every word,
 * two levels of bitmaps remember what was touched: one bit per word, and one bit per 64 words. A
 * row then costs as much as it has cells, plus words / 4096.
 */
#include "cooccur/gv_cooccur_internal.h"

#include "base/gv_mem.h"
#include "data/gv_counts_row.h"

static size_t bit_words(uint32_t words)
{
    return ((size_t)words + 63) / 64;
}

static size_t top_words(uint32_t words)
{
    return (bit_words(words) + 63) / 64;
}

size_t gv_worker_sum_bytes(uint32_t words)
{
    return ((size_t)words + bit_words(words) + top_words(words)) * sizeof(uint64_t);
}

int gv_worker_init(gv_worker *worker, uint32_t words, size_t output_bytes, gv_error *err)
{
    *worker = (gv_worker){.words = words, .limit = output_bytes};
    worker->sums = gv_big_alloc(gv_worker_sum_bytes(words), err);
    if (!worker->sums)
        return GV_E_MEMORY;
    worker->bits = worker->sums + words;
    worker->top = worker->bits + bit_words(words);
    return GV_OK;
}

void gv_worker_clear(gv_worker *worker)
{
    gv_big_free(worker->sums, gv_worker_sum_bytes(worker->words));
    gv_free(worker->out);
    gv_free(worker->merge);
    *worker = (gv_worker){0};
}

int gv_worker_reserve(gv_worker *worker, size_t bytes, gv_error *err)
{
    return gv_reserve(&worker->out, &worker->capacity, worker->used + bytes, 1, err);
}

/* Cells of the row, at top words >= `from`. */
static uint64_t count_cells(const gv_worker *worker, size_t from)
{
    uint64_t cells = 0;
    for (size_t t = from, n = top_words(worker->words); t < n; t++)
        for (uint64_t top = worker->top[t]; top; top &= top - 1)
            cells +=
                (uint64_t)__builtin_popcountll(worker->bits[64 * t + (size_t)__builtin_ctzll(top)]);
    return cells;
}

/* Code the cells at `to` and zero what they came from. */
static uint8_t *drain_cells(gv_worker *worker, size_t from, uint32_t base, uint8_t *to)
{
    uint64_t next = base;
    for (size_t t = from, n = top_words(worker->words); t < n; t++) {
        uint64_t top = worker->top[t];
        worker->top[t] = 0;
        for (; top; top &= top - 1) {
            size_t b = 64 * t + (size_t)__builtin_ctzll(top);
            uint64_t bits = worker->bits[b];
            worker->bits[b] = 0;
            for (; bits; bits &= bits - 1) {
                uint64_t column = 64 * b + (uint64_t)__builtin_ctzll(bits);
                to = gv_row_put(to, column - next);
                to = gv_row_put(to, worker->sums[column]);
                worker->sums[column] = 0;
                next = column + 1;
            }
        }
    }
    return to;
}

int gv_worker_emit(gv_worker *worker, uint32_t row, uint32_t base, gv_error *err)
{
    size_t from = base >> 12;
    gv_row_head head = {.row = row, .cells = count_cells(worker, from)};
    if (head.cells == 0)
        return GV_OK;
    int status = gv_worker_reserve(worker, 2 * GV_ROW_HEAD_MAX + head.cells * GV_ROW_CELL_MAX, err);
    if (status != GV_OK)
        return status;
    /* the head needs the length of the cells: code them with a gap before, then close it */
    uint8_t *start = worker->out + worker->used, *body = start + GV_ROW_HEAD_MAX;
    head.bytes = (uint64_t)(drain_cells(worker, from, base, body) - body);
    uint8_t *after_head = gv_row_put_head(start, &head);
    memmove(after_head, body, head.bytes);
    worker->used = (size_t)(after_head - worker->out) + head.bytes;
    return GV_OK;
}
