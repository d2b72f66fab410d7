/*
 * Reading counts.bin.
 *
 * Every byte of the file is under a checksum: the header's own, two per block (head and payload,
 * seeded with the header's checksum and the block's number), the trailer's own, and the trailer's
 * checksum of everything before it, compared when the last row has been read. A block head is
 * checked before its length is believed, so damage cannot ask for absurd memory. Rows, columns and
 * values are checked all the same, so that not even a file made to deceive leads outside an array.
 */
#include "counts/gv_counts.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "counts/gv_counts_internal.h"
#include "counts/gv_counts_row.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>

struct gv_counts {
    gv_file_reader *in;
    gv_counts_info info;
    uint64_t header_check, header_bytes;
    uint64_t blocks;  /* as the trailer says */
    uint64_t largest; /* bytes of the largest block read so far */
    gv_hash_state *hasher;
    /* position of the pass */
    uint64_t offset; /* in the file, of the next block or of the trailer */
    uint64_t block;  /* number of the next block */
    uint64_t cells, records;
    int finished; /* the totals were compared */
    gv_counts_block current;
    gv_counts_rows rows; /* of it */
    gv_counts_cell *row;
    size_t row_capacity;
};

int gv_counts_damaged(const gv_counts *counts, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is damaged (%s); restore it or run glove-cooccur --force",
                        gv_file_reader_path(counts->in), what);
}

/* Header up to the recipe: kind, version and the numbers, still unverified. */
static int parse_head(gv_counts *counts, const uint8_t *head, gv_error *err)
{
    gv_counts_info *info = &counts->info;
    if (memcmp(head, GV_COUNTS_MAGIC, 8) != 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is not a matrix file of glove-cooccur",
                            gv_file_reader_path(counts->in));
    if (gv_bytes_get32(head + 8) != GV_COUNTS_VERSION)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has matrix format %" PRIu32
                            ", but this program reads format %u; run glove-cooccur again",
                            gv_file_reader_path(counts->in), gv_bytes_get32(head + 8),
                            GV_COUNTS_VERSION);
    /* layout of the header: docs/formats.md; the offsets are the writer's (write_header) */
    uint32_t flags = gv_bytes_get32(head + 12);
    if (flags & ~GV_COUNTS_SYMMETRIC)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has flags that this program does not know (%#" PRIx32
                            "); run glove-cooccur again",
                            gv_file_reader_path(counts->in), flags);
    info->symmetric = flags & GV_COUNTS_SYMMETRIC;
    info->vocab_size = gv_bytes_get32(head + 16);
    info->window = gv_bytes_get32(head + 20);
    info->unit = gv_bytes_get64(head + 24);
    info->vocab_hash = (gv_hash){gv_bytes_get64(head + 32), gv_bytes_get64(head + 40)};
    return GV_OK;
}

/* The checksum is right; but anybody can make one. Memory is taken by these numbers. */
static int check_header(gv_counts *counts, const char *recipe, size_t length, gv_error *err)
{
    const gv_counts_info *info = &counts->info;
    if (info->unit == 0 || info->unit > INT64_MAX)
        return gv_counts_damaged(counts, "header: the unit is outside 1 to 2^63 - 1", err);
    if (info->vocab_size == 0 || info->vocab_size > GV_VOCAB_MAX ||
        (info->vocab_size > GV_COUNTS_WORDS_FREE &&
         info->vocab_size > gv_file_reader_size(counts->in)))
        return gv_counts_damaged(counts, "header: the number of words is out of range", err);
    if (memchr(recipe, '\0', length))
        return gv_counts_damaged(counts, "header: the recipe contains a NUL byte", err);
    return GV_OK;
}

