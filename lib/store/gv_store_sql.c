/*
 * SQLite's result codes as errors of this program, and the two calls that every statement begins
 * with.
 */
#include "store/gv_store_internal.h"

#include "base/gv_sqlite.h"
#include <errno.h>

/* "cannot VERB PATH: REASON", the system's reason if there is one, else SQLite's. */
static int system_failed(gv_error *err, sqlite3 *db, const char *verb, const char *path,
                         const char *text)
{
    int number = db ? gv_sqlite_errno(db) : 0;
    if (number == 0)
        return gv_error_set(err, GV_E_IO, "cannot %s %s: %s", verb, path, text);
    errno = number;
    return gv_error_set_errno(err, "cannot %s %s", verb, path);
}

static int io_failed(gv_error *err, sqlite3 *db, int code, const char *path)
{
    switch (db ? sqlite3_extended_errcode(db) : code) {
    /* the end of the file inside a page is damage, not a failing disk */
    case SQLITE_IOERR_SHORT_READ:
        return gv_error_set(err, GV_E_CORRUPT, "%s is truncated; run glove-shuffle --force", path);
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
    case SQLITE_IOERR_CLOSE:
        return gv_sqlite_write_failed(err, db, code, path);
    default:
        return system_failed(err, db, "read", path, db ? sqlite3_errmsg(db) : "input/output error");
    }
}

int gv_store_sql_fail(gv_error *err, sqlite3 *db, int code, const char *path)
{
    const char *text = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory in SQLite", path);
    case SQLITE_FULL:
        return gv_sqlite_write_failed(err, db, code, path);
    case SQLITE_IOERR:
        return io_failed(err, db, code, path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return system_failed(err, db, "open", path, text);
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

int gv_store_text(const char **text, sqlite3_stmt *row, int column, const char *path, gv_error *err)
{
    const char *found = (const char *)sqlite3_column_text(row, column);
    sqlite3 *db = sqlite3_db_handle(row);
    *text = found ? found : "";
    return !found && sqlite3_errcode(db) == SQLITE_NOMEM
               ? gv_store_sql_fail(err, db, SQLITE_NOMEM, path)
               : GV_OK;
}
