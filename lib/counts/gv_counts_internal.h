/*
 * gv_counts_internal - the fixed parts of counts.bin, shared by its writer and its readers: one row
 * at a time (gv_counts_reader.c), many threads (gv_counts_each.c). Private to gv_counts*.c.
 *
 * Errors: GV_E_CORRUPT naming the file; GV_E_IO, GV_E_MEMORY.
 * Source: the byte layout in docs/formats.md.
 * Threads: as gv_counts.h, where nothing else is said.
 */
#ifndef GV_COUNTS_INTERNAL_H
#define GV_COUNTS_INTERNAL_H

#include "counts/gv_counts.h"
#include "counts/gv_counts_row.h"

#define GV_COUNTS_MAGIC       "GVCOUNTS"
#define GV_COUNTS_TAIL        "GVCNTEND"
#define GV_COUNTS_VERSION     1u
#define GV_COUNTS_SYMMETRIC   1u /* bit of the header's flags */
#define GV_COUNTS_RECIPE_MAX  (1u << 20)
#define GV_COUNTS_WORDS_FREE  (1u << 22) /* more words than that need a byte of the file each */
#define GV_COUNTS_BLOCK_BYTES (1u << 18) /* a block ends with the row that reaches this */

enum {
    GV_COUNTS_HEAD = 56,       /* bytes of the header before the recipe */
    GV_COUNTS_CHECK = 8,       /* bytes of a checksum */
    GV_COUNTS_BLOCK_HEAD = 32, /* tag, rows, payload bytes, cells, checksum */
    GV_COUNTS_TRAILER = 64,
    GV_COUNTS_ROW_LEAST = 5,  /* bytes of a row: three numbers and a cell */
    GV_COUNTS_CELL_LEAST = 2, /* bytes of a cell: two numbers */
    GV_COUNTS_PADDING = 80 /* zero bytes after a payload in memory, for decoders that look ahead */
};

#define GV_COUNTS_BLOCK_TAG 0x53574f52u /* "ROWS" */

/* Seed of the checksums of block `number`: blocks cannot change places, or files. */
static inline uint64_t gv_counts_seed(uint64_t header_check, uint64_t number)
{
    return header_check + number + 1;
}

/* A block of whole rows. Its memory is reused by the next block read into it: begin with zeros, end
 * with gv_mem_free(payload). */
typedef struct gv_counts_block {
    uint64_t number; /* in the file */
    uint32_t rows;
    uint64_t cells;
    uint8_t *payload; /* and GV_COUNTS_PADDING zeros */
    size_t bytes, capacity;
    uint64_t check; /* the payload's checksum, as the file states */
    uint64_t seed;  /* of that checksum */
} gv_counts_block;

/* Blocks in the file, as the trailer states. */
uint64_t gv_counts_blocks(const gv_counts *counts);
/* Where the first block begins, and where the last one ends (the trailer's place). */
uint64_t gv_counts_blocks_begin(const gv_counts *counts);
uint64_t gv_counts_blocks_end(const gv_counts *counts);
/* Read bytes between these places; the pass is not moved. */
GV_MUST_USE int gv_counts_read_at(const gv_counts *counts, void *to, size_t bytes, uint64_t offset,
                                  gv_error *err);
/* The next block to be taken is number `block`, at `offset`. The checksum of the whole file can
 * then not be compared before gv_counts_rewind. */
GV_MUST_USE int gv_counts_go_to(gv_counts *counts, uint64_t offset, uint64_t block, gv_error *err);
/* Read the next block; there must be one. The payload is not verified yet. */
GV_MUST_USE int gv_counts_take_block(gv_counts *counts, gv_counts_block *block, gv_error *err);
/* Verify the payload's checksum; for different blocks on several threads at once. */
GV_MUST_USE int gv_counts_check_block(const gv_counts *counts, const gv_counts_block *block,
                                      gv_error *err);
/* What is left of a block's payload. */
typedef struct gv_counts_rows {
    const uint8_t *at, *end;
    uint32_t rows_left;
    uint64_t cells_left;
    int64_t last_row; /* -1 before the first */
} gv_counts_rows;

/* Begin with the rows of a block; rows must come after `last_row`. */
static inline gv_counts_rows gv_counts_rows_of(const gv_counts_block *block, int64_t last_row)
{
    return (gv_counts_rows){.at = block->payload,
                            .end = block->payload + block->bytes,
                            .rows_left = block->rows,
                            .cells_left = block->cells,
                            .last_row = last_row};
}

/* Read and check the head of the next row; `rows` moves to its cells, which are before rows->end,
 * and counts the row as taken. On several threads at once. */
GV_MUST_USE int gv_counts_take_head(const gv_counts *counts, gv_counts_rows *rows,
                                    gv_counts_row_head *head, gv_error *err);
/* All rows of the block were taken: nothing may be left. */
GV_MUST_USE int gv_counts_end_rows(const gv_counts *counts, const gv_counts_rows *rows,
                                   gv_error *err);
/* All blocks were taken: compare the cells and records found, and the checksum, with the trailer.
 */
GV_MUST_USE int gv_counts_end(gv_counts *counts, uint64_t cells, uint64_t records, gv_error *err);
/* GV_E_CORRUPT that names the file and what is wrong. */
GV_MUST_USE int gv_counts_damaged(const gv_counts *counts, const char *what, gv_error *err);

#endif
