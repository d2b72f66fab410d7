/*
 * gv_store - store.db: vocabulary, matrix in shuffled tiles and provenance, in one SQLite file, or
 * in several.
 *
 * The schema and the layout of blobs are in docs/formats.md; any SQLite can read the file.
 * application_id and user_version identify kind and version. Readers open the file read-only and
 * never create it, so an empty or foreign file is an error and not a new database. Every blob
 * carries a checksum into which its id is mixed, every other table is covered by a hash in `meta`.
 *
 * Segments are dealt into groups; the tiles of one pair of groups form a block, stored in one or
 * more consecutive blobs of about 64 KiB to 1 MiB. If only half of a symmetric matrix is stored,
 * the pair (a, b) is the pair (b, a), and training reads the block in both directions.
 *
 * The blobs may be in other files, the parts of the store (gv_store_part.h). store.db, which is
 * then a manifest, has everything else, and names the parts.
 *
 * Errors: GV_E_USAGE when the file is missing; GV_E_CORRUPT when it is empty, foreign, of another
 * version or damaged; GV_E_RUNTIME instead if it is found that another file has taken its place
 * since it was opened; GV_E_IO when it cannot be read or written; GV_E_MEMORY. Each names the file.
 *
 * Threads: a gv_store or gv_store_writer is used by one thread at a time; open one gv_store per
 * thread. What was read from it belongs to the caller and may be used by any thread.
 */
#ifndef GV_STORE_H
#define GV_STORE_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "base/gv_progress.h"
#include "base/gv_strings.h"
#include "store/gv_tile.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

/* What the store holds. A reader's arrays and strings are borrowed until gv_store_close. */
typedef struct gv_store_info {
    uint32_t vocab_size;
    bool symmetric;   /* only row <= column is stored; a cell off the diagonal is two records */
    uint64_t unit;    /* X = value / unit */
    uint32_t window;  /* tokens; 0: unknown (imported) */
    uint64_t cells;   /* stored */
    uint64_t records; /* ordered pairs */
    uint32_t segments;
    const uint32_t *segment_first; /* [segments + 1] first id of each; the last is vocab_size */
    uint32_t groups;               /* 1 .. GV_SEGMENTS_MAX_GROUPS */
    const uint32_t *segment_group; /* [segments] below `groups` */
    uint32_t values;               /* entries of the value table, at most 65535 */
    const uint64_t *value;         /* [values] code -> cell value, in units, > 0 */
    uint32_t blobs;                /* ids 0 .. blobs - 1, in block order */
    uint64_t blob_bytes;           /* of all blobs together */
    uint64_t largest_blob;         /* bytes */
    uint32_t tiles;                /* non-empty ones */
    uint32_t parts;                /* files that the blobs are in; 0: in the store itself */
    const char *recipe;            /* JSON, of vocab + cooccur + shuffle */
    gv_hash vocab_hash;
    char content_hash[GV_HASH_HEX]; /* of everything that determines the vectors; no provenance */
} gv_store_info;

/* Words of a segment. */
static inline uint32_t gv_store_segment_words(const gv_store_info *info, uint32_t segment)
{
    return info->segment_first[segment + 1] - info->segment_first[segment];
}

/* Where a tile is. */
typedef struct gv_store_tile {
    uint32_t row_segment, column_segment; /* row_segment <= column_segment if symmetric */
    uint32_t blob;
    uint32_t offset;  /* bytes from the blob's start */
    uint32_t records; /* the tile's, as in gv_tile: one for each stored cell */
} gv_store_tile;

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct gv_store gv_store;

/*
 * Open `path` read-only, check kind and version, load the tables of segments, values and blobs and,
 * unless `load_directory` is 0, the directory: where every tile is. Blobs are not read. Everything
 * loaded is checked, so that callers may index arrays by it. The caller closes.
 */
GV_MUST_USE int gv_store_open(gv_store **store, const char *path, int load_directory,
                              gv_error *err);
/* How to open a store; all 0: as gv_store_open with `load_directory` 0. */
typedef struct gv_store_options {
    bool directory;   /* load the directory */
    bool parts_later; /* look for a part when a blob of it is read; else all parts must be there, if
                         the directory is loaded */
    /* Where parts are looked for before the folder of the store itself (store.part_dirs; borrowed
     * for the call). NULL: what config.json in that folder says. */
    const gv_strings *part_dirs;
} gv_store_options;
/* The same. A part that is missing, damaged or of another store is GV_E_CORRUPT; the message names
 * the part and where it was looked for. */
GV_MUST_USE int gv_store_open_with(gv_store **store, const char *path,
                                   const gv_store_options *options, gv_error *err);
/*
 * Another handle on the store that `of` has open, for another thread: the path is opened again, and
 * everything else is that of `of`, which must outlive it. GV_E_RUNTIME if there is a store with
 * other content at the path by now.
 */
GV_MUST_USE int gv_store_open_again(gv_store **store, const gv_store *of, gv_error *err);
/* Is the file that `store` has open still the one at its path, unchanged? If not, GV_E_RUNTIME. */
GV_MUST_USE int gv_store_check_current(const gv_store *store, gv_error *err);
/* Accepts NULL. */
void gv_store_close(gv_store *store);
/* Borrowed until close. */
const gv_store_info *gv_store_about(const gv_store *store);

