/*
 * gv_counts - the co-occurrence matrix in a file (counts.bin): exact integers, sorted by row, then
 * column, coded by row. Byte layout in docs/formats.md.
 *
 * A cell holds a 64-bit integer; the real count is X = cell / unit. With a symmetric window only
 * the cells row <= column are stored and X(j,i) = X(i,j); an ordered record is one ordered pair
 * (i,j) with X > 0, so a stored off-diagonal cell stands for two. Row = the word, column = its
 * context.
 *
 * The file holds only what determines its bytes: no time, host, path, threads, budgets. It is
 * written front to back: header, blocks of whole rows (each with its checksum, the header's
 * checksum and its number mixed in), trailer with the totals and a checksum of all that precedes.
 * Threads: one writer or reader is used by one thread at a time.
 */
#ifndef GV_COUNTS_H
#define GV_COUNTS_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_counts_info {
    uint32_t vocab_size;
    bool symmetric;
    uint32_t window; /* 0: unknown (imported) */
    uint64_t unit;   /* X = cell / unit; at least 1 */
    gv_hash128 vocab_hash;
    char *recipe; /* gv_config_recipe of the stages so far; owned by reader or caller */
    /* totals: known when reading; filled in by the writer */
    uint64_t tokens;         /* in-vocabulary tokens counted, not those dropped by cooccur.sample */
    uint64_t cells;          /* stored */
    uint64_t records;        /* ordered pairs */
    gv_hash128 content_hash; /* XXH3-128 of all bytes before the trailer */
    gv_hash128 file_hash;    /* of all bytes; from the writer only */
} gv_counts_info;

/* One cell of a row. */
typedef struct gv_counts_cell {
    uint32_t column;
    uint64_t value; /* > 0 */
} gv_counts_cell;

typedef struct gv_counts_writer gv_counts_writer;

/* Begin PATH (as PATH.tmp). `info` gives the header fields; its recipe is copied. */
GV_MUST_USE int gv_counts_create(gv_counts_writer **writer, const char *path,
                                 const gv_counts_info *info, gv_error *err);
/* Next row: rows ascending, empty ones left out; `cells` ascending by column, n >= 1, columns >=
 * row if symmetric. */
GV_MUST_USE int gv_counts_put_row(gv_counts_writer *writer, uint32_t row,
                                  const gv_counts_cell *cells, size_t n, gv_error *err);
/* The same for rows that are coded already (gv_counts_row.h): `bytes` bytes of whole coded rows,
 * ascending, after all earlier ones. For writers that code rows in parallel. */
GV_MUST_USE int gv_counts_put_coded(gv_counts_writer *writer, const uint8_t *rows, size_t bytes,
                                    gv_error *err);
/* Cells put so far. */
uint64_t gv_counts_cells(const gv_counts_writer *writer);
/* Write the trailer and make it PATH; `tokens` for the totals. Frees the writer, also on failure.
 * `info` (may be NULL) receives the totals. */
GV_MUST_USE int gv_counts_commit(gv_counts_writer **writer, uint64_t tokens, gv_counts_info *info,
                                 gv_error *err);
void gv_counts_abort(gv_counts_writer **writer);

typedef struct gv_counts gv_counts;

/* Open and check magic, version, header, trailer. Damage is GV_E_CORRUPT naming the file. */
GV_MUST_USE int gv_counts_open(gv_counts **counts, const char *path, gv_error *err);
void gv_counts_close(gv_counts *counts);
const gv_counts_info *gv_counts_about(const gv_counts *counts);

/* Next row (borrowed until the next call); `*n` is 0 at the end. Verifies block checksums; the end
 * verifies the totals. Every row, column and order is checked, so callers may index by them. */
GV_MUST_USE int gv_counts_next_row(gv_counts *counts, uint32_t *row, const gv_counts_cell **cells,
                                   size_t *n, gv_error *err);
/* Back to the first row. */
GV_MUST_USE int gv_counts_rewind(gv_counts *counts, gv_error *err);

#endif
