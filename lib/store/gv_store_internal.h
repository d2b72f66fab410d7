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

#include "base/gv_database.h"
#include "base/gv_file.h"
#include "store/gv_store.h"
#include <sqlite3.h>

#define GV_STORE_APPLICATION_ID   0x47565354 /* "GVST" */
#define GV_STORE_VERSION          1
#define GV_STORE_MANIFEST_VERSION 2 /* of a store in parts; its content hash is that of version 1 */
#define GV_STORE_ENTRY            16        /* bytes of one tile in a blob's directory */
#define GV_STORE_META_MAX         100       /* rows of `meta` at most */
#define GV_STORE_RECIPE_MAX       (1 << 20) /* bytes of the recipe at most */
#define GV_STORE_ADVICE           "; run glove-shuffle --force"

/* A table of the schema, and the statement that makes it: readers want exactly these. */
enum { GV_STORE_TABLES = 5, GV_STORE_MANIFEST_TABLES = 7 };
typedef struct gv_store_table {
    const char *name, *sql;
} gv_store_table;
extern const gv_store_table gv_store_schema[GV_STORE_TABLES];
extern const gv_store_table gv_store_manifest_schema[GV_STORE_MANIFEST_TABLES];

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
/* Of every row of `meta` but meta_hash itself, by key. More than GV_STORE_META_MAX rows are
 * GV_E_CORRUPT. */
GV_MUST_USE int gv_store_meta_hash(gv_hash *hash, sqlite3 *db, const char *path, gv_error *err);

/* For readers of blobs (gv_store_pairs.c, gv_store_each.c). `id` < info->blobs. */

/* Facts of a blob; borrowed until close. */
const gv_store_blob *gv_store_blob_about(const gv_store *store, uint32_t id);
/* View the tile `where` of the blob that `blob` holds, and check it against the directory. */
GV_MUST_USE int gv_store_view_tile(gv_tile *tile, const gv_store *store, const uint8_t *blob,
                                   const gv_store_tile *where, gv_error *err);
/* [blob's tiles] from its directory, checked; borrowed until the next call. */
GV_MUST_USE int gv_store_blob_tiles(const gv_store_tile **tiles, gv_store *store, uint32_t id,
                                    gv_error *err);
/* The path, for messages. */
const char *gv_store_path(const gv_store *store);

/* --- the reader ------------------------------------------------------------------------------ */

/*
 * An open store, for the parts of the reader: what is loaded when (gv_store.c), `meta`
 * (gv_store_meta.c), segments, values and blobs (gv_store_tables.c), words (gv_store_words.c).
 *
 * A store from a stranger may state anything, with hashes to match. So every number is compared
 * with what it must agree with, and memory is taken only for what the file has room for.
 */

/* Where the table `word` goes: [vocab_size] each; NULL: that is not wanted. */
typedef struct gv_store_reader_list {
    char **words;
    uint64_t *counts, *sums;
    gv_hash *seen;         /* of each word */
    gv_hash_state *hasher; /* of vocab.txt */
    uint64_t total;        /* of the counts so far */
} gv_store_reader_list;

/* Of a store in parts (gv_store_part_internal.h). */
typedef struct gv_store_part_set gv_store_part_set;
typedef struct gv_store_part_connection gv_store_part_connection;

struct gv_store {
    char *path;
    gv_database database;
    gv_file_stat look;  /* at the path, before it was opened */
    bool borrows;       /* all arrays are those of another handle */
    gv_store_info info; /* the arrays below, borrowed */
    uint32_t *segment_first, *segment_group;
    uint64_t *value, *segment_records;
    char *recipe;
    gv_hash row_sum_hash;
    gv_store_blob *blobs;
    size_t blob_capacity;
    uint64_t blob_sum;    /* bytes of the blobs so far, while these are read */
    gv_store_tile *tiles; /* NULL without the directory */
    size_t tile_count, tile_capacity;
    gv_store_part_set *parts;              /* NULL: it is one file */
    gv_store_part_connection *connections; /* of this handle */
    sqlite3_stmt *select_directory;
    gv_store_reader_list list; /* while the table `word` is read */
    gv_store_tile *blob_tiles; /* scratch of gv_store_blob_tiles */
    size_t blob_tiles_capacity;
};

