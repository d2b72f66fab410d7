/*
 * Writing a part of a store: blobs as they come, and at the end what the manifest says of them.
 */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "store/gv_store_output.h"
#include "store/gv_store_part_internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct gv_store_part_writer {
    char *folder;
    uint32_t number, parts;
    gv_store_output output;
    sqlite3_stmt *insert;
    sqlite3_blob *reading; /* on the row that was read last */
    uint32_t blobs;
    uint64_t blob_bytes;
};

/* --- what the manifest covers ----------------------------------------------------------------- */

void gv_store_part_hash_place(gv_hash_state *hasher, uint32_t blob,
                              const gv_store_part_place *place)
{
    gv_store_hash_number(hasher, blob);
    gv_store_hash_number(hasher, place->part);
    gv_store_hash_number(hasher, place->row);
}

void gv_store_part_hash_part(gv_hash_state *hasher, const gv_store_part *part)
{
    const uint64_t numbers[] = {part->bytes,     part->blobs,    part->blob_bytes,
                                part->hash.high, part->hash.low, strlen(part->name)};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        gv_store_hash_number(hasher, numbers[i]);
    gv_hash_state_update(hasher, part->name, strlen(part->name));
}

int gv_store_part_hash_blobs(gv_hash *hash, const uint32_t *ids, const uint64_t *checksums,
                             uint32_t n, gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        gv_store_hash_number(hasher, ids[i]);
        gv_store_hash_number(hasher, checksums[i]);
    }
    *hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return GV_OK;
}

