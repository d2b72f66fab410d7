/*
 * gv_counts - the co-occurrence matrix in a file (counts.bin): exact integers, sorted by row, then
 * column, coded by row.
 *
 * A cell holds a 64-bit integer; the real count is X = cell / unit. With a symmetric window only
 * the cells row <= column are stored and X(j,i) = X(i,j). A record is one ordered pair (i,j) with
 * X > 0, so a stored cell off the diagonal counts as two. Row = the word, column = its context.
 *
 * The file holds only what determines its bytes: no time, host, path, threads or budgets. It is
 * written front to back: header, blocks of whole rows (each with a checksum into which the header's
 * checksum and the block's number are mixed), trailer with the totals and a checksum of all that
 * precedes.
 *
 * Errors: GV_E_CORRUPT for a file that is empty, truncated, damaged, foreign or of another version;
 * GV_E_IO; GV_E_MEMORY. Each names the file. GV_E_RUNTIME where a caller breaks the order of rows.
 *
 * Source: the byte layout in docs/formats.md.
 * Threads: one writer or reader is used by one thread at a time; gv_counts_each.h reads with many.
 */
#ifndef GV_COUNTS_H
#define GV_COUNTS_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_counts_info {
    uint32_t vocab_size; /* words, at least 1 */
    bool symmetric;
    uint32_t window; /* tokens; 0: unknown (imported) */
    uint64_t unit;   /* X = cell / unit; at least 1 */
    gv_hash vocab_hash;
    char *recipe; /* gv_config_recipe of the stages so far; owned by reader or caller */
    /* totals: known when reading; filled in by gv_counts_commit when writing */
    uint64_t tokens;      /* in-vocabulary tokens counted, not those dropped by cooccur.sample */
    uint64_t cells;       /* stored */
    uint64_t records;     /* ordered pairs */
    gv_hash content_hash; /* XXH3-128 of all bytes before the trailer */
    gv_hash file_hash;    /* of all bytes; from gv_counts_commit only */
} gv_counts_info;

/* One cell of a row. */
typedef struct gv_counts_cell {
    uint32_t column;
    uint64_t value; /* in units, > 0 */
} gv_counts_cell;

/* --- writing ---------------------------------------------------------------------------------- */

typedef struct gv_counts_writer gv_counts_writer;

/* Begin PATH (as PATH.tmp). `info` gives the header fields; its recipe is copied. The caller ends
 * the writer with commit or abort. */
GV_MUST_USE int gv_counts_create(gv_counts_writer **writer, const char *path,
                                 const gv_counts_info *info, gv_error *err);
/* The next row. Rows ascend, empty ones are left out. `cells`: [n], n >= 1, ascending by column;
 * columns >= row if symmetric. */
GV_MUST_USE int gv_counts_put_row(gv_counts_writer *writer, uint32_t row,
                                  const gv_counts_cell *cells, size_t n, gv_error *err);
/* The next rows, already coded (gv_counts_row.h): `bytes` bytes of whole rows, ascending. For
 * callers that code rows in parallel; cells are not checked. */
GV_MUST_USE int gv_counts_put_coded(gv_counts_writer *writer, const uint8_t *rows, size_t bytes,
                                    gv_error *err);
/* Cells put so far. */
uint64_t gv_counts_cells(const gv_counts_writer *writer);
/* Write the trailer, sync, rename to PATH. `tokens` goes into the totals, which `info` (may be
 * NULL) receives. Frees the writer, also on failure. */
GV_MUST_USE int gv_counts_commit(gv_counts_writer **writer, uint64_t tokens, gv_counts_info *info,
                                 gv_error *err);
/* Give up: remove PATH.tmp and free the writer. Accepts NULL and a NULL writer. */
void gv_counts_abort(gv_counts_writer **writer);

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct gv_counts gv_counts;

/* Open and check magic, version, header and trailer. The caller closes. */
GV_MUST_USE int gv_counts_open(gv_counts **counts, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_counts_close(gv_counts *counts);
/* Borrowed until close. */
const gv_counts_info *gv_counts_about(const gv_counts *counts);
/* Bytes of the largest block that has been read so far: a block holds whole rows, so it is as large
 * as the longest of them. */
uint64_t gv_counts_largest_block(const gv_counts *counts);

/* The next row; `*cells` ([*n]) is borrowed until the next call, `*n` is 0 at the end. Verifies the
 * checksums of blocks and, at the end, the totals. Rows, columns and their order are checked, so
 * callers may index arrays by them. */
GV_MUST_USE int gv_counts_next_row(gv_counts *counts, uint32_t *row, const gv_counts_cell **cells,
                                   size_t *n, gv_error *err);
/* Back to the first row. */
GV_MUST_USE int gv_counts_rewind(gv_counts *counts, gv_error *err);

#endif
