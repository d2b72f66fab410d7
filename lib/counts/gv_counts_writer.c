/*
 * Writing counts.bin.
 *
 * Problem: a matrix of up to billions of cells arrives row by row, must be written front to back
 * (the output may be hashed or piped on the way) and any later damage must be noticed.
 * Approach: coded rows are gathered in one block buffer; the row that makes the payload reach
 * GV_COUNTS_BLOCK_BYTES ends the block. So the cut depends on the rows only, not on how they were
 * passed. Totals go into the trailer, because they are not known at the start.
 * Invariant: the buffer holds BLOCK_HEAD free bytes, then whole rows.
 */
#include "counts/gv_counts.h"

#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "counts/gv_counts_internal.h"
#include "counts/gv_counts_row.h"
#include <inttypes.h>

struct gv_counts_writer {
    gv_file_writer *out;
    gv_counts_info info; /* recipe not kept */
    uint64_t header_check;
    uint64_t blocks;
    int64_t last_row; /* -1 before the first */
    uint8_t *buffer;
    size_t used, capacity;
    uint32_t block_rows;
    uint64_t block_cells;
    uint8_t *coded; /* scratch of put_row */
    size_t coded_capacity;
};

static int write_header(gv_counts_writer *writer, const char *recipe, gv_error *err)
{
    const gv_counts_info *info = &writer->info;
    size_t length = strlen(recipe);
    if (length > GV_COUNTS_RECIPE_MAX)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the recipe of counts.bin has %zu bytes (at most %u)", length,
                            GV_COUNTS_RECIPE_MAX);
    size_t bytes = GV_COUNTS_HEAD + length + GV_COUNTS_CHECK;
    uint8_t *head = gv_mem_alloc_zero(bytes, 1, err);
    if (!head)
        return GV_E_MEMORY;
    memcpy(head, GV_COUNTS_MAGIC, 8);
    gv_bytes_put32(head + 8, GV_COUNTS_VERSION);
    gv_bytes_put32(head + 12, info->symmetric ? GV_COUNTS_SYMMETRIC : 0);
    gv_bytes_put32(head + 16, info->vocab_size);
    gv_bytes_put32(head + 20, info->window);
    gv_bytes_put64(head + 24, info->unit);
    gv_bytes_put64(head + 32, info->vocab_hash.low);
    gv_bytes_put64(head + 40, info->vocab_hash.high);
    gv_bytes_put64(head + 48, length);
    memcpy(head + GV_COUNTS_HEAD, recipe, length);
    writer->header_check = gv_hash_64(head, bytes - GV_COUNTS_CHECK, 0);
    gv_bytes_put64(head + bytes - GV_COUNTS_CHECK, writer->header_check);
    int status = gv_file_writer_write(writer->out, head, bytes, err);
    gv_mem_free(head);
    return status;
}

int gv_counts_create(gv_counts_writer **result, const char *path, const gv_counts_info *info,
                     gv_error *err)
{
    *result = NULL;
    if (info->unit == 0 || info->vocab_size == 0 || !info->recipe)
        return gv_error_set(err, GV_E_RUNTIME, "%s: a matrix needs words, a unit and a recipe",
                            path);
    gv_counts_writer *writer = gv_mem_alloc_zero(1, sizeof *writer, err);
    if (!writer)
        return GV_E_MEMORY;
    writer->info = *info;
    writer->info.recipe = NULL;
    writer->info.cells = writer->info.records = 0;
    writer->last_row = -1;
    writer->used = GV_COUNTS_BLOCK_HEAD;
    int status =
        gv_mem_reserve(&writer->buffer, &writer->capacity, 2 * GV_COUNTS_BLOCK_BYTES, 1, err);
    if (status == GV_OK)
        status = gv_file_writer_open(&writer->out, path, err);
    if (status == GV_OK)
        status = write_header(writer, info->recipe, err);
    if (status != GV_OK)
        gv_counts_abort(&writer);
    *result = writer;
    return status;
}

/* The block in the buffer goes out; an empty one does not. */
static int flush_block(gv_counts_writer *writer, gv_error *err)
{
    if (writer->block_rows == 0)
        return GV_OK;
    uint64_t seed = gv_counts_seed(writer->header_check, writer->blocks);
    size_t payload = writer->used - GV_COUNTS_BLOCK_HEAD;
    /* the free bytes before the rows: head and payload go out in one write */
    uint8_t *head = writer->buffer, check[GV_COUNTS_CHECK];
    gv_bytes_put32(head, GV_COUNTS_BLOCK_TAG);
    gv_bytes_put32(head + 4, writer->block_rows);
    gv_bytes_put64(head + 8, payload);
    gv_bytes_put64(head + 16, writer->block_cells);
    gv_bytes_put64(head + 24, gv_hash_64(head, 24, seed));
    gv_bytes_put64(check, gv_hash_64(head + GV_COUNTS_BLOCK_HEAD, payload, seed));
    int status = gv_file_writer_write(writer->out, head, writer->used, err);
    if (status == GV_OK)
        status = gv_file_writer_write(writer->out, check, sizeof check, err);
    writer->blocks++;
    writer->used = GV_COUNTS_BLOCK_HEAD;
    writer->block_rows = 0;
    writer->block_cells = 0;
    return status;
}

