/*
 * Loading the tables of a store that say where its tiles are: segments, values, and one row per
 * blob with the directory of its tiles. All of it is checked against the hashes in `meta` and for
 * being consistent, so that callers may index by what they get.
 */
#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "store/gv_segments.h"
#include "store/gv_store_internal.h"
#include <inttypes.h>

enum { TILE_HEADER = 24, RECORD_LEAST = 3, ROW_LEAST = 4 /* bytes */ };

/* --- rows ------------------------------------------------------------------------------------- */

/* SQLite would convert: a text or a fraction where a number belongs is not what was written. */
static bool has_types(sqlite3_stmt *row, const char *types)
{
    for (int i = 0; types[i]; i++) {
        int type = sqlite3_column_type(row, i);
        if (type != (types[i] == 'i'   ? SQLITE_INTEGER
                     : types[i] == 't' ? SQLITE_TEXT
                                       : SQLITE_BLOB))
            return false;
    }
    return true;
}

int gv_store_reader_each_row(gv_store *store, const gv_store_reader_table *table,
                             gv_store_reader_row_fn *take, gv_error *err)
{
    sqlite3_stmt *row = NULL;
    uint32_t n = 0;
    int code = SQLITE_DONE;
    int status = gv_store_reader_prepare(&row, store, table->sql, err);
    while (status == GV_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (n >= table->rows)
            status = gv_store_reader_damaged(
                store, err, "table '%s' has more than the expected %" PRIu32 " rows", table->name,
                table->rows);
        else if (sqlite3_column_int64(row, 0) != n)
            status = gv_store_reader_damaged(store, err, "table '%s' lacks its row %" PRIu32,
                                             table->name, n);
        else if (!has_types(row, table->types))
            status = gv_store_reader_damaged(
                store, err, "table '%s': row %" PRIu32 " has the wrong types", table->name, n);
        else
            status = take(store, row, n++, err);
    }
    if (status == GV_OK && code != SQLITE_DONE)
        status = gv_store_reader_sql_failed(store, code, err);
    if (status == GV_OK && n != table->rows)
        status = gv_store_reader_damaged(store, err,
                                         "table '%s' has %" PRIu32 " rows, expected %" PRIu32,
                                         table->name, n, table->rows);
    sqlite3_finalize(row);
    return status;
}

/* --- segments and values ---------------------------------------------------------------------- */

static int take_segment(gv_store *store, sqlite3_stmt *row, uint32_t i, gv_error *err)
{
    int64_t first = sqlite3_column_int64(row, 1), words = sqlite3_column_int64(row, 2);
    int64_t group = sqlite3_column_int64(row, 3), records = sqlite3_column_int64(row, 4);
    uint32_t begin = i == 0 ? 0 : store->segment_first[i];
    /* ids in the table count from 1, as lines of vocab.txt; segments follow each other without a
     * gap, so first_word says nothing new and is only compared */
    if (first != (int64_t)begin + 1 || words < 1 || words > GV_SEGMENTS_MAX_WORDS ||
        words > (int64_t)store->info.vocab_size - begin || group < 0 ||
        group >= store->info.groups || records < 0)
        return gv_store_reader_damaged(store, err,
                                       "table 'segment' is inconsistent at segment %" PRIu32, i);
    store->segment_first[i] = begin;
    store->segment_first[i + 1] = begin + (uint32_t)words;
    store->segment_group[i] = (uint32_t)group;
    store->segment_records[i] = (uint64_t)records;
    return GV_OK;
}

static int take_value(gv_store *store, sqlite3_stmt *row, uint32_t i, gv_error *err)
{
    int64_t value = sqlite3_column_int64(row, 1);
    if (value <= 0)
        return gv_store_reader_damaged(
            store, err, "table 'value': the value of code %" PRIu32 " is not positive", i);
    store->value[i] = (uint64_t)value;
    return GV_OK;
}

/* Every cell is in the rows of one segment. */
static int check_segment_records(const gv_store *store, gv_error *err)
{
    uint64_t sum = 0;
    bool fits = true;
    for (uint32_t i = 0; i < store->info.segments; i++)
        fits &= !__builtin_add_overflow(sum, store->segment_records[i], &sum);
    return fits && sum == store->info.cells
               ? GV_OK
               : gv_store_reader_damaged(store, err,
                                         "the records of its segments do not add up to its cells");
}

