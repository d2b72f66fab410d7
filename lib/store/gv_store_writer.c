/*
 * Writing store.db.
 *
 * All goes into PATH.tmp, in one transaction without a rollback journal and without syncing: no
 * program reads that file, and after a failure it is deleted, so SQLite's protection would cost
 * time for nothing. The file is synced once, when it is complete, and renamed over PATH. So it is
 * written front to back at about the speed of the disk, and PATH is at every moment the old store
 * or the new one.
 *
 * Hashes are computed meanwhile (gv_store_internal.h); the numbers that are only known at the end
 * (records of a segment, totals, hashes) are written by gv_store_commit.
 */
#include "store/gv_store_internal.h"

#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_mem.h"
#include "base/gv_sqlite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct gv_store_writer {
    char *path, *temp_path;
    sqlite3 *db;
    sqlite3_stmt *insert_blob;
    gv_store_info info;        /* its arrays are this writer's copies */
    uint64_t *segment_records; /* [segments] stored records in the segment's rows */
    gv_hash row_sum_hash;
    gv_hash_state *directory_hasher;
    gv_store_blob last; /* the blob before, for its part number */
    uint8_t *directory;
    size_t directory_capacity;
    int fd;             /* beside SQLite's own descriptor: the lock, and for write_behind; or -1 */
    uint64_t unwritten; /* bytes put since the last write_behind */
};

/* A BLOB is a chain of pages, so pages of 16 KiB need fewer links than SQLite's usual 4 KiB. A
 * cache of 4 MiB is enough, as pages are written once and not read again. */
static const char settings[] = "PRAGMA page_size = 16384;"
                               "PRAGMA journal_mode = OFF;"
                               "PRAGMA synchronous = OFF;"
                               "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA cache_size = -4096;"
                               "PRAGMA encoding = 'UTF-8';"
                               "BEGIN";

static void writer_free(gv_store_writer *writer)
{
    if (!writer)
        return;
    sqlite3_finalize(writer->insert_blob);
    sqlite3_close(writer->db);
    /* without the descriptor nothing was created: the file may be another program's */
    if (writer->fd >= 0) {
        if (writer->temp_path)
            unlink(writer->temp_path);
        close(writer->fd);
    }
    gv_hash_state_free(writer->directory_hasher);
    /* this writer's own copies; gv_store_info has them const, for readers */
    gv_mem_free((void *)(uintptr_t)writer->info.segment_first);
    gv_mem_free((void *)(uintptr_t)writer->info.segment_group);
    gv_mem_free((void *)(uintptr_t)writer->info.value);
    gv_mem_free((void *)(uintptr_t)writer->info.recipe);
    gv_mem_free(writer->segment_records);
    gv_mem_free(writer->directory);
    gv_mem_free(writer->temp_path);
    gv_mem_free(writer->path);
    gv_mem_free(writer);
}

int gv_store_create(gv_store_writer **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_store_writer *writer = gv_mem_alloc_zero(1, sizeof *writer, err);
    if (!writer)
        return GV_E_MEMORY;
    writer->fd = -1;
    int status = GV_E_MEMORY;
    if (!(writer->path = gv_mem_strdup(path, err)) ||
        !(writer->temp_path = gv_mem_format(err, "%s.tmp", path)) ||
        !(writer->directory_hasher = gv_hash_state_new(err)))
        goto failed;
    status = gv_file_target_need_file(path, "store", err);
    if (status == GV_OK)
        status = gv_sqlite_create(&writer->fd, writer->temp_path, err);
    if (status != GV_OK)
        goto failed;
    int code =
        gv_sqlite_open(&writer->db, writer->temp_path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX);
    if (code != SQLITE_OK) {
        status = gv_store_sql_fail(err, writer->db, code, writer->temp_path);
        goto failed;
    }
    status = gv_sqlite_check_writable(writer->db, writer->temp_path, err);
    if (status == GV_OK)
        status = gv_store_exec(writer->db, writer->temp_path, settings, err);
    for (int i = 0; status == GV_OK && i < GV_STORE_TABLES; i++)
        status = gv_store_exec(writer->db, writer->temp_path, gv_store_schema[i].sql, err);
    char marks[128];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             GV_STORE_APPLICATION_ID, GV_STORE_VERSION);
    if (status == GV_OK)
        status = gv_store_exec(writer->db, writer->temp_path, marks, err);
    if (status == GV_OK)
        status = gv_store_prepare(&writer->insert_blob, writer->db, writer->temp_path,
                                  "INSERT INTO tile VALUES(?,?,?,?,?,?,?,?,?)", err);
    if (status != GV_OK)
        goto failed;
    *result = writer;
    return GV_OK;
