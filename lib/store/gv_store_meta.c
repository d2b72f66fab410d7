/*
 * The table `meta` of a store: its values one by one, and the totals that everything else is
 * compared with.
 */
#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "store/gv_segments.h"
#include "store/gv_store_part_internal.h"
#include <inttypes.h>
#include <string.h>

/* --- values ----------------------------------------------------------------------------------- */

/* The value of the row as text. A NUL inside would hide what follows it. */
static int take_value(char **value, const gv_store *store, sqlite3_stmt *row, const char *key,
                      gv_error *err)
{
    int type = sqlite3_column_type(row, 0);
    const char *text = (const char *)sqlite3_column_text(row, 0);
    if (type != SQLITE_INTEGER && type != SQLITE_TEXT)
        return gv_store_reader_damaged(store, err, "meta key '%s' has the wrong type", key);
    if (!text)
        return gv_store_reader_sql_failed(store, SQLITE_NOMEM, err);
    if (strlen(text) != (size_t)sqlite3_column_bytes(row, 0))
        return gv_store_reader_damaged(store, err, "meta key '%s' contains a NUL byte", key);
    *value = gv_mem_strdup(text, err);
    return *value ? GV_OK : GV_E_MEMORY;
}

static int find_meta(char **value, gv_store *store, const char *key, gv_error *err)
{
    *value = NULL;
    sqlite3_stmt *row = NULL;
    int status = gv_store_reader_prepare(&row, store, "SELECT value FROM meta WHERE key = ?", err);
    if (status == GV_OK) {
        sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
        int code = sqlite3_step(row);
        if (code == SQLITE_ROW)
            status = take_value(value, store, row, key, err);
        else if (code != SQLITE_DONE)
            status = gv_store_reader_sql_failed(store, code, err);
    }
    sqlite3_finalize(row);
    return status;
}

int gv_store_meta(char **value, gv_store *store, const char *key, gv_error *err)
{
    gv_error own = GV_ERROR_INIT;
    int status = find_meta(value, store, key, &own);
    return gv_store_reader_end(store, status, &own, err);
}

