#include "store/gv_store_output.h"

#include "base/gv_mem.h"
#include "base/gv_sqlite.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A BLOB is a chain of pages, so pages of 16 KiB need fewer links than SQLite's usual 4 KiB. A
 * cache of 4 MiB is enough, as pages are written once and seldom read again. */
static const char settings[] = "PRAGMA page_size = 16384;"
                               "PRAGMA journal_mode = OFF;"
                               "PRAGMA synchronous = OFF;"
                               "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA cache_size = -4096;"
                               "PRAGMA encoding = 'UTF-8';"
                               "BEGIN";

static int begin(gv_store_output *output, const gv_store_output_kind *kind, gv_error *err)
{
    char marks[128];
    int status = gv_sqlite_create(&output->fd, output->path, err);
    if (status != GV_OK)
        return status;
    int code =
        gv_sqlite_open(&output->db, output->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX);
    if (code != SQLITE_OK)
        return gv_store_sql_fail(err, output->db, code, output->path);
    status = gv_sqlite_check_writable(output->db, output->path, err);
    if (status == GV_OK)
        status = gv_store_exec(output->db, output->path, settings, err);
    for (int i = 0; status == GV_OK && i < kind->table_count; i++)
        status = gv_store_exec(output->db, output->path, kind->tables[i].sql, err);
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             kind->application_id, kind->version);
    return status == GV_OK ? gv_store_exec(output->db, output->path, marks, err) : status;
}

int gv_store_output_create(gv_store_output *output, const char *path,
                           const gv_store_output_kind *kind, gv_error *err)
{
    *output = (gv_store_output){.fd = -1, .path = gv_mem_format(err, "%s.tmp", path)};
    int status = output->path ? begin(output, kind, err) : GV_E_MEMORY;
    if (status != GV_OK)
        gv_store_output_clear(output);
    return status;
}

int gv_store_output_prepare(sqlite3_stmt **statement, const gv_store_output *output,
                            const char *sql, gv_error *err)
{
    return gv_store_prepare(statement, output->db, output->path, sql, err);
}

int gv_store_output_insert(const gv_store_output *output, sqlite3_stmt *statement, gv_error *err)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE)
        code = sqlite3_reset(statement);
    return code == SQLITE_OK ? GV_OK : gv_store_sql_fail(err, output->db, code, output->path);
}

/* Only a hint: errors appear at the sync. */
void gv_store_output_write_behind(gv_store_output *output, size_t bytes)
{
    enum { BEHIND = 1 << 23 };
    output->unwritten += bytes;
    if (output->unwritten < BEHIND || output->fd < 0)
        return;
    (void)sync_file_range(output->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    output->unwritten = 0;
}

int gv_store_output_meta_text(const gv_store_output *output, sqlite3_stmt *row, const char *key,
                              const char *value, gv_error *err)
{
    sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, value, -1, SQLITE_STATIC);
    return gv_store_output_insert(output, row, err);
}

int gv_store_output_meta_hash(const gv_store_output *output, sqlite3_stmt *row, const char *key,
                              gv_hash hash, gv_error *err)
{
    char hex[GV_HASH_HEX];
    gv_hash_hex(hash, hex);
    return gv_store_output_meta_text(output, row, key, hex, err);
}

int gv_store_output_meta_numbers(const gv_store_output *output, sqlite3_stmt *row,
                                 const gv_store_output_number *numbers, size_t n, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < n; i++) {
        sqlite3_bind_text(row, 1, numbers[i].key, -1, SQLITE_STATIC);
        sqlite3_bind_int64(row, 2, (sqlite3_int64)numbers[i].value);
        status = gv_store_output_insert(output, row, err);
    }
    return status;
}

int gv_store_output_finish(gv_store_output *output, gv_error *err)
{
    int status = gv_store_exec(output->db, output->path, "COMMIT", err);
    if (status != GV_OK)
        return status;
    int code = sqlite3_close(output->db);
    if (code != SQLITE_OK)
        return gv_store_sql_fail(err, output->db, code, output->path);
    output->db = NULL;
    return GV_OK;
}

void gv_store_output_clear(gv_store_output *output)
{
    sqlite3_close(output->db);
    /* without the descriptor nothing was created: the file may be another program's */
    if (output->fd >= 0) {
        if (output->path)
            unlink(output->path);
        close(output->fd);
    }
    gv_mem_free(output->path);
    *output = (gv_store_output){.fd = -1};
}
