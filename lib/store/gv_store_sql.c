/*
 * SQLite's result codes as errors of this program, and the two calls that every statement begins
 * with.
 */
#include "store/gv_store_internal.h"

int gv_store_sql_fail(gv_error *err, sqlite3 *db, int code, const char *path)
{
    const char *text = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory in SQLite", path);
    case SQLITE_FULL:
        return gv_error_set(err, GV_E_IO, "cannot write %s: the disk is full", path);
    case SQLITE_IOERR:
        /* the end of the file inside a page is damage, not a failing disk */
        if (code != SQLITE_IOERR_SHORT_READ)
            return gv_error_set(err, GV_E_IO, "%s: %s", path, text);
        return gv_error_set(err, GV_E_CORRUPT, "%s is truncated; run glove-shuffle --force", path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return gv_error_set(err, GV_E_IO, "cannot open %s: %s", path, text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return gv_error_set(err, GV_E_IO, "%s is in use by another program; try again later", path);
    default:
        return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (%s); run glove-shuffle --force",
                            path, text);
    }
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