static int load_segments(gv_store *store, gv_error *err)
{
    const gv_store_reader_table table = {
        "segment", "SELECT id, first_word, words, group_id, records FROM segment ORDER BY id",
        "iiiii", store->info.segments};
    int status = gv_store_reader_each_row(store, &table, take_segment, err);
    if (status == GV_OK && store->segment_first[store->info.segments] != store->info.vocab_size)
        status = gv_store_reader_damaged(store, err, "the segments do not cover the vocabulary");
    return status == GV_OK ? check_segment_records(store, err) : status;
}

static int load_values(gv_store *store, gv_error *err)
{
    const gv_store_reader_table table = {"value", "SELECT code, value FROM value ORDER BY code",
                                         "ii", store->info.values};
    return gv_store_reader_each_row(store, &table, take_value, err);
}

int gv_store_reader_load_layout(gv_store *store, gv_error *err)
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
    gv_hash actual = {0};
    int status = load_segments(store, err);
    if (status == GV_OK)
        status = load_values(store, err);
    if (status == GV_OK)
        status = gv_store_layout_hash(&actual, info, store->segment_records, err);
    if (status == GV_OK)
        status =
            gv_store_reader_check_hash(store, "layout_hash", actual,
                                       "tables 'segment' and 'value' do not match their hash", err);
    return status;
}

/* --- blobs and their directories -------------------------------------------------------------- */

static int take_blob(gv_store *store, sqlite3_stmt *row, uint32_t id, gv_error *err)
{
    gv_store_info *info = &store->info;
    int64_t number[7];
    for (int i = 0; i < 7; i++)
        number[i] = sqlite3_column_int64(row, i + 1);
    /* number[5], the checksum, may be any 64 bits; the others may not be negative */
    if (number[0] < 0 || number[0] >= info->groups || number[1] < 0 || number[1] >= info->groups ||
        number[2] < 0 || number[3] < 1 || number[3] > UINT32_MAX || number[4] < 1 ||
        number[6] < 1 || number[6] > INT32_MAX ||
        (uint64_t)number[6] > info->blob_bytes - store->blob_sum)
        return gv_store_reader_damaged(store, err, "table 'tile' is inconsistent at blob %" PRIu32,
                                       id);
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
    store->blob_sum += store->blobs[id].bytes;
    if (store->blobs[id].bytes > info->largest_blob)
        info->largest_blob = store->blobs[id].bytes;
    return GV_OK;
}

/* May this tile be in the blob, at this place? `before`: the previous tile; NULL: none. */
static bool tile_fits(const gv_store_info *info, const gv_store_blob *blob,
                      const gv_store_tile *tile, const gv_store_tile *before)
{
    if (tile->row_segment >= info->segments || tile->column_segment >= info->segments ||
        tile->records == 0 || tile->offset % 8 != 0 || tile->offset >= blob->bytes ||
        (before ? tile->offset <= before->offset : tile->offset != 0) ||
        (info->symmetric && tile->row_segment > tile->column_segment))
        return false;
    uint32_t row = info->segment_group[tile->row_segment];
    uint32_t column = info->segment_group[tile->column_segment];
    return (row == blob->row_group && column == blob->column_group) ||
           (info->symmetric && row == blob->column_group && column == blob->row_group);
}

/* Is there room for the tile's records before byte `end` of the blob? What uses a tile takes memory
 * for them before gv_tile_view has seen it. */
static bool has_room(const gv_store_tile *tile, uint64_t end)
{
    return tile->offset + TILE_HEADER + ROW_LEAST + (uint64_t)tile->records * RECORD_LEAST <= end;
}

