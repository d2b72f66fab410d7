/*
 * gv_store_part_internal - the format of parts and manifests, shared by writer and reader. Private
 * to gv_store*.c.
 *
 *   part.hash    XXH3-128 over id and checksum of each blob of the part, by row
 *   parts_hash   XXH3-128 over every row of `place`, then every row of `part`, of the manifest
 *
 * A part says nothing that the manifest does not say as well, so a reader compares all of its
 * `meta`.
 */
#ifndef GV_STORE_PART_INTERNAL_H
#define GV_STORE_PART_INTERNAL_H

#include "store/gv_store_internal.h"
#include "store/gv_store_part.h"
#include <stdatomic.h>

#define GV_STORE_PART_APPLICATION_ID 0x47565350 /* "GVSP" */
#define GV_STORE_PART_VERSION        1
#define GV_STORE_PART_FORMAT         "glovebox store part"

enum { GV_STORE_PART_TABLES = 2 };
extern const gv_store_table gv_store_part_schema[GV_STORE_PART_TABLES];

/* Feed rows of a manifest to the hasher of parts_hash. */
void gv_store_part_hash_place(gv_hash_state *hasher, uint32_t blob,
                              const gv_store_part_place *place);
void gv_store_part_hash_part(gv_hash_state *hasher, const gv_store_part *part);
/* `ids`, `checksums`: [n] of a part, by row. */
GV_MUST_USE int gv_store_part_hash_blobs(gv_hash *hash, const uint32_t *ids,
                                         const uint64_t *checksums, uint32_t n, gv_error *err);

/* The name of part `part` of `parts` of the store with this content hash. */
void gv_store_part_name(char name[GV_STORE_PART_NAME], uint32_t part, uint32_t parts,
                        const char *content_hash);

/* --- the reader ------------------------------------------------------------------------------- */

/* Files of parts that all handles on a store have open together, unless there are more handles. */
enum { GV_STORE_PART_OPEN_MOST = 48 };

/* The parts of a store, and where the blobs are; all handles on the store share it. */
struct gv_store_part_set {
    gv_store_part *part;        /* [info.parts] */
    uint64_t *first_place;      /* [info.blobs + 1] in `place` */
    gv_store_part_place *place; /* [places] by blob, then part */
    uint64_t places;
    size_t part_capacity, place_capacity;
    uint32_t next_blob; /* while `place` is read */
    bool *preferred;    /* [info.parts] */
    gv_strings folders; /* where parts are looked for, in order */
    atomic_uint handles;
};

/* An open part. */
struct gv_store_part_connection {
    uint32_t part;
    char *path;
    gv_database database;
    gv_store_part_connection *next; /* the one that was used before this one */
};

/* A connection to a part that has blob `id`, and the row. Borrowed until the next call. */
GV_MUST_USE int gv_store_part_connect(const gv_store_part_connection **connection, uint32_t *row,
                                      gv_store *store, uint32_t id, gv_error *err);

#endif