/* A key that must be there. */
static int need_meta(char **value, gv_store *store, const char *key, gv_error *err)
{
    int status = find_meta(value, store, key, err);
    if (status == GV_OK && !*value)
        status = gv_store_reader_damaged(store, err, "table 'meta' has no key '%s'", key);
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
        return gv_store_reader_damaged(
            store, err, "meta key '%s' is not a number from 0 to %" PRIu64, key, limit);
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

bool gv_store_reader_parse_hash(gv_hash *hash, const char *text)
{
    uint64_t half[2] = {0, 0};
    bool good = strlen(text) == 32;
    for (int i = 0; good && i < 32; i++) {
        good = hex_digit(text[i]) >= 0;
        half[i / 16] = half[i / 16] << 4 | (uint64_t)hex_digit(text[i]);
    }
    *hash = (gv_hash){.high = half[0], .low = half[1]};
    return good;
}

int gv_store_reader_meta_hash(gv_hash *hash, gv_store *store, const char *key, gv_error *err)
{
    char *text = NULL;
    int status = need_meta(&text, store, key, err);
    if (status != GV_OK)
        return status;
    bool good = gv_store_reader_parse_hash(hash, text);
    gv_mem_free(text);
    return good ? GV_OK : gv_store_reader_damaged(store, err, "meta key '%s' is not a hash", key);
}

/* Compare a hash with the one that `meta` states; `fault`: the damage if they differ. */
int gv_store_reader_check_hash(gv_store *store, const char *key, gv_hash actual, const char *fault,
                               gv_error *err)
{
    gv_hash stated;
    int status = gv_store_reader_meta_hash(&stated, store, key, err);
    if (status == GV_OK && !gv_hash_equal(stated, actual))
        status = gv_store_reader_damaged(store, err, "%s", fault);
    return status;
}

/* --- totals ----------------------------------------------------------------------------------- */

static int check_format(gv_store *store, gv_error *err)
{
    char *format = NULL;
    int status = need_meta(&format, store, "format", err);
    if (status == GV_OK && strcmp(format, "glovebox store") != 0)
        status = gv_store_reader_damaged(store, err, "meta key 'format' is not 'glovebox store'");
    gv_mem_free(format);
    return status;
}

static int load_numbers(gv_store *store, gv_error *err)
{
    gv_store_info *info = &store->info;
    uint32_t symmetric = 0;
    const struct {
        uint32_t *number;
        const char *key;
        uint32_t limit;
    } numbers[] = {{&info->vocab_size, "vocab_size", GV_VOCAB_MAX},
                   {&symmetric, "symmetric", 1},
                   {&info->window, "window", UINT32_MAX},
                   {&info->segments, "segments", GV_SEGMENTS_MAX},
                   {&info->groups, "groups", GV_SEGMENTS_MAX_GROUPS},
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
    int status = GV_OK;
    if (store->parts) {
        status = meta_number32(&info->parts, store, "parts", GV_STORE_PARTS_MAX, err);
        if (status == GV_OK)
            status = meta_number(&store->parts->places, store, "places", UINT32_MAX, err);
    }
    for (size_t i = 0; status == GV_OK && i < sizeof numbers / sizeof *numbers; i++)
        status = meta_number32(numbers[i].number, store, numbers[i].key, numbers[i].limit, err);
    for (size_t i = 0; status == GV_OK && i < sizeof totals / sizeof *totals; i++)
        status = meta_number(totals[i].number, store, totals[i].key, INT64_MAX, err);
    info->symmetric = symmetric != 0;
    return status;
}

/* Do the totals fit each other, and is there room for them in the file? What uses a store takes
 * memory by these numbers. */
static int check_numbers(const gv_store *store, gv_error *err)
{
    enum { WORD_LEAST = 8, CELL_LEAST = 3 }; /* bytes of a row of `word`, of a record in a tile */
    const gv_store_info *info = &store->info;
    const uint64_t bytes = store->database.bytes, cells = info->cells;
    const char *key = NULL;
    uint64_t diagonal = 2 * cells - info->records; /* of a symmetric matrix, if records is right */
    if (info->unit == 0)
        key = "unit";
    else if (info->vocab_size == 0 || info->vocab_size > bytes / WORD_LEAST)
        key = "vocab_size";
    else if (info->segments == 0 || info->segments > info->vocab_size)
        key = "segments";
    else if (info->groups == 0 || info->groups > info->segments)
        key = "groups";
    else if (!store->parts && info->blob_bytes > bytes)
        key = "blob_bytes"; /* of parts: gv_store_part_load */
    else if (cells > info->blob_bytes / CELL_LEAST)
        key = "cells";
    else if (info->symmetric ? info->records > 2 * cells || diagonal > info->vocab_size
                             : info->records != cells)
        key = "records";
    else if (info->blobs > info->tiles || (cells == 0) != (info->blobs == 0))
        key = "blobs";
    else if (info->tiles > bytes / GV_STORE_ENTRY)
        key = "tiles";
    return key ? gv_store_reader_damaged(
                     store, err, "meta key '%s' is out of range or does not fit the rest", key)
               : GV_OK;
}

static int load_recipe(gv_store *store, gv_error *err)
{
    int status = need_meta(&store->recipe, store, "recipe", err);
    store->info.recipe = store->recipe;
    if (status == GV_OK && strlen(store->recipe) > GV_STORE_RECIPE_MAX)
        status = gv_store_reader_damaged(store, err, "meta key 'recipe' has more than %d bytes",
                                         GV_STORE_RECIPE_MAX);
    return status;
}

int gv_store_reader_load_meta(gv_store *store, gv_error *err)
{
    gv_hash actual = {0};
    int status = gv_store_meta_hash(&actual, store->database.db, store->path, err);
    if (status == GV_OK)
        status = gv_store_reader_check_hash(store, "meta_hash", actual,
                                            "table 'meta' does not match its hash", err);
    if (status == GV_OK)
        status = check_format(store, err);
    if (status == GV_OK)
        status = load_numbers(store, err);
    if (status == GV_OK)
        status = check_numbers(store, err);
    if (status == GV_OK)
        status = load_recipe(store, err);
    if (status == GV_OK)
        status = gv_store_reader_meta_hash(&store->info.vocab_hash, store, "vocab_hash", err);
    if (status == GV_OK)
        status = gv_store_reader_meta_hash(&store->row_sum_hash, store, "row_sum_hash", err);
    return status;
}
