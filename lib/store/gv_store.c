/*
 * Reading store.db.
 *
 * Opening reads everything small: meta, segments, values, one row per blob, and (if wanted) the
 * directories with the place of each tile. All of it is checked against the hashes in meta and
 * for being consistent, so that callers may index by what they get. Blobs are read on demand with
 * SQLite's incremental blob interface, straight into the caller's memory: one copy out of the page
 * cache, no growing of the cache, no mapping (mapped pages would count as the reader's memory).
 */
#include "store/gv_store_internal.h"

#include "base/gv_bytes.h"
#include "base/gv_decimal.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_sqlite.h"
#include "store/gv_segments.h"
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the table `word` goes: [vocab_size] each; NULL: that column is not wanted. */
typedef struct word_list {
    char **words;
    uint64_t *counts, *sums;
} word_list;

struct gv_store {
    char *path;
    sqlite3 *db;
    gv_store_info info; /* the arrays below, borrowed */
    uint32_t *segment_first, *segment_group;
    uint64_t *value, *segment_records;
    char *recipe;
    gv_hash row_sum_hash;
    gv_store_blob *blobs;
    size_t blob_capacity;
    gv_store_tile *tiles; /* NULL without the directory */
    size_t tile_count, tile_capacity;
    sqlite3_stmt *select_directory;
    word_list list;            /* while the table `word` is read */
    gv_store_tile *blob_tiles; /* scratch of gv_store_blob_tiles */
    size_t blob_tiles_capacity;
};

__attribute__((format(printf, 3, 4))) static int damaged(const gv_store *store, gv_error *err,
                                                         const char *format, ...)
{
    char what[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (%s); run glove-shuffle --force",
                        store->path, what);
}

static int sql_failed(const gv_store *store, int code, gv_error *err)
{
    return gv_store_sql_fail(err, store->db, code, store->path);
}

void gv_store_close(gv_store *store)
{
    if (!store)
        return;
    sqlite3_finalize(store->select_directory);
    sqlite3_close(store->db);
    gv_mem_free(store->segment_first);
    gv_mem_free(store->segment_group);
    gv_mem_free(store->segment_records);
    gv_mem_free(store->value);
    gv_mem_free(store->recipe);
    gv_mem_free(store->blobs);
    gv_mem_free(store->tiles);
    gv_mem_free(store->blob_tiles);
    gv_mem_free(store->path);
    gv_mem_free(store);
}

/* --- opening: the file ------------------------------------------------------------------------ */

static int check_file(const gv_store *store, gv_error *err)
{
    gv_file_stat look;
    int status = gv_file_look(&look, store->path, err);
    if (status != GV_OK)
        return status;
    if (!look.exists)
        return gv_error_set(err, GV_E_USAGE, "%s is missing; run glove-shuffle first", store->path);
    if (!look.regular)
        return gv_error_set(err, GV_E_IO, "cannot read %s: not a regular file", store->path);
    /* to SQLite an empty file is a database without tables */
    if (look.size == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is empty; run glove-shuffle --force",
                            store->path);
    return GV_OK;
}

static int pragma_number(int64_t *number, const gv_store *store, const char *sql, gv_error *err)
{
    sqlite3_stmt *row = NULL;
    int status = gv_store_prepare(&row, store->db, store->path, sql, err);
    if (status == GV_OK) {
        int code = sqlite3_step(row);
        if (code == SQLITE_ROW)
            *number = sqlite3_column_int64(row, 0);
        else
            status = sql_failed(store, code, err);
    }
    sqlite3_finalize(row);
    return status;
}

/* SQLite notices that whole pages are gone, but not that the last one is cut off. */
static int check_length(const gv_store *store, gv_error *err)
{
    gv_file_stat look;
    int64_t page_size = 0;
    int status = gv_file_look(&look, store->path, err);
    if (status == GV_OK)
        status = pragma_number(&page_size, store, "PRAGMA page_size", err);
    if (status == GV_OK && page_size > 0 && look.size % (uint64_t)page_size != 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s is truncated; run glove-shuffle --force",
                              store->path);
    return status;
}