failed:
    writer_free(writer);
    return status;
}

void gv_store_abort(gv_store_writer **writer)
{
    if (!writer)
        return;
    writer_free(*writer);
    *writer = NULL;
}

/* Run an INSERT whose parameters are bound, and make it ready for the next row. */
static int insert(gv_store_writer *writer, sqlite3_stmt *statement, gv_error *err)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE)
        code = sqlite3_reset(statement);
    return code == SQLITE_OK ? GV_OK : gv_store_sql_fail(err, writer->db, code, writer->temp_path);
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
    return insert(writer, statement, err);
}

int gv_store_put_words(gv_store_writer *writer, const gv_vocab *vocab, const uint64_t *row_sums,
                       gv_error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = gv_store_prepare(&statement, writer->db, writer->temp_path,
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
        status = gv_store_prepare(&statement, writer->db, writer->temp_path,
                                  "INSERT INTO value VALUES(?,?)", err);
    for (uint32_t code = 0; status == GV_OK && code < info->values; code++) {
        sqlite3_bind_int64(statement, 1, code);
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)info->value[code]);
        status = insert(writer, statement, err);
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

/* Let the kernel begin to write, so that the sync at the end is short. Only a hint: errors appear
 * at the sync. */
static void write_behind(gv_store_writer *writer, size_t bytes)
{
    enum { BEHIND = 1 << 23 };
    writer->unwritten += bytes;
    if (writer->unwritten < BEHIND || writer->fd < 0)
        return;
    (void)sync_file_range(writer->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    writer->unwritten = 0;
}

int gv_store_put_blob(gv_store_writer *writer, const void *data, size_t bytes,
                      const gv_store_tile *tiles, size_t n, gv_error *err)
{
    gv_store_info *info = &writer->info;
    gv_store_blob blob = {.tiles = (uint32_t)n, .bytes = bytes};
    int status = build_directory(writer, tiles, n, err);
    if (status != GV_OK)
        return status;
    size_t directory_bytes = n * GV_STORE_ENTRY;
    block_of(&blob, info, &tiles[0]);
    /* the blobs of a block follow each other, so its next part has the number after the last */
    if (info->blobs > 0 && writer->last.row_group == blob.row_group &&
        writer->last.column_group == blob.column_group)
        blob.part = writer->last.part + 1;
    for (size_t i = 0; i < n; i++) {
        blob.records += tiles[i].records;
        writer->segment_records[tiles[i].row_segment] += tiles[i].records;
    }
    blob.checksum = gv_store_checksum(info->blobs, writer->directory, directory_bytes, data, bytes);

    sqlite3_stmt *row = writer->insert_blob;
    const uint64_t numbers[] = {info->blobs, blob.row_group, blob.column_group, blob.part,
                                blob.tiles,  blob.records,   blob.checksum};
    for (int i = 0; i < 7; i++)
        sqlite3_bind_int64(row, i + 1, (sqlite3_int64)numbers[i]);
    sqlite3_bind_blob64(row, 8, writer->directory, directory_bytes, SQLITE_STATIC);
    sqlite3_bind_blob64(row, 9, data, bytes, SQLITE_STATIC);
    status = insert(writer, row, err);
    if (status != GV_OK)
        return status;
    gv_store_hash_blob(writer->directory_hasher, info->blobs, &blob, writer->directory,
                       directory_bytes);
    info->blobs++;
    info->tiles += (uint32_t)n;
    info->blob_bytes += bytes;
    if (bytes > info->largest_blob)
        info->largest_blob = bytes;
    writer->last = blob;
    write_behind(writer, bytes);
    return GV_OK;
}

static int put_segments(gv_store_writer *writer, gv_error *err)
{
    const gv_store_info *info = &writer->info;
    sqlite3_stmt *row = NULL;
    int status = gv_store_prepare(&row, writer->db, writer->temp_path,
                                  "INSERT INTO segment VALUES(?,?,?,?,?)", err);
    for (uint32_t i = 0; status == GV_OK && i < info->segments; i++) {
        uint32_t first = info->segment_first[i];
        sqlite3_bind_int64(row, 1, i);
        sqlite3_bind_int64(row, 2, (sqlite3_int64)first + 1); /* as in word.id */
        sqlite3_bind_int64(row, 3, info->segment_first[i + 1] - first);
        sqlite3_bind_int64(row, 4, info->segment_group[i]);
        sqlite3_bind_int64(row, 5, (sqlite3_int64)writer->segment_records[i]);
        status = insert(writer, row, err);
    }
    sqlite3_finalize(row);
    return status;
}

static int put_meta_text(gv_store_writer *writer, sqlite3_stmt *row, const char *key,
                         const char *value, gv_error *err)
{
    sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, value, -1, SQLITE_STATIC);
    return insert(writer, row, err);
}

static int put_meta_hash(gv_store_writer *writer, sqlite3_stmt *row, const char *key, gv_hash hash,
                         gv_error *err)
{
    char hex[GV_HASH_HEX];
    gv_hash_hex(hash, hex);
    return put_meta_text(writer, row, key, hex, err);
}

static int put_meta_numbers(gv_store_writer *writer, sqlite3_stmt *row, gv_error *err)
{
    const gv_store_info *info = &writer->info;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {{"vocab_size", info->vocab_size},
                   {"symmetric", info->symmetric},
                   {"unit", info->unit},
                   {"window", info->window},
                   {"cells", info->cells},
                   {"records", info->records},
                   {"segments", info->segments},
                   {"groups", info->groups},
                   {"values", info->values},
                   {"blobs", info->blobs},
                   {"tiles", info->tiles},
                   {"blob_bytes", info->blob_bytes}};
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < sizeof numbers / sizeof *numbers; i++) {
        sqlite3_bind_text(row, 1, numbers[i].key, -1, SQLITE_STATIC);
        sqlite3_bind_int64(row, 2, (sqlite3_int64)numbers[i].value);
        status = insert(writer, row, err);
    }
    return status;
}