static int read_header(gv_counts *counts, gv_error *err)
{
    uint8_t head[GV_COUNTS_HEAD];
    if (gv_file_reader_size(counts->in) < GV_COUNTS_HEAD)
        return gv_counts_damaged(counts,
                                 gv_file_reader_size(counts->in) == 0 ? "empty" : "truncated", err);
    int status = gv_file_reader_read(counts->in, head, sizeof head, err);
    if (status == GV_OK)
        status = parse_head(counts, head, err);
    if (status != GV_OK)
        return status;
    /* not yet verified: bounded before it is used as a size */
    uint64_t length = gv_bytes_get64(head + 48);
    if (length > GV_COUNTS_RECIPE_MAX)
        return gv_counts_damaged(counts, "header: checksum mismatch", err);
    uint8_t *whole = gv_mem_alloc(GV_COUNTS_HEAD + (size_t)length + GV_COUNTS_CHECK, 1, err);
    if (!whole)
        return GV_E_MEMORY;
    memcpy(whole, head, sizeof head);
    size_t bytes = GV_COUNTS_HEAD + (size_t)length;
    status = gv_file_reader_read(counts->in, whole + GV_COUNTS_HEAD,
                                 (size_t)length + GV_COUNTS_CHECK, err);
    if (status == GV_OK) {
        counts->header_check = gv_hash_64(whole, bytes, 0);
        if (counts->header_check != gv_bytes_get64(whole + bytes))
            status = gv_counts_damaged(counts, "header: checksum mismatch", err);
    }
    if (status == GV_OK)
        status = check_header(counts, (const char *)whole + GV_COUNTS_HEAD, (size_t)length, err);
    counts->header_bytes = bytes + GV_COUNTS_CHECK;
    if (status == GV_OK) {
        gv_hash_state_update(counts->hasher, whole, (size_t)counts->header_bytes);
        counts->info.recipe =
            gv_mem_strndup((const char *)whole + GV_COUNTS_HEAD, (size_t)length, err);
        status = counts->info.recipe ? GV_OK : GV_E_MEMORY;
    }
    gv_mem_free(whole);
    return status;
}

/* Is there room for so many blocks and cells? Memory is taken by these numbers, too. */
static int check_trailer(const gv_counts *counts, gv_error *err)
{
    const gv_counts_info *info = &counts->info;
    uint64_t room =
        gv_file_reader_size(counts->in) - counts->header_bytes - (uint64_t)GV_COUNTS_TRAILER;
    uint64_t cells = info->cells, most = info->symmetric ? 2 * cells : cells;
    if (counts->blocks > room / (GV_COUNTS_BLOCK_HEAD + GV_COUNTS_CHECK + GV_COUNTS_ROW_LEAST))
        return gv_counts_damaged(counts, "trailer: more blocks than the file has room for", err);
    if (cells > room / GV_COUNTS_CELL_LEAST || counts->blocks > cells)
        return gv_counts_damaged(counts, "trailer: its number of cells does not fit the file", err);
    if (info->records > most || info->records < cells)
        return gv_counts_damaged(counts, "trailer: its number of records does not fit its cells",
                                 err);
    return GV_OK;
}

static int read_trailer(gv_counts *counts, gv_error *err)
{
    uint64_t size = gv_file_reader_size(counts->in);
    uint8_t tail[GV_COUNTS_TRAILER];
    if (size < counts->header_bytes + sizeof tail)
        return gv_counts_damaged(counts, "truncated", err);
    int status = gv_file_reader_seek(counts->in, size - sizeof tail, err);
    if (status == GV_OK)
        status = gv_file_reader_read(counts->in, tail, sizeof tail, err);
    if (status != GV_OK)
        return status;
    /* the trailer is the last thing written, so a file without it was cut off */
    if (memcmp(tail, GV_COUNTS_TAIL, 8) != 0)
        return gv_counts_damaged(counts, "truncated: it has no trailer", err);
    if (gv_bytes_get64(tail + 56) != gv_hash_64(tail, 56, counts->header_check))
        return gv_counts_damaged(counts, "trailer: checksum mismatch", err);
    counts->blocks = gv_bytes_get64(tail + 8);
    counts->info.tokens = gv_bytes_get64(tail + 16);
    counts->info.cells = gv_bytes_get64(tail + 24);
    counts->info.records = gv_bytes_get64(tail + 32);
    counts->info.content_hash = (gv_hash){gv_bytes_get64(tail + 40), gv_bytes_get64(tail + 48)};
    return check_trailer(counts, err);
}

/* The pass begins at the first block; the hasher must hold the header. */
static int begin_pass(gv_counts *counts, gv_error *err)
{
    counts->offset = counts->header_bytes;
    counts->block = counts->cells = counts->records = 0;
    counts->rows = (gv_counts_rows){.last_row = -1};
    counts->finished = 0;
    return gv_file_reader_seek(counts->in, counts->header_bytes, err);
}