static int open_database(gv_store *store, gv_error *err)
{
    int beside = gv_sqlite_check_beside(store->path, err);
    if (beside != GV_OK)
        return beside;
    int code = gv_sqlite_open(&store->db, store->path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX);
    if (code != SQLITE_OK)
        return sql_failed(store, code, err);
    /* in ms: another program may hold the file for a moment, for instance sqlite3 on the command
     * line */
    sqlite3_busy_timeout(store->db, 10000);
    int64_t application = 0, version = 0;
    int status = pragma_number(&application, store, "PRAGMA application_id", err);
    if (status == GV_OK && application != GV_STORE_APPLICATION_ID)
        return gv_error_set(err, GV_E_CORRUPT, "%s is an SQLite database, but not a glovebox store",
                            store->path);
    if (status == GV_OK)
        status = pragma_number(&version, store, "PRAGMA user_version", err);
    if (status == GV_OK && version != GV_STORE_VERSION)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has store version %lld, but this program reads version %d; run "
                            "glove-shuffle --force",
                            store->path, (long long)version, GV_STORE_VERSION);
    return status == GV_OK ? check_length(store, err) : status;
}

/* --- opening: meta ---------------------------------------------------------------------------- */

int gv_store_meta(char **value, gv_store *store, const char *key, gv_error *err)
{
    *value = NULL;
    sqlite3_stmt *row = NULL;
    int status =
        gv_store_prepare(&row, store->db, store->path, "SELECT value FROM meta WHERE key = ?", err);
    if (status == GV_OK) {
        sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
        int code = sqlite3_step(row);
        if (code == SQLITE_ROW) {
            const char *text = NULL;
            status = gv_store_text(&text, row, 0, store->path, err);
            if (status == GV_OK && !(*value = gv_mem_strdup(text, err)))
                status = GV_E_MEMORY;
        } else if (code != SQLITE_DONE) {
            status = sql_failed(store, code, err);
        }
    }
    sqlite3_finalize(row);
    return status;
}

/* A key that must be there. */
static int need_meta(char **value, gv_store *store, const char *key, gv_error *err)
{
    int status = gv_store_meta(value, store, key, err);
    if (status == GV_OK && !*value)
        status = damaged(store, err, "table 'meta' has no key '%s'", key);
    return status;
}

/* Read as text, because SQLite's own conversion would take '12x' or 1.5 for a whole number. */
static int meta_number(uint64_t *number, gv_store *store, const char *key, uint64_t limit,
                       gv_error *err)
{
    char *text = NULL;
    int status = need_meta(&text, store, key, err);
    if (status != GV_OK)
        return status;
    uint64_t value = 0;
    bool good = gv_decimal_get_whole(&value, text);
    gv_mem_free(text);
    if (!good || value > limit)
        return damaged(store, err, "meta key '%s' is not a number from 0 to %" PRIu64, key, limit);
    *number = value;
    return GV_OK;
}

