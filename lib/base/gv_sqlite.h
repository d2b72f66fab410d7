/*
 * gv_sqlite - what all programs that open SQLite files must look at: what lies beside the file, the
 * length of its path, and the causes behind SQLite's result codes.
 *
 * Errors name the path. Threads: any.
 */
#ifndef GV_SQLITE_H
#define GV_SQLITE_H

#include "base/gv_error.h"
#include <sqlite3.h>
#include <stdbool.h>

/* sqlite3_open_v2, with the result code. `path` is the name of a file whatever it looks like:
 * SQLite itself would take "file:x" for an address and ":memory:" for no file at all. For writing,
 * what the system refuses for a moment is tried again: SQLite would open for reading instead, or
 * take a refused lock for that of another program. */
int gv_sqlite_open(sqlite3 **db, const char *path, int flags);

/* Create an empty file at `path`, which SQLite then opens for writing (without SQLITE_OPEN_CREATE).
 * What a killed program left there and beside it is removed; links are removed, not followed. `*fd`
 * is open for writing and locks the file against other programs, as gv_file_open_temp has it; the
 * caller closes it after the connection. It is -1 on failure. */
GV_MUST_USE int gv_sqlite_create(int *fd, const char *path, gv_error *err);

/* After it was opened for writing: SQLite opens for reading what it cannot open for writing. */
GV_MUST_USE int gv_sqlite_check_writable(sqlite3 *db, const char *path, gv_error *err);

/* Is `ending` what SQLite puts behind a database's name for a file of its own beside it:
 * "-journal", "-wal" or "-shm"? */
bool gv_sqlite_is_beside(const char *ending);

/* Before a database is opened for reading. GV_E_IO if one of the files that SQLite would open
 * beside it (PATH-journal, -wal, -shm) is a pipe, a link or the like: SQLite would wait for it or
 * write into something else. */
GV_MUST_USE int gv_sqlite_check_beside(const char *path, gv_error *err);

/* GV_E_IO if SQLite could not open `path`, which may be missing, because it is too long. */
GV_MUST_USE int gv_sqlite_check_length(const char *path, gv_error *err);

/* Why SQLite cannot lock the file at `path` for reading: an errno; 0 if it can, or if another
 * program holds the lock. SQLite itself takes every reason for the latter. Only for a connection
 * that fails: the locks that this process has on the file end. */
int gv_sqlite_lock_errno(const char *path);

/* The errno behind an SQLITE_CORRUPT of `db`: SQLite takes a bad sector for damage. 0 if the file
 * was read, and is damaged. */
int gv_sqlite_read_errno(sqlite3 *db);

/* The errno behind an SQLITE_IOERR or SQLITE_CANTOPEN of `db`; 0 if it is not known. */
int gv_sqlite_errno(sqlite3 *db);

/* SQLite could not write: the status and the error for its result `code`, with the system's reason
 * where there is one. `db` may be NULL where opening failed for lack of memory. */
GV_MUST_USE int gv_sqlite_write_failed(gv_error *err, sqlite3 *db, int code, const char *path);

#endif