int gv_counts_open(gv_counts **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_counts *counts = gv_mem_alloc_zero(1, sizeof *counts, err);
    if (!counts)
        return GV_E_MEMORY;
    int status = gv_file_reader_open(&counts->in, path, err);
    if (status == GV_OK && !(counts->hasher = gv_hash_state_new(err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = read_header(counts, err);
    if (status == GV_OK)
        status = read_trailer(counts, err);
    if (status == GV_OK)
        status = begin_pass(counts, err);
    if (status != GV_OK) {
        gv_counts_close(counts);
        return status;
    }
    *result = counts;
    return GV_OK;
}

void gv_counts_close(gv_counts *counts)
{
    if (!counts)
        return;
    gv_file_reader_close(counts->in);
    gv_hash_state_free(counts->hasher);
    gv_mem_free(counts->info.recipe);
    gv_mem_free(counts->current.payload);
    gv_mem_free(counts->row);
    gv_mem_free(counts);
}

const gv_counts_info *gv_counts_about(const gv_counts *counts)
{
    return &counts->info;
}

uint64_t gv_counts_blocks(const gv_counts *counts)
{
    return counts->blocks;
}

uint64_t gv_counts_blocks_begin(const gv_counts *counts)
{
    return counts->header_bytes;
}

uint64_t gv_counts_blocks_end(const gv_counts *counts)
{
    return gv_file_reader_size(counts->in) - GV_COUNTS_TRAILER;
}

int gv_counts_read_at(const gv_counts *counts, void *to, size_t bytes, uint64_t offset,
                      gv_error *err)
{
    return gv_file_reader_read_at(counts->in, to, bytes, offset, err);
}

int gv_counts_go_to(gv_counts *counts, uint64_t offset, uint64_t block, gv_error *err)
{
    counts->offset = offset;
    counts->block = block;
    return gv_file_reader_seek(counts->in, offset, err);
}

uint64_t gv_counts_largest_block(const gv_counts *counts)
{
    return counts->largest;
}

int gv_counts_end(gv_counts *counts, uint64_t cells, uint64_t records, gv_error *err)
{
    if (counts->finished)
        return GV_OK;
    if (counts->offset + GV_COUNTS_TRAILER != gv_file_reader_size(counts->in))
        return gv_counts_damaged(counts, "it has bytes between the last block and the trailer",
                                 err);
    if (cells != counts->info.cells || records != counts->info.records)
        return gv_counts_damaged(counts, "its number of cells does not match the trailer", err);
    if (!gv_hash_equal(gv_hash_state_digest(counts->hasher), counts->info.content_hash))
        return gv_counts_damaged(counts, "checksum mismatch", err);
    counts->finished = 1;
    return GV_OK;
}

static int read_block_head(gv_counts *counts, gv_counts_block *block, gv_error *err)
{
    uint8_t head[GV_COUNTS_BLOCK_HEAD];
    /* the offset is within the file before the trailer: read_trailer checked the header's length,
     * this function that of each block */
    uint64_t left = gv_file_reader_size(counts->in) - GV_COUNTS_TRAILER - counts->offset;
    if (left < sizeof head + GV_COUNTS_CHECK)
        return gv_counts_damaged(counts, "truncated", err);
    int status = gv_file_reader_read(counts->in, head, sizeof head, err);
    if (status != GV_OK)
        return status;
    uint64_t payload = gv_bytes_get64(head + 8);
    block->number = counts->block;
    block->seed = gv_counts_seed(counts->header_check, counts->block);
    if (gv_bytes_get64(head + 24) != gv_hash_64(head, 24, block->seed) ||
        gv_bytes_get32(head) != GV_COUNTS_BLOCK_TAG ||
        payload > left - sizeof head - GV_COUNTS_CHECK || gv_bytes_get32(head + 4) == 0)
        return gv_counts_damaged(counts, "a block header is invalid", err);
    block->rows = gv_bytes_get32(head + 4);
    block->bytes = (size_t)payload;
    counts->largest = payload > counts->largest ? payload : counts->largest;
    block->cells = gv_bytes_get64(head + 16);
    gv_hash_state_update(counts->hasher, head, sizeof head);
    return GV_OK;
}

int gv_counts_take_block(gv_counts *counts, gv_counts_block *block, gv_error *err)
{
    int status = read_block_head(counts, block, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&block->payload, &block->capacity, block->bytes + GV_COUNTS_PADDING,
                                1, err);
    if (status == GV_OK) /* the checksum is in the padding */
        status =
            gv_file_reader_read(counts->in, block->payload, block->bytes + GV_COUNTS_CHECK, err);
    if (status != GV_OK)
        return status;
    gv_hash_state_update(counts->hasher, block->payload, block->bytes + GV_COUNTS_CHECK);
    block->check = gv_bytes_get64(block->payload + block->bytes);
    memset(block->payload + block->bytes, 0, GV_COUNTS_PADDING);
    counts->block++;
    counts->offset += GV_COUNTS_BLOCK_HEAD + block->bytes + GV_COUNTS_CHECK;
    return GV_OK;
}

int gv_counts_check_block(const gv_counts *counts, const gv_counts_block *block, gv_error *err)
{
    if (block->check != gv_hash_64(block->payload, block->bytes, block->seed))
        return gv_counts_damaged(counts, "a block: checksum mismatch", err);
    return GV_OK;
}

int gv_counts_take_head(const gv_counts *counts, gv_counts_rows *rows, gv_counts_row_head *head,
                        gv_error *err)
{
    rows->at = gv_counts_row_get_head(rows->at, rows->end, head);
    if (!rows->at || head->bytes > (size_t)(rows->end - rows->at) ||
        head->cells > rows->cells_left || head->row >= counts->info.vocab_size ||
        (int64_t)head->row <= rows->last_row)
        return gv_counts_damaged(counts, "a row header is invalid", err);
    rows->rows_left--;
    rows->cells_left -= head->cells;
    rows->last_row = head->row;
    return GV_OK;
}

int gv_counts_end_rows(const gv_counts *counts, const gv_counts_rows *rows, gv_error *err)
{
    if (rows->at != rows->end || rows->cells_left != 0)
        return gv_counts_damaged(counts, "a block has bytes after its last row", err);
    return GV_OK;
}

static int next_block(gv_counts *counts, gv_error *err)
{
    int status = gv_counts_take_block(counts, &counts->current, err);
    if (status == GV_OK)
        status = gv_counts_check_block(counts, &counts->current, err);
    if (status == GV_OK)
        counts->rows = gv_counts_rows_of(&counts->current, counts->rows.last_row);
    return status;
}

/* Decode the cells of a row from [from, end) into counts->row; NULL when they are damaged. */
static const uint8_t *decode_cells(gv_counts *counts, const gv_counts_row_head *head,
                                   const uint8_t *from)
{
    const uint8_t *end = from + head->bytes;
    uint64_t next = counts->info.symmetric ? head->row : 0, limit = counts->info.vocab_size;
    gv_counts_cell *cell = counts->row;
    for (uint64_t i = 0; i < head->cells; i++, cell++) {
        uint64_t gap, value;
        if (!(from = gv_counts_row_get(from, end, &gap)) ||
            !(from = gv_counts_row_get(from, end, &value)) || value == 0 || gap >= limit - next)
            return NULL;
        cell->column = (uint32_t)(next + gap);
        cell->value = value;
        next += gap + 1;
        if (next >= limit && i + 1 < head->cells)
            return NULL;
    }
    return from == end ? end : NULL;
}

int gv_counts_next_row(gv_counts *counts, uint32_t *row, const gv_counts_cell **cells, size_t *n,
                       gv_error *err)
{
    *n = 0;
    int status = GV_OK;
    gv_counts_row_head head;
    while (counts->rows.rows_left == 0) {
        status = gv_counts_end_rows(counts, &counts->rows, err);
        if (status == GV_OK && counts->block == counts->blocks)
            return gv_counts_end(counts, counts->cells, counts->records, err);
        if (status == GV_OK)
            status = next_block(counts, err);
        if (status != GV_OK)
            return status;
    }
    status = gv_counts_take_head(counts, &counts->rows, &head, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&counts->row, &counts->row_capacity, (size_t)head.cells,
                                sizeof(gv_counts_cell), err);
    if (status != GV_OK)
        return status;
    if (!(counts->rows.at = decode_cells(counts, &head, counts->rows.at)))
        return gv_counts_damaged(counts, "the cells of a row are invalid", err);
    counts->cells += head.cells;
    counts->records +=
        counts->info.symmetric ? 2 * head.cells - (counts->row[0].column == head.row) : head.cells;
    *row = head.row;
    *cells = counts->row;
    *n = (size_t)head.cells;
    return GV_OK;
}

int gv_counts_rewind(gv_counts *counts, gv_error *err)
{
    /* the header is hashed again from the file, as the hasher cannot go back */
    gv_hash_state *fresh = gv_hash_state_new(err);
    uint8_t *head = gv_mem_alloc((size_t)counts->header_bytes, 1, err);
    int status = fresh && head ? gv_file_reader_seek(counts->in, 0, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_reader_read(counts->in, head, (size_t)counts->header_bytes, err);
    if (status == GV_OK) {
        gv_hash_state_update(fresh, head, (size_t)counts->header_bytes);
        gv_hash_state_free(counts->hasher);
        counts->hasher = fresh;
        fresh = NULL;
        status = begin_pass(counts, err);
    }
    gv_hash_state_free(fresh);
    gv_mem_free(head);
    return status;
}
