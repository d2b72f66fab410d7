/*
 * Writing store.db: rows as they come (gv_store_output.h says how the file is written). PATH is at
 * every moment the old store or the new one.
 *
 * Hashes are computed meanwhile (gv_store_internal.h); the numbers that are only known at the end
 * (records of a segment, totals, hashes) are written by gv_store_commit.
 */
#include "store/gv_store_writer_internal.h"

#include "base/gv_file_target.h"
#include "base/gv_mem.h"
#include <inttypes.h>
#include <string.h>

void gv_store_writer_free(gv_store_writer *writer)
{
    if (!writer)
        return;
    sqlite3_finalize(writer->insert_blob);
    sqlite3_finalize(writer->manifest.insert_place);
    gv_store_output_clear(&writer->output);
    gv_hash_state_free(writer->directory_hasher);
    gv_hash_state_free(writer->manifest.hasher);
    gv_mem_free(writer->manifest.expected);
    /* this writer's own copies; gv_store_info has them const, for readers */
    gv_mem_free((void *)(uintptr_t)writer->info.segment_first);
    gv_mem_free((void *)(uintptr_t)writer->info.segment_group);
    gv_mem_free((void *)(uintptr_t)writer->info.value);
    gv_mem_free((void *)(uintptr_t)writer->info.recipe);
    gv_mem_free(writer->segment_records);
    gv_mem_free(writer->directory);
    gv_mem_free(writer->path);
    gv_mem_free(writer);
}

static int begin(gv_store_writer *writer, const char *path, uint32_t parts, gv_error *err)
{
    const gv_store_output_kind kind = {
        .tables = parts ? gv_store_manifest_schema : gv_store_schema,
        .table_count = parts ? GV_STORE_MANIFEST_TABLES : GV_STORE_TABLES,
        .application_id = GV_STORE_APPLICATION_ID,
        .version = parts ? GV_STORE_MANIFEST_VERSION : GV_STORE_VERSION};
    if (!(writer->path = gv_mem_strdup(path, err)) ||
        !(writer->directory_hasher = gv_hash_state_new(err)))
        return GV_E_MEMORY;
    int status = gv_file_target_need_file(path, "store", err);
    if (status == GV_OK)
        status = gv_store_output_create(&writer->output, path, &kind, err);
    if (status == GV_OK)
        status = gv_store_output_prepare(&writer->insert_blob, &writer->output,
                                         "INSERT INTO tile VALUES(?,?,?,?,?,?,?,?,?)", err);
    return status;
}

int gv_store_writer_begin(gv_store_writer **result, const char *path, uint32_t parts, gv_error *err)
{
    *result = NULL;
    gv_store_writer *writer = gv_mem_alloc_zero(1, sizeof *writer, err);
    if (!writer)
        return GV_E_MEMORY;
    writer->output.fd = -1;
    writer->manifest.parts = parts;
    int status = begin(writer, path, parts, err);
    if (status == GV_OK)
        *result = writer;
    else
        gv_store_writer_free(writer);
    return status;
}

int gv_store_create(gv_store_writer **writer, const char *path, gv_error *err)
{
    return gv_store_writer_begin(writer, path, 0, err);
}

void gv_store_abort(gv_store_writer **writer)
{
    if (!writer)
        return;
    gv_store_writer_free(*writer);
    *writer = NULL;
}

static int put_word(gv_store_writer *writer, sqlite3_stmt *statement, const gv_vocab *vocab,
                    uint32_t id, uint64_t row_sum, gv_error *err)
{
    uint64_t count = gv_vocab_count(vocab, id);
    const char *word = gv_vocab_word(vocab, id);
    if (count > INT64_MAX || row_sum > INT64_MAX)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "%s: the counts of the word '%s' exceed the 63 bits of an SQLite integer", writer->path,
            word);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)id + 1);
    sqlite3_bind_text64(statement, 2, word, gv_vocab_word_length(vocab, id), SQLITE_STATIC,
                        SQLITE_UTF8);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)count);
    sqlite3_bind_int64(statement, 4, (sqlite3_int64)row_sum);
    return gv_store_output_insert(&writer->output, statement, err);
}

int gv_store_put_words(gv_store_writer *writer, const gv_vocab *vocab, const uint64_t *row_sums,
                       gv_error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = gv_store_output_prepare(&statement, &writer->output,
                                         "INSERT INTO word VALUES(?,?,?,?)", err);
    uint32_t size = gv_vocab_size(vocab);
    for (uint32_t id = 0; status == GV_OK && id < size; id++)
        status = put_word(writer, statement, vocab, id, row_sums[id], err);
    sqlite3_finalize(statement);
    writer->row_sum_hash = gv_store_row_sum_hash(row_sums, size);
    return status;
}

/* `to` is the address of a pointer of any type. */
static int copy_array(void *to, const void *from, size_t n, size_t size, gv_error *err)
{
    void *copy = gv_mem_alloc(n, size, err);
    if (!copy)
        return GV_E_MEMORY;
    if (n)
        memcpy(copy, from, n * size);
    memcpy(to, &copy, sizeof copy);
    return GV_OK;
}

