/*
 * Reading the blobs of a store and their directories, from the store itself or from its parts.
 */
#include "base/gv_mem.h"
#include "store/gv_store_part_internal.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

const gv_store_blob *gv_store_blob_about(const gv_store *store, uint32_t id)
{
    return &store->blobs[id];
}

int gv_store_blob_size(size_t *bytes, gv_store *store, uint32_t id, gv_error *err)
{
    if (id >= store->info.blobs)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s has no blob %" PRIu32 ": it has %" PRIu32 " blobs", store->path, id,
                            store->info.blobs);
    *bytes = store->blobs[id].bytes;
    return GV_OK;
}

/* Position select_directory on blob `id`; the caller resets it. */
static int step_directory(gv_store *store, uint32_t id, gv_error *err)
{
    sqlite3_bind_int64(store->select_directory, 1, id);
    int code = sqlite3_step(store->select_directory);
    if (code == SQLITE_ROW)
        return GV_OK;
    if (code == SQLITE_DONE)
        return gv_store_reader_damaged(store, err, "blob %" PRIu32 " is missing", id);
    return gv_store_reader_sql_failed(store, code, err);
}

int gv_store_blob_tiles(const gv_store_tile **tiles, gv_store *store, uint32_t id, gv_error *err)
{
    gv_error own = GV_ERROR_INIT;
    int status = gv_mem_reserve(&store->blob_tiles, &store->blob_tiles_capacity,
                                store->blobs[id].tiles, sizeof *store->blob_tiles, &own);
    if (status == GV_OK)
        status = step_directory(store, id, &own);
    if (status == GV_OK)
        status = gv_store_reader_decode_directory(store->blob_tiles, store, id,
                                                  store->select_directory, 0, &own);
    /* the directory was borrowed from the statement; resetting also ends the read transaction,
     * which would block writers */
    sqlite3_reset(store->select_directory);
    *tiles = store->blob_tiles;
    return gv_store_reader_end(store, status, &own, err);
}

/* The table that has the data of a blob. */
typedef struct blob_source {
    const gv_database *database;
    const char *table;
    sqlite3_int64 row;
} blob_source;

static int find_source(blob_source *source, gv_store *store, uint32_t id, gv_error *err)
{
    const gv_store_part_connection *part;
    uint32_t row = 0;
    *source = (blob_source){&store->database, "tile", id};
    if (!store->parts)
        return GV_OK;
    int status = gv_store_part_connect(&part, &row, store, id, err);
    if (status == GV_OK)
        *source = (blob_source){&part->database, "blob", row};
    return status;
}

/* The file that `source` is in has other data for the blob than the store says. */
static int blob_damaged(const blob_source *source, uint32_t id, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (blob %" PRIu32 ": %s)%s",
                        source->database->path, id, what, source->database->advice);
}

static int read_data(void *to, size_t bytes, const blob_source *source, uint32_t id, gv_error *err)
{
    sqlite3_blob *blob = NULL;
    char what[64];
    /* the incremental interface reads the bytes from the pages straight to `to`; a SELECT would
     * first assemble the BLOB in memory */
    int code = sqlite3_blob_open(source->database->db, "main", source->table, "data", source->row,
                                 0, &blob);
    int status = GV_OK;
    if (code == SQLITE_OK && (size_t)sqlite3_blob_bytes(blob) != bytes) {
        snprintf(what, sizeof what, "expected %zu bytes, found %d", bytes,
                 sqlite3_blob_bytes(blob));
        status = blob_damaged(source, id, what, err);
    } else if (code == SQLITE_OK)
        code = sqlite3_blob_read(blob, to, (int)bytes, 0);
    if (status == GV_OK && code != SQLITE_OK)
        status = gv_database_fail(source->database, code, err);
    sqlite3_blob_close(blob);
    return status;
}

static int check_blob(const void *data, size_t bytes, gv_store *store, uint32_t id,
                      const blob_source *source, gv_error *err)
{
    int status = step_directory(store, id, err);
    if (status == GV_OK) {
        const void *directory = sqlite3_column_blob(store->select_directory, 0);
        size_t length = (size_t)sqlite3_column_bytes(store->select_directory, 0);
        if (!directory && sqlite3_errcode(store->database.db) == SQLITE_NOMEM)
            status = gv_store_reader_sql_failed(store, SQLITE_NOMEM, err);
        else if (gv_store_checksum(id, directory, length, data, bytes) != store->blobs[id].checksum)
            status = blob_damaged(source, id, "checksum mismatch", err);
    }
    sqlite3_reset(store->select_directory);
    return status;
}

int gv_store_blob_read(void *to, size_t bytes, gv_store *store, uint32_t id, gv_error *err)
{
    size_t actual = 0;
    gv_error own = GV_ERROR_INIT;
    int status = gv_store_blob_size(&actual, store, id, err);
    if (status != GV_OK)
        return status;
    /* sqlite3_blob_read takes an int */
    if (bytes != actual || bytes > INT_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "%s: blob %" PRIu32 " has %zu bytes, not %zu",
                            store->path, id, actual, bytes);
    blob_source source;
    status = find_source(&source, store, id, &own);
    if (status == GV_OK)
        status = read_data(to, bytes, &source, id, &own);
    if (status == GV_OK)
        status = check_blob(to, bytes, store, id, &source, &own);
    return gv_store_reader_end(store, status, &own, err);
}