/* One coded row of `bytes` bytes: checked against the order, counted, appended. */
static int append_row(gv_counts_writer *writer, const gv_counts_row_head *head, bool diagonal,
                      const uint8_t *row, size_t bytes, gv_error *err)
{
    if ((int64_t)head->row <= writer->last_row || head->row >= writer->info.vocab_size)
        return gv_error_set(err, GV_E_RUNTIME, "row %" PRIu32 " of the matrix is out of order",
                            head->row);
    int status = gv_mem_reserve(&writer->buffer, &writer->capacity, writer->used + bytes, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(writer->buffer + writer->used, row, bytes);
    writer->used += bytes;
    writer->last_row = head->row;
    writer->block_rows++;
    writer->block_cells += head->cells;
    writer->info.cells += head->cells;
    writer->info.records += writer->info.symmetric ? 2 * head->cells - diagonal : head->cells;
    if (writer->used - GV_COUNTS_BLOCK_HEAD < GV_COUNTS_BLOCK_BYTES)
        return GV_OK;
    return flush_block(writer, err);
}

int gv_counts_put_coded(gv_counts_writer *writer, const uint8_t *rows, size_t bytes, gv_error *err)
{
    const uint8_t *end = rows + bytes;
    while (rows < end) {
        gv_counts_row_head head;
        const uint8_t *cells = gv_counts_row_get_head(rows, end, &head);
        if (!cells || head.bytes > (size_t)(end - cells))
            return gv_error_set(err, GV_E_RUNTIME, "a coded row of the matrix is invalid");
        /* the gap of the first cell is 0 exactly if it is on the diagonal */
        int status = append_row(writer, &head, cells[0] == 0, rows,
                                (size_t)(cells - rows) + head.bytes, err);
        if (status != GV_OK)
            return status;
        rows = cells + head.bytes;
    }
    return GV_OK;
}

/* Code the cells at `to`; returns the byte after the last, NULL if they are out of order or 0. */
static uint8_t *code_cells(uint8_t *to, uint32_t base, uint32_t limit, const gv_counts_cell *cells,
                           size_t n)
{
    uint64_t next = base;
    for (size_t i = 0; i < n; i++) {
        if (cells[i].column < next || cells[i].column >= limit || cells[i].value == 0)
            return NULL;
        to = gv_counts_row_put(to, cells[i].column - next);
        to = gv_counts_row_put(to, cells[i].value);
        next = (uint64_t)cells[i].column + 1;
    }
    return to;
}

int gv_counts_put_row(gv_counts_writer *writer, uint32_t row, const gv_counts_cell *cells, size_t n,
                      gv_error *err)
{
    size_t need;
    if (n == 0 || __builtin_mul_overflow(n, (size_t)GV_COUNTS_ROW_CELL_MAX, &need))
        return gv_error_set(err, GV_E_RUNTIME, "row %" PRIu32 " of the matrix has no cells", row);
    int status = gv_mem_reserve(&writer->coded, &writer->coded_capacity,
                                need + GV_COUNTS_ROW_HEAD_MAX + 16, 1, err);
    if (status != GV_OK)
        return status;
    uint8_t *body = writer->coded + GV_COUNTS_ROW_HEAD_MAX;
    const uint8_t *end =
        code_cells(body, writer->info.symmetric ? row : 0, writer->info.vocab_size, cells, n);
    if (!end)
        return gv_error_set(err, GV_E_RUNTIME, "the cells of row %" PRIu32 " are out of order",
                            row);
    gv_counts_row_head head = {row, n, (uint64_t)(end - body)};
    uint8_t small[GV_COUNTS_ROW_HEAD_MAX];
    size_t head_bytes = (size_t)(gv_counts_row_put_head(small, &head) - small);
    /* the head states the bytes of the cells, so it is coded after them and put right before
     * them */
    memcpy(body - head_bytes, small, head_bytes);
    return append_row(writer, &head, body[0] == 0, body - head_bytes, head_bytes + head.bytes, err);
}

uint64_t gv_counts_cells(const gv_counts_writer *writer)
{
    return writer->info.cells;
}

static int write_trailer(gv_counts_writer *writer, uint64_t tokens, gv_error *err)
{
    gv_counts_info *info = &writer->info;
    info->tokens = tokens;
    /* of all that was written so far: everything but the trailer, which holds it */
    info->content_hash = gv_file_writer_hash(writer->out);
    uint8_t tail[GV_COUNTS_TRAILER];
    memcpy(tail, GV_COUNTS_TAIL, 8);
    gv_bytes_put64(tail + 8, writer->blocks);
    gv_bytes_put64(tail + 16, tokens);
    gv_bytes_put64(tail + 24, info->cells);
    gv_bytes_put64(tail + 32, info->records);
    gv_bytes_put64(tail + 40, info->content_hash.low);
    gv_bytes_put64(tail + 48, info->content_hash.high);
    gv_bytes_put64(tail + 56, gv_hash_64(tail, 56, writer->header_check));
    return gv_file_writer_write(writer->out, tail, sizeof tail, err);
}

int gv_counts_commit(gv_counts_writer **handle, uint64_t tokens, gv_counts_info *info,
                     gv_error *err)
{
    gv_counts_writer *writer = *handle;
    int status = flush_block(writer, err);
    if (status == GV_OK)
        status = write_trailer(writer, tokens, err);
    /* of the whole file; the commit releases the writer */
    gv_hash file_hash = gv_file_writer_hash(writer->out);
    if (status == GV_OK)
        status = gv_file_writer_commit(&writer->out, err);
    if (status == GV_OK && info) {
        info->tokens = tokens;
        info->cells = writer->info.cells;
        info->records = writer->info.records;
        info->content_hash = writer->info.content_hash;
        info->file_hash = file_hash;
    }
    gv_counts_abort(handle);
    return status;
}

void gv_counts_abort(gv_counts_writer **handle)
{
    if (!handle || !*handle)
        return;
    gv_counts_writer *writer = *handle;
    gv_file_writer_abort(&writer->out);
    gv_mem_free(writer->buffer);
    gv_mem_free(writer->coded);
    gv_mem_free(writer);
    *handle = NULL;
}