static int copy_layout(gv_store_writer *writer, const gv_store_info *info, gv_error *err)
{
    gv_store_info *own = &writer->info;
    *own = *info;
    own->segment_first = own->segment_group = NULL;
    own->value = NULL;
    own->recipe = NULL;
    own->cells = own->records = own->blob_bytes = own->largest_blob = 0;
    own->blobs = own->tiles = 0;
    int status = copy_array(&own->segment_first, info->segment_first, (size_t)info->segments + 1,
                            sizeof *info->segment_first, err);
    if (status == GV_OK)
        status = copy_array(&own->segment_group, info->segment_group, info->segments,
                            sizeof *info->segment_group, err);
    if (status == GV_OK)
        status = copy_array(&own->value, info->value, info->values, sizeof *info->value, err);
    if (status == GV_OK && (!(own->recipe = gv_mem_strdup(info->recipe, err)) ||
                            !(writer->segment_records = gv_mem_alloc_zero(
                                  info->segments, sizeof *writer->segment_records, err))))
        status = GV_E_MEMORY;
    return status;
}

int gv_store_put_layout(gv_store_writer *writer, const gv_store_info *info, gv_error *err)
{
    sqlite3_stmt *statement = NULL;
    /* what readers would refuse must not replace a store that they take */
    if (info->unit == 0 || info->unit > INT64_MAX)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s: the unit of the counts, %" PRIu64
                            ", is outside the 63 bits of an SQLite integer",
                            writer->path, info->unit);
    int status = copy_layout(writer, info, err);
    if (status == GV_OK)
        status = gv_store_output_prepare(&statement, &writer->output,
                                         "INSERT INTO value VALUES(?,?)", err);
    for (uint32_t code = 0; status == GV_OK && code < info->values; code++) {
        sqlite3_bind_int64(statement, 1, code);
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)info->value[code]);
        status = gv_store_output_insert(&writer->output, statement, err);
    }
    sqlite3_finalize(statement);
    return status;
}

/* The pair of groups that the tile's block belongs to. */
static void block_of(gv_store_blob *blob, const gv_store_info *info, const gv_store_tile *tile)
{
    uint32_t row = info->segment_group[tile->row_segment];
    uint32_t column = info->segment_group[tile->column_segment];
    /* of a symmetric matrix a block (q, p) is stored as (p, q): groups are dealt by mass, so their
     * order is not that of the ids */
    int swap = info->symmetric && row > column;
    blob->row_group = swap ? column : row;
    blob->column_group = swap ? row : column;
}

static int build_directory(gv_store_writer *writer, const gv_store_tile *tiles, size_t n,
                           gv_error *err)
{
    int status =
        gv_mem_reserve(&writer->directory, &writer->directory_capacity, n * GV_STORE_ENTRY, 1, err);
    if (status != GV_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        gv_store_put_entry(writer->directory + i * GV_STORE_ENTRY, &tiles[i]);
    return GV_OK;
}

int gv_store_writer_begin_blob(gv_store_blob *blob, gv_store_writer *writer,
                               const gv_store_tile *tiles, size_t n, gv_error *err)
{
    *blob = (gv_store_blob){.tiles = (uint32_t)n};
    int status = build_directory(writer, tiles, n, err);
    if (status != GV_OK)
        return status;
    block_of(blob, &writer->info, &tiles[0]);
    /* the blobs of a block follow each other, so its next part has the number after the last */
    if (writer->info.blobs > 0 && writer->last.row_group == blob->row_group &&
        writer->last.column_group == blob->column_group)
        blob->part = writer->last.part + 1;
    for (size_t i = 0; i < n; i++) {
        blob->records += tiles[i].records;
        writer->segment_records[tiles[i].row_segment] += tiles[i].records;
    }
    return GV_OK;
}

int gv_store_writer_end_blob(gv_store_writer *writer, const gv_store_blob *blob, gv_error *err)
{
    gv_store_info *info = &writer->info;
    const size_t directory_bytes = (size_t)blob->tiles * GV_STORE_ENTRY;
    sqlite3_stmt *row = writer->insert_blob;
    const uint64_t numbers[] = {info->blobs, blob->row_group, blob->column_group, blob->part,
                                blob->tiles, blob->records,   blob->checksum};
    for (int i = 0; i < 7; i++)
        sqlite3_bind_int64(row, i + 1, (sqlite3_int64)numbers[i]);
    sqlite3_bind_blob64(row, 8, writer->directory, directory_bytes, SQLITE_STATIC);
    int status = gv_store_output_insert(&writer->output, row, err);
    if (status != GV_OK)
        return status;
    gv_store_hash_blob(writer->directory_hasher, info->blobs, blob, writer->directory,
                       directory_bytes);
    info->blobs++;
    info->tiles += blob->tiles;
    info->blob_bytes += blob->bytes;
    if (blob->bytes > info->largest_blob)
        info->largest_blob = blob->bytes;
    writer->last = *blob;
    return GV_OK;
}

int gv_store_put_blob(gv_store_writer *writer, const void *data, size_t bytes,
                      const gv_store_tile *tiles, size_t n, gv_error *err)
{
    gv_store_blob blob;
    int status = gv_store_writer_begin_blob(&blob, writer, tiles, n, err);
    if (status != GV_OK)
        return status;
    blob.bytes = bytes;
    blob.checksum =
        gv_store_checksum(writer->info.blobs, writer->directory, n * GV_STORE_ENTRY, data, bytes);
    sqlite3_bind_blob64(writer->insert_blob, 9, data, bytes, SQLITE_STATIC);
    status = gv_store_writer_end_blob(writer, &blob, err);
    if (status == GV_OK)
        gv_store_output_write_behind(&writer->output, bytes);
    return status;
}
