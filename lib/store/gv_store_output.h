/*
 * gv_store_output - an SQLite file while it is written: store.db or a part of a store. Private to
 * gv_store*.c.
 *
 * All goes into a file with a temporary name, in one transaction without a rollback journal and
 * without syncing: no program reads that file, and after a failure it is deleted, so SQLite's
 * protection would cost time for nothing. The file is synced once, when it is complete, and
 * renamed. So it is written front to back at about the speed of the disk.
 *
 * Errors: GV_E_IO, GV_E_MEMORY; they name the temporary file. Threads: one at a time.
 */
#ifndef GV_STORE_OUTPUT_H
#define GV_STORE_OUTPUT_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "store/gv_store_internal.h"
#include <stdint.h>

typedef struct gv_store_output {
    char *path; /* the temporary one */
    sqlite3 *db;
    int fd;             /* beside SQLite's own descriptor: the lock, and for write_behind; or -1 */
    uint64_t unwritten; /* bytes put since the kernel was last asked to write */
} gv_store_output;

/* What kind of file it is. */
typedef struct gv_store_output_kind {
    const gv_store_table *tables; /* [table_count] */
    int table_count, application_id, version;
} gv_store_output_kind;

/* Begin "PATH.tmp" with these tables, replacing what a killed process left there. `output` is clean
 * after a failure, too; the caller ends it with gv_store_output_clear. */
GV_MUST_USE int gv_store_output_create(gv_store_output *output, const char *path,
                                       const gv_store_output_kind *kind, gv_error *err);
/* Compile a statement; the caller finalizes it, also on failure (NULL is allowed). */
GV_MUST_USE int gv_store_output_prepare(sqlite3_stmt **statement, const gv_store_output *output,
                                        const char *sql, gv_error *err);
/* Run an INSERT whose parameters are bound, and make it ready for the next row. */
GV_MUST_USE int gv_store_output_insert(const gv_store_output *output, sqlite3_stmt *statement,
                                       gv_error *err);
/* `bytes` more were put: let the kernel begin to write, so that the sync at the end is short. */
void gv_store_output_write_behind(gv_store_output *output, size_t bytes);

/* A row of a table `meta`; `row` is "INSERT INTO meta VALUES(?,?)". */
GV_MUST_USE int gv_store_output_meta_text(const gv_store_output *output, sqlite3_stmt *row,
                                          const char *key, const char *value, gv_error *err);
GV_MUST_USE int gv_store_output_meta_hash(const gv_store_output *output, sqlite3_stmt *row,
                                          const char *key, gv_hash hash, gv_error *err);
typedef struct gv_store_output_number {
    const char *key;
    uint64_t value;
} gv_store_output_number;
GV_MUST_USE int gv_store_output_meta_numbers(const gv_store_output *output, sqlite3_stmt *row,
                                             const gv_store_output_number *numbers, size_t n,
                                             gv_error *err);

/* End the transaction and close the database; both may still report a full disk. All statements
 * were finalized. */
GV_MUST_USE int gv_store_output_finish(gv_store_output *output, gv_error *err);
/* Remove the file, unless it was renamed, and free everything but the struct. */
void gv_store_output_clear(gv_store_output *output);

#endif