/* [info->tiles] all tiles by blob, then offset; borrowed until close. NULL without the directory.
 */
const gv_store_tile *gv_store_tiles(const gv_store *store);

/* The vocabulary, checked against its hash; the caller frees it (gv_vocab_free). */
GV_MUST_USE int gv_store_vocab(gv_vocab **vocab, gv_store *store, gv_error *err);
/* The vocabulary of the run in `dir`: that of vocab.txt, else that of store.db. NULL: it has none.
 * The caller frees it. */
GV_MUST_USE int gv_store_find_vocab(gv_vocab **vocab, const char *dir, gv_error *err);
/* [vocab_size] the exact row sums of the full matrix, in units, checked against their hash; the
 * caller frees them (gv_mem_free). */
GV_MUST_USE int gv_store_row_sums(uint64_t **sums, gv_store *store, gv_error *err);

/* Check the table of words as gv_store_vocab and gv_store_row_sums do, with 24 bytes a word. */
GV_MUST_USE int gv_store_check_words(gv_store *store, gv_error *err);

/* Bytes of blob `id`. GV_E_RUNTIME if there is no such blob. */
GV_MUST_USE int gv_store_blob_size(size_t *bytes, gv_store *store, uint32_t id, gv_error *err);
/* Read blob `id` into `to`, which is 8-aligned and holds `bytes`, exactly the blob's size. A wrong
 * checksum is GV_E_CORRUPT naming file and blob. */
GV_MUST_USE int gv_store_blob_read(void *to, size_t bytes, gv_store *store, uint32_t id,
                                   gv_error *err);

typedef struct gv_store_pair {
    uint32_t id;    /* of the context */
    uint64_t value; /* X = value / unit */
} gv_store_pair;
typedef struct gv_store_pair_list {
    gv_store_pair *pairs; /* [n] strongest first, ties by id; the caller frees (gv_mem_free) */
    size_t n;
    size_t contexts; /* all that the word has; n is at most the limit */
} gv_store_pair_list;
/*
 * The contexts of `word`: a pair for every X(word, j) > 0, at most `limit` of them (0: all). Reads
 * the blobs that can hold the word, from the blocks of its group: of a symmetric store with 32
 * groups that is 32 of 528 blocks, about a sixteenth. An id beyond the vocabulary is
 * GV_E_RUNTIME.
 */
GV_MUST_USE int gv_store_pairs(gv_store_pair_list *list, gv_store *store, uint32_t word,
                               size_t limit, gv_error *err);

/* Called with a stored cell: X(row, column) = value / unit; both ids are below the size of the
 * vocabulary. */
typedef void gv_store_each_fn(void *context, uint32_t row, uint32_t column, uint64_t value);
/*
 * Call `fn` with every cell of the store, in the order of the file. Of a symmetric matrix each pair
 * of words comes once. `progress` (may be NULL) advances by the bytes of each blob (`blob_bytes` in
 * all); the caller begins and ends it. GV_E_STOPPED on a signal.
 */
GV_MUST_USE int gv_store_each(gv_store *store, gv_store_each_fn *fn, void *context,
                              gv_progress *progress, gv_error *err);

/* The value of `key` in the table `meta`, NULL if there is no such key; the caller frees it. */
GV_MUST_USE int gv_store_meta(char **value, gv_store *store, const char *key, gv_error *err);

/* --- writing ---------------------------------------------------------------------------------- */

/*
 * Calls in this order: create, put_words, put_layout, put_blob for blobs 0, 1, 2 ..., commit. All
 * is one transaction into PATH.tmp, which is synced and renamed at the end: PATH is the old store
 * or the new one, never half of one. The content hash is computed on the way.
 */
typedef struct gv_store_writer gv_store_writer;
/* Begin PATH.tmp, replacing what a killed process left there. */
GV_MUST_USE int gv_store_create(gv_store_writer **writer, const char *path, gv_error *err);
/* `row_sums`: [vocab_size] in units. A count or sum of 2^63 or more is GV_E_RUNTIME. */
GV_MUST_USE int gv_store_put_words(gv_store_writer *writer, const gv_vocab *vocab,
                                   const uint64_t *row_sums, gv_error *err);
/* Takes from `info` (copied): vocab_size, symmetric, unit, window, segments, groups, values,
 * recipe, vocab_hash. */
GV_MUST_USE int gv_store_put_layout(gv_store_writer *writer, const gv_store_info *info,
                                    gv_error *err);
/* The next blob. `tiles`: [n], n >= 1, of one block, at their offsets in `blob`, ascending. */
GV_MUST_USE int gv_store_put_blob(gv_store_writer *writer, const void *blob, size_t bytes,
                                  const gv_store_tile *tiles, size_t n, gv_error *err);
/* Write totals and hashes, sync, rename. Frees the writer, also on failure. `cells`, `records`: of
 * all blobs. `provenance`: JSON text, borrowed; NULL means "{}". */
GV_MUST_USE int gv_store_commit(gv_store_writer **writer, uint64_t cells, uint64_t records,
                                const char *provenance, gv_error *err);
/* Give up: remove PATH.tmp and free the writer. Accepts a NULL writer. */
void gv_store_abort(gv_store_writer **writer);

#endif
