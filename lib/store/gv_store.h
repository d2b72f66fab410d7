/*
 * gv_store - store.db: vocabulary, matrix in shuffled tiles, provenance, in one SQLite file.
 *
 * The only user of sqlite3.h besides gv_vectors_db.c. The schema and the blob layout stand in
 * docs/formats.md; anyone may read the file with sqlite3. application_id and user_version mark
 * kind and version; readers open it read-only and without CREATE, so an empty or foreign file is
 * an error, not a new database. Every blob carries a checksum into which its id is mixed.
 *
 * Segments are dealt into groups (at most GV_STORE_GROUPS); the tiles of one pair of groups form a
 * block, stored in one or more consecutive blobs of about 64 KiB to 1 MiB.
 *
 * Threads: a gv_store handle is used by one thread at a time; open one per thread. Views of blobs
 * that were read belong to the caller and may be used by any thread.
 */
#ifndef GV_STORE_H
#define GV_STORE_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "store/gv_tile.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

#define GV_STORE_GROUPS 32

typedef struct gv_store_info {
    uint32_t vocab_size;
    bool symmetric; /* only row <= column stored; each off-diagonal cell is two ordered records */
    uint64_t unit;  /* X = value / unit */
    uint32_t window;
    uint64_t cells, records; /* stored cells; ordered records */
    uint32_t segments;
    const uint32_t
        *segment_first; /* [segments + 1] first id of each; the last entry is vocab_size */
    uint32_t groups;
    const uint32_t *segment_group; /* [segments] */
    uint32_t values;               /* entries of the value table, at most 65535 */
    const uint64_t *value;         /* [values] code -> cell value */
    uint32_t blobs;                /* ids 0 .. blobs-1, in block order */
    uint64_t blob_bytes;           /* all blobs together */
    uint64_t largest_blob;
    uint32_t tiles;     /* non-empty tiles */
    const char *recipe; /* of vocab + cooccur + shuffle */
    gv_hash128 vocab_hash;
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
    uint32_t records; /* stored */
} gv_store_tile;

typedef struct gv_store gv_store;

/* Open read-only, check kind and version, load the tables of segments, values and tiles (not the
 * blobs). Errors name the file: missing (GV_E_USAGE, run glove-shuffle), empty, foreign, damaged
 * (GV_E_CORRUPT). `load_directory` 0 skips the tile directory. */
GV_MUST_USE int gv_store_open(gv_store **store, const char *path, int load_directory,
                              gv_error *err);
void gv_store_close(gv_store *store);
const gv_store_info *gv_store_about(const gv_store *store);

/* All tiles, by blob, then offset (borrowed). */
const gv_store_tile *gv_store_tiles(const gv_store *store);

/* The vocabulary (caller frees); row sums of the full matrix in units, exact (array of vocab_size,
 * caller frees with gv_mem_free). Checked against the hashes in meta. */
GV_MUST_USE int gv_store_vocab(gv_vocab **vocab, gv_store *store, gv_error *err);
GV_MUST_USE int gv_store_row_sums(uint64_t **sums, gv_store *store, gv_error *err);

/* Bytes of blob `id`. */
GV_MUST_USE int gv_store_blob_size(size_t *bytes, gv_store *store, uint32_t id, gv_error *err);
/* Read blob `id` into `to` (8-aligned, that many bytes) and verify its checksum: GV_E_CORRUPT
 * naming file and blob. */
GV_MUST_USE int gv_store_blob_read(void *to, size_t bytes, gv_store *store, uint32_t id,
                                   gv_error *err);

typedef struct gv_store_pair {
    uint32_t id;
    uint64_t value; /* X = value / unit */
} gv_store_pair;
typedef struct gv_store_pair_list {
    gv_store_pair *pairs; /* [n] strongest first, ties by id; freed by the caller (gv_mem_free) */
    size_t n;
    size_t contexts; /* all that the word has; n is at most the limit */
} gv_store_pair_list;
/*
 * The contexts of `word`: a pair for every X(word, j) > 0, at most `limit` of them (0: all). Reads
 * the blobs that can hold the word, about a sixteenth of the store. An id beyond the vocabulary is
 * GV_E_RUNTIME.
 */
GV_MUST_USE int gv_store_pairs(gv_store_pair_list *list, gv_store *store, uint32_t word,
                               size_t limit, gv_error *err);

/* A value of the meta table (caller frees), NULL if there is no such key. */
GV_MUST_USE int gv_store_meta(char **value, gv_store *store, const char *key, gv_error *err);

/*
 * Writing, in this order: create, words, segments + values, blobs 0, 1, 2 ..., commit. One
 * transaction into PATH.tmp, synced, renamed. The content hash is computed on the way.
 */
typedef struct gv_store_writer gv_store_writer;
GV_MUST_USE int gv_store_create(gv_store_writer **writer, const char *path, gv_error *err);
GV_MUST_USE int gv_store_put_words(gv_store_writer *writer, const gv_vocab *vocab,
                                   const uint64_t *row_sums, gv_error *err);
/* Of `info`: vocab_size, symmetric, unit, window, segments, groups, values, recipe, vocab_hash. */
GV_MUST_USE int gv_store_put_layout(gv_store_writer *writer, const gv_store_info *info,
                                    gv_error *err);
/* `tiles` (n of them, with blob = this blob's id) lie in `blob` at their offsets. */
GV_MUST_USE int gv_store_put_blob(gv_store_writer *writer, const void *blob, size_t bytes,
                                  const gv_store_tile *tiles, size_t n, gv_error *err);
/* Ends the writer, also on failure. `cells`, `records`: totals. `provenance`: JSON text, borrowed; NULL
 * stands for "{}". */
GV_MUST_USE int gv_store_commit(gv_store_writer **writer, uint64_t cells, uint64_t records,
                                const char *provenance, gv_error *err);
void gv_store_abort(gv_store_writer **writer);

#endif