static int meta_number32(uint32_t *number, gv_store *store, const char *key, uint32_t limit,
                         gv_error *err)
{
    uint64_t value = 0;
    int status = meta_number(&value, store, key, limit, err);
    *number = (uint32_t)value;
    return status;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int meta_hash(gv_hash *hash, gv_store *store, const char *key, gv_error *err)
{
    char *text = NULL;
    int status = need_meta(&text, store, key, err);
    if (status != GV_OK)
        return status;
    uint64_t half[2] = {0, 0};
    int good = strlen(text) == 32;
    for (int i = 0; good && i < 32; i++) {
        good = hex_digit(text[i]) >= 0;
        half[i / 16] = half[i / 16] << 4 | (uint64_t)hex_digit(text[i]);
    }
    gv_mem_free(text);
    *hash = (gv_hash){.high = half[0], .low = half[1]};
    return good ? GV_OK : damaged(store, err, "meta key '%s' is not a hash", key);
}

/* Compare a hash with the one that `meta` states; `fault`: the damage if they differ. */
static int check_hash(gv_store *store, const char *key, gv_hash actual, const char *fault,
                      gv_error *err)
{
    gv_hash stated;
    int status = meta_hash(&stated, store, key, err);
    if (status == GV_OK && !gv_hash_equal(stated, actual))
        status = damaged(store, err, "%s", fault);
    return status;
}

static int load_meta(gv_store *store, gv_error *err)
{
    gv_hash actual = {0};
    gv_store_info *info = &store->info;
    int status = gv_store_meta_hash(&actual, store->db, store->path, err);
    if (status == GV_OK)
        status =
            check_hash(store, "meta_hash", actual, "table 'meta' does not match its hash", err);
    uint32_t symmetric = 0;
    const struct {
        uint32_t *number;
        const char *key;
        uint32_t limit;
    } numbers[] = {{&info->vocab_size, "vocab_size", GV_VOCAB_MAX},
                   {&symmetric, "symmetric", 1},
                   {&info->window, "window", UINT32_MAX},
                   {&info->segments, "segments", GV_SEGMENTS_MAX},
                   {&info->groups, "groups", GV_STORE_GROUPS},
                   {&info->values, "values", GV_TILE_ESCAPE},
                   {&info->blobs, "blobs", INT32_MAX},
                   {&info->tiles, "tiles", UINT32_MAX}};
    const struct {
        uint64_t *number;
        const char *key;
    } totals[] = {{&info->unit, "unit"},
                  {&info->cells, "cells"},
                  {&info->records, "records"},
                  {&info->blob_bytes, "blob_bytes"}};
    for (size_t i = 0; status == GV_OK && i < sizeof numbers / sizeof *numbers; i++)
        status = meta_number32(numbers[i].number, store, numbers[i].key, numbers[i].limit, err);
    for (size_t i = 0; status == GV_OK && i < sizeof totals / sizeof *totals; i++)
        status = meta_number(totals[i].number, store, totals[i].key, INT64_MAX, err);
    info->symmetric = symmetric != 0;
    if (status == GV_OK)
        status = need_meta(&store->recipe, store, "recipe", err);
    info->recipe = store->recipe;
    if (status == GV_OK)
        status = meta_hash(&info->vocab_hash, store, "vocab_hash", err);
    if (status == GV_OK)
        status = meta_hash(&store->row_sum_hash, store, "row_sum_hash", err);
    return status;
}

/* --- opening: segments and values ------------------------------------------------------------- */

/* Takes row `number` of a table; the first column of `row` is that number. */
typedef int row_fn(gv_store *store, sqlite3_stmt *row, uint32_t number, gv_error *err);

/*
 * Call `take` for every row that `sql` gives of `table` (named in messages). The first column must
 * count 0, 1, 2 ... and there must be `expected` rows, so that `take` may index arrays by it.
 */
static int each_row(gv_store *store, const char *table, const char *sql, uint32_t expected,
                    row_fn *take, gv_error *err)
{
    sqlite3_stmt *row = NULL;
    uint32_t n = 0;
    int code = SQLITE_DONE;
    int status = gv_store_prepare(&row, store->db, store->path, sql, err);
    while (status == GV_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (n >= expected)
            status = damaged(store, err, "table '%s' has more than the expected %" PRIu32 " rows",
                             table, expected);
        else if (sqlite3_column_int64(row, 0) != n)
            status = damaged(store, err, "table '%s' lacks its row %" PRIu32, table, n);
        else
            status = take(store, row, n++, err);
    }
    if (status == GV_OK && code != SQLITE_DONE)
        status = sql_failed(store, code, err);
    if (status == GV_OK && n != expected)
        status = damaged(store, err, "table '%s' has %" PRIu32 " rows, expected %" PRIu32, table, n,
                         expected);
    sqlite3_finalize(row);
    return status;
}

static int take_segment(gv_store *store, sqlite3_stmt *row, uint32_t i, gv_error *err)
{
    int64_t first = sqlite3_column_int64(row, 1), words = sqlite3_column_int64(row, 2);
    int64_t group = sqlite3_column_int64(row, 3);
    uint32_t begin = i == 0 ? 0 : store->segment_first[i];
    /* ids in the table count from 1, as lines of vocab.txt; segments follow each other without a
     * gap, so first_word says nothing new and is only compared */
    if (first != (int64_t)begin + 1 || words < 1 || words > GV_SEGMENTS_MAX_WORDS ||
        words > (int64_t)store->info.vocab_size - begin || group < 0 || group >= store->info.groups)
        return damaged(store, err, "table 'segment' is inconsistent at segment %" PRIu32, i);
    store->segment_first[i] = begin;
    store->segment_first[i + 1] = begin + (uint32_t)words;
    store->segment_group[i] = (uint32_t)group;
    store->segment_records[i] = (uint64_t)sqlite3_column_int64(row, 4);
    return GV_OK;
}

static int take_value(gv_store *store, sqlite3_stmt *row, uint32_t i, gv_error *err)
{
    int64_t value = sqlite3_column_int64(row, 1);
    if (value <= 0)
        return damaged(store, err, "table 'value': the value of code %" PRIu32 " is not positive",
                       i);
    store->value[i] = (uint64_t)value;
    return GV_OK;
}

static int load_layout(gv_store *store, gv_error *err)
{
    gv_store_info *info = &store->info;
    size_t n = info->segments;
    if (!(store->segment_first = gv_mem_alloc_zero(n + 1, sizeof *store->segment_first, err)) ||
        !(store->segment_group = gv_mem_alloc_zero(n, sizeof *store->segment_group, err)) ||
        !(store->segment_records = gv_mem_alloc_zero(n, sizeof *store->segment_records, err)) ||
        !(store->value = gv_mem_alloc_zero(info->values, sizeof *store->value, err)))
        return GV_E_MEMORY;
    info->segment_first = store->segment_first;
    info->segment_group = store->segment_group;
    info->value = store->value;
    int status = each_row(store, "segment",
                          "SELECT id, first_word, words, group_id, records FROM segment"
                          " ORDER BY id",
                          info->segments, take_segment, err);
    if (status == GV_OK && store->segment_first[n] != info->vocab_size)
        status = damaged(store, err, "the segments do not cover the vocabulary");
    if (status == GV_OK)
        status = each_row(store, "value", "SELECT code, value FROM value ORDER BY code",
                          info->values, take_value, err);
    gv_hash actual = {0};
    if (status == GV_OK)
        status = gv_store_layout_hash(&actual, info, store->segment_records, err);
    if (status == GV_OK)
        status = check_hash(store, "layout_hash", actual,
                            "tables 'segment' and 'value' do not match their hash", err);
    return status;
}

/* --- opening: blobs and their directories ----------------------------------------------------- */

static int take_blob(gv_store *store, sqlite3_stmt *row, uint32_t id, gv_error *err)
{
    gv_store_info *info = &store->info;
    int64_t number[7];
    for (int i = 0; i < 7; i++)
        number[i] = sqlite3_column_int64(row, i + 1);
    /* number[5], the checksum, may be any 64 bits; the others may not be negative */
    if (number[0] < 0 || number[0] >= info->groups || number[1] < 0 || number[1] >= info->groups ||
        number[2] < 0 || number[3] < 1 || number[3] > UINT32_MAX || number[4] < 1 ||
        number[6] < 1 || number[6] > INT32_MAX)
        return damaged(store, err, "table 'tile' is inconsistent at blob %" PRIu32, id);
    int status = gv_mem_reserve(&store->blobs, &store->blob_capacity, (size_t)id + 1,
                                sizeof *store->blobs, err);
    if (status != GV_OK)
        return status;
    store->blobs[id] = (gv_store_blob){.row_group = (uint32_t)number[0],
                                       .column_group = (uint32_t)number[1],
                                       .part = (uint32_t)number[2],
                                       .tiles = (uint32_t)number[3],
                                       .records = (uint64_t)number[4],
                                       .checksum = (uint64_t)number[5],
                                       .bytes = (uint64_t)number[6]};
    if (store->blobs[id].bytes > info->largest_blob)
        info->largest_blob = store->blobs[id].bytes;
    return GV_OK;
}

/* May this tile be in the blob, at this place? `before`: the previous tile; NULL: none. Offsets
 * rise strictly, so tiles do not overlap where they begin; gv_tile_view checks where they end. */
static int tile_fits(const gv_store_info *info, const gv_store_blob *blob,
                     const gv_store_tile *tile, const gv_store_tile *before)
{
    if (tile->row_segment >= info->segments || tile->column_segment >= info->segments ||
        tile->records == 0 || tile->offset % 8 != 0 || tile->offset >= blob->bytes ||
        (before ? tile->offset <= before->offset : tile->offset != 0) ||
        (info->symmetric && tile->row_segment > tile->column_segment))
        return 0;
    uint32_t row = info->segment_group[tile->row_segment];
    uint32_t column = info->segment_group[tile->column_segment];
    return (row == blob->row_group && column == blob->column_group) ||
           (info->symmetric && row == blob->column_group && column == blob->row_group);
}

static int decode_directory(gv_store_tile *tiles, const gv_store *store, uint32_t id,
                            const uint8_t *directory, size_t bytes, gv_error *err)
{
    const gv_store_blob *blob = &store->blobs[id];
    uint64_t records = 0;
    if (!directory || bytes != (size_t)blob->tiles * GV_STORE_ENTRY)
        return damaged(store, err, "the directory of blob %" PRIu32 " has the wrong length", id);
    for (size_t i = 0; i < blob->tiles; i++, directory += GV_STORE_ENTRY) {
        tiles[i] = (gv_store_tile){.row_segment = gv_bytes_get32(directory),
                                   .column_segment = gv_bytes_get32(directory + 4),
                                   .blob = id,
                                   .offset = gv_bytes_get32(directory + 8),
                                   .records = gv_bytes_get32(directory + 12)};
        if (!tile_fits(&store->info, blob, &tiles[i], i ? &tiles[i - 1] : NULL))
            return damaged(store, err, "the directory of blob %" PRIu32 " is inconsistent", id);
        records += tiles[i].records;
    }
    if (records != blob->records)
        return damaged(store, err, "the record counts of blob %" PRIu32 " do not add up", id);
    return GV_OK;
}

/* length(data) is in the head of the row: SQLite does not read the BLOB for it. */
#define TILE_COLUMNS "id, row_group, column_group, part, tiles, records, checksum, length(data)"

static int load_blobs(gv_store *store, gv_error *err)
{
    return each_row(store, "tile", "SELECT " TILE_COLUMNS " FROM tile ORDER BY id",
                    store->info.blobs, take_blob, err);
}

static int take_directory(gv_store *store, sqlite3_stmt *row, uint32_t id, gv_error *err)
{
    size_t n = store->tile_count, more = store->blobs[id].tiles;
    int status = GV_OK;
    if (more > store->info.tiles - n)
        return damaged(store, err,
                       "it holds more than the %" PRIu32 " tiles stated in table 'meta'",
                       store->info.tiles);
    const uint8_t *directory = sqlite3_column_blob(row, 1);
    size_t bytes = (size_t)sqlite3_column_bytes(row, 1);
    /* `tiles` is from the file: memory is only taken for as many as there are bytes, else
     * decode_directory reports the damage */
    if (bytes == more * GV_STORE_ENTRY)
        status = gv_mem_reserve(&store->tiles, &store->tile_capacity, n + more,
                                sizeof *store->tiles, err);
    if (status == GV_OK)
        status = decode_directory(store->tiles + n, store, id, directory, bytes, err);
    store->tile_count = n + more;
    return status;
}

/* Check the hash of all rows of `tile` but their data, and the content hash that covers it. */
static int check_directory(gv_store *store, gv_error *err)
{
    gv_hash actual, layout, content;
    uint8_t entry[GV_STORE_ENTRY];
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    /* entries are packed again instead of kept: all directories together may be large */
    const gv_store_tile *tile = store->tiles;
    for (uint32_t id = 0; id < store->info.blobs; id++) {
        gv_store_hash_blob(hasher, id, &store->blobs[id], NULL, 0);
        for (uint32_t i = 0; i < store->blobs[id].tiles; i++, tile++) {
            gv_store_put_entry(entry, tile);
            gv_hash_state_update(hasher, entry, sizeof entry);
        }
    }
    actual = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    int status =
        check_hash(store, "directory_hash", actual, "table 'tile' does not match its hash", err);
    if (status == GV_OK)
        status = meta_hash(&layout, store, "layout_hash", err);
    if (status == GV_OK)
        status =
            gv_store_content_hash(&content, &store->info, store->row_sum_hash, layout, actual, err);
    if (status == GV_OK)
        status = check_hash(store, "content_hash", content,
                            "its content hash does not match its content", err);
    return status;
}

static int load_directory_of_all(gv_store *store, gv_error *err)
{
    /* at least 1, as NULL means that the directory was not loaded */
    int status = gv_mem_reserve(&store->tiles, &store->tile_capacity, 1, sizeof *store->tiles, err);
    if (status == GV_OK)
        status = each_row(store, "tile", "SELECT id, directory FROM tile ORDER BY id",
                          store->info.blobs, take_directory, err);
    if (status == GV_OK && store->tile_count != store->info.tiles)
        status = damaged(store, err, "it holds %zu tiles, but table 'meta' states %" PRIu32,
                         store->tile_count, store->info.tiles);
    if (status == GV_OK)
        status = check_directory(store, err);
    return status;
}

int gv_store_open(gv_store **result, const char *path, int load_directory, gv_error *err)
{
    *result = NULL;
    gv_store *store = gv_mem_alloc_zero(1, sizeof *store, err);
    if (!store)
        return GV_E_MEMORY;
    int status = GV_E_MEMORY;
    if (!(store->path = gv_mem_strdup(path, err)))
        goto failed;
    status = check_file(store, err);
    if (status == GV_OK)
        status = open_database(store, err);
    if (status == GV_OK)
        status = load_meta(store, err);
    if (status == GV_OK)
        status = load_layout(store, err);
    if (status == GV_OK)
        status = load_blobs(store, err);
    if (status == GV_OK && load_directory)
        status = load_directory_of_all(store, err);
    gv_hash content;
    if (status == GV_OK)
        status = meta_hash(&content, store, "content_hash", err);
    if (status == GV_OK)
        gv_hash_hex(content, store->info.content_hash);
    if (status == GV_OK)
        status = gv_store_prepare(&store->select_directory, store->db, store->path,
                                  "SELECT directory FROM tile WHERE id = ?", err);
    if (status != GV_OK)
        goto failed;
    *result = store;
    return GV_OK;
failed:
    gv_store_close(store);
    return status;
}

const gv_store_info *gv_store_about(const gv_store *store)
{
    return &store->info;
}

const gv_store_tile *gv_store_tiles(const gv_store *store)
{
    return store->tiles;
}

const char *gv_store_path(const gv_store *store)
{
    return store->path;
}

/* --- words ------------------------------------------------------------------------------------ */

static int take_word(gv_store *store, sqlite3_stmt *row, uint32_t id, gv_error *err)
{
    const word_list *list = &store->list;
    if (list->counts)
        list->counts[id] = (uint64_t)sqlite3_column_int64(row, 1);
    if (list->sums)
        list->sums[id] = (uint64_t)sqlite3_column_int64(row, 2);
    if (!list->words)
        return GV_OK;
    const char *word;
    int status = gv_store_text(&word, row, 3, store->path, err);
    if (status == GV_OK && !(list->words[id] = gv_mem_strdup(word, err)))
        status = GV_E_MEMORY;
    return status;
}

static int load_words(gv_store *store, word_list list, gv_error *err)
{
    store->list = list;
    return each_row(store, "word", "SELECT id - 1, count, row_sum, word FROM word ORDER BY id",
                    store->info.vocab_size, take_word, err);
}

int gv_store_vocab(gv_vocab **vocab, gv_store *store, gv_error *err)
{
    *vocab = NULL;
    size_t size = store->info.vocab_size;
    word_list list = {.words = gv_mem_alloc_zero(size, sizeof *list.words, err),
                      .counts = gv_mem_alloc(size, sizeof *list.counts, err)};
    int status = list.words && list.counts ? load_words(store, list, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        /* a damaged table may hold what no vocabulary can: an empty word, the same word twice */
        status =
            gv_vocab_from_words(vocab, (const char *const *)list.words, list.counts, size, err);
        if (status != GV_OK)
            gv_error_prefix(err, "%s", store->path);
    }
    if (status == GV_OK && !gv_hash_equal(gv_vocab_hash(*vocab), store->info.vocab_hash)) {
        gv_vocab_free(*vocab);
        *vocab = NULL;
        status = damaged(store, err, "table 'word' does not match its hash");
    }
    for (size_t i = 0; list.words && i < size; i++)
        gv_mem_free(list.words[i]);
    gv_mem_free(list.words);
    gv_mem_free(list.counts);
    return status;
}

int gv_store_row_sums(uint64_t **sums, gv_store *store, gv_error *err)
{
    uint32_t size = store->info.vocab_size;
    word_list list = {.sums = gv_mem_alloc(size, sizeof *list.sums, err)};
    int status = list.sums ? load_words(store, list, err) : GV_E_MEMORY;
    if (status == GV_OK &&
        !gv_hash_equal(gv_store_row_sum_hash(list.sums, size), store->row_sum_hash))
        status = damaged(store, err, "the row sums do not match their hash");
    if (status != GV_OK) {
        gv_mem_free(list.sums);
        list.sums = NULL;
    }
    *sums = list.sums;
    return status;
}

/* --- blobs ------------------------------------------------------------------------------------ */

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
        return damaged(store, err, "blob %" PRIu32 " is missing", id);
    return sql_failed(store, code, err);
}

