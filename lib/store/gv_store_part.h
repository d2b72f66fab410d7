/*
 * gv_store_part - the parts of a store whose blobs are in several files.
 *
 * A part is an SQLite file with blobs of the store and nothing else; store.db, the manifest, says
 * which blob is where (docs/formats.md). Its name has its number and the beginning of the store's
 * content hash, so the parts of a new store never replace those of the old one: they are put in
 * place first, then store.db is renamed, and last the old parts are removed.
 *
 * Part k (from 0) belongs to the groups g with gv_store_part_of_group(g) == k, and holds all blocks
 * on whose word rows training works: of a symmetric store that is every block of these groups, so
 * that a block of two groups may be in two parts; else the blocks whose row group is one of them.
 *
 * Errors: as gv_store.h. Threads: a writer is used by one thread at a time.
 */
#ifndef GV_STORE_PART_H
#define GV_STORE_PART_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "base/gv_strings.h"
#include "store/gv_store.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    GV_STORE_PARTS_MAX = 65536,
    GV_STORE_PART_NAME = 64 /* bytes of a part's file name, with the NUL */
};

/* A part, as the manifest names it. */
typedef struct gv_store_part {
    uint64_t bytes; /* of the file */
    uint32_t blobs;
    uint64_t blob_bytes;           /* of all its blobs together */
    gv_hash hash;                  /* of which blobs it has, with their checksums */
    char name[GV_STORE_PART_NAME]; /* of the file, without its folder */
} gv_store_part;

/* Where the data of a blob is. */
typedef struct gv_store_part_place {
    uint32_t part; /* from 0 */
    uint32_t row;  /* number of the blob in the part, from 0 */
} gv_store_part_place;

/* The part, from 0, that a group of segments belongs to. */
static inline uint32_t gv_store_part_of_group(uint32_t group, uint32_t groups, uint32_t parts)
{
    return (uint32_t)((uint64_t)group * parts / groups);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* [info->parts] the parts of an open store; borrowed until close, NULL if it is one file. */
const gv_store_part *gv_store_part_list(const gv_store *store);

/* Look for part `part` (from 0) and check that it is of this store. `*path` is where it is; the
 * caller frees it. */
GV_MUST_USE int gv_store_part_find(char **path, gv_store *store, uint32_t part, gv_error *err);

/*
 * The groups whose word rows this process trains: `groups` is [info->groups]. From now on, also in
 * handles that gv_store_open_again makes, blobs are read from the parts of these groups where they
 * have them; others are used only for the rest. Before any other thread has a handle.
 */
void gv_store_part_prefer(gv_store *store, const bool *groups);

/* Were groups named that are preferred? Then others may be out of reach. */
bool gv_store_part_prefers(const gv_store *store);
/* Are the preferred parts there, and of this store? */
GV_MUST_USE int gv_store_part_check_preferred(gv_store *store, gv_error *err);

/* Is the file at `path` a part of a store, by its first bytes? */
bool gv_store_part_is_file(const char *path);

/* Append the names of the parts that the store at `path` has, as far as it can be read: none if it
 * is missing, damaged or one file. The only error is GV_E_MEMORY. */
GV_MUST_USE int gv_store_part_names(gv_strings *names, const char *path, gv_error *err);

/* Append the names of parts in the folder of the store at `path` that are not among `named`: a
 * killed shuffle has left them. A folder that cannot be read has none. The only error is
 * GV_E_MEMORY. */
GV_MUST_USE int gv_store_part_left(gv_strings *left, const char *path, const gv_strings *named,
                                   gv_error *err);

/* After a new store has taken the place of the one at `path`: remove those of the parts `old`
 * (gv_store_part_names) that the new one does not have, from the folders that are searched for them
 * (`part_dirs` may be NULL) as far as they can be removed. The only error is GV_E_MEMORY. */
GV_MUST_USE int gv_store_part_remove_old(const gv_strings *old, const char *path,
                                         const gv_strings *part_dirs, gv_error *err);

/* --- writing (the manifest: gv_store_manifest.h) ---------------------------------------------- */

/* The folder to write a part to: the first of `part_dirs` (may be NULL) that there is, else the
 * folder of the store at `path`. The caller frees; NULL: GV_E_MEMORY. */
char *gv_store_part_folder(const gv_strings *part_dirs, const char *path, gv_error *err);

typedef struct gv_store_part_writer gv_store_part_writer;
/* Begin a file for part `number` (from 0) of `parts` in `folder`, under a temporary name. */
GV_MUST_USE int gv_store_part_create(gv_store_part_writer **writer, const char *folder,
                                     uint32_t number, uint32_t parts, gv_error *err);
/* Append a blob: the first is in row 0. Blobs may come in any order. */
GV_MUST_USE int gv_store_part_put(gv_store_part_writer *writer, const void *data, size_t bytes,
                                  gv_error *err);
/* Read a blob that was put; `to` holds `bytes`, exactly its size. A blob's checksum depends on its
 * id, which may be known only when all parts are written. */
GV_MUST_USE int gv_store_part_read(void *to, size_t bytes, gv_store_part_writer *writer,
                                   uint32_t row, gv_error *err);

/* What a part holds, by row. */
typedef struct gv_store_part_content {
    const uint32_t *ids;       /* [blobs] of the blobs */
    const uint64_t *checksums; /* [blobs] gv_store_part_checksum */
    const char *content_hash;  /* of the store: gv_store_manifest_put_totals */
} gv_store_part_content;
/* Complete the part, sync it and give it its name; `*part` is what the manifest says of it. Frees
 * the writer, also on failure. */
GV_MUST_USE int gv_store_part_commit(gv_store_part *part, gv_store_part_writer **writer,
                                     const gv_store_part_content *content, gv_error *err);
/* Give up: remove the file and free the writer. Accepts a NULL writer. */
void gv_store_part_abort(gv_store_part_writer **writer);

/* The checksum of a blob that will be number `id`, with the tiles [n] that it holds, at their
 * offsets. GV_E_MEMORY. */
GV_MUST_USE int gv_store_part_checksum(uint64_t *checksum, uint32_t id, const gv_store_tile *tiles,
                                       size_t n, const void *data, size_t bytes, gv_error *err);

#endif