int gv_store_part_checksum(uint64_t *checksum, uint32_t id, const gv_store_tile *tiles, size_t n,
                           const void *data, size_t bytes, gv_error *err)
{
    uint8_t *directory = gv_mem_alloc(n, GV_STORE_ENTRY, err);
    if (!directory)
        return GV_E_MEMORY;
    for (size_t i = 0; i < n; i++)
        gv_store_put_entry(directory + i * GV_STORE_ENTRY, &tiles[i]);
    *checksum = gv_store_checksum(id, directory, n * GV_STORE_ENTRY, data, bytes);
    gv_mem_free(directory);
    return GV_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void writer_free(gv_store_part_writer *writer)
{
    if (!writer)
        return;
    sqlite3_blob_close(writer->reading);
    sqlite3_finalize(writer->insert);
    gv_store_output_clear(&writer->output);
    gv_mem_free(writer->folder);
    gv_mem_free(writer);
}

static int begin(gv_store_part_writer *writer, const char *folder, gv_error *err)
{
    const gv_store_output_kind kind = {.tables = gv_store_part_schema,
                                       .table_count = GV_STORE_PART_TABLES,
                                       .application_id = GV_STORE_PART_APPLICATION_ID,
                                       .version = GV_STORE_PART_VERSION};
    char name[GV_STORE_PART_NAME];
    snprintf(name, sizeof name, "store-%" PRIu32 "of%" PRIu32 ".db", writer->number + 1,
             writer->parts);
    if (!(writer->folder = gv_mem_strdup(folder, err)))
        return GV_E_MEMORY;
    char *path = gv_file_path_join(folder, name, err);
    int status = path ? gv_store_output_create(&writer->output, path, &kind, err) : GV_E_MEMORY;
    gv_mem_free(path);
    if (status == GV_OK)
        status = gv_store_output_prepare(&writer->insert, &writer->output,
                                         "INSERT INTO blob VALUES(?,?)", err);
    return status;
}

int gv_store_part_create(gv_store_part_writer **result, const char *folder, uint32_t number,
                         uint32_t parts, gv_error *err)
{
    *result = NULL;
    gv_store_part_writer *writer = gv_mem_alloc_zero(1, sizeof *writer, err);
    if (!writer)
        return GV_E_MEMORY;
    writer->output.fd = -1;
    writer->number = number;
    writer->parts = parts;
    int status = begin(writer, folder, err);
    if (status == GV_OK)
        *result = writer;
    else
        writer_free(writer);
    return status;
}

int gv_store_part_put(gv_store_part_writer *writer, const void *data, size_t bytes, gv_error *err)
{
    sqlite3_bind_int64(writer->insert, 1, writer->blobs);
    sqlite3_bind_blob64(writer->insert, 2, data, bytes, SQLITE_STATIC);
    int status = gv_store_output_insert(&writer->output, writer->insert, err);
    if (status != GV_OK)
        return status;
    writer->blobs++;
    writer->blob_bytes += bytes;
    gv_store_output_write_behind(&writer->output, bytes);
    return GV_OK;
}

int gv_store_part_read(void *to, size_t bytes, gv_store_part_writer *writer, uint32_t row,
                       gv_error *err)
{
    /* opened once, then moved: opening compiles a statement */
    int code = writer->reading ? sqlite3_blob_reopen(writer->reading, row)
                               : sqlite3_blob_open(writer->output.db, "main", "blob", "data", row,
                                                   0, &writer->reading);
    if (code == SQLITE_OK && (size_t)sqlite3_blob_bytes(writer->reading) != bytes)
        return gv_error_set(err, GV_E_RUNTIME, "%s: blob %" PRIu32 " has %d bytes, not %zu",
                            writer->output.path, row, sqlite3_blob_bytes(writer->reading), bytes);
    if (code == SQLITE_OK)
        code = sqlite3_blob_read(writer->reading, to, (int)bytes, 0);
    return code == SQLITE_OK ? GV_OK
                             : gv_store_sql_fail(err, writer->output.db, code, writer->output.path);
}

/* A reader compares every row with the manifest. */
static int put_meta(gv_store_part_writer *writer, gv_hash hash, const char *content_hash,
                    gv_error *err)
{
    const gv_store_output_number numbers[] = {{"number", writer->number + 1},
                                              {"parts", writer->parts},
                                              {"blobs", writer->blobs},
                                              {"blob_bytes", writer->blob_bytes}};
    const gv_store_output *output = &writer->output;
    sqlite3_stmt *row = NULL;
    int status = gv_store_output_prepare(&row, output, "INSERT INTO meta VALUES(?,?)", err);
    if (status == GV_OK)
        status = gv_store_output_meta_text(output, row, "format", GV_STORE_PART_FORMAT, err);
    if (status == GV_OK)
        status = gv_store_output_meta_text(output, row, "content_hash", content_hash, err);
    if (status == GV_OK)
        status = gv_store_output_meta_hash(output, row, "hash", hash, err);
    if (status == GV_OK)
        status = gv_store_output_meta_numbers(output, row, numbers,
                                              sizeof numbers / sizeof *numbers, err);
    sqlite3_finalize(row);
    return status;
}

/* End the file and give it its name. */
static int place(gv_store_part *part, gv_store_part_writer *writer, gv_error *err)
{
    gv_file_stat look = {0};
    sqlite3_finalize(writer->insert);
    sqlite3_blob_close(writer->reading);
    writer->insert = NULL;
    writer->reading = NULL;
    char *path = gv_file_path_join(writer->folder, part->name, err);
    int status = path ? gv_store_output_finish(&writer->output, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_look(&look, writer->output.path, err);
    part->bytes = look.size;
    if (status == GV_OK)
        status = gv_file_replace(writer->output.path, path, err);
    gv_mem_free(path);
    return status;
}

int gv_store_part_commit(gv_store_part *part, gv_store_part_writer **handle,
                         const gv_store_part_content *content, gv_error *err)
{
    gv_store_part_writer *writer = *handle;
    *handle = NULL;
    *part = (gv_store_part){.blobs = writer->blobs, .blob_bytes = writer->blob_bytes};
    gv_store_part_name(part->name, writer->number, writer->parts, content->content_hash);
    int status =
        gv_store_part_hash_blobs(&part->hash, content->ids, content->checksums, writer->blobs, err);
    if (status == GV_OK)
        status = put_meta(writer, part->hash, content->content_hash, err);
    if (status == GV_OK)
        status = place(part, writer, err);
    writer_free(writer);
    return status;
}

void gv_store_part_abort(gv_store_part_writer **writer)
{
    if (!writer)
        return;
    writer_free(*writer);
    *writer = NULL;
}
