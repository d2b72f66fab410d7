/*
 * The hashes of store.db: gv_store_internal.h says what each covers.
 *
 * They are part of the format. Numbers are hashed as 8 little-endian bytes, independent of their
 * type in memory, so that the hash does not depend on the machine or on a struct's layout.
 */
#include "store/gv_store_internal.h"

#include "base/gv_bytes.h"
#include "base/gv_hash.h"
#include <string.h>

uint64_t gv_store_checksum(uint32_t id, const void *directory, size_t directory_bytes,
                           const void *data, size_t bytes)
{
    /* chained through the seeds: neither can change, nor a blob take the place of another */
    return gv_hash_64(data, bytes, gv_hash_64(directory, directory_bytes, id));
}

void gv_store_put_entry(uint8_t *to, const gv_store_tile *tile)
{
    gv_bytes_put32(to, tile->row_segment);
    gv_bytes_put32(to + 4, tile->column_segment);
    gv_bytes_put32(to + 8, tile->offset);
    gv_bytes_put32(to + 12, tile->records);
}

void gv_store_hash_number(gv_hash_state *hasher, uint64_t number)
{
    uint8_t bytes[8];
    gv_bytes_put64(bytes, number);
    gv_hash_state_update(hasher, bytes, sizeof bytes);
}

static void hash_hash(gv_hash_state *hasher, gv_hash hash)
{
    gv_store_hash_number(hasher, hash.high);
    gv_store_hash_number(hasher, hash.low);
}

int gv_store_layout_hash(gv_hash *hash, const gv_store_info *info, const uint64_t *segment_records,
                         gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    gv_store_hash_number(hasher, info->segments);
    for (uint32_t i = 0; i < info->segments; i++) {
        gv_store_hash_number(hasher, info->segment_first[i]);
        gv_store_hash_number(hasher, info->segment_group[i]);
        gv_store_hash_number(hasher, segment_records[i]);
    }
    gv_store_hash_number(hasher, info->segment_first[info->segments]);
    gv_store_hash_number(hasher, info->groups);
    gv_store_hash_number(hasher, info->values);
    for (uint32_t i = 0; i < info->values; i++)
        gv_store_hash_number(hasher, info->value[i]);
    *hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return GV_OK;
}

gv_hash gv_store_row_sum_hash(const uint64_t *sums, uint32_t n)
{
    /* little-endian, as gv_tile.c requires of the machine */
    return gv_hash_of(sums, (size_t)n * sizeof *sums);
}

void gv_store_hash_blob(gv_hash_state *hasher, uint32_t id, const gv_store_blob *blob,
                        const void *directory, size_t directory_bytes)
{
    const uint64_t numbers[] = {id,          blob->row_group, blob->column_group, blob->part,
                                blob->tiles, blob->records,   blob->checksum,     blob->bytes};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        gv_store_hash_number(hasher, numbers[i]);
    gv_hash_state_update(hasher, directory, directory_bytes);
}

int gv_store_content_hash(gv_hash *hash, const gv_store_info *info, gv_hash row_sums,
                          gv_hash layout, gv_hash directory, gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    const uint64_t numbers[] = {GV_STORE_VERSION, info->vocab_size, info->symmetric,
                                info->unit,       info->window,     info->cells,
                                info->records,    info->blobs,      info->tiles};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        gv_store_hash_number(hasher, numbers[i]);
    hash_hash(hasher, info->vocab_hash);
    hash_hash(hasher, row_sums);
    hash_hash(hasher, layout);
    hash_hash(hasher, directory);
    gv_hash_state_update(hasher, info->recipe, strlen(info->recipe));
    *hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return GV_OK;
}

int gv_store_meta_hash(gv_hash *hash, sqlite3 *db, const char *path, gv_error *err)
{
    sqlite3_stmt *rows = NULL;
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    int code = SQLITE_ROW, n = 0;
    /* by key: the hash must not depend on the order in which the rows were inserted */
    int status = gv_store_prepare(
        &rows, db, path, "SELECT key, value FROM meta WHERE key <> 'meta_hash' ORDER BY key", err);
    while (status == GV_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        if (++n > GV_STORE_META_MAX)
            status =
                gv_error_set(err, GV_E_CORRUPT,
                             "%s is damaged (table 'meta' has more than %d rows)" GV_STORE_ADVICE,
                             path, GV_STORE_META_MAX);
        for (int column = 0; status == GV_OK && column < 2; column++) {
            const char *text;
            status = gv_store_text(&text, rows, column, path, err);
            size_t bytes = (size_t)sqlite3_column_bytes(rows, column);
            /* type and length before the bytes: 'ab', 'c' must not hash as 'a', 'bc', nor 1 as
             * '1' */
            gv_store_hash_number(hasher, (uint64_t)sqlite3_column_type(rows, column));
            gv_store_hash_number(hasher, bytes);
            gv_hash_state_update(hasher, text, bytes);
        }
    }
    if (status == GV_OK && code != SQLITE_DONE)
        status = gv_store_sql_fail(err, db, code, path);
    *hash = gv_hash_state_digest(hasher);
    sqlite3_finalize(rows);
    gv_hash_state_free(hasher);
    return status;
}
