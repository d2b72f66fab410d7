/*
 * gv_store_manifest - writing store.db where the blobs are in parts (gv_store_part.h).
 *
 * The writer is that of gv_store.h. The calls are gv_store_manifest_create, gv_store_put_words,
 * gv_store_put_layout, gv_store_manifest_put_blob for blobs 0, 1, 2 ..., then
 * gv_store_manifest_put_totals, gv_store_manifest_put_part for parts 0, 1, 2 ..., and
 * gv_store_commit; gv_store_abort gives up at any point.
 *
 * Errors: as gv_store.h. Threads: a writer is used by one thread at a time.
 */
#ifndef GV_STORE_MANIFEST_H
#define GV_STORE_MANIFEST_H

#include "store/gv_store_part.h"

/* As gv_store_create, for a store with `parts` parts: 1 .. GV_STORE_PARTS_MAX. */
GV_MUST_USE int gv_store_manifest_create(gv_store_writer **writer, const char *path, uint32_t parts,
                                         gv_error *err);

/* A blob of a store in parts. */
typedef struct gv_store_manifest_blob {
    const gv_store_tile *tiles; /* [tile_count] as in gv_store_put_blob; `blob` is not read */
    size_t tile_count;
    uint64_t bytes, checksum;          /* of the blob; gv_store_part_checksum */
    const gv_store_part_place *places; /* [place_count] at least 1, in ascending order of parts */
    size_t place_count;
} gv_store_manifest_blob;
/* The next blob. */
GV_MUST_USE int gv_store_manifest_put_blob(gv_store_writer *writer,
                                           const gv_store_manifest_blob *blob, gv_error *err);

/* All blobs were put. `cells` and `records` as in gv_store_commit. The content hash is known from
 * here. */
GV_MUST_USE int gv_store_manifest_put_totals(gv_store_writer *writer, uint64_t cells,
                                             uint64_t records, char content_hash[GV_HASH_HEX],
                                             gv_error *err);

/* The next part. GV_E_RUNTIME if it does not have the blobs that were put for it. */
GV_MUST_USE int gv_store_manifest_put_part(gv_store_writer *writer, const gv_store_part *part,
                                           gv_error *err);

#endif
