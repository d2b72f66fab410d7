/*
 * Reading store.db.
 *
 * Opening reads everything small: meta, segments, values, one row per blob, and (if wanted) the
 * directories with the place of each tile. All of it is checked against the hashes in meta and
 * for being consistent, so that callers may index by what they get. Blobs are read on demand with
 * SQLite's incremental blob interface, straight into the caller's memory: one copy out of the page
 * cache, no growing of the cache, no mapping (mapped pages would count as the reader's memory).
 *
 * A handle reads one file, whatever is renamed to its path meanwhile. Handles for more threads
 * (gv_store_open_again) open the path again, and must find the same content there.
 */
#include "base/gv_mem.h"
#include "store/gv_store_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- errors ----------------------------------------------------------------------------------- */

int gv_store_reader_damaged(const gv_store *store, gv_error *err, const char *format, ...)
{
    char what[192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (%s)" GV_STORE_ADVICE, store->path, what);
}

int gv_store_reader_sql_failed(const gv_store *store, int code, gv_error *err)
{
    return gv_database_fail(&store->database, code, err);
}

int gv_store_reader_prepare(sqlite3_stmt **row, const gv_store *store, const char *sql,
                            gv_error *err)
{
    return gv_database_prepare(row, &store->database, sql, err);
}

/* The message for a store that is another one than before. */
static int replaced(const gv_store *store, gv_error *err)
{
    return gv_error_set(err, GV_E_RUNTIME,
                        "%s was replaced or changed while it was read; start again", store->path);
}

int gv_store_check_current(const gv_store *store, gv_error *err)
{
    gv_file_stat now;
    int status = gv_file_look(&now, store->path, err);
    return status == GV_OK && !gv_file_same_look(&now, &store->look) ? replaced(store, err)
                                                                     : status;
}

int gv_store_reader_end(const gv_store *store, int status, const gv_error *own, gv_error *err)
{
    if (status == GV_OK)
        return GV_OK;
    int current = status == GV_E_CORRUPT ? gv_store_check_current(store, err) : GV_OK;
    return current != GV_OK ? current : gv_error_set(err, status, "%s", own->text);
}

/* --- opening and closing ---------------------------------------------------------------------- */

void gv_store_close(gv_store *store)
{
    if (!store)
        return;
    sqlite3_finalize(store->select_directory);
    gv_database_close(&store->database);
    gv_store_part_close(store);
    if (!store->borrows) {
        gv_mem_free(store->segment_first);
        gv_mem_free(store->segment_group);
        gv_mem_free(store->segment_records);
        gv_mem_free(store->value);
        gv_mem_free(store->recipe);
        gv_mem_free(store->blobs);
        gv_mem_free(store->tiles);
    }
    gv_mem_free(store->blob_tiles);
    gv_mem_free(store->path);
    gv_mem_free(store);
}

static int check_file(gv_store *store, gv_error *err)
{
    int status = gv_file_look(&store->look, store->path, err);
    if (status != GV_OK)
        return status;
    if (!store->look.exists)
        return gv_error_set(err, GV_E_USAGE, "%s is missing; run glove-shuffle first", store->path);
    if (!store->look.regular)
        return gv_error_set(err, GV_E_IO, "cannot read %s: not a regular file", store->path);
    /* to SQLite an empty file is a database without tables */
    if (store->look.size == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is empty" GV_STORE_ADVICE, store->path);
    return GV_OK;
}

static int pragma_number(int64_t *number, const gv_store *store, const char *sql, gv_error *err)
{
    sqlite3_stmt *row = NULL;
    int status = gv_store_reader_prepare(&row, store, sql, err);
    if (status == GV_OK) {
        int code = sqlite3_step(row);
        if (code == SQLITE_ROW)
            *number = sqlite3_column_int64(row, 0);
        else
            status = gv_store_reader_sql_failed(store, code, err);
    }
    sqlite3_finalize(row);
    return status;
}

/* Is it a store of a version that is read here? Of one in parts `parts` is begun. */
static int check_kind(gv_store *store, gv_error *err)
{
    int64_t application = 0, version = 0;
    int status = pragma_number(&application, store, "PRAGMA application_id", err);
    if (status == GV_OK && application != GV_STORE_APPLICATION_ID)
        return gv_error_set(err, GV_E_CORRUPT, "%s is an SQLite database, but not a glovebox store",
                            store->path);
    if (status == GV_OK)
        status = pragma_number(&version, store, "PRAGMA user_version", err);
    if (status == GV_OK && version != GV_STORE_VERSION && version != GV_STORE_MANIFEST_VERSION)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has store version %lld, but this program reads versions %d and "
                            "%d" GV_STORE_ADVICE,
                            store->path, (long long)version, GV_STORE_VERSION,
                            GV_STORE_MANIFEST_VERSION);
    if (status == GV_OK && store->borrows && (version != GV_STORE_VERSION) != !!store->parts)
        return replaced(store, err);
    if (status == GV_OK && !store->borrows && version == GV_STORE_MANIFEST_VERSION &&
        !(store->parts = gv_store_part_new(err)))
        return GV_E_MEMORY;
    return status;
}

/* The very tables that glove-shuffle makes, so that reading a row runs nothing but this program's
 * own statements. */
static int check_schema(const gv_store *store, gv_error *err)
{
    const gv_store_table *tables = store->parts ? gv_store_manifest_schema : gv_store_schema;
    const int n = store->parts ? GV_STORE_MANIFEST_TABLES : GV_STORE_TABLES;
    for (int i = 0; i < n; i++) {
        const gv_store_table *expected = &tables[i];
        gv_database_table found;
        int status = gv_database_find_table(&found, &store->database, expected->name, err);
        if (status != GV_OK)
            return status;
        if (!found.exists)
            return gv_store_reader_damaged(store, err, "table '%s' is missing", expected->name);
        if (!found.plain || found.others || strcmp(found.sql, expected->sql) != 0)
            return gv_store_reader_damaged(
                store, err, "'%s' is not the table that glove-shuffle makes", expected->name);
    }
    return GV_OK;
}

static int open_database(gv_store *store, gv_error *err)
{
    store->database = (gv_database){.path = store->path, .advice = GV_STORE_ADVICE};
    int status = gv_database_open(&store->database, err);
    if (status == GV_OK)
        status = check_kind(store, err);
    return status == GV_OK ? check_schema(store, err) : status;
}

static int prepare_directory(gv_store *store, gv_error *err)
{
    return gv_store_reader_prepare(&store->select_directory, store,
                                   "SELECT directory FROM tile WHERE id = ?", err);
}

static int load_parts(gv_store *store, const gv_store_options *options, gv_error *err)
{
    int status = gv_store_part_load(store, err);
    if (status == GV_OK)
        status = gv_store_part_take_folders(store, options->part_dirs, err);
    if (status == GV_OK && options->directory && !options->parts_later)
        status = gv_store_part_check_all(store, err);
    return status;
}

static int load(gv_store *store, const gv_store_options *options, gv_error *err)
{
    gv_hash content;
    int status = check_file(store, err);
    if (status == GV_OK)
        status = open_database(store, err);
    if (status == GV_OK)
        status = gv_store_reader_load_meta(store, err);
    if (status == GV_OK)
        status = gv_store_reader_load_layout(store, err);
    if (status == GV_OK)
        status = gv_store_reader_load_blobs(store, err);
    if (status == GV_OK && options->directory)
        status = gv_store_reader_load_directory(store, err);
    if (status == GV_OK)
        status = gv_store_reader_meta_hash(&content, store, "content_hash", err);
    if (status == GV_OK)
        gv_hash_hex(content, store->info.content_hash);
    if (status == GV_OK && store->parts)
        status = load_parts(store, options, err);
    return status == GV_OK ? prepare_directory(store, err) : status;
}

/* A store with nothing but its path; NULL: GV_E_MEMORY. */
static gv_store *new_store(const char *path, gv_error *err)
{
    gv_store *store = gv_mem_alloc_zero(1, sizeof *store, err);
    if (store && !(store->path = gv_mem_strdup(path, err))) {
        gv_mem_free(store);
        return NULL;
    }
    return store;
}

/* What opening ends with. */
static int opened(gv_store **result, gv_store *store, int status, const gv_error *own,
                  gv_error *err)
{
    status = gv_store_reader_end(store, status, own, err);
    if (status == GV_OK)
        *result = store;
    else
        gv_store_close(store);
    return status;
}

int gv_store_open(gv_store **store, const char *path, int load_directory, gv_error *err)
{
    return gv_store_open_with(store, path, &(gv_store_options){.directory = load_directory != 0},
                              err);
}

int gv_store_open_with(gv_store **result, const char *path, const gv_store_options *options,
                       gv_error *err)
{
    gv_error own = GV_ERROR_INIT;
    *result = NULL;
    gv_store *store = new_store(path, err);
    if (!store)
        return GV_E_MEMORY;
    int status = load(store, options, &own);
    return opened(result, store, status, &own, err);
}

/* Everything that `of` has loaded, but neither its connection nor what it reads for a caller. */
static void borrow(gv_store *store, const gv_store *of)
{
    char *path = store->path;
    *store = *of;
    store->path = path;
    store->borrows = true;
    store->database = (gv_database){.path = path, .advice = GV_STORE_ADVICE};
    store->select_directory = NULL;
    store->connections = NULL;
    store->list = (gv_store_reader_list){0};
    store->blob_tiles = NULL;
    store->blob_tiles_capacity = 0;
}

static int check_same(gv_store *store, gv_error *err)
{
    char found[GV_HASH_HEX];
    gv_hash content;
    int status = gv_store_reader_meta_hash(&content, store, "content_hash", err);
    if (status != GV_OK)
        return status;
    gv_hash_hex(content, found);
    return strcmp(found, store->info.content_hash) == 0 ? GV_OK : replaced(store, err);
}

int gv_store_open_again(gv_store **result, const gv_store *of, gv_error *err)
{
    gv_error own = GV_ERROR_INIT;
    *result = NULL;
    gv_store *store = new_store(of->path, err);
    if (!store)
        return GV_E_MEMORY;
    borrow(store, of);
    gv_store_part_share(store);
    int status = open_database(store, &own);
    if (status == GV_OK)
        status = check_same(store, &own);
    if (status == GV_OK)
        status = prepare_directory(store, &own);
    return opened(result, store, status, &own, err);
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
