/*
 * The tables of a store, and the two calls that the writer's statements begin with.
 */
#include "base/gv_database.h"
#include "store/gv_store_part_internal.h"

#define META "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID"
#define WORD                                                                                       \
    "CREATE TABLE word(id INTEGER PRIMARY KEY, word TEXT NOT NULL, count INTEGER NOT NULL,"        \
    " row_sum INTEGER NOT NULL)"
#define SEGMENT                                                                                    \
    "CREATE TABLE segment(id INTEGER PRIMARY KEY, first_word INTEGER NOT NULL,"                    \
    " words INTEGER NOT NULL, group_id INTEGER NOT NULL, records INTEGER NOT NULL)"
#define VALUE "CREATE TABLE value(code INTEGER PRIMARY KEY, value INTEGER NOT NULL)"
#define TILE(last)                                                                                 \
    "CREATE TABLE tile(id INTEGER PRIMARY KEY, row_group INTEGER NOT NULL,"                        \
    " column_group INTEGER NOT NULL, part INTEGER NOT NULL, tiles INTEGER NOT NULL,"               \
    " records INTEGER NOT NULL, checksum INTEGER NOT NULL, directory BLOB NOT NULL, " last         \
    " NOT NULL)"

const gv_store_table gv_store_schema[GV_STORE_TABLES] = {{"meta", META},
                                                         {"word", WORD},
                                                         {"segment", SEGMENT},
                                                         {"value", VALUE},
                                                         {"tile", TILE("data BLOB")}};

const gv_store_table gv_store_manifest_schema[GV_STORE_MANIFEST_TABLES] = {
    {"meta", META},
    {"word", WORD},
    {"segment", SEGMENT},
    {"value", VALUE},
    {"tile", TILE("bytes INTEGER")},
    {"part", "CREATE TABLE part(id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL,"
             " blobs INTEGER NOT NULL, blob_bytes INTEGER NOT NULL, hash TEXT NOT NULL)"},
    {"place", "CREATE TABLE place(id INTEGER PRIMARY KEY, blob INTEGER NOT NULL,"
              " part_id INTEGER NOT NULL, row INTEGER NOT NULL)"}};

const gv_store_table gv_store_part_schema[GV_STORE_PART_TABLES] = {
    {"meta", META}, {"blob", "CREATE TABLE blob(id INTEGER PRIMARY KEY, data BLOB NOT NULL)"}};

int gv_store_sql_fail(gv_error *err, sqlite3 *db, int code, const char *path)
{
    const gv_database database = {.path = path, .advice = GV_STORE_ADVICE, .db = db};
    return gv_database_fail(&database, code, err);
}

int gv_store_exec(sqlite3 *db, const char *path, const char *sql, gv_error *err)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? GV_OK : gv_store_sql_fail(err, db, code, path);
}

int gv_store_prepare(sqlite3_stmt **statement, sqlite3 *db, const char *path, const char *sql,
                     gv_error *err)
{
    int code = sqlite3_prepare_v2(db, sql, -1, statement, NULL);
    return code == SQLITE_OK ? GV_OK : gv_store_sql_fail(err, db, code, path);
}

int gv_store_text(const char **text, sqlite3_stmt *row, int column, const char *path, gv_error *err)
{
    const char *found = (const char *)sqlite3_column_text(row, column);
    sqlite3 *db = sqlite3_db_handle(row);
    *text = found ? found : "";
    return !found && sqlite3_errcode(db) == SQLITE_NOMEM
               ? gv_store_sql_fail(err, db, SQLITE_NOMEM, path)
               : GV_OK;
}
