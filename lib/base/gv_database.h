/*
 * gv_database - opening SQLite files that anybody may have made.
 *
 * SQLite trusts a schema: a view in place of a table may compute without end, a trigger or a
 * generated column may do anything that SQL can. It also trusts what lies beside the file: it
 * replays journals and creates the index of a write-ahead log. So files are opened for reading
 * alone, in defensive mode, with limits that follow from their size; what lies beside them is never
 * opened; and readers ask for plain tables. A signal ends a statement that takes long.
 *
 * Messages name the path. `advice` is what they end with: "; run glove-shuffle --force", or "".
 *
 * Threads: a connection is used by one thread at a time.
 */
#ifndef GV_DATABASE_H
#define GV_DATABASE_H

#include "base/gv_error.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* `path` and `advice` are the caller's (borrowed). */
typedef struct gv_database {
    const char *path, *advice;
    sqlite3 *db;
    uint64_t bytes; /* of the file */
} gv_database;

/*
 * Open `database->path` read-only; it is never created. The caller closes, also on failure.
 * GV_E_CORRUPT if it is truncated or no SQLite file, or if a journal or a write-ahead log with
 * changes lies beside it; GV_E_IO; GV_E_MEMORY.
 */
GV_MUST_USE int gv_database_open(gv_database *database, gv_error *err);
/* Statements must have been finalized. */
void gv_database_close(gv_database *database);

/* Set the error that SQLite's result `code` means; returns its status: GV_E_STOPPED if a signal
 * interrupted the statement, GV_E_MEMORY, GV_E_IO, else GV_E_CORRUPT. `database->db` may be NULL
 * where opening failed for lack of memory. */
GV_MUST_USE int gv_database_fail(const gv_database *database, int code, gv_error *err);

/* Compile one statement; the caller finalizes it, also on failure (NULL is allowed). */
GV_MUST_USE int gv_database_prepare(sqlite3_stmt **statement, const gv_database *database,
                                    const char *sql, gv_error *err);

/* What the schema says of a name. */
typedef struct gv_database_table {
    bool exists;    /* something has this name */
    bool plain;     /* a table with rows of its own: no view, no virtual table */
    bool generated; /* a column of a plain table is computed */
    bool others;    /* it has indices or triggers */
    char sql[512];  /* as created; a longer text is cut */
} gv_database_table;
GV_MUST_USE int gv_database_find_table(gv_database_table *table, const gv_database *database,
                                       const char *name, gv_error *err);

#endif