int gv_store_reader_decode_directory(gv_store_tile *tiles, const gv_store *store, uint32_t id,
                                     sqlite3_stmt *row, int column, gv_error *err)
{
    const gv_store_blob *blob = &store->blobs[id];
    const uint8_t *directory = sqlite3_column_blob(row, column);
    size_t bytes = (size_t)sqlite3_column_bytes(row, column), n = blob->tiles;
    uint64_t records = 0;
    bool good = true;
    if (!directory && sqlite3_errcode(store->database.db) == SQLITE_NOMEM)
        return gv_store_reader_sql_failed(store, SQLITE_NOMEM, err);
    if (!directory || bytes != n * GV_STORE_ENTRY)
        return gv_store_reader_damaged(
            store, err, "the directory of blob %" PRIu32 " has the wrong length", id);
    for (size_t i = 0; i < n && good; i++, directory += GV_STORE_ENTRY) {
        tiles[i] = (gv_store_tile){.row_segment = gv_bytes_get32(directory),
                                   .column_segment = gv_bytes_get32(directory + 4),
                                   .blob = id,
                                   .offset = gv_bytes_get32(directory + 8),
                                   .records = gv_bytes_get32(directory + 12)};
        good = tile_fits(&store->info, blob, &tiles[i], i ? &tiles[i - 1] : NULL) &&
               (i == 0 || has_room(&tiles[i - 1], tiles[i].offset));
        records += tiles[i].records;
    }
    if (!good || !has_room(&tiles[n - 1], blob->bytes))
        return gv_store_reader_damaged(store, err,
                                       "the directory of blob %" PRIu32 " is inconsistent", id);
    if (records != blob->records)
        return gv_store_reader_damaged(store, err,
                                       "the record counts of blob %" PRIu32 " do not add up", id);
    return GV_OK;
}

#define TILE_SQL(bytes)                                                                            \
    "SELECT id, row_group, column_group, part, tiles, records, checksum, " bytes                   \
    " FROM tile ORDER BY id"

int gv_store_reader_load_blobs(gv_store *store, gv_error *err)
{
    /* length(data) is in the head of the row: SQLite does not read the BLOB for it */
    const gv_store_reader_table table = {
        "tile", store->parts ? TILE_SQL("bytes") : TILE_SQL("length(data)"), "iiiiiiii",
        store->info.blobs};
    uint64_t records = 0, tiles = 0;
    store->blob_sum = 0;
    int status = gv_store_reader_each_row(store, &table, take_blob, err);
    for (uint32_t id = 0; status == GV_OK && id < store->info.blobs; id++) {
        tiles += store->blobs[id].tiles; /* 32 bits each, as many as there are rows: no overflow */
        if (__builtin_add_overflow(records, store->blobs[id].records, &records))
            records = UINT64_MAX;
    }
    if (status == GV_OK && (records != store->info.cells || tiles != store->info.tiles ||
                            store->blob_sum != store->info.blob_bytes))
        status = gv_store_reader_damaged(store, err,
                                         "its blobs do not add up to what table 'meta' states");
    return status;
}

static int take_directory(gv_store *store, sqlite3_stmt *row, uint32_t id, gv_error *err)
{
    size_t n = store->tile_count, more = store->blobs[id].tiles;
    int status = GV_OK;
    /* `more` is from the file: memory is only taken for as many as there are bytes, else the damage
     * is reported there */
    if ((size_t)sqlite3_column_bytes(row, 1) == more * GV_STORE_ENTRY)
        status = gv_mem_reserve(&store->tiles, &store->tile_capacity, n + more,
                                sizeof *store->tiles, err);
    if (status == GV_OK)
        status = gv_store_reader_decode_directory(store->tiles + n, store, id, row, 1, err);
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
    int status = gv_store_reader_check_hash(store, "directory_hash", actual,
                                            "table 'tile' does not match its hash", err);
    if (status == GV_OK)
        status = gv_store_reader_meta_hash(&layout, store, "layout_hash", err);
    if (status == GV_OK)
        status =
            gv_store_content_hash(&content, &store->info, store->row_sum_hash, layout, actual, err);
    if (status == GV_OK)
        status = gv_store_reader_check_hash(store, "content_hash", content,
                                            "its content hash does not match its content", err);
    return status;
}

int gv_store_reader_load_directory(gv_store *store, gv_error *err)
{
    const gv_store_reader_table table = {"tile", "SELECT id, directory FROM tile ORDER BY id", "ib",
                                         store->info.blobs};
    /* at least 1, as NULL means that the directory was not loaded */
    int status = gv_mem_reserve(&store->tiles, &store->tile_capacity, 1, sizeof *store->tiles, err);
    if (status == GV_OK)
        status = gv_store_reader_each_row(store, &table, take_directory, err);
    return status == GV_OK ? check_directory(store, err) : status;
}
