/*
 * gv_store_internal - what reader and writer of store.db share: the format's constants, SQLite's
 * errors, the hashes. Private to gv_store*.c.
 *
 * What covers what:
 *
 *   blob checksum   XXH3-64, seed = blob id, over the blob's directory and then its data
 *   vocab_hash      words and counts (gv_vocab_hash)
 *   row_sum_hash    row sums
 *   layout_hash     segments, groups, value table
 *   directory_hash  every row of `tile` but the data; through the checksums, the data too
 *   content_hash    all of the above with shape, totals and recipe: everything that determines the
 *   vectors meta_hash       every other row of `meta`
 *
 * SQLite has no page checksums, so only these notice a flipped bit. All of them are part of the
 * format: a change here changes what a store's content_hash is.
 *
 * Threads: as gv_store.h.
 */
#ifndef GV_STORE_INTERNAL_H
#define GV_STORE_INTERNAL_H

#include "store/gv_store.h"
#include <sqlite3.h>

#define GV_STORE_APPLICATION_ID 0x47565354 /* "GVST" */
#define GV_STORE_VERSION        1
#define GV_STORE_ENTRY          16 /* bytes of one tile in a blob's directory */

/* A row of the table `tile` without its BLOBs. */
typedef struct gv_store_blob {
    uint32_t row_group, column_group; /* the block */
    uint32_t part;                    /* 0, 1 ... within the block */
    uint32_t tiles;
    uint64_t records; /* stored cells */
    uint64_t checksum;
    uint64_t bytes; /* of data */
} gv_store_blob;

/* Set the error that SQLite's result `code` means for `path`; returns its status. `db` may be NULL
 * where opening failed for lack of memory. */
GV_MUST_USE int gv_store_sql_fail(gv_error *err, sqlite3 *db, int code, const char *path);
/* Run statements that return no rows. */
GV_MUST_USE int gv_store_exec(sqlite3 *db, const char *path, const char *sql, gv_error *err);
/* Compile one statement; the caller finalizes it, also on failure (NULL is allowed). */
GV_MUST_USE int gv_store_prepare(sqlite3_stmt **statement, sqlite3 *db, const char *path,
                                 const char *sql, gv_error *err);

/* A column of the current row as text, "" for NULL; borrowed until the next step. SQLite answers
 * NULL, too, where it has no memory to convert: that is GV_E_MEMORY. */
GV_MUST_USE int gv_store_text(const char **text, sqlite3_stmt *row, int column, const char *path,
                              gv_error *err);

/* The checksum of blob `id`. */
uint64_t gv_store_checksum(uint32_t id, const void *directory, size_t directory_bytes,
                           const void *data, size_t bytes);
/* Write a tile's entry in the directory of its blob (GV_STORE_ENTRY bytes). */
void gv_store_put_entry(uint8_t *to, const gv_store_tile *tile);
/* Feed a number to a hasher as 8 little-endian bytes. */
void gv_store_hash_number(gv_hash_state *hasher, uint64_t number);
/* Feed a row of `tile` to the hasher of directory_hash; its directory may also follow in pieces
 * (directory_bytes 0). */
void gv_store_hash_blob(gv_hash_state *hasher, uint32_t id, const gv_store_blob *blob,
                        const void *directory, size_t directory_bytes);

/* `segment_records`: [segments] stored cells in the rows of each. */
GV_MUST_USE int gv_store_layout_hash(gv_hash *hash, const gv_store_info *info,
                                     const uint64_t *segment_records, gv_error *err);
/* `sums`: [n] row sums. */
gv_hash gv_store_row_sum_hash(const uint64_t *sums, uint32_t n);
/* From its parts and the totals in `info`. */
GV_MUST_USE int gv_store_content_hash(gv_hash *hash, const gv_store_info *info, gv_hash row_sums,
                                      gv_hash layout, gv_hash directory, gv_error *err);
/* Of every row of `meta` but meta_hash itself, by key. */
GV_MUST_USE int gv_store_meta_hash(gv_hash *hash, sqlite3 *db, const char *path, gv_error *err);

/* For readers of blobs (gv_store_pairs.c). `id` < info->blobs. */

/* Facts of a blob; borrowed until close. */
const gv_store_blob *gv_store_blob_about(const gv_store *store, uint32_t id);
/* [blob's tiles] from its directory, checked; borrowed until the next call. */
GV_MUST_USE int gv_store_blob_tiles(const gv_store_tile **tiles, gv_store *store, uint32_t id,
                                    gv_error *err);
/* The path, for messages. */
const char *gv_store_path(const gv_store *store);

#endif
