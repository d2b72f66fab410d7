#include "store/gv_store_manifest.h"

#include "base/gv_mem.h"
#include "store/gv_store_writer_internal.h"
#include <inttypes.h>
#include <string.h>

int gv_store_manifest_create(gv_store_writer **result, const char *path, uint32_t parts,
                             gv_error *err)
{
    *result = NULL;
    if (parts == 0 || parts > GV_STORE_PARTS_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "%s: a store has 1 to %d parts, not %" PRIu32, path,
                            GV_STORE_PARTS_MAX, parts);
    gv_store_writer *writer = NULL;
    int status = gv_store_writer_begin(&writer, path, parts, err);
    if (status != GV_OK)
        return status;
    gv_store_writer_manifest *manifest = &writer->manifest;
    if (!(manifest->expected = gv_mem_alloc_zero(parts, sizeof *manifest->expected, err)) ||
        !(manifest->hasher = gv_hash_state_new(err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_store_output_prepare(&manifest->insert_place, &writer->output,
                                         "INSERT INTO place VALUES(?,?,?,?)", err);
    if (status == GV_OK)
        *result = writer;
    else
        gv_store_writer_free(writer);
    return status;
}

static int put_place(gv_store_writer *writer, uint32_t blob, uint64_t bytes,
                     const gv_store_part_place *place, gv_error *err)
{
    gv_store_writer_manifest *manifest = &writer->manifest;
    if (place->part >= manifest->parts)
        return gv_error_set(err, GV_E_RUNTIME, "%s: there is no part %" PRIu32 " of %" PRIu32,
                            writer->path, place->part + 1, manifest->parts);
    sqlite3_stmt *row = manifest->insert_place;
    const uint64_t numbers[] = {manifest->places, blob, place->part, place->row};
    for (int i = 0; i < 4; i++)
        sqlite3_bind_int64(row, i + 1, (sqlite3_int64)numbers[i]);
    int status = gv_store_output_insert(&writer->output, row, err);
    if (status != GV_OK)
        return status;
    gv_store_part_hash_place(manifest->hasher, blob, place);
    manifest->expected[place->part].blobs++;
    manifest->expected[place->part].blob_bytes += bytes;
    manifest->places++;
    return GV_OK;
}

int gv_store_manifest_put_blob(gv_store_writer *writer, const gv_store_manifest_blob *put,
                               gv_error *err)
{
    const uint32_t id = writer->info.blobs;
    gv_store_blob blob;
    int status = gv_store_writer_begin_blob(&blob, writer, put->tiles, put->tile_count, err);
    if (status != GV_OK)
        return status;
    blob.bytes = put->bytes;
    blob.checksum = put->checksum;
    sqlite3_bind_int64(writer->insert_blob, 9, (sqlite3_int64)put->bytes);
    status = gv_store_writer_end_blob(writer, &blob, err);
    for (size_t i = 0; status == GV_OK && i < put->place_count; i++)
        status = put_place(writer, id, put->bytes, &put->places[i], err);
    return status;
}

int gv_store_manifest_put_totals(gv_store_writer *writer, uint64_t cells, uint64_t records,
                                 char content_hash[GV_HASH_HEX], gv_error *err)
{
    gv_store_writer_hashes hashes;
    writer->info.cells = cells;
    writer->info.records = records;
    int status = gv_store_writer_hash(&hashes, writer, err);
    if (status == GV_OK)
        gv_hash_hex(hashes.content, content_hash);
    return status;
}

int gv_store_manifest_put_part(gv_store_writer *writer, const gv_store_part *part, gv_error *err)
{
    gv_store_writer_manifest *manifest = &writer->manifest;
    const uint32_t number = manifest->put;
    if (number >= manifest->parts || part->blobs != manifest->expected[number].blobs ||
        part->blob_bytes != manifest->expected[number].blob_bytes)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s: part %" PRIu32 " does not have the blobs that belong to it",
                            writer->path, number + 1);
    sqlite3_stmt *row = NULL;
    char hex[GV_HASH_HEX];
    int status =
        gv_store_output_prepare(&row, &writer->output, "INSERT INTO part VALUES(?,?,?,?,?,?)", err);
    if (status == GV_OK) {
        gv_hash_hex(part->hash, hex);
        sqlite3_bind_int64(row, 1, number);
        sqlite3_bind_text(row, 2, part->name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(row, 3, (sqlite3_int64)part->bytes);
        sqlite3_bind_int64(row, 4, part->blobs);
        sqlite3_bind_int64(row, 5, (sqlite3_int64)part->blob_bytes);
        sqlite3_bind_text(row, 6, hex, -1, SQLITE_STATIC);
        status = gv_store_output_insert(&writer->output, row, err);
    }
    sqlite3_finalize(row);
    if (status != GV_OK)
        return status;
    gv_store_part_hash_part(manifest->hasher, part);
    manifest->put++;
    return GV_OK;
}
