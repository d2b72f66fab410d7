/*
 * The row under construction and its coding.
 *
 * A row is summed in an array over the whole vocabulary. To emit it without looking at every word,
 * every line of GV_LINE sums has a mark, a byte: marking is a store that waits for nothing, and a
 * row costs as much as it has lines with cells, plus words / 1024 to find them. Rows that reach
 * most lines do without.
 *
 * Sums lie in 32 bits, those of the first `wide_lines` lines in 64.
 */
#include "cooccur/gv_cooccur_internal.h"

#include "base/gv_mem.h"
#include "counts/gv_counts_row.h"
#include <string.h>

static size_t line_count(uint32_t words)
{
    return ((size_t)words + GV_LINE - 1) / GV_LINE;
}

/* Whole cache lines of marks. */
static size_t mark_bytes(uint32_t words)
{
    return (line_count(words) + 63) / 64 * 64;
}

size_t gv_cooccur_worker_sum_bytes(uint32_t words)
{
    return line_count(words) * GV_LINE * (sizeof(uint64_t) + sizeof(uint32_t)) + mark_bytes(words);
}

int gv_cooccur_worker_init(gv_cooccur_worker *worker, uint32_t words, size_t output_bytes,
                           const gv_cooccur_row_kernel *rows, gv_error *err)
{
    *worker = (gv_cooccur_worker){
        .rows = rows, .words = words, .lines = (uint32_t)line_count(words), .limit = output_bytes};
    void *block = gv_mem_big_alloc(gv_cooccur_worker_sum_bytes(words), err);
    if (!block)
        return GV_E_MEMORY;
    worker->wide = block;
    worker->narrow = (uint32_t *)(worker->wide + line_count(words) * GV_LINE);
    worker->marks = (uint8_t *)(worker->narrow + line_count(words) * GV_LINE);
    return GV_OK;
}

void gv_cooccur_worker_clear(gv_cooccur_worker *worker)
{
    gv_mem_big_free(worker->wide, gv_cooccur_worker_sum_bytes(worker->words));
    gv_mem_free(worker->out);
    gv_mem_free(worker->merge);
    *worker = (gv_cooccur_worker){0};
}

int gv_cooccur_worker_reserve(gv_cooccur_worker *worker, size_t bytes, gv_error *err)
{
    return gv_mem_reserve(&worker->out, &worker->capacity, worker->used + bytes, 1, err);
}

bool gv_cooccur_worker_widen(gv_cooccur_worker *worker, uint32_t from, uint32_t to,
                             uint32_t *column)
{
    uint32_t *narrow = worker->narrow;
    uint64_t *wide = worker->wide;
    bool overflow = false;
    for (uint32_t line = from; line < to; line++) {
        if (worker->marked && !worker->marks[line])
            continue;
        for (uint32_t c = line * GV_LINE; c < (line + 1) * GV_LINE; c++) {
            bool over = __builtin_add_overflow(wide[c], narrow[c], &wide[c]);
            *column = over ? c : *column;
            overflow |= over;
            narrow[c] = 0;
        }
    }
    return !overflow;
}

/* A row that is being coded behind `used`, with a gap for its head. */
typedef struct coder {
    size_t at;         /* bytes of `out` */
    uint32_t previous; /* column */
    uint64_t cells;
} coder;

/* The lines [from, to) of 64 bits. */
static int code_wide(gv_cooccur_worker *worker, coder *c, uint32_t from, uint32_t to, gv_error *err)
{
    for (uint32_t line = from; line < to; line++) {
        if (worker->marked && !worker->marks[line])
            continue;
        worker->marks[line] = 0;
        int status = gv_mem_reserve(&worker->out, &worker->capacity,
                                    c->at + GV_LINE * GV_COUNTS_ROW_CELL_MAX, 1, err);
        if (status != GV_OK)
            return status;
        uint8_t *to_byte = worker->out + c->at;
        for (uint32_t column = line * GV_LINE; column < (line + 1) * GV_LINE; column++) {
            uint64_t value = worker->wide[column];
            if (value == 0)
                continue;
            to_byte = gv_counts_row_put(to_byte, (uint32_t)(column - c->previous - 1));
            to_byte = gv_counts_row_put(to_byte, value);
            worker->wide[column] = 0;
            c->previous = column;
            c->cells++;
        }
        c->at = (size_t)(to_byte - worker->out);
    }
    return GV_OK;
}

/* The lines of 32 bits from `line` on. */
static int code_narrow(gv_cooccur_worker *worker, coder *c, uint32_t line, gv_error *err)
{
    uint8_t *marks = worker->marked ? worker->marks : NULL;
    gv_cooccur_rows_cells cells;
    while (line < worker->lines) {
        size_t n = worker->rows->collect(worker->narrow, marks, &line, worker->lines, &cells);
        if (n == 0)
            continue;
        int status = gv_mem_reserve(&worker->out, &worker->capacity,
                                    c->at + n * GV_COUNTS_ROW_CELL_MAX + GV_CODE_SLACK, 1, err);
        if (status != GV_OK)
            return status;
        cells.column[GV_LINE - 1] = c->previous;
        c->at = (size_t)(worker->rows->code(worker->out + c->at, &cells, n) - worker->out);
        c->previous = cells.column[GV_LINE + n - 1];
        c->cells += n;
    }
    return GV_OK;
}

int gv_cooccur_worker_emit(gv_cooccur_worker *worker, uint32_t row, uint32_t base, gv_error *err)
{
    /* the head needs the length of the cells: code them with a gap before, then close it */
    size_t body = worker->used + GV_COUNTS_ROW_HEAD_MAX;
    coder c = {.at = body, .previous = base - 1 /* wraps for 0, and back when subtracted */};
    uint32_t line = base / GV_LINE;
    int status = GV_OK;
    if (line < worker->wide_lines) {
        status = code_wide(worker, &c, line, worker->wide_lines, err);
        line = worker->wide_lines;
    }
    if (status == GV_OK)
        status = code_narrow(worker, &c, line, err);
    if (status != GV_OK || c.cells == 0)
        return status;
    gv_counts_row_head head = {.row = row, .cells = c.cells, .bytes = c.at - body};
    uint8_t *after_head = gv_counts_row_put_head(worker->out + worker->used, &head);
    memmove(after_head, worker->out + body, head.bytes);
    worker->used = (size_t)(after_head - worker->out) + head.bytes;
    return GV_OK;
}
