/*
 * gv_store_writer_internal - the writer of store.db, for its parts: rows as they come
 * (gv_store_writer.c), what is known only at the end (gv_store_commit.c), and the manifest of a
 * store in parts (gv_store_manifest.c).
 */
#ifndef GV_STORE_WRITER_INTERNAL_H
#define GV_STORE_WRITER_INTERNAL_H

#include "store/gv_store_internal.h"
#include "store/gv_store_output.h"
#include "store/gv_store_part_internal.h"

/* What a manifest needs beside the rest. */
typedef struct gv_store_writer_manifest {
    uint32_t parts, put; /* in all; so far */
    uint64_t places;
    gv_store_part *expected; /* [parts] `blobs` and `blob_bytes` of the blobs that were put */
    gv_hash_state *hasher;   /* of `place` and `part` */
    sqlite3_stmt *insert_place;
} gv_store_writer_manifest;

struct gv_store_writer {
    char *path;
    gv_store_output output;
    sqlite3_stmt *insert_blob;
    gv_store_info info;        /* its arrays are this writer's copies */
    uint64_t *segment_records; /* [segments] stored records in the segment's rows */
    gv_hash row_sum_hash;
    gv_hash_state *directory_hasher;
    gv_store_blob last; /* the blob before, for its part number */
    uint8_t *directory; /* of the blob that is put */
    size_t directory_capacity;
    gv_store_writer_manifest manifest; /* parts = 0: all is in one file */
};

/* Begin the file for `parts` parts, 0: in one file. */
GV_MUST_USE int gv_store_writer_begin(gv_store_writer **writer, const char *path, uint32_t parts,
                                      gv_error *err);
/* Begin the next blob: its directory, and in `blob` everything but checksum and bytes. */
GV_MUST_USE int gv_store_writer_begin_blob(gv_store_blob *blob, gv_store_writer *writer,
                                           const gv_store_tile *tiles, size_t n, gv_error *err);
/* Insert the row of the blob, whose last column is bound. */
GV_MUST_USE int gv_store_writer_end_blob(gv_store_writer *writer, const gv_store_blob *blob,
                                         gv_error *err);
/* The hashes of layout, directory and content, when all blobs were put. */
typedef struct gv_store_writer_hashes {
    gv_hash layout, directory, content;
} gv_store_writer_hashes;
GV_MUST_USE int gv_store_writer_hash(gv_store_writer_hashes *hashes, const gv_store_writer *writer,
                                     gv_error *err);
void gv_store_writer_free(gv_store_writer *writer);

#endif