/* Set the error that the file is damaged; returns its status. */
__attribute__((format(printf, 3, 4))) GV_MUST_USE int
gv_store_reader_damaged(const gv_store *store, gv_error *err, const char *format, ...);
GV_MUST_USE int gv_store_reader_sql_failed(const gv_store *store, int code, gv_error *err);
GV_MUST_USE int gv_store_reader_prepare(sqlite3_stmt **row, const gv_store *store, const char *sql,
                                        gv_error *err);
/* What every public function ends with: pass on `own`, the error of its work, if there was one; but
 * damage is none if another file has taken the place of this one meanwhile. Returns the status. */
GV_MUST_USE int gv_store_reader_end(const gv_store *store, int status, const gv_error *own,
                                    gv_error *err);

/* Takes row `number` of a table; the first column of `row` is that number. */
typedef int gv_store_reader_row_fn(gv_store *store, sqlite3_stmt *row, uint32_t number,
                                   gv_error *err);
/* A table as it is read. */
typedef struct gv_store_reader_table {
    const char *name, *sql;
    const char *types; /* of the columns: i integer, t text, b BLOB */
    uint32_t rows;     /* that it must have */
} gv_store_reader_table;
/*
 * Call `take` for every row of the table. The first column must count 0, 1, 2 ... and there must be
 * as many rows as expected, so that `take` may index arrays by it.
 */
GV_MUST_USE int gv_store_reader_each_row(gv_store *store, const gv_store_reader_table *table,
                                         gv_store_reader_row_fn *take, gv_error *err);

/* 32 hexadecimal digits. False if `text` is something else. */
bool gv_store_reader_parse_hash(gv_hash *hash, const char *text);
/* A key of `meta` that must be there and be a hash. */
GV_MUST_USE int gv_store_reader_meta_hash(gv_hash *hash, gv_store *store, const char *key,
                                          gv_error *err);
/* Compare a hash with the one that `meta` states; `fault`: the damage if they differ. */
GV_MUST_USE int gv_store_reader_check_hash(gv_store *store, const char *key, gv_hash actual,
                                           const char *fault, gv_error *err);

/* The steps of opening, in this order. */
GV_MUST_USE int gv_store_reader_load_meta(gv_store *store, gv_error *err);
GV_MUST_USE int gv_store_reader_load_layout(gv_store *store, gv_error *err);
GV_MUST_USE int gv_store_reader_load_blobs(gv_store *store, gv_error *err);
/* Where every tile is; then the content hash can be checked. */
GV_MUST_USE int gv_store_reader_load_directory(gv_store *store, gv_error *err);

/* --- of a store in parts ---------------------------------------------------------------------- */

/* An empty set; NULL: GV_E_MEMORY. */
gv_store_part_set *gv_store_part_new(gv_error *err);
/* One more handle reads from the set that it has from another. */
void gv_store_part_share(gv_store *store);
/* Close the parts that this handle has open; the handle that does not borrow frees the set. */
void gv_store_part_close(gv_store *store);
/* Load the tables `part` and `place` of a manifest, whose blobs are loaded. */
GV_MUST_USE int gv_store_part_load(gv_store *store, gv_error *err);
/* The folders to look in: `part_dirs` (NULL: those of config.json beside the store), then that of
 * the store itself. */
GV_MUST_USE int gv_store_part_take_folders(gv_store *store, const gv_strings *part_dirs,
                                           gv_error *err);
/* Is every part there, and of this store? */
GV_MUST_USE int gv_store_part_check_all(gv_store *store, gv_error *err);

/* --- directories ------------------------------------------------------------------------------ */

/* Check the directory of blob `id` and decode it into `tiles` ([the blob's]). */
GV_MUST_USE int gv_store_reader_decode_directory(gv_store_tile *tiles, const gv_store *store,
                                                 uint32_t id, sqlite3_stmt *row, int column,
                                                 gv_error *err);

#endif