int gv_store_blob_tiles(const gv_store_tile **tiles, gv_store *store, uint32_t id, gv_error *err)
{
    int status = gv_mem_reserve(&store->blob_tiles, &store->blob_tiles_capacity,
                                store->blobs[id].tiles, sizeof *store->blob_tiles, err);
    if (status == GV_OK)
        status = step_directory(store, id, err);
    if (status == GV_OK)
        status = decode_directory(store->blob_tiles, store, id,
                                  sqlite3_column_blob(store->select_directory, 0),
                                  (size_t)sqlite3_column_bytes(store->select_directory, 0), err);
    /* the directory was borrowed from the statement; resetting also ends the read transaction,
     * which would block writers */
    sqlite3_reset(store->select_directory);
    *tiles = store->blob_tiles;
    return status;
}

static int read_data(void *to, size_t bytes, gv_store *store, uint32_t id, gv_error *err)
{
    sqlite3_blob *blob = NULL;
    /* the incremental interface reads the bytes from the pages straight to `to`; a SELECT would
     * first assemble the BLOB in memory */
    int code = sqlite3_blob_open(store->db, "main", "tile", "data", id, 0, &blob);
    int status = GV_OK;
    if (code == SQLITE_OK && (size_t)sqlite3_blob_bytes(blob) != bytes)
        status = damaged(store, err, "blob %" PRIu32 ": expected %zu bytes, found %d", id, bytes,
                         sqlite3_blob_bytes(blob));
    else if (code == SQLITE_OK)
        code = sqlite3_blob_read(blob, to, (int)bytes, 0);
    if (status == GV_OK && code != SQLITE_OK)
        status = sql_failed(store, code, err);
    sqlite3_blob_close(blob);
    return status;
}

int gv_store_blob_read(void *to, size_t bytes, gv_store *store, uint32_t id, gv_error *err)
{
    size_t actual = 0;
    int status = gv_store_blob_size(&actual, store, id, err);
    /* sqlite3_blob_read takes an int */
    if (status == GV_OK && (bytes != actual || bytes > INT_MAX))
        status = gv_error_set(err, GV_E_RUNTIME, "%s: blob %" PRIu32 " has %zu bytes, not %zu",
                              store->path, id, actual, bytes);
    if (status == GV_OK)
        status = read_data(to, bytes, store, id, err);
    if (status == GV_OK)
        status = step_directory(store, id, err);
    if (status == GV_OK) {
        const void *directory = sqlite3_column_blob(store->select_directory, 0);
        size_t length = (size_t)sqlite3_column_bytes(store->select_directory, 0);
        if (gv_store_checksum(id, directory, length, to, bytes) != store->blobs[id].checksum)
            status = damaged(store, err, "blob %" PRIu32 ": checksum mismatch", id);
    }
    sqlite3_reset(store->select_directory);
    return status;
}
