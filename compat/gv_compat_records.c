/*
 * Problem: of a symmetric matrix counts.bin has the cells row <= column, by row; of an asymmetric
 * one all cells, by the right word. The output wants all pairs by the first word, so cells must be
 * transposed.
 * Approach: a pass counts the cells of every column. Columns are then taken in bands that fit into
 * the memory. For a band, a pass over the rows collects its cells by column (a counting sort: the
 * place of each is known); then the band's words are written, for each the cells of its column,
 * which came in the order of rows, and behind them, of a symmetric matrix, those of its row. The
 * rows come from a second reader, which goes through the file once.
 * Cost: with one band, three passes over a file of 3 to 4 bytes a cell.
 */
#include "compat/gv_compat_records.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts.h"
#include <unistd.h>

enum { BUFFER_RECORDS = 1 << 16 };

/* A cell of a column. */
typedef struct turned {
    uint32_t row;
    uint32_t low, high; /* the halves of the value: 12 bytes a cell */
} turned;

typedef struct work {
    gv_counts *counts; /* read once for each band */
    gv_counts *rows;   /* read once; symmetric only */
    const gv_counts_info *info;
    uint64_t *place; /* [words + 1] of a column: its cells, then where the next one goes */
    turned *cells;
    size_t bytes; /* of `cells` */
    uint32_t row; /* that `rows` is at */
    const gv_counts_cell *own;
    size_t own_n; /* 0: there are no more rows */
    uint8_t *buffer;
    size_t buffered;
    uint64_t written;
    gv_progress *progress;
} work;

static int flush(work *w, gv_error *err)
{
    int status = gv_file_write(STDOUT_FILENO, w->buffer, w->buffered * GV_COMPAT_RECORDS_BYTES,
                               "standard output", err);
    w->written += w->buffered;
    gv_progress_add(w->progress, w->buffered);
    w->buffered = 0;
    return status == GV_OK ? gv_signal_check(err) : status;
}

static int put(work *w, uint32_t first, uint32_t second, uint64_t value, gv_error *err)
{
    uint8_t *to = w->buffer + w->buffered * GV_COMPAT_RECORDS_BYTES;
    gv_bytes_put32(to, first + 1);
    gv_bytes_put32(to + 4, second + 1);
    gv_bytes_put_double(to + 8, (double)value / (double)w->info->unit);
    return ++w->buffered == BUFFER_RECORDS ? flush(w, err) : GV_OK;
}

/* Does the cell go to its column? One of the diagonal stays in its row, if rows are written. */
static bool turns(const work *w, uint32_t row, uint32_t column)
{
    return !w->info->symmetric || column != row;
}

/* The first pass. */
static int count_columns(work *w, gv_error *err)
{
    for (;;) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n;
        int status = gv_counts_next_row(w->counts, &row, &cells, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        for (size_t i = 0; i < n; i++)
            w->place[cells[i].column] += turns(w, row, cells[i].column);
    }
}

/* The end of the band of columns that begins at `first` and holds at most `most` cells, or one
 * column. */
static uint32_t band_end(const work *w, uint32_t first, uint64_t most, uint64_t *cells)
{
    uint32_t end = first;
    *cells = 0;
    while (end < w->info->vocab_size && (end == first || *cells + w->place[end] <= most))
        *cells += w->place[end++];
    return end;
}

static int reserve_band(work *w, uint64_t cells, gv_error *err)
{
    size_t bytes = (size_t)(cells + 1) * sizeof(turned);
    if (bytes <= w->bytes)
        return GV_OK;
    gv_mem_big_free(w->cells, w->bytes);
    w->bytes = bytes;
    if ((w->cells = gv_mem_big_alloc(bytes, err)))
        return GV_OK;
    w->bytes = 0;
    return GV_E_MEMORY;
}