static int put_meta_hashes(gv_store_writer *writer, sqlite3_stmt *row, gv_error *err)
{
    const gv_store_info *info = &writer->info;
    gv_hash layout, content, meta;
    gv_hash directory = gv_hash_state_digest(writer->directory_hasher);
    int status = gv_store_layout_hash(&layout, info, writer->segment_records, err);
    if (status == GV_OK)
        status =
            gv_store_content_hash(&content, info, writer->row_sum_hash, layout, directory, err);
    if (status != GV_OK)
        return status;
    const struct {
        const char *key;
        gv_hash hash;
    } hashes[] = {{"vocab_hash", info->vocab_hash},
                  {"row_sum_hash", writer->row_sum_hash},
                  {"layout_hash", layout},
                  {"directory_hash", directory},
                  {"content_hash", content}};
    for (size_t i = 0; status == GV_OK && i < sizeof hashes / sizeof *hashes; i++)
        status = put_meta_hash(writer, row, hashes[i].key, hashes[i].hash, err);
    /* last: it covers all other rows of `meta` */
    if (status == GV_OK)
        status = gv_store_meta_hash(&meta, writer->db, writer->temp_path, err);
    if (status == GV_OK)
        status = put_meta_hash(writer, row, "meta_hash", meta, err);
    return status;
}

static int put_meta(gv_store_writer *writer, const char *provenance, gv_error *err)
{
    sqlite3_stmt *row = NULL;
    int status =
        gv_store_prepare(&row, writer->db, writer->temp_path, "INSERT INTO meta VALUES(?,?)", err);
    if (status == GV_OK)
        status = put_meta_text(writer, row, "format", "glovebox store", err);
    if (status == GV_OK)
        status = put_meta_text(writer, row, "recipe", writer->info.recipe, err);
    if (status == GV_OK)
        status = put_meta_text(writer, row, "provenance", provenance ? provenance : "{}", err);
    if (status == GV_OK)
        status = put_meta_numbers(writer, row, err);
    if (status == GV_OK)
        status = put_meta_hashes(writer, row, err);
    sqlite3_finalize(row);
    return status;
}

/* End the transaction and close the database; both may still report a full disk. */
static int finish(gv_store_writer *writer, gv_error *err)
{
    sqlite3_finalize(writer->insert_blob);
    writer->insert_blob = NULL;
    int status = gv_store_exec(writer->db, writer->temp_path, "COMMIT", err);
    if (status != GV_OK)
        return status;
    int code = sqlite3_close(writer->db);
    if (code != SQLITE_OK)
        return gv_store_sql_fail(err, writer->db, code, writer->temp_path);
    writer->db = NULL;
    return GV_OK;
}

int gv_store_commit(gv_store_writer **handle, uint64_t cells, uint64_t records,
                    const char *provenance, gv_error *err)
{
    gv_store_writer *writer = *handle;
    *handle = NULL;
    writer->info.cells = cells;
    writer->info.records = records;
    int status = put_segments(writer, err);
    if (status == GV_OK)
        status = put_meta(writer, provenance, err);
    if (status == GV_OK)
        status = finish(writer, err);
    if (status == GV_OK)
        status = gv_file_replace(writer->temp_path, writer->path, err);
    writer_free(writer);
    return status;
}