/* Collect the cells of columns first .. end-1. Their places are then the ends of the columns. */
static int collect(work *w, uint32_t first, uint32_t end, gv_error *err)
{
    uint64_t at = 0;
    for (uint32_t column = first; column < end; column++) {
        uint64_t cells = w->place[column];
        w->place[column] = at;
        at += cells;
    }
    int status = gv_counts_rewind(w->counts, err);
    while (status == GV_OK) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n;
        status = gv_counts_next_row(w->counts, &row, &cells, &n, err);
        if (status != GV_OK || n == 0)
            break;
        /* of a symmetric matrix, cells of these columns are in rows above them */
        if (w->info->symmetric && row >= end)
            break;
        for (size_t i = 0; i < n; i++) {
            uint32_t column = cells[i].column;
            if (column >= first && column < end && turns(w, row, column))
                w->cells[w->place[column]++] =
                    (turned){row, (uint32_t)cells[i].value, (uint32_t)(cells[i].value >> 32)};
        }
    }
    return status;
}

static int write_row(work *w, uint32_t word, gv_error *err)
{
    int status = GV_OK;
    if (!w->rows || w->own_n == 0 || w->row != word)
        return GV_OK;
    for (size_t i = 0; status == GV_OK && i < w->own_n; i++)
        status = put(w, word, w->own[i].column, w->own[i].value, err);
    return status == GV_OK ? gv_counts_next_row(w->rows, &w->row, &w->own, &w->own_n, err) : status;
}

static int write_band(work *w, uint32_t first, uint32_t end, gv_error *err)
{
    int status = GV_OK;
    uint64_t at = 0;
    for (uint32_t word = first; status == GV_OK && word < end; word++) {
        for (; status == GV_OK && at < w->place[word]; at++) {
            const turned *cell = &w->cells[at];
            status = put(w, word, cell->row, (uint64_t)cell->high << 32 | cell->low, err);
        }
        if (status == GV_OK)
            status = write_row(w, word, err);
    }
    return status;
}

static int open_files(work *w, const char *path, gv_error *err)
{
    int status = gv_counts_open(&w->counts, path, err);
    if (status != GV_OK)
        return status;
    w->info = gv_counts_about(w->counts);
    if (w->info->vocab_size > INT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "%u words: records have room for %d",
                            w->info->vocab_size, INT32_MAX);
    if (w->info->symmetric)
        status = gv_counts_open(&w->rows, path, err);
    if (status == GV_OK && w->rows)
        status = gv_counts_next_row(w->rows, &w->row, &w->own, &w->own_n, err);
    w->place = gv_mem_alloc_zero(w->info->vocab_size, sizeof *w->place, err);
    w->buffer = gv_mem_alloc(BUFFER_RECORDS, GV_COMPAT_RECORDS_BYTES, err);
    if (status == GV_OK && (!w->place || !w->buffer))
        return GV_E_MEMORY;
    return status;
}

int gv_compat_records_write(uint64_t *records, const char *counts_path, uint64_t memory,
                            gv_progress *progress, gv_error *err)
{
    work w = {.progress = progress};
    int status = open_files(&w, counts_path, err);
    if (status == GV_OK)
        status = count_columns(&w, err);
    if (status == GV_OK)
        gv_progress_begin(progress, "writing", w.info->records, "records");
    uint64_t cells, free = gv_mem_available() / 2;
    uint64_t most = (free > 0 && free < memory ? free : memory) / sizeof(turned);
    for (uint32_t first = 0, end; status == GV_OK && first < w.info->vocab_size; first = end) {
        end = band_end(&w, first, most, &cells);
        status = reserve_band(&w, cells, err);
        if (status == GV_OK)
            status = collect(&w, first, end, err);
        if (status == GV_OK)
            status = write_band(&w, first, end, err);
    }
    if (status == GV_OK)
        status = flush(&w, err);
    gv_progress_end(progress);
    *records = w.written;
    gv_mem_big_free(w.cells, w.bytes);
    gv_mem_free(w.buffer);
    gv_mem_free(w.place);
    gv_counts_close(w.rows);
    gv_counts_close(w.counts);
    return status;
}
